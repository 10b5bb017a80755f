"""Angles and distances between points of the picture, in plain floats: for so few, NumPy's calls cost more.

Points are (x, y), x right and y down, px. NaN in, NaN out.
"""

from __future__ import annotations

import math

Point = tuple[float, float]
Point3 = tuple[float, float, float]


def middle(a: Point, b: Point) -> Point:
    """The point half-way between two."""
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def distance(a: Point, b: Point) -> float:
    """Between two points, px."""
    return math.hypot(b[0] - a[0], b[1] - a[1])


def angle_deg(a: Point, b: Point, c: Point) -> float:
    """The angle at b between the ways to a and to c, 0 to 180; NaN where a or c lies on b."""
    ux, uy, vx, vy = a[0] - b[0], a[1] - b[1], c[0] - b[0], c[1] - b[1]
    cross, dot = ux * vy - uy * vx, ux * vx + uy * vy
    if cross == 0 and dot == 0:
        return math.nan
    return math.degrees(math.atan2(abs(cross), dot))


def angle3_deg(a: Point3, b: Point3, c: Point3) -> float:
    """The angle at b between the ways to a and to c in space, 0 to 180."""
    u = (a[0] - b[0], a[1] - b[1], a[2] - b[2])
    v = (c[0] - b[0], c[1] - b[1], c[2] - b[2])
    cross = math.hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
    return math.degrees(math.atan2(cross, u[0] * v[0] + u[1] * v[1] + u[2] * v[2]))


def turn_deg(u: Point, v: Point) -> float:
    """How far direction u must turn to point along v, -180 to 180; positive is clockwise on the screen."""
    return math.degrees(math.atan2(u[0] * v[1] - u[1] * v[0], u[0] * v[0] + u[1] * v[1]))


def from_down_deg(a: Point, b: Point) -> float:
    """The angle of the way from a to b with straight down, 0 to 180: 0 hangs, 90 is level, 180 points up."""
    return math.degrees(math.atan2(abs(b[0] - a[0]), b[1] - a[1]))


def tilt_deg(a: Point, b: Point) -> float:
    """How far the line through a and b is from level, -90 to 90; positive where b's end of it is lower, seen from a."""
    return math.degrees(math.atan2(b[1] - a[1], abs(b[0] - a[0])))


def along(a: Point, b: Point, p: Point) -> float:
    """How far p lies along the way from a to b, as a share of it: 0 at a, 1 at b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    return ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / max(dx * dx + dy * dy, 1e-9)


def beside(a: Point, b: Point, p: Point) -> float:
    """How far p lies off the line from a to b, px; positive to the right of someone who walks from a to b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    return (dx * (p[1] - a[1]) - dy * (p[0] - a[0])) / max(math.hypot(dx, dy), 1e-9)


def wrapped_deg(angle: float) -> float:
    """The same direction between -180 and 180."""
    return (angle + 180.0) % 360.0 - 180.0
