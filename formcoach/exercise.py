"""The words that a rule module is written in: an exercise, its rep signal, its faults.

A module in `rules/` is one exercise: frozen declarations that a coach could check against the article, and the
functions that only this exercise needs. `declared` (Fault) becomes `happened` (Finding) becomes `said` (a cue).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum, Flag, auto
from typing import TYPE_CHECKING

from formcoach.body import Side, View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from formcoach.body import Body
    from formcoach.measure import Measure
    from formcoach.window import RepWindow


class Grade(Enum):
    """How well a view shows a fault."""

    A = "A"
    """Reliable."""
    B = "B"
    """Usable with the person's own baseline and a median."""
    C = "C"
    """Weak: a hint in the report, never voiced."""
    X = "X"
    """Cannot be seen."""


NO_MOVE = "no camera shows this well enough"


@dataclass(frozen=True)
class Grades:
    """A fault's grade in each view; a view from obliquely behind takes the worse of oblique and rear."""

    front: Grade
    rear: Grade
    side: Grade
    oblique: Grade

    @staticmethod
    def of(text: str) -> Grades:
        """Read the notation of coaches' tables, `F:A R:A S:C O:B`."""
        parts = dict(part.split(":") for part in text.split())
        return Grades(Grade(parts["F"]), Grade(parts["R"]), Grade(parts["S"]), Grade(parts["O"]))

    def at(self, view: View) -> Grade:
        """The grade from a view."""
        if view is View.REAR_OBLIQUE:
            return max(self.oblique, self.rear, key=lambda grade: grade.value)
        return {
            View.FRONT: self.front,
            View.REAR: self.rear,
            View.SIDE: self.side,
            View.OBLIQUE: self.oblique,
        }[view]

    def move(self, view: View | None = None) -> str:
        """The camera move that shows the fault best, from a view that shows it less well."""
        best = min((self.side, self.front, self.oblique, self.rear), key=lambda grade: grade.value)
        if (view is not None and best.value >= self.at(view).value) or best in (Grade.C, Grade.X):
            return NO_MOVE
        if best is self.side:
            return "turn side-on to the camera"
        if best is self.front:
            return "face the camera"
        return "turn half-way to the camera" if best is self.oblique else "turn your back to the camera"


class Phase(Flag):
    """Parts of a rep. They overlap: the bottom is the low third of lift and lowering."""

    SETUP = auto()
    """The instants before the lift."""
    LIFT = auto()
    """From the start to the peak: for most exercises the concentric phase."""
    TOP = auto()
    """Round the peak, where the signal is within a seventh of it."""
    LOWER = auto()
    """From the end of the hold to the end: for most exercises the eccentric phase."""
    BOTTOM = auto()
    """Where the signal is in its lowest third."""
    WHOLE = LIFT | TOP | LOWER


class Kind(Enum):
    """What is counted."""

    REPS = "reps"
    MOBILITY = "mobility"
    """Full excursions, slow, for their range."""
    HOLD = "hold"
    """Time in a position."""
    CARRY = "carry"
    """Time and steps under a load."""

    @property
    def timed(self) -> bool:
        """Whether time is counted, not reps."""
        return self in (Kind.HOLD, Kind.CARRY)


class Sides(Enum):
    """Which arms a rep is done with."""

    BOTH = "both"
    """Both together."""
    ONE = "one"
    """One arm, then the other, a set or some reps each."""
    ALTERNATING = "alternating"
    """The arms in turn."""


