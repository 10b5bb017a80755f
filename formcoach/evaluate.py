"""Judge a folder of labelled videos and score the reports: the runner around `formcoach.scoring`.

A folder holds videos, each with a label beside it (`X.mp4`, `X.json`), or one `labels.json` that lists them;
see `formcoach.scoring` for what the labels say and what the scores mean.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import tempfile
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from formcoach.errors import FormCoachError
from formcoach.processes import begin_worker, undisturbed
from formcoach.scoring import (
    ClipScore,
    Failure,
    FaultScores,
    Label,
    RepScores,
    Scores,
    confuser_scores,
    fault_scores,
    hold_scores,
    parse_clip_label,
    parse_count_labels,
    rep_scores,
    score_clip,
)

if TYPE_CHECKING:
    from formcoach.pose import PoseTrack

Judge = Callable[[Path, str], dict[str, Any]]
"""Makes a report of a video, judged as an exercise. With more than one worker it must be picklable."""

VIDEO_SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm")
LIST_NAME = "labels.json"

_CHUNK = 1 << 20
_LARGEST_LABEL = 20_000_000
"""A larger file holds no labels, bytes."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A labelled video."""

    video: Path
    label: Label


@dataclass(frozen=True, slots=True)
class _Task:
    """A video and the exercises to judge it as: one task, so that they share what is cached of the video."""

    clip: Clip
    exercises: tuple[str, ...]


_Run = Callable[[_Task], Scores]


def evaluate(
    folder: Path,
    *,
    judge: Judge,
    exercises: Collection[str] | None = None,
    workers: int = 1,
    faults: Mapping[str, Collection[str]] | None = None,
    initializer: Callable[[], object] | None = None,
    console: Console | None = None,
) -> Scores:
    """Judge every labelled video of a folder and score the reports.

    A video that fails is named in the result's `failures`; the others go on. The result does not depend on
    the number of workers. A confuser (no exercise in its label) is judged as each of the exercises.

    Args:
        folder: videos and labels.
        judge: makes a report of a video and an exercise id.
        exercises: only clips of these; None for all.
        workers: processes; 1 judges in this one.
        faults: the faults that each exercise declares, by exercise id, so that also those have a row which
            neither a label nor a report mentions.
        initializer: called once in each process before it judges.
        console: where progress is shown, if it is a terminal; None for stderr.

    Raises:
        FormCoachError: nothing to judge, or a label that is not as it should be.
        KeyboardInterrupt: on Ctrl-C, once the workers are gone.
    """
    tasks = _tasks(find_clips(folder), exercises)
    if not tasks:
        wanted = f" of {', '.join(sorted(exercises))}" if exercises else ""
        raise FormCoachError(f"{folder}: no labelled video{wanted}; a label is X.json beside X.mp4, or {LIST_NAME}")
    run = partial(_judge_clip, judge=judge, faults=faults or {})
    outcomes: dict[str, Scores] = {}
    with (
        _progress(console or Console(stderr=True)) as progress,
        closing(_outcomes(tasks, run, min(workers, len(tasks)), initializer)) as results,
    ):
        bar = progress.add_task("judging", total=len(tasks))
        for task, scores in results:
            outcomes[task.clip.label.name] = scores
            progress.advance(bar)
    ordered = [outcomes[task.clip.label.name] for task in tasks]
    return Scores(
        clips=tuple(clip for scores in ordered for clip in scores.clips),
        failures=tuple(failure for scores in ordered for failure in scores.failures),
    )


# ---- labels ----


def find_clips(folder: Path) -> tuple[Clip, ...]:
    """The labelled videos of a folder, sorted by name. A video without a label is left out.

    Raises:
        FormCoachError: no such folder, a label that is not as it should be, or two labels for one video.
    """
    if not folder.is_dir():
        raise FormCoachError(f"{folder}: no such folder")
    clips = [Clip(folder / label.name, label) for label in _listed(folder / LIST_NAME)]
    names = [clip.label.name for clip in clips]
    for video in sorted(folder.iterdir()):
        beside = video.with_suffix(".json")
        if video.suffix.lower() not in VIDEO_SUFFIXES or video.name.startswith("."):
            continue
        if beside.name != LIST_NAME and beside.is_file():
            clips.append(Clip(video, parse_clip_label(_read(beside), file=beside.name, video=video.name)))
            names.append(video.name)
    for name in names:
        if names.count(name) > 1:
            raise FormCoachError(f"{folder / name}: labelled twice; keep one label for each video")
    return tuple(sorted(clips, key=lambda clip: clip.label.name))


def _listed(path: Path) -> tuple[Label, ...]:
    return parse_count_labels(_read(path), file=path.name) if path.is_file() else ()


def _read(path: Path) -> object:
    try:
        if path.stat().st_size > _LARGEST_LABEL:
            raise ValueError("too large")
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FormCoachError(f"{path}: cannot be read as JSON ({_one_line(error)})") from error


