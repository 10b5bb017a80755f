"""Synthetic sets, filmed and judged once each, and the pair that every fault must pass: it fires, it nearly does.

A pair's sizes are shares of the way from the fault's mild limit to its severe one, so that they follow from the limits
and stay right when a limit moves: below 0 is a near miss, between 0 and 1 mild, above 1 severe.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from motions import MOVEMENTS
from poses import LEFT_SIDE, Camera, Movement, film

from formcoach.body import View
from formcoach.catalogue import Catalogue, load_catalogue
from formcoach.exercise import Exercise, Fault, Grade, Reading, Rep, Span
from formcoach.pipeline import moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from _pytest.mark.structures import ParameterSet

    from formcoach.pose import PoseTrack
    from formcoach.window import RepWindow

CAMERAS = {
    View.FRONT: Camera(0.0),
    View.REAR: Camera(180.0),
    View.SIDE: LEFT_SIDE,
    View.OBLIQUE: Camera(40.0),
}
"""A camera for each view that grades are given for."""


@cache
def catalogue() -> Catalogue:
    """All rule modules."""
    return load_catalogue()


@dataclass(frozen=True, eq=False)
class Judged:
    """What the pipeline said of a track.

    Attributes:
        reps: counted and judged.
        count: the last that was shown.
        partials: movements that turned back.
        readings: what each fault's function read, rep by rep; of a fault that the view cannot show, nothing.
    """

    reps: tuple[Rep, ...]
    count: int
    partials: tuple[Span, ...]
    readings: Mapping[str, tuple[Reading, ...]]

    @property
    def found(self) -> list[dict[str, str]]:
        """Rep by rep, the faults found and how bad they were."""
        return [{finding.fault: finding.severity for finding in rep.findings} for rep in self.reps]


def judge(track: PoseTrack, exercise: Exercise) -> Judged:
    """Run the real pipeline, and listen to what its faults read."""
    readings: dict[str, list[Reading]] = {}

    def overheard(fault: Fault) -> Fault:
        def read(window: RepWindow) -> Reading:
            reading = fault.read(window)
            readings.setdefault(fault.id, []).append(reading)
            return reading

        return replace(fault, read=read)

    told = []
    final: dict[str, list[Reading]] = {}
    for moment in moments(track, replace(exercise, faults=tuple(overheard(fault) for fault in exercise.faults))):
        told.append(moment)
        for fault, values in readings.items():  # a hold is also read while it lasts: what counts is read last
            final.setdefault(fault, []).extend(values[-len(moment.finished) :] if moment.finished else ())
        readings.clear()
    return Judged(
        reps=tuple(rep for moment in told for rep in moment.finished),
        count=told[-1].count,
        partials=tuple(span for moment in told for span in moment.partials),
        readings={fault: tuple(values) for fault, values in final.items()},
    )


@cache
def _filmed(exercise_id: str, camera: Camera, knobs: tuple[tuple[str, Any], ...]) -> tuple[Movement, Judged]:
    movement = MOVEMENTS[exercise_id](**dict(knobs))
    return movement, judge(film(movement, camera), catalogue()[exercise_id])


def filmed(exercise_id: str, camera: Camera, **knobs: Any) -> tuple[Movement, Judged]:
    """A set with these knobs from this camera, and what was said of it."""
    return _filmed(exercise_id, camera, tuple(sorted(knobs.items())))


# ---- pairs ----


@dataclass(frozen=True, kw_only=True)
class Pair:
    """How to make a fault happen, and how nearly.

    Attributes:
        fault: its id; the movement's knob is named after it.
        why: what the body does, for the test's name.
        within: how near the value read must come to the knob, in the fault's unit.
        near, mild, severe: the sizes, as shares of the way from the mild limit to the severe one.
        near_reads: the value read in the near miss, where it is not the knob's.
        camera: that sees it.
        first: the first rep at fault; 0 has the set-up at fault too.
        knobs: of the movement besides.
        also: faults that rightly follow from this one.
    """

    fault: str
    why: str
    within: float
    near: float = -0.4
    mild: float = 0.5
    severe: float = 1.4
    near_reads: float | None = None
    camera: Camera = LEFT_SIDE
    first: int = 3
    knobs: Mapping[str, Any] = field(default_factory=dict)
    also: frozenset[str] = frozenset()

    def size(self, fault: Fault, level: str) -> float:
        """The knob for `near`, `mild` or `severe`, in the fault's unit."""
        share: float = getattr(self, level)
        return fault.mild + share * (fault.severe - fault.mild)

    def seen_by(self, camera: Camera, exercise_id: str, level: str, reps: int = 4) -> tuple[float, Movement, Judged]:
        """The knob, the set, and what was said of it."""
        size = self.size(catalogue()[exercise_id].fault(self.fault), level)
        knobs = {self.fault.replace("-", "_"): size, "faulty_from": self.first, "reps": reps, **self.knobs}
        return size, *filmed(exercise_id, camera, **knobs)


Broken = dict[tuple[str, ...], str]
"""What does not hold yet, and why: by fault and level, or by fault, view and level."""


