"""A batch of videos: those analysed before are told, the others go to processes here or to a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formcoach.batch import analyse_all
from formcoach.errors import FormCoachError
from formcoach.marks import Marks, leave, tally_before
from formcoach.summary import Line, line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from formcoach.batch import Job
    from formcoach.marks import Mark

    Marked = list[tuple[Job, Mark | None]]


def lines_of(
    jobs: list[Job],
    *,
    workers: int,
    cluster: str | None = None,
    resume: bool = False,
    model: str,
    notice: Callable[[str], None] = lambda _: None,
) -> Generator[Line, None, None]:
    """Analyse files, yielding the line of each exactly once, as they come; a failed one does not stop the rest.

    Args:
        jobs: each with a folder of its own.
        workers: how many processes; a cluster has its own.
        cluster: address of a Dask scheduler; None analyses here.
        resume: tell what was analysed before in the same way as done, instead of doing it again.
        model: full, heavy or lite, or the path of a .task file.
        notice: told in a sentence when a cluster keeps us waiting.

    Raises:
        FormCoachError: the cluster cannot be reached, or is lost.
    """
    if cluster is None and not resume:
        for outcome in analyse_all(jobs, workers):
            yield line_of(outcome)
        return
    before, left = _parted(jobs, Marks(model), resume=resume)
    if cluster is None or not left:
        yield from before
        yield from _here(left, workers)
        return
    from formcoach.cluster import analyse_on, reached

    with reached(cluster) as client:
        yield from before
        yield from analyse_on(client, left, model=model, notice=notice)


def _parted(jobs: list[Job], marks: Marks, *, resume: bool) -> tuple[list[Line], Marked]:
    """The lines of the jobs that are done, and the others with their marks."""
    before: list[Line] = []
    left: Marked = []
    for job in jobs:
        mark = marks.of(job)
        tally = tally_before(job, mark) if resume else None
        if tally is None:
            left.append((job, mark))
        else:
            before.append(Line(job=job, tally=tally, before=True))
    return before, left


def _here(left: Marked, workers: int) -> Iterator[Line]:
    if not left:
        return
    marks = dict(left)
    for outcome in analyse_all([job for job, _ in left], workers):
        line, mark = line_of(outcome), marks[outcome.job]
        if line.tally is not None and mark is not None:
            try:
                leave(outcome.job.folder, mark)
            except FormCoachError as error:
                line = Line(job=outcome.job, error=str(error))
        yield line
