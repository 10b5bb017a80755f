"""Where to stand: each piece of advice alone, their order, and how often one is said."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from poses import FRONT, LEFT_SIDE, OBLIQUE_LEFT, STANDING, Camera, film, passing

from formcoach.body import Body, Observer, View
from formcoach.catalogue import load_catalogue
from formcoach.exercise import Exercise, Grade
from formcoach.placing import (
    LOW_SHOWN_S,
    PERSIST_S,
    REPEAT_S,
    Assistant,
    Sight,
    Vantage,
    advice_for,
    judged_from,
    raise_camera,
)
from formcoach.pose import Landmark as L
from formcoach.standpoint import STAND_S, Standpoint

EXERCISES = tuple(load_catalogue().exercises.values())
DARK = "It is too dark. Please switch on a light."
NOBODY = "I cannot see you yet. Step into the picture."
SLOW = "This computer is slow right now. Please close other programs."
BACK = "Step back until I see all of you."
CLOSER = "Step closer."
FEET = "I cannot see your feet. Tilt the camera down or step back."
ONLY_FEET = "I cannot see your feet. Tilt the camera down."
HANDS = "Your head or hands are cut off. Tilt the camera up or step back."
ONLY_HEAD = "Your head or hands are cut off. Tilt the camera up."
LOW = "Your head or hands are cut off. Step back."
EDGE = "You are at the edge of the picture. Step to the middle."
TILTED = "The camera is tilted. Please set it level."
SIDE_ON = "Turn side-on to the camera."
FACE_ME = "Face the camera, please."


def exercise(name: str = "bent-over-row") -> Exercise:
    return load_catalogue()[name]


@cache
def standing(camera: Camera = LEFT_SIDE, *, lean: float = 0.0) -> Body:
    """A body that has stood there for a second."""
    posture = replace(STANDING, lean=lean)
    observe = Observer()
    bodies = [observe(pose) for pose in film(passing(posture, [(1.0, posture)]), camera).poses if pose is not None]
    return bodies[-1]


def sight(body: Body | None, *, brightness: float = 120.0, fps: float = 30.0, time_s: float = 0.0) -> Sight:
    return Sight(time_s, 640, 480, brightness, fps, body)


def shifted(body: Body, landmark: L, x: float | None = None, y: float | None = None) -> Body:
    """The body with one landmark elsewhere in the picture."""
    xy = list(body.xy)
    xy[landmark] = (xy[landmark][0] if x is None else x, xy[landmark][1] if y is None else y)
    return replace(body, xy=xy)


def tipped(body: Body, deg: float) -> Body:
    """The body as a camera sees it that is turned about its axis."""
    a = math.radians(deg)
    turn = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    middle = np.array([320.0, 240.0])
    return replace(body, xy=[(float(x), float(y)) for x, y in (np.array(body.xy) - middle) @ turn.T + middle])


# --- all is well ---


@pytest.mark.parametrize("one", EXERCISES, ids=lambda one: one.id)
def test_from_the_best_view_all_is_well(one: Exercise) -> None:
    camera = {View.SIDE: LEFT_SIDE, View.FRONT: FRONT, View.OBLIQUE: OBLIQUE_LEFT}[one.best_view]
    assert advice_for(sight(standing(camera)), one) is None


def test_an_unknown_rate_is_not_slow() -> None:
    assert advice_for(sight(standing(), fps=math.nan), exercise()) is None


def test_what_is_not_seen_is_not_cut_off() -> None:
    """The far ankle and wrist are hidden from the side."""
    body = shifted(shifted(standing(), L.RIGHT_ANKLE, math.nan, math.nan), L.RIGHT_WRIST, math.nan, math.nan)
    assert advice_for(sight(body), exercise()) is None


# --- each alone ---


def test_too_dark() -> None:
    assert advice_for(sight(standing(), brightness=20.0), exercise()) == DARK
    assert advice_for(sight(standing(), brightness=46.0), exercise()) is None


def test_nobody() -> None:
    assert advice_for(sight(None), exercise()) == NOBODY


def test_too_slow() -> None:
    assert advice_for(sight(standing(), fps=14.0), exercise()) == SLOW
    assert advice_for(sight(standing(), fps=14.9), exercise()) is None


@pytest.mark.parametrize(
    ("distance_m", "said"),
    [(1.0, BACK), (1.6, BACK), (2.6, None), (3.3, None), (4.1, None), (7.0, CLOSER), (12.0, CLOSER)],
)
def test_distance(distance_m: float, said: str | None) -> None:
    body = standing(replace(LEFT_SIDE, distance_m=distance_m))
    assert advice_for(sight(body), exercise()) == said


@pytest.mark.parametrize("ankle", [L.LEFT_ANKLE, L.RIGHT_ANKLE])
@pytest.mark.parametrize("y", [478.0, 520.0])
def test_feet_cut_off(ankle: L, y: float) -> None:
    """A camera that looks too high: above the head is room enough to tilt it."""
    high, low = (shifted(shifted(standing(), L.NOSE, 320.0, nose), ankle, 320.0, y) for nose in (60.0, 160.0))
    assert advice_for(sight(high), exercise()) == FEET
    assert advice_for(sight(low), exercise()) == ONLY_FEET


def with_feet_at(y: float) -> Body:
    return shifted(shifted(standing(), L.LEFT_ANKLE, 320.0, y), L.RIGHT_ANKLE, 320.0, y)


@pytest.mark.parametrize("landmark", [L.NOSE, L.LEFT_WRIST, L.RIGHT_WRIST])
@pytest.mark.parametrize("y", [1.0, -30.0])
def test_head_or_hands_cut_off(landmark: L, y: float) -> None:
    """A camera that looks too low: below the feet is room enough to tilt it."""
    low, high = (shifted(with_feet_at(feet), landmark, 320.0, y) for feet in (460.0, 340.0))
    assert advice_for(sight(low), exercise()) == HANDS
    assert advice_for(sight(high), exercise()) == ONLY_HEAD


@pytest.mark.parametrize("ankle", [370.0, math.nan])
def test_feet_that_are_not_seen_have_no_room_below(ankle: float) -> None:
    body = shifted(shifted(with_feet_at(ankle), L.LEFT_ANKLE, ankle, ankle), L.NOSE, 320.0, 1.0)
    assert advice_for(sight(body), exercise()) == (HANDS if math.isnan(ankle) else ONLY_HEAD)


@pytest.mark.parametrize("landmark", [L.NOSE, L.LEFT_WRIST, L.RIGHT_WRIST, L.LEFT_ANKLE])
@pytest.mark.parametrize("x", [2.0, -30.0, 660.0])
def test_at_the_edge(landmark: L, x: float) -> None:
    assert advice_for(sight(shifted(standing(), landmark, x, 240.0)), exercise()) == EDGE


def test_hands_below_the_picture() -> None:
    assert advice_for(sight(shifted(standing(), L.LEFT_WRIST, 320.0, 490.0)), exercise()) == LOW


def test_cut_off_at_both_ends() -> None:
    body = shifted(shifted(standing(), L.NOSE, 320.0, 1.0), L.LEFT_ANKLE, 320.0, 479.0)
    assert advice_for(sight(body), exercise()) == BACK


@pytest.mark.parametrize("deg", [-12.0, 12.0])
def test_a_tilted_camera(deg: float) -> None:
    assert advice_for(sight(tipped(standing(FRONT), deg)), exercise("overhead-press")) == TILTED


@pytest.mark.parametrize("deg", [-6.0, 0.0, 6.0])
def test_a_camera_that_is_level_enough(deg: float) -> None:
    assert advice_for(sight(tipped(standing(FRONT), deg)), exercise("overhead-press")) is None


def test_from_the_side_a_lean_is_the_persons() -> None:
    body = standing(lean=25.0)
    assert advice_for(sight(body), exercise()) is None


@pytest.mark.parametrize("one", EXERCISES, ids=lambda one: one.id)
@pytest.mark.parametrize("camera", [FRONT, LEFT_SIDE], ids=["front", "side"])
def test_turning(one: Exercise, camera: Camera) -> None:
    """Where from here less than six tenths of what could be judged can be judged."""
    view = View.FRONT if camera is FRONT else View.SIDE
    enough = len(judged_from(view, one)) >= 0.6 * len(judged_from(one.best_view, one))
    said = SIDE_ON if one.best_view is View.SIDE else FACE_ME
    assert advice_for(sight(standing(camera)), one) == (None if enough else said)


def test_the_deadlift_is_done_side_on() -> None:
    assert advice_for(sight(standing(FRONT)), exercise("deadlift")) == SIDE_ON


def test_the_best_view_is_never_turned_from() -> None:
    """The other views may show as much; none shows so much more that the advice would contradict itself."""
    for one in EXERCISES:
        assert max(len(judged_from(view, one)) for view in View) * 0.6 <= len(judged_from(one.best_view, one))


# --- one at a time, the first thing first ---


def test_order() -> None:
    """Everything is wrong, and is put right one after the other."""
    row = exercise("deadlift")
    level = standing(FRONT)
    tilted = tipped(level, 12.0)
    handless = shifted(tilted, L.LEFT_WRIST, -5.0)
    footless = shifted(handless, L.LEFT_ANKLE, y=500.0)
    far, near = (replace(footless, torso_px=px) for px in (20.0, 300.0))
    steps = [
        (sight(None, brightness=10.0, fps=5.0), DARK),
        (sight(None, fps=5.0), NOBODY),
        (sight(near, fps=5.0), SLOW),
        (sight(near), BACK),
        (sight(far), CLOSER),
        (sight(footless), ONLY_FEET),
        (sight(handless), EDGE),
        (sight(tilted), TILTED),
        (sight(level), SIDE_ON),
        (sight(standing()), None),
    ]
    assert [advice_for(seen, row) for seen, _ in steps] == [said for _, said in steps]


# --- what can be judged from where ---


@pytest.mark.parametrize("one", EXERCISES, ids=lambda one: one.id)
@pytest.mark.parametrize("view", View, ids=lambda view: view.value)
def test_judged_from(one: Exercise, view: View) -> None:
    judged = judged_from(view, one)
    for fault in one.faults:
        assert (fault.name in judged) == (fault.grades.at(view) in (Grade.A, Grade.B))


def test_a_rounded_back_is_judged_from_the_side_only() -> None:
    name = exercise().fault("rounded-back").name
    assert name in judged_from(View.SIDE, exercise())
    assert name not in judged_from(View.FRONT, exercise())


@pytest.mark.parametrize("one", EXERCISES, ids=lambda one: one.id)
@pytest.mark.parametrize("view", View, ids=lambda view: view.value)
def test_a_vantage_names_every_fault_once(one: Exercise, view: View) -> None:
    vantage = Vantage.of(view, one)
    assert sorted(vantage.seen + vantage.unseen) == sorted(fault.name for fault in one.faults)
    assert bool(vantage.move) == bool(vantage.unseen)
    assert len(vantage.sentence.split()) <= 35


def test_what_is_seen_in_words() -> None:
    assert Vantage.of(View.SIDE, exercise()).sentence == (
        "From here I can see 9 of 11 faults. Not from here: arms uneven and elbows winging out. "
        "For these, face the camera."
    )
    assert Vantage(("One", "Two"), (), "").sentence == "From here I can see all 2 faults."
    assert "Not from here: two. For" in Vantage(("One",), ("Two",), "face the camera").sentence
    many = Vantage(("One",), ("Two", "Three", "Four", "Five", "Six"), "face the camera")
    assert "Not from here: two, three, four and 2 more. For" in many.sentence


# --- when it is said ---

WELL = sight(standing())
AWAY, GLOOM = sight(None), sight(None, brightness=10.0)


def watch(*script: tuple[Sight, float], fps: float = 20.0) -> list[tuple[float, str]]:
    """What is said, and when, of sights that each last so long."""
    assistant, said, now_s = Assistant(exercise()), [], 0.0
    for seen, lasts_s in script:
        for _ in range(round(lasts_s * fps)):
            advice, say = assistant.update(replace(seen, time_s=now_s))
            if say:
                assert advice is not None
                said.append((now_s, advice))
            now_s += 1 / fps
    return said


def test_nothing_to_say_nothing_said() -> None:
    assert watch((WELL, 60.0)) == []


def test_it_must_last() -> None:
    assert watch((AWAY, PERSIST_S - 0.1), (WELL, 5.0)) == []
    ((when_s, said),) = watch((AWAY, 2.0))
    assert said == NOBODY
    assert when_s == pytest.approx(PERSIST_S, abs=0.06)


def test_flickering_is_not_spoken_of() -> None:
    assert watch(*[(AWAY, 0.3), (WELL, 0.2)] * 20) == []


def test_the_clock_may_begin_at_zero_or_later() -> None:
    for start_s in (0.0, 100.0):
        assistant = Assistant(exercise())
        assert assistant.update(replace(AWAY, time_s=start_s)) == (None, False)
        assert assistant.update(replace(AWAY, time_s=start_s + PERSIST_S + 0.01)) == (NOBODY, True)
        assert assistant.update(replace(AWAY, time_s=start_s + PERSIST_S + 0.1)) == (NOBODY, False)


def test_no_nagging() -> None:
    times = [time_s for time_s, _ in watch((AWAY, 30.0))]
    assert len(times) == 5
    assert all(b - a >= REPEAT_S for a, b in pairwise(times))


def test_what_is_new_is_said_soon() -> None:
    said = watch((GLOOM, 2.0), (AWAY, 2.0))
    assert [text for _, text in said] == [DARK, NOBODY]
    assert said[1][0] == pytest.approx(2.0 + PERSIST_S, abs=0.06)


def test_the_same_after_a_moment_of_well_is_not_repeated_at_once() -> None:
    assert len(watch((AWAY, 2.0), (WELL, 1.0), (AWAY, 2.0))) == 1


def test_two_that_take_turns_are_not_nagged() -> None:
    said = watch(*[(GLOOM, 1.0), (AWAY, 1.0)] * 5)
    for advice in (DARK, NOBODY):
        times = [time_s for time_s, text in said if text == advice]
        assert all(b - a >= REPEAT_S for a, b in pairwise(times))


# --- a camera that stands low ---

AT_HIPS = "The camera stands low. Put it at hip height."


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stands well is filmed from the floor."""
    monkeypatch.setattr("formcoach.standpoint.lowness_deg", lambda _: -30.0)


