"""The report's page: what it says, what it must never contain, how large it may get, the same bytes each time."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from formcoach import page as pages
from formcoach.analysis import Analysis, Instant, judge
from formcoach.catalogue import load_catalogue
from formcoach.compare import best_rep
from formcoach.cutting import Clip, Footage
from formcoach.exercise import Finding, Kind, NotAssessed, Rep, Span, Walk
from formcoach.page import clips_of, html_of, page_of, write_page
from formcoach.pose import PoseTrack, Source
from formcoach.recording import load_track

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parent.parent / "samples"
FAULTY, CLEAN = "bent-over-row_rounded-back", "bent-over-row_clean"
NASTY = "</script><img src=x onerror=alert(1)>\"'&\u2028<!--.mp4"
MOST_BYTES = 25_000_000


def judged(name: str) -> Analysis:
    return judge(load_track(SAMPLES / f"{name}.poses.npz"), load_catalogue()[name.split("_")[0]])


@pytest.fixture(scope="module")
def faulty() -> Analysis:
    return judged(FAULTY)


@pytest.fixture(scope="module")
def clips(faulty: Analysis) -> dict[int, Clip]:
    return clips_of(faulty, [Footage(SAMPLES / f"{FAULTY}.mp4")])


@pytest.fixture(scope="module")
def html(faulty: Analysis, clips: dict[int, Clip]) -> str:
    return html_of(page_of(faulty, clips))


def renamed(analysis: Analysis, name: str) -> Analysis:
    return replace(analysis, track=replace(analysis.track, source=replace(analysis.track.source, name=name)))


def nobody() -> Analysis:
    track = PoseTrack(Source("empty.mp4", 640, 480, 1.0, "full"), np.arange(10) / 10, (None,) * 10)
    return judge(track, load_catalogue()["bent-over-row"])


class Outline(HTMLParser):
    """The elements of a page, in order, and whether each that must be closed is."""

    VOID = frozenset({"meta", "input", "img", "br", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        where = self._open[-1] if self._open else ""
        self.text[where] = self.text.get(where, "") + data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def data_in(text: str) -> Any:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


# ---- structure ----


def test_elements_are_closed_and_ids_are_one_each(html: str) -> None:
    outline = Outline(html)
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    linked = {str(a["href"]) for a in outline.of("a")}
    assert linked
    assert linked <= {f"#{one}" for one in ids}
    named = {a["aria-labelledby"] for _, a in outline.elements if "aria-labelledby" in a}
    assert named <= set(ids)


def test_header_tells_what_it_is_of(html: str) -> None:
    text = re.sub(r"<[^>]*>", " ", html.split("<main>")[0].split("<body>")[1])
    words = " ".join(text.split())
    assert words == (f"{FAULTY}.mp4 Bent-over row set 1 reps 5 clean 2 view side recording 0:18")


def test_every_rep_has_a_card_and_a_place_in_the_strip(html: str, faulty: Analysis) -> None:
    cards = Outline(html).of("details")
    assert [card["id"] for card in cards] == [f"rep-{n}" for n in range(1, len(faulty.reps) + 1)]
    strip = html.split('class="strip"')[1].split("</nav>")[0]
    assert re.findall(r'href="#(rep-\d+)"', strip) == [card["id"] for card in cards]
    flagged = [bool(rep.findings) for rep in faulty.reps]
    assert ["open" in card for card in cards] == flagged


def test_findings_are_said_in_plain_words(faulty: Analysis, clips: dict[int, Clip]) -> None:
    page = page_of(faulty, clips)
    (first, *_) = [rep for one in page.sets for rep in one.reps if rep.findings]
    (finding,) = first.findings
    assert re.fullmatch(r"Measured \d+°: severe, because it is above \d+°\.", finding.sentence)
    fault = faulty.exercise.fault("rounded-back")
    assert (finding.name, finding.cue, finding.explain) == (fault.name, fault.cue, fault.explain)
    assert re.fullmatch(r"\d+\.\d s, (lift|hold|lower)", finding.when)
    text = html_of(page)
    assert finding.sentence in text
    assert fault.explain.replace("'", "&#39;") in text


def test_less_is_said_to_be_below(faulty: Analysis) -> None:
    fault = next(fault for fault in faulty.exercise.faults if fault.less_is_worse)
    finding = Finding(
        fault=fault.id, severity="mild", value=fault.mild, limit=fault.mild, unit=fault.unit, time_s=math.nan,
        confidence=1.0,
    )  # fmt: skip
    rep = replace(faulty.reps[0], findings=(finding,))
    view = page_of(replace(faulty, reps=(rep,)), {}).sets[0].reps[0]
    assert "because it is below" in view.findings[0].sentence


def test_what_was_not_assessed_names_the_move(html: str, faulty: Analysis) -> None:
    assert "To have these judged, face the camera" in html
    assert page_of(faulty, {}).moves


def test_clean_ones_are_praised() -> None:
    text = html_of(page_of(judged(CLEAN), {}))
    assert "Nothing to mend" in text
    assert "What to work on" not in text


def test_a_rep_of_which_nothing_was_judged_is_not_clean(faulty: Analysis) -> None:
    missed = tuple(NotAssessed(fault=fault.id, why="dark", instead="light") for fault in faulty.exercise.faults)
    rep = replace(faulty.reps[0], findings=(), not_assessed=missed, judged=False)
    page = page_of(replace(faulty, reps=(rep,)), {})
    assert ("clean", "–") in page.facts
    assert "Nothing to mend" not in html_of(page)
    both = page_of(replace(faulty, reps=(rep, replace(rep, judged=True))), {})
    assert ("clean", "1") in both.facts
    assert (page.sets[0].reps[0].mark, page.sets[0].reps[0].verdict) == ("partial", "not judged from here")
    unlike = page_of(replace(faulty, reps=(replace(rep, unlike=True, not_assessed=()),)), {})
    assert unlike.sets[0].reps[0].verdict == "not judged: it does not look like bent-over row"


def test_nobody_in_the_picture(tmp_path: Path) -> None:
    write_page(nobody(), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    Outline(text)
    assert "Nobody was found" in text
    assert "nobody seen" in text
    assert data_in(text)["reps"] == {}


def test_analysis_without_instants_has_no_lines(faulty: Analysis) -> None:
    page = page_of(replace(faulty, instants=()), {})
    assert {rep.line for one in page.sets for rep in one.reps} == {""}
    Outline(html_of(page))


# ---- clips and poses ----


def test_clips_are_of_the_flagged_reps_and_of_the_best(faulty: Analysis, clips: dict[int, Clip], html: str) -> None:
    best = best_rep(faulty.reps)
    assert best is not None
    assert set(clips) == {rep.number for rep in faulty.reps if rep.findings} | {best.number}
    sources = [str(video["src"]) for video in Outline(html).of("video")]
    assert [base64.b64decode(one.removeprefix("data:video/mp4;base64,")) for one in sources] == [
        clips[key].mp4 for key in sorted(clips)
    ]
    assert all(clip.height <= 480 for clip in clips.values())


def test_a_clean_set_shows_its_best_rep() -> None:
    analysis = judged(CLEAN)
    best = best_rep(analysis.reps)
    assert best is not None
    assert set(clips_of(analysis, [Footage(SAMPLES / f"{CLEAN}.mp4")])) == {best.number}


def test_poses_are_those_of_the_frames(faulty: Analysis, html: str) -> None:
    data = data_in(html)
    count = data["landmarks"]
    for key, rep in data["reps"].items():
        assert len(rep["t"]) == len(rep["progress"]) == len(rep["seen"]) / count == len(rep["xy"]) / 2 / count
        assert rep["t"] == sorted(set(rep["t"]))
        span = faulty.reps[int(key) - 1].span
        assert rep["window"][0] <= 1000 * span.start_s <= 1000 * span.end_s <= rep["window"][1] + 1
        assert max(rep["progress"]) <= 100
    width, height = data["size"]
    xy = np.array(data["reps"]["3"]["xy"]).reshape(-1, 2)
    inside = (xy >= 0).all(axis=1) & (xy <= [width, height]).all(axis=1)
    assert inside.mean() > 0.97


def test_phases_belong_together(faulty: Analysis, html: str) -> None:
    data = data_in(html)
    best = best_rep(faulty.reps)
    assert best is not None
    for rep in faulty.reps:
        entry = data["reps"][str(rep.number)]
        if rep is best:
            assert "best" not in entry
            continue
        assert entry["best"] == best.number
        own, other = zip(*entry["knots"], strict=True)
        assert list(own) == [
            round(1000 * t) for t in (rep.span.start_s, rep.span.peak_s, rep.span.lowering_s, rep.span.end_s)
        ]
        assert list(other) == sorted(other)


def test_a_rounded_back_is_drawn_along_the_back(html: str) -> None:
    data = data_in(html)
    flagged = data["reps"]["3"]
    assert flagged["findings"][0]["back"]
    assert sum(map(bool, flagged["back"])) > 0.8 * len(flagged["t"])


def test_without_video_the_skeletons_stand(tmp_path: Path, faulty: Analysis) -> None:
    write_page(faulty, tmp_path / "report.html", [Footage(tmp_path / "gone.mp4")])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert Outline(text).of("video") == []
    assert len(Outline(text).of("canvas")) == 5 + 4
    assert "There is no video in this report" in text
    write_page(faulty, tmp_path / "track.html")
    assert (tmp_path / "track.html").read_bytes() == (tmp_path / "report.html").read_bytes()


def test_a_video_that_broke_meanwhile_is_a_note(tmp_path: Path, faulty: Analysis) -> None:
    (tmp_path / "set.mp4").write_bytes(b"broken")
    write_page(faulty, tmp_path / "report.html", [Footage(tmp_path / "set.mp4")])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "There are no clips: " in text


# ---- what it must not contain ----


def test_nothing_is_fetched(html: str) -> None:
    outline = Outline(html)
    assert not re.search(r"(?i:https?:)|//[a-z0-9-]+\.[a-z]|@import|url\(", html)
    for tag, attributes in outline.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form")
        for name in ("src", "href", "poster", "action", "srcset"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:video/mp4;base64,")), (tag, value)


def test_content_security_policy_names_what_is_there(html: str) -> None:
    (policy,) = [
        str(m["content"]) for m in Outline(html).of("meta") if m.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (block,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert all("style" not in a and not any(name.startswith("on") for name in a) for _, a in Outline(html).elements)


def test_untrusted_text_is_escaped(faulty: Analysis) -> None:
    analysis = renamed(faulty, NASTY)
    analysis = replace(
        analysis,
        exercise=replace(analysis.exercise, id=NASTY, name=NASTY),
        notes=(NASTY,),
        track=replace(analysis.track, source=replace(analysis.track.source, model=NASTY)),
    )
    text = html_of(page_of(analysis, {}, (NASTY,)))
    outline = Outline(text)
    assert [tag for tag, _ in outline.elements if tag in ("img", "script")] == ["script", "script"]
    assert "<img" not in text
    assert text.count("</script") == 2
    assert "onerror" in text  # as words
    assert outline.text["h1"] == NASTY


def test_json_cannot_end_its_block(faulty: Analysis) -> None:
    page = page_of(faulty, {})
    page = replace(page, data={**page.data, "noun": NASTY})
    text = html_of(page)
    assert data_in(text)["noun"] == NASTY
    Outline(text)


def test_file_name_that_is_not_utf8(tmp_path: Path, faulty: Analysis) -> None:
    write_page(renamed(faulty, "caf\udce9\n.mp4"), tmp_path / "report.html")
    assert "caf??.mp4" in (tmp_path / "report.html").read_text(encoding="utf-8")


# ---- the same bytes ----


def test_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_page(judged(FAULTY), tmp_path / name, [Footage(SAMPLES / f"{FAULTY}.mp4")])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_same_clips_many_times(faulty: Analysis, clips: dict[int, Clip]) -> None:
    for _ in range(10):
        assert clips_of(faulty, [Footage(SAMPLES / f"{FAULTY}.mp4")]) == clips


# ---- size ----


def long_session(analysis: Analysis, reps: int = 200, duration_s: float = 1200.0) -> Analysis:
    """The analysis again and again, until it has so many reps in so much time, every rep flagged, in ten sets."""
    flagged = next(rep for rep in analysis.reps if rep.findings)
    step_s = duration_s / reps
    times_s = np.arange(0, duration_s, 1 / 30)
    within = times_s % step_s + flagged.span.start_s - 0.5
    source_s = analysis.track.time_s
    at = np.clip(np.searchsorted(source_s, within), 0, len(source_s) - 1)
    poses = tuple(
        None if pose is None else replace(pose, time_s=time_s)
        for pose, time_s in ((analysis.track.poses[i], t) for i, t in zip(at.tolist(), times_s.tolist(), strict=True))
    )
    shift_s = [n * step_s - flagged.span.start_s + 0.5 for n in range(reps)]

    def moved(span: Span, by_s: float) -> Span:
        turns = ("start_s", "peak_s", "lowering_s", "end_s")
        return replace(span, **{turn: getattr(span, turn) + by_s for turn in turns})

    return replace(
        analysis,
        track=PoseTrack(replace(analysis.track.source, duration_s=duration_s), times_s, poses),
        instants=tuple(
            Instant(time_s, one.state, one.progress, one.count, one.set_number)
            for time_s, one in zip(times_s.tolist(), (analysis.instants[i] for i in at.tolist()), strict=True)
        ),
        reps=tuple(
            replace(
                flagged,
                number=n + 1,
                set_number=1 + n // (reps // 10),
                span=moved(flagged.span, by_s),
                findings=tuple(replace(f, time_s=f.time_s + by_s, value=f.value + n / 100) for f in flagged.findings),
            )
            for n, by_s in enumerate(shift_s)
        ),
        partials=(),
    )


def test_a_long_session_stays_small(faulty: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    long = long_session(faulty)
    assert len(long.reps) == 200
    asked: list[int] = []

    def huge(_footage: object, windows: list[Any], _region: object) -> dict[int, Clip]:
        asked.extend(window.key for window in windows)
        return {window.key: Clip(window.start_s, 360, 480, bytes(900_000)) for window in windows}

    monkeypatch.setattr(pages, "cut", huge)
    clips = clips_of(long, [Footage(Path("long.mp4"))])
    assert len(asked) <= pages.MOST_CLIPS + 1
    assert 10 <= len(clips) < len(asked)
    gravest = [rep.number for rep in long.reps[::-1][: len(clips) - 1]]  # each is a little worse than the one before
    assert set(gravest) <= set(clips)
    text = html_of(page_of(long, clips))
    assert len(text.encode()) < MOST_BYTES
    left_out = [rep.number for rep in long.reps if rep.number not in clips]
    assert f"{len(left_out)} reps with a finding: {left_out[0]}, {left_out[1]}, " in text
    data = data_in(text)
    assert len(data["reps"]) == 200
    assert sum(len(rep["t"]) for rep in data["reps"].values()) <= pages.MOST_POSES * 1.1


# ---- holds and carries ----


def timed(kind: Kind) -> str:
    return next(one.id for one in load_catalogue().exercises.values() if one.kind is kind)


@pytest.mark.parametrize("kind", [Kind.HOLD, Kind.CARRY])
def test_holds_and_carries(faulty: Analysis, kind: Kind) -> None:
    exercise = load_catalogue()[timed(kind)]
    fault = exercise.faults[0]
    finding = Finding(
        fault=fault.id, severity="severe", value=fault.severe, limit=fault.severe, unit=fault.unit, time_s=9.0,
        confidence=0.9,
    )  # fmt: skip
    span = Span(
        start_s=1.0, peak_s=1.0, lowering_s=17.0, end_s=17.0, rest=0.0, peak=16.0, next_rest=0.0, reach=0.5
    )  # fmt: skip
    rep = Rep(
        number=1, set_number=1, side=None, span=span, view=faulty.reps[0].view, azimuth_deg=90.0, findings=(finding,),
        hints=(), not_assessed=(), walk=Walk(12, 2) if kind is Kind.CARRY else None,
    )  # fmt: skip
    page = page_of(replace(faulty, exercise=exercise, reps=(rep,), partials=()), {})
    text = html_of(page)
    Outline(text)
    (view,) = page.sets[0].reps
    assert view.title == ("Carry 1" if kind is Kind.CARRY else "Hold 1")
    assert view.facts[0][0] == "held"
    assert view.facts[0][1].startswith("16.0 s of ")
    assert (("steps", "12") in view.facts) == (kind is Kind.CARRY)
    assert ("in position", "16 s") in page.facts
    assert (page.sets[0].tempos, view.best) == ((), 0)
    window = data_in(text)["reps"]["1"]["window"]
    assert window[1] - window[0] == pytest.approx(1000 * pages.LONGEST_S, abs=2)
    assert window[0] <= 9000 <= window[1]


def test_region_is_where_the_person_moves(faulty: Analysis) -> None:
    width, height = page_of(faulty, {}).data["size"]
    assert height == 1000
    assert 600 < width < 1950


@pytest.mark.parametrize("make", [page_of])
def test_analysis_is_left_as_it_was(make: Callable[..., object], faulty: Analysis) -> None:
    before = (faulty.reps, faulty.partials, faulty.notes, faulty.track.time_s.tolist())
    make(faulty, {})
    assert (faulty.reps, faulty.partials, faulty.notes, faulty.track.time_s.tolist()) == before
