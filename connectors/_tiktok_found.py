"""What a body of TikTok's APIs holds, collected while it is read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from connectors import _tiktok_fields as fields
from connectors._tiktok_records import Place
from connectors.contract import JSONValue, Problem, ProblemKind, Reading, SeenRecord
from connectors.found import Finding
from connectors.values import Json, objects, part


@dataclass(slots=True)
class Found(Finding):
    """What one body holds."""

    def unknown(self, kind: str, value: JSONValue) -> Collection[str]:
        return fields.unknown(kind, value)

    def place(self, pointer: str) -> Place:
        """Where something stands."""
        known = self.ask.context
        return Place(pointer, *(str(known.get(name, "")) for name in ("site", "account", "handle")))

    @property
    def unread(self) -> bool:
        """Whether this list held anything that could not be read, or moved away, on this page or before."""
        return self.ask.context.get("unread") is True or bool(self.quarantine)

    def listed(self, body: Json, name: str, kind: str, make: Callable[[JSONValue, Place], SeenRecord]) -> list[Json]:
        """Add each entry of a list, and give all of them.

        Args:
            kind: of the entries.

        Raises:
            Unreadable: it is no list.
        """
        entries = objects(body, name)
        for at, entry in enumerate(entries):
            pointer = f"/data/{name}/{at}"
            self.add(kind, entry, pointer, lambda one=entry, where=pointer: make(one, self.place(where)))  # type: ignore[misc]
        return entries

    def looked(self) -> Reading:
        """Of a direct look: one that holds something unreadable says of nothing that it is not there."""
        if not self.quarantine:
            return self.reading()
        self.problem = Problem(ProblemKind.CONTRACT, self.quarantine[0][1])
        return self.reading()


def data_of(found: Found, body: Json, envelope: str, kind: str) -> Json:
    """What an answer is about.

    Raises:
        Unreadable: it is about nothing.
    """
    found.note(envelope, body)
    data = part(body, "data")
    found.note(kind, data)
    return data
