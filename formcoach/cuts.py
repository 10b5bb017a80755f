"""Where edited video changes the scene: hard cuts and dissolves, found while the frames go by.

PySceneDetect was measured and not used: its ContentDetector, frame by frame, found 6 of 15 cuts between rendered rooms
and none of 20 dissolves, and gave 2,106 false cuts in 20 joins of dim noisy clips; the detector that allows
for motion looks ahead.

The pictures are compared as coarse grids, block by block: of each block only the pattern counts, neither its
brightness nor its contrast, so that light, exposure and a logo change little and another scene changes everything.
Numbers below without another source were set on 15 real and 60 rendered clips, as they are and altered.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formcoach.pose import Frame

ROWS, COLUMNS = 24, 32
"""Cells of the grid."""
POINTS = 2
"""A cell is the mean of POINTS x POINTS pixels; with 4 x 4 the likeness of cuts and of footage parts no better."""
BLOCK = 4
"""Cells along a block's side: 48 blocks of 16 cells."""

FLAT = 1.5
"""Standard deviation inside a block, in grey levels of 255, below which there is no pattern to compare."""
BLOCKS_NEEDED = 6
"""Blocks with a pattern without which two pictures cannot be compared: black, white, out of focus."""

UNLIKE = 0.4
"""Likeness below which two pictures may be two scenes: of pictures from two clips 99 in 100 lie below 0.33 (real) and
0.47 (rendered), of neighbours at 10 frames a second all real ones above 0.5."""
CALM = 0.6
"""Likeness that neighbours kept all through the second before, or a fall of it tells nothing: a fast camera, noise."""
LATELY_S = 1.0
SCENE_S = 0.4
"""No scene is taken to be shorter."""

PALE = 0.35
"""A picture with less than this share of the contrast before is not judged at once: dark, a flash, a hand."""
MIN_STEP_S = 1 / 45
"""Frames that follow sooner are not looked at: 60 a second tell no more than 30."""
SETTLED_S = 0.2
"""How long a pale picture must stay like itself and unlike the scene before to be a new scene."""
STILL = 0.7
"""Likeness of neighbours in a scene that stays like itself."""

REACH = 0.34
"""How far a moved camera is looked for, as a share of the picture's sides."""

BLEND_S, BLENDED = 0.1, 0.85
"""A conversion of the frame rate may blend the frames on both sides of a cut into one: then, and where neighbours are
less alike than this, a picture is also compared with the one before its neighbour, if that is no longer ago."""

STEP_S = 0.1
"""Time between the pictures that are kept for finding dissolves."""
SPANS_S = (0.9, 1.9)
"""From a picture before a dissolve to one after it: dissolves last 0.3 to 1.5 s."""
MIXED = 0.12
"""What a mix of the first and last picture leaves unexplained between, at most: the median block's share of its way."""
AGREED, ALIKE = 0.6, 0.2
"""More than AGREED of the blocks are mixed within ALIKE of the median share: where an edge or a body moves in, they are
not (without this, a body that rises before the camera ended a scene 81 times in three minutes)."""
BETWEEN, BACK, ARRIVED = 0.15, 0.1, 0.95
"""Shares of the last picture: of a mix at least, of a step back at most, of the last picture but one at least."""

