"""How like an exercise a rep is: where hands, elbows, trunk and legs are at its rest and at its peak.

Goal:
    Say of a rep whether it looks like the exercise it is judged as, and of a movement which exercise it is most like.

Source:
    `signatures.json` beside this module: for each exercise and feature the mean and the spread over labelled clips,
    clean and at fault, from many views, as `formcoach evaluate --signatures` writes it. Numbers only.

Conventions:
    - A feature is a measure in space at the rest or at the peak, on average over the arms that worked: the same from
      every view but for the estimate's error.
    - Distances are in spreads. A rep that differs in one place, as a lateral raise from a front raise does, differs:
      so the largest deviations count, not the average.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from formcoach import measure as m
from formcoach.errors import FormCoachError, reason
from formcoach.exercise import Phase
from formcoach.files import write_whole
from formcoach.window import median_seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from formcoach.measure import Measure
    from formcoach.window import RepWindow

Look = Mapping[str, float]
"""A rep's features by name; what was not seen is left out."""
Signature = dict[str, tuple[float, float]]
"""Mean and spread of each feature."""

FEATURES: tuple[Measure, ...] = (
    m.wrist_along_t, m.wrist_forward_t, m.wrist_outward_t, m.elbow_along_t, m.elbow_forward_t, m.elbow_outward_t,
    m.bow_deg, m.girdle_tilt_deg, m.knee_bend_deg, m.hip_bend_deg,
)  # fmt: skip
RISES = (m.shoulders_y_t, m.hips_y_t)
"""What the whole body does: a pull-up lifts the shoulders, a push-up sinks them, a row leaves them."""
PHASES = {"rest": Phase.BOTTOM, "peak": Phase.TOP}
LEAST_SPREAD = {"deg": 12.0, "T": 0.15}
"""People and cameras differ by so much more than clips of one body do."""
MOST = 6.0
"""A deviation counts for no more than so many spreads."""
LARGEST = 5
"""How many of the largest deviations make the distance."""
MIN_SEEN = 10
"""Fewer features seen say nothing."""

UNLIKE = 4.0
"""Spreads beyond which a rep is none of this exercise. Rendered reps of unseen clips: half within 0.8, 99 of 100 within
2.9; real people 0.7 to 3.5; push-ups 4.4 to 6 from every exercise of the catalogue that counts them."""
RISEN = 3.8
"""Spreads that shoulders or hips may rise or sink otherwise: 99.5 of 100 rendered reps and all real ones stay within
2.5; push-ups taken for renegade rows come to 4.2 and more."""


def look_of(window: RepWindow) -> Look:
    """The features of one rep."""
    look = {}
    for name, phase in PHASES.items():
        chosen = window.during(phase)
        for measure in FEATURES:
            sides = window.arms if measure.sided else (None,)
            values = [median_seen(window.table.values(measure, side)[chosen]) for side in sides]
            seen = [value for value in values if not math.isnan(value)]
            if seen:
                look[f"{name} {measure.name}"] = sum(seen) / len(seen)
    for measure in RISES:
        rest, peak = (median_seen(window.table.values(measure)[window.during(phase)]) for phase in PHASES.values())
        if not math.isnan(peak - rest):
            look[f"rise {measure.name}"] = peak - rest
    return look


def distance(look: Look, signature: Signature) -> float:
    """How far a rep is from an exercise, in spreads; NaN where too little was seen."""
    off = _deviations(look, signature, {name: spread for name, (_, spread) in signature.items()})
    return math.sqrt(_square_mean(sorted(off)[-LARGEST:]))


def nearness(look: Look, signature: Signature) -> float:
    """How far a rep is from an exercise, to compare exercises by, in spreads; NaN where too little was seen.

    Other than for `distance` all features count alike, and a spread is the quadratic mean of the exercise's own and
    the one common to all exercises: by its own alone, an exercise that is done in many ways would be near to anything.
    """
    common = common_spreads()
    spreads = {name: math.sqrt((spread**2 + common[name] ** 2) / 2) for name, (_, spread) in signature.items()}
    return math.sqrt(_square_mean(_deviations(look, signature, spreads)))


