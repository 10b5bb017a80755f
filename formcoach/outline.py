"""The outline of the trunk, taken from the person mask: the only thing a single camera shows of the spine's shape.

No landmark lies between shoulder and hip, so a rounded back hides from every joint angle: rendered bodies whose
spine flexes by 50° move ear-shoulder-hip by 10° only, while the curvature of the back's outline follows the
spine on a straight line. What is kept with a pose is small: along the chord from hip to shoulder, how far the
body reaches to either side of it. The fit is made later, so that a recording can be judged again.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from numpy.typing import NDArray

STATIONS = 32
"""Rays on each side of the chord."""
FIRST, LAST = 0.12, 0.92
"""Where the first and last ray stand, as shares of the chord from hip to shoulder. Beyond lie buttocks and neck."""
REACH = 0.55
"""How far a ray goes from the chord, in chord lengths."""
SAMPLES = 44
"""Points along a ray; between two of them the crossing is interpolated."""
ARM_RADIUS = 0.13
"""Half the thickness of an arm, in chord lengths: what is nearer than this to an arm's bones may be the arm."""

STATION = np.linspace(FIRST, LAST, STATIONS)
_STEPS = np.linspace(0.0, REACH, SAMPLES)
_SIDE = np.repeat([1.0, -1.0], STATIONS)
_ALONG = np.concatenate([STATION, STATION])
_OUT = _SIDE[:, None] * _STEPS
_RAY = np.arange(2 * STATIONS)


