"""The history's SQLite file: opened, brought up to date, and its errors put into words."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import sqlite3
import time
from typing import TYPE_CHECKING

from formcoach.errors import FormCoachError, reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCRIPTS = (
    """
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        exercise TEXT NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        ending TEXT CHECK (ending IN ('finished', 'interrupted', 'torn')),
        clock_s REAL NOT NULL,
        camera TEXT NOT NULL,
        formcoach TEXT NOT NULL,
        model TEXT NOT NULL,
        target_sets INTEGER,
        target_reps INTEGER,
        weight TEXT,
        rest_s REAL,
        notes TEXT NOT NULL DEFAULT '',
        folder TEXT NOT NULL UNIQUE,
        CHECK ((ended_at IS NULL) = (ending IS NULL))
    );
    CREATE INDEX sessions_by_exercise ON sessions (exercise, started_at);
    CREATE INDEX sessions_open ON sessions (id) WHERE ended_at IS NULL;

    CREATE TABLE sets (
        session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        start_s REAL NOT NULL,
        end_s REAL,
        PRIMARY KEY (session_id, number)
    ) WITHOUT ROWID;

    CREATE TABLE reps (
        id INTEGER PRIMARY KEY,
        session_id INTEGER NOT NULL,
        set_number INTEGER NOT NULL,
        number INTEGER NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('both', 'left', 'right')),
        start_s REAL NOT NULL,
        peak_s REAL,
        lowering_s REAL,
        end_s REAL NOT NULL,
        complete INTEGER NOT NULL,
        rest REAL,
        peak REAL,
        next_rest REAL,
        reach REAL,
        range_unit TEXT NOT NULL,
        view TEXT NOT NULL,
        azimuth_deg REAL,
        clip TEXT,
        clip_start_s REAL,
        range REAL AS (abs(peak - rest)),
        concentric_s REAL AS (peak_s - start_s),
        hold_s REAL AS (lowering_s - peak_s),
        eccentric_s REAL AS (end_s - lowering_s),
        UNIQUE (session_id, number),
        FOREIGN KEY (session_id, set_number) REFERENCES sets (session_id, number) ON DELETE CASCADE
    );
    CREATE INDEX reps_by_set ON reps (session_id, set_number);

    CREATE TABLE findings (
        rep_id INTEGER NOT NULL REFERENCES reps (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        hint INTEGER NOT NULL,
        fault TEXT NOT NULL,
        severity TEXT NOT NULL,
        value REAL,
        "limit" REAL,
        unit TEXT NOT NULL,
        time_s REAL,
        confidence REAL,
        PRIMARY KEY (rep_id, place)
    ) WITHOUT ROWID;
    CREATE INDEX findings_by_fault ON findings (fault);

    CREATE TABLE not_assessed (
        rep_id INTEGER NOT NULL REFERENCES reps (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        fault TEXT NOT NULL,
        why TEXT NOT NULL,
        instead TEXT NOT NULL,
        PRIMARY KEY (rep_id, place)
    ) WITHOUT ROWID;

    CREATE TABLE cues (
        id INTEGER PRIMARY KEY,
        session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        rep_number INTEGER,
        time_s REAL NOT NULL,
        fault TEXT,
        text TEXT NOT NULL
    );
    CREATE INDEX cues_by_session ON cues (session_id, time_s);
    """,
    """
    ALTER TABLE reps ADD COLUMN unlike INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE reps ADD COLUMN steps INTEGER;
    ALTER TABLE reps ADD COLUMN turns INTEGER;
    CREATE TABLE settings (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    """,
    """
    ALTER TABLE reps ADD COLUMN judged INTEGER NOT NULL DEFAULT 1;
    UPDATE reps SET judged = 0 WHERE unlike;
    """,
)
"""SCRIPTS[n] takes a file from version n to n + 1, statements parted by semicolons. Never change one that has been
released. A number that is NULL was NaN; `findings.hint` marks what was seen from too weak a view to say."""

DAMAGED = ("not a database", "malformed", "unsupported file format")
"""What SQLite says of a file that it cannot make sense of; before Python 3.11 its errors carry no number."""
UNTOLD = ("I/O error", "unable to open")
"""What SQLite says of failures whose cause it does not tell."""
LOG_PAGES = 100
"""How long the write-ahead log grows, in pages of 4 kB, of which a rep takes about eight: small, for a full disk."""
NO_SPACE = 100_000
"""Free bytes on a disk below which SQLite's failures to read, write or open, which name no cause, are the full disk's:
the log's index alone takes 32 kB."""
STEP_S = 0.02
"""How often a switch to WAL is tried, which SQLite itself does not wait for."""


class DamagedError(FormCoachError):
    """The file is no database of SQLite, or a broken one."""


class FullError(FormCoachError):
    """There is no space left on the disk: what was to be stored may be tried again when there is."""


class RefusedError(FormCoachError):
    """What was to be stored contradicts what is there: trying again will not help."""


def connect(path: Path, *, timeout_s: float, start_anew: bool) -> sqlite3.Connection:
    """Open the history, made where there is none, at the newest version.

    Args:
        path: of the database; its folder is there.
        timeout_s: how long to wait for another process that writes.
        start_anew: look through the whole file, and when it is damaged rename it and begin an empty one.

    Raises:
        FormCoachError: in use, read-only, written by a newer FormCoach.
        FullError: no space on the disk.
        DamagedError: damaged, and not asked to start anew.
    """
    try:
        return _open(path, timeout_s, thorough=start_anew)
    except DamagedError:
        if not start_anew:
            raise
        set_aside(path)
        return _open(path, timeout_s, thorough=False)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into a line that says what to do.

    Raises:
        FormCoachError: in their place.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _in_words(path, error) from error
    except UnicodeError as error:  # of a file so broken that what SQLite says of it is no text
        raise DamagedError(_damaged(path, reason(error))) from error


def set_aside(path: Path) -> Path:
    """Rename a database, with what belongs to it, and return its new path.

    Raises:
        FormCoachError: it cannot be renamed.
    """
    aside = path.with_name(f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}{path.suffix}")
    try:
        for tail in ("-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + tail).rename(aside.with_name(aside.name + tail))
    except OSError as error:
        raise FormCoachError(f"cannot rename the damaged {path}: {reason(error)}; close what uses it") from error
    return aside


def _open(path: Path, timeout_s: float, *, thorough: bool) -> sqlite3.Connection:
    with explained(path):
        connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            if thorough:
                _check(path, connection)
            _write_ahead(connection, time.monotonic() + timeout_s)
            _migrate(path, connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _check(path: Path, connection: sqlite3.Connection) -> None:
    found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if found != "ok":
        raise DamagedError(_damaged(path, found))


def _write_ahead(connection: sqlite3.Connection, until: float) -> None:
    """Switch to write-ahead logging, in which a commit survives the end of the process without a wait for the disk."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(STEP_S)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    if _version(path, connection) == len(SCRIPTS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for script in SCRIPTS[_version(path, connection) :]:  # asked again: another process may have been first
            for statement in script.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(SCRIPTS)}")
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _version(path: Path, connection: sqlite3.Connection) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if not 0 <= version <= len(SCRIPTS):
        raise FormCoachError(
            f"{path} was written by a newer FormCoach (version {version}, this one knows {len(SCRIPTS)}); "
            "install the newest one, or name another folder in FORMCOACH_HOME"
        )
    return version


def _in_words(path: Path, error: sqlite3.Error) -> FormCoachError:
    text = reason(error)
    if isinstance(error, sqlite3.IntegrityError):
        return RefusedError(f"{path} refuses what was to be stored: {text}")
    if any(words in text for words in DAMAGED):
        return DamagedError(_damaged(path, text))
    if "locked" in text:
        return FormCoachError(f"{path} is in use by another program; end it, and try again")
    if "full" in text or (any(words in text for words in UNTOLD) and _is_full(path)):
        return FullError(f"cannot write {path}: the disk is full; free some space, and try again")
    if "readonly" in text or "unable to open" in text:
        return FormCoachError(f"cannot write {path}: {text}; make it writable, or set FORMCOACH_HOME to another folder")
    return FormCoachError(f"cannot use {path}: {text}; move it away, and a new one is begun")


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < NO_SPACE
    except OSError:
        return False


def _damaged(path: Path, why: str) -> str:
    return f"{path} is damaged ({why}); put back a copy of it, or move it away, and a new one is begun"
