"""FormCoach: a form coach on a person's own computer."""

__version__ = "0.1.0"
