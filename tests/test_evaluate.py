from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console

from formcoach.errors import FormCoachError
from formcoach.evaluate import cached_track, evaluate, find_clips, render, track_key
from formcoach.pose import PoseTrack, Source
from formcoach.scoring import Scores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REPS = [(1.0, 2.0, 3.0), (4.0, 5.0, 6.0)]


def add_clip(folder: Path, name: str, exercise: str | None = "deadlift", faults: tuple[str, ...] = ()) -> Path:
    video = folder / f"{name}.mp4"
    video.write_bytes(name.encode())
    reps = [{"start": s, "peak": p, "end": e, "side": "both", "faults": list(faults)} for s, p, e in REPS]
    (folder / f"{name}.json").write_text(json.dumps({"exercise": exercise, "reps": reps}))
    return video


def add_counts(folder: Path, *entries: dict[str, object]) -> None:
    (folder / "labels.json").write_text(json.dumps(list(entries)))


def right(video: Path, exercise: str) -> dict[str, Any]:
    reps = [
        {"start_s": s, "peak_s": p, "end_s": e, "side": "both", "findings": [], "not_assessed": []} for s, p, e in REPS
    ]
    return {"view": {"name": "side"}, "sets": [{"reps": reps}], "holds": [], "not_assessed": []}


def picky(video: Path, exercise: str) -> dict[str, Any]:
    """Right, but for videos that are named after what they break."""
    if "slow" in video.name:
        time.sleep(0.3)
    if "bad" in video.name:
        raise ValueError("cannot [bold]decode[/]\nat all")
    if "sorry" in video.name:
        raise FormCoachError("no frames in it")
    if "hollow" in video.name:
        return {}
    if "deadly" in video.name:
        os._exit(1)
    return right(video, exercise)


def interrupting(video: Path, exercise: str) -> dict[str, Any]:
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(60)
    return right(video, exercise)


# ---- labels ----


def test_a_giant_label_is_refused_unread(tmp_path: Path) -> None:
    add_clip(tmp_path, "a")
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(1 << 40)  # sparse: it takes no room
    with pytest.raises(FormCoachError, match=r"a\.json: cannot be read as JSON \(ValueError: too large\)"):
        find_clips(tmp_path)


def test_labelled_videos_are_found_in_order(tmp_path: Path) -> None:
    add_clip(tmp_path, "c")
    add_clip(tmp_path, "a")
    (tmp_path / "unlabelled.mp4").touch()
    (tmp_path / "no-video.json").write_text("not read")
    (tmp_path / "b.MOV").touch()
    add_counts(tmp_path, {"file": "b.MOV", "exercise": "deadlift", "reps": 3})
    assert [clip.label.name for clip in find_clips(tmp_path)] == ["a.mp4", "b.MOV", "c.mp4"]


def test_a_video_with_two_labels_is_refused(tmp_path: Path) -> None:
    add_clip(tmp_path, "a")
    add_counts(tmp_path, {"file": "a.mp4", "exercise": "deadlift", "reps": 3})
    with pytest.raises(FormCoachError, match=r"a\.mp4: labelled twice"):
        find_clips(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"{", id="torn"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[" * 100_000, id="deeply nested"),
        pytest.param(b"9" * 10_000, id="an endless number"),
    ],
)
def test_a_label_that_is_no_json_is_named(tmp_path: Path, text: bytes) -> None:
    add_clip(tmp_path, "a")
    (tmp_path / "a.json").write_bytes(text)
    with pytest.raises(FormCoachError, match=r"a\.json: "):
        find_clips(tmp_path)


def test_nothing_to_judge(tmp_path: Path) -> None:
    with pytest.raises(FormCoachError, match="no such folder"):
        evaluate(tmp_path / "gone", judge=right)
    with pytest.raises(FormCoachError, match=r"no labelled video; a label is X\.json"):
        evaluate(tmp_path, judge=right)
    add_clip(tmp_path, "a")
    with pytest.raises(FormCoachError, match="no labelled video of front-raise, superman;"):
        evaluate(tmp_path, judge=right, exercises={"superman", "front-raise"})


# ---- running ----


