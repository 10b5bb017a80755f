"""The live window: what is drawn in it, its keys, and whether there is a display for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from poses import LEFT_SIDE, bent_over_row, film
from sessions import pose as plain_pose

from formcoach.card import Card
from formcoach.outline import STATIONS
from formcoach.pose import LANDMARKS, Pose
from formcoach.reps import State
from formcoach.screen import TITLE, Key, Screen, has_display, in_the_mirror

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480
CARD = Card(count=3, state=State.READY)


def seen() -> Pose:
    pose = film(bent_over_row(reps=1), LEFT_SIDE).poses[0]
    assert pose is not None
    return pose


# --- in the mirror ---


def test_the_mirror_turns_x_about_and_leaves_the_rest() -> None:
    pose = seen()
    mirror = in_the_mirror(pose, WIDTH)
    np.testing.assert_allclose(mirror.landmarks[:, 0], WIDTH - 1 - pose.landmarks[:, 0], rtol=1e-6)
    np.testing.assert_array_equal(mirror.landmarks[:, 1:], pose.landmarks[:, 1:])
    np.testing.assert_array_equal(mirror.visibility, pose.visibility)
    np.testing.assert_array_equal(mirror.support, pose.support)
    assert mirror.time_s == pose.time_s


def test_first_and_last_column_change_places() -> None:
    points = np.zeros((LANDMARKS, 3), np.float32)
    points[1, 0] = WIDTH - 1
    ones = np.ones(LANDMARKS, np.float32)
    mirror = in_the_mirror(Pose(0.0, points, points, ones, ones, None), WIDTH)
    assert mirror.landmarks[:2, 0].tolist() == [WIDTH - 1, 0]
    assert mirror.outline is None


def test_the_outlines_rows_change_places() -> None:
    """One is to the left of the way from hips to shoulders, the other to the right."""
    outline = np.stack([np.full(STATIONS, 0.2), np.full(STATIONS, 0.3)]).astype(np.float32)
    pose = seen()
    mirror = in_the_mirror(Pose(0.0, pose.landmarks, pose.world, pose.visibility, pose.support, outline), WIDTH)
    assert mirror.outline is not None
    np.testing.assert_array_equal(mirror.outline, outline[::-1])


def test_the_pose_itself_stays() -> None:
    pose = seen()
    before = pose.landmarks.copy()
    in_the_mirror(pose, WIDTH)
    np.testing.assert_array_equal(pose.landmarks, before)


def test_twice_is_as_before() -> None:
    pose = seen()
    twice = in_the_mirror(in_the_mirror(pose, WIDTH), WIDTH)
    np.testing.assert_allclose(twice.landmarks, pose.landmarks, atol=1e-4)
    assert twice.outline is not None
    assert pose.outline is not None
    np.testing.assert_array_equal(twice.outline, pose.outline)


def test_what_is_unseen_stays_unseen() -> None:
    pose = plain_pose(3)
    pose.landmarks[5] = np.nan
    assert np.isnan(in_the_mirror(pose, WIDTH).landmarks[5]).all()


# --- is there a display ---


@pytest.mark.parametrize(
    ("platform", "environment", "there"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":4711"}, False),
        ("linux", {"DISPLAY": "nowhere"}, False),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_has_display(platform: str, environment: dict[str, str], there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert has_display() is there


# --- the window, without one ---


class FakeWindow:
    """Stands in for OpenCV's window.

    Attributes:
        code: of the key that is pressed; -1 for none.
        visible: as OpenCV tells it.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.code, self.visible = -1, 1.0
        self.shown: list[NDArray[np.uint8]] = []
        self.sizes: list[tuple[int, int]] = []
        self.open = False
        monkeypatch.setattr(cv2, "namedWindow", self._named)
        monkeypatch.setattr(cv2, "destroyAllWindows", self._destroyed)
        monkeypatch.setattr(cv2, "resizeWindow", lambda _, width, height: self.sizes.append((width, height)))
        monkeypatch.setattr(cv2, "imshow", lambda _, picture: self.shown.append(picture))
        monkeypatch.setattr(cv2, "waitKey", lambda _: self.code)
        monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: self.visible)

    def _named(self, title: str, _: int) -> None:
        assert title == TITLE
        self.open = True

    def _destroyed(self) -> None:
        self.open = False


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> FakeWindow:
    monkeypatch.setenv("QT_LOGGING_RULES", "")  # set for good otherwise
    return FakeWindow(monkeypatch)


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (-1, None), (ord("x"), None), (ord("p"), Key.PAUSE), (ord("c"), Key.CALIBRATE), (ord("m"), Key.MUTE),
        (ord("s"), Key.STOP), (ord("q"), Key.QUIT), (27, Key.QUIT), (0x100000 | ord("p"), Key.PAUSE),
    ],
)  # fmt: skip
def test_keys(code: int, key: Key | None, window: FakeWindow) -> None:
    with Screen() as screen:
        window.code = code
        assert screen.key() is key
        assert screen.key() is key


