"""What the pages of `formcoach web` say: sessions, one session with its reps, and what became of each exercise."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from formcoach.card import Mark, mark_of, remark
from formcoach.compare import happened_s, turns
from formcoach.errors import FormCoachError, printable, reason
from formcoach.history import Ending
from formcoach.history_tables import part_words
from formcoach.listing import Trained
from formcoach.plots import Bar, bars
from formcoach.report import quantity
from formcoach.session import counted
from formcoach.trends import Change, by_exercise, tally, too_few, trends_of
from formcoach.web_files import has_clip, videos_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from formcoach.exercise import Exercise, Finding, Rep
    from formcoach.history import StoredCue, StoredRep, StoredSession, StoredSet
    from formcoach.store import Store
    from formcoach.trends import Tally, Trend

    Exercises = Mapping[str, Exercise]

LATEST = 30
"""So many sessions, the latest, are drawn of an exercise."""
LIVE = "under way"
ENDINGS = {
    Ending.FINISHED: "",
    Ending.INTERRUPTED: "stopped early",
    Ending.TORN: "broken off; what was counted is kept",
}


# ---- what is shown ----


@dataclass(frozen=True, kw_only=True)
class SessionLine:
    """A session in the list.

    Attributes:
        id: of the session.
        when, at: its beginning, for people and for programs.
        exercise: its name.
        done: what it came to.
        share: of clean reps among those that were judged, in words; empty where there is none.
        often: the most frequent fault, and in how many reps; empty where there is none.
        live: whether it is under way.
    """

    id: int
    when: str
    at: str
    exercise: str
    done: Tally
    share: str
    often: str
    live: bool


@dataclass(frozen=True, kw_only=True)
class FindingLine:
    """A finding in words.

    Attributes:
        mark: "mild" or "severe".
        name: of the fault.
        brief: value against limit.
        when: since the session began.
        cue, explain: how to mend it; empty for a fault that is not declared any more.
    """

    mark: str
    name: str
    brief: str
    when: str
    cue: str
    explain: str


@dataclass(frozen=True, kw_only=True)
class RepLine:
    """A rep as the history holds it.

    Attributes:
        session: its session's id.
        number: in the session.
        title: "Rep 3, left arm".
        mark: "clean", "mild", "severe" or "partial", the last where it was not judged.
        verdict: in a few words.
        facts: names and values: range, phases.
        findings: as told.
        unseen: names of what could not be judged.
        clip: whether there is a clip.
        poster_ms: of which moment of the clip a picture is shown.
    """

    session: int
    number: int
    title: str
    mark: str
    verdict: str
    facts: tuple[tuple[str, str], ...]
    findings: tuple[FindingLine, ...]
    unseen: tuple[str, ...]
    clip: bool
    poster_ms: int


@dataclass(frozen=True, kw_only=True)
class SetLine:
    """A set's heading: number, and how many reps it holds."""

    number: int
    reps: int
    noun: str
    over: bool

    @property
    def counted(self) -> str:
        """The reps in words."""
        return counted(self.reps, self.noun)


