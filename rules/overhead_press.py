"""x"""
from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import *
EXERCISE = Exercise(id="overhead-press", name="Overhead press", sides=Sides.BOTH,
    signal=RepSignal(measure=m.wrist_h_t, rest=0.25, peak=0.8, min_s=1.0), position=(Gate(measure=m.hinge_deg, high=45),Gate(measure=m.wrist_h_t, low=-0.2)),
    faults=(), camera="", movement="", best_view=View.FRONT)
