"""What nobody does on purpose: ten thousand reps, nothing but NaN, rules that fail, files that lie, seeded damage."""

from __future__ import annotations

import json
import os
import sys
import tracemalloc
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hostile
import numpy as np
import pytest
from commands import analysed, command
from fuzz import KINDS, Outcome, Report, feed, kind_of, run
from hostile import Material
from poses import LEFT_SIDE, Tempo, bent_over_row, film
from test_live import SMALL, FakeCamera, Replay, SpyVoice, beginning
from videos import patch_box, steady, write_video

from formcoach import page
from formcoach.analysis import judge
from formcoach.body import Body
from formcoach.catalogue import load_catalogue, load_folder
from formcoach.errors import FormCoachError
from formcoach.exercise import Exercise, Reading
from formcoach.frames import MAX_DURATION_S, Video
from formcoach.live import Live
from formcoach.pipeline import Pipeline
from formcoach.recorder import SessionRecorder
from formcoach.recording import load_track, save_track
from formcoach.report import write_report
from formcoach.store import Store
from formcoach.window import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostile import Task
    from numpy.typing import NDArray

    from formcoach.pose import Pose, PoseTrack
    from formcoach.window import RepWindow

SAMPLES = Path(__file__).parent.parent / "samples"
SAMPLE = SAMPLES / "bent-over-row_rounded-back.poses.npz"
FRAMES_LEFT_OUT = 3
"""Of a film of 15 frames a second every third is taken: what is counted does not depend on it, and time does."""


def row() -> Exercise:
    return load_catalogue()["bent-over-row"]


@cache
def fast_row() -> tuple[PoseTrack, int, int]:
    """Somebody who rows fast, and the first and the last frame of one rep."""
    movement = bent_over_row(reps=6, tempo=Tempo(0.6, 0.1, 0.7, 0.3))
    track = film(movement, LEFT_SIDE)
    first, last = (int(np.searchsorted(track.time_s, movement.beats[rep].start_s)) for rep in (2, 3))
    return track, first, last


def rowing(reps: int) -> Iterator[tuple[float, Pose]]:
    """The first two reps of that film, then the third as often as wanted."""
    track, first, last = fast_row()
    step_s = float(track.time_s[1] - track.time_s[0])
    order = [*range(first), *(i for _ in range(reps) for i in range(first, last, FRAMES_LEFT_OUT))]
    time_s = 0.0
    for i in order:
        pose = track.poses[i]
        assert pose is not None
        yield time_s, replace(pose, time_s=time_s)
        time_s += step_s * (1 if i < first else FRAMES_LEFT_OUT)


def long_track(reps: int) -> PoseTrack:
    times, poses = zip(*rowing(reps), strict=True)
    return replace(fast_row()[0], time_s=np.array(times), poses=poses)


# ---- many reps ----


def count(reps: int, every: int) -> tuple[int, list[int]]:
    """How many reps are judged, and the memory that is held after each so many of them, bytes."""
    pipeline, done, held = Pipeline(row()), 0, []
    for time_s, pose in rowing(reps):
        for _ in pipeline.update(time_s, pose).finished:
            done += 1
            if done % every == 0:
                held.append(tracemalloc.get_traced_memory()[0])
    return done + len(pipeline.finish().finished), held


def test_each_of_hundreds_of_reps_counts() -> None:
    assert count(200, every=1000)[0] == 202


@pytest.mark.slow
def test_ten_thousand_reps_count_in_bounded_memory() -> None:
    tracemalloc.start()
    try:
        done, held = count(10_000, every=1000)
    finally:
        tracemalloc.stop()
    assert done == 10_002
    assert max(held) - held[1] < 3_000_000, held  # a rep's bodies alone are 50 kB


