"""The live coach: camera in, voice, screen and store out; the same pipeline as a recorded video."""

from __future__ import annotations

import json
import math
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TextIO

from formcoach.body import View
from formcoach.card import Board, Card, Mark, highlight, mark_of, near_side, put_right, remark
from formcoach.coach import CONFIRMATION
from formcoach.errors import FormCoachError
from formcoach.judging import broken_rules
from formcoach.pipeline import Moment, Pipeline
from formcoach.placing import SLOW, Assistant, Sight, Vantage
from formcoach.pose import Landmark as L
from formcoach.report import finding_of
from formcoach.reps import State
from formcoach.screen import Key
from formcoach.session import (
    COUNT_IN,
    COUNT_IN_STEP_S,
    Event,
    Kind,
    Session,
    Targets,
    counted,
    how_clean,
    most_frequent,
)
from formcoach.voice import NUMBERS, Tone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from formcoach.body import Body
    from formcoach.camera import Camera
    from formcoach.coach import Cue
    from formcoach.estimator import Estimator
    from formcoach.exercise import Exercise, Rep
    from formcoach.finding_out import Found
    from formcoach.pose import Frame, Pose
    from formcoach.recorder import SessionRecorder
    from formcoach.screen import Screen
    from formcoach.session import SessionSummary
    from formcoach.store import Store
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
VIEW_S = 0.6
"""In position and seen from one view so long, the person is told what can be judged from there."""
SUMMARY_S = 8.0
"""The summary stays on the screen so long, or until a key."""
LONG_FRESH_S = 6.0
"""How late a sentence between sets may begin; a word in a set must be on time."""
STORE_PATIENCE_S = 0.2
"""A frame may wait so long for another process that writes into the store."""
RATE_FRAMES = 30
GAP_S = 1.0
PATIENCE_S = 0.5
"""Nothing from the camera for so long is told, and keys are asked for."""
CROWDED = "There are several people in view. I coach the one in front."
NOT_KEPT = "Nothing of this session will be kept: {}."
NOT_RECOGNISED = "No exercise was recognised; nothing is stored."
CAMERA_SILENT = "Waiting for the camera"


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
    """One live session. `run` goes on until the camera ends, somebody quits, or Ctrl-C.

    Attributes:
        figures: what its loop measured.
        exercise: what is done.
        reps, cues: as they were told, oldest first.
    """

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
        notice: Callable[[str], object] = str,
    ) -> None:
        self.figures = Figures()
        self.exercise = exercise
        self.reps: list[Rep] = []
        self.cues: list[Cue] = []
        self._camera, self._estimator = camera, estimator
        self._voice, self._screen, self._recorder, self._events = voice, screen, recorder, events
        self._targets = targets or Targets()
        self._pipeline = Pipeline(exercise)
        self._session = Session(exercise, targets)
        self._assistant = Assistant(exercise)
        self._paused = self._quitting = False
        self._cue: tuple[str, float] = ("", -math.inf)
        """What is shown as said, and until when."""
        self._advice: str | None = None
        self._marks: list[Mark] = []
        self._times: deque[float] = deque(maxlen=RATE_FRAMES)
        self._palm_since_s: float | None = None
        self._vantage_since: tuple[View | None, float] = (None, -math.inf)
        self._vantage_told = self._was_in_position = False
        self._others_told = self._safety_said = False
        self._last_frame: Frame | None = None
        self._started_set = 0
        self._stored_rep: int | None = None
        self._notice, self._noticed = notice, 0
        self._broken: set[str] = set()

    @property
    def summary(self) -> SessionSummary:
        """What the sets that are over come to."""
        return self._session.summary

    # ---- the loop ----

    def run(self, found: Found | None = None) -> None:
        """Coach until the end; whatever happens, what was seen is summed up and stored.

        Args:
            found: what was seen before, where it was found out what is done; it counts, too.
        """
        self._prepare_words()
        try:
            if found is None:
                self._say_safety()
            else:
                self._catch_up(found)
            for frame in () if self._quitting else self._camera.watch(PATIENCE_S):
                self._tell_notices()
                if frame is None:
                    self._wait()
                else:
                    self._take(frame)
                if self._quitting:
                    break
        finally:
            self._finish()

    def _catch_up(self, found: Found) -> None:
        """What was seen before counts; of what there was to say about it, the cues and sums are still said."""
        self._cue = (found.text, self._camera.now_s() + CUE_SHOWN_S)
        for one in found.seen:
            moment = self._judge(one.time_s, one.pose, anew=one.anew)
            if self._recorder is not None:
                self._recorder.add_pose(one.time_s, one.pose, one.width, one.height, anew=one.anew)
            for event in self._session.follow(moment, placed=False):
                self._tell(event, late=True)
            if self._quitting:
                break

    def _judge(self, time_s: float, pose: Pose | None, *, anew: bool) -> Moment:
        if anew:
            self._pipeline.begin_anew()
        return self._pipeline.update(time_s, pose)

    def _take(self, frame: Frame) -> None:
        if self._last_frame is None and self._safety_said and not self._voice.muted:
            self._session.hush(frame.time_s, SAFETY)
        self._last_frame = frame
        if self._times and frame.time_s - self._times[-1] > GAP_S:
            self._times.clear()  # unplugged and back: that is no slow computer
        self._times.append(frame.time_s)
        if self._paused:
            self._show(frame, None, None)
            return
        pose = self._estimator(frame)
        moment = self._judge(frame.time_s, pose, anew=self._estimator.anew)
        self.figures.processed += 1
        if self._recorder is not None:
            self._recorder.add(frame, pose, anew=self._estimator.anew)
        placed = self._vantage_told and self._advice in (None, SLOW)
        for event in self._session.follow(moment, placed=placed):
            self._tell(event)
        self._advise(frame, moment)
        self._tell_what_is_seen(moment)
        self._watch_palm(moment)
        self._tell_of_others(moment)
        self._show(frame, pose, moment)
        self.figures.ages_s.append(self._camera.now_s() - frame.time_s)

    def _wait(self) -> None:
        """Nothing comes from the camera: the last picture stays, and keys still work."""
        if self._screen is not None and self._last_frame is not None:
            self._advice = CAMERA_SILENT
            self._show(self._last_frame, None, None)

    def _tell_notices(self) -> None:
        """What the camera had to say since the last frame."""
        notices = self._camera.notices
        for text in notices[self._noticed :]:
            self._notice(text)
            if self._recorder is not None:
                self._recorder.note(text)
        self._noticed = len(notices)

    def _finish(self) -> None:
        self._tell_notices()
        moment = self._pipeline.finish()
        for event in self._session.follow(moment) + self._session.finish(moment.time_s):
            self._tell(event)

    # ---- events ----

    def _tell(self, event: Event, *, late: bool = False) -> None:
        self._record(event)
        if not late or event.kind in LATE:
            self._speak(event, LONG_FRESH_S if late or event.kind in BETWEEN_SETS else 1.5)
        self._write(event)
        if event.kind is Kind.DONE:
            self._quitting = True

    def _record(self, event: Event) -> None:
        if event.kind is Kind.REP and event.rep is not None:
            self.reps.append(event.rep)
            self._tell_broken(event.rep)
            self._marks.append(mark_of(event.rep))
        elif event.kind is Kind.CUE and event.cue is not None:
            self.cues.append(event.cue)
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

    def _tell_broken(self, rep: Rep) -> None:
        """Of each fault once, that its rule fails."""
        for fault, why in broken_rules([rep]).items():
            if fault in self._broken:
                continue
            self._broken.add(fault)
            text = f"{self.exercise.fault(fault).name} is not judged: {why}."
            self._notice(text)
            if self._recorder is not None:
                self._recorder.note(text)

    def _speak(self, event: Event, fresh_s: float) -> None:
        if event.kind is Kind.COUNTED:
            self._voice.click()
        if event.kind is Kind.SET_ENDED:
            self._marks.clear()
        if not event.text:
            return
        praise = event.cue is not None and event.cue.text == CONFIRMATION
        tone = Tone.UP if praise or event.text == COUNT_IN[-1] else TONES.get(event.kind, Tone.ALERT)
        self._voice.say(event.text, tone=tone, fresh_s=fresh_s)
        if event.kind is Kind.COUNT_IN:
            self._cue = (event.text, event.time_s + COUNT_IN_STEP_S)
        if event.kind is Kind.CUE:
            self._cue = (event.text, self._camera.now_s() + CUE_SHOWN_S)
            self.figures.cue_delays_s.append(max(self._camera.now_s() - event.time_s, 0.0))  # an end may be foretold

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
        _write_line(self._events, line)

    def _prepare_words(self) -> None:
        cues = [fault.cue for fault in self.exercise.faults]
        self._voice.prepare([SAFETY, CONFIRMATION, STOPPING, *COUNT_IN, "last one", *cues, *NUMBERS])

    def _say_safety(self) -> None:
        self._safety_said = True
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
        quiet = self._session.quiet(frame.time_s)
        self._advice, say = self._assistant.update(Sight.of(frame, self._rate(), moment.body, quiet=quiet))
        if say and self._advice:
            self._voice.say(self._advice)
            self._session.hush(frame.time_s, self._advice)
            if self._events is not None:
                line = {"event": "advice", "time_s": round(frame.time_s, 3), "text": self._advice}
                _write_line(self._events, line)

    def _tell_what_is_seen(self, moment: Moment) -> None:
        """Once, before a set: what can be judged from here, and what would show the rest."""
        in_position = moment.body is not None and moment.state is State.READY
        self._was_in_position |= in_position
        view = View.at(moment.body.azimuth_deg) if in_position and moment.body is not None else None
        if view is not self._vantage_since[0]:
            self._vantage_since = (view, moment.time_s)
        steady = moment.time_s - self._vantage_since[1] >= VIEW_S
        busy = self._session.count or self._session.reps or not self._session.quiet(moment.time_s)
        if view is None or not steady or busy or self._vantage_told or self._advice:
            return
        self._vantage_told = True
        vantage = Vantage.of(view, self.exercise)
        self._voice.say(vantage.sentence, tone=Tone.UP, fresh_s=LONG_FRESH_S)
        self._session.hush(moment.time_s, vantage.sentence)
        if self._events is not None:
            line = {"event": "view", "time_s": round(moment.time_s, 3), "view": view.value, "text": vantage.sentence}
            _write_line(self._events, line | {"seen": vantage.seen, "unseen": vantage.unseen})

    def _tell_of_others(self, moment: Moment) -> None:
        """Once, between reps: whom is coached, where several people are in view."""
        between = moment.state not in (State.LIFT, State.TOP, State.LOWER)
        if self._estimator.crowded and between and not self._others_told and self._session.quiet(moment.time_s):
            self._others_told = True
            self._notice(CROWDED)
            self._voice.say(CROWDED, tone=Tone.UP, fresh_s=LONG_FRESH_S)
            self._session.hush(moment.time_s, CROWDED)

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
        cue, until_s = self._cue
        faults = [(self.exercise.fault(f.fault), f) for f in last.findings] if last is not None else []
        shown = cue if self._camera.now_s() < until_s else ""
        words = "Paused" if self._paused else self._advice or shown
        return Card(
            count=self._shown_count(moment),
            state=State.AWAY if moment is None else moment.state,
            progress=math.nan if moment is None else moment.progress,
            set_number=self._session.set_number,
            marks=tuple(self._marks),
            near=None if body is None else near_side(body.azimuth_deg),
            highlight=highlight(*faults[0], last.side, last.azimuth_deg) if faults and last is not None else None,
            remarks=tuple(remark(fault, finding) for fault, finding in faults),
            cue=words,
            praise=words == cue == CONFIRMATION,
            board=self._board(State.AWAY if moment is None else moment.state, body),
        )

    def _shown_count(self, moment: Moment | None) -> int:
        """Reps; of a hold the seconds that it lasts, or the last one lasted."""
        if not self.exercise.kind.timed:
            return self._session.count
        if moment is not None and moment.state is State.TOP:
            return int(self._session.held_s(moment))
        return int(self._session.reps[-1].span.range) if self._session.reps else 0

    def _board(self, state: State, body: Body | None) -> Board | None:
        """Between sets what the last one came to; before the first, where to stand and what is seen from there."""
        lifting = self._session.count or self._session.reps or state not in (State.AWAY, State.READY)
        if lifting or self._session.counting_in or self._session.counted_in:
            return None
        if self._session.resting_since_s is not None:
            return self._resting(self._session.resting_since_s)
        safety = "" if self._was_in_position else SAFETY
        if body is None or self._advice not in (None, SLOW):
            stand, _, _ = self.exercise.camera.partition(". ")
            return Board(stand=self.exercise.best_view, heading=f"{stand.rstrip('.')}.", text=safety, wide=body is None)
        title = "Ready" if state is State.READY else "Take your position"
        vantage = Vantage.of(View.at(body.azimuth_deg), self.exercise)
        lists = [("From here I can see", ", ".join(vantage.seen).lower())] if vantage.seen else []
        if vantage.unseen:
            lists.append((f"Not from here: {vantage.move}", ", ".join(vantage.unseen).lower()))
        return Board(title=title, lists=tuple(lists), text=safety)

    def _resting(self, since_s: float) -> Board:
        """How long the rest has lasted, or is to last still, what the last set came to, and what to do better."""
        last = self._session.summaries[-1]
        rested_s = max(self._camera.now_s() - since_s, 0.0)
        rest_s = self._session.targets.rest_s
        timer = (_clock(rested_s), "rest")
        if rest_s is not None:
            timer = (_clock(max(math.ceil(rest_s - rested_s), 0)), "rest to go")
        reps = counted(len(last.reps), self.exercise.noun)
        board = Board(title=f"Set {last.number}: {reps}, {how_clean(last.reps)}", figures=(timer,), wide=True)
        return _with_advice(board, last.reps, self.exercise)

    def show_summary(self) -> None:
        """What the session came to, on the screen for a while, until a key or until the window is closed."""
        if self._screen is None or self._screen.closed or self._last_frame is None or not self.summary.sets:
            return
        card = Card(count=0, state=State.AWAY, board=summary_board(self.summary))
        until_s = time.monotonic() + SUMMARY_S
        while time.monotonic() < until_s:
            self._screen.show(self._last_frame.image, None, card)
            if self._screen.pressed():
                return

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
            self._pipeline = Pipeline(self.exercise)
            self._session.calibrated()


