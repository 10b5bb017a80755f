"""Drawn bodies whose outline is known to a fraction of a pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from formcoach.outline import ARM_RADIUS, MIN_CHORD_PX, STATION, STATIONS, height, support, trace, turn_deg
from formcoach.pose import LANDMARKS
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIT = (0.15, 0.90)
"""The stretch of the chord over which a turn is told."""
WIDTHS = (0.20, 0.16)
"""How far the drawn trunk reaches to the left and to the right of its chord, in chord lengths."""


@dataclass(frozen=True)
class Trunk:
    """A trunk in a picture, its left edge an arc that turns by so much over the stretch of the fit.

    Attributes:
        turn: degrees, positive where the edge bulges outward.
        up: the direction from hip to shoulder, degrees clockwise from straight up the picture.
        height: of the picture, px; it is 4:3.
        chord: from hip to shoulder, px.
        soft: how many px the mask takes to fall from 1 to 0.
        at: where the chord's middle lies, as shares of width and height.
    """

    turn: float = 0.0
    up: float = 0.0
    height: int = 240
    chord: float = 90.0
    soft: float = 3.0
    at: tuple[float, float] = (0.5, 0.5)

    @property
    def size(self) -> tuple[int, int]:
        return self.height, self.height * 4 // 3

    def place(self, along: float, left: float) -> tuple[float, float]:
        """Chord coordinates, in chord lengths, to the picture's."""
        s, c = math.sin(math.radians(self.up)), math.cos(math.radians(self.up))
        x, y = (along - 0.5) * s - left * c, -(along - 0.5) * c - left * s
        rows, columns = self.size
        return self.at[0] * columns + self.chord * x, self.at[1] * rows + self.chord * y

    def outside(self) -> NDArray[np.float64]:
        """How far each pixel lies outside the body, px."""
        rows, columns = self.size
        x, y = np.meshgrid(np.arange(columns) - self.at[0] * columns, np.arange(rows) - self.at[1] * rows)
        s, c = math.sin(math.radians(self.up)), math.cos(math.radians(self.up))
        along, left = (x * s - y * c) / self.chord + 0.5, (-x * c - y * s) / self.chord
        beyond = np.maximum(np.abs(along - 0.5) - 0.75, -left - WIDTHS[1])
        outside: NDArray[np.float64] = self.chord * np.maximum(beyond, self._beyond_left(along, left))
        return outside

    def _beyond_left(self, along: NDArray[np.float64], left: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.turn == 0:
            return left - WIDTHS[0]
        radius = (FIT[1] - FIT[0]) / 2 / math.sin(math.radians(self.turn) / 2)  # negative where hollow
        away: NDArray[np.float64] = np.hypot(along - sum(FIT) / 2, left - (WIDTHS[0] - radius))
        return math.copysign(1, radius) * (away - abs(radius))

    def mask(self) -> NDArray[np.float32]:
        return np.clip(0.5 - self.outside() / self.soft, 0, 1).astype(np.float32)

    def landmarks(self) -> NDArray[np.float32]:
        """Hips and shoulders at the chord's ends; nothing else is seen."""
        points = np.full((LANDMARKS, 3), np.nan, np.float32)
        for joint, along, left in (
            (L.LEFT_HIP, 0, 0.1),
            (L.RIGHT_HIP, 0, -0.1),
            (L.LEFT_SHOULDER, 1, 0.1),
            (L.RIGHT_SHOULDER, 1, -0.1),
        ):
            points[joint, :2] = self.place(along, left)
        return points

    def profile(self) -> NDArray[np.float32]:
        return trace_of(self, self.landmarks())


def trace_of(trunk: Trunk, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    found = trace(trunk.mask(), landmarks)
    assert found is not None
    return found


def with_arm(trunk: Trunk, elbow: tuple[float, float], wrist: tuple[float, float]) -> NDArray[np.float32]:
    points = trunk.landmarks()
    points[L.LEFT_ELBOW, :2], points[L.LEFT_WRIST, :2] = trunk.place(*elbow), trunk.place(*wrist)
    return points


UPS = (0, 30, 75, 90, 135, 180, 225, -90, -45, -20)
PICTURES = (
    pytest.param(Trunk(height=120, chord=40), 4.0, id="160 px wide"),
    pytest.param(Trunk(height=240, chord=90), 2.0, id="320 px wide"),
    pytest.param(Trunk(height=480, chord=150), 1.5, id="VGA"),
    pytest.param(Trunk(height=1080, chord=330), 1.5, id="1080p"),
)


# --- the trace ---


@pytest.mark.parametrize("up", UPS)
def test_strip(up: float) -> None:
    """The left of someone who walks from hip to shoulder comes first."""
    left, right = Trunk(up=up).profile()
    np.testing.assert_allclose(left, WIDTHS[0], atol=0.3 / 90)
    np.testing.assert_allclose(right, WIDTHS[1], atol=0.3 / 90)


@pytest.mark.parametrize("soft", [1.0, 2.0, 5.0, 8.0])
@pytest.mark.parametrize("shift", [0.0, 0.3, 0.71])
def test_edge_to_a_fraction_of_a_pixel(soft: float, shift: float) -> None:
    trunk = Trunk(soft=soft, chord=80 + shift, at=(0.5 + shift / 320, 0.5))
    left, right = trunk.profile() * trunk.chord
    np.testing.assert_allclose(left, WIDTHS[0] * trunk.chord, atol=0.3)
    np.testing.assert_allclose(right, WIDTHS[1] * trunk.chord, atol=0.3)


@pytest.mark.parametrize(("trunk", "within"), PICTURES)
def test_shape_and_type(trunk: Trunk, within: float) -> None:
    profile = trunk.profile()
    assert profile.shape == (2, STATIONS)
    assert profile.dtype == np.float32


@pytest.mark.parametrize("up", [0, 60, 170])
@pytest.mark.parametrize("turn", [-20, 30])
def test_mirrored_picture_swaps_the_sides(up: float, turn: float) -> None:
    trunk = Trunk(turn=turn, up=up)
    landmarks = trunk.landmarks()
    landmarks[:, 0] = trunk.size[1] - 1 - landmarks[:, 0]
    mirrored = trace(np.ascontiguousarray(trunk.mask()[:, ::-1]), landmarks)
    assert mirrored is not None
    np.testing.assert_allclose(mirrored[::-1], trunk.profile(), atol=0.3 / trunk.chord)


def test_an_arm_over_the_edge_is_left_out() -> None:
    """A hand on the hip: the forearm comes near the edge at a slant, the upper arm at the shoulder only."""
    trunk = Trunk()
    left, right = trace_of(trunk, with_arm(trunk, elbow=(1.0, 0.45), wrist=(0.5, 0.2)))
    slant = math.sin(math.atan2(0.25, 0.5))
    forearm = (STATION > 0.5 - ARM_RADIUS) & ((STATION - 0.5) * slant < ARM_RADIUS)
    np.testing.assert_array_equal(np.isnan(left), forearm | (STATION > 1 - ARM_RADIUS))
    np.testing.assert_allclose(left[np.isfinite(left)], WIDTHS[0], atol=0.3 / 90)
    assert np.isfinite(right).all()


@pytest.mark.parametrize(
    ("elbow", "wrist", "hidden"),
    [
        pytest.param((0.5, 0.2), (0.0, 0.2), (True, False), id="hangs along the left edge"),
        pytest.param((0.5, -0.16), (0.0, -0.16), (False, True), id="hangs along the right edge"),
        pytest.param((1.0, 1.0), (1.0, 2.0), (False, False), id="stretched forward"),
        pytest.param((1.7, 0.2), (2.3, 0.2), (False, False), id="raised"),
    ],
)
def test_where_an_arm_hides_the_edge(
    elbow: tuple[float, float], wrist: tuple[float, float], hidden: tuple[bool, bool]
) -> None:
    trunk = Trunk()
    profile = trace_of(trunk, with_arm(trunk, elbow, wrist))
    for side, gone in zip(profile, hidden, strict=True):
        assert math.isnan(turn_deg(side)) is gone


def test_an_arm_that_is_not_seen_hides_nothing() -> None:
    assert np.isfinite(Trunk().profile()).all()


@pytest.mark.parametrize(
    "trunk",
    [
        pytest.param(Trunk(chord=MIN_CHORD_PX - 0.5), id="short"),
        pytest.param(Trunk(chord=0.0), id="a point"),
        pytest.param(Trunk(chord=math.nan), id="not seen"),
    ],
)
def test_no_chord_no_outline(trunk: Trunk) -> None:
    assert trace(Trunk().mask(), trunk.landmarks()) is None


def test_shortest_chord() -> None:
    assert Trunk(chord=MIN_CHORD_PX + 0.5).profile().shape == (2, STATIONS)


@pytest.mark.parametrize(
    ("belief", "why"), [(1.0, "never leaves the body"), (0.0, "starts outside it"), (0.5, "is never sure")]
)
def test_a_ray_that_meets_no_edge(belief: float, why: str) -> None:
    trunk = Trunk()
    profile = trace(np.full(trunk.size, belief, np.float32), trunk.landmarks())
    assert profile is not None
    assert np.isnan(profile).all()


@pytest.mark.parametrize(
    ("at", "sides"), [((0.02, 0.5), (True, False)), ((0.98, 0.5), (False, True))], ids=["left", "right"]
)
def test_the_border_of_the_picture_is_no_edge_of_the_body(at: tuple[float, float], sides: tuple[bool, bool]) -> None:
    profile = Trunk(at=at).profile()
    for side, gone in zip(profile, sides, strict=True):
        np.testing.assert_array_equal(np.isnan(side), gone)


def test_a_chord_out_of_the_picture() -> None:
    assert np.isnan(Trunk(at=(3.0, -2.0)).profile()).all()


def test_inputs_stay_as_they_were() -> None:
    trunk = Trunk(turn=20)
    mask, landmarks = trunk.mask(), np.nan_to_num(trunk.landmarks(), nan=50)
    before = mask.copy(), landmarks.copy()
    trace(mask, landmarks)
    support(mask, landmarks)
    np.testing.assert_array_equal(mask, before[0])
    np.testing.assert_array_equal(landmarks, before[1])


# --- its turn ---


@pytest.mark.parametrize("up", UPS)
@pytest.mark.parametrize("turn", [-30, -12, 0, 15, 40])
def test_turn_of_an_arc(turn: float, up: float) -> None:
    left, right = Trunk(turn=turn, up=up).profile()
    assert turn_deg(left) == pytest.approx(turn, abs=2.0)
    assert turn_deg(right) == pytest.approx(0, abs=1.0)


@pytest.mark.parametrize("turn", [-25, 0, 25])
@pytest.mark.parametrize("up", [20, 80])
@pytest.mark.parametrize(("trunk", "within"), PICTURES)
def test_turn_in_small_and_large_pictures(trunk: Trunk, within: float, turn: float, up: float) -> None:
    left = replace(trunk, turn=turn, up=up).profile()[0]
    assert turn_deg(left) == pytest.approx(turn, abs=within)


def parabola(turn: float, first: float = FIT[0], last: float = FIT[1]) -> NDArray[np.float32]:
    """A back that turns by so much over the stretch, deepest in its middle."""
    c2 = -math.tan(math.radians(turn) / 2) / (last - first)
    return (0.2 + c2 * (STATION - 0.5) ** 2 + 0.1 * STATION).astype(np.float32)


@pytest.mark.parametrize("turn", [-40, 0, 10, 60])
@pytest.mark.parametrize(("first", "last"), [FIT, (0.3, 0.9), (0.15, 0.6)])
def test_turn_of_a_parabola(turn: float, first: float, last: float) -> None:
    assert turn_deg(parabola(turn, first, last), first, last) == pytest.approx(turn, abs=0.01)


def test_turn_looks_away_from_what_sticks_out() -> None:
    """A hand, a fold, the end of a plate: a fifth of the stations, off by a tenth of the chord."""
    back = parabola(20)
    back[6:12] += 0.1
    assert turn_deg(back) == pytest.approx(20, abs=1.0)


def test_turn_in_noise() -> None:
    noise = np.random.default_rng(5).normal(0, 0.004, (200, STATIONS)).astype(np.float32)  # half a pixel of 120
    turns = [turn_deg(parabola(20) + n) for n in noise]
    assert np.mean(turns) == pytest.approx(20, abs=0.5)
    assert np.std(turns) < 2.5


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param(slice(0, 20), id="hips hidden"),
        pytest.param(slice(12, 32), id="shoulders hidden"),
        pytest.param(slice(0, 32), id="all"),
        pytest.param(np.arange(STATIONS) % 2 == 0, id="every other one"),
    ],
)
def test_turn_of_too_little_is_unknown(gone: slice | NDArray[np.bool_]) -> None:
    back = parabola(20)
    back[gone] = np.nan
    assert math.isnan(turn_deg(back))


