"""formcoach history: broken sessions named, old databases brought up to date, sessions deleted, clips kept so long."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from recordings import record
from sessions import flagged, rep

from formcoach import live
from formcoach.database import SCRIPTS
from formcoach.errors import FormCoachError
from formcoach.exercise import Walk
from formcoach.history import RESERVE, clip_name
from formcoach.listing import all_trained
from formcoach.session_page import PAGE
from formcoach.store import DATABASE, SESSIONS, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Cli

    from formcoach.history import StoredSession


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("FORMCOACH_HOME", str(folder))
    return folder


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    with Store(home, timeout_s=0.2) as opened:
        yield opened


def session(store: Store, *, days_ago: float = 0.0, reps: int = 2) -> StoredSession:
    """A finished session of flagged reps, each with a clip of four bytes."""
    made = record(store, [flagged(n, 3.0 * n, 3.0 * n + 2) for n in range(1, reps + 1)], clips=False, track=False)
    for number in range(1, reps + 1):
        store.plan_clip(made.id, number, 0.0)
        (made.folder / clip_name(number)).write_bytes(b"clip")
        store.set_clip(made.id, number, clip_name(number))
    ended = datetime.now(timezone.utc) - timedelta(days=days_ago)
    store._connection.execute("UPDATE sessions SET ended_at = ? WHERE id = ?", (ended.isoformat(), made.id))
    return store.session(made.id)


def clips_of(made: StoredSession) -> list[str]:
    return sorted(path.name for path in made.folder.glob("*.mp4"))


# ---- the database of each older version ----


OLD_ROWS = """
INSERT INTO sessions (exercise, started_at, ended_at, ending, clock_s, camera, formcoach, model, folder) VALUES
  ('bent-over-row', '2026-01-05T10:00:00.000+00:00', '2026-01-05T10:10:00.000+00:00', 'finished', 0.0, '0', '0.0.1',
   'full', '2026-01-05_old');
INSERT INTO sets (session_id, number, start_s, end_s) VALUES (1, 1, 1.0, 3.0);
INSERT INTO reps (session_id, set_number, number, side, start_s, peak_s, lowering_s, end_s, complete, rest, peak,
  next_rest, reach, range_unit, view, azimuth_deg) VALUES
  (1, 1, 1, 'both', 1.0, 1.8, 2.0, 3.0, 1, 0.1, 0.8, 0.1, 1.0, 'T', 'side', 84.0);
