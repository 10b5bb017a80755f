"""Where to stand: one piece of advice at a time until the camera sees what the exercise needs. Pure logic."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import NO_MOVE, Exercise, Grade
from formcoach.light import DARK, brightness
from formcoach.pose import Landmark as L
from formcoach.standpoint import Standpoint

if TYPE_CHECKING:
    from formcoach.body import Body
    from formcoach.pose import Frame

STATURE_T = 3.45
"""A person's height in torso lengths (T is 0.29 of it)."""
TALLEST, SMALLEST = 1.05, 0.45
"""Shares of the picture's height that the person, standing, should lie between."""
EDGE = 0.01
"""Share of the picture within which a landmark counts as cut off."""
SLOW_FPS = 14.5
"""Below this tempo cannot be judged. A camera of 15 frames a second gives now more, now less."""
TILT_DEG = 8.0
HEADROOM, FOOTROOM = 0.2, 0.2
"""Shares of the picture's height above a head, or below feet, that a tilt of the camera could use."""
SLOW = "This computer is slow right now. Please close other programs."
"""The one advice that does not concern where the person stands."""
NAMED = 3
"""So many of the faults that are not seen are named by voice; the screen names all."""
PERSIST_S, REPEAT_S = 0.8, 7.0
"""Advice must hold this long to be given, and is repeated no sooner."""
LOW_SHOWN_S = 4.0
"""That the camera stands low is said once and shown so long; whoever begins meanwhile is coached."""


@dataclass(frozen=True)
class Sight:
    """What the assistant looks at in one frame.

    Attributes:
        time_s: of the frame.
        width, height: of the picture, px.
        brightness: its mean, 0 to 255.
        fps: the rate that is really processed; NaN while not known.
        body: None where nobody is in view.
        quiet: whether nothing is being said just now.
    """

    time_s: float
    width: int
    height: int
    brightness: float
    fps: float
    body: Body | None
    quiet: bool = True

    @staticmethod
    def of(frame: Frame, fps: float, body: Body | None, *, quiet: bool) -> Sight:
        """Of a frame."""
        height, width = frame.image.shape[:2]
        return Sight(frame.time_s, width, height, brightness(frame.image), fps, body, quiet)


def advice_for(sight: Sight, exercise: Exercise | None) -> str | None:
    """What to change first, in words to be said; None where all is well, as far as the exercise is known."""
    if sight.brightness < DARK:
        return "It is too dark. Please switch on a light."
    if sight.body is None:
        return "I cannot see you yet. Step into the picture."
    if sight.fps < SLOW_FPS:
        return SLOW
    return _framing(sight, sight.body) or (None if exercise is None else _turning(sight.body, exercise))


def _framing(sight: Sight, body: Body) -> str | None:
    tall = STATURE_T * body.torso_px / sight.height
    if tall > TALLEST:
        return "Step back until I see all of you."
    if tall < SMALLEST:
        return "Step closer."
    cut_off = _cut_off(body, sight)
    if cut_off is not None:
        return cut_off
    upright = m.hinge_deg.function(body) < 10
    if upright and View.at(body.azimuth_deg) is View.FRONT and abs(_lean_across_deg(body)) > TILT_DEG:
        return "The camera is tilted. Please set it level."
    return None


HEAD, HANDS, FEET = (L.NOSE,), (L.LEFT_WRIST, L.RIGHT_WRIST), (L.LEFT_ANKLE, L.RIGHT_ANKLE)


