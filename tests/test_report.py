"""The report of hand-made analyses: every field, every unit, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console

from formcoach import __version__
from formcoach import measure as m
from formcoach.analysis import Analysis, judge
from formcoach.body import Side, View
from formcoach.catalogue import load_catalogue
from formcoach.coach import Cue
from formcoach.errors import FormCoachError
from formcoach.exercise import (
    Exercise,
    Fault,
    Finding,
    Grade,
    Grades,
    NotAssessed,
    Reading,
    Rep,
    RepSignal,
    Sides,
    Span,
)
from formcoach.pose import LANDMARKS, Pose, PoseTrack, Source
from formcoach.recording import load_track
from formcoach.report import (
    CSV_COLUMNS,
    csv_of,
    in_words,
    json_of,
    quantity,
    report_of,
    table_of,
    write_report,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from formcoach.window import RepWindow

SAMPLES = Path(__file__).parent.parent / "samples"
TRACKS = sorted(SAMPLES.glob("*.poses.npz"))


# ---- analyses by hand ----


def a_fault(fault_id: str, *, unit: str = "deg", grades: str = "F:X R:X S:A O:C") -> Fault:
    return Fault(
        id=fault_id,
        name=fault_id.replace("-", " ").capitalize(),
        priority=1,
        read=lambda _window: Reading(0.0),
        mild=10.0,
        severe=20.0,
        unit=unit,
        grades=Grades.of(grades),
        cue="Do it well",
        explain="It should be done well.",
        segment=("ELBOW",),
    )


EXERCISE = Exercise(
    id="test-lift",
    name="Test lift",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.hinge_deg, rest=0.0, peak=90.0, full=60.0),
    position=(),
    faults=(a_fault("bent-back"), a_fault("late-arm", unit="T"), a_fault("wide-knee", grades="F:A R:A S:X O:B")),
    camera="Anywhere.",
    movement="Lift it.",
    best_view=View.SIDE,
)


def a_finding(fault: str = "bent-back", **changes: Any) -> Finding:
    finding = Finding(
        fault=fault, severity="mild", value=14.23456, limit=10.0, unit="deg", time_s=2.00049, confidence=0.8123
    )
    return replace(finding, **changes)


def a_span(start_s: float = 1.3, **changes: Any) -> Span:
    span = Span(
        start_s=start_s,
        peak_s=start_s + 0.9,
        lowering_s=start_s + 1.1,
        end_s=start_s + 2.6,
        rest=5.0,
        peak=76.5,
        next_rest=6.0,
        reach=1.0,
    )
    return replace(span, **changes)


def a_rep(number: int = 1, **changes: Any) -> Rep:
    rep = Rep(
        number=number,
        set_number=1,
        side=None,
        span=a_span(4.0 * number - 2.7),
        view=View.SIDE,
        azimuth_deg=84.04,
        findings=(),
        hints=(),
        not_assessed=(),
    )
    return replace(rep, **changes)


def a_pose(time_s: float) -> Pose:
    points, ones = np.full((LANDMARKS, 3), 100, np.float32), np.ones(LANDMARKS, np.float32)
    return Pose(time_s, points, points, ones, ones, None)


def a_track(frames: int = 10, lost: int = 2, **changes: Any) -> PoseTrack:
    """`lost` frames without a person, then the others with one."""
    source = Source(name="set.mp4", width=640, height=480, duration_s=20.1004, model="full")
    times = np.arange(frames) / 10
    poses = tuple(None if i < lost else a_pose(time_s) for i, time_s in enumerate(times.tolist()))
    return PoseTrack(replace(source, **changes), times, poses)


def an_analysis(*reps: Rep, **changes: Any) -> Analysis:
    analysis = Analysis(
        exercise=EXERCISE,
        track=a_track(),
        instants=(),
        reps=reps,
        partials=(),
        cues=(),
        view=View.SIDE,
        azimuth_deg=84.04,
        notes=(),
    )
    return replace(analysis, **changes)


NOBODY = an_analysis(view=None, azimuth_deg=math.nan, track=a_track(lost=10), notes=("Nobody was found.",))
RICH = an_analysis(
    a_rep(1),
    a_rep(
        2,
        findings=(a_finding(), a_finding("late-arm", severity="severe", value=0.5, limit=20.0, unit="T")),
        not_assessed=(NotAssessed(fault="wide-knee", why="side view", instead="face the camera"),),
    ),
    a_rep(
        3,
        set_number=2,
        side=Side.LEFT,
        span=a_span(15.0, complete=False),
        hints=(a_finding("wide-knee"),),
        not_assessed=(NotAssessed(fault="wide-knee", why="another reason", instead="another way"),),
    ),
    partials=(a_span(12.0, peak=35.0),),
    cues=(
        Cue(time_s=7.9, fault="bent-back", text="Do it well"),
        Cue(time_s=17.60049, fault=None, text="That's it"),
    ),
    notes=("The light was poor – or the camera.",),
)


def reps_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [rep for one in report["sets"] for rep in one["reps"]]


# ---- field by field ----


def test_whole_report() -> None:
    clean: dict[str, Any] = {"findings": [], "hints": [], "not_assessed": []}
    phases = {"range": 71.5, "range_unit": "deg", "concentric_s": 0.9, "hold_s": 0.2, "eccentric_s": 1.5}
    bent = {"fault": "bent-back", "severity": "mild", "value": 14.235, "limit": 10.0, "unit": "deg"}
    late = {"fault": "late-arm", "severity": "severe", "value": 0.5, "limit": 20.0, "unit": "T"}
    when = {"time_s": 2.0, "confidence": 0.81}
    first = {"number": 1, "side": "both", "start_s": 1.3, "peak_s": 2.2, "end_s": 3.9, "complete": True}
    second = {"number": 2, "side": "both", "start_s": 5.3, "peak_s": 6.2, "end_s": 7.9, "complete": True}
    third = {"number": 3, "side": "left", "start_s": 15.0, "peak_s": 15.9, "end_s": 17.6, "complete": False}
    assert report_of(RICH) == {
        "schema": 1,
        "formcoach": __version__,
        "video": "set.mp4",
        "exercise": "test-lift",
        "model": "full",
        "duration_s": 20.1,
        "frames": 10,
        "frames_with_person": 8,
        "view": {"name": "side", "azimuth_deg": 84.0},
        "sets": [
            {
                "number": 1,
                "start_s": 1.3,
                "end_s": 7.9,
                "reps": [
                    first | phases | {"view": "side"} | clean,
                    second
                    | phases
                    | {"view": "side"}
                    | clean
                    | {"findings": [bent | when, late | when], "not_assessed": ["wide-knee"]},
                ],
            },
            {
                "number": 2,
                "start_s": 15.0,
                "end_s": 17.6,
                "reps": [
                    third
                    | phases
                    | {"view": "side"}
                    | clean
                    | {"hints": [bent | when | {"fault": "wide-knee"}], "not_assessed": ["wide-knee"]}
                ],
            },
        ],
        "partial_reps": [{"start_s": 12.0, "peak_s": 12.9, "end_s": 14.6, "range": 30.0}],
        "holds": [],
        "not_assessed": [{"fault": "wide-knee", "why": "side view", "instead": "face the camera", "reps": 2}],
        "cues": [
            {"time_s": 7.9, "fault": "bent-back", "text": "Do it well"},
            {"time_s": 17.6, "fault": None, "text": "That's it"},
        ],
        "notes": ["The light was poor – or the camera."],
    }


NUMBER = (int, float)
NOTHING = type(None)
REPORT = {
    "schema": int, "formcoach": str, "video": str, "exercise": str, "model": str, "duration_s": NUMBER, "frames": int,
    "frames_with_person": int, "view": dict, "sets": list, "partial_reps": list, "holds": list, "not_assessed": list,
    "cues": list, "notes": list,
}  # fmt: skip
SET = {"number": int, "start_s": NUMBER, "end_s": NUMBER, "reps": list}
REP = {
    "number": int, "side": str, "start_s": NUMBER, "peak_s": NUMBER, "end_s": NUMBER, "complete": bool,
    "range": NUMBER, "range_unit": str, "concentric_s": NUMBER, "hold_s": NUMBER, "eccentric_s": NUMBER,
    "findings": list, "not_assessed": list,
}  # fmt: skip
FINDING = {
    "fault": str, "severity": str, "value": NUMBER, "limit": NUMBER, "unit": str, "time_s": NUMBER,
    "confidence": NUMBER,
}  # fmt: skip
PARTIAL = {"start_s": NUMBER, "peak_s": NUMBER, "end_s": NUMBER, "range": NUMBER}
MISSED = {"fault": str, "why": str, "instead": str}
CUE = {"time_s": NUMBER, "fault": (str, NOTHING), "text": str}


def check_fields(entry: dict[str, Any], fields: dict[str, Any]) -> None:
    assert fields.keys() <= entry.keys()
    wrong = {key: entry[key] for key, kind in fields.items() if not isinstance(entry[key], kind)}
    assert wrong == {}


def check_schema(report: dict[str, Any], exercise: Exercise) -> None:
    """What holds for every report, after its way through JSON."""
    check_fields(report, REPORT)
    assert report["schema"] == 1
    assert 0 <= report["frames_with_person"] <= report["frames"]
    check_fields(report["view"], {"name": (str, NOTHING), "azimuth_deg": (*NUMBER, NOTHING)})
    declared = {fault.id: fault for fault in exercise.faults}
    for one in report["sets"]:
        check_fields(one, SET)
        assert one["reps"], "a set without reps"
        assert one["start_s"] == one["reps"][0]["start_s"]
        assert one["end_s"] == one["reps"][-1]["end_s"]
    assert [one["number"] for one in report["sets"]] == list(range(1, len(report["sets"]) + 1))
    reps = reps_of(report)
    assert [rep["number"] for rep in reps] == list(range(1, len(reps) + 1))
    for rep in reps:
        check_fields(rep, REP)
        assert rep["side"] in {"both", "left", "right"}
        assert rep["start_s"] <= rep["peak_s"] <= rep["end_s"]
        phases_s = rep["concentric_s"] + rep["hold_s"] + rep["eccentric_s"]
        assert phases_s == pytest.approx(rep["end_s"] - rep["start_s"], abs=0.003)
        assert min(rep["concentric_s"], rep["hold_s"], rep["eccentric_s"], rep["range"]) >= 0
        for finding in (*rep["findings"], *rep.get("hints", [])):
            check_fields(finding, FINDING)
            assert finding["severity"] in {"mild", "severe"}
            assert 0 <= finding["confidence"] <= 1
            assert finding["unit"] == declared[finding["fault"]].unit
        assert set(rep["not_assessed"]) <= declared.keys()
        assert not {finding["fault"] for finding in rep["findings"]} & set(rep["not_assessed"])
    for entries, fields in ((report["partial_reps"], PARTIAL), (report["not_assessed"], MISSED), (report["cues"], CUE)):
        for entry in entries:
            check_fields(entry, fields)
    assert {entry["fault"] for entry in report["not_assessed"]} >= {f for rep in reps for f in rep["not_assessed"]}
    assert all(isinstance(note, str) for note in report["notes"])


@pytest.mark.parametrize(
    "analysis",
    [
        pytest.param(RICH, id="rich"),
        pytest.param(NOBODY, id="nobody"),
        pytest.param(an_analysis(), id="no reps"),
        pytest.param(an_analysis(a_rep()), id="one rep"),
    ],
)
def test_schema_by_hand(analysis: Analysis) -> None:
    check_schema(json.loads(json_of(report_of(analysis))), EXERCISE)


@pytest.mark.parametrize("path", TRACKS, ids=lambda path: path.name.removesuffix(".poses.npz"))
def test_schema_of_the_samples(path: Path) -> None:
    exercise = load_catalogue()[path.name.split("_")[0]]
    report = json.loads(json_of(report_of(judge(load_track(path), exercise))))
    check_schema(report, exercise)
    numbers = [rep[key] for rep in reps_of(report) for key in rep if key.endswith("_s")]
    assert all(round(number, 3) == number for number in numbers)


@pytest.mark.parametrize(("side", "word"), [(None, "both"), (Side.LEFT, "left"), (Side.RIGHT, "right")])
def test_sides(side: Side | None, word: str) -> None:
    (rep,) = reps_of(report_of(an_analysis(a_rep(side=side))))
    assert rep["side"] == word


def test_unknown_is_null_and_nothing_is_negative_zero() -> None:
    finding = a_finding(time_s=math.nan, value=-0.0001)
    analysis = an_analysis(a_rep(findings=(finding,)), azimuth_deg=math.nan, view=None)
    text = json_of(report_of(analysis))
    assert "NaN" not in text
    assert "-0.0" not in text
    report = json.loads(text)
    assert report["view"] == {"name": None, "azimuth_deg": None}
    (found,) = reps_of(report)[0]["findings"]
    assert (found["time_s"], found["value"]) == (None, 0.0)


def test_range_has_the_unit_of_the_signal() -> None:
    signal = replace(EXERCISE.signal, measure=m.hand_h_t)  # type: ignore[arg-type]
    (rep,) = reps_of(report_of(an_analysis(a_rep(), exercise=replace(EXERCISE, signal=signal))))
    assert rep["range_unit"] == "T"


def test_range_is_a_size_where_the_signal_falls_in_the_lift() -> None:
    (rep,) = reps_of(report_of(an_analysis(a_rep(span=a_span(rest=80.0, peak=20.0)))))
    assert rep["range"] == 60.0


def test_partials_are_no_reps() -> None:
    report = report_of(an_analysis(partials=(a_span(), a_span(5.0))))
    assert [partial["start_s"] for partial in report["partial_reps"]] == [1.3, 5.0]
    assert report["sets"] == []


def test_not_assessed_without_reps_is_what_the_view_hides() -> None:
    missed = {entry["fault"]: entry for entry in report_of(an_analysis())["not_assessed"]}
    assert missed.keys() == {"wide-knee"}
    assert missed["wide-knee"]["instead"] == "face the camera"
    assert missed["wide-knee"]["reps"] == 0
    front = report_of(an_analysis(view=View.FRONT))["not_assessed"]
    assert [entry["fault"] for entry in front] == ["bent-back", "late-arm"]
    assert report_of(NOBODY)["not_assessed"] == []


# ---- judged or not assessed ----


@pytest.mark.parametrize("path", TRACKS, ids=lambda path: path.name.removesuffix(".poses.npz"))
def test_every_declared_fault_is_judged_or_not_assessed(path: Path) -> None:
    readings: list[tuple[str, Grade, Reading]] = []

    def watched(fault: Fault) -> Fault:
        def read(window: RepWindow) -> Reading:
            reading = fault.read(window)
            readings.append((fault.id, fault.grades.at(window.view), reading))
            return reading

        return replace(fault, read=read)

    exercise = load_catalogue()[path.name.split("_")[0]]
    watching = replace(exercise, faults=tuple(watched(fault) for fault in exercise.faults))
    reps = reps_of(report_of(judge(load_track(path), watching)))
    assert reps
    for rep in reps:
        unseen = {fault.id for fault in exercise.faults if fault.grades.at(View(rep["view"])) is Grade.X}
        read = [readings.pop(0) for _ in range(len(exercise.faults) - len(unseen))]
        weak = {fault for fault, grade, reading in read if grade is Grade.C or math.isnan(reading.value)}
        found = {fault for fault, _, reading in read if exercise.fault(fault).severity(reading.value) is not None}
        assert set(rep["not_assessed"]) == unseen | weak
        assert {finding["fault"] for finding in rep["findings"]} == found - weak
        assert {hint["fault"] for hint in rep["hints"]} == found & weak
    assert readings == []


# ---- csv ----


def test_csv_is_one_line_a_rep() -> None:
    assert csv_of(report_of(RICH)) == (
        "set,rep,side,start_s,peak_s,end_s,complete,range,range_unit,concentric_s,hold_s,eccentric_s,findings,"
        "not_assessed\n"
        "1,1,both,1.3,2.2,3.9,True,71.5,deg,0.9,0.2,1.5,,\n"
        "1,2,both,5.3,6.2,7.9,True,71.5,deg,0.9,0.2,1.5,bent-back:mild late-arm:severe,wide-knee\n"
        "2,3,left,15.0,15.9,17.6,False,71.5,deg,0.9,0.2,1.5,,wide-knee\n"
    )


def test_csv_without_reps_is_its_heading() -> None:
    assert list(csv.reader(io.StringIO(csv_of(report_of(NOBODY))))) == [list(CSV_COLUMNS)]


# ---- files ----


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files(tmp_path: Path) -> None:
    report = write_report(RICH, tmp_path / "made" / "on the way")
    written = bytes_in(tmp_path / "made" / "on the way")
    assert written.keys() == {"report.html", "report.json", "reps.csv", "poses.npz"}
    assert json.loads(written["report.json"]) == report == report_of(RICH)
    assert "poor – or" in written["report.json"].decode()
    assert written["report.json"].endswith(b"}\n")
    assert written["reps.csv"].decode() == csv_of(report)
    assert len(load_track(tmp_path / "made" / "on the way" / "poses.npz")) == 10


@pytest.mark.parametrize("analysis", [pytest.param(RICH, id="rich"), pytest.param(NOBODY, id="nobody")])
def test_same_bytes_twice(tmp_path: Path, analysis: Analysis) -> None:
    write_report(analysis, tmp_path / "a")
    first = bytes_in(tmp_path / "a")
    write_report(analysis, tmp_path / "a")
    write_report(analysis, tmp_path / "b")
    assert first == bytes_in(tmp_path / "a") == bytes_in(tmp_path / "b")


def test_old_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "annotated.mp4").write_bytes(b"mine")
    write_report(RICH, tmp_path)
    assert (tmp_path / "annotated.mp4").read_bytes() == b"mine"


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FormCoachError, match="cannot write"):
        write_report(RICH, tmp_path / "file")


def test_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    write_report(an_analysis(track=a_track(name="caf\udce9.mp4")), tmp_path)  # as Python gives b"caf\xe9.mp4"
    json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))


# ---- words ----


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (35.4, "deg", "35°"),
        (-8.0, "deg", "-8°"),
        (0.456, "T", "0.46 torso lengths"),
        (0.84, "s", "0.8 s"),
        (17.6, "%", "18 %"),
    ],
)
def test_quantities(value: float, unit: str, words: str) -> None:
    assert quantity(value, unit) == words


def test_every_unit_of_the_catalogue_has_words() -> None:
    exercises = load_catalogue().exercises.values()
    for unit in {fault.unit for exercise in exercises for fault in exercise.faults}:
        assert quantity(1.0, unit)


def test_finding_in_words() -> None:
    assert in_words("Back rounding", a_finding(value=35.4, limit=16, severity="severe")) == (
        "Back rounding: 35°, limit 16° (severe)"
    )


def shown(analysis: Analysis) -> str:
    console = Console(file=io.StringIO(), width=160)
    console.print(table_of(analysis))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_table() -> None:
    text = shown(RICH)
    assert "Test lift · 3 reps" in text
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if "│" in line]
    assert lines == [
        ["1", "1", "1.3 s", "3.9 s", "72°", "0.9 s", "0.2 s", "1.5 s", "clean"],
        ["1", "2", "5.3 s", "7.9 s", "72°", "0.9 s", "0.2 s", "1.5 s", "Bent back: 14°, limit 10° (mild)"],
        ["", "", "", "", "", "", "", "", "Late arm: 0.50 torso lengths, limit 20.00 torso lengths (severe)"],
        ["2", "3 left", "15.0 s", "17.6 s", "72°", "0.9 s", "0.2 s", "1.5 s", "clean"],
    ]


@pytest.mark.parametrize("make", [table_of, report_of])
def test_analysis_is_left_as_it_was(make: Callable[[Analysis], object]) -> None:
    before = (RICH.reps, RICH.partials, RICH.cues, RICH.notes, RICH.track.time_s.tolist())
    make(RICH)
    assert (RICH.reps, RICH.partials, RICH.cues, RICH.notes, RICH.track.time_s.tolist()) == before
