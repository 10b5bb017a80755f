"""Pictures of people painted as plain boxes, and a stand-in for the model that finds boxes instead of people.

It sees only what is in the picture that it is given, so crops, grey-outs and turns are truly tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formcoach.pose import LANDMARKS, Frame, Pose
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 360
MARK = 250
"""Red of every body; green tells who it is, blue how well it is seen, in per cent."""


@dataclass(frozen=True)
class Body:
    """Somebody in a picture.

    Attributes:
        who: 1 and up.
        x, y: of the centre, px.
        height: px; the width is two fifths of it.
        lying: whether the box lies on its side.
        visibility: of shoulders and hips.
    """

    who: int
    x: float
    y: float = 180.0
    height: float = 200.0
    lying: bool = False
    visibility: float = 0.99


def picture(bodies: Sequence[Body], *, seed: int = 0) -> NDArray[np.uint8]:
    """(HEIGHT, WIDTH, 3): who comes later stands in front; the scene behind follows from the seed."""
    patches = np.random.default_rng(seed).integers(0, 200, (HEIGHT // 20, WIDTH // 20, 3), np.uint8)
    image: NDArray[np.uint8] = patches.repeat(20, axis=0).repeat(20, axis=1)
    for body in bodies:
        width, height = (body.height, body.height * 0.4) if body.lying else (body.height * 0.4, body.height)
        rows = slice(max(int(body.y - height / 2), 0), max(int(body.y + height / 2), 0))
        columns = slice(max(int(body.x - width / 2), 0), max(int(body.x + width / 2), 0))
        image[rows, columns] = MARK, body.who, round(100 * body.visibility)
    return image


def frames(bodies: Sequence[Sequence[Body]], *, fps: float = 25.0, seed: int = 0) -> list[Frame]:
    """One a list of bodies."""
    return [Frame(i, i / fps, picture(there, seed=seed)) for i, there in enumerate(bodies)]


class Eye:
    """Finds one upright box: following, the one of the last picture or whoever stands in its place; else the leftmost.

    Attributes:
        asked: pictures looked at, by all eyes together.
    """

    asked = 0
    least_share = 0.3
    """Of the picture's height, from which somebody is found."""

    def __init__(self, _model: Path, *, following: bool) -> None:
        self.closed = False
        self._following = following
        self._place: tuple[float, float] | None = None

    def close(self) -> None:
        self.closed = True

    def __call__(self, frame: Frame) -> Pose | None:
        Eye.asked += 1
        found = self._found(frame)
        if self._following and self._place is not None:
            x, y = self._place
            near = [one for one in found if abs(one[1] - x) < 40 and abs(one[2] - y) < 40]
            if not near:
                self._place = None
                return None
            found = near
        if not found:
            return None
        _, x, y, width, height, visibility = found[0]
        self._place = (x, y)
        return a_pose(frame.time_s, x, y, width, height, visibility)

    def _found(self, frame: Frame) -> list[tuple[int, float, float, float, float, float]]:
        """(who, centre, size, visibility) of each, from left to right."""
        found = []
        marked = frame.image[..., 0] == MARK
        for who in np.unique(frame.image[..., 1][marked]).tolist():
            rows, columns = np.nonzero(marked & (frame.image[..., 1] == who))
            width, height = float(np.ptp(columns)) + 1, float(np.ptp(rows)) + 1
            if width < height and height >= self.least_share * frame.image.shape[0]:
                seen = float(frame.image[rows[0], columns[0], 2]) / 100
                found.append((who, float(columns.mean()), float(rows.mean()), width, height, seen))
        return sorted(found, key=lambda one: one[1])


def a_pose(time_s: float, x: float, y: float, width: float, height: float, visibility: float = 0.99) -> Pose:
    """Somebody who fills a box: shoulders and hips inside, nose and ankles at its ends."""
    xy = np.full((LANDMARKS, 2), (x, y))
    for left, right, level in ((L.LEFT_SHOULDER, L.RIGHT_SHOULDER, -0.3), (L.LEFT_HIP, L.RIGHT_HIP, 0.1)):
        xy[left], xy[right] = (x + width / 4, y + level * height), (x - width / 4, y + level * height)
    xy[L.NOSE], xy[L.LEFT_ANKLE], xy[L.RIGHT_ANKLE] = (
        (x, y - height / 2), (x + width / 2, y + height / 2), (x - width / 2, y + height / 2),
    )  # fmt: skip
    landmarks = np.column_stack([xy, np.zeros(LANDMARKS)]).astype(np.float32)
    ones = np.ones(LANDMARKS, np.float32)
    return Pose(time_s, landmarks, landmarks * np.float32(1.7 / height), ones * np.float32(visibility), ones, None)
