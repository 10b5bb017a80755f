"""Who is coached, where several people are in view: by size and centre at first, then whoever it was before.

MediaPipe finds one person well and several hardly ever, so others are looked for in parts of the picture.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from formcoach.pose import LANDMARKS, Landmark, Pose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CERTAIN = 0.9
"""Visibility of shoulders and hips from which somebody found in a part of the picture, or in a turned one, is believed.
"""
SEEN = 0.5
OVERLAP = 0.5
"""Share of the smaller person's box inside the other's from which both are the same person."""
NEAR_M, ALIKE = 0.7, 1.5
"""Somebody so near to where the coached person was, and shown so much larger or smaller at most, is the same person."""
GROWTH = 1.2
"""A person who comes nearer grows by less in a second, as the picture shows them."""
DOUBTFUL = 0.75
"""Share of the most prominent person's prominence from which the second could as well be meant."""
MORE_PROMINENT = 1.5
"""Whoever is so much more prominent than the coached person in two looks in a row is coached from then on: a bystander
was there first."""
AROUND_M = 0.4
"""Left round a person whom alone the model is to see: arms and weights move."""
TRUNK = np.array([Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER, Landmark.LEFT_HIP, Landmark.RIGHT_HIP])
HIPS = TRUNK[2:]
_GREY = 128


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody in a picture. What costs more than a glance is measured when it is first asked for.

    Attributes:
        pose: as estimated.
    """

    pose: Pose

    @staticmethod
    def of(pose: Pose) -> Person:
        """The person with this pose."""
        return Person(pose)

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of the landmarks that are seen, px."""
        seen = self.pose.visibility >= SEEN
        seen[TRUNK] = True
        xy = self.pose.landmarks[seen, :2]
        (left, top), (right, bottom) = xy.min(axis=0).tolist(), xy.max(axis=0).tolist()
        return left, top, right, bottom

    @cached_property
    def px_per_m(self) -> float:
        """How large the picture shows the model's metres: the same standing, bent and lying."""
        picture, space = self.pose.landmarks[:, :2], self.pose.world[:, :2]
        # once a frame: the methods `mean` and `sum` would take twice the time
        picture, space = picture - np.add.reduce(picture) / LANDMARKS, space - np.add.reduce(space) / LANDMARKS
        size = float(np.add.reduce(space * space, axis=None))
        return max(float(np.add.reduce(picture * space, axis=None) / max(size, 1e-6)), 1.0)

    @cached_property
    def place(self) -> tuple[float, float]:
        """Of the hips, px: the rest of a body may point anywhere."""
        left, right = self.pose.landmarks[HIPS]
        x, y, _ = ((left + right) / 2).tolist()
        return x, y

    @property
    def area_px(self) -> float:
        """Of the box."""
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)

    def is_certain(self) -> bool:
        """Whether shoulders and hips are seen without a doubt."""
        return float(self.pose.visibility[TRUNK].min()) >= CERTAIN

    def covers(self, other: Person) -> bool:
        """Whether both are found so much in one place that they are one."""
        (a, b, c, d), (e, f, g, h) = self.box, other.box
        shared = max(min(c, g) - max(a, e), 0.0) * max(min(d, h) - max(b, f), 0.0)
        return shared >= OVERLAP * max(min(self.area_px, other.area_px), 1.0)

    def is_where(self, other: Person) -> bool:
        """Whether the other one, seen a while ago, was about here and about as large."""
        near = math.dist(self.place, other.place) < NEAR_M * other.px_per_m
        return near and 1 / ALIKE < self.px_per_m / other.px_per_m < ALIKE

    def is_as_large_as(self, other: Person) -> bool:
        """Whether one second's walk could explain the difference in size."""
        return 1 / GROWTH < self.px_per_m / other.px_per_m < GROWTH

    def prominence(self, width: int) -> float:
        """How large and how central, px per m: at the picture's edge a person counts half."""
        aside = abs(self.place[0] - width / 2) / (width / 2)
        return self.px_per_m * (1 - min(aside, 1.0) / 2)


def windows(width: int, height: int) -> list[tuple[slice, slice]]:
    """(rows, columns) of overlapping squares that cover a picture: in each, the model finds another person."""
    side, long = min(width, height), max(width, height)
    count = max(math.ceil(2 * (long - side) / side), 1) + 1
    starts = [round(i * (long - side) / (count - 1)) for i in range(count)] if long > side else [0]
    across = slice(0, side)
    return [(across, slice(s, s + side)) if width >= height else (slice(s, s + side), across) for s in starts]


def moved(pose: Pose, rows: slice, columns: slice) -> Pose:
    """A pose found in a part of a picture, as it lies in the picture."""
    landmarks = pose.landmarks + np.array([columns.start, rows.start, 0], np.float32)
    return Pose(pose.time_s, landmarks, pose.world, pose.visibility, pose.support, pose.outline)


def different(followed: Person | None, others: Sequence[Person]) -> list[Person]:
    """Each person once, the followed one first; of several findings of one, the largest: a square may cut a body."""
    found = [] if followed is None else [followed]
    for person in sorted(others, key=lambda one: one.area_px, reverse=True):
        if not any(person.covers(other) for other in found):
            found.append(person)
    return found


def most_prominent(people: Sequence[Person], width: int) -> tuple[Person, bool]:
    """Whom to coach where nothing is known of before, and whether it could as well be somebody else.

    Args:
        people: at least one.
        width: of the picture, px.
    """
    ranked = sorted(people, key=lambda person: person.prominence(width), reverse=True)
    doubtful = len(ranked) > 1 and ranked[1].prominence(width) > DOUBTFUL * ranked[0].prominence(width)
    return ranked[0], doubtful


def alone(image: NDArray[np.uint8], person: Person, others: Sequence[Person]) -> NDArray[np.uint8]:
    """The picture with nothing in it but one person and what is round them.

    Args:
        image: (height, width, 3), left as it is.
        person: who stays.
        others: who goes, even where they stand close by.
    """
    shown = np.full_like(image, _GREY)
    wide = _region(image, person, AROUND_M * person.px_per_m)
    shown[wide] = image[wide]
    for other in others:
        shown[_region(image, other, 0.0)] = _GREY
    tight = _region(image, person, 0.0)
    shown[tight] = image[tight]
    return shown


def _region(image: NDArray[np.uint8], person: Person, around_px: float) -> tuple[slice, slice]:
    height, width = image.shape[:2]
    left, top, right, bottom = person.box
    columns = slice(max(int(left - around_px), 0), min(max(int(right + around_px), 0), width))
    return slice(max(int(top - around_px), 0), min(max(int(bottom + around_px), 0), height)), columns


class Trail:
    """Where the followed person was in the last second: whoever is suddenly elsewhere walks, or is somebody else."""

    LASTS_S = 1.0
    STRAY_M = 0.6
    """How far across the picture the hips may be from where they were: exercises in place stay well within it."""

    def __init__(self) -> None:
        self._people: deque[Person] = deque()

    def clear(self) -> None:
        """Whoever comes next has a trail of their own."""
        self._people.clear()

    def strayed_from(self, person: Person) -> Person | None:
        """Who was followed until just now, where this one is elsewhere; else None, and this one is remembered."""
        now_s = person.pose.time_s
        while len(self._people) > 1 and now_s - self._people[0].pose.time_s > self.LASTS_S:
            self._people.popleft()
        before = self._people[0] if self._people else person
        if abs(person.place[0] - before.place[0]) > self.STRAY_M * before.px_per_m:
            return before
        self._people.append(person)
        return None
