from __future__ import annotations

import pytest
from motions.rows import wide_row
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera, film, whole_visit

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

ID = "wide-row"

PAIRS = (
    Pair(fault="elbows-narrow", why="the elbows slide back along the ribs", within=6.0, camera=FRONT),
    Pair(fault="hinge-depth", why="upright from the set-up on", within=1.0, first=0),
    Pair(fault="stance-rise", why="more upright from the third rep on", within=1.0),
    Pair(fault="rounded-back", why="the spine flexes while the arms hang clear of it", within=2.0),
    Pair(fault="trunk-swing", why="the trunk rises with the hands", within=2.0),
    Pair(fault="neck-crane", why="the head drops", within=1.5),
    Pair(fault="short-top", why="the hands turn back early", within=3.0, camera=FRONT),
    Pair(fault="uneven-arms", why="the right hand stays lower", within=0.04, camera=FRONT),
    Pair(fault="fast-lowering", why="the weights drop", within=0.09),
)

BROKEN: Broken = {}


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
    check_all_declared(ID, PAIRS, hints_only=["shrug"])


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(LEFT_SIDE, id="left side"),
        pytest.param(RIGHT_SIDE, id="right side"),
        pytest.param(FRONT, id="front"),
        pytest.param(Camera(180.0), id="rear"),
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


def test_one_arm_that_goes_less_far_is_neither_short_nor_narrow() -> None:
    _, judged = filmed(ID, FRONT, uneven_arms=0.3)
    assert judged.found == [{}, {}, {"uneven-arms": "severe"}, {"uneven-arms": "severe"}]


def test_a_short_rep_is_not_narrow() -> None:
    _, judged = filmed(ID, FRONT, short_top=60.0)
    assert judged.found == [{}, {}, {"short-top": "severe"}, {"short-top": "severe"}]


@pytest.mark.parametrize("camera", [pytest.param(FRONT, id="front"), pytest.param(LEFT_SIDE, id="left side")])
def test_nothing_is_counted_on_the_way_in_and_out(camera: Camera) -> None:
    movement = whole_visit(wide_row(reps=2), upright_s=1.0)
    judged = judge(film(movement, camera), catalogue()[ID])
    assert [rep.span.peak_s for rep in judged.reps] == pytest.approx([b.peak_s for b in movement.beats], abs=0.2)
    assert judged.found == [{}] * 2
    assert judged.partials == ()
