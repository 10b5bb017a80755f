"""Which exercise a recording shows: on the bundled samples, and on reps made up for the purpose."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from formcoach import cli, measuring
from formcoach.analysis import judge
from formcoach.body import Side, View
from formcoach.catalogue import bundled, load_catalogue
from formcoach.errors import FormCoachError
from formcoach.evaluate import Clip
from formcoach.exercise import Rep, RepSignal, Span, Walk
from formcoach.likeness import SIGNATURES_VARIABLE, common_spreads, known
from formcoach.measure import Measure
from formcoach.measuring import recognition
from formcoach.recognising import SURE, Candidate, family_of, rank, recognise, recognised, said_of
from formcoach.recording import load_track
from formcoach.scoring import Label

if TYPE_CHECKING:
    from pathlib import Path

    from formcoach.body import Body
    from formcoach.pose import PoseTrack

TRACKS = sorted(bundled("samples").glob("*.poses.npz"))
EXERCISES = load_catalogue().exercises


def sample(exercise_id: str) -> PoseTrack:
    return load_track(next(path for path in TRACKS if path.name.startswith(f"{exercise_id}_")))


def empty() -> PoseTrack:
    track = load_track(TRACKS[0])
    return replace(track, poses=(None,) * len(track))


# ---- recordings ----


@pytest.mark.parametrize("path", TRACKS, ids=[path.name.split(".")[0] for path in TRACKS])
def test_samples_are_recognised(path: Path) -> None:
    truth = path.name.split("_")[0]
    ranked = recognise(load_track(path), EXERCISES)
    assert family_of(EXERCISES[ranked[0].exercise]) == family_of(EXERCISES[truth])
    (right,) = [one for one in ranked[:3] if one.exercise == truth]
    assert right.reps == len(judge(load_track(path), EXERCISES[truth]).reps)
    assert 0 < sum(one.confidence for one in ranked) < 1
    assert [one.distance for one in ranked] == sorted(one.distance for one in ranked)


def test_nobody_is_no_exercise() -> None:
    assert recognise(empty(), EXERCISES) == ()
    with pytest.raises(FormCoachError, match="none of the exercises"):
        recognised(empty(), EXERCISES)


@pytest.mark.parametrize("exercise_id", ["bent-over-row", "single-arm-row", "deadlift"])
def test_a_movement_whose_family_is_left_out_is_none(exercise_id: str) -> None:
    family = family_of(EXERCISES[exercise_id])
    others = {id_: one for id_, one in EXERCISES.items() if family_of(one) != family}
    assert recognise(sample(exercise_id), others) == ()


def test_a_recording_is_judged_as_what_it_shows_and_told_so() -> None:
    track = sample("deadlift")
    found, named = recognised(track, EXERCISES), judge(track, EXERCISES["deadlift"])
    assert found.exercise is EXERCISES["deadlift"]
    assert found.reps == named.reps
    assert found.notes[0].startswith("Recognised as deadlift (")
    assert found.notes[1:] == named.notes


def test_a_rule_that_fails_is_no_candidate() -> None:
    def fails(_body: Body) -> float:
        raise ZeroDivisionError

    signal = RepSignal(measure=Measure("fails", fails, sided=False), rest=0.0, peak=1.0, full=1.0)
    broken = {**EXERCISES, "wide-row": replace(EXERCISES["wide-row"], signal=signal)}
    ranked = recognise(sample("bent-over-row"), broken)
    assert ranked[0].exercise == "bent-over-row"
    assert "wide-row" not in [one.exercise for one in ranked]


# ---- reps ----


def rep(exercise_id: str, start_s: float = 0.0, length_s: float = 2.0, **changed: Any) -> Rep:
    """A rep that looks like an exercise."""
    end_s = start_s + length_s
    made = Rep(
        number=1, set_number=1, side=None, view=View.SIDE, azimuth_deg=90.0, findings=(), hints=(), not_assessed=(),
        span=Span(start_s, start_s + 0.8, start_s + 1.0, end_s, rest=0.0, peak=1.0, next_rest=0.0, reach=1.0),
        look={name: mean for name, (mean, _) in known()[exercise_id].items()},
    )  # fmt: skip
    return replace(made, **changed)


def reps(exercise_id: str, number: int = 4, **changed: Any) -> list[Rep]:
    return [rep(exercise_id, 3.0 * n, **changed) for n in range(number)]


def far_of(counted: dict[str, list[Rep]]) -> dict[str, float]:
    return {one.exercise: one.distance for one in rank(counted, EXERCISES)}


def test_what_looks_like_it_wins() -> None:
    row = reps("bent-over-row")
    best, second = rank({"wide-row": row, "bent-over-row": row}, EXERCISES)
    assert (best.exercise, best.distance, best.reps) == ("bent-over-row", 0.0, 4)
    assert best.confidence > second.confidence > 0


def test_what_is_like_nothing_is_none() -> None:
    assert rank({"deadlift": reps("pullover-floor")}, EXERCISES) == ()
    assert rank({}, EXERCISES) == ()


def test_movement_left_uncounted_tells_against_it() -> None:
    row = reps("bent-over-row")
    far = far_of({"bent-over-row": row, "single-arm-row": row[:1], "wide-row": row})
    one_of_four = far_of({"single-arm-row": row[:1]})
    assert far["single-arm-row"] == pytest.approx(one_of_four["single-arm-row"] + 0.75)


def test_reps_that_are_mostly_unlike_it_are_none_of_it() -> None:
    row = reps("bent-over-row")
    half, most = [row[0], row[1], *reps("bent-over-row", 2, unlike=True)], reps("bent-over-row", unlike=True)
    assert far_of({"bent-over-row": half}) == {"bent-over-row": 0.0}
    assert far_of({"bent-over-row": most}) == {}
    assert far_of({"bent-over-row": most, "wide-row": reps("wide-row")}) == {"wide-row": 0.0}


@pytest.mark.parametrize(
    ("length_s", "steps", "far"), [(8.0, 12, 0.0), (8.0, 10, 1.0), (5.0, 9, 1.0)], ids=["walked", "stood", "short"]
)
def test_a_rest_between_reps_is_no_carry(length_s: float, steps: int, far: float) -> None:
    carried = rep("farmers-carry", length_s=length_s, walk=Walk(steps, 0))
    assert far_of({"farmers-carry": [carried]}) == {"farmers-carry": far}


@pytest.mark.parametrize(
    ("exercise_id", "sides", "far"),
    [
        ("alternating-row", "lrlr", 0.0),
        ("alternating-row", "llll", 0.3),
        ("single-arm-row", "llrr", 0.0),
        ("single-arm-row", "lrlr", 0.3),
    ],
)
def test_arms_in_another_order_tell_against_it(exercise_id: str, sides: str, far: float) -> None:
    arms = {"l": Side.LEFT, "r": Side.RIGHT}
    counted = [rep(exercise_id, 3.0 * n, side=arms[one]) for n, one in enumerate(sides)]
    assert far_of({exercise_id: counted}) == {exercise_id: far}


# ---- words ----


def candidates(**confidences: float) -> list[Candidate]:
    return [Candidate(id_.replace("_", "-"), 0.5, confidence, 4) for id_, confidence in confidences.items()]


@pytest.mark.parametrize(
    ("ranked", "said"),
    [
        (
            candidates(bent_over_row=0.8, wide_row=0.1),
            "Recognised as bent-over row (80 % sure); next likely: wide bent-over row.",
        ),
        (
            candidates(bent_over_row=0.5, wide_row=0.3),
            "Recognised as a row (80 % sure), most like bent-over row (50 %); next likely: wide bent-over row.",
        ),
        (
            candidates(bent_over_row=0.5, deadlift=0.3),
            "Recognised as bent-over row (50 % sure); next likely: deadlift.",
        ),
        (candidates(deadlift=0.6), "Recognised as deadlift (60 % sure)."),
    ],
)
def test_what_was_recognised_is_said(ranked: list[Candidate], said: str) -> None:
    assert said_of(ranked, EXERCISES) == said


def test_a_family_of_somebody_else_is_said_too() -> None:
    theirs = {id_: replace(EXERCISES[id_], family="arm raise") for id_ in ("front-raise", "upright-row")}
    ranked = candidates(front_raise=SURE - 0.2, upright_row=0.3)
    assert said_of(ranked, {**EXERCISES, **theirs}).startswith(
        "Recognised as an arm raise (80 % sure), most like front"
    )


def test_families_join_exercises_and_the_others_stand_alone() -> None:
    families = [one.family for one in EXERCISES.values() if one.family]
    assert all(families.count(one) > 1 for one in families)
    assert family_of(EXERCISES["wide-row"]) == family_of(EXERCISES["single-arm-row"]) == "row"
    assert family_of(EXERCISES["deadlift"]) == "deadlift"


# ---- measuring it ----


def test_recognition_is_measured_by_exercise_by_family_and_of_none(tmp_path: Path) -> None:
    shown = {"right": "bent-over-row", "kin": "wide-row", "else": "deadlift", "none": None, "nobody": None}
    clips = [Clip(tmp_path / name, Label(name, shown[name], None, 5)) for name in shown]
    tracks = {clip.video: empty() if clip.label.name == "nobody" else sample("bent-over-row") for clip in clips}
    result = recognition(clips, tracks.__getitem__)
    assert (result["clips"], result["by_exercise"], result["by_family"]) == (
        3,
        pytest.approx(1 / 3),
        pytest.approx(2 / 3),
    )
    assert (result["of_no_exercise"], result["taken_for_none"]) == (2, 1)
    assert [(one["video"], one["is"], one["taken for"]) for one in result["wrong"]] == [
        ("kin", "wide-row", "bent-over-row"),
        ("else", "deadlift", "bent-over-row"),
        ("none", None, "bent-over-row"),
    ]


def test_recognition_by_signatures_of_other_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a file in which every exercise lies on its back a row is none of them."""
    label = {"exercise": "bent-over-row", "reps": []}
    (tmp_path / "row.json").write_text(json.dumps(label), encoding="utf-8")
    (tmp_path / "row.mp4").write_bytes(b"")
    lie = dict.fromkeys(known(), known()["pullover-floor"])
    (tmp_path / "lie.txt").write_text(json.dumps({"exercises": lie}), encoding="utf-8")
    monkeypatch.setattr(cli, "_model", lambda _name: None)
    monkeypatch.setattr(measuring, "track_of", lambda *_args, **_named: sample("bent-over-row"))
    monkeypatch.setenv(SIGNATURES_VARIABLE, "")

    def measured(*more: str) -> Any:
        forget()
        result = CliRunner().invoke(cli.app, ["evaluate", str(tmp_path), "--auto", *more])
        forget()
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    assert measured()["by_exercise"] == 1.0
    assert measured("--signatures", str(tmp_path / "lie.txt"))["by_family"] == 0.0


def forget() -> None:
    known.cache_clear()
    common_spreads.cache_clear()
