"""The history: every session, set, rep, finding and cue, stored as it happens.

`formcoach.db` in the data folder, and beside it `sessions/`, where each session has a folder of its own for the pose
track and the clips. A rep is safe as soon as `add_rep` returns: it outlives `kill -9`, and the next start closes the
session that was torn.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import secrets
import shutil
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from formcoach import __version__
from formcoach.body import Side, View
from formcoach.coach import Cue
from formcoach.database import Refused, connect, explained
from formcoach.errors import FormCoachError, reason
from formcoach.exercise import Finding, NotAssessed, Rep, Span
from formcoach.folders import data_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from formcoach.exercise import Exercise

DATABASE = "formcoach.db"
SESSIONS = "sessions"
LOCK = "session.lock"
"""Held by the process that records into the folder; the system lets go of it however the process ends."""
DELETED = ".deleted-"
"""Starts the name of a folder that is being deleted."""
PATIENCE_S = 5.0
"""How long to wait for another process that writes."""


class Ending(Enum):
    """How a session ended."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    """By Ctrl-C, a closed window, an error."""
    TORN = "torn"
    """The process died; closed by the next start."""


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What somebody set out to do; None where they did not say."""

    sets: int | None = None
    reps: int | None = None
    weight_kg: float | None = None
    rest_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Session:
    """A stored session.

    Attributes:
        id: in the database; never used twice.
        exercise: its id.
        started_at, ended_at: UTC; a session that is open has no end.
        ending: None while it is open.
        clock_s: what the clock of the session's times showed at `started_at`.
        camera: name of the camera or file.
        formcoach: the version that recorded it.
        model: name of the pose model.
        targets: what was set out for.
        notes: what went wrong on the way.
        folder: of the pose track and the clips.
        reps, flagged: how many were stored, and how many of these have a finding.
    """

    id: int
    exercise: str
    started_at: datetime
    ended_at: datetime | None
    ending: Ending | None
    clock_s: float
    camera: str
    formcoach: str
    model: str
    targets: Targets
    notes: tuple[str, ...]
    folder: Path
    reps: int
    flagged: int

    @property
    def title(self) -> str:
        """One line for people, in their own time zone."""
        when = self.started_at.astimezone()
        return f"session {self.id}, {self.exercise}, {when:%Y-%m-%d %H:%M}, {self.reps} rep{'s' * (self.reps != 1)}"


@dataclass(frozen=True, kw_only=True)
class StoredSet:
    """A set: when it began and ended, on the session's clock; the end is None while it is open."""

    number: int
    start_s: float
    end_s: float | None


@dataclass(frozen=True, kw_only=True)
class StoredRep:
    """A rep as it was judged, and where to see it.

    Attributes:
        rep: times are on the session's clock.
        unit: of the span's rest, peak and range.
        clip: the video of it; None where there is none. It may have been deleted since.
        clip_start_s: time of the clip's first picture on the session's clock; NaN where there never was a clip.
    """

    rep: Rep
    unit: str
    clip: Path | None
    clip_start_s: float


@dataclass(frozen=True, kw_only=True)
class StoredCue:
    """Something said, and the number of the rep that earned it, where one did."""

    cue: Cue
    rep_number: int | None


@dataclass(frozen=True, kw_only=True)
class DiskUse:
    """Bytes on disk: of the database, and of each folder of a session by its name."""

    database: int
    folders: dict[str, int]

    @property
    def total(self) -> int:
        """All together."""
        return self.database + sum(self.folders.values())


