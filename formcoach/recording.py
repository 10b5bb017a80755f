"""Pose tracks on disk: what a video came to, small enough to keep, enough to judge again without the video."""

from __future__ import annotations

import json
import math
import zipfile
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
BLOCK = 1000
"""Frames written at a time."""
MAX_FRAMES = 1_000_000
"""Nine hours at 30 frames a second; in memory 1.4 GB."""
MAX_HEADER = 1_000_000
"""Bytes."""
FARTHEST = 1e6
"""Larger numbers, px, m or shares, are no place in a picture or near a body."""
MAX_SPAN_S, MAX_TIME_S, MIN_STEP_S = 1e7, 1e10, 1e-6
"""How long a track may last, how far its times may be from 0, and how close they may follow each other."""
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
    breaks = {"breaks_s": track.breaks_s} if track.breaks_s else {}
    header = json.dumps({"format": FORMAT, **asdict(track.source), **breaks}, sort_keys=True)
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _SHAPES:
            _write(archive, name, track)
        with archive.open("header.npy", "w", force_zip64=True) as member:
            np.lib.format.write_array(member, np.frombuffer(header.encode(), np.uint8), allow_pickle=False)


def _write(archive: zipfile.ZipFile, name: str, track: PoseTrack) -> None:
    """One array, a row a frame, block by block: a long recording is not to be held twice."""
    shape, kind = _SHAPES[name]
    described = {"descr": kind.str, "fortran_order": False, "shape": (len(track), *shape)}
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, described)
        for start in range(0, len(track), BLOCK):
            member.write(_rows(track, name, slice(start, start + BLOCK)).tobytes())


def _rows(track: PoseTrack, name: str, block: slice) -> NDArray[Any]:
    if name == "time_s":
        return track.time_s[block]
    poses = track.poses[block]
    if name == "seen":
        return np.array([pose is not None for pose in poses])
    shape, kind = _SHAPES[name]
    rows = np.full((len(poses), *shape), np.nan, kind)
    for row, pose in zip(rows, poses, strict=True):
        value = None if pose is None else getattr(pose, name)
        if value is not None:
            row[...] = value
    return rows


def load_track(path: Path) -> PoseTrack:
    """Read a track, trusting nothing in the file: no pickles, every array's shape and type checked.

    Raises:
        FormCoachError: missing, not a pose track, or damaged.
    """
    try:
        if path.exists() and not path.is_file():
            raise FormCoachError(f"{path} is not a file; name a pose track")
        _check_sizes(path)
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
    return _track(_source(path, header), arrays, _breaks_s(path, header, arrays["time_s"]))


def _check_sizes(path: Path) -> None:
    """Refuse an archive that would unpack to more than a track can hold, before anything of it is unpacked.

    Raises:
        FormCoachError: it would.
        zipfile.BadZipFile: it is no archive.
    """
    with zipfile.ZipFile(path) as archive:
        sizes = {one.filename.removesuffix(".npy"): one.file_size for one in archive.infolist()}
    most = {name: MAX_FRAMES * math.prod(shape) * kind.itemsize for name, (shape, kind) in _SHAPES.items()}
    if any(sizes.get(name, 0) > size + MAX_HEADER for name, size in (*most.items(), ("header", 0))):
        raise FormCoachError(f"{path} claims more than {MAX_FRAMES} frames; it is not a pose track of FormCoach")


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


def _breaks_s(path: Path, header: dict[str, Any], time_s: NDArray[np.float64]) -> tuple[float, ...]:
    breaks = header.get("breaks_s", [])
    if not (isinstance(breaks, list) and all(isinstance(one, float) for one in breaks) and set(breaks) <= {*time_s}):
        raise FormCoachError(f"{path}: the pose track's header gives breaks that are not times of its frames")
    return tuple(breaks)


def _check(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    frames = len(arrays["time_s"]) if arrays["time_s"].ndim == 1 else -1
    for name, (shape, kind) in _SHAPES.items():
        if arrays[name].shape != (frames, *shape) or arrays[name].dtype != kind:
            raise FormCoachError(f"{path}: the pose track's '{name}' has the wrong shape or type")
    time_s = arrays["time_s"]
    if not 0 < frames <= MAX_FRAMES or not np.isfinite(time_s).all() or not (np.diff(time_s) > 0).all():
        raise FormCoachError(f"{path}: the pose track's times do not rise from frame to frame")
    if abs(time_s).max() > MAX_TIME_S or time_s[-1] - time_s[0] > MAX_SPAN_S or (np.diff(time_s) < MIN_STEP_S).any():
        raise FormCoachError(f"{path}: the pose track's times are none that a camera gives")
    for name, (_, kind) in _SHAPES.items():
        if kind == np.float32 and _farthest(arrays[name]) > FARTHEST:
            raise FormCoachError(f"{path}: the pose track's '{name}' holds impossible numbers")


def _farthest(values: NDArray[Any]) -> float:
    """The largest number, whatever its sign; NaN, which is what was not seen, where there is none."""
    return max(float(np.fmax.reduce(values, axis=None)), -float(np.fmin.reduce(values, axis=None)))


def _track(source: Source, arrays: dict[str, NDArray[Any]], breaks_s: tuple[float, ...]) -> PoseTrack:
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
    return PoseTrack(source, arrays["time_s"], poses, breaks_s)
