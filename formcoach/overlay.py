"""What is drawn over a picture: a calm skeleton, the fault's segment in one colour, and two panels of words.

    overlay = Overlay(1280, 720)
    overlay.draw(image, pose, Card(count=3, state=State.LIFT, progress=0.4))

The panels lie in the corners that the body leaves free and stay there until another pair of corners has been
clearly better for a while. Words and panels are rendered once and kept; a frame pays for copying them and for the
lines of the skeleton.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING

import cv2
import numpy as np

from formcoach.panels import Layout, board_box, board_room, message_panels, tally_panel
from formcoach.pose import Landmark, Pose
from formcoach.reps import State
from formcoach.skeleton import BONES, SHIFT, draw_skeleton
from formcoach.sprites import SKY

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from numpy.typing import NDArray

    from formcoach.card import Card
    from formcoach.panels import Arrangement
    from formcoach.sprites import Sprite

# ---- keeping clear of the body ----

PATIENCE_S = 2.0
"""How long other corners must have been clearly better before the panels move there."""
GAIN = 0.08
"""By how much of the body other corners must be freer to be clearly better."""
MEMORY_S = 1.0
"""Over what time it is judged how free a corner is."""
BERTH = 0.04
"""How far panels should keep from landmarks, as a share of the unit: hands, feet and the crown reach beyond them."""
FACE_WEIGHT, LEG_WEIGHT = 4.0, 0.5
"""How much it matters that a face, or a leg, is hidden, against trunk and arms."""
_ALONG_BONES = np.array([0.25, 0.5, 0.75])[:, None, None]
_BONE_ENDS = np.array([bone for bones in BONES.values() for bone in bones])
_BONE_WEIGHTS = np.where((_BONE_ENDS >= Landmark.LEFT_KNEE).any(axis=1), LEG_WEIGHT, 1.0)
_LANDMARK_WEIGHTS = np.repeat([FACE_WEIGHT, 1.0, LEG_WEIGHT], [11, 14, 8])
_WEIGHTS = np.concatenate([_LANDMARK_WEIGHTS, np.tile(_BONE_WEIGHTS, len(_ALONG_BONES))])


class Placement:
    """Chooses among arrangements of panels the one that hides least of the person, and seldom changes its mind."""

    def __init__(self, layout: Layout) -> None:
        arrangements = layout.arrangements
        near = layout.unit * np.array([-BERTH, -BERTH, BERTH, BERTH])
        self._boxes = np.array([(a.tally, a.usual_message) for a in arrangements], float).reshape(-1, 4) + near
        self._preference = 0.0005 * np.arange(len(arrangements))
        self._cost: NDArray[np.float64] | None = None
        self._time_s = -math.inf
        self._better_since_s: float | None = None
        self._settled = False
        self.chosen = 0

    def settle(self, poses: Iterable[Pose | None]) -> None:
        """Choose once for all of these poses and stay there."""
        costs = [self._hidden(pose) for pose in poses if pose is not None]
        if costs and len(self._boxes):
            self.chosen = int((np.mean(costs, axis=0) + self._preference).argmin())
        self._settled = True

    def update(self, pose: Pose) -> int:
        """The arrangement for this frame, by its place among them."""
        if self._settled or not len(self._boxes):
            return self.chosen
        now = self._hidden(pose) + self._preference
        if self._cost is None:
            self._cost, self._time_s = now, pose.time_s
            self.chosen = int(now.argmin())
        step_s = max(pose.time_s - self._time_s, 0.0)
        self._time_s = pose.time_s
        self._cost = self._cost + (1 - math.exp(-step_s / MEMORY_S)) * (now - self._cost)
        best = int(self._cost.argmin())
        if self._cost[best] > self._cost[self.chosen] - GAIN:
            self._better_since_s = None
        elif self._better_since_s is None:
            self._better_since_s = pose.time_s
        elif pose.time_s - self._better_since_s >= PATIENCE_S:
            self.chosen, self._better_since_s = best, None
        return self.chosen

    def _hidden(self, pose: Pose) -> NDArray[np.float64]:
        """(arrangements,) share of the body that the panels would lie on."""
        points = pose.landmarks[:, :2].astype(float)
        start, end = points[_BONE_ENDS.T]
        points = np.concatenate([points, (start + _ALONG_BONES * (end - start)).reshape(-1, 2)])
        weights = np.where(np.isfinite(points).all(axis=1), _WEIGHTS, 0.0)
        x, y = points.T
        left, top, right, bottom = self._boxes.T[:, :, None]
        under = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        share = under @ weights / max(float(weights.sum()), 1e-9)
        hidden: NDArray[np.float64] = share.reshape(-1, 2).sum(axis=1)
        return hidden


# ---- all together ----

BONE_SHARE = 0.012
"""The most of the body's extent that a bone is thick."""
BONE_SLACK = 1.25
"""The bones' thickness, px, changes only where it is off by more, so that it does not change within a rep."""
DIMMED = 0.35
"""How much light is left of the picture behind a board."""
SMALLEST_BOARD = 12
"""A picture of fewer margins' width or height has no room for a board."""
_KEPT = 8
"""Panels kept in memory: those of a rep or two."""


