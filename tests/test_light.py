from __future__ import annotations

import numpy as np
import pytest

from formcoach.light import BRIGHT, DARK, MOST, brightened, brightness
from formcoach.pose import Frame


def frame(mean: float, *, height: int = 90, width: int = 160) -> Frame:
    image = np.random.default_rng(1).uniform(0, 2 * mean, (height, width, 3)).round()
    return Frame(3, 0.5, np.minimum(image, 255).astype(np.uint8))


@pytest.mark.parametrize("size", [(90, 160), (1080, 1920), (1, 1), (3, 5000)])
def test_brightness_of_any_size(size: tuple[int, int]) -> None:
    assert brightness(np.full((*size, 3), 77, np.uint8)) == 77.0


@pytest.mark.parametrize("mean", [DARK + 2, 90.0, 127.0])
def test_what_is_bright_enough_stays(mean: float) -> None:
    given = frame(mean)
    assert brightened(given) is given


@pytest.mark.parametrize("mean", [14.0, 20.0, 30.0, 40.0])
def test_what_is_dark_is_brought_to_light(mean: float) -> None:
    given = frame(mean)
    shown = brightened(given)
    assert (shown.index, shown.time_s) == (3, 0.5)
    assert BRIGHT / 1.6 < brightness(shown.image) < BRIGHT * 1.6
    gain = round(brightness(shown.image) / brightness(given.image))
    assert (shown.image == np.minimum(given.image.astype(int) * gain, 255)).all()


def test_black_stays_black_and_the_gain_has_an_end() -> None:
    assert not brightened(frame(0.0)).image.any()
    assert brightened(frame(2.0)).image.max() <= 4 * MOST


def test_a_little_less_light_changes_nothing() -> None:
    """A gain that followed the light would make the picture flicker."""
    gains = {round(float(brightened(frame(mean)).image.max()) / frame(mean).image.max()) for mean in (24, 26, 28)}
    assert len(gains) == 1
