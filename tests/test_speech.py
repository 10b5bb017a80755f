"""Text to sound: with the real espeak-ng where it is installed, else with executables made up for the test."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import subprocess
import sys
import threading
import wave
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from formcoach import speech
from formcoach.errors import FormCoachError
from formcoach.speech import LONGEST_S, RATE, Engine, Espeak, Renderer, Sapi, Say, Sound, SystemSpeech

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = {
    "option": "--help",
    "file option": "-f /etc/passwd",
    "dash": "- stand tall",
    "quotes": """it's "so" `id` $(id) '; id; '""",
    "percent": "%PATH% ^& echo",
    "newline": "Hips back\nlong neck\r\n\tgo",
    "control": "Hips\0back\x1b[31m\x07",
    "not ascii": "Dos más: größer, 14° und 漢字 🙂",
    "half a character": "Hips \ud800 back",
    "phonemes": "[[h@l'oU]] there",
    "markup": "<speak><break time='9s'/>go</speak>",
}
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
LONG = "and lower it slowly " * 500

espeak = pytest.mark.skipif(
    not (shutil.which("espeak-ng") or shutil.which("espeak")), reason="espeak-ng is not installed"
)
posix = pytest.mark.skipif(os.name != "posix", reason="the made-up executables start with a #! line")


def tone(duration_s: float, level: float = 0.5, rate: int = RATE, lead_s: float = 0.0) -> Sound:
    time_s = np.arange(round(duration_s * rate)) / rate
    silence = np.zeros(round(lead_s * rate))
    samples = np.concatenate([silence, level * np.sin(2 * np.pi * 440 * time_s), silence])
    return Sound(samples.astype(np.float32), rate)


def wav(sound: Sound, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(sound.rate)
        whole = np.repeat(np.round(sound.samples * 32767).astype("<i2"), channels)
        out.writeframes(whole.tobytes())
    return file.getvalue()


@dataclass
class Beeper:
    """An engine that beeps instead of speaking, and remembers what it was asked."""

    name: str = "beeper"
    voice: str | None = None
    asked: list[str] = field(default_factory=list)
    error: Exception | None = None

    def wav(self, text: str) -> bytes:
        self.asked.append(text)
        if self.error:
            raise self.error
        return wav(tone(0.5))


def level(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound.samples**2)))


# --- the text ---


@hostile
def test_what_is_spoken_is_one_printable_line(text: str) -> None:
    line = speech.spoken(text)
    assert line.isprintable()
    assert line.encode().decode() == line
    assert "[[" not in line


@pytest.mark.parametrize("text", ["", " ", "\n\0"])
def test_nothing_is_nothing(text: str) -> None:
    assert speech.spoken(text) == ""
    assert speech.phrases("") == []


@pytest.mark.parametrize("text", [LONG, "x" * 10_000, "\n" * 10_000, "a-b" * 3_000])
def test_a_long_text_is_cut(text: str) -> None:
    line = speech.spoken(text)
    assert len(line) <= speech.LONGEST_TEXT
    assert all(0 < len(phrase) <= speech.LONGEST_PHRASE for phrase in speech.phrases(line))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Hips back", ["Hips back"], id="a cue"),
        pytest.param("Long back, proud chest", ["Long back, proud chest"], id="a short clause stays"),
        pytest.param("It swung 14.5°. Pause!", ["It swung 14.5°.", "Pause!"], id="sentences, not numbers"),
        pytest.param(
            "If you have pain, an injury, a heart condition, are pregnant, or are unsure, ask somebody first.",
            ["If you have pain, an injury, a heart condition, are pregnant,", "or are unsure, ask somebody first."],
            id="clauses of a long sentence",
        ),
        pytest.param(
            f"{'turn side-on ' * 6}now",
            ["turn side-on turn side-on turn side-on turn side-on turn side-on turn", "side-on now"],
            id="words of a long clause",
        ),
    ],
)
def test_phrases(text: str, expected: list[str]) -> None:
    assert speech.phrases(text) == expected
    assert " ".join(expected) == text


# --- the sound ---


def test_a_piped_wav_states_no_true_length() -> None:
    data = bytearray(wav(tone(0.5)))
    data[4:8] = data[40:44] = (0x7FFFF000).to_bytes(4, "little")
    assert len(speech.read_wave(bytes(data)).samples) == round(0.5 * RATE)


def test_channels_become_one() -> None:
    sound = tone(0.5, rate=44100)
    read = speech.read_wave(wav(sound, channels=2))
    assert (read.rate, len(read.samples)) == (44100, len(sound.samples))
    np.testing.assert_allclose(read.samples, sound.samples, atol=1e-3)


