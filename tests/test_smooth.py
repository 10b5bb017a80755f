"""Filters on signals whose answer is known, at any frame rate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formcoach.smooth import Average, OneEuro, SpikeGate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Filter = Callable[[float, float], float]

quick = settings(deadline=None, max_examples=60)
RATES = (15, 30, 60)
BINARY = 1 / 32
"""A time between frames that adds up without rounding, whenever the recording began."""


def one_euro() -> OneEuro:
    return OneEuro(cutoff_hz=1.0, beta=0.05)


FILTERS: dict[str, Callable[[], Filter]] = {
    "OneEuro": one_euro,
    "SpikeGate": lambda: SpikeGate(max_speed=600.0, patience_s=0.1),
    "Average": lambda: Average(memory_s=1.0),
}
filters = pytest.mark.parametrize("make", FILTERS.values(), ids=FILTERS)

samples = st.lists(st.floats(-180, 180), min_size=3, max_size=40)


def wave(time_s: float) -> float:
    """A joint angle over reps of two seconds."""
    return 90.0 - 60.0 * math.cos(math.pi * time_s)


def play(filtered: Filter, values: Sequence[float], dt_s: float, start_s: float = 0.0) -> list[float]:
    return [filtered(start_s + i * dt_s, value) for i, value in enumerate(values)]


def equal(some: Sequence[float], others: Sequence[float]) -> bool:
    return all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(some, others, strict=True))


# --- all of them ---


@filters
@quick
@given(values=samples, start_s=st.sampled_from([0.0, -2.0, 7.0, 3600.0]))
def test_zero_is_a_time_like_any_other(make: Callable[[], Filter], values: list[float], start_s: float) -> None:
    assert equal(play(make(), values, BINARY, start_s), play(make(), values, BINARY, 5.0))


@filters
@quick
@given(values=samples, at=st.integers(0, 2))
def test_unseen_changes_nothing(make: Callable[[], Filter], values: list[float], at: int) -> None:
    """NaN, wherever in time it comes, leaves no trace in what follows."""
    plain, holed = make(), make()
    for i, value in enumerate(values):
        expected = plain(i * BINARY, value)
        assert equal([holed(i * BINARY, value)], [expected])
        if i % 3 == at:
            holed((i + 0.5) * BINARY, math.nan)


@filters
def test_nan_alone(make: Callable[[], Filter]) -> None:
    filtered = make()
    assert math.isnan(filtered(0.0, math.nan))
    assert filtered(0.0, 12.0) == 12.0


@filters
@pytest.mark.parametrize("fps", RATES)
def test_what_stands_still_stays(make: Callable[[], Filter], fps: int) -> None:
    assert play(make(), [42.0] * fps, 1 / fps) == pytest.approx([42.0] * fps)


@filters
@quick
@given(values=samples)
def test_stays_among_what_it_was_given(make: Callable[[], Filter], values: list[float]) -> None:
    answers = [v for v in play(make(), values, BINARY) if not math.isnan(v)]
    assert min(values) - 1e-9 <= min(answers)
    assert max(answers) <= max(values) + 1e-9


# --- the 1€ filter ---


def test_one_euro_first_value_passes() -> None:
    assert one_euro()(0.0, 77.0) == 77.0


@pytest.mark.parametrize("fps", RATES)
def test_one_euro_same_answer_at_any_rate(fps: int) -> None:
    coarse, fine = one_euro(), one_euro()
    at_rate = play(coarse, [wave(i / fps) for i in range(6 * fps)], 1 / fps)
    reference = play(fine, [wave(i / 240) for i in range(6 * 240)], 1 / 240)
    off = [abs(a - b) for a, b in zip(at_rate, reference[:: 240 // fps], strict=True)]
    assert max(off) < 4.0  # of a range of 120


@pytest.mark.parametrize("fps", RATES)
def test_one_euro_hardly_lags(fps: int) -> None:
    """Where the wave rises fastest, 188 °/s, 50 ms of lag are 9°."""
    answers = play(one_euro(), [wave(i / fps) for i in range(6 * fps)], 1 / fps)
    middle = int(4.5 * fps)
    lag_s = (wave(middle / fps) - answers[middle]) / (60 * math.pi)
    assert 0 <= lag_s < 0.05
    assert max(answers[2 * fps :]) > 148  # of 150


@pytest.mark.parametrize("fps", RATES)
def test_one_euro_steadies_what_is_still(fps: int) -> None:
    """A jitter of 2° from frame to frame comes out less than half as large."""
    answers = play(one_euro(), [30 + (-1) ** i for i in range(4 * fps)], 1 / fps)
    calm = answers[2 * fps :]
    assert max(calm) - min(calm) < 1.0


@quick
@given(values=samples, back_s=st.sampled_from([0.0, BINARY / 2, 1.0]))
def test_one_euro_a_time_that_does_not_rise_changes_nothing(values: list[float], back_s: float) -> None:
    plain, again = one_euro(), one_euro()
    for i, value in enumerate(values):
        expected = plain(i * BINARY, value)
        assert again(i * BINARY, value) == expected
        assert again(i * BINARY - back_s, 1000.0) == expected


def test_one_euro_nan_is_answered_by_nan() -> None:
    filtered = one_euro()
    play(filtered, [1, 2, 3], BINARY)
    assert math.isnan(filtered(1.0, math.nan))


def test_one_euro_follows_speed_by_beta() -> None:
    """Without beta a fast signal lags, with it hardly."""
    signal = [wave(i / 30) for i in range(60)]
    slow, fast = OneEuro(1.0, 0.0), OneEuro(1.0, 0.05)
    off = [max(abs(a - b) for a, b in zip(play(f, signal, 1 / 30), signal, strict=True)) for f in (slow, fast)]
    assert off[0] > 20
    assert off[1] < 15


# --- the spike gate ---


def gate(*values: float, fps: int = 30) -> list[float]:
    """At most 10 units / s, a jump is believed after 0.1 s."""
    return play(SpikeGate(max_speed=10.0, patience_s=0.1), values, 1 / fps)


def held(answers: Sequence[float]) -> list[bool]:
    return [math.isnan(v) for v in answers]


@pytest.mark.parametrize(
    ("values", "lost"),
    [
        pytest.param([0, 9, 0, 0], [1], id="one frame"),
        pytest.param([0, 9, 9, 0, 0], [1, 2], id="two frames"),
        pytest.param([0, 9, -9, 0], [1, 2], id="to and fro"),
        pytest.param([0, 9, math.nan, 0.2, 0], [1, 2], id="unseen after it"),
        pytest.param([0, 9, 0, 0, 0, 0, 0, 9, 0], [1, 7], id="two, each forgotten"),
    ],
)
def test_spikes_are_held_back(values: list[float], lost: list[int]) -> None:
    answers = gate(*values)
    assert [i for i, gone in enumerate(held(answers)) if gone] == lost
    assert all(a == v for a, v in zip(answers, values, strict=True) if not math.isnan(a))


@pytest.mark.parametrize("fps", [10, *RATES])
def test_a_jump_that_stays_is_let_through(fps: int) -> None:
    answers = gate(0, *[9] * fps, fps=fps)
    late_s = held(answers).count(True) / fps
    assert late_s == pytest.approx(0.1, abs=1 / fps + 1e-6)
    assert answers[-1] == 9


@pytest.mark.parametrize("fps", RATES)
def test_what_can_be_passes(fps: int) -> None:
    values = [0.99 * 10 * i / fps for i in range(fps)]
    assert gate(*values, fps=fps) == values


def test_a_gap_lets_a_value_go_further() -> None:
    filtered = SpikeGate(max_speed=10.0, patience_s=0.1)
    filtered(0.0, 0.0)
    assert filtered(0.5, 4.9) == 4.9


# --- the running mean ---


def test_average_is_plain_at_first() -> None:
    """Each value stands for the time since the one before."""
    mean = Average(memory_s=10.0)
    play(mean, [0, 1, 2, 3, 4], 0.5)
    assert mean.value == pytest.approx((1 + 2 + 3 + 4) / 4)


def test_average_weighs_by_time() -> None:
    mean = Average(memory_s=100.0)
    for time_s, value in ((0.0, 5.0), (1.0, 1.0), (4.0, 9.0)):
        mean(time_s, value)
    assert mean.value == pytest.approx((1 * 1 + 3 * 9) / 4)


@pytest.mark.parametrize("fps", RATES)
def test_average_forgets(fps: int) -> None:
    """After a step the rest of the old value is 1/e of it in the time that it remembers."""
    mean = Average(memory_s=1.0)
    play(mean, [1.0] * (3 * fps), 1 / fps)
    play(mean, [0.0] * fps, 1 / fps, start_s=3.0)
    assert mean.value == pytest.approx(1 / math.e, abs=0.025)


@pytest.mark.parametrize("fps", RATES)
def test_average_same_answer_at_any_rate(fps: int) -> None:
    mean, fine = Average(memory_s=1.0), Average(memory_s=1.0)
    play(mean, [wave(i / fps) for i in range(5 * fps + 1)], 1 / fps)
    play(fine, [wave(i / 240) for i in range(5 * 240 + 1)], 1 / 240)
    assert mean.value == pytest.approx(fine.value, abs=4.0)  # of a range of 120


def test_average_a_time_that_repeats_changes_nothing() -> None:
    mean = Average(memory_s=1.0)
    play(mean, [3, 4, 5], BINARY)
    before = mean.value
    assert mean(2 * BINARY, 100.0) == before
    assert mean.value == before


def test_average_keeps_its_value_while_unseen() -> None:
    mean = Average(memory_s=1.0)
    play(mean, [3, 4, 5], BINARY)
    before = mean.value
    assert mean(1.0, math.nan) == before


def test_average_after_long_is_what_is_seen() -> None:
    mean = Average(memory_s=1.0)
    play(mean, [3, 4, 5], BINARY)
    assert mean(60.0, 8.0) == 8.0
