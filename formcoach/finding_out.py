"""What stands before the live coach while it is not known what is done: two reps, and then it is.

The poses seen meanwhile are handed on, so that the reps that showed it count, too.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from formcoach.card import Board, Card, near_side, put_right
from formcoach.live import CAMERA_SILENT, LONG_FRESH_S, PATIENCE_S, SAFETY, STOPPING
from formcoach.placing import Assistant, Sight
from formcoach.recognising import Trial, decided, looks_like, said_of
from formcoach.reps import State
from formcoach.screen import Key
from formcoach.voice import Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from formcoach.camera import Camera
    from formcoach.estimator import Estimator
    from formcoach.exercise import Exercise
    from formcoach.pose import Frame, Pose
    from formcoach.screen import Screen
    from formcoach.voice import Voice

SHOW = "Show me two reps"
SHOW_SAID = "Do two reps, I will see what it is."
CANNOT_TELL = "I cannot tell what this is. Start again with its name: formcoach live EXERCISE"
MOST_REPS, MOST_S = 12, 60.0
"""So many reps, or so long a movement, that nothing was recognised by: it is said, and all begins anew."""
KEPT_S = 60.0
"""Poses older than this are forgotten: at 30 frames a second, judging what was kept then takes a second or two."""


class Seen(NamedTuple):
    """What a frame showed; its image is not kept."""

    time_s: float
    pose: Pose | None
    width: int
    height: int
    anew: bool


@dataclass(frozen=True)
class Found:
    """What is done.

    Attributes:
        exercise: that.
        text: what was said of it.
        note: how sure it is, and what is next likely.
        seen: by what it was recognised, and what went before; oldest first.
    """

    exercise: Exercise
    text: str
    note: str
    seen: Sequence[Seen]


class FindingOut:
    """Watches until it is known what is done. No palm stops it: a raised hand may be the exercise."""

    def __init__(
        self,
        exercises: Mapping[str, Exercise],
        camera: Camera,
        estimator: Estimator,
        *,
        voice: Voice,
        screen: Screen | None,
        write: Callable[[dict[str, Any]], object],
    ) -> None:
        """`write` is called with each event."""
        self._exercises = exercises
        self._camera, self._estimator = camera, estimator
        self._voice, self._screen, self._write = voice, screen, write
        self._assistant = Assistant(None)
        self._advice: str | None = None
        self._paused = self._quitting = False
        self._last_frame: Frame | None = None
        self._begin()

    def _begin(self) -> None:
        self._trial = Trial(self._exercises)
        self._seen: deque[Seen] = deque()

    def run(self) -> Found | None:
        """Watch until it is known; None where somebody quits, or the camera ends, before."""
        self._voice.prepare([SAFETY, SHOW_SAID, STOPPING, CANNOT_TELL])
        self._voice.say(SAFETY, tone=Tone.UP, fresh_s=20.0)
        self._voice.say(SHOW_SAID, tone=Tone.UP, fresh_s=20.0)
        for frame in self._camera.watch(PATIENCE_S):
            ended = frame is not None and self._take(frame)
            if ended and (found := self._found()) is not None:
                return found
            if frame is None and self._last_frame is not None:
                self._show(self._last_frame, None, CAMERA_SILENT)
            if self._quitting:
                return None
        self._trial.finish()
        return self._found()

    def _take(self, frame: Frame) -> bool:
        """Take one frame; whether it ended a rep of any exercise."""
        self._last_frame = frame
        if self._paused:
            self._show(frame, None, "Paused")
            return False
        pose, anew = self._estimator(frame), self._estimator.anew
        if anew:
            self._trial.begin_anew()
        ended = self._trial.take(frame.time_s, pose)
        height, width = frame.image.shape[:2]
        self._seen.append(Seen(frame.time_s, pose, width, height, anew))
        while frame.time_s - self._seen[0].time_s > KEPT_S:
            self._seen.popleft()
        self._advise(frame)
        self._show(frame, pose, self._advice or "")
        return ended

    def _found(self) -> Found | None:
        """What is done, told; None where that is not known yet."""
        ranked = self._trial.candidates()
        if not decided(ranked, self._exercises):
            reps, moved_s = self._trial.most()
            if reps >= MOST_REPS or moved_s >= MOST_S:
                self._tell({"event": "unrecognised"}, CANNOT_TELL)
                self._begin()
            return None
        best, *others = ranked
        text, note = looks_like(ranked, self._exercises), said_of(ranked, self._exercises)
        event = {
            "event": "recognised",
            "exercise": best.exercise,
            "confidence": round(best.confidence, 2),
            "runner_up": others[0].exercise if others else None,
        }
        self._tell(event, text)
        return Found(self._exercises[best.exercise], text, note, tuple(self._seen))

    def _tell(self, event: dict[str, Any], text: str) -> None:
        self._voice.say(text, tone=Tone.UP, fresh_s=LONG_FRESH_S)
        self._write(event | {"time_s": round(self._seen[-1].time_s, 3), "text": text})

    def _advise(self, frame: Frame) -> None:
        """Until the first rep, help to be seen."""
        self._advice = None
        if self._trial.most()[0]:
            return
        self._advice, say = self._assistant.update(Sight.of(frame, math.nan, self._trial.body, quiet=True))
        if say and self._advice:
            self._voice.say(self._advice)
            self._write({"event": "advice", "time_s": round(frame.time_s, 3), "text": self._advice})

    def _show(self, frame: Frame, pose: Pose | None, words: str) -> None:
        if self._screen is None:
            return
        body = None if pose is None else self._trial.body
        near = None if body is None else near_side(body.azimuth_deg)
        board = Board(title=SHOW, text="" if self._trial.most()[0] else SAFETY)
        card = Card(count=0, state=State.AWAY, near=near, cue=words, board=board)
        self._screen.show(frame.image, pose if pose is None or body is None else put_right(pose, body), card)
        self._obey(self._screen.key())

    def _obey(self, key: Key | None) -> None:
        if key is Key.STOP:
            self._voice.stop()
            self._voice.say(STOPPING, urgent=True, tone=Tone.STOP)
        if key in (Key.QUIT, Key.STOP):
            self._quitting = True
        elif key is Key.PAUSE:
            self._paused = not self._paused
        elif key is Key.MUTE:
            self._voice.muted = not self._voice.muted
        elif key is Key.CALIBRATE:
            self._begin()