def _param(values: Sequence[Any], name: str, why_not: str | None) -> ParameterSet:
    marks = [pytest.mark.xfail(strict=True, reason=why_not)] if why_not else []
    return pytest.param(*values, id=name, marks=marks)


def firing(pairs: Iterable[Pair], broken: Broken) -> list[ParameterSet]:
    """Parameters (pair, level) that must fire."""
    return [
        _param((pair, level), f"{pair.fault} {level}: {pair.why}", broken.get((pair.fault, level)))
        for pair in pairs
        for level in ("mild", "severe")
    ]


def nearly(pairs: Iterable[Pair], broken: Broken) -> list[ParameterSet]:
    """Parameters (pair,) that must not."""
    return [
        _param((pair,), f"{pair.fault}: less than mild, {pair.why}", broken.get((pair.fault, "near"))) for pair in pairs
    ]


def elsewhere(exercise_id: str, pairs: Iterable[Pair], broken: Broken) -> list[ParameterSet]:
    """Parameters (pair, camera, level) of the other views graded A or B."""
    params = []
    for pair in pairs:
        fault = catalogue()[exercise_id].fault(pair.fault)
        for view, camera in CAMERAS.items():
            grade = fault.grades.at(view)
            if grade in (Grade.C, Grade.X) or View.at(pair.camera.azimuth_deg) is view:
                continue
            for level in ("near", "severe"):
                name = f"{pair.fault} {level}: graded {grade.value} from the {view.value}"
                params.append(_param((pair, camera, level), name, broken.get((pair.fault, view.value, level))))
    return params


def check_fires(exercise_id: str, pair: Pair, level: str) -> None:
    """The fault is found with its severity, in the faulty reps only, and nothing besides but what follows from it."""
    size, movement, judged = pair.seen_by(pair.camera, exercise_id, level)
    assert len(judged.reps) == len(movement.beats)
    for number, found in enumerate(judged.found, 1):
        if number < pair.first:
            assert found == {}, f"clean rep {number}"
        else:
            assert found.pop(pair.fault, None) == level, f"rep {number}, knob {size}"
            assert set(found) <= pair.also, f"rep {number}"
    _check_value(pair, judged, size)


def check_near_miss(exercise_id: str, pair: Pair) -> None:
    """Nothing is found, though the value says that something was there."""
    size, movement, judged = pair.seen_by(pair.camera, exercise_id, "near")
    assert len(judged.reps) == len(movement.beats)
    assert judged.found == [{}] * len(movement.beats)
    _check_value(pair, judged, size if pair.near_reads is None else pair.near_reads)


def _check_value(pair: Pair, judged: Judged, expected: float) -> None:
    faulty = judged.readings[pair.fault][max(pair.first, 1) - 1 :]
    for reading in faulty:
        assert reading.value == pytest.approx(expected, abs=pair.within)
    for rep in judged.reps:
        for finding in rep.findings:
            if finding.fault == pair.fault:
                assert finding.value == judged.readings[pair.fault][rep.number - 1].value
                assert rep.span.start_s - 0.35 <= finding.time_s <= rep.span.end_s + 0.05


def check_elsewhere(exercise_id: str, pair: Pair, camera: Camera, level: str) -> None:
    """From another view that its grade trusts, the fault is found too, and only where it is."""
    _, movement, judged = pair.seen_by(camera, exercise_id, level, reps=max(pair.first, 3))
    assert len(judged.reps) == len(movement.beats)
    for number, found in enumerate(judged.found, 1):
        assert (pair.fault in found) == (level == "severe" and number >= pair.first), f"rep {number}: {found}"


def check_all_declared(exercise_id: str, pairs: Iterable[Pair], *, hints_only: Iterable[str] = ()) -> None:
    """Every fault that some view shows has its pair; the others are known."""
    exercise = catalogue()[exercise_id]
    unseen = {f.id for f in exercise.faults if not any(f.grades.at(v) in (Grade.A, Grade.B) for v in View)}
    assert unseen == set(hints_only)
    assert sorted(pair.fault for pair in pairs) == sorted({f.id for f in exercise.faults} - unseen)


def check_clean(exercise_id: str, camera: Camera) -> None:
    """A clean set is counted exactly and found clean; what the view shows is judged, and the rest said to be unseen."""
    movement, judged = filmed(exercise_id, camera)
    assert judged.count == len(judged.reps) == len(movement.beats)
    assert judged.found == [{}] * len(movement.beats)
    assert judged.partials == ()
    exercise = catalogue()[exercise_id]
    for rep in judged.reps:
        seen = {f.id for f in exercise.faults if f.grades.at(rep.view) in (Grade.A, Grade.B)}
        unread = {fault for fault in seen if math.isnan(judged.readings[fault][rep.number - 1].value)}
        assert unread <= ({"stance-rise"} if rep.number <= 2 else set())  # it has two reps to compare with first
        assert {n.fault for n in rep.not_assessed} == {f.id for f in exercise.faults} - seen | unread
