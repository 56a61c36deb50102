"""The acts of a city in a file, one JSON object a line, so that a city goes on after a restart where it stood.

Without it, everything captured before a restart would look deleted afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from archiver.clock import from_text, to_text
from archiver.errors import ArchiverError
from archiver.practice import acts
from archiver.practice.acts import Act, Medium, Profile, Wording

_KINDS: dict[str, type[Act]] = {
    kind.__name__: kind
    for kind in (
        acts.Join, acts.ChangeProfile, acts.Say, acts.Share, acts.Edit, acts.Hide, acts.Unhide, acts.Delete, acts.Like,
        acts.Block,
    )
}  # fmt: skip


class UnreadableJournal(ArchiverError):  # noqa: N818 - named as the cause, like its siblings
    """The file is not a journal of the practice city."""


def to_line(act: Act) -> bytes:
    """One act as one line."""
    return json.dumps({"act": type(act).__name__} | asdict(act), default=_time).encode() + b"\n"


def from_line(line: bytes) -> Act:
    """Inverse of :func:`to_line`.

    Raises:
        ValueError: not such a line.
    """
    try:
        found = json.loads(line)
        kind = _KINDS[found.pop("act")]
        return kind(**{name: _value(name, value) for name, value in found.items()})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an act") from error


class Journal:
    """A file that acts are added to as they happen."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Act]:
        """Acts of earlier runs, without a last line cut off by a crash.

        Raises:
            UnreadableJournal: anything else in it is not an act.
        """
        if not self._path.exists():
            return []
        whole, _, _ = self._path.read_bytes().rpartition(b"\n")
        try:
            return [from_line(line) for line in whole.split(b"\n") if line]
        except ValueError as error:
            advice = "delete it to begin a new practice city"
            raise UnreadableJournal(f"{self._path} cannot be read; {advice}") from error

    def begin(self, known: Sequence[Act]) -> None:
        """Write the whole journal, all of it or nothing."""
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(b"".join(map(to_line, known)))
        fresh.replace(self._path)

    def add(self, act: Act) -> None:
        """Write one act down."""
        with self._path.open("ab") as file:
            file.write(to_line(act))


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return to_text(value)
    raise TypeError(f"not part of an act: {value!r}")


def _value(name: str, value: Any) -> Any:
    match name:
        case "at":
            return from_text(value)
        case "wording":
            return Wording(**value | {"media": tuple(Medium(**medium) for medium in value["media"])})
        case "profile":
            return Profile(**value)
        case "mentions":
            return tuple(value)
    return value
