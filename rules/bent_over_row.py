"""Bent-over row with dumbbells or a barbell.

Movement: hinged at the hips, arms hanging, both hands are drawn to the ribs and lowered slowly; the hinge stays until
the last rep is done.
Camera: side-on at hip height, the whole body in the picture, 2.5 to 3 m away. From the front only flare and symmetry.
Faults: those of the coaching article and of common practice; the bent-over row loads the lower back most of all rows,
so the back comes first.
Sources: catalogue entry 1.18; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: at the top the elbow crosses the outline of the back, so rounding is judged at the bottom and early in the lift.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import UNSEEN, Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    TRUNK,
    change,
    elbow_flare,
    fast_lowering,
    hinge_depth,
    neck_crane,
    rounded_back,
    short_top,
    shrug,
    stance_rise,
    trunk_swing,
    uneven_arms,
)
from formcoach.window import RepWindow

HOLLOW = 0.004
"""T by which the outline of the lower back must sink for an arch; arched reps: 0.02 to 0.07."""


def arch_deg(window: RepWindow) -> Reading:
    """How far the trunk rises at the bottom, before the arms have moved, degrees, where the lower back also hollows.

    The lower spine extends under shoulders that hold the weight still: the outline of the whole back hardly changes
    its curvature, the lower half sinks, and the chest comes up.
    """
    rise = change(m.trunk_lean_deg, Phase.BOTTOM, 10.0)(window)
    hollow = change(m.low_back_t, Phase.BOTTOM)(window)
    if math.isnan(hollow.value):
        return UNSEEN
    return replace(rise, value=-rise.value if hollow.value <= -HOLLOW else 0.0)


EXERCISE = Exercise(
    id="bent-over-row",
    name="Bent-over row",
    family="row",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.hand_h_t, rest=-0.5, peak=0.0, full=0.53),
    position=(Gate(measure=m.hinge_deg, low=7, high=110), Gate(measure=m.hip_stature_t, low=0.6)),
    best_view=View.SIDE,
    camera="Side-on, at hip height, 2.5 to 3 m away, your whole body in the picture. "
    "Face the camera instead to check elbows and symmetry.",
    movement="Hinge at the hips with soft knees until your chest faces the floor, arms hanging. "
    "Draw both weights to your ribs, shoulder blades down and together, then lower them slowly. "
    "Stay bent over until the set ends.",
    faults=(
        rounded_back(),
        Fault(
            id="low-back-arch",
            name="Lower back over-arching",
            priority=2,
            read=arch_deg,
            mild=6.5,
            severe=12.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:B O:X"),
            cue="Brace, ribs down",
            explain="Your lower back arched to help. Draw the ribs towards the belt and brace before the next rep.",
            segment=TRUNK,
        ),
        hinge_depth(),
        stance_rise(),
        trunk_swing(),
        shrug(0.07, 0.11, grades="F:C R:C S:B O:C"),
        neck_crane(),
        short_top(cue="Weights to your ribs", grades="F:C R:C S:A O:B"),
        uneven_arms(m.hand_h_t, 0.14, 0.22),
        elbow_flare(0.28, 0.48, priority=3, cue="Elbows towards your pockets"),
        fast_lowering(grades="F:C R:C S:A O:B"),
    ),
)
