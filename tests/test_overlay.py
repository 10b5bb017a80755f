from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from formcoach import overlay as o
from formcoach.body import Observer, Side
from formcoach.card import Card, Highlight, Mark, Remark, put_right
from formcoach.outline import STATIONS
from formcoach.overlay import Overlay
from formcoach.panels import Layout, message_panels, tally_panel
from formcoach.pose import MIRROR, Landmark, Pose
from formcoach.reps import State
from formcoach.sprites import ORANGE, SKY, VERMILLION, Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from formcoach.sprites import Colour, Sprite

SIZES = [
    (320, 180), (320, 240), (240, 320), (180, 320), (408, 720), (480, 360), (640, 480), (854, 480), (720, 1280),
    (1280, 616), (1280, 720), (1000, 1000), (1280, 540), (540, 1280), (1080, 1920), (3840, 2160),
]  # fmt: skip
REMARKS = (
    Remark(Mark.SEVERE, "Standing up out of the hinge", "0.35 torso lengths", "at least 0.50"),
    Remark(Mark.MILD, "Stopping short at the top", "72 %", "at least 85 %"),
    Remark(Mark.MILD, "Back rounding", "14°", "limit 12°"),
)
FULL = Card(
    count=128,
    state=State.LOWER,
    progress=0.6,
    set_number=12,
    marks=tuple(Mark) * 5,
    remarks=REMARKS,
    cue="Press the floor away with both feet",
    unseen="Not judged from the side:\nelbows winging out, arms uneven, shoulders hiking and 2 more",
)
EMPTY = Card(count=0, state=State.AWAY)


def pose(
    width: int, height: int, *, at: float = 0.5, size: float = 0.7, time_s: float = 0.0, seen: float = 0.99
) -> Pose:
    """Somebody who stands facing the camera, `at` a share of the width, `size` of the height tall."""
    tall = size * height
    middle, crown = at * width, (1 - size) / 2 * height
    places = {
        "EAR": (0.04, 0.06), "EYE": (0.02, 0.05), "SHOULDER": (0.11, 0.18), "ELBOW": (0.15, 0.35), "WRIST": (0.17, 0.5),
        "HIP": (0.07, 0.52), "KNEE": (0.07, 0.74), "ANKLE": (0.07, 0.95), "HEEL": (0.07, 0.97), "TOE": (0.09, 1.0),
    }  # fmt: skip
    landmarks = np.zeros((33, 3), np.float32)
    landmarks[:, :2] = middle, crown + 0.06 * tall
    for name, (x, y) in places.items():
        landmarks[Landmark[f"LEFT_{name}"], :2] = middle + x * tall, crown + y * tall
        landmarks[Landmark[f"RIGHT_{name}"], :2] = middle - x * tall, crown + y * tall
    world = (landmarks - landmarks.mean(axis=0)) / (0.6 * tall)
    return Pose(time_s, landmarks, world, np.full(33, seen, np.float32), np.ones(33, np.float32), None)


def grey(width: int, height: int, level: int = 90) -> NDArray[np.uint8]:
    return np.full((height, width, 3), level, np.uint8)


def drawn(size: tuple[int, int], who: Pose | None, card: Card) -> NDArray[np.uint8]:
    image = grey(*size)
    Overlay(*size).draw(image, who, card)
    return image


# ---- layout ----


@pytest.mark.parametrize("size", SIZES)
def test_panels_keep_clear_of_each_other_and_of_the_edges(size: tuple[int, int]) -> None:
    layout = Layout.of(*size)
    assert layout.arrangements
    inside = Box(layout.margin, layout.margin, size[0] - layout.margin, size[1] - layout.margin)
    for arrangement in layout.arrangements:
        grown = Box(*(v + d * layout.margin for v, d in zip(arrangement.tally, (-1, -1, 1, 1), strict=True)))
        assert arrangement.tally.within(inside)
        assert arrangement.message.within(inside)
        assert arrangement.usual_message.within(arrangement.message)
        assert not grown.overlaps(arrangement.message)


