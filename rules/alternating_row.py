"""Bent-over dumbbell row, the arms in turn.

Movement: hinged with a slight bend of the knees, both arms hanging; one elbow is drawn to the waist and lowered slowly,
then the other.
Camera: from the front or half-way to it, the whole body in the picture, 2.5 to 3 m away: both arms must be seen.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.27; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: from the side the body hides the far arm: only the near arm's reps are counted. Half-way to the camera the near
arm looks as if it went a third further, so the arms are compared only from the front and the rear. An arm that goes
much less far than the other is said to be uneven, and not short as well.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Gate, Grades, Reading, RepSignal, Sides
from formcoach.faults import (
    elbow_flare,
    fast_lowering,
    neck_crane,
    reach_percent,
    rounded_back,
    short_top,
    shrug,
    stance_rise,
    trunk_swing,
    trunk_twist,
    uneven_sides,
)
from formcoach.window import RepWindow

UNEVEN = uneven_sides(26.0, 40.0, grades="F:A R:A S:X O:X")


def short_percent(window: RepWindow) -> Reading:
    """As `reach_percent`; an arm that goes much less far than the other is uneven, which its own fault says."""
    apart = UNEVEN.read(window).value
    lesser = window.span.range < window.other_range
    if lesser and apart >= UNEVEN.mild and UNEVEN.grades.at(window.view).value in "AB":
        return Reading(math.nan, why="this arm goes less far than the other", instead="match both arms first")
    return reach_percent(window)


EXERCISE = Exercise(
    id="alternating-row",
    name="Alternating bent-over row",
    family="row",
    sides=Sides.ALTERNATING,
    signal=RepSignal(measure=m.hand_h_t, rest=-0.5, peak=-0.05, full=0.4),
    position=(Gate(measure=m.hinge_deg, low=7, high=110), Gate(measure=m.hip_stature_t, low=0.6)),
    best_view=View.FRONT,
    camera="Face the camera or stand half-way to it, at hip height, 2.5 to 3 m away, your whole body in the picture.",
    movement="Hinge with a slight bend in your knees, both arms hanging. "
    "Draw one elbow up to your waist and lower it slowly, then switch to the other arm. "
    "The trunk stays still.",
    faults=(
        replace(trunk_twist(15.0, 22.0), grades=Grades.of("F:A R:A S:X O:C")),
        elbow_flare(cue="Elbow to your waist"),
        replace(short_top(cue="Pull to your waist", grades="F:B R:B S:C O:A"), read=short_percent),
        rounded_back(),
        trunk_swing(),
        stance_rise(),
        shrug(0.07, 0.11, grades="F:C R:C S:B O:C"),
        UNEVEN,
        neck_crane(),
        fast_lowering(grades="F:B R:B S:C O:A"),
    ),
)