class Store:
    """The history, open. A context manager; used from one thread.

    Every method raises FormCoachError, with what to do, when the database is damaged or in use, or the disk is full;
    what it was to store is then not stored, and may be tried again. `Refused` tells what will never be stored: a
    session that is not there, a number that is taken.
    """

    def __init__(self, home: Path | None = None, *, timeout_s: float = PATIENCE_S, start_anew: bool = False) -> None:
        """Open it, made where there is none.

        Args:
            home: the data folder; None for the usual one.
            timeout_s: how long a method waits for another process that writes.
            start_anew: when the database is damaged, rename it and begin an empty one; folders of sessions stay.
        """
        self.home = data_folder() if home is None else home
        self.path = self.home / DATABASE
        self._connection = connect(self.path, timeout_s=timeout_s, start_anew=start_anew)
        self._held: dict[int, FileLock] = {}

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Sessions still open count as torn from now on."""
        for session in list(self._held):
            self._let_go(session)
        with explained(self.path):
            self._connection.close()

    # ---- as it happens ----

    def start_session(
        self,
        exercise: str,
        *,
        camera: str,
        model: str,
        targets: Targets | None = None,
        clock_s: float = 0.0,
    ) -> Session:
        """Begin a session and make its folder. It is this process's until it is finished or the store closed.

        Args:
            exercise: its id.
            camera: name of the camera or file.
            model: name of the pose model.
            targets: what was set out for.
            clock_s: what the clock of the session's times shows now.
        """
        targets = targets or Targets()
        now = datetime.now(timezone.utc)
        folder = self._make_folder(f"{now.astimezone():%Y-%m-%d_%H-%M-%S}_{re.sub(r'[^A-Za-z0-9-]', '_', exercise)}")
        lock = _take(folder / LOCK)
        if lock is None:
            raise FormCoachError(f"{folder} was taken by another program; try again")
        try:
            with self._transaction() as connection:
                row = connection.execute(
                    "INSERT INTO sessions (exercise, started_at, clock_s, camera, formcoach, model, target_sets,"
                    " target_reps, weight_kg, rest_s, folder) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (exercise, _iso(now), clock_s, camera, __version__, model)
                    + (targets.sets, targets.reps, targets.weight_kg, targets.rest_s, folder.name),
                )
        except BaseException:
            lock.release()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        session = int(row.lastrowid or 0)
        self._held[session] = lock
        return self.session(session)

    def add_set(self, session: int, number: int, start_s: float) -> None:
        """A set begins. One that is there already stays as it is."""
        with self._transaction() as connection:
            _add_set(connection, session, number, start_s)

    def finish_set(self, session: int, number: int, end_s: float) -> None:
        """A set ended."""
        self._change("UPDATE sets SET end_s = ? WHERE session_id = ? AND number = ?", (float(end_s), session, number))

    def add_rep(self, session: int, set_number: int, rep: Rep, exercise: Exercise) -> None:
        """Store a judged rep, with its set where that is new. It is safe when this returns."""
        with self._transaction() as connection:
            _add_set(connection, session, set_number, rep.span.start_s)
            _add_rep(connection, session, set_number, rep, exercise.signal.measure.unit)

    def plan_clip(self, session: int, number: int, start_s: float) -> None:
        """A clip of a rep is going to be written as `clip_name(number)`; its first picture is of this time."""
        self._change("UPDATE reps SET clip_start_s = ? WHERE session_id = ? AND number = ?", (start_s, session, number))

    def set_clip(self, session: int, number: int, clip: str | None) -> None:
        """Name the clip of a rep, a file in the session's folder; None when it is there no more."""
        self._change("UPDATE reps SET clip = ? WHERE session_id = ? AND number = ?", (clip, session, number))

    def add_cue(self, session: int, cue: Cue, rep_number: int | None = None) -> None:
        """Something was said, after that rep."""
        self._change(
            "INSERT INTO cues (session_id, rep_number, time_s, fault, text) VALUES (?, ?, ?, ?, ?)",
            (session, rep_number, float(cue.time_s), cue.fault, cue.text),
        )

    def add_note(self, session: int, text: str) -> None:
        """Something went wrong that the history should tell."""
        self._change("UPDATE sessions SET notes = notes || ? WHERE id = ?", (" ".join(text.split()) + "\n", session))

    def finish_session(self, session: int, ending: Ending = Ending.FINISHED) -> None:
        """The session ended now; open sets end with their last rep."""
        with self._transaction() as connection:
            _close(connection, session, datetime.now(timezone.utc), ending)
        self._let_go(session)

    # ---- what a dead process left ----

    def close_torn(self) -> list[Session]:
        """Close the sessions of processes that died, and return them: they end with their last rep.

        Whole clips that the database does not know yet are named in it, clips that are gone are struck out, and files
        that were being written are removed. A session of a process that lives is left alone.
        """
        self._finish_deleting()
        closed = []
        for row in self._rows("SELECT id, folder FROM sessions WHERE ended_at IS NULL"):
            session = int(row["id"])
            if session not in self._held and not self._is_running(row["folder"]) and self._close_torn(session):
                closed.append(self.session(session))
        return closed

    def _is_running(self, folder_name: str) -> bool:
        """Whether a process holds the folder."""
        try:
            folder = self._folder(folder_name)
        except FormCoachError:
            return False  # a link that we do not follow
        if not folder.is_dir():
            return False
        try:
            lock = _take(folder / LOCK)
        except FormCoachError:
            return False  # a folder that cannot be written is recorded into by nobody
        if lock is None:
            return True
        lock.release()
        return False

    def _close_torn(self, session: int) -> bool:
        """Close a session whose process is gone; False where another process was first."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT started_at, clock_s, folder, max(reps.end_s) AS last_s FROM sessions"
                " LEFT JOIN reps ON session_id = sessions.id WHERE sessions.id = ? AND ended_at IS NULL",
                (session,),
            ).fetchone()
            if row["folder"] is None:
                return False
            last_s = row["clock_s"] if row["last_s"] is None else max(row["last_s"], row["clock_s"])
            end = datetime.fromisoformat(row["started_at"]) + timedelta(seconds=last_s - row["clock_s"])
            _close(connection, session, end, Ending.TORN)
            with contextlib.suppress(FormCoachError, OSError):
                _tidy(connection, session, self._folder(row["folder"]))
        return True

    # ---- reading back ----

    def sessions(self) -> list[Session]:
        """All sessions, the latest first."""
        return [self._session(row) for row in self._rows(_SESSIONS + " GROUP BY sessions.id ORDER BY sessions.id DESC")]

    def session(self, session: int) -> Session:
        """One session.

        Raises:
            Refused: there is none of this id.
        """
        rows = self._rows(_SESSIONS + " WHERE sessions.id = ? GROUP BY sessions.id", (session,))
        if not rows:
            raise Refused(f"there is no session {session}; formcoach history lists those that there are")
        return self._session(rows[0])

    def _session(self, row: sqlite3.Row) -> Session:
        return Session(
            id=row["id"],
            exercise=row["exercise"],
            started_at=datetime.fromisoformat(row["started_at"]),
            ended_at=None if row["ended_at"] is None else datetime.fromisoformat(row["ended_at"]),
            ending=None if row["ending"] is None else Ending(row["ending"]),
            clock_s=row["clock_s"],
            camera=row["camera"],
            formcoach=row["formcoach"],
            model=row["model"],
            targets=Targets(
                sets=row["target_sets"], reps=row["target_reps"], weight_kg=row["weight_kg"], rest_s=row["rest_s"]
            ),
            notes=tuple(row["notes"].splitlines()),
            folder=self.home / SESSIONS / Path(row["folder"]).name,
            reps=row["reps"],
            flagged=row["flagged"],
        )

    def sets_of(self, session: int) -> list[StoredSet]:
        """A session's sets, in order."""
        rows = self._rows("SELECT * FROM sets WHERE session_id = ? ORDER BY number", (session,))
        return [StoredSet(number=row["number"], start_s=row["start_s"], end_s=row["end_s"]) for row in rows]

    def reps_of(self, session: int) -> list[StoredRep]:
        """A session's reps, in order, with all that was found."""
        folder = self.session(session).folder
        findings: dict[tuple[int, int], list[Finding]] = defaultdict(list)
        for row in self._rows(_OF_REPS["findings"], (session,)):
            findings[row["rep_id"], row["hint"]].append(_finding(row))
        missed: dict[int, list[NotAssessed]] = defaultdict(list)
        for row in self._rows(_OF_REPS["not_assessed"], (session,)):
            missed[row["rep_id"]].append(NotAssessed(fault=row["fault"], why=row["why"], instead=row["instead"]))
        return [
            StoredRep(
                rep=_rep(row, findings[row["id"], 0], findings[row["id"], 1], missed[row["id"]]),
                unit=row["range_unit"],
                clip=None if row["clip"] is None else folder / Path(row["clip"]).name,
                clip_start_s=_number(row["clip_start_s"]),
            )
            for row in self._rows("SELECT * FROM reps WHERE session_id = ? ORDER BY number", (session,))
        ]

    def cues_of(self, session: int) -> list[StoredCue]:
        """What was said in a session, in order."""
        rows = self._rows("SELECT * FROM cues WHERE session_id = ? ORDER BY time_s, id", (session,))
        return [
            StoredCue(cue=Cue(time_s=row["time_s"], fault=row["fault"], text=row["text"]), rep_number=row["rep_number"])
            for row in rows
        ]

    # ---- the disk ----

    def delete_session(self, session: int) -> None:
        """Delete a session's rows and its folder.

        Raises:
            FormCoachError: it is being recorded, or its folder is a link or lies elsewhere; nothing is deleted then.
        """
        name = self.session(session).folder.name
        folder = self._folder(name)
        if session in self._held or self._is_running(name):
            raise FormCoachError(f"session {session} is being recorded; stop that first")
        doomed = folder.with_name(DELETED + secrets.token_hex(6))
        with self._transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE id = ?", (session,))
            try:
                with contextlib.suppress(FileNotFoundError):
                    folder.rename(doomed)  # at once or not at all, as the rows
            except OSError as error:
                raise FormCoachError(f"cannot delete {folder}: {reason(error)}; close what uses it") from error
        self._finish_deleting()

    def disk_use(self) -> DiskUse:
        """What the history takes on disk, folders without a session included; links are not followed."""
        tails = ("", "-wal", "-shm")
        database = sum(_size(self.path.with_name(self.path.name + tail)) for tail in tails)
        try:
            folders = {path.name: folder_bytes(path) for path in sorted((self.home / SESSIONS).iterdir())}
        except OSError:
            folders = {}
        return DiskUse(database=database, folders=folders)

    def _make_folder(self, name: str) -> Path:
        for more in ("", *(f"_{n}" for n in range(2, 1000))):
            folder = self.home / SESSIONS / (name + more)
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise FormCoachError(f"cannot make the folder {folder}: {reason(error)}") from error
            return folder
        raise FormCoachError(f"cannot make a folder in {self.home / SESSIONS}; is it a file?")

    def _folder(self, name: str) -> Path:
        """A session's folder, which may be missing.

        Raises:
            FormCoachError: it is a link, or anywhere but in the data folder.
        """
        folder = self.home / SESSIONS / name
        home = self.home.resolve()
        if Path(name).name != name or folder.resolve() != home / SESSIONS / name:
            raise FormCoachError(f"{folder} leads out of {home / SESSIONS}; it is left alone: remove it by hand")
        return folder

    def _finish_deleting(self) -> None:
        """Remove the folders of deleted sessions; what cannot be removed now is tried again at the next start."""
        for folder in (self.home / SESSIONS).glob(DELETED + "*"):
            with contextlib.suppress(FormCoachError):
                shutil.rmtree(self._folder(folder.name), ignore_errors=True)

    # ---- the database ----

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing."""
        with explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def _change(self, statement: str, values: tuple[Any, ...]) -> None:
        with self._transaction() as connection:
            if connection.execute(statement, values).rowcount != 1:
                raise Refused(f"{self.path} holds no such session, set or rep any more: {values}")

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        with explained(self.path):
            return self._connection.execute(statement, values).fetchall()

    def _let_go(self, session: int) -> None:
        if session in self._held:
            self._held.pop(session).release()


def closed_line(session: Session) -> str:
    """What the next start says of a session that it closed."""
    return f"The last time broke off ({session.title}): what was counted is kept."


def clip_name(number: int) -> str:
    """The file name of a rep's clip."""
    return f"rep-{number:04d}.mp4"