def test_one_worker_judges_in_this_process_and_in_order(tmp_path: Path) -> None:
    for name in ("b", "a"):
        add_clip(tmp_path, name)
    add_clip(tmp_path, "c", exercise="pullover")
    seen: list[tuple[str, str]] = []

    def judge(video: Path, exercise: str) -> dict[str, Any]:
        seen.append((video.name, exercise))
        return right(video, exercise)

    scores = evaluate(tmp_path, judge=judge, workers=1)
    assert seen == [("a.mp4", "deadlift"), ("b.mp4", "deadlift"), ("c.mp4", "pullover")]
    assert scores.to_json()["total"]["exact"] == 1
    assert [clip.name for clip in evaluate(tmp_path, judge=right, exercises={"pullover"}).clips] == ["c.mp4"]


def test_declared_faults_have_rows(tmp_path: Path) -> None:
    add_clip(tmp_path, "a")
    scores = evaluate(tmp_path, judge=right, faults={"deadlift": ["bar-drift"]})
    assert scores.to_json()["exercises"]["deadlift"]["faults"]["bar-drift"]["tn"] == 2


def test_a_confuser_is_judged_as_each_exercise(tmp_path: Path) -> None:
    add_clip(tmp_path, "a")
    add_clip(tmp_path, "b", exercise="pullover")
    add_clip(tmp_path, "push-up", exercise=None)
    clips = evaluate(tmp_path, judge=right).clips
    assert [(clip.exercise, clip.kind) for clip in clips] == [
        ("deadlift", "reps"),
        ("pullover", "reps"),
        ("deadlift", "confuser"),
        ("pullover", "confuser"),
    ]
    chosen = evaluate(tmp_path, judge=right, exercises={"face-pull"}).clips
    assert [(clip.name, clip.exercise) for clip in chosen] == [("push-up.mp4", "face-pull")]


def test_failing_videos_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    for name in ("a", "bad", "hollow", "sorry", "z"):
        add_clip(tmp_path, name)
    add_counts(tmp_path, {"file": "gone.mp4", "exercise": "deadlift", "reps": 3})
    scores = evaluate(tmp_path, judge=picky)
    assert [clip.name for clip in scores.clips] == ["a.mp4", "z.mp4"]
    assert [(failure.name, failure.why) for failure in scores.failures] == [
        ("bad.mp4", "ValueError: cannot [bold]decode[/]"),
        ("gone.mp4", "no such file"),
        ("hollow.mp4", "KeyError: 'sets'"),
        ("sorry.mp4", "no frames in it"),
    ]


def test_workers_change_nothing_and_survive_one_that_dies(tmp_path: Path) -> None:
    for name in ("a-slow", "b", "bad", "c", "deadly", "z"):
        add_clip(tmp_path, name, faults=("bar-drift",))
    scores = evaluate(tmp_path, judge=picky, workers=2)
    (tmp_path / "deadly.mp4").unlink()
    alone = evaluate(tmp_path, judge=picky, workers=1)
    assert scores.clips == alone.clips
    assert [failure.name for failure in scores.failures] == ["bad.mp4", "deadly.mp4"]
    assert scores.failures[1].why == "the process that judged it died"
    assert multiprocessing.active_children() == []


def test_a_judge_that_cannot_travel_is_a_failure(tmp_path: Path) -> None:
    add_clip(tmp_path, "a")
    add_clip(tmp_path, "b")
    scores = evaluate(tmp_path, judge=lambda video, exercise: right(video, exercise), workers=2)
    assert scores.clips == ()
    assert [failure.name for failure in scores.failures] == ["a.mp4", "b.mp4"]


def test_the_initializer_runs_first(tmp_path: Path) -> None:
    add_clip(tmp_path, "a")
    calls: list[str] = []

    def judge(video: Path, exercise: str) -> dict[str, Any]:
        calls.append("judge")
        return right(video, exercise)

    evaluate(tmp_path, judge=judge, initializer=lambda: calls.append("initializer"))
    assert calls == ["initializer", "judge"]


