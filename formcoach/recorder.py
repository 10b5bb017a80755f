"""Records a live session as it happens: reps into the store, poses, and a clip of each flagged rep.

    with Store(timeout_s=0.2) as store, SessionRecorder(store, exercise, camera="0", model="full") as recorder:
        for frame, pose in camera:
            recorder.add(frame, pose)
            for rep in pipeline.update(frame.time_s, pose).finished:
                recorder.add_rep(rep)

The loop never waits for a picture: compressing, encoding and the pieces of the pose track are done in threads, each
with a bounded list of what waits. A rep is stored before `add_rep` returns. Whatever goes wrong on the disk becomes a
note, never an error in the loop, and what the store did not take is tried again.
"""

from __future__ import annotations

import math
import secrets
import time
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from formcoach.background import Background, Notes
from formcoach.clips import LIMITS, Clips, SessionVideo, Stage
from formcoach.database import FullError, RefusedError
from formcoach.errors import FormCoachError, reason
from formcoach.files import write_whole
from formcoach.history import RESERVE, Ending, clip_name
from formcoach.session_track import TrackPieces, save_piece
from formcoach.store import folder_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from formcoach.clips import Clip, Limits
    from formcoach.coach import Cue
    from formcoach.exercise import Exercise, Rep
    from formcoach.pose import Frame, Pose, PoseTrack
    from formcoach.session import Targets
    from formcoach.store import Store

RESERVE_BYTES = 2_000_000
"""Kept in `RESERVE` for the reps of a session whose disk fills up: some thousand, and the log that they go through."""
NO_PICTURES = "The reps by which the exercise was recognised have no clips."
WAITING_PIECES = 60
"""As many as what is seen before an exercise is recognised comes to at once, and some more."""
PIECES_CLOSE_S = 10.0
RETRY_S = 2.0
"""After the store failed, the loop leaves it alone for so long, but for new reps."""
LAST_TRIES, LAST_PAUSE_S = 10, 0.2
"""How often, when the session ends, a store that fails is tried."""