TONES = {
    Kind.SET_ENDED: Tone.DONE,
    Kind.DONE: Tone.DONE,
    Kind.SESSION_ENDED: Tone.DONE,
    Kind.COUNTED: Tone.UP,
    Kind.COUNT_IN: Tone.DOWN,
}
"""What sounds in place of words; the last word of the count-in rises."""
BETWEEN_SETS = {Kind.SET_ENDED, Kind.DONE, Kind.SESSION_ENDED, Kind.REST_OVER}
LATE = BETWEEN_SETS | {Kind.CUE}
"""What is still said although it happened before it was known what is done."""


def _write_line(events: TextIO, line: dict[str, Any]) -> None:
    events.write(json.dumps(line, ensure_ascii=False) + "\n")
    events.flush()


def summary_board(summary: SessionSummary) -> Board:
    """A session in figures, what was found most often, and how to mend it."""
    sets, reps = len(summary.sets), len(summary.reps)
    figures = (
        (str(sets), "set" if sets == 1 else "sets"),
        (str(reps), "rep" if reps == 1 else "reps"),
        (str(summary.clean), "clean"),
    )
    board = Board(title=f"{summary.exercise.name}: done", figures=figures, whole=True)
    return _with_advice(board, summary.reps, summary.exercise)


def _with_advice(board: Board, reps: tuple[Rep, ...], exercise: Exercise) -> Board:
    """The board with what was found most often, or with praise."""
    found = most_frequent(reps, exercise)
    if found is None:
        mark = Mark.CLEAN if all(rep.clean for rep in reps) else Mark.PARTIAL
        return replace(board, mark=mark, heading=how_clean(reps).capitalize())
    fault, times = found
    severe = any(f.severity == "severe" for rep in reps for f in rep.findings if f.fault == fault.id)
    heading = f"{fault.name}: {times}/{len(reps)}"
    return replace(board, mark=Mark.SEVERE if severe else Mark.MILD, heading=heading, text=fault.explain)


