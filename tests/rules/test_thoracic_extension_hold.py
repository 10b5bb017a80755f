from __future__ import annotations

from dataclasses import replace

import pytest
from motions import MOVEMENTS
from poses import LEFT_SIDE, RIGHT_SIDE, Camera, film

from rules.judged import (
    Broken,
    Pair,
    catalogue,
    check_all_declared,
    check_clean,
    check_fires,
    check_near_miss,
    filmed,
    firing,
    judge,
    nearly,
)

ID = "thoracic-extension-hold"

ONE = {"reps": 1}
PAIRS = (
    Pair(fault="chest-rising", why="the chest comes up in the last third", within=0.02, first=1, knobs=ONE),
    Pair(fault="hips-forward", why="the hips come over the knees and past them", within=3.0, first=1, knobs=ONE),
    Pair(
        fault="chin-poke",
        why="the head stays up",
        within=10.0,  # the ear that is nearer seems further from the picture's middle than the nose
        mild=0.9,
        severe=1.8,
        first=1,
        knobs=ONE,
    ),
)

BROKEN: Broken = {}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only=("low-back-arch", "hold-short"))


@pytest.mark.parametrize("camera", [LEFT_SIDE, RIGHT_SIDE])
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


def test_only_the_time_in_position_counts() -> None:
    movement, judged = filmed(ID, LEFT_SIDE)
    (rep,), (beat,) = judged.reps, movement.beats
    assert rep.span.start_s == rep.span.peak_s == pytest.approx(beat.peak_s, abs=0.25)
    assert rep.span.end_s == rep.span.lowering_s == pytest.approx(beat.lowering_s, abs=0.25)
    assert rep.span.range == pytest.approx(rep.span.end_s - rep.span.start_s)
    assert rep.walk is None


def test_two_holds() -> None:
    movement, judged = filmed(ID, LEFT_SIDE, reps=2, hold_short=6.0)
    assert [rep.span.range for rep in judged.reps] == pytest.approx([6.0, 6.0], abs=0.5)
    assert [rep.span.start_s for rep in judged.reps] == pytest.approx([b.peak_s for b in movement.beats], abs=0.25)


def test_a_short_hold_is_hinted_at() -> None:
    _, judged = filmed(ID, LEFT_SIDE, hold_short=12.0)
    (rep,) = judged.reps
    assert [(hint.fault, hint.severity) for hint in rep.hints] == [("hold-short", "severe")]
    assert rep.hints[0].value == pytest.approx(12.0, abs=0.5)


def test_a_hold_that_the_recording_cuts_off_is_not_called_short() -> None:
    movement = MOVEMENTS[ID]()
    (rep,) = judge(film(replace(movement, duration_s=15.0), LEFT_SIDE), catalogue()[ID]).reps
    assert not rep.span.complete
    assert rep.hints == ()
    assert rep.span.range == pytest.approx(15.0 - movement.beats[0].peak_s, abs=0.25)


def test_from_the_front_nothing_is_said() -> None:
    _, judged = filmed(ID, Camera(0.0), chest_rising=0.2)
    assert all(rep.findings == () for rep in judged.reps)


def test_a_chest_that_stays_level_with_the_elbows_is_no_hold() -> None:
    movement = MOVEMENTS[ID]()
    level = movement.posture
    stays = replace(movement, duration_s=12.0, posture=lambda t: level(t * 0.0))
    assert judge(film(stays, LEFT_SIDE), catalogue()[ID]).reps == ()
