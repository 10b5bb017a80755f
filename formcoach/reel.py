"""Pictures of a video around a moment, at hand in any order."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from formcoach.frames import Video
from formcoach.ring import compressed, image_of, shrunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formcoach.cutting import Footage
    from formcoach.ring import Picture

LONGEST_SIDE = 1280
"""Larger pictures are scaled down to this, px."""
MIN_STEP_S = 1 / 45
"""Pictures that follow sooner are left out, so that 60 a second become 30."""
FARTHEST_S = 0.3
"""A picture farther from a moment than this does not show it."""


class Reel:
    """The pictures of a film from one time to another, in memory as JPEG: some 10 MB for a rep."""

    def __init__(self, film: Footage, start_s: float, end_s: float) -> None:
        """Decode them.

        Args:
            film: the video.
            start_s: on the recording's clock.
            end_s: likewise.

        Raises:
            FormCoachError: the video cannot be read.
        """
        self._pictures: list[Picture] = []
        with Video.open(film.path) as video:
            if start_s - film.start_s > 0:
                video.skip_to(start_s - film.start_s, by_index=film.sound)
            for frame in video:
                time_s = film.start_s + frame.time_s
                if time_s > end_s:
                    break
                if not self._pictures or time_s - self._pictures[-1].time_s >= MIN_STEP_S:
                    self._pictures.append(compressed(time_s, shrunk(frame.image, LONGEST_SIDE)))
        self._times_s = [picture.time_s for picture in self._pictures]

    def at(self, time_s: float) -> NDArray[np.uint8] | None:
        """The (height, width, 3) RGB picture nearest to a time; None where none is near."""
        place = bisect_left(self._times_s, time_s)
        near = range(max(place - 1, 0), min(place + 1, len(self._times_s)))
        best = min(near, key=lambda i: abs(self._times_s[i] - time_s), default=None)
        if best is None or abs(self._times_s[best] - time_s) > FARTHEST_S:
            return None
        return image_of(self._pictures[best])
