from __future__ import annotations

import math

import pytest
from poses import LEFT_SIDE, RIGHT_SIDE, Camera

from rules.judged import (
    Broken,
    Pair,
    check_all_declared,
    check_clean,
    check_fires,
    check_near_miss,
    firing,
    nearly,
)

ID = "prone-band-pulldown"
LOW = Camera(90.0, height_m=0.3)
HEAD_END = Camera(0.0, distance_m=2.6, height_m=1.6)
HALF_WAY = Camera(50.0, height_m=1.3)

PAIRS = (
    Pair(fault="over-arching", why="the chest is heaved up with the pull", within=0.03),
    Pair(fault="short-top", why="the elbows turn back early", within=6.0, camera=HALF_WAY),
    Pair(fault="elbow-not-square", why="the forearms swing out", within=math.inf, near=-1.8, camera=HEAD_END),
    Pair(fault="band-slack", why="the hands drift together as the pull begins", within=math.inf, camera=HEAD_END),
    Pair(fault="neck-crane", why="the head is thrown back", within=3.0, camera=LOW),
    Pair(fault="fast-lowering", why="the arms shoot back", within=0.08),
)

BROKEN: Broken = {}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only={"shrug", "uneven-arms"})


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(LEFT_SIDE, id="left side"),
        pytest.param(RIGHT_SIDE, id="right side"),
        pytest.param(HALF_WAY, id="oblique"),
        pytest.param(HEAD_END, id="head end"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)
