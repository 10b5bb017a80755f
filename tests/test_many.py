"""Batches that go on where they ended, and their summary."""

from __future__ import annotations

import csv
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pyarrow import parquet
from recordings import rows

from formcoach import marks
from formcoach.analysis import judge
from formcoach.batch import Job
from formcoach.catalogue import load_catalogue, setting, settings
from formcoach.errors import FormCoachError
from formcoach.marks import MARK, Marks, leave, tally_before
from formcoach.report import report_of, write_report
from formcoach.summary import COLUMNS, Line, Tally, check_summary, tally_of, write_summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Cli

EXERCISE = "bent-over-row"
SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.fixture
def tracks(track: Path, tmp_path: Path) -> list[Path]:
    """Three pose tracks, the second of them broken."""
    paths = [Path(shutil.copy(track, tmp_path / f"track{number}.npz")) for number in range(3)]
    paths[1].write_bytes(b"no track")
    return paths


def lines_in(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---- what was done before ----


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job that is done, without its mark. Its video is none, but nobody looks into it."""
    video = tmp_path / "set.mp4"
    video.write_bytes(b"video")
    write_report(judge(rows(2), load_catalogue()[EXERCISE]), tmp_path / "out")
    return Job(source=video, exercise=EXERCISE, folder=tmp_path / "out", model=None)


def marked(job: Job) -> None:
    mark = Marks("full").of(job)
    assert mark is not None
    leave(job.folder, mark)


def is_done(job: Job, model: str = "full") -> bool:
    return tally_before(job, Marks(model).of(job)) is not None


def test_only_what_is_marked_is_done(job: Job) -> None:
    assert not is_done(job)
    marked(job)
    assert tally_before(job, Marks("full").of(job)) == tally_of(report_of(judge(rows(2), load_catalogue()[EXERCISE])))


def another(**changes: Any) -> Callable[[Job], Job]:
    return lambda job: Job(**{**vars(job), **changes})


def touched(job: Job) -> Job:
    os.utime(job.source, ns=(1, 1))
    return job


def rewritten(name: str) -> Callable[[Job], Job]:
    def rewrite(job: Job) -> Job:
        with (job.folder / name).open("ab") as file:
            file.write(b" ")
        return job

    return rewrite


def gone(name: str) -> Callable[[Job], Job]:
    def remove(job: Job) -> Job:
        (job.folder / name).unlink()
        return job

    return remove


def text_in_mark(text: str) -> Callable[[Job], Job]:
    def write(job: Job) -> Job:
        (job.folder / MARK).write_text(text, encoding="utf-8")
        return job

    return write


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(another(exercise="deadlift"), id="another exercise"),
        pytest.param(another(fps=10.0), id="another rate"),
        pytest.param(another(annotate=True), id="annotated"),
        pytest.param(touched, id="another video of the same size"),
        pytest.param(rewritten("report.json"), id="another report"),
        pytest.param(rewritten("poses.npz"), id="another track"),
        pytest.param(rewritten("reps.csv"), id="other reps"),
        pytest.param(gone("report.html"), id="no page"),
        pytest.param(gone(MARK), id="no mark"),
        pytest.param(text_in_mark(""), id="empty mark"),
        pytest.param(text_in_mark("[" * 90_000), id="deep mark"),
        pytest.param(text_in_mark("{}" + " " * 100_000), id="long mark"),
        pytest.param(text_in_mark('["format"]'), id="mark of another kind"),
    ],
)
def test_what_differs_is_done_again(change: Callable[[Job], Job], job: Job) -> None:
    marked(job)
    assert is_done(job)
    assert not is_done(change(job))


def test_another_model_is_another_analysis(job: Job, tmp_path: Path) -> None:
    marked(job)
    assert not is_done(job, "lite")
    model = tmp_path / "full.task"
    model.write_bytes(b"model")
    assert not is_done(job, str(model))


def test_another_version_is_another_analysis(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    marked(job)
    monkeypatch.setattr(marks, "__version__", "0.0.1")
    assert not is_done(job)


@pytest.mark.parametrize("exercise", [EXERCISE, "auto"])
def test_other_limits_are_another_analysis(exercise: str, job: Job, tmp_path: Path) -> None:
    job = another(exercise=exercise)(job)
    marked(job)
    limits = tmp_path / "own.toml"
    limits.write_text("[bent-over-row.rounded-back]\nmild = 14\n", encoding="utf-8")
    with settings(None, limits):
        assert setting("FORMCOACH_LIMITS") == limits
        assert not is_done(job)
    assert is_done(job)


def test_video_that_is_gone_has_no_mark(job: Job) -> None:
    job.source.unlink()
    assert Marks("full").of(job) is None


def test_resumed_batch_does_only_what_is_left(tracks: list[Path], cli: Cli, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    line: list[str | Path] = ["analyze", *tracks, "-e", EXERCISE, "--resume"]
    line += ["--summary", table, "--workers", "2"]
    first = cli(*line)
    assert (first.code, first.err.count("formcoach: ")) == (2, 1)
    assert [one["status"] for one in lines_in(table)] == ["done", "failed", "done"]
    written = {path: path.stat().st_mtime_ns for path in (cli.folder / "formcoach-out").rglob("*.*")}

    shutil.copy(tracks[0], tracks[1])
    second = cli(*line, "--json")
    assert second.code == 0
    assert [one["status"] for one in lines_in(table)] == ["done before", "done", "done before"]
    now = {path: path.stat().st_mtime_ns for path in (cli.folder / "formcoach-out").rglob("*.*")}
    assert {path: now[path] for path in written} == written
    assert second.out == cli("analyze", *tracks, "-e", EXERCISE, "--out", "plain", "--json").out


def test_tracks_judged_again_in_their_own_folders_are_done_too(track: Path, cli: Cli) -> None:
    (cli.folder / "formcoach-out" / "set").mkdir(parents=True)
    own = Path(shutil.copy(track, cli.folder / "formcoach-out" / "set" / "poses.npz"))
    line = ("analyze", own, "-e", EXERCISE, "--resume")
    assert "analysed before" not in cli(*line).out
    assert "analysed before" in cli(*line).out


def test_plain_batch_leaves_no_mark(track: Path, cli: Cli) -> None:
    assert cli("analyze", track, SAMPLES / "deadlift_clean.poses.npz", "-e", EXERCISE).code == 0
    assert list(cli.folder.rglob(MARK)) == []


# ---- the summary ----

TALLY = Tally(
    exercise="deadlift", reps=3, holds=0, flagged=2, findings=3, faults="shrug:2 rounded-back:1", not_assessed=1,
    duration_s=12.5, frames=300, frames_with_person=299,
)  # fmt: skip


def two_lines() -> list[Line]:
    done = Job(source=Path("a, b.mp4"), exercise="auto", folder=Path("out/a, b"), model=None)
    torn = Job(source=Path("c\nd\udcff.mp4"), exercise="auto", folder=Path("out/c"), model=None)
    return [Line(job=done, tally=TALLY, before=True), Line(job=torn, error="c: torn\nin two")]


def test_summary_as_csv(tmp_path: Path) -> None:
    write_summary(tmp_path / "new" / "summary.csv", two_lines())
    assert (tmp_path / "new" / "summary.csv").read_bytes() == (
        b"video,folder,status,error,exercise,reps,holds,flagged,findings,faults,not_assessed,duration_s,frames,"
        b"frames_with_person\n"
        b'"a, b.mp4","out/a, b",done before,,deadlift,3,0,2,3,shrug:2 rounded-back:1,1,12.5,300,299\n'
        b"c?d?.mp4,out/c,failed,c: torn?in two,auto,,,,,,,,,\n"
    ).replace(b"out/", f"out{os.sep}".encode())


def test_summary_as_parquet(tmp_path: Path) -> None:
    write_summary(tmp_path / "summary.parquet", two_lines())
    table = parquet.read_table(tmp_path / "summary.parquet")
    assert tuple(table.schema.names) == tuple(COLUMNS)
    assert table.to_pylist() == [line.row() for line in two_lines()]
    assert table.to_pylist()[1]["reps"] is None


def test_tally_counts_holds_and_findings() -> None:
    def found(*faults: str) -> dict[str, Any]:
        return {"findings": [{"fault": fault} for fault in faults]}

    report = {
        "exercise": "superman", "sets": [{"reps": [found(), found("b", "a")]}, {"reps": [found("b")]}],
        "holds": [found("c")], "not_assessed": [{}, {}], "duration_s": 9.0, "frames": 90, "frames_with_person": 80,
    }  # fmt: skip
    assert tally_of(report) == Tally(
        exercise="superman", reps=3, holds=1, flagged=3, findings=4, faults="b:2 a:1 c:1", not_assessed=2,
        duration_s=9.0, frames=90, frames_with_person=80,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "words"), [("table.xlsx", ".csv or .parquet"), ("folder.csv", "is a folder")])
def test_summary_that_cannot_be_written_is_told_first(name: str, words: str, track: Path, cli: Cli) -> None:
    (cli.folder / "folder.csv").mkdir()
    assert words in cli("analyze", track, "-e", EXERCISE, "--summary", name).check_refused()
    assert not (cli.folder / "formcoach-out").exists()


def test_parquet_without_the_extra_is_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FormCoachError, match=r"pip install 'formcoach\[cluster\]'; or give a \.csv"):
        check_summary(Path("summary.parquet"))
    check_summary(Path("summary.csv"))


def test_cluster_without_the_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from formcoach.cluster import reached

    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(FormCoachError, match=r"pip install 'formcoach\[cluster\]'"):
        reached("tcp://127.0.0.1:9").__enter__()


def test_single_video_may_have_a_summary(track: Path, cli: Cli) -> None:
    assert cli("analyze", track, "-e", EXERCISE, "--summary", "one.csv").code == 0
    (line,) = lines_in(cli.folder / "one.csv")
    assert (line["video"], line["status"], line["reps"]) == (str(track), "done", "2")
