"""Bent-over reverse fly.

Movement: hinged at the hips, both arms with softly bent elbows open from hanging to the sides until they are level with
the back, and come back slowly.
Camera: from the front, low, 2 to 2.5 m away, the whole arm span in the picture; side-on for back, neck and momentum.
Faults: those of the two coaching articles that show it and of common practice.
Sources: catalogue entry 1.19; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: from behind the arms hang hidden before the body and nothing is counted. From the side they come at the camera,
so elbows, height and tempo are hints at most. Hinged, a hiked shoulder looks much like a nod: clean bodies read up to
0.058 T, shrugging ones 0.052 to 0.078, so it is a hint only. A throw of the head back is seen, a nod is not.
"""

from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, RepSignal, Sides
from formcoach.faults import (
    ARM,
    NECK,
    TRUNK,
    change,
    fast_lowering,
    further_reach_percent,
    hollow_deg,
    level,
    rounded_back,
    rushed_lift,
    short_top,
    shrug_at_rest,
    spread,
    trunk_swing,
    uneven_arms,
)

EXERCISE = Exercise(
    id="reverse-fly",
    name="Reverse fly",
    family="fly",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.arm_lift_deg, rest=8.0, peak=87.0, full=68.0, min_s=1.2, foot=2.8),
    position=(Gate(measure=m.hinge_deg, low=7, high=110), Gate(measure=m.hip_stature_t, low=0.6)),
    best_view=View.FRONT,
    camera="Face the camera, low, 2 to 2.5 m away, your whole arm span in the picture. "
    "Side-on to check back, neck and momentum.",
    movement="Hinge at the hips with soft knees until your chest faces the floor, arms hanging. "
    "Open both arms, elbows softly bent, until they are level with your back, then lower them slowly.",
    faults=(
        Fault(
            id="elbow-bend",
            name="Elbows bending",
            priority=2,
            read=level(m.elbow_deg, Phase.TOP, worst=min),
            mild=138.0,
            severe=118.0,
            unit="deg",
            grades=Grades.of("F:A R:X S:X O:A"),
            cue="Wide wings",
            explain="Keep a soft, fixed bend in the elbows; if they fold it becomes a row.",
            segment=ARM,
        ),
        Fault(
            id="raise-too-high",
            name="Arms past the back",
            priority=2,
            read=level(m.arm_lift_deg, Phase.TOP),
            mild=102.0,
            severe=113.0,
            unit="deg",
            grades=Grades.of("F:A R:X S:C O:B"),
            cue="Stop level with your back",
            explain="Stop when the arms are level with the back; squeeze, then lower.",
            segment=ARM,
        ),
        replace(
            short_top(cue="Spread your wings wide", grades="F:A R:X S:C O:B"),
            read=further_reach_percent(m.arm_lift_deg),
        ),
        # from the side the trunk starts before the arms are seen to move
        replace(trunk_swing(13.0, 22.0), read=spread(m.trunk_lean_deg, Phase.SETUP | Phase.WHOLE)),
        Fault(
            id="neck-jerk",
            name="Neck jerking",
            priority=2,
            read=change(m.head_pitch_deg, Phase.WHOLE, 75.0),
            mild=18.0,
            severe=30.0,
            unit="deg",
            grades=Grades.of("F:C R:X S:A O:C"),
            cue="Head stays still",
            explain="Keep the head still; let the arms do all the moving.",
            segment=NECK,
        ),
        rounded_back(),
        Fault(
            id="low-back-arch",
            name="Lower back over-arching",
            priority=2,
            read=hollow_deg,
            mild=10.0,
            severe=16.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:B O:X"),
            cue="Ribs down",
            explain="Your lower back arched to help. Draw the ribs towards the belt and brace before the next rep.",
            segment=TRUNK,
        ),
        shrug_at_rest(0.06, 0.10, grades="F:C R:X S:C O:C"),
        replace(uneven_arms(m.arm_lift_deg, 18.0, 30.0), grades=Grades.of("F:A R:X S:X O:C")),
        replace(rushed_lift(0.45, 0.3), grades=Grades.of("F:A R:X S:C O:B")),
        fast_lowering(grades="F:A R:X S:C O:B"),
    ),
)
