"""Where something new begins in a track (a cut, another person), what was known before counts no more."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from poses import Camera, bent_over_row, film, mirrored

from formcoach.analysis import judge
from formcoach.catalogue import load_catalogue
from formcoach.errors import FormCoachError
from formcoach.pipeline import Pipeline, moments
from formcoach.pose import PoseTrack
from formcoach.recording import load_track, save_track
from formcoach.session_track import TrackPieces, load_session_track, save_piece

if TYPE_CHECKING:
    from pathlib import Path

    from formcoach.exercise import Rep

ROW = load_catalogue()["bent-over-row"]
GAP_S = 0.04


def joined(first: PoseTrack, second: PoseTrack, *, told: bool = True) -> PoseTrack:
    """One after the other, as an edited video has them."""
    later_s = float(first.time_s[-1]) + GAP_S - float(second.time_s[0])
    times_s = second.time_s + later_s
    poses = [pose and replace(pose, time_s=time_s) for time_s, pose in zip(times_s.tolist(), second.poses, strict=True)]
    breaks = (float(times_s[0]),) if told else ()
    return PoseTrack(first.source, np.concatenate([first.time_s, times_s]), (*first.poses, *poses), breaks)


@pytest.fixture(scope="module")
def takes() -> tuple[PoseTrack, PoseTrack]:
    """The same exercise from its one side and from the other, where somebody much larger stands."""
    first = film(bent_over_row(reps=3), Camera(azimuth_deg=90))
    return first, mirrored(film(bent_over_row(reps=2), Camera(azimuth_deg=80, distance_m=1.9)))


def test_each_scene_is_a_set_of_its_own(takes: tuple[PoseTrack, PoseTrack]) -> None:
    found = judge(joined(*takes), ROW)
    assert [rep.set_number for rep in found.reps] == [1, 1, 1, 2, 2]
    assert [rep.number for rep in found.reps] == [1, 2, 3, 4, 5]
    assert [instant.count for instant in found.instants][-1] == 5
    assert not any(rep.findings for rep in found.reps)


def test_a_scene_is_judged_as_if_there_were_no_other(takes: tuple[PoseTrack, PoseTrack]) -> None:
    alone = judge(takes[1], ROW).reps
    second = [rep for rep in judge(joined(*takes), ROW).reps if rep.set_number == 2]
    assert [rep.span.range for rep in second] == pytest.approx([rep.span.range for rep in alone], rel=1e-6)
    assert [rep.azimuth_deg for rep in second] == pytest.approx([rep.azimuth_deg for rep in alone], rel=1e-6)
    assert [rep.not_assessed for rep in second] == [rep.not_assessed for rep in alone]


def test_a_rep_on_its_way_down_at_the_cut_counts(takes: tuple[PoseTrack, PoseTrack]) -> None:
    """As at the end of a recording."""
    whole = judge(takes[0], ROW).reps[2].span
    upto = int(np.searchsorted(takes[0].time_s, (whole.lowering_s + whole.end_s) / 2))
    first = PoseTrack(takes[0].source, takes[0].time_s[:upto], takes[0].poses[:upto])
    found = judge(joined(first, takes[1]), ROW).reps
    assert [rep.set_number for rep in found] == [1, 1, 1, 2, 2]
    assert found[2].span.end_s <= float(first.time_s[-1])


def test_what_is_left_of_a_scene_comes_with_the_first_frame_of_the_next(takes: tuple[PoseTrack, PoseTrack]) -> None:
    track = joined(*takes)
    pipeline = Pipeline(ROW)
    live: list[Rep] = []
    for time_s, pose in track:
        if time_s in track.breaks_s:
            pipeline.begin_anew()
        live += pipeline.update(time_s, pose).finished
    live += pipeline.finish().finished
    assert [rep.span for rep in live] == [
        rep.span for moment in moments(track, ROW, track.breaks_s) for rep in moment.finished
    ]


# ---- kept ----


def test_breaks_survive_the_file(takes: tuple[PoseTrack, PoseTrack], tmp_path: Path) -> None:
    track = joined(*takes)
    save_track(tmp_path / "poses.npz", track)
    assert load_track(tmp_path / "poses.npz").breaks_s == track.breaks_s
    save_track(tmp_path / "poses.npz", joined(*takes, told=False))
    assert load_track(tmp_path / "poses.npz").breaks_s == ()


@pytest.mark.parametrize("breaks", [0.5, "now", [1], [0.123456], [float("nan")], [None]])
def test_breaks_that_are_none_are_refused(takes: tuple[PoseTrack, PoseTrack], tmp_path: Path, breaks: object) -> None:
    path = tmp_path / "poses.npz"
    save_track(path, takes[0])
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(arrays["header"].tobytes()) | {"breaks_s": breaks}
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(FormCoachError, match="breaks"):
        load_track(path)


def test_breaks_survive_a_session(takes: tuple[PoseTrack, PoseTrack], tmp_path: Path) -> None:
    track = joined(*takes)
    pieces = TrackPieces(tmp_path, "camera", "full")
    for time_s, pose in track:
        if (piece := pieces.add(time_s, pose, 640, 480, anew=time_s in track.breaks_s)) is not None:
            save_piece(piece)
    if (piece := pieces.take()) is not None:
        save_piece(piece)
    assert load_session_track(tmp_path).breaks_s == track.breaks_s
