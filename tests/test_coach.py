"""What is said over scripted sets: rep by rep, what was found in each."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formcoach.body import View
from formcoach.coach import CONFIRMATION, GAP_REPS, GAP_S, IN_A_ROW, IN_A_SET, REPS_PER_CUE, ROOTS, Coach, Cue
from formcoach.exercise import UNSEEN, Exercise, Fault, Finding, Grades, Rep, RepSignal, Sides, Span
from formcoach.measure import hand_h_t

PRIORITY = {
    "rounded-back": 1, "knees-in": 1, "hinge-depth": 2, "stance-rise": 2, "short-top": 2, "trunk-swing": 2,
    "elbow-flare": 2, "shrug": 3,
}  # fmt: skip
A = "F:A R:A S:A O:A"
REP_S = 3.5
"""From one rep to the next: two of them are longer than the gap between corrections."""

Found = dict[str, str]
"""What was found in a rep: fault and severity."""
CLEAN: Found = {}


def fault(name: str, grades: str = A) -> Fault:
    return Fault(
        id=name, name=name, priority=PRIORITY[name], read=lambda _: UNSEEN, mild=1, severe=2, unit="deg",
        grades=Grades.of(grades), cue=f"Mind the {name}", explain="", segment=(),
    )  # fmt: skip


def exercise(**grades: str) -> Exercise:
    return Exercise(
        id="row", name="Row", sides=Sides.BOTH, signal=RepSignal(measure=hand_h_t, rest=0, peak=1, full=0.8),
        position=(), faults=tuple(fault(name, grades.get(name.replace("-", "_"), A)) for name in PRIORITY),
        camera="", movement="", best_view=View.SIDE,
    )  # fmt: skip


def finding(name: str, severity: str, confidence: float = 0.9) -> Finding:
    return Finding(fault=name, severity=severity, value=3, limit=1, unit="deg", time_s=0, confidence=confidence)


def rep(number: int, found: Found, set_number: int = 1, *, view: View = View.SIDE, rep_s: float = REP_S) -> Rep:
    end_s = number * rep_s
    return Rep(
        number=number, set_number=set_number, side=None,
        span=Span(end_s - 2, end_s - 1.5, end_s - 1, end_s, 0, 1, 0, 1), view=view, azimuth_deg=90,
        findings=tuple(finding(*item) for item in found.items()), hints=(), not_assessed=(),
    )  # fmt: skip


def say(*script: Found, set_number: int = 1, rep_s: float = REP_S, view: View = View.SIDE, **grades: str) -> list[str]:
    """What is said after each rep: a fault, `ok` for a confirmation, `-` for nothing."""
    coach = Coach(exercise(**grades))
    said = [coach.after(rep(i, f, set_number, rep_s=rep_s, view=view)) for i, f in enumerate(script, start=1)]
    return ["-" if cue is None else cue.fault or "ok" for cue in said]


FLARE: Found = {"elbow-flare": "mild"}
BAD_FLARE: Found = {"elbow-flare": "severe"}
SWING: Found = {"trunk-swing": "mild"}
ROUND: Found = {"rounded-back": "mild"}
BAD_ROUND: Found = {"rounded-back": "severe"}
BAD_KNEES: Found = {"knees-in": "severe"}


# --- when a fault is due ---


def test_nothing_found_nothing_said() -> None:
    assert say(*[CLEAN] * 10) == ["-"] * 10


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param([FLARE, CLEAN, CLEAN], ["-", "-", "-"], id="once mild"),
        pytest.param([FLARE, FLARE], ["-", "elbow-flare"], id="mild twice"),
        pytest.param([FLARE, CLEAN, FLARE], ["-", "-", "elbow-flare"], id="mild in two of three"),
        pytest.param([FLARE, CLEAN, CLEAN, FLARE], ["-", "-", "-", "-"], id="mild in two of four"),
        pytest.param([CLEAN, BAD_FLARE, CLEAN, CLEAN], ["-", "-", "-", "-"], id="severe once, of technique"),
        pytest.param([BAD_FLARE, CLEAN, CLEAN, BAD_FLARE], ["-", "-", "-", "elbow-flare"], id="severe twice in four"),
        pytest.param([CLEAN, BAD_ROUND], ["-", "rounded-back"], id="severe once, of safety"),
        pytest.param([CLEAN, ROUND, CLEAN, CLEAN], ["-", "-", "-", "-"], id="mild once, of safety"),
        pytest.param([FLARE, FLARE, CLEAN], ["-", "elbow-flare", "-"], id="not after a clean rep"),
    ],
)
def test_due(script: list[Found], said: list[str]) -> None:
    assert say(*script) == said


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param([FLARE, FLARE, CLEAN, CLEAN], ["-"] * 4, id="mild twice"),
        pytest.param([FLARE, FLARE, CLEAN, FLARE], ["-", "-", "-", "elbow-flare"], id="mild in three of four"),
        pytest.param([BAD_FLARE, BAD_FLARE], ["-", "elbow-flare"], id="severe twice"),
    ],
)
def test_a_weaker_view_must_show_it_more_often(script: list[Found], said: list[str]) -> None:
    assert say(*script, elbow_flare="F:A R:A S:B O:A") == said


def test_a_weaker_view_must_show_safety_twice() -> None:
    assert say(BAD_ROUND, BAD_ROUND, rounded_back="F:A R:A S:B O:A") == ["-", "rounded-back"]


def test_the_grade_is_that_of_the_view() -> None:
    only_front = "F:A R:B S:B O:B"
    assert say(FLARE, FLARE, view=View.FRONT, elbow_flare=only_front) == ["-", "elbow-flare"]
    assert say(FLARE, FLARE, view=View.REAR, elbow_flare=only_front) == ["-", "-"]


def test_hints_are_never_voiced() -> None:
    coach = Coach(exercise())
    hinted = [replace(rep(i, CLEAN), hints=tuple(finding(name, "severe") for name in PRIORITY)) for i in range(1, 13)]
    assert [coach.after(r) for r in hinted] == [None] * 12


# --- what is said ---


def test_a_cue_is_the_faults_own_and_comes_as_the_rep_ends() -> None:
    coach = Coach(exercise())
    coach.after(rep(1, FLARE))
    assert coach.after(rep(2, FLARE)) == Cue(time_s=2 * REP_S, fault="elbow-flare", text="Mind the elbow-flare")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        pytest.param(("shrug", "severe", 0.9), ("elbow-flare", "mild", 0.5), "elbow-flare", id="priority before all"),
        pytest.param(("elbow-flare", "severe", 0.9), ("trunk-swing", "mild", 0.9), "elbow-flare", id="severe first"),
        pytest.param(("elbow-flare", "mild", 0.9), ("trunk-swing", "mild", 0.8), "elbow-flare", id="the surer first"),
        pytest.param(
            ("elbow-flare", "severe", 0.4), ("trunk-swing", "mild", 0.9), "trunk-swing", id="severe but unsure"
        ),
    ],
)
def test_the_most_urgent(first: tuple[str, str, float], second: tuple[str, str, float], said: str) -> None:
    for findings in ((first, second), (second, first)):
        coach = Coach(exercise())
        reps = [replace(rep(i, CLEAN), findings=tuple(finding(*f) for f in findings)) for i in (1, 2)]
        cues = [coach.after(r) for r in reps]
        assert [cue and cue.fault for cue in cues] == [None, said]


def test_of_equals_the_one_not_said_yet() -> None:
    both = FLARE | SWING
    first, second = [s for s in say(*[both] * 4) if s != "-"]
    assert {first, second} == {"elbow-flare", "trunk-swing"}


@pytest.mark.parametrize(("effect", "root"), [(e, root) for e, roots in ROOTS.items() for root in roots])
def test_root_cause_first(effect: str, root: str) -> None:
    """Even where the effect is one of safety, and severe."""
    assert say(*[{effect: "severe", root: "mild"}] * 2) == ["-", root]


@pytest.mark.parametrize(("effect", "root"), [(e, root) for e, roots in ROOTS.items() for root in roots])
def test_without_its_root_cause_the_effect_is_told(effect: str, root: str) -> None:
    assert say(*[{effect: "mild"}] * 2) == ["-", effect]
    assert say({effect: "mild", root: "mild"}, {effect: "mild"}) == ["-", effect]


# --- how often ---


def test_none_before_the_second_rep() -> None:
    everything = {name: "severe" for name, priority in PRIORITY.items() if priority > 1}
    assert say(everything)[0] == "-"
    assert say(ROUND)[0] == "-"


def test_but_for_a_severe_fault_of_safety() -> None:
    assert say(BAD_ROUND)[0] == "rounded-back"


def test_two_reps_between_corrections() -> None:
    said = say(FLARE, FLARE, SWING | FLARE, SWING | FLARE)
    assert said == ["-", "elbow-flare", "-", "trunk-swing"]


def test_six_seconds_between_corrections() -> None:
    """Quick reps: the sixth is the first that ends six seconds after the second."""
    said = say(*[FLARE | SWING] * 8, rep_s=1.5)
    assert [i for i, s in enumerate(said, start=1) if s != "-"] == [2, 6]


def test_a_severe_fault_of_safety_breaks_the_gap_once() -> None:
    said = say(FLARE, FLARE, BAD_ROUND, BAD_KNEES, BAD_KNEES)
    assert said == ["-", "elbow-flare", "rounded-back", "-", "knees-in"]


def test_the_same_cue_twice_in_a_row_at_most() -> None:
    said = say(*[FLARE] * 20)
    assert said.count("elbow-flare") == IN_A_ROW == 2


def test_the_same_cue_three_times_a_set_at_most() -> None:
    """Other faults come between, so that it is never the third in a row."""
    script = ([FLARE] * 6 + [SWING] * 4) * 4
    said = [s for s in say(*script) if s in ("elbow-flare", "trunk-swing")]
    assert said.count("elbow-flare") == IN_A_SET == 3


def test_what_was_said_often_enough_lets_the_lesser_ones_speak() -> None:
    """The back rounds in each rep; once its cue was said twice in a row, the swing has its turn."""
    said = say(*[ROUND | SWING] * 10)
    back, swing = "rounded-back", "trunk-swing"
    assert [s for s in said if s != "-"] == [back, back, swing, back, swing]


def test_the_lesser_ones_keep_the_gaps() -> None:
    said = say(*[ROUND | SWING | FLARE] * 14)
    at = [i for i, s in enumerate(said, start=1) if s != "-"]
    assert all(b - a >= GAP_REPS for a, b in pairwise(at))
    assert {s for s in said if s != "-"} == {"rounded-back", "trunk-swing", "elbow-flare"}


def test_an_effect_whose_root_was_said_often_enough_stays_unsaid() -> None:
    """The root is still there: what follows from it is not told instead."""
    said = say(*[{"rounded-back": "severe", "stance-rise": "mild"}] * 12)
    assert {s for s in said if s != "-"} == {"stance-rise"}
    assert said.count("stance-rise") == IN_A_ROW


def test_a_new_set_begins_afresh() -> None:
    coach = Coach(exercise())
    said = [coach.after(rep(i, FLARE, set_number=1 + (i > 20))) for i in range(1, 41)]
    assert sum(cue is not None for cue in said[:20]) == IN_A_ROW
    assert sum(cue is not None for cue in said[20:]) == IN_A_ROW
    assert said[20] is None


def test_fewer_in_the_second_set() -> None:
    assert REPS_PER_CUE == (2, 4)
    everything = FLARE | SWING
    first, second = (say(*[everything] * 10, set_number=number) for number in (1, 2))
    assert [i for i, s in enumerate(first, start=1) if s != "-"] == [2, 4, 6, 8, 10]
    assert [i for i, s in enumerate(second, start=1) if s != "-"] == [2, 6, 10]


@pytest.mark.parametrize("set_number", [3, 4, 7])
def test_only_safety_from_the_third_set_on(set_number: int) -> None:
    technique = {name: "severe" for name, priority in PRIORITY.items() if priority > 1}
    assert say(*[technique] * 8, set_number=set_number) == ["-"] * 8
    assert say(CLEAN, CLEAN, BAD_KNEES, set_number=set_number) == ["-", "-", "knees-in"]


def test_the_gap_holds_in_the_third_set() -> None:
    said = say(BAD_ROUND, BAD_ROUND, BAD_KNEES, BAD_KNEES, set_number=3)
    apart = [b - a for a, b in pairwise(i for i, s in enumerate(said) if s != "-")]
    assert sum(gap < GAP_REPS for gap in apart) <= 1


# --- confirmation ---


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param([FLARE, FLARE, CLEAN, CLEAN, CLEAN, CLEAN], "- elbow-flare - ok - -", id="after two clean, once"),
        pytest.param([FLARE, FLARE, CLEAN, FLARE, CLEAN, CLEAN], "- elbow-flare - elbow-flare - ok", id="told again"),
        pytest.param([FLARE, FLARE, FLARE, CLEAN, CLEAN], "- elbow-flare - - ok", id="late"),
        pytest.param([FLARE, FLARE, SWING, CLEAN], "- elbow-flare - ok", id="another fault does not matter"),
        pytest.param([FLARE, FLARE, CLEAN], "- elbow-flare -", id="one clean is not enough"),
        pytest.param([CLEAN] * 4, "- - - -", id="nothing to confirm"),
    ],
)
def test_confirmation(script: list[Found], said: str) -> None:
    assert say(*script) == said.split()


def test_confirmation_in_words() -> None:
    coach = Coach(exercise())
    cues = [coach.after(rep(i, found)) for i, found in enumerate([FLARE, FLARE, CLEAN, CLEAN], start=1)]
    assert cues[-1] == Cue(time_s=4 * REP_S, fault=None, text=CONFIRMATION)


def test_no_confirmation_of_the_last_set() -> None:
    coach = Coach(exercise())
    script = [(FLARE, 1), (FLARE, 1), (CLEAN, 2), (CLEAN, 2), (CLEAN, 2)]
    cues = [coach.after(rep(i, found, number)) for i, (found, number) in enumerate(script, start=1)]
    assert [cue and cue.fault for cue in cues] == [None, "elbow-flare", None, None, None]


# --- whatever is found ---

founds = st.dictionaries(st.sampled_from(sorted(PRIORITY)), st.sampled_from(["mild", "severe"]), max_size=4)


def corrected(script: list[Found], set_number: int, rep_s: float) -> list[tuple[int, Cue]]:
    coach = Coach(exercise())
    cues = [(i, coach.after(rep(i, found, set_number, rep_s=rep_s))) for i, found in enumerate(script, start=1)]
    return [(i, cue) for i, cue in cues if cue is not None and cue.fault is not None]


@settings(deadline=None, max_examples=150)
@given(
    script=st.lists(founds, min_size=4, max_size=20),
    set_number=st.integers(1, 4),
    rep_s=st.sampled_from([1.2, 2.5, REP_S, 7.0]),
)
def test_limits(script: list[Found], set_number: int, rep_s: float) -> None:
    cues = corrected(script, set_number, rep_s)

    def urgent(i: int, cue: Cue) -> bool:
        return PRIORITY[cue.fault or ""] == 1 and script[i - 1][cue.fault or ""] == "severe"

    said = [cue.fault for _, cue in cues]
    assert all(cue.fault in script[i - 1] for i, cue in cues)
    assert all(i >= 2 or urgent(i, cue) for i, cue in cues)
    assert all(said.count(name) <= IN_A_SET for name in said)
    assert all(len(set(said[i : i + IN_A_ROW + 1])) > 1 for i in range(len(said) - IN_A_ROW))
    for i, cue in cues:
        assert not any(root in script[i - 1] for root in ROOTS.get(cue.fault or "", ()))
    if set_number > len(REPS_PER_CUE):
        assert all(urgent(i, cue) for i, cue in cues)
        return
    gap_reps = max(GAP_REPS, REPS_PER_CUE[set_number - 1])
    early = [b for a, b in pairwise(cues) if b[0] - a[0] < gap_reps or b[1].time_s - a[1].time_s < GAP_S - 1e-9]
    assert len(early) <= 1
    assert all(urgent(i, cue) for i, cue in early)


@settings(deadline=None, max_examples=60)
@given(script=st.lists(founds, min_size=4, max_size=20))
def test_a_confirmation_is_earned(script: list[Found]) -> None:
    """Each follows a correction of its own, and two reps without the fault."""
    waiting = None
    for i, said in enumerate(say(*script)):
        if said == "ok":
            assert waiting is not None
            assert waiting not in script[i] | script[i - 1]
            waiting = None
        elif said != "-":
            waiting = said
