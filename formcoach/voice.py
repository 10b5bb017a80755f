"""What is heard: words, clicks and tones, mixed and played without ever holding up a frame.

The frame loop gives orders, which only go into a queue. The sound card's thread takes them out, decides what is due and
mixes it; texts are rendered on a third thread. None of the three waits for another. Where there is no voice, words
become tones; where there is no sound card, nothing; both are said once, in `Voice.notices`.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from formcoach.errors import FormCoachError, reason
from formcoach.speech import RATE, Renderer, Sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from formcoach.speech import Samples, Speech

    Fill = Callable[[Samples, float], None]
    """Writes the next samples into an array (n,), given the time in seconds by the sink's clock."""

FRESH_S = 1.5
"""How late a text may start: words that come later belong to no rep."""
TONE_FRESH_S = 0.3
"""How late a click or a tone may start: they say `now`."""
DUCK = 0.5
"""Speech is lowered to this share, by 6 dB, while a click or a tone sounds over it."""
BLOCK = 512
"""Samples mixed at once, 23 ms."""
LATENCY_S = 0.1
"""Asked of the sound card: longer than a frame loop may keep the interpreter to itself, and not yet felt as late."""
STALL_S = 2.0
"""A sound card that asked for no samples in this time is gone."""

NO_DEVICE = "querying device -1"
"""What PortAudio says where there is no device at all."""

_CLOSE_S = 0.5  # what a device that hangs is waited for

NO_VOICE = "No voice found: tones only. Install espeak-ng to hear words."
NUMBERS = tuple(str(n) for n in range(1, 31))
"""What `milestone` says, and a count-in; to be prepared."""
MILESTONE = 5
"""Every so many reps the count is spoken."""


def milestone(rep: int, target: int | None = None) -> str | None:
    """The count as it is spoken after a rep: every fifth and the last two of the target; None where a click will do."""
    last_two = target is not None and target - 1 <= rep <= target
    return str(rep) if rep % MILESTONE == 0 or last_two else None


# --- clicks and tones ---


class Tone(Enum):
    """What a tone says."""

    UP = "up"
    """Good, or go on."""
    DOWN = "down"
    """Not yet, or step back."""
    DONE = "done"
    """The set is over."""
    ALERT = "alert"
    """A correction, where there are no words for it."""
    STOP = "stop"
    """Everything stops."""


_TUNES: dict[Tone, tuple[tuple[float, float, float], ...]] = {
    Tone.UP: ((0.0, 659.3, 0.14), (0.09, 880.0, 0.22)),
    Tone.DOWN: ((0.0, 880.0, 0.14), (0.09, 659.3, 0.22)),
    Tone.DONE: ((0.0, 523.3, 0.16), (0.11, 659.3, 0.16), (0.22, 784.0, 0.4)),
    Tone.ALERT: ((0.0, 988.0, 0.13), (0.17, 988.0, 0.18)),
    Tone.STOP: ((0.0, 440.0, 0.2), (0.16, 330.0, 0.45)),
}
"""Notes of each tone: start in s, pitch in Hz, length in s."""
_OVERTONES = (1.0, 0.35, 0.12)
_TONE_PEAK = 0.27  # with speech lowered and a click over it still below 1


@cache
def tone_sound(tone: Tone) -> Sound:
    """A tone, as it sounds at full volume."""
    notes = _TUNES[tone]
    samples = np.zeros(max(round((start + length) * RATE) for start, _, length in notes) + 1)
    for start_s, pitch_hz, length_s in notes:
        note = _note(pitch_hz, length_s, attack_s=0.008)
        at = round(start_s * RATE)
        samples[at : at + len(note)] += note
    return _at_peak(samples)


@cache
def click_sound() -> Sound:
    """The click that counts a rep: short as a knock on wood."""
    return _at_peak(_note(1480.0, 0.035, attack_s=0.0015))


def _note(pitch_hz: float, length_s: float, attack_s: float) -> NDArray[np.float64]:
    """A struck note: it begins softly enough not to crack, and has died away at its end."""
    time_s = np.arange(round(length_s * RATE)) / RATE
    wave = sum(level * np.sin(2 * np.pi * pitch_hz * (i + 1) * time_s) for i, level in enumerate(_OVERTONES))
    attack = np.minimum(time_s / attack_s, 1)
    release = np.minimum((time_s[-1] - time_s) / (0.3 * length_s), 1)
    shape = np.sin(np.pi / 2 * attack) ** 2 * np.sin(np.pi / 2 * release) ** 2
    return np.asarray(wave * shape * np.exp(-3 * time_s / length_s))


