"""One video in parts that begin at fixed times, so that several processes may share it and change nothing.

At the beginning of each part a new estimator takes over, which began a little earlier; with one process as with many.
So a part's poses depend on the video alone, and on whom the part before it followed where several people are in view.
"""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from formcoach.estimator import Estimator, Searcher
from formcoach.frames import MAX_DURATION_S, Video, read_ahead
from formcoach.processes import begin_worker, undisturbed
from formcoach.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from multiprocessing.synchronize import Event
    from pathlib import Path
    from types import TracebackType

    from formcoach.pose import Frame, Pose

    OnPose = Callable[[float, Pose | None, bool], None]

PART_S = 30.0
"""About how long a part is: long against the lead, short enough that a minute is shared."""
GLANCE_S = 2.5
"""How much earlier a part's estimator is shown the pictures: so long it takes to know a dissolve."""
LEAD_S = 0.5
"""How much earlier it estimates poses. Landmarks of one that began anew differ from those of one that went on by
0.1 torso lengths at first; after 0.3 s by 0.02, as they do for ever (11 starts in 4 clips, the worst landmark)."""
LOOK_S = 0.1
"""How often the progress of the processes is asked for."""


@dataclass(frozen=True)
class Seams:
    """Where the parts of a video begin.

    Attributes:
        length_s: of a part, in whole seconds, so that no rounding moves a frame from one to another.
        count: how many parts; the last one ends with the video.
    """

    length_s: float
    count: int

    @staticmethod
    def of(duration_s: float | None) -> Seams:
        """Those of a video that promises to last so long: an even number, so that two processes share it well.

        One part where it is short, and where nothing is promised.
        """
        if duration_s is None or duration_s < PART_S:
            return Seams(MAX_DURATION_S, 1)
        length_s = float(math.ceil(duration_s / (2 * max(round(duration_s / (2 * PART_S)), 1))))
        return Seams(length_s, math.ceil(duration_s / length_s))

    def number_at(self, time_s: float) -> int:
        """Of the part that a time lies in."""
        return min(int(time_s // self.length_s), self.count - 1)

    def begin_s(self, number: int) -> float:
        """When a part begins."""
        return number * self.length_s


class Relay:
    """An estimator for a whole recording, or for one of its parts: at each beginning another one takes over.

    Args:
        model: the pose model's bundle.
        estimator: makes one.
        seams: where the parts begin.
        number: the part that the first frame belongs to, or leads to.
        alone: whether no frame comes after that part.
        known: the person who was coached before it.

    Attributes:
        seams: where the parts begin.
        anew: whether something new began with the last frame.
        turned: in how many frames the person was found in the turned picture only.
        crowded: whether several people were in view.
        doubtful: whether it was unclear which of them to coach.
    """

    def __init__(
        self,
        model: Path,
        estimator: Callable[..., Estimator],
        seams: Seams,
        *,
        number: int = 0,
        alone: bool = False,
        known: Pose | None = None,
    ) -> None:
        self.anew = self.crowded = self.doubtful = False
        self.turned = 0
        self.number = number
        self.seams = seams
        self._alone = alone
        self._leads_s = self._leads_from_s()
        self._known = known
        self._searcher = Searcher(model)
        self._make = partial(estimator, model, searcher=self._searcher)
        self._now = self._make(known=known)
        self._next: Estimator | None = None
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="lead")

    def __enter__(self) -> Relay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beside.shutdown()
        self._now.__exit__(kind, error, trace)
        if self._next is not None:
            self._next.__exit__(kind, error, trace)
        self._searcher.close()

    def __call__(self, frame: Frame) -> Pose | None:
        """The pose of the coached person in the frame, or None where they are not found."""
        number = self.seams.number_at(frame.time_s)
        if number > self.number:
            self._take_over(number)
        # The estimator that is to take over and the one that is at work need not wait for each other.
        leading = self._beside.submit(self._lead_next, frame) if frame.time_s >= self._leads_s else None
        turned = self._now.turned
        pose = self._lead(self._now, frame, self.number)
        if leading is not None:
            leading.result()
        if frame.time_s >= self.seams.begin_s(self.number):
            self.turned += self._now.turned - turned
        self.anew = self._now.anew
        self._known = pose or self._known
        for one in (self._now, self._next):
            if one is not None:
                self.crowded |= one.crowded
                self.doubtful |= one.doubtful
        return pose

    def _take_over(self, number: int) -> None:
        self._now.__exit__(None, None, None)
        if self._next is not None and number != self.number + 1:  # nothing was seen for a whole part
            self._next.__exit__(None, None, None)
            self._next = None
        self._now = self._next or self._make(known=self._known)
        self._next = None
        self.number = number
        self._leads_s = self._leads_from_s()

    def _leads_from_s(self) -> float:
        """When the estimator of the next part is to be shown its first frame."""
        last = self._alone or self.number == self.seams.count - 1
        return math.inf if last else self.seams.begin_s(self.number + 1) - GLANCE_S

    def _lead_next(self, frame: Frame) -> None:
        if self._next is None:
            self._next = self._make(known=self._known)
        self._lead(self._next, frame, self.number + 1)

    def _lead(self, estimator: Estimator, frame: Frame, number: int) -> Pose | None:
        """The pose, from shortly before the part on; earlier frames are only glanced at."""
        if frame.time_s >= self.seams.begin_s(number) - LEAD_S:
            return estimator(frame)
        estimator.glance(frame)
        return None


@dataclass(frozen=True, kw_only=True)
class Part:
    """The poses of one part, or of a whole video.

    Attributes:
        times_s: of its frames.
        poses: one a frame.
        breaks_s: as in `PoseTrack`.
        turned, crowded, doubtful: as in `Relay`.
        end_s: of the video, as far as it was read.
        size: (width, height) of the picture, px.
        notes: what was wrong with the file.
        stopped: whether somebody asked to stop.
        sure: whether the part was read as whoever reads from the beginning would read it.
    """

    times_s: tuple[float, ...]
    poses: Sequence[Pose | None]
    breaks_s: tuple[float, ...]
    turned: int
    crowded: bool
    doubtful: bool
    end_s: float
    size: tuple[int, int]
    notes: tuple[str, ...]
    stopped: bool
    sure: bool

    def known_at(self, time_s: float) -> Pose | None:
        """The last pose before a time."""
        before = (pose for pose in reversed(self.poses) if pose is not None and pose.time_s < time_s)
        return next(before, None)


def read_part(
    video_path: Path,
    model: Path,
    fps: float | None,
    *,
    number: int = 0,
    alone: bool = False,
    known: Pose | None = None,
    on_frame: Callable[[int | None], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Part:
    """Estimate from the beginning of a part.

    Args:
        video_path: any video file that PyAV reads.
        model: the pose model's bundle.
        fps: analyse only so many frames a second; all by default.
        number: of the part, from 0.
        alone: end with the part, not with the video.
        known: the person who was coached before it.
        on_frame: called once a frame with how many are expected in the whole video, where that is known.
        stop: asked once a frame; when it says so, the part ends there.

    Raises:
        FormCoachError: no video, no frames.
    """
    times: list[float] = []
    poses = Spool()
    breaks: list[float] = []
    stopped = False
    with (
        Video.open(video_path, fps=fps) as video,
        Relay(model, Estimator, Seams.of(video.duration_s), number=number, alone=alone, known=known) as relay,
    ):
        begin_s, end_s = relay.seams.begin_s(number), relay.seams.begin_s(number + 1)
        lead_s = begin_s - GLANCE_S
        if number:
            next(video)  # times count from the first frame
            video.skip_to(lead_s, by_index=True)
        for frame in read_ahead(video):
            if alone and frame.time_s >= end_s:
                break
            pose = relay(frame)
            if frame.time_s >= begin_s:
                times.append(frame.time_s)
                poses.append(pose)
                breaks += [frame.time_s] * relay.anew
                if on_frame is not None:
                    on_frame(video.frames_estimate)
            if stopped := stop is not None and stop():
                break
        return Part(
            times_s=tuple(times),
            poses=poses,
            breaks_s=tuple(breaks),
            turned=relay.turned,
            crowded=relay.crowded,
            doubtful=relay.doubtful,
            end_s=video.end_s,
            size=(video.width, video.height),
            notes=video.notes,
            stopped=stopped,
            sure=not video.notes and (video.landed_s is None or video.landed_s <= lead_s),
        )


def read_parts(
    video_path: Path,
    model: Path,
    fps: float | None,
    *,
    workers: int,
    on_frame: Callable[[int | None], None] | None = None,
    stop: Callable[[], bool] | None = None,
    on_pose: OnPose | None = None,
) -> list[Part] | None:
    """Estimate a video in several processes; None where that would not give what one process gives.

    That is so for a video of one part, of unknown length, or with anything wrong in it. Where several people are in
    view, a part is read once more, with who was coached before it.

    Args:
        video_path: as in `read_part`, and so are the others.
        model: the pose model's bundle.
        fps: analysis rate.
        workers: how many processes.
        on_frame: called once a frame, some tenths of a second later.
        stop: asked a few times a second.
        on_pose: told each frame's time, its pose, and whether something new begins with it, in order; what it was told
            is void where the result is None.

    Raises:
        FormCoachError: no video, no frames.
    """
    with Video.open(video_path, fps=fps) as video:
        seams, expected = Seams.of(video.duration_s), video.frames_estimate
    count = seams.count
    if count == 1:
        return None
    context = get_context("spawn")
    done, stopping = context.Value("q", 0), context.Event()
    pool = ProcessPoolExecutor(min(workers, count), mp_context=context, initializer=_begin, initargs=(done, stopping))

    def read(number: int, known: Pose | None) -> Future[Part]:
        return pool.submit(_read, video_path, model, fps, number, number < count - 1, known)

    with undisturbed():
        futures = [read(number, None) for number in range(count)]
    try:
        watch = _Watch(_Progress(done, on_frame, expected), stop, stopping)
        return _in_order(futures, read, seams, watch, on_pose)
    except BrokenProcessPool:  # a process was killed, for its memory perhaps; one at a time may go well
        return None
    finally:
        stopping.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _in_order(
    futures: list[Future[Part]],
    read: Callable[..., Future[Part]],
    seams: Seams,
    watch: _Watch,
    on_pose: OnPose | None,
) -> list[Part] | None:
    """The parts up to where somebody stopped; None where one cannot be relied on."""
    parts: list[Part] = []
    known: Pose | None = None
    for number in range(seams.count):
        if number:
            lead_s = seams.begin_s(number) - GLANCE_S
            known = next((pose for part in reversed(parts) if (pose := part.known_at(lead_s)) is not None), None)
        part = watch.result(futures.pop(0))
        if part.crowded and known is not None and not part.stopped:
            part = watch.result(read(number, known))
        if not part.sure and not part.stopped:
            return None
        part = replace(part, poses=Spool(part.poses))  # memory is not to grow with the video
        parts.append(part)
        if on_pose is not None:
            for time_s, pose in zip(part.times_s, part.poses, strict=True):
                on_pose(time_s, pose, time_s in part.breaks_s)
        if part.stopped:
            break
    return parts


class _Progress:
    """Tells about frames that other processes have done."""

    def __init__(self, done: Any, on_frame: Callable[[int | None], None] | None, expected: int | None) -> None:
        self._done, self._on_frame, self._expected = done, on_frame, expected
        self._told = 0

    def tell(self) -> None:
        while self._told < self._done.value:
            self._told += 1
            if self._on_frame is not None:
                self._on_frame(self._expected)


class _Watch:
    """Waits for parts; meanwhile it tells how far all of them have come, and asks whether to stop."""

    def __init__(self, progress: _Progress, stop: Callable[[], bool] | None, stopping: Event) -> None:
        self._progress, self._stop, self._stopping = progress, stop, stopping

    def result(self, future: Future[Part]) -> Part:
        waiting = {future}
        while waiting:
            _, waiting = wait_for(waiting, LOOK_S)
            self._progress.tell()
            if self._stop is not None and self._stop():
                self._stopping.set()
        return future.result()


_shared: list[Any] = []
"""In a process of the pool: the counter of frames done, and whether to stop."""


def _begin(done: Any, stopping: Event) -> None:
    begin_worker()
    _shared[:] = done, stopping


def _read(video_path: Path, model: Path, fps: float | None, number: int, alone: bool, known: Pose | None) -> Part:
    done, stopping = _shared

    def tick(_expected: int | None) -> None:
        with done.get_lock():
            done.value += 1

    part = read_part(
        video_path, model, fps, number=number, alone=alone, known=known, on_frame=tick, stop=stopping.is_set
    )
    return replace(part, poses=tuple(part.poses))  # which can be sent
