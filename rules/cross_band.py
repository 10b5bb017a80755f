"""Cross band: on the back, one arm at a time reaches overhead against a band from the other foot.

Movement: hips, knees and ankles at right angles, both arms up; one arm reaches overhead as far as it goes while legs
and ribs stay where they are, comes back, and the other one follows.
Camera: side-on at floor height, 2.5 to 3 m away, from the feet to a forearm beyond the head; the other way round in
the next set, so that each arm is once the nearer.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.10; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: the farther arm goes behind the head, and the model then often puts its hand where the nearer one is: such a
rep may end too soon, one in sixty counts twice, one in thirty is missed (21 rendered sets), and of it only legs and
ribs are judged. The farther arm also looks up to 60 % shorter, so left against right is a hint from the feet or the
head only. Nobody rendered has reached short, bent the elbow or hurried: those limits are the catalogue's, clear of
clean reps.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import Side, View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Reading, RepSignal, Sides
from formcoach.faults import (
    arms_bending,
    lifting_s,
    pick,
    reach_percent,
    ribs_flare,
    rushed_lift,
    short_top,
    spread,
    uneven_sides,
)
from formcoach.window import RepWindow


def of_nearer_arm(read: Callable[[RepWindow], Reading]) -> Callable[[RepWindow], Reading]:
    """The reading where the arm that reached is the nearer one; the head hides the other."""

    def nearer(window: RepWindow) -> Reading:
        near = Side.LEFT if window.table.median(m.azimuth_deg) >= 0 else Side.RIGHT
        if near in window.arms:
            return read(window)
        return Reading(math.nan, why="your head hides this arm", instead="turn the other way round for a set")

    return nearer


def legs_t(window: RepWindow) -> Reading:
    """How far the legs travel in a rep, T: the knees along the floor over the hips, or the ankles up and down."""
    return pick([spread(m.knee_off_hip_t)(window), spread(m.hip_stature_t)(window)], max)


ELBOW, SHORT = arms_bending(grades="F:X R:X S:A O:C"), short_top(75.0, 58.0, grades="F:X R:X S:A O:C")

EXERCISE = Exercise(
    id="cross-band",
    name="Cross band",
    family="pullover",
    sides=Sides.ALTERNATING,
    signal=RepSignal(
        measure=m.lower_hand_t,
        rest=1.05,
        peak=0.2,
        full=0.6,
        min_s=1.2,
        foot=3.4,
        lowers_first=True,
        mover=m.hand_rise_t,
    ),
    position=(Gate(measure=m.bow_deg, low=-140, high=-45),),
    best_view=View.SIDE,
    camera="Side-on at floor height, 2.5 to 3 m away, your feet and a forearm's length beyond your head in the "
    "picture. Turn the other way round for the next set.",
    movement="Lie on your back, hips, knees and ankles at right angles, both arms up. "
    "Reach one arm overhead as far as it goes, legs still and ribs down, bring it back, then the other one.",
    faults=(
        ribs_flare(cue="Ribs down"),
        Fault(
            id="legs-moving",
            name="Legs moving",
            priority=2,
            read=legs_t,
            mild=0.14,
            severe=0.26,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:B"),
            cue="Legs like a table",
            explain="Hold the legs as still as a table while one arm reaches.",
            segment=("HIP", "KNEE", "ANKLE"),
        ),
        replace(
            SHORT,
            read=of_nearer_arm(reach_percent),
            name="Not reaching overhead",
            cue="Reach further overhead",
            explain="Reach as far overhead as the ribs allow; take a lighter band if it stops you.",
        ),
        replace(ELBOW, read=of_nearer_arm(ELBOW.read), cue="Long arms"),
        rushed_lift(
            read=of_nearer_arm(lifting_s),
            grades="F:X R:X S:B O:C",
            cue="Slow reach",
            explain="Let the reach take two seconds, so that legs and ribs can stay where they are.",
        ),
        uneven_sides(25.0, 40.0, grades="F:C R:C S:X O:X", cue="Same reach both sides"),
    ),
)
