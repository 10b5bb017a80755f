"""The picture of a replay: a rep beside the person's best one at the same moment, and in words what was wrong."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from formcoach.annotate import poses_put_right
from formcoach.captions import ALONE, HEIGHT, LEFT, RIGHT, SAME_S, WIDTH, Captions
from formcoach.card import Card, Highlight, Mark, highlight, near_side
from formcoach.compare import aligned, shown_while
from formcoach.errors import FormCoachError
from formcoach.pose import Landmark as L
from formcoach.reel import Reel
from formcoach.reps import State
from formcoach.skeleton import GUESSED, draw_skeleton
from formcoach.sprites import INK, PAPER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from formcoach.exercise import Rep
    from formcoach.player import Player, Shot
    from formcoach.pose import Pose
    from formcoach.review import Review
    from formcoach.scenes import Scene
    from formcoach.sprites import Box

BONE = 4
ROOM = (30, 38, 48)
"""Behind a skeleton without a picture."""

# ---- how near the picture is looked at ----

BERTH = 0.16
"""Round the person, as a share of the larger side of what the rep takes up."""
NEAREST = 2.6
"""A picture is enlarged no more than this."""

KEPT = 6
"""Reps whose pictures are kept in memory."""
NOSE, EARS, SHOULDERS = (L.NOSE,), (L.LEFT_EAR, L.RIGHT_EAR), (L.LEFT_SHOULDER, L.RIGHT_SHOULDER)
HEAD_SHARE, NOSE_SHARE = 0.42, 0.3
"""A head's radius against the way from shoulders to ears, and how far its middle is from the ears to the nose."""
STALE_S = 1.0
"""A pose older than this is not drawn."""


@dataclass(frozen=True)
class Crop:
    """What part of the recording's picture a panel shows.

    Attributes:
        centre: (x, y), px of the recording's picture.
        zoom: px of the panel for each of those.
    """

    centre: tuple[float, float]
    zoom: float


@dataclass(frozen=True)
class _Side:
    """One of the two panels: where it is, whose rep it shows, what it is looked at through, its pictures."""

    box: Box
    rep: Rep
    crop: Crop
    reel: Reel | None
    highlight: Highlight | None


class SideBySide:
    """Makes the pictures of a replay.

    Attributes:
        notes: what the person should know, such as that a clip could not be read.
    """

    def __init__(self, review: Review, scenes: Sequence[Scene]) -> None:
        self.notes: list[str] = []
        self._review, self._scenes = review, scenes
        track = review.track
        self._times_s = np.zeros(0) if track is None else track.time_s
        self._poses = () if track is None else tuple(poses_put_right(track))
        self._reels: OrderedDict[int, Reel | None] = OrderedDict()
        self._sides: dict[int, tuple[_Side, ...]] = {}
        self._captions = Captions(review.exercise, review.title, len(scenes))

    def draw(self, shot: Shot, player: Player, *, help_line: bool) -> NDArray[np.uint8]:
        """The picture of that moment, (720, 1280, 3) RGB.

        Args:
            shot: what is on.
            player: how it is played.
            help_line: tell the keys; else what is replayed.
        """
        scene = self._scenes[shot.piece]
        time_s = scene.piece.times_s[shot.frame]
        canvas = np.full((HEIGHT, WIDTH, 3), INK, np.uint8)
        for side in self._sides_of(shot.piece):
            own_s = time_s if side.rep is scene.rep else aligned(time_s, scene.to_best)
            about_it = player.overlay and _is_pointed_out(scene, time_s)
            self._draw_side(canvas, side, own_s, overlay=player.overlay, pointing=about_it)
        self._captions.draw(canvas, scene, shot, player, help_line=help_line)
        return canvas

    # ---- the two panels ----

    def _sides_of(self, place: int) -> tuple[_Side, ...]:
        scene = self._scenes[place]
        if place not in self._sides:
            views = self._views(scene)
            self._sides = {place: tuple(self._side(scene, rep, *where) for rep, where in views)}
        return self._sides[place]

    def _side(self, scene: Scene, rep: Rep, box: Box, crop: Crop) -> _Side:
        return _Side(box, rep, crop, self._reel(rep), self._highlight(scene, rep))

    def _views(self, scene: Scene) -> list[tuple[Rep, tuple[Box, Crop]]]:
        """The reps to be shown, each with its panel; the zoom is the same for both."""
        reps = [scene.rep] if scene.best is None else [scene.rep, scene.best]
        boxes = [ALONE] if scene.best is None else [LEFT, RIGHT]
        extents = [self._extent(rep) for rep in reps]
        zoom = min(_zoom(extent, box) for extent, box in zip(extents, boxes, strict=True))
        return [
            (rep, (box, Crop(((x0 + x1) / 2, (y0 + y1) / 2), zoom)))
            for rep, box, (x0, y0, x1, y1) in zip(reps, boxes, extents, strict=True)
        ]

    def _extent(self, rep: Rep) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what the person takes up during a rep; the whole picture where unknown."""
        first, last = np.searchsorted(self._times_s, [rep.span.start_s, rep.span.end_s + SAME_S]).tolist()
        seen = [_seen(pose) for pose in self._poses[first:last] if pose is not None]
        points = np.concatenate(seen) if seen else np.zeros((0, 2))
        if len(points) == 0:
            width, height = self._size(rep)
            return 0.0, 0.0, float(width), float(height)
        (x0, y0), (x1, y1) = np.percentile(points, [1, 99], axis=0).tolist()
        berth = BERTH * max(x1 - x0, y1 - y0)
        return x0 - berth, y0 - berth, x1 + berth, y1 + berth

    def _size(self, rep: Rep) -> tuple[int, int]:
        """Of the recording's picture."""
        track, reel = self._review.track, self._reel(rep)
        if track is not None:
            return track.source.width, track.source.height
        image = None if reel is None else reel.at(rep.span.start_s)
        return (LEFT.width, LEFT.height) if image is None else (image.shape[1], image.shape[0])

    def _reel(self, rep: Rep) -> Reel | None:
        """The pictures of a rep; None where there is no video of it."""
        if rep.number not in self._reels:
            self._reels[rep.number] = self._loaded(rep)
        self._reels.move_to_end(rep.number)
        if len(self._reels) > KEPT:
            self._reels.popitem(last=False)
        return self._reels[rep.number]

    def _loaded(self, rep: Rep) -> Reel | None:
        span = rep.span
        film = self._review.film_of(span.start_s, span.end_s)
        if film is None:
            return None
        try:
            return Reel(film, span.start_s - 1.0, span.end_s + 1.0)
        except FormCoachError as error:
            self.notes.append(f"{error}; the skeleton is shown alone")
            return None

    def _highlight(self, scene: Scene, rep: Rep) -> Highlight | None:
        """The segment that the scene is about; green in the best rep, where that is free of the fault."""
        if not scene.findings:
            return None
        finding = scene.findings[0]
        shown = highlight(self._review.exercise.fault(finding.fault), finding, rep.side, rep.azimuth_deg)
        if shown is None or rep is scene.rep:
            return shown
        faulty = any(one.fault == finding.fault for one in rep.findings)
        return None if faulty else replace(shown, mark=Mark.CLEAN)

    def _draw_side(
        self, canvas: NDArray[np.uint8], side: _Side, time_s: float, *, overlay: bool, pointing: bool
    ) -> None:
        box = side.box
        panel = canvas[box.top : box.bottom, box.left : box.right]
        panel[:] = ROOM
        image = None if side.reel is None else side.reel.at(time_s)
        track = self._review.track
        if image is not None:
            _show(panel, image, side.crop, image.shape[1] if track is None else track.source.width)
        pose = self._pose(time_s)
        if pose is None or not (overlay or image is None):
            return
        shown = side.highlight if pointing else None
        card = Card(count=0, state=State.AWAY, near=near_side(side.rep.azimuth_deg), highlight=shown)
        inside = np.ascontiguousarray(panel)
        placed = _placed(pose, side.crop, box)
        if image is None:
            _draw_head_of(inside, placed)
        draw_skeleton(inside, placed, card, BONE)
        panel[:] = inside

    def _pose(self, time_s: float) -> Pose | None:
        """The pose nearest to a time."""
        place = int(np.searchsorted(self._times_s, time_s))
        near = [i for i in (place - 1, place) if 0 <= i < len(self._times_s)]
        best = min(near, key=lambda i: abs(float(self._times_s[i]) - time_s), default=None)
        if best is None or abs(float(self._times_s[best]) - time_s) > STALE_S:
            return None
        return self._poses[best]


