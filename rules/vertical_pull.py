"""Vertical pull: pull-up, or lat pulldown.

Movement: from straight arms the shoulders come to the bar, or the bar to the collarbone, and back slowly.
Camera: facing it at the shoulders' height, 2.5 to 3.5 m away, the hands on the bar in the picture; side-on for the
legs and the lean.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.14; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: a hang lifts everyone's shoulders and the pull draws them down, by more than a shrug gives back: a shrug is a
hint only. Half-way and from the side the head hides a hand at the top, so elbows and wrists are judged from the front.
Pull-ups lean back by up to 27 degrees of themselves, filmed ones by 35, so only more is a fault; next to
swinging legs, which tip the trunk, nothing is said of it. No clip shows a pull behind the neck or uneven arms.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    ARM,
    NECK,
    TRUNK,
    bottom_percent,
    fast_lowering,
    level,
    negative,
    reach_percent,
    rise_in_rep,
    uneven_arms,
)
from formcoach.window import RepWindow

KICK_T = 0.20
"""T by which knees that come forward are a kick; of still legs: up to 0.11."""
HANGING_T, HANGING_DEG = 0.4, 12.0
"""Knees less than so far before the hips hang; a body that hangs leans back so much further of itself."""


def hangs(window: RepWindow) -> bool:
    """Whether the body hangs from the bar, rather than sits under it; unseen, it is taken to hang."""
    knees = level(m.knee_off_hip_t, Phase.BOTTOM)(window).value / max(window.sideways, 0.34)
    return not knees >= HANGING_T


def legs_forward_t(window: RepWindow) -> Reading:
    """How far the knees of a body that hangs come forward of the hips in the lift, T."""
    if not hangs(window):
        return Reading(math.nan, why="a seat holds the legs, or they are not seen", instead="keep the legs in view")
    return rise_in_rep(m.knee_off_hip_t, Phase.LIFT | Phase.TOP, 90.0)(window)


def lean_back_deg(window: RepWindow) -> Reading:
    """How far the trunk leans back at the top, degrees, beyond the start of the rep, and beyond what a hang adds."""
    if legs_forward_t(window).value > KICK_T:
        return Reading(math.nan, why="legs that swing tip the trunk", instead="keep the legs still first")
    lean = negative(rise_in_rep(m.trunk_lean_deg, Phase.TOP))(window)
    return replace(lean, value=lean.value - (HANGING_DEG if hangs(window) else 0.0))


EXERCISE = Exercise(
    id="vertical-pull",
    name="Pull-up or lat pulldown",
    family="pull",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.grip_h_t, rest=0.9, peak=-0.1, full=0.85, min_s=1.2, foot=2.0),
    position=(Gate(measure=m.wrist_h_t, low=-0.5), Gate(measure=m.hinge_deg, high=65)),
    best_view=View.FRONT,
    camera="Face the camera at shoulder height, 2.5 to 3.5 m away, hands and hips in the picture all the way up. "
    "Turn side-on to check your legs and your lean.",
    movement="Take the bar a little wider than your shoulders, arms straight, legs together, ribs down. "
    "Slide the shoulder blades down, then bring the bar and your collarbone together, elbows under your hands. "
    "Come back slowly to straight arms.",
    faults=(
        Fault(
            id="shrug",
            name="Shoulders hiking",
            priority=1,
            read=rise_in_rep(m.ear_gap_t, Phase.TOP),
            mild=0.035,
            severe=0.0,
            unit="T",
            grades=Grades.of("F:C R:X S:X O:C"),
            cue="Blades in back pockets",
            explain="You are hiking at the shoulders. Start each rep by sliding the blades down; add assistance or "
            "take weight off.",
            segment=NECK,
        ),
        Fault(
            id="elbows-off-wrists",
            name="Elbows not under wrists",
            priority=2,
            read=negative(rise_in_rep(m.hand_over_elbow_t, Phase.LOWER, 10.0)),
            mild=0.262,
            severe=0.40,
            unit="T",
            grades=Grades.of("F:A R:C S:X O:C"),
            cue="Elbows under your hands",
            explain="Keep each elbow below its hand as you pull.",
            segment=ARM,
        ),
        Fault(
            id="short-top",
            name="Stopping short at the top",
            priority=2,
            read=reach_percent,
            mild=85.0,
            severe=70.0,
            unit="%",
            grades=Grades.of("F:A R:B S:C O:A"),
            cue="Collarbone to the bar",
            explain="Finish the movement; if you cannot, use less weight or more assistance.",
            segment=ARM,
        ),
        Fault(
            id="short-bottom",
            name="Return cut short",
            priority=3,
            read=bottom_percent,
            mild=20.0,
            severe=35.0,
            unit="%",
            grades=Grades.of("F:A R:B S:B O:A"),
            cue="Long arms at the start",
            explain="Let the arms come right back to straight before the next rep.",
            segment=ARM,
        ),
        Fault(
            id="leg-swing",
            name="Legs swinging or kipping",
            priority=2,
            read=legs_forward_t,
            mild=KICK_T,
            severe=0.35,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:A"),
            cue="Legs long and still",
            explain="Squeeze the legs together, ribs down, and pull without the kick.",
            segment=("HIP", "KNEE", "ANKLE"),
        ),
        Fault(
            id="trunk-swing",
            name="Leaning far back",
            priority=2,
            read=lean_back_deg,
            mild=24.0,
            severe=34.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:B"),
            cue="Stay tall, ribs down",
            explain="Sit or hang tall, ribs down, and bring the bar to the collarbone without leaning away.",
            segment=TRUNK,
        ),
        Fault(
            id="behind-neck",
            name="Pulling behind the neck",
            priority=1,
            read=level(m.wrist_off_ear_t, Phase.TOP, worst=min),
            mild=-0.08,
            severe=-0.16,
            unit="T",
            grades=Grades.of("F:X R:X S:B O:X"),
            cue="Bar to your collarbone",
            explain="Bring the bar to the front, to the collarbone; behind the neck strains the shoulders.",
            segment=("EAR", "WRIST"),
        ),
        fast_lowering(0.85, 0.55, grades="F:A R:B S:B O:A"),
        uneven_arms(m.wrist_h_t, 0.25, 0.38),
    ),
)
