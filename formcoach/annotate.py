"""The annotated video: the recording again, with the skeleton, the count, and each finding when it happens.

A `Storyboard` says what to show at each time, `annotate` draws it over the frames and writes them as H.264.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from formcoach.body import Observer, View
from formcoach.card import Card, Highlight, Mark, Remark, highlight, mark_of, near_side, put_right, remark
from formcoach.compare import happened_s, shown_while
from formcoach.errors import FormCoachError
from formcoach.files import replacing
from formcoach.frames import Video, read_ahead
from formcoach.mp4 import Mp4Writer
from formcoach.overlay import Overlay
from formcoach.reps import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from formcoach.analysis import Analysis
    from formcoach.exercise import Fault, Rep
    from formcoach.pose import Frame, Pose, PoseTrack

WORDS_STAY_S = 1.5
"""How long a rep's findings stay after its end."""
CUE_STAYS_S = 2.0
UNSEEN_STAYS_S = 5.0
"""How long it is told at the start what cannot be judged."""
STALE_S = 1.0
"""A pose older than this is not drawn any more."""
SAME_S = 1e-3
"""Times that differ by less are the same frame's."""


# ---- what to show when ----


class Storyboard:
    """What to show at each time of a judged recording."""

    def __init__(self, analysis: Analysis) -> None:
        self._cues = analysis.cues
        self._instants = analysis.instants
        self._times = [instant.time_s for instant in analysis.instants]
        numbers = sorted({rep.set_number for rep in analysis.reps}) or [1]
        self._sets = [_Set(analysis, number, first=number == numbers[0]) for number in numbers]
        self._rep_shows = [_RepShow(analysis.exercise.fault, rep) for rep in analysis.reps]
        self._near = near_side(analysis.azimuth_deg)
        self._unseen = _unseen(analysis)
        self._last_end_s = max((rep.span.end_s for rep in analysis.reps), default=math.inf)

    def at(self, time_s: float) -> Card:
        """The card for the frame at this time."""
        place = bisect_right(self._times, time_s + SAME_S) - 1
        instant = self._instants[place] if place >= 0 else None
        current = next(s for s in reversed(self._sets) if s.start_s <= time_s)
        remarks: tuple[Remark, ...] = ()
        coloured: Highlight | None = None
        for show in self._rep_shows:
            remarks = show.remarks(time_s) or remarks
            coloured = show.highlight(time_s) or coloured
        cue = next((cue for cue in reversed(self._cues) if 0 <= time_s - cue.time_s < CUE_STAYS_S), None)
        quiet = time_s < UNSEEN_STAYS_S or time_s > self._last_end_s + WORDS_STAY_S
        quiet = quiet and not remarks and coloured is None and cue is None
        return Card(
            count=current.count(time_s),
            state=instant.state if instant else State.AWAY,
            progress=instant.progress if instant else math.nan,
            set_number=current.number if len(self._sets) > 1 else 0,
            marks=current.marks(time_s),
            near=self._near,
            highlight=coloured,
            remarks=remarks,
            cue=cue.text if cue else "",
            praise=cue is not None and cue.fault is None,
            unseen=self._unseen if quiet else "",
        )


class _Set:
    """A set's count and strip of marks.

    Attributes:
        number: from 1.
        start_s: where its first rep starts; the first set begins with the recording.
    """

    def __init__(self, analysis: Analysis, number: int, *, first: bool) -> None:
        reps = [rep for rep in analysis.reps if rep.set_number == number]
        later = [rep.span.start_s for rep in analysis.reps if rep.set_number > number]
        self.number = number
        self.start_s = -math.inf if first else min(rep.span.start_s for rep in reps)
        self._counted_s = _counted_s(analysis, reps)
        marks = [(rep.span.end_s, mark_of(rep)) for rep in reps]
        next_s = min(later, default=math.inf)
        marks += [(p.end_s, Mark.PARTIAL) for p in analysis.partials if self.start_s <= p.start_s < next_s]
        self._marks = sorted(marks, key=lambda mark: mark[0])

    def count(self, time_s: float) -> int:
        """Reps counted by then."""
        return bisect_right(self._counted_s, time_s + SAME_S)

    def marks(self, time_s: float) -> tuple[Mark, ...]:
        """What became of the reps that ended by then."""
        return tuple(mark for end_s, mark in self._marks if end_s <= time_s + SAME_S)


def _counted_s(analysis: Analysis, reps: Sequence[Rep]) -> list[float]:
    """When each rep counted, in order: where the instants' count rises during it, else at its end."""
    pairs = zip(analysis.instants, analysis.instants[1:], strict=False)
    rises = [after.time_s for before, after in pairs if after.count > before.count]
    counted: list[float] = []
    for rep in reps:
        rise = next((t for t in rises if rep.span.start_s < t <= rep.span.end_s), rep.span.end_s)
        if rise in rises:
            rises.remove(rise)
        counted.append(rise)
    return sorted(counted)


