"""From a pose to a body: how large it is, which way it faces, which landmarks are to be trusted.

The observer sees poses one after the other, as the camera does, and never looks ahead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from formcoach.geometry import Point, Point3, distance, middle, wrapped_deg
from formcoach.hands import ARMS, HandFollower, Lost
from formcoach.pose import MIRROR, Pose
from formcoach.pose import Landmark as L
from formcoach.smooth import Average

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Side(Enum):
    """The person's own left or right."""

    LEFT = "left"
    RIGHT = "right"

    __hash__ = object.__hash__  # an enum's own is a function in Python, and tables of measures are keyed by sides

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class View(Enum):
    """From where the camera sees the body."""

    FRONT = "front"
    OBLIQUE = "oblique"
    SIDE = "side"
    REAR_OBLIQUE = "rear-oblique"
    REAR = "rear"

    @property
    def words(self) -> str:
        """How to say it after "from the"."""
        return {"oblique": "half-way view", "rear-oblique": "view from half behind"}.get(self.value, self.value)

    @staticmethod
    def at(azimuth_deg: float) -> View:
        """The view's name: up to 22° either way is front, up to 65° oblique, up to 115° side, and so on behind.

        Square side views of rendered bodies are estimated at 77° to 92° (their true azimuth 88° to 96°).
        """
        turned = abs(wrapped_deg(azimuth_deg))
        for limit, view in (
            (22.0, View.FRONT),
            (65.0, View.OBLIQUE),
            (115.0, View.SIDE),
            (158.0, View.REAR_OBLIQUE),
        ):
            if turned <= limit:
                return view
        return View.REAR


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A pose with what measures need.

    Attributes:
        time_s: of the frame.
        xy: the landmarks in the picture, px; (nan, nan) where not to be trusted.
        world: the landmarks in space, m, as in `Pose`; an arm that is lost to the other one stays as it was last seen.
        torso_px: the person's torso length T, from hips to shoulders, as it would show unforeshortened.
        azimuth_deg: from where the camera sees the body: 0 faces it, 90 shows it the left side, -90 the right side.
        outline: the trunk's outline as in `Pose`.
    """

    time_s: float
    xy: list[Point]
    world: list[Point3]
    torso_px: float
    azimuth_deg: float
    outline: NDArray[np.float32] | None

    @property
    def near(self) -> Side:
        """The side that the camera sees better."""
        return Side.LEFT if self.azimuth_deg >= 0 else Side.RIGHT

    @property
    def facing(self) -> float:
        """+1 where the person faces the picture's right, -1 where its left."""
        return -1.0 if self.azimuth_deg >= 0 else 1.0

    @property
    def sideways(self) -> float:
        """How square the camera stands to the side, 0 from front or rear to 1 from the side."""
        return abs(math.sin(math.radians(self.azimuth_deg)))

    @property
    def shoulders(self) -> Point:
        """The middle between the shoulders."""
        return middle(self.xy[L.LEFT_SHOULDER], self.xy[L.RIGHT_SHOULDER])

    @property
    def hips(self) -> Point:
        """The middle between the hips."""
        return middle(self.xy[L.LEFT_HIP], self.xy[L.RIGHT_HIP])


VISIBLE = 0.5
"""Visibility from which a landmark counts as seen (the model's makers' own suggestion)."""
BACKED = 0.25
"""Mask support below which a landmark is not on the person."""
LEAP_T_S = 12.0
"""Torso lengths a second that no joint moves at; a wrist in the fastest drop reaches 7."""

POINTING_T = 0.35
"""How far, in torso lengths, feet and nose together must point the other way to overrule the model's left and right;
facing that way they come to 0.8 and more."""