def _clock(seconds: float) -> str:
    """Minutes and seconds: 1:05."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


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
        out: folder for the report of the session; None for none.
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
    out: Path | None = None
    targets: Targets = field(default_factory=Targets)


def coach(
    exercise: Exercise | None,
    options: Options,
    events: TextIO | None,
    notice: Callable[[str], None],
    ended: Callable[[SessionSummary, Path | None], None] | None = None,
) -> Live | None:
    """Open everything, coach, and close everything, in this order.

    Returns:
        The session; None where it was to be found out what is done, and was not: nothing is stored then.

    Args:
        exercise: what to do; None to find out.
        options: how.
        events: where JSON lines go; None for none.
        notice: called with each sentence that the person should read.
        ended: called with what the session came to, however it ended, and the folder that it is stored in.

    Raises:
        FormCoachError: no such camera, or it cannot be opened; the store or the report cannot be written.
    """
    from formcoach.camera import load_opencv, open_camera

    load_opencv()
    from formcoach.estimator import Estimator
    from formcoach.history import Ending
    from formcoach.screen import Screen, has_display
    from formcoach.speech import find_speech
    from formcoach.voice import NullSink, SoundDeviceSink, Voice

    with ExitStack() as stack:
        if options.out is not None:
            _make(options.out)
        camera = stack.enter_context(open_camera(options.camera))
        estimator = stack.enter_context(Estimator(options.model.path))
        estimator.prepare()
        speech = None if options.mute else find_speech(options.voice)
        sink = NullSink() if options.mute else SoundDeviceSink()
        voice = stack.enter_context(Voice(speech, sink, volume=options.volume, muted=options.mute))
        window = not options.headless and has_display()
        if not options.headless and not window:
            how = "nothing is shown or said" if options.mute else "coaching by voice only"
            notice(f"No display: {how}. --headless prints events.")
        screen = stack.enter_context(Screen()) if window else None
        store = _opened_store(stack, events, notice) if options.record else None
        found = None
        if exercise is None:
            found = _find_out(camera, estimator, voice, screen, events, notice)
            if found is None:
                return None
            exercise = found.exercise
        recorder = None if store is None else _begun_session(store, exercise, camera, options, notice)
        if found is not None:
            (notice if recorder is None else recorder.note)(found.note)
        live = Live(
            exercise, camera, estimator, voice=voice, screen=screen, recorder=recorder, events=events,
            targets=options.targets, notice=notice,
        )  # fmt: skip
        ending = Ending.INTERRUPTED
        try:
            live.run(found)
            ending = Ending.FINISHED
            live.show_summary()
            _let_finish(voice)
        finally:
            try:
                if recorder is not None and store is not None:
                    recorder.close(ending)
                    _write_page(live, store, recorder.session.id, notice)
            finally:
                for text in () if recorder is None else recorder.notes:
                    notice(text)
            for text in () if options.mute else voice.notices:
                notice(text)
            try:
                if recorder is not None and store is not None and options.out is not None:
                    _write_report(live, store, recorder, options.out)
            finally:
                if ended is not None:
                    ended(live.summary, None if recorder is None else recorder.folder)
    return live


def _make(folder: Path) -> None:
    """Make the folder for the report now: at the end of a session it would be late to learn that it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FormCoachError(f"cannot write results to {folder}: {error.strerror or error}; choose --out") from error


