"""H.264 that is written: the same bytes from run to run, whichever part of the program writes it, in one place only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from videos import needs_encoder

from formcoach import annotate, cutting
from formcoach.mp4 import ENCODING, LIVE, Mp4Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

PACKAGE = Path(annotate.__file__).parent
KINDS = {"usual": ENCODING, "live": LIVE, "annotated": annotate.ENCODING, "clips": cutting.ENCODING}
WIDTH, HEIGHT, FRAMES = 160, 120, 40


def pictures() -> Iterator[NDArray[np.uint8]]:
    """A bright square that wanders over a grained ground."""
    ground = np.random.default_rng(1).integers(90, 110, (HEIGHT, WIDTH, 3), np.uint8)
    for index in range(FRAMES):
        image = ground.copy()
        image[30:60, 2 * index : 2 * index + 30] = 230
        yield image


def write(path: Path, encoding: Mapping[str, str]) -> bytes:
    with Mp4Writer(path, WIDTH, HEIGHT, encoding=encoding) as writer:
        for index, image in enumerate(pictures()):
            writer.write(image, index / 30)
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_two_runs_give_the_same_bytes(kind: str, tmp_path: Path) -> None:
    needs_encoder("libx264")
    here = write(tmp_path / "here.mp4", KINDS[kind])
    code = (
        f"import sys, test_mp4; from pathlib import Path\ntest_mp4.write(Path(sys.argv[1]), test_mp4.KINDS[{kind!r}])"
    )
    there = tmp_path / "there.mp4"
    paths = os.pathsep.join([str(Path(__file__).parent), str(PACKAGE.parent)])
    subprocess.run([sys.executable, "-c", code, str(there)], env={**os.environ, "PYTHONPATH": paths}, check=True)
    assert there.read_bytes() == here


@pytest.mark.parametrize("kind", KINDS)
def test_what_varies_is_switched_off(kind: str, tmp_path: Path) -> None:
    """The encoder writes its settings into the video."""
    needs_encoder("libx264")
    settings = write(tmp_path / "one.mp4", KINDS[kind])
    assert b" mbtree=0" in settings
    assert f" threads={KINDS[kind]['threads']} ".encode() in settings


def test_one_place_opens_encoders() -> None:
    """But for what is measured on and thrown away."""
    named = {path.name for path in PACKAGE.glob("*.py") if "libx264" in path.read_text(encoding="utf-8")}
    assert named - {"scaling.py"} == {"mp4.py"}
