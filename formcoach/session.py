"""A live session: sets that begin and end by themselves, cues between reps, rests, and what is said of it all.

Pure logic: moments in, events out. The loop of `formcoach.live` passes events on to voice, screen and store.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum
from statistics import median
from typing import TYPE_CHECKING

from formcoach.coach import Coach, Cue
from formcoach.reps import State

if TYPE_CHECKING:
    from formcoach.exercise import Exercise, Rep
    from formcoach.pipeline import Moment

SET_END_S, SET_END_REPS = 6.0, 3.0
"""A set is over after no rep for this long, or for this many times the median rep, whichever is longer."""
LEFT_S = 2.5
"""Out of position this long after a rep ends the set at once."""
MILESTONES = (5, 10, 15, 20, 25, 30)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What the person set out to do; None where nothing was said.

    Attributes:
        sets, reps: how many.
        rest_s: between sets.
        weight: a note, as written.
    """

    sets: int | None = None
    reps: int | None = None
    rest_s: float | None = None
    weight: str | None = None


class Kind(Enum):
    """What happened."""

    READY = "ready"
    """In position and still: go."""
    COUNTED = "counted"
    """A rep counted, as it did."""
    REP = "rep"
    """A rep came to its end and was judged."""
    CUE = "cue"
    """Something to say about the form."""
    SET_ENDED = "set-ended"
    REST_OVER = "rest-over"
    DONE = "done"
    """The last of the planned sets is over."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in a session.

    Attributes:
        kind: what.
        time_s: when, on the camera's clock.
        set_number: from 1; the set under way, or that just ended.
        count: reps counted in it.
        rep: the judged rep, for REP.
        cue: what to say, for CUE.
        text: words to be said, empty where there are none.
    """

    kind: Kind
    time_s: float
    set_number: int
    count: int
    rep: Rep | None = None
    cue: Cue | None = None
    text: str = ""


@dataclass(frozen=True)
class SetSummary:
    """A set that is over.

    Attributes:
        number: from 1.
        reps: as judged.
        start_s, end_s: of its first and last rep.
    """

    number: int
    reps: tuple[Rep, ...]
    start_s: float
    end_s: float

    @property
    def clean(self) -> int:
        """Reps without a finding."""
        return sum(not rep.findings for rep in self.reps)


