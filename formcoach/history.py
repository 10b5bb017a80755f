"""What the history holds, as it is read back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from formcoach.coach import Cue
    from formcoach.exercise import Rep
    from formcoach.session import Targets


CLIPS = ("rep-*.mp4", "video-*.mp4", "report.html")
"""Names of a session's videos, of single reps and with --keep-video of all, and of the page that holds clips, too."""
RESERVE = "reserve.bin"
"""A file that takes space in a session's folder, to be given up for reps when the disk is full."""


class Ending(Enum):
    """How a session ended."""

    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    """By Ctrl-C, a closed window, an error."""
    TORN = "torn"
    """The process died; closed by the next start."""


@dataclass(frozen=True, kw_only=True)
class StoredSession:
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


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """Videos that were deleted for their age: how many, of how many sessions, and how many bytes they took."""

    sessions: int
    files: int
    size: int

    @property
    def line(self) -> str:
        """In words; empty where nothing was deleted."""
        if not self.files:
            return ""
        files, sessions = "s" * (self.files != 1), "s" * (self.sessions != 1)
        return (
            f"Clips of {self.sessions} old session{sessions} deleted ({self.files} file{files}, "
            f"{self.size / 1e6:.1f} MB); reps and findings stay."
        )


def closed_line(session: StoredSession) -> str:
    """What the next start says of a session that it closed."""
    return f"The last time broke off ({session.title}): what was counted is kept."


def clip_name(number: int) -> str:
    """The file name of a rep's clip."""
    return f"rep-{number:04d}.mp4"
