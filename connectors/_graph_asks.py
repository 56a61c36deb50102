"""What the questions put to Meta's APIs have in common, whichever platform they are about. Pure.

Every one is signed, and private unless it says otherwise. Paging stands in the parameters, everything else in the
address, so that what is known of one question is not taken for another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from connectors._graph_server import VERSION, address
from connectors.contract import AccessClass, Ask, JSONValue, RecordRef, Stream, SweepKind


@dataclass(frozen=True, slots=True)
class GraphAsks:
    """Builds the asks of one sweep of one account. What it knows travels in the context of every ask."""

    version: ClassVar[str] = VERSION

    site: str
    server: str
    account: str
    sweep: str

    @property
    def full(self) -> bool:
        return self.sweep == SweepKind.FULL

    def _more(self) -> Mapping[str, JSONValue]:
        """What else travels."""
        return {}

    def _ask(self, path: str, purpose: str, stream: Stream, wanted: str, **rest: Any) -> Ask:
        """For some fields of one thing."""
        return self._asked(path, purpose, stream, (("fields", wanted),), **rest)

    def _asked(self, path: str, purpose: str, stream: Stream, asked: Sequence[tuple[str, str]], **rest: Any) -> Ask:
        return Ask(
            url=address(self.server, path, asked, self.version),
            stream=stream,
            purpose=purpose,
            access=rest.get("access", AccessClass.PRIVATE),
            authorise="required",
            listing=rest.get("listing"),
            context=self._context(rest.get("context") or {}),
            control=rest.get("control"),
        )

    def _context(self, more: Mapping[str, JSONValue]) -> dict[str, JSONValue]:
        known = {name: getattr(self, name) for name in ("site", "server", "account", "sweep")}
        return known | dict(self._more()) | dict(more)


def told(ask: Ask, *names: str) -> list[str]:
    """What the context of an ask says, as texts; empty where it says nothing."""
    return [str(ask.context.get(name, "")) for name in names]


def edge_of(account: str, edge: str) -> str:
    """Path of a list of the account, or of one that is named whole."""
    return edge if "/" in edge else f"{account}/{edge}"


def number_of(ref: RecordRef) -> str:
    """The platform's own id of a record."""
    return ref.key.partition("/")[2]
