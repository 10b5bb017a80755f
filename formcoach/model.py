"""The pose model's file: found where it is, fetched where it is not, never used unless its bytes are right.

The ladder, in this order: a path that the person gives; the cache in the data folder; the official bundle;
for the model `full`, an older MediaPipe wheel that carries the same two networks, by pip. `formcoach.fetching` is
the way to the last two.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from formcoach.bundling import DETECTOR, LANDMARKS
from formcoach.errors import FormCoachError, reason
from formcoach.fetching import IN_WHEEL, OFFICIAL, Silent, sources_of, url_of
from formcoach.folders import data_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from formcoach.bundling import Pin
    from formcoach.fetching import ModelSource, Progress

DEFAULT = "full"

_SCRATCH = ".fetching-"

_LOCK_S = 600.0  # for another process to finish fetching
_CHUNK = 1 << 18  # bytes


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A bundle ready for MediaPipe.

    Attributes:
        path: of the .task file.
        name: for reports: full, heavy, lite, or the stem of the path that the person gave.
    """

    path: Path
    name: str


def find_model(
    wanted: str = DEFAULT,
    *,
    progress: Progress | None = None,
    sources: Sequence[ModelSource] | None = None,
    lock_timeout_s: float = _LOCK_S,
) -> ModelFile:
    """The model's file, fetched into the data folder the first time that it is asked for.

    Args:
        wanted: full, heavy, lite, or a path to a .task file. Where it is the default, the environment
            variable FORMCOACH_MODEL, which may name a model or a path too, goes before it.
        progress: is told about a fetch; None is silent.
        sources: where to fetch from, tried in this order; None stands for `sources_of(wanted)`.
        lock_timeout_s: how long another process may take that fetches the same model.

    Raises:
        FormCoachError: the path is no pose model, no source gave one, the disk is full or not ours to write.
    """
    asked = asked_for(wanted)
    wanted, said_by = asked, "FORMCOACH_MODEL: " if asked != wanted else ""
    if wanted not in OFFICIAL:
        return _given(wanted, said_by)
    progress = progress or Silent()
    cached = _models_folder() / f"{wanted}.task"
    if not _is_intact(cached, wanted):
        with _locked(cached, progress, lock_timeout_s):
            if not _is_intact(cached, wanted):  # by now another process may have fetched it
                _fetch(wanted, cached, sources_of(wanted) if sources is None else sources, progress)
    return ModelFile(cached, wanted)


def asked_for(wanted: str) -> str:
    """The name or path that is meant: in place of the default, the environment variable's if there is one."""
    return os.environ.get("FORMCOACH_MODEL") or wanted if wanted == DEFAULT else wanted


def _given(wanted: str, said_by: str) -> ModelFile:
    try:
        path = Path(wanted).expanduser()
        if not path.exists():
            names = ", ".join(OFFICIAL)
            raise FormCoachError(f"{said_by}no model {wanted!r}: it is neither {names} nor a file that exists")
        if path.is_dir():
            raise FormCoachError(f"{said_by}{path} is a folder; a pose model is a .task file")
        flaw = _flaw(path)
    except (OSError, RuntimeError, ValueError) as error:  # not ours to read, nobody's "~name", a NUL in it
        raise FormCoachError(f"{said_by}cannot read the model {wanted!r}: {reason(error)}") from error
    if flaw:
        raise FormCoachError(f"{said_by}{path} is not a pose model: {flaw}")
    return ModelFile(path, path.stem)


