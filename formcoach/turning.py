"""Poses found in a picture that was turned, as they lie in the picture itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from formcoach.pose import Pose


def turned_back(pose: Pose, quarters: int, height: int, width: int) -> Pose:
    """A pose found in a picture that `numpy.rot90` had turned by so many quarters.

    The outline and the mask's support are told along the body, so they stay.

    Args:
        pose: in the turned picture.
        quarters: 1 or 3.
        height: of the picture itself, px.
        width: the same.
    """
    (x, y, z), (u, v, w) = pose.landmarks.T, pose.world.T
    if quarters == 1:
        landmarks, world = np.stack([width - 1 - y, x, z], axis=1), np.stack([-v, u, w], axis=1)
    else:
        landmarks, world = np.stack([y, height - 1 - x, z], axis=1), np.stack([v, -u, w], axis=1)
    return replace(pose, landmarks=landmarks, world=world)
