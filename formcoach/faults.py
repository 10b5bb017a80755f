"""How faults are read from a rep, and the faults that many exercises share.

The readers are small functions that rule modules combine: the median of a measure in a phase, or its change from the
person's neutral. A single frame never decides.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from formcoach import measure as m
from formcoach.body import Side, View
from formcoach.exercise import UNSEEN, Fault, Grades, Phase, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from formcoach.measure import Measure
    from formcoach.window import RepWindow

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
        readings = [_change(window, measure, side, phase, percentile) for side in window.sides(measure)]
        return pick(readings, worst)

    return read


def _change(window: RepWindow, measure: Measure, side: Side | None, phase: Phase, percentile: float) -> Reading:
    neutral = window.neutral.median(measure, side)
    r = _percentile(window, measure, side, phase, percentile)
    return replace(r, value=r.value - neutral, trust=r.trust * window.neutral_trust)


def negative(read: Callable[[RepWindow], Reading]) -> Callable[[RepWindow], Reading]:
    """The same reading, the other way round."""

    def turned(window: RepWindow) -> Reading:
        reading = read(window)
        return replace(reading, value=-reading.value)

    return turned


def pick(readings: list[Reading], worst: Callable[..., float]) -> Reading:
    """The worst of the readings that saw something."""
    seen = [r for r in readings if not math.isnan(r.value)]
    if not seen:
        return UNSEEN
    value = worst(r.value for r in seen)
    return next(r for r in seen if r.value == value)


def _percentile(window: RepWindow, measure: Measure, side: Side | None, phase: Phase, percentile: float) -> Reading:
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


CORE = 0.506
"""The share of a minimum-jerk movement's time that its course from 90 % to 10 % takes. The ends themselves drown in
noise; the middle does not."""


LOSS_LASTS_S = 0.6
"""After the person was lost and found, the pose takes so long to be right again."""
HIDES_S = 0.3
"""So near to a turning point a loss may hide it."""
MAX_GAP_S = 0.21
"""A longer stretch without a pose hides too much of a movement to time it."""


def lowering_s(window: RepWindow) -> Reading:
    """How long the return took, s, judged by its middle; unseen where it is not seen to its end."""
    if not window.span.complete:
        return UNSEEN
    return fall_s(window)


def fall_s(window: RepWindow, core: float = CORE) -> Reading:
    """How long the signal took to fall from the peak to the end, s, by its 90 % to 10 %.

    Args:
        window: the rep.
        core: the share of the whole time that this middle takes.
    """
    span, signal, time_s = window.span, window.signal, window.table.time_s
    falls = (time_s >= span.peak_s) & (time_s <= span.end_s) & np.isfinite(signal)
    t, h = time_s[falls], signal[falls]
    if not _timed(window, t, span.peak_s - LOSS_LASTS_S, span.end_s):
        return UNSEEN
    high, low = float(h.max()), float(h[-max(1, len(h) // 8) :].min())
    t90, t10 = (_last_fall(t, h, low + share * (high - low)) for share in (0.9, 0.1))
    return Reading((t10 - t90) / core, t90)


def lifting_s(window: RepWindow) -> Reading:
    """How long the lift took, s, judged by its middle as the return is."""
    span, signal, time_s = window.span, window.signal, window.table.time_s
    rises = (time_s <= span.lowering_s) & np.isfinite(signal)
    t, h = time_s[rises], signal[rises]
    if not span.complete or not _timed(window, t, span.start_s - LOSS_LASTS_S, span.lowering_s):
        return UNSEEN
    top = int(h.argmax()) + 1
    back_t, back_h = -t[:top][::-1], h[:top][::-1]  # a rise is a fall seen backwards
    low, high = float(back_h.min()), float(back_h[0])
    t90, t10 = (-_last_fall(back_t, back_h, low + share * (high - low), first=True) for share in (0.9, 0.1))
    return Reading((t90 - t10) / CORE, t10)


def _timed(window: RepWindow, t: NDArray[np.float64], start_s: float, end_s: float) -> bool:
    """Whether a movement was seen densely enough to time it, the person never lost."""
    return len(t) >= MIN_FRAMES and float(np.diff(t).max()) <= MAX_GAP_S and window.seen_throughout(start_s, end_s)


def _hidden(window: RepWindow, start_s: float, end_s: float) -> bool:
    """Whether the person was lost for long at a turning point, or shortly before or after it."""
    t = window.table.time_s
    gaps = np.diff(t) > MAX_GAP_S
    return bool((gaps & (t[1:] >= start_s - HIDES_S) & (t[:-1] <= end_s + HIDES_S)).any())


def _last_fall(t: NDArray[np.float64], h: NDArray[np.float64], level: float, *, first: bool = False) -> float:
    """When h last (or first) fell through the level, between two samples; the last time where it never did."""
    if first:
        below = np.nonzero(h < level)[0]
        i = int(below[0]) - 1 if len(below) else len(t) - 1
    else:
        above = np.nonzero(h >= level)[0]
        i = int(above[-1]) if len(above) else 0
    if i + 1 >= len(t):
        return float(t[-1])
    return float(t[i] + (t[i + 1] - t[i]) * (h[i] - level) / max(h[i] - h[i + 1], 1e-9))


def reach_percent(window: RepWindow) -> Reading:
    """The peak as a share of the full range, %: of the person's own where it is known, else of most people's.

    Unseen where the person was lost about then: somebody may have crossed the picture, and hidden the top.
    """
    if _hidden(window, window.span.peak_s, window.span.lowering_s):
        return UNSEEN
    return Reading(100 * window.reach, window.span.peak_s)


def further_reach_percent(measure: Measure) -> Callable[[RepWindow], Reading]:
    """As `reach_percent`; from front and rear by the arm that goes further: if one goes less far, they are uneven."""

    def read(window: RepWindow) -> Reading:
        reach = reach_percent(window)
        if window.view not in (View.FRONT, View.REAR):
            return reach  # the nearer arm looks as if it went further
        rises = [
            _percentile(window, measure, side, Phase.TOP, 50.0).value
            - _percentile(window, measure, side, Phase.BOTTOM, 50.0).value
            for side in window.arms
        ]
        seen = [rise for rise in rises if rise > 0]
        return replace(reach, value=reach.value * max(seen) * len(seen) / sum(seen)) if seen else reach

    return read


def bottom_percent(window: RepWindow) -> Reading:
    """How far from the rest the return ends, % of the full range; unseen where the person was lost about then."""
    span = window.span
    if not span.complete or _hidden(window, span.end_s, span.end_s):
        return UNSEEN
    return Reading(100 * window.bottom, span.end_s)


def difference(measure: Measure, phase: Phase) -> Callable[[RepWindow], Reading]:
    """How far the left and the right value of a measure are apart, beyond how far they are in the person's neutral."""

    def read(window: RepWindow) -> Reading:
        if len(window.arms) < 2:
            return UNSEEN
        left, right = (_percentile(window, measure, side, phase, 50.0) for side in (Side.LEFT, Side.RIGHT))
        neutral = window.neutral.median(measure, Side.LEFT) - window.neutral.median(measure, Side.RIGHT)
        apart = left.value - right.value - neutral
        return replace(left, value=abs(apart), trust=min(left.trust, right.trust))

    return read


