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
_STEP = float(_STEPS[1])
_SIDE = np.repeat([1.0, -1.0], STATIONS)
_ALONG = np.concatenate([STATION, STATION])
_OUT = _SIDE[:, None] * _STEPS
_RAY_START = np.arange(2 * STATIONS) * SAMPLES
"""Where each ray begins among all samples."""


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
    points = landmarks.tolist()
    (ax, ay, _), (bx, by, _), (cx, cy, _), (dx, dy, _) = (points[joint] for joint in _TRUNK)
    hip_x, hip_y = (ax + bx) / 2, (ay + by) / 2
    chord_x, chord_y = (cx + dx) / 2 - hip_x, (cy + dy) / 2 - hip_y
    length = math.hypot(chord_x, chord_y)
    if not length >= MIN_CHORD_PX:
        return None
    normal_x, normal_y = chord_y, -chord_x  # to the left of the way from hip to shoulder, y pointing down
    foot_x, foot_y = hip_x + _ALONG * chord_x, hip_y + _ALONG * chord_y
    distance = _first_exit(mask, foot_x, foot_y, normal_x, normal_y)
    out = _SIDE * distance
    distance[_near_an_arm(foot_x + out * normal_x, foot_y + out * normal_y, points, length)] = math.nan
    profile: NDArray[np.float32] = distance.reshape(2, STATIONS).astype(np.float32)
    return profile


