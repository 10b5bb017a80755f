from __future__ import annotations

import pytest
from motions.rows import reverse_grip_row
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

ID = "reverse-grip-row"

PAIRS = (
    Pair(
        fault="elbow-flare",
        why="the elbows wing out to the side",
        within=0.06,
        near=-1.0,
        camera=FRONT,
        knobs={"lean": 5.0},
    ),
    Pair(fault="short-top", why="the elbows stop short behind the hips", within=0.04, severe=0.85),
    Pair(fault="shrug", why="the shoulders ride up early in the lift", within=0.015),
    Pair(fault="rounded-back", why="the spine flexes", within=2.0),
    Pair(fault="trunk-swing", why="the trunk rises with the hands", within=2.0),
    Pair(fault="squat-drift", why="the knees straighten", within=1.5),
    Pair(fault="uneven-arms", why="the right hand stays lower", within=0.03, severe=1.1, camera=FRONT),
    Pair(fault="fast-lowering", why="the weights drop", within=0.09, near=-1.0),
    Pair(fault="neck-crane", why="the head drops", within=1.5),
)

ELSEWHERE = tuple(pair for pair in PAIRS if pair.fault != "short-top")
"""Half-way to the camera the hands of this body move so little that a rep cut severely short is none."""

BROKEN: Broken = {}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


@pytest.mark.parametrize(("pair", "camera", "level"), elsewhere(ID, ELSEWHERE, BROKEN))
def test_elsewhere(pair: Pair, camera: Camera, level: str) -> None:
    check_elsewhere(ID, pair, camera, level)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS)


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


def test_a_deeper_squat_is_a_drift_too() -> None:
    _, judged = filmed(ID, LEFT_SIDE, squat_drift=-16.0)
    assert judged.found == [{}, {}, {"squat-drift": "mild"}, {"squat-drift": "mild"}]


def test_one_arm_that_goes_less_far_is_not_short() -> None:
    _, judged = filmed(ID, FRONT, uneven_arms=0.13)
    assert judged.found == [{}, {}, {"uneven-arms": "mild"}, {"uneven-arms": "mild"}]
    assert [rep.hints for rep in judged.reps] == [()] * 4


@pytest.mark.parametrize("camera", [pytest.param(FRONT, id="front"), pytest.param(LEFT_SIDE, id="left side")])
def test_nothing_is_counted_on_the_way_in_and_out(camera: Camera) -> None:
    movement = whole_visit(reverse_grip_row(reps=2), upright_s=1.0)
    judged = judge(film(movement, camera), catalogue()[ID])
    assert [rep.span.peak_s for rep in judged.reps] == pytest.approx([b.peak_s for b in movement.beats], abs=0.2)
    assert judged.found == [{}] * 2
    assert judged.partials == ()
