from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from crowd import HEIGHT, WIDTH, Body, Eye, a_pose, frames, picture

from formcoach.estimator import LATELY_S, LOOK_EVERY_S, Estimator, Searcher
from formcoach.people import Person
from formcoach.pose import LANDMARKS, Frame, Pose
from formcoach.turning import turned_back

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NO_MODEL = Path("none.task")


@pytest.fixture
def estimator() -> Iterator[Estimator]:
    Eye.asked = 0
    with Estimator(NO_MODEL, landmarker=cast("Any", Eye)) as made:
        yield made


def centres(estimator: Estimator, shown: Sequence[Frame]) -> list[float | None]:
    """Where across the picture somebody was found, frame by frame."""
    poses = [estimator(frame) for frame in shown]
    return [None if pose is None else Person.of(pose).place[0] for pose in poses]


# ---- turned pictures ----


def a_point(x: float, y: float) -> Pose:
    landmarks = np.tile(np.array([x, y, 0.0], np.float32), (LANDMARKS, 1))
    ones = np.ones(LANDMARKS, np.float32)
    return Pose(0.0, landmarks, np.tile(np.array([0.1, 0.2, 0.3], np.float32), (LANDMARKS, 1)), ones, ones, None)


@pytest.mark.parametrize("quarters", [1, 3])
def test_turned_back(quarters: int) -> None:
    """A mark in the turned picture lies where it was in the picture itself."""
    image = np.zeros((60, 90))
    image[17, 41] = 1.0
    y, x = np.argwhere(np.rot90(image, quarters))[0]
    back = turned_back(a_point(float(x), float(y)), quarters, 60, 90)
    assert back.landmarks[0].tolist() == [41.0, 17.0, 0.0]


@pytest.mark.parametrize("quarters", [1, 3])
def test_space_turns_with_the_picture(quarters: int) -> None:
    """What points right in the picture points right in space, and what points down, down."""
    origin, right = ((30.0, 30.0), (40.0, 30.0))
    ends = []
    for x, y in (origin, right):
        image = np.zeros((60, 90))
        image[int(y), int(x)] = 1.0
        ends.append(np.argwhere(np.rot90(image, quarters))[0][::-1])
    across = ends[1] - ends[0]  # as the turned picture shows the way to the right
    pose = a_point(0.0, 0.0)
    pose.world[:] = (*(across / 10), 0.5)
    np.testing.assert_allclose(turned_back(pose, quarters, 60, 90).world[0], (1.0, 0.0, 0.5), atol=1e-6)


def test_who_stands_is_not_looked_for_in_turned_pictures(estimator: Estimator) -> None:
    assert centres(estimator, frames([[Body(1, 300)]] * 10)) == [pytest.approx(300, abs=1)] * 10
    assert estimator.turned == 0


def test_who_lies_down_is_found_in_the_turned_picture(estimator: Estimator) -> None:
    shown = frames([[Body(1, 300, lying=True)]] * 5)
    found = [estimator(frame) for frame in shown]
    assert estimator.turned == 5
    assert found[-1] is not None
    left, top, right, bottom = Person.of(found[-1]).box
    assert right - left == pytest.approx(200, abs=3)
    assert bottom - top == pytest.approx(80, abs=3)


def test_somebody_found_elsewhere_is_not_believed(estimator: Estimator) -> None:
    shown = frames([[Body(1, 100)]] * 3 + [[Body(1, 540, lying=True)]])
    assert centres(estimator, shown)[-1] is None


def test_nobody_is_looked_for_seldom(estimator: Estimator) -> None:
    assert estimator(Frame(0, 0.0, picture([]))) is None
    before = Eye.asked
    for i in range(30):
        estimator(Frame(i + 1, LATELY_S + i / 30, picture([])))
    assert Eye.asked - before == 30 + 2 * 4


def test_a_doubtful_stranger_is_not_believed(estimator: Estimator) -> None:
    assert centres(estimator, frames([[Body(1, 300, lying=True, visibility=0.6)]] * 3)) == [None] * 3


# ---- several people ----


def test_the_largest_is_coached_whomever_the_model_would_follow(estimator: Estimator) -> None:
    small, large = Body(1, 100, height=130), Body(2, 380, height=260)
    where = centres(estimator, frames([[small, large]] * 30))
    assert where[:1] + where[2:] == [pytest.approx(380, abs=1)] * 29  # the model needs a frame to change over
    assert estimator.crowded
    assert not estimator.doubtful


def test_two_alike_are_doubtful(estimator: Estimator) -> None:
    centres(estimator, frames([[Body(1, 200), Body(2, 430)]] * 3))
    assert estimator.doubtful


def test_one_alone_is_no_crowd(estimator: Estimator) -> None:
    centres(estimator, frames([[Body(1, 300)]] * 250))
    assert (estimator.people, estimator.crowded, estimator.doubtful) == (1, False, False)


