"""Damaged, lying and hostile limits, labels, signatures, rules and data folders, as `hostile.py` has videos."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from functools import partial
from typing import TYPE_CHECKING, Any

from commands import analysed, command, visit
from hostile import NUMBERS, ROOT, VALUES, WORDS, Material, Task, exercises, spoilt

from formcoach.catalogue import load_catalogue
from formcoach.errors import FormCoachError
from formcoach.likeness import write_signatures
from formcoach.review import of_session
from formcoach.scenes import scenes_of
from formcoach.session_page import write_session_page
from formcoach.store import Store

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from formcoach.history import StoredSession

# ---- limits, labels, signatures ----

VALUES_OF_TOML = (
    "1", "-1", "0", "14.5", "nan", "inf", "-inf", "1e999", "9" * 400, "9" * 5000, "true", '"14"', "[1]", "{}",
    "1979-05-27", "0x7fffffffffffffff", "1e-300", "[[[[1]]]]", "{a = {b = 1}}", "''", "1979-05-27T07:32:00Z",
    "07:32:00",
)  # fmt: skip

ODD_KEYS = ("", "no-such", '"' + "x" * 999 + '"', "a.b.c", '"\\u0000"', "[x]", "'[bold]'")
ODD_TOML = ("x = " + "[" * 9999, "[" * 9999, "a." * 9999 + "b = 1", "x = '''" + "y" * 2_000_000, "\ufeff")


def limits(rng: Random, folder: Path, _material: Material) -> Task:
    """A file of one's own limits, and the exercise explained with them."""
    exercise = load_catalogue()[rng.choice(exercises())]
    lines: list[str] = []
    odd = rng.random() < 0.6
    for fault in rng.sample(exercise.faults, rng.randrange(1, len(exercise.faults) + 1)):
        name = rng.choice(ODD_KEYS) if odd and rng.random() < 0.1 else fault.id
        lines.append(f"[{rng.choice(ODD_KEYS) if odd and rng.random() < 0.05 else exercise.id}.{name}]")
        factor = rng.uniform(0.5, 2)
        levels = [("mild", fault.mild), ("severe", fault.severe), ("wrong", 1.0)]
        for level, value in levels[: 2 + (rng.random() < 0.02)]:
            number = rng.choice(VALUES_OF_TOML) if odd and rng.random() < 0.2 else value * factor
            lines.append(f"{level} = {number}")
    if rng.random() < 0.05:
        lines = [rng.choice(ODD_TOML)]
    data = "\n".join(lines).encode()
    path = folder / "limits.toml"
    path.write_bytes(spoilt(rng, data, data) if rng.random() < 0.3 else data)
    return partial(command, "explain", exercise.id, "--limits", str(path))


def labels(rng: Random, folder: Path, material: Material) -> Task:
    """Labels of videos, and the evaluation of a folder of them; its videos are empty, so none takes long."""
    reps = [{"start": i, "peak": i + 0.5, "end": i + 0.9, "side": "both", "faults": ["shrug"]} for i in range(3)]
    if rng.random() < 0.5:
        data: Any = {"exercise": "deadlift", "reps": reps, "notes": "", "kind": "reps"}
        name = "clip.json"
    else:
        data = [{"file": "clip.mp4", "exercise": "deadlift", "reps": 3, "notes": "", "rep_times_s": ""}]
        name = "labels.json"
    for _ in range(rng.choice((0, 0, 1, 1, 3))):
        data = _json_spoilt(rng, data)
    raw = json.dumps(data).encode()
    if rng.random() < 0.1:
        raw = rng.choice((b"[" * 100_000, b"9" * 10_000, b'{"a":' * 5000, b"\xff\xfe", b"NaN", b'"\\ud800"', b""))
    (folder / name).write_bytes(spoilt(rng, raw, raw) if rng.random() < 0.25 else raw)
    (folder / "clip.mp4").write_bytes(b"")
    return partial(command, "evaluate", str(folder), "--workers", "1", *(["--json"] if rng.random() < 0.5 else []))


def signatures(rng: Random, folder: Path, _material: Material) -> Task:
    """A file of signatures that more are to be written into."""
    data: Any = {"exercises": {"deadlift": {"rest knee_bend_deg": [10.0, 3.0], "peak bow_deg": [1.0, 2.0]}}}
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = _json_spoilt(rng, data)
    raw = json.dumps(data).encode()
    path = folder / "signatures.json"
    path.write_bytes(spoilt(rng, raw, raw) if rng.random() < 0.3 else raw)
    return partial(write_signatures, path, {"deadlift": [{"rest knee_bend_deg": 12.0}]})


def _json_spoilt(rng: Random, data: Any) -> Any:
    """The same with one thing in it exchanged."""
    if isinstance(data, dict) and data and rng.random() < 0.85:
        key = rng.choice(list(data))
        if rng.random() < 0.1:
            return {k: v for k, v in data.items() if k != key}
        return {**data, key: _json_spoilt(rng, data[key])}
    if isinstance(data, list) and data and rng.random() < 0.85:
        at = rng.randrange(len(data))
        return [*data[:at], _json_spoilt(rng, data[at]), *data[at + 1 :]]
    return rng.choice((None, True, [], {}, [[]], [None], 10**400, *NUMBERS, *VALUES, *WORDS))