def _tasks(clips: Sequence[Clip], exercises: Collection[str] | None) -> list[_Task]:
    named = {clip.label.exercise for clip in clips if clip.label.exercise is not None}
    every = tuple(sorted(named if exercises is None else exercises))
    tasks = []
    for clip in clips:
        chosen = every if clip.label.exercise is None else (clip.label.exercise,)
        if chosen and set(chosen) <= set(every):
            tasks.append(_Task(clip, chosen))
    return tasks


# ---- running ----


def _judge_clip(task: _Task, *, judge: Judge, faults: Mapping[str, Collection[str]]) -> Scores:
    results = [_judge_as(exercise, task.clip, judge, faults.get(exercise, ())) for exercise in task.exercises]
    return Scores(
        clips=tuple(result for result in results if isinstance(result, ClipScore)),
        failures=tuple(result for result in results if isinstance(result, Failure)),
    )


def _judge_as(exercise: str, clip: Clip, judge: Judge, declared: Collection[str]) -> ClipScore | Failure:
    try:
        if not clip.video.is_file():
            raise FormCoachError("no such file")
        return score_clip(clip.label, judge(clip.video, exercise), exercise=exercise, declared=declared)
    # Whatever breaks on one clip, the others are still worth an hour's run.
    except Exception as error:
        return Failure(clip.label.name, exercise, _one_line(error))


def _failed(task: _Task, why: str) -> Scores:
    return Scores(failures=tuple(Failure(task.clip.label.name, one, why) for one in task.exercises))


def _one_line(error: BaseException) -> str:
    first = next(iter(str(error).splitlines()), "")
    return first if isinstance(error, FormCoachError) else f"{type(error).__name__}: {first}".rstrip(": ")


def _outcomes(
    tasks: Sequence[_Task], run: _Run, workers: int, initializer: Callable[[], object] | None
) -> Generator[tuple[_Task, Scores], None, None]:
    """Yield each task with its scores, as they are done."""
    if workers <= 1:
        if initializer is not None:
            initializer()
        for task in tasks:
            yield task, run(task)
        return
    waiting = deque(tasks)
    while waiting:
        # A process that dies takes its whole pool with it, and nobody says which task killed it: what was
        # running then gets a second chance, alone.
        for task in (yield from _until_broken(waiting, run, workers, initializer)):
            if (yield from _until_broken(deque([task]), run, 1, initializer)):
                yield task, _failed(task, "the process that judged it died")


def _until_broken(
    waiting: deque[_Task], run: _Run, workers: int, initializer: Callable[[], object] | None
) -> Generator[tuple[_Task, Scores], None, tuple[_Task, ...]]:
    """Yield the tasks of `waiting` with their scores; return those that were running when a process died."""
    running: dict[Future[Scores], _Task] = {}
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(initializer,),
    )
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                with undisturbed():
                    running[pool.submit(run, waiting[0])] = waiting[0]
                waiting.popleft()
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                scores = _result(future, running[future])
                yield running.pop(future), scores
    except BrokenProcessPool:
        return tuple(running.values())
    except BaseException:
        # On Ctrl-C nobody wants to wait for the clips that are being judged.
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return ()


def _result(future: Future[Scores], task: _Task) -> Scores:
    try:
        return future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:  # a judge or a report that cannot travel between processes
        return _failed(task, _one_line(error))


def _start_worker(initializer: Callable[[], object] | None) -> None:
    begin_worker()
    if initializer is not None:
        initializer()


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


# ---- cached pose tracks ----


