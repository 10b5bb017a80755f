"""Synthetic pose tracks: a body posed by joint angles, moved by a coach's knobs, filmed by a pinhole camera.

Three layers, each usable alone:

- `Posture` is how a body stands at some instants, in joint angles and torso lengths; `Skeleton` turns it into joints.
- `Movement` is a posture over time with the beats of its reps. One builder an exercise, its knobs named after faults.
- `film` is the camera: landmarks, world landmarks, visibility and outline, as the pose model gives them.

Lengths are in torso lengths T unless a name says otherwise. The room's axes are the person's left, up and forward.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
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
    for (t0, v0), (t1, v1) in zip(knots, knots[1:], strict=False):
        value += (v1 - v0) * eased((t - t0) / max(t1 - t0, 1e-9))
    return value


@dataclass(frozen=True)
class Tempo:
    """The parts of a rep, s."""

    up: float = 1.1
    hold: float = 0.35
    down: float = 1.6
    rest: float = 0.8


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
    def of(
        reps: int, faulty_from: int, tempo: Tempo, *, up: float | None = None, down: float | None = None
    ) -> Beats:
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
    """From one posture to another; the arms' bones swing the short way."""
    n = len(share)
    a, b = a.spread(n), b.spread(n)
    values = []
    for i, f in enumerate(fields(Posture)):
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
        girdle_middle = hips + chord + p.shrug[:, None] * trunk
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
        return Skeleton(_placed(joints, p), _turned(x, p.heading), _turned(back, p.heading), p)


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
    left, fore = v[..., 0], v[..., 2]
    return np.stack([left * np.cos(h) + fore * np.sin(h), v[..., 1], fore * np.cos(h) - left * np.sin(h)], axis=-1)


def _placed(joints: Floats, p: Posture) -> Floats:
    place = np.stack([np.asarray(p.left), np.zeros(len(joints)), np.asarray(p.fore_room)], axis=1)
    return _turned(joints, p.heading) + place[:, None]


# ---- the outline of the trunk ----

# Bodies differ in their outline; this one is hollow at the waist.
_BACK = 0.14 + 0.30 * (STATION - 0.42) ** 2
_BELLY = 0.25 + 0.05 * np.sin(np.pi * STATION)
_FLANK = 0.33 + 0.20 * (STATION - 0.4) ** 2

# Flexion by 1° bulges the back by a skew arc and so turns a parabola through it by 0.72° and lifts the lower back by
# 0.0027 chord lengths, as rendered bodies do; extension of the lowest spine sinks it there and leaves the rest.
_ARC = np.radians(0.5 * 0.97) * STATION * (1 - STATION) * (1 + 1.32 * (1 - 2 * STATION))
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
    fps: float = 20.0


FRONT, LEFT_SIDE, RIGHT_SIDE = Camera(0.0), Camera(90.0), Camera(-90.0)
OBLIQUE_LEFT, OBLIQUE_RIGHT, REAR = Camera(40.0), Camera(-40.0), Camera(180.0)

Movement: TypeAlias
