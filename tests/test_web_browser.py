"""The pages of `formcoach web` in a real browser: they load, follow a session, play clips, and tell no other page."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from browser import Browser, needs_browser
from served import record, serving
from sessions import exercise, flagged

from formcoach.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Cli


@pytest.fixture(autouse=True)
def _browser() -> None:
    needs_browser()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Store(tmp_path) as store:
        record(store)
    return tmp_path


@pytest.fixture
def address(cli: Cli, home: Path) -> Iterator[str]:
    with serving(cli, home) as (_, address):
        yield address.rstrip("/")


def go(browser: Browser, url: str) -> None:
    """Open an address as a person does who types it."""
    browser.command("Page.navigate", url=url)
    browser.wait("return location.href === arguments[0] && document.readyState === 'complete'", url)


@pytest.mark.parametrize("width", [360, 1440])
def test_pages_fit_complain_of_nothing_and_ask_nobody_else(address: str, width: int) -> None:
    with Browser(width, 900, dark=width < 400) as browser:
        for path in ("/", "/session/1", "/session/1/report", "/history"):
            go(browser, address + path)
            assert browser.run("return document.documentElement.scrollWidth <= innerWidth"), path
            assert browser.run("return document.querySelector('h1').textContent.trim() !== ''"), path
            assert browser.run("return getComputedStyle(document.body).fontFamily.includes('system-ui')"), path
        assert browser.complaints() == []
        asked = [url for url in browser.requests() if not url.startswith(("data:", f"blob:{address}/", f"{address}/"))]
        assert [url for url in asked if url != "about:blank"] == []


def test_clip_plays_and_jumps(address: str) -> None:
    with Browser() as browser:
        go(browser, f"{address}/session/1")
        assert browser.wait("const v = document.querySelector('.reps video'); return v.poster && v") is not None
        browser.run("document.querySelector('.reps video').play()")
        browser.wait("return document.querySelector('.reps video').currentTime > 0.1")
        browser.run("const v = document.querySelector('.reps video'); v.pause(); v.currentTime = 1.5")
        browser.wait("const v = document.querySelector('.reps video'); return !v.seeking && v.currentTime === 1.5")
        assert browser.complaints() == []


def test_report_plays(address: str) -> None:
    with Browser() as browser:
        go(browser, f"{address}/session/1/report")
        assert browser.wait("return document.querySelectorAll('.controls:not([hidden])').length") > 0
        browser.click("nav.where a")
        browser.wait("return document.title.startsWith('Sessions')")
        assert browser.complaints() == []


def test_session_appears_and_grows_by_itself(address: str, home: Path) -> None:
    with Browser() as browser, Store(home) as store:
        go(browser, f"{address}/")
        number = record(store, finish=False)
        browser.wait("return document.querySelector('tr.live')")
        browser.click("tr.live a")
        browser.wait("return document.querySelectorAll('.rep').length === 2")
        browser.run("window.kept = document.querySelector('.reps video'); kept.play()")
        store.add_rep(number, 1, flagged(3, 5.0, 6.0, severity="severe"), exercise())
        browser.wait("return document.querySelector('#rep-3 .severe') && document.title.startsWith('3: ')")
        assert browser.run("return document.querySelector('.now .large').textContent") == "3"
        assert browser.run("return kept.isConnected && kept.currentTime > 0"), "a clip that plays is left alone"
        store.finish_session(number)
        browser.wait("return document.querySelector('#after a.button') && !document.querySelector('#now-rep')")
        assert browser.complaints() == []


def test_history_grows_by_itself(address: str, home: Path) -> None:
    with Browser() as browser, Store(home) as store:
        go(browser, f"{address}/history")
        assert browser.run("return document.querySelectorAll('.dot').length") == 1
        number = record(store, finish=False)
        browser.wait("return document.querySelectorAll('.dot').length === 2")
        browser.run("document.querySelector('details').open = true; document.querySelector('summary').focus()")
        store.add_rep(number, 1, flagged(3, 5.0, 6.0, severity="severe"), exercise())
        browser.wait("return document.querySelector('#rows [data-label=reps]').textContent === '5'")
        assert "2 of 5" not in browser.run("return document.querySelector('section details').innerText")
        assert browser.run("return document.querySelector('details').open"), "what is unfolded stays so"
        assert browser.run("return document.activeElement.tagName") == "SUMMARY"
        second = record(store)
        browser.wait("return document.querySelectorAll('.dot').length === 3")
        store.delete_session(second)
        browser.wait("return document.querySelectorAll('.dot').length === 2")
        assert browser.complaints() == []


def test_history_appears_with_the_first_session(cli: Cli, tmp_path: Path) -> None:
    with serving(cli, tmp_path) as (_, address), Browser() as browser, Store(tmp_path) as store:
        go(browser, f"{address.rstrip('/')}/history")
        assert browser.run("return getComputedStyle(document.querySelector('.courses')).display") == "none"
        record(store)
        browser.wait("return document.querySelector('.dot') && !document.querySelector('#no-course')")
        assert browser.run("return getComputedStyle(document.querySelector('.courses')).display") == "table"


def test_lost_server_is_said(cli: Cli, home: Path) -> None:
    with Browser() as browser:
        with serving(cli, home) as (_, address):
            go(browser, address)
            assert browser.run("return document.getElementById('lost').hidden")
        browser.wait("return !document.getElementById('lost').hidden")


def test_keyboard(address: str) -> None:
    with Browser() as browser:
        go(browser, f"{address}/")
        browser.press("tab")
        assert browser.run("return document.activeElement.className") == "skip"
        browser.press("enter", "tab")
        assert browser.run("return document.activeElement.getAttribute('href')") == "/session/1"
        browser.press("enter")
        browser.wait("return location.pathname === '/session/1' && document.readyState === 'complete'")


# ---- another page in the same browser ----

ATTACK = """<!DOCTYPE html><title>evil</title><body><script>
const ours = "ADDRESS", results = {};
const tell = (name, value) => { results[name] = String(value); };
function ask(name, path, how, read) {
  fetch(ours + path, how).then(read).then((value) => tell(name, value), () => tell(name, "refused"));
}
ask("fetch", "/now.json", {}, (answer) => answer.text());
ask("opaque", "/now.json", { mode: "no-cors" }, (answer) => answer.type + answer.status);
ask("post", "/session/1", { mode: "no-cors", method: "POST" }, (answer) => answer.type + answer.status);
function load(tag, name, path) {
  const element = document.createElement(tag);
  for (const event of ["load", "loadedmetadata"]) element.addEventListener(event, () => tell(name, "loaded"));
  element.addEventListener("error", () => tell(name, "refused"));
  element.src = ours + path;
  document.body.append(element);
}
load("script", "script", "/static/web.js");
load("img", "image", "/session/1/clip/2.jpg");
load("img", "icon", "/static/icon.svg");
load("video", "video", "/session/1/clip/2.mp4");
const frame = document.createElement("iframe");
frame.src = ours + "/";
document.body.append(frame);
</script>"""


@pytest.fixture
def evil(address: str) -> Iterator[str]:
    """A page of another origin on this very computer, which is what comes closest to us."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(ATTACK.replace("ADDRESS", address).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_no_other_page_can_read_it(evil: str, address: str) -> None:
    with Browser() as browser:
        go(browser, evil)
        results = browser.wait("return Object.keys(results).length === 7 && results")
        assert results == dict.fromkeys(("fetch", "opaque", "post", "script", "image", "icon", "video"), "refused")
        browser.wait("return document.querySelector('iframe').contentDocument === null")
        said = " ".join(browser.complaints())
        assert "403" in said
        assert "ERR_BLOCKED_BY_RESPONSE" in said or "frame" in said
        browser.run(
            "const a = document.createElement('a'); a.href = arguments[0]; document.body.append(a); a.click()", address
        )
        browser.wait("return document.body.innerText.includes('Another page asked for this')")
