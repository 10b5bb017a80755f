"""How like an exercise a rep is: on the bundled samples and synthetic bodies."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest

from formcoach.analysis import judge
from formcoach.catalogue import bundled, load_catalogue
from formcoach.errors import FormCoachError
from formcoach.likeness import (
    MIN_SEEN,
    SIGNATURES_VARIABLE,
    common_spreads,
    distance,
    is_unlike,
    known,
    nearness,
    signature_of,
    write_signatures,
)
from formcoach.recording import load_track

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


@pytest.fixture
def own_signatures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "own.json"
    monkeypatch.setenv(SIGNATURES_VARIABLE, str(path))
    forget()
    yield path
    forget()


def forget() -> None:
    known.cache_clear()
    common_spreads.cache_clear()


def test_signatures_of_ones_own_go_first(own_signatures: Path) -> None:
    write_signatures(own_signatures, {"mine": [look()], "deadlift": [look()]})
    assert set(known()["deadlift"]) == set(known()["mine"]) == set(look())
    assert "rest bow_deg" in known()["bent-over-row"]


def test_signatures_that_are_missing_are_told(own_signatures: Path) -> None:
    with pytest.raises(FormCoachError, match=r"own\.json: no such file"):
        known()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "{}", '{"exercises": 3}', '{"exercises": {"a": []}}', '{"exercises": {"a": {"b": 3}}}',
     '{"exercises": {"a": {"b": [1]}}}', '{"exercises": {"a": {"b": ["x", 1]}}}', '{"exercises": {"a": {"b": [1, 0]}}}',
     '{"exercises": {"a": {"b": [NaN, 1]}}}', "[" * 100_000],
    ids=lambda text: text[:40],
)  # fmt: skip
def test_a_file_that_holds_no_signatures_is_refused(own_signatures: Path, text: str) -> None:
    own_signatures.write_text(text, encoding="utf-8")
    for use in (known, lambda: write_signatures(own_signatures, {"mine": [look()]})):
        with pytest.raises(FormCoachError, match=r"own\.json holds no signatures"):
            use()
    assert own_signatures.read_text(encoding="utf-8") == text


def test_what_is_done_in_many_ways_is_not_near_to_everything(own_signatures: Path) -> None:
    """By its own spreads alone the loose exercise would be nearer than the strict one."""
    off = dict.fromkeys(look(), 0.5)
    own_signatures.write_text(
        json.dumps({"exercises": {"strict": dict.fromkeys(off, (0.35, 0.1)), "loose": dict.fromkeys(off, (0.0, 0.4))}})
    )
    strict, loose = known()["strict"], known()["loose"]
    assert distance(off, loose) < distance(off, strict)
    assert nearness(off, strict) < nearness(off, loose)


def test_nearness_counts_every_feature_alike() -> None:
    signature = known()["deadlift"]
    same = {name: mean for name, (mean, _) in signature.items()}
    assert nearness(same, signature) == 0.0
    spread, common = signature["rest knee_bend_deg"][1], common_spreads()["rest knee_bend_deg"]
    bent = {**same, "rest knee_bend_deg": same["rest knee_bend_deg"] - math.sqrt((spread**2 + common**2) / 2)}
    assert nearness(bent, signature) == pytest.approx(1 / math.sqrt(len(signature)))
    assert math.isnan(nearness(dict(list(same.items())[: MIN_SEEN - 1]), signature))


def test_every_exercise_that_was_rendered_is_known() -> None:
    assert set(EXERCISES) - set(known()) == {"band-pull-apart"}


@pytest.mark.parametrize("path", TRACKS, ids=[path.name.split(".")[0] for path in TRACKS])
def test_samples_look_like_what_they_are(path: Path) -> None:
    assert not any(rep.unlike for rep in judge(load_track(path), EXERCISES[path.name.split("_")[0]]).reps)


def test_a_press_is_no_row() -> None:
    """What another exercise's counter makes of a press, it says nothing of its form."""
    (press,) = [path for path in TRACKS if path.name.startswith("overhead-press_clean")]
    judged = [judge(load_track(press), EXERCISES[one]) for one in ("cat-cow", "superman", "pullover-floor")]
    for analysis in judged:
        assert not any(rep.findings for rep in analysis.reps)
