"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
from typing import IO, TYPE_CHECKING

from formcoach.errors import FormCoachError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write bytes to a file, which is complete when it appears.

    Raises:
        FormCoachError: the folder cannot be written, or the disk is full.
    """
    with replacing(path) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path, *, make_folder: bool = True) -> Iterator[IO[bytes]]:
    """A file to write beside the path, moved to it at the end, removed when anything goes wrong.

    Args:
        path: replaced if it is there.
        make_folder: whether a folder that is missing is made, or an error.

    Raises:
        FormCoachError: the folder cannot be written, or the disk is full.
    """
    temporary: Path | None = None
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".{secrets.token_hex(6)}.part"
        with temporary.open("xb") as file:  # not by `tempfile`, whose files only their owner may read
            yield file
        temporary.replace(path)
    except OSError as error:
        raise FormCoachError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
