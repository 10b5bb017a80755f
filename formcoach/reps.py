"""Counting: a state machine with hysteresis that learns the person's range, and the times of each rep's turns.

The machine runs on n = (signal - rest) / range, so that 0 is the rest and 1 a full rep. Its limits come from
simulated sets (varied tempo, range, fatigue, pauses, half reps, fidgets): demanding the full range from the first
rep loses whole sets of people who move less, so the count asks for little and the range is judged as a fault.
"""

from __future__ import annotations

import math
from collections import deque
from enum import Enum
from statistics import median
from typing import TYPE_CHECKING

from formcoach.exercise import RepSignal, Span
from formcoach.smooth import OneEuro, SpikeGate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Sample = tuple[float, float]
"""(time_s, signal)."""


class State(Enum):
    """Where in a rep the person is."""

    AWAY = "away"
    """Not in position, or not yet still: nothing is counted."""
    READY = "ready"
    LIFT = "lift"
    TOP = "top"
    LOWER = "lower"


LIFT_OFF = 0.35
ENTER = 0.48
ABANDON = 0.20
LEAVE_TOP = 0.20
RETURNED = 0.30
TURN_UP, BOUNCE = 0.20, 0.50
"""The machine's limits as shares of the range. Reps stopped at two thirds of the joint's travel lift the hands by
0.52 to 0.68 of the range; a rep that is only short still counts, and is judged short."""
MUST_RETURN = 0.7
"""Somebody first seen higher is past the lift: nothing counts before the return. Lower, a rise must be seen."""

MIN_ALOFT = 0.4
"""Share of the shortest rep's time that the signal must stay off the rest."""

STOPPED = 0.03
"""Ranges that a signal which has stopped may move in the time below; a slow return moves more."""
STILL_SPEED, STILL_S = 0.30, 0.35
"""Arming: ranges a second over the last while below which the signal is still."""
PATIENCE_S = 6.0
"""In position this long without ever being still arms all the same."""
AWAY_S = 0.3
"""Out of position this long, nothing counts until the person is back: a frame or two is the estimate's error."""
MAX_HOLD_S = 8.0
"""Longer at the top is no rep, but standing about."""
GAP_S = 0.9
"""A longer gap in time abandons the rep: it could hide another. Computers do stall for shorter."""
SETTLED_SPEED, SETTLED_SHARE = 0.12, 0.2
"""Ranges a second below which the return is over, and, for a slow return, ranges that it would take as long as it has
taken so far: on any return the last tenth of its time is faster."""
REST_MEMORY_S = 3.0
MAX_REP_S = 30.0
"""A longer movement is no rep; what it leaves in memory stays bounded."""


