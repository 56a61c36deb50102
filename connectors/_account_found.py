"""What one body holds, collected while it is read: lists that were asked for page by page, and direct looks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from connectors import drift
from connectors._account_asks import with_page
from connectors.answers import moment
from connectors.bodies import quarantined
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, Reading
from connectors.found import Finding
from connectors.values import Unreadable

_REMEMBERED = 200
"""Most things of which it is remembered how many answers they had."""
_LAST_SECOND = 253_402_300_799
"""Of the year 9999."""


@dataclass(slots=True)
class AccountFound(Finding):
    """What one body holds. Each platform says which names its things have."""

    at: datetime = field(kw_only=True)
    """When it was received."""
    known: Mapping[str, frozenset[str]] = field(kw_only=True)
    """Names by kind of thing."""

    @property
    def key(self) -> str:
        """Key of what the question was about; empty where it was about nothing."""
        return str(self.ask.context.get("key", ""))

    def unknown(self, kind: str, value: JSONValue) -> Collection[str]:
        return drift.unknown(self.known[kind], kind, value)

    @property
    def unread(self) -> bool:
        """Whether this list held anything that could not be read, on this page or before."""
        return self.ask.context.get("unread") is True or bool(self.quarantine)

    def looked(self, **more: object) -> Reading:
        """Of a direct look: one that holds something unreadable says of nothing that it is not there."""
        reading = replace(self.reading(), **more)  # type: ignore[arg-type]
        if self.quarantine and self.ask.context.get("look"):
            return replace(reading, problem=Problem(ProblemKind.CONTRACT, self.quarantine[0][1]))
        return reading

    # How far a list was read before, and is read now.

    @property
    def before(self) -> Mapping[str, JSONValue]:
        """What an earlier look kept of this list; empty where everything is to be read."""
        known = self.ask.context.get("known")
        return known if isinstance(known, Mapping) else {}

    @property
    def times(self) -> list[datetime]:
        """When what this page shows was made."""
        return [one.created_at for one in self.records if one.created_at is not None]

    @property
    def reached(self) -> bool:
        """Whether a look at what is new came to what was there before."""
        at = moment(self.before.get("at"))
        return at is not None and bool(self.times) and min(self.times) <= at

    @property
    def newest(self) -> str | None:
        """When the newest entry of this list was made, on this page or one before."""
        known = moment(self.ask.context.get("newest"))
        return max([*self.times, *([known] if known else [])]).isoformat() if self.times or known else None

    def counts_of(self, counted: Mapping[str, int]) -> dict[str, int]:
        """How many answers things have, on this page and those before; of the newest alone."""
        known = self.ask.context.get("counts")
        every = {**(known if isinstance(known, dict) else {}), **counted}
        return dict(list(every.items())[:_REMEMBERED])

    def changed(self, counted: Mapping[str, int], *, full: bool) -> list[str]:
        """Keys of what has more or fewer answers than before; where nothing is known, of what has any."""
        known = self.before.get("counts")
        if full or not isinstance(known, dict):
            return [key for key, said in counted.items() if said > 0]
        return [key for key, said in counted.items() if known.get(key, 0) != said]

    def names(self, name: str) -> list[str]:
        """Texts in what is known beyond the body."""
        given = self.ask.context.get(name)
        return [one for one in given if isinstance(one, str)] if isinstance(given, list | tuple) else []


def read_json(answer: Answer, read: Callable[[JSONValue], Reading]) -> Reading:
    """What ``read`` makes of a body. One that is no JSON, and one of which it raises
    :class:`connectors.values.Unreadable`, is quarantined as a whole."""
    try:
        body: JSONValue = answer.json
    except ValueError:
        return quarantined("the answer is not JSON", f"bytes=0-{len(answer.body)}")
    try:
        return read(body)
    except Unreadable as error:
        return quarantined(str(error))


def emptied(found: AccountFound, shown: int, total: int | None, name: str = "shown") -> tuple[str | None, int]:
    """What follows from the number of entries of a page: nothing, but where it has none though the platform says that
    there are more than all pages so far had.

    Args:
        shown: how many entries the page has.
        total: how many the platform says that the list has.
        name: under which the question for a page knows how many the pages before it had.

    Returns:
        what to say of it (:attr:`Reading.suspicious`), and how many entries all pages so far had.
    """
    before = found.ask.context.get(name)
    known = before if isinstance(before, int) and not isinstance(before, bool) else 0
    if shown or total is None or total <= known:
        return None, known + shown
    return f"a page came back empty, but the platform says that the list has {total:,} entries", known


def turned(
    found: AccountFound, reading: Reading, following: Sequence[tuple[str, str]] | None, total: int | None, shown: int,
    **carried: JSONValue,
) -> Reading:  # fmt: skip
    """The same with the page that follows in a list whose pages are counted from the beginning. What is deleted while
    they are read moves everything behind it forward: a list whose number of entries changed on the way is not taken for
    whole. Nor is one of which a page was empty that should have had some.

    Args:
        following: parameters of the next page; None at the end of the list.
        total: how many entries the platform says that it has.
        shown: how many this page has.
        carried: what is known on the next page.
    """
    context = found.ask.context
    suspicious, so_far = emptied(found, shown, total)
    moved = context.get("moved") is True or context.get("total", total) != total or suspicious is not None
    reading = replace(reading, suspicious=suspicious)
    if following is None:
        return replace(reading, whole=not moved and not found.unread)
    known = {"total": total, "moved": moved, "unread": found.unread, "shown": so_far}
    return replace(reading, next_page=with_page(found.ask, following, **known, **carried))


def is_look(ask: Ask) -> bool:
    """Whether a question is a direct look, or part of one."""
    return bool(ask.context.get("look"))


def seconds(value: JSONValue, what: str) -> datetime:
    """A time as seconds since 1970, also where they are written as text.

    Raises:
        Unreadable: it is none.
    """
    written = value.strip() if isinstance(value, str) else value
    if isinstance(written, str) and written.isascii() and written.isdigit() and len(written) < 13:
        written = int(written)
    usable = isinstance(written, int | float) and not isinstance(written, bool)
    if not usable or not 0 <= written <= _LAST_SECOND:  # type: ignore[operator]
        raise Unreadable(f"{what} is not a time")
    return datetime.fromtimestamp(written, UTC)  # type: ignore[arg-type]
