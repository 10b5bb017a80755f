"""A person's own limits: numbers of rules replaced by a TOML file, read and checked, never executed.

[bent-over-row.rounded-back]
mild = 14
severe = 25
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from formcoach.errors import FormCoachError
from formcoach.vetting import LARGEST

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from formcoach.exercise import Exercise, Fault

MAX_BYTES = 1_000_000
LEVELS = ("mild", "severe")


def with_limits(exercises: Mapping[str, Exercise], path: Path) -> dict[str, Exercise]:
    """The exercises with the limits of a file.

    Raises:
        FormCoachError: the file cannot be read, names what there is not, or a number cannot be a limit; the message
            names the place.
    """
    changed = dict(exercises)
    for exercise_id, faults in _parsed(path).items():
        if exercise_id not in changed:
            raise FormCoachError(f"{path}: [{exercise_id}]: no such exercise; see `formcoach exercises`")
        if not isinstance(faults, dict):
            raise FormCoachError(f"{path}: {exercise_id}: expected a table of faults, [{exercise_id}.FAULT]")
        for fault_id, numbers in faults.items():
            changed[exercise_id] = _changed(changed[exercise_id], fault_id, numbers, path)
    return changed


def _parsed(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # a device or a pipe has no size, and perhaps no end
        if len(data) > MAX_BYTES:
            raise FormCoachError(f"{path}: too large for a file of limits")
        return tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FormCoachError(f"{path}: cannot be read as TOML ({why})") from error


def _changed(exercise: Exercise, fault_id: str, numbers: object, path: Path) -> Exercise:
    place = f"{path}: [{exercise.id}.{fault_id}]"
    known = {fault.id for fault in exercise.faults}
    if fault_id not in known:
        raise FormCoachError(f"{place}: no such fault; {exercise.id} has {', '.join(sorted(known))}")
    if not isinstance(numbers, dict) or not set(numbers) <= set(LEVELS):
        raise FormCoachError(f"{place}: expected mild, severe or both")
    for level, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
            raise FormCoachError(f"{place}: {level}: expected a number")
    faults = tuple(_limited(fault, numbers, place) if fault.id == fault_id else fault for fault in exercise.faults)
    return replace(exercise, faults=faults)


def _limited(fault: Fault, numbers: Mapping[str, float], place: str) -> Fault:
    mild, severe = float(numbers.get("mild", fault.mild)), float(numbers.get("severe", fault.severe))
    new = replace(fault, mild=mild, severe=severe)
    if new.mild == new.severe or new.less_is_worse != fault.less_is_worse:
        way = "less" if fault.less_is_worse else "more"
        raise FormCoachError(f"{place}: severe ({new.severe:g}) must be {way} than mild ({new.mild:g})")
    return new
