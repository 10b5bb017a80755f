"""Frames in, the coached person's pose out: whoever is lost is looked for, and others in view are left alone."""

from __future__ import annotations

import math
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from formcoach.cuts import CutFinder
from formcoach.landmarker import Landmarker
from formcoach.light import brightened
from formcoach.people import (
    MORE_PROMINENT,
    TRUNK,
    Person,
    Trail,
    alone,
    different,
    most_prominent,
    moved,
    windows,
)
from formcoach.pose import Frame, Pose
from formcoach.turning import turned_back

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

ESTIMATOR_VERSION = "4"
"""Changes whenever the same picture may give another pose; part of the key of cached pose tracks."""

LATELY_S = 1.0
"""Lost for longer, the person may be anywhere, and looking for them in turned pictures must not cost each frame."""
TRY_EVERY_S = 0.25
LOOK_EVERY_S = 6.0
"""How often it is looked who else is in view: each look costs as much as two to four frames."""
REMEMBERED_S = 10.0
"""Whoever comes back within this to where the coached person was is taken for that person."""
PATIENCE_S = 1.0
"""How long the model is shown the coached person alone, to find them, before it sees the whole picture again."""
DROPPED_S = 0.5
"""Whoever was lost for longer and is found again may be somebody else."""


class Searcher:
    """Looks at pictures for themselves. Estimators may share one, in whatever threads: a model takes 80 MB.

    Args:
        model: the pose model's bundle.
        landmarker: as the estimator has it.
    """

    def __init__(self, model: Path, landmarker: Callable[..., Landmarker] = Landmarker) -> None:
        self._make = partial(landmarker, model, following=False)
        self._landmarker: Landmarker | None = None
        self._one_at_a_time = Lock()

    def __call__(self, frame: Frame) -> Pose | None:
        """Whoever is found first in the picture."""
        with self._one_at_a_time:
            return self._loaded()(frame)

    def prepare(self) -> None:
        """Load the model, if it is not there yet."""
        with self._one_at_a_time:
            self._loaded()

    def close(self) -> None:
        """Free the model."""
        if self._landmarker is not None:
            self._landmarker.close()
            self._landmarker = None

    def _loaded(self) -> Landmarker:
        self._landmarker = self._landmarker or self._make()
        return self._landmarker


