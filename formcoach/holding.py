"""The clock of holds and carries: it runs while the body keeps the position, and tells when it began and ended."""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from formcoach.body import Side
from formcoach.counting import Counting
from formcoach.exercise import HoldSignal, Span
from formcoach.reps import RepCounter, State
from formcoach.smooth import Average
from formcoach.walking import Stepping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formcoach.body import Body

STEADY_S = 0.6
"""In position this long starts the clock, dated back to when it was taken."""
FLICKER_S = 0.25
"""A shorter loss of the position while it is being taken is the estimate's error."""
BREAK_S = 1.0
"""Out of position this long ends the hold, dated back to when it was left."""
WAY_S, PLATEAU_S = 3.0, 1.5
"""How long before it is in position a body may be on its way, and over how long the level that it comes to is told."""
LEAST_WAY_DEG = 3.0
"""A course that changes less on the way in or out dates nothing."""
REST_OF_WAY = 1.87
"""What is left of a minimum-jerk movement at 80 % of its way, in times of what it takes from 50 % to 80 %: the end of
the way drowns in noise, its middle does not."""
REST_OF_WAY_S = 0.8


def arrival_s(samples: Sequence[tuple[float, float]], level: float) -> float | None:
    """When a movement that rises to a level comes to it.

    Args:
        samples: (time_s, value), from before the movement until the level is held.
        level: that it comes to.

    Returns:
        The time; None where hardly anything moved.
    """
    if not samples:
        return None
    way = level - min(value for _, value in samples)
    if way < LEAST_WAY_DEG:
        return None
    lowest = max(i for i, (_, value) in enumerate(samples) if value <= level - 0.9 * way)
    t50, t80 = (_passed_s(samples[lowest:], level - share * way) for share in (0.5, 0.2))
    return t80 + min(REST_OF_WAY * (t80 - t50), REST_OF_WAY_S)


def _passed_s(samples: Sequence[tuple[float, float]], level: float) -> float:
    """When the values first rise through a level."""
    for (t0, v0), (t1, v1) in pairwise(samples):
        if v1 >= level:
            return t0 + (t1 - t0) * min(max((level - v0) / max(v1 - v0, 1e-9), 0.0), 1.0)
    return samples[-1][0]


