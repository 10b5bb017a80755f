"""`formcoach live` killed at random moments, whole, with the real model: no rep that it told of is lost."""

from __future__ import annotations

import json
import random
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest
from test_recorder import check_files
from videos import steady, write_video

from formcoach.history import Ending
from formcoach.store import Store

if TYPE_CHECKING:
    import subprocess

    from conftest import Cli

    from formcoach.model import ModelFile

pytestmark = pytest.mark.model

EXERCISE, VIDEO = "bent-over-row", Path(__file__).parent.parent / "samples" / "bent-over-row_rounded-back.mp4"
LASTS_S = 17.5
FEW = (4.5, 12.5)
"""Seconds after its first event: after the first rep, and after the first one that is flagged."""
DICE = random.Random(9)  # noqa: S311
MANY = tuple(DICE.uniform(0.5, LASTS_S) for _ in range(20))


def told_until_killed(process: subprocess.Popen[bytes], after_s: float) -> list[dict[str, Any]]:
    """Kill a live session so long after its first line; the lines that it wrote."""
    with process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        killer = Timer(after_s, process.kill)
        killer.start()
        lines += process.stdout
        killer.join()
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def check_killed(cli: Cli, home: Path, model: ModelFile, after_s: float) -> int:
    """Kill one session, look at what it left, start the next; how many reps it had told of."""
    where = {"FORMCOACH_HOME": str(home), "FORMCOACH_MODEL": str(model.path)}
    told = told_until_killed(cli.start("live", EXERCISE, "--camera", VIDEO, "--headless", "--mute", **where), after_s)
    reps = [line["rep"] for line in told if line["event"] == "rep"]

    write_video(cli.folder / "empty.mp4", steady(3))
    after = cli("live", EXERCISE, "--camera", "empty.mp4", "--headless", "--mute", **where)
    assert after.code == 0, after.err
    with Store(home) as store:
        assert store.close_torn() == []
        torn = store.sessions()[1]
        stored = store.reps_of(torn.id)
    assert torn.ending is Ending.TORN
    assert [one.rep.number for one in stored][: len(reps)] == reps
    assert len(stored) - len(reps) <= 1  # stored, and killed before it could say so
    check_files(torn.folder, [one.clip for one in stored])
    assert f"{len(stored)} rep" in after.err
    assert torn.title in after.err
    return len(reps)


@pytest.mark.parametrize("after_s", FEW)
def test_killed(cli: Cli, tmp_path: Path, model: ModelFile, after_s: float) -> None:
    assert check_killed(cli, tmp_path / "home", model, after_s) >= 1


@pytest.mark.slow
def test_killed_at_twenty_moments(cli: Cli, tmp_path: Path, model: ModelFile) -> None:
    """In one data folder, as in life."""
    told = [check_killed(cli, tmp_path / "home", model, after_s) for after_s in MANY]
    assert len(set(told)) >= 4