_BONES = (
    (L.LEFT_SHOULDER, L.LEFT_ELBOW, 0.95), (L.LEFT_ELBOW, L.LEFT_WRIST, 0.80),
    (L.RIGHT_SHOULDER, L.RIGHT_ELBOW, 0.95), (L.RIGHT_ELBOW, L.RIGHT_WRIST, 0.80),
    (L.LEFT_HIP, L.LEFT_KNEE, 1.25), (L.LEFT_KNEE, L.LEFT_ANKLE, 1.25),
    (L.RIGHT_HIP, L.RIGHT_KNEE, 1.25), (L.RIGHT_KNEE, L.RIGHT_ANKLE, 1.25),
)  # fmt: skip
"""Bones and the most of a torso length that each can show: the usual proportions (0.64, 0.51, 0.85 and 0.85 T) half as
much again. The picture can shorten a bone, not lengthen it: a longer one has an end in the wrong place."""
_PAIRED = np.array([*range(L.LEFT_SHOULDER, L.RIGHT_WRIST + 1), *range(L.LEFT_HIP, L.RIGHT_ANKLE + 1)])
_MIRROR = np.array(MIRROR)
_TRUNK = (L.LEFT_SHOULDER, L.RIGHT_SHOULDER, L.LEFT_HIP, L.RIGHT_HIP)
_NOWHERE = (math.nan, math.nan)


