"""The voice, heard by a sink whose clock only the test moves, and by a made-up sound card."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import threading
import time
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from formcoach import speech
from formcoach import voice as voices
from formcoach.errors import FormCoachError
from formcoach.speech import RATE, Sound
from formcoach.voice import (
    BLOCK,
    DUCK,
    NO_VOICE,
    NullSink,
    RecordingSink,
    SoundDeviceSink,
    Tone,
    Voice,
    click_sound,
    milestone,
    tone_sound,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from formcoach.speech import Samples
    from formcoach.voice import Fill, Sink

BLOCK_S = BLOCK / RATE
LEVEL = 0.25
"""Of the made-up speech, which is a constant: where it begins, ends and fades is plain to see."""


class Reader:
    """A speech of a tenth of a second a letter, at a constant level. Waits until it is let; fails at texts of `bad`."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.rendered = threading.Semaphore(0)

    def render(self, text: str) -> Sound:
        try:
            assert self.go.wait(10)
            if "bad" in text:
                raise FormCoachError(f"cannot say {text}")
            return Sound(np.full(round(0.1 * len(text) * RATE), LEVEL, np.float32))
        finally:
            self.rendered.release()


def prepare(voice: Voice, *texts: str) -> None:
    done = threading.Event()
    voice.prepare(texts, done.set)
    assert done.wait(10)


def until(true: Callable[[], bool], within_s: float = 5.0) -> None:
    end_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.002)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def voice(reader: Reader, sink: RecordingSink) -> Iterator[Voice]:
    with Voice(reader, sink) as made:
        yield made
    reader.go.set()


def said(voice: Voice) -> list[tuple[Any, str]]:
    """When which words began, to a block."""
    return [(round(heard.time_s, 2), heard.text) for heard in voice.heard if heard.kind == "speech"]


def sounded(voice: Voice) -> list[str]:
    return [heard.text or heard.kind for heard in voice.heard]


def padded(samples: Samples, length: int) -> Samples:
    return np.pad(samples, (0, length))[:length]


# --- clicks and tones ---

EFFECTS: dict[str, Callable[[], Sound]] = {
    "click": click_sound,
    **{tone.value: partial(tone_sound, tone) for tone in Tone},
}
effects = pytest.mark.parametrize("effect", EFFECTS.values(), ids=EFFECTS)


@effects
def test_an_effect_is_short_and_begins_and_ends_softly(effect: Callable[[], Sound]) -> None:
    sound = effect()
    assert 0.02 < sound.duration_s < 0.7
    assert np.abs(sound.samples).max() == pytest.approx(voices._TONE_PEAK)
    assert np.abs(sound.samples[[0, 1, -2, -1]]).max() < 0.01
    assert abs(sound.samples.mean()) < 0.005
    assert sound.samples.dtype == np.float32


def test_no_two_effects_are_alike() -> None:
    assert len({effect().samples.tobytes() for effect in EFFECTS.values()}) == len(Tone) + 1


@pytest.mark.parametrize(
    ("target", "spoken"),
    [(None, ["5", "10"]), (8, ["5", "7", "8", "10"]), (10, ["5", "9", "10"]), (1, ["1", "5", "10"])],
)
def test_milestones(target: int | None, spoken: list[str]) -> None:
    assert [text for rep in range(1, 12) if (text := milestone(rep, target))] == spoken
    assert set(spoken) <= set(voices.NUMBERS)


# --- mixing ---


def test_what_was_prepared_is_heard_from_the_next_block_on(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "back")
    sink.advance(1.0)
    voice.say("back")
    heard = sink.advance(1.0)
    np.testing.assert_array_equal(heard, padded(np.full(round(0.4 * RATE), LEVEL, np.float32), len(heard)))
    assert said(voice) == [(pytest.approx(1.0, abs=0.03), "back")]


def test_effects_add_up(voice: Voice, sink: RecordingSink) -> None:
    voice.click()
    voice.tone(Tone.UP)
    heard = sink.advance(0.5)
    click, up = (padded(sound.samples, len(heard)) for sound in (click_sound(), tone_sound(Tone.UP)))
    np.testing.assert_allclose(heard, click + up, atol=1e-6)


def test_speech_is_lowered_under_a_tone(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "long back")
    voice.say("long back")
    sink.advance(10 * BLOCK_S)
    voice.tone(Tone.UP)
    heard = sink.advance(20 * BLOCK_S) - padded(tone_sound(Tone.UP).samples, 20 * BLOCK)
    blocks = heard.reshape(20, BLOCK)
    assert blocks[0] == pytest.approx(np.linspace(1, DUCK, BLOCK) * LEVEL, abs=1e-5)
    assert blocks[1] == pytest.approx(DUCK * LEVEL, abs=1e-5)
    assert blocks[-1] == pytest.approx(LEVEL, abs=1e-5)


