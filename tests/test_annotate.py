from __future__ import annotations

import math
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import av
import numpy as np
import pytest
from videos import needs_encoder, steady, write_video

from formcoach import annotate as a
from formcoach.analysis import Analysis, Instant
from formcoach.annotate import Storyboard, annotate
from formcoach.body import Side, View
from formcoach.card import Mark
from formcoach.coach import Cue
from formcoach.errors import FormCoachError
from formcoach.exercise import UNSEEN, Exercise, Fault, Finding, Grades, NotAssessed, Rep, Sides, Span
from formcoach.frames import Video
from formcoach.pose import LANDMARKS, Landmark, Pose, PoseTrack, Source
from formcoach.reps import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from formcoach.exercise import RepSignal
    from formcoach.pose import Frame

SIZE = (322, 242)
JITTERED = [0.0, 0.033, 0.07, 0.1, 0.1335, 0.1667, 0.2, 0.26, 0.2999, 0.334, 0.4, 0.7, 0.7333]
"""A phone's times, s."""


def fault(fault_id: str, name: str, priority: int = 2, segment: tuple[str, ...] = ("SHOULDER", "HIP")) -> Fault:
    return Fault(
        id=fault_id, name=name, priority=priority, read=lambda _: UNSEEN, mild=10.0, severe=20.0, unit="deg",
        grades=Grades.of("F:A R:A S:A O:A"), cue="Long back", explain="", segment=segment,
    )  # fmt: skip


FAULTS = (
    fault("rounded-back", "Back rounding", 1),
    fault("elbow-flare", "Elbows winging out", 2, ("SHOULDER", "ELBOW")),
    fault("neck-crane", "Neck out of line", 3, ("EAR", "SHOULDER")),
    fault("arms", "Arms uneven"),
    fault("shrug", "Shoulders hiking"),
)
EXERCISE = Exercise(
    id="row", name="Row", sides=Sides.BOTH, signal=cast("RepSignal", None), position=(), faults=FAULTS, camera="",
    movement="", best_view=View.SIDE,
)  # fmt: skip


def found(fault_id: str, time_s: float, value: float = 35.0) -> Finding:
    severity = "severe" if value >= 20 else "mild"
    return Finding(
        fault=fault_id, severity=severity, value=value, limit=20.0 if severity == "severe" else 10.0, unit="deg",
        time_s=time_s, confidence=0.9,
    )  # fmt: skip


def rep(number: int, start_s: float, *findings: Finding, set_number: int = 1, missing: Sequence[str] = ()) -> Rep:
    """Two seconds: a lift of 0.8 s, 0.2 s at the top, a lowering of 1 s."""
    span = Span(start_s, start_s + 0.8, start_s + 1.0, start_s + 2.0, rest=0.0, peak=1.0, next_rest=0.0, reach=1.0)
    return Rep(
        number=number, set_number=set_number, side=None, span=span, view=View.SIDE, azimuth_deg=85.0,
        findings=findings, hints=(),
        not_assessed=tuple(NotAssessed(fault=f, why="not visible", instead="face the camera") for f in missing),
    )  # fmt: skip


def pose(time_s: float, size: tuple[int, int] = SIZE) -> Pose:
    landmarks = np.zeros((LANDMARKS, 3), np.float32)
    landmarks[:, 0] = size[0] * (0.5 + 0.1 * np.sin(np.arange(LANDMARKS)))
    landmarks[:, 1] = size[1] * np.linspace(0.2, 0.8, LANDMARKS)
    ones = np.ones(LANDMARKS, np.float32)
    return Pose(time_s, landmarks, (landmarks / 100).astype(np.float32), ones, ones, None)


def analysis(
    times: Sequence[float] = (0.0,),
    *,
    reps: Sequence[Rep] = (),
    partials: Sequence[Span] = (),
    cues: Sequence[Cue] = (),
    count: Callable[[float], int] = lambda _: 0,
    size: tuple[int, int] = SIZE,
) -> Analysis:
    source = Source("x.mp4", *size, duration_s=times[-1], model="full")
    return Analysis(
        exercise=EXERCISE,
        track=PoseTrack(source, np.array(times), tuple(pose(t, size) for t in times)),
        instants=tuple(Instant(t, State.LIFT, 0.5, count(t), 1) for t in times),
        reps=tuple(reps),
        partials=tuple(partials),
        cues=tuple(cues),
        view=View.SIDE,
        azimuth_deg=85.0,
        notes=(),
    )


# ---- what is shown when ----