def folder_bytes(folder: Path) -> int:
    """Bytes of the files in a folder and those below it; links are not followed."""
    found = [Path(where) / name for where, _, names in os.walk(folder) for name in names]
    return sum(_size(path) for path in found)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _take(path: Path) -> FileLock | None:
    """Hold a lock file; None where another process, or another store, holds it.

    Raises:
        FormCoachError: the file cannot be written, or its file system knows no locks.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    except (OSError, NotImplementedError) as error:
        raise FormCoachError(
            f"cannot hold {path}: {reason(error)}; set FORMCOACH_HOME to a folder on a disk of this computer"
        ) from error
    return lock


# ---- rows ----

_SESSIONS = (
    "SELECT sessions.*, count(reps.id) AS reps, count(flags.rep_id) AS flagged FROM sessions"
    " LEFT JOIN reps ON reps.session_id = sessions.id"
    " LEFT JOIN (SELECT DISTINCT rep_id FROM findings WHERE NOT hint) AS flags ON flags.rep_id = reps.id"
)
_OF_REPS = {
    "findings": "SELECT findings.* FROM findings JOIN reps ON reps.id = rep_id WHERE session_id = ? ORDER BY place",
    "not_assessed": "SELECT not_assessed.* FROM not_assessed JOIN reps ON reps.id = rep_id"
    " WHERE session_id = ? ORDER BY place",
}


def _add_set(connection: sqlite3.Connection, session: int, number: int, start_s: float) -> None:
    connection.execute(
        "INSERT INTO sets (session_id, number, start_s) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (session, number, float(start_s)),
    )


def _add_rep(connection: sqlite3.Connection, session: int, set_number: int, rep: Rep, unit: str) -> None:
    span = rep.span
    row = connection.execute(
        "INSERT INTO reps (session_id, set_number, number, side, start_s, peak_s, lowering_s, end_s, complete, rest,"
        " peak, next_rest, reach, range_unit, view, azimuth_deg) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (session, set_number, rep.number, "both" if rep.side is None else rep.side.value)
        + _plain(span.start_s, span.peak_s, span.lowering_s, span.end_s)
        + (bool(span.complete), *_plain(span.rest, span.peak, span.next_rest, span.reach))
        + (unit, rep.view.value, *_plain(rep.azimuth_deg)),
    ).lastrowid
    found = [(finding, False) for finding in rep.findings] + [(hint, True) for hint in rep.hints]
    connection.executemany(
        "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (row, place, hint, f.fault, f.severity, *_plain(f.value, f.limit), f.unit, *_plain(f.time_s, f.confidence))
            for place, (f, hint) in enumerate(found)
        ],
    )
    connection.executemany(
        "INSERT INTO not_assessed VALUES (?, ?, ?, ?, ?)",
        [(row, place, missed.fault, missed.why, missed.instead) for place, missed in enumerate(rep.not_assessed)],
    )


def _close(connection: sqlite3.Connection, session: int, end: datetime, ending: Ending) -> None:
    changed = connection.execute(
        "UPDATE sessions SET ended_at = ?, ending = ? WHERE id = ? AND ended_at IS NULL",
        (_iso(end), ending.value, session),
    )
    if changed.rowcount != 1:
        raise Refused(f"session {session} is not open")
    connection.execute(
        "UPDATE sets SET end_s = coalesce((SELECT max(reps.end_s) FROM reps WHERE reps.session_id = sets.session_id"
        " AND reps.set_number = sets.number), start_s) WHERE session_id = ? AND end_s IS NULL",
        (session,),
    )


def _tidy(connection: sqlite3.Connection, session: int, folder: Path) -> None:
    """Make rows and files agree after a process died between writing the one and the other."""
    for part in folder.glob(".*.part"):
        part.unlink(missing_ok=True)
    for row in connection.execute("SELECT id, number, clip FROM reps WHERE session_id = ?", (session,)).fetchall():
        name = clip_name(row["number"])
        clip = name if (folder / name).is_file() and not (folder / name).is_symlink() else None
        if clip != row["clip"]:
            connection.execute("UPDATE reps SET clip = ? WHERE id = ?", (clip, row["id"]))


def _rep(row: sqlite3.Row, findings: list[Finding], hints: list[Finding], missed: list[NotAssessed]) -> Rep:
    return Rep(
        number=row["number"],
        set_number=row["set_number"],
        side=None if row["side"] == "both" else Side(row["side"]),
        span=Span(
            start_s=row["start_s"],
            peak_s=_number(row["peak_s"]),
            lowering_s=_number(row["lowering_s"]),
            end_s=row["end_s"],
            rest=_number(row["rest"]),
            peak=_number(row["peak"]),
            next_rest=_number(row["next_rest"]),
            reach=_number(row["reach"]),
            complete=bool(row["complete"]),
        ),
        view=View(row["view"]),
        azimuth_deg=_number(row["azimuth_deg"]),
        findings=tuple(findings),
        hints=tuple(hints),
        not_assessed=tuple(missed),
    )


def _finding(row: sqlite3.Row) -> Finding:
    return Finding(
        fault=row["fault"],
        severity=row["severity"],
        value=_number(row["value"]),
        limit=_number(row["limit"]),
        unit=row["unit"],
        time_s=_number(row["time_s"]),
        confidence=_number(row["confidence"]),
    )


def _number(value: float | None) -> float:
    """SQLite keeps NaN as NULL."""
    return math.nan if value is None else value


def _plain(*values: float) -> tuple[float, ...]:
    """SQLite does not take NumPy's numbers of 32 bits."""
    return tuple(map(float, values))


def _iso(time: datetime) -> str:
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds")
