from __future__ import annotations

import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, OBLIQUE_RIGHT, Camera

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

ID = "wall-band-retraction"

PAIRS = (
    Pair(fault="forearms-not-vertical", why="the forearms tip out", within=2.0, camera=FRONT),
    Pair(fault="band-slack", why="the hands drift together", within=6.0, camera=FRONT),
    Pair(fault="low-back-arch", why="the lowest spine hollows", within=2.0, camera=LEFT_SIDE, severe=1.05),
    Pair(fault="uneven-arms", why="the right arm stays lower", within=4.0, camera=FRONT),
    Pair(fault="short-top", why="the arms stay bent at the top", within=6.0, camera=FRONT),
    Pair(fault="fast-lowering", why="the hands drop", within=0.06, camera=FRONT),
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
        pytest.param(OBLIQUE_LEFT, id="oblique from the left"),
        pytest.param(OBLIQUE_RIGHT, id="oblique from the right"),
        pytest.param(Camera(180.0), id="rear"),
    ],
)
def test_clean(camera: Camera) -> None:
    check_clean(ID, camera)


def test_forearms_that_tip_bring_the_hands_together_and_nothing_is_said_of_the_band() -> None:
    _, judged = filmed(ID, FRONT, forearms_not_vertical=20.0, band_slack=65.0)
    assert judged.found == [{}, {}, {"forearms-not-vertical": "mild"}, {"forearms-not-vertical": "mild"}]
    assert "band-slack" in {n.fault for n in judged.reps[-1].not_assessed}
