"""Videos analysed by the workers of a Dask cluster that runs already, each reported exactly once.

A worker needs formcoach in the same version, and sees videos and results under the same paths as we do. A video is one
task. No more tasks are handed out than workers have threads: a worker that dies then takes only what it was at, and
neither the scheduler nor we hold thousands. When it dies, the scheduler gives its task to another; a task that keeps
killing its workers fails after the scheduler's `allowed-failures`, by default 3.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from concurrent.futures import CancelledError
from dataclasses import asdict
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

from formcoach import __version__
from formcoach.batch import TRACK_SUFFIX, Job, outcome_of
from formcoach.catalogue import LIMITS_VARIABLE, RULES_VARIABLE, setting, settings
from formcoach.errors import FormCoachError, reason
from formcoach.fetching import OFFICIAL
from formcoach.marks import leave
from formcoach.model import find_model
from formcoach.summary import Line, Tally, line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from distributed import Client, Future

    from formcoach.marks import Mark

REACH_S = 10.0
"""How long a scheduler, and the first worker, may take to answer."""
LOOK_S = 2.0
"""How often the cluster is looked at while nothing comes back."""


# ---- here ----


@contextlib.contextmanager
def reached(address: str, timeout_s: float = REACH_S) -> Iterator[Client]:
    """A connection to a cluster whose workers can do the work.

    Args:
        address: of the scheduler, such as `tcp://10.0.0.5:8786`.
        timeout_s: how long it may take to answer.

    Raises:
        FormCoachError: Dask is not installed, no scheduler answers, it has no worker, or one that lacks formcoach.
    """
    try:
        from distributed import Client
    except ImportError:
        raise FormCoachError("--cluster needs Dask: pip install 'formcoach[cluster]'") from None
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters of it is said in one line
    try:
        client = Client(address, timeout=timeout_s)
    except (OSError, ValueError, TypeError) as error:
        raise FormCoachError(
            f"no Dask scheduler answers at {address} ({reason(error)}); start one with `dask scheduler`, "
            "or see that the address is right"
        ) from error
    with client:
        _check_workers(client, address, timeout_s)
        yield client


def _check_workers(client: Client, address: str, timeout_s: float) -> None:
    from distributed import TimeoutError as NoneCame

    try:
        client.wait_for_workers(1, timeout_s)
    except (NoneCame, TimeoutError):
        raise FormCoachError(
            f"the cluster at {address} has no worker; start one with `dask worker {address} --nthreads 1`"
        ) from None
    fit, _ = _portable(__version__)
    for worker, unfit in client.run(fit, on_error="return").items():
        if isinstance(unfit, Exception):
            raise FormCoachError(_unfit(worker, f"cannot run what we send ({reason(unfit)})"))
        if unfit:
            raise FormCoachError(_unfit(worker, unfit))


def _unfit(worker: str, why: str) -> str:
    return f"the worker {worker} {why}; install formcoach {__version__} there, or take it off the cluster"


def analyse_on(
    client: Client,
    jobs: Iterable[tuple[Job, Mark | None]],
    *,
    model: str,
    notice: Callable[[str], None] = lambda _: None,
) -> Iterator[Line]:
    """Analyse files on a cluster, yielding each once, as they come; a failed one does not stop the rest.

    Whoever stops reading cancels what was handed out. A video that a worker is at just then is still finished there,
    and marked as done.

    Args:
        client: of `reached`.
        jobs: each with the mark to leave where it is done.
        model: full, heavy or lite, which each worker finds for itself, or the path of a .task file.
        notice: told in a sentence when the cluster keeps us waiting.

    Raises:
        FormCoachError: the cluster is lost, or a worker has come that lacks formcoach.
    """
    waiting = enumerate(jobs)
    batch = _Batch(client, model)
    try:
        while True:
            with _losing(client):
                batch.hand_out(waiting)
            if not batch.flying and batch.exhausted:
                return
            with _losing(client):
                line = batch.next_line(notice)
            if line is not None:
                yield line
    finally:
        with contextlib.suppress(Exception):  # the cluster may be what is gone
            client.cancel(list(batch.flying), force=True)


@contextlib.contextmanager
def _losing(client: Client) -> Iterator[None]:
    """Say in a sentence that the cluster is gone."""
    try:
        yield
    except FormCoachError:
        raise
    except Exception as error:
        if client.status == "running" and not isinstance(error, OSError | CancelledError):
            raise
        raise FormCoachError(
            "the Dask cluster is gone, or our tasks were cancelled there; the same command with --resume goes on later"
        ) from error


class _Batch:
    """The tasks that are handed out, and those that came back."""

    def __init__(self, client: Client, model: str) -> None:
        self.flying: dict[Future, Job] = {}
        self.exhausted = False
        self._client = client
        self._model = model if model in OFFICIAL else str(Path(model).absolute())
        self._back: Queue[Future] = Queue()
        self._token = secrets.token_hex(8)  # another batch on this cluster has other keys
        self._settings = {
            name: None if path is None else str(path.absolute())
            for name, path in (("rules", setting(RULES_VARIABLE)), ("limits", setting(LIMITS_VARIABLE)))
        }
        _, self._task = _portable(__version__)
        self._told = False

    def hand_out(self, waiting: Iterator[tuple[int, tuple[Job, Mark | None]]]) -> None:
        """Hand out as many tasks as there are idle threads."""
        idle = sum(self._client.nthreads().values()) - len(self.flying)
        for _ in range(idle):
            try:
                number, (job, mark) = next(waiting)
            except StopIteration:
                self.exhausted = True
                return
            key = f"formcoach-{self._token}-{number}"
            future = self._client.submit(self._task, self._given(job, mark), key=key, pure=False)
            self.flying[future] = job
            future.add_done_callback(self._back.put)

    def next_line(self, notice: Callable[[str], None]) -> Line | None:
        """The next task that comes back; None after a while without one."""
        try:
            future = self._back.get(timeout=LOOK_S)
        except Empty:
            self._look(notice)
            return None
        return _line(self.flying.pop(future), future)

    def _look(self, notice: Callable[[str], None]) -> None:
        nobody = not self._client.nthreads()
        if nobody and not self._told:
            notice("the cluster has no worker left; waiting for one to come (Ctrl-C stops, --resume goes on later)")
        self._told = nobody

    def _given(self, job: Job, mark: Mark | None) -> dict[str, Any]:
        """A job in plain words, so that the scheduler need not know formcoach."""
        return {
            "source": str(job.source.absolute()),
            "exercise": job.exercise,
            "folder": str(job.folder.absolute()),
            "fps": job.fps,
            "annotate": job.annotate,
            "model": self._model,
            "mark": mark,
            **self._settings,
        }


def _line(job: Job, future: Future) -> Line:
    """What became of a task that came back."""
    from distributed.scheduler import KilledWorker

    try:
        back = future.result()
    except KilledWorker as error:
        workers = error.allowed_failures + 1
        return Line(
            job=job,
            error=f"{job.source}: each of the {workers} workers that tried it died, the last at "
            f"{error.last_worker.address}; perhaps it has too little memory, its log tells",
        )
    except Exception as error:
        if future.status != "error":  # not the task's own
            raise
        return Line(job=job, error=f"{job.source}: {type(error).__name__}: {reason(error)}")
    if "unfit" in back:
        raise FormCoachError(_unfit(back["worker"], back["unfit"]))
    if back["error"] is not None:
        return Line(job=job, error=back["error"])
    return Line(job=job, tally=Tally(**back["tally"]))


# ---- there ----


def _portable(version: str) -> tuple[Callable[[], str | None], Callable[[dict[str, Any]], dict[str, Any]]]:
    """What is sent to workers: functions inside a function travel as code, not as a name in a module of ours.

    So a worker without formcoach can say so, and the scheduler needs none.
    """

    def fit() -> str | None:
        try:
            from formcoach import __version__ as there
        except ImportError:
            return "lacks formcoach"
        return None if there == version else f"has formcoach {there}, and here is {version}"

    def task(given: dict[str, Any]) -> dict[str, Any]:
        unfit = fit()
        if unfit:
            from distributed import get_worker

            return {"unfit": unfit, "worker": get_worker().address}
        from formcoach.cluster import run

        return run(given)

    return fit, task


def run(given: dict[str, Any]) -> dict[str, Any]:
    """What a worker does with a job: analyse it, leave its mark, and tell no more than the summary needs.

    A task that runs twice, because its worker seemed dead, writes the same bytes twice, each file whole.
    """
    rules, limits = (None if given[name] is None else Path(given[name]) for name in ("rules", "limits"))
    try:
        with settings(rules, limits):
            line = line_of(outcome_of(_job(given)))
        if line.tally is not None and given["mark"] is not None:
            leave(Path(given["folder"]), given["mark"])
    except FormCoachError as error:
        return {"error": str(error)}
    return {"error": line.error, "tally": None if line.tally is None else asdict(line.tally)}


def _job(given: dict[str, Any]) -> Job:
    source = Path(given["source"])
    is_track = source.suffix.lower() == TRACK_SUFFIX
    return Job(
        source=source,
        exercise=given["exercise"],
        folder=Path(given["folder"]),
        model=None if is_track else find_model(given["model"]),
        fps=given["fps"],
        annotate=given["annotate"],
    )