def shrug_t(phase: Phase) -> Callable[[RepWindow], Reading]:
    """How far the shoulders rose towards the ears, T: the ears' loss of height and the shoulders' gain must agree."""

    def read(window: RepWindow) -> Reading:
        ears = change(m.near_ear_gap_t if window.sideways > 0.7 else m.ear_gap_t, phase)(window)
        rise = change(m.chord_t, phase)(window)
        return replace(ears, value=min(-ears.value, 1.5 * rise.value))

    return read


def swing_deg(window: RepWindow) -> Reading:
    """How far the trunk rises or falls with the lift, from the bottom to the top, degrees."""
    low = level(m.trunk_lean_deg, Phase.BOTTOM)(window)
    high = level(m.trunk_lean_deg, Phase.TOP)(window)
    return replace(high, value=abs(high.value - low.value), trust=min(low.trust, high.trust))


def stance_rise_deg(window: RepWindow) -> Reading:
    """How much more upright the trunk is at the bottom than in the first two reps, degrees."""
    if not window.early:
        return Reading(
            math.nan, why="the first two reps are what it is compared with", instead="do at least three reps"
        )
    before = sum(rest.median(m.trunk_lean_deg) for rest in window.early) / len(window.early)
    now = level(m.trunk_lean_deg, Phase.BOTTOM)(window)
    return replace(now, value=before - now.value)


