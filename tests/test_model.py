"""The ladder to the pose model's file, with sources of our own; the real ones are asked once, at the end."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import flatbuffers
import pytest

from formcoach import fetching, folders, model
from formcoach.bundling import NETWORKS, Network, Pin, bundle, read_networks
from formcoach.errors import FormCoachError
from formcoach.fetching import ModelSource
from formcoach.model import find_model
from formcoach.progress import RichProgress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from formcoach.fetching import Progress

DETECTOR, LANDMARKS = "pose_detector.tflite", "pose_landmarks_detector.tflite"


class Told:
    """A Progress that writes down what it is told."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.totals: list[int | None] = []
        self.bytes = 0
        self.running = False

    def start(self, label: str, total_bytes: int | None) -> None:
        self.labels.append(label)
        self.totals.append(total_bytes)
        self.running = True

    def advance(self, n: int) -> None:
        self.bytes += n

    def stop(self) -> None:
        self.running = False


class Place:
    """A source that writes what it is given, or raises it, and counts how often it is asked."""

    def __init__(self, what: bytes | BaseException, *, name: str = "place", takes_s: float = 0.0) -> None:
        self.what, self.name, self.takes_s, self.asked = what, name, takes_s, 0

    def fetch(self, path: Path, progress: Progress) -> None:
        self.asked += 1
        progress.start(f"from {self.name}", 100)
        time.sleep(self.takes_s)
        if isinstance(self.what, BaseException):
            path.write_bytes(b"half of it")
            raise self.what
        path.write_bytes(self.what)
        progress.advance(len(self.what))

    def source(self, pin: Pin | None = None) -> ModelSource:
        return ModelSource(self.name, self.fetch, pin)


def a_bundle(*members: str, content: bytes = b"a network", compression: int = zipfile.ZIP_STORED) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", compression) as archive:
        for member in members or (DETECTOR, LANDMARKS):
            archive.writestr(member, content)
    return whole.getvalue()


def pin_of(data: bytes) -> Pin:
    return Pin(hashlib.sha256(data).hexdigest(), len(data))


def left_in(models: Path) -> set[str]:
    """What lies in the folder of models, apart from locks, which may stay."""
    return {path.name for path in models.iterdir() if path.suffix != ".lock"}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMCOACH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FORMCOACH_MODEL", raising=False)
    return tmp_path / "home" / "models"


