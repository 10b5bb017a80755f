"""What is wanted of the figures, and what an evaluation measured of it.

The speed of an analysis is told by `formcoach benchmark`, that of a live session by `formcoach benchmark --live`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from formcoach.scoring import fault_scores, hold_scores, rep_scores

if TYPE_CHECKING:
    from formcoach.scoring import RepScores, Scores

HEADING = ("| what | goal | measured | |", "|---|---|---|---|")
GOOD, SHORT = "kept", "**missed**"


class Goal(NamedTuple):
    """One figure.

    Attributes:
        what: it is.
        wanted: the goal, in words.
        measured: the figure as it is shown.
        kept: whether it is as wanted; None where nothing is wanted or nothing was measured.
    """

    what: str
    wanted: str
    measured: str
    kept: bool | None


def goals_of(scores: Scores) -> list[Goal]:
    """All figures that an evaluation gives."""
    reps = rep_scores(scores.clips)
    return [*_counting(reps), *_best_views(scores), *_faults(scores), *_rest(scores, reps)]


def lines_of(scores: Scores) -> list[str]:
    """The same as a table in Markdown."""
    said = {True: GOOD, False: SHORT, None: ""}
    return [
        *HEADING,
        *(f"| {goal.what} | {goal.wanted} | {goal.measured} | {said[goal.kept]} |" for goal in goals_of(scores)),
    ]


def _counting(reps: RepScores) -> list[Goal]:
    timing = (reps.start_error_s, reps.peak_error_s, reps.end_error_s)
    shown = " / ".join("" if error is None else f"{error:.2f}" for error in timing)
    return [
        _at_least("clips with the exact count", reps.exact, 0.97),
        _at_least("off by one at most", reps.off_by_one, 0.995),
        _at_most("mean error of the count, share of the reps", reps.mae, 0.01, 3),
        Goal("reps missed / counted where there are none", "", f"{reps.missed} / {reps.extra} of {reps.reps}", None),
        Goal("start / peak / end off by, s", "", shown, None),
    ]


def _best_views(scores: Scores) -> list[Goal]:
    """Counting, each exercise from its best view; those that fall short are named."""
    best: dict[str, float] = {}
    for exercise in scores.exercises:
        clips = [clip for clip in scores.of(exercise) if clip.kind == "reps"]
        shares = [rep_scores([c for c in clips if c.view == view]).exact for view in {clip.view for clip in clips}]
        known = [share for share in shares if share is not None]
        if known:
            best[exercise] = max(known)
    if not best:
        return []
    short = ", ".join(f"{exercise} {share:.2f}" for exercise, share in best.items() if share < 0.95)
    measured = f"{sum(share >= 0.95 for share in best.values())} of {len(best)}" + (f" (not {short})" if short else "")
    return [Goal("exercises counted exactly in 95 % of clips from their best view", "all", measured, not short)]


def _faults(scores: Scores) -> list[Goal]:
    """The worst fault that occurs: over the reps in which it was judged, which are those of views graded A or B."""
    measured = [
        (exercise, fault, fault_scores(scores.of(exercise), fault))
        for exercise in scores.exercises
        for fault in scores.faults(exercise)
    ]
    shown = [(exercise, fault, found) for exercise, fault, found in measured if found.tp + found.fn]
    total = scores.total_faults()
    lines = [Goal("findings right / wrong / missed", "", f"{total.tp} / {total.fp} / {total.fn}", None)]
    for name, goal in (("precision", 0.95), ("recall", 0.90)):
        values = [(getattr(found, name), exercise, fault) for exercise, fault, found in shown]
        known = [value for value in values if value[0] is not None]
        if known:
            worst, exercise, fault = min(known)
            where = "" if worst >= goal else f" ({exercise}, {fault})"
            line = _at_least(f"lowest {name} of the {len(known)} faults that occur", worst, goal)
            lines.append(line._replace(measured=line.measured + where))
    return lines


def _rest(scores: Scores, reps: RepScores) -> list[Goal]:
    holds = hold_scores(scores.clips)
    return [
        _at_most("false findings per 100 clean reps", reps.false_findings_per_100_clean_reps, 2.0, 1),
        _at_most("time in position of holds and carries off by, s", holds.duration_error_s, 0.5, 2),
    ]


def _at_least(what: str, value: float | None, goal: float) -> Goal:
    return Goal(what, f"≥ {goal:g}", "" if value is None else f"{value:.3f}", None if value is None else value >= goal)


def _at_most(what: str, value: float | None, goal: float, places: int) -> Goal:
    shown = "" if value is None else f"{value:.{places}f}"
    return Goal(what, f"≤ {goal:g}", shown, None if value is None else value <= goal)
