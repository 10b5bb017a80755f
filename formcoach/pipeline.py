"""The one pipeline: poses in, in order of time; everything true at each instant out.

Camera, file and replay differ only in where poses come from. Nothing here looks ahead, so what is said live is
what the analysis of the recording says.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formcoach import measure as m
from formcoach.body import Body, Observer, Side, View
from formcoach.exercise import Exercise, Fault, Finding, Grade, NotAssessed, Phase, Rep, Sides, Span
from formcoach.geometry import wrapped_deg
from formcoach.reps import RepCounter, State
from formcoach.smooth import Average
from formcoach.window import Column, RepWindow, Table, Timeline, median_seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from formcoach.measure import Measure
    from formcoach.pose import Pose

LOST_S = 2.0
"""Nobody in view this long ends the set."""
FIRST_SIGHT_S = 0.5
"""A person seen in position this soon after the start of a recording is taken to be in a set already."""
SET_GAP_S, SET_GAP_REPS = 6.0, 3.0
"""A set ends after no rep for this long, or for this many times the median rep, whichever is longer."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """Everything true at one instant.

    Attributes:
        time_s: of the frame.
        pose: as estimated; None where nobody was in view.
        body: the same with view, scale and trust; None with it.
        state: where in a rep the person is.
        progress: the rep signal between rest (0) and a full rep (1); NaN where unknown.
        count: reps counted so far in this set, at the instant they count.
        set_number: from 1; 0 before the first rep.
        finished: the reps that came to their end and were judged at this instant.
        partials: movements that turned back before they counted, at this instant.
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


def moments(poses: Iterable[tuple[float, Pose | None]], exercise: Exercise) -> Iterator[Moment]:
    """Judge poses as they come: one moment a frame, and a last one when they end.

    Args:
        poses: (time_s, pose or None), times strictly rising.
        exercise: what the person does.
    """
    judge = Judge(exercise)
    for time_s, pose in poses:
        yield judge.update(time_s, pose)
    yield judge.finish()