class Overlay:
    """Draws on pictures of one size.

    Attributes:
        layout: sizes and places.
    """

    def __init__(self, width: int, height: int) -> None:
        self.layout = Layout.of(width, height)
        self._placement = Placement(self.layout)
        self._panels: OrderedDict[Hashable, Sprite] = OrderedDict()
        self._bone = self.layout.bone

    def settle(self, poses: Iterable[Pose | None]) -> None:
        """Where a whole recording is known: choose the panels' corners for all of it, and never move them."""
        self._placement.settle(poses)

    @property
    def arrangement(self) -> Arrangement:
        """Where the panels lie; only where the picture has room for them."""
        return self.layout.arrangements[self._placement.chosen]

    def draw(self, image: NDArray[np.uint8], pose: Pose | None, card: Card) -> None:
        """Draw on a picture, in place.

        Args:
            image: (height, width, 3) uint8, RGB, of the size given at the start.
            pose: landmarks in px of this picture; None where nobody is in view.
            card: what to show.

        Raises:
            ValueError: the picture has another size.
        """
        picture = self.layout.picture
        if image.shape != (picture.height, picture.width, 3):
            raise ValueError(f"the picture must be ({picture.height}, {picture.width}, 3), not {image.shape}")
        if pose is not None:
            self._placement.update(pose)
            if abs(self._bone_of(pose) - self._bone) > BONE_SLACK:
                self._bone = round(self._bone_of(pose))
            draw_skeleton(image, pose, card, self._bone)
        if card.board is not None and card.board.whole:
            self._draw_board(image, card)
        elif self.layout.arrangements:
            if card.board is None:
                self._draw_tally(image, card)
            self._draw_message(image, card)

    def _bone_of(self, pose: Pose) -> float:
        """How thick bones look right, px: thinner where the person is small in the picture."""
        seen = pose.landmarks[np.isfinite(pose.landmarks).all(axis=1), :2]
        extent = float(np.ptp(seen, axis=0).max()) if len(seen) else 0.0
        return min(self.layout.bone, max(BONE_SHARE * extent, 1.0))

    def _draw_tally(self, image: NDArray[np.uint8], card: Card) -> None:
        layout, box = self.layout, self.arrangement.tally
        static = (card.count, card.state, card.set_number, card.marks)
        sprite = self._panel(static, lambda: tally_panel(layout, *static))
        top = box.top if box.top == layout.margin else box.bottom - sprite.height
        sprite.blit(image, box.left, top)
        progress = 0.0 if math.isnan(card.progress) else min(max(card.progress, 0.0), 1.0)
        if card.state in (State.LIFT, State.TOP, State.LOWER) and progress > 0:
            middle = layout.pad + layout.ring / 2
            radius = (layout.ring - layout.stroke) / 2
            _arc(image, (box.left + middle, top + middle), radius, progress, layout.stroke)

    def _draw_message(self, image: NDArray[np.uint8], card: Card) -> None:
        if not (card.cue or card.remarks or card.unseen or card.board):
            return
        _, room, _, right, bottom = self.arrangement
        if card.board is not None:
            room = board_room(self.layout, self.arrangement, wide=card.board.wide)
        key = (room.width, room.height, card.cue, card.praise, card.remarks, card.unseen, card.board)
        sprite = self._panel(key, lambda: message_panels(self.layout, room.width, room.height, card))
        left = room.right - sprite.width if right else room.left
        top = room.bottom - sprite.height if bottom else room.top
        sprite.blit(image, left, top)

    def _draw_board(self, image: NDArray[np.uint8], card: Card) -> None:
        """A board in the middle of the darkened picture, and nothing else."""
        layout = self.layout
        width, height = (side - 2 * layout.margin for side in (layout.picture.width, layout.picture.height))
        if min(width, height) < SMALLEST_BOARD * layout.margin:
            return
        sprite = self._panel((width, height, card.board), lambda: message_panels(layout, width, height, card))
        cv2.convertScaleAbs(image, dst=image, alpha=DIMMED)
        box = board_box(layout, sprite)
        sprite.blit(image, box.left, box.top)

    def _panel(self, key: Hashable, render: Callable[[], Sprite]) -> Sprite:
        """The panel of that content, rendered when it is first asked for."""
        if key in self._panels:
            self._panels.move_to_end(key)
        else:
            self._panels[key] = render()
            if len(self._panels) > _KEPT:
                self._panels.popitem(last=False)
        return self._panels[key]


def _arc(image: NDArray[np.uint8], centre: tuple[float, float], radius: float, share: float, thick: int) -> None:
    """An arc from the top, clockwise, over a share of the circle."""
    angle = np.linspace(0, 2 * math.pi * share, max(round(72 * share), 2))
    points = np.array(centre) + radius * np.stack([np.sin(angle), -np.cos(angle)], axis=1)
    fixed = np.round(points * (1 << SHIFT)).astype(np.int32)
    cv2.polylines(image, [fixed], False, SKY, thick, cv2.LINE_AA, SHIFT)
