"""The board: everything in it fits, numbers stay large, and the drawing shows which way to face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_overlay import SIZES, drawn

from formcoach.board import ASPECT, board_rows, stand_masks
from formcoach.body import View
from formcoach.card import Board, Card, Mark
from formcoach.panels import Layout, board_room, message_panels
from formcoach.reps import State
from formcoach.sprites import Box

REST = Board(
    title="Set 12: 15 reps, 10 clean",
    figures=(("10:47", "rest to go"),),
    mark=Mark.SEVERE,
    heading="Standing up out of the hinge: 12/15",
    text="You are drifting upright. Send the hips back again and keep the same bend for the whole set.",
    wide=True,
)
SUMMARY = replace(REST, figures=(("12", "sets"), ("150", "reps"), ("103", "clean")), wide=False, whole=True)
SET_UP = Board(
    stand=View.SIDE,
    heading="Side-on, at hip height, 2.5 to 3 m away, your whole body in the picture.",
    text="Safe. " * 20,
)
SEEN = Board(
    title="Ready",
    lists=(
        ("From here I can see", "back rounding, shoulders hiking, " * 5),
        ("Not from here: turn", "arms uneven, " * 3),
    ),
    text="This is exercise guidance, not medical advice. " * 2,
)
BOARDS = {"rest": REST, "summary": SUMMARY, "set-up": SET_UP, "seen": SEEN}


def card(board: Board, cue: str = "") -> Card:
    return Card(count=0, state=State.READY, board=board, cue=cue)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
@pytest.mark.parametrize("cue", ["", "I cannot see your feet. Tilt the camera down or step back."], ids=["", "cue"])
def test_a_board_stays_in_its_room(size: tuple[int, int], board: Board, cue: str) -> None:
    layout = Layout.of(*size)
    inside = Box(layout.margin, layout.margin, size[0] - layout.margin, size[1] - layout.margin)
    for arrangement in layout.arrangements:
        room = board_room(layout, arrangement, wide=board.wide)
        assert room.within(inside)
        sprite = message_panels(layout, room.width, room.height, card(board, cue))
        assert sprite.width <= room.width
        assert sprite.height <= room.height


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_every_board_is_drawn_at_every_size(size: tuple[int, int], board: Board) -> None:
    assert (drawn(size, None, card(board)) != 90).any()


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (720, 1280)])
@pytest.mark.parametrize("name", ["rest", "summary"])
def test_nothing_is_left_out_of_what_is_read_from_three_metres(size: tuple[int, int], name: str) -> None:
    """And the numbers are not smaller than a twelfth of the picture's shorter side, the words half of it."""
    layout, board = Layout.of(*size), BOARDS[name]
    room = board_room(layout, layout.arrangements[0], wide=True)
    rows = board_rows(board, layout.unit, room.width - layout.bar - 2 * layout.pad, room.height - 2 * layout.pad)
    heights = [row.height for row in rows if row.pieces]
    assert len(heights) >= 5
    assert max(heights) >= min(size) / 12
    assert min(heights) >= min(size) / 24


def test_a_board_that_has_the_picture_to_itself_darkens_it() -> None:
    image = drawn((640, 480), None, card(SUMMARY))
    assert image[0, 0].tolist() == [32, 32, 32]
    assert (drawn((640, 480), None, card(REST))[0, 0] == 90).all()


def test_a_picture_too_small_for_a_board_is_left_alone() -> None:
    assert (drawn((64, 48), None, card(REST)) == 90).all()
    drawn((64, 48), None, card(SUMMARY))


@pytest.mark.parametrize(
    ("view", "faces"),
    [(View.FRONT, (-1, 0)), (View.SIDE, (0, -1)), (View.REAR, (1, 0)), (View.OBLIQUE, (-1, -1))],
    ids=lambda value: value.value if isinstance(value, View) else "",
)
def test_the_drawing_shows_where_to_face(view: View, faces: tuple[int, int]) -> None:
    """The camera is at the left; the arrow lies beyond the head, in the direction that the person faces."""
    *_, head, arrow = stand_masks(view, 100)
    assert head.shape == (100, round(100 * ASPECT))
    middle, tip = (np.argwhere(mask > 0.5).mean(axis=0)[::-1] for mask in (head, arrow))
    away = (tip - middle) / np.abs(tip - middle).max()
    np.testing.assert_allclose(np.round(away), faces, atol=0.01)


def test_an_empty_board_has_no_rows() -> None:
    assert board_rows(Board(), 480.0, 300, 300) == []