def twist_deg(window: RepWindow) -> Reading:
    """How far the line through the shoulders tilts against that through the hips while lifting, degrees."""
    girdle = rise_in_rep(m.girdle_roll_deg, Phase.TOP)(window)
    pelvis = rise_in_rep(m.pelvis_roll_deg, Phase.TOP)(window)
    return replace(girdle, value=abs(girdle.value - pelvis.value), trust=min(girdle.trust, pelvis.trust))


def flare_t(window: RepWindow) -> Reading:
    """How far the elbow is out at the top, T, beyond hanging; none where the arm does not leave the trunk in space.

    From the front an elbow drawn back moves outward in the picture too; what tells a wing is that the upper arm
    also opens against the trunk. Rendered rows: by 9 to 34° with winged elbows, by -12 to 7° without.
    """
    readings = []
    for side in window.arms:
        out = _change(window, m.elbow_out_t, side, Phase.TOP, 50.0)
        opened = _change(window, m.arm_elev_deg, side, Phase.LIFT, 50.0)
        readings.append(replace(out, value=min(out.value, max(0.0, out.value) if opened.value > 8.0 else 0.0)))
    return pick(readings, max)


def rounding_deg(phase: Phase) -> Callable[[RepWindow], Reading]:
    """How much more the spine is flexed than at set-up, degrees, by the outline of the back."""
    return change(m.back_flexion_deg, phase)


def head_turn_deg(window: RepWindow) -> Reading:
    """How far the head pitches from its set-up, degrees, where the neck goes with it; unsigned.

    A back that rounds takes the head along, so next to rounding nothing is said of the neck.
    """
    rounded = rounding_deg(Phase.BOTTOM | Phase.LIFT)(window).value
    pitch = change(m.head_pitch_deg, Phase.BOTTOM | Phase.LIFT)(window)
    neck = change(m.neck_deg, Phase.BOTTOM)(window)
    if rounded > ROUNDED_DEG:
        return Reading(math.nan, why="the back rounds and takes the head along", instead="keep the back long first")
    if math.isnan(neck.value):
        return UNSEEN
    agree = pitch.value * neck.value < 0 and abs(neck.value) >= 3.0
    return replace(pitch, value=abs(pitch.value) if agree else min(abs(pitch.value), 8.0))


ROUNDED_DEG = 16.0
"""Extra flexion from which a back is rounded: about the neutral zone's end; clean rendered reps read up to 10."""


HOLLOW_T = 0.0045
"""T by which the lower back's outline sinks for each degree that an arch lifts the chest; rendered 0.004 to 0.007."""


def hollow_deg(window: RepWindow) -> Reading:
    """How far the trunk is leant back at the bottom while the lower back is hollow too, degrees.

    The smaller of the two signs: a trunk that swings rises with a flat back, a shirt that folds lifts no chest.
    """
    rise = change(m.trunk_lean_deg, Phase.BOTTOM, 10.0)(window)
    sunk = change(m.low_back_t, Phase.BOTTOM | Phase.LIFT)(window)
    return replace(rise, value=float(np.minimum(-rise.value, -sunk.value / HOLLOW_T)))  # NaN where either is


def sunk_back_deg(phase: Phase) -> Callable[[RepWindow], Reading]:
    """How much further the lower back is hollowed than at set-up, degrees, by how far its outline sinks.

    For bodies that stand: where the trunk only leans back, the outline keeps its shape.
    """
    sunk = change(m.low_back_t, phase)

    def read(window: RepWindow) -> Reading:
        reading = sunk(window)
        return replace(reading, value=-reading.value / HOLLOW_T)

    return read


