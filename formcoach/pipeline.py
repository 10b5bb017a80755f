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
from formcoach.errors import FormCoachError, failed_at
from formcoach.exercise import Exercise, HoldSignal, Kind, Rep, Sides, Span
from formcoach.holding import Holding
from formcoach.judging import RepJudge
from formcoach.window import Timeline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

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


def moments(
    poses: Iterable[tuple[float, Pose | None]], exercise: Exercise, breaks_s: Collection[float] = ()
) -> Iterator[Moment]:
    """Judge poses as they come: one moment a frame, and a last one when they end.

    Args:
        poses: (time_s, pose or None), times strictly rising.
        exercise: what the person does.
        breaks_s: times of the frames with which something new begins, as in `PoseTrack`.
    """
    pipeline = Pipeline(exercise)
    for time_s, pose in poses:
        if time_s in breaks_s:
            pipeline.begin_anew()
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
        self._counted = 0
        self._left: list[Rep] = []

    def update(self, time_s: float, pose: Pose | None) -> Moment:
        """Take one frame."""
        return self.take(time_s, pose, None if pose is None else self._observe(pose))

    def take(self, time_s: float, pose: Pose | None, body: Body | None) -> Moment:
        """Take one frame whose pose was observed elsewhere, as where several exercises are tried at once.

        Args:
            time_s: of the frame.
            pose: None where nobody was in view.
            body: the same as one `Observer` made it, which saw all frames before.

        Raises:
            FormCoachError: what the rule counts by cannot be measured, because the rule itself fails.
        """
        try:
            return self._take(time_s, pose, body)
        except (Exception, SystemExit) as error:
            raise FormCoachError(
                f"the rule of {self._exercise.id} failed: {failed_at(error)}; mend the rule, or do without it"
            ) from error

    def _take(self, time_s: float, pose: Pose | None, body: Body | None) -> Moment:
        self._time_s = time_s
        if body is None:
            self._timeline.lose(time_s)
            if time_s - self._seen_s > LOST_S:
                self._counting.lose()
            return self._moment(None, None, [])
        stays = self._footing is None or self._footing(body)
        in_position = stays and all(gate.kept(body) for gate in self._exercise.position)
        if self._seen_s == -math.inf and in_position:
            self._counting.arm()  # first seen in position: in a set already
        self._seen_s = time_s
        self._timeline.add(body)
        return self._moment(pose, body, self._counting.update(body, in_position=in_position), self._look())

    def begin_anew(self) -> None:
        """The next frame shows another scene or another person: nothing that was known holds, and the set is over."""
        self._left += (self._judge(span, side) for span, side in self._counting.finish())
        self._counted += self._counting.now()[2]
        self._observe = Observer()
        self._timeline.clear()
        self._judge.begin_anew()
        self._counting = _counting(self._exercise)
        self._footing = None if self._exercise.kind is Kind.CARRY else Footing()
        self._seen_s = -math.inf

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
        finished = (*self._left, *(self._judge(span, side) for span, side in spans))
        self._left = []
        state, progress, count = self._counting.now()
        return Moment(
            self._time_s,
            pose,
            body,
            state,
            progress,
            self._counted + count,
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
