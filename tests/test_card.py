from __future__ import annotations

import math

import pytest

from formcoach.body import Side
from formcoach.card import Highlight, Mark, highlight, near_side, remark
from formcoach.exercise import UNSEEN, Fault, Finding, Grades
from formcoach.pose import Landmark as L


def fault(
    fault_id: str = "rounded-back", segment: tuple[str, ...] = ("SHOULDER", "HIP"), unit: str = "deg",
    limits: tuple[float, float] = (12.0, 22.0),
) -> Fault:  # fmt: skip
    return Fault(
        id=fault_id, name="Back rounding", priority=1, read=lambda _: UNSEEN, mild=limits[0], severe=limits[1],
        unit=unit, grades=Grades.of("F:A R:A S:A O:A"), cue="Long back", explain="", segment=segment,
    )  # fmt: skip


def finding(what: Fault, value: float, severity: str = "severe") -> Finding:
    limit = what.severe if severity == "severe" else what.mild
    return Finding(
        fault=what.id, severity=severity, value=value, limit=limit, unit=what.unit, time_s=1.0, confidence=0.9
    )


# ---- words ----


@pytest.mark.parametrize(
    ("unit", "limits", "value", "severity", "words"),
    [
        ("deg", (12, 22), 35.2, "severe", ("35°", "limit 22°")),
        ("deg", (12, 22), 12.3, "mild", ("12.3°", "limit 12.0°")),
        ("deg", (12, 22), 12.0, "mild", ("12°", "limit 12°")),
        ("deg", (-10, -20), -13.0, "mild", ("−13°", "at least −10°")),
        ("T", (0.3, 0.42), 0.35, "mild", ("0.35 torso lengths", "limit 0.30")),
        ("s", (1.0, 0.6), 0.4, "severe", ("0.4 s", "at least 0.6 s")),
        ("%", (85, 70), 72.4, "mild", ("72 %", "at least 85 %")),
    ],
)
def test_findings_in_words(
    unit: str, limits: tuple[float, float], value: float, severity: str, words: tuple[str, str]
) -> None:
    what = fault(unit=unit, limits=limits)
    said = remark(what, finding(what, value, severity))
    assert (said.value, said.limit) == words
    assert said.mark is Mark(severity)


# ---- which segment ----


@pytest.mark.parametrize(
    ("segment", "side", "azimuth_deg", "pairs"),
    [
        (("SHOULDER", "HIP"), None, 85.0, ((L.LEFT_SHOULDER, L.LEFT_HIP),)),
        (("SHOULDER", "HIP"), None, -85.0, ((L.RIGHT_SHOULDER, L.RIGHT_HIP),)),
        (("SHOULDER", "HIP"), Side.RIGHT, 85.0, ((L.LEFT_SHOULDER, L.LEFT_HIP),)),
        (
            ("SHOULDER", "ELBOW", "WRIST"),
            Side.RIGHT,
            85.0,
            ((L.RIGHT_SHOULDER, L.RIGHT_ELBOW), (L.RIGHT_ELBOW, L.RIGHT_WRIST)),
        ),
        (("SHOULDER", "ELBOW"), None, 3.0, ((L.LEFT_SHOULDER, L.LEFT_ELBOW), (L.RIGHT_SHOULDER, L.RIGHT_ELBOW))),
        (("SHOULDER",), None, 85.0, ((L.LEFT_SHOULDER, L.RIGHT_SHOULDER),)),
        (("NOSE", "SHOULDER"), None, -85.0, ((L.NOSE, L.RIGHT_SHOULDER),)),
    ],
)
def test_the_segment_is_on_the_side_that_shows_it(
    segment: tuple[str, ...], side: Side | None, azimuth_deg: float, pairs: tuple[tuple[int, int], ...]
) -> None:
    what = fault("trunk-swing", segment)
    shown = highlight(what, finding(what, 30), side, azimuth_deg)
    assert shown == Highlight(Mark.SEVERE, pairs)


def test_a_fault_without_a_segment_highlights_nothing() -> None:
    assert highlight(fault(segment=()), finding(fault(), 30), None, 90.0) is None


@pytest.mark.parametrize(
    ("azimuth_deg", "near"),
    [(85, Side.LEFT), (-85, Side.RIGHT), (0, None), (180, None), (math.nan, None), (140, Side.LEFT)],
)
def test_near_side(azimuth_deg: float, near: Side | None) -> None:
    assert near_side(azimuth_deg) is near


@pytest.mark.parametrize(("azimuth_deg", "row"), [(-85.0, 0), (85.0, 1), (0.0, None)])
def test_a_rounded_back_is_shown_along_the_outline_of_the_back(azimuth_deg: float, row: int | None) -> None:
    what = highlight(fault(), finding(fault(), 30), None, azimuth_deg)
    assert what is not None
    assert what.back == row
