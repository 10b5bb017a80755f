from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from videos import (
    cut,
    is_upright,
    needs_encoder,
    number_in,
    patch_box,
    picture,
    set_matrix,
    steady,
    write_silence,
    write_video,
)

from formcoach.errors import FormCoachError
from formcoach.frames import Video, _Clock, _Turn, _turn, read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from formcoach.pose import Frame

FASTSTART = {"movflags": "+faststart"}


def read(path: Path, fps: float | None = None) -> tuple[Video, list[Frame]]:
    """All frames, with the conditions that hold for every video checked."""
    with Video.open(path, fps) as video:
        frames = list(video)
    times = [frame.time_s for frame in frames]
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert all(earlier < later for earlier, later in pairwise(times))
    for frame in frames:
        assert frame.image.shape == (video.height, video.width, 3)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
    return video, frames


def numbers(frames: list[Frame]) -> list[int]:
    return [number_in(frame.image) for frame in frames]


# --- times ---


@pytest.mark.parametrize("fps", [24, 25, 30, Fraction(30000, 1001), 50, 60])
def test_constant_rate(tmp_path: Path, fps: float | Fraction) -> None:
    video, frames = read(write_video(tmp_path / "set.mp4", steady(12, fps)))
    assert (video.name, video.width, video.height, video.notes) == ("set.mp4", 64, 48, ())
    assert numbers(frames) == list(range(12))
    assert frames[0].time_s == 0.0
    np.testing.assert_allclose([frame.time_s for frame in frames], steady(12, fps), atol=1e-9)
    assert video.end_s == pytest.approx(12 / float(fps))
    assert video.duration_s == pytest.approx(12 / float(fps), abs=0.001)
    assert video.frames_estimate == 12


@pytest.mark.parametrize("name", ["set.mp4", "set.mkv", "set.mov"])
def test_variable_rate(tmp_path: Path, name: str) -> None:
    times = [0, 0.02, 0.1, 0.133, 0.6, 0.617, 1.9]
    video, frames = read(write_video(tmp_path / name, times))
    np.testing.assert_allclose([frame.time_s for frame in frames], times, atol=0.001)
    assert numbers(frames) == list(range(7))
    assert video.end_s > 1.9


@pytest.mark.parametrize("name", ["set.mp4", "set.mkv", "set.ts"])
def test_first_timestamp_is_not_zero(tmp_path: Path, name: str) -> None:
    video, frames = read(write_video(tmp_path / name, steady(30, start_s=7.5)))
    np.testing.assert_allclose([frame.time_s for frame in frames], steady(30), atol=0.001)
    assert video.end_s == pytest.approx(1.0, abs=0.002)
    assert video.duration_s == pytest.approx(1.0, abs=0.002)
    assert video.notes == ()


def test_pictures_coded_out_of_order(tmp_path: Path) -> None:
    options = {"preset": "veryfast", "bf": "3", "b-adapt": "0"}
    _, frames = read(write_video(tmp_path / "set.mp4", steady(20), options=options))
    assert numbers(frames) == list(range(20))
    np.testing.assert_allclose([frame.time_s for frame in frames], steady(20), atol=1e-9)


def test_no_timestamps_at_all(tmp_path: Path) -> None:
    video, frames = read(write_video(tmp_path / "set.h264", steady(10)))
    assert numbers(frames) == list(range(10))
    steps = np.diff([frame.time_s for frame in frames])
    assert steps.min() == pytest.approx(steps.max())
    assert 0.01 < steps.min() < 0.1
    assert video.notes == ("frames without a time, placed by the frame rate: 10",)
    assert (video.duration_s, video.frames_estimate) == (None, None)


def test_repeated_times_are_left_out(tmp_path: Path) -> None:
    times = [0, 0.0331, 0.0332, 0.1, 0.1333]  # Matroska counts in ms
    video, frames = read(write_video(tmp_path / "set.mkv", times))
    assert numbers(frames) == [0, 1, 3, 4]
    assert video.notes == ("frames left out because their times repeat, go back or leap: 1",)


def test_recordings_joined_end_to_end(tmp_path: Path) -> None:
    part = write_video(tmp_path / "part.ts", steady(60)).read_bytes()
    joined = tmp_path / "joined.ts"
    joined.write_bytes(part + part)
    video, frames = read(joined)
    assert numbers(frames)[:60] == list(range(60))
    assert numbers(frames)[-25:] == list(range(35, 60))
    assert any("their times repeat, go back or leap" in note for note in video.notes)


