"""The history: what went in comes out, whoever dies in between, and nothing outside the data folder is touched."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sessions import exercise, finding, flagged, rep

from formcoach import __version__, database
from formcoach.body import Side
from formcoach.coach import Cue
from formcoach.database import DamagedError, FullError, RefusedError, explained
from formcoach.errors import FormCoachError
from formcoach.history import RESERVE, Ending, clip_name, closed_line
from formcoach.session import Targets
from formcoach.store import DATABASE, LOCK, SESSIONS, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formcoach.exercise import Rep
    from formcoach.history import StoredRep, StoredSession

ROOT = Path(__file__).parent.parent
TARGETS = Targets(sets=3, reps=8, weight="24 kg", rest_s=90.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path, timeout_s=0.2) as opened:
        yield opened


def begin(store: Store, *reps: Rep) -> StoredSession:
    session = store.start_session("bent-over-row", camera="0", model="full", targets=TARGETS, clock_s=0.5)
    for one in reps:
        store.add_rep(session.id, one.set_number, one, exercise())
    return session


def one_line(error: pytest.ExceptionInfo[FormCoachError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


@contextlib.contextmanager
def raw(home: Path) -> Iterator[sqlite3.Connection]:
    """The database, past the store."""
    with contextlib.closing(sqlite3.connect(home / DATABASE, isolation_level=None)) as connection:
        yield connection


# --- there and back ---


def test_a_session_comes_back(store: Store) -> None:
    session = begin(store)
    assert session.folder.is_dir()
    assert session.ended_at is None
    assert session.ending is None
    assert (session.exercise, session.camera, session.model) == ("bent-over-row", "0", "full")
    assert (session.formcoach, session.targets, session.clock_s) == (__version__, TARGETS, 0.5)
    store.add_note(session.id, "the camera\nwas unplugged")
    store.add_note(session.id, "and back")
    store.finish_session(session.id, Ending.INTERRUPTED)
    [after] = store.sessions()
    assert after == store.session(session.id)
    assert after.notes == ("the camera was unplugged", "and back")
    assert after.ending is Ending.INTERRUPTED
    assert after.ended_at is not None
    assert timedelta(0) <= after.ended_at - after.started_at < timedelta(seconds=10)
    assert after.started_at.utcoffset() == timedelta(0)


def test_targets_may_be_absent(store: Store) -> None:
    assert store.start_session("deadlift", camera="0", model="full").targets == Targets()


def test_reps_come_back_as_they_were_judged(store: Store) -> None:
    reps = [
        rep(1),
        rep(2, 3.0, 4.0, finding("severe"), finding("mild", "shrug"), side=Side.LEFT),
        rep(3, 5.0, 6.0, finding(), hints=(finding("mild", "shrug"), finding("mild", "hinge-depth"))),
        replace(rep(4, 7.0, 8.0, side=Side.RIGHT), set_number=2, not_assessed=()),
    ]
    session = begin(store, *reps)
    stored = store.reps_of(session.id)
    assert [one.rep for one in stored] == reps
    assert {one.unit for one in stored} == {exercise().unit}
    assert all(one.clip is None and math.isnan(one.clip_start_s) for one in stored)
    assert (store.session(session.id).reps, store.session(session.id).flagged) == (4, 2)
    assert "4 reps" in store.session(session.id).title


def test_other_programs_read_range_and_phases(store: Store, tmp_path: Path) -> None:
    begin(store, rep(1, 1.0, 2.0))
    with raw(tmp_path) as connection:
        row = connection.execute("SELECT range, concentric_s, hold_s, eccentric_s FROM reps").fetchone()
    assert row == pytest.approx((71.5, 0.4, 0.2, 0.4))


def test_what_is_nan_stays_nan(store: Store) -> None:
    unseen = replace(finding(), value=math.nan, time_s=math.nan)
    one = replace(rep(1, 1, 2, unseen), azimuth_deg=math.nan)
    session = begin(store, replace(one, span=replace(one.span, peak_s=math.nan, reach=math.nan, complete=False)))
    [after] = store.reps_of(session.id)
    assert math.isnan(after.rep.azimuth_deg)
    assert math.isnan(after.rep.span.peak_s)
    assert math.isnan(after.rep.span.reach)
    assert after.rep.span.complete is False
    assert math.isnan(after.rep.findings[0].value)
    assert math.isnan(after.rep.findings[0].time_s)


def test_numpy_numbers_are_taken(store: Store) -> None:
    one = rep(1, 1, 2, replace(finding(), value=np.float32(2.5)))  # type: ignore[arg-type]
    session = begin(store, replace(one, span=replace(one.span, end_s=np.float32(2.5), complete=np.True_)))  # type: ignore[arg-type]
    [after] = store.reps_of(session.id)
    assert (after.rep.span.end_s, after.rep.findings[0].value, after.rep.span.complete) == (2.5, 2.5, True)


def test_sets_end_by_themselves_with_the_session(store: Store) -> None:
    session = begin(store)
    store.add_set(session.id, 1, 0.5)
    store.add_rep(session.id, 1, rep(1, 1, 2), exercise())
    store.finish_set(session.id, 1, 2.5)
    store.add_rep(session.id, 2, rep(2, 5, 6), exercise())
    store.add_set(session.id, 3, 9.0)
    assert [(one.number, one.start_s, one.end_s) for one in store.sets_of(session.id)] == [
        (1, 0.5, 2.5), (2, 5.0, None), (3, 9.0, None),
    ]  # fmt: skip
    store.finish_session(session.id)
    assert [one.end_s for one in store.sets_of(session.id)] == [2.5, 6.0, 9.0]


def test_cues_come_back_in_order(store: Store) -> None:
    session = begin(store, rep(1))
    said = Cue(time_s=9.0, fault=None, text="That's it")
    first = Cue(time_s=2.5, fault="rounded-back", text="Long back")
    store.add_cue(session.id, said)
    store.add_cue(session.id, first, 1)
    assert [(one.cue, one.rep_number) for one in store.cues_of(session.id)] == [(first, 1), (said, None)]


def test_a_clip_is_named_and_unnamed(store: Store) -> None:
    session = begin(store, flagged(1))
    store.plan_clip(session.id, 1, 0.25)
    assert (stored(store, session).clip, stored(store, session).clip_start_s) == (None, 0.25)
    store.set_clip(session.id, 1, clip_name(1))
    assert stored(store, session).clip == session.folder / "rep-0001.mp4"
    store.set_clip(session.id, 1, None)
    assert stored(store, session).clip is None


def stored(store: Store, session: StoredSession) -> StoredRep:
    [one] = store.reps_of(session.id)
    return one


def test_what_contradicts_is_refused_whole(store: Store) -> None:
    session = begin(store, rep(1))
    with pytest.raises(RefusedError):
        store.add_rep(session.id, 2, rep(1, set_number=2), exercise())
    assert [one.number for one in store.sets_of(session.id)] == [1]
    for change in (
        lambda: store.add_rep(99, 1, rep(1), exercise()),
        lambda: store.set_clip(session.id, 7, "x"),
        lambda: store.finish_set(session.id, 7, 1.0),
        lambda: store.add_cue(99, Cue(time_s=1.0, fault=None, text="x")),
        lambda: store.finish_session(99),
        lambda: store.session(99),
    ):
        with pytest.raises(RefusedError) as error:
            change()
        one_line(error)
    store.add_rep(session.id, 1, rep(2), exercise())
    assert store.session(session.id).reps == 2


def test_sessions_of_one_second_have_folders_of_their_own(store: Store) -> None:
    sessions = [store.start_session("a/../b", camera="0", model="full") for _ in range(3)]
    assert len({one.folder for one in sessions}) == 3
    assert all(one.folder.parent == store.home / SESSIONS for one in sessions)
    assert [one.id for one in store.sessions()] == [3, 2, 1]


# --- versions of the file ---


def test_an_empty_file_is_version_0(tmp_path: Path) -> None:
    with raw(tmp_path) as connection:
        connection.execute("CREATE TABLE somebodys (thing)")
        connection.execute("INSERT INTO somebodys VALUES (1)")
    with Store(tmp_path) as store:
        begin(store, rep(1))
    with raw(tmp_path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(database.SCRIPTS),)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("SELECT * FROM somebodys").fetchall() == [(1,)]


def test_an_older_file_is_brought_up_with_what_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path) as store:
        begin(store, flagged(1), rep(2))
    add = "ALTER TABLE sessions ADD COLUMN mood TEXT NOT NULL DEFAULT 'good'; CREATE TABLE moods (name TEXT)"
    monkeypatch.setattr(database, "SCRIPTS", (*database.SCRIPTS, add))
    with Store(tmp_path) as store:
        assert (store.session(1).reps, store.session(1).flagged) == (2, 1)
    with raw(tmp_path) as connection:
        assert connection.execute("SELECT mood FROM sessions").fetchall() == [("good",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (len(database.SCRIPTS),)


def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path) as store:
        begin(store, rep(1))
    with monkeypatch.context() as patch:
        patch.setattr(database, "SCRIPTS", (*database.SCRIPTS, "CREATE TABLE moods (name); CREATE TABLE reps (x)"))
        with pytest.raises(FormCoachError) as error:
            Store(tmp_path)
        assert "already exists" in one_line(error)
    with Store(tmp_path) as store, raw(tmp_path) as connection:
        assert store.session(1).reps == 1
        assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'moods'").fetchall() == []


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    with raw(tmp_path) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(FormCoachError) as error:
        Store(tmp_path, start_anew=True)
    assert "newer FormCoach (version 7" in one_line(error)
    assert [path.name for path in tmp_path.glob("*.db")] == [DATABASE]


# --- what is wrong with the file ---


def damage(home: Path, *, from_byte: int) -> None:
    path = home / DATABASE
    data = bytearray(path.read_bytes()) if path.exists() else bytearray(8192)
    data[from_byte:] = b"no database " * (len(data[from_byte:]) // 12 + 1)
    path.write_bytes(data)


@pytest.mark.parametrize("from_byte", [0, 100, 5000])
def test_a_damaged_file_is_put_aside_only_when_asked(tmp_path: Path, from_byte: int) -> None:
    with Store(tmp_path) as store:
        session = begin(store, rep(1))
        store.finish_session(session.id)
    damage(tmp_path, from_byte=from_byte)
    before = (tmp_path / DATABASE).read_bytes()
    with pytest.raises(DamagedError) as error, Store(tmp_path) as store:
        store.sessions()
    assert "is damaged" in one_line(error)
    with Store(tmp_path, start_anew=True) as store:
        assert store.sessions() == []
        begin(store, rep(1))
    [aside] = tmp_path.glob("formcoach.damaged-*.db")
    assert aside.read_bytes() == before
    assert session.folder.is_dir()


def test_damage_that_sqlite_cannot_even_name_is_told(tmp_path: Path) -> None:
    """Its message quotes a broken table's name, which is no text."""
    with pytest.raises(DamagedError) as error, explained(tmp_path / DATABASE):
        raise UnicodeDecodeError("utf-8", b"table \xa5", 6, 7, "invalid start byte")
    assert "is damaged" in one_line(error)


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e308, "1e999", "much"])
@pytest.mark.parametrize("column", ["peak_s", "rest", "reach", "clip_start_s", "azimuth_deg"])
def test_a_session_with_numbers_that_cannot_be_is_left_out(
    store: Store, tmp_path: Path, column: str, value: object
) -> None:
    session = begin(store, rep(1))
    with raw(tmp_path) as other:
        other.execute(f"UPDATE reps SET {column} = ?", (value,))  # noqa: S608
        other.commit()
    with pytest.raises(FormCoachError) as error:
        store.reps_of(session.id)
    assert f"session {session.id} makes no sense" in one_line(error)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("findings SET severity", "inf"), ("findings SET severity", b"mild"), ("findings SET fault", b"\xff"),
        ("findings SET unit", "kg"), ("not_assessed SET why", b"x"), ("reps SET range_unit", "%"),
        ("sessions SET exercise", b"x"), ("sessions SET notes", b"x"), ("sessions SET target_sets", "many"),
        ("sessions SET weight", b"x"), ("sets SET start_s", "late"), ("sets SET end_s", math.inf),
        ("cues SET text", b"x"), ("cues SET time_s", "soon"),
    ],
)  # fmt: skip
def test_a_session_with_words_that_cannot_be_is_left_out(
    store: Store, tmp_path: Path, change: str, value: object
) -> None:
    session = begin(store, flagged(1))
    store.add_cue(session.id, Cue(time_s=1.0, fault=None, text="Better"))
    with raw(tmp_path) as other:
        other.execute(f"UPDATE {change} = ?", (value,))
        other.commit()
    reads = (store.session, store.reps_of, store.sets_of, store.cues_of)
    with pytest.raises(FormCoachError) as error:
        [read(session.id) for read in reads]
    assert f"session {session.id} makes no sense" in one_line(error)


