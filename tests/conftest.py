"""What the tests of the edges share: the real pose model, and the command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from recordings import rows

from formcoach.model import find_model
from formcoach.recording import save_track

if TYPE_CHECKING:
    from formcoach.model import ModelFile

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Done:
    """A command that came to its end."""

    code: int
    out: str
    err: str

    def check_refused(self) -> str:
        """Assert what holds for all bad input: exit 2, one line on stderr, nothing on stdout. Returns the line."""
        assert (self.code, self.out) == (2, ""), self
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("formcoach: "), self.err
        return self.err


@dataclass(frozen=True)
class Cli:
    """Runs `formcoach` in a process of its own, in a folder of its own.

    Attributes:
        folder: the working directory, where the default --out lies.
    """

    folder: Path

    @staticmethod
    def environment(**more: str) -> dict[str, str]:
        """The ambient environment without what changes how Python or a terminal behaves."""
        changing = ("PYTHON", "PYTEST", "COV_", "FORCE_COLOR", "NO_COLOR", "TTY_", "TERM", "COLUMNS", "LINES")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(changing)}
        return kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"} | more

    def start(self, *args: str | Path, **more: str) -> subprocess.Popen[bytes]:
        """Start a command; `more` goes into its environment."""
        return subprocess.Popen(
            [sys.executable, "-m", "formcoach", *map(str, args)],
            cwd=self.folder,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *args: str | Path, **more: str) -> Done:
        """Run a command to its end."""
        process = self.start(*args, **more)
        try:
            out, err = process.communicate(timeout=180)
        finally:
            process.kill()
        return Done(process.returncode, out.decode(), err.decode())


@pytest.fixture(scope="session")
def cli_in() -> type[Cli]:
    """Makes a command line that runs in the folder it is given."""
    return Cli


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The command line, run in the test's own folder."""
    return Cli(tmp_path)


@pytest.fixture(scope="session")
def model() -> ModelFile:
    """The real pose model, fetched where it is not there yet."""
    return find_model("full")


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pose track of two rows."""
    path = tmp_path_factory.mktemp("track") / "rows.npz"
    save_track(path, rows(reps=2))
    return path
