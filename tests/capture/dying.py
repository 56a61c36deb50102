"""Processes that die in the middle, as far as that can be within one."""

from __future__ import annotations

from collections.abc import Callable


class ProcessDied(BaseException):
    """Nobody but a test may catch it."""


def die_at(point: str, passing: int = 1) -> Callable[[str], None]:
    """In place of a module's ``crash_point``: dies when it passes ``point`` for so manyth a time."""
    left = [passing]

    def passed(name: str) -> None:
        if name == point:
            left[0] -= 1
            if not left[0]:
                raise ProcessDied

    return passed
