"""Which exercise a recording shows: each is tried as if it were the one, and what its reps look like decides.

Every exercise's own counter runs over the same bodies, so a movement that an exercise cannot count is none of it. Of
those that count, the one whose reps look most like it wins; reps that leave much of the movement uncounted tell
against it. Nothing else is learned than `formcoach.likeness` knows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from formcoach.errors import FormCoachError
from formcoach.exercise import Sides
from formcoach.likeness import UNLIKE, distance, known
from formcoach.pipeline import moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from formcoach.exercise import Exercise, Rep
    from formcoach.pose import PoseTrack

SHORT_HOLD_S, SHORT_HOLD = 6.0, 1.0
"""Holds and carries that last no longer are rests between reps rather: so many spreads are added."""
OTHER_SIDES = 0.5
"""Arms in turn that are always the same arm, or one arm that is now the left and now the right."""
RARER = {"row-horizontal-band": 0.12}
"""A band hardly shows: all else alike it is the commoner exercise."""
UNCOUNTED = 2.0
"""Spreads added for a movement of which nothing is counted; in proportion for less."""
SHARPNESS = 0.35
"""Spreads by which a worse candidate is e times less believed."""


FAMILIES = {
    "row": (
        "bent-over-row", "single-arm-row", "alternating-row", "row-horizontal-band", "reverse-grip-row", "wide-row",
    ),
    "press": ("overhead-press", "wall-band-retraction"),
    "raise": ("front-raise", "upright-row"),
    "fly": ("reverse-fly", "bent-over-y"),
    "pull": ("vertical-pull", "face-pull"),
    "pullover": ("pullover-floor", "pullover-bench", "cross-band"),
    "prone": ("superman", "prone-band-pulldown", "reverse-snow-angel"),
    "kneeling": ("cat-cow", "thoracic-extension-hold"),
    "carry": ("farmers-carry", "overhead-carry"),
}  # fmt: skip
"""Exercises that differ in what one camera hardly shows: a band, a grip, a bench, which arm. The others stand alone."""


def family_of(exercise_id: str) -> str:
    """The family of an exercise; of one that stands alone, itself."""
    return next((family for family, members in FAMILIES.items() if exercise_id in members), exercise_id)


@dataclass(frozen=True)
class Candidate:
    """An exercise that a recording may show.

    Attributes:
        exercise: its id.
        distance: how unlike it the reps are, in spreads; the smallest is most like it.
        confidence: 0 to 1; over all candidates and none of them it comes to 1.
        reps: counted as this exercise.
    """

    exercise: str
    distance: float
    confidence: float
    reps: int


def recognise(track: PoseTrack, exercises: Mapping[str, Exercise]) -> tuple[Candidate, ...]:
    """The exercises that a recording may show, the most likely first; empty for none."""
    judged = {one.id: _reps(track, one) for one in exercises.values() if one.id in known()}
    timed = {one.id for one in exercises.values() if one.kind.timed}
    moved_s = max((_moved_s(reps) for reps in judged.values()), default=0.0)
    found = {}
    for exercise_id, reps in judged.items():
        far = _distance(reps, exercise_id, moved_s)
        if exercise_id in timed and _moved_s(reps) < SHORT_HOLD_S * len(reps):
            far += SHORT_HOLD
        far += RARER.get(exercise_id, 0.0) + OTHER_SIDES * _sided_otherwise(reps, exercises[exercise_id].sides)
        if far < UNLIKE:
            found[exercise_id] = far
    weights = {exercise_id: math.exp(-far / SHARPNESS) for exercise_id, far in found.items()}
    whole = sum(weights.values()) + math.exp(-UNLIKE / SHARPNESS)
    ranked = sorted(found, key=lambda exercise_id: found[exercise_id])
    return tuple(Candidate(one, found[one], weights[one] / whole, len(judged[one])) for one in ranked)


AUTO = "auto"
"""In the place of an exercise's id: find out."""


def recognised(track: PoseTrack, exercises: Mapping[str, Exercise]) -> tuple[Exercise, str]:
    """The exercise that a recording shows, and a sentence that says how sure that is.

    Raises:
        FormCoachError: it looks like none of them.
    """
    ranked = recognise(track, exercises)
    if not ranked:
        raise FormCoachError(
            "this looks like none of the exercises; name it with --exercise (see `formcoach exercises`)"
        )
    best, *others = ranked
    sure = f"Recognised as {exercises[best.exercise].name.lower()} ({100 * best.confidence:.0f} % sure)"
    second = f"; next likely: {exercises[others[0].exercise].name.lower()}" if others else ""
    return exercises[best.exercise], f"{sure}{second}."


def _reps(track: PoseTrack, exercise: Exercise) -> list[Rep]:
    return [rep for moment in moments(track, exercise) for rep in moment.finished]


def _sided_otherwise(reps: list[Rep], sides: Sides) -> bool:
    """Whether arms work in another order than the exercise has it."""
    changes = sum(a.side is not b.side for a, b in pairwise(reps))
    if sides is Sides.ALTERNATING:
        return len(reps) > 2 and changes == 0
    return sides is Sides.ONE and changes > 1


def _moved_s(reps: Iterable[Rep]) -> float:
    return sum(rep.span.end_s - rep.span.start_s for rep in reps)


def _distance(reps: list[Rep], exercise_id: str, moved_s: float) -> float:
    each = [distance(rep.look, known()[exercise_id]) for rep in reps]
    seen = [far for far in each if not math.isnan(far)]
    if not seen or 2 * sum(rep.unlike for rep in reps) > len(reps):
        return math.inf
    return median(seen) + UNCOUNTED * (1 - _moved_s(reps) / moved_s)
