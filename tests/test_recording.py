"""Pose tracks on disk: all that was measured comes back, and nothing in a file is believed."""

from __future__ import annotations

import errno
import gc
import io
import json
import pickle
import tempfile
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pytest

from formcoach.errors import FormCoachError
from formcoach.outline import STATIONS
from formcoach.pose import LANDMARKS, Pose, PoseTrack, Source
from formcoach.recording import load_track, save_track

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FRAMES = 7
SOURCE = Source("set.mp4", 1080, 1920, 1.25, "full", ("the file ends in the middle", "é ü"))


def pose(time_s: float, rng: np.random.Generator, *, outlined: bool = True) -> Pose:
    def array(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 100, shape).astype(np.float32)

    landmarks, outline = array(LANDMARKS, 3), array(2, STATIONS)
    landmarks[3] = np.nan
    outline[0, :5] = np.nan
    return Pose(
        time_s, landmarks, array(LANDMARKS, 3), array(LANDMARKS), array(LANDMARKS), outline if outlined else None
    )


def track(source: Source = SOURCE) -> PoseTrack:
    """Nobody in the second and the last frame; no outline in the third."""
    rng = np.random.default_rng(7)
    time_s = np.cumsum(rng.uniform(0.01, 0.1, FRAMES))
    poses = [None if i in (1, FRAMES - 1) else pose(t, rng, outlined=i != 2) for i, t in enumerate(time_s.tolist())]
    return PoseTrack(source, time_s, tuple(poses))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "set.npz"


@pytest.fixture
def saved(path: Path) -> Path:
    save_track(path, track())
    return path


def bits(array: NDArray[Any] | None) -> bytes | None:
    return None if array is None else array.dtype.str.encode() + array.tobytes()


# --- there and back ---


def test_round_trip(saved: Path) -> None:
    before, after = track(), load_track(saved)
    assert after.source == before.source
    assert bits(after.time_s) == bits(before.time_s)
    assert len(after) == FRAMES
    for (time_s, a), (_, b) in zip(before, after, strict=True):
        assert (a is None) is (b is None)
        if a is not None and b is not None:
            assert b.time_s == a.time_s == time_s
            for name in ("landmarks", "world", "visibility", "support", "outline"):
                assert bits(getattr(b, name)) == bits(getattr(a, name)), name


def test_nobody_all_along(path: Path) -> None:
    save_track(path, PoseTrack(SOURCE, np.array([0.0, 0.1]), (None, None)))
    assert load_track(path).poses == (None, None)


def test_same_track_same_bytes(saved: Path, tmp_path: Path) -> None:
    again, third = tmp_path / "again.npz", tmp_path / "third.npz"
    save_track(again, track())
    save_track(third, load_track(saved))
    assert saved.read_bytes() == again.read_bytes() == third.read_bytes()


def test_small(saved: Path) -> None:
    assert saved.stat().st_size < 2000 * FRAMES


def test_a_name_without_folders(path: Path) -> None:
    save_track(path, track(replace(SOURCE, name="../../etc/passwd")))
    assert load_track(path).source.name == "passwd"


@pytest.mark.parametrize("name", ["set 1 (é).mp4", "a\tb.mp4", "名前.mov", "caf\udce9.mp4"])
def test_a_name_that_is_odd_comes_back(path: Path, name: str) -> None:
    save_track(path, track(replace(SOURCE, name=name)))
    assert load_track(path).source.name == name


def test_the_file_is_not_kept_open(saved: Path) -> None:
    load_track(saved)
    saved.unlink()
    save_track(saved, track())
    assert len(load_track(saved)) == FRAMES


# --- what is no track ---

Arrays = dict[str, "NDArray[Any] | None"]


def rewrite(saved: Path, **changes: NDArray[Any] | None) -> None:
    """Exchange some arrays of a good file; None leaves one out."""
    with np.load(saved) as file:
        arrays = {name: file[name] for name in file.files} | changes
    np.savez_compressed(saved, **{name: array for name, array in arrays.items() if array is not None})


def rewrite_member(saved: Path, name: str, data: bytes) -> None:
    """Exchange the bytes of one array, its own header and all."""
    with zipfile.ZipFile(io.BytesIO(saved.read_bytes())) as good:
        members = {member: good.read(member) for member in good.namelist()} | {name + ".npy": data}
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as file:
        for member, content in members.items():
            file.writestr(member, content)


def npy(shape: str, kind: str = "<f4", padding: int = 0) -> bytes:
    """The file of one array that claims a shape and holds next to nothing."""
    header = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape}, }}".encode() + b" " * padding + b"\n"
    return b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little") + header + bytes(64)


