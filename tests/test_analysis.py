"""Judging recordings: the samples' pose tracks against their labels, tracks saved and loaded, tracks of nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from videos import cut, steady, write_video

from formcoach import parts
from formcoach.analysis import Analysis, estimate, judge
from formcoach.catalogue import load_catalogue
from formcoach.errors import FormCoachError
from formcoach.model import ModelFile
from formcoach.pose import LANDMARKS, Frame, Pose, PoseTrack, Source
from formcoach.recording import load_track, save_track
from formcoach.report import json_of, report_of, write_report
from formcoach.scoring import Label, parse_clip_label

if TYPE_CHECKING:
    from formcoach.exercise import Exercise

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))


def label_of(name: str) -> Label:
    data = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return parse_clip_label(data, file=f"{name}.json", video=f"{name}.mp4")


def exercise_of(name: str) -> Exercise:
    return load_catalogue()[name.split("_")[0]]


def track_of(name: str) -> PoseTrack:
    return load_track(SAMPLES / f"{name}.poses.npz")


@cache
def judged(name: str) -> Analysis:
    return judge(track_of(name), exercise_of(name))


def timing_errors(name: str, event: str) -> list[float]:
    truth = label_of(name).reps or ()
    spans = [rep.span for rep in judged(name).reps]
    return [abs(getattr(span, event) - getattr(rep, event)) for span, rep in zip(spans, truth, strict=True)]


# ---- the samples ----


@pytest.mark.parametrize("exercise", ["bent-over-row", "single-arm-row", "overhead-press", "deadlift"])
def test_a_clean_and_a_faulty_sample(exercise: str) -> None:
    labels = [label_of(name) for name in NAMES if name.startswith(f"{exercise}_")]
    assert sorted(any(rep.faults for rep in label.reps or ()) for label in labels) == [False, True]


@pytest.mark.parametrize("name", NAMES)
def test_samples_are_judged_as_labelled(name: str) -> None:
    analysis, truth = judged(name), label_of(name).reps or ()
    assert [rep.number for rep in analysis.reps] == list(range(1, len(truth) + 1))
    assert ["both" if rep.side is None else rep.side.value for rep in analysis.reps] == [rep.side for rep in truth]
    assert [{finding.fault for finding in rep.findings} for rep in analysis.reps] == [rep.faults for rep in truth]
    assert {rep.set_number for rep in analysis.reps} == {1}
    assert all(rep.span.complete for rep in analysis.reps)
    assert analysis.partials == ()
    assert analysis.notes == ()


@pytest.mark.parametrize("name", NAMES)
def test_cues_are_about_what_is_wrong(name: str) -> None:
    analysis = judged(name)
    faults = {fault for rep in label_of(name).reps or () for fault in rep.faults}
    assert {cue.fault for cue in analysis.cues} == faults
    ends = [rep.span.end_s for rep in analysis.reps if rep.findings]
    for cue in analysis.cues:
        assert min(abs(cue.time_s - end_s) for end_s in ends) < 0.5


@pytest.mark.parametrize(("event", "within_s"), [("start_s", 0.35), ("peak_s", 0.3), ("end_s", 0.75)])
@pytest.mark.parametrize("name", NAMES)
def test_times_of_a_sample(name: str, event: str, within_s: float) -> None:
    """The end is the least sharp: of a deadlift's return the trunk is done well before the bar."""
    assert max(timing_errors(name, event)) <= within_s


@pytest.mark.parametrize("event", ["start_s", "peak_s", "end_s"])
def test_times_on_average(event: str) -> None:
    errors = [error for name in NAMES for error in timing_errors(name, event)]
    assert len(errors) == sum(label_of(name).true_count for name in NAMES)
    assert np.mean(errors) <= 0.2


