"""The live coach: camera in, voice, screen and store out; the same pipeline as a recorded video."""

from __future__ import annotations

import json
import math
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from formcoach.body import View
from formcoach.card import Card, Mark, highlight, near_side, put_right, remark
from formcoach.coach import CONFIRMATION
from formcoach.pipeline import Moment, Pipeline
from formcoach.placing import Assistant, Sight, judged_from
from formcoach.pose import Landmark as L
from formcoach.report import finding_of
from formcoach.reps import State
from formcoach.screen import Key
from formcoach.session import Event, Kind, Session, Targets
from formcoach.voice import NUMBERS, Tone

if TYPE_CHECKING:
    from formcoach.body import Body
    from formcoach.camera import Camera
    from formcoach.estimator import Estimator
    from formcoach.exercise import Exercise, Rep
    from formcoach.pose import Frame, Pose
    from formcoach.recorder import SessionRecorder
    from formcoach.screen import Screen
    from formcoach.voice import Voice

SAFETY = (
    "This is exercise guidance, not medical advice. A camera can miss things. "
    "If something hurts, stop, and ask a professional."
)
STOPPING = "Stopping. Put the weight down when you can."
PALM_S = 1.0
"""A palm held above the head this long, the other hand down, stops everything."""
PALM_T = 0.25
CUE_SHOWN_S = 3.0
STORE_PATIENCE_S = 0.2
"""A frame may wait so long for another process that writes into the store."""
RATE_FRAMES = 30
GAP_S = 1.0


@dataclass
class Figures:
    """What a session's loop measured, for the benchmark.

    Attributes:
        processed: frames that went through the model.
        ages_s: from capture to the finished overlay, a frame each (the newest thousands).
        cue_delays_s: from a rep's end to its cue being handed to the voice.
    """

    processed: int = 0
    ages_s: deque[float] = field(default_factory=lambda: deque(maxlen=20_000))
    cue_delays_s: list[float] = field(default_factory=list)


