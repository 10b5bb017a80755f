"""Which arm did a rep, told from the heights of both hands, drawn by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from formcoach import measure as m
from formcoach.body import Body, Side
from formcoach.counting import Mover
from formcoach.exercise import Span
from formcoach.pose import LANDMARKS
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from collections.abc import Callable

START_S, PEAK_S, LOWERING_S, END_S = 1.0, 2.5, 2.9, 4.4
SPAN = Span(
    start_s=START_S, peak_s=PEAK_S, lowering_s=LOWERING_S, end_s=END_S, rest=1.0, peak=0.0, next_rest=1.0, reach=1.0,
    complete=True,
)  # fmt: skip


def works(t: float) -> float:
    """A hand that sinks by a torso length in a rep."""
    share = min((t - START_S) / (PEAK_S - START_S), (END_S - t) / (END_S - LOWERING_S))
    return 0.9 - min(max(share, 0.0), 1.0)


def rests(_: float) -> float:
    return 1.1


def flickers(t: float) -> float:
    """A hand at rest that the model sets on the other one now and then for an instant."""
    return -0.1 if PEAK_S - 0.4 < t < LOWERING_S + 0.4 and t % 0.3 < 0.1 else 1.1


def taken_along(t: float) -> float:
    """A hand at rest that the model has on the other one while that is far down."""
    return works(t) if works(t) < 0.3 else 1.1


def drifts(t: float) -> float:
    return 1.1 + 0.05 * (t - START_S)


def body(time_s: float, left: float, right: float) -> Body:
    """Somebody on the back, each hand so high above the trunk, T."""
    world = [(0.0, 0.0, 0.0)] * LANDMARKS
    for shoulder in (L.LEFT_SHOULDER, L.RIGHT_SHOULDER):
        world[shoulder] = (1.0, 0.0, 0.0)
    world[L.LEFT_WRIST], world[L.RIGHT_WRIST] = (1.0, -left, 0.0), (1.0, -right, 0.0)
    return Body(time_s, [(math.nan, math.nan)] * LANDMARKS, world, 100.0, 90.0, None)


@pytest.mark.parametrize("fps", [10, 15, 30, 60])
@pytest.mark.parametrize("other", [rests, flickers, taken_along, drifts])
@pytest.mark.parametrize("side", list(Side))
def test_the_arm_that_did_a_rep(side: Side, other: Callable[[float], float], fps: int) -> None:
    mover = Mover(m.hand_rise_t)
    for i in range(5 * fps):
        t = i / fps
        heights = {side: works(t), side.other: other(t)}
        mover.add(body(t, heights[Side.LEFT], heights[Side.RIGHT]))
    assert mover(SPAN) is side
