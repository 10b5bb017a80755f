"""Raises, flies and press-backs: synthetic sets, built by joint angle.

Each builder's knobs are named after the faults of its exercise, each in the unit of the fault's value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from poses import (
    FOREARM,
    SHOULDERS,
    STEADY,
    UPPER_ARM,
    Beats,
    Course,
    Floats,
    Movement,
    Posture,
    Tempo,
    _pitched,
    eased,
    toward,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# ---- arms that are lifted ----

ARM = UPPER_ARM + FOREARM


def _bent(way: Floats, elbow_deg: Course, seen_from: str) -> tuple[Floats, Floats]:
    """Upper arm and forearm of an arm that reaches along a way with its elbow at an angle as seen from there.

    The elbow points up and in the picture's plane, so that the hand keeps its direction.
    """
    bend = np.radians(180.0 - np.asarray(elbow_deg))
    above = np.arctan2(FOREARM * np.sin(bend), UPPER_ARM + FOREARM * np.cos(bend))
    return _raised(way, above, seen_from), _raised(way, above - bend, seen_from)


def _raised(bone: Floats, angle: Floats, seen_from: str) -> Floats:
    """A bone that is turned up by an angle in the plane that is seen, rad."""
    out, up, fore = np.moveaxis(bone, -1, 0)
    along = out if seen_from == "front" else fore
    along, up = along * np.cos(angle) - up * np.sin(angle), up * np.cos(angle) + along * np.sin(angle)
    parts = (along, up, fore) if seen_from == "front" else (out, up, along)
    return np.stack(np.broadcast_arrays(*parts), axis=-1)


# ---- front raise ----

RAISE_LOW, RAISE_TOP = 12.0, 88.0
"""The arm from hanging, degrees."""


def front_raise(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    aside: float = 0.0,
    raise_too_high: float = RAISE_TOP,
    short_top: float = 100.0,
    trunk_swing: float = 0.0,
    low_back_arch: float = 0.0,
    shrug: float = 0.0,
    elbow_bend: float = 180.0,
    uneven_arms: float = 0.0,
    fast_lowering: float | None = None,
    rushed_lift: float | None = None,
) -> Movement:
    """A front raise. Each knob is what the fault of its name should be read as, in its unit.

    aside: degrees from straight forward; 90 makes it a lateral raise. raise_too_high, uneven_arms: of the arm's lift,
    degrees. short_top: % of the lift's angle. trunk_swing, low_back_arch: degrees of leaning back. elbow_bend: the
    elbow's angle. shrug: T. fast_lowering, rushed_lift: s.
    """
    beats = Beats.of(reps, faulty_from, tempo, up=rushed_lift, down=fast_lowering)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        top = RAISE_TOP + f * (raise_too_high - RAISE_TOP)
        way = (top - RAISE_LOW) * (1 - f * (1 - short_top / 100))
        elbow = 180.0 - (180.0 - elbow_bend) * f * eased(u / 0.3)
        left = _bent(toward(RAISE_LOW + way * u, 90.0 - aside), elbow, "side")
        right = _bent(toward(RAISE_LOW + (way - uneven_arms * f) * u, 90.0 - aside), elbow, "side")
        return Posture(
            left[0], right[0], left[1], right[1],
            lean=-f * (trunk_swing * u + low_back_arch), arch=1.6 * low_back_arch * f, shrug=shrug * f,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


# ---- bent-over Y and reverse fly ----

Y_LEAN, FLY_LEAN = 60.0, 65.0
Y_WIDE = 1.6
"""How much further apart the hands of the Y are than above the shoulders, T."""
FLY_LOW, FLY_TOP = 8.0, 88.0


def bent_over_y(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    t_not_y: float | None = None,
    short_top: float = 100.0,
    elbow_bend: float = 180.0,
    shrug: float = 0.0,
    trunk_swing: float = 0.0,
    rounded_back: float = 0.0,
    low_back_arch: float = 0.0,
    neck_crane: float = 0.0,
    uneven_arms: float = 0.0,
    fast_lowering: float | None = None,
) -> Movement:
    """A bent-over Y. Each knob is what the fault of its name should be read as, in its unit.

    t_not_y: how much further the hands are apart than above the shoulders, T. short_top: % of the arms' angle.
    elbow_bend: the elbow's angle from the front. shrug: T. uneven_arms and those of the trunk: degrees.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)
    clean, wide = _arm_of_y(Y_WIDE), _arm_of_y(Y_WIDE if t_not_y is None else t_not_y)
    low = 4.0

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        lift, plane = (a + f * (b - a) for a, b in zip(clean, wide, strict=True))
        way = (lift - low) * (1 - f * (1 - short_top / 100))
        elbow = 180.0 - (180.0 - elbow_bend) * f * eased(u / 0.3)
        left = _bent(toward(low + way * u, plane), elbow, "front")
        right = _bent(toward(low + (way - uneven_arms * f) * u, plane), elbow, "front")
        return Posture(
            left[0], right[0], left[1], right[1],
            lean=Y_LEAN - f * (trunk_swing * u + low_back_arch), flexion=rounded_back * f, arch=1.6 * low_back_arch * f,
            neck=neck_crane * f - 8, shrug=shrug * f, hips_up=1.56, hips_fore=-0.5,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


def _arm_of_y(wide: float) -> tuple[float, float]:
    """How far an arm is lifted, and its plane, degrees, that leaves the hands so much further apart than high, T."""
    past, lean = np.radians(np.linspace(75.0, -20.0, 96)), np.radians(Y_LEAN)
    up = np.sin(past) * np.cos(lean)
    x = float(np.interp(wide, 2 * (SHOULDERS + ARM * np.cos(past)) - ARM * up, past))  # of the arm past straight out
    up, fore = np.sin(x) * np.cos(lean), np.sin(x) * np.sin(lean)
    return float(np.degrees(np.arccos(-up))), float(np.degrees(np.arctan2(fore, np.cos(x))))


def reverse_fly(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    elbow_bend: float = 180.0,
    raise_too_high: float = FLY_TOP,
    short_top: float = 100.0,
    trunk_swing: float = 0.0,
    neck_jerk: float = 0.0,
    rounded_back: float = 0.0,
    low_back_arch: float = 0.0,
    shrug: float = 0.0,
    uneven_arms: float = 0.0,
    rushed_lift: float | None = None,
    fast_lowering: float | None = None,
) -> Movement:
    """A bent-over reverse fly. Each knob is what the fault of its name should be read as, in its unit.

    elbow_bend: the elbow's angle from the front. raise_too_high, uneven_arms: of the arm's lift, degrees. short_top: %
    of the arms' angle. neck_jerk: degrees that the head looks up. shrug: T. Those of the trunk: degrees.
    """
    beats = Beats.of(reps, faulty_from, tempo, up=rushed_lift, down=fast_lowering)

    def arm(u: Floats, top: Course, elbow: Course) -> tuple[Floats, Floats]:
        return _bent(toward(FLY_LOW + (top - FLY_LOW) * u, 0.0), elbow, "front")

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        u = u * (1 - f * (1 - short_top / 100))
        top = FLY_TOP + f * (raise_too_high - FLY_TOP)
        elbow = 180.0 - (180.0 - elbow_bend) * f * eased(u / 0.3)
        left, right = arm(u, top, elbow), arm(u, top - uneven_arms * f, elbow)
        return Posture(
            left[0], right[0], left[1], right[1],
            lean=FLY_LEAN - f * (trunk_swing * u + low_back_arch), flexion=rounded_back * f,
            arch=1.6 * low_back_arch * f, neck=-neck_jerk * f - 8, shrug=shrug * f, hips_up=1.56, hips_fore=-0.5,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


# ---- upright row ----

ELBOW_TOP, HANDS_BELOW = 84.0, -0.28
"""At the top: the upper arm from hanging, degrees, and the hands from the elbows, T."""
HANGS = toward(6.0, 10.0), toward(6.0, 150.0)
AWAY_T, AWAY_DEG = (0.27, 0.411, 0.472, 0.53, 0.578, 0.619), (0.0, 10.0, 20.0, 30.0, 40.0, 50.0)
"""How far the hands are before the shoulders, half-way up, and how far the arms are tipped forward for that."""
SHARES = np.linspace(0.0, 1.0, 101)


def _swung(a: Floats, b: Floats, share: Course) -> Floats:
    """A bone on its way from one direction to another."""
    w = np.asarray(share)[..., None]
    bone = a * (1 - w) + b * w
    return np.asarray(bone / np.linalg.norm(bone, axis=-1, keepdims=True))


def _at_height(u: Floats, top: tuple[Floats, Floats]) -> Floats:
    """The share of the way to the top at which the hand has come so much of its rise."""
    (upper, fore), (upper_top, fore_top) = HANGS, top
    up = UPPER_ARM * _swung(upper, upper_top, SHARES)[:, 1] + FOREARM * _swung(fore, fore_top, SHARES)[:, 1]
    return np.interp(u, (up - up[0]) / (up[-1] - up[0]), SHARES)


def upright_row(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    elbows_too_high: float = ELBOW_TOP,
    hands_above_elbows: float = HANDS_BELOW,
    shrug: float = 0.0,
    trunk_swing: float = 0.0,
    bar_away: float = 0.0,
    narrow_grip: float | None = None,
    short_top: float = 100.0,
    uneven_arms: float = 0.0,
    fast_lowering: float | None = None,
) -> Movement:
    """An upright row: the hands' height goes with the rep. Each knob is what its fault should be read as.

    elbows_too_high, trunk_swing: degrees. hands_above_elbows, shrug, narrow_grip, bar_away, uneven_arms: T.
    short_top: % of the hands' rise. fast_lowering: s.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)
    inward = 0.0 if narrow_grip is None else np.arcsin((2 * SHOULDERS - narrow_grip) / 2 / ARM)

    def top_of(f: float) -> tuple[Floats, Floats]:
        elbow = ELBOW_TOP + f * (elbows_too_high - ELBOW_TOP)
        over = HANDS_BELOW + f * (hands_above_elbows - HANDS_BELOW)
        return toward(elbow, 10.0), toward(np.degrees(np.arccos(-over / FOREARM)), 150.0)

    clean, faulty = top_of(0.0), top_of(1.0)
    away = float(np.interp(bar_away, AWAY_T, AWAY_DEG))
    rise = 2 * 0.4  # of the hands, about

    def arm(u: Floats, f: Floats) -> tuple[Floats, Floats]:
        bones = []
        shares = _at_height(u, clean), _at_height(u, faulty)
        for hanging, a, b in zip(HANGS, clean, faulty, strict=True):
            bone = _swung(_swung(hanging, a, shares[0]), _swung(hanging, b, shares[1]), f)
            bone = _pitched(bone, -away * f * eased(u / 0.2))
            turned = np.stack([-np.sin(inward) * (1 - u) * f, 0 * u, 0 * u], axis=-1)
            bone = bone + turned
            bones.append(bone / np.linalg.norm(bone, axis=-1, keepdims=True))
        return bones[0], bones[1]

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        u = u * (1 - f * (1 - short_top / 100))
        left, right = arm(u, f), arm(u * (1 - f * uneven_arms / rise), f)
        return Posture(
            left[0], right[0], left[1], right[1], lean=-trunk_swing * f * u, shrug=shrug * f
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


MOTIONS: dict[str, Callable[..., Movement]] = {
    "front-raise": front_raise,
    "bent-over-y": bent_over_y,
    "reverse-fly": reverse_fly,
    "upright-row": upright_row,
}