@pytest.mark.parametrize("name", NAMES)
def test_one_instant_a_frame(name: str) -> None:
    analysis = judged(name)
    assert [instant.time_s for instant in analysis.instants] == analysis.track.time_s.tolist()
    counts = [instant.count for instant in analysis.instants]
    assert counts[0] == 0
    assert counts[-1] == len(analysis.reps)
    assert all(before <= after <= before + 1 for before, after in pairwise(counts))


# ---- the same again ----


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded_track_gives_the_same_report(tmp_path: Path, name: str) -> None:
    save_track(tmp_path / "poses.npz", judged(name).track)
    again = judge(load_track(tmp_path / "poses.npz"), exercise_of(name))
    assert json_of(report_of(again)) == json_of(report_of(judged(name)))
    save_track(tmp_path / "again.npz", again.track)
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "poses.npz").read_bytes()


def test_judging_changes_nothing() -> None:
    track, exercise = track_of(NAMES[0]), exercise_of(NAMES[0])
    reports = [json_of(report_of(judge(track, exercise))) for _ in range(2)]
    assert reports[0] == reports[1]
    fresh = track_of(NAMES[0])
    for pose, untouched in zip(track.poses, fresh.poses, strict=True):
        assert pose is not None
        assert untouched is not None
        for field in ("landmarks", "world", "visibility", "support", "outline"):
            np.testing.assert_array_equal(getattr(pose, field), getattr(untouched, field))


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("_clean")])
def test_nothing_looks_ahead(name: str) -> None:
    whole = judged(name)
    frames = int(0.6 * len(whole.track))
    until_s = float(whole.track.time_s[frames])
    early = judge(first(whole.track, frames), whole.exercise)
    over = [rep for rep in whole.reps if rep.span.end_s < until_s - 1.0]
    assert over
    assert list(early.reps[: len(over)]) == over
    assert early.instants[:frames] == early.instants


def first(track: PoseTrack, frames: int) -> PoseTrack:
    return PoseTrack(track.source, track.time_s[:frames], track.poses[:frames])


# ---- what is missing ----


def without(track: PoseTrack, lost: list[bool]) -> PoseTrack:
    poses = tuple(None if gone else pose for pose, gone in zip(track.poses, lost, strict=True))
    return PoseTrack(track.source, track.time_s, poses)


@pytest.mark.parametrize("exercise_id", load_catalogue().exercises)
def test_track_of_nobody(tmp_path: Path, exercise_id: str) -> None:
    track = without(track_of(NAMES[0]), [True] * len(track_of(NAMES[0])))
    analysis = judge(track, load_catalogue()[exercise_id])
    report = write_report(analysis, tmp_path)
    assert report["sets"] == report["partial_reps"] == report["cues"] == report["not_assessed"] == []
    assert report["view"] == {"name": None, "azimuth_deg": None}
    assert report["frames_with_person"] == 0
    (note,) = report["notes"]
    assert note.startswith("Nobody was found")
    again = judge(load_track(tmp_path / "poses.npz"), load_catalogue()[exercise_id])
    assert report_of(again) == report


def test_one_frame() -> None:
    analysis = judge(first(track_of(NAMES[0]), 1), exercise_of(NAMES[0]))
    assert (len(analysis.instants), analysis.reps) == (1, ())


def test_person_who_is_lost_for_a_while_is_noted() -> None:
    track = track_of(NAMES[0])
    lost = [time_s > 0.8 * track.time_s[-1] for time_s in track.time_s]
    notes = judge(without(track, lost), exercise_of(NAMES[0])).notes
    assert [note for note in notes if "lost in 20 % of the frames" in note] == list(notes)


def test_few_lost_frames_are_not_noted() -> None:
    track = track_of(NAMES[0])
    lost = [i % 20 == 0 for i in range(len(track))]
    analysis = judge(without(track, lost), exercise_of(NAMES[0]))
    assert analysis.notes == ()
    assert len(analysis.reps) == label_of(NAMES[0]).true_count


