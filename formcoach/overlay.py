"""What is drawn over a picture: a calm skeleton, the fault's segment in one colour, and two panels of words.

    overlay = Overlay(1280, 720)
    overlay.draw(image, pose, Card(count=3, state=State.LIFT, progress=0.4))

The panels lie in the corners that the body leaves free and stay there until another pair of corners has been
clearly better for a while. Words and panels are rendered once and kept; a frame pays for copying them and for the
lines of the skeleton.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from formcoach.body import BACKED, VISIBLE, Side, View
from formcoach.outline import STATION
from formcoach.pose import MIRROR, Landmark, Pose
from formcoach.reps import State

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from numpy.typing import NDArray

    from formcoach.body import Body
    from formcoach.exercise import Fault, Finding

Colour = tuple[int, int, int]
"""Red, green, blue."""

INK: Colour = (13, 17, 23)
PAPER: Colour = (245, 247, 249)
MUTED: Colour = (184, 193, 204)
SKY: Colour = (86, 180, 233)
ORANGE: Colour = (230, 159, 0)
VERMILLION: Colour = (213, 94, 0)
GREEN: Colour = (0, 158, 115)
"""Sky, orange, vermillion and green are Okabe and Ito's, told apart by colour-blind people too."""

PANEL_ALPHA = 0.82


# ---- what is shown ----


class Mark(Enum):
    """What became of a rep. Each has a shape as well as a colour."""

    CLEAN = "clean"
    """A green disc."""
    MILD = "mild"
    """An orange triangle."""
    SEVERE = "severe"
    """A vermillion diamond."""
    PARTIAL = "partial"
    """A hollow grey ring: turned back before it counted."""


MARK_COLOUR = {Mark.CLEAN: GREEN, Mark.MILD: ORANGE, Mark.SEVERE: VERMILLION, Mark.PARTIAL: MUTED}

PHASE_WORD = {
    State.AWAY: "Set up",
    State.READY: "Ready",
    State.LIFT: "Lift",
    State.TOP: "Top",
    State.LOWER: "Lower",
}


@dataclass(frozen=True, slots=True)
class Highlight:
    """The part of the body that a fault is about.

    Attributes:
        mark: MILD or SEVERE; gives the colour.
        segment: pairs of landmark indices, each a line.
        back: row of `Pose.outline` that is the person's back, to draw along it instead of along the straight
            line where the outline was seen; None for a fault that is not the back's.
    """

    mark: Mark
    segment: tuple[tuple[int, int], ...]
    back: int | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding in words.

    Attributes:
        mark: MILD or SEVERE.
        name: of the fault.
        value: with its unit: "35°".
        limit: what it is held against: "limit 12°".
    """

    mark: Mark
    name: str
    value: str
    limit: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """What to show on one frame.

    Attributes:
        count: reps so far in the set.
        state: where in a rep the person is.
        progress: the rep signal between rest (0) and a full rep (1); NaN where unknown.
        set_number: shown from 1 on; 0 shows none.
        marks: the set's reps so far, oldest first.
        near: the side of the body that is nearer to the camera and drawn stronger; None draws both alike.
        highlight: the segment at fault now.
        remarks: findings, the one that matters most first; it is shown large, the others small.
        cue: what is being said.
        praise: whether the cue confirms rather than corrects.
        unseen: what cannot be judged from here, in a few words.
    """

    count: int
    state: State
    progress: float = math.nan
    set_number: int = 0
    marks: tuple[Mark, ...] = ()
    near: Side | None = None
    highlight: Highlight | None = None
    remarks: tuple[Remark, ...] = ()
    cue: str = ""
    praise: bool = False
    unseen: str = ""


# ---- from findings to what is shown ----


def remark(fault: Fault, finding: Finding) -> Remark:
    """A finding in words, its value written finely enough to differ from the limit."""
    digits = {"T": 2, "s": 1}.get(finding.unit, 0)
    if round(finding.value, digits) == round(finding.limit, digits) != finding.value:
        digits += 1
    unit = {"deg": "°", "T": "", "s": " s", "%": " %"}.get(finding.unit, f" {finding.unit}")
    value, limit = (f"{v:.{digits}f}{unit}".replace("-", "\N{MINUS SIGN}") for v in (finding.value, finding.limit))
    if finding.unit == "T":
        value += " torso lengths"
    return Remark(
        Mark(finding.severity),
        fault.name,
        value,
        f"at least {limit}" if fault.less_is_worse else f"limit {limit}",
    )


def highlight(fault: Fault, finding: Finding, side: Side | None, azimuth_deg: float) -> Highlight | None:
    """The segment of a finding on the side that shows it.

    Args:
        fault: as declared.
        finding: as it happened.
        side: the arm that worked; None for both.
        azimuth_deg: from where the body is seen, as in `Body`.
    """
    mark, names = Mark(finding.severity), fault.segment
    if not names:
        return None
    if len(names) == 1:  # a girdle: the line across
        return Highlight(mark, ((_landmark(names[0], Side.LEFT), _landmark(names[0], Side.RIGHT)),))
    near = near_side(azimuth_deg)
    sides = (Side.LEFT, Side.RIGHT) if near is None else (near,)
    if side is not None and "ELBOW" in names:
        sides = (side,)
    pairs = tuple((_landmark(a, s), _landmark(b, s)) for s in sides for a, b in pairwise(names))
    outlined = near is not None and fault.id in OUTLINED
    return Highlight(mark, pairs, int(near is Side.LEFT) if outlined else None)


OUTLINED = frozenset({"rounded-back", "low-back-arch", "over-arching"})
"""Faults of the back's shape: the straight line from shoulder to hip would not show them, the back's outline does."""


def near_side(azimuth_deg: float) -> Side | None:
    """The side that the camera sees better; None from the front, from the rear, and where it is unknown."""
    if math.isnan(azimuth_deg) or View.at(azimuth_deg) in (View.FRONT, View.REAR):
        return None
    return Side.LEFT if azimuth_deg >= 0 else Side.RIGHT


def put_right(pose: Pose, body: Body) -> Pose:
    """The pose with left and right exchanged where the body's observer found that the model had exchanged them."""
    if body.world[Landmark.LEFT_HIP] == tuple(pose.world[Landmark.LEFT_HIP].tolist()):
        return pose
    i = list(MIRROR)
    return Pose(pose.time_s, pose.landmarks[i], pose.world[i], pose.visibility[i], pose.support[i], pose.outline)


