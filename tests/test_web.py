"""The pages of `formcoach web`: what they say, and every way in that must be shut."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import urllib.error
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from served import record, serving, write_clip
from sessions import exercise, finding, flagged, rep
from werkzeug.test import Client, TestResponse

from formcoach.catalogue import load_catalogue
from formcoach.coach import Cue
from formcoach.history import clip_name
from formcoach.store import Store
from formcoach.web import make_app
from formcoach.web_files import inline_hashes, inside, report_policy
from formcoach.web_guard import HEADERS, POLICY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Cli

PORT = 8377
HOST = f"127.0.0.1:{PORT}"
HTML = "<script>alert(1)</script>"
SECRET = b"SECRET, and not for browsers"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "secret.mp4").write_bytes(SECRET)
    with Store(home) as store:
        record(store)
    return home


class Visitor:
    """Asks for pages as a browser at our own address does, unless told otherwise."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __call__(self, path: str, *, method: str = "GET", host: str = HOST, **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.open(path, method=method, headers={"Host": host} | sent, buffered=True)


@pytest.fixture
def ask(home: Path) -> Visitor:
    return Visitor(Client(make_app(PORT, load_catalogue().exercises, home)))


def sql(home: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(home / "formcoach.db") as connection:
        connection.execute(statement, values)
    connection.close()


def folder(home: Path) -> Path:
    (only,) = (home / "sessions").iterdir()
    return only


# ---- what the pages say ----


def test_list_names_sets_reps_clean_share_and_fault(ask: Visitor) -> None:
    page = ask("/")
    assert page.status_code == 200
    for said in ("Bent-over row", "50 %", "Back rounding 1×", 'href="/session/1"'):
        assert said in page.text


def test_no_session_yet(tmp_path: Path) -> None:
    page = Visitor(Client(make_app(PORT, {}, tmp_path)))
    assert "No session yet" in page("/").text
    assert "Nothing yet" in page("/history").text


def test_session_shows_reps_findings_and_clip(ask: Visitor) -> None:
    page = ask("/session/1").text
    for said in ("Rep 1", "Rep 2", "Back rounding", "limit 12°", "/session/1/clip/2.mp4", "Open the report"):
        assert said in page


def test_session_may_be_named_by_its_folder(ask: Visitor, home: Path) -> None:
    assert "Rep 2" in ask(f"/session/{folder(home).name}").text


def test_history_draws_each_exercise(ask: Visitor) -> None:
    page = ask("/history").text
    assert "Bent-over row" in page
    assert '<circle class="dot"' in page
    assert "No trends from 1 session and 2 reps yet" in page


def test_exercise_without_rules_is_shown_by_its_id(home: Path) -> None:
    ask = Visitor(Client(make_app(PORT, {}, home)))
    for path in ("/", "/session/1", "/history"):
        assert "bent-over-row" in ask(path).text
    assert "no rules for" in ask("/session/1/report").text


def test_report_is_made_and_kept(ask: Visitor, home: Path) -> None:
    page = ask("/session/1/report")
    assert page.status_code == 200
    assert 'href="/session/1"' in page.text
    kept = folder(home) / "report.html"
    assert kept.is_file()
    made = kept.stat().st_mtime_ns
    assert ask("/session/1/report").data == page.data
    assert kept.stat().st_mtime_ns == made


@pytest.mark.parametrize(
    ("asked", "status", "size"), [("bytes=0-9", 206, 10), ("bytes=-5", 206, 5), ("bytes=99999999-", 416, None)]
)
def test_clip_in_ranges(ask: Visitor, home: Path, asked: str, status: int, size: int | None) -> None:
    whole = (folder(home) / clip_name(2)).read_bytes()
    answer = ask("/session/1/clip/2.mp4", Range=asked)
    assert answer.status_code == status
    if size is not None:
        assert answer.data == (whole[:10] if size == 10 else whole[-5:])
        assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")


def test_whole_clip_says_that_it_has_ranges(ask: Visitor, home: Path) -> None:
    answer = ask("/session/1/clip/2.mp4")
    assert answer.data == (folder(home) / clip_name(2)).read_bytes()
    assert (answer.mimetype, answer.headers["Accept-Ranges"]) == ("video/mp4", "bytes")


def test_clip_has_a_picture(ask: Visitor) -> None:
    answer = ask("/session/1/clip/2.jpg?at=500")
    assert (answer.status_code, answer.mimetype, answer.data[:2]) == (200, "image/jpeg", b"\xff\xd8")


def test_damaged_clip_has_none(ask: Visitor, home: Path) -> None:
    (folder(home) / clip_name(2)).write_bytes(b"no video")
    assert ask("/session/1/clip/2.jpg").status_code == 422


@pytest.mark.parametrize("byte", [b"\xe1", b"\xff"])
def test_a_clip_whose_title_is_no_text_has_a_picture(ask: Visitor, home: Path, byte: bytes) -> None:
    path = folder(home) / clip_name(2)
    data = path.read_bytes()
    assert data.count(b"VideoHandler") == 1
    path.write_bytes(data.replace(b"VideoHandler", b"Video" + byte + b"andler"))
    assert ask("/session/1/clip/2.jpg").status_code == 200


def test_past_its_end_a_clip_shows_its_last_picture(ask: Visitor) -> None:
    last, beyond = (ask(f"/session/1/clip/2.jpg?at={at}").data for at in (1967, 10**9))
    assert last == beyond


def test_video_of_the_whole_session(ask: Visitor, home: Path) -> None:
    (folder(home) / "video-0000001000.mp4").write_bytes(b"video")
    assert "/session/1/video/video-0000001000.mp4" in ask("/session/1").text
    assert ask("/session/1/video/video-0000001000.mp4").data == b"video"


@pytest.mark.parametrize("path", ["/", "/session/1", "/history", "/session/1/clip/2.mp4", "/static/web.js"])
def test_head_is_answered(ask: Visitor, path: str) -> None:
    answer = ask(path, method="HEAD")
    assert (answer.status_code, answer.data) == (200, b"")


# ---- while it happens ----


def test_session_under_way_appears_and_grows(ask: Visitor, home: Path) -> None:
    before = ask("/now.json").json
    assert before is not None
    assert ask(f"/now.json?seen={before['digest']}").status_code == 204
    with Store(home) as store:
        number = record(store, finish=False)
        lists = ask(f"/now.json?seen={before['digest']}").get_json()["lists"]
        assert [key for key, _ in lists["sessions"]] == [f"session-{number}", "session-1"]
        assert "under way" in lists["sessions"][0][1]
        assert "under way" in ask(f"/session/{number}").text
        assert ask(f"/session/{number}/report").status_code == 422
        news = ask(f"/session/{number}/now.json").get_json()
        assert [key for key, _ in news["lists"]["reps"]] == ["set-1", "rep-1", "rep-2"]
        assert not news["over"]
        store.add_rep(number, 1, flagged(3, 5.0, 6.0, severity="severe"), exercise())
        store.add_cue(number, Cue(time_s=6.0, fault="rounded-back", text="Long back"), 3)
        later = ask(f"/session/{number}/now.json?seen={news['digest']}").get_json()
        assert "Rep 3" in dict(later["lists"]["reps"])["rep-3"]
        assert "Long back" in dict(later["lists"]["now"])["now-rep"]
        assert later["title"].startswith("3: ")
        store.finish_session(number)
    assert ask(f"/session/{number}/now.json?seen={later['digest']}").get_json()["over"]


def test_history_follows_a_session_under_way(ask: Visitor, home: Path) -> None:
    before = ask("/history/now.json").get_json()
    assert ask(f"/history/now.json?seen={before['digest']}").status_code == 204
    with Store(home) as store:
        number = record(store, finish=False)
        lists = ask(f"/history/now.json?seen={before['digest']}").get_json()["lists"]
        assert [[key for key, _ in lists[name]] for name in ("rows", "courses")] == [
            ["row-exercise-1"], ["course-exercise-1"],
        ]  # fmt: skip
        assert 'data-label="reps">4<' in lists["rows"][0][1]
        assert f'href="/session/{number}"' in lists["courses"][0][1]
        assert lists["rows"][0][1] in ask("/history").text


def test_session_of_a_dead_process_is_not_under_way(ask: Visitor, home: Path) -> None:
    with Store(home) as store:
        record(store, finish=False)
    assert "under way" not in ask("/").text
    assert "broken off" in ask("/session/2").text


def test_gone_session_vanishes(ask: Visitor, home: Path) -> None:
    assert "session-1" in ask("/now.json").text
    with Store(home) as store:
        store.delete_session(1)
    assert "session-1" not in ask("/now.json").text
    assert ask("/session/1/now.json").status_code == 404


# ---- who may ask ----


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}", f"LocalHost:{PORT}", f"[::1]:{PORT}"])
def test_own_addresses_are_answered(ask: Visitor, host: str) -> None:
    assert ask("/", host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", f"evil.example:{PORT}", "127.0.0.1", "localhost", "127.0.0.1:80", f"localhost:{PORT + 1}",
        f"{HOST}.evil.example", f"127.0.0.1:{PORT}@evil.example", f"0.0.0.0:{PORT}", f"127.0.0.2:{PORT}",
        f"127.1:{PORT}", f"localhost.:{PORT}", "[::1]", f"{HOST}, evil.example", " ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/now.json", "/session/1/clip/2.mp4", "/nothing"])
