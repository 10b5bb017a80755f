"""Rows of the history's tables, from what happened and back. The callers hold the transaction."""

from __future__ import annotations

import contextlib
import math
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from formcoach.body import Side, View
from formcoach.coach import Cue
from formcoach.database import RefusedError
from formcoach.errors import FormCoachError, reason
from formcoach.exercise import Finding, NotAssessed, Rep, Span, Walk
from formcoach.history import RESERVE, Ending, StoredCue, StoredRep, StoredSession, StoredSet, clip_name
from formcoach.session import Targets

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

SESSIONS = (
    "SELECT *, (SELECT count(*) FROM reps WHERE session_id = sessions.id) AS reps,"
    " (SELECT count(*) FROM reps WHERE session_id = sessions.id"
    "  AND EXISTS (SELECT 1 FROM findings WHERE rep_id = reps.id AND NOT hint)) AS flagged FROM sessions"
)
"""Sessions with the numbers of their reps; a WHERE may follow."""
_FINDINGS = "SELECT findings.* FROM findings JOIN reps ON reps.id = rep_id WHERE session_id = ? ORDER BY place"
_MISSED = "SELECT not_assessed.* FROM not_assessed JOIN reps ON reps.id = rep_id WHERE session_id = ? ORDER BY place"


SEVERITIES, UNITS, RANGE_UNITS = ("mild", "severe"), ("deg", "T", "s", "%"), ("deg", "T", "s")
LARGEST = 1e10
"""No clock shows more seconds, since it began or since 1970, and nothing that is measured is larger."""

# ---- writing ----


def add_set(connection: sqlite3.Connection, session: int, number: int, start_s: float) -> None:
    """A set, unless it is there."""
    connection.execute(
        "INSERT INTO sets (session_id, number, start_s) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (session, number, float(start_s)),
    )


def add_rep(connection: sqlite3.Connection, session: int, set_number: int, rep: Rep, unit: str) -> None:
    """A rep with all that was found in it."""
    span = rep.span
    row = connection.execute(
        "INSERT INTO reps (session_id, set_number, number, start_s, peak_s, lowering_s, end_s, rest, peak, next_rest,"
        " reach, azimuth_deg, complete, side, view, range_unit, unlike, judged, steps, turns)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(session, set_number, rep.number),
            *_plain(span.start_s, span.peak_s, span.lowering_s, span.end_s, span.rest, span.peak, span.next_rest),
            *_plain(span.reach, rep.azimuth_deg),
            *(bool(span.complete), "both" if rep.side is None else rep.side.value, rep.view.value, unit),
            *(bool(rep.unlike), bool(rep.judged)),
            *((None, None) if rep.walk is None else (rep.walk.steps, rep.walk.turns)),
        ),
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


def close_session(connection: sqlite3.Connection, session: int, end: datetime, ending: Ending) -> None:
    """An open session ends; its open sets end with their last rep.

    Raises:
        RefusedError: it is not open.
    """
    changed = connection.execute(
        "UPDATE sessions SET ended_at = ?, ending = ? WHERE id = ? AND ended_at IS NULL",
        (iso(end), ending.value, session),
    )
    if changed.rowcount != 1:
        raise RefusedError(f"session {session} is not open")
    connection.execute(
        "UPDATE sets SET end_s = coalesce((SELECT max(reps.end_s) FROM reps WHERE reps.session_id = sets.session_id"
        " AND reps.set_number = sets.number), start_s) WHERE session_id = ? AND end_s IS NULL",
        (session,),
    )


def tidy(connection: sqlite3.Connection, session: int, folder: Path) -> None:
    """Make rows and files agree after a process died between writing the one and the other.

    Raises:
        OSError: the folder cannot be read or written.
    """
    for leftover in (*folder.glob(".*.part"), folder / RESERVE):
        leftover.unlink(missing_ok=True)
    for row in connection.execute("SELECT id, number, clip FROM reps WHERE session_id = ?", (session,)).fetchall():
        name = clip_name(row["number"])
        clip = name if (folder / name).is_file() and not (folder / name).is_symlink() else None
        if clip != row["clip"]:
            connection.execute("UPDATE reps SET clip = ? WHERE id = ?", (clip, row["id"]))


def _plain(*values: float) -> tuple[float, ...]:
    """SQLite does not take NumPy's numbers of 32 bits."""
    return tuple(map(float, values))


def iso(time: datetime) -> str:
    """A time as the tables hold it: ISO 8601, UTC, milliseconds."""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds")


# ---- reading ----


class NonsenseError(FormCoachError):
    """A session's rows hold what no FormCoach wrote: a broken disk, or another program."""


