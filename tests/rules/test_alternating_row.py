from __future__ import annotations

import math

import pytest
from motions.rows import alternating_row
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, Camera, film, whole_visit

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

ID = "alternating-row"

NEAR_ARM = {"in_turn": False}
"""From the side the far arm's reps are hidden: what is seen there is shown by the near arm's."""

PAIRS = (
    Pair(fault="trunk-twist", why="the chest opens towards the working arm", within=2.0, severe=1.2, camera=FRONT),
    Pair(
        fault="elbow-flare",
        why="the elbows wing out to the side",
        within=0.07,
        near=-1.0,
        camera=FRONT,
        knobs={"fold": 25.0},
    ),
    Pair(
        fault="short-top",
        why="both hands turn back early, from the first rep on",
        within=5.5,
        severe=1.7,
        camera=FRONT,
        first=0,
        knobs={"lift": 0.36},
    ),
    Pair(fault="rounded-back", why="the spine flexes while the arm hangs clear of it", within=2.0, knobs=NEAR_ARM),
    Pair(fault="trunk-swing", why="the trunk rises with the hand", within=2.0, knobs=NEAR_ARM),
    Pair(fault="stance-rise", why="more upright from the third rep on", within=1.0, knobs=NEAR_ARM),
    Pair(fault="shrug", why="the shoulders ride up early in the lift", within=0.015, knobs=NEAR_ARM),
    Pair(fault="uneven-arms", why="the right arm goes less far", within=5.0, camera=FRONT, first=2),
    Pair(fault="neck-crane", why="the head drops", within=1.5, knobs=NEAR_ARM),
    Pair(fault="fast-lowering", why="the weight drops", within=0.08, camera=FRONT),
)

ELSEWHERE = tuple(pair for pair in PAIRS if pair.fault != "short-top")
"""From behind the hands are farther away and look as if they went less far: the limit is measured from the front."""

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
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


@pytest.mark.parametrize("camera", [pytest.param(FRONT, id="front"), pytest.param(Camera(180.0), id="rear")])
def test_clean_where_the_arms_are_compared(camera: Camera) -> None:
    movement, judged = filmed(ID, camera)
    assert judged.count == len(judged.reps) == len(movement.beats)
    assert judged.found == [{}] * len(movement.beats)
    assert judged.partials == ()
    unread = [math.isnan(reading.value) for reading in judged.readings["uneven-arms"]]
    assert unread == [True, False, False, False]  # the other arm has not moved yet


def test_the_arms_in_turn() -> None:
    _, judged = filmed(ID, FRONT)
    assert [rep.side for rep in judged.reps] == [Side.LEFT, Side.RIGHT] * 2


def test_from_the_side_the_near_arm_counts() -> None:
    movement, judged = filmed(ID, LEFT_SIDE)
    assert [rep.side for rep in judged.reps] == [Side.LEFT] * 2
    assert [rep.span.peak_s for rep in judged.reps] == pytest.approx(
        [beat.peak_s for beat in movement.beats[::2]], abs=0.1
    )
    assert judged.partials == ()


def test_an_arm_that_goes_less_far_is_uneven_and_not_short() -> None:
    _, judged = filmed(ID, FRONT, uneven_arms=33.0, faulty_from=2)
    assert judged.found == [{}, *[{"uneven-arms": "mild"}] * 3]
    assert "short-top" in {n.fault for n in judged.reps[1].not_assessed}


@pytest.mark.parametrize("camera", [pytest.param(FRONT, id="front")])
def test_nothing_is_counted_on_the_way_in_and_out(camera: Camera) -> None:
    movement = whole_visit(alternating_row(reps=2), upright_s=1.0)
    judged = judge(film(movement, camera), catalogue()[ID])
    assert [rep.span.peak_s for rep in judged.reps] == pytest.approx([b.peak_s for b in movement.beats], abs=0.2)
    assert judged.found == [{}] * 2
    assert judged.partials == ()
