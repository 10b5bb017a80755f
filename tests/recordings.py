"""Live sessions and analysed folders for the tests of what looks at them again, made from synthetic bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from poses import LEFT_SIDE, bent_over_row, film
from videos import steady, write_video

from formcoach.analysis import judge
from formcoach.catalogue import load_catalogue
from formcoach.history import clip_name
from formcoach.report import write_report
from formcoach.session_track import TrackPieces, save_piece

if TYPE_CHECKING:
    from pathlib import Path

    from formcoach.exercise import Rep
    from formcoach.history import StoredSession
    from formcoach.pose import PoseTrack
    from formcoach.store import Store

WIDTH, HEIGHT = 640, 480


def rows(reps: int = 3) -> PoseTrack:
    """Somebody rows, seen from the left."""
    return film(bent_over_row(reps=reps), LEFT_SIDE)


def analysed(folder: Path, reps: int = 3) -> Path:
    """A folder as `analyze` writes it, of clean reps."""
    write_report(judge(rows(reps), load_catalogue()["bent-over-row"]), folder)
    return folder


def white(path: Path, seconds: float, level: int = 200) -> Path:
    """A bright video without anything in it, in a quarter of the size of the poses' picture."""
    count = round(seconds * 30)
    picture = np.full((HEIGHT // 4, WIDTH // 4, 3), level, np.uint8)
    write_video(path, steady(count), images=[picture] * count, size=(WIDTH // 4, HEIGHT // 4))
    return path


def record(store: Store, reps: list[Rep], *, clips: bool = True, track: bool = True) -> StoredSession:
    """A finished session with these reps, a clip of each flagged one, and somebody rowing in its pose track."""
    exercise = load_catalogue()["bent-over-row"]
    session = store.start_session(exercise.id, camera="0", model="full")
    for rep in reps:
        store.add_rep(session.id, rep.set_number, rep, exercise)
        if rep.findings and clips:
            start_s = max(rep.span.start_s - 1.0, 0.0)
            store.plan_clip(session.id, rep.number, start_s)
            white(session.folder / clip_name(rep.number), rep.span.end_s + 1.0 - start_s)
            store.set_clip(session.id, rep.number, clip_name(rep.number))
    pieces = TrackPieces(session.folder, "0", "full")
    for time_s, pose in rows(len(reps)) if track else ():
        if (piece := pieces.add(time_s, pose, WIDTH, HEIGHT)) is not None:
            save_piece(piece)
    if (piece := pieces.take()) is not None:
        save_piece(piece)
    store.finish_session(session.id)
    return store.session(session.id)
