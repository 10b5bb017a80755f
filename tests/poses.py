"""Synthetic pose tracks: a body posed by joint angles, moved by a coach's knobs, filmed by a pinhole camera.

Three layers, each usable alone:

- `Posture` is how a body stands at some instants, in joint angles and torso lengths; `Skeleton` turns it into joints.
- `Movement` is a posture over time with the beats of its reps. One builder an exercise, its knobs named after faults.
- `film` is the camera: landmarks, world landmarks, visibility and outline, as the pose model gives them.

Lengths are in torso lengths T unless a name says otherwise. The room's axes are the person's left, up and forward.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from formcoach.outline import ARM_RADIUS, MIN_CHORD_PX, REACH, STATION, STATIONS
from formcoach.pose import LANDMARKS, MIRROR, Pose, PoseTrack, Source
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Floats = NDArray[np.float64]
Course = float | Floats
"""A value that stays, or one for each instant, (n,)."""

T_M = 0.47
UPPER_ARM, FOREARM = 0.64, 0.51
SHOULDERS, HIPS = 0.375, 0.225
"""Half the width between the joints."""
THIGH = SHANK = 0.85
ANKLE_UP, HEEL_BACK, TOE_FORE = 0.17, 0.12, 0.34
EAR_UP, EAR_OUT, NOSE_FORE, NOSE_DOWN = 0.42, 0.16, 0.25, 0.02


# ---- time ----


def eased(share: Course) -> Floats:
    """The minimum-jerk course from 0 to 1 (Flash and Hogan 1985), 0 before and 1 after."""
    s = np.clip(share, 0.0, 1.0)
    return np.asarray(s * s * s * (10 + s * (6 * s - 15)))


def through(t: Floats, knots: Sequence[tuple[float, float]]) -> Floats:
    """From each (time, value) to the next by minimum jerk; times must not fall."""
    value = np.full(t.shape, knots[0][1], float)
    for (t0, v0), (t1, v1) in pairwise(knots):
        value += (v1 - v0) * eased((t - t0) / max(t1 - t0, 1e-9))
    return value


@dataclass(frozen=True)
class Tempo:
    """The parts of a rep, s."""

    up: float = 1.1
    hold: float = 0.35
    down: float = 1.6
    rest: float = 0.8


STEADY = Tempo()
HEAVY = Tempo(up=1.4, hold=0.5, down=1.8, rest=0.9)


@dataclass(frozen=True)
class Beat:
    """When a rep really began, reached its peak, left it and ended, s."""

    start_s: float
    peak_s: float
    lowering_s: float
    end_s: float


LEAD_S = 1.2
SETTLE_S = 0.4


@dataclass(frozen=True)
class Beats:
    """A set's reps in time.

    Attributes:
        beats: one a rep.
        faulty_from: the first rep with the fault, from 1; 0 has it in the set-up already.
    """

    beats: tuple[Beat, ...]
    faulty_from: int

    @staticmethod
    def of(reps: int, faulty_from: int, tempo: Tempo, *, up: float | None = None, down: float | None = None) -> Beats:
        """Reps one after the other; `up` and `down` replace the tempo's in the faulty ones."""
        beats = []
        t = LEAD_S
        for number in range(1, reps + 1):
            faulty = number >= faulty_from
            lift_s = up if up is not None and faulty else tempo.up
            lower_s = down if down is not None and faulty else tempo.down
            beats.append(Beat(t, t + lift_s, t + lift_s + tempo.hold, t + lift_s + tempo.hold + lower_s))
            t = beats[-1].end_s + tempo.rest
        return Beats(tuple(beats), faulty_from)

    @property
    def duration_s(self) -> float:
        """To a moment after the last rep."""
        return self.beats[-1].end_s + 1.0

    def height(self, t: Floats, numbers: Sequence[int] | None = None) -> Floats:
        """0 at rest, 1 at the peak; of the reps with these numbers, else of all."""
        knots = [(0.0, 0.0)]
        for number, beat in enumerate(self.beats, 1):
            if numbers is None or number in numbers:
                knots += [(beat.start_s, 0.0), (beat.peak_s, 1.0), (beat.lowering_s, 1.0), (beat.end_s, 0.0)]
        return through(t, knots)

    def fault(self, t: Floats) -> Floats:
        """0 while clean, 1 from the rest before the first faulty rep on."""
        if self.faulty_from == 0:
            return np.ones(t.shape)
        if self.faulty_from > len(self.beats):
            return np.zeros(t.shape)
        start_s = self.beats[self.faulty_from - 1].start_s
        return eased((t - (start_s - SETTLE_S - 0.3)) / SETTLE_S)

    def cut(self, t: Floats) -> Floats:
        """0 while clean, 1 from the first faulty rep's hold on: for what first shows on the way down."""
        if self.faulty_from > len(self.beats):
            return np.zeros(t.shape)
        beat = self.beats[max(self.faulty_from, 1) - 1]
        return eased((t - beat.peak_s) / max(beat.lowering_s - beat.peak_s, 1e-3))

    def lift_share(self, t: Floats) -> Floats:
        """How much of the way up's time is over in the rep under way; 1 from its peak to the next start."""
        share = np.ones(t.shape)
        for beat in self.beats:
            during = (t >= beat.start_s) & (t < beat.peak_s)
            share[during] = (t[during] - beat.start_s) / (beat.peak_s - beat.start_s)
        return share


