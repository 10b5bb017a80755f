"""The README keeps its promises: its commands exist, its tables are complete, CI runs what it says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from formcoach.catalogue import load_catalogue
from formcoach.cli import app
from formcoach.recording import load_track
from formcoach.scoring import parse_clip_label

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = ROOT / ".ci" / "run"
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]

BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
INLINE = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL))


def ours(line: str) -> list[list[str]]:
    """The arguments of each call of formcoach in a line of shell."""
    calls = [shlex.split(part, comments=True) for part in line.split("&&")]
    return [call[1:] for call in calls if call and Path(call[0]).name == "formcoach"]


CALLS = [call for block in BLOCKS for line in block.splitlines() for call in ours(line)]
CALLS += [call for code in INLINE if code.startswith("formcoach ") for call in ours(code)]


def option_names(command: Any) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts}


# ---- the first two commands ----


def first_commands() -> list[str]:
    opening = "\n".join(README.splitlines()[:20])
    return [block.strip() for block in re.findall(r"^```sh\n(.*?)^```$", opening, re.MULTILINE | re.DOTALL)]


def test_opens_with_two_commands_of_one_line() -> None:
    demo, tests = first_commands()
    assert "\n" not in demo + tests
    assert demo.endswith("formcoach demo")
    assert tests.endswith("python -m pytest")
    for command in (demo, tests):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def test_ci_runs_the_test_command() -> None:
    lines = CI.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("#!")
    (extracting,) = [line for line in lines if line.startswith("test_command=")]
    assert 'bash -c "$test_command"' in lines
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash to run CI's extraction with")
    script = f'set -euo pipefail\n{extracting}\nprintf %s "$test_command"'
    done = subprocess.run([bash, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == first_commands()[1]


def test_ci_lints_and_checks_types_first() -> None:
    text = CI.read_text(encoding="utf-8")
    places = [text.index(step) for step in ("ruff check", "ruff format --check", "mypy", 'bash -c "$test_command"')]
    assert places == sorted(places)
    assert "set -euo pipefail" in text


# ---- commands and options ----


def test_readme_is_read() -> None:
    assert {call[0] for call in CALLS} == set(COMMANDS)


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_commands_of_the_readme_exist(call: list[str]) -> None:
    name, *rest = call
    context = COMMANDS[name].make_context(name, list(rest))
    exercise = context.params.get("exercise")
    known = set(load_catalogue().exercises) | {"…", "auto"}
    assert set([exercise] if isinstance(exercise, str) else exercise or []) <= known


def test_check_of_commands_would_see_a_wrong_option() -> None:
    with pytest.raises(Exception, match="--no-such-option"):
        COMMANDS["analyze"].make_context("analyze", ["x.mp4", "-e", "deadlift", "--no-such-option"])


def test_options_named_in_passing_exist() -> None:
    known = set().union(*(option_names(command) for command in COMMANDS.values()))
    named = {word for code in INLINE for word in code.split() if word.startswith("--")}
    assert named
    assert named <= known


# ---- tables ----


def table_under(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its first two lines."""
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_table_of_exercises_is_the_catalogue() -> None:
    exercises = load_catalogue().exercises
    rows = {row[0].strip("`"): row for row in table_under("What it judges, and what it leaves alone")}
    assert sorted(rows) == sorted(exercises)
    assert {name: row[1] for name, row in rows.items()} == {
        name: exercise.best_view.value for name, exercise in exercises.items()
    }


def test_table_of_files_names_what_is_written() -> None:
    named = {row[0].strip("`") for row in table_under("Your own set")}
    assert named == {"report.html", "report.json", "reps.csv", "poses.npz", "annotated.mp4"}


def test_paths_in_the_readme_exist() -> None:
    paths = [code for code in INLINE if re.fullmatch(r"(samples|rules|formcoach|tests)/[\w./-]*", code)]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


# ---- samples ----


def test_samples_are_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) <= 6_000_000


def test_each_sample_has_label_and_track() -> None:
    videos = sorted(SAMPLES.glob("*.mp4"))
    assert videos
    for video in videos:
        label = json.loads(video.with_suffix(".json").read_text(encoding="utf-8"))
        parsed = parse_clip_label(label, file=video.stem, video=video.name)
        assert parsed.exercise == video.stem.split("_")[0]
        assert load_track(video.with_suffix(".poses.npz")).source.name == video.name
    expected = {"README.md", *(video.stem + end for video in videos for end in (".mp4", ".json", ".poses.npz"))}
    assert {path.name for path in SAMPLES.iterdir()} == expected


def test_samples_are_described() -> None:
    text = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert [video.stem for video in SAMPLES.glob("*.mp4") if f"`{video.stem}`" not in text] == []
    assert "CC0" in text
