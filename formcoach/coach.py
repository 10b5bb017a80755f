"""When to say what: one cue at a time, at the turn into rest, rather silence than nagging.

The rules and their numbers are those of coaching practice: correct only outside a tolerance, one thing at a time,
less with every set, confirm what got better.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formcoach.exercise import Exercise, Finding, Grade, Rep

if TYPE_CHECKING:
    from formcoach.exercise import Fault
    from formcoach.pipeline import Moment

GAP_REPS, GAP_S = 2, 6.0
"""At least this many reps and seconds between two corrections; a severe fault of safety may break it once a set."""
FIRST_REP = 2
"""No correction before this rep, but for a severe fault of safety."""
IN_A_ROW, IN_A_SET = 2, 3
"""How often the same cue is said in a row, and in a set."""
REPS_PER_CUE = (2, 4)
"""In the first set at most one correction in so many reps, in the second; from the third on only faults of safety."""
CLEAN_REPS = 2
"""Reps without the fault after which a correction is confirmed."""
CONFIRMATION = "That's it"
ROOTS = {
    "rounded-back": ("stance-rise", "hinge-depth"),
    "short-top": ("trunk-swing",),
}
"""Faults that follow from others: the root is told first."""


@dataclass(frozen=True, kw_only=True)
class Cue:
    """Something said.

    Attributes:
        time_s: when it is said: at the end of the rep that earned it.
        fault: the fault's id; None for a confirmation.
        text: the words.
    """

    time_s: float
    fault: str | None
    text: str


def to_coach(moment: Moment, exercise: Exercise) -> tuple[Rep, ...]:
    """What the coach hears at a moment: reps as they end, holds while they last, since after them no cue helps."""
    if exercise.kind.timed:
        return () if moment.so_far is None else (moment.so_far,)
    return moment.finished


class Coach:
    """Hears every judged rep and says at most one thing after it."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._set_number = 0
        self._recent: deque[dict[str, Finding]] = deque(maxlen=4)
        self._grades: dict[str, Grade] = {}
        self._start_set()

    def _start_set(self) -> None:
        self._recent.clear()
        self._rep = 0
        self._last_cue_rep = -math.inf
        self._last_cue_s = -math.inf
        self._said: list[str] = []
        self._broke_gap = False
        self._to_confirm: str | None = None

    def after(self, rep: Rep) -> Cue | None:
        """What to say at the end of this rep, if anything."""
        if rep.set_number != self._set_number:
            self._set_number = rep.set_number
            self._start_set()
        self._rep += 1
        self._recent.append({finding.fault: finding for finding in rep.findings})
        self._grades = {fault.id: fault.grades.at(rep.view) for fault in self._exercise.faults}
        now_s = rep.span.end_s
        due = [fault for fault in self._exercise.faults if self._is_due(fault)]
        due = [fault for fault in due if not any(root in self._recent[-1] for root in ROOTS.get(fault.id, ()))]
        for fault in sorted(due, key=self._urgency, reverse=True):
            if self._may_speak(fault, now_s):  # one that was said often enough must not silence the others
                return self._correct(fault, now_s)
        return self._confirm(now_s)

    def _is_due(self, fault: Fault) -> bool:
        """Severe once for safety, else twice; mild in two of three reps, from a weaker view in three of four."""
        found = [reps.get(fault.id) for reps in self._recent]
        if not found or found[-1] is None:
            return False
        severe = sum(f is not None and f.severity == "severe" for f in found)
        if self._grades[fault.id] is Grade.B:
            return severe >= 2 or sum(f is not None for f in found) >= 3
        if fault.priority == 1 and severe:
            return True
        return severe >= 2 or sum(f is not None for f in found[-3:]) >= 2

    def _urgency(self, fault: Fault) -> tuple[int, float, int]:
        finding = self._recent[-1][fault.id]
        weight = (2.0 if finding.severity == "severe" else 1.0) * finding.confidence
        return (-fault.priority, weight, -self._said.count(fault.id))

    def _may_speak(self, fault: Fault, now_s: float) -> bool:
        if self._said[-IN_A_ROW:] == [fault.id] * IN_A_ROW or Counter(self._said)[fault.id] >= IN_A_SET:
            return False
        urgent = fault.priority == 1 and self._recent[-1][fault.id].severity == "severe"
        late = self._set_number > len(REPS_PER_CUE)
        if late and not urgent:
            return False
        gap_reps = GAP_REPS if late else max(GAP_REPS, REPS_PER_CUE[self._set_number - 1])
        waited = self._rep - self._last_cue_rep >= gap_reps and now_s - self._last_cue_s >= GAP_S
        if urgent and not waited and not self._broke_gap:
            self._broke_gap = True
            return True
        return waited and (urgent or self._rep >= FIRST_REP)

    def _correct(self, fault: Fault, now_s: float) -> Cue:
        self._last_cue_rep, self._last_cue_s = self._rep, now_s
        self._said.append(fault.id)
        self._to_confirm = fault.id
        return Cue(time_s=now_s, fault=fault.id, text=fault.cue)

    def _confirm(self, now_s: float) -> Cue | None:
        corrected = self._to_confirm
        if corrected is None or self._rep - self._last_cue_rep < CLEAN_REPS:
            return None
        if any(corrected in reps for reps in list(self._recent)[-CLEAN_REPS:]):
            return None
        self._to_confirm = None
        return Cue(time_s=now_s, fault=None, text=CONFIRMATION)
