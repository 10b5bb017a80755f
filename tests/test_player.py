"""The player: which frame is on at which time, without a window."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formcoach.player import END_S, HOLD_S, SPEEDS, STALL_S, Piece, Player, Shot

STEP_S = 0.01
TEN = tuple(k / 10 for k in range(11))
"""A second at ten frames a second."""


def run(player: Player, seconds: float, *, start_s: float = 0.0) -> list[Shot]:
    """What is on, every hundredth of a second."""
    return [player.at(start_s + k * STEP_S) for k in range(round(seconds / STEP_S) + 1)]


def frames(shots: list[Shot]) -> list[tuple[int, int]]:
    """(piece, frame), each once where several in a row are the same."""
    seen: list[tuple[int, int]] = []
    for shot in shots:
        if not seen or seen[-1] != (shot.piece, shot.frame):
            seen.append((shot.piece, shot.frame))
    return seen


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.0, 2.0])
def test_plays_every_frame_in_order_at_its_speed(speed: float) -> None:
    shots = run(Player([Piece(TEN)], speed=speed, endless=False), 1 / speed + END_S + 0.1)
    assert frames(shots) == [(0, frame) for frame in range(11)]
    reached = next(k for k, shot in enumerate(shots) if shot.frame == 10) * STEP_S
    assert reached == pytest.approx(1 / speed, abs=2 * STEP_S)


def test_stops_on_the_worst_frame() -> None:
    shots = run(Player([Piece(TEN, worst=4)], speed=0.5), 0.8 + HOLD_S + 0.3)
    held = [k * STEP_S for k, shot in enumerate(shots) if shot.held]
    assert {shot.frame for shot in shots if shot.held} == {4}
    assert held[0] == pytest.approx(0.8, abs=2 * STEP_S)
    assert held[-1] - held[0] == pytest.approx(HOLD_S, abs=2 * STEP_S)
    assert shots[-1].frame == 5


@pytest.mark.parametrize("worst", [0, 10])
def test_stops_on_the_first_and_on_the_last_frame_too(worst: int) -> None:
    shots = run(Player([Piece(TEN, worst=worst)], speed=1.0, endless=False), 1 + HOLD_S + END_S + 0.1)
    assert sum(shot.held for shot in shots) == pytest.approx(HOLD_S / STEP_S, abs=2)
    assert shots[-1].over


def test_stops_again_in_the_next_round() -> None:
    player = Player([Piece(TEN, worst=4)], speed=1.0)
    rounds = 3
    shots = run(player, rounds * (1 + HOLD_S + END_S) - 0.1)
    begins = sum(after.held and not before.held for before, after in pairwise(shots))
    assert begins == rounds


def test_pieces_follow_one_another_and_begin_again() -> None:
    shots = run(Player([Piece(TEN), Piece(TEN[:3]), Piece(TEN[:2])], speed=1.0), 4.0)
    order = [piece for piece, frame in frames(shots) if frame == 0]
    assert order[:4] == [0, 1, 2, 0]


def test_without_end_only_where_that_is_wanted() -> None:
    shots = run(Player([Piece(TEN), Piece(TEN)], speed=1.0, endless=False), 2 * (1 + END_S) + 0.1)
    assert [shot.over for shot in shots].index(True) * STEP_S == pytest.approx(2 * (1 + END_S), abs=3 * STEP_S)
    assert (shots[-1].piece, shots[-1].frame) == (1, 10)


def test_repeats_one_piece() -> None:
    player = Player([Piece(TEN), Piece(TEN)], speed=1.0)
    assert player.press("l")
    assert {shot.piece for shot in run(player, 5.0)} == {0}
    player.press("l")
    assert {shot.piece for shot in run(player, 5.0, start_s=5.0)} == {0, 1}


def test_next_and_previous_go_round() -> None:
    player = Player([Piece(TEN), Piece(TEN), Piece(TEN)])
    went = []
    for key in "nnnpp":
        player.press(key)
        went.append(player.at(0.0).piece)
    assert went == [1, 2, 0, 2, 1]


def test_a_new_piece_begins_at_its_start() -> None:
    player = Player([Piece(TEN), Piece(TEN)], speed=1.0)
    run(player, 0.7)
    player.press("n")
    assert player.at(0.7).frame == 0


def test_pause_stops_time() -> None:
    player = Player([Piece(TEN)], speed=1.0)
    run(player, 0.35)
    player.press(" ")
    shots = run(player, 5.0, start_s=0.35)
    assert {(shot.frame, shot.paused) for shot in shots} == {(3, True)}
    player.press(" ")
    assert run(player, 0.2, start_s=5.35)[-1].frame == 5


def test_steps_one_frame_and_stays() -> None:
    player = Player([Piece(TEN, worst=4)], speed=1.0)
    run(player, 0.25)
    seen = []
    for key in (*"...", *",,,,,,,,", *("." * 15)):
        player.press(key)
        seen.append(player.at(1.0).frame)
    assert seen == [3, 4, 5, 4, 3, 2, 1, 0, 0, 0, 0, *range(1, 11), 10, 10, 10, 10, 10]
    assert player.at(9.0).paused


def test_goes_on_after_stepping_and_stops_on_the_worst_if_that_is_to_come() -> None:
    player = Player([Piece(TEN, worst=4)], speed=1.0)
    run(player, 0.6)
    for key in ",,, ":
        player.press(key)
    shots = run(player, 0.6, start_s=0.6)
    assert any(shot.held for shot in shots)


def test_speed_changes_in_steps_and_keeps_the_place() -> None:
    player = Player([Piece(TEN)], speed=0.5)
    run(player, 1.0)
    speeds = []
    for key in "+++-----":
        player.press(key)
        speeds.append(player.speed)
    assert speeds == [1.0, 2.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.1]
    assert player.at(1.0).frame == 5


@pytest.mark.parametrize(("speed", "up", "down"), [(0.3, 0.5, 0.25), (0.05, 0.1, 0.05), (5.0, 5.0, 2.0)])
def test_a_speed_of_ones_own_has_neighbours(speed: float, up: float, down: float) -> None:
    faster, slower = Player([Piece(TEN)], speed=speed), Player([Piece(TEN)], speed=speed)
    faster.press("+")
    slower.press("-")
    assert (faster.speed, slower.speed) == (up, down)


def test_the_overlay_goes_and_comes() -> None:
    player = Player([Piece(TEN)])
    seen = [player.overlay]
    for _ in range(2):
        player.press("o")
        seen.append(player.overlay)
    assert seen == [True, False, True]


def test_a_key_that_means_nothing() -> None:
    player = Player([Piece(TEN)])
    before = player.at(0.0)
    assert not player.press("x")
    assert player.at(0.0) == before


def test_a_stall_skips_nothing() -> None:
    """Loading a clip takes a while; what was not shown is not over."""
    player = Player([Piece(TEN)], speed=1.0)
    player.at(0.0)
    assert player.at(60.0).frame == int(STALL_S * 10)


def test_a_clock_that_goes_back_changes_nothing() -> None:
    player = Player([Piece(TEN)], speed=1.0)
    run(player, 0.5)
    assert player.at(0.1).frame == 5


@pytest.mark.parametrize("bad", [Piece, lambda _: Piece(TEN, 11), lambda _: Piece(TEN, -1)])
def test_pieces_without_sense_are_refused(bad: type[Piece]) -> None:
    with pytest.raises(ValueError, match="needs frames"):
        bad(())


@pytest.mark.parametrize(("pieces", "speed"), [([], 0.5), ([Piece(TEN)], 0.0), ([Piece(TEN)], float("nan"))])
def test_nothing_to_play_is_refused(pieces: list[Piece], speed: float) -> None:
    with pytest.raises(ValueError, match="needs pieces"):
        Player(pieces, speed=speed)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 29)), min_size=1, max_size=4),
    st.text("np+-., lox", max_size=20),
    st.lists(st.floats(0, 0.3), min_size=1, max_size=60),
)
def test_whatever_is_pressed_a_frame_is_on(counts: list[tuple[int, int]], keys: str, passed_s: list[float]) -> None:
    pieces = [Piece(tuple(k / 30 for k in range(n)), worst % n) for n, worst in counts]
    player, clock_s = Player(pieces), 0.0
    for i, step_s in enumerate(passed_s):
        clock_s += step_s
        player.press(keys[i % len(keys)] if keys else "x")
        shot = player.at(clock_s)
        assert 0 <= shot.frame < len(pieces[shot.piece].times_s)
        assert player.speed in SPEEDS
        assert not shot.held or shot.frame == pieces[shot.piece].worst