# ---- postures ----

DOWN = np.array([0.0, -1.0, 0.0])


def toward(elevation_deg: Course, plane_deg: Course = 0.0) -> Floats:
    """The direction of a bone that is lifted so far from hanging, (..., 3) as (out, up, forward).

    The plane is 0 out to the side, 90 straight forward, -90 straight back.
    """
    e, p = np.broadcast_arrays(np.radians(elevation_deg), np.radians(plane_deg))
    return np.stack([np.sin(e) * np.cos(p), -np.cos(e), np.sin(e) * np.sin(p)], axis=-1)


@dataclass(frozen=True)
class Posture:
    """How a body stands at n instants; what is the same at all of them may be given once.

    Attributes:
        upper, fore: the arms' bones, left and right, (..., 3) unit vectors (out, up, forward).
        lean: of the way from hips to shoulders from upright, degrees forward.
        flexion: of the spine between them, degrees; rounds the back.
        arch: extension of the lowest spine, degrees.
        neck: of the head from the spine's line, degrees; positive looks down.
        shrug: how far the shoulders are raised along the trunk.
        twist: of the shoulders round the trunk's line, degrees; positive takes the left one back.
        hips_up, hips_fore: the hips' middle from the middle of the ankles' places.
        foot_fore, foot_up: each ankle before its place under the hips, and above standing.
        left, fore_room: where the body stands in the room.
        heading: turned round the upright, degrees; positive to its left.
        tipped: the whole body turned forward about the hips, degrees: 90 lies on the front, -90 on the back.
        laid: the whole body turned to its right about the hips, degrees: 90 lies on the right side.
        raised: how far the whole body is lifted; for one that lies, how high the hips are.
    """

    upper_left: Floats
    upper_right: Floats
    fore_left: Floats
    fore_right: Floats
    lean: Course = 0.0
    flexion: Course = 0.0
    arch: Course = 0.0
    neck: Course = 0.0
    shrug: Course = 0.0
    twist: Course = 0.0
    hips_up: Course = 1.69
    hips_fore: Course = 0.0
    foot_fore_left: Course = 0.0
    foot_fore_right: Course = 0.0
    foot_up_left: Course = 0.0
    foot_up_right: Course = 0.0
    left: Course = 0.0
    fore_room: Course = 0.0
    heading: Course = 0.0
    tipped: Course = 0.0
    laid: Course = 0.0
    raised: Course = 0.0

    def spread(self, n: int) -> Posture:
        """The same with every value given for each of n instants."""
        return Posture(
            *(
                np.broadcast_to(getattr(self, f.name), (n, 3) if i < 4 else (n,)).astype(float)
                for i, f in enumerate(fields(self))
            )
        )

    def at(self, i: int) -> Posture:
        """One instant of a posture that has been spread."""
        return Posture(*(getattr(self, f.name)[i] for f in fields(self)))


def joined(parts: Sequence[Posture]) -> Posture:
    """Spread postures one after the other."""
    return Posture(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Posture)))


def between(a: Posture, b: Posture, share: Floats) -> Posture:
    """From one posture to another; the arms' bones swing the short way.

    Raises:
        ValueError: a bone would turn about, and no way is the short one.
    """
    n = len(share)
    a, b = a.spread(n), b.spread(n)
    values = []
    for i, f in enumerate(fields(Posture)):
        if i < 4 and n and (getattr(a, f.name) * getattr(b, f.name)).sum(axis=1).min() < -0.98:
            raise ValueError(f"{f.name} turns about: give a posture between")
        w = share[:, None] if i < 4 else share
        value = getattr(a, f.name) * (1 - w) + getattr(b, f.name) * w
        values.append(value / np.maximum(np.linalg.norm(value, axis=1, keepdims=True), 1e-6) if i < 4 else value)
    return Posture(*values)


STANDING = Posture(DOWN, DOWN, DOWN, DOWN)


# ---- the skeleton ----


@dataclass(frozen=True)
class Skeleton:
    """Joints in the room, T, for n instants.

    Attributes:
        joints: (n, 33, 3) left, up, forward.
        across, back: (n, 3) the trunk's directions to its left and square to its back.
        posture: that it was made from, spread.
    """

    joints: Floats
    across: Floats
    back: Floats
    posture: Posture

    @staticmethod
    def of(posture: Posture, n: int) -> Skeleton:
        """Forward kinematics, and the legs bent so that the feet stay where they stand."""
        p = posture.spread(n)
        joints = np.zeros((n, LANDMARKS, 3))
        lean, half_flexion = np.radians(p.lean), np.radians(p.flexion) / 2
        x, zero = _columns(1.0, 0.0, 0.0, n), np.zeros(n)
        trunk = _sagittal(lean)
        back = np.stack([zero, np.sin(lean), -np.cos(lean)], axis=1)
        hips = np.stack([zero, ANKLE_UP + _reachable(p), p.hips_fore], axis=1)
        chord = np.sinc(half_flexion / np.pi)[:, None] * trunk
        girdle_middle = hips + chord + np.asarray(p.shrug)[:, None] * trunk
        twist = np.radians(p.twist)[:, None]
        girdle = x * np.cos(twist) + back * np.sin(twist)
        for side, sign in ((0, 1.0), (1, -1.0)):
            out = np.array([sign, 1.0, 1.0])
            upper, fore = ((p.upper_left, p.fore_left), (p.upper_right, p.fore_right))[side]
            shoulder = girdle_middle + sign * SHOULDERS * girdle
            elbow = shoulder + UPPER_ARM * upper * out
            wrist = elbow + FOREARM * fore * out
            joints[:, 11 + side], joints[:, 13 + side], joints[:, 15 + side] = shoulder, elbow, wrist
            joints[:, [17 + side, 19 + side, 21 + side]] = (wrist + 0.15 * fore * out)[:, None]
            _leg(joints, side, hips + sign * HIPS * x, p)
        _head(joints, hips + chord, lean + half_flexion + np.radians(p.neck))
        joints = _lying(joints, hips, p)
        return Skeleton(_placed(joints, p), _turned(_tipped(x, p), p.heading), _turned(_tipped(back, p), p.heading), p)


