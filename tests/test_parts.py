from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from crowd import Body, Eye, a_pose, picture
from videos import steady, write_video

from formcoach import parts
from formcoach.estimator import Estimator
from formcoach.frames import Video
from formcoach.parts import GLANCE_S, LEAD_S, PART_S, Relay, Seams, read_part, read_parts
from formcoach.pose import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from formcoach.parts import Part
    from formcoach.pose import Pose

NO_MODEL = Path("none.task")


class Scripted:
    """An estimator whose poses tell how many frames it has seen, and by whom it was begun."""

    made: list[Scripted]

    def __init__(self, _model: Path, *, known: Pose | None = None, searcher: object = None) -> None:
        del searcher
        self.known = known
        self.anew = self.crowded = self.doubtful = self.closed = False
        self.turned = 0
        self.glanced: list[float] = []
        self.seen: list[float] = []
        Scripted.made.append(self)

    def __enter__(self) -> Scripted:
        return self

    def __exit__(self, *_: object) -> None:
        assert not self.closed
        self.closed = True

    def glance(self, frame: Frame) -> None:
        self.glanced.append(frame.time_s)

    def __call__(self, frame: Frame) -> Pose:
        self.seen.append(frame.time_s)
        self.turned += 1
        return a_pose(frame.time_s, len(self.seen), 0, 10, 20)


@pytest.fixture(autouse=True)
def _scripted() -> None:
    Scripted.made = []


def frame(time_s: float) -> Frame:
    return Frame(0, time_s, np.zeros((4, 4, 3), np.uint8))


THIRDS = Seams(PART_S, 3)


def relayed(times_s: list[float], seams: Seams = THIRDS, **more: Any) -> tuple[Relay, list[Pose | None]]:
    with Relay(NO_MODEL, cast("Any", Scripted), seams, **more) as relay:
        return relay, [relay(frame(time_s)) for time_s in times_s]


def test_estimators_take_over_at_fixed_times() -> None:
    times = [i / 2 for i in range(int(5 * PART_S))]
    relay, poses = relayed(times)
    assert len(Scripted.made) == 3
    assert all(one.closed for one in Scripted.made)
    first, second, third = Scripted.made
    assert (first.seen[0], first.seen[-1]) == (0.0, PART_S - 0.5)
    assert (second.glanced[0], second.seen[0]) == (PART_S - GLANCE_S, PART_S - LEAD_S)
    assert (third.seen[0], third.seen[-1]) == (2 * PART_S - LEAD_S, times[-1])
    assert second.known is not None
    assert second.known.time_s == PART_S - GLANCE_S - 0.5
    assert None not in poses
    assert relay.turned == len(times)  # what was found in a lead is not counted twice


def test_a_process_that_begins_in_the_middle_gives_the_same() -> None:
    times = [i / 4 for i in range(int(8 * PART_S))]
    _, whole = relayed(times)
    _, second = relayed([t for t in times if t >= PART_S - GLANCE_S], number=1, known=whole[0])
    tail = second[-len([t for t in times if t >= PART_S]) :]
    for a, b in zip(whole[-len(tail) :], tail, strict=True):
        assert a is not None
        assert b is not None
        assert (a.landmarks == b.landmarks).all()
    assert second[0] is None  # only glanced at


