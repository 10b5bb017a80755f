"""Damaged, lying and hostile videos and pose tracks, as `fuzz.py` feeds them to the commands.

Each maker takes a seeded generator, a folder to write into and the sound `Material` to spoil, and gives what is to be
done with what it wrote: a function that ends in silence or in a `FormCoachError`.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from commands import analysed, annotated, decode
from recordings import record
from sessions import flagged, rep
from videos import steady, write_video

from formcoach.catalogue import load_catalogue
from formcoach.outline import STATIONS
from formcoach.pose import LANDMARKS
from formcoach.store import Store

if TYPE_CHECKING:
    from random import Random

    from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
Task = Callable[[], object]
Arrays = dict[str, "NDArray[Any]"]

BOXES = (
    b"ftyp", b"moov", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"stsd", b"avc1", b"avcC", b"stts", b"ctts", b"stss", b"stsc",
    b"stsz", b"stco", b"elst", b"mdat", b"moof", b"tfhd", b"tfdt", b"trun", b"mvex", b"trex", b"pasp", b"colr",
)  # fmt: skip
NUMBERS = (0, 1, 2, 3, 255, 65535, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 1000, 90000, 100_000_000)
VALUES = (
    float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1.0, -1.0, 1e-45, 1e-30, 0.5, 1e3, 1e5, -1e5, 1e7, 1e12, 1e30,
    -1e30, 3.4e38,
)  # fmt: skip
POSSIBLE = (float("nan"), 0.0, -0.0, 1e-45, -1e-38, 1e-9, 0.5, -1.0, 2.0, 1e3, -1e4, 1e5, 9.9e5, -9.9e5)
"""Of coordinates: not refused at once."""
WORDS = (
    "", " ", "deadlift", "bent-over-row", "../..", "/etc/passwd", "a\nb", "\x00", "\x1b[31m", "[bold]x[/]", "[/]",
    "<script>alert(1)</script>", "é名前", "x" * 5000, "nan", "inf", "-1", "1e999", "NULL", "\ud800", "{}", "%s",
    "2026-13-45", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00",
)  # fmt: skip


# ---- what is spoilt ----


@dataclass(frozen=True)
class Material:
    """Sound files.

    Attributes:
        videos: (file name, bytes).
        tracks: arrays of pose tracks, as they lie in their files.
        home: a data folder with two sessions.
    """

    videos: tuple[tuple[str, bytes], ...]
    tracks: tuple[Arrays, ...]
    home: Path


def make_material(folder: Path) -> Material:
    """Make it in a folder that is there."""
    return Material(tuple(_videos(folder)), tuple(_tracks()), _home(folder / "home"))


def _videos(folder: Path) -> list[tuple[str, bytes]]:
    fragments = {"movflags": "frag_keyframe+empty_moov"}
    made = [
        write_video(folder / "plain.mp4", steady(20)),
        write_video(folder / "sound.mp4", steady(20), audio_s=0.6),
        write_video(folder / "uneven.mp4", [0.0, 0.02, 0.09, 0.1, 0.5, 0.51, 0.9, 1.4]),
        write_video(folder / "other.mp4", steady(8), size=(48, 64)),
        write_video(folder / "fragments.mp4", steady(20), container_options=fragments),
        write_video(folder / "plain.mkv", steady(20)),
        write_video(folder / "plain.ts", steady(20), options={"g": "5"}),
        write_video(folder / "plain.avi", steady(20), codec="mpeg4"),
        write_video(folder / "plain.webm", steady(12), codec="libvpx-vp9"),
    ]
    return [(path.name, path.read_bytes()) for path in made]


def _tracks() -> list[Arrays]:
    found = []
    for path in sorted((ROOT / "samples").glob("*.poses.npz")):
        with np.load(path) as file:
            found.append({name: file[name] for name in file.files})
    return found


def _home(home: Path) -> Path:
    home.mkdir()
    with Store(home) as store:
        record(store, [rep(1, 1.2, 4.0), flagged(2, 5.0, 7.5)])
        record(store, [flagged(1, 1.2, 4.0, severity="severe")])
    return home


# ---- bytes ----


def spoilt(rng: Random, data: bytes, other: bytes) -> bytes:
    """Bytes with one to three kinds of damage done to them."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(DAMAGES)(rng, data, other)
    return data


def _flipped(rng: Random, data: bytes, _other: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 10, 100)) if changed else 0):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _flipped_head(rng: Random, data: bytes, other: bytes) -> bytes:
    cut = min(rng.choice((16, 64, 512, 2048)), len(data))
    return _flipped(rng, data[:cut], other) + data[cut:]


def _flipped_tail(rng: Random, data: bytes, other: bytes) -> bytes:
    cut = max(len(data) - rng.choice((64, 512, 2048)), 0)
    return data[:cut] + _flipped(rng, data[cut:], other)


def _cut_off(rng: Random, data: bytes, _other: bytes) -> bytes:
    return data[: rng.choice((0, 1, 4, 8, 32, 100, rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))]


