from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from videos import steady, write_video

from formcoach import timing
from formcoach.catalogue import load_catalogue
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
