"""Measuring ourselves: reports for the evaluation from cached pose tracks, and the time of an analysis."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from formcoach.analysis import estimate, judge
from formcoach.catalogue import load_catalogue
from formcoach.estimator import ESTIMATOR_VERSION, Estimator
from formcoach.evaluate import cached_track, track_key
from formcoach.frames import Video
from formcoach.pose import Frame
from formcoach.recording import load_track, save_track
from formcoach.report import report_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formcoach.exercise import Exercise
    from formcoach.model import ModelFile
    from formcoach.pose import PoseTrack


def cached_report(video: Path, exercise_id: str, *, model: ModelFile, fps: float | None, cache: Path) -> dict[str, Any]:
    """The report of a video judged as an exercise, its poses taken from the cache where they are there."""
    key = track_key(video, model=model.name, fps=fps, estimator_version=ESTIMATOR_VERSION)

    def make(path: Path) -> PoseTrack:
        return estimate(path, model, fps=fps)

    track = cached_track(video, key, cache, make, save=save_track, load=load_track)
    return report_of(judge(track, load_catalogue()[exercise_id]))


def time_analysis(video: Path, model: ModelFile, exercise: Exercise, rounds: int) -> dict[str, Any]:
    """Seconds of a bare decode-and-detect loop and of a whole analysis on the same frames, in turn; medians.

    The bare loop is PyAV and MediaPipe alone, mask included. Our own cost is that of everything after the model:
    the outline, the pose, the judgement.
    """
    with Video.open(video):
        pass  # says what is wrong with the file before anything is timed
    bare, ours, own = [], [], []
    frames = 0
    for _ in range(rounds):
        start = time.perf_counter()
        frames = _bare_loop(video, model)
        bare.append(time.perf_counter() - start)
        start = time.perf_counter()
        report_of(judge(estimate(video, model), exercise))
        ours.append(time.perf_counter() - start)
        own.append(_own_cost(video, model, exercise))
    return {
        "video": video.name,
        "frames": frames,
        "bare_loop_s": statistics.median(bare),
        "analysis_s": statistics.median(ours),
        "analysis_to_bare_loop": statistics.median(b / a for a, b in zip(bare, ours, strict=True)),
        "own_cost_ms_per_frame": 1000 * statistics.median(own) / frames,
        "frames_per_s": frames / statistics.median(ours),
    }


def _bare_loop(video: Path, model: ModelFile) -> int:
    import av

    count = 0
    with Estimator(model.path) as estimator, av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for count, frame in enumerate(container.decode(stream), start=1):
            picture: NDArray[Any] = frame.to_ndarray(format="rgb24")
            estimator.detect(*estimator.picture(Frame(count, count / 30, picture)))
    return count


def _own_cost(video: Path, model: ModelFile, exercise: Exercise) -> float:
    """Processor seconds of everything that is ours, the model's own time left out."""
    from formcoach.pipeline import Pipeline

    pipeline = Pipeline(exercise)
    spent = 0.0
    with Estimator(model.path) as estimator, Video.open(video) as frames:
        for frame in frames:
            found = estimator.detect(*estimator.picture(frame))
            start = time.thread_time()
            pipeline.update(frame.time_s, estimator.pose(frame, found))
            spent += time.thread_time() - start
    return spent