def stamps(*pts: int | None) -> list[float | None]:
    """Times that a clock gives to pictures of 1/10 s with these timestamps in 1/100 s."""
    clock = _Clock(cast("Any", SimpleNamespace(time_base=Fraction(1, 100), average_rate=Fraction(5))))
    return [clock.stamp(cast("Any", SimpleNamespace(pts=value, duration=10))) for value in pts]


@pytest.mark.parametrize(
    ("pts", "times"),
    [
        pytest.param((50, 60, 75), [0.0, 0.1, 0.25], id="from the first"),
        pytest.param((0, 10, 5, 10, 20), [0.0, 0.1, None, None, 0.2], id="back and repeated"),
        pytest.param((0, None, 20), [0.0, 0.1, 0.2], id="missing"),
        pytest.param((None, 70, 80), [0.0, 0.1, 0.2], id="first missing"),
        pytest.param((-30, -20), [0.0, 0.1], id="negative"),
        pytest.param((0, 10**9, 20, 30), [0.0, None, 0.2, 0.3], id="leap"),
        pytest.param((100, 110, *range(-400, -80, 10)), [0.0, 0.1, *[None] * 29, 0.2, 0.3, 0.4], id="set anew"),
    ],
)
def test_clock(pts: tuple[int | None, ...], times: list[float | None]) -> None:
    assert stamps(*pts) == pytest.approx(times)


def test_container_that_lies_about_its_duration(tmp_path: Path) -> None:
    path = write_video(tmp_path / "set.mp4", steady(30))
    patch_box(path, b"mdhd", 16, (6000).to_bytes(4, "big"))
    video, frames = read(path)
    assert video.duration_s is not None
    assert video.duration_s < 0.5
    assert len(frames) == 30
    assert video.end_s == pytest.approx(1.0)


def test_long_gap_is_noted(tmp_path: Path) -> None:
    video, frames = read(write_video(tmp_path / "set.mkv", [*steady(30), *steady(30, start_s=4.0)]))
    assert len(frames) == 60
    assert video.notes == ("there are no pictures from 1.0 s to 4.0 s",)


# --- lower analysis rate ---


@pytest.mark.parametrize("name", ["set.mp4", "set.mkv"])
@pytest.mark.parametrize(
    ("source", "fps", "expected"),
    [
        (30, 15, range(0, 48, 2)),
        (30, 10, range(0, 48, 3)),
        (30, 30, range(48)),
        (30, 60, range(48)),
        (60, 30, range(0, 48, 2)),
        (24, 24, range(48)),
        (Fraction(30000, 1001), 15, range(0, 48, 2)),
        (Fraction(30000, 1001), 30, range(48)),
        (30, 1, [0, 30]),
    ],
)
def test_lower_rate(
    tmp_path: Path, name: str, source: float | Fraction, fps: float, expected: range | list[int]
) -> None:
    video, frames = read(write_video(tmp_path / name, steady(48, source)), fps)
    assert numbers(frames) == list(expected)
    assert video.end_s == pytest.approx(48 / float(source), abs=0.002)
    assert video.frames_estimate == pytest.approx(len(frames), abs=1)


def test_lower_rate_of_jittering_times(tmp_path: Path) -> None:
    jitter = np.random.default_rng(0).uniform(-0.004, 0.004, 90)
    times = (np.array(steady(90)) + jitter).tolist()
    _, frames = read(write_video(tmp_path / "set.mp4", [0.0, *times[1:]]), 15)
    assert numbers(frames) == list(range(0, 90, 2))


def test_lower_rate_after_a_gap_takes_no_frame_twice(tmp_path: Path) -> None:
    times = [0, 0.033, 0.067, 2.0, 2.033, 2.067, 2.1]
    _, frames = read(write_video(tmp_path / "set.mp4", times), 15)
    assert numbers(frames) == [0, 2, 3, 5]


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_rate_must_be_above_zero(tmp_path: Path, fps: float) -> None:
    with pytest.raises(FormCoachError, match="rate above 0"):
        Video.open(tmp_path / "set.mp4", fps)


# --- pictures ---


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("libx265", "set.mp4"),
        ("libvpx-vp9", "set.webm"),
        ("libsvtav1", "set.mp4"),
        ("mpeg4", "set.avi"),
        ("mpeg4", "set.mp4"),
    ],
)
def test_codecs(tmp_path: Path, codec: str, name: str) -> None:
    needs_encoder(codec)
    video, frames = read(write_video(tmp_path / name, steady(8), codec=codec, size=(64, 64)))
    assert numbers(frames) == list(range(8))
    assert all(is_upright(frame.image) for frame in frames)
    assert video.notes == ()


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p10le", "yuv444p16le", "gray", "gray10le", "bgr0"])
@pytest.mark.parametrize("size", [(63, 47), (64, 48)])
def test_pixel_formats_and_odd_sizes(tmp_path: Path, pix_fmt: str, size: tuple[int, int]) -> None:
    video, frames = read(write_video(tmp_path / "set.mkv", steady(3), codec="ffv1", pix_fmt=pix_fmt, size=size))
    assert (video.width, video.height) == size
    assert numbers(frames) == [0, 1, 2]
    assert all(is_upright(frame.image) for frame in frames) or pix_fmt.startswith("gray")