@dataclass(frozen=True, kw_only=True)
class RepSignal:
    """What is counted: a measure that goes from rest to peak and back in each rep.

    Attributes:
        measure: seen from as many sides as possible.
        rest, peak: where it starts and where a full rep takes it in most people; the counter learns the person's own.
        full: the least range of a full rep in most people, by which the first reps' range is judged.
        min_s: the shortest rep.
        foot: how long before the signal's 10 % point the movement starts, in times of its way from 10 % to 30 %; 1.72
            for a signal that moves with the weight, more for one that follows it.
        at_peak: the rep counts at its peak (a dropped bar still counts), not on the return.
        lowers_first: the way to the peak is the lowering, as in a pullover.
        mover: where the signal is of both arms together and one works: of which arm this measure changes more, did it.
    """

    measure: Measure
    rest: float
    peak: float
    full: float
    min_s: float = 1.0
    foot: float = 1.72
    at_peak: bool = False
    lowers_first: bool = False
    mover: Measure | None = None


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A bound that the body keeps while in position for the exercise."""

    measure: Measure
    low: float = -math.inf
    high: float = math.inf

    def kept(self, body: Body) -> bool:
        """Whether the bound holds, on either side for a measure of one side; unseen is taken to hold."""
        measure = self.measure
        sides = [(side,) for side in Side] if measure.sided else [()]
        seen = [value for value in (measure.function(body, *side) for side in sides) if not math.isnan(value)]
        return not seen or any(self.low <= value <= self.high for value in seen)


@dataclass(frozen=True, kw_only=True)
class HoldSignal:
    """What is timed: a position, or a walk under a load.

    Attributes:
        gates: the clock runs while all of them hold.
        walking: the clock runs only while the person walks, or marches on the spot.
        target_s: how long it is meant to last.
        min_s: a shorter time is none.
        carried: of one loaded arm: on the side where this measure is greater.
        course: grows on the way into the position, by which the clock starts when the way in is over, and stops when
            the way out begins, rather than where the gates happen to lie between.
    """

    gates: tuple[Gate, ...]
    target_s: float
    walking: bool = False
    min_s: float = 2.0
    carried: Measure | None = None
    course: Measure | None = None


@dataclass(frozen=True)
class Reading:
    """What a fault's function found in a rep.

    Attributes:
        value: in the fault's unit; NaN where it could not be measured.
        time_s: when it was at its worst.
        trust: 0 to 1, how much of what was needed was seen.
        why, instead: where nothing could be measured, a reason better than "not seen", and what would change it.
    """

    value: float
    time_s: float = math.nan
    trust: float = 1.0
    why: str = "not seen well enough in this rep"
    instead: str = "keep the whole body in the picture, in good light, nothing in front of it"


UNSEEN = Reading(math.nan)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A way of doing the exercise wrong.

    Attributes:
        id: kebab-case, as in the catalogue.
        name: for people.
        priority: 1 safety, 2 technique, 3 polish.
        read: measures the fault in one rep.
        mild, severe: limits in `unit`; severe below mild means that less is worse.
        unit: of the value and the limits: "deg", "T" (torso lengths), "s" or "%".
        grades: how well each view shows it.
        cue: at most six words, positive, to be said while it helps.
        explain: one or two sentences for the rest.
        segment: landmark names of `formcoach.pose.Landmark`, without the side, that a picture highlights.
    """

    id: str
    name: str
    priority: int
    read: Callable[[RepWindow], Reading]
    mild: float
    severe: float
    unit: str
    grades: Grades
    cue: str
    explain: str
    segment: tuple[str, ...]

    @property
    def less_is_worse(self) -> bool:
        """Whether the fault lies below its limits."""
        return self.severe < self.mild

    def severity(self, value: float) -> str | None:
        """`mild`, `severe`, or None for none."""
        sign = -1.0 if self.less_is_worse else 1.0
        if sign * value >= sign * self.severe:
            return "severe"
        return "mild" if sign * value >= sign * self.mild else None


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise, as a rule module declares it.

    Attributes:
        id: kebab-case, as in the catalogue.
        name: for people.
        kind: what is counted.
        sides: with which arms.
        signal: what is counted, or timed.
        position: gates that hold from before the first rep to after the last.
        faults: all that can go wrong and be seen.
        camera: where to put the camera.
        movement: how it is done, in a few sentences.
        best_view: the view that shows most.
        family: what it is called together with those that one camera hardly tells from it, as in "this is a ..."; the
            same words in each of them. Empty where it stands alone.
    """

    id: str
    name: str
    sides: Sides
    signal: RepSignal | HoldSignal
    position: tuple[Gate, ...]
    faults: tuple[Fault, ...]
    camera: str
    movement: str
    best_view: View
    kind: Kind = Kind.REPS
    family: str = ""

    @property
    def unit(self) -> str:
        """Of a rep's range: "deg", "T", or "s" where time is counted."""
        return self.signal.measure.unit if isinstance(self.signal, RepSignal) else "s"

    @property
    def noun(self) -> str:
        """What one of those counted is called."""
        return "hold" if self.kind is Kind.HOLD else "carry" if self.kind is Kind.CARRY else "rep"

    @property
    def lowers_first(self) -> bool:
        """Whether the first phase of a rep is the eccentric one."""
        return isinstance(self.signal, RepSignal) and self.signal.lowers_first

    def fault(self, fault_id: str) -> Fault:
        """The fault of that id.

        Raises:
            KeyError: the exercise declares no such fault.
        """
        for fault in self.faults:
            if fault.id == fault_id:
                return fault
        raise KeyError(fault_id)


