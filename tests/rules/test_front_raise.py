from __future__ import annotations

import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera

from rules.judged import Pair, check_all_declared, check_clean, check_fires, check_near_miss, filmed, firing, nearly

ID = "front-raise"

PAIRS = (
    Pair(fault="raise-too-high", why="the arms go on past the level", within=1.5),
    Pair(fault="short-top", why="the arms turn back early", within=2.0),
    Pair(fault="trunk-swing", why="the trunk leans back with the lift", within=1.0),
    Pair(fault="low-back-arch", why="the lower back hollows and leans the chest back", within=0.6),
    Pair(fault="shrug", why="the shoulders stay hiked", within=0.03, near=-0.6, mild=0.3, camera=FRONT),
    Pair(fault="elbow-bend", why="the elbows bend early in the lift", within=1.5),
    Pair(fault="uneven-arms", why="the right arm stays lower", within=1.5, camera=FRONT),
    Pair(fault="fast-lowering", why="the arms drop", within=0.06),
    Pair(fault="rushed-lift", why="the arms are thrown up", within=0.06),
)


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, {}))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, {}))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS)


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(LEFT_SIDE, id="left side"),
        pytest.param(RIGHT_SIDE, id="right side"),
        pytest.param(FRONT, id="front"),
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


@pytest.mark.parametrize("aside", [60.0, 75.0, 90.0])
@pytest.mark.parametrize("camera", [FRONT, OBLIQUE_LEFT], ids=["front", "oblique"])
def test_a_lateral_raise_is_not_counted(camera: Camera, aside: float) -> None:
    _, judged = filmed(ID, camera, aside=aside)
    assert (judged.count, judged.reps) == (0, ())


def test_arms_a_little_apart_are_counted() -> None:
    movement, judged = filmed(ID, FRONT, aside=15.0)
    assert judged.count == len(movement.beats)


def test_one_arm_that_lags_is_uneven_not_short() -> None:
    _, judged = filmed(ID, FRONT, uneven_arms=32.0)
    assert judged.found == [{}, {}, {"uneven-arms": "severe"}, {"uneven-arms": "severe"}]


def test_leaning_back_with_a_flat_back_is_a_swing_not_an_arch() -> None:
    _, judged = filmed(ID, LEFT_SIDE, trunk_swing=16.0)
    assert judged.found == [{}, {}, {"trunk-swing": "severe"}, {"trunk-swing": "severe"}]
