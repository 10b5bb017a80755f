"""Judging one rep: the window over what was measured, the person's own neutral, every fault in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from formcoach import measure as m
from formcoach.body import Side, View
from formcoach.errors import failed_at
from formcoach.exercise import (
    UNSEEN,
    Exercise,
    Fault,
    Finding,
    Grade,
    HoldSignal,
    NotAssessed,
    Phase,
    Reading,
    Rep,
    RepSignal,
    Sides,
    Span,
    Walk,
)
from formcoach.geometry import wrapped_deg
from formcoach.likeness import is_unlike, known, look_of
from formcoach.walking import walk_of
from formcoach.window import RepWindow, Table, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from formcoach.measure import Measure

SETUP_S, SETUP_END_S = 1.4, 0.4
"""The set-up is what was seen between so long before the first rep and so long: nearer to it the body gets ready for
the pull before the weight moves."""
SETUP_MIN_S = 0.3
BETWEEN_REPS_TRUST = 0.8
"""How far a rest between reps is trusted as neutral, where no set-up was seen."""
LOSS_LASTS_S = 0.6
"""How long before a rep a loss of the person still matters to it."""
SET_GAP_S, SET_GAP_REPS = 6.0, 3.0
"""A set ends after no rep for this long, or for this many times the median rep, whichever is longer."""
SEEN_SHARE = 0.7
"""Share of a rep's frames that must show an arm for its range to mean anything."""
GRADE_TRUST = {Grade.A: 0.95, Grade.B: 0.8, Grade.C: 0.5}
LARGEST = 1e6
"""No reading in degrees, torso lengths, seconds or % is as large."""
FIRST_REPS = 3
"""The person's full range is taken from so many first reps, the better two of them."""


@dataclass(frozen=True)
class Neutral:
    """How the person is without the fault.

    Attributes:
        seen: the frames of it.
        trust: 1 for a set-up that was seen held still, less where it was pieced together from the rep itself.
    """

    seen: Table
    trust: float