def test_a_report_of_many_reps_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_REPS", 10)
    analysis = judge(long_track(40), row())
    assert len(analysis.reps) == 42
    write_report(analysis, tmp_path)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert sum(len(one["reps"]) for one in report["sets"]) == 42
    assert len((tmp_path / "reps.csv").read_text(encoding="utf-8").splitlines()) == 43
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "The first 10 of 42 are shown here" in html
    assert 'id="rep-10"' in html
    assert 'id="rep-11"' not in html


def body(time_s: float) -> Body:
    return Body(time_s, [(0.0, 0.0)] * 33, [(0.0, 0.0, 0.0)] * 33, 1.0, 0.0, None)


def test_the_timeline_is_bounded_whatever_the_rate_of_frames() -> None:
    timeline = Timeline(memory_s=1.0)
    for i in range(30_000):
        timeline.add(body(i * 1e-4))
    assert 900 < len(timeline.between(0, 3)) <= 2001
    assert len(timeline.between(2.5, 3.0)) == pytest.approx(500, abs=60)


# ---- nothing to be seen ----


@pytest.mark.parametrize("name", ["landmarks", "world", "visibility", "support", "outline", "all"])
@pytest.mark.parametrize("exercise", ["bent-over-row", "single-arm-row", "thoracic-extension-hold", "farmers-carry"])
def test_nan_everywhere(tmp_path: Path, name: str, exercise: str) -> None:
    with np.load(SAMPLE) as file:
        arrays = {key: file[key] for key in file.files}
    for array in ("landmarks", "world", "visibility", "support", "outline") if name == "all" else (name,):
        arrays[array][:] = np.nan
    np.savez(tmp_path / "poses.npz", **arrays)
    analysed(tmp_path / "poses.npz", exercise, tmp_path / "out")


# ---- rules that fail ----

OWN = '''\
"""The row with a fault of one's own."""

from dataclasses import replace

from formcoach.catalogue import bundled, load_folder
from formcoach.exercise import Fault, Grades, Reading

ROW = load_folder(bundled("rules"))["bent-over-row"]


def read(window):
    {body}


OWN = Fault(
    id="own", name="My own", priority=2, read=read, mild=10.0, severe=20.0, unit="deg",
    grades=Grades.of("F:A R:A S:A O:A"), cue="Better", explain="Do it better.", segment=("HIP",),
)
EXERCISE = replace(ROW, faults=(OWN, *ROW.faults))
'''
LINE = 12


def own_rules(folder: Path, body: str) -> Path:
    folder.mkdir()
    (folder / "mine.py").write_text(OWN.replace("{body}", body), encoding="utf-8")
    return folder


def report_by(rules: Path, out: Path) -> tuple[dict[str, Any], str]:
    """The report of the sample as judged by these rules, and what was printed."""
    printed = command(
        "analyze", str(SAMPLE), "--exercise", "bent-over-row", "--out", str(out), "--rules", str(rules)
    )  # fmt: skip
    (path,) = out.glob("*/report.json")
    return json.loads(path.read_text(encoding="utf-8")), printed


def reps_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [rep for one in report["sets"] for rep in one["reps"]]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return 1 / 0", "ZeroDivisionError: division by zero"),
        ("raise ValueError('two' + chr(10) + 'lines')", "ValueError: two lines"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("return read(window)", "RecursionError: "),
        ("raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()", "Odd"),
    ],
)
def test_a_rule_that_raises_takes_nothing_else_with_it(tmp_path: Path, body: str, why: str) -> None:
    ours = judge(load_track(SAMPLE), row())
    rules = own_rules(tmp_path / "rules", body)
    report, printed = report_by(rules, tmp_path / "out")
    reps = reps_of(report)
    assert [[f["fault"] for f in rep["findings"]] for rep in reps] == [
        [finding.fault for finding in rep.findings] for rep in ours.reps
    ]
    assert all("own" in rep["not_assessed"] for rep in reps)
    (note,) = [note for note in report["notes"] if "My own" in note]
    assert note.startswith(f"My own was not judged: its rule failed: {rules / 'mine.py'}:{LINE}: {why}")
    assert "\n" not in note
    assert printed.count("was not judged: its rule failed") == 1


