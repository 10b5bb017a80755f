from __future__ import annotations

import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera, deadlift, film, from_standing

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

ID = "deadlift"
EYE_LEVEL = Camera(90.0, height_m=1.45)
"""From below, the nearer ear looks higher than the nose; at its own height the head's pitch is seen as it is."""

PAIRS = (
    Pair(fault="rounded-back", why="the spine flexes with the bar on the floor", within=1.5),
    Pair(fault="hips-shoot-up", why="the trunk tips as the bar leaves the floor", within=1.5),
    Pair(fault="bar-drift", why="the arms swing the bar forward", within=0.04),
    Pair(fault="lean-back", why="the lock-out goes beyond upright", within=1.0),
    Pair(fault="soft-lockout", why="the trunk stays bent at the top", within=0.5),
    Pair(
        fault="squatting-it",
        why="the trunk is upright with the bar on the floor, from the set-up on",
        within=1.5,
        mild=0.12,
        first=0,
    ),
    Pair(fault="elbow-bend", why="the elbows bend outward as the bar leaves the floor", within=1.0, camera=FRONT),
    Pair(fault="neck-crane", why="the head looks up at the top", within=1.5, camera=EYE_LEVEL),
    Pair(fault="fast-lowering", why="the trunk drops with the bar", within=0.05),
)

BROKEN: Broken = {
    ("hips-shoot-up", "severe"): "the rep's start is set after the tip, so `before` holds part of it: 13 reads as 7",
    ("neck-crane", "oblique", "near"): "obliquely the way from ear to nose is short: 8 degrees up look like 23",
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
    check_all_declared(ID, PAIRS, hints_only=("shrug",))


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(LEFT_SIDE, id="left side"),
        pytest.param(RIGHT_SIDE, id="right side"),
        pytest.param(FRONT, id="front"),
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


def test_shrug_is_a_hint_at_most() -> None:
    _, judged = filmed(ID, LEFT_SIDE, shrug=0.12)
    assert judged.found == [{}] * 4
    assert [[hint.fault for hint in rep.hints] for rep in judged.reps] == [[], [], ["shrug"], ["shrug"]]
    assert all("shrug" in {n.fault for n in rep.not_assessed} for rep in judged.reps)


def test_rounded_from_the_first_rep_on_is_told_from_the_set_up() -> None:
    _, judged = filmed(ID, LEFT_SIDE, rounded_back=22.0, faulty_from=1)
    assert judged.found == [{"rounded-back": "mild"}] * 4


def test_a_rounded_back_says_nothing_of_the_hips() -> None:
    _, judged = filmed(ID, LEFT_SIDE, rounded_back=22.0, hips_shoot_up=8.0)
    assert judged.found == [{}, {}, {"rounded-back": "mild"}, {"rounded-back": "mild"}]
    assert "hips-shoot-up" in {n.fault for n in judged.reps[-1].not_assessed}


def test_a_dropped_bar_counts() -> None:
    movement, judged = filmed(ID, LEFT_SIDE, fast_lowering=0.4)
    assert judged.count == len(judged.reps) == len(movement.beats)


def test_no_hint_of_the_neck_from_the_front() -> None:
    _, judged = filmed(ID, FRONT)
    assert [rep.hints for rep in judged.reps] == [()] * 4


def test_hips_that_drop_before_the_third_rep() -> None:
    _, judged = filmed(ID, LEFT_SIDE, squatting_it=51.5)
    assert judged.found == [{}, {}, {"squatting-it": "mild"}, {"squatting-it": "mild"}]


def test_the_first_rep_after_standing_still() -> None:
    movement = from_standing(deadlift(reps=3))
    judged = judge(film(movement, LEFT_SIDE), catalogue()[ID])
    assert len(judged.reps) == 3
    assert judged.reps[0].span.peak_s == pytest.approx(movement.beats[0].peak_s, abs=0.2)