def clocked(seen: Sight, time_s: float) -> Sight:
    return replace(seen, time_s=time_s, body=None if seen.body is None else replace(seen.body, time_s=time_s))


@pytest.mark.usefixtures("low")
def test_a_low_camera_is_told_once_and_shown_for_a_while() -> None:
    assistant = Assistant(exercise())
    answers = [(i / 20, *assistant.update(clocked(WELL, i / 20))) for i in range(600)]
    ((said_s, said),) = [(time_s, advice) for time_s, advice, say in answers if say]
    assert said == AT_HIPS
    assert said_s == pytest.approx(STAND_S)
    shown = [time_s for time_s, advice, _ in answers if advice is not None]
    assert {advice for _, advice, _ in answers} == {None, AT_HIPS}
    assert shown[0] == said_s
    assert shown[-1] == pytest.approx(STAND_S + LOW_SHOWN_S, abs=0.06)


@pytest.mark.usefixtures("low")
def test_a_low_camera_is_told_when_nothing_else_is_said() -> None:
    assistant = Assistant(exercise())
    answers = [(i / 20, *assistant.update(replace(clocked(WELL, i / 20), quiet=i >= 100))) for i in range(300)]
    assert [(time_s, advice) for time_s, advice, say in answers if say] == [(5.0, AT_HIPS)]
    shown = [time_s for time_s, advice, _ in answers if advice is not None]
    assert shown[0] == pytest.approx(STAND_S), "no count-in before it is said"
    assert shown[-1] == pytest.approx(5.0 + LOW_SHOWN_S, abs=0.06)


