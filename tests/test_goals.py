from __future__ import annotations

import pytest

from formcoach.goals import GOOD, SHORT, goals_of, lines_of
from formcoach.scoring import ClipScore, MatchedRep, Scores


def rep(*, true: bool = False, found: bool = False) -> MatchedRep:
    return MatchedRep(
        faults=frozenset({"shrug"} if true else ()), findings=("shrug",) if found else (), not_assessed=frozenset(),
        wrong_side=False, timing_error_s=(0.1, 0.2, 0.3),
    )  # fmt: skip


def clip(*reps: MatchedRep, counted: int | None = None, view: str = "side", exercise: str = "deadlift") -> ClipScore:
    counted = len(reps) if counted is None else counted
    return ClipScore(
        name="x.mp4", exercise=exercise, kind="reps", view=view, certain=True, true_count=len(reps), counted=counted,
        missed=max(len(reps) - counted, 0), extra=max(counted - len(reps), 0), matched=reps,
        faults=frozenset({"shrug"}),
    )  # fmt: skip


def measured(scores: Scores, what: str) -> tuple[str, bool | None]:
    (goal,) = (goal for goal in goals_of(scores) if goal.what.startswith(what))
    return goal.measured, goal.kept


@pytest.mark.parametrize(("right", "kept"), [(97, True), (96, False)])
def test_exact_counts(right: int, kept: bool) -> None:
    clips = [clip(rep())] * right + [clip(rep(), counted=2)] * (100 - right)
    assert measured(Scores(clips=tuple(clips)), "clips with the exact") == (f"{right / 100:.3f}", kept)


def test_an_exercise_counts_in_its_best_view() -> None:
    scores = Scores(clips=(clip(rep(), counted=3, view="front"), clip(rep()), clip(rep(), counted=2, exercise="y")))
    assert measured(scores, "exercises counted") == ("1 of 2 (not y 0.00)", False)


def test_the_worst_fault_is_named_where_it_falls_short() -> None:
    reps = [rep(true=True, found=True)] * 8 + [rep(true=True)] + [rep(found=True)] * 2
    scores = Scores(clips=(clip(*reps),))
    assert measured(scores, "lowest precision of the 1") == ("0.800 (deadlift, shrug)", False)
    assert measured(scores, "lowest recall") == ("0.889 (deadlift, shrug)", False)
    assert measured(scores, "findings right") == ("8 / 2 / 1", None)
    assert measured(scores, "false findings per 100") == ("100.0", False)


def test_faults_that_do_not_occur_say_nothing_of_recall() -> None:
    assert not [goal for goal in goals_of(Scores(clips=(clip(rep()),))) if "recall" in goal.what]


def test_lines() -> None:
    lines = lines_of(Scores(clips=(clip(rep()), clip(rep(), counted=4))))
    assert lines[0].count("|") == lines[1].count("|") == lines[2].count("|") == 5
    assert any(line.endswith(f"| {SHORT} |") for line in lines)
    assert any(line.endswith(f"| {GOOD} |") for line in lines)


def test_nothing_measured_keeps_and_misses_nothing() -> None:
    assert all(goal.kept is None for goal in goals_of(Scores()))
