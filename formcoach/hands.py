"""A hand that the model loses to the other one: it leaps onto it, and back when it is found again.

That happens when the head or the trunk comes before a hand. Where the hand then is says nothing, as two hands may well
be in one place; that it leapt there from where it was seen does.

The figures are from 529 rendered clips with known truth, of all exercises: 16 such leaps, and in each of their 105
frames the hand was 0.4 torso lengths and more from where the model had it, and nearer to where it had last been seen.
A leap to anywhere else, or onto a hand that moves as well, is as often a quick movement or a mistake put right.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formcoach.geometry import Point, Point3
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formcoach.pose import Pose

LEAP_T, LEAP_S = 1.0, 0.25
"""Torso lengths that a leap covers within such a time: the model steadies what it says, so a leap takes it 0.15 s."""
STAYS = 1 / 3
"""The most that the other hand may have moved meanwhile, as a share of the leap: weights that drop take both along."""
ON_T, OFF_T = 0.15, 0.5
"""Torso lengths between hands: so near one is on the other; from so far it has left it."""
FOLLOWED_S = 0.4
"""A hand must have been followed so long, without a leap, that where it was before is to be believed."""
PATIENCE_S = 2.0
"""A hand that is there for longer has come there by itself, or will not be found."""

ARMS = ((L.LEFT_SHOULDER, L.LEFT_ELBOW, L.LEFT_WRIST), (L.RIGHT_SHOULDER, L.RIGHT_ELBOW, L.RIGHT_WRIST))
_WRISTS = np.array([L.LEFT_WRIST, L.RIGHT_WRIST])
_OUTER = np.array([joint for _, *outer in ARMS for joint in outer])
_SHOULDERS = np.array([shoulder for shoulder, *outer in ARMS for _ in outer])
Arm = tuple[Point3, Point3]
"""The ways from a shoulder to its elbow and to its wrist, m."""


@dataclass(frozen=True, slots=True)
class Lost:
    """An arm that the model has set on the other one.

    Attributes:
        arm: 0 the left one, 1 the right one.
        last: how it was when it was last seen.
    """

    arm: int
    last: Arm


@dataclass(frozen=True, slots=True)
class _Sight:
    """Both arms in one frame: wrists in the picture, px; arms in space; how long each has been followed, s."""

    time_s: float
    wrists: tuple[Point, Point]
    arms: tuple[Arm, Arm]
    followed_s: tuple[float, float]

    def apart(self) -> float:
        """Between the wrists, px."""
        return math.dist(*self.wrists)


class HandFollower:
    """Tells, frame by frame, which hand is lost to the other one."""

    def __init__(self) -> None:
        self._recent: deque[_Sight] = deque()
        self._since_s = [math.inf, math.inf]
        self._lost: Lost | None = None
        self._lost_s = math.inf

    def __call__(self, pose: Pose, seen: Sequence[bool], torso_px: float) -> Lost | None:
        """Take one frame.

        Args:
            pose: in order of time.
            seen: which of its landmarks are to be trusted by themselves.
            torso_px: the person's torso length.
        """
        time_s = pose.time_s
        while self._recent and time_s - self._recent[0].time_s > LEAP_S:
            self._recent.popleft()
        sight = self._look(pose, seen, torso_px)
        if self._lost is not None and (sight.apart() > OFF_T * torso_px or time_s - self._lost_s > PATIENCE_S):
            self._lost = None
        elif self._lost is None and sight.apart() < ON_T * torso_px:
            self._lost, self._lost_s = self._leapt_on(sight, torso_px), time_s
        if self._lost is not None:
            self._since_s[self._lost.arm] = time_s
        self._recent.append(sight)
        return self._lost

    def _look(self, pose: Pose, seen: Sequence[bool], torso_px: float) -> _Sight:
        (lx, ly, _), (rx, ry, _) = pose.landmarks[_WRISTS].tolist()
        wrists = (lx, ly), (rx, ry)
        for hand, (*_, wrist) in enumerate(ARMS):
            leapt = any(math.dist(s.wrists[hand], wrists[hand]) > LEAP_T * torso_px for s in self._recent)
            if leapt or not seen[wrist]:
                self._since_s[hand] = math.inf
            elif math.isinf(self._since_s[hand]):
                self._since_s[hand] = pose.time_s
        left, right = (pose.time_s - since_s for since_s in self._since_s)
        return _Sight(pose.time_s, wrists, _arms(pose), (left, right))

    def _leapt_on(self, now: _Sight, torso_px: float) -> Lost | None:
        """The hand that came onto the other one by a leap, if one did."""
        for hand in (0, 1):
            followed = [sight for sight in self._recent if sight.followed_s[hand] >= FOLLOWED_S]
            if not followed:
                continue
            last = max(followed, key=_Sight.apart)
            way, others = (math.dist(last.wrists[i], now.wrists[i]) for i in (hand, 1 - hand))
            if way > LEAP_T * torso_px and others < STAYS * way:
                return Lost(hand, last.arms[hand])
        return None


def _arms(pose: Pose) -> tuple[Arm, Arm]:
    ways: list[Point3] = [(x, y, z) for x, y, z in (pose.world[_OUTER] - pose.world[_SHOULDERS]).tolist()]
    return (ways[0], ways[1]), (ways[2], ways[3])
