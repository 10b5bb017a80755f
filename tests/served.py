"""A stored session, and `formcoach web` in a process of its own, for the tests of its pages."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sessions import exercise, flagged, pose, rep
from videos import picture

from formcoach.history import clip_name
from formcoach.mp4 import Mp4Writer
from formcoach.session_track import TrackPieces, save_piece

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from conftest import Cli

    from formcoach.exercise import Rep
    from formcoach.store import Store


@contextlib.contextmanager
def serving(cli: Cli, home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The process, and the address that it printed."""
    process = cli.start("web", "--port", "0", FORMCOACH_HOME=str(home))
    assert process.stdout is not None
    try:
        line = process.stdout.readline().decode()
        assert line.startswith("http://127.0.0.1:"), line
        yield process, line.split()[0]
    finally:
        process.kill()
        process.communicate()


TWO = (rep(1, 1.0, 2.5), flagged(2, 3.0, 4.5))


def record(store: Store, reps: Iterable[Rep] = TWO, *, finish: bool = True) -> int:
    """A session of these reps, the second with a clip; by default of a clean rep and one with a finding."""
    session = store.start_session("bent-over-row", camera="0", model="full")
    for one in reps:
        store.add_rep(session.id, 1, one, exercise())
    write_clip(session.folder / clip_name(2))
    store.plan_clip(session.id, 2, 2.0)
    store.set_clip(session.id, 2, clip_name(2))
    pieces = TrackPieces(session.folder, "0", "full")
    for index in range(160):
        pieces.add(index / 30, pose(index), 64, 48)
    piece = pieces.take()
    assert piece is not None
    save_piece(piece)
    if finish:
        store.finish_session(session.id)
    return session.id


def write_clip(path: Path) -> None:
    with Mp4Writer(path, 64, 48) as writer:
        for index in range(60):
            writer.write(picture(index, 64, 48), index / 30)
