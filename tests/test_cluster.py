"""Batches on a Dask cluster of processes that can be killed: every video is reported exactly once."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from distributed import Client

from formcoach.batch import Job
from formcoach.cluster import analyse_on, reached
from formcoach.errors import FormCoachError
from formcoach.summary import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Cli

SAMPLE = Path(__file__).parent.parent / "samples" / "bent-over-row_rounded-back.mp4"
EXERCISE = "bent-over-row"
LONGEST_S = 120.0
"""For anything that is waited for; on an idle machine all of it takes seconds."""

HOLDING = """
import sys, time
from pathlib import Path

while "distributed.worker" in sys.modules and (Path(__file__).parent / "hold").exists():
    time.sleep(0.02)
"""
"""A rule module that keeps a worker at its task for as long as a file lies beside it."""


def until(happened: Callable[[], Any], what: str) -> Any:
    """Wait until something is so; what it gave."""
    end_s = time.monotonic() + LONGEST_S
    while time.monotonic() < end_s:
        if found := happened():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited in vain: {what}")


class Dask:
    """A scheduler and workers of one thread each, in processes of their own, without nannies to bring them back."""

    def __init__(self, cli: type[Cli], folder: Path, **settings: str) -> None:
        self._folder, self._cli, self._settings = folder, cli, settings
        self._file = folder / "scheduler.json"
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        self.address: str = until(self._written, "the scheduler's file")
        self._client = Client(self.address)
        self.add("one", "two")

    def _start(self, program: str, *more: str) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", f"distributed.cli.{program}", "--no-dashboard"]
        line += ["--scheduler-file", str(self._file), *more]
        quiet = subprocess.DEVNULL
        environment = self._cli.environment(**self._settings)
        return subprocess.Popen(line, cwd=self._folder, env=environment, stdout=quiet, stderr=quiet)

    def _written(self) -> str | None:
        try:
            address: str = json.loads(self._file.read_bytes())["address"]
        except (OSError, ValueError):
            return None
        return address

    def add(self, *names: str) -> None:
        """Start workers and wait until they are there."""
        for name in names:
            place = ("--local-directory", str(self._folder / name), "--name", name)
            self._workers[name] = self._start("dask_worker", "--nthreads", "1", "--no-nanny", *place)
        self._client.wait_for_workers(len(self._workers), LONGEST_S)

    def kill(self, name: str) -> None:
        """SIGKILL a worker."""
        process = self._workers.pop(name)
        process.kill()
        process.wait()

    def busy(self) -> dict[str, str]:
        """The number of each task that a worker is given, and the worker's name."""

        def asked(dask_scheduler: Any) -> dict[str, str]:
            workers = dask_scheduler.workers.values()
            return {str(task.key).rsplit("-", 1)[1]: worker.name for worker in workers for task in worker.processing}

        found: dict[str, str] = self._client.run_on_scheduler(asked)
        return found

    def known(self) -> int:
        """How many tasks the scheduler knows."""
        found: int = self._client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
        return found

    def stop(self) -> None:
        """End all of it."""
        self._client.close()
        for process in (*self._workers.values(), self._scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def dask(cli_in: type[Cli], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """A cluster of two workers."""
    cluster = Dask(cli_in, tmp_path_factory.mktemp("dask"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def strict(cli_in: type[Cli], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """A cluster that gives no task to a second worker when the first one died of it."""
    cluster = Dask(cli_in, tmp_path_factory.mktemp("strict"), DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    yield cluster
    cluster.stop()


@pytest.fixture
def tracks(track: Path, tmp_path: Path) -> list[Path]:
    """Six pose tracks."""
    return [Path(shutil.copy(track, tmp_path / f"track{number}.npz")) for number in range(6)]


@pytest.fixture
def hold(tmp_path: Path) -> Path:
    """While it lies there, no worker comes to the end of a task with these `--rules`."""
    path = tmp_path / "rules" / "hold"
    path.parent.mkdir()
    path.touch()
    (path.parent / "holding.py").write_text(HOLDING, encoding="utf-8")
    return path


def summary_in(folder: Path) -> list[dict[str, str]]:
    with (folder / "formcoach-out" / "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def statuses(lines: list[dict[str, str]]) -> dict[str, str]:
    """Each video's status; asserts that it is reported once."""
    found = {line["video"]: line["status"] for line in lines}
    assert len(found) == len(lines)
    return found


# ---- a worker that is killed ----


@pytest.mark.model
def test_worker_killed_in_the_middle(dask: Dask, cli: Cli, tracks: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    videos = [SAMPLE, broken, *tracks]
    line: list[str | Path] = ["analyze", *videos, "-e", EXERCISE]
    process = cli.start(*line, "--cluster", dask.address)
    out = cli.folder / "formcoach-out"
    worker = until(lambda: (out / SAMPLE.stem).exists() and dask.busy().get("0"), "a worker at the video")
    dask.kill(worker)
    assert not (out / SAMPLE.stem / "report.json").exists(), "it was not in the middle any more"
    said, complained = (text.decode() for text in process.communicate(timeout=LONGEST_S))

    assert process.returncode == 2
    assert [text for text in complained.splitlines() if text.startswith("formcoach: ")] == [
        f"formcoach: {broken} is not a video, or its beginning is broken (Invalid data found when processing input); "
        "convert it to MP4 (H.264) and try again"
    ]
    names = [text.split(":")[0] for text in said.splitlines()]
    assert names == [video.name for video in videos if video != broken]
    lines = summary_in(cli.folder)
    assert tuple(lines[0]) == tuple(COLUMNS)
    assert statuses(lines) == {str(video): "failed" if video == broken else "done" for video in videos}
    assert (lines[0]["reps"], lines[0]["faults"], lines[0]["frames_with_person"]) == ("5", "rounded-back:3", "355")
    assert (lines[2]["reps"], lines[2]["findings"]) == ("2", "0")

    written = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.parent != out}
    assert len(written) == 7 * 5, "four files and a mark each"
    again = cli(*line, "--resume", "--workers", "2", "--summary", out / "summary.csv")
    assert again.code == 2
    assert statuses(summary_in(cli.folder)) == {
        str(video): "failed" if video == broken else "done before" for video in videos
    }
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.parent != out} == written


def test_video_that_kills_its_workers_fails_and_the_rest_goes_on(
    strict: Dask, cli: Cli, tracks: list[Path], hold: Path
) -> None:
    line: list[str | Path] = ["analyze", *tracks, "-e", EXERCISE, "--rules", hold.parent]
    process = cli.start(*line, "--cluster", strict.address)
    busy = until(lambda: len(found := strict.busy()) == 2 and found, "both workers at a track")
    for worker in busy.values():
        strict.kill(worker)
    assert process.stderr is not None
    assert b"the cluster has no worker left" in process.stderr.readline()
    hold.unlink()
    strict.add("one", "two")
    _, complained = (text.decode() for text in process.communicate(timeout=LONGEST_S))
    assert process.returncode == 2
    assert complained.count("each of the 1 workers that tried it died") == 2
    failed = {str(tracks[int(number)]) for number in busy}
    assert statuses(summary_in(cli.folder)) == {
        str(track): "failed" if str(track) in failed else "done" for track in tracks
    }


# ---- a batch that is stopped ----


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process")
def test_interrupt_leaves_a_summary_of_what_is_done(strict: Dask, cli: Cli, tracks: list[Path], hold: Path) -> None:
    line: list[str | Path] = ["-e", EXERCISE, "--rules", hold.parent, "--resume"]
    assert cli("analyze", tracks[3], *line).code == 0
    process = cli.start("analyze", *tracks, *line, "--cluster", strict.address)
    until(lambda: len(strict.busy()) == 2, "both workers at a track")
    process.send_signal(signal.SIGINT)
    said, complained = (text.decode() for text in process.communicate(timeout=LONGEST_S))
    hold.unlink()
    assert (process.returncode, said) == (130, "")
    assert "Traceback" not in complained
    assert statuses(summary_in(cli.folder)) == {str(tracks[3]): "done before"}
    until(lambda: not strict.busy() and not strict.known(), "the tasks' end")


def test_few_tasks_are_known_at_a_time(strict: Dask, tmp_path: Path) -> None:
    jobs = [
        Job(source=tmp_path / f"{number}.npz", exercise=EXERCISE, folder=tmp_path / f"{number}", model=None)
        for number in range(40)
    ]
    seen, known = [], []
    with reached(strict.address) as client:
        for line in analyse_on(client, ((job, None) for job in jobs), model="full"):
            seen.append(line.job)
            known.append(strict.known())
            assert line.error == f"{line.job.source}: no such file"
    assert sorted(seen, key=jobs.index) == jobs
    assert max(known) <= 2, "one for each thread"


# ---- what cannot be reached ----


def test_no_scheduler(cli: Cli, track: Path) -> None:
    said = cli("analyze", track, "-e", EXERCISE, "--cluster", "nowhere").check_refused()
    assert "no Dask scheduler answers at nowhere (missing port number" in said
    assert not (cli.folder / "formcoach-out").exists()


def test_scheduler_that_does_not_answer() -> None:
    with pytest.raises(FormCoachError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        reached("tcp://127.0.0.1:9", timeout_s=0.2).__enter__()


def test_worker_with_another_formcoach(strict: Dask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formcoach.cluster.__version__", "0.0.1")
    with pytest.raises(FormCoachError, match=r"the worker tcp://\S+ has formcoach .*, and here is 0\.0\.1; install"):
        reached(strict.address).__enter__()
