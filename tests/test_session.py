"""Sessions over synthetic bodies and scripted moments: what happens, when, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from motions import MOVEMENTS
from poses import FRONT, LEFT_SIDE, bent_over_row, deadlift, empty, film, in_sequence, two_sets, whole_visit

from formcoach.body import View
from formcoach.catalogue import load_catalogue
from formcoach.coach import CONFIRMATION, GAP_REPS, GAP_S
from formcoach.exercise import Exercise, Finding, Grade, Rep, Span
from formcoach.pipeline import LOST_S, Moment, Pipeline, moments
from formcoach.reps import State
from formcoach.session import (
    COUNT_IN,
    COUNT_IN_GAP_S,
    COUNT_IN_STEP_S,
    LEFT_S,
    SET_END_S,
    STILL_S,
    Event,
    Kind,
    Session,
    SessionSummary,
    SetSummary,
    Targets,
    speaking_s,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from formcoach.pose import PoseTrack


@cache
def exercise(name: str = "bent-over-row") -> Exercise:
    return load_catalogue()[name]


@dataclass(frozen=True)
class Told:
    """All that a session told."""

    session: Session
    events: tuple[Event, ...]

    def of(self, kind: Kind) -> list[Event]:
        return [event for event in self.events if event.kind is kind]

    def kinds(self, *left_out: Kind) -> list[str]:
        """What was told, but for the count-in, which has tests of its own."""
        left_out = (*left_out, Kind.COUNT_IN)
        return [event.kind.value for event in self.events if event.kind not in left_out]


def follow(track: PoseTrack, *, on: Exercise | None = None, targets: Targets | None = None) -> Told:
    """A track from its first frame to its end."""
    pipeline, session = Pipeline(on or exercise()), Session(on or exercise(), targets)
    events: list[Event] = []
    for time_s, pose in track:
        events += session.follow(pipeline.update(time_s, pose))
    last = pipeline.finish()
    events += session.follow(last) + session.finish(last.time_s)
    return Told(session, tuple(events))


@cache
def row() -> PoseTrack:
    return film(bent_over_row(reps=3), LEFT_SIDE)


@cache
def two_rows() -> PoseTrack:
    return film(two_sets(bent_over_row(reps=3)), LEFT_SIDE)


ONE = ["counted", "rep"]

# --- sets of synthetic bodies ---


def test_a_set_from_ready_to_its_end() -> None:
    told = follow(row())
    assert told.kinds() == ["ready", *ONE * 3, "set-ended"]
    assert [event.count for event in told.of(Kind.COUNTED)] == [1, 2, 3]
    assert [event.count for event in told.of(Kind.REP)] == [1, 2, 3]
    assert {event.set_number for event in told.events} == {1}


def test_events_come_in_order_of_time() -> None:
    times = [event.time_s for event in follow(two_rows()).events]
    assert times == sorted(times)


def test_the_moment_that_counts_comes_before_the_rep_ends() -> None:
    told = follow(row())
    for counted, judged in zip(told.of(Kind.COUNTED), told.of(Kind.REP), strict=True):
        assert judged.rep is not None
        assert judged.rep.span.start_s < counted.time_s <= judged.time_s + 0.5
        assert judged.time_s == judged.rep.span.end_s


def test_counted_at_the_peak_where_the_weight_may_be_dropped() -> None:
    told = follow(film(deadlift(reps=2), LEFT_SIDE), on=exercise("deadlift"))
    assert told.kinds() == ["ready", *ONE * 2, "set-ended"]
    for counted, judged in zip(told.of(Kind.COUNTED), told.of(Kind.REP), strict=True):
        assert judged.rep is not None
        assert counted.time_s < judged.rep.span.end_s - 1


def test_a_whole_visit_is_one_set_ready_told_once() -> None:
    told = follow(film(whole_visit(bent_over_row()), LEFT_SIDE))
    assert told.kinds() == ["ready", *ONE * 4, "set-ended"]


@pytest.mark.parametrize("pause_s", [3.0, 9.0])
def test_the_second_set_starts_by_itself_and_counts_from_one(pause_s: float) -> None:
    told = follow(film(two_sets(bent_over_row(reps=3), pause_s=pause_s), LEFT_SIDE))
    assert told.kinds(Kind.SESSION_ENDED) == ["ready", *ONE * 3, "set-ended"] * 2
    assert [(event.set_number, event.count) for event in told.of(Kind.REP)] == [
        (number, count) for number in (1, 2) for count in (1, 2, 3)
    ]
    assert [summary.number for summary in told.session.summaries] == [1, 2]
    assert [len(summary.reps) for summary in told.session.summaries] == [3, 3]


@pytest.mark.parametrize(
    ("track", "targets"),
    [
        pytest.param(film(two_sets(bent_over_row(reps=3), pause_s=3.0), LEFT_SIDE), None, id="a short pause"),
        pytest.param(film(bent_over_row(reps=4), LEFT_SIDE), Targets(reps=2), id="a target"),
    ],
)
def test_a_rep_is_of_the_set_that_it_is_told_in(track: PoseTrack, targets: Targets | None) -> None:
    """The coach starts its set by the rep's number, and the store files the rep under it."""
    told = follow(track, targets=targets)
    assert [event.rep.set_number for event in told.of(Kind.REP) if event.rep] == [
        event.set_number for event in told.of(Kind.REP)
    ]