def _at_peak(samples: NDArray[np.float64]) -> Sound:
    return Sound((samples * (_TONE_PEAK / np.abs(samples).max())).astype(np.float32))


# --- mixing ---


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that began to sound.

    Attributes:
        time_s: when its first sample was handed to the sink, by the sink's clock.
        kind: "speech", "tone" or "click".
        text: the words, or the tone's name.
    """

    time_s: float
    kind: str
    text: str


@dataclass(slots=True, eq=False)
class _Text:
    """Words to be said; the sound is set from the rendering thread."""

    text: str
    asked_s: float
    fresh_s: float
    urgent: bool
    tone: Tone | None
    sound: Sound | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class _Effect:
    """A click, or a tone."""

    asked_s: float
    tone: Tone | None


class _Stop:
    """Silence everything."""


@dataclass(slots=True, eq=False)
class _Track:
    """A sound that is playing; one that is `dying` fades out in the next samples."""

    samples: Samples
    at: int = 0
    dying: bool = False

    def add_to(self, out: Samples) -> bool:
        """Add the next samples. Whether there are more."""
        part = self.samples[self.at : self.at + (_FADE if self.dying else len(out))][: len(out)]
        self.at += len(part)
        if self.dying:
            part = part * np.linspace(1, 0, len(part), dtype=np.float32)
        out[: len(part)] += part
        return not self.dying and self.at < len(self.samples)


_FADE = round(0.005 * RATE)
_MOST_WAITING = 8  # texts; more in so short a time would only be late


class _Gain:
    """A factor that changes over a block instead of at once, which would crack."""

    def __init__(self) -> None:
        self._value: float | None = None

    def apply(self, target: float, samples: Samples) -> None:
        """Multiply samples by it on its way to the target."""
        if self._value is None:
            self._value = target
        if target != self._value:
            samples *= np.linspace(self._value, target, len(samples), dtype=np.float32)
            self._value = target
        elif target != 1.0:
            samples *= np.float32(target)


class Mixer:
    """Mixes what was ordered. Orders come from any thread, `fill` is called by one; no locks.

    One text is spoken at a time, clicks and tones sound over it.

    Attributes:
        volume: 0 to 1.
        muted: mixes silence, in the same time.
        heard: what began to sound of late.
    """

    def __init__(self) -> None:
        self.volume = 1.0
        self.muted = False
        self.heard: deque[Heard] = deque(maxlen=1000)
        # A deque's append, popleft and clear are atomic. It is bounded for the time before a sound card answers.
        self._orders: deque[_Text | _Effect | _Stop] = deque(maxlen=256)
        self._busy = False
        self._waiting: list[_Text] = []
        self._speech: list[_Track] = []
        self._effects: list[_Track] = []
        self._level, self._ducking = _Gain(), _Gain()
        self._bus = np.zeros(BLOCK, np.float32)

    @property
    def idle(self) -> bool:
        """Whether nothing sounds or waits."""
        return not self._orders and not self._busy

    def order(self, order: _Text | _Effect) -> None:
        """Have something played."""
        self._orders.append(order)

    def stop(self) -> None:
        """Forget everything ordered, and silence what sounds within one block."""
        self._orders.clear()
        self._orders.append(_Stop())

    def fill(self, out: Samples, now_s: float) -> None:
        """Write the next samples.

        Args:
            out: (n,), overwritten.
            now_s: by the clock that orders are stamped with.
        """
        while self._orders:
            self._busy = True
            try:
                order = self._orders.popleft()
            except IndexError:  # cleared by a stop, whose own order follows
                continue
            self._obey(order, now_s)
        for start in range(0, len(out), BLOCK):
            self._mix(out[start : start + BLOCK], now_s + start / RATE)
        self._busy = bool(self._speech or self._effects or self._waiting)

    def _obey(self, order: _Text | _Effect | _Stop, now_s: float) -> None:
        if isinstance(order, _Effect):
            if now_s - order.asked_s <= TONE_FRESH_S:
                self._sound(order.tone, now_s)
            return
        if isinstance(order, _Stop) or order.urgent:
            self._waiting.clear()
            for track in self._speech:
                track.dying = True
        if isinstance(order, _Stop):
            for track in self._effects:
                track.dying = True
        else:
            self._waiting.append(order)
            del self._waiting[:-_MOST_WAITING]

    def _sound(self, tone: Tone | None, now_s: float) -> None:
        self._effects.append(_Track((tone_sound(tone) if tone else click_sound()).samples))
        self.heard.append(Heard(now_s, "tone", tone.value) if tone else Heard(now_s, "click", ""))

    def _mix(self, out: Samples, now_s: float) -> None:
        self._waiting = [text for text in self._waiting if not self._settled(text, now_s)]
        out.fill(0)
        ducking = DUCK if self._effects else 1.0
        self._effects = [track for track in self._effects if track.add_to(out)]
        if self._speech:
            bus = self._bus[: len(out)]
            bus.fill(0)
            self._speech = [track for track in self._speech if track.add_to(bus)]
            self._ducking.apply(ducking, bus)
            out += bus
        self._level.apply(0.0 if self.muted else self.volume, out)
        np.clip(out, -1, 1, out=out)

    def _settled(self, text: _Text, now_s: float) -> bool:
        """Begin a text whose turn it is, or drop one that is late. Whether either was done."""
        if text.failed or now_s - text.asked_s > text.fresh_s:
            if text.sound is None and text.tone:
                self._sound(text.tone, now_s)
            return True
        if text.sound is None or not all(track.dying for track in self._speech):
            return False
        if len(text.sound.samples):
            self._speech.append(_Track(text.sound.samples))
            self.heard.append(Heard(now_s, "speech", text.text))
        return True


# --- where it is heard ---


class Sink(Protocol):
    """Takes samples at their rate, by a thread of its own."""

    def start(self, fill: Fill) -> None:
        """Begin to take samples, now or soon. Does not wait for a device."""

    def now_s(self) -> float:
        """The clock that `fill` is called with."""

    @property
    def taking(self) -> bool:
        """Whether samples are taken, or will be as soon as the device is open."""

    @property
    def trouble(self) -> str | None:
        """Why none are taken, and what to do about it, on one line."""

    def close(self) -> None:
        """Take no more."""


class SoundDeviceSink:
    """The sound card, by way of PortAudio.

    Args:
        device: a number or part of a name, as PortAudio lists them; None for the system's default.
    """

    def __init__(self, device: int | str | None = None) -> None:
        self._device = device
        self._stream: Any = None
        self._failure: str | None = None
        self._closing = False
        self._asked_s = time.monotonic()

    def start(self, fill: Fill) -> None:
        """Begin to take samples as soon as the device is open."""
        threading.Thread(target=self._open, args=(fill,), name="formcoach-sound", daemon=True).start()

    def now_s(self) -> float:
        """The system's steady clock."""
        return time.monotonic()

    @property
    def latency_s(self) -> float:
        """From `fill` to the ear; 0 while the device is not open."""
        return float(self._stream.latency) if self._stream else 0.0

    @property
    def taking(self) -> bool:
        """Whether samples are taken, or will be as soon as the device is open."""
        return not self._closing and self.trouble is None

    @property
    def trouble(self) -> str | None:
        """Why none are taken, and what to do about it, on one line."""
        opened = self._stream is not None and not self._closing
        if opened and time.monotonic() - self._asked_s > STALL_S:
            return _LOST  # on some systems a device that is pulled out just asks for no more
        return self._failure

    def close(self) -> None:
        """Take no more. Does not wait for a device that hangs."""
        self._closing = True
        if self._stream:
            closer = threading.Thread(target=_close, args=(self._stream,), daemon=True)
            closer.start()
            closer.join(_CLOSE_S)

    def _open(self, fill: Fill) -> None:
        try:
            stream = self._opened(fill)
        except FormCoachError as error:
            self._failure = str(error)
            return
        self._asked_s = time.monotonic()
        self._stream = stream
        if self._closing:
            _close(stream)

    def _opened(self, fill: Fill) -> Any:
        try:
            sounddevice = importlib.import_module("sounddevice")
        except (ImportError, OSError) as error:
            raise FormCoachError(
                f"No sound: {reason(error)}. On Linux install libportaudio2; elsewhere install FormCoach again."
            ) from error
        why: Exception | None = None
        for channels in (2, 1):  # in this order, since some devices play mono on the left only
            stream = None
            try:
                stream = sounddevice.OutputStream(
                    samplerate=RATE,
                    blocksize=BLOCK,
                    device=self._device,
                    channels=channels,
                    dtype="float32",
                    latency=LATENCY_S,
                    callback=self._callback(fill),
                    finished_callback=self._finished,
                )
                stream.start()
            except (sounddevice.PortAudioError, ValueError, OSError) as error:
                why = error
                if stream:
                    _close(stream)
            else:
                return stream
        told = reason(why or OSError()).rstrip(".")
        if NO_DEVICE in told:
            told = "this computer has no sound device"
        raise FormCoachError(f"No sound: {told}. Plug in loudspeakers or headphones and restart to hear the coach.")

    def _callback(self, fill: Fill) -> Callable[[Any, int, object, object], None]:
        mono = np.zeros(BLOCK, np.float32)

        def callback(out: Any, frames: int, _time: object, _status: object) -> None:
            self._asked_s = time.monotonic()
            samples = mono[:frames] if frames <= BLOCK else np.zeros(frames, np.float32)
            fill(samples, self._asked_s)
            out[:] = samples[:, np.newaxis]

        return callback

    def _finished(self) -> None:
        if self._stream is not None and not self._closing:
            self._failure = _LOST


