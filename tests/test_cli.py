"""The command line without a video: help, lists, words, and what it says to wrong usage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import typer

from formcoach import __version__, catalogue
from formcoach.catalogue import load_catalogue, load_folder
from formcoach.cli import app, exercises

if TYPE_CHECKING:
    from conftest import Cli

ROOT = Path(__file__).parent.parent
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
EXERCISES = load_catalogue().exercises
HEAVY = ("mediapipe", "cv2", "matplotlib", "av", "jinja2")

LOADED = """
import contextlib, io, json, sys
from formcoach.cli import main

lines, heavy = map(json.loads, sys.argv[1:])
said = {}
for line in lines:
    sys.argv = ["formcoach", *line]
    out, code = io.StringIO(), None
    with contextlib.redirect_stdout(out):
        try:
            main()
        except SystemExit as end:
            code = end.code
    said[" ".join(line)] = [code, out.getvalue(), [name for name in heavy if name in sys.modules]]
print(json.dumps(said))
"""


class Said(NamedTuple):
    """What a command came to: exit code, stdout, and the heavy modules that were loaded by its end."""

    code: int
    out: str
    heavy: list[str]


def say(lines: list[list[str]], heavy: tuple[str, ...]) -> dict[str, Said]:
    """Run commands one after the other in one fresh interpreter."""
    given = [json.dumps(lines), json.dumps(heavy)]
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *given], cwd=ROOT, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stderr == ""
    return {line: Said(*answer) for line, answer in json.loads(done.stdout).items()}


# ---- help and version ----


@pytest.fixture(scope="module")
def said() -> dict[str, Said]:
    """What every command that needs no video says."""
    lines = [
        ["--help"],
        ["--version"],
        *([name, "--help"] for name in COMMANDS),
        ["exercises"],
        ["exercises", "--json"],
    ]
    return say([*lines, *(["explain", one] for one in EXERCISES)], HEAVY)


def test_help_names_every_command(said: dict[str, Said]) -> None:
    help_ = said["--help"]
    assert (help_.code, help_.heavy) == (0, [])
    assert [name for name in COMMANDS if name not in help_.out] == []


def test_version(said: dict[str, Said]) -> None:
    assert said["--version"] == Said(0, f"formcoach {__version__}\n", [])


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(name: str, said: dict[str, Said]) -> None:
    help_ = said[f"{name} --help"]
    assert (help_.code, help_.heavy) == (0, [])
    assert name in help_.out


def test_lists_need_nothing_heavy(said: dict[str, Said]) -> None:
    assert {line: answer for line, answer in said.items() if answer.code != 0 or answer.heavy} == {}


def test_what_is_heavy_would_be_seen() -> None:
    assert say([["--version"]], ("mediapipe", "formcoach"))["--version"].heavy == ["formcoach"]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert command.help.strip().endswith(".")
    assert [parameter.name for parameter in command.params if not getattr(parameter, "help", None)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"formcoach {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_as_a_program(cli: Cli) -> None:
    done = cli("--version")
    assert (done.code, done.out, done.err) == (0, f"formcoach {__version__}\n", "")


# ---- exercises and explain ----


def test_exercises(said: dict[str, Said]) -> None:
    out = said["exercises"].out
    assert [exercise for exercise in EXERCISES if exercise not in out] == []


def test_exercises_as_json(said: dict[str, Said]) -> None:
    out = said["exercises --json"].out
    listed = json.loads(out)
    assert [one["id"] for one in listed] == list(EXERCISES)
    for one in listed:
        exercise = EXERCISES[one["id"]]
        assert (one["name"], one["sides"], one["best_view"]) == (
            exercise.name,
            exercise.sides.value,
            exercise.best_view.value,
        )
        assert [fault["id"] for fault in one["faults"]] == [fault.id for fault in exercise.faults]
        for said_fault, fault in zip(one["faults"], exercise.faults, strict=True):
            assert (said_fault["mild"], said_fault["severe"], said_fault["unit"]) == (
                fault.mild,
                fault.severe,
                fault.unit,
            )
            assert said_fault["views"]["side"] == fault.grades.side.value
            assert said_fault["cue"] == fault.cue


@pytest.mark.parametrize("exercise_id", EXERCISES)
def test_explain(exercise_id: str, said: dict[str, Said]) -> None:
    out = said[f"explain {exercise_id}"].out
    words = " ".join(out.split())
    exercise = EXERCISES[exercise_id]
    assert exercise.name in words
    assert " ".join(exercise.movement.split()) in words
    assert " ".join(exercise.camera.split()) in words
    for fault in exercise.faults:
        assert f"({fault.id}," in words
        assert f"“{fault.cue}”" in words
        assert " ".join(fault.explain.split()) in words


def test_broken_rules_are_named_beside_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.py").write_text("1 / 0  # [bold]\n", encoding="utf-8")
    broken = load_folder(tmp_path)
    monkeypatch.setattr(catalogue, "load_catalogue", lambda: broken)
    exercises(as_json=True)
    out, err = capsys.readouterr()
    assert json.loads(out) == []
    assert "left out: " in err
    assert "x.py:1: ZeroDivisionError: division by zero" in "".join(err.splitlines())


RULE = """
from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, RepSignal, Sides

