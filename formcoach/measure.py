"""Measures: named functions of a body, with the unit in the name.

Units: `_deg` degrees; `_t` torso lengths. A measure of one side takes the side. NaN means unseen. Which way a value
grows stands in each docstring. Two-dimensional angles hold in the views that the rules grade them for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formcoach import outline
from formcoach.body import Body, Side
from formcoach.geometry import (
    Point,
    Point3,
    angle3_deg,
    angle_deg,
    beside,
    distance,
    from_down_deg,
    middle,
    tilt_deg,
    turn_deg,
    wrapped_deg,
)
from formcoach.pose import Landmark as L

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Measure:
    """A named function of a body.

    Attributes:
        name: with its unit at the end.
        function: of a body, or of a body and a side.
        sided: whether it takes a side.
        about: what it measures and which way it grows.
    """

    name: str
    function: Callable[..., float]
    sided: bool

    @property
    def unit(self) -> str:
        """The unit of the values: "deg" or "T" (torso lengths)."""
        return {"deg": "deg", "t": "T"}[self.name.rsplit("_", 1)[1]]

    @property
    def about(self) -> str:
        """The first line of the function's docstring."""
        return (self.function.__doc__ or "").strip().splitlines()[0]


def of_body(function: Callable[[Body], float]) -> Measure:
    """Make a measure of the whole body."""
    return Measure(function.__name__, function, sided=False)


def of_side(function: Callable[[Body, Side], float]) -> Measure:
    """Make a measure of one side of the body."""
    return Measure(function.__name__, function, sided=True)


_INDEX = {
    Side.LEFT: {
        "ear": L.LEFT_EAR, "shoulder": L.LEFT_SHOULDER, "elbow": L.LEFT_ELBOW, "wrist": L.LEFT_WRIST, "hip": L.LEFT_HIP,
        "knee": L.LEFT_KNEE, "ankle": L.LEFT_ANKLE, "heel": L.LEFT_HEEL, "toe": L.LEFT_TOE,
    },
    Side.RIGHT: {
        "ear": L.RIGHT_EAR, "shoulder": L.RIGHT_SHOULDER, "elbow": L.RIGHT_ELBOW, "wrist": L.RIGHT_WRIST,
        "hip": L.RIGHT_HIP, "knee": L.RIGHT_KNEE, "ankle": L.RIGHT_ANKLE, "heel": L.RIGHT_HEEL, "toe": L.RIGHT_TOE,
    },
}  # fmt: skip


def _at(body: Body, side: Side, joint: str) -> Point:
    return body.xy[_INDEX[side][joint]]


# ---- arms ----


@of_side
def elbow_deg(body: Body, side: Side) -> float:
    """The angle at the elbow; 180 is straight."""
    return angle_deg(_at(body, side, "shoulder"), _at(body, side, "elbow"), _at(body, side, "wrist"))


@of_side
def arm_vert_deg(body: Body, side: Side) -> float:
    """The upper arm from hanging; 0 hangs, 90 is level, 180 points up."""
    return from_down_deg(_at(body, side, "shoulder"), _at(body, side, "elbow"))


@of_side
def wrist_h_t(body: Body, side: Side) -> float:
    """How far the wrist is above its shoulder; seen alike from all round a level camera."""
    return (_at(body, side, "shoulder")[1] - _at(body, side, "wrist")[1]) / body.torso_px


@of_body
def grip_h_t(body: Body) -> float:
    """How far the wrists are above the shoulders, the mean of those seen; where a bar and the head hide both, in space.

    A grip stays in place while it is hidden, so the model's guess will do.
    """
    left, right = (wrist_h_t.function(body, side) for side in Side)
    if not math.isnan(left + right):
        return (left + right) / 2
    if math.isnan(left) and math.isnan(right):
        return -sum(_along_down(body, side) for side in Side) / 2
    return right if math.isnan(left) else left


def _along_down(body: Body, side: Side) -> float:
    """How far the wrist is below its shoulder in space."""
    i = _INDEX[side]
    return (body.world[i["wrist"]][1] - body.world[i["shoulder"]][1]) / _trunk_m(body)


@of_side
def elbow_over_t(body: Body, side: Side) -> float:
    """How far the elbow is above its shoulder."""
    return (_at(body, side, "shoulder")[1] - _at(body, side, "elbow")[1]) / body.torso_px


@of_side
def hand_h_t(body: Body, side: Side) -> float:
    """How far the wrist is above the hips' level: a weight lifted, whichever joint lifts it, from any side."""
    return (body.hips[1] - _at(body, side, "wrist")[1]) / body.torso_px


@of_side
def wrist_y_t(body: Body, side: Side) -> float:
    """How high the wrist is in the picture: only its changes mean anything, while camera and feet stay."""
    return -_at(body, side, "wrist")[1] / body.torso_px


