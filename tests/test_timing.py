from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import pytest
from videos import steady, write_video

from formcoach import timing
from formcoach.catalogue import bundled, load_catalogue
from formcoach.frames import Video
from formcoach.landmarker import Landmarker
from formcoach.pose import Frame
from formcoach.timing import GOALS, time_analysis

if TYPE_CHECKING:
    from pathlib import Path

    from formcoach.model import ModelFile


@pytest.mark.model
def test_every_figure_is_measured(tmp_path: Path, model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not how large they are: that is for whoever reads them, on a machine at rest."""
    monkeypatch.setattr(timing, "LONG_S", 1.0)
    video = write_video(tmp_path / "nobody.mp4", steady(10, 10), size=(160, 120))
    figures = time_analysis(video, model, load_catalogue()["bent-over-row"], 1)
    assert figures["frames"] == 10
    assert {*GOALS} - {"longest_to_shortest"} <= set(figures)
    assert all(math.isfinite(value) and value > 0 for value in figures.values() if not isinstance(value, str))


@pytest.mark.model
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the most that was ever held is all that is told")
def test_models_one_after_the_other_take_no_more_memory(model: ModelFile) -> None:
    with Video.open(bundled("samples") / "bent-over-row_clean.mp4") as video:
        frames = [next(video) for _ in range(5)]
    held_mb, before = [], Landmarker(model.path, following=True)
    for turn in range(8):
        after = Landmarker(model.path, following=True)
        for i, frame in enumerate(frames):
            after(frame)
            before(Frame(i, 10 * turn + 20 + frame.time_s, frame.image))
        before.close()
        before = after
        held_mb.append(timing._memory_mb())
    before.close()
    assert held_mb[-1] < 1.15 * held_mb[1], held_mb
