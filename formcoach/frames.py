"""Video files as upright RGB frames with true times, whatever their rotation, frame rate and damage.

    with Video.open("set.mp4", fps=15) as video:
        for frame in read_ahead(video):
            ...

Times come from the timestamps of the pictures that could be decoded. What a container says of itself
(duration, frame rate) is for the progress bar, for a note where it is wrong, and for pictures without a time.
"""

from __future__ import annotations

import math
import stat
import sys
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from formcoach.errors import FormCoachError
from formcoach.pose import Frame

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterable, Iterator
    from types import TracebackType

    from av.container import InputContainer
    from av.filter import Graph
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

T = TypeVar("T")

CONVERT = "convert it to MP4 (H.264) and try again"

BT709 = 1
"""The scaler's number for the colour matrix of HD video."""

MAX_SIDE = 8192
"""Wider or higher pictures, px, are refused: a broken or hostile header, not a camera."""

MAX_PIXELS = 40_000_000
"""Larger pictures are refused: a decoder holds about ten of them at a time."""

MAX_DURATION_S = 86_400.0
"""A container that promises more than a day is not believed."""

MAX_FRAME_S = 10.0
"""A picture that claims to stay for longer is given the usual duration instead."""

EARLY = 0.45
"""At a lower analysis rate: how far before its grid time a frame may lie, in steps between the file's frames.

Near half a step, so that the jitter of real timestamps does not shift the choice to the next frame; less than
half, where a grid time in the very middle between two frames would be left to rounding.
"""

SHORT_S, SHORT_SHARE = 0.5, 0.02
"""Pictures that stop earlier than promised by more than both, in seconds and as a share, are worth a note."""

SAME_SHAPE = 0.02
"""Relative difference in width / height up to which a new size is the same scene at another resolution."""

GAP_S = 1.0
"""Longer stretches without a picture are worth a note."""

LONG_WAY_S = 12.0
"""Less than this is decoded rather than jumped over: the key frame to begin from may lie ten seconds back."""

RESTART_FRAMES = 30
"""So many frames in a row whose times go back or leap are a clock that was set anew, not a hiccup."""

MIN_STEP_S = 1e-5
"""Times that follow each other closer than this are one time, and no camera's."""

LEAP_S = 3600.0
"""A longer way ahead than this is no pause but a broken timestamp."""


