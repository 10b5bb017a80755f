"""Looks over this computer: what a session needs, whether it is there, and what to do where it is not.

A check is a plain function that yields what it found; `checks` goes through them. None fetches or installs
anything, and one that fails is a finding too, never a traceback.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from itertools import islice
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from formcoach import __version__
from formcoach.errors import FormCoachError, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.console import Console

    from formcoach.camera import CameraInfo
    from formcoach.model import ModelFile

NEEDED = {"mediapipe": (1, 2), "numpy": (1, 26), "av": (15,)}
"""Libraries and the oldest versions that do, as pyproject.toml has them."""

OPENCV = "opencv-contrib-python"
OTHER_OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python-headless")
"""Packages that write over each other's files, as all of them are `cv2`."""

TRIED_PYTHON = ((3, 10), (3, 14))
"""Oldest and newest Python that MediaPipe comes for."""

SAMPLE = "bent-over-row_clean.mp4"
WARM_UP, TIMED = 5, 30  # frames
SMOOTH_MS, ENOUGH_MS, USELESS_MS = 1000 / 30, 1000 / 20, 1000 / 10
SEEN_SHARE = 0.8
"""Of the sample's frames, in which the model must see the person."""

LITTLE_BYTES, TOO_LITTLE_BYTES = 2_000_000_000, 200_000_000
"""Free space that lasts for some sessions' clips, and for not even one."""

_SOUND_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Check:
    """What was found out about one thing.

    Attributes:
        name: of the thing.
        ok: True where it is right, None where FormCoach works but not in full, False where something essential
            is wrong.
        found: what there is.
        advice: what to do about it; empty where nothing is to be done.
    """

    name: str
    ok: bool | None
    found: str
    advice: str = ""


def checks(
    *, find_voice: Callable[[], str | None] | None = None, cameras: Callable[[], Iterable[CameraInfo]] | None = None
) -> Iterator[Check]:
    """Look at one thing after the other; some take seconds, and each is given as soon as it is known.

    Args:
        find_voice: the name of the voice that would speak, or None; may raise. By default its executable is
            looked for.
        cameras: the cameras there are, each opened and measured; `formcoach.camera.list_cameras` by default.
    """
    for name, look in (
        ("Python", _python),
        ("libraries", _libraries),
        ("OpenCV", _opencv),
        ("data folder", _data_folder),
        ("pose model", _model),
        ("speed", _speed),
        ("camera", partial(_cameras, cameras)),
        ("sound", _sound),
        ("voice", partial(_voice, find_voice or system_voice)),
        ("display", _display),
    ):
        yield from _guarded(name, look)


def render(found: Iterable[Check], console: Console) -> int:
    """Print each check when it is there, as a row of a table; give the exit code.

    Returns:
        0, or 2 where something essential is wrong.
    """
    from rich.table import Table
    from rich.text import Text

    essential = 0
    with console.status("looking..."):
        for check in found:
            mark, style = _MARKS[check.ok]
            essential += check.ok is False
            row = Table.grid(padding=(0, 2))
            row.add_column(width=7)
            row.add_column(width=11)
            row.add_column(overflow="fold")
            row.add_row(Text(mark, style), Text(check.name, "bold"), Text(check.found))
            if check.advice:
                row.add_row("", "", Text(f"> {check.advice}"))
            console.print(row)
    console.print(Text("something essential is wrong" if essential else "ready: nothing essential is wrong"))
    return 2 if essential else 0


_MARKS: dict[bool | None, tuple[str, str]] = {
    True: ("ok", "green"),
    None: ("warning", "yellow"),
    False: ("WRONG", "bold red"),
}


