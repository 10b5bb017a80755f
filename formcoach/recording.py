"""Pose tracks on disk: what a video came to, small enough to keep, enough to judge again without the video."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from formcoach.errors import FormCoachError
from formcoach.files import replacing
from formcoach.outline import STATIONS
from formcoach.pose import LANDMARKS, Pose, PoseTrack, Source

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 1
MAX_FRAMES = 2_000_000  # nine hours at 60 fps
_SHAPES: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {
    "time_s": ((), np.dtype(np.float64)),
    "seen": ((), np.dtype(np.bool_)),
    "landmarks": ((LANDMARKS, 3), np.dtype(np.float32)),
    "world": ((LANDMARKS, 3), np.dtype(np.float32)),
    "visibility": ((LANDMARKS,), np.dtype(np.float32)),
    "support": ((LANDMARKS,), np.dtype(np.float32)),
    "outline": ((2, STATIONS), np.dtype(np.float32)),
}


def save_track(path: Path, track: PoseTrack) -> None:
    """Write a track as .npz, whole or not at all.

    Raises:
        FormCoachError: the folder cannot be written, or the disk is full.
    """
    arrays: dict[str, NDArray[Any]] = {
        name: np.full((len(track), *shape), np.nan if kind.kind == "f" else False, kind)
        for name, (shape, kind) in _SHAPES.items()
    }
    arrays["time_s"][:] = track.time_s
    for i, pose in enumerate(track.poses):
        if pose is None:
            continue
        arrays["seen"][i] = True
        arrays["landmarks"][i], arrays["world"][i] = pose.landmarks, pose.world
        arrays["visibility"][i], arrays["support"][i] = pose.visibility, pose.support
        if pose.outline is not None:
            arrays["outline"][i] = pose.outline
    header = json.dumps({"format": FORMAT, **asdict(track.source)}, sort_keys=True)
    arrays["header"] = np.frombuffer(header.encode(), np.uint8)
    with replacing(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # NumPy's stub takes the names for flags


def load_track(path: Path) -> PoseTrack:
    """Read a track, trusting nothing in the file: no pickles, every array's shape and type checked.

    Raises:
        FormCoachError: missing, not a pose track, or damaged.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            header = _header(path, bytes(np.asarray(file["header"], np.uint8)))
            arrays = {name: np.asarray(file[name]) for name in _SHAPES}
    except FileNotFoundError:
        raise FormCoachError(f"{path}: no such file") from None
    except FormCoachError:
        raise
    except Exception as error:  # a hostile archive makes NumPy and zipfile raise nearly anything
        why = f"{type(error).__name__}: {error}"[:200]
        raise FormCoachError(f"{path} is not a pose track of FormCoach, or it is damaged ({why})") from error
    _check(path, arrays)
    return _track(_source(path, header), arrays)


def _header(path: Path, raw: bytes) -> dict[str, Any]:
    header = json.loads(raw.decode())
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise FormCoachError(f"{path}: a pose track of another format; analyse the video again")
    return header


def _source(path: Path, header: dict[str, Any]) -> Source:
    try:
        notes = header["notes"]
        if not isinstance(notes, list):
            raise TypeError("notes")
        source = Source(
            name=Path(str(header["name"])).name,
            width=int(header["width"]),
            height=int(header["height"]),
            duration_s=float(header["duration_s"]),
            model=str(header["model"]),
            notes=tuple(str(note) for note in notes),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FormCoachError(f"{path}: the pose track's header is damaged ({error})") from error
    if not (0 < source.width < 1 << 16 and 0 < source.height < 1 << 16 and 0 <= source.duration_s < 1e7):
        raise FormCoachError(f"{path}: the pose track's header gives an impossible size or duration")
    return source


def _check(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    frames = len(arrays["time_s"]) if arrays["time_s"].ndim == 1 else -1
    for name, (shape, kind) in _SHAPES.items():
        if arrays[name].shape != (frames, *shape) or arrays[name].dtype != kind:
            raise FormCoachError(f"{path}: the pose track's '{name}' has the wrong shape or type")
    time_s = arrays["time_s"]
    if not 0 < frames <= MAX_FRAMES or not np.isfinite(time_s).all() or not (np.diff(time_s) > 0).all():
        raise FormCoachError(f"{path}: the pose track's times do not rise from frame to frame")


def _track(source: Source, arrays: dict[str, NDArray[Any]]) -> PoseTrack:
    traced = ~np.isnan(arrays["outline"]).all(axis=(1, 2))
    poses = tuple(
        Pose(
            time_s,
            arrays["landmarks"][i],
            arrays["world"][i],
            arrays["visibility"][i],
            arrays["support"][i],
            arrays["outline"][i] if traced[i] else None,
        )
        if arrays["seen"][i]
        else None
        for i, time_s in enumerate(arrays["time_s"].tolist())
    )
    return PoseTrack(source, arrays["time_s"], poses)
