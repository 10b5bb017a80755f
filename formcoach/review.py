"""What there is to look at again: a live session, an analysed video or a bare pose track, and the videos of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formcoach.analysis import judge
from formcoach.catalogue import bundled, load_catalogue
from formcoach.cutting import Footage
from formcoach.errors import FormCoachError, printable, reason
from formcoach.recording import load_track
from formcoach.session_page import declared, session_footage
from formcoach.session_track import load_session_track
from formcoach.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from formcoach.exercise import Exercise, Rep
    from formcoach.history import StoredSession
    from formcoach.pose import PoseTrack

REPORT, TRACK, TRACK_SUFFIX = "report.json", "poses.npz", ".npz"
LONGEST_REPORT = 50_000_000
"""A larger report.json is none of ours, bytes."""
PARENTS = 3
"""So many folders above that of a report are searched for its video."""
SLACK_S = 0.25
"""A film may begin so much later than what is to be shown of it, or end so much earlier."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Review:
    """A judged recording to look at again.

    Attributes:
        name: what to call it on the command line.
        title: one line for people.
        exercise: what was done.
        reps: as judged; their findings are all of faults that the exercise declares.
        track: the poses; None where they are lost.
        films: videos of all or parts of it, the preferred first.
        notes: what the person should know.
    """

    name: str
    title: str
    exercise: Exercise
    reps: tuple[Rep, ...]
    track: PoseTrack | None
    films: tuple[Footage, ...]
    notes: tuple[str, ...] = ()

    def film_of(self, start_s: float, end_s: float) -> Footage | None:
        """The video that shows that time; None where there is none."""
        for film in self.films:
            if film.start_s - SLACK_S <= start_s and end_s <= film.end_s + SLACK_S:
                return film
        return None


def find_review(name: str | None, exercise_id: str | None, video: Path | None) -> Review:
    """Find and load what a name stands for.

    Args:
        name: number or folder name of a live session, a folder that `analyze` wrote, or a pose track; None for the
            last session.
        exercise_id: to judge a pose track as; a folder's report names its own.
        video: of a folder or a track; None to search for it.

    Raises:
        FormCoachError: there is nothing of that name, or it cannot be read.
    """
    if name is not None and _is_path(name):
        return of_recording(Path(name), exercise_id, video)
    if video is not None or exercise_id is not None:
        raise FormCoachError("--video and --exercise go with a folder or a pose track, not with a live session")
    with Store() as store:
        return of_session(store, last_session(store) if name is None else store.session(store.find(name)))


def _is_path(name: str) -> bool:
    """Whether a name means something on the disk rather than a session."""
    if any(mark in name for mark in ("/", "\\")) or name.endswith(TRACK_SUFFIX):
        return True
    return not name.isdecimal() and (Path(name) / TRACK).is_file()


# ---- live sessions ----


def last_session(store: Store) -> StoredSession:
    """The latest session with a rep.

    Raises:
        FormCoachError: there is none.
    """
    for session in store.sessions():
        if session.reps:
            return session
    raise FormCoachError(
        "there is no session yet: train with formcoach live EXERCISE, or name a folder that formcoach analyze wrote"
    )


def of_session(store: Store, session: StoredSession) -> Review:
    """A live session, with the clips that are left.

    Raises:
        FormCoachError: its exercise is not known, its rows make no sense, or nothing to be shown is left.
    """
    exercise = load_catalogue()[session.exercise]
    folder, stored, notes = store.folder_of(session.id), store.reps_of(session.id), []
    films = [film for film in session_footage(folder, stored) if film.path.is_file() and not film.path.is_symlink()]
    try:
        track = load_session_track(folder)
    except FormCoachError as error:
        if not films:
            raise FormCoachError(f"nothing of session {session.id} is left to be shown: {error}") from error
        track = None
        notes.append(f"No skeleton: {error}.")
    reps, unknown = _declared((one.rep for one in stored), exercise)
    return Review(
        name=str(session.id), title=session.title, exercise=exercise, reps=reps, track=track, films=tuple(films),
        notes=(*notes, *unknown, *(() if track is None else track.source.notes)),
    )  # fmt: skip


def _declared(reps: Iterable[Rep], exercise: Exercise) -> tuple[tuple[Rep, ...], list[str]]:
    """The reps without findings of faults that the exercise no longer declares, and a note of those."""
    given = tuple(reps)
    unknown = sorted({finding.fault for rep in given for finding in rep.findings} - {f.id for f in exercise.faults})
    return tuple(declared(rep, exercise) for rep in given), [
        f"{exercise.name} has no fault {printable(fault)} any more; it is not shown." for fault in unknown
    ]


# ---- recordings ----


def of_recording(path: Path, exercise_id: str | None, video: Path | None) -> Review:
    """An analysed video, or a pose track, judged anew.

    Raises:
        FormCoachError: it is not there, cannot be read, or does not say what it shows.
    """
    folder = path if path.is_dir() else path.parent
    track_path = folder / TRACK if path.is_dir() else path
    if not track_path.exists():
        if path.is_dir():
            raise FormCoachError(f"{path} holds no {TRACK}: name a folder that formcoach analyze wrote, or a session")
        raise FormCoachError(f"there is no session, folder or pose track {path}; see formcoach replay --list")
    report = _report(folder / REPORT) if track_path.name == TRACK else {}
    named = exercise_id or report.get("exercise")
    if not isinstance(named, str):
        raise FormCoachError(f"{path} does not say what exercise it shows; add --exercise ID")
    exercise = load_catalogue()[named]
    track = load_track(track_path)
    analysis = judge(track, exercise)
    notes = list(analysis.notes)
    if exercise_id is None and (counted := _counted(report)) != len(analysis.reps):
        notes.append(f"Judged anew: {len(analysis.reps)} reps, where the report has {counted}; analyse it again.")
    found = video if video is not None else _beside(folder, track.source.name)
    if video is not None and not video.is_file():
        raise FormCoachError(f"there is no video {video}; check its name and folder")
    if found is None:
        notes.append(f"The video {track.source.name} was not found, so the skeleton is alone; name it with --video.")
    return Review(
        name=str(path), title=f"{track.source.name}, {exercise.id}, {len(analysis.reps)} reps", exercise=exercise,
        reps=analysis.reps, track=track, notes=tuple(notes),
        films=() if found is None else (Footage(found, sound=not track.source.notes),),
    )  # fmt: skip


def _report(path: Path) -> dict[str, Any]:
    """A report, as far as it is one; empty where there is none."""
    try:
        if not path.is_file():
            return {}
        if path.stat().st_size > LONGEST_REPORT:
            raise ValueError("too large")
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FormCoachError(f"{path} cannot be read ({reason(error)}); analyse the video again") from error
    if not isinstance(report, dict):
        raise FormCoachError(f"{path} is no report of FormCoach; analyse the video again")
    return report


def _counted(report: dict[str, Any]) -> int:
    """How many reps or holds a report lists; those of a broken one do not count."""
    sets, holds = report.get("sets"), report.get("holds")
    reps = [len(one["reps"]) for one in sets if isinstance(one, dict) and isinstance(one.get("reps"), list)] if (
        isinstance(sets, list)
    ) else []  # fmt: skip
    return sum(reps) + (len(holds) if isinstance(holds, list) else 0)


def _beside(folder: Path, name: str) -> Path | None:
    """A video of that name in the folder, those above it, where the command was given, or among the samples."""
    here = folder.absolute()
    for place in (here, *here.parents[:PARENTS], Path.cwd(), bundled("samples")):
        path = place / Path(name).name
        if name and path.is_file():
            return path
    return None
