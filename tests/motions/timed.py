"""Planks, holds and carries: synthetic sets, built by joint angle.

Each builder's knobs are named after the faults of its exercise, each in the unit of the fault's value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from poses import (
    ANKLE_UP,
    DOWN,
    FOREARM,
    LEAD_S,
    NOSE_DOWN,
    NOSE_FORE,
    SHANK,
    STEADY,
    THIGH,
    UPPER_ARM,
    Beat,
    Beats,
    Movement,
    Posture,
    Tempo,
    eased,
    toward,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poses import Course, Floats

# ---- a plank ----

PLANK = 76.0
"""The straight body from upright, degrees."""
ROW_RISE = 0.85
"""How far the hand rises from the floor to the hip."""


def renegade_row(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = STEADY,
    hip_rotation: float = 0.0,
    hip_sag: float = 0.0,
    hip_pike: float = 0.0,
    short_top: float = 100.0,
    fast_lowering: float | None = None,
    neck_crane: float = 0.0,
) -> Movement:
    """Rows in a plank, the left arm first, the arms in turn. Each knob is what the fault of its name should read.

    hip_rotation: degrees that the body rolls about its length at the top. hip_sag, hip_pike: T off the straight line.
    short_top: % of the lift. fast_lowering: s. neck_crane: degrees, positive down.
    """
    beats = Beats.of(reps, faulty_from, tempo, down=fast_lowering)

    def arm(u: Floats, f: Floats) -> tuple[Floats, Floats]:
        rise = ROW_RISE * u * (1 - f * (1 - short_top / 100))
        ahead = np.degrees(np.arcsin(np.clip(1 - rise / UPPER_ARM, -1.0, 1.0)))
        return toward(ahead - (90.0 - PLANK), 90.0), toward(PLANK, 90.0)  # upright in the room, not on the trunk

    def posture(t: Floats) -> Posture:
        f = beats.fault(t)
        turns = [beats.height(t, range(first, reps + 1, 2)) for first in (1, 2)]
        (upper_left, fore_left), (upper_right, fore_right) = (arm(u, f) for u in turns)
        bend = np.degrees(np.arcsin((hip_pike - hip_sag) * f * (1 + THIGH + SHANK) / (THIGH + SHANK)))
        return Posture(
            upper_left, upper_right, fore_left, fore_right,
            lean=bend, neck=neck_crane * f, tipped=PLANK - bend / (1 + THIGH + SHANK),
            laid=hip_rotation * f * (turns[1] - turns[0]), raised=0.8,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


# ---- a hold ----

CHEST_LEVEL, CHEST_SUNK = 70.0, 86.0
"""The trunk from upright, degrees, before the chest sinks and after."""
ELBOW_LEVEL, ELBOW_ABOVE = 0.02, 0.31
"""The elbows above the shoulders."""
HIPS_BACK, CHIN_TUCKED = 50.0, 125.0
WAY_IN_S, WAY_OUT_S, REST_S = 2.4, 2.0, 1.2


def thoracic_extension_hold(
    *,
    reps: int = 1,
    faulty_from: int = 1,
    chest_rising: float = 0.0,
    hips_forward: float = HIPS_BACK,
    chin_poke: float = CHIN_TUCKED,
    hold_short: float = 32.0,
) -> Movement:
    """The chest sinks below the elbows, which lie on a bench, and stays there: a beat's peak to its lowering.

    chest_rising: T that the chest rises in the last third. hips_forward: degrees at the hip. chin_poke: degrees from
    the trunk's line to where the face looks. hold_short: s in position.
    """
    beats = Beats.of(reps, faulty_from, Tempo(WAY_IN_S, hold_short, WAY_OUT_S, REST_S))

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        late = sum((eased((t - b.peak_s - 0.6 * hold_short) / 2.0) * (t < b.end_s) for b in beats.beats), np.zeros(1))
        rise = u * chest_rising * f * late  # of the shoulders; the elbows stay on the bench
        above = ELBOW_LEVEL + u * (ELBOW_ABOVE - ELBOW_LEVEL) - rise
        lean = np.degrees(np.arccos(np.cos(np.radians(CHEST_LEVEL + u * (CHEST_SUNK - CHEST_LEVEL))) + rise))
        upper = toward(90.0 + np.degrees(np.arcsin(above / UPPER_ARM)), 60.0)
        fore = toward(220.0, 110.0)
        hip = HIPS_BACK + f * (hips_forward - HIPS_BACK)
        back = np.radians(hip + lean - 180.0)  # of the knees, from under the hips
        face = CHIN_TUCKED + f * (chin_poke - CHIN_TUCKED)
        foot = -THIGH * np.sin(back) - SHANK
        return Posture(
            upper, upper, fore, fore,
            lean=lean, neck=face - 90.0 - np.degrees(np.arctan(NOSE_DOWN / NOSE_FORE)),
            hips_up=THIGH * np.cos(back), foot_fore_left=foot, foot_fore_right=foot,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


# ---- carries ----

STEP_S, STEP_UP, CARRIED_S, PAUSE_S = 0.6, 0.2, 8.4, 2.5


def _carries(reps: int, faulty_from: int) -> Beats:
    """Walks one after the other: a beat's start to its end."""
    starts_s = [LEAD_S + number * (CARRIED_S + PAUSE_S) for number in range(reps)]
    return Beats(tuple(Beat(s, s, s + CARRIED_S, s + CARRIED_S) for s in starts_s), faulty_from)


