"""x"""
from formcoach import measure as m
from formcoach.body import View
from formcoach.exercise import *
from formcoach.faults import *
EXERCISE = Exercise(id="single-arm-row", name="Bent-over row", sides=Sides.ONE,
    signal=RepSignal(measure=m.hand_h_t, rest=-0.5, peak=0.0, min_s=1.0), position=(Gate(measure=m.hinge_deg, low=15, high=110),),
    faults=(), camera="", movement="", best_view=View.SIDE)
