"""Band pull apart.

Movement: x.
Camera: x.
Faults: x.
Sources: x.
Limits: x.
"""

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, RepSignal, Sides
from formcoach.faults import ARM, TRUNK, NECK, bottom_percent, change, fast_lowering, level, negative, rise_in_rep, short_top, shrug, spread, uneven_arms


def F(id, read, mild, severe, unit, grades="F:A R:A S:A O:A"):
    return Fault(id=id, name=id, priority=2, read=read, mild=mild, severe=severe, unit=unit, grades=Grades.of(grades), cue="x", explain="x.", segment=ARM)

EXERCISE = Exercise(
    id="band-pull-apart",
    name="Band pull apart",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.hands_apart_t, rest=0.75, peak=2.4, full=1.3),
    position=(Gate(measure=m.hinge_deg, high=45), Gate(measure=m.wrist_h_t, low=-0.5, high=0.5)),
    best_view=View.FRONT,
    camera="x.", movement="x.",
    faults=(
    ),
)
