"""Hands that leap onto one another: wrists drawn by hand, T apart, in time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from formcoach.body import Observer
from formcoach.hands import ARMS, FOLLOWED_S, OFF_T, PATIENCE_S, HandFollower, Lost
from formcoach.pose import LANDMARKS, Pose
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from collections.abc import Callable

T_PX, T_M = 90.0, 0.5
AWAY_T = 1.3
TRANSIT_S = 0.1
"""The model steadies what it says: a leap takes it so long."""
UNTIL_S = 8.0

rates = pytest.mark.parametrize("fps", [10, 15, 30, 60])


def pose(time_s: float, left_t: float, right_t: float, visibility: float = 0.9) -> Pose:
    """Somebody seen from the left who lies, head to the picture's right; where the wrists are, T beyond the chest."""
    points = np.zeros((LANDMARKS, 3))
    for i, (hip, knee, ankle) in enumerate(
        ((L.LEFT_HIP, L.LEFT_KNEE, L.LEFT_ANKLE), (L.RIGHT_HIP, L.RIGHT_KNEE, L.RIGHT_ANKLE))
    ):
        deep = (-0.2, 0.2)[i]
        shoulder, elbow, wrist = ARMS[i]
        reach = (left_t, right_t)[i]
        for joint, (x, y) in (
            (hip, (0.0, 0.0)), (knee, (-0.1, -0.85)), (ankle, (-0.9, -0.85)), (shoulder, (1.0, 0.0)),
            (elbow, (1.0 + reach / 2, -0.4)), (wrist, (1.0 + reach, -0.7 + abs(reach) / 4)),
        ):  # fmt: skip
            points[joint] = x, y, deep
    landmarks = points * T_PX + (200.0, 300.0, 0.0)
    seen = np.full(LANDMARKS, 0.99, np.float32)
    seen[[L.RIGHT_ELBOW, L.RIGHT_WRIST]] = visibility
    ones = np.ones(LANDMARKS, np.float32)
    return Pose(time_s, landmarks.astype(np.float32), (points * T_M).astype(np.float32), seen, ones, None)


def leaping(start_s: float, end_s: float, away_t: float = AWAY_T, transit_s: float = TRANSIT_S) -> Callable[..., float]:
    """Where a hand is that leaps onto one at 0 and is back from a time on."""

    def at(t: float) -> float:
        gone = min(max((t - start_s) / transit_s, 0.0), 1.0) - min(max((t - end_s) / transit_s, 0.0), 1.0)
        return away_t * (1.0 - gone)

    return at


def lost(
    right: Callable[[float], float],
    fps: float,
    left: Callable[[float], float] = lambda _: 0.0,
    seen: Callable[[float], bool] = lambda _: True,
    size: float = 1.0,
) -> list[tuple[float, Lost]]:
    """When a hand was lost, and which."""
    follow, told = HandFollower(), []
    for i in range(int(UNTIL_S * fps)):
        t = i / fps
        now = follow(pose(t, left(t), right(t)), [seen(t)] * LANDMARKS, size * T_PX)
        if now is not None:
            told.append((t, now))
    return told


@rates
@pytest.mark.parametrize("stay_s", [0.3, 0.9, 1.8])
def test_a_hand_that_leaps_onto_the_other_is_lost_until_it_leaves_it(stay_s: float, fps: int) -> None:
    told = lost(leaping(2.0, 2.0 + TRANSIT_S + stay_s), fps)
    assert {one.arm for _, one in told} == {1}
    assert 2.0 < told[0][0] <= 2.0 + TRANSIT_S + 1 / fps
    assert told[-1][0] == pytest.approx(2.0 + TRANSIT_S + stay_s, abs=TRANSIT_S * OFF_T / AWAY_T + 1 / fps)
    assert len(told) == round((told[-1][0] - told[0][0]) * fps) + 1, "without a break"


@rates
def test_for_one_frame(fps: int) -> None:
    told = lost(lambda t: 0.0 if round(t * fps) == 2 * fps else AWAY_T, fps)
    assert [t for t, _ in told] == [2.0]


