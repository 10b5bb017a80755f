from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from motions import MOVEMENTS
from poses import LEFT_SIDE, RIGHT_SIDE, Beat, Camera, film

from formcoach.body import Side
from formcoach.hands import ARMS
from rules.judged import (
    Pair,
    catalogue,
    check_all_declared,
    check_fires,
    check_near_miss,
    filmed,
    firing,
    judge,
    nearly,
)

if TYPE_CHECKING:
    from formcoach.pose import Pose

ID = "cross-band"
LEFT_ARM = {"arm": "left"}

PAIRS = (
    Pair(fault="ribs-flare", why="belly and lower back rise under the ribs", within=0.015),
    Pair(fault="legs-moving", why="the shins sink as the arm reaches", within=0.03),
    Pair(fault="short-top", why="the hand turns back early", within=3.0, knobs=LEFT_ARM),
    Pair(fault="elbow-bend", why="the elbow folds, the hand keeps its way", within=2.0, knobs=LEFT_ARM),
    Pair(
        fault="rushed-lift",
        why="the arm is thrown overhead",
        within=0.15,  # the hand's height goes with the angle's cosine, so its middle is quicker than the arm's
        near=-0.8,
        knobs=LEFT_ARM,
    ),
)


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, {}))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, {}))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only=("uneven-arms",))


@pytest.mark.parametrize("camera", [LEFT_SIDE, RIGHT_SIDE, Camera(75.0)], ids=["left side", "right side", "not square"])
def test_clean_and_the_arms_told_apart(camera: Camera) -> None:
    movement, judged = filmed(ID, camera)
    assert judged.count == len(judged.reps) == len(movement.beats)
    assert judged.found == [{}] * len(movement.beats)
    assert judged.partials == ()
    assert [rep.side for rep in judged.reps] == [Side.LEFT, Side.RIGHT] * 2


@pytest.mark.parametrize(("camera", "near"), [(LEFT_SIDE, Side.LEFT), (RIGHT_SIDE, Side.RIGHT)])
def test_the_farther_arm_is_not_judged_for_its_reach(camera: Camera, near: Side) -> None:
    _, judged = filmed(ID, camera, short_top=60.0, faulty_from=1)
    for rep, found in zip(judged.reps, judged.found, strict=True):
        said = {n.fault: n.why for n in rep.not_assessed}
        assert ("short-top" in said) == (rep.side is not near)
        assert "short-top" not in found or rep.side is near


def test_one_arm_that_reaches_less_far_is_a_hint_from_the_feet() -> None:
    _, judged = filmed(ID, Camera(0.0), uneven_arms=33.0, reps=6)
    assert len(judged.reps) == 6
    assert "uneven-arms" in {hint.fault for rep in judged.reps for hint in rep.hints}


def with_the_hand_lost(pose: Pose, beats: tuple[Beat, ...], aside_s: float) -> Pose:
    """The right hand on the left one round the deepest point of its own reps, as long before it as after it."""
    landmarks, world, visibility = pose.landmarks.copy(), pose.world.copy(), pose.visibility.copy()
    (_, elbow, wrist), (_, far_elbow, far_wrist) = ARMS
    visibility[[far_elbow, far_wrist]] = 0.8  # as rendered: the model is sure of it
    lost_s = [pose.time_s - (beat.peak_s + beat.lowering_s) / 2 for beat in beats[1::2]]
    share = max(min(max((aside_s - abs(t)) / 0.1, 0.0), 1.0) for t in lost_s)
    for far, near in ((far_elbow, elbow), (far_wrist, wrist)):
        landmarks[far] += share * (landmarks[near] - landmarks[far])
        world[far, :2] += share * (world[near, :2] - world[far, :2])
    return replace(pose, landmarks=landmarks, world=world, visibility=visibility)


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
@pytest.mark.parametrize("lost_s", [0.0, 0.3, 0.9, 1.4])
def test_a_hand_that_is_lost_to_the_other_one_does_not_count_twice(lost_s: float, fps: int) -> None:
    movement = MOVEMENTS[ID](reps=6)
    track = film(movement, replace(LEFT_SIDE, fps=fps))
    lost = (None if pose is None else with_the_hand_lost(pose, movement.beats, lost_s / 2) for pose in track.poses)
    judged = judge(replace(track, poses=tuple(lost)), catalogue()[ID])
    assert [rep.side for rep in judged.reps] == [Side.LEFT, Side.RIGHT] * 3
    for rep, beat in zip(judged.reps, movement.beats, strict=True):
        assert rep.span.end_s == pytest.approx(beat.end_s, abs=0.3)
