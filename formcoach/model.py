"""The pose model's file: found where it is, fetched where it is not, never used unless its bytes are right.

The ladder, in this order: a path that the person gives; the cache in the data folder; the official bundle;
for the model `full`, the last MediaPipe wheel that carries the same two networks, from whatever package index
pip is set up to use. Nothing that is fetched is executed or unpickled: a bundle is a ZIP of two TFLite
networks.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import io
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from formcoach.errors import FormCoachError
from formcoach.folders import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from http.client import HTTPResponse

    from rich.progress import Progress as Bar

DEFAULT = "full"

_DETECTOR = "pose_detector.tflite"
_LANDMARKS = "pose_landmarks_detector.tflite"
_SCRATCH = ".fetching-"

_CONNECT_S = 5.0  # for one address of a server, and for any pause while it sends
_OPEN_S = 8.0  # until a server answers, names looked up and all its addresses tried
_PIP_SOCKET_S = 8
_PIP_STALL_S = 30.0  # without a byte more, pip is taken to hang
_LOCK_S = 600.0  # for another process to finish fetching
_CHUNK = 1 << 18  # bytes
_ZIP_HEADER = 30  # bytes before a member's name
_REASON = 200  # characters of one source's failure in the line that a person reads


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A bundle ready for MediaPipe.

    Attributes:
        path: of the .task file.
        name: for reports: full, heavy, lite, or the stem of the path that the person gave.
    """

    path: Path
    name: str


class Progress(Protocol):
    """Is told how a fetch goes. After `stop`, which may come twice or first, it can be started again."""

    def start(self, label: str, total_bytes: int | None) -> None:
        """Begin a stage; None where its size is not known."""

    def advance(self, n: int) -> None:
        """Count n bytes more."""

    def stop(self) -> None:
        """End the stage, done or not."""


@dataclass(frozen=True, slots=True)
class Pin:
    """What bytes must be to be used: their SHA-256, in hex, and their size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Network:
    """One TFLite network inside the wheel, and what it becomes.

    Attributes:
        member: its name in the wheel.
        name: its name in the bundle.
        pin: what its bytes must be.
        mean, std: a pixel value p of 0 to 255 is fed to it as (p - mean) / std.
    """

    member: str
    name: str
    pin: Pin
    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class ModelSource:
    """One place to fetch a bundle from.

    Attributes:
        name: for the line that says what was tried.
        fetch: writes the bundle to the path given; may use the folder that the path is in, which is its own
            and is removed afterwards. Fails with an OSError or a FormCoachError that says why.
        pin: what the bundle must be; None where `fetch` itself has checked its parts.
    """

    name: str
    fetch: Callable[[Path, Progress], None]
    pin: Pin | None = None


OFFICIAL: Mapping[str, Pin] = {
    "full": Pin("5134a3aad27a58b93da0088d431f366da362b44e3ccfbe3462b3827a839011b1", 9_398_198),
    "heavy": Pin("64437af838a65d18e5ba7a0d39b465540069bc8aae8308de3e318aad31fcbc7b", 30_664_242),
    "lite": Pin("59929e1d1ee95287735ddd833b19cf4ac46d29bc7afddbbf6753c459690d574a", 5_777_746),
}
"""The models by name, and what Google's bundles of them, float16, version 1, are."""

IN_WHEEL = "full"
"""The only landmark network in the wheel; it has neither lite nor heavy."""

_WHEEL_OF = "mediapipe==0.10.21"
_WHEEL_BYTES = 35_622_638

NETWORKS: tuple[Network, ...] = (
    Network(
        member="mediapipe/modules/pose_detection/pose_detection.tflite",
        name=_DETECTOR,
        pin=Pin("9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c", 2_959_046),
        mean=127.5,
        std=127.5,
    ),
    Network(
        member="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        name=_LANDMARKS,
        pin=Pin("e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f", 6_440_512),
        mean=0.0,
        std=255.0,
    ),
)


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
    said_by = ""
    if wanted == DEFAULT and os.environ.get("FORMCOACH_MODEL"):
        wanted, said_by = os.environ["FORMCOACH_MODEL"], "FORMCOACH_MODEL: "
    if wanted not in OFFICIAL:
        return _given(wanted, said_by)
    progress = progress or _Silent()
    cached = _models_folder() / f"{wanted}.task"
    if not _is_intact(cached, wanted):
        with _locked(cached, progress, lock_timeout_s):
            if not _is_intact(cached, wanted):  # by now another process may have fetched it
                _fetch(wanted, cached, sources_of(wanted) if sources is None else sources, progress)
    return ModelFile(cached, wanted)


