"""Counting on hand-drawn signals whose reps are known to the millisecond."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formcoach.exercise import RepSignal, Span
from formcoach.measure import elbow_deg, hand_h_t
from formcoach.reps import AHEAD_S, RepCounter, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

RISING = RepSignal(measure=hand_h_t, rest=0.0, peak=1.0, full=0.8)
FALLING = RepSignal(measure=elbow_deg, rest=165.0, peak=65.0, full=80.0)
AT_PEAK = replace(RISING, at_peak=True)

signals = pytest.mark.parametrize("signal", [RISING, FALLING], ids=["rises", "falls"])
rates = pytest.mark.parametrize("fps", [10, 15, 30, 60])


# --- drawing ---


@dataclass(frozen=True)
class Move:
    """One rep, in seconds and shares of the signal's range: lift, hold, lower, rest."""

    lift: float = 1.0
    top: float = 0.3
    lower: float = 1.2
    rest: float = 0.5
    size: float = 1.0


USUAL = Move()
Times = tuple[float, float, float, float]


class Curve:
    """Minimum-jerk ways between places: somebody who stands still for `still_s`, then moves."""

    def __init__(self, moves: Iterable[Move] = (), still_s: float = 1.5) -> None:
        self.places = [(0.0, 0.0), (still_s, 0.0)]
        self.reps: list[Times] = []
        for move in moves:
            start = self.end_s
            peak = self.go(move.lift, move.size)
            lowering = self.go(move.top, move.size)
            end = self.go(move.lower, 0.0)
            self.reps.append((start, peak, lowering, end))
            self.go(move.rest, 0.0)

    @property
    def end_s(self) -> float:
        return self.places[-1][0]

    def go(self, in_s: float, to: float) -> float:
        """When it is there."""
        self.places.append((self.end_s + in_s, to))
        return self.end_s

    def __call__(self, time_s: float) -> float:
        for (t0, v0), (t1, v1) in pairwise(self.places):
            if time_s < t1:
                x = (time_s - t0) / (t1 - t0)
                return v0 + (v1 - v0) * x**3 * (10 - 15 * x + 6 * x * x)
        return self.places[-1][1]

    def times(self, fps: float, begin_s: float = 0.0, end_s: float = math.inf) -> list[float]:
        """The times of frames, until some time after all."""
        frames = range(math.ceil(begin_s * fps), math.ceil(min(self.end_s + 1.5, end_s) * fps))
        return [i / fps for i in frames]


def curve(*moves: Move) -> Curve:
    return Curve(moves)


@dataclass(frozen=True)
class Played:
    """What a counter made of a curve; `counts` is the count after each frame."""

    counter: RepCounter
    spans: list[Span]
    counts: list[int]

    @property
    def found(self) -> tuple[int, int, int]:
        """Reps, their spans, partials."""
        return self.counter.count, len(self.spans), len(self.counter.partials)


def play(
    value: Callable[[float], float],
    times: Sequence[float],
    signal: RepSignal = RISING,
    *,
    armed: bool = False,
    away: Sequence[tuple[float, float]] = (),
) -> Played:
    """Play a curve to a new counter; out of position during `away`."""
    counter = RepCounter(signal, armed=armed)
    spans, counts = [], []
    for time_s in times:
        level = signal.rest + (signal.peak - signal.rest) * value(time_s)
        spans.append(counter.update(time_s, level, in_position=not any(a <= time_s < b for a, b in away)))
        counts.append(counter.count)
    spans.append(counter.finish())
    return Played(counter, [span for span in spans if span is not None], counts)


def without(times: Iterable[float], begin_s: float, length_s: float) -> list[float]:
    return [t for t in times if not begin_s < t < begin_s + length_s]


def off(played: Played, drawn: Curve) -> float:
    """The largest error of any time, s."""
    told = [(s.start_s, s.peak_s, s.lowering_s, s.end_s) for s in played.spans]
    return float(np.abs(np.array(told) - np.array(drawn.reps)).max())


