"""How a list of a Mastodon server goes on, and where the next sweep continues. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urljoin, urlsplit

from connectors import links
from connectors._mastodon_asks import Asks
from connectors.answers import moment
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, Reading
from connectors.values import Unreadable, ident


def paged(ask: Ask, answer: Answer, body: Sequence[JSONValue], reading: Reading) -> Reading:
    """The same with where the list goes on."""
    newer = ask.context.get("direction") == "newer"
    written = links.target(answer.headers, "prev" if newer else "next")
    unread = ask.context.get("unread") is True or bool(reading.quarantine)
    newest = _newest(ask, answer, body, reading)
    following = None
    if written is not None:
        url = _resolved(answer.url or ask.url, written)
        if url is None or not links.same_origin(url, ask.url):
            return replace(reading, problem=Problem(ProblemKind.CONTRACT, "the next page is on another server"))
        context = {**ask.context, **newest, **({"unread": True} if unread else {})}
        following = replace(ask, url=url, parameters=(), context=context)
    ended = following is None
    whole = ended and not newer and not unread and ask.context.get("resumed") is not True and ask.listing is not None
    return replace(
        reading,
        next_page=following,
        bookmark=_bookmark(ask, newest, following) or None,
        whole=whole,
        since=moment(ask.context.get("since")) if ended and newer and not unread else None,
    )


def _newest(ask: Ask, answer: Answer, body: Sequence[JSONValue], reading: Reading) -> dict[str, JSONValue]:
    """The newest place of the list known after this page: on the way down that of the first page."""
    if ask.context.get("direction") != "newer":
        if "newest" in ask.context:
            return {"newest": ask.context["newest"], "newest_at": ask.context.get("newest_at")}
        if ask.context.get("resumed") is True:
            return {}
    cursor = _cursor(answer, body)
    if cursor is None:
        return {}
    at = next((record.created_at for record in reading.records if record.created_at), None)
    return {"newest": cursor, "newest_at": at.isoformat() if at else ask.context.get("since")}


def _cursor(answer: Answer, body: Sequence[JSONValue]) -> str | None:
    """Cursor of the first element. The header names it; ids of a list need not be ids of what it lists."""
    if not body:
        return None
    written = links.target(answer.headers, "prev")
    if written is not None:
        try:
            given = dict(parse_qsl(urlsplit(written).query, max_num_fields=100))
        except ValueError:
            given = {}
        cursor = given.get("min_id") or given.get("since_id")
        if cursor and cursor.isprintable() and len(cursor) <= 256:
            return cursor
    first = body[0]
    try:
        return ident(first.get("id") if isinstance(first, dict) else None, "the first element")
    except Unreadable:
        return None


def _bookmark(ask: Ask, newest: Mapping[str, JSONValue], following: Ask | None) -> dict[str, JSONValue]:
    """What the next sweep must know. A full sweep moves the bookmark only when it is through, since what it has not
    come to yet may be new."""
    purpose, full = ask.purpose, Asks.of(ask).full
    found: dict[str, JSONValue] = {}
    if full and following is not None:
        return found
    if newest:
        found |= {f"{purpose}.newest": newest["newest"], f"{purpose}.since": newest["newest_at"]}
    if ask.context.get("direction") != "newer":
        found[f"{purpose}.older"] = following.url if following else None
    if full and purpose == "statuses":
        found["full_at"] = Asks.of(ask).at
    return found


def _resolved(base: str, target: str) -> str | None:
    try:
        return urljoin(base, target)
    except ValueError:
        return None
