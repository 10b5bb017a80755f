"""What processes of a pool have in common."""

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.process import BaseProcess
    from types import FrameType


def begin_worker() -> None:
    """What each process of a pool does first: leave Ctrl-C to its parent, and see to it that it does not outlive it.

    Ctrl-C reaches every process of the terminal. A parent that is killed tells its pool nothing.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent,), name="end-with-parent", daemon=True).start()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Where processes are started: Ctrl-C waits until they are, and never reaches them.

    A process whose parent is interrupted while it starts it complains with a traceback. The mask is what processes
    inherit; it stays with its thread, and any other one may take the signal for the main one, so that one waits too.
    """
    came: list[tuple[int, FrameType | None]] = []
    handler = signal.getsignal(signal.SIGINT)
    waits = current_thread() is main_thread() and callable(handler)
    if waits:
        signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        with _masked():
            yield
    finally:
        if waits:
            signal.signal(signal.SIGINT, handler)
        if came and callable(handler):
            handler(*came[0])


@contextmanager
def _masked() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
