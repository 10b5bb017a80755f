from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from formcoach.errors import FormCoachError
from formcoach.pose import Pose
from formcoach.recording import load_track
from formcoach.spool import BLOCK, Spool

SAMPLES = Path(__file__).parent.parent / "samples"
POSES = load_track(SAMPLES / "deadlift_clean.poses.npz").poses


def same(a: Pose | None, b: Pose | None) -> bool:
    if a is None or b is None:
        return a is b
    if (a.outline is None) != (b.outline is None) or a.time_s != b.time_s:
        return False
    pairs = ((a.landmarks, b.landmarks), (a.world, b.world), (a.visibility, b.visibility), (a.support, b.support))
    alike = a.outline is None or b.outline is None or np.array_equal(a.outline, b.outline, equal_nan=True)
    return alike and all(np.array_equal(x, y) and x.dtype == y.dtype for x, y in pairs)


def some(count: int) -> list[Pose | None]:
    """Of a sample again and again, a few of them missing, a few without an outline."""
    poses: list[Pose | None] = []
    for i in range(count):
        pose = POSES[i % len(POSES)]
        if pose is not None and i % 11 == 5:
            pose = Pose(pose.time_s, pose.landmarks, pose.world, pose.visibility, pose.support, None)
        poses.append(None if i % 7 == 3 else pose)
    return poses


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 7])
def test_gives_back_what_it_was_given(count: int) -> None:
    poses = some(count)
    spool = Spool(poses)
    assert len(spool) == count
    assert [same(a, b) for a, b in zip(spool, poses, strict=True)] == [True] * count
    assert all(same(spool[i], poses[i]) for i in range(count))


def test_indices_are_those_of_a_list() -> None:
    poses = some(BLOCK + 50)
    spool = Spool(poses)
    assert same(spool[-1], poses[-1])
    assert all(same(a, b) for a, b in zip(spool[BLOCK - 5 : BLOCK + 5], poses[BLOCK - 5 : BLOCK + 5], strict=True))
    for wrong in (len(poses), -len(poses) - 1):
        with pytest.raises(IndexError):
            spool[wrong]


def test_grows_while_it_is_read() -> None:
    spool = Spool(some(10))
    first = list(spool)
    for pose in some(2 * BLOCK):
        spool.append(pose)
    assert all(same(a, b) for a, b in zip(first, some(10), strict=True))
    assert all(same(a, b) for a, b in zip(spool, some(10) + some(2 * BLOCK), strict=True))


def test_memory_is_bounded() -> None:
    spool = Spool()
    tracemalloc.start()
    try:
        for _ in range(8):
            for pose in some(BLOCK):
                spool.append(pose)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * BLOCK * 1400


def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(some(BLOCK))

    class Full:
        def seek(self, _: int) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool, "_file", Full())
    with pytest.raises(FormCoachError, match="No space left on device; make room"):
        spool.append(None)


def test_may_be_read_from_two_threads() -> None:
    poses = some(6 * BLOCK)
    spool = Spool(poses)
    with ThreadPoolExecutor(2) as pool:
        read = [pool.submit(lambda: list(spool)) for _ in range(4)]
    assert all(same(a, b) for one in read for a, b in zip(one.result(), poses, strict=True))
