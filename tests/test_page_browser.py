"""The report's page in a real browser: clips play, a finding's frame stands still, nothing is asked of the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import Browser, needs_browser

from formcoach.analysis import judge
from formcoach.catalogue import load_catalogue
from formcoach.compare import aligned, knots
from formcoach.cutting import Footage
from formcoach.page import write_page
from formcoach.recording import load_track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formcoach.analysis import Analysis

SAMPLES = Path(__file__).parent.parent / "samples"
NAME = "bent-over-row_rounded-back"
OURS = ("file:", "data:", "blob:")
TIME = "return players.get(document.querySelector(arguments[0])).t"
PLAYING = "return players.get(document.querySelector(arguments[0]))?.playing"
LIT = """
const canvas = document.querySelector(arguments[0]);
const dots = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
let lit = 0;
for (let i = 3; i < dots.length; i += 4) lit += dots[i] > 0;
return lit;
"""


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    exercise = load_catalogue()[NAME.split("_")[0]]
    return judge(load_track(SAMPLES / f"{NAME}.poses.npz"), exercise)


@pytest.fixture(scope="module")
def page(analysis: Analysis, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    source = replace(analysis.track.source, name="</script><img src=x onerror=alert(1)>.mp4")
    named = replace(analysis, track=replace(analysis.track, source=source))
    write_page(named, path, [Footage(SAMPLES / f"{NAME}.mp4")])
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    needs_browser()
    with Browser() as one:
        yield one


@pytest.fixture(autouse=True)
def _quiet(browser: Browser, page: Path) -> Iterator[None]:
    """Opens the page; at the end nothing was said on the console, and nothing left the page."""
    browser.open(page)
    yield
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith(OURS)] == []


def at_rep(browser: Browser, key: int) -> str:
    card = f"#rep-{key}"
    browser.run("document.querySelector(arguments[0]).scrollIntoView({behavior: 'instant'})", card)
    browser.wait("return players.has(document.querySelector(arguments[0]))", card)
    return card


def test_clips_play_slowly_in_a_loop(browser: Browser) -> None:
    card = at_rep(browser, 3)
    browser.wait(PLAYING, card)
    browser.wait("return document.querySelector(arguments[0] + ' .this video').currentTime > 0.3", card)
    video = "const v = document.querySelector(arguments[0] + ' .this video');"
    assert browser.run(video + "return [v.playbackRate, v.loop, v.muted, v.error]", card) == [0.5, True, True, None]
    first = browser.run(TIME, card)
    browser.wait("return players.get(document.querySelector(arguments[0])).t !== arguments[1]", card, first)
    assert browser.run(LIT, f"{card} .this canvas") > 5000
    assert browser.run(LIT, f"{card} .best canvas") > 5000


def test_a_finding_stands_at_its_frame(browser: Browser, analysis: Analysis) -> None:
    card = at_rep(browser, 4)
    browser.click(f"{card} .look")
    finding = analysis.reps[3].findings[0]
    at_ms = round(1000 * finding.time_s)
    assert browser.run(TIME, card) == at_ms
    assert not browser.run(PLAYING, card)
    own = "const p = players.get(document.querySelector(arguments[0])); return p.own.video.readyState > 1"
    browser.wait(own + " && !p.own.video.seeking && Math.abs(p.own.time - arguments[1]) < 40", card, at_ms)
    assert browser.run("return document.querySelector(arguments[0] + ' .look').ariaPressed", card) == "true"


def test_the_best_rep_stands_at_the_same_phase(browser: Browser, analysis: Analysis) -> None:
    card = at_rep(browser, 4)
    browser.click(f"{card} .look")
    own = analysis.reps[3]
    key = browser.run("return players.get(document.querySelector(arguments[0])).rep.best", card)
    there_ms = 1000 * aligned(own.findings[0].time_s, knots(own.span, analysis.reps[key - 1].span))
    best = "const p = players.get(document.querySelector(arguments[0])); return p.best.video.readyState > 1"
    browser.wait(best + " && !p.best.video.seeking && Math.abs(p.best.time - arguments[1]) < 40", card, there_ms)


def test_keys(browser: Browser) -> None:
    card = at_rep(browser, 3)
    browser.wait(PLAYING, card)
    browser.run("document.querySelector(arguments[0] + ' .track input').focus()", card)
    browser.press("space")
    assert not browser.run(PLAYING, card)
    before = browser.run(TIME, card)
    browser.press("right", "right")
    step = browser.run(TIME, card) - before
    assert 40 <= step <= 120
    browser.press("left", "left")
    assert browser.run(TIME, card) == pytest.approx(before, abs=40)
    assert "% of the fullest rep" in browser.run(
        "return document.querySelector(arguments[0] + ' .track input').getAttribute('aria-valuetext')", card
    )
    browser.press("space")
    browser.wait(PLAYING, card)


def test_arrows_walk_along_the_strip(browser: Browser) -> None:
    browser.run("document.querySelector('.strip a').focus()")
    browser.press("right", "right", "left")
    assert browser.run("return document.activeElement.getAttribute('href')") == "#rep-2"
    browser.press("enter")
    browser.wait("return document.querySelector('#rep-2').open")


def test_tab_reaches_everything_that_acts(browser: Browser) -> None:
    card = at_rep(browser, 3)
    browser.run("document.querySelector(arguments[0] + ' summary').focus()", card)
    seen = []
    for _ in range(4):
        browser.press("tab")
        seen.append(browser.run("return document.activeElement.className || document.activeElement.localName"))
    assert seen == ["input", "play", "select", "look"]


def test_everything_that_acts_has_a_name(browser: Browser) -> None:
    at_rep(browser, 3)
    tree = browser.command("Accessibility.getFullAXTree")["nodes"]
    acting = {"button", "link", "slider", "combobox", "image", "DisclosureTriangle"}
    nodes = [node for node in tree if not node["ignored"] and node.get("role", {}).get("value") in acting]
    assert len(nodes) > 20
    assert [node["role"]["value"] for node in nodes if not node.get("name", {}).get("value", "").strip()] == []


def test_a_video_that_cannot_be_played_leaves_the_skeleton(browser: Browser, page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = tmp_path / "report.html"
    broken.write_text(text.replace("data:video/mp4;base64,AAAA", "data:video/mp4;base64,BBBB"), encoding="utf-8")
    browser.open(broken)
    card = at_rep(browser, 3)
    browser.wait("return players.get(document.querySelector(arguments[0])).own.video === null", card)
    first = browser.run(TIME, card)
    browser.run("const p = players.get(document.querySelector(arguments[0])); p.pause(); p.play()", card)
    browser.wait("return players.get(document.querySelector(arguments[0])).t !== arguments[1]", card, first)
    assert browser.run(LIT, f"{card} .this canvas") > 5000


def test_file_names_do_nothing(browser: Browser) -> None:
    assert browser.run("return document.images.length") == 0
    assert "<img src=x" in browser.run("return document.querySelector('.source').textContent")


def test_the_policy_holds_back_what_is_foreign(browser: Browser) -> None:
    script = """
    const done = arguments[0];
    const made = document.createElement("script");
    made.textContent = "window.foreign = 1";
    document.body.append(made);
    return window.foreign === undefined;
    """
    assert browser.run(script)
    (said,) = browser.complaints()
    assert "Content Security Policy" in said


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_sticks_out(page: Path, width: int) -> None:
    with Browser(width, 800, calm=True) as narrow:
        narrow.open(page)
        narrow.run("for (const card of document.querySelectorAll('.rep')) card.open = true")
        assert narrow.run("return document.documentElement.scrollWidth") == width
        assert narrow.complaints() == []
        assert not narrow.run("return [...players.values()].some((player) => player.playing)")  # calm: none by itself


def test_it_prints(browser: Browser) -> None:
    pdf = browser.command("Page.printToPDF", printBackground=True)["data"]
    assert len(pdf) > 20_000
