"""Front raise with dumbbells.

Movement: standing tall, both straight arms lift the weights forward from the thighs to shoulder height and lower them
slowly.
Camera: side-on at chest height, 2 to 2.5 m away, with room before the person; half-way works too. From the front only
shrugging and symmetry.
Faults: those of the coaching articles and of common practice.
Sources: catalogue entry 1.3; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: from the front the arms point at the camera, so elbows are judged from the side only; from there the far arm is
not seen. A lateral raise is told apart by how far the hands are apart in space, which a square side view cannot show.
How far arms go past the level shows less than it is: 34 degrees read 16 to 20.
"""

from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, RepSignal, Sides
from formcoach.faults import (
    ARM,
    TRUNK,
    fast_lowering,
    further_reach_percent,
    hollow_deg,
    level,
    rushed_lift,
    short_top,
    shrug_at_rest,
    trunk_swing,
    uneven_arms,
)

EXERCISE = Exercise(
    id="front-raise",
    name="Front raise",
    family="raise",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.arm_lift_deg, rest=15.0, peak=86.0, full=62.0, min_s=1.2, foot=2.5),
    position=(Gate(measure=m.hinge_deg, high=40), Gate(measure=m.hands_apart_t, high=1.9)),
    best_view=View.SIDE,
    camera="Side-on, at chest height, 2 to 2.5 m away, with room in front of you in the picture. "
    "Face the camera to check shoulders and symmetry.",
    movement="Stand tall with the weights before your thighs, shoulders drawn down. Lift both straight arms forward "
    "until the hands are level with your shoulders, pause, and lower them slowly.",
    faults=(
        Fault(
            id="raise-too-high",
            name="Raising past shoulder height",
            priority=2,
            read=level(m.arm_lift_deg, Phase.TOP),
            mild=102.0,
            severe=112.0,
            unit="deg",
            grades=Grades.of("F:B R:X S:A O:B"),
            cue="Stop at shoulder height",
            explain="Stop when the hands are level with the shoulders, pause, and come down.",
            segment=ARM,
        ),
        replace(
            short_top(cue="Lift to shoulder height", grades="F:B R:X S:A O:B"),
            read=further_reach_percent(m.arm_lift_deg),
        ),
        trunk_swing(8.5, 14.0, grades="F:X R:X S:A O:B"),
        Fault(
            id="low-back-arch",
            name="Lower back over-arching",
            priority=1,
            read=hollow_deg,
            mild=5.0,
            severe=10.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Ribs down",
            explain="Your lower back arched to help. Squeeze the glutes, ribs down, and use less weight.",
            segment=TRUNK,
        ),
        shrug_at_rest(),
        Fault(
            id="elbow-bend",
            name="Elbows bending",
            priority=2,
            read=level(m.elbow_deg, Phase.TOP, worst=min),
            mild=144.0,
            severe=126.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Long arms",
            explain="Keep the elbows softly bent at one fixed angle and move from the shoulder.",
            segment=ARM,
        ),
        uneven_arms(m.arm_lift_deg, 18.0, 30.0),
        fast_lowering(0.6, 0.42, grades="F:B R:X S:A O:B"),
        rushed_lift(0.45, 0.3),
    ),
)
