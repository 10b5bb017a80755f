"""The synthetic body is what it says: bones keep their lengths, the engine reads back what was posed."""

from __future__ import annotations

import numpy as np
import pytest
from poses import (
    FOREARM,
    SHANK,
    STANDING,
    T_M,
    THIGH,
    UPPER_ARM,
    Beats,
    Camera,
    Floats,
    Movement,
    Posture,
    Skeleton,
    Tempo,
    bent_over_row,
    between,
    deadlift,
    film,
    mirrored,
    overhead_press,
    passing,
    single_arm_row,
    toward,
    walking_in,
    whole_visit,
)

from formcoach import measure as m
from formcoach.body import Body, Observer
from formcoach.pose import Landmark as L

MOVES = [bent_over_row(rounded_back=20.0), single_arm_row(curling=50.0), overhead_press(leg_drive=0.1), deadlift()]
NAMES = ["bent-over-row", "single-arm-row", "overhead-press", "deadlift"]
BONES = [
    (L.LEFT_SHOULDER, L.LEFT_ELBOW, UPPER_ARM),
    (L.RIGHT_ELBOW, L.RIGHT_WRIST, FOREARM),
    (L.LEFT_HIP, L.LEFT_KNEE, THIGH),
    (L.RIGHT_KNEE, L.RIGHT_ANKLE, SHANK),
]


def stance(arms: Floats, **parts: float) -> Posture:
    """Both arms straight that way."""
    return Posture(arms, arms, arms, arms, **parts)


def seen(posture: Posture, camera: Camera) -> Body:
    """The body that the engine makes of a posture held for a second."""
    poses = film(passing(posture, [(1.0, posture)]), camera).poses
    observe = Observer()
    return [observe(pose) for pose in poses if pose is not None][-1]


@pytest.mark.parametrize("movement", [*MOVES, whole_visit(bent_over_row(reps=1))], ids=[*NAMES, "walking in and out"])
def test_bones_keep_their_lengths(movement: Movement) -> None:
    t = np.linspace(0.0, movement.duration_s, 400)
    joints = Skeleton.of(movement.posture(t), len(t)).joints
    for a, b, length in BONES:
        np.testing.assert_allclose(np.linalg.norm(joints[:, a] - joints[:, b], axis=1), length, atol=1e-6)


@pytest.mark.parametrize("movement", MOVES, ids=NAMES)
def test_nothing_leaps(movement: Movement) -> None:
    t = np.arange(0.0, movement.duration_s, 0.01)
    joints = Skeleton.of(movement.posture(t), len(t)).joints
    assert np.abs(np.diff(joints, axis=0)).max() / 0.01 < 8.0  # T a second


@pytest.mark.parametrize("movement", MOVES, ids=NAMES)
def test_feet_stay(movement: Movement) -> None:
    t = np.linspace(0.0, movement.duration_s, 100)
    ankles = Skeleton.of(movement.posture(t), len(t)).joints[:, [L.LEFT_ANKLE, L.RIGHT_ANKLE]]
    assert np.ptp(ankles, axis=0).max() < 1e-9


@pytest.mark.parametrize("azimuth_deg", [0.0, 40.0, 90.0, 130.0, -40.0, -90.0])
def test_the_camera_stands_where_it_should(azimuth_deg: float) -> None:
    body = seen(STANDING, Camera(azimuth_deg))
    assert body.azimuth_deg == pytest.approx(azimuth_deg, abs=0.5)
    assert body.torso_px == pytest.approx(1.2 * 480 * T_M / 3.3, rel=0.03)


@pytest.mark.parametrize("azimuth_deg", [90.0, -90.0, 40.0])
@pytest.mark.parametrize("lean", [-10.0, 0.0, 30.0, 60.0])
def test_lean_reads_back(lean: float, azimuth_deg: float) -> None:
    posture = stance(toward(0.0), lean=lean, hips_up=1.5, hips_fore=-0.3)
    assert m.trunk_lean_deg.function(seen(posture, Camera(azimuth_deg))) == pytest.approx(lean, abs=2.0)


