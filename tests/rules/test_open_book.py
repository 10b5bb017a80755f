from __future__ import annotations

import pytest
from poses import LEFT_SIDE, Camera

from formcoach.body import Side
from rules.judged import Pair, check_all_declared, check_clean, check_fires, check_near_miss, filmed, firing, nearly

ID = "open-book"

PAIRS = (
    Pair(fault="short-top", why="the arm turns back early", within=3.0),
    Pair(fault="knee-lifting", why="the top knee rises with the arm", within=0.05),
    Pair(fault="rushed-lift", why="the arm is thrown open", within=0.15),
)


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, {}))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, {}))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only=("elbow-bend", "uneven-arms"))


@pytest.mark.parametrize("azimuth_deg", [90.0, 65.0, 115.0])
def test_clean(azimuth_deg: float) -> None:
    check_clean(ID, Camera(azimuth_deg))


@pytest.mark.parametrize(("arm", "side"), [("left", Side.LEFT), ("right", Side.RIGHT)])
def test_the_arm_on_top_is_told(arm: str, side: Side) -> None:
    movement, judged = filmed(ID, LEFT_SIDE, arm=arm)
    assert [rep.side for rep in judged.reps] == [side] * len(movement.beats)


def test_a_bent_elbow_is_a_hint() -> None:
    _, judged = filmed(ID, LEFT_SIDE, elbow_bend=85.0)
    assert [[hint.fault for hint in rep.hints] for rep in judged.reps] == [[], [], ["elbow-bend"], ["elbow-bend"]]
