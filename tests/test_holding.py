"""The clock of holds and carries, on bodies of which only what matters is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
from poses import eased
from test_walking import body as walker
from test_walking import lifts

from formcoach.body import Body, Side
from formcoach.exercise import Gate, HoldSignal, Span
from formcoach.holding import BREAK_S, Holding, arrival_s
from formcoach.measure import Measure
from formcoach.pose import Landmark as L
from formcoach.reps import State

DEEP = Measure("deep_deg", lambda body: body.xy[L.NOSE][0], sided=False)
LOAD = Measure("load_t", lambda body, side: body.xy[L.LEFT_EAR][0] * (1 if side is Side.LEFT else -1), sided=True)
GATE = Gate(measure=DEEP, low=10.0)
HOLD = HoldSignal(gates=(GATE,), target_s=20.0)
DATED = HoldSignal(gates=(GATE,), target_s=20.0, course=DEEP)
CARRY = HoldSignal(gates=(GATE,), target_s=20.0, walking=True, carried=LOAD)

Held = list[tuple[Span, Side | None]]
Course = Callable[[float], float]


def body(time_s: float, deep: float, apart: float = 0.0, load: float = 1.0) -> Body:
    """Somebody so deep in position, the feet so far apart in height."""
    made = walker(time_s, apart)
    made.xy[L.NOSE], made.xy[L.LEFT_EAR] = (deep, 0.0), (load, 0.0)
    return made


def always(value: float) -> Course:
    """The same at all times."""
    return lambda _: value


def run(
    holding: Holding,
    until_s: float,
    deep: Course,
    *,
    apart: Course | None = None,
    load: float = 1.0,
    from_s: float = 0.0,
    fps: float = 20.0,
) -> Held:
    """Feed it; what came to its end on the way."""
    done: Held = []
    for i in range(int(from_s * fps), int(until_s * fps)):
        done += holding.update(body(i / fps, deep(i / fps), apart(i / fps) if apart else 0.0, load), in_position=True)
    return done


def way(*places: tuple[float, float]) -> Course:
    """From each (time, value) to the next by minimum jerk."""

    def at(t: float) -> float:
        value = places[0][1]
        for (t0, v0), (t1, v1) in pairwise(places):
            value += (v1 - v0) * float(eased((t - t0) / (t1 - t0)))
        return value

    return at


def between(start_s: float, end_s: float) -> Course:
    """In position from start to end, at once."""
    return lambda t: 20.0 if start_s <= t < end_s else 0.0


# ---- a position ----


def test_a_hold_is_all_top_and_its_range_the_seconds() -> None:
    ((span, side),) = run(Holding(HOLD), 12.0, between(2.0, 9.0))
    assert (span.start_s, span.end_s) == pytest.approx((2.0, 9.0))
    assert (span.peak_s, span.lowering_s) == (span.start_s, span.end_s)
    assert span.range == pytest.approx(7.0)
    assert span.reach == pytest.approx(7.0 / 20.0)
    assert span.complete
    assert side is None


@pytest.mark.parametrize(
    ("deep", "held"),
    [
        pytest.param(always(0.0), [], id="never in position"),
        pytest.param(between(2.0, 3.5), [], id="shorter than a hold"),
        pytest.param(lambda t: 20.0 if 2 <= t < 9 and not 5 <= t < 5.7 else 0.0, [7.0], id="a short loss"),
        pytest.param(lambda t: 20.0 if 2 <= t < 9 and not 5 <= t < 6.2 else 0.0, [3.0, 2.8], id="a break"),
        pytest.param(lambda t: 20.0 if t % 0.5 < 0.1 else 0.0, [], id="flicker"),
        pytest.param(always(math.nan), [], id="unseen from the start"),
        pytest.param(lambda t: math.nan if 3 <= t < 8 else between(2.0, 9.0)(t), [7.0], id="unseen for a while"),
    ],
)
def test_what_is_held(deep: Course, held: list[float]) -> None:
    holding = Holding(HOLD)
    done = run(holding, 12.0, deep) + holding.finish()
    assert [span.range for span, _ in done] == pytest.approx(held, abs=0.11)
    assert holding.now()[2] == len(held)


def test_out_of_position_nothing_runs() -> None:
    holding = Holding(HOLD)
    for i in range(200):
        assert holding.update(body(i / 20, 20.0), in_position=False) == []
    assert holding.now() == (State.AWAY, 0.0, 0)
    assert holding.finish() == []


def test_the_clock_is_shown_as_it_runs() -> None:
    holding = Holding(HOLD)
    run(holding, 2.3, between(2.0, 99.0))
    assert holding.now() == (State.READY, 0.0, 0)
    run(holding, 12.0, between(2.0, 99.0), from_s=2.3)
    state, share, count = holding.now()
    assert (state, count) == (State.TOP, 1)
    assert share == pytest.approx(10.0 / 20.0, abs=0.01)
    assert holding.counters == {}
    assert holding.take_partials() == ()
    holding.arm()
    assert holding.now()[0] is State.TOP


def test_a_recording_that_ends_in_the_hold() -> None:
    holding = Holding(HOLD)
    assert run(holding, 8.0, between(2.0, 99.0)) == []
    ((span, _),) = holding.finish()
    assert not span.complete
    assert span.end_s == pytest.approx(8.0, abs=0.1)
    assert holding.finish() == []


def test_somebody_lost_and_found_holds_anew() -> None:
    holding = Holding(HOLD)
    run(holding, 6.0, between(2.0, 99.0))
    holding.lose()
    holding.lose()
    first = holding.update(body(20.0, 20.0), in_position=True)
    later = run(holding, 30.0, between(2.0, 26.0), from_s=20.05)
    spans = [span for span, _ in first + later]
    assert [(round(span.start_s, 1), round(span.end_s, 1)) for span in spans] == [(2.0, 6.0), (20.0, 26.0)]
    assert [span.complete for span in spans] == [False, True]


def test_somebody_lost_for_good() -> None:
    holding = Holding(HOLD)
    run(holding, 6.0, between(2.0, 99.0))
    holding.lose()
    ((span, _),) = holding.finish()
    assert span.end_s == pytest.approx(6.0, abs=0.1)
    assert not span.complete


def test_somebody_lost_before_the_clock_ran_starts_anew() -> None:
    holding = Holding(HOLD)
    run(holding, 2.3, between(2.0, 99.0))
    holding.lose()
    ((span, _),) = run(holding, 20.0, between(2.0, 15.0), from_s=10.0)
    assert span.start_s == pytest.approx(10.0)


# ---- the way in and out ----

IN_AND_OUT = ((2.0, 0.0), (4.5, 25.0), (14.5, 25.0), (16.5, 0.0))


@pytest.mark.parametrize("fps", [10, 20, 30])
@pytest.mark.parametrize("gate_at", [5.0, 12.0, 20.0])
def test_the_way_in_and_out_is_not_held_wherever_the_gate_lies(gate_at: float, fps: float) -> None:
    signal = HoldSignal(gates=(Gate(measure=DEEP, low=gate_at),), target_s=20.0, course=DEEP)
    ((span, _),) = run(Holding(signal), 20.0, way(*IN_AND_OUT), fps=fps)
    assert span.start_s == pytest.approx(4.5, abs=0.3)
    assert span.end_s == pytest.approx(14.5, abs=0.3)


def test_without_a_course_the_gate_dates_it() -> None:
    ((span, _),) = run(Holding(HOLD), 20.0, way(*IN_AND_OUT))
    assert span.start_s < 3.5
    assert span.end_s > 15.0


def test_sinking_slowly_and_rising_slowly_are_held() -> None:
    deep = way((2.0, 0.0), (4.5, 22.0), (12.0, 27.0), (20.0, 21.0), (22.0, 0.0))
    ((span, _),) = run(Holding(DATED), 26.0, deep)
    assert span.start_s == pytest.approx(4.5, abs=0.5)
    assert span.end_s == pytest.approx(20.0, abs=0.5)


@pytest.mark.parametrize("held_s", [2.5, 4.0, 6.0, 8.0])
def test_a_short_hold_is_dated_as_well(held_s: float) -> None:
    out_s = 3.5 + held_s
    ((span, _),) = run(Holding(DATED), 16.0, way((2.0, 0.0), (3.5, 25.0), (out_s, 25.0), (out_s + 1.0, 0.0)))
    assert (span.start_s, span.end_s) == pytest.approx((3.5, out_s), abs=0.3)


def test_a_hold_that_is_there_from_the_first_frame_on() -> None:
    ((span, _),) = run(Holding(DATED), 20.0, way((0.0, 25.0), (14.5, 25.0), (16.5, 0.0)))
    assert span.start_s == 0.0
    assert span.end_s == pytest.approx(14.5, abs=0.3)


def test_arrival_needs_a_way() -> None:
    assert arrival_s([], 20.0) is None
    assert arrival_s([(0.0, 19.0), (1.0, 20.0)], 20.0) is None
    rise = [(i / 20, way((1.0, 0.0), (3.0, 20.0))(i / 20)) for i in range(100)]
    assert arrival_s(rise, 20.0) == pytest.approx(3.0, abs=0.1)


# ---- a carry ----


def test_a_carry_is_the_walk_in_position() -> None:
    ((span, side),) = run(Holding(CARRY), 14.0, between(0.0, 99.0), apart=lambda t: lifts(t, 2.0, 10.4))
    assert (span.start_s, span.end_s) == pytest.approx((2.0, 10.4), abs=0.3)
    assert side is Side.LEFT


def test_the_later_of_weight_and_walk_begins_it_and_the_sooner_ends_it() -> None:
    ((span, _),) = run(Holding(CARRY), 14.0, between(4.0, 8.0), apart=lambda t: lifts(t, 2.0, 10.4))
    assert (span.start_s, span.end_s) == pytest.approx((4.0, 8.0), abs=0.1)


def test_neither_standing_with_the_weight_nor_walking_without_it_is_a_carry() -> None:
    for deep, apart in ((20.0, always(0.0)), (0.0, lambda t: lifts(t, 2.0, 10.4))):
        holding = Holding(CARRY)
        assert run(holding, 14.0, always(deep), apart=apart) + holding.finish() == []


def test_a_recording_that_ends_just_after_the_walk() -> None:
    holding = Holding(CARRY)
    assert run(holding, 11.2, between(0.0, 99.0), apart=lambda t: lifts(t, 2.0, 10.4)) == []
    ((span, _),) = holding.finish()
    assert span.end_s == pytest.approx(10.4, abs=0.3)
    assert span.complete


def test_each_round_has_its_own_arm() -> None:
    holding = Holding(CARRY)

    def steps(t: float) -> float:
        return lifts(t, 2.0, 8.0) + lifts(t, 12.0, 18.0)

    done = run(holding, 10.0, between(0.0, 99.0), apart=steps, load=0.9)
    done += run(holding, 21.0, between(0.0, 99.0), apart=steps, load=-0.9, from_s=10.0)
    assert [side for _, side in done] == [Side.LEFT, Side.RIGHT]


def test_stopping_ends_it_only_after_a_while() -> None:
    assert BREAK_S <= 1.2
    done = run(Holding(CARRY), 16.0, between(0.0, 99.0), apart=lambda t: lifts(t, 2.0, 6.2) + lifts(t, 7.0, 11.2))
    assert len(done) == 1
