"""Cat-cow on hands and knees.

Movement: from a hollow back with the head up, the back rounds as high as it goes with the head down, and hollows again.
Camera: exactly side-on, at the height of the back, 2 to 2.5 m away; a plain wall behind and a fitted top.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.21; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: no landmark shows the spine, so the count and the range are those of the back's outline against the background.
From the side only: obliquely the movement still counts, the head-end view shows none of it. A head that nods over a
back that hardly moves makes no reps; it is seen where the back moves enough to count.
"""

from dataclasses import replace

import numpy as np

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import Exercise, Fault, Gate, Grades, Kind, Phase, Reading, RepSignal, Sides
from formcoach.faults import ARM, NECK, TRUNK, level, nearer_arm, pick, reach_percent, shrug, spread
from formcoach.window import RepWindow


def off_line_t(window: RepWindow) -> Reading:
    """How far the nearer wrist is off its shoulder or the nearer knee off its hip, along the floor at rest, T."""
    hands, knees = (nearer_arm(level(measure, Phase.SETUP))(window) for measure in (m.wrist_fore_t, m.knee_off_hip_t))
    return pick([replace(r, value=abs(r.value)) for r in (hands, knees)], max)


BULGE_T = 0.0055
"""T that the back's outline rises for each degree that it turns; rendered backs: 0.0045 to 0.009."""
STILL_BACK_DEG = 8.0
"""A back's outline turns that much by noise alone."""


def head_share_percent(window: RepWindow) -> Reading:
    """How far the head turns in the cycle, % of how far the back's outline turns or rises; rendered: 80 to 140."""
    head, bulge, turn = (spread(measure)(window) for measure in (m.gaze_deg, m.topside_bulge_t, m.topside_turn_deg))
    back = float(np.nanmax([STILL_BACK_DEG, bulge.value / BULGE_T, turn.value]))
    return replace(head, value=100 * head.value / back, trust=min(head.trust, bulge.trust))


def cycle_s(window: RepWindow) -> Reading:
    """How long the whole cycle took, s."""
    return Reading(window.span.end_s - window.span.start_s, window.span.peak_s)


EXERCISE = Exercise(
    id="cat-cow",
    name="Cat-cow",
    family="kneeling exercise",
    kind=Kind.MOBILITY,
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.topside_bulge_t, rest=0.11, peak=0.42, full=0.16, min_s=1.6, foot=2.0),
    position=(Gate(measure=m.hinge_deg, low=50, high=130), Gate(measure=m.hip_stature_t, high=1.4)),
    best_view=View.SIDE,
    camera="Exactly side-on, at the height of your back, 2 to 2.5 m away, hands to feet in the picture, "
    "a plain wall behind you.",
    movement="On hands and knees, wrists under shoulders and knees under hips. Push the floor away, round the back "
    "high and let the head hang; then let the belly sink, lift tail and chest. Flow slowly with the breath.",
    faults=(
        Fault(
            id="small-range",
            name="Little spine movement",
            priority=2,
            read=reach_percent,
            mild=88.0,
            severe=70.0,
            unit="%",
            grades=Grades.of("F:X R:X S:B O:X"),
            cue="Push the floor, round high",
            explain="Press the floor away and tuck the tail for cat; let the belly sink and the tail lift for cow.",
            segment=TRUNK,
        ),
        Fault(
            id="head-only",
            name="Only the head moves",
            priority=2,
            read=head_share_percent,
            mild=200.0,
            severe=280.0,
            unit="%",
            grades=Grades.of("F:X R:X S:B O:X"),
            cue="Start from your tail",
            explain="Your head nods while the back stays still. Begin at the tailbone and let the head follow last.",
            segment=NECK,
        ),
        Fault(
            id="elbow-bend",
            name="Elbows bending",
            priority=2,
            read=nearer_arm(level(m.elbow_deg, Phase.WHOLE)),
            mild=150.0,
            severe=136.0,
            unit="deg",
            grades=Grades.of("F:C R:C S:A O:B"),
            cue="Arms like pillars",
            explain="Keep the arms straight and push the floor away; only the spine moves.",
            segment=ARM,
        ),
        Fault(
            id="hands-off-line",
            name="Hands or knees out of line",
            priority=3,
            read=off_line_t,
            mild=0.2,
            severe=0.34,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:X"),
            cue="Hands under your shoulders",
            explain="Set hands under shoulders and knees under hips before you start.",
            segment=("SHOULDER", "WRIST", "HIP", "KNEE"),
        ),
        Fault(
            id="hips-rocking",
            name="Rocking back and forth",
            priority=3,
            read=nearer_arm(spread(m.knee_off_hip_t)),
            mild=0.22,
            severe=0.32,
            unit="T",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Hips stay over knees",
            explain="Your body shifts forward and back. Keep the hips over the knees and let only the spine move.",
            segment=("HIP", "KNEE"),
        ),
        Fault(
            id="rushed-lift",
            name="Rushing",
            priority=3,
            read=cycle_s,
            mild=2.5,
            severe=1.6,
            unit="s",
            grades=Grades.of("F:X R:X S:A O:C"),
            cue="Slow, with your breath",
            explain="Take four seconds and more for a cycle: out with the breath into cat, in with it into cow.",
            segment=TRUNK,
        ),
        shrug(grades="F:X R:X S:C O:C"),
    ),
)
