"""Upright row with dumbbells or a bar.

Movement: standing tall, the elbows lead both weights close up the body to shoulder height, and lower them slowly.
Camera: facing it, at chest height, about 2 m away, with room for the elbows; side-on for swing and bar path.
Faults: those of the coaching article and of common practice; elbows above the shoulders pinch the joint.
Sources: catalogue entry 1.24; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: from the side elbows and hands hide each other or come at the camera; from behind the hands are lost at the top
when the elbows go high. A rep stopped so short that the hands rise less than half-way is no rep. No rendered body shows
a weight away from the body or a narrow grip: their limits only keep clear of clean reps (0.30 to 0.39 T, 0.7 T).
"""

from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, RepSignal, Sides
from formcoach.faults import (
    ARM,
    UPPER_ARM,
    fast_lowering,
    further_reach_percent,
    level,
    short_top,
    shrug_at_rest,
    trunk_swing,
    uneven_arms,
)

EXERCISE = Exercise(
    id="upright-row",
    name="Upright row",
    family="raise",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.hand_h_t, rest=-0.03, peak=0.67, full=0.6, min_s=1.2, foot=2.6),
    position=(
        Gate(measure=m.hinge_deg, high=40),
        Gate(measure=m.hands_apart_t, high=1.7),
    ),
    best_view=View.FRONT,
    camera="Face the camera at chest height, about 2 m away, with room for your elbows. "
    "Turn side-on to check swing and how close the weight stays.",
    movement="Stand tall, hands shoulder-wide before your thighs. Lead with the elbows and draw the weights up close "
    "to your body until the elbows are level with your shoulders, then lower them slowly.",
    faults=(
        Fault(
            id="elbows-too-high",
            name="Elbows above the shoulders",
            priority=1,
            read=level(m.arm_vert_deg, Phase.TOP),
            mild=99.0,
            severe=110.0,
            unit="deg",
            grades=Grades.of("F:A R:C S:X O:A"),
            cue="Stop at shoulder height",
            explain="Stop when the elbows are level with the shoulders; going higher pinches the joint.",
            segment=UPPER_ARM,
        ),
        Fault(
            id="hands-above-elbows",
            name="Hands leading the elbows",
            priority=2,
            read=level(m.hand_over_elbow_t, Phase.TOP),
            mild=0.0,
            severe=0.14,
            unit="T",
            grades=Grades.of("F:A R:C S:C O:A"),
            cue="Lead with your elbows",
            explain="Let the elbows lead and the hands hang below them.",
            segment=("ELBOW", "WRIST"),
        ),
        shrug_at_rest(0.06, 0.10),
        trunk_swing(8.5, 14.0),
        Fault(
            id="bar-away",
            name="Weight away from the body",
            priority=3,
            read=level(m.wrist_fore_t, Phase.LIFT),
            mild=0.46,
            severe=0.58,
            unit="T",
            grades=Grades.of("F:X R:X S:B O:C"),
            cue="Zip up your jacket",
            explain="Draw the weight up close to the body, as if zipping a jacket.",
            segment=ARM,
        ),
        Fault(
            id="narrow-grip",
            name="Hands very close",
            priority=3,
            read=level(m.hand_span_t, Phase.SETUP),
            mild=0.38,
            severe=0.22,
            unit="T",
            grades=Grades.of("F:A R:X S:X O:C"),
            cue="Hands shoulder-wide",
            explain="Take the hands about shoulder width apart; it is kinder to the shoulders.",
            segment=("WRIST",),
        ),
        replace(
            short_top(cue="Elbows to shoulder height", grades="F:A R:A S:B O:A"), read=further_reach_percent(m.hand_h_t)
        ),
        uneven_arms(m.wrist_h_t, 0.15, 0.25),
        fast_lowering(grades="F:A R:A S:B O:A"),
    ),
)