def header(**changes: object) -> NDArray[np.uint8]:
    """The header of a good file with some fields exchanged."""
    fields = {"format": 1, "name": "a", "width": 9, "height": 9, "duration_s": 1.0, "model": "full", "notes": []}
    return np.frombuffer(json.dumps(fields | changes).encode(), np.uint8)


def refused(path: Path) -> str:
    """One line, which names the file."""
    with pytest.raises(FormCoachError) as caught:
        load_track(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message


def test_missing(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.npz")


def test_a_folder(tmp_path: Path) -> None:
    refused(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not a track at all", id="text"),
        pytest.param(pickle.dumps({"landmarks": 1}), id="a pickle"),
    ],
)
def test_another_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refused(path)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_truncated(saved: Path) -> None:
    good = saved.read_bytes()
    for length in range(0, len(good) - 1, 97):
        saved.write_bytes(good[:length])
        refused(saved)
    gc.collect()


def test_a_truncated_file_is_closed(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-9])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        refused(saved)
        gc.collect()
    assert caught == []


class Exploit:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return pytest.fail, ("a pickle was run",)


@pytest.mark.parametrize("name", ["landmarks", "header", "time_s"])
def test_pickles_are_not_run(saved: Path, name: str) -> None:
    rewrite(saved, **{name: np.array([Exploit()] * FRAMES, object)})
    refused(saved)


@pytest.mark.parametrize("name", ["time_s", "seen", "landmarks", "world", "visibility", "support", "outline", "header"])
def test_an_array_is_missing(saved: Path, name: str) -> None:
    rewrite(saved, **{name: None})
    refused(saved)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("time_s", np.arange(FRAMES)),
        ("time_s", np.arange(FRAMES, dtype=np.float32)),
        ("time_s", np.zeros((FRAMES, 1))),
        ("time_s", np.float64(3.0)),
        ("time_s", np.arange(FRAMES + 1.0)),
        ("seen", np.ones(FRAMES, np.uint8)),
        ("seen", np.ones(FRAMES - 1, bool)),
        ("landmarks", np.zeros((FRAMES, LANDMARKS, 2), np.float32)),
        ("landmarks", np.zeros((FRAMES, LANDMARKS, 3))),
        ("landmarks", np.zeros((FRAMES, LANDMARKS, 3), ">f4")),
        ("world", np.zeros((FRAMES, LANDMARKS + 1, 3), np.float32)),
        ("world", np.zeros((FRAMES, LANDMARKS, 3), np.complex64)),
        ("visibility", np.zeros((LANDMARKS, FRAMES), np.float32)),
        ("support", np.full((FRAMES, LANDMARKS), "x")),
        ("outline", np.zeros((FRAMES, 2, STATIONS - 1), np.float32)),
    ],
    ids=lambda value: f"{value.dtype}{value.shape}" if isinstance(value, np.ndarray | np.generic) else str(value),
)
def test_a_wrong_shape_or_type(saved: Path, name: str, array: NDArray[Any]) -> None:
    rewrite(saved, **{name: array})
    assert "wrong shape or type" in refused(saved)


@pytest.mark.parametrize(
    "times",
    [
        pytest.param([0, 1, 2, 2, 3, 4, 5], id="repeat"),
        pytest.param([0, 1, 3, 2, 4, 5, 6], id="go back"),
        pytest.param([0, 1, np.nan, 3, 4, 5, 6], id="unknown"),
        pytest.param([0, 1, 2, 3, 4, 5, np.inf], id="never"),
    ],
)
def test_times_that_do_not_rise(saved: Path, times: list[float]) -> None:
    rewrite(saved, time_s=np.array(times, float))
    assert "do not rise" in refused(saved)


def test_no_frames(path: Path) -> None:
    save_track(path, PoseTrack(SOURCE, np.empty(0), ()))
    refused(path)