def is_unlike(look: Look, signature: Signature) -> bool:
    """Whether a rep is none of this exercise: far from it all in all, or with the whole body where it should rest."""
    rises = [name for name in look if name.startswith("rise ") and name in signature]
    risen = [abs(look[name] - signature[name][0]) / signature[name][1] for name in rises]
    return distance(look, signature) > UNLIKE or max(risen, default=0.0) > RISEN


def _deviations(look: Look, signature: Signature, spreads: Mapping[str, float]) -> list[float]:
    """How far each feature is off, in spreads; none where too little was seen."""
    off = [
        min(abs(_apart(name, value, signature[name][0])) / spreads[name], MOST)
        for name, value in look.items()
        if name in signature
    ]
    return off if len(off) >= MIN_SEEN else []


def _square_mean(values: list[float]) -> float:
    """The mean of the squares; NaN of nothing."""
    return sum(value * value for value in values) / len(values) if values else math.nan


def _apart(name: str, value: float, mean: float) -> float:
    """Angles of a body that bows all the way round are alike across 180°."""
    return (value - mean + 180.0) % 360.0 - 180.0 if name.endswith("bow_deg") else value - mean


def signature_of(looks: Iterable[Look]) -> Signature:
    """Mean and spread of each feature over many reps."""
    every = list(looks)
    signature = {}
    for name in sorted({name for look in every for name in look}):
        values = np.array([look[name] for look in every if name in look])
        if 2 * len(values) < len(every):
            continue
        middle = float(np.median(values))
        spread = max(1.4826 * float(np.median(np.abs(values - middle))), float(values.std()))
        least = LEAST_SPREAD["deg" if name.endswith("_deg") else "T"]
        signature[name] = (round(middle, 3), round(math.hypot(spread, least), 3))
    return signature


def write_signatures(path: Path, looks: Mapping[str, Iterable[Look]]) -> None:
    """Write the signature of each exercise as JSON; those that the file knew and that have no looks here stay.

    Raises:
        FormCoachError: the file cannot be written.
    """
    signatures = {**_read(path), **{one: signature_of(every) for one, every in looks.items() if every}}
    text = json.dumps({"exercises": dict(sorted(signatures.items()))}, indent=1)
    write_whole(path, f"{text}\n".encode())


# ---- what is known ----

PATH = Path(__file__).with_name("signatures.json")


SIGNATURES_VARIABLE = "FORMCOACH_SIGNATURES"
"""A file of signatures that go before those of the package: for rules of one's own, or to be measured by."""


@cache
def known() -> Mapping[str, Signature]:
    """The signatures by exercise: the person's own, and those that ship with the package.

    Raises:
        FormCoachError: FORMCOACH_SIGNATURES names no file of signatures.
    """
    own = os.environ.get(SIGNATURES_VARIABLE)
    if own and not Path(own).is_file():
        raise FormCoachError(f"{own}: no such file; write one with `formcoach evaluate FOLDER --signatures {own}`")
    return {**_read(PATH), **(_read(Path(own)) if own else {})}


@cache
def common_spreads() -> Mapping[str, float]:
    """The spread of each feature within an exercise, the quadratic mean over all that are known."""
    spreads: dict[str, list[float]] = {}
    for signature in known().values():
        for name, (_, spread) in signature.items():
            spreads.setdefault(name, []).append(spread)
    return {name: math.sqrt(_square_mean(each)) for name, each in spreads.items()}


def _read(path: Path) -> dict[str, Signature]:
    """The signatures of a file; none where there is no file.

    Raises:
        FormCoachError: it is something else.
    """
    if not path.is_file():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {
            exercise: {name: _spread(*pair) for name, pair in features.items()}
            for exercise, features in data["exercises"].items()
        }
    except (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise FormCoachError(f"{path} holds no signatures ({reason(error)}); name another file") from error


def _spread(mean: float, spread: float) -> tuple[float, float]:
    if not (math.isfinite(mean) and math.isfinite(spread) and spread > 0):
        raise ValueError(f"{mean} ± {spread}")
    return float(mean), float(spread)