def test_nobody_nothing() -> None:
    told = follow(empty(row()))
    assert told.events == ()
    assert (told.session.count, told.session.set_number, told.session.summaries) == (0, 1, [])


def test_no_frames_nothing() -> None:
    assert follow(replace(row(), time_s=row().time_s[:0], poses=())).events == ()


def test_out_of_the_picture_ends_the_set() -> None:
    """The track goes on for a while with nobody there."""
    gone = in_sequence([bent_over_row(reps=3), bent_over_row(reps=3)])
    track, seen = film(gone, LEFT_SIDE), len(row())
    poses = tuple(pose if i < seen else None for i, pose in enumerate(track.poses))
    (ended,) = (told := follow(replace(track, poses=poses))).of(Kind.SET_ENDED)
    assert told.kinds() == ["ready", *ONE * 3, "set-ended"]
    gone_s = float(track.time_s[seen - 1])
    assert gone_s + LOST_S <= ended.time_s <= gone_s + LOST_S + LEFT_S + 0.5


def test_a_recording_that_ends_in_the_middle_is_summed_up() -> None:
    track = row()
    half = int((track.time_s < 9.0).sum())
    told = follow(replace(track, time_s=track.time_s[:half], poses=track.poses[:half]))
    (ended,) = told.of(Kind.SET_ENDED)
    assert ended.count == 2
    assert ended.time_s == pytest.approx(9.0, abs=0.1)
    assert ended.text == "2 reps, all clean."


# --- cues ---


def cues(told: Told) -> list[tuple[int, str]]:
    return [(event.count, event.text) for event in told.of(Kind.CUE)]


@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0])
def test_a_rounded_back_is_cued_once_it_is_due(fps: float) -> None:
    told = follow(film(bent_over_row(reps=5, rounded_back=40.0), replace(LEFT_SIDE, fps=fps)))
    assert cues(told)
    assert {event.cue.fault for event in told.of(Kind.CUE) if event.cue} == {"rounded-back"}
    assert {text for _, text in cues(told)} == {exercise().fault("rounded-back").cue}
    assert cues(told)[0][0] in (3, 4)


def test_never_two_cues_at_once_never_within_the_gap() -> None:
    """Several faults together, and quick."""
    bad = bent_over_row(reps=14, faulty_from=1, rounded_back=25.0, trunk_swing=25.0, shrug=0.2, short_top=60.0)
    told = follow(film(bad, LEFT_SIDE))
    said = told.of(Kind.CUE)
    assert len(said) >= 2
    after = [event.rep.number for event in told.events if event.rep is not None]
    assert len({event.count for event in said}) == len(said)
    assert len(after) == 14
    calm = [pair for pair in pairwise(said) if pair[1].cue and pair[1].cue.fault is not None]
    for before, cue in calm[1:]:  # a severe fault of safety may break the gap once
        assert cue.time_s - before.time_s >= GAP_S
        assert cue.count - before.count >= GAP_REPS


