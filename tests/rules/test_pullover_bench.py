from __future__ import annotations

import pytest
from poses import LEFT_SIDE, RIGHT_SIDE, Camera

from rules.judged import Pair, check_all_declared, check_clean, check_fires, check_near_miss, filmed, firing, nearly

ID = "pullover-bench"

PAIRS = (
    Pair(fault="ribs-flare", why="belly and lower back rise under the ribs", within=0.015),
    Pair(fault="elbow-bend", why="the elbows fold, the hands keep their way", within=2.0),
    Pair(fault="short-top", why="the hands turn back before they are past the head", within=2.0),
    Pair(fault="fast-lowering", why="the weights drop over the face", within=0.05),
    Pair(fault="rushed-lift", why="the weights are heaved back", within=0.08),
    Pair(
        fault="too-deep",
        why="the upper arms sink below level past the head",
        within=2.5,
    ),
    Pair(fault="hips-moving", why="hips and feet go up and down against each other", within=0.03),
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
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


@pytest.mark.parametrize("azimuth_deg", [0.0, 30.0, 50.0, 140.0, 180.0])
def test_counts_from_all_round(azimuth_deg: float) -> None:
    movement, judged = filmed(ID, Camera(azimuth_deg))
    assert judged.count == len(judged.reps) == len(movement.beats)
    assert judged.found == [{}] * len(movement.beats)
    assert [rep.span.peak_s for rep in judged.reps] == pytest.approx([b.peak_s for b in movement.beats], abs=0.25)


def test_one_arm_that_stays_behind_is_a_hint() -> None:
    _, judged = filmed(ID, Camera(60.0), uneven_arms=0.3)
    assert [[hint.fault for hint in rep.hints] for rep in judged.reps] == [[], [], ["uneven-arms"], ["uneven-arms"]]
