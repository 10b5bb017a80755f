"""Every measure on hand-made skeletons, mirrored, enlarged, and with nothing to see."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formcoach import measure as m
from formcoach.body import Body, Side
from formcoach.measure import Measure
from formcoach.outline import STATION, STATIONS
from formcoach.pose import LANDMARKS, MIRROR
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formcoach.geometry import Point, Point3

MEASURES = {name: value for name, value in vars(m).items() if isinstance(value, Measure)}
measures = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)

SIGNED = {
    "girdle_roll_deg",
    "pelvis_roll_deg",
    "girdle_twist_deg",
    "trunk_roll_deg",
    "azimuth_deg",
    "trunk_side_deg",
    "nose_x_t",
    "step_t",
}
"""Of these, left against right is the sign. All others are alike for the mirrored person."""
PLACES_ACROSS = {"hips_x_t", "shoulders_x_t", "knee_x_t", "ankle_x_t"}
IN_THE_PICTURE_ONLY = PLACES_ACROSS | {"wrist_y_t", "shoulders_y_t", "hips_y_t", "ankle_y_t", "knee_y_t"}
"""Where in the picture it is matters."""
IN_SPACE = {
    "arms_apart_deg",
    "grip_h_t",
    "turned_away_deg",
    "girdle_tilt_deg",
    "hinge_deg",
    "bow_deg",
    "girdle_twist_deg",
    "azimuth_deg",
    "step_t",
} | {
    "hand_rise_t",
    "higher_hand_t",
    "hands_along_t",
    "trunk_roll_deg",
    "lower_hand_t",
    "overhead_deg",
    "opening_deg",
    "upper_opening_deg",
}
"""Seen as long as a pose is."""
ROUND = {"arm_flex_deg", "head_pitch_deg", "neck_deg", "gaze_deg", "trunk_lean_deg", "bow_deg"}
"""180° and -180° are the same."""

quick = settings(deadline=None, max_examples=25)
WIDTH = 640.0


def readings(measure: Measure, body: Body) -> dict[Side | None, float]:
    if measure.sided:
        return {side: measure.function(body, side) for side in Side}
    return {None: measure.function(body)}


def same(measure: Measure, value: float, expected: float) -> bool:
    if measure.name in ROUND and abs(value - expected) > 359:
        return True
    return value == pytest.approx(expected, abs=1e-6, nan_ok=True)


# --- bodies at random ---


def scattered(seed: int, azimuth: float) -> Body:
    """A body that nobody has, seen well."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(50, 500, (LANDMARKS, 2)).tolist()
    world = rng.uniform(-1, 1, (LANDMARKS, 3)).tolist()
    outline = (0.2 - rng.uniform(0.1, 0.6, (2, 1)) * (STATION - rng.uniform(0.4, 0.6)) ** 2).astype(np.float32)
    return Body(1.0, [(x, y) for x, y in xy], [(x, y, z) for x, y, z in world], 120.0, azimuth, outline)


def mirrored(body: Body) -> Body:
    return replace(
        body,
        xy=[(WIDTH - body.xy[i][0], body.xy[i][1]) for i in MIRROR],
        world=[(-body.world[i][0], body.world[i][1], body.world[i][2]) for i in MIRROR],
        azimuth_deg=-body.azimuth_deg,
        outline=None if body.outline is None else body.outline[::-1],
    )


def enlarged(body: Body, times: float) -> Body:
    """The picture so many times as large, the person still so many metres."""
    return replace(body, xy=[(times * x, times * y) for x, y in body.xy], torso_px=times * body.torso_px)


def without(body: Body, *unseen: int) -> Body:
    return replace(body, xy=[(math.nan, math.nan) if i in unseen else p for i, p in enumerate(body.xy)])


bodies = st.builds(
    scattered, st.integers(0, 10_000), st.sampled_from([-170.0, -91.0, -50.0, -8.0, 5.0, 30.0, 88.0, 130.0])
)


