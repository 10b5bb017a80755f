"""How faults are read from a rep, and the faults that many exercises share.

The readers are small functions that rule modules combine: the median of a measure in a phase, its change from the
person's neutral, its spread. A single frame never decides.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from formcoach import measure as m
from formcoach.exercise import UNSEEN, Fault, Grades, Phase, Reading
from formcoach.window import median_seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from formcoach.body import Side
    from formcoach.measure import Measure
    from formcoach.window import RepWindow

Reader = "Callable[[RepWindow], Reading]"
MIN_FRAMES = 3
"""Fewer frames of a phase say nothing about it."""


# ---- readers ----


def level(
    measure: Measure, phase: Phase, percentile: float = 50.0, *, worst: Callable[..., float] = max
) -> Callable[[RepWindow], Reading]:
    """The percentile of a measure over a phase; of the sides seen, the worst."""

    def read(window: RepWindow) -> Reading:
        readings = [_percentile(window, measure, side, phase, percentile) for side in window.sides(measure)]
        return pick(readings, worst)

    return read


def change(
    measure: Measure, phase: Phase, percentile: float = 50.0, *, worst: Callable[..., float] = max
) -> Callable[[RepWindow], Reading]:
    """As `level`, less the person's neutral."""

    def read(window: RepWindow) -> Reading:
        readings = []
        for side in window.sides(measure):
            neutral = window.neutral.get((measure.name, side), math.nan)
            r = _percentile(window, measure, side, phase, percentile)
            readings.append(replace(r, value=r.value - neutral, trust=r.trust * window.neutral_trust))
        return pick(readings, worst)

    return read


def spread(measure: Measure, phase: Phase) -> Callable[[RepWindow], Reading]:
    """The 95th less the 5th percentile over a phase."""

    def read(window: RepWindow) -> Reading:
        readings = []
        for side in window.sides(measure):
            high = _percentile(window, measure, side, phase, 95.0)
            low = _percentile(window, measure, side, phase, 5.0)
            readings.append(replace(high, value=high.value - low.value))
        return pick(readings, max)

    return read


def negative(read: Callable[[RepWindow], Reading]) -> Callable[[RepWindow], Reading]:
    """The same reading, the other way round."""

    def turned(window: RepWindow) -> Reading:
        reading = read(window)
        return replace(reading, value=-reading.value)

    return turned


def size(read: Callable[[RepWindow], Reading]) -> Callable[[RepWindow], Reading]:
    """The same reading without its sign."""

    def unsigned(window: RepWindow) -> Reading:
        reading = read(window)
        return replace(reading, value=abs(reading.value))

    return unsigned


def pick(readings: list[Reading], worst: Callable[..., float]) -> Reading:
    """The worst of the readings that saw something."""
    seen = [r for r in readings if not math.isnan(r.value)]
    if not seen:
        return UNSEEN
    value = worst(r.value for r in seen)
    return next(r for r in seen if r.value == value)


def _percentile(
    window: RepWindow, measure: Measure, side: Side | None, phase: Phase, percentile: float
) -> Reading:
    chosen = window.during(phase)
    return reading_of(window.table.time_s[chosen], window.table.values(measure, side)[chosen], percentile)


def reading_of(time_s: NDArray[np.float64], values: NDArray[np.float64], percentile: float) -> Reading:
    """The percentile of the values seen, and when it was reached; unseen when more than half are."""
    seen = np.isfinite(values)
    count = int(seen.sum())
    if count < MIN_FRAMES or 2 * count < len(values):
        return UNSEEN
    value = float(np.percentile(values[seen], percentile))
    at = np.abs(values[seen] - value).argmin()
    return Reading(value, float(time_s[seen][at]), count / len(values))


# ---- readers with a mind of their own ----


def lowering_s(window: RepWindow) -> Reading:
    """How long the return took, s."""
    if not window.span.complete:
        return UNSEEN
    return Reading(window.span.end_s - window.span.lowering_s, window.span.lowering_s)


def lifting_s(window: RepWindow) -> Reading:
    """How long the lift took, s."""
    return Reading(window.span.peak_s - window.span.start_s, window.span.start_s)


def reach_percent(window: RepWindow) -> Reading:
    """The peak as a share of the person's full range, %."""
    return Reading(100 * window.span.reach, window.span.peak_s)


def arms_differ_percent(window: RepWindow) -> Reading:
    """How far the arms' ranges differ, % of the larger; both arms must be seen."""
    if len(window.arm_ranges) < 2:
        return UNSEEN
    ranges = [r for r, _ in window.arm_ranges.values()]
    return Reading(100 * (max(ranges) - min(ranges)) / max(max(ranges), 1e-9), window.span.peak_s)


def shrug_t(phase: Phase) -> Callable[[RepWindow], Reading]:
    """How far the shoulders rose towards the ears, T: the ears' loss of height and the shoulders' gain must agree."""

    def read(window: RepWindow) -> Reading:
        ears = change(m.near_ear_gap_t if window.sideways > 0.7 else m.ear_gap_t, phase)(window)
        rise = change(m.shoulder_h_t, phase)(window)
        return replace(ears, value=min(-ears.value, 1.5 * rise.value))

    return read


def rounding_deg(phase: Phase) -> Callable[[RepWindow], Reading]:
    """How much more the back's outline bulges than at set-up, degrees of turn."""
    return change(m.back_turn_deg, phase)


def swing_deg(window: RepWindow) -> Reading:
    """How far the trunk rocks within the rep beyond its stillness at set-up, degrees."""
    return spread(m.trunk_lean_deg, Phase.WHOLE)(window)


def stance_rise_deg(window: RepWindow) -> Reading:
    """How much more upright the trunk is at the bottom than in the first two reps; positive is more upright."""
    before = window.early.get((m.trunk_lean_deg.name, None), math.nan)
    now = level(m.trunk_lean_deg, Phase.BOTTOM)(window)
    return replace(now, value=before - now.value)


# ---- the vocabulary: faults that many exercises share, with the limits of the catalogue ----

TRUNK = ("SHOULDER", "HIP")
ARM = ("SHOULDER", "ELBOW", "WRIST")
UPPER_ARM = ("SHOULDER", "ELBOW")
NECK = ("EAR", "SHOULDER")


def rounded_back(
    mild: float = 12.0,
    severe: float = 22.0,
    *,
    phase: Phase = Phase.BOTTOM | Phase.LIFT,
    grades: str = "F:X R:X S:B O:C",
    cue: str = "Long back, proud chest",
) -> Fault:
    """The back gives up the shape it had at set-up and bends forward under load."""
    return Fault(
        id="rounded-back",
        name="Back rounding",
        priority=1,
        read=rounding_deg(phase),
        mild=mild,
        severe=severe,
        unit="deg",
        grades=Grades.of(grades),
        cue=cue,
        explain="Your back lost the shape you set up with. Push the hips back, lengthen from tailbone to crown, "
        "and lighten the load if it keeps bending.",
        segment=TRUNK,
    )
