"""Feeds thousands of damaged and hostile inputs to the commands, and counts how each of them ends.

    python -m tests.fuzz --count 10000 --seed 1

An input may be read, or refused in one line; anything else (a traceback, a warning, a crash, no end, gigabytes) is a
bug: the input is kept. The n-th input of a seed is always the same, whatever the count, but for the dates of sessions;
`--only 1234` makes one anew.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent))  # the tests' modules name each other without a package

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from multiprocessing.connection import Connection

    from hostile import Material

    Maker = Callable[[Random, Path, Material], Callable[[], object]]

KINDS = {
    "video": 0.38, "track": 0.28, "toml": 0.12, "labels": 0.1, "rules": 0.05, "history": 0.04, "signatures": 0.03,
}  # fmt: skip
"""What is fed, and how large a share of the inputs it is."""
LIMIT_S = 20.0
"""Of the processor's time for one input."""
PATIENCE_S = 120.0
"""An input that takes longer by the clock waits for something."""
LIMIT_MB = 1500
"""How much one input may add to the most that the process has ever held."""
ADDRESS_MB = 12_000
"""No process may ask for more, so that nothing else on this computer suffers."""


class Outcome(Enum):
    """How an input ended; only the first two are allowed."""

    READ = "read"
    REFUSED = "refused"
    RAISED = "raised"
    """An error that is none of ours, a warning, or a result that contradicts itself."""
    SLOW = "endless"
    FAT = "memory"
    DIED = "died"
    """The process itself."""


ALLOWED = (Outcome.READ, Outcome.REFUSED)


@dataclass(frozen=True)
class Result:
    """What became of one input, in how much of the processor's time; `why` is empty where that is as it should be."""

    index: int
    kind: str
    outcome: Outcome
    why: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """What became of all of them, and where the offending ones were kept."""

    seed: int
    results: tuple[Result, ...]
    kept: Path

    @property
    def bad(self) -> list[Result]:
        """Those that ended otherwise than allowed."""
        return [result for result in self.results if result.outcome not in ALLOWED]

    @property
    def table(self) -> str:
        """Counts by kind and outcome."""
        counts = Counter((result.kind, result.outcome) for result in self.results)
        heads = ["kind", *(outcome.value for outcome in Outcome), "all", "mean", "slowest"]
        lines = [f"seed {self.seed}, {len(self.results)} inputs", "".join(f"{head:>12}" for head in heads)]
        for kind in [*KINDS, "all"]:
            some = [result for result in self.results if kind in (result.kind, "all")]
            row = [sum(counts[one, outcome] for one in KINDS if kind in (one, "all")) for outcome in Outcome]
            slowest = max((result.seconds for result in some), default=0.0)
            mean = sum(result.seconds for result in some) / max(len(some), 1)
            counted = "".join(f"{n:>12}" for n in [*row, len(some)])
            lines.append(f"{kind:>12}{counted}{mean:>10.2f} s{slowest:>10.1f} s")
        return "\n".join(lines)


# ---- one input ----


def kind_of(seed: int, index: int) -> str:
    """Which kind the n-th input of a seed is."""
    return _rng(f"{seed}/{index}/kind").choices(list(KINDS), list(KINDS.values()))[0]


def _rng(seed: str) -> Random:
    return Random(seed)  # noqa: S311  # nothing is kept secret by it


def feed(seed: int, index: int, folder: Path, material: Material) -> Result:
    """Make an input in an empty folder, and do with it what its kind is for."""
    import hostile
    import hostile_files

    from formcoach.errors import FormCoachError

    makers: dict[str, Maker] = {
        "video": hostile.a_video, "track": hostile.a_track, "toml": hostile_files.limits,
        "labels": hostile_files.labels, "rules": hostile_files.rules, "history": hostile_files.a_history,
        "signatures": hostile_files.signatures,
    }  # fmt: skip
    kind = kind_of(seed, index)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that something overflows is meant
        task = makers[kind](_rng(f"{seed}/{index}"), folder, material)
    start_s, before_mb = time.process_time(), _peak_mb()
    outcome, why = Outcome.READ, ""
    environment = dict(os.environ)
    try:
        task()
    except FormCoachError as error:
        outcome = Outcome.REFUSED
        if len(str(error).splitlines()) != 1:
            outcome, why = Outcome.RAISED, f"not one line: {error!r}"
    except Exception:
        outcome, why = Outcome.RAISED, traceback.format_exc()
    finally:
        os.environ.clear()
        os.environ.update(environment)
    seconds, more_mb = time.process_time() - start_s, _peak_mb() - before_mb
    if not why and more_mb > LIMIT_MB:
        outcome, why = Outcome.FAT, f"{more_mb:.0f} MB more"
    if not why and seconds > LIMIT_S:
        outcome, why = Outcome.SLOW, f"{seconds:.1f} s"
    return Result(index, kind, outcome, why, seconds)


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


# ---- processes ----


