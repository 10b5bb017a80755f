"""Text to sound, offline: the system's own voice, rendered ahead to short clips that only need playing.

The voices are executables that systems have or that one package brings: espeak-ng, `say` on macOS, System.Speech
through PowerShell on Windows. pyttsx3 would drive the same three, but through an event loop that belongs to one thread,
plays instead of rendering and is known to hang; starting an executable needs none of that. A text reaches an
executable by its standard input or environment, never as an argument or as code, so no text can be taken for an option.
"""

from __future__ import annotations

import hashlib
import io
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import wave
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from formcoach.errors import FormCoachError, reason
from formcoach.files import replacing
from formcoach.folders import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE = 22050
"""Samples a second of everything that is heard: espeak-ng's own rate."""
LONGEST_S = 6.0
"""Of one phrase; a longer one is cut."""
LONGEST_TEXT = 400
"""Characters of a text that are spoken; the safety sentence has about 200."""
LONGEST_PHRASE = 70
"""Characters rendered at once: five seconds."""
WORDS_A_MINUTE = 165
"""Fast enough that four words fit into a second and a half, slow enough to be understood between two breaths."""

_LOUDNESS = 0.14  # RMS, of 1
_PEAK = 0.9
_SILENCE = 0.02  # of the peak
_EDGE_S = 0.004  # fade at both ends
_SENTENCE_GAP_S, _COMMA_GAP_S = 0.3, 0.1
_TIMEOUT_S = 10.0
_FAILURES = 3  # in a row, after which a voice is given up
_VERSION = 1  # of what is done to a rendered clip; kept clips of another version are not used
_KEPT_CLIPS = 500


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Something to be heard.

    Attributes:
        samples: (n,), mono, -1 to 1.
        rate: samples a second.
    """

    samples: Samples
    rate: int = RATE

    @property
    def duration_s(self) -> float:
        """Its length."""
        return len(self.samples) / self.rate


class Speech(Protocol):
    """Turns text into sound."""

    def render(self, text: str) -> Sound:
        """The text, spoken; empty where nothing in it can be.

        Raises:
            FormCoachError: it failed, or took too long.
        """


class Engine(Protocol):
    """An executable that speaks."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def voice(self) -> str | None:
        """One of the executable's own; None for its default."""

    def wav(self, text: str) -> bytes:
        """The text as a WAV file.

        Raises:
            OSError, subprocess.SubprocessError: it failed, or took too long.
        """


# --- the text ---


def spoken(text: str) -> str:
    """The text as it is spoken: on one line, without characters that cannot be, cut at a word where it is too long."""
    text = text[: 4 * LONGEST_TEXT].encode("utf-8", "ignore").decode()
    text = "".join(c if c.isprintable() else " " for c in text)
    text = text.replace("[[", " ").replace("]]", " ")  # which espeak-ng and say take for phonemes and commands
    lines = textwrap.wrap(" ".join(text.split()), LONGEST_TEXT, break_on_hyphens=False)
    return lines[0] if lines else ""


def phrases(text: str) -> list[str]:
    """The sentences of a text, and of a long one its clauses: what is rendered at once."""
    found = []
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        phrase = ""
        for clause in re.split(r"(?<=[,;:])\s+", sentence):
            if phrase and len(phrase) + len(clause) >= LONGEST_PHRASE:
                found.append(phrase)
                phrase = ""
            phrase = f"{phrase} {clause}".strip()
        found.append(phrase)
    return [part for phrase in found for part in textwrap.wrap(phrase, LONGEST_PHRASE, break_on_hyphens=False)]


# --- the sound ---


