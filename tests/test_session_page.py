"""The page of a live session: written into its folder out of the history, with its clips where they are still there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sessions import exercise
from videos import needs_encoder

from formcoach.analysis import judge
from formcoach.errors import FormCoachError
from formcoach.frames import Video
from formcoach.history import clip_name
from formcoach.pose import PoseTrack
from formcoach.recorder import SessionRecorder
from formcoach.recording import load_track
from formcoach.session_page import session_analysis, session_footage, write_session_page
from formcoach.store import Store

SAMPLES = Path(__file__).parent.parent / "samples"
NAME = "bent-over-row_rounded-back"
LATER_S = 100.0
"""The camera's clock ran for so long before the first frame."""


def track() -> PoseTrack:
    return load_track(SAMPLES / f"{NAME}.poses.npz")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with the sample as a session, its flagged reps' clips kept."""
    needs_encoder("libx264")
    folder = tmp_path_factory.mktemp("home")
    whole = track()
    reps = judge(PoseTrack(whole.source, whole.time_s + LATER_S, moved(whole)), exercise()).reps
    with (
        Store(folder) as store,
        SessionRecorder(store, exercise(), camera="0", model="full", clock_s=LATER_S) as recorder,
        Video.open(SAMPLES / f"{NAME}.mp4") as video,
    ):
        waiting = list(reps)
        for frame, pose in zip(video, moved(whole), strict=True):
            now = replace(frame, time_s=frame.time_s + LATER_S)
            recorder.add(now, pose)
            while waiting and waiting[0].span.end_s <= now.time_s:
                recorder.add_rep(waiting.pop(0))
    return folder


def moved(whole: PoseTrack) -> tuple:  # type: ignore[type-arg]
    """The poses at the camera's times."""
    return tuple(None if pose is None else replace(pose, time_s=pose.time_s + LATER_S) for pose in whole.poses)


def test_page_of_a_session(home: Path) -> None:
    with Store(home) as store:
        path = write_session_page(store, 1, exercise())
        assert path == store.session(1).folder / "report.html"
        first = path.read_bytes()
        write_session_page(store, 1, exercise())
        assert path.read_bytes() == first
        stored = store.reps_of(1)
    text = first.decode()
    flagged = [rep.rep.number for rep in stored if rep.rep.findings]
    assert flagged == [3, 4, 5]
    assert re.findall(r'aria-label="Video of Rep (\d)"', text) == [str(number) for number in flagged]
    assert text.count("<details") == 5


def test_the_reps_are_those_that_were_told(home: Path) -> None:
    with Store(home) as store:
        told = [rep.rep for rep in store.reps_of(1)]
        assert list(session_analysis(store, 1, exercise()).reps) == told
        assert list(session_analysis(store, 1, exercise(), told[:2]).reps) == told[:2]


def test_faults_of_another_version_are_left_out_with_a_note(home: Path) -> None:
    fewer = replace(exercise(), faults=tuple(fault for fault in exercise().faults if fault.id != "rounded-back"))
    with Store(home) as store:
        analysis = session_analysis(store, 1, fewer)
        assert not any(rep.findings for rep in analysis.reps)
        assert any("not declared any more" in note for note in analysis.notes)
        write_session_page(store, 1, fewer)


def test_footage_is_the_clips_and_all_of_the_video(home: Path, tmp_path: Path) -> None:
    with Store(home) as store:
        reps = store.reps_of(1)
    (tmp_path / "video-000100000.mp4").touch()
    (tmp_path / "video-000130500.mp4").touch()
    footage = session_footage(tmp_path, reps)
    assert [(one.path.name, one.start_s) for one in footage[:2]] == [
        ("video-000100000.mp4", 100.0), ("video-000130500.mp4", 130.5)
    ]  # fmt: skip
    assert footage[0].end_s == 130.5
    assert [one.path.name for one in footage[2:]] == [clip_name(number) for number in (3, 4, 5)]


def test_clips_that_were_deleted_leave_skeletons(home: Path) -> None:
    with Store(home) as store:
        folder = store.session(1).folder
        for clip in folder.glob("rep-*.mp4"):
            clip.unlink()
        text = write_session_page(store, 1, exercise()).read_text(encoding="utf-8")
    assert "<video" not in text
    assert "There is no video in this report" in text


def test_no_such_session(home: Path) -> None:
    with Store(home) as store, pytest.raises(FormCoachError, match="no session 99"):
        write_session_page(store, 99, exercise())


def test_a_folder_that_is_a_link_is_neither_read_nor_written(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        session = store.start_session("bent-over-row", camera="0", model="full")
        store.finish_session(session.id)
        session.folder.rename(tmp_path / "elsewhere")
        session.folder.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
        before = sorted(path.name for path in (tmp_path / "elsewhere").iterdir())
        for read in (write_session_page, session_analysis):
            with pytest.raises(FormCoachError, match="leads out of"):
                read(store, session.id, exercise())
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == before
