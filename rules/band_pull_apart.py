"""Band pull-apart.

Movement: standing, long arms before the shoulders, a band between the hands: the arms open to the sides until the band
touches the chest, and close again slowly.
Camera: facing it at chest height, 2 to 2.5 m away, the whole arm span in the picture.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.29; limits are the catalogue's, or those of the reverse fly, its bent-over twin, and of the
face pull, measured on rendered bodies.
Limits: no clip of it was rendered. From the side one arm hides the other, so nothing is counted there.
"""

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, RepSignal, Sides
from formcoach.faults import ARM, difference, fast_lowering, level, low_back_arch, short_top, shrug

EXERCISE = Exercise(
    id="band-pull-apart",
    name="Band pull-apart",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.hands_apart_t, rest=0.8, peak=2.9, full=1.7),
    position=(Gate(measure=m.hinge_deg, high=40), Gate(measure=m.wrist_h_t, low=-0.6, high=0.6)),
    best_view=View.FRONT,
    camera="Face the camera at chest height, 2 to 2.5 m away, your whole arm span in the picture.",
    movement="Stand tall, arms long before your shoulders, a band between your hands. Pull the band apart until it "
    "touches your chest, shoulder blades down and together, then close slowly.",
    faults=(
        short_top(80.0, 66.0, cue="Rip it in two", grades="F:A R:A S:X O:B"),
        shrug(0.06, 0.10, grades="F:B R:C S:C O:C"),
        Fault(
            id="elbow-bend",
            name="Elbows bending",
            priority=2,
            read=level(m.elbow_bend_deg, Phase.TOP, worst=min),
            mild=146.0,
            severe=128.0,
            unit="deg",
            grades=Grades.of("F:B R:X S:C O:B"),
            cue="Long arms",
            explain="Keep the elbows softly bent at one fixed angle and move from the shoulder.",
            segment=ARM,
        ),
        low_back_arch(16.0, 28.0, grades="F:X R:X S:B O:B"),
        Fault(
            id="uneven-arms",
            name="Arms uneven",
            priority=2,
            read=difference(m.wrist_outward_t, Phase.TOP),
            mild=0.28,
            severe=0.42,
            unit="T",
            grades=Grades.of("F:B R:B S:X O:C"),
            cue="Both hands together",
            explain="One side is leading. Match the slower arm, and take a lighter band if it persists.",
            segment=ARM,
        ),
        fast_lowering(0.65, 0.45, grades="F:A R:A S:X O:B"),
    ),
)
