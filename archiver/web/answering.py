"""What is answered to a form that asks for an act."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fastapi.responses import Response

from archiver.errors import Refused, UsageError

_T = TypeVar("_T")


def answered(do: Callable[[], _T], refused: Callable[[str], Response], done: Callable[[_T], Response]) -> Response:
    """Do what a form asks for, and answer with ``done`` what came of it; where it cannot or must not be done, with
    ``refused`` why: the form again."""
    try:
        result = do()
    except (UsageError, Refused) as failure:
        return refused(str(failure))
    return done(result)
