"""Synthetic sets of every exercise, by its id; a module a family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poses import bent_over_row, deadlift, overhead_press, single_arm_row

from motions import prone, pulls, raises, rows, supine, timed

if TYPE_CHECKING:
    from collections.abc import Callable

    from poses import Movement

MOVEMENTS: dict[str, Callable[..., Movement]] = {
    "bent-over-row": bent_over_row,
    "single-arm-row": single_arm_row,
    "overhead-press": overhead_press,
    "deadlift": deadlift,
    **rows.MOTIONS,
    **raises.MOTIONS,
    **pulls.MOTIONS,
    **supine.MOTIONS,
    **prone.MOTIONS,
    **timed.MOTIONS,
}
