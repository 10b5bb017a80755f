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

ID = "cat-cow"

PAIRS = (
    Pair(fault="small-range", why="the back moves less than before", within=4.0),
    Pair(
        fault="head-only",
        why="the head nods far over a back that moves little",
        within=25.0,
        also=frozenset({"small-range"}),
    ),
    Pair(fault="elbow-bend", why="the elbows give way", within=3.0),
    Pair(fault="hands-off-line", why="the hands stand too far forward", within=0.05),
    Pair(fault="hips-rocking", why="the hips shift with the cycle", within=0.03),
    Pair(fault="rushed-lift", why="the cycle is hurried", within=0.4, near=-0.8, severe=1.9),
)

BROKEN: Broken = {}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only={"shrug"})


@pytest.mark.parametrize("camera", [pytest.param(LEFT_SIDE, id="left side"), pytest.param(RIGHT_SIDE, id="right side")])
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


@pytest.mark.parametrize("azimuth_deg", [60.0, -60.0, 120.0], ids=["oblique", "from the right", "from half behind"])
def test_the_movement_counts_obliquely_too(azimuth_deg: float) -> None:
    movement, judged = filmed(ID, Camera(azimuth_deg))
    assert len(judged.reps) == len(movement.beats)
    assert judged.found == [{}] * len(movement.beats)


def test_from_a_flat_back_counts_too() -> None:
    movement, judged = filmed(ID, LEFT_SIDE, start=0.0)
    assert len(judged.reps) == len(movement.beats)
    assert judged.found == [{}] * len(movement.beats)
