"""Replay: what is found, which reps are played against which, what the picture shows, and the video of it."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from recordings import analysed, record, rows, white
from sessions import finding, flagged, rep

from formcoach.captions import LEFT, RIGHT, phase_word
from formcoach.catalogue import load_catalogue
from formcoach.cutting import Footage
from formcoach.errors import FormCoachError
from formcoach.history import clip_name
from formcoach.player import Player, Shot
from formcoach.recording import save_track
from formcoach.replay import export
from formcoach.review import Review, find_review, last_session, of_session
from formcoach.scenes import AROUND_S, MARGIN_S, scenes_of
from formcoach.screen import has_display
from formcoach.sidebyside import ROOM, SideBySide
from formcoach.sprites import GREEN, ORANGE, Box
from formcoach.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cli
    from numpy.typing import NDArray

    from formcoach.exercise import Rep

EXERCISE = load_catalogue()["bent-over-row"]


def three() -> list[Rep]:
    """A clean rep, a mild one, and one that is worse in two ways."""
    mild, severe = finding(), finding("severe", "trunk-swing")
    return [
        rep(1, 1.0, 3.0),
        rep(2, 3.5, 5.5, replace(mild, time_s=4.4)),
        rep(3, 6.0, 8.5, replace(mild, time_s=6.5), replace(severe, time_s=7.4)),
    ]


def review(reps: list[Rep] | None = None, *films: Footage) -> Review:
    return Review(
        name="1", title="session 1", exercise=EXERCISE, reps=tuple(reps or three()), track=rows(), films=films
    )  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("FORMCOACH_HOME", str(folder))
    return folder


def refusal(error: pytest.ExceptionInfo[FormCoachError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


# ---- which reps ----


def test_flagged_reps_are_played_in_order() -> None:
    assert [scene.rep.number for scene in scenes_of(review())] == [2, 3]


def test_all_reps_or_one_or_those_with_a_fault() -> None:
    given = review()
    assert [scene.rep.number for scene in scenes_of(given, every=True)] == [1, 2, 3]
    assert [scene.rep.number for scene in scenes_of(given, number=1)] == [1]
    assert [scene.rep.number for scene in scenes_of(given, fault="trunk-swing")] == [3]


def test_a_scene_is_about_the_gravest_finding_unless_one_is_asked_for() -> None:
    given = review()
    assert [one.fault for one in scenes_of(given)[1].findings] == ["trunk-swing", "rounded-back"]
    [_, asked] = scenes_of(given, fault="rounded-back")
    assert [one.fault for one in asked.findings] == ["rounded-back", "trunk-swing"]
    assert (scenes_of(given)[1].worst_s, asked.worst_s) == (7.4, 6.5)


def test_stops_on_the_frame_of_the_finding() -> None:
    for scene in scenes_of(review()):
        assert scene.piece.worst is not None
        assert scene.piece.times_s[scene.piece.worst] == pytest.approx(scene.worst_s, abs=0.02)
        span = scene.rep.span
        assert scene.piece.times_s[0] == pytest.approx(span.start_s - MARGIN_S, abs=0.04)
        assert scene.piece.times_s[-1] == pytest.approx(span.end_s + MARGIN_S, abs=0.04)


@pytest.mark.parametrize("time_s", [math.nan, -5.0, 1e9])
def test_a_finding_at_no_time_stops_within_the_rep(time_s: float) -> None:
    odd = rep(1, 1.0, 3.0, replace(finding(), time_s=time_s))
    [scene] = scenes_of(review([odd, rep(2, 4.0, 6.0)]))
    assert scene.worst_s is not None
    assert 1.0 <= scene.worst_s <= 3.0


def test_is_held_against_the_best_rep_at_the_same_moment() -> None:
    [mild, _] = scenes_of(review())
    assert mild.best is not None
    assert mild.best.number == 1
    assert [one for one, _ in mild.to_best] == [3.5, 4.3, 4.5, 5.5]
    assert [other for _, other in mild.to_best] == pytest.approx([1.0, 1.8, 2.0, 3.0])


def test_the_best_rep_itself_has_nothing_to_be_held_against() -> None:
    [only] = scenes_of(review([flagged(1)]))
    assert only.best is None
    assert next(iter(scenes_of(review(), number=1))).best is None


def test_of_a_hold_only_the_time_round_the_finding_is_played() -> None:
    plank = next(one for one in load_catalogue().exercises.values() if one.kind.timed and one.faults)
    fault = plank.faults[0]
    long = rep(1, 0.0, 60.0, replace(finding(fault=fault.id), time_s=20.0))
    [scene] = scenes_of(replace(review([long]), exercise=plank, track=None))
    assert scene.piece.times_s[0] == pytest.approx(20.0 - AROUND_S)
    assert scene.piece.times_s[-1] == pytest.approx(20.0 + AROUND_S, abs=0.04)


def test_of_a_rep_of_hours_not_all_is_played() -> None:
    [scene] = scenes_of(replace(review([flagged(1, 0.0, 1e9)]), track=None))
    assert len(scene.piece.times_s) < 200


@pytest.mark.parametrize(
    ("reps", "asked", "why"),
    [
        ([rep(1)], {}, "--all plays them all"),
        ([rep(1)], {"number": 7}, "numbered 1 to 1"),
        ([rep(1)], {"fault": "shrug"}, "found was nothing"),
        ([rep(1)], {"fault": "no such\nfault"}, "has no fault"),
        ([flagged(1)], {"fault": "rounded-back", "every": True}, "exclude one another"),
    ],
)
def test_nothing_to_play_is_said_in_a_line(reps: list[Rep], asked: dict[str, object], why: str) -> None:
    with pytest.raises(FormCoachError) as error:
        scenes_of(review(reps), **asked)  # type: ignore[arg-type]
    assert why in refusal(error)


# ---- what is found ----


def test_the_last_session_with_a_rep_is_found(home: Path) -> None:
    with Store(home) as store:
        first, last = record(store, three(), clips=False), record(store, [rep(1)], clips=False)
        record(store, [], clips=False, track=False)
        assert last_session(store).id == last.id
    assert find_review(None, None, None).name == str(last.id)
    assert find_review(str(first.id), None, None).title == first.title
    assert find_review(first.folder.name, None, None).title == first.title


def test_a_session_comes_with_its_clips_and_poses(home: Path) -> None:
    with Store(home) as store:
        session = record(store, three())
    found = find_review(None, None, None)
    assert [film.path.name for film in found.films] == [clip_name(2), clip_name(3)]
    assert found.track is not None
    assert len(found.track) == len(rows())
    assert found.film_of(3.5, 5.5) == found.films[0]
    assert found.film_of(1.0, 3.0) is None
    (session.folder / clip_name(2)).unlink()
    (session.folder / clip_name(3)).write_bytes(b"no video")
    [film] = find_review(None, None, None).films
    assert film.path.name == clip_name(3)


def test_a_clip_that_is_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    with Store(home) as store:
        session = record(store, three())
    clip = session.folder / clip_name(2)
    clip.replace(tmp_path / "elsewhere.mp4")
    clip.symlink_to(tmp_path / "elsewhere.mp4")
    assert [film.path.name for film in find_review(None, None, None).films] == [clip_name(3)]


def test_findings_of_faults_that_are_gone_are_left_out(home: Path) -> None:
    with Store(home) as store:
        record(store, [rep(1, 1, 3, finding(fault="abolished"), finding())], clips=False)
    found = find_review(None, None, None)
    assert [one.fault for one in found.reps[0].findings] == ["rounded-back"]
    assert "abolished" in " ".join(found.notes)


def test_without_its_track_a_session_is_played_without_skeleton(home: Path) -> None:
    with Store(home) as store:
        session = record(store, three())
    for path in session.folder.glob("poses-*"):
        path.write_bytes(b"broken")
    found = find_review(None, None, None)
    assert found.track is None
    assert "No skeleton" in found.notes[0]
    assert drawn(found).shape == (720, 1280, 3)


def test_with_neither_track_nor_clips_there_is_nothing(home: Path) -> None:
    with Store(home) as store:
        session = record(store, three(), clips=False, track=False)
        with pytest.raises(FormCoachError, match="nothing of session 1 is left"):
            of_session(store, session)


def test_a_folder_of_analyze_and_its_video(tmp_path: Path) -> None:
    folder = analysed(tmp_path / "out" / "set")
    alone = find_review(str(folder), None, None)
    assert (alone.exercise.id, len(alone.reps), alone.films) == (EXERCISE.id, 3, ())
    assert "--video" in alone.notes[-1]
    beside = white(tmp_path / "named.mp4", 1.0).rename(tmp_path / rows().source.name)
    assert [film.path for film in find_review(str(folder), None, None).films] == [beside]
    other = white(tmp_path / "other.mp4", 1.0)
    assert [film.path for film in find_review(str(folder), None, other).films] == [other]


def test_a_report_that_says_otherwise_is_told(tmp_path: Path) -> None:
    folder = analysed(tmp_path / "set")
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    report["sets"][0]["reps"].pop()
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert any("the report has 2" in note for note in find_review(str(folder), None, None).notes)


def test_a_track_alone_needs_its_exercise(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    save_track(path, rows())
    with pytest.raises(FormCoachError) as error:
        find_review(str(path), None, None)
    assert "--exercise" in refusal(error)
    assert len(find_review(str(path), "bent-over-row", None).reps) == 3


@pytest.mark.parametrize("hostile", ['{"exercise": 7}', "[]", "nonsense", '{"exercise": "nothing"}', "[" * 100_000])
def test_a_hostile_report_is_refused(tmp_path: Path, hostile: str) -> None:
    folder = analysed(tmp_path / "set")
    (folder / "report.json").write_text(hostile, encoding="utf-8")
    with pytest.raises(FormCoachError) as error:
        find_review(str(folder), None, None)
    refusal(error)


@pytest.mark.parametrize(
    "name",
    ["../precious", "../../etc", "nothing", "7", "99999999999999999999", "", "/", ".", "x/../y", "a\0b", "%", "*"],
)
def test_names_of_nothing_are_refused(name: str, home: Path) -> None:
    with Store(home) as store:
        record(store, [rep(1)], clips=False)
    (home / "precious").mkdir()
    with pytest.raises(FormCoachError) as error:
        find_review(name, None, None)
    refusal(error)


def test_a_session_folder_that_leads_elsewhere_is_refused(home: Path, tmp_path: Path) -> None:
    with Store(home) as store:
        session = record(store, three())
    session.folder.rename(tmp_path / "elsewhere")
    session.folder.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(FormCoachError) as error:
        find_review("1", None, None)
    assert "leads out of" in refusal(error)


def test_video_and_exercise_are_no_options_of_a_session(home: Path) -> None:
    with Store(home) as store:
        record(store, three())
    with pytest.raises(FormCoachError, match="not with a live session"):
        find_review("1", "deadlift", None)


# ---- the picture ----


def drawn(given: Review, *, place: int = 0, frame: int | None = None, overlay: bool = True) -> NDArray[np.uint8]:
    scenes = scenes_of(given)
    player = Player([scene.piece for scene in scenes])
    player.overlay = overlay
    at = scenes[place].piece.worst if frame is None else frame
    return SideBySide(given, scenes).draw(Shot(place, at or 0, True, False, False), player, help_line=True)


def panel(picture: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    return picture[box.top : box.bottom - 60, box.left : box.right]


def has(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(picture.astype(int) - colour).max(axis=2) < 12).sum() > 40)


def test_the_fault_is_coloured_here_and_green_in_the_best_rep() -> None:
    picture = drawn(review())
    left, right = panel(picture, LEFT), panel(picture, RIGHT)
    assert (has(left, ORANGE), has(left, GREEN)) == (True, False)
    assert (has(right, ORANGE), has(right, GREEN)) == (False, True)


def test_before_the_fault_nothing_is_coloured() -> None:
    picture = drawn(review(), frame=0)
    assert not has(panel(picture, LEFT), ORANGE)
    assert not has(panel(picture, RIGHT), GREEN)


def test_the_video_is_behind_the_skeleton_where_there_is_one(tmp_path: Path) -> None:
    clip = white(tmp_path / "clip.mp4", 4.0)
    picture = drawn(review(None, Footage(clip, 2.5, 6.5)))
    assert panel(picture, LEFT).mean() > 150
    assert panel(picture, RIGHT).mean() < 70
    assert has(panel(picture, LEFT), ORANGE)


def test_the_overlay_goes_where_there_is_a_picture(tmp_path: Path) -> None:
    clip = white(tmp_path / "clip.mp4", 4.0)
    picture = drawn(review(None, Footage(clip, 2.5, 6.5)), overlay=False)
    assert not has(panel(picture, LEFT), ORANGE)
    assert not has(panel(picture, RIGHT), GREEN)
    assert panel(picture, RIGHT).max() > 200, "a skeleton alone stays"


def test_a_clip_that_cannot_be_read_is_told_and_the_skeleton_alone_shown(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    given = review(None, Footage(broken, 2.5, 6.5))
    scenes = scenes_of(given)
    maker = SideBySide(given, scenes)
    for _ in range(2):
        maker.draw(Shot(0, 0, False, False, False), Player([one.piece for one in scenes]), help_line=False)
    assert len(maker.notes) == 1
    assert "broken.mp4" in maker.notes[0]


def test_without_another_rep_the_panel_is_wide() -> None:
    picture = drawn(review([rep(1, 3.5, 5.5, replace(finding(), time_s=4.4))]))
    assert has(picture[LEFT.top : LEFT.bottom - 60], ORANGE)
    assert picture[LEFT.top + 5, LEFT.right + 2].tolist() == list(ROOM)


def test_what_was_never_seen_is_drawn_as_nothing() -> None:
    given = review()
    assert given.track is not None
    blind = replace(given.track, poses=(None,) * len(given.track))
    assert drawn(replace(given, track=blind)).shape == (720, 1280, 3)


def test_phases_have_names() -> None:
    span = rep(1, 1.0, 3.0).span
    words = [phase_word(EXERCISE, span, at) for at in (0.5, 1.2, 1.9, 2.5, 3.5)]
    assert words == ["", "Lifting", "Top", "Lowering", ""]
    lowered = next(one for one in load_catalogue().exercises.values() if one.lowers_first)
    assert [phase_word(lowered, span, at) for at in (1.2, 1.9, 2.5)] == ["Lowering", "Bottom", "Lifting"]


def test_no_word_leaves_the_picture_whatever_it_says() -> None:
    fault = replace(EXERCISE.faults[0], name="W" * 300, explain="word " * 300, cue="cue " * 60)
    odd = replace(EXERCISE, faults=(fault, *EXERCISE.faults[1:]), name="N" * 500)
    found = [replace(finding(fault=one.id), time_s=2.0) for one in odd.faults]
    given = replace(review([rep(1, 1, 3, *found), rep(2, 4, 6)]), exercise=odd, title="T" * 1000)
    assert drawn(given).shape == (720, 1280, 3)


# ---- the video ----


def test_the_video_plays_in_browsers_and_lasts_as_long_as_it_should(tmp_path: Path) -> None:
    given = review()
    scenes = scenes_of(given, number=2)
    path, ticks = tmp_path / "replay.mp4", []
    export(given, scenes, path, speed=1.0, notice=print, tick=lambda: ticks.append(1))
    with av.open(str(path)) as container:
        [stream] = container.streams
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"  # type: ignore[attr-defined]
        frames = sum(1 for _ in container.decode(video=0))
    length_s = scenes[0].piece.times_s[-1] - scenes[0].piece.times_s[0] + 2.0 + 0.5
    assert frames / 30 == pytest.approx(length_s, abs=0.15)
    assert len(ticks) == frames
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "it begins to play before it is there as a whole"


@pytest.mark.parametrize("name", ["replay.avi", "replay", "nowhere/replay.mp4"])
def test_a_file_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    given = review()
    with pytest.raises(FormCoachError) as error:
        export(given, scenes_of(given), tmp_path / name, speed=1.0, notice=print)
    refusal(error)
    assert list(tmp_path.glob("**/*.mp4")) == []


def test_the_recording_itself_is_not_overwritten(tmp_path: Path) -> None:
    clip = white(tmp_path / "clip.mp4", 4.0)
    before = clip.read_bytes()
    given = review(None, Footage(clip, 2.5, 6.5))
    with pytest.raises(FormCoachError, match="recording itself"):
        export(given, scenes_of(given), clip, speed=1.0, notice=print)
    assert clip.read_bytes() == before


def test_what_was_there_stays_where_writing_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "replay.mp4"
    path.write_bytes(b"before")

    def stop() -> None:
        raise KeyboardInterrupt

    given = review()
    with pytest.raises(KeyboardInterrupt):
        export(given, scenes_of(given), path, speed=1.0, notice=print, tick=stop)
    assert path.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["replay.mp4"]


# ---- the command ----


@pytest.fixture
def recorded(home: Path) -> Path:
    with Store(home) as store:
        record(store, three())
    return home


def test_the_command_writes_a_video(cli: Cli, recorded: Path) -> None:
    done = cli("replay", "--rep", "2", "--speed", "2", "--export", "r.mp4")
    assert done.code == 0, done
    assert (cli.folder / "r.mp4").stat().st_size > 1000
    assert "saved in r.mp4" in done.out


def test_the_command_lists_sessions_and_names_broken_ones(cli: Cli, recorded: Path) -> None:
    with Store(recorded) as store:
        second = record(store, [rep(1)], clips=False)
        store._connection.execute("UPDATE reps SET start_s = 'soon' WHERE session_id = ?", (second.id,))
    done = cli("replay", "--list")
    assert done.code == 0
    assert "rounded-back 2, trunk-swing 1" in done.out
    assert "session 2" in done.err


def test_without_a_display_a_video_is_offered(cli: Cli, recorded: Path) -> None:
    line = cli("replay", "1", DISPLAY="", WAYLAND_DISPLAY="").check_refused()
    assert "no display" in line
    assert "formcoach replay 1 --export" in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["9"], ["../../etc"], ["--rep", "9"], ["--rep", "0"], ["--fault", "x"], ["--all", "--rep", "1"],
        ["--speed", "0"], ["--export", "x.gif"], ["--export", "no/x.mp4"], ["-e", "deadlift"],
    ],
)  # fmt: skip
def test_bad_usage_is_one_line(cli: Cli, recorded: Path, arguments: list[str]) -> None:
    cli("replay", *arguments).check_refused()


def test_without_any_session_it_says_what_to_do(cli: Cli) -> None:
    assert "formcoach live" in cli("replay", "--export", "x.mp4").check_refused()


def test_a_damaged_history_is_one_line(cli: Cli, recorded: Path) -> None:
    for path in recorded.glob("formcoach.db*"):
        path.write_bytes(b"not a database" * 1000)
    for command in (["replay"], ["replay", "--list"], ["history"], ["history", "rm", "1", "--yes"]):
        assert "damaged" in cli(*command).check_refused()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches a process another way there")
def test_ctrl_c_leaves_nothing_half_written(cli: Cli, recorded: Path) -> None:
    process = cli.start("replay", "--speed", "0.05", "--export", "r.mp4")
    until_s = time.monotonic() + 60
    while not list(cli.folder.glob(".*.part")) and time.monotonic() < until_s:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert [path.name for path in cli.folder.iterdir() if path.is_file()] == []


def test_opencv_is_loaded_before_pyav(recorded: Path) -> None:
    """The other way round its window never opens, and the process hangs."""
    code = (
        "import sys; from formcoach import cli\n"
        "sys.argv = ['formcoach', 'replay']\n"
        "try: cli.main()\n"
        "except SystemExit: print(*[name for name in sys.modules if name in ('cv2', 'av')])"
    )
    environment = {**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["cv2", "av"]


@pytest.mark.skipif(not has_display(), reason="there is no display; run under xvfb-run to see the window")
def test_the_window_opens_and_ends_on_ctrl_c(cli: Cli, recorded: Path) -> None:
    process = cli.start("replay")
    time.sleep(8)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
