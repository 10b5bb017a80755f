from __future__ import annotations

import pytest
from poses import LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera

from rules.judged import Broken, Pair, check_all_declared, check_clean, check_fires, check_near_miss, firing, nearly

ID = "press-back"

PAIRS = (
    Pair(fault="elbow-bend", why="the elbows fold", within=4.0, camera=LEFT_SIDE),
    Pair(fault="arm-swing", why="the arms are thrown back", within=0.05, camera=LEFT_SIDE),
    Pair(fault="short-top", why="the hands stop beside the hips", within=0.05, camera=LEFT_SIDE),
    Pair(fault="trunk-swing", why="the trunk rises with the hands", within=3.0, camera=LEFT_SIDE),
    Pair(fault="rounded-back", why="the spine flexes", within=3.0, camera=LEFT_SIDE),
    Pair(fault="stance-rise", why="more upright from the third rep on", within=2.0, camera=LEFT_SIDE),
    Pair(fault="shrug", why="the shoulders ride up", within=0.02, camera=OBLIQUE_LEFT, first=4),
    Pair(fault="fast-lowering", why="the weights drop forward", within=0.06, camera=LEFT_SIDE),
    Pair(fault="neck-crane", why="the head drops", within=2.0, camera=LEFT_SIDE),
)

BROKEN: Broken = {}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS)


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(LEFT_SIDE, id="left side"),
        pytest.param(RIGHT_SIDE, id="right side"),
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)
