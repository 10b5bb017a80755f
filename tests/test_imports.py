"""Imports run downward only, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "formcoach"
RULES = ROOT / "rules"

LAYERS = (
    {"__init__", "errors"},
    {"pose", "geometry", "files"},
    {"smooth", "outline"},
    {"body"},
    {"measure"},
    {"exercise", "window"},
    {"reps", "faults", "counting", "judging"},
    {"pipeline", "coach"},
    {
        "analysis", "annotate", "catalogue", "estimator", "evaluate", "folders", "frames", "model", "overlay",
        "recording", "report", "scoring",
    },
    {"cli", "__main__"},
)  # fmt: skip
"""From the bottom up. A module imports from its own layer and those below; a new module must be placed here."""
DECLARATIONS = 6
"""The highest layer that a rule module needs: it declares, and drives nothing."""
HEAVY = {"mediapipe", "cv2", "matplotlib", "av"}
LIGHT = ("pipeline", "coach", "analysis", "recording", "catalogue", "judging", "scoring")

MODULES = sorted(path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py"))
LAYER = {module: height for height, layer in enumerate(LAYERS) for module in layer}
RULE_FILES = sorted(RULES.glob("*.py"))
modules = pytest.mark.parametrize("module", MODULES)


def source(module: str) -> Path:
    return PACKAGE / f"{module}.py"


def imported(path: Path, *, late: bool = True) -> Iterator[tuple[str, str]]:
    """(module, name) of each import statement; `late` takes in those of functions and of type checking."""
    nodes = [ast.parse(path.read_text(encoding="utf-8"))] if late else []
    statements = [n for tree in nodes for n in ast.walk(tree)] if late else ast.parse(path.read_text("utf-8")).body
    for node in statements:
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: imports of this project name the package"
            yield from ((node.module or "", alias.name) for alias in node.names)


def ours(path: Path, *, late: bool = True) -> set[str]:
    """The modules of this package that a file imports."""
    found = set()
    for module, name in imported(path, late=late):
        if module == "formcoach":
            found.add(name if (PACKAGE / f"{name}.py").exists() else "__init__")
        elif module.startswith("formcoach."):
            found.add(module.removeprefix("formcoach.").replace(".", "/"))
    return found


def test_each_module_has_one_place() -> None:
    assert [module for module in MODULES if module not in LAYER] == [], "place these in LAYERS"
    assert sum(map(len, LAYERS)) == len(LAYER)


@modules
def test_imports_run_downward(module: str) -> None:
    upward = {name for name in ours(source(module)) if LAYER[name] > LAYER[module]}
    assert upward == set()


def test_no_import_runs_in_a_circle() -> None:
    needs = {module: ours(source(module), late=False) for module in MODULES}
    while needs:
        free = {module for module, needed in needs.items() if not needed & needs.keys()}
        assert free, f"in a circle: {sorted(needs)}"
        needs = {module: needed for module, needed in needs.items() if module not in free}


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_rules_declare_only(path: Path) -> None:
    assert {name for name in ours(path) if LAYER[name] > DECLARATIONS} == set()
    assert {module.split(".")[0] for module, _ in imported(path)} & HEAVY == set()


def test_only_the_estimator_names_mediapipe() -> None:
    naming = [m for m in MODULES if any(name.split(".")[0] == "mediapipe" for name, _ in imported(source(m)))]
    assert naming == ["estimator"]


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", [m for m in LIGHT if m in MODULES])
def test_nothing_heavy_is_loaded_with(module: str) -> None:
    assert loaded_by(f"import formcoach.{module}") & HEAVY == set()


def test_what_is_heavy_would_be_seen() -> None:
    assert "av" in loaded_by("import av")
