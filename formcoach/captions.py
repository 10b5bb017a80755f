"""The words round the pictures of a replay: whose rep, what was found in it, what to do, where in the rep this is."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import cv2

from formcoach.card import Mark, mark_of, remark
from formcoach.compare import turns
from formcoach.session import counted
from formcoach.sprites import INK, MARK_COLOUR, MUTED, PAPER, SKY, Box, Canvas, Type, mark_mask, rounded_mask
from formcoach.typeset import Row, marked, paint, side_by_side, text_row

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from formcoach.exercise import Exercise, Span
    from formcoach.player import Player, Shot
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
RAIL = (62, 72, 84)
TAG_ALPHA = 0.85

HELP = "n next   p previous   + faster   - slower   . , frame   space pause   l repeat   o overlay   q quit"
TOLD = 3
"""Lines of what else was found."""
PLENTY = 64
"""Rendered words that are kept."""
SAME_S = 1e-3


class Captions:
    """Draws the words. What was rendered once is kept."""

    def __init__(self, exercise: Exercise, title: str, total: int) -> None:
        """Make it ready.

        Args:
            exercise: what is done.
            title: what is replayed.
            total: how many scenes there are.
        """
        self._exercise, self._title, self._total = exercise, title, total
        self._sprites: OrderedDict[Hashable, Sprite] = OrderedDict()

    def draw(self, canvas: NDArray[np.uint8], scene: Scene, shot: Shot, player: Player, *, help_line: bool) -> None:
        """Draw all of them round and into the panels.

        Args:
            canvas: (720, 1280, 3) RGB, changed in place.
            scene: what is on.
            shot: which frame of it.
            player: how it is played.
            help_line: tell the keys; else what is replayed.
        """
        time_s = scene.piece.times_s[shot.frame]
        self._draw_heads(canvas, scene)
        self._draw_tags(canvas, scene, shot, time_s)
        self._draw_line(canvas, scene, time_s)
        self._draw_caption(canvas, scene)
        self._draw_foot(canvas, shot, player, help_line=help_line)

    def _draw_heads(self, canvas: NDArray[np.uint8], scene: Scene) -> None:
        rep, noun = scene.rep, self._exercise.noun
        arm = "" if rep.side is None else f", {rep.side.value} arm"
        title = f"{noun.capitalize()} {rep.number}"
        self._head(canvas, LEFT.left, title, f"set {rep.set_number}{arm}", mark_of(rep))
        if scene.best is None:
            return
        best, found = scene.best, len(scene.best.findings)
        state = counted(found, "finding") if found else "clean" if best.clean else "not judged"
        mark = Mark.CLEAN if best.clean else None
        self._head(canvas, RIGHT.left, "Your best", f"{noun} {best.number}, {state}", mark)

    def _head(self, canvas: NDArray[np.uint8], left: int, title: str, rest: str, mark: Mark | None) -> None:
        row = side_by_side([(TITLE, title, PAPER, 14), (PLAIN, rest, MUTED, 0)])
        if mark is not None:
            pieces = tuple(piece._replace(left=piece.left + 32) for piece in row.pieces)
            row = marked(row._replace(width=row.width + 32, pieces=pieces), mark, 19, 32)
        self._put(canvas, (title, rest, mark), [row], left + 4, (HEAD - row.height) // 2)

    def _draw_tags(self, canvas: NDArray[np.uint8], scene: Scene, shot: Shot, time_s: float) -> None:
        """In the panels' lower corners: where in the rep this is, and whether it is the worst moment."""
        left = LEFT.left + PAD
        if not self._exercise.kind.timed:
            left = self._tag(canvas, phase_word(self._exercise, scene.rep.span, time_s), INK, left)
        if shot.frame == scene.piece.worst and scene.findings:
            self._tag(canvas, "The worst moment", MARK_COLOUR[Mark(scene.findings[0].severity)], left)
            if scene.best is not None:
                self._tag(canvas, "The same moment", INK, RIGHT.left + PAD)

    def _tag(self, canvas: NDArray[np.uint8], text: str, colour: Colour, left: int) -> int:
        """A word on a ground of its own; where the next one may begin."""
        if not text:
            return left
        width, height = TAG.width(text) + 24, TAG.line + 10

        def render() -> Sprite:
            tag = Canvas(width, height)
            tag.paint(rounded_mask(width, height, 6), 0, 0, colour, TAG_ALPHA)
            tag.paint(TAG.mask(text), 12, 5, PAPER if colour is INK else INK)
            return tag.sprite()

        self._sprite((text, colour), render).blit(canvas, left, _BOTTOM - PAD - height)
        return left + width + PAD

    def _draw_line(self, canvas: NDArray[np.uint8], scene: Scene, time_s: float) -> None:
        """Where in the piece this is, with the turns of the rep and the worst moment."""
        times_s, box = scene.piece.times_s, LEFT if scene.best is not None else ALONE
        length_s = max(times_s[-1] - times_s[0], 1e-9)

        def x(at_s: float) -> int:
            return box.left + round((box.width - 1) * min(max((at_s - times_s[0]) / length_s, 0.0), 1.0))

        y = _BOTTOM + LINE // 2
        cv2.line(canvas, (box.left, y), (box.right, y), RAIL, 4)
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
            words = (
                f"Nothing was found in this {self._exercise.noun}"
                if scene.rep.clean
                else "The form was not judged from here"
            )
            return [marked(text_row(NAME, words, PAPER, 34), mark_of(scene.rep), 20, 34)]
        fault_of = self._exercise.fault
        first, *others = (remark(fault_of(finding.fault), finding) for finding in scene.findings)
        rows = [marked(text_row(NAME, NAME.cut(first.name, width - 34), PAPER, 34), first.mark, 20, 34)]
        severity = scene.findings[0].severity
        rows.append(side_by_side([(VALUE, first.value, PAPER, 14), (PLAIN, f"{first.limit}: {severity}", MUTED, 0)]))
        if others:
            also = ", ".join(f"{other.name.lower()} {other.value} ({other.limit})" for other in others)
            lines = SMALL.wrap(f"Also {also}", width)
            rows += [text_row(SMALL, SMALL.cut(line, width), MUTED) for line in lines[:TOLD]]
        return rows

    def _advice(self, scene: Scene, width: int) -> list[Row]:
        if not scene.findings:
            return []
        fault = self._exercise.fault(scene.findings[0].fault)
        kind, lines = PLAIN.fitted(fault.explain, width, 4 * PLAIN.line)
        return [text_row(NAME, NAME.cut(fault.cue, width), SKY), *(text_row(kind, line, PAPER) for line in lines)]

    def _draw_foot(self, canvas: NDArray[np.uint8], shot: Shot, player: Player, *, help_line: bool) -> None:
        top = HEIGHT - FOOT + (FOOT - SMALL.line) // 2
        state = f"{shot.piece + 1} of {self._total}   {player.speed:g} × speed"
        state += "   repeating this rep" if player.repeat else ""
        state += "   paused" if shot.paused else ""
        row = text_row(SMALL, state, PAPER)
        self._put(canvas, ("state", state), [row], WIDTH - GAP - PAD - row.width, top)
        room = WIDTH - 2 * GAP - 4 * PAD - row.width
        text = SMALL.cut(HELP if help_line else self._title, room)
        self._put(canvas, ("foot", text), [text_row(SMALL, text, MUTED)], GAP + 4, top)

    def _put(self, canvas: NDArray[np.uint8], key: Hashable, rows: Sequence[Row], left: int, top: int) -> None:
        if rows:
            self._sprite(key, lambda: _sprite_of(rows)).blit(canvas, left, top)

    def _sprite(self, key: Hashable, render: Callable[[], Sprite]) -> Sprite:
        if key not in self._sprites:
            self._sprites[key] = render()
            if len(self._sprites) > PLENTY:
                self._sprites.popitem(last=False)
        return self._sprites[key]


def _sprite_of(rows: Iterable[Row]) -> Sprite:
    listed = list(rows)
    canvas = Canvas(max(row.width for row in listed), sum(row.height for row in listed))
    paint(canvas, listed, 0, 0)
    return canvas.sprite()


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
