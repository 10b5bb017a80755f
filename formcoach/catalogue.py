"""Finding and loading the rule modules."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from formcoach.errors import FormCoachError
from formcoach.exercise import Exercise

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Broken:
    """A rule module that could not be loaded: where and why."""

    path: Path
    line: int | None
    why: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.why}"


@dataclass(frozen=True)
class Catalogue:
    """All exercises that can be coached.

    Attributes:
        exercises: by id.
        sources: by id, the file that each came from.
        broken: modules that could not be loaded; the others still work.
    """

    exercises: Mapping[str, Exercise]
    sources: Mapping[str, Path]
    broken: tuple[Broken, ...]

    def __getitem__(self, exercise_id: str) -> Exercise:
        """The exercise of that id.

        Raises:
            FormCoachError: there is none.
        """
        if exercise_id not in self.exercises:
            known = ", ".join(sorted(self.exercises))
            raise FormCoachError(f"no exercise '{exercise_id}'; known are: {known}")
        return self.exercises[exercise_id]


def bundled(name: str) -> Path:
    """A folder that ships with the package: beside its modules in a wheel, beside the package in a checkout.

    Raises:
        FormCoachError: the installation lacks it.
    """
    package = Path(__file__).parent
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise FormCoachError(f"this installation lacks its '{name}' folder; install formcoach again")


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Load every rule module of a folder, by path, so that wheel, editable install and checkout behave alike.

    Rule modules are Python and run with all rights: load only what you trust.
    """
    exercises: dict[str, Exercise] = {}
    sources: dict[str, Path] = {}
    broken: list[Broken] = []
    for path in sorted((folder or bundled("rules")).glob("*.py")):
        loaded = _load(path)
        if isinstance(loaded, Broken):
            broken.append(loaded)
        elif loaded.id in exercises:
            broken.append(Broken(path, None, f"its id '{loaded.id}' is taken by {sources[loaded.id].name}"))
        else:
            exercises[loaded.id], sources[loaded.id] = loaded, path
    return Catalogue(exercises, sources, tuple(broken))


def _load(path: Path) -> Exercise | Broken:
    name = f"formcoach_rules.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        return Broken(path, None, "not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        return Broken(path, _line_in(path, error), f"{type(error).__name__}: {error}")
    exercise = getattr(module, "EXERCISE", None)
    if not isinstance(exercise, Exercise):
        return Broken(path, None, "it does not set EXERCISE to an Exercise")
    return exercise


def _line_in(path: Path, error: BaseException) -> int | None:
    """The line of the module itself that raised."""
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None
