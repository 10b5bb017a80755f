"""What an analysis comes to, for people and programs: report.json, reps.csv, and tables on the terminal.

The page beside them, report.html, is `formcoach.page`.
"""

from __future__ import annotations

import csv
import io
import json
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from formcoach import __version__
from formcoach.exercise import HoldSignal
from formcoach.files import write_whole
from formcoach.judging import not_assessable
from formcoach.recording import save_track

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.table import Table

    from formcoach.analysis import Analysis
    from formcoach.cutting import Footage
    from formcoach.exercise import Exercise, Finding, NotAssessed, Rep

SCHEMA = 1
DIGITS = {"deg": 0, "T": 2, "s": 1, "%": 0}
UNIT_WORDS = {"deg": "°", "T": " torso lengths", "s": " s", "%": " %"}


def write_report(analysis: Analysis, folder: Path, footage: Sequence[Footage] = ()) -> dict[str, Any]:
    """Write report.json, reps.csv, poses.npz and report.html into a folder; the same analysis gives the same bytes.

    Args:
        analysis: of a recording.
        folder: made if it is not there.
        footage: video of it, for the page to show clips of.

    Raises:
        FormCoachError: the folder cannot be written, or the disk is full.
    """
    from formcoach.page import write_page

    report = report_of(analysis)
    with ThreadPoolExecutor(1) as beside:  # packing the track and cutting clips both leave Python free
        saved = beside.submit(save_track, folder / "poses.npz", analysis.track)
        write_whole(folder / "reps.csv", csv_of(report).encode())
        write_whole(folder / "report.json", json_of(report).encode(errors="replace"))
        write_page(analysis, folder / "report.html", footage)
        saved.result()
    return report


def json_of(report: dict[str, Any]) -> str:
    """The report as text, keys in the order they were set."""
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def report_of(analysis: Analysis) -> dict[str, Any]:
    """The report as plain data."""
    source, exercise = analysis.track.source, analysis.exercise
    timed = exercise.kind.timed
    return {
        "schema": SCHEMA,
        "formcoach": __version__,
        "video": source.name,
        "exercise": exercise.id,
        "model": source.model,
        "duration_s": _rounded(source.duration_s),
        "frames": len(analysis.track),
        "frames_with_person": sum(pose is not None for pose in analysis.track.poses),
        "view": {
            "name": None if analysis.view is None else analysis.view.value,
            "azimuth_deg": _rounded(analysis.azimuth_deg, 1),
        },
        "sets": [] if timed else [_set(number, reps, exercise) for number, reps in _sets(analysis.reps)],
        "partial_reps": [
            {
                "start_s": _rounded(span.start_s),
                "peak_s": _rounded(span.peak_s),
                "end_s": _rounded(span.end_s),
                "range": _rounded(span.range),
            }
            for span in analysis.partials
        ],
        "holds": [_hold(rep, exercise) for rep in analysis.reps] if timed else [],
        "not_assessed": _not_assessed(analysis),
        "cues": [{"time_s": _rounded(cue.time_s), "fault": cue.fault, "text": cue.text} for cue in analysis.cues],
        "notes": list(analysis.notes),
    }


def _sets(reps: tuple[Rep, ...]) -> list[tuple[int, list[Rep]]]:
    numbers = dict.fromkeys(rep.set_number for rep in reps)
    return [(number, [rep for rep in reps if rep.set_number == number]) for number in numbers]


def _set(number: int, reps: list[Rep], exercise: Exercise) -> dict[str, Any]:
    return {
        "number": number,
        "start_s": _rounded(reps[0].span.start_s),
        "end_s": _rounded(reps[-1].span.end_s),
        "reps": [_rep(rep, exercise) for rep in reps],
    }


def _rep(rep: Rep, exercise: Exercise) -> dict[str, Any]:
    span = rep.span
    first_s, last_s = span.peak_s - span.start_s, span.end_s - span.lowering_s
    if exercise.lowers_first:
        first_s, last_s = last_s, first_s
    return {
        "number": rep.number,
        "side": "both" if rep.side is None else rep.side.value,
        "start_s": _rounded(span.start_s),
        "peak_s": _rounded(span.peak_s),
        "end_s": _rounded(span.end_s),
        "complete": span.complete,
        "range": _rounded(span.range),
        "range_unit": exercise.unit,
        "concentric_s": _rounded(first_s),
        "hold_s": _rounded(span.lowering_s - span.peak_s),
        "eccentric_s": _rounded(last_s),
        **_judged(rep),
    }


def _hold(rep: Rep, exercise: Exercise) -> dict[str, Any]:
    signal = exercise.signal
    entry = {
        "number": rep.number,
        "set": rep.set_number,
        "side": "both" if rep.side is None else rep.side.value,
        "start_s": _rounded(rep.span.start_s),
        "end_s": _rounded(rep.span.end_s),
        "complete": rep.span.complete,
        "held_s": _rounded(rep.span.range),
    }
    if isinstance(signal, HoldSignal):
        entry["target_s"] = signal.target_s
    if rep.walk is not None:
        entry.update(steps=rep.walk.steps, turns=rep.walk.turns)
    return {**entry, **_judged(rep)}