def test_a_cue_follows_its_rep_at_once() -> None:
    told = follow(film(bent_over_row(reps=5, rounded_back=40.0), LEFT_SIDE))
    for before, event in pairwise(told.events):
        if event.kind is Kind.CUE:
            assert before.kind is Kind.REP
            assert event.time_s == before.time_s


def test_what_got_better_is_confirmed() -> None:
    bad, good = bent_over_row(reps=2, faulty_from=1, trunk_swing=30.0), bent_over_row(reps=3)
    told = follow(film(in_sequence([good, bad, good]), LEFT_SIDE))
    corrections = [event for event in told.of(Kind.CUE) if event.cue and event.cue.fault]
    assert corrections
    assert told.of(Kind.CUE)[-1].text == CONFIRMATION


@pytest.mark.parametrize("camera", [FRONT, LEFT_SIDE], ids=["front", "side"])
def test_no_cue_from_a_view_that_does_not_show_the_fault(camera: object) -> None:
    wrong = bent_over_row(
        reps=8, faulty_from=1, rounded_back=30.0, trunk_swing=25.0, uneven_arms=0.3, elbow_flare=0.4, shrug=0.25
    )
    told = follow(film(wrong, FRONT if camera is FRONT else LEFT_SIDE))
    for event in told.of(Kind.REP):
        assert event.rep is not None
        grades = {
            finding.fault: exercise().fault(finding.fault).grades.at(event.rep.view) for finding in event.rep.findings
        }
        assert not {fault for fault, grade in grades.items() if grade in (Grade.C, Grade.X)}
    view = View.FRONT if camera is FRONT else View.SIDE
    for event in told.of(Kind.CUE):
        assert event.cue is not None
        assert event.cue.fault is None or exercise().fault(event.cue.fault).grades.at(view) in (Grade.A, Grade.B)


def test_a_rounded_back_from_the_front_is_not_spoken_of() -> None:
    told = follow(film(bent_over_row(reps=5, rounded_back=40.0), FRONT))
    assert told.kinds() == ["ready", *ONE * 5, "set-ended"]
    assert told.of(Kind.SET_ENDED)[0].text == "5 reps, all clean."


# --- targets ---


def test_a_target_of_reps_ends_the_set() -> None:
    told = follow(film(bent_over_row(reps=4), LEFT_SIDE), targets=Targets(reps=2))
    assert told.kinds(Kind.READY, Kind.SESSION_ENDED) == [*ONE * 2, "set-ended"] * 2
    assert [event.text for event in told.of(Kind.COUNTED)] == ["last one", "2"] * 2


def test_the_last_set_is_the_last() -> None:
    told = follow(two_rows(), targets=Targets(sets=2))
    assert told.kinds() == ["ready", *ONE * 3, "set-ended", "ready", *ONE * 3, "set-ended", "done"]
    assert told.of(Kind.DONE)[0].text


def test_done_is_of_the_set_that_just_ended() -> None:
    (done,) = follow(row(), targets=Targets(sets=1)).of(Kind.DONE)
    assert (done.set_number, done.count) == (1, 3)


def test_the_end_of_the_rest_is_told_once() -> None:
    told = follow(two_rows(), targets=Targets(rest_s=3.0))
    (over,) = told.of(Kind.REST_OVER)
    ended = told.of(Kind.SET_ENDED)[0]
    assert over.time_s - ended.time_s == pytest.approx(3.0, abs=0.1)
    assert over.text == "Set 2"


def test_a_rest_cut_short_by_the_next_set_is_not_told() -> None:
    told = follow(two_rows(), targets=Targets(rest_s=11.2))
    assert not [e for e in told.of(Kind.REST_OVER) if e.time_s < told.of(Kind.SET_ENDED)[1].time_s]


def test_without_a_target_no_rest_is_told() -> None:
    assert not follow(two_rows()).of(Kind.REST_OVER)


# --- scripted moments ---


