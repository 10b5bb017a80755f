"""Rows of words and shapes, of which panels are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from formcoach.sprites import MARK_COLOUR, mark_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from formcoach.card import Mark
    from formcoach.sprites import Canvas, Colour, Type


class Piece(NamedTuple):
    """A mask to be painted in a colour, placed from the upper left of its row."""

    mask: NDArray[np.float32]
    left: int
    top: int
    colour: Colour


class Row(NamedTuple):
    """What stands side by side in a panel."""

    width: int
    height: int
    pieces: tuple[Piece, ...]


Part = tuple["Type", str, "Colour", int]
"""A text on a line with others, and the room after it, px."""


def text_row(kind: Type, text: str, colour: Colour, indent: int = 0) -> Row:
    """A line of text."""
    return Row(indent + kind.width(text), kind.line, (Piece(kind.mask(text), indent, 0, colour),))


def marked(row: Row, mark: Mark, size: int, room: int) -> Row:
    """The row with a mark in the free room at its left."""
    piece = Piece(mark_mask(mark, size), (room - size) // 4, (row.height - size) // 2, MARK_COLOUR[mark])
    return row._replace(pieces=(piece, *row.pieces))


def side_by_side(parts: Sequence[Part]) -> Row:
    """Texts of several sizes on one baseline."""
    baseline = max(kind.baseline for kind, *_ in parts)
    pieces: list[Piece] = []
    at = width = 0
    for kind, text, colour, after in parts:
        pieces.append(Piece(kind.mask(text), at, baseline - kind.baseline, colour))
        width = at + kind.width(text)
        at = width + after
    return Row(width, max(kind.line for kind, *_ in parts), tuple(pieces))


def paint(canvas: Canvas, rows: Sequence[Row], left: int, top: int) -> None:
    """Paint rows below one another."""
    for row in rows:
        for piece in row.pieces:
            canvas.paint(piece.mask, left + piece.left, top + piece.top, piece.colour)
        top += row.height
