"""The history as a picture: clean reps and range from session to session, and each fault's rate, earlier and later."""

from __future__ import annotations

from importlib import import_module
from statistics import median
from typing import TYPE_CHECKING, Any

from formcoach.errors import FormCoachError, printable, reason
from formcoach.files import replacing
from formcoach.report import UNIT_WORDS
from formcoach.trends import Change, by_exercise, tally, too_few, trends_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from formcoach.listing import Trained
    from formcoach.trends import Trend

MOST_EXERCISES, MOST_FAULTS = 6, 5
"""What a picture has room for: the exercises with most sessions, and the faults found most often."""
FEW_FAULTS = 3
"""Bars are no thicker than those of so many."""
GREEN, BLUE, GREY, ORANGE, INK = "#009e73", "#0072b2", "#b8c1cc", "#e69f00", "#1b2733"
WIDTH_IN, ROW_IN = 13.0, 3.1
SMALLEST_DOT, DOT_A_REP = 18.0, 5.0
"""A session's dot grows with its reps."""


def write_plot(trained: Sequence[Trained], path: Path) -> None:
    """Write the picture, PNG, whole or not at all.

    Raises:
        FormCoachError: there is nothing to show, or the file cannot be written.
    """
    if path.suffix.lower() != ".png":
        raise FormCoachError(f"{path} does not end in .png; name the picture to write so")
    groups = dict(list(by_exercise(trained).items())[:MOST_EXERCISES])
    if not groups:
        raise FormCoachError("there is nothing to plot yet: formcoach live EXERCISE records sessions")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((WIDTH_IN, ROW_IN * len(groups) + 0.4), dpi=100, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    for row, (exercise, sessions) in zip(figure.subplots(len(groups), 3, squeeze=False), groups.items(), strict=True):
        _clean(row[0], exercise, sessions)
        _range(row[1], sessions)
        _faults(row[2], exercise, sessions)
    try:
        with replacing(path, make_folder=False) as file:
            figure.savefig(file, format="png", metadata={"Software": None})
    except OSError as error:
        raise FormCoachError(f"cannot write {path}: {reason(error)}") from error


def _clean(axes: Any, exercise: str, sessions: Sequence[Trained]) -> None:
    tallies = [(one.session.started_at, tally([one])) for one in sessions]
    known = [(when, done) for when, done in tallies if done.judged]
    when = [time for time, _ in known]
    shares = [100 * done.share for _, done in known]
    axes.plot(when, shares, color=GREEN, linewidth=1.5)
    axes.scatter(when, shares, [SMALLEST_DOT + DOT_A_REP * done.judged for _, done in known], color=GREEN, zorder=3)
    axes.set_ylim(-5, 105)
    _dress(axes, f"{printable(exercise)}: clean reps, %", sessions)


def _range(axes: Any, sessions: Sequence[Trained]) -> None:
    """Each session's median, and the middle half of its reps."""
    unit = sessions[-1].stored[-1].unit
    for one in sessions:
        spans = [stored.rep.span for stored in one.stored if stored.unit == unit and stored.rep.span.complete]
        values = sorted(span.range for span in spans if span.range == span.range)  # NaN is not itself
        if values:
            low, high = values[len(values) // 4], values[-1 - len(values) // 4]
            when = one.session.started_at
            axes.plot([when, when], [low, high], color=BLUE, linewidth=4, alpha=0.35, solid_capstyle="round")
            axes.scatter([when], [median(values)], 30, color=BLUE, zorder=3)
    word = UNIT_WORDS.get(unit, printable(unit)).strip()
    title = "Time in position, s" if unit == "s" else f"Range, {word}"
    _dress(axes, f"{title}: median, middle half", sessions)


def _faults(axes: Any, exercise: str, sessions: Sequence[Trained]) -> None:
    """Each fault's rate in the earlier and the later sessions, with its count."""
    rates = [trend for trend in trends_of(exercise, sessions) if not trend.unit and trend.what != "clean"]
    rates = rates[:MOST_FAULTS][::-1]
    axes.set_title("Faults, % of the reps in which they could be judged", fontsize=10, color=INK, loc="left")
    if not rates:
        axes.set_axis_off()
        words = too_few(sessions) or "nothing was found often enough"
        axes.text(0.5, 0.5, words.replace("; ", ";\n"), ha="center", color=INK, fontsize=9, transform=axes.transAxes)
        return
    for place, trend in enumerate(rates):
        for part, off, colour in ((trend.earlier, 0.19, GREY), (trend.later, -0.19, ORANGE)):
            axes.barh(place + off, 100 * part.value, 0.34, color=colour)
            axes.text(100 * part.value + 1.5, place + off, f"{part.times} of {part.reps}", va="center", fontsize=8)
    axes.set_yticks(range(len(rates)), [_named(trend) for trend in rates], fontsize=9)
    axes.set_xlim(0, max(100 * max(t.earlier.value, t.later.value) for t in rates) * 1.25 + 8)
    axes.set_ylim(-0.6, max(len(rates), FEW_FAULTS) - 0.4)
    bars = [axes.barh(0, 0, color=colour) for colour in (GREY, ORANGE)]
    earlier, later = rates[0].earlier.sessions, rates[0].later.sessions
    axes.legend(bars, [f"first {earlier} sessions", f"last {later} sessions"], fontsize=8, loc="lower right")
    _plain(axes)


def _named(trend: Trend) -> str:
    name = printable(trend.what)
    return name if trend.change is Change.NONE else f"{name}:\n{trend.change.value}"


def _dress(axes: Any, title: str, sessions: Sequence[Trained]) -> None:
    dates: Any = import_module("matplotlib.dates")
    reps = sum(len(one.reps) for one in sessions)
    axes.set_title(title, fontsize=10, color=INK, loc="left")
    axes.set_xlabel(f"{len(sessions)} session{'s' * (len(sessions) != 1)}, {reps} reps", fontsize=8, color=INK)
    locator = dates.AutoDateLocator(minticks=3, maxticks=6)
    axes.xaxis.get_offset_text().set_size(8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    _plain(axes)


def _plain(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.grid(visible=True, axis="both", alpha=0.25)
    axes.set_axisbelow(True)
