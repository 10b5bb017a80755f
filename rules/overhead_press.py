"""Shoulder overhead press with dumbbells.

Movement: from the goal post, upper arms level and forearms upright, both weights go up until the arms are straight,
and come back slowly.
Camera: facing it, at chest height, 2 to 2.5 m away, room above the head for the straight arms; side-on for the lower
back.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.1; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: the shoulders rise with the arms in everyone, so a shrug is judged at the bottom and in the first third only.
"""

from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    ARM,
    NECK,
    TRUNK,
    bottom_percent,
    change,
    fast_lowering,
    level,
    negative,
    rise_in_rep,
    rushed_lift,
    uneven_arms,
)
from formcoach.window import RepWindow


def knee_drive_t(window: RepWindow) -> Reading:
    """How far the hips dip in the lift below where they were just before it, T."""
    dip = rise_in_rep(m.hip_stature_t, Phase.LIFT, 10.0)(window)
    return replace(dip, value=-dip.value)


EXERCISE = Exercise(
    id="overhead-press",
    name="Overhead press",
    family="press",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.wrist_h_t, rest=0.25, peak=0.80, full=0.42),
    position=(Gate(measure=m.hinge_deg, high=45), Gate(measure=m.wrist_h_t, low=-0.45)),
    best_view=View.FRONT,
    camera="Face the camera at chest height, 2 to 2.5 m away, with room above your head for straight arms. "
    "Turn side-on to check your lower back.",
    movement="Stand tall, weights beside your head like a goal post. Press slowly up until the arms are straight, "
    "shoulder blades down and stable, then return to the goal post with control.",
    faults=(
        Fault(
            id="low-back-arch",
            name="Lower back over-arching",
            priority=1,
            read=negative(change(m.trunk_lean_deg, Phase.LIFT | Phase.TOP, 10.0)),
            mild=4.5,
            severe=11.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:B"),
            cue="Ribs down",
            explain="You leaned back to press. Squeeze the glutes, ribs down, and press straight up beside the ears.",
            segment=TRUNK,
        ),
        Fault(
            id="short-top",
            name="Stopping short at the top",
            priority=2,
            read=level(m.arm_vert_deg, Phase.TOP),
            mild=156.0,
            severe=140.0,
            unit="deg",
            grades=Grades.of("F:A R:A S:C O:C"),  # the arms go up in the body's own plane
            cue="Reach for the ceiling",
            explain="Finish the movement; if you cannot, use less weight.",
            segment=ARM,
        ),
        Fault(
            id="short-bottom",
            name="Return cut short",
            priority=2,
            read=bottom_percent,
            mild=20.0,
            severe=35.0,
            unit="%",
            grades=Grades.of("F:A R:A S:A O:A"),
            cue="Back to goal posts",
            explain="Let the arms come right back to the start before the next rep.",
            segment=ARM,
        ),
        Fault(
            id="forearms-not-vertical",
            name="Forearms tilting",
            priority=2,
            read=level(m.forearm_tilt_deg, Phase.BOTTOM | Phase.LIFT),
            mild=15.0,
            severe=25.0,
            unit="deg",
            grades=Grades.of("F:A R:A S:C O:B"),
            cue="Wrists over elbows",
            explain="Stack each wrist over its elbow so the weight travels straight up.",
            segment=("ELBOW", "WRIST"),
        ),
        uneven_arms(m.arm_vert_deg, 14.0, 25.0, cue="Press both hands together"),
        Fault(
            id="shrug",
            name="Shoulders hiking",
            priority=2,
            read=negative(change(m.ear_gap_t, Phase.BOTTOM | Phase.LIFT)),
            mild=0.055,
            severe=0.09,
            unit="T",
            grades=Grades.of("F:B R:C S:X O:B"),
            cue="Shoulders down",
            explain="Your shoulders crept up towards your ears. Let them settle and grow a long neck before you press.",
            segment=NECK,
        ),
        Fault(
            id="leg-drive",
            name="Knees helping",
            priority=2,
            read=knee_drive_t,
            mild=0.08,
            severe=0.13,
            unit="T",
            grades=Grades.of("F:B R:B S:A O:A"),
            cue="Legs stay quiet",
            explain="Keep the knees still so the shoulders do the work; use less weight if you need the dip.",
            segment=("HIP", "KNEE", "ANKLE"),
        ),
        Fault(
            id="press-forward",
            name="Weight drifting forward",
            priority=2,
            read=level(m.wrist_fore_t, Phase.TOP),
            mild=0.22,
            severe=0.38,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Finish by your ears",
            explain="Let the head come through and finish with the weights over the shoulders.",
            segment=ARM,
        ),
        fast_lowering(),
        rushed_lift(),
    ),
)