@pytest.mark.parametrize(
    "body", ["return None", "return 'bad'", "return Reading('much')", "return Reading(20.0, 'late')", "yield 20.0"]
)
def test_a_rule_that_reads_nonsense_is_not_assessed(tmp_path: Path, body: str) -> None:
    report, _ = report_by(own_rules(tmp_path / "rules", body), tmp_path / "out")
    assert all("own" in rep["not_assessed"] for rep in reps_of(report))
    assert [note for note in report["notes"] if note.startswith("My own was not judged: its rule failed: ")]


@pytest.mark.parametrize("value", ["float('inf')", "-float('inf')", "float('nan')", "1e300"])
def test_a_reading_that_cannot_be_is_not_assessed(tmp_path: Path, value: str) -> None:
    report, _ = report_by(own_rules(tmp_path / "rules", f"return Reading({value})"), tmp_path / "out")
    assert all("own" in rep["not_assessed"] for rep in reps_of(report))
    assert not [note for note in report["notes"] if "My own" in note]


def test_trust_and_time_are_put_right(tmp_path: Path) -> None:
    report, _ = report_by(
        own_rules(tmp_path / "rules", "return Reading(15.0, float('inf'), 7.0)"), tmp_path / "out"
    )  # fmt: skip
    for rep in reps_of(report):
        (found,) = [finding for finding in rep["findings"] if finding["fault"] == "own"]
        assert (found["time_s"], found["confidence"]) == (None, 0.95)


def fragile(fail_from: int) -> Exercise:
    """The row with a fault whose rule works at first."""
    reads = iter(range(1000))

    def read(window: RepWindow) -> Reading:
        if next(reads) >= fail_from:
            raise OSError("no such thing")
        return Reading(0.0, window.span.peak_s)

    one = row()
    return replace(one, faults=(replace(one.faults[0], id="own", name="My own", read=read), *one.faults[1:]))


def test_a_rule_that_raises_ends_no_live_session(tmp_path: Path) -> None:
    track = load_track(SAMPLE)
    told: list[str] = []
    with Store(tmp_path) as store:
        with SessionRecorder(store, fragile(0), camera="0", model="full") as recorder:
            camera: Any = FakeCamera(track, SMALL)
            live = Live(
                fragile(1), camera, Replay(track), voice=SpyVoice(), screen=None, recorder=recorder, events=None,  # type: ignore[arg-type]
                notice=told.append,
            )  # fmt: skip
            live.run()
        stored = store.reps_of(recorder.session.id)
        (notes,) = [store.session(recorder.session.id).notes]
    assert len(live.reps) == len(stored) == len(judge(track, row()).reps)
    assert ["own" in {missed.fault for missed in one.rep.not_assessed} for one in stored] == [
        False, *[True] * (len(stored) - 1),
    ]  # fmt: skip
    (notice,) = [text for text in told if "My own" in text]
    assert notice.startswith(f"My own is not judged: its rule failed: {__file__}:")
    assert notice.endswith("OSError: no such thing.")
    assert notice in notes


