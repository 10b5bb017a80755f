"""The two panels of words: where they may lie, and what the count's and the message's look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from formcoach.board import board_rows
from formcoach.reps import State
from formcoach.sprites import (
    GREEN,
    INK,
    MARK_COLOUR,
    MIN_EM,
    MUTED,
    PAPER,
    SKY,
    Box,
    Canvas,
    Type,
    mark_mask,
    ring_mask,
    rounded_mask,
)
from formcoach.typeset import Piece, Row, marked, paint, side_by_side, text_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formcoach.card import Card, Mark, Remark
    from formcoach.sprites import Colour, Sprite

PANEL_ALPHA = 0.82

PHASE_WORD = {
    State.AWAY: "Set up",
    State.READY: "Ready",
    State.LIFT: "Lift",
    State.TOP: "Top",
    State.LOWER: "Lower",
}


# ---- layout: measured from the picture's size ----


class Arrangement(NamedTuple):
    """Where the panels lie.

    Attributes:
        tally: the panel of counts at its largest.
        message: the room that cue and findings may fill, from the corner that they lie in.
        usual: how high a usual message is.
        right: whether the message lies at the room's right edge.
        bottom: whether it grows upward from the room's bottom.
    """

    tally: Box
    message: Box
    usual: int
    right: bool
    bottom: bool

    @property
    def usual_message(self) -> Box:
        """What a usual message covers."""
        if self.bottom:
            return self.message._replace(top=self.message.bottom - self.usual)
        return self.message._replace(bottom=self.message.top + self.usual)


MARKS_IN_ROW, MARK_ROWS = 6, 2
"""The strip of reps; of more, the latest are shown."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Sizes and places, all in px.

    Attributes:
        picture: the whole picture.
        unit: what all sizes are shares of: the shorter side, a little more where the picture is upright.
        margin: from the picture's edge.
        pad: from a panel's edge to what is in it; also between panels and between columns.
        number, phase: letters of the count and of the phase.
        cue, name, value, body, small: letters of the message.
        ring: diameter of the ring round the count.
        pitch: from mark to mark in the strip.
        arrangements: where the panels may lie, the preferred first; none where the picture is too small for them.
    """

    picture: Box
    unit: float
    margin: int
    pad: int
    number: Type
    phase: Type
    cue: Type
    name: Type
    value: Type
    body: Type
    small: Type
    ring: int
    pitch: int
    arrangements: tuple[Arrangement, ...]

    @staticmethod
    def of(width: int, height: int) -> Layout:
        """The layout for pictures of that size."""
        short = min(width, height)
        unit = (short + min(height, 1.35 * short)) / 2
        margin, pad = round(0.034 * unit), round(0.028 * unit)

        def letters(share: float, *, bold: bool = False) -> Type:
            return Type(max(round(share * unit), MIN_EM), bold)

        phase, small = letters(0.056, bold=True), letters(0.037)
        ring, pitch = round(0.215 * unit), round(0.036 * unit)
        column = max(*map(phase.width, PHASE_WORD.values()), small.width("Set 99"), MARKS_IN_ROW * pitch)
        words = small.line + phase.line + MARK_ROWS * pitch
        tally = (3 * pad + ring + column, 2 * pad + max(ring, words))
        if height > width:
            tally = (2 * pad + max(ring, column), 2 * pad + ring + pad // 2 + words)
        return Layout(
            picture=Box(0, 0, width, height),
            unit=unit,
            margin=margin,
            pad=pad,
            number=letters(0.115, bold=True),
            phase=phase,
            cue=letters(1 / 12, bold=True),
            name=letters(0.046, bold=True),
            value=letters(0.064, bold=True),
            body=letters(0.046),
            small=small,
            ring=ring,
            pitch=pitch,
            arrangements=_arrangements(width, height, unit, margin, tally),
        )

    @property
    def upright(self) -> bool:
        """Whether the words stand below the ring and not beside it."""
        return self.picture.height > self.picture.width

    @property
    def radius(self) -> float:
        """Of the panels' corners."""
        return 0.022 * self.unit

    @property
    def bar(self) -> int:
        """Width of the coloured bar at a panel's left edge."""
        return max(round(0.009 * self.unit), 2)

    @property
    def stroke(self) -> int:
        """Thickness of the ring."""
        return max(round(0.014 * self.unit), 2)

    @property
    def bone(self) -> int:
        """Thickness of the skeleton's lines."""
        return max(round(0.0055 * self.unit), 1)


MESSAGE_SHARE = 0.62
"""The most of the picture's height that a message may fill."""
LOWEST_SHARE = 0.25
"""How much of the unit a message must be allowed to be high."""
USUAL_SHARE = (0.40, 0.52)
"""How much of the unit a usual message is high, when it may be wide and when it must be narrow."""


