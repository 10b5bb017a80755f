"""What of the poses a page draws: where the joints are, how well they are seen, and the curve of the back.

Plain numbers for JSON. Places are in a grid over a region of the picture, `GRID` high.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from formcoach.body import BACKED, VISIBLE
from formcoach.cutting import Region
from formcoach.pose import Landmark
from formcoach.skeleton import BONES, GIRDLES, GUESSED, TRUNK, back_curve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from formcoach.pose import Pose, Source

GRID = 1000
"""Height of the grid; finer than a screen shows."""
DRAWN = tuple(int(mark) for mark in Landmark if mark not in (Landmark.LEFT_EYE, Landmark.RIGHT_EYE))
"""The landmarks that are kept, in this order."""
PLACE = {mark: place for place, mark in enumerate(DRAWN)}
MARGIN = 0.16
"""Of the person's size, left free round the body: hair, hands and what they hold have no landmarks."""
NARROWEST, WIDEST = 0.66, 1.9
"""Width over height of a region, where the picture allows it."""
STRAY = 0.5
"""Percent of the landmarks on either side that may lie outside the region."""
FARTHEST = 3 * GRID
"""Farther out nothing is drawn, and numbers stay short."""


def bones() -> dict[str, list[list[int]]]:
    """The lines of a skeleton, left, right and across, as pairs of places in `DRAWN`."""
    lines = {side.value: [[PLACE[a], PLACE[b]] for a, b in pairs] for side, pairs in BONES.items()}
    return lines | {"across": [[PLACE[a], PLACE[b]] for a, b in GIRDLES]}


def neck() -> list[list[int]]:
    """The shoulders and the ears, between whose middles the neck is, as places in `DRAWN`."""
    ears = (Landmark.LEFT_EAR, Landmark.RIGHT_EAR)
    return [[PLACE[a] for a in GIRDLES[0]], [PLACE[a] for a in ears]]


def region_of(poses: Iterable[Pose], source: Source) -> Region:
    """The part of the picture in which the person moves; all of it where there is nobody."""
    points = [pose.landmarks[list(DRAWN), :2] for pose in poses]
    if not points:
        return Region()
    places = np.concatenate(points).astype(float)
    places = places[np.isfinite(places).all(axis=1)]
    if not len(places):
        return Region()
    picture = np.array([source.width, source.height], float)
    low, high = np.clip(np.percentile(places, [STRAY, 100 - STRAY], axis=0), 0, picture)
    free = MARGIN * float((high - low).max())
    low, high = np.clip([low - free, high + free], 0, picture)
    width, height = high - low
    low[0], high[0] = _widened(low[0], high[0], NARROWEST * height, picture[0])
    low[1], high[1] = _widened(low[1], high[1], width / WIDEST, picture[1])
    (left, top), (right, bottom) = (low / picture).round(4), (high / picture).round(4)
    if right - left < 0.02 or bottom - top < 0.02:
        return Region()
    return Region(float(left), float(top), float(right), float(bottom))


def _widened(low: float, high: float, length: float, limit: float) -> tuple[float, float]:
    """The stretch, at least so long where it can be."""
    more = max(min(length, limit) - (high - low), 0.0) / 2
    low = min(max(low - more, 0.0), max(limit - (high - low) - 2 * more, 0.0))
    return low, min(max(high + more, low + length), limit)


class Tracer:
    """Writes poses as numbers, all in the same grid.

    Attributes:
        size: width and height of the grid.
    """

    def __init__(self, source: Source, region: Region) -> None:
        self._low = np.array([region.left * source.width, region.top * source.height])
        height = (region.bottom - region.top) * source.height
        self._scale = GRID / max(height, 1.0)
        self.size = (round((region.right - region.left) * source.width * self._scale), GRID)

    def trace(self, poses: Sequence[Pose | None], back: int | None) -> dict[str, Any]:
        """Several poses.

        Args:
            poses: in order.
            back: row of the outline that is the person's back, where its curve is wanted.

        Returns:
            `xy`: x and y of each landmark of each pose, one after the other.
            `seen`: a digit for each of them: 0 not drawn, 1 a guess or hidden, 2 seen well.
            `back`: for each pose x and y along the back, or none; only where it is wanted.
        """
        xy: list[int] = []
        seen: list[str] = []
        for pose in poses:
            points, strength = self._joints(pose)
            xy += points
            seen.append(strength)
        traced: dict[str, Any] = {"xy": xy, "seen": "".join(seen)}
        if back is not None:
            traced["back"] = [self._back(pose, back) for pose in poses]
        return traced

    def _joints(self, pose: Pose | None) -> tuple[list[int], str]:
        if pose is None:
            return [0] * (2 * len(DRAWN)), "0" * len(DRAWN)
        grid = self._in_grid(pose.landmarks[:, :2])
        well = (pose.visibility >= VISIBLE) & (pose.support >= BACKED)
        well[TRUNK] = True
        drawn = np.isfinite(grid).all(axis=1) & (well | (pose.visibility >= GUESSED))
        drawn &= (np.abs(np.nan_to_num(grid)) < FARTHEST).all(axis=1)
        strength = np.where(drawn, 1 + well, 0)
        points = np.where(drawn[:, None], grid, 0.0)[list(DRAWN)]
        return points.round().astype(int).ravel().tolist(), "".join(map(str, strength[list(DRAWN)].tolist()))

    def _back(self, pose: Pose | None, row: int) -> list[int]:
        curve = None if pose is None else back_curve(pose, row)
        if curve is None:
            return []
        grid = np.clip(self._in_grid(curve), -FARTHEST, FARTHEST)
        points: list[int] = grid[::2].round().astype(int).ravel().tolist()
        return points

    def _in_grid(self, points: NDArray[Any]) -> NDArray[np.float64]:
        placed: NDArray[np.float64] = (points.astype(float) - self._low) * self._scale
        return placed
