"""How like an exercise a rep is, and which exercise a recording shows: on the bundled samples and synthetic bodies."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from formcoach.analysis import judge
from formcoach.catalogue import bundled, load_catalogue
from formcoach.errors import FormCoachError
from formcoach.likeness import MIN_SEEN, distance, is_unlike, known, signature_of, write_signatures
from formcoach.recognising import family_of, recognise, recognised
from formcoach.recording import load_track

if TYPE_CHECKING:
    from pathlib import Path

    from formcoach.pose import PoseTrack

TRACKS = sorted(bundled("samples").glob("*.poses.npz"))
EXERCISES = load_catalogue().exercises


def look(**changed: float) -> dict[str, float]:
    features = {f"rest feature{i}_t": 0.0 for i in range(MIN_SEEN)}
    return {**features, "rise shoulders_y_t": 0.0, **{name.replace("__", " "): v for name, v in changed.items()}}


SIGNATURE = dict.fromkeys(look(), (0.0, 0.2))


def test_the_same_is_near() -> None:
    assert distance(look(), SIGNATURE) == 0.0
    assert not is_unlike(look(), SIGNATURE)


def test_one_place_that_differs_much_tells() -> None:
    assert distance(look(rest__feature0_t=1.0), SIGNATURE) == pytest.approx(math.sqrt(25 / 5))


def test_a_body_that_sinks_where_it_should_rest_is_unlike() -> None:
    assert is_unlike(look(rise__shoulders_y_t=-0.8), SIGNATURE)
    assert not is_unlike(look(rise__shoulders_y_t=-0.6), SIGNATURE)


def test_too_little_seen_says_nothing() -> None:
    few = dict(list(look().items())[: MIN_SEEN - 1])
    assert math.isnan(distance(few, SIGNATURE))
    assert not is_unlike(few, SIGNATURE)


def test_an_exercise_without_a_signature_is_never_unlike() -> None:
    assert not is_unlike(look(rest__feature0_t=99.0), {})


def test_angles_meet_across_half_a_turn() -> None:
    signature = {**SIGNATURE, "rest bow_deg": (178.0, 12.0)}
    assert distance({**look(), "rest bow_deg": -178.0}, signature) < 0.3


def test_signature_of_many_reps() -> None:
    mean, spread = signature_of([look(rest__feature0_t=value) for value in (0.9, 1.0, 1.1)])["rest feature0_t"]
    assert mean == 1.0
    assert 0.15 < spread < 0.25


def test_signatures_are_written_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "signatures.json"
    write_signatures(path, {"one": [look()]})
    write_signatures(path, {"two": [look()], "none": []})
    assert sorted(json.loads(path.read_text(encoding="utf-8"))["exercises"]) == ["one", "two"]


def test_every_exercise_that_was_rendered_is_known() -> None:
    assert set(EXERCISES) - set(known()) == {"band-pull-apart"}


@pytest.mark.parametrize("path", TRACKS, ids=[path.name.split(".")[0] for path in TRACKS])
def test_samples_are_recognised(path: Path) -> None:
    truth = path.name.split("_")[0]
    ranked = recognise(load_track(path), EXERCISES)
    assert family_of(ranked[0].exercise) == family_of(truth)
    assert truth in [one.exercise for one in ranked[:2]]
    assert 0 < sum(one.confidence for one in ranked) < 1
    assert [one.distance for one in ranked] == sorted(one.distance for one in ranked)


@pytest.mark.parametrize("path", TRACKS, ids=[path.name.split(".")[0] for path in TRACKS])
def test_samples_look_like_what_they_are(path: Path) -> None:
    assert not any(rep.unlike for rep in judge(load_track(path), EXERCISES[path.name.split("_")[0]]).reps)


def test_a_press_is_no_row() -> None:
    """What another exercise's counter makes of a press, it says nothing of its form."""
    (press,) = [path for path in TRACKS if path.name.startswith("overhead-press_clean")]
    judged = [judge(load_track(press), EXERCISES[one]) for one in ("cat-cow", "superman", "pullover-floor")]
    for analysis in judged:
        assert not any(rep.findings for rep in analysis.reps)


def test_nobody_is_no_exercise() -> None:
    track = load_track(TRACKS[0])
    empty: PoseTrack = replace(track, poses=(None,) * len(track))
    assert recognise(empty, EXERCISES) == ()
    with pytest.raises(FormCoachError, match="none of the exercises"):
        recognised(empty, EXERCISES)


def test_what_was_recognised_is_said() -> None:
    exercise, sentence = recognised(load_track(TRACKS[0]), EXERCISES)
    assert sentence.startswith(f"Recognised as {exercise.name.lower()} (")
