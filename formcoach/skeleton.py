"""The person's skeleton, and the segment at fault in its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from formcoach.body import BACKED, VISIBLE, Side
from formcoach.card import landmark
from formcoach.outline import STATION
from formcoach.pose import Landmark, Pose
from formcoach.sprites import INK, MARK_COLOUR, PAPER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from formcoach.card import Card, Highlight
    from formcoach.sprites import Colour

_LIMBS = (
    ("SHOULDER", "ELBOW"), ("ELBOW", "WRIST"), ("SHOULDER", "HIP"), ("HIP", "KNEE"), ("KNEE", "ANKLE"),
    ("ANKLE", "HEEL"), ("HEEL", "TOE"),
)  # fmt: skip
BONES = {side: tuple((landmark(a, side), landmark(b, side)) for a, b in _LIMBS) for side in Side}
_JOINTS = {side: tuple(sorted({i for bone in bones[:5] for i in bone})) for side, bones in BONES.items()}
GIRDLES = (
    (int(Landmark.LEFT_SHOULDER), int(Landmark.RIGHT_SHOULDER)),
    (int(Landmark.LEFT_HIP), int(Landmark.RIGHT_HIP)),
)
TRUNK = [i for pair in GIRDLES for i in pair]
_SHOULDERS, _EARS = list(GIRDLES[0]), [int(Landmark.LEFT_EAR), int(Landmark.RIGHT_EAR)]
GUESSED = 0.2
"""Visibility below which a landmark is a guess and not drawn."""
FAINT = 0.42
"""How strongly the far side, and what is badly seen, is drawn."""
HALO = 0.38
"""How strongly the glow round the highlight is drawn."""

SHIFT = 4
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
        seen[TRUNK] = True  # as in `Body`: placed well even where hidden
        guess = (pose.visibility < GUESSED) & ~seen
        self.drawn = finite & ~guess
        self.strong = finite & seen
        self.near = near

    def bones(self, *, neck: bool) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
        """(2, 2) px each: the bones to be drawn strongly, and faintly; the neck too, or not where a highlight is."""
        strong: list[NDArray[np.float64]] = []
        faint: list[NDArray[np.float64]] = []
        for side, bones in BONES.items():
            far = self.near is side.other
            for pair in bones:
                if self.drawn[[*pair]].all():
                    to = faint if far or not self.strong[[*pair]].all() else strong
                    to.append(self.points[[*pair]])
        to = faint if self.near else strong
        to += [self.points[[*pair]] for pair in GIRDLES if self.drawn[[*pair]].all()]
        shoulders, ears = self.points[_SHOULDERS].mean(axis=0), self.points[_EARS].mean(axis=0)
        if neck and np.isfinite(shoulders + ears).all():
            up_to = 1.0 if self.near else 0.5  # from the front, short of the face
            strong.append(np.stack([shoulders, shoulders + up_to * (ears - shoulders)]))
        return strong, faint

    def joints(self) -> list[NDArray[np.float64]]:
        """(2,) px each: the joints that get a dot."""
        sides = [side for side in Side if self.near is not side.other]
        return [self.points[i] for side in sides for i in _JOINTS[side] if self.strong[i]]


def back_curve(pose: Pose, row: int) -> NDArray[np.float64] | None:
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
    shoulder, hip = (points[[*pair]].mean(axis=0) for pair in GIRDLES)
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
        fixed = [np.round((c - offset) * (1 << SHIFT)).astype(np.int32) for c in curves]
        cv2.polylines(onto, fixed, False, colour, thick, cv2.LINE_AA, SHIFT)

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
    curve = None if what.back is None else back_curve(pose, what.back)
    if curve is not None:
        return [curve]
    return [skeleton.points[list(pair)] for pair in what.segment if np.isfinite(skeleton.points[list(pair)]).all()]


def _dots(image: NDArray[np.uint8], points: Iterable[NDArray[np.float64]], radius: int, colour: Colour) -> None:
    one = 1 << SHIFT
    for x, y in points:
        cv2.circle(image, (round(x * one), round(y * one)), radius * one, colour, cv2.FILLED, cv2.LINE_AA, SHIFT)


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
