"""Prone band pull-down: face down, a band or towel drawn from overhead to below the neck.

Movement: prone with the arms beyond the head and the band stretched between the hands, the elbows come down beside the
trunk to right angles and go back slowly.
Camera: from beside the head, half-way to the side, raised and tilted down, so that it sees both elbows and the band.
Faults: those of the coaching article.
Sources: catalogue entry 1.23; limits of range, neck and tempo from rendered bodies with known truth; the rest from the
catalogue, where it is clear of clean reps.
Limits: the model puts the elbow of the far arm some 40 degrees too straight and, as soon as the camera stands 15
degrees off the head end, 0.5 T too high: the angle is read from the nearer arm, and arms that differ are only a hint.
Shoulders that hike cannot be told from shoulders that rise with the arms overhead. Towards the head end the model
sometimes takes the body for one on its back; the movement still counts, and the face is not judged there.
"""

from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    ARM,
    fast_lowering,
    head_back,
    level,
    nearer_arm,
    over_arching,
    short_top,
    shrug,
    uneven_arms,
)
from formcoach.window import RepWindow


def off_square_deg(window: RepWindow) -> Reading:
    """How far the nearer elbow is from a right angle at the end of the pull, degrees, either way."""
    elbow = nearer_arm(level(m.elbow_deg, Phase.TOP))(window)
    return replace(elbow, value=abs(elbow.value - 90.0))


def spread_kept_percent(window: RepWindow) -> Reading:
    """How far the hands stay apart in space through the rep, % of how far they were at its start."""
    start = level(m.hands_apart_t, Phase.SETUP)(window)
    least = level(m.hands_apart_t, Phase.WHOLE, 5.0)(window)
    return replace(least, value=100 * least.value / max(start.value, 1e-6), trust=min(start.trust, least.trust))


EXERCISE = Exercise(
    id="prone-band-pulldown",
    name="Prone band pull-down",
    family="prone exercise",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.elbow_axis_t, rest=0.4, peak=-0.3, full=0.45, min_s=1.2),
    position=(Gate(measure=m.hip_stature_t, high=1.15),),
    best_view=View.OBLIQUE,
    camera="From beside your head, half-way to the side, 1 to 1.5 m high and tilted down, 3 m away, hands to hips in "
    "the picture. Side-on to check your lower back.",
    movement="Lie face down, arms stretched beyond your head, the band or towel pulled tight between your hands. "
    "Draw the elbows down beside your trunk until they are square and the band is below your neck, then return slowly.",
    faults=(
        over_arching(0.34, 0.5, cue="Belt line heavy"),
        short_top(91.0, 75.0, cue="Elbows to your ribs", grades="F:B R:C S:A O:A"),
        Fault(
            id="elbow-not-square",
            name="Elbows not at right angles",
            priority=3,
            read=off_square_deg,
            mild=35.0,
            severe=52.0,
            unit="deg",
            grades=Grades.of("F:B R:X S:C O:C"),
            cue="Make a goal post",
            explain="Finish with the upper arms beside the trunk and the elbows at right angles.",
            segment=ARM,
        ),
        Fault(
            id="band-slack",
            name="Losing band tension",
            priority=3,
            read=spread_kept_percent,
            mild=80.0,
            severe=68.0,
            unit="%",
            grades=Grades.of("F:B R:X S:X O:C"),
            cue="Keep pulling it apart",
            explain="Your hands drift together. Keep the band or towel stretched the whole way.",
            segment=ARM,
        ),
        head_back(30.0, 42.0, grades="F:X R:X S:A O:B", cue="Forehead near the mat"),
        replace(uneven_arms(m.elbow_axis_t, 0.2, 0.32), grades=Grades.of("F:C R:C S:X O:C")),
        fast_lowering(0.5, 0.35, grades="F:B R:C S:A O:B"),
        shrug(grades="F:C R:X S:C O:C"),
    ),
)