@pytest.mark.parametrize(
    "changed",
    [
        {"format": 2}, {"format": None}, {"width": 0}, {"width": -3}, {"width": 1 << 16}, {"height": "tall"},
        {"height": None}, {"height": 1e400}, {"duration_s": float("nan")}, {"duration_s": -1}, {"duration_s": 1e12},
        {"duration_s": []}, {"notes": "none"}, {"notes": None}, {"notes": {"a": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_header(saved: Path, changed: dict[str, object]) -> None:
    rewrite(saved, header=header(**changed))
    refused(saved)


@pytest.mark.parametrize("field", ["format", "name", "width", "height", "duration_s", "model", "notes"])
def test_a_header_that_lacks_a_field(saved: Path, field: str) -> None:
    fields = json.loads(header().tobytes())
    del fields[field]
    rewrite(saved, header=np.frombuffer(json.dumps(fields).encode(), np.uint8))
    refused(saved)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[1, 2]", b"3", b"\xff\xfe", b'{"format": 1}', b'{"format": ' + b"9" * 9999 + b"}"], ids=repr
)
def test_a_header_that_is_none(saved: Path, raw: bytes) -> None:
    rewrite(saved, header=np.frombuffer(raw, np.uint8))
    refused(saved)


@pytest.mark.parametrize(
    "member",
    [
        pytest.param(npy("(1000000000000, 33, 3)"), id="claims petabytes"),
        pytest.param(npy("(-1, 33, 3)"), id="claims less than nothing"),
        pytest.param(npy("(7, 33, 3)", padding=100_000), id="a header of 100 kB"),
        pytest.param(npy("(7, 33, 3)", kind="|O"), id="claims objects"),
        pytest.param(npy("(7, 33, 3)"), id="ends early"),
        pytest.param(b"\x93NUMPY\x09\x00", id="of a later NumPy"),
    ],
)
def test_a_giant_or_broken_array(saved: Path, member: bytes) -> None:
    rewrite_member(saved, "landmarks", member)
    refused(saved)


@pytest.mark.parametrize(
    ("name", "member"),
    [
        pytest.param("landmarks", npy(f"({10**25}, 33, 3)"), id="claims more than can be counted: OverflowError"),
        pytest.param("landmarks", npy("((((((("), id="an unfinished shape: TokenError"),
        pytest.param("landmarks", b"garbage", id="no array: AttributeError"),
        pytest.param("landmarks", b"", id="empty: AttributeError"),
    ],
)
def test_a_broken_array_that_escapes(saved: Path, name: str, member: bytes) -> None:
    rewrite_member(saved, name, member)
    refused(saved)


def test_a_header_of_a_hundred_thousand_brackets(saved: Path) -> None:
    rewrite(saved, header=np.frombuffer(b"[" * 100_000, np.uint8))
    refused(saved)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_any_byte_may_be_wrong(saved: Path) -> None:
    """zlib.error from compressed data, NotImplementedError and RuntimeError from the archive's directory."""
    good = saved.read_bytes()
    for i in range(0, len(good), 11):
        saved.write_bytes(good[:i] + bytes([good[i] ^ 0xFF]) + good[i + 1 :])
        try:
            assert len(load_track(saved)) == FRAMES
        except FormCoachError:
            continue


# --- disks that fail ---


def raising(error: OSError) -> Callable[..., NoReturn]:
    def fail(*args: object, **options: object) -> NoReturn:
        raise error

    return fail


FULL = OSError(errno.ENOSPC, "No space left on device")
READ_ONLY = PermissionError(errno.EACCES, "Permission denied")


OPENERS = ((Path, "open"), (tempfile, "NamedTemporaryFile"), (tempfile, "mkstemp"))


@pytest.mark.parametrize("before", [None, b"an older track"], ids=["new", "over an older file"])
@pytest.mark.parametrize(
    ("where", "error"),
    [
        pytest.param([(np.lib.format, "write_array")], FULL, id="full"),
        pytest.param(OPENERS, READ_ONLY, id="unwritable folder"),
        pytest.param([(Path, "replace")], READ_ONLY, id="unwritable file"),
    ],
)
def test_a_disk_that_fails(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: bytes | None,
    where: list[tuple[object, str]],
    error: OSError,
) -> None:
    """Says so in one line, and leaves the folder as it was."""
    if before is not None:
        path.write_bytes(before)
    with monkeypatch.context() as failing:
        for place, name in where:
            failing.setattr(place, name, raising(error))
        with pytest.raises(FormCoachError, match=f"^cannot write .*set.npz: {error.strerror}$"):
            save_track(path, track())
    assert [p.read_bytes() for p in path.parent.iterdir()] == ([] if before is None else [before])


def test_a_disk_that_fills_half_way(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(file: Any, *_: object, **__: object) -> None:
        file.write(b"half a file")
        file.flush()
        assert any(p.suffix == ".part" for p in path.parent.iterdir())
        raise FULL

    monkeypatch.setattr(np.lib.format, "write_array", half)
    with pytest.raises(FormCoachError, match="No space left"):
        save_track(path, track())
    assert list(path.parent.iterdir()) == []


def test_interrupted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **arrays: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(np.lib.format, "write_array", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_track(path, track())
    assert list(path.parent.iterdir()) == []


def test_nothing_but_the_track_is_left(saved: Path) -> None:
    assert list(saved.parent.iterdir()) == [saved]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(FormCoachError, match="cannot write"):
        save_track(tmp_path / "taken" / "set.npz", track())
