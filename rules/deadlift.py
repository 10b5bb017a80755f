"""Deadlift with a bar.

Movement: hips back over soft knees, a flat back, the bar over the middle of the feet; stand up by driving the hips
forward, the bar brushing the legs, and guide it back down.
Camera: exactly side-on at hip height, 3 to 3.5 m away, feet and bar in the picture with room to spare.
Faults: those of the coaching article and of common practice, the rounded back above all.
Sources: catalogue entry 1.12; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: plates hide knees and, at the top, hips; the wrist stands for the bar. A dropped bar still counts: the rep
counts at the lock-out.
"""

import math
from dataclasses import replace

import numpy as np

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import UNSEEN, Exercise, Fault, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    ARM,
    NECK,
    ROUNDED_DEG,
    TRUNK,
    change,
    fall_s,
    fast_lowering,
    level,
    negative,
    rounded_back,
    rounding_deg,
    shrug,
)
from formcoach.window import RepWindow

LIFT_OFF = 0.12
"""The share of its way up that the bar has gone when the start is judged: it has left the floor for certain."""


def at_lift_off(window: RepWindow) -> tuple[Reading, float]:
    """The trunk's lean when the bar has left the floor, by the nearer hand's height, and just before; degrees."""
    t, span = window.table.time_s, window.span
    lifting = t <= span.lowering_s
    hand, lean = (
        window.table.values(m.wrist_y_t, window.arms[0])[lifting],
        window.table.values(m.hinge_deg)[lifting],
    )
    seen = np.isfinite(hand)
    if seen.sum() < 8 or span.rest < SEEN_BENT_DEG or not window.seen_throughout(t[0] - 1.0, span.lowering_s):
        return UNSEEN, math.nan
    low, high = np.percentile(hand[seen], (3, 97))
    if high - low < 0.8:  # the hands of a standing person are some 1.6 T above the floor's bar: they were not followed
        return UNSEEN, math.nan
    above = np.where(seen, hand, np.inf) > low + LIFT_OFF * (high - low)
    top = int(np.argmax(np.where(seen, hand, -np.inf)))
    i = top - int(np.argmin(above[: top + 1][::-1])) + 1  # the last time that the bar left the floor
    before = float(np.median(lean[: max(3, i // 3)]))
    return Reading(float(np.median(lean[max(0, i - 1) : i + 2])), float(t[lifting][i])), before


SEEN_BENT_DEG = 33.0
"""A rep whose start was seen begins with the trunk bent further than this."""


def hips_first_deg(window: RepWindow) -> Reading:
    """How much further the trunk leans when the bar has left the floor than before, degrees; not where it rounds."""
    lean, before = at_lift_off(window)
    if rounding_deg(Phase.SETUP | Phase.BOTTOM | Phase.LIFT)(window).value > ROUNDED_DEG / 2:
        return UNSEEN
    if not before >= SEEN_BENT_DEG:
        return UNSEEN
    return replace(lean, value=lean.value - before)


def start_lean_deg(window: RepWindow) -> Reading:
    """The trunk's lean when the bar has left the floor, degrees: a squatted start is upright."""
    return at_lift_off(window)[0]


LEAN_CORE = 0.406
"""As `CORE`, for the trunk: its lean goes with the square of the bar's way."""


def bow_s(window: RepWindow) -> Reading:
    """How long the trunk took back down, s: plates hide hands, hips and knees, the trunk stays in sight."""
    if not window.span.complete:
        return UNSEEN
    return fall_s(window, LEAN_CORE)


def head_up_deg(window: RepWindow) -> Reading:
    """How far the head looks up when standing at the top, degrees from level."""
    return level(m.gaze_deg, Phase.TOP)(window)


EXERCISE = Exercise(
    id="deadlift",
    name="Deadlift",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.bow_deg, rest=65.0, peak=4.0, full=50.0, min_s=1.3, foot=3.1, at_peak=True),
    position=(),
    best_view=View.SIDE,
    camera="Exactly side-on, at hip height, 3 to 3.5 m away, feet and bar in the picture with some room.",
    movement="Stand with the bar over the middle of your feet. Push the hips back over soft knees and take the bar "
    "with a flat back and straight arms. Drive through the feet and push the hips forward until you stand tall, "
    "then guide the bar down the same way.",
    faults=(
        rounded_back(phase=Phase.SETUP | Phase.BOTTOM | Phase.LIFT, cue="Proud chest, long back"),
        Fault(
            id="hips-shoot-up",
            name="Hips rising first",
            priority=1,
            read=hips_first_deg,
            mild=5.0,
            severe=11.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Chest and hips together",
            explain="Push the floor away so the chest and hips rise at the same speed.",
            segment=TRUNK,
        ),
        Fault(
            id="bar-drift",
            name="Bar away from the body",
            priority=1,
            read=change(m.wrist_before_t, Phase.BOTTOM, 90.0),
            mild=0.29,
            severe=0.45,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:X"),
            cue="Drag the bar up your legs",
            explain="Keep the bar brushing the legs; start with it over the middle of the foot.",
            segment=ARM,
        ),
        Fault(
            id="lean-back",
            name="Leaning back at the top",
            priority=2,
            read=negative(level(m.trunk_lean_deg, Phase.TOP, 25.0)),
            mild=10.0,
            severe=16.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:B"),
            cue="Finish tall",
            explain="Stop when you are standing tall: glutes tight, ribs down, no lean.",
            segment=TRUNK,
        ),
        Fault(
            id="soft-lockout",
            name="Not finishing the hips",
            priority=3,
            read=level(m.bow_deg, Phase.TOP, 25.0),
            mild=11.0,
            severe=20.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:B"),
            cue="Stand all the way up",
            explain="Push the hips through until hips and knees are straight.",
            segment=("SHOULDER", "HIP", "KNEE"),
        ),
        Fault(
            id="squatting-it",
            name="Squatting the lift",
            priority=3,
            read=start_lean_deg,
            mild=53.0,
            severe=42.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Hips back, shins tall",
            explain="Set the hips higher and further back; bend the knees only enough to reach the bar.",
            segment=("HIP", "KNEE", "ANKLE"),
        ),
        Fault(
            id="elbow-bend",
            name="Elbows bending",
            priority=2,
            read=negative(change(m.elbow_deg, Phase.LIFT | Phase.BOTTOM, 10.0, worst=min)),
            mild=14.0,
            severe=30.0,
            unit="deg",
            grades=Grades.of("F:B R:B S:C O:B"),  # from the side the plates hide the hands
            cue="Arms like ropes",
            explain="Keep the arms straight; bent elbows under load strain the biceps tendon.",
            segment=ARM,
        ),
        shrug(phase=Phase.TOP, grades="F:X R:X S:C O:C"),
        Fault(
            id="neck-crane",
            name="Neck out of line",
            priority=3,
            read=head_up_deg,
            mild=13.0,
            severe=25.0,
            unit="deg",
            grades=Grades.of("F:C R:X S:A O:B"),
            cue="Long neck",
            explain="Keep the back of the neck long and look straight ahead when you stand.",
            segment=NECK,
        ),
        fast_lowering(
            1.28,  # the trunk's return as smoothed: 0.7 to 1.27 s for a bar dropped in 0.4 s, guided 1.3 to 2.5 s
            0.9,
            priority=3,
            read=bow_s,
            grades="F:C R:C S:A O:B",
            explain="Unless you are dropping the bar on purpose, guide it down with the hips going back.",
        ),
    ),
)