def test_nothing_is_ever_beyond_one(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "back")
    voice.say("back")
    for _ in range(30):
        voice.click()
        voice.tone(Tone.STOP)
    heard = sink.advance(1.0)
    assert np.abs(heard).max() == 1.0


def test_words_with_a_tone_and_a_click_over_them_need_no_clipping() -> None:
    assert DUCK * speech._PEAK + 2 * voices._TONE_PEAK < 1


@pytest.mark.parametrize("block", [16, 47, 512, 5000])
def test_the_block_is_of_no_account(block: int, reader: Reader) -> None:
    sink = RecordingSink(block)
    with Voice(reader, sink) as voice:
        prepare(voice, "back")
        voice.say("back")
        heard = sink.advance(0.6)
    assert np.count_nonzero(heard) == round(0.4 * RATE)
    assert heard.max() == LEVEL


def script(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "long back", "hips", "stop")
    for at in range(60):
        if at % 7 == 0:
            voice.say("long back")
        if at % 5 == 0:
            voice.click()
        if at % 11 == 0:
            voice.say("hips", urgent=True)
        if at == 41:
            voice.stop()
            voice.tone(Tone.STOP)
        sink.advance(0.1)


def test_the_same_orders_give_the_same_samples() -> None:
    sinks = RecordingSink(), RecordingSink()
    for sink in sinks:
        with Voice(Reader(), sink) as voice:
            script(voice, sink)
    assert np.count_nonzero(sinks[0].samples)
    np.testing.assert_array_equal(sinks[0].samples, sinks[1].samples)


# --- one at a time ---


def test_a_second_text_waits_for_the_first(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "long back", "hips")
    voice.say("long back")
    voice.say("hips")
    heard = sink.advance(2.0)
    assert [text for _, text in said(voice)] == ["long back", "hips"]
    assert heard.max() == LEVEL, "never two at once"
    assert np.count_nonzero(heard) == round(1.3 * RATE)


def test_a_text_that_waited_too_long_is_dropped(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "a sentence of two seconds", "hips", "later", "rest now")
    voice.say("a sentence of two seconds")
    voice.say("hips")
    voice.say("rest now", fresh_s=5.0)
    sink.advance(4.0)
    voice.say("later")
    sink.advance(1.0)
    assert sounded(voice) == ["a sentence of two seconds", "rest now", "later"], "and no tone for what was dropped"


def test_an_urgent_text_replaces_what_is_said_and_what_waits(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "long back", "hips", "stop")
    voice.say("long back")
    voice.say("hips")
    sink.advance(0.3)
    voice.say("stop", urgent=True)
    sink.advance(1.5)
    assert said(voice) == [(0.0, "long back"), (pytest.approx(0.3, abs=0.03), "stop")]
    assert voice.quiet


def test_a_flood_of_texts_is_not_kept(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "a", "b")
    for text in ["a"] * 300 + ["b"]:
        voice.say(text)
    sink.advance(1.5)
    assert len(said(voice)) <= 8
    assert said(voice)[-1][1] == "b"


@pytest.mark.parametrize("text", ["", " \n"])
def test_nothing_to_say(voice: Voice, sink: RecordingSink, text: str) -> None:
    voice.say(text)
    assert not sink.advance(0.1).any()
    assert voice.quiet