def test_other_names_for_us_are_refused(ask: Visitor, host: str, path: str) -> None:
    answer = ask(path, host=host)
    assert answer.status_code == 421
    assert "Back" not in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "", "anything"])
@pytest.mark.parametrize("path", ["/", "/now.json", "/session/1/clip/2.mp4", "/session/1/report", "/static/web.js"])
def test_other_sites_are_refused(ask: Visitor, site: str, path: str) -> None:
    assert ask(path, Sec_Fetch_Site=site).status_code == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_site_is_answered(ask: Visitor, site: str) -> None:
    assert ask("/now.json", Sec_Fetch_Site=site).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", f"https://{HOST}", "http://127.0.0.1", f"http://127.0.0.1:{PORT + 1}", f"http://localhost:{PORT}"],
)  # fmt: skip
def test_other_origins_are_refused(ask: Visitor, origin: str) -> None:
    assert ask("/now.json", Origin=origin).status_code == 403


def test_own_origin_is_answered_without_a_word_to_others(ask: Visitor) -> None:
    answer = ask("/now.json", Origin=f"http://{HOST}")
    assert answer.status_code == 200
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/", "/session/1", "/session/1/clip/2.mp4"])
def test_nothing_can_be_changed(ask: Visitor, method: str, path: str) -> None:
    answer = ask(path, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    ["/", "/session/1", "/history", "/now.json", "/session/1/clip/2.mp4", "/session/1/clip/2.jpg", "/static/web.css",
     "/session/1/report", "/session/99", "/nothing", "/favicon.ico"],
)  # fmt: skip
def test_every_answer_is_sealed(ask: Visitor, path: str) -> None:
    for answer in (ask(path), ask(path, host="evil.example"), ask(path, method="POST")):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        report = path.endswith("/report") and answer.status_code == 200
        assert answer.headers["Content-Security-Policy"] == (report_policy() if report else POLICY)
        assert "Set-Cookie" not in answer.headers
        assert "Server" not in answer.headers


