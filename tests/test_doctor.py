"""The doctor: what it says of computers that are well, and of such that are not."""

from __future__ import annotations

import importlib.metadata
import io
import re
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from formcoach import doctor
from formcoach.camera import CameraInfo
from formcoach.doctor import Check, checks, render
from formcoach.errors import FormCoachError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from formcoach.model import ModelFile

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def only(look: Iterator[Check]) -> Check:
    (check,) = look
    assert bool(check.advice) == (check.ok is not True), "advice where something is to be done, and only there"
    assert "\n" not in check.found + check.advice
    return check


def shown(*found: Check, width: int = 100, colour: bool = False) -> tuple[str, int]:
    file = io.StringIO()
    code = render(found, Console(file=file, width=width, force_terminal=colour, _environ={}))
    return file.getvalue(), code


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORMCOACH_HOME", str(tmp_path))
    monkeypatch.delenv("FORMCOACH_MODEL", raising=False)
    return tmp_path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Versions of what is installed, to be changed."""
    versions = {"mediapipe": "1.2.2", "numpy": "2.4.6", "av": "18.1.0", "opencv-contrib-python": "5.0.0.93"}

    def version(name: str) -> str:
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    return versions


class TestRender:
    def test_marks_are_words(self) -> None:
        text, code = shown(Check("one", True, "fine"), Check("two", None, "so so", "do this"))
        assert code == 0
        assert re.search(r"^ok +one +fine", text, re.M)
        assert re.search(r"^warning +two +so so *\n +> do this", text, re.M)
        assert text.rstrip().endswith("ready: nothing essential is wrong")

    def test_something_essential_is_an_exit_code(self) -> None:
        text, code = shown(Check("one", False, "broken", "mend it"), Check("two", True, "fine"))
        assert code == 2
        assert "WRONG" in text
        assert text.rstrip().endswith("something essential is wrong")

    def test_each_is_printed_when_it_is_there(self) -> None:
        file = io.StringIO()

        def slow() -> Iterator[Check]:
            yield Check("one", True, "quick")
            assert "quick" in file.getvalue()
            yield Check("two", True, "slow")

        assert render(slow(), Console(file=file, width=80)) == 0

    def test_names_with_brackets_are_no_markup(self) -> None:
        text, _ = shown(Check("camera 0", True, "[red]Cam[/] [x]"))
        assert "[red]Cam[/] [x]" in text

    def test_narrow_windows_keep_everything(self) -> None:
        text, _ = shown(Check("pose model", True, "/a/very/long/path/" * 5), width=50)
        assert "".join(line[22:].strip() for line in text.splitlines()).startswith("/a/very/long/path/" * 5)


class TestGuard:
    @pytest.mark.usefixtures("home")
    def test_what_raises_is_wrong_and_the_rest_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken() -> Iterator[Check]:
            raise ZeroDivisionError("division by\nzero")

        def refused() -> Iterator[Check]:
            yield Check("part", True, "fine")
            raise FormCoachError("the folder is gone; make it again")

        monkeypatch.setattr(doctor, "_libraries", broken)
        monkeypatch.setattr(doctor, "_speed", refused)
        monkeypatch.setattr(doctor, "_sound", lambda: [Check("sound", True, "beep")])
        found = {check.name: check for check in checks(find_voice=lambda: "Ada", cameras=list)}
        assert found["libraries"].ok is False
        assert found["libraries"].found == "ZeroDivisionError: division by zero"
        assert found["part"].ok
        assert found["speed"] == Check("speed", False, "the folder is gone", "make it again")
        assert found["voice"] == Check("voice", True, "Ada")
        assert list(found) == [
            *("Python", "libraries", "OpenCV", "data folder", "pose model", "part", "speed"),
            *("camera", "sound", "voice", "display"),
        ]


class TestLibraries:
    def test_the_oldest_are_those_of_pyproject(self) -> None:
        text = PYPROJECT.read_text(encoding="utf-8")
        for name, oldest in doctor.NEEDED.items():
            assert f'"{name}>={".".join(map(str, oldest))}"' in text

    @pytest.mark.usefixtures("installed")
    def test_all_there(self) -> None:
        assert [(check.name, check.ok, check.found) for check in doctor._libraries()] == [
            ("mediapipe", True, "1.2.2"),
            ("numpy", True, "2.4.6"),
            ("av", True, "18.1.0"),
        ]

    @pytest.mark.parametrize(("version", "ok"), [("1.2", True), ("1.1.9", False), ("1.2rc1", True), ("0.10.21", False)])
    def test_too_old(self, installed: dict[str, str], version: str, ok: bool) -> None:
        installed["mediapipe"] = version
        assert next(iter(doctor._libraries())).ok is ok

    def test_missing(self, installed: dict[str, str]) -> None:
        del installed["av"]
        missing = list(doctor._libraries())[-1]
        assert missing == Check("av", False, "not installed", "python -m pip install 'av>=15'")

    @pytest.mark.usefixtures("installed")
    def test_opencv(self) -> None:
        assert only(doctor._opencv()).ok is True

    @pytest.mark.parametrize("other", doctor.OTHER_OPENCV)
    def test_two_opencvs(self, installed: dict[str, str], other: str) -> None:
        installed[other] = "4.12.0.88"
        check = only(doctor._opencv())
        assert check.ok is None
        assert f"opencv-contrib-python 5.0.0.93, {other} 4.12.0.88: they write over" in check.found
        assert f"pip uninstall -y opencv-contrib-python {other}, then" in check.advice

    def test_opencv_from_elsewhere(self, installed: dict[str, str]) -> None:
        del installed["opencv-contrib-python"]
        assert only(doctor._opencv()).ok is None

    @pytest.mark.usefixtures("installed")
    def test_opencv_that_does_not_load(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def load() -> None:
            raise ImportError("libGL.so.1: cannot open shared object file")

        monkeypatch.setattr("formcoach.camera.load_opencv", load)
        check = only(doctor._opencv())
        assert (check.ok, check.advice) == (False, "sudo apt install libgl1")

    @pytest.mark.parametrize(("version", "ok"), [((3, 10), True), ((3, 14), True), ((3, 15), None)])
    def test_python(self, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int], ok: bool | None) -> None:
        monkeypatch.setattr("sys.version_info", (*version, 0, "final", 0))
        assert only(doctor._python()).ok is ok


class TestFolder:
    Usage = namedtuple("Usage", "total used free")

    @pytest.mark.parametrize(("free", "ok"), [(5e9, True), (1e9, None), (5e7, False)])
    def test_space(self, home: Path, monkeypatch: pytest.MonkeyPatch, free: float, ok: bool | None) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: self.Usage(1e12, 0, free))
        check = only(doctor._data_folder())
        assert check.ok is ok
        assert str(home) in check.found
        assert not list(home.iterdir()), "it leaves nothing behind"

    @pytest.mark.usefixtures("home")
    def test_not_writable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(**_: Any) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(doctor, "TemporaryFile", refuse)
        check = only(doctor._data_folder())
        assert check.ok is False
        assert "Permission denied" in check.found
        assert "FORMCOACH_HOME" in check.advice


class TestModel:
    def test_not_fetched_and_not_fetching(self, home: Path) -> None:
        check = only(doctor._model())
        assert check.ok is None
        assert check.found == "full: not fetched yet"
        assert "https://storage.googleapis.com/" in check.advice
        assert only(doctor._speed()).ok is None
        assert not list(home.rglob("*.task*"))

    def test_damaged(self, home: Path) -> None:
        (home / "models").mkdir()
        (home / "models" / "full.task").write_bytes(b"torn")
        with pytest.raises(FormCoachError, match="is damaged; delete it"):
            list(doctor._model())
        assert list(doctor._speed()) == [], "said once"

    def test_named_by_the_environment(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FORMCOACH_MODEL", "lite")
        assert only(doctor._model()).found == "lite: not fetched yet"
        monkeypatch.setenv("FORMCOACH_MODEL", str(home / "mine.task"))
        with pytest.raises(FormCoachError, match="FORMCOACH_MODEL: no model"):
            list(doctor._model())

    @pytest.mark.parametrize(
        ("ms", "seen", "ok", "says"),
        [
            (12.0, 1.0, True, "83 frames a second"),
            (40.0, 1.0, None, "below a camera's 30"),
            (70.0, 1.0, None, "too slow to judge tempo"),
            (200.0, 1.0, False, "too slow to judge tempo"),
            (12.0, 0.2, False, "in 20% of the sample's frames only"),
        ],
    )
    def test_speed(self, monkeypatch: pytest.MonkeyPatch, ms: float, seen: float, ok: bool | None, says: str) -> None:
        from formcoach.model import ModelFile

        monkeypatch.setattr(doctor, "_model_file", lambda: ModelFile(Path("full.task"), "full"))
        monkeypatch.setattr(doctor, "_times_ms", lambda _: ([ms] * 29 + [900.0], seen))
        check = only(doctor._speed())
        assert check.ok is ok
        assert says in check.found

    @pytest.mark.model
    def test_the_real_one(self, model: ModelFile) -> None:
        check = only(doctor._model())
        assert check.found.startswith(f"{model.name}, 9.4 MB, its SHA-256 is right, ")
        times_ms, seen = doctor._times_ms(model)
        assert len(times_ms) == doctor.TIMED
        assert all(1 < ms < 2000 for ms in times_ms)
        assert seen == 1.0


class TestSession:
    def test_cameras(self) -> None:
        good = CameraInfo(index=0, name="Built in", width=1280, height=720, fps=29.8)
        slow = CameraInfo(index=1, name="", width=640, height=480, fps=12.0)
        held = CameraInfo(index=2, name="Logi", trouble="camera 2 does not open; close whatever else uses it")
        first, second, third = doctor._cameras(lambda: [good, slow, held])
        assert first == Check("camera 0", True, "Built in: 1280 × 720 at 30 frames a second")
        assert (second.ok, "more light" in second.advice) == (None, True)
        assert third == Check("camera 2", None, "Logi: camera 2 does not open", "close whatever else uses it")
        assert only(doctor._cameras(lambda: [held])).ok is False, "there is one, and none can be used"
        assert only(doctor._cameras(list)).ok is None, "videos can be analysed without any"

    @pytest.mark.parametrize(
        ("code", "out", "err", "ok", "says"),
        [
            (0, '["Speakers", ["Speakers", "HDMI"]]\n', "", True, "Speakers and 1 more"),
            (0, 'chatter\n["Only", ["Only"]]\n', "ALSA lib: nonsense", True, "Only"),
            (0, '["", []]\n', "", None, "no output device"),
            (1, "", "Traceback\nOSError: PortAudio library not found\n", None, "PortAudio library not found"),
            (1, "", "", None, "no answer"),
        ],
    )
    def test_sound(
        self, monkeypatch: pytest.MonkeyPatch, code: int, out: str, err: str, ok: bool | None, says: str
    ) -> None:
        done: subprocess.CompletedProcess[str] = subprocess.CompletedProcess([], code, out, err)
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
        check = only(doctor._sound())
        assert (check.ok, check.found) == (ok, says)
        assert ("libportaudio2" in check.advice) == ("PortAudio" in err)

    def test_sound_that_hangs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def hang(*_: Any, **__: Any) -> None:
            raise subprocess.TimeoutExpired("sound", 15)

        monkeypatch.setattr(subprocess, "run", hang)
        assert only(doctor._sound()).ok is None

    def test_the_real_question_about_sound_runs(self) -> None:
        assert only(doctor._sound()).ok in {True, None}

    def test_voice(self) -> None:
        def fails() -> str:
            raise FormCoachError("the voice (espeak-ng) fails: no answer; choose another with --voice")

        assert only(doctor._voice(lambda: "espeak-ng")).ok is True
        assert only(doctor._voice(lambda: None)).ok is None
        assert only(doctor._voice(fails)).advice == "choose another with --voice"

    @pytest.mark.parametrize(
        ("system", "there", "voice"),
        [
            ("linux", {"espeak-ng", "espeak"}, "espeak-ng"),
            ("linux", {"espeak", "say"}, "espeak"),
            ("linux", set(), None),
            ("darwin", {"say"}, "say"),
            ("win32", {"powershell"}, "Windows' own (SAPI)"),
        ],
    )
    def test_system_voice(
        self, monkeypatch: pytest.MonkeyPatch, system: str, there: set[str], voice: str | None
    ) -> None:
        which: Callable[[str], str | None] = lambda name: name if name in there else None  # noqa: E731
        monkeypatch.setattr(sys, "platform", system)
        monkeypatch.setattr(shutil, "which", which)
        assert doctor.system_voice() == voice

    @pytest.mark.parametrize(
        ("system", "display", "ok"), [("linux", ":0", True), ("linux", "", None), ("darwin", "", True)]
    )
    def test_display(self, monkeypatch: pytest.MonkeyPatch, system: str, display: str, ok: bool | None) -> None:
        monkeypatch.setattr(sys, "platform", system)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.setenv("DISPLAY", display)
        assert only(doctor._display()).ok is ok
