"""Which reps are played again, which moments of them, and the rep that each is held against."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from formcoach.compare import Knots, best_rep, findings_by_gravity, happened_s, knots
from formcoach.errors import FormCoachError, printable
from formcoach.player import Piece

if TYPE_CHECKING:
    from formcoach.exercise import Finding, Rep
    from formcoach.pose import PoseTrack
    from formcoach.review import Review

MARGIN_S = 0.3
"""A piece begins so long before its rep and ends so long after it."""
AROUND_S = 3.0
"""Of a hold or a carry only so much is played on either side of the worst moment."""
LONGEST_S = 60.0
"""And so of a rep that is longer than any rep."""
STEP_S = 1 / 30
COARSE_S = 1 / 15
"""Where the poses are farther apart than this, the video between them is shown as well."""
SAME_S = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A rep to be played, and what it is held against.

    Attributes:
        rep: what is played.
        findings: of the rep, what it is played for first.
        worst_s: when that was at its worst; None for a clean rep.
        best: the person's best rep; None where it is this one, or there is none.
        to_best: which moment of the best rep is which of this one.
        piece: the times to be shown.
    """

    rep: Rep
    findings: tuple[Finding, ...]
    worst_s: float | None
    best: Rep | None
    to_best: Knots
    piece: Piece


def scenes_of(
    review: Review, *, every: bool = False, number: int | None = None, fault: str | None = None
) -> list[Scene]:
    """The scenes to play: of the reps with a finding, unless something else is asked for.

    Args:
        review: the recording.
        every: all reps.
        number: this rep only.
        fault: reps with this fault only, played for it.

    Raises:
        FormCoachError: more than one of these is asked for, or there is no such rep.
    """
    if every + (number is not None) + (fault is not None) > 1:
        raise FormCoachError("--all, --rep and --fault exclude one another; give one of them")
    chosen = [rep for rep in review.reps if _is_wanted(rep, every, number, fault)]
    if not chosen:
        raise FormCoachError(_none_of(review, number, fault))
    return [_scene(review, rep, fault) for rep in chosen]


def _is_wanted(rep: Rep, every: bool, number: int | None, fault: str | None) -> bool:
    if number is not None:
        return rep.number == number
    if fault is not None:
        return any(finding.fault == fault for finding in rep.findings)
    return every or bool(rep.findings)


def _none_of(review: Review, number: int | None, fault: str | None) -> str:
    """Why there is nothing to play, and what there is."""
    reps = review.reps
    if not reps:
        return f"no rep was counted in {review.title}"
    if number is not None:
        return f"there is no rep {number} in {review.title}: they are numbered {reps[0].number} to {reps[-1].number}"
    found = sorted({finding.fault for rep in reps for finding in rep.findings})
    if fault is not None and fault not in {one.id for one in review.exercise.faults}:
        known = ", ".join(one.id for one in review.exercise.faults)
        return f"{review.exercise.id} has no fault '{printable(fault)}'; it has {known}"
    if fault is not None:
        return f"no rep of {review.title} has {fault}; found {'was ' + ', '.join(found) if found else 'was nothing'}"
    return f"no rep of {review.title} has a finding; --all plays them all"


def _scene(review: Review, rep: Rep, fault: str | None) -> Scene:
    findings = sorted(findings_by_gravity(rep, review.exercise), key=lambda finding: finding.fault != fault)
    worst_s = happened_s(findings[0], rep) if findings else None
    best = best_rep(review.reps, like=rep)
    return Scene(
        rep=rep,
        findings=tuple(findings),
        worst_s=worst_s,
        best=best,
        to_best=() if best is None else knots(rep.span, best.span),
        piece=_piece(review, rep, worst_s),
    )


def _piece(review: Review, rep: Rep, worst_s: float | None) -> Piece:
    start_s, end_s = rep.span.start_s - MARGIN_S, rep.span.end_s + MARGIN_S
    if review.exercise.kind.timed or end_s - start_s > LONGEST_S:
        around_s = rep.span.start_s if worst_s is None else worst_s
        start_s, end_s = max(start_s, around_s - AROUND_S), min(end_s, around_s + AROUND_S)
    times_s = _times_s(review, start_s, end_s)
    if worst_s is None:
        return Piece(times_s)
    return Piece(times_s, min(range(len(times_s)), key=lambda i: abs(times_s[i] - worst_s)))


def _times_s(review: Review, start_s: float, end_s: float) -> tuple[float, ...]:
    """When frames are to be shown: where there are poses, else, or where these are sparse, all along."""
    times_s = () if review.track is None else _posed_s(review.track, start_s, end_s)
    steps = [after - before for before, after in pairwise(times_s)]
    if steps and median(steps) <= COARSE_S:
        return times_s
    if times_s and review.film_of(start_s, end_s) is None:
        return times_s
    return tuple(start_s + STEP_S * i for i in range(int((end_s - start_s) / STEP_S) + 1))


def _posed_s(track: PoseTrack, start_s: float, end_s: float) -> tuple[float, ...]:
    times_s = track.time_s.tolist()
    return tuple(times_s[bisect_left(times_s, start_s) : bisect_right(times_s, end_s + SAME_S)])
