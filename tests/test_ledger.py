"""The table of rules/README.md: it says what the modules declare, and is written in place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from formcoach.catalogue import bundled, load_catalogue
from formcoach.errors import FormCoachError
from formcoach.exercise import Grade
from formcoach.ledger import BEGIN, END, NOWHERE, lines_of, row_of, write_table
from formcoach.scoring import ClipScore, MatchedRep, Scores

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_catalogue()
GUIDE = (bundled("rules") / "README.md").read_text(encoding="utf-8")


def rows(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]


def test_the_guide_lists_what_the_modules_declare() -> None:
    """Run `formcoach evaluate CLIPS --table rules/README.md` after any change of a rule."""
    written = rows(GUIDE.split(BEGIN)[1].split(END)[0].splitlines())
    expected = rows(lines_of(CATALOGUE, Scores()))
    assert [row[:6] for row in written] == [row[:6] for row in expected]
    assert re.findall(r"^### `([\w-]+)`", GUIDE, re.MULTILINE) == sorted(CATALOGUE.exercises)


def test_what_no_camera_shows_is_said() -> None:
    for exercise in CATALOGUE.exercises.values():
        for fault in exercise.faults:
            grades = vars(fault.grades).values()
            assert (NOWHERE in row_of(exercise, fault, Scores())) == all(g in (Grade.C, Grade.X) for g in grades)


def matched(*, true: bool, found: bool) -> MatchedRep:
    faults = frozenset({"shrug"}) if true else frozenset()
    return MatchedRep(
        faults=faults, findings=("shrug",) if found else (), not_assessed=frozenset(), wrong_side=False,
        timing_error_s=(0.1, 0.1, 0.1),
    )  # fmt: skip


def a_clip(*reps: MatchedRep) -> ClipScore:
    return ClipScore(
        name="x.mp4", exercise="bent-over-row", kind="reps", view="side", certain=True, true_count=len(reps),
        counted=len(reps), missed=0, extra=0, matched=reps, faults=frozenset({"shrug"}),
    )  # fmt: skip


def test_figures_of_a_fault() -> None:
    exercise = CATALOGUE["bent-over-row"]
    reps = [matched(true=True, found=True)] * 3 + [matched(true=True, found=False), matched(true=False, found=True)]
    (row,) = rows([row_of(exercise, exercise.fault("shrug"), Scores(clips=(a_clip(*reps),)))])
    assert row[-3:] == ["4", "0.75", "0.75"]


def test_written_between_the_marks(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_table(path, CATALOGUE, Scores())
    once = path.read_text(encoding="utf-8")
    assert once.startswith(f"before\n{BEGIN}\n")
    assert once.endswith(f"{END}\nafter\n")
    assert "\nold\n" not in once
    write_table(path, CATALOGUE, Scores())
    assert path.read_text(encoding="utf-8") == once


def test_a_file_without_marks_is_told(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("nothing here\n", encoding="utf-8")
    with pytest.raises(FormCoachError, match="where the table belongs"):
        write_table(path, CATALOGUE, Scores())
    with pytest.raises(FormCoachError, match="cannot be read"):
        write_table(tmp_path / "none.md", CATALOGUE, Scores())
