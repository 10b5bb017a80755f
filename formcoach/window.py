"""What was measured, frame by frame, and the windows over it that faults are read from."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formcoach.body import Side, View
from formcoach.exercise import Phase, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from formcoach.body import Body
    from formcoach.measure import Measure

Column = tuple[str, Side | None]
"""A measure's name, and the side where it has one."""


class Timeline:
    """The values of some measures over the last while; old ones are forgotten, so memory does not grow.

    Args:
        measures: what to measure in each frame.
        memory_s: how far back windows may reach.
    """

    def __init__(self, measures: Iterable[Measure], memory_s: float = 90.0) -> None:
        self._measures = tuple(dict.fromkeys(measures))
        self._memory_s = memory_s
        self._columns: dict[Column, int] = {}
        for measure in self._measures:
            for side in (Side.LEFT, Side.RIGHT) if measure.sided else (None,):
                self._columns[measure.name, side] = len(self._columns) + 1
        self._rows = np.empty((1024, len(self._columns) + 1))
        self._begin = self._end = 0
        self._lost_s: deque[float] = deque()

    def add(self, body: Body) -> None:
        """Measure one frame."""
        row = [body.time_s]
        for measure in self._measures:
            if measure.sided:
                row.append(measure.function(body, Side.LEFT))
                row.append(measure.function(body, Side.RIGHT))
            else:
                row.append(measure.function(body))
        if self._end == len(self._rows):
            self._make_room(body.time_s)
        self._rows[self._end] = row
        self._end += 1

    def lose(self, time_s: float) -> None:
        """Nobody was found in this frame: what is found next may be found wrongly for a while."""
        self._lost_s.append(time_s)
        while time_s - self._lost_s[0] > self._memory_s:
            self._lost_s.popleft()

    def losses(self, start_s: float, end_s: float) -> tuple[float, ...]:
        """The times of frames without a person between two times."""
        return tuple(t for t in self._lost_s if start_s <= t <= end_s)

    def _make_room(self, time_s: float) -> None:
        kept = self._rows[self._begin : self._end]
        kept = kept[np.searchsorted(kept[:, 0], time_s - self._memory_s) :]
        rows = np.empty((max(1024, 2 * len(kept)), self._rows.shape[1]))
        rows[: len(kept)] = kept
        self._rows, self._begin, self._end = rows, 0, len(kept)

    def last(self, measure: Measure, side: Side | None = None) -> float:
        """The newest value; NaN before the first."""
        if self._end == self._begin:
            return math.nan
        return float(self._rows[self._end - 1, self._columns[measure.name, side]])

    def between(self, start_s: float, end_s: float) -> Table:
        """The rows of start <= time <= end."""
        rows = self._rows[self._begin : self._end]
        first, last = np.searchsorted(rows[:, 0], start_s), np.searchsorted(rows[:, 0], end_s, side="right")
        return Table(self._columns, rows[first:last].copy())


@dataclass(frozen=True, eq=False)
class Table:
    """Some rows of a timeline."""

    columns: Mapping[Column, int]
    rows: NDArray[np.float64]

    @property
    def time_s(self) -> NDArray[np.float64]:
        """(n,) the rows' times."""
        return self.rows[:, 0]

    def values(self, measure: Measure, side: Side | None = None) -> NDArray[np.float64]:
        """(n,) one measure's values; NaN where unseen."""
        return self.rows[:, self.columns[measure.name, side]]

    def median(self, measure: Measure, side: Side | None = None) -> float:
        """The median of what was seen; NaN where less than half of it was."""
        return median_seen(self.values(measure, side))

    def medians(self) -> dict[Column, float]:
        """The median of every column."""
        return {column: median_seen(self.rows[:, i]) for column, i in self.columns.items()}


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
        neutral: the person's own neutral: medians of the set-up, or of the first rests where no set-up was seen.
        neutral_trust: 1 for a set-up held still, less for one pieced together.
        early: the medians of the first two reps' rests, once there are two; else empty.
        arms: the arms that worked and were seen, the nearer first.
        view: from where the rep was seen.
        sideways: how square to the side, 0 to 1.
        reach: the rep's range as a share of the full range expected of this person.
        bottom: how far from the rest the rep ended, as a share of the full range.
        lost_s: times of frames in which nobody was found.
    """

    span: Span
    table: Table
    signal: NDArray[np.float64]
    neutral: Mapping[Column, float]
    neutral_trust: float
    early: Mapping[Column, float]
    arms: tuple[Side, ...]
    view: View
    sideways: float
    reach: float
    bottom: float
    lost_s: tuple[float, ...]

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