def _work(pipe: Connection, seed: int, scratch: Path) -> None:
    """In a process of its own: feed the inputs that the pipe names, until it names none."""
    from hostile import make_material

    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_MB << 20, ADDRESS_MB << 20))
    warnings.simplefilter("error", RuntimeWarning)
    os.environ.setdefault("FORMCOACH_HOME", str(scratch / "own"))
    (scratch / "material").mkdir(parents=True)
    material = make_material(scratch / "material")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)  # what the libraries in C have to say of each broken file
    with (scratch / "where.txt").open("w") as where:
        pipe.send(None)
        while (index := pipe.recv()) is not None:
            folder = scratch / "input"
            folder.mkdir()
            where.truncate(0)
            faulthandler.dump_traceback_later(PATIENCE_S, file=where)
            result = feed(seed, index, folder, material)
            faulthandler.cancel_dump_traceback_later()
            pipe.send(result)
            pipe.recv()  # the input was kept, where that was wanted
            shutil.rmtree(folder)


class Worker:
    """A process that is fed, and replaced when it hangs or dies."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._seed, self._folder, self._started = seed, folder, 0
        self._process: Any = None

    def __call__(self, index: int, kept: Path) -> Result:
        """Feed one input; where it ends badly, keep it."""
        if self._process is None:
            self._start()
        start_s = time.perf_counter()
        result: Result | None = None
        try:
            self._pipe.send(index)
            if self._pipe.poll(PATIENCE_S + 5):
                result = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(5)
            why = f"exit code {self._process.exitcode}"
            return self._keep(Result(index, kind_of(self._seed, index), Outcome.DIED, why), kept)
        if result is None:
            why = (self._scratch / "where.txt").read_text(encoding="utf-8", errors="replace")
            seconds = time.perf_counter() - start_s
            return self._keep(Result(index, kind_of(self._seed, index), Outcome.SLOW, why, seconds), kept)
        if result.outcome not in ALLOWED:
            self._copy(result, kept)
        self._pipe.send(None)
        return result

    def _start(self) -> None:
        self._started += 1
        self._scratch = self._folder / f"worker-{self._started}"
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_work, args=(other, self._seed, self._scratch), daemon=True)
        self._process.start()
        other.close()
        self._pipe.recv()

    def _keep(self, result: Result, kept: Path) -> Result:
        """The process is of no more use."""
        self._copy(result, kept)
        self.close()
        return result

    def _copy(self, result: Result, kept: Path) -> None:
        target = kept / f"{result.kind}-{result.index}"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        (target / "why.txt").write_text(f"{result.outcome.value}\n{result.why}\n", encoding="utf-8", errors="replace")
        if (self._scratch / "input").is_dir():
            _copy_files(self._scratch / "input", target / "input")

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._process = None


def _copy_files(source: Path, target: Path) -> None:
    """Plain files only, no pipes; links stay links."""

    def odd(folder: str, names: list[str]) -> list[str]:
        paths = {name: Path(folder) / name for name in names}
        return [name for name, path in paths.items() if not (path.is_symlink() or path.is_dir() or path.is_file())]

    shutil.copytree(source, target, symlinks=True, ignore=odd)


def run(
    indices: Iterable[int],
    seed: int,
    kept: Path,
    *,
    workers: int = 1,
    told: Callable[[Result], object] = str,
) -> Report:
    """Feed inputs, to as many processes as are wanted."""
    waiting: SimpleQueue[int] = SimpleQueue()
    for index in indices:
        waiting.put(index)
    results: list[Result] = []

    def drain(folder: Path) -> None:
        worker = Worker(seed, folder)
        try:
            while True:
                result = worker(waiting.get_nowait(), kept)
                results.append(result)
                told(result)
        except Empty:
            pass
        finally:
            worker.close()

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        for future in [pool.submit(drain, Path(folder) / str(number)) for number in range(workers)]:
            future.result()
    return Report(seed, tuple(sorted(results, key=lambda result: result.index)), kept)


# ---- the command ----


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000, help="how many inputs (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="which inputs: the same seed gives the same (default: 1)")
    parser.add_argument("--kind", choices=list(KINDS), help="only inputs of this kind")
    parser.add_argument("--only", type=int, help="only the input of this number, as the folder of a kept one names it")
    parser.add_argument("--workers", type=int, default=1, help="how many processes to feed (default: 1)")
    parser.add_argument(
        "--keep", type=Path, default=Path("fuzz-kept"), help="folder for inputs that end badly (default: fuzz-kept)"
    )
    options = parser.parse_args()
    numbers = range(options.count) if options.only is None else [options.only]
    indices = [n for n in numbers if options.kind in (None, kind_of(options.seed, n))]
    start_s, done = time.monotonic(), 0

    def told(result: Result) -> None:
        nonlocal done
        done += 1
        if result.outcome not in ALLOWED:
            last = result.why.strip().splitlines()[-1:] or [""]
            sys.stderr.write(f"{result.kind}-{result.index}: {result.outcome.value}: {last[0][:150]}\n")
        if done % 100 == 0 or done == len(indices):
            sys.stderr.write(f"{done} of {len(indices)}, {time.monotonic() - start_s:.0f} s\n")

    report = run(indices, options.seed, options.keep, workers=options.workers, told=told)
    sys.stdout.write(report.table + "\n")
    if report.bad:
        sys.stdout.write(f"{len(report.bad)} ended badly; they are kept in {options.keep}\n")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
