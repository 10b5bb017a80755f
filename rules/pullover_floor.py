"""Pullover on the floor, "overhead pulls".

Movement: on the back, knees bent and feet down, both weights travel from above the chest to past the head under long
arms, slowly, and come back the same way; the lower back stays on the floor.
Camera: side-on, 0.3 to 1 m high, 2.5 to 3 m away, from the feet to a forearm beyond the head in the picture.
Faults: those of the coaching article and of common practice; the way to the peak is the lowering.
Sources: catalogue entry 1.5; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: counted and judged by the nearer arm: the head hides the other one at the end. Nobody rendered has dropped the
weights, hurried back, lifted the feet or moved one arm further: those limits are the catalogue's, below the quickest
and above the least quiet of the clean reps. From in front and behind the reps count, and nothing can be judged.
"""

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, RepSignal, Sides
from formcoach.faults import (
    arms_bending,
    negative,
    overhead_tempo,
    ribs_flare,
    rise_in_rep,
    short_overhead,
)

EXERCISE = Exercise(
    id="pullover-floor",
    name="Pullover on the floor",
    family="pullover",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.overhead_deg, rest=-3.0, peak=83.0, full=80.0, min_s=1.3, lowers_first=True),
    position=(Gate(measure=m.bow_deg, low=-140, high=-45),),
    best_view=View.SIDE,
    camera="Side-on, the camera between the floor and hip height, 2.5 to 3 m away, your feet and a forearm's length "
    "beyond your head in the picture.",
    movement="Lie on your back, knees bent and feet on the floor, arms long above your chest with soft elbows. "
    "Lower both weights slowly past your head, keep the lower back firm against the floor, "
    "then raise them back over your chest.",
    faults=(
        ribs_flare(),
        arms_bending(),
        short_overhead(),
        *overhead_tempo(),
        Fault(
            id="feet-lifting",
            name="Feet leaving the floor",
            priority=3,
            read=negative(rise_in_rep(m.hip_stature_t, Phase.WHOLE, 10.0)),
            mild=0.10,
            severe=0.17,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:B"),
            cue="Feet heavy",
            explain="Press the feet into the floor and keep the legs quiet.",
            segment=("KNEE", "ANKLE", "HEEL"),
        ),
    ),
)