def test_the_count_rises_when_the_instants_say() -> None:
    reps = [rep(1, 1.0), rep(2, 4.0)]
    board = Storyboard(analysis(steady(90, 10), reps=reps, count=lambda t: (t >= 1.8) + (t >= 4.8)))
    assert [board.at(t).count for t in (0.0, 1.7, 1.8, 3.9, 4.7, 4.8, 8.0)] == [0, 0, 1, 1, 1, 2, 2]


def test_a_rep_counts_at_its_end_where_the_instants_say_nothing() -> None:
    board = Storyboard(analysis(steady(90, 10), reps=[rep(1, 1.0)]))
    assert [board.at(t).count for t in (2.9, 3.0)] == [0, 1]


def test_a_new_set_counts_from_one() -> None:
    reps = [rep(1, 1.0), rep(2, 3.5), rep(3, 20.0, set_number=2)]
    board = Storyboard(analysis(steady(250, 10), reps=reps, count=lambda t: (t >= 1.8) + (t >= 4.3) + (t >= 20.8)))
    shown = [(board.at(t).set_number, board.at(t).count) for t in (0.0, 5.0, 19.0, 20.0, 20.8, 22.0, 24.0)]
    assert shown == [(1, 0), (1, 2), (1, 2), (2, 0), (2, 1), (2, 1), (2, 1)]


def test_one_set_is_not_numbered() -> None:
    assert Storyboard(analysis(reps=[rep(1, 1.0)])).at(2.0).set_number == 0


def test_marks_come_at_the_ends_of_reps_and_partials() -> None:
    reps = [rep(1, 1.0), rep(2, 4.0, found("shrug", 4.5, 12)), rep(3, 9.0, found("shrug", 9.5, 12), found("arms", 9.5))]
    half = Span(7.0, 7.4, 7.5, 8.0, rest=0.0, peak=0.4, next_rest=0.0, reach=0.4)
    board = Storyboard(analysis(reps=reps, partials=[half]))
    assert board.at(2.9).marks == ()
    assert board.at(6.0).marks == (Mark.CLEAN, Mark.MILD)
    assert board.at(8.0).marks == (Mark.CLEAN, Mark.MILD, Mark.PARTIAL)
    assert board.at(20.0).marks == (Mark.CLEAN, Mark.MILD, Mark.PARTIAL, Mark.SEVERE)


def test_partials_show_where_no_rep_counted() -> None:
    half = Span(7.0, 7.4, 7.5, 8.0, rest=0.0, peak=0.4, next_rest=0.0, reach=0.4)
    board = Storyboard(analysis(partials=[half]))
    assert (board.at(7.9).marks, board.at(8.0).marks) == ((), (Mark.PARTIAL,))


def test_words_show_from_when_it_happens_until_a_little_after_the_rep() -> None:
    board = Storyboard(analysis(reps=[rep(1, 10.0, found("rounded-back", 10.5))]))
    assert [bool(board.at(t).remarks) for t in (10.4, 10.5, 12.0, 13.4, 13.6)] == [False, True, True, True, False]
    (words,) = board.at(11.0).remarks
    assert (words.name, words.value, words.limit) == ("Back rounding", "35°", "limit 20°")


def test_the_worst_finding_comes_first() -> None:
    findings = found("shrug", 10.2, 12), found("elbow-flare", 10.3), found("rounded-back", 10.3, 13)
    board = Storyboard(analysis(reps=[rep(1, 10.0, *findings)]))
    assert [w.name for w in board.at(10.25).remarks] == ["Shoulders hiking"]
    assert [w.name for w in board.at(10.5).remarks] == ["Elbows winging out", "Back rounding", "Shoulders hiking"]


def test_the_next_reps_words_replace_the_last_ones() -> None:
    reps = [rep(1, 10.0, found("shrug", 10.5)), rep(2, 12.1, found("arms", 12.5))]
    board = Storyboard(analysis(reps=reps))
    assert board.at(12.3).remarks[0].name == "Shoulders hiking"
    assert [w.name for w in board.at(12.6).remarks] == ["Arms uneven"]


@pytest.mark.parametrize(
    ("time_s", "shown"),
    [
        (10.4, [10.0, 10.5, 10.8]),  # in the lift
        (11.5, [11.0, 11.5, 12.0]),  # while lowering
        (math.nan, [10.2, 10.8, 11.4]),  # unknown: about the peak
    ],
)
def test_the_segment_is_coloured_while_it_happens(time_s: float, shown: list[float]) -> None:
    board = Storyboard(analysis(reps=[rep(1, 10.0, found("rounded-back", time_s))]))
    for t in shown:
        coloured = board.at(t).highlight
        assert coloured is not None
        assert coloured.mark is Mark.SEVERE
        assert coloured.segment == ((Landmark.LEFT_SHOULDER, Landmark.LEFT_HIP),)
        assert coloured.back == 1
    assert board.at(9.9).highlight is None
    assert board.at(12.1).highlight is None