class RepCounter:
    """Counts one signal. Feed it every frame; it answers with a span when a rep has come to its end.

    Attributes:
        state: where in a rep the person is.
        count: reps that have counted; a rep counts at once, its span follows when the movement rests.
        partials: spans of movements that turned back before they counted.
        progress: n, the signal between rest (0) and a full rep (1).
    """

    def __init__(self, signal: RepSignal, *, armed: bool = False) -> None:
        self.state = State.READY if armed else State.AWAY
        self.count = 0
        self.partials: list[Span] = []
        self.progress = math.nan
        self._signal = signal
        self._nominal = signal.peak - signal.rest
        self._rest = signal.rest
        self._range = self._nominal
        self._amplitudes: deque[float] = deque(maxlen=4)
        # 1 Hz at rest, faster with speed: 33 ms of lag on a rep, and no range lost (measured on noisy angles).
        scale = abs(self._nominal)
        self._smooth = OneEuro(1.2, 4.5 / scale)
        self._spikes = SpikeGate(8 * scale, 0.1)
        self._trace: list[Sample] = []
        self._recent: deque[Sample] = deque()
        self._time_s: float | None = None
        self._in_position_since: float | None = None
        self._away_since: float | None = None
        self._high = self._low = 0.0
        self._lift_s = self._top_s = self._fall_s = 0.0
        self._returned = False
        self._counted = False
        self._must_return = True
        self._first_n = math.inf
        self._rest_known = False
        self._still_s = self._last_end_s = -math.inf

    # ---- one frame ----

    def update(self, time_s: float, value: float, *, in_position: bool) -> Span | None:
        """Take the signal at one instant (NaN where unseen).

        Returns:
            The span of a counted rep that has just come to its end.
        """
        lost = self._lost_position(time_s, in_position)
        value = self._smooth(time_s, self._spikes(time_s, value))
        if math.isnan(value):
            return None
        gap = self._time_s is not None and time_s - self._time_s > GAP_S
        self._time_s = time_s
        held = self.state is State.TOP and time_s - self._top_s > MAX_HOLD_S
        endless = self.in_rep and time_s - self._lift_s > MAX_REP_S
        if gap and self.state is State.TOP and self._signal.at_peak:
            self.state = State.LOWER  # it counted, and went down unseen
        finished = self._close(complete=False) if gap else None
        if gap or lost or held or endless:
            self._forget()
        self._remember(time_s, value)
        if self.state is State.AWAY:
            self._arm(time_s, value)
            return finished
        self.progress = (value - self._rest) / self._range
        return self._step(time_s, value, self.progress) or finished

    def finish(self) -> Span | None:
        """The recording ends: the span of a rep that was already on its way down, if any."""
        span = self._close(complete=False)
        if span is None and self.in_rep:
            self._forget()
        return span

    @property
    def in_rep(self) -> bool:
        """Whether a rep is under way."""
        return self.state in (State.LIFT, State.TOP, State.LOWER)

    @property
    def still(self) -> bool:
        """Whether the signal has hardly moved for a while."""
        if not self._recent or self._recent[-1][0] - self._recent[0][0] < STILL_S * 0.8:
            return False
        (t0, v0), (t1, v1) = self._recent[0], self._recent[-1]
        return abs((v1 - v0) / self._range) < STILL_SPEED * (t1 - t0)

    def _remember(self, time_s: float, value: float) -> None:
        self._trace.append((time_s, value))
        self._recent.append((time_s, value))
        while time_s - self._recent[0][0] > STILL_S:
            self._recent.popleft()
        if self.state in (State.AWAY, State.READY) and time_s - self._trace[0][0] > 2 * REST_MEMORY_S:
            self._trace = [s for s in self._trace if time_s - s[0] <= REST_MEMORY_S]

    # ---- position ----

    def _lost_position(self, time_s: float, in_position: bool) -> bool:
        """Whether a rep under way must be given up, for somebody who left the position long ago."""
        if in_position:
            self._away_since = None
            if self._in_position_since is None:
                self._in_position_since = time_s
            return False
        self._in_position_since = None
        if self._away_since is None:
            self._away_since = time_s
        lost = time_s - self._away_since > AWAY_S
        if lost and self.state is State.READY:
            self.state = State.AWAY
        return lost and self.in_rep

    def _forget(self) -> None:
        """What was seen before no longer holds: a rep must be seen from its start again."""
        self.count -= self._counted  # it counted at its peak, and was none
        self._start_over()
        self._trace.clear()
        self._must_return, self._first_n = True, math.inf

    def _arm(self, time_s: float, value: float) -> None:
        """Ready once in position and still near the rest, or in position for long."""
        if self._in_position_since is None:
            return
        held_s = time_s - self._in_position_since
        near_rest = self._plausible_rest(value)
        if (held_s >= STILL_S and self.still and near_rest) or held_s >= PATIENCE_S:
            if near_rest:
                self._learn_rest(value)
            self.state = State.READY
            self._trace = self._trace[-1:]

    # ---- the machine ----

    def _step(self, time_s: float, value: float, n: float) -> Span | None:
        if self.state is State.READY:
            self._ready(time_s, value, n)
        elif self.state is State.LIFT:
            self._lift(n)
        elif self.state is State.TOP:
            self._top(n)
        else:
            return self._lower(time_s, n)
        return None

    def _ready(self, time_s: float, value: float, n: float) -> None:
        if self.still:
            self._still_s = time_s
        if not self._rest_known and self.still and self._plausible_rest(value):
            self._learn_rest(value)
        elif self._must_return:
            self._first_n = min(self._first_n, n)
            seen_rising = self._first_n <= MUST_RETURN and n > self._first_n + 0.15
            self._must_return = n > LIFT_OFF and not seen_rising
        elif n > LIFT_OFF:
            self.state, self._high, self._counted, self._lift_s = State.LIFT, n, False, time_s
        elif abs(n) < 0.2 or (n < 0 and self.still and self._plausible_rest(value)):
            dt_s = time_s - self._trace[-2][0] if len(self._trace) > 1 else 0.0
            share = min(1.0, dt_s / (0.3 if n < 0 else REST_MEMORY_S))  # below the rest is a better rest
            self._rest += share * (value - self._rest)

    def _learn_rest(self, value: float) -> None:
        self._rest, self._rest_known, self._must_return = value, True, False

    def _plausible_rest(self, value: float) -> bool:
        """Whether a rest there is near enough to where most people rest: it may lie well below, hardly above."""
        return -2.0 < (value - self._signal.rest) / self._nominal < 0.8

    def _lift(self, n: float) -> None:
        self._high = max(self._high, n)
        if n >= ENTER:
            self.state, self._top_s = State.TOP, self._trace[-1][0]
            if self._signal.at_peak:
                self._count()
        elif n < ABANDON:
            self.partials.append(self._span(complete=True))
            self._start_over()

    def _top(self, n: float) -> None:
        self._high = max(self._high, n)
        if n < self._high - LEAVE_TOP:
            self.state, self._low, self._returned, self._fall_s = State.LOWER, n, False, self._trace[-1][0]

    def _lower(self, time_s: float, n: float) -> Span | None:
        self._low = min(self._low, n)
        turned_up = n > self._low + (0.05 if self._returned else TURN_UP)
        stopped = self._high - n > 0.4 and self._stopped()  # a rest learned wrong must not hold the set up
        if not self._returned and (n <= RETURNED or stopped or (turned_up and self._low <= BOUNCE)):
            if time_s - self._lift_s < MIN_ALOFT * self._signal.min_s:
                self.count -= self._counted
                self._start_over()  # a glitch of the estimate, or a twitch
                return None
            self._returned = True
            self._count()
        if self._returned and (turned_up or stopped or self._settled(n)):
            span = self._close(complete=True)
            if n > RETURNED:  # it stopped high: the way down from there is no rep
                self._must_return, self._first_n = True, math.inf
            return span
        if turned_up and not self._returned:
            self.state, self._high = State.TOP, max(self._high, n)
        return None

    def _stopped(self) -> bool:
        """Whether the signal has not moved at all for a while."""
        (t0, v0), (t1, v1) = self._recent[0], self._recent[-1]
        return self.still and abs(v1 - v0) < STOPPED * abs(self._range) and t1 - t0 >= STILL_S * 0.8

    def _settled(self, n: float) -> bool:
        """At rest again: near it, and much slower than the return has been."""
        if n > 0.2:
            return False
        (t1, v1) = self._trace[-1]
        fall_s = t1 - self._fall_s
        slow = min(SETTLED_SPEED, SETTLED_SHARE / max(fall_s, 1e-3))
        for t0, v0 in reversed(self._trace):
            if t1 - t0 >= max(0.1, 0.06 * fall_s):
                return abs((v1 - v0) / self._range) < slow * (t1 - t0)
        return False

    def _count(self) -> None:
        if not self._counted:
            self._counted = True
            self.count += 1

    def _close(self, *, complete: bool) -> Span | None:
        """End the rep under way, if it has turned."""
        if self.state is not State.LOWER:
            return None
        span = self._span(complete=complete)
        self._count()
        self._learn(span)
        self._last_end_s = span.end_s
        self._start_over()
        return span

    def _learn(self, span: Span) -> None:
        sign = math.copysign(1.0, self._nominal)
        if (span.rest - self._rest) / self._range < 0.2:  # else the start was not seen
            self._amplitudes.append(span.range)
        if not self._amplitudes:
            return
        size = 0.5 * abs(self._range) + 0.5 * median(self._amplitudes)
        self._range = sign * min(max(size, 0.5 * abs(self._nominal)), 1.6 * abs(self._nominal))
        self._rest += 0.5 * (span.next_rest - self._rest)

    def _start_over(self) -> None:
        away_s = 0.0 if self._away_since is None or self._time_s is None else self._time_s - self._away_since
        self.state = State.AWAY if away_s > AWAY_S else State.READY
        cut_s = self._trace[-1][0] - REST_MEMORY_S if self._trace else 0.0
        self._trace = [s for s in self._trace if s[0] >= max(cut_s, self._last_end_s)]
        self._high = self._low = 0.0
        self._counted = False

    # ---- times ----

    def _span(self, *, complete: bool) -> Span:
        sign = math.copysign(1.0, self._range)
        since_s = self._still_s - STILL_S - 0.5  # what came before the last stillness is getting into position
        samples = [(t, sign * v) for t, v in self._trace if t >= since_s]
        lifted = next((i for i, (t, _) in enumerate(samples) if t >= self._lift_s), 0)
        top = max(range(lifted, len(samples)), key=lambda i: samples[i][1])
        rest = min(v for _, v in samples[: top + 1])
        bottom = min(v for _, v in samples[top:])
        peak = samples[top][1]
        start_s, peak_s = _rise(samples[: top + 1], rest, peak, self._signal.foot)
        back = [(-t, v) for t, v in reversed(samples[top:])]
        end_s, lowering_s = (
            (-t for t in _rise(back, bottom, peak, self._signal.foot)) if len(back) > 1 else (samples[-1][0],) * 2
        )
        if lowering_s < peak_s:
            lowering_s = peak_s = (lowering_s + peak_s) / 2
        start_s = min(max(start_s, self._last_end_s, samples[0][0]), peak_s)
        full = max(abs(self._range), 1e-9)
        return Span(
            start_s=start_s,
            peak_s=peak_s,
            lowering_s=lowering_s,
            end_s=max(min(end_s, samples[-1][0] + (AHEAD_S if complete else 0.0)), lowering_s),
            rest=sign * rest,
            peak=sign * peak,
            next_rest=sign * bottom,
            reach=(peak - sign * self._rest) / full,
            complete=complete,
        )


