"""Single-arm row in a split stance, or with a hand on a chair.

Movement: hinged, one arm hangs with the weight and draws it past the hip, then lowers it; all reps on one side, then
the other.
Camera: side-on with the rowing arm towards the camera, at hip height, 2.5 to 3 m away; from the front for elbow and
twist.
Faults: those of the two coaching articles that show it.
Sources: catalogue entry 1.8; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: a rowing arm behind the body is not seen; twist from the side is only a hint.
"""

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, RepSignal, Sides
from formcoach.faults import (
    ARM,
    elbow_flare,
    fast_lowering,
    level,
    neck_crane,
    rounded_back,
    short_top,
    shrug,
    trunk_swing,
    trunk_twist,
)

EXERCISE = Exercise(
    id="single-arm-row",
    name="Single-arm row",
    family="row",
    sides=Sides.ONE,
    signal=RepSignal(measure=m.hand_h_t, rest=-0.5, peak=0.0, full=0.45),
    position=(Gate(measure=m.hinge_deg, low=7, high=110), Gate(measure=m.hip_stature_t, low=0.6)),
    best_view=View.SIDE,
    camera="Side-on, the rowing arm towards the camera, at hip height, 2.5 to 3 m away, head to feet in the picture.",
    movement="Step into a split stance or lean a hand on a chair, and fold forward with a long back. "
    "Let the weight hang, draw the elbow straight back past your hip, and lower with control. "
    "Do all reps on one side, then the other.",
    faults=(
        elbow_flare(cue="Elbow in"),
        short_top(cue="Elbow past your hip", grades="F:C R:C S:A O:B"),
        rounded_back(),
        trunk_twist(),
        trunk_swing(),
        shrug(0.07, 0.11, grades="F:C R:C S:B O:C"),
        Fault(
            id="curling",
            name="Curling the weight",
            priority=3,
            read=level(m.elbow_deg, Phase.TOP, worst=min),
            mild=58.0,
            severe=46.0,
            unit="deg",
            grades=Grades.of("F:C R:C S:A O:C"),
            cue="Lead with the elbow",
            explain="Think of the hand as a hook: drive the elbow back and keep the forearm hanging.",
            segment=ARM,
        ),
        fast_lowering(grades="F:C R:C S:A O:B"),
        neck_crane(),
    ),
)