class Live:
    """One live session. `run` goes on until the camera ends, somebody quits, or Ctrl-C."""

    def __init__(
        self,
        exercise: Exercise,
        camera: Camera,
        estimator: Estimator,
        *,
        voice: Voice,
        screen: Screen | None,
        recorder: SessionRecorder | None,
        events: TextIO | None,
        targets: Targets | None = None,
    ) -> None:
        self.figures = Figures()
        self.reps: list[Rep] = []
        self._exercise, self._camera, self._estimator = exercise, camera, estimator
        self._voice, self._screen, self._recorder, self._events = voice, screen, recorder, events
        self._targets = targets or Targets()
        self._pipeline = Pipeline(exercise)
        self._session = Session(exercise, targets)
        self._assistant = Assistant(exercise)
        self._paused = self._quitting = False
        self._cue: tuple[str, float] = ("", -math.inf)
        self._advice: str | None = None
        self._marks: list[Mark] = []
        self._times: deque[float] = deque(maxlen=RATE_FRAMES)
        self._palm_since_s: float | None = None
        self._started_set = 0
        self._stored_rep: int | None = None

    # ---- the loop ----

    def run(self) -> None:
        """Coach until the end; whatever happens, what was seen is summed up and stored."""
        self._prepare_words()
        try:
            for frame in self._camera:
                self._take(frame)
                if self._quitting:
                    break
        finally:
            self._finish()

    def _take(self, frame: Frame) -> None:
        if self._times and frame.time_s - self._times[-1] > GAP_S:
            self._times.clear()  # unplugged and back: that is no slow computer
        self._times.append(frame.time_s)
        if self._paused:
            self._show(frame, None, None)
            return
        pose = self._estimator(frame)
        moment = self._pipeline.update(frame.time_s, pose)
        self.figures.processed += 1
        if self._recorder is not None:
            self._recorder.add(frame, pose)
        for event in self._session.follow(moment):
            self._tell(event)
        self._advise(frame, moment)
        self._watch_palm(moment)
        self._show(frame, pose, moment)
        self.figures.ages_s.append(self._camera.now_s() - frame.time_s)

    def _finish(self) -> None:
        moment = self._pipeline.finish()
        for event in self._session.follow(moment) + self._session.finish(moment.time_s):
            self._tell(event)

    # ---- events ----

    def _tell(self, event: Event) -> None:
        self._record(event)
        self._speak(event)
        self._write(event)
        if event.kind is Kind.DONE:
            self._quitting = True

    def _record(self, event: Event) -> None:
        if event.kind is Kind.REP and event.rep is not None:
            self.reps.append(event.rep)
            self._marks.append(_mark(event.rep))
        if self._recorder is None:
            return
        if event.kind is Kind.REP and event.rep is not None:
            if self._started_set != event.set_number:
                self._started_set = event.set_number
                self._recorder.start_set(event.set_number, event.rep.span.start_s)
            self._stored_rep = self._recorder.add_rep(event.rep)
        elif event.kind is Kind.CUE and event.cue is not None:
            self._recorder.add_cue(event.cue, self._stored_rep)
        elif event.kind is Kind.SET_ENDED:
            self._recorder.finish_set(event.set_number, event.time_s)

    def _speak(self, event: Event) -> None:
        if event.kind is Kind.COUNTED:
            self._voice.click()
        if event.kind is Kind.SET_ENDED:
            self._marks.clear()
        if not event.text:
            return
        praise = event.cue is not None and event.cue.text == CONFIRMATION
        tones = {Kind.SET_ENDED: Tone.DONE, Kind.DONE: Tone.DONE, Kind.COUNTED: Tone.UP, Kind.READY: Tone.UP}
        tone = Tone.UP if praise else tones.get(event.kind, Tone.ALERT)
        self._voice.say(event.text, tone=tone, fresh_s=6.0 if event.kind in (Kind.SET_ENDED, Kind.DONE) else 1.5)
        if event.kind is Kind.CUE:
            self._cue = (event.text, self._camera.now_s())
            self.figures.cue_delays_s.append(self._camera.now_s() - event.time_s)

    def _write(self, event: Event) -> None:
        """The event as a line of JSON, where nobody looks at a screen."""
        if self._events is None:
            return
        line: dict[str, Any] = {
            "event": event.kind.value,
            "time_s": round(event.time_s, 3),
            "set": event.set_number,
            "count": event.count,
        }
        if event.rep is not None:
            line["rep"] = event.rep.number
            line["side"] = "both" if event.rep.side is None else event.rep.side.value
            line["findings"] = [finding_of(finding) for finding in event.rep.findings]
        if event.cue is not None:
            line["fault"] = event.cue.fault
        if event.text:
            line["text"] = event.text
        self._events.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._events.flush()

    def _prepare_words(self) -> None:
        cues = [fault.cue for fault in self._exercise.faults]
        self._voice.prepare([SAFETY, CONFIRMATION, STOPPING, "Ready when you are", "last one", *cues, *NUMBERS])
        self._voice.say(SAFETY, tone=Tone.UP, fresh_s=20.0)

    # ---- the person and the camera ----

    def _rate(self) -> float:
        if len(self._times) < RATE_FRAMES:
            return math.nan
        return (len(self._times) - 1) / max(self._times[-1] - self._times[0], 1e-6)

    def _advise(self, frame: Frame, moment: Moment) -> None:
        """Until the first rep of a set, help to stand right."""
        away_in_rest = moment.body is None and self._session.resting_since_s is not None
        if self._session.count or self._session.reps or away_in_rest:
            self._advice = None
            return
        height, width = frame.image.shape[:2]
        brightness = float(np.mean(frame.image[:: max(height // 40, 1), :: max(width // 40, 1)]))
        sight = Sight(frame.time_s, width, height, brightness, self._rate(), moment.body)
        self._advice, say = self._assistant.update(sight)
        if say and self._advice:
            self._voice.say(self._advice)
            if self._events is not None:
                line = {"event": "advice", "time_s": round(frame.time_s, 3), "text": self._advice}
                self._events.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _watch_palm(self, moment: Moment) -> None:
        """A raised palm between reps stops the session."""
        between = moment.body is not None and moment.state.value not in ("lift", "top", "lower")
        if not (between and moment.body is not None and _palm_raised(moment.body)):
            self._palm_since_s = None
            return
        if self._palm_since_s is None:
            self._palm_since_s = moment.time_s
        elif moment.time_s - self._palm_since_s >= PALM_S:
            self._stop()

    def _stop(self) -> None:
        self._voice.stop()
        self._voice.say(STOPPING, urgent=True, tone=Tone.STOP)
        self._quitting = True

    # ---- the screen ----

    def _show(self, frame: Frame, pose: Pose | None, moment: Moment | None) -> None:
        if self._screen is None:
            return
        if pose is not None and moment is not None and moment.body is not None:
            pose = put_right(pose, moment.body)
        self._screen.show(frame.image, pose, self._card(moment))
        self._obey(self._screen.key())

    def _card(self, moment: Moment | None) -> Card:
        body = None if moment is None else moment.body
        last = self._session.reps[-1] if self._session.reps else None
        cue, said_s = self._cue
        faults = [(self._exercise.fault(f.fault), f) for f in last.findings] if last is not None else []
        shown = self._camera.now_s() - said_s < CUE_SHOWN_S
        words = "Paused" if self._paused else self._advice or (cue if shown else self._resting())
        return Card(
            count=self._session.count,
            state=State.AWAY if moment is None else moment.state,
            progress=math.nan if moment is None else moment.progress,
            set_number=self._session.set_number,
            marks=tuple(self._marks),
            near=None if body is None else near_side(body.azimuth_deg),
            highlight=highlight(*faults[0], last.side, last.azimuth_deg) if faults and last is not None else None,
            remarks=tuple(remark(fault, finding) for fault, finding in faults),
            cue=words,
            praise=words == cue == CONFIRMATION,
            unseen=self._unseen(body),
        )

    def _resting(self) -> str:
        """Between sets: what the last one came to, and how long the rest has lasted."""
        since_s = self._session.resting_since_s
        if since_s is None:
            return ""
        summary = self._session.summaries[-1]
        minutes, seconds = divmod(int(max(self._camera.now_s() - since_s, 0.0)), 60)
        reps = f"{len(summary.reps)} reps, {summary.clean} clean"
        return f"Set {summary.number}: {reps}. Rest {minutes}:{seconds:02d}"

    def _unseen(self, body: Body | None) -> str:
        """Before the first rep: how much can be judged from here."""
        if body is None or self._session.reps:
            return ""
        seen = len(judged_from(View.at(body.azimuth_deg), self._exercise))
        return f"From here I judge {seen} of {len(self._exercise.faults)} faults"

    def _obey(self, key: Key | None) -> None:
        if key is Key.QUIT:
            self._quitting = True
        elif key is Key.STOP:
            self._stop()
        elif key is Key.PAUSE:
            self._paused = not self._paused
        elif key is Key.MUTE:
            self._voice.muted = not self._voice.muted
        elif key is Key.CALIBRATE:
            self._pipeline = Pipeline(self._exercise)
            self._session.calibrated()


def _mark(rep: Rep) -> Mark:
    if any(finding.severity == "severe" for finding in rep.findings):
        return Mark.SEVERE
    return Mark.MILD if rep.findings else Mark.CLEAN


def _palm_raised(body: Body) -> bool:
    """Whether one hand is held over the head and the other hangs below the shoulders."""
    nose = body.xy[L.NOSE][1]
    high = [nose - body.xy[wrist][1] > PALM_T * body.torso_px for wrist in (L.LEFT_WRIST, L.RIGHT_WRIST)]
    low = [body.xy[wrist][1] > body.shoulders[1] for wrist in (L.LEFT_WRIST, L.RIGHT_WRIST)]
    return (high[0] and low[1]) or (high[1] and low[0])


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a live session is run.

    Attributes:
        camera: a number, or a file that plays as a camera.
        model: the pose model.
        headless: no window; events as JSON lines on standard output.
        mute, voice, volume: of the voice.
        keep_video: keep all of the session's video.
        record: whether anything is stored at all.
        targets: what was set out to do.
    """

    camera: str
    model: Any
    headless: bool = False
    mute: bool = False
    voice: str | None = None
    volume: float = 1.0
    keep_video: bool = False
    record: bool = True
    targets: Targets = field(default_factory=Targets)


def coach(exercise: Exercise, options: Options, events: TextIO | None, notice: Any) -> Live:
    """Open everything, coach, and close everything, in this order.

    Args:
        exercise: what to do.
        options: how.
        events: where JSON lines go; None for none.
        notice: called with each sentence that the person should read.

    Raises:
        FormCoachError: no such camera, or it cannot be opened; the store cannot be written.
    """
    from formcoach.camera import load_opencv, open_camera

    load_opencv()
    from formcoach.estimator import Estimator
    from formcoach.history import Ending
    from formcoach.recorder import SessionRecorder
    from formcoach.screen import Screen, has_display
    from formcoach.speech import find_speech
    from formcoach.store import Store
    from formcoach.voice import NullSink, SoundDeviceSink, Voice

    with ExitStack() as stack:
        camera = stack.enter_context(open_camera(options.camera))
        estimator = stack.enter_context(Estimator(options.model.path))
        speech = None if options.mute else find_speech(options.voice)
        sink = NullSink() if options.mute else SoundDeviceSink()
        voice = stack.enter_context(Voice(speech, sink, volume=options.volume, muted=options.mute))
        window = not options.headless and has_display()
        if not options.headless and not window:
            notice("No display: coaching by voice only. --headless prints events.")
        screen = stack.enter_context(Screen()) if window else None
        recorder = None
        if options.record:
            store = stack.enter_context(Store(timeout_s=STORE_PATIENCE_S))
            for torn in store.close_torn():
                notice(f"A session of {torn.started_at:%Y-%m-%d %H:%M} had been cut off; it was closed.")
            recorder = SessionRecorder(
                store,
                exercise,
                camera=camera.name,
                model=options.model.name,
                targets=options.targets,
                clock_s=camera.now_s(),
                keep_video=options.keep_video,
            )
        live = Live(
            exercise, camera, estimator, voice=voice, screen=screen, recorder=recorder, events=events,
            targets=options.targets,
        )  # fmt: skip
        ending = Ending.INTERRUPTED
        try:
            live.run()
            ending = Ending.FINISHED
            _let_finish(voice)
        finally:
            if recorder is not None:
                recorder.close(ending)
                for text in recorder.notes:
                    notice(text)
            for text in (*camera.notices, *(() if options.mute else voice.notices)):
                notice(text)
    return live


def _let_finish(voice: Voice, longest_s: float = 6.0) -> None:
    """Let the last words be said."""
    until = time.monotonic() + longest_s
    while not voice.quiet and time.monotonic() < until:
        time.sleep(0.05)