class Video:
    """One video file, read once from the first frame to the last. Context manager and iterator of frames.

    Frames are as players show them: rotation and flips applied, pixels square. Their times count from the
    first frame and strictly increase. Only the current frame is held. One thread may read and another close.

    Attributes:
        name: file name, without folders.
        width, height: of the upright picture, px.
        duration_s: what the container promises, not to be trusted; None where that is nothing or nonsense.
        frames_estimate: how many frames to expect, likewise.
        end_s: end of the last frame decoded so far; after the last frame, the true duration.
        landed_s: where the last jump by the index landed; None before one. Later than asked for, something is missed.
        notes: after the last frame, what went wrong on the way and deserves a line in the report.
    """

    def __init__(self, path: Path, container: InputContainer, stream: VideoStream, fps: float | None) -> None:
        self._container = container
        self._decoder = _Decoder(container, stream)
        pictures = iter(self._decoder)
        first = next(pictures, None)
        if first is None:
            raise FormCoachError(f"no picture in {path} can be decoded; {CONVERT}")
        _check_size(path, first.width, first.height)
        self._converter = _Converter(first, stream.sample_aspect_ratio)
        _check_size(path, *self._converter.size)

        self.name = path.name
        self.width, self.height = self._converter.size
        self.duration_s = _promised_duration(container, stream)
        self.frames_estimate = _expected_frames(stream, self.duration_s, fps)
        self.end_s = 0.0
        self.landed_s: float | None = None
        self.notes: tuple[str, ...] = ()
        self._lock = Lock()
        self._closed = False
        self._stream = stream
        self._clock = _Clock(stream)
        self._from_s = -math.inf
        self._landing = False
        self._frames = self._read(chain([first], pictures), self._clock, fps)

    @classmethod
    def open(cls, path: str | os.PathLike[str], fps: float | None = None) -> Video:
        """Open a video file and decode its first picture.

        Args:
            path: the file.
            fps: analysis rate, frames a second: of the file's frames, the first at or after each k / fps
                seconds from the first one, none of them twice. The file's own rate or more gives every frame.

        Raises:
            FormCoachError: the file cannot be read or is not a video, or `fps` is not above 0.
        """
        if fps is not None and not (math.isfinite(fps) and fps > 0):
            raise FormCoachError(f"cannot analyse {fps:g} frames a second; give a rate above 0")
        path = Path(path)
        container = _open_container(path)
        try:
            return cls(path, container, _video_stream(path, container), fps)
        except BaseException:
            container.close()
            raise

    def skip_to(self, time_s: float, *, by_index: bool) -> None:
        """Leave out all frames before a time, without making pictures of them.

        Args:
            time_s: later than the frames that were read.
            by_index: jump by the container's index where the way is long. Where the index or the timestamps are
                broken, what follows may begin too late; else every frame up to there is decoded.
        """
        with self._lock:
            self._from_s = time_s
            zero_s = self._clock.zero_s
            if by_index and zero_s is not None and time_s - self.end_s > LONG_WAY_S and self._stream.time_base:
                target = int((Fraction(time_s) + zero_s) / self._stream.time_base)
                self._container.seek(target, stream=self._stream)
                self._clock.jump(time_s)
                self._landing = True

    def close(self) -> None:
        """Free the decoder, after the step that another thread may be in. Closing twice is fine."""
        with self._lock:
            self._closed = True
            self._frames.close()
            self._container.close()

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        with self._lock:
            if self._closed:
                raise ValueError("cannot read on: the video is closed")
            return next(self._frames)

    def _read(self, pictures: Iterator[VideoFrame], clock: _Clock, fps: float | None) -> Generator[Frame, None, None]:
        """Yield the chosen pictures as frames; keep `end_s` and, at the end, `notes`."""
        grid = _Grid(fps)
        notes: list[str] = []
        index = 0
        for picture in pictures:
            time_s = clock.stamp(picture)
            if time_s is None:
                continue
            if not self._converter.same_shape(picture):
                notes.append(f"the picture changes its shape at {time_s:.1f} s; what follows was not read")
                break
            self.end_s = clock.end_s
            if self._landing:
                self.landed_s, self._landing = time_s, False
            if time_s >= self._from_s and grid.takes(time_s):
                yield Frame(index, time_s, self._converter.rgb(picture))
                index += 1
        else:
            notes += self._end_note()
        if self._converter.rescaled:
            notes.append(f"frames scaled to the first frame's size: {self._converter.rescaled}")
        if clock.gap[1] - clock.gap[0] > GAP_S:
            notes.append(f"there are no pictures from {clock.gap[0]:.1f} s to {clock.gap[1]:.1f} s")
        if self._decoder.damaged:
            notes.append(f"pictures left out because they are damaged: {self._decoder.damaged}")
        if clock.dropped:
            notes.append(f"frames left out because their times repeat, go back or leap: {clock.dropped}")
        if clock.guessed:
            notes.append(f"frames without a time, placed by the frame rate: {clock.guessed}")
        self.notes = tuple(notes)

    def _end_note(self) -> list[str]:
        """The note on a file that ends too early, if it does."""
        end, promised = f"{self.end_s:.1f} s", self.duration_s or 0.0
        if promised - self.end_s > max(SHORT_S, SHORT_SHARE * promised):
            return [f"the file ends too early: its pictures stop at {end} of {promised:.1f} s promised"]
        if self._decoder.cut:
            return [f"the file ends in the middle of a picture, at {end}"]
        return []


