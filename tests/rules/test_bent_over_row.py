from __future__ import annotations

from dataclasses import replace

import pytest
from motions import MOVEMENTS
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera, film

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

ID = "bent-over-row"

PAIRS = (
    Pair(fault="rounded-back", why="the spine flexes while the arms hang clear of it", within=1.5),
    Pair(
        fault="low-back-arch",
        why="the lowest spine hollows and lifts the chest",
        within=0.6,
        knobs={"fold": 60.0},
        also=frozenset({"stance-rise"}),  # the chest that it lifts is also more upright than before
    ),
    Pair(fault="hinge-depth", why="upright from the set-up on", within=1.0, first=0),
    Pair(fault="stance-rise", why="more upright from the third rep on", within=1.0, knobs={"fold": 60.0}),
    Pair(fault="trunk-swing", why="the trunk rises with the hands", within=2.0),
    Pair(fault="shrug", why="the shoulders ride up early in the lift", within=0.015),
    Pair(fault="neck-crane", why="the head drops", within=1.5),
    Pair(fault="short-top", why="the hands turn back early", within=2.0),
    Pair(fault="uneven-arms", why="the right hand stays lower", within=0.015, camera=FRONT),
    Pair(
        fault="elbow-flare",
        why="the elbows wing out to the side",
        within=0.03,
        near_reads=0.0,  # less than an opening of the arm in space is none
        camera=FRONT,
    ),
    Pair(fault="fast-lowering", why="the weights drop", within=0.04),
)

BROKEN: Broken = {
    ("elbow-flare", "mild"): "an elbow 0.38 T out is not read: the arm must open by 8 degrees, which takes 0.55 T",
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
        pytest.param(RIGHT_SIDE, id="right side"),
        pytest.param(FRONT, id="front"),
        pytest.param(Camera(180.0), id="rear"),
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


@pytest.mark.parametrize("knob", [-21.0, 21.0], ids=["looks up", "looks down"])
def test_neck_both_ways(knob: float) -> None:
    _, judged = filmed(ID, LEFT_SIDE, neck_crane=knob)
    assert judged.found == [{}, {}, {"neck-crane": "mild"}, {"neck-crane": "mild"}]


def test_rounded_from_the_first_rep_on_is_told_from_the_set_up() -> None:
    _, judged = filmed(ID, LEFT_SIDE, rounded_back=22.0, faulty_from=1)
    assert judged.found == [{"rounded-back": "mild"}] * 4


def test_a_rounded_back_takes_the_head_along_and_says_nothing_of_the_neck() -> None:
    _, judged = filmed(ID, LEFT_SIDE, rounded_back=25.0, neck_crane=20.0)
    assert judged.found == [{}, {}, {"rounded-back": "mild"}, {"rounded-back": "mild"}]
    assert "neck-crane" in {n.fault for n in judged.reps[-1].not_assessed}


def test_elbow_drawn_back_beside_the_trunk_is_no_flare() -> None:
    _, judged = filmed(ID, FRONT, elbow_flare=0.25)
    assert [reading.value for reading in judged.readings["elbow-flare"]] == pytest.approx([0.0] * 4)


@pytest.mark.parametrize("fold", [45.0, 60.0, 70.0])
def test_deeper_and_shallower_hinges_are_clean(fold: float) -> None:
    movement, judged = filmed(ID, LEFT_SIDE, fold=fold)
    assert judged.found == [{}] * len(movement.beats)


def test_a_trunk_nearly_level_counts_too() -> None:
    movement, judged = filmed(ID, LEFT_SIDE, fold=80.0)
    assert len(judged.reps) == len(movement.beats)


@pytest.mark.parametrize(("away_s", "judged_short"), [(0.1, True), (0.5, False)])
def test_a_top_that_somebody_hides_is_not_said_to_be_short(away_s: float, judged_short: bool) -> None:
    movement = MOVEMENTS[ID](short_top=70.0)
    track = film(movement, LEFT_SIDE)
    beat = movement.beats[2]
    poses = tuple(None if pose is None or abs(pose.time_s - beat.peak_s) < away_s / 2 else pose for pose in track.poses)
    judged = judge(replace(track, poses=poses), catalogue()[ID])
    assert len(judged.reps) == len(movement.beats)
    assert ("short-top" in judged.found[2]) == judged_short
    assert ("short-top" in {n.fault for n in judged.reps[2].not_assessed}) != judged_short
    assert "short-top" in judged.found[3]
