"""The recorder: a rep is never lost, a clip is whole or absent, the loop never waits, memory and disk are bounded."""

from __future__ import annotations

import errno
import gc
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import av
import numpy as np
import pytest
from sessions import FPS, exercise, flagged, frame, pose, rep
from test_store import fill, make_room, raw
from videos import cut, number_in

from formcoach import clips, recorder
from formcoach.background import MOST_NOTES, Background, Notes
from formcoach.clips import Limits
from formcoach.coach import Cue
from formcoach.errors import FormCoachError
from formcoach.history import RESERVE, Ending, clip_name
from formcoach.mp4 import AbandonedError, Mp4Writer, write_clip
from formcoach.pose import Frame, PoseTrack
from formcoach.recorder import SessionRecorder
from formcoach.ring import FrameRing, Picture, compressed, image_of, shrunk
from formcoach.session_track import PIECE_S, TrackPieces, load_session_track, save_piece
from formcoach.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parent.parent


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path, timeout_s=0.1) as opened:
        yield opened


def record(store: Store, **more: Any) -> SessionRecorder:
    return SessionRecorder(store, exercise(), camera="0", model="full", **more)


def wait_for(what: Callable[[], object]) -> None:
    """Wait until a thread has done its part."""
    until = time.monotonic() + 10
    while not what():
        assert time.monotonic() < until, "the thread never did its part"
        time.sleep(0.002)


def feed(recorder: SessionRecorder, first: int, last: int, *, fps: float = FPS) -> None:
    """Give frames, none so fast that it is left out."""
    for index in range(first, last):
        recorder.add(frame(index, fps=fps), pose(index, fps=fps))
        wait_for(lambda: caught_up(recorder))


def caught_up(recorder: SessionRecorder) -> bool:
    """Whether no picture waits, neither for the clips nor for the session's video."""
    clips = recorder._clips
    return not (clips._compressing._jobs or (clips._video is not None and clips._video._background._jobs))


def frames_of(path: Path) -> list[tuple[int, float]]:
    """(number drawn, time in s) of a video's frames."""
    with av.open(str(path)) as container:
        [stream] = container.streams.video
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        return [
            (number_in(np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)), float(picture.time))
            for picture in container.decode(stream)
        ]


def files(folder: Path) -> set[str]:
    """What a session left, but for its track and its lock."""
    return {path.name for path in folder.iterdir() if path.suffix not in (".npz", ".lock")}


# --- a session ---


def test_a_session_is_recorded(store: Store) -> None:
    with record(store) as live:
        live.start_set(1, 0.5)
        feed(live, 0, 61)
        assert live.add_rep(flagged(1, 1.25, 1.95)) == 1
        live.add_cue(Cue(time_s=2.0, fault="rounded-back", text="Long back"), 1)
        feed(live, 61, 121)
        assert live.add_rep(rep(2, 2.5, 3.9)) == 2
        live.finish_set(1, 4.0)
        feed(live, 121, 130)
    [session] = store.sessions()
    assert (session.ending, session.reps, session.flagged, session.notes) == (Ending.FINISHED, 2, 1, ())
    [one, two] = store.reps_of(session.id)
    assert one.clip == session.folder / clip_name(1)
    assert two.clip is None
    assert files(session.folder) == {clip_name(1)}
    assert [said.rep_number for said in store.cues_of(session.id)] == [1]
    assert [(one.start_s, one.end_s) for one in store.sets_of(session.id)] == [(0.5, 4.0)]
    assert len(load_session_track(session.folder)) == 130


def test_a_clip_shows_the_rep_and_a_second_before_and_after(store: Store) -> None:
    with record(store) as live:
        feed(live, 0, 76)
        live.add_rep(flagged(1, 1.5, 2.5))
        feed(live, 76, 130)
    [one] = store.reps_of(1)
    assert one.clip is not None
    assert one.clip_start_s == pytest.approx(0.5)
    shown = frames_of(one.clip)
    assert [number for number, _ in shown] == list(range(15, 106))
    assert [time_s for _, time_s in shown] == pytest.approx([i / FPS for i in range(91)], abs=1e-4)
    head = one.clip.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")  # plays before it is loaded