def test_only_one_segment_is_coloured_that_of_the_worst() -> None:
    board = Storyboard(analysis(reps=[rep(1, 10.0, found("neck-crane", 10.5, 12), found("elbow-flare", 10.5))]))
    coloured = board.at(10.5).highlight
    assert coloured is not None
    assert coloured.segment == ((Landmark.LEFT_SHOULDER, Landmark.LEFT_ELBOW),)


def test_a_cue_shows_for_a_while() -> None:
    cues = [Cue(time_s=5.0, fault="shrug", text="Shoulders down"), Cue(time_s=9.0, fault=None, text="That's it")]
    board = Storyboard(analysis(cues=cues))
    shown = [(board.at(t).cue, board.at(t).praise) for t in (4.9, 5.0, 6.9, 7.1, 9.5)]
    said = ("Shoulders down", False)
    assert shown == [("", False), said, said, ("", False), ("That's it", True)]


def test_what_is_unseen_is_told_when_nothing_else_is() -> None:
    missing = ("arms", "elbow-flare", "shrug", "neck-crane")
    reps = [rep(1, 2.0, found("rounded-back", 2.5), missing=missing), rep(2, 6.0, missing=missing)]
    board = Storyboard(analysis(reps=reps))
    words = "Not judged from the side:\nelbows winging out, neck out of line, arms uneven and 1 more"
    assert [board.at(t).unseen for t in (1.0, 3.0, 6.5, 10.0)] == [words, "", "", words]


def test_what_was_judged_in_most_reps_is_not_called_unseen() -> None:
    reps = [rep(1, 2.0, missing=["arms"]), rep(2, 6.0), rep(3, 9.0)]
    assert Storyboard(analysis(reps=reps)).at(1.0).unseen == ""


def test_nothing_happens_without_reps() -> None:
    card = Storyboard(analysis(steady(30, 10))).at(1.0)
    assert (card.count, card.marks, card.remarks, card.highlight, card.unseen) == (0, (), (), None, "")


def test_before_the_first_instant_nothing_is_known() -> None:
    card = Storyboard(analysis([5.0])).at(1.0)
    assert card.state is State.AWAY
    assert card.near is Side.LEFT


# ---- the video ----


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs_encoder("libx264")
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return write_video(path, JITTERED, size=SIZE, images=pictures(len(JITTERED)))


def pictures(count: int, size: tuple[int, int] = SIZE) -> list[NDArray[np.uint8]]:
    """Plain red pictures."""
    return [np.full((size[1], size[0], 3), (200, 40, 40), np.uint8) for _ in range(count)]


def judged(**changes: object) -> Analysis:
    return replace(analysis(JITTERED, reps=[rep(1, 0.0, found("rounded-back", 0.1))]), **changes)  # type: ignore[arg-type]


def times_of(path: Path) -> list[float]:
    with Video.open(path) as video:
        return [frame.time_s for frame in video]


