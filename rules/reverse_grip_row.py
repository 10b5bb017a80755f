"""Reverse-grip row of both arms in a slight squat.

Movement: knees soft, the trunk a little forward, palms up; both hands are drawn from before the hips to the waist, the
elbows brush the sides past the hips, and return slowly.
Camera: side-on at hip height, head to feet in the picture, 2.5 to 3 m away; from the front for elbows and symmetry.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.2; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: from the front the hands' way back points at the camera and only a little of their height shows: reps are
counted, their tempo is not judged there and their depth is a hint. Palms up is not checked.
"""

from dataclasses import replace
from functools import partial

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    change,
    elbow_flare,
    fast_lowering,
    level,
    neck_crane,
    rounded_back,
    short_top,
    shrug,
    trunk_swing,
    uneven_arms,
)
from formcoach.window import RepWindow


def squat_drift_deg(window: RepWindow) -> Reading:
    """How far the knees are from their angle at set-up over the rep, degrees, straighter or deeper."""
    drift = change(m.knee_deg, Phase.WHOLE, worst=partial(max, key=abs))(window)
    return replace(drift, value=abs(drift.value))


EXERCISE = Exercise(
    id="reverse-grip-row",
    name="Reverse-grip row",
    family="row",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.hand_drawn_t, rest=0.07, peak=0.27, full=0.18, foot=2.2),
    position=(
        Gate(measure=m.hinge_deg, high=70),
        Gate(measure=m.hip_stature_t, low=0.6),
        Gate(measure=m.wrist_h_t, high=-0.2),
        Gate(measure=m.hand_h_t, low=-0.12),  # below hang the arms of somebody who only stands there
    ),
    best_view=View.SIDE,
    camera="Side-on, at hip height, 2.5 to 3 m away, head to feet in the picture. "
    "Face the camera instead to check elbows and symmetry.",
    movement="Sit back into a slight squat, trunk a little forward, palms up, hands before your hips. "
    "Draw both elbows back past your hips, brushing your sides, and return slowly. "
    "Only the arms move.",
    faults=(
        elbow_flare(cue="Hug your sides"),
        replace(
            short_top(cue="Elbows past your hips", grades="F:C R:C S:A O:B"),
            read=level(m.elbow_over_t, Phase.TOP),
            mild=-0.465,
            severe=-0.56,
            unit="T",
        ),
        shrug(0.06, 0.095, grades="F:B R:C S:B O:B"),
        rounded_back(),
        trunk_swing(14.0, 20.0),
        Fault(
            id="squat-drift",
            name="Squat changing",
            priority=3,
            read=squat_drift_deg,
            mild=12.0,
            severe=20.0,
            unit="deg",
            grades=Grades.of("F:C R:C S:A O:B"),
            cue="Hold your squat",
            explain="Keep the same shallow squat for the whole set; only the arms move.",
            segment=("HIP", "KNEE", "ANKLE"),
        ),
        uneven_arms(m.hand_h_t, 0.09, 0.17),
        fast_lowering(grades="F:X R:X S:A O:B"),
        neck_crane(),
    ),
)