@pytest.mark.usefixtures("models")
class TestLadder:
    def test_sources_are_tried_in_order_until_one_works(self, models: Path) -> None:
        down = Place(ConnectionError("down"), name="first")
        up, spare = Place(a_bundle(), name="second"), Place(a_bundle(), name="third")
        told = Told()
        found = find_model(progress=told, sources=[down.source(), up.source(), spare.source()])
        assert (found.path, found.name) == (models / "full.task", "full")
        assert found.path.read_bytes() == a_bundle()
        assert (down.asked, up.asked, spare.asked) == (1, 1, 0)
        assert told.labels == ["from first", "from second"]
        assert told.totals == [100, 100]
        assert told.bytes == len(a_bundle())
        assert not told.running
        assert left_in(models) == {"full.task", "full.task.sha256"}

    def test_cache_comes_before_the_sources(self) -> None:
        place = Place(a_bundle())
        for _ in range(3):
            find_model("lite", sources=[place.source()])
        assert place.asked == 1

    def test_each_model_is_cached_apart(self) -> None:
        place = Place(a_bundle())
        assert {find_model(name, sources=[place.source()]).name for name in fetching.OFFICIAL} == {*fetching.OFFICIAL}
        assert place.asked == len(fetching.OFFICIAL)

    def test_path_comes_before_everything(self, models: Path, tmp_path: Path) -> None:
        mine = tmp_path / "my own.task"
        mine.write_bytes(a_bundle())
        place = Place(a_bundle())
        assert find_model(str(mine), sources=[place.source()]) == model.ModelFile(mine, "my own")
        assert place.asked == 0
        assert not models.exists()

    def test_environment_stands_for_the_default_only(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        mine = tmp_path / "mine.task"
        mine.write_bytes(a_bundle())
        monkeypatch.setenv("FORMCOACH_MODEL", str(mine))
        place = Place(a_bundle())
        assert find_model(sources=[place.source()]).name == "mine"
        assert place.asked == 0
        assert find_model("heavy", sources=[place.source()]).name == "heavy"
        assert place.asked == 1

    def test_environment_may_name_a_model(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORMCOACH_MODEL", "lite")
        assert find_model(sources=[Place(a_bundle()).source()]).path == models / "lite.task"

    def test_pip_is_offered_only_for_what_its_wheel_carries(self) -> None:
        assert [source.name for source in fetching.sources_of("full")] == [
            "storage.googleapis.com",
            "pip (mediapipe==0.10.21)",
        ]
        for name in ("heavy", "lite"):
            assert [source.name for source in fetching.sources_of(name)] == ["storage.googleapis.com"]


class TestGivenPath:
    @pytest.mark.parametrize(
        ("content", "why"),
        [
            pytest.param(b"not a zip at all", "ZIP", id="no zip"),
            pytest.param(a_bundle()[:-30], "cut short", id="torn"),
            pytest.param(a_bundle(DETECTOR), f"no {LANDMARKS}", id="a network is missing"),
            pytest.param(a_bundle(compression=zipfile.ZIP_DEFLATED), "compressed", id="compressed"),
        ],
    )
    def test_what_is_no_bundle_is_refused(self, tmp_path: Path, content: bytes, why: str) -> None:
        path = tmp_path / "x.task"
        path.write_bytes(content)
        with pytest.raises(FormCoachError, match=why) as caught:
            find_model(str(path))
        assert str(path) in str(caught.value)

    @pytest.mark.parametrize("wanted", ["ful", "~nobody-of-this-name/x.task", "a\0b", ""])
    def test_what_is_not_there_is_refused(self, wanted: str) -> None:
        with pytest.raises(FormCoachError):
            find_model(wanted)

    def test_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FormCoachError, match="folder"):
            find_model(str(tmp_path))

    def test_error_says_that_the_path_came_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORMCOACH_MODEL", "gone.task")
        with pytest.raises(FormCoachError, match=r"^FORMCOACH_MODEL: .*gone\.task"):
            find_model()


@pytest.mark.usefixtures("models")
class TestTrust:
    def test_wrong_digest_is_refused(self, models: Path) -> None:
        real, forged = a_bundle(), a_bundle(content=b"A NETWORK")
        place = Place(forged, name="bad")
        with pytest.raises(FormCoachError, match=r"bad: .*SHA-256"):
            find_model(sources=[place.source(pin_of(real))])
        assert left_in(models) == set()

    def test_next_source_is_asked_after_a_wrong_digest(self) -> None:
        real = a_bundle()
        bad, good = Place(a_bundle(content=b"A NETWORK")), Place(real)
        found = find_model(sources=[bad.source(pin_of(real)), good.source(pin_of(real))])
        assert found.path.read_bytes() == real

    def test_wrong_size_is_refused(self) -> None:
        with pytest.raises(FormCoachError, match="5 bytes came where 10 were expected"):
            find_model(sources=[Place(b"short").source(Pin("0" * 64, 10))])

    def test_what_is_no_bundle_is_refused_without_a_pin_too(self, models: Path) -> None:
        with pytest.raises(FormCoachError, match="not a pose model"):
            find_model(sources=[Place(b"<html>Please log in</html>").source()])
        assert left_in(models) == set()

    @pytest.mark.parametrize("spoil", ["cut", "change", "forget", "garble"])
    def test_corrupt_cache_is_replaced(self, spoil: str) -> None:
        place = Place(a_bundle())
        cached = find_model(sources=[place.source()]).path
        sidecar = cached.with_name("full.task.sha256")
        if spoil == "cut":
            cached.write_bytes(a_bundle()[:20])
        elif spoil == "change":
            cached.write_bytes(a_bundle(content=b"A NETWORK"))
        elif spoil == "forget":
            sidecar.unlink()
        else:
            sidecar.write_bytes(b"\xff\xfe")
        assert find_model(sources=[place.source()]).path.read_bytes() == a_bundle()
        assert place.asked == 2
        find_model(sources=[place.source()])
        assert place.asked == 2

    def test_corrupt_cache_is_not_used_when_nothing_replaces_it(self) -> None:
        find_model(sources=[Place(a_bundle()).source()]).path.write_bytes(b"torn")
        with pytest.raises(FormCoachError, match=r"full\.task: it is damaged; place: down"):
            find_model(sources=[Place(ConnectionError("down")).source()])

    def test_official_bundle_put_into_the_cache_by_hand_is_used(
        self, models: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(model, "OFFICIAL", {"full": pin_of(a_bundle())})
        models.mkdir(parents=True)
        (models / "full.task").write_bytes(a_bundle())
        assert find_model(sources=[]).path == models / "full.task"


@pytest.mark.usefixtures("models")
class TestFailure:
    def test_line_names_each_source_its_reason_and_the_way_out(self, models: Path) -> None:
        sources = [
            Place(OSError(errno.ENETUNREACH, "Network is unreachable"), name="the web").source(),
            Place(FormCoachError("no such\nversion  here"), name="the index").source(),
            Place(TimeoutError(), name="the moon").source(),
        ]
        with pytest.raises(FormCoachError) as caught:
            find_model(sources=sources)
        line = str(caught.value)
        assert "\n" not in line
        assert "the web: Network is unreachable; the index: no such version here; the moon: TimeoutError" in line
        assert "--model PATH" in line
        assert "FORMCOACH_MODEL" in line
        assert left_in(models) == set()

    def test_line_says_that_pip_has_only_one_model(self) -> None:
        with pytest.raises(FormCoachError, match="pip has only the model full"):
            find_model("lite", sources=[Place(ConnectionError("down")).source()])

    def test_full_disk_is_said_and_cleaned_up(self, models: Path) -> None:
        spare = Place(a_bundle())
        full = Place(OSError(errno.ENOSPC, "No space left on device"))
        with pytest.raises(FormCoachError, match="no space left"):
            find_model(sources=[full.source(), spare.source()])
        assert spare.asked == 0
        assert left_in(models) == set()

    def test_interrupt_leaves_nothing(self, models: Path) -> None:
        told = Told()
        with pytest.raises(KeyboardInterrupt):
            find_model(progress=told, sources=[Place(KeyboardInterrupt()).source()])
        assert left_in(models) == set()
        assert not told.running

    def test_what_a_killed_process_left_is_swept_up(self, models: Path) -> None:
        (models / ".fetching-full-abc").mkdir(parents=True)
        (models / ".fetching-full-abc" / "bundle.task").write_bytes(b"half")
        find_model(sources=[Place(a_bundle()).source()])
        assert left_in(models) == {"full.task", "full.task.sha256"}

    def test_folder_that_cannot_be_made(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("FORMCOACH_MODEL", raising=False)
        (tmp_path / "file").touch()
        monkeypatch.setenv("FORMCOACH_HOME", str(tmp_path / "file" / "home"))
        for make in (folders.data_folder, folders.cache_folder, find_model):
            with pytest.raises(FormCoachError, match="FORMCOACH_HOME"):
                make()


@pytest.mark.usefixtures("models")
class TestTwoAtOnce:
    def test_threads_fetch_once_and_the_second_says_that_it_waits(self) -> None:
        place, told = Place(a_bundle(), takes_s=0.3), [Told(), Told()]
        threads = [
            threading.Thread(target=find_model, kwargs={"progress": one, "sources": [place.source()]}) for one in told
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert place.asked == 1
        waits = sorted(one.labels for one in told)
        assert waits == [["Another formcoach is fetching the pose model: waiting for it"], ["from place"]]

    def test_processes_fetch_once(self, models: Path, tmp_path: Path) -> None:
        (tmp_path / "bundle").write_bytes(a_bundle())
        script = """if True:
            import sys, time
            from pathlib import Path
            from formcoach.fetching import ModelSource
            from formcoach.model import find_model
            folder = Path(sys.argv[1])
            def fetch(path, progress):
                with (folder / "asked").open("a") as asked:
                    asked.write("once\\n")
                time.sleep(0.5)
                path.write_bytes((folder / "bundle").read_bytes())
            print(find_model(sources=[ModelSource("place", fetch)]).path)
        """
        command = [sys.executable, "-c", script, str(tmp_path)]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        said = [process.communicate(timeout=60)[0].strip() for process in both]
        assert said == [str(models / "full.task")] * 2
        assert (tmp_path / "asked").read_text() == "once\n"

    def test_waiting_ends(self) -> None:
        slow = Place(a_bundle(), takes_s=0.6)
        thread = threading.Thread(target=find_model, kwargs={"sources": [slow.source()]})
        thread.start()
        while not slow.asked:
            time.sleep(0.01)
        with pytest.raises(FormCoachError, match="another formcoach"):
            find_model(sources=[slow.source()], lock_timeout_s=0.1)
        thread.join()


class TestOfficial:
    def test_nothing_but_https(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="http"):
            fetching.download("http://127.0.0.1:9/x", tmp_path / "x", 10, Told())

    def test_no_more_is_read_than_expected(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetching, "_open", lambda _: io.BytesIO(b"eleven byte"))
        with pytest.raises(FormCoachError, match="more than the 10 bytes"):
            fetching.download("https://example.org/x", tmp_path / "x", 10, Told())
        assert (tmp_path / "x").read_bytes() == b""

    def test_what_fits_is_written_and_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetching, "_open", lambda _: io.BytesIO(b"ten bytes!"))
        told = Told()
        fetching.download("https://example.org/x", tmp_path / "x", 10, told)
        assert (tmp_path / "x").read_bytes() == b"ten bytes!"
        assert told.bytes == 10


def a_network(version: int) -> bytes:
    """The smallest TFLite model that there is: a version number and no more."""
    builder = flatbuffers.Builder(0)
    builder.StartObject(8)
    builder.PrependUint32Slot(0, version, 0)
    builder.Finish(builder.EndObject(), b"TFL3")
    return bytes(builder.Output())


TINY = (
    Network("in/detector.tflite", DETECTOR, pin_of(a_network(3)), 127.5, 127.5),
    Network("in/landmarks.tflite", LANDMARKS, pin_of(a_network(4)), 0.0, 255.0),
)


class TestBundle:
    def test_same_networks_same_bytes(self) -> None:
        networks = [a_network(3), a_network(4)]
        whole = bundle(TINY, networks)
        assert bundle(TINY, networks) == whole
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            assert archive.namelist() == [DETECTOR, LANDMARKS]
            assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}

    def test_networks_are_noted_and_aligned(self) -> None:
        whole = bundle(TINY, [a_network(3), a_network(4)])
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            for network in TINY:
                noted = archive.read(network.name)
                assert b"TFLITE_METADATA" in noted
                assert b"M001" in noted
                assert whole.index(noted) % 16 == 0


class TestWheel:
    def write(self, folder: Path, detector: bytes = a_network(3), landmarks: bytes = a_network(4)) -> Path:
        wheel = folder / "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
        info = "mediapipe-0.10.21.dist-info"
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("in/detector.tflite", detector)
            archive.writestr("in/landmarks.tflite", landmarks)
            archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n")
            archive.writestr(f"{info}/RECORD", "")
        return wheel

    def test_only_the_networks_are_read(self, tmp_path: Path) -> None:
        assert read_networks(self.write(tmp_path), TINY) == [a_network(3), a_network(4)]

    @pytest.mark.parametrize(
        "landmarks",
        [
            pytest.param(a_network(5), id="same size, other bytes"),
            pytest.param(bytes(10_000_000), id="unpacks to far more"),
        ],
    )
    def test_another_network_is_refused(self, tmp_path: Path, landmarks: bytes) -> None:
        with pytest.raises(FormCoachError, match=r"in/landmarks\.tflite in the wheel is not"):
            read_networks(self.write(tmp_path, landmarks=landmarks), TINY)

    def test_missing_network_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FormCoachError, match="there is no mediapipe/modules"):
            read_networks(self.write(tmp_path), NETWORKS)

    @pytest.mark.parametrize("damage", ["cut short", "garbled"])
    def test_damaged_wheel_is_refused(self, tmp_path: Path, damage: str) -> None:
        wheel = self.write(tmp_path)
        content = wheel.read_bytes()
        first = len("in/detector.tflite") + 30  # where the first member's data begin
        wheel.write_bytes(
            content[:-40] if damage == "cut short" else content[:first] + b"\xff" * 4 + content[first + 4 :]
        )
        with pytest.raises(FormCoachError, match="damaged"):
            read_networks(wheel, TINY)

    @contextmanager
    def only_from(self, links: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelSource]:
        """The real pip route, with a folder as its only index."""
        for name in [name for name in os.environ if name.startswith("PIP_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(links))
        yield fetching.sources_of("full")[1]

    def test_pip_route(self, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.write(tmp_path)
        monkeypatch.setattr(fetching, "NETWORKS", TINY)
        with self.only_from(tmp_path, monkeypatch) as pip:
            found = find_model(sources=[pip])
        assert found.path.read_bytes() == bundle(TINY, [a_network(3), a_network(4)])
        assert left_in(models) == {"full.task", "full.task.sha256"}

    def test_pip_finds_nothing(self, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with (
            self.only_from(tmp_path, monkeypatch) as pip,
            pytest.raises(FormCoachError, match=r"pip \(mediapipe==0\.10\.21\): Could not find a version"),
        ):
            find_model(sources=[pip])
        assert left_in(models) == set()

    def test_hanging_pip_is_ended(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetching, "_PIP_STALL_S", 0.1)
        sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
        began = time.monotonic()
        with (tmp_path / "log").open("wb") as log, pytest.raises(FormCoachError, match="sent nothing"):
            fetching._run_watched(sleeper, dict(os.environ), log.fileno(), tmp_path, Told())
        assert time.monotonic() - began < 10


class TestProgress:
    def test_one_line_where_there_is_no_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        progress = RichProgress()
        progress.stop()
        for label in ("first", "second"):
            progress.start(label, 10)
            progress.advance(5)
            progress.stop()
        assert capsys.readouterr() == ("", "first\n")

    def test_bar_on_a_terminal(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        progress = RichProgress()
        for total in (10, None):
            progress.start("the label", total)
            progress.advance(10)
            progress.stop()
        out, err = capsys.readouterr()
        assert out == ""
        assert "the label" in err


def test_folders_follow_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMCOACH_HOME", str(tmp_path / "a" / "b"))
    assert folders.data_folder() == tmp_path / "a" / "b"
    assert folders.cache_folder() == tmp_path / "a" / "b" / "cache"
    assert folders.cache_folder().is_dir()


def test_import_is_light() -> None:
    script = "import sys, formcoach.model; print(*{'mediapipe', 'cv2', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.model
def test_the_real_model_runs() -> None:
    import numpy as np
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python.vision import PoseLandmarker, PoseLandmarkerOptions, RunningMode

    found = find_model("full")
    options = PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(found.path)),
        running_mode=RunningMode.VIDEO,
        output_segmentation_masks=True,
    )
    with PoseLandmarker.create_from_options(options) as landmarker:
        grey = Image(image_format=ImageFormat.SRGB, data=np.full((240, 320, 3), 128, np.uint8))
        assert landmarker.detect_for_video(grey, 0).pose_landmarks == []
