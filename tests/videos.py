"""Writes small test videos whose pictures tell their number and which way is up."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from av.container import OutputContainer
    from numpy.typing import NDArray

UNIT = Fraction(1, 60000)
"""Time base of the clips: exact for 24, 25, 30, 50, 60 and 29.97 frames a second."""

QUICK = {
    "libx264": {"preset": "ultrafast", "crf": "18", "threads": "1"},
    "libx265": {
        "preset": "ultrafast",
        "crf": "18",
        "x265-params": "log-level=none:pools=none:frame-threads=1",
    },
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "20", "b": "0"},
    "libsvtav1": {"preset": "12", "crf": "30", "svtav1-params": "lp=1"},
    "mpeg4": {"qmin": "2", "qmax": "4"},
}


def needs_encoder(codec: str) -> None:
    """Skip the test where PyAV was built without this encoder."""
    try:
        av.codec.Codec(codec, "w")
    except ValueError:
        pytest.skip(f"this PyAV has no encoder {codec}")


def picture(number: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: red at the upper left, `number` as eight black and white bars below."""
    image = np.full((height, width, 3), 128, np.uint8)
    image[: height // 2, : width // 2] = (220, 30, 30)
    for place, columns in enumerate(np.array_split(np.arange(width), 8)):
        image[height // 2 :, columns] = 235 if number >> place & 1 else 20
    return image


def number_in(image: NDArray[np.uint8]) -> int:
    """The number that `picture` drew."""
    height, width, _ = image.shape
    band = image[height * 5 // 8 : height * 7 // 8].mean(axis=(0, 2))
    bars = [band[columns].mean() > 128 for columns in np.array_split(np.arange(width), 8)]
    return sum(1 << place for place, white in enumerate(bars) if white)


def is_upright(image: NDArray[np.uint8]) -> bool:
    """Whether the red quarter is at the upper left and grey is beside it."""
    height, width, _ = image.shape
    left = image[height // 8 : height * 3 // 8, width // 8 : width * 3 // 8].mean(axis=(0, 1))
    right = image[height // 8 : height * 3 // 8, width * 5 // 8 : width * 7 // 8].mean(axis=(0, 1))
    return bool(left[0] - left[1:].max() > 100 and np.ptp(right) < 30)


def steady(frames: int, fps: float | Fraction = 30, start_s: float = 0.0) -> list[float]:
    """Times of frames at a constant rate, s."""
    return [start_s + i / float(fps) for i in range(frames)]


def write_video(
    path: Path,
    times_s: Sequence[float],
    *,
    images: Iterable[NDArray[np.uint8]] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (64, 48),
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    pixel_aspect: Fraction | None = None,
    colour_matrix: int | None = None,
    audio_s: float = 0.0,
    title: str = "",
) -> Path:
    """Write a clip with one picture at each time: `images`, or else `picture(0)`, `picture(1)`, ...

    The container follows from the name's ending. Returns `path`.
    """
    images = images or (picture(i, *size) for i in range(len(times_s)))
    with av.open(str(path), "w", container_options=container_options or {}) as container:
        container.metadata["title"] = title
        rate = Fraction(1 / np.median(np.diff(times_s))).limit_denominator(1001) if len(times_s) > 1 else 30
        stream = container.add_stream(codec, rate=rate, options=QUICK.get(codec, {}) | (options or {}))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = UNIT
        if pixel_aspect:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if colour_matrix is not None:
            stream.codec_context.colorspace = colour_matrix
        sound = container.add_stream("aac", rate=16000, layout="mono") if audio_s else None
        for time_s, image in zip(times_s, images, strict=True):
            frame = VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(time_s / UNIT), UNIT
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if isinstance(sound, AudioStream):
            write_silence(container, sound, audio_s)
    return path


def write_silence(container: OutputContainer, stream: AudioStream, seconds: float) -> None:
    """Fill an audio stream."""
    for block in range(round(seconds * 16000 / 1024)):
        frame = AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16000, block * 1024
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def cut(path: Path, share: float) -> Path:
    """Keep the first `share` of a file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def patch_box(path: Path, box: bytes, offset: int, new: bytes) -> None:
    """Overwrite bytes of the first MP4 box of a kind, `offset` bytes after its four-letter name."""
    data = bytearray(path.read_bytes())
    start = data.index(box) + len(box) + offset
    data[start : start + len(new)] = new
    path.write_bytes(data)


def set_matrix(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Give an MP4's first track a display matrix (a, b, c, d): x' = a x + c y, y' = b x + d y."""
    a, b, c, d = matrix
    rows = [a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30]
    patch_box(path, b"tkhd", 40, b"".join(value.to_bytes(4, "big", signed=True) for value in rows))
