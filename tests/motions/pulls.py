"""Pulls from above and from the front: synthetic sets, built by joint angle.

Each builder's knobs are named after the faults of its exercise, each in the unit of the fault's value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from poses import Movement

MOTIONS: dict[str, Callable[..., Movement]] = {}
