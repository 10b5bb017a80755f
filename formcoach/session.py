"""A live session: sets that begin and end by themselves, cues between reps, rests, and what is said of it all.

Pure logic: moments in, events out. The loop of `formcoach.live` passes events on to voice, screen and store.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass, replace
from enum import Enum
from statistics import median
from typing import TYPE_CHECKING

from formcoach.coach import Coach, Cue, to_coach
from formcoach.exercise import HoldSignal
from formcoach.reps import State

if TYPE_CHECKING:
    from formcoach.exercise import Exercise, Fault, Rep
    from formcoach.pipeline import Moment

SET_END_S, SET_END_REPS = 6.0, 3.0
"""A set is over after no rep for this long, or for this many times the median rep, whichever is longer."""
LEFT_S = 2.5
"""Out of position this long after a rep ends the set at once."""
MILESTONES = (5, 10, 15, 20, 25, 30)
COUNT_IN = ("Three", "Two", "One", "Go")
COUNT_IN_STEP_S = 1.0
"""From one word of the count-in to the next."""
STILL_S, STILL_SHARE = 1.0, 0.15
"""The count-in begins after so long in position in which the rep signal kept within this share of a full rep."""
STIRRED_SHARE = 0.25
"""A rep has begun, or the person moves, where the signal is this far from where it was at the first word."""
COUNT_IN_GAP_S = 6.0
"""A count-in that was broken off is begun anew no sooner than this after its first word."""
WORDS_A_SECOND = 2.5
PAUSE_S = 0.6
"""After a sentence, before the next thing is said."""


def speaking_s(text: str) -> float:
    """About how long a text takes to be said, and the pause after it."""
    return len(text.split()) / WORDS_A_SECOND + PAUSE_S


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


SAID_EVERY_S = 10
"""The seconds of a hold are said so often."""


class Kind(Enum):
    """What happened."""

    READY = "ready"
    """In position: what happens now counts."""
    COUNT_IN = "count-in"
    """A word of the count-in, the last of which is to begin."""
    COUNTED = "counted"
    """A rep counted, as it did."""
    REP = "rep"
    """A rep came to its end and was judged."""
    CUE = "cue"
    """Something to say about the form."""
    SET_ENDED = "set-ended"
    REST_OVER = "rest-over"
    HELD = "held"
    """So many seconds of a hold or a carry are over."""
    DONE = "done"
    """The last of the planned sets is over."""
    SESSION_ENDED = "session-ended"
    """After more than one set, where nothing of the plan was left to say it: what all of them came to."""


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
        """Reps that were judged, and nothing found."""
        return sum(rep.clean for rep in self.reps)


def most_frequent(reps: tuple[Rep, ...], exercise: Exercise) -> tuple[Fault, int] | None:
    """The fault that was found in most reps, and in how many; of several the one that matters most."""
    found = Counter(finding.fault for rep in reps for finding in rep.findings)
    if not found:
        return None
    fault_id, times = min(found.items(), key=lambda item: (-item[1], exercise.fault(item[0]).priority))
    return exercise.fault(fault_id), times


def how_clean(reps: tuple[Rep, ...]) -> str:
    """How many were clean, and how many could not be judged, in a few words: "all clean", "3 clean, 1 not judged"."""
    clean, unjudged = sum(rep.clean for rep in reps), sum(not rep.judged for rep in reps)
    if unjudged == len(reps):
        return "form not judged"
    more = f", {unjudged} not judged" if unjudged else ""
    return "all clean" if clean == len(reps) else f"{clean} clean{more}"


@dataclass(frozen=True)
class SessionSummary:
    """What a session came to.

    Attributes:
        exercise: what was done.
        sets: those with a rep, in order.
    """

    exercise: Exercise
    sets: tuple[SetSummary, ...]

    @property
    def reps(self) -> tuple[Rep, ...]:
        """All of them."""
        return tuple(rep for one in self.sets for rep in one.reps)

    @property
    def clean(self) -> int:
        """Reps that were judged, and nothing found."""
        return sum(one.clean for one in self.sets)

    @property
    def most_frequent(self) -> tuple[Fault, int] | None:
        """The fault that was found in most reps, and in how many; None where all were clean."""
        return most_frequent(self.reps, self.exercise)

    @property
    def sentence(self) -> str:
        """Sets, reps, and how many were clean."""
        total = len(self.reps)
        return f"{counted(len(self.sets), 'set')}, {counted(total, self.exercise.noun)}, {how_clean(self.reps)}."


def counted(number: int, what: str) -> str:
    """A number of things in words: "1 rep", "2 reps", "2 carries"."""
    if number == 1:
        return f"1 {what}"
    return f"{number} {what.removesuffix('y')}ies" if what.endswith("y") else f"{number} {what}s"


class _CountIn:
    """Counts down once somebody in position keeps still; broken off where they move.

    Attributes:
        began_s: time of the first word; None while none is under way.
    """

    def __init__(self) -> None:
        self.began_s: float | None = None
        self._said = 0
        self._from = math.nan
        self._not_before_s = -math.inf
        self._recent: deque[tuple[float, float]] = deque()

    def cancel(self) -> None:
        """Break it off, and wait for stillness anew."""
        self.began_s = None
        self._recent.clear()

    def update(self, time_s: float, progress: float, *, may_begin: bool) -> str:
        """Take a moment in position; the word to be said now, empty for none."""
        if self.began_s is None:
            if not (self._still(time_s, progress) and may_begin and time_s >= self._not_before_s):
                return ""
            self.began_s, self._said, self._from = time_s, 0, progress
            self._not_before_s = time_s + COUNT_IN_GAP_S
        late_s = time_s - self.began_s - self._said * COUNT_IN_STEP_S
        if abs(progress - self._from) > STIRRED_SHARE or late_s > COUNT_IN_STEP_S / 2:
            self.cancel()
            return ""
        if late_s < 0:
            return ""
        self._said += 1
        return COUNT_IN[self._said - 1]

    @property
    def over(self) -> bool:
        """Whether the last word was said."""
        return self.began_s is not None and self._said == len(COUNT_IN)

    def _still(self, time_s: float, progress: float) -> bool:
        """Whether the signal has kept still until now."""
        if math.isnan(progress):
            self._recent.clear()
            return False
        self._recent.append((time_s, progress))
        while len(self._recent) > 1 and time_s - self._recent[1][0] >= STILL_S:
            self._recent.popleft()
        values = [value for _, value in self._recent]
        return time_s - self._recent[0][0] >= STILL_S and max(values) - min(values) <= STILL_SHARE


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
        self._count_in = _CountIn()
        self._to_count_in, self._counted_in = True, False
        self._quiet_from_s = -math.inf
        self._over = False
        self._tens = 0

    @property
    def summary(self) -> SessionSummary:
        """What the sets that are over come to."""
        return SessionSummary(self._exercise, tuple(self.summaries))

    @property
    def counting_in(self) -> bool:
        """Whether a count-in is under way."""
        return self._count_in.began_s is not None

    @property
    def counted_in(self) -> bool:
        """Whether the last word was said for the set to come, and the person is still there."""
        return self._counted_in

    @property
    def targets(self) -> Targets:
        """What the person set out to do."""
        return self._targets

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

    def follow(self, moment: Moment, *, placed: bool = True) -> list[Event]:
        """Take one moment; what happened at it, in order.

        Args:
            moment: of the pipeline.
            placed: whether the person stands where they should; who does not is not counted in.
        """
        events: list[Event] = []
        if moment.count > self._counted:
            events += self._count(moment)
        self._counted = moment.count
        for rep in moment.finished:
            events += self._judged(rep)
        events += self._cues(to_coach(moment, self._exercise))
        events += self._tell_time(moment)
        events += self._get_ready(moment)
        events += self._end_set(moment)
        events += self._watch_rest(moment.time_s)
        events += self._count_them_in(moment, placed)
        return events

    def hush(self, time_s: float, text: str) -> None:
        """These words are being said: no count-in before they are over."""
        self._quiet_from_s = max(self._quiet_from_s, time_s) + speaking_s(text)

    def quiet(self, time_s: float) -> bool:
        """Whether what was last said is over by then."""
        return time_s >= self._quiet_from_s

    def calibrated(self) -> None:
        """The pipeline began anew and counts from 0 again: the set under way goes on."""
        self._counted_before -= self._counted
        self._counted = 0
        self._to_count_in, self._counted_in = True, False
        self._count_in.cancel()

    def finish(self, time_s: float) -> list[Event]:
        """The session ends: a set under way is summed up, and so are several."""
        events = self._sum_up(time_s) if self._reps else []
        if self._over or len(self.summaries) < 2:
            return events
        self._over = True
        total = len(self.summary.reps)
        return [*events, self._event(Kind.SESSION_ENDED, time_s, count=total, text=f"In all {self.summary.sentence}")]

    # ---- time ----

    def held_s(self, moment: Moment) -> float:
        """How long the hold under way has lasted; 0 while none is, and where reps are counted."""
        signal = self._exercise.signal
        timed = isinstance(signal, HoldSignal) and moment.state is State.TOP
        return moment.progress * signal.target_s if timed and isinstance(signal, HoldSignal) else 0.0

    def _tell_time(self, moment: Moment) -> list[Event]:
        """Every ten seconds of a hold in words, and its goal."""
        signal, held_s = self._exercise.signal, self.held_s(moment)
        tens, self._tens = self._tens, int(held_s // SAID_EVERY_S)
        if not isinstance(signal, HoldSignal) or self._tens <= tens:
            return []
        goal = " That was the goal." if held_s - SAID_EVERY_S < signal.target_s <= held_s else ""
        said = f"{self._tens * SAID_EVERY_S} seconds.{goal}"
        return [self._event(Kind.HELD, moment.time_s, text=said)]

    # ---- reps ----

    def _count(self, moment: Moment) -> list[Event]:
        self.resting_since_s = None
        self._last_rep_s = moment.time_s
        count = moment.count - self._counted_before
        return [self._event(Kind.COUNTED, moment.time_s, count=count, text=self._said_count(count))]

    def _said_count(self, count: int) -> str:
        """The count in words at milestones and for the last two of a target; a click does for the others."""
        if self._exercise.kind.timed:
            return ""
        target = self._targets.reps
        if target is not None and 0 <= target - count <= 1:
            return "last one" if count == target - 1 else str(count)
        return str(count) if count in MILESTONES else ""

    def _judged(self, rep: Rep) -> list[Event]:
        rep = replace(rep, set_number=self.set_number)
        self._reps.append(rep)
        self._last_rep_s = max(self._last_rep_s, rep.span.end_s)
        return [self._event(Kind.REP, rep.span.end_s, rep=rep)]

    def _cues(self, reps: tuple[Rep, ...]) -> list[Event]:
        """What the coach has to say of them; here a set may also end by its target, or by leaving."""
        heard = (self._coach.after(replace(rep, set_number=self.set_number)) for rep in reps)
        return [self._event(Kind.CUE, cue.time_s, cue=cue, text=cue.text) for cue in heard if cue is not None]

    # ---- sets ----

    def _get_ready(self, moment: Moment) -> list[Event]:
        if moment.state is State.AWAY:
            self._away_since_s = moment.time_s if self._away_since_s is None else self._away_since_s
            if self._left(moment.time_s):
                self._ready_told = False
            return []
        self._away_since_s = None
        if self._ready_told or self._reps or self.count:
            return []
        self._ready_told = True
        return [self._event(Kind.READY, moment.time_s)]

    def _count_them_in(self, moment: Moment, placed: bool) -> list[Event]:
        """Once a set, for who has come into position, or whose planned rest is over; never over other words."""
        if self._left(moment.time_s):
            self._to_count_in, self._counted_in = True, False
        if moment.state is not State.READY or not placed or self._over or self._reps or self.count:
            self._count_in.cancel()
            return []
        may_begin = self._to_count_in and self._rested and self.quiet(moment.time_s)
        word = self._count_in.update(moment.time_s, moment.progress, may_begin=may_begin)
        if self._count_in.over:
            self._to_count_in, self._counted_in = False, True
            self._count_in.cancel()
        return [self._event(Kind.COUNT_IN, moment.time_s, text=word)] if word else []

    @property
    def _rested(self) -> bool:
        """Whether no planned rest is under way."""
        return self._targets.rest_s is None or self._rest_told

    def _left(self, time_s: float) -> bool:
        """Whether the person has been out of position for longer than a fidget."""
        return self._away_since_s is not None and time_s - self._away_since_s > LEFT_S

    def _end_set(self, moment: Moment) -> list[Event]:
        if not self._reps or moment.state not in (State.AWAY, State.READY):
            return []
        usual_s = median(rep.span.end_s - rep.span.start_s for rep in self._reps)
        idle = moment.time_s - self._last_rep_s > max(SET_END_S, SET_END_REPS * usual_s)
        left = self._left(moment.time_s)
        full = self._targets.reps is not None and len(self._reps) >= self._targets.reps
        return self._sum_up(moment.time_s) if idle or left or full else []

    def _sum_up(self, time_s: float) -> list[Event]:
        reps = tuple(self._reps)
        summary = SetSummary(self.set_number, reps, reps[0].span.start_s, reps[-1].span.end_s)
        ended = self._event(Kind.SET_ENDED, time_s, count=len(reps), text=self._in_a_sentence(summary))
        done = self._event(Kind.DONE, time_s, count=len(reps))  # of the set that just ended
        self.summaries.append(summary)
        self._reps.clear()
        self._counted_before = self._counted
        self._ready_told = self._to_count_in = self._counted_in = False
        self.resting_since_s, self._rest_told = time_s, False
        self.hush(time_s, ended.text)
        if self._targets.sets is not None and summary.number >= self._targets.sets:
            self._rest_told = self._over = True
            return [ended, replace(done, text=self._well_done())]
        return [ended]

    def _well_done(self) -> str:
        in_all = f" In all {self.summary.sentence}" if len(self.summaries) > 1 else ""
        return f"That was the last set.{in_all} Well done."

    def _in_a_sentence(self, summary: SetSummary) -> str:
        """The set in one or two sentences: the count, what was clean, the one thing to work on."""
        total = len(summary.reps)
        said = f"{total} reps" if total != 1 else "One rep"
        if self._exercise.kind.timed:
            said = f"{round(sum(rep.span.range for rep in summary.reps))} seconds"
        found = Counter(finding.fault for rep in summary.reps for finding in rep.findings)
        if not found:
            return f"{said}, {how_clean(summary.reps)}."
        fault_id, times = min(found.items(), key=lambda item: (self._exercise.fault(item[0]).priority, -item[1]))
        fault = self._exercise.fault(fault_id)
        if self._exercise.kind.timed:
            return f"{said}. {fault.name}. {fault.explain}"
        return f"{said}, {how_clean(summary.reps)}. {fault.name} on {times}. {fault.explain}"

    def _watch_rest(self, time_s: float) -> list[Event]:
        rest_s = self._targets.rest_s
        if self._rest_told or rest_s is None or self.resting_since_s is None:
            return []
        if time_s - self.resting_since_s < rest_s:
            return []
        self._rest_told = self._to_count_in = True
        event = self._event(Kind.REST_OVER, time_s, text=f"Set {self.set_number}")
        self.hush(time_s, event.text)
        return [event]

    def _event(
        self, kind: Kind, time_s: float, *, count: int | None = None, rep: Rep | None = None, cue: Cue | None = None,
        text: str = "",
    ) -> Event:  # fmt: skip
        return Event(
            kind=kind, time_s=time_s, set_number=self.set_number, count=self.count if count is None else count,
            rep=rep, cue=cue, text=text,
        )  # fmt: skip
