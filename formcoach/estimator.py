"""The only importer of MediaPipe: pictures in, poses out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from formcoach.outline import support, trace
from formcoach.pose import LANDMARKS, Frame, Pose

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

ESTIMATOR_VERSION = "1"
"""Changes whenever the same picture may give another pose; part of the key of cached pose tracks."""


class Estimator:
    """MediaPipe's pose landmarker on a stream of frames, in VIDEO mode for camera and file alike.

    It follows one person and smooths over time, so frames go in once, in order of time.
    """

    def __init__(self, model: Path) -> None:
        from mediapipe import Image, ImageFormat
        from mediapipe.tasks.python import BaseOptions
        from mediapipe.tasks.python.vision import PoseLandmarker, PoseLandmarkerOptions, RunningMode

        self._image, self._srgb = Image, ImageFormat.SRGB
        self._landmarker = PoseLandmarker.create_from_options(
            PoseLandmarkerOptions(
                base_options=BaseOptions(model_asset_path=str(model)),
                running_mode=RunningMode.VIDEO,
                output_segmentation_masks=True,
            )
        )
        self._last_ms = -1

    def __enter__(self) -> Estimator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._landmarker.close()

    def __call__(self, frame: Frame) -> Pose | None:
        """The pose of the person in the frame, or None where nobody is found."""
        self._last_ms = max(self._last_ms + 1, round(frame.time_s * 1000))  # the task asks for rising milliseconds
        image = np.ascontiguousarray(frame.image)  # MediaPipe reads a padded array as noise and finds nobody
        picture = self._image(image_format=self._srgb, data=image)
        found = self._landmarker.detect_for_video(picture, self._last_ms)
        if not found.pose_landmarks:
            return None
        height, width = frame.image.shape[:2]
        landmarks = _array(found.pose_landmarks[0]) * np.array([width, height, width], np.float32)
        visibility = np.array([p.visibility for p in found.pose_landmarks[0]], np.float32)
        world = _array(found.pose_world_landmarks[0])
        if not found.segmentation_masks:
            return Pose(frame.time_s, landmarks, world, visibility, np.ones(LANDMARKS, np.float32), None)
        mask = found.segmentation_masks[0].numpy_view().reshape(height, width)
        return Pose(frame.time_s, landmarks, world, visibility, support(mask, landmarks), trace(mask, landmarks))


def _array(points: list) -> NDArray[np.float32]:  # type: ignore[type-arg]  # MediaPipe's lists carry no types
    """(33, 3) of a list of landmarks."""
    return np.array([(p.x, p.y, p.z) for p in points], np.float32)