def track_key(video: Path, *, model: str, fps: float | None, estimator_version: str) -> str:
    """SHA-256 (hex) over a video's bytes and over everything else that its pose track depends on.

    Args:
        video: a readable file.
        model: name of the pose model.
        fps: frames a second that are analysed; None for all.
        estimator_version: changed by whoever changes how poses are made.
    """
    settings = json.dumps([model, None if fps is None else float(fps), estimator_version])
    digest = hashlib.sha256(f"{len(settings)}:{settings}".encode())
    with video.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def cached_track(
    video: Path,
    key: str,
    folder: Path,
    make: Callable[[Path], PoseTrack],
    *,
    save: Callable[[Path, PoseTrack], object],
    load: Callable[[Path], PoseTrack],
) -> PoseTrack:
    """The pose track of a video: from `folder` if it is there and loads, else made and put there.

    A track is stored whole or not at all, so processes may share the folder; where it cannot be stored, it is
    still returned.

    Args:
        video: handed to `make`.
        key: see `track_key`.
        folder: made if it is missing.
        make: makes the track.
        save: writes a track to a path that ends in .npz.
        load: reads it again, and raises on a file that is not whole.
    """
    entry = folder / f"{key}.npz"
    if entry.is_file():
        # Whatever the reason that an entry does not load, making it again is the cure.
        with suppress(Exception):
            track = load(entry)
            # The same video may have been cached under another name.
            return replace(track, source=replace(track.source, name=video.name))
    track = make(video)
    with suppress(OSError, FormCoachError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as partial_folder:
            written = Path(partial_folder) / entry.name
            save(written, track)
            written.replace(entry)
    return track


# ---- tables ----


def render(scores: Scores, console: Console) -> None:
    """Print scores as tables of at most 100 columns."""
    console.print(_rep_table(scores))
    if any(clip.kind == "hold" for clip in scores.clips):
        console.print(_hold_table(scores))
    if any(clip.kind == "confuser" for clip in scores.clips):
        console.print(_confuser_table(scores))
    if any(scores.faults(exercise) for exercise in scores.exercises):
        console.print(_fault_table(scores))
    if scores.failures:
        console.print(_failure_table(scores))


def _rep_table(scores: Scores) -> Table:
    table = _table("Reps", ("exercise",), ("clips", "exact", "±1", "MAE", "miss", "extra", "side"))
    for title in ("start", "peak", "end", "false"):
        table.add_column(title, justify="right")
    for exercise in scores.exercises:
        reps = rep_scores(scores.of(exercise))
        if reps.clips:
            table.add_row(*_rep_row(exercise, reps))
    table.add_section()
    table.add_row(*_rep_row("total", rep_scores(scores.clips)), style="bold")
    table.caption = (
        "MAE: |error| / true count. Side: reps on the wrong side. Start, peak, end: mean error in s. "
        "False: findings per 100 clean reps."
    )
    return table


def _rep_row(name: str, reps: RepScores) -> tuple[Text, ...]:
    return _cells(
        name,
        str(reps.clips),
        _percent(reps.exact),
        _percent(reps.off_by_one),
        _number(reps.mae, 3),
        str(reps.missed),
        str(reps.extra),
        str(reps.wrong_side),
        _number(reps.start_error_s, 2),
        _number(reps.peak_error_s, 2),
        _number(reps.end_error_s, 2),
        _number(reps.false_findings_per_100_clean_reps, 1),
    )


def _hold_table(scores: Scores) -> Table:
    table = _table("Holds and carries", ("exercise",), ("clips", "holds", "missed", "extra", "time error, s"))
    for exercise in scores.exercises:
        holds = hold_scores(scores.of(exercise))
        if holds.clips:
            error = _number(holds.duration_error_s, 2)
            table.add_row(
                *_cells(exercise, str(holds.clips), str(holds.holds), str(holds.missed), str(holds.extra), error)
            )
    return table


def _confuser_table(scores: Scores) -> Table:
    table = _table("Footage of something else", ("judged as",), ("clips", "silent", "reps counted"))
    for exercise in scores.exercises:
        confusers = confuser_scores(scores.of(exercise))
        if confusers.clips:
            silent = _percent(confusers.silent)
            table.add_row(*_cells(exercise, str(confusers.clips), silent, str(confusers.counted)))
    return table


def _fault_table(scores: Scores) -> Table:
    table = _table("Faults, by matched reps", ("exercise and fault", "view"), ("TP", "FP", "FN", "TN"))
    for title in ("prec.", "recall", "F1", "not ass."):
        table.add_column(title, justify="right")
    for exercise in scores.exercises:
        if scores.faults(exercise):
            table.add_row(*_cells(exercise), style="bold")
        for fault in scores.faults(exercise):
            for i, (view, row) in enumerate(_fault_rows(scores, exercise, fault)):
                table.add_row(*_cells("" if i else f"  {fault}", view, *_fault_cells(row)))
        table.add_section()
    table.add_row(*_cells("total", "", *_fault_cells(scores.total_faults())), style="bold")
    table.caption = "A view where the fault neither happened nor was found, though assessed, has no row."
    return table


def _fault_rows(scores: Scores, exercise: str, fault: str) -> Iterator[tuple[str, FaultScores]]:
    clips, views = scores.of(exercise), scores.views(exercise)
    if len(views) == 1:
        yield views[0], fault_scores(clips, fault)
        return
    yield "all", fault_scores(clips, fault)
    for view in views:
        row = fault_scores(clips, fault, view=view)
        if row != FaultScores(tn=row.tn):
            yield view, row


def _fault_cells(row: FaultScores) -> tuple[str, ...]:
    return (
        *(str(count) for count in (row.tp, row.fp, row.fn, row.tn)),
        _number(row.precision, 2),
        _number(row.recall, 2),
        _number(row.f1, 2),
        _percent(row.share_not_assessed),
    )


def _failure_table(scores: Scores) -> Table:
    table = _table("Not judged", ("video", "exercise", "why"), ())
    for failure in scores.failures:
        table.add_row(*_cells(failure.name, failure.exercise, failure.why))
    return table


def _table(title: str, words: Iterable[str], numbers: Iterable[str]) -> Table:
    table = Table(
        title=f"\n{title}",
        title_justify="left",
        caption_justify="left",
        padding=(0, 1, 0, 0),
        box=box.SIMPLE,
        show_edge=False,
        pad_edge=False,
    )
    for word in words:
        table.add_column(word, overflow="fold")
    for number in numbers:
        table.add_column(number, justify="right")
    return table


def _cells(*texts: str) -> tuple[Text, ...]:
    # As Text, since names of files and errors may hold what the console takes for markup.
    return tuple(Text(text) for text in texts)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}%"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
