from __future__ import annotations

import json
from typing import Any

import pytest

from formcoach.errors import FormCoachError
from formcoach.scoring import (
    FaultScores,
    Label,
    LabelledRep,
    ReportedRep,
    Scores,
    confuser_scores,
    fault_scores,
    hold_scores,
    match_reps,
    merge,
    overlap,
    parse_clip_label,
    parse_count_labels,
    rep_scores,
    reported_reps,
    score_clip,
)

ROW = "bent-over-row"


def truth(start: float, end: float, *faults: str, side: str | None = "both", peak: float | None = None) -> LabelledRep:
    return LabelledRep(start, (start + end) / 2 if peak is None else peak, end, side, frozenset(faults))


def timed(*reps: LabelledRep, name: str = "a.mp4", exercise: str | None = ROW, kind: str = "reps") -> Label:
    return Label(name, exercise, reps, None, kind=kind)


def counted(count: int, *, name: str = "a.mp4", exercise: str | None = ROW, certain: bool = True) -> Label:
    return Label(name, exercise, None, count, certain)


def rep(
    start: float,
    end: float,
    *faults: str,
    side: str = "both",
    peak: float | None = None,
    hints: tuple[str, ...] = (),
    unjudged: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "start_s": start,
        "peak_s": (start + end) / 2 if peak is None else peak,
        "end_s": end,
        "side": side,
        "findings": [{"fault": fault} for fault in faults] + [{"fault": hint, "hint": True} for hint in hints],
        "not_assessed": list(unjudged),
    }


def report(*reps: dict[str, Any], view: str = "side", holds: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"view": {"name": view}, "sets": [{"reps": list(reps)}], "holds": list(holds), "not_assessed": []}


def spans(*reps: LabelledRep) -> tuple[ReportedRep, ...]:
    return tuple(ReportedRep(one.start_s, one.peak_s, one.end_s, one.side) for one in reps)


# ---- matching ----


def test_overlap_is_intersection_over_union() -> None:
    assert overlap(truth(0, 4), ReportedRep(0, 2, 4)) == 1
    assert overlap(truth(0, 4), ReportedRep(1, 2, 5)) == 3 / 5
    assert overlap(truth(0, 4), ReportedRep(4, 5, 6)) == 0
    assert overlap(truth(0, 4), ReportedRep(7, 8, 9)) == 0
    assert overlap(truth(0, 4), ReportedRep(2, 2, 2)) == 0


A, B, C = truth(0, 2), truth(2, 4), truth(4, 6)
LEFT, RIGHT = truth(0, 2, side="left"), truth(2, 4, side="right")


@pytest.mark.parametrize(
    ("labelled", "reported", "pairs"),
    [
        pytest.param((A, B, C), spans(A, B, C), [(0, 0), (1, 1), (2, 2)], id="identical"),
        pytest.param((A, B, C), spans(C, A, B), [(0, 1), (1, 2), (2, 0)], id="in any order"),
        pytest.param((), spans(A), [], id="nothing labelled"),
        pytest.param((A,), (), [], id="nothing reported"),
        pytest.param((A, B, C), spans(A, C), [(0, 0), (2, 1)], id="one missing"),
        pytest.param((A, C), spans(A, B, C), [(0, 0), (1, 2)], id="one extra"),
        pytest.param((A, B, C), spans(truth(0, 4), C), [(0, 0), (2, 1)], id="two merged: the first is kept"),
        pytest.param((A,), spans(truth(0, 1.2), truth(1.2, 2)), [(0, 0)], id="one split: the longer part"),
        pytest.param((A,), spans(truth(1.9, 4)), [], id="a touch at the edge is no match"),
        pytest.param((A, B), spans(truth(1.9, 4)), [(1, 0)], id="the best overlap wins"),
        pytest.param(
            (LEFT, RIGHT),
            spans(truth(0, 2, side="right"), truth(2, 4, side="left")),
            [(0, 0), (1, 1)],
            id="sides swapped",
        ),
        pytest.param(
            (truth(0, 2, side="left"), truth(0.5, 2.5, side="right")),
            spans(truth(0, 2, side="right"), truth(0.5, 2.5, side="left")),
            [(0, 1), (1, 0)],
            id="reps at the same time are told apart by side",
        ),
    ],
)
def test_match_reps(
    labelled: tuple[LabelledRep, ...], reported: tuple[ReportedRep, ...], pairs: list[tuple[int, int]]
) -> None:
    assert match_reps(labelled, reported) == pairs


