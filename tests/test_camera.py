"""The camera, on devices made up here and on small files; no real camera is needed, and none is tried."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from videos import cut, number_in, picture, steady, write_video

from formcoach import camera as camera_module
from formcoach.camera import (
    Camera,
    Device,
    Mode,
    Patience,
    State,
    _fit,
    _rgb,
    _Slot,
    _trouble,
    list_cameras,
    open_camera,
    open_device,
    present_cameras,
)
from formcoach.errors import FormCoachError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from formcoach.pose import Frame

HASTY = Patience(first_s=0.15, settle_s=0.0, measure_s=0.15, lost_s=0.08, reopen_s=0.05, frozen_s=0.2)


@dataclass
class Rig:
    """A camera made up: what it is at, and how its pictures look.

    Attributes:
        rates: frames a second by size; it gives the largest size that is no wider than what is asked.
        plugged, held: whether it is there, and whether another program has it.
        still: it gives one picture again and again.
        garbage: what it gives instead of pictures.
        raises: it fails by an exception.
    """

    rates: dict[tuple[int, int], float] = field(default_factory=lambda: {(1280, 720): 100.0})
    plugged: bool = True
    held: bool = False
    still: bool = False
    garbage: list[Any] = field(default_factory=list)
    raises: bool = False
    opened: list[Mode] = field(default_factory=list)
    released: int = 0
    number: int = 0
    threads: set[str] = field(default_factory=set)

    def __call__(self, index: int, mode: Mode) -> Device:
        if not self.plugged:
            raise FormCoachError(f"there is no camera {index}; choose another with --camera N")
        if self.held:
            raise FormCoachError(f"camera {index} does not open; close whatever else uses it")
        self.opened.append(mode)
        fitting = [size for size in self.rates if size[0] <= mode.width] or [min(self.rates)]
        return RigDevice(self, max(fitting))


class RigDevice:
    """One opening of a rig, which goes blind when it is unplugged, for good."""

    def __init__(self, rig: Rig, size: tuple[int, int]) -> None:
        self.rig, self.size = rig, size
        self.blind = False
        self.due = time.perf_counter()

    def grab(self) -> bool:
        self.rig.threads.add(threading.current_thread().name)
        self.blind |= not self.rig.plugged
        if self.rig.raises:
            raise RuntimeError("the driver says no")
        if self.blind:
            return False
        self.due = max(self.due + 1 / self.rig.rates[self.size], time.perf_counter())
        time.sleep(max(0.0, self.due - time.perf_counter()))
        return True

    def retrieve(self) -> NDArray[np.uint8] | None:
        if self.rig.garbage:
            return cast("NDArray[np.uint8]", self.rig.garbage[self.rig.number % len(self.rig.garbage)])
        self.rig.number += not self.rig.still
        width, height = self.size
        image = np.zeros((height, width, 3), np.uint8)
        image[:, :, 0] = 200  # blue, in OpenCV's order
        image[:, : width // 2, 2] = 100 + self.rig.number % 100
        return image

    def release(self) -> None:
        self.rig.released += 1


def start(rig: Rig, *, names: dict[int, str] | None = None, width: int = 1280, height: int = 720) -> Camera:
    return open_camera(
        0, opener=rig, width=width, height=height, present=lambda: names or {0: "Fake cam"}, patience=HASTY
    )


def until(true: Callable[[], bool], timeout_s: float = 3.0) -> None:
    """Wait for something to become true."""
    end = time.perf_counter() + timeout_s
    while not true():
        assert time.perf_counter() < end, "it never came true"
        time.sleep(0.005)


def running(camera: Camera) -> Camera:
    until(lambda: camera.state is State.RUNNING)
    return camera


def take(camera: Camera, count: int) -> list[Frame]:
    """The next frames."""
    frames = []
    for _ in range(count):
        frame = camera.newest(3.0)
        assert frame is not None
        frames.append(frame)
    return frames


def check_rising(frames: list[Frame]) -> None:
    assert [frame.index for frame in frames] == list(range(frames[0].index, frames[0].index + len(frames)))
    assert all(a.time_s < b.time_s for a, b in pairwise(frames))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A third of a second at 60 frames a second; each picture tells its number."""
    return write_video(tmp_path / "clip.mp4", steady(20, 60))


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    yield
    until(lambda: not any(thread.name == "capture" for thread in threading.enumerate()))


