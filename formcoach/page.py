"""The report as a page: one HTML file with everything in it, that opens offline and asks nothing of the network.

`page_of` gathers what the page says and shows, `html_of` writes it, `write_page` does both. The words, pictures and
numbers are the template's (`formcoach/pages`); untrusted text, such as a file's name, is escaped there.
"""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from formcoach import __version__
from formcoach.annotate import poses_put_right
from formcoach.card import OUTLINED, Mark, highlight, mark_of, near_side, remark
from formcoach.compare import (
    best_rep,
    by_gravity,
    findings_by_gravity,
    happened_s,
    knots,
    shown_while,
    turns,
)
from formcoach.cutting import Clip, Window, cut
from formcoach.errors import FormCoachError, printable
from formcoach.exercise import HoldSignal
from formcoach.files import write_whole
from formcoach.plots import Axis, Bar, Meter, Stretch, bars, height, line, meter
from formcoach.report import quantity, report_of
from formcoach.session import counted
from formcoach.tracing import PLACE, Tracer, bones, neck, region_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment
    from numpy.typing import NDArray

    from formcoach.analysis import Analysis
    from formcoach.body import Side
    from formcoach.cutting import Footage
    from formcoach.exercise import Exercise, Finding, Rep, Span
    from formcoach.pose import Pose

MOST_CLIPS = 20
CLIP_BYTES = 14_000_000
"""Of all clips together; in a page they take a third more."""
MARGIN_S = 0.4
"""A rep is shown from so long before it to so long after it."""
LONGEST_S = 12.0
"""Of a longer rep or hold, what lies round its gravest finding is shown."""
STEP_S, COARSE_STEP_S = 1 / 31, 1 / 15
"""Between the poses of a rep with a clip, and of another."""
MOST_POSES = 16_000
"""In a page; of a longer session every rep has fewer."""
ENOUGH_POSES = 2000
"""To tell in which part of the picture the person moves."""
MOST_REPS = 1000
"""In a page, which has 5 kB of each."""
OPEN_REPS = 12
"""So many of the gravest reps are open when the page is."""
PAGES = Path(__file__).parent / "pages"


# ---- what a page says ----


@dataclass(frozen=True, kw_only=True)
class FindingView:
    """A finding in words, and where it lies in its rep.

    Attributes:
        mark: "mild" or "severe".
        name: of the fault.
        brief: value against limit in a few words.
        sentence: the same in plain words.
        cue, explain: how to mend it.
        when: at which time, in which phase.
        at: percent along the rep's plot.
        height: down the rep's plot.
        meter: value and limits on a scale.
    """

    mark: str
    name: str
    brief: str
    sentence: str
    cue: str
    explain: str
    when: str
    at: float
    height: float
    meter: Meter