def _lying(joints: Floats, hips: Floats, p: Posture) -> Floats:
    """Joints (n, k, 3) of the body laid down about its hips (n, 3), and raised."""
    lies = (np.asarray(p.tipped) != 0) | (np.asarray(p.laid) != 0)
    place = np.where(lies[:, None], np.array([0.0, 1.0, 0.0]) * np.asarray(p.raised)[:, None], hips)
    place[:, 1] += np.where(lies, 0.0, np.asarray(p.raised))
    return _tipped(joints - hips[:, None], p) + place[:, None]


def _tipped(v: Floats, p: Posture) -> Floats:
    """Vectors (n, ..., 3) turned forward and to the right, as the posture says."""
    shape = (-1, *([1] * (v.ndim - 2)))
    a, b = np.radians(np.asarray(p.tipped)).reshape(shape), np.radians(np.asarray(p.laid)).reshape(shape)
    left, up, fore = np.moveaxis(v, -1, 0)
    up, fore = up * np.cos(a) - fore * np.sin(a), fore * np.cos(a) + up * np.sin(a)
    return np.stack([left * np.cos(b) - up * np.sin(b), up * np.cos(b) + left * np.sin(b), fore], axis=-1)


def _columns(a: float, b: float, c: float, n: int) -> Floats:
    return np.tile(np.array([a, b, c]), (n, 1))


def _sagittal(angle: Floats) -> Floats:
    """(n, 3) unit vectors that lean forward so far from upright, radians."""
    return np.stack([np.zeros(len(angle)), np.cos(angle), np.sin(angle)], axis=1)


def _reachable(p: Posture) -> Floats:
    """The hips' height, no higher than both legs reach."""
    height = np.asarray(p.hips_up)
    for fore, up in ((p.foot_fore_left, p.foot_up_left), (p.foot_fore_right, p.foot_up_right)):
        apart = np.asarray(p.hips_fore) - fore
        height = np.minimum(height, up + np.sqrt(np.maximum((0.998 * (THIGH + SHANK)) ** 2 - apart**2, 0.0)))
    return height


def _leg(joints: Floats, side: int, hip: Floats, p: Posture) -> None:
    fore, up = ((p.foot_fore_left, p.foot_up_left), (p.foot_fore_right, p.foot_up_right))[side]
    ankle = np.stack([hip[:, 0], ANKLE_UP + up, np.asarray(fore)], axis=1)
    way = ankle - hip
    length = np.linalg.norm(way, axis=1, keepdims=True)
    along = length / 2  # thigh and shank are alike
    beside = np.sqrt(np.maximum(THIGH**2 - along**2, 0.0))
    unit = way / length
    before = np.stack([np.zeros(len(hip)), unit[:, 2], -unit[:, 1]], axis=1)  # square to the leg, forward
    joints[:, 23 + side], joints[:, 25 + side], joints[:, 27 + side] = hip, hip + along * unit + beside * before, ankle
    joints[:, 29 + side] = ankle + np.array([0.0, 0.03 - ANKLE_UP, -HEEL_BACK])
    joints[:, 31 + side] = ankle + np.array([0.0, -ANKLE_UP, TOE_FORE])


def _head(joints: Floats, neck_base: Floats, angle: Floats) -> None:
    up = _sagittal(angle)
    face = np.stack([np.zeros(len(angle)), -np.sin(angle), np.cos(angle)], axis=1)
    ears, x = neck_base + EAR_UP * up, np.array([1.0, 0.0, 0.0])
    nose = ears + NOSE_FORE * face - NOSE_DOWN * up
    joints[:, L.NOSE] = nose
    joints[:, L.LEFT_EAR], joints[:, L.RIGHT_EAR] = ears + EAR_OUT * x, ears - EAR_OUT * x
    for i, out in enumerate((0.04, 0.07, 0.1)):
        eye = ears + 0.19 * face + 0.06 * up
        joints[:, 1 + i], joints[:, 4 + i] = eye + out * x, eye - out * x
    mouth = ears + 0.21 * face - 0.13 * up
    joints[:, 9], joints[:, 10] = mouth + 0.05 * x, mouth - 0.05 * x


def _turned(v: Floats, heading_deg: Course) -> Floats:
    """Vectors (n, ..., 3) turned to the left by (n,) degrees."""
    h = np.radians(np.asarray(heading_deg)).reshape(-1, *([1] * (v.ndim - 2)))
    left, up, fore = np.moveaxis(v, -1, 0)
    return np.stack([left * np.cos(h) + fore * np.sin(h), up, fore * np.cos(h) - left * np.sin(h)], axis=-1)


