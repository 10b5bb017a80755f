"""Single-arm overhead carry.

Movement: one weight is held straight up beside the ear; the body walks tall and slowly, or marches on the spot.
Camera: from the front with the walk toward the camera, for lean and arm; side-on, marching on the spot, for ribs, arm
and head.
Faults: those of the coaching article, which wants the shoulder to press up: a raised loaded shoulder is none.
Sources: catalogue entry 1.16; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: half from the side only clean walks were measured: leaning sideways or back and the neck are hints there. The
pace of every rendered walk is 1.6 to 1.7 steps a second; the limits of walking too fast are those of usual walking.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, HoldSignal, Kind, Phase, Reading, Sides
from formcoach.faults import ARM, NECK, TRUNK, lasting, negative, side_lean
from formcoach.walking import steps_a_second
from formcoach.window import RepWindow


def from_vertical_deg(window: RepWindow) -> Reading:
    """How far the way from shoulder to wrist is off the vertical, degrees."""
    upright = lasting(m.wrist_vert_deg, worst=min)(window)
    return replace(upright, value=180.0 - upright.value)


def step_s(window: RepWindow) -> Reading:
    """How long a step takes, s."""
    rate = steps_a_second(window.table.where(window.during(Phase.WHOLE)))
    if math.isnan(rate):
        return Reading(math.nan, why="too few steps", instead="walk on for some seconds")
    return Reading(1.0 / rate, window.span.start_s)


EXERCISE = Exercise(
    id="overhead-carry",
    name="Single-arm overhead carry",
    family="carry",
    kind=Kind.CARRY,
    sides=Sides.ONE,
    signal=HoldSignal(gates=(Gate(measure=m.wrist_h_t, low=0.5),), target_s=20.0, walking=True, carried=m.wrist_h_t),
    position=(Gate(measure=m.hinge_deg, high=45), Gate(measure=m.hip_stature_t, low=1.0)),
    best_view=View.FRONT,
    camera="At chest height, 3.5 to 4 m away, your whole body and the weight in the picture; walk toward the camera or "
    "march on the spot. Stand side-on to check ribs and arm.",
    movement="Press one weight up until the arm is in line with your ear. "
    "Walk slowly and tall, ribs down, the weight over the shoulder. Change arms after each round.",
    faults=(
        side_lean(grades="F:A R:A S:X O:C"),
        Fault(
            id="arm-drift",
            name="Arm drifting off vertical",
            priority=1,
            read=from_vertical_deg,
            mild=15.0,
            severe=24.0,
            unit="deg",
            grades=Grades.of("F:A R:A S:A O:A"),
            cue="Arm beside your ear",
            explain="Stack the weight over the shoulder with the arm by the ear; stop if you cannot hold it there.",
            segment=ARM,
        ),
        Fault(
            id="elbow-bend",
            name="Elbow bending",
            priority=1,
            read=lasting(m.elbow_deg, worst=min),
            mild=150.0,
            severe=132.0,
            unit="deg",
            grades=Grades.of("F:A R:B S:A O:B"),
            cue="Punch the ceiling",
            explain="Lock the arm out so that the bones carry the weight; use less weight if it keeps bending.",
            segment=ARM,
        ),
        Fault(
            id="low-back-arch",
            name="Lower back over-arching",
            priority=1,
            read=negative(lasting(m.trunk_lean_deg, relative=True, worst=min)),
            mild=5.0,
            severe=12.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Ribs down",
            explain="You leaned back under the weight. Draw the ribs towards the belt and squeeze the glutes.",
            segment=TRUNK,
        ),
        Fault(
            id="too-fast",
            name="Walking too fast",
            priority=3,
            read=step_s,
            mild=0.48,
            severe=0.42,
            unit="s",
            grades=Grades.of("F:A R:A S:A O:A"),
            cue="Slow, quiet steps",
            explain="Halve the pace and make each step quiet.",
            segment=("ANKLE",),
        ),
        Fault(
            id="neck-crane",
            name="Neck out of line",
            priority=3,
            read=lasting(m.neck_deg, relative=True, unsigned=True),
            mild=9.0,
            severe=18.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Eyes ahead",
            explain="Keep the head tall; do not tip it away from the weight.",
            segment=NECK,
        ),
    ),
)