def test_a_column_that_is_gone_is_told(store: Store, tmp_path: Path) -> None:
    begin(store, rep(1))
    with raw(tmp_path) as other:
        other.execute("ALTER TABLE sessions RENAME COLUMN rest_s TO pause_s")
        other.commit()
    sound, [why] = store.survey()
    assert sound == []
    assert "makes no sense" in why


def test_a_sound_file_is_not_put_aside(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        begin(store)
    with Store(tmp_path, start_anew=True) as store:
        assert len(store.sessions()) == 1
    assert not list(tmp_path.glob("*damaged*"))


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / DATABASE).mkdir()
    with pytest.raises(FormCoachError) as error:
        Store(tmp_path)
    assert DATABASE in one_line(error)


def test_another_program_that_writes_is_waited_for_and_then_told(store: Store, tmp_path: Path) -> None:
    session = begin(store)
    with raw(tmp_path) as other:
        other.execute("BEGIN IMMEDIATE")
        before = time.monotonic()
        with pytest.raises(FormCoachError) as error:
            store.add_rep(session.id, 1, rep(1), exercise())
        assert 0.15 < time.monotonic() - before < 2
        assert "in use by another program" in one_line(error)
        assert store.reps_of(session.id) == []  # readers are not held up
        other.execute("ROLLBACK")
    store.add_rep(session.id, 1, rep(1), exercise())
    assert store.session(session.id).reps == 1