def test_unusual_colour_matrix(tmp_path: Path) -> None:
    video, frames = read(write_video(tmp_path / "set.mp4", steady(3), pix_fmt="yuv444p", colour_matrix=8))
    assert numbers(frames) == [0, 1, 2]
    assert video.notes == ()


def test_portrait(tmp_path: Path) -> None:
    video, frames = read(write_video(tmp_path / "set.mp4", steady(3), size=(48, 96)))
    assert (video.width, video.height) == (48, 96)
    assert numbers(frames) == [0, 1, 2]


def shown(image: NDArray[np.uint8], matrix: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """What a player shows of a coded picture, pixel by pixel as the MP4 standard says."""
    a, b, c, d = matrix
    y, x = np.indices(image.shape[:2])
    right, down = a * x + c * y, b * x + d * y
    right, down = right - right.min(), down - down.min()
    out = np.empty((down.max() + 1, right.max() + 1, 3), np.uint8)
    out[down, right] = image
    return out


@pytest.mark.parametrize(
    "matrix",
    [
        pytest.param((1, 0, 0, 1), id="as coded"),
        pytest.param((0, 1, -1, 0), id="quarter right"),
        pytest.param((-1, 0, 0, -1), id="half"),
        pytest.param((0, -1, 1, 0), id="quarter left"),
        pytest.param((-1, 0, 0, 1), id="mirrored along x"),
        pytest.param((1, 0, 0, -1), id="mirrored along y"),
        pytest.param((0, 1, 1, 0), id="swapped"),
        pytest.param((0, -1, -1, 0), id="swapped and turned"),
    ],
)
def test_rotation(tmp_path: Path, matrix: tuple[int, int, int, int]) -> None:
    size = (63, 47)
    path = write_video(tmp_path / "set.mp4", steady(3), pix_fmt="yuv444p", size=size)
    set_matrix(path, matrix)
    video, frames = read(path)
    assert (video.width, video.height) == (size if matrix[0] else size[::-1])
    for frame in frames:
        difference = frame.image.astype(int) - shown(picture(frame.index, *size), matrix)
        assert np.abs(difference).mean() < 8


def test_phone_clip_held_upright(tmp_path: Path) -> None:
    upright = [picture(i, 48, 64) for i in range(5)]
    path = tmp_path / "set.mp4"
    write_video(path, steady(5, 60), images=[np.rot90(image).copy() for image in upright], audio_s=0.2)
    set_matrix(path, (0, 1, -1, 0))
    video, frames = read(path)
    assert (video.width, video.height) == (48, 64)
    assert numbers(frames) == list(range(5))
    assert all(is_upright(frame.image) for frame in frames)


def test_rotation_beside_side_data_without_a_name() -> None:
    class Picture:
        rotation = -90

        @property
        def side_data(self) -> dict[str, bytes]:
            raise ValueError("unknown type")

    assert _turn(cast("Any", Picture())) == _Turn(swap=True, mirror_x=True, mirror_y=False)


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    path = write_video(tmp_path / "set.mp4", steady(3), size=(64, 96), pixel_aspect=Fraction(2))
    video, frames = read(path)
    assert (video.width, video.height) == (128, 96)
    assert numbers(frames) == [0, 1, 2]


def joined_sizes(folder: Path, second: tuple[int, int]) -> Path:
    """A stream of ten pictures of 64 × 48, then ten of another size."""
    path = folder / "joined.ts"
    first = write_video(folder / "1.ts", steady(10)).read_bytes()
    path.write_bytes(first + write_video(folder / "2.ts", steady(10, start_s=1 / 3), size=second).read_bytes())
    return path


def test_another_size_of_the_same_shape_is_scaled(tmp_path: Path) -> None:
    video, frames = read(joined_sizes(tmp_path, (128, 96)))
    assert len(frames) > 15
    assert numbers(frames)[-5:] == [5, 6, 7, 8, 9]
    assert "frames scaled to the first frame's size: 10" in video.notes


def test_another_shape_ends_the_reading(tmp_path: Path) -> None:
    video, frames = read(joined_sizes(tmp_path, (48, 96)))
    assert 8 <= len(frames) <= 10
    assert "the picture changes its shape at 0.3 s; what follows was not read" in video.notes


# --- damage ---


@pytest.mark.parametrize("name", ["set.mp4", "set.mkv", "set.ts"])
@pytest.mark.parametrize("audio_s", [0.0, 3.0])
def test_file_cut_off(tmp_path: Path, name: str, audio_s: float) -> None:
    options = FASTSTART if name.endswith("mp4") else None
    path = write_video(tmp_path / name, steady(90), container_options=options, audio_s=audio_s)
    video, frames = read(cut(path, 0.6))
    assert 10 < len(frames) < 85
    assert numbers(frames)[:-1] == list(range(len(frames) - 1))
    np.testing.assert_allclose([frame.time_s for frame in frames], steady(len(frames)), atol=0.001)
    assert video.end_s == pytest.approx(len(frames) / 30, abs=0.002)
    if not name.endswith("ts"):
        assert video.notes[0].startswith(f"the file ends too early: its pictures stop at {video.end_s:.1f} s of")


def test_file_cut_off_shortly_before_its_end(tmp_path: Path) -> None:
    path = write_video(tmp_path / "set.mp4", steady(30), container_options=FASTSTART)
    video, frames = read(cut(path, 0.99))
    assert 20 < len(frames) < 30
    assert video.notes == (f"the file ends in the middle of a picture, at {video.end_s:.1f} s",)


def test_damage_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    path = write_video(tmp_path / "set.mp4", steady(60), options={"g": "10"}, container_options=FASTSTART)
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[middle : middle + 200] = bytes(range(200))
    path.write_bytes(data)
    video, frames = read(path)
    assert 40 <= len(frames) < 60
    assert numbers(frames)[-10:] == list(range(50, 60))
    np.testing.assert_allclose(frames[-1].time_s, 59 / 30)
    assert any("they are damaged" in note for note in video.notes)


def test_pictures_that_cannot_be_decoded(tmp_path: Path) -> None:
    path = write_video(tmp_path / "set.mp4", steady(5), container_options=FASTSTART)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    path.write_bytes(data)
    with pytest.raises(FormCoachError, match=r"no picture in .* can be decoded; convert it"):
        Video.open(path)


def test_title_in_an_unknown_encoding(tmp_path: Path) -> None:
    path = write_video(tmp_path / "set.mp4", steady(3), title="Kniebeuge")
    path.write_bytes(path.read_bytes().replace(b"Kniebeuge", b"Knieb\xff\xfe\xffge"))
    assert len(read(path)[1]) == 3


# --- what is not a video ---


def refusal(path: Path) -> str:
    with pytest.raises(FormCoachError) as caught:
        Video.open(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_missing(tmp_path: Path) -> None:
    assert "there is no file" in refusal(tmp_path / "nowhere" / "set.mp4")


def test_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_empty(tmp_path: Path) -> None:
    path = tmp_path / "set.mp4"
    path.touch()
    assert "is empty" in refusal(path)


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_no_permission(tmp_path: Path) -> None:
    path = write_video(tmp_path / "set.mp4", steady(1))
    path.chmod(0)
    assert "may not be read" in refusal(path)


@pytest.mark.parametrize("name", ["set.mp4", "set.txt", "set.mkv"])
def test_text(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("three sets of ten\n" * 50)
    assert "not a video" in refusal(path)


def test_recording_that_was_never_finished(tmp_path: Path) -> None:
    assert "its beginning is broken" in refusal(cut(write_video(tmp_path / "set.mp4", steady(30)), 0.5))


def write_sound(path: Path, cover: bool) -> None:
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=16000, layout="mono")
        assert isinstance(sound, AudioStream)
        if cover:
            stream = container.add_stream("mjpeg", rate=1, options={"strict": "unofficial"})
            assert isinstance(stream, VideoStream)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
            stream.disposition = cast("Any", Disposition.attached_pic.value)  # older PyAV takes the number only
            container.mux(stream.encode(VideoFrame.from_ndarray(picture(0))))
            container.mux(stream.encode(None))
        write_silence(container, sound, 0.5)


@pytest.mark.parametrize("cover", [False, True])
def test_sound_only(tmp_path: Path, cover: bool) -> None:
    write_sound(tmp_path / "song.mp4", cover)
    assert "there is no video in" in refusal(tmp_path / "song.mp4")


def test_photo(tmp_path: Path) -> None:
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 48, "rgb24"
    encoder.time_base = Fraction(1)
    path = tmp_path / "photo.png"
    path.write_bytes(b"".join(map(bytes, encoder.encode(VideoFrame.from_ndarray(picture(0))))))
    assert "is a picture, not a video" in refusal(path)


def test_absurd_size(tmp_path: Path) -> None:
    path = write_video(tmp_path / "set.mp4", steady(1), size=(8208, 16))
    assert "too large (8208 × 16)" in refusal(path)


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
@pytest.mark.parametrize("name", ["http:set.mp4", "concat:a|b.mp4", "100%d.mp4", "Sätze ½.mp4"])
def test_awkward_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    write_video(tmp_path / "set.mp4", steady(2)).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with Video.open(name) as video:
        assert (video.name, len(list(video))) == (name, 2)


# --- use ---


def test_one_picture(tmp_path: Path) -> None:
    video, frames = read(write_video(tmp_path / "set.mp4", [0.0]))
    assert len(frames) == 1
    assert 0 < video.end_s < 0.1


def test_reading_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with Video.open(write_video(tmp_path / "set.mp4", steady(6))) as video:
        assert number_in(next(video).image) == 0
        assert [frame.index for frame in video] == [1, 2, 3, 4, 5]
        assert list(video) == []


def test_closed(tmp_path: Path) -> None:
    with Video.open(write_video(tmp_path / "set.mp4", steady(6))) as video:
        next(video)
    video.close()
    with pytest.raises(ValueError, match="closed"):
        next(video)


def test_frames_outlive_the_video(tmp_path: Path) -> None:
    _, frames = read(write_video(tmp_path / "set.mp4", steady(200)))
    assert numbers(frames) == list(range(200))


def test_import_is_light() -> None:
    code = "import sys, formcoach.frames; print({'av', 'cv2', 'mediapipe', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- reading ahead ---


def helpers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "read-ahead"]


def test_read_ahead_gives_everything_in_order(tmp_path: Path) -> None:
    with Video.open(write_video(tmp_path / "set.mp4", steady(40))) as video:
        assert numbers(list(read_ahead(video))) == list(range(40))
    assert helpers() == []


@pytest.mark.parametrize("depth", [1, 4])
def test_read_ahead_is_bounded(depth: int) -> None:
    made = 0

    def source() -> Iterator[int]:
        nonlocal made
        for item in range(100):
            made += 1
            yield item

    items = read_ahead(source(), depth)
    for item in items:
        time.sleep(0.002)
        assert made <= item + depth + 2
        if item == 20:
            break
    cast("Any", items).close()
    assert helpers() == []


def test_read_ahead_overlaps() -> None:
    third = threading.Event()

    def source() -> Iterator[int]:
        for item in range(4):
            if item == 2:
                third.set()
            yield item

    items = read_ahead(source())
    assert next(items) == 0
    assert third.wait(10), "nothing is read while the consumer has the first item"
    assert list(items) == [1, 2, 3]


def test_read_ahead_passes_errors_on_in_their_place() -> None:
    def source() -> Iterator[int]:
        yield from range(3)
        raise FormCoachError("the disk is gone")

    items = read_ahead(source())
    assert [next(items), next(items), next(items)] == [0, 1, 2]
    with pytest.raises(FormCoachError, match="the disk is gone"):
        next(items)
    assert helpers() == []


@pytest.mark.parametrize("wait_s", [0.0, 0.05])
def test_read_ahead_left_early(tmp_path: Path, wait_s: float) -> None:
    with Video.open(write_video(tmp_path / "set.mp4", steady(100))) as video:
        for frame in read_ahead(video, depth=2):
            time.sleep(wait_s)  # 0.05: until the queue is full
            if frame.index == 3:
                break
        assert helpers() == []


def test_read_ahead_survives_a_video_that_is_closed_first(tmp_path: Path) -> None:
    with Video.open(write_video(tmp_path / "set.mp4", steady(100))) as video:
        frames = read_ahead(video, depth=2)
        next(frames)
    with pytest.raises(ValueError, match="closed"):
        list(frames)
    assert helpers() == []


def test_read_ahead_after_an_error_in_the_consumer(tmp_path: Path) -> None:
    path = write_video(tmp_path / "set.mp4", steady(100))

    def consume() -> None:
        with Video.open(path) as video:
            for frame in read_ahead(video, depth=2):
                _ = 1 / (2 - frame.index)

    with pytest.raises(ZeroDivisionError):
        consume()
    assert helpers() == []


def test_read_ahead_starts_nothing_before_it_is_asked() -> None:
    items = read_ahead(iter(range(3)))
    assert helpers() == []
    assert list(items) == [0, 1, 2]