@of_side
def wrist_before_t(body: Body, side: Side) -> float:
    """How far the wrist is before the middle of the shoulders, level, toward where the person faces."""
    return body.facing * (_at(body, side, "wrist")[0] - body.shoulders[0]) / body.torso_px


@of_side
def arm_elev_deg(body: Body, side: Side) -> float:
    """The upper arm from the trunk's side in space, 0 to 180; 0 lies along it, whichever way the trunk leans."""
    if math.isnan(_at(body, side, "elbow")[0]):
        return math.nan
    hip, shoulder, elbow = (body.world[_INDEX[side][joint]] for joint in ("hip", "shoulder", "elbow"))
    return angle3_deg(hip, shoulder, elbow)


@of_side
def elbow_out_t(body: Body, side: Side) -> float:
    """How far the elbow is outward of its shoulder, across the picture; negative is inward."""
    outward = 1.0 if side is Side.LEFT else -1.0  # facing the camera, the left side is to the picture's right
    outward *= 1.0 if abs(body.azimuth_deg) <= 90 else -1.0
    return outward * (_at(body, side, "elbow")[0] - _at(body, side, "shoulder")[0]) / body.torso_px


@of_side
def elbow_ant_t(body: Body, side: Side) -> float:
    """How far the elbow is in front of the line from hip to shoulder; negative is behind the back."""
    line = beside(_at(body, side, "hip"), _at(body, side, "shoulder"), _at(body, side, "elbow"))
    return body.facing * line / body.torso_px


@of_side
def wrist_fore_t(body: Body, side: Side) -> float:
    """How far the wrist is before its shoulder, level, toward where the person faces."""
    forward = body.facing * (_at(body, side, "wrist")[0] - _at(body, side, "shoulder")[0])
    return forward / body.torso_px / max(body.sideways, 0.5)


@of_side
def forearm_tilt_deg(body: Body, side: Side) -> float:
    """The forearm from upright, 0 to 180; 0 has the wrist straight above the elbow."""
    return from_down_deg(_at(body, side, "wrist"), _at(body, side, "elbow"))


@of_side
def wrist_vert_deg(body: Body, side: Side) -> float:
    """The way from shoulder to wrist from hanging; 0 hangs, 90 is level, 180 points up."""
    return from_down_deg(_at(body, side, "shoulder"), _at(body, side, "wrist"))


@of_side
def arm_flex_deg(body: Body, side: Side) -> float:
    """The straight arm from the trunk's line, -90 to 270; 0 lies along it, 90 before it, 180 overhead in line.

    Less than 0 is behind the hips, more than 180 past the head. For side and oblique views.
    """
    hip, shoulder, wrist = (_at(body, side, joint) for joint in ("hip", "shoulder", "wrist"))
    down, arm = (hip[0] - shoulder[0], hip[1] - shoulder[1]), (wrist[0] - shoulder[0], wrist[1] - shoulder[1])
    return (-body.facing * turn_deg(down, arm) + 90.0) % 360.0 - 90.0


@of_side
def elbow_bend_deg(body: Body, side: Side) -> float:
    """The angle at the elbow in space; 180 is straight. For arms that point at the camera."""
    if math.isnan(_at(body, side, "wrist")[0]):
        return math.nan
    shoulder, elbow, wrist = (body.world[_INDEX[side][joint]] for joint in ("shoulder", "elbow", "wrist"))
    return angle3_deg(shoulder, elbow, wrist)


@of_side
def arm_lift_deg(body: Body, side: Side) -> float:
    """The way from shoulder to wrist from hanging, in space; 0 hangs, 90 is level, 180 points up; for any view."""
    return _lift_deg(body, side, "wrist")


@of_side
def upper_arm_lift_deg(body: Body, side: Side) -> float:
    """The upper arm from hanging, in space; 0 hangs, 90 is level, 180 points up; for any view."""
    return _lift_deg(body, side, "elbow")


def _lift_deg(body: Body, side: Side, joint: str) -> float:
    if math.isnan(_at(body, side, joint)[0]):
        return math.nan
    shoulder, end = (body.world[_INDEX[side][name]] for name in ("shoulder", joint))
    x, y, z = (b - a for a, b in zip(shoulder, end, strict=True))
    return math.degrees(math.atan2(math.hypot(x, z), y))


@of_side
def hand_over_elbow_t(body: Body, side: Side) -> float:
    """How far the wrist is above its elbow."""
    return (_at(body, side, "elbow")[1] - _at(body, side, "wrist")[1]) / body.torso_px


@of_side
def wrist_axis_t(body: Body, side: Side) -> float:
    """How far the wrist is beyond its shoulder along the trunk, toward the head; negative is toward the hips."""
    return _above_along_trunk(body, _at(body, side, "wrist"), _at(body, side, "shoulder"))