# ---- reports ----


def test_a_hint_is_no_finding_and_leaves_the_fault_unjudged() -> None:
    one, two = reported_reps(report(rep(0, 2, "shrug", hints=("elbow-flare",), unjudged=("short-top",)), rep(2, 4)))
    assert one.findings == ("shrug",)
    assert one.not_assessed == {"elbow-flare", "short-top"}
    assert (two.findings, two.not_assessed) == ((), frozenset())


def test_a_finding_counts_though_the_fault_is_hinted_at_and_listed_as_unjudged() -> None:
    (one,) = reported_reps(report(rep(0, 2, "shrug", hints=("shrug",), unjudged=("shrug",))))
    assert (one.findings, one.not_assessed) == (("shrug",), frozenset())


# ---- reps ----


def test_identical_input_scores_perfectly() -> None:
    label = timed(
        truth(1, 3, "shrug", side="left"),
        truth(4, 6, side="right"),
        truth(7, 9.5, "shrug", "short-top", side="left"),
    )
    same = report(
        rep(1, 3, "shrug", side="left"),
        rep(4, 6, side="right"),
        rep(7, 9.5, "shrug", "short-top", side="left"),
    )
    clips = [score_clip(label, same, exercise=ROW)]
    reps = rep_scores(clips)
    assert (reps.exact, reps.off_by_one, reps.mae, reps.mae_reps) == (1, 1, 0, 0)
    assert (reps.missed, reps.extra, reps.wrong_side) == (0, 0, 0)
    assert (reps.start_error_s, reps.peak_error_s, reps.end_error_s) == (0, 0, 0)
    assert (reps.clean_reps, reps.false_findings_per_100_clean_reps) == (1, 0)
    for fault, tp in (("shrug", 2), ("short-top", 1)):
        scores = fault_scores(clips, fault)
        assert scores == FaultScores(tp=tp, tn=3 - tp)
        assert (scores.precision, scores.recall, scores.f1, scores.share_not_assessed) == (1, 1, 1, 0)


def test_counts_by_hand() -> None:
    every_two_seconds = [truth(2 * i, 2 * i + 2) for i in range(5)]
    reported = [rep(2 * i, 2 * i + 2) for i in range(6)]
    clips = [
        score_clip(timed(*every_two_seconds), report(*reported[:5]), exercise=ROW),
        score_clip(timed(*every_two_seconds), report(*reported[:4]), exercise=ROW),  # one missed
        score_clip(timed(*every_two_seconds[:4]), report(*reported[:6]), exercise=ROW),  # two extra
        score_clip(counted(0), report(*reported[:1]), exercise=ROW),  # one out of nothing
    ]
    reps = rep_scores(clips)
    assert (reps.clips, reps.reps, reps.counted) == (4, 14, 16)
    assert reps.exact == 1 / 4
    assert reps.off_by_one == 3 / 4
    assert reps.mae == pytest.approx((0 / 5 + 1 / 5 + 2 / 4) / 3)  # the empty clip has no relative error
    assert reps.mae_reps == (0 + 1 + 2 + 1) / 4
    assert (reps.missed, reps.extra) == (1, 3)


def test_a_missed_and_an_extra_rep_make_an_exact_count_and_still_show() -> None:
    reps = rep_scores([score_clip(timed(A, B), report(rep(0, 2), rep(8, 10)), exercise=ROW)])
    assert (reps.exact, reps.missed, reps.extra) == (1, 1, 1)


def test_merged_and_split_reps() -> None:
    merged = rep_scores([score_clip(timed(A, B), report(rep(0, 4)), exercise=ROW)])
    split = rep_scores([score_clip(timed(A), report(rep(0, 1), rep(1, 2)), exercise=ROW)])
    assert (merged.missed, merged.extra) == (1, 0)
    assert (split.missed, split.extra) == (0, 1)