def _opened_store(stack: ExitStack, events: TextIO | None, notice: Callable[[str], None]) -> Store | None:
    """The store, put in order; None where the disk is full: to be coached is worth more than to be stored."""
    from formcoach.database import FullError
    from formcoach.store import Store

    try:
        store = stack.enter_context(Store(timeout_s=STORE_PATIENCE_S))
        _close_torn(store, events, notice)
        _drop_clips(store, notice)
    except FullError as error:
        notice(NOT_KEPT.format(error))
        return None
    return store


def _begun_session(
    store: Store, exercise: Exercise, camera: Camera, options: Options, notice: Callable[[str], None]
) -> SessionRecorder | None:
    """A session in the store; None where the disk is full."""
    from formcoach.database import FullError
    from formcoach.recorder import SessionRecorder

    try:
        return SessionRecorder(
            store,
            exercise,
            camera=camera.name,
            model=options.model.name,
            targets=options.targets,
            clock_s=camera.now_s(),
            keep_video=options.keep_video,
        )
    except FullError as error:
        notice(NOT_KEPT.format(error))
        return None


def _find_out(
    camera: Camera,
    estimator: Estimator,
    voice: Voice,
    screen: Screen | None,
    events: TextIO | None,
    notice: Callable[[str], None],
) -> Found | None:
    """What is done; None, and said so, where the person stopped before that was known."""
    from formcoach.catalogue import load_catalogue
    from formcoach.finding_out import FindingOut

    def write(line: dict[str, Any]) -> None:
        if events is not None:
            _write_line(events, line)

    exercises = load_catalogue().exercises
    found = FindingOut(exercises, camera, estimator, voice=voice, screen=screen, write=write).run()
    if found is not None:
        return found
    for text in camera.notices:
        notice(text)
    notice(NOT_RECOGNISED)
    return None