# --- how many ---

SETS = {
    "five": [USUAL] * 5,
    "twelve": [USUAL] * 12,
    "quick": [Move(0.5, 0, 0.6, 0.2)] * 8,
    "slow": [Move(3, 0.3, 4, 0.5)] * 5,
    "quick up, slow down": [Move(0.6, 0, 3, 0.3)] * 6,
    "slow up, quick down": [Move(3, 0.2, 0.6, 0.3)] * 6,
    "ever slower": [Move(0.6 + 0.2 * i, 0.1, 0.8 + 0.2 * i, 0.3 + 0.1 * i) for i in range(10)],
    "touch and go": [Move(0.8, 0, 1.0, 0)] * 10,
    "pauses at the top": [replace(USUAL, top=2.5)] * 6,
    "pauses at the bottom": [replace(USUAL, rest=4.0)] * 6,
    "no two alike": [Move(0.6 + 0.1 * i, i % 3, 1.6 - 0.1 * i, (i + 1) % 3, 1.1 - 0.05 * i) for i in range(7)],
    "short": [replace(USUAL, size=0.6)] * 8,
    "short, touch and go": [Move(0.8, 0, 0.9, 0, 0.6)] * 8,
    "large": [replace(USUAL, size=1.5)] * 6,
    "ever shorter": [replace(USUAL, size=1.1 - 0.05 * i) for i in range(8)],
    "dropped": [Move(1.0, 0.3, 0.3, 1.0)] * 6,
    "dropped in a tenth of a second": [Move(1.0, 0.3, 0.1, 1.0)] * 6,
}
sets = pytest.mark.parametrize("moves", SETS.values(), ids=SETS)


@signals
@rates
@sets
def test_count(moves: list[Move], fps: int, signal: RepSignal) -> None:
    drawn = Curve(moves)
    played = play(drawn, drawn.times(fps), signal)
    assert played.found == (len(moves), len(moves), 0)
    assert all(span.complete for span in played.spans)


@sets
def test_count_at_a_rate_that_varies(moves: list[Move]) -> None:
    drawn = Curve(moves)
    steps = np.random.default_rng(4).choice([1 / 60, 1 / 30, 1 / 30, 1 / 24, 0.12], 9999)
    times = np.cumsum(steps)
    played = play(drawn, times[times < drawn.end_s + 1.5].tolist())
    assert played.found == (len(moves), len(moves), 0)


@signals
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("fps", [10, 30])
def test_count_in_noise(fps: int, seed: int, signal: RepSignal) -> None:
    drawn = Curve([Move(0.9, 0.2 * (i % 3), 1.3, 0.4 * (i % 4), 0.8 + 0.05 * i) for i in range(8)])
    times = drawn.times(fps)
    noise = dict(zip(times, np.random.default_rng(seed).normal(0, 0.04, len(times)), strict=True))
    assert play(lambda t: drawn(t) + noise[t], times, signal).found == (8, 8, 0)


@pytest.mark.parametrize("spike", [-4.0, -1.0, 1.0, 4.0])
@pytest.mark.parametrize("frames", [1, 2])
def test_spikes_are_not_counted(frames: int, spike: float) -> None:
    """Anywhere: every 37th frame and perhaps the next are wrong."""
    drawn = Curve([USUAL] * 6)
    times = drawn.times(30)
    bad = {t for i, t in enumerate(times) if i % 37 < frames}
    assert play(lambda t: drawn(t) + spike * (t in bad), times).found == (6, 6, 0)


@pytest.mark.parametrize("drift", [-0.012, 0.012], ids=["sinks", "rises"])
@signals
def test_the_rest_may_drift(signal: RepSignal, drift: float) -> None:
    """By a third of the range over the set."""
    drawn = Curve([USUAL] * 10)
    assert play(lambda t: drawn(t) + drift * t, drawn.times(30), signal).found == (10, 10, 0)