def _landmark(name: str, side: Side) -> int:
    return int(Landmark["NOSE" if name == "NOSE" else f"{side.name}_{name}"])


# ---- sprites: what is rendered once ----


class Box(NamedTuple):
    """A rectangle in the picture, px, the right and bottom edge outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    def overlaps(self, other: Box) -> bool:
        """Whether the two share a pixel."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def within(self, other: Box) -> bool:
        """Whether no pixel lies outside the other."""
        return (
            self.left >= other.left
            and self.top >= other.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A picture with soft edges, ready to be laid over another: under * keep / 255 + light.

    Attributes:
        light: (h, w, 3) uint8, its own light.
        keep: (h, w, 3) uint8, how much of what lies under it shines through.
    """

    light: NDArray[np.uint8]
    keep: NDArray[np.uint8]

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.light.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.light.shape[0])

    def blit(self, image: NDArray[np.uint8], left: int, top: int) -> None:
        """Lay it over the picture; what reaches beyond the picture is left out."""
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + self.width, image.shape[1]), min(top + self.height, image.shape[0])
        if x0 >= x1 or y0 >= y1:
            return
        under = image[y0:y1, x0:x1]
        part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        shade = cv2.multiply(under, self.keep[part], scale=1 / 255)
        cv2.add(shade, self.light[part], dst=under)


class Canvas:
    """Where a sprite is painted: colours through soft masks, one over the other."""

    def __init__(self, width: int, height: int) -> None:
        self._light = np.zeros((3, height, width), np.float32)  # colour by colour: several times faster to paint
        self._keep = np.ones((height, width), np.float32)

    def paint(self, mask: NDArray[np.float32], left: int, top: int, colour: Colour, alpha: float = 1.0) -> None:
        """Paint a colour through a mask.

        Args:
            mask: (h, w) in [0, 1]; what reaches beyond the canvas is left out.
            left: of the mask on the canvas.
            top: likewise.
            colour: what to paint.
            alpha: of the paint.
        """
        height, width = self._keep.shape
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + mask.shape[1], width), min(top + mask.shape[0], height)
        if x0 >= x1 or y0 >= y1:
            return
        cover = mask[y0 - top : y1 - top, x0 - left : x1 - left] * np.float32(alpha)
        uncovered = 1 - cover
        for light, share in zip(self._light, colour, strict=True):
            light[y0:y1, x0:x1] *= uncovered
            light[y0:y1, x0:x1] += share * cover
        self._keep[y0:y1, x0:x1] *= uncovered

    def sprite(self) -> Sprite:
        """What was painted."""
        light, keep = np.round(self._light).astype(np.uint8), np.round(255 * self._keep).astype(np.uint8)
        return Sprite(np.ascontiguousarray(light.transpose(1, 2, 0)), np.repeat(keep[..., None], 3, axis=2))


def _rounded(width: int, height: int, radius: float) -> NDArray[np.float32]:
    """(height, width) mask of a rectangle with round corners, by the distance to its edge."""
    x = np.abs(np.arange(width) + 0.5 - width / 2) - (width / 2 - radius)
    y = np.abs(np.arange(height) + 0.5 - height / 2) - (height / 2 - radius)
    outside = np.hypot(np.maximum(x, 0)[None, :], np.maximum(y, 0)[:, None])
    inside = np.minimum(np.maximum(x[None, :], y[:, None]), 0)
    mask: NDArray[np.float32] = np.clip(0.5 - (outside + inside - radius), 0, 1).astype(np.float32)
    return mask


def _ring(size: int, thickness: float) -> NDArray[np.float32]:
    """(size, size) mask of a circle's line, touching the edges."""
    at = np.arange(size) + 0.5 - size / 2
    off = np.abs(np.hypot(at[None, :], at[:, None]) - (size - thickness) / 2)
    mask: NDArray[np.float32] = np.clip(thickness / 2 - off + 0.5, 0, 1).astype(np.float32)
    return mask


_FINE = 8
"""How many times larger polygons are drawn before they are scaled down to soft edges."""
_SHAPES = {
    Mark.MILD: [(0.5, 0.06), (0.97, 0.90), (0.03, 0.90)],
    Mark.SEVERE: [(0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)],
}
"""Corners of the marks, as shares of their size."""


@lru_cache(maxsize=64)
def _mark_mask(mark: Mark, size: int) -> NDArray[np.float32]:
    """(size, size) mask of a mark."""
    if mark in _SHAPES:
        large = np.zeros((size * _FINE, size * _FINE), np.uint8)
        cv2.fillPoly(large, [(np.array(_SHAPES[mark]) * (size * _FINE - 1)).round().astype(np.int32)], (255,))
        small = cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
        return (small / 255).astype(np.float32)
    inset = round(0.08 * size)
    mask = np.zeros((size, size), np.float32)
    disc = size - 2 * inset
    shape = _ring(disc, 0.16 * size) if mark is Mark.PARTIAL else _rounded(disc, disc, disc / 2)
    mask[inset : inset + disc, inset : inset + disc] = shape
    return mask


# ---- type ----

_FONTS = ("matplotlib", "mpl-data/fonts/ttf", ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
"""The package that brings DejaVu Sans, the folder in it, and the files."""


@lru_cache(maxsize=64)
def _font(em: int, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font; Pillow's own where DejaVu Sans is missing."""
    package, folder, names = _FONTS
    spec = find_spec(package)  # finds the folder without running the package
    if spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / folder / names[bold]
        if path.is_file():
            return ImageFont.truetype(str(path), em)
    return ImageFont.load_default(em)


class Type(NamedTuple):
    """A size of letters.

    Attributes:
        em: font size, px.
        bold: or regular.
    """

    em: int
    bold: bool = False

    @property
    def line(self) -> int:
        """Height of a line, px."""
        return math.ceil(1.24 * self.em)

    @property
    def baseline(self) -> int:
        """From a line's top to the feet of its letters, px."""
        return math.ceil(0.96 * self.em)

    def width(self, text: str) -> int:
        """How wide the text runs, px."""
        return math.ceil(_font(*self).getlength(text))

    def mask(self, text: str) -> NDArray[np.float32]:
        """(line, width) mask of a line of text."""
        return _text_mask(text, self)

    def wrap(self, text: str, width: int) -> list[str]:
        """Break the text into lines, between words; a word wider than a line is left too wide."""
        lines: list[str] = []
        for paragraph in text.splitlines():
            start = len(lines)
            for word in paragraph.split():
                if len(lines) > start and self.width(f"{lines[-1]} {word}") <= width:
                    lines[-1] += f" {word}"
                else:
                    lines.append(word)
        return lines

    def fitted(self, text: str, width: int, height: int) -> tuple[Type, list[str]]:
        """The text in a box of that size: in smaller letters where needed, then cut with an ellipsis.

        One line is given even where the box is too low for it.
        """
        smaller, broken = self, [text]
        for em in range(self.em, max(self.em * 3 // 5, MIN_EM) - 1, -1):
            smaller = Type(em, self.bold)
            broken = smaller.wrap(text, width) or [""]
            if len(broken) * smaller.line <= height and all(smaller.width(line) <= width for line in broken):
                return smaller, broken
        last = min(max(height // smaller.line, 1), len(broken)) - 1
        lines = [*broken[:last], " ".join(broken[last:])]
        return smaller, [smaller.cut(line, width) for line in lines]

    def cut(self, text: str, width: int) -> str:
        """The text, or as much of it as fits, with an ellipsis."""
        if self.width(text) <= width:
            return text
        while text and self.width(f"{text}…") > width:
            text = text[:-1].rstrip()
        return f"{text}…"


MIN_EM = 10
"""Smaller letters cannot be read, px."""


@lru_cache(maxsize=128)
def _text_mask(text: str, kind: Type) -> NDArray[np.float32]:
    font = _font(*kind)
    picture = Image.new("L", (max(kind.width(text), 1), kind.line), 0)
    draw = ImageDraw.Draw(picture)
    if isinstance(font, ImageFont.FreeTypeFont):
        draw.text((0, kind.baseline), text, fill=255, font=font, anchor="ls")
    else:
        draw.text((0, 0), text, fill=255, font=font)
    return (np.asarray(picture, np.float32) / 255).astype(np.float32)


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


class _Piece(NamedTuple):
    """A mask to be painted in a colour, placed from the upper left of its row."""

    mask: NDArray[np.float32]
    left: int
    top: int
    colour: Colour


class _Row(NamedTuple):
    """What stands side by side in a panel."""

    width: int
    height: int
    pieces: tuple[_Piece, ...]


class _Block(NamedTuple):
    """The rows of a panel, and the colour of the bar at its left; None for no bar."""

    rows: list[_Row]
    bar: Colour | None


def _line(kind: Type, text: str, colour: Colour, indent: int = 0) -> _Row:
    return _Row(indent + kind.width(text), kind.line, (_Piece(kind.mask(text), indent, 0, colour),))


def _marked(row: _Row, mark: Mark, size: int, room: int) -> _Row:
    """The row with a mark in the free room at its left."""
    piece = _Piece(_mark_mask(mark, size), (room - size) // 4, (row.height - size) // 2, MARK_COLOUR[mark])
    return row._replace(pieces=(piece, *row.pieces))


def tally_panel(layout: Layout, count: int, state: State, set_number: int, marks: Sequence[Mark]) -> Sprite:
    """The count in its ring, the phase, and the set's reps; the ring's progress is drawn frame by frame."""
    pad, ring = layout.pad, layout.ring
    rows: list[_Row] = []
    if set_number:
        rows.append(_line(layout.small, f"Set {set_number}", MUTED))
    rows.append(_line(layout.phase, PHASE_WORD[state], MUTED if state is State.AWAY else PAPER))
    marks = marks[-MARKS_IN_ROW * MARK_ROWS :]
    rows += [_strip(layout, marks[i : i + MARKS_IN_ROW]) for i in range(0, max(len(marks), 1), MARKS_IN_ROW)]
    words = sum(row.height for row in rows)

    width, height = layout.arrangements[0].tally.width, 2 * pad + max(ring, words)
    if layout.upright:
        height = 2 * pad + ring + pad // 2 + words
    canvas = Canvas(width, height)
    canvas.paint(_rounded(width, height, layout.radius), 0, 0, INK, PANEL_ALPHA)
    canvas.paint(_ring(ring, layout.stroke), pad, pad, MUTED, 0.28)
    number, lines = layout.number.fitted(str(count), round(0.68 * ring), layout.number.line)
    wide = number.width(lines[0])
    feet = pad + round(ring / 2 + 0.365 * number.em)  # digits stand 0.73 em high
    canvas.paint(number.mask(lines[0]), pad + (ring - wide) // 2, feet - number.baseline, PAPER)
    if layout.upright:
        _paint_rows(canvas, rows, pad, pad + ring + pad // 2)
    else:
        _paint_rows(canvas, rows, 2 * pad + ring, (height - words) // 2)
    return canvas.sprite()


def _strip(layout: Layout, marks: Sequence[Mark]) -> _Row:
    size = round(0.74 * layout.pitch)
    inset = (layout.pitch - size) // 2
    pieces = tuple(
        _Piece(_mark_mask(mark, size), i * layout.pitch, inset, MARK_COLOUR[mark]) for i, mark in enumerate(marks)
    )
    return _Row(len(marks) * layout.pitch, layout.pitch, pieces)


def message_panels(layout: Layout, width: int, height: int, card: Card) -> Sprite:
    """Cue, findings and what is unseen, one panel each, one above the other.

    Args:
        layout: of the picture.
        width: the most that they may take, px.
        height: likewise; what matters least is left out where it does not fit.
        card: with a cue, remarks or something unseen.
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
        blocks.insert(0, _Block([_line(kind, line, PAPER) for line in lines], GREEN if card.praise else SKY))
    if card.remarks:
        asides = [_aside(layout, other, inner) for other in card.remarks[1:]]
        room = (height - _stack_height(layout, blocks)) // layout.small.line
        headline.rows.extend(asides[: max(room, 0)])
    if card.unseen:
        kind, lines = layout.small.fitted(card.unseen, inner, 4 * layout.small.line)
        unseen = _Block([_line(kind, line, MUTED) for line in lines], None)
        if not blocks or _stack_height(layout, [*blocks, unseen]) <= height:
            blocks.append(unseen)
    while _stack_height(layout, blocks) > height and len(blocks[-1].rows) > 1:
        blocks[-1].rows.pop()
    return _painted(layout, blocks)


def _headline(layout: Layout, what: Remark, inner: int) -> list[_Row]:
    """The finding that matters most: its mark and name, its value large, the limit beside it or below."""
    room = round(1.25 * layout.name.em)
    kind, lines = layout.name.fitted(what.name, inner - room, 2 * layout.name.line)
    rows = [_line(kind, line, PAPER, room) for line in lines]
    rows[0] = _marked(rows[0], what.mark, round(0.8 * kind.em), room)
    number, _, unit = what.value.partition(" ")
    parts = [(layout.value, number, PAPER), (layout.body, unit, PAPER), (layout.body, f"{_DOT}{what.limit}", MUTED)]
    return rows + _flow([part for part in parts if part[1]], round(0.4 * layout.body.em), inner)


def _aside(layout: Layout, what: Remark, inner: int) -> _Row:
    """A finding of less weight: one small line, as much of it as fits."""
    kind = layout.small
    room = round(1.25 * kind.em)
    texts = (f"{what.name}  {what.value} {_DOT}{what.limit}", f"{what.name}  {what.value}", what.name)
    text = next((text for text in texts if kind.width(text) <= inner - room), kind.cut(what.name, inner - room))
    return _marked(_line(kind, text, MUTED, room), what.mark, round(0.8 * kind.em), room)


_DOT = "· "
"""Between two things on a line; left out where the line breaks."""


def _flow(parts: Sequence[tuple[Type, str, Colour]], space: int, width: int) -> list[_Row]:
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
    return [_on_one_baseline(row, space) for row in rows]


def _on_one_baseline(parts: Sequence[tuple[Type, str, Colour]], space: int) -> _Row:
    baseline = max(kind.baseline for kind, _, _ in parts)
    pieces: list[_Piece] = []
    at = 0
    for kind, text, colour in parts:
        pieces.append(_Piece(kind.mask(text), at, baseline - kind.baseline, colour))
        at += kind.width(text) + space
    return _Row(at - space, max(kind.line for kind, _, _ in parts), tuple(pieces))


def _stack_height(layout: Layout, blocks: Sequence[_Block]) -> int:
    inside = sum(row.height for block in blocks for row in block.rows)
    return inside + len(blocks) * 2 * _edge(layout) + (len(blocks) - 1) * _gap(layout)


def _edge(layout: Layout) -> int:
    """From a panel's upper edge to its first line, which has room above its letters already."""
    return round(0.7 * layout.pad)


def _gap(layout: Layout) -> int:
    return layout.pad // 2


def _painted(layout: Layout, blocks: Sequence[_Block]) -> Sprite:
    """The blocks as panels of one width."""
    edge = _edge(layout)
    width = layout.bar + 2 * layout.pad + max(row.width for block in blocks for row in block.rows)
    canvas = Canvas(width, _stack_height(layout, blocks))
    top = 0
    for block in blocks:
        height = 2 * edge + sum(row.height for row in block.rows)
        panel = _rounded(width, height, layout.radius)
        canvas.paint(panel, 0, top, INK, PANEL_ALPHA)
        if block.bar is not None:
            canvas.paint(panel[:, : layout.bar], 0, top, block.bar)
        _paint_rows(canvas, block.rows, layout.bar + layout.pad, top + edge)
        top += height + _gap(layout)
    return canvas.sprite()


def _paint_rows(canvas: Canvas, rows: Sequence[_Row], left: int, top: int) -> None:
    for row in rows:
        for piece in row.pieces:
            canvas.paint(piece.mask, left + piece.left, top + piece.top, piece.colour)
        top += row.height


# ---- skeleton ----

_LIMBS = (
    ("SHOULDER", "ELBOW"), ("ELBOW", "WRIST"), ("SHOULDER", "HIP"), ("HIP", "KNEE"), ("KNEE", "ANKLE"),
    ("ANKLE", "HEEL"), ("HEEL", "TOE"),
)  # fmt: skip
_BONES = {side: tuple((_landmark(a, side), _landmark(b, side)) for a, b in _LIMBS) for side in Side}
_JOINTS = {side: tuple(sorted({i for bone in bones[:5] for i in bone})) for side, bones in _BONES.items()}
_GIRDLES = (
    (int(Landmark.LEFT_SHOULDER), int(Landmark.RIGHT_SHOULDER)),
    (int(Landmark.LEFT_HIP), int(Landmark.RIGHT_HIP)),
)
_TRUNK = [i for pair in _GIRDLES for i in pair]
_SHOULDERS, _EARS = list(_GIRDLES[0]), [int(Landmark.LEFT_EAR), int(Landmark.RIGHT_EAR)]
GUESSED = 0.2
"""Visibility below which a landmark is a guess and not drawn."""
FAINT = 0.42
"""How strongly the far side, and what is badly seen, is drawn."""
HALO = 0.38
"""How strongly the glow round the highlight is drawn."""

_SHIFT = 4
"""Lines are placed to 1/16 px, so that they do not tremble."""


def _points(pose: Pose) -> NDArray[np.float64]:
    """(33, 2) px, those far outside the picture moved to where lines can still be drawn to."""
    points: NDArray[np.float64] = np.clip(pose.landmarks[:, :2].astype(float), -FARTHEST, FARTHEST)
    return points


FARTHEST = 1 << 15
"""Farther out than this, px, no picture reaches."""


class _Skeleton:
    """The lines of one pose."""

    def __init__(self, pose: Pose, near: Side | None) -> None:
        self.points = _points(pose)
        finite = np.isfinite(self.points).all(axis=1)
        seen = (pose.visibility >= VISIBLE) & (pose.support >= BACKED)
        seen[_TRUNK] = True  # as in `Body`: placed well even where hidden
        guess = (pose.visibility < GUESSED) & ~seen
        self.drawn = finite & ~guess
        self.strong = finite & seen
        self.near = near

    def bones(self, *, neck: bool) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
        """(2, 2) px each: the bones to be drawn strongly, and faintly; the neck too, or not where a highlight is."""
        strong: list[NDArray[np.float64]] = []
        faint: list[NDArray[np.float64]] = []
        for side, bones in _BONES.items():
            far = self.near is side.other
            for pair in bones:
                if self.drawn[[*pair]].all():
                    to = faint if far or not self.strong[[*pair]].all() else strong
                    to.append(self.points[[*pair]])
        to = faint if self.near else strong
        to += [self.points[[*pair]] for pair in _GIRDLES if self.drawn[[*pair]].all()]
        shoulders, ears = self.points[_SHOULDERS].mean(axis=0), self.points[_EARS].mean(axis=0)
        if neck and np.isfinite(shoulders + ears).all():
            up_to = 1.0 if self.near else 0.5  # from the front, short of the face
            strong.append(np.stack([shoulders, shoulders + up_to * (ears - shoulders)]))
        return strong, faint

    def joints(self) -> list[NDArray[np.float64]]:
        """(2,) px each: the joints that get a dot."""
        sides = [side for side in Side if self.near is not side.other]
        return [self.points[i] for side in sides for i in _JOINTS[side] if self.strong[i]]


def _back_curve(pose: Pose, row: int) -> NDArray[np.float64] | None:
    """(n, 2) px along the person's back, smooth; None where too little of it was seen."""
    if pose.outline is None:
        return None
    seen = np.isfinite(pose.outline[row])
    if seen.sum() < MIN_BACK * len(STATION):
        return None
    s, height = STATION[seen], pose.outline[row][seen].astype(float)
    cubic = np.polynomial.Polynomial.fit(s, height, 3)
    along = np.linspace(s[0], s[-1], 20)
    points = _points(pose)
    shoulder, hip = (points[[*pair]].mean(axis=0) for pair in _GIRDLES)
    chord = shoulder - hip
    outward = np.array([chord[1], -chord[0]]) * (1 if row == 0 else -1)
    curve: NDArray[np.float64] = hip + along[:, None] * chord + cubic(along)[:, None] * outward
    return curve if np.isfinite(curve).all() else None


MIN_BACK = 0.6
"""Share of the back's outline that must be seen for a curve along it."""


def draw_skeleton(image: NDArray[np.uint8], pose: Pose, card: Card, bone: int) -> None:
    """Draw bones, joints and the highlight into the picture.

    Args:
        image: (h, w, 3) uint8, changed in place.
        pose: landmarks in px of this picture; NaN ones and what hangs on them are left out.
        card: near side and highlight.
        bone: thickness of a line, px.
    """
    skeleton = _Skeleton(pose, card.near)
    marked = {i for pair in card.highlight.segment for i in pair} if card.highlight else set()
    strong, faint = skeleton.bones(neck=marked.isdisjoint(_EARS))
    edge = max(round(0.35 * bone), 1)

    def lines(
        onto: NDArray[np.uint8],
        offset: tuple[int, int],
        curves: list[NDArray[np.float64]],
        colour: Colour,
        thick: int,
    ) -> None:
        fixed = [np.round((c - offset) * (1 << _SHIFT)).astype(np.int32) for c in curves]
        cv2.polylines(onto, fixed, False, colour, thick, cv2.LINE_AA, _SHIFT)

    def faintly(onto: NDArray[np.uint8], offset: tuple[int, int]) -> None:
        lines(onto, offset, faint, INK, bone + 2 * edge)
        lines(onto, offset, faint, PAPER, bone)

    _blended(image, faint, bone + 2 * edge, FAINT, faintly)
    lines(image, (0, 0), strong, INK, bone + 2 * edge)
    joints = skeleton.joints()
    _dots(image, joints, round(1.05 * bone) + edge, INK)
    lines(image, (0, 0), strong, PAPER, bone)
    _dots(image, joints, round(1.05 * bone), PAPER)
    if card.highlight is None:
        return
    curves = _highlighted(skeleton, pose, card.highlight)
    colour = MARK_COLOUR[card.highlight.mark]
    wide = round(1.7 * bone) + edge
    glow = round(2.6 * wide)
    _blended(image, curves, glow, HALO, lambda onto, offset: lines(onto, offset, curves, colour, glow))
    lines(image, (0, 0), curves, INK, wide + 2 * edge)
    lines(image, (0, 0), curves, colour, wide)
    ends = [point for curve in curves for point in (curve[0], curve[-1])]
    _dots(image, ends, round(0.8 * wide) + edge, INK)
    _dots(image, ends, round(0.8 * wide), colour)
    _dots(image, ends, round(0.4 * wide), PAPER)


def _highlighted(skeleton: _Skeleton, pose: Pose, what: Highlight) -> list[NDArray[np.float64]]:
    """(n, 2) px each: the lines of the highlight."""
    curve = None if what.back is None else _back_curve(pose, what.back)
    if curve is not None:
        return [curve]
    return [skeleton.points[list(pair)] for pair in what.segment if np.isfinite(skeleton.points[list(pair)]).all()]


def _dots(image: NDArray[np.uint8], points: Iterable[NDArray[np.float64]], radius: int, colour: Colour) -> None:
    one = 1 << _SHIFT
    for x, y in points:
        cv2.circle(image, (round(x * one), round(y * one)), radius * one, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _blended(
    image: NDArray[np.uint8],
    curves: Sequence[NDArray[np.float64]],
    thick: int,
    alpha: float,
    paint: Callable[[NDArray[np.uint8], tuple[int, int]], None],
) -> None:
    """Paint half transparently, in as much of the picture as the curves need."""
    if not curves:
        return
    points = np.concatenate(curves)
    height, width = image.shape[:2]
    low = np.clip(np.floor(points.min(axis=0)) - thick, 0, (width, height)).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)) + thick, 0, (width, height)).astype(int)
    (x0, y0), (x1, y1) = low.tolist(), high.tolist()
    if x0 >= x1 or y0 >= y1:
        return
    under = image[y0:y1, x0:x1]
    over = under.copy()
    paint(over, (x0, y0))
    cv2.addWeighted(over, alpha, under, 1 - alpha, 0.0, dst=under)


# ---- keeping clear of the body ----

PATIENCE_S = 2.0
"""How long other corners must have been clearly better before the panels move there."""
GAIN = 0.08
"""By how much of the body other corners must be freer to be clearly better."""
MEMORY_S = 1.0
"""Over what time it is judged how free a corner is."""
BERTH = 0.04
"""How far panels should keep from landmarks, as a share of the unit: hands, feet and the crown reach beyond them."""
FACE_WEIGHT, LEG_WEIGHT = 4.0, 0.5
"""How much it matters that a face, or a leg, is hidden, against trunk and arms."""
_ALONG_BONES = np.array([0.25, 0.5, 0.75])[:, None, None]
_BONE_ENDS = np.array([bone for bones in _BONES.values() for bone in bones])
_BONE_WEIGHTS = np.where((_BONE_ENDS >= Landmark.LEFT_KNEE).any(axis=1), LEG_WEIGHT, 1.0)
_LANDMARK_WEIGHTS = np.repeat([FACE_WEIGHT, 1.0, LEG_WEIGHT], [11, 14, 8])
_WEIGHTS = np.concatenate([_LANDMARK_WEIGHTS, np.tile(_BONE_WEIGHTS, len(_ALONG_BONES))])


class Placement:
    """Chooses among arrangements of panels the one that hides least of the person, and seldom changes its mind."""

    def __init__(self, layout: Layout) -> None:
        arrangements = layout.arrangements
        near = layout.unit * np.array([-BERTH, -BERTH, BERTH, BERTH])
        self._boxes = np.array([(a.tally, a.usual_message) for a in arrangements], float).reshape(-1, 4) + near
        self._preference = 0.0005 * np.arange(len(arrangements))
        self._cost: NDArray[np.float64] | None = None
        self._time_s = -math.inf
        self._better_since_s: float | None = None
        self._settled = False
        self.chosen = 0

    def settle(self, poses: Iterable[Pose | None]) -> None:
        """Choose once for all of these poses and stay there."""
        costs = [self._hidden(pose) for pose in poses if pose is not None]
        if costs and len(self._boxes):
            self.chosen = int((np.mean(costs, axis=0) + self._preference).argmin())
        self._settled = True

    def update(self, pose: Pose) -> int:
        """The arrangement for this frame, by its place among them."""
        if self._settled or not len(self._boxes):
            return self.chosen
        now = self._hidden(pose) + self._preference
        if self._cost is None:
            self._cost, self._time_s = now, pose.time_s
            self.chosen = int(now.argmin())
        step_s = max(pose.time_s - self._time_s, 0.0)
        self._time_s = pose.time_s
        self._cost = self._cost + (1 - math.exp(-step_s / MEMORY_S)) * (now - self._cost)
        best = int(self._cost.argmin())
        if self._cost[best] > self._cost[self.chosen] - GAIN:
            self._better_since_s = None
        elif self._better_since_s is None:
            self._better_since_s = pose.time_s
        elif pose.time_s - self._better_since_s >= PATIENCE_S:
            self.chosen, self._better_since_s = best, None
        return self.chosen

    def _hidden(self, pose: Pose) -> NDArray[np.float64]:
        """(arrangements,) share of the body that the panels would lie on."""
        points = pose.landmarks[:, :2].astype(float)
        start, end = points[_BONE_ENDS.T]
        points = np.concatenate([points, (start + _ALONG_BONES * (end - start)).reshape(-1, 2)])
        weights = np.where(np.isfinite(points).all(axis=1), _WEIGHTS, 0.0)
        x, y = points.T
        left, top, right, bottom = self._boxes.T[:, :, None]
        under = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        share = under @ weights / max(float(weights.sum()), 1e-9)
        hidden: NDArray[np.float64] = share.reshape(-1, 2).sum(axis=1)
        return hidden


# ---- all together ----

BONE_SHARE = 0.012
"""The most of the body's extent that a bone is thick."""
BONE_SLACK = 1.25
"""The bones' thickness, px, changes only where it is off by more, so that it does not change within a rep."""
_KEPT = 8
"""Panels kept in memory: those of a rep or two."""


class Overlay:
    """Draws on pictures of one size.

    Attributes:
        layout: sizes and places.
    """

    def __init__(self, width: int, height: int) -> None:
        self.layout = Layout.of(width, height)
        self._placement = Placement(self.layout)
        self._panels: OrderedDict[Hashable, Sprite] = OrderedDict()
        self._bone = self.layout.bone

    def settle(self, poses: Iterable[Pose | None]) -> None:
        """Where a whole recording is known: choose the panels' corners for all of it, and never move them."""
        self._placement.settle(poses)

    @property
    def arrangement(self) -> Arrangement:
        """Where the panels lie; only where the picture has room for them."""
        return self.layout.arrangements[self._placement.chosen]

    def draw(self, image: NDArray[np.uint8], pose: Pose | None, card: Card) -> None:
        """Draw on a picture, in place.

        Args:
            image: (height, width, 3) uint8, RGB, of the size given at the start.
            pose: landmarks in px of this picture; None where nobody is in view.
            card: what to show.

        Raises:
            ValueError: the picture has another size.
        """
        picture = self.layout.picture
        if image.shape != (picture.height, picture.width, 3):
            raise ValueError(f"the picture must be ({picture.height}, {picture.width}, 3), not {image.shape}")
        if pose is not None:
            self._placement.update(pose)
            if abs(self._bone_of(pose) - self._bone) > BONE_SLACK:
                self._bone = round(self._bone_of(pose))
            draw_skeleton(image, pose, card, self._bone)
        if self.layout.arrangements:
            self._draw_tally(image, card)
            self._draw_message(image, card)

    def _bone_of(self, pose: Pose) -> float:
        """How thick bones look right, px: thinner where the person is small in the picture."""
        seen = pose.landmarks[np.isfinite(pose.landmarks).all(axis=1), :2]
        extent = float(np.ptp(seen, axis=0).max()) if len(seen) else 0.0
        return min(self.layout.bone, max(BONE_SHARE * extent, 1.0))

    def _draw_tally(self, image: NDArray[np.uint8], card: Card) -> None:
        layout, box = self.layout, self.arrangement.tally
        static = (card.count, card.state, card.set_number, card.marks)
        sprite = self._panel(static, lambda: tally_panel(layout, *static))
        top = box.top if box.top == layout.margin else box.bottom - sprite.height
        sprite.blit(image, box.left, top)
        progress = 0.0 if math.isnan(card.progress) else min(max(card.progress, 0.0), 1.0)
        if card.state in (State.LIFT, State.TOP, State.LOWER) and progress > 0:
            middle = layout.pad + layout.ring / 2
            radius = (layout.ring - layout.stroke) / 2
            _arc(image, (box.left + middle, top + middle), radius, progress, layout.stroke)

    def _draw_message(self, image: NDArray[np.uint8], card: Card) -> None:
        if not (card.cue or card.remarks or card.unseen):
            return
        _, room, _, right, bottom = self.arrangement
        key = (room.width, room.height, card.cue, card.praise, card.remarks, card.unseen)
        sprite = self._panel(key, lambda: message_panels(self.layout, room.width, room.height, card))
        left = room.right - sprite.width if right else room.left
        top = room.bottom - sprite.height if bottom else room.top
        sprite.blit(image, left, top)

    def _panel(self, key: Hashable, render: Callable[[], Sprite]) -> Sprite:
        """The panel of that content, rendered when it is first asked for."""
        if key in self._panels:
            self._panels.move_to_end(key)
        else:
            self._panels[key] = render()
            if len(self._panels) > _KEPT:
                self._panels.popitem(last=False)
        return self._panels[key]


def _arc(image: NDArray[np.uint8], centre: tuple[float, float], radius: float, share: float, thick: int) -> None:
    """An arc from the top, clockwise, over a share of the circle."""
    angle = np.linspace(0, 2 * math.pi * share, max(round(72 * share), 2))
    points = np.array(centre) + radius * np.stack([np.sin(angle), -np.cos(angle)], axis=1)
    fixed = np.round(points * (1 << _SHIFT)).astype(np.int32)
    cv2.polylines(image, [fixed], False, SKY, thick, cv2.LINE_AA, _SHIFT)
