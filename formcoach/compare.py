"""Reps held against each other: the person's best, the gravest, and which moment of one is which of another."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formcoach.exercise import Exercise, Finding, Rep, Span

Knots = tuple[tuple[float, float], ...]
"""(time in one rep, time in the other) at each turn, s."""

SHORTEST_SHOWN_S = 0.8
"""A finding shows from so long before its worst instant to so long after it; where its phase is longer, for that."""


# ---- which rep ----


def best_rep(reps: Sequence[Rep], like: Rep | None = None) -> Rep | None:
    """The rep to hold others against: of the clean ones that with the largest range, else that with fewest findings.

    One that could not be judged comes last.

    Args:
        reps: of one person and one exercise.
        like: the rep to be compared; one done with the same arm is preferred.

    Returns:
        None where there is none that was done to its end, or where it is `like` itself.
    """
    whole = [rep for rep in reps if rep.span.complete and not rep.unlike and rep.span.range > 0]
    same_arm = [rep for rep in whole if like is not None and rep.side is like.side]
    best = min(same_arm or whole, key=_blemishes, default=None)
    return None if best is like else best


def _blemishes(rep: Rep) -> tuple[bool, int, int, float]:
    severe = sum(finding.severity == "severe" for finding in rep.findings)
    return not rep.judged, len(rep.findings), severe, -rep.span.range


def by_gravity(reps: Sequence[Rep], exercise: Exercise) -> list[Rep]:
    """The reps with a finding, the gravest first: severe before mild, safety before polish, far before near."""
    flagged = [rep for rep in reps if rep.findings]
    return sorted(flagged, key=lambda rep: min(_lightness(finding, exercise) for finding in rep.findings))


def findings_by_gravity(rep: Rep, exercise: Exercise) -> list[Finding]:
    """A rep's findings, the gravest first."""
    return sorted(rep.findings, key=lambda finding: _lightness(finding, exercise))


def _lightness(finding: Finding, exercise: Exercise) -> tuple[bool, int, float]:
    fault = exercise.fault(finding.fault)
    beyond = (finding.value - fault.mild) / ((fault.severe - fault.mild) or 1.0)
    return finding.severity != "severe", fault.priority, -beyond


# ---- which moment ----


def turns(span: Span) -> tuple[float, float, float, float]:
    """Start, peak, lowering and end, never falling; a turn that is not known falls on the one before it."""
    peak_s = _within(span.peak_s, span.start_s, span.end_s)
    return span.start_s, peak_s, _within(span.lowering_s, peak_s, span.end_s), span.end_s


def _within(time_s: float, low: float, high: float) -> float:
    return low if math.isnan(time_s) else min(max(time_s, low), high)


def knots(span: Span, other: Span) -> Knots:
    """What belongs together in two reps: their starts, peaks, lowerings and ends."""
    return tuple(zip(turns(span), turns(other), strict=True))


def aligned(time_s: float, through: Knots) -> float:
    """The moment of the other rep that belongs to a moment of the first.

    Linear within each phase, second for second before the first knot and after the last.
    """
    if time_s <= through[0][0]:
        return through[0][1] + time_s - through[0][0]
    for (from_s, to_from_s), (until_s, to_until_s) in pairwise(through):
        if time_s < until_s:
            return to_from_s + (to_until_s - to_from_s) * (time_s - from_s) / (until_s - from_s)
    return through[-1][1] + time_s - through[-1][0]


def happened_s(finding: Finding, rep: Rep) -> float:
    """When the finding was at its worst, within the rep."""
    time_s = rep.span.peak_s if math.isnan(finding.time_s) else finding.time_s
    return min(max(time_s, rep.span.start_s), rep.span.end_s)


def shown_while(time_s: float, span: Span) -> tuple[float, float]:
    """From when to when what happened then is pointed out: its phase, and long enough to be noticed."""
    at = turns(span)
    phase = min(max(bisect_right(at, time_s), 1), 3)
    return (
        max(min(at[phase - 1], time_s - SHORTEST_SHOWN_S), span.start_s),
        min(max(at[phase], time_s + SHORTEST_SHOWN_S), span.end_s),
    )
