"""The table of what each exercise judges: how well each view shows each fault, and how often findings were right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from formcoach import goals
from formcoach.errors import FormCoachError
from formcoach.exercise import Grade
from formcoach.files import write_whole
from formcoach.scoring import FaultScores, fault_scores, hold_scores, rep_scores

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from formcoach.catalogue import Catalogue
    from formcoach.exercise import Exercise, Fault
    from formcoach.scoring import Scores

BEGIN, END = "<!-- table: written by `formcoach evaluate --table` -->", "<!-- end of table -->"
HEADING = (
    "| fault | F | R | S | O | limits | reps at fault | precision | recall |",
    "|---|---|---|---|---|---|---|---|---|",
)
NOWHERE = "not assessable by any camera"


def write_table(path: Path, catalogue: Catalogue, scores: Scores) -> None:
    """Put the table between the marks of a file, in the place of what stood there.

    Raises:
        FormCoachError: the file cannot be read or written, or lacks the marks.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise FormCoachError(f"{path}: cannot be read ({error.strerror})") from error
    if BEGIN not in text or END not in text:
        raise FormCoachError(f"{path}: put the lines '{BEGIN}' and '{END}' where the table belongs")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    table = "\n".join(lines_of(catalogue, scores))
    write_whole(path, f"{before}{BEGIN}\n{table}\n{END}{after}".encode())


def lines_of(catalogue: Catalogue, scores: Scores) -> list[str]:
    """The table as lines of Markdown: the goals, then a part an exercise."""
    lines = ["", "Over all of them:", "", *goals.lines_of(scores)]
    for exercise_id in sorted(catalogue.exercises):
        exercise = catalogue[exercise_id]
        lines += ["", f"### `{exercise_id}`: {exercise.name}", "", f"{_counted(exercise, scores)}", "", *HEADING]
        lines += [row_of(exercise, fault, scores) for fault in exercise.faults]
    return [*lines, ""]


def row_of(exercise: Exercise, fault: Fault, scores: Scores) -> str:
    """One fault."""
    grades = (fault.grades.front, fault.grades.rear, fault.grades.side, fault.grades.oblique)
    measured = fault_scores(scores.of(exercise.id), fault.id)
    weak = all(grade in (Grade.C, Grade.X) for grade in grades)
    cells = [
        f"`{fault.id}`" + (f" ({NOWHERE})" if weak else ""),
        *(grade.value for grade in grades),
        f"{fault.mild:g} / {fault.severe:g} {fault.unit}",
        *_figures(measured),
    ]
    return f"| {' | '.join(cells)} |"


def _figures(measured: FaultScores) -> Iterable[str]:
    at_fault = measured.tp + measured.fn
    if at_fault == 0:
        return ("none shown", "" if measured.fp == 0 else f"{measured.fp} false", "")
    return (str(at_fault), _share(measured.precision), _share(measured.recall))


def _counted(exercise: Exercise, scores: Scores) -> str:
    clips = scores.of(exercise.id)
    if not clips:
        return "Not measured on clips: judged on synthetic poses only."
    if exercise.kind.timed:
        holds = hold_scores(clips)
        error = "unknown" if holds.duration_error_s is None else f"{holds.duration_error_s:.2f} s"
        return f"{holds.clips} clips; time in position off by {error} on average; missed {holds.missed}."
    reps = rep_scores(clips)
    return (
        f"{reps.clips} clips; reps exact {_share(reps.exact)}, off by one at most {_share(reps.off_by_one)}; "
        f"{reps.false_findings} false findings on {reps.clean_reps} clean reps."
    )


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