class Observer:
    """Turns poses into bodies, one after the other.

    Attributes:
        swaps: how often the model exchanged left and right and was put right.
    """

    GAP_S = 0.5
    """After a longer gap nothing that was known of the last frame holds."""

    def __init__(self) -> None:
        self.swaps = 0
        self._swapped = self._facing_wrong = False
        self._last: Pose | None = None
        self._hands = HandFollower()
        self._scale = Average(0.5)
        self._torso_m = Average(6.0)
        self._heading = (Average(1.0), Average(1.0))

    def __call__(self, pose: Pose) -> Body:
        """The body as far as the pose can be trusted."""
        if self._last is not None and pose.time_s - self._last.time_s > self.GAP_S:
            self._last, self._swapped, self._hands = None, False, HandFollower()
        pose = self._facing_put_right(self._unswapped(pose))
        torso_px = self._torso_px(pose)
        xy = self._trusted(pose, torso_px)
        world: list[Point3] = [(x, y, z) for x, y, z in pose.world.tolist()]
        lost = self._hands(pose, [not math.isnan(x) for x, _ in xy], torso_px)
        if lost is not None:
            _hold(lost, xy, world)
        self._last = pose
        return Body(pose.time_s, xy, world, torso_px, self._azimuth_deg(pose), pose.outline)

    def _unswapped(self, pose: Pose) -> Pose:
        """The pose with left and right put back, where the model exchanged them from one frame to the next."""
        if self._swapped:
            pose = _mirrored(pose)
        if self._last is None:
            return pose
        now, then = pose.landmarks[_PAIRED, :2], self._last.landmarks[_PAIRED, :2]
        keep = float(np.add.reduce(np.abs(now - then), axis=None))
        torso_px = self._scale.value * self._torso_m.value
        if not keep > 0.8 * torso_px:
            return pose
        other = _mirrored(pose)
        turned_about = float(np.dot(_across(pose), _across(self._last))) < 0  # else only the arms change places
        if turned_about and float(np.abs(other.landmarks[_PAIRED, :2] - then).sum()) < 0.6 * keep:
            self._swapped = not self._swapped
            self.swaps += 1
            return other
        return pose

    def _facing_put_right(self, pose: Pose) -> Pose:
        """The pose with its sides exchanged where feet and nose point the other way than the body is said to face.

        From the side both shoulders, hips and knees nearly coincide, so an exchange moves little in the picture.
        """
        if not _on_the_feet(pose):
            self._facing_wrong = False
            return pose  # lying, toes and nose point anywhere
        p = pose.landmarks[:, 0]
        across = _across(pose).tolist()
        if abs(across[2]) < 1.2 * abs(across[0]):
            self._facing_wrong = False
            return pose  # not from the side: an exchange shows
        feet = p[L.LEFT_TOE] - p[L.LEFT_HEEL] + p[L.RIGHT_TOE] - p[L.RIGHT_HEEL]
        nose = 2 * p[L.NOSE] - p[L.LEFT_EAR] - p[L.RIGHT_EAR]
        pointing = float(feet + nose) * math.copysign(1.0, across[2])  # facing right, the left side is the far one
        xy = pose.landmarks[:, :2]
        trunk = (xy[L.LEFT_SHOULDER] + xy[L.RIGHT_SHOULDER] - xy[L.LEFT_HIP] - xy[L.RIGHT_HIP]) / 2
        wrong = pointing < -POINTING_T * math.hypot(*trunk.tolist())
        self.swaps += wrong and not self._facing_wrong
        self._facing_wrong = wrong
        return _mirrored(pose) if wrong else pose

    def _torso_px(self, pose: Pose) -> float:
        """T in px: how large the picture shows the model's metres, times the person's torso in these metres.

        The torso itself will not do: a hinge towards the camera shortens it to nothing.
        """
        picture, space = pose.landmarks[_PAIRED, :2], pose.world[_PAIRED, :2]
        # the methods `mean` and `sum` would take a frame twice the time
        picture, space = picture - np.add.reduce(picture) / len(picture), space - np.add.reduce(space) / len(space)
        size = float(np.add.reduce(space * space, axis=None))
        scale = float(np.add.reduce(picture * space, axis=None) / max(size, 1e-6))
        w = pose.world
        trunk = w[L.LEFT_SHOULDER] + w[L.RIGHT_SHOULDER] - w[L.LEFT_HIP] - w[L.RIGHT_HIP]
        torso_m = self._torso_m(pose.time_s, math.hypot(*trunk.tolist()) / 2)
        return max(self._scale(pose.time_s, scale) * torso_m, 1.0)

    def _azimuth_deg(self, pose: Pose) -> float:
        """Where the camera stands round the body, from the lines through shoulders and hips in space."""
        x, _, z = _across(pose).tolist()
        width = max(math.hypot(x, z), 1e-6)
        right, near = (mean(pose.time_s, v / width) for mean, v in zip(self._heading, (x, -z), strict=True))
        return math.degrees(math.atan2(near, right))

    def _trusted(self, pose: Pose, torso_px: float) -> list[Point]:
        """The landmarks in the picture, without those that visibility, mask, bones or speed speak against."""
        points: list[Point] = [(x, y) for x, y, _ in pose.landmarks.tolist()]
        trusted = ((pose.visibility >= VISIBLE) & (pose.support >= BACKED)).tolist()
        for i in _TRUNK:
            trusted[i] = True  # judged by what hangs on them; the far shoulder and hip are placed well when hidden
        for inner, outer, longest in _BONES:
            if distance(points[inner], points[outer]) > longest * torso_px:
                trusted[outer] = False
        if self._last is not None:
            reach = LEAP_T_S * torso_px * (pose.time_s - self._last.time_s)
            leap = np.abs(pose.landmarks[:, :2] - self._last.landmarks[:, :2]) > reach
            for number in np.flatnonzero(leap).tolist():
                trusted[number // 2] = False
        return [p if ok else _NOWHERE for p, ok in zip(points, trusted, strict=True)]


def _across(pose: Pose) -> NDArray[np.float32]:
    """(3,) from the trunk's right side to its left in space, m, twice as long."""
    w = pose.world
    across: NDArray[np.float32] = w[L.LEFT_SHOULDER] - w[L.RIGHT_SHOULDER] + w[L.LEFT_HIP] - w[L.RIGHT_HIP]
    return across


def _hold(lost: Lost, xy: list[Point], world: list[Point3]) -> None:
    """Take a lost arm out of the picture; in space, keep it as it was last seen."""
    shoulder, *outer = ARMS[lost.arm]
    x, y, z = world[shoulder]
    for joint, (dx, dy, dz) in zip(outer, lost.last, strict=True):
        xy[joint], world[joint] = _NOWHERE, (x + dx, y + dy, z + dz)


def _on_the_feet(pose: Pose) -> bool:
    """Whether legs and shanks point down: who lies, kneels or planks does not stand."""
    xy = pose.landmarks[:, :2]
    ankles = xy[L.LEFT_ANKLE] + xy[L.RIGHT_ANKLE]
    (leg_x, leg_y), (shank_x, shank_y) = (
        (ankles - xy[left] - xy[right]).tolist()
        for left, right in ((L.LEFT_HIP, L.RIGHT_HIP), (L.LEFT_KNEE, L.RIGHT_KNEE))
    )
    return bool(leg_y > abs(leg_x) and shank_y > abs(shank_x))


def _mirrored(pose: Pose) -> Pose:
    """The same pose with left and right exchanged."""
    return Pose(
        pose.time_s, pose.landmarks[_MIRROR], pose.world[_MIRROR], pose.visibility[_MIRROR], pose.support[_MIRROR],
        pose.outline,
    )  # fmt: skip
