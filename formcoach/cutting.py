"""Short clips out of recorded video: part of the picture, small enough to lie inside a page."""

from __future__ import annotations

import math
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av

from formcoach.errors import FormCoachError
from formcoach.frames import Video, read_ahead
from formcoach.mp4 import Mp4Writer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from formcoach.pose import Frame

HIGHEST_PX, WIDEST_PX = 480, 800
MIN_STEP_S = 1 / 45
"""Frames that follow sooner are left out, so that 60 a second become 30."""
THREADS = 2
"""Most of the work is done outside Python."""
LATE_S = 0.25
"""A clip whose first frame comes later than this after its beginning was reached by a broken index."""
ENCODING = {
    "crf": "26",
    "preset": "veryfast",
    "threads": "1",
    "g": "15",  # a key frame every half second: the page jumps about in it
    "maxrate": "1200k",
    "bufsize": "1800k",
}


@dataclass(frozen=True)
class Footage:
    """A video that shows a recording, or a part of it.

    Attributes:
        path: of the file, which may be gone.
        start_s, end_s: what it shows, on the clock of the poses.
        sound: whether it may be jumped about in; where its analysis had something to note, it is read through.
    """

    path: Path
    start_s: float = 0.0
    end_s: float = math.inf
    sound: bool = True

    def shows(self, window: Window) -> bool:
        """Whether the middle of a window is in it."""
        return self.start_s <= (window.start_s + window.end_s) / 2 <= self.end_s


@dataclass(frozen=True)
class Window:
    """What to cut out: when, in s, and under which key to hand it back."""

    key: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Region:
    """A part of the picture, as shares of its width and height."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


@dataclass(frozen=True)
class Clip:
    """A piece of video.

    Attributes:
        start_s: time of its first frame, on the clock of the windows.
        width, height: px.
        mp4: the file.
    """

    start_s: float
    width: int
    height: int
    mp4: bytes


def cut(footage: Sequence[Footage], windows: Sequence[Window], region: Region) -> dict[int, Clip]:
    """Clips of the windows, by their keys; a window that no footage shows has none.

    Raises:
        FormCoachError: a video that is there cannot be read, or there is no room for what is being written.
    """
    clips: dict[int, Clip] = {}
    for one in footage:
        missing = [window for window in windows if window.key not in clips and one.shows(window)]
        if missing and one.path.is_file():
            clips |= _cut_one(one, missing, region)
    return clips


def _cut_one(footage: Footage, windows: Sequence[Window], region: Region) -> dict[int, Clip]:
    try:
        clips = _read_shared(footage, windows, region) if footage.sound else None
        if clips is None:
            clips = _read(footage, windows, region, by_index=False)
    except (OSError, av.FFmpegError) as error:
        raise FormCoachError(
            f"cannot cut clips out of {footage.path}: {error.strerror or type(error).__name__}"
        ) from error
    return clips or {}


def _read_shared(footage: Footage, windows: Sequence[Window], region: Region) -> dict[int, Clip] | None:
    """Cut the windows out in several threads, each its stretch of the video; None where a jump led too far."""
    ordered = sorted(windows, key=lambda window: window.start_s)
    size = -(-len(ordered) // THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        shares = [ordered[i : i + size] for i in range(0, len(ordered), size)]
        read = [pool.submit(_read, footage, share, region, by_index=True) for share in shares]
        done: dict[int, Clip] = {}
        for one in read:
            clips = one.result()
            if clips is None:
                return None
            done |= clips
    return done


def _read(footage: Footage, windows: Sequence[Window], region: Region, *, by_index: bool) -> dict[int, Clip] | None:
    """Cut the windows out in one go through the video; None where a jump led past the beginning of one."""
    waiting = sorted(windows, key=lambda window: window.start_s)
    running: list[_Cutting] = []
    done: dict[int, Clip] = {}
    with tempfile.TemporaryDirectory() as folder, Video.open(footage.path) as video, ExitStack() as stack:
        frames = stack.enter_context(closing(read_ahead(video)))
        for frame in frames:
            time_s = footage.start_s + frame.time_s
            while waiting and waiting[0].start_s <= time_s:
                window = waiting.pop(0)
                if by_index and time_s - max(window.start_s, footage.start_s) > LATE_S:
                    return None
                running.append(stack.enter_context(_Cutting(window, Path(folder), region, frame, time_s)))
            for one in [one for one in running if time_s > one.window.end_s]:
                running.remove(one)
                done[one.window.key] = one.clip()
            if not running and not waiting:
                break
            if not running:
                video.skip_to(waiting[0].start_s - footage.start_s, by_index=by_index)
            for one in running:
                one.add(frame, time_s)
        for one in running:
            done[one.window.key] = one.clip()
    return done


class _Cutting:
    """A clip being written. A context manager."""

    def __init__(self, window: Window, folder: Path, region: Region, first: Frame, start_s: float) -> None:
        height, width = first.image.shape[:2]
        self.window = window
        self._path = folder / f"{window.key}.mp4"
        self._start_s = start_s
        self._last_s = -math.inf
        self._rows = _span(region.top, region.bottom, height)
        self._columns = _span(region.left, region.right, width)
        self._width, self._height = _size(self._columns.stop - self._columns.start, self._rows.stop - self._rows.start)
        self._writer: Mp4Writer | None = Mp4Writer(self._path, self._width, self._height, encoding=ENCODING)

    def add(self, frame: Frame, time_s: float) -> None:
        """Take a frame, if it is not too soon after the last one. So a clip does not depend on the clips before it."""
        if self._writer is not None and time_s - self._last_s >= MIN_STEP_S:
            self._last_s = time_s
            self._writer.write(frame.image[self._rows, self._columns], time_s - self._start_s)

    def clip(self) -> Clip:
        """The finished clip."""
        self._close()
        return Clip(self._start_s, self._width, self._height, self._path.read_bytes())

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def __enter__(self) -> _Cutting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._close()
        elif self._writer is not None:
            with suppress(OSError, av.FFmpegError):
                self._close()


def _span(low: float, high: float, length: int) -> slice:
    """Rows or columns, two at least."""
    start = min(max(math.floor(low * length), 0), length - 2)
    return slice(start, max(min(math.ceil(high * length), length), start + 2))


def _size(width: int, height: int) -> tuple[int, int]:
    """The size to write: no larger than it is, and even, as the coding of colours needs it."""
    scale = min(1.0, HIGHEST_PX / height, WIDEST_PX / width)
    return max(round(scale * width / 2), 1) * 2, max(round(scale * height / 2), 1) * 2
