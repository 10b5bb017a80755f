"""Back-to-wall band press with vertical forearms.

Movement: back to the wall, a band held lightly apart, forearms upright: the hands go up until the arms are straight
and come back down beside the shoulders.
Camera: facing it at chest height, 2 to 2.5 m away, room above the head for straight arms.
Faults: those of the coaching article and of common practice.
Sources: catalogue entry 1.11; limits from rendered bodies with known truth, where they differ from the catalogue's.
Limits: the hands come nearer to each other overhead in everyone, so the band is judged at the bottom; where the
forearms tip, they bring the hands together and that is said instead. No clip shows a slack band or uneven arms.
"""

import math
from dataclasses import replace

from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import UNSEEN, Exercise, Fault, Gate, Grades, Phase, Reading, RepSignal, Sides
from formcoach.faults import (
    ARM,
    NECK,
    fast_lowering,
    level,
    low_back_arch,
    rise_in_rep,
    uneven_arms,
)
from formcoach.window import RepWindow

TIPPED_DEG = 15.0
"""Degrees from upright at which a forearm is off; clean forearms: up to 9."""

forearm_deg = level(m.forearm_tilt_deg, Phase.BOTTOM | Phase.LIFT)
"""How far the forearms are from upright, degrees."""


def band_percent(window: RepWindow) -> Reading:
    """How far the hands are apart at the bottom, % of how far they were at set-up."""
    if forearm_deg(window).value > TIPPED_DEG:
        return Reading(math.nan, why="forearms that tip bring the hands together", instead="wrists over elbows first")
    apart = level(m.hands_apart_t, Phase.BOTTOM)(window)
    at_set_up = window.neutral.median(m.hands_apart_t)
    return replace(apart, value=100 * apart.value / at_set_up) if at_set_up > 0 else UNSEEN


EXERCISE = Exercise(
    id="wall-band-retraction",
    name="Back-to-wall band retraction",
    family="press",
    sides=Sides.BOTH,
    signal=RepSignal(measure=m.wrist_h_t, rest=0.1, peak=0.95, full=0.8, min_s=1.2, foot=2.0),
    position=(Gate(measure=m.hinge_deg, high=45), Gate(measure=m.wrist_h_t, low=-0.5)),
    best_view=View.FRONT,
    camera="Face the camera at chest height, 2 to 2.5 m away, with room above your head for straight arms.",
    movement="Stand with your back against a wall and pull a band lightly apart before your face, elbows low. "
    "Press the arms up and down, forearms vertical, blades down, ribs down, the band taut all the way.",
    faults=(
        Fault(
            id="forearms-not-vertical",
            name="Wrists off the elbows",
            priority=2,
            read=forearm_deg,
            mild=TIPPED_DEG,
            severe=25.0,
            unit="deg",
            grades=Grades.of("F:A R:A S:C O:B"),
            cue="Wrists over elbows",
            explain="Keep each forearm like a vertical pole all the way up and down.",
            segment=("ELBOW", "WRIST"),
        ),
        Fault(
            id="band-slack",
            name="Losing band tension",
            priority=2,
            read=band_percent,
            mild=76.0,
            severe=60.0,
            unit="%",
            grades=Grades.of("F:A R:A S:X O:C"),
            cue="Keep pulling it apart",
            explain="Keep a light outward pull on the band from start to finish.",
            segment=("WRIST",),
        ),
        Fault(
            id="shrug",
            name="Shoulders hiking",
            priority=2,
            read=rise_in_rep(m.chord_t, Phase.LIFT),
            mild=0.045,
            severe=0.075,
            unit="T",
            grades=Grades.of("F:C R:X S:X O:X"),
            cue="Blades in back pockets",
            explain="Your shoulders crept up towards your ears. Let them settle, and slide the blades down as you "
            "press.",
            segment=NECK,
        ),
        low_back_arch(10.0, 20.0, phase=Phase.WHOLE, grades="F:X R:X S:B O:B"),
        replace(uneven_arms(m.arm_vert_deg, 14.0, 25.0), grades=Grades.of("F:A R:A S:X O:X")),
        Fault(
            id="short-top",
            name="Stopping short at the top",
            priority=2,
            read=level(m.arm_vert_deg, Phase.TOP),
            mild=138.0,
            severe=120.0,
            unit="deg",
            grades=Grades.of("F:A R:A S:C O:B"),
            cue="Reach up tall",
            explain="Press until the arms are long; if the back leaves the wall, take a lighter band.",
            segment=ARM,
        ),
        fast_lowering(0.75, 0.5, grades="F:A R:A S:B O:B"),
    ),
)