def ear_drop_t(phase: Phase) -> Callable[[RepWindow], Reading]:
    """How much nearer the ears are to the shoulders than at set-up, T: for arms that lift the shoulders' joints too."""
    return negative(change(m.ear_gap_t, phase))


ARM_BENT_DEG = 26.0
"""Bend beyond the set-up's from which arms are no longer long; clean rendered reps read up to 20, bent ones from 31."""


def arm_bend_deg(window: RepWindow) -> Reading:
    """How much further the elbows bend in the rep than at set-up, degrees in space."""
    return negative(change(m.elbow_bend_deg, Phase.WHOLE, 10.0, worst=min))(window)


def overhead_reach_deg(window: RepWindow) -> Reading:
    """How far past upright the arms of a body on its back go, degrees; nothing where bent elbows shorten the reach."""
    if arm_bend_deg(window).value > ARM_BENT_DEG:
        return Reading(math.nan, why="bent elbows shorten the reach", instead="keep the arms long first")
    return level(m.overhead_deg, Phase.TOP)(window)


def ribs_t(window: RepWindow) -> Reading:
    """How far the ribs of a body on its back rise at the top, T beyond its set-up, the lower back hollow under them.

    The lesser of both signs in the trunk's outline: a shirt that slips lifts the belly's side only, a mat's shadow
    moves the back's. Rendered arches: 0.055 to 0.10; clean reps up to 0.023, even where one sign alone reads 0.06.
    """
    risen = change(m.topside_bulge_t, Phase.TOP)(window)
    sunk = change(m.low_back_t, Phase.TOP)(window)
    return replace(risen, value=float(np.minimum(risen.value, -sunk.value)))  # NaN where either is


def rise_in_rep(measure: Measure, phase: Phase, percentile: float = 50.0) -> Callable[[RepWindow], Reading]:
    """A measure's percentile over a phase, less its median at the rep's start."""

    def read(window: RepWindow) -> Reading:
        readings = []
        for side in window.sides(measure):
            before = _percentile(window, measure, side, Phase.SETUP, 50.0)
            r = _percentile(window, measure, side, phase, percentile)
            readings.append(replace(r, value=r.value - before.value, trust=min(r.trust, before.trust)))
        return pick(readings, max)

    return read


def nearer_arm(read: Callable[[RepWindow], Reading]) -> Callable[[RepWindow], Reading]:
    """The same reading of the nearer arm only: the body hides the other one, and the model guesses it."""

    def near(window: RepWindow) -> Reading:
        return read(replace(window, arms=window.arms[:1]))

    return near


def chest_lift_t(window: RepWindow) -> Reading:
    """How far the chest of a prone body is lifted at the top, T, beyond its set-up."""
    return lifted_t(window)[0]


def lifted_t(window: RepWindow) -> tuple[Reading, Reading]:
    """How far the chest and how far the legs of a prone body are lifted at the top, T, beyond its set-up."""
    legs = change(m.hip_stature_t, Phase.TOP)(window)
    return change(m.chest_lift_t, Phase.TOP)(window), replace(legs, value=-legs.value)


def spread(measure: Measure, phase: Phase = Phase.WHOLE) -> Callable[[RepWindow], Reading]:
    """How far a measure goes within a phase, from its 5th percentile to its 95th."""

    def read(window: RepWindow) -> Reading:
        readings = []
        for side in window.sides(measure):
            low, high = (_percentile(window, measure, side, phase, p) for p in (5.0, 95.0))
            readings.append(replace(high, value=high.value - low.value))
        return pick(readings, max)

    return read


def uneven_sides_percent(window: RepWindow) -> Reading:
    """How much shorter or longer this arm's rep is than the other arm's last one, %."""
    if math.isnan(window.other_range):
        return Reading(math.nan, why="the other arm has not moved yet", instead="do reps with both arms")
    own = window.span.range
    return Reading(100 * abs(own - window.other_range) / max(own, window.other_range), window.span.peak_s)


# ---- readers of holds and carries ----

LASTING_S = 2.0
"""A median over so long is a level of the body in a hold or a walk: two steps, a breath."""
ROCKING_S = 3.0
STRIDES = 4
"""A stretch begins so many times within the one before."""


