"""The one pipeline: poses in, in order of time; everything true at each instant out.

Camera, file and replay differ only in where poses come from. Nothing here looks ahead, so what is said live is
what the analysis of the recording says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formcoach.body import Body, Observer
from formcoach.counting import BothArms, Counting, Footing, OneArm
from formcoach.exercise import Exercise, HoldSignal, Kind, Rep, Sides, Span
from formcoach.holding import Holding
from formcoach.judging import RepJudge
from formcoach.window import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from formcoach.body import Side
    from formcoach.pose import Pose
    from formcoach.reps import State

LOOK_S = 3.0
"""How often a hold under way is judged."""
LOST_S = 2.0
"""Nobody in view this long ends the set."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """Everything true at one instant.

    Attributes:
        time_s: of the frame.
        pose: as estimated; None where nobody was in view.
        body: the same with view, scale and trust; None with it.
        state: where in a rep the person is.
        progress: the rep signal between rest (0) and a full rep (1); NaN where unknown.
        count: reps counted so far, at the instant they count.
        set_number: of the last judged rep, from 1; 0 before the first.
        finished: the reps that came to their end and were judged at this instant.
        partials: movements that turned back before they counted, at this instant.
        so_far: the hold under way, judged as if it ended now: every few seconds, so that a cue helps while it lasts.
    """

    time_s: float
    pose: Pose | None
    body: Body | None
    state: State
    progress: float
    count: int
    set_number: int
    finished: tuple[Rep, ...]
    partials: tuple[Span, ...]
    so_far: Rep | None = None


def moments(poses: Iterable[tuple[float, Pose | None]], exercise: Exercise) -> Iterator[Moment]:
    """Judge poses as they come: one moment a frame, and a last one when they end.

    Args:
        poses: (time_s, pose or None), times strictly rising.
        exercise: what the person does.
    """
    pipeline = Pipeline(exercise)
    for time_s, pose in poses:
        yield pipeline.update(time_s, pose)
    yield pipeline.finish()


class Pipeline:
    """The state between two frames. `moments` is the short way to use it."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._observe = Observer()
        self._timeline = Timeline()
        self._counting = _counting(exercise)
        self._footing = None if exercise.kind is Kind.CARRY else Footing()
        self._judge = RepJudge(exercise, self._timeline)
        self._seen_s = self._time_s = -math.inf
        self._looked_s = math.inf

    def update(self, time_s: float, pose: Pose | None) -> Moment:
        """Take one frame."""
        self._time_s = time_s
        if pose is None:
            self._timeline.lose(time_s)
            if time_s - self._seen_s > LOST_S:
                self._counting.lose()
            return self._moment(None, None, [])
        body = self._observe(pose)
        stays = self._footing is None or self._footing(body)
        in_position = stays and all(gate.kept(body) for gate in self._exercise.position)
        if self._seen_s == -math.inf and in_position:
            self._counting.arm()  # first seen in position: in a set already
        self._seen_s = time_s
        self._timeline.add(body)
        return self._moment(pose, body, self._counting.update(body, in_position=in_position), self._look())

    def _look(self) -> Rep | None:
        """The hold under way, judged every so often."""
        held = self._counting.so_far()
        if held is None:
            self._looked_s = math.inf
            return None
        if math.isinf(self._looked_s):
            self._looked_s = held[0].start_s
        if self._time_s - self._looked_s < LOOK_S:
            return None
        self._looked_s = self._time_s
        return self._judge.so_far(*held)

    def finish(self) -> Moment:
        """The poses end; a rep already on its way down is judged as far as it was seen."""
        return self._moment(None, None, self._counting.finish())

    def _moment(
        self,
        pose: Pose | None,
        body: Body | None,
        spans: list[tuple[Span, Side | None]],
        so_far: Rep | None = None,
    ) -> Moment:
        finished = tuple(self._judge(span, side) for span, side in spans)
        state, progress, count = self._counting.now()
        return Moment(
            self._time_s,
            pose,
            body,
            state,
            progress,
            count,
            self._judge.set_number,
            finished,
            self._counting.take_partials(),
            so_far,
        )


def _counting(exercise: Exercise) -> Counting:
    signal = exercise.signal
    if isinstance(signal, HoldSignal):
        return Holding(signal)
    return BothArms(signal) if exercise.sides is Sides.BOTH or not signal.measure.sided else OneArm(signal)
