from __future__ import annotations

import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera, bent_over_row, film

from formcoach.body import Side
from rules.judged import (
    Broken,
    Pair,
    catalogue,
    check_all_declared,
    check_clean,
    check_elsewhere,
    check_fires,
    check_near_miss,
    elsewhere,
    filmed,
    firing,
    judge,
    nearly,
)

ID = "single-arm-row"

PAIRS = (
    Pair(
        fault="elbow-flare",
        why="the elbow wings out to the side",
        within=0.04,
        near_reads=0.0,  # less than an opening of the arm in space is none
        camera=FRONT,
    ),
    Pair(fault="short-top", why="the hand turns back early", within=2.0),
    Pair(fault="rounded-back", why="the spine flexes while the arm hangs clear of it", within=1.5),
    Pair(fault="trunk-twist", why="the working shoulder rises above the other", within=1.5, camera=FRONT),
    Pair(fault="trunk-swing", why="the trunk rises with the hand", within=2.0),
    Pair(fault="shrug", why="the shoulders ride up early in the lift", within=0.015),
    Pair(fault="curling", why="the forearm folds up at the top", within=1.5),
    Pair(fault="fast-lowering", why="the weight drops", within=0.04),
    Pair(fault="neck-crane", why="the head drops", within=1.5),
)

BROKEN: Broken = {
    ("elbow-flare", "mild"): "an elbow 0.35 T out is not read: the arm must open by 8 degrees, which takes 0.45 T",
    ("curling", "oblique", "severe"): "obliquely an elbow of 41 degrees looks like one of 58",
}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


@pytest.mark.parametrize(("pair", "camera", "level"), elsewhere(ID, PAIRS, BROKEN))
def test_elsewhere(pair: Pair, camera: Camera, level: str) -> None:
    check_elsewhere(ID, pair, camera, level)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS)


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(LEFT_SIDE, id="left side"),
        pytest.param(FRONT, id="front"),
        pytest.param(Camera(180.0), id="rear"),
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


def test_the_other_arm_from_its_side() -> None:
    movement, judged = filmed(ID, RIGHT_SIDE, arm="right", short_top=70.0)
    assert [rep.side for rep in judged.reps] == [Side.RIGHT] * len(movement.beats)
    assert judged.found == [{}, {}, {"short-top": "mild"}, {"short-top": "mild"}]


def test_one_arm_then_the_other() -> None:
    movement, judged = filmed(ID, FRONT, reps=5, other_from=3)
    assert [rep.side for rep in judged.reps] == [Side.LEFT] * 2 + [Side.RIGHT] * 3
    assert judged.found == [{}] * len(movement.beats)


def test_both_arms_at_once_are_no_single_arm_row() -> None:
    movement = bent_over_row()
    assert judge(film(movement, FRONT), catalogue()[ID]).reps == ()


def test_neck_up() -> None:
    _, judged = filmed(ID, LEFT_SIDE, neck_crane=-21.0)
    assert judged.found == [{}, {}, {"neck-crane": "mild"}, {"neck-crane": "mild"}]


def test_rounded_from_the_first_rep_on_is_told_from_the_set_up() -> None:
    _, judged = filmed(ID, LEFT_SIDE, rounded_back=22.0, faulty_from=1)
    assert judged.found == [{"rounded-back": "mild"}] * 4


def test_the_resting_arm_makes_no_partial_reps() -> None:
    _, judged = filmed(ID, FRONT, trunk_twist=31.6)
    assert judged.partials == ()
