"""Steps: told by the ankles' heights, which go to and fro once in two steps, from any side and on the spot."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from formcoach import measure as m
from formcoach.exercise import Walk
from formcoach.geometry import wrapped_deg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from formcoach.body import Body
    from formcoach.window import Table

WINDOW_S = 1.2
"""Longer than a slow step, so that within it a foot is seen off the ground even where the other one never is."""
LIFT_T = 0.06
"""How far the ankles' difference in height must move within the window for a walk; standing still it moves by 0.03."""
STIR_T, STIR_S = 0.025, 0.12
"""A foot that leaves the ground, or comes down, moves by so much in so short a time; a pose that drifts does not."""
STRAY = 1 / 12
"""This share of the window's values at either end is the estimate's error, no foot: one is up for a quarter of it."""
SWING_T = 0.05
"""How far the difference must turn back for the next step to count."""
SETTLING_S = 0.6
"""A pose that has just been found takes so long to be right: its feet come down without a step."""
SHIFT_S, LANDING_S = 0.3, 0.15
"""The weight goes over one foot so long before the other leaves the ground, and needs so long to come to rest after
the last foot is down: a walk begins and ends with the body, not with a foot. Measured on rendered walks."""
REST_S = 0.45
"""Longer than both feet stand between two steps."""
TURN_DEG = 120.0
"""Turned round: so far from where the walk last went."""


class Stepping:
    """Whether somebody walks, and since when; told with the delay of a step, dated back.

    Attributes:
        walking: now.
        since_s: when the walk began, or came to its end.
    """

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float]] = deque()
        self._found_s = self._seen_s = -math.inf
        self.walking = False
        self.since_s = -math.inf

    def __call__(self, body: Body) -> bool:
        """Take one frame."""
        apart = m.step_t.function(body)
        if math.isnan(apart):
            return self.walking
        if body.time_s - self._seen_s > WINDOW_S:
            self._recent.clear()
            self.walking, self.since_s, self._found_s = False, body.time_s, body.time_s
        self._seen_s = body.time_s
        if body.time_s - self._found_s < SETTLING_S:
            return False
        self._recent.append((body.time_s, apart))
        while body.time_s - self._recent[0][0] > WINDOW_S:
            self._recent.popleft()
        walking = self._spread() > LIFT_T
        if walking != self.walking:
            self.walking = walking
            self.since_s = self._began_s() if walking else self._ended_s()
        return walking

    def stopped_s(self) -> float | None:
        """When a walk ended that may just have done so: told sooner, so less surely, than `walking` tells it."""
        if not self.walking:
            return self.since_s
        ended_s = self._ended_s()
        return ended_s if self._recent[-1][0] - ended_s > REST_S else None

    def _spread(self) -> float:
        values = sorted(value for _, value in self._recent)
        stray = round(STRAY * len(values))
        return values[-1 - stray] - values[stray]

    def _began_s(self) -> float:
        """When the first foot left the ground, less the time in which the weight goes over the other."""
        stirs_s = self._stirs_s()
        return max((stirs_s or [self._recent[-1][0]])[0] - SHIFT_S, self._recent[0][0])

    def _ended_s(self) -> float:
        """When the last foot came down and the weight on it."""
        stirs_s = self._stirs_s()
        return min((stirs_s or [self._recent[0][0]])[-1] + LANDING_S, self._recent[-1][0])

    def _stirs_s(self) -> list[float]:
        """The times at which a foot was on its way."""
        stirs_s = []
        for i, (t, value) in enumerate(self._recent):
            before = next(v for s, v in list(self._recent)[: i + 1] if t - s <= STIR_S)
            if abs(value - before) > STIR_T:
                stirs_s.append(t)
        return stirs_s


def walk_of(table: Table) -> Walk:
    """Steps and turns over some frames."""
    return Walk(len(step_times(table)), _turns(table.values(m.azimuth_deg)))


def step_times(table: Table) -> list[float]:
    """When each step was taken, s: where the ankles' difference in height turns, once a step."""
    times: list[float] = []
    direction, extreme, extreme_s = 0, math.nan, math.nan
    for time_s, value in zip(table.time_s.tolist(), table.values(m.step_t).tolist(), strict=True):
        if math.isnan(value):
            continue
        if math.isnan(extreme) or direction * (value - extreme) > 0:
            extreme, extreme_s = value, time_s
        elif abs(value - extreme) > SWING_T:
            if direction:  # the first way off the feet's level is no turn
                times.append(extreme_s)
            direction, extreme, extreme_s = (1 if value > extreme else -1), value, time_s
    return times


def _turns(azimuth_deg: NDArray[np.float64]) -> int:
    turns, heading = 0, math.nan
    for azimuth in azimuth_deg.tolist():
        if math.isnan(heading):
            heading = azimuth
        elif abs(wrapped_deg(azimuth - heading)) > TURN_DEG:
            turns, heading = turns + 1, azimuth
    return turns