class _Decoder:
    """The pictures of a stream in the order of showing, past whatever damage lets the decoder go on.

    Attributes:
        damaged: packets, about one a picture, that were broken or could not be decoded.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.damaged = 0
        self._container = container
        self._stream = stream
        self._packet_torn = False
        self._picture_torn = False

    @property
    def cut(self) -> bool:
        """Whether what was read last is broken, which is how a file ends that was cut off."""
        return self._packet_torn or self._picture_torn

    def __iter__(self) -> Iterator[VideoFrame]:
        from av.error import FFmpegError

        for packet in self._packets():
            try:
                pictures = self._stream.decode(packet)
            except FFmpegError:
                self.damaged += 1
                continue
            for picture in pictures:
                # In a container without an index (MPEG-TS), only a patched-up last picture tells of a cut.
                self._picture_torn = picture.is_corrupt
                yield picture

    def _packets(self) -> Iterator[Packet[VideoStream] | None]:
        """Whole packets, then None, upon which the decoder hands out the pictures that it still holds."""
        from av.error import FFmpegError

        try:
            for packet in self._container.demux(self._stream):
                if packet.is_corrupt:
                    self.damaged += 1
                elif packet.size:  # an empty one would make the decoder finish
                    yield packet
                if packet.size:
                    self._packet_torn = packet.is_corrupt
            self.damaged -= self._packet_torn  # that one is the end of the file, and noted as such
        except FFmpegError:
            self._packet_torn = True
        yield None


class _Clock:
    """Seconds from the first picture, strictly increasing, out of timestamps that may be missing or go back.

    Attributes:
        end_s: end of the last picture that was given a time.
        dropped: pictures that got no time, because theirs repeats, goes back or leaps.
        guessed: pictures without a timestamp, put where the one before ends.
        gap: (start, end) in s of the longest stretch without a picture.
        zero_s: the first picture's timestamp; None before it.
    """

    def __init__(self, stream: VideoStream) -> None:
        self.end_s = 0.0
        self.dropped = 0
        self.guessed = 0
        self.gap = (0.0, 0.0)
        self._unit_s = stream.time_base or Fraction(1)
        self._usual_s = 1 / (_frame_rate(stream) or 30.0)
        self.zero_s: Fraction | None = None
        self._last_s = -math.inf
        self._astray = 0

    def jump(self, time_s: float) -> None:
        """The next picture may lie before the last one: it follows a jump to about this time."""
        self._last_s, self.end_s = -math.inf, time_s

    def stamp(self, picture: VideoFrame) -> float | None:
        """The picture's time, or None if it must be left out."""
        if picture.pts is None:
            self.guessed += 1
            time_s = self.end_s
        else:
            stamp_s = picture.pts * self._unit_s
            if self.zero_s is None:
                self.zero_s = stamp_s - Fraction(self.end_s)
            time_s = float(stamp_s - self.zero_s)
            if not self._last_s + MIN_STEP_S <= time_s < self.end_s + LEAP_S:
                self._astray += 1
                if self._astray < RESTART_FRAMES:
                    self.dropped += 1
                    return None
                self.zero_s = stamp_s - Fraction(self.end_s)
                time_s = self.end_s
        self._astray = 0
        self._last_s = time_s
        self.gap = max(self.gap, (self.end_s, time_s), key=lambda gap: gap[1] - gap[0])
        self.end_s = time_s + self._length(picture)
        return time_s

    def _length(self, picture: VideoFrame) -> float:
        """How long the picture stays, s."""
        length_s = float((picture.duration or 0) * self._unit_s)
        return length_s if 0 < length_s <= MAX_FRAME_S else self._usual_s


class _Grid:
    """Chooses frames for a lower analysis rate: for each k / fps the first one there, none twice.

    The place on the grid is counted anew from each frame's own time, so errors do not add up.
    """

    def __init__(self, fps: float | None) -> None:
        self._fps = fps
        self._place = -1
        self._last_s = 0.0

    def takes(self, time_s: float) -> bool:
        """Whether the frame at this time is wanted. Ask once a frame, in order."""
        if self._fps is None:
            return True
        step_s = min(time_s - self._last_s, 1 / self._fps)
        self._last_s = time_s
        place = math.floor((time_s + EARLY * step_s) * self._fps)
        wanted = place > self._place
        self._place = max(place, self._place)
        return wanted


class _Turn(NamedTuple):
    """How to hold a coded picture upright: swap x and y or not, then mirror along x, along y, or not."""

    swap: bool
    mirror_x: bool
    mirror_y: bool


UPRIGHT = _Turn(swap=False, mirror_x=False, mirror_y=False)

QUARTERS_LEFT = (UPRIGHT, _Turn(True, False, True), _Turn(False, True, True), _Turn(True, True, False))
"""0, 1, 2 and 3 quarter turns to the left."""

