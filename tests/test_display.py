"""The connection to the display: told from others, seen to break, and how a process ends without it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import cv2
import pytest

from formcoach import display
from formcoach.display import BROKE_OFF, Link
from formcoach.errors import FormCoachError
from formcoach.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere windows have no X server")
pytestmark = LINUX


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of the tests ends as ever; windows that other tests opened are not looked at."""
    monkeypatch.setattr(display, "_outlive_qt", lambda: None)
    before = set(display._open_files())
    every = display._open_files
    monkeypatch.setattr(display, "_open_files", lambda: [number for number in every() if number not in before])


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """The server's end of a connection, as to display 4711."""
    with closing(socket.socket(socket.AF_UNIX)) as listening, closing(socket.socket(socket.AF_UNIX)) as client:
        listening.bind(f"\0{display.X_SOCKET}4711")
        listening.listen()
        client.connect(listening.getsockname())
        end, _ = listening.accept()
        with closing(end):
            yield end


def test_without_a_connection_it_always_holds() -> None:
    link = Link()
    assert not link.watched
    assert link.holds(wait_ms=10_000)


def test_it_holds_until_the_server_is_gone(server: socket.socket) -> None:
    link = Link()
    assert link.watched
    assert link.holds()
    server.send(b"an event that nobody has read")
    assert link.holds(wait_ms=1)
    server.close()
    assert not link.holds()
    assert not link.holds(wait_ms=10_000)


def test_a_path_on_the_disk_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "X_SOCKET", str(tmp_path / "X"))
    with closing(socket.socket(socket.AF_UNIX)) as listening, closing(socket.socket(socket.AF_UNIX)) as client:
        listening.bind(str(tmp_path / "X0"))
        listening.listen()
        client.connect(listening.getsockname())
        assert Link().watched


@pytest.mark.parametrize("for_x", [True, False])
def test_over_the_network_the_port_tells(for_x: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]
        monkeypatch.setattr(display, "X_PORTS", range(port, port + for_x))
        with closing(socket.create_connection(("127.0.0.1", port))):
            end, _ = listening.accept()
            with closing(end):
                link = Link()
                assert link.watched is for_x
            assert link.holds() is not for_x


def test_other_files_and_sockets_are_none_of_it(tmp_path: Path) -> None:
    mine, yours = socket.socketpair()
    with closing(mine), closing(yours), (tmp_path / "file").open("w"):
        assert not Link().watched


def test_looking_leaves_no_file_open(tmp_path: Path, server: socket.socket) -> None:
    with (tmp_path / "file").open("w"):
        before = len(list(display.OWN_FILES.iterdir()))
        Link()
        assert len(list(display.OWN_FILES.iterdir())) == before


def test_a_window_whose_display_broke_off_is_not_asked_for_anything(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> int:
        pytest.fail("Qt would end the process")

    monkeypatch.setattr(cv2, "namedWindow", lambda *_: None)
    monkeypatch.setattr(cv2, "waitKey", lambda _: -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: 1.0)
    monkeypatch.setattr(cv2, "destroyAllWindows", forbidden)
    with Screen() as screen:
        assert screen.key() is None
        server.close()
        monkeypatch.setattr(cv2, "waitKey", forbidden)
        with pytest.raises(FormCoachError, match=BROKE_OFF):
            screen.key()
        assert screen.closed
        with pytest.raises(FormCoachError, match=BROKE_OFF):
            screen.pressed()


# --- how a process ends ---

GUARDED = "import ctypes, sys; from formcoach import display; display._outlive_qt(); display._outlive_qt(); "


def ending(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_qts_exit_ends_with_a_line() -> None:
    done = ending(f"{GUARDED} ctypes.CDLL(None).exit(1)")
    assert (done.returncode, done.stderr) == (1, f"formcoach: {BROKE_OFF}\n")


@pytest.mark.parametrize("status", [0, 2])
def test_an_orderly_end_stays_as_it_is(status: int) -> None:
    done = ending(f"{GUARDED} print('said', flush=False); sys.exit({status})")
    assert (done.returncode, done.stdout, done.stderr) == (status, "said\n", "")


# --- with a real server ---

PLAY = """
import numpy as np
from formcoach.screen import Window
with Window() as window:
    print("open", flush=True)
    while True:
        window.put(np.zeros((120, 160, 3), np.uint8))
        window.code(20)
"""


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb, a display without a screen")
def test_a_server_that_dies() -> None:
    reading, writing = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing)], pass_fds=[writing], stderr=subprocess.DEVNULL
    ) as server:
        os.close(writing)
        with os.fdopen(reading) as answer:
            environment = os.environ | {"DISPLAY": f":{answer.readline().strip()}"}
        with subprocess.Popen(
            [sys.executable, "-c", PLAY], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as player:
            assert player.stdout is not None
            assert player.stdout.readline() == "open\n"
            server.kill()
            _, said = player.communicate(timeout=60)
    assert player.returncode == 1
    assert said.splitlines()[-1].endswith(BROKE_OFF)
