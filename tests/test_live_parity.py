"""What is said live is what the analysis of the recording says: every sample, with and without dropped frames."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from test_live import run

from formcoach.analysis import judge
from formcoach.catalogue import load_catalogue
from formcoach.recording import load_track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import Cli

    from formcoach.exercise import Rep
    from formcoach.model import ModelFile
    from formcoach.pose import PoseTrack

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = sorted(path.name.removesuffix(".poses.npz") for path in SAMPLES.glob("*.poses.npz"))
NEAR_S = 0.3
"""How far a rep's end may lie from where all frames show it, where every third is missing."""


@cache
def recorded(name: str) -> PoseTrack:
    return load_track(SAMPLES / f"{name}.poses.npz")


@cache
def analysed(name: str) -> tuple[Rep, ...]:
    return judge(recorded(name), load_catalogue()[name.split("_")[0]]).reps


def every_third_dropped(track: PoseTrack, first: int) -> PoseTrack:
    kept = [i for i in range(len(track)) if i % 3 != first]
    return replace(track, time_s=track.time_s[kept], poses=tuple(track.poses[i] for i in kept))


def faults(reps: Sequence[Rep]) -> list[tuple[Any, tuple[str, ...]]]:
    """Of each rep the arm and what was found."""
    return [(rep.side, tuple(finding.fault for finding in rep.findings)) for rep in reps]


@pytest.mark.parametrize("name", NAMES)
def test_live_judges_as_the_analysis(name: str) -> None:
    live = run(recorded(name), on=name.split("_")[0]).live
    assert tuple(live.reps) == analysed(name)
    assert len(live.reps) == len(json.loads((SAMPLES / f"{name}.json").read_text())["reps"])


@pytest.mark.parametrize("first", [0, 1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_every_third_frame_dropped(name: str, first: int) -> None:
    live = run(every_third_dropped(recorded(name), first), on=name.split("_")[0]).live
    assert faults(live.reps) == faults(analysed(name))
    ends = [[rep.span.end_s for rep in reps] for reps in (live.reps, analysed(name))]
    np.testing.assert_allclose(ends[0], ends[1], atol=NEAR_S)


@pytest.mark.model
def test_a_file_played_as_a_camera_in_real_time(cli: Cli, model: ModelFile, tmp_path: Path) -> None:
    """The command line, the real model, the real clock: same reps, same findings as `analyze`."""
    video = SAMPLES / "bent-over-row_rounded-back.mp4"
    home = tmp_path / "home"
    where = {"FORMCOACH_HOME": str(home), "FORMCOACH_MODEL": str(model.path)}

    analysis = cli("analyze", video, "--exercise", "bent-over-row", "--json", **where)
    assert analysis.code == 0, analysis.err
    reps = [rep for one in json.loads(analysis.out)["sets"] for rep in one["reps"]]

    live = cli("live", "bent-over-row", "--camera", video, "--headless", "--mute", **where)
    assert live.code == 0, live.err
    lines = [json.loads(line) for line in live.out.splitlines()]
    told = [line for line in lines if line["event"] == "rep"]
    assert [line["count"] for line in told] == list(range(1, len(reps) + 1))
    assert [[f["fault"] for f in line["findings"]] for line in told] == [
        [f["fault"] for f in r["findings"]] for r in reps
    ]
    assert lines[-1]["event"] == "set-ended"
    assert (home / "formcoach.db").exists()