def test_ctrl_c_stops_in_this_process(tmp_path: Path) -> None:
    add_clip(tmp_path, "a")

    def judge(video: Path, exercise: str) -> dict[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(tmp_path, judge=judge)


@pytest.mark.skipif(sys.platform == "win32", reason="signals between processes")
def test_ctrl_c_stops_the_workers(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        add_clip(tmp_path, name)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        evaluate(tmp_path, judge=interrupting, workers=2)
    assert time.monotonic() - started < 30
    assert multiprocessing.active_children() == []


# ---- cached pose tracks ----


def track(name: str) -> PoseTrack:
    return PoseTrack(Source(name, 640, 480, 1.0, "full"), np.array([0.0, 0.5]), (None, None))


def save(path: Path, made: PoseTrack) -> None:
    assert path.suffix == ".npz"
    path.write_text(made.source.name)


def load(path: Path) -> PoseTrack:
    text = path.read_text()
    if text == "torn":
        raise ValueError("torn")
    return track(text)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"frames")
    return path


@pytest.fixture
def made() -> list[str]:
    return []


@pytest.fixture
def make(made: list[str]) -> Callable[[Path], PoseTrack]:
    def make(path: Path) -> PoseTrack:
        made.append(path.name)
        return track(path.name)

    return make


def test_a_track_is_made_once(video: Path, made: list[str], make: Callable[[Path], PoseTrack]) -> None:
    folder = video.parent / "cache" / "tracks"
    for _ in range(2):
        assert cached_track(video, "key", folder, make, save=save, load=load).source.name == "a.mp4"
    assert made == ["a.mp4"]
    assert [path.name for path in folder.iterdir()] == ["key.npz"]


def test_the_same_video_under_another_name_keeps_its_name(
    video: Path, made: list[str], make: Callable[[Path], PoseTrack]
) -> None:
    folder = video.parent / "cache"
    cached_track(video, "key", folder, make, save=save, load=load)
    copy = video.with_name("copy.mp4")
    assert cached_track(copy, "key", folder, make, save=save, load=load).source.name == "copy.mp4"
    assert made == ["a.mp4"]


def test_a_corrupt_entry_is_made_again(video: Path, made: list[str], make: Callable[[Path], PoseTrack]) -> None:
    folder = video.parent / "cache"
    folder.mkdir()
    (folder / "key.npz").write_text("torn")
    for _ in range(2):
        cached_track(video, "key", folder, make, save=save, load=load)
    assert made == ["a.mp4"]
    assert (folder / "key.npz").read_text() == "a.mp4"


@pytest.mark.parametrize("error", [OSError("disk full"), FormCoachError("disk full")])
def test_a_track_that_cannot_be_stored_is_returned(
    video: Path, make: Callable[[Path], PoseTrack], error: Exception
) -> None:
    def fail(path: Path, made: PoseTrack) -> None:
        path.write_text("half")
        raise error

    folder = video.parent / "cache"
    assert cached_track(video, "key", folder, make, save=fail, load=load).source.name == "a.mp4"
    assert list(folder.iterdir()) == []


def test_a_failing_estimator_stores_nothing(video: Path) -> None:
    def fail(path: Path) -> PoseTrack:
        raise FormCoachError("no frames")

    with pytest.raises(FormCoachError, match="no frames"):
        cached_track(video, "key", video.parent / "cache", fail, save=save, load=load)
    assert not (video.parent / "cache").exists()


def test_the_key_depends_on_all_that_makes_a_track(video: Path) -> None:
    def key(model: str = "full", fps: float | None = None, version: str = "1") -> str:
        return track_key(video, model=model, fps=fps, estimator_version=version)

    keys = [key(), key("lite"), key(fps=30), key(version="2")]
    video.write_bytes(b"other frames")
    keys.append(key())
    assert len(set(keys)) == 5
    assert key(fps=30) == key(fps=30.0)
    assert all(len(one) == 64 for one in keys)


# ---- tables ----


def rendered(scores: Scores, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    render(scores, console)
    return console.export_text()


def test_tables_fit_and_tell(tmp_path: Path) -> None:
    add_clip(tmp_path, "a", exercise="wall-band-retraction-x", faults=("hands-above-elbows-fault",))
    add_clip(tmp_path, "bad-[red]name")
    add_clip(tmp_path, "push-up", exercise=None)
    carry = json.loads((tmp_path / "a.json").read_text()) | {"exercise": "farmers-carry", "kind": "carry"}
    (tmp_path / "d.json").write_text(json.dumps(carry))
    (tmp_path / "d.mp4").touch()
    text = rendered(evaluate(tmp_path, judge=picky, faults={"deadlift": ["bar-drift"]}))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    assert any(line.split()[:4] == ["wall-band-retraction-x", "1", "100.0%", "100.0%"] for line in lines)
    assert any("hands-above-elbows-fault" in line and "side" in line for line in lines)
    for word in (
        "total",
        "farmers-carry",
        "Footage of something else",
        "[red]name",
        "cannot [bold]decode[/]",
    ):
        assert word in text


def test_tables_of_nothing() -> None:
    assert "total" in rendered(Scores())


def test_importing_needs_no_heavy_package() -> None:
    code = (
        "import sys, formcoach.scoring, formcoach.evaluate;"
        "sys.exit(bool({'mediapipe', 'cv2', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
