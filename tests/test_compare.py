"""Reps held against each other: the best, the gravest, and moments that belong together."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formcoach.body import Side, View
from formcoach.catalogue import load_catalogue
from formcoach.compare import (
    aligned,
    best_rep,
    by_gravity,
    findings_by_gravity,
    happened_s,
    knots,
    shown_while,
    turns,
)
from formcoach.exercise import Finding, Rep, Span

ROW = load_catalogue()["bent-over-row"]
SPAN = Span(
    start_s=10.0, peak_s=11.0, lowering_s=11.5, end_s=13.0, rest=0.0, peak=60.0, next_rest=0.0, reach=1.0
)  # fmt: skip


def found(fault_id: str, *, severe: bool = False, beyond: float = 0.1, time_s: float = 11.2) -> Finding:
    """A finding so far beyond the limit of its severity, in steps from mild to severe."""
    fault = ROW.fault(fault_id)
    limit = fault.severe if severe else fault.mild
    return Finding(
        fault=fault_id, severity="severe" if severe else "mild", value=limit + beyond * (fault.severe - fault.mild),
        limit=limit, unit=fault.unit, time_s=time_s, confidence=0.9,
    )  # fmt: skip


def a_rep(number: int = 1, *findings: Finding, peak: float = 60.0, **changes: Any) -> Rep:
    rep = Rep(
        number=number, set_number=1, side=None, span=replace(SPAN, peak=peak), view=View.SIDE, azimuth_deg=90.0,
        findings=findings, hints=(), not_assessed=(),
    )  # fmt: skip
    return replace(rep, **changes)


# ---- the best ----


def test_best_is_the_clean_one_with_the_largest_range() -> None:
    reps = [a_rep(1, peak=60), a_rep(2, peak=70), a_rep(3, found("rounded-back"), peak=90)]
    assert best_rep(reps) is reps[1]
    assert best_rep(reps, reps[2]) is reps[1]


def test_best_of_none_clean_has_the_fewest_and_mildest_findings() -> None:
    two = a_rep(1, found("rounded-back"), found("shrug"), peak=90)
    severe = a_rep(2, found("rounded-back", severe=True), peak=90)
    mild = a_rep(3, found("rounded-back"), peak=50)
    assert best_rep([two, severe, mild]) is mild


def test_best_was_judged_where_any_was() -> None:
    unjudged, flawed = a_rep(1, peak=90, judged=False), a_rep(2, found("rounded-back"))
    assert best_rep([unjudged, flawed]) is flawed
    assert best_rep([unjudged, a_rep(3, peak=60, judged=False)]) is unjudged


def test_best_has_none_beside_it() -> None:
    reps = [a_rep(1), a_rep(2, found("rounded-back"))]
    assert best_rep(reps, reps[0]) is None
    assert best_rep([]) is None


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"unlike": True}, id="of another movement"),
        pytest.param({"span": replace(SPAN, complete=False)}, id="cut off"),
        pytest.param({"span": replace(SPAN, peak=math.nan)}, id="of unknown range"),
    ],
)
def test_best_is_a_whole_rep_of_the_exercise(changes: dict[str, Any]) -> None:
    assert best_rep([a_rep(1, **changes)]) is None


def test_best_is_of_the_same_arm_where_there_is_one() -> None:
    left, right = a_rep(1, side=Side.LEFT, peak=50), a_rep(2, side=Side.RIGHT, peak=80)
    flawed = a_rep(3, found("rounded-back"), side=Side.LEFT)
    assert best_rep([left, right, flawed], flawed) is left
    assert best_rep([right, flawed], flawed) is None  # the only one of its arm


# ---- the gravest ----


def test_gravity_is_severity_then_safety_then_distance() -> None:
    polish = next(fault.id for fault in ROW.faults if fault.priority == 3)
    reps = [
        a_rep(1),
        a_rep(2, found(polish)),
        a_rep(3, found("rounded-back")),
        a_rep(4, found("rounded-back", beyond=0.5)),
        a_rep(5, found(polish, severe=True)),
    ]
    assert [rep.number for rep in by_gravity(reps, ROW)] == [5, 4, 3, 2]
    both = a_rep(6, found(polish), found("rounded-back"))
    assert [finding.fault for finding in findings_by_gravity(both, ROW)] == ["rounded-back", polish]


def test_less_can_be_worse() -> None:
    fault = next(fault for fault in ROW.faults if fault.less_is_worse)
    near, far = a_rep(1, found(fault.id, beyond=0.1)), a_rep(2, found(fault.id, beyond=0.6))
    assert by_gravity([near, far], ROW) == [far, near]


# ---- moments ----


def test_turns_are_laid_on_turns() -> None:
    other = replace(SPAN, start_s=0.0, peak_s=2.0, lowering_s=2.0, end_s=5.0)
    through = knots(SPAN, other)
    assert [aligned(time_s, through) for time_s in turns(SPAN)] == list(turns(other))
    assert aligned(10.5, through) == 1.0
    assert aligned(12.25, through) == 3.5


def test_outside_a_rep_seconds_are_seconds() -> None:
    through = knots(SPAN, replace(SPAN, start_s=0.0, peak_s=2.0, lowering_s=2.0, end_s=5.0))
    assert aligned(9.5, through) == -0.5
    assert aligned(14.0, through) == 6.0


times = st.floats(-5, 50)


@given(st.tuples(times, times, times, times), st.tuples(times, times, times, times), st.lists(times, min_size=2))
def test_alignment_never_goes_back(own: tuple[float, ...], other: tuple[float, ...], at: list[float]) -> None:
    def span(turn: tuple[float, ...]) -> Span:
        start_s, peak_s, lowering_s, end_s = sorted(turn)
        return replace(SPAN, start_s=start_s, peak_s=peak_s, lowering_s=lowering_s, end_s=end_s)

    through = knots(span(own), span(other))
    there = [aligned(time_s, through) for time_s in sorted(at)]
    assert all(b >= a - 1e-6 for a, b in pairwise(there))


def test_turns_that_are_not_known_fall_on_the_one_before() -> None:
    assert turns(replace(SPAN, peak_s=math.nan, lowering_s=math.nan)) == (10.0, 10.0, 10.0, 13.0)
    assert turns(replace(SPAN, peak_s=20.0, lowering_s=5.0)) == (10.0, 13.0, 13.0, 13.0)


@pytest.mark.parametrize(("time_s", "at"), [(11.2, 11.2), (math.nan, 11.0), (2.0, 10.0), (99.0, 13.0)])
def test_findings_happen_within_their_rep(time_s: float, at: float) -> None:
    assert happened_s(found("rounded-back", time_s=time_s), a_rep()) == at


def test_what_happens_is_shown_for_its_phase_or_long_enough() -> None:
    assert shown_while(12.0, SPAN) == pytest.approx((11.2, 13.0))
    assert shown_while(11.25, SPAN) == pytest.approx((10.45, 12.05))