class TestDevice:
    def test_gives_pictures_in_rgb_with_rising_times(self) -> None:
        with start(Rig()) as camera:
            frames = take(camera, 10)
        check_rising(frames)
        first = frames[0]
        assert first.index == 0
        assert first.image.shape == (720, 1280, 3)
        assert first.image.dtype == np.uint8
        red, _, blue = first.image[0, 0].tolist()
        assert blue == 200, "not BGR"
        assert 100 <= red < 200, "unmirrored: red at the left"
        assert first.image[0, -1].tolist() == [0, 0, 200]

    def test_says_what_it_got(self) -> None:
        with start(Rig({(1280, 720): 50.0})) as camera:
            assert camera.name == "camera 0 (Fake cam)"
            running(camera)
            take(camera, 8)
            assert camera.size == (1280, 720)
            assert 30 < camera.fps < 60
            assert len(camera.notices) == 1
            assert camera.notices[0].startswith("camera 0 (Fake cam): 1280 × 720 at ")

    def test_a_frame_is_young_when_it_is_taken(self) -> None:
        with start(Rig()) as camera:
            take(camera, 3)
            frame = camera.newest(1.0)
            assert frame is not None
            assert 0 <= camera.now_s() - frame.time_s < 0.1

    def test_opens_in_the_caller_and_reads_in_its_own_thread(self) -> None:
        rig = Rig()
        with start(rig) as camera:
            assert rig.opened == [Mode(1280, 720, 30)], "macOS asks for permission in the main thread only"
            running(camera)
            assert "capture" in rig.threads
        assert rig.released == 1

    def test_keeps_the_newest_and_counts_what_it_drops(self) -> None:
        rig = Rig()
        with start(rig) as camera:
            first = take(camera, 1)[0]
            time.sleep(0.3)
            second = take(camera, 1)[0]
            assert second.index == first.index + 1
            assert second.time_s - first.time_s > 0.2, "the newest, not the next"
            assert 5 <= camera.dropped <= 35  # some thirty where the computer is not busy
        assert camera.captured == camera.dropped + 2

    def test_waits_for_a_frame_but_not_for_ever(self) -> None:
        with start(Rig({(640, 480): 8.0}), width=640, height=480) as camera:
            running(camera)
            take(camera, 1)
            begin = time.perf_counter()
            assert camera.newest(0.04) is None
            assert 0.03 < time.perf_counter() - begin < 0.2
            assert camera.newest(0.0) is None
            assert camera.newest(2.0) is not None

    def test_steps_down_until_it_is_fast_enough(self) -> None:
        rig = Rig({(1280, 720): 15.0, (960, 540): 18.0, (640, 480): 60.0})
        with start(rig) as camera:
            frame = take(camera, 1)[0]
            assert frame.image.shape == (480, 640, 3)
            assert camera.size == (640, 480)
            assert [mode[:2] for mode in rig.opened] == [(1280, 720), (960, 540), (640, 480)]
            assert camera.notices[0].endswith("frames a second, since it is too slow at 1280 × 720")

    def test_keeps_the_largest_size_where_all_are_slow(self) -> None:
        rig = Rig({(1280, 720): 18.0, (960, 540): 18.0, (640, 480): 18.0})
        with start(rig) as camera:
            running(camera)
            assert camera.size == (1280, 720)
            assert rig.opened[-1] == Mode(1280, 720, 30)
            assert "too slow to judge tempo; put on more light" in camera.notices[0]

    def test_a_camera_with_one_size_is_not_tried_in_others(self) -> None:
        rig = Rig({(640, 480): 18.0})
        with start(rig) as camera:
            running(camera)
            assert [mode[:2] for mode in rig.opened] == [(1280, 720)]

    def test_a_size_that_cannot_be_had_is_left_out(self) -> None:
        class Picky(Rig):
            def __call__(self, index: int, mode: Mode) -> Device:
                if mode.width == 960:
                    raise FormCoachError("no")
                return super().__call__(index, mode)

        rig = Picky({(1280, 720): 18.0, (640, 480): 60.0})
        with start(rig) as camera:
            running(camera)
            assert camera.size == (640, 480)

    def test_close_while_it_measures(self) -> None:
        rig = Rig({(1280, 720): 9.0})
        camera = start(rig)
        camera.close()
        camera.close()
        assert (camera.state, camera.newest(1.0), rig.released) == (State.ENDED, None, 1)

    def test_close_wakes_whoever_waits(self) -> None:
        camera = start(Rig({(640, 480): 8.0}), width=640, height=480)
        running(camera)
        threading.Timer(0.1, camera.close).start()
        begin = time.perf_counter()
        assert len(list(camera)) <= 3
        assert time.perf_counter() - begin < 1.0


