"""The data that every other module speaks: frames, poses, the outline of a body, recorded tracks of poses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

LANDMARKS = 33


class Landmark(IntEnum):
    """BlazePose's landmarks. Left and right are the person's own."""

    NOSE = 0
    LEFT_EYE = 2
    RIGHT_EYE = 5
    LEFT_EAR = 7
    RIGHT_EAR = 8
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_TOE = 31
    RIGHT_TOE = 32


MIRROR: tuple[int, ...] = (
    0,
    4,
    5,
    6,
    1,
    2,
    3,
    8,
    7,
    10,
    9,
    *(i + 1 if i % 2 else i - 1 for i in range(11, LANDMARKS)),
)
"""MIRROR[i] is the landmark that stands in for landmark i on the body's other side."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture, upright (rotation applied) and unmirrored.

    Attributes:
        index: position among the frames read, from 0.
        time_s: capture or presentation time; strictly increasing from frame to frame.
        image: (height, width, 3) uint8, RGB.
    """

    index: int
    time_s: float
    image: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One person at one instant, as estimated.

    Attributes:
        time_s: the frame's time.
        landmarks: (33, 3) float32; x right and y down in pixels of the upright picture, z in about the same
            scale with its origin at the hips, smaller is nearer. NaN where unseen.
        world: (33, 3) float32, metres, origin at the hips, axes as above. Angles and ratios only: its lengths
            do not compare between people.
        visibility: (33,) float32 in [0, 1]: the model's belief that a landmark is in the picture and not hidden.
        support: (33,) float32 in [0, 1]: how far the person mask backs each landmark; ones where there is no mask.
        outline: (2, STATIONS) float32 as `formcoach.outline` takes it from the person mask, or None.
    """

    time_s: float
    landmarks: NDArray[np.float32]
    world: NDArray[np.float32]
    visibility: NDArray[np.float32]
    support: NDArray[np.float32]
    outline: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a track came from: enough to write the same report from the track as from the video.

    Attributes:
        name: the video's file name, without folders.
        width, height: of the upright picture, px.
        duration_s: from the first frame to the end of the last.
        model: name of the pose model.
        notes: what went wrong on the way and deserves a line in the report (a file that ends in the middle).
    """

    name: str
    width: int
    height: int
    duration_s: float
    model: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PoseTrack:
    """All poses of a recording, frame by frame.

    Attributes:
        source: what was recorded.
        time_s: (frames,) float64, strictly increasing.
        poses: one entry a frame; None where nobody was in view.
        breaks_s: times of the frames with which something new begins: another scene after a cut, another person.
    """

    source: Source
    time_s: NDArray[np.float64]
    poses: Sequence[Pose | None]
    breaks_s: tuple[float, ...] = ()

    def __iter__(self) -> Iterator[tuple[float, Pose | None]]:
        """Yield (time_s, pose or None), frame by frame."""
        return zip(self.time_s.tolist(), self.poses, strict=True)

    def __len__(self) -> int:
        return len(self.poses)
