"""Face pull.

Movement: from straight arms before the anchor the hands come to either side of the face, elbows high and wide, then
the hands turn up and back; slowly forward again.
Camera: half-way between the front and the side, or side-on, at chest height, some 3 m away.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.15; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: the way of the hands is seen from the side and half-way before it; from the front and from behind nothing is
counted. The way forward shortens more than the joints' when a rep is cut, so exactly from the side half a rep is none.
A shrug moves the shoulders hardly more than high elbows do, and one arm hides behind the head: both are hints.
"""

import math

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    ARM,
    NECK,
    UPPER_ARM,
    difference,
    fast_lowering,
    level,
    low_back_arch,
    neck_crane,
    reach_percent,
    rise_in_rep,
    trunk_swing,
)
from formcoach.window import RepWindow

UNTURNED_T = 0.10
"""T above the elbows below which hands are not turned up at the top; turned: 0.15 and more, fists ahead: 0.02."""

hands_up_t = level(m.hand_over_elbow_t, Phase.TOP)
"""How far the hands are above the elbows at the top, T; of both arms the better, as one hides behind the head."""


def hands_back_percent(window: RepWindow) -> Reading:
    """The peak as a share of the full range, %, where the hands turn up: fists ahead of the elbows shorten the way."""
    if hands_up_t(window).value < UNTURNED_T:
        return Reading(math.nan, why="hands that point ahead shorten the way", instead="turn the hands up first")
    return reach_percent(window)


EXERCISE = Exercise(
    id="face-pull",
    name="Face pull",
    family="pull",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.wrist_ahead_t, rest=0.9, peak=0.1, full=0.68, foot=3.1),
    position=(
        Gate(measure=m.wrist_h_t, low=-0.45),
        Gate(measure=m.hinge_deg, high=40),
        Gate(measure=m.turned_away_deg, low=22, high=128),
    ),
    best_view=View.SIDE,
    camera="Side-on or half-way to the front, at chest height, about 3 m away, head to hips in the picture.",
    movement="Stand tall before an anchor at face height, arms straight. Pull the rope to your face with high, wide "
    "elbows, then rotate your hands up and back beside your head. Reach forward again slowly.",
    faults=(
        Fault(
            id="low-elbows",
            name="Elbows dropping",
            priority=2,
            read=level(m.elbow_over_t, Phase.TOP, worst=min),
            mild=-0.17,
            severe=-0.30,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:A"),
            cue="Elbows high and wide",
            explain="Lift the elbows level with the shoulders as the rope comes to your face.",
            segment=UPPER_ARM,
        ),
        Fault(
            id="no-rotation",
            name="No opening at the end",
            priority=2,
            read=hands_up_t,
            mild=UNTURNED_T,
            severe=0.03,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:A"),
            cue="Thumbs point behind you",
            explain="At the end let the hands win the race: rotate them up and back beside the head.",
            segment=("ELBOW", "WRIST"),
        ),
        low_back_arch(14.0, 24.0),
        Fault(
            id="shrug",
            name="Shoulders hiking",
            priority=2,
            read=rise_in_rep(m.chord_t, Phase.LOWER),
            mild=0.045,
            severe=0.07,
            unit="T",
            grades=Grades.of("F:X R:X S:X O:C"),
            cue="Shoulders down",
            explain="Your shoulders crept up towards your ears. Let them settle and grow a long neck before you pull.",
            segment=NECK,
        ),
        neck_crane(),
        trunk_swing(9.0, 14.0),
        Fault(
            id="uneven-arms",
            name="Arms uneven",
            priority=2,
            read=difference(m.wrist_ahead_t, Phase.TOP),
            mild=1.0,
            severe=1.4,
            unit="T",
            grades=Grades.of("F:X R:X S:X O:C"),
            cue="Both hands together",
            explain="One side is leading. Match the slower arm, and take the band a little lighter if it persists.",
            segment=ARM,
        ),
        fast_lowering(0.65, 0.45, grades="F:X R:X S:A O:A"),
        Fault(
            id="short-top",
            name="Stopping short at the top",
            priority=2,
            read=hands_back_percent,
            mild=67.0,
            severe=54.0,
            unit="%",
            grades=Grades.of("F:X R:X S:A O:A"),
            cue="All the way to your face",
            explain="Finish the movement; if you cannot, use a lighter band.",
            segment=ARM,
        ),
    ),
)