@dataclass(frozen=True, kw_only=True)
class RepView:
    """A rep or a hold.

    Attributes:
        key: its place among all reps, from 1.
        title: "Rep 3, left arm".
        mark: "clean", "mild", "severe" or "partial", the last where it was not judged.
        verdict: in a few words.
        facts: names and values: range, phases.
        findings, hints: the gravest first.
        unseen: names of what could not be judged.
        phases: names, and where they lie along the plot.
        line, best_line: the rep signal, and that of the best rep laid over it.
        best: key of the rep beside it; 0 for none.
        beside: what that rep is.
        clip: its video.
        played: whether there is anything to play.
        opened: whether it is open at first.
    """

    key: int
    title: str
    mark: str
    verdict: str
    facts: tuple[tuple[str, str], ...]
    findings: tuple[FindingView, ...]
    hints: tuple[FindingView, ...]
    unseen: tuple[str, ...]
    phases: tuple[tuple[str, Stretch], ...]
    line: str
    best_line: str
    best: int
    beside: str
    clip: Clip | None
    played: bool
    opened: bool

    @property
    def clip_uri(self) -> str:
        """The clip as an address that holds it."""
        data = b"" if self.clip is None else self.clip.mp4
        return f"data:video/mp4;base64,{base64.b64encode(data).decode()}"


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A mark over a set's plot: percent along, the rep's key (0 for a partial one), its number and a time."""

    mark: str
    at: float
    key: int
    label: str


@dataclass(frozen=True, kw_only=True)
class SetView:
    """A set: its signal over time with the reps on it, and bars for range and tempo.

    Attributes:
        number: from 1.
        when: from when to when.
        reps: in order.
        line: the signal.
        spots: what became of each movement.
        spans: where the reps lie along.
        ranges, tempos: a bar each rep.
        longest, largest: what the bars' height means.
    """

    number: int
    when: str
    reps: tuple[RepView, ...]
    line: str
    spots: tuple[Spot, ...]
    spans: tuple[tuple[str, Stretch], ...]
    ranges: tuple[Bar, ...]
    tempos: tuple[Bar, ...]
    largest: str
    longest: str

    @property
    def range_bars(self) -> list[tuple[RepView, Bar]]:
        """Each rep with its bar of range."""
        return list(zip(self.reps, self.ranges, strict=True))


@dataclass(frozen=True, kw_only=True)
class Work:
    """A fault that was found: in which reps, and how to mend it."""

    mark: str
    name: str
    reps: tuple[tuple[int, str], ...]
    cue: str
    explain: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """All that a report says and shows.

    Attributes:
        title: of the exercise.
        source: the file's name.
        facts: names and values for the header.
        tempo_names: of the phases, in order.
        noun: what is counted: "rep", "hold" or "carry".
        judged: whether the form of any of them was.
        moves: camera moves, and what each would allow to be judged.
        work: what was found, the most important first.
        notes: about the recording and this page.
        sets: in order.
        data: poses and times for the page's script.
        footer: about the program.
    """

    title: str
    source: str
    facts: tuple[tuple[str, str], ...]
    tempo_names: tuple[str, str, str]
    noun: str
    timed: bool
    judged: bool
    moves: tuple[tuple[str, tuple[str, ...]], ...]
    work: tuple[Work, ...]
    notes: tuple[str, ...]
    sets: tuple[SetView, ...]
    data: dict[str, Any]
    footer: str

    @property
    def lying(self) -> bool:
        """Whether the pictures are wide, and better one above the other."""
        width, height = self.data["size"]
        return bool(width > 1.25 * height)


# ---- writing it ----


def write_page(analysis: Analysis, path: Path, footage: Sequence[Footage] = ()) -> None:
    """Write the page; the same analysis and footage give the same bytes.

    Args:
        analysis: of the recording.
        path: of the file.
        footage: video to cut clips from; without any, or where it cannot be read any more, skeletons are shown.

    Raises:
        FormCoachError: the file cannot be written.
    """
    clips: dict[int, Clip] = {}
    notes: list[str] = []
    try:
        clips = clips_of(analysis, footage)
    except FormCoachError as error:
        notes.append(f"There are no clips: {printable(str(error))}.")
    write_whole(path, html_of(page_of(analysis, clips, tuple(notes))).encode(errors="replace"))


def clips_of(analysis: Analysis, footage: Sequence[Footage]) -> dict[int, Clip]:
    """Clips by the reps' keys: of the gravest reps and of those held beside them, as many as a page may hold.

    Raises:
        FormCoachError: a video cannot be read.
    """
    if not footage:
        return {}
    analysis, _ = _bounded(analysis)
    wanted = _worth_a_clip(analysis)
    windows = [Window(key, *_window(analysis, rep)) for key, rep in wanted.items()]
    region = region_of(_moving(analysis), analysis.track.source)
    clips = cut(footage, windows, region)
    kept: dict[int, Clip] = {}
    room = CLIP_BYTES
    for key in wanted:
        if key in clips and len(clips[key].mp4) <= room:
            room -= len(clips[key].mp4)
            kept[key] = clips[key]
    return kept


def _worth_a_clip(analysis: Analysis) -> dict[int, Rep]:
    """The reps to cut clips of, by their keys, those that matter most first."""
    keys = _keys(analysis)
    gravest = by_gravity(analysis.reps, analysis.exercise)[:MOST_CLIPS]
    best = [other for rep in gravest if (other := _beside(analysis, rep)) is not None]
    overall = best_rep(analysis.reps)
    first = [*best[:1], *gravest, *best] if gravest else [overall] if overall is not None else []
    return {keys[id(rep)]: rep for rep in first}


def html_of(page: Page) -> str:
    """The page as HTML."""
    from markupsafe import Markup

    style, script = _resource("report.css"), _resource("report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            page=page,
            style=Markup(style),  # noqa: S704  # our own files
            script=Markup(script),  # noqa: S704
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


@cache
def _environment() -> Environment:
    """The templates, which take longer to compile than a page to be written."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(PAGES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False, "sort_keys": False}
    return environment


