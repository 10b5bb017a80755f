"""The only importer of MediaPipe: one picture in, the pose of its most prominent person out."""

from __future__ import annotations

import ctypes
import os
import sys
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from formcoach.errors import FormCoachError
from formcoach.outline import support, trace
from formcoach.pose import LANDMARKS, Frame, Pose

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class Landmarker:
    """MediaPipe's pose landmarker.

    Args:
        model: the pose model's bundle.
        following: in VIDEO mode, it follows one person from frame to frame and smooths over time, so frames go in
            once, in order of time. Else, in IMAGE mode, each picture is looked at for itself.

    Raises:
        FormCoachError: MediaPipe cannot use the model.
    """

    def __init__(self, model: Path, *, following: bool) -> None:
        from mediapipe import Image, ImageFormat
        from mediapipe.tasks.python import BaseOptions
        from mediapipe.tasks.python.vision import PoseLandmarker, PoseLandmarkerOptions, RunningMode

        self._image, self._srgb = Image, ImageFormat.SRGB
        options = PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            running_mode=RunningMode.VIDEO if following else RunningMode.IMAGE,
            output_segmentation_masks=True,
        )
        self._following = following
        self._last_ms = -1
        self._warm = False
        with _QUIET:
            try:
                self._landmarker = PoseLandmarker.create_from_options(options)
            except (RuntimeError, ValueError) as error:
                reason = str(error).splitlines()[0]
                raise FormCoachError(f"MediaPipe cannot use the pose model {model}: {reason}") from error

    def close(self) -> None:
        """Free the model, and its memory."""
        self._landmarker.close()
        _give_back()

    def __call__(self, frame: Frame) -> Pose | None:
        """The pose of the person in the frame, or None where nobody is found."""
        return self.pose(frame, self.detect(*self.picture(frame)))

    def picture(self, frame: Frame) -> tuple[Any, int]:
        """The frame as MediaPipe takes it, and its time in whole milliseconds, which must rise."""
        self._last_ms = max(self._last_ms + 1, round(frame.time_s * 1000))
        image = np.ascontiguousarray(frame.image)  # MediaPipe reads a padded array as noise and finds nobody
        return self._image(image_format=self._srgb, data=image), self._last_ms

    def detect(self, picture: Any, time_ms: int) -> Any:
        """MediaPipe's own result, as it is."""
        if self._warm:
            return self._detect(picture, time_ms)
        self._warm = True
        with _QUIET:
            return self._detect(picture, time_ms)

    def _detect(self, picture: Any, time_ms: int) -> Any:
        if self._following:
            return self._landmarker.detect_for_video(picture, time_ms)
        return self._landmarker.detect(picture)

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


def _give_back() -> None:
    """Return to the system what models left behind.

    The C library of Linux keeps it, in pieces that the next model does not fit into: after twelve models, one after the
    other in two threads, a process held 640 MB and more with each; so 460 MB, and no more.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; others have none
        if trim is not None:
            trim(0)


class _Quiet:
    """Keeps the libraries' start-up chatter, written by C++ straight to file descriptor 2, off the terminal.

    Several threads may want that at once: the first one takes the descriptor away, and the last one gives it back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._kept: int | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside > 1:
                return
            try:
                self._kept = os.dup(2)
            except OSError:  # no stderr at all
                return
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 2)
            os.close(silence)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._kept is not None:
                os.dup2(self._kept, 2)
                os.close(self._kept)
                self._kept = None


_QUIET = _Quiet()


def _array(points: list[Any]) -> NDArray[np.float32]:
    """(33, 3) of a list of landmarks."""
    return np.array([(p.x, p.y, p.z) for p in points], np.float32)
