from __future__ import annotations

import pytest
from poses import LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, RIGHT_SIDE, Camera

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

ID = "face-pull"
CHEST_HIGH = Camera(90.0, height_m=1.3)

PAIRS = (
    Pair(fault="low-elbows", why="the elbows sink below the shoulders", within=0.05, camera=CHEST_HIGH),
    Pair(fault="no-rotation", why="the fists stay before the face", within=0.05, camera=CHEST_HIGH),
    Pair(fault="low-back-arch", why="the lowest spine hollows", within=5.0, camera=LEFT_SIDE),
    Pair(fault="neck-crane", why="the head drops", within=2.0, camera=LEFT_SIDE),
    Pair(fault="trunk-swing", why="the trunk leans back with the pull", within=2.5, camera=LEFT_SIDE),
    Pair(fault="fast-lowering", why="the arms snap forward", within=0.2, camera=LEFT_SIDE),
    Pair(fault="short-top", why="the hands stop before the face", within=3.0, camera=LEFT_SIDE, severe=1.1),
)

BROKEN: Broken = {}


@pytest.mark.parametrize(("pair", "level"), firing(PAIRS, BROKEN))
def test_fires(pair: Pair, level: str) -> None:
    check_fires(ID, pair, level)


@pytest.mark.parametrize("pair", nearly(PAIRS, BROKEN))
def test_near_miss(pair: Pair) -> None:
    check_near_miss(ID, pair)


def test_every_fault_has_its_pair() -> None:
    check_all_declared(ID, PAIRS, hints_only=["shrug", "uneven-arms"])


@pytest.mark.parametrize(
    "camera",
    [
        pytest.param(LEFT_SIDE, id="left side"),
        pytest.param(RIGHT_SIDE, id="right side"),
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


def test_fists_before_the_face_shorten_the_way_and_nothing_is_said_of_it() -> None:
    _, judged = filmed(ID, CHEST_HIGH, no_rotation=0.06, short_top=60.0)
    assert judged.found == [{}, {}, {"no-rotation": "mild"}, {"no-rotation": "mild"}]
    assert "short-top" in {n.fault for n in judged.reps[-1].not_assessed}