# ---- rules ----

RULE = '''\
"""A row."""

from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import *
from formcoach.faults import *


def read(window):
    {body}


@m.of_side
def mine_deg(body, side):
    {measured}


EXERCISE = Exercise(
    id={id}, name={name}, sides={sides}, position={position}, best_view={best_view}, camera="", movement="",
    kind={kind}, signal={signal},
    faults=(
        Fault(
            id={fault}, name="Bad", priority={priority}, read={read}, mild={mild}, severe={severe}, unit={unit},
            grades={grades}, cue={cue}, explain={explain}, segment={segment},
        ),
        shrug(),
    ),
)
'''
SOUND = {
    "body": "return Reading(20.0, window.span.peak_s)", "measured": "return m.elbow_deg.function(body, side)",
    "id": "'bent-over-row'", "name": "'Mine'", "sides": "Sides.BOTH",
    "position": "(Gate(measure=m.hinge_deg, low=-90),)", "best_view": "View.SIDE", "kind": "Kind.REPS",
    "fault": "'bad'", "priority": "1", "read": "read", "mild": "10.0", "severe": "30.0", "unit": "'deg'",
    "grades": "Grades.of('F:A R:A S:A O:A')", "cue": "'Better'", "explain": "'Do'", "segment": "('SHOULDER', 'HIP')",
    "signal": "RepSignal(measure=m.elbow_over_t, rest=-0.45, peak=0.15, full=0.4)",
}  # fmt: skip
BODIES = (
    "return 1 / 0", "return None", "return 'bad'", "return Reading('20')", "return Reading(None)", "return UNSEEN",
    "return Reading(float('inf'))", "return Reading(-float('inf'), float('nan'), float('nan'))",
    "return Reading(1e308, 1e308)", "return Reading(20.0, 'late')", "return Reading(20.0, 1.0, 'sure')",
    "return Reading(20.0, 1.0, 5.0, 7, 8)", "raise ValueError('two\\nlines ' + 'x' * 999)", "raise SystemExit(3)",
    "return read(window)", "assert False", "return Reading(window.table.values(m.trunk_lean_deg))",
    "return Reading(window.table.values(m.trunk_lean_deg)[9999])",
    "raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()", "return 20.0", "yield 20.0",
    "return Reading(float(window.table.values(mine_deg)[0]), 1.0)", "return change(mine_deg, Phase.WHOLE)(window)",
    "return Reading(window.neutral.median(m.bow_deg), window.span.peak_s)",
)  # fmt: skip
MEASURED = (
    "return 1 / 0", "return None", "return 'x'", "return float('nan')", "return float('inf')", "return 1e308",
    "return []",
)  # fmt: skip
WRONG = (
    "None", "3", "-1", "'x'", "''", "()", "[]", "{}", "float('nan')", "float('inf')", "object()", "Fault", "1e308",
    "0", "True", "('a', 'b')", "print", "m.elbow_deg", "b'x'", "'[bold]x'", "'a\\nb'", "View.SIDE", "Kind.HOLD",
    "Kind.CARRY", "Sides.ONE", "Sides.ALTERNATING", "RepSignal(measure=mine_deg, rest=160, peak=60, full=70)",
    "RepSignal(measure=m.elbow_over_t, rest=1, peak=1, full=0)",
    "RepSignal(measure=m.elbow_over_t, rest=0, peak=float('nan'), full=1)", "HoldSignal(gates=(), target_s=0)",
    "HoldSignal(gates=(Gate(measure=mine_deg, low=-1e9),), target_s=3.0, min_s=0.1)",
    "(Gate(measure=mine_deg, low=0),)", "(Gate(measure=m.hinge_deg, low=float('nan')),)",
    "Grades.of('F:X R:X S:X O:X')",
    "RepSignal(measure=replace(m.elbow_over_t, name='odd'), rest=-0.45, peak=0.15, full=0.4)",
    "RepSignal(measure=m.elbow_over_t, rest='a', peak=0.15, full=0.4)",
)  # fmt: skip


def rules(rng: Random, folder: Path, _material: Material) -> Task:
    """A rule module of one's own, and a sample judged by it."""
    parts = dict(SOUND)
    if rng.random() < 0.4:
        parts["body"] = rng.choice(BODIES)
    if rng.random() < 0.25:
        parts["measured"] = rng.choice(MEASURED)
        parts["signal"] = rng.choice((parts["signal"], "RepSignal(measure=mine_deg, rest=160, peak=60, full=70)"))
    for name in rng.sample(sorted(SOUND.keys() - {"body", "measured"}), rng.choice((0, 0, 1, 1, 2))):
        parts[name] = rng.choice(WRONG)
    text = RULE.format(**parts).encode()
    own = folder / "rules"
    own.mkdir()
    (own / "mine.py").write_bytes(spoilt(rng, text, text) if rng.random() < 0.15 else text)
    if rng.random() < 0.1:
        other = rng.choice(("EXERCISE = 3", "1 / 0", "import nothing", "def f(:"))
        (own / "other.py").write_text(other, encoding="utf-8")
    sample = ROOT / "samples" / "bent-over-row_rounded-back.poses.npz"
    return partial(_judged_by, sample, own, folder / "out")


