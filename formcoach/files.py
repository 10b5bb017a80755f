"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from formcoach.errors import FormCoachError

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            yield file
        temporary.chmod(0o644)  # what others of the folder may read, they may read
        temporary.replace(path)
    except OSError as error:
        raise FormCoachError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()
