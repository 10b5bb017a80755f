"""The last seconds of video, held in memory as JPEG pictures."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUALITY = 80
"""Of the JPEG: artefacts hardly seen, some 100 kB for 720p."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame, compressed: its time on the session's clock, s, and a JPEG."""

    time_s: float
    jpeg: bytes


def shrunk(image: NDArray[np.uint8], longest_side: int) -> NDArray[np.uint8]:
    """The image at most so large, px, and of even width and height, as the coding of colours in video needs it.

    Returns the image itself where it is so already.
    """
    height, width = image.shape[:2]
    scale = min(1.0, longest_side / max(width, height))
    size = (max(round(scale * width / 2), 1) * 2, max(round(scale * height / 2), 1) * 2)
    if size == (width, height):
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def compressed(time_s: float, image: NDArray[np.uint8]) -> Picture:
    """A picture of an (height, width, 3) RGB image."""
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return Picture(time_s, jpeg.tobytes())


def image_of(picture: Picture) -> NDArray[np.uint8]:
    """The (height, width, 3) RGB image of a picture."""
    image = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None, "what `compressed` wrote can be read"  # noqa: S101
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


class FrameRing:
    """Keeps the latest pictures: so many seconds and so many bytes of them. Safe to use from several threads."""

    def __init__(self, seconds: float, most_bytes: int) -> None:
        self._seconds, self._most_bytes = seconds, most_bytes
        self._pictures: deque[Picture] = deque()
        self._bytes = 0
        self._keep_from_s = math.inf
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """How much is held."""
        return self._bytes

    @property
    def newest_s(self) -> float:
        """Time of the latest picture; minus infinity before the first."""
        with self._lock:
            return self._pictures[-1].time_s if self._pictures else -math.inf

    def keep_from(self, time_s: float) -> None:
        """Keep pictures from this time on although they are old, as long as the bytes allow; infinity for none."""
        with self._lock:
            self._keep_from_s = time_s

    def add(self, picture: Picture) -> None:
        """Add the latest picture, and let go of the oldest."""
        with self._lock:
            self._pictures.append(picture)
            self._bytes += len(picture.jpeg)
            old_s = min(picture.time_s - self._seconds, self._keep_from_s)
            while self._pictures[0].time_s < old_s or self._bytes > self._most_bytes:
                self._bytes -= len(self._pictures.popleft().jpeg)
                if not self._pictures:
                    break

    def between(self, start_s: float, end_s: float) -> tuple[Picture, ...]:
        """The pictures from one time to another, both included."""
        with self._lock:
            return tuple(picture for picture in self._pictures if start_s <= picture.time_s <= end_s)