class TestTrouble:
    def test_unplugged_and_plugged_in_again(self) -> None:
        rig = Rig()
        with start(rig) as camera:
            before = take(camera, 5)
            rig.plugged = False
            until(lambda: camera.state is State.LOST)
            assert camera.newest(0.0) is None or camera.newest(0.0) is None, "one may have waited, no more"
            assert camera.notices[-1].startswith("camera 0 (Fake cam) gives no more pictures; plug it in again")
            assert camera.fps == 0.0
            time.sleep(0.25)  # several attempts
            lost = [notice for notice in camera.notices if "no more" in notice]
            assert len(lost) == 1, "said once, not at each attempt"
            rig.plugged = True
            after = take(camera, 5)
            assert camera.state is State.RUNNING
            assert camera.notices[-1] == "camera 0 (Fake cam) is back"
        check_rising(after)
        assert after[0].time_s - before[-1].time_s > 0.25, "the clock goes on"
        assert after[0].index >= before[-1].index + 1
        assert rig.opened[-1] == rig.opened[0]
        assert rig.released == 2

    def test_unplugged_and_taken_by_another_program(self) -> None:
        rig = Rig()
        with start(rig) as camera:
            take(camera, 1)
            rig.plugged, rig.held = False, True
            until(lambda: camera.state is State.LOST)
            rig.plugged = True
            time.sleep(0.15)
            assert camera.state is State.LOST
            rig.held = False
            until(lambda: camera.state is State.RUNNING)

    def test_it_is_found_again_under_another_number(self) -> None:
        names = {0: "Built in", 2: "Fake cam"}
        rig, asked = Rig(), []

        def opener(index: int, mode: Mode) -> Device:
            asked.append(index)
            return rig(index, mode)

        with open_camera(2, opener=opener, present=lambda: names, patience=HASTY) as camera:
            take(camera, 1)
            rig.plugged = False
            names.clear()
            names.update({0: "Built in", 2: "Another", 3: "Fake cam"})
            until(lambda: camera.state is State.LOST)
            rig.plugged = True
            until(lambda: camera.state is State.RUNNING)
        assert asked[-1] == 3
        assert 0 not in asked

    def test_another_size_after_a_replug_is_fitted(self) -> None:
        rig = Rig()
        with start(rig) as camera:
            take(camera, 2)
            rig.plugged = False
            until(lambda: camera.state is State.LOST)
            rig.rates = {(640, 480): 60.0}
            rig.plugged = True
            until(lambda: camera.state is State.RUNNING)
            frame = take(camera, 2)[-1]
        assert frame.image.shape == (720, 1280, 3)
        assert not frame.image[:, :160].any(), "black beside"
        assert frame.image[:, 170:1110].any(axis=2).all(), "no stretch"

    def test_the_same_picture_for_ever_is_a_fault(self) -> None:
        rig = Rig()
        with start(rig) as camera:
            take(camera, 3)
            rig.still = True
            until(lambda: any("the same picture again and again" in notice for notice in camera.notices))
            until(lambda: camera.state is State.RUNNING)
            time.sleep(0.4)
            assert len(rig.opened) == 2, "once is enough: a closed shutter stays closed"
            assert camera.newest(1.0) is not None, "it is still shown"
            rig.still = False
            check_rising(take(camera, 5))

    def test_failing_in_any_way_is_being_lost(self) -> None:
        rig = Rig()
        with start(rig) as camera:
            take(camera, 1)
            rig.raises = True
            until(lambda: camera.state is State.LOST)
            rig.raises = False
            until(lambda: camera.state is State.RUNNING)

    def test_garbage_between_pictures_is_left_out(self) -> None:
        good = np.full((480, 640, 3), 7, np.uint8)
        rig = Rig(rates={(640, 480): 100.0}, garbage=[good])
        with start(rig) as camera:
            take(camera, 1)
            rig.garbage = [np.zeros((2, 2, 3), np.uint8)]
            time.sleep(0.04)
            rig.garbage = [good]
            assert {frame.image.shape for frame in take(camera, 5)} == {(480, 640, 3)}
            rig.garbage = [None]
            until(lambda: camera.state is State.LOST)

    @pytest.mark.parametrize(
        "garbage",
        [
            None,
            "text",
            np.zeros((0, 0, 3), np.uint8),
            np.zeros((2, 2, 3), np.uint8),
            np.zeros((480, 640, 2), np.uint8),
            np.zeros((480, 640, 3), np.float64),
            np.zeros(640 * 480, np.uint8),
        ],
        ids=["nothing", "text", "empty", "tiny", "two channels", "floats", "flat"],
    )
    def test_what_is_garbage(self, garbage: Any) -> None:
        assert _rgb(garbage) is None

    def test_grey_and_alpha_become_rgb(self) -> None:
        grey, alpha = np.full((48, 64), 9, np.uint8), np.full((48, 64, 4), (1, 2, 3, 4), np.uint8)
        for image, colour in ((grey, [9, 9, 9]), (alpha, [3, 2, 1])):
            with start(Rig(garbage=[image])) as camera:
                frame = take(camera, 1)[0]
            assert frame.image[5, 5].tolist() == colour

    def test_a_driver_that_never_blocks_takes_no_whole_core(self) -> None:
        class Dead:
            def grab(self) -> bool:
                return True

            def retrieve(self) -> NDArray[np.uint8]:
                return np.full((48, 64, 3), 5, np.uint8)

            def release(self) -> None:
                pass

        with open_camera(0, opener=lambda *_, **__: Dead(), present=dict, patience=HASTY) as camera:
            running(camera)
            begin, cpu = time.perf_counter(), time.process_time()
            time.sleep(0.2)
            assert (time.process_time() - cpu) / (time.perf_counter() - begin) < 0.5
            assert camera.fps < 150

    def test_a_driver_that_hangs_does_not_hang_us(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(camera_module, "_JOIN_S", 0.1)
        rig, let_go = Rig(), threading.Event()
        camera = start(rig)
        running(camera)
        take(camera, 1)
        monkeypatch.setattr(RigDevice, "grab", lambda _: let_go.wait(5))
        time.sleep(0.05)
        begin = time.perf_counter()
        camera.close()
        assert time.perf_counter() - begin < 1.0
        assert camera.newest(1.0) is None
        let_go.set()
        until(lambda: rig.released == 1)

    def test_a_bug_in_the_thread_reaches_whoever_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with start(Rig()) as camera:
            take(camera, 1)
            monkeypatch.setattr(_Slot, "put", lambda *_: [][1])
            with pytest.raises(IndexError):
                take(camera, 2)
            assert camera.state is State.ENDED


class TestRefused:
    def test_held_by_another_program(self) -> None:
        with pytest.raises(FormCoachError) as refused:
            start(Rig(held=True), names={0: "Built in", 2: "Logi C920"})
        line = str(refused.value)
        assert "\n" not in line
        assert "close whatever else uses it" in line
        assert line.endswith("cameras here: 0 (Built in), 2 (Logi C920)")

    def test_opens_but_gives_nothing(self) -> None:
        rig = Rig(garbage=[None])
        with pytest.raises(FormCoachError, match="camera 0 opens but gives no picture; close whatever else"):
            start(rig)
        assert rig.released == 1

    def test_where_the_system_does_not_tell_doctor_does(self) -> None:
        with pytest.raises(FormCoachError, match="run formcoach doctor"):
            open_camera(1, opener=Rig(plugged=False), present=dict, patience=HASTY)

    def test_no_number_below_zero_and_no_size_of_nothing(self) -> None:
        for which in (-1, "-1"):
            with pytest.raises(FormCoachError, match="numbered from 0"):
                open_camera(which)
        with pytest.raises(FormCoachError, match="above 0"):
            open_camera(0, width=0)

    def test_no_name_at_all(self) -> None:
        for which in ("", " "):
            with pytest.raises(FormCoachError, match="no camera is named"):
                open_camera(which)

    def test_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(FormCoachError, match="there is no file"):
            open_camera(str(tmp_path / "none.mp4"))

    def test_a_number_is_a_device_however_it_is_written(self) -> None:
        asked = []

        def opener(index: int, mode: Mode) -> Device:
            asked.append(index)
            raise FormCoachError("no")

        for which in (2, "2", " 2 ", "/dev/video2"):
            with pytest.raises(FormCoachError):
                open_camera(which, opener=opener, present=dict)
        assert asked == [2, 2, 2, 2]


class TestSystem:
    """What is asked of Linux, on a file system made up."""

    def plug(self, root: Path, number: int, name: str) -> Path:
        (root / "dev").mkdir(exist_ok=True)
        node = root / "dev" / f"video{number}"
        node.write_bytes(b"")
        entry = root / "sys/class/video4linux" / node.name
        entry.mkdir(parents=True)
        (entry / "name").write_text(f"{name}\n")
        return node

    @pytest.fixture(autouse=True)
    def on_linux(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("fcntl")
        monkeypatch.setattr("sys.platform", "linux")

    def test_names(self, tmp_path: Path) -> None:
        assert present_cameras(tmp_path) == {}
        self.plug(tmp_path, 10, "Logi C920")
        self.plug(tmp_path, 2, "Built in: HD")
        (tmp_path / "dev" / "video-x").write_bytes(b"")
        assert list(present_cameras(tmp_path).items()) == [(2, "Built in: HD"), (10, "Logi C920")]

    @pytest.mark.parametrize(
        ("whole", "own", "shown"), [(0x84A00001, 0x04200001, True), (0x84A00001, 0x04A00000, False), (0x1, 0, True)]
    )
    def test_a_node_of_metadata_is_no_camera(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: int, own: int, shown: bool
    ) -> None:
        import struct

        def ioctl(file: int, request: int, answer: bytearray) -> int:
            assert request == 0x80685600
            struct.pack_into("16s32s32sIII", answer, 0, b"uvcvideo", b"Cam", b"usb", 6, whole, own)
            return 0

        self.plug(tmp_path, 1, "Built in: HD")
        monkeypatch.setattr("fcntl.ioctl", ioctl)
        assert present_cameras(tmp_path) == ({1: "Built in: HD"} if shown else {})

    def test_what_stands_in_the_way(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert _trouble(0, tmp_path).startswith("no camera was found; plug one in")
        self.plug(tmp_path, 1, "Cam")
        assert _trouble(0, tmp_path).startswith("there is no camera 0")
        assert _trouble(1, tmp_path) == ""
        monkeypatch.setattr("os.access", lambda *_: False)
        assert "usermod -aG video" in _trouble(1, tmp_path)

    def test_opencv_says_nothing(self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(camera_module, "_trouble", lambda _: "")
        with pytest.raises(FormCoachError, match="camera 97 does not open"):
            open_device(97, Mode(640, 480, 30))
        assert capfd.readouterr() == ("", "")

    def test_a_mode_is_asked_for_only_where_it_differs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cv2 = pytest.importorskip("cv2")
        now = {cv2.CAP_PROP_FRAME_WIDTH: 640.0, cv2.CAP_PROP_FRAME_HEIGHT: 480.0, cv2.CAP_PROP_FPS: 30.0}
        asked = []

        class Capture:
            def __init__(self, index: int, backend: int) -> None:
                assert (index, backend) == (3, cv2.CAP_V4L2)

            def isOpened(self) -> bool:  # noqa: N802
                return True

            def get(self, setting: int) -> float:
                return now.get(setting, 0.0)

            def set(self, setting: int, value: float) -> bool:
                now[setting] = value
                asked.append(setting)
                return True

            def grab(self) -> bool:
                return True

            def retrieve(self) -> tuple[bool, None]:
                return False, None

        monkeypatch.setattr(camera_module, "_trouble", lambda _: "")
        monkeypatch.setattr(cv2, "VideoCapture", Capture)
        device = open_device(3, Mode(1280, 480, 30))
        assert device.grab()
        assert device.retrieve() is None
        assert asked == [cv2.CAP_PROP_FOURCC, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_BUFFERSIZE]


class TestList:
    def test_measures_each_and_says_what_is_wrong(self) -> None:
        good, held = Rig({(1280, 720): 50.0}), Rig(held=True)

        def opener(index: int, mode: Mode) -> Device:
            return (good if index == 0 else held)(index, mode)

        first, second = list_cameras(opener=opener, present=lambda: {0: "Good", 4: "Held"}, patience=HASTY)
        assert (first.index, first.name, first.width, first.height, first.opens) == (0, "Good", 1280, 720, True)
        assert 30 < first.fps < 60
        assert good.released == 1
        assert (second.index, second.opens, second.fps) == (4, False, 0.0)
        assert "close whatever else" in second.trouble

    def test_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for system in ("linux", "darwin"):
            monkeypatch.setattr("sys.platform", system)
            assert list_cameras(opener=Rig(plugged=False), present=dict, patience=HASTY) == ()

    def test_tries_numbers_where_the_system_does_not_tell(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.platform", "darwin")
        rig, gone = Rig(), Rig(plugged=False)

        def opener(index: int, mode: Mode) -> Device:
            return (rig if index < 2 else gone)(index, mode)

        assert [info.index for info in list_cameras(opener=opener, present=dict, patience=HASTY)] == [0, 1]


class TestFile:
    def test_plays_in_real_time_with_its_own_times(self, clip: Path) -> None:
        with open_camera(str(clip)) as camera:
            time.sleep(0.1)
            assert camera.state is State.OPENING, "it waits for the first to look"
            assert camera.now_s() == 0.0
            begin = time.perf_counter()
            seen = [(frame, camera.now_s()) for frame in camera]
            took = time.perf_counter() - begin
        frames = [frame for frame, _ in seen]
        check_rising(frames)
        assert 0.3 < took < 0.7
        assert [number_in(frame.image) for frame in frames] == [round(frame.time_s * 60) for frame in frames]
        assert all(0 <= now - frame.time_s < 0.2 for frame, now in seen), "none before it is due"
        assert (camera.name, camera.size, camera.state) == ("clip.mp4", (64, 48), State.ENDED)
        assert camera.captured == 20
        assert camera.dropped == 20 - len(frames)
        assert camera.newest(1.0) is None

    def test_who_is_slow_sees_the_newest(self, clip: Path) -> None:
        seen = []
        with open_camera(clip) as camera:  # type: ignore[arg-type]  # a Path does as well
            for frame in camera:
                seen.append(number_in(frame.image))
                time.sleep(0.075)
        assert 4 <= len(seen) <= 7
        assert all(b - a >= 3 for a, b in pairwise(seen[:-1]))
        assert camera.dropped == 20 - len(seen)
        assert camera.captured == 20

    def test_every_third_frame_can_be_dropped(self, clip: Path) -> None:
        with open_camera(str(clip), skip=lambda index: index % 3 == 2) as camera:
            numbers = [number_in(frame.image) for frame in camera]
        assert not [number for number in numbers if number % 3 == 2]
        assert camera.captured == 20
        assert camera.dropped == 20 - len(numbers) >= 6

    def test_waiting_costs_nothing(self, clip: Path) -> None:
        with open_camera(str(clip)) as camera:
            cpu = time.process_time()
            assert len(list(camera)) > 10
            assert time.process_time() - cpu < 0.25

    def test_closed_in_the_middle(self, clip: Path) -> None:
        with open_camera(str(clip)) as camera:
            take(camera, 3)
            begin = time.perf_counter()
        assert time.perf_counter() - begin < 0.3
        assert (camera.state, list(camera)) == (State.ENDED, [])
        assert camera.captured == camera.dropped + 3 < 20

    def test_closed_before_it_plays(self, clip: Path) -> None:
        open_camera(str(clip)).close()

    def test_its_damage_is_a_notice(self, tmp_path: Path) -> None:
        whole = write_video(tmp_path / "cut.mp4", steady(20, 60), container_options={"movflags": "faststart"})
        path = cut(whole, 0.7)
        with open_camera(str(path)) as camera:
            assert list(camera)
        assert camera.notices[-1].startswith("the file ends")

    def test_that_it_is_late_is_a_notice(self, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(camera_module, "FILE_LATE_S", -0.1)
        with open_camera(str(clip)) as camera:
            assert list(camera)
        assert camera.notices == ("clip.mp4 is decoded slower than it plays: scale it to 720p for smooth coaching",)


def test_times_rise_even_where_a_clock_stands_still() -> None:
    slot = _Slot()
    frames = []
    for time_s in (0.0, 0.0, -1.0, 0.5):
        slot.put(time_s, picture(1))
        frame = slot.take(0.0)
        assert frame is not None
        frames.append(frame)
    check_rising(frames)
    assert frames[-1].time_s == 0.5


def test_fitting_keeps_shapes() -> None:
    image = np.full((480, 640, 3), 9, np.uint8)
    assert _fit(image, (640, 480)) is image
    assert (_fit(image, (1280, 960)) == 9).all()
    tall = _fit(image, (480, 960))
    assert tall.shape == (960, 480, 3)
    assert (tall[300:660] == 9).all()
    assert not tall[:300].any()
    assert not tall[660:].any()