def _close_torn(store: Store, events: TextIO | None, notice: Callable[[str], None]) -> None:
    """Close the sessions whose process died, and say so."""
    from formcoach.history import closed_line

    for torn in store.close_torn():
        notice(closed_line(torn))
        if events is not None:
            _write_line(events, {"event": "closed", "session": torn.id, "reps": torn.reps, "text": closed_line(torn)})


def _drop_clips(store: Store, notice: Callable[[str], None]) -> None:
    """Delete the clips that the person no longer wants to keep, and say so."""
    dropped = store.drop_clips()
    if dropped.line:
        notice(dropped.line)


def _write_page(live: Live, store: Store, session: int, notice: Callable[[str], None]) -> None:
    """The session's page, beside its clips; a session without a rep has none, and one without a page is kept too."""
    from formcoach.session_page import write_session_page

    try:
        if live.reps:
            write_session_page(store, session, live.exercise, live.reps)
    except FormCoachError as error:
        notice(f"The session is kept, but its page could not be written: {error}.")


def _write_report(live: Live, store: Store, recorder: SessionRecorder, out: Path) -> None:
    """The report of a session, as `analyze` writes one: over its track, with the reps and cues as they were told.

    Raises:
        FormCoachError: no track was stored, or the folder cannot be written.
    """
    from formcoach.analysis import judge
    from formcoach.report import write_report
    from formcoach.session_page import session_footage
    from formcoach.session_track import load_session_track

    analysis = judge(load_session_track(recorder.folder), live.exercise)
    reps = tuple(replace(rep, number=number) for number, rep in enumerate(live.reps, start=1))
    footage = session_footage(recorder.folder, store.reps_of(recorder.session.id))
    write_report(replace(analysis, reps=reps, cues=tuple(live.cues)), out, footage)


def _let_finish(voice: Voice, longest_s: float = 6.0) -> None:
    """Let the last words be said."""
    until = time.monotonic() + longest_s
    while not voice.quiet and time.monotonic() < until:
        time.sleep(0.05)
