"""The pose track of a session: written piece by piece while it happens, read as one.

A piece is a track of its own, `poses-0000.npz` and so on, and appears whole. `kill -9` loses the piece that was being
gathered, and at most the one that was being written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from formcoach.errors import FormCoachError
from formcoach.pose import Pose, PoseTrack, Source
from formcoach.recording import load_track, save_track

if TYPE_CHECKING:
    from pathlib import Path

PIECE_S = 1.5
"""Length of a piece: what is lost at most, against how many files there are (2400 an hour)."""
PIECE_FRAMES = 300
"""A piece is never longer than this, whatever its times are."""
PATTERN = "poses-*.npz"


class TrackPieces:
    """Gathers poses into pieces. Holds one piece at a time."""

    def __init__(self, folder: Path, camera: str, model: str) -> None:
        self._folder, self._camera, self._model = folder, camera, model
        self._number = 0
        self._size = (0, 0)
        self._start_afresh()

    def _start_afresh(self) -> None:
        self._times: list[float] = []
        self._poses: list[Pose | None] = []
        self._breaks_s: list[float] = []

    def add(
        self, time_s: float, pose: Pose | None, width: int, height: int, *, anew: bool = False
    ) -> tuple[Path, PoseTrack] | None:
        """Take a frame's pose; returns where to save which piece, where one is full.

        Args:
            time_s: later than the last one, or it is left out.
            pose: None where nobody was in view.
            width: of the picture, px.
            height: of the picture, px.
            anew: whether something new begins with this frame, as in `PoseTrack.breaks_s`.
        """
        full = None
        if self._times:
            if time_s <= self._times[-1]:
                return None
            long = time_s - self._times[0] >= PIECE_S or len(self._times) >= PIECE_FRAMES
            if long or (width, height) != self._size:
                full = self.take()
        self._size = (width, height)
        self._times.append(time_s)
        self._poses.append(pose)
        if anew:
            self._breaks_s.append(time_s)
        return full

    def take(self) -> tuple[Path, PoseTrack] | None:
        """What was gathered since the last piece, and where to save it; None where that is nothing."""
        if not self._times:
            return None
        path = self._folder / f"poses-{self._number:04d}.npz"
        duration_s = self._times[-1] - self._times[0]
        source = Source(self._camera, *self._size, duration_s, self._model)
        track = PoseTrack(source, np.array(self._times, np.float64), tuple(self._poses), tuple(self._breaks_s))
        self._number += 1
        self._start_afresh()
        return path, track


def save_piece(piece: tuple[Path, PoseTrack]) -> None:
    """Write a piece, whole or not at all.

    Raises:
        FormCoachError: the folder cannot be written, or the disk is full.
    """
    save_track(*piece)


def load_session_track(folder: Path) -> PoseTrack:
    """Join a session's pieces. Pieces that are damaged are left out, with a note in the source.

    Poses from when the camera gave another size of picture are scaled to the first size. Times are the session's.

    Raises:
        FormCoachError: there is no piece that can be read.
    """
    found = [_read(path) for path in sorted(folder.glob(PATTERN), key=_number)]
    pieces = [piece for piece in found if piece is not None]
    if not pieces:
        raise FormCoachError(f"{folder} holds no pose track that can be read")
    return _joined(pieces, len(found) - len(pieces))


def _read(path: Path) -> PoseTrack | None:
    try:
        return load_track(path)
    except FormCoachError:
        return None


def _joined(pieces: list[PoseTrack], damaged: int) -> PoseTrack:
    source = pieces[0].source
    times: list[float] = []
    poses: list[Pose | None] = []
    for piece in pieces:
        scale = source.width / piece.source.width
        for time_s, pose in piece:
            if times and time_s <= times[-1]:
                continue
            times.append(time_s)
            poses.append(pose if pose is None or scale == 1 else replace(pose, landmarks=_scaled(pose, scale)))
    notes = dict.fromkeys(note for piece in pieces for note in piece.source.notes)
    if damaged:
        notes[f"{damaged} piece{'s' * (damaged > 1)} of the pose track could not be read: {PIECE_S:g} s each."] = None
    joined = replace(source, duration_s=times[-1] - times[0], notes=tuple(notes))
    breaks_s = sorted({time_s for piece in pieces for time_s in piece.breaks_s})
    return PoseTrack(joined, np.array(times), tuple(poses), tuple(breaks_s))


def _scaled(pose: Pose, scale: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return (pose.landmarks * scale).astype(np.float32)


def _number(path: Path) -> int:
    digits = path.stem.removeprefix("poses-")
    return int(digits) if digits.isdecimal() else -1
