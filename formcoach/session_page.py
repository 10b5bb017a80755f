"""The page of a live session, out of what the history holds: pose track, reps, and clips of the flagged ones."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from formcoach.analysis import judge
from formcoach.cutting import Footage
from formcoach.page import write_page
from formcoach.session_track import load_session_track

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from formcoach.analysis import Analysis
    from formcoach.exercise import Exercise, Rep
    from formcoach.history import StoredRep
    from formcoach.store import Store

PAGE = "report.html"
CLIP_LEAD_S = 2.0
"""A clip goes on for less than this after its rep."""


def write_session_page(store: Store, session: int, exercise: Exercise, reps: Sequence[Rep] | None = None) -> Path:
    """Write a stored session's page into its folder.

    Args:
        store: the history.
        session: its id.
        exercise: what was done, as it is declared now.
        reps: as they were told, where they are at hand; the history's lack a carry's steps.

    Returns:
        The page.

    Raises:
        FormCoachError: there is no such session, its folder leads elsewhere or cannot be written, or its pose track
            cannot be read.
    """
    folder = store.folder_of(session)
    path = folder / PAGE
    write_page(session_analysis(store, session, exercise, reps), path, session_footage(folder, store.reps_of(session)))
    return path


def session_analysis(store: Store, session: int, exercise: Exercise, reps: Sequence[Rep] | None = None) -> Analysis:
    """A session as it was judged while it happened; only the signal between the reps is worked out again.

    Raises:
        FormCoachError: there is no such session, its folder leads elsewhere, or its pose track cannot be read.
    """
    stored = store.session(session)
    analysis = judge(load_session_track(store.folder_of(session)), exercise)
    told = [rep.rep for rep in store.reps_of(session)] if reps is None else reps
    known = tuple(declared(rep, exercise) for rep in told)
    notes = dict.fromkeys([*analysis.notes, *stored.notes])
    if known != tuple(told):
        notes["This session has findings of faults that are not declared any more; they are left out."] = None
    cues = tuple(cue.cue for cue in store.cues_of(session))
    return replace(analysis, reps=known, cues=cues, notes=tuple(notes))


def declared(rep: Rep, exercise: Exercise) -> Rep:
    """The rep with what it says of faults that the exercise declares; one that lost all its findings is not clean."""
    known = {fault.id for fault in exercise.faults}
    findings = tuple(finding for finding in rep.findings if finding.fault in known)
    return replace(
        rep,
        findings=findings,
        hints=tuple(hint for hint in rep.hints if hint.fault in known),
        not_assessed=tuple(missed for missed in rep.not_assessed if missed.fault in known),
        judged=rep.judged and bool(findings or not rep.findings),
    )


def session_footage(folder: Path, reps: Iterable[StoredRep]) -> tuple[Footage, ...]:
    """What a session kept of its video: clips of the flagged reps, and all of it where that was wanted."""
    clips = [
        Footage(rep.clip, rep.clip_start_s, rep.rep.span.end_s + CLIP_LEAD_S)
        for rep in reps
        if rep.clip is not None and not math.isnan(rep.clip_start_s)
    ]
    whole = sorted((_start_s(path), path) for path in folder.glob("video-*.mp4"))
    ends = [*(start_s for start_s, _ in whole[1:]), math.inf][: len(whole)]
    return (*(Footage(path, start_s, end_s) for (start_s, path), end_s in zip(whole, ends, strict=True)), *clips)


def _start_s(path: Path) -> float:
    """The time of a session video's first picture, which is its name."""
    digits = path.stem.removeprefix("video-")
    return int(digits) / 1000 if digits.isdecimal() else math.inf
