"""A batch at a glance: one line a video, as CSV or Parquet."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from formcoach.errors import FormCoachError, printable
from formcoach.files import replacing, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from formcoach.batch import Job, Outcome

PARQUET = ".parquet"
SUFFIXES = (".csv", PARQUET)
COLUMNS = {
    "video": str, "folder": str, "status": str, "error": str, "exercise": str, "reps": int, "holds": int,
    "flagged": int, "findings": int, "faults": str, "not_assessed": int, "duration_s": float, "frames": int,
    "frames_with_person": int,
}  # fmt: skip
"""Each column and what it holds; what there is none of is empty in CSV, null in Parquet."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What the summary keeps of a report, so that a batch of thousands need not keep them all.

    Attributes:
        exercise: its id; with `auto`, the one that was recognised.
        reps: counted.
        holds: counted; carries, too.
        flagged: reps and holds with a finding.
        findings: in all of them.
        faults: how often each was found, the most frequent first: `rounded-back:3 shrug:1`.
        not_assessed: how many faults could not be judged in some rep.
        duration_s: of the video.
        frames: analysed.
        frames_with_person: of those.
    """

    exercise: str
    reps: int
    holds: int
    flagged: int
    findings: int
    faults: str
    not_assessed: int
    duration_s: float | None
    frames: int
    frames_with_person: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of one video.

    Attributes:
        job: as it was asked for.
        tally: of its report; None where it failed.
        error: why it failed.
        before: whether an earlier batch analysed it.
    """

    job: Job
    tally: Tally | None = None
    error: str | None = None
    before: bool = False

    @property
    def status(self) -> str:
        """`done`, `done before` or `failed`."""
        if self.tally is None:
            return "failed"
        return "done before" if self.before else "done"

    def row(self) -> dict[str, Any]:
        """The line by its columns; text is printable and on one line."""
        tally = {} if self.tally is None else asdict(self.tally)
        told = {"video": str(self.job.source), "folder": str(self.job.folder), "status": self.status}
        row = dict.fromkeys(COLUMNS) | {"exercise": self.job.exercise} | told | tally
        row["error"] = self.error
        return {name: printable(value) if isinstance(value, str) else value for name, value in row.items()}


def tally_of(report: Mapping[str, Any]) -> Tally:
    """What the summary keeps of a report."""
    reps, holds = [rep for one in report["sets"] for rep in one["reps"]], report["holds"]
    found = Counter(finding["fault"] for one in [*reps, *holds] for finding in one["findings"])
    often = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return Tally(
        exercise=report["exercise"],
        reps=len(reps),
        holds=len(holds),
        flagged=sum(bool(one["findings"]) for one in [*reps, *holds]),
        findings=found.total(),
        faults=" ".join(f"{fault}:{times}" for fault, times in often),
        not_assessed=len(report["not_assessed"]),
        duration_s=report["duration_s"],
        frames=report["frames"],
        frames_with_person=report["frames_with_person"],
    )


def line_of(outcome: Outcome) -> Line:
    """The line of a video that was analysed here."""
    if outcome.report is None:
        return Line(job=outcome.job, error=outcome.error)
    return Line(job=outcome.job, tally=tally_of(outcome.report))


def check_summary(path: Path) -> None:
    """See that a summary can go there, before hours of work end in nothing.

    Raises:
        FormCoachError: neither .csv nor .parquet, a folder of that name, or no pyarrow to write Parquet with.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise FormCoachError(f"{path}: a summary is a {' or '.join(SUFFIXES)} file")
    if path.is_dir():
        raise FormCoachError(f"{path} is a folder; give the summary a file's name")
    if suffix == PARQUET:
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise FormCoachError(
                "a summary as Parquet needs pyarrow: pip install 'formcoach[cluster]'; or give a .csv file"
            ) from None


def write_summary(path: Path, lines: Iterable[Line]) -> None:
    """Write the lines, in their order, whole or not at all; CSV or Parquet by the suffix.

    Raises:
        FormCoachError: the folder cannot be written, or the disk is full.
    """
    rows = [line.row() for line in lines]
    if path.suffix.lower() == PARQUET:
        _write_parquet(path, rows)
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())


def _write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    import pyarrow
    from pyarrow import parquet

    kinds = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    with replacing(path) as file:
        parquet.write_table(pyarrow.Table.from_pylist(rows, schema), file)