def _arrangements(width: int, height: int, unit: float, margin: int, tally: tuple[int, int]) -> tuple[Arrangement, ...]:
    """All pairs of corners, and widths of the message, in which the panels keep a margin's distance."""
    widest = width - 2 * margin
    wide, narrow = min(round(0.9 * unit), widest), min(max(round(0.5 * unit), round(0.36 * width)), widest)
    found: list[Arrangement] = []
    for message_width, share in ((wide, USUAL_SHARE[0]), (narrow, USUAL_SHARE[1])):
        usual = round(share * unit)
        for corner in _CORNERS:
            panel = _in_corner(width, height, margin, tally, *corner)
            others = ((corner[0], not corner[1]), (not corner[0], not corner[1]), (not corner[0], corner[1]))
            for other in others:
                column = _in_corner(width, height, margin, (message_width, height - 2 * margin), *other)
                beside = column.left >= panel.right + margin or column.right <= panel.left - margin
                if not beside and other[1] == corner[1]:
                    continue
                free = column.height if beside else column.height - panel.height - margin
                size = (message_width, min(free, round(MESSAGE_SHARE * height)))
                room = _in_corner(width, height, margin, size, *other)
                if panel.within(Box(0, 0, width, height)) and room.height >= LOWEST_SHARE * unit:
                    found.append(Arrangement(panel, room, min(usual, room.height), *other))
    return tuple(found)


_CORNERS = ((False, False), (True, False), (False, True), (True, True))
"""Whether at the right, whether at the bottom."""


def _in_corner(width: int, height: int, margin: int, size: tuple[int, int], right: bool, bottom: bool) -> Box:
    """A box of that size in a corner of the picture."""
    left = width - margin - size[0] if right else margin
    top = height - margin - size[1] if bottom else margin
    return Box(left, top, left + size[0], top + size[1])


# ---- panels ----


class _Block(NamedTuple):
    """The rows of a panel, and the colour of the bar at its left; None for no bar."""

    rows: list[Row]
    bar: Colour | None


