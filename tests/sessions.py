"""Hand-made reps, frames and poses for the tests of store and recorder.

Run as a program it records sessions until it is killed: for each line on its standard input, a data folder, it starts
a process that says `child <pid>`, then `rep <number>` as soon as each rep is stored; `dead` follows when it is gone.
"""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from pathlib import Path

import numpy as np
from videos import picture

from formcoach.body import Side, View
from formcoach.catalogue import load_catalogue
from formcoach.coach import Cue
from formcoach.exercise import Exercise, Finding, NotAssessed, Rep, Span
from formcoach.outline import STATIONS
from formcoach.pose import LANDMARKS, Frame, Pose
from formcoach.recorder import SessionRecorder
from formcoach.store import Store

FPS = 30


@cache
def exercise() -> Exercise:
    return load_catalogue()["bent-over-row"]


def finding(severity: str = "mild", fault: str = "rounded-back") -> Finding:
    return Finding(
        fault=fault, severity=severity, value=14.25, limit=12.0, unit="deg", time_s=2.0, confidence=0.75
    )  # fmt: skip


MISSED = NotAssessed(fault="elbow-flare", why="side view", instead="face the camera")


def rep(
    number: int,
    start_s: float = 1.0,
    end_s: float = 2.5,
    *findings: Finding,
    set_number: int = 1,
    side: Side | None = None,
    hints: tuple[Finding, ...] = (),
) -> Rep:
    """A rep with these findings."""
    peak_s = start_s + 0.4 * (end_s - start_s)
    span = Span(start_s, peak_s, peak_s + 0.2, end_s, 10.0, 81.5, 12.0, 0.9)
    return Rep(
        number=number, set_number=set_number, side=side, span=span, view=View.SIDE, azimuth_deg=84.5,
        findings=findings, hints=hints, not_assessed=(MISSED,),
    )  # fmt: skip


def flagged(number: int, start_s: float = 1.0, end_s: float = 2.5, *, severity: str = "mild") -> Rep:
    """A rep with one finding."""
    return rep(number, start_s, end_s, finding(severity))


def frame(index: int, width: int = 64, height: int = 48, *, fps: float = FPS) -> Frame:
    """A frame whose picture tells its number, modulo 256."""
    return Frame(index, index / fps, picture(index % 256, width, height))


def pose(index: int, *, fps: float = FPS) -> Pose:
    """A pose whose landmarks all lie at its number."""
    points = np.full((LANDMARKS, 3), index, np.float32)
    ones = np.ones(LANDMARKS, np.float32)
    return Pose(index / fps, points, points, ones, ones, np.zeros((2, STATIONS), np.float32))


REP_S, REST_S = 0.5, 0.2
"""Of the sessions that are killed."""


def record_forever(home: Path, *, keep_video: bool) -> None:
    """Record a session whose every rep is flagged, fifteen times as fast as in life."""
    with Store(home) as store:
        recorder = SessionRecorder(store, exercise(), camera="0", model="full", keep_video=keep_video)
        done = 0
        for index in range(1_000_000):
            now = frame(index)
            recorder.add(now, pose(index))
            start_s = done * (REP_S + REST_S)
            if now.time_s >= start_s + REP_S:
                done += 1
                stored = recorder.add_rep(flagged(done, start_s, start_s + REP_S))
                print(f"rep {stored}", flush=True)  # noqa: T201
                recorder.add_cue(Cue(time_s=now.time_s, fault="rounded-back", text="Long back"), stored)
            time.sleep(1 / FPS / 15)


def main() -> None:
    for number, line in enumerate(sys.stdin):
        child = os.fork()  # a new interpreter for each would take most of the time to import
        if child == 0:
            print(f"child {os.getpid()}", flush=True)  # noqa: T201
            record_forever(Path(line.rstrip("\n")), keep_video=number % 2 == 1)
        os.waitpid(child, 0)
        print("dead", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