class Holding(Counting):
    """Times a position. A hold comes out as a span that is all top, its range the seconds held."""

    def __init__(self, signal: HoldSignal) -> None:
        self._signal = signal
        self._stepping = Stepping()
        self._carried = _averages()
        self._time_s = self._placed_s = math.nan
        self._placed = self._lost = False
        self._since_s: float | None = None
        self._out_s: float | None = None
        self._held = False
        self._count = 0
        self._course: deque[tuple[float, float]] = deque()
        self._started_s: float | None = None

    @property
    def counters(self) -> dict[Side | None, RepCounter]:
        """None: nothing goes to and fro."""
        return {}

    def update(self, body: Body, *, in_position: bool) -> list[tuple[Span, Side | None]]:
        """Take one frame."""
        ended = []
        if self._lost:
            ended = self._close(complete=False)
            self._lost = self._placed = False
            self._course.clear()
        self._time_s = body.time_s
        self._weigh(body)
        self._follow(body)
        kept = in_position and all(gate.kept(body) for gate in self._signal.gates)
        kept = kept and (self._since_s is not None or self._seen(body))
        if kept != self._placed:
            self._placed, self._placed_s = kept, body.time_s
        changed_s = self._placed_s
        if self._signal.walking:
            walking = self._stepping(body)
            if kept and walking:  # what came last dates the beginning
                changed_s = max(changed_s, self._stepping.since_s)
            elif kept:
                changed_s = self._stepping.since_s
            elif not walking:  # what stopped first dates the end
                changed_s = min(changed_s, self._stepping.since_s)
            kept = kept and walking
        return ended + self._keep(kept, changed_s)

    def _seen(self, body: Body) -> bool:
        """Whether the gates can be told at all: unseen is taken to be kept, but starts no clock."""
        measures = [gate.measure for gate in self._signal.gates]
        values = [m.function(body, side) for m in measures if m.sided for side in Side]
        values += [m.function(body) for m in measures if not m.sided]
        return not all(math.isnan(value) for value in values)

    def _keep(self, kept: bool, changed_s: float) -> list[tuple[Span, Side | None]]:
        if kept:
            self._out_s = None
            self._since_s = changed_s if self._since_s is None else self._since_s
            if not self._held and self._time_s - self._since_s >= STEADY_S:
                self._held = True
                self._count += 1
                self._carried = _averages()
            return []
        if self._since_s is None:
            return []
        self._out_s = max(changed_s, self._since_s) if self._out_s is None else self._out_s
        if self._held:
            return self._close(complete=True) if self._time_s - self._out_s >= BREAK_S else []
        if self._time_s - self._out_s > FLICKER_S:
            self._since_s = self._out_s = None
        return []

    def _close(self, *, complete: bool) -> list[tuple[Span, Side | None]]:
        if not self._held or self._since_s is None:
            self._since_s = self._out_s = None
            return []
        start_s, end_s = self._started(), self._ended()
        self._held, self._since_s, self._out_s, self._started_s = False, None, None, None
        if end_s - start_s < self._signal.min_s:
            self._count -= 1
            return []
        return [(self._span(start_s, end_s, complete=complete), self._side())]

    def _span(self, start_s: float, end_s: float, *, complete: bool) -> Span:
        held_s = end_s - start_s
        return Span(
            start_s=start_s, peak_s=start_s, lowering_s=end_s, end_s=end_s, rest=0.0, peak=held_s, next_rest=0.0,
            reach=held_s / self._signal.target_s, complete=complete,
        )  # fmt: skip

    def so_far(self) -> tuple[Span, Side | None] | None:
        """The hold under way as if it ended now; None while none is."""
        if not self._held or self._out_s is not None:
            return None
        return self._span(self._started(), self._time_s, complete=False), self._side()

    def _follow(self, body: Body) -> None:
        """Keep the course of the way in and out, and date the beginning as soon as the level is known."""
        if self._signal.course is None:
            return
        value = self._signal.course.function(body)
        if not math.isnan(value):
            self._course.append((body.time_s, value))
        while self._course and body.time_s - self._course[0][0] > 3 * WAY_S:
            self._course.popleft()
        if self._held and self._since_s is not None and body.time_s - self._since_s > 2 * WAY_S:
            self._started_s = self._started()

    def _started(self) -> float:
        """When the hold began: when the way in was over."""
        if self._started_s is not None:
            return self._started_s
        since_s, out_s = self._marks()
        level = self._level(since_s + WAY_S, since_s + WAY_S + PLATEAU_S, out_s)
        way = [(t, v) for t, v in self._course if -WAY_S <= t - since_s <= WAY_S and t <= out_s]
        found_s = None if level is None else arrival_s(way, level)
        return since_s if found_s is None else found_s

    def _ended(self) -> float:
        """When the hold ended: when the way out began."""
        since_s, out_s = self._marks()
        level = self._level(out_s - WAY_S - PLATEAU_S, out_s - WAY_S, out_s)
        back = [(-t, v) for t, v in reversed(self._course) if t - out_s >= -WAY_S and t >= since_s]
        found_s = None if level is None or self._out_s is None else arrival_s(back, level)
        return out_s if found_s is None else -found_s

    def _marks(self) -> tuple[float, float]:
        """When the gates were first kept, and when they no longer were, or now."""
        since_s = self._time_s if self._since_s is None else self._since_s
        return since_s, self._time_s if self._out_s is None else self._out_s

    def _level(self, start_s: float, end_s: float, out_s: float) -> float | None:
        """The course's level between two times of the hold; of a hold too short to have them, in its middle."""
        since_s, _ = self._marks()
        if out_s - since_s < 2 * WAY_S:
            start_s, end_s = (3 * since_s + 2 * out_s) / 5, (2 * since_s + 3 * out_s) / 5
        plateau = [v for t, v in self._course if start_s <= t <= end_s]
        return median(plateau) if plateau else None

    def _weigh(self, body: Body) -> None:
        carried = self._signal.carried
        if carried is not None and self._held:
            for side, mean in self._carried.items():
                mean(body.time_s, carried.function(body, side))

    def _side(self) -> Side | None:
        if self._signal.carried is None:
            return None
        left, right = (self._carried[side].value for side in Side)
        return Side.LEFT if math.isnan(right) or left >= right else Side.RIGHT

    def arm(self) -> None:
        """Nothing to be ready for: the clock starts with the position."""

    def lose(self) -> None:
        """Nobody is in view any more: the hold ended when the person was last seen, or went on unseen."""
        self._out_s = self._time_s if self._out_s is None else self._out_s
        self._lost = True

    def finish(self) -> list[tuple[Span, Side | None]]:
        """The recording ends."""
        if self._signal.walking and self._out_s is None:
            self._out_s = self._stepping.stopped_s()
        return self._close(complete=self._out_s is not None and not self._lost)

    def take_partials(self) -> tuple[Span, ...]:
        """None: a hold too short is no half rep."""
        return ()

    def now(self) -> tuple[State, float, int]:
        """Holding or not, the share of the target, and the holds begun."""
        if not self._held or self._since_s is None:
            return (State.READY if self._since_s is not None else State.AWAY), 0.0, self._count
        return State.TOP, (self._time_s - self._since_s) / self._signal.target_s, self._count


def _averages() -> dict[Side, Average]:
    return {Side.LEFT: Average(5.0), Side.RIGHT: Average(5.0)}
