"""Bent-over Y.

Movement: hinged at the hips, thumbs up, both long arms lift from hanging out and up until they make a Y with the trunk,
and come back slowly.
Camera: half-way or from the front, low, 2 to 2.5 m away, with room for the hands; side-on for the back.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.28; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: from behind the arms hang hidden before the body. At the top the shoulders rise in everyone, so a shrug is
judged near the bottom only; from the front of a hinge it hardly shows, from the side it looks like a nod. T or Y cannot
be seen from the side, nor from the front while one arm is lower.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    ARM,
    TRUNK,
    difference,
    fast_lowering,
    further_reach_percent,
    hollow_deg,
    level,
    neck_crane,
    rounded_back,
    short_top,
    shrug_at_rest,
    trunk_swing,
    uneven_arms,
)
from formcoach.window import RepWindow

UNEVEN_DEG = 18.0
"""Where one arm lags so far, its height says nothing of the shape."""

LEVEL_DEG = 88.0
"""Arms lower than level, as of a rep stopped short, make no letter yet; a T: 94 to 100."""


def wide_t(window: RepWindow) -> Reading:
    """How much further apart the hands are at the top than above the shoulders, T; rendered Y 0.8 to 2.2, T 2.7 to 3.1.

    The width is opened up by how far the camera is off the front.
    """
    lift = level(m.arm_lift_deg, Phase.TOP)(window)
    if lift.value < LEVEL_DEG:
        return Reading(math.nan, why="the arms stopped too low", instead="lift the arms all the way")
    if window.view in (View.FRONT, View.REAR) and difference(m.arm_lift_deg, Phase.TOP)(window).value > UNEVEN_DEG:
        return Reading(math.nan, why="one arm is lower than the other", instead="lift both arms alike first")
    apart, high = level(m.hand_span_t, Phase.TOP)(window), level(m.wrist_h_t, Phase.TOP)(window)
    across = max(math.sqrt(1 - window.sideways**2), 0.6)
    return replace(apart, value=apart.value / across - high.value)


EXERCISE = Exercise(
    id="bent-over-y",
    name="Bent-over Y",
    family="fly",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.arm_lift_deg, rest=6.0, peak=109.0, full=92.0, min_s=1.2, foot=2.5),
    position=(Gate(measure=m.hinge_deg, low=7, high=110), Gate(measure=m.hip_stature_t, low=0.6)),
    best_view=View.OBLIQUE,
    camera="Half-way or facing the camera, low, 2 to 2.5 m away, with room for your hands. Side-on to check your back.",
    movement="Hinge at the hips with soft knees until your chest faces the floor, arms hanging, thumbs forward. "
    "Lift both long arms up and out past your ears to a Y, then lower them slowly.",
    faults=(
        Fault(
            id="t-not-y",
            name="T instead of Y",
            priority=2,
            read=wide_t,
            mild=2.5,
            severe=2.85,
            unit="T",
            grades=Grades.of("F:B R:X S:X O:B"),
            cue="Make a Y",
            explain="Reach up and out past the ears so the arms make a Y, not a T.",
            segment=ARM,
        ),
        replace(
            short_top(82.0, 65.0, cue="Thumbs to the ceiling", grades="F:A R:X S:C O:B"),
            read=further_reach_percent(m.arm_lift_deg),
        ),
        Fault(
            id="elbow-bend",
            name="Elbows bending",
            priority=2,
            read=level(m.elbow_deg, Phase.TOP, worst=min),
            mild=140.0,
            severe=120.0,
            unit="deg",
            grades=Grades.of("F:B R:X S:C O:A"),
            cue="Long arms",
            explain="Keep the elbows softly bent at one fixed angle and move from the shoulder.",
            segment=ARM,
        ),
        shrug_at_rest(0.062, 0.10, grades="F:C R:X S:C O:B"),
        trunk_swing(),
        rounded_back(),
        Fault(
            id="low-back-arch",
            name="Lower back over-arching",
            priority=2,
            read=hollow_deg,
            mild=6.5,
            severe=12.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:B O:X"),
            cue="Ribs down",
            explain="Your lower back arched to help. Draw the ribs towards the belt and brace before the next rep.",
            segment=TRUNK,
        ),
        neck_crane(),
        replace(uneven_arms(m.arm_lift_deg, UNEVEN_DEG, 30.0), grades=Grades.of("F:A R:X S:X O:C")),
        fast_lowering(grades="F:A R:X S:C O:B"),
    ),
)
