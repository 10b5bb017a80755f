"""`formcoach live auto`: what is done is found out from the first reps, which count like all others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from poses import LEFT_SIDE, STANDING, bent_over_row, film, passing, scaled, two_sets
from test_live import (
    GREY,
    SAMPLES,
    SMALL,
    FakeCamera,
    FakeScreen,
    Replay,
    Room,
    SpyVoice,
    _Model,
    beginning,
    room,
    run,
    sample,
    stored,
)

from formcoach import finding_out
from formcoach.catalogue import load_catalogue
from formcoach.finding_out import CANNOT_TELL, SHOW, SHOW_SAID, FindingOut
from formcoach.history import Ending
from formcoach.live import NOT_RECOGNISED, SAFETY, Live, Options, coach
from formcoach.recognising import SURE, Candidate, decided
from formcoach.recorder import NO_PICTURES
from formcoach.recording import load_track
from formcoach.screen import Key
from formcoach.session import Targets
from formcoach.session_track import load_session_track
from formcoach.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Cli

    from formcoach.exercise import Rep
    from formcoach.finding_out import Found
    from formcoach.model import ModelFile
    from formcoach.pose import Frame, PoseTrack

__all__ = ["room"]  # a fixture
EXERCISES = load_catalogue().exercises
NAMES = sorted(path.name.removesuffix(".poses.npz") for path in SAMPLES.glob("*.poses.npz"))

OF_THE_FAMILY = ("single-arm-row_elbow-flare",)
"""Known as a row only; which one, the analysis of the whole recording cannot tell either."""


class GoesOn(FakeCamera):
    """A camera that goes on where it was left, as real ones do."""

    def __init__(self, track: PoseTrack, image: Any = GREY, **how: Any) -> None:
        super().__init__(track, image, **how)
        self._frames = iter(self)

    def watch(self, patience_s: float) -> Iterator[Frame | None]:
        assert patience_s > 0
        return self._frames


class Watching:
    """Finding out, with everything round it; then the session itself."""

    def __init__(self, track: PoseTrack, *, keys: dict[int, Key] | None = None, muted: bool = True) -> None:
        self.camera, self.estimator, self.voice = GoesOn(track), Replay(track), SpyVoice(muted=muted)
        self.screen = FakeScreen(keys)
        self.lines: list[dict[str, Any]] = []
        self._parts: tuple[Any, ...] = (self.camera, self.estimator)
        self._shown: Any = self.screen
        self._heard: Any = self.voice

    def find_out(self) -> Found | None:
        write = self.lines.append
        return FindingOut(EXERCISES, *self._parts, voice=self._heard, screen=self._shown, write=write).run()

    def go_on(self, found: Found, **how: Any) -> Live:
        parts = {"voice": self._heard, "screen": self._shown, "recorder": None, "events": None} | how
        live = Live(found.exercise, *self._parts, **parts)
        live.run(found)
        return live

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


def told(reps: list[Rep]) -> list[Any]:
    return [(rep.number, rep.set_number, rep.side, rep.span, rep.findings) for rep in reps]


def standing(seconds: float) -> PoseTrack:
    return film(passing(STANDING, [(seconds, STANDING)]), LEFT_SIDE)


# --- it ends as if it had been named ---


@pytest.mark.parametrize("name", NAMES)
def test_the_reps_and_findings_are_those_of_the_named_exercise(name: str) -> None:
    track = load_track(SAMPLES / f"{name}.poses.npz")
    watching = Watching(track)
    found = watching.find_out()
    assert found is not None
    assert found.exercise.family == EXERCISES[name.split("_")[0]].family
    assert (found.exercise.id == name.split("_")[0]) == (name not in OF_THE_FAMILY)
    live, named = watching.go_on(found), run(track, on=found.exercise.id).live
    assert told(live.reps) == told(named.reps)
    assert live.cues == named.cues
    assert live.summary.sentence == named.summary.sentence
    assert watching.estimator.asked == list(range(len(track)))  # each frame once, and none twice


def test_what_was_recognised_is_told_once_and_before_the_set_is_over() -> None:
    watching = Watching(sample("deadlift_clean"))
    found = watching.find_out()
    assert found is not None
    (line,) = watching.of("recognised")
    assert (line["exercise"], line["text"]) == ("deadlift", f"Looks like {found.exercise.name.lower()}.")
    assert line["confidence"] >= 0.7
    assert line["runner_up"] in {None, *EXERCISES} - {"deadlift"}
    assert watching.voice.said == [SAFETY, SHOW_SAID, line["text"]]
    assert {SAFETY, SHOW_SAID, CANNOT_TELL} <= set(watching.voice.prepared)
    assert found.note.startswith("Recognised as ")
    reps = [rep for rep in run(watching.camera._track, on="deadlift").live.reps if rep.span.peak_s <= line["time_s"]]
    assert len(reps) == 2


def test_the_safety_sentence_is_said_once_and_no_count_comes_late() -> None:
    watching = Watching(sample("deadlift_clean"), muted=False)
    found = watching.find_out()
    assert found is not None
    live = watching.go_on(found)
    assert watching.voice.said.count(SAFETY) == 1
    at = len(found.seen)
    assert watching.screen.cards[at].cue == watching.of("recognised")[0]["text"]
    assert [call for call, _ in watching.voice.calls].count("click") == len(live.reps) - 2


def test_a_cue_for_what_was_seen_is_said_and_after_the_name() -> None:
    watching = Watching(film(bent_over_row(reps=6, rounded_back=45.0, faulty_from=1), LEFT_SIDE))
    found = watching.find_out()
    assert found is not None
    live = watching.go_on(found)
    at = watching.of("recognised")[0]["time_s"]
    assert live.cues[0].time_s <= at
    name = watching.voice.said.index(watching.of("recognised")[0]["text"])
    assert watching.voice.said[name + 1] == live.cues[0].text


def test_a_break_before_it_is_known_is_one_afterwards() -> None:
    track = film(two_sets(bent_over_row(reps=3), pause_s=12.0), LEFT_SIDE)
    cut = replace(track, breaks_s=(float(track.time_s[len(track) // 5]),))
    watching = Watching(cut)
    found = watching.find_out()
    assert found is not None
    assert [one.time_s for one in found.seen if one.anew] == [*cut.breaks_s]
    named = run(cut, on=found.exercise.id).live
    assert told(watching.go_on(found).reps) == told(named.reps) != told(run(track, on=found.exercise.id).live.reps)


def test_a_target_that_was_reached_before_ends_the_session() -> None:
    watching = Watching(sample("deadlift_clean"))
    found = watching.find_out()
    assert found is not None
    taken = watching.camera.taken
    live = watching.go_on(found, targets=Targets(sets=1, reps=1))
    assert (len(live.reps), watching.camera.taken) == (1, taken)
    assert "That was the last set. Well done." in watching.voice.said


def test_what_the_last_frames_show_is_found_out_at_the_end() -> None:
    track = sample("deadlift_clean")
    watching = Watching(track)
    assert watching.find_out() is not None
    just_before = beginning(track, watching.of("recognised")[0]["time_s"])
    again = Watching(just_before)
    found = again.find_out()
    assert found is None or told(again.go_on(found).reps) == told(run(just_before, on="deadlift").live.reps)


def test_where_only_the_family_is_sure_no_more_is_claimed() -> None:
    watching = Watching(sample("single-arm-row_elbow-flare"))
    assert watching.find_out() is not None
    (line,) = watching.of("recognised")
    assert line["text"].startswith("Looks like a row, most like ")
    assert line["confidence"] < SURE


# --- until then ---


def test_the_screen_says_what_to_do_and_helps_to_be_seen() -> None:
    track = standing(4.0)
    watching = Watching(replace(track, poses=tuple(None if t < 2.0 else pose for t, pose in track)))
    assert watching.find_out() is None
    boards = [card.board for card in watching.screen.cards]
    assert {(board.title, board.text) for board in boards if board is not None} == {(SHOW, SAFETY)}
    assert len(boards) == len(track)
    assert [line["text"] for line in watching.of("advice")] == ["I cannot see you yet. Step into the picture."]
    assert watching.screen.cards[-1].cue == ""
    assert watching.screen.poses[-1] is not None


def test_who_stands_about_is_taken_for_nothing() -> None:
    watching = Watching(standing(30.0))
    assert watching.find_out() is None
    assert watching.lines == []


def test_what_cannot_be_told_is_said_and_it_goes_on_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding_out, "MOST_REPS", 1)
    watching = Watching(sample("deadlift_clean"))
    assert watching.find_out() is None
    assert {line["text"] for line in watching.of("unrecognised")} == {CANNOT_TELL}
    assert len(watching.of("unrecognised")) > 1
    assert CANNOT_TELL in watching.voice.said


def test_what_is_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding_out, "KEPT_S", 8.0)
    watching = Watching(sample("deadlift_clean"))
    found = watching.find_out()
    assert found is not None
    assert 7.5 <= found.seen[-1].time_s - found.seen[0].time_s <= 8.0


@pytest.mark.parametrize("key", [Key.QUIT, Key.STOP])
def test_keys_that_end_it(key: Key) -> None:
    watching = Watching(sample("deadlift_clean"), keys={20: key})
    assert watching.find_out() is None
    assert watching.camera.taken == 21


def test_other_keys() -> None:
    keys = {10: Key.PAUSE, 20: Key.PAUSE, 30: Key.MUTE, 40: Key.CALIBRATE}
    watching = Watching(sample("deadlift_clean"), keys=keys)
    found = watching.find_out()
    assert found is not None
    assert watching.estimator.asked[:12] == [*range(11), 21]
    assert {card.cue for card in watching.screen.cards[11:21]} == {"Paused"}
    assert not watching.voice.muted
    assert found.seen[0].time_s == sample("deadlift_clean").time_s[41]


def test_advice_without_an_exercise_is_only_on_being_seen() -> None:
    """Nobody knows yet how to turn, or how high the camera should stand."""
    watching = Watching(film(passing(STANDING, [(4.0, STANDING)]), replace(LEFT_SIDE, azimuth_deg=0.0)))
    assert watching.find_out() is None
    assert watching.lines == []


@pytest.mark.parametrize(
    ("ranked", "enough"),
    [
        ([], False),
        ([("deadlift", 0.9, 1)], False),
        ([("deadlift", 0.7, 2)], True),
        ([("deadlift", 0.69, 12)], False),
        ([("bent-over-row", 0.5, 3), ("wide-row", 0.4, 3)], False),
        ([("bent-over-row", 0.5, 4), ("wide-row", 0.2, 3)], True),
        ([("bent-over-row", 0.5, 4), ("deadlift", 0.4, 4)], False),
    ],
)
def test_when_it_is_decided(ranked: list[tuple[str, float, int]], enough: bool) -> None:
    assert decided([Candidate(id_, 0.5, confidence, reps) for id_, confidence, reps in ranked], EXERCISES) is enough


# --- coach() ---


def coached(room: Room, track: PoseTrack, **how: Any) -> Live | None:
    small = scaled(track, 0.2)
    room.camera, room.estimator = GoesOn(small, SMALL), Replay(small)
    options = Options(camera="0", model=_Model(), headless=True, mute=True, **how)
    return coach(None, options, room.events, room.told.append)


def test_the_session_is_stored_whole_and_under_its_exercise(
    room: Room, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("formcoach.clips.WAITING_FRAMES", 1000)  # frames come faster here than any camera's
    track = sample("deadlift_rounded-back")
    live = coached(room, track, out=tmp_path / "out")
    assert live is not None
    with Store(room.home) as opened:
        (session,) = opened.sessions()
        assert (session.exercise, session.ending, session.reps) == ("deadlift", Ending.FINISHED, len(live.reps))
        assert [one.rep.number for one in opened.reps_of(session.id)] == [rep.number for rep in live.reps]
        np.testing.assert_allclose(load_session_track(opened.folder_of(session.id)).time_s, track.time_s)
        first, *_, last = [one for one in opened.reps_of(session.id) if one.rep.findings]
        assert (first.clip is None) == (first.rep.span.start_s < room_told_s(room))
        assert last.clip is not None
    assert len([text for text in room.told if text.startswith("Recognised as deadlift")]) == 1
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (report["frames"], len(report["sets"][0]["reps"])) == (len(track), len(live.reps))


def room_told_s(room: Room) -> float:
    """When it was recognised."""
    lines = [json.loads(line) for line in room.events.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "recognised"]
    return float(line["time_s"])


def test_a_flagged_rep_without_pictures_has_no_clip_and_it_is_said(room: Room) -> None:
    live = coached(room, film(bent_over_row(reps=5, rounded_back=45.0, faulty_from=1), LEFT_SIDE))
    assert live is not None
    assert NO_PICTURES in room.told
    with Store(room.home) as opened:
        reps = opened.reps_of(1)
    assert reps[0].rep.findings
    assert reps[0].clip is None


def test_who_stops_before_leaves_no_session(room: Room) -> None:
    assert coached(room, beginning(sample("deadlift_clean"), 3.0)) is None
    assert room.told == [NOT_RECOGNISED]
    with Store(room.home) as opened:
        assert opened.sessions() == []
    assert room.camera.closed


def test_an_interrupted_one_is_stored_with_what_came_before(room: Room) -> None:
    track = scaled(sample("deadlift_clean"), 0.2)
    at = len(track) - 20
    room.camera, room.estimator = GoesOn(track, SMALL, fail_at=at, error=KeyboardInterrupt()), Replay(track)
    options = Options(camera="0", model=_Model(), headless=True, mute=True)
    with pytest.raises(KeyboardInterrupt):
        coach(None, options, room.events, room.told.append)
    ending, reps = stored(room)
    assert ending is Ending.INTERRUPTED
    assert reps == len(run(beginning(track, float(track.time_s[at])), on="deadlift").live.reps)


# --- the command ---


@pytest.mark.model
def test_auto_on_a_file_played_as_a_camera(cli: Cli, model: ModelFile, tmp_path: Any) -> None:
    """The command line, the real model, the real clock: same reps and findings as of the named exercise."""
    video = SAMPLES / "overhead-press_uneven-arms.mp4"
    where = {"FORMCOACH_HOME": str(tmp_path / "home"), "FORMCOACH_MODEL": str(model.path)}
    sessions = []
    for asked in ("overhead-press", "auto"):
        done = cli("live", asked, "--camera", video, "--headless", "--mute", **where)
        assert done.code == 0, done.err
        lines = [json.loads(line) for line in done.out.splitlines()]
        reps = [line for line in lines if line["event"] == "rep"]
        sessions.append([[finding["fault"] for finding in line["findings"]] for line in reps])
    assert sessions[0] == sessions[1] != []
    assert [line["exercise"] for line in lines if line["event"] == "recognised"] == ["overhead-press"]