class RepJudge:
    """Judges reps one after the other, as they end.

    Attributes:
        set_number: of the last rep, from 1; 0 before the first.
    """

    def __init__(self, exercise: Exercise, timeline: Timeline) -> None:
        self.set_number = 0
        self._exercise, self._timeline = exercise, timeline
        self._reps = 0
        self._anew = True
        self._first_ranges: dict[Side | None, list[float]] = {}
        self._start_set()

    def _start_set(self) -> None:
        self._last_end_s = math.inf
        self._lengths_s: list[float] = []
        self._neutrals: dict[Side | None, Neutral] = {}
        self._first_ends: dict[Side | None, float] = {}
        self._rests: list[Table] = []
        self._ranges: dict[Side | None, list[float]] = {}

    def __call__(self, span: Span, side: Side | None) -> Rep:
        """Judge one rep; `side` is the arm that did it, None for both. It counts even where a rule fails."""
        self._enter_set(span.start_s)
        rep, rest = self._judged(span, side)
        self._reps += 1
        self._last_end_s = span.end_s
        self._lengths_s.append(span.end_s - span.start_s)
        self._ranges.setdefault(side, []).append(span.range)
        if rest is not None and len(self._rests) < 2:
            self._rests.append(rest)
        return rep

    def begin_anew(self) -> None:
        """The next rep belongs to another set, and perhaps to another person."""
        self._anew = True
        self._first_ranges.clear()

    def so_far(self, span: Span, side: Side | None) -> Rep:
        """Judge a hold under way as if it ended now; it counts only when it has ended."""
        self._enter_set(span.start_s)
        return self._judged(span, side)[0]

    def _enter_set(self, start_s: float) -> None:
        if self._anew or self._set_is_over(start_s):
            self.set_number += 1
            self._anew = False
            self._start_set()

    def _judged(self, span: Span, side: Side | None) -> tuple[Rep, Table | None]:
        """The rep, and its rest; of one whose very signal cannot be measured again, only that it was counted."""
        try:
            window = self._window(span, side)
            return self._rep(window, side), window.table.where(window.during(Phase.BOTTOM))
        except (Exception, SystemExit) as error:
            return self._unjudged(span, side, error), None

    def _unjudged(self, span: Span, side: Side | None, error: BaseException) -> Rep:
        azimuth = self._timeline.between(span.start_s, span.end_s).median(m.azimuth_deg)
        return Rep(
            number=self._reps + 1,
            set_number=self.set_number,
            side=side,
            span=span,
            view=View.at(azimuth),
            azimuth_deg=azimuth,
            findings=(),
            hints=(),
            not_assessed=tuple(_broken(fault, error) for fault in self._exercise.faults),
            judged=False,
        )

    def _rep(self, window: RepWindow, side: Side | None) -> Rep:
        look = look_of(window)
        unlike = is_unlike(look, known().get(self._exercise.id, {}))
        findings, hints, not_assessed = _unlike(self._exercise) if unlike else _judge(self._exercise.faults, window)
        return Rep(
            number=self._reps + 1,
            set_number=self.set_number,
            side=side,
            span=window.span,
            view=window.view,
            azimuth_deg=window.table.median(m.azimuth_deg),
            findings=findings,
            hints=hints,
            not_assessed=not_assessed,
            walk=self._walk(window),
            look=look,
            unlike=unlike,
            judged=len(not_assessed) < len(self._exercise.faults),
        )

    def _walk(self, window: RepWindow) -> Walk | None:
        signal = self._exercise.signal
        if not (isinstance(signal, HoldSignal) and signal.walking):
            return None
        return walk_of(window.table.where(window.during(Phase.WHOLE)))

    def _set_is_over(self, start_s: float) -> bool:
        usual_s = float(np.median(self._lengths_s)) if self._lengths_s else 0.0
        return start_s - self._last_end_s > max(SET_GAP_S, SET_GAP_REPS * usual_s)

    # ---- the window ----

    def _window(self, span: Span, side: Side | None) -> RepWindow:
        table = self._timeline.between(span.start_s - 0.3, span.end_s)
        signal = self._exercise.signal
        first = self._first_ranges.setdefault(side, [])
        if len(first) < FIRST_REPS:
            first.append(span.range)
        neutral = self._neutral_of(side, span)
        azimuth = table.median(m.azimuth_deg)
        if isinstance(signal, HoldSignal):
            arms, norm = _arms(table, side), np.ones(len(table))
            reach, bottom = span.reach, 0.0
        else:
            arms = _arms_seen(table, signal.measure, side)
            norm = _norm(table, signal.measure, arms, span)
            reach = span.range / self._full_range(signal, side)
            bottom = self._bottom(signal, side, span, neutral)
        return RepWindow(
            span=span,
            table=table,
            signal=norm,
            neutral=neutral.seen,
            neutral_trust=neutral.trust,
            early=tuple(self._rests) if len(self._rests) == 2 else (),
            arms=arms,
            view=View.at(azimuth),
            sideways=abs(math.sin(math.radians(azimuth))),
            reach=reach,
            bottom=bottom,
            lost_s=self._timeline.losses(span.start_s - LOSS_LASTS_S, span.end_s),
            other_range=self._other_range(side),
        )

    def _other_range(self, side: Side | None) -> float:
        ranges = self._ranges.get(side.other, []) if side is not None else []
        return ranges[-1] if ranges else math.nan

    def _neutral_of(self, side: Side | None, span: Span) -> Neutral:
        """The set's first neutral that was seen at rest: a later one may already have the fault in it.

        Arms in turn share it: before the second arm's first rep the first one has already done one.
        """
        side = None if self._exercise.sides is Sides.ALTERNATING else side
        known = self._neutrals.get(side)
        if known is None or known.trust < BETWEEN_REPS_TRUST:
            now = self._neutral(span)
            if known is None or now.trust == 1.0:
                trust = now.trust if known is None else BETWEEN_REPS_TRUST
                self._neutrals[side] = Neutral(now.seen, trust)
        return self._neutrals[side]

    def _neutral(self, span: Span) -> Neutral:
        """From the set-up; where none was seen, from the rep's own first third, trusted half."""
        rested_s = self._last_end_s if self._last_end_s < span.start_s else -math.inf  # no neutral within a rep
        before = self._timeline.between(max(span.start_s - SETUP_S, rested_s), span.start_s - SETUP_END_S)
        if len(before) >= 3 and before.time_s[-1] - before.time_s[0] >= SETUP_MIN_S:
            return Neutral(before, 1.0)
        third_s = max((span.peak_s - span.start_s) / 3, SETUP_MIN_S)
        return Neutral(self._timeline.between(span.start_s, span.start_s + third_s), 0.5)

    def _full_range(self, signal: RepSignal, side: Side | None) -> float:
        """The range a full rep has: the mean of the better two of the person's first three, at least most people's."""
        first = self._first_ranges[side]
        own = sum(sorted(first)[-2:]) / 2 if len(first) >= 2 else 0.0
        return max(own, signal.full)

    def _bottom(self, signal: RepSignal, side: Side | None, span: Span, neutral: Neutral) -> float:
        """How far from the set-up's level of the signal the rep ended, as a share of a full range."""
        measure = signal.measure
        sides: tuple[Side | None, ...] = (None,) if not measure.sided else (side,) if side else tuple(Side)
        levels = [neutral.seen.median(measure, s) for s in sides]
        seen = [level for level in levels if not math.isnan(level)]
        nominal = signal.peak - signal.rest
        setup = sum(seen) / len(seen) if seen else math.nan
        if not (setup - signal.rest) / nominal > -0.5:
            setup = self._first_ends.setdefault(side, span.next_rest)  # the set-up was held lower than the exercise is
        return (span.next_rest - setup) * math.copysign(1.0, nominal) / self._full_range(signal, side)


def _arms(table: Table, side: Side | None) -> tuple[Side, ...]:
    """The arms that worked, the nearer first."""
    if side is not None:
        return (side,)
    near = Side.LEFT if wrapped_deg(table.median(m.azimuth_deg)) >= 0 else Side.RIGHT
    return near, near.other