def _placed(joints: Floats, p: Posture) -> Floats:
    place = np.stack([np.asarray(p.left), np.zeros(len(joints)), np.asarray(p.fore_room)], axis=1)
    placed: Floats = _turned(joints, p.heading) + place[:, None]
    return placed


# ---- the outline of the trunk ----

# Bodies differ in their outline; this one is hollow at the waist.
_BACK = 0.14 + 0.30 * (STATION - 0.42) ** 2
_BELLY = 0.25 + 0.05 * np.sin(np.pi * STATION)
_FLANK = 0.33 + 0.20 * (STATION - 0.4) ** 2

# Flexion by 1° bulges the back by a skew arc and so turns a parabola through it by 0.72° and lifts the lower back by
# 0.0027 chord lengths, as rendered bodies do; extension of the lowest spine sinks it there and leaves the rest.
_ARC = np.radians(0.5 * 1.14) * STATION * (1 - STATION) * (1 + 0.6 * (1 - 2 * STATION))
_SAG = -np.radians(1.0) * np.minimum(0.72 * STATION, 0.28 * (1 - STATION))


def _profile(s: Skeleton) -> tuple[Floats, Floats]:
    """(n, STATIONS) how far back and belly stand off the chord, T."""
    bulge = np.asarray(s.posture.flexion)[:, None] * _ARC + np.asarray(s.posture.arch)[:, None] * _SAG
    return _BACK + bulge, _BELLY - bulge


# ---- the camera ----


@dataclass(frozen=True)
class Camera:
    """A level pinhole camera that looks at the place where the body stands.

    Attributes:
        azimuth_deg: from where: 0 faces the body, 90 sees its left side.
        distance_m, height_m: from the place, and above the floor.
        width, height: of the picture, px.
        noise: of each landmark's place, T (standard deviation).
        seed: of the noise.
        fps: pictures a second.
    """

    azimuth_deg: float = 0.0
    distance_m: float = 3.3
    height_m: float = 0.95
    width: int = 640
    height: int = 480
    noise: float = 0.0
    seed: int = 0
    fps: float = 15.0


FRONT, LEFT_SIDE, RIGHT_SIDE = Camera(0.0), Camera(90.0), Camera(-90.0)
OBLIQUE_LEFT, OBLIQUE_RIGHT = Camera(40.0), Camera(-40.0)


@dataclass(frozen=True)
class Movement:
    """A body in motion.

    Attributes:
        duration_s: how long.
        posture: how it stands at instants (n,).
        beats: its reps.
    """

    duration_s: float
    posture: Callable[[Floats], Posture]
    beats: tuple[Beat, ...] = ()


def film(movement: Movement, camera: Camera) -> PoseTrack:
    """What the pose model would give of a movement; nobody while the body is out of the picture."""
    time_s = np.arange(int(movement.duration_s * camera.fps)) / camera.fps
    n = len(time_s)
    skeleton = Skeleton.of(movement.posture(time_s), n)
    azimuth = np.radians(camera.azimuth_deg)
    toward_camera = np.array([np.sin(azimuth), 0.0, np.cos(azimuth)])
    axes = np.stack([[np.cos(azimuth), 0.0, -np.sin(azimuth)], [0.0, -1.0, 0.0], -toward_camera], axis=1)
    focal_px = 1.2 * camera.height
    joints = skeleton.joints * T_M
    hips = joints[:, [L.LEFT_HIP, L.RIGHT_HIP]].mean(axis=1, keepdims=True)
    seen = (joints - camera.distance_m * toward_camera - np.array([0.0, camera.height_m, 0.0])) @ axes
    world = (joints - hips) @ axes
    depth = np.maximum(seen[..., 2], 0.2)
    scale = focal_px / depth.mean(axis=1)
    landmarks = np.stack(
        [
            camera.width / 2 + focal_px * seen[..., 0] / depth,
            camera.height / 2 + focal_px * seen[..., 1] / depth,
            world[..., 2] * scale[:, None],
        ],
        axis=-1,
    )
    outline = _outline(skeleton, axes, landmarks, scale * T_M)
    if camera.noise:
        rng = np.random.default_rng(camera.seed)
        landmarks[..., :2] += rng.normal(0.0, camera.noise, (n, LANDMARKS, 2)) * (scale * T_M)[:, None, None]
        world += rng.normal(0.0, camera.noise * T_M, world.shape)
        outline += rng.normal(0.0, camera.noise / 2, outline.shape)
    visibility = _visibility(np.radians(camera.azimuth_deg - np.asarray(skeleton.posture.heading)))
    chord_px = np.hypot(*(landmarks[:, [11, 12], :2].mean(axis=1) - landmarks[:, [23, 24], :2].mean(axis=1)).T)
    middle_x = landmarks[:, [23, 24], 0].mean(axis=1)
    poses = tuple(
        Pose(
            float(time_s[i]),
            landmarks[i].astype(np.float32),
            world[i].astype(np.float32),
            visibility[i].astype(np.float32),
            np.ones(LANDMARKS, np.float32),
            outline[i].astype(np.float32) if chord_px[i] >= MIN_CHORD_PX else None,
        )
        if 0 <= middle_x[i] <= camera.width
        else None
        for i in range(n)
    )
    return PoseTrack(Source("synthetic", camera.width, camera.height, n / camera.fps, "synthetic"), time_s, poses)


