"""Geometry of a page's plots. Along is in percent, as SVG takes it; lines are in a box of 1000 by 100."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formcoach.exercise import Fault

POINTS = 600
"""A line has about so many points at most."""
LOW, HIGH = -0.2, 1.1
"""The share of the fullest rep at the lower and the upper edge of a plot."""


@dataclass(frozen=True)
class Stretch:
    """From where to where along a plot, percent."""

    left: float
    width: float


@dataclass(frozen=True)
class Axis:
    """Time along a plot, s."""

    start_s: float
    end_s: float

    def at(self, time_s: float) -> float:
        """Percent along."""
        share = (time_s - self.start_s) / max(self.end_s - self.start_s, 1e-6)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def stretch(self, start_s: float, end_s: float) -> Stretch:
        """Where a time lies along."""
        left = self.at(start_s)
        return Stretch(left, round(max(self.at(end_s) - left, 0.0), 2))


def line(times_s: NDArray[np.float64], shares: NDArray[np.float64], axis: Axis) -> str:
    """The path of a signal, broken where it is not known."""
    inside = (times_s >= axis.start_s) & (times_s <= axis.end_s)
    times_s, shares = _thinned(times_s[inside], shares[inside])
    path: list[str] = []
    pen = "M"
    for time_s, share in zip(times_s.tolist(), shares.tolist(), strict=True):
        if math.isnan(share):
            pen = "M"
            continue
        path.append(f"{pen}{10 * axis.at(time_s):.0f} {height(share):.1f}")
        pen = "L"
    return "".join(path)


def height(share: float) -> float:
    """Where a share of a full rep lies in the box, downward."""
    return round(100 * (HIGH - min(max(share, LOW), HIGH)) / (HIGH - LOW), 1)


def _thinned(
    times_s: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and the highest of each few samples, so that no peak is lost."""
    if len(values) <= POINTS:
        return times_s, values
    kept: set[int] = set()
    for some in np.array_split(np.arange(len(values)), POINTS // 2):
        part = values[some]
        if np.isnan(part).all():
            kept.add(int(some[0]))
        else:
            kept |= {int(some[np.nanargmin(part)]), int(some[np.nanargmax(part)])}
    order = sorted(kept)
    return times_s[order], values[order]


@dataclass(frozen=True)
class Meter:
    """A value against a fault's limits, percent along.

    Attributes:
        value: where it is.
        mild, severe: from where to where it is which.
        zero: where nothing is; None where that lies outside.
    """

    value: float
    mild: Stretch
    severe: Stretch
    zero: float | None


def meter(value: float, fault: Fault) -> Meter:
    """The scale of a fault with a value on it."""
    marks = [0.0, value, fault.mild, fault.severe]
    room = 0.12 * ((max(marks) - min(marks)) or 1.0)
    low, high = min(marks) - (room if min(marks) < 0 else 0.0), max(marks) + room

    def at(x: float) -> float:
        return round(100 * (x - low) / (high - low), 2)

    def between(a: float, b: float) -> Stretch:
        return Stretch(at(min(a, b)), round(abs(at(b) - at(a)), 2))

    far = low if fault.less_is_worse else high
    return Meter(at(value), between(fault.mild, fault.severe), between(fault.severe, far), at(0.0) if low < 0 else None)


@dataclass(frozen=True)
class Bar:
    """A bar of a chart, percent from the left and of the full height.

    Attributes:
        parts: heights of what is stacked, from the bottom.
    """

    left: float
    width: float
    parts: tuple[Stretch, ...]


def bars(values: Sequence[Sequence[float]], highest: float) -> list[Bar]:
    """A bar for each, its parts stacked; unknown ones are nothing."""
    step = 100 / max(len(values), 1)
    width = min(0.7 * step, 8.0)
    made = []
    for i, parts in enumerate(values):
        stacked: list[Stretch] = []
        top = 0.0
        for part in parts:
            size = 0.0 if math.isnan(part) else 100 * max(part, 0.0) / max(highest, 1e-6)
            top += size
            stacked.append(Stretch(round(100 - top, 2), round(size, 2)))
        made.append(Bar(round((i + 0.5) * step - width / 2, 3), round(width, 3), tuple(stacked)))
    return made