@pytest.mark.parametrize("size", SIZES)
def test_the_fullest_card_fits_its_panels(size: tuple[int, int]) -> None:
    layout = Layout.of(*size)
    cards = [
        FULL,
        replace(FULL, remarks=()),
        replace(FULL, cue=""),
        replace(FULL, cue="", remarks=()),
        replace(FULL, cue="Unbelievablyunbreakableword"),
        replace(FULL, unseen=""),
    ]
    tally = tally_panel(layout, FULL.count, FULL.state, FULL.set_number, FULL.marks)
    assert tally.width <= layout.arrangements[0].tally.width
    assert tally.height <= layout.arrangements[0].tally.height
    for width, height in {(a.message.width, a.message.height) for a in layout.arrangements}:
        for card in cards:
            message = message_panels(layout, width, height, card)
            assert message.width <= width
            assert message.height <= height


def test_a_picture_too_small_for_panels_gets_none() -> None:
    image = drawn((64, 48), None, FULL)
    assert (image == 90).all()
    overlay = Overlay(64, 48)
    overlay.settle([pose(64, 48)])
    overlay.draw(grey(64, 48), pose(64, 48), FULL)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("card", [FULL, EMPTY], ids=["full", "empty"])
def test_every_size_is_drawn(size: tuple[int, int], card: Card) -> None:
    assert (drawn(size, pose(*size), card) != 90).any()


def test_letters_grow_with_the_picture() -> None:
    small, large = Layout.of(640, 360), Layout.of(1280, 720)
    assert large.body.em == pytest.approx(2 * small.body.em, abs=1)
    for layout in (small, large):
        assert layout.cue.em >= layout.picture.height / 12
        assert layout.number.em >= layout.picture.height / 12
        assert layout.body.em >= 0.045 * layout.picture.height


# ---- drawing ----


L = Landmark


