"""The live coach with a camera, an estimator, a screen and a voice that are scripted; a real pipeline and store."""

from __future__ import annotations

import io
import json
import math
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from poses import (
    FRONT,
    LEFT_SIDE,
    STANDING,
    bent_over_row,
    film,
    from_standing,
    in_sequence,
    overhead_press,
    passing,
    scaled,
    toward,
    two_sets,
)
from rich.console import Console

from formcoach import camera as camera_module
from formcoach import estimator as estimator_module
from formcoach import screen as screen_module
from formcoach import speech as speech_module
from formcoach import store as store_module
from formcoach import voice as voice_module
from formcoach.analysis import judge
from formcoach.body import View
from formcoach.camera import CameraInfo
from formcoach.card import Mark
from formcoach.catalogue import load_catalogue
from formcoach.cli import _print_summary, app
from formcoach.coach import CONFIRMATION
from formcoach.errors import FormCoachError
from formcoach.history import Ending, closed_line
from formcoach.live import PALM_S, SAFETY, STOPPING, Live, Options, coach, summary_board
from formcoach.pose import Frame, PoseTrack
from formcoach.recorder import SessionRecorder
from formcoach.recording import load_track
from formcoach.reps import State
from formcoach.screen import Key
from formcoach.session import COUNT_IN, Targets, speaking_s
from formcoach.store import Store
from formcoach.voice import NO_VOICE, NUMBERS, RecordingSink, Tone, Voice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formcoach.card import Board, Card
    from formcoach.exercise import Exercise
    from formcoach.pose import Pose
    from formcoach.session import SessionSummary

SAMPLES = Path(__file__).parent.parent / "samples"
GREY = np.full((480, 640, 3), 120, np.uint8)
BLACK = np.zeros_like(GREY)
CUT_S = 7.7
"""In the third rep of the sample, before it counts."""
LATE_S = 0.03
"""How old a frame is when it is asked how late it is."""


def exercise(name: str = "bent-over-row") -> Exercise:
    return load_catalogue()[name]


@cache
def sample(name: str = "bent-over-row_rounded-back") -> PoseTrack:
    return load_track(SAMPLES / f"{name}.poses.npz")


@cache
def small() -> PoseTrack:
    """The sample in a small picture, for tests that store: compressing large ones takes time."""
    return scaled(sample(), 0.2)


def beginning(track: PoseTrack, until_s: float) -> PoseTrack:
    kept = index_at(track, until_s)
    return replace(track, time_s=track.time_s[:kept], poses=track.poses[:kept])


def index_at(track: PoseTrack, time_s: float) -> int:
    return int(np.searchsorted(track.time_s, time_s))


SMALL = np.full((96, 128, 3), 120, np.uint8)


# --- what is scripted ---


class FakeCamera:
    """Frames at a track's times, as fast as they are taken.

    Args:
        track: whose times.
        image: of every frame.
        fail_at: number of the frame in whose place something goes wrong.
        error: what does.
    """

    name = "fake camera"

    def __init__(
        self, track: PoseTrack, image: Any = GREY, *, fail_at: int | None = None, error: BaseException | None = None
    ) -> None:
        self.notices: tuple[str, ...] = ()
        self.closed = False
        self.taken = 0
        self._track, self._image, self._fail_at, self._error = track, image, fail_at, error
        self._now_s = 0.0

    def __iter__(self) -> Iterator[Frame]:
        for index, (time_s, _) in enumerate(self._track):
            if index == self._fail_at:
                assert self._error is not None
                raise self._error
            self._now_s = time_s + LATE_S
            self.taken += 1
            yield Frame(index, time_s, self._image)

    def watch(self, patience_s: float) -> Iterator[Frame | None]:
        assert patience_s > 0
        yield from self

    def now_s(self) -> float:
        return self._now_s

    def __enter__(self) -> FakeCamera:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


class Replay:
    """An estimator that knows the poses beforehand."""

    def __init__(self, track: PoseTrack) -> None:
        self.closed = self.anew = self.crowded = False
        self.asked: list[int] = []
        self._track = track

    def prepare(self) -> None:
        pass

    def __call__(self, frame: Frame) -> Pose | None:
        self.asked.append(frame.index)
        self.anew = self._track.time_s[frame.index] in self._track.breaks_s
        return self._track.poses[frame.index]

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


@dataclass
class SpyVoice:
    """Remembers what it is asked."""

    muted: bool = False
    calls: list[tuple[str, str]] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)
    tones: dict[str, Tone] = field(default_factory=dict)

    def prepare(self, texts: list[str]) -> None:
        self.prepared += texts

    def say(self, text: str, *, urgent: bool = False, tone: Tone = Tone.ALERT, fresh_s: float = 1.5) -> None:
        self.calls.append(("say", text))
        self.tones[text] = tone
        assert fresh_s > 0
        if urgent:
            self.urgent.append(text)

    def click(self) -> None:
        self.calls.append(("click", ""))

    def stop(self) -> None:
        self.calls.append(("stop", ""))

    @property
    def said(self) -> list[str]:
        return [text for call, text in self.calls if call == "say"]