def lasting(
    measure: Measure,
    *,
    seconds: float = LASTING_S,
    relative: bool = False,
    unsigned: bool = False,
    worst: Callable[..., float] = max,
) -> Callable[[RepWindow], Reading]:
    """The worst of a measure's running medians over a hold: a fault in its last part shows as one in its first.

    Args:
        measure: of the sides that hold or carry, the worst.
        seconds: that a median takes.
        relative: less the person's neutral.
        unsigned: whichever way it goes.
        worst: `max` or `min`.
    """

    def read(window: RepWindow) -> Reading:
        readings = []
        for side in window.sides(measure):
            neutral = window.neutral.median(measure, side) if relative else 0.0
            trust = window.neutral_trust if relative else 1.0
            for r in _stretches(window, measure, side, seconds, 50.0):
                value = r.value - neutral
                readings.append(replace(r, value=abs(value) if unsigned else value, trust=r.trust * trust))
        return pick(readings, worst)

    return read


def rocking(measure: Measure, *, seconds: float = ROCKING_S) -> Callable[[RepWindow], Reading]:
    """How far a measure goes to and fro in a hold, from its 5th percentile to its 95th, in each half of some seconds.

    Each half is longer than a stride, so that a single shift of the weight, or one turn of the head, is no rocking.
    """

    def read(window: RepWindow) -> Reading:
        readings = []
        for side in window.sides(measure):
            low, high = (_stretches(window, measure, side, seconds / 2, p) for p in (5.0, 95.0))
            spreads = [replace(b, value=b.value - a.value) for a, b in zip(low, high, strict=True)]
            if len(spreads) <= STRIDES:
                continue
            readings += [pick([a, b], min) for a, b in zip(spreads, spreads[STRIDES:], strict=False)]
        return pick(readings, max)

    return read


def _stretches(
    window: RepWindow, measure: Measure, side: Side | None, seconds: float, percentile: float
) -> list[Reading]:
    """A percentile over each stretch of a hold, a quarter of its length after the one before.

    Only what is seen from the window's own view counts: on the way back a walker shows another side.
    """
    span, time_s = window.span, window.table.time_s
    values = window.table.values(measure, side)
    azimuth = window.table.values(m.azimuth_deg)
    same = np.array([not math.isnan(a) and View.at(a) is window.view for a in azimuth], bool)
    values = np.where(same, values, np.nan)
    if not len(time_s):
        return []
    step_s, last_s = seconds / STRIDES, max(span.end_s - seconds, span.start_s)
    forgotten = max(math.floor((float(time_s[0]) - span.start_s - seconds) / step_s), 0)  # of a hold of an hour
    readings = []
    for start_s in np.arange(span.start_s + forgotten * step_s, last_s + 1e-6, step_s):
        chosen = (time_s >= start_s) & (time_s <= start_s + seconds)
        readings.append(reading_of(time_s[chosen], values[chosen], percentile))
    return readings


# ---- the vocabulary: faults that many exercises share ----

TRUNK = ("SHOULDER", "HIP")
ARM = ("SHOULDER", "ELBOW", "WRIST")
UPPER_ARM = ("SHOULDER", "ELBOW")
NECK = ("EAR", "SHOULDER")


def rounded_back(
    mild: float = ROUNDED_DEG,
    severe: float = 28.0,
    *,
    phase: Phase = Phase.BOTTOM | Phase.LIFT,
    cue: str = "Long back, proud chest",
) -> Fault:
    """The back gives up the shape it had at set-up and bends forward under load."""
    return Fault(
        id="rounded-back", name="Back rounding", priority=1,
        read=rounding_deg(phase), mild=mild, severe=severe, unit="deg",
        grades=Grades.of("F:X R:X S:B O:C"), cue=cue,
        explain="Your back lost the shape you set up with. Push the hips back, lengthen from tailbone to crown, "
        "and lighten the load if it keeps bending.",
        segment=TRUNK,
    )  # fmt: skip


