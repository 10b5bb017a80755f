"""The newest picture of a camera, or of a video file that plays as one in real time.

    with open_camera(0) as camera:
        for frame in camera:
            ...

A thread of its own captures. It keeps the newest picture only, so whoever is slow sees fewer pictures, never old
ones. A camera that is unplugged is waited for without end and resumes on the same clock.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from formcoach.errors import FormCoachError
from formcoach.frames import Video
from formcoach.pose import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from numpy.typing import NDArray

SMALLER = ((1280, 720), (960, 540), (640, 480))
"""Sizes, px, to step down to where a camera is slow in a larger one."""

ENOUGH_FPS = 20.0
"""Below this rate tempo and jerk cannot be judged (SCIENCE.md 3.5)."""

SAME_RATE = 1.1
"""A smaller size must be faster by more than this factor to be worth its loss of detail."""

SMALLEST = 32
"""A picture with a shorter side, px, is garbage."""

SPARSE = 16
"""Every so manieth row and column tells whether a picture is the one before."""

FILE_LATE_S = 1.0
"""A file whose pictures come later than this is worth a notice."""

_PROBED = 10  # device numbers tried where the system does not tell which there are
_POLL_S = 0.01  # after a read that failed, or that took no time
_INSTANT_S = 0.0005  # quicker, a read has not waited for a camera
_WAKE_S = 0.5  # a longer wait would keep Windows from noticing Ctrl-C
_JOIN_S = 3.0  # for a driver to come back from a read
_STEP_S = 0.001  # the estimator counts in whole milliseconds


class State(Enum):
    """What a camera is at."""

    OPENING = "opening"
    RUNNING = "running"
    LOST = "lost"
    ENDED = "ended"


class Mode(NamedTuple):
    """What is asked of a camera: a size in px and frames a second."""

    width: int
    height: int
    fps: int


class Device(Protocol):
    """An opened camera as its driver gives it. One thread at a time uses it."""

    def grab(self) -> bool:
        """Wait for the next picture; False where none comes."""

    def retrieve(self) -> NDArray[np.uint8] | None:
        """The picture grabbed last, in OpenCV's order of colours (BGR); None where it cannot be decoded."""

    def release(self) -> None:
        """Give the camera back."""


class Opener(Protocol):
    """Opens devices."""

    def __call__(self, index: int, mode: Mode) -> Device:
        """Open camera `index` in a mode, or in the nearest that it has.

        Raises:
            FormCoachError: it cannot be opened; why, and what to do.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long things may take, s.

    Attributes:
        first_s: from opening to the first picture.
        settle_s: of the first pictures, which are not counted when the rate is measured.
        measure_s: over which the rate is measured.
        lost_s: without a picture until the camera counts as lost.
        reopen_s: between two attempts to open a lost camera.
        frozen_s: of exactly the same picture until something is wrong.
    """

    first_s: float = 5.0
    settle_s: float = 0.3
    measure_s: float = 1.0
    lost_s: float = 1.0
    reopen_s: float = 1.0
    frozen_s: float = 4.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraInfo:
    """A camera of this computer.

    Attributes:
        index: the number to open it by.
        name: as the system calls it; empty where it does not tell.
        width, height: of the pictures that it really gives, px; 0 where it does not open.
        fps: rate that it really gives, frames a second, likewise.
        trouble: why it does not open and what to do; empty where it does.
    """

    index: int
    name: str
    width: int = 0
    height: int = 0
    fps: float = 0.0
    trouble: str = ""

    @property
    def opens(self) -> bool:
        """Whether it gave pictures."""
        return not self.trouble


