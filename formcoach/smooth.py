"""Filters over time. All are causal and know real seconds, so that any frame rate gives the same answer."""

from __future__ import annotations

import math


def _share(dt_s: float, cutoff_hz: float) -> float:
    """The weight of the newest sample in a first-order low pass."""
    r = 2 * math.pi * cutoff_hz * dt_s
    return r / (r + 1)


class OneEuro:
    """The 1€ filter: still signals are steadied, fast ones pass without lag (Casiez, Roussel, Vogel, CHI 2012).

    Args:
        cutoff_hz: of the low pass when the signal stands still.
        beta: how much the cut-off rises with speed, Hz per (unit of the signal / s).
        speed_cutoff_hz: of the low pass over the speed.
    """

    def __init__(self, cutoff_hz: float, beta: float, speed_cutoff_hz: float = 1.0) -> None:
        self._cutoff_hz, self._beta, self._speed_cutoff_hz = cutoff_hz, beta, speed_cutoff_hz
        self._time_s: float | None = None
        self._value = self._speed = 0.0

    def __call__(self, time_s: float, value: float) -> float:
        """The filtered value. A time that does not rise, or a value that is NaN, changes nothing."""
        if math.isnan(value):
            return math.nan
        if self._time_s is None:
            self._time_s, self._value = time_s, value
            return value
        dt_s = time_s - self._time_s
        if dt_s > 0:
            speed = (value - self._value) / dt_s
            self._speed += _share(dt_s, self._speed_cutoff_hz) * (speed - self._speed)
            cutoff_hz = self._cutoff_hz + self._beta * abs(self._speed)
            self._value += _share(dt_s, cutoff_hz) * (value - self._value)
            self._time_s = time_s
        return self._value


class SpikeGate:
    """Holds back a value that jumps away for an instant, and lets it through when it stays.

    Args:
        max_speed: units / s that the signal can really move at.
        patience_s: how long a jump must last to be believed.
    """

    def __init__(self, max_speed: float, patience_s: float) -> None:
        self._max_speed, self._patience_s = max_speed, patience_s
        self._time_s: float | None = None
        self._value = math.nan
        self._since_s: float | None = None

    def __call__(self, time_s: float, value: float) -> float:
        """The value, or NaN while it is not to be believed."""
        if math.isnan(value):
            return math.nan
        if self._time_s is not None:
            far = abs(value - self._value) > self._max_speed * (time_s - self._time_s)
            if far and (self._since_s is None or time_s - self._since_s < self._patience_s):
                self._since_s = time_s if self._since_s is None else self._since_s
                return math.nan
        self._time_s, self._value, self._since_s = time_s, value, None
        return value


class Average:
    """A running mean that forgets: a sample's weight falls to 1/e in `memory_s`; at first a plain mean."""

    def __init__(self, memory_s: float) -> None:
        self._memory_s = memory_s
        self._time_s: float | None = None
        self._age_s = 0.0
        self.value = math.nan

    def __call__(self, time_s: float, value: float) -> float:
        """Take one sample; NaN is passed over. The mean so far."""
        if math.isnan(value):
            return self.value
        if self._time_s is None:
            self._time_s, self.value = time_s, value
            return value
        dt_s = max(time_s - self._time_s, 0.0)
        self._age_s += dt_s
        self._time_s = time_s
        window_s = min(self._age_s, self._memory_s)
        if window_s > 0:
            self.value += min(1.0, dt_s / window_s) * (value - self.value)
        return self.value