@pytest.mark.usefixtures("low")
def test_whatever_else_is_wrong_comes_first() -> None:
    gloom = sight(standing(), brightness=10.0)
    assistant = Assistant(exercise())
    said = [assistant.update(clocked(gloom if i < 100 else WELL, i / 20)) for i in range(200)]
    assert [advice for advice, say in said if say] == [DARK, AT_HIPS]


@pytest.mark.usefixtures("low")
def test_where_a_low_camera_is_asked_for_it_is_not_told() -> None:
    assistant = Assistant(exercise("reverse-fly"))
    facing = sight(standing(FRONT))
    assert {assistant.update(clocked(facing, i / 20)) for i in range(200)} == {(None, False)}


def test_what_to_do_about_it_is_what_the_exercise_asks_for() -> None:
    asked = {one.id: raise_camera(one) for one in EXERCISES}
    assert asked["deadlift"] == AT_HIPS
    assert asked["overhead-press"] == "The camera stands low. Put it at chest height."
    for one in ("bent-over-y", "reverse-fly", "wide-row", "cross-band", "pullover-floor", "superman", "cat-cow"):
        assert asked[one] is None, one


def test_a_camera_at_hip_height_is_not_low() -> None:
    standpoint = Standpoint()
    assert not any(standpoint.found_low(replace(standing(), time_s=i / 20)) for i in range(200))