@of_side
def elbow_axis_t(body: Body, side: Side) -> float:
    """As `wrist_axis_t`, of the elbow."""
    return _above_along_trunk(body, _at(body, side, "elbow"), _at(body, side, "shoulder"))


@of_side
def wrist_along_t(body: Body, side: Side) -> float:
    """As `wrist_axis_t`, in space: for bodies whose trunk points at the camera."""
    return _along_trunk_in_space(body, side, "wrist")


@of_side
def elbow_along_t(body: Body, side: Side) -> float:
    """As `wrist_along_t`, of the elbow."""
    return _along_trunk_in_space(body, side, "elbow")


def _along_trunk_in_space(body: Body, side: Side, joint: str) -> float:
    if math.isnan(_at(body, side, joint)[0]):
        return math.nan
    hip, shoulder, end = (body.world[_INDEX[side][name]] for name in ("hip", "shoulder", joint))
    up = [b - a for a, b in zip(hip, shoulder, strict=True)]
    return sum((e - b) * u for b, e, u in zip(shoulder, end, up, strict=True)) / max(sum(u * u for u in up), 1e-6)


@of_body
def hands_along_t(body: Body) -> float:
    """As `wrist_along_t`, of the middle of both wrists, seen or not: the model exchanges the arms of prone bodies."""
    w = body.world
    trunk = [w[L.LEFT_SHOULDER][i] + w[L.RIGHT_SHOULDER][i] - w[L.LEFT_HIP][i] - w[L.RIGHT_HIP][i] for i in range(3)]
    arms = [w[L.LEFT_WRIST][i] + w[L.RIGHT_WRIST][i] - w[L.LEFT_SHOULDER][i] - w[L.RIGHT_SHOULDER][i] for i in range(3)]
    return sum(a * u for a, u in zip(arms, trunk, strict=True)) / max(sum(u * u for u in trunk), 1e-6)


@of_body
def hand_span_t(body: Body) -> float:
    """How far the wrists are apart in the picture."""
    return distance(body.xy[L.LEFT_WRIST], body.xy[L.RIGHT_WRIST]) / body.torso_px


@of_body
def hands_apart_t(body: Body) -> float:
    """How far the wrists are apart in space, in torso lengths of the same frame."""
    return _apart_in_space(body, L.LEFT_WRIST, L.RIGHT_WRIST)


def _apart_in_space(body: Body, left: L, right: L) -> float:
    if math.isnan(body.xy[left][0] + body.xy[right][0]):
        return math.nan
    return math.dist(body.world[left], body.world[right]) / _trunk_m(body)


def _trunk_m(body: Body) -> float:
    """The trunk's length in space, m."""
    w = body.world
    trunk = (w[L.LEFT_SHOULDER][i] + w[L.RIGHT_SHOULDER][i] - w[L.LEFT_HIP][i] - w[L.RIGHT_HIP][i] for i in range(3))
    return max(math.hypot(*trunk) / 2, 1e-3)


@of_body
def arms_apart_deg(body: Body) -> float:
    """The angle in space between the left and the right arm, each from shoulder to wrist; 0 is palms together."""
    w = body.world
    left, right = (
        [w[wrist][i] - w[shoulder][i] for i in range(3)]
        for wrist, shoulder in ((L.LEFT_WRIST, L.LEFT_SHOULDER), (L.RIGHT_WRIST, L.RIGHT_SHOULDER))
    )
    return angle3_deg((left[0], left[1], left[2]), (0.0, 0.0, 0.0), (right[0], right[1], right[2]))


@of_side
def wrist_ahead_t(body: Body, side: Side) -> float:
    """How far the wrist is before its shoulder, level, toward where the chest faces; for any view.

    As `wrist_fore_t` from the side; the nearer the camera is to front or rear, the more from the model's space.
    """
    if math.isnan(_at(body, side, "wrist")[0]):
        return math.nan
    square = min(max((body.sideways - 0.34) / 0.3, 0.0), 1.0)
    return square * wrist_fore_t.function(body, side) + (1 - square) * _ahead_in_space(body, side, "wrist")


@of_side
def hand_drawn_t(body: Body, side: Side) -> float:
    """How far the hand is drawn from before the body up and back to the waist, by what the view shows of it.

    From the front its height over the hips, from the side a quarter of its way back from a torso length before the
    shoulder, between them some of each: a row of the hands to the waist reads about alike from all round.
    """
    sideways = body.sideways
    up, back = hand_h_t.function(body, side), 1 - wrist_fore_t.function(body, side)
    return (1 - sideways) * up + sideways * back / 4