def test_looks_are_few(estimator: Estimator) -> None:
    """A second person costs looks at parts of the picture, but not in each frame."""
    shown = frames([[Body(1, 300), Body(2, 560, height=120)]] * 250)
    centres(estimator, shown)
    looks = 1 + int(shown[-1].time_s / LOOK_EVERY_S)
    assert Eye.asked <= len(shown) + 4 * (looks + 1)


def test_who_crosses_the_picture_is_not_followed(estimator: Estimator) -> None:
    """The model goes with the one in front; the one behind is coached on as soon as seen again."""
    coached = Body(1, 320, height=180)
    crossing = [[coached, Body(2, 120 + 8 * i, height=300)] for i in range(60)]
    where = centres(estimator, frames([[coached]] * 25 + crossing + [[coached]] * 25))
    assert where[:25] == [pytest.approx(320, abs=1)] * 25
    assert where[-45:] == [pytest.approx(320, abs=1)] * 45
    stolen = sum(x is not None and abs(x - 320) > 60 for x in where)
    assert stolen <= 0.4 * 25
    assert not estimator.anew


def test_who_walks_is_followed(estimator: Estimator) -> None:
    walk = [[Body(1, 100 + 4 * i), Body(2, 600, height=120)] for i in range(90)]
    where = centres(estimator, frames(walk))
    assert [x for x in where if x is None] == []
    np.testing.assert_allclose(np.array(where, float), 100 + 4 * np.arange(90), atol=2)


def test_who_comes_after_a_bystander_is_coached_instead(estimator: Estimator) -> None:
    bystander, coached = Body(1, 80, height=130), Body(2, 320, height=260)
    shown = frames([[bystander]] * 50 + [[bystander, coached]] * 400)
    anew, where = [], []
    for frame in shown:
        pose = estimator(frame)
        anew.append(estimator.anew)
        where.append(None if pose is None else Person.of(pose).place[0])
    assert anew.count(True) == 1
    changed = anew.index(True)
    assert shown[changed].time_s <= shown[50].time_s + 2 * LOOK_EVERY_S + 0.1
    assert where[:changed] == [pytest.approx(80, abs=1)] * changed
    assert where[changed + 2 :] == [pytest.approx(320, abs=1)] * (len(where) - changed - 2)


def test_somebody_small_is_found_in_a_part_of_the_picture(
    estimator: Estimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the model does not find in a wide picture it may find in a square of it, and then in that one alone."""

    def picky(self: Eye, frame: Frame) -> list[Any]:
        wide = frame.image.shape[1] > frame.image.shape[0] and (frame.image[0] != 128).any()
        return [] if wide and self._place is None else found(self, frame)

    found = Eye._found
    monkeypatch.setattr(Eye, "_found", picky)
    where = centres(estimator, frames([[Body(1, 500, height=150)]] * 20))
    assert where == [pytest.approx(500, abs=1)] * 20


def test_the_one_known_before_is_coached(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = Body(1, 100, height=150), Body(2, 380, height=260)
    known = a_pose(-0.1, 100, 180, 60, 150)
    with Estimator(NO_MODEL, known=known, landmarker=cast("Any", Eye)) as estimator:
        assert centres(estimator, frames([[small, large]] * 5)) == [pytest.approx(100, abs=1)] * 5


# ---- cuts ----


def test_a_cut_ends_what_is_known(estimator: Estimator) -> None:
    before = frames([[Body(1, 150)]] * 40, seed=1)
    after = [Frame(i + 40, (i + 40) / 25, picture([Body(1, 500)], seed=2)) for i in range(20)]
    anew, where = [], []
    for frame in before + after:
        pose = estimator(frame)
        anew.append(estimator.anew)
        where.append(None if pose is None else Person.of(pose).place[0])
    assert [i for i, one in enumerate(anew) if one] == [40]
    assert where == [pytest.approx(150, abs=1)] * 40 + [pytest.approx(500, abs=1)] * 20


def test_everything_is_closed() -> None:
    with Estimator(NO_MODEL, landmarker=cast("Any", Eye)) as estimator:
        estimator.prepare()
        eyes = [estimator._tracker, estimator._searcher._landmarker, *estimator._others.values()]
    assert len(eyes) == 4
    assert all(cast("Any", eye).closed for eye in eyes)


def test_pictures_are_as_they_should_be() -> None:
    assert picture([Body(1, 10)]).shape == (HEIGHT, WIDTH, 3)


def test_a_shared_searcher_outlives_its_estimators() -> None:
    searcher = Searcher(NO_MODEL, cast("Any", Eye))
    for _ in range(2):
        with Estimator(NO_MODEL, searcher=searcher, landmarker=cast("Any", Eye)) as estimator:
            estimator(Frame(0, 0.0, picture([Body(1, 200)])))
    eye = cast("Any", searcher._landmarker)
    assert not eye.closed
    searcher.close()
    assert eye.closed
