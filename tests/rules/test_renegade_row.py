from __future__ import annotations

import math

import pytest
from poses import LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera

from formcoach.body import Side
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

ID = "renegade-row"

PAIRS = (
    Pair(fault="hip-rotation", why="the whole body rolls open", within=1.0, camera=OBLIQUE_LEFT),
    Pair(fault="hip-sag", why="the hips sink below the line", within=0.03),
    Pair(
        fault="hip-pike",
        why="the hips rise above the line",
        within=0.07,
        also=frozenset({"short-top"}),  # the trunk comes down to the hand
    ),
    Pair(
        fault="short-top",
        why="the hand turns back early",
        within=2.5,
        first=5,
        knobs={"reps": 8},  # each arm shows its full range twice
    ),
    Pair(fault="fast-lowering", why="the weight drops", within=0.06, camera=OBLIQUE_LEFT),
    Pair(fault="neck-crane", why="the head drops", within=3.0),
)

BROKEN: Broken = {}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only=("elbow-flare", "uneven-arms", "shrug"))


@pytest.mark.parametrize("camera", [OBLIQUE_LEFT, OBLIQUE_RIGHT])
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


@pytest.mark.parametrize(("camera", "near"), [(LEFT_SIDE, Side.LEFT), (RIGHT_SIDE, Side.RIGHT)])
def test_from_the_side_both_arms_count_and_only_the_near_one_is_timed(camera: Camera, near: Side) -> None:
    movement, judged = filmed(ID, camera)
    assert judged.found == [{}] * len(movement.beats)
    assert judged.partials == ()
    assert [rep.side for rep in judged.reps] == [Side.LEFT, Side.RIGHT] * 2
    timed = [not math.isnan(reading.value) for reading in judged.readings["fast-lowering"]]
    assert timed == [rep.side is near for rep in judged.reps]


def test_reps_are_timed() -> None:
    movement, judged = filmed(ID, LEFT_SIDE)
    for rep, beat in zip(judged.reps, movement.beats, strict=True):
        assert rep.span.start_s == pytest.approx(beat.start_s, abs=0.2)
        assert rep.span.peak_s == pytest.approx(beat.peak_s, abs=0.2)
        assert rep.span.end_s == pytest.approx(beat.end_s, abs=0.3)


def test_sagging_hips_do_not_change_the_count() -> None:
    movement, judged = filmed(ID, LEFT_SIDE, hip_sag=0.45, reps=6)
    assert judged.count == len(judged.reps) == len(movement.beats)