def open_camera(
    which: str | int,
    *,
    width: int = 1280,
    height: int = 720,
    fps: int = 30,
    skip: Callable[[int], bool] | None = None,
    opener: Opener | None = None,
    present: Callable[[], Mapping[int, str]] | None = None,
    patience: Patience | None = None,
) -> Camera:
    """Open a camera by its number, or a video file to play as one. Call it from the main thread.

    A camera is opened here, which on macOS is when the person is asked for permission; its rate is then measured
    by the capture thread, while the caller may do other things. A file starts to play when its first frame is
    asked for.

    Args:
        which: a camera's number (also "/dev/video2"), or the path of a video file.
        width: asked of a camera, px, and less where it is slow. A file has its own.
        height: likewise.
        fps: rate asked of a camera.
        skip: for a file: whether the frame of this number, counted from 0, is dropped as by a slow consumer.
        opener: opens devices; OpenCV by default.
        present: lists the numbers and names of the cameras there are, as far as the system tells.
        patience: how long a camera may take for what.

    Raises:
        FormCoachError: there is no such camera or file, it is held by another program, it may not be used, or
            it gives no picture.
    """
    which = str(which)
    if not which.strip():
        raise FormCoachError("no camera is named; give its number, or a video file, with --camera")
    if (number := re.fullmatch(r"(?:/dev/video)?(-?\d{1,4})", which.strip())) is None:
        return Camera(_FileSource(Path(which), skip))
    if min(width, height, fps) <= 0:
        raise FormCoachError(f"cannot ask a camera for {width} × {height} at {fps} a second; give numbers above 0")
    index, mode = int(number[1]), Mode(width, height, fps)
    if index < 0:
        raise FormCoachError(f"there is no camera {index}; cameras are numbered from 0")
    driver = _Driver(opener or open_device, present or present_cameras, patience or Patience())
    return Camera(_DeviceSource(index, mode, driver))


def list_cameras(
    *,
    opener: Opener | None = None,
    present: Callable[[], Mapping[int, str]] | None = None,
    patience: Patience | None = None,
) -> tuple[CameraInfo, ...]:
    """Open each camera in turn, for about a second and a half, and measure it. Prints nothing."""
    driver = _Driver(opener or open_device, present or present_cameras, patience or Patience())
    names = driver.present()
    if names:
        return tuple(driver.probe(index, name) for index, name in names.items())
    if sys.platform.startswith("linux"):
        return ()
    found: list[CameraInfo] = []
    for index in range(_PROBED):
        info = driver.probe(index, "")
        if not info.opens and index:  # number 0 may be held or forbidden; the first gap after it is the end
            break
        found.append(info)
    return tuple(info for info in found if info.opens or len(found) > 1)