@pytest.mark.parametrize("side", [90.0, -90.0])
@pytest.mark.parametrize("lean", [0.0, 50.0])
@pytest.mark.parametrize("flexion", [-10.0, 10.0, 20.0, 30.0, 40.0])
def test_spine_flexion_reads_back(flexion: float, lean: float, side: float) -> None:
    reaching = toward(60.0, 90.0)  # clear of the back
    straight, bent = (stance(reaching, lean=lean, flexion=f, hips_up=1.5, hips_fore=-0.3) for f in (0.0, flexion))
    camera = Camera(side)
    read = m.back_flexion_deg.function(seen(bent, camera)) - m.back_flexion_deg.function(seen(straight, camera))
    assert read == pytest.approx(flexion, abs=0.08 * abs(flexion) + 0.5)


def test_an_arched_lower_back_sinks_and_keeps_its_turn() -> None:
    flat, hollow = (seen(stance(toward(60.0, 90.0), arch=a), Camera(90.0)) for a in (0.0, 12.0))
    assert m.low_back_t.function(hollow) - m.low_back_t.function(flat) == pytest.approx(-0.04, abs=0.015)
    assert abs(m.back_turn_deg.function(hollow) - m.back_turn_deg.function(flat)) < 6.0


def test_the_elbow_behind_the_back_hides_it() -> None:
    track = film(bent_over_row(reps=1), Camera(90.0))
    outlines = [pose.outline for pose in track.poses if pose is not None and pose.outline is not None]
    hidden = [float(np.isnan(outline[1]).mean()) for outline in outlines]  # facing left, the back is on the right
    assert hidden[0] < 0.2
    assert max(hidden) > 0.4


def test_the_mirror_image_is_the_other_arms_row() -> None:
    image = mirrored(film(single_arm_row(arm="left", trunk_twist=15.0, reps=1, faulty_from=1), Camera(35.0)))
    other = film(single_arm_row(arm="right", trunk_twist=15.0, reps=1, faulty_from=1), Camera(-35.0))
    for a, b in zip(image.poses, other.poses, strict=True):
        assert a is not None
        assert b is not None
        np.testing.assert_allclose(a.landmarks, b.landmarks, atol=0.01)
        np.testing.assert_allclose(a.world, b.world, atol=1e-5)
        np.testing.assert_allclose(a.visibility, b.visibility)
        assert a.outline is not None
        assert b.outline is not None
        np.testing.assert_allclose(a.outline, b.outline, atol=1e-4)


def test_reps_keep_their_time() -> None:
    beats = Beats.of(3, 2, Tempo(up=1.0, hold=0.5, down=1.5, rest=0.8), down=0.6)
    assert [round(beat.end_s - beat.lowering_s, 6) for beat in beats.beats] == [1.5, 0.6, 0.6]
    t = np.array([beats.beats[1].start_s, (beats.beats[1].start_s + beats.beats[1].peak_s) / 2, beats.beats[1].peak_s])
    np.testing.assert_allclose(beats.height(t), [0.0, 0.5, 1.0], atol=1e-9)
    np.testing.assert_allclose(beats.fault(t), 1.0)
    assert beats.fault(np.array([beats.beats[0].end_s]))[0] == 0.0


def test_a_bone_does_not_turn_about() -> None:
    up = stance(toward(180.0))
    with pytest.raises(ValueError, match="turns about"):
        between(STANDING, up, np.array([0.5]))


def test_somebody_walks_into_the_picture_and_out_of_it() -> None:
    track = film(whole_visit(bent_over_row(reps=1)), Camera(90.0))
    there = np.array([pose is not None for pose in track.poses])
    assert not there[0]
    assert not there[-1]
    assert np.count_nonzero(np.diff(there)) == 2


def test_steps_move_the_body_forward() -> None:
    t = np.linspace(0.0, 2.2, 50)
    hips = Skeleton.of(walking_in(2.2).posture(t), 50).joints[:, L.LEFT_HIP, 2]
    assert (np.diff(hips) > 0).all()
    assert hips[-1] == pytest.approx(0.0, abs=1e-6)