def test_a_closed_window_quits(window: FakeWindow) -> None:
    with Screen() as screen:
        assert screen.key() is None
        window.visible = 0.0
        assert screen.key() is Key.QUIT


def test_closing_the_last_window_ends_qt_and_quits(window: FakeWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: object) -> float:
        raise cv2.error("NULL guiReceiver (please create a window)")

    with Screen() as screen:
        assert screen.key() is None
        monkeypatch.setattr(cv2, "getWindowProperty", ended)
        assert screen.key() is Key.QUIT
        assert screen.pressed()


@pytest.mark.parametrize(("code", "pressed"), [(-1, False), (ord("x"), True), (27, True), (ord("q"), True)])
def test_any_key(code: int, pressed: bool, window: FakeWindow) -> None:
    with Screen() as screen:
        window.code = code
        assert screen.pressed() is pressed
        assert not screen.closed


def test_a_closed_window_is_as_a_key(window: FakeWindow) -> None:
    with Screen() as screen:
        assert not screen.pressed()
        window.visible = 0.0
        assert screen.pressed()
        assert screen.closed


def test_a_window_that_is_not_there_yet_is_not_closed(window: FakeWindow) -> None:
    window.visible = 0.0
    with Screen() as screen:
        assert screen.key() is None


def test_the_window_is_closed_whatever_happens(window: FakeWindow) -> None:
    def broken() -> None:
        with Screen():
            assert window.open
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert not window.open


def test_the_picture_is_mirrored_and_left_as_it_was(window: FakeWindow) -> None:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[HEIGHT // 2 :, : WIDTH // 2] = (200, 0, 0)
    before = image.copy()
    with Screen() as screen:
        shown = screen.show(image, seen(), CARD)
    np.testing.assert_array_equal(image, before)
    row = shown[HEIGHT - 100].astype(int)
    assert row[WIDTH // 2 :, 0].mean() > 100 > row[: WIDTH // 2, 0].mean()
    np.testing.assert_array_equal(window.shown[0], shown[..., ::-1])


def test_the_pose_is_drawn_where_the_person_is_in_the_mirror(window: FakeWindow) -> None:
    pose = seen()
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    left = Pose(
        0.0, pose.landmarks - np.array([200, 0, 0], np.float32), pose.world, pose.visibility, pose.support, None
    )  # to the left half
    with Screen() as screen:
        bare = screen.show(image, None, CARD)
        changed = (screen.show(image, left, CARD) != bare).any(axis=2).any(axis=0)
    assert np.flatnonzero(changed).mean() > WIDTH / 2


def test_a_picture_of_another_size_is_shown_in_its_own(window: FakeWindow) -> None:
    with Screen() as screen:
        for width, height in ((640, 480), (640, 480), (480, 640)):
            assert screen.show(np.zeros((height, width, 3), np.uint8), None, CARD).shape == (height, width, 3)
    assert window.sizes == [(640, 480), (480, 640)]


# --- and with one ---


@pytest.mark.skipif(not has_display(), reason="there is no display; run under xvfb-run to see the window")
def test_a_real_window() -> None:
    with Screen() as screen:
        for _ in range(3):
            assert screen.show(np.zeros((HEIGHT, WIDTH, 3), np.uint8), seen(), CARD).any()
            assert screen.key() is None
        cv2.destroyAllWindows()
        assert screen.key() is Key.QUIT
