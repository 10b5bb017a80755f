"""Progress on the terminal: frames a second or bytes fetched, and time left."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from rich.progress import Task, TaskID


class _FramesPerSecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        """The rate of late."""
        return Text("" if task.speed is None else f"{task.speed:.0f} frames/s", style="progress.data.speed")


class FrameProgress:
    """A bar for each stage of one video's analysis; silent where stderr is no terminal."""

    def __init__(self, name: str, console: Console) -> None:
        self._name = escape(name)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(24),
            MofNCompleteColumn(),
            _FramesPerSecond(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> FrameProgress:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def tick(self, stage: str, expected: int | None) -> None:
        """One frame more of a stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(f"{stage} {self._name}", total=expected)
        self._progress.advance(self._tasks[stage])


@contextmanager
def file_progress(console: Console, files: int) -> Iterator[Callable[[], None]]:
    """A bar over several files; call what it gives once a file."""
    columns = (TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("analysing", total=files)
        yield lambda: progress.advance(task)


class RichProgress:
    """A fetch's bar on standard error; where that is no terminal, the first stage's label on one line and no more."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._told = False

    def start(self, label: str, total_bytes: int | None) -> None:
        """Begin a stage; None where its size is not known."""
        self.stop()
        if sys.stderr.isatty():
            self._bar = _bar(total_bytes)
            self._bar.add_task(label, total=total_bytes)
            self._bar.start()
        elif not self._told:
            sys.stderr.write(f"{label}\n")
        self._told = True

    def advance(self, n: int) -> None:
        """Count n bytes more."""
        if self._bar:
            self._bar.advance(self._bar.task_ids[0], n)

    def stop(self) -> None:
        """End the stage, done or not."""
        if self._bar:
            self._bar.stop()
        self._bar = None


def _bar(total_bytes: int | None) -> Progress:
    columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn(20)]
    if total_bytes is not None:
        columns += [DownloadColumn(), TimeRemainingColumn()]
    return Progress(*columns, console=Console(stderr=True), transient=True)