def at(image: NDArray[np.uint8], *points: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(3,) the pixel in the middle of the points."""
    x, y = np.mean([point[:2] for point in points], axis=0).round().astype(int).tolist()
    pixel: NDArray[np.uint8] = image[y, x]
    return pixel


@pytest.mark.parametrize("size", [(1280, 720), (408, 720)], ids=["landscape", "portrait"])
@pytest.mark.parametrize(("mark", "colour"), [(Mark.SEVERE, VERMILLION), (Mark.MILD, ORANGE)])
def test_the_segment_at_fault_is_coloured_and_the_rest_stays(size: tuple[int, int], mark: Mark, colour: Colour) -> None:
    who = pose(*size)
    elbow, wrist = who.landmarks[L.LEFT_ELBOW], who.landmarks[L.LEFT_WRIST]
    what = Highlight(mark, ((int(L.LEFT_ELBOW), int(L.LEFT_WRIST)),))
    clean, marked = drawn(size, who, EMPTY), drawn(size, who, replace(EMPTY, highlight=what))
    assert np.abs(at(marked, elbow, wrist).astype(int) - colour).max() <= 2
    assert at(clean, elbow, wrist).min() > 200
    changed = np.argwhere((clean != marked).any(axis=2))[:, ::-1]
    low, high = np.minimum(elbow, wrist)[:2], np.maximum(elbow, wrist)[:2]
    assert (changed >= low - 0.04 * max(size)).all()
    assert (changed <= high + 0.04 * max(size)).all()


@pytest.mark.parametrize(("near", "row", "left_of_chord"), [(Side.RIGHT, 0, True), (Side.LEFT, 1, False)])
def test_a_rounded_back_is_drawn_along_the_outline_of_the_back(near: Side, row: int, left_of_chord: bool) -> None:
    what = Highlight(
        Mark.SEVERE, ((int(Landmark[f"{near.name}_SHOULDER"]), int(Landmark[f"{near.name}_HIP"])),), back=row
    )
    outline = np.full((2, STATIONS), np.nan, np.float32)
    outline[row] = 0.3
    who = replace(pose(640, 480), outline=outline)
    card = Card(count=0, state=State.READY, near=near)
    changed = (drawn((640, 480), who, replace(card, highlight=what)) != drawn((640, 480), who, card)).any(axis=2)
    columns = np.nonzero(changed)[1]
    assert columns.size
    assert (columns < 320).all() if left_of_chord else (columns > 320).all()


def test_a_back_that_was_not_seen_is_drawn_straight() -> None:
    what = Highlight(Mark.SEVERE, ((int(L.LEFT_SHOULDER), int(L.LEFT_HIP)),), back=1)
    unseen = np.full((2, STATIONS), np.nan, np.float32)
    who = pose(640, 480)
    straight = drawn((640, 480), who, replace(EMPTY, highlight=replace(what, back=None)))
    for outline in (None, unseen):
        image = drawn((640, 480), replace(who, outline=outline), replace(EMPTY, highlight=what))
        assert (image == straight).all()


def test_what_is_not_seen_is_not_drawn() -> None:
    size = (640, 480)
    who = pose(*size)
    assert at(drawn(size, who, EMPTY), who.landmarks[L.LEFT_WRIST]).min() > 200
    lost = who.landmarks.copy()
    lost[L.LEFT_WRIST] = np.nan
    what = Highlight(Mark.SEVERE, ((int(L.LEFT_ELBOW), int(L.LEFT_WRIST)),))
    image = drawn(size, replace(who, landmarks=lost), replace(EMPTY, highlight=what))
    assert (at(image, who.landmarks[L.LEFT_WRIST]) == 90).all()
    nobody = replace(who, landmarks=np.full((33, 3), np.nan, np.float32))
    assert (drawn(size, nobody, replace(FULL, highlight=what)) == drawn(size, None, FULL)).all()


def test_what_is_badly_seen_is_drawn_faintly_and_a_guess_not_at_all() -> None:
    size = (640, 480)
    who = pose(*size)
    wrist = who.landmarks[L.LEFT_WRIST]
    lights = []
    for visibility, support in ((0.99, 1.0), (0.3, 1.0), (0.99, 0.1), (0.05, 1.0)):
        sure, backed = who.visibility.copy(), who.support.copy()
        sure[L.LEFT_WRIST], backed[L.LEFT_WRIST] = visibility, support
        image = drawn(size, replace(who, visibility=sure, support=backed), EMPTY)
        lights.append(int(at(image, wrist, who.landmarks[L.LEFT_ELBOW]).max()))
    seen, dim, unbacked, guess = lights
    assert seen > 200
    assert 100 < dim < 200
    assert unbacked == dim
    assert guess == 90


def test_the_far_side_is_fainter() -> None:
    size = (640, 480)
    who = pose(*size)
    for near, strong, faint in ((Side.LEFT, "LEFT", "RIGHT"), (Side.RIGHT, "RIGHT", "LEFT")):
        image = drawn(size, who, replace(EMPTY, near=near))
        thighs = {
            s: (who.landmarks[Landmark[f"{s}_HIP"]], who.landmarks[Landmark[f"{s}_KNEE"]]) for s in (strong, faint)
        }
        assert at(image, *thighs[strong]).min() > 200
        assert 100 < at(image, *thighs[faint]).max() < 200


def test_landmarks_far_outside_the_picture_do_no_harm() -> None:
    who = pose(640, 480)
    wild = who.landmarks.copy()
    wild[L.LEFT_WRIST] = 1e9
    wild[L.RIGHT_ANKLE] = -1e9
    drawn((640, 480), replace(who, landmarks=wild), replace(FULL, near=Side.LEFT))


def test_progress_is_drawn_only_in_a_rep() -> None:
    at_rest = drawn((640, 480), None, Card(count=1, state=State.READY, progress=0.5))
    assert (at_rest == drawn((640, 480), None, Card(count=1, state=State.READY))).all()
    sky = []
    for progress in (math.nan, -0.2, 0.0, 0.25, 0.5, 1.0, 1.4):
        image = drawn((640, 480), None, Card(count=1, state=State.LIFT, progress=progress))
        sky.append(int((np.abs(image.astype(int) - SKY).max(axis=2) < 4).sum()))
    assert sky[0] == sky[1] == sky[2] == 0
    assert 0 < sky[3] < sky[4] < sky[5] == sky[6]


def test_a_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(480, 640, 3\).*\(640, 480, 3\)"):
        Overlay(640, 480).draw(grey(480, 640), None, EMPTY)


def test_panels_are_rendered_once_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[int] = []
    real = tally_panel

    def counting(layout: Layout, count: int, *rest: object) -> Sprite:
        rendered.append(count)
        return real(layout, count, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(o, "tally_panel", counting)
    overlay = Overlay(640, 480)
    for progress in (0.1, 0.2, 0.3):
        overlay.draw(grey(640, 480), None, Card(count=1, state=State.LIFT, progress=progress))
    assert rendered == [1]
    for count in range(100):
        overlay.draw(grey(640, 480), None, replace(FULL, count=count))
    assert len(overlay._panels) <= o._KEPT


def test_two_overlays_draw_the_same() -> None:
    who = pose(640, 480)
    assert (drawn((640, 480), who, FULL) == drawn((640, 480), who, FULL)).all()


# ---- where the panels lie ----


def hides(overlay: Overlay, who: Pose) -> bool:
    """Whether a panel lies on the trunk or the face."""
    boxes = (overlay.arrangement.tally, overlay.arrangement.usual_message)
    points = who.landmarks[[*range(11), *range(11, 17), 23, 24], :2]
    return any(b.left <= x < b.right and b.top <= y < b.bottom for b in boxes for x, y in points)


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (854, 480), (1920, 1080)])
@pytest.mark.parametrize("place", [0.18, 0.5, 0.82])
def test_panels_keep_off_the_body(size: tuple[int, int], place: float) -> None:
    overlay = Overlay(*size)
    who = pose(*size, at=place)
    overlay.draw(grey(*size), who, FULL)
    assert not hides(overlay, who)


@pytest.mark.parametrize("size", [(408, 720), (1080, 1920)])
def test_panels_keep_off_the_body_in_a_portrait_where_they_can(size: tuple[int, int]) -> None:
    overlay = Overlay(*size)
    who = pose(*size, at=0.65, size=0.5)
    overlay.draw(grey(*size), who, FULL)
    assert not hides(overlay, who)


def test_panels_move_only_when_it_is_clearly_better_for_a_while() -> None:
    overlay = Overlay(1280, 720)
    places = []
    for i in range(300):
        time_s = i / 30
        where = 0.2 if time_s < 5 else 0.8
        overlay.draw(grey(1280, 720), pose(1280, 720, at=where, time_s=time_s), EMPTY)
        places.append(overlay.arrangement)
    moves = [i / 30 for i in range(1, 300) if places[i] is not places[i - 1]]
    assert len(moves) == 1
    assert 7 <= moves[0] < 9


def test_somebody_who_walks_to_and_fro_does_not_make_the_panels_jump() -> None:
    overlay = Overlay(1280, 720)
    places = []
    for i in range(300):
        overlay.draw(grey(1280, 720), pose(1280, 720, at=0.5 + 0.25 * math.sin(i / 8), time_s=i / 30), EMPTY)
        places.append(overlay.arrangement)
    assert len(set(places)) <= 2  # where the first frame had them, and where they are best on the whole
    assert len(set(places[100:])) == 1


def test_settled_panels_never_move() -> None:
    overlay = Overlay(1280, 720)
    overlay.settle([None, *(pose(1280, 720, at=0.2) for _ in range(5))])
    settled = overlay.arrangement
    for i in range(0, 300, 10):
        overlay.draw(grey(1280, 720), pose(1280, 720, at=0.8, time_s=i / 30), EMPTY)
        assert overlay.arrangement is settled


def test_bones_keep_their_thickness_within_a_rep() -> None:
    overlay = Overlay(1280, 720)
    thick = set()
    for size in (0.5, 0.45, 0.4, 0.45, 0.5):
        overlay.draw(grey(1280, 720), pose(1280, 720, size=size), EMPTY)
        thick.add(overlay._bone)
    assert len(thick) == 1
    overlay.draw(grey(1280, 720), pose(1280, 720, size=0.1), EMPTY)
    assert overlay._bone not in thick


# ---- left and right ----


def test_an_exchanged_pose_is_put_right() -> None:
    observer = Observer()
    who = pose(640, 480)
    assert put_right(who, observer(who)) is who
    i = list(MIRROR)
    later = pose(640, 480, time_s=0.03)
    mirrored = replace(later, landmarks=later.landmarks[i], world=later.world[i])
    fixed = put_right(mirrored, observer(mirrored))
    assert (fixed.landmarks == later.landmarks).all()
