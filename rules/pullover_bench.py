"""Lat pullover on a bench or a ball.

Movement: on the back, the trunk along the floor with the legs on a bench, or the upper back across a bench or a ball;
both weights travel from above the chest to past the head under long arms, slowly, and come back the same way.
Camera: side-on at the bench's height, 2.5 to 3 m away, from the knees to a forearm beyond the head in the picture.
Faults: those of the coaching article and of common practice; the way to the peak is the lowering.
Sources: catalogue entry 1.6; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: counted and judged by the nearer arm: the head hides the other one at the end. Nobody rendered has dropped the
weights, hurried back, gone too deep, moved the hips or one arm further: those limits are the catalogue's, below the
quickest and above the least quiet of the clean reps; feet on a bench are half hidden, so the hips' are wide. From in
front and behind the reps count, and nothing can be judged.
"""

from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    TRUNK,
    UPPER_ARM,
    arms_bending,
    level,
    overhead_tempo,
    ribs_flare,
    short_overhead,
    spread,
)
from formcoach.window import RepWindow


def below_level_deg(window: RepWindow) -> Reading:
    """How far the upper arms sink below level past the head, degrees; clean rendered reps stay 2 to 16 above it."""
    lift = level(m.upper_arm_lift_deg, Phase.TOP, 25.0, worst=min)(window)
    return replace(lift, value=90.0 - lift.value)


EXERCISE = Exercise(
    id="pullover-bench",
    name="Lat pullover on a bench",
    family="pullover",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.overhead_deg, rest=-3.0, peak=86.0, full=80.0, min_s=1.3, lowers_first=True),
    position=(Gate(measure=m.bow_deg, low=-140, high=-45),),
    best_view=View.SIDE,
    camera="Side-on at the height of the bench, 2.5 to 3 m away, your knees and a forearm's length beyond your head "
    "in the picture.",
    movement="Lie back with your upper back supported and your knees bent, arms long above your chest with soft "
    "elbows. Lower the weights slowly past your head until your upper arms are beside your ears, hips and ribs "
    "still, then raise them back over your chest.",
    faults=(
        ribs_flare(),
        arms_bending(),
        short_overhead(),
        *overhead_tempo(),
        Fault(
            id="too-deep",
            name="Lowering too far",
            priority=1,
            read=below_level_deg,
            mild=8.0,
            severe=18.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Stop by your ears",
            explain="Stop when the upper arms are level with the ears; deeper only strains the shoulder.",
            segment=UPPER_ARM,
        ),
        Fault(
            id="hips-moving",
            name="Hips dropping or bouncing",
            priority=2,
            read=spread(m.hip_stature_t),
            mild=0.23,
            severe=0.35,
            unit="T",
            grades=Grades.of("F:X R:X S:B O:C"),
            cue="Hips level and quiet",
            explain="Hold the hips at one height; only the arms travel.",
            segment=TRUNK,
        ),
    ),
)