def _judged_by(sample: Path, own: Path, out: Path) -> None:
    command("exercises", "--rules", str(own))
    with contextlib.suppress(FileNotFoundError):
        shutil.copy(sample, out.parent / "poses.npz")
    analysed(out.parent / "poses.npz", "bent-over-row", out, "--rules", str(own), sound=False)
    command("explain", "bent-over-row", "--rules", str(own))


# ---- sessions and analysed folders ----

VALUES_OF_SQL = (None, 0, -1, 1, 2**62, 1e308, -1e308, float("inf"), 1e-300, b"\x00\xff", *WORDS)
ODD_NAMES = (
    "poses-²³.npz", "poses-.npz", "video-000001000.mp4", "video-" + "9" * 240 + ".mp4", "report.html", "x\ny",
)  # fmt: skip
TABLES = ("sessions", "sets", "reps", "findings", "not_assessed", "cues", "settings")


def a_history(rng: Random, folder: Path, material: Material) -> Task:
    """A data folder with sessions in it, looked at by all that looks at sessions."""
    home = folder / "home"
    shutil.copytree(material.home, home)
    for _ in range(rng.choice((1, 1, 2, 3))):
        rng.choice((*(_rows_spoilt,) * 2, _database_spoilt, *(_files_spoilt,) * 3))(rng, home)
    return partial(_looked_at, home, export=rng.random() < 0.01)


def _rows_spoilt(rng: Random, home: Path) -> None:
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(home / "formcoach.db")) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for _ in range(rng.choice((1, 1, 3))):
            table = rng.choice(TABLES)
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            column, value = rng.choice(columns or ["none"]), rng.choice(VALUES_OF_SQL)
            with contextlib.suppress(sqlite3.Error, UnicodeError, OverflowError):
                match rng.randrange(8):
                    case 0:
                        connection.execute(f"DELETE FROM {table}")  # noqa: S608
                    case 1:
                        connection.execute(f"PRAGMA user_version = {rng.choice((-1, 0, 1, 3, 999))}")
                    case 2:
                        connection.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO nothing")
                    case _:
                        connection.execute(f'UPDATE {table} SET "{column}" = ?', (value,))  # noqa: S608
        connection.commit()


def _database_spoilt(rng: Random, home: Path) -> None:
    path = home / "formcoach.db"
    match rng.randrange(8):
        case 0:
            path.unlink(missing_ok=True)
            path.mkdir()
        case 1:
            path.unlink(missing_ok=True)
            path.symlink_to(rng.choice(("/dev/null", "/nowhere/at/all", "formcoach.db")))
        case 2:
            (home / "formcoach.db-wal").write_bytes(rng.randbytes(5000))
        case _:
            if path.is_file():
                data = path.read_bytes()
                path.write_bytes(spoilt(rng, data, data))


def _files_spoilt(rng: Random, home: Path) -> None:
    files = sorted(path for path in (home / "sessions").rglob("*") if path.is_file() and not path.is_symlink())
    if not files:
        return
    path = rng.choice(files)
    data = path.read_bytes()
    match rng.randrange(10):
        case 0:
            path.unlink()
        case 1:
            path.unlink()
            path.mkdir()
        case 2:
            path.unlink()
            path.symlink_to(rng.choice(("/dev/zero", "/nowhere", "/etc/passwd", path.name, "..", "/dev/full")))
        case 3:
            path.unlink()
            os.mkfifo(path)
        case 4:
            shutil.rmtree(path.parent)
            if rng.random() < 0.5:
                path.parent.symlink_to(rng.choice(("/etc", "/nowhere", "..")))
        case 5:
            (path.parent / rng.choice(ODD_NAMES)).write_bytes(data)
        case _:
            path.write_bytes(spoilt(rng, data, data))


def _looked_at(home: Path, *, export: bool) -> None:
    os.environ["FORMCOACH_HOME"] = str(home)
    exported = ("replay", "1", "--all", "--export", str(home / "replay.mp4"))
    refusals = [_refused(partial(command, *args)) for args in (*LOOKS, *([exported] if export else []))]
    visit(home)
    with Store(home) as store:
        for one in store.sessions():
            refusals += [_refused(partial(look, store, one)) for look in (_paged, _played)]
    for refusal in refusals:
        if refusal is not None:
            raise refusal


LOOKS = (("history",), ("history", "--json"), ("history", "--csv"), ("replay", "--list"), ("history", "keep-clips"))


def _refused(task: Task) -> FormCoachError | None:
    try:
        task()
    except FormCoachError as error:
        return error
    return None


def _paged(store: Store, session: StoredSession) -> None:
    write_session_page(store, session.id, load_catalogue()[session.exercise])


def _played(store: Store, session: StoredSession) -> None:
    scenes_of(of_session(store, session), every=True)