def _flaw(path: Path) -> str | None:
    """What keeps a file from being a bundle of MediaPipe's pose landmarker; None where nothing does."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.filename: member for member in archive.infolist()}
    except zipfile.BadZipFile:
        return "it is not a .task bundle (a ZIP archive), or it is cut short"
    missing = [name for name in (DETECTOR, LANDMARKS) if name not in members]
    if missing:
        return f"there is no {' and no '.join(missing)} in it"
    if any(member.compress_type != zipfile.ZIP_STORED for member in members.values()):
        return "its members are compressed, and MediaPipe reads only stored ones (zip -0)"
    return None


def _models_folder() -> Path:
    folder = data_folder() / "models"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise _disk_trouble(folder, error) from error
    return folder


def _is_intact(cached: Path, name: str) -> bool:
    """Whether the cached bundle is byte for byte what was fetched, or the official one put there by hand."""
    try:
        digest = _digest(cached)
        return digest == OFFICIAL[name].sha256 or digest == _sidecar(cached).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return False


def _sidecar(cached: Path) -> Path:
    return cached.with_name(cached.name + ".sha256")


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _locked(cached: Path, progress: Progress, timeout_s: float) -> Iterator[None]:
    """Be the only process that fetches this model, after waiting for the one that does."""
    from filelock import FileLock, Timeout

    lock = FileLock(cached.with_name(cached.name + ".lock"))
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress.start("Another formcoach is fetching the pose model: waiting for it", None)
            try:
                lock.acquire(timeout=timeout_s)
            finally:
                progress.stop()
    except Timeout as error:
        raise FormCoachError(
            f"another formcoach has been fetching the pose model for {timeout_s:.0f} s; "
            "end it, or give a file with --model PATH"
        ) from error
    except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
        raise _disk_trouble(cached.parent, error) from error
    try:
        yield
    finally:
        lock.release()


def _fetch(name: str, cached: Path, sources: Sequence[ModelSource], progress: Progress) -> None:
    """Put the bundle of the first source that works into the cache. Needs the lock."""
    folder = cached.parent
    tried = [f"{cached}: it is damaged"] if cached.exists() else []
    for torn in folder.glob(f"{_SCRATCH}{name}-*"):  # what a killed process left
        shutil.rmtree(torn, ignore_errors=True)
    try:
        with TemporaryDirectory(prefix=f"{_SCRATCH}{name}-", dir=folder, ignore_cleanup_errors=True) as scratch:
            fetched = _first_that_works(name, sources, Path(scratch), progress, tried)
            _move_into_place(fetched, cached)
    except OSError as error:
        raise _disk_trouble(folder, error) from error


def _first_that_works(
    name: str, sources: Sequence[ModelSource], scratch: Path, progress: Progress, tried: Sequence[str]
) -> Path:
    """A checked bundle in a folder inside scratch; `tried` says what was tried before and why it failed.

    Raises:
        FormCoachError: no source gave one; says why for each.
        OSError: the disk is full, which another source would not help.
    """
    failures = list(tried)
    for number, source in enumerate(sources):
        own = scratch / str(number)
        own.mkdir()
        try:
            path = own / "bundle.task"
            source.fetch(path, progress)
            _check(path, source.pin)
        except (OSError, FormCoachError) as error:
            if isinstance(error, OSError) and _is_full(error):
                raise
            failures.append(f"{source.name}: {reason(error)}")
            shutil.rmtree(own, ignore_errors=True)
        else:
            return path
        finally:
            progress.stop()
    others = "" if name == IN_WHEEL else f" (pip has only the model {IN_WHEEL})"
    raise FormCoachError(
        f"cannot get the pose model {name}: {'; '.join(failures)}{others}; "
        f"fetch {url_of(name)} elsewhere and give the file with --model PATH or FORMCOACH_MODEL=PATH"
    )


def _check(path: Path, pin: Pin | None) -> None:
    if pin and (size := path.stat().st_size) != pin.size:
        raise FormCoachError(f"{size} bytes came where {pin.size} were expected")
    if pin and _digest(path) != pin.sha256:
        raise FormCoachError("what came is not the file expected: its SHA-256 differs")
    if flaw := _flaw(path):
        raise FormCoachError(f"what came is not a pose model: {flaw}")


def _move_into_place(fetched: Path, cached: Path) -> None:
    """Make the cached bundle the fetched one, at once or, where the process dies in between, not at all."""
    sidecar = fetched.with_name("sha256")
    sidecar.write_text(_digest(fetched) + "\n", "ascii")
    for path in (sidecar, fetched):
        with path.open("r+b") as file:
            os.fsync(file.fileno())
    # The digest goes first: until the bundle follows, the two do not match and the cache counts as empty.
    sidecar.replace(_sidecar(cached))
    fetched.replace(cached)


def _is_full(error: OSError) -> bool:
    return error.errno in {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def _disk_trouble(folder: Path, error: Exception) -> FormCoachError:
    if isinstance(error, OSError) and _is_full(error):
        return FormCoachError(
            f"no space left for the pose model in {folder}: free about 100 MB, "
            "or set FORMCOACH_HOME to a folder on another disk"
        )
    return FormCoachError(
        f"cannot keep the pose model in {folder}: {reason(error)}; set FORMCOACH_HOME to a folder that can be written"
    )
