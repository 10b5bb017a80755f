from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from crowd import Body, a_pose, picture

from formcoach.people import (
    ALIKE,
    GROWTH,
    NEAR_M,
    Person,
    Trail,
    alone,
    different,
    most_prominent,
    moved,
    windows,
)
from formcoach.pose import LANDMARKS, Pose


def person(
    x: float, *, y: float = 180.0, height: float = 170.0, time_s: float = 0.0, visibility: float = 0.99
) -> Person:
    """170 px are 1.7 m, so that 100 px are one."""
    return Person.of(a_pose(time_s, x, y, 0.4 * height, height, visibility))


def test_measures_of_a_person() -> None:
    one = person(300)
    assert one.px_per_m == pytest.approx(100)
    assert one.box == pytest.approx((266, 95, 334, 265))
    assert one.place == pytest.approx((300, 197))


def test_unseen_landmarks_are_outside_the_box() -> None:
    pose = a_pose(0.0, 300, 180, 68, 170)
    visibility = pose.visibility.copy()
    visibility[0] = 0.1
    hidden = Pose(0.0, pose.landmarks, pose.world, visibility, pose.support, None)
    assert Person.of(hidden).box[1] > Person.of(pose).box[1]


@pytest.mark.parametrize(("visibility", "certain"), [(0.95, True), (0.8, False)])
def test_certainty(visibility: float, certain: bool) -> None:
    assert person(300, visibility=visibility).is_certain() is certain


@pytest.mark.parametrize(
    ("x", "height", "same"),
    [
        (300 + 90 * NEAR_M, 170, True),
        (300 + 110 * NEAR_M, 170, False),
        (300, 170 * ALIKE * 0.95, True),
        (300, 170 * ALIKE * 1.05, False),
        (300, 170 / ALIKE * 1.05, True),
        (300, 170 / ALIKE * 0.95, False),
    ],
)
def test_the_same_person_is_near_and_alike(x: float, height: float, same: bool) -> None:
    assert person(x, y=197 - 0.1 * height, height=height).is_where(person(300)) is same


def test_size_does_not_depend_on_posture() -> None:
    """Whoever bends double is as large as before."""
    upright = a_pose(0.0, 300, 180, 68, 170)
    bent = a_pose(0.0, 300, 180, 120, 100)
    bent_world = bent.landmarks / np.float32(100)
    folded = Person.of(Pose(0.0, bent.landmarks, bent_world, bent.visibility, bent.support, None))
    assert folded.is_as_large_as(Person.of(upright))
    assert not person(300, height=170 * GROWTH * 1.05).is_as_large_as(Person.of(upright))


def test_the_edge_counts_half() -> None:
    assert person(0).prominence(640) == pytest.approx(person(320).prominence(640) / 2)
    assert person(-50).prominence(640) == pytest.approx(person(320).prominence(640) / 2)


@pytest.mark.parametrize(("height", "doubtful"), [(120, False), (160, True)])
def test_the_most_prominent(height: float, doubtful: bool) -> None:
    large, other = person(320), person(330, height=height)
    assert most_prominent([other, large], 640) == (large, doubtful)


@pytest.mark.parametrize(
    ("width", "height"), [(640, 480), (1280, 720), (1920, 800), (720, 1280), (500, 500), (30, 4000)]
)
def test_windows_cover_the_picture(width: int, height: int) -> None:
    seen = np.zeros((height, width), bool)
    found = windows(width, height)
    for rows, columns in found:
        part = seen[rows, columns]
        assert part.shape[0] == part.shape[1] == min(width, height)
        part[...] = True
    assert seen.all()
    starts = [rows.start or columns.start for rows, columns in found]
    assert all(0 < b - a <= (min(width, height) + 1) / 2 for a, b in pairwise(starts))


def test_a_pose_in_a_part_lies_in_the_picture() -> None:
    back = moved(a_pose(0.0, 50, 60, 40, 100), slice(100, 200), slice(300, 400))
    assert Person.of(back).box == pytest.approx((330, 110, 370, 210))
    assert len(back.landmarks) == LANDMARKS


def test_a_person_found_twice_is_one() -> None:
    followed, again, half, other = person(300), person(305), person(300, y=220, height=90), person(500)
    assert different(followed, [half, other, again]) == [followed, other]
    assert different(None, [half, again, other]) == [again, other]


def test_alone() -> None:
    """Of two who stand side by side, one stays, with what is round them."""
    image = picture([Body(1, 300, height=170), Body(2, 370, height=170)], seed=3)
    shown = alone(image, person(300), [person(370)])
    assert (shown[95:265, 266:334] == image[95:265, 266:334]).all()
    assert not ((shown[..., 0] == 250) & (shown[..., 1] == 2)).any()
    assert (shown[180, 250] == image[180, 250]).all()
    assert (shown[180, 100] == 128).all()
    assert image[180, 370, 1] == 2


def test_the_trail_tells_who_leaves_the_place() -> None:
    trail = Trail()
    assert [trail.strayed_from(person(300, time_s=i / 10)) for i in range(20)] == [None] * 20
    before = trail.strayed_from(person(365, time_s=2.0))
    assert before is not None
    assert before.place[0] == pytest.approx(300)
    trail.clear()
    assert trail.strayed_from(person(365, time_s=2.1)) is None


def test_up_and_down_is_no_straying() -> None:
    trail = Trail()
    assert trail.strayed_from(person(300)) is None
    assert trail.strayed_from(person(300, y=300, time_s=0.5)) is None


def test_a_slow_walk_is_no_straying() -> None:
    trail = Trail()
    assert not any(trail.strayed_from(person(300 + 4 * i, time_s=i / 10)) for i in range(40))
