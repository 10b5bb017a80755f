"""Steps: told by how feet leave the ground and come back, from any side and on the spot."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from formcoach import measure as m
from formcoach.body import Side
from formcoach.exercise import Walk
from formcoach.geometry import wrapped_deg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from formcoach.body import Body
    from formcoach.measure import Measure
    from formcoach.window import Table

STIR_T, STIR_S = 0.05, 0.16
"""A foot that leaves the ground, or comes down, moves by so much in so short a time; standing still, an ankle's height
moves by 0.01, and by 0.04 in a second where the estimate drifts."""
PAUSE_S = 1.2
"""Feet that rest longer have stopped: from the side only every other step may be seen."""
ONE_STEP_S = 0.5
"""Feet that stir for less have taken no more than a step."""
SETTLING_S = 0.6
"""A pose that has just been found takes so long to be right: its feet come down without a step."""
SHIFT_S, LANDING_S = 0.4, 0.1
"""The weight goes over one foot so long before the other leaves the ground, and comes to rest so long after it is back:
a walk begins and ends with the body, not with a foot. Rendered walks: 0.40 to 0.50 and 0.08 to 0.17."""
STRIDE_HZ = (0.3, 1.4)
"""Strides a second, of two steps each: from a shuffle to a hurry."""
HALF = 0.25
"""At half a frequency so much of its power: the half is the stride's, the double only its shape."""
TREND_S = 2.0
"""Slower changes than this are the camera's distance and the posture, no steps."""
LEAST_S = 2.0
TURN_DEG = 120.0
"""Turned round: so far from where the walk last went."""

FEET: tuple[tuple[Measure, Side | None], ...] = (
    (m.step_t, None), (m.hip_over_ankle_t, Side.LEFT), (m.hip_over_ankle_t, Side.RIGHT),
)  # fmt: skip
"""What shows a step: both feet against each other in space, and each foot that is seen in the picture. From the side
the model infers the far foot's lift well in most people, and not at all in some."""


class Stepping:
    """Whether somebody walks, and since when; told with a delay, dated back.

    Attributes:
        walking: now.
        since_s: when the walk began, or came to its end.
    """

    def __init__(self) -> None:
        self.walking = False
        self.since_s = -math.inf
        self._recent: deque[tuple[float, list[float]]] = deque()
        self._found_s = self._seen_s = -math.inf
        self._first_s = self._last_s = -math.inf

    def __call__(self, body: Body) -> bool:
        """Take one frame."""
        feet = [measure.function(body, *((side,) if side else ())) for measure, side in FEET]
        if all(math.isnan(foot) for foot in feet):
            return self.walking
        if body.time_s - self._seen_s > PAUSE_S:
            self._recent.clear()
            self.walking, self.since_s, self._found_s = False, body.time_s, body.time_s
        self._seen_s = body.time_s
        if body.time_s - self._found_s < SETTLING_S:
            return False
        self._recent.append((body.time_s, feet))
        while body.time_s - self._recent[0][0] > STIR_S:
            self._recent.popleft()
        if self._stirs():
            if body.time_s - self._last_s > PAUSE_S:
                self._first_s = body.time_s
            self._last_s = body.time_s
        self._tell(body.time_s)
        return self.walking

    def _stirs(self) -> bool:
        """Whether a foot is on its way: seen now, it is off where it was first seen in the last moment."""
        now = self._recent[-1][1]
        for i, foot in enumerate(now):
            before = next(feet[i] for _, feet in self._recent if not math.isnan(feet[i])) if foot == foot else foot
            if abs(foot - before) > STIR_T:
                return True
        return False

    def _tell(self, time_s: float) -> None:
        if self.walking and time_s - self._last_s > PAUSE_S:
            self.walking, self.since_s = False, self._last_s + LANDING_S
        elif not self.walking and time_s - self._last_s <= PAUSE_S and self._last_s - self._first_s > ONE_STEP_S:
            self.walking, self.since_s = True, max(self._first_s - SHIFT_S, self._found_s)

    def stopped_s(self) -> float | None:
        """When a walk ended that may just have done so: told sooner, so less surely, than `walking` tells it."""
        if not self.walking:
            return self.since_s
        ended_s = self._last_s + LANDING_S
        return ended_s if self._seen_s - ended_s > PAUSE_S / 3 else None


def walk_of(table: Table) -> Walk:
    """Steps and turns over the frames of a walk."""
    rate = steps_a_second(table)
    walked_s = 0.0 if math.isnan(rate) else float(table.time_s[-1] - table.time_s[0]) - SHIFT_S
    return Walk(round(walked_s * rate) if walked_s > 0 else 0, _turns(table.values(m.azimuth_deg)))


def steps_a_second(table: Table) -> float:
    """The usual pace of a walk, by the strongest period of the feet; NaN where it is too short, or nobody steps.

    Counting lifts one by one would miss those of a foot that is not seen and count what the estimate jumps; the period
    of whichever foot is seen is that of both.
    """
    time_s = table.time_s
    if len(time_s) < 2 or time_s[-1] - time_s[0] < LEAST_S:
        return math.nan
    power, hz = np.zeros(1), np.zeros(1)
    for values in _seen_feet(table):
        hz, one = _spectrum(time_s, values)
        power = power + one
    if not np.max(power) > 0:
        return math.nan
    stride_hz = float(hz[np.argmax(power)])
    near_half = np.abs(hz - stride_hz / 2) < 0.1 * stride_hz
    slower = np.where(near_half, power, 0.0)
    if slower.max() > HALF * np.max(power):
        stride_hz = float(hz[np.argmax(slower)])
    return 2.0 * stride_hz


def _seen_feet(table: Table) -> Iterator[NDArray[np.float64]]:
    """What shows steps in most frames and goes to and fro."""
    for measure, side in FEET:
        values = table.values(measure, side)
        seen = values[np.isfinite(values)]
        if 2 * len(seen) > len(values) and np.percentile(seen, 95) - np.percentile(seen, 5) > STIR_T:
            yield values


def _spectrum(
    time_s: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies, Hz, and the power that a stride's frequency has in the values, as a share of all their power."""
    rate_hz, size = 20.0, 4096
    even_s = np.arange(time_s[0], time_s[-1], 1 / rate_hz)
    seen = np.isfinite(values)
    course = np.interp(even_s, time_s[seen], values[seen])
    wide = min(int(TREND_S * rate_hz) | 1, len(course) - 1 | 1)
    padded = np.pad(course, wide // 2, mode="edge")
    course = course - np.convolve(padded, np.ones(wide) / wide, "valid")[: len(course)]
    course = np.clip(course, *np.percentile(course, (5, 95)))
    power = np.abs(np.fft.rfft((course - course.mean()) * np.hanning(len(course)), size)) ** 2
    hz = np.fft.rfftfreq(size, 1 / rate_hz).astype(np.float64)
    within = (hz >= STRIDE_HZ[0]) & (hz <= STRIDE_HZ[1])
    return hz, np.where(within, power, 0.0) / max(float(power.sum()), 1e-12)


def _turns(azimuth_deg: NDArray[np.float64]) -> int:
    turns, heading = 0, math.nan
    for azimuth in azimuth_deg.tolist():
        if math.isnan(heading):
            heading = azimuth
        elif abs(wrapped_deg(azimuth - heading)) > TURN_DEG:
            turns, heading = turns + 1, azimuth
    return turns
