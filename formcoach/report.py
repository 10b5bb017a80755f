"""What an analysis comes to, for people and programs: report.json, reps.csv, and tables on the terminal."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

from formcoach import __version__
from formcoach.files import write_whole
from formcoach.judging import not_assessable
from formcoach.recording import save_track

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from formcoach.analysis import Analysis
    from formcoach.exercise import Finding, NotAssessed, Rep

SCHEMA = 1
UNIT_WORDS = {"deg": "°", "T": " torso lengths", "s": " s", "%": " %"}


def write_report(analysis: Analysis, folder: Path) -> dict[str, Any]:
    """Write report.json, reps.csv and poses.npz into a folder; the same analysis gives the same bytes.

    Raises:
        FormCoachError: the folder cannot be written, or the disk is full.
    """
    report = report_of(analysis)
    save_track(folder / "poses.npz", analysis.track)
    write_whole(folder / "reps.csv", csv_of(report).encode())
    write_whole(folder / "report.json", json_of(report).encode(errors="replace"))
    return report


def json_of(report: dict[str, Any]) -> str:
    """The report as text, keys in the order they were set."""
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def report_of(analysis: Analysis) -> dict[str, Any]:
    """The report as plain data."""
    source, exercise = analysis.track.source, analysis.exercise
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
        "sets": [_set(number, reps, exercise.signal.measure.unit) for number, reps in _sets(analysis.reps)],
        "partial_reps": [
            {
                "start_s": _rounded(span.start_s),
                "peak_s": _rounded(span.peak_s),
                "end_s": _rounded(span.end_s),
                "range": _rounded(span.range),
            }
            for span in analysis.partials
        ],
        "holds": [],
        "not_assessed": _not_assessed(analysis),
        "cues": [{"time_s": _rounded(cue.time_s), "fault": cue.fault, "text": cue.text} for cue in analysis.cues],
        "notes": list(analysis.notes),
    }


def _sets(reps: tuple[Rep, ...]) -> list[tuple[int, list[Rep]]]:
    numbers = dict.fromkeys(rep.set_number for rep in reps)
    return [(number, [rep for rep in reps if rep.set_number == number]) for number in numbers]


def _set(number: int, reps: list[Rep], unit: str) -> dict[str, Any]:
    return {
        "number": number,
        "start_s": _rounded(reps[0].span.start_s),
        "end_s": _rounded(reps[-1].span.end_s),
        "reps": [_rep(rep, unit) for rep in reps],
    }


def _rep(rep: Rep, unit: str) -> dict[str, Any]:
    span = rep.span
    return {
        "number": rep.number,
        "side": "both" if rep.side is None else rep.side.value,
        "start_s": _rounded(span.start_s),
        "peak_s": _rounded(span.peak_s),
        "end_s": _rounded(span.end_s),
        "complete": span.complete,
        "range": _rounded(span.range),
        "range_unit": unit,
        "concentric_s": _rounded(span.peak_s - span.start_s),
        "hold_s": _rounded(span.lowering_s - span.peak_s),
        "eccentric_s": _rounded(span.end_s - span.lowering_s),
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
    """One line a rep; findings as fault:severity, several parted by spaces."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for one in report["sets"]:
        for rep in one["reps"]:
            findings = " ".join(f"{f['fault']}:{f['severity']}" for f in rep["findings"])
            cells = {**rep, "set": one["number"], "rep": rep["number"], "findings": findings}
            cells["not_assessed"] = " ".join(rep["not_assessed"])
            writer.writerow([cells[column] for column in CSV_COLUMNS])
    return text.getvalue()


# ---- the terminal ----


def table_of(analysis: Analysis) -> Table:
    """The reps as a table: when, how far, how fast, what was wrong."""
    from rich.table import Table
    from rich.text import Text

    signal = analysis.exercise.signal.measure
    table = Table(title=f"{analysis.exercise.name} · {len(analysis.reps)} reps", title_justify="left")
    for heading in ("set", "rep", "from", "to", "range", "up", "hold", "down"):
        table.add_column(heading, justify="right")
    table.add_column("form", overflow="fold", ratio=1)
    for rep in analysis.reps:
        span = rep.span
        decimals = 0 if signal.unit == "deg" else 2
        table.add_row(
            str(rep.set_number),
            f"{rep.number} {rep.side.value}" if rep.side else str(rep.number),
            f"{span.start_s:.1f} s",
            f"{span.end_s:.1f} s",
            f"{span.range:.{decimals}f}{'°' if signal.unit == 'deg' else ' T'}",
            f"{span.peak_s - span.start_s:.1f} s",
            f"{span.lowering_s - span.peak_s:.1f} s",
            f"{span.end_s - span.lowering_s:.1f} s",
            _verdict(analysis, rep) if rep.findings else Text("clean", style="green"),
        )
    return table


def _verdict(analysis: Analysis, rep: Rep) -> Any:
    from rich.text import Text

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
    decimals = {"deg": 0, "%": 0, "s": 1, "T": 2}[unit]
    return f"{value:.{decimals}f}{UNIT_WORDS[unit]}"
