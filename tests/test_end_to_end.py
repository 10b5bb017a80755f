"""Videos through the real model: what `analyze` writes, twice the same, from any size and rate, and what it refuses."""

from __future__ import annotations

import csv
import filecmp
import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from videos import steady, write_video

from formcoach.analysis import judge
from formcoach.batch import Job, analyse_all
from formcoach.catalogue import load_catalogue
from formcoach.recording import load_track
from formcoach.report import json_of, report_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Cli
    from numpy.typing import NDArray

    from formcoach.model import ModelFile

pytestmark = pytest.mark.model

SAMPLES = Path(__file__).parent.parent / "samples"
CLEAN, FAULTY = "single-arm-row_clean", "single-arm-row_elbow-flare"
EXERCISE = "single-arm-row"
TRACKED = {"report.json", "reps.csv", "poses.npz"}
"""What the track alone gives, byte for byte."""
WRITTEN = TRACKED | {"report.html"}


def sample(name: str) -> Path:
    return SAMPLES / f"{name}.mp4"


def read(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def reps_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [rep for one in report["sets"] for rep in one["reps"]]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def check_same(one: Path, other: Path, names: set[str]) -> None:
    assert filecmp.cmpfiles(one, other, sorted(names), shallow=False) == (sorted(names), [], [])


# ---- what is written ----


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, cli_in: type[Cli], model: ModelFile) -> Cli:
    """The command line, in a folder that the tests of this file share; the model is there."""
    return cli_in(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def faulty(shared: Cli) -> Path:
    """A faulty sample, analysed and annotated."""
    done = shared("analyze", sample(FAULTY), "-e", EXERCISE, "-o", "faulty", "--annotate")
    assert (done.code, done.err) == (0, ""), done
    assert "Elbows winging out" in done.out
    assert f"saved in {Path('faulty') / FAULTY}" in done.out
    return shared.folder / "faulty" / FAULTY


@pytest.fixture(scope="module")
def clean(shared: Cli) -> Path:
    """A clean sample, its report on stdout."""
    done = shared("analyze", sample(CLEAN), "-e", EXERCISE, "-o", "clean", "--json")
    assert (done.code, done.err) == (0, ""), done
    (shared.folder / "clean.json").write_text(done.out, encoding="utf-8")
    return shared.folder / "clean" / CLEAN


def test_files(faulty: Path, clean: Path) -> None:
    assert names_in(clean) == WRITTEN
    assert names_in(faulty) == WRITTEN | {"annotated.mp4"}


def test_json_prints_the_report(clean: Path) -> None:
    assert (clean.parent.parent / "clean.json").read_bytes() == (clean / "report.json").read_bytes()


def test_clean_sample_is_clean(clean: Path) -> None:
    reps = reps_of(read(clean))
    assert [rep["side"] for rep in reps] == ["left"] * 5
    assert [rep["findings"] for rep in reps] == [[]] * 5


def test_faulty_sample_is_not(faulty: Path) -> None:
    found = [[finding["fault"] for finding in rep["findings"]] for rep in reps_of(read(faulty))]
    assert found == [[], [], ["elbow-flare"], ["elbow-flare"], ["elbow-flare"]]


def test_csv_says_what_the_report_says(faulty: Path) -> None:
    with (faulty / "reps.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    reps = reps_of(read(faulty))
    assert [row["rep"] for row in rows] == [str(rep["number"]) for rep in reps]
    assert [float(row["end_s"]) for row in rows] == [rep["end_s"] for rep in reps]
    assert ["elbow-flare" in row["findings"] for row in rows] == [bool(rep["findings"]) for rep in reps]


def test_track_holds_no_pickles(faulty: Path) -> None:
    with np.load(faulty / "poses.npz", allow_pickle=False) as track:
        assert len(track["time_s"]) == read(faulty)["frames"]


def test_annotated_video_plays_like_the_sample(faulty: Path) -> None:
    times = {}
    for path in (sample(FAULTY), faulty / "annotated.mp4"):
        with av.open(str(path)) as container:
            context = container.streams.video[0].codec_context
            assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
            times[path.name] = [frame.time for frame in container.decode(video=0)]
    first, second = times.values()
    np.testing.assert_allclose(first, second, atol=0.002)


@pytest.mark.parametrize("name", ["clean", "faulty"])
def test_report_is_that_of_the_recorded_track(name: str, request: pytest.FixtureRequest, model: ModelFile) -> None:
    folder: Path = request.getfixturevalue(name)
    track = load_track(SAMPLES / f"{folder.name}.poses.npz")
    recorded = json.loads(json_of(report_of(judge(track, load_catalogue()[EXERCISE]))))
    check_like(recorded | {"model": model.name}, read(folder))


def check_like(recorded: Any, fresh: Any, place: str = "report") -> None:
    """Assert that two reports are equal; their numbers but for the last digits, which differ between processors."""
    if isinstance(recorded, dict):
        assert recorded.keys() == fresh.keys(), place
        for key in recorded:
            check_like(recorded[key], fresh[key], f"{place}.{key}")
    elif isinstance(recorded, list):
        assert len(recorded) == len(fresh), place
        for i, (one, other) in enumerate(zip(recorded, fresh, strict=True)):
            check_like(one, other, f"{place}[{i}]")
    elif isinstance(recorded, float):
        assert fresh == pytest.approx(recorded, abs=0.06, rel=0.03), place
    else:
        assert recorded == fresh, place


# ---- the same again ----


def test_same_command_twice_writes_the_same_bytes(faulty: Path, cli: Cli) -> None:
    done = cli("analyze", sample(FAULTY), "-e", EXERCISE, "-o", "faulty", "--annotate")
    assert done.code == 0
    again = cli.folder / "faulty" / FAULTY
    assert names_in(again) == names_in(faulty)
    check_same(faulty, again, names_in(faulty))


def test_report_from_the_track_is_that_of_the_video(faulty: Path, cli: Cli) -> None:
    done = cli("analyze", faulty / "poses.npz", "-e", EXERCISE, "-o", "again", "--json")
    assert (done.code, done.err) == (0, "")
    assert names_in(cli.folder / "again" / FAULTY) == WRITTEN
    check_same(faulty, cli.folder / "again" / FAULTY, TRACKED)
    assert done.out == (faulty / "report.json").read_text(encoding="utf-8")


def test_two_workers_write_what_one_does(faulty: Path, clean: Path, cli: Cli) -> None:
    done = cli("analyze", sample(CLEAN), sample(FAULTY), "-e", EXERCISE, "-o", "both", "--workers", "2", "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == [read(clean), read(faulty)]
    check_same(clean, cli.folder / "both" / CLEAN, TRACKED)
    check_same(faulty, cli.folder / "both" / FAULTY, TRACKED)


def test_one_worker_prints_what_two_do(faulty: Path, clean: Path, cli: Cli) -> None:
    line = ["analyze", str(clean / "poses.npz"), str(faulty / "poses.npz"), "-e", EXERCISE, "--json", "--workers"]
    assert cli(*line, "1").out == cli(*line, "2").out


# ---- any size, any rate, either side ----

HARDEST = ("single-arm-row_elbow-flare", "bent-over-row_rounded-back")
CHANGES = ("mirrored", "half size", "double size", "10 fps", "15 fps", "60 fps")
VARIANTS = [(name, change) for name in HARDEST for change in CHANGES if (name, change) != (HARDEST[0], "60 fps")]


def frames_of(path: Path, width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.reformat(width, height, "rgb24").to_ndarray().astype(np.uint8, copy=False)


def changed(path: Path, change: str, into: Path) -> Path:
    """A copy of a sample of 20 frames a second, changed."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        count, width, height = stream.frames, stream.width, stream.height
    scale = {"half size": 0.5, "double size": 2.0}.get(change, 1.0)
    width, height = round(scale * width), round(scale * height)
    times, images = steady(count, 20), frames_of(path, width, height)
    if change == "mirrored":
        images = (np.ascontiguousarray(image[:, ::-1]) for image in images)
    elif change == "60 fps":
        times, images = steady(3 * count, 60), (image for image in images for _ in range(3))
    elif change in {"10 fps", "15 fps"}:
        kept = [i % 4 in ({0, 2} if change == "10 fps" else {0, 1, 2}) for i in range(count)]
        times = [time_s for time_s, keep in zip(times, kept, strict=True) if keep]
        images = (image for image, keep in zip(images, kept, strict=True) if keep)
    return write_video(into / f"{path.stem} {change}.mp4", times, images=images, size=(width, height))


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory, model: ModelFile) -> dict[tuple[str, str], dict[str, Any]]:
    """The reports of changed samples, by name and change; two at a time."""
    folder = tmp_path_factory.mktemp("variants")
    jobs = {
        Job(
            source=changed(sample(name), change, folder),
            exercise=name.split("_")[0],
            folder=folder / name / change,
            model=model,
        ): (name, change)
        for name, change in VARIANTS
    }
    outcomes = list(analyse_all(list(jobs), workers=2))
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    return {jobs[outcome.job]: outcome.report for outcome in outcomes if outcome.report is not None}


@pytest.mark.parametrize(("name", "change"), VARIANTS, ids=lambda value: str(value).replace(" ", "-"))
def test_changed_sample_gives_the_same(name: str, change: str, variants: dict[tuple[str, str], dict[str, Any]]) -> None:
    plain = report_of(judge(load_track(SAMPLES / f"{name}.poses.npz"), load_catalogue()[name.split("_")[0]]))
    report = variants[name, change]
    sides = {"left": "right", "right": "left"} if change == "mirrored" else {}
    summary = [(sides.get(rep["side"], rep["side"]), found(rep), rep["not_assessed"]) for rep in reps_of(plain)]
    assert [(rep["side"], found(rep), rep["not_assessed"]) for rep in reps_of(report)] == summary
    for rep, same in zip(reps_of(report), reps_of(plain), strict=True):
        for key in ("start_s", "peak_s", "end_s"):
            assert rep[key] == pytest.approx(same[key], abs=0.3)
        assert rep["range"] == pytest.approx(same["range"], rel=0.15)
    assert len(report["sets"]) == 1
    assert (report["partial_reps"], report["notes"]) == ([], [])
    assert report["view"]["name"] == plain["view"]["name"]
    if change == "mirrored":
        assert report["view"]["azimuth_deg"] == pytest.approx(-plain["view"]["azimuth_deg"], abs=15)


def found(rep: dict[str, Any]) -> list[str]:
    return [finding["fault"] for finding in rep["findings"]]


# ---- Ctrl-C ----

NO_SIGINT = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a single process")


def interrupted(cli: Cli, stage: str, frames: int, *line: str | Path) -> tuple[int, str]:
    """Run a command whose bar is told to show, send SIGINT once a stage has come so far; exit code and stderr."""
    process = cli.start(*line, FORCE_COLOR="1", TERM="xterm")
    assert process.stderr is not None
    seen = ""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        read = os.read(process.stderr.fileno(), 1 << 16)
        assert read, f"ended before it came so far: {seen[-500:]}"
        seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", read.decode(errors="replace"))
        done = re.findall(rf"{stage} \S+ [^\d\n]*(\d+)/(\d+)", seen)
        if done and int(done[-1][0]) >= frames:
            break
    process.send_signal(signal.SIGINT)
    try:
        _, rest = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, seen + rest.decode(errors="replace")


@NO_SIGINT
def test_interrupt_saves_what_was_seen(shared: Cli, cli: Cli) -> None:
    code, err = interrupted(cli, "analysing", 120, "analyze", sample(FAULTY), "-e", EXERCISE)
    assert code == 130
    assert "Traceback" not in err
    folder = cli.folder / "formcoach-out" / FAULTY
    assert names_in(folder) == WRITTEN
    report = read(folder)
    assert 120 <= report["frames"] < 370
    (note,) = report["notes"]
    assert note.startswith("The analysis was stopped at ")
    assert float(note.split()[5]) == pytest.approx(report["frames"] / 20, abs=0.11)
    assert len(reps_of(report)) >= 1
    done = cli("analyze", folder / "poses.npz", "-e", EXERCISE, "-o", "again")
    assert done.code == 0
    check_same(folder, cli.folder / "again" / FAULTY, TRACKED)


@NO_SIGINT
def test_interrupt_draws_no_more_than_was_seen(shared: Cli, cli: Cli) -> None:
    line = ("analyze", sample(FAULTY), "-e", EXERCISE, "--annotate")
    code, _ = interrupted(cli, "analysing", 60, *line)
    assert code == 130
    folder = cli.folder / "formcoach-out" / FAULTY
    if not (folder / "annotated.mp4").exists():
        return
    with av.open(str(folder / "annotated.mp4")) as container:
        assert container.streams.video[0].frames <= read(folder)["frames"] + 1


@NO_SIGINT
def test_interrupt_of_several_workers(shared: Cli, cli: Cli) -> None:
    line = ("analyze", sample(FAULTY), sample(CLEAN), "-e", EXERCISE, "--workers", "2")
    code, err = interrupted(cli, "analysing", 0, *line)
    assert code == 130
    assert "Traceback" not in err


# ---- nobody, nothing, and what cannot be read ----


@pytest.fixture
def nobody(tmp_path: Path) -> Path:
    return write_video(tmp_path / "nobody.mp4", steady(20, 10), size=(160, 120))


def test_video_with_nobody(nobody: Path, shared: Cli, cli: Cli) -> None:
    done = cli("analyze", nobody, "-e", "deadlift", "--annotate")
    assert (done.code, done.err) == (0, "")
    assert "note: Nobody was found" in done.out
    folder = cli.folder / "formcoach-out" / "nobody"
    assert names_in(folder) == WRITTEN | {"annotated.mp4"}
    report = read(folder)
    assert (report["frames"], report["frames_with_person"], report["sets"]) == (20, 0, [])
    assert report["notes"][0].startswith("Nobody was found")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_name_that_looks_like_markup(workers: str, nobody: Path, shared: Cli, cli: Cli) -> None:
    odd = nobody.rename(nobody.with_name("[bold]my set ü.mp4"))
    more = write_video(nobody, steady(5, 10))
    done = cli("analyze", odd, more, "-e", "deadlift", "--workers", workers)
    assert (done.code, done.err) == (0, "")
    assert "[bold]my set ü" in done.out
    assert read(cli.folder / "formcoach-out" / "[bold]my set ü")["video"] == "[bold]my set ü.mp4"


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder of what is no video."""
    folder = tmp_path / "inputs"
    (folder / "folder.mp4").mkdir(parents=True)
    (folder / "text.mp4").write_text("no video\n" * 100, encoding="utf-8")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "empty.npz").write_bytes(b"")
    (folder / "text.npz").write_text("no track", encoding="utf-8")
    (folder / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(50_000))
    np.savez(folder / "other.npz", x=np.zeros(3))
    return folder


@pytest.mark.parametrize(
    "name", ["text.mp4", "empty.mp4", "noise.mp4", "folder.mp4", "missing.mp4", "text.npz", "empty.npz", "other.npz"]
)
def test_what_is_no_video_is_refused(name: str, inputs: Path, shared: Cli, cli: Cli) -> None:
    assert name in cli("analyze", inputs / name, "-e", "deadlift").check_refused()
    assert list(cli.folder.rglob("report.json")) == []


@pytest.mark.parametrize("fps", ["0", "-1", "nan", "inf"])
def test_impossible_rate_is_refused(fps: str, shared: Cli, cli: Cli) -> None:
    said = cli("analyze", sample(CLEAN), "-e", EXERCISE, "--fps", fps).check_refused()
    assert "--fps" in said or f"{fps} frames a second" in said


@pytest.mark.parametrize("wanted", ["no-such-model", "text.mp4"])
def test_what_is_no_model_is_refused(wanted: str, inputs: Path, cli: Cli) -> None:
    line = cli("analyze", sample(CLEAN), "-e", EXERCISE, "--model", inputs / wanted).check_refused()
    assert wanted in line


def test_unknown_exercise_is_refused(cli: Cli) -> None:
    line = cli("analyze", sample(CLEAN), "-e", "no-such-exercise").check_refused()
    assert ", ".join(sorted(load_catalogue().exercises)) in line


def test_track_cannot_be_annotated(cli: Cli) -> None:
    track = SAMPLES / f"{CLEAN}.poses.npz"
    assert "--annotate" in cli("analyze", track, "-e", EXERCISE, "--annotate").check_refused()


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_out_that_cannot_be_written_is_refused(out: str, cli: Cli) -> None:
    (cli.folder / "file").write_bytes(b"")
    cli("analyze", SAMPLES / f"{CLEAN}.poses.npz", "-e", EXERCISE, "-o", out).check_refused()


def test_bad_file_does_not_keep_the_others_back(inputs: Path, cli: Cli) -> None:
    done = cli("analyze", inputs / "text.npz", SAMPLES / f"{CLEAN}.poses.npz", "-e", EXERCISE)
    assert done.code == 2
    assert (cli.folder / "formcoach-out" / f"{CLEAN}.poses" / "report.json").exists()


def test_bad_file_does_not_keep_other_workers_back(inputs: Path, cli: Cli) -> None:
    track = SAMPLES / f"{CLEAN}.poses.npz"
    done = cli("analyze", inputs / "text.npz", track, "-e", EXERCISE, "--workers", "2", "--json")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "text.npz" in done.err
    assert [report["video"] for report in json.loads(done.out)] == [f"{CLEAN}.mp4"]


@pytest.mark.parametrize("name", ["text.mp4", "missing.mp4"])
def test_benchmark_refuses_what_is_no_video(name: str, inputs: Path, shared: Cli, cli: Cli) -> None:
    assert name in cli("benchmark", inputs / name).check_refused()