@pytest.mark.parametrize("policy", [POLICY, report_policy()])
def test_policy_is_strict(policy: str) -> None:
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not [word for word in ("unsafe", "*", "http:", "https:") if word in policy]


def test_headers_are_those_that_were_asked_for() -> None:
    assert HEADERS["Cache-Control"] == "no-store"
    assert HEADERS["X-Content-Type-Options"] == "nosniff"
    assert HEADERS["Cross-Origin-Resource-Policy"] == HEADERS["Cross-Origin-Opener-Policy"] == "same-origin"


# ---- which files ----

WAYS_OUT = (
    "../../formcoach.db", "..%2f..%2fformcoach.db", "%2e%2e/%2e%2e/formcoach.db", "..%5c..%5cformcoach.db",
    "%252e%252e%252fformcoach.db", "....//....//formcoach.db", "/etc/passwd", "%2fetc%2fpasswd", "//etc/passwd",
    "C:%5cWindows%5cwin.ini", "2.mp4%00.jpg", "poses-0000.npz", "session.lock", "report.html", ".", "..",
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("start", ["/session/1/video/", "/session/1/clip/", "/session/", "/static/", "/"])
def test_no_path_leads_out(ask: Visitor, start: str, way: str) -> None:
    answer = ask(start + way)
    assert answer.status_code in (404, 308) or (answer.status_code == 200 and "<h1>" in answer.text), answer.text
    for leaked in (b"SQLite format", b"root:", b"PK\x03\x04"):
        assert leaked not in answer.data


@pytest.mark.parametrize("name", ["../secret.mp4", "/etc/passwd", "", ".", "..", "a/b", "a\0b"])
def test_names_are_names_only(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.mp4").write_bytes(SECRET)
    (tmp_path / "inner").mkdir()
    assert inside(tmp_path / "inner", name) is None


@pytest.mark.parametrize("path", ["/session/1/clip/2.mp4", "/session/1/clip/2.jpg", "/session/1/video/video-0001.mp4"])
def test_linked_videos_are_refused(ask: Visitor, home: Path, path: str) -> None:
    for name in (clip_name(2), "video-0001.mp4"):
        (folder(home) / name).unlink(missing_ok=True)
        (folder(home) / name).symlink_to(home.parent / "secret.mp4")
    answer = ask(path)
    assert answer.status_code == 404
    assert SECRET not in answer.data
    assert path not in ask("/session/1").text


def test_linked_report_is_replaced(ask: Visitor, home: Path) -> None:
    outside = home.parent / "outside.html"
    outside.write_bytes(SECRET)
    (folder(home) / "report.html").symlink_to(outside)
    answer = ask("/session/1/report")
    assert answer.status_code == 200
    assert SECRET not in answer.data
    assert outside.read_bytes() == SECRET


@pytest.mark.parametrize("path", ["/session/1", "/session/1/clip/2.mp4", "/session/1/report"])
def test_linked_session_is_refused(ask: Visitor, home: Path, path: str) -> None:
    inner = folder(home)
    inner.rename(home.parent / "elsewhere")
    inner.symlink_to(home.parent / "elsewhere")
    answer = ask(path)
    assert answer.status_code in (404, 422)
    assert "Rep 2" not in answer.text
    assert not (home.parent / "elsewhere" / "report.html").exists()
    assert "session 1 is left out" in ask("/").text


@pytest.mark.parametrize(
    "clip", ["../../formcoach.db", "session.lock", "/etc/passwd", "poses-0000.npz", "rep-0001.mp4"]
)
def test_clip_is_only_what_a_clip_is_called(ask: Visitor, home: Path, clip: str) -> None:
    sql(home, "UPDATE reps SET clip = ? WHERE number = 2", clip)
    assert ask("/session/1/clip/2.mp4").status_code == 404


@pytest.mark.parametrize("name", ["99", "-1", "0", "1.0", "nobody", "999999999999999999999999", "1%20OR%201=1"])
def test_session_that_is_not_in_the_database(ask: Visitor, home: Path, name: str) -> None:
    (home / "sessions" / "nobody").mkdir()
    write_clip(home / "sessions" / "nobody" / clip_name(1))
    for path in (f"/session/{name}", f"/session/{name}/clip/1.mp4", f"/session/{name}/report"):
        assert ask(path).status_code == 404


# ---- what is in names ----


def test_html_in_names_is_text(home: Path, ask: Visitor) -> None:
    with Store(home) as store:
        session = store.start_session(HTML, camera=HTML, model=HTML).id
        store.add_rep(session, 1, replace(rep(1), findings=(finding(fault=HTML),)), exercise())
        store.add_cue(session, Cue(time_s=2.0, fault=HTML, text=HTML), 1)
        store.add_note(session, HTML)
        pages = [ask(path).text for path in ("/", f"/session/{session}", "/history", f"/session/{HTML}")]
        pages += [page for path in ("/now.json", f"/session/{session}/now.json") for page in parts(ask(path))]
        store.finish_session(session)
    assert any("&lt;script&gt;alert" in page for page in pages)
    assert not any("<script>alert" in page for page in pages)


def parts(answer: TestResponse) -> list[str]:
    return [html for some in answer.get_json()["lists"].values() for _, html in some]


def test_foreign_script_in_a_report_is_not_served(ask: Visitor, home: Path) -> None:
    ours = ask("/session/1/report").text
    (folder(home) / "report.html").write_text(ours.replace(inline_hashes()["script"], "sha256-b3RoZXI="))
    assert "sha256-b3RoZXI=" not in ask("/session/1/report").text


def test_script_put_into_a_report_does_not_run(ask: Visitor, home: Path) -> None:
    ask("/session/1/report")
    kept = folder(home) / "report.html"
    kept.write_text(kept.read_text().replace("</body>", f"{HTML}</body>"))
    policy = ask("/session/1/report").headers["Content-Security-Policy"]
    assert f"script-src '{inline_hashes()['script']}';" in policy


# ---- what is damaged ----


def test_damaged_session_is_named_and_skipped(ask: Visitor, home: Path) -> None:
    with Store(home) as store:
        record(store)
    sql(home, "UPDATE sessions SET started_at = 'soon' WHERE id = 1")
    for path in ("/", "/history"):
        page = ask(path)
        assert page.status_code == 200
        assert "session 1 makes no sense" in page.text
        assert "Bent-over row" in page.text
    assert "session-2" in ask("/now.json").text
    page = ask("/session/1")
    assert page.status_code == 422
    assert "session 1 makes no sense" in page.text


DAMAGE = (
    "UPDATE findings SET severity = 'awful'", "UPDATE findings SET value = 'much'", "UPDATE findings SET fault = x'ff'",
    "UPDATE reps SET view = 'moon'", "UPDATE reps SET start_s = 'now'", "UPDATE reps SET range_unit = 'miles'",
    "UPDATE reps SET number = 'two' WHERE number = 2", "UPDATE sessions SET folder = '../..'",
    "UPDATE sessions SET exercise = x'00ff'", "UPDATE sessions SET notes = x'ff'", "UPDATE sessions SET clock_s = 'x'",
    "UPDATE sessions SET target_sets = 'many', weight = x'ff'", "UPDATE cues SET text = x'ff'",
    "UPDATE findings SET time_s = NULL, value = NULL",
    "UPDATE reps SET peak_s = NULL, rest = NULL, clip_start_s = NULL",
    "UPDATE findings SET unit = 'furlongs'", "UPDATE reps SET clip = x'ff'", "UPDATE reps SET clip_start_s = 9e99",
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_no_damage_shows_a_traceback(ask: Visitor, home: Path, damage: str) -> None:
    with Store(home) as store:
        store.add_cue(1, Cue(time_s=2.0, fault="rounded-back", text="Long back"), 2)
        record(store)
    sql(home, damage + (" AND" if "WHERE" in damage else " WHERE") + _of_first(damage))
    paths = ("/session/1", "/session/1/now.json", "/session/1/report", "/session/1/clip/2.mp4", "/session/1/clip/2.jpg")
    for path in paths:
        page = ask(path)
        assert page.status_code in (200, 404, 422), (path, page.data)
        assert b"Traceback" not in page.data
    for path in ("/", "/history", "/now.json", "/session/2"):
        page = ask(path)
        assert page.status_code == 200, (path, page.text)
        assert "Bent-over row" in page.text


def _of_first(damage: str) -> str:
    table = damage.split()[1]
    if table == "findings":
        return " rep_id IN (SELECT id FROM reps WHERE session_id = 1)"
    return " id = 1" if table == "sessions" else " session_id = 1"


def test_missing_folder(ask: Visitor, home: Path) -> None:
    folder(home).rename(home.parent / "gone")
    assert ask("/").status_code == ask("/session/1").status_code == 200
    assert "no pose track" in ask("/session/1/report").text


def test_damaged_database_is_said(ask: Visitor, home: Path) -> None:
    for tail in ("-wal", "-shm", ""):
        (home / f"formcoach.db{tail}").unlink(missing_ok=True)
    (home / "formcoach.db").write_bytes(b"no database at all, but long enough to be taken for one" * 99)
    page = ask("/")
    assert page.status_code == 422
    assert "is damaged" in page.text


# ---- the command ----


@pytest.fixture
def served(cli: Cli, home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with serving(cli, home) as (process, address):
        yield process, int(address.rstrip("/").rsplit(":", 1)[1])


def raw(port: int, text: str) -> str:
    """Send what no browser would, and return the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(text.encode())
        connection.settimeout(20)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer.decode(errors="replace")


def test_serves_until_ctrl_c(served: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = served
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/now.json", timeout=20) as answer:
        assert "sessions" in json.load(answer)["lists"]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"stopped\n")


def test_raw_requests(served: tuple[subprocess.Popen[bytes], int]) -> None:
    _, port = served
    host = f"Host: 127.0.0.1:{port}\r\n"
    end = "Connection: close\r\n\r\n"
    for path in ("/../../../etc/passwd", "/static/../web.py", "/session/1/video/../../../formcoach.db"):
        assert " 404 " in raw(port, f"GET {path} HTTP/1.1\r\n{host}{end}").splitlines()[0]
    two = raw(port, f"GET / HTTP/1.1\r\nHost: evil.example\r\n{host}{end}")
    none = raw(port, f"GET / HTTP/1.0\r\n{end}")
    forwarded = raw(port, f"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: 127.0.0.1:{port}\r\n{end}")
    for answer in (two, none, forwarded):
        assert answer.splitlines()[0].split()[1] in ("400", "421"), answer
        assert "Bent-over row" not in answer


def test_only_this_computer_is_listened_to(served: tuple[subprocess.Popen[bytes], int]) -> None:
    _, port = served
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; tells our own address on the network
        outer = probe.getsockname()[0]
    if outer.startswith("127."):
        pytest.skip("no network here")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((outer, port), timeout=5)


def test_rebinding_is_refused_over_the_wire(served: tuple[subprocess.Popen[bytes], int]) -> None:
    _, port = served
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": f"evil.example:{port}"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=20)  # noqa: S310  # our own server
    assert refused.value.code == 421
    refused.value.close()


def test_taken_port(served: tuple[subprocess.Popen[bytes], int], cli: Cli, home: Path) -> None:
    _, port = served
    line = cli("web", "--port", str(port), FORMCOACH_HOME=str(home)).check_refused()
    assert "--port" in line


def test_history_of_a_newer_version(cli: Cli, home: Path) -> None:
    sql(home, "PRAGMA user_version = 99")
    assert "newer FormCoach" in cli("web", "--port", "0", FORMCOACH_HOME=str(home)).check_refused()
