"""Places in a list, as they stand in an address."""

from __future__ import annotations

from datetime import datetime

from archiver.clock import from_text
from archiver.errors import UsageError


class BadPlace(UsageError):  # noqa: N818 - named as the cause, like its siblings
    """An address names a place in a list that cannot be."""


def time_of(text: str | None) -> datetime | None:
    """The time a page begins before; None for the newest.

    Raises:
        BadPlace: not a time.
    """
    if text is None:
        return None
    try:
        return from_text(text)
    except ValueError as error:
        raise BadPlace("that page of the list does not exist; begin at the newest") from error