def fill(store: Store) -> None:
    """Let the database not grow any further."""
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(store: Store) -> None:
    store._connection.execute("PRAGMA max_page_count = 1000000")


def test_a_full_disk_is_told_and_what_is_there_stays(store: Store) -> None:
    session = begin(store, rep(1))
    fill(store)
    stored = 1

    def go_on() -> None:
        nonlocal stored
        while True:
            store.add_rep(session.id, 1, flagged(stored + 1), exercise())
            stored += 1

    with pytest.raises(FormCoachError) as error:
        go_on()
    assert "the disk is full" in one_line(error)
    assert [one.rep.number for one in store.reps_of(session.id)] == list(range(1, stored + 1))
    assert all(one.rep.findings for one in store.reps_of(session.id)[1:])
    make_room(store)
    store.add_rep(session.id, 1, flagged(stored + 1), exercise())


@pytest.mark.parametrize("text", ["disk I/O error", "unable to open database file"])
def test_a_failure_that_names_no_cause_is_the_full_disk_where_it_is_full(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free, kind in ((0, FullError), (10**9, FormCoachError)):
        usage = shutil._ntuple_diskusage(10**12, 10**12, free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _, usage=usage: usage)
        with pytest.raises(FormCoachError) as error, explained(tmp_path / "formcoach.db"):
            raise sqlite3.OperationalError(text)
        assert type(error.value) is kind
        assert ("the disk is full" in one_line(error)) is (kind is FullError)


def test_the_log_is_written_back(store: Store) -> None:
    session = begin(store, rep(1))
    log = store.path.with_name(store.path.name + "-wal")
    assert log.stat().st_size > 0
    assert store.write_back()
    assert log.stat().st_size == 0
    assert store.session(session.id).reps == 1


def test_a_log_that_is_being_read_stays(store: Store, tmp_path: Path) -> None:
    begin(store, rep(1))
    with raw(tmp_path) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM reps").fetchone()
        store.add_rep(1, 1, rep(2), exercise())
        assert not store.write_back()
        other.execute("ROLLBACK")
    assert store.session(1).reps == 2


# --- other processes ---


def child(code: str, home: Path) -> subprocess.Popen[str]:
    """Run code in a process of its own, with `home` and the tests' modules at hand."""
    head = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from sessions import *
home = Path({str(home)!r})
"""
    return subprocess.Popen(
        [sys.executable, "-c", head + code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


WRITE = """
with Store(home) as store:
    session = store.start_session("bent-over-row", camera="0", model="full")
    for number in range(1, 101):
        store.add_rep(session.id, 1, flagged(number), exercise())
    store.finish_session(session.id)
"""


def test_two_processes_begin_and_write_at_once(tmp_path: Path) -> None:
    processes = [child(WRITE, tmp_path) for _ in range(2)]
    for process in processes:
        with process:
            process.communicate(timeout=60)
        assert process.returncode == 0
    with Store(tmp_path) as store:
        assert [(one.reps, one.ending) for one in store.sessions()] == [(100, Ending.FINISHED)] * 2
        for session in store.sessions():
            assert [one.rep.number for one in store.reps_of(session.id)] == list(range(1, 101))
        assert store.close_torn() == []


LIVE = """
store = Store(home)
session = store.start_session("bent-over-row", camera="0", model="full", clock_s=100.0)
store.add_rep(session.id, 1, rep(1, 101, 103), exercise())
store.add_rep(session.id, 1, flagged(2, 104, 107.5), exercise())
print(session.id, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def living(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is in the middle of a session."""
    with child(LIVE, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        yield process
        process.kill()


def test_a_session_of_a_process_that_lives_is_left_alone(living: subprocess.Popen[str], store: Store) -> None:
    assert store.close_torn() == []
    assert store.session(1).ending is None
    with pytest.raises(FormCoachError, match="is being recorded"):
        store.delete_session(1)
    assert store.session(1).folder.is_dir()
    assert living.poll() is None


def test_a_session_of_a_process_that_died_is_closed_and_named(living: subprocess.Popen[str], store: Store) -> None:
    living.kill()
    living.wait()
    [closed] = store.close_torn()
    assert (closed.id, closed.ending, closed.reps) == (1, Ending.TORN, 2)
    assert closed.ended_at == closed.started_at + timedelta(seconds=7.5)
    assert [one.end_s for one in store.sets_of(1)] == [107.5]
    assert "2 reps" in closed_line(closed)
    assert store.close_torn() == []


def test_own_sessions_are_not_torn(store: Store, tmp_path: Path) -> None:
    begin(store)
    assert store.close_torn() == []
    with Store(tmp_path) as other:
        assert other.close_torn() == []


def test_a_session_without_reps_ends_when_it_began(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        session = begin(store)
    with Store(tmp_path) as store:
        [closed] = store.close_torn()
        assert closed.ended_at == session.started_at


def test_a_torn_session_whose_folder_is_gone_is_closed(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        session = begin(store, rep(1))
    for path in session.folder.iterdir():
        path.unlink()
    session.folder.rmdir()
    with Store(tmp_path) as store:
        assert [one.reps for one in store.close_torn()] == [1]


def test_closing_makes_rows_and_files_agree(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        session = begin(store, flagged(1), flagged(2), flagged(3))
        (session.folder / clip_name(1)).write_bytes(b"whole, and not named yet")
        store.set_clip(session.id, 2, clip_name(2))  # named, and gone
        (session.folder / ".0123456789ab.part").write_bytes(b"half")
        (session.folder / RESERVE).write_bytes(b"for a disk that is full")
    with Store(tmp_path) as store:
        assert len(store.close_torn()) == 1
        assert [one.clip for one in store.reps_of(session.id)] == [session.folder / clip_name(1), None, None]
    assert {path.name for path in session.folder.iterdir()} == {clip_name(1), LOCK}


# --- deleting, and the disk ---


def test_deleting_takes_rows_and_folder(store: Store, tmp_path: Path) -> None:
    sessions = [begin(store, flagged(1), rep(2)) for _ in range(2)]
    for session in sessions:
        (session.folder / clip_name(1)).write_bytes(b"x")
        store.finish_session(session.id)
    store.delete_session(sessions[0].id)
    assert not sessions[0].folder.exists()
    assert sessions[1].folder.is_dir()
    assert store.sessions() == [store.session(sessions[1].id)]
    assert [path.name for path in (tmp_path / SESSIONS).iterdir()] == [sessions[1].folder.name]
    with raw(tmp_path) as connection:
        for table, rows in (("sets", 1), ("reps", 2), ("findings", 1), ("not_assessed", 2)):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (rows,)  # noqa: S608
    with pytest.raises(RefusedError):
        store.delete_session(sessions[0].id)
    assert begin(store).id == 3


def test_deleting_a_session_whose_folder_is_gone(store: Store) -> None:
    session = begin(store)
    store.finish_session(session.id)
    session.folder.rename(store.home / "elsewhere")
    store.delete_session(session.id)
    assert store.sessions() == []
    assert (store.home / "elsewhere").is_dir()


@pytest.fixture
def precious(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "precious").write_bytes(b"mine")
    (folder / ".x.part").write_bytes(b"mine")
    return folder


def link(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target, target_is_directory=True)
    except OSError:
        pytest.skip("links are not allowed here")


def test_a_link_out_of_the_data_folder_is_not_followed(store: Store, precious: Path) -> None:
    session = begin(store, rep(1))
    store.finish_session(session.id)
    session.folder.rename(store.home / "aside")
    link(session.folder, precious)
    with pytest.raises(FormCoachError) as error:
        store.delete_session(session.id)
    assert "leads out of" in one_line(error)
    assert (precious / "precious").is_file()
    assert store.session(session.id).reps == 1


def test_a_link_within_a_session_is_removed_and_not_followed(store: Store, precious: Path) -> None:
    session = begin(store)
    store.finish_session(session.id)
    link(session.folder / "inner", precious)
    link(session.folder.with_name("another"), precious)
    used = store.disk_use().folders
    assert list(used) == [session.folder.name]
    assert used[session.folder.name] < len(b"mine")
    store.delete_session(session.id)
    assert not session.folder.exists()
    assert (precious / "precious").is_file()


def test_sessions_folder_that_is_a_link_is_not_followed(store: Store, precious: Path) -> None:
    session = begin(store)
    store.finish_session(session.id)
    (precious / session.folder.name).mkdir()
    (store.home / SESSIONS).rename(store.home / "aside")
    link(store.home / SESSIONS, precious)
    with pytest.raises(FormCoachError, match="leads out of"):
        store.delete_session(session.id)
    assert (precious / session.folder.name).is_dir()


def test_a_torn_session_that_is_a_link_is_closed_and_its_files_left(tmp_path: Path, precious: Path) -> None:
    with Store(tmp_path) as store:
        session = begin(store, rep(1))
    session.folder.rename(tmp_path / "aside")
    link(session.folder, precious)
    with Store(tmp_path) as store:
        assert len(store.close_torn()) == 1
    assert sorted(path.name for path in precious.iterdir()) == [".x.part", "precious"]


@pytest.mark.parametrize("name", ["../precious", "..", "/", ""])
def test_a_name_that_leads_elsewhere_is_refused(store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / "precious").mkdir()
    session = begin(store)
    store.finish_session(session.id)
    with raw(tmp_path) as connection:
        connection.execute("UPDATE sessions SET folder = ?", (name,))
    with pytest.raises(FormCoachError):
        store.delete_session(session.id)
    assert (tmp_path / "precious").is_dir()
    assert (tmp_path / DATABASE).is_file()
    assert session.folder.is_dir()


def test_disk_use_adds_up(store: Store) -> None:
    session = begin(store)
    before = store.disk_use()
    (session.folder / "a").write_bytes(bytes(1000))
    (store.home / SESSIONS / "nobodys").mkdir()
    (store.home / SESSIONS / "nobodys" / "b").write_bytes(bytes(500))
    after = store.disk_use()
    assert after.total - before.total == 1500
    assert after.database > 0
    assert after.folders["nobodys"] == 500


def test_the_usual_place_is_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORMCOACH_HOME", str(tmp_path / "home"))
    with Store() as store:
        assert begin(store).folder.is_relative_to(tmp_path / "home")


def test_a_rep_is_stored_quickly(store: Store) -> None:
    session = begin(store)
    took = []
    for number in range(1, 101):
        before = time.perf_counter()
        store.add_rep(session.id, 1, flagged(number), exercise())
        took.append(time.perf_counter() - before)
    assert sorted(took)[50] < 0.01