def _ahead_in_space(body: Body, side: Side, joint: str) -> float:
    w = body.world
    across_x, _, across_z = (
        w[L.LEFT_SHOULDER][i] - w[L.RIGHT_SHOULDER][i] + w[L.LEFT_HIP][i] - w[L.RIGHT_HIP][i] for i in range(3)
    )
    start, end = w[_INDEX[side]["shoulder"]], w[_INDEX[side][joint]]
    forward = (end[0] - start[0]) * across_z - (end[2] - start[2]) * across_x
    return forward / max(math.hypot(across_x, across_z), 1e-9) / _trunk_m(body)


@of_side
def hand_rise_t(body: Body, side: Side) -> float:
    """How far the wrist is above the trunk's middle in space, seen or inferred: the trunk may hide the far arm.

    The middle stays where hips that sag or pike do not.
    """
    w = body.world
    trunk = (L.LEFT_SHOULDER, L.RIGHT_SHOULDER, L.LEFT_HIP, L.RIGHT_HIP)
    return (sum(w[joint][1] for joint in trunk) / 4 - w[_INDEX[side]["wrist"]][1]) / _trunk_m(body)


@of_body
def higher_hand_t(body: Body) -> float:
    """The greater `hand_rise_t` of both sides: for arms that work in turn."""
    return max(hand_rise_t.function(body, side) for side in Side)


@of_body
def lower_hand_t(body: Body) -> float:
    """The lesser `hand_rise_t` of both sides: for arms that sink overhead in turn from above a chest that lies."""
    return min(hand_rise_t.function(body, side) for side in Side)


@of_body
def overhead_deg(body: Body) -> float:
    """The nearer arm of a body on its back, from straight up toward overhead, in space, seen or inferred.

    0 points up, 90 is level past the head, negative leans toward the feet. Without the fold of an angle between two
    ways, and mostly by height, which the model places best.
    """
    w, joint = body.world, _INDEX[body.near]
    x, _, z = (w[L.LEFT_SHOULDER][i] + w[L.RIGHT_SHOULDER][i] - w[L.LEFT_HIP][i] - w[L.RIGHT_HIP][i] for i in range(3))
    arm = [b - a for a, b in zip(w[joint["shoulder"]], w[joint["wrist"]], strict=True)]
    return math.degrees(math.atan2((arm[0] * x + arm[2] * z) / max(math.hypot(x, z), 1e-6), -arm[1]))


@of_body
def opening_deg(body: Body) -> float:
    """How far a body on its side has opened, in space, seen or inferred: turned about the trunk from straight up.

    A third of it is the upper arm, two thirds the line through the shoulders: the model holds an arm that passes the
    upright still for a while, the shoulders it turns steadily. Palms together read some -15, open on the floor 115.
    The same where the model exchanges left and right, as it may when the arm comes round.
    """
    w, upper = body.world, _uppermost(body)
    (shoulder, wrist), below = (w[_INDEX[upper][j]] for j in ("shoulder", "wrist")), w[_INDEX[upper.other]["shoulder"]]
    back = _back_of_lying(body)
    arm = (_round_trunk_deg(body, shoulder, wrist, back) + 225.0) % 360.0 - 225.0
    return (arm + 180.0 + 2.0 * _round_trunk_deg(body, below, shoulder, back)) / 3.0


@of_side
def upper_opening_deg(body: Body, side: Side) -> float:
    """As `opening_deg`, of the arm that lies uppermost by where the knees and the lower arm point; 0 for the other."""
    upper = Side.LEFT if _back_of_lying(body) > 0 else Side.RIGHT
    return opening_deg.function(body) if side is upper else 0.0


def _uppermost(body: Body) -> Side:
    """The side of the trunk that is higher: shoulder and hip together, as the model may exchange either pair alone."""
    w = body.world
    lower = w[L.LEFT_HIP][1] + w[L.LEFT_SHOULDER][1] - w[L.RIGHT_HIP][1] - w[L.RIGHT_SHOULDER][1]
    return Side.LEFT if lower < 0 else Side.RIGHT


def _back_of_lying(body: Body) -> float:
    """1 where the back of a body on its side is where it is on the right side, -1 where it is on the left side.

    Whatever the model calls left: the lower arm and the knees point ahead.
    """
    w, upper = body.world, _uppermost(body)
    pointing = ((upper.other, "shoulder", "wrist"), (upper, "hip", "knee"), (upper.other, "hip", "knee"))
    ahead = sum(_round_trunk(body, w[_INDEX[side][a]], w[_INDEX[side][b]])[1] for side, a, b in pointing)
    return -1.0 if ahead > 0 else 1.0


def _round_trunk_deg(body: Body, start: Point3, end: Point3, back: float) -> float:
    """The way between two points about the trunk's line: 0 upward, positive toward the back of who lies on a side."""
    above, beside = _round_trunk(body, start, end)
    return math.degrees(math.atan2(beside * back, above))