def test_timing_errors_are_absolute_and_over_matched_reps() -> None:
    label = timed(truth(1, 4, peak=2), truth(5, 8, peak=6), truth(20, 24))
    clip = score_clip(label, report(rep(1.5, 4, peak=2.25), rep(4.75, 9, peak=5.75)), exercise=ROW)
    reps = rep_scores([clip])
    assert (reps.start_error_s, reps.peak_error_s, reps.end_error_s) == (0.375, 0.25, 0.5)


def test_swapped_sides_are_matched_and_counted_as_wrong() -> None:
    swapped = report(rep(0, 2, "shrug", side="right"), rep(2, 4, side="left"))
    clip = score_clip(timed(truth(0, 2, "shrug", side="left"), RIGHT), swapped, exercise=ROW)
    reps = rep_scores([clip])
    assert (reps.exact, reps.missed, reps.extra, reps.wrong_side) == (1, 0, 0, 2)
    assert fault_scores([clip], "shrug") == FaultScores(tp=1, tn=1)


def test_a_label_without_sides_accepts_any() -> None:
    clip = score_clip(timed(truth(0, 2, side=None)), report(rep(0, 2, side="left")), exercise=ROW)
    assert rep_scores([clip]).wrong_side == 0


@pytest.mark.parametrize(
    ("certain", "found", "exact", "off_by_one", "mae", "extra"),
    [
        pytest.param(True, 4, 1, 1, 0, 0, id="right"),
        pytest.param(True, 5, 0, 1, 1 / 4, 1, id="one more"),
        pytest.param(False, 5, 1, 1, 0, 0, id="one more, allowed"),
        pytest.param(False, 3, 1, 1, 0, 0, id="one less, allowed"),
        pytest.param(False, 6, 0, 0, 1 / 4, 1, id="two more, one allowed"),
    ],
)
def test_an_uncertain_count_allows_one_rep(
    certain: bool, found: int, exact: float, off_by_one: float, mae: float, extra: int
) -> None:
    clip = score_clip(counted(4, certain=certain), report(*(rep(2 * i, 2 * i + 2) for i in range(found))), exercise=ROW)
    reps = rep_scores([clip])
    assert (reps.exact, reps.off_by_one, reps.mae, reps.extra) == (exact, off_by_one, mae, extra)
    assert reps.uncertain == (0 if certain else 1)


# ---- faults ----


def test_faults_by_hand() -> None:
    label = timed(A, B, C, truth(6, 8, "shrug"), truth(8, 10, "shrug"), truth(10, 12, "shrug"), truth(12, 14, "shrug"))
    clip = score_clip(
        label,
        report(
            rep(0, 2),
            rep(2, 4, "shrug"),
            rep(4, 6, unjudged=("shrug",)),
            rep(6, 8, "shrug"),
            rep(8, 10, "shrug", "shrug"),
            rep(10, 12, hints=("shrug",)),
            rep(12, 14),
        ),
        exercise=ROW,
    )
    scores = fault_scores([clip], "shrug")
    assert scores == FaultScores(tp=2, fp=1, fn=1, tn=1, not_assessed=2)
    assert scores.precision == 2 / 3
    assert scores.recall == 2 / 3
    assert scores.f1 == 4 / 6
    assert scores.share_not_assessed == 2 / 7


def test_faults_by_view() -> None:
    side = score_clip(timed(truth(0, 2, "shrug")), report(rep(0, 2, "shrug")), exercise=ROW)
    front = score_clip(timed(truth(0, 2, "shrug")), report(rep(0, 2), view="front"), exercise=ROW)
    scores = Scores((side, front))
    assert scores.views(ROW) == ("front", "side")
    assert fault_scores(scores.clips, "shrug", view="side") == FaultScores(tp=1)
    assert fault_scores(scores.clips, "shrug", view="front") == FaultScores(fn=1)
    assert fault_scores(scores.clips, "shrug") == FaultScores(tp=1, fn=1)


