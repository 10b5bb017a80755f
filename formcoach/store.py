"""The history: every session, set, rep, finding and cue, stored as it happens.

`formcoach.db` in the data folder, and beside it `sessions/`, where each session has a folder of its own for the pose
track and the clips. A rep is safe as soon as `add_rep` returns: it outlives `kill -9`, and the next start closes the
session that was torn.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from formcoach import __version__, rows
from formcoach.database import RefusedError, connect, explained
from formcoach.errors import FormCoachError, reason
from formcoach.folders import data_folder
from formcoach.history import CLIPS, DiskUse, Dropped, Ending, StoredCue, StoredRep, StoredSession, StoredSet
from formcoach.session import Targets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from formcoach.coach import Cue
    from formcoach.exercise import Exercise, Rep

DATABASE = "formcoach.db"
SESSIONS = "sessions"
LOCK = "session.lock"
"""Held by the process that records into the folder; the system lets go of it however the process ends."""
DELETED = ".deleted-"
"""Starts the name of a folder that is being deleted."""
CLIP_DAYS = "clip_days"
"""The setting that says after how many days clips are deleted."""
PATIENCE_S = 5.0
"""How long to wait for another process that writes."""


LONGEST_DAYS = 36_500
"""Longer than this no clip is old, and no calendar begins."""
NO_SESSION = "there is no session {}; formcoach history lists those that there are"


class Store:
    """The history, open. A context manager; used from one thread.

    Every method raises FormCoachError, with what to do, when the database is damaged or in use, or the disk is full;
    what it was to store is then not stored, and may be tried again. `RefusedError` tells what will never be stored: a
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
    ) -> StoredSession:
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
                    " target_reps, weight, rest_s, folder) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(exercise, rows.iso(now), clock_s, camera, __version__, model),
                        *(targets.sets, targets.reps, targets.weight, targets.rest_s, folder.name),
                    ),
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
            rows.add_set(connection, session, number, start_s)

    def finish_set(self, session: int, number: int, end_s: float) -> None:
        """A set ended."""
        self._change("UPDATE sets SET end_s = ? WHERE session_id = ? AND number = ?", (float(end_s), session, number))

    def add_rep(self, session: int, set_number: int, rep: Rep, exercise: Exercise) -> None:
        """Store a judged rep, with its set where that is new. It is safe when this returns."""
        with self._transaction() as connection:
            rows.add_set(connection, session, set_number, rep.span.start_s)
            rows.add_rep(connection, session, set_number, rep, exercise.unit)

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

    def write_back(self) -> bool:
        """Move what the log holds into the database: on a full disk the log's space is then free for what comes.

        Returns:
            Whether the log is empty now. Another process that reads or writes may hold it up, or the database need
            room to grow.
        """
        try:
            held_up, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error:
            return False
        return not held_up

    def finish_session(self, session: int, ending: Ending = Ending.FINISHED) -> None:
        """The session ended now; open sets end with their last rep."""
        with self._transaction() as connection:
            rows.close_session(connection, session, datetime.now(timezone.utc), ending)
        self._let_go(session)

    # ---- what a dead process left ----

    def close_torn(self) -> list[StoredSession]:
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
            rows.close_session(connection, session, end, Ending.TORN)
            with contextlib.suppress(FormCoachError, OSError):
                rows.tidy(connection, session, self._folder(row["folder"]))
        return True

    # ---- reading back ----

    def sessions(self) -> list[StoredSession]:
        """All sessions that can be read, the latest first."""
        return self.survey()[0]

    def survey(self) -> tuple[list[StoredSession], list[str]]:
        """All sessions that can be read, the latest first, and of each of the others a line that says why not."""
        read = [self._read(row) for row in self._rows(rows.SESSIONS + " ORDER BY id DESC")]
        sound = [one for one in read if not isinstance(one, str)]
        return sound, [one for one in read if isinstance(one, str)]

    def _read(self, row: sqlite3.Row) -> StoredSession | str:
        try:
            return rows.session_of(row, self.home / SESSIONS)
        except rows.NonsenseError as error:
            return str(error)

    def session(self, session: int) -> StoredSession:
        """One session.

        Raises:
            RefusedError: there is none of this id.
        """
        found = self._rows(rows.SESSIONS + " WHERE id = ?", (session,))
        if not found:
            raise RefusedError(NO_SESSION.format(session))
        return rows.session_of(found[0], self.home / SESSIONS)

    def find(self, name: str) -> int:
        """The id of the session of that id or folder name. A name is only compared, never followed as a path.

        Raises:
            RefusedError: there is none.
        """
        number = int(name) if re.fullmatch(r"[0-9]{1,18}", name) else -1
        found = self._rows("SELECT id FROM sessions WHERE id = ? OR folder = ? ORDER BY id = ?", (number, name, number))
        if not found:
            raise RefusedError(NO_SESSION.format(name))
        return int(found[-1]["id"])

    def folder_of(self, session: int) -> Path:
        """A session's folder, which may be missing.

        Raises:
            FormCoachError: no such session, or its folder is a link or lies elsewhere.
        """
        found = self._rows("SELECT folder FROM sessions WHERE id = ?", (session,))
        if not found:
            raise RefusedError(NO_SESSION.format(session))
        return self._folder(str(found[0]["folder"]))

    def sets_of(self, session: int) -> list[StoredSet]:
        """A session's sets, in order."""
        found = self._rows("SELECT * FROM sets WHERE session_id = ? ORDER BY number", (session,))
        return [rows.set_of(row) for row in found]

    def reps_of(self, session: int) -> list[StoredRep]:
        """A session's reps, in order, with all that was found."""
        folder = self.session(session).folder
        with self._transaction("BEGIN") as connection:  # so that all of it is of one instant
            return rows.reps_of(connection, session, folder)

    def cues_of(self, session: int) -> list[StoredCue]:
        """What was said in a session, in order."""
        found = self._rows("SELECT * FROM cues WHERE session_id = ? ORDER BY time_s, id", (session,))
        return [rows.cue_of(row) for row in found]

    # ---- the disk ----

    def delete_session(self, session: int) -> None:
        """Delete a session's rows and its folder.

        Raises:
            FormCoachError: it is being recorded, or its folder is a link or lies elsewhere; nothing is deleted then.
        """
        folder = self.folder_of(session)
        if session in self._held or self._is_running(folder.name):
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

    @property
    def clip_days(self) -> int | None:
        """After how many days clips are deleted; None for never."""
        found = self._rows("SELECT value FROM settings WHERE name = ?", (CLIP_DAYS,))
        days = found[0]["value"] if found else None
        return days if isinstance(days, int) and days >= 0 else None

    def keep_clips(self, days: int | None) -> None:
        """Set after how many days `drop_clips` deletes clips; None for never."""
        self._change("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (CLIP_DAYS, days))

    def drop_clips(self) -> Dropped:
        """Delete the videos of sessions that are older than the setting allows; rows and pose tracks stay.

        What cannot be deleted now is tried again the next time; a session that is being recorded is left alone.
        """
        days = self.clip_days
        if days is None:
            return Dropped(sessions=0, files=0, size=0)
        before = datetime.now(timezone.utc) - timedelta(days=min(days, LONGEST_DAYS))
        sizes = [self._drop_clips(one) for one in self.sessions() if one.ended_at and one.ended_at <= before]
        files = [size for one in sizes for size in one]
        return Dropped(sessions=sum(bool(one) for one in sizes), files=len(files), size=sum(files))

    def _drop_clips(self, session: StoredSession) -> list[int]:
        """Delete a session's videos, their names first, and return their sizes."""
        sizes = []
        with contextlib.suppress(FormCoachError, OSError):
            folder = self._folder(session.folder.name)
            found = sorted(path for pattern in CLIPS for path in folder.glob(pattern))
            if found and not self._is_running(folder.name):
                with self._transaction() as connection:
                    connection.execute("UPDATE reps SET clip = NULL WHERE session_id = ?", (session.id,))
                for path in found:
                    size = _size(path)
                    path.unlink(missing_ok=True)
                    sizes.append(size)
        return sizes

    def disk_use(self) -> DiskUse:
        """What the history takes on disk, folders without a session included; links are not followed."""
        tails = ("", "-wal", "-shm")
        database = sum(_size(self.path.with_name(self.path.name + tail)) for tail in tails)
        try:
            paths = sorted(path for path in (self.home / SESSIONS).iterdir() if not path.is_symlink())
        except OSError:
            paths = []
        return DiskUse(database=database, folders={path.name: folder_bytes(path) for path in paths})

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
        if not name or Path(name).name != name or folder.resolve() != home / SESSIONS / name:
            raise FormCoachError(f"{folder} leads out of {home / SESSIONS}; it is left alone: remove it by hand")
        return folder

    def _finish_deleting(self) -> None:
        """Remove the folders of deleted sessions; what cannot be removed now is tried again at the next start."""
        for folder in (self.home / SESSIONS).glob(DELETED + "*"):
            with contextlib.suppress(FormCoachError):
                shutil.rmtree(self._folder(folder.name), ignore_errors=True)

    # ---- the database ----

    @contextlib.contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """All of it or nothing."""
        with explained(self.path):
            try:
                self._connection.execute(begin)
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def _change(self, statement: str, values: tuple[Any, ...]) -> None:
        with self._transaction() as connection:
            if connection.execute(statement, values).rowcount != 1:
                raise RefusedError(f"{self.path} holds no such session, set or rep any more: {values}")

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        with explained(self.path):
            return self._connection.execute(statement, values).fetchall()

    def _let_go(self, session: int) -> None:
        if session in self._held:
            self._held.pop(session).release()


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