@dataclass(frozen=True, kw_only=True)
class Now:
    """What a session that is under way shows large: the last rep, and what was said last."""

    set_number: int
    reps: int
    noun: str
    last: RepLine | None
    said: str


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """A session.

    Attributes:
        line: as in the list.
        exercise_id: of the exercise.
        noun: what is counted.
        facts: names and values for the header.
        now: None for a session that is over.
        ending: how it ended, where that was not as planned.
        notes: what went wrong on the way.
        sets: each with its reps, in order.
        videos: names of videos of the whole session.
    """

    line: SessionLine
    exercise_id: str
    noun: str
    facts: tuple[tuple[str, str], ...]
    now: Now | None
    ending: str
    notes: tuple[str, ...]
    sets: tuple[tuple[SetLine, tuple[RepLine, ...]], ...]
    videos: tuple[str, ...]

    @property
    def reps(self) -> list[RepLine]:
        """Of all sets."""
        return [rep for _, reps in self.sets for rep in reps]


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A session in a plot: percent along and down, and what it is."""

    x: float
    y: float
    id: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Shift:
    """How something changed from the earlier sessions to the later ones.

    Attributes:
        what: in words.
        earlier, later: values, and how many they are from.
        change: in a word or two.
        mark: "clean" for better, "mild" for worse, else "".
    """

    what: str
    earlier: str
    later: str
    change: str
    mark: str


@dataclass(frozen=True, kw_only=True)
class Course:
    """How an exercise went from session to session, the earliest first.

    Attributes:
        exercise: its name.
        key: a name for the page's anchors, after its first session.
        done: what all sessions came to.
        share, last: of clean reps in all sessions, and in the last.
        often: the most frequent fault, and in how many reps.
        lines: the sessions that are drawn.
        bars: reps of each, clean ones and others.
        most: the reps that a full bar means.
        dots: share of clean reps of each session with a judged rep.
        path: through the dots, in a box of 1000 by 100.
        shifts: what changed.
        too_few: why that cannot be told yet; empty where it can.
    """

    exercise: str
    key: str
    done: Tally
    share: str
    last: str
    often: str
    lines: tuple[SessionLine, ...]
    bars: tuple[Bar, ...]
    most: int
    dots: tuple[Dot, ...]
    path: str
    shifts: tuple[Shift, ...]
    too_few: str


# ---- all sessions ----


class Shelf:
    """Reads all sessions. Those that are over are remembered, as they are asked for every other second."""

    def __init__(self) -> None:
        self._known: dict[int, Trained] = {}
        self._lock = Lock()

    def read(self, store: Store) -> tuple[list[Trained], list[str]]:
        """The sessions that can be read, the latest first, and a line on each of the others."""
        sessions, broken = store.survey()
        with self._lock:
            found = [self._one(store, session) for session in sessions]
            kept = [one for one in found if isinstance(one, Trained)]
            self._known = {one.session.id: one for one in kept if one.session.ended_at is not None}
        return kept, broken + [one for one in found if isinstance(one, str)]

    def _one(self, store: Store, session: StoredSession) -> Trained | str:
        known = self._known.get(session.id)
        if known is not None and known.session == session:
            return known
        try:
            store.folder_of(session.id)  # says so where it leads elsewhere
            return Trained(session, tuple(store.reps_of(session.id)))
        except FormCoachError as error:
            return f"session {session.id} is left out: {error}"


def lines_of(found: Iterable[Trained], exercises: Exercises) -> tuple[list[SessionLine], list[str]]:
    """The lines of the list, the latest session first, and one on each session that makes no sense."""
    ordered = sorted(found, key=lambda one: (one.session.started_at, one.session.id), reverse=True)
    made = [_line_or_why(one, exercises) for one in ordered]
    return [one for one in made if not isinstance(one, str)], [one for one in made if isinstance(one, str)]


def _line_or_why(one: Trained, exercises: Exercises) -> SessionLine | str:
    try:
        with sensible(one.session.id):
            return _line(one, exercises)
    except FormCoachError as error:
        return str(error)


def _line(one: Trained, exercises: Exercises) -> SessionLine:
    session, done = one.session, tally([one])
    return SessionLine(
        id=session.id,
        when=f"{session.started_at.astimezone():%Y-%m-%d %H:%M}",
        at=session.started_at.isoformat(timespec="seconds"),
        exercise=_exercise_name(session.exercise, exercises),
        done=done,
        share=_share(done),
        often=_often(done, exercises.get(session.exercise)),
        live=session.ended_at is None,
    )


def _exercise_name(exercise_id: str, exercises: Exercises) -> str:
    exercise = exercises.get(exercise_id)
    return printable(exercise_id) if exercise is None else exercise.name


def _fault_name(fault_id: str, exercise: Exercise | None) -> str:
    names = {} if exercise is None else {fault.id: fault.name for fault in exercise.faults}
    return names.get(fault_id, printable(fault_id))


def _share(done: Tally) -> str:
    return f"{100 * done.share:.0f} %" if done.judged else ""


def _often(done: Tally, exercise: Exercise | None) -> str:
    if done.often is None:
        return ""
    fault, times = done.often
    return f"{_fault_name(fault, exercise)} {times}×"


# ---- one session ----


def session_view(store: Store, session_id: int, exercises: Exercises) -> SessionView:
    """A session with its reps.

    Raises:
        FormCoachError: there is none, it makes no sense, or its folder leads elsewhere.
    """
    store.folder_of(session_id)
    session, stored = store.session(session_id), store.reps_of(session_id)
    sets, cues = store.sets_of(session_id), store.cues_of(session_id)
    videos = videos_of(store, session_id) if session.ended_at is not None else []
    with sensible(session_id):
        return _view(session, stored, sets, cues, videos, exercises)


@contextlib.contextmanager
def sensible(session: int) -> Iterator[None]:
    """Turn what Python says of senseless values into a line that names the session.

    Raises:
        FormCoachError: in its place.
    """
    try:
        yield
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
        raise FormCoachError(
            f"session {session} makes no sense in the history ({reason(error)}); formcoach history rm {session} "
            "deletes it"
        ) from error


def _view(
    session: StoredSession,
    stored: list[StoredRep],
    sets: list[StoredSet],
    cues: list[StoredCue],
    videos: list[str],
    exercises: Exercises,
) -> SessionView:
    exercise = exercises.get(session.exercise)
    line = _line(Trained(session, tuple(stored)), exercises)
    noun = "rep" if exercise is None else exercise.noun
    made = [_rep(one, session, exercise, noun) for one in stored]
    ended = {one.number for one in sets if one.end_s is not None}
    numbers = sorted({one.number for one in sets} | {one.rep.set_number for one in stored})
    parted = []
    for number in numbers:
        reps = tuple(rep for one, rep in zip(stored, made, strict=True) if one.rep.set_number == number)
        parted.append((SetLine(number=number, reps=len(reps), noun=noun, over=number in ended), reps))
    return SessionView(
        line=line,
        exercise_id=printable(session.exercise),
        noun=noun,
        facts=_facts(session, line, noun),
        now=_now(line, parted, cues, noun),
        ending="" if session.ending is None else ENDINGS[session.ending],
        notes=tuple(map(printable, session.notes)),
        sets=tuple(parted),
        videos=tuple(videos),
    )


def _facts(session: StoredSession, line: SessionLine, noun: str) -> tuple[tuple[str, str], ...]:
    targets, done = session.targets, line.done
    sets = f"{done.sets} of {targets.sets}" if targets.sets else str(done.sets)
    facts = [
        ("set" if sets == "1" else "sets", sets),
        (counted(done.reps, noun).split(" ", 1)[1], str(done.reps)),
        ("clean", f"{done.clean} ({line.share})" if line.share else "–"),
    ]
    if targets.weight:
        facts.append(("weight", printable(targets.weight)))
    if session.ended_at is not None:
        facts.append(("lasted", _minutes((session.ended_at - session.started_at).total_seconds())))
    return tuple(facts)


def _now(
    line: SessionLine, sets: list[tuple[SetLine, tuple[RepLine, ...]]], cues: list[StoredCue], noun: str
) -> Now | None:
    if not line.live:
        return None
    last_set = sets[-1][0] if sets else None
    last = next((reps[-1] for _, reps in reversed(sets) if reps), None)
    return Now(
        set_number=1 if last_set is None else last_set.number,
        reps=0 if last_set is None else last_set.reps,
        noun=noun,
        last=last,
        said=printable(cues[-1].cue.text) if cues else "",
    )


def _rep(one: StoredRep, session: StoredSession, exercise: Exercise | None, noun: str) -> RepLine:
    rep = one.rep
    arm = "" if rep.side is None else f", {rep.side.value} arm"
    findings = tuple(_finding(finding, rep, session, exercise) for finding in rep.findings)
    shown_s = happened_s(rep.findings[0], rep) if findings else rep.span.start_s
    return RepLine(
        session=session.id,
        number=rep.number,
        title=f"{noun.capitalize()} {rep.number}{arm}",
        mark=str(mark_of(rep).value),
        verdict=_verdict(findings, clean=rep.clean),
        facts=_rep_facts(one, exercise),
        findings=findings,
        unseen=tuple(_fault_name(missed.fault, exercise) for missed in rep.not_assessed),
        clip=has_clip(one),
        poster_ms=0 if math.isnan(one.clip_start_s) else max(round(1000 * (shown_s - one.clip_start_s)), 0),
    )


def _verdict(findings: tuple[FindingLine, ...], *, clean: bool) -> str:
    if findings:
        return ", ".join(finding.name for finding in findings)
    return "clean" if clean else "not judged"


def _rep_facts(one: StoredRep, exercise: Exercise | None) -> tuple[tuple[str, str], ...]:
    span = one.rep.span
    if exercise is not None and exercise.kind.timed:
        return (("held", f"{span.range:.1f} s"),)
    at = turns(span)
    lowers = exercise is not None and exercise.lowers_first
    names = ("lower", "hold", "lift") if lowers else ("lift", "hold", "lower")
    wide = () if math.isnan(span.range) else (("range", quantity(span.range, one.unit)),)
    phases = zip(names, at, at[1:], strict=False)
    return (*wide, *((name, f"{until_s - from_s:.1f} s") for name, from_s, until_s in phases))


def _finding(finding: Finding, rep: Rep, session: StoredSession, exercise: Exercise | None) -> FindingLine:
    declared = () if exercise is None else exercise.faults
    fault = next((one for one in declared if one.id == finding.fault), None)
    when = _minutes(happened_s(finding, rep) - session.clock_s)
    mark = str(Mark(finding.severity).value)
    if fault is None:
        return FindingLine(
            mark=mark, name=printable(finding.fault), brief=printable(finding.severity), when=when, cue="", explain=""
        )
    words = remark(fault, finding)
    brief = f"{words.value}, {words.limit}"
    return FindingLine(mark=mark, name=fault.name, brief=brief, when=when, cue=fault.cue, explain=fault.explain)


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(max(round(seconds), 0), 60)
    return f"{minutes}:{rest:02d}"


# ---- from session to session ----


def courses(found: Iterable[Trained], exercises: Exercises) -> list[Course]:
    """How each exercise went, that with most sessions first. Sessions that make no sense are left out."""
    sound = [one for one in found if not isinstance(_line_or_why(one, exercises), str)]
    return [_course(sessions, exercises) for sessions in by_exercise(sound).values()]


def _course(sessions: list[Trained], exercises: Exercises) -> Course:
    exercise_id = sessions[0].session.exercise
    exercise = exercises.get(exercise_id)
    done = tally(sessions)
    drawn = [_line(one, exercises) for one in sessions[-LATEST:]]
    most = max(line.done.reps for line in drawn)
    dots = _dots(drawn)
    return Course(
        exercise=_exercise_name(exercise_id, exercises),
        key=f"exercise-{sessions[0].session.id}",
        done=done,
        share=_share(done) or "–",
        last=drawn[-1].share or "–",
        often=_often(done, exercise),
        lines=tuple(drawn),
        bars=tuple(bars([(line.done.clean, line.done.reps - line.done.clean) for line in drawn], most)),
        most=most,
        dots=dots,
        path="".join(f"{'L' if i else 'M'}{10 * dot.x:.0f} {dot.y:.1f}" for i, dot in enumerate(dots)),
        shifts=tuple(_shift(trend, exercise) for trend in trends_of(exercise_id, sessions)),
        too_few=too_few(sessions),
    )


def _dots(lines: list[SessionLine]) -> tuple[Dot, ...]:
    """A dot for each session, all clean at the top."""
    return tuple(
        Dot(
            x=round(100 * (i + 0.5) / len(lines), 2),
            y=round(100 - 100 * line.done.share, 1),
            id=line.id,
            label=f"{line.when}: {line.done.clean} of {counted(line.done.judged, 'rep')} clean",
        )
        for i, line in enumerate(lines)
        if line.done.judged
    )


WHAT = {"clean": "Clean reps", "range": "Range", "tempo": "Time of a rep", "held": "Time in position"}
SHIFT_MARK = {Change.BETTER: "clean", Change.WORSE: "mild"}


def _shift(trend: Trend, exercise: Exercise | None) -> Shift:
    return Shift(
        what=WHAT.get(trend.what) or _fault_name(trend.what, exercise),
        earlier=part_words(trend, trend.earlier),
        later=part_words(trend, trend.later),
        change=trend.change.value,
        mark=SHIFT_MARK.get(trend.change, ""),
    )