def _beheaded(rng: Random, data: bytes, _other: bytes) -> bytes:
    return data[rng.randrange(len(data) + 1) :]


def _without_a_part(rng: Random, data: bytes, _other: bytes) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + data[b:]


def _with_a_part_twice(rng: Random, data: bytes, _other: bytes) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a:b] * rng.choice((1, 2, 20)) + data[b:]


def _joined(rng: Random, data: bytes, other: bytes) -> bytes:
    return data + other if rng.random() < 0.7 else other[: rng.randrange(len(other) + 1)] + data


def _zeroed(rng: Random, data: bytes, _other: bytes) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + bytes(b - a) + data[b:]


def _lying(rng: Random, data: bytes, _other: bytes) -> bytes:
    """Numbers of four bytes overwritten: where boxes of MP4 keep durations, sizes, times and counts, or anywhere."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = changed.find(rng.choice(BOXES))
        start = at + rng.randrange(-4, 64, 4) if at >= 0 and rng.random() < 0.9 else rng.randrange(len(changed) + 1)
        order = rng.choice((">I", "<I"))
        changed[max(start, 0) : max(start, 0) + 4] = struct.pack(order, rng.choice(NUMBERS))
    return bytes(changed)


DAMAGES = (
    _flipped, _flipped, _flipped_head, _flipped_head, _flipped_tail, _cut_off, _beheaded, _without_a_part,
    _with_a_part_twice, _joined, _zeroed, _lying, _lying, _lying, _lying,
)  # fmt: skip


# ---- videos ----

DISGUISES = (
    b"", b"\x00" * 4096, b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile plain.mp4\n",
    b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n", b"RIFF\xff\xff\xff\xffAVI LIST", b"\x1aE\xdf\xa3",
    b"\x00\x00\x00\x08ftyp", b"\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff", b"G" * 188 * 40,
    b"\xff\xd8\xff\xe0", b"YUV4MPEG2 W100000 H100000 F30:1\nFRAME\n",
    b"YUV4MPEG2 W64 H48 F1000000:1\n" + b"FRAME\n" + bytes(4608), b"GIF89a",
)  # fmt: skip


def a_video(rng: Random, folder: Path, material: Material) -> Task:
    """A video read to its end; of one in a hundred all of the analysis, with the real model."""
    name, data = rng.choice(material.videos)
    _, other = rng.choice(material.videos)
    path = folder / name
    path.write_bytes(rng.choice(DISGUISES) if rng.random() < 0.05 else spoilt(rng, data, other))
    if rng.random() < 0.01:
        return partial(annotated, path, rng.choice(exercises()), folder / "out")
    return partial(decode, path, rng.choice((None, None, None, 5.0, 0.001, 1e9)))


# ---- pose tracks ----


def a_track(rng: Random, folder: Path, material: Material) -> Task:
    """A pose track analysed: its bytes damaged, or well-formed with values that no camera gives."""
    arrays = _piece(rng, rng.choice(material.tracks))
    path = folder / "poses.npz"
    if rng.random() < 0.25:
        path.write_bytes(_hostile_archive(rng, arrays))
    else:
        for _ in range(rng.choice((1, 1, 2, 3))):
            rng.choice(SPOILING)(rng, arrays)
        np.savez(path, **arrays)  # type: ignore[arg-type]  # NumPy's stub takes the names for flags
    short = arrays["seen"].size <= 150 if "seen" in arrays else True
    exercise = "auto" if short and rng.random() < 0.01 else rng.choice(exercises())
    return partial(analysed, path, exercise, folder / "out")


def exercises() -> list[str]:
    """The ids of all."""
    return sorted(load_catalogue().exercises)


def _piece(rng: Random, track: Arrays) -> Arrays:
    frames = len(track["time_s"])
    first = rng.randrange(max(frames - 60, 1))
    last = min(first + rng.choice((1, 2, 10, 90, 150, 250)), frames)
    return {name: array.copy() if name == "header" else array[first:last].copy() for name, array in track.items()}


def _some(rng: Random, length: int) -> slice:
    if rng.random() < 0.4:
        return slice(None)
    a = rng.randrange(length)
    return slice(a, a + rng.choice((1, 3, 30, length)))


def _coordinates(rng: Random, arrays: Arrays) -> None:
    for name in rng.sample(("landmarks", "world", "visibility", "support", "outline"), rng.choice((1, 1, 2, 5))):
        place: tuple[Any, ...] = (_some(rng, len(arrays[name])), _some(rng, arrays[name].shape[1]))
        if name in ("landmarks", "world") and rng.random() < 0.4:
            place = (*place, rng.randrange(3))
        with np.errstate(all="ignore"):
            value = rng.choice(VALUES if rng.random() < 0.2 else POSSIBLE)
            if rng.random() < 0.6:
                arrays[name][place] = value
            else:
                arrays[name][place] *= np.float32(value)


def _jitter(rng: Random, arrays: Arrays) -> None:
    noise = np.random.default_rng(rng.randrange(1 << 30))
    for name in ("landmarks", "world"):
        arrays[name] += noise.normal(0, rng.choice((0.1, 10, 1000)), arrays[name].shape).astype(np.float32)


def _swapped(rng: Random, arrays: Arrays) -> None:
    step = rng.choice((1, 2, 7))
    arrays["landmarks"][::step] = arrays["landmarks"][::step, ::-1]


def _times(rng: Random, arrays: Arrays) -> None:
    time_s = arrays["time_s"]
    at = rng.randrange(len(time_s))
    with np.errstate(all="ignore"):
        match rng.randrange(6):
            case 0:
                time_s[at:] = time_s[at:] + rng.choice((-1.0, 0.5, 3.0, 3600.0, 86_000.0, 9e6, 1e12, 1e300))
            case 1:
                time_s += rng.choice((-100.0, 1e5, 1e9, -1e9, 1e300))
            case 2:
                time_s *= rng.choice((1e-12, 1e-3, 0.01, 0.1, 10.0, 100.0, 1e4, -1.0))
            case 3:
                time_s[at] = rng.choice(VALUES)
            case 4:
                time_s[:] = time_s[::-1].copy()
            case _:
                arrays["time_s"] = np.cumsum(np.full(len(time_s), rng.choice((5e-324, 1e-15, 1e-4, 1.0, 3599.0))))


def _people(rng: Random, arrays: Arrays) -> None:
    seen = arrays["seen"]
    if rng.random() < 0.3:
        seen[:] = rng.random() < 0.5
    else:
        seen[_some(rng, len(seen))] = False


def _longer(rng: Random, arrays: Arrays) -> None:
    """The same over and over: some thousand frames."""
    times = rng.choice((2, 2, 5, 20))
    time_s = arrays["time_s"]
    step_s = float(time_s[-1] - time_s[0]) + 0.04
    arrays["time_s"] = np.concatenate([time_s + i * step_s for i in range(times)])
    for name in arrays.keys() - {"time_s", "header"}:
        arrays[name] = np.concatenate([arrays[name]] * times)


def _header(rng: Random, arrays: Arrays) -> None:
    header = {"format": 1, "name": "a", "width": 640, "height": 480, "duration_s": 9.0, "model": "full", "notes": []}
    key = rng.choice(list(header))
    header[key] = rng.choice((*NUMBERS, *VALUES, *WORDS, None, [], {}, [[]], -1, ["a"] * 1000, list(WORDS), True))
    if rng.random() < 0.1:
        odd: tuple[Any, ...] = ([], None, 3, "x", {}, {**header, "more": 1})
        header = rng.choice(odd)
    raw = json.dumps(header).encode()
    arrays["header"] = np.frombuffer(raw if rng.random() < 0.9 else spoilt(rng, raw, raw), np.uint8)


def _shape(rng: Random, arrays: Arrays) -> None:
    name = rng.choice(list(arrays))
    match rng.randrange(5):
        case 0:
            del arrays[name]
        case 1:
            arrays[name] = arrays[name].astype(rng.choice((np.float16, np.float64, np.int8, ">f4", "U1", "?", "c8")))
        case 2:
            arrays[name] = arrays[name][: rng.randrange(len(arrays[name]) + 1)]
        case 3:
            arrays[name] = arrays[name][None]
        case _:
            arrays[name] = np.zeros(rng.choice(((), (0,), (1, 1, 1), (33, 3), (5, 2, STATIONS), (5, LANDMARKS, 3))))


SPOILING = (
    *(_coordinates,) * 6, _jitter, _jitter, _swapped, _times, _times, _people, _longer, _header,
)  # fmt: skip


def _hostile_archive(rng: Random, arrays: Arrays) -> bytes:
    match rng.randrange(5):
        case 0:
            return _bomb(rng)
        case 1:
            with np.errstate(all="ignore"):
                _shape(rng, arrays)
    with io.BytesIO() as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        data = file.getvalue()
    return data if rng.random() < 0.2 else spoilt(rng, data, data)


def _bomb(rng: Random) -> bytes:
    """A small archive that claims, or unpacks to, much more than it is."""
    frames = rng.choice((10, 100_000, 3_000_000, 10**12, -1))
    held = rng.choice((0, 1000, 100_000_000 if rng.random() < 0.1 else 1_000_000))
    shapes = {
        "time_s": ("<f8", ()), "seen": ("|b1", ()), "landmarks": ("<f4", (33, 3)), "world": ("<f4", (33, 3)),
        "visibility": ("<f4", (33,)), "support": ("<f4", (33,)), "outline": ("<f4", (2, STATIONS)),
        "header": ("|u1", ()),
    }  # fmt: skip
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, (kind, rest) in shapes.items():
                said = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {(frames, *rest)}, }}\n".encode()
                start = b"\x93NUMPY\x02\x00" + len(said).to_bytes(4, "little") + said
                archive.writestr(f"{name}.npy", start + bytes(held))
        return file.getvalue()
