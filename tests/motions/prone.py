"""On the front and on all fours: synthetic sets, built by joint angle.

Each builder's knobs are named after the faults of its exercise, each in the unit of the fault's value.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from poses import FOREARM, SHANK, THIGH, UPPER_ARM, Beat, Beats, Movement, Posture, Tempo, eased, toward

if TYPE_CHECKING:
    from collections.abc import Callable

    from poses import Course, Floats

OFF_FLOOR = 0.3
"""How high the hips of a prone body are, T."""
ARM = UPPER_ARM + FOREARM
LIFTED = Tempo(up=1.2, hold=1.0, down=1.4, rest=0.8)
SWEEP = Tempo(up=2.0, hold=0.4, down=2.0, rest=0.8)
PULL = Tempo(up=1.4, hold=0.5, down=1.5, rest=0.8)
FLOWING = Tempo(up=2.2, hold=0.5, down=2.2, rest=0.6)


def _prone(
    upper: tuple[Floats, Floats],
    fore: tuple[Floats, Floats],
    *,
    chest: Course,
    legs: Course,
    neck: Course,
    knee: Course,
) -> Posture:
    """Lying on the front, shoulders and ankles so far above the hips, T; neck in degrees thrown back."""
    lean = -np.degrees(np.arcsin(np.asarray(chest)))
    leg = 2 * THIGH * np.sin(np.radians(knee) / 2)
    return Posture(
        upper[0], upper[1], fore[0], fore[1],
        lean=lean, neck=-lean - np.asarray(neck), tipped=90.0, raised=OFF_FLOOR,
        hips_up=np.sqrt(leg**2 - np.asarray(legs) ** 2),
        foot_fore_left=-np.asarray(legs), foot_fore_right=-np.asarray(legs),
    )  # fmt: skip


def _held(beats: Beats, hold_s: float) -> Beats:
    """The same with the faulty reps held so long at the top."""
    later = 0.0
    changed = []
    for number, beat in enumerate(beats.beats, 1):
        times = [t + later for t in (beat.start_s, beat.peak_s, beat.lowering_s, beat.end_s)]
        if number >= beats.faulty_from:
            more = hold_s - (beat.lowering_s - beat.peak_s)
            later += more
            times[2:] = [t + more for t in times[2:]]
        changed.append(Beat(*times))
    return replace(beats, beats=tuple(changed))


STRAIGHT = 168.0
CHEST_UP, LEGS_UP = 0.2, 0.28


def superman(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = LIFTED,
    over_arching: float = CHEST_UP,
    legs_down: float = LEGS_UP,
    no_pause: float | None = None,
    neck_crane: float = 0.0,
    fast_lowering: float | None = None,
    rushed_lift: float | None = None,
    knees_bending: float = STRAIGHT,
) -> Movement:
    """A superman. over_arching, legs_down: T that the chest, and that the legs are lifted. no_pause: s of the hold.

    neck_crane: degrees that the head is thrown back. knees_bending: degrees at the knee. The others: s.
    """
    beats = Beats.of(reps, faulty_from, tempo, up=rushed_lift, down=fast_lowering)
    if no_pause is not None:
        beats = _held(beats, no_pause)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        arm = toward(178.0 + 10.0 * u, 90.0)
        return _prone(
            (arm, arm), (arm, arm),
            chest=u * (CHEST_UP + f * (over_arching - CHEST_UP)), legs=u * (LEGS_UP + f * (legs_down - LEGS_UP)),
            neck=neck_crane * f, knee=STRAIGHT + f * u * (knees_bending - STRAIGHT),
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


def prone_band_pulldown(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = PULL,
    over_arching: float = 0.0,
    short_top: float = 100.0,
    elbow_not_square: float = 0.0,
    band_slack: float = 100.0,
    neck_crane: float = 0.0,
    fast_lowering: float | None = None,
) -> Movement:
    """A prone pull-down. over_arching: T that the chest rises. short_top: % of the way. elbow_not_square: degrees off.

    band_slack: % of their distance at the start that the hands keep. neck_crane: degrees. fast_lowering: s.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)

    def arm(u: Course, square: Course, narrow: Course) -> tuple[Floats, Floats]:
        top, low = np.cos(np.radians(168.0)), np.cos(np.radians(40.0))
        elevation = np.degrees(np.arccos(top + np.asarray(u) * (low - top)))
        return toward(elevation, 0.0), toward(
            174.0 + np.asarray(u) * (130.0 - 174.0 - np.asarray(square)) + narrow, 0.0
        )

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        u = u * (1 - f * (1 - short_top / 100))
        slack = f * eased(u / 0.06) * (1 - eased((u - 0.1) / 0.2)) * 94.0 * np.sqrt(1 - band_slack / 100)
        upper, fore = arm(u, elbow_not_square * f, slack)
        return _prone(
            (upper, upper), (fore, fore),
            chest=0.1 + over_arching * f * u, legs=0.0, neck=neck_crane * f, knee=STRAIGHT,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


def reverse_snow_angel(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = SWEEP,
    hands_touching: float = 0.0,
    rocking: float = 0.0,
    legs_down: float = 0.0,
    over_arching: float = 0.0,
    neck_crane: float = 0.0,
    rushed_lift: float | None = None,
) -> Movement:
    """A reverse snow angel. hands_touching, legs_down: T that hands and legs are lower; over_arching: the chest higher.

    rocking: T that the chest rises against the legs within a rep. neck_crane: degrees. rushed_lift: s.
    """
    beats = Beats.of(reps, faulty_from, tempo, up=rushed_lift)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        top, low = np.cos(np.radians(170.0)), np.cos(np.radians(14.0))
        level = toward(np.degrees(np.arccos(top + u * (low - top))), 0.0)
        sink = np.asarray(hands_touching * f / ARM)[:, None]
        bone = level * np.sqrt(1 - sink**2) + np.array([0.0, 0.0, 1.0]) * sink  # before a prone body is below it
        return _prone(
            (bone, bone), (bone, bone),
            chest=0.15 + f * (over_arching + rocking * u / 2), legs=0.25 - f * (legs_down + rocking * u / 2),
            neck=neck_crane * f, knee=STRAIGHT,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


COW, CAT = -40.0, 60.0
"""The spine's flexion in either, degrees."""
HEAD_TURN = 40.0
"""How far the head turns besides, degrees."""
HEAD_MOST = 128.0
"""The most that it turns: to be a larger share of the cycle, the back must move less."""
BACK_SHARE = 0.72
"""Of the spine's flexion that the outline of the back turns."""


def cat_cow(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = FLOWING,
    start: float = COW,
    small_range: float = 100.0,
    head_only: float | None = None,
    elbow_bend: float = 180.0,
    hands_off_line: float = 0.0,
    hips_rocking: float = 0.0,
    rushed_lift: float | None = None,
) -> Movement:
    """Cat-cow from `start`, degrees of flexion. small_range: % of the cycle's range. elbow_bend: degrees at the elbow.

    head_only: how far the head turns, % of how far the back does. hands_off_line, hips_rocking: T.
    rushed_lift: s of the whole cycle.
    """
    half_s = None if rushed_lift is None else (rushed_lift - tempo.hold) / 2
    beats = Beats.of(reps, faulty_from, tempo, up=half_s, down=half_s)
    share = small_range
    if head_only is not None:
        share = min(100.0, 100 * HEAD_MOST / (BACK_SHARE * head_only / 100 * (CAT - COW)))

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        short = f * (1 - share / 100)
        flexion = start + (CAT - start) * (short / 2 + u * (1 - short))
        head = HEAD_TURN
        if head_only is not None:
            head = (CAT - COW) * share / 100 * (BACK_SHARE * head_only / 100 - 0.5)
        neck = (u - 0.5) * (HEAD_TURN + f * (head - HEAD_TURN))
        bend = (180.0 - elbow_bend) / 2 * f
        ahead = np.degrees(np.arcsin(hands_off_line / ARM)) * f
        upper, fore = toward(-bend + ahead, 90.0), toward(bend + ahead, 90.0)
        return Posture(
            upper, upper, fore, fore,
            lean=90.0, flexion=flexion, neck=neck, hips_up=THIGH, hips_fore=hips_rocking * f * u,
            foot_fore_left=-SHANK, foot_fore_right=-SHANK,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


MOTIONS: dict[str, Callable[..., Movement]] = {
    "superman": superman,
    "prone-band-pulldown": prone_band_pulldown,
    "reverse-snow-angel": reverse_snow_angel,
    "cat-cow": cat_cow,
}