def sources_of(name: str) -> tuple[ModelSource, ...]:
    """Where the model `name` (full, heavy or lite) can be fetched from, in the order to try."""
    url, pin = _url(name), OFFICIAL[name]

    def official(path: Path, progress: Progress) -> None:
        progress.start(f"Fetching the pose model {name}", pin.size)
        download(url, path, pin.size, progress)

    def wheel(path: Path, progress: Progress) -> None:
        progress.start(f"Fetching the pose model {name} by pip", _WHEEL_BYTES)
        networks = read_networks(_pip_download(path.parent, progress), NETWORKS)
        path.write_bytes(bundle(NETWORKS, networks))

    sources = (ModelSource("storage.googleapis.com", official, pin),)
    return (*sources, ModelSource(f"pip ({_WHEEL_OF})", wheel)) if name == IN_WHEEL else sources


def _url(name: str) -> str:
    return (
        "https://storage.googleapis.com/mediapipe-models/pose_landmarker/"
        f"pose_landmarker_{name}/float16/1/pose_landmarker_{name}.task"
    )


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
        raise FormCoachError(f"{said_by}cannot read the model {wanted!r}: {_reason(error)}") from error
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
    missing = [name for name in (_DETECTOR, _LANDMARKS) if name not in members]
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
            failures.append(f"{source.name}: {_reason(error)}")
            shutil.rmtree(own, ignore_errors=True)
        else:
            return path
        finally:
            progress.stop()
    others = "" if name == IN_WHEEL else f" (pip has only the model {IN_WHEEL})"
    raise FormCoachError(
        f"cannot get the pose model {name}: {'; '.join(failures)}{others}; "
        f"fetch {_url(name)} elsewhere and give the file with --model PATH or FORMCOACH_MODEL=PATH"
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
        f"cannot keep the pose model in {folder}: {_reason(error)}; set FORMCOACH_HOME to a folder that can be written"
    )


def _reason(error: Exception) -> str:
    """Why something failed, on one line and not long."""
    while isinstance(cause := getattr(error, "reason", None), Exception):  # what a URLError wraps
        error = cause
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = " ".join(text.split()) or type(error).__name__
    return text if len(text) <= _REASON else text[: _REASON - 1] + "…"


def download(url: str, path: Path, size: int, progress: Progress) -> None:
    """Write what an https address gives to path, at most `size` bytes of it.

    Raises:
        OSError: no answer in time, or it broke off, or the disk is full.
        FormCoachError: it is larger than size.
    """
    from http.client import HTTPException

    try:
        with _open(url) as answer, path.open("wb") as file:
            left = size
            while chunk := answer.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise FormCoachError(f"it sends more than the {size} bytes expected")
                file.write(chunk)
                progress.advance(len(chunk))
    except HTTPException as error:
        raise OSError(f"it broke off ({_reason(error)})") from error