def tally_panel(layout: Layout, count: int, state: State, set_number: int, marks: Sequence[Mark]) -> Sprite:
    """The count in its ring, the phase, and the set's reps; the ring's progress is drawn frame by frame."""
    pad, ring = layout.pad, layout.ring
    rows: list[Row] = []
    if set_number:
        rows.append(text_row(layout.small, f"Set {set_number}", MUTED))
    rows.append(text_row(layout.phase, PHASE_WORD[state], MUTED if state is State.AWAY else PAPER))
    marks = marks[-MARKS_IN_ROW * MARK_ROWS :]
    rows += [_strip(layout, marks[i : i + MARKS_IN_ROW]) for i in range(0, max(len(marks), 1), MARKS_IN_ROW)]
    words = sum(row.height for row in rows)

    width, height = layout.arrangements[0].tally.width, 2 * pad + max(ring, words)
    if layout.upright:
        height = 2 * pad + ring + pad // 2 + words
    canvas = Canvas(width, height)
    canvas.paint(rounded_mask(width, height, layout.radius), 0, 0, INK, PANEL_ALPHA)
    canvas.paint(ring_mask(ring, layout.stroke), pad, pad, MUTED, 0.28)
    number, lines = layout.number.fitted(str(count), round(0.68 * ring), layout.number.line)
    wide = number.width(lines[0])
    feet = pad + round(ring / 2 + 0.365 * number.em)  # digits stand 0.73 em high
    canvas.paint(number.mask(lines[0]), pad + (ring - wide) // 2, feet - number.baseline, PAPER)
    if layout.upright:
        paint(canvas, rows, pad, pad + ring + pad // 2)
    else:
        paint(canvas, rows, 2 * pad + ring, (height - words) // 2)
    return canvas.sprite()


def _strip(layout: Layout, marks: Sequence[Mark]) -> Row:
    size = round(0.74 * layout.pitch)
    inset = (layout.pitch - size) // 2
    pieces = tuple(
        Piece(mark_mask(mark, size), i * layout.pitch, inset, MARK_COLOUR[mark]) for i, mark in enumerate(marks)
    )
    return Row(len(marks) * layout.pitch, layout.pitch, pieces)


def message_panels(layout: Layout, width: int, height: int, card: Card) -> Sprite:
    """Cue, findings, board and what is unseen, one panel each, one above the other.

    Args:
        layout: of the picture.
        width: the most that they may take, px.
        height: likewise; what matters least is left out where it does not fit.
        card: with a cue, remarks, a board or something unseen.
    """
    inner = width - layout.bar - 2 * layout.pad
    blocks: list[_Block] = []
    taken = 0
    if card.remarks:
        headline = _Block(_headline(layout, card.remarks[0], inner), MARK_COLOUR[card.remarks[0].mark])
        blocks.append(headline)
        taken = _stack_height(layout, blocks) + _gap(layout)
    if card.cue:
        tallest = min(height - taken - 2 * _edge(layout), 3 * layout.cue.line)
        kind, lines = layout.cue.fitted(card.cue, inner, tallest)
        blocks.insert(0, _Block([text_row(kind, line, PAPER) for line in lines], GREEN if card.praise else SKY))
    if card.remarks:
        asides = [_aside(layout, other, inner) for other in card.remarks[1:]]
        room = (height - _stack_height(layout, blocks)) // layout.small.line
        headline.rows.extend(asides[: max(room, 0)])
    if card.board is not None:
        room = height - (_stack_height(layout, blocks) + _gap(layout) if blocks else 0) - 2 * _edge(layout)
        rows = board_rows(card.board, layout.unit, inner, room)
        if rows:
            blocks.append(_Block(rows, None))
    if card.unseen:
        kind, lines = layout.small.fitted(card.unseen, inner, 4 * layout.small.line)
        unseen = _Block([text_row(kind, line, MUTED) for line in lines], None)
        if not blocks or _stack_height(layout, [*blocks, unseen]) <= height:
            blocks.append(unseen)
    while _stack_height(layout, blocks) > height and len(blocks[-1].rows) > 1:
        blocks[-1].rows.pop()
    if len(blocks) > 1 and _stack_height(layout, blocks) > height:
        blocks.pop()
    return _painted(layout, blocks)


def _headline(layout: Layout, what: Remark, inner: int) -> list[Row]:
    """The finding that matters most: its mark and name, its value large, the limit beside it or below."""
    room = round(1.25 * layout.name.em)
    kind, lines = layout.name.fitted(what.name, inner - room, 2 * layout.name.line)
    rows = [text_row(kind, line, PAPER, room) for line in lines]
    rows[0] = marked(rows[0], what.mark, round(0.8 * kind.em), room)
    number, _, unit = what.value.partition(" ")
    parts = [(layout.value, number, PAPER), (layout.body, unit, PAPER), (layout.body, f"{_DOT}{what.limit}", MUTED)]
    return rows + _flow([part for part in parts if part[1]], round(0.4 * layout.body.em), inner)


def _aside(layout: Layout, what: Remark, inner: int) -> Row:
    """A finding of less weight: one small line, as much of it as fits."""
    kind = layout.small
    room = round(1.25 * kind.em)
    texts = (f"{what.name}  {what.value} {_DOT}{what.limit}", f"{what.name}  {what.value}", what.name)
    text = next((text for text in texts if kind.width(text) <= inner - room), kind.cut(what.name, inner - room))
    return marked(text_row(kind, text, MUTED, room), what.mark, round(0.8 * kind.em), room)


_DOT = "· "
"""Between two things on a line; left out where the line breaks."""


def _flow(parts: Sequence[tuple[Type, str, Colour]], space: int, width: int) -> list[Row]:
    """Texts side by side, in a new row where one does not fit."""
    rows: list[list[tuple[Type, str, Colour]]] = []
    at = 0
    for kind, text, colour in parts:
        at += space + kind.width(text)
        if not rows or at > width:
            rows.append([(kind, text.removeprefix(_DOT), colour)])
            at = kind.width(text)
        else:
            rows[-1].append((kind, text, colour))
    return [side_by_side([(*part, space) for part in row]) for row in rows]


def _stack_height(layout: Layout, blocks: Sequence[_Block]) -> int:
    inside = sum(row.height for block in blocks for row in block.rows)
    return inside + len(blocks) * 2 * _edge(layout) + (len(blocks) - 1) * _gap(layout)


def _edge(layout: Layout) -> int:
    """From a panel's upper edge to its first line, which has room above its letters already."""
    return round(0.7 * layout.pad)


def _gap(layout: Layout) -> int:
    return layout.pad // 2


def board_room(layout: Layout, arrangement: Arrangement, *, wide: bool) -> Box:
    """Where a board may lie: at the message's side, from top to bottom; in upright pictures at the message's end."""
    picture, margin = layout.picture, layout.margin
    width = arrangement.message.width
    if wide or layout.upright:
        width = min(max(width, round(WIDE_BOARD * layout.unit)), picture.width - 2 * margin)
    height = picture.height - 2 * margin
    if layout.upright:
        height = round((WIDE_SHARE if wide else NARROW_SHARE) * picture.height)
    return _in_corner(picture.width, picture.height, margin, (width, height), arrangement.right, arrangement.bottom)


WIDE_BOARD, WIDE_SHARE, NARROW_SHARE = 0.9, 0.8, 0.42
"""The share of the unit that a wide board is wide, and of an upright picture that it, and another, may be high."""


def board_box(layout: Layout, sprite: Sprite) -> Box:
    """Where a board lies that has the picture to itself."""
    picture = layout.picture
    left, top = (picture.width - sprite.width) // 2, (picture.height - sprite.height) // 2
    return Box(left, top, left + sprite.width, top + sprite.height)


def _painted(layout: Layout, blocks: Sequence[_Block]) -> Sprite:
    """The blocks as panels of one width."""
    edge = _edge(layout)
    width = layout.bar + 2 * layout.pad + max(row.width for block in blocks for row in block.rows)
    canvas = Canvas(width, _stack_height(layout, blocks))
    top = 0
    for block in blocks:
        height = 2 * edge + sum(row.height for row in block.rows)
        panel = rounded_mask(width, height, layout.radius)
        canvas.paint(panel, 0, top, INK, PANEL_ALPHA)
        if block.bar is not None:
            canvas.paint(panel[:, : layout.bar], 0, top, block.bar)
        paint(canvas, block.rows, layout.bar + layout.pad, top + edge)
        top += height + _gap(layout)
    return canvas.sprite()
