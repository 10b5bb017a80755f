"""Files of a session that a browser may have: only those that the history names, and only where they truly lie."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections import deque
from typing import TYPE_CHECKING

from formcoach.database import RefusedError
from formcoach.errors import FormCoachError, reason
from formcoach.frames import Video
from formcoach.history import clip_name
from formcoach.page import PAGES, write_page
from formcoach.session_page import PAGE, session_analysis, session_footage

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from formcoach.exercise import Exercise
    from formcoach.history import StoredRep
    from formcoach.store import Store

WHOLE = re.compile(r"video-[0-9]{1,15}\.mp4")
"""Names of a session's videos, kept with --keep-video."""
LARGEST_PAGE = 200_000_000
"""A report of more bytes is none of ours."""
POSTER_PX, POSTER_QUALITY = 640, 80
_INLINE = re.compile(r"(script|style)-src '(sha256-[A-Za-z0-9+/=]+)'")


# ---- where they lie ----


def inside(folder: Path, name: str) -> Path | None:
    """A file in a session's folder; None where it is missing, a link, or anything but a file.

    Args:
        folder: as `Store.folder_of` gives it, which refuses links.
        name: of the file.
    """
    path = folder / name
    try:
        if (
            path.parent != folder
            or path.is_symlink()
            or not path.is_file()
            or path.resolve() != folder.resolve() / name
        ):
            return None
    except (OSError, ValueError):  # a name with a zero byte
        return None
    return path


def clip_of(store: Store, session: int, number: int) -> Path:
    """The clip of a rep.

    Raises:
        RefusedError: there is none.
    """
    for one in store.reps_of(session):
        if one.rep.number == number and has_clip(one):
            return store.folder_of(session) / clip_name(number)
    raise RefusedError(f"there is no clip of rep {number} of session {session}")


def has_clip(one: StoredRep) -> bool:
    """Whether the clip that the history names is there."""
    name = clip_name(one.rep.number)
    return one.clip is not None and one.clip.name == name and inside(one.clip.parent, name) is not None


def video_of(store: Store, session: int, name: str) -> Path:
    """A video of the whole session.

    Raises:
        RefusedError: there is none of that name.
    """
    path = inside(store.folder_of(session), name) if WHOLE.fullmatch(name) else None
    if path is None:
        raise RefusedError(f"session {session} has no such video")
    return path


def videos_of(store: Store, session: int) -> list[str]:
    """The names of a session's videos, in order."""
    folder = store.folder_of(session)
    found = sorted(path.name for path in folder.glob("video-*.mp4"))
    return [name for name in found if WHOLE.fullmatch(name) and inside(folder, name)]


# ---- pictures ----


def poster(clip: Path, time_s: float) -> bytes:
    """The picture of a clip at a time, as a JPEG.

    Args:
        clip: a video.
        time_s: since its first picture.

    Raises:
        FormCoachError: it cannot be read.
    """
    from PIL import Image

    try:
        image = _picture_at(clip, time_s)
    except OSError as error:
        raise FormCoachError(f"{clip.name} cannot be read: {reason(error)}") from error
    small = Image.fromarray(image)
    small.thumbnail((POSTER_PX, POSTER_PX))
    with io.BytesIO() as file:
        small.save(file, "JPEG", quality=POSTER_QUALITY)
        return file.getvalue()


def _picture_at(clip: Path, time_s: float) -> NDArray[np.uint8]:
    """The first picture at or after a time, or else the last."""
    with Video.open(clip) as video:
        video.skip_to(time_s, by_index=False)
        for frame in video:
            return frame.image
    with Video.open(clip) as video:
        (last,) = deque(video, maxlen=1)
    return last.image


# ---- the report ----


def report_html(store: Store, session: int, exercise: Exercise) -> str:
    """A session's report: its report.html where this version wrote one, else made from the stored session.

    Raises:
        FormCoachError: the pose track cannot be read, or the session's folder not be written.
    """
    folder = store.folder_of(session)
    html = _stored(folder)
    if html is None:
        reps = store.reps_of(session)
        footage = session_footage(folder, [one for one in reps if one.clip is None or has_clip(one)])
        kept = tuple(one for one in footage if inside(folder, one.path.name) is not None)
        write_page(session_analysis(store, session, exercise), folder / PAGE, kept)
        html = _stored(folder)
    if html is None:
        raise FormCoachError(f"the report of session {session} cannot be read; remove {folder / PAGE}")
    return html


def _stored(folder: Path) -> str | None:
    """A report that carries the very script and style of this version; another's would be blocked."""
    path = inside(folder, PAGE)
    try:
        if path is None or path.stat().st_size > LARGEST_PAGE:
            return None
        html = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return html if dict(_INLINE.findall(html[:4000])) == inline_hashes() else None


def inline_hashes() -> dict[str, str]:
    """What a report's own script and style are, as a Content-Security-Policy names them."""
    return {"style": _hash("report.css"), "script": _hash("report.js")}


def _hash(name: str) -> str:
    text = (PAGES / name).read_text(encoding="utf-8").strip()
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def report_policy() -> str:
    """The Content-Security-Policy of a report: its own script and style, clips that lie inside it, and no request."""
    hashes = inline_hashes()
    return (
        f"default-src 'none'; media-src data: blob:; style-src '{hashes['style']}'; script-src '{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
