from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from formcoach.estimator import LATELY_S, Estimator, turned_back
from formcoach.pose import LANDMARKS, Frame, Pose

if TYPE_CHECKING:
    from pathlib import Path

HEIGHT, WIDTH = 60, 90


def a_pose(x: float, y: float, *, time_s: float = 0.0, visibility: float = 0.99) -> Pose:
    """Everything in one place, but the shoulders above the hips."""
    landmarks = np.tile(np.array([x, y, 0.0], np.float32), (LANDMARKS, 1))
    landmarks[11:13, 1] -= 20
    world = np.tile(np.array([0.1, 0.2, 0.3], np.float32), (LANDMARKS, 1))
    return Pose(
        time_s, landmarks, world, np.full(LANDMARKS, visibility, np.float32), np.ones(LANDMARKS, np.float32), None
    )


@pytest.mark.parametrize("quarters", [1, 3])
def test_turned_back(quarters: int) -> None:
    """A mark in the turned picture lies where it was in the picture itself."""
    image = np.zeros((HEIGHT, WIDTH))
    image[17, 41] = 1.0
    y, x = np.argwhere(np.rot90(image, quarters))[0]
    back = turned_back(a_pose(float(x), float(y)), quarters, HEIGHT, WIDTH)
    assert back.landmarks[0, :2].tolist() == [41.0, 17.0]
    assert back.landmarks[0, 2] == 0.0


@pytest.mark.parametrize("quarters", [1, 3])
def test_space_turns_with_the_picture(quarters: int) -> None:
    """What points right in the picture points right in space, and what points down, down."""
    origin, right = ((30.0, 30.0), (40.0, 30.0))
    ends = []
    for x, y in (origin, right):
        image = np.zeros((HEIGHT, WIDTH))
        image[int(y), int(x)] = 1.0
        ends.append(np.argwhere(np.rot90(image, quarters))[0][::-1])
    across = ends[1] - ends[0]  # as the turned picture shows the way to the right
    pose = a_pose(0.0, 0.0)
    pose.world[:] = (*(across / 10), 0.5)
    np.testing.assert_allclose(turned_back(pose, quarters, HEIGHT, WIDTH).world[0], (1.0, 0.0, 0.5), atol=1e-6)


class Turning(Estimator):
    """Finds what it is told to, by the shape of the picture."""

    def __init__(self, model: Path, upright: list[Pose | None], turned: Pose | None) -> None:  # no model is loaded
        self.turned, self._model, self._others, self._order = 0, model, {}, (3, 1)
        self._last, self._tried_s = None, float("-inf")
        self.upright, self.looked = upright, 0
        stand_in: Any = self
        self._others = {1: stand_in, 3: stand_in}
        self._turned = turned

    def picture(self, frame: Frame) -> tuple[Any, int]:
        return frame.image, 0

    def detect(self, picture: Any, time_ms: int) -> Any:
        del time_ms
        return picture.shape[0] > picture.shape[1]

    def pose(self, frame: Frame, found: Any) -> Pose | None:
        del frame
        if not found:
            return self.upright.pop(0)
        self.looked += 1
        return self._turned


def frame(time_s: float) -> Frame:
    return Frame(0, time_s, np.zeros((HEIGHT, WIDTH, 3), np.uint8))


def test_somebody_found_upright_is_not_looked_for_elsewhere(tmp_path: Path) -> None:
    estimator = Turning(tmp_path, [a_pose(45, 40)], a_pose(1, 1))
    assert estimator(frame(0.0)) is not None
    assert (estimator.looked, estimator.turned) == (0, 0)


def test_the_lost_is_found_in_the_turned_picture_where_it_was(tmp_path: Path) -> None:
    there = a_pose(59.0 - 40, 45.0)  # at (45, 40) in the picture itself, turned by three quarters
    there.landmarks[11:13] = (59.0 - 20, 45.0, 0.0)
    estimator = Turning(tmp_path, [a_pose(45, 40), None], there)
    assert estimator(frame(0.0)) is not None
    found = estimator(frame(0.1))
    assert found is not None
    assert found.landmarks[23, :2].tolist() == [45.0, 40.0]
    assert estimator.turned == 1


def test_somebody_found_elsewhere_is_not_believed(tmp_path: Path) -> None:
    estimator = Turning(tmp_path, [a_pose(5, 30), None], a_pose(0.0, 85.0))
    assert estimator(frame(0.0)) is not None
    assert estimator(frame(0.1)) is None
    assert estimator.looked == 2


def test_nobody_is_looked_for_seldom(tmp_path: Path) -> None:
    estimator = Turning(tmp_path, [None] * 30, None)
    for i in range(30):
        estimator(frame(LATELY_S + i / 30))
    assert estimator.looked == 2 * 4


def test_a_doubtful_stranger_is_not_believed(tmp_path: Path) -> None:
    estimator = Turning(tmp_path, [None], a_pose(20, 45, visibility=0.6))
    assert estimator(frame(0.0)) is None
