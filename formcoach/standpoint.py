"""Whether the camera stands low, as a laptop on the floor does: told from a person who stands upright. Pure logic."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

from formcoach import measure as m
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from formcoach.body import Body
    from formcoach.geometry import Point, Point3

STAND_S = 2.0
"""So long somebody stands before it is judged."""
UPRIGHT_DEG = 20.0
"""The trunk's lean up to which somebody stands; a camera that looks up or down adds its own."""
TALL_T, SHIFT_T = 1.2, 0.35
"""Standing, the ankles are at least so far below the hips, and they and the shoulders no further beside them; T."""
RATIO_DEG = 86.0
"""How much lean one unit of the ratio of trunk to legs weighs."""
LOW_DEG = -46.5
"""Lowness beyond which the camera stands low.

The weight is of a logistic fit to 13 rendered bodies in 770 clips: from the front, from half-way and from the side, 1.9
to 3.3 m away, the camera turned up or down to them; upright or leaning by a few degrees; both quantities blurred as
people differ (4 % in the ratio, 2.5° in the lean). The limit is set for few false tellings, not for finding all. Told
are 59 % of the cameras at 0.1 to 0.2 m, 44 % at 0.25 and 0.3 m, 3 of 118 at 0.6 m (7 % on bodies left out of the fit
and blurred) and none of 354 at 0.75 to 1.5 m. Of other clips with standing people it tells none: 160 rendered (0.6 to
1.6 m) and 3 filmed. How many real people filmed from the floor are found is not known.
"""


class Standpoint:
    """Judges once, over the first seconds that somebody stands in view."""

    def __init__(self) -> None:
        self._judged = False
        self._since_s = math.nan
        self._lowness: list[float] = []

    def found_low(self, body: Body | None) -> bool:
        """Whether with this frame it is certain that the camera stands low; true in one frame at most."""
        lowness = math.nan if body is None else lowness_deg(body)
        if self._judged or body is None or math.isnan(lowness):
            self._lowness.clear()
            return False
        if not self._lowness:
            self._since_s = body.time_s
        self._lowness.append(lowness)
        self._judged = body.time_s - self._since_s >= STAND_S
        return self._judged and median(self._lowness) > LOW_DEG


def lowness_deg(body: Body) -> float:
    """How low the camera seems to stand, from some -80 at eye level to -40 on the floor; NaN of who does not stand.

    A low camera has to look up. The whole body then leans away from it in space, and in the picture the legs, which are
    nearer, come out longer against the trunk. Each alone is the person's own lean or build as often.
    """
    if not _stands(body):
        return math.nan
    hips, shoulders, ankles = body.hips, body.shoulders, _middle_seen(body)
    ratio = math.dist(hips, shoulders) / math.dist(hips, ankles)
    return _away_deg(body.world) - RATIO_DEG * ratio


def _stands(body: Body) -> bool:
    (hip_x, hip_y), (shoulder_x, shoulder_y), (ankle_x, ankle_y) = body.hips, body.shoulders, _middle_seen(body)
    trunk = math.hypot(shoulder_x - hip_x, shoulder_y - hip_y)
    straight = ankle_y - hip_y > TALL_T * trunk and abs(ankle_x - hip_x) < SHIFT_T * trunk
    return straight and abs(shoulder_x - hip_x) < SHIFT_T * trunk and m.hinge_deg.function(body) < UPRIGHT_DEG


def _middle_seen(body: Body) -> Point:
    """The middle between the ankles, or the one that is seen; from the side the far one often is not."""
    seen = [body.xy[ankle] for ankle in (L.LEFT_ANKLE, L.RIGHT_ANKLE) if not math.isnan(body.xy[ankle][0])]
    if not seen:
        return math.nan, math.nan
    return sum(x for x, _ in seen) / len(seen), sum(y for _, y in seen) / len(seen)


def _away_deg(world: list[Point3]) -> float:
    """How far the way from ankles to shoulders leans away from the camera, in space."""
    _, y, z = (
        world[L.LEFT_SHOULDER][i] + world[L.RIGHT_SHOULDER][i] - world[L.LEFT_ANKLE][i] - world[L.RIGHT_ANKLE][i]
        for i in range(3)
    )
    return math.degrees(math.atan2(z, -y))