class _RepShow:
    """A rep's findings: the words from when each happens until a little after the rep, the segment while it happens."""

    def __init__(self, fault_of: Callable[[str], Fault], rep: Rep) -> None:
        span = rep.span
        found = sorted(
            ((fault_of(finding.fault), finding) for finding in rep.findings),
            key=lambda pair: (pair[1].severity != "severe", pair[0].priority),
        )
        self._end_s = span.end_s + WORDS_STAY_S
        self._remarks = [(happened_s(finding, rep), remark(fault, finding)) for fault, finding in found]
        self._highlights = [
            (*shown_while(happened_s(finding, rep), rep.span), shown)
            for fault, finding in found
            if (shown := highlight(fault, finding, rep.side, rep.azimuth_deg)) is not None
        ]

    def remarks(self, time_s: float) -> tuple[Remark, ...]:
        """The findings that have happened, the worst first."""
        if time_s > self._end_s:
            return ()
        return tuple(words for from_s, words in self._remarks if time_s + SAME_S >= from_s)

    def highlight(self, time_s: float) -> Highlight | None:
        """The segment of the worst finding that happens now."""
        return next((shown for from_s, to_s, shown in self._highlights if from_s <= time_s <= to_s), None)


NAMED = 3
"""So many faults that cannot be judged are named, the others counted."""


_FROM = {
    View.FRONT: "from the front",
    View.OBLIQUE: "from this angle",
    View.SIDE: "from the side",
    View.REAR_OBLIQUE: "from this angle",
    View.REAR: "from behind",
}


def _unseen(analysis: Analysis) -> str:
    """What could not be judged in most of the reps, in a few words."""
    often = Counter(missing.fault for rep in analysis.reps for missing in rep.not_assessed)
    names = [fault.name for fault in analysis.exercise.faults if 2 * often[fault.id] > len(analysis.reps)]
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    where = "here" if analysis.view is None else _FROM[analysis.view]
    return f"Not judged {where}:\n{', '.join(name.lower() for name in names[:NAMED])}{more}"


# ---- the video ----

LONGEST_SIDE = 1280
"""Larger videos are scaled down to this, px: enough for what is drawn, and light to open."""
ENCODING = {
    "crf": "25",
    "preset": "veryfast",
    "threads": "2",
    "g": "60",  # a key frame every second or two, for jumping about in the browser
}


def annotate(
    video_path: Path,
    analysis: Analysis,
    out_path: Path,
    *,
    on_frame: Callable[[Frame, Pose | None, int | None], None] | None = None,
) -> None:
    """Write the annotated video: MP4, H.264, no sound, the frames' true times, whole or not at all.

    Args:
        video_path: the video that was analysed.
        analysis: of that video; frames between those of its track show the latest pose.
        out_path: replaced if it is there.
        on_frame: called with each frame, the pose drawn on it, and how many frames are expected, where that is known.

    Raises:
        FormCoachError: the video cannot be read, or the annotated one not be written.
    """
    try:
        with Video.open(video_path) as video:
            if out_path.is_dir():
                raise FormCoachError(f"{out_path} is a folder; name a file to write")
            if out_path.exists() and out_path.samefile(video_path):
                raise FormCoachError(f"{out_path} is the video itself; write the annotated one elsewhere")
            with replacing(out_path, make_folder=False) as part:
                _write(video, analysis, Path(part.name), on_frame)
    except (OSError, av.FFmpegError) as error:
        raise FormCoachError(f"cannot write {out_path}: {error.strerror or type(error).__name__}") from error


def _write(
    video: Video,
    analysis: Analysis,
    part: Path,
    on_frame: Callable[[Frame, Pose | None, int | None], None] | None,
) -> None:
    width, height = _size(video.width, video.height)
    poses = _Poses(analysis.track, width, height)
    board = Storyboard(analysis)
    overlay = Overlay(width, height)
    overlay.settle(poses.sample())
    with Mp4Writer(part, width, height, encoding=ENCODING, rate=_rate(analysis.track)) as writer:
        for frame in read_ahead(video):
            pose = poses.at(frame.time_s)
            image = np.asarray(cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
            overlay.draw(image, pose, board.at(frame.time_s))
            writer.write(image, frame.time_s)
            if on_frame is not None:
                on_frame(frame, pose, video.frames_estimate)


def _size(width: int, height: int) -> tuple[int, int]:
    """The size to write: at most `LONGEST_SIDE`, and even, as the coding of colours needs it."""
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    return max(round(scale * width / 2), 1) * 2, max(round(scale * height / 2), 1) * 2


def _rate(track: PoseTrack) -> Fraction:
    """About how many frames a second; only tells the encoder what to expect."""
    step_s = float(np.median(np.diff(track.time_s))) if len(track) > 1 else 1 / 30
    return Fraction(1 / step_s).limit_denominator(1001)


class _Poses:
    """A track's poses in px of the written picture."""

    def __init__(self, track: PoseTrack, width: int, height: int) -> None:
        self._times = track.time_s
        self._poses = tuple(poses_put_right(track))
        x, y = width / track.source.width, height / track.source.height
        self._scale = np.array([x, y, x], np.float32)

    def at(self, time_s: float) -> Pose | None:
        """The pose of this frame, or the latest one before."""
        place = int(np.searchsorted(self._times, time_s + SAME_S, side="right")) - 1
        if place < 0 or time_s - self._times[place] > STALE_S:
            return None
        return self._scaled(self._poses[place])

    def sample(self) -> list[Pose | None]:
        """Poses spread over the recording."""
        return [self._scaled(pose) for pose in self._poses[:: max(len(self._poses) // 200, 1)]]

    def _scaled(self, pose: Pose | None) -> Pose | None:
        return None if pose is None else replace(pose, landmarks=pose.landmarks * self._scale)


def poses_put_right(track: PoseTrack) -> Iterator[Pose | None]:
    """The track's poses with left and right as the judgement had them."""
    observer = Observer()
    for pose in track.poses:
        yield None if pose is None else put_right(pose, observer(pose))