def _judged(rep: Rep) -> dict[str, Any]:
    return {
        "view": rep.view.value,
        "findings": [finding_of(finding) for finding in rep.findings],
        "hints": [finding_of(hint) for hint in rep.hints],
        "not_assessed": [missed.fault for missed in rep.not_assessed],
    }


def finding_of(finding: Finding) -> dict[str, Any]:
    """A finding as the report writes it."""
    return {
        "fault": finding.fault,
        "severity": finding.severity,
        "value": _rounded(finding.value),
        "limit": _rounded(finding.limit),
        "unit": finding.unit,
        "time_s": _rounded(finding.time_s),
        "confidence": _rounded(finding.confidence, 2),
    }


def _not_assessed(analysis: Analysis) -> list[dict[str, Any]]:
    """Each fault that could not be judged in some rep, with the first reason and the number of reps."""
    first: dict[str, NotAssessed] = {}
    count: dict[str, int] = {}
    missed = [m for rep in analysis.reps for m in rep.not_assessed]
    if not analysis.reps and analysis.view is not None:
        missed = list(not_assessable(analysis.exercise, analysis.view))
    for m in missed:
        first.setdefault(m.fault, m)
        count[m.fault] = count.get(m.fault, 0) + 1
    return [
        {"fault": fault, "why": m.why, "instead": m.instead, "reps": count[fault] if analysis.reps else 0}
        for fault, m in first.items()
    ]


def _rounded(value: float, digits: int = 3) -> float | None:
    """For JSON: NaN is null, and -0.0 is 0."""
    return None if math.isnan(value) else round(value, digits) + 0.0


CSV_COLUMNS = (
    "set", "rep", "side", "start_s", "peak_s", "end_s", "complete", "range", "range_unit", "concentric_s", "hold_s",
    "eccentric_s", "findings", "not_assessed",
)  # fmt: skip


def csv_of(report: dict[str, Any]) -> str:
    """One line a rep or a hold; findings as fault:severity, several parted by spaces."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    reps = [{**rep, "set": one["number"]} for one in report["sets"] for rep in one["reps"]]
    holds = [{**hold, "range": hold["held_s"], "range_unit": "s", "hold_s": hold["held_s"]} for hold in report["holds"]]
    for entry in reps + holds:
        findings = " ".join(f"{f['fault']}:{f['severity']}" for f in entry["findings"])
        not_assessed = " ".join(entry["not_assessed"])
        writer.writerow({**entry, "rep": entry["number"], "findings": findings, "not_assessed": not_assessed})
    return text.getvalue()


# ---- the terminal ----


def table_of(analysis: Analysis) -> Table:
    """The reps as a table: when, how far, how fast, what was wrong."""
    from rich.table import Table

    exercise = analysis.exercise
    plural = "" if len(analysis.reps) == 1 else "s"
    counted = "hold" if exercise.kind.timed else "rep"
    table = Table(title=f"{exercise.name} · {len(analysis.reps)} {counted}{plural}", title_justify="left")
    first, last = ("down", "up") if exercise.lowers_first else ("up", "down")
    in_heading = exercise.unit == "T"  # too long a word for each cell
    range_heading = "range,\ntorso\nlengths" if in_heading else "range"
    for heading in (
        "set",
        counted,
        "from",
        "to",
        *(("held",) if exercise.kind.timed else (range_heading, first, "hold", last)),
    ):
        table.add_column(heading, justify="right")
    table.add_column("form", overflow="fold", ratio=1)
    for rep in analysis.reps:
        table.add_row(
            str(rep.set_number),
            f"{rep.number} {rep.side.value}" if rep.side else str(rep.number),
            f"{rep.span.start_s:.1f} s",
            f"{rep.span.end_s:.1f} s",
            f"{rep.span.range:.2f}" if in_heading else quantity(rep.span.range, exercise.unit),
            *(() if exercise.kind.timed else _tempo(rep)),
            _verdict(analysis, rep),
        )
    return table


def _tempo(rep: Rep) -> tuple[str, str, str]:
    span = rep.span
    parts_s = (span.peak_s - span.start_s, span.lowering_s - span.peak_s, span.end_s - span.lowering_s)
    first, hold, last = (f"{part_s:.1f} s" for part_s in parts_s)
    return first, hold, last


def _verdict(analysis: Analysis, rep: Rep) -> Any:
    from rich.text import Text

    if rep.unlike:
        return Text("not judged: does not look like it", style="dim")
    if not rep.findings:
        return Text("clean", style="green") if rep.clean else Text("not judged from here", style="dim")
    text = Text()
    for i, finding in enumerate(rep.findings):
        style = "bold red" if finding.severity == "severe" else "yellow"
        text.append("\n" if i else "")
        text.append(in_words(analysis.exercise.fault(finding.fault).name, finding), style)
    return text


def in_words(name: str, finding: Finding) -> str:
    """A finding in words, value against limit: `Back rounding: 35°, limit 16° (severe)`."""
    value, limit = quantity(finding.value, finding.unit), quantity(finding.limit, finding.unit)
    return f"{name}: {value}, limit {limit} ({finding.severity})"


def quantity(value: float, unit: str) -> str:
    """A value with its unit, as people read it."""
    return f"{value:.{DIGITS[unit]}f}{UNIT_WORDS[unit]}"