class Camera:
    """The newest frame of a camera or of a file played as one. Context manager and iterator of frames.

    Frames are upright, RGB and unmirrored, all of one size; their times strictly increase; `Frame.index` counts
    those taken. Times are seconds on the camera's own clock: `now_s` reads it, so `now_s() - frame.time_s` is a
    frame's age. A file's frames have the file's own times and come when they are due.
    """

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._slot = _Slot()
        self._thread = Thread(target=self._capture, name="capture", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The camera's or the file's name."""
        return self._source.name

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the frames, px. Settled once a camera is running."""
        return self._source.size

    @property
    def fps(self) -> float:
        """The rate of the last thirty captures, frames a second; 0 before there are two. Falls in dim light."""
        return self._slot.rate()

    @property
    def state(self) -> State:
        """What it is at. A file is opening until its first frame is asked for."""
        return self._slot.state

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know, oldest first: what a camera gives, that it was lost, that it is back."""
        return tuple(self._slot.notices)

    @property
    def captured(self) -> int:
        """Pictures that the camera gave while it was running."""
        return self._slot.captured

    @property
    def dropped(self) -> int:
        """Of those captured, the ones that a newer one replaced before they were taken."""
        return self._slot.dropped

    def now_s(self) -> float:
        """The time on the clock that frames are stamped with; 0 until it starts."""
        return self._slot.now_s()

    def newest(self, timeout_s: float | None = None) -> Frame | None:
        """The newest frame that was not taken yet, waited for where there is none.

        Args:
            timeout_s: how long to wait; None is until a frame or the end.

        Returns:
            None after the timeout, and at once where the camera has ended or was closed.
        """
        return self._slot.take(timeout_s)

    def __iter__(self) -> Iterator[Frame]:
        """Yield newest frames until the camera ends or is closed."""
        while (frame := self.newest()) is not None:
            yield frame

    def watch(self, patience_s: float) -> Iterator[Frame | None]:
        """As iterating, with None wherever nothing came for so long, as while a camera is unplugged."""
        while True:
            frame = self.newest(patience_s)
            if frame is None and self.state is State.ENDED:
                return
            yield frame

    def close(self) -> None:
        """Stop capturing and give the camera back. Closing twice is fine.

        A driver that hangs in a read is left behind after a while, in a thread that ends with the process.
        """
        self._slot.stop()
        self._thread.join(_JOIN_S)

    def __enter__(self) -> Camera:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _capture(self) -> None:
        error = None
        try:
            self._source.run(self._slot)
        except Exception as caught:  # a bug; it belongs to whoever waits for frames
            error = caught
        self._slot.end(error)


# ---- between the capture thread and the consumer ----


class _Source(Protocol):
    """Where pictures come from."""

    name: str
    size: tuple[int, int]

    def run(self, slot: _Slot) -> None:
        """Put pictures into the slot until there are no more or the slot is stopped; then free everything."""


class _Slot:
    """Room for one picture. The capture thread writes, the consumer takes.

    Attributes:
        stopped: set when nobody wants more pictures.
        asked: set when the first picture is asked for, or none ever will be.
    """

    def __init__(self) -> None:
        self.stopped, self.asked = Event(), Event()
        self.state = State.OPENING
        self.notices: list[str] = []
        self.captured = self.dropped = 0
        self._changed = Condition()
        self._zero_s: float | None = None
        self._last_s = -1.0
        self._times_s: deque[float] = deque(maxlen=30)
        self._waiting: tuple[float, NDArray[np.uint8]] | None = None
        self._taken = 0
        self._error: Exception | None = None

    # time.monotonic ticks in steps of 16 ms on Windows before Python 3.13; perf_counter is as monotonic and fine.
    def start(self) -> float:
        """Let the clock start; its zero on `time.perf_counter`."""
        self._zero_s = time.perf_counter()
        return self._zero_s

    def now_s(self) -> float:
        """Seconds since the start."""
        return 0.0 if self._zero_s is None else time.perf_counter() - self._zero_s

    def rate(self) -> float:
        """Captures a second of late."""
        with self._changed:
            return _rate(list(self._times_s))

    def put(self, time_s: float, image: NDArray[np.uint8]) -> None:
        """Make this the newest picture, whose predecessor is dropped if it still waits."""
        with self._changed:
            if self.state is State.ENDED:
                return
            time_s = self._stamp(time_s)
            self.dropped += self._waiting is not None
            self._waiting = time_s, image
            self._changed.notify_all()

    def lose(self, time_s: float) -> None:
        """Count a picture that goes unseen."""
        with self._changed:
            if self.state is not State.ENDED:
                self._stamp(time_s)
                self.dropped += 1

    def _stamp(self, time_s: float) -> float:
        self.captured += 1
        self._last_s = max(time_s, self._last_s + _STEP_S)
        self._times_s.append(self._last_s)
        return self._last_s

    def take(self, timeout_s: float | None) -> Frame | None:
        """The picture that waits, as a frame; None after the timeout or the end.

        Raises what ended the capture thread, if anything did.
        """
        self.asked.set()
        until = None if timeout_s is None else time.perf_counter() + timeout_s
        with self._changed:
            while self._waiting is None and self.state is not State.ENDED:
                left_s = _WAKE_S if until is None else until - time.perf_counter()
                if left_s <= 0:
                    return None
                self._changed.wait(min(left_s, _WAKE_S))
            if self._waiting is None:
                if self._error is not None:
                    raise self._error
                return None
            (time_s, image), self._waiting = self._waiting, None
            self._taken += 1
            return Frame(self._taken - 1, time_s, image)

    def enter(self, state: State, notice: str | None = None) -> None:
        """Change the state, unless it is over."""
        with self._changed:
            if self.state is not State.ENDED:
                self.state = state
                if state is State.LOST:
                    self._times_s.clear()
            if notice is not None:
                self.notices.append(notice)

    def note(self, notice: str) -> None:
        """Leave a notice."""
        self.enter(self.state, notice)

    def stop(self) -> None:
        """Want no more pictures, not even the one that waits."""
        self.stopped.set()
        self.asked.set()
        self.end(None)
        with self._changed:
            self.dropped += self._waiting is not None
            self._waiting = None

    def end(self, error: Exception | None) -> None:
        """Promise that no more pictures come."""
        with self._changed:
            self.state = State.ENDED
            self._error = self._error or error
            self._changed.notify_all()


def _rate(times_s: list[float]) -> float:
    """Frames a second of rising times; 0 of fewer than two."""
    return (len(times_s) - 1) / (times_s[-1] - times_s[0]) if len(times_s) > 1 else 0.0


# ---- a file ----


class _FileSource:
    """A video file, each frame put when it is due."""

    def __init__(self, path: Path, skip: Callable[[int], bool] | None) -> None:
        self._video = Video.open(path)
        self._skip = skip or (lambda _: False)
        self._told_late = False
        self.name = self._video.name
        self.size = self._video.width, self._video.height

    def run(self, slot: _Slot) -> None:
        """Play the file."""
        with self._video as video:
            slot.asked.wait()
            slot.start()
            slot.enter(State.RUNNING)
            for frame in video:
                if slot.stopped.wait(max(0.0, frame.time_s - slot.now_s())):
                    return
                self._watch(slot, slot.now_s() - frame.time_s)
                if self._skip(frame.index):
                    slot.lose(frame.time_s)
                else:
                    slot.put(frame.time_s, frame.image)
            slot.stopped.wait(max(0.0, video.end_s - slot.now_s()))
            for note in video.notes:
                slot.note(note)

    def _watch(self, slot: _Slot, late_s: float) -> None:
        if late_s > FILE_LATE_S and not self._told_late:
            self._told_late = True
            slot.note(f"{self.name} is decoded slower than it plays: scale it to 720p for smooth coaching")


# ---- a camera ----


class _Shot(NamedTuple):
    """A picture and when it was grabbed, on `time.perf_counter`."""

    at: float
    image: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Driver:
    """How devices are reached, and how long they may take."""

    opener: Opener
    present: Callable[[], Mapping[int, str]]
    patience: Patience

    def open(self, index: int, mode: Mode, stopped: Event) -> tuple[Device, tuple[int, int]]:
        """A device that has proven to give pictures, and their size.

        Raises:
            FormCoachError: it does not open, or gives none in time.
        """
        device = self.opener(index, mode)
        until = time.perf_counter() + self.patience.first_s
        while not stopped.is_set() and time.perf_counter() < until:
            if shot := _shot(device, stopped):
                return device, _size(shot.image)
        device.release()
        raise FormCoachError(f"camera {index} opens but gives no picture; {_advice()}")

    def rate(self, device: Device, stopped: Event) -> float:
        """The rate that a device really gives, frames a second, over about a second."""
        begin = time.perf_counter()
        end = begin + self.patience.settle_s + self.patience.measure_s
        times_s: list[float] = []
        while not stopped.is_set() and time.perf_counter() < end:
            if shot := _shot(device, stopped):
                times_s.append(shot.at)
        return _rate([at for at in times_s if at - begin >= self.patience.settle_s])

    def probe(self, index: int, name: str) -> CameraInfo:
        """What a camera gives, or why it gives nothing."""
        never = Event()
        try:
            device, (width, height) = self.open(index, Mode(*SMALLER[0], 30), never)
        except FormCoachError as error:
            return CameraInfo(index=index, name=name, trouble=str(error))
        try:
            fps = self.rate(device, never)
        finally:
            device.release()
        return CameraInfo(index=index, name=name, width=width, height=height, fps=fps)

    def others(self) -> str:
        """The cameras there are, for an error's line."""
        names = self.present()
        listed = ", ".join(f"{index} ({name})" if name else str(index) for index, name in names.items())
        return f"cameras here: {listed}" if listed else "run formcoach doctor to see which cameras there are"


class _DeviceSource:
    """A camera: opened, settled in the largest size that it holds, waited for where it is lost."""

    def __init__(self, index: int, mode: Mode, driver: _Driver) -> None:
        self._driver = driver
        self._index = index
        self._asked = mode
        self._mode = mode
        self._device: Device | None = None
        self._known = driver.present().get(index, "")
        self.name = f"camera {index}" + (f" ({self._known})" if self._known else "")
        try:
            self._device, self.size = driver.open(index, mode, Event())
        except FormCoachError as error:
            raise FormCoachError(f"{error}; {driver.others()}") from error

    def run(self, slot: _Slot) -> None:
        """Capture until the slot is stopped."""
        zero = slot.start()
        try:
            rate = self._settle(slot.stopped)
            if not slot.stopped.is_set():
                slot.enter(State.RUNNING, self._about(rate))
                self._stream(slot, zero)
        finally:
            self._release()

    # -- the size --

    def _settle(self, stopped: Event) -> float:
        """Find the largest size that is fast enough, or else the fastest; leave the device open in it.

        Returns the rate measured. In dim light a camera is slow in all sizes, so a smaller one must be faster by
        more than a little.
        """
        best_rate, best = self._measure(stopped), self._mode
        for width, height in SMALLER:
            if best_rate >= ENOUGH_FPS or stopped.is_set():
                break
            smaller = width * height < self.size[0] * self.size[1]
            if not smaller or not self._switch(Mode(width, height, best.fps), stopped):
                continue
            rate = self._measure(stopped)
            if rate > SAME_RATE * best_rate:
                best_rate, best = rate, self._mode
        if best != self._mode or self._device is None:
            self._switch(best, stopped)
        return best_rate

    def _measure(self, stopped: Event) -> float:
        return self._driver.rate(self._device, stopped) if self._device else 0.0

    def _switch(self, mode: Mode, stopped: Event) -> bool:
        """Open the camera again in another mode; False, and nothing open, where it does not come back."""
        self._release()
        self._mode = mode
        try:
            self._device, self.size = self._driver.open(self._index, mode, stopped)
        except FormCoachError:
            return False
        return True

    def _about(self, rate: float) -> str:
        """What the camera gives, and what to do if that is little."""
        width, height = self.size
        about = f"{self.name}: {width} × {height} at {rate:.0f} frames a second"
        if rate < ENOUGH_FPS:
            return f"{about}, too slow to judge tempo; put on more light, or use a faster camera"
        smaller = self._mode != self._asked
        return f"{about}, since it is too slow at {self._asked.width} × {self._asked.height}" if smaller else about

    # -- the stream --

    def _stream(self, slot: _Slot, zero: float) -> None:
        patience, still = self._driver.patience, _Still()
        seen = time.perf_counter()
        while not slot.stopped.is_set():
            shot = _shot(self._device, slot.stopped)
            if shot is not None:
                seen = shot.at
                slot.put(shot.at - zero, _fit(shot.image, self.size))
                # Some drivers repeat the last picture of an unplugged camera for ever.
                if still.stands(shot, patience.frozen_s):
                    self._revive(slot, "gives the same picture again and again; open its shutter or plug it in again")
            elif time.perf_counter() - seen > patience.lost_s:
                self._revive(slot, "gives no more pictures; plug it in again, and it goes on")
                seen = time.perf_counter()

    def _revive(self, slot: _Slot, why: str) -> None:
        """Give the camera back and open it again, without end, until it gives pictures or nobody wants them."""
        self._release()
        slot.enter(State.LOST, f"{self.name} {why}")
        while not slot.stopped.wait(self._driver.patience.reopen_s):
            for index in self._places():
                try:
                    self._device, _ = self._driver.open(index, self._mode, slot.stopped)
                except FormCoachError:
                    continue
                self._index = index
                slot.enter(State.RUNNING, f"{self.name} is back")
                return

    def _places(self) -> list[int]:
        """Numbers to look for the camera under: its own, then those that now carry its name."""
        names = self._driver.present() if self._known else {}
        if names.get(self._index, self._known) != self._known:  # another camera took the number
            return [index for index, name in names.items() if name == self._known]
        return [self._index] + [i for i, name in names.items() if name == self._known and i != self._index]

    def _release(self) -> None:
        if self._device is not None:
            self._device.release()
        self._device = None


class _Still:
    """Notices a picture that stands still to the last bit, which no sensor gives."""

    def __init__(self) -> None:
        self._last = b""
        self._since = 0.0
        self._told = False

    def stands(self, shot: _Shot, limit_s: float) -> bool:
        """Whether the picture has been the same for `limit_s`; said once until it changes."""
        now = shot.image[::SPARSE, ::SPARSE].tobytes()
        if now != self._last:
            self._last, self._since, self._told = now, shot.at, False
        if self._told or shot.at - self._since < limit_s:
            return False
        self._told = True
        return True


# ---- pictures ----


def _shot(device: Device | None, stopped: Event) -> _Shot | None:
    """The next picture of a device; None, after a moment, where the read fails, whatever the way."""
    begin = at = time.perf_counter()
    image = None
    try:
        if device is not None and device.grab():
            at = time.perf_counter()
            image = _rgb(device.retrieve())
    except Exception:  # a driver may raise anything, and all of it means the same
        image = None
    if image is None or time.perf_counter() - begin < _INSTANT_S:  # or a dead driver would take a whole core
        stopped.wait(_POLL_S)
    return None if image is None else _Shot(at, image)


def _rgb(raw: Any) -> NDArray[np.uint8] | None:
    """(height, width, 3) uint8 of our own, RGB, from what a driver gave as BGR, BGRA or grey; None of garbage."""
    if not isinstance(raw, np.ndarray) or raw.dtype != np.uint8 or raw.ndim not in (2, 3):
        return None
    if min(raw.shape[:2]) < SMALLEST:
        return None
    cv2 = load_opencv()
    codes = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
    code = codes.get(1 if raw.ndim == 2 else raw.shape[2])
    return None if code is None else np.asarray(cv2.cvtColor(raw, code), np.uint8)


def _fit(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture scaled to fit into (width, height), on black where its shape differs."""
    if _size(image) == size:
        return image
    cv2 = load_opencv()
    (width, height), (own_width, own_height) = size, _size(image)
    scale = min(width / own_width, height / own_height)
    inner = min(width, round(own_width * scale)), min(height, round(own_height * scale))
    fitted = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    fitted[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner, interpolation=cv2.INTER_AREA)
    return fitted


def _size(image: NDArray[np.uint8]) -> tuple[int, int]:
    return image.shape[1], image.shape[0]


# ---- OpenCV and the system ----


def load_opencv() -> Any:
    """OpenCV, set up so that cameras open quickly: the way to load it before anything else imports cv2."""
    if "cv2" not in sys.modules:
        # Without it, Windows' Media Foundation may take half a minute to open a camera.
        os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")  # seconds; else a dead camera blocks for 10
    import cv2

    return cv2


def open_device(index: int, mode: Mode) -> Device:
    """Open a camera by OpenCV.

    Raises:
        FormCoachError: it cannot be opened; why, and what to do.
    """
    cv2 = load_opencv()
    if trouble := _trouble(index):
        raise FormCoachError(trouble)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    for backend in _backends(cv2):
        capture = cv2.VideoCapture(index, backend)
        if capture.isOpened():
            _ask(cv2, capture, mode)
            return _OpenCvDevice(capture)
        capture.release()
    raise FormCoachError(f"camera {index} does not open; {_advice()}")


class _OpenCvDevice:
    """A cv2.VideoCapture as a device."""

    def __init__(self, capture: Any) -> None:
        self._capture = capture

    def grab(self) -> bool:
        """Wait for the next picture."""
        return bool(self._capture.grab())

    def retrieve(self) -> NDArray[np.uint8] | None:
        """Decode it."""
        done, image = self._capture.retrieve()
        return image if done else None

    def release(self) -> None:
        """Give the camera back."""
        self._capture.release()


def _backends(cv2: Any) -> tuple[int, ...]:
    """OpenCV's ways to a camera on this system, the quickest to open first."""
    if sys.platform.startswith("linux"):
        return (cv2.CAP_V4L2,)
    if sys.platform == "darwin":
        return (cv2.CAP_AVFOUNDATION,)
    if sys.platform == "win32":
        return (cv2.CAP_DSHOW, cv2.CAP_MSMF)
    return (cv2.CAP_ANY,)


def _ask(cv2: Any, capture: Any, mode: Mode) -> None:
    """Ask for a mode. What differs from it only: each setting may start the camera anew."""
    # Over USB 2, 720p goes at 10 frames a second uncompressed and at 30 as JPEG. DirectShow forgets the format
    # when the size is set, so it is asked for again.
    motion_jpeg = cv2.VideoWriter.fourcc(*"MJPG")
    wanted = (
        (cv2.CAP_PROP_FOURCC, motion_jpeg),
        (cv2.CAP_PROP_FRAME_WIDTH, mode.width),
        (cv2.CAP_PROP_FRAME_HEIGHT, mode.height),
        (cv2.CAP_PROP_FPS, mode.fps),
        (cv2.CAP_PROP_FOURCC, motion_jpeg),
        # With one buffer the driver has none to fill while we hold it: half the rate. Two never queue up, as the
        # thread empties them at once.
        (cv2.CAP_PROP_BUFFERSIZE, 2),
    )
    for setting, value in wanted:
        if capture.get(setting) != value:
            capture.set(setting, value)


def present_cameras(root: Path = Path("/")) -> dict[int, str]:
    """The numbers and names of the cameras there are, without opening any; nothing where only trying tells.

    Linux tells; macOS and Windows do not without more libraries. `root` is the file system's.
    """
    names: dict[int, str] = {}
    for node in (root / "dev").glob("video*"):
        number = node.name.removeprefix("video")
        if number.isdecimal() and _captures(node):
            try:
                name = (root / "sys/class/video4linux" / node.name / "name").read_text("utf-8", "replace").strip()
            except OSError:
                name = ""
            names[int(number)] = name
    return dict(sorted(names.items()))


def _captures(node: Path) -> bool:
    """Whether a video device of Linux gives pictures; a webcam has a second one beside, of metadata."""
    if not sys.platform.startswith("linux"):
        return False
    import fcntl
    import struct

    query_capabilities, captures, by_device = 0x80685600, 0x1, 0x80000000  # of linux/videodev2.h
    answer = bytearray(104)
    try:
        file = os.open(node, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.ioctl(file, query_capabilities, answer)
        finally:
            os.close(file)
    except OSError:  # not ours to open, or an odd one: opening it will say
        return True
    whole, own = struct.unpack_from("II", answer, 84)
    return bool((own if whole & by_device else whole) & captures)


def _trouble(index: int, root: Path = Path("/")) -> str:
    """Why a camera cannot be opened, as far as Linux tells beforehand, and what to do; empty where it may."""
    if not sys.platform.startswith("linux"):
        return ""
    node = root / "dev" / f"video{index}"
    if not node.exists():
        if not present_cameras(root):
            return "no camera was found; plug one in, or play a video as one with --camera FILE"
        return f"there is no camera {index}; choose another with --camera N"
    if not os.access(node, os.R_OK | os.W_OK):
        return f"camera {index} may not be used; join its group (sudo usermod -aG video $USER) and log in again"
    return ""


def _advice() -> str:
    """What to do about a camera that does not open or gives nothing."""
    close = "close whatever else uses it (a call, a browser tab, a recorder)"
    if sys.platform == "darwin":
        return f"{close}, and allow it to your terminal in System Settings > Privacy & Security > Camera"
    if sys.platform == "win32":
        return f"{close}, and allow it to desktop apps in Settings > Privacy & security > Camera"
    return f"{close}, or plug it in again"