def rep(number: int, end_s: float, *found: tuple[str, str], set_number: int = 1) -> Rep:
    findings = tuple(
        Finding(fault=fault, severity=severity, value=30.0, limit=12.0, unit="deg", time_s=end_s - 1, confidence=0.9)
        for fault, severity in found
    )
    return Rep(
        number=number, set_number=set_number, side=None,
        span=Span(end_s - 2, end_s - 1.5, end_s - 1, end_s, 0, 1, 0, 1), view=View.SIDE, azimuth_deg=90,
        findings=findings, hints=(), not_assessed=(),
    )  # fmt: skip


def moment(time_s: float, state: State = State.READY, count: int = 0, finished: Sequence[Rep] = ()) -> Moment:
    return Moment(time_s, None, None, state, 0.0, count, 1, tuple(finished), ())


def script(session: Session, *moments: Moment) -> list[Event]:
    return [event for one in moments for event in session.follow(one)]


def in_a_set(*reps: Rep, targets: Targets | None = None) -> Session:
    """A session in whose first set these reps were done."""
    session = Session(exercise(), targets)
    script(session, moment(0.0))
    for count, one in enumerate(reps, 1):
        script(
            session, moment(one.span.end_s - 1, State.LOWER, count), moment(one.span.end_s, State.READY, count, [one])
        )
    return session


def test_ready_is_told_once_and_not_before() -> None:
    told = script(Session(exercise()), *(moment(t / 10, State.AWAY) for t in range(50)))
    assert told == []
    told = script(Session(exercise()), *(moment(t / 10, State.READY if t > 20 else State.AWAY) for t in range(50)))
    assert [(e.kind, e.time_s) for e in told if e.kind is not Kind.COUNT_IN] == [(Kind.READY, 2.1)]


def test_a_step_out_of_position_and_back_is_not_told_again() -> None:
    states = [State.READY] * 5 + [State.AWAY] * 20 + [State.READY] * 5
    told = script(Session(exercise()), *(moment(i / 10, state) for i, state in enumerate(states)))
    assert [event.kind for event in told] == [Kind.READY]


def test_after_being_gone_for_long_ready_is_told_again() -> None:
    states = [State.READY] * 5 + [State.AWAY] * 40 + [State.READY] * 5
    told = script(Session(exercise()), *(moment(i / 10, state) for i, state in enumerate(states)))
    assert [event.kind for event in told] == [Kind.READY] * 2


def test_idle_ends_a_set_after_six_seconds() -> None:
    session = in_a_set(rep(1, 4.0))
    assert script(session, moment(4.0 + SET_END_S - 0.1, count=1)) == []
    assert [e.kind for e in script(session, moment(4.0 + SET_END_S + 0.1, count=1))] == [Kind.SET_ENDED]


def test_idle_is_longer_for_slow_reps() -> None:
    slow = replace(rep(1, 12.0), span=Span(8.0, 9.0, 10.0, 12.0, 0, 1, 0, 1))
    session = in_a_set(slow)
    assert script(session, moment(23.9, count=1)) == []
    assert [e.kind for e in script(session, moment(24.1, count=1))] == [Kind.SET_ENDED]


def test_a_rep_under_way_does_not_end_the_set() -> None:
    session = in_a_set(rep(1, 4.0))
    assert script(session, moment(15.0, State.LIFT, 1), moment(16.0, State.TOP, 1)) == []


def test_leaving_ends_a_set_sooner() -> None:
    session = in_a_set(rep(1, 4.0))
    assert script(session, moment(4.2, State.AWAY, 1), moment(4.2 + LEFT_S, State.AWAY, 1)) == []
    assert [e.kind for e in script(session, moment(4.3 + LEFT_S, State.AWAY, 1))] == [Kind.SET_ENDED]