def test_turn_over_a_gap() -> None:
    back = parabola(20)
    back[10:18] = np.nan
    assert turn_deg(back) == pytest.approx(20, abs=0.01)


def test_turn_of_what_is_no_back_is_unknown() -> None:
    zigzag = np.where(np.arange(STATIONS) % 2, 0.1, 0.3).astype(np.float32)
    assert math.isnan(turn_deg(zigzag))


# --- its height ---


def test_height_is_the_median_over_a_stretch() -> None:
    row = STATION.astype(np.float32)
    assert height(row, 0.2, 0.45) == pytest.approx(0.325, abs=0.02)
    assert height(np.full(STATIONS, 0.17, np.float32), 0.2, 0.45) == pytest.approx(0.17)


def test_height_passes_over_gaps() -> None:
    row = np.full(STATIONS, 0.17, np.float32)
    row[(STATION > 0.28) & (STATION < 0.36)] = np.nan
    assert height(row, 0.2, 0.45) == pytest.approx(0.17)


@pytest.mark.parametrize("seen", [pytest.param((0.5, 1.0), id="none"), pytest.param((0.0, 0.3), id="less than half")])
def test_height_of_too_little_is_unknown(seen: tuple[float, float]) -> None:
    row = np.where((seen[0] <= STATION) & (seen[1] >= STATION), 0.17, np.nan).astype(np.float32)
    assert math.isnan(height(row, 0.2, 0.45))


