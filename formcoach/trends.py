"""What a history of sessions comes to: by exercise and week, and how it changes.

A trend holds the earlier sessions against the later ones and says from how many reps. It is called clear only where
it is not small and chance alone would give it less than once in a hundred times; from too few sessions or reps there is
none. A fault's rate is that among the reps in which it could be judged.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from formcoach.exercise import Rep
    from formcoach.history import StoredRep
    from formcoach.listing import Trained

MIN_SESSIONS, MIN_REPS = 3, 20
"""An exercise has trends from so many sessions and reps on."""
MIN_PART = 8
"""The earlier sessions, and the later ones, must have so many reps that tell of the matter."""
CLEAR_P = 0.01
MIN_SHARE, MIN_MEDIAN = 0.1, 0.05
"""Smaller changes are none to speak of: of a share, and of a median as a share of itself. Reps of one session are
more alike than chance, as the tests have it, would allow."""


# ---- what was done ----


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What some sessions of one exercise come to.

    Attributes:
        sessions, sets, reps: how many.
        judged: reps whose form was judged.
        clean: those of them without a finding (`Rep.clean`).
        often: the fault that was found in most reps, and in how many; None where nothing was found.
    """

    sessions: int
    sets: int
    reps: int
    judged: int
    clean: int
    often: tuple[str, int] | None

    @property
    def share(self) -> float:
        """Of the judged reps that were clean; NaN where none was judged."""
        return self.clean / self.judged if self.judged else math.nan


def tally(trained: Sequence[Trained]) -> Tally:
    """Sum sessions up."""
    reps = [rep for one in trained for rep in one.reps]
    judged = [rep for rep in reps if rep.judged]
    found = Counter(fault for rep in judged for fault in {finding.fault for finding in rep.findings})
    return Tally(
        sessions=len(trained),
        sets=sum(len({rep.set_number for rep in one.reps}) for one in trained),
        reps=len(reps),
        judged=len(judged),
        clean=sum(rep.clean for rep in reps),
        often=min(found.items(), key=lambda item: (-item[1], item[0]), default=None),
    )


def monday(one: Trained) -> date:
    """The first day of the week of a session, where the person is."""
    day = one.session.started_at.astimezone().date()
    return day - timedelta(days=day.weekday())


def by_exercise(trained: Sequence[Trained]) -> dict[str, list[Trained]]:
    """Sessions with a rep, the earliest first, by exercise; the exercise with most sessions first."""
    found: dict[str, list[Trained]] = defaultdict(list)
    for one in sorted(trained, key=lambda one: one.session.started_at):
        if one.reps:
            found[one.session.exercise].append(one)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def by_week(trained: Sequence[Trained]) -> list[tuple[date, str, Tally]]:
    """(Monday, exercise, what was done), the latest week first."""
    weeks: dict[tuple[date, str], list[Trained]] = defaultdict(list)
    for exercise, sessions in by_exercise(trained).items():
        for one in sessions:
            weeks[monday(one), exercise].append(one)
    ordered = sorted(weeks.items(), key=lambda item: (-item[0][0].toordinal(), item[0][1]))
    return [(week, exercise, tally(sessions)) for (week, exercise), sessions in ordered]


# ---- how it changes ----


