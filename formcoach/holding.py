"""The clock of holds and carries: it runs while the body keeps the position, and tells when it began and ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from formcoach.body import Side
from formcoach.counting import Counting
from formcoach.exercise import HoldSignal, Span
from formcoach.reps import RepCounter, State
from formcoach.smooth import Average
from formcoach.walking import Stepping

if TYPE_CHECKING:
    from formcoach.body import Body

STEADY_S = 0.6
"""In position this long starts the clock, dated back to when it was taken."""
FLICKER_S = 0.25
"""A shorter loss of the position while it is being taken is the estimate's error."""
BREAK_S = 1.0
"""Out of position this long ends the hold, dated back to when it was left."""


class Holding(Counting):
    """Times a position. A hold comes out as a span that is all top, its range the seconds held."""

    def __init__(self, signal: HoldSignal) -> None:
        self._signal = signal
        self._stepping = Stepping()
        self._carried = {Side.LEFT: Average(5.0), Side.RIGHT: Average(5.0)}
        self._time_s = math.nan
        self._since_s: float | None = None
        self._out_s: float | None = None
        self._held = False
        self._count = 0

    @property
    def counters(self) -> dict[Side | None, RepCounter]:
        """None: nothing goes to and fro."""
        return {}

    def update(self, body: Body, *, in_position: bool) -> list[tuple[Span, Side | None]]:
        """Take one frame."""
        self._time_s = body.time_s
        self._weigh(body)
        kept = in_position and all(gate.kept(body) for gate in self._signal.gates)
        changed_s = body.time_s
        if self._signal.walking:
            walking = self._stepping(body)
            if kept or not walking:  # what stopped first dates the end
                changed_s = min(self._stepping.since_s, body.time_s)
            kept = kept and walking
        return self._keep(kept, changed_s)

    def _keep(self, kept: bool, changed_s: float) -> list[tuple[Span, Side | None]]:
        if kept:
            self._out_s = None
            self._since_s = changed_s if self._since_s is None else self._since_s
            if not self._held and self._time_s - self._since_s >= STEADY_S:
                self._held = True
                self._count += 1
            return []
        if self._since_s is None:
            return []
        self._out_s = max(changed_s, self._since_s) if self._out_s is None else self._out_s
        if self._held:
            return self._close(complete=True) if self._time_s - self._out_s >= BREAK_S else []
        if self._time_s - self._out_s > FLICKER_S:
            self._since_s = self._out_s = None
        return []

    def _close(self, *, complete: bool) -> list[tuple[Span, Side | None]]:
        if not self._held or self._since_s is None:
            return []
        start_s, end_s = self._since_s, self._time_s if self._out_s is None else self._out_s
        self._held, self._since_s, self._out_s = False, None, None
        held_s = end_s - start_s
        if held_s < self._signal.min_s:
            self._count -= 1
            return []
        span = Span(
            start_s=start_s, peak_s=start_s, lowering_s=end_s, end_s=end_s, rest=0.0, peak=held_s, next_rest=0.0,
            reach=held_s / self._signal.target_s, complete=complete,
        )  # fmt: skip
        return [(span, self._side())]

    def _weigh(self, body: Body) -> None:
        carried = self._signal.carried
        if carried is not None and self._held:
            for side, mean in self._carried.items():
                mean(body.time_s, carried.function(body, side))

    def _side(self) -> Side | None:
        if self._signal.carried is None:
            return None
        left, right = (self._carried[side].value for side in Side)
        return Side.LEFT if math.isnan(right) or left >= right else Side.RIGHT

    def arm(self) -> None:
        """Nothing to be ready for: the clock starts with the position."""

    def lose(self) -> None:
        """Nobody is in view any more: the hold ended when the person was last seen."""
        self._out_s = self._time_s if self._out_s is None else self._out_s

    def finish(self) -> list[tuple[Span, Side | None]]:
        """The recording ends."""
        return self._close(complete=self._out_s is not None)

    def take_partials(self) -> tuple[Span, ...]:
        """None: a hold too short is no half rep."""
        return ()

    def now(self) -> tuple[State, float, int]:
        """Holding or not, the share of the target, and the holds begun."""
        if not self._held or self._since_s is None:
            return (State.READY if self._since_s is not None else State.AWAY), 0.0, self._count
        return State.TOP, (self._time_s - self._since_s) / self._signal.target_s, self._count
