"""Finding and loading the rule modules."""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from formcoach.errors import RULES, FormCoachError
from formcoach.exercise import Exercise
from formcoach.limits import with_limits
from formcoach.vetting import wrong_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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


RULES_VARIABLE, LIMITS_VARIABLE = "FORMCOACH_RULES", "FORMCOACH_LIMITS"
"""A folder of rule modules, and a file of limits: where options of the command line put them for all processes."""
GROUP = "formcoach.rules"
"""Entry points of installed packages: each names an Exercise."""


def load_catalogue() -> Catalogue:
    """All rule modules: the person's own, those of installed packages, and ours; the first of an id wins.

    The variable FORMCOACH_RULES names a folder of the person's own modules, FORMCOACH_LIMITS a TOML file of limits
    (`formcoach.limits`). Modules are Python and run with all rights: load only what you trust.

    Raises:
        FormCoachError: no such folder, or a file of limits that is wrong. A broken module raises nothing: it is listed.
    """
    folder, limits = setting(RULES_VARIABLE), setting(LIMITS_VARIABLE)
    if folder is not None and not folder.is_dir():
        raise FormCoachError(f"{folder}: no such folder of rule modules")
    own = [load_folder(folder)] if folder is not None else []
    parts = [*own, _collected(_installed()), load_folder(bundled("rules"))]
    exercises = {id_: one for part in reversed(parts) for id_, one in part.exercises.items()}
    sources = {id_: path for part in reversed(parts) for id_, path in part.sources.items()}
    if limits is not None:
        exercises = with_limits(exercises, limits)
    return Catalogue(exercises, sources, tuple(broken for part in parts for broken in part.broken))


def load_folder(folder: Path) -> Catalogue:
    """The rule modules of one folder, loaded by path, so that wheel, editable install and checkout behave alike."""
    return _collected([(path, _load(path)) for path in sorted(folder.glob("*.py"))])


def _collected(loaded: list[tuple[Path, Exercise | Broken]]) -> Catalogue:
    exercises: dict[str, Exercise] = {}
    sources: dict[str, Path] = {}
    broken: list[Broken] = []
    for path, one in loaded:
        if isinstance(one, Broken):
            broken.append(one)
        elif one.id in exercises:
            broken.append(Broken(path, None, f"its id '{one.id}' is taken by {sources[one.id].name}"))
        else:
            exercises[one.id], sources[one.id] = one, path
    return Catalogue(exercises, sources, tuple(broken))


_SETTINGS: ContextVar[Mapping[str, Path | None] | None] = ContextVar("_SETTINGS", default=None)


@contextmanager
def settings(rules: Path | None, limits: Path | None) -> Iterator[None]:
    """Put a folder of rules and a file of limits in place of the variables' for what this thread does inside."""
    token = _SETTINGS.set({RULES_VARIABLE: rules, LIMITS_VARIABLE: limits})
    try:
        yield
    finally:
        _SETTINGS.reset(token)


def setting(variable: str) -> Path | None:
    """The path that one of the variables names; None where it names none."""
    chosen = _SETTINGS.get()
    if chosen is not None:
        return chosen[variable]
    value = os.environ.get(variable)
    return Path(value) if value else None


def _installed() -> list[tuple[Path, Exercise | Broken]]:
    """What the entry points of installed packages give."""
    found: list[tuple[Path, Exercise | Broken]] = []
    for point in entry_points(group=GROUP):
        path = Path(point.value)
        try:
            exercise = point.load()
            path = Path(sys.modules[point.module].__file__ or point.value)
        except (Exception, SystemExit) as error:
            found.append((path, Broken(path, None, _why(error))))
            continue
        found.append((path, _vetted(path, exercise, f"'{point.name}' is no Exercise")))
    return found


def _load(path: Path) -> Exercise | Broken:
    name = f"{RULES}{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        return Broken(path, None, "not a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        return Broken(path, _line_in(path, error), _why(error))
    return _vetted(path, getattr(module, "EXERCISE", None), "it does not set EXERCISE to an Exercise")


def _vetted(path: Path, exercise: object, unless: str) -> Exercise | Broken:
    if not isinstance(exercise, Exercise):
        return Broken(path, None, unless)
    wrong = wrong_in(exercise)
    return Broken(path, None, wrong) if wrong else exercise


def _why(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # its own __str__ may be what is broken
        return type(error).__name__


def _line_in(path: Path, error: BaseException) -> int | None:
    """The line of the module itself that raised."""
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else None