class Change(Enum):
    """What became of something."""

    NONE = "no clear change"
    BETTER = "better"
    WORSE = "worse"
    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One side of a trend.

    Attributes:
        value: a share from 0 to 1, or a median in the trend's unit.
        times: how often it happened; None for a median.
        reps, sessions: from how many.
    """

    value: float
    times: int | None
    reps: int
    sessions: int


@dataclass(frozen=True, kw_only=True)
class Trend:
    """How something changed from the earlier sessions to the later ones.

    Attributes:
        exercise: its id.
        what: "clean", "range", "tempo" (a rep's seconds), "held" (seconds in position), or a fault's id.
        unit: "" for a share, else of the medians.
        earlier, later: what is compared.
        p: how likely chance alone gives such a difference.
        change: what that means.
    """

    exercise: str
    what: str
    unit: str
    earlier: Part
    later: Part
    p: float
    change: Change


def too_few(sessions: Sequence[Trained]) -> str:
    """Why an exercise has no trends yet; empty where it has."""
    reps = sum(not rep.unlike for one in sessions for rep in one.reps)
    if len(sessions) >= MIN_SESSIONS and reps >= MIN_REPS:
        return ""
    had, needed = _counted(len(sessions), reps), _counted(MIN_SESSIONS, MIN_REPS)
    return f"no trends from {had} yet; they need {needed}"


def _counted(sessions: int, reps: int) -> str:
    return f"{sessions} session{'s' * (sessions != 1)} and {reps} rep{'s' * (reps != 1)}"


def trends_of(exercise: str, sessions: Sequence[Trained]) -> list[Trend]:
    """The trends of an exercise: clean reps, range, tempo, then each fault's rate, the most frequent first.

    Args:
        exercise: its id.
        sessions: of it, the earliest first.
    """
    if too_few(sessions):
        return []
    earlier, later = _halves(sessions)
    found = Counter(finding.fault for one in sessions for rep in one.reps for finding in rep.findings)
    faults = sorted(found, key=lambda fault: (-found[fault], fault))
    unit = sessions[-1].stored[-1].unit
    trends = [
        _share(exercise, "clean", earlier, later, _is_clean, _is_judged, good=True),
        _median(exercise, "held" if unit == "s" else "range", unit, earlier, later, _range_in(unit)),
        *([] if unit == "s" else [_median(exercise, "tempo", "s", earlier, later, _tempo_s)]),
        *(_share(exercise, fault, earlier, later, _has(fault), _assessed(fault), good=False) for fault in faults),
    ]
    return [trend for trend in trends if min(trend.earlier.reps, trend.later.reps) >= MIN_PART]


def _halves(sessions: Sequence[Trained]) -> tuple[Sequence[Trained], Sequence[Trained]]:
    """The sessions parted so that both sides have about as many reps."""
    reps = [len(one.reps) for one in sessions]
    cut = min(range(1, len(sessions)), key=lambda k: abs(sum(reps[:k]) - sum(reps[k:])))
    return sessions[:cut], sessions[cut:]


def _is_judged(rep: Rep) -> bool:
    return rep.judged


def _is_clean(rep: Rep) -> bool:
    return rep.clean


def _has(fault: str) -> Callable[[Rep], bool]:
    return lambda rep: any(finding.fault == fault for finding in rep.findings)


def _assessed(fault: str) -> Callable[[Rep], bool]:
    return lambda rep: rep.judged and all(missed.fault != fault for missed in rep.not_assessed)


def _range_in(unit: str) -> Callable[[StoredRep], float]:
    """The range of a whole rep; NaN where it is of another unit, as an exercise may have been declared before."""
    return lambda one: one.rep.span.range if one.unit == unit and one.rep.span.complete else math.nan


def _tempo_s(one: StoredRep) -> float:
    return one.rep.span.end_s - one.rep.span.start_s if one.rep.span.complete else math.nan


def _share(
    exercise: str,
    what: str,
    earlier: Sequence[Trained],
    later: Sequence[Trained],
    happened: Callable[[Rep], bool],
    tells: Callable[[Rep], bool],
    *,
    good: bool,
) -> Trend:
    parts = []
    for sessions in (earlier, later):
        reps = [rep for one in sessions for rep in one.reps if tells(rep)]
        times = sum(map(happened, reps))
        value = times / len(reps) if reps else math.nan
        parts.append(Part(value=value, times=times, reps=len(reps), sessions=len(sessions)))
    before, after = parts
    p = fisher(before.times or 0, before.reps, after.times or 0, after.reps)
    change = Change.NONE
    if p < CLEAR_P and abs(after.value - before.value) >= MIN_SHARE:
        change = Change.BETTER if (after.value > before.value) == good else Change.WORSE
    return Trend(exercise=exercise, what=what, unit="", earlier=before, later=after, p=p, change=change)


def _median(
    exercise: str,
    what: str,
    unit: str,
    earlier: Sequence[Trained],
    later: Sequence[Trained],
    value_of: Callable[[StoredRep], float],
) -> Trend:
    parts, values = [], []
    for sessions in (earlier, later):
        seen = [value_of(one) for session in sessions for one in session.stored if not one.rep.unlike]
        known = [value for value in seen if not math.isnan(value)]
        values.append(known)
        middle = median(known) if known else math.nan
        parts.append(Part(value=middle, times=None, reps=len(known), sessions=len(sessions)))
    before, after = parts
    p = rank_sum(*values)
    change = Change.NONE
    if p < CLEAR_P and abs(after.value - before.value) >= MIN_MEDIAN * abs(before.value):
        change = Change.MORE if after.value > before.value else Change.LESS
    return Trend(exercise=exercise, what=what, unit=unit, earlier=before, later=after, p=p, change=change)


# ---- chance ----


def fisher(times: int, of: int, other_times: int, other_of: int) -> float:
    """How likely chance gives shares at least so different (Fisher's exact test, two-sided)."""
    total, happened = of + other_of, times + other_times

    def log_ways(k: int) -> float:
        return _log_comb(happened, k) + _log_comb(total - happened, of - k)

    seen = log_ways(times)
    ways = [log_ways(k) for k in range(max(0, of - (total - happened)), min(of, happened) + 1)]
    return min(sum(math.exp(way - _log_comb(total, of)) for way in ways if way <= seen + ROUNDING), 1.0)


ROUNDING = 1e-7


def _log_comb(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def rank_sum(values: Sequence[float], others: Sequence[float]) -> float:
    """How likely chance gives values so much larger or smaller (Mann and Whitney's test, by the normal curve)."""
    n, m = len(values), len(others)
    if not n or not m:
        return 1.0
    ordered = sorted(others)
    wins = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in values) / 2
    size = n + m
    ties = sum(times**3 - times for times in Counter([*values, *others]).values())
    variance = n * m / 12 * (size + 1 - ties / (size * (size - 1)))
    if variance <= 0:
        return 1.0
    off = max(abs(wins - n * m / 2) - 0.5, 0.0)
    return math.erfc(off / math.sqrt(2 * variance))
