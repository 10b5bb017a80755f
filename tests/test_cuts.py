"""Where edited video changes the scene, and what only looks as if it did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from formcoach.cuts import CutFinder
from formcoach.frames import Video
from formcoach.pose import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

SAMPLES = Path(__file__).parent.parent / "samples"
HEIGHT, WIDTH = 120, 160
CUT_S = 3.0
RATES = (10, 15, 30, 60)


def scene(seed: int, height: int = 2 * HEIGHT, width: int = 2 * WIDTH) -> Picture:
    """(height, width, 3): blotches of many sizes."""
    rng = np.random.default_rng(seed)
    image = np.zeros((height, width, 3))
    for size in (10, 20, 40):
        coarse = rng.normal(0, 25, (height // size + 2, width // size + 2, 3))
        rows, columns = np.arange(height) / size, np.arange(width) / size
        row, column = rows.astype(int), columns.astype(int)
        down, right = (rows - row)[:, None, None], (columns - column)[None, :, None]
        upper = coarse[row][:, column] * (1 - right) + coarse[row][:, column + 1] * right
        lower = coarse[row + 1][:, column] * (1 - right) + coarse[row + 1][:, column + 1] * right
        image += upper * (1 - down) + lower * down
    return np.clip(image + 110, 0, 255).astype(np.uint8)


SCENE, OTHER, BODY = scene(1), scene(2), scene(3)


def window(image: Picture, down: float = 0.5, right: float = 0.5) -> Picture:
    """The part of a scene that a camera sees; 0 and 1 are as far as it turns."""
    top, left = int(down * HEIGHT), int(right * WIDTH)
    return image[top : top + HEIGHT, left : left + WIDTH].copy()


def with_body(image: Picture, time_s: float, width: int = 40) -> Picture:
    """Somebody who goes up and down in front of it, once in 2 s."""
    top = int(HEIGHT * (0.3 + 0.2 * np.sin(np.pi * time_s)))
    image[top:, 60 : 60 + width] = BODY[: HEIGHT - top, :width]
    return image


def cuts(picture: Callable[[float], Picture], fps: float, length_s: float = 6.0) -> list[float]:
    """When a finder sees cuts in what a camera shows at each time."""
    times = np.arange(int(length_s * fps)) / fps
    return found(Frame(i, float(time_s), picture(float(time_s))) for i, time_s in enumerate(times))


def found(frames: Iterable[Frame]) -> list[float]:
    finder = CutFinder()
    return [frame.time_s for frame in frames if finder(frame)]


def edited(time_s: float) -> Picture:
    return with_body(window(SCENE if time_s < CUT_S - 1e-6 else OTHER), time_s)


def dissolved(seconds: float) -> Callable[[float], Picture]:
    def picture(time_s: float) -> Picture:
        share = min(max((time_s - CUT_S) / seconds, 0.0), 1.0)
        one, other = with_body(window(SCENE), time_s), with_body(window(OTHER), time_s)
        return ((1 - share) * one + share * other).astype(np.uint8)

    return picture


def noisy(image: Picture, sd: float, time_s: float) -> Picture:
    noise = np.random.default_rng(int(time_s * 1000)).normal(0, sd, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("fps", RATES)
def test_a_hard_cut_is_told_at_its_first_frame(fps: int) -> None:
    assert cuts(edited, fps) == [CUT_S]


def test_a_hard_cut_between_uneven_frames() -> None:
    times = np.cumsum(np.random.default_rng(4).uniform(0.02, 0.1, 100))
    told = found(Frame(i, float(time_s), edited(time_s)) for i, time_s in enumerate(times))
    assert told == [times[times >= CUT_S][0]]


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.5])
def test_a_dissolve_is_told_once_soon_after_its_end(seconds: float, fps: int) -> None:
    (told_s,) = cuts(dissolved(seconds), fps, 8.0)
    assert CUT_S + 0.8 * seconds < told_s < CUT_S + seconds + 0.5


def test_a_frame_that_blends_both_sides_of_a_cut_does_not_hide_it() -> None:
    (told_s,) = cuts(dissolved(2 / 30), 30)
    assert CUT_S < told_s < CUT_S + 0.11


def test_a_cut_through_black() -> None:
    def picture(time_s: float) -> Picture:
        return edited(time_s) if abs(time_s - CUT_S) > 0.3 else np.zeros((HEIGHT, WIDTH, 3), np.uint8)

    (told_s,) = cuts(picture, 30)
    assert told_s == pytest.approx(CUT_S + 0.3, abs=0.05)


def test_black_in_between_is_no_cut() -> None:
    def picture(time_s: float) -> Picture:
        return window(SCENE) if abs(time_s - CUT_S) > 0.3 else np.zeros((HEIGHT, WIDTH, 3), np.uint8)

    assert cuts(picture, 30) == []


@pytest.mark.parametrize("fps", RATES)
def test_a_cut_in_dim_light_under_a_logo(fps: int) -> None:
    def picture(time_s: float) -> Picture:
        image = noisy((edited(time_s) * 0.25).astype(np.uint8), 3, time_s)
        image[5:25, 100:150] = BODY[:20, :50]
        return image

    assert cuts(picture, fps) == [CUT_S]


def turning(time_s: float) -> Picture:
    return window(SCENE, 0.5, 0.5 + 0.5 * np.sin(time_s))


def shaken(time_s: float) -> Picture:
    return window(SCENE, 0.5 + 0.03 * np.sin(19 * time_s), 0.5 + 0.03 * np.sin(23 * time_s))


def knocked(time_s: float) -> Picture:
    return window(SCENE, 0.5, 0.4 if time_s < CUT_S else 0.55)


def switched(time_s: float) -> Picture:
    """Light goes out and leaves a lamp at the side."""
    lamp = np.linspace(0.5, 0.1, WIDTH)[:, None] if int(time_s) % 2 else 1.0
    return noisy((window(SCENE) * lamp).astype(np.uint8), 3, time_s)


def flashed(time_s: float) -> Picture:
    brightness = 4.0 if time_s % 2 < 0.08 and time_s > 1 else 1.0
    image: Picture = np.clip(window(SCENE) * brightness, 0, 255).astype(np.uint8)
    return image


def hunting(time_s: float) -> Picture:
    """Exposure that does not settle."""
    image: Picture = np.clip(window(SCENE) * np.exp(0.8 * np.sin(5 * time_s)), 0, 255).astype(np.uint8)
    return image


def zoomed(time_s: float) -> Picture:
    size = 1.5 + 0.3 * np.sin(time_s)
    return SCENE[np.ix_((np.arange(HEIGHT) * size).astype(int), (np.arange(WIDTH) * size).astype(int))]


def risen(time_s: float) -> Picture:
    """Somebody close to the camera gets up until they fill the picture, and down again."""
    image, top = window(SCENE), int(HEIGHT * (1 - 0.9 * np.sin(np.pi * time_s / 3) ** 2))
    image[top:, 15:145] = BODY[: HEIGHT - top, :130]
    return image


def frozen(time_s: float) -> Picture:
    """Frames are dropped for 0.8 s at a time."""
    return with_body(window(SCENE), time_s - time_s % 0.8, 80)


def captioned(time_s: float) -> Picture:
    image, left = with_body(window(SCENE), time_s), int(60 * time_s) % WIDTH
    image[-30:-10] = np.roll(BODY, left, axis=1)[:20, :WIDTH]
    return image


def dark(time_s: float) -> Picture:
    """Nothing but noise."""
    return noisy(np.full((HEIGHT, WIDTH, 3), 20, np.uint8), 12, time_s)


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize(
    "picture",
    [turning, shaken, knocked, switched, flashed, hunting, zoomed, risen, frozen, captioned, dark],
    ids=lambda picture: picture.__name__,
)
def test_what_is_no_cut(picture: Callable[[float], Picture], fps: int) -> None:
    assert cuts(picture, fps) == []


def test_pictures_of_any_size_and_the_first_frame() -> None:
    assert found(Frame(i, i / 30, np.full((size, 9, 3), 7, np.uint8)) for i, size in enumerate((1, 700, 20))) == []


def test_the_samples_have_no_cuts_and_joined_they_have_one() -> None:
    def shown(name: str, frames: int, start_s: float) -> list[Frame]:
        with Video.open(SAMPLES / f"{name}.mp4") as video:
            return [
                Frame(i, start_s + frame.time_s, frame.image) for i, frame in zip(range(frames), video, strict=False)
            ]

    one = shown("deadlift_clean", 40, 0.0)
    other = shown("overhead-press_clean", 20, one[-1].time_s + 0.05)
    assert found(one) == found(other) == []
    assert found(one + other) == [other[0].time_s]
