"""A session's video: a clip of each flagged rep out of the last seconds, and all of it where that is asked for."""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from formcoach.background import Background
from formcoach.history import clip_name
from formcoach.mp4 import AbandonedError, Mp4Writer, write_clip
from formcoach.ring import FrameRing, compressed, shrunk

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from formcoach.background import Notes
    from formcoach.exercise import Rep
    from formcoach.pose import Frame
    from formcoach.ring import Picture

MARGIN_S = 1.0
"""A clip begins so long before its rep and ends so long after it."""
MIN_STEP_S = 1 / 45
"""Frames that follow sooner are left out, so that 60 a second become 30."""
WAITING_FRAMES = 6
FRAMES_CLOSE_S, VIDEO_CLOSE_S = 5.0, 5.0
LOOK_S = 5.0
"""How often the free space is looked at while the whole session is written."""
MISSED_SHARE = 0.02
"""Share of pictures that came too fast to be kept from which the history says so."""
MB = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a session's video may take.

    Attributes:
        ring_s, ring_mb: how much is held in memory; a clip cannot be longer.
        waiting_clips, waiting_mb: how many clips wait to be encoded, and how much memory they hold.
        clips_mb: of clips on disk; beyond it the oldest mild ones go first.
        free_mb: with less space left on the disk no more video is written.
        longest_side: of the pictures, px.
        close_s: how long the end of the session waits for clips.
    """

    ring_s: float = 20.0
    ring_mb: float = 96.0
    waiting_clips: int = 4
    waiting_mb: float = 96.0
    clips_mb: float = 300.0
    free_mb: float = 200.0
    longest_side: int = 1280
    close_s: float = 20.0


LIMITS = Limits()


class Stage(Enum):
    """How far a clip has come."""

    PLANNED = auto()
    WRITTEN = auto()
    SURPLUS = auto()
    """To be deleted, to make room for others."""


@dataclass(frozen=True)
class Clip:
    """A clip of a rep.

    Attributes:
        number: of the rep.
        start_s, end_s: on the session's clock; the start is that of the first picture as soon as that is known.
        severe: whether it shows something severe.
        size: in bytes; of the pictures in memory, later of the file.
    """

    number: int
    start_s: float
    end_s: float
    severe: bool
    size: int = 0


class Clips:
    """Keeps the last seconds of video and writes clips of them, in two threads. Called from one thread."""

    def __init__(self, folder: Path, limits: Limits, notes: Notes, video: SessionVideo | None) -> None:
        self._folder, self._limits, self._notes, self._video = folder, limits, notes, video
        self._ring = FrameRing(limits.ring_s, int(limits.ring_mb * MB))
        self._compressing = Background("frames", WAITING_FRAMES, notes.failed("A picture for the clips was lost"))
        self._encoding = Background("clips", limits.waiting_clips, notes.failed("A clip was not written"), humble=True)
        self._last_s = -math.inf
        self._offered = self._missed = 0
        self._wanted: list[Clip] = []
        self._waiting_bytes = 0
        self._stopped = False
        self._scarce_told = False
        self._ended: SimpleQueue[tuple[int, Clip | None]] = SimpleQueue()
        self._kept: list[Clip] = []

    def add(self, frame: Frame) -> None:
        """Take a frame, whose image nobody may change afterwards."""
        if frame.time_s - self._last_s < MIN_STEP_S:
            return
        self._last_s = frame.time_s
        self._offered += 1
        if not self._compressing.offer(partial(self._compress, frame)):
            self._missed += 1

    def _compress(self, frame: Frame) -> None:
        image = shrunk(frame.image, self._limits.longest_side)
        self._ring.add(compressed(frame.time_s, image))
        if self._video is not None:
            self._video.offer(image, frame.time_s)

    def want(self, rep: Rep) -> None:
        """Make a clip of this rep, when what follows it is here too."""
        severe = any(finding.severity == "severe" for finding in rep.findings)
        self._wanted.append(Clip(rep.number, rep.span.start_s - MARGIN_S, rep.span.end_s + MARGIN_S, severe))
        self._hold()

    def _hold(self) -> None:
        """Keep what the wanted clips begin with, however long their ends let us wait."""
        self._ring.keep_from(min((clip.start_s for clip in self._wanted), default=math.inf))

    def update(self, *, to_the_end: bool = False) -> list[tuple[Stage, Clip]]:
        """Begin what can be begun, and tell what became of the clips since the last time.

        Args:
            to_the_end: no more pictures will come.
        """
        news = [(Stage.WRITTEN, clip) for clip in self._collect()]
        if self._wanted:
            until_s = math.inf if to_the_end else self._ring.newest_s
            due = [clip for clip in self._wanted if clip.end_s <= until_s]
            self._wanted = [clip for clip in self._wanted if clip.end_s > until_s]
            news += [(Stage.PLANNED, begun) for clip in due if (begun := self._begin(clip)) is not None]
            self._hold()
        if news:
            news += [(Stage.SURPLUS, clip) for clip in self._surplus()]
        return news

    def stop(self) -> None:
        """Write no more video."""
        self._stopped = True
        if self._video is not None:
            self._video.stop()

    def close(self) -> list[tuple[Stage, Clip]]:
        """Write what waits, as far as there is time."""
        if not self._compressing.close(FRAMES_CLOSE_S):
            self._notes.add("The last pictures came too late for the clips.")
        if self._missed > MISSED_SHARE * self._offered:
            self._notes.add(
                f"The computer was too slow to keep all pictures: {self._missed} of {self._offered} are missing."
            )
        news = self.update(to_the_end=True)
        if self._video is not None:
            self._video.close()
        if not self._encoding.close(self._limits.close_s):
            self._notes.add("The session ended before the last clips were written.")
        return news + self.update(to_the_end=True)

    def _begin(self, clip: Clip) -> Clip | None:
        """Hand a clip to the encoder; None where that cannot be."""
        if self._stopped:
            return None
        pictures = self._ring.between(clip.start_s, clip.end_s)
        if not pictures:
            self._notes.add("A rep has no clip: no pictures of it were kept.")
            return None
        size = sum(len(picture.jpeg) for picture in pictures)
        clip = Clip(clip.number, pictures[0].time_s, clip.end_s, clip.severe, size)
        if self._waiting_bytes + size <= self._limits.waiting_mb * MB and self._encoding.offer(
            partial(self._encode, clip, pictures)
        ):
            self._waiting_bytes += size
            return clip
        self._notes.add(f"Rep {clip.number} has no clip: the computer was too slow to write it.")
        return None

    def _encode(self, clip: Clip, pictures: tuple[Picture, ...]) -> None:
        """In the thread: write a clip, if there is space."""
        written: Clip | None = None
        try:
            if _is_scarce(self._folder, self._limits):
                self._tell_scarce(clip)
                return
            path = self._folder / clip_name(clip.number)
            size = write_clip(path, pictures, self._encoding.abandoned.is_set)
            written = Clip(clip.number, clip.start_s, clip.end_s, clip.severe, size)
        except AbandonedError:
            pass
        finally:
            self._ended.put((clip.size, written))

    def _tell_scarce(self, clip: Clip) -> None:
        """Once: who trains on a full disk does not want it told for each rep."""
        if not self._scarce_told:
            self._scarce_told = True
            self._notes.add(f"The disk is nearly full: no clips are kept from rep {clip.number} on.")

    def _collect(self) -> list[Clip]:
        """The clips that were written."""
        done: list[Clip] = []
        while True:
            try:
                size, clip = self._ended.get_nowait()
            except Empty:
                return done
            self._waiting_bytes -= size
            if clip is not None:
                self._kept.append(clip)
                done.append(clip)

    def _surplus(self) -> list[Clip]:
        """Which clips must go."""
        gone = []
        while sum(clip.size for clip in self._kept) > self._limits.clips_mb * MB:
            oldest = min(self._kept, key=lambda clip: (clip.severe, clip.number))
            self._kept.remove(oldest)
            gone.append(oldest)
            self._notes.add(
                f"The clips reached {self._limits.clips_mb:.0f} MB: the oldest of mild faults were deleted."
            )
        return gone


class SessionVideo:
    """The whole session as video, `video-<ms>.mp4`, named after the time of its first picture in milliseconds.

    It plays up to its last half second however the process ends. Another size of picture begins another file.
    """

    def __init__(self, folder: Path, limits: Limits, notes: Notes) -> None:
        self._folder, self._limits, self._notes = folder, limits, notes
        self._background = Background("video", WAITING_FRAMES, self._failed, humble=True)
        self._writer: Mp4Writer | None = None
        self._start_s = 0.0
        self._looked_at = -math.inf
        self._ended = False

    def offer(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Write a picture of even width and height soon, or leave it out where the encoder cannot follow."""
        self._background.offer(partial(self._write, image, time_s))

    def stop(self) -> None:
        """Write no more."""
        self._ended = True

    def close(self) -> None:
        """Finish the file."""
        if self._background.close(VIDEO_CLOSE_S):
            try:
                self._end()
            except Exception as error:
                self._failed(error)

    def _write(self, image: NDArray[np.uint8], time_s: float) -> None:
        if self._ended or not self._has_space():
            return
        size = (image.shape[1], image.shape[0])
        if self._writer is None or self._writer.size != size:
            self._end()
            path = self._folder / f"video-{max(round(time_s * 1000), 0):09d}.mp4"
            self._writer, self._start_s = Mp4Writer(path, *size, fragmented=True), time_s
        self._writer.write(image, time_s - self._start_s)

    def _has_space(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at < LOOK_S:
            return True
        self._looked_at = now
        if _is_scarce(self._folder, self._limits):
            self._notes.add("The disk is nearly full: the video of the session ends here.")
            self._ended = True
            self._end()
        return not self._ended

    def _end(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _failed(self, error: Exception) -> None:
        self._ended = True
        self._notes.failed("The video of the session broke off")(error)


def _is_scarce(folder: Path, limits: Limits) -> bool:
    return shutil.disk_usage(folder).free < limits.free_mb * MB
