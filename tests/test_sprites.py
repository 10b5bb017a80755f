from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import ImageFont

from formcoach import sprites
from formcoach.card import Mark
from formcoach.sprites import Type, mark_mask


@pytest.mark.parametrize("text", ["Égjpqy()°·−", "Long back, proud chest", "100 %"])
@pytest.mark.parametrize("kind", [Type(12), Type(33), Type(60, bold=True)])
def test_no_letter_is_cut_off_by_its_line(text: str, kind: Type) -> None:
    mask = kind.mask(text)
    assert mask.shape == (kind.line, kind.width(text))
    font = sprites._font(*kind)
    assert isinstance(font, ImageFont.FreeTypeFont)
    whole = np.array(font.getmask(text), float).sum() / 255
    assert mask.sum() == pytest.approx(whole, rel=1e-3)


@pytest.mark.parametrize("width", [60, 120, 400])
@pytest.mark.parametrize("height", [20, 50, 200])
@pytest.mark.parametrize("text", ["", " ", "Hips back", "Press the floor away", "Unbelievablyunbreakableword"])
def test_text_fits_its_box(text: str, width: int, height: int) -> None:
    kind, lines = Type(40, bold=True).fitted(text, width, height)
    assert lines
    assert all(kind.width(line) <= width for line in lines)
    assert len(lines) == 1 or len(lines) * kind.line <= height
    if text == "Press the floor away" and (width, height) == (400, 200):
        assert " ".join(lines) == text


def test_a_line_break_in_the_text_stays() -> None:
    assert Type(20).fitted("Not judged:\nelbows", 1000, 1000)[1] == ["Not judged:", "elbows"]


def test_cut_text_says_so() -> None:
    assert Type(20).cut("Press the floor away", 100).endswith("…")


def test_the_font_is_the_real_one_and_costs_no_plotting_library() -> None:
    code = (
        "import sys; from formcoach import sprites; f = sprites._font(20, True);"
        "assert 'matplotlib' not in sys.modules, 'imported'; print(f.getname())"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "DejaVu Sans" in result.stdout
    assert "Bold" in result.stdout


def test_another_font_where_that_one_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sprites, "_FONTS", ("no_such_package", "", ("", "")))
    sprites._font.cache_clear()
    sprites._text_mask.cache_clear()
    try:
        assert Type(30).mask("Hips back 35°").max() > 0.9
    finally:
        sprites._font.cache_clear()
        sprites._text_mask.cache_clear()


def test_marks_differ_in_shape() -> None:
    masks = [mark_mask(mark, 24) for mark in Mark]
    for i, one in enumerate(masks):
        for other in masks[i + 1 :]:
            assert np.abs(one - other).mean() > 0.1
