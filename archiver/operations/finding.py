"""One thing that was looked at, and how an error becomes a finding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from archiver.errors import ArchiverError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str
    remedy: str = ""


class Tell:
    """Collects the one finding of a check."""

    def __init__(self, what: str, remedy: str) -> None:
        self._what, self._remedy = what, remedy
        self.finding = Finding(what, False, "was not looked at", remedy)

    def __call__(self, ok: bool, found: str) -> None:
        self.finding = Finding(self._what, ok, found, "" if ok else self._remedy)


@contextmanager
def telling(what: str, remedy: str) -> Iterator[Tell]:
    """Turns an error into the finding."""
    tell = Tell(what, remedy)
    try:
        yield tell
    except ArchiverError as error:
        tell(False, str(error))
    except (SQLAlchemyError, OSError) as error:
        tell(False, f"does not work ({type(error).__name__})")