def _resource(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    """As a Content-Security-Policy names an inline block."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# ---- gathering it ----


def page_of(analysis: Analysis, clips: dict[int, Clip], notes: tuple[str, ...] = ()) -> Page:
    """All that the page of an analysis says and shows.

    Args:
        analysis: of the recording.
        clips: by the reps' keys, as `clips_of` gives them.
        notes: about this page.
    """
    exercise, facts = analysis.exercise, _facts(analysis)
    analysis, more = _bounded(analysis)
    gathering = _Gathering(analysis, clips)
    views = [gathering.view(rep) for rep in analysis.reps]
    pairs = list(zip(analysis.reps, views, strict=True))
    sets = [list(some) for _, some in groupby(pairs, key=lambda pair: pair[0].set_number)]
    return Page(
        title=exercise.name,
        source=printable(analysis.track.source.name),
        facts=facts,
        tempo_names=_tempo_names(exercise),
        noun=exercise.noun,
        timed=exercise.kind.timed,
        judged=any(rep.judged for rep in analysis.reps),
        moves=_moves(analysis),
        work=_work(analysis),
        notes=(*more, *map(printable, analysis.notes), *_clip_notes(analysis, clips), *notes),
        sets=tuple(gathering.set_view(some) for some in sets),
        data=gathering.data(),
        footer=f"FormCoach {__version__}, pose model {printable(analysis.track.source.model)}",
    )


def _bounded(analysis: Analysis) -> tuple[Analysis, tuple[str, ...]]:
    """The analysis with as many reps as a browser shows, and a note where that is not all of them."""
    every = len(analysis.reps)
    if every <= MOST_REPS:
        return analysis, ()
    note = f"The first {MOST_REPS} of {every} are shown here; report.json and reps.csv hold them all."
    return replace(analysis, reps=analysis.reps[:MOST_REPS]), (note,)


def _keys(analysis: Analysis) -> dict[int, int]:
    """Each rep's place among all, from 1, by its identity: numbers may repeat."""
    return {id(rep): key for key, rep in enumerate(analysis.reps, start=1)}


def _tempo_names(exercise: Exercise) -> tuple[str, str, str]:
    return ("lower", "hold", "lift") if exercise.lowers_first else ("lift", "hold", "lower")


def _facts(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    exercise, reps = analysis.exercise, analysis.reps
    noun = counted(2, exercise.noun)[2:]
    sets = len({rep.set_number for rep in reps})
    facts = [
        ("set" if sets == 1 else "sets", str(sets)),
        (exercise.noun if len(reps) == 1 else noun, str(len(reps))),
        ("clean", str(sum(rep.clean for rep in reps)) if any(rep.judged for rep in reps) else "–"),
    ]
    if exercise.kind.timed:
        facts.append(("in position", f"{sum(rep.span.range for rep in reps):.0f} s"))
    facts.append(("view", "nobody seen" if analysis.view is None else analysis.view.words))
    return (*facts, ("recording", _minutes(analysis.track.source.duration_s)))


def _minutes(seconds: float) -> str:
    if not math.isfinite(seconds) or seconds < 0:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _moves(analysis: Analysis) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What would have to change, and what could be judged then."""
    moves: dict[str, list[str]] = {}
    for missed in report_of(analysis)["not_assessed"]:
        name = analysis.exercise.fault(missed["fault"]).name
        part = f" ({missed['reps']} of {len(analysis.reps)})" if missed["reps"] < len(analysis.reps) else ""
        moves.setdefault(missed["instead"], []).append(f"{name}: {missed['why']}{part}")
    return tuple((move, tuple(names)) for move, names in moves.items())


def _work(analysis: Analysis) -> tuple[Work, ...]:
    exercise = analysis.exercise
    keys = _keys(analysis)
    found: dict[str, list[tuple[Rep, Finding]]] = {}
    for rep in analysis.reps:
        for finding in rep.findings:
            found.setdefault(finding.fault, []).append((rep, finding))
    made = []
    for fault_id, some in found.items():
        fault = exercise.fault(fault_id)
        severe = any(finding.severity == "severe" for _, finding in some)
        reps = tuple((keys[id(rep)], str(rep.number)) for rep, _ in some)
        work = Work(mark=_mark(severe), name=fault.name, reps=reps, cue=fault.cue, explain=fault.explain)
        made.append(((not severe, fault.priority, -len(some)), work))
    return tuple(work for _, work in sorted(made, key=lambda pair: pair[0]))


def _mark(severe: bool) -> str:
    return str((Mark.SEVERE if severe else Mark.MILD).value)


def _clip_notes(analysis: Analysis, clips: dict[int, Clip]) -> tuple[str, ...]:
    """Which flagged reps have no clip, where others have one."""
    keys = _keys(analysis)
    without = [rep for rep in analysis.reps if rep.findings and keys[id(rep)] not in clips]
    if not without:
        return ()
    if not clips:
        return ("There is no video in this report: it shows the recorded skeletons.",)
    numbers = ", ".join(str(rep.number) for rep in without)
    return (
        f"Video is shown of the gravest reps. Left out, to keep this file small or because it is not there, "
        f"is that of {counted(len(without), analysis.exercise.noun)} with a finding: {numbers}. "
        "Their skeletons are shown.",
    )


def _window(analysis: Analysis, rep: Rep) -> tuple[float, float]:
    """From when to when a rep is shown."""
    span, times_s = rep.span, analysis.track.time_s
    start_s, end_s = span.start_s - MARGIN_S, span.end_s + MARGIN_S
    if end_s - start_s > LONGEST_S:
        worst = next(iter(findings_by_gravity(rep, analysis.exercise)), None)
        usual_s = span.start_s + LONGEST_S / 2
        middle_s = usual_s if worst is None else happened_s(worst, rep)
        start_s = min(max(start_s, middle_s - LONGEST_S / 2), end_s - LONGEST_S)
        end_s = start_s + LONGEST_S
    if len(times_s):
        start_s, end_s = max(start_s, float(times_s[0])), min(end_s, float(times_s[-1]))
    return start_s, max(end_s, start_s)


def _beside(analysis: Analysis, rep: Rep) -> Rep | None:
    """The rep to show beside this one; holds have no course to be laid over each other."""
    return None if analysis.exercise.kind.timed else best_rep(analysis.reps, rep)


def _moving(analysis: Analysis) -> list[Pose]:
    """The poses within reps, or all where there are none; not more than are needed to tell where the person moves."""
    shown = np.full(len(analysis.track), not analysis.reps)
    for rep in analysis.reps:
        first, last = np.searchsorted(analysis.track.time_s, _window(analysis, rep)).tolist()
        shown[first:last] = True
    poses = [analysis.track.poses[i] for i in np.flatnonzero(shown).tolist()]
    seen = [pose for pose in poses if pose is not None]
    return seen[:: max(len(seen) // ENOUGH_POSES, 1)]


class _Gathering:
    """Makes the views of one analysis' reps, and the numbers that the page's script plays them from."""

    def __init__(self, analysis: Analysis, clips: dict[int, Clip]) -> None:
        self._analysis, self._clips = analysis, clips
        self._exercise = analysis.exercise
        self._keys = _keys(analysis)
        self._times_s = np.asarray(analysis.track.time_s, float)
        self._progress = _progress(analysis)
        self._poses = tuple(poses_put_right(analysis.track))
        self._tracer = Tracer(analysis.track.source, region_of(_moving(analysis), analysis.track.source))
        self._windows = {id(rep): _window(analysis, rep) for rep in analysis.reps}
        shown_s = sum(end_s - start_s for start_s, end_s in self._windows.values())
        self._least_step_s = shown_s / MOST_POSES
        gravest = by_gravity(analysis.reps, self._exercise)[:OPEN_REPS]
        self._open = {id(rep) for rep in gravest}
        found = {finding.fault for rep in analysis.reps for finding in rep.findings}
        self._traces_back = not found.isdisjoint(OUTLINED)
        self._largest = max((rep.span.range for rep in analysis.reps), default=0.0)
        self._longest_s = max((rep.span.end_s - rep.span.start_s for rep in analysis.reps), default=0.0)

    # ---- reps ----

    def view(self, rep: Rep) -> RepView:
        """A rep as the page shows it."""
        axis = Axis(*self._windows[id(rep)])
        best = _beside(self._analysis, rep)
        key = self._keys[id(rep)]
        findings = tuple(self._finding(finding, rep, axis) for finding in findings_by_gravity(rep, self._exercise))
        return RepView(
            key=key,
            title=self._title(rep),
            mark=str(mark_of(rep).value),
            verdict=self._verdict(rep, findings),
            facts=self._facts(rep),
            findings=findings,
            hints=tuple(self._finding(hint, rep, axis) for hint in rep.hints),
            unseen=tuple(self._exercise.fault(missed.fault).name for missed in rep.not_assessed),
            phases=self._phases(rep, axis),
            line=line(self._times_s, self._progress, axis),
            best_line="" if best is None else self._best_line(rep, best, axis),
            best=0 if best is None else self._keys[id(best)],
            beside="" if best is None else self._beside_title(best),
            clip=self._clips.get(key),
            played=self._is_played(rep),
            opened=id(rep) in self._open,
        )

    def _title(self, rep: Rep) -> str:
        arm = "" if rep.side is None else f", {rep.side.value} arm"
        return f"{self._exercise.noun.capitalize()} {rep.number}{arm}"

    def _verdict(self, rep: Rep, findings: tuple[FindingView, ...]) -> str:
        if findings:
            more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
            return f"{findings[0].name} {findings[0].brief}{more}"
        if rep.unlike:
            return f"not judged: it does not look like {self._exercise.name.lower()}"
        return "clean" if rep.clean else "not judged from here"

    def _facts(self, rep: Rep) -> tuple[tuple[str, str], ...]:
        span, signal = rep.span, self._exercise.signal
        if isinstance(signal, HoldSignal):
            facts = [("held", f"{span.range:.1f} s of {signal.target_s:.0f} s")]
            if rep.walk is not None:
                facts += [("steps", str(rep.walk.steps)), ("turns", str(rep.walk.turns))]
            return tuple(facts)
        unit = self._exercise.unit
        at = turns(span)
        phases = zip(_tempo_names(self._exercise), at, at[1:], strict=False)
        return (
            ("range", quantity(span.range, unit)),
            *((name, f"{until_s - from_s:.1f} s") for name, from_s, until_s in phases),
        )

    def _phases(self, rep: Rep, axis: Axis) -> tuple[tuple[str, Stretch], ...]:
        at = turns(rep.span)
        if self._exercise.kind.timed:
            return (("in position", axis.stretch(at[0], at[3])),)
        phases = zip(_tempo_names(self._exercise), at, at[1:], strict=False)
        return tuple((name, axis.stretch(from_s, until_s)) for name, from_s, until_s in phases)

    def _finding(self, finding: Finding, rep: Rep, axis: Axis) -> FindingView:
        fault = self._exercise.fault(finding.fault)
        words = remark(fault, finding)
        limit = words.limit.removeprefix("limit ").removeprefix("at least ")
        time_s = happened_s(finding, rep)
        beyond = "below" if fault.less_is_worse else "above"
        return FindingView(
            mark=finding.severity,
            name=fault.name,
            brief=f"{words.value}, {words.limit}",
            sentence=f"Measured {words.value}: {finding.severity}, because it is {beyond} {limit}.",
            cue=fault.cue,
            explain=fault.explain,
            when=f"{time_s:.1f} s, {self._phase(time_s, rep.span)}",
            at=axis.at(time_s),
            height=height(self._progress_at(time_s)),
            meter=meter(finding.value, fault),
        )

    def _phase(self, time_s: float, span: Span) -> str:
        if self._exercise.kind.timed:
            return "in position"
        _, peak_s, lowering_s, _ = turns(span)
        place = 0 if time_s < peak_s else 1 if time_s < lowering_s else 2
        return _tempo_names(self._exercise)[place]

    def _progress_at(self, time_s: float) -> float:
        known = np.isfinite(self._progress)
        if not known.any():
            return 0.5
        return float(np.interp(time_s, self._times_s[known], self._progress[known]))

    def _best_line(self, rep: Rep, best: Rep, axis: Axis) -> str:
        """The best rep's signal, its phases stretched to this rep's."""
        own, others = zip(*knots(rep.span, best.span), strict=True)
        start_s, end_s = best.span.start_s, best.span.end_s
        inside = (self._times_s >= start_s) & (self._times_s <= end_s)
        stretched = np.interp(self._times_s[inside], others, own)
        return line(stretched, self._progress[inside], axis)

    def _beside_title(self, best: Rep) -> str:
        what = "your best" if best.clean else "your least flawed"
        return f"{self._title(best)}: {what}"

    # ---- sets ----

    def set_view(self, some: list[tuple[Rep, RepView]]) -> SetView:
        """A set as the page shows it."""
        reps = [rep for rep, _ in some]
        start_s, end_s = reps[0].span.start_s, max(rep.span.end_s for rep in reps)
        partials = [span for span in self._analysis.partials if start_s - 5 <= span.start_s <= end_s + 5]
        starts = [start_s, *(span.start_s for span in partials)]
        ends = [end_s, *(span.end_s for span in partials)]
        axis = Axis(min(starts) - MARGIN_S, max(ends) + MARGIN_S)
        spots = [
            Spot(mark=view.mark, at=axis.at(_top_s(rep)), key=view.key, label=str(rep.number)) for rep, view in some
        ]
        spots += [Spot(mark="partial", at=axis.at(span.peak_s), key=0, label="") for span in partials]
        timed = self._exercise.kind.timed
        unit = self._exercise.unit
        return SetView(
            number=reps[0].set_number,
            when=f"{_minutes(start_s)} to {_minutes(end_s)}",
            reps=tuple(view for _, view in some),
            line=line(self._times_s, self._progress, axis),
            spots=tuple(sorted(spots, key=lambda spot: spot.at)),
            spans=tuple((view.mark, axis.stretch(rep.span.start_s, rep.span.end_s)) for rep, view in some),
            ranges=tuple(bars([(rep.span.range,) for rep in reps], self._largest)),
            tempos=() if timed else tuple(bars([_phase_lengths(rep) for rep in reps], self._longest_s)),
            largest=quantity(self._largest, unit),
            longest=f"{self._longest_s:.1f} s",
        )

    # ---- for the script ----

    def data(self) -> dict[str, Any]:
        """Times in ms on the recording's clock, places in the tracer's grid."""
        return {
            "size": self._tracer.size,
            "bones": bones(),
            "neck": neck(),
            "landmarks": len(PLACE),
            "noun": self._exercise.noun,
            "reps": {self._keys[id(rep)]: self._played(rep) for rep in self._analysis.reps if self._is_played(rep)},
        }

    def _is_played(self, rep: Rep) -> bool:
        return any(self._poses[i] is not None for i in self._chosen(rep))

    def _chosen(self, rep: Rep) -> list[int]:
        """The frames of a rep whose poses are kept."""
        start_s, end_s = self._windows[id(rep)]
        step_s = max(STEP_S if self._keys[id(rep)] in self._clips else COARSE_STEP_S, self._least_step_s)
        chosen: list[int] = []
        next_s = -math.inf
        for i in range(*np.searchsorted(self._times_s, [start_s - 1e-3, end_s + 1e-3]).tolist()):
            if self._times_s[i] >= next_s:
                chosen.append(i)
                next_s = self._times_s[i] + step_s
        return chosen

    def _played(self, rep: Rep) -> dict[str, Any]:
        chosen = self._chosen(rep)
        near = near_side(rep.azimuth_deg)
        best = _beside(self._analysis, rep)
        clip = self._clips.get(self._keys[id(rep)])
        data: dict[str, Any] = {
            "window": [_ms(time_s) for time_s in self._windows[id(rep)]],
            "near": "" if near is None else near.value,
            "t": [_ms(time_s) for time_s in self._times_s[chosen].tolist()],
            "progress": [None if math.isnan(p) else round(100 * p) for p in self._progress[chosen].tolist()],
            **self._tracer.trace([self._poses[i] for i in chosen], self._back(near)),
            "findings": [self._pointed_out(finding, rep) for finding in findings_by_gravity(rep, self._exercise)],
        }
        if clip is not None:
            data["clip"] = _ms(clip.start_s)
        if best is not None and self._is_played(best):
            data["best"] = self._keys[id(best)]
            data["knots"] = [[_ms(a), _ms(b)] for a, b in knots(rep.span, best.span)]
        return data

    def _back(self, near: Side | None) -> int | None:
        return int(near.value == "left") if near is not None and self._traces_back else None

    def _pointed_out(self, finding: Finding, rep: Rep) -> dict[str, Any]:
        time_s = happened_s(finding, rep)
        shown = highlight(self._exercise.fault(finding.fault), finding, rep.side, rep.azimuth_deg)
        segment = () if shown is None else shown.segment
        return {
            "at": _ms(time_s),
            "span": [_ms(edge_s) for edge_s in shown_while(time_s, rep.span)],
            "mark": finding.severity,
            "lines": [[PLACE[a], PLACE[b]] for a, b in segment if a in PLACE and b in PLACE],
            "back": shown is not None and shown.back is not None,
        }


def _progress(analysis: Analysis) -> NDArray[np.float64]:
    """The rep signal of each frame as a share of the fullest rep's; NaN where it is not known, or there is none."""
    progress = np.full(len(analysis.track), np.nan)
    if analysis.exercise.kind.timed:
        return progress  # only time goes on
    known = [instant.progress for instant in analysis.instants[: len(progress)]]
    progress[: len(known)] = known
    tops = [
        np.nanmax(progress[first:last])
        for rep in analysis.reps
        for first, last in [np.searchsorted(analysis.track.time_s, [rep.span.start_s, rep.span.end_s])]
        if np.isfinite(progress[first:last]).any()
    ]
    fullest = float(max(tops, default=1.0))
    return progress / fullest if fullest > 0 else progress


def _top_s(rep: Rep) -> float:
    _, peak_s, lowering_s, _ = turns(rep.span)
    return (peak_s + lowering_s) / 2


def _phase_lengths(rep: Rep) -> tuple[float, float, float]:
    start_s, peak_s, lowering_s, end_s = turns(rep.span)
    return peak_s - start_s, lowering_s - peak_s, end_s - lowering_s


def _ms(time_s: float) -> int:
    return round(1000 * time_s)
