"""The observer on a drawn person of known proportions, turned to the camera as one likes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from formcoach.body import BACKED, LEAP_T_S, VISIBLE, Body, Observer, Side, View
from formcoach.outline import STATIONS
from formcoach.pose import LANDMARKS, MIRROR, Pose
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

TORSO_M = 0.5
PX_PER_M = 200.0
T = TORSO_M * PX_PER_M
WIDTH = 640
DT = 1 / 30

HALF = {  # toward the person's own left, up and forward, m; the right half mirrors it
    L.LEFT_EYE: (0.03, 0.68, 0.10), L.LEFT_EAR: (0.07, 0.66, 0.02), L.LEFT_SHOULDER: (0.18, 0.50, 0.0),
    L.LEFT_ELBOW: (0.20, 0.20, 0.0), L.LEFT_WRIST: (0.21, -0.04, 0.03), L.LEFT_HIP: (0.10, 0.0, 0.0),
    L.LEFT_KNEE: (0.11, -0.42, 0.02), L.LEFT_ANKLE: (0.11, -0.84, 0.0), L.LEFT_HEEL: (0.11, -0.88, -0.05),
    L.LEFT_TOE: (0.12, -0.88, 0.16),
}  # fmt: skip
UPPER = [i for i in range(LANDMARKS) if i < L.LEFT_HIP]


def standing() -> NDArray[np.float64]:
    """(33, 3) left, up, forward of somebody who stands."""
    points = np.zeros((LANDMARKS, 3))
    points[:11] = 0.0, 0.64, 0.10
    for i in range(L.LEFT_WRIST + 2, L.LEFT_HIP, 2):  # fingers
        points[i] = 0.21, -0.10, 0.03
        points[i + 1] = -0.21, -0.10, 0.03
    points[L.NOSE] = 0.0, 0.65, 0.13
    for joint, (left, up, forward) in HALF.items():
        points[joint], points[MIRROR[joint]] = (left, up, forward), (-left, up, forward)
    return points


def hinged(lean_deg: float) -> NDArray[np.float64]:
    """The same bent forward at the hips."""
    points = standing()
    s, c = math.sin(math.radians(lean_deg)), math.cos(math.radians(lean_deg))
    up, forward = points[UPPER, 1].copy(), points[UPPER, 2].copy()
    points[UPPER, 1], points[UPPER, 2] = c * up - s * forward, s * up + c * forward
    return points


@dataclass(frozen=True)
class Shot:
    """A frame: somebody before the camera.

    Attributes:
        azimuth: from where the camera sees the body, degrees; 90 shows it the left side.
        points: of the body, in its own axes.
        dx: how far some landmarks are off in the picture, px to the right.
        exchanged: whether the model took left for right.
    """

    azimuth: float = 0.0
    points: NDArray[np.float64] = field(default_factory=standing)
    dx: Mapping[int, float] = field(default_factory=dict)
    exchanged: bool = False
    visibility: Mapping[int, float] = field(default_factory=dict)
    support: Mapping[int, float] = field(default_factory=dict)
    px_per_m: float = PX_PER_M

    def pose(self, time_s: float) -> Pose:
        s, c = math.sin(math.radians(self.azimuth)), math.cos(math.radians(self.azimuth))
        left, up, forward = self.points.T
        world = np.stack([left * c - forward * s, -up, -left * s - forward * c], axis=1)
        landmarks = self.px_per_m * world + [WIDTH / 2, 250.0, 0.0]
        for joint, dx in self.dx.items():
            landmarks[joint, 0] += dx
        visibility, support = np.ones(LANDMARKS), np.ones(LANDMARKS)
        for array, values in ((visibility, self.visibility), (support, self.support)):
            for joint, value in values.items():
                array[joint] = value
        order = np.array(MIRROR) if self.exchanged else np.arange(LANDMARKS)
        told = [array[order].astype(np.float32) for array in (landmarks, world, visibility, support)]
        return Pose(time_s, told[0], told[1], told[2], told[3], np.full((2, STATIONS), 0.2, np.float32))


def observe(shots: Iterable[Shot], observer: Observer | None = None, start_s: float = 0.0) -> list[Body]:
    observer = observer or Observer()
    return [observer(shot.pose(start_s + i * DT)) for i, shot in enumerate(shots)]


def body_of(shot: Shot, frames: int = 3) -> Body:
    return observe([shot] * frames)[-1]


def unseen(body: Body) -> set[int]:
    """The landmarks that are not trusted."""
    return {i for i, (x, y) in enumerate(body.xy) if math.isnan(x) or math.isnan(y)}


def drawn(shot: Shot) -> NDArray[np.float32]:
    return shot.pose(0.0).landmarks[:, :2]


# --- view, side, facing ---


@pytest.mark.parametrize("sign", [1, -1], ids=["left", "right"])
@pytest.mark.parametrize(
    ("azimuth", "view"),
    [
        (0, View.FRONT), (22, View.FRONT), (22.1, View.OBLIQUE), (45, View.OBLIQUE), (65, View.OBLIQUE),
        (65.1, View.SIDE), (90, View.SIDE), (115, View.SIDE), (115.1, View.REAR_OBLIQUE), (158, View.REAR_OBLIQUE),
        (158.1, View.REAR), (180, View.REAR), (200, View.REAR), (270, View.SIDE), (350, View.FRONT), (360, View.FRONT),
    ],
)  # fmt: skip
def test_view(azimuth: float, view: View, sign: int) -> None:
    assert View.at(sign * azimuth) is view


def test_each_view_has_words() -> None:
    assert len({view.words for view in View}) == len(View)


def test_other_side() -> None:
    assert [side.other for side in Side] == [Side.RIGHT, Side.LEFT]


AZIMUTHS = [-165, -120, -90, -60, -30, -5, 0, 5, 30, 60, 90, 120, 165]


@pytest.mark.parametrize("lean", [0, 60])
@pytest.mark.parametrize("azimuth", AZIMUTHS)
def test_azimuth(azimuth: float, lean: float) -> None:
    body = body_of(Shot(azimuth, hinged(lean)))
    assert body.azimuth_deg == pytest.approx(azimuth, abs=0.1)
    assert body.sideways == pytest.approx(abs(math.sin(math.radians(azimuth))), abs=0.01)


@pytest.mark.parametrize(
    ("azimuth", "near", "facing"),
    [(90, Side.LEFT, -1), (40, Side.LEFT, -1), (150, Side.LEFT, -1), (-90, Side.RIGHT, 1), (-40, Side.RIGHT, 1)],
)
def test_near_side_and_facing(azimuth: float, near: Side, facing: float) -> None:
    body = body_of(Shot(azimuth))
    assert (body.near, body.facing) == (near, facing)
    forward = body.xy[L.LEFT_TOE][0] - body.xy[L.LEFT_HEEL][0]
    assert math.copysign(1, forward) == facing


def test_turning_round_is_followed() -> None:
    bodies = observe(Shot(azimuth) for azimuth in np.linspace(0, 90, 61))
    assert all(a.azimuth_deg <= b.azimuth_deg + 1e-3 for a, b in pairwise(bodies))
    later = observe([Shot(float(a)) for a in np.linspace(0, 90, 61)] + [Shot(90)] * 90)[-1]
    assert later.azimuth_deg == pytest.approx(90, abs=5)


def test_middles() -> None:
    body = body_of(Shot())
    assert body.hips == pytest.approx((WIDTH / 2, 250))
    assert body.shoulders == pytest.approx((WIDTH / 2, 250 - T))


def test_what_the_pose_says_is_passed_on() -> None:
    pose = Shot(30).pose(1.5)
    body = Observer()(pose)
    assert body.time_s == 1.5
    assert body.outline is pose.outline
    np.testing.assert_allclose(body.world, pose.world)
    np.testing.assert_allclose(body.xy, pose.landmarks[:, :2])


# --- scale ---


@pytest.mark.parametrize("azimuth", [0, 20, 90, 180])
def test_a_hinge_leaves_the_torso_its_length(azimuth: float) -> None:
    """Towards the camera it shortens to nothing in the picture."""
    leans = [*np.linspace(0, 85, 40), *np.linspace(85, 0, 40)]
    bodies = observe(Shot(azimuth, hinged(float(lean))) for lean in leans)
    np.testing.assert_allclose([body.torso_px for body in bodies], T, rtol=0.01)


@pytest.mark.parametrize("px_per_m", [40.0, 100.0, 700.0])
def test_torso_grows_with_the_picture(px_per_m: float) -> None:
    assert body_of(Shot(30, px_per_m=px_per_m)).torso_px == pytest.approx(TORSO_M * px_per_m, rel=0.01)


def test_walking_up_to_the_camera_is_followed() -> None:
    scales = np.linspace(120, 240, 60)
    bodies = observe([Shot(px_per_m=float(s)) for s in scales] + [Shot(px_per_m=240.0)] * 45)
    assert bodies[-1].torso_px == pytest.approx(TORSO_M * 240, rel=0.03)
    assert bodies[59].torso_px == pytest.approx(TORSO_M * 240, rel=0.15)


# --- left and right ---


def rowing(azimuth: float, frames: int = 60) -> list[Shot]:
    """The left arm rows, the right one hangs: exchanged, they would show."""
    shots = []
    for i in range(frames):
        points = hinged(50)
        pull = 0.5 - 0.5 * math.cos(2 * math.pi * i / 60)
        for joint, lift in ((L.LEFT_ELBOW, 0.3), (L.LEFT_WRIST, 0.35)):
            points[joint, 1] += lift * pull
        shots.append(Shot(azimuth, points))
    return shots


def same_bodies(some: list[Body], others: list[Body]) -> None:
    for a, b in zip(some, others, strict=True):
        np.testing.assert_allclose(a.xy, b.xy, atol=1e-3)
        np.testing.assert_allclose(a.world, b.world, atol=1e-5)
        assert a.azimuth_deg == pytest.approx(b.azimuth_deg, abs=1e-3)
        assert a.torso_px == pytest.approx(b.torso_px, rel=1e-6)


VIEWS = {"front": 0.0, "oblique": -30.0, "rear": 180.0, "left side": 88.0, "right side": -92.0}


@pytest.mark.parametrize("times", [((20, 21),), ((20, 45),), ((10, 14), (30, 50))], ids=["a frame", "long", "twice"])
@pytest.mark.parametrize("azimuth", VIEWS.values(), ids=VIEWS)
def test_an_exchange_is_put_right(azimuth: float, times: tuple[tuple[int, int], ...]) -> None:
    truth = rowing(azimuth)
    told = [replace(shot, exchanged=any(a <= i < b for a, b in times)) for i, shot in enumerate(truth)]
    observer = Observer()
    same_bodies(observe(told, observer), observe(truth))
    assert observer.swaps >= 2 * len(times)


@pytest.mark.parametrize("azimuth", VIEWS.values(), ids=VIEWS)
def test_where_nothing_is_exchanged_nothing_is_put_right(azimuth: float) -> None:
    observer = Observer()
    observe(rowing(azimuth), observer)
    assert observer.swaps == 0


@pytest.mark.parametrize("azimuth", [88.0, -92.0], ids=["left side", "right side"])
def test_exchanged_from_the_beginning(azimuth: float) -> None:
    """Feet and nose tell, from the side."""
    truth = rowing(azimuth)
    same_bodies(observe(replace(shot, exchanged=True) for shot in truth)[2:], observe(truth)[2:])


def test_exchanged_in_the_first_frame() -> None:
    truth = rowing(90, frames=1)
    same_bodies(observe([replace(truth[0], exchanged=True)]), observe(truth))


def test_an_exchange_is_counted_once_however_long_it_lasts() -> None:
    """Once there, and perhaps once back again."""
    observer = Observer()
    observe([Shot(90, exchanged=20 <= i < 45) for i in range(60)], observer)
    assert 1 <= observer.swaps <= 2


@pytest.mark.parametrize("azimuth", [88.0, -92.0], ids=["left side", "right side"])
def test_arms_that_change_places_are_no_exchange(azimuth: float) -> None:
    """From the side the rest of both sides coincides; the trunk in space has not turned about."""
    raised = standing()
    raised[[L.LEFT_ELBOW, L.LEFT_WRIST], 1] += 0.6, 1.1
    other = standing()
    other[[L.RIGHT_ELBOW, L.RIGHT_WRIST], 1] += 0.6, 1.1
    observer = Observer()
    bodies = observe([Shot(azimuth, raised)] * 10 + [Shot(azimuth, other)] * 10, observer)
    assert observer.swaps == 0
    assert bodies[-1].near is bodies[0].near


# --- trust ---


def glance(at: Shot, frames: int = 1) -> list[Body]:
    """The bodies from the frame at which a shot differs from somebody who stands there."""
    return observe([Shot()] * 10 + [at] * frames)[10:]


@pytest.mark.parametrize("azimuth", [0, 45, 90, 180])
def test_a_plain_pose_is_trusted_whole(azimuth: float) -> None:
    assert unseen(body_of(Shot(azimuth))) == set()


def test_a_leap_is_not_trusted() -> None:
    assert unseen(glance(Shot(dx={L.LEFT_WRIST: -0.45 * T}))[0]) == {L.LEFT_WRIST}


def test_after_a_leap_that_stays_it_is_trusted() -> None:
    bodies = glance(Shot(dx={L.LEFT_WRIST: -0.45 * T}), frames=3)
    assert [unseen(body) for body in bodies] == [{L.LEFT_WRIST}, set(), set()]


@pytest.mark.parametrize("fps", [10, 30, 60])
@pytest.mark.parametrize(("speed", "leapt"), [(7.0, False), (LEAP_T_S + 1, True)], ids=["fastest drop", "faster"])
def test_a_leap_is_told_by_its_speed(fps: int, speed: float, leapt: bool) -> None:
    observer = Observer()
    step = speed * T / fps
    for i in range(3):
        body = observer(replace(Shot(), dx=dict.fromkeys(range(LANDMARKS), i * step)).pose(i / fps))
    assert unseen(body) == (set(range(LANDMARKS)) if leapt else set())


@pytest.mark.parametrize("azimuth", [0, 90])
@pytest.mark.parametrize(
    ("off", "gone"),
    [
        pytest.param({L.LEFT_WRIST: 1.0}, {L.LEFT_WRIST}, id="forearm"),
        pytest.param({L.LEFT_ELBOW: 1.0, L.LEFT_WRIST: 1.0}, {L.LEFT_ELBOW}, id="upper arm"),
        pytest.param({L.RIGHT_KNEE: 1.4, L.RIGHT_ANKLE: 1.4}, {L.RIGHT_KNEE}, id="thigh"),
        pytest.param({L.RIGHT_ANKLE: -1.4}, {L.RIGHT_ANKLE}, id="shank"),
        pytest.param({L.LEFT_WRIST: 0.3, L.LEFT_KNEE: 0.5, L.LEFT_ANKLE: 0.4}, set(), id="all as long as can be"),
    ],
)
def test_impossible_bones_are_not_trusted(azimuth: float, off: dict[L, float], gone: set[L]) -> None:
    shot = Shot(azimuth, dx={joint: share * T for joint, share in off.items()})
    assert unseen(body_of(shot)) == gone


TRUNK = {L.LEFT_SHOULDER, L.RIGHT_SHOULDER, L.LEFT_HIP, L.RIGHT_HIP}


@pytest.mark.parametrize("what", ["visibility", "support"])
def test_what_is_not_seen_is_not_trusted(what: str) -> None:
    limit = {"visibility": VISIBLE, "support": BACKED}[what]
    some: dict[int, float] = {L.LEFT_WRIST: limit - 0.01, L.RIGHT_KNEE: 0.0, L.NOSE: limit, L.RIGHT_WRIST: limit + 0.01}
    shot = Shot(visibility=some) if what == "visibility" else Shot(support=some)
    assert unseen(body_of(shot)) == {L.LEFT_WRIST, L.RIGHT_KNEE}


@pytest.mark.parametrize(
    "shot",
    [Shot(visibility=dict.fromkeys(range(33), 0.0)), Shot(support=dict.fromkeys(range(33), 0.0))],
    ids=["visibility", "support"],
)
def test_the_trunk_is_judged_by_what_hangs_on_it(shot: Shot) -> None:
    assert unseen(body_of(shot)) == set(range(LANDMARKS)) - TRUNK


def test_a_landmark_that_is_nan_stays_so() -> None:
    points = standing()
    points[L.LEFT_KNEE] = math.nan
    bodies = observe([Shot()] * 3 + [Shot(points=points)] * 3 + [Shot()])
    assert L.LEFT_KNEE in unseen(bodies[4])
    assert unseen(bodies[6]) == set()
    assert bodies[4].torso_px == pytest.approx(T, rel=0.01)
    assert bodies[4].azimuth_deg == pytest.approx(0, abs=0.1)


# --- gaps ---


def after_gap(gap_s: float, first: list[Shot], then: list[Shot]) -> list[Body]:
    observer = Observer()
    observe(first, observer)
    return observe(then, observer, start_s=len(first) * DT - DT + gap_s)


def test_after_a_gap_an_exchange_is_forgotten() -> None:
    front = rowing(0)
    first = [*front[:5], *(replace(shot, exchanged=True) for shot in front[5:30])]
    np.testing.assert_allclose(after_gap(0.6, first, front[30:])[-1].xy, drawn(front[-1]), atol=1e-3)


def test_a_short_gap_resets_nothing() -> None:
    front = rowing(0)
    told = [replace(shot, exchanged=i >= 5) for i, shot in enumerate(front)]
    np.testing.assert_allclose(after_gap(0.2, told[:30], told[30:])[-1].xy, drawn(front[-1]), atol=1e-3)


@pytest.mark.parametrize(("gap_s", "gone"), [(0.05, {L.LEFT_WRIST}), (0.6, set())], ids=["short", "long"])
def test_after_a_gap_nothing_leaps(gap_s: float, gone: set[L]) -> None:
    bodies = after_gap(gap_s, [Shot()] * 5, [Shot(dx={L.LEFT_WRIST: -0.62 * T})])
    assert unseen(bodies[0]) == gone


def test_somebody_else_after_a_gap() -> None:
    body = after_gap(3.0, [Shot()] * 60, [Shot(90, px_per_m=90.0)])[0]
    assert unseen(body) == set()
    assert body.torso_px == pytest.approx(TORSO_M * 90, rel=0.01)
    assert body.azimuth_deg == pytest.approx(90, abs=1)


# --- mirrored ---


def mirrored(pose: Pose) -> Pose:
    """The picture mirrored, as a model that is good would see it."""
    order = np.array(MIRROR)
    landmarks, world = pose.landmarks[order].copy(), pose.world[order].copy()
    landmarks[:, 0] = WIDTH - landmarks[:, 0]
    world[:, 0] = -world[:, 0]
    outline = None if pose.outline is None else pose.outline[::-1]
    return Pose(pose.time_s, landmarks, world, pose.visibility[order], pose.support[order], outline)


def noisy(shots: list[Shot]) -> list[Pose]:
    """Landmarks that jitter, of which some are hidden, badly backed, or leap."""
    rng = np.random.default_rng(3)
    poses = []
    for i, shot in enumerate(shots):
        pose = shot.pose(i * DT)
        leaps = 60 * (rng.random((LANDMARKS, 1)) < 0.03)
        poses.append(
            replace(
                pose,
                landmarks=(pose.landmarks + rng.normal(0, 1.0, (LANDMARKS, 3)) + leaps).astype(np.float32),
                world=(pose.world + rng.normal(0, 0.005, (LANDMARKS, 3))).astype(np.float32),
                visibility=rng.uniform(0.4, 1, LANDMARKS).astype(np.float32),
                support=rng.uniform(0.2, 1, LANDMARKS).astype(np.float32),
            )
        )
    return poses


@pytest.mark.parametrize("exchanged", [False, True], ids=["plain", "exchanged"])
@pytest.mark.parametrize("azimuth", [-150, -88, -40, 5, 70, 100])
def test_a_mirrored_person_is_the_mirrored_body(azimuth: float, exchanged: bool) -> None:
    poses = noisy([replace(s, exchanged=exchanged and 20 <= i < 35) for i, s in enumerate(rowing(azimuth))])
    observe_plain, observe_mirrored = Observer(), Observer()
    lost = 0
    for pose in poses:
        a, b = observe_plain(pose), observe_mirrored(mirrored(pose))
        expected = [(WIDTH - a.xy[i][0], a.xy[i][1]) for i in MIRROR]
        np.testing.assert_allclose(b.xy, expected, atol=1e-3)
        assert b.azimuth_deg == pytest.approx(-a.azimuth_deg, abs=1e-3)
        assert b.torso_px == pytest.approx(a.torso_px, rel=1e-5)
        assert (b.near, b.facing) == (a.near.other, -a.facing)
        lost += len(unseen(a))
    assert observe_plain.swaps == observe_mirrored.swaps
    assert lost > 100  # else nothing was tried