def _arms_seen(table: Table, signal: Measure, side: Side | None) -> tuple[Side, ...]:
    """The arms that worked and were seen for most of the rep, the nearer first."""
    arms = _arms(table, side)
    if len(arms) == 1 or not signal.sided:
        return arms
    seen = [arm for arm in arms if np.isfinite(table.values(signal, arm)).mean() > SEEN_SHARE]
    return tuple(seen) or arms[:1]


def _norm(table: Table, signal: Measure, arms: tuple[Side, ...], span: Span) -> NDArray[np.float64]:
    """(n,) the signal over the rep's own range: 0 at its rest, 1 at its peak."""
    sides: tuple[Side | None, ...] = arms if signal.sided else (None,)
    columns = np.stack([table.values(signal, s) for s in sides])
    seen = np.isfinite(columns)
    total, count = np.where(seen, columns, 0.0).sum(axis=0), seen.sum(axis=0)
    values: NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return (values - span.rest) / ((span.peak - span.rest) or math.nan)


# ---- the faults ----

Verdict = tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[NotAssessed, ...]]


def _judge(faults: tuple[Fault, ...], window: RepWindow) -> Verdict:
    """Findings, hints, and what could not be judged; each fault is found, clean, or among the last.

    A rule may be somebody's own: one that fails takes neither the rep nor the other faults with it.
    """
    findings: list[Finding] = []
    hints: list[Finding] = []
    not_assessed: list[NotAssessed] = []
    for fault in faults:
        grade = fault.grades.at(window.view)
        try:
            reading = UNSEEN if grade is Grade.X else _read(fault, window)
        except (Exception, SystemExit) as error:
            not_assessed.append(_broken(fault, error))
            continue
        if grade in (Grade.C, Grade.X) or math.isnan(reading.value):
            not_assessed.append(_unseen(fault, grade, window.view, reading))
        severity = None if math.isnan(reading.value) else fault.severity(reading.value)
        if severity is not None:
            (hints if grade is Grade.C else findings).append(_finding(fault, severity, reading, grade))
    return tuple(findings), tuple(hints), tuple(not_assessed)


def _read(fault: Fault, window: RepWindow) -> Reading:
    """What the fault's function found; nothing where that is more than a body can be.

    Raises:
        TypeError, ValueError: it is no reading, or not of numbers.
    """
    reading = fault.read(window)
    if not isinstance(reading, Reading):
        raise TypeError(f"the fault '{fault.id}' reads {type(reading).__name__}, not a Reading")
    value, time_s, trust = (float(number) for number in (reading.value, reading.time_s, reading.trust))
    if abs(value) > LARGEST:
        return Reading(math.nan, why=f"{value:g} {fault.unit} was measured, which cannot be")
    return replace(
        reading, value=value, time_s=time_s if math.isfinite(time_s) else math.nan, trust=min(max(0.0, trust), 1.0)
    )


def _broken(fault: Fault, error: BaseException) -> NotAssessed:
    why = f"its rule failed: {failed_at(error)}"
    return NotAssessed(fault=fault.id, why=why, instead="mend the rule, or do without it", broken=True)


def broken_rules(reps: Iterable[Rep]) -> dict[str, str]:
    """Why the rules of faults failed, by the faults' ids: of each the first reason."""
    missed = [one for rep in reps for one in rep.not_assessed if one.broken]
    return {one.fault: one.why for one in reversed(missed)}


def _unlike(exercise: Exercise) -> Verdict:
    """Nothing is said of a rep that is none of this exercise."""
    why = f"the movement does not look like this exercise ({exercise.name})"
    instead = "name the exercise that you do, and keep the whole body in the picture"
    return (), (), tuple(NotAssessed(fault=fault.id, why=why, instead=instead) for fault in exercise.faults)


def not_assessable(exercise: Exercise, view: View) -> tuple[NotAssessed, ...]:
    """What a view cannot show at all."""
    graded = [(fault, fault.grades.at(view)) for fault in exercise.faults]
    weak = [(fault, grade) for fault, grade in graded if grade in (Grade.C, Grade.X)]
    return tuple(_unseen(fault, grade, view, UNSEEN) for fault, grade in weak)


def _unseen(fault: Fault, grade: Grade, view: View, reading: Reading) -> NotAssessed:
    if grade is Grade.X:
        return NotAssessed(fault=fault.id, why=f"cannot be seen from the {view.words}", instead=fault.grades.move(view))
    if grade is Grade.C:
        return NotAssessed(fault=fault.id, why=f"too uncertain from the {view.words}", instead=fault.grades.move(view))
    return NotAssessed(fault=fault.id, why=reading.why, instead=reading.instead)


def _finding(fault: Fault, severity: str, reading: Reading, grade: Grade) -> Finding:
    return Finding(
        fault=fault.id,
        severity=severity,
        value=reading.value,
        limit=fault.severe if severity == "severe" else fault.mild,
        unit=fault.unit,
        time_s=reading.time_s,
        confidence=reading.trust * GRADE_TRUST[grade],
    )