@pytest.mark.parametrize(
    ("reps", "said"),
    [
        pytest.param([rep(1, 4.0)], "One rep, all clean.", id="one"),
        pytest.param([rep(1, 4.0), rep(2, 8.0)], "2 reps, all clean.", id="clean"),
        pytest.param(
            [rep(1, 4.0, ("shrug", "mild")), rep(2, 8.0)],
            f"2 reps, 1 clean. {exercise().fault('shrug').name} on 1. {exercise().fault('shrug').explain}",
            id="one fault",
        ),
        pytest.param(
            [rep(1, 4.0, ("shrug", "severe"), ("rounded-back", "mild")), rep(2, 8.0, ("shrug", "mild"))],
            "2 reps, 0 clean. {0.name} on 1. {0.explain}".format(exercise().fault("rounded-back")),
            id="safety before the most frequent",
        ),
        pytest.param(
            [rep(1, 4.0, ("short-top", "mild")), rep(2, 8.0, ("trunk-swing", "mild"), ("short-top", "mild"))],
            f"2 reps, 0 clean. {exercise().fault('short-top').name} on 2. {exercise().fault('short-top').explain}",
            id="of one priority the most frequent",
        ),
    ],
)  # fmt: skip
def test_summary(reps: list[Rep], said: str) -> None:
    (ended,) = in_a_set(*reps).finish(20.0)
    assert (ended.kind, ended.text) == (Kind.SET_ENDED, said)


def test_the_summary_is_kept() -> None:
    session = in_a_set(rep(1, 4.0, ("shrug", "mild")), rep(2, 8.0))
    session.finish(9.0)
    (summary,) = session.summaries
    assert (summary.number, summary.clean, summary.start_s, summary.end_s) == (1, 1, 2.0, 8.0)
    assert (session.set_number, session.count, session.reps, session.resting_since_s) == (2, 0, (), 9.0)


def test_finish_between_sets_says_nothing() -> None:
    session = in_a_set(rep(1, 4.0))
    assert len(session.finish(5.0)) == 1
    assert session.finish(6.0) == []
    assert Session(exercise()).finish(1.0) == []


# --- the count-in ---


def course(*parts: tuple[float, State, float], start_s: float = 0.0, count: int = 0) -> list[Moment]:
    """Ten moments a second: for how long, in which state, with which progress."""
    moments: list[Moment] = []
    for length_s, state, progress in parts:
        for _ in range(round(10 * length_s)):
            moments.append(replace(moment(start_s + len(moments) / 10, state, count), progress=progress))
    return moments


def words(events: Sequence[Event]) -> list[tuple[str, float]]:
    return [(event.text, round(event.time_s, 2)) for event in events if event.kind is Kind.COUNT_IN]


AWAY, STILL = (State.AWAY, 0.0), (State.READY, 0.0)
WHOLE = [*COUNT_IN]


def test_who_stands_still_in_position_is_counted_in() -> None:
    told = script(Session(exercise()), *course((2.0, *AWAY), (9.0, *STILL)))
    assert words(told) == [(word, 2.0 + STILL_S + i * COUNT_IN_STEP_S) for i, word in enumerate(COUNT_IN)]


@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0])
def test_the_words_come_a_second_apart_at_any_rate(fps: float) -> None:
    moments = [moment(i / fps) for i in range(round(8 * fps))]
    times = [time_s for _, time_s in words(script(Session(exercise()), *moments))]
    assert len(times) == len(COUNT_IN)
    assert times == pytest.approx([STILL_S + i * COUNT_IN_STEP_S for i in range(4)], abs=1.1 / fps)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        pytest.param((2.0, State.LIFT, 0.6), ["Three", "Two"], id="a rep begun"),
        pytest.param((2.0, State.READY, 0.3), ["Three", "Two"], id="a rep about to begin"),
        pytest.param((2.0, State.AWAY, 0.0), ["Three", "Two"], id="out of position"),
    ],
)
def test_a_count_in_is_broken_off(after: tuple[float, State, float], said: list[str]) -> None:
    told = script(Session(exercise()), *course((STILL_S + 1.5, *STILL), after))
    assert [word for word, _ in words(told)] == said


def test_a_rep_begun_early_counts() -> None:
    told = script(
        Session(exercise()), *course((STILL_S + 1.5, *STILL), (1.0, State.LIFT, 0.6)), moment(4.0, State.LOWER, 1)
    )
    assert [event.kind for event in told][-1] is Kind.COUNTED


