"""Renegade row: rows in a plank, the arms in turn.

Movement: in a plank on two dumbbells one hand is drawn to the hip and put down slowly, then the other; the hips stay
square to the floor.
Camera: half from the front at 45 degrees, or side-on, low, the whole body in the picture, 2.5 m away.
Faults: those of the coaching article, with the hips' squareness as the main test.
Sources: catalogue entry 1.7; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: the trunk hides the far arm. The model infers its height well enough to count, not to compare with the near arm:
uneven arms are a hint, and side-on only the near arm's lowering is timed. What shoulders and a winging elbow do is as
uncertain. No rendered clip is head-on, so there the twist of the hips is a hint too; half from the front so is a row
that stops short, since a winged row looks like it. The plank is judged against the person's own before the set.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import Side, View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    NECK,
    TRUNK,
    UPPER_ARM,
    change,
    fast_lowering,
    head_turn_deg,
    level,
    lowering_s,
    neck_crane,
    negative,
    rise_in_rep,
    short_top,
    uneven_sides,
)
from formcoach.geometry import wrapped_deg
from formcoach.window import RepWindow


def roll_deg(window: RepWindow) -> Reading:
    """How far trunk and hips roll open from the rep's start to its top, degrees in space, whichever way.

    The model rolls a squarely rowing trunk by up to 26 too: its own shoulder is drawn up with the arm.
    """
    roll = rise_in_rep(m.trunk_roll_deg, Phase.TOP)(window)
    return replace(roll, value=abs(roll.value))


def near_lowering_s(window: RepWindow) -> Reading:
    """As `lowering_s`; side-on of the near arm: how the far one comes down behind the trunk is only inferred."""
    near = Side.LEFT if wrapped_deg(window.table.median(m.azimuth_deg)) >= 0 else Side.RIGHT
    if window.view is not View.SIDE or near in window.arms:
        return lowering_s(window)
    return Reading(math.nan, why="the trunk hides this arm", instead="film this set from the other side too")


def neck_turn_deg(window: RepWindow) -> Reading:
    """As `head_turn_deg`, of a body in line: hips that sag or pike tip the trunk under a head that stays."""
    off = change(m.hips_over_line_t, Phase.WHOLE)(window)
    if abs(off.value) > OFF_LINE_T:
        return Reading(
            math.nan, why="the hips are off the line and tip the trunk", instead="bring the hips in line first"
        )
    return head_turn_deg(window)


OFF_LINE_T = 0.16
"""Where sagging begins; clean rendered rows stay within 0.07."""


EXERCISE = Exercise(
    id="renegade-row",
    name="Renegade row",
    sides=Sides.ALTERNATING,
    signal=RepSignal(
        measure=m.higher_hand_t, rest=-0.87, peak=-0.17, full=0.5, min_s=0.8, foot=2.6, mover=m.hand_rise_t
    ),
    position=(Gate(measure=m.hinge_deg, low=35, high=125), Gate(measure=m.hip_stature_t, low=-0.15, high=1.4)),
    best_view=View.SIDE,
    camera="Side-on or at 45 degrees to your front, 2.5 m away, your whole body in the picture.",
    movement="Take a full plank on two dumbbells, feet wide, or on your knees. Draw one weight to your hip, close to "
    "your side, and put it down slowly; then the other. Hips stay square and level with the shoulders.",
    faults=(
        Fault(
            id="hip-rotation",
            name="Hips twisting open",
            priority=1,
            read=roll_deg,
            mild=32.0,
            severe=45.0,
            unit="deg",
            grades=Grades.of("F:C R:C S:C O:B"),
            cue="Belt buckle to the floor",
            explain="Widen the feet, squeeze the glutes, and row only as high as the hips stay square.",
            segment=("HIP",),
        ),
        Fault(
            id="hip-sag",
            name="Hips sagging",
            priority=1,
            read=negative(change(m.hips_over_line_t, Phase.WHOLE)),
            mild=OFF_LINE_T,
            severe=0.3,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Hips level with shoulders",
            explain="Tuck the tail slightly and push the floor away so the hips stop sagging.",
            segment=TRUNK,
        ),
        Fault(
            id="hip-pike",
            name="Hips too high",
            priority=3,
            read=change(m.hips_over_line_t, Phase.WHOLE),
            mild=0.22,
            severe=0.4,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="One straight line",
            explain="Lower the hips until head, hips and heels make one line.",
            segment=TRUNK,
        ),
        Fault(
            id="elbow-flare",
            name="Elbows winging out",
            priority=2,
            read=level(m.elbow_out_t, Phase.TOP),
            mild=0.3,
            severe=0.42,
            unit="T",
            grades=Grades.of("F:C R:C S:X O:X"),
            cue="Weight close to your side",
            explain="Keep the elbow sliding along your side so the back does the pulling.",
            segment=UPPER_ARM,
        ),
        short_top(cue="Row to your hip", grades="F:C R:C S:A O:C"),
        fast_lowering(0.6, 0.4, read=near_lowering_s, grades="F:C R:C S:B O:B"),
        uneven_sides(25.0, 40.0, grades="F:C R:C S:X O:X"),
        Fault(
            id="shrug",
            name="Sinking between the shoulders",
            priority=2,
            read=negative(change(m.ear_gap_t, Phase.LIFT | Phase.TOP)),
            mild=0.07,
            severe=0.11,
            unit="T",
            grades=Grades.of("F:C R:X S:C O:C"),
            cue="Push the floor away",
            explain="Press the supporting hand into the floor and keep the neck long while the other arm rows.",
            segment=NECK,
        ),
        replace(neck_crane(18.0, 28.0), read=neck_turn_deg, grades=Grades.of("F:X R:X S:A O:C")),
    ),
)