class Judge:
    """The state between two frames. `moments` is the short way to use it."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.observer = Observer()
        self._timeline = Timeline(_measures_of(exercise))
        self._counting: _Counting = (_OneArm if exercise.sides is Sides.ONE else _BothArms)(exercise)
        self._still = _Footing()
        self._set = _Set(0)
        self._reps = 0
        self._first_s: float | None = None
        self._time_s = -math.inf
        self._seen_s = -math.inf

    def update(self, time_s: float, pose: Pose | None) -> Moment:
        """Take one frame."""
        self._time_s = time_s
        if self._first_s is None:
            self._first_s = time_s
        if pose is None:
            if time_s - self._seen_s > LOST_S:
                self._counting.lose()
            return self._moment(time_s, None, None, ())
        body = self.observer(pose)
        in_position = self._still(body) and all(_keeps(gate.measure, gate.low, gate.high, body) for gate in self.exercise.position)
        if self._seen_s == -math.inf and in_position and time_s - self._first_s <= FIRST_SIGHT_S:
            self._counting.arm()
        self._seen_s = time_s
        self._timeline.add(body)
        spans = self._counting.update(body, in_position=in_position)
        return self._moment(time_s, pose, body, tuple(self._judged(span, side) for span, side in spans))

    def finish(self) -> Moment:
        """The poses end; a rep already on its way down is judged as far as it was seen."""
        spans = self._counting.finish()
        return self._moment(self._time_s, None, None, tuple(self._judged(span, side) for span, side in spans))

    def _moment(self, time_s: float, pose: Pose | None, body: Body | None, reps: tuple[Rep, ...]) -> Moment:
        state, progress, count = self._counting.now()
        return Moment(
            time_s, pose, body, state, progress, count - self._set.counted_before, self._set.number, reps,
            self._counting.take_partials(),
        )  # fmt: skip

    # ---- one rep ----

    def _judged(self, span: Span, side: Side | None) -> Rep:
        window = self._window(span, side)
        self._reps += 1
        findings: list[Finding] = []
        hints: list[Finding] = []
        not_assessed: list[NotAssessed] = []
        for fault in self.exercise.faults:
            grade = fault.grades.at(window.view)
            if grade is Grade.X:
                not_assessed.append(NotAssessed(fault=fault.id, why=f"not visible from the {window.view.value}", instead=fault.grades.move))
                continue
            reading = fault.read(window)
            if math.isnan(reading.value):
                not_assessed.append(NotAssessed(fault=fault.id, why="not seen well enough", instead=fault.grades.move))
                continue
            if grade is Grade.C:
                not_assessed.append(NotAssessed(fault=fault.id, why=f"only a hint from the {window.view.value}", instead=fault.grades.move))
            severity = fault.severity(reading.value)
            if severity is not None:
                found = _finding(fault, severity, reading.value, reading.time_s, reading.trust * _GRADE_TRUST[grade])
                (hints if grade is Grade.C else findings).append(found)
        azimuth = window.table.median(m.azimuth_deg)
        self._set.add(span, window)
        return Rep(
            number=self._reps, set_number=self._set.number, side=side, span=span, view=window.view,
            azimuth_deg=azimuth, findings=tuple(findings), hints=tuple(hints), not_assessed=tuple(not_assessed),
        )  # fmt: skip

    def _window(self, span: Span, side: Side | None) -> RepWindow:
        if self._set.over(span.start_s):
            self._set = _Set(self._set.number + 1, self._counting.now()[2] - 1)
        table = self._timeline.between(span.start_s - 0.3, span.end_s)
        signal = self.exercise.signal.measure
        arms = _arms_seen(table, signal, side)
        neutral, trust = self._set.neutral(side) or self._neutral(span)
        self._set.keep_neutral(side, neutral, trust)
        azimuth = table.median(m.azimuth_deg)
        return RepWindow(
            span=span,
            table=table,
            signal=_norm(table, signal, arms, span),
            neutral=neutral,
            neutral_trust=trust,
            early=self._set.early(),
            arms=arms,
            arm_ranges={arm: _range(table, signal, arm) for arm in arms},
            view=View.at(azimuth),
            sideways=abs(math.sin(math.radians(azimuth))),
            frame_s=float(np.median(np.diff(table.time_s))) if len(table.rows) > 1 else math.nan,
        )

    def _neutral(self, span: Span) -> tuple[dict[Column, float], float]:
        """The person's neutral from the second before the rep; pieced together from its own bottom where it was not seen."""
        before = self._timeline.between(span.start_s - SETUP_S, span.start_s - 0.15)
        if len(before.rows) >= 3 and before.time_s[-1] - before.time_s[0] >= 0.3:
            return _medians(before), 1.0
        after = self._timeline.between(span.start_s, span.start_s + 0.3 * (span.peak_s - span.start_s))
        return _medians(after), 0.5


SETUP_S = 1.2
"""How long before the first rep the set-up is taken from: the last second, held still."""
_GRADE_TRUST = {Grade.A: 0.95, Grade.B: 0.8, Grade.C: 0.5}


def _measures_of(exercise: Exercise) -> list[Measure]:
    """Every measure that the exercise's declarations name. Faults name theirs in closures, so all are measured."""
    return [value for value in vars(m).values() if isinstance(value, m.Measure)]


def _keeps(measure: Measure, low: float, high: float, body: Body) -> bool:
    values = [measure.function(body, side) for side in Side] if measure.sided else [measure.function(body)]
    seen = [v for v in values if not math.isnan(v)]
    return not seen or any(low <= v <= high for v in seen)


def _finding(fault: Fault, severity: str, value: float, time_s: float, trust: float) -> Finding:
    limit = fault.severe if severity == "severe" else fault.mild
    return Finding(fault=fault.id, severity=severity, value=value, limit=limit, unit=fault.unit, time_s=time_s, confidence=trust)


def _medians(table: Table) -> dict[Column, float]:
    return {column: median_seen(table.rows[:, i]) for column, i in table.columns.items()}


