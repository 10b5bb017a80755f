"""Clips out of video: the right frames at the right times, small, the same bytes each time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from videos import UNIT, needs_encoder, number_in, steady, write_video

from formcoach import cutting
from formcoach.cutting import HIGHEST_PX, Footage, Region, Window, cut
from formcoach.errors import FormCoachError
from formcoach.frames import LONG_WAY_S, Video

if TYPE_CHECKING:
    from pathlib import Path

    from formcoach.cutting import Clip

WHOLE = Region()


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-five seconds, ten frames a second; each picture tells its number, up to 255."""
    needs_encoder("libx264")
    path = tmp_path_factory.mktemp("video") / "long.mp4"
    write_video(path, steady(250, 10), options={"g": "20"})
    return path


def read(clip: Clip, folder: Path) -> list[tuple[float, int]]:
    """(time on the recording's clock, number) of each frame of a clip."""
    path = folder / "clip.mp4"
    path.write_bytes(clip.mp4)
    with Video.open(path) as frames:
        return [(round(clip.start_s + frame.time_s, 2), number_in(frame.image)) for frame in frames]


@pytest.mark.parametrize("sound", [True, False], ids=["by index", "through"])
def test_clips_hold_their_frames(video: Path, tmp_path: Path, sound: bool) -> None:
    windows = [Window(7, 20.0, 20.5), Window(2, 0.2, 0.4), Window(3, 20.3, 21.0)]
    clips = cut([Footage(video, sound=sound)], windows, WHOLE)
    assert sorted(clips) == [2, 3, 7]
    for window in windows:
        wanted = [n for n in range(250) if window.start_s - 1e-6 <= n / 10 <= window.end_s + 1e-6]
        assert read(clips[window.key], tmp_path) == [(n / 10, n) for n in wanted]


def test_same_bytes_by_index_and_through(video: Path) -> None:
    windows = [Window(1, 1.0, 1.5), Window(2, 22.0, 22.5)]
    one, other = (cut([Footage(video, sound=sound)], windows, WHOLE) for sound in (True, False))
    assert one == other == cut([Footage(video)], windows, WHOLE)


def test_a_single_key_frame(tmp_path: Path) -> None:
    needs_encoder("libx264")
    path = write_video(tmp_path / "video.mp4", steady(250, 10), options={"g": "1000"})
    clips = cut([Footage(path)], [Window(1, 1.0, 1.1), Window(2, 20.0, 20.1)], WHOLE)
    assert read(clips[2], tmp_path) == [(20.0, 200), (20.1, 201)]


def test_a_jump_past_the_beginning_is_read_through(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Video.skip_to

    def late(self: Video, time_s: float, *, by_index: bool) -> None:
        plain(self, time_s + by_index, by_index=by_index)

    monkeypatch.setattr(Video, "skip_to", late)
    clips = cut([Footage(video)], [Window(1, 20.0, 20.2)], WHOLE)
    assert read(clips[1], tmp_path) == [(20.0, 200), (20.1, 201), (20.2, 202)]


def test_footage_that_begins_later(video: Path, tmp_path: Path) -> None:
    clips = cut([Footage(video, start_s=100.0)], [Window(1, 99.8, 100.2), Window(2, 101.0, 101.1)], WHOLE)
    assert read(clips[1], tmp_path) == [(100.0, 0), (100.1, 1), (100.2, 2)]
    assert read(clips[2], tmp_path) == [(101.0, 10), (101.1, 11)]


def test_what_no_footage_shows_has_no_clip(video: Path, tmp_path: Path) -> None:
    windows = [Window(1, 1.0, 2.0), Window(2, 500.0, 501.0)]
    assert cut([], windows, WHOLE) == {}
    assert cut([Footage(tmp_path / "gone.mp4")], windows, WHOLE) == {}
    assert cut([Footage(video, 10.0, 20.0)], windows, WHOLE) == {}
    assert sorted(cut([Footage(video)], windows, WHOLE)) == [1]


def test_the_first_footage_that_shows_it_counts(video: Path) -> None:
    clips = cut([Footage(video, 5.0), Footage(video)], [Window(1, 6.0, 6.2)], WHOLE)
    assert clips[1].start_s == pytest.approx(6.0)
    assert clips == cut([Footage(video, 5.0)], [Window(1, 6.0, 6.2)], WHOLE)


def test_no_video_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(FormCoachError):
        cut([Footage(tmp_path / "text.mp4")], [Window(1, 0.0, 1.0)], WHOLE)


@pytest.mark.parametrize(
    ("size", "region", "cut_to"),
    [
        ((64, 48), WHOLE, (64, 48)),
        ((64, 48), Region(0.25, 0.0, 0.75, 1.0), (32, 48)),
        ((64, 48), Region(0.0, 0.0, 0.01, 0.01), (2, 2)),
        ((1280, 720), WHOLE, (800, 450)),
        ((360, 960), WHOLE, (180, HIGHEST_PX)),
    ],
)
def test_sizes(tmp_path: Path, size: tuple[int, int], region: Region, cut_to: tuple[int, int]) -> None:
    needs_encoder("libx264")
    path = tmp_path / "video.mp4"
    write_video(path, steady(4, 10), size=size)
    (clip,) = cut([Footage(path)], [Window(1, 0.0, 1.0)], region).values()
    assert (clip.width, clip.height) == cut_to
    (tmp_path / "clip.mp4").write_bytes(clip.mp4)
    with Video.open(tmp_path / "clip.mp4") as frames:
        assert (frames.width, frames.height) == cut_to


def test_sixty_frames_a_second_become_thirty(tmp_path: Path) -> None:
    needs_encoder("libx264")
    write_video(tmp_path / "fast.mp4", steady(60, 60))
    (clip,) = cut([Footage(tmp_path / "fast.mp4")], [Window(1, 0.0, 1.0)], WHOLE).values()
    assert len(read(clip, tmp_path)) == 30


def test_skipping_makes_no_pictures_of_what_lies_between(video: Path) -> None:
    for by_index in (True, False):
        with Video.open(video) as frames:
            assert next(frames).time_s == 0.0
            frames.skip_to(LONG_WAY_S + 8.0, by_index=by_index)
            assert [number_in(next(frames).image) for _ in range(2)] == [200, 201]


def test_unit_of_the_test_videos() -> None:
    assert Fraction(1, 10) / UNIT == 6000
    assert cutting.MIN_STEP_S < 1 / 30
