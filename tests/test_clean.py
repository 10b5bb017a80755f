"""One notion of a clean rep: what is said, the report, the history and the web pages give the same number."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from served import record
from sessions import exercise, finding, flagged, rep
from werkzeug.test import Client

from formcoach.analysis import judge
from formcoach.card import Mark, mark_of
from formcoach.catalogue import load_catalogue
from formcoach.exercise import NotAssessed
from formcoach.history_tables import as_data, csv_of
from formcoach.listing import all_trained
from formcoach.live import summary_board
from formcoach.page import page_of
from formcoach.recording import load_track
from formcoach.session import SessionSummary, SetSummary
from formcoach.session_page import session_analysis
from formcoach.store import Store
from formcoach.trends import tally
from formcoach.web import make_app
from formcoach.web_views import lines_of, session_view

if TYPE_CHECKING:
    from formcoach.exercise import Rep

SAMPLES = Path(__file__).parent.parent / "samples"
PORT = 8377
MISSED = tuple(NotAssessed(fault=fault.id, why="dark", instead="switch a light on") for fault in exercise().faults)
REPS = (
    rep(1, 1.0, 1.8),
    flagged(2, 2.0, 2.8),
    replace(rep(3, 3.0, 3.8), not_assessed=MISSED, judged=False),
    replace(rep(4, 3.9, 4.3), not_assessed=MISSED, judged=False, unlike=True),
    rep(5, 4.4, 4.8, finding(fault="a-fault-of-old")),
    rep(6, 4.9, 5.2),
)
CLEAN = 2


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Store(tmp_path) as store:
        record(store, REPS)
    return tmp_path


def test_report_history_and_web_count_the_same_clean_reps(home: Path) -> None:
    with Store(home) as store:
        page = page_of(session_analysis(store, 1, exercise()), {})
        trained, broken = all_trained(store)
        view = session_view(store, 1, load_catalogue().exercises)
    marks = [rep.mark for one in page.sets for rep in one.reps]
    told = SetSummary(1, REPS, 1.0, 5.2)
    (line,), _ = lines_of(trained, load_catalogue().exercises)
    counted = {
        "said": told.clean,
        "in the summary": SessionSummary(exercise(), (told,)).clean,
        "in the report's header": int(dict(page.facts)["clean"]),
        "marked in the report": marks.count("clean"),
        "in the history": tally(trained).clean,
        "in the history's JSON": as_data(trained, broken)["sessions"][0]["clean"],
        "in the history's CSV": int(csv_of(trained).splitlines()[1].split(",")[6]),
        "in the web's list": line.done.clean,
        "in the web's session": int(dict(view.facts)["clean"].split()[0]),
        "marked in the web's session": [one.mark for one in view.reps].count("clean"),
        "on pictures": [mark_of(one) for one in REPS].count(Mark.CLEAN),
    }
    assert counted == dict.fromkeys(counted, CLEAN)


def test_web_history_gives_that_number_too(home: Path) -> None:
    app = make_app(PORT, load_catalogue().exercises, home)
    text = Client(app).get("/history", headers={"Host": f"127.0.0.1:{PORT}"}).text
    assert re.search(r"2 of 4 clean", text)
    assert "50 %" in text


def test_where_nothing_was_judged_nobody_says_clean(home: Path) -> None:
    unjudged = tuple(replace(one, findings=(), judged=False) for one in REPS)
    summary = SessionSummary(exercise(), (SetSummary(1, unjudged, 1.0, 5.2),))
    assert summary.sentence == "1 set, 6 reps, form not judged."
    board = summary_board(summary)
    assert (board.mark, board.heading) == (Mark.PARTIAL, "Form not judged")
    with Store(home) as store:
        analysis = replace(session_analysis(store, 1, exercise()), reps=unjudged)
    assert dict(page_of(analysis, {}).facts)["clean"] == "–"


def test_some_not_judged_are_told_beside_the_clean_ones() -> None:
    summary = SessionSummary(exercise(), (SetSummary(1, REPS, 1.0, 5.2),))
    assert summary.sentence == "1 set, 6 reps, 2 clean, 2 not judged."


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.poses.npz")), ids=lambda path: path.stem)
def test_a_rep_is_judged_where_any_fault_could_be_told(path: Path) -> None:
    one = load_catalogue()[path.name.split("_")[0]]

    def told(rep: Rep) -> bool:
        return {fault.id for fault in one.faults} != {missed.fault for missed in rep.not_assessed}

    reps = judge(load_track(path), one).reps
    assert reps
    assert [rep.judged for rep in reps] == [told(rep) for rep in reps]
