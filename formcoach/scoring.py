"""How well reports agree with labels.

Goal:
    Say for each exercise how well reps are counted and timed, and for each of its faults how often a finding
    is right, so that a change to a rule can be judged by numbers.

Source:
    Labels written by people, or known because the clip was rendered, against `report.json` as `analyze`
    writes it. Nothing is read or written here: labels and reports come in as parsed JSON.

Conventions:
    - The *truth* is the label. Times are seconds from the clip's start.
    - Labelled and reported reps are paired one to one by overlap in time (`match_reps`). All that is said
      about faults and timing is said over such pairs; a rep without a partner is *missed* (labelled only) or
      *extra* (reported only).
    - A fault is *assessed* in a rep unless the report lists it there as not assessed or gives it as a hint.
    - A ratio over nothing is None, never 0 or 1. Errors are absolute values.
    - A label that is not certain allows one rep more or less.

Metrics:
    - Reps (`RepScores`): exact, off by one, MAE, missed, extra, wrong side, timing errors, false findings per
      100 clean reps.
    - Faults (`FaultScores`): true and false positives and negatives, precision, recall, F1, share not
      assessed.
    - Holds and carries (`HoldScores`): error of the time in position.
    - Confusers (`ConfuserScores`): what was counted in footage of something else, where every rep is false.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from formcoach.errors import FormCoachError

Report = Mapping[str, Any]
"""A parsed report.json."""

Kind = Literal["reps", "hold", "confuser"]

MIN_OVERLAP = 0.25
"""Intersection over union below which two spans are not the same rep."""

SIDES = {"l": "left", "left": "left", "r": "right", "right": "right", "both": "both"}
HOLD_KINDS = ("hold", "carry")

_MAX_SECONDS = 1e6
_MAX_REPS = 10_000
_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
_TORN_NOTE = re.compile(
    r"(?<!\bno )(?<!\bwithout )\bcuts?\b"
    r"|\b(?:opens?|starts?|begins?|ends?|stops?|fades?(?: out)?)\b[^.;,]*?"
    r"\b(?:mid|midway|halfway|inside|in the middle|at (?:the )?(?:top|bottom))\b",
    re.IGNORECASE,
)
_TORN_TIMES = re.compile(r"[\[(]|\bcut\b", re.IGNORECASE)


# ---- labels ----


@dataclass(frozen=True, slots=True)
class LabelledRep:
    """A rep, or a hold, as it truly was.

    Attributes:
        start_s, peak_s, end_s: when it began, reached its end position, and was over; of a hold, in position.
        side: "both", "left" or "right" (the person's own); None where the label leaves it open.
        faults: ids of the faults that it shows.
    """

    start_s: float
    peak_s: float
    end_s: float
    side: str | None = None
    faults: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Label:
    """The truth about one clip.

    Attributes:
        name: the video's file name.
        exercise: id of the exercise; None for a confuser, footage of something that we do not coach.
        reps: timed reps with their faults; None where only their number is known.
        count: the number of reps where only that is known; else None.
        certain: False where the clip opens or ends inside a rep, so that one more or less is right too.
        note: what the labeller wrote.
        kind: "hold" or "carry" where `reps` are times in position; any other word means reps.
    """

    name: str
    exercise: str | None
    reps: tuple[LabelledRep, ...] | None
    count: int | None
    certain: bool = True
    note: str = ""
    kind: str = "reps"

    @property
    def is_hold(self) -> bool:
        """Whether the clip is compared by its time in position."""
        return self.kind in HOLD_KINDS

    @property
    def true_count(self) -> int:
        """Number of reps, or of holds, that the clip shows."""
        return len(self.reps) if self.reps is not None else self.count or 0


def parse_clip_label(data: object, *, file: str, video: str) -> Label:
    """The label of one clip with timed reps.

    Args:
        data: parsed JSON, not trusted.
        file: what to call the label in an error.
        video: the video's file name.

    Raises:
        FormCoachError: a field is missing or not what it should be; the message names file and field.
    """
    entry = _mapping(data, file, "label")
    reps = _sequence(entry.get("reps"), file, "reps")
    kind = _text(entry, "kind", file, "kind") or "reps"
    return Label(
        name=video,
        exercise=_exercise(entry, file, "exercise"),
        reps=tuple(_labelled_rep(rep, file, f"reps[{i}]", in_position=kind == "hold") for i, rep in enumerate(reps)),
        count=None,
        note=_text(entry, "notes", file, "notes"),
        kind=kind,
    )


def parse_count_labels(data: object, *, file: str) -> tuple[Label, ...]:
    """The labels of a folder of clips whose reps were counted, not timed.

    Without the key `certain`, a label is uncertain when its `notes` or `rep_times_s` tell of a cut rep.

    Args:
        data: parsed JSON, not trusted: a list with one entry a clip.
        file: what to call the list in an error.

    Raises:
        FormCoachError: a field is missing or not what it should be; the message names file and field.
    """
    entries = _sequence(data, file, "labels")
    return tuple(_count_label(entry, file, f"[{i}]") for i, entry in enumerate(entries))


def _count_label(data: object, file: str, field: str) -> Label:
    entry = _mapping(data, file, field)
    name = entry.get("file")
    # The name is joined to the folder later on, so it must not lead out of it.
    if not isinstance(name, str) or not name or name.startswith(".") or re.search(r"[/\\:\0]", name):
        raise _problem(file, f"{field}.file", "a file name without folders", name)
    count = entry.get("reps")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= _MAX_REPS:
        raise _problem(file, f"{field}.reps", f"a number of reps from 0 to {_MAX_REPS}", count)
    note = _text(entry, "notes", file, f"{field}.notes")
    times = _text(entry, "rep_times_s", file, f"{field}.rep_times_s")
    certain = entry.get("certain", not (_TORN_NOTE.search(note) or _TORN_TIMES.search(times)))
    if not isinstance(certain, bool):
        raise _problem(file, f"{field}.certain", "true or false", certain)
    exercise = _exercise(entry, file, f"{field}.exercise")
    return Label(name=name, exercise=exercise, reps=None, count=count, certain=certain, note=note)


def _labelled_rep(data: object, file: str, field: str, *, in_position: bool) -> LabelledRep:
    """A rep; of a hold only the time in position, without the way in and out, where the label tells them apart."""
    entry = _mapping(data, file, field)
    start_s, peak_s, end_s = (_seconds(entry, key, file, field) for key in ("start", "peak", "end"))
    if not (start_s <= peak_s <= end_s and start_s < end_s):
        raise _problem(file, field, "start, peak and end in this order", [start_s, peak_s, end_s])
    if in_position and "lowering" in entry:
        left_s = _seconds(entry, "lowering", file, field)
        if not peak_s < left_s <= end_s:
            raise _problem(file, f"{field}.lowering", "a time between peak and end", left_s)
        start_s, end_s = peak_s, left_s
    side = entry.get("side")
    if side is not None and (not isinstance(side, str) or side not in SIDES):
        raise _problem(file, f"{field}.side", "l, r or both", side)
    faults = _sequence(entry.get("faults"), file, f"{field}.faults")
    return LabelledRep(
        start_s=start_s,
        peak_s=peak_s,
        end_s=end_s,
        side=SIDES[side] if side is not None else None,
        faults=frozenset(_identifier(fault, file, f"{field}.faults[{i}]") for i, fault in enumerate(faults)),
    )


def _mapping(data: object, file: str, field: str) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise _problem(file, field, "an object", data)
    return data


def _sequence(data: object, file: str, field: str) -> list[object]:
    if not isinstance(data, list):
        raise _problem(file, field, "a list", data)
    return data


def _exercise(entry: Mapping[str, object], file: str, field: str) -> str | None:
    # A forgotten exercise must not pass for a confuser, so null has to be written.
    if "exercise" in entry and entry["exercise"] is None:
        return None
    return _identifier(entry.get("exercise"), file, field)


def _identifier(value: object, file: str, field: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise _problem(file, field, "an id such as rounded-back", value)
    return value


def _seconds(entry: Mapping[str, object], key: str, file: str, field: str) -> float:
    value = entry.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= _MAX_SECONDS:
        raise _problem(file, f"{field}.{key}", "a time in seconds", value)
    return float(value)


def _text(entry: Mapping[str, object], key: str, file: str, field: str) -> str:
    value = entry.get(key)
    if value is not None and not isinstance(value, str):
        raise _problem(file, field, "text", value)
    return value or ""


def _problem(file: str, field: str, expected: str, found: object) -> FormCoachError:
    return FormCoachError(
        f"{file}: {field}: expected {expected}, found {'nothing' if found is None else reprlib.repr(found)}"
    )


# ---- reports ----


@dataclass(frozen=True, slots=True)
class ReportedRep:
    """A rep, or a hold, as a report gives it.

    Attributes:
        start_s, peak_s, end_s: its times; a hold has no peak.
        side: "both", "left" or "right"; None for a hold.
        findings: the fault of each finding, hints left out.
        not_assessed: faults that were not judged in this rep, those included that were only hinted at.
    """

    start_s: float
    peak_s: float | None
    end_s: float
    side: str | None = None
    findings: tuple[str, ...] = ()
    not_assessed: frozenset[str] = frozenset()


def reported_reps(report: Report) -> tuple[ReportedRep, ...]:
    """The reps that a report counts, over all sets."""
    return tuple(
        _reported(rep, peak_s=rep["peak_s"], side=rep["side"], unjudged=rep["not_assessed"])
        for one_set in report["sets"]
        for rep in one_set["reps"]
    )


def reported_holds(report: Report) -> tuple[ReportedRep, ...]:
    """The holds of a report. A hold without a list of its own leaves unjudged what the whole report does."""
    unjudged = [entry["fault"] for entry in report.get("not_assessed", ())]
    return tuple(
        _reported(hold, peak_s=None, side=None, unjudged=hold.get("not_assessed", unjudged))
        for hold in report.get("holds", ())
    )


def _reported(
    entry: Mapping[str, Any], *, peak_s: float | None, side: str | None, unjudged: Iterable[str]
) -> ReportedRep:
    findings = tuple(finding["fault"] for finding in entry["findings"] if not finding.get("hint"))
    hints = {finding["fault"] for finding in entry["findings"] if finding.get("hint")}
    # What the person was told counts, whatever else the report says about that fault.
    not_assessed = (hints | set(unjudged)) - set(findings)
    return ReportedRep(
        start_s=entry["start_s"],
        peak_s=peak_s,
        end_s=entry["end_s"],
        side=side,
        findings=findings,
        not_assessed=frozenset(not_assessed),
    )


# ---- matching ----


def overlap(truth: LabelledRep, reported: ReportedRep) -> float:
    """Intersection over union of two spans of time: 1 for the same span, 0 for spans that do not meet."""
    shared = min(truth.end_s, reported.end_s) - max(truth.start_s, reported.start_s)
    union = max(truth.end_s, reported.end_s) - min(truth.start_s, reported.start_s)
    return max(0.0, shared) / union if union > 0 else 0.0


def same_side(truth: LabelledRep, reported: ReportedRep) -> bool:
    """Whether both name the same side, or one of them names none."""
    return truth.side is None or reported.side is None or truth.side == reported.side


def match_reps(
    truth: Sequence[LabelledRep], reported: Sequence[ReportedRep], *, min_overlap: float = MIN_OVERLAP
) -> list[tuple[int, int]]:
    """Pair reps one to one: those of the same side first, then by falling overlap.

    Two reps merged into one leave one labelled rep without a partner; a rep split in two leaves one reported
    rep without. A rep reported on the wrong side is still paired, so that its timing and faults are compared.

    Returns:
        Pairs (index into `truth`, index into `reported`) by rising index into `truth`.
    """
    candidates = sorted(
        (not same_side(one, other), -overlap(one, other), i, j)
        for i, one in enumerate(truth)
        for j, other in enumerate(reported)
        if overlap(one, other) >= min_overlap
    )
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, i, j in candidates:
        if i not in partner and j not in taken:
            partner[i] = j
            taken.add(j)
    return sorted(partner.items())


@dataclass(frozen=True, slots=True)
class MatchedRep:
    """A labelled rep and the reported one that overlaps it.

    Attributes:
        faults: ids of the faults that it truly shows.
        findings: the fault of each finding in it.
        not_assessed: faults that were not judged in it.
        timing_error_s: absolute errors of start, peak and end; None for a hold.
        wrong_side: whether the report names another side.
    """

    faults: frozenset[str]
    findings: tuple[str, ...]
    not_assessed: frozenset[str]
    timing_error_s: tuple[float, float, float] | None
    wrong_side: bool


def _matched(truth: LabelledRep, reported: ReportedRep) -> MatchedRep:
    timing = None
    if reported.peak_s is not None:
        timing = (
            abs(reported.start_s - truth.start_s),
            abs(reported.peak_s - truth.peak_s),
            abs(reported.end_s - truth.end_s),
        )
    return MatchedRep(
        faults=truth.faults,
        findings=reported.findings,
        not_assessed=reported.not_assessed,
        timing_error_s=timing,
        wrong_side=not same_side(truth, reported),
    )


# ---- one clip ----


@dataclass(frozen=True, slots=True)
class ClipScore:
    """What one clip contributes to the metrics.

    Attributes:
        name: the video's file name.
        exercise: what it was judged as.
        kind: "reps", "hold" (a hold or carry) or "confuser" (something else than `exercise`: its truth is 0).
        view: name of the view that the report gives.
        certain: see `Label`.
        true_count, counted: number of reps, or of holds, in label and report.
        missed, extra: those without a partner; from the numbers alone where the reps have no times.
        matched: the pairs; empty where the reps have no times.
        true_s, counted_s: total time in position, of holds.
        faults: every fault that label or report mention, and those declared for the exercise.
    """

    name: str
    exercise: str
    kind: Kind
    view: str
    certain: bool
    true_count: int
    counted: int
    missed: int
    extra: int
    matched: tuple[MatchedRep, ...] = ()
    true_s: float = 0.0
    counted_s: float = 0.0
    faults: frozenset[str] = frozenset()

    @property
    def count_error(self) -> int:
        """Absolute error of the count, over and above the one rep that an uncertain label allows."""
        return max(0, abs(self.counted - self.true_count) - (0 if self.certain else 1))

    @property
    def off_by_one(self) -> bool:
        """Whether the count is within one of the label's, certain or not."""
        return abs(self.counted - self.true_count) <= 1


def score_clip(label: Label, report: Report, *, exercise: str, declared: Collection[str] = ()) -> ClipScore:
    """Compare one report with its label.

    Args:
        label: the truth.
        report: what `analyze` made of the clip.
        exercise: what the clip was judged as. If that is not the label's exercise, the clip is a confuser.
        declared: faults that the exercise declares. A fault that no label and no report mentions is known
            from here only.
    """
    view = (report.get("view") or {}).get("name") or "unknown"
    if label.exercise != exercise:
        counted = len(reported_reps(report))
        return ClipScore(
            name=label.name,
            exercise=exercise,
            kind="confuser",
            view=view,
            certain=True,
            true_count=0,
            counted=counted,
            missed=0,
            extra=counted,
        )
    reported = reported_holds(report) if label.is_hold else reported_reps(report)
    truth = label.reps or ()
    matched = tuple(_matched(truth[i], reported[j]) for i, j in match_reps(truth, reported))
    if label.reps is None:
        slack = 0 if label.certain else 1
        missed = max(0, label.true_count - len(reported) - slack)
        extra = max(0, len(reported) - label.true_count - slack)
    else:
        missed, extra = len(truth) - len(matched), len(reported) - len(matched)
    return ClipScore(
        name=label.name,
        exercise=exercise,
        kind="hold" if label.is_hold else "reps",
        view=view,
        certain=label.certain,
        true_count=label.true_count,
        counted=len(reported),
        missed=missed,
        extra=extra,
        matched=matched,
        true_s=sum(rep.end_s - rep.start_s for rep in truth) if label.is_hold else 0.0,
        counted_s=sum(rep.end_s - rep.start_s for rep in reported) if label.is_hold else 0.0,
        faults=_mentioned(truth, reported).union(declared) if label.reps is not None else frozenset(),
    )


def _mentioned(truth: Iterable[LabelledRep], reported: Iterable[ReportedRep]) -> frozenset[str]:
    labelled = (rep.faults for rep in truth)
    judged = (rep.not_assessed.union(rep.findings) for rep in reported)
    return frozenset().union(*labelled, *judged)


# ---- metrics ----


@dataclass(frozen=True, slots=True)
class RepScores:
    """How well the reps of some clips are counted and timed.

    Attributes:
        clips: number of clips.
        uncertain: those whose label allows one rep more or less.
        reps, counted: reps in the labels and in the reports.
        exact: share of clips with the right count.
        off_by_one: share of clips whose count is at most one off the label's, certain or not.
        mae: mean over the clips that show reps of |error of the count| / true count.
        mae_reps: mean over all clips of |error of the count|, in reps.
        missed, extra: reps without a partner.
        wrong_side: matched reps reported on another side than the label's.
        start_error_s, peak_error_s, end_error_s: mean absolute error over the matched reps.
        clean_reps: matched reps that truly show no fault.
        false_findings: findings on clean reps; two on one rep are two.
    """

    clips: int
    uncertain: int
    reps: int
    counted: int
    exact: float | None
    off_by_one: float | None
    mae: float | None
    mae_reps: float | None
    missed: int
    extra: int
    wrong_side: int
    start_error_s: float | None
    peak_error_s: float | None
    end_error_s: float | None
    clean_reps: int
    false_findings: int

    @property
    def false_findings_per_100_clean_reps(self) -> float | None:
        """100 × findings on clean reps / clean reps."""
        rate = ratio(self.false_findings, self.clean_reps)
        return None if rate is None else 100 * rate


@dataclass(frozen=True, slots=True)
class FaultScores:
    """How often the findings of a fault are right, over the matched reps in which it was assessed.

    A rep is positive if its label has the fault, and found if the report has a finding of it. Reps that were
    missed or extra are errors of counting and do not appear here.

    Attributes:
        tp, fp, fn, tn: true positives (in the label and found), false positives (found only), false negatives
            (in the label only), true negatives (neither).
        not_assessed: matched reps in which the fault was not judged.
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0
    not_assessed: int = 0

    def __add__(self, other: FaultScores) -> FaultScores:
        return FaultScores(
            self.tp + other.tp,
            self.fp + other.fp,
            self.fn + other.fn,
            self.tn + other.tn,
            self.not_assessed + other.not_assessed,
        )

    @property
    def assessed(self) -> int:
        """Matched reps in which the fault was judged."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def precision(self) -> float | None:
        """TP / (TP + FP): the share of findings that are right."""
        return ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """TP / (TP + FN): the share of faulty reps that are found."""
        return ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN): the harmonic mean of precision and recall."""
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def share_not_assessed(self) -> float | None:
        """Not assessed / matched reps."""
        return ratio(self.not_assessed, self.assessed + self.not_assessed)


@dataclass(frozen=True, slots=True)
class HoldScores:
    """How well the time in position is measured.

    Attributes:
        clips: number of clips.
        holds: holds in the labels.
        missed, extra: holds without a partner.
        duration_error_s: mean over the clips of |reported − true total time in position|.
    """

    clips: int
    holds: int
    missed: int
    extra: int
    duration_error_s: float | None


@dataclass(frozen=True, slots=True)
class ConfuserScores:
    """What was counted in footage of something else than the exercise it was judged as.

    Attributes:
        clips: number of clips.
        silent: share of clips with no rep counted.
        counted: reps counted, all of them false.
    """

    clips: int
    silent: float | None
    counted: int


def ratio(part: float, whole: float) -> float | None:
    """Part / whole, or None where there is no whole."""
    return part / whole if whole else None


def mean(values: Iterable[float]) -> float | None:
    """Arithmetic mean, or None of nothing."""
    numbers = list(values)
    return fmean(numbers) if numbers else None


def rep_scores(clips: Iterable[ClipScore]) -> RepScores:
    """Counting and timing over the clips of kind "reps"."""
    chosen = [clip for clip in clips if clip.kind == "reps"]
    matched = [rep for clip in chosen for rep in clip.matched]
    timing = [rep.timing_error_s for rep in matched if rep.timing_error_s is not None]
    clean = [rep for rep in matched if not rep.faults]
    return RepScores(
        clips=len(chosen),
        uncertain=sum(not clip.certain for clip in chosen),
        reps=sum(clip.true_count for clip in chosen),
        counted=sum(clip.counted for clip in chosen),
        exact=mean(clip.count_error == 0 for clip in chosen),
        off_by_one=mean(clip.off_by_one for clip in chosen),
        mae=mean(clip.count_error / clip.true_count for clip in chosen if clip.true_count),
        mae_reps=mean(clip.count_error for clip in chosen),
        missed=sum(clip.missed for clip in chosen),
        extra=sum(clip.extra for clip in chosen),
        wrong_side=sum(rep.wrong_side for rep in matched),
        start_error_s=mean(start for start, _, _ in timing),
        peak_error_s=mean(peak for _, peak, _ in timing),
        end_error_s=mean(end for _, _, end in timing),
        clean_reps=len(clean),
        false_findings=sum(len(rep.findings) for rep in clean),
    )


def fault_scores(clips: Iterable[ClipScore], fault: str, *, view: str | None = None) -> FaultScores:
    """Findings of one fault over the matched reps and holds of the clips, of one view or of all."""
    outcomes = [_outcome(rep, fault) for clip in clips if view is None or clip.view == view for rep in clip.matched]
    return sum(outcomes, FaultScores())


def _outcome(rep: MatchedRep, fault: str) -> FaultScores:
    if fault in rep.not_assessed:
        return FaultScores(not_assessed=1)
    if fault in rep.findings:
        return FaultScores(tp=1) if fault in rep.faults else FaultScores(fp=1)
    return FaultScores(fn=1) if fault in rep.faults else FaultScores(tn=1)


def hold_scores(clips: Iterable[ClipScore]) -> HoldScores:
    """Time in position over the clips of kind "hold"."""
    chosen = [clip for clip in clips if clip.kind == "hold"]
    return HoldScores(
        clips=len(chosen),
        holds=sum(clip.true_count for clip in chosen),
        missed=sum(clip.missed for clip in chosen),
        extra=sum(clip.extra for clip in chosen),
        duration_error_s=mean(abs(clip.counted_s - clip.true_s) for clip in chosen),
    )


def confuser_scores(clips: Iterable[ClipScore]) -> ConfuserScores:
    """Reps counted over the clips of kind "confuser"."""
    chosen = [clip for clip in clips if clip.kind == "confuser"]
    return ConfuserScores(
        clips=len(chosen),
        silent=mean(clip.counted == 0 for clip in chosen),
        counted=sum(clip.counted for clip in chosen),
    )


# ---- all clips ----


@dataclass(frozen=True, slots=True)
class Failure:
    """A clip that could not be judged.

    Attributes:
        name: the video's file name.
        exercise: what it was to be judged as.
        why: one line.
    """

    name: str
    exercise: str
    why: str


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of clips, from which every metric follows.

    Attributes:
        clips: one entry a clip; a confuser has one for each exercise that it was judged as.
        failures: clips that are in no metric, because judging them failed.
    """

    clips: tuple[ClipScore, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def exercises(self) -> tuple[str, ...]:
        """Ids of the exercises that were judged, sorted."""
        return tuple(sorted({clip.exercise for clip in self.clips}))

    def of(self, exercise: str) -> tuple[ClipScore, ...]:
        """The clips judged as this exercise."""
        return tuple(clip for clip in self.clips if clip.exercise == exercise)

    def faults(self, exercise: str) -> tuple[str, ...]:
        """Ids of the faults known for this exercise, sorted."""
        return tuple(sorted(frozenset().union(*(clip.faults for clip in self.of(exercise)))))

    def views(self, exercise: str) -> tuple[str, ...]:
        """Names of the views with a matched rep of this exercise, sorted."""
        return tuple(sorted({clip.view for clip in self.of(exercise) if clip.matched}))

    def total_faults(self) -> FaultScores:
        """All faults of all exercises together (micro-average: each rep and fault weighs the same)."""
        each = (fault_scores(self.of(one), fault) for one in self.exercises for fault in self.faults(one))
        return sum(each, FaultScores())

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data: sorted ids, numbers to four places, None where a metric is undefined."""
        return {
            "total": {**_clips_json(self.clips), "faults": _fault_json(self.total_faults())},
            "exercises": {
                one: {
                    **_clips_json(self.of(one)),
                    "faults": {fault: self._fault_json(one, fault) for fault in self.faults(one)},
                }
                for one in self.exercises
            },
            "clips": [_clip_json(clip) for clip in self.clips],
            "failures": [
                {"video": failure.name, "exercise": failure.exercise, "why": failure.why} for failure in self.failures
            ],
        }

    def _fault_json(self, exercise: str, fault: str) -> dict[str, Any]:
        clips = self.of(exercise)
        views = {view: _fault_json(fault_scores(clips, fault, view=view)) for view in self.views(exercise)}
        return {**_fault_json(fault_scores(clips, fault)), "views": views}


def merge(parts: Iterable[Scores]) -> Scores:
    """The scores of all clips of several runs, as if they had been one run."""
    every = list(parts)
    return Scores(
        clips=tuple(clip for part in every for clip in part.clips),
        failures=tuple(failure for part in every for failure in part.failures),
    )


def _clips_json(clips: Sequence[ClipScore]) -> dict[str, Any]:
    reps, holds, confusers = rep_scores(clips), hold_scores(clips), confuser_scores(clips)
    return {
        "clips": reps.clips,
        "uncertain": reps.uncertain,
        "reps": reps.reps,
        "counted": reps.counted,
        "exact": _rounded(reps.exact),
        "off_by_one": _rounded(reps.off_by_one),
        "mae": _rounded(reps.mae),
        "mae_reps": _rounded(reps.mae_reps),
        "missed": reps.missed,
        "extra": reps.extra,
        "wrong_side": reps.wrong_side,
        "timing_error_s": {
            "start": _rounded(reps.start_error_s),
            "peak": _rounded(reps.peak_error_s),
            "end": _rounded(reps.end_error_s),
        },
        "clean_reps": reps.clean_reps,
        "false_findings": reps.false_findings,
        "false_findings_per_100_clean_reps": _rounded(reps.false_findings_per_100_clean_reps),
        "holds": {
            "clips": holds.clips,
            "holds": holds.holds,
            "missed": holds.missed,
            "extra": holds.extra,
            "duration_error_s": _rounded(holds.duration_error_s),
        },
        "confusers": {
            "clips": confusers.clips,
            "silent": _rounded(confusers.silent),
            "counted": confusers.counted,
        },
    }


def _fault_json(scores: FaultScores) -> dict[str, Any]:
    return {
        "tp": scores.tp,
        "fp": scores.fp,
        "fn": scores.fn,
        "tn": scores.tn,
        "not_assessed": scores.not_assessed,
        "precision": _rounded(scores.precision),
        "recall": _rounded(scores.recall),
        "f1": _rounded(scores.f1),
        "share_not_assessed": _rounded(scores.share_not_assessed),
    }


def _clip_json(clip: ClipScore) -> dict[str, Any]:
    return {
        "video": clip.name,
        "exercise": clip.exercise,
        "kind": clip.kind,
        "view": clip.view,
        "certain": clip.certain,
        "true": clip.true_count,
        "counted": clip.counted,
        "missed": clip.missed,
        "extra": clip.extra,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