def _outline(s: Skeleton, axes: Floats, landmarks: Floats, torso_px: Floats) -> Floats:
    """(n, 2, STATIONS) as `formcoach.outline.trace` would find it: the trunk's sections are ellipses."""
    points = landmarks[..., :2]
    hip = points[:, [L.LEFT_HIP, L.RIGHT_HIP]].mean(axis=1)
    chord = points[:, [L.LEFT_SHOULDER, L.RIGHT_SHOULDER]].mean(axis=1) - hip
    length = np.maximum(np.linalg.norm(chord, axis=1), 1e-6)
    left = np.stack([chord[:, 1], -chord[:, 0]], axis=1) / length[:, None]  # of the way from hip to shoulder
    backward = ((s.back @ axes)[:, :2] * left).sum(axis=1)[:, None]
    sideward = ((s.across @ axes)[:, :2] * left).sum(axis=1)[:, None]
    back, belly = _profile(s)
    middle = (back - belly) / 2 * backward
    extent = np.hypot((back + belly) / 2 * backward, _FLANK * sideward)
    rows: Floats = np.stack([middle + extent, extent - middle], axis=1) * (torso_px / length)[:, None, None]
    rows[(rows <= 0) | (rows >= REACH)] = np.nan
    sign = np.array([1.0, -1.0])[:, None, None]
    foot = hip[:, None, None] + STATION[:, None] * chord[:, None, None]
    end = foot + sign * (rows * length[:, None, None])[..., None] * left[:, None, None]
    for shoulder, elbow, wrist in ((11, 13, 15), (12, 14, 16)):
        for a, b in ((shoulder, elbow), (elbow, wrist)):
            rows[_apart(end, points[:, a], points[:, b]) < ARM_RADIUS * length[:, None, None]] = np.nan
    return rows


def _apart(p: Floats, a: Floats, b: Floats) -> Floats:
    """(n, 2, k) distances of points (n, 2, k, 2) from the bones a-b, (n, 2)."""
    a, d = a[:, None, None], (b - a)[:, None, None]
    share = np.clip(((p - a) * d).sum(axis=-1) / np.maximum((d * d).sum(axis=-1), 1e-9), 0.0, 1.0)
    apart: Floats = np.linalg.norm(p - a - share[..., None] * d, axis=-1)
    return apart


_FAR = {0.1: (13, 15, 17, 19, 21), 0.3: (25,), 0.45: (27, 29, 31)}
"""From the side the body hides these of the other side's landmarks: the model's visibility, the left's numbers."""


def _visibility(azimuth: Floats) -> Floats:
    """(n, 33): from the side the far arm and leg are hidden."""
    visibility = np.full((len(azimuth), LANDMARKS), 0.98)
    for hidden, left in _FAR.items():
        for i in left:
            visibility[np.sin(azimuth) < -0.8, i] = hidden
            visibility[np.sin(azimuth) > 0.8, i + 1] = hidden
    return visibility


# ---- other pictures of the same ----


def mirrored(track: PoseTrack) -> PoseTrack:
    """The track of the mirror image: everything that the left side did, the right side does."""
    order = np.array(MIRROR)
    width = track.source.width

    def mirror(pose: Pose) -> Pose:
        landmarks, world = pose.landmarks[order].copy(), pose.world[order].copy()
        landmarks[:, 0], world[:, 0] = width - landmarks[:, 0], -world[:, 0]
        outline = None if pose.outline is None else pose.outline[::-1].copy()
        return Pose(pose.time_s, landmarks, world, pose.visibility[order], pose.support[order], outline)

    return replace(track, poses=tuple(None if pose is None else mirror(pose) for pose in track.poses))


def scaled(track: PoseTrack, factor: float) -> PoseTrack:
    """The same seen in a picture of another size."""
    size = replace(track.source, width=int(track.source.width * factor), height=int(track.source.height * factor))
    poses = tuple(
        None if pose is None else replace(pose, landmarks=(pose.landmarks * factor).astype(np.float32))
        for pose in track.poses
    )
    return replace(track, source=size, poses=poses)


def unseen(track: PoseTrack) -> PoseTrack:
    """The same with somebody there and nothing of them known."""

    def blank(pose: Pose) -> Pose:
        landmarks = np.full((LANDMARKS, 3), np.nan, np.float32)
        outline = np.full((2, STATIONS), np.nan, np.float32)
        return Pose(pose.time_s, landmarks, landmarks.copy(), pose.visibility * 0, pose.support, outline)

    return replace(track, poses=tuple(None if pose is None else blank(pose) for pose in track.poses))


def empty(track: PoseTrack) -> PoseTrack:
    """The same with nobody there."""
    return replace(track, poses=(None,) * len(track))


# ---- movements ----

FOLD = 50.0
ROW_RISE = 0.62
"""How far a row lifts the hands."""


def _elevation(rise: Floats) -> Floats:
    """The upper arm's angle from hanging when a hanging forearm is lifted so far, degrees."""
    return np.degrees(np.arccos(np.clip(1 - rise / UPPER_ARM, -1.0, 1.0)))