class SessionRecorder:
    """Records one session. A context manager; called from one thread. Only its beginning and end raise."""

    def __init__(
        self,
        store: Store,
        exercise: Exercise,
        *,
        camera: str,
        model: str,
        targets: Targets | None = None,
        clock_s: float = 0.0,
        keep_video: bool = False,
        limits: Limits = LIMITS,
    ) -> None:
        """Begin a session.

        Args:
            store: opened with little patience (0.2 s), as `add_rep` may wait that long for another process.
            exercise: what is done.
            camera: name of the camera or file.
            model: name of the pose model.
            targets: what was set out for.
            clock_s: what the frames' clock shows now.
            keep_video: also write the whole session as video.
            limits: on memory and disk.

        Raises:
            FormCoachError: the store cannot be written.
        """
        self.session = store.start_session(exercise.id, camera=camera, model=model, targets=targets, clock_s=clock_s)
        self._store, self._exercise = store, exercise
        self._todo: deque[partial[None]] = deque()
        self._retry_at = -math.inf
        self._why = ""
        self._late = False
        self._last_number = 0
        self._blind_s = -math.inf
        self._notes = Notes()
        self._track = TrackPieces(self.folder, camera, model)
        self._saving = Background("poses", WAITING_PIECES, self._notes.failed("Part of the pose track was lost"))
        self._cramped = ""
        self._saving.offer(self._reserve)
        video = SessionVideo(self.folder, limits, self._notes) if keep_video else None
        self._clips = Clips(self.folder, limits, self._notes, video)
        self._full = self._closed = False

    @property
    def folder(self) -> Path:
        """Where the session's files are."""
        return self.session.folder

    @property
    def notes(self) -> tuple[str, ...]:
        """What went wrong so far, for people."""
        return self._notes.texts

    def disk_bytes(self) -> int:
        """What the session's files take on disk. Looks at each of them, so not for every frame."""
        return folder_bytes(self.folder)

    # ---- as it happens ----

    def add(self, frame: Frame, pose: Pose | None, *, anew: bool = False) -> None:
        """Take a frame and its pose. Nobody may change the image afterwards: it is compressed later.

        Args:
            frame: as the camera gave it.
            pose: None where nobody was in view.
            anew: whether something new begins with it, as in `PoseTrack.breaks_s`.
        """
        if self._cramped:
            self._leave_room(self._cramped)
        height, width = frame.image.shape[:2]
        self._save(self._track.add(frame.time_s, pose, width, height, anew=anew))
        self._clips.add(frame)
        self._follow(self._clips.update())
        self._tell()
        if self._todo and time.monotonic() >= self._retry_at:
            self._catch_up()

    def add_pose(self, time_s: float, pose: Pose | None, width: int, height: int, *, anew: bool) -> None:
        """Take a pose whose picture (width × height, px) was not kept, before the first frame; otherwise as `add`."""
        self._blind_s = time_s
        self._save(self._track.add(time_s, pose, width, height, anew=anew))

    def start_set(self, number: int, time_s: float) -> None:
        """A set begins."""
        self._do(partial(self._store.add_set, self.session.id, number, time_s))

    def finish_set(self, number: int, time_s: float) -> None:
        """A set ended."""
        self._do(partial(self._store.finish_set, self.session.id, number, time_s))

    def add_rep(self, rep: Rep) -> int | None:
        """Store a judged rep; where something was found, a clip of it will follow.

        A number that this session has already had, as after a new start of the pipeline, becomes the next free one.

        Returns:
            The rep's number in the store; None where it could not be stored yet, which is tried again until it can.
        """
        self._last_number = max(rep.number, self._last_number + 1)
        rep = replace(rep, number=self._last_number)
        self._todo.append(partial(self._store.add_rep, self.session.id, rep.set_number, rep, self._exercise))
        stored = self._catch_up()
        if rep.findings and rep.span.start_s <= self._blind_s:
            self._notes.add(NO_PICTURES)
        elif rep.findings:
            self._clips.want(rep)
        return rep.number if stored else None

    def add_cue(self, cue: Cue, rep_number: int | None = None) -> None:
        """Something was said, after that rep."""
        self._do(partial(self._store.add_cue, self.session.id, cue, rep_number))

    def note(self, text: str) -> None:
        """Something happened that the history should tell, such as that the camera was unplugged."""
        self._notes.add(text)
        self._tell()

    # ---- the end ----

    def close(self, ending: Ending = Ending.FINISHED) -> None:
        """End the session: write what waits, and say in the store how it ended.

        Raises:
            FormCoachError: something could still not be stored.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self._save(self._track.take())
            self._follow(self._clips.close())
            if not self._saving.close(PIECES_CLOSE_S):
                self._notes.add("The end of the pose track was lost: the disk is too slow.")
        finally:
            self._finish(ending)

    def __enter__(self) -> SessionRecorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close(Ending.FINISHED if error is None else Ending.INTERRUPTED)

    def _finish(self, ending: Ending) -> None:
        self._give_reserve()
        self._tell()
        self._todo.append(partial(self._store.finish_session, self.session.id, ending))
        for _ in range(LAST_TRIES):
            if self._catch_up():
                return
            time.sleep(LAST_PAUSE_S)
        reps = sum(change.func == self._store.add_rep for change in self._todo)
        what = f"{reps} of {self._last_number} reps" if reps else "the end"
        raise FormCoachError(f"{what} of session {self.session.id} could not be stored: {self._why}")

    # ---- the store ----

    def _do(self, change: partial[None]) -> None:
        """Change the store, after what it has not taken yet."""
        self._todo.append(change)
        if time.monotonic() >= self._retry_at:
            self._catch_up()

    def _catch_up(self) -> bool:
        """Store what waits; False where the store does not take it now."""
        while self._todo:
            if not self._try(self._todo[0]):
                self._late = True
                self._retry_at = time.monotonic() + RETRY_S
                return False
            self._todo.popleft()
        if self._late:
            self._late = False
            self._notes.add(f"The history was stored late: {self._why}.")
        return True

    def _try(self, change: partial[None]) -> bool:
        """Make a change, on a full disk after making room for it; False where the store does not take it now."""
        rooms = iter((self._give_reserve, self._store.write_back))
        while True:
            try:
                change()
            except RefusedError as error:
                self._notes.add(f"Something could not be stored: {reason(error)}.")
            except FullError as error:
                self._why = reason(error)
                self._leave_room(self._why)
                if not any(make_room() for make_room in rooms):
                    return False
                continue
            except FormCoachError as error:
                self._why = reason(error)
                return False
            return True

    def _leave_room(self, why: str) -> None:
        """Write no more files, so that the reps have what is left of the disk."""
        if not self._full:
            self._full = True
            self._clips.stop()
            self._notes.add(f"No clips and no pose track from here on: {why}.")

    def _tell(self) -> None:
        for text in self._notes.fresh():
            self._do(partial(self._store.add_note, self.session.id, text))

    def _follow(self, news: Iterable[tuple[Stage, Clip]]) -> None:
        """Store what became of the clips."""
        for stage, clip in news:
            if stage is Stage.PLANNED:
                self._do(partial(self._store.plan_clip, self.session.id, clip.number, clip.start_s))
            elif stage is Stage.WRITTEN:
                self._do(partial(self._store.set_clip, self.session.id, clip.number, clip_name(clip.number)))
            else:
                self._do(partial(self._remove, clip.number))

    def _remove(self, number: int) -> None:
        """Delete a clip, its name first: a file without a name is found at the next start."""
        self._store.set_clip(self.session.id, number, None)
        try:
            (self.folder / clip_name(number)).unlink(missing_ok=True)
        except OSError as error:
            self._notes.add(f"A clip could not be deleted: {reason(error)}.")

    # ---- files ----

    def _save(self, piece: tuple[Path, PoseTrack] | None) -> None:
        if piece is not None and not self._full and not self._saving.offer(partial(save_piece, piece)):
            self._notes.add("Part of the pose track was lost: the disk is too slow.")

    def _reserve(self) -> None:
        """In the thread: keep some space, filled so that no file system makes it smaller."""
        try:
            write_whole(self.folder / RESERVE, secrets.token_bytes(RESERVE_BYTES))
        except FormCoachError as error:
            self._cramped = reason(error)

    def _give_reserve(self) -> bool:
        """Make room for reps on a disk that is full; False where that was done before."""
        try:
            (self.folder / RESERVE).unlink()
        except OSError:
            return False
        return True
