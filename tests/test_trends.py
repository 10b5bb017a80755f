"""Trends: from how many reps, and against chance; and the history's tables, JSON, CSV and plot."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from sessions import MISSED, finding, rep

from formcoach.errors import FormCoachError
from formcoach.history import Ending, StoredRep, StoredSession
from formcoach.history_plot import write_plot
from formcoach.history_tables import as_data, bars_of, csv_of, render
from formcoach.listing import Trained
from formcoach.session import Targets
from formcoach.trends import Change, by_exercise, by_week, fisher, rank_sum, tally, too_few, trends_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formcoach.exercise import Rep

MONDAY = datetime(2026, 3, 2, 12, tzinfo=timezone.utc)
ids = itertools.count(1)


def trained(reps: Sequence[Rep], *, day: int = 0, exercise: str = "bent-over-row", unit: str = "deg") -> Trained:
    """A session on that day, with these reps numbered anew."""
    number = next(ids)
    when = MONDAY + timedelta(days=day)
    session = StoredSession(
        id=number, exercise=exercise, started_at=when, ended_at=when, ending=Ending.FINISHED, clock_s=0.0, camera="0",
        formcoach="0", model="full", targets=Targets(), notes=(), folder=Path(), reps=len(reps),
        flagged=sum(bool(one.findings) for one in reps),
    )  # fmt: skip
    stored = [StoredRep(rep=replace(one, number=i), unit=unit, clip=None, clip_start_s=math.nan)
              for i, one in enumerate(reps, 1)]  # fmt: skip
    return Trained(session, tuple(stored))


def clean(count: int) -> list[Rep]:
    return [rep(1)] * count


def faulty(count: int, fault: str = "rounded-back") -> list[Rep]:
    return [rep(1, 1.0, 2.5, finding(fault=fault))] * count


def ranged(count: int, middle: float) -> list[Rep]:
    """Reps whose range scatters a little round a middle."""
    span = rep(1).span
    return [replace(rep(1), span=replace(span, rest=0.0, peak=middle + i % 5)) for i in range(count)]


# ---- sums ----


def test_a_session_is_summed_up() -> None:
    reps = [*clean(3), *faulty(2), rep(1, 1, 2.5, finding(), finding(fault="shrug"), set_number=2)]
    done = tally([trained(reps)])
    assert (done.sessions, done.sets, done.reps, done.judged, done.clean) == (1, 2, 6, 6, 3)
    assert done.often == ("rounded-back", 3)


def test_the_same_fault_twice_in_a_rep_counts_once() -> None:
    assert tally([trained([rep(1, 1, 2.5, finding(), finding())])]).often == ("rounded-back", 1)


def test_reps_that_were_not_judged_are_not_clean() -> None:
    done = tally([trained([*clean(1), *[replace(rep(1), judged=False)] * 3])])
    assert (done.reps, done.judged, done.clean, done.share) == (4, 1, 1, 1.0)


def test_nothing_is_summed_up_to_nothing() -> None:
    done = tally([])
    assert (done.reps, done.often) == (0, None)
    assert math.isnan(done.share)


def test_weeks_begin_on_mondays_and_the_latest_is_first() -> None:
    days = [0, 3, 6.99, 7.5, 40]
    weeks = by_week([trained(clean(2), day=0) for _ in ()] + [trained(clean(2), day=int(day)) for day in days])
    assert all(week.weekday() == 0 for week, _, _ in weeks)
    assert [week for week, _, _ in weeks] == sorted({week for week, _, _ in weeks}, reverse=True)
    assert sum(done.sessions for _, _, done in weeks) == len(days)


def test_exercises_are_kept_apart_and_sessions_without_reps_left_out() -> None:
    groups = by_exercise(
        [trained(clean(2), day=5), trained(clean(1), day=1), trained([]), trained(clean(1), exercise="x")]
    )
    assert list(groups) == ["bent-over-row", "x"]
    days = [one.session.started_at for one in groups["bent-over-row"]]
    assert days == sorted(days)
    assert len(days) == 2


# ---- when there is a trend ----


@pytest.mark.parametrize(("sessions", "reps"), [(2, 50), (3, 6), (1, 1), (19, 1)])
def test_too_few_sessions_or_reps_give_no_trend(sessions: int, reps: int) -> None:
    given = [trained(clean(reps), day=k) for k in range(sessions)]
    assert trends_of("bent-over-row", given) == []
    assert f"{sessions} session" in too_few(given)
    assert "3 sessions and 20 reps" in too_few(given)


def test_enough_give_trends_with_their_counts() -> None:
    given = [trained([*clean(7), *faulty(3)], day=k) for k in range(3)]
    assert too_few(given) == ""
    trends = {trend.what: trend for trend in trends_of("bent-over-row", given)}
    assert list(trends) == ["clean", "range", "tempo", "rounded-back"]
    for trend in trends.values():
        assert trend.earlier.reps + trend.later.reps == 30
        assert trend.earlier.sessions + trend.later.sessions == 3
        assert trend.change is Change.NONE
    fault = trends["rounded-back"]
    assert ((fault.earlier.times or 0) + (fault.later.times or 0), fault.earlier.value) == (9, 0.3)


def test_reps_that_are_unlike_do_not_make_up_the_number() -> None:
    unlike = replace(rep(1), unlike=True, judged=False)
    assert too_few([trained([*clean(5), *[unlike] * 20], day=k) for k in range(3)])


def test_reps_whose_form_was_not_judged_tell_of_range_and_of_nothing_else() -> None:
    unjudged = [replace(one, judged=False) for one in ranged(10, 70.0)]
    given = [trained(unjudged, day=k) for k in range(4)]
    assert [trend.what for trend in trends_of("x", given)] == ["range", "tempo"]


def test_a_fault_that_goes_is_better_and_one_that_comes_worse() -> None:
    earlier = [trained([*faulty(12), *clean(8)], day=k) for k in range(3)]
    later = [trained([*faulty(2), *clean(12), *faulty(6, "shrug")], day=9 + k) for k in range(3)]
    changes = {trend.what: trend.change for trend in trends_of("x", earlier + later)}
    assert changes["rounded-back"] is Change.BETTER
    assert changes["shrug"] is Change.WORSE
    assert changes["tempo"] is changes["range"] is Change.NONE


def test_clean_reps_get_more() -> None:
    given = [trained([*faulty(12), *clean(8)]), trained([*faulty(12), *clean(8)], day=1)]
    given += [trained(clean(20), day=2), trained(clean(20), day=3)]
    [trend] = [one for one in trends_of("x", given) if one.what == "clean"]
    assert (trend.change, trend.earlier.value, trend.later.value) == (Change.BETTER, 0.4, 1.0)
    assert trend.p < 0.001


def test_range_grows() -> None:
    given = [trained(ranged(15, 70.0), day=k) for k in range(2)] + [trained(ranged(15, 90.0), day=5)]
    [trend] = [one for one in trends_of("x", given) if one.what == "range"]
    assert (trend.earlier.value, trend.change, trend.unit) == (72.0, Change.MORE, "deg")


def test_a_small_change_is_none_however_sure() -> None:
    given = [trained(ranged(400, 70.0), day=k) for k in range(2)] + [trained(ranged(800, 71.0), day=5)]
    [trend] = [one for one in trends_of("x", given) if one.what == "range"]
    assert trend.p < 0.01
    assert trend.change is Change.NONE


def test_a_fault_counts_only_where_it_could_be_judged() -> None:
    """From the side nobody sees the elbows: those reps say nothing of them."""
    assert MISSED.fault == "elbow-flare"
    seen = replace(rep(1), not_assessed=())
    flared = replace(rep(1, 1, 2.5, finding(fault="elbow-flare")), not_assessed=())
    front = [trained([*[seen] * 5, *[flared] * 5], day=k) for k in range(2)]
    side = [trained(clean(10), day=2 + k) for k in range(2)]
    assert "elbow-flare" not in {trend.what for trend in trends_of("x", front + side)}
    both = [trained([*[seen] * 5, *[flared] * 5, *clean(10)], day=9 + k) for k in range(2)]
    [trend] = [one for one in trends_of("x", front + both) if one.what == "elbow-flare"]
    assert trend.earlier.reps + trend.later.reps == 40
    assert trend.change is Change.NONE


def test_ranges_of_another_unit_are_not_compared() -> None:
    given = [trained(ranged(10, 0.5), day=k, unit="T") for k in range(2)] + [trained(ranged(20, 90.0), day=5)]
    assert "range" not in {trend.what for trend in trends_of("x", given)}


def test_holds_have_time_and_no_tempo() -> None:
    given = [trained(ranged(10, 30.0), day=k, unit="s") for k in range(3)]
    assert [trend.what for trend in trends_of("plank", given)] == ["clean", "held"]


def test_unknown_ranges_are_left_out() -> None:
    odd = replace(rep(1), span=replace(rep(1).span, peak=math.nan))
    given = [trained([odd] * 10, day=k) for k in range(3)]
    assert "range" not in {trend.what for trend in trends_of("x", given)}


def test_chance_is_seldom_called_a_change() -> None:
    """A hundred people whose form does not change, each with ten sessions of ten reps."""
    coin = random.Random(1)  # noqa: S311
    called = 0
    for _ in range(100):
        reps = [[coin.choice((rep(1), rep(1, 1, 2.5, finding()))) for _ in range(10)] for _ in range(10)]
        given = [trained(one, day=k) for k, one in enumerate(reps)]
        called += any(trend.change is not Change.NONE for trend in trends_of("x", given))
    assert called <= 5


# ---- chance ----


@pytest.mark.parametrize(
    ("table", "p"),
    [((1, 10, 9, 10), 0.001093), ((3, 4, 1, 4), 0.485714), ((8, 10, 1, 6), 0.034965), ((0, 5, 0, 5), 1.0)],
)
def test_fishers_exact_test(table: tuple[int, int, int, int], p: float) -> None:
    """Against published values (the lady tasting tea, and the like)."""
    assert fisher(*table) == pytest.approx(p, abs=1e-5)


@pytest.mark.parametrize("table", [(0, 0, 0, 0), (0, 0, 3, 5), (5, 5, 5, 5), (4000, 9000, 5000, 9000)])
def test_fishers_test_at_its_ends(table: tuple[int, int, int, int]) -> None:
    assert 0 <= fisher(*table) <= 1


def test_the_rank_sum_test() -> None:
    assert rank_sum([1, 2, 3], [1, 2, 3]) == 1.0
    assert rank_sum(range(10), range(100, 110)) == pytest.approx(0.000183, abs=1e-5)
    assert rank_sum([5.0] * 10, [5.0] * 10) == 1.0
    assert rank_sum([], [1.0]) == 1.0
    assert rank_sum(range(10), range(5, 15)) == pytest.approx(rank_sum(range(5, 15), range(10)))


# ---- for people and programs ----


def some() -> list[Trained]:
    rows = [trained([*faulty(4), *clean(6)], day=4 * k) for k in range(4)]
    return [*rows, trained(clean(3), exercise="deadlift"), trained([], day=3)][::-1]


def shown(given: list[Trained]) -> str:
    console = Console(file=io.StringIO(), width=120)
    render(given, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_tables_tell_counts_and_why_there_is_no_trend() -> None:
    text = shown(some())
    assert "60 % (12 of 20 reps, 2 sessions)" in text
    assert "no clear change" in text
    assert "no trends from 1 session and 3 reps yet" in text
    assert "rounded-back 8 times" in text


def test_units_are_plain_words() -> None:
    lengths = [trained(ranged(10, 0.5), day=k, unit="T") for k in range(3)]
    assert "2.50 torso lengths (10 reps, 1 session)" in shown(lengths)
    odd = [trained(ranged(10, 0.5), day=k, unit="[bold]") for k in range(3)]
    assert "2.50 (10 reps, 1 session)" in shown(odd)


def test_names_from_the_disk_are_no_markup() -> None:
    text = shown([trained(faulty(3, "[red]x[/nope]\n"), exercise="[bold]\x1b[2J")])
    assert "[red]x[/nope]?" in text
    assert "\x1b" not in text


def test_bars() -> None:
    assert bars_of([0.0, 0.5, 1.0, math.nan]) == "▁▅█·"
    assert len(bars_of([1.0] * 100)) == 24


def test_json_is_whole() -> None:
    data = json.loads(json.dumps(as_data(some(), ["session 9 is broken"]), allow_nan=False))
    assert len(data["sessions"]) == 6
    assert {week["exercise"] for week in data["weeks"]} == {"bent-over-row", "deadlift"}
    assert [trend["what"] for trend in data["trends"]] == ["clean", "range", "tempo", "rounded-back"]
    assert list(data["no_trends"]) == ["deadlift"]
    assert data["left_out"] == ["session 9 is broken"]


def test_csv_has_a_line_a_session() -> None:
    lines = list(csv.DictReader(io.StringIO(csv_of(some()))))
    assert [line["reps"] for line in lines] == ["0", "3", "10", "10", "10", "10"]
    assert lines[-1]["clean_share"] == "0.6"
    assert lines[-1]["most_frequent"] == "rounded-back"


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "history.png"
    write_plot(some(), path)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("exercises", [1, 9])
def test_a_plot_of_few_and_of_many_exercises(tmp_path: Path, exercises: int) -> None:
    many = [trained(faulty(9, f"fault-{k}"), exercise=f"one-{k}", day=d) for k in range(exercises) for d in range(4)]
    write_plot(many, tmp_path / "history.png")
    assert (tmp_path / "history.png").stat().st_size < 1_000_000


@pytest.mark.parametrize("name", ["x.jpg", "x", "no/x.png"])
def test_a_plot_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormCoachError):
        write_plot(some(), tmp_path / name)


def test_a_plot_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(FormCoachError, match="nothing to plot"):
        write_plot([trained([])], tmp_path / "x.png")