@pytest.mark.parametrize("name", sorted(MEASURES.keys() - PLACES_ACROSS))
@quick
@given(body=bodies)
def test_mirrored(name: str, body: Body) -> None:
    """The left of the one is the right of the other."""
    measure = MEASURES[name]
    sign = -1 if measure.name in SIGNED else 1
    other = readings(measure, mirrored(body))
    for side, value in readings(measure, body).items():
        assert same(measure, other[side and side.other], sign * value)


@measures
@quick
@given(body=bodies, times=st.floats(0.2, 5))
def test_enlarged(measure: Measure, body: Body, times: float) -> None:
    larger = readings(measure, enlarged(body, times))
    assert all(same(measure, larger[side], value) for side, value in readings(measure, body).items())


@measures
@quick
@given(body=bodies, times=st.floats(0.5, 2))
def test_metres_do_not_matter(measure: Measure, body: Body, times: float) -> None:
    grown = replace(body, world=[(times * x, times * y, times * z) for x, y, z in body.world])
    other = readings(measure, grown)
    assert all(same(measure, other[side], value) for side, value in readings(measure, body).items())


@pytest.mark.parametrize("name", sorted(MEASURES.keys() - IN_THE_PICTURE_ONLY))
@quick
@given(body=bodies, dx=st.floats(-300, 300), dy=st.floats(-300, 300))
def test_shifted(name: str, body: Body, dx: float, dy: float) -> None:
    measure = MEASURES[name]
    other = readings(measure, replace(body, xy=[(x + dx, y + dy) for x, y in body.xy]))
    assert all(same(measure, other[side], value) for side, value in readings(measure, body).items())


@pytest.mark.parametrize("name", sorted(MEASURES.keys() - {"azimuth_deg", "turned_away_deg"}))
def test_it_depends_on_the_body(name: str) -> None:
    measure = MEASURES[name]
    some = {round(v, 6) for seed in range(6) for v in readings(measure, scattered(seed, 60.0)).values()}
    assert len(some) >= 6


# --- nothing to see ---


def unseen_bodies() -> Iterator[tuple[str, Body]]:
    for azimuth in (0.0, 60.0, -90.0, 180.0):
        body = scattered(1, azimuth)
        yield "nothing", replace(without(body, *range(LANDMARKS)), outline=None)
        yield "no outline", replace(body, outline=None)
        yield "an outline that is hidden", replace(body, outline=np.full((2, STATIONS), np.nan, np.float32))
        yield "all in one place", replace(body, xy=[(7.0, 7.0)] * LANDMARKS, world=[(0.0, 0.0, 0.0)] * LANDMARKS)
        yield "very small", replace(body, torso_px=1.0)
        for joint in L:
            yield f"no {joint.name}", without(body, joint)


UNSEEN = list(unseen_bodies())


@measures
def test_silent_on_what_is_unseen(measure: Measure) -> None:
    for what, body in UNSEEN:
        for value in readings(measure, body).values():
            assert isinstance(value, float), what
            assert not math.isinf(value), what


@measures
def test_unseen_is_nan(measure: Measure) -> None:
    nothing = replace(without(scattered(1, 60.0), *range(LANDMARKS)), outline=None)
    for value in readings(measure, nothing).values():
        assert math.isnan(value) is (measure.name not in IN_SPACE)


# --- names ---


@measures
def test_name_ends_in_its_unit(measure: Measure) -> None:
    assert measure.name.rsplit("_", 1)[1] in ("deg", "t")
    assert measure.unit == {"deg": "deg", "t": "T"}[measure.name.rsplit("_", 1)[1]]


@measures
def test_it_says_what_it_measures(measure: Measure) -> None:
    assert MEASURES[measure.name] is measure
    assert measure.about[0].isupper()
    assert measure.about.endswith(".")


# --- known values ---

T = 100.0
Places = dict[str, tuple[float, float]]