def test_missed_reps_say_nothing_about_faults() -> None:
    clip = score_clip(timed(A, truth(20, 22, "shrug")), report(rep(0, 2), rep(10, 12, "shrug")), exercise=ROW)
    assert fault_scores([clip], "shrug") == FaultScores(tn=1)
    assert rep_scores([clip]).false_findings == 0


def test_counted_clips_say_nothing_about_faults() -> None:
    clip = score_clip(counted(1), report(rep(0, 2, "shrug")), exercise=ROW, declared=("shrug",))
    assert Scores((clip,)).faults(ROW) == ()
    assert rep_scores([clip]).clean_reps == 0


def test_a_fault_that_no_label_holds_has_a_row() -> None:
    wrong = score_clip(timed(A), report(rep(0, 2, "shrug")), exercise=ROW, declared=("short-top",))
    right = score_clip(timed(A), report(rep(0, 2)), exercise=ROW)
    scores = Scores((wrong, right))
    assert scores.faults(ROW) == ("short-top", "shrug")
    assert fault_scores(scores.clips, "shrug") == FaultScores(fp=1, tn=1)
    assert fault_scores(scores.clips, "short-top") == FaultScores(tn=2)
    assert scores.total_faults() == FaultScores(fp=1, tn=3)


def test_false_findings_per_100_clean_reps() -> None:
    label = timed(A, B, C, truth(6, 8, "shrug"))
    found = report(rep(0, 2, "shrug", "short-top"), rep(2, 4), rep(4, 6, hints=("shrug",)), rep(6, 8, "short-top"))
    reps = rep_scores([score_clip(label, found, exercise=ROW)])
    assert (reps.clean_reps, reps.false_findings) == (3, 2)
    assert reps.false_findings_per_100_clean_reps == pytest.approx(200 / 3)


# ---- holds and confusers ----


def hold(start: float, end: float, *faults: str) -> dict[str, Any]:
    return {"start_s": start, "end_s": end, "findings": [{"fault": fault} for fault in faults]}


def test_holds_are_compared_by_time_in_position() -> None:
    carry = timed(truth(1, 11, "side-lean"), exercise="farmers-carry", kind="carry")
    one = score_clip(carry, report(holds=(hold(1.5, 10, "side-lean"),)), exercise="farmers-carry")
    two = score_clip(carry, report(holds=(hold(1, 8), hold(9, 12.5))), exercise="farmers-carry")
    holds = hold_scores([one, two])
    assert (holds.clips, holds.holds, holds.missed, holds.extra) == (2, 2, 0, 1)
    assert holds.duration_error_s == (1.5 + 0.5) / 2
    assert fault_scores([one, two], "side-lean") == FaultScores(tp=1, fn=1)
    assert rep_scores([one, two]).clips == 0


def test_a_hold_leaves_unjudged_what_the_report_does() -> None:
    carry = timed(truth(1, 11, "side-lean"), exercise="farmers-carry", kind="hold")
    whole = report(holds=(hold(1, 11),)) | {"not_assessed": [{"fault": "side-lean", "why": "side view"}]}
    clip = score_clip(carry, whole, exercise="farmers-carry")
    assert fault_scores([clip], "side-lean") == FaultScores(not_assessed=1)


def test_every_rep_of_a_confuser_is_false_and_in_no_other_metric() -> None:
    push_ups = counted(7, exercise=None)
    clips = [
        score_clip(push_ups, report(rep(0, 2), rep(2, 4)), exercise=ROW),
        score_clip(push_ups, report(), exercise=ROW),
    ]
    confusers = confuser_scores(clips)
    assert (confusers.clips, confusers.silent, confusers.counted) == (2, 0.5, 2)
    assert rep_scores(clips).clips == 0


# ---- all clips ----


def test_nothing_gives_none_and_no_division_error() -> None:
    total = Scores().to_json()["total"]
    for key in ("exact", "off_by_one", "mae", "mae_reps", "false_findings_per_100_clean_reps"):
        assert total[key] is None
    assert total["timing_error_s"] == {"start": None, "peak": None, "end": None}
    assert total["holds"]["duration_error_s"] is None
    assert total["confusers"]["silent"] is None
    for key in ("precision", "recall", "f1", "share_not_assessed"):
        assert total["faults"][key] is None


