"""x"""
from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import *
EXERCISE = Exercise(id="deadlift", name="Deadlift", sides=Sides.BOTH,
    signal=RepSignal(measure=m.hinge_deg, rest=65.0, peak=4.0, min_s=1.3, foot=3.1, at_peak=True), position=(),
    faults=(), camera="", movement="", best_view=View.SIDE)
