from __future__ import annotations

import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera

from rules.judged import Pair, check_all_declared, check_clean, check_fires, check_near_miss, filmed, firing, nearly

ID = "bent-over-y"

PAIRS = (
    Pair(
        fault="t-not-y",
        why="the arms go out to the sides",
        within=0.3,  # the hands are nearer to the camera than the shoulders
        near=-1.2,
        mild=0.1,
        camera=FRONT,
        also=frozenset({"short-top"}),  # arms straight out from the trunk do not go as high
    ),
    Pair(fault="short-top", why="the arms turn back early", within=2.0, camera=FRONT),
    Pair(
        fault="elbow-bend",
        why="the elbows bend early in the lift",
        within=10.0,  # the hands are nearer to the camera than the shoulders
        near=-1.0,
        severe=2.0,
        camera=FRONT,
    ),
    Pair(fault="shrug", why="the shoulders stay hiked", within=0.02, camera=OBLIQUE_LEFT),
    Pair(fault="trunk-swing", why="the trunk rises with the hands", within=2.0),
    Pair(fault="rounded-back", why="the spine flexes", within=1.5),
    Pair(fault="low-back-arch", why="the lower back hollows and lifts the chest", within=0.6),
    Pair(fault="neck-crane", why="the head drops", within=1.5),
    Pair(fault="uneven-arms", why="the right arm stays lower", within=1.5, camera=FRONT),
    Pair(fault="fast-lowering", why="the arms drop", within=0.06, camera=FRONT),
)


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, {}))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, {}))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS)


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


def test_nothing_is_said_of_the_shape_while_one_arm_lags() -> None:
    _, judged = filmed(ID, FRONT, uneven_arms=40.0)
    assert judged.found == [{}, {}, {"uneven-arms": "severe"}, {"uneven-arms": "severe"}]
    missing = {n.fault: n.why for n in judged.reps[-1].not_assessed}
    assert missing["t-not-y"] == "one arm is lower than the other"
