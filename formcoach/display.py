"""The connection of a window to its display: whether it still holds."""

from __future__ import annotations

import atexit
import ctypes
import os
import select
import socket
from functools import cache
from pathlib import Path

STDERR = 2
OWN_FILES = Path("/proc/self/fd")
X_SOCKET = "/tmp/.X11-unix/X"  # noqa: S108 - where X servers listen
X_PORTS = range(6000, 6064)
"""One a display, where a server is reached over the network or through ssh."""
BROKE_OFF = "the window is gone, as its display broke off; all up to then is kept"
BROKEN = getattr(select, "POLLRDHUP", 0) | getattr(select, "POLLHUP", 0)


class Link:
    """The connection of this process to its X server; without one, as on other systems, it always holds.

    Where it breaks (the server dies, or another program kills the window's client), Qt ends the whole process as soon
    as it is let to see that: so it is looked at first.

    Attributes:
        watched: whether there is a connection to look at.
    """

    def __init__(self) -> None:
        self._sockets = [number for number in _open_files() if _leads_to_x(number)]
        self.watched = bool(self._sockets)
        if self.watched:
            _outlive_qt()

    def holds(self, wait_ms: int = 0) -> bool:
        """Whether the other end is still there after so long. If not, no window may be asked for anything."""
        if not self.watched:
            return True
        poll = select.poll()
        for number in self._sockets:
            poll.register(number, BROKEN)
        return not poll.poll(wait_ms)


@cache
def _outlive_qt() -> None:
    """Once a process: have it end with a line, not with an abort, should Qt be the first to see a broken connection.

    Qt calls C's `exit` then, while other threads still run, and OpenCV's destructors abort on them. A handler of
    `exit` comes before those. On an orderly end, when Python is over by then, `_exit` comes before the handler.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "on_exit"):
        libc.on_exit(_TELL, None)
        atexit.register(libc.on_exit, libc._exit, None)


def _tell(_status: int, _: int | None) -> None:
    os.write(STDERR, f"formcoach: {BROKE_OFF}\n".encode())
    os._exit(1)


_TELL = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p)(_tell)
"""For C, and so kept as long as the process."""


def _open_files() -> list[int]:
    if not OWN_FILES.is_dir():
        return []
    return [int(entry.name) for entry in OWN_FILES.iterdir()]


def _leads_to_x(number: int) -> bool:
    try:
        end = socket.socket(fileno=number)
    except OSError:  # no socket, or closed meanwhile
        return False
    try:
        peer = end.getpeername()
    except OSError:  # one that listens
        return False
    finally:
        end.detach()
    if isinstance(peer, tuple):
        return peer[1] in X_PORTS
    path = peer if isinstance(peer, str) else peer.decode(errors="replace")
    return path.lstrip("\0").startswith(X_SOCKET)