def _open(url: str) -> HTTPResponse:
    """The answer of a server, within _OPEN_S all in all.

    A time limit on the socket holds for each of a server's addresses apart, and not at all for looking up its
    name, so the limit on the whole is kept from outside.
    """
    from http.client import HTTPException

    answers: queue.SimpleQueue[HTTPResponse | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_https_only().open(url, timeout=_CONNECT_S))
        except (OSError, HTTPException, ValueError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="formcoach-download", daemon=True).start()
    try:
        answer = answers.get(timeout=_OPEN_S)
    except queue.Empty:
        raise TimeoutError(f"no answer within {_OPEN_S:.0f} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _https_only() -> Any:
    """An opener that knows the usual proxies but no scheme but https, whatever a server redirects to."""
    from urllib import request

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler,
        request.HTTPSHandler,
        request.HTTPRedirectHandler,
        request.HTTPDefaultErrorHandler,
        request.HTTPErrorProcessor,
        request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _pip_download(folder: Path, progress: Progress) -> Path:
    """Have pip fetch the wheel into folder, by the person's own settings; it installs and builds nothing.

    Raises:
        FormCoachError: pip failed, or hangs.
        OSError: the disk is full, or pip cannot be started.
    """
    if not sys.executable:
        raise FormCoachError("there is no Python here to run pip with")
    wheels, log = folder / "wheels", folder / "pip.log"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", "311", "--platform", "manylinux_2_28_x86_64"]
    command += ["--retries", "0", "--timeout", str(_PIP_SOCKET_S), "--no-input", "--progress-bar", "off"]
    command += ["--disable-pip-version-check", "--no-color", "--dest", str(wheels), _WHEEL_OF]
    # TMPDIR: so that its half of the wheel can be watched, and goes when the folder goes.
    # PYTHONSAFEPATH: a pip.py in the folder that the person happens to be in is not pip.
    surroundings = {**os.environ, "TMPDIR": str(folder), "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
    with log.open("wb") as said:
        code = _run_watched(command, surroundings, said.fileno(), folder, progress)
    found = sorted(wheels.glob("*.whl"))
    if code != 0 or not found:
        raise _pip_failure(log.read_text("utf-8", "replace"), code)
    return found[0]


def _run_watched(command: list[str], env: dict[str, str], log: int, folder: Path, progress: Progress) -> int:
    """Run pip to its end, telling progress how the wheel grows; its exit code."""
    with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log) as process:
        try:
            seen, since = 0, time.monotonic()
            while True:
                try:
                    return process.wait(timeout=0.2)
                except subprocess.TimeoutExpired:
                    size = _largest(folder)
                if size > seen:
                    progress.advance(size - seen)
                    seen, since = size, time.monotonic()
                elif time.monotonic() - since > _PIP_STALL_S:
                    raise FormCoachError(f"the package index sent nothing for {_PIP_STALL_S:.0f} s")
        finally:
            process.kill()


def _largest(folder: Path) -> int:
    """The size in bytes of the largest file anywhere in a folder that another process is changing."""
    try:
        return max((path.stat().st_size for path in folder.rglob("*")), default=0)
    except OSError:  # one of them has gone in between: the next look will tell
        return 0


def _pip_failure(log: str, code: int) -> Exception:
    if os.strerror(errno.ENOSPC) in log:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return FormCoachError((errors or lines[-1:] or [f"pip ended with exit code {code}"])[0])


def read_networks(wheel: Path, networks: Sequence[Network]) -> list[bytes]:
    """The networks in a wheel, and nothing else of it, in the order asked for.

    Raises:
        FormCoachError: one is missing, or is not what its pin says.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            return [_read_pinned(archive, network) for network in networks]
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise FormCoachError(f"the wheel is damaged ({_reason(error)})") from error


def _read_pinned(archive: zipfile.ZipFile, network: Network) -> bytes:
    try:
        member = archive.getinfo(network.member)
    except KeyError:
        raise FormCoachError(f"there is no {network.member} in the wheel") from None
    # The size is looked at first: nobody can make us unpack more than we expect.
    data = archive.read(member) if member.file_size == network.pin.size else b""
    if hashlib.sha256(data).hexdigest() != network.pin.sha256:
        raise FormCoachError(f"{network.member} in the wheel is not the network expected (its SHA-256 differs)")
    return data


def bundle(networks: Sequence[Network], data: Sequence[bytes]) -> bytes:
    """A .task file for MediaPipe's pose landmarker; from the same networks, the same bytes at any time.

    Raises:
        FormCoachError: the MediaPipe that is installed no longer brings what describes a network's metadata.
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for network, model in zip(networks, data, strict=True):
            member = zipfile.ZipInfo(network.name)  # dated 1980, so that the time of day is not in the bytes
            member.create_system, member.external_attr = 3, 0o644 << 16  # the same from every system
            member.extra = _padding(whole.tell() + _ZIP_HEADER + len(network.name))
            archive.writestr(member, _with_metadata(model, network.mean, network.std))
    return whole.getvalue()


def _padding(offset: int) -> bytes:
    """A ZIP extra field that moves what follows, `offset` bytes into the file, on to a multiple of 16.

    MediaPipe hands a network to TFLite where it lies in the file, and not every processor reads numbers that
    are not aligned.
    """
    fill = -(offset + 4) % 16  # 4: the field's own header, a tag that stands for alignment and the length
    return (0xD935).to_bytes(2, "little") + fill.to_bytes(2, "little") + bytes(fill)


def _with_metadata(network: bytes, mean: float, std: float) -> bytes:
    """The network with the note on its input that MediaPipe Tasks asks for."""
    import flatbuffers

    tflite = _schema("schema_py_generated")
    model = tflite.ModelT.InitFromObj(tflite.Model.GetRootAsModel(network, 0))
    note = tflite.BufferT()
    note.data = list(_metadata(mean, std))
    model.buffers = [*(model.buffers or []), note]
    entry = tflite.MetadataT()
    entry.name, entry.buffer = b"TFLITE_METADATA", len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(len(network))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _metadata(mean: float, std: float) -> bytes:
    """A flatbuffer that says: the input is an RGB picture, to be normalized by this mean and deviation."""
    import flatbuffers

    schema = _schema("metadata_schema_py_generated")
    options = schema.NormalizationOptionsT()
    options.mean, options.std = [mean], [std]
    unit = schema.ProcessUnitT()
    unit.optionsType, unit.options = schema.ProcessUnitOptions.NormalizationOptions, options
    picture = schema.ImagePropertiesT()
    picture.colorSpace = schema.ColorSpaceType.RGB
    content = schema.ContentT()
    content.contentPropertiesType, content.contentProperties = (
        schema.ContentProperties.ImageProperties,
        picture,
    )
    tensor = schema.TensorMetadataT()
    tensor.name, tensor.content, tensor.processUnits = "input", content, [unit]
    graph = schema.SubGraphMetadataT()
    graph.inputTensorMetadata = [tensor]
    metadata = schema.ModelMetadataT()
    metadata.name, metadata.subgraphMetadata = "pose", [graph]
    builder = flatbuffers.Builder(0)
    builder.Finish(metadata.Pack(builder), b"M001")
    return bytes(builder.Output())


@cache
def _schema(name: str) -> Any:
    """One of the generated modules in MediaPipe's tasks/metadata, without importing the whole of MediaPipe.

    Raises:
        FormCoachError: the MediaPipe that is installed does not bring it.
    """
    package = importlib.util.find_spec("mediapipe")
    if not package or not package.origin:
        raise FormCoachError("MediaPipe is not installed")
    path = Path(package.origin).parent / "tasks" / "metadata" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"formcoach._{name}", path)
    if not path.exists() or not spec or not spec.loader:
        raise FormCoachError(f"the MediaPipe that is installed has no {path.name}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Silent:
    def start(self, label: str, total_bytes: int | None) -> None:
        pass

    def advance(self, n: int) -> None:
        pass

    def stop(self) -> None:
        pass


class RichProgress:
    """A bar on standard error; where that is no terminal, the first stage's label on one line and no more."""

    def __init__(self) -> None:
        self._bar: Bar | None = None
        self._told = False

    def start(self, label: str, total_bytes: int | None) -> None:
        """Begin a stage; None where its size is not known."""
        self.stop()
        if sys.stderr.isatty():
            self._bar = _bar(total_bytes)
            self._bar.add_task(label, total=total_bytes)
            self._bar.start()
        elif not self._told:
            sys.stderr.write(f"{label}\n")
        self._told = True

    def advance(self, n: int) -> None:
        """Count n bytes more."""
        if self._bar:
            self._bar.advance(self._bar.task_ids[0], n)

    def stop(self) -> None:
        """End the stage, done or not."""
        if self._bar:
            self._bar.stop()
        self._bar = None


def _bar(total_bytes: int | None) -> Bar:
    from rich import progress
    from rich.console import Console

    columns: list[progress.ProgressColumn] = [
        progress.TextColumn("{task.description}"),
        progress.BarColumn(20),
    ]
    if total_bytes is not None:
        columns += [progress.DownloadColumn(), progress.TimeRemainingColumn()]
    return progress.Progress(*columns, console=Console(stderr=True), transient=True)
