"""What a body about an Instagram account holds, collected while it is read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from connectors import _graph_found as graph
from connectors import _instagram_fields as fields
from connectors._instagram_asks import Asks
from connectors._instagram_records import Place
from connectors.contract import JSONValue, SeenRecord

Maker = Callable[[JSONValue, Place], SeenRecord]


@dataclass(slots=True)
class Found(graph.Found[Place]):
    """What one body holds, collected while it is read."""

    known: ClassVar[Mapping[str, frozenset[str]]] = fields.KNOWN

    @property
    def asks(self) -> Asks:
        return Asks.of(self.ask)

    def place(self, pointer: str) -> Place:
        site, account, handle = (self.named(name) or "" for name in ("site", "account", "handle"))
        return Place(pointer, site, account, handle, self.named("thread"), self.named("under"))
