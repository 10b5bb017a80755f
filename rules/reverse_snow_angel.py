"""Reverse snow angel: prone, straight arms sweep from overhead to the hips and back.

Movement: face down, chest, arms and legs a little off the floor, the straight arms glide round to the hips and back.
Camera: side-on or half-way to the side at the head end, raised and tilted down; the foot end shows the sweep only.
Faults: those of the coaching article.
Sources: catalogue entry 1.25; limits of hands, neck and tempo from rendered bodies with known truth, the rest from the
catalogue.
Limits: hands are seen to sink while the arms are overhead, compared with the set-up: hands that rest on the floor from
the start on, or touch it only beside the body, are missed, for the camera looks down on the sweep; both hands must be
seen. Obliquely the sweep itself moves the estimated body by 0.1 to 0.3 T, as rocking or legs that drop would; from the
side by 0.13 T at most. The elbow of a sweeping arm is off by 30 degrees and more: a hint. Straight from the head or the
foot end the model loses or turns the body: reps are counted, nothing is judged.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    ARM,
    TRUNK,
    change,
    head_back,
    level,
    negative,
    over_arching,
    pick,
    rushed_lift,
    shrug,
    spread,
    uneven_arms,
)
from formcoach.window import RepWindow


def hands_sunk_t(window: RepWindow) -> Reading:
    """How much lower the hands are overhead than in the set-up, T: the mean of both, for the camera looks down on them.

    A hand that sweeps toward the camera goes down in the picture, the other one as far up.
    """
    if len(window.arms) < 2:
        return Reading(math.nan, why="one hand is hidden", instead="turn half-way towards the camera with your head")
    hands = [change(m.wrist_h_t, Phase.BOTTOM)(replace(window, arms=(side,))) for side in window.arms]
    mean = (hands[0].value + hands[1].value) / 2
    return replace(hands[0], value=-mean, trust=min(hand.trust for hand in hands))


def sunk_t(window: RepWindow) -> Reading:
    """How much lower chest or legs are through the sweep than in the set-up, T; whichever sank further."""
    chest = negative(change(m.chest_lift_t, Phase.WHOLE))(window)
    return pick([chest, change(m.hip_stature_t, Phase.WHOLE)(window)], max)


EXERCISE = Exercise(
    id="reverse-snow-angel",
    name="Reverse snow angel",
    family="prone exercise",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.hands_along_t, rest=0.72, peak=-0.7, full=0.9, min_s=1.6),
    position=(Gate(measure=m.hip_stature_t, high=1.15),),
    best_view=View.SIDE,
    camera="Side-on, or half-way round towards your head, 1 to 1.5 m high and tilted down, 3 m away, hands to toes in "
    "the picture all the way round.",
    movement="Lie face down and lift chest, arms and legs slightly. Sweep the straight arms in a wide arc from "
    "overhead to your hips, hands hovering, and glide back the same way.",
    faults=(
        Fault(
            id="hands-touching",
            name="Hands touching down",
            priority=2,
            read=hands_sunk_t,
            mild=0.12,
            severe=0.2,
            unit="T",
            grades=Grades.of("F:X R:X S:B O:B"),
            cue="Hover your hands",
            explain="Keep the hands a few fingers off the floor all the way round.",
            segment=ARM,
        ),
        Fault(
            id="rocking",
            name="Rocking",
            priority=2,
            read=spread(m.seesaw_t),
            mild=0.2,
            severe=0.3,
            unit="T",
            grades=Grades.of("F:X R:X S:B O:X"),
            cue="Still body, gliding arms",
            explain="Your trunk seesaws to throw the arms. Keep chest and legs at one height while the arms glide.",
            segment=("SHOULDER", "HIP", "ANKLE"),
        ),
        Fault(
            id="legs-down",
            name="Legs or chest dropping",
            priority=3,
            read=sunk_t,
            mild=0.12,
            severe=0.2,
            unit="T",
            grades=Grades.of("F:X R:X S:B O:X"),
            cue="Float chest and legs",
            explain="Keep chest and legs just off the floor; if that is hard, leave the legs down on purpose.",
            segment=TRUNK,
        ),
        over_arching(0.36, 0.52, grades="F:X R:X S:A O:X"),
        Fault(
            id="elbow-bend",
            name="Elbows bending",
            priority=2,
            read=level(m.elbow_bend_deg, Phase.WHOLE, worst=min),
            mild=130.0,
            severe=112.0,
            unit="deg",
            grades=Grades.of("F:C R:C S:C O:C"),
            cue="Long arms",
            explain="Keep the arms straight and sweep from the shoulder, as if painting a wide half circle.",
            segment=ARM,
        ),
        head_back(14.0, 26.0, grades="F:X R:X S:A O:C"),
        shrug(grades="F:C R:C S:C O:C"),
        replace(rushed_lift(0.75, 0.5), grades=Grades.of("F:C R:C S:A O:B")),
        replace(uneven_arms(m.elbow_axis_t, 0.2, 0.32), grades=Grades.of("F:C R:C S:X O:C")),
    ),
)
