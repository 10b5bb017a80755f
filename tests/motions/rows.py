"""Rows: synthetic sets, built by joint angle.

Each builder's knobs are named after the faults of its exercise, each in the unit of the fault's value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from poses import (
    FOREARM,
    HIPS,
    SHOULDERS,
    STEADY,
    UPPER_ARM,
    Beats,
    Course,
    Floats,
    Movement,
    Posture,
    Tempo,
    eased,
    toward,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NEARER = 1.2
"""An elbow behind its shoulder is farther from a camera in front: so much less far out it looks."""

ON_HIP = toward(45.0, -30.0), toward(60.0, 150.0)
"""An arm whose hand rests on the hip."""


def _elevation(rise: Course) -> Floats:
    """The upper arm's angle from hanging when a hanging forearm is lifted so far, degrees."""
    return np.degrees(np.arccos(np.clip(1 - np.asarray(rise) / UPPER_ARM, -1.0, 1.0)))


def _drawn(rise: Floats, *, out: Course, peak: Course, curl_deg: Course = 0.0) -> tuple[Floats, Floats]:
    """Upper arm and forearm of an arm that draws its hand straight up by a rise.

    At the upper arm's elevation `peak` the elbow is `out` beyond its shoulder.
    """
    far = np.maximum(UPPER_ARM * np.sin(np.radians(peak)), 1e-6)
    plane = np.degrees(np.arccos(np.clip(np.asarray(out) / far, -1.0, 1.0)))
    return toward(_elevation(rise), -plane), toward(curl_deg, 90.0)


# ---- reverse-grip row ----

REVERSE_LEAN, REVERSE_KNEE, HIPS_BACK = 26.0, 150.0, 0.2
ARM_FORE, ARM_BACK, WINGED = 24.0, -66.0, 78.0
"""The upper arm from hanging, forward at rest, back at the top, and to the side where it wings."""
FORE_LOW, FORE_TOP = 58.0, 46.0


def _arm_to_waist(u: Course) -> tuple[Floats, Floats]:
    """How far forward of hanging the upper arm and the forearm are, degrees."""
    u = np.asarray(u)
    return ARM_FORE + u * (ARM_BACK - ARM_FORE), FORE_LOW + u * (FORE_TOP - FORE_LOW)


def _hand_at_waist(u: Course) -> tuple[Floats, Floats]:
    """How far the hand is before and above its shoulder, T."""
    upper, fore = (np.radians(angle) for angle in _arm_to_waist(u))
    before = UPPER_ARM * np.sin(upper) + FOREARM * np.sin(fore)
    return before, -UPPER_ARM * np.cos(upper) - FOREARM * np.cos(fore)


SHARES = np.linspace(0.0, 1.0, 201)


def _share_lower_by(drop: float) -> float:
    """The share of the way to the top at which the hand is so much lower than at the top."""
    _, up = _hand_at_waist(SHARES)
    return float(SHARES[np.nonzero(up <= up[-1] - drop)[0][-1]])


def _share_of_elbow(height: float) -> float:
    """The share of the way to the top at which the elbow is so high over its shoulder, T, so negative."""
    return float((ARM_FORE + np.degrees(np.arccos(-height / UPPER_ARM))) / (ARM_FORE - ARM_BACK))


