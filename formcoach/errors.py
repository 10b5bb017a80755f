"""The one error that reaches a person as a sentence instead of a traceback."""


class FormCoachError(Exception):
    """Bad input or surroundings. The message is one line: what is wrong, and what to do about it."""
