"""The one error that reaches a person as a sentence instead of a traceback, and other errors' reasons to put in it."""


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


def printable(name: str) -> str:
    """Text, a file name above all, on one line: bytes that are no UTF-8, and line ends, become question marks."""
    return "".join(c if c.isprintable() else "?" for c in name.encode("utf-8", "replace").decode())
