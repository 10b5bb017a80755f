"""Progress on the terminal: frames a second and time left."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from rich.console import Console
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
