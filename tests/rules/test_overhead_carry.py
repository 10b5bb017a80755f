from __future__ import annotations

import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, RIGHT_SIDE, Camera

from formcoach.body import Side
from rules.judged import (
    Broken,
    Pair,
    check_all_declared,
    check_clean,
    check_elsewhere,
    check_fires,
    check_near_miss,
    elsewhere,
    filmed,
    firing,
    nearly,
)

ID = "overhead-carry"

ONE = {"reps": 1}
PAIRS = (
    Pair(fault="side-lean", why="the body tips, the arm stays upright", within=0.5, camera=FRONT, first=1, knobs=ONE),
    Pair(fault="arm-drift", why="the arm drifts out to the side", within=1.0, camera=FRONT, first=1, knobs=ONE),
    Pair(fault="elbow-bend", why="the elbow gives", within=1.0, camera=FRONT, first=1, knobs=ONE),
    Pair(fault="low-back-arch", why="the trunk leans back", within=0.5, first=1, knobs=ONE),
    Pair(fault="too-fast", why="the steps are short in time", within=0.01, first=1, knobs=ONE),
    Pair(fault="neck-crane", why="the head drops", within=1.5, first=1, knobs=ONE),
)

BROKEN: Broken = {}
IN_THE_PICTURE_FROM_THE_FRONT = ("arm-drift", "elbow-bend")
"""The synthetic arm drifts and bends sideways: from the side that does not show."""


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


@pytest.mark.parametrize(
    ("pair", "camera", "level"),
    elsewhere(ID, [pair for pair in PAIRS if pair.fault not in IN_THE_PICTURE_FROM_THE_FRONT], BROKEN),
)
def test_elsewhere(pair: Pair, camera: Camera, level: str) -> None:
    check_elsewhere(ID, pair, camera, level)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS)


@pytest.mark.parametrize("camera", [FRONT, Camera(180.0), LEFT_SIDE, OBLIQUE_LEFT])
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


@pytest.mark.parametrize(
    ("arm", "side", "camera"),
    [
        ("left", Side.LEFT, FRONT),
        ("right", Side.RIGHT, FRONT),
        ("left", Side.LEFT, LEFT_SIDE),
        ("right", Side.RIGHT, RIGHT_SIDE),
    ],
)
def test_which_arm_carries(arm: str, side: Side, camera: Camera) -> None:
    movement, judged = filmed(ID, camera, arm=arm)
    (rep,) = judged.reps
    assert rep.side is side
    assert rep.walk is not None
    assert rep.walk.steps == 14
    assert rep.span.range == pytest.approx(movement.beats[0].end_s - movement.beats[0].start_s, abs=0.5)