def _draw_head_of(panel: NDArray[np.uint8], pose: Pose) -> None:
    """A ring where the head is, which tells front from back where no picture does."""
    nose, ears, shoulders = (pose.landmarks[list(at), :2].mean(axis=0) for at in (NOSE, EARS, SHOULDERS))
    radius = HEAD_SHARE * float(np.hypot(*(ears - shoulders)))
    if not np.isfinite([*nose, *ears, radius]).all():
        return
    x, y = (ears + NOSE_SHARE * (nose - ears)).round().astype(int).tolist()
    cv2.circle(panel, (x, y), max(round(radius), 2), PAPER, BONE - 1, cv2.LINE_AA)


def _is_pointed_out(scene: Scene, time_s: float) -> bool:
    """Whether what the scene is about happens now."""
    if scene.worst_s is None:
        return False
    from_s, until_s = shown_while(scene.worst_s, scene.rep.span)
    return from_s - SAME_S <= time_s <= until_s + SAME_S


# ---- pictures in panels ----


def _zoom(extent: tuple[float, float, float, float], box: Box) -> float:
    x0, y0, x1, y1 = extent
    return min(box.width / max(x1 - x0, 1.0), box.height / max(y1 - y0, 1.0), NEAREST)


def _seen(pose: Pose) -> NDArray[np.float64]:
    """(n, 2) px: the landmarks that are more than guesses."""
    points = pose.landmarks[:, :2].astype(float)
    kept: NDArray[np.float64] = points[np.isfinite(points).all(axis=1) & (pose.visibility >= GUESSED)]
    return kept


def _show(panel: NDArray[np.uint8], image: NDArray[np.uint8], crop: Crop, width: int) -> None:
    """Put a picture into a panel; what lies beyond the picture stays as it is.

    Args:
        panel: changed in place.
        image: the picture, of any size.
        crop: what of it, in px of the recording's picture.
        width: of the recording's picture.
    """
    height, across = panel.shape[:2]
    zoom = crop.zoom * width / image.shape[1]
    x, y = (at * image.shape[1] / width for at in crop.centre)
    if zoom < 1:  # warping to a smaller picture leaves pixels out
        image = np.asarray(cv2.resize(image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA), np.uint8)
        x, y, zoom = x * zoom, y * zoom, 1.0
    move = np.array([[zoom, 0.0, across / 2 - zoom * x], [0.0, zoom, height / 2 - zoom * y]])
    panel[:] = cv2.warpAffine(image, move, (across, height), flags=cv2.INTER_LINEAR, borderValue=ROOM)


def _placed(pose: Pose, crop: Crop, box: Box) -> Pose:
    """The pose in px of its panel."""
    middle = np.array([box.width / 2, box.height / 2, 0.0])
    landmarks = (pose.landmarks - np.array([*crop.centre, 0.0])) * crop.zoom + middle
    return replace(pose, landmarks=landmarks.astype(np.float32))
