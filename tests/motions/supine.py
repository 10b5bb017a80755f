"""On the back and on the side: synthetic sets, built by joint angle.

Each builder's knobs are named after the faults of its exercise, each in the unit of the fault's value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from poses import FOREARM, THIGH, UPPER_ARM, Beats, Course, Floats, Movement, Posture, Tempo, eased, toward

if TYPE_CHECKING:
    from collections.abc import Callable

SLOW = Tempo(up=1.8, hold=0.4, down=1.5, rest=0.6)
ABOVE, PAST = -3.0, 84.0
"""The arms from straight up above the chest toward overhead, degrees, at rest and at the peak."""
RIBS_A_DEG = 0.0025
"""T by which the outline of belly and lower back moves for a degree of arch."""


def _long_arm(overhead: Course, bend: Course = 0.0) -> tuple[Floats, Floats]:
    """Upper arm and forearm of a hand that is so far overhead from straight up, degrees, whatever the elbow does."""
    b = np.radians(bend)
    inward = np.degrees(np.arctan2(FOREARM * np.sin(b), UPPER_ARM + FOREARM * np.cos(b)))
    upper = 90.0 + np.asarray(overhead) - inward
    return toward(upper, 90.0), toward(upper + np.asarray(bend), 90.0)


def _pullover(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = SLOW,
    ribs_flare: float = 0.0,
    elbow_bend: float = 0.0,
    short_top: float | None = None,
    fast_lowering: float | None = None,
    rushed_lift: float | None = None,
    uneven_arms: float = 0.0,
    feet: float = 0.0,
) -> Movement:
    """A pullover on the back. Its way to the peak is the lowering.

    ribs_flare, uneven_arms: T. elbow_bend: degrees more than straight. short_top: degrees from straight up at the
    peak. fast_lowering, rushed_lift: s. feet: T by which they leave the floor at the peak.
    """
    beats = Beats.of(reps, faulty_from, tempo, up=fast_lowering, down=rushed_lift)

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        peak = PAST + f * ((PAST if short_top is None else short_top) - PAST)
        overhead = ABOVE + (peak - ABOVE) * u
        bend = elbow_bend * f * eased(u / 0.1)
        left = _long_arm(overhead, bend)
        right = _long_arm(overhead - np.degrees(uneven_arms / (UPPER_ARM + FOREARM)) * f * u, bend)
        return Posture(
            left[0], right[0], left[1], right[1],
            arch=ribs_flare / RIBS_A_DEG * f * eased(u / 0.5), hips_up=0.95, foot_fore_left=feet * f * u - 0.1,
            foot_fore_right=feet * f * u - 0.1, tipped=-90.0, raised=0.25,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


def pullover_floor(*, feet_lifting: float = 0.0, **knobs: Any) -> Movement:
    """A pullover on the floor; feet_lifting: T. The other knobs are those of `_pullover`."""
    return _pullover(feet=feet_lifting, **knobs)


def pullover_bench(*, hips_moving: float = 0.0, too_deep: float | None = None, **knobs: Any) -> Movement:
    """A pullover on a bench; hips_moving: T between hips and feet; too_deep: degrees of the upper arms below level."""
    if too_deep is not None:
        knobs["short_top"] = 90.0 + too_deep
    return _pullover(feet=hips_moving, **knobs)


def cross_band(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = SLOW,
    arm: str | None = None,
    ribs_flare: float = 0.0,
    legs_moving: float = 0.0,
    short_top: float = 100.0,
    elbow_bend: float = 0.0,
    rushed_lift: float | None = None,
    uneven_arms: float = 0.0,
) -> Movement:
    """On the back, the legs at right angles, the arms reach overhead in turn, the left one first; or always `arm`.

    ribs_flare, legs_moving: T. short_top: % of the hand's way. elbow_bend: degrees more than straight. rushed_lift: s.
    uneven_arms: % that the right arm's reach is shorter.
    """
    beats = Beats.of(reps, faulty_from, tempo, up=rushed_lift)
    turns = {
        side: [n for n in range(1, reps + 1) if (arm or ("left", "right")[(n - 1) % 2]) == side]
        for side in ("left", "right")
    }

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        arms = {}
        for side, numbers in turns.items():
            own = beats.height(t, numbers)
            share = (1 - f * (1 - short_top / 100)) * (1 - uneven_arms / 100 * f * (side == "right"))
            low, high = np.cos(np.radians(ABOVE)), np.cos(np.radians(PAST))
            height = low + (high - low) * share
            reach = np.degrees(np.arccos(np.clip(height, -1.0, 1.0)))
            arms[side] = _long_arm(ABOVE + (reach - ABOVE) * own, elbow_bend * f * eased(own / 0.1))
        return Posture(
            arms["left"][0], arms["right"][0], arms["left"][1], arms["right"][1],
            arch=ribs_flare / RIBS_A_DEG * f * eased(u / 0.5), hips_up=THIGH,
            foot_fore_left=THIGH - legs_moving * f * u, foot_fore_right=THIGH - legs_moving * f * u,
            tipped=-90.0, raised=0.25,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


OPENING = Tempo(up=2.5, hold=1.0, down=2.5, rest=0.8)


def open_book(
    *,
    reps: int = 4,
    faulty_from: int = 3,
    tempo: Tempo = OPENING,
    arm: str = "left",
    short_top: float = 100.0,
    knee_lifting: float = 0.0,
    elbow_bend: float = 0.0,
    rushed_lift: float | None = None,
    uneven_arms: float = 0.0,
) -> Movement:
    """Lying on the side, the chest toward a camera at the left: the top `arm` opens to the floor behind.

    short_top: % of the opening. knee_lifting: T that the knees rise, here both, with the hips. elbow_bend:
    degrees more than straight. rushed_lift: s. uneven_arms: % that the opening is smaller.
    """
    beats = Beats.of(reps, faulty_from, tempo, up=rushed_lift)
    sign = 1.0 if arm == "left" else -1.0

    def posture(t: Floats) -> Posture:
        u, f = beats.height(t), beats.fault(t)
        opened = u * (1 - f * (1 - short_top / 100)) * (1 - f * uneven_arms / 100)
        plane = 145.0 - 220.0 * opened
        top = toward(90.0, plane), toward(90.0, plane + elbow_bend * f * eased(u / 0.1))
        floor = toward(90.0, 90.0), toward(90.0, 90.0)
        left, right = (top, floor) if arm == "left" else (floor, top)
        tilt = np.degrees(np.arcsin(knee_lifting / KNEES_DOWN)) * f * eased(u / 0.6)
        return Posture(
            left[0], right[0], left[1], right[1],
            twist=sign * (-35.0 + 85.0 * opened), foot_up_left=0.24 * (arm == "left"),
            foot_up_right=0.24 * (arm != "left"), foot_fore_left=0.45 * (arm == "left"),
            foot_fore_right=0.45 * (arm != "left"), laid=sign * (90.0 + tilt), heading=90.0, raised=0.4,
        )  # fmt: skip

    return Movement(beats.duration_s, posture, beats.beats)


KNEES_DOWN = 0.61 + 0.85
"""How far the bent and the straight knee are from the hips along the body, together."""

MOTIONS: dict[str, Callable[..., Movement]] = {
    "pullover-floor": pullover_floor,
    "pullover-bench": pullover_bench,
    "cross-band": cross_band,
    "open-book": open_book,
}