def _on_the_spot(t: Floats, beats: Sequence[Beat], step_s: Course = STEP_S) -> tuple[Floats, Floats]:
    """How far the left and the right foot are off the ground."""
    feet = np.zeros((2, len(t)))
    for beat in beats:
        steps = (t - beat.start_s) / step_s
        walks = (t >= beat.start_s) & (t <= beat.end_s)
        lift = STEP_UP * np.sin(np.pi * (steps % 1.0)) ** 2 * walks
        feet[0] += lift * (steps.astype(int) % 2 == 1)
        feet[1] += lift * (steps.astype(int) % 2 == 0)
    return feet[0], feet[1]


def farmers_carry(
    *,
    reps: int = 1,
    faulty_from: int = 1,
    side_lean: float = 0.0,
    hunching: float = 0.0,
    shrug: float = 0.0,
    weights_swinging: float = 0.0,
    trunk_swing: float = 0.0,
) -> Movement:
    """Marching on the spot with both arms hanging. Each knob is what the fault of its name should read.

    side_lean: degrees to the right. hunching: degrees, half of the trunk, half of the neck. shrug: T.
    weights_swinging: T, trunk_swing: degrees, both from one end to the other.
    """
    beats = _carries(reps, faulty_from)

    def posture(t: Floats) -> Posture:
        f = beats.fault(t)
        walks = sum(((t >= b.start_s) & (t <= b.end_s) for b in beats.beats), np.zeros(len(t), bool))
        beat = np.sin(np.pi * (t - LEAD_S) / STEP_S) * walks
        swung = np.degrees(np.arcsin(weights_swinging / 2 / (UPPER_ARM + FOREARM)))
        arm = toward(swung * f * beat, 90.0)
        left_up, right_up = _on_the_spot(t, beats.beats)
        return Posture(
            arm, arm, arm, arm,
            lean=hunching / 2 * f, neck=hunching / 2 * f, shrug=shrug * f, foot_up_left=left_up, foot_up_right=right_up,
            laid=(side_lean + trunk_swing / 2 * beat) * f + 1e-6, raised=1.69 + ANKLE_UP,
        )  # fmt: skip

    return Movement(beats.beats[-1].end_s + PAUSE_S, posture, beats.beats)


def overhead_carry(
    *,
    reps: int = 1,
    faulty_from: int = 1,
    arm: str = "left",
    side_lean: float = 0.0,
    arm_drift: float = 0.0,
    elbow_bend: float = 180.0,
    low_back_arch: float = 0.0,
    too_fast: float = STEP_S,
    neck_crane: float = 0.0,
) -> Movement:
    """Marching on the spot, one arm straight up. Each knob is what the fault of its name should read.

    side_lean: degrees to the right. arm_drift: degrees outward. elbow_bend: degrees at the elbow. low_back_arch:
    degrees backward. too_fast: s a step. neck_crane: degrees, positive down.
    """
    beats = _carries(reps, faulty_from)

    def posture(t: Floats) -> Posture:
        f = beats.fault(t)
        bend = np.radians(180.0 - elbow_bend) * f
        out = np.degrees(np.arctan2(FOREARM * np.sin(bend), UPPER_ARM + FOREARM * np.cos(bend)))
        drift = arm_drift * f + side_lean * f * (1.0 if arm == "left" else -1.0)
        raised = toward(180.0 - drift - out, 0.0), toward(180.0 - drift - out + np.degrees(bend), 0.0)
        hangs = DOWN, DOWN
        (upper_left, fore_left), (upper_right, fore_right) = (raised, hangs) if arm == "left" else (hangs, raised)
        left_up, right_up = _on_the_spot(t, beats.beats, too_fast)
        return Posture(
            upper_left, upper_right, fore_left, fore_right,
            lean=-low_back_arch * f, neck=neck_crane * f, foot_up_left=left_up, foot_up_right=right_up,
            laid=side_lean * f + 1e-6, raised=1.69 + ANKLE_UP,
        )  # fmt: skip

    return Movement(beats.beats[-1].end_s + PAUSE_S, posture, beats.beats)


MOTIONS: dict[str, Callable[..., Movement]] = {
    "renegade-row": renegade_row,
    "thoracic-extension-hold": thoracic_extension_hold,
    "farmers-carry": farmers_carry,
    "overhead-carry": overhead_carry,
}
