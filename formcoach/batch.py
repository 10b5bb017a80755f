"""Analysing videos from files to files: one after the other, or several at once, each in a process of its own."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from formcoach.analysis import Analysis, analysed, estimate, judge
from formcoach.catalogue import load_catalogue
from formcoach.errors import FormCoachError
from formcoach.processes import begin_worker, undisturbed
from formcoach.recognising import AUTO, recognised
from formcoach.recording import load_track
from formcoach.report import write_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from formcoach.cutting import Footage
    from formcoach.exercise import Exercise
    from formcoach.model import ModelFile
    from formcoach.pose import Frame, Pose

TRACK_SUFFIX = ".npz"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One video, or a recorded pose track, to analyse.

    Attributes:
        source: the file.
        exercise: id of the exercise to judge it as, or `auto`.
        folder: where its files go.
        model: the pose model; None where only tracks are judged.
        fps: analyse only so many frames a second.
        annotate: also write the annotated video.
        workers: processes that share the video; its report is the same with any number.
    """

    source: Path
    exercise: str
    folder: Path
    model: ModelFile | None
    fps: float | None = None
    annotate: bool = False
    workers: int = 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a job: its report, or why there is none."""

    job: Job
    report: dict[str, Any] | None = None
    error: str | None = None


def analyse(
    job: Job,
    exercise: Exercise | None,
    *,
    on_frame: Callable[[str, int | None], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> tuple[Analysis, dict[str, Any]]:
    """Analyse one file and write its report.

    Args:
        job: what to do; its exercise is given as loaded.
        exercise: to judge it as; None finds out.
        on_frame: called with the stage ("analysing", "drawing") and the frames expected, once a frame.
        stop: asked once a frame; when it says so, what was seen so far is judged and written, and nothing drawn.

    Raises:
        FormCoachError: the file cannot be read, or its report not written.
    """
    with _folder(job.folder):
        return _analyse(job, exercise, on_frame, stop)


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """The folder for the results, made before the work begins, and gone again when there are none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FormCoachError(f"cannot write results to {folder}: {error.strerror or error}; choose --out") from error
    try:
        yield
    except BaseException:
        with suppress(OSError):  # only an empty one goes
            folder.rmdir()
        raise


def _analyse(
    job: Job,
    exercise: Exercise | None,
    on_frame: Callable[[str, int | None], None] | None,
    stop: Callable[[], bool] | None,
) -> tuple[Analysis, dict[str, Any]]:
    analysis = _judged(job, exercise, None if on_frame is None else partial(on_frame, "analysing"), stop)
    report = write_report(analysis, job.folder, _footage(job, analysis, stop))
    if job.annotate and not (stop is not None and stop()):
        from formcoach.annotate import annotate

        def drawn(_frame: Frame, _pose: Pose | None, expected: int | None) -> None:
            if stop is not None and stop():
                raise KeyboardInterrupt
            if on_frame is not None:
                on_frame("drawing", expected)

        annotate(job.source, analysis, job.folder / "annotated.mp4", on_frame=drawn)
    return analysis, report


def _judged(
    job: Job,
    exercise: Exercise | None,
    on_frame: Callable[[int | None], None] | None,
    stop: Callable[[], bool] | None,
) -> Analysis:
    if job.source.suffix.lower() == TRACK_SUFFIX:
        if job.annotate:
            raise FormCoachError(f"{job.source.name} is a pose track: --annotate needs the video")
        track = load_track(job.source)
        return recognised(track, load_catalogue().exercises) if exercise is None else judge(track, exercise)
    if job.model is None:
        raise FormCoachError("a video needs a pose model")
    if exercise is None:
        track = estimate(job.source, job.model, fps=job.fps, workers=job.workers, on_frame=on_frame, stop=stop)
        return recognised(track, load_catalogue().exercises)
    return analysed(job.source, job.model, exercise, fps=job.fps, workers=job.workers, on_frame=on_frame, stop=stop)


def _footage(job: Job, analysis: Analysis, stop: Callable[[], bool] | None) -> tuple[Footage, ...]:
    """What the page may show clips of; nothing for a track, and for who wants to stop."""
    from formcoach.cutting import Footage

    if job.source.suffix.lower() == TRACK_SUFFIX or (stop is not None and stop()):
        return ()
    return (Footage(job.source, sound=not analysis.track.source.notes),)


def analyse_all(jobs: list[Job], workers: int) -> Iterator[Outcome]:
    """Analyse several files in processes, yielding outcomes as they come; a failed one does not stop the rest.

    Where a process is killed, for its memory perhaps, those that it takes along are tried once more, each by itself.
    """
    killed: list[Job] = []
    pool = _pool(min(workers, len(jobs)))
    with undisturbed():
        futures = {pool.submit(outcome_of, job): job for job in jobs}
    try:
        for future in as_completed(futures):
            if isinstance(future.exception(), BrokenProcessPool):
                killed.append(futures[future])
            else:
                yield future.result()
        for job in killed:
            with _pool(1) as pool:
                yield _alone(pool, job)
    except BaseException:
        for process in list(pool._processes.values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin_worker)


def _alone(pool: ProcessPoolExecutor, job: Job) -> Outcome:
    try:
        with undisturbed():
            future = pool.submit(outcome_of, job)
        return future.result()
    except BrokenProcessPool:
        return Outcome(job=job, error=f"{job.source}: its process was killed; is there memory enough?")


def outcome_of(job: Job) -> Outcome:
    """Analyse one file; what goes wrong with it is its outcome."""
    try:
        _, report = analyse(job, None if job.exercise == AUTO else load_catalogue()[job.exercise])
    except FormCoachError as error:
        return Outcome(job=job, error=str(error))
    except Exception as error:
        return Outcome(job=job, error=f"{job.source}: {type(error).__name__}: {error}")
    return Outcome(job=job, report=report)