def shrug(
    mild: float = 0.05,
    severe: float = 0.09,
    *,
    phase: Phase = Phase.LIFT | Phase.TOP,
    grades: str = "F:A R:B S:C O:B",
) -> Fault:
    """The shoulder girdle rides up towards the ears."""
    return Fault(
        id="shrug", name="Shoulders hiking", priority=2,
        read=shrug_t(phase), mild=mild, severe=severe, unit="T",
        grades=Grades.of(grades), cue="Shoulders down",
        explain="Your shoulders crept up towards your ears. Let them settle, grow a long neck, and start the pull "
        "from the shoulder blades.",
        segment=NECK,
    )  # fmt: skip


def shrug_at_rest(mild: float = 0.065, severe: float = 0.10, *, grades: str = "F:B R:C S:C O:B") -> Fault:
    """The shoulders hike before the arms are high: above, everyone's shoulders rise with the arms."""
    return replace(shrug(mild, severe, grades=grades), read=ear_drop_t(Phase.BOTTOM))


def trunk_swing(mild: float = 15.0, severe: float = 22.0, *, grades: str = "F:C R:C S:A O:B") -> Fault:
    """The trunk rocks to throw the weight instead of staying still."""
    return Fault(
        id="trunk-swing", name="Body swinging", priority=2,
        read=swing_deg, mild=mild, severe=severe, unit="deg",
        grades=Grades.of(grades), cue="Still body, strong arms",
        explain="Your body swung to start the weight moving. Brace, pause a beat at the bottom, and use a load you "
        "can lift without rocking.",
        segment=TRUNK,
    )  # fmt: skip


def neck_crane(mild: float = 14.0, severe: float = 28.0) -> Fault:
    """The head pokes forward, drops or cranes up instead of continuing the line of the spine."""
    return Fault(
        id="neck-crane", name="Neck out of line", priority=3,
        read=head_turn_deg, mild=mild, severe=severe, unit="deg",
        grades=Grades.of("F:C R:X S:A O:B"), cue="Long neck",
        explain="Keep the back of the neck long and look at a spot on the floor a step or two ahead.",
        segment=NECK,
    )  # fmt: skip


def head_back(mild: float, severe: float, *, priority: int = 3, grades: str, cue: str = "Eyes to the floor") -> Fault:
    """The head of a prone body is thrown back instead of facing the floor."""
    return Fault(
        id="neck-crane", name="Head thrown back", priority=priority,
        read=change(m.gaze_deg, Phase.WHOLE), mild=mild, severe=severe, unit="deg",
        grades=Grades.of(grades), cue=cue,
        explain="Keep the back of the neck long and look at the floor just ahead of you, not at the wall.",
        segment=NECK,
    )  # fmt: skip


def over_arching(
    mild: float,
    severe: float,
    *,
    read: Callable[[RepWindow], Reading] = chest_lift_t,
    grades: str = "F:X R:X S:A O:C",
    cue: str = "Low and long",
    explain: str = "Lift only slightly, belt line heavy; lengthen through the crown and the legs instead.",
) -> Fault:
    """A prone body is cranked up by the lower back."""
    return Fault(
        id="over-arching", name="Arching too high", priority=1,
        read=read, mild=mild, severe=severe, unit="T",
        grades=Grades.of(grades), cue=cue, explain=explain, segment=TRUNK,
    )  # fmt: skip


def fast_lowering(
    mild: float = 0.75,
    severe: float = 0.5,
    *,
    priority: int = 2,
    read: Callable[[RepWindow], Reading] = lowering_s,
    grades: str = "F:A R:A S:A O:A",
    explain: str = "Take about two seconds to come back down; the way down builds strength and protects the joint.",
) -> Fault:
    """The return is dropped instead of controlled."""
    return Fault(
        id="fast-lowering", name="Dropping the weight", priority=priority,
        read=read, mild=mild, severe=severe, unit="s",
        grades=Grades.of(grades), cue="Lower it slowly", explain=explain, segment=ARM,
    )  # fmt: skip