FOOT = 1.72
"""A movement from rest to rest goes like the minimum-jerk curve (Flash and Hogan 1985), so flat at its ends that noise
hides them. Its start lies before the 10 % point by 1.72 times what the way from 10 % to 30 % takes; so does its end."""
FOOT_MAX_S = 0.8
AHEAD_S = 0.15
"""How far beyond the newest frame the end may be set: a slow return is told by its course before it is quite over."""


def _rise(samples: Sequence[Sample], low: float, high: float, foot: float) -> tuple[float, float]:
    """When a rise from low to high begins and ends, s; the samples end at the high."""
    levels = [low + share * (high - low) for share in (0.9, 0.7, 0.3, 0.1)]
    t90, t70, t30, t10 = _last_crossings(samples, levels)
    begin = t10 - min(foot * (t30 - t10), FOOT_MAX_S)
    end = t90 + min(FOOT * (t90 - t70), FOOT_MAX_S)
    return begin, end


def _last_crossings(samples: Sequence[Sample], levels: Sequence[float]) -> Iterator[float]:
    """For falling levels, when the signal last rose through each, s; the first sample's time where it never did."""
    i = len(samples) - 1
    for level in levels:
        while i > 0 and samples[i - 1][1] >= level:
            i -= 1
        if i == 0:
            yield samples[0][0]
            continue
        (t0, v0), (t1, v1) = samples[i - 1], samples[i]
        yield t0 + (t1 - t0) * min(max((level - v0) / max(v1 - v0, 1e-12), 0.0), 1.0)
