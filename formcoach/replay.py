"""Flagged reps played again: in a window, or written as a video."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from formcoach.captions import HEIGHT, WIDTH
from formcoach.errors import FormCoachError, reason
from formcoach.files import replacing
from formcoach.player import Player
from formcoach.sidebyside import SideBySide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from formcoach.review import Review
    from formcoach.scenes import Scene

WAIT_MS = 15
"""How long a key is waited for between two pictures."""
FPS = 30
QUIT = {ord("q"), 27}
LIKE = {"=": "+", "_": "-", "\r": " "}
"""Keys that are taken for others: those that share a key with them on most keyboards."""


def show(review: Review, scenes: Sequence[Scene], *, speed: float, notice: Callable[[str], None]) -> None:
    """Play the scenes in a window until somebody quits.

    Args:
        review: what they are of.
        scenes: at least one.
        speed: 1 is as fast as it was.
        notice: called with each sentence that the person should read.
    """
    from formcoach.screen import NO_KEY, Window

    maker = SideBySide(review, scenes)
    player = Player([scene.piece for scene in scenes], speed=speed)
    told, drawn = 0, None
    with Window() as window:
        while not window.closed:
            shot = player.at(time.monotonic())
            now = (shot, player.speed, player.repeat, player.overlay)
            if now != drawn:
                window.put(maker.draw(shot, player, help_line=True))
                drawn = now
            for note in maker.notes[told:]:
                notice(note)
            told = len(maker.notes)
            code = window.code(WAIT_MS)
            if code in QUIT:
                break
            if code != NO_KEY:
                player.press(LIKE.get(chr(code), chr(code).lower()))


def export(
    review: Review,
    scenes: Sequence[Scene],
    path: Path,
    *,
    speed: float,
    notice: Callable[[str], None],
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Write the scenes, each once, as a video that browsers play; whole or not at all.

    Args:
        review: what they are of.
        scenes: at least one.
        path: of an .mp4; replaced if it is there.
        speed: 1 is as fast as it was.
        notice: called with each sentence that the person should read.
        tick: called once a picture.

    Raises:
        FormCoachError: it cannot be written there.
    """
    import av

    check_writable(review, path)
    maker = SideBySide(review, scenes)
    try:
        with replacing(path, make_folder=False) as part:
            _write(maker, Player([scene.piece for scene in scenes], speed=speed, endless=False), Path(part.name), tick)
    except (OSError, av.FFmpegError) as error:
        raise FormCoachError(f"cannot write {path}: {reason(error)}") from error
    for note in maker.notes:
        notice(note)


def _write(maker: SideBySide, player: Player, path: Path, tick: Callable[[], None]) -> None:
    from formcoach.mp4 import Mp4Writer

    drawn, picture, number = None, None, 0
    with Mp4Writer(path, WIDTH, HEIGHT) as writer:
        while not (shot := player.at(number / FPS)).over:
            if picture is None or shot != drawn:
                drawn, picture = shot, maker.draw(shot, player, help_line=False)
            writer.write(picture, number / FPS)
            number += 1
            tick()


def check_writable(review: Review, path: Path) -> None:
    """Refuse a file that no video can be written to, before any work is done.

    Raises:
        FormCoachError: it is a folder, no .mp4, in no folder, or one of the videos themselves.
    """
    if path.suffix.lower() != ".mp4":
        raise FormCoachError(f"{path} does not end in .mp4; name the video to write so")
    if path.is_dir():
        raise FormCoachError(f"{path} is a folder; name a file to write")
    if not path.absolute().parent.is_dir():
        raise FormCoachError(f"there is no folder {path.absolute().parent}; make it first")
    if path.exists() and any(film.path.exists() and path.samefile(film.path) for film in review.films):
        raise FormCoachError(f"{path} is a video of the recording itself; write the replay elsewhere")
