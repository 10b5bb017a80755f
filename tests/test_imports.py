"""Imports run downward only, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "formcoach"
RULES = sorted((ROOT / "rules").glob("*.py"))
MODULES = sorted(path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py"))

LAYERS = (
    {"__init__", "errors"},
    {"pose", "geometry", "files", "processes"},
    {"smooth", "outline", "light", "turning", "hands"},
    {"spool"},
    {"body"},
    {"measure"},
    {"exercise", "standpoint", "window"},
    {"people", "reps", "faults", "counting", "holding", "judging", "likeness", "walking"},
    {"pipeline", "coach", "card", "compare", "player", "plots"},
    {"sprites", "bundling", "background", "display", "ring"},
    {"typeset"},
    {"board"},
    {"panels", "skeleton", "fetching", "mp4"},
    {
        "analysis", "annotate", "camera", "catalogue", "cuts", "cutting", "database", "estimator", "evaluate",
        "folders", "frames", "goals", "history", "landmarker", "ledger", "limits", "model", "overlay", "page",
        "parts", "placing", "progress", "recognising", "recording", "report", "rows", "scoring", "screen",
        "session", "session_track", "speech", "store", "tracing", "vetting", "voice",
    },
    {"batch", "clips", "doctor", "finding_out", "listing", "live", "measuring", "recorder", "session_page", "summary"},
    {"timing"},
    {"scaling"},
    {"cluster", "many", "marks", "reel", "review", "scenes", "trends", "web_files", "web_guard"},
    {"captions", "history_tables", "history_plot"},
    {"sidebyside"},
    {"replay", "web_views"},
    {"web"},
    {"cli", "__main__"},
)  # fmt: skip
"""From the bottom up. A module imports from its own layer and those below; a new module must be placed here."""
LAYER = {module: height for height, layer in enumerate(LAYERS) for module in layer}

HEAVY = {"mediapipe", "cv2", "matplotlib", "av", "flask", "jinja2", "waitress", "distributed", "pyarrow"}
LIGHT = (
    "analysis", "card", "catalogue", "cli", "coach", "judging", "pipeline", "recording", "report", "scoring",
    "listing", "player", "session", "session_track", "store", "trends",
)  # fmt: skip


def statements(path: Path, *, at_once: bool = False) -> list[tuple[str, str]]:
    """(module, name) of each import; `at_once` leaves out those in functions and those for type checking."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in tree.body if at_once else ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno} names no package"
            found += [(node.module or "", alias.name) for alias in node.names]
    return found


def ours(path: Path, *, at_once: bool = False) -> set[str]:
    """The modules of this package that a file imports."""
    found = set()
    for module, name in statements(path, at_once=at_once):
        if module == "formcoach":
            found.add(name if name in MODULES else "__init__")
        elif module.startswith("formcoach."):
            found.add(module.removeprefix("formcoach.").replace(".", "/"))
    return found


def packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module, _ in statements(path)}


def of(module: str) -> Path:
    return PACKAGE / f"{module}.py"


def test_each_module_has_one_place() -> None:
    assert sorted(module for layer in LAYERS for module in layer) == MODULES, "place new modules in LAYERS"


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_downward(module: str) -> None:
    assert {name for name in ours(of(module)) if LAYER[name] > LAYER[module]} == set()


def test_no_import_runs_in_a_circle() -> None:
    needs = {module: ours(of(module), at_once=True) for module in MODULES}
    while needs:
        free = {module for module, needed in needs.items() if not needed & needs.keys()}
        assert free, f"in a circle, or on one: {sorted(needs)}"
        needs = {module: needed for module, needed in needs.items() if module not in free}


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rules_declare_and_drive_nothing(path: Path) -> None:
    assert {name for name in ours(path) if LAYER[name] > LAYER["faults"]} == set()
    assert not packages(path) & HEAVY


@pytest.mark.parametrize("module", MODULES)
def test_only_the_landmarker_names_mediapipe(module: str) -> None:
    assert ("mediapipe" in packages(of(module))) == (module == "landmarker")


def loaded_by(statement: str) -> set[str]:
    """The packages that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", LIGHT)
def test_nothing_heavy_is_loaded_with(module: str) -> None:
    assert not loaded_by(f"import formcoach.{module}") & HEAVY


def test_what_is_heavy_would_be_seen() -> None:
    assert loaded_by("import formcoach.frames, av") & HEAVY == {"av"}