@pytest.mark.parametrize(
    "data",
    [b"", b"RIFF", b"Not a sound at all" * 9, wav(tone(0.1))[:30], wav(tone(0.0)), wav(tone(0.1), width=1)],
    ids=["empty", "torn", "text", "half a header", "no samples", "8 bits"],
)
def test_what_is_no_wav_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"WAV|bits"):
        speech.read_wave(data)


def test_silence_at_the_ends_is_cut_and_edges_are_soft() -> None:
    sound = speech.tidy(tone(0.5, lead_s=0.7))
    assert sound.duration_s == pytest.approx(0.5, abs=0.02)
    assert sound.samples[0] == sound.samples[-1] == 0


def test_all_are_equally_loud() -> None:
    quiet, loud = speech.tidy(tone(0.5, level=0.01)), speech.tidy(tone(0.5, level=0.99))
    assert level(quiet) == pytest.approx(level(loud), rel=0.05)
    assert level(quiet) == pytest.approx(0.14, rel=0.1)


def test_a_peak_is_bent_not_clipped() -> None:
    sound = tone(0.5, level=0.03)
    sound.samples[3000] = 1.0
    assert 0.8 < np.abs(speech.tidy(sound).samples).max() < 0.95


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_any_rate_becomes_one(rate: int) -> None:
    sound = speech.tidy(tone(0.5, rate=rate))
    assert sound.duration_s == pytest.approx(0.5, abs=0.02)
    crossings = np.count_nonzero(np.diff(np.sign(sound.samples)) > 0)
    assert crossings == pytest.approx(440 * sound.duration_s, abs=4)


def test_a_phrase_is_not_longer_than_it_may_be() -> None:
    sound = speech.tidy(tone(9.0))
    assert sound.duration_s == LONGEST_S
    assert sound.samples[-1] == 0


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(900), np.full(900, 1e-6)], ids=["none", "zeros", "hiss"])
def test_silence_is_empty(samples: np.ndarray) -> None:
    assert not len(speech.tidy(Sound(samples.astype(np.float32))).samples)


# --- a voice ---


def test_sentences_are_joined_with_a_pause() -> None:
    beeper = Beeper()
    one, two = SystemSpeech(beeper).render("One."), SystemSpeech(beeper).render("One. Two.")
    assert beeper.asked == ["One.", "One.", "Two."]
    assert two.duration_s == pytest.approx(2 * one.duration_s + 0.3, abs=0.001)


@pytest.mark.parametrize("text", ["", "...", " - \n", "🙂"])
def test_where_there_is_no_word_nothing_is_asked(text: str) -> None:
    beeper = Beeper()
    assert not len(SystemSpeech(beeper).render(text).samples)
    assert not beeper.asked


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(2, "No such file"), "No such file"),
        (subprocess.SubprocessError("no such voice.\nhint"), "no such voice. hint"),
        (subprocess.TimeoutExpired("beep", 10), "no answer"),
        (ValueError("a WAV file without samples"), "a WAV file without samples"),
    ],
)
def test_a_failure_is_one_line(error: Exception, told: str, tmp_path: Path) -> None:
    with pytest.raises(FormCoachError) as caught:
        SystemSpeech(Beeper(voice="bob", error=error), tmp_path).render("Hips back")
    assert str(caught.value) == f"the voice (beeper, bob) fails: {told}; choose another with --voice, or --mute"
    assert not list(tmp_path.iterdir())


# --- clips that are kept ---


def kept(folder: Path) -> Path:
    (path,) = folder.glob("*.npy")
    return path


def test_a_clip_is_kept(tmp_path: Path) -> None:
    beeper = Beeper()
    first = SystemSpeech(beeper, tmp_path / "speech").render("Hips back")
    again = SystemSpeech(beeper, tmp_path / "speech").render("Hips back")
    assert beeper.asked == ["Hips back"]
    np.testing.assert_array_equal(first.samples, again.samples)
    assert [path.suffix for path in (tmp_path / "speech").iterdir()] == [".npy"]


def test_each_engine_voice_and_version_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for engine in (Beeper(), Beeper(voice="bob"), Beeper(name="other")):
        SystemSpeech(engine, tmp_path).render("Hips back")
        assert engine.asked
    monkeypatch.setattr(speech, "_VERSION", speech._VERSION + 1)
    beeper = Beeper()
    SystemSpeech(beeper, tmp_path).render("Hips back")
    assert beeper.asked
    assert len(list(tmp_path.iterdir())) == 4


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


