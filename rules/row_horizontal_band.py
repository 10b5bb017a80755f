"""Bent-over row with a horizontal band.

Movement: hinged, one arm rows while a light band pulls its hand across to the other side; the elbow stays a fist from
the ribs and stops at the body's midline; all reps on one side, then the other.
Camera: from the front at hip height for the gap beside the ribs and for twist; side-on, the rowing arm towards the
camera, for the back.
Faults: those of the coaching article.
Sources: catalogue entry 1.13; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: a rowing arm behind the body is not seen. The free hand on the hip lifts the outline of the back, so only what
bulges beyond the set-up says that the back rounds. A shrug shows in no view that has been rendered: from the side it
is a hint. Hands that are drawn towards the trunk before dark clothes are often lost; their tempo is then said to be
unseen. The hand reaches its rest before the arm does, so the end of a rep is set some 0.3 s early.
From obliquely the hand was misplaced in one of two dropped sets: there the tempo is only hinted at.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    ARM,
    UPPER_ARM,
    change,
    fast_lowering,
    level,
    rounded_back,
    shrug,
    trunk_swing,
    trunk_twist,
)
from formcoach.window import RepWindow

PAST_DEG = 15.0
"""Degrees past the trunk's line from which the upper arm is drawn too far; rendered: -13 to 3, too far 31 to 40."""
BULGE_T = 0.0027
"""T that the lower back stands out further with a degree of flexion, as in `back_flexion_deg`."""


def overpull_t(window: RepWindow) -> Reading:
    """How far the elbow is behind the trunk at the top, T, where the upper arm is past the trunk's line of the set-up.

    A trunk that rises under a still arm brings the elbow behind it too, and is said to swing.
    """
    behind = level(m.elbow_ant_t, Phase.TOP)(window)
    past = level(m.arm_vert_deg, Phase.TOP)(window).value - window.neutral.median(m.trunk_lean_deg)
    return behind if math.isnan(past) or past > PAST_DEG else replace(behind, value=max(behind.value, 0.0))


def bulge_deg(window: RepWindow) -> Reading:
    """How much more the lower back stands out at the bottom than at set-up, as degrees of flexion.

    The outline's turn, which other rows also look at, goes astray where the free elbow stands out above the back.
    """
    bulge = change(m.low_back_t, Phase.BOTTOM)(window)
    return replace(bulge, value=bulge.value / BULGE_T)


EXERCISE = Exercise(
    id="row-horizontal-band",
    name="Bent-over row with a band",
    family="row",
    sides=Sides.ONE,
    signal=RepSignal(measure=m.hand_h_t, rest=-0.6, peak=-0.1, full=0.4, foot=2.6),
    position=(Gate(measure=m.hinge_deg, low=7, high=110), Gate(measure=m.hip_stature_t, low=0.6)),
    best_view=View.FRONT,
    camera="Face the camera, at hip height, 2.5 m away, head to knees in the picture. "
    "Turn side-on, the rowing arm towards the camera, to check your back.",
    movement="Hinge with a flat back, one hand on your hip, the band pulling the other hand across. "
    "Draw the elbow up a fist from your ribs, stop at the line of your body, and lower with control. "
    "Do all reps on one side, then the other.",
    faults=(
        Fault(
            id="elbow-gap-wide",
            name="Elbow too far out",
            priority=2,
            read=level(m.elbow_out_t, Phase.TOP),
            mild=0.42,
            severe=0.54,
            unit="T",
            grades=Grades.of("F:A R:B S:X O:X"),
            cue="One fist from your ribs",
            explain="Bring the elbow closer: about one fist between elbow and ribs.",
            segment=UPPER_ARM,
        ),
        Fault(
            id="elbow-gap-narrow",
            name="Elbow pinned to the ribs",
            priority=3,
            read=level(m.elbow_out_t, Phase.TOP),
            mild=0.08,
            severe=0.02,
            unit="T",
            grades=Grades.of("F:A R:B S:X O:X"),
            cue="Make room for a fist",
            explain="Leave a fist of space under the arm while you pull.",
            segment=UPPER_ARM,
        ),
        Fault(
            id="overpull",
            name="Pulling past the midline",
            priority=2,
            read=overpull_t,
            mild=-0.14,
            severe=-0.26,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Stop beside your ribs",
            explain="Stop when the elbow reaches the line of your body.",
            segment=UPPER_ARM,
        ),
        trunk_swing(),
        replace(trunk_twist(), grades=Grades.of("F:A R:A S:X O:C")),
        shrug(0.07, 0.11, grades="F:X R:X S:C O:C"),
        Fault(
            id="hand-pull",
            name="Pulling with the hand",
            priority=3,
            read=level(m.elbow_deg, Phase.TOP, worst=min),
            mild=60.0,
            severe=48.0,
            unit="deg",
            grades=Grades.of("F:C R:C S:B O:C"),
            cue="Drive the elbow",
            explain="Let the hand hang like a hook and drive the elbow.",
            segment=ARM,
        ),
        replace(rounded_back(11.0, 22.0), read=bulge_deg, grades=Grades.of("F:X R:X S:B O:X")),
        fast_lowering(0.55, 0.42, grades="F:B R:B S:A O:C"),
    ),
)
