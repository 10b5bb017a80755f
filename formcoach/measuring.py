"""Measuring ourselves: what the evaluation needs, from cached pose tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from formcoach.analysis import estimate, judge
from formcoach.catalogue import load_catalogue
from formcoach.estimator import ESTIMATOR_VERSION
from formcoach.evaluate import cached_track, track_key
from formcoach.recognising import family_of, recognise
from formcoach.recording import load_track, save_track
from formcoach.report import report_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from formcoach.evaluate import Clip
    from formcoach.likeness import Look
    from formcoach.model import ModelFile
    from formcoach.pose import PoseTrack


def cached_report(video: Path, exercise_id: str, *, model: ModelFile, fps: float | None, cache: Path) -> dict[str, Any]:
    """The report of a video judged as an exercise, its poses taken from the cache where they are there."""
    return report_of(judge(track_of(video, model=model, fps=fps, cache=cache), load_catalogue()[exercise_id]))


def track_of(video: Path, *, model: ModelFile, fps: float | None, cache: Path) -> PoseTrack:
    """The poses of a video, from the cache where they are there."""
    key = track_key(video, model=model.name, fps=fps, estimator_version=ESTIMATOR_VERSION)

    def make(path: Path) -> PoseTrack:
        return estimate(path, model, fps=fps)

    return cached_track(video, key, cache, make, save=save_track, load=load_track)


def looks_of(clips: Iterable[Clip], tracks: Callable[[Path], PoseTrack]) -> dict[str, list[Look]]:
    """What the labelled reps of each exercise look like, for signatures."""
    exercises = load_catalogue().exercises
    looks: dict[str, list[Look]] = {}
    for clip in clips:
        exercise = exercises.get(clip.label.exercise or "")
        if exercise is None or not clip.label.reps:
            continue
        found = looks.setdefault(exercise.id, [])
        for rep in judge(tracks(clip.video), exercise).reps:
            middle_s = (rep.span.start_s + rep.span.end_s) / 2
            if any(one.start_s <= middle_s <= one.end_s for one in clip.label.reps):
                found.append(rep.look)
    return looks


def recognition(clips: Iterable[Clip], tracks: Callable[[Path], PoseTrack]) -> dict[str, Any]:
    """How often the exercise of a clip is recognised, by its id and by its family, and how often none is where none is.

    It says something only of clips whose people and cameras the signatures do not know.
    """
    exercises = load_catalogue().exercises
    wrong: list[dict[str, Any]] = []
    total = exact = family = others = none = 0
    for clip in clips:
        truth = exercises.get(clip.label.exercise or "")
        ranked = recognise(tracks(clip.video), exercises)
        best = exercises[ranked[0].exercise] if ranked else None
        if truth is None:
            others, none = others + 1, none + (best is None)
        else:
            total, exact = total + 1, exact + (best is truth)
            family += best is not None and family_of(best) == family_of(truth)
        if best is not truth:
            confidence = round(ranked[0].confidence, 2) if ranked else None
            names = {"is": truth and truth.id, "taken for": best and best.id, "confidence": confidence}
            wrong.append({"video": clip.label.name, **names})
    return {
        "clips": total,
        "by_exercise": exact / max(total, 1),
        "by_family": family / max(total, 1),
        "of_no_exercise": others,
        "taken_for_none": none,
        "wrong": wrong,
    }
