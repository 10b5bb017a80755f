"""Press back with straight arms.

Movement: in a slight squat, bent forward, straight arms press the weights from beside the knees to behind the hips,
hold a beat, and come back with control.
Camera: exactly side-on at hip height, 2.5 to 3 m away, head to feet in the picture.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.4; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: no clip shows arms that swing, or a stance that rises: their limits are the catalogue's or from clean reps.
A shrug was rendered half-way only.
"""

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, RepSignal, Sides
from formcoach.faults import (
    ARM,
    NECK,
    change,
    fast_lowering,
    level,
    lifting_s,
    neck_crane,
    rise_in_rep,
    rounded_back,
    stance_rise,
    trunk_swing,
)

EXERCISE = Exercise(
    id="press-back",
    name="Straight-arm press-back",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.wrist_ahead_t, rest=0.05, peak=-1.1, full=1.0, foot=1.8),
    position=(
        Gate(measure=m.hinge_deg, low=5, high=85),
        Gate(measure=m.hip_stature_t, low=0.6),
        Gate(measure=m.wrist_h_t, high=0.1),
    ),
    best_view=View.SIDE,
    camera="Exactly side-on, at hip height, 2.5 to 3 m away, your whole body in the picture.",
    movement="Sit back into a slight squat with a long spine, weights by your knees. With straight arms press the "
    "weights back past your hips, shoulder blades down, and hold a beat. Return with control.",
    faults=(
        Fault(
            id="elbow-bend",
            name="Elbows bending",
            priority=2,
            read=level(m.elbow_deg, Phase.WHOLE, 25.0, worst=min),
            mild=150.0,
            severe=132.0,
            unit="deg",
            grades=Grades.of("F:C R:C S:A O:B"),
            cue="Reach long behind you",
            explain="Keep the elbows softly bent at one fixed angle and move from the shoulder.",
            segment=ARM,
        ),
        Fault(
            id="arm-swing",
            name="Arms swinging",
            priority=2,
            read=lifting_s,
            mild=0.45,
            severe=0.3,
            unit="s",
            grades=Grades.of("F:X R:X S:A O:B"),
            cue="Press, then pause",
            explain="Push the weights back on purpose and hold a beat behind the hips; no pendulum.",
            segment=ARM,
        ),
        Fault(
            id="short-top",
            name="Stopping short at the top",
            priority=2,
            read=rise_in_rep(m.wrist_h_t, Phase.TOP),
            mild=0.46,
            severe=0.30,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:A"),
            cue="Push past your hips",
            explain="Press until your hands are behind your hips; if you cannot, use less weight.",
            segment=ARM,
        ),
        trunk_swing(13.0, 20.0),
        rounded_back(),
        stance_rise(),
        Fault(
            id="shrug",
            name="Shoulders hiking",
            priority=2,
            read=change(m.chord_t, Phase.WHOLE, 10.0),
            mild=0.045,
            severe=0.075,
            unit="T",
            grades=Grades.of("F:X R:X S:C O:B"),
            cue="Shoulders down",
            explain="Your shoulders crept up towards your ears. Draw the blades down and keep them there.",
            segment=NECK,
        ),
        fast_lowering(0.7, 0.48, grades="F:X R:X S:A O:A"),
        neck_crane(),
    ),
)
