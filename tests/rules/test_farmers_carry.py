from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from motions.timed import farmers_carry
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, RIGHT_SIDE, Camera, film, passing

from formcoach.body import View
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

ID = "farmers-carry"

ONE = {"reps": 1}
PAIRS = (
    Pair(fault="side-lean", why="the body tips to the right", within=0.5, camera=FRONT, first=1, knobs=ONE),
    Pair(fault="hunching", why="trunk and head tip forward", within=1.5, first=1, knobs=ONE),
    Pair(fault="shrug", why="the shoulders ride up", within=0.02, camera=FRONT, first=1, knobs=ONE),
    Pair(fault="weights-swinging", why="the arms swing", within=0.03, first=1, knobs=ONE),
    Pair(fault="trunk-swing", why="the body rocks over each step", within=1.0, camera=FRONT, first=1, knobs=ONE),
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
    if level == "near":
        assert pair.seen_by(camera, ID, level, reps=1)[2].found == [{}]
    else:
        check_elsewhere(ID, pair, camera, level)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only=("bad-pickup",))


@pytest.mark.parametrize("camera", [FRONT, Camera(180.0), LEFT_SIDE, RIGHT_SIDE, OBLIQUE_LEFT])
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


def test_two_walks_with_their_steps() -> None:
    movement, judged = filmed(ID, FRONT, reps=2)
    for rep, beat in zip(judged.reps, movement.beats, strict=True):
        assert rep.walk is not None
        assert (rep.walk.steps, rep.walk.turns) == (14, 0)
        assert rep.side is None
        assert rep.span.range == pytest.approx(beat.end_s - beat.start_s, abs=0.5)


def test_leaning_in_the_last_part_only() -> None:
    upright, leaning = (film(farmers_carry(side_lean=size), FRONT) for size in (0.0, 15.0))
    poses = tuple(
        early if time_s < 6.0 else late
        for time_s, early, late in zip(upright.time_s, upright.poses, leaning.poses, strict=True)
    )
    assert judge(replace(upright, poses=poses), catalogue()[ID]).found == [{"side-lean": "severe"}]


def test_the_pick_up_is_said_to_be_unseen() -> None:
    _, judged = filmed(ID, LEFT_SIDE)
    (why,) = [n.why for n in judged.reps[0].not_assessed if n.fault == "bad-pickup"]
    assert why == f"too uncertain from the {View.SIDE.words}"


def test_standing_with_weights_is_no_carry() -> None:
    stands = farmers_carry().posture(np.zeros(1)).spread(1).at(0)
    assert judge(film(passing(stands, [(8.0, stands)]), FRONT), catalogue()[ID]).reps == ()
