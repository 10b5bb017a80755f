"""A recording from end to end: poses out of a video, judgement out of poses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formcoach.body import View
from formcoach.coach import Coach, Cue, to_coach
from formcoach.errors import printable
from formcoach.pipeline import moments
from formcoach.pose import PoseTrack, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from formcoach.exercise import Exercise, Rep, Span
    from formcoach.model import ModelFile
    from formcoach.pose import Pose
    from formcoach.reps import State


@dataclass(frozen=True, slots=True)
class Instant:
    """What was true at one frame, without its pose.

    Attributes:
        time_s: of the frame.
        state: where in a rep the person was.
        progress: the rep signal between rest (0) and a full rep (1); NaN where unknown.
        count: reps counted so far.
        set_number: of the last judged rep, from 1; 0 before the first.
    """

    time_s: float
    state: State
    progress: float
    count: int
    set_number: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """A judged recording.

    Attributes:
        exercise: what it was judged as.
        track: the poses.
        instants: one a frame.
        reps: the counted reps, in order of their ends.
        partials: movements that turned back before they counted.
        cues: what was said, or would have been.
        view: from where the body was seen, for most of the reps, else of the time.
        azimuth_deg: the same in degrees; NaN where nobody was seen.
        notes: what the person should know about the recording.
    """

    exercise: Exercise
    track: PoseTrack
    instants: tuple[Instant, ...]
    reps: tuple[Rep, ...]
    partials: tuple[Span, ...]
    cues: tuple[Cue, ...]
    view: View | None
    azimuth_deg: float
    notes: tuple[str, ...]


def estimate(
    video_path: Path,
    model: ModelFile,
    *,
    fps: float | None = None,
    on_frame: Callable[[int | None], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> PoseTrack:
    """The poses of a video, decoding one frame ahead of the model.

    Args:
        video_path: any video file that PyAV reads.
        model: as `formcoach.model.find_model` gives it.
        fps: analyse only so many frames a second; all by default.
        on_frame: called once a frame with how many are expected in all, where that is known.
        stop: asked once a frame; when it says so, the track ends there, with a note.

    Raises:
        FormCoachError: no video, no frames.
    """
    from formcoach.estimator import Estimator
    from formcoach.frames import Video, read_ahead

    interrupted: tuple[str, ...] = ()
    times: list[float] = []
    poses: list[Pose | None] = []
    with Video.open(video_path, fps=fps) as video, Estimator(model.path) as estimator:
        for frame in read_ahead(video):
            pose = estimator(frame)
            times.append(frame.time_s)
            poses.append(pose)
            if on_frame is not None:
                on_frame(video.frames_estimate)
            if stop is not None and stop():
                interrupted = (f"The analysis was stopped at {frame.time_s:.1f} s.",)
                break
        notes = (*video.notes, *_turned(estimator.turned, len(times)), *interrupted)
        source = Source(printable(video.name), video.width, video.height, video.end_s, model.name, notes)
    return PoseTrack(source, np.array(times), tuple(poses))


def judge(track: PoseTrack, exercise: Exercise) -> Analysis:
    """Count and judge a recording's reps."""
    coach = Coach(exercise)
    instants: list[Instant] = []
    reps: list[Rep] = []
    partials: list[Span] = []
    cues: list[Cue] = []
    azimuths: list[float] = []
    for moment in moments(track, exercise):
        reps += moment.finished
        cues += (cue for rep in to_coach(moment, exercise) if (cue := coach.after(rep)) is not None)
        partials += moment.partials
        instants.append(Instant(moment.time_s, moment.state, moment.progress, moment.count, moment.set_number))
        if moment.body is not None:
            azimuths.append(moment.body.azimuth_deg)
    azimuth = float(np.median([rep.azimuth_deg for rep in reps] or azimuths or [np.nan]))
    return Analysis(
        exercise=exercise,
        track=track,
        instants=tuple(instants[: len(track)]),  # the last moment is that of the recording's end, not a frame's
        reps=tuple(reps),
        partials=tuple(partials),
        cues=tuple(cues),
        view=None if np.isnan(azimuth) else View.at(azimuth),
        azimuth_deg=azimuth,
        notes=_notes(exercise, track, reps),
    )


def _turned(turned: int, frames: int) -> tuple[str, ...]:
    """A note of the frames in which the person was only found with the picture turned."""
    if turned == 0:
        return ()
    share = max(round(100 * turned / frames), 1)
    return (f"In {share} % of the frames the person was found only with the picture turned by a quarter.",)


LOST_SHARE = 0.1
"""Share of frames without a person from which the report says so."""


def _notes(exercise: Exercise, track: PoseTrack, reps: list[Rep]) -> tuple[str, ...]:
    notes = list(track.source.notes)
    seen = sum(pose is not None for pose in track.poses)
    if seen == 0:
        notes.append("Nobody was found in this video. Film the whole body in good light, the camera still.")
    elif len(track) - seen > LOST_SHARE * len(track):
        lost = 100 * (len(track) - seen) / len(track)
        notes.append(f"The person was lost in {lost:.0f} % of the frames; reps there may be missing.")
    unlike = sum(rep.unlike for rep in reps)
    if unlike:
        share = "" if unlike == len(reps) else f"{unlike} of {len(reps)} reps: "
        notes.append(f"{share}The movement does not look like {exercise.name.lower()}, so its form was not judged.")
    if seen and not reps:
        notes.append("No full rep was counted. Is this the exercise, and is the whole body in the picture?")
    return tuple(notes)
