"""The only importer of MediaPipe: pictures in, poses out."""

from __future__ import annotations

import math
import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from formcoach.errors import FormCoachError
from formcoach.outline import support, trace
from formcoach.pose import LANDMARKS, Frame, Landmark, Pose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

ESTIMATOR_VERSION = "2"
"""Changes whenever the same picture may give another pose; part of the key of cached pose tracks."""


LATELY_S = 1.0
"""Lost for longer, the person may be anywhere, and looking for them in turned pictures must not cost each frame."""
TRY_EVERY_S = 0.25
CERTAIN = 0.9
"""Visibility of shoulders and hips from which somebody found anew in a turned picture is believed."""
_TRUNK = np.array([Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP])


class Estimator:
    """MediaPipe's pose landmarker on a stream of frames, in VIDEO mode for camera and file alike.

    It follows one person and smooths over time, so frames go in once, in order of time. A body that lies or bends deep
    is often lost upright and found when the picture is turned by a quarter; so a lost one is looked for that way.

    Attributes:
        turned: in how many frames the person was found in the turned picture only.
    """

    def __init__(self, model: Path) -> None:
        self.turned = 0
        self._model = model
        self._others: dict[int, Estimator] = {}
        self._order = (3, 1)
        self._last: Pose | None = None
        self._tried_s = -math.inf
        from mediapipe import Image, ImageFormat
        from mediapipe.tasks.python import BaseOptions
        from mediapipe.tasks.python.vision import PoseLandmarker, PoseLandmarkerOptions, RunningMode

        self._image, self._srgb = Image, ImageFormat.SRGB
        options = PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            running_mode=RunningMode.VIDEO,
            output_segmentation_masks=True,
        )
        self._last_ms = -1
        self._warm = False
        with _quiet_stderr():
            try:
                self._landmarker = PoseLandmarker.create_from_options(options)
            except (RuntimeError, ValueError) as error:
                reason = str(error).splitlines()[0]
                raise FormCoachError(f"MediaPipe cannot use the pose model {model}: {reason}") from error

    def __enter__(self) -> Estimator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._landmarker.close()
        for other in self._others.values():
            other.__exit__(None, None, None)

    def __call__(self, frame: Frame) -> Pose | None:
        """The pose of the person in the frame, or None where nobody is found."""
        pose = self.pose(frame, self.detect(*self.picture(frame))) or self._turn(frame)
        if pose is not None:
            self._last = pose
        return pose

    def _turn(self, frame: Frame) -> Pose | None:
        """The pose found in the picture turned by a quarter, turned back."""
        lost_s = math.inf if self._last is None else frame.time_s - self._last.time_s
        if lost_s > LATELY_S and frame.time_s - self._tried_s < TRY_EVERY_S:
            return None
        self._tried_s = frame.time_s
        for quarters in self._order:
            if quarters not in self._others:
                self._others[quarters] = Estimator(self._model)
            other = self._others[quarters]
            turned = Frame(frame.index, frame.time_s, np.rot90(frame.image, quarters))
            pose = other.pose(turned, other.detect(*other.picture(turned)))
            pose = None if pose is None else turned_back(pose, quarters, *frame.image.shape[:2])
            if pose is not None and self._believable(pose, lost_s):
                self._order = (quarters, 4 - quarters)
                self.turned += 1
                return pose
        return None

    def _believable(self, pose: Pose, lost_s: float) -> bool:
        """Whether it is where the person was just now, or is seen without a doubt."""
        if self._last is None or lost_s > LATELY_S:
            return float(pose.visibility[_TRUNK].min()) >= CERTAIN
        now, then = pose.landmarks[_TRUNK, :2], self._last.landmarks[_TRUNK, :2]
        torso_px = float(np.hypot(*(then[:2].mean(axis=0) - then[2:].mean(axis=0))))
        across_px = float(np.ptp(self._last.landmarks[:, :2], axis=0).max()) / 4
        return float(np.abs(now - then).mean()) < max(torso_px, across_px) / 2

    def picture(self, frame: Frame) -> tuple[Any, int]:
        """The frame as MediaPipe takes it, and its time in whole milliseconds, which must rise."""
        self._last_ms = max(self._last_ms + 1, round(frame.time_s * 1000))
        image = np.ascontiguousarray(frame.image)  # MediaPipe reads a padded array as noise and finds nobody
        return self._image(image_format=self._srgb, data=image), self._last_ms

    def detect(self, picture: Any, time_ms: int) -> Any:
        """MediaPipe's own result, as it is."""
        if self._warm:
            return self._landmarker.detect_for_video(picture, time_ms)
        self._warm = True
        with _quiet_stderr():
            return self._landmarker.detect_for_video(picture, time_ms)

    def pose(self, frame: Frame, found: Any) -> Pose | None:
        """MediaPipe's result as a pose, with what later stages need of the mask."""
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


def turned_back(pose: Pose, quarters: int, height: int, width: int) -> Pose:
    """A pose found in a picture that `numpy.rot90` had turned by so many quarters, as it lies in the picture itself.

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


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep the libraries' start-up chatter, written by C++ straight to file descriptor 2, off the terminal."""
    try:
        kept = os.dup(2)
    except OSError:  # no stderr at all
        yield
        return
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)


def _array(points: list[Any]) -> NDArray[np.float32]:
    """(33, 3) of a list of landmarks."""
    return np.array([(p.x, p.y, p.z) for p in points], np.float32)
