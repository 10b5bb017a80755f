"""Pulls from above and from the front: synthetic sets, built by joint angle.

Each builder's knobs are named after the faults of its exercise, each in the unit of the fault's value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from poses import (
    FOREARM,
    SHANK,
    SHOULDERS,
    STEADY,
    THIGH,
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


def _bone(out: Course, up: Course, fore: Course) -> Floats:
    """Directions (n, 3) of these components, which need not be of length 1."""
    v = np.stack(np.broadcast_arrays(*(np.asarray(c, float) for c in (out, up, fore))), axis=-1)
    unit: Floats = v / np.linalg.norm(v, axis=-1, keepdims=True)
    return unit


def _share_for(ways: Callable[[Floats], Floats], percent: Course) -> Floats:
    """How far (0 to 1) a joint goes so that the signal goes a share of its own way, which is not even."""
    u = np.linspace(0.0, 1.0, 201)
    way = (ways(u) - ways(u[:1])) / (ways(u[-1:]) - ways(u[:1]))
    return np.interp(np.asarray(percent) / 100, way, u)


HANG_UP, HANG_LOW = 1.12, 0.0
"""How far the hands are above the shoulders at the start and at the top of a pull from above."""
HANGING_LEAN = 12.0
"""Degrees that a body on straight legs is granted to lean back."""


def _under_bar(height: Course, fore: Course, tip: Course) -> tuple[Floats, Floats]:
    """Upper arm and forearm whose hand is so far above and before the shoulder, the forearm tipped so far, degrees."""
    a = np.radians(tip)
    up = (np.asarray(height) - FOREARM * np.cos(a)) / UPPER_ARM
    fore_share = np.asarray(fore) / UPPER_ARM
    out = np.sqrt(np.maximum(1 - up**2 - fore_share**2, 1e-4))
    return _bone(out, up, fore_share), _bone(-np.sin(a), np.cos(a), 0.0 * a)


def vertical_pull(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    elbows_off_wrists: float = 0.0,
    short_top: float = 100.0,
    short_bottom: float = 0.0,
    leg_swing: float = 0.0,
    trunk_swing: float = 0.0,
    behind_neck: float = 0.22,
    fast_lowering: float | None = None,
    uneven_arms: float = 0.0,
) -> Movement:
    """A pull from above on straight legs.

    elbows_off_wrists: T that the hand comes nearer to the elbow's height as the forearm tips. short_top: % of the way.
    short_bottom: % of the way that the return stops short. leg_swing: T that the knees come forward. trunk_swing:
    degrees of leaning back beyond what a hang is granted. behind_neck: T that the hands are before the ears.
    fast_lowering: s. uneven_arms: T.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)

    def posture(t: Floats) -> Posture:
        f, cut = beats.fault(t), short_bottom / 100 * beats.cut(t)
        u = (cut + (1 - cut) * beats.height(t)) * (1 - f * (1 - short_top / 100))
        height = HANG_UP + u * (HANG_LOW - HANG_UP)
        fore = u * (0.22 + f * (behind_neck - 0.22))
        tip = np.degrees(np.arccos(1 - elbows_off_wrists * f * eased((u - 0.4) / 0.4) / FOREARM))
        left, right = (_under_bar(height + lower * f * u, fore, tip) for lower in (0.0, uneven_arms))
        kick = np.arcsin(leg_swing * f * u / THIGH)
        lean = -(trunk_swing + HANGING_LEAN) * f * u if trunk_swing else 0.0 * u
        leg = 0.998 * (THIGH + SHANK)
        return Posture(
            left[0], right[0], left[1], right[1],
            lean=lean, hips_up=leg, raised=0.4,
            foot_fore_left=leg * np.sin(kick), foot_fore_right=leg * np.sin(kick),
            foot_up_left=leg * (1 - np.cos(kick)), foot_up_right=leg * (1 - np.cos(kick)),
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


HANDS_UP = 0.4
"""How far the hands are above the elbows when they are turned up beside the face."""


def _to_the_face(u: Floats, elbow_up: Course, hands_up: Course) -> tuple[Floats, Floats]:
    """Upper arm and forearm between straight ahead and elbows wide with the hands up, or before the face."""
    up, rise = np.asarray(elbow_up) / UPPER_ARM, np.asarray(hands_up) / FOREARM
    plane, level = np.radians(90.0 * (1 - u)), np.sqrt(1 - up**2)
    turned = _bone(-np.sqrt(1 - rise**2), rise, 0.0)
    fore = np.array([0.0, 0.0, 1.0]) * (1 - u)[:, None] + turned * u[:, None]
    return _bone(level * np.cos(plane), up, level * np.sin(plane)), fore / np.linalg.norm(fore, axis=-1, keepdims=True)


def _ahead(u: Floats) -> Floats:
    upper, fore = _to_the_face(u, 0.0, HANDS_UP)
    return UPPER_ARM * upper[..., 2] + FOREARM * fore[..., 2]


def face_pull(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    low_elbows: float = 0.0,
    no_rotation: float = HANDS_UP,
    low_back_arch: float = 0.0,
    neck_crane: float = 0.0,
    trunk_swing: float = 0.0,
    fast_lowering: float | None = None,
    short_top: float = 100.0,
) -> Movement:
    """A face pull.

    low_elbows: T that the elbows are above the shoulders at the top. no_rotation: T that the hands are above the
    elbows there. low_back_arch, neck_crane, trunk_swing: degrees. fast_lowering: s. short_top: % of the way.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        way = _share_for(_ahead, u * (100 - f * (100 - short_top)))
        upper, fore = _to_the_face(way, low_elbows * f * eased(u / 0.7), HANDS_UP + f * (no_rotation - HANDS_UP))
        return Posture(
            upper, upper, fore, fore,
            lean=-trunk_swing * f * u, arch=ARCH * low_back_arch * f * eased(u / 0.6), neck=neck_crane * f,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


ARCH = 1.5
"""Degrees of the lowest spine's extension that sink its outline by what a degree of arch is read from."""
SQUAT_LEAN = 44.0
AHEAD_DEG, BEHIND_DEG = 3.0, 64.0
"""From hanging, before and behind, of the arms in a press-back."""
ARM = UPPER_ARM + FOREARM


def press_back(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    elbow_bend: float = 176.0,
    arm_swing: float | None = None,
    short_top: float | None = None,
    trunk_swing: float = 0.0,
    rounded_back: float = 0.0,
    stance_rise: float = 0.0,
    shrug: float = 0.0,
    fast_lowering: float | None = None,
    neck_crane: float = 0.0,
) -> Movement:
    """A press-back.

    elbow_bend: degrees at the elbow. arm_swing, fast_lowering: s that the way back and the return take. short_top,
    shrug: T that the hands, and the shoulders, rise. The others are in degrees, as in a bent-over row.
    """
    beats = Beats.of(reps, faulty_from, tempo, up=arm_swing, down=fast_lowering)
    start = np.cos(np.radians(AHEAD_DEG))
    end = BEHIND_DEG if short_top is None else float(np.degrees(np.arccos(start - short_top / ARM)))

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        way = AHEAD_DEG - u * (AHEAD_DEG + BEHIND_DEG + f * (end - BEHIND_DEG))
        bend = 180.0 - (176.0 + f * (elbow_bend - 176.0))
        upper, fore = _sagittal(way - 0.4 * bend), _sagittal(way + 0.6 * bend)
        return Posture(
            upper, upper, fore, fore,
            lean=SQUAT_LEAN - stance_rise * f - trunk_swing * f * u, flexion=rounded_back * f,
            shrug=1.75 * shrug * f * _in_reps(beats, t),  # the person's T takes up a part
            neck=neck_crane * f - 8, hips_up=1.5, hips_fore=-0.45,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


def _in_reps(beats: Beats, t: Floats) -> Floats:
    """1 during reps, 0 at rest between them."""
    shares = [eased((t - b.start_s + 0.3) / 0.3) * (1 - eased((t - b.end_s) / 0.3)) for b in beats.beats]
    return np.asarray(np.max(shares, axis=0))


def _sagittal(deg: Floats) -> Floats:
    """Bones that hang and are turned forward by (n,) degrees."""
    return toward(deg, 90.0)


WALL_LOW, WALL_TOP = -45.0, 67.0
"""The upper arm above level, degrees, with the hands low and with long arms."""


def wall_band_retraction(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    forearms_not_vertical: float = 0.0,
    band_slack: float = 100.0,
    shrug: float = 0.0,
    low_back_arch: float = 0.0,
    uneven_arms: float = 0.0,
    short_top: float = WALL_TOP + 90.0,
    fast_lowering: float | None = None,
) -> Movement:
    """A press under a band, back to a wall.

    forearms_not_vertical, uneven_arms, short_top: degrees, the last two of the upper arm from hanging. band_slack: %
    of the hands' way apart. shrug: T. low_back_arch: degrees. fast_lowering: s.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)

    def arm(u: Floats, f: Floats, top: Course) -> tuple[Floats, Floats]:
        low, high = np.sin(np.radians(WALL_LOW)), np.sin(np.radians(np.asarray(top) - 90.0))
        up = low + u * (high - low)
        level = np.sqrt(1 - up**2)
        apart = SHOULDERS + UPPER_ARM * level * np.cos(np.radians(30.0))
        narrow = apart * (1 - f * (1 - band_slack / 100)) - SHOULDERS
        out = np.clip(narrow / (UPPER_ARM * level), -0.98, 0.98)
        upper = _bone(level * out, up, level * np.sqrt(1 - out**2))
        return upper, toward(180.0 - forearms_not_vertical * f, 0.0)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        top = WALL_TOP + 90.0 + f * (short_top - WALL_TOP - 90.0)
        left, right = arm(u, f, top), arm(u, f, top - uneven_arms * f)
        return Posture(
            left[0], right[0], left[1], right[1],
            shrug=shrug * f * eased(u / 0.3), arch=ARCH * low_back_arch * f * eased(u / 0.6),
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


CLOSED_DEG, OPEN_DEG = 85.0, 5.0
"""The arms' plane before and after a band is pulled apart; 0 is to the side, 90 straight ahead."""


def band_pull_apart(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    short_top: float = 100.0,
    shrug: float = 0.0,
    elbow_bend: float = 172.0,
    low_back_arch: float = 0.0,
    uneven_arms: float = 0.0,
    fast_lowering: float | None = None,
) -> Movement:
    """A band pulled apart before the chest.

    short_top: % of the way. shrug: T. elbow_bend: degrees at the elbows. low_back_arch: degrees. uneven_arms: T that
    the right hand stays nearer. fast_lowering: s.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)

    def arm(out: Floats, bend: Floats) -> tuple[Floats, Floats]:
        plane = np.degrees(np.arccos(np.clip(out, -1.0, 1.0)))
        return toward(90.0 - 0.3 * bend, plane), toward(90.0 + 0.7 * bend, plane)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        low, high = np.cos(np.radians(CLOSED_DEG)), np.cos(np.radians(OPEN_DEG))
        out = low + u * (1 - f * (1 - short_top / 100)) * (high - low)
        bend = 180.0 - (172.0 + f * (elbow_bend - 172.0))
        left, right = arm(out, bend), arm(out - uneven_arms / ARM * f * u, bend)
        return Posture(
            left[0], right[0], left[1], right[1],
            shrug=shrug * f * eased(u / 0.3), arch=1.3 * ARCH * low_back_arch * f * eased(u / 0.6),
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


MOTIONS: dict[str, Callable[..., Movement]] = {
    "vertical-pull": vertical_pull,
    "face-pull": face_pull,
    "press-back": press_back,
    "wall-band-retraction": wall_band_retraction,
    "band-pull-apart": band_pull_apart,
}