class FakeScreen:
    """Presses keys at frames, and keeps what it is to show.

    Args:
        keys: by the number of the frame, counted from 0, after which each is pressed.
    """

    def __init__(self, keys: dict[int, Key] | None = None) -> None:
        self.cards: list[Card] = []
        self.poses: list[Pose | None] = []
        self.closed = False
        self.asked = 0
        self._keys = keys or {}

    def show(self, image: Any, pose: Pose | None, card: Card) -> None:
        assert image.ndim == 3
        self.cards.append(card)
        self.poses.append(pose)

    def key(self) -> Key | None:
        return self._keys.get(len(self.cards) - 1)

    def pressed(self) -> bool:
        """At the second time that it is asked."""
        self.asked += 1
        return self.asked > 1

    def __enter__(self) -> FakeScreen:
        return self

    def __exit__(self, *_: object) -> None:
        return None


@dataclass
class Stage:
    """A live session and everything round it."""

    track: PoseTrack
    camera: FakeCamera
    estimator: Replay
    voice: SpyVoice
    screen: FakeScreen | None
    events: io.StringIO
    live: Live

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.events.getvalue().splitlines()]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == kind]

    @property
    def kinds(self) -> list[str]:
        return [line["event"] for line in self.lines]


def stage(
    track: PoseTrack,
    *,
    on: str = "bent-over-row",
    camera: FakeCamera | None = None,
    screen: FakeScreen | None = None,
    recorder: SessionRecorder | None = None,
    targets: Targets | None = None,
    voice: Any = None,
) -> Stage:
    camera, estimator, spy, events = camera or FakeCamera(track), Replay(track), SpyVoice(), io.StringIO()
    parts: tuple[Any, ...] = (camera, estimator, voice or spy, screen)
    live = Live(
        exercise(on), parts[0], parts[1], voice=parts[2], screen=parts[3], recorder=recorder, events=events,
        targets=targets,
    )  # fmt: skip
    return Stage(track, camera, estimator, spy, screen, events, live)


def run(track: PoseTrack, **how: Any) -> Stage:
    done = stage(track, **how)
    done.live.run()
    return done


@pytest.fixture(scope="module")
def rounded() -> Stage:
    """The sample whose back rounds from the third rep on."""
    return run(sample(), screen=FakeScreen())


# --- events ---


def test_events_tell_a_set_from_beginning_to_end(rounded: Stage) -> None:
    assert [kind for kind in rounded.kinds if kind not in ("cue", "advice", "count-in", "view")] == [
        "ready", *["counted", "rep"] * 5, "set-ended",
    ]  # fmt: skip
    assert [line["count"] for line in rounded.of("counted")] == [1, 2, 3, 4, 5]


def test_a_line_of_a_rep_says_what_was_found(rounded: Stage) -> None:
    reps = rounded.of("rep")
    assert [line["rep"] for line in reps] == [1, 2, 3, 4, 5]
    assert [[finding["fault"] for finding in line["findings"]] for line in reps] == [[], [], *[["rounded-back"]] * 3]
    assert {line["side"] for line in reps} == {"both"}


def test_lines_have_when_and_where_in_the_session(rounded: Stage) -> None:
    for line in rounded.lines:
        assert math.isfinite(line["time_s"])
        if line["event"] not in ("advice", "view"):
            assert line["set"] == 1
            assert 0 <= line["count"] <= 5


def test_a_cue_names_its_fault(rounded: Stage) -> None:
    assert rounded.of("cue")
    for line in rounded.of("cue"):
        assert (line["fault"], line["text"]) == ("rounded-back", exercise().fault("rounded-back").cue)


def test_what_is_told_live_is_what_the_analysis_says(rounded: Stage) -> None:
    analysis = judge(sample(), exercise())
    assert tuple(rounded.live.reps) == analysis.reps
    assert [(line["fault"], line["text"]) for line in rounded.of("cue")] == [(c.fault, c.text) for c in analysis.cues]