# --- how far the mask backs a landmark ---


def disc(radius: float = 40.0) -> NDArray[np.float32]:
    """A person who is a disc in the middle of a picture of 200 × 200."""
    x, y = np.meshgrid(np.arange(200), np.arange(200))
    return np.clip(0.5 + (radius - np.hypot(x - 100, y - 100)) / 2, 0, 1).astype(np.float32)


@pytest.mark.parametrize(
    ("point", "backed"),
    [
        pytest.param((100, 100), 1.0, id="inside"),
        pytest.param((145, 100), 1.0, id="a little outside"),
        pytest.param((100, 52), 1.0, id="a little above"),
        pytest.param((160, 100), 0.0, id="far outside"),
        pytest.param((100, 30), 0.0, id="far above"),
        pytest.param((500, 900), 0.0, id="out of the picture"),
    ],
)
def test_support(point: tuple[float, float], backed: float) -> None:
    landmarks = np.full((LANDMARKS, 3), 100, np.float32)
    landmarks[L.NOSE, :2], landmarks[L.LEFT_ANKLE, :2] = (20, 20), (180, 180)  # 160 px tall: within 10 px is near
    landmarks[L.LEFT_WRIST, :2] = point
    if max(point) > 200:
        landmarks[L.NOSE, :2] = landmarks[L.LEFT_ANKLE, :2] = 100
    found = support(disc(), landmarks)
    assert found.shape == (LANDMARKS,)
    assert found.dtype == np.float32
    assert found[L.LEFT_WRIST] == pytest.approx(backed)
    assert found[L.LEFT_KNEE] == 1.0


def test_support_is_the_best_belief_nearby() -> None:
    landmarks = np.full((LANDMARKS, 3), 100, np.float32)
    np.testing.assert_allclose(support(0.4 * disc(), landmarks), 0.4)


def test_support_of_an_unseen_landmark() -> None:
    landmarks = np.full((LANDMARKS, 3), 100, np.float32)
    landmarks[L.LEFT_WRIST] = np.nan
    found = support(disc(), landmarks)
    assert found[L.LEFT_KNEE] == 1.0
    assert found[L.LEFT_WRIST] == 0.0 or np.isnan(found[L.LEFT_WRIST])