def test_a_clip_without_reps_and_without_a_view_scores() -> None:
    clip = score_clip(timed(), {"view": None, "sets": [], "holds": [], "not_assessed": []}, exercise=ROW)
    assert (clip.view, clip.count_error) == ("unknown", 0)
    assert rep_scores([clip]).exact == 1
    assert rep_scores([clip]).mae is None


def test_f1_is_zero_where_nothing_is_right() -> None:
    scores = FaultScores(fp=1, fn=1)
    assert (scores.precision, scores.recall, scores.f1) == (0, 0, 0)


def test_merging_runs_is_as_good_as_one_run() -> None:
    first = score_clip(timed(truth(0, 2, "shrug")), report(rep(0, 2, "shrug")), exercise=ROW)
    second = score_clip(timed(A, name="b.mp4"), report(rep(0, 2), rep(2, 4)), exercise=ROW)
    merged = merge([Scores((first,)), Scores((second,))])
    assert merged == Scores((first, second))
    assert fault_scores(merged.clips, "shrug") == FaultScores(tp=1, tn=1)
    assert merge([]) == Scores()


def test_json_is_plain_sorted_and_rounded() -> None:
    other = timed(A, exercise="deadlift", name="b.mp4")
    label = timed(A, B, truth(4, 6, "shrug", peak=5 - 1 / 3))
    clips = (
        score_clip(label, report(rep(0, 2, "short-top"), rep(2, 4), rep(4, 6)), exercise=ROW),
        score_clip(other, report(rep(0, 2)), exercise="deadlift"),
    )
    data = Scores(clips).to_json()
    assert json.loads(json.dumps(data)) == data
    assert list(data["exercises"]) == [ROW, "deadlift"]
    assert list(data["exercises"][ROW]["faults"]) == ["short-top", "shrug"]
    assert data["exercises"][ROW]["timing_error_s"]["peak"] == 0.1111
    assert data["exercises"][ROW]["faults"]["shrug"] == {
        "tp": 0,
        "fp": 0,
        "fn": 1,
        "tn": 2,
        "not_assessed": 0,
        "precision": None,
        "recall": 0,
        "f1": 0,
        "share_not_assessed": 0,
        "views": {
            "side": {
                "tp": 0,
                "fp": 0,
                "fn": 1,
                "tn": 2,
                "not_assessed": 0,
                "precision": None,
                "recall": 0,
                "f1": 0,
                "share_not_assessed": 0,
            }
        },
    }
    assert data["total"]["exact"] == 1
    assert data["clips"][1] == {
        "video": "b.mp4",
        "exercise": "deadlift",
        "kind": "reps",
        "view": "side",
        "certain": True,
        "true": 1,
        "counted": 1,
        "missed": 0,
        "extra": 0,
    }


# ---- labels ----

GOOD_REP = {"start": 1.0, "peak": 2, "end": 3.5, "side": "l", "faults": ["shrug"]}
GOOD_COUNT = {"file": "a.mp4", "exercise": "deadlift", "reps": 4, "notes": "clean"}


def test_a_clip_label() -> None:
    data = {"exercise": ROW, "kind": "reps", "reps": [GOOD_REP], "fps": 20, "body": {"sex": "female"}}
    label = parse_clip_label(data, file="a.json", video="a.mp4")
    assert label == Label("a.mp4", ROW, (LabelledRep(1, 2, 3.5, "left", frozenset({"shrug"})),), None)
    assert (label.true_count, label.is_hold, label.certain) == (1, False, True)


def test_a_clip_label_of_a_carry() -> None:
    data = {"exercise": "farmers-carry", "kind": "carry", "reps": [GOOD_REP]}
    assert parse_clip_label(data, file="a.json", video="a.mp4").is_hold


IN_AND_OUT = {"start": 1.0, "peak": 3.5, "lowering": 13.5, "end": 15.5, "side": "both", "faults": []}