TORN = {
    "empty": b"",
    "text": b"not numpy" * 99,
    "half": npy(np.zeros(900, np.float32))[:-400],
    "half a header": npy(np.zeros(900, np.float32))[:40],
    "endless": npy(np.zeros(900, np.float32)).replace(b"(900,)", b"(9" + b"9" * 14 + b",)"),
    "pickle": npy(np.array([print, None], dtype=object)),
    "other type": npy(np.zeros(900)),
    "two dimensions": npy(np.zeros((30, 30), np.float32)),
    "nan": npy(np.full(900, np.nan, np.float32)),
    "too loud": npy(np.full(900, 2, np.float32)),
    "too long": npy(np.zeros(round(LONGEST_S * RATE) + 1, np.float32)),
}


@pytest.mark.parametrize("data", TORN.values(), ids=TORN)
def test_a_torn_clip_is_made_again(data: bytes, tmp_path: Path) -> None:
    beeper = Beeper()
    voice = SystemSpeech(beeper, tmp_path)
    first = voice.render("Hips back")
    whole = kept(tmp_path).read_bytes()
    kept(tmp_path).write_bytes(data)
    np.testing.assert_array_equal(voice.render("Hips back").samples, first.samples)
    assert len(beeper.asked) == 2
    assert kept(tmp_path).read_bytes() == whole