@dataclass(frozen=True, slots=True)
class Span:
    """The times and the range of one rep.

    Attributes:
        start_s: where the movement leaves the rest.
        peak_s: where it reaches the top.
        lowering_s: where it leaves the top.
        end_s: where it is back at rest.
        rest, peak: the signal's values there, in the signal's unit.
        next_rest: the signal's value at the end.
        reach: the peak as a share of the full range expected of this person; 1 is full.
        complete: False for a rep whose return the recording does not show to its end.
    """

    start_s: float
    peak_s: float
    lowering_s: float
    end_s: float
    rest: float
    peak: float
    next_rest: float
    reach: float
    complete: bool = True

    @property
    def range(self) -> float:
        """How far the signal went, in its unit."""
        return abs(self.peak - self.rest)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A fault that happened in a rep.

    Attributes:
        fault: its id.
        severity: "mild" or "severe".
        value, limit: in `unit`; the limit is that of the severity found.
        time_s: when it was at its worst.
        confidence: 0 to 1.
    """

    fault: str
    severity: str
    value: float
    limit: float
    unit: str
    time_s: float
    confidence: float


@dataclass(frozen=True, kw_only=True)
class NotAssessed:
    """A fault that could not be judged in a rep: why, and what would change that.

    Attributes:
        broken: whether the rule itself failed, so that `why` names a file and a line.
    """

    fault: str
    why: str
    instead: str
    broken: bool = False


@dataclass(frozen=True)
class Walk:
    """What a carry came to."""

    steps: int
    turns: int


@dataclass(frozen=True, kw_only=True)
class Rep:
    """A judged rep, or a judged hold, whose range is the seconds in position.

    Attributes:
        number: counted over the recording, from 1.
        set_number: from 1.
        side: the arm that worked; None for both.
        span: times and range.
        view: from where it was seen.
        azimuth_deg: the same in degrees.
        findings: what was wrong.
        hints: what may have been wrong, seen from a view too weak to say so.
        not_assessed: what could not be judged.
        walk: steps and turns of a carry; else None.
        look: where the body was at rest and at the peak (`formcoach.likeness`).
        unlike: it does not look like the exercise, so nothing is said of its form.
        judged: whether at least one fault could be told from it; never of one that is unlike.
    """

    number: int
    set_number: int
    side: Side | None
    span: Span
    view: View
    azimuth_deg: float
    findings: tuple[Finding, ...]
    hints: tuple[Finding, ...]
    not_assessed: tuple[NotAssessed, ...]
    walk: Walk | None = None
    look: Mapping[str, float] = field(default_factory=dict)
    unlike: bool = False
    judged: bool = True

    @property
    def clean(self) -> bool:
        """Whether it was judged and nothing found; the one notion of it for reports, history and what is said."""
        return self.judged and not self.findings