def _round_trunk(body: Body, start: Point3, end: Point3) -> tuple[float, float]:
    """How far a way goes upward and, level, to the back of who lies on the right side, square to the trunk's line."""
    w = body.world
    trunk = [w[L.LEFT_SHOULDER][i] + w[L.RIGHT_SHOULDER][i] - w[L.LEFT_HIP][i] - w[L.RIGHT_HIP][i] for i in range(3)]
    length = max(math.hypot(*trunk), 1e-6)
    x, y, z = (part / length for part in trunk)
    way = [b - a for a, b in zip(start, end, strict=True)]
    return y * (way[0] * x + way[1] * y + way[2] * z) - way[1], way[0] * z - way[2] * x


@of_side
def wrist_off_ear_t(body: Body, side: Side) -> float:
    """How far the wrist is before the near ear, level, toward where the person faces."""
    return body.facing * (_at(body, side, "wrist")[0] - _ear(body)[0]) / body.torso_px


@of_side
def wrist_forward_t(body: Body, side: Side) -> float:
    """How far the wrist is before its shoulder in space, square to the trunk; for bodies that lie, too."""
    return _in_body(body, side, "wrist", _forward)


@of_side
def wrist_outward_t(body: Body, side: Side) -> float:
    """How far the wrist is outward of its shoulder in space, along the line of the shoulders and hips."""
    return _in_body(body, side, "wrist", _outward)


@of_side
def elbow_forward_t(body: Body, side: Side) -> float:
    """As `wrist_forward_t`, of the elbow."""
    return _in_body(body, side, "elbow", _forward)


@of_side
def elbow_outward_t(body: Body, side: Side) -> float:
    """As `wrist_outward_t`, of the elbow."""
    return _in_body(body, side, "elbow", _outward)


def _in_body(body: Body, side: Side, joint: str, way: Callable[[Body, Side], Point3]) -> float:
    if math.isnan(_at(body, side, joint)[0]):
        return math.nan
    shoulder, end = (body.world[_INDEX[side][name]] for name in ("shoulder", joint))
    x, y, z = way(body, side)
    far = x * (end[0] - shoulder[0]) + y * (end[1] - shoulder[1]) + z * (end[2] - shoulder[2])
    return far / (max(math.hypot(x, y, z), 1e-6) * _trunk_m(body))


def _across(body: Body) -> Point3:
    """From the right side to the left, m."""
    w = body.world
    x, y, z = (w[L.LEFT_SHOULDER][i] - w[L.RIGHT_SHOULDER][i] + w[L.LEFT_HIP][i] - w[L.RIGHT_HIP][i] for i in range(3))
    return x, y, z


def _outward(body: Body, side: Side) -> Point3:
    x, y, z = _across(body)
    return (x, y, z) if side is Side.LEFT else (-x, -y, -z)


def _forward(body: Body, _: Side) -> Point3:
    """Square to the trunk and to its width, toward the belly."""
    w = body.world
    ax, ay, az = _across(body)
    ux, uy, uz = (
        w[L.LEFT_SHOULDER][i] + w[L.RIGHT_SHOULDER][i] - w[L.LEFT_HIP][i] - w[L.RIGHT_HIP][i] for i in range(3)
    )
    return ay * uz - az * uy, az * ux - ax * uz, ax * uy - ay * ux


# ---- trunk ----


@of_body
def trunk_side_deg(body: Body) -> float:
    """The trunk from upright, to the person's right; negative leans to the left. For front and rear views."""
    hips, shoulders = body.hips, body.shoulders
    toward_right = -1.0 if abs(body.azimuth_deg) <= 90 else 1.0
    return math.degrees(math.atan2(toward_right * (shoulders[0] - hips[0]), hips[1] - shoulders[1]))


@of_body
def trunk_lean_deg(body: Body) -> float:
    """The trunk from upright, toward where the person faces; 0 upright, 90 level. For side and oblique views.

    From the picture, opened up by how far the camera is off square.
    """
    if body.sideways < 0.34:
        return math.nan
    hips, shoulders = body.hips, body.shoulders
    forward = body.facing * (shoulders[0] - hips[0]) / body.sideways
    return math.degrees(math.atan2(forward, hips[1] - shoulders[1]))


@of_body
def hinge_deg(body: Body) -> float:
    """The trunk from upright in space, 0 to 180, whichever way it leans; for any view, good to some 8°."""
    w = body.world
    x, y, z = (w[L.LEFT_SHOULDER][i] + w[L.RIGHT_SHOULDER][i] - w[L.LEFT_HIP][i] - w[L.RIGHT_HIP][i] for i in range(3))
    return math.degrees(math.atan2(math.hypot(x, z), -y))


