"""What a panel is made of: colours, shapes and letters, painted once and laid over every picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from formcoach.card import Mark

if TYPE_CHECKING:
    from numpy.typing import NDArray

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

MARK_COLOUR = {Mark.CLEAN: GREEN, Mark.MILD: ORANGE, Mark.SEVERE: VERMILLION, Mark.PARTIAL: MUTED}


# ---- shapes ----


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


def rounded_mask(width: int, height: int, radius: float) -> NDArray[np.float32]:
    """(height, width) mask of a rectangle with round corners, by the distance to its edge."""
    x = np.abs(np.arange(width) + 0.5 - width / 2) - (width / 2 - radius)
    y = np.abs(np.arange(height) + 0.5 - height / 2) - (height / 2 - radius)
    outside = np.hypot(np.maximum(x, 0)[None, :], np.maximum(y, 0)[:, None])
    inside = np.minimum(np.maximum(x[None, :], y[:, None]), 0)
    mask: NDArray[np.float32] = np.clip(0.5 - (outside + inside - radius), 0, 1).astype(np.float32)
    return mask


def ring_mask(size: int, thickness: float) -> NDArray[np.float32]:
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
def mark_mask(mark: Mark, size: int) -> NDArray[np.float32]:
    """(size, size) mask of a mark."""
    if mark in _SHAPES:
        large = np.zeros((size * _FINE, size * _FINE), np.uint8)
        cv2.fillPoly(large, [(np.array(_SHAPES[mark]) * (size * _FINE - 1)).round().astype(np.int32)], (255,))
        small = cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
        return (small / 255).astype(np.float32)
    inset = round(0.08 * size)
    mask = np.zeros((size, size), np.float32)
    disc = size - 2 * inset
    shape = ring_mask(disc, 0.16 * size) if mark is Mark.PARTIAL else rounded_mask(disc, disc, disc / 2)
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