def test_a_hold_is_the_time_in_position_without_the_way_in_and_out() -> None:
    data = {"exercise": "thoracic-extension-hold", "kind": "hold", "reps": [IN_AND_OUT]}
    label = parse_clip_label(data, file="a.json", video="a.mp4")
    assert label.reps == (LabelledRep(3.5, 3.5, 13.5, "both"),)
    clip = score_clip(label, report(holds=(hold(3.4, 13.0),)), exercise="thoracic-extension-hold")
    assert (clip.true_s, clip.counted_s) == pytest.approx((10.0, 9.6))


@pytest.mark.parametrize(
    ("kind", "without"),
    [
        pytest.param("hold", "lowering", id="a hold whose label does not tell the way out"),
        pytest.param("carry", None, id="a carry, which is a walk from its start on"),
        pytest.param("reps", None, id="reps"),
    ],
)
def test_all_else_goes_from_start_to_end(kind: str, without: str | None) -> None:
    entry = {key: value for key, value in IN_AND_OUT.items() if key != without}
    label = parse_clip_label({"exercise": ROW, "kind": kind, "reps": [entry]}, file="a.json", video="a.mp4")
    assert label.reps == (LabelledRep(1.0, 3.5, 15.5, "both"),)


@pytest.mark.parametrize("lowering", [3.5, 15.6, "late", None])
def test_a_way_out_that_is_no_time_after_the_way_in_is_refused(lowering: object) -> None:
    data = {"exercise": ROW, "kind": "hold", "reps": [IN_AND_OUT | {"lowering": lowering}]}
    with pytest.raises(FormCoachError, match=r"a\.json: reps\[0\]\.lowering"):
        parse_clip_label(data, file="a.json", video="a.mp4")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"exercise": 3}, "exercise", id="exercise is a number"),
        pytest.param({"exercise": "[red]no"}, "exercise", id="exercise is no id"),
        pytest.param({"reps": None}, "reps", id="no reps"),
        pytest.param({"reps": {"start": 1}}, "reps", id="reps is no list"),
        pytest.param({"reps": [GOOD_REP, 7]}, "reps[1]", id="a rep is no object"),
        pytest.param({"reps": [GOOD_REP | {"start": "1"}]}, "reps[0].start", id="a time is text"),
        pytest.param({"reps": [GOOD_REP | {"start": True}]}, "reps[0].start", id="a time is true"),
        pytest.param({"reps": [GOOD_REP | {"end": float("nan")}]}, "reps[0].end", id="a time is NaN"),
        pytest.param({"reps": [GOOD_REP | {"end": 10**400}]}, "reps[0].end", id="a time is beyond a float"),
        pytest.param({"reps": [GOOD_REP | {"peak": -1}]}, "reps[0].peak", id="a time before the clip"),
        pytest.param({"reps": [{"start": 1, "end": 2}]}, "reps[0].peak", id="no peak"),
        pytest.param({"reps": [GOOD_REP | {"peak": 0.5}]}, "reps[0]", id="times out of order"),
        pytest.param({"reps": [GOOD_REP | {"peak": 1, "end": 1}]}, "reps[0]", id="a rep of no duration"),
        pytest.param({"reps": [GOOD_REP | {"side": "up"}]}, "reps[0].side", id="an unknown side"),
        pytest.param({"reps": [GOOD_REP | {"side": []}]}, "reps[0].side", id="a side that is a list"),
        pytest.param({"reps": [GOOD_REP | {"faults": "shrug"}]}, "reps[0].faults", id="faults is no list"),
        pytest.param({"reps": [GOOD_REP | {"faults": [None]}]}, "reps[0].faults[0]", id="a fault is nothing"),
        pytest.param({"kind": 1}, "kind", id="kind is a number"),
    ],
)
def test_a_malformed_clip_label_names_file_and_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(FormCoachError) as caught:
        parse_clip_label({"exercise": ROW, "reps": []} | change, file="a.json", video="a.mp4")
    assert str(caught.value).startswith(f"a.json: {field}: expected ")
    assert "\n" not in str(caught.value)


