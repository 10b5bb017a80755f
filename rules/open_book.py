"""Open book: turning the upper back, lying on the side.

Movement: palms together before the chest, the top knee bent and down; the top arm opens slowly to the floor behind,
eyes and chest following, breathes out there, and comes back.
Camera: on the chest's side, 1.2 to 1.6 m high and looking down, 2.5 to 3 m away, both hands at full opening in the
picture.
Faults: those of the coaching article.
Sources: catalogue entry 1.17; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: the shoulders turn away from the hips, and with them the side from which the body is seen: the view means
little here, so every view has the same grade. Where the arm comes round the model may exchange left and
right, which what is measured here survives. It bends straight elbows by up to 50 degrees, and a body that has turned
over is seen from elsewhere: elbows and left against right are hints.
"""

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Kind, Phase, RepSignal, Sides
from formcoach.faults import ARM, change, level, rushed_lift, short_top, uneven_sides

EXERCISE = Exercise(
    id="open-book",
    name="Open book",
    kind=Kind.MOBILITY,
    sides=Sides.ONE,
    signal=RepSignal(
        measure=m.opening_deg, rest=-15.0, peak=115.0, full=122.0, min_s=3.5, foot=3.4, mover=m.upper_opening_deg
    ),
    position=(Gate(measure=m.hinge_deg, low=55, high=135), Gate(measure=m.hip_stature_t, high=1.0)),
    best_view=View.SIDE,
    camera="On the side of your chest, 1.2 to 1.6 m high and looking down on you, 2.5 to 3 m away, "
    "both hands in the picture when you are open.",
    movement="Lie on your side, the top knee bent and resting in front of you, palms together. "
    "Open the top arm slowly to the floor behind you and follow it with your eyes, breathe out there, "
    "and come back. The knee stays down.",
    faults=(
        short_top(80.0, 62.0, cue="Reach for the far wall", grades="F:A R:A S:A O:A"),
        Fault(
            id="knee-lifting",
            name="Top knee lifting or sliding",
            priority=2,
            read=change(m.knees_h_t, Phase.TOP),
            mild=0.18,
            severe=0.32,
            unit="T",
            grades=Grades.of("F:B R:B S:B O:B"),
            cue="Knee stays heavy",
            explain="Keep the top knee resting down; turn only through the ribs.",
            segment=("HIP", "KNEE"),
        ),
        Fault(
            id="elbow-bend",
            name="Elbow bending",
            priority=2,
            read=level(m.elbow_bend_deg, Phase.TOP),
            mild=108.0,
            severe=92.0,
            unit="deg",
            grades=Grades.of("F:C R:C S:C O:C"),
            cue="Long arms",
            explain="Keep the top arm straight from shoulder to fingertips as it opens.",
            segment=ARM,
        ),
        rushed_lift(
            1.4,
            0.9,
            grades="F:B R:B S:B O:B",
            cue="Slow, breathe out",
            explain="Take about three seconds to open, and breathe out all the way.",
        ),
        uneven_sides(20.0, 32.0, grades="F:C R:C S:C O:C", cue="Give both sides equal time"),
    ),
)
