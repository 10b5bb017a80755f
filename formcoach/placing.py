"""Where to stand: one piece of advice at a time until the camera sees what the exercise needs. Pure logic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Grade
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from formcoach.body import Body

STATURE_T = 3.45
"""A person's height in torso lengths (T is 0.29 of it)."""
TALLEST, SMALLEST = 1.05, 0.45
"""Shares of the picture's height that the person, standing, should lie between."""
EDGE = 0.01
"""Share of the picture within which a landmark counts as cut off."""
DARK = 45.0
"""Mean brightness, of 255, below which poses get poor."""
SLOW_FPS = 15.0
"""Below this tempo cannot be judged."""
TILT_DEG = 8.0
PERSIST_S, REPEAT_S = 0.8, 7.0
"""Advice must hold this long to be given, and is repeated no sooner."""


@dataclass(frozen=True)
class Sight:
    """What the assistant looks at in one frame.

    Attributes:
        time_s: of the frame.
        width, height: of the picture, px.
        brightness: its mean, 0 to 255.
        fps: the rate that is really processed; NaN while not known.
        body: None where nobody is in view.
    """

    time_s: float
    width: int
    height: int
    brightness: float
    fps: float
    body: Body | None


def advice_for(sight: Sight, exercise: Exercise) -> str | None:
    """What to change first, in words to be said; None where all is well."""
    if sight.brightness < DARK:
        return "It is too dark. Please switch on a light."
    if sight.body is None:
        return "I cannot see you yet. Step into the picture."
    if sight.fps < SLOW_FPS:
        return "This computer is slow right now. Please close other programs."
    return _framing(sight, sight.body) or _turning(sight.body, exercise)


def _framing(sight: Sight, body: Body) -> str | None:
    tall = STATURE_T * body.torso_px / sight.height
    if tall > TALLEST:
        return "Step back until I see all of you."
    if tall < SMALLEST:
        return "Step closer."
    if _cut_off(body, sight, (L.LEFT_ANKLE, L.RIGHT_ANKLE)):
        return "I cannot see your feet. Tilt the camera down or step back."
    if _cut_off(body, sight, (L.NOSE, L.LEFT_WRIST, L.RIGHT_WRIST)):
        return "Your head or hands are cut off. Tilt the camera up or step back."
    upright = m.hinge_deg.function(body) < 10
    if upright and View.at(body.azimuth_deg) is View.FRONT and abs(_lean_across_deg(body)) > TILT_DEG:
        return "The camera is tilted. Please set it level."
    return None


def _cut_off(body: Body, sight: Sight, landmarks: tuple[L, ...]) -> bool:
    for landmark in landmarks:
        x, y = body.xy[landmark]
        if math.isnan(x):
            continue
        if not (EDGE < x / sight.width < 1 - EDGE and EDGE < y / sight.height < 1 - EDGE):
            return True
    return False


def _lean_across_deg(body: Body) -> float:
    hips, shoulders = body.hips, body.shoulders
    return math.degrees(math.atan2(shoulders[0] - hips[0], hips[1] - shoulders[1]))


def _turning(body: Body, exercise: Exercise) -> str | None:
    here, best = judged_from(View.at(body.azimuth_deg), exercise), judged_from(exercise.best_view, exercise)
    if len(here) >= 0.6 * len(best):
        return None
    return "Turn side-on to the camera." if exercise.best_view is View.SIDE else "Face the camera, please."


def judged_from(view: View, exercise: Exercise) -> tuple[str, ...]:
    """Names of the faults that can be judged from a view."""
    return tuple(fault.name for fault in exercise.faults if fault.grades.at(view) in (Grade.A, Grade.B))


class Assistant:
    """Gives advice that has held for a moment, and does not nag."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._since: tuple[str | None, float] = (None, 0.0)
        self._told: dict[str, float] = {}

    def update(self, sight: Sight) -> tuple[str | None, bool]:
        """The advice that holds now, and whether it is time to say it."""
        advice = advice_for(sight, self._exercise)
        if advice != self._since[0]:
            self._since = (advice, sight.time_s)
        if advice is None or sight.time_s - self._since[1] < PERSIST_S:
            return None, False
        if sight.time_s - self._told.get(advice, -math.inf) < REPEAT_S:
            return advice, False
        self._told[advice] = sight.time_s
        return advice, True
