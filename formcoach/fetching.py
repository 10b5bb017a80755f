"""Where the pose model comes from: the official bundle, or its networks out of an older wheel.

For the model `full`, the last MediaPipe wheel that carries the same two networks is asked for where the official
bundle cannot be had, from whatever package index pip is set up to use. Nothing that is fetched is executed or
unpickled: a bundle is a ZIP of two TFLite networks.
"""

from __future__ import annotations

import errno
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from formcoach.bundling import NETWORKS, Pin, bundle, read_networks
from formcoach.errors import FormCoachError, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.client import HTTPResponse
    from pathlib import Path

_CONNECT_S = 5.0  # for one address of a server, and for any pause while it sends
_OPEN_S = 8.0  # until a server answers, names looked up and all its addresses tried
_PIP_SOCKET_S = 8
_PIP_STALL_S = 30.0  # without a byte more, pip is taken to hang
_CHUNK = 1 << 18  # bytes


class Progress(Protocol):
    """Is told how a fetch goes. After `stop`, which may come twice or first, it can be started again."""

    def start(self, label: str, total_bytes: int | None) -> None:
        """Begin a stage; None where its size is not known."""

    def advance(self, n: int) -> None:
        """Count n bytes more."""

    def stop(self) -> None:
        """End the stage, done or not."""


class Silent:
    """A progress that tells nobody."""

    def start(self, label: str, total_bytes: int | None) -> None:
        """Say nothing."""

    def advance(self, n: int) -> None:
        """Say nothing."""

    def stop(self) -> None:
        """Say nothing."""


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


def sources_of(name: str) -> tuple[ModelSource, ...]:
    """Where the model `name` (full, heavy or lite) can be fetched from, in the order to try."""
    url, pin = url_of(name), OFFICIAL[name]

    def official(path: Path, progress: Progress) -> None:
        progress.start(f"Fetching the pose model {name}", pin.size)
        download(url, path, pin.size, progress)

    def wheel(path: Path, progress: Progress) -> None:
        progress.start(f"Fetching the pose model {name} by pip", _WHEEL_BYTES)
        networks = read_networks(_pip_download(path.parent, progress), NETWORKS)
        path.write_bytes(bundle(NETWORKS, networks))

    sources = (ModelSource("storage.googleapis.com", official, pin),)
    return (*sources, ModelSource(f"pip ({_WHEEL_OF})", wheel)) if name == IN_WHEEL else sources


def url_of(name: str) -> str:
    """Where Google keeps the official bundle of the model `name`."""
    return (
        "https://storage.googleapis.com/mediapipe-models/pose_landmarker/"
        f"pose_landmarker_{name}/float16/1/pose_landmarker_{name}.task"
    )


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
        raise OSError(f"it broke off ({reason(error)})") from error


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
