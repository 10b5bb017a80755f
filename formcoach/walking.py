"""Steps: told by the ankles' heights, which go to and fro once in two steps, from any side and on the spot."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from formcoach import measure as m
from formcoach.exercise import Walk
from formcoach.geometry import wrapped_deg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formcoach.body import Body
    from formcoach.window import Table

WINDOW_S = 0.7
"""Longer than a slow step, so that within it one foot is seen off the ground."""
LIFT_T = 0.06
"""How far the ankles' difference in height must move within the window for a walk; standing still it moves by 0.02."""
SWING_T = 0.05
"""How far it must turn back for the next step to count."""
TURN_DEG = 120.0
"""Turned round: so far from where the walk last went."""


class Stepping:
    """Whether somebody walks, and since when; told with the delay of a step, dated back."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float]] = deque()
        self.walking = False
        self.since_s = -math.inf

    def __call__(self, body: Body) -> bool:
        """Take one frame."""
        apart = m.step_t.function(body)
        if math.isnan(apart):
            return self.walking
        self._recent.append((body.time_s, apart))
        while body.time_s - self._recent[0][0] > WINDOW_S:
            self._recent.popleft()
        values = [value for _, value in self._recent]
        walking = max(values) - min(values) > LIFT_T
        if walking != self.walking:
            # a walk begins where the feet leave the level they had; it ends where they came to it, a window ago
            first_s, level = self._recent[0]
            left = (t for t, value in self._recent if abs(value - level) > LIFT_T / 3)
            self.since_s = next(left, body.time_s) if walking else first_s
            self.walking = walking
        return self.walking


def walk_of(table: Table) -> Walk:
    """Steps and turns over some frames."""
    return Walk(step_count(table.values(m.step_t)), _turns(table.values(m.azimuth_deg)))


def step_count(apart: NDArray[np.float64]) -> int:
    """How often the ankles' difference in height turns: once a step. Values (n,), T; NaN is passed over."""
    steps, direction = 0, 0
    extreme = math.nan
    for value in apart[np.isfinite(apart)].tolist():
        if math.isnan(extreme) or direction * (value - extreme) > 0:
            extreme = value
        elif abs(value - extreme) > SWING_T:
            steps, direction, extreme = steps + 1, (1 if value > extreme else -1), value
    return steps


def _turns(azimuth_deg: NDArray[np.float64]) -> int:
    turns, heading = 0, math.nan
    for azimuth in azimuth_deg.tolist():
        if math.isnan(heading):
            heading = azimuth
        elif abs(wrapped_deg(azimuth - heading)) > TURN_DEG:
            turns, heading = turns + 1, azimuth
    return turns