@of_body
def bow_deg(body: Body) -> float:
    """The trunk from upright in space, toward where the person faces; negative leans back; for any view."""
    w = body.world
    x, y, z = (w[L.LEFT_SHOULDER][i] + w[L.RIGHT_SHOULDER][i] - w[L.LEFT_HIP][i] - w[L.RIGHT_HIP][i] for i in range(3))
    across_x, _, across_z = (
        w[L.LEFT_SHOULDER][i] - w[L.RIGHT_SHOULDER][i] + w[L.LEFT_HIP][i] - w[L.RIGHT_HIP][i] for i in range(3)
    )
    forward = (x * across_z - z * across_x) / max(math.hypot(across_x, across_z), 1e-9)
    return math.degrees(math.atan2(forward, -y))


@of_body
def back_turn_deg(body: Body) -> float:
    """How far the outline of the back turns between hips and shoulders; positive is rounded, negative hollow."""
    if body.outline is None:
        return math.nan
    return outline.turn_deg(body.outline[1 if body.facing < 0 else 0])


@of_body
def back_flexion_deg(body: Body) -> float:
    """How far the spine is flexed, by the outline of the back: only its changes mean anything, bodies differ.

    Two signs, each calibrated on rendered bodies whose spine flexes by known angles, and averaged: the outline's turn
    (0.72° a degree) and how far the lower back stands out from the chord (0.0027 chord lengths a degree), which stays
    where plates hide the hips.
    """
    return (back_turn_deg.function(body) / 0.72 + low_back_t.function(body) / 0.0027) / 2


@of_body
def low_back_t(body: Body) -> float:
    """How far the outline of the lower back stands off the line from hips to shoulders, chord lengths as T."""
    if body.outline is None:
        return math.nan
    return outline.height(body.outline[1 if body.facing < 0 else 0], 0.20, 0.45)


@of_body
def topside_turn_deg(body: Body) -> float:
    """As `back_turn_deg`, of the trunk's side that is uppermost: for bodies on hands and knees, or prone.

    The model often takes them to face the other way; which side is up in the picture stays sure.
    """
    if body.outline is None:
        return math.nan
    return outline.turn_deg(body.outline[_topside(body)])


@of_body
def topside_bulge_t(body: Body) -> float:
    """How far the trunk's uppermost side stands off the line from hips to shoulders, chord lengths as T.

    It grows when the back rounds and falls when it hollows, on a straighter line than the turn of its outline does.
    A back that rounds out of the rays' reach counts as that far.
    """
    if body.outline is None:
        return math.nan
    row = body.outline[_topside(body)]
    seen = np.isfinite(row)
    if not seen.any():
        return math.nan
    return float(np.median(np.where(seen, row, outline.REACH)[(outline.STATION >= 0.2) & (outline.STATION <= 0.8)]))


def _topside(body: Body) -> int:
    """The outline's row that is uppermost in the picture."""
    return 1 if body.shoulders[0] < body.hips[0] else 0


@of_body
def chord_t(body: Body) -> float:
    """From the hips' to the shoulders' middle."""
    return distance(body.hips, body.shoulders) / body.torso_px


@of_body
def girdle_roll_deg(body: Body) -> float:
    """The line through the shoulders from level; positive where the left shoulder is lower."""
    return _roll_deg(body, L.LEFT_SHOULDER, L.RIGHT_SHOULDER)


@of_body
def pelvis_roll_deg(body: Body) -> float:
    """The line through the hips from level; positive where the left hip is lower."""
    return _roll_deg(body, L.LEFT_HIP, L.RIGHT_HIP)


def _roll_deg(body: Body, left: L, right: L) -> float:
    return tilt_deg(body.xy[right], body.xy[left])


@of_body
def girdle_tilt_deg(body: Body) -> float:
    """The shoulders' line from level in space, 0 to 90; 90 lies on the side."""
    return abs(_tilt3_deg(body, L.LEFT_SHOULDER, L.RIGHT_SHOULDER))


@of_body
def girdle_twist_deg(body: Body) -> float:
    """The shoulders' line against the hips' line in space: how far its left end is lower than the hips' left end."""
    return _tilt3_deg(body, L.LEFT_SHOULDER, L.RIGHT_SHOULDER) - _tilt3_deg(body, L.LEFT_HIP, L.RIGHT_HIP)


def _tilt3_deg(body: Body, left: L, right: L) -> float:
    a, b = body.world[left], body.world[right]
    return math.degrees(math.atan2(a[1] - b[1], math.hypot(a[0] - b[0], a[2] - b[2])))


@of_body
def shoulders_y_t(body: Body) -> float:
    """How high the shoulders are in the picture: only its changes mean anything, while the camera stays."""
    return -body.shoulders[1] / body.torso_px


@of_body
def hips_y_t(body: Body) -> float:
    """How high the hips are in the picture: only its changes mean anything, while the camera stays."""
    return -body.hips[1] / body.torso_px


