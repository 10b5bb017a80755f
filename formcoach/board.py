"""The board: large words between sets, and a drawing of where to stand, as rows of a panel.

Somebody who is not lifting stands at three metres and reads: numbers first, then the one thing to do better.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from formcoach.body import View
from formcoach.sprites import INK, MIN_EM, MUTED, PAPER, SKY, Type
from formcoach.typeset import Piece, Row, marked, side_by_side, text_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formcoach.card import Board
    from formcoach.sprites import Colour
    from formcoach.typeset import Part

TITLE, FIGURE, LABEL, HEADING, TEXT = 0.06, 0.13, 0.055, 0.064, 0.056
"""Letters, as shares of the unit that all sizes are shares of."""
DRAWING = 0.26
"""Height of the drawing, likewise."""
SCALES = (1.5, 1.35, 1.2, 1.1, 1.0, 0.92, 0.84, 0.76, 0.68, 0.6)
"""The board is set as large as fits; above 1 only where it has the picture to itself."""


def board_rows(board: Board, unit: float, width: int, height: int) -> list[Row]:
    """The board's rows, as large as fits into that room; what comes last is left out where nothing else helps."""
    groups: list[list[Row]] = []
    for scale in SCALES:
        if scale > 1 and not board.whole:
            continue
        groups = _groups(board, unit * scale, width)
        rows = _parted(groups, unit * scale)
        if sum(row.height for row in rows) <= height and all(row.width <= width for row in rows):
            return rows
    while len(groups) > 1 and sum(row.height for row in _parted(groups, unit)) > height:
        groups.pop()
    return _parted(groups, unit)


def _parted(groups: list[list[Row]], unit: float) -> list[Row]:
    """The groups below one another, with room between."""
    gap = Row(0, round(0.022 * unit), ())
    return [row for i, group in enumerate(groups) for row in ([gap] * (i > 0) + group)]


def _groups(board: Board, unit: float, width: int) -> list[list[Row]]:
    """What belongs together, in order of weight."""
    groups = [
        _paragraph(_type(TITLE, unit, bold=True), board.title, MUTED, width),
        _figures(board, unit, width),
        _stand(board, unit),
        *(_list(heading, text, unit, width) for heading, text in board.lists),
        _heading(board, unit, width),
        _paragraph(_type(TEXT, unit), board.text, PAPER if board.heading and board.mark else MUTED, width),
    ]
    return [group for group in groups if group]


def _type(share: float, unit: float, *, bold: bool = False) -> Type:
    return Type(max(round(share * unit), MIN_EM), bold)


def _paragraph(kind: Type, text: str, colour: Colour, width: int, indent: int = 0) -> list[Row]:
    return [text_row(kind, part, colour, indent) for part in kind.wrap(text, width - indent)]


def _figures(board: Board, unit: float, width: int) -> list[Row]:
    """Numbers side by side, each before what it counts; below one another where they do not fit."""
    large, small = _type(FIGURE, unit, bold=True), _type(LABEL, unit)
    space = round(0.3 * large.em)
    rows: list[list[Part]] = []
    at = 0
    for value, label in board.figures:
        parts = [(large, value, PAPER, round(0.35 * small.em)), (small, label, MUTED, space)]
        wide = sum(kind.width(text) + after for kind, text, _, after in parts)
        if rows and at + wide - space <= width:
            rows[-1] += parts
            at += wide
        else:
            rows.append(parts)
            at = wide
    return [side_by_side(row) for row in rows]


def _list(heading: str, text: str, unit: float, width: int) -> list[Row]:
    return [
        *_paragraph(_type(LABEL, unit, bold=True), heading, SKY, width),
        *_paragraph(_type(LABEL, unit), text, PAPER, width),
    ]


def _heading(board: Board, unit: float, width: int) -> list[Row]:
    kind = _type(HEADING, unit, bold=True)
    if board.mark is None:
        return _paragraph(_type(LABEL, unit, bold=True), board.heading, PAPER, width)
    room, size = round(1.25 * kind.em), round(0.8 * kind.em)
    rows = _paragraph(kind, board.heading, PAPER, width, room)
    return [marked(rows[0], board.mark, size, room), *rows[1:]] if rows else []


# ---- where to stand ----

TURNED_DEG = {View.FRONT: 180.0, View.OBLIQUE: 135.0, View.SIDE: 90.0, View.REAR_OBLIQUE: 45.0, View.REAR: 0.0}
"""Where the person faces, seen from above with the camera at the left: 0 away from it, 90 up in the drawing."""
ASPECT = 2.5
_FINE = 4
"""How many times larger shapes are drawn before they are scaled down to soft edges."""


def _stand(board: Board, unit: float) -> list[Row]:
    if board.stand is None:
        return []
    height = round(DRAWING * unit)
    cone, camera, shoulders, rim, head, arrow = stand_masks(board.stand, height)
    pieces = (
        Piece(cone * np.float32(0.3), 0, 0, SKY),
        Piece(camera, 0, 0, SKY),
        Piece(shoulders, 0, 0, MUTED),
        Piece(rim, 0, 0, INK),
        Piece(head, 0, 0, PAPER),
        Piece(arrow, 0, 0, SKY),
    )
    return [Row(round(ASPECT * height), height, pieces)]


@lru_cache(maxsize=16)
def stand_masks(view: View, height: int) -> tuple[NDArray[np.float32], ...]:
    """What the camera sees, the camera, a person's shoulders and head, and where they face: (height, width) masks.

    The camera is at the left. Drawn in units of the height, y down.
    """
    turned = math.radians(TURNED_DEG[view])
    ahead = np.array([math.cos(turned), -math.sin(turned)])
    across = np.array([-ahead[1], ahead[0]])
    person = np.array([1.8, 0.5])
    cone = np.array([(0.34, 0.5), (2.3, 0.0), (2.3, 1.0)])
    camera = [np.array([(0.04, 0.34), (0.26, 0.34), (0.26, 0.66), (0.04, 0.66)]), np.array([(0.26, 0.44), (0.36, 0.38),
              (0.36, 0.62), (0.26, 0.56)])]  # fmt: skip
    shoulders = _ellipse(person, ahead * 0.12, across * 0.31)
    head, rim = (_ellipse(person, ahead * r * 1.1, across * r) for r in (0.13, 0.17))
    tip, neck, start = (person + ahead * far for far in (0.5, 0.33, 0.17))
    shaft = np.array([start + across * 0.04, neck + across * 0.04, neck - across * 0.04, start - across * 0.04])
    point = np.array([tip, neck + across * 0.12, neck - across * 0.12])
    return tuple(_mask(shapes, height) for shapes in ([cone], camera, [shoulders], [rim], [head], [shaft, point]))


def _ellipse(middle: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """(48, 2) points of an ellipse with these half axes."""
    angle = np.linspace(0, 2 * math.pi, 48, endpoint=False)[:, None]
    return middle + np.cos(angle) * one + np.sin(angle) * other


def _mask(shapes: list[NDArray[np.float64]], height: int) -> NDArray[np.float32]:
    large = np.zeros((height * _FINE, round(ASPECT * height) * _FINE), np.uint8)
    for shape in shapes:
        cv2.fillPoly(large, [(shape * height * _FINE).round().astype(np.int32)], (255,))
    small = cv2.resize(large, (round(ASPECT * height), height), interpolation=cv2.INTER_AREA)
    return (small / 255).astype(np.float32)