def _row_arm(rise: Floats, u: Floats, *, out: Course, wing: Course, curl_deg: Course = 0.0) -> tuple[Floats, Floats]:
    """Upper arm and forearm of an arm that draws the hand straight up, the elbow a little out or winged."""
    elevation = _elevation(rise)
    reach = np.maximum(UPPER_ARM * np.sin(np.radians(elevation)), 1e-6)
    tucked = np.degrees(np.arccos(np.clip(np.asarray(out) / UPPER_ARM, 0.0, 1.0)))
    winged = np.degrees(np.arccos(np.clip(np.asarray(wing) / reach, 0.0, 1.0)))
    plane = np.where(np.asarray(wing) > 0, np.minimum(tucked, winged), tucked)
    curl = np.asarray(curl_deg) * u
    return toward(elevation, -plane), toward(curl, 90.0)


def bent_over_row(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    fold: float = FOLD,
    rounded_back: float = 0.0,
    low_back_arch: float = 0.0,
    hinge_depth: float | None = None,
    stance_rise: float = 0.0,
    trunk_swing: float = 0.0,
    shrug: float = 0.0,
    neck_crane: float = 0.0,
    short_top: float = 100.0,
    uneven_arms: float = 0.0,
    elbow_flare: float = 0.0,
    fast_lowering: float | None = None,
) -> Movement:
    """A bent-over row. Each knob is what the fault of its name should be read as, in its unit.

    rounded_back: degrees of spine flexion. low_back_arch: degrees by which the lowest spine lifts the chest.
    hinge_depth: degrees of lean. stance_rise, trunk_swing: degrees more upright, from a rep on or with each lift.
    neck_crane: degrees, positive down. shrug, uneven_arms, elbow_flare: T. short_top: % of the lift. fast_lowering: s.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        rise = ROW_RISE * u * (1 - f * (1 - short_top / 100))
        depth = fold if hinge_depth is None else hinge_depth
        lean = fold + f * (depth - fold - stance_rise - low_back_arch - trunk_swing * u)
        left = _row_arm(rise, u, out=0.15, wing=elbow_flare * f)
        right = _row_arm(rise - uneven_arms * f * u, u, out=0.15, wing=elbow_flare * f)
        return Posture(
            left[0], right[0], left[1], right[1],
            lean=lean, flexion=rounded_back * f, arch=1.3 * low_back_arch * f, neck=neck_crane * f - 8,
            shrug=shrug * f * eased(u / 0.3), hips_up=1.56, hips_fore=-0.5,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


def single_arm_row(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    arm: str = "left",
    other_from: int = 99,
    elbow_flare: float = 0.0,
    short_top: float = 100.0,
    rounded_back: float = 0.0,
    trunk_twist: float = 0.0,
    trunk_swing: float = 0.0,
    shrug: float = 0.0,
    curling: float = 0.0,
    fast_lowering: float | None = None,
    neck_crane: float = 0.0,
) -> Movement:
    """A single-arm row in a split stance, the other hand on a chair; `arm` works, from rep `other_from` on the other.

    The knobs are as in `bent_over_row`; trunk_twist: degrees that the shoulders' line tilts in the front view;
    curling: degrees at the elbow.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)
    numbers = range(1, reps + 1)
    other = "right" if arm == "left" else "left"

    def one(u: Floats, f: Floats) -> tuple[Floats, Floats]:
        rise = ROW_RISE * u * (1 - f * (1 - short_top / 100))
        curl = f * (180 - _elevation(rise) - curling) if curling else 0.0
        return _row_arm(rise, u, out=0.15, wing=elbow_flare * f, curl_deg=curl)

    def posture(t: Floats) -> Posture:
        f = beats.fault(t)
        first = beats.height(t, [n for n in numbers if n < other_from])
        second = beats.height(t, [n for n in numbers if n >= other_from])
        u = first + second
        works = {arm: first, other: second}
        arms = {side: one(height, f) for side, height in works.items()}
        if other_from > reps:
            arms[other] = _ON_CHAIR
        lean = FOLD - trunk_swing * f * u
        twist = np.degrees(np.arctan(np.tan(np.radians(trunk_twist * f * u)) / np.sin(np.radians(lean))))
        ahead = 0.45 if arm == "right" else -0.45
        return Posture(
            arms["left"][0], arms["right"][0], arms["left"][1], arms["right"][1],
            lean=lean, flexion=rounded_back * f, neck=neck_crane * f - 8, shrug=shrug * f * eased(u / 0.3),
            twist=twist if arm == "left" else -twist, hips_up=1.42, hips_fore=-0.4,
            foot_fore_left=ahead, foot_fore_right=-ahead,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


_ON_CHAIR = toward(25.0, 90.0), toward(30.0, 90.0)


PRESS_LOW, PRESS_TOP = 82.0, 172.0
"""The upper arm from hanging, degrees, in the goal post and straight."""


def overhead_press(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    low_back_arch: float = 0.0,
    short_top: float = PRESS_TOP,
    short_bottom: float = 0.0,
    forearms_not_vertical: float = 0.0,
    uneven_arms: float = 0.0,
    shrug: float = 0.0,
    leg_drive: float = 0.0,
    press_forward: float = 0.0,
    fast_lowering: float | None = None,
    rushed_lift: float | None = None,
) -> Movement:
    """An overhead press. Each knob is what the fault of its name should be read as, in its unit.

    low_back_arch: degrees of leaning back. short_top: the upper arm's angle at the top, degrees. short_bottom: % of
    the way that the return stops short. forearms_not_vertical, uneven_arms: degrees. shrug, leg_drive, press_forward:
    T. fast_lowering, rushed_lift: s.
    """
    beats = Beats.of(reps, faulty_from, tempo, up=rushed_lift, down=fast_lowering)

    def arm(u: Floats, top: Course, tilt: Course, forward: Course) -> tuple[Floats, Floats]:
        low, high = np.cos(np.radians(PRESS_LOW)), np.cos(np.radians(top))
        elevation = np.degrees(np.arccos(low + u * (high - low)))  # so that the hand's course is the minimum-jerk one
        upper, fore = toward(elevation, 15.0), toward(180.0 - np.asarray(tilt), 0.0)
        return _pitched(upper, forward), _pitched(fore, forward)

    def posture(t: Floats) -> Posture:
        u, f, cut = beats.height(t), beats.fault(t), short_bottom / 100 * beats.cut(t)
        u = cut + (1 - cut) * u
        top = PRESS_TOP - f * (PRESS_TOP - short_top)
        forward = np.degrees(np.arcsin(press_forward / (UPPER_ARM + FOREARM))) * f * u
        tilt = forearms_not_vertical * f
        left, right = arm(u, top, tilt, forward), arm(u, top - uneven_arms * f, tilt, forward)
        early = beats.lift_share(t) / 0.5
        dip = eased(early / 0.35) * (1 - eased((early - 0.65) / 0.35))
        return Posture(
            left[0], right[0], left[1], right[1],
            lean=-low_back_arch * f * eased(u / 0.5), flexion=-low_back_arch * f * eased(u / 0.5),
            shrug=0.06 * eased(u) + shrug * f, hips_up=1.68 - leg_drive * f * dip,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


def _pitched(bone: Floats, deg: Course) -> Floats:
    """Bones that point up, tipped forward by some degrees."""
    a = np.radians(deg)
    up, fore = bone[..., 1], bone[..., 2]
    return np.stack([bone[..., 0], up * np.cos(a) - fore * np.sin(a), fore * np.cos(a) + up * np.sin(a)], axis=-1)


BAR_LOW, BAR_RISE, BAR_FORE = 0.64, 1.06, 0.10
"""The wrists' height at the bar on the floor, their way up, and how far before the ankles."""
START_LEAN, END_LEAN = 65.0, 4.0


def deadlift(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = HEAVY,
    rounded_back: float = 0.0,
    hips_shoot_up: float = 0.0,
    bar_drift: float = 0.0,
    lean_back: float | None = None,
    soft_lockout: float = END_LEAN,
    squatting_it: float = START_LEAN,
    elbow_bend: float = 0.0,
    shrug: float = 0.0,
    neck_crane: float | None = None,
    fast_lowering: float | None = None,
) -> Movement:
    """A deadlift: the bar goes straight up over the feet under straight arms, the trunk follows its height.

    Each knob is what the fault of its name should be read as, in its unit. rounded_back, elbow_bend: degrees of
    flexion. hips_shoot_up: degrees that the trunk tips as the bar leaves the floor. lean_back, soft_lockout: degrees
    of lean at the top, backward and forward. squatting_it: degrees of lean at the start. neck_crane: degrees that the
    head looks up at the top. bar_drift, shrug: T. fast_lowering: s.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        top = END_LEAN + f * ((soft_lockout if lean_back is None else -lean_back) - END_LEAN)
        start = START_LEAN + f * (squatting_it - START_LEAN)
        tip = eased(u / 0.1) * (1 - eased((u - 0.2) / 0.5)) * (beats.lift_share(t) < 1)
        lean = top + (start - top) * (1 - u * u) + hips_shoot_up * f * tip
        bend = np.radians(elbow_bend * f * eased(u / 0.2))
        upper_out = np.arctan2(FOREARM * np.sin(bend), UPPER_ARM + FOREARM * np.cos(bend))
        reach = UPPER_ARM * np.cos(upper_out) + FOREARM * np.cos(bend - upper_out)
        tilt = np.degrees(np.arcsin(bar_drift * f * eased(u / 0.2) / reach))
        upper, fore = toward(np.degrees(upper_out), 0.0), toward(np.degrees(upper_out - bend), 0.0)
        upper, fore = _pitched(upper, -tilt), _pitched(fore, -tilt)
        shoulder_up = BAR_LOW + BAR_RISE * u + reach * np.cos(np.radians(tilt)) - ANKLE_UP
        neck = 0.0 if neck_crane is None else -(neck_crane + END_LEAN + _NOSE_DROP) * f * eased(u / 0.7)
        return Posture(
            upper, upper, fore, fore,
            lean=lean, flexion=rounded_back * f, neck=neck, shrug=shrug * f * eased(u / 0.7),
            hips_up=shoulder_up - np.cos(np.radians(lean)), hips_fore=BAR_FORE - np.sin(np.radians(lean)),
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


_NOSE_DROP = float(np.degrees(np.arctan(NOSE_DOWN / NOSE_FORE)))


# ---- one after the other: arriving, sets, leaving ----

Steps = tuple[tuple[float, Posture], ...]
"""Postures, each with the time it takes to come there from the one before, s."""

WALK_M_S, STEP_HZ = 1.1, 0.9
AT_FLOOR = Posture(DOWN, DOWN, DOWN, DOWN, lean=80.0, hips_up=1.15, hips_fore=-0.6)


def _alike(upper: Floats, fore: Floats) -> Posture:
    """Standing, both arms the same."""
    return Posture(upper, upper, fore, fore)


RACKED: Steps = (
    (0.8, _alike(toward(20.0, 90.0), toward(125.0, 90.0))),
    (0.6, _alike(toward(20.0, 90.0), toward(125.0, 90.0))),
)
"""The weights go before the shoulders, and stay there a moment."""
RAISED: Steps = ((0.6, _alike(toward(45.0, 45.0), toward(100.0, 80.0))),)
"""The arms swing up past here on the way from hanging to the goal post."""


def in_sequence(parts: Sequence[Movement]) -> Movement:
    """Movements one after the other."""
    starts_s = np.concatenate([[0.0], np.cumsum([part.duration_s for part in parts])]).tolist()

    def posture(t: Floats) -> Posture:
        pieces = []
        for part, start_s, end_s in zip(parts, starts_s, [*starts_s[1:-1], np.inf], strict=False):
            during = t[(t >= start_s) & (t < end_s)] - start_s
            pieces.append(part.posture(during).spread(len(during)))
        return joined(pieces)

    beats = tuple(
        Beat(*(s + start_s for s in (b.start_s, b.peak_s, b.lowering_s, b.end_s)))
        for part, start_s in zip(parts, starts_s, strict=False)
        for b in part.beats
    )
    return Movement(starts_s[-1], posture, beats)


def passing(start: Posture, steps: Sequence[tuple[float, Posture]]) -> Movement:
    """From a posture to the next, each reached so many seconds after the one before."""

    def posture(t: Floats) -> Posture:
        pieces, before, start_s = [], start, 0.0
        for i, (length_s, after) in enumerate(steps):
            end_s = np.inf if i == len(steps) - 1 else start_s + length_s
            during = t[(t >= start_s) & (t < end_s)]
            pieces.append(between(before, after, eased((during - start_s) / length_s)))
            before, start_s = after, end_s
        return joined(pieces)

    return Movement(sum(length_s for length_s, _ in steps), posture)


def _ends(movement: Movement) -> tuple[Posture, Posture]:
    """How a movement begins and ends."""
    ends = movement.posture(np.array([0.0, movement.duration_s])).spread(2)
    return ends.at(0), ends.at(1)


def walking_in(seconds: float = 2.2) -> Movement:
    """Steps forward to the place, slowing down."""
    way = seconds * WALK_M_S / T_M

    def posture(t: Floats) -> Posture:
        share = t / seconds
        return _walking(t, -way * (1 - share) ** 1.6, 0.0, 1 - eased((share - 0.7) / 0.3))

    return Movement(seconds, posture)


def walking_out(seconds: float = 3.5) -> Movement:
    """A turn about and steps away, to out of the picture in a side view."""

    def posture(t: Floats) -> Posture:
        return _walking(t, -WALK_M_S / T_M * np.maximum(t - 0.4, 0.0), 180 * eased(t / 0.8), eased(t / 0.4))

    return Movement(seconds, posture)


def _walking(t: Floats, fore_room: Course, heading: Course, stride: Floats) -> Posture:
    """Upright steps, the arms swinging against the legs."""
    swing = stride * np.sin(2 * np.pi * STEP_HZ * t)
    lift = stride * np.cos(2 * np.pi * STEP_HZ * t)
    left, right = toward(-18.0 * swing, 90.0), toward(18.0 * swing, 90.0)
    return Posture(
        left, right, left, right,
        foot_fore_left=0.45 * swing, foot_fore_right=-0.45 * swing,
        foot_up_left=0.15 * np.maximum(lift, 0.0), foot_up_right=0.15 * np.maximum(-lift, 0.0),
        fore_room=fore_room, heading=heading,
    )  # fmt: skip


def whole_visit(movement: Movement, *, by: Steps = (), upright_s: float | None = None) -> Movement:
    """The movement between walking in, picking the weights up, and putting them down and walking out.

    Args:
        movement: the set.
        by: what the body passes between standing and the first posture, and again on the way back.
        upright_s: how long the body stands before it puts the weights down; None puts them down at once.
    """
    first, last = _ends(movement)
    pick_up = [(1.2, AT_FLOOR), (0.5, AT_FLOOR), (1.2, STANDING), (0.6, STANDING), *by, (1.0, first)]
    upright = [] if upright_s is None else [(1.0, STANDING), (upright_s, STANDING)]
    put_down = [*reversed(by), *upright, (1.2, AT_FLOOR), (0.4, AT_FLOOR), (1.2, STANDING), (0.3, STANDING)]
    return in_sequence([walking_in(), passing(STANDING, pick_up), movement, passing(last, put_down), walking_out()])


def from_standing(movement: Movement, *, still_s: float = 0.6, by: Steps = ()) -> Movement:
    """The movement after standing still and taking its first posture."""
    first, _ = _ends(movement)
    return in_sequence([passing(STANDING, [(still_s, STANDING), *by, (1.2, first)]), movement])


def two_sets(movement: Movement, *, pause_s: float = 9.0, by: Steps = ()) -> Movement:
    """The movement twice, standing upright between."""
    first, last = _ends(movement)
    pause = passing(last, [*reversed(by), (1.0, STANDING), (pause_s, STANDING), *by, (1.0, first)])
    return in_sequence([movement, pause, movement])