def test_broken_off_it_is_begun_anew_but_not_at_once() -> None:
    told = words(script(Session(exercise()), *course((1.5, *STILL), (0.5, State.READY, 0.5), (12.0, *STILL))))
    assert [word for word, _ in told] == ["Three", *WHOLE]
    assert told[1][1] - told[0][1] >= COUNT_IN_GAP_S - 0.01


def test_who_keeps_moving_is_not_counted_in() -> None:
    restless = [replace(moment(i / 10), progress=0.1 * (i % 4)) for i in range(100)]
    assert not words(script(Session(exercise()), *restless))


def test_who_stands_wrong_is_not_counted_in() -> None:
    session = Session(exercise())
    events = [event for one in course((9.0, *STILL)) for event in session.follow(one, placed=False)]
    assert not words(events)


def test_it_is_not_repeated_for_who_goes_on_standing_there() -> None:
    assert [word for word, _ in words(script(Session(exercise()), *course((60.0, *STILL))))] == WHOLE


def test_a_gap_in_time_breaks_it_off() -> None:
    session = Session(exercise())
    assert [w for w, _ in words(script(session, *course((1.2, *STILL)), moment(5.0)))] == ["Three"]


def test_it_waits_for_what_is_being_said() -> None:
    session = Session(exercise())
    session.hush(0.0, "eleven " * 10)
    ((_, first_s), *_) = words(script(session, *course((12.0, *STILL))))
    assert first_s == pytest.approx(speaking_s("eleven " * 10), abs=0.11)


def after_a_set(targets: Targets | None = None) -> tuple[Session, Event]:
    """A session whose first set just ended, at 11 s."""
    session = in_a_set(rep(1, 4.0, ("rounded-back", "severe")), targets=targets)
    (ended,) = script(session, moment(11.0, count=1))
    assert ended.kind is Kind.SET_ENDED
    return session, ended


def test_who_stays_in_position_after_a_set_is_not_urged() -> None:
    session, _ = after_a_set()
    assert not words(script(session, *course((60.0, *STILL), start_s=11.1, count=1)))


def test_who_comes_back_is_counted_in_but_not_over_the_summary() -> None:
    session, ended = after_a_set()
    told = words(script(session, *course((3.0, *AWAY), (30.0, *STILL), start_s=11.1, count=1)))
    assert [word for word, _ in told] == WHOLE
    assert told[0][1] >= 11.0 + speaking_s(ended.text)
    assert speaking_s(ended.text) > 8


def test_a_planned_rest_is_not_cut_short() -> None:
    session, _ = after_a_set(Targets(rest_s=40.0))
    told = script(session, *course((3.0, *AWAY), (50.0, *STILL), start_s=11.1, count=1))
    (over,) = [event for event in told if event.kind is Kind.REST_OVER]
    assert [word for word, _ in words(told)] == WHOLE
    assert words(told)[0][1] >= over.time_s + speaking_s(over.text)


def test_the_end_of_a_planned_rest_counts_in_who_never_left() -> None:
    session, _ = after_a_set(Targets(rest_s=40.0))
    assert [word for word, _ in words(script(session, *course((60.0, *STILL), start_s=11.1, count=1)))] == WHOLE


def test_after_a_set_that_its_target_ended_nothing_is_said_over_the_summary() -> None:
    told = follow(film(two_sets(bent_over_row(reps=2), pause_s=20.0), LEFT_SIDE), targets=Targets(reps=2))
    ended = told.of(Kind.SET_ENDED)[0]
    after = [event for event in told.events if event.time_s > ended.time_s and event.text]
    assert after[0].kind is Kind.COUNT_IN
    assert after[0].time_s >= ended.time_s + speaking_s(ended.text)


# --- the end of a session ---


def test_several_sets_are_summed_up() -> None:
    told = follow(two_rows())
    assert [event.kind for event in told.events][-2:] == [Kind.SET_ENDED, Kind.SESSION_ENDED]
    (ended,) = told.of(Kind.SESSION_ENDED)
    assert (ended.text, ended.count) == ("In all 2 sets, 6 reps, all clean.", 6)