_LOST = "No sound any more: the sound device is gone. Plug it in and restart to hear the coach."


def _close(stream: Any) -> None:
    stream.abort()
    stream.close()


class NullSink:
    """A sound card that nobody hears: takes samples at their rate and forgets them."""

    def __init__(self) -> None:
        self._closed = threading.Event()

    def start(self, fill: Fill) -> None:
        """Begin to take samples."""
        threading.Thread(target=self._run, args=(fill,), name="formcoach-sound", daemon=True).start()

    def now_s(self) -> float:
        """The system's steady clock."""
        return time.monotonic()

    @property
    def taking(self) -> bool:
        """Until it is closed."""
        return not self._closed.is_set()

    @property
    def trouble(self) -> str | None:
        """None: nobody misses anything."""
        return None

    def close(self) -> None:
        """Take no more."""
        self._closed.set()

    def _run(self, fill: Fill) -> None:
        samples = np.zeros(BLOCK, np.float32)
        due_s = time.monotonic()
        while not self._closed.wait(due_s - time.monotonic()):
            fill(samples, time.monotonic())
            due_s = max(due_s + BLOCK / RATE, time.monotonic())


class RecordingSink:
    """Collects what would be heard, by a clock that only `advance` moves.

    Args:
        block: samples asked for at once.
    """

    def __init__(self, block: int = BLOCK) -> None:
        self._block = block
        self._fill: Fill | None = None
        self._parts: list[Samples] = []
        self._until_s = 0.0

    def start(self, fill: Fill) -> None:
        """Take samples from now on."""
        self._fill = fill

    def now_s(self) -> float:
        """How much was collected."""
        return len(self._parts) * self._block / RATE

    @property
    def taking(self) -> bool:
        """From the start until it is closed."""
        return self._fill is not None

    @property
    def trouble(self) -> str | None:
        """None: it cannot fail."""
        return None

    @property
    def samples(self) -> Samples:
        """All that was collected, (n,)."""
        return np.concatenate([np.zeros(0, np.float32), *self._parts])

    def advance(self, seconds: float) -> Samples:
        """Let time pass, in whole blocks. What was heard in it."""
        first = len(self._parts)
        self._until_s += seconds
        while self._fill and len(self._parts) * self._block < round(self._until_s * RATE):
            part = np.empty(self._block, np.float32)
            self._fill(part, self.now_s())
            self._parts.append(part)
        return np.concatenate([np.zeros(0, np.float32), *self._parts[first:]])

    def close(self) -> None:
        """Take no more."""
        self._fill = None


