"""How long an analysis and a live session take, and what memory they need, beside a bare loop in the same run."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import numpy as np

from formcoach.analysis import analysed
from formcoach.cutting import Footage
from formcoach.estimator import Estimator
from formcoach.frames import Video
from formcoach.landmarker import Landmarker
from formcoach.pose import Frame
from formcoach.processes import begin_worker, undisturbed
from formcoach.report import write_report

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

    from numpy.typing import NDArray

    from formcoach.exercise import Exercise
    from formcoach.model import ModelFile

LONG_S = 120.0
"""The video is repeated until it is so long: shorter, several processes spend their time on starting."""
WORKERS = 2
GOALS = {
    "analysis_to_bare_loop": "at most 1.10",
    "bare_loop_to_two_workers": "at least 1.7",
    "own_cost_ms_per_frame": "at most 0.5",
    "longest_to_shortest": "at most 1.10",
}
"""What is wanted of the figures."""


def time_analysis(video: Path, model: ModelFile, exercise: Exercise, rounds: int) -> dict[str, Any]:
    """Seconds of a bare decode-and-detect loop and of a whole analysis on the same frames, in turn; medians.

    The bare loop is PyAV and MediaPipe alone, mask included; with two of them at once, half of the frames each, one
    sees what the machine itself gives to two processes. The analysis goes on from what is judged to the report and
    its clips. Our own cost is the processor time of everything after the model: the outline, the pose, the judgement.

    Raises:
        FormCoachError: the video cannot be read.
    """
    with Video.open(video):
        pass  # says what is wrong with the file before anything is timed
    bare: list[float] = []
    bare_at_once: list[float] = []
    own: list[float] = []
    judged_by_one: list[float] = []
    by_one: list[float] = []
    judged_by_two: list[float] = []
    by_two: list[float] = []
    frames = 0
    with tempfile.TemporaryDirectory() as folder:
        long = repeated(video, Path(folder) / f"long{video.suffix}", LONG_S)
        for _ in range(rounds):
            start = time.perf_counter()
            frames = _bare_loop(long, model)
            bare.append(time.perf_counter() - start)
            bare_at_once.append(_bare_loops_at_once(long, model) / WORKERS)
            for workers, judged, whole in ((1, judged_by_one, by_one), (WORKERS, judged_by_two, by_two)):
                start = time.perf_counter()
                analysis = analysed(long, model, exercise, workers=workers)
                judged.append(time.perf_counter() - start)
                write_report(analysis, Path(folder) / "out", (Footage(long, sound=True),))
                whole.append(time.perf_counter() - start)
            own.append(_own_cost(long, model, exercise))
    return {
        "video": video.name,
        "frames": frames,
        "bare_loop_s": statistics.median(bare),
        "judged_s": statistics.median(judged_by_one),
        "judged_by_two_workers_s": statistics.median(judged_by_two),
        "analysis_s": statistics.median(by_one),
        "analysis_by_two_workers_s": statistics.median(by_two),
        "judged_to_bare_loop": _ratio(judged_by_one, bare),
        "analysis_to_bare_loop": _ratio(by_one, bare),
        "bare_loop_to_two_bare_loops": _ratio(bare, bare_at_once),
        "bare_loop_to_judged_by_two_workers": _ratio(bare, judged_by_two),
        "bare_loop_to_two_workers": _ratio(bare, by_two),
        "own_cost_ms_per_frame": 1000 * statistics.median(own) / frames,
        "frames_per_s": frames / statistics.median(by_one),
    }


def _ratio(of: list[float], to: list[float]) -> float:
    """The median over the rounds, since a machine's pace changes between them."""
    return statistics.median(a / b for a, b in zip(of, to, strict=True))


def repeated(video: Path, path: Path, seconds: float) -> Path:
    """Write a video again and again into one file until it is so long, its packets as they are. Returns the file."""
    import av

    with av.open(str(path), "w") as target:
        stream, start_s = None, Fraction(0)
        while start_s < seconds:
            with av.open(str(video)) as source:
                pictures = source.streams.video[0]
                if stream is None:
                    stream = target.add_stream_from_template(pictures)
                    stream.time_base = pictures.time_base
                end = 0
                for packet in source.demux(pictures):
                    if packet.pts is None or packet.dts is None or pictures.time_base is None:
                        continue
                    end = max(end, packet.pts + (packet.duration or 1))
                    shift = round(start_s / pictures.time_base)
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                    target.mux(packet)
                start_s += end * (pictures.time_base or Fraction(1))
    return path


def _bare_loop(video: Path, model: ModelFile) -> int:
    import av

    count = 0
    landmarker = Landmarker(model.path, following=True)
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for count, frame in enumerate(container.decode(stream), start=1):
            picture: NDArray[Any] = frame.to_ndarray(format="rgb24")
            landmarker.detect(*landmarker.picture(Frame(count, count / 30, picture)))
    landmarker.close()
    return count


def _bare_loops_at_once(video: Path, model: ModelFile) -> float:
    """Seconds that as many bare loops as there are workers take when they begin at the same time."""
    context = get_context("spawn")
    with ProcessPoolExecutor(
        WORKERS, mp_context=context, initializer=_meet, initargs=(context.Barrier(WORKERS),)
    ) as pool:
        with undisturbed():
            loops = [pool.submit(_bare_span, video, model) for _ in range(WORKERS)]
        began, ended = zip(*(loop.result() for loop in loops), strict=True)
    return float(max(ended) - min(began))


_met: list[Barrier] = []
"""In a process of the pool: where all of them wait for each other."""


def _meet(barrier: Barrier) -> None:
    begin_worker()
    _met[:] = [barrier]


def _bare_span(video: Path, model: ModelFile) -> tuple[float, float]:
    """When a bare loop began and ended, on the clock that processes share."""
    Landmarker(model.path, following=True).close()  # the libraries are loaded
    _met[0].wait()
    start = time.monotonic()
    _bare_loop(video, model)
    return start, time.monotonic()


class _Timed(Landmarker):
    """Knows how long the model itself took.

    Attributes:
        spent_s: processor time of this thread in the model, s.
    """

    spent_s = 0.0

    def detect(self, picture: Any, time_ms: int) -> Any:
        start = time.thread_time()
        found = super().detect(picture, time_ms)
        _Timed.spent_s += time.thread_time() - start
        return found


def _own_cost(video: Path, model: ModelFile, exercise: Exercise) -> float:
    """Processor seconds of everything that is ours, the model's own time left out."""
    from formcoach.pipeline import Pipeline

    pipeline = Pipeline(exercise)
    spent = 0.0
    with Estimator(model.path, landmarker=_Timed) as estimator, Video.open(video) as frames:
        estimator.prepare()
        for frame in frames:
            start, model_start = time.thread_time(), _Timed.spent_s
            pipeline.update(frame.time_s, estimator(frame))
            spent += time.thread_time() - start - (_Timed.spent_s - model_start)
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
                estimator.prepare()
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
