"""The live window: the person as in a mirror, with the overlay; keys."""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from formcoach.display import BROKE_OFF, Link
from formcoach.errors import FormCoachError
from formcoach.overlay import Overlay
from formcoach.pose import Pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formcoach.card import Card

T = TypeVar("T", bound="Window")
TITLE = "FormCoach"
NO_KEY = 0xFF


class Key(Enum):
    """What a key asks for."""

    PAUSE = "p"
    CALIBRATE = "c"
    MUTE = "m"
    STOP = "s"
    QUIT = "q"


def has_display() -> bool:
    """Whether a window can be opened."""
    return _x_answers() if sys.platform.startswith("linux") else True


def _x_answers() -> bool:
    """Whether there is an X server, or a Wayland desktop's own, that lets us in.

    OpenCV's Qt knows no other display, and where it finds none it ends the process.
    """
    if not os.environ.get("DISPLAY"):
        return False
    try:
        xcb = ctypes.CDLL("libxcb.so.1")  # Qt needs it, too
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    answers = bool(xcb.xcb_connection_has_error(connection) == 0)
    xcb.xcb_disconnect(connection)
    return answers


class Window:
    """The window, bare. A context manager.

    Attributes:
        closed: whether the person closed it.
    """

    _link: Link

    def __init__(self) -> None:
        self._size = (0, 0)
        self._shown = False
        self.closed = False

    def __enter__(self: T) -> T:
        os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")  # OpenCV's Qt laments fonts that it does not need
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        self._link = Link()
        return self

    def __exit__(self, *_: object) -> None:
        if self._link.holds():
            cv2.destroyAllWindows()

    def put(self, picture: NDArray[np.uint8]) -> None:
        """Show a picture, (height, width, 3) RGB; the window takes its size when that changes."""
        height, width = picture.shape[:2]
        if self._size != (width, height):
            self._size = (width, height)
            cv2.resizeWindow(TITLE, width, height)
        cv2.imshow(TITLE, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))

    def code(self, wait_ms: int) -> int:
        """Of the key that is pressed within that time; sees, too, whether the window is still there.

        Raises:
            FormCoachError: the window's display broke off.
        """
        if not self._link.holds(wait_ms):
            self.closed = True
            raise FormCoachError(BROKE_OFF)
        code = cv2.waitKey(1 if self._link.watched else wait_ms) & 0xFF
        self.closed = self.closed or (self._shown and not _is_there())
        self._shown = True
        return code


class Screen(Window):
    """The window of a live session, which shows frames mirrored."""

    def __init__(self) -> None:
        super().__init__()
        self._overlay: Overlay | None = None
        self._drawn = (0, 0)

    def show(self, image: NDArray[np.uint8], pose: Pose | None, card: Card) -> NDArray[np.uint8]:
        """Draw and show one frame; what was shown, RGB."""
        height, width = image.shape[:2]
        if self._overlay is None or self._drawn != (width, height):
            self._overlay, self._drawn = Overlay(width, height), (width, height)
        picture = np.ascontiguousarray(image[:, ::-1])
        mirrored = None if pose is None else in_the_mirror(pose, width)
        self._overlay.draw(picture, mirrored, _card_in_the_mirror(card))
        self.put(picture)
        return picture

    def key(self) -> Key | None:
        """What was asked for since the last call; a closed window asks to quit."""
        code = self.code(1)
        if self.closed or code == 27:  # escape
            return Key.QUIT
        return next((key for key in Key if ord(key.value) == code), None)

    def pressed(self, wait_ms: int = 50) -> bool:
        """Whether any key is pressed within that time, or the window was closed."""
        return self.code(wait_ms) != NO_KEY or self.closed


def _is_there() -> bool:
    try:
        return bool(cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1)
    except cv2.error:  # with its last window closed, OpenCV's Qt has ended
        return False


def _card_in_the_mirror(card: Card) -> Card:
    """The card with the back on the outline's other row, as `in_the_mirror` has it."""
    what = card.highlight
    if what is None or what.back is None:
        return card
    return replace(card, highlight=replace(what, back=1 - what.back))


def in_the_mirror(pose: Pose, width: int) -> Pose:
    """The pose as it lies in the mirrored picture. For drawing only: left and right keep their names."""
    landmarks = pose.landmarks.copy()
    landmarks[:, 0] = width - 1 - landmarks[:, 0]
    outline = None if pose.outline is None else pose.outline[::-1]
    return Pose(pose.time_s, landmarks, pose.world, pose.visibility, pose.support, outline)
