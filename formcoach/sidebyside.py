"""The picture of a replay: a rep beside the person's best one at the same moment, and in words what was wrong."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from formcoach.annotate import poses_put_right
from formcoach.card import Card, Highlight, Mark, highlight, near_side, remark
from formcoach.compare import aligned, shown_while, turns
from formcoach.errors import FormCoachError
from formcoach.pose import Landmark as L
from formcoach.reel import Reel
from formcoach.reps import State
from formcoach.session import counted
from formcoach.skeleton import GUESSED, draw_skeleton
from formcoach.sprites import INK, MARK_COLOUR, MUTED, PAPER, SKY, Box, Canvas, Type, mark_mask, rounded_mask
from formcoach.typeset import Row, marked, paint, side_by_side, text_row

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from numpy.typing import NDArray

    from formcoach.exercise import Exercise, Rep, Span
    from formcoach.player import Player, Shot
    from formcoach.pose import Pose
    from formcoach.review import Review
    from formcoach.scenes import Scene
    from formcoach.sprites import Colour, Sprite

# ---- sizes and places, px ----

WIDTH, HEIGHT = 1280, 720
GAP, HEAD, CAPTION, FOOT, LINE = 8, 48, 142, 34, 22
_TOP, _BOTTOM = HEAD, HEIGHT - FOOT - CAPTION - LINE
_MIDDLE = WIDTH // 2
LEFT = Box(GAP, _TOP, _MIDDLE - GAP // 2, _BOTTOM)
RIGHT = Box(_MIDDLE + GAP // 2, _TOP, WIDTH - GAP, _BOTTOM)
ALONE = Box(GAP, _TOP, WIDTH - GAP, _BOTTOM)
TITLE, PLAIN, NAME, VALUE = Type(24, True), Type(18), Type(24, True), Type(34, True)
SMALL, TAG = Type(15), Type(18, True)
PAD = 12
BONE = 4
ROOM = (30, 38, 48)
"""Behind a skeleton without a picture."""
TAG_ALPHA = 0.85

# ---- how near the picture is looked at ----

BERTH = 0.16
"""Round the person, as a share of the larger side of what the rep takes up."""
NEAREST = 2.6
"""A picture is enlarged no more than this."""

HELP = "n next   p previous   + faster   - slower   . , frame   space pause   l repeat   o overlay   q quit"
KEPT = 6
"""Reps whose pictures are kept in memory."""
_PLENTY = 64
"""Rendered words that are kept."""
NOSE, EARS, SHOULDERS = (L.NOSE,), (L.LEFT_EAR, L.RIGHT_EAR), (L.LEFT_SHOULDER, L.RIGHT_SHOULDER)
HEAD_SHARE, NOSE_SHARE = 0.55, 0.3
"""A head's radius against the way from shoulders to ears, and how far its middle is from the ears to the nose."""
STALE_S = 1.0
"""A pose older than this is not drawn."""
SAME_S = 1e-3


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
        self._sprites: OrderedDict[Hashable, Sprite] = OrderedDict()

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
        self._draw_heads(canvas, scene)
        self._draw_tags(canvas, scene, shot, time_s)
        self._draw_line(canvas, scene, time_s)
        self._draw_caption(canvas, scene)
        self._draw_foot(canvas, shot, player, help_line=help_line)
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
        extents = [self._extent(rep.span) for rep in reps]
        zoom = min(_zoom(extent, box) for extent, box in zip(extents, boxes, strict=True))
        return [
            (rep, (box, Crop(((x0 + x1) / 2, (y0 + y1) / 2), zoom)))
            for rep, box, (x0, y0, x1, y1) in zip(reps, boxes, extents, strict=True)
        ]

    def _extent(self, span: Span) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what the person takes up during a rep; the whole picture where unknown."""
        first, last = np.searchsorted(self._times_s, [span.start_s, span.end_s + SAME_S]).tolist()
        seen = [_seen(pose) for pose in self._poses[first:last] if pose is not None]
        points = np.concatenate(seen) if seen else np.zeros((0, 2))
        if len(points) == 0:
            width, height = self._size(span)
            return 0.0, 0.0, float(width), float(height)
        (x0, y0), (x1, y1) = np.percentile(points, [1, 99], axis=0).tolist()
        berth = BERTH * max(x1 - x0, y1 - y0)
        return x0 - berth, y0 - berth, x1 + berth, y1 + berth

    def _size(self, span: Span) -> tuple[int, int]:
        """Of the recording's picture."""
        track = self._review.track
        if track is not None:
            return track.source.width, track.source.height
        for reel in self._reels.values():
            image = None if reel is None else reel.at(span.start_s)
            if image is not None:
                return image.shape[1], image.shape[0]
        return LEFT.width, LEFT.height

    def _reel(self, rep: Rep) -> Reel | None:
        """The pictures of a rep; None where there is no video of it."""
        if rep.number not in self._reels:
            self._reels[rep.number] = self._loaded(rep.span)
        self._reels.move_to_end(rep.number)
        if len(self._reels) > KEPT:
            self._reels.popitem(last=False)
        return self._reels[rep.number]

    def _loaded(self, span: Span) -> Reel | None:
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

    # ---- words ----

    def _draw_heads(self, canvas: NDArray[np.uint8], scene: Scene) -> None:
        rep = scene.rep
        severities = {finding.severity for finding in rep.findings}
        mark = Mark.SEVERE if "severe" in severities else Mark.MILD if severities else Mark.CLEAN
        arm = "" if rep.side is None else f", {rep.side.value} arm"
        self._head(canvas, LEFT.left, f"Rep {rep.number}", f"set {rep.set_number}{arm}", mark)
        if scene.best is None:
            return
        found = len(scene.best.findings)
        state = counted(found, "finding") if found else "clean"
        self._head(canvas, RIGHT.left, "Your best", f"rep {scene.best.number}, {state}", None if found else Mark.CLEAN)

    def _head(self, canvas: NDArray[np.uint8], left: int, title: str, rest: str, mark: Mark | None) -> None:
        row = side_by_side([(TITLE, title, PAPER, 14), (PLAIN, rest, MUTED, 0)])
        if mark is not None:
            pieces = tuple(piece._replace(left=piece.left + 32) for piece in row.pieces)
            row = marked(row._replace(width=row.width + 32, pieces=pieces), mark, 19, 32)
        self._put(canvas, (title, rest, mark), [row], left + 4, (HEAD - row.height) // 2)

    def _draw_tags(self, canvas: NDArray[np.uint8], scene: Scene, shot: Shot, time_s: float) -> None:
        """In the panels' corners: the worst moment, and where in the rep this is."""
        if shot.frame == scene.piece.worst and scene.findings:
            colour = MARK_COLOUR[Mark(scene.findings[0].severity)]
            self._tag(canvas, "The worst moment", colour, LEFT.left + PAD, _TOP + PAD)
            if scene.best is not None:
                self._tag(canvas, "The same moment", INK, RIGHT.left + PAD, _TOP + PAD)
        if not self._review.exercise.kind.timed:
            phase = phase_word(self._review.exercise, scene.rep.span, time_s)
            self._tag(canvas, phase, INK, LEFT.left + PAD, _BOTTOM - PAD - TAG.line - 10)

    def _tag(self, canvas: NDArray[np.uint8], text: str, colour: Colour, left: int, top: int) -> None:
        if not text:
            return

        def render() -> Sprite:
            width, height = TAG.width(text) + 24, TAG.line + 10
            tag = Canvas(width, height)
            tag.paint(rounded_mask(width, height, 6), 0, 0, colour, TAG_ALPHA)
            tag.paint(TAG.mask(text), 12, 5, PAPER if colour is INK else INK)
            return tag.sprite()

        self._sprite((text, colour), render).blit(canvas, left, top)

    def _draw_line(self, canvas: NDArray[np.uint8], scene: Scene, time_s: float) -> None:
        """Where in the piece this is, with the turns of the rep and the worst moment."""
        times_s, box = scene.piece.times_s, LEFT if scene.best is not None else ALONE
        length_s = max(times_s[-1] - times_s[0], 1e-9)

        def x(at_s: float) -> int:
            return box.left + round((box.width - 1) * min(max((at_s - times_s[0]) / length_s, 0.0), 1.0))

        y = _BOTTOM + LINE // 2
        cv2.line(canvas, (box.left, y), (box.right, y), (62, 72, 84), 4)
        cv2.line(canvas, (box.left, y), (x(time_s), y), SKY, 4)
        for turn_s in turns(scene.rep.span):
            cv2.line(canvas, (x(turn_s), y - 5), (x(turn_s), y + 5), MUTED, 1)
        if scene.worst_s is not None:
            mark = Mark(scene.findings[0].severity)
            mask = Canvas(15, 15)
            mask.paint(mark_mask(mark, 15), 0, 0, MARK_COLOUR[mark])
            mask.sprite().blit(canvas, x(scene.worst_s) - 7, y - 7)

    def _draw_caption(self, canvas: NDArray[np.uint8], scene: Scene) -> None:
        """At the left what was found, value against limit; at the right what to do about it."""
        key = ("caption", scene.rep.number, scene.findings[0].fault if scene.findings else "")
        top = _BOTTOM + LINE
        inner = LEFT.width - 2 * PAD
        self._put(canvas, (*key, "found"), self._found(scene, inner), LEFT.left + PAD, top)
        self._put(canvas, (*key, "do"), self._advice(scene, inner), RIGHT.left + PAD, top)

    def _found(self, scene: Scene, width: int) -> list[Row]:
        if not scene.findings:
            return [marked(text_row(NAME, "Nothing was found in this rep", PAPER, 34), Mark.CLEAN, 20, 34)]
        fault_of = self._review.exercise.fault
        first, *others = (remark(fault_of(finding.fault), finding) for finding in scene.findings)
        rows = [marked(text_row(NAME, NAME.cut(first.name, width - 34), PAPER, 34), first.mark, 20, 34)]
        severity = scene.findings[0].severity
        rows.append(side_by_side([(VALUE, first.value, PAPER, 14), (PLAIN, f"{first.limit}: {severity}", MUTED, 0)]))
        if others:
            also = ", ".join(f"{other.name.lower()} {other.value} ({other.limit})" for other in others)
            lines = SMALL.wrap(f"Also {also}", width)
            rows += [text_row(SMALL, SMALL.cut(line, width), MUTED) for line in lines[:3]]
        return rows

    def _advice(self, scene: Scene, width: int) -> list[Row]:
        if not scene.findings:
            return []
        fault = self._review.exercise.fault(scene.findings[0].fault)
        kind, lines = PLAIN.fitted(fault.explain, width, 4 * PLAIN.line)
        return [text_row(NAME, NAME.cut(fault.cue, width), SKY), *(text_row(kind, line, PAPER) for line in lines)]

    def _draw_foot(self, canvas: NDArray[np.uint8], shot: Shot, player: Player, *, help_line: bool) -> None:
        top = HEIGHT - FOOT + (FOOT - SMALL.line) // 2
        state = f"{shot.piece + 1} of {len(self._scenes)}   {player.speed:g} × speed"
        state += "   repeating this rep" if player.repeat else ""
        state += "   paused" if shot.paused else ""
        row = text_row(SMALL, state, PAPER)
        self._put(canvas, ("state", state), [row], WIDTH - GAP - PAD - row.width, top)
        room = WIDTH - 2 * GAP - 4 * PAD - row.width
        text = SMALL.cut(HELP if help_line else self._review.title, room)
        self._put(canvas, ("foot", text), [text_row(SMALL, text, MUTED)], GAP + 4, top)

    def _put(self, canvas: NDArray[np.uint8], key: Hashable, rows: Sequence[Row], left: int, top: int) -> None:
        if rows:
            self._sprite(key, lambda: _sprite_of(rows)).blit(canvas, left, top)

    def _sprite(self, key: Hashable, render: Callable[[], Sprite]) -> Sprite:
        if key not in self._sprites:
            self._sprites[key] = render()
            if len(self._sprites) > _PLENTY:
                self._sprites.popitem(last=False)
        return self._sprites[key]


def _sprite_of(rows: Iterable[Row]) -> Sprite:
    listed = list(rows)
    canvas = Canvas(max(row.width for row in listed), sum(row.height for row in listed))
    paint(canvas, listed, 0, 0)
    return canvas.sprite()


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


def phase_word(exercise: Exercise, span: Span, time_s: float) -> str:
    """Where in the rep a time is; empty before and after it."""
    start_s, peak_s, lowering_s, end_s = turns(span)
    if not start_s <= time_s <= end_s:
        return ""
    first, last = ("Lowering", "Lifting") if exercise.lowers_first else ("Lifting", "Lowering")
    if time_s < peak_s:
        return first
    turn = "Bottom" if exercise.lowers_first else "Top"
    return turn if time_s <= max(lowering_s, peak_s + SAME_S) else last


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

