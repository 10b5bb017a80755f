"""Rule modules: all of ours load, and a broken one is named and leaves the others working."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from formcoach.catalogue import Broken, Catalogue, bundled, load_catalogue, load_folder
from formcoach.errors import FormCoachError

if TYPE_CHECKING:
    from collections.abc import Callable

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
    catalogue = load_folder(tmp_path / "my rules")
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
    catalogue = load_folder(rules)
    assert list(catalogue.exercises) == ["good"]
    (broken,) = catalogue.broken
    assert (broken.path, broken.line) == (rules / name, line)
    assert why in broken.why
    assert str(broken) == f"{rules / name}{f':{line}' if line else ''}: {broken.why}"
    assert "\n" not in str(broken)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x = '\x00'\n", b"# -*- coding: nonsense -*-\n"])
def test_file_that_is_no_text(rules: Path, content: bytes) -> None:
    (rules / "broken.py").write_bytes(content)
    catalogue = load_folder(rules)
    assert list(catalogue.exercises) == ["good"]
    assert [broken.path.name for broken in catalogue.broken] == ["broken.py"]


def test_folder_that_is_called_like_a_module(rules: Path) -> None:
    (rules / "folder.py").mkdir()
    catalogue = load_folder(rules)
    assert list(catalogue.exercises) == ["good"]


def test_module_that_exits(rules: Path) -> None:
    (rules / "broken.py").write_text("import sys\n\nsys.exit(3)\n", encoding="utf-8")
    catalogue = load_folder(rules)
    assert list(catalogue.exercises) == ["good"]
    assert [broken.line for broken in catalogue.broken] == [3]


def test_id_that_is_taken(rules: Path) -> None:
    (rules / "z_again.py").write_text(LEAST.format(id="good"), encoding="utf-8")
    catalogue = load_folder(rules)
    assert catalogue.sources == {"good": rules / "m_good.py"}
    (broken,) = catalogue.broken
    assert broken.path == rules / "z_again.py"
    assert "'good'" in broken.why
    assert "m_good.py" in broken.why


def test_each_of_several_is_named(rules: Path) -> None:
    (rules / "a.py").write_text("1 / 0\n", encoding="utf-8")
    (rules / "z.py").write_text("x = (\n", encoding="utf-8")
    assert [broken.path.name for broken in load_folder(rules).broken] == ["a.py", "z.py"]


def test_broken_module_leaves_nothing_behind(rules: Path) -> None:
    (rules / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    load_folder(rules)
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
    assert list(load_folder(rules).exercises) == ["good", "own"]


def test_other_files_are_left_alone(rules: Path) -> None:
    (rules / "README.md").write_text("no rules", encoding="utf-8")
    (rules / "__pycache__").mkdir()
    assert load_folder(rules).broken == ()


def test_empty_folder(tmp_path: Path) -> None:
    assert load_folder(tmp_path) == Catalogue({}, {}, ())


def test_place_without_a_line() -> None:
    assert str(Broken(Path("rules/x.py"), None, "why")) == f"{Path('rules/x.py')}: why"


# ---- whose modules ----


def test_own_modules_come_with_ours(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMCOACH_RULES", str(rules))
    catalogue = load_catalogue()
    assert catalogue.sources["good"] == rules / "m_good.py"
    assert "deadlift" in catalogue.exercises


def test_own_module_replaces_ours(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (rules / "deadlift.py").write_text(LEAST.format(id="deadlift"), encoding="utf-8")
    monkeypatch.setenv("FORMCOACH_RULES", str(rules))
    catalogue = load_catalogue()
    assert catalogue.sources["deadlift"] == rules / "deadlift.py"
    assert catalogue["deadlift"].faults == ()
    assert catalogue.broken == ()


def test_own_folder_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMCOACH_RULES", str(tmp_path / "none"))
    with pytest.raises(FormCoachError, match="no such folder of rule modules"):
        load_catalogue()


class Installed:
    """A package that brings a rule."""

    name, module = "good", "own_package_of_rules"
    value = "own_package_of_rules:EXERCISE"

    def __init__(self, exercise: object) -> None:
        self.exercise = exercise

    def load(self) -> object:
        if isinstance(self.exercise, Exception):
            raise self.exercise
        sys.modules[self.module] = ModuleType(self.module)
        sys.modules[self.module].__file__ = "/packages/own.py"
        return self.exercise


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Have an entry point."""
    monkeypatch.setitem(sys.modules, Installed.module, ModuleType(Installed.module))

    def have(exercise: object) -> None:
        monkeypatch.setattr("formcoach.catalogue.entry_points", lambda group: [Installed(exercise)] if group else [])

    return have


def test_installed_packages_bring_modules(rules: Path, install: Callable[[object], None]) -> None:
    install(load_folder(rules)["good"])
    assert load_catalogue().sources["good"] == Path("/packages/own.py")


@pytest.mark.parametrize(("given", "why"), [(ImportError("lost"), "ImportError: lost"), (3, "'good' is no Exercise")])
def test_broken_package_is_named(given: object, why: str, install: Callable[[object], None]) -> None:
    install(given)
    catalogue = load_catalogue()
    assert [broken.why for broken in catalogue.broken] == [why]
    assert "deadlift" in catalogue.exercises


# ---- own limits ----


def limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Catalogue:
    (tmp_path / "limits.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("FORMCOACH_LIMITS", str(tmp_path / "limits.toml"))
    return load_catalogue()


def test_limits_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_catalogue()["bent-over-row"]
    after = limited(tmp_path, monkeypatch, "[bent-over-row.rounded-back]\nmild = 20\nsevere = 30.5\n")["bent-over-row"]
    fault = after.fault("rounded-back")
    assert (fault.mild, fault.severe) == (20.0, 30.5)
    assert [(f.id, f.mild) for f in after.faults if f.id != fault.id] == [
        (f.id, f.mild) for f in before.faults if f.id != fault.id
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[bent-over-row", "cannot be read as TOML"),
        ("[bend-over-row.shrug]\nmild = 1", "no such exercise"),
        ("bent-over-row = 3", "expected a table of faults"),
        ("[bent-over-row.slouch]\nmild = 1", "no such fault"),
        ("[bent-over-row]\nshrug = 3", "expected mild, severe or both"),
        ("[bent-over-row.shrug]\nmedium = 1", "expected mild, severe or both"),
        ("[bent-over-row.shrug]\nmild = 'much'", "mild: expected a number"),
        ("[bent-over-row.shrug]\nmild = true", "mild: expected a number"),
        ("[bent-over-row.shrug]\nmild = nan", "mild: expected a number"),
        ("[bent-over-row.shrug]\nmild = -inf", "mild: expected a number"),
        (f"[bent-over-row.shrug]\nmild = {10**400}", "mild: expected a number"),
        (f"[bent-over-row.shrug]\nmild = {'9' * 5000}", "cannot be read as TOML"),
        ("#" * 1_000_001, "too large for a file of limits"),
        ("[bent-over-row.shrug]\nmild = 0.3\nsevere = 0.1", "must be more than mild"),
        ("[bent-over-row.short-top]\nmild = 50\nsevere = 60", "must be less than mild"),
    ],
)
def test_wrong_limits_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str) -> None:
    with pytest.raises(FormCoachError, match=why) as caught:
        limited(tmp_path, monkeypatch, text)
    assert "limits.toml" in str(caught.value)


def test_limits_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMCOACH_LIMITS", str(tmp_path / "none.toml"))
    with pytest.raises(FormCoachError, match=r"none\.toml: cannot be read"):
        load_catalogue()