SHIFTS = 5
"""How many of the likeliest shifts of the camera are tried."""
_DOWN = (np.arange(ROWS) + ROWS // 2) % ROWS - ROWS // 2
_RIGHT = (np.arange(COLUMNS) + COLUMNS // 2) % COLUMNS - COLUMNS // 2
_WITHIN_REACH = (np.abs(_DOWN) <= ROWS * REACH)[:, None] & (np.abs(_RIGHT) <= COLUMNS * REACH)


class _Sketch(NamedTuple):
    """A picture as patterns.

    Attributes:
        cells: (ROWS, COLUMNS) float32, grey levels.
        patterns: (blocks, cells of a block) float32: the cells less their block's mean.
        spread: (blocks,) float32, the standard deviation inside each block.
        patterned: (blocks,) which of them hold a pattern.
    """

    cells: NDArray[np.float32]
    patterns: NDArray[np.float32]
    spread: NDArray[np.float32]
    patterned: NDArray[np.bool_]

    @classmethod
    def of(cls, cells: NDArray[np.float32]) -> _Sketch:
        rows, columns = cells.shape[0] // BLOCK, cells.shape[1] // BLOCK
        blocks = cells[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
        patterns = blocks.transpose(0, 2, 1, 3).reshape(rows * columns, BLOCK * BLOCK)
        patterns = patterns - _sums(patterns)[:, None] / np.float32(BLOCK**2)
        spread: NDArray[np.float32] = np.sqrt(_sums(patterns * patterns))
        spread /= BLOCK
        return cls(cells, patterns, spread, spread > FLAT)

    @property
    def blank(self) -> bool:
        return int(np.count_nonzero(self.patterned)) < BLOCKS_NEEDED

    def contrast(self) -> float:
        return float(self.spread.mean())


def _sums(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each row. Sums everywhere, not means, products of matrices and `einsum`: after the pose model has run none of
    their code is in the processor's cache, and fetching it takes longer than running it."""
    sums: NDArray[np.float32] = np.add.reduce(rows, axis=1)
    return sums


def _points(height: int, width: int) -> NDArray[np.intp]:
    """Which bytes of the picture make up the cells: (points of a cell * 3 colours, cells)."""
    rows = ((np.arange(ROWS * POINTS) + 0.5) * height / (ROWS * POINTS)).astype(np.intp)
    columns = ((np.arange(COLUMNS * POINTS) + 0.5) * width / (COLUMNS * POINTS)).astype(np.intp)
    numbers = (rows[:, None] * width + columns).reshape(ROWS, POINTS, COLUMNS, POINTS)
    colours = 3 * numbers.transpose(1, 3, 0, 2)[:, :, None] + np.arange(3).reshape(3, 1, 1)
    return colours.reshape(-1, ROWS * COLUMNS)


def _likeness(a: _Sketch, b: _Sketch) -> float:
    """The mean correlation of the blocks that hold a pattern: about 1 to 0; 1 where too few do to tell."""
    seen = a.patterned & b.patterned
    count = int(np.count_nonzero(seen))
    if count < BLOCKS_NEEDED:
        seen = a.patterned | b.patterned
        count = int(np.count_nonzero(seen))
    if count < BLOCKS_NEEDED:
        return 1.0
    correlations = _sums(a.patterns * b.patterns) / np.maximum(a.spread * b.spread, FLAT / 10)
    return float(np.add.reduce(correlations[seen])) / (count * BLOCK**2)


def _likeness_held(a: _Sketch, b: _Sketch) -> float:
    """The likeness whether or not the camera has been moved, which is looked into only where they seem unlike."""
    likeness = _likeness(a, b)
    return likeness if likeness >= STILL else max(likeness, _likeness_moved(a, b))


def _likeness_moved(a: _Sketch, b: _Sketch) -> float:
    """The likeness where the two overlap best, as after a camera has been turned or pushed; -1 where they do not."""
    spectrum = np.fft.rfft2(_edges(a.cells)) * np.fft.rfft2(_edges(b.cells)).conj()
    overlap = np.fft.irfft2(spectrum / np.sqrt(np.abs(spectrum) + 1e-3), (ROWS, COLUMNS))
    within = np.where(_WITHIN_REACH, overlap, -np.inf).ravel()
    found = -1.0
    for place in np.argpartition(within, -SHIFTS)[-SHIFTS:]:
        down, right = int(_DOWN[place // COLUMNS]), int(_RIGHT[place % COLUMNS])
        one, other = _shifted(a.cells, down, right), _shifted(b.cells, -down, -right)
        found = max(found, _likeness(_Sketch.of(one), _Sketch.of(other)))
    return found


def _shifted(cells: NDArray[np.float32], down: int, right: int) -> NDArray[np.float32]:
    """The part of a grid that is also in one shifted by so many cells."""
    return cells[max(down, 0) : ROWS + min(down, 0), max(right, 0) : COLUMNS + min(right, 0)]


def _edges(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    edges = np.zeros_like(cells)
    around = cells[:-2, 1:-1] + cells[2:, 1:-1] + cells[1:-1, :-2] + cells[1:-1, 2:]
    edges[1:-1, 1:-1] = cells[1:-1, 1:-1] - around / 4
    return edges


def _is_fade(span: list[_Sketch]) -> bool:
    """Whether pictures are mixes of the first and the last, with ever more of the last, and have arrived there."""
    way = span[-1].patterns - span[0].patterns
    far = np.einsum("ij,ij->i", way, way)
    seen = far > (FLAT * BLOCK) ** 2
    if np.count_nonzero(seen) < BLOCKS_NEEDED:
        return False
    offsets = np.stack([sketch.patterns[seen] for sketch in span]) - span[0].patterns[seen]
    shares = np.einsum("tij,ij->ti", offsets, way[seen]) / far[seen]
    unexplained = np.einsum("tij,tij->ti", offsets, offsets) / far[seen] - shares**2
    share = np.median(shares, axis=1)
    agreed = (np.abs(shares - share[:, None]) < ALIKE).mean(axis=1)
    between = (share > BETWEEN) & (share < 1 - BETWEEN)
    return bool(
        np.count_nonzero(between) >= 2
        and np.median(unexplained, axis=1)[between].max() < MIXED
        and agreed[between].min() > AGREED
        and np.diff(share).min() > -BACK
        and share[-2] > ARRIVED
    )


class CutFinder:
    """Tells where a new scene begins. Give it every frame once, in order of time.

    A false cut ends a set, so in doubt it stays silent. It misses a cut between two nearly equal pictures (a fixed
    camera, a piece left out), most cuts while the picture trembles or turns so fast that neighbours are unlike anyway,
    and dissolves while the camera moves. A camera that jumps by more than a third of the picture is taken for a cut.
    """

    def __init__(self) -> None:
        self._size: tuple[int, ...] = ()
        self._points = np.empty((0, ROWS * COLUMNS), np.intp)
        self._kept: deque[tuple[float, _Sketch]] = deque()
        self._seen_s = -math.inf
        self._restart(-math.inf, None)

    def __call__(self, frame: Frame) -> bool:
        """Whether a new scene has begun: at the first frame after a hard cut, at the end of a dissolve.

        After a fade through black it is the first frame that shows enough. A frame of another size is no cut by itself.
        """
        if frame.time_s - self._seen_s < MIN_STEP_S:
            return False
        self._seen_s = frame.time_s
        sketch = _Sketch.of(self._cells(frame.image))
        if sketch.blank:
            return False
        cut = self._is_cut(frame.time_s, sketch) or self._ends_dissolve(frame.time_s, sketch)
        if cut:
            self._restart(frame.time_s, sketch)
        return cut

    def _restart(self, time_s: float, first: _Sketch | None) -> None:
        self._since_s = time_s
        self._last = (time_s, first) if first else None
        self._before: tuple[float, _Sketch] | None = None
        self._lately: deque[tuple[float, float]] = deque()
        self._pale: tuple[float, _Sketch] | None = None
        self._kept.clear()

    def _cells(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The grey levels of the grid, (ROWS, COLUMNS): only the pixels needed are read."""
        if self._size != image.shape[:2]:
            self._size, self._points = image.shape[:2], _points(*image.shape[:2])
        points = image.reshape(-1).take(self._points).astype(np.float32)
        cells: NDArray[np.float32] = np.add.reduce(points) / len(points)
        return cells.reshape(ROWS, COLUMNS)

    def _is_cut(self, time_s: float, sketch: _Sketch) -> bool:
        if self._last is None:
            self._since_s = time_s
            self._accept(time_s, sketch, 1.0)
            return False
        while self._lately and time_s - self._lately[0][0] > LATELY_S:
            self._lately.popleft()
        last = self._last[1]
        likeness = lowest = _likeness_held(last, sketch)
        if likeness < BLENDED and self._before and time_s - self._before[0] <= BLEND_S:
            lowest = min(likeness, _likeness_held(self._before[1], sketch))
        if lowest >= UNLIKE or not self._is_calm(time_s):
            self._accept(time_s, sketch, likeness)
            return False
        if sketch.contrast() >= PALE * last.contrast():
            return True
        since_s = time_s
        if self._pale and _likeness(self._pale[1], sketch) >= STILL:
            since_s = self._pale[0]
        self._pale = since_s, sketch
        return time_s - since_s >= SETTLED_S

    def _accept(self, time_s: float, sketch: _Sketch, likeness: float) -> None:
        """Take a picture for one of the same scene."""
        self._before, self._last, self._pale = self._last, (time_s, sketch), None
        self._lately.append((time_s, likeness))

    def _is_calm(self, time_s: float) -> bool:
        return time_s - self._since_s >= SCENE_S and all(likeness >= CALM for _, likeness in self._lately)

    def _ends_dissolve(self, time_s: float, sketch: _Sketch) -> bool:
        kept = self._kept
        if kept and time_s - kept[-1][0] < STEP_S - 1e-3:
            return False
        kept.append((time_s, sketch))
        while kept and time_s - kept[0][0] > SPANS_S[-1] + STEP_S:
            kept.popleft()
        return any(self._fades(time_s, span_s) for span_s in SPANS_S)

    def _fades(self, time_s: float, span_s: float) -> bool:
        """Whether the pictures of the last `span_s` fade from the first, of another scene, into the last."""
        if time_s - self._kept[0][0] < span_s:
            return False
        span = [sketch for at_s, sketch in self._kept if time_s - at_s <= span_s + STEP_S]
        return _likeness_held(span[0], span[-1]) < UNLIKE and _is_fade(span)