def trace(mask: NDArray[np.float32], landmarks: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """The trunk's outline on both sides of the chord from the hips' to the shoulders' middle.

    Args:
        mask: (height, width), the model's belief in [0, 1] that a pixel is the person.
        landmarks: (33, 3) px.

    Returns:
        (2, STATIONS): distances from the chord to where the mask falls through one half, in chord lengths. Row 0 lies
        to the left of someone who walks the picture from hip to shoulder, row 1 to the right. NaN where a
        ray meets an arm, never leaves the body, or starts outside it. None where there is no chord to speak of.
    """
    points = landmarks[:, :2].astype(float)
    hip = (points[L.LEFT_HIP] + points[L.RIGHT_HIP]) / 2
    shoulder = (points[L.LEFT_SHOULDER] + points[L.RIGHT_SHOULDER]) / 2
    chord = shoulder - hip
    length = math.hypot(chord[0], chord[1])
    if not length >= MIN_CHORD_PX:
        return None
    normal = np.array([chord[1], -chord[0]])  # to the left of the way from hip to shoulder, y pointing down
    foot = hip + _ALONG[:, None] * chord
    distance = _first_exit(mask, foot, normal)
    end = foot + (_SIDE * distance)[:, None] * normal
    distance[_near_an_arm(end, points, length)] = np.nan
    profile: NDArray[np.float32] = distance.reshape(2, STATIONS).astype(np.float32)
    return profile


def support(mask: NDArray[np.float32], landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far the mask backs each landmark: the highest belief within a sixteenth of the body's extent of it.

    Visibility stays high where landmarks are wrong; a joint that lies well outside the person is not there.

    Returns:
        (33,) in [0, 1].
    """
    seen: NDArray[np.bool_] = np.isfinite(landmarks[:, 0] + landmarks[:, 1])
    if not seen.any():
        return np.zeros(len(landmarks), np.float32)
    points = np.where(seen[:, None], landmarks[:, :2].astype(float), 0.0)
    extent = float(np.ptp(points[seen], axis=0).max())
    near = points[:, None] + _AROUND * (extent / 16)
    backed: NDArray[np.float32] = np.where(seen, _nearest(mask, near[..., 0], near[..., 1]).max(axis=1), 0)
    return backed.astype(np.float32)


_AROUND = np.array([(0, 0), *((r * x, r * y) for r in (0.5, 1) for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)))], float)
"""(9, 2): a landmark's own place and eight round it."""

MIN_CHORD_PX = 24.0
"""A shorter trunk is too few pixels to see a curve in, or points at the camera."""


def _first_exit(
    mask: NDArray[np.float32], foot: NDArray[np.float64], normal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where each ray first leaves the body, in chord lengths, to a fraction of a pixel.

    The nearest pixels tell which two samples the edge lies between, the soft mask where between them. NaN where a
    ray never leaves the body, or starts outside it.
    """
    x = foot[:, 0, None] + _OUT * normal[0]
    y = foot[:, 1, None] + _OUT * normal[1]
    outside = _nearest(mask, x, y) < 0.5
    first = outside.argmax(axis=1)
    leaves = (first > 0) & outside[_RAY, first]
    at = np.maximum(first, 1)
    column, row = np.stack([x[_RAY, at - 1], x[_RAY, at]]), np.stack([y[_RAY, at - 1], y[_RAY, at]])
    before, after = _between(mask, column, row)
    share = np.clip((before - 0.5) / np.maximum(before - after, 1e-3), -1.0, 2.0)
    exits: NDArray[np.float64] = np.where(leaves, (at - 1 + share) * _STEPS[1], np.nan)
    return exits


def _nearest(mask: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
    """The mask at the nearest pixels; beyond its edge, the edge."""
    height, width = mask.shape
    column = np.clip(x + 0.5, 0, width - 1).astype(np.intp)
    row = np.clip(y + 0.5, 0, height - 1).astype(np.intp)
    belief: NDArray[np.float32] = mask.reshape(-1)[row * width + column]
    return belief


def _between(mask: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mask between its pixels, linearly."""
    height, width = mask.shape
    x, y = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
    column, row = x.astype(np.intp), y.astype(np.intp)
    i = row * width + column
    flat = mask.reshape(-1)
    right, down = x - column, y - row
    top = flat[i] * (1 - right) + flat[i + 1] * right
    bottom = flat[i + width] * (1 - right) + flat[i + width + 1] * right
    value: NDArray[np.float64] = top * (1 - down) + bottom * down
    return value


def _near_an_arm(end: NDArray[np.float64], points: NDArray[np.float64], length: float) -> NDArray[np.bool_]:
    """(n,) whether a point lies within an arm's thickness of an upper arm or forearm."""
    near = np.zeros(len(end), bool)
    for shoulder, elbow, wrist in _ARMS:
        for a, b in ((shoulder, elbow), (elbow, wrist)):
            near |= _distance_to_segment(end, points[a], points[b]) < ARM_RADIUS * length
    return near


_ARMS = (
    (L.LEFT_SHOULDER, L.LEFT_ELBOW, L.LEFT_WRIST),
    (L.RIGHT_SHOULDER, L.RIGHT_ELBOW, L.RIGHT_WRIST),
)


def _distance_to_segment(p: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) distances of points (n, 2) from the segment a-b; NaN for a NaN point."""
    d = b - a
    share = np.clip(((p - a) @ d) / max(float(d @ d), 1e-9), 0.0, 1.0)
    apart: NDArray[np.float64] = np.hypot(p[:, 0] - a[0] - share * d[0], p[:, 1] - a[1] - share * d[1])
    return apart


# ---- the fit, made when the outline is judged ----

MIN_COVER = 0.55
"""Share of the stations that must be left for a fit."""
MAX_RESIDUAL = 0.03
"""Root mean square of what the parabola leaves, in chord lengths, above which it is no back: folds, hair, plates."""


def turn_deg(profile: NDArray[np.float32], first: float = 0.15, last: float = 0.90) -> float:
    """How far the tangent of one side's outline turns along the chord, by a robust parabola.

    The curvature of a parabola h = c0 + c1 s + c2 s² over the stretch w turns its tangent by about 2 atan(c2 w).
    Rendered bodies: some 0.7° for each degree of spine flexion, the offset differing from body to body, so compare
    with the same person's set-up.

    Args:
        profile: (STATIONS,) distances from the chord, in chord lengths; NaN where unseen.
        first: where the stretch begins, as a share of the chord from the hips.
        last: where it ends.

    Returns:
        Degrees, positive where the outline bulges outward; NaN where too little is seen or no parabola fits.
    """
    stretch = (first <= STATION) & (last >= STATION)
    seen = stretch & np.isfinite(profile)
    if seen.sum() < MIN_COVER * stretch.sum():
        return math.nan
    s, h = STATION[seen], profile[seen].astype(float)
    for _ in range(2):
        c2, c1, c0 = _parabola(s, h)
        off = np.abs(h - (c0 + s * (c1 + s * c2)))
        good = off <= max(2.5 * float(np.median(off)), 0.004)
        if good.sum() < MIN_COVER * stretch.sum():
            break
        s, h = s[good], h[good]
    c2, c1, c0 = _parabola(s, h)
    residual = math.sqrt(float(np.mean((h - (c0 + s * (c1 + s * c2))) ** 2)))
    return math.nan if residual > MAX_RESIDUAL else math.degrees(2 * math.atan(-c2 * (last - first)))


def height(profile: NDArray[np.float32], first: float, last: float) -> float:
    """The median distance of one side's outline from the chord over a stretch of it; NaN where too little is seen."""
    stretch = profile[(first <= STATION) & (last >= STATION)]
    seen = stretch[np.isfinite(stretch)]
    return float(np.median(seen)) if len(seen) >= MIN_COVER * len(stretch) else math.nan


def _parabola(s: NDArray[np.float64], h: NDArray[np.float64]) -> tuple[float, float, float]:
    """Least squares, highest power first, by the normal equations: a frame has no time for a general solver."""
    m = float(s.mean())
    x = s - m
    x2 = x * x
    s2, s3, s4 = float(x2.sum()), float((x2 * x).sum()), float((x2 * x2).sum())
    n, h0, h1, h2 = len(s), float(h.sum()), float((x * h).sum()), float((x2 * h).sum())
    d = n * (s2 * s4 - s3 * s3) - s2 * s2 * s2
    if abs(d) < 1e-15:
        return 0.0, 0.0, h0 / n
    a = (n * (s2 * h2 - s3 * h1) - s2 * s2 * h0) / d
    b = (n * (s4 * h1 - s3 * h2) - s2 * (s2 * h1 - s3 * h0)) / d
    c = (h0 - s2 * a) / n
    return a, b - 2 * a * m, c - b * m + a * m * m