def test_uneven_times_are_true(store: Store) -> None:
    times = np.cumsum(np.random.default_rng(3).uniform(0.025, 0.12, 60)).tolist()
    with record(store) as live:
        for index, time_s in enumerate(times):
            live.add(replace(frame(index), time_s=time_s), None)
            wait_for(lambda: not live._clips._compressing._jobs)
        live.add_rep(flagged(1, 1.5, 2.0))
    [one] = store.reps_of(1)
    assert one.clip is not None
    shown = [(index, time_s) for index, time_s in enumerate(times) if 0.5 <= time_s <= 3.0]
    assert one.clip_start_s == shown[0][1]
    pictures = frames_of(one.clip)
    assert [number for number, _ in pictures] == [index for index, _ in shown]
    assert [time_s for _, time_s in pictures] == pytest.approx([t - shown[0][1] for _, t in shown], abs=1e-4)


def test_a_clip_waits_for_the_second_after_its_rep(store: Store) -> None:
    with record(store) as live:
        feed(live, 0, 60)
        live.add_rep(flagged(1, 1.0, 1.9))
        feed(live, 60, 86)  # to 2.83 s
        assert math.isnan(store.reps_of(1)[0].clip_start_s)
        feed(live, 86, 95)  # past 2.9 s
        wait_for(lambda: not live._clips._ended.empty() or store.reps_of(1)[0].clip)
        feed(live, 95, 96)
        assert store.reps_of(1)[0].clip == live.folder / clip_name(1)


def test_a_camera_that_goes_silent_leaves_what_there_is(store: Store) -> None:
    with record(store, limits=Limits(ring_s=3)) as live:
        feed(live, 0, 60)
        live.add_rep(flagged(1, 1.0, 1.9))
        feed(live, 9000, 9002)  # minutes later, when a ring of seconds holds nothing of the rep any more
    [one] = store.reps_of(1)
    assert one.clip is not None
    assert [number for number, _ in frames_of(one.clip)] == list(range(60))


def test_a_rep_without_pictures_has_no_clip(store: Store) -> None:
    with record(store) as live:
        live.add_rep(flagged(1, 1.0, 1.9))
    assert store.reps_of(1)[0].clip is None
    assert "no pictures of it" in store.session(1).notes[0]


def test_nothing_of_the_video_is_kept_unless_flagged(store: Store) -> None:
    with record(store) as live:
        feed(live, 0, 90)
        live.add_rep(rep(1, 1.0, 1.9))
        feed(live, 90, 120)
    assert files(live.folder) == set()


def test_large_pictures_are_made_smaller_and_fast_ones_fewer(store: Store) -> None:
    with record(store) as live:
        for index in range(60):
            live.add(frame(index, 1921, 1081, fps=60), None)
            wait_for(lambda: not live._clips._compressing._jobs)
        live.add_rep(flagged(1, 0.2, 0.5))
    [one] = store.reps_of(1)
    assert one.clip is not None
    with av.open(str(one.clip)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (1280, 720)
    assert [number for number, _ in frames_of(one.clip)] == list(range(0, 60, 2))
    assert len(load_session_track(live.folder)) == 60


def test_a_camera_that_changes_its_size_in_a_rep(store: Store) -> None:
    with record(store, keep_video=True) as live:
        feed(live, 0, 40)
        for index in range(40, 80):
            live.add(frame(index, 96, 72), pose(index))
            wait_for(lambda: caught_up(live))
        live.add_rep(flagged(1, 1.0, 1.6))
    [one] = store.reps_of(1)
    assert one.clip is not None
    assert [number for number, _ in frames_of(one.clip)] == list(range(79))
    videos = sorted(live.folder.glob("video-*.mp4"))
    assert [path.name for path in videos] == ["video-000000000.mp4", "video-000001333.mp4"]
    assert [number for path in videos for number, _ in frames_of(path)] == list(range(80))


def test_numbers_that_begin_again_go_on(store: Store) -> None:
    with record(store) as live:
        assert [live.add_rep(one) for one in (rep(1), rep(2), rep(1), rep(2), rep(7))] == [1, 2, 3, 4, 7]
    assert [one.rep.number for one in store.reps_of(1)] == [1, 2, 3, 4, 7]


def test_an_error_in_the_loop_interrupts_the_session(store: Store) -> None:
    live = record(store)

    def loop() -> NoReturn:
        with live:
            feed(live, 0, 60)
            live.add_rep(flagged(1, 1.0, 1.9))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop()
    assert store.session(1).ending is Ending.INTERRUPTED
    assert store.reps_of(1)[0].clip is not None
    live.close()  # again: nothing
    assert store.session(1).ending is Ending.INTERRUPTED


def test_notes_reach_the_history(store: Store) -> None:
    with record(store) as live:
        live.note("The camera was unplugged.")
        assert store.session(1).notes == live.notes == ("The camera was unplugged.",)


def test_no_thread_is_left(store: Store) -> None:
    before = set(threading.enumerate())
    with record(store, keep_video=True) as live:
        feed(live, 0, 3)
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("formcoach")]