class Session:
    """Follows the moments of a session and says what happens.

    Attributes:
        summaries: the sets that are over.
        resting_since_s: when the rest began; None while no rest is under way.
    """

    def __init__(self, exercise: Exercise, targets: Targets | None = None) -> None:
        self.summaries: list[SetSummary] = []
        self.resting_since_s: float | None = None
        self._exercise = exercise
        self._targets = targets or Targets()
        self._coach = Coach(exercise)
        self._reps: list[Rep] = []
        self._counted = 0
        self._counted_before = 0
        self._last_rep_s = -math.inf
        self._away_since_s: float | None = None
        self._ready_told = False
        self._rest_told = True

    @property
    def set_number(self) -> int:
        """The set under way or to come, from 1."""
        return len(self.summaries) + 1

    @property
    def count(self) -> int:
        """Reps counted in the set under way."""
        return max(self._counted - self._counted_before, 0)

    @property
    def reps(self) -> tuple[Rep, ...]:
        """The judged reps of the set under way."""
        return tuple(self._reps)

    def follow(self, moment: Moment) -> list[Event]:
        """Take one moment; what happened at it, in order."""
        events: list[Event] = []
        if moment.count > self._counted:
            events += self._count(moment)
        self._counted = moment.count
        for rep in moment.finished:
            events += self._judged(rep)
        events += self._get_ready(moment)
        events += self._end_set(moment)
        events += self._watch_rest(moment.time_s)
        return events

    def calibrated(self) -> None:
        """The pipeline began anew and counts from 0 again: the set under way goes on."""
        self._counted_before -= self._counted
        self._counted = 0

    def finish(self, time_s: float) -> list[Event]:
        """The session ends: a set under way is summed up."""
        return self._sum_up(time_s) if self._reps else []

    # ---- reps ----

    def _count(self, moment: Moment) -> list[Event]:
        self.resting_since_s = None
        self._last_rep_s = moment.time_s
        count = moment.count - self._counted_before
        return [self._event(Kind.COUNTED, moment.time_s, count=count, text=self._said_count(count))]

    def _said_count(self, count: int) -> str:
        """The count in words at milestones and for the last two of a target; a click does for the others."""
        target = self._targets.reps
        if target is not None and 0 <= target - count <= 1:
            return "last one" if count == target - 1 else str(count)
        return str(count) if count in MILESTONES else ""

    def _judged(self, rep: Rep) -> list[Event]:
        rep = replace(rep, set_number=self.set_number)  # here a set may also end by its target, or by leaving
        self._reps.append(rep)
        self._last_rep_s = max(self._last_rep_s, rep.span.end_s)
        events = [self._event(Kind.REP, rep.span.end_s, rep=rep)]
        cue = self._coach.after(rep)
        if cue is not None:
            events.append(self._event(Kind.CUE, cue.time_s, cue=cue, text=cue.text))
        return events

    # ---- sets ----

    def _get_ready(self, moment: Moment) -> list[Event]:
        if moment.state is State.AWAY:
            self._away_since_s = moment.time_s if self._away_since_s is None else self._away_since_s
            if moment.time_s - self._away_since_s > LEFT_S:
                self._ready_told = False
            return []
        self._away_since_s = None
        if self._ready_told or self._reps or self.count:
            return []
        self._ready_told = True
        return [self._event(Kind.READY, moment.time_s, text="Ready when you are")]

    def _end_set(self, moment: Moment) -> list[Event]:
        if not self._reps or moment.state not in (State.AWAY, State.READY):
            return []
        usual_s = median(rep.span.end_s - rep.span.start_s for rep in self._reps)
        idle = moment.time_s - self._last_rep_s > max(SET_END_S, SET_END_REPS * usual_s)
        left = self._away_since_s is not None and moment.time_s - self._away_since_s > LEFT_S
        full = self._targets.reps is not None and len(self._reps) >= self._targets.reps
        return self._sum_up(moment.time_s) if idle or left or full else []

    def _sum_up(self, time_s: float) -> list[Event]:
        reps = tuple(self._reps)
        summary = SetSummary(self.set_number, reps, reps[0].span.start_s, reps[-1].span.end_s)
        ended = self._event(Kind.SET_ENDED, time_s, count=len(reps), text=self._in_a_sentence(summary))
        done = self._event(Kind.DONE, time_s, count=len(reps), text="That was the last set. Well done.")
        self.summaries.append(summary)
        self._reps.clear()
        self._counted_before = self._counted
        self._ready_told = False
        self.resting_since_s, self._rest_told = time_s, False
        if self._targets.sets is not None and summary.number >= self._targets.sets:
            self._rest_told = True
            return [ended, done]
        return [ended]

    def _in_a_sentence(self, summary: SetSummary) -> str:
        """The set in one or two sentences: the count, what was clean, the one thing to work on."""
        total = len(summary.reps)
        said = f"{total} reps" if total != 1 else "One rep"
        found = Counter(finding.fault for rep in summary.reps for finding in rep.findings)
        if not found:
            return f"{said}, all clean."
        fault_id, times = min(found.items(), key=lambda item: (self._exercise.fault(item[0]).priority, -item[1]))
        fault = self._exercise.fault(fault_id)
        return f"{said}, {summary.clean} clean. {fault.name} on {times}. {fault.explain}"

    def _watch_rest(self, time_s: float) -> list[Event]:
        rest_s = self._targets.rest_s
        if self._rest_told or rest_s is None or self.resting_since_s is None:
            return []
        if time_s - self.resting_since_s < rest_s:
            return []
        self._rest_told = True
        return [self._event(Kind.REST_OVER, time_s, text=f"Set {self.set_number}")]

    def _event(
        self, kind: Kind, time_s: float, *, count: int | None = None, rep: Rep | None = None, cue: Cue | None = None,
        text: str = "",
    ) -> Event:  # fmt: skip
        return Event(
            kind=kind, time_s=time_s, set_number=self.set_number, count=self.count if count is None else count,
            rep=rep, cue=cue, text=text,
        )  # fmt: skip