def _cut_off(body: Body, sight: Sight) -> str | None:
    """What to do about a part of the body at an edge; a tilt alone where the other end has room for it.

    How the camera is pitched a pose hardly tells: what is cut off does.
    """
    over = any(y < EDGE for _, y in _places(body, sight, HEAD + HANDS))
    under = any(y > 1 - EDGE for _, y in _places(body, sight, FEET))
    if over and under:
        return "Step back until I see all of you."
    if under:
        room = any(y > HEADROOM for _, y in _places(body, sight, HEAD))
        return f"I cannot see your feet. {'Tilt the camera down.' if room else 'Tilt the camera down or step back.'}"
    if over:
        feet = _places(body, sight, FEET)
        room = bool(feet) and all(y < 1 - FOOTROOM for _, y in feet)
        tilt = "Tilt the camera up." if room else "Tilt the camera up or step back."
        return f"Your head or hands are cut off. {tilt}"
    if any(not EDGE <= x <= 1 - EDGE for x, _ in _places(body, sight, HEAD + HANDS + FEET)):
        return "You are at the edge of the picture. Step to the middle."
    if any(y > 1 - EDGE for _, y in _places(body, sight, HEAD + HANDS)):
        return "Your head or hands are cut off. Step back."
    return None


def _places(body: Body, sight: Sight, landmarks: tuple[L, ...]) -> list[tuple[float, float]]:
    """Where those of the landmarks are that are seen, as shares of the picture."""
    points = [body.xy[landmark] for landmark in landmarks]
    return [(x / sight.width, y / sight.height) for x, y in points if not math.isnan(x)]


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


def raise_camera(exercise: Exercise) -> str | None:
    """What to do about a camera that stands low; None for an exercise whose camera may."""
    height = re.search(r"\bat (hip|chest|shoulder) height", exercise.camera, re.IGNORECASE)
    return f"The camera stands low. Put it at {height[1]} height." if height else None


@dataclass(frozen=True)
class Vantage:
    """What can be judged from a view.

    Attributes:
        seen, unseen: names of the faults that can and that cannot.
        move: what would show most of the latter; empty where there are none.
    """

    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    move: str

    @staticmethod
    def of(view: View, exercise: Exercise) -> Vantage:
        """Of an exercise seen so."""
        seen = judged_from(view, exercise)
        others = [fault for fault in exercise.faults if fault.name not in seen]
        moves = Counter(fault.grades.move(view) for fault in others)
        best = max(moves, key=lambda move: (move != NO_MOVE, moves[move]), default="")
        return Vantage(seen, tuple(fault.name for fault in others), best)

    @property
    def sentence(self) -> str:
        """In words to be said: how many are seen, and some that are not."""
        total = len(self.seen) + len(self.unseen)
        if not self.unseen:
            return f"From here I can see all {total} faults."
        named = [name[0].lower() + name[1:] for name in self.unseen[:NAMED]]
        if len(self.unseen) > NAMED:
            named.append(f"{len(self.unseen) - NAMED} more")
        listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
        return (
            f"From here I can see {len(self.seen)} of {total} faults. Not from here: {listed}. For these, {self.move}."
        )


class Assistant:
    """Gives advice that has held for a moment, and does not nag; of an exercise that is not known, only to be seen."""

    def __init__(self, exercise: Exercise | None) -> None:
        self._exercise = exercise
        self._since: tuple[str | None, float] = (None, 0.0)
        self._told: dict[str, float] = {}
        self._standpoint = Standpoint()
        self._low, self._low_until_s = False, math.inf

    def update(self, sight: Sight) -> tuple[str | None, bool]:
        """The advice that holds now, and whether it is time to say it."""
        advice = advice_for(sight, self._exercise)
        if advice != self._since[0]:
            self._since = (advice, sight.time_s)
        self._low |= self._standpoint.found_low(sight.body if advice is None else None)
        if advice is None:
            return self._about_height(sight)
        if sight.time_s - self._since[1] < PERSIST_S:
            return None, False
        if sight.time_s - self._told.get(advice, -math.inf) < REPEAT_S:
            return advice, False
        self._told[advice] = sight.time_s
        return advice, True

    def _about_height(self, sight: Sight) -> tuple[str | None, bool]:
        """Who stands well otherwise may still be filmed from too low. Said once, it must not be drowned."""
        advice = raise_camera(self._exercise) if self._low and self._exercise is not None else None
        if advice is None or sight.time_s >= self._low_until_s:
            return None, False
        say = sight.quiet and math.isinf(self._low_until_s)
        if say:
            self._low_until_s = sight.time_s + LOW_SHOWN_S
        return advice, say
