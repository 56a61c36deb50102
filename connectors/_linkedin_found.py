"""What a body of LinkedIn's API holds, collected while it is read; pages of lists, and batches. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from connectors import _linkedin_fields as fields
from connectors import _offset_pages
from connectors._linkedin_asks import Asks, count_of, start_of, with_start
from connectors._linkedin_problems import of_part
from connectors._offset_pages import OVERLAP, Onward
from connectors.answers import moment
from connectors.contract import Ask, JSONValue, Problem, ProblemKind, Reading
from connectors.found import Finding
from connectors.values import Json, Unreadable, number, part

CIRCLE = "LinkedIn gave the same page of a list again"
_GONE = (404, 410)
_FRESH = timedelta(hours=1)
"""For so long an answer counts that led to a question, where a later run puts that question again: what it says of who
sees a post, and that the post still stands."""
_LATEST = 253_402_300_799_000
"""Milliseconds; the last moment of the year 9999."""


@dataclass(slots=True)
class Found(Finding):
    """What one body holds."""

    at: datetime = field(kw_only=True)
    """When it was received."""

    @property
    def asks(self) -> Asks:
        return Asks.of(self.ask)

    @property
    def post(self) -> str:
        """Key of the post that the question was about."""
        named = self.ask.context.get("post")
        return named if isinstance(named, str) else ""

    @property
    def open(self) -> bool:
        """Whether what was asked for is seen by everybody."""
        return self.ask.context.get("open") is True

    @property
    def fresh(self) -> bool:
        """Whether what led to the question was seen shortly before."""
        seen = moment(self.ask.context.get("at"))
        return seen is not None and abs(self.at - seen) <= _FRESH

    @property
    def unread(self) -> bool:
        """Whether this list held anything that could not be read, or moved away, on this page or before."""
        return self.ask.context.get("unread") is True or bool(self.quarantine)

    def unknown(self, kind: str, value: JSONValue) -> Collection[str]:
        return fields.unknown(kind, value)

    def looked(self) -> Reading:
        """Of a direct look: one that holds something unreadable says of nothing that it is not there."""
        if self.quarantine:
            return replace(self.reading(), problem=Problem(ProblemKind.CONTRACT, self.quarantine[0][1]))
        return self.reading()

    # Batches.

    def batch(self, body: Json, kind: str) -> Iterator[tuple[str, JSONValue, str]]:
        """Name, value and place of each thing that came of those that were asked for. What was refused for another
        reason than that it is not there is a problem.

        Raises:
            Unreadable: it is no batch.
        """
        self.note("batch", body)
        results = body.get("results")
        if not isinstance(results, dict):
            raise Unreadable("a batch without its results")
        refused = _refused(body)
        self.problem = next((of_part(one, self.at) for one in refused.values() if one not in _GONE), None)
        for name, value in results.items():
            self.note(kind, value)
            yield name, value, f"/results/{escaped(name)}"


def _refused(body: Json) -> dict[str, int]:
    """Status of each thing that did not come."""
    statuses, errors = part(body, "statuses"), part(body, "errors")
    found = {name: one.get("status") if isinstance(one, dict) else None for name, one in errors.items()}
    found |= {name: one for name, one in statuses.items() if not (isinstance(one, int) and 200 <= one < 300)}
    return {name: one if isinstance(one, int) and 400 <= one < 600 else 500 for name, one in found.items()}


# Pages.


def entries_of(found: Found, body: Json) -> Sequence[JSONValue]:
    """What a page of a list holds.

    Raises:
        Unreadable: it is none.
    """
    found.note("list", body)
    entries = body.get("elements")
    if not isinstance(entries, list):
        raise Unreadable("a list without its entries")
    return entries


def onward(ask: Ask, body: Json, entries: Sequence[JSONValue]) -> Onward:
    """How the list goes on.

    A list ends with a page that has fewer entries than were asked for, and names no next one (Microsoft Learn,
    *Pagination*). An empty page that names a next one is not the end.

    Raises:
        Unreadable: it gives the same page again.
    """
    start, names = start_of(ask), [name_of(entry) for entry in entries]
    following_start = _next_start(body, start, len(names), count_of(ask))
    return _offset_pages.onward(ask, names, start, following_start, CIRCLE)


def following(ask: Ask, step: Onward, **context: JSONValue) -> Ask | None:
    """The next page of the same list; None at its end."""
    return None if step.start is None else with_start(ask, step.start, **step.context, **context)


def name_of(entry: JSONValue) -> str:
    """What an entry of a list is called; empty where it is not."""
    if not isinstance(entry, dict):
        return ""
    named = entry.get("id", entry.get("notificationId"))
    return str(named) if isinstance(named, str | int) else ""


def _next_start(body: Json, start: int, count: int, asked: int) -> int | None:
    paging = body.get("paging")
    told = paging if isinstance(paging, dict) else {}
    linked, total = _linked(told), number(told.get("total"))
    full = count >= min(asked, number(told.get("count")) or asked)
    if not count:
        return None if linked is None else max(linked, start + 1)
    if linked is None and not full and (total is None or start + count >= total):
        return None
    return start + max(1, count - OVERLAP)


def _linked(paging: Json) -> int | None:
    """Where the next page begins that is named; the address itself is never followed."""
    links = paging.get("links")
    for link in links if isinstance(links, list) else ():
        href = link.get("href") if isinstance(link, dict) and link.get("rel") == "next" else None
        if isinstance(href, str):
            try:
                given = parse_qs(urlsplit(href).query).get("start", [""])[0]
            except ValueError:
                given = ""
            return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    return None


# Small parts.


def when(value: Json, name: str) -> datetime:
    """A time in milliseconds since 1970.

    Raises:
        Unreadable: it is none.
    """
    told = number(value.get(name))
    if told is None or not 0 < told <= _LATEST:
        raise Unreadable(f"{name} is not a time")
    return datetime.fromtimestamp(told // 1000, UTC).replace(microsecond=told % 1000 * 1000)


def millis(at: datetime) -> int:
    """Inverse of :func:`when`."""
    return int(at.timestamp()) * 1000 + at.microsecond // 1000


def escaped(name: str) -> str:
    """``name`` as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
