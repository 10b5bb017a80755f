"""Which counters an exercise needs, and how their signals come about."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from statistics import fmean, median
from typing import TYPE_CHECKING

from formcoach.body import Body, Side
from formcoach.pose import Landmark as L
from formcoach.reps import RepCounter, State
from formcoach.smooth import Average

if TYPE_CHECKING:
    from formcoach.exercise import RepSignal, Span
    from formcoach.measure import Measure


START_S = 0.3
"""So long from a rep's start on, what moves is still about where it rests."""


class Counting(ABC):
    """Which counters an exercise needs, and how their signals come about."""

    @abstractmethod
    def update(self, body: Body, *, in_position: bool) -> list[tuple[Span, Side | None]]:
        """Take one frame; the reps that came to their end, each with the arm that did it (None for both)."""

    @property
    @abstractmethod
    def counters(self) -> dict[Side | None, RepCounter]:
        """The counters, by arm."""

    def arm(self) -> None:
        """Be ready at once: somebody was first seen in position."""
        for counter in self.counters.values():
            counter.state = State.READY

    def lose(self) -> None:
        """Nobody is in view any more."""
        for counter in self.counters.values():
            counter.state = State.AWAY

    def finish(self) -> list[tuple[Span, Side | None]]:
        """The recording ends: reps already on their way down."""
        ended = [(counter.finish(), side) for side, counter in self.counters.items()]
        return [(span, side) for span, side in ended if span is not None]

    def so_far(self) -> tuple[Span, Side | None] | None:
        """The hold under way as if it ended now; None for what is counted in reps."""
        return None

    def take_partials(self) -> tuple[Span, ...]:
        """The movements since the last call that turned back before they counted."""
        taken = [
            span for side, counter in self.counters.items() for span in counter.partials if self._is_alone(side, span)
        ]
        for counter in self.counters.values():
            counter.partials.clear()
        return tuple(taken)

    def _is_alone(self, side: Side | None, span: Span) -> bool:
        """Whether a movement is that arm's own."""
        del side
        return span.range > 0

    def now(self) -> tuple[State, float, int]:
        """State, progress and count, of the counter that is furthest in a rep."""
        busiest = max(self.counters.values(), key=lambda c: (c.in_rep, c.progress if c.in_rep else 0.0))
        return busiest.state, busiest.progress, sum(c.count for c in self.counters.values())


class BothArms(Counting):
    """One counter over the mean of the arms that are seen steadily, or over a signal of the whole body."""

    def __init__(self, signal: RepSignal) -> None:
        self._signal = signal
        self._counter = RepCounter(signal)
        self._mover = Mover(signal.mover) if signal.mover is not None else None
        self._seen = {Side.LEFT: Average(1.0), Side.RIGHT: Average(1.0)}

    @property
    def counters(self) -> dict[Side | None, RepCounter]:
        """The one counter."""
        return {None: self._counter}

    def update(self, body: Body, *, in_position: bool) -> list[tuple[Span, Side | None]]:
        """Take one frame."""
        if self._mover is not None:
            self._mover.add(body)
        span = self._counter.update(body.time_s, self._value(body), in_position=in_position)
        return [] if span is None else [(span, self._side(span))]

    def finish(self) -> list[tuple[Span, Side | None]]:
        """The recording ends."""
        return [(span, self._side(span)) for span, _ in super().finish()]

    def _side(self, span: Span) -> Side | None:
        return None if self._mover is None else self._mover(span)

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


class OneArm(Counting):
    """A counter an arm; a rep counts for an arm when the other one moves less than half as far.

    That tells a rowing arm from both, and a real rep from arms that the model exchanged for a while.
    """

    def __init__(self, signal: RepSignal) -> None:
        self._signal = signal
        self._counters = {Side.LEFT: RepCounter(signal), Side.RIGHT: RepCounter(signal)}
        self._ranges = SidedValues()

    @property
    def counters(self) -> dict[Side | None, RepCounter]:
        """One for each arm."""
        return dict(self._counters.items())

    def update(self, body: Body, *, in_position: bool) -> list[tuple[Span, Side | None]]:
        """Take one frame."""
        done: list[tuple[Span, Side | None]] = []
        for side, counter in self._counters.items():
            value = self._signal.measure.function(body, side)
            self._ranges.add(side, body.time_s, value)
            span = counter.update(body.time_s, value, in_position=in_position)
            if span is None:
                continue
            if self._is_alone(side, span):
                done.append((span, side))
            else:
                counter.count -= 1
        return done

    def _is_alone(self, side: Side | None, span: Span) -> bool:
        return side is not None and self._ranges.moved(side.other, span) < 0.5 * span.range


class SidedValues:
    """What a measure of each side was over the last while."""

    MEMORY_S = 20.0

    def __init__(self) -> None:
        self._values: dict[Side, deque[tuple[float, float]]] = {Side.LEFT: deque(), Side.RIGHT: deque()}

    def add(self, side: Side, time_s: float, value: float) -> None:
        """Take one value; NaN is passed over."""
        values = self._values[side]
        if not math.isnan(value):
            values.append((time_s, value))
        while values and time_s - values[0][0] > self.MEMORY_S:
            values.popleft()

    def moved(self, side: Side, span: Span) -> float:
        """How far a side's value went during a rep."""
        during = self._during(side, span.start_s, span.end_s)
        return max(during) - min(during) if during else 0.0

    def strayed(self, side: Side, span: Span, most: float) -> float:
        """How far a side's value was from where it began, on average over a rep; at each instant, no more than so."""
        start = self._during(side, span.start_s, span.start_s + START_S)
        if not start:
            return 0.0
        began = median(start)
        return fmean(min(abs(v - began), most) for v in self._during(side, span.start_s, span.end_s))

    def _during(self, side: Side, start_s: float, end_s: float) -> list[float]:
        return [v for t, v in self._values[side] if start_s <= t <= end_s]


class Mover:
    """Which arm did a rep, where the signal is of both together: the one that was away from its rest for longer.

    How far each went does not tell: the model may put the resting arm on the one that moves, for a part of the way.
    """

    AWAY = 1 / 3
    """Of the larger of both ways: that far from its rest, an arm is away."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._ranges = SidedValues()

    def add(self, body: Body) -> None:
        """Take one frame."""
        for side in Side:
            self._ranges.add(side, body.time_s, self._measure.function(body, side))

    def __call__(self, span: Span) -> Side:
        """The side that did this rep."""
        away = self.AWAY * max(self._ranges.moved(side, span) for side in Side)
        return max(Side, key=lambda side: self._ranges.strayed(side, span, away))


class Footing:
    """Whether somebody stays where they are: nothing is counted while they walk in or away.

    Walking takes feet and hips along. Either alone is the exercise, or a foot that is seen now here, now there.
    """

    WINDOW_S = 0.5
    WALK_T = 0.35
    """Torso lengths that feet and hips may move within the window."""

    def __init__(self) -> None:
        self._places: list[tuple[float, float, float]] = []

    def __call__(self, body: Body) -> bool:
        """Take one frame; whether the person stays. Feet that are not seen are taken to stay."""
        feet = (body.xy[L.LEFT_ANKLE][0] + body.xy[L.RIGHT_ANKLE][0]) / 2
        if math.isnan(feet):
            return True
        self._places = [place for place in self._places if body.time_s - place[0] <= self.WINDOW_S]
        self._places.append((body.time_s, feet, body.hips[0]))
        _, feet_x, hips_x = zip(*self._places, strict=True)
        walked = min(max(feet_x) - min(feet_x), max(hips_x) - min(hips_x))
        return bool(walked <= self.WALK_T * body.torso_px)
