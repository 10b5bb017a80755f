"""What is shown over a picture, in so many words and lines, before anything is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING

from formcoach.body import Side, View
from formcoach.pose import MIRROR, Landmark, Pose

if TYPE_CHECKING:
    from formcoach.body import Body
    from formcoach.exercise import Fault, Finding, Rep
    from formcoach.reps import State


# ---- what is shown ----


class Mark(Enum):
    """What became of a rep. Each has a shape as well as a colour."""

    CLEAN = "clean"
    """A green disc."""
    MILD = "mild"
    """An orange triangle."""
    SEVERE = "severe"
    """A vermillion diamond."""
    PARTIAL = "partial"
    """A hollow grey ring: turned back before it counted, or not judged."""


def mark_of(rep: Rep) -> Mark:
    """What became of a rep that counted."""
    if any(finding.severity == "severe" for finding in rep.findings):
        return Mark.SEVERE
    if rep.findings:
        return Mark.MILD
    return Mark.CLEAN if rep.clean else Mark.PARTIAL


@dataclass(frozen=True, slots=True)
class Highlight:
    """The part of the body that a fault is about.

    Attributes:
        mark: MILD or SEVERE; gives the colour.
        segment: pairs of landmark indices, each a line.
        back: row of `Pose.outline` that is the person's back, to draw along it instead of along the straight
            line where the outline was seen; None for a fault that is not the back's.
    """

    mark: Mark
    segment: tuple[tuple[int, int], ...]
    back: int | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding in words.

    Attributes:
        mark: MILD or SEVERE.
        name: of the fault.
        value: with its unit: "35°".
        limit: what it is held against: "limit 12°".
    """

    mark: Mark
    name: str
    value: str
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Large words for who is not lifting: before the first rep, in a rest, at the end.

    Attributes:
        title: what this is.
        figures: numbers shown large, each with what it counts: ("5", "reps").
        stand: draw how to stand for this view.
        lists: headings, each with what belongs under it in one text.
        mark: of the finding that the heading names; None for none.
        heading: what to work on.
        text: how.
        wide: it may hide more of the person, who rests.
        whole: in the middle of a darkened picture, for there is nothing else to look at.
    """

    title: str = ""
    figures: tuple[tuple[str, str], ...] = ()
    stand: View | None = None
    lists: tuple[tuple[str, str], ...] = ()
    mark: Mark | None = None
    heading: str = ""
    text: str = ""
    wide: bool = False
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Card:
    """What to show on one frame.

    Attributes:
        count: reps so far in the set.
        state: where in a rep the person is.
        progress: the rep signal between rest (0) and a full rep (1); NaN where unknown.
        set_number: shown from 1 on; 0 shows none.
        marks: the set's reps so far, oldest first.
        near: the side of the body that is nearer to the camera and drawn stronger; None draws both alike.
        highlight: the segment at fault now.
        remarks: findings, the one that matters most first; it is shown large, the others small.
        cue: what is being said.
        praise: whether the cue confirms rather than corrects.
        unseen: what cannot be judged from here, in a few words.
        board: what to read between sets; takes the place of the count.
    """

    count: int
    state: State
    progress: float = math.nan
    set_number: int = 0
    marks: tuple[Mark, ...] = ()
    near: Side | None = None
    highlight: Highlight | None = None
    remarks: tuple[Remark, ...] = ()
    cue: str = ""
    praise: bool = False
    unseen: str = ""
    board: Board | None = None


# ---- from findings to what is shown ----


def remark(fault: Fault, finding: Finding) -> Remark:
    """A finding in words, its value written finely enough to differ from the limit."""
    digits = {"T": 2, "s": 1}.get(finding.unit, 0)
    if round(finding.value, digits) == round(finding.limit, digits) != finding.value:
        digits += 1
    unit = {"deg": "°", "T": "", "s": " s", "%": " %"}.get(finding.unit, f" {finding.unit}")
    value, limit = (f"{v:.{digits}f}{unit}".replace("-", "\N{MINUS SIGN}") for v in (finding.value, finding.limit))
    if finding.unit == "T":
        value += " torso lengths"
    return Remark(
        Mark(finding.severity),
        fault.name,
        value,
        f"at least {limit}" if fault.less_is_worse else f"limit {limit}",
    )


def highlight(fault: Fault, finding: Finding, side: Side | None, azimuth_deg: float) -> Highlight | None:
    """The segment of a finding on the side that shows it.

    Args:
        fault: as declared.
        finding: as it happened.
        side: the arm that worked; None for both.
        azimuth_deg: from where the body is seen, as in `Body`.
    """
    mark, names = Mark(finding.severity), fault.segment
    if not names:
        return None
    if len(names) == 1:  # a girdle: the line across
        return Highlight(mark, ((landmark(names[0], Side.LEFT), landmark(names[0], Side.RIGHT)),))
    near = near_side(azimuth_deg)
    sides = (Side.LEFT, Side.RIGHT) if near is None else (near,)
    if side is not None and "ELBOW" in names:
        sides = (side,)
    pairs = tuple((landmark(a, s), landmark(b, s)) for s in sides for a, b in pairwise(names))
    outlined = near is not None and fault.id in OUTLINED
    return Highlight(mark, pairs, int(near is Side.LEFT) if outlined else None)


OUTLINED = frozenset({"rounded-back", "low-back-arch", "over-arching"})
"""Faults of the back's shape: the straight line from shoulder to hip would not show them, the back's outline does."""


def near_side(azimuth_deg: float) -> Side | None:
    """The side that the camera sees better; None from the front, from the rear, and where it is unknown."""
    if math.isnan(azimuth_deg) or View.at(azimuth_deg) in (View.FRONT, View.REAR):
        return None
    return Side.LEFT if azimuth_deg >= 0 else Side.RIGHT


def put_right(pose: Pose, body: Body) -> Pose:
    """The pose with left and right exchanged where the body's observer found that the model had exchanged them."""
    if body.world[Landmark.LEFT_HIP] == tuple(pose.world[Landmark.LEFT_HIP].tolist()):
        return pose
    i = list(MIRROR)
    return Pose(pose.time_s, pose.landmarks[i], pose.world[i], pose.visibility[i], pose.support[i], pose.outline)


def landmark(name: str, side: Side) -> int:
    """The index of a landmark, by its name in a fault's segment."""
    return int(Landmark["NOSE" if name == "NOSE" else f"{side.name}_{name}"])