@pytest.mark.skipif(not (shutil.which("espeak-ng") or shutil.which("espeak")), reason="espeak-ng is not installed")
def test_a_real_cue_is_heard(sink: RecordingSink, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FORMCOACH_HOME", str(tmp_path))
    found = speech.find_speech()
    assert found
    with Voice(found, sink) as voice:
        prepare(voice, "Hips back", *voices.NUMBERS)
        voice.say("Hips back", urgent=True)
        heard = sink.advance(2.0)
        assert voice.notices == ()
    np.testing.assert_array_equal(heard, padded(found.render("Hips back").samples, len(heard)))


# --- silence ---


def test_stop_silences_everything_within_a_block(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "long back", "hips")
    voice.say("long back")
    voice.say("hips")
    voice.tone(Tone.DONE)
    sink.advance(0.2)
    assert not voice.quiet
    voice.stop()
    assert not sink.advance(3.0)[BLOCK:].any()
    assert voice.quiet


def test_stop_forgets_what_no_block_has_begun_and_what_is_being_rendered(
    voice: Voice, sink: RecordingSink, reader: Reader
) -> None:
    prepare(voice, "hips")
    reader.go.clear()
    voice.say("hips")
    voice.say("not ready")
    voice.click()
    voice.stop()
    reader.go.set()
    assert reader.rendered.acquire(timeout=5)
    assert reader.rendered.acquire(timeout=5)
    assert not sink.advance(2.0).any()


def test_what_is_said_after_a_stop_is_heard(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "long back", "stopping")
    voice.say("long back")
    sink.advance(0.1)
    voice.stop()
    voice.say("stopping", urgent=True)
    sink.advance(2.0)
    assert [text for _, text in said(voice)] == ["long back", "stopping"]


def test_a_cut_does_not_crack(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "long back")
    voice.say("long back")
    before = sink.advance(0.2)[-1]
    voice.stop()
    assert np.abs(np.diff([before, *sink.advance(BLOCK_S)])).max() < 0.01


@pytest.mark.parametrize("volume", [0.0, 0.3, 1.0])
def test_volume(reader: Reader, sink: RecordingSink, volume: float) -> None:
    with Voice(reader, sink, volume=volume) as voice:
        prepare(voice, "hips")
        voice.say("hips")
        assert voice.volume == volume
        assert sink.advance(0.2).max() == pytest.approx(volume * LEVEL)


@pytest.mark.parametrize("volume", [-0.1, 1.1, float("nan"), float("inf")])
def test_no_such_volume(reader: Reader, sink: RecordingSink, volume: float) -> None:
    with pytest.raises(FormCoachError, match="0 to 1"):
        Voice(reader, sink, volume=volume)


def test_muted_from_the_start(reader: Reader, sink: RecordingSink) -> None:
    with Voice(reader, sink, muted=True) as voice:
        prepare(voice, "hips")
        voice.say("hips")
        voice.click()
        assert not sink.advance(0.2).any()
        assert not voice.quiet, "what nobody hears takes its time too"
        voice.muted = False
        assert sink.advance(0.1).any()


def test_muted_in_the_middle(voice: Voice, sink: RecordingSink) -> None:
    prepare(voice, "long back")
    voice.say("long back")
    sink.advance(0.2)
    voice.muted = True
    heard = sink.advance(0.3)
    assert np.abs(np.diff(heard)).max() < 0.01, "without a crack"
    assert not heard[BLOCK:].any()


# --- what is not rendered yet ---


def test_a_text_that_was_not_prepared_is_said_if_it_is_soon(voice: Voice, sink: RecordingSink, reader: Reader) -> None:
    reader.go.clear()
    voice.say("two of eight")
    sink.advance(0.5)
    assert not voice.quiet
    reader.go.set()
    assert reader.rendered.acquire(timeout=5)
    until(lambda: bool(sink.advance(BLOCK_S).any()))
    assert sounded(voice) == ["two of eight"]


def test_a_text_that_is_ready_does_not_wait_for_one_that_is_not(
    voice: Voice, sink: RecordingSink, reader: Reader
) -> None:
    prepare(voice, "hips")
    reader.go.clear()
    voice.say("not ready")
    voice.say("hips")
    sink.advance(1.0)
    assert said(voice) == [(0.0, "hips")]


def test_what_comes_too_late_is_a_tone(voice: Voice, sink: RecordingSink, reader: Reader) -> None:
    reader.go.clear()
    voice.say("not ready", tone=Tone.DOWN)
    assert not sink.advance(1.4).any()
    heard = sink.advance(0.7)
    assert sounded(voice) == ["down"]
    assert heard.any()
    assert voice.quiet
    reader.go.set()
    assert reader.rendered.acquire(timeout=5)
    assert not sink.advance(2.0).any()


def test_an_urgent_text_that_was_not_prepared_sounds_at_once(voice: Voice, sink: RecordingSink, reader: Reader) -> None:
    reader.go.clear()
    voice.say("put it down", urgent=True, tone=Tone.STOP)
    assert sink.advance(0.5).any()
    reader.go.set()
    assert reader.rendered.acquire(timeout=5)
    until(lambda: sink.advance(BLOCK_S) is not None and bool(said(voice)))
    assert sounded(voice) == ["stop", "put it down"]


def test_a_text_that_fails_is_a_tone_and_a_notice_once(voice: Voice, sink: RecordingSink, reader: Reader) -> None:
    for n in range(2):
        voice.say(f"bad {n}", tone=Tone.UP)
        assert reader.rendered.acquire(timeout=5)
        until(lambda n=n: sink.advance(BLOCK_S) is not None and len(sounded(voice)) > n)  # type: ignore[misc]
    assert sounded(voice) == ["up", "up"]
    assert voice.notices == ("Tones instead of words: cannot say bad 0",)


def test_preparing_tells_what_fails_before_it_is_said(voice: Voice) -> None:
    prepare(voice, "hips", "bad")
    assert voice.notices == ("Tones instead of words: cannot say bad",)


def test_without_a_voice_there_are_tones(sink: RecordingSink) -> None:
    with Voice(None, sink) as voice:
        prepare(voice, "hips")
        voice.say("hips", tone=Tone.UP)
        heard = sink.advance(0.5)
        assert voice.notices == (NO_VOICE,)
    np.testing.assert_array_equal(heard, padded(tone_sound(Tone.UP).samples, len(heard)))


# --- nothing blocks ---


def test_no_call_waits_for_the_voice(voice: Voice, sink: RecordingSink, reader: Reader) -> None:
    """The speech hangs; a frame at 30 fps has 33 ms, and a call a thousandth of a second on the worst of days."""
    reader.go.clear()
    sink.advance(BLOCK_S)
    calls: dict[str, Callable[[int], object]] = {
        "say": lambda n: voice.say(f"not ready {n}"),
        "long": lambda n: voice.say(f"{n}" * 10_000),
        "urgent": lambda n: voice.say(f"now {n}", urgent=True),
        "click": lambda _: voice.click(),
        "tone": lambda _: voice.tone(Tone.UP),
        "stop": lambda _: voice.stop(),
        "quiet": lambda _: voice.quiet,
        "notices": lambda _: voice.notices,
        "prepare": lambda n: voice.prepare([f"text {n}"]),
    }
    for name, call in calls.items():
        took_s = []
        for n in range(50):
            start_s = time.perf_counter()
            call(n)
            took_s.append(time.perf_counter() - start_s)
        assert statistics.median(took_s) < 0.001, name
        assert max(took_s) < 1, name
    start_s = time.perf_counter()
    voice.close()
    assert time.perf_counter() - start_s < 1


def test_a_process_ends_while_the_voice_hangs() -> None:
    code = (
        "import sys, time\n"
        "from formcoach.voice import NullSink, Voice\n"
        "assert 'sounddevice' not in sys.modules\n"
        "class Slow:\n"
        "    def render(self, text):\n"
        "        time.sleep(60)\n"
        "voice = Voice(Slow(), NullSink())\n"
        "voice.say('hello')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_sink_that_nobody_hears_takes_its_time(reader: Reader) -> None:
    sink = NullSink()
    with Voice(reader, sink) as voice:
        prepare(voice, "hip")
        start_s = time.monotonic()
        voice.say("hip")
        assert not voice.quiet
        until(lambda: voice.quiet)
        assert 0.2 < time.monotonic() - start_s < 5
        assert sounded(voice) == ["hip"]
        assert 0 <= voice.heard[0].time_s - start_s < 2
    voice.say("hip")
    assert voice.quiet


# --- the sound card ---


class Card(ModuleType):
    """A made-up `sounddevice`.

    Attributes:
        streams: those that were opened.
        refuses: numbers of channels that it cannot do.
        why: what it says then.
    """

    class PortAudioError(Exception):
        pass

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.streams: list[Any] = []
        self.refuses: tuple[int, ...] = ()
        self.why = "Invalid number of channels"
        card = self

        class OutputStream:
            latency = 0.1

            def __init__(self, **asked: Any) -> None:
                if asked["channels"] in card.refuses:
                    raise card.PortAudioError(card.why)
                self.asked, self.closed = asked, False
                card.streams.append(self)

            def start(self) -> None:
                pass

            def abort(self) -> None:
                self.asked["finished_callback"]()

            def close(self) -> None:
                self.closed = True

            def play(self, seconds: float = BLOCK_S) -> Samples:
                parts = []
                for _ in range(max(round(seconds / BLOCK_S), 1)):
                    out = np.full((BLOCK, self.asked["channels"]), 9, np.float32)
                    self.asked["callback"](out, BLOCK, None, None)
                    parts.append(out)
                return np.concatenate(parts)

        self.OutputStream = OutputStream


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    made = Card()
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    return made


def opened(card: Card, sink: SoundDeviceSink) -> Any:
    until(lambda: sink.latency_s > 0)
    return card.streams[-1]


@pytest.mark.parametrize(("refuses", "channels"), [((), 2), ((2,), 1)], ids=["stereo", "mono"])
def test_a_sound_card_plays(card: Card, reader: Reader, refuses: tuple[int, ...], channels: int) -> None:
    card.refuses = refuses
    sink = SoundDeviceSink()
    with Voice(reader, sink) as voice:
        stream = opened(card, sink)
        prepare(voice, "hips")
        voice.say("hips")
        heard = stream.play(0.3)
        assert heard.shape[1] == channels
        assert (heard.T == LEVEL).all()
        assert voice.notices == ()
    assert stream.closed
    assert voice.notices == ()
    voice.say("hips")
    assert voice.quiet


def no_portaudio(_card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])


def no_package(_card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)


def no_card(card: Card, _monkeypatch: pytest.MonkeyPatch) -> None:
    card.refuses = (1, 2)


def no_device(card: Card, _monkeypatch: pytest.MonkeyPatch) -> None:
    card.refuses, card.why = (1, 2), "Error querying device -1"


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (no_portaudio, "libportaudio2"),
        (no_package, "sounddevice"),
        (no_card, "Plug in loudspeakers"),
        (no_device, "No sound: this computer has no sound device. Plug in"),
    ],
)
def test_without_a_sound_card_all_goes_on(
    missing: Callable[[Card, pytest.MonkeyPatch], None],
    told: str,
    card: Card,
    reader: Reader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing(card, monkeypatch)
    with Voice(reader, SoundDeviceSink()) as voice:
        voice.click()
        until(lambda: bool(voice.notices))
        for _ in range(3):
            voice.say("hips")
            voice.say("stop", urgent=True)
            voice.tone(Tone.UP)
            voice.stop()
        assert voice.quiet
        (notice,) = voice.notices
        assert notice.startswith("No sound: ")
        assert told in notice
        assert "\n" not in notice


def test_a_device_that_is_lost_in_the_middle(card: Card, reader: Reader) -> None:
    sink = SoundDeviceSink()
    with Voice(reader, sink) as voice:
        stream = opened(card, sink)
        prepare(voice, "long back")
        voice.say("long back")
        stream.play(0.2)
        stream.asked["finished_callback"]()
        for _ in range(3):
            voice.say("long back")
            voice.click()
        assert voice.quiet
        (notice,) = voice.notices
        assert "the sound device is gone" in notice


def test_a_device_that_just_asks_no_more(card: Card, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a suspend, from which it comes back."""
    sink = SoundDeviceSink()
    with Voice(reader, sink) as voice:
        stream = opened(card, sink)
        prepare(voice, "hips")
        monkeypatch.setattr(voices, "STALL_S", 0.0)
        voice.say("hips")
        voice.say("hips")
        assert voice.quiet
        assert len(voice.notices) == 1
        monkeypatch.setattr(voices, "STALL_S", 5.0)
        stream.play()
        voice.say("hips")
        assert stream.play().any()
        assert len(voice.notices) == 1


class LateSink(RecordingSink):
    """A device that takes its time to open."""

    def now_s(self) -> float:
        return super().now_s() + self.opens_s

    opens_s = 0.0


def test_what_was_ordered_before_the_device_was_open_is_not_played_late(reader: Reader) -> None:
    sink = LateSink()
    with Voice(reader, sink) as voice:
        prepare(voice, "hips", "back")
        voice.say("hips")
        voice.click()
        sink.opens_s = 3.0
        voice.say("back")
        voice.click()
        sink.advance(1.0)
        assert sorted(sounded(voice)) == ["back", "click"]


def test_closing_does_not_wait_for_a_device_that_hangs(
    card: Card, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    sink = SoundDeviceSink()
    voice = Voice(reader, sink)
    stream = opened(card, sink)
    monkeypatch.setattr(stream, "abort", release.wait)
    start_s = time.monotonic()
    voice.close()
    assert time.monotonic() - start_s < 3
    release.set()


def test_each_sink_can_be_a_sink() -> None:
    sinks: list[Sink] = [SoundDeviceSink(), NullSink(), RecordingSink()]
    assert not any(sink.trouble for sink in sinks)


def test_a_block_that_is_larger_than_asked_for(card: Card, reader: Reader) -> None:
    sink = SoundDeviceSink()
    with Voice(reader, sink) as voice:
        stream = opened(card, sink)
        prepare(voice, "long back")
        voice.say("long back")
        out = np.zeros((3 * BLOCK + 7, 2), np.float32)
        stream.asked["callback"](out, len(out), None, None)
        assert (out == LEVEL).all()


def test_the_mixer_may_be_asked_for_nothing() -> None:
    fill: Fill = voices.Mixer().fill
    fill(np.zeros(0, np.float32), 0.0)
