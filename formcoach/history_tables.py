"""The history for people and programs: tables and small plots on the terminal, JSON, CSV."""

from __future__ import annotations

import csv
import io
import math
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from formcoach.errors import printable
from formcoach.report import UNIT_WORDS, quantity
from formcoach.trends import Change, by_exercise, by_week, tally, too_few, trends_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from formcoach.listing import Trained
    from formcoach.trends import Part, Tally, Trend

BARS = "▁▂▃▄▅▆▇█"
LATEST = 24
"""So many sessions are shown as bars at most."""
STYLE = {Change.BETTER: "green", Change.WORSE: "red", Change.MORE: "cyan", Change.LESS: "cyan", Change.NONE: "dim"}
CSV_COLUMNS = (
    "session", "started_at", "exercise", "sets", "reps", "judged", "clean", "clean_share", "most_frequent", "times",
    "range_median", "range_unit", "tempo_median_s",
)  # fmt: skip


def render(trained: Sequence[Trained], console: Console) -> None:
    """What was done, week by week, and how each exercise changes."""
    console.print(week_table(trained))
    for exercise, sessions in by_exercise(trained).items():
        bars = bars_of([tally([one]).share for one in sessions])
        name = escape(printable(exercise))
        console.print(f"\n[bold]{name}[/]  clean reps, session by session  [green]{bars}[/]", highlight=False)
        console.print(too_few(sessions) or trend_table(trends_of(exercise, sessions)), highlight=False)


def week_table(trained: Sequence[Trained]) -> Table:
    """By week and exercise."""
    table = Table("week from", "exercise")
    for heading in ("sessions", "sets", "reps", "clean"):
        table.add_column(heading, justify="right")
    table.add_column("most often")
    before = None
    for week, exercise, done in by_week(trained):
        table.add_row(
            "" if week == before else f"{week}",
            escape(printable(exercise)),
            *map(str, (done.sessions, done.sets, done.reps)),
            clean_words(done),
            often_words(done),
        )
        before = week
    return table


def clean_words(done: Tally) -> str:
    """`75 % (15 of 20)`."""
    if not done.judged:
        return "not judged"
    return f"{100 * done.share:.0f} % ({done.clean} of {done.judged})"


def often_words(done: Tally) -> str:
    """`rounded-back 5 times`, or nothing."""
    if done.often is None:
        return ""
    fault, times = done.often
    return f"{escape(printable(fault))} {times} time{'s' * (times != 1)}"


def bars_of(shares: Sequence[float]) -> str:
    """The latest shares as bars, a dot where one is unknown."""
    return "".join("·" if math.isnan(share) else BARS[round(share * (len(BARS) - 1))] for share in shares[-LATEST:])


def trend_table(trends: Sequence[Trend]) -> Table:
    """Earlier sessions against later ones, each with how many reps it is from."""
    table = Table("", "earlier", "later", "change")
    for trend in trends:
        style = STYLE[trend.change]
        earlier, later = part_words(trend, trend.earlier), part_words(trend, trend.later)
        table.add_row(escape(printable(trend.what)), earlier, later, f"[{style}]{trend.change.value}[/]")
    return table


def part_words(trend: Trend, part: Part) -> str:
    """`40 % (12 of 30 reps, 3 sessions)`, `71° (30 reps, 3 sessions)`; without a unit where it is none of ours."""
    sessions = f"{part.sessions} session{'s' * (part.sessions != 1)}"
    if part.times is not None:
        return f"{100 * part.value:.0f} % ({part.times} of {part.reps} reps, {sessions})"
    value = quantity(part.value, trend.unit) if trend.unit in UNIT_WORDS else f"{part.value:.2f}"
    return f"{value} ({part.reps} reps, {sessions})"


# ---- for programs ----


def as_data(trained: Sequence[Trained], broken: Sequence[str]) -> dict[str, Any]:
    """All of it as plain data."""
    groups = by_exercise(trained)
    return {
        "schema": 1,
        "sessions": [session_data(one) for one in trained],
        "weeks": [
            {"week": week.isoformat(), "exercise": exercise, **_tally_data(done)}
            for week, exercise, done in by_week(trained)
        ],
        "trends": [_trend_data(t) for exercise, sessions in groups.items() for t in trends_of(exercise, sessions)],
        "no_trends": {exercise: why for exercise, sessions in groups.items() if (why := too_few(sessions))},
        "left_out": list(broken),
    }


def session_data(one: Trained) -> dict[str, Any]:
    """A session as a line of the CSV, and in JSON."""
    done, unit = tally([one]), one.stored[-1].unit if one.stored else None
    whole = [stored.rep.span for stored in one.stored if stored.rep.span.complete]
    data = _tally_data(done)
    del data["sessions"]
    return {
        "session": one.session.id,
        "started_at": one.session.started_at.isoformat(),
        "exercise": one.session.exercise,
        **data,
        "range_median": _middle([span.range for span in whole]),
        "range_unit": unit,
        "tempo_median_s": _middle([span.end_s - span.start_s for span in whole]),
    }


def _tally_data(done: Tally) -> dict[str, Any]:
    fault, times = done.often or (None, None)
    return {
        "sessions": done.sessions, "sets": done.sets, "reps": done.reps, "judged": done.judged, "clean": done.clean,
        "clean_share": _plain(done.share), "most_frequent": fault, "times": times,
    }  # fmt: skip


def _trend_data(trend: Trend) -> dict[str, Any]:
    def part(one: Part) -> dict[str, Any]:
        return {"value": _plain(one.value), "times": one.times, "reps": one.reps, "sessions": one.sessions}

    return {
        "exercise": trend.exercise, "what": trend.what, "unit": trend.unit, "earlier": part(trend.earlier),
        "later": part(trend.later), "p": _plain(trend.p, 6), "change": trend.change.value,
    }  # fmt: skip


def _middle(values: Sequence[float]) -> float | None:
    known = [value for value in values if not math.isnan(value)]
    return _plain(median(known)) if known else None


def _plain(value: float, digits: int = 3) -> float | None:
    return None if math.isnan(value) else round(value, digits)


def csv_of(trained: Sequence[Trained]) -> str:
    """One line a session, the latest first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(session_data(one) for one in trained)
    return text.getvalue()
