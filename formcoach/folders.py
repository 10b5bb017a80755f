"""Where a person's data and what can be fetched again live, on each system."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from formcoach.errors import FormCoachError


def data_folder() -> Path:
    """The folder of what must not be lost: history, recorded sets, models. Made if it is not there.

    The environment variable FORMCOACH_HOME overrides the system's usual place.

    Raises:
        FormCoachError: it cannot be made.
    """
    return _made(_home() or Path(platformdirs.user_data_dir("formcoach", appauthor=False)))


def cache_folder() -> Path:
    """The folder of what can be made again at any time. Made if it is not there.

    It is `cache` inside FORMCOACH_HOME where that is set, else the system's usual place.

    Raises:
        FormCoachError: it cannot be made.
    """
    home = _home()
    return _made(home / "cache" if home else Path(platformdirs.user_cache_dir("formcoach", appauthor=False)))


def _home() -> Path | None:
    """FORMCOACH_HOME as an absolute path; None where it is unset or empty."""
    named = os.environ.get("FORMCOACH_HOME")
    if not named:
        return None
    try:
        return Path(named).expanduser().absolute()
    except RuntimeError as error:  # "~name" of nobody on this computer
        raise FormCoachError(f"FORMCOACH_HOME={named}: {error}; set it to another folder") from error


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or error
        raise FormCoachError(
            f"cannot make the folder {folder}: {why}; set FORMCOACH_HOME to a folder that can be written"
        ) from error
    return folder