def reverse_grip_row(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    lean: float = REVERSE_LEAN,
    elbow_flare: float = 0.0,
    short_top: float | None = None,
    shrug: float = 0.0,
    rounded_back: float = 0.0,
    trunk_swing: float = 0.0,
    squat_drift: float = 0.0,
    uneven_arms: float = 0.0,
    fast_lowering: float | None = None,
    neck_crane: float = 0.0,
) -> Movement:
    """A reverse-grip row in a slight squat.

    elbow_flare, shrug, uneven_arms: T. short_top: T of the elbow over its shoulder at the top. The others are degrees,
    `fast_lowering` s; squat_drift straightens the knees, a negative one bends them.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)
    short = 1.0 if short_top is None else _share_of_elbow(short_top)
    lower = _share_lower_by(uneven_arms)

    def arm(u: Floats, f: Floats) -> tuple[Floats, Floats]:
        upper, fore = _arm_to_waist(u)
        tucked = toward(upper, 90.0)
        if elbow_flare:
            aside = NEARER * elbow_flare / (UPPER_ARM * np.sin(np.radians(WINGED)))
            plane = 90.0 - (90.0 + np.degrees(np.arccos(min(aside, 1.0)))) * eased(u / 0.4)
            winged = toward(ARM_FORE + (WINGED - ARM_FORE) * eased(u / 0.5), plane)
            tucked = np.where(f[:, None] > 0, winged, tucked)
        return tucked, toward(fore, 90.0)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        u = u * (1 - f * (1 - short))
        left, right = arm(u, f), arm(u * (1 - f * (1 - lower)), f)
        knee = np.radians(REVERSE_KNEE + squat_drift * f)
        return Posture(
            left[0], right[0], left[1], right[1],
            lean=lean - trunk_swing * f * u, flexion=rounded_back * f, neck=neck_crane * f - 8,
            shrug=shrug * f * eased(u / 0.3), hips_up=np.sqrt((1.7 * np.sin(knee / 2)) ** 2 - HIPS_BACK**2),
            hips_fore=-HIPS_BACK,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


# ---- row with a horizontal band ----

BAND_LEAN, BAND_ELEVATION, FIST = 62.0, 68.0, 0.2
"""Of the trunk; of the upper arm at the top, from hanging; how far the elbow is out."""


def row_horizontal_band(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    elbow_gap_wide: float = FIST,
    elbow_gap_narrow: float = FIST,
    overpull: float = 0.0,
    trunk_swing: float = 0.0,
    trunk_twist: float = 0.0,
    hand_pull: float = 0.0,
    rounded_back: float = 0.0,
    fast_lowering: float | None = None,
) -> Movement:
    """A row of the left arm, the right hand on the hip.

    elbow_gap_wide, elbow_gap_narrow: T that the elbow is out at the top. overpull: T of the elbow before the trunk,
    so negative. hand_pull: degrees at the elbow. trunk_twist: degrees that the shoulders' line tilts in the front view.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)
    gap = elbow_gap_wide + elbow_gap_narrow - FIST
    behind = BAND_LEAN + np.degrees(np.arcsin(-overpull / UPPER_ARM))

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        top = BAND_ELEVATION + f * ((behind if overpull else BAND_ELEVATION) - BAND_ELEVATION)
        rise = UPPER_ARM * (1 - np.cos(np.radians(top))) * u
        curl = f * u * (180 - BAND_ELEVATION - hand_pull) if hand_pull else 0.0
        left = _drawn(rise, out=FIST + f * (gap - FIST), peak=top, curl_deg=curl)
        lean = BAND_LEAN - trunk_swing * f * u
        twist = np.degrees(np.arctan(np.tan(np.radians(trunk_twist * f * u)) / np.sin(np.radians(lean))))
        return Posture(
            left[0], ON_HIP[0], left[1], ON_HIP[1],
            lean=lean, flexion=rounded_back * f, neck=-8.0, twist=twist, hips_up=1.56, hips_fore=-0.5,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


# ---- wide row ----

WIDE_LEAN, WIDE_ELEVATION = 75.0, 80.0


def _turned_back(apart_deg: float) -> float:
    """How far the upper arm turns back from straight out at the top, degrees, to be so far from the trunk's side."""
    trunk = np.radians(WIDE_LEAN)
    to_hip = np.array([HIPS - SHOULDERS, -np.cos(trunk), -np.sin(trunk)])
    turns = np.linspace(0.0, 90.0, 181)
    apart = np.degrees(np.arccos(toward(WIDE_ELEVATION, -turns) @ to_hip / np.linalg.norm(to_hip)))
    return float(np.interp(-apart_deg, -apart, turns))


def wide_row(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    elbows_narrow: float | None = None,
    hinge_depth: float = WIDE_LEAN,
    stance_rise: float = 0.0,
    rounded_back: float = 0.0,
    trunk_swing: float = 0.0,
    shrug: float = 0.0,
    neck_crane: float = 0.0,
    short_top: float = 100.0,
    uneven_arms: float = 0.0,
    fast_lowering: float | None = None,
) -> Movement:
    """A wide row, the upper arms straight out to the sides at the top.

    elbows_narrow: degrees between upper arm and trunk at the top. short_top: % of the lift. uneven_arms, shrug: T.
    hinge_depth: degrees of lean. The others are degrees, `fast_lowering` s.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)
    full = UPPER_ARM * (1 - np.cos(np.radians(WIDE_ELEVATION)))
    back = 0.0 if elbows_narrow is None else _turned_back(elbows_narrow)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        rise = full * u * (1 - f * (1 - short_top / 100))
        left, right = (toward(_elevation(r), -back * f) for r in (rise, rise - uneven_arms * f * u))
        lean = WIDE_LEAN + f * (hinge_depth - WIDE_LEAN - stance_rise - trunk_swing * u)
        fore = toward(0.0)
        return Posture(
            left, right, fore, fore,
            lean=lean, flexion=rounded_back * f, neck=neck_crane * f - 8, shrug=shrug * f * eased(u / 0.3),
            hips_up=1.56, hips_fore=-0.5,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


# ---- alternating row ----

ALTERNATING_LEAN, ALTERNATING_RISE, ALTERNATING_OUT = 50.0, 0.52, 0.15
WINGED_RISE = 0.58


def alternating_row(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    fold: float = ALTERNATING_LEAN,
    lift: float = ALTERNATING_RISE,
    in_turn: bool = True,
    trunk_twist: float = 0.0,
    elbow_flare: float = 0.0,
    short_top: float = 100.0,
    rounded_back: float = 0.0,
    trunk_swing: float = 0.0,
    stance_rise: float = 0.0,
    shrug: float = 0.0,
    uneven_arms: float = 0.0,
    neck_crane: float = 0.0,
    fast_lowering: float | None = None,
) -> Movement:
    """An alternating row, the left arm first; all reps are the left one's where not `in_turn`.

    lift, elbow_flare, shrug: T. trunk_twist: degrees that the shoulders' line tilts in the front view. short_top: % of
    the lift. uneven_arms: % that the right arm's lift is smaller by. The others are degrees, `fast_lowering` s.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)
    lefts = [n for n in range(1, reps + 1) if n % 2 or not in_turn]
    rights = [n for n in range(1, reps + 1) if n not in lefts]

    def arm(u: Floats, f: Floats, less: Course) -> tuple[Floats, Floats]:
        rise = lift * u * (1 - f * (1 - short_top / 100)) * (1 - f * less)
        upper, fore = _drawn(rise, out=ALTERNATING_OUT, peak=_elevation(lift))
        if elbow_flare:
            winged, _ = _drawn(WINGED_RISE * u, out=NEARER * elbow_flare, peak=_elevation(WINGED_RISE))
            upper = np.where(f[:, None] > 0, winged, upper)
        return upper, fore

    def posture(t: Floats) -> Posture:
        f = beats.fault(t)
        first, second = beats.height(t, lefts), beats.height(t, rights)
        u = first + second
        left, right = arm(first, f, 0.0), arm(second, f, uneven_arms / 100)
        lean = fold - f * (stance_rise + trunk_swing * u)
        tilt = np.degrees(np.arctan(np.tan(np.radians(trunk_twist * f * u)) / np.sin(np.radians(lean))))
        return Posture(
            left[0], right[0], left[1], right[1],
            lean=lean, flexion=rounded_back * f, neck=neck_crane * f - 8, shrug=shrug * f * eased(u / 0.3),
            twist=np.where(first > 0, tilt, -tilt), hips_up=1.56, hips_fore=-0.5,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


MOTIONS: dict[str, Callable[..., Movement]] = {
    "reverse-grip-row": reverse_grip_row,
    "row-horizontal-band": row_horizontal_band,
    "wide-row": wide_row,
    "alternating-row": alternating_row,
}