@of_body
def chest_lift_t(body: Body) -> float:
    """How far the shoulders are above the hips in the picture: only its changes mean anything in bodies that lie."""
    return (body.hips[1] - body.shoulders[1]) / body.torso_px


@of_body
def ends_lift_t(body: Body) -> float:
    """How far shoulders and ankles are above the hips in the picture, on average: a prone body that bends to a bow."""
    return (chest_lift_t.function(body) - hip_stature_t.function(body)) / 2


@of_body
def seesaw_t(body: Body) -> float:
    """How much higher the shoulders are than the ankles in the picture: it goes to and fro in a body that rocks."""
    return (_ankle_y(body) - body.shoulders[1]) / body.torso_px


@of_body
def hips_x_t(body: Body) -> float:
    """How far forward the hips are in the picture: only its changes mean anything, while the camera stays."""
    return body.facing * body.hips[0] / body.torso_px


@of_body
def shoulders_x_t(body: Body) -> float:
    """How far forward the shoulders are in the picture: only its changes mean anything, while the camera stays."""
    return body.facing * body.shoulders[0] / body.torso_px


@of_body
def hips_over_line_t(body: Body) -> float:
    """How far the hips are above the line from shoulders to ankles in the picture; negative sags. For planks."""
    left, right = body.xy[L.LEFT_ANKLE], body.xy[L.RIGHT_ANKLE]
    ankles = left if math.isnan(right[0]) else right if math.isnan(left[0]) else middle(left, right)
    shoulders = body.shoulders
    upward = 1.0 if shoulders[0] > ankles[0] else -1.0
    return -upward * beside(ankles, shoulders, body.hips) / body.torso_px


@of_body
def trunk_roll_deg(body: Body) -> float:
    """The lines through shoulders and hips from level in space, their mean; positive where the left is lower."""
    return (_tilt3_deg(body, L.LEFT_SHOULDER, L.RIGHT_SHOULDER) + _tilt3_deg(body, L.LEFT_HIP, L.RIGHT_HIP)) / 2


# ---- head and shoulder girdle ----


@of_body
def neck_deg(body: Body) -> float:
    """From the trunk's line to the way from shoulder to ear; positive where the ear is before the line."""
    hips, shoulders, ear = body.hips, body.shoulders, _ear(body)
    trunk = (shoulders[0] - hips[0], shoulders[1] - hips[1])
    return body.facing * turn_deg(trunk, (ear[0] - shoulders[0], ear[1] - shoulders[1]))


@of_body
def head_pitch_deg(body: Body) -> float:
    """From the trunk's line to the way from ear to nose, less a right angle; positive looks up, negative down."""
    hips, shoulders, ear, nose = body.hips, body.shoulders, _ear(body), body.xy[L.NOSE]
    trunk = (shoulders[0] - hips[0], shoulders[1] - hips[1])
    turned = body.facing * turn_deg(trunk, (nose[0] - ear[0], nose[1] - ear[1]))
    return -wrapped_deg(turned - 90.0)


@of_body
def face_deg(body: Body) -> float:
    """The way from ear to nose from the trunk's line toward the head, 0 to 180; 90 is square to it, less looks up.

    Whichever way the body is taken to face: the model often turns bodies on their knees or elbows about.
    """
    ear, nose = _ear(body), body.xy[L.NOSE]
    hips, shoulders = body.hips, body.shoulders
    return abs(turn_deg((shoulders[0] - hips[0], shoulders[1] - hips[1]), (nose[0] - ear[0], nose[1] - ear[1])))


def _ear(body: Body) -> Point:
    """The near ear in a side view, the middle of both in a front view."""
    left, right = body.xy[L.LEFT_EAR], body.xy[L.RIGHT_EAR]
    if body.sideways < 0.7 and not math.isnan(left[0] + right[0]):
        return middle(left, right)
    return left if body.near is Side.LEFT else right


@of_body
def gaze_deg(body: Body) -> float:
    """The way from ear to nose from level; positive looks up. For side and oblique views."""
    if body.sideways < 0.5:
        return math.nan
    ear, nose = _ear(body), body.xy[L.NOSE]
    return math.degrees(math.atan2(ear[1] - nose[1], body.facing * (nose[0] - ear[0]) / body.sideways))


@of_body
def nose_x_t(body: Body) -> float:
    """How far the nose is beside the shoulders' middle in the picture, to the picture's right."""
    return (body.xy[L.NOSE][0] - body.shoulders[0]) / body.torso_px


@of_body
def ear_gap_t(body: Body) -> float:
    """How far the ears are above the shoulders, along the trunk; falls when the shoulders hike or the head sinks."""
    return _above_along_trunk(body, middle(body.xy[L.LEFT_EAR], body.xy[L.RIGHT_EAR]), body.shoulders)