def test_set_without_a_rep_is_noted() -> None:
    (note,) = judge(first(track_of(NAMES[0]), 20), exercise_of(NAMES[0])).notes
    assert note.startswith("No full rep was counted")


def test_notes_of_the_video_come_first() -> None:
    track = track_of(NAMES[0])
    noted = PoseTrack(replace(track.source, notes=("the file ends too early",)), track.time_s, track.poses)
    assert judge(noted, exercise_of(NAMES[0])).notes == ("the file ends too early",)


# ---- out of a video, with a stand-in for the model ----

NO_MODEL = ModelFile(Path("none.task"), "stand-in")


class StandIn:
    """An estimator that sees somebody in every other frame."""

    def __init__(self, model: Path, *, known: Pose | None, searcher: object) -> None:
        del known, searcher
        assert model == NO_MODEL.path
        self.closed = self.anew = self.crowded = self.doubtful = False
        self.turned = 0
        OPENED.append(self)

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def glance(self, _frame: Frame) -> None:
        assert not self.closed

    def __call__(self, frame: Frame) -> Pose | None:
        assert not self.closed
        if frame.index % 2:
            return None
        points, ones = np.zeros((LANDMARKS, 3), np.float32), np.ones(LANDMARKS, np.float32)
        return Pose(frame.time_s, points, points, ones, ones, None)


OPENED: list[StandIn] = []


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three seconds, 30 frames, and no real model."""
    OPENED.clear()
    monkeypatch.setattr(parts, "Estimator", StandIn)
    return write_video(tmp_path / "set.mp4", steady(30, 10))


def test_estimate_takes_every_frame(video: Path) -> None:
    told: list[int | None] = []
    track = estimate(video, NO_MODEL, on_frame=told.append)
    assert replace(track.source, duration_s=3.0) == Source("set.mp4", 64, 48, 3.0, "stand-in", ())
    assert track.source.duration_s == pytest.approx(3.0)
    np.testing.assert_allclose(track.time_s, steady(30, 10), atol=1e-9)
    assert [pose is not None for pose in track.poses] == [True, False] * 15
    assert told == [30] * 30
    assert OPENED[0].closed


def test_estimate_at_a_lower_rate(video: Path) -> None:
    told: list[int | None] = []
    track = estimate(video, NO_MODEL, fps=5, on_frame=told.append)
    np.testing.assert_allclose(track.time_s, steady(15, 5), atol=1e-9)
    assert told == [15] * 15


@pytest.mark.parametrize("frames", [1, 5, 29])
def test_stop_ends_early_with_a_note(video: Path, frames: int) -> None:
    asked = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) == frames

    track = estimate(video, NO_MODEL, stop=stop)
    assert len(track) == len(asked) == frames
    assert track.source.notes == (f"The analysis was stopped at {(frames - 1) / 10:.1f} s.",)
    assert OPENED[0].closed
    analysis = judge(track, exercise_of(NAMES[0]))
    assert analysis.notes[0] == track.source.notes[0]
    assert report_of(analysis)["frames"] == frames


def test_stop_that_is_never_asked_for_leaves_no_note(video: Path) -> None:
    assert estimate(video, NO_MODEL, stop=lambda: False).source.notes == ()


def test_cut_file_is_noted(video: Path) -> None:
    write_video(video, steady(300, 10), options={"g": "10"}, container_options={"movflags": "+faststart"})
    track = estimate(cut(video, 0.5), NO_MODEL)
    assert 0 < len(track) < 300
    notes: Any = judge(track, exercise_of(NAMES[0])).notes
    assert any("ends too early" in note for note in notes)


def test_failure_of_the_model_closes_everything(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: StandIn, frame: Frame) -> Pose | None:
        raise FormCoachError("the model gave up")

    monkeypatch.setattr(StandIn, "__call__", fail)
    with pytest.raises(FormCoachError, match="gave up"):
        estimate(video, NO_MODEL)
    assert OPENED[0].closed
    video.unlink()  # which Windows does only with a closed file
