"""Clips beside the project, through the real model: people filmed in gyms, and rendered bodies from other sides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from formcoach.analysis import Analysis, estimate, judge
from formcoach.catalogue import load_catalogue
from formcoach.scoring import Label, parse_clip_label, parse_count_labels

if TYPE_CHECKING:
    from formcoach.model import ModelFile

pytestmark = [pytest.mark.bench, pytest.mark.model]

BENCH = Path(__file__).parent.parent.parent / "shared"
REAL = ("deadlift_side_2.mp4", "press_side_phone.mp4", "machine_press.mp4")
RENDERED = ("bent-over-row_wing_000_s1.mp4", "overhead-press_clean_030_s1.mp4")


def folder_of(name: str) -> Path:
    folder = BENCH / name
    if not folder.is_dir():
        pytest.skip(f"the clips of ../shared/{name} are not beside the project")
    return folder


def real_labels() -> dict[str, Label]:
    text = (folder_of("real") / "labels.json").read_text(encoding="utf-8")
    return {label.name: label for label in parse_count_labels(json.loads(text), file="labels.json")}


def analysed(video: Path, exercise: str | None, model: ModelFile) -> Analysis:
    assert exercise is not None
    return judge(estimate(video, model), load_catalogue()[exercise])


def test_real_clips_are_those_whose_label_is_certain() -> None:
    first_four = {"bent-over-row", "single-arm-row", "overhead-press", "deadlift"}
    labels = real_labels().values()
    certain = {label.name for label in labels if label.certain and label.exercise in first_four}
    assert certain == set(REAL)


@pytest.mark.parametrize("name", REAL)
def test_reps_of_people(name: str, model: ModelFile) -> None:
    label = real_labels()[name]
    analysis = analysed(folder_of("real") / name, label.exercise, model)
    assert len(analysis.reps) == label.true_count


@pytest.mark.parametrize("name", RENDERED)
def test_reps_of_rendered_bodies(name: str, model: ModelFile) -> None:
    video = folder_of("clips") / name
    data = json.loads(video.with_suffix(".json").read_text(encoding="utf-8"))
    label = parse_clip_label(data, file=video.stem, video=name)
    analysis = analysed(video, label.exercise, model)
    assert len(analysis.reps) == label.true_count
    declared = {fault.id for fault in analysis.exercise.faults}
    for rep, truth in zip(analysis.reps, label.reps or (), strict=True):
        unseen = {missed.fault for missed in rep.not_assessed}
        assert {finding.fault for finding in rep.findings} == truth.faults & declared - unseen
        assert rep.span.start_s == pytest.approx(truth.start_s, abs=0.4)
        assert rep.span.end_s == pytest.approx(truth.end_s, abs=0.4)
