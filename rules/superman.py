"""Superman, prone with the arms overhead; arms, chest and legs leave the floor together.

Movement: lying face down, chest, arms and straight legs rise a little way off the floor, pause, and come down slowly.
Camera: side-on at floor height to hip height, 2.5 to 3.5 m away, fingertips to toes in the picture.
Faults: those of the coaching article.
Sources: catalogue entry 1.22; limits of neck and pause from rendered bodies with known truth, the rest from the
catalogue, clear of clean reps (highest lift 0.29 T, lowest 0.19 T). Pauses of 0.6 to 1.5 s read 0.5 to 1.7 s.
Limits: heights are those above the set-up, so somebody who already starts lifted is judged from there. The head is
judged where the face is seen from the side.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import UNSEEN, Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    MIN_FRAMES,
    fast_lowering,
    head_back,
    level,
    lifted_t,
    over_arching,
    pick,
    rushed_lift,
    shrug,
)
from formcoach.window import RepWindow

LEG_SHARE = 0.6
"""A leg is that much longer than the trunk, so the ankles rise higher for the same angle."""


def highest_t(window: RepWindow) -> Reading:
    """How far the shoulders are lifted at the top, T, or the ankles, as if the legs were as long as the trunk."""
    chest, legs = lifted_t(window)
    return pick([chest, replace(legs, value=LEG_SHARE * legs.value)], max)


def lowest_t(window: RepWindow) -> Reading:
    """How far the end of the body that is lifted less is lifted at the top, T."""
    return pick(list(lifted_t(window)), min)


def pause_s(window: RepWindow) -> Reading:
    """How long the top is held, s: the time above 60 % of the way, less what rise and return themselves take there.

    A minimum-jerk course takes twice as long for its last 40 % as from 20 % to 60 %. A body held up sinks a little, so
    where it begins to come down cannot be told from the top alone.
    """
    t, n = window.table.time_s, window.signal
    seen = np.isfinite(n)
    t, n = t[seen], n[seen]
    high = np.nonzero(n >= HELD)[0]
    if len(high) < MIN_FRAMES or not window.span.complete:
        return UNSEEN
    first, last = int(high[0]), int(high[-1])
    before, after = np.nonzero(n[:first] < MOVING)[0], np.nonzero(n[last:] < MOVING)[0]
    if not len(before) or not len(after):
        return UNSEEN
    leaves, rises = crossing(t, n, int(before[-1]), MOVING), crossing(t, n, first - 1, HELD)
    sinks, lands = crossing(t, n, last, HELD), crossing(t, n, last + int(after[0]) - 1, MOVING)
    return Reading(sinks - rises - COURSE * (rises - leaves + lands - sinks), rises, float(seen.mean()))


def crossing(t: NDArray[np.float64], n: NDArray[np.float64], i: int, level: float) -> float:
    """When n went through the level between its samples i and i + 1."""
    return float(t[i] + (t[i + 1] - t[i]) * (level - n[i]) / (n[i + 1] - n[i]))


HELD, MOVING, COURSE = 0.6, 0.2, 2.0


EXERCISE = Exercise(
    id="superman",
    name="Superman",
    family="prone exercise",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.ends_lift_t, rest=0.01, peak=0.22, full=0.2, min_s=1.2),
    position=(Gate(measure=m.hip_stature_t, high=1.15),),
    best_view=View.SIDE,
    camera="Side-on, between the floor and hip height, 2.5 to 3.5 m away, fingertips to toes in the picture.",
    movement="Lie face down with your arms stretched out ahead. Lift arms, chest and straight legs a little way off "
    "the floor, eyes down. Pause for a second, then lower slowly.",
    faults=(
        over_arching(
            0.42,
            0.58,
            read=highest_t,
            cue="Reach long and low",
            explain="Think long rather than high: a hand's width off the floor is enough for chest and thighs.",
        ),
        Fault(
            id="legs-down",
            name="Legs or chest staying down",
            priority=2,
            read=lowest_t,
            mild=0.06,
            severe=0.03,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:B"),
            cue="Fly: arms and legs",
            explain="Only one end of your body leaves the floor. Lift chest and thighs together a little way.",
            segment=("SHOULDER", "HIP", "ANKLE"),
        ),
        Fault(
            id="no-pause",
            name="No pause at the top",
            priority=3,
            read=pause_s,
            mild=0.3,
            severe=0.1,
            unit="s",
            grades=Grades.of("F:X R:X S:A O:A"),
            cue="Pause and hold",
            explain="Hold still for a second at the top before lowering, so that the muscles do the work.",
            segment=("SHOULDER", "HIP", "ANKLE"),
        ),
        head_back(34.0, 50.0, priority=2, grades="F:X R:X S:A O:B"),
        fast_lowering(0.8, 0.45, grades="F:X R:X S:A O:B"),
        replace(rushed_lift(0.5, 0.3), grades=Grades.of("F:X R:X S:A O:B")),
        Fault(
            id="knees-bending",
            name="Knees bending",
            priority=3,
            read=level(m.knee_deg, Phase.TOP, worst=min),
            mild=148.0,
            severe=130.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Long legs",
            explain="Keep the legs straight and lift from the hip; the shins should not fold up.",
            segment=("HIP", "KNEE", "ANKLE"),
        ),
        shrug(grades="F:X R:X S:C O:C"),
    ),
)