def test_an_exercise_that_is_left_out_is_no_confuser() -> None:
    with pytest.raises(FormCoachError, match="exercise: expected an id such as rounded-back, found nothing"):
        parse_clip_label({"reps": []}, file="a.json", video="a.mp4")
    assert parse_clip_label({"exercise": None, "reps": []}, file="a.json", video="a.mp4").exercise is None


def test_count_labels() -> None:
    labels = parse_count_labels([GOOD_COUNT, {"file": "b.mp4", "exercise": None, "reps": 0}], file="labels.json")
    assert labels == (
        Label("a.mp4", "deadlift", None, 4, True, "clean"),
        Label("b.mp4", None, None, 0, True, ""),
    )


@pytest.mark.parametrize(
    ("change", "certain"),
    [
        pytest.param({}, True, id="nothing said"),
        pytest.param({"notes": "camera cut at 2.75 s at the top"}, False, id="a cut"),
        pytest.param({"notes": "4th lowering cut"}, False, id="a rep that is cut"),
        pytest.param({"notes": "one take, no cuts"}, True, id="no cut"),
        pytest.param({"notes": "fades out mid-lowering"}, False, id="fades"),
        pytest.param({"notes": "small person; opens mid-lowering"}, False, id="opens inside a rep"),
        pytest.param({"notes": "4 starts: 4th ends at top"}, False, id="ends at the top"),
        pytest.param({"notes": "head leaves frame at top"}, True, id="a top that ends nothing"),
        pytest.param({"notes": "full start/end rest; mid-size room"}, True, id="words of two clauses"),
        pytest.param({"rep_times_s": "1.2 3.4"}, True, id="plain times"),
        pytest.param({"rep_times_s": "0.9 (2.6 cut) 4.3"}, False, id="a cut among the times"),
        pytest.param({"rep_times_s": "0.9 3.0 [8.0]"}, False, id="brackets among the times"),
        pytest.param({"rep_times_s": "1.5 3.5 | 19.4"}, True, id="a change of side"),
        pytest.param({"notes": "4th lowering cut", "certain": True}, True, id="said to be certain"),
        pytest.param({"certain": False}, False, id="said to be uncertain"),
    ],
)
def test_certain(change: dict[str, object], certain: bool) -> None:
    (label,) = parse_count_labels([GOOD_COUNT | change], file="labels.json")
    assert label.certain is certain


@pytest.mark.parametrize(
    ("data", "field"),
    [
        pytest.param({"file": "a.mp4"}, "labels", id="no list"),
        pytest.param([GOOD_COUNT, "a.mp4"], "[1]", id="an entry is text"),
        pytest.param([GOOD_COUNT | {"file": None}], "[0].file", id="no file"),
        pytest.param([GOOD_COUNT | {"file": "../a.mp4"}], "[0].file", id="a file outside"),
        pytest.param([GOOD_COUNT | {"file": "C:a.mp4"}], "[0].file", id="a file on a drive"),
        pytest.param([GOOD_COUNT | {"file": ".."}], "[0].file", id="the folder above"),
        pytest.param([GOOD_COUNT | {"reps": "4"}], "[0].reps", id="a count that is text"),
        pytest.param([GOOD_COUNT | {"reps": True}], "[0].reps", id="a count that is true"),
        pytest.param([GOOD_COUNT | {"reps": -1}], "[0].reps", id="a count below zero"),
        pytest.param([GOOD_COUNT | {"reps": 10**30}], "[0].reps", id="a count beyond reason"),
        pytest.param([GOOD_COUNT | {"notes": ["cut"]}], "[0].notes", id="notes is a list"),
        pytest.param([GOOD_COUNT | {"rep_times_s": 3}], "[0].rep_times_s", id="times is a number"),
        pytest.param([GOOD_COUNT | {"certain": "no"}], "[0].certain", id="certain is text"),
        pytest.param([GOOD_COUNT | {"exercise": ""}], "[0].exercise", id="exercise is empty"),
    ],
)
def test_malformed_count_labels_name_file_and_field(data: object, field: str) -> None:
    with pytest.raises(FormCoachError) as caught:
        parse_count_labels(data, file="labels.json")
    assert str(caught.value).startswith(f"labels.json: {field}: expected ")