def figure(azimuth: float = -90.0, **places: tuple[float, float]) -> Body:
    """A person by a few places, in torso lengths to the picture's right and up from the hips' middle, flat in space.

    A name without a side places both; by default somebody stands there and faces the picture's right.
    """
    both: Places = {"hip": (0, 0), "shoulder": (0, 1)}
    xy: list[Point] = [(math.nan, math.nan)] * LANDMARKS
    for name, (x, y) in (both | places).items():
        for joint in L:
            if joint.name.lower() in (name, f"left_{name}", f"right_{name}"):
                xy[joint] = (300 + T * x, 250 - T * y)
    world: list[Point3] = [((x - 300) / (2 * T), (y - 250) / (2 * T), 0.0) for x, y in xy]
    return Body(0.0, xy, world, T, azimuth, None)


def leant(lean_deg: float) -> tuple[float, float]:
    return math.sin(math.radians(lean_deg)), math.cos(math.radians(lean_deg))


LEVEL = (1.0, 0.0)
"""The shoulders of somebody whose trunk is level."""
ROLLED: Places = {"left_shoulder": (0.3, 0.8), "right_shoulder": (-0.3, 1.4)}


@pytest.mark.parametrize(
    ("measure", "body", "expected"),
    [
        pytest.param(m.elbow_deg, figure(elbow=(0, 0.5), wrist=(0, 0)), 180, id="elbow straight"),
        pytest.param(m.elbow_deg, figure(elbow=(0, 0.5), wrist=(0.5, 0.5)), 90, id="elbow bent"),
        pytest.param(m.arm_vert_deg, figure(elbow=(0, 0.4)), 0, id="arm hangs"),
        pytest.param(m.arm_vert_deg, figure(elbow=(0.6, 1)), 90, id="arm level"),
        pytest.param(m.arm_vert_deg, figure(elbow=(0, 1.6)), 180, id="arm up"),
        pytest.param(m.wrist_h_t, figure(wrist=(0.2, 1.75)), 0.75, id="wrist above the shoulder"),
        pytest.param(m.wrist_h_t, figure(wrist=(0.2, 0)), -1, id="wrist below the shoulder"),
        pytest.param(m.hand_h_t, figure(wrist=(0, -0.2)), -0.2, id="hand below the hips"),
        pytest.param(m.wrist_y_t, figure(wrist=(0, 0.5)), -2, id="wrist in the picture"),
        pytest.param(m.wrist_y_t, figure(wrist=(0, 1.5)), -1, id="wrist higher in the picture"),
        pytest.param(m.wrist_before_t, figure(wrist=(0.3, 0)), 0.3, id="wrist before the shoulders"),
        pytest.param(m.wrist_before_t, figure(90, wrist=(0.3, 0)), -0.3, id="wrist behind the shoulders"),
        pytest.param(m.arm_elev_deg, figure(elbow=(0, 0.4)), 0, id="arm along the trunk"),
        pytest.param(m.arm_elev_deg, figure(shoulder=LEVEL, elbow=(1, -0.6)), 90, id="arm hangs off a level trunk"),
        pytest.param(m.elbow_ant_t, figure(elbow=(0.2, 0.5)), 0.2, id="elbow before"),
        pytest.param(m.elbow_ant_t, figure(elbow=(-0.1, 0.5)), -0.1, id="elbow behind the back"),
        pytest.param(m.elbow_ant_t, figure(shoulder=LEVEL, elbow=(1, -0.6)), 0.6, id="elbow below a level trunk"),
        pytest.param(m.wrist_fore_t, figure(wrist=(0.3, 0)), 0.3, id="wrist forward"),
        pytest.param(m.wrist_fore_t, figure(-45, wrist=(0.3, 0)), 0.3 * math.sqrt(2), id="wrist forward, opened up"),
        pytest.param(m.wrist_fore_t, figure(-5, wrist=(0.3, 0)), 0.6, id="wrist forward, at most doubled"),
        pytest.param(m.forearm_tilt_deg, figure(elbow=(0.2, 1), wrist=(0.2, 1.5)), 0, id="forearm upright"),
        pytest.param(m.forearm_tilt_deg, figure(elbow=(0.2, 1), wrist=(0.7, 1)), 90, id="forearm level"),
        pytest.param(m.trunk_lean_deg, figure(), 0, id="trunk upright"),
        pytest.param(m.trunk_lean_deg, figure(shoulder=leant(35)), 35, id="trunk leans forward"),
        pytest.param(m.trunk_lean_deg, figure(90, shoulder=leant(35)), -35, id="trunk leans back"),
        pytest.param(m.trunk_lean_deg, figure(-30, shoulder=(0.25, 0.5)), 45, id="trunk lean opened up"),
        pytest.param(m.trunk_lean_deg, figure(-15, shoulder=(0.25, 0.5)), math.nan, id="trunk lean from the front"),
        pytest.param(m.arm_lift_deg, figure(wrist=(0, 0.2)), 0, id="arm hangs"),
        pytest.param(m.arm_lift_deg, figure(wrist=(1, 1)), 90, id="arm level"),
        pytest.param(m.upper_arm_lift_deg, figure(elbow=(0, 1.6)), 180, id="upper arm up"),
        pytest.param(m.hinge_deg, figure(), 0, id="no hinge"),
        pytest.param(m.hinge_deg, figure(shoulder=leant(-70)), 70, id="hinge"),
        pytest.param(m.hinge_deg, figure(shoulder=leant(135)), 135, id="hinge beyond level"),
        pytest.param(m.chord_t, figure(shoulder=(0.3, 0.4)), 0.5, id="chord"),
        pytest.param(m.girdle_roll_deg, figure(0, **ROLLED), 45, id="left shoulder lower"),
        pytest.param(m.girdle_roll_deg, figure(180, shoulder=(0, 1), **ROLLED), 45, id="the same from the rear"),
        pytest.param(m.pelvis_roll_deg, figure(0, left_hip=(0.2, 0.2), right_hip=(-0.2, -0.2)), -45,
                     id="right hip lower"),
        pytest.param(m.girdle_twist_deg, figure(0, **ROLLED, left_hip=(0.2, 0), right_hip=(-0.2, 0)), 45, id="twist"),
        pytest.param(m.girdle_twist_deg, figure(0, **ROLLED, left_hip=(0.2, -0.2), right_hip=(-0.2, 0.2)), 0,
                     id="rolled as a whole"),
        pytest.param(m.neck_deg, figure(ear=(0, 1.3)), 0, id="neck in line"),
        pytest.param(m.neck_deg, figure(ear=(0.2, 1.2)), 45, id="head forward"),
        pytest.param(m.neck_deg, figure(shoulder=LEVEL, ear=(1.2, 0.2)), -45, id="head raised over a level trunk"),
        pytest.param(m.head_pitch_deg, figure(ear=(0, 1.3), nose=(0.2, 1.3)), 0, id="head in line"),
        pytest.param(m.head_pitch_deg, figure(ear=(0, 1.3), nose=(0.2, 1.5)), 45, id="head up"),
        pytest.param(m.head_pitch_deg, figure(shoulder=LEVEL, ear=(1.3, 0), nose=(1.3, -0.2)), 0, id="the same, level"),
        pytest.param(m.head_pitch_deg, figure(shoulder=LEVEL, ear=(1.3, 0), nose=(1.1, -0.2)), -45, id="chin tucked"),
        pytest.param(m.gaze_deg, figure(ear=(0, 1.3), nose=(0.2, 1.3)), 0, id="looks ahead"),
        pytest.param(m.gaze_deg, figure(ear=(0, 1.3), nose=(0.2, 1.5)), 45, id="looks up"),
        pytest.param(m.gaze_deg, figure(-45, ear=(0, 1.3), nose=(0.1, 1.3 + 0.1 * math.sqrt(2))), 45, id="opened up"),
        pytest.param(m.gaze_deg, figure(-20, ear=(0, 1.3), nose=(0.1, 1.5)), math.nan, id="gaze from the front"),
        pytest.param(m.gaze_deg, figure(shoulder=LEVEL, ear=(1.3, 0), nose=(1.3, -0.2)), -90, id="looks at the floor"),
        pytest.param(m.ear_gap_t, figure(ear=(0.1, 1.3)), 0.3, id="ears above the shoulders"),
        pytest.param(m.ear_gap_t, figure(shoulder=LEVEL, ear=(1.3, 0.1)), 0.3, id="along a level trunk"),
        pytest.param(m.ear_gap_t, figure(right_ear=(0, 1.3)), math.nan, id="one ear hidden"),
        pytest.param(m.near_ear_gap_t, figure(right_ear=(0, 1.3)), 0.3, id="the near ear"),
        pytest.param(m.near_ear_gap_t, figure(left_ear=(0, 1.3)), math.nan, id="the near ear hidden"),
        pytest.param(m.near_ear_gap_t, figure(0, left_ear=(0.1, 1.2), right_ear=(-0.1, 1.4)), 0.3, id="both ears"),
        pytest.param(m.near_ear_gap_t, figure(0, left_ear=(0.1, 1.2)), 0.2, id="the one ear there is"),
        pytest.param(m.knee_deg, figure(knee=(0, -1), ankle=(0, -1.9)), 180, id="knee straight"),
        pytest.param(m.knee_deg, figure(knee=(1, 0), ankle=(1, -1)), 90, id="knee bent"),
        pytest.param(m.hip_deg, figure(knee=(0, -1)), 180, id="hip straight"),
        pytest.param(m.hip_deg, figure(shoulder=LEVEL, knee=(0, -1)), 90, id="hip bent"),
        pytest.param(m.hip_stature_t, figure(ankle=(0, -1.7)), 1.7, id="hips above the ankles"),
        pytest.param(m.hip_stature_t, figure(left_ankle=(0, -1.6)), 1.6, id="above the left ankle alone"),
        pytest.param(m.hip_stature_t, figure(right_ankle=(0, -1.8)), 1.8, id="above the right ankle alone"),
        pytest.param(m.hip_stature_t, figure(left_ankle=(0, -1.6), right_ankle=(0, -1.8)), 1.7, id="above both"),
        pytest.param(m.azimuth_deg, figure(33), 33, id="azimuth"),
    ],
)  # fmt: skip
def test_known_value(measure: Measure, body: Body, expected: float) -> None:
    for value in readings(measure, body).values():
        assert value == pytest.approx(expected, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("azimuth", [0.0, 180.0], ids=["front", "rear"])
@pytest.mark.parametrize(("out", "side"), [(0.3, Side.LEFT), (-0.1, Side.RIGHT)])
def test_elbow_out(azimuth: float, out: float, side: Side) -> None:
    """Seen from the front the left side is to the picture's right, from the rear to its left."""
    across = 1 if (side is Side.LEFT) is (azimuth == 0) else -1
    body = figure(azimuth, shoulder=(0.3 * across, 1), elbow=((0.3 + out) * across, 0.8))
    assert m.elbow_out_t.function(body, side) == pytest.approx(out)


@pytest.mark.parametrize("azimuth", [0.0, 50.0, 90.0, -90.0, -140.0, 180.0])
@pytest.mark.parametrize("lean", [-20, 0, 60, 90])
def test_the_trunk_leans_alike_from_all_round(azimuth: float, lean: float) -> None:
    """Towards the camera, away from it, across the picture: in space it is the same."""
    forward, up = leant(lean)
    s, c = math.sin(math.radians(azimuth)), math.cos(math.radians(azimuth))
    world: list[Point3] = [(0.0, 0.0, 0.0)] * LANDMARKS
    for left, right, ahead, above in (
        (L.LEFT_SHOULDER, L.RIGHT_SHOULDER, 0.5 * forward, 0.5 * up),
        (L.LEFT_HIP, L.RIGHT_HIP, 0.0, 0.0),
    ):
        for joint, out in ((left, 0.15), (right, -0.15)):
            world[joint] = (out * c - ahead * s, -above, -out * s - ahead * c)
    body = replace(figure(azimuth), world=world)
    assert m.hinge_deg.function(body) == pytest.approx(abs(lean))
    assert m.bow_deg.function(body) == pytest.approx(lean, abs=1e-6)


def backed(azimuth: float, turn: float, low: float = 0.2) -> Body:
    """A trunk whose back turns by so much between 0.15 and 0.90 of the chord, and whose belly is hollow."""
    c2 = -math.tan(math.radians(turn) / 2) / 0.75
    back = low + c2 * ((STATION - 0.325) ** 2 - 0.125**2 / 4)  # the lower back, around 0.325, stays as deep
    belly = 0.1 + 0.3 * (STATION - 0.5) ** 2
    rows = (back, belly) if azimuth < 0 else (belly, back)
    return replace(figure(azimuth), outline=np.array(rows, np.float32))


facing = pytest.mark.parametrize("azimuth", [-90.0, 90.0], ids=["faces right", "faces left"])


@facing
@pytest.mark.parametrize("turn", [-15, 0, 25])
def test_back_turn(azimuth: float, turn: float) -> None:
    assert m.back_turn_deg.function(backed(azimuth, turn)) == pytest.approx(turn, abs=0.01)


@facing
def test_low_back(azimuth: float) -> None:
    assert m.low_back_t.function(backed(azimuth, 20, low=0.17)) == pytest.approx(0.17, abs=0.005)


@facing
def test_back_flexion_grows_with_either_sign(azimuth: float) -> None:
    flat, turned, lifted = (
        m.back_flexion_deg.function(backed(azimuth, *back)) for back in ((0, 0.2), (20, 0.2), (0, 0.25))
    )
    assert turned - flat > 10
    assert lifted - flat > 5


def posed(azimuth: float, places: dict[L, Point3]) -> Body:
    """A body whose joints in space are these, the others at its hips."""
    world: list[Point3] = [(0.0, 0.0, 0.0)] * LANDMARKS
    for joint, place in places.items():
        world[joint] = place
    return replace(figure(azimuth), world=world)


@pytest.mark.parametrize(("azimuth", "side"), [(90.0, "LEFT"), (-90.0, "RIGHT")])
@pytest.mark.parametrize("deg", [-20, 0, 60, 90, 120])
def test_overhead_of_a_body_on_its_back(azimuth: float, side: str, deg: float) -> None:
    a = math.radians(deg)
    places = dict.fromkeys((L.LEFT_SHOULDER, L.RIGHT_SHOULDER), (0.5, 0.0, 0.0))
    places[L[f"{side}_WRIST"]] = (0.5 + 0.6 * math.sin(a), -0.6 * math.cos(a), 0.1)
    assert m.overhead_deg.function(posed(azimuth, places)) == pytest.approx(deg)


@pytest.mark.parametrize("deg", [-20, 30, 90, 180, 250])
@pytest.mark.parametrize("turned", [-40, 0, 45])
def test_opening_of_a_body_on_its_right_side(deg: float, turned: float) -> None:
    """The head to the left, the chest to the camera: the arm goes from down toward it, up, and to behind."""
    a, g = math.radians(deg), math.radians(turned)
    shoulder = (-0.5, -0.15 * math.cos(g), 0.15 * math.sin(g))
    places = {
        L.LEFT_HIP: (0.0, -0.1, 0.0),
        L.RIGHT_HIP: (0.0, 0.1, 0.0),
        L.LEFT_KNEE: (0.0, -0.1, -0.4),
        L.RIGHT_KNEE: (0.4, 0.1, 0.0),
        L.LEFT_SHOULDER: shoulder,
        L.RIGHT_SHOULDER: (-0.5, -shoulder[1], -shoulder[2]),
        L.LEFT_WRIST: (-0.5, shoulder[1] + 0.6 * math.cos(a), shoulder[2] - 0.6 * math.sin(a)),
        L.RIGHT_WRIST: (-0.5, -shoulder[1], -0.6),
    }
    body = posed(90.0, places)
    exchanged = posed(90.0, {L(MIRROR[joint]): place for joint, place in places.items()})
    for what in (body, exchanged):
        assert m.opening_deg.function(what) == pytest.approx((deg + 2 * turned) / 3)
        assert m.upper_opening_deg.function(what, Side.LEFT) == m.opening_deg.function(what)
        assert m.upper_opening_deg.function(what, Side.RIGHT) == 0.0
