"""Whether an exercise that somebody declared is one: every field of the kind that the rest of the program relies on.

Python checks nothing when a rule module declares a name that is a number, or limits that are text; without this the
first rep, or the report, would trip over it.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grade, Grades, HoldSignal, Kind, RepSignal, Sides
from formcoach.measure import Measure
from formcoach.pose import Landmark

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_TEXT = 2000
"""Characters."""
LARGEST = 1e6
"""No limit in degrees, torso lengths, seconds or % is as large."""
UNITS = ("deg", "T", "s", "%")
JOINTS = {landmark.name.partition("_")[2] for landmark in Landmark if "_" in landmark.name} | {"NOSE"}

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
Check = tuple["Callable[[Any], bool]", str]


def wrong_in(exercise: Exercise) -> str:
    """What is wrong with a declaration, in a few words; empty where nothing is."""
    wrong = _wrong(exercise, "", _EXERCISE) or _wrong_signal(exercise)
    for fault in () if wrong else exercise.faults:
        wrong = wrong or _wrong(fault, f"fault {fault.id!r}: ", _FAULT)
    if wrong:
        return wrong
    ids = [fault.id for fault in exercise.faults]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    return "" if twice is None else f"it declares the fault '{twice}' twice"


def _wrong_signal(exercise: Exercise) -> str:
    signal = exercise.signal
    if isinstance(signal, HoldSignal) is not exercise.kind.timed:
        return f"an exercise of kind {exercise.kind.value} has a {'Hold' if exercise.kind.timed else 'Rep'}Signal"
    if isinstance(signal, HoldSignal):
        return _wrong(signal, "signal: ", _HOLD_SIGNAL)
    if wrong := _wrong(signal, "signal: ", _REP_SIGNAL):
        return wrong
    if signal.rest == signal.peak:
        return "signal: rest and peak are the same"
    mixed = signal.mover is not None and not signal.mover.sided
    return "signal: mover is a measure of one side" if mixed else ""


def _wrong(one: object, place: str, checks: dict[str, Check]) -> str:
    for name, (is_right, expected) in checks.items():
        value = getattr(one, name)
        if not is_right(value):
            return (
                f"{place}{name} is {expected}, not {str(type(value).__name__) if callable(value) else repr(value)[:60]}"
            )
    return ""


# ---- one field ----


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_bound(value: Any) -> bool:
    return isinstance(value, int | float) and not math.isnan(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and value.replace("\n", "").isprintable()


def _is_measure(value: Any) -> bool:
    return isinstance(value, Measure) and str(value.name).endswith(("_deg", "_t")) and callable(value.function)


def _is_gate(value: Any) -> bool:
    return isinstance(value, Gate) and _is_measure(value.measure) and _is_bound(value.low) and _is_bound(value.high)


def _is_grades(value: Any) -> bool:
    return isinstance(value, Grades) and all(
        isinstance(grade, Grade) for grade in (value.front, value.rear, value.side, value.oblique)
    )


def _each(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(map(is_right, value))


def _of(kind: type) -> Check:
    return (lambda value: isinstance(value, kind)), f"a {kind.__name__}"


_NAME: Check = (lambda value: isinstance(value, str) and _ID.fullmatch(value) is not None), "in kebab-case"
_TEXT: Check = _is_text, "text"
_NUMBER: Check = _is_number, "a number"
_POSITIVE: Check = _is_positive, "a number above 0"
_GATES: Check = _each(_is_gate), "a tuple of Gates, their measures named with _deg or _t"
_MEASURE: Check = _is_measure, "a Measure whose name ends in _deg or _t"
_MEASURE_OR_NONE: Check = (lambda value: value is None or _is_measure(value)), _MEASURE[1]
_TRUTH: Check = (lambda value: isinstance(value, bool)), "True or False"

_EXERCISE: dict[str, Check] = {
    "id": _NAME,
    "name": _TEXT,
    "kind": _of(Kind),
    "sides": _of(Sides),
    "signal": ((lambda value: isinstance(value, RepSignal | HoldSignal)), "a RepSignal or a HoldSignal"),
    "position": _GATES,
    "faults": (_each(lambda value: isinstance(value, Fault)), "a tuple of Faults"),
    "camera": _TEXT,
    "movement": _TEXT,
    "best_view": _of(View),
    "family": _TEXT,
}
_FAULT: dict[str, Check] = {
    "id": _NAME,
    "name": _TEXT,
    "priority": ((lambda value: isinstance(value, int) and value in (1, 2, 3)), "1, 2 or 3"),
    "read": (callable, "a function"),
    "mild": _NUMBER,
    "severe": _NUMBER,
    "unit": ((lambda value: isinstance(value, str) and value in UNITS), "one of deg, T, s, %"),
    "grades": (_is_grades, "Grades"),
    "cue": _TEXT,
    "explain": _TEXT,
    "segment": (_each(lambda value: isinstance(value, str) and value in JOINTS), "a tuple of landmark names"),
}
_REP_SIGNAL: dict[str, Check] = {
    "measure": _MEASURE,
    "rest": _NUMBER,
    "peak": _NUMBER,
    "full": _POSITIVE,
    "min_s": _POSITIVE,
    "foot": _NUMBER,
    "at_peak": _TRUTH,
    "lowers_first": _TRUTH,
    "mover": _MEASURE_OR_NONE,
}
_HOLD_SIGNAL: dict[str, Check] = {
    "gates": _GATES,
    "target_s": _POSITIVE,
    "walking": _TRUTH,
    "min_s": _POSITIVE,
    "carried": _MEASURE_OR_NONE,
    "course": _MEASURE_OR_NONE,
}