# --- the voice ---


class Voice:
    """The coach's voice. No method waits for anything: each is done in microseconds.

    Args:
        speech: for words; None for tones in their place.
        sink: where it is heard. The voice starts and closes it.
        volume: 0 to 1.
        muted: silent, until it is changed.

    Raises:
        FormCoachError: there is no such volume.
    """

    def __init__(self, speech: Speech | None, sink: Sink, *, volume: float = 1.0, muted: bool = False) -> None:
        self._notices: list[str] = []
        self._words_failed = False
        self._mixer = Mixer()
        self.volume, self.muted = volume, muted
        self._renderer = Renderer(speech) if speech is not None else None
        if speech is None:
            self._notices.append(NO_VOICE)
        for tone in Tone:
            tone_sound(tone)
        self._sink = sink
        sink.start(self._mixer.fill)

    def __enter__(self) -> Voice:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def prepare(self, texts: Iterable[str], on_done: Callable[[], None] | None = None) -> None:
        """Render texts ahead, in the background and in their order, so that they can be said at once.

        Args:
            texts: said later, each exactly so.
            on_done: called at the end, from another thread; never if the voice is closed before.
        """

        def done(errors: tuple[FormCoachError, ...]) -> None:
            if errors:
                self._words_fail(errors[0])
            if on_done:
                on_done()

        if self._renderer:
            self._renderer.render_all(texts, done)
        elif on_done:
            on_done()

    def say(self, text: str, *, urgent: bool = False, tone: Tone = Tone.ALERT, fresh_s: float = FRESH_S) -> None:
        """Say a text after the one that is being said, if that is soon.

        A text that was not prepared is rendered first.

        Args:
            text: without words nothing is said.
            urgent: at once, instead of what is being said and what waits.
            tone: sounds instead where there is no voice, the voice fails or is not ready in time; where an urgent text
                was not prepared, also before it.
            fresh_s: dropped if it could not begin in this time.
        """
        if not text.strip() or not self._hearing():
            return
        if self._renderer is None:
            self.tone(tone)
            return
        sound = self._renderer.ready(text)
        order = _Text(text, self._sink.now_s(), fresh_s, urgent, tone, sound)
        if sound is None and urgent:
            order.tone = None
            self._mixer.order(_Effect(order.asked_s, tone))
        self._mixer.order(order)
        if sound is None:
            self._renderer.ask(text, lambda outcome: self._rendered(order, outcome))

    def click(self) -> None:
        """Count a rep."""
        self._effect(None)

    def tone(self, tone: Tone) -> None:
        """Sound a tone."""
        self._effect(tone)

    def stop(self) -> None:
        """Silence everything at once, and forget what waits."""
        self._mixer.stop()

    @property
    def quiet(self) -> bool:
        """Whether nothing sounds or waits to."""
        return self._mixer.idle or not self._sink.taking

    @property
    def volume(self) -> float:
        """0 to 1."""
        return self._mixer.volume

    @volume.setter
    def volume(self, volume: float) -> None:
        if not 0 <= volume <= 1:
            raise FormCoachError(f"there is no volume {volume:g}; give one from 0 to 1")
        self._mixer.volume = volume

    @property
    def muted(self) -> bool:
        """Whether it is silent; what is ordered passes unheard."""
        return self._mixer.muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._mixer.muted = muted

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know, each once, the oldest first."""
        self._hearing()
        return tuple(self._notices)

    @property
    def heard(self) -> tuple[Heard, ...]:
        """What began to sound of late, the oldest first."""
        return tuple(self._mixer.heard)

    def close(self) -> None:
        """Fall silent for good. Does not wait for a text that is being rendered."""
        if self._renderer:
            self._renderer.close()
        self._sink.close()

    def _effect(self, tone: Tone | None) -> None:
        if self._hearing():
            self._mixer.order(_Effect(self._sink.now_s(), tone))

    def _hearing(self) -> bool:
        """Whether there is where to play; the first time that there is not, a notice."""
        if trouble := self._sink.trouble:
            self._notice(trouble)
        return self._sink.taking

    def _rendered(self, order: _Text, outcome: Sound | FormCoachError) -> None:
        if isinstance(outcome, Sound):
            order.sound = outcome
        else:
            order.failed = True
            self._words_fail(outcome)

    def _words_fail(self, error: FormCoachError) -> None:
        if not self._words_failed:
            self._words_failed = True
            self._notice(f"Tones instead of words: {error}")

    def _notice(self, text: str) -> None:
        if text not in self._notices:
            self._notices.append(text)
