from __future__ import annotations

import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera

from rules.judged import Pair, check_all_declared, check_clean, check_fires, check_near_miss, filmed, firing, nearly

ID = "upright-row"

PAIRS = (
    Pair(fault="elbows-too-high", why="the elbows go above the shoulders", within=2.0, camera=FRONT),
    Pair(fault="hands-above-elbows", why="the hands rise above the elbows", within=0.04, camera=FRONT),
    Pair(fault="shrug", why="the shoulders stay hiked", within=0.03, camera=FRONT),
    Pair(fault="trunk-swing", why="the trunk leans back with the lift", within=1.0),
    Pair(fault="bar-away", why="the hands swing out to the front", within=0.03, severe=1.1),
    Pair(fault="narrow-grip", why="the hands hang close together", within=0.08, camera=FRONT),
    Pair(fault="short-top", why="the hands turn back early", within=2.5, camera=FRONT),
    Pair(fault="uneven-arms", why="the right hand stays lower", within=0.03, camera=FRONT),
    Pair(fault="fast-lowering", why="the weights drop", within=0.06, camera=FRONT),
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


def test_one_arm_that_lags_is_uneven_not_short() -> None:
    _, judged = filmed(ID, FRONT, uneven_arms=0.3)
    assert judged.found == [{}, {}, {"uneven-arms": "severe"}, {"uneven-arms": "severe"}]