def rushed_lift(
    mild: float = 0.5,
    severe: float = 0.3,
    *,
    read: Callable[[RepWindow], Reading] = lifting_s,
    grades: str = "F:A R:A S:A O:A",
    cue: str = "Smooth and steady",
    explain: str = "Start the lift gently and let it speed up; no snap at the bottom.",
) -> Fault:
    """The lift is thrown rather than pressed or pulled."""
    return Fault(
        id="rushed-lift", name="Jerky start", priority=3,
        read=read, mild=mild, severe=severe, unit="s",
        grades=Grades.of(grades), cue=cue, explain=explain, segment=ARM,
    )  # fmt: skip


def short_top(
    mild: float = 80.0, severe: float = 68.0, *, cue: str = "All the way up", grades: str = "F:A R:A S:A O:B"
) -> Fault:
    """The rep ends before the full end position."""
    return Fault(
        id="short-top", name="Stopping short at the top", priority=2,
        read=reach_percent, mild=mild, severe=severe, unit="%",
        grades=Grades.of(grades), cue=cue,
        explain="Finish the movement; if you cannot, use less weight.", segment=ARM,
    )  # fmt: skip


def uneven_arms(measure: Measure, mild: float, severe: float, *, cue: str = "Both hands together") -> Fault:
    """One arm travels further than the other. Obliquely the nearer arm looks larger: a hint at most."""
    return Fault(
        id="uneven-arms", name="Arms uneven", priority=2,
        read=difference(measure, Phase.TOP), mild=mild, severe=severe, unit=measure.unit,
        grades=Grades.of("F:A R:A S:X O:C"), cue=cue,
        explain="One side is leading. Match the slower arm, and if it persists use the weaker side's load.",
        segment=ARM,
    )  # fmt: skip


def uneven_sides(mild: float, severe: float, *, grades: str, cue: str = "Same height both sides") -> Fault:
    """One arm's reps are larger than the other's, where the arms work in turn."""
    return Fault(
        id="uneven-arms", name="Arms uneven", priority=2,
        read=uneven_sides_percent, mild=mild, severe=severe, unit="%",
        grades=Grades.of(grades), cue=cue,
        explain="One side goes further than the other. Match the smaller side, then bring both up.",
        segment=ARM,
    )  # fmt: skip


def ribs_flare(mild: float = 0.04, severe: float = 0.075, *, cue: str = "Ribs down, back heavy") -> Fault:
    """As the arms go overhead the ribs flare and the lower back leaves what it lies on."""
    return Fault(
        id="ribs-flare", name="Ribs flaring, lower back lifting", priority=1,
        read=ribs_t, mild=mild, severe=severe, unit="T",
        grades=Grades.of("F:X R:X S:B O:C"), cue=cue,
        explain="Only go as far as the back stays glued down. Breathe out and draw the ribs towards the hips.",
        segment=TRUNK,
    )  # fmt: skip


def arms_bending(mild: float = ARM_BENT_DEG, severe: float = 42.0, *, grades: str = "F:C R:C S:A O:C") -> Fault:
    """A move of long arms turns into a press; the bend is what is more than at set-up, in space."""
    return Fault(
        id="elbow-bend", name="Elbows bending", priority=2,
        read=arm_bend_deg, mild=mild, severe=severe, unit="deg",
        grades=Grades.of(grades), cue="Arms stay long",
        explain="Keep the elbows softly bent at one fixed angle and move from the shoulder.",
        segment=ARM,
    )  # fmt: skip


def overhead_tempo() -> tuple[Fault, Fault, Fault]:
    """Of weights lowered past the head: dropped, heaved back, or one hand further than the other."""
    return (
        fast_lowering(
            0.9, 0.6, priority=1, read=lifting_s, grades="F:X R:X S:A O:C",
            explain="Take two to three seconds to lower the weight behind you; it is passing over your face.",
        ),
        rushed_lift(
            read=lowering_s, grades="F:X R:X S:A O:C",
            explain="Bring the weights back as smoothly as they went, with no heave from the chest.",
        ),
        replace(uneven_arms(m.hand_rise_t, 0.22, 0.36), grades=Grades.of("F:X R:X S:C O:C")),
    )  # fmt: skip