@rates
def test_the_arm_is_told_as_it_was_before_the_leap(fps: int) -> None:
    (_, one), *_ = lost(leaping(2.0, 2.9), fps)
    _, (x, y, z) = one.last
    assert (x, y, z) == pytest.approx((AWAY_T * T_M, (-0.7 + AWAY_T / 4) * T_M, 0.0), abs=1e-4)


def test_either_hand() -> None:
    told = lost(lambda _: 0.0, 30, left=leaping(2.0, 2.9))
    assert {one.arm for _, one in told} == {0}


@rates
@pytest.mark.parametrize(
    ("right", "left"),
    [
        pytest.param(leaping(2.0, 4.0, transit_s=0.5), lambda _: 0.0, id="an arm as quick as arms are"),
        pytest.param(leaping(2.0, 4.0, away_t=0.7), lambda _: 0.0, id="from near by"),
        pytest.param(leaping(2.0, 4.0), lambda t: -leaping(2.0, 4.0)(t) / 2, id="the other comes to meet it"),
        pytest.param(lambda t: 2.0 - leaping(2.0, 4.0)(t), lambda _: 0.0, id="to somewhere else"),
        pytest.param(lambda _: 0.05, lambda _: 0.0, id="side by side"),
        pytest.param(lambda t: AWAY_T - leaping(2.0, 2.3)(t), lambda _: 0.0, id="back from a place that was wrong"),
    ],
)
def test_not_lost(right: Callable[[float], float], left: Callable[[float], float], fps: int) -> None:
    assert lost(right, fps, left) == []


@rates
def test_a_hand_that_was_hardly_seen_may_leap_to_its_place(fps: int) -> None:
    assert lost(leaping(2.0, 2.9), fps, seen=lambda t: t > 2.0 - FOLLOWED_S / 2) == []


@rates
def test_patience_ends(fps: int) -> None:
    told = lost(leaping(2.0, math.inf), fps)
    assert told[-1][0] - told[0][0] == pytest.approx(PATIENCE_S, abs=1.5 / fps)


@rates
def test_found_when_the_other_hand_leaves(fps: int) -> None:
    told = lost(leaping(2.0, math.inf), fps, left=lambda t: -min(max(t - 3.0, 0.0), 1.0))
    assert told[-1][0] == pytest.approx(3.0 + OFF_T, abs=0.1 + 1 / fps)


def test_it_goes_by_the_persons_size() -> None:
    assert lost(leaping(2.0, 2.9), 30, size=1.2 * AWAY_T) == []


def test_the_body_keeps_a_lost_arm_as_it_was() -> None:
    observe, at = Observer(), leaping(2.0, 2.9)
    bodies = [observe(pose(i / 30, 0.0, at(i / 30))) for i in range(120)]
    during = [body for body in bodies if 2.2 < body.time_s < 2.8]
    before = next(body for body in bodies if body.time_s > 1.9)
    for body in during:
        assert math.isnan(body.xy[L.RIGHT_WRIST][0] + body.xy[L.RIGHT_ELBOW][0])
        assert not math.isnan(body.xy[L.LEFT_WRIST][0] + body.xy[L.RIGHT_SHOULDER][0])
        assert body.world[L.RIGHT_WRIST] == pytest.approx(before.world[L.RIGHT_WRIST], abs=1e-5)
        assert body.world[L.RIGHT_ELBOW] == pytest.approx(before.world[L.RIGHT_ELBOW], abs=1e-5)
    assert not math.isnan(bodies[-1].xy[L.RIGHT_WRIST][0])


def test_a_hidden_hand_is_left_where_the_model_infers_it() -> None:
    observe, at = Observer(), leaping(2.0, 2.9)
    bodies = [observe(pose(i / 30, 0.0, at(i / 30), visibility=0.2)) for i in range(120)]
    left, right = (bodies[75].world[wrist] for wrist in (L.LEFT_WRIST, L.RIGHT_WRIST))
    assert right[:2] == pytest.approx(left[:2], abs=1e-4)


def test_after_a_gap_nothing_is_lost() -> None:
    observe = Observer()
    for i in range(60):
        observe(pose(i / 30, 0.0, AWAY_T))
    body = observe(pose(2.0 + Observer.GAP_S + 0.1, 0.0, 0.0))
    assert not math.isnan(body.xy[L.RIGHT_WRIST][0])
