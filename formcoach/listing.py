"""All sessions with their reps, out of the history; those that make no sense, or lie elsewhere, are named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from formcoach.errors import FormCoachError, printable

if TYPE_CHECKING:
    from formcoach.exercise import Rep
    from formcoach.history import StoredRep, StoredSession
    from formcoach.store import Store


@dataclass(frozen=True)
class Trained:
    """A session and its reps."""

    session: StoredSession
    stored: tuple[StoredRep, ...]

    @property
    def reps(self) -> tuple[Rep, ...]:
        """As judged."""
        return tuple(one.rep for one in self.stored)


def all_trained(store: Store) -> tuple[list[Trained], list[str]]:
    """The sessions that can be read, the latest first, and a line on each of the others."""
    sessions, broken = store.survey()
    read = [_trained(store, session) for session in sessions]
    return [one for one in read if isinstance(one, Trained)], broken + [one for one in read if isinstance(one, str)]


def _trained(store: Store, session: StoredSession) -> Trained | str:
    try:
        store.folder_of(session.id)  # says so where it leads elsewhere
        return Trained(session, tuple(store.reps_of(session.id)))
    except FormCoachError as error:
        return f"session {session.id} is left out: {error}"


def flagged_table(trained: list[Trained]) -> Table:
    """The sessions with their flagged reps, and how many clips are left."""
    table = Table("session", "when", "exercise", "reps", "flagged", "what for", "clips")
    for one in trained:
        often = Counter(finding.fault for rep in one.reps for finding in rep.findings)
        clips = sum(rep.clip is not None and rep.clip.is_file() for rep in one.stored)
        table.add_row(
            str(one.session.id),
            f"{one.session.started_at.astimezone():%Y-%m-%d %H:%M}",
            escape(printable(one.session.exercise)),
            str(len(one.reps)),
            str(sum(bool(rep.findings) for rep in one.reps)),
            ", ".join(f"{escape(printable(fault))} {times}" for fault, times in often.most_common()),
            str(clips) if clips else "",
        )
    return table
