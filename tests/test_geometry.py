"""What every function of `formcoach.geometry` owes to a picture that is moved, enlarged, turned or mirrored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from formcoach.geometry import (
    Point,
    Point3,
    along,
    angle3_deg,
    angle_deg,
    beside,
    distance,
    from_down_deg,
    middle,
    tilt_deg,
    turn_deg,
    wrapped_deg,
)

if TYPE_CHECKING:
    from collections.abc import Callable

quick = settings(deadline=None, max_examples=60)
eighths = st.integers(-8000, 8000).map(lambda i: i / 8)  # of a pixel: to shift them costs no digit
points = st.tuples(eighths, eighths)
points3 = st.tuples(eighths, eighths, eighths)
degrees = st.floats(-180.0, 180.0)


@dataclass(frozen=True)
class Law:
    """How a function of points answers to changes of the picture.

    Attributes:
        function: of points in the picture.
        takes: how many points.
        scales: whether its value grows with the picture: px, not degrees or a share.
        mirrors: the sign that a mirrored picture gives its value.
        turns: whether a turned picture leaves it as it is.
        span: the range of its values.
    """

    function: Callable[..., float]
    takes: int
    scales: bool = False
    mirrors: int = 1
    turns: bool = True
    span: tuple[float, float] = (-math.inf, math.inf)

    def at(self, *at: Point) -> float:
        return self.function(*at)


def direction_turn(a: Point, b: Point, c: Point) -> float:
    """`turn_deg` takes directions; of three points, the way a-b turns to b-c."""
    return turn_deg((b[0] - a[0], b[1] - a[1]), (c[0] - b[0], c[1] - b[1]))


LAWS = {
    "distance": Law(distance, 2, scales=True, span=(0, math.inf)),
    "angle_deg": Law(angle_deg, 3, span=(0, 180)),
    "turn_deg": Law(direction_turn, 3, mirrors=-1, span=(-180, 180)),
    "from_down_deg": Law(from_down_deg, 2, turns=False, span=(0, 180)),
    "tilt_deg": Law(tilt_deg, 2, turns=False, span=(-90, 90)),
    "along": Law(along, 3),
    "beside": Law(beside, 3, scales=True, mirrors=-1),
}
laws = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)


def apart(law: Law, drawn: list[Point]) -> list[Point]:
    """As many points as the function takes; such that are so near to each other that digits are lost are redrawn."""
    chosen = drawn[: law.takes]
    assume(all(distance(a, b) >= 1 for i, a in enumerate(chosen) for b in chosen[:i]))
    return chosen


def same(law: Law, value: float, expected: float) -> bool:
    """Equal but for rounding; 180° and -180° are the same turn."""
    if law.function is direction_turn:
        return abs(wrapped_deg(value - expected)) < 1e-6
    return value == pytest.approx(expected, rel=1e-9, abs=1e-6)


def turned(p: Point, by_deg: float) -> Point:
    c, s = math.cos(math.radians(by_deg)), math.sin(math.radians(by_deg))
    return c * p[0] - s * p[1], s * p[0] + c * p[1]


three = st.lists(points, min_size=3, max_size=3)


@laws
@quick
@given(drawn=three, shift=points)
def test_shifted(law: Law, drawn: list[Point], shift: Point) -> None:
    at = apart(law, drawn)
    assert same(law, law.at(*((x + shift[0], y + shift[1]) for x, y in at)), law.at(*at))


@laws
@quick
@given(drawn=three, times=st.floats(0.1, 10))
def test_enlarged(law: Law, drawn: list[Point], times: float) -> None:
    at = apart(law, drawn)
    expected = law.at(*at) * (times if law.scales else 1)
    assert same(law, law.at(*((times * x, times * y) for x, y in at)), expected)


@laws
@quick
@given(drawn=three)
def test_mirrored(law: Law, drawn: list[Point]) -> None:
    at = apart(law, drawn)
    assert same(law, law.at(*((-x, y) for x, y in at)), law.mirrors * law.at(*at))


@pytest.mark.parametrize("name", [name for name, law in LAWS.items() if law.turns])
@quick
@given(drawn=three, by_deg=degrees)
def test_turned(name: str, drawn: list[Point], by_deg: float) -> None:
    law = LAWS[name]
    at = apart(law, drawn)
    assert same(law, law.at(*(turned(p, by_deg) for p in at)), law.at(*at))


@laws
@quick
@given(drawn=three)
def test_range(law: Law, drawn: list[Point]) -> None:
    low, high = law.span
    assert low <= law.at(*apart(law, drawn)) <= high


@laws
@quick
@given(drawn=three, which=st.integers(0, 5))
def test_nan_in_nan_out(law: Law, drawn: list[Point], which: int) -> None:
    coordinates = [v for p in drawn[: law.takes] for v in p]
    coordinates[which % len(coordinates)] = math.nan
    at = list(zip(coordinates[::2], coordinates[1::2], strict=True))
    assert math.isnan(law.at(*at))


# --- one against the other ---


@quick
@given(a=points, b=points, p=points)
def test_along_and_beside_find_the_point_again(a: Point, b: Point, p: Point) -> None:
    length = distance(a, b)
    assume(length >= 1)
    share, off = along(a, b, p), beside(a, b, p)
    right = (-(b[1] - a[1]) / length, (b[0] - a[0]) / length)  # of someone who walks from a to b, y pointing down
    found = [a[i] + share * (b[i] - a[i]) + off * right[i] for i in (0, 1)]
    assert found == pytest.approx(p, abs=1e-6)


@quick
@given(a=points, b=points, p=points)
def test_walked_the_other_way(a: Point, b: Point, p: Point) -> None:
    assume(distance(a, b) >= 1)
    assert along(b, a, p) == pytest.approx(1 - along(a, b, p))
    assert beside(b, a, p) == pytest.approx(-beside(a, b, p))
    assert tilt_deg(b, a) == pytest.approx(-tilt_deg(a, b))
    assert from_down_deg(b, a) == pytest.approx(180 - from_down_deg(a, b))
    assert from_down_deg(a, b) == pytest.approx(90 - tilt_deg(a, b))


@quick
@given(a=points, b=points, c=points)
def test_angle_is_the_turn_between_its_legs(a: Point, b: Point, c: Point) -> None:
    assume(distance(a, b) >= 1)
    assume(distance(b, c) >= 1)
    assert angle_deg(a, b, c) == pytest.approx(180 - abs(direction_turn(a, b, c)), abs=1e-6)
    assert angle_deg(c, b, a) == pytest.approx(angle_deg(a, b, c))


@quick
@given(a=points, b=points)
def test_middle(a: Point, b: Point) -> None:
    m = middle(a, b)
    assert m == middle(b, a)
    assert distance(a, m) == pytest.approx(distance(m, b))
    assert 2 * distance(a, m) == pytest.approx(distance(a, b))


def test_middle_keeps_the_coordinate_that_is_seen() -> None:
    x, y = middle((math.nan, 1.0), (4.0, 3.0))
    assert math.isnan(x)
    assert y == 2.0


# --- in space ---


def in_space(p: Point3, by_deg: float, axis: int) -> Point3:
    i, j = (axis + 1) % 3, (axis + 2) % 3
    q = list(p)
    q[i], q[j] = turned((p[i], p[j]), by_deg)
    return q[0], q[1], q[2]


@quick
@given(a=points3, b=points3, c=points3, shift=points3, by_deg=degrees, axis=st.integers(0, 2), times=st.floats(0.1, 10))
def test_angle_in_space(a: Point3, b: Point3, c: Point3, shift: Point3, by_deg: float, axis: int, times: float) -> None:
    assume(math.dist(a, b) >= 1)
    assume(math.dist(c, b) >= 1)

    def moved(p: Point3) -> Point3:
        x, y, z = in_space(p, by_deg, axis)
        return -times * x + shift[0], times * y + shift[1], times * z + shift[2]  # mirrored as well

    value = angle3_deg(a, b, c)
    assert 0 <= value <= 180
    assert angle3_deg(moved(a), moved(b), moved(c)) == pytest.approx(value, abs=1e-6)


@quick
@given(a=points, b=points, c=points)
def test_angle_in_the_picture_plane_is_that_of_the_picture(a: Point, b: Point, c: Point) -> None:
    assume(distance(a, b) >= 1)
    assume(distance(c, b) >= 1)
    assert angle3_deg((*a, 7.0), (*b, 7.0), (*c, 7.0)) == pytest.approx(angle_deg(a, b, c), abs=1e-6)


@pytest.mark.parametrize("which", range(9))
def test_nan_in_nan_out_in_space(which: int) -> None:
    v = [1.0, 2.0, 3.0, -4.0, 5.0, 6.0, 7.0, -8.0, 9.0]
    v[which] = math.nan
    assert math.isnan(angle3_deg((v[0], v[1], v[2]), (v[3], v[4], v[5]), (v[6], v[7], v[8])))


# --- known values ---


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(distance((1, 2), (4, 6)), 5, id="distance: 3, 4, 5"),
        pytest.param(angle_deg((0, 1), (0, 0), (1, 0)), 90, id="angle: right"),
        pytest.param(angle_deg((0, -9), (0, 0), (0, 4)), 180, id="angle: straight"),
        pytest.param(angle_deg((5, 5), (0, 0), (1, 1)), 0, id="angle: folded"),
        pytest.param(angle_deg((2, 0), (0, 0), (1, math.sqrt(3))), 60, id="angle: equilateral"),
        pytest.param(angle3_deg((0, 0, 2), (0, 0, 0), (0, 3, 0)), 90, id="angle in space: right"),
        pytest.param(angle3_deg((1, 1, 1), (0, 0, 0), (1, 1, 0)), 35.26439, id="angle in space: of a cube's diagonal"),
        pytest.param(turn_deg((1, 0), (0, 1)), 90, id="turn: right to down is clockwise on the screen"),
        pytest.param(turn_deg((1, 0), (0, -1)), -90, id="turn: right to up is not"),
        pytest.param(turn_deg((1, 0), (-1, 0)), 180, id="turn: about"),
        pytest.param(from_down_deg((3, 3), (3, 8)), 0, id="from down: hangs"),
        pytest.param(from_down_deg((3, 3), (8, 3)), 90, id="from down: level to the right"),
        pytest.param(from_down_deg((3, 3), (-8, 3)), 90, id="from down: level to the left"),
        pytest.param(from_down_deg((3, 3), (3, -8)), 180, id="from down: points up"),
        pytest.param(tilt_deg((0, 0), (5, 5)), 45, id="tilt: right end lower"),
        pytest.param(tilt_deg((0, 0), (-5, 5)), 45, id="tilt: left end lower"),
        pytest.param(tilt_deg((0, 0), (5, -5)), -45, id="tilt: right end higher"),
        pytest.param(tilt_deg((0, 0), (0, 5)), 90, id="tilt: straight below"),
        pytest.param(along((10, 0), (20, 0), (12.5, 99)), 0.25, id="along: a quarter"),
        pytest.param(along((10, 0), (20, 0), (0, 99)), -1, id="along: before the start"),
        pytest.param(beside((0, 0), (10, 0), (3, 4)), 4, id="beside: below one who walks right is to the right"),
        pytest.param(beside((0, 10), (0, 0), (4, 3)), 4, id="beside: right of one who walks up the picture"),
    ],
)
def test_known_value(value: float, expected: float) -> None:
    assert value == pytest.approx(expected)


def test_angle_of_a_leg_without_length_is_unknown() -> None:
    assert math.isnan(angle_deg((1, 1), (1, 1), (2, 3)))
    assert math.isnan(angle_deg((2, 3), (1, 1), (1, 1)))


@pytest.mark.parametrize("function", [along, beside])
def test_a_line_without_length_raises_nothing(function: Callable[[Point, Point, Point], float]) -> None:
    assert math.isfinite(function((5, 5), (5, 5), (7, 8)))


@quick
@given(angle=st.floats(-1e5, 1e5))
def test_wrapped(angle: float) -> None:
    wrapped = wrapped_deg(angle)
    assert -180 <= wrapped <= 180
    turns = (angle - wrapped) / 360
    assert turns == pytest.approx(round(turns), abs=1e-9)


@pytest.mark.parametrize(("angle", "wrapped"), [(0, 0), (179, 179), (181, -179), (-181, 179), (720, 0), (-350, 10)])
def test_wrapped_known_value(angle: float, wrapped: float) -> None:
    assert wrapped_deg(angle) == wrapped


def test_wrapped_nan() -> None:
    assert math.isnan(wrapped_deg(math.nan))
