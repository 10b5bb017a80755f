"""Steps told from the ankles' heights, drawn by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from formcoach.body import Body
from formcoach.exercise import Walk
from formcoach.pose import LANDMARKS
from formcoach.pose import Landmark as L
from formcoach.walking import PAUSE_S, SETTLING_S, Stepping, steps_a_second, walk_of
from formcoach.window import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STEP_S = 0.6
rates = pytest.mark.parametrize("fps", [10, 15, 30])


def body(time_s: float, apart: float, azimuth_deg: float = 0.0) -> Body:
    """Somebody upright, the left ankle so much higher than the right one, T."""
    world = [(0.0, 0.0, 0.0)] * LANDMARKS
    for shoulder in (L.LEFT_SHOULDER, L.RIGHT_SHOULDER):
        world[shoulder] = (0.0, -1.0, 0.0)
    world[L.LEFT_ANKLE], world[L.RIGHT_ANKLE] = (0.0, 1.7 - apart, 0.0), (0.0, 1.7, 0.0)
    return Body(time_s, [(math.nan, math.nan)] * LANDMARKS, world, 100.0, azimuth_deg, None)


def lifts(
    t: float, start_s: float, end_s: float, left: float = 0.15, right: float = 0.15, step_s: float = STEP_S
) -> float:
    """The right foot is lifted first, then the left one, and so on."""
    if not start_s <= t < end_s:
        return 0.0
    number, share = divmod((t - start_s) / step_s, 1.0)
    return math.sin(math.pi * share) ** 2 * (left if number % 2 else -right)


def told(apart: Callable[[float], float], until_s: float, fps: float = 20.0) -> list[tuple[float, bool, float]]:
    """Each change: when it was told, to walking or not, and since when."""
    stepping, changes = Stepping(), []
    for i in range(int(until_s * fps)):
        before = stepping.walking
        now = stepping(body(i / fps, apart(i / fps)))
        if now != before:
            changes.append((i / fps, now, stepping.since_s))
    return changes


@rates
@pytest.mark.parametrize(
    ("left", "step_s"),
    [
        pytest.param(0.15, 0.6, id="both feet"),
        pytest.param(0.02, 0.55, id="from the side, the near foot hardly"),
        pytest.param(0.15, 0.9, id="slowly"),
        pytest.param(0.12, 0.4, id="fast"),
    ],
)
def test_when_a_walk_begins_and_ends(fps: float, left: float, step_s: float) -> None:
    end_s = 2.4 + 12 * step_s
    started, stopped = told(lambda t: lifts(t, 2.4, end_s, left, 0.2, step_s), end_s + 3.0, fps)
    assert started[1]
    assert not stopped[1]
    assert started[2] == pytest.approx(2.0, abs=0.3)
    last_foot_s = end_s if left > 0.1 else end_s - step_s
    assert stopped[2] == pytest.approx(last_foot_s, abs=0.3)
    assert started[0] - started[2] < 1.0 + step_s
    assert stopped[0] - stopped[2] < PAUSE_S + 0.2


@pytest.mark.parametrize(
    "apart",
    [
        pytest.param(lambda _: 0.0, id="still"),
        pytest.param(lambda t: 0.02 * math.sin(7 * t), id="swaying"),
        pytest.param(lambda t: 0.03 * t, id="a pose that drifts"),
        pytest.param(lambda t: 0.3 * max(0.0, 1 - t / SETTLING_S), id="a pose that was just found"),
        pytest.param(lambda t: 0.5 if 3.0 <= t < 3.05 else 0.0, id="a stray frame"),
        pytest.param(lambda t: lifts(t, 3.0, 3.4, step_s=0.4), id="a single step"),
    ],
)
def test_no_walk(apart: Callable[[float], float]) -> None:
    assert told(apart, 8.0) == []


def test_a_short_stop_within_a_walk_is_none() -> None:
    changes = told(lambda t: lifts(t, 2.0, 5.0) + lifts(t, 5.8, 9.0), 12.0)
    assert [now for _, now, _ in changes] == [True, False]


def test_unseen_feet_change_nothing() -> None:
    stepping = Stepping()
    assert not stepping(body(0.0, math.nan))
    for i in range(80):
        stepping(body(i / 20, lifts(i / 20, 1.0, 9.0)))
    assert stepping(body(4.0, math.nan))


def test_after_a_gap_nothing_is_known() -> None:
    stepping = Stepping()
    for i in range(80):
        stepping(body(i / 20, lifts(i / 20, 1.0, 9.0)))
    assert stepping.walking
    assert not stepping(body(20.0, 0.0))
    assert stepping.since_s == 20.0


@pytest.mark.parametrize(("until_s", "stopped"), [(7.4, True), (6.0, False)])
def test_a_walk_that_may_just_have_ended(until_s: float, stopped: bool) -> None:
    stepping = Stepping()
    for i in range(int(until_s * 20)):
        stepping(body(i / 20, lifts(i / 20, 1.0, 6.4)))
    assert stepping.walking
    ended_s = stepping.stopped_s()
    assert (ended_s is not None) is stopped
    assert ended_s is None or ended_s == pytest.approx(6.4, abs=0.2)


def table(values: Iterable[float], fps: float = 20.0, azimuth_deg: Callable[[float], float] = lambda _: 0.0) -> Table:
    return Table([body(i / fps, value, azimuth_deg(i / fps)) for i, value in enumerate(values)])


@rates
@pytest.mark.parametrize(
    ("left", "step_s"),
    [
        pytest.param(0.15, 0.6, id="both feet"),
        pytest.param(0.03, 0.55, id="the near foot hardly"),
        pytest.param(0.15, 1.1, id="slowly"),
        pytest.param(0.12, 0.42, id="fast"),
    ],
)
def test_steps_are_counted_and_paced(fps: float, left: float, step_s: float) -> None:
    until_s = 0.4 + 12 * step_s  # from the shift of the weight on
    walk = table([lifts(i / fps, 0.4, until_s, left, 0.2, step_s) for i in range(int(until_s * fps))], fps)
    assert steps_a_second(walk) == pytest.approx(1 / step_s, rel=0.05)
    assert abs(walk_of(walk).steps - 12) <= 1


def test_jumps_of_the_estimate_are_no_steps() -> None:
    apart = [lifts(i / 20, 0.4, 10.0) + (0.4 if i % 17 == 0 else 0.0) for i in range(200)]
    assert steps_a_second(table(apart)) == pytest.approx(1 / STEP_S, rel=0.05)


def test_unseen_frames_are_no_steps() -> None:
    apart = [math.nan if i % 7 == 0 else lifts(i / 20, 0.4, 10.0) for i in range(200)]
    assert steps_a_second(table(apart)) == pytest.approx(1 / STEP_S, rel=0.05)


def test_a_foot_that_alone_is_seen_tells_the_pace() -> None:
    bodies = [body(i / 20, 0.0) for i in range(200)]
    for one in bodies:
        one.xy[L.LEFT_HIP] = one.xy[L.RIGHT_HIP] = (300.0, 200.0)
        one.xy[L.LEFT_ANKLE] = (300.0, 370.0 - 100 * max(0.0, lifts(one.time_s, 0.4, 10.0)))
    assert steps_a_second(Table(bodies)) == pytest.approx(1 / STEP_S, rel=0.05)
    stepping = Stepping()
    assert any(stepping(one) for one in bodies)


@pytest.mark.parametrize("values", [[], [0.0], [0.0] * 50, [lifts(i / 20, 0.0, 9.0) for i in range(30)]])
def test_no_pace(values: list[float]) -> None:
    assert math.isnan(steps_a_second(table(values)))
    assert walk_of(table(values)) == Walk(0, 0)


@pytest.mark.parametrize(
    ("azimuth_deg", "turns"),
    [
        (lambda _: 0.0, 0),
        (lambda t: 0.0 if t < 4 else 180.0, 1),
        (lambda t: (0.0, 175.0, -5.0, -178.0)[int(t / 2.5)], 3),
        (lambda t: 40.0 * math.sin(t), 0),
    ],
)
def test_turns(azimuth_deg: Callable[[float], float], turns: int) -> None:
    assert walk_of(table([0.0] * 200, azimuth_deg=azimuth_deg)).turns == turns
