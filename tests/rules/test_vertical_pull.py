from __future__ import annotations

import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, RIGHT_SIDE, Camera

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

ID = "vertical-pull"

PAIRS = (
    Pair(fault="elbows-off-wrists", why="the forearms tip near the top", within=0.12, camera=FRONT),
    Pair(fault="short-top", why="the hands stop above the shoulders", within=4.0, camera=FRONT),
    Pair(fault="short-bottom", why="the arms stay bent", within=4.0, camera=FRONT, also=frozenset({"short-top"})),
    Pair(fault="leg-swing", why="the legs kick forward", within=0.05, camera=LEFT_SIDE),
    Pair(fault="trunk-swing", why="the trunk tips back", within=3.0, camera=LEFT_SIDE),
    Pair(fault="behind-neck", why="the hands come down behind the ears", within=0.06, camera=LEFT_SIDE),
    Pair(fault="fast-lowering", why="the arms drop straight", within=0.06, camera=FRONT),
    Pair(fault="uneven-arms", why="one hand stays higher", within=0.04, camera=FRONT, also=frozenset({"short-top"})),
)

BROKEN: Broken = {}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only=["shrug"])


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(FRONT, id="front"),
        pytest.param(LEFT_SIDE, id="left side"),
        pytest.param(RIGHT_SIDE, id="right side"),
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(Camera(180.0), id="rear"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


def test_legs_that_kick_tip_the_trunk_and_nothing_is_said_of_the_lean() -> None:
    _, judged = filmed(ID, LEFT_SIDE, leg_swing=0.25, trunk_swing=30.0)
    assert judged.found == [{}, {}, {"leg-swing": "mild"}, {"leg-swing": "mild"}]
    assert "trunk-swing" in {n.fault for n in judged.reps[-1].not_assessed}


def test_cut_short_at_the_top_from_the_first_rep_on() -> None:
    _, judged = filmed(ID, FRONT, short_top=60.0, faulty_from=0)
    assert judged.found == [{"short-top": "mild"}] * 4
