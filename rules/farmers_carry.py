"""Farmer's carry, with a weight in each hand or, harder, in one.

Movement: both weights hang at the sides; the body walks tall with short, quiet steps, or marches on the spot.
Camera: from the front with the walk toward the camera, for lean, rocking and shoulders; side-on, marching on the spot,
for hunching.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.20; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: the pick-up comes before the walk that is timed, so it is not assessed. No rendered body lets the weights swing:
the limits are the catalogue's, far above what clean walks show. Half from the side only clean walks were measured, so
there leaning, hunching and the shoulders are hints.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, HoldSignal, Kind, Reading, Sides
from formcoach.faults import ARM, NECK, TRUNK, lasting, rocking, side_lean
from formcoach.window import RepWindow


def pick_up(window: RepWindow) -> Reading:
    """Nothing: the pick-up is over before the walk that the window shows."""
    del window
    return Reading(
        math.nan,
        why="the pick-up comes before the walk, which alone is looked at",
        instead="look at your back in the recording as you take the weights",
    )


def stoop_deg(window: RepWindow) -> Reading:
    """How far the trunk leans forward more than before the walk, and the head before the trunk, degrees together."""
    lean = lasting(m.trunk_lean_deg, relative=True)(window)
    neck = lasting(m.neck_deg, relative=True)(window)
    return replace(neck, value=lean.value + neck.value, trust=min(lean.trust, neck.trust))


def hike_t(window: RepWindow) -> Reading:
    """How far the ears come down to the shoulders, T, where the shoulders rise: a nod alone lowers the ears.

    Rendered shoulders that rise by a tenth of T seem to rise by a third of that against the hips.
    """
    ears = lasting(m.ear_gap_t, relative=True, worst=min)(window)
    rise = lasting(m.chord_t, relative=True)(window)
    return replace(ears, value=min(-ears.value, 3.0 * rise.value))


EXERCISE = Exercise(
    id="farmers-carry",
    name="Farmer's carry",
    family="carry",
    kind=Kind.CARRY,
    sides=Sides.BOTH,
    signal=HoldSignal(gates=(Gate(measure=m.wrist_h_t, high=-0.6),), target_s=20.0, walking=True),
    position=(Gate(measure=m.hinge_deg, high=45), Gate(measure=m.hip_stature_t, low=1.0)),
    best_view=View.FRONT,
    camera="At chest height, 3 m away, your whole body in the picture; walk toward the camera or march on the spot. "
    "Stand side-on to check your posture.",
    movement="Hold a weight in each hand, arms hanging, shoulders down and back. "
    "Walk tall with short, quiet steps; turn and walk back. Harder: one weight only.",
    faults=(
        Fault(
            id="bad-pickup",
            name="Rounding to pick up or put down",
            priority=1,
            read=pick_up,
            mild=36.0,
            severe=46.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:C O:X"),
            cue="Squat down to them",
            explain="Bend the knees and hips together, chest up, for the pick-up and the put-down.",
            segment=TRUNK,
        ),
        side_lean(grades="F:A R:A S:X O:C"),
        Fault(
            id="hunching",
            name="Hunching forward",
            priority=2,
            read=stoop_deg,
            mild=10.0,
            severe=20.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Proud chest, tall walk",
            explain="Think of your best posture: chest open, head stacked over the hips.",
            segment=("EAR", "SHOULDER", "HIP"),
        ),
        Fault(
            id="shrug",
            name="Shoulders hiking",
            priority=2,
            read=hike_t,
            mild=0.05,
            severe=0.11,
            unit="T",
            grades=Grades.of("F:A R:B S:C O:C"),
            cue="Let the weights pull shoulders down",
            explain="Your shoulders crept up towards your ears. Let them settle and grow a long neck.",
            segment=NECK,
        ),
        Fault(
            id="weights-swinging",
            name="Weights swinging",
            priority=3,
            read=rocking(m.wrist_before_t),
            mild=0.14,
            severe=0.28,
            unit="T",
            grades=Grades.of("F:C R:C S:A O:C"),
            cue="Quiet hands",
            explain="Grip hard, shorten the steps, and keep the weights still by your sides.",
            segment=ARM,
        ),
        Fault(
            id="trunk-swing",
            name="Rocking with each step",
            priority=2,
            read=rocking(m.trunk_side_deg),
            mild=9.0,
            severe=15.0,
            unit="deg",
            grades=Grades.of("F:A R:A S:X O:C"),
            cue="Smooth, quiet steps",
            explain="Shorten the steps, brace, and let the load hang quietly.",
            segment=TRUNK,
        ),
    ),
)