def read_wave(data: bytes) -> Sound:
    """A WAV file of 16 bits, its channels mixed to one.

    The length that the header states may be wrong: a file that was written to a pipe states the longest there is.

    Raises:
        ValueError: it is none, or holds no samples.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getsampwidth() != 2:
                raise ValueError(f"{8 * file.getsampwidth()} bits a sample instead of 16")
            channels, rate = file.getnchannels(), file.getframerate()
            frames = file.readframes(min(file.getnframes(), len(data)))
    except (wave.Error, EOFError) as error:
        raise ValueError(f"no WAV file: {reason(error)}") from error
    whole = len(frames) // (2 * channels) * 2 * channels
    if not whole or not rate:
        raise ValueError("a WAV file without samples")
    samples = np.frombuffer(frames[:whole], "<i2").reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return Sound(samples / np.float32(32768), rate)


def tidy(sound: Sound) -> Sound:
    """At RATE, without silence at the ends, as loud as all others, not longer than LONGEST_S, with soft edges."""
    samples = _resampled(sound)
    level = np.abs(samples)
    loud = np.flatnonzero(level > max(_SILENCE * level.max(initial=0.0), 1e-4))
    if not loud.size:
        return Sound(np.zeros(0, np.float32))
    edge = round(_EDGE_S * RATE)
    samples = samples[max(loud[0] - edge, 0) : loud[-1] + edge]
    samples = _levelled(samples[: round(LONGEST_S * RATE)])
    edge = min(edge, len(samples) // 2)
    rise = np.linspace(0, 1, edge, dtype=np.float32)
    samples[:edge] *= rise
    samples[len(samples) - edge :] *= rise[::-1]
    return Sound(samples)


def _gap_s(phrase: str) -> float:
    """The pause after a phrase."""
    return _SENTENCE_GAP_S if phrase.endswith((".", "!", "?")) else _COMMA_GAP_S


def joined(parts: Iterable[tuple[Sound, float]]) -> Sound:
    """Sounds one after another, each followed by a silence in seconds, but for the last one."""
    pieces: list[Samples] = []
    for sound, gap_s in parts:
        pieces += [sound.samples, np.zeros(round(gap_s * RATE), np.float32)]
    return Sound(np.concatenate(pieces[:-1]) if pieces else np.zeros(0, np.float32))


def _resampled(sound: Sound) -> Samples:
    if sound.rate == RATE:
        return sound.samples
    at = np.arange(int(sound.duration_s * RATE)) * (sound.rate / RATE)
    samples: NDArray[np.float64] = np.interp(at, np.arange(len(sound.samples)), sound.samples)
    return samples.astype(np.float32)


def _levelled(samples: Samples) -> Samples:
    """Brought to the common loudness; what then stands out is bent below _PEAK."""
    samples = samples * np.float32(_LOUDNESS / np.sqrt(np.mean(samples**2)))
    level, knee = np.abs(samples), np.float32(_PEAK / 2)
    bent = knee + knee * np.tanh((level - knee) / knee)
    return np.where(level > knee, np.copysign(bent, samples), samples)


# --- the executables ---


def _run(command: list[str], text: str = "", **environment: str) -> bytes:
    """What a command prints, with the text on its standard input.

    Raises:
        OSError, subprocess.SubprocessError: it failed, or took too long.
    """
    done = subprocess.run(
        command,
        input=text.encode(),
        capture_output=True,
        timeout=_TIMEOUT_S,
        env=os.environ | environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # on Windows, else a console flashes up
        check=False,
    )
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise subprocess.SubprocessError(told[0] if told else f"exit code {done.returncode}")
    return done.stdout


@dataclass(frozen=True)
class Espeak:
    """espeak-ng, or its forerunner espeak."""

    path: str
    voice: str | None = None
    name: str = "espeak-ng"

    def wav(self, text: str) -> bytes:
        """The text as a WAV file."""
        voice = self.voice or "en-us"
        return _run([self.path, "-v", voice, "-s", str(WORDS_A_MINUTE), "-b", "1", "--stdin", "--stdout"], text)


@dataclass(frozen=True)
class Say:
    """`say` of macOS."""

    path: str
    voice: str | None = None
    name: str = "say"

    def wav(self, text: str) -> bytes:
        """The text as a WAV file."""
        voice = ["-v", self.voice] if self.voice else []
        with tempfile.TemporaryDirectory(prefix="formcoach-") as folder:
            path = Path(folder) / "speech.wav"
            how = ["-r", str(WORDS_A_MINUTE), "--file-format=WAVE", f"--data-format=LEI16@{RATE}"]
            _run([self.path, *voice, *how, "-o", str(path), "-f", "-"], text)
            return path.read_bytes()


_SAPI = f"""
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Speech
$voice = New-Object System.Speech.Synthesis.SpeechSynthesizer
if ($env:FORMCOACH_VOICE) {{ $voice.SelectVoice($env:FORMCOACH_VOICE) }}
$format = New-Object System.Speech.AudioFormat.SpeechAudioFormatInfo({RATE}, 'Sixteen', 'Mono')
$voice.SetOutputToWaveFile($env:FORMCOACH_WAVE, $format)
$voice.Speak($env:FORMCOACH_TEXT)
$voice.Dispose()
"""


@dataclass(frozen=True)
class Sapi:
    """The voices of Windows, by way of Windows PowerShell."""

    path: str
    voice: str | None = None
    name: str = "Windows speech"

    def wav(self, text: str) -> bytes:
        """The text as a WAV file."""
        with tempfile.TemporaryDirectory(prefix="formcoach-") as folder:
            path = Path(folder) / "speech.wav"
            _run(
                [self.path, "-NoProfile", "-NonInteractive", "-Command", _SAPI],
                FORMCOACH_VOICE=self.voice or "",
                FORMCOACH_TEXT=text,
                FORMCOACH_WAVE=str(path),
            )
            return path.read_bytes()


class SystemSpeech:
    """An executable's voice, its clips kept on disk.

    Args:
        engine: what speaks.
        folder: of the clips that are kept; None to keep none.
    """

    def __init__(self, engine: Engine, folder: Path | None = None) -> None:
        self.engine = engine
        self._folder = folder

    @property
    def name(self) -> str:
        """What speaks, for people."""
        return f"{self.engine.name}, {self.engine.voice}" if self.engine.voice else self.engine.name

    def render(self, text: str) -> Sound:
        """The text, spoken; empty where nothing in it can be.

        Raises:
            FormCoachError: it failed, or took too long.
        """
        return joined((self._phrase(phrase), _gap_s(phrase)) for phrase in phrases(spoken(text)))

    def _phrase(self, phrase: str) -> Sound:
        if not any(c.isalnum() for c in phrase):
            return Sound(np.zeros(0, np.float32))
        path = self._kept_at(phrase)
        kept = _kept(path) if path else None
        if kept is not None:
            return kept
        try:
            sound = tidy(read_wave(self.engine.wav(phrase)))
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            why = "no answer" if isinstance(error, subprocess.TimeoutExpired) else reason(error).rstrip(".")
            raise FormCoachError(
                f"the voice ({self.name}) fails: {why}; choose another with --voice, or --mute"
            ) from error
        if path:
            _keep(path, sound)
        return sound

    def _kept_at(self, phrase: str) -> Path | None:
        if self._folder is None:
            return None
        key = "\0".join([str(_VERSION), self.engine.name, self.engine.voice or "", phrase])
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npy"


def find_speech(voice: str | None = None) -> SystemSpeech | None:
    """The voice of this system; None where it has none.

    Args:
        voice: one of the executable's own, by its name there.

    Raises:
        FormCoachError: there is no such voice.
    """
    engine = _find_engine(voice or None)
    if engine is None:
        return None
    folder = None
    with suppress(FormCoachError):  # without a cache each start renders again, which is slower and no more
        folder = cache_folder() / "speech"
    speech = SystemSpeech(engine, folder)
    if voice:
        speech.render("Ready")
    return speech


def _find_engine(voice: str | None) -> Engine | None:
    if sys.platform == "darwin" and (path := shutil.which("say")):
        return Say(path, voice)
    if sys.platform == "win32" and (path := shutil.which("powershell")):
        return Sapi(path, voice)
    path = shutil.which("espeak-ng") or shutil.which("espeak")
    return Espeak(path, voice) if path else None


def _kept(path: Path) -> Sound | None:
    """A clip from the disk; None where it is not there or not whole."""
    try:
        with path.open("rb") as file:
            samples = np.lib.format.read_array(file, allow_pickle=False)
    except Exception:  # torn files make numpy raise nearly anything; the clip is then made again
        return None
    right = samples.ndim == 1 and samples.dtype == np.float32 and len(samples) <= LONGEST_S * RATE
    return Sound(samples) if right and np.all(np.abs(samples) <= 1) else None


def _keep(path: Path, sound: Sound) -> None:
    """Write a clip to the disk, and remove the oldest where there are many."""
    with suppress(FormCoachError, OSError):
        with replacing(path) as file:
            np.lib.format.write_array(file, sound.samples, allow_pickle=False)
        clips = sorted(path.parent.glob("*.npy"), key=lambda clip: clip.stat().st_mtime)
        for clip in clips[:-_KEPT_CLIPS]:
            clip.unlink()


# --- ahead of time ---


class Renderer:
    """Renders texts on a thread of its own. What is wanted now comes before what is prepared.

    No method waits for a text to be rendered. After several failures in a row the voice is given up, and every text
    fails at once.
    """

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self._ready: dict[str, Sound] = {}
        self._jobs: queue.PriorityQueue[tuple[int, int, Callable[[], None] | None]] = queue.PriorityQueue()
        self._number = count()
        self._failures = 0
        self._given_up: FormCoachError | None = None
        threading.Thread(target=self._work, name="formcoach-speech", daemon=True).start()

    def ready(self, text: str) -> Sound | None:
        """The sound of a text that was prepared; None where it is not there yet."""
        return self._ready.get(text)

    def ask(self, text: str, done: Callable[[Sound | FormCoachError], None]) -> None:
        """Render a text as soon as can be. `done` is called on the thread, with the sound or with what went wrong."""
        self._put(1, lambda: done(self._render(text)))

    def render_all(
        self, texts: Iterable[str], on_done: Callable[[tuple[FormCoachError, ...]], None] | None = None
    ) -> None:
        """Prepare texts, in their order. `on_done` is called once on the thread, with what went wrong."""
        errors: list[FormCoachError] = []
        for text in dict.fromkeys(texts):
            self._put(2, partial(self._prepare, text, errors))
        if on_done:
            self._put(2, lambda: on_done(tuple(errors)))

    def close(self) -> None:
        """Render nothing more; what is being rendered comes to its end on its own."""
        self._put(0, None)

    def _put(self, rank: int, job: Callable[[], None] | None) -> None:
        self._jobs.put((rank, next(self._number), job))

    def _work(self) -> None:
        while (job := self._jobs.get()[2]) is not None:
            job()

    def _prepare(self, text: str, errors: list[FormCoachError]) -> None:
        outcome = self._render(text)
        if isinstance(outcome, Sound):
            self._ready[text] = outcome
        else:
            errors.append(outcome)

    def _render(self, text: str) -> Sound | FormCoachError:
        if self._given_up:
            return self._given_up
        if text in self._ready:
            return self._ready[text]
        try:
            sound = self._speech.render(text)
        except FormCoachError as error:
            self._failures += 1
            self._given_up = error if self._failures >= _FAILURES else None
            return error
        self._failures = 0
        return sound
