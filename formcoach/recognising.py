"""Which exercise a recording or a live set shows: each is tried as if it were the one, and how its reps look decides.

Every exercise's own counter runs over the same bodies, so a movement that an exercise cannot count is none of it. Of
those that count, the one whose reps are nearest to it wins; reps that leave much of the movement uncounted tell
against it. Nothing else is learned than `formcoach.likeness` knows.

Source:
    The numbers here are from two halves of the rendered clips, no body in both, each half recognised by the
    signatures of the other; 'none' by leaving out, for each clip, the exercise that it shows and its family.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from formcoach.analysis import judge
from formcoach.body import Observer
from formcoach.errors import FormCoachError
from formcoach.exercise import Sides
from formcoach.likeness import known, nearness
from formcoach.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from formcoach.analysis import Analysis
    from formcoach.body import Body
    from formcoach.exercise import Exercise, Rep
    from formcoach.pipeline import Moment
    from formcoach.pose import Pose, PoseTrack

NO_CARRY = 1.0
"""Spreads added to holds and carries that are rests between the reps of something else: too short, or hardly walked."""
SHORT_HOLD_S = 6.0
STEPS_A_S = 1.3
"""Who carries takes 1.5 steps a second and more; the feet of who lifts seem to take up to 1.2."""
OTHER_SIDES = 0.3
"""Spreads added for arms in turn that are always the same arm, or one arm that is now the left and now the right."""
UNCOUNTED = 1.0
"""Spreads added for a movement of which nothing is counted; in proportion for less."""
NONE = 1.3
"""Spreads at which it is as likely to be none of them. Of the rendered clips 99 of 100 are nearer than 1.21 to what
they are; real people, whom no signature knows, come to 1.05, push-ups to 1.6."""
SHARPNESS = 0.15
"""Spreads by which a worse candidate is e times less believed."""
SURE = 0.7
"""Confidence from which an exercise is named without its family."""

ENOUGH_REPS, FAMILY_REPS = 2, 4
"""Reps after which an exercise that is sure is coached, and after which the likeliest of a family that is."""


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


def family_of(exercise: Exercise) -> str:
    """The family of an exercise; of one that stands alone, its own id."""
    return exercise.family or exercise.id


def recognise(track: PoseTrack, exercises: Mapping[str, Exercise]) -> tuple[Candidate, ...]:
    """The exercises that a recording may show, the most likely first; empty for none."""
    trial = Trial(exercises)
    for time_s, pose in track:
        if time_s in track.breaks_s:
            trial.begin_anew()
        trial.take(time_s, pose)
    trial.finish()
    return trial.candidates()


class Trial:
    """Counts poses as every exercise that is known by its looks, as they come; a rule that fails is left out.

    Attributes:
        body: as last seen; None where nobody was in view.
    """

    def __init__(self, exercises: Mapping[str, Exercise]) -> None:
        self._exercises = {one.id: one for one in exercises.values() if one.id in known()}
        self._pipelines = {id_: Pipeline(replace(one, faults=())) for id_, one in self._exercises.items()}
        self._reps: dict[str, list[Rep]] = {id_: [] for id_ in self._exercises}
        self._observe = Observer()
        self.body: Body | None = None

    def take(self, time_s: float, pose: Pose | None) -> bool:
        """Take one frame; whether it ended a rep of any exercise."""
        body = self.body = None if pose is None else self._observe(pose)
        return self._add(lambda pipeline: pipeline.take(time_s, pose, body))

    def begin_anew(self) -> None:
        """The next frame shows another scene."""
        self._observe = Observer()
        for pipeline in self._pipelines.values():
            pipeline.begin_anew()

    def finish(self) -> None:
        """The poses end."""
        self._add(Pipeline.finish)

    def _add(self, moment_of: Callable[[Pipeline], Moment]) -> bool:
        ended = {id_: _finished(moment_of, pipeline) for id_, pipeline in self._pipelines.items()}
        for id_, reps in ended.items():
            if reps is None:
                del self._pipelines[id_], self._reps[id_]
            else:
                self._reps[id_] += reps
        return any(ended.values())

    def candidates(self) -> tuple[Candidate, ...]:
        """What the reps so far may be, the most likely first; empty where it is more likely to be none of them."""
        return rank(self._reps, self._exercises)

    def most(self) -> tuple[int, float]:
        """The most reps that any exercise counted so far, and the longest time that any exercise's took, s."""
        each = self._reps.values()
        return max(map(len, each), default=0), max(map(_moved_s, each), default=0.0)


def rank(reps: Mapping[str, Sequence[Rep]], exercises: Mapping[str, Exercise]) -> tuple[Candidate, ...]:
    """The exercises that a movement may be, the most likely first; empty where it is more likely to be none of them.

    Args:
        reps: what each exercise's own counter made of the same movement, by id.
        exercises: by id; those in `reps` have a signature.
    """
    moved_s = max((_moved_s(counted) for counted in reps.values()), default=0.0)
    far = {id_: _distance(counted, exercises[id_], moved_s) for id_, counted in reps.items() if counted}
    weights = {id_: math.exp(-one / SHARPNESS) for id_, one in far.items()}
    likely, none = sum(weights.values()), math.exp(-NONE / SHARPNESS)
    if likely < none:
        return ()
    ranked = sorted((id_ for id_ in weights if math.isfinite(far[id_])), key=lambda id_: far[id_])
    return tuple(Candidate(id_, far[id_], weights[id_] / (likely + none), len(reps[id_])) for id_ in ranked)