TURNS: dict[_Turn, tuple[tuple[str, str], ...]] = {
    _Turn(False, True, False): (("hflip", ""),),
    _Turn(False, False, True): (("transpose", "cclock_flip"), ("transpose", "cclock")),
    _Turn(False, True, True): (("transpose", "clock"), ("transpose", "clock")),
    _Turn(True, False, False): (("transpose", "cclock_flip"),),
    _Turn(True, True, False): (("transpose", "clock"),),
    _Turn(True, False, True): (("transpose", "cclock"),),
    _Turn(True, True, True): (("transpose", "clock_flip"),),
}
"""Filters and their arguments, in order; several times faster than a turned copy by NumPy."""


class _Converter:
    """Makes upright RGB arrays of one size from decoded pictures.

    Attributes:
        size: (width, height) of the arrays, px.
        rescaled: how many pictures came in another size than the first.
    """

    def __init__(self, first: VideoFrame, pixel_aspect: Fraction | None) -> None:
        from av.video.reformatter import VideoReformatter

        self.rescaled = 0
        self._coded = (first.width, first.height)
        self._width = round(first.width * _sane_aspect(pixel_aspect))
        self._height = first.height
        self._turn = _turn(first)
        self.size = (self._height, self._width) if self._turn.swap else (self._width, self._height)
        # One for all pictures: a new one each would set up its tables and threads anew, three times the work.
        self._reformatter = VideoReformatter()
        self._graph: Graph | None = None

    def same_shape(self, picture: VideoFrame) -> bool:
        """Whether the picture has the first one's ratio of width to height."""
        width, height = self._coded
        return math.isclose(picture.width * height, picture.height * width, rel_tol=SAME_SHAPE)

    def rgb(self, picture: VideoFrame) -> NDArray[np.uint8]:
        """(height, width, 3) uint8, contiguous."""
        self.rescaled += (picture.width, picture.height) != self._coded
        converted = self._rgb24(picture)
        if self._turn != UPRIGHT:
            self._graph = self._graph or _turning_graph(converted, TURNS[self._turn])
            self._graph.vpush(converted)
            converted = self._graph.vpull()
        return np.ascontiguousarray(converted.to_ndarray(), dtype=np.uint8)

    def _rgb24(self, picture: VideoFrame) -> VideoFrame:
        """The picture in RGB and in the size of all, not yet turned."""
        try:
            return self._reformatter.reformat(picture, self._width, self._height, "rgb24")
        except OSError:  # a colour matrix that the scaler does not know; a tint is better than no picture
            return self._reformatter.reformat(
                picture, self._width, self._height, "rgb24", src_colorspace=BT709, dst_colorspace=BT709
            )


def _turning_graph(picture: VideoFrame, filters: tuple[tuple[str, str], ...]) -> Graph:
    """A filter graph for pictures of this one's size and format."""
    from av.filter import Graph

    graph = Graph()
    source = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=Fraction(1, 1000)
    )
    graph.link_nodes(source, *(graph.add(name, args or None) for name, args in filters), graph.add("buffersink"))
    graph.configure()
    return graph


def _turn(picture: VideoFrame) -> _Turn:
    """What the picture's display matrix asks for, to the nearest quarter turn."""
    try:
        data: Any = picture.side_data.get("DISPLAYMATRIX")
    except ValueError:  # beside the matrix lies something that PyAV has no name for; it still knows the angle
        return QUARTERS_LEFT[round(picture.rotation / 90) % 4]
    if data is None:
        return UPRIGHT
    # x' = a x + c y and y' = b x + d y, in a 3 x 3 matrix of rows (a, b, -), (c, d, -), (x0, y0, -).
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return _Turn(True, mirror_x=c < 0, mirror_y=b < 0)
    return _Turn(False, mirror_x=a < 0, mirror_y=d < 0)


def _sane_aspect(pixel_aspect: Fraction | None) -> float:
    """Width of a pixel over its height; 1 where it is unknown, absurd or too near 1 to matter."""
    aspect = float(pixel_aspect or 1)
    return aspect if 1 / 3 <= aspect <= 3 and abs(aspect - 1) > 0.01 else 1.0