def short_overhead(mild: float = 73.0, severe: float = 60.0) -> Fault:
    """The arms of a body on its back turn round before they are past the head: 90 degrees from upright is level."""
    return Fault(
        id="short-top", name="Not reaching overhead", priority=2,
        read=overhead_reach_deg, mild=mild, severe=severe, unit="deg",
        grades=Grades.of("F:X R:X S:A O:C"), cue="Reach further past your head",
        explain="Let the weight travel until the upper arms are beside your ears; if they cannot, take less weight.",
        segment=ARM,
    )  # fmt: skip


def elbow_flare(
    mild: float = 0.27, severe: float = 0.42, *, priority: int = 2, cue: str = "Elbows brush your ribs"
) -> Fault:
    """The elbow leaves the side of the body, turning the row into a rear-shoulder pull."""
    return Fault(
        id="elbow-flare", name="Elbows winging out", priority=priority,
        read=flare_t, mild=mild, severe=severe, unit="T",
        grades=Grades.of("F:A R:A S:C O:C"), cue=cue,
        explain="Keep the elbow sliding along your side so the back does the pulling.",
        segment=UPPER_ARM,
    )  # fmt: skip


def hinge_depth(mild: float = 36.0, severe: float = 25.0) -> Fault:
    """The chest is not lowered enough, so the pull goes to the neck and the upper shoulders."""
    return Fault(
        id="hinge-depth", name="Hinge too upright", priority=2,
        read=level(m.trunk_lean_deg, Phase.BOTTOM), mild=mild, severe=severe, unit="deg",
        grades=Grades.of("F:X R:X S:A O:C"), cue="Push your hips back",
        explain="Fold further at the hips with soft knees so the chest faces the floor.",
        segment=TRUNK,
    )  # fmt: skip


def stance_rise(mild: float = 10.0, severe: float = 16.0) -> Fault:
    """The trunk creeps more upright from rep to rep."""
    return Fault(
        id="stance-rise", name="Standing up out of the hinge", priority=2,
        read=stance_rise_deg, mild=mild, severe=severe, unit="deg",
        grades=Grades.of("F:X R:X S:A O:C"), cue="Hips back",
        explain="You are drifting upright. Send the hips back again and keep the same bend for the whole set.",
        segment=TRUNK,
    )  # fmt: skip


def trunk_twist(mild: float = 19.0, severe: float = 28.0) -> Fault:
    """The chest opens towards the working arm."""
    return Fault(
        id="trunk-twist", name="Trunk twisting", priority=2,
        read=twist_deg, mild=mild, severe=severe, unit="deg",
        grades=Grades.of("F:A R:A S:C O:C"), cue="Chest stays square",
        explain="Keep both shoulders level with the floor and let only the arm move.",
        segment=("SHOULDER",),
    )  # fmt: skip


def side_lean(mild: float = 7.0, severe: float = 12.0, *, grades: str = "F:A R:A S:X O:C") -> Fault:
    """The trunk tips to one side to balance or lift the load. Against upright: one may lean from the first step on."""
    return Fault(
        id="side-lean", name="Leaning sideways", priority=1,
        read=lasting(m.trunk_side_deg, unsigned=True), mild=mild, severe=severe, unit="deg",
        grades=Grades.of(grades), cue="Stand tall, stay centred",
        explain="You are leaning to one side. Grow tall through the crown and stack ribs over hips.",
        segment=TRUNK,
    )  # fmt: skip


def low_back_arch(
    mild: float = 22.0,
    severe: float = 36.0,
    *,
    phase: Phase = Phase.TOP,
    cue: str = "Ribs down",
    grades: str = "F:X R:X S:A O:B",
) -> Fault:
    """The ribs flare and the lower back hollows more than at set-up, in a body that stands."""
    return Fault(
        id="low-back-arch", name="Lower back over-arching", priority=1,
        read=sunk_back_deg(phase), mild=mild, severe=severe, unit="deg",
        grades=Grades.of(grades), cue=cue,
        explain="Your lower back arched to help. Draw the ribs towards the belt and squeeze the glutes.",
        segment=TRUNK,
    )  # fmt: skip
