from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

from formcoach.errors import FormCoachError
from formcoach.frames import Video
from formcoach.scaling import VIDEOS, WORKERS, Cost, Scaling, _scaled, measure_scaling, write_plot
from formcoach.timing import repeated

if TYPE_CHECKING:
    from conftest import Cli

SAMPLE = Path(__file__).parent.parent / "samples" / "bent-over-row_clean.mp4"


def seconds_of(path: Path) -> tuple[int, float]:
    with Video.open(path) as video:
        frames = sum(1 for _ in video)
        assert video.notes == ()
        return frames, video.end_s


def test_a_video_is_repeated_frame_by_frame(tmp_path: Path) -> None:
    frames, length_s = seconds_of(SAMPLE)
    frames_twice, twice_s = seconds_of(repeated(SAMPLE, tmp_path / "twice.mp4", 1.5 * length_s))
    assert frames_twice == 2 * frames
    assert twice_s == pytest.approx(2 * length_s, abs=0.1)


def test_a_video_is_scaled(tmp_path: Path) -> None:
    path = _scaled(SAMPLE, tmp_path / "small.mp4", 120)
    with av.open(str(path)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (160, 120)
    assert seconds_of(path)[0] == seconds_of(SAMPLE)[0]


def made(peaks: dict[float, float]) -> Scaling:
    return Scaling(
        {length: Cost(length / 3, peak) for length, peak in peaks.items()},
        {height: Cost(5.0, 400.0) for height in (240, 720)},
        {(number, workers): Cost(5.0 * number / workers, 400.0) for number in VIDEOS for workers in WORKERS},
    )


def test_growth_is_the_longest_over_the_shortest() -> None:
    assert made({20: 400, 60: 500, 1200: 420}).memory_growth == pytest.approx(1.05)


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    write_plot(made({20: 400, 1200: 420}), tmp_path / "cost.png")
    assert (tmp_path / "cost.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(FormCoachError, match="cannot write"):
        write_plot(made({20: 400, 1200: 420}), tmp_path / "none" / "cost.png")


@pytest.mark.model
def test_costs_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = repeated(SAMPLE, tmp_path / "short.mp4", 1.0)
    monkeypatch.setattr("formcoach.scaling.VIDEOS", (1,))
    monkeypatch.setattr("formcoach.scaling.WORKERS", (1,))
    told: list[str] = []
    scaling = measure_scaling(short, "bent-over-row", lengths_s=(1.0,), heights_px=(120,), on_run=told.append)
    assert told == ["1 s", "120 px", "1 videos, 1 workers"]
    costs = [*scaling.by_length.values(), *scaling.by_height.values(), *scaling.by_number.values()]
    assert len(costs) == 3
    assert all(cost.seconds > 0 for cost in costs)
    assert sys.platform == "win32" or all(50 < cost.peak_mb < 5000 for cost in costs)


def test_a_failed_analysis_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(SAMPLE.read_bytes())
    with pytest.raises(FormCoachError, match="failed; run formcoach analyze"):
        measure_scaling(broken, "no-such-exercise", lengths_s=(1.0,))


def test_the_command_refuses_what_is_no_video(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "none.mp4").write_text("no")
    assert "none.mp4" in cli("benchmark", tmp_path / "none.mp4", "--plot", tmp_path / "x.png").check_refused()