def support(mask: NDArray[np.float32], landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far the mask backs each landmark: the highest belief within a sixteenth of the body's extent of it.

    Visibility stays high where landmarks are wrong; a joint that lies well outside the person is not there.

    Returns:
        (33,) in [0, 1].
    """
    points = landmarks[:, :2].astype(float)
    extent = float((np.maximum.reduce(points) - np.minimum.reduce(points)).max())
    if math.isfinite(extent):
        return _backed(mask, points, extent)
    seen = np.isfinite(points).all(axis=1)
    backed = np.zeros(len(points), np.float32)
    if seen.any():
        backed[seen] = _backed(mask, points[seen], float(np.ptp(points[seen], axis=0).max()))
    return backed


def _backed(mask: NDArray[np.float32], points: NDArray[np.float64], extent: float) -> NDArray[np.float32]:
    """(n,) the highest belief round each point."""
    around_x, around_y = _AROUND * (extent / 16)
    x, y = points[:, :1] + around_x, points[:, 1:] + around_y
    _keep_inside(mask, x, y)
    highest: NDArray[np.float32] = _nearest(mask, x, y).max(axis=1)
    return highest


_ROUND = [(r * x, r * y) for r in (0.5, 1) for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))]
_AROUND = np.array([(0, 0), *_ROUND], float).T
"""(2, 9): x and y of a landmark's own place and eight round it."""

MIN_CHORD_PX = 24.0
"""A shorter trunk is too few pixels to see a curve in, or points at the camera."""


def _first_exit(
    mask: NDArray[np.float32],
    foot_x: NDArray[np.float64],
    foot_y: NDArray[np.float64],
    normal_x: float,
    normal_y: float,
) -> NDArray[np.float64]:
    """Where each ray first leaves the body, in chord lengths, to a fraction of a pixel.

    The nearest pixels tell which two samples the edge lies between, the soft mask where between them. NaN where a
    ray never leaves the body, or starts outside it.
    """
    x, y = _OUT * normal_x, _OUT * normal_y
    x += foot_x[:, None]
    y += foot_y[:, None]
    _keep_inside(mask, x, y)
    first = (_nearest(mask, x, y) < 0.5).argmax(axis=1)  # 0 as well for a ray that never leaves
    at = np.maximum(first, 1)
    ends = _RAY_START + np.array((at - 1, at))
    inner, outer = _between(mask, x.take(ends), y.take(ends))
    share = (inner - 0.5) / np.maximum(inner - outer, 1e-3)
    exits: NDArray[np.float64] = (at - 1 + np.minimum(np.maximum(share, -1.0), 2.0)) * _STEP
    exits[first == 0] = math.nan
    return exits


def _keep_inside(mask: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Move places beyond the mask to its edge, so that the pixels to their right and below exist."""
    for values, size in ((x, mask.shape[1]), (y, mask.shape[0])):
        np.maximum(values, 0.0, out=values)
        np.minimum(values, size - 1.001, out=values)


def _nearest(mask: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
    """The mask at the pixels nearest to places inside."""
    pixel = (y + 0.5).astype(np.int64)
    pixel *= mask.shape[1]
    pixel += (x + 0.5).astype(np.int64)
    belief: NDArray[np.float32] = mask.reshape(-1).take(pixel)
    return belief


def _between(mask: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mask between its pixels, linearly, at places inside."""
    width = mask.shape[1]
    column, row = x.astype(np.int64), y.astype(np.int64)
    right, down = x - column, y - row
    left, up = 1 - right, 1 - down
    row *= width
    row += column
    flat = mask.reshape(-1)
    top = flat[row] * left + flat[row + 1] * right
    row += width
    bottom = flat[row] * left + flat[row + 1] * right
    value: NDArray[np.float64] = top * up + bottom * down
    return value


def _near_an_arm(
    x: NDArray[np.float64], y: NDArray[np.float64], points: list[list[float]], length: float
) -> NDArray[np.bool_]:
    """(n,) whether a point lies within an arm's thickness of an upper arm or forearm; not so for a NaN point."""
    bones = np.array([(*points[a][:2], *points[b][:2]) for a, b in _ARM_BONES])
    ax, ay, bx, by = bones.T[:, :, None]
    way_x, way_y, off_x, off_y = bx - ax, by - ay, x - ax, y - ay
    share = (off_x * way_x + off_y * way_y) / np.maximum(way_x * way_x + way_y * way_y, 1e-9)
    share = np.minimum(np.maximum(share, 0.0), 1.0)
    off_x -= share * way_x
    off_y -= share * way_y
    near: NDArray[np.bool_] = (off_x * off_x + off_y * off_y < (ARM_RADIUS * length) ** 2).any(axis=0)
    return near


_TRUNK = (int(L.LEFT_HIP), int(L.RIGHT_HIP), int(L.LEFT_SHOULDER), int(L.RIGHT_SHOULDER))
_ARM_BONES = (
    (L.LEFT_SHOULDER, L.LEFT_ELBOW),
    (L.LEFT_ELBOW, L.LEFT_WRIST),
    (L.RIGHT_SHOULDER, L.RIGHT_ELBOW),
    (L.RIGHT_ELBOW, L.RIGHT_WRIST),
)


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
    least = MIN_COVER * np.count_nonzero(stretch)
    if np.count_nonzero(seen) < least:
        return math.nan
    s, h = STATION[seen], profile[seen].astype(float)
    for _ in range(2):
        c2, c1, c0 = _parabola(s, h)
        off = np.abs(h - (c0 + s * (c1 + s * c2)))
        good = off <= max(2.5 * _median(off), 0.004)
        if np.count_nonzero(good) < least:
            break
        s, h = s[good], h[good]
    c2, c1, c0 = _parabola(s, h)
    residual = math.sqrt(_sum((h - (c0 + s * (c1 + s * c2))) ** 2) / len(s))
    return math.nan if residual > MAX_RESIDUAL else math.degrees(2 * math.atan(-c2 * (last - first)))


def height(profile: NDArray[np.float32], first: float, last: float) -> float:
    """The median distance of one side's outline from the chord over a stretch of it; NaN where too little is seen."""
    stretch = profile[(first <= STATION) & (last >= STATION)]
    seen = stretch[np.isfinite(stretch)]
    return _median(seen) if len(seen) >= MIN_COVER * len(stretch) else math.nan


def _median(values: NDArray[np.floating]) -> float:
    """As `np.median` of so few values, without what it takes longer for: every frame of a rep asks for several."""
    ordered, half = np.sort(values), len(values) // 2
    return float(ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2)


def _sum(values: NDArray[np.float64]) -> float:
    return float(np.add.reduce(values))


def _parabola(s: NDArray[np.float64], h: NDArray[np.float64]) -> tuple[float, float, float]:
    """Least squares, highest power first, by the normal equations: a frame has no time for a general solver."""
    n = len(s)
    m = _sum(s) / n
    x = s - m
    x2 = x * x
    s2, s3, s4 = _sum(x2), _sum(x2 * x), _sum(x2 * x2)
    h0, h1, h2 = _sum(h), _sum(x * h), _sum(x2 * h)
    d = n * (s2 * s4 - s3 * s3) - s2 * s2 * s2
    if abs(d) < 1e-15:
        return 0.0, 0.0, h0 / n
    a = (n * (s2 * h2 - s3 * h1) - s2 * s2 * h0) / d
    b = (n * (s4 * h1 - s3 * h2) - s2 * (s2 * h1 - s3 * h0)) / d
    c = (h0 - s2 * a) / n
    return a, b - 2 * a * m, c - b * m + a * m * m