def test_events_are_written_as_they_happen() -> None:
    """A reader at the other end of a pipe is not left waiting."""

    class Pipe(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed = len(self.getvalue())

    pipe = Pipe()
    track = sample()
    parts: tuple[Any, ...] = (FakeCamera(track), Replay(track), SpyVoice())
    Live(exercise(), parts[0], parts[1], voice=parts[2], screen=None, recorder=None, events=pipe).run()
    assert pipe.flushed == len(pipe.getvalue()) > 0


def test_no_frames_no_events() -> None:
    empty = replace(sample(), time_s=sample().time_s[:0], poses=())
    assert run(empty).lines == []


def test_nobody_is_asked_to_step_into_the_picture() -> None:
    track = replace(sample(), poses=(None,) * len(sample()))
    done = run(track)
    assert set(done.kinds) == {"advice"}
    assert {line["text"] for line in done.lines} == {"I cannot see you yet. Step into the picture."}
    assert 2 <= len(done.lines) <= 3  # in 18 s


def test_darkness_is_told() -> None:
    done = run(sample(), camera=FakeCamera(sample(), BLACK))
    assert done.of("advice")[0]["text"] == "It is too dark. Please switch on a light."
    assert done.of("advice")[0]["text"] in done.voice.said


def test_no_advice_during_a_set(rounded: Stage) -> None:
    counted_s = rounded.of("counted")[0]["time_s"]
    ended_s = rounded.of("set-ended")[0]["time_s"]
    assert not [line for line in rounded.of("advice") if counted_s <= line["time_s"] <= ended_s]


def test_who_walks_off_to_rest_is_not_called_back() -> None:
    track = film(two_sets(bent_over_row(reps=2), pause_s=40.0), LEFT_SIDE)
    away = replace(track, poses=tuple(None if 15 < time_s < 45 else pose for time_s, pose in track))
    assert len(run(away).of("advice")) <= 1


def test_a_camera_that_was_lost_is_no_slow_computer() -> None:
    track = film(passing(STANDING, [(6.0, STANDING)]), replace(LEFT_SIDE, fps=30.0))
    lost = replace(track, time_s=track.time_s + np.where(np.arange(len(track)) >= 60, 10.0, 0.0))
    assert not run(lost).of("advice")


def test_a_clean_sample_is_told_to_be_clean() -> None:
    done = run(sample("bent-over-row_clean"))
    assert done.of("set-ended")[0]["text"] == "5 reps, all clean."
    assert not done.of("cue")


# --- the voice ---


def test_the_safety_sentence_comes_first_and_once(rounded: Stage) -> None:
    assert rounded.voice.said[0] == SAFETY
    assert rounded.voice.said.count(SAFETY) == 1


def test_what_will_be_said_mid_set_is_prepared(rounded: Stage) -> None:
    cues = {fault.cue for fault in exercise().faults}
    assert cues | {SAFETY, STOPPING, CONFIRMATION, "last one", *COUNT_IN, *NUMBERS} <= set(rounded.voice.prepared)
    summary = rounded.of("set-ended")[0]["text"]
    assert set(rounded.voice.said) - {summary} <= set(rounded.voice.prepared) | {
        line["text"] for line in rounded.of("advice")
    }


def test_a_click_for_each_rep(rounded: Stage) -> None:
    assert [call for call, _ in rounded.voice.calls].count("click") == 5


def test_all_that_is_written_with_words_is_said(rounded: Stage) -> None:
    assert rounded.voice.said[1:] == [line["text"] for line in rounded.lines if line.get("text")]


def test_tones_for_who_has_no_voice(rounded: Stage) -> None:
    tones = rounded.voice.tones
    assert tones[exercise().fault("rounded-back").cue] is Tone.ALERT
    assert tones[rounded.of("set-ended")[0]["text"]] is Tone.DONE


def test_a_real_voice_without_words_clicks_and_sounds() -> None:
    sink = RecordingSink()
    track = sample()

    class Heard(FakeCamera):
        def __iter__(self) -> Iterator[Frame]:
            for frame in super().__iter__():
                yield frame
                sink.advance(1 / 20)

    with Voice(None, sink) as voice:
        run(track, camera=Heard(track), voice=voice)
        sink.advance(1.0)
        kinds = [heard.kind for heard in voice.heard]
        assert kinds.count("click") == 5
        assert Tone.ALERT.value in {heard.text for heard in voice.heard}
        assert voice.notices == (NO_VOICE,)
        assert np.abs(sink.samples).max() > 0.1


def test_delays_are_measured(rounded: Stage) -> None:
    figures = rounded.live.figures
    assert figures.processed == len(sample())
    assert list(figures.ages_s) == pytest.approx([LATE_S] * len(sample()))
    assert len(figures.cue_delays_s) == len(rounded.of("cue"))
    assert all(0 <= delay < 1.0 for delay in figures.cue_delays_s)


# --- the screen ---


def test_the_card_counts(rounded: Stage) -> None:
    assert rounded.screen is not None
    counts = [card.count for card in rounded.screen.cards]
    assert counts == sorted(counts)
    assert counts[-1] == 5
    last = rounded.screen.cards[-1]
    assert last.marks[:2] == (Mark.CLEAN, Mark.CLEAN)
    assert Mark.CLEAN not in last.marks[2:]


def test_the_card_shows_the_cue_for_a_while(rounded: Stage) -> None:
    assert rounded.screen is not None
    cue = exercise().fault("rounded-back").cue
    shown = [t for t, card in zip(sample().time_s, rounded.screen.cards, strict=True) if card.cue == cue]
    assert shown[0] == pytest.approx(rounded.of("cue")[0]["time_s"], abs=0.5)
    assert len(shown) >= 2.5 * 20


def test_the_board_says_what_is_seen_until_the_first_rep(rounded: Stage) -> None:
    assert rounded.screen is not None
    board = rounded.screen.cards[0].board
    assert board is not None
    (_, seen), (heading, unseen) = board.lists
    assert exercise().fault("rounded-back").name.lower() in seen
    assert exercise().fault("elbow-flare").name.lower() in unseen
    assert heading == "Not from here: face the camera"
    lifting = [card.board for card in rounded.screen.cards if card.state in (State.LIFT, State.TOP, State.LOWER)]
    assert lifting == [None] * len(lifting)
    assert rounded.screen.cards[-1].board is None


def board_at(done: Stage, time_s: float) -> Board:
    assert done.screen is not None
    board = done.screen.cards[index_at(done.track, time_s)].board
    assert board is not None
    return board


def test_where_to_stand_is_drawn_and_the_safety_sentence_shown_until_somebody_is_in_position() -> None:
    track = film(from_standing(bent_over_row(reps=1), still_s=4.0), LEFT_SIDE)
    nobody = replace(track, poses=tuple(None if t < 2.0 else pose for t, pose in track))
    done = run(nobody, screen=FakeScreen())
    empty, seen, ready = (board_at(done, t) for t in (1.0, 3.0, 5.9))
    assert (empty.stand, empty.text) == (exercise().best_view, SAFETY)
    assert empty.heading == "Side-on, at hip height, 2.5 to 3 m away, your whole body in the picture."
    assert (seen.stand, seen.text, seen.title) == (None, SAFETY, "Take your position")
    assert (ready.text, ready.title) == ("", "Ready")


def test_who_faces_the_camera_is_shown_how_to_turn() -> None:
    done = run(film(passing(STANDING, [(4.0, STANDING)]), FRONT), on="deadlift", screen=FakeScreen())
    board = board_at(done, 3.0)
    assert board.stand is View.SIDE
    assert done.screen is not None
    assert done.screen.cards[-1].cue == "Turn side-on to the camera."


def two_sets_live(pause_s: float = 16.0, **how: Any) -> Stage:
    movement = bent_over_row(reps=3, rounded_back=40.0, faulty_from=2)
    return run(film(two_sets(movement, pause_s=pause_s), LEFT_SIDE), screen=FakeScreen(), **how)


def test_the_rest_shows_its_length_the_set_and_what_to_do_better() -> None:
    done = two_sets_live()
    ended_s = done.of("set-ended")[0]["time_s"]
    board = board_at(done, ended_s + 5.2)
    fault = exercise().fault("rounded-back")
    assert board.title == "Set 1: 3 reps, 1 clean"
    assert board.figures == (("0:05", "rest"),)
    assert (board.heading, board.text) == (f"{fault.name}: 2/3", fault.explain)


def test_a_planned_rest_counts_down() -> None:
    done = two_sets_live(targets=Targets(rest_s=90.0))
    ended_s = done.of("set-ended")[0]["time_s"]
    assert board_at(done, ended_s + 5.2).figures == (("1:25", "rest to go"),)


def test_the_words_of_the_count_in_are_shown_and_nothing_hides_the_person() -> None:
    done = run(standing_in_the_hinge(), screen=FakeScreen())
    assert done.screen is not None
    at = index_at(done.track, done.of("count-in")[1]["time_s"] + 0.5)
    assert done.screen.cards[at].cue == COUNT_IN[1]
    assert {card.board for card in done.screen.cards[at:]} == {None}


# --- what can be judged from here ---


def standing_in_the_hinge(seconds: float = 30.0) -> PoseTrack:
    posture = bent_over_row(reps=1).posture(np.zeros(1)).spread(1).at(0)
    return film(passing(posture, [(seconds, posture)]), LEFT_SIDE)


def test_what_is_seen_from_here_is_told_once_and_before_the_count_in() -> None:
    done = run(standing_in_the_hinge())
    assert [kind for kind in done.kinds if kind != "ready"] == ["view", *["count-in"] * 4]
    (told,) = done.of("view")
    assert told["text"] in done.voice.said
    assert told["view"] == "side"
    assert told["unseen"] == ["Arms uneven", "Elbows winging out"]
    assert len(told["seen"]) + len(told["unseen"]) == len(exercise().faults)


def test_nothing_is_said_over_the_safety_sentence() -> None:
    done = run(standing_in_the_hinge())
    assert done.of("view")[0]["time_s"] >= speaking_s(SAFETY)
    told = done.of("view")[0]
    assert done.of("count-in")[0]["time_s"] >= told["time_s"] + speaking_s(told["text"])


def test_the_last_word_of_the_count_in_sounds_up() -> None:
    tones = run(standing_in_the_hinge()).voice.tones
    assert [tones[word] for word in COUNT_IN] == [Tone.DOWN] * 3 + [Tone.UP]


# --- the summary at the end ---


def test_the_summary_is_shown_until_a_key() -> None:
    done = run(sample(), screen=FakeScreen())
    done.live.show_summary()
    assert done.screen is not None
    assert done.screen.asked == 2
    board = done.screen.cards[-1].board
    assert board is not None
    assert board.whole
    assert board.figures == (("1", "set"), ("5", "reps"), ("2", "clean"))
    assert board.text == exercise().fault("rounded-back").explain


def test_the_summary_goes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formcoach.live.SUMMARY_S", 0.05)
    monkeypatch.setattr(FakeScreen, "pressed", lambda _: False)
    run(sample(), screen=FakeScreen()).live.show_summary()


@pytest.mark.parametrize("why", ["closed", "no screen", "no rep"])
def test_no_summary_where_nobody_would_look(why: str) -> None:
    screen = None if why == "no screen" else FakeScreen()
    done = run(beginning(sample(), 1.0) if why == "no rep" else sample(), screen=screen)
    if screen is not None:
        screen.closed = why == "closed"
        shown = len(screen.cards)
        done.live.show_summary()
        assert len(screen.cards) == shown
    else:
        done.live.show_summary()


def test_a_clean_session_is_praised() -> None:
    board = summary_board(run(sample("bent-over-row_clean")).live.summary)
    assert (board.mark, board.heading, board.text) == (Mark.CLEAN, "All clean", "")


def test_marks_begin_anew_with_each_set() -> None:
    done = run(film(two_sets(bent_over_row(reps=2)), LEFT_SIDE), screen=FakeScreen())
    assert done.screen is not None
    assert max(len(card.marks) for card in done.screen.cards) == 2
    assert [line["set"] for line in done.of("set-ended")] == [1, 2]


def test_only_praise_looks_like_praise() -> None:
    good, bad = bent_over_row(reps=3), bent_over_row(reps=2, faulty_from=1, trunk_swing=30.0)
    track = film(in_sequence([good, bad, good]), LEFT_SIDE)
    last = len(track) - 1
    done = run(track, screen=FakeScreen({last - 3: Key.PAUSE}))
    assert done.screen is not None
    assert CONFIRMATION in [line.get("text") for line in done.of("cue")]
    assert done.screen.cards[-1].cue == "Paused"
    assert not done.screen.cards[-1].praise


# --- keys ---


def test_quit_sums_up() -> None:
    done = run(sample(), screen=FakeScreen({index_at(sample(), CUT_S): Key.QUIT}))
    assert done.camera.taken == index_at(sample(), CUT_S) + 1
    assert done.of("set-ended")[0]["text"] == "2 reps, all clean."


def test_stop_says_so_at_once() -> None:
    done = run(sample(), screen=FakeScreen({index_at(sample(), CUT_S): Key.STOP}))
    assert done.camera.taken == index_at(sample(), CUT_S) + 1
    assert done.voice.urgent == [STOPPING]
    assert done.voice.tones[STOPPING] is Tone.STOP
    at = done.voice.calls.index(("say", STOPPING))
    assert done.voice.calls[at - 1] == ("stop", "")
    assert done.of("set-ended")[0]["count"] == 2


def test_mute_and_sound_again() -> None:
    screen = FakeScreen({20: Key.MUTE, 40: Key.MUTE, 60: Key.MUTE})
    assert run(sample(), screen=screen).voice.muted


def test_paused_nothing_is_judged_and_the_picture_goes_on() -> None:
    screen = FakeScreen({10: Key.PAUSE})
    done = run(sample(), screen=screen)
    assert done.estimator.asked == list(range(11))
    assert len(screen.cards) == len(sample())
    assert {card.cue for card in screen.cards[11:]} == {"Paused"}
    assert not done.of("rep")


def test_a_pause_between_reps_loses_none() -> None:
    """A rest of the second rep to the third is skipped over."""
    track = film(two_sets(bent_over_row(reps=2), pause_s=3.0), LEFT_SIDE)
    start, end = index_at(track, 10.2), index_at(track, 12.0)
    done = run(track, screen=FakeScreen({start: Key.PAUSE, end: Key.PAUSE}))
    assert done.estimator.asked == [*range(start + 1), *range(end + 1, len(track))]
    assert len(done.of("rep")) == 4


def test_calibrate_in_the_rest_goes_on_counting() -> None:
    track = film(two_sets(bent_over_row(reps=2)), LEFT_SIDE)
    done = run(track, screen=FakeScreen({index_at(track, 17.0): Key.CALIBRATE}))
    assert len(done.live.reps) == 4


def test_calibrate_in_the_rest_counts_the_next_set_from_one() -> None:
    track = film(two_sets(bent_over_row(reps=2)), LEFT_SIDE)
    done = run(track, screen=FakeScreen({index_at(track, 17.0): Key.CALIBRATE}))
    assert [line["count"] for line in done.of("counted")] == [1, 2, 1, 2]


def test_calibrate_in_a_set_keeps_the_count() -> None:
    track = sample()
    done = run(track, screen=FakeScreen({index_at(track, 10.2): Key.CALIBRATE}))
    assert [line["count"] for line in done.of("counted")] == list(range(1, len(done.of("counted")) + 1))


# --- a raised palm ---


def with_palm(*, hands: int = 1, held_s: float = 2.0) -> PoseTrack:
    """Standing, then hands raised for a while, then a row."""
    up = toward(175.0, 0.0)
    raised = replace(STANDING, upper_left=up, fore_left=up)
    halfway = replace(STANDING, upper_left=toward(90.0, 0.0), fore_left=toward(90.0, 0.0))
    if hands == 2:
        raised = replace(raised, upper_right=up, fore_right=up)
        halfway = replace(halfway, upper_right=toward(90.0, 0.0), fore_right=toward(90.0, 0.0))
    steps = [(1.0, STANDING), (0.4, halfway), (0.4, raised), (held_s, raised), (0.4, halfway), (0.4, STANDING)]
    return film(passing(STANDING, [*steps, (2.0, STANDING)]), replace(LEFT_SIDE, azimuth_deg=0.0))


def test_a_raised_palm_stops() -> None:
    done = run(with_palm())
    assert STOPPING in done.voice.urgent
    assert done.camera.taken < len(done.track)
    stopped_s = done.track.time_s[done.camera.taken - 1]
    assert 1.8 + PALM_S - 0.4 <= stopped_s <= 1.8 + PALM_S + 0.2


@pytest.mark.parametrize(
    "track",
    [
        pytest.param(with_palm(held_s=0.2), id="a wave"),
        pytest.param(with_palm(hands=2), id="both hands"),
        pytest.param(film(passing(STANDING, [(5.0, STANDING)]), LEFT_SIDE), id="standing"),
    ],
)
def test_no_palm(track: PoseTrack) -> None:
    done = run(track)
    assert done.camera.taken == len(track)
    assert STOPPING not in done.voice.said


@pytest.mark.parametrize("name", ["overhead-press_clean", "overhead-press_uneven-arms", "single-arm-row_clean"])
def test_an_exercise_is_no_palm(name: str) -> None:
    done = run(sample(name), on=name.split("_")[0])
    assert done.camera.taken == len(sample(name))


def test_the_palm_works_in_a_press_too() -> None:
    press = overhead_press(reps=1)
    done = run(film(press, replace(LEFT_SIDE, azimuth_deg=0.0)), on="overhead-press")
    assert STOPPING not in done.voice.said


# --- targets ---


def test_the_last_set_ends_the_session() -> None:
    track = film(two_sets(bent_over_row(reps=2)), LEFT_SIDE)
    done = run(track, targets=Targets(sets=1))
    assert done.kinds[-2:] == ["set-ended", "done"]
    assert done.camera.taken < len(track)
    assert len(done.of("rep")) == 2


# --- the store ---


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as opened:
        yield opened


def record(store: Store, name: str = "bent-over-row") -> SessionRecorder:
    return SessionRecorder(store, exercise(name), camera="fake camera", model="full")


def test_everything_is_stored(store: Store) -> None:
    with record(store) as recorder:
        done = run(small(), camera=FakeCamera(small(), SMALL), recorder=recorder)
    (session,) = store.sessions()
    assert (session.reps, session.flagged, session.ending) == (5, 3, Ending.FINISHED)
    assert tuple(stored.rep.findings for stored in store.reps_of(session.id)) == tuple(
        rep.findings for rep in done.live.reps
    )
    (one,) = store.sets_of(session.id)
    assert one.number == 1
    assert one.end_s == pytest.approx(done.of("set-ended")[0]["time_s"], abs=1e-3)
    assert [stored.cue.text for stored in store.cues_of(session.id)] == [line["text"] for line in done.of("cue")]


def test_the_pose_track_is_stored_and_flagged_reps_have_clips(store: Store) -> None:
    with record(store) as recorder:
        run(small(), camera=FakeCamera(small(), SMALL), recorder=recorder)
    reps = store.reps_of(1)
    assert [stored.clip is not None for stored in reps] == [False, False, True, True, True]
    assert all(stored.clip.stat().st_size > 0 for stored in reps if stored.clip)


def test_a_cue_is_stored_with_the_rep_that_earned_it(store: Store) -> None:
    with record(store) as recorder:
        run(small(), camera=FakeCamera(small(), SMALL), recorder=recorder)
    assert [stored.rep_number for stored in store.cues_of(1)] == [4, 5]


def test_a_rep_is_stored_as_soon_as_it_is_told(store: Store) -> None:
    stored: list[tuple[int, int]] = []

    class Looking(io.StringIO):
        def write(self, text: str, /) -> int:
            if json.loads(text)["event"] == "rep":
                stored.append((json.loads(text)["rep"], len(store.reps_of(1))))
            return super().write(text)

    track = small()
    parts: tuple[Any, ...] = (FakeCamera(track, SMALL), Replay(track), SpyVoice())
    with record(store) as recorder:
        Live(exercise(), parts[0], parts[1], voice=parts[2], screen=None, recorder=recorder, events=Looking()).run()
    assert stored == [(n, n) for n in range(1, 6)]


def test_reps_are_stored_in_their_sets(store: Store) -> None:
    track = scaled(film(bent_over_row(reps=4), LEFT_SIDE), 0.2)
    with record(store) as recorder:
        run(track, camera=FakeCamera(track, SMALL), recorder=recorder, targets=Targets(reps=2))
    assert [stored.rep.set_number for stored in store.reps_of(1)] == [1, 1, 2, 2]


def test_calibrating_loses_no_rep_in_the_store(store: Store) -> None:
    track = scaled(film(two_sets(bent_over_row(reps=2)), LEFT_SIDE), 0.2)
    screen = FakeScreen({index_at(track, 17.0): Key.CALIBRATE})
    with record(store) as recorder:
        run(track, camera=FakeCamera(track, SMALL), recorder=recorder, screen=screen)
    assert [stored.rep.number for stored in store.reps_of(1)] == [1, 2, 3, 4]


# --- when something goes wrong ---


@pytest.mark.parametrize("error", [KeyboardInterrupt(), FormCoachError("gone"), RuntimeError("a bug")], ids=repr)
def test_whatever_happens_the_set_is_summed_up(error: BaseException) -> None:
    at = index_at(sample(), CUT_S)
    done = stage(sample(), camera=FakeCamera(sample(), fail_at=at, error=error))
    with pytest.raises(type(error)):
        done.live.run()
    assert done.of("set-ended")[0]["count"] == 2
    assert done.voice.said[-1] == "2 reps, all clean."


# --- coach() ---


@dataclass
class Room:
    """What `coach` finds on this computer."""

    track: PoseTrack
    camera: FakeCamera
    estimator: Replay
    home: Path
    screens: list[FakeScreen] = field(default_factory=list)
    keys: dict[int, Key] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    events: io.StringIO = field(default_factory=io.StringIO)

    def coach(self, *, on: str = "bent-over-row", **options: Any) -> Live:
        how: dict[str, Any] = {"camera": "0", "model": _Model(), "headless": True, "mute": True} | options
        live = coach(exercise(on), Options(**how), self.events if how["headless"] else None, self.told.append)
        assert live is not None
        return live

    @property
    def kinds(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.events.getvalue().splitlines()]


@dataclass
class _Model:
    name: str = "full"
    path: Path = Path("full.task")


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """A computer with a camera, without display, voice or sound card."""
    track = beginning(small(), 10.5)
    here = Room(track, FakeCamera(track, SMALL), Replay(track), tmp_path)

    def screen() -> FakeScreen:
        here.screens.append(FakeScreen(here.keys))
        return here.screens[-1]

    monkeypatch.setenv("FORMCOACH_HOME", str(tmp_path))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(camera_module, "open_camera", lambda _: here.camera)
    monkeypatch.setattr(estimator_module, "Estimator", lambda _: here.estimator)
    monkeypatch.setattr(screen_module, "Screen", screen)
    monkeypatch.setattr(screen_module, "has_display", lambda: False)
    monkeypatch.setattr(speech_module, "find_speech", lambda _: None)
    monkeypatch.setattr(voice_module, "SoundDeviceSink", RecordingSink)
    return here


def stored(room: Room) -> tuple[Ending | None, int]:
    """How the one session ended, and its reps."""
    with Store(room.home) as opened:
        (session,) = opened.sessions()
        return session.ending, session.reps


def test_coach_from_beginning_to_end(room: Room) -> None:
    live = room.coach()
    assert len(live.reps) == 3
    assert stored(room) == (Ending.FINISHED, 3)
    assert room.camera.closed
    assert room.estimator.closed
    assert room.kinds[-1] == "set-ended"


@pytest.mark.parametrize(
    ("error", "reps"),
    [(KeyboardInterrupt(), 2), (FormCoachError("the camera is gone"), 2), (RuntimeError("a bug"), 2)],
    ids=repr,
)
def test_coach_saves_an_interrupted_session(room: Room, error: BaseException, reps: int) -> None:
    room.camera = FakeCamera(room.track, SMALL, fail_at=index_at(room.track, CUT_S), error=error)
    with pytest.raises(type(error)):
        room.coach()
    assert stored(room) == (Ending.INTERRUPTED, reps)
    assert room.camera.closed
    assert room.estimator.closed
    assert room.kinds[-1] == "set-ended"


def test_coach_saves_when_nobody_reads_the_events(room: Room) -> None:
    class Broken(io.StringIO):
        def write(self, _: str, /) -> int:
            raise BrokenPipeError

    room.events = Broken()
    with pytest.raises(BrokenPipeError):
        room.coach()
    assert stored(room)[0] is Ending.INTERRUPTED


def test_coach_without_storing(room: Room) -> None:
    assert len(room.coach(record=False).reps) == 3
    assert not list(room.home.glob("*"))


def test_no_display_is_said(room: Room) -> None:
    room.coach(headless=False)
    assert "No display: nothing is shown or said. --headless prints events." in room.told
    assert room.screens == []
    assert stored(room) == (Ending.FINISHED, 3)


def test_headless_says_nothing_of_displays(room: Room) -> None:
    room.coach(record=False)
    assert not [text for text in room.told if "isplay" in text]


def test_a_window_where_there_is_a_display(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_module, "has_display", lambda: True)
    room.coach(headless=False, record=False)
    assert len(room.screens[0].cards) == len(room.track) + room.screens[0].asked
    assert room.screens[0].asked == 2


def test_headless_has_no_window_even_with_a_display(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_module, "has_display", lambda: True)
    room.coach(record=False)
    assert room.screens == []


def test_a_closed_window_saves_the_session(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen tells it as the key to quit."""
    monkeypatch.setattr(screen_module, "has_display", lambda: True)
    room.keys[index_at(room.track, CUT_S)] = Key.QUIT
    room.coach(headless=False)
    assert stored(room) == (Ending.FINISHED, 2)


def test_no_voice_is_said(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formcoach.live._let_finish", lambda _: None)
    room.coach(mute=False)
    assert NO_VOICE in room.told
    assert stored(room) == (Ending.FINISHED, 3)


def test_no_sound_card_is_said(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(RecordingSink):
        taking = False
        trouble = "No sound: there is no sound device."

    monkeypatch.setattr(voice_module, "SoundDeviceSink", Silent)
    room.coach(mute=False)
    assert "No sound: there is no sound device." in room.told
    assert stored(room) == (Ending.FINISHED, 3)


def test_muted_needs_no_voice(room: Room) -> None:
    room.coach(mute=True, record=False)
    assert NO_VOICE not in room.told


def test_a_voice_that_there_is_not_stops_before_anything_is_stored(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_such(voice: str | None) -> None:
        raise FormCoachError(f"there is no voice {voice}")

    monkeypatch.setattr(speech_module, "find_speech", none_such)
    with pytest.raises(FormCoachError, match="there is no voice Bob"):
        room.coach(mute=False, voice="Bob")
    assert room.camera.closed
    assert not list(room.home.glob("*.db"))


def test_what_the_camera_notes_is_told(room: Room) -> None:
    room.camera.notices = ("The camera was unplugged for 3 s.",)
    room.coach(record=False)
    assert "The camera was unplugged for 3 s." in room.told


def test_a_camera_that_is_silent_is_told_at_once_and_keys_still_work() -> None:
    """The window does not freeze while nothing comes: the last picture stays, and so do the keys."""
    track = sample()
    told: list[str] = []

    class Unplugged(FakeCamera):
        def watch(self, patience_s: float) -> Iterator[Frame | None]:
            for frame in super().watch(patience_s):
                yield frame
                if frame is not None and frame.index == 10:
                    self.notices = ("The camera gives nothing any more.",)
                    yield None
                    assert told == ["The camera gives nothing any more."]

    screen = FakeScreen()
    parts: tuple[Any, ...] = (Unplugged(track), Replay(track), SpyVoice(), screen)
    live = Live(
        exercise(), parts[0], parts[1], voice=parts[2], screen=parts[3], recorder=None, events=None, notice=told.append
    )
    live.run()
    assert len(live.reps) == 5
    assert "Waiting for the camera" in {card.cue for card in screen.cards}


def test_the_next_start_says_what_it_closed(room: Room) -> None:
    with ExitStack() as stack:
        store = stack.enter_context(Store(room.home))
        SessionRecorder(store, exercise(), camera="0", model="full")
    room.coach()
    with Store(room.home) as opened:
        (torn,) = [session for session in opened.sessions() if session.ending is Ending.TORN]
        assert room.told.count(closed_line(torn)) == 1
        first = json.loads(room.events.getvalue().splitlines()[0])
        assert first == {"event": "closed", "session": torn.id, "reps": 0, "text": closed_line(torn)}
        assert {session.ending for session in opened.sessions()} == {Ending.TORN, Ending.FINISHED}


def test_targets_and_weight_are_stored(room: Room) -> None:
    targets = Targets(sets=3, reps=10, rest_s=60.0, weight="2x12kg")
    room.coach(targets=targets)
    with Store(room.home) as opened:
        assert opened.sessions()[0].targets == targets


# --- what is left at the end ---


def test_the_end_is_told_with_where_it_is_stored(room: Room) -> None:
    ended: list[tuple[SessionSummary, Path | None]] = []
    options = Options(camera="0", model=_Model(), headless=True, mute=True)
    coach(exercise(), options, None, room.told.append, lambda summary, folder: ended.append((summary, folder)))
    ((summary, folder),) = ended
    assert (len(summary.sets), len(summary.reps), summary.clean) == (1, 3, 2)
    assert folder is not None
    assert list(folder.glob("poses-*.npz"))


def report_in(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text())


def test_a_report_is_written_and_is_what_was_told(room: Room, tmp_path: Path) -> None:
    live = room.coach(out=tmp_path / "here" / "out")
    report = report_in(tmp_path / "here" / "out")
    assert {path.name for path in (tmp_path / "here" / "out").iterdir()} >= {"report.json", "reps.csv", "poses.npz"}
    told = [json.loads(line) for line in room.events.getvalue().splitlines()]
    (one,) = report["sets"]
    assert [rep["findings"] for rep in one["reps"]] == [line["findings"] for line in told if line["event"] == "rep"]
    assert [cue["text"] for cue in report["cues"]] == [cue.text for cue in live.cues]
    again = judge(load_track(tmp_path / "here" / "out" / "poses.npz"), exercise())
    assert again.reps == tuple(live.reps)


def test_the_report_has_the_sets_as_they_were_told(room: Room, tmp_path: Path) -> None:
    room.coach(out=tmp_path / "out", targets=Targets(reps=2))
    sets = report_in(tmp_path / "out")["sets"]
    assert [[rep["number"] for rep in one["reps"]] for one in sets] == [[1, 2], [3]]


def test_an_interrupted_session_has_its_report(room: Room, tmp_path: Path) -> None:
    at = index_at(room.track, CUT_S)
    room.camera = FakeCamera(room.track, SMALL, fail_at=at, error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        room.coach(out=tmp_path / "out")
    report = report_in(tmp_path / "out")
    assert (report["frames"], len(report["sets"][0]["reps"])) == (at, 2)


def test_a_folder_that_cannot_be_made_is_told_before_anything_else(room: Room, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FormCoachError, match="cannot write results"):
        room.coach(out=tmp_path / "file" / "out")
    assert room.camera.taken == 0


def test_the_summary_on_the_terminal() -> None:
    console = Console(file=io.StringIO(), width=100)
    _print_summary(run(sample()).live.summary, Path("/data/sessions/1"), console)
    _print_summary(run(beginning(sample(), 1.0)).live.summary, None, console)
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    fault = exercise().fault("rounded-back")
    assert "1 set, 5 reps, 2 clean." in said
    assert f"{fault.name}, 3 of 5" in said
    assert fault.explain in said
    assert "stored in /data/sessions/1" in said
    assert said.endswith("No rep was counted.\n")


CAMERAS = (
    CameraInfo(index=0, name="Built-in", width=1280, height=720, fps=29.7),
    CameraInfo(index=2, name="USB", trouble="held by another program; close it"),
)


def test_cameras_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(camera_module, "list_cameras", lambda: CAMERAS)
    assert app(["live", "--list-cameras"], standalone_mode=False) in (0, None)
    said = capsys.readouterr().out
    for words in ("Built-in", "1280 × 720", "30", "USB", "held by another program"):
        assert words in said


def test_no_camera_to_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_module, "list_cameras", lambda: ())
    with pytest.raises(FormCoachError, match="no camera was found"):
        app(["live", "--list-cameras"], standalone_mode=False)


def test_the_store_is_opened_with_little_patience(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    patience: list[float] = []

    class Watched(Store):
        def __init__(self, home: Path | None = None, *, timeout_s: float = 5.0, start_anew: bool = False) -> None:
            patience.append(timeout_s)
            super().__init__(home, timeout_s=timeout_s, start_anew=start_anew)

    monkeypatch.setattr(store_module, "Store", Watched)
    room.coach()
    assert patience == [0.2]
