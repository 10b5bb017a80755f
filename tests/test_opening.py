"""How soon the report of a long session can be used, measured: `pytest -m slow -s -n 0 tests/test_opening.py`.

A report as large as one gets, of 20 minutes, 200 reps and clips of 14 MB, is opened in a browser that has just been
started. What is asserted is that it can be used; the seconds are printed, as they are the computer's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from browser import Browser, needs_browser
from test_page import MOST_BYTES, SAMPLES, judged, long_session
from videos import needs_encoder

from formcoach import page as pages
from formcoach.cutting import ENCODING, Clip, Footage
from formcoach.frames import Video
from formcoach.mp4 import Mp4Writer

pytestmark = pytest.mark.slow

NAME = "bent-over-row_rounded-back"
RUNS = 3
CLIP_S, WIDTH, HEIGHT = 5.5, 480, 360

WATCH = """
{
  const marks = window.marks = {};
  const note = (name) => { marks[name] ??= performance.now() / 1000; };
  let asked = null;
  const look = () => {
    const video = document.querySelector(".rep[open] .this video");
    if (video && video.readyState >= 2) note("picture");
    if (asked?.open && !asked.querySelector(".controls").hidden) note("answer");
    const link = document.querySelector(".strip a[href='#rep-150']");
    if (!asked && link && document.querySelector(".rep[open] .controls:not([hidden])")) {
      note("controls");
      link.click();
      asked = document.querySelector("#rep-150");
    }
    if (!(marks.load && marks.picture && marks.answer)) requestAnimationFrame(look);
  };
  addEventListener("load", () => note("load"));
  look();
}
"""
"""Presses the mark of a folded rep as soon as the first rep has its buttons, and notes when that one can be played."""
MEANING = {
    "load": "loaded",
    "controls": "first rep has its buttons",
    "answer": "a rep asked for is open, and can be played",
    "picture": "first clip shows a picture",
}


def large_clip(path: Path) -> bytes:
    """A clip as large as they get: the sample with grain on it."""
    grain = np.random.default_rng(1)
    with Video.open(SAMPLES / f"{NAME}.mp4") as video, Mp4Writer(path, WIDTH, HEIGHT, encoding=ENCODING) as writer:
        for frame in video:
            if frame.time_s > CLIP_S:
                break
            noise = grain.integers(-40, 40, frame.image.shape)
            writer.write(np.clip(frame.image + noise, 0, 255).astype(np.uint8), frame.time_s)
    return path.read_bytes()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs_browser()
    needs_encoder("libx264")
    folder = tmp_path_factory.mktemp("opening")
    mp4 = large_clip(folder / "clip.mp4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            pages,
            "cut",
            lambda _footage, windows, _region: {
                one.key: Clip(one.start_s, WIDTH, HEIGHT, mp4) for one in windows
            },
        )  # fmt: skip
        pages.write_page(long_session(judged(NAME)), folder / "report.html", [Footage(Path("long.mp4"))])
    return folder / "report.html"


def test_a_long_report_opens_and_answers(report: Path) -> None:
    size = report.stat().st_size
    assert 15_000_000 < size < MOST_BYTES
    print(f"\n{size / 1e6:.1f} MB, {report.read_text(encoding='utf-8').count('<video')} clips")  # noqa: T201
    for run in range(RUNS):
        with Browser() as browser:
            browser.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
            browser.open(report)
            seconds = browser.wait(
                "const names = arguments[0]; return names.every((name) => marks[name]) && marks", list(MEANING)
            )
            assert browser.complaints() == []
        print(f"run {run + 1}:", *(f"{MEANING[name]} {seconds[name]:.2f} s;" for name in MEANING))  # noqa: T201