def test_without_a_folder_to_write_it_still_speaks(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert len(SystemSpeech(Beeper(), tmp_path / "file" / "speech").render("Hips back").samples)


def test_the_oldest_clips_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_KEPT_CLIPS", 2)
    beeper = Beeper()
    voice = SystemSpeech(beeper, tmp_path)
    for age, text in enumerate(("one", "two", "three")):
        voice.render(text)
        for path in tmp_path.glob("*.npy"):
            os.utime(path, (age + path.stat().st_mtime - 100,) * 2)
    voice.render("three")
    assert len(list(tmp_path.iterdir())) == 2
    assert beeper.asked == ["one", "two", "three"]


# --- executables ---


@pytest.fixture
def executable(tmp_path: Path) -> Path:
    """Writes a WAV to standard output or to -o or $FORMCOACH_WAVE, and beside itself what it was given."""
    path = tmp_path / "speaker"
    (tmp_path / "beep.wav").write_bytes(wav(tone(0.3)))
    path.write_text(
        f"#!{sys.executable} -IS\n"
        "import os, sys, pathlib\n"
        "here = pathlib.Path(__file__).parent\n"
        "(here / 'args').write_text('\\0'.join(sys.argv[1:]))\n"
        "(here / 'text').write_bytes(sys.stdin.buffer.read() or os.environ['FORMCOACH_TEXT'].encode())\n"
        "(here / 'voice').write_text(os.environ.get('FORMCOACH_VOICE', ''))\n"
        "beep = (here / 'beep.wav').read_bytes()\n"
        "out = sys.argv[sys.argv.index('-o') + 1] if '-o' in sys.argv else os.environ.get('FORMCOACH_WAVE')\n"
        "open(out, 'wb').write(beep) if out else sys.stdout.buffer.write(beep)\n"
    )
    path.chmod(0o755)
    return path


ENGINES: dict[str, Callable[[str, str], Engine]] = {"espeak": Espeak, "say": Say, "sapi": Sapi}


@posix
@pytest.mark.parametrize("engine", ENGINES)
def test_a_text_reaches_an_executable_whole_and_never_as_an_argument(engine: str, executable: Path) -> None:
    text = speech.spoken(HOSTILE["quotes"] + " --help " + HOSTILE["not ascii"])
    assert len(speech.tidy(speech.read_wave(ENGINES[engine](str(executable), "Bob").wav(text))).samples)
    assert executable.with_name("text").read_text(encoding="utf-8") == text
    args = executable.with_name("args").read_text().split("\0")
    assert not any("--help" in arg or "más" in arg for arg in args)
    voice = executable.with_name("voice").read_text() if engine == "sapi" else args[args.index("-v") + 1]
    assert voice == "Bob"


@posix
@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 3", "exit code 3"),
        ("echo 'no such voice' >&2; echo 'usage: ...' >&2; exit 1", "no such voice"),
        ("exec sleep 20", "no answer"),
        ("exit 0", "no WAV file"),
    ],
    ids=["code", "words", "hangs", "nothing"],
)
def test_an_executable_that_fails(script: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "_TIMEOUT_S", 0.3)
    path = tmp_path / "speaker"
    path.write_text(f"#!/bin/sh\ncat >/dev/null\n{script}\n")
    path.chmod(0o755)
    with pytest.raises(FormCoachError, match=told) as caught:
        SystemSpeech(Espeak(str(path))).render("Hips back")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("platform", "there", "expected"),
    [
        ("linux", {"espeak-ng", "espeak", "say", "powershell"}, Espeak("espeak-ng")),
        ("linux", {"espeak"}, Espeak("espeak")),
        ("linux", {"say", "powershell"}, None),
        ("darwin", {"say", "espeak-ng"}, Say("say")),
        ("darwin", {"espeak-ng"}, Espeak("espeak-ng")),
        ("win32", {"powershell", "espeak-ng"}, Sapi("powershell")),
        ("win32", set(), None),
    ],
)
def test_which_voice_is_found(
    platform: str, there: set[str], expected: Engine | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORMCOACH_HOME", str(tmp_path))
    monkeypatch.setattr(speech.sys, "platform", platform)  # type: ignore[attr-defined]
    monkeypatch.setattr(speech.shutil, "which", lambda name: name if name in there else None)  # type: ignore[attr-defined]
    found = speech.find_speech()
    assert (found.engine if found else None) == expected


# --- espeak-ng ---


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SystemSpeech:
    monkeypatch.setenv("FORMCOACH_HOME", str(tmp_path))
    path = shutil.which("espeak-ng") or shutil.which("espeak")
    assert path
    return SystemSpeech(Espeak(path))


@espeak
def test_a_cue_is_as_short_as_it_must_be(real: SystemSpeech) -> None:
    for cue in ("Hips back", "Lower it slowly", "Weights to your ribs"):
        sound = real.render(cue)
        assert sound.rate == RATE
        assert sound.samples.dtype == np.float32
        assert 0.4 < sound.duration_s < 1.5
        assert level(sound) == pytest.approx(0.14, rel=0.15)
        assert np.abs(sound.samples).max() <= 0.9


@espeak
@hostile
def test_any_text_is_spoken(real: SystemSpeech, text: str) -> None:
    assert 0.2 < real.render(text).duration_s < 8


@espeak
def test_an_endless_text_comes_to_an_end(real: SystemSpeech) -> None:
    assert 5 < real.render(LONG).duration_s < 40


@espeak
def test_the_same_text_gives_the_same_sound(real: SystemSpeech) -> None:
    np.testing.assert_array_equal(real.render("Hips back").samples, real.render("Hips back").samples)


@espeak
@pytest.mark.usefixtures("real")
def test_another_voice(tmp_path: Path) -> None:
    default, british = speech.find_speech(), speech.find_speech("en-gb")
    assert default
    assert british
    assert not np.array_equal(default.render("Lower it").samples, british.render("Lower it").samples)
    assert list((tmp_path / "cache" / "speech").iterdir())


@espeak
@pytest.mark.usefixtures("real")
@pytest.mark.parametrize("voice", ["nobody", "--help", "-w/tmp/x", "../../etc/passwd"])
def test_an_unknown_voice_is_refused(voice: str) -> None:
    with pytest.raises(FormCoachError, match="choose another with --voice"):
        speech.find_speech(voice)


# --- ahead of time ---


class Slow:
    """Renders when it is let, and remembers in which order."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.order: list[str] = []

    def render(self, text: str) -> Sound:
        assert self.go.wait(10)
        self.order.append(text)
        if text.startswith("bad"):
            raise FormCoachError(f"cannot say {text}")
        return tone(0.1)


def test_what_is_wanted_now_comes_first() -> None:
    slow = Slow()
    renderer = Renderer(slow)
    done = threading.Event()
    heard: list[Sound | FormCoachError] = []
    renderer.render_all(["a", "b", "c", "a"], lambda errors: done.set() if not errors else None)
    renderer.ask("now", heard.append)
    assert renderer.ready("a") is None
    slow.go.set()
    assert done.wait(10)
    assert sorted(slow.order) == ["a", "b", "c", "now"]
    assert slow.order.index("now") <= 1, "but for what was being rendered already"
    assert isinstance(heard[0], Sound)
    assert renderer.ready("a") is not None
    assert renderer.ready("now") is None, "only what was prepared is kept"
    renderer.close()


def test_one_failure_does_not_end_it_but_three_in_a_row_do() -> None:
    slow = Slow()
    slow.go.set()
    renderer = Renderer(slow)
    done = threading.Event()
    errors: list[FormCoachError] = []

    def on_done(found: tuple[FormCoachError, ...]) -> None:
        errors.extend(found)
        done.set()

    renderer.render_all(["bad 1", "bad 2", "good", "bad 3", "bad 4", "bad 5", "never"], on_done)
    assert done.wait(10)
    assert slow.order[-1] == "bad 5"
    assert [str(error) for error in errors] == [f"cannot say bad {n}" for n in (1, 2, 3, 4, 5, 5)]
    renderer.close()


def test_closing_waits_for_nothing() -> None:
    slow = Slow()
    renderer = Renderer(slow)
    renderer.render_all(map(str, range(50)))
    renderer.close()
    slow.go.set()
    for _ in itertools.repeat(None, 200):
        if not any(thread.name == "formcoach-speech" and thread.is_alive() for thread in threading.enumerate()):
            break
        threading.Event().wait(0.01)
    assert len(slow.order) <= 1
