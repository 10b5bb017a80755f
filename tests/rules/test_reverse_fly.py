from __future__ import annotations

import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera

from rules.judged import Pair, check_all_declared, check_clean, check_fires, check_near_miss, filmed, firing, nearly

ID = "reverse-fly"

PAIRS = (
    Pair(fault="elbow-bend", why="the elbows bend early in the lift", within=2.0, camera=FRONT),
    Pair(fault="raise-too-high", why="the arms go on past the back", within=1.5, camera=FRONT),
    Pair(fault="short-top", why="the arms turn back early", within=2.0, camera=FRONT),
    Pair(fault="trunk-swing", why="the trunk rises with the hands", within=2.0),
    Pair(fault="neck-jerk", why="the head is thrown back", within=1.5),
    Pair(fault="rounded-back", why="the spine flexes", within=1.5),
    Pair(fault="low-back-arch", why="the lower back hollows and lifts the chest", within=0.6),
    Pair(fault="uneven-arms", why="the right arm stays lower", within=1.5, camera=FRONT),
    Pair(fault="rushed-lift", why="the arms are thrown up", within=0.06, camera=FRONT),
    Pair(fault="fast-lowering", why="the arms drop", within=0.06, camera=FRONT),
)


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, {}))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, {}))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only={"shrug"})


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
    _, judged = filmed(ID, FRONT, uneven_arms=35.0)
    assert judged.found == [{}, {}, {"uneven-arms": "severe"}, {"uneven-arms": "severe"}]