def test_frames_and_times_stay(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "annotated.mp4"
    annotate(clip, judged(), out)
    assert times_of(out) == pytest.approx(times_of(clip), abs=1e-3)
    with Video.open(clip) as before, Video.open(out) as after:
        list(before), list(after)
        assert after.notes == before.notes == ()
        assert after.end_s == pytest.approx(before.end_s, abs=0.05)


def test_browsers_can_play_it(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "annotated.mp4"
    annotate(clip, judged(), out)
    data = out.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(out)) as container:
        (stream,) = container.streams
        assert isinstance(stream, av.VideoStream)
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == SIZE
        assert "creation_time" not in container.metadata | stream.metadata


def test_it_is_drawn_on_and_keeps_its_colours(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "annotated.mp4"
    annotate(clip, judged(), out)
    with Video.open(out) as video:
        image = next(iter(video)).image.astype(int)
    red = np.abs(image - (200, 40, 40)).max(axis=2) < 12
    assert 0.3 < red.mean() < 0.95
    white = (image.min(axis=2) > 200).mean()
    assert white > 0.003


def test_the_same_input_gives_the_same_bytes(clip: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.mp4", tmp_path / "second.mp4"
    annotate(clip, judged(), first)
    annotate(clip, judged(), second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("size", "written"),
    [((97, 63), (96, 64)), ((1600, 120), (1280, 96)), ((120, 1600), (96, 1280)), ((1280, 100), (1280, 100))],
)
def test_the_size_is_even_and_bounded(size: tuple[int, int], written: tuple[int, int], tmp_path: Path) -> None:
    needs_encoder("libx264")
    times = steady(3)
    clip = write_video(tmp_path / "clip.mp4", times, size=size, images=pictures(3, size), pix_fmt="yuv444p")
    shown: list[Pose | None] = []
    annotate(clip, analysis(times, size=size), tmp_path / "out.mp4", on_frame=lambda _, pose, __: shown.append(pose))
    with Video.open(tmp_path / "out.mp4") as video:
        assert (video.width, video.height) == written
    assert shown[0] is not None
    scale = np.array(written) / size
    assert shown[0].landmarks[5, :2] == pytest.approx(pose(0.0, size).landmarks[5, :2] * scale, rel=1e-4)


def test_frames_between_those_analysed_show_the_latest_pose(clip: Path, tmp_path: Path) -> None:
    analysed = JITTERED[1:9:2]
    shown: list[tuple[float, float | None]] = []

    def note(frame: Frame, pose: Pose | None, expected: int | None) -> None:
        assert expected == len(JITTERED)
        shown.append((frame.time_s, None if pose is None else pose.time_s))

    annotate(clip, analysis(analysed), tmp_path / "out.mp4", on_frame=note)
    for time_s, pose_s in shown:
        before = [t for t in analysed if t <= time_s + 1e-4]
        assert pose_s == (before[-1] if before else None)


def test_an_old_pose_is_not_drawn_any_more(tmp_path: Path) -> None:
    needs_encoder("libx264")
    times = steady(30, 10)
    clip = write_video(tmp_path / "clip.mp4", times, size=SIZE, images=pictures(30))
    shown: list[bool] = []
    annotate(clip, analysis(times[:5]), tmp_path / "o.mp4", on_frame=lambda _, pose, __: shown.append(pose is not None))
    assert 13 <= sum(shown) <= 15
    assert not any(shown[15:])


def test_frames_without_a_person_are_drawn_without_one(clip: Path, tmp_path: Path) -> None:
    whole = judged()
    track = replace(whole.track, poses=(None,) * len(JITTERED))
    annotate(clip, replace(whole, track=track, azimuth_deg=math.nan, view=None), tmp_path / "out.mp4")
    assert len(times_of(tmp_path / "out.mp4")) == len(JITTERED)


# ---- what goes wrong ----


def test_a_folder_that_is_not_there(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(FormCoachError, match=r"cannot write .*out.mp4: No such file"):
        annotate(clip, judged(), tmp_path / "nowhere" / "out.mp4")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="everything may be written here")
def test_an_unwritable_folder(clip: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FormCoachError, match="Permission denied"):
            annotate(clip, judged(), tmp_path / "out.mp4")
    finally:
        tmp_path.chmod(0o700)


def test_a_file_where_the_folder_should_be(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FormCoachError, match="cannot write"):
        annotate(clip, judged(), tmp_path / "file" / "out.mp4")


def test_a_folder_where_the_file_should_be(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(FormCoachError, match="is a folder"):
        annotate(clip, judged(), tmp_path)


def test_a_full_disk_leaves_what_was_there(clip: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    out = tmp_path / "out.mp4"
    out.write_bytes(b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(FormCoachError, match="cannot write") as caught:
            annotate(clip, judged(), out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert out.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [out]


def test_ctrl_c_leaves_nothing_behind(clip: Path, tmp_path: Path) -> None:
    def interrupt(frame: Frame, pose: Pose | None, expected: int | None) -> None:
        if frame.index == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annotate(clip, judged(), tmp_path / "out.mp4", on_frame=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"before")
    with pytest.raises(FormCoachError, match="there is no file"):
        annotate(tmp_path / "gone.mp4", judged(), tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == b"before"


def test_the_video_itself_is_not_overwritten(clip: Path) -> None:
    before = clip.read_bytes()
    with pytest.raises(FormCoachError, match="is the video itself"):
        annotate(clip, judged(), clip)
    assert clip.read_bytes() == before


def test_names_that_look_like_something_else(clip: Path, tmp_path: Path) -> None:
    for name in ("50%d.mp4", "no ending", "set.webm", "a#b?.mp4"):
        annotate(clip, judged(), tmp_path / name)
        assert len(times_of(tmp_path / name)) == len(JITTERED)


def test_the_rate_told_to_the_encoder_is_near_the_true_one() -> None:
    assert float(a._rate(analysis(steady(20, 29.97)).track)) == pytest.approx(29.97, abs=0.01)
    assert float(a._rate(analysis([0.0]).track)) == 30
