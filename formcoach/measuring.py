"""Measuring ourselves: reports for the evaluation from cached pose tracks, and the time of an analysis."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from formcoach.analysis import estimate, judge
from formcoach.catalogue import load_catalogue
from formcoach.estimator import ESTIMATOR_VERSION, Estimator
from formcoach.evaluate import cached_track, track_key
from formcoach.frames import Video
from formcoach.pose import Frame
from formcoach.recognising import family_of, recognise
from formcoach.recording import load_track, save_track
from formcoach.report import report_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from formcoach.evaluate import Clip
    from formcoach.exercise import Exercise
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
    """How often the exercise of a clip is recognised: by its id, and by its family."""
    exercises = load_catalogue().exercises
    wrong: list[dict[str, Any]] = []
    total = exact = family = 0
    for clip in clips:
        truth = exercises.get(clip.label.exercise or "")
        if truth is None:
            continue
        ranked = recognise(tracks(clip.video), exercises)
        best = exercises[ranked[0].exercise] if ranked else None
        total += 1
        exact += best is truth
        family += best is not None and family_of(best.id) == family_of(truth.id)
        if best is not truth:
            wrong.append({"video": clip.label.name, "is": truth.id, "taken for": None if best is None else best.id})
    return {"clips": total, "by_exercise": exact / max(total, 1), "by_family": family / max(total, 1), "wrong": wrong}


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


def time_live(video: Path, model: ModelFile, exercise: Exercise, seconds: float) -> dict[str, Any]:
    """Coach a video that plays as a camera, again and again for so long, and measure what a person would feel.

    Nothing is shown or heard; the voice mixes into nothing at real time, the session is recorded into a folder that is
    thrown away.
    """
    from formcoach.camera import open_camera
    from formcoach.live import Live
    from formcoach.recorder import SessionRecorder
    from formcoach.store import Store
    from formcoach.voice import NullSink, Voice

    ages_ms: list[float] = []
    cue_delays_ms: list[float] = []
    captured = processed = dropped = 0
    began, busy = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder), timeout_s=0.2) as store, _MemoryWatch() as memory:
        while time.monotonic() - began < seconds:
            with (
                open_camera(str(video)) as camera,
                Estimator(model.path) as estimator,
                Voice(None, NullSink()) as voice,
            ):
                recorder = SessionRecorder(store, exercise, camera=camera.name, model=model.name)
                live = Live(exercise, camera, estimator, voice=voice, screen=None, recorder=recorder, events=None)
                live.run()
                recorder.close()
            ages_ms += [1000 * age for age in live.figures.ages_s]
            cue_delays_ms += [1000 * delay for delay in live.figures.cue_delays_s]
            captured, dropped = captured + camera.captured, dropped + camera.dropped
            processed += live.figures.processed
    lasted = time.monotonic() - began
    return {
        "video": video.name,
        "seconds": lasted,
        "frames_in": captured,
        "frames_processed": processed,
        "frames_dropped": dropped,
        "frames_per_s": processed / lasted,
        "camera_to_overlay_ms_median": statistics.median(ages_ms),
        "camera_to_overlay_ms_p95": float(np.percentile(ages_ms, 95)),
        "rep_end_to_cue_ms_median": statistics.median(cue_delays_ms) if cue_delays_ms else None,
        "rep_end_to_cue_ms_p95": float(np.percentile(cue_delays_ms, 95)) if cue_delays_ms else None,
        "cores_busy": (time.process_time() - busy) / lasted,
        "memory_mb_after_20_s": memory.after(20.0),
        "memory_mb_half_way": memory.after(lasted / 2),
        "memory_mb_at_the_end": memory.after(lasted),
    }


class _MemoryWatch:
    """Samples the process's memory once a second."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, float]] = []
        self._stop = Event()
        self._began = time.monotonic()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(1.0):
            self._samples.append((time.monotonic() - self._began, _memory_mb()))

    def after(self, seconds: float) -> float | None:
        """MB held then, the median of five samples before it; None before the first."""
        before = [mb for at, mb in self._samples if at <= seconds]
        return statistics.median(before[-5:]) if before else None


def _memory_mb() -> float:
    """What the process holds now, MB; on systems without /proc, the most that it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1e6 if sys.platform == "darwin" else 1e3)
