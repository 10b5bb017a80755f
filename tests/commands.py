"""The commands run inside this process, for tests that run thousands: what they refuse comes as a `FormCoachError`."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from formcoach import cli
from formcoach.catalogue import load_catalogue
from formcoach.errors import FormCoachError
from formcoach.frames import Video
from formcoach.web import KEY, Desk, make_app

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

MOST_FRAMES = 3000
"""Of a video so many frames are read: the damaged ones hold dozens."""
PORT = 8377
PAGES = (
    "/", "/now.json", "/history", "/session/1", "/session/1/now.json", "/session/1/report", "/session/1/clip/2.jpg",
    "/session/1/clip/2.mp4", "/session/2", "/session/2/report", "/session/2/clip/1.jpg?at=99999999",
)  # fmt: skip


def command(*args: str) -> str:
    """Run a command as a terminal would; what it printed.

    Raises:
        FormCoachError: it refused its input, in one line.
        AssertionError: it ended otherwise than commands may.
    """
    out, err = io.StringIO(), io.StringIO()
    argv, environment = sys.argv, dict(os.environ)
    code: Any = None
    try:
        sys.argv = ["formcoach", *args]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as done:
        code = done.code
    finally:
        sys.argv = argv
        os.environ.clear()
        os.environ.update(environment)
    said = err.getvalue()
    assert "Traceback" not in said, said
    if code == 2:
        *_, last = said.splitlines()
        assert last.startswith("formcoach: "), said
        raise FormCoachError(last)
    assert code == 0, (code, said)
    return out.getvalue()


def decode(path: Path, fps: float | None) -> None:
    """Read a video to its end."""
    with Video.open(path, fps=fps) as video:
        last_s = -1.0
        for number, frame in enumerate(video):
            assert frame.image.shape == (video.height, video.width, 3)
            assert last_s < frame.time_s
            last_s = frame.time_s
            if number > MOST_FRAMES:
                break


def analysed(path: Path, exercise: str, out: Path, *more: str, sound: bool = True) -> None:
    """Analyse a file, and look at what was written.

    Args:
        path: of a pose track or a video.
        exercise: an id, or `auto`.
        out: folder for the results.
        more: options.
        sound: whether the rules are ours, of which none may fail.
    """
    try:
        command("analyze", str(path), "--exercise", exercise, "--out", str(out), *more)
    except FormCoachError as error:
        if sound and "the rule of" in str(error):
            raise AssertionError("a rule of ours failed") from error
        raise
    (report_path,) = out.glob("*/report.json")
    report = json.loads(report_path.read_text(encoding="utf-8"), parse_constant=_refuse)
    reps = [rep for one in report["sets"] for rep in one["reps"]] + report["holds"]
    assert [rep["number"] for rep in reps] == list(range(1, len(reps) + 1)), "a rep was lost"
    declared = {fault.id for fault in load_catalogue()[report["exercise"]].faults} if sound else set()
    for rep in reps:
        told = {finding["fault"] for finding in rep["findings"]} | set(rep["not_assessed"])
        assert told <= declared or not sound
        assert rep["start_s"] <= rep["end_s"], "a rep ends before it starts"
    if sound:
        failed = [missed["why"] for missed in report["not_assessed"] if "rule failed" in missed["why"]]
        assert not failed, failed[0]
    assert report_path.with_name("report.html").stat().st_size > 1000


def annotated(path: Path, exercise: str, out: Path) -> None:
    """Analyse a video, the real model and the drawing included."""
    analysed(path, exercise, out, "--annotate")


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@cache
def _app() -> Flask:
    """The pages, whose templates are compiled once."""
    return make_app(PORT, {})


def visit(home: Path) -> None:
    """Ask for every kind of page of `formcoach web`."""
    app = _app()
    app.extensions[KEY] = Desk(home, load_catalogue().exercises)
    client = app.test_client()
    for page in PAGES:
        answer = client.get(page, headers={"Host": f"127.0.0.1:{PORT}"})
        data = answer.data
        answer.close()
        assert answer.status_code in (200, 404, 416, 422), f"{page}: {answer.status_code}: {data[-600:]!r}"
