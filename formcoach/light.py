"""Dim pictures, made brighter for the pose model: it loses people in the dark whom a brighter picture still shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from formcoach.pose import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DARK = 45.0
"""Mean brightness, of 255, below which poses get poor."""
BRIGHT = 90.0
"""What a dark picture is brought to, by a power of two: small changes of light are to change nothing.

A press filmed at a mean of 17, with sensor noise: 1 of its 5 reps found as it is, all of them so.
"""
MOST = 8
POINTS = 40
"""Brightness is measured on so many rows and columns."""


def brightness(image: NDArray[np.uint8]) -> float:
    """The mean of some of the pixels of an image (height, width, 3), of 255."""
    height, width = image.shape[:2]
    return float(image[:: max(height // POINTS, 1), :: max(width // POINTS, 1)].mean())


def brightened(frame: Frame) -> Frame:
    """The frame as it is, or brighter where it is dark."""
    mean = brightness(frame.image)
    if mean >= DARK:
        return frame
    gain = min(2 ** round(math.log2(BRIGHT / max(mean, 1.0))), MOST)
    if gain == 1:
        return frame
    import cv2

    return Frame(frame.index, frame.time_s, cv2.convertScaleAbs(frame.image, alpha=gain))  # type: ignore[arg-type]