def test_a_signal_that_raises_is_told_in_one_line_and_no_rep_before_it_is_lost(tmp_path: Path) -> None:
    track = load_track(SAMPLE)
    whole = row()
    measured = iter(range(100_000))

    def breaking(body: Body, *side: object) -> float:
        if next(measured) > 800:
            raise KeyError("gone")
        value: float = whole.signal.measure.function(body, *side)  # type: ignore[union-attr]
        return value

    measure = replace(whole.signal.measure, function=breaking)  # type: ignore[union-attr]
    own = replace(whole, signal=replace(whole.signal, measure=measure))  # type: ignore[arg-type]
    camera: Any = FakeCamera(track, SMALL)
    live = Live(own, camera, Replay(track), voice=SpyVoice(), screen=None, recorder=None, events=None)  # type: ignore[arg-type]
    with pytest.raises(FormCoachError, match=r"^the rule of bent-over-row failed: .*:\d+: KeyError: 'gone'; mend"):
        live.run()
    assert 0 < len(live.reps) < len(judge(track, whole).reps)
    assert len(live.summary.sets) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": 3}, "id is in kebab-case, not 3"),
        ({"id": "../x"}, "id is in kebab-case"),
        ({"name": None}, "name is text, not None"),
        ({"name": "a\x1b[31m"}, "name is text"),
        ({"kind": "reps"}, "kind is a Kind"),
        ({"sides": None}, "sides is a Sides"),
        ({"signal": "elbow"}, "signal is a RepSignal or a HoldSignal"),
        ({"position": [1]}, "position is a tuple of Gates"),
        ({"faults": (3,)}, "faults is a tuple of Faults"),
        ({"best_view": "side"}, "best_view is a View"),
        ({"fault": {"mild": "much"}}, "fault 'rounded-back': mild is a number, not 'much'"),
        ({"fault": {"severe": float("nan")}}, "severe is a number"),
        ({"fault": {"severe": 10**400}}, "severe is a number"),
        ({"fault": {"unit": "kg"}}, "unit is one of deg, T, s, %"),
        ({"fault": {"unit": []}}, "unit is one of deg, T, s, %"),
        ({"fault": {"priority": 9}}, "priority is 1, 2 or 3"),
        ({"fault": {"grades": "F:A"}}, "grades is Grades"),
        ({"fault": {"read": None}}, "read is a function"),
        ({"fault": {"segment": ("TAIL",)}}, "segment is a tuple of landmark names"),
        ({"fault": {"id": "shrug"}}, "it declares the fault 'shrug' twice"),
        ({"measure": {"name": "odd"}}, "signal: measure is a Measure whose name ends in _deg or _t"),
        ({"rep_signal": {"peak": -0.45}}, "signal: rest and peak are the same"),
        ({"rep_signal": {"full": 0}}, "signal: full is a number above 0"),
    ],
    ids=str,
)
def test_a_declaration_of_the_wrong_kind_is_told(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    text = OWN.replace("{body}", "return Reading(0.0)").replace("(OWN, *ROW.faults)", "ROW.faults")
    text += "from dataclasses import replace as change\n"
    for name, fields in change.items():
        if name == "fault":
            text += f"FAULT = change(ROW.faults[0], **{fields!r})\n".replace("nan", "float('nan')")
            text += "EXERCISE = change(EXERCISE, faults=(FAULT, *ROW.faults[1:]))\n"
        elif name == "measure":
            text += f"MEASURE = change(ROW.signal.measure, **{fields!r})\n"
            text += "EXERCISE = change(EXERCISE, signal=change(ROW.signal, measure=MEASURE))\n"
        elif name == "rep_signal":
            text += f"EXERCISE = change(EXERCISE, signal=change(ROW.signal, rest=-0.45, **{fields!r}))\n"
        else:
            text += f"EXERCISE = change(EXERCISE, {name}={fields!r})\n"
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    (broken,) = load_folder(tmp_path).broken
    assert why in broken.why
    assert "\n" not in str(broken)


# ---- files that lie ----


def test_a_container_that_promises_a_day(tmp_path: Path) -> None:
    path = write_video(tmp_path / "day.mp4", steady(12))
    for box, offset in ((b"mvhd", 16), (b"mdhd", 16), (b"tkhd", 24)):
        patch_box(path, box, offset, (0xFFFFFFF0).to_bytes(4, "big"))
    with Video.open(path) as video:
        assert video.duration_s is None or video.duration_s <= MAX_DURATION_S
        assert len(list(video)) == 12
        assert video.end_s == pytest.approx(0.4, abs=0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes here")
@pytest.mark.parametrize("name", ["set.mp4", "poses.npz"])
def test_a_pipe_that_nobody_fills_is_refused_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(FormCoachError, match="is not a file"):
        (Video.open if name.endswith("mp4") else load_track)(tmp_path / name)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no endless device here")
def test_limits_without_an_end_are_refused() -> None:
    with pytest.raises(FormCoachError, match="too large for a file of limits"):
        command("explain", "deadlift", "--limits", "/dev/zero")


def test_times_closer_than_any_cameras_are_one(tmp_path: Path) -> None:
    """A clock of a billion ticks a second, most frames a tick apart: what is read can be stored and read again."""
    path = write_video(tmp_path / "ticks.mp4", steady(12))
    for box in (b"mdhd", b"mvhd"):
        patch_box(path, box, 12, (2_000_000_000).to_bytes(4, "big"))
    with Video.open(path) as video:
        times_s = [frame.time_s for frame in islice(video, 12)]
    assert (np.diff(times_s) >= 1e-5).all()


def rewritten(path: Path, **changes: NDArray[Any]) -> Path:
    with np.load(SAMPLE) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez_compressed(path, **{**arrays, **changes})
    return path


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("landmarks", float("inf")), ("landmarks", -3e38), ("world", 2e6), ("visibility", float("-inf")),
        ("outline", 1e30), ("support", 1e12),
    ],
)  # fmt: skip
def test_numbers_that_no_camera_gives_are_refused(tmp_path: Path, name: str, change: float) -> None:
    with np.load(SAMPLE) as file:
        array = file[name]
    array[7] = change
    with pytest.raises(FormCoachError, match=f"'{name}' holds impossible numbers"):
        load_track(rewritten(tmp_path / "set.npz", **{name: array}))


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_times_that_no_camera_gives_are_refused(tmp_path: Path, scale: float) -> None:
    time_s = load_track(SAMPLE).time_s * scale
    with pytest.raises(FormCoachError, match="none that a camera gives"):
        load_track(rewritten(tmp_path / "set.npz", time_s=time_s))