def _finished(moment_of: Callable[[Pipeline], Moment], pipeline: Pipeline) -> tuple[Rep, ...] | None:
    """The reps that a pipeline judged; None where its rule fails."""
    try:
        return moment_of(pipeline).finished
    except FormCoachError:
        return None


AUTO = "auto"
"""In the place of an exercise's id: find out."""


def recognised(track: PoseTrack, exercises: Mapping[str, Exercise]) -> Analysis:
    """A recording judged as the exercise that it shows; its first note says which and how sure that is.

    Raises:
        FormCoachError: it looks like none of them.
    """
    ranked = recognise(track, exercises)
    if not ranked:
        raise FormCoachError(
            "this looks like none of the exercises; name it with --exercise (see `formcoach exercises`)"
        )
    analysis = judge(track, exercises[ranked[0].exercise])
    return replace(analysis, notes=(said_of(ranked, exercises), *analysis.notes))


def said_of(ranked: Sequence[Candidate], exercises: Mapping[str, Exercise]) -> str:
    """A sentence on what was recognised: how sure that is, or that only the family is sure, and the runner-up."""
    best, *others = ranked
    name, family = exercises[best.exercise].name.lower(), _only_family(ranked, exercises)
    then = f"; next likely: {exercises[others[0].exercise].name.lower()}" if others else ""
    if not family:
        return f"Recognised as {name} ({_percent(best.confidence)} sure){then}."
    most = f"most like {name} ({_percent(best.confidence)})"
    return f"Recognised as {family} ({_percent(_family_confidence(ranked, exercises))} sure), {most}{then}."


def looks_like(ranked: Sequence[Candidate], exercises: Mapping[str, Exercise]) -> str:
    """The same in few words, to be heard."""
    name, family = exercises[ranked[0].exercise].name.lower(), _only_family(ranked, exercises)
    return f"Looks like {family}, most like {name}." if family else f"Looks like {name}."


def _only_family(ranked: Sequence[Candidate], exercises: Mapping[str, Exercise]) -> str:
    """The family, as in "a row", where that is sure and the exercise is not; else nothing."""
    family = exercises[ranked[0].exercise].family
    if ranked[0].confidence >= SURE or _family_confidence(ranked, exercises) < SURE:
        return ""
    return f"an {family}" if family[0] in "aeiou" else f"a {family}"


def decided(ranked: Sequence[Candidate], exercises: Mapping[str, Exercise]) -> bool:
    """Whether who is watched live need not show more: enough reps for what is sure, the exercise or its family."""
    if not ranked or ranked[0].reps < ENOUGH_REPS:
        return False
    sure_of_family = ranked[0].reps >= FAMILY_REPS and _family_confidence(ranked, exercises) >= SURE
    return ranked[0].confidence >= SURE or sure_of_family


def _family_confidence(ranked: Sequence[Candidate], exercises: Mapping[str, Exercise]) -> float:
    """How sure the family of the most likely one is; 0 for an exercise that stands alone."""
    family = exercises[ranked[0].exercise].family
    return sum(one.confidence for one in ranked if family and exercises[one.exercise].family == family)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _distance(reps: Sequence[Rep], exercise: Exercise, moved_s: float) -> float:
    """How unlike an exercise some reps are, in spreads; infinite where most of them are none of it."""
    each = [nearness(rep.look, known()[exercise.id]) for rep in reps]
    seen = [far for far in each if not math.isnan(far)]
    if not seen or 2 * sum(rep.unlike for rep in reps) > len(reps):
        return math.inf
    uncounted = UNCOUNTED * (1 - _moved_s(reps) / moved_s)
    return median(seen) + uncounted + NO_CARRY * _rests(reps, exercise) + OTHER_SIDES * _other_sides(reps, exercise)


def _rests(reps: Sequence[Rep], exercise: Exercise) -> bool:
    """Whether what was timed is rather the rests between the reps of something else."""
    steps = sum(rep.walk.steps for rep in reps if rep.walk is not None)
    walked = all(rep.walk is None for rep in reps) or steps >= STEPS_A_S * _moved_s(reps)
    return exercise.kind.timed and not (walked and _moved_s(reps) >= SHORT_HOLD_S * len(reps))


def _other_sides(reps: Sequence[Rep], exercise: Exercise) -> bool:
    """Whether arms work in another order than the exercise has it."""
    changes = sum(a.side is not b.side for a, b in pairwise(reps))
    if exercise.sides is Sides.ALTERNATING:
        return len(reps) > 2 and changes == 0
    return exercise.sides is Sides.ONE and changes > 1


def _moved_s(reps: Iterable[Rep]) -> float:
    return sum(rep.span.end_s - rep.span.start_s for rep in reps)