class Estimator:
    """The poses of one person in a stream of frames, which go in once, in order of time.

    A body that lies or bends deep is often lost upright and found when the picture is turned by a quarter; so a lost
    one is looked for that way. Of several people the most prominent one is followed, and found again where somebody
    crosses the picture. A cut in an edited video ends what is known.

    Args:
        model: the pose model's bundle.
        known: the person who was coached before the first frame, where this is known.
        searcher: what it looks around with, where others look with the same one; it is left open.
        landmarker: makes the model; tests have their own.

    Attributes:
        anew: whether with the last frame something new began: another scene after a cut, or another person.
        turned: in how many frames the person was found in the turned picture only.
        people: how many people were in view at the last look.
        crowded: whether there ever were several.
        doubtful: whether it was ever unclear which of them to coach.
    """

    def __init__(
        self,
        model: Path,
        *,
        known: Pose | None = None,
        searcher: Searcher | None = None,
        landmarker: Callable[..., Landmarker] = Landmarker,
    ) -> None:
        self.anew = self.crowded = self.doubtful = False
        self.turned = self.people = 0
        self._model, self._landmarker = model, landmarker
        self._tracker = landmarker(model, following=True)
        self._searcher = searcher or Searcher(model, landmarker)
        self._shares = searcher is not None
        self._others: dict[int, Landmarker] = {}
        self._order = (3, 1)
        self._cuts = CutFinder()
        self._known = None if known is None else Person.of(known)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._last: Pose | None = None
        self._tried_s = self._looked_s = -math.inf
        self._trail = Trail()
        self._alone: tuple[Person, list[Person]] | None = None
        self._had_rival = False
        self._doubted_s = math.inf

    def __enter__(self) -> Estimator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in (self._tracker, *self._others.values()):
            one.close()
        if not self._shares:
            self._searcher.close()

    def prepare(self) -> None:
        """Load all models now, so that no frame waits for one."""
        self._searcher.prepare()
        for quarters in self._order:
            self._turned_model(quarters)

    def glance(self, frame: Frame) -> None:
        """Take a frame only to know the scene, before those whose poses are wanted."""
        self._cuts(frame)

    def __call__(self, frame: Frame) -> Pose | None:
        """The pose of the coached person in the frame, or None where they are not found."""
        self.anew = self._cuts(frame)
        if self.anew:
            self._tracker.close()  # of whom it followed, some smoothed values would stay for ten frames
            self._tracker = self._landmarker(self._model, following=True)
            self._begin_anew()
            self._known = None
        frame = brightened(frame)
        pose = self._follow(frame)
        pose = self._watch(frame, pose)
        if pose is not None:
            self._last = pose
            self._known = Person.of(pose)
        return pose

    # ---- one person ----

    def _follow(self, frame: Frame) -> Pose | None:
        if self._alone is None:
            return self._tracker(frame) or self._turn(frame)
        person, others = self._alone
        pose = self._tracker(Frame(frame.index, frame.time_s, alone(frame.image, person, others)))
        found = pose is not None and Person.of(pose).is_where(person)
        if found or frame.time_s - self._looked_s > PATIENCE_S:
            self._alone = None
        return pose if found else None

    def _turn(self, frame: Frame) -> Pose | None:
        """The pose found in the picture turned by a quarter, turned back."""
        lost_s = math.inf if self._last is None else frame.time_s - self._last.time_s
        if lost_s > LATELY_S and frame.time_s - self._tried_s < TRY_EVERY_S:
            return None
        self._tried_s = frame.time_s
        for quarters in self._order:
            turned = Frame(frame.index, frame.time_s, np.rot90(frame.image, quarters))
            pose = self._turned_model(quarters)(turned)
            pose = None if pose is None else turned_back(pose, quarters, *frame.image.shape[:2])
            if pose is not None and self._believable(pose, lost_s):
                self._order = (quarters, 4 - quarters)
                self.turned += 1
                return pose
        return None

    def _believable(self, pose: Pose, lost_s: float) -> bool:
        """Whether it is where the person was just now, or is seen without a doubt."""
        if self._last is None or lost_s > LATELY_S:
            return Person.of(pose).is_certain()
        now, then = pose.landmarks[TRUNK, :2], self._last.landmarks[TRUNK, :2]
        torso_px = float(np.hypot(*(then[:2].mean(axis=0) - then[2:].mean(axis=0))))
        across_px = float(np.ptp(self._last.landmarks[:, :2], axis=0).max()) / 4
        return float(np.abs(now - then).mean()) < max(torso_px, across_px) / 2

    # ---- several people ----

    def _watch(self, frame: Frame, pose: Pose | None) -> Pose | None:
        """The coached person's pose, where the model may follow somebody else by now."""
        now_s = frame.time_s
        due = now_s - self._looked_s >= LOOK_EVERY_S
        if pose is None:
            return self._found_alone(frame) if due and self._alone is None else None
        person = Person.of(pose)
        before = self._trail.strayed_from(person)
        back = self._last is None or now_s - self._last.time_s > DROPPED_S
        if before is None and not back and not due:
            return pose
        if before is not None and now_s - self._looked_s < TRY_EVERY_S:
            return None
        found = self._look(frame, person)
        if len(found) == 1 and before is not None and not person.is_as_large_as(before):
            return self._doubt(now_s, pose)
        self._doubted_s = math.inf
        self._trail.clear()
        if len(found) == 1:
            return pose
        coached = self._coached(found, before or (self._known if back else person), frame)
        if not (before or back):
            coached = self._rivalled(found, coached, frame)
        if coached is not person:
            self._show_alone(coached, found)
        return coached.pose

    def _doubt(self, now_s: float, pose: Pose) -> Pose | None:
        """Somebody of another size, elsewhere, and the coached person not to be seen: hidden perhaps, for a moment."""
        self._doubted_s = min(self._doubted_s, now_s)
        if now_s - self._doubted_s < PATIENCE_S:
            return None
        self._doubted_s = math.inf
        self._trail.clear()
        return pose

    def _look(self, frame: Frame, followed: Person | None) -> list[Person]:
        """Everybody in view, the one who is followed first."""
        self._looked_s = frame.time_s
        seen = []
        for rows, columns in windows(frame.image.shape[1], frame.image.shape[0]):
            pose = self._searcher(Frame(frame.index, frame.time_s, frame.image[rows, columns]))
            if pose is not None and (person := Person.of(moved(pose, rows, columns))).is_certain():
                seen.append(person)
        found = different(followed, seen)
        self.people = len(found)
        self.crowded |= len(found) > 1
        return found

    def _coached(self, found: list[Person], before: Person | None, frame: Frame) -> Person:
        """Whom to coach: who was coached before, wherever they walk; who nobody was, the most prominent."""
        if before is None or frame.time_s - before.pose.time_s > REMEMBERED_S:
            first, doubtful = most_prominent(found, frame.image.shape[1])
            self.doubtful |= doubtful
            return first
        same = [one for one in found if one.is_where(before)]
        return min(same, key=lambda one: math.dist(one.place, before.place)) if same else found[0]

    def _rivalled(self, found: list[Person], coached: Person, frame: Frame) -> Person:
        """Whom to coach where somebody far more prominent has come, and is still there at the second look."""
        width = frame.image.shape[1]
        first, _ = most_prominent(found, width)
        rivalled = first.prominence(width) > MORE_PROMINENT * coached.prominence(width)
        self.anew = rivalled and self._had_rival
        self._had_rival = rivalled and not self._had_rival
        return first if self.anew else coached

    def _found_alone(self, frame: Frame) -> Pose | None:
        """Somebody whom the model finds in a part of the picture only; from now on it is shown them alone."""
        found = self._look(frame, None)
        if not found:
            return None
        coached = self._coached(found, self._known, frame)
        self._show_alone(coached, found)
        return coached.pose

    def _show_alone(self, coached: Person, found: list[Person]) -> None:
        self._alone = (coached, [one for one in found if one is not coached])

    # ---- models ----

    def _turned_model(self, quarters: int) -> Landmarker:
        if quarters not in self._others:
            self._others[quarters] = self._landmarker(self._model, following=True)
        return self._others[quarters]