def _arms_seen(table: Table, signal: Measure, side: Side | None) -> tuple[Side, ...]:
    """The arms that worked and were seen for most of the rep, the nearer first."""
    if side is not None:
        return (side,)
    near = Side.LEFT if wrapped_deg(table.median(m.azimuth_deg)) >= 0 else Side.RIGHT
    if not signal.sided:
        return (near, near.other)
    seen = tuple(arm for arm in (near, near.other) if np.isfinite(table.values(signal, arm)).mean() > 0.7)
    return seen or (near,)


def _norm(table: Table, signal: Measure, arms: tuple[Side, ...], span: Span) -> np.ndarray:
    """(n,) the signal over the rep's own range."""
    if signal.sided:
        columns = np.stack([table.values(signal, arm) for arm in arms])
        seen = np.isfinite(columns)
        values = np.where(seen, columns, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        values = np.where(seen.any(axis=0), values, np.nan)
    else:
        values = table.values(signal)
    return (values - span.rest) / ((span.peak - span.rest) or math.nan)


def _range(table: Table, signal: Measure, arm: Side) -> tuple[float, float]:
    values = table.values(signal, arm if signal.sided else None)
    seen = np.isfinite(values)
    if seen.sum() < 3:
        return math.nan, math.nan
    low, high = np.percentile(values[seen], (5, 97))
    return float(high - low), float(table.time_s[seen][values[seen].argmax()])


class _Footing:
    """Whether the feet stay where they are: nothing is counted while somebody walks in or away."""

    WINDOW_S = 0.5
    WALK_T = 0.35
    """Torso lengths that the feet's middle may move within the window."""

    def __init__(self) -> None:
        self._places: list[tuple[float, float, float]] = []

    def __call__(self, body: Body) -> bool:
        x = _feet_x(body)
        if math.isnan(x):
            return True
        self._places = [p for p in self._places if body.time_s - p[0] <= self.WINDOW_S]
        self._places.append((body.time_s, x, body.torso_px))
        xs = [p[1] for p in self._places]
        return max(xs) - min(xs) <= self.WALK_T * body.torso_px


def _feet_x(body: Body) -> float:
    """Where the ankles are across the picture; NaN where either is unseen."""
    from formcoach.pose import Landmark as L

    return (body.xy[L.LEFT_ANKLE][0] + body.xy[L.RIGHT_ANKLE][0]) / 2


class _Set:
    """What is known of the set under way."""

    def __init__(self, number: int, counted_before: int = 0) -> None:
        self.number = number
        self.counted_before = counted_before
        self._last_end_s = -math.inf
        self._lengths_s: list[float] = []
        self._neutral: dict[Side | None, tuple[Mapping[Column, float], float]] = {}
        self._rests: list[dict[Column, float]] = []

    def over(self, start_s: float) -> bool:
        """Whether a rep that starts then belongs to a new set."""
        if self.number == 0:
            return True
        usual_s = float(np.median(self._lengths_s)) if self._lengths_s else 0.0
        return start_s - self._last_end_s > max(SET_GAP_S, SET_GAP_REPS * usual_s)

    def add(self, span: Span, window: RepWindow) -> None:
        self._last_end_s = span.end_s
        self._lengths_s.append(span.end_s - span.start_s)
        if len(self._rests) < 2:
            chosen = window.during(Phase.BOTTOM)
            self._rests.append(_medians(Table(window.table.columns, window.table.rows[chosen])))

    def neutral(self, side: Side | None) -> tuple[Mapping[Column, float], float] | None:
        return self._neutral.get(side)

    def keep_neutral(self, side: Side | None, neutral: Mapping[Column, float], trust: float) -> None:
        self._neutral.setdefault(side, (neutral, trust))

    def early(self) -> dict[Column, float]:
        """The medians of the first two reps' bottoms; empty before there are two."""
        if len(self._rests) < 2:
            return {}
        first, second = self._rests
        return {column: (first[column] + second[column]) / 2 for column in first}


class _Counting:
    """Which counters an exercise needs, and how their signals come about."""

    def __init__(self, exercise: Exercise) -> None:
        self._signal = exercise.signal

    def update(self, body: Body, *, in_position: bool) -> list[tuple[Span, Side | None]]:
        raise NotImplementedError

    @property
    def counters(self) -> dict[Side | None, RepCounter]:
        raise NotImplementedError

    def arm(self) -> None:
        for counter in self.counters.values():
            counter.state = State.READY

    def lose(self) -> None:
        """Nobody is in view any more."""
        for counter in self.counters.values():
            counter.state = State.AWAY

    def finish(self) -> list[tuple[Span, Side | None]]:
        ended = [(counter.finish(), side) for side, counter in self.counters.items()]
        return [(span, side) for span, side in ended if span is not None]

    def take_partials(self) -> tuple[Span, ...]:
        taken = [span for counter in self.counters.values() for span in counter.partials]
        for counter in self.counters.values():
            counter.partials.clear()
        return tuple(taken)

    def now(self) -> tuple[State, float, int]:
        """State, progress and count, of the counter that is furthest in a rep."""
        busiest = max(self.counters.values(), key=lambda c: (c.in_rep, c.progress if c.in_rep else 0.0))
        return busiest.state, busiest.progress, sum(c.count for c in self.counters.values())


class _BothArms(_Counting):
    """One counter over the mean of the arms that are seen steadily, or over a signal of the whole body."""

    def __init__(self, exercise: Exercise) -> None:
        super().__init__(exercise)
        self._counter = RepCounter(exercise.signal)
        self._seen = {Side.LEFT: Average(1.0), Side.RIGHT: Average(1.0)}

    @property
    def counters(self) -> dict[Side | None, RepCounter]:
        return {None: self._counter}

    def update(self, body: Body, *, in_position: bool) -> list[tuple[Span, Side | None]]:
        span = self._counter.update(body.time_s, self._value(body), in_position=in_position)
        return [] if span is None else [(span, None)]

    def _value(self, body: Body) -> float:
        measure = self._signal.measure
        if not measure.sided:
            return measure.function(body)
        values = []
        for side in Side:
            value = measure.function(body, side)
            steady = self._seen[side](body.time_s, float(not math.isnan(value))) > 0.7
            if steady and not math.isnan(value):
                values.append(value)
        return sum(values) / len(values) if values else math.nan


class _OneArm(_Counting):
    """A counter an arm; a rep counts for an arm when the other one moves less than half as far.

    That tells a rowing arm from both, and a real rep from arms that the model exchanged for a while.
    """

    MEMORY_S = 20.0

    def __init__(self, exercise: Exercise) -> None:
        super().__init__(exercise)
        self._counters = {Side.LEFT: RepCounter(exercise.signal), Side.RIGHT: RepCounter(exercise.signal)}
        self._values: dict[Side, deque[tuple[float, float]]] = {Side.LEFT: deque(), Side.RIGHT: deque()}

    @property
    def counters(self) -> dict[Side | None, RepCounter]:
        return dict(self._counters.items())

    def update(self, body: Body, *, in_position: bool) -> list[tuple[Span, Side | None]]:
        done: list[tuple[Span, Side | None]] = []
        for side, counter in self._counters.items():
            value = self._signal.measure.function(body, side)
            self._keep(side, body.time_s, value)
            span = counter.update(body.time_s, value, in_position=in_position)
            if span is None:
                continue
            if self._moved(side.other, span) < 0.5 * span.range:
                done.append((span, side))
            else:
                counter.count -= 1
        return done

    def _keep(self, side: Side, time_s: float, value: float) -> None:
        values = self._values[side]
        if not math.isnan(value):
            values.append((time_s, value))
        while values and time_s - values[0][0] > self.MEMORY_S:
            values.popleft()

    def _moved(self, side: Side, span: Span) -> float:
        during = [v for t, v in self._values[side] if span.start_s <= t <= span.end_s]
        return max(during) - min(during) if during else 0.0
