"""Plays pieces of recordings slowly, again and again, and stops on the frame that matters.

    player = Player([Piece(times_s=(2.0, 2.1, 2.2), worst=1)], speed=0.5)
    shot = player.at(clock_s)

Pure: it is told what a clock shows, and says which frame is on. Keys change it between two calls.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOLD_S = 2.0
"""How long the worst frame stays: a value and its limit are read in that time."""
END_S = 0.5
"""How long the last frame stays before the next piece."""
STALL_S = 0.25
"""More than this never passes between two calls: what took longer was loading, not showing."""
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0)
"""What the keys choose from."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a recording.

    Attributes:
        times_s: of its frames, strictly rising; at least one.
        worst: the place among them of the frame to stop on; None for none.
    """

    times_s: tuple[float, ...]
    worst: int | None = None

    def __post_init__(self) -> None:
        if not self.times_s or not 0 <= (self.worst or 0) < len(self.times_s):
            raise ValueError(f"a piece needs frames, and its worst frame among them: {self}")


@dataclass(frozen=True)
class Shot:
    """What is on.

    Attributes:
        piece: its place in the list.
        frame: its place in the piece.
        held: whether it is stopped on the worst frame.
        paused: whether somebody stopped it.
        over: whether all pieces have been played to their ends; only where nothing repeats.
    """

    piece: int
    frame: int
    held: bool
    paused: bool
    over: bool


class Player:
    """The state between two frames.

    Attributes:
        speed: 1 is as fast as it was.
        overlay: whether anything is drawn over the picture.
        repeat: the piece that is on begins again at its end; else the next one follows.
        endless: after the last piece the first one follows; else everything is over.
    """

    def __init__(self, pieces: Sequence[Piece], *, speed: float = 0.5, endless: bool = True) -> None:
        """Begin with the first piece.

        Args:
            pieces: at least one.
            speed: above 0.
            endless: as above.
        """
        if not pieces or not speed > 0:
            raise ValueError("a player needs pieces, and a speed above 0")
        self.speed = speed
        self.overlay, self.repeat, self.endless = True, False, endless
        self._pieces = pieces
        self._clock_s: float | None = None
        self._place, self._time_s, self._left_s = 0, pieces[0].times_s[0], 0.0
        self._paused = self._over = self._stopped = self._at_end = False

    # ---- time ----

    def at(self, clock_s: float) -> Shot:
        """What is on when the clock, which never goes back, shows this."""
        passed_s = 0.0 if self._clock_s is None else min(max(clock_s - self._clock_s, 0.0), STALL_S)
        self._clock_s = clock_s
        if not (self._paused or self._over):
            self._pass(passed_s)
        return Shot(self._place, self._frame, self._is_held, self._paused, self._over)

    def _pass(self, seconds: float) -> None:
        while seconds > 0 and not self._over:
            seconds = self._stay(seconds) if self._left_s > 0 else self._move(seconds)

    def _stay(self, seconds: float) -> float:
        """On the worst frame, or the last; what is left of the seconds."""
        stayed_s = min(seconds, self._left_s)
        self._left_s -= stayed_s
        if self._left_s <= 0 and self._at_end:
            self._go_on()
        return seconds - stayed_s

    def _move(self, seconds: float) -> float:
        """To the next stop, or as far as the seconds go; what is left of them."""
        times_s, worst = self._piece.times_s, self._piece.worst
        stop = len(times_s) - 1 if worst is None or self._stopped else worst
        needed_s = max(times_s[stop] - self._time_s, 0.0) / self.speed
        if seconds < needed_s:
            self._time_s += seconds * self.speed
            return 0.0
        self._time_s = times_s[stop]
        if stop == worst and not self._stopped:
            self._stopped, self._left_s = True, HOLD_S
        else:
            self._at_end, self._left_s = True, END_S
        return seconds - needed_s

    def _go_on(self) -> None:
        last = self._place == len(self._pieces) - 1
        if last and not (self.endless or self.repeat):
            self._over = True
        else:
            self._go_to(self._place if self.repeat else self._place + 1)

    def _go_to(self, place: int) -> None:
        """Begin that piece."""
        self._place = place % len(self._pieces)
        self._time_s = self._piece.times_s[0]
        self._left_s = 0.0
        self._stopped = self._at_end = self._over = False

    @property
    def _piece(self) -> Piece:
        return self._pieces[self._place]

    @property
    def _frame(self) -> int:
        return max(bisect_right(self._piece.times_s, self._time_s) - 1, 0)

    @property
    def _is_held(self) -> bool:
        return self._stopped and self._left_s > 0 and not self._at_end

    # ---- keys ----

    def press(self, key: str) -> bool:
        """Do what a key asks for; False for a key that means nothing."""
        action = self._keys.get(key)
        if action is not None:
            action()
        return action is not None

    @property
    def _keys(self) -> dict[str, Callable[[], None]]:
        return {
            "n": lambda: self._go_to(self._place + 1),
            "p": lambda: self._go_to(self._place - 1),
            "+": lambda: self._change_speed(1),
            "-": lambda: self._change_speed(-1),
            ".": lambda: self._step(1),
            ",": lambda: self._step(-1),
            " ": self._pause,
            "l": self._switch_repeat,
            "o": self._switch_overlay,
        }

    def _change_speed(self, by: int) -> None:
        """To the next speed of the list."""
        others = [speed for speed in SPEEDS if (speed - self.speed) * by > 1e-9]
        if others:
            self.speed = min(others, key=lambda speed: abs(speed - self.speed))

    def _step(self, by: int) -> None:
        """Stop, one frame further or back."""
        frame = min(max(self._frame + by, 0), len(self._piece.times_s) - 1)
        self._time_s, self._left_s = self._piece.times_s[frame], 0.0
        self._paused, self._at_end = True, False
        self._stopped = self._piece.worst is not None and frame >= self._piece.worst

    def _pause(self) -> None:
        self._paused = not self._paused

    def _switch_repeat(self) -> None:
        self.repeat = not self.repeat

    def _switch_overlay(self) -> None:
        self.overlay = not self.overlay
