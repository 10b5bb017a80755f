"""The wheel: what is in it, and that it runs where nothing else of ours lies."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from formcoach import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Cli

    from formcoach.model import ModelFile

    Run = Callable[..., str]

pytestmark = pytest.mark.model

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def run(cli_in: type[Cli]) -> Run:
    """Runs a command that must succeed, without our checkout on its path; what it prints."""

    def run(*command: str | Path, cwd: Path) -> str:
        environment = cli_in.environment()
        del environment["PYTHONPATH"]
        line = [str(word) for word in command]
        done = subprocess.run(line, cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def wheel(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(run: Run, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The scripts of an environment that holds the wheel and what it depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    scripts = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    pip = (scripts / "python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "install", "--no-compile", "--constraint", ROOT / "requirements.lock", wheel, cwd=folder)
    yield scripts
    shutil.rmtree(folder)  # it is large


def test_name(wheel: Path) -> None:
    assert wheel.name == f"formcoach-{__version__}-py3-none-any.whl"


@pytest.mark.parametrize("folder", ["rules", "samples"])
def test_folders_ship(folder: str, names: set[str]) -> None:
    ours = {path.name for path in (ROOT / folder).iterdir() if path.is_file()}
    shipped = {name.removeprefix(f"formcoach/{folder}/") for name in names if name.startswith(f"formcoach/{folder}/")}
    assert ours
    assert shipped == ours


def test_modules_ship(names: set[str]) -> None:
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "formcoach").rglob("*.py")}
    assert ours | {"formcoach/py.typed"} <= names


def test_what_lies_beside_the_modules_ships(names: set[str]) -> None:
    """Pages, styles, scripts, what is measured of each exercise: whatever a module may read."""
    files = [path for path in (ROOT / "formcoach").rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}]
    ours = {path.relative_to(ROOT).as_posix() for path in files if not path.name.startswith(".")}
    assert {"formcoach/pages/report.html.j2", "formcoach/pages/web.js", "formcoach/signatures.json"} <= ours
    assert ours <= names


def test_licence_ships(wheel: Path, names: set[str]) -> None:
    information = f"formcoach-{__version__}.dist-info"
    assert f"{information}/licenses/LICENSE" in names
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{information}/METADATA").decode()
    assert "License-Expression: MIT" in metadata
    assert metadata.rstrip().endswith((ROOT / "README.md").read_text(encoding="utf-8").rstrip())


def test_nothing_else_ships(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names} == {"formcoach", f"formcoach-{__version__}.dist-info"}
    assert [name for name in names if name.endswith(".pyc") or "/." in name] == []


def test_installed_package_lies_apart(run: Run, installed: Path, tmp_path: Path) -> None:
    script = "import formcoach, formcoach.catalogue as c; print(formcoach.__file__, c.bundled('rules'), sep='\\n')"
    for line in run(installed / "python", "-c", script, cwd=tmp_path).splitlines():
        assert Path(line).is_relative_to(installed.parent)


def test_installed_package_knows_the_exercises(run: Run, installed: Path, tmp_path: Path) -> None:
    listed = json.loads(run(installed / "formcoach", "exercises", "--json", cwd=tmp_path))
    assert len(listed) == len(list((ROOT / "rules").glob("*.py")))


def test_demo_runs_from_anywhere(run: Run, installed: Path, tmp_path: Path, model: ModelFile) -> None:
    out = run(installed / "formcoach", "demo", cwd=tmp_path)
    assert "Back rounding" in out
    assert "saved in " in out
    (folder,) = (tmp_path / "formcoach-out").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "report.html", "report.json", "reps.csv", "poses.npz", "annotated.mp4",
    }  # fmt: skip
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    found = [[finding["fault"] for finding in rep["findings"]] for one in report["sets"] for rep in one["reps"]]
    assert found == [[], [], ["rounded-back"], ["rounded-back"], ["rounded-back"]]
    assert list(tmp_path.iterdir()) == [tmp_path / "formcoach-out"]
    run(installed / "formcoach", "replay", folder, "--export", "flagged.mp4", "--speed", "4", cwd=tmp_path)
    assert (tmp_path / "flagged.mp4").stat().st_size > 10_000


def test_web_pages_are_made_from_anywhere(run: Run, installed: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from werkzeug.test import Client\n"
        "from formcoach.catalogue import load_catalogue; from formcoach.web import STATIC, make_app\n"
        "ask = Client(make_app(1, load_catalogue().exercises, Path(sys.argv[1]))).get\n"
        "for path in ('/', '/history', '/now.json', '/history/now.json', *(f'/static/{name}' for name in STATIC)):\n"
        "    print(ask(path, headers={'Host': '127.0.0.1:1'}).status_code)"
    )
    assert set(run(installed / "python", "-c", script, tmp_path, cwd=tmp_path).split()) == {"200"}
