"""Poses on disk while a recording is analysed, so that memory does not grow with its length."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from formcoach.errors import FormCoachError
from formcoach.outline import STATIONS
from formcoach.pose import LANDMARKS, Pose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

BLOCK = 500
"""Poses held in memory at a time, 0.7 MB."""
_ROW = np.dtype(
    [
        ("time_s", np.float64),
        ("seen", np.bool_),
        ("traced", np.bool_),
        ("landmarks", np.float32, (LANDMARKS, 3)),
        ("world", np.float32, (LANDMARKS, 3)),
        ("visibility", np.float32, (LANDMARKS,)),
        ("support", np.float32, (LANDMARKS,)),
        ("outline", np.float32, (2, STATIONS)),
    ]
)


class Spool(Sequence["Pose | None"]):
    """A sequence of poses that grows at its end and lies in a temporary file, which goes with it.

    Read it in order, or nearly: one block is held.
    """

    def __init__(self, poses: Iterable[Pose | None] = ()) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the sequence
        weakref.finalize(self, self._file.close)
        self._tail = np.zeros(BLOCK, _ROW)
        self._stored = self._waiting = 0
        self._reading = Lock()
        self._read: tuple[int, tuple[Pose | None, ...]] = (-1, ())
        for pose in poses:
            self.append(pose)

    def append(self, pose: Pose | None) -> None:
        """Add one.

        Raises:
            FormCoachError: the disk is full.
        """
        if self._waiting == BLOCK:
            self._store()
        row = self._tail[self._waiting]
        row["seen"] = pose is not None
        if pose is not None:
            row["time_s"], row["landmarks"], row["world"] = pose.time_s, pose.landmarks, pose.world
            row["visibility"], row["support"] = pose.visibility, pose.support
            row["traced"] = pose.outline is not None
            if pose.outline is not None:
                row["outline"] = pose.outline
        self._waiting += 1

    def _store(self) -> None:
        try:
            self._file.seek(self._stored * _ROW.itemsize)
            self._file.write(self._tail.tobytes())
        except OSError as error:
            why = error.strerror or error
            raise FormCoachError(f"cannot keep poses in {tempfile.gettempdir()}: {why}; make room there") from error
        self._stored += BLOCK
        self._waiting = 0

    def __len__(self) -> int:
        return self._stored + self._waiting

    @overload
    def __getitem__(self, index: int) -> Pose | None: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Pose | None, ...]: ...
    def __getitem__(self, index: int | slice) -> Pose | tuple[Pose | None, ...] | None:
        if isinstance(index, slice):
            return self._slice(range(*index.indices(len(self))))
        number, place = divmod(range(len(self))[index], BLOCK)
        if number == self._stored // BLOCK:  # one of the rows that wait is not to cost all of them
            return _poses(self._tail[place : place + 1].copy())[0]
        return self._block(number)[place]

    def _slice(self, places: range) -> tuple[Pose | None, ...]:
        blocks = {number: self._block(number) for number in sorted({i // BLOCK for i in places})}
        return tuple(blocks[i // BLOCK][i % BLOCK] for i in places)

    def __iter__(self) -> Iterator[Pose | None]:
        for number in range(-(-len(self) // BLOCK)):
            yield from self._block(number)

    def _block(self, number: int) -> tuple[Pose | None, ...]:
        if number == self._stored // BLOCK:
            return _poses(self._tail[: self._waiting].copy())
        held, poses = self._read
        if held != number:
            with self._reading:  # the report packs the track while the page is drawn from it
                self._file.seek(number * BLOCK * _ROW.itemsize)
                rows = np.frombuffer(self._file.read(BLOCK * _ROW.itemsize), _ROW)
            poses = _poses(rows)
            self._read = number, poses
        return poses


def _poses(rows: NDArray[Any]) -> tuple[Pose | None, ...]:
    return tuple(
        Pose(
            float(row["time_s"]), row["landmarks"], row["world"], row["visibility"], row["support"],
            row["outline"] if row["traced"] else None,
        )
        if row["seen"]
        else None
        for row in rows
    )  # fmt: skip
