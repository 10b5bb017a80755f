"""What was measured, frame by frame, and the windows over it that faults are read from."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formcoach.exercise import Phase, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formcoach.body import Body, Side, View
    from formcoach.measure import Measure


MIN_STEP_S = 0.001
"""Bodies are kept no closer than this: memory is bounded by what a camera of 1000 frames a second needs."""


class Timeline:
    """The bodies of the last while; old ones are forgotten, so memory does not grow.

    Args:
        memory_s: how far back windows may reach.
    """

    def __init__(self, memory_s: float = 60.0) -> None:
        self._memory_s = memory_s
        self._bodies: list[Body] = []
        self._lost_s: deque[float] = deque()

    def add(self, body: Body) -> None:
        """Keep one frame; of those that follow each other closer than any camera's, not all."""
        if self._bodies and 0 <= body.time_s - self._bodies[-1].time_s < MIN_STEP_S:
            return
        self._bodies.append(body)
        if body.time_s - self._bodies[0].time_s > 1.2 * self._memory_s:  # not one by one, which is slow
            del self._bodies[: bisect_left(self._bodies, body.time_s - self._memory_s, key=_time_of)]

    def clear(self) -> None:
        """Forget all: what comes next has nothing to do with it."""
        self._bodies.clear()
        self._lost_s.clear()

    def lose(self, time_s: float) -> None:
        """Nobody was found in this frame: what is found next may be found wrongly for a while."""
        self._lost_s.append(time_s)
        while time_s - self._lost_s[0] > self._memory_s:
            self._lost_s.popleft()

    def losses(self, start_s: float, end_s: float) -> tuple[float, ...]:
        """The times of frames without a person between two times."""
        return tuple(t for t in self._lost_s if start_s <= t <= end_s)

    def between(self, start_s: float, end_s: float) -> Table:
        """The frames of start <= time <= end."""
        first = bisect_left(self._bodies, start_s, key=_time_of)
        return Table(self._bodies[first : bisect_right(self._bodies, end_s, key=_time_of)])


def _time_of(body: Body) -> float:
    return body.time_s


class Table:
    """Some frames, and whatever is measured of them: a measure is taken when it is first asked for.

    Attributes:
        bodies: one a frame, in order of time.
        time_s: (n,) their times.
    """

    def __init__(self, bodies: Sequence[Body]) -> None:
        self.bodies = tuple(bodies)
        self.time_s: NDArray[np.float64] = np.array([body.time_s for body in bodies])
        self._columns: dict[tuple[Measure, Side | None], NDArray[np.float64]] = {}

    def __len__(self) -> int:
        return len(self.bodies)

    def values(self, measure: Measure, side: Side | None = None) -> NDArray[np.float64]:
        """(n,) one measure's values, of one side where it has sides; NaN where unseen."""
        if (measure, side) not in self._columns:
            of = (side,) if measure.sided else ()
            self._columns[measure, side] = np.array([measure.function(body, *of) for body in self.bodies], float)
        return self._columns[measure, side]

    def median(self, measure: Measure, side: Side | None = None) -> float:
        """The median of what was seen; NaN where less than half of it was."""
        return median_seen(self.values(measure, side))

    def where(self, chosen: NDArray[np.bool_]) -> Table:
        """Only the chosen frames."""
        return Table([body for body, keep in zip(self.bodies, chosen, strict=True) if keep])


def median_seen(values: NDArray[np.float64]) -> float:
    """The median without NaN; NaN where fewer than half, or none, remain."""
    seen = values[np.isfinite(values)]
    return float(np.median(seen)) if len(seen) and 2 * len(seen) >= len(values) else math.nan


@dataclass(frozen=True, eq=False)
class RepWindow:
    """One rep with all that a fault's function may look at.

    Attributes:
        span: its times and range.
        table: all frames of the rep and the instants before it.
        signal: (n,) the rep signal n over the table's rows: 0 rest, 1 the rep's own peak.
        neutral: the person's own neutral: the set-up, or the first rests where no set-up was seen.
        neutral_trust: 1 for a set-up held still, less for one pieced together.
        early: the first two reps' rests, once there are two; else empty.
        arms: the arms that worked and were seen, the nearer first.
        view: from where the rep was seen.
        sideways: how square to the side, 0 to 1.
        reach: the rep's range as a share of the full range expected of this person.
        bottom: how far from the rest the rep ended, as a share of the full range.
        lost_s: times of frames in which nobody was found.
        other_range: the range of the other arm's last rep in this set; NaN where it did none.
    """

    span: Span
    table: Table
    signal: NDArray[np.float64]
    neutral: Table
    neutral_trust: float
    early: tuple[Table, ...]
    arms: tuple[Side, ...]
    view: View
    sideways: float
    reach: float
    bottom: float
    lost_s: tuple[float, ...]
    other_range: float = math.nan

    def during(self, phase: Phase) -> NDArray[np.bool_]:
        """(n,) which of the table's rows belong to any of the phases."""
        t, span = self.table.time_s, self.span
        chosen = np.zeros(len(t), bool)
        if Phase.SETUP in phase:
            chosen |= (t >= span.start_s - 0.3) & (t <= span.start_s)
        if Phase.LIFT in phase:
            chosen |= (t >= span.start_s) & (t <= span.peak_s)
        if Phase.TOP in phase:
            chosen |= (t >= span.start_s) & (t <= span.end_s) & (self.signal > 1 - 1 / 7)
        if Phase.LOWER in phase:
            chosen |= (t >= span.lowering_s) & (t <= span.end_s)
        if Phase.BOTTOM in phase:
            chosen |= (t >= span.start_s) & (t <= span.end_s) & (self.signal < 1 / 3)
        return chosen

    def seen_throughout(self, start_s: float, end_s: float) -> bool:
        """Whether the person was found in every frame between two times."""
        return not any(start_s <= t <= end_s for t in self.lost_s)

    def sides(self, measure: Measure) -> tuple[Side | None, ...]:
        """The sides to look at: the arms that worked for a sided measure, else none."""
        return self.arms if measure.sided else (None,)