# --- the loop does not wait ---


def test_an_encoder_that_hangs_costs_clips_only(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def hang(path: Path, pictures: Any, abandoned: Callable[[], bool]) -> int:
        go_on.wait(20)
        return write_clip(path, pictures, abandoned)

    monkeypatch.setattr(clips, "write_clip", hang)
    slowest = 0.0
    with record(store, limits=Limits(waiting_clips=2)) as live:
        for number in range(1, 7):
            feed(live, number * 60, number * 60 + 60)
            before = time.perf_counter()
            live.add_rep(flagged(number, 2 * number + 0.5, 2 * number + 1.2))
            slowest = max(slowest, time.perf_counter() - before)
        feed(live, 420, 460)
        before = time.perf_counter()
        live.add(frame(460), pose(460))
        slowest = max(slowest, time.perf_counter() - before)
        go_on.set()
    assert slowest < 0.2
    kept = [one.clip is not None for one in store.reps_of(1)]
    assert kept == [True, True, True, False, False, False]  # one in the making and two that wait
    assert len([note for note in store.session(1).notes if "too slow to write it" in note]) == 3


def test_clips_that_wait_hold_a_bounded_part_of_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(clips, "write_clip", lambda *_: go_on.wait(20) and 1)
    with record(store, limits=Limits(waiting_mb=0.15)) as live:  # a clip's pictures are some 60 kB
        for number in range(1, 5):
            feed(live, number * 60, number * 60 + 60)
            live.add_rep(flagged(number, 2 * number + 0.5, 2 * number + 1.2))
        feed(live, 300, 360)
        assert 0 < live._clips._waiting_bytes <= 150_000
        go_on.set()
    assert "too slow" in " ".join(live.notes)
    assert live._clips._waiting_bytes == 0


def test_too_many_frames_at_once_are_left_out_and_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def slow(time_s: float, image: Any) -> Picture:
        go_on.wait(20)
        return compressed(time_s, image)

    monkeypatch.setattr(clips, "compressed", slow)
    with record(store) as live:
        for index in range(100):
            live.add(frame(index), pose(index))
        go_on.set()
    assert "too slow to keep all pictures: 9" in live.notes[0]
    assert len(load_session_track(live.folder)) == 100


def test_the_end_does_not_wait_for_ever(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(path: Path, pictures: Any, abandoned: Callable[[], bool]) -> int:
        while not abandoned():
            time.sleep(0.01)
        raise AbandonedError

    monkeypatch.setattr(clips, "write_clip", endless)
    before = time.monotonic()
    with record(store, limits=Limits(close_s=0.2)) as live:
        feed(live, 0, 60)
        live.add_rep(flagged(1, 1.0, 1.9))
        live.add_rep(flagged(2, 1.0, 1.9))
    assert time.monotonic() - before < 3
    assert [one.clip for one in store.reps_of(1)] == [None, None]
    assert store.session(1).notes == ("The session ended before the last clips were written.",)


# --- memory ---


def noise(index: int) -> Frame:
    image = np.random.default_rng(index).integers(0, 255, (240, 320, 3), np.uint8)
    return Frame(index, index / FPS, image)


def test_memory_is_bounded(store: Store) -> None:
    limits = Limits(ring_mb=3.0)
    with record(store, limits=limits) as live:

        def held() -> int:
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        tracemalloc.start()
        try:
            sizes = []
            for index in range(180):
                live.add(noise(index), pose(index))
                wait_for(lambda: not live._clips._compressing._jobs)
                if index % 45 == 44:
                    sizes.append(held())
        finally:
            tracemalloc.stop()
        assert live._clips._ring.bytes <= 3_000_000
        assert live._clips._ring.bytes > 2_800_000
    assert max(sizes) < 5_000_000, sizes
    assert sizes[-1] < sizes[1] + 300_000, sizes


def test_the_ring_keeps_seconds_and_bytes() -> None:
    ring = FrameRing(2.0, 1000)
    assert ring.newest_s == -math.inf
    for index in range(100):
        ring.add(Picture(index / 10, bytes(10)))
    assert [picture.time_s for picture in ring.between(-math.inf, math.inf)] == [i / 10 for i in range(79, 100)]
    assert (ring.newest_s, ring.bytes) == (9.9, 210)
    assert [picture.time_s for picture in ring.between(8.0, 8.2)] == [8.0, 8.1, 8.2]
    ring.add(Picture(10.0, bytes(990)))
    assert [picture.time_s for picture in ring.between(-math.inf, math.inf)] == [9.9, 10.0]
    ring.add(Picture(10.1, bytes(1001)))
    assert (ring.bytes, ring.newest_s) == (0, -math.inf)


def test_the_ring_keeps_what_a_clip_waits_for_as_long_as_bytes_allow() -> None:
    ring = FrameRing(2.0, 1000)
    ring.add(Picture(1.0, bytes(10)))
    ring.keep_from(1.0)
    ring.add(Picture(50.0, bytes(10)))
    assert len(ring.between(0, 60)) == 2
    ring.add(Picture(51.0, bytes(985)))
    assert [picture.time_s for picture in ring.between(0, 60)] == [50.0, 51.0]
    ring.keep_from(math.inf)
    ring.add(Picture(54.0, bytes(1)))
    assert [picture.time_s for picture in ring.between(0, 60)] == [54.0]


@pytest.mark.parametrize(
    ("size", "smaller"),
    [((64, 48), (64, 48)), ((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280)), ((65, 49), (64, 48))],
)
def test_pictures_are_even_and_not_too_large(size: tuple[int, int], smaller: tuple[int, int]) -> None:
    image = frame(5, *size).image
    height, width = shrunk(image, 1280).shape[:2]
    assert (width, height) == smaller
    assert (shrunk(image, 1280) is image) == (size == smaller)


def test_a_picture_keeps_its_colours() -> None:
    image = np.full((32, 32, 3), (200, 30, 90), np.uint8)
    assert np.abs(image_of(compressed(1.5, image)).astype(int) - image).max() < 12


# --- the disk ---


def free(megabytes: float) -> Callable[[Any], Any]:
    return lambda _: shutil._ntuple_diskusage(10**12, 10**12, int(megabytes * 1e6))


def test_no_clips_on_a_disk_that_is_nearly_full(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", free(199))
    with record(store, keep_video=True) as live:
        feed(live, 0, 60)
        assert live.add_rep(flagged(1, 1.0, 1.9)) == 1
        feed(live, 60, 120)
    assert store.reps_of(1)[0].clip is None
    assert files(live.folder) == set()
    assert sorted(store.session(1).notes) == [
        "The disk is nearly full: no clips are kept from rep 1 on.",
        "The disk is nearly full: the video of the session ends here.",
    ]


def test_a_disk_that_stays_nearly_full_is_told_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", free(199))
    with record(store) as live:
        for number in range(1, 4):
            feed(live, number * 60, number * 60 + 60)
            live.add_rep(flagged(number, 2.0 * number, 2.0 * number + 0.5))
    assert store.session(1).notes == ("The disk is nearly full: no clips are kept from rep 1 on.",)


def full(*_: Any) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_clip_that_does_not_fit_is_absent(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Mp4Writer.write

    def fill_up(self: Mp4Writer, image: Any, time_s: float) -> None:
        write(self, image, time_s)
        if time_s > 1:
            full()

    monkeypatch.setattr(Mp4Writer, "write", fill_up)
    with record(store) as live:
        feed(live, 0, 60)
        assert live.add_rep(flagged(1, 1.0, 1.9)) == 1
        feed(live, 60, 120)
        assert live.add_rep(flagged(2, 2.0, 2.9)) == 2
    assert [one.clip for one in store.reps_of(1)] == [None, None]
    assert files(live.folder) == set()
    assert any("No space left" in note for note in store.session(1).notes)


def test_a_pose_track_that_does_not_fit_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formcoach.session_track.save_track", full)
    with record(store) as live:
        feed(live, 0, 60)
        live.add_rep(rep(1))
    assert store.session(1).reps == 1
    assert store.session(1).notes == ("Part of the pose track was lost: No space left on device.",)


def test_clips_stay_below_their_cap_and_the_oldest_mild_ones_go_first(store: Store) -> None:
    with record(store, limits=Limits(clips_mb=0.03)) as live:  # each is some 8 kB
        for number in range(1, 7):
            feed(live, number * 60, number * 60 + 61)
            severity = "severe" if number in (1, 4) else "mild"
            live.add_rep(flagged(number, 2 * number + 0.5, 2 * number + 1.2, severity=severity))
        feed(live, 421, 500)
    kept = [one.rep.number for one in store.reps_of(1) if one.clip]
    assert {1, 4, 6} <= set(kept)
    assert kept != [1, 2, 3, 4, 5, 6]
    assert 2 not in kept
    assert files(live.folder) == {clip_name(number) for number in kept}
    assert sum((live.folder / clip_name(number)).stat().st_size for number in kept) <= 30_000
    assert store.session(1).notes == ("The clips reached 0 MB: the oldest of mild faults were deleted.",)


def test_reps_are_stored_from_a_reserve_when_the_disk_fills_up(store: Store) -> None:
    with record(store) as live:
        wait_for(lambda: (live.folder / RESERVE).exists())
        fill(store)
        unlink = Path.unlink

        def frees(path: Path, *, missing_ok: bool = False) -> None:
            unlink(path, missing_ok=missing_ok)
            make_room(store)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "unlink", frees)
            numbers = [live.add_rep(flagged(number)) for number in range(1, 60)]
        assert numbers == list(range(1, 60))
        assert not (live.folder / RESERVE).exists()
        feed(live, 0, 100)
    assert store.session(1).reps == 59
    assert files(live.folder) == set()
    assert not list(live.folder.glob("*.npz"))
    assert "No clips and no pose track from here on" in store.session(1).notes[0]


def test_no_room_for_the_reserve_leaves_to_the_reps_what_there_is(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(path: Path, _: bytes) -> NoReturn:
        raise FormCoachError(f"cannot write {path}: No space left on device")

    monkeypatch.setattr(recorder, "write_whole", no_room)
    with record(store) as live:
        wait_for(lambda: live._cramped)
        feed(live, 0, 60)
        live.add_rep(flagged(1, 1.0, 1.9))
        feed(live, 60, 120)
    assert store.session(1).reps == 1
    assert files(live.folder) == set()
    assert not list(live.folder.glob("*.npz"))
    [note] = store.session(1).notes
    assert note.startswith("No clips and no pose track from here on:")


def test_a_full_disk_has_the_log_written_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the reserve is gone already, the log's own space is the last there is."""
    with record(store) as live:
        wait_for(lambda: (live.folder / RESERVE).exists())
        (live.folder / RESERVE).unlink()
        fill(store)
        write_back = Store.write_back

        def with_room(self: Store) -> bool:
            make_room(self)
            return write_back(self)

        monkeypatch.setattr(Store, "write_back", with_room)
        assert [live.add_rep(flagged(number)) for number in range(1, 60)] == list(range(1, 60))
    assert store.session(1).reps == 59


def test_a_store_in_use_by_another_keeps_the_reserve_and_the_clips(store: Store, tmp_path: Path) -> None:
    with record(store) as live:
        wait_for(lambda: (live.folder / RESERVE).exists())
        feed(live, 0, 60)
        with raw(tmp_path) as other:
            other.execute("BEGIN IMMEDIATE")
            assert live.add_rep(flagged(1, 1.0, 1.9)) is None
            other.execute("ROLLBACK")
        assert (live.folder / RESERVE).exists()
        feed(live, 60, 120)
        assert live.add_rep(rep(2, 3.0, 3.9)) == 2
    assert [one.clip is not None for one in store.reps_of(1)] == [True, False]
    [note] = store.session(1).notes
    assert note.startswith("The history was stored late:")


def test_reps_that_could_not_be_stored_are_stored_later_and_in_order(store: Store) -> None:
    with record(store) as live:
        wait_for(lambda: (live.folder / RESERVE).exists())
        fill(store)
        numbers = [live.add_rep(flagged(number)) for number in range(1, 100)]
        missing = numbers.count(None)
        assert 50 < missing < 99
        assert numbers[-missing:] == [None] * missing
        feed(live, 0, 2)  # nothing is raised
        make_room(store)
        assert live.add_rep(flagged(100)) == 100
        assert store.session(1).reps == 100
    assert [one.rep.number for one in store.reps_of(1)] == list(range(1, 101))
    assert any("stored late" in note and "the disk is full" in note for note in store.session(1).notes)


def test_a_store_that_stays_shut_is_told_at_the_end(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "LAST_PAUSE_S", 0.0)
    live = record(store)
    with raw(tmp_path) as other:
        other.execute("BEGIN IMMEDIATE")
        before = time.monotonic()
        assert live.add_rep(rep(1)) is None
        feed(live, 0, 30)
        assert time.monotonic() - before < 2
        with pytest.raises(FormCoachError, match=r"1 of 1 reps of session 1 could not be stored.*in use by"):
            live.close()
        other.execute("ROLLBACK")
    assert store.session(1).ending is None  # the next start closes it


# --- the track ---


def gather(folder: Path, indices: range, width: int = 64, *, seen: bool = True) -> None:
    pieces = TrackPieces(folder, "camera 0", "full")
    pieces._number = len(list(folder.glob("poses-*")))
    for index in indices:
        piece = pieces.add(index / FPS, pose(index) if seen else None, width, width * 3 // 4)
        if piece is not None:
            save_piece(piece)
    last = pieces.take()
    assert last is not None
    save_piece(last)


def numbers(track: PoseTrack) -> list[float]:
    return [math.nan if one is None else float(one.landmarks[0, 0]) for one in track.poses]


def test_pieces_are_joined(tmp_path: Path) -> None:
    gather(tmp_path, range(100))
    assert len(list(tmp_path.iterdir())) == 3
    track = load_session_track(tmp_path)
    assert numbers(track) == list(range(100))
    assert track.time_s.tolist() == [i / FPS for i in range(100)]
    assert (track.source.name, track.source.width, track.source.model) == ("camera 0", 64, "full")
    assert track.source.duration_s == pytest.approx(99 / FPS)
    assert track.source.notes == ()


def test_pieces_are_in_order_beyond_four_digits(tmp_path: Path) -> None:
    gather(tmp_path, range(60))
    for old, new in ((1, 10000), (0, 9999)):
        (tmp_path / f"poses-{old:04d}.npz").rename(tmp_path / f"poses-{new:04d}.npz")
    assert numbers(load_session_track(tmp_path)) == list(range(60))


@pytest.mark.parametrize(("torn", "left"), [(0, range(45, 100)), (2, range(90))])
def test_a_torn_piece_is_left_out_and_told(tmp_path: Path, torn: int, left: range) -> None:
    gather(tmp_path, range(100))
    cut(tmp_path / f"poses-{torn:04d}.npz", 0.7)
    track = load_session_track(tmp_path)
    assert numbers(track) == list(left)
    assert track.source.notes == ("1 piece of the pose track could not be read: 1.5 s each.",)


def test_a_folder_without_pieces_is_told(tmp_path: Path) -> None:
    with pytest.raises(FormCoachError, match="no pose track"):
        load_session_track(tmp_path)


def test_times_that_do_not_rise_are_left_out(tmp_path: Path) -> None:
    gather(tmp_path, range(50))
    gather(tmp_path, range(40, 60))
    assert numbers(load_session_track(tmp_path)) == list(range(60))
    pieces = TrackPieces(tmp_path, "0", "full")
    for time_s in (1.0, 1.0, 0.5, 2.0):
        pieces.add(time_s, None, 64, 48)
    piece = pieces.take()
    assert piece is not None
    assert piece[1].time_s.tolist() == [1.0, 2.0]


def test_another_size_of_picture_is_scaled_to_the_first(tmp_path: Path) -> None:
    gather(tmp_path, range(10))
    gather(tmp_path, range(10, 20), 128)
    gather(tmp_path, range(20, 30), 128, seen=False)
    track = load_session_track(tmp_path)
    assert numbers(track)[:20] == [*range(10), *(i / 2 for i in range(10, 20))]
    assert track.poses[20:] == (None,) * 10
    world = track.poses[15]
    assert world is not None
    assert world.world[0, 0] == 15


def test_a_piece_is_short(tmp_path: Path) -> None:
    gather(tmp_path, range(200))
    lengths = [np.ptp(load_session_track(tmp_path).time_s[i : i + 45]) for i in range(0, 180, 45)]
    assert max(lengths) < PIECE_S


# --- threads and notes ---


def test_jobs_are_done_in_order_and_errors_told() -> None:
    done: list[int] = []
    errors: list[Exception] = []
    background = Background("test", 10, errors.append)

    def fail() -> None:
        raise ValueError("no")

    assert background.offer(lambda: done.append(1))
    assert background.offer(fail)
    assert background.offer(lambda: done.append(2))
    assert background.close(5)
    assert done == [1, 2]
    assert [str(error) for error in errors] == ["no"]
    assert not background.offer(lambda: done.append(3))


def test_no_more_wait_than_allowed() -> None:
    go_on, busy = threading.Event(), threading.Event()
    errors: list[Exception] = []
    background = Background("test", 2, errors.append)

    def hang() -> None:
        busy.set()
        go_on.wait(10)

    background.offer(hang)
    busy.wait(10)
    assert [background.offer(lambda: None) for _ in range(4)] == [True, True, False, False]
    go_on.set()
    assert background.close(5)
    assert errors == []


def test_notes_come_once_and_not_without_end() -> None:
    notes = Notes()
    notes.add("a")
    notes.add("a")
    assert (notes.fresh(), notes.fresh()) == (("a",), ())
    notes.add("b")
    assert notes.fresh() == ("b",)
    for number in range(200):
        notes.add(str(number))
    assert len(notes.texts) == MOST_NOTES


# --- kill -9 ---


class Nursery:
    """Starts sessions that are to be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "sessions.py")],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, home: Path, seconds: float) -> list[int]:
        """Record a session into `home`, kill it after so long, and return the reps that it said it had stored."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{home}\n")
        self._process.stdin.flush()
        child = int(self._process.stdout.readline().removeprefix("child "))
        killer = threading.Timer(seconds, os.kill, (child, signal.SIGKILL))
        killer.start()
        stored = []
        while (line := self._process.stdout.readline()) not in ("dead\n", ""):
            stored.append(int(line.removeprefix("rep ")))
        killer.join()
        assert line == "dead\n"
        return stored

    def close(self) -> None:
        with self._process:
            self._process.communicate()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the sessions are forked")
def test_kill_9_loses_no_rep(tmp_path: Path) -> None:
    dice = random.Random(9)  # noqa: S311
    nursery = Nursery()
    lengths, whole, lost = [], 0, []
    try:
        for kill in range(1, 21):
            said = nursery.run(tmp_path, dice.uniform(0.1, 0.8))
            with Store(tmp_path) as store:
                before = {session.id for session in store.sessions() if session.ending is None}
                closed = store.close_torn()
                assert [session.id for session in closed] == sorted(before)
                assert store.close_torn() == []
                if not closed:
                    assert not said  # killed before it began
                    continue
                [session] = closed
                assert session.ending is Ending.TORN
                stored = store.reps_of(session.id)
                there = [one.rep.number for one in stored]
                assert there == list(range(1, len(there) + 1))
                assert there[: len(said)] == said, kill
                assert len(there) - len(said) <= 1  # stored, and killed before it could say so
                whole += check_files(session.folder, [one.clip for one in stored])
                lengths.append(len(there))
                if stored and any(session.folder.glob("poses-*")):
                    lost.append(stored[-1].rep.span.end_s - load_session_track(session.folder).time_s[-1])
    finally:
        nursery.close()
    assert len(lengths) >= 10  # a busy machine gets less far before it is killed
    assert whole >= 5
    assert len(set(lengths)) > 3
    assert max(lost) < 2 * PIECE_S + 0.5


def check_files(folder: Path, named: Sequence[Path | None]) -> int:
    """Assert that each clip that is named plays, and that there are no others, nor parts of any; returns how many."""
    assert {path for path in named if path} == set(folder.glob("rep-*"))
    assert not [*folder.glob(".*.part"), *folder.glob(RESERVE)]
    paths = [path for path in named if path]
    for path in paths:
        assert len(frames_of(path)) > 30
    for path in folder.glob("video-*.mp4"):
        if path.stat().st_size > 10_000:  # its first fragment is there
            assert len(frames_of(path)) >= 10
    return len(paths)
