from __future__ import annotations

import pytest
from poses import FRONT, OBLIQUE_LEFT, OBLIQUE_RIGHT, Camera

from rules.judged import Broken, Pair, check_all_declared, check_clean, check_fires, check_near_miss, firing, nearly

ID = "band-pull-apart"

PAIRS = (
    Pair(fault="short-top", why="the arms do not open all the way", within=3.0, camera=FRONT),
    Pair(fault="shrug", why="the shoulders ride up early", within=0.03, camera=FRONT),
    Pair(fault="elbow-bend", why="the elbows fold", within=4.0, camera=FRONT),
    Pair(fault="low-back-arch", why="the lowest spine hollows", within=5.0, camera=Camera(50.0), severe=1.2),
    Pair(fault="uneven-arms", why="the right hand stays nearer", within=0.05, camera=FRONT),
    Pair(fault="fast-lowering", why="the band snaps back", within=0.06, camera=FRONT),
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
        pytest.param(FRONT, id="front"),
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
        pytest.param(Camera(180.0), id="rear"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)