EXERCISE = Exercise(
    id="own", name="Own one", sides=Sides.BOTH, signal=RepSignal(measure=m.hinge_deg, rest=0, peak=90, full=60),
    position=(), faults=(), camera="Anywhere.", movement="Any.", best_view=View.SIDE,
)
"""


def test_rules_of_ones_own_are_listed_with_where_they_came_from(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "own.py").write_text(RULE, encoding="utf-8")
    (tmp_path / "torn.py").write_text("x = (\n", encoding="utf-8")
    done = cli("exercises", "--json", "--rules", str(tmp_path))
    listed = {one["id"]: one["source"] for one in json.loads(done.out)}
    assert listed["own"] == str(tmp_path / "own.py")
    assert listed["deadlift"].endswith("deadlift.py")
    assert "torn.py:1: SyntaxError" in "".join(done.err.splitlines())


def test_limits_of_ones_own_are_explained(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "own.toml").write_text("[deadlift.shrug]\nmild = 0.5\nsevere = 0.75\n", encoding="utf-8")
    done = cli("explain", "deadlift", "--limits", str(tmp_path / "own.toml"))
    assert "0.75" in done.out


def test_wrong_limits_are_one_line(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "own.toml").write_text("[deadlift.nose]\nmild = 1\n", encoding="utf-8")
    done = cli("explain", "deadlift", "--limits", str(tmp_path / "own.toml"))
    assert "no such fault" in done.check_refused()


# ---- wrong usage ----


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("no-such-command", "no-such-command", id="command"),
        pytest.param("--no-such-option", "--no-such-option", id="option"),
        pytest.param("analyze --exercise deadlift", "video", id="no video"),
        pytest.param("analyze set.mp4", "--exercise", id="no exercise"),
        pytest.param("analyze set.mp4 -e deadlift --annotated", "--annotated", id="misspelt option"),
        pytest.param("analyze set.mp4 -e deadlift --workers 0", "--workers", id="no worker"),
        pytest.param("analyze set.mp4 -e deadlift --workers two", "--workers", id="no number"),
        pytest.param("analyze set.mp4 -e deadlift --fps many", "--fps", id="no rate"),
        pytest.param("analyze set.mp4 -e", "-e", id="option without its value"),
        pytest.param("explain", "exercise", id="explain nothing"),
        pytest.param("explain squat-jump", "no exercise 'squat-jump'; known are: ", id="explain unknown"),
        pytest.param("analyze set.mp4 -e squat-jump", "no exercise 'squat-jump'; known are: ", id="unknown exercise"),
        pytest.param("evaluate . -e squat-jump", "no exercise 'squat-jump'; known are: ", id="evaluate unknown"),
        pytest.param("analyze no-such.mp4 -e deadlift", "no-such.mp4", id="missing file"),
        pytest.param("evaluate no-such-folder", "no-such-folder", id="missing folder"),
        pytest.param("analyze a/set.mp4 b/set.mp4 -e deadlift", "set", id="two of one name"),
    ],
)
def test_wrong_usage_is_one_line(cli: Cli, line: str, words: str) -> None:
    assert words in cli(*line.split()).check_refused()
    assert list(cli.folder.iterdir()) == []


def test_nothing_asked(cli: Cli) -> None:
    done = cli()
    assert done.code in {0, 2}
    assert [name for name in COMMANDS if name not in done.out + done.err] == []
    assert "Traceback" not in done.err


def test_nothing_asked_is_no_error_without_words(cli: Cli) -> None:
    assert "formcoach:  (" not in cli().err


def test_reader_that_goes_away(cli: Cli) -> None:
    process = cli.start("explain", "deadlift")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(60) in {0, 1}
