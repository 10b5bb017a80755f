"""Thoracic spine extension, kneeling with the elbows on a bench.

Movement: from the knees, elbows on the bench, the hips go back and the chest sinks between the arms; the head goes up,
then the chin is tucked and the neck made long. Held for 30 to 60 seconds.
Camera: side-on at the bench's height, knees to hands in the picture, 2 to 2.5 m away.
Faults: those of the coaching article.
Sources: catalogue entry 1.9; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: time counts while the chest is clearly lower than the elbows. The model often takes the body to face the other
way, so nothing here depends on that. Arching of the lower back instead of the upper one is a hint: their outlines
differed less than bodies do. Hips that slide forward are on no rendered clip; the limit is the catalogue's. The head is
judged in the second half, since looking up first is wanted. A hold shorter than prescribed is no fault of form: the
report sets it against its target and hints at it.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import UNSEEN, Exercise, Fault, Gate, Grades, HoldSignal, Kind, Phase, Reading, Sides
from formcoach.faults import NECK, TRUNK, UPPER_ARM, lasting, level, reading_of
from formcoach.window import RepWindow

DEEP_T = 0.24
"""How far below the elbows the chest of rendered bodies comes, 0.22 to 0.31; one that stays up comes to 0.18."""
BEST_S = 3.0


def chest_high_t(window: RepWindow) -> Reading:
    """How far the chest rose from its best three seconds, T, or stayed above where most people's comes.

    Elbows lie on the bench: shoulders that near them while the trunk does not rise are the estimate's error.
    """
    best = lasting(m.elbow_over_t, seconds=BEST_S)(window)
    worst = lasting(m.elbow_over_t, worst=min)(window)
    usual = level(m.elbow_over_t, Phase.WHOLE)(window)
    low, high = (math.cos(math.radians(lasting(m.hinge_deg, worst=which)(window).value)) for which in (max, min))
    rose = min(best.value - worst.value, high - low)
    return replace(worst, value=max(rose, DEEP_T - usual.value))


def hollowing_t(window: RepWindow) -> Reading:
    """How far the outline of the lower back sinks during the hold, T."""
    high, low = (lasting(m.topside_bulge_t, worst=worst)(window) for worst in (max, min))
    sank = low.time_s > high.time_s
    return Reading(high.value - low.value if sank else 0.0, low.time_s, low.trust) if high is not UNSEEN else UNSEEN


def face_late_deg(window: RepWindow) -> Reading:
    """Where the face looks in the second half of the hold, degrees from the trunk's line toward the head."""
    time_s = window.table.time_s
    late = window.during(Phase.WHOLE) & (time_s >= (window.span.start_s + window.span.end_s) / 2)
    return reading_of(time_s[late], window.table.values(m.face_deg)[late], 50.0)


def held_s(window: RepWindow) -> Reading:
    """How long the hold lasted, s; unknown where the recording ends first."""
    if not window.span.complete:
        return Reading(math.nan, why="the recording ends in the hold", instead="record until you come up")
    return Reading(window.span.range, window.span.end_s)


EXERCISE = Exercise(
    id="thoracic-extension-hold",
    name="Thoracic extension hold",
    family="kneeling exercise",
    kind=Kind.HOLD,
    sides=Sides.BOTH,
    signal=HoldSignal(gates=(Gate(measure=m.elbow_over_t, low=0.09),), target_s=30.0, min_s=3.0, course=m.hinge_deg),
    position=(Gate(measure=m.hinge_deg, low=50, high=125), Gate(measure=m.hip_stature_t, low=0.1, high=1.1)),
    best_view=View.SIDE,
    camera="Side-on, at the height of the bench, 2 to 2.5 m away, knees to hands in the picture.",
    movement="Kneel, put both elbows on a bench and sit back into your hips. Let your chest sink between your arms "
    "without hollowing the lower back. Look up, then tuck the chin and lengthen the neck. Hold for 30 to 60 seconds.",
    faults=(
        Fault(
            id="chest-rising",
            name="Chest lifting",
            priority=2,
            read=chest_high_t,
            mild=0.06,
            severe=0.12,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Melt your chest down",
            explain="Let the chest sink again between the arms while the hips stay back.",
            segment=UPPER_ARM,
        ),
        Fault(
            id="low-back-arch",
            name="Lower back over-arching",
            priority=1,
            read=hollowing_t,
            mild=0.05,
            severe=0.09,
            unit="T",
            grades=Grades.of("F:X R:X S:C O:X"),
            cue="Belly in, chest down",
            explain="The lower back hollowed instead of the upper one. Draw the belly in and let the chest sink.",
            segment=TRUNK,
        ),
        Fault(
            id="hips-forward",
            name="Hips sliding forward",
            priority=3,
            read=lasting(m.hip_deg),
            mild=118.0,
            severe=132.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Sit back towards your heels",
            explain="Shift the hips back behind the knees and let the chest drop.",
            segment=("SHOULDER", "HIP", "KNEE"),
        ),
        Fault(
            id="chin-poke",
            name="Chin poking",
            priority=3,
            read=face_late_deg,
            mild=107.0,
            severe=92.0,
            unit="deg",
            grades=Grades.of("F:X R:X S:B O:C"),
            cue="Tuck chin, long neck",
            explain="After lifting the head, tuck the chin and push the back of the neck to the ceiling.",
            segment=NECK,
        ),
        Fault(
            id="hold-short",
            name="Hold too short",
            priority=3,
            read=held_s,
            mild=30.0,
            severe=15.0,
            unit="s",
            grades=Grades.of("F:X R:X S:C O:C"),
            cue="Stay with it",
            explain="Aim for 30 seconds first; breathe slowly to make it easier.",
            segment=TRUNK,
        ),
    ),
)
