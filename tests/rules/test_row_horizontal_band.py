from __future__ import annotations

import pytest
from motions.rows import row_horizontal_band
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, Camera, film, whole_visit

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

ID = "row-horizontal-band"

PAIRS = (
    Pair(fault="elbow-gap-wide", why="the elbow is drawn far out", within=0.06, camera=FRONT),
    Pair(fault="elbow-gap-narrow", why="the elbow scrapes the ribs", within=0.06, near=-1.0, mild=0.2, camera=FRONT),
    Pair(
        fault="overpull",
        why="the elbow is drawn behind the back",
        within=0.05,
        near_reads=0.0,  # within the line of the trunk, or hardly past it, is none
    ),
    Pair(fault="trunk-swing", why="the trunk rises with the hand", within=2.0),
    Pair(fault="trunk-twist", why="the chest opens towards the working arm", within=2.0, camera=FRONT),
    Pair(fault="hand-pull", why="the forearm folds up at the top", within=3.0),
    Pair(fault="rounded-back", why="the spine flexes", within=2.0),
    Pair(fault="fast-lowering", why="the weight drops", within=0.09),
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
        pytest.param(FRONT, id="front"),
        pytest.param(Camera(180.0), id="rear"),
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


def test_a_trunk_that_rises_is_no_overpull() -> None:
    _, judged = filmed(ID, LEFT_SIDE, trunk_swing=26.0)
    assert judged.found == [{}, {}, {"trunk-swing": "severe"}, {"trunk-swing": "severe"}]


@pytest.mark.parametrize("camera", [pytest.param(FRONT, id="front"), pytest.param(LEFT_SIDE, id="left side")])
def test_nothing_is_counted_on_the_way_in_and_out(camera: Camera) -> None:
    movement = whole_visit(row_horizontal_band(reps=2), upright_s=1.0)
    judged = judge(film(movement, camera), catalogue()[ID])
    assert [rep.span.peak_s for rep in judged.reps] == pytest.approx([b.peak_s for b in movement.beats], abs=0.2)
    assert judged.found == [{}] * 2
    assert judged.partials == ()