@contextlib.contextmanager
def _sensible(session: int) -> Iterator[None]:
    """Turn what Python says of senseless rows into a line that names the session."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, OverflowError, IndexError) as error:  # the last: a column is gone
        raise NonsenseError(
            f"session {session} makes no sense in the history ({reason(error)}); formcoach history rm {session} "
            "deletes it"
        ) from error


def session_of(row: sqlite3.Row, folders: Path) -> StoredSession:
    """A session out of a row of `SESSIONS`; `folders` is where the sessions' folders are.

    Raises:
        NonsenseError: the row makes no sense.
    """
    with _sensible(row["id"]):
        return _session(row, folders)


def _session(row: sqlite3.Row, folders: Path) -> StoredSession:
    return StoredSession(
        id=row["id"],
        exercise=_text(row["exercise"]),
        started_at=_instant(row["started_at"]),
        ended_at=None if row["ended_at"] is None else _instant(row["ended_at"]),
        ending=None if row["ending"] is None else Ending(row["ending"]),
        clock_s=_finite(row["clock_s"]),
        camera=_text(row["camera"]),
        formcoach=_text(row["formcoach"]),
        model=_text(row["model"]),
        targets=_targets(row),
        notes=tuple(_text(row["notes"]).splitlines()),
        folder=folders / Path(_text(row["folder"])).name,
        reps=row["reps"],
        flagged=row["flagged"],
    )


def _targets(row: sqlite3.Row) -> Targets:
    sets, reps, weight, rest_s = (row[name] for name in ("target_sets", "target_reps", "weight", "rest_s"))
    return Targets(
        sets=None if sets is None else int(sets),
        reps=None if reps is None else int(reps),
        weight=None if weight is None else _text(weight),
        rest_s=None if rest_s is None else _finite(rest_s),
    )


def set_of(row: sqlite3.Row) -> StoredSet:
    """A set out of its row.

    Raises:
        NonsenseError: the row makes no sense.
    """
    with _sensible(row["session_id"]):
        return StoredSet(
            number=int(row["number"]),
            start_s=_finite(row["start_s"]),
            end_s=None if row["end_s"] is None else _finite(row["end_s"]),
        )


def cue_of(row: sqlite3.Row) -> StoredCue:
    """A cue out of its row.

    Raises:
        NonsenseError: the row makes no sense.
    """
    with _sensible(row["session_id"]):
        fault = None if row["fault"] is None else _text(row["fault"])
        cue = Cue(time_s=_finite(row["time_s"]), fault=fault, text=_text(row["text"]))
        return StoredCue(cue=cue, rep_number=row["rep_number"])


def reps_of(connection: sqlite3.Connection, session: int, folder: Path) -> list[StoredRep]:
    """A session's reps, in order; `folder` is where its clips are.

    Raises:
        NonsenseError: the rows make no sense.
    """
    with _sensible(session):
        return _reps(connection, session, folder)


def _reps(connection: sqlite3.Connection, session: int, folder: Path) -> list[StoredRep]:
    findings: dict[tuple[int, int], list[Finding]] = defaultdict(list)
    for row in connection.execute(_FINDINGS, (session,)):
        findings[row["rep_id"], row["hint"]].append(_finding(row))
    missed: dict[int, list[NotAssessed]] = defaultdict(list)
    for row in connection.execute(_MISSED, (session,)):
        fault, why, instead = (_text(row[name]) for name in ("fault", "why", "instead"))
        missed[row["rep_id"]].append(NotAssessed(fault=fault, why=why, instead=instead))
    return [
        StoredRep(
            rep=_rep(row, findings[row["id"], 0], findings[row["id"], 1], missed[row["id"]]),
            unit=_one_of(RANGE_UNITS, row["range_unit"]),
            clip=None if row["clip"] is None else folder / Path(_text(row["clip"])).name,
            clip_start_s=_number(row["clip_start_s"]),
        )
        for row in connection.execute("SELECT * FROM reps WHERE session_id = ? ORDER BY number", (session,))
    ]


def _rep(row: sqlite3.Row, findings: list[Finding], hints: list[Finding], missed: list[NotAssessed]) -> Rep:
    start_s, end_s = _finite(row["start_s"]), _finite(row["end_s"])
    if not start_s <= end_s:
        raise ValueError(f"rep {row['number']} ends before it starts")
    return Rep(
        number=int(row["number"]),
        set_number=int(row["set_number"]),
        side=None if row["side"] == "both" else Side(row["side"]),
        span=Span(
            start_s=start_s,
            peak_s=_number(row["peak_s"]),
            lowering_s=_number(row["lowering_s"]),
            end_s=end_s,
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
        walk=None if row["steps"] is None else Walk(row["steps"], row["turns"]),
        unlike=bool(row["unlike"]),
        judged=bool(row["judged"]),
    )


def _finding(row: sqlite3.Row) -> Finding:
    return Finding(
        fault=_text(row["fault"]),
        severity=_one_of(SEVERITIES, row["severity"]),
        value=_number(row["value"]),
        limit=_number(row["limit"]),
        unit=_one_of(UNITS, row["unit"]),
        time_s=_number(row["time_s"]),
        confidence=_number(row["confidence"]),
    )


def _text(value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _one_of(known: tuple[str, ...], value: str) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return value


def _number(value: float | None) -> float:
    """SQLite keeps NaN as NULL, and a text in a column of numbers as a text."""
    if value is not None and not abs(float(value)) <= LARGEST:
        raise ValueError(f"{value} cannot be")
    return math.nan if value is None else float(value)


def _finite(value: float) -> float:
    if not abs(float(value)) <= LARGEST:
        raise ValueError(f"{value} is no time")
    return float(value)


def _instant(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} names no time zone")
    return time