def test_a_small_archive_of_a_giant_track_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = rewritten(tmp_path / "set.npz", time_s=np.zeros(1_200_000))
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    try:
        with pytest.raises(FormCoachError, match="claims more than 1000000 frames"):
            load_track(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_hold_of_hours_is_judged_by_what_is_remembered(tmp_path: Path) -> None:
    """A gap of days in the times is no more work than a minute."""
    track = load_track(SAMPLES / "bent-over-row_clean.poses.npz")
    times = track.time_s + np.where(np.arange(len(track)) > 200, 5e6, 0.0)
    save_track(tmp_path / "poses.npz", beginning(replace(track, time_s=times), 6e6))
    analysed(tmp_path / "poses.npz", "thoracic-extension-hold", tmp_path / "out")


# ---- damage, seeded ----


@pytest.mark.model
@pytest.mark.skipif(sys.platform == "win32", reason="memory is limited by POSIX' means")
def test_damaged_and_hostile_inputs_are_read_or_refused(tmp_path: Path) -> None:
    report = run(range(200), seed=7, kept=tmp_path)
    assert len(report.results) == 200
    assert [(result.kind, result.index, result.why) for result in report.bad] == []


def test_an_input_is_always_of_the_same_kind() -> None:
    kinds = [kind_of(1, n) for n in range(300)]
    assert kinds == [kind_of(1, n) for n in range(300)]
    assert set(kinds) == set(KINDS)


def test_an_input_that_ends_badly_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bad(rng: object, folder: Path, material: object) -> Task:
        del rng, folder, material
        return lambda: exec("1 / 0")  # noqa: S102

    monkeypatch.setattr(hostile, "a_video", bad)
    index = next(n for n in range(100) if kind_of(1, n) == "video")
    result = feed(1, index, tmp_path, Material((), (), tmp_path))
    assert result.outcome is Outcome.RAISED
    assert result.why.endswith("ZeroDivisionError: division by zero\n")
    assert "video" in Report(1, (result,), tmp_path).table
    assert Report(1, (result,), tmp_path).bad == [result]
