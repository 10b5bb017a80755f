"""A recording from end to end: poses out of a video, judgement out of poses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formcoach.body import View
from formcoach.coach import Coach, Cue, to_coach
from formcoach.errors import printable
from formcoach.judging import broken_rules
from formcoach.pipeline import Pipeline
from formcoach.pose import Pose, PoseTrack, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from formcoach.exercise import Exercise, Rep, Span
    from formcoach.model import ModelFile
    from formcoach.parts import Part
    from formcoach.pipeline import Moment
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
    workers: int = 1,
    on_frame: Callable[[int | None], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> PoseTrack:
    """The poses of a video, decoding ahead of the model.

    Args:
        video_path: any video file that PyAV reads.
        model: as `formcoach.model.find_model` gives it.
        fps: analyse only so many frames a second; all by default.
        workers: processes that share the video; the poses are the same with any number.
        on_frame: called once a frame with how many are expected in all, where that is known.
        stop: asked once a frame; when it says so, the track ends there, with a note.

    Raises:
        FormCoachError: no video, no frames.
    """
    from formcoach.parts import read_part, read_parts

    parts = None
    if workers > 1:
        parts = read_parts(video_path, model.path, fps, workers=workers, on_frame=on_frame, stop=stop)
    return _track(video_path, model, parts or [read_part(video_path, model.path, fps, on_frame=on_frame, stop=stop)])


def _track(video_path: Path, model: ModelFile, parts: list[Part]) -> PoseTrack:
    from formcoach.spool import Spool

    times = [time_s for part in parts for time_s in part.times_s]
    poses = parts[0].poses if len(parts) == 1 else Spool(pose for part in parts for pose in part.poses)
    breaks_s = tuple(time_s for part in parts for time_s in part.breaks_s)
    width, height = parts[0].size
    end_s = max(part.end_s for part in parts)
    source = Source(printable(video_path.name), width, height, end_s, model.name, _found(parts, len(times)))
    return PoseTrack(source, np.array(times), poses, breaks_s)


def analysed(
    video_path: Path,
    model: ModelFile,
    exercise: Exercise,
    *,
    fps: float | None = None,
    workers: int = 1,
    on_frame: Callable[[int | None], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Analysis:
    """A video judged from its pictures.

    Where several processes share it, their parts are judged as they come. Beside the model of one process a judging
    thread was measured to be slower than judging afterwards (17.9 s against 17.0 s): both need the interpreter.

    Args:
        video_path: as in `estimate`, and so are the others.
        model: the pose model.
        exercise: to judge it as.
        fps: analysis rate.
        workers: processes.
        on_frame: progress.
        stop: whether to.

    Raises:
        FormCoachError: no video, no frames; or a rule fails at what it counts by.
    """
    from formcoach.parts import read_parts

    judgement, parts = Judgement(exercise), None
    if workers > 1:
        parts = read_parts(
            video_path, model.path, fps, workers=workers, on_frame=on_frame, stop=stop, on_pose=judgement.take
        )
    if parts is None:
        return judge(estimate(video_path, model, fps=fps, on_frame=on_frame, stop=stop), exercise)
    return judgement.of(_track(video_path, model, parts))


def judge(track: PoseTrack, exercise: Exercise) -> Analysis:
    """Count and judge a recording's reps."""
    judgement = Judgement(exercise)
    for time_s, pose in track:
        judgement.take(time_s, pose, time_s in track.breaks_s)
    return judgement.of(track)


class Judgement:
    """Counts and judges a recording's reps while its poses come."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._pipeline = Pipeline(exercise)
        self._coach = Coach(exercise)
        self._instants: list[Instant] = []
        self._reps: list[Rep] = []
        self._partials: list[Span] = []
        self._cues: list[Cue] = []
        self._azimuths: list[float] = []

    def take(self, time_s: float, pose: Pose | None, anew: bool) -> None:
        """Take one frame.

        Args:
            time_s: strictly rising.
            pose: None where nobody was in view.
            anew: whether something new begins with it, as in `PoseTrack.breaks_s`.

        Raises:
            FormCoachError: a rule fails at what it counts by.
        """
        if anew:
            self._pipeline.begin_anew()
        moment = self._pipeline.update(time_s, pose)
        self._add(moment)
        self._instants.append(Instant(time_s, moment.state, moment.progress, moment.count, moment.set_number))
        if moment.body is not None:
            self._azimuths.append(moment.body.azimuth_deg)

    def _add(self, moment: Moment) -> None:
        self._reps += moment.finished
        said = (self._coach.after(rep) for rep in to_coach(moment, self._exercise))
        self._cues += (cue for cue in said if cue is not None)
        self._partials += moment.partials

    def of(self, track: PoseTrack) -> Analysis:
        """The judged recording, all of whose poses were taken; once."""
        self._add(self._pipeline.finish())
        azimuth = float(np.median([rep.azimuth_deg for rep in self._reps] or self._azimuths or [np.nan]))
        return Analysis(
            exercise=self._exercise,
            track=track,
            instants=tuple(self._instants),
            reps=tuple(self._reps),
            partials=tuple(self._partials),
            cues=tuple(self._cues),
            view=None if np.isnan(azimuth) else View.at(azimuth),
            azimuth_deg=azimuth,
            notes=_notes(self._exercise, track, self._reps),
        )


def _found(parts: list[Part], frames: int) -> tuple[str, ...]:
    """Notes of what the estimation came upon."""
    notes = [note for part in parts for note in part.notes]
    turned = sum(part.turned for part in parts)
    if turned:
        share = max(round(100 * turned / frames), 1)
        notes.append(f"In {share} % of the frames the person was found only with the picture turned by a quarter.")
    if any(part.doubtful for part in parts):
        notes.append("Several people are about equally large and central; the most prominent was judged: film alone.")
    elif any(part.crowded for part in parts):
        notes.append("Several people are in view; the most prominent one was judged.")
    breaks = sum(len(part.breaks_s) for part in parts)
    if breaks:
        scenes = "a cut, or another person:" if breaks == 1 else f"{breaks} cuts, or other people:"
        notes.append(f"The video has {scenes} each part is judged as a set of its own.")
    if parts[-1].stopped:
        notes.append(f"The analysis was stopped at {parts[-1].times_s[-1]:.1f} s.")
    return tuple(notes)


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
    broken = broken_rules(reps)
    notes += [f"{exercise.fault(fault).name} was not judged: {why}." for fault, why in broken.items()]
    unlike = sum(rep.unlike for rep in reps)
    if unlike:
        share = "" if unlike == len(reps) else f"{unlike} of {len(reps)} reps: "
        notes.append(f"{share}The movement does not look like {exercise.name.lower()}, so its form was not judged.")
    if seen and not reps:
        notes.append("No full rep was counted. Is this the exercise, and is the whole body in the picture?")
    return tuple(notes)