@pytest.mark.parametrize("gap_s", [1.0, PART_S, 3 * PART_S])
def test_nothing_to_see_over_a_seam(gap_s: float) -> None:
    """Wherever the pictures go on, the estimator of that part begins there, at one go or alone."""
    seams = Seams(PART_S, 6)
    start_s = PART_S - GLANCE_S - 0.25
    times = [start_s - 1, start_s, start_s + gap_s + 2.6, start_s + gap_s + 2.7]
    _, whole = relayed(times, seams)
    number = int(times[-1] // PART_S)
    _, alone = relayed([t for t in times if t >= number * PART_S - GLANCE_S], seams, number=number)
    assert whole[-1] is not None
    assert alone[-1] is not None
    assert (whole[-1].landmarks == alone[-1].landmarks).all()


@pytest.mark.parametrize(
    ("duration_s", "lengths_s"),
    [
        (None, [math.inf]),
        (29.9, [math.inf]),
        (30.0, [15.0, 15.0]),
        (31.0, [16.0, 15.0]),
        (60.0, [30.0, 30.0]),
        (124.25, [32.0, 32.0, 32.0, 28.25]),
    ],
)
def test_parts_are_shared_well_by_two(duration_s: float | None, lengths_s: list[float]) -> None:
    seams = Seams.of(duration_s)
    ends = [*(seams.begin_s(n) for n in range(1, seams.count)), duration_s or math.inf]
    lengths = [end_s - seams.begin_s(n) for n, end_s in enumerate(ends)]
    assert lengths == ([duration_s or math.inf] if len(lengths_s) == 1 else lengths_s)
    assert [seams.number_at(seams.begin_s(n)) for n in range(seams.count)] == list(range(seams.count))


@pytest.mark.parametrize("duration_s", np.arange(30.0, 400.0, 0.7).tolist())
def test_no_part_is_empty(duration_s: float) -> None:
    seams = Seams.of(duration_s)
    assert seams.begin_s(seams.count - 1) < duration_s <= seams.begin_s(seams.count)


def test_who_was_known_at_a_time() -> None:
    poses = (a_pose(0.0, 1, 1, 1, 1), None, a_pose(2.0, 2, 2, 2, 2))
    part = replace(EMPTY, times_s=(0.0, 1.0, 2.0), poses=poses)
    assert part.known_at(2.0) is poses[0]
    assert part.known_at(2.1) is poses[2]
    assert part.known_at(0.0) is None


EMPTY = parts.Part(
    times_s=(),
    poses=(),
    breaks_s=(),
    turned=0,
    crowded=False,
    doubtful=False,
    end_s=0.0,
    size=(4, 4),
    notes=(),
    stopped=False,
    sure=True,
)


# ---- out of a file ----

LASTS_S = 95.0
SEAMS = Seams.of(LASTS_S)


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(parts, "Estimator", Scripted)
    return write_video(tmp_path / "set.mp4", steady(round(8 * LASTS_S), 8), options={"g": "16"})


def test_parts_together_are_the_whole(video: Path) -> None:
    whole = read_part(video, NO_MODEL, None)
    pieces = [read_part(video, NO_MODEL, None, number=n, alone=n < 3) for n in range(4)]
    assert all(piece.sure for piece in pieces)
    assert sum((piece.times_s for piece in pieces), ()) == whole.times_s
    joined = [pose for piece in pieces for pose in piece.poses]
    for a, b in zip(whole.poses, joined, strict=True):
        assert a is not None
        assert b is not None
        assert (a.landmarks == b.landmarks).all()
    assert pieces[-1].end_s == whole.end_s
    assert sum(piece.turned for piece in pieces) == whole.turned


def test_a_jump_that_lands_too_late_is_not_relied_on(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jump = Video.skip_to

    def late(self: Video, time_s: float, *, by_index: bool) -> None:
        jump(self, time_s + 4, by_index=by_index)

    monkeypatch.setattr(Video, "skip_to", late)
    assert not read_part(video, NO_MODEL, None, number=1, alone=True).sure


class Now:
    """A pool that does everything at once, in this process."""

    asked: list[tuple[int, bool, Pose | None]]

    def __init__(self, *_: object, initializer: Callable[..., None], initargs: tuple[Any, ...], **__: object) -> None:
        Now.asked = []
        initializer(*initargs)

    def submit(self, function: Callable[..., Part], *args: Any) -> Any:
        from concurrent.futures import Future

        Now.asked.append(args[-3:])
        future: Future[Part] = Future()
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, **_: object) -> None:
        pass


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ProcessPoolExecutor", Now)
    monkeypatch.setattr(parts, "begin_worker", lambda: None)


@pytest.mark.usefixtures("at_once")
def test_progress_is_told_frame_by_frame(video: Path) -> None:
    told: list[int | None] = []
    found = read_parts(video, NO_MODEL, None, workers=2, on_frame=told.append)
    assert found is not None
    assert len(found) == SEAMS.count == 4
    assert len(told) == sum(len(part.times_s) for part in found) == told[0]


@pytest.mark.usefixtures("at_once")
def test_a_crowded_part_is_read_again_with_who_was_coached(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crowd(self: Scripted, frame: Frame) -> Pose:
        self.crowded = frame.time_s > SEAMS.begin_s(2) - 5
        return call(self, frame)

    call = Scripted.__call__
    monkeypatch.setattr(Scripted, "__call__", crowd)
    found = read_parts(video, NO_MODEL, None, workers=2)
    assert found is not None
    again = [(number, known) for number, _, known in Now.asked if known is not None]
    assert [number for number, _ in again] == [1, 2, 3]
    assert [known.time_s for _, known in again] == [
        pytest.approx(SEAMS.begin_s(number) - GLANCE_S, abs=0.13) for number in (1, 2, 3)
    ]


@pytest.mark.usefixtures("at_once")
def test_a_damaged_or_short_video_is_left_to_one_process(video: Path, tmp_path: Path) -> None:
    short = write_video(tmp_path / "short.mp4", steady(16, 8))
    assert read_parts(short, NO_MODEL, None, workers=2) is None
    whole = video.read_bytes()
    half = tmp_path / "half.mkv"
    write_video(half, steady(round(8 * LASTS_S), 8), options={"g": "16"})
    half.write_bytes(half.read_bytes()[: len(half.read_bytes()) // 2])
    assert len(whole) > 0
    assert read_parts(half, NO_MODEL, None, workers=2) is None


# ---- with pictures that are looked at ----


@pytest.mark.usefixtures("at_once")
def test_workers_change_nothing_where_several_people_are_in_view(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The coached one is smaller by the second part: alone, that part would choose the other."""

    def make(model: Path, *, known: Pose | None = None, searcher: object = None) -> Estimator:
        del searcher
        return Estimator(model, known=known, landmarker=cast("Any", Eye))

    class Shown:
        """A video out of painted pictures."""

        def __init__(self, fps: float | None) -> None:
            del fps
            self.width, self.height, self.frames_estimate = 640, 360, 8
            self.duration_s, self.end_s, self.landed_s = 1.5 * PART_S, 1.5 * PART_S, None
            self.notes: tuple[str, ...] = ()
            self.from_s = 0.0

        @classmethod
        def open(cls, _path: Path, fps: float | None = None) -> Shown:
            return cls(fps)

        def __enter__(self) -> Shown:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def skip_to(self, time_s: float, *, by_index: bool) -> None:
            assert by_index
            self.from_s = time_s

        def __next__(self) -> Frame:
            return Frame(0, 0.0, picture([]))

        def __iter__(self) -> Any:
            for i in range(int(4 * 1.5 * PART_S)):
                time_s = i / 4
                height = 260 if time_s < 20 else 170
                there = [Body(1, 200, height=height), Body(2, 420, height=0 if time_s < 22 else 200)]
                if time_s >= self.from_s:
                    yield Frame(i, time_s, picture([one for one in there if one.height]))

    monkeypatch.setattr(parts, "Estimator", make)
    monkeypatch.setattr(parts, "Video", Shown)
    whole = read_part(tmp_path, NO_MODEL, None)
    found = read_parts(tmp_path, NO_MODEL, None, workers=2)
    assert found is not None
    assert whole.crowded
    joined = [pose for part in found for pose in part.poses]
    assert len(joined) == len(whole.poses)
    for a, b in zip(whole.poses, joined, strict=True):
        assert (a is None) == (b is None)
        assert a is None or b is None or (a.landmarks == b.landmarks).all()
    assert [round(float(pose.landmarks[23, 0])) // 100 for pose in joined if pose is not None][-1] == 2
