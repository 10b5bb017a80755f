"""A camera that stands low: what tells it, what does not, and of whom."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, STANDING, Camera, film, passing

from formcoach.body import Body, Observer
from formcoach.pose import Landmark as L
from formcoach.standpoint import LOW_DEG, RATIO_DEG, STAND_S, Standpoint, lowness_deg

CAMERAS = (FRONT, OBLIQUE_LEFT, LEFT_SIDE)
FLOOR = (3.0, 0.56)
"""Lean away from the camera, degrees, and trunk to legs: what the model makes of people filmed from 0.15 m."""
LEGS = (L.LEFT_KNEE, L.RIGHT_KNEE, L.LEFT_ANKLE, L.RIGHT_ANKLE)


@cache
def posed(camera: Camera = FRONT, *, lean: float = 0.0) -> Body:
    posture, observe = replace(STANDING, lean=lean), Observer()
    bodies = [observe(pose) for pose in film(passing(posture, [(1.0, posture)]), camera).poses if pose is not None]
    return bodies[-1]


def seen(lean_deg: float, ratio: float, camera: Camera = FRONT) -> Body:
    """Somebody who stands, leaning away from the camera in space, with such legs in the picture."""
    body = posed(camera)
    a = math.radians(lean_deg)
    world = [(x, y * math.cos(a) + z * math.sin(a), z * math.cos(a) - y * math.sin(a)) for x, y, z in body.world]
    xy = list(body.xy)
    hips, trunk = np.array(body.hips), math.dist(body.hips, body.shoulders)
    ankles = np.nanmean([xy[L.LEFT_ANKLE], xy[L.RIGHT_ANKLE]], axis=0)
    longer = trunk / ratio / math.dist(hips, ankles)
    for landmark in LEGS:
        x, y = hips + (np.array(xy[landmark]) - hips) * longer
        xy[landmark] = (float(x), float(y))
    return replace(body, xy=xy, world=world)


def judged(body: Body, *, lasts_s: float = 10.0, fps: float = 20.0) -> list[float]:
    """When the camera is found to stand low, of a body that stands so long."""
    standpoint = Standpoint()
    times = [i / fps for i in range(round(lasts_s * fps))]
    return [time_s for time_s in times if standpoint.found_low(replace(body, time_s=time_s))]


@pytest.mark.parametrize("camera", CAMERAS, ids=["front", "oblique", "side"])
@pytest.mark.parametrize(
    ("height", "lean_deg", "ratio", "low"),
    [
        ("0.15 m", *FLOOR, True),
        ("0.6 m", -1.8, 0.60, False),
        ("0.75 m", -5.1, 0.63, False),
        ("1.2 m", -10.5, 0.69, False),
        ("hip height, leaning back", 1.0, 0.64, False),
        ("hip height, long legs", -5.1, 0.57, False),
    ],
)
def test_what_the_model_makes_of_a_height(
    height: str, lean_deg: float, ratio: float, low: bool, camera: Camera
) -> None:
    assert bool(judged(seen(lean_deg, ratio, camera))) is low, height


def test_lowness() -> None:
    upright = lowness_deg(posed())
    assert lowness_deg(seen(-4.0, 0.6)) == pytest.approx(-4.0 - 0.6 * RATIO_DEG, abs=0.5)
    assert upright < LOW_DEG


def test_it_takes_a_while_and_is_found_once() -> None:
    assert judged(seen(*FLOOR)) == [pytest.approx(STAND_S)]
    assert judged(seen(*FLOOR), lasts_s=STAND_S - 0.1) == []


def test_who_walks_off_starts_anew() -> None:
    standpoint = Standpoint()
    low = seen(*FLOOR)
    assert not standpoint.found_low(replace(low, time_s=0.0))
    assert not standpoint.found_low(None)
    assert not standpoint.found_low(replace(low, time_s=STAND_S))
    assert standpoint.found_low(replace(low, time_s=2 * STAND_S))


def test_a_few_wild_poses_do_not_tell() -> None:
    standpoint = Standpoint()
    bodies = [seen(*FLOOR) if i % 3 == 0 else seen(-5.1, 0.63) for i in range(100)]
    assert not any(standpoint.found_low(replace(body, time_s=i / 20)) for i, body in enumerate(bodies))


def test_what_was_judged_is_not_judged_again() -> None:
    standpoint = Standpoint()
    bodies = [seen(-5.1, 0.63)] * 50 + [seen(*FLOOR)] * 100
    assert not any(standpoint.found_low(replace(body, time_s=i / 20)) for i, body in enumerate(bodies))


@pytest.mark.parametrize("lean", [30.0, 80.0])
def test_who_hinges_does_not_stand(lean: float) -> None:
    assert math.isnan(lowness_deg(posed(LEFT_SIDE, lean=lean)))


def moved(body: Body, landmarks: tuple[L, ...], x: float, y: float) -> Body:
    xy = list(body.xy)
    for landmark in landmarks:
        xy[landmark] = (xy[landmark][0] + x, xy[landmark][1] + y)
    return replace(body, xy=xy)


ANKLES = (L.LEFT_ANKLE, L.RIGHT_ANKLE)


def test_who_sits_does_not_stand() -> None:
    body = posed()
    shank_px = body.xy[L.LEFT_ANKLE][1] - body.xy[L.LEFT_KNEE][1]
    assert math.isnan(lowness_deg(moved(body, ANKLES, 0.0, -shank_px)))
    assert math.isnan(lowness_deg(moved(body, ANKLES, shank_px, 0.0)))


def test_one_ankle_is_enough_and_none_is_not() -> None:
    body = seen(*FLOOR, LEFT_SIDE)
    assert judged(moved(body, (L.RIGHT_ANKLE,), math.nan, math.nan))
    assert math.isnan(lowness_deg(moved(body, ANKLES, math.nan, math.nan)))
