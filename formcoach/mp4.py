"""Writing H.264 in MP4 with true times, as browsers play it; the same pictures give the same bytes."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from formcoach.files import replacing
from formcoach.ring import image_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from av.video.stream import VideoStream
    from numpy.typing import NDArray

    from formcoach.ring import Picture

UNIT = Fraction(1, 90_000)
"""Time base of what is written: exact to 6 µs, and whole for the usual frame rates."""
USUAL_RATE = Fraction(30)
STEADY = {"x264-params": "mbtree=0"}
"""What each encoder here is told besides: with its macroblock tree about one clip in thirty differs from run to run."""
ENCODING = {"crf": "25", "preset": "veryfast", "threads": "1", "g": "60"}
"""One thread: the model needs the other cores."""
LIVE = {"crf": "25", "preset": "superfast", "threads": "1", "g": "30", "tune": "zerolatency"}
"""For what is written while it happens: nothing waits in the encoder."""
WHOLE_FILE = {"movflags": "+faststart", "fflags": "+bitexact"}
FRAGMENTS = {"movflags": "+frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1", "frag_duration": "500000"}
"""A file that plays up to its last fragment, half a second long, wherever it is cut off."""
BT709 = 1
"""The number of HD video's primaries and of its transfer curve."""


class Mp4Writer:
    """An MP4 being written, without sound. A context manager."""

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        *,
        fragmented: bool = False,
        encoding: Mapping[str, str] | None = None,
        rate: Fraction = USUAL_RATE,
    ) -> None:
        """Begin it.

        Args:
            path: of a file, which is overwritten.
            width: even, px.
            height: even, px.
            fragmented: whether it plays although the process is killed; else it plays when it was closed.
            encoding: options of the encoder, in place of the usual ones; they name the threads, as the bytes depend
                on their number.
            rate: about how many pictures a second; only tells the encoder what to expect.

        Raises:
            OSError, av.FFmpegError: it cannot be written.
        """
        # The bare name of a file may look like an address, as in "a:b.mp4".
        self._container = av.open(
            f"file:{path}", "w", format="mp4", container_options=dict(FRAGMENTS if fragmented else WHOLE_FILE)
        )
        try:
            options = {**(encoding or (LIVE if fragmented else ENCODING)), **STEADY}
            self._stream: VideoStream = self._container.add_stream("libx264", rate=rate, options=options)
            self._stream.width, self._stream.height = width, height
            self._stream.pix_fmt = "yuv420p"
            self._stream.time_base = UNIT
            codec = self._stream.codec_context
            codec.time_base = UNIT
            codec.color_range = ColorRange.MPEG
            codec.colorspace = Colorspace.ITU709
            codec.color_primaries = codec.color_trc = BT709
        except BaseException:
            self._container.close()
            raise
        self.size = (width, height)
        self._reformatter = VideoReformatter()
        self._last = -1

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Add a picture, (height, width, 3) RGB; of another size it is scaled.

        Args:
            image: to show.
            time_s: from the start of the video.
        """
        if (image.shape[1], image.shape[0]) != self.size:
            image = _scaled(image, self.size)
        picture = self._reformatter.reformat(
            VideoFrame.from_ndarray(image, format="rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        self._last = max(round(time_s / UNIT), self._last + 1)
        picture.pts, picture.time_base = self._last, UNIT
        self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Finish the file.

        Raises:
            OSError, av.FFmpegError: it cannot be written.
        """
        try:
            self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def __enter__(self) -> Mp4Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        with suppress(OSError, av.FFmpegError):
            self._container.close()


def _scaled(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture in another size: halved while it is twice as large, and the rest between the pixels.

    As good to look at as the mean over areas of any size, for a quarter of the work.
    """
    while image.shape[1] >= 2 * size[0] and image.shape[0] >= 2 * size[1]:
        width, height = image.shape[1] // 2, image.shape[0] // 2
        whole = image[: 2 * height, : 2 * width]
        image = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


class AbandonedError(Exception):
    """There was no time left to finish a clip."""


def write_clip(path: Path, pictures: Sequence[Picture], abandoned: Callable[[], bool]) -> int:
    """Write pictures as a video, whole or not at all; it starts with the first of them.

    Args:
        path: replaced if it is there.
        pictures: at least one, in order of time.
        abandoned: asked between pictures whether to stop.

    Returns:
        The file's size in bytes.

    Raises:
        FormCoachError: the folder cannot be written, or the disk is full.
        AbandonedError: told to stop; nothing is left.
        av.FFmpegError: the encoder fails.
    """
    first = image_of(pictures[0])
    with replacing(path) as file:
        part = Path(file.name)
        with Mp4Writer(part, first.shape[1], first.shape[0]) as writer:
            for picture in pictures:
                if abandoned():
                    raise AbandonedError
                writer.write(image_of(picture), picture.time_s - pictures[0].time_s)
        return part.stat().st_size