def _guarded(name: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """What a check yields, and a finding for what it raises."""
    try:
        yield from look()
    except FormCoachError as error:
        found, _, advice = str(error).partition("; ")
        yield Check(name, False, found, advice)
    except Exception as error:  # whatever a broken installation throws
        yield Check(name, False, f"{type(error).__name__}: {reason(error)}", "install formcoach again, or report this")


# ---- what it runs on ----


def _python() -> Iterator[Check]:
    version, (oldest, newest) = sys.version_info[:2], TRIED_PYTHON
    found = f"Python {platform.python_version()}, formcoach {__version__}, {platform.system()} {platform.machine()}"
    if oldest <= version <= newest:
        yield Check("Python", True, found)
    else:
        yield Check("Python", None, found, f"{_dotted(oldest)} to {_dotted(newest)} are known to work: use one of them")


def _libraries() -> Iterator[Check]:
    for name, oldest in NEEDED.items():
        version = _version_of(name)
        if version is None:
            yield Check(name, False, "not installed", f"python -m pip install '{name}>={_dotted(oldest)}'")
        elif _numbers(version) < oldest:
            yield Check(name, False, version, f"python -m pip install --upgrade '{name}>={_dotted(oldest)}'")
        else:
            yield Check(name, True, version)


def _opencv() -> Iterator[Check]:
    from formcoach.camera import load_opencv

    own, others = _version_of(OPENCV), [name for name in OTHER_OPENCV if _version_of(name) is not None]
    anew = f"python -m pip uninstall -y {' '.join([OPENCV, *others])}, then python -m pip install {OPENCV}"
    try:
        loaded = str(load_opencv().__version__)
    except ImportError as error:
        yield Check("OpenCV", False, f"does not load: {reason(error)}", _missing_library(error) or anew)
        return
    if others:
        there = ", ".join(f"{name} {_version_of(name)}" for name in ([OPENCV] if own else []) + others)
        yield Check("OpenCV", None, f"{there}: they write over each other's files", anew)
    elif own is None:
        yield Check("OpenCV", None, f"{loaded}, not from {OPENCV}", f"python -m pip install {OPENCV}")
    else:
        yield Check("OpenCV", True, f"{OPENCV} {own}")


def _missing_library(error: ImportError) -> str:
    """What to install where a library of the system is missing, of which Debian's name is known."""
    packages = {"libGL.so.1": "libgl1", "libgthread-2.0.so.0": "libglib2.0-0"}
    return next((f"sudo apt install {package}" for file, package in packages.items() if file in str(error)), "")


def _version_of(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    """(1, 2, 2) of "1.2.2rc1"."""
    parts = (re.match(r"\d+", part) for part in version.split("."))
    return tuple(int(part[0]) for part in parts if part)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _data_folder() -> Iterator[Check]:
    from formcoach.folders import data_folder

    folder = data_folder()
    elsewhere = "set FORMCOACH_HOME to another folder"
    try:
        with TemporaryFile(dir=folder) as file:
            file.write(b"written to find out whether it can be")
    except OSError as error:
        yield Check("data folder", False, f"{folder}: cannot be written ({reason(error)})", elsewhere)
        return
    free = shutil.disk_usage(folder).free
    found = f"{folder}, {_size(free)} free"
    if free >= LITTLE_BYTES:
        yield Check("data folder", True, found)
    else:
        yield Check(
            "data folder", None if free >= TOO_LITTLE_BYTES else False, found, f"free some space, or {elsewhere}"
        )


def _size(count: float) -> str:
    """Bytes as a person reads them."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


# ---- the pose model ----


def _model() -> Iterator[Check]:
    from formcoach.fetching import OFFICIAL, url_of

    found = _model_file()
    if isinstance(found, str):
        size = _size(OFFICIAL[found].size)
        advice = (
            f"it is fetched when it is first needed ({size}): formcoach demo; or give {url_of(found)} by --model PATH"
        )
        yield Check("pose model", None, f"{found}: not fetched yet", advice)
        return
    checked = "its SHA-256 is right" if found.name in OFFICIAL else "your own file"
    yield Check("pose model", True, f"{found.name}, {_size(found.path.stat().st_size)}, {checked}, {found.path}")


def _model_file() -> ModelFile | str:
    """The model that a session would use, or its name where it has not been fetched.

    Raises:
        FormCoachError: there is a file, and it is no good.
    """
    from formcoach.fetching import OFFICIAL
    from formcoach.folders import data_folder
    from formcoach.model import DEFAULT, find_model

    wanted = os.environ.get("FORMCOACH_MODEL") or DEFAULT
    cached = data_folder() / "models" / f"{wanted}.task"  # where find_model keeps it; it would fetch, we only look
    if wanted in OFFICIAL and not cached.exists():
        return wanted
    try:
        return find_model(sources=())
    except FormCoachError as error:
        if wanted not in OFFICIAL:
            raise
        raise FormCoachError(f"{cached} is damaged; delete it, and it is fetched again: formcoach demo") from error


def _speed() -> Iterator[Check]:
    try:
        found = _model_file()
    except FormCoachError:  # the check of the model says it
        return
    if isinstance(found, str):
        yield Check(
            "speed", None, "not measured: there is no pose model yet", "fetch it, then run formcoach doctor again"
        )
        return
    times_ms, seen = _times_ms(found)
    median = statistics.median(times_ms)
    text = f"{median:.0f} ms a frame ({1000 / median:.0f} frames a second) with the model {found.name}"
    if seen < SEEN_SHARE:
        advice = "this model does not work here: try another with --model, or install mediapipe again"
        yield Check("speed", False, f"{text}, but it sees the person in {seen:.0%} of the sample's frames only", advice)
    elif median <= SMOOTH_MS:
        yield Check("speed", True, f"{text}: keeps up with a camera of 30")
    else:
        advice = "close other programs, plug the laptop in, or use --model lite"
        without = "" if median <= ENOUGH_MS else ", too slow to judge tempo"
        yield Check("speed", None if median <= USELESS_MS else False, f"{text}: below a camera's 30{without}", advice)


def _times_ms(model: ModelFile) -> tuple[list[float], float]:
    """What each frame of a bundled sample took, and the share of them in which a person was found."""
    from formcoach.catalogue import bundled
    from formcoach.estimator import Estimator
    from formcoach.frames import Video

    times_ms, seen = [], 0
    with Estimator(model.path) as estimator, Video.open(bundled("samples") / SAMPLE) as video:
        for frame in islice(video, WARM_UP + TIMED):
            start = time.perf_counter()
            pose = estimator(frame)
            times_ms.append(1000 * (time.perf_counter() - start))
            seen += pose is not None
    return times_ms[WARM_UP:], seen / len(times_ms)


# ---- what a session sees and says ----


def _cameras(find: Callable[[], Iterable[CameraInfo]] | None) -> Iterator[Check]:
    from formcoach.camera import ENOUGH_FPS, list_cameras

    cameras = list((find or list_cameras)())
    for camera in cameras:
        name = f"camera {camera.index}"
        called = f"{camera.name}: " if camera.name else ""
        if not camera.opens:
            found, _, advice = camera.trouble.partition("; ")
            yield Check(name, None if any(one.opens for one in cameras) else False, f"{called}{found}", advice)
            continue
        found = f"{called}{camera.width} × {camera.height} at {camera.fps:.0f} frames a second"
        if camera.fps >= ENOUGH_FPS:
            yield Check(name, True, found)
        else:
            yield Check(
                name, None, f"{found}, too slow to judge tempo", "put on more light, or close what else uses it"
            )
    if not cameras:
        advice = (
            "plug one in, or allow it to this program; a video can be played as one: formcoach live ... --camera FILE"
        )
        yield Check("camera", None, "none found", advice)


_LIST_OUTPUTS = (
    "import json, sounddevice\n"
    "there = [one['name'] for one in sounddevice.query_devices() if one['max_output_channels']]\n"
    "usual = sounddevice.query_devices(kind='output')['name'] if there else ''\n"
    "print(json.dumps([usual, there]))"
)


def _sound() -> Iterator[Check]:
    # In a process of its own: sound libraries chatter on stderr, and a broken sound server hangs them.
    silently = "there are only the screen's cues without it"
    try:
        done = subprocess.run(
            [sys.executable, "-c", _LIST_OUTPUTS], capture_output=True, text=True, timeout=_SOUND_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        yield Check("sound", None, "the system's sound does not answer", f"start it anew; {silently}")
        return
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no answer"])[-1].removeprefix("OSError: ")
        how = "sudo apt install libportaudio2" if "PortAudio library not found" in why else "check the sound settings"
        yield Check("sound", None, why, f"{how}; {silently}")
        return
    usual, names = json.loads(done.stdout.strip().splitlines()[-1])
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield Check("sound", True, f"{usual}{more}")
    else:
        yield Check("sound", None, "no output device", f"plug in or switch on a loudspeaker; {silently}")


def system_voice() -> str | None:
    """The executable that would speak, by its presence alone; None where there is none."""
    if sys.platform == "win32":
        return "Windows' own (SAPI)" if shutil.which("powershell") else None
    names = ("say",) if sys.platform == "darwin" else ("espeak-ng", "espeak")
    return next((name for name in names if shutil.which(name)), None)


def _voice(find: Callable[[], str | None]) -> Iterator[Check]:
    try:
        name = find()
    except FormCoachError as error:
        found, _, advice = str(error).partition("; ")
        yield Check("voice", None, found, advice)
        return
    if name is None:
        advice = "sudo apt install espeak-ng; without it there are tones instead of words"
        yield Check("voice", None, "none found", advice)
    else:
        yield Check("voice", True, name)


def _display() -> Iterator[Check]:
    if sys.platform in {"darwin", "win32"}:
        yield Check("display", True, "the desktop")
        return
    there = [f"{name}={value}" for name in ("WAYLAND_DISPLAY", "DISPLAY") if (value := os.environ.get(name))]
    if there:
        yield Check("display", True, ", ".join(there))
    else:
        yield Check("display", None, "none", "run it on a desktop; without one, formcoach live ... --headless")