INSERT INTO findings VALUES (1, 0, 0, 'rounded-back', 'mild', 14.0, 12.0, 'deg', 1.9, 0.8);
"""


@pytest.mark.parametrize("version", range(len(SCRIPTS)))
def test_a_database_of_an_older_version_is_brought_up_to_date(home: Path, version: int) -> None:
    with contextlib.closing(sqlite3.connect(home / DATABASE)) as connection:
        for script in SCRIPTS[:version]:
            connection.executescript(script)
        if version:
            connection.executescript(OLD_ROWS)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()
    with Store(home) as store:
        assert len(store.sessions()) == bool(version)
        for old in store.sessions():
            [one] = store.reps_of(old.id)
            assert [found.fault for found in one.rep.findings] == ["rounded-back"]
            assert (one.rep.unlike, one.rep.judged, one.rep.walk) == (False, True, None)
        assert store.clip_days is None
        store.keep_clips(30)
        new = record(store, [rep(1)], clips=False, track=False)
        assert store.reps_of(new.id)[0].rep.number == 1
    with contextlib.closing(sqlite3.connect(home / DATABASE)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(SCRIPTS),)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_what_was_not_judged_and_what_was_walked_comes_back(store: Store) -> None:
    odd = replace(rep(1), unlike=True, judged=False, walk=Walk(steps=12, turns=2))
    made = record(store, [odd, rep(2, 3, 5)], clips=False, track=False)
    first, second = (one.rep for one in store.reps_of(made.id))
    assert (first.unlike, first.judged, first.walk) == (True, False, Walk(steps=12, turns=2))
    assert (second.unlike, second.judged, second.walk) == (False, True, None)


def test_a_movement_that_was_unlike_stays_unjudged_in_an_older_database(home: Path) -> None:
    with contextlib.closing(sqlite3.connect(home / DATABASE)) as connection:
        for script in SCRIPTS[:2]:
            connection.executescript(script)
        connection.executescript(OLD_ROWS)
        connection.executescript("UPDATE reps SET unlike = 1; DELETE FROM findings;")
        connection.execute("PRAGMA user_version = 2")
        connection.commit()
    with Store(home) as store:
        [one] = store.reps_of(1)
    assert (one.rep.judged, one.rep.clean) == (False, False)


# ---- sessions that make no sense ----


NONSENSE = [
    "UPDATE sessions SET started_at = 'yesterday' WHERE id = 2",
    "UPDATE sessions SET started_at = '2026-01-01T00:00:00' WHERE id = 2",
    "UPDATE sessions SET started_at = x'00ff' WHERE id = 2",
    "UPDATE sessions SET clock_s = 'noon' WHERE id = 2",
    "UPDATE reps SET start_s = 'soon' WHERE session_id = 2",
    "UPDATE reps SET start_s = 9e999 WHERE session_id = 2",
    "UPDATE reps SET end_s = -5 WHERE session_id = 2",
    "UPDATE reps SET view = 'inside' WHERE session_id = 2",
    "UPDATE reps SET peak = x'1234' WHERE session_id = 2",
    "UPDATE findings SET value = 'much' WHERE rep_id = (SELECT max(id) FROM reps)",
    "UPDATE sessions SET folder = '../precious' WHERE id = 2",
    "UPDATE sessions SET folder = '' WHERE id = 2",
]


@pytest.mark.parametrize("change", NONSENSE)
def test_a_session_that_makes_no_sense_is_named_and_left_out(store: Store, change: str) -> None:
    session(store)
    session(store)
    store._connection.execute(change)
    trained, [line] = all_trained(store)
    assert [one.session.id for one in trained] == [1]
    assert "session 2" in line
    assert "\n" not in line


@pytest.mark.parametrize("change", NONSENSE[:-2])
def test_a_session_that_makes_no_sense_can_be_deleted(store: Store, change: str) -> None:
    kept, broken = session(store), session(store)
    store._connection.execute(change)
    store.delete_session(store.find("2"))
    assert [one.id for one in store.sessions()] == [kept.id]
    assert not broken.folder.exists()


def test_a_session_whose_folder_is_gone_counts_all_the_same(store: Store) -> None:
    made = session(store)
    made.folder.rename(store.home / "aside")
    trained, broken = all_trained(store)
    assert ([len(one.reps) for one in trained], broken) == ([2], [])


def test_a_session_that_is_a_link_is_named(store: Store, tmp_path: Path) -> None:
    made = session(store)
    made.folder.rename(tmp_path / "aside")
    made.folder.symlink_to(tmp_path / "aside", target_is_directory=True)
    trained, [line] = all_trained(store)
    assert trained == []
    assert "leads out of" in line


# ---- names ----


def test_a_session_is_found_by_number_and_by_folder(store: Store) -> None:
    first, second = session(store), session(store)
    assert (store.find("1"), store.find("2")) == (first.id, second.id)
    assert store.find(second.folder.name) == second.id


@pytest.mark.parametrize("name", ["../1", "", "9", "1 OR 1=1", "%", "-1", "1.0", "9" * 30, "²", "a\0b"])
def test_other_names_find_nothing(store: Store, name: str) -> None:
    session(store)
    with pytest.raises(FormCoachError) as error:
        store.find(name)
    assert "no session" in str(error.value)


# ---- how long clips are kept ----


def test_clips_are_kept_unless_one_says_otherwise(store: Store) -> None:
    made = session(store, days_ago=4000)
    assert store.drop_clips().line == ""
    assert clips_of(made) == [clip_name(1), clip_name(2)]


def test_old_clips_go_and_reps_stay(store: Store) -> None:
    old, new = session(store, days_ago=31), session(store, days_ago=29)
    (old.folder / "video-000000000.mp4").write_bytes(b"all of it")
    (old.folder / PAGE).write_bytes(b"clips in a page")
    (old.folder / "poses-0000.npz").write_bytes(b"poses")
    store.keep_clips(30)
    dropped = store.drop_clips()
    assert (dropped.sessions, dropped.files, dropped.size) == (1, 4, 32)
    assert "Clips of 1 old session deleted (4 files" in dropped.line
    assert not (old.folder / PAGE).exists()
    assert (clips_of(old), clips_of(new)) == ([], [clip_name(1), clip_name(2)])
    assert (old.folder / "poses-0000.npz").is_file()
    stored = store.reps_of(old.id)
    assert [(one.clip, len(one.rep.findings)) for one in stored] == [(None, 1), (None, 1)]
    assert all(one.clip for one in store.reps_of(new.id))
    assert store.drop_clips().files == 0


def test_the_setting_is_kept(home: Path, store: Store) -> None:
    store.keep_clips(7)
    with Store(home) as other:
        assert other.clip_days == 7
        other.keep_clips(None)
    assert store.clip_days is None


@pytest.mark.parametrize("value", ["soon", -3, b"7", 1.5, None])
def test_a_setting_that_makes_no_sense_deletes_nothing(store: Store, value: object) -> None:
    made = session(store, days_ago=4000)
    store._connection.execute("INSERT INTO settings VALUES ('clip_days', ?)", (value,))
    assert store.drop_clips().files == 0
    assert clips_of(made)


def test_a_very_long_time_is_forever(store: Store) -> None:
    session(store, days_ago=1000)
    store.keep_clips(10**15)
    assert store.drop_clips().files == 0


def test_a_session_that_is_recorded_keeps_its_clips(store: Store, home: Path) -> None:
    running = store.start_session("bent-over-row", camera="0", model="full")
    (running.folder / clip_name(1)).write_bytes(b"clip")
    store.keep_clips(0)
    with Store(home) as other:
        other.drop_clips()
    assert clips_of(running)


def test_clips_behind_a_link_are_left_alone(store: Store, tmp_path: Path) -> None:
    made = session(store, days_ago=99)
    made.folder.rename(tmp_path / "aside")
    made.folder.symlink_to(tmp_path / "aside", target_is_directory=True)
    store.keep_clips(1)
    assert store.drop_clips().files == 0
    assert len(list((tmp_path / "aside").glob("*.mp4"))) == 2


def test_a_clip_that_is_a_link_goes_and_what_it_leads_to_stays(store: Store, tmp_path: Path) -> None:
    made = session(store, days_ago=99)
    (tmp_path / "precious.mp4").write_bytes(b"mine")
    (made.folder / clip_name(1)).unlink()
    (made.folder / clip_name(1)).symlink_to(tmp_path / "precious.mp4")
    store.keep_clips(1)
    store.drop_clips()
    assert clips_of(made) == []
    assert (tmp_path / "precious.mp4").read_bytes() == b"mine"


def test_the_next_start_of_live_applies_it_and_says_so(store: Store) -> None:
    made = session(store, days_ago=99)
    store.keep_clips(30)
    told: list[str] = []
    for _ in range(2):
        live._drop_clips(store, told.append)
    assert clips_of(made) == []
    assert len(told) == 1
    assert "reps and findings stay" in told[0]


# ---- the command ----


@pytest.fixture
def trained(home: Path) -> Path:
    with Store(home) as store:
        for _ in range(3):
            session(store, reps=8)
    return home


def test_the_command_shows_weeks_and_trends(cli: Cli, trained: Path) -> None:
    done = cli("history")
    assert done.code == 0, done
    assert "rounded-back 24 times" in done.out
    assert "no clear change" in done.out
    assert done.err == ""


def test_json_csv_and_plot(cli: Cli, trained: Path) -> None:
    assert json.loads(cli("history", "--json").out)["weeks"][0]["reps"] == 24
    assert cli("history", "--csv", "-e", "bent-over-row").out.count("\n") == 4
    done = cli("history", "--plot", "h.png")
    assert (done.code, (cli.folder / "h.png").read_bytes()[:4]) == (0, b"\x89PNG")


def test_without_sessions_it_says_what_to_do(cli: Cli, home: Path) -> None:
    done = cli("history")
    assert (done.code, "formcoach live" in done.out) == (0, True)
    assert json.loads(cli("history", "--json").out)["sessions"] == []


def test_broken_sessions_are_named_on_stderr(cli: Cli, trained: Path) -> None:
    with Store(trained) as store:
        store._connection.execute(NONSENSE[0])
    done = cli("history", "--json")
    assert done.code == 0
    assert len(json.loads(done.out)["sessions"]) == 2
    assert "session 2" in done.err


def test_rm_deletes_with_a_yes_only(cli: Cli, trained: Path) -> None:
    assert "--yes" in cli("history", "rm", "2").check_refused()
    assert len(list((trained / SESSIONS).iterdir())) == 3
    assert cli("history", "rm", "2", "--yes").code == 0
    assert len(list((trained / SESSIONS).iterdir())) == 2
    cli("history", "rm", "2", "--yes").check_refused()


@pytest.mark.parametrize("name", ["../precious", "/", ".", "..", "*", "sessions", ""])
def test_rm_takes_no_paths(cli: Cli, trained: Path, name: str) -> None:
    (trained / "precious").mkdir()
    (trained / "precious" / RESERVE).write_bytes(b"mine")
    cli("history", "rm", name, "--yes").check_refused()
    assert (trained / "precious" / RESERVE).is_file()
    assert len(list((trained / SESSIONS).iterdir())) == 3


def test_rm_follows_no_link(cli: Cli, trained: Path, tmp_path: Path) -> None:
    [folder, *_] = sorted((trained / SESSIONS).iterdir())
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert "leads out of" in cli("history", "rm", folder.name, "--yes").check_refused()
    assert len(list((tmp_path / "elsewhere").iterdir())) > 8


def test_keep_clips_says_sets_and_applies(cli: Cli, trained: Path) -> None:
    assert cli("history", "keep-clips").out == "Clips are kept.\n"
    done = cli("history", "keep-clips", "--days", "0")
    assert done.out.startswith("Clips are kept for 0 days.\nClips of 3 old sessions deleted (24 files")
    assert list(trained.glob("sessions/*/*.mp4")) == []
    assert cli("history", "keep-clips", "--forever").out == "Clips are kept.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json", "--csv"], ["-e", "nothing"], ["--plot", "x.jpg"], ["keep-clips", "--days", "-1"],
        ["keep-clips", "--days", "1", "--forever"], ["rm"], ["nonsense"],
    ],
)  # fmt: skip
def test_bad_usage_is_one_line(cli: Cli, trained: Path, arguments: list[str]) -> None:
    cli("history", *arguments).check_refused()
