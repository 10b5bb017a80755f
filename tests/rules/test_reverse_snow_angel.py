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

ID = "reverse-snow-angel"
LOW = Camera(90.0, height_m=0.3)
HALF_WAY = Camera(50.0, height_m=1.2)

PAIRS = (
    Pair(fault="hands-touching", why="the hands sink to the floor", within=0.05, camera=HALF_WAY),
    Pair(fault="rocking", why="the chest rises against the legs with the sweep", within=0.04),
    Pair(fault="legs-down", why="the legs come down", within=0.03),
    Pair(fault="over-arching", why="the chest is cranked up", within=0.03),
    Pair(fault="neck-crane", why="the head is thrown back", within=3.0, camera=LOW),
    Pair(fault="rushed-lift", why="the arms are thrown round", within=0.1),
)

BROKEN: Broken = {}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only={"elbow-bend", "shrug", "uneven-arms"})


def test_clean() -> None:
    check_clean(ID, HALF_WAY)


@pytest.mark.parametrize("camera", [LEFT_SIDE, RIGHT_SIDE], ids=["left side", "right side"])
def test_clean_from_the_side_but_for_the_hidden_hand(camera: Camera) -> None:
    movement, judged = filmed(ID, camera)
    assert judged.count == len(judged.reps) == len(movement.beats)
    assert judged.found == [{}] * len(movement.beats)
    unsure = {"hands-touching", "elbow-bend", "shrug", "uneven-arms"}
    assert [{n.fault for n in rep.not_assessed} for rep in judged.reps] == [unsure] * len(movement.beats)


@pytest.mark.parametrize("azimuth_deg", [15.0, 150.0, 180.0], ids=["head end", "half behind", "foot end"])
def test_the_sweep_counts_from_everywhere(azimuth_deg: float) -> None:
    movement, judged = filmed(ID, Camera(azimuth_deg, height_m=1.4))
    assert len(judged.reps) == len(movement.beats)
    assert judged.found == [{}] * len(movement.beats)
