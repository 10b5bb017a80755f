from __future__ import annotations

import pytest
from poses import LEFT_SIDE, RIGHT_SIDE, Camera

from rules.judged import (
    Broken,
    Pair,
    check_all_declared,
    check_clean,
    check_fires,
    check_near_miss,
    filmed,
    firing,
    nearly,
)

ID = "superman"
LOW = Camera(90.0, height_m=0.3)

PAIRS = (
    Pair(fault="over-arching", why="the chest is cranked up", within=0.03),
    Pair(fault="legs-down", why="only the chest is lifted", within=0.015, knobs={"over_arching": 0.3}),
    Pair(fault="no-pause", why="the top is left at once", within=0.15, near=-1.0, mild=0.5, severe=1.5),
    Pair(fault="neck-crane", why="the head is thrown back", within=3.0, camera=LOW),
    Pair(fault="fast-lowering", why="the body drops", within=0.08),
    Pair(fault="rushed-lift", why="the body is thrown up", within=0.08),
    Pair(fault="knees-bending", why="the shins fold up", within=4.0),
)

BROKEN: Broken = {}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only=("shrug",))


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(LEFT_SIDE, id="left side"),
        pytest.param(RIGHT_SIDE, id="right side"),
        pytest.param(Camera(55.0, height_m=1.2), id="oblique"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


def test_chest_staying_down_is_the_same_fault() -> None:
    _, judged = filmed(ID, LEFT_SIDE, over_arching=0.01)
    assert [set(found) for found in judged.found] == [set(), set(), {"legs-down"}, {"legs-down"}]
