"""What an analysis costs by the video's length, its resolution and the number of videos, as a picture.

Each analysis runs as a process of its own, so its peak memory is its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formcoach.errors import FormCoachError, reason
from formcoach.files import replacing
from formcoach.frames import Video
from formcoach.timing import repeated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LENGTHS_S = (20.0, 60.0, 300.0, 1200.0)
HEIGHTS_PX = (240, 480, 720, 1080)
VIDEOS = (1, 2, 4)
WORKERS = (1, 2)
BLUE, ORANGE = "#0072b2", "#e69f00"


@dataclass(frozen=True)
class Cost:
    """What one analysis took.

    Attributes:
        seconds: from its start to its end, the start of Python included.
        peak_mb: most memory that its main process held; NaN where the system does not tell.
    """

    seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Scaling:
    """All that was measured.

    Attributes:
        by_length: video's length in s -> cost.
        by_height: picture's height in px -> cost, of the shortest video.
        by_number: (videos, workers) -> cost, of the shortest video.
    """

    by_length: dict[float, Cost]
    by_height: dict[int, Cost]
    by_number: dict[tuple[int, int], Cost]

    @property
    def memory_growth(self) -> float:
        """Peak memory for the longest video over that for the shortest."""
        return self.by_length[max(self.by_length)].peak_mb / self.by_length[min(self.by_length)].peak_mb


def measure_scaling(
    video: Path,
    exercise: str,
    *,
    lengths_s: Sequence[float] = LENGTHS_S,
    heights_px: Sequence[int] = HEIGHTS_PX,
    on_run: Callable[[str], None] | None = None,
) -> Scaling:
    """Analyse the video at several lengths and resolutions, and several copies of it at once.

    Args:
        video: any.
        exercise: id of what it shows.
        lengths_s: it is repeated until it is so long.
        heights_px: it is scaled to be so high.
        on_run: called before each analysis with what it is.

    Raises:
        FormCoachError: an analysis failed.
    """
    with Video.open(video):
        pass  # says what is wrong with the file
    tell = on_run or (lambda _: None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        long, high, many = {}, {}, {}
        for seconds in lengths_s:
            tell(f"{seconds:g} s")
            long[seconds] = _cost([repeated(video, folder / f"long-{seconds:g}{video.suffix}", seconds)], exercise, 1)
        for height in heights_px:
            tell(f"{height} px")
            high[height] = _cost([_scaled(video, folder / f"high-{height}.mp4", height)], exercise, 1)
        for number in VIDEOS:
            copies = [folder / f"copy-{i}{video.suffix}" for i in range(number)]
            for copy in copies:
                copy.write_bytes(video.read_bytes())
            for workers in WORKERS:
                tell(f"{number} videos, {workers} workers")
                many[number, workers] = _cost(copies, exercise, workers)
    return Scaling(long, high, many)


def _cost(videos: Sequence[Path], exercise: str, workers: int) -> Cost:
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "formcoach", "analyze", *map(str, videos), "-e", exercise]
        start = time.perf_counter()
        with subprocess.Popen(
            [*command, "--out", out, "--workers", str(workers)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            code, peak_mb = _awaited(process)
        if code != 0:
            raise FormCoachError(f"the analysis of {videos[0].name} failed; run formcoach analyze on it to see why")
        return Cost(time.perf_counter() - start, peak_mb)


def _awaited(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Exit code and peak memory, MB."""
    if not hasattr(os, "wait4"):
        return process.wait(), float("nan")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _scaled(video: Path, path: Path, height: int) -> Path:
    """The video at another resolution."""
    import av

    with av.open(str(video)) as source, av.open(str(path), "w") as target:
        pictures = source.streams.video[0]
        stream = target.add_stream("libx264", rate=pictures.average_rate or Fraction(30))
        stream.width, stream.height = 2 * round(height * pictures.width / pictures.height / 2), height
        stream.pix_fmt = "yuv420p"
        for frame in source.decode(pictures):
            smaller = frame.reformat(stream.width, stream.height, "yuv420p")
            target.mux(stream.encode(smaller))
        target.mux(stream.encode(None))
    return path


def write_plot(scaling: Scaling, path: Path) -> None:
    """Draw it, PNG, whole or not at all.

    Raises:
        FormCoachError: the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((11, 7), dpi=100, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    (length, memory), (resolution, number) = figure.subplots(2, 2)
    seconds = {x: cost.seconds for x, cost in scaling.by_length.items()}
    peaks = {x: cost.peak_mb for x, cost in scaling.by_length.items()}
    heights = {float(x): cost.seconds for x, cost in scaling.by_height.items()}
    _draw(length, seconds, "length of the video, s", "time, s")
    _draw(memory, peaks, "length of the video, s", "peak memory, MB")
    memory.set_title(f"longest / shortest: {scaling.memory_growth:.2f}", fontsize=10)
    _draw(resolution, heights, "height of the picture, px", "time, s")
    for workers, colour in zip(WORKERS, (BLUE, ORANGE), strict=True):
        costs = {float(n): cost.seconds for (n, w), cost in scaling.by_number.items() if w == workers}
        _draw(number, costs, "videos", "time, s", colour=colour, label=f"{workers} worker{'s' * (workers > 1)}")
    number.legend(frameon=False)
    try:
        with replacing(path, make_folder=False) as file:
            figure.savefig(file, format="png", metadata={"Software": None})
    except OSError as error:
        raise FormCoachError(f"cannot write {path}: {reason(error)}") from error


def _draw(axes: Any, values: dict[float, float], x: str, y: str, *, colour: str = BLUE, label: str = "") -> None:
    axes.plot(list(values), list(values.values()), marker="o", color=colour, label=label)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
