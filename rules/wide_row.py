"""Wide bent-over row.

Movement: the chest almost level, arms hanging; both elbows are drawn out to the sides until the upper arms are in line
with the shoulders, and lowered slowly.
Camera: from the front, low, for the elbows' width and symmetry; side-on at hip height for the hinge and the back.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.26; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: how wide the elbows are shows only from the front. A shrug hardly shows: from the front the trunk points at the
camera, from the side a swing looks the same; half-way between it is a hint. The hands reach their rest before the arms
do, so the end of a rep is set some 0.25 s early.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    UPPER_ARM,
    change,
    fast_lowering,
    further_reach_percent,
    hinge_depth,
    level,
    neck_crane,
    negative,
    rounded_back,
    short_top,
    shrug,
    stance_rise,
    trunk_swing,
    uneven_arms,
)
from formcoach.window import RepWindow

NODDED_DEG = 28.0
"""How far the head may drop before what the ears lose is the neck's; rendered rows drop it by 3 to 22."""


def ears_sunk_t(window: RepWindow) -> Reading:
    """How much nearer the ears are to the shoulders at the top than at set-up, T, unless the head drops.

    With the trunk pointing at the camera the shoulders' rise, which other rows also ask for, does not show.
    """
    nodded = change(m.head_pitch_deg, Phase.TOP)(window)
    if nodded.value < -NODDED_DEG:
        return Reading(math.nan, why="the head drops and takes the ears along", instead="keep the neck long first")
    return negative(change(m.ear_gap_t, Phase.TOP))(window)


EXERCISE = Exercise(
    id="wide-row",
    name="Wide bent-over row",
    family="row",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.hand_rise_t, rest=-1.0, peak=-0.48, full=0.42, foot=2.6),
    position=(Gate(measure=m.hinge_deg, low=15, high=120), Gate(measure=m.hip_stature_t, low=0.6)),
    best_view=View.FRONT,
    camera="Face the camera, low, 2 to 2.5 m away, both elbows in the picture at their widest. "
    "Turn side-on to check your hinge and your back.",
    movement="Hinge until your chest is almost level with the floor, knees soft, arms hanging. "
    "Draw both elbows straight out to the sides as high as your shoulders, then lower slowly.",
    faults=(
        Fault(
            id="elbows-narrow",
            name="Elbows not wide enough",
            priority=2,
            read=level(m.arm_elev_deg, Phase.TOP),
            mild=58.0,
            severe=47.0,
            unit="deg",
            grades=Grades.of("F:A R:B S:X O:X"),
            cue="Elbows wide",
            explain="Drive the elbows out to the sides, about square to the body.",
            segment=UPPER_ARM,
        ),
        hinge_depth(55.0, 40.0),
        stance_rise(),
        rounded_back(),
        trunk_swing(),
        replace(shrug(0.074, 0.11, grades="F:X R:X S:X O:C"), read=ears_sunk_t),
        replace(neck_crane(15.0), grades=Grades.of("F:C R:X S:A O:C")),
        replace(
            short_top(74.0, 62.0, cue="Weights to your chest", grades="F:A R:A S:C O:B"),
            read=further_reach_percent(m.hand_rise_t),
        ),
        uneven_arms(m.hand_h_t, 0.16, 0.26),
        fast_lowering(0.55, 0.42),
    ),
)