@pytest.mark.parametrize("level", [-0.6, -0.3, 0.2, 0.4])
@signals
def test_the_rest_may_lie_elsewhere(signal: RepSignal, level: float) -> None:
    drawn = Curve([USUAL] * 6)
    assert play(lambda t: drawn(t) + level, drawn.times(30), signal).found == (6, 6, 0)


@pytest.mark.parametrize("level", [0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_pause_on_the_way_is_no_rep(way: str, level: float) -> None:
    drawn = Curve()
    for _ in range(5):
        if way == "up":
            drawn.go(0.8, level)
            drawn.go(0.8, level)
        drawn.go(0.8, 1.0)
        drawn.go(0.3, 1.0)
        if way == "down":
            drawn.go(0.8, level)
            drawn.go(0.8, level)
        drawn.go(0.8, 0.0)
        drawn.go(0.5, 0.0)
    assert play(drawn, drawn.times(30)).found == (5, 5, 0)


@pytest.mark.parametrize(
    ("dip", "count"),
    [pytest.param(0.8, 5, id="sway"), pytest.param(0.6, 5, id="a dip"), pytest.param(0.4, 10, id="half way, again")],
)
def test_a_dip_at_the_top(dip: float, count: int) -> None:
    """Down and up again: not far, it is the same rep; below one half another begins."""
    drawn = Curve()
    for _ in range(5):
        for in_s, to in ((1.0, 1.0), (0.6, dip), (0.6, 1.0), (1.0, 0.0), (0.5, 0.0)):
            drawn.go(in_s, to)
    assert play(drawn, drawn.times(30)).found == (count, count, 0)


# --- what is no rep ---


@rates
@pytest.mark.parametrize(
    ("size", "partials"), [(0.1, 0), (0.25, 0), (0.4, 1), (0.45, 1)], ids=["sway", "twitch", "less than half", "half"]
)
def test_half_reps_are_partials(size: float, partials: int, fps: int) -> None:
    drawn = curve(USUAL, USUAL, replace(USUAL, size=size), USUAL, USUAL)
    played = play(drawn, drawn.times(fps))
    assert played.found == (4, 4, partials)
    for span in played.counter.partials:
        assert span.peak == pytest.approx(size, abs=0.02)
        assert drawn.reps[2][0] - 0.1 < span.start_s < span.peak_s < span.end_s < drawn.reps[2][3] + 0.1


@pytest.mark.parametrize("size", [0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("still_s", [0.0, 1.5], ids=["from the first frame", "after standing still"])
def test_fidgets_in_the_set_up(size: float, still_s: float) -> None:
    """Quick ones: shorter than two fifths of the shortest rep."""
    drawn = Curve([Move(0.15, 0, 0.15, 0.1, size)] * 4 + [replace(USUAL, lift=1.0)] * 5, still_s)
    drawn_set = drawn.reps[4:]
    played = play(drawn, drawn.times(30))
    assert (played.counter.count, len(played.spans)) == (5, 5)
    assert all(abs(s.peak_s - r[1]) < 0.12 for s, r in zip(played.spans, drawn_set, strict=True))


def test_getting_into_position_is_not_counted() -> None:
    """Bending down to the weight looks like a rep; it is over when the gates hold."""
    drawn = Curve([Move(1.0, 0.5, 1.0, 1.0)] + [USUAL] * 5)
    assert play(drawn, drawn.times(30), away=[(0, drawn.reps[0][3])]).found == (5, 5, 0)


def test_nothing_counts_out_of_position() -> None:
    drawn = Curve([USUAL] * 5)
    played = play(drawn, drawn.times(30), away=[(0, 99)])
    assert played.found == (0, 0, 0)
    assert played.counter.state is State.AWAY


@pytest.mark.parametrize(
    ("begin", "end", "count"),
    [
        pytest.param((2, -0.1), (5, 9.0), 2, id="left after the second"),
        pytest.param((2, -0.1), (2, 2.6), 4, id="away for the third"),
        pytest.param((0, -9.0), (1, 1.0), 3, id="came in the second"),
        pytest.param((2, 0.8), (2, 1.0), 5, id="gates fail for an instant at the top"),
        pytest.param((2, 0.5), (2, 1.5), 4, id="out of position round the top, as when standing up"),
    ],
)
def test_out_of_position(begin: tuple[int, float], end: tuple[int, float], count: int) -> None:
    """Times are given from the start of a rep."""
    drawn = Curve([USUAL] * 6)
    starts = [rep[0] for rep in drawn.reps]
    times = drawn.times(30, end_s=drawn.reps[4][3] + 0.4)
    played = play(drawn, times, away=[(starts[begin[0]] + begin[1], starts[end[0]] + end[1])])
    assert (played.counter.count, len(played.spans)) == (count, count)


@pytest.mark.parametrize("signal", [RISING, AT_PEAK], ids=["on the return", "at the peak"])
def test_away_before_the_end_takes_the_count_back(signal: RepSignal) -> None:
    drawn = curve(USUAL, replace(USUAL, lower=2.0))
    played = play(drawn, drawn.times(30), signal, away=[(drawn.reps[1][0] + 0.5, 99)])
    assert played.found == (1, 1, 0)
    assert played.counter.state is State.AWAY


@pytest.mark.parametrize("signal", [RISING, AT_PEAK], ids=["on the return", "at the peak"])
def test_half_a_minute_aloft_is_no_rep(signal: RepSignal) -> None:
    """One that has counted at its peak is taken back; either way the set goes on."""
    drawn = curve(USUAL, replace(USUAL, top=40.0), USUAL)
    assert play(drawn, drawn.times(15), signal).found == (2, 2, 0)


def test_never_still_but_in_position_for_long() -> None:
    """Touch-and-go from before the first frame on: after a while it counts all the same."""
    drawn = Curve([Move(0.8, 0, 0.8, 0)] * 12, still_s=0.0)
    played = play(drawn, drawn.times(30))
    assert played.counter.count >= 7


# --- when ---


@signals
@rates
@pytest.mark.parametrize("lift", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(("lower", "top", "rest"), [(0.5, 0.3, 0.3), (1.0, 0.0, 0.0), (1.6, 1.5, 2.0)])
def test_times(lift: float, top: float, lower: float, rest: float, fps: int, signal: RepSignal) -> None:
    drawn = Curve([Move(lift, top, lower, rest)] * 5)
    assert off(play(drawn, drawn.times(fps), signal), drawn) < 0.12


@pytest.mark.parametrize("lower", [2.0, 3.0, 4.0])
def test_times_of_a_slow_return(lower: float) -> None:
    """The slower the return, the less sharp its end."""
    drawn = Curve([replace(USUAL, lower=lower)] * 5)
    assert off(play(drawn, drawn.times(30)), drawn) < 0.06 * lower + 0.2


@pytest.mark.parametrize("lower", [5.0, 6.0, 8.0])
def test_a_slow_return_goes_all_the_way(lower: float) -> None:
    drawn = Curve([replace(USUAL, lower=lower)] * 5)
    played = play(drawn, drawn.times(30))
    assert played.found == (5, 5, 0)
    assert all(span.next_rest < 0.1 for span in played.spans)


@pytest.mark.parametrize("begin_s", [-100.0, 0.0, 3600.0])
def test_times_count_from_anywhere(begin_s: float) -> None:
    drawn = Curve([USUAL] * 5)
    plain = play(drawn, drawn.times(30)).spans
    later = play(lambda t: drawn(t - begin_s), [t + begin_s for t in drawn.times(30)]).spans
    assert [s.peak_s - begin_s for s in later] == pytest.approx([s.peak_s for s in plain])


def test_times_in_noise() -> None:
    drawn = Curve([USUAL] * 8)
    times = drawn.times(30)
    noise = dict(zip(times, np.random.default_rng(1).normal(0, 0.015, len(times)), strict=True))
    assert off(play(lambda t: drawn(t) + noise[t], times), drawn) < 0.3


@signals
def test_levels_are_in_the_signals_unit(signal: RepSignal) -> None:
    drawn = Curve([replace(USUAL, size=0.8)] * 5)
    for span in play(drawn, drawn.times(30), signal).spans:
        size = signal.peak - signal.rest
        assert span.rest == pytest.approx(signal.rest, abs=0.02 * abs(size))
        assert span.next_rest == pytest.approx(signal.rest, abs=0.02 * abs(size))
        assert span.peak == pytest.approx(signal.rest + 0.8 * size, abs=0.02 * abs(size))
        assert span.range == pytest.approx(0.8 * abs(size), abs=0.03 * abs(size))


def test_reach_comes_to_be_a_share_of_the_persons_own_range() -> None:
    drawn = Curve([replace(USUAL, size=0.7)] * 8 + [replace(USUAL, size=0.5)])
    reaches = [span.reach for span in play(drawn, drawn.times(30)).spans]
    assert reaches[0] == pytest.approx(0.7, abs=0.03)
    assert reaches[-2] == pytest.approx(1.0, abs=0.08)
    assert reaches[-1] == pytest.approx(0.5 / 0.7, abs=0.08)


def test_a_rep_counts_before_its_span_is_told() -> None:
    drawn = curve(USUAL)
    times = drawn.times(30)
    played = play(drawn, times)
    counted_s = times[played.counts.index(1)]
    assert drawn.reps[0][2] < counted_s < drawn.reps[0][3]
    assert 0.15 < drawn(counted_s) <= 0.35  # in time to be said as the rep ends


def test_state_and_progress() -> None:
    drawn = curve(USUAL, USUAL)
    counter = RepCounter(RISING)
    states, progress = [], []
    for time_s in drawn.times(30):
        counter.update(time_s, drawn(time_s), in_position=True)
        states.append(counter.state)
        progress.append(counter.progress)
        assert counter.in_rep is (counter.state in (State.LIFT, State.TOP, State.LOWER))
    turns = [state for i, state in enumerate(states) if i == 0 or states[i - 1] is not state]
    assert turns == [State.AWAY, State.READY, *[State.LIFT, State.TOP, State.LOWER, State.READY] * 2]
    seen = [n for n in progress if not math.isnan(n)]
    assert min(seen) == pytest.approx(0, abs=0.03)
    assert max(seen) == pytest.approx(1, abs=0.03)


# --- gaps ---


INSTANTS = {"lift": (0, 0.3), "top": (1, 0.1), "lower": (2, 0.4), "rest": (3, 0.1)}
"""In a rep: which of its times, and how long after it."""


def in_the_third(drawn: Curve, instant: str) -> float:
    turn, after_s = INSTANTS[instant]
    return drawn.reps[2][turn] + after_s


@pytest.mark.parametrize("instant", INSTANTS)
@pytest.mark.parametrize("gap_s", [0.15, 0.3, 0.45])
@pytest.mark.parametrize("unseen", [False, True], ids=["no frames", "unseen"])
def test_a_short_gap_is_bridged(instant: str, gap_s: float, unseen: bool) -> None:
    drawn = Curve([USUAL] * 5)
    begin_s = in_the_third(drawn, instant)
    if unseen:
        played = play(lambda t: math.nan if begin_s < t < begin_s + gap_s else drawn(t), drawn.times(30))
    else:
        played = play(drawn, without(drawn.times(30), begin_s, gap_s))
    assert played.found == (5, 5, 0)


@pytest.mark.parametrize(
    ("instant", "gap_s", "count"),
    [
        pytest.param("lift", 1.0, 5, id="lifting, found at the top"),
        pytest.param("lift", 1.6, 5, id="lifting, found lowering"),
        pytest.param("top", 1.0, 5, id="at the top, found lowering"),
        pytest.param("top", 1.6, 5, id="at the top, found at rest"),
        pytest.param("lower", 1.0, 5, id="beginning to lower, found at rest"),
        pytest.param("lower", 1.6, 5, id="beginning to lower, found lifting"),
        pytest.param("rest", 1.0, 6, id="at rest, found lifting"),
        pytest.param("rest", 1.6, 5, id="at rest, found at the top"),
    ],
)
def test_a_long_gap_abandons_the_rep(instant: str, gap_s: float, count: int) -> None:
    """Nothing is counted whose rise was not seen, and nothing that was not seen to turn."""
    drawn = Curve([USUAL] * 6)
    played = play(drawn, without(drawn.times(30), in_the_third(drawn, instant), gap_s))
    assert played.found == (count, count, 0)
    peaks = [rep[1] for rep in drawn.reps]
    assert all(min(abs(span.peak_s - peak) for peak in peaks) < 0.12 for span in played.spans)


@pytest.mark.parametrize("signal", [RISING, AT_PEAK], ids=["on the return", "at the peak"])
def test_found_again_at_the_top_is_not_counted_twice(signal: RepSignal) -> None:
    drawn = curve(USUAL, replace(USUAL, top=4.0), USUAL)
    played = play(drawn, without(drawn.times(30), drawn.reps[1][1] + 0.5, 2.0), signal)
    assert played.counter.count == (3 if signal.at_peak else 2)
    assert len(played.spans) == played.counter.count


def test_lost_on_the_way_down_counts_as_incomplete() -> None:
    drawn = Curve([USUAL] * 3)
    played = play(drawn, without(drawn.times(30), drawn.reps[1][2] + 0.7, 1.2))
    assert played.found == (3, 3, 0)
    assert [span.complete for span in played.spans] == [True, False, True]


def test_unseen_from_the_first_to_the_last() -> None:
    played = play(lambda _: math.nan, [i / 30 for i in range(90)])
    assert played.found == (0, 0, 0)
    assert math.isnan(played.counter.progress)


# --- beginnings and ends ---


@signals
@pytest.mark.parametrize(
    ("opens", "count"),
    [
        pytest.param((0, 0.0), 5, id="at rest"),
        pytest.param((0, 0.4), 5, id="early in the lift"),
        pytest.param((0, 0.7), 4, id="late in the lift"),
        pytest.param((1, 0.0), 4, id="at the top"),
        pytest.param((2, 0.5), 4, id="in mid-lowering"),
        pytest.param((2, 0.8), 4, id="late in the lowering"),
    ],
)
def test_opens_in_a_set(opens: tuple[int, float], count: int, signal: RepSignal) -> None:
    """A recording that begins in a set: (which time of the first rep, how long after it)."""
    drawn = Curve([USUAL] * 5)
    times = drawn.times(30, begin_s=drawn.reps[0][opens[0]] + opens[1])
    assert play(drawn, times, signal, armed=True).found == (count, count, 0)


@pytest.mark.parametrize(
    ("ends", "count", "complete"),
    [
        pytest.param((0, 0.5), 4, True, id="in the lift"),
        pytest.param((1, 0.1), 4, True, id="at the top"),
        pytest.param((2, 0.5), 5, False, id="in mid-lowering"),
        pytest.param((2, 0.8), 5, False, id="late in the lowering"),
        pytest.param((3, 0.4), 5, True, id="at rest"),
    ],
)
def test_ends_in_a_rep(ends: tuple[int, float], count: int, complete: bool) -> None:
    drawn = Curve([USUAL] * 5)
    end_s = drawn.reps[4][ends[0]] + ends[1]
    played = play(drawn, drawn.times(30, end_s=end_s))
    assert played.found == (count, count, 0)
    assert played.spans[-1].complete is complete
    assert played.spans[-1].end_s <= end_s + 0.05


def test_finish_twice_adds_nothing() -> None:
    drawn = curve(USUAL, USUAL)
    played = play(drawn, drawn.times(30, end_s=drawn.reps[1][2] + 0.6))
    assert played.found == (2, 2, 0)
    assert played.counter.finish() is None
    assert played.counter.count == 2


# --- reps that count at their peak ---


@rates
@sets
def test_count_at_the_peak(moves: list[Move], fps: int) -> None:
    drawn = Curve(moves)
    times = drawn.times(fps)
    played = play(drawn, times, AT_PEAK)
    assert played.found == (len(moves), len(moves), 0)
    for number, rep in enumerate(drawn.reps, start=1):
        assert rep[0] < times[played.counts.index(number)] <= rep[2] + 2 / fps


@pytest.mark.parametrize(("lost_s", "count"), [(0.0, 2), (0.6, 3)], ids=["at the top", "in the fall"])
def test_the_recording_ends(lost_s: float, count: int) -> None:
    """Who stands at the top when it ends may have stood up after the set; who is on the way down has lifted."""
    drawn = Curve([USUAL] * 3)
    played = play(drawn, drawn.times(30, end_s=drawn.reps[2][2] + lost_s), AT_PEAK)
    assert played.found == (count, count, 0)
    assert played.spans[-1].complete == (count == 2)


@pytest.mark.parametrize("size", [0.6, 1.0])
def test_a_twitch_does_not_count_at_the_peak(size: float) -> None:
    drawn = curve(Move(0.15, 0, 0.15, 1.0, size), USUAL, USUAL)
    assert play(drawn, drawn.times(30), AT_PEAK).found == (2, 2, 0)


# --- what once went wrong ---


def test_a_flicker_of_the_gates_loses_no_rep() -> None:
    drawn = Curve([Move(1.0, 0, 1.0, 0)] * 6)
    turn = drawn.reps[2][3]
    assert play(drawn, drawn.times(30), away=[(turn - 0.05, turn + 0.05)]).found == (6, 6, 0)


def test_a_pause_on_the_way_down_of_a_large_rep() -> None:
    drawn = Curve()
    for in_s, to in ((1.5, 1.75), (0.5, 1.75), (1.0, 1.33), (0.7, 1.33), (1.3, 0.0)):
        drawn.go(in_s, to)
    assert play(drawn, drawn.times(30)).found == (1, 1, 0)


# --- whatever comes ---

moves = st.builds(
    Move,
    lift=st.floats(0.1, 3),
    top=st.sampled_from([0.0, 0.2, 1.5]),
    lower=st.floats(0.1, 3),
    rest=st.sampled_from([0.0, 0.3, 2.0]),
    size=st.floats(0.1, 1.5),
)
stretches = st.lists(st.tuples(st.floats(0, 20), st.floats(0.03, 3)), max_size=3)


@settings(deadline=None, max_examples=150)
@given(
    drawn=st.builds(Curve, st.lists(moves, min_size=1, max_size=8), st.sampled_from([0.0, 1.0])),
    fps=st.sampled_from([10, 15, 30]),
    signal=st.sampled_from([RISING, FALLING, AT_PEAK]),
    lost=stretches,
    away=stretches,
    armed=st.booleans(),
)
def test_counts_go_by_one_and_spans_follow_each_other(
    drawn: Curve,
    fps: int,
    signal: RepSignal,
    lost: list[tuple[float, float]],
    away: list[tuple[float, float]],
    armed: bool,
) -> None:
    times = drawn.times(fps)
    for begin_s, length_s in lost:
        times = without(times, begin_s, length_s)
    played = play(drawn, times, signal, armed=armed, away=[(a, a + length) for a, length in away])
    # A count is taken back where the movement turns out to be none: left at the top, or held too long.
    assert all(abs(after - before) <= 1 for before, after in pairwise([0, *played.counts]))
    assert len(played.spans) <= played.counter.count <= len(drawn.reps)
    for span in (*played.spans, *played.counter.partials):
        assert span.start_s <= span.peak_s <= span.lowering_s <= span.end_s <= drawn.end_s + 1.5 + AHEAD_S
    assert all(before.end_s <= after.start_s for before, after in pairwise(played.spans))