@of_body
def near_ear_gap_t(body: Body) -> float:
    """As `ear_gap_t`, of the near ear and the shoulders' middle: for side views."""
    return _above_along_trunk(body, _ear(body), body.shoulders)


def _above_along_trunk(body: Body, top: Point, base: Point) -> float:
    hips, shoulders = body.hips, body.shoulders
    x, y = shoulders[0] - hips[0], shoulders[1] - hips[1]
    length = max(math.hypot(x, y), 1e-6)
    return ((top[0] - base[0]) * x + (top[1] - base[1]) * y) / length / body.torso_px


# ---- legs ----


@of_side
def knee_deg(body: Body, side: Side) -> float:
    """The angle at the knee; 180 is straight."""
    return angle_deg(_at(body, side, "hip"), _at(body, side, "knee"), _at(body, side, "ankle"))


@of_side
def hip_deg(body: Body, side: Side) -> float:
    """The angle at the hip between shoulder and knee; 180 is straight."""
    return angle_deg(_at(body, side, "shoulder"), _at(body, side, "hip"), _at(body, side, "knee"))


@of_side
def knee_bend_deg(body: Body, side: Side) -> float:
    """The angle at the knee in space; 180 is straight. For any view."""
    return _bend3_deg(body, side, ("hip", "knee", "ankle"))


@of_side
def hip_bend_deg(body: Body, side: Side) -> float:
    """The angle at the hip between shoulder and knee in space; 180 is straight. For any view."""
    return _bend3_deg(body, side, ("shoulder", "hip", "knee"))


def _bend3_deg(body: Body, side: Side, joints: tuple[str, str, str]) -> float:
    if any(math.isnan(_at(body, side, joint)[0]) for joint in joints):
        return math.nan
    a, b, c = (body.world[_INDEX[side][joint]] for joint in joints)
    return angle3_deg(a, b, c)


@of_body
def hip_stature_t(body: Body) -> float:
    """How high the hips are above the ankles."""
    return (_ankle_y(body) - body.hips[1]) / body.torso_px


@of_side
def hip_over_ankle_t(body: Body, side: Side) -> float:
    """How high the hips' middle is above the ankle in the picture; falls when the foot is lifted."""
    return (_at(body, side, "ankle")[1] - body.hips[1]) / body.torso_px


def _ankle_y(body: Body) -> float:
    return _mean_seen(body.xy[L.LEFT_ANKLE][1], body.xy[L.RIGHT_ANKLE][1])


def _mean_seen(a: float, b: float) -> float:
    """The mean of two, or the one that is seen."""
    if math.isnan(a):
        return b
    return a if math.isnan(b) else (a + b) / 2


@of_side
def ankle_y_t(body: Body, side: Side) -> float:
    """How high the ankle is in the picture: only its changes mean anything, while the camera stays."""
    return -_at(body, side, "ankle")[1] / body.torso_px


@of_side
def knee_y_t(body: Body, side: Side) -> float:
    """How high the knee is in the picture: only its changes mean anything, while the camera stays."""
    return -_at(body, side, "knee")[1] / body.torso_px


@of_side
def knee_x_t(body: Body, side: Side) -> float:
    """How far forward the knee is in the picture: only its changes mean anything, while the camera stays."""
    return body.facing * _at(body, side, "knee")[0] / body.torso_px


@of_side
def ankle_x_t(body: Body, side: Side) -> float:
    """How far forward the ankle is in the picture: only its changes mean anything, while the camera stays."""
    return body.facing * _at(body, side, "ankle")[0] / body.torso_px


@of_side
def knee_off_hip_t(body: Body, side: Side) -> float:
    """How far the knee is before the hip, level, toward where the person faces."""
    return body.facing * (_at(body, side, "knee")[0] - _at(body, side, "hip")[0]) / body.torso_px


@of_body
def knees_h_t(body: Body) -> float:
    """How far both knees together are above the hips in the picture: where one rests, the other's changes."""
    return (2 * body.hips[1] - body.xy[L.LEFT_KNEE][1] - body.xy[L.RIGHT_KNEE][1]) / body.torso_px


@of_body
def step_t(body: Body) -> float:
    """How much higher the left ankle is than the right one in space, seen or inferred: once to and fro in two steps."""
    return (body.world[L.RIGHT_ANKLE][1] - body.world[L.LEFT_ANKLE][1]) / _trunk_m(body)


# ---- the camera ----


@of_body
def azimuth_deg(body: Body) -> float:
    """From where the camera sees the body: 0 faces it, 90 shows it the left side."""
    return body.azimuth_deg


@of_body
def turned_away_deg(body: Body) -> float:
    """As `azimuth_deg`, whichever side is seen: 0 faces the camera, 90 is side-on, 180 shows the back."""
    return abs(body.azimuth_deg)
