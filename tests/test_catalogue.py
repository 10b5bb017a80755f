"""Rule modules: all of ours load, and a broken one is named and leaves the others working."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from formcoach.catalogue import Broken, Catalogue, bundled, load_catalogue
from formcoach.errors import FormCoachError

ROOT = Path(__file__).parent.parent
RULES = sorted((ROOT / "rules").glob("*.py"))

LEAST = """\
from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, RepSignal, Sides

EXERCISE = Exercise(
    id="{id}",
    name="Least",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.hinge_deg, rest=0, peak=90, full=60),
    position=(),
    faults=(),
    camera="Anywhere.",
    movement="Any.",
    best_view=View.SIDE,
)
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder of rules with one module that works, between whatever a test puts beside it."""
    (tmp_path / "m_good.py").write_text(LEAST.format(id="good"), encoding="utf-8")
    return tmp_path


# ---- ours ----


def test_bundled_rules_load() -> None:
    catalogue = load_catalogue()
    assert catalogue.broken == ()
    assert [path.name for path in catalogue.sources.values()] == [path.name for path in RULES]
    assert list(catalogue.exercises) == [path.stem.replace("_", "-") for path in RULES]
    for exercise_id, exercise in catalogue.exercises.items():
        assert catalogue[exercise_id] is exercise
        assert exercise.id == exercise_id


def test_rules_come_from_beside_the_package() -> None:
    assert bundled("rules") == ROOT / "rules"
    assert bundled("samples") == ROOT / "samples"


def test_folder_that_the_installation_lacks() -> None:
    with pytest.raises(FormCoachError, match="'no such folder'"):
        bundled("no such folder")


def test_rules_load_from_anywhere(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rules", tmp_path / "my rules")
    catalogue = load_catalogue(tmp_path / "my rules")
    assert list(catalogue.exercises) == list(load_catalogue().exercises)
    assert {path.parent for path in catalogue.sources.values()} == {tmp_path / "my rules"}


# ---- unknown ids ----


@pytest.mark.parametrize("wanted", ["no-such-exercise", "", "Deadlift", "bent_over_row"])
def test_unknown_id_lists_the_known(wanted: str) -> None:
    catalogue = load_catalogue()
    with pytest.raises(FormCoachError) as caught:
        catalogue[wanted]
    message = str(caught.value)
    assert f"'{wanted}'" in message
    assert ", ".join(sorted(catalogue.exercises)) in message
    assert "\n" not in message


# ---- broken modules ----

RAISING = """\
def half(number):
    return number / 0


half(
    1
)
"""


@pytest.mark.parametrize(
    ("source", "line", "why"),
    [
        pytest.param("x = 1\ndef f(:\n", 2, "SyntaxError", id="syntax"),
        pytest.param("x = 1\n  y = 2\n", 2, "IndentationError", id="indentation"),
        pytest.param(RAISING, 2, "ZeroDivisionError: division by zero", id="raising"),
        pytest.param("\n\nimport no_such_package\n", 3, "no_such_package", id="missing package"),
        pytest.param(LEAST.replace("name=", "nam="), 5, "nam", id="misspelt field"),
        pytest.param("import json\n\njson.loads('{')\n", 3, "JSONDecodeError", id="raising elsewhere"),
        pytest.param("", None, "EXERCISE", id="empty"),
        pytest.param("EXERCISE = 'deadlift'\n", None, "EXERCISE", id="no Exercise"),
        pytest.param(LEAST.format(id="z").replace("EXERCISE =", "exercise ="), None, "EXERCISE", id="not set"),
    ],
)
@pytest.mark.parametrize("name", ["a_broken.py", "z_broken.py"])
def test_broken_module_is_named_and_the_others_load(
    rules: Path, name: str, source: str, line: int | None, why: str
) -> None:
    (rules / name).write_text(source, encoding="utf-8")
    catalogue = load_catalogue(rules)
    assert list(catalogue.exercises) == ["good"]
    (broken,) = catalogue.broken
    assert (broken.path, broken.line) == (rules / name, line)
    assert why in broken.why
    assert str(broken) == f"{rules / name}{f':{line}' if line else ''}: {broken.why}"
    assert "\n" not in str(broken)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x = '\x00'\n", b"# -*- coding: nonsense -*-\n"])
def test_file_that_is_no_text(rules: Path, content: bytes) -> None:
    (rules / "broken.py").write_bytes(content)
    catalogue = load_catalogue(rules)
    assert list(catalogue.exercises) == ["good"]
    assert [broken.path.name for broken in catalogue.broken] == ["broken.py"]


def test_folder_that_is_called_like_a_module(rules: Path) -> None:
    (rules / "folder.py").mkdir()
    catalogue = load_catalogue(rules)
    assert list(catalogue.exercises) == ["good"]


def test_module_that_exits(rules: Path) -> None:
    (rules / "broken.py").write_text("import sys\n\nsys.exit(3)\n", encoding="utf-8")
    catalogue = load_catalogue(rules)
    assert list(catalogue.exercises) == ["good"]
    assert [broken.line for broken in catalogue.broken] == [3]


def test_id_that_is_taken(rules: Path) -> None:
    (rules / "z_again.py").write_text(LEAST.format(id="good"), encoding="utf-8")
    catalogue = load_catalogue(rules)
    assert catalogue.sources == {"good": rules / "m_good.py"}
    (broken,) = catalogue.broken
    assert broken.path == rules / "z_again.py"
    assert "'good'" in broken.why
    assert "m_good.py" in broken.why


def test_each_of_several_is_named(rules: Path) -> None:
    (rules / "a.py").write_text("1 / 0\n", encoding="utf-8")
    (rules / "z.py").write_text("x = (\n", encoding="utf-8")
    assert [broken.path.name for broken in load_catalogue(rules).broken] == ["a.py", "z.py"]


def test_broken_module_leaves_nothing_behind(rules: Path) -> None:
    (rules / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    load_catalogue(rules)
    assert "formcoach_rules.broken" not in sys.modules


WITH_DATACLASS = """\
from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Own:
    x: int


"""


def test_module_may_hold_dataclasses(rules: Path) -> None:
    (rules / "own.py").write_text(WITH_DATACLASS + LEAST.format(id="own"), encoding="utf-8")
    assert list(load_catalogue(rules).exercises) == ["good", "own"]


def test_other_files_are_left_alone(rules: Path) -> None:
    (rules / "README.md").write_text("no rules", encoding="utf-8")
    (rules / "__pycache__").mkdir()
    assert load_catalogue(rules).broken == ()


def test_empty_folder(tmp_path: Path) -> None:
    assert load_catalogue(tmp_path) == Catalogue({}, {}, ())


def test_place_without_a_line() -> None:
    assert str(Broken(Path("rules/x.py"), None, "why")) == f"{Path('rules/x.py')}: why"
