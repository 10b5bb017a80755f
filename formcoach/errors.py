"""The one error that reaches a person as a sentence instead of a traceback, and other errors' reasons to put in it."""

from traceback import walk_tb

RULES = "formcoach_rules."
"""Starts the names of rule modules among Python's modules."""


class FormCoachError(Exception):
    """Bad input or surroundings. The message is one line: what is wrong, and what to do about it."""


LONGEST_REASON = 200  # characters


def reason(error: Exception) -> str:
    """Why something failed, on one line and not long, for the line that a person reads."""
    while isinstance(cause := getattr(error, "reason", None), Exception):  # what a URLError wraps
        error = cause
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = " ".join(text.split()) or type(error).__name__
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def failed_at(error: BaseException) -> str:
    """Where and why a rule's own code failed: `mine.py:12: ZeroDivisionError: division by zero`.

    The line is the last one in a rule module, or else the one that raised.
    """
    frames = list(walk_tb(error.__traceback__))
    own = [one for one in frames if str(one[0].f_globals.get("__name__", "")).startswith(RULES)]
    place = "".join(f"{frame.f_code.co_filename}:{line}: " for frame, line in (own or frames)[-1:])
    try:
        why = " ".join(str(error).split())[:LONGEST_REASON]
    except Exception:  # its own __str__ may be what is broken
        why = ""
    return f"{place}{type(error).__name__}{': ' if why else ''}{why}"


def printable(name: str) -> str:
    """Text, a file name above all, on one line: bytes that are no UTF-8, and line ends, become question marks."""
    return "".join(c if c.isprintable() else "?" for c in name.encode("utf-8", "replace").decode())
