"""What was analysed before: a mark beside a report says of what and how, so that a batch goes on where it ended.

A mark vouches for the files that it was written after: where one of them is another by now, or the video, the model,
the rules, their limits or an option is, the video counts as not analysed.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formcoach import __version__
from formcoach.batch import TRACK_SUFFIX
from formcoach.catalogue import LIMITS_VARIABLE, load_catalogue, setting
from formcoach.errors import FormCoachError, reason
from formcoach.fetching import OFFICIAL
from formcoach.files import write_whole
from formcoach.recognising import AUTO
from formcoach.summary import tally_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from formcoach.batch import Job
    from formcoach.summary import Tally

MARK = "job.json"
FORMAT = 1
MAX_BYTES = 100_000
VOUCHED = ("poses.npz", "reps.csv", "report.json")
"""By their bytes; report.html is written after them, so an older one cannot lie beside them."""

Mark = dict[str, Any]


class Marks:
    """The marks of a batch's jobs.

    Args:
        model: full, heavy or lite, or the path of a .task file, which is known by its bytes.
    """

    def __init__(self, model: str) -> None:
        self._wanted = model
        self._rules: dict[str, str] = {}

    def of(self, job: Job) -> Mark | None:
        """What there is to know of a job before it is done; None where its source cannot be read.

        A video is known by name, size and time of change; a track by name and bytes, since judging it again in its
        own folder writes it anew.
        """
        source: dict[str, Any] = {"name": job.source.name}
        model = None
        try:
            if job.source.suffix.lower() == TRACK_SUFFIX:
                source["sha256"] = _digest([job.source])
            else:
                stat, model = job.source.stat(), self._model
                source.update(size=stat.st_size, mtime_ns=stat.st_mtime_ns)
        except OSError:
            return None
        return {
            "format": FORMAT,
            "formcoach": __version__,
            "exercise": job.exercise,
            "rules": self._rules_of(job.exercise),
            "model": model,
            "fps": job.fps,
            "annotate": job.annotate,
            "source": source,
        }

    @cached_property
    def _model(self) -> str:
        return self._wanted if self._wanted in OFFICIAL else f"sha256:{_digest([Path(self._wanted)])}"

    def _rules_of(self, exercise: str) -> str:
        if exercise not in self._rules:
            self._rules[exercise] = _rules(exercise)
        return self._rules[exercise]


def _rules(exercise: str) -> str:
    """A digest of the rules that judge an exercise, and of the limits of one's own."""
    sources = load_catalogue().sources
    modules = sorted(sources.values()) if exercise == AUTO else [sources[exercise]]
    limits = setting(LIMITS_VARIABLE)
    files = [path for path in [*modules, *([] if limits is None else [limits])] if path.is_file()]
    try:
        return _digest(files)
    except OSError as error:
        raise FormCoachError(f"cannot read the rules of {exercise}: {reason(error)}") from error


def leave(folder: Path, mark: Mark) -> None:
    """Mark a folder as done, after all else in it is written.

    Raises:
        FormCoachError: it cannot be written, or the disk is full.
    """
    try:
        files = {name: _digest([folder / name]) for name in VOUCHED}
    except OSError as error:
        raise FormCoachError(f"cannot read what was written to {folder}: {reason(error)}") from error
    write_whole(folder / MARK, (json.dumps({**mark, "files": files}, indent=1) + "\n").encode())


def tally_before(job: Job, mark: Mark | None) -> Tally | None:
    """Of the report that an earlier batch wrote for the same job; None where there is none, or anything differs."""
    if mark is None:
        return None
    try:
        found = _parsed(job.folder / MARK)
        if found is None or {key: found[key] for key in mark} != mark:
            return None
        if any(_digest([job.folder / name]) != found["files"][name] for name in VOUCHED):
            return None
        also = ["report.html", *(["annotated.mp4"] if job.annotate else [])]
        if not all((job.folder / name).is_file() for name in also):
            return None
        return tally_of(json.loads((job.folder / "report.json").read_bytes()))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def _parsed(path: Path) -> Mark | None:
    if path.stat().st_size > MAX_BYTES:
        return None
    found = json.loads(path.read_bytes())
    return found if isinstance(found, dict) else None


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        data = path.read_bytes()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()
