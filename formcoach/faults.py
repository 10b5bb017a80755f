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
from formcoach.body import Side
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
    """The peak as a share of the full range, %: of the person's own where it is known, else of most people's."""
    return Reading(100 * window.reach, window.span.peak_s)


def bottom_percent(window: RepWindow) -> Reading:
    """How far from the rest the return ends, % of the full range."""
    if not window.span.complete:
        return UNSEEN
    return Reading(100 * window.bottom, window.span.end_s)


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
    """How much shorter or longer this arm's rep is than the other arm's usual one in this set, %."""
    if math.isnan(window.other_range):
        return Reading(math.nan, why="the other arm has not moved yet", instead="do reps with both arms")
    own = window.span.range
    return Reading(100 * abs(own - window.other_range) / max(own, window.other_range), window.span.peak_s)


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


def rushed_lift(mild: float = 0.5, severe: float = 0.3) -> Fault:
    """The lift is thrown rather than pressed or pulled."""
    return Fault(
        id="rushed-lift", name="Jerky start", priority=3,
        read=lifting_s, mild=mild, severe=severe, unit="s",
        grades=Grades.of("F:A R:A S:A O:A"), cue="Smooth and steady",
        explain="Start the lift gently and let it speed up; no snap at the bottom.", segment=ARM,
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


def stance_rise(mild: float = 8.0, severe: float = 15.0) -> Fault:
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
