from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from formcoach.batch import Job, analyse_all
from formcoach.processes import undisturbed

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cli

POOL = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from formcoach.processes import begin_worker

if __name__ == "__main__":
    pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=begin_worker)
    waiting = [pool.submit(time.sleep, {sleep}) for _ in range(2)]
    pool.submit(time.sleep, 0)
    time.sleep({alone})
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there, a child holds no pipe of its parent's")
@pytest.mark.parametrize("sleep", [0, 60], ids=["idle", "at work"])
def test_workers_do_not_outlive_their_parent(cli: Cli, tmp_path: Path, sleep: int) -> None:
    """Their end closes the pipe that they have from it."""
    script = tmp_path / "pool.py"
    script.write_text(POOL.format(sleep=sleep, alone=2))
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=cli.environment())
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.kill()
    process.communicate(timeout=30)


@pytest.mark.skipif(sys.platform == "win32", reason="there, os.kill ends the process")
def test_ctrl_c_waits_until_processes_are_started() -> None:
    """Also where another thread takes the signal, as the one that moves a progress bar may."""
    enough = threading.Event()
    threading.Thread(target=enough.wait, daemon=True).start()
    started: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted_start(started)
    enough.set()
    assert started == ["both"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def interrupted_start(started: list[str]) -> None:
    with undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        started.append("both")


DEADLY = '''
"""An exercise whose rule ends the process."""
import os

os._exit(9)
'''


def test_a_killed_process_fails_its_video_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both videos of the pool are tried again; here the process ends each time."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "deadly.py").write_text(DEADLY)
    monkeypatch.setenv("FORMCOACH_RULES", str(rules))
    jobs = [
        Job(source=tmp_path / f"{name}.npz", exercise="deadlift", folder=tmp_path / name, model=None)
        for name in ("a", "b")
    ]
    outcomes = list(analyse_all(jobs, 2))
    assert [one.job.source.stem for one in outcomes] == ["a", "b"]
    assert all("its process was killed" in str(one.error) for one in outcomes)