def _open_container(path: Path) -> InputContainer:
    """Open a local file.

    Raises:
        FormCoachError: there is no such file, it may not be read, or it is no video.
    """
    import av

    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise FormCoachError(f"{path} is a folder; name a video file in it")
        if not stat.S_ISREG(status.st_mode):
            raise FormCoachError(f"{path} is not a file; name a video file")
        if status.st_size == 0:
            raise FormCoachError(f"{path} is empty; copy or record it again")
        # "file:" and the whitelist, so that a name with a colon or a playlist in disguise fetches nothing.
        return av.open(
            f"file:{path}",
            "r",
            options={"protocol_whitelist": "file", "max_pixels": str(MAX_PIXELS)},
            metadata_errors="replace",
        )
    except (FileNotFoundError, NotADirectoryError):
        raise FormCoachError(f"there is no file {path}; check its name and folder") from None
    except PermissionError:
        raise FormCoachError(f"{path} may not be read; check its permissions") from None
    except (OSError, av.FFmpegError) as error:
        reason = error.strerror or type(error).__name__
        raise FormCoachError(f"{path} is not a video, or its beginning is broken ({reason}); {CONVERT}") from None


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    """The stream to read, its decoder set up.

    Raises:
        FormCoachError: there is none, it is a cover or a photo, or it cannot or should not be decoded.
    """
    from av.codec.context import ThreadType
    from av.stream import Disposition

    name = container.format.name
    if name == "tty":
        raise FormCoachError(f"{path} is text, not a video")
    if name == "image2" or name.endswith("_pipe"):
        raise FormCoachError(f"{path} is a picture, not a video")
    still = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    videos = [stream for stream in container.streams.video if not stream.disposition & still]
    if not videos:
        raise FormCoachError(f"there is no video in {path}; name a file with moving pictures")
    best = container.streams.best("video")
    stream = next((video for video in videos if video is best), videos[0])
    # A codec that the decoding library was built without leaves no context at all.
    context: VideoCodecContext | None = stream.codec_context
    if context is None:
        raise FormCoachError(f"the pictures in {path} are coded in a way that cannot be read here; {CONVERT}")
    _check_size(path, context.width, context.height)
    context.thread_type = ThreadType.AUTO
    context.options = {"max_pixels": str(MAX_PIXELS)}
    return stream


def _check_size(path: Path, width: int, height: int) -> None:
    """Raise FormCoachError for a picture that no camera takes."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise FormCoachError(
            f"the pictures in {path} are too large ({width} × {height}); scale them to 1080p and try again"
        )


def _frame_rate(stream: VideoStream) -> float | None:
    """Frames a second, as the container has it, if that can be."""
    rate = float(stream.average_rate or stream.base_rate or 0)
    return rate if 1 <= rate <= 1000 else None


def _promised_duration(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds that the pictures last according to the container, or None."""
    if stream.duration is not None and stream.time_base is not None:
        duration_s = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        # Matroska counts from time 0 and not from the first picture.
        start = (container.start_time or 0) if "matroska" in container.format.name else 0
        duration_s = (container.duration - start) / 1e6
    else:
        return None
    return duration_s if 0 < duration_s <= MAX_DURATION_S else None


def _expected_frames(stream: VideoStream, duration_s: float | None, fps: float | None) -> int | None:
    """How many frames will come, as far as the container tells, or None."""
    rate = _frame_rate(stream)
    if duration_s is None or rate is None:
        return None
    return max(1, round(duration_s * min(rate, fps or rate)))


class _End(NamedTuple):
    """The last thing in the queue: why nothing follows; None if all went well."""

    error: BaseException | None


def read_ahead(items: Iterable[T], depth: int = 4) -> Generator[T, None, None]:
    """Take items in a thread of their own, so that decoding the next frames overlaps with work on this one.

    What the source raises reaches the consumer in its place. The thread starts with the first item asked for,
    and is gone when the iterator ends or is closed, as Python does where a for-loop is left early.

    Args:
        items: the source; only the thread touches it from now on.
        depth: how many items may wait. With the two at work on either side, depth + 2 are held at most.
    """
    queue: Queue[T | _End] = Queue(depth)
    stopped = Event()

    def fill() -> None:
        end = _End(None)
        try:
            for item in items:
                queue.put(item)
                if stopped.is_set():
                    return
        except BaseException as error:
            end = _End(error)
        queue.put(end)

    thread = Thread(target=fill, name="read-ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        if not sys.is_finalizing():  # when Python shuts down, the thread no longer runs and would never end
            # A put that waits finds room now, and whatever the thread is at, it puts at most one more.
            with suppress(Empty):
                while True:
                    queue.get_nowait()
            thread.join()
