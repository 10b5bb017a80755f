"""A thread for jobs that must not hold up a loop, and the notes in which it says what went wrong."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING

from formcoach.errors import reason

if TYPE_CHECKING:
    from collections.abc import Callable

LAST_S = 2.0
"""How long a job that was told to stop may take to do so."""


class Background:
    """Does jobs one after the other in a thread of its own; never more than so many wait."""

    def __init__(self, name: str, waiting: int, on_error: Callable[[Exception], None], *, humble: bool = False) -> None:
        """Start it.

        Args:
            name: of the thread.
            waiting: how many jobs may wait.
            on_error: called, in the thread, with what a job raised.
            humble: let other threads go first, on systems where a thread can say so.
        """
        self.abandoned = threading.Event()
        """Set when there is no time left: a long job looks at it and stops."""
        self._waiting, self._on_error, self._humble = waiting, on_error, humble
        self._jobs: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"formcoach {name}", daemon=True)
        self._thread.start()

    def offer(self, job: Callable[[], None]) -> bool:
        """Have a job done; returns at once, False where too many wait already."""
        with self._changed:
            if self._closed or len(self._jobs) >= self._waiting:
                return False
            self._jobs.append(job)
            self._changed.notify()
        return True

    def close(self, timeout_s: float) -> bool:
        """Do what waits, then end; False where that took longer and the rest was left undone."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout_s)
        if not self._thread.is_alive():
            return True
        self.abandoned.set()
        with self._changed:
            self._jobs.clear()
        self._thread.join(LAST_S)
        return False

    def _run(self) -> None:
        if self._humble and sys.platform == "linux":  # elsewhere the number would name a process
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs or self._closed)
                if not self._jobs:
                    return
                job = self._jobs.popleft()
            try:
                job()
            except Exception as error:
                self._on_error(error)
            del job  # it may hold pictures


MOST_NOTES = 50


class Notes:
    """Lines for people. Each is kept once, however often it comes; safe to use from several threads."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}
        self._told = 0
        self._lock = threading.Lock()

    @property
    def texts(self) -> tuple[str, ...]:
        """All so far."""
        with self._lock:
            return tuple(self._texts)

    def add(self, text: str) -> None:
        """Take a line. When there are very many already, it is left out."""
        with self._lock:
            if len(self._texts) < MOST_NOTES:
                self._texts[text] = None

    def failed(self, what: str) -> Callable[[Exception], None]:
        """What takes note of an error: the same line for the same reason, whichever file it befell."""
        return lambda error: self.add(f"{what}: {reason(_root(error))}.")

    def fresh(self) -> tuple[str, ...]:
        """Those that came since this was last asked."""
        with self._lock:
            told, self._told = self._told, len(self._texts)
            return tuple(self._texts)[told:] if self._told > told else ()


def _root(error: Exception) -> Exception:
    return error.__cause__ if isinstance(error.__cause__, OSError) else error