def test_the_last_planned_set_sums_up_the_session_once() -> None:
    told = follow(two_rows(), targets=Targets(sets=2))
    assert not told.of(Kind.SESSION_ENDED)
    assert told.of(Kind.DONE)[0].text == "That was the last set. In all 2 sets, 6 reps, all clean. Well done."


def test_a_session_in_figures() -> None:
    one = SetSummary(
        1, (rep(1, 4.0, ("shrug", "mild")), rep(2, 8.0, ("shrug", "mild"), ("rounded-back", "mild"))), 2, 8
    )
    two = SetSummary(2, (rep(3, 12.0),), 10, 12)
    summary = SessionSummary(exercise(), (one, two))
    assert (len(summary.reps), summary.clean) == (3, 1)
    assert summary.most_frequent == (exercise().fault("shrug"), 2)
    assert summary.sentence == "2 sets, 3 reps, 1 clean."
    assert SessionSummary(exercise(), (two,)).sentence == "1 set, 1 rep, all clean."
    assert SessionSummary(exercise(), (two,)).most_frequent is None


def test_of_faults_found_as_often_the_more_important_is_named() -> None:
    both = SetSummary(1, (rep(1, 4.0, ("shrug", "mild"), ("rounded-back", "mild")),), 2, 4)
    assert SessionSummary(exercise(), (both,)).most_frequent == (exercise().fault("rounded-back"), 1)


def test_milestones_are_said() -> None:
    told = script(Session(exercise()), *(moment(float(count), State.LOWER, count) for count in range(1, 13)))
    said = {event.count: event.text for event in told if event.kind is Kind.COUNTED}
    assert {count: text for count, text in said.items() if text} == {5: "5", 10: "10"}


def test_the_last_two_of_a_target_are_said() -> None:
    session = Session(exercise(), Targets(reps=8))
    told = script(session, *(moment(float(count), State.LOWER, count) for count in range(1, 9)))
    assert [event.text for event in told if event.kind is Kind.COUNTED][4:] == ["5", "", "last one", "8"]


def test_a_target_of_one_rep() -> None:
    session = Session(exercise(), Targets(reps=1, sets=1))
    script(session, moment(0.0))
    told = script(session, moment(2.0, State.LOWER, 1), moment(4.0, State.READY, 1, [rep(1, 4.0)]))
    assert [event.kind for event in told] == [Kind.COUNTED, Kind.REP, Kind.SET_ENDED, Kind.DONE]


def test_counting_ends_the_rest() -> None:
    session = in_a_set(rep(1, 4.0), targets=Targets(rest_s=60.0))
    session.finish(5.0)
    assert session.resting_since_s == 5.0
    told = script(session, moment(20.0, State.LOWER, 2), moment(90.0, State.LOWER, 2))
    assert session.resting_since_s is None
    assert Kind.REST_OVER not in {event.kind for event in told}


# --- holds ---


def test_a_hold_is_told_by_its_seconds_and_coached_while_it_lasts() -> None:
    hold = load_catalogue()["thoracic-extension-hold"]
    track = film(MOVEMENTS[hold.id](reps=1, faulty_from=1, hips_forward=130.0), LEFT_SIDE)
    session = Session(hold)
    events = [event for moment in moments(track, hold) for event in session.follow(moment)]
    held = [event for event in events if event.kind is Kind.HELD]
    assert [event.text.split(".")[0] for event in held][:2] == ["10 seconds", "20 seconds"]
    assert ["goal" in event.text for event in held].count(True) == 1
    (done,) = [event.rep for event in events if event.rep is not None]
    cues = [event for event in events if event.kind is Kind.CUE and event.cue is not None and event.cue.fault]
    assert {event.cue.fault for event in cues if event.cue is not None} == {"hips-forward"}
    assert all(event.time_s < done.span.end_s for event in cues)
    assert not any(event.text.isdigit() for event in events)
    (ended,) = session.finish(track.source.duration_s)
    assert ended.text.startswith(f"{round(done.span.range)} seconds")
