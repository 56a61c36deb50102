"""Whom a Mastodon account blocks and mutes, and what it filters, as records. Pure.

Source: Mastodon's documentation of its methods ``blocks``, ``mutes``, ``domain_blocks`` and ``filters`` (v2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from connectors import _mastodon_fields as fields
from connectors import drift, links
from connectors._mastodon_statuses import author_of
from connectors._moderation import anew, carried, is_late, list_record, listed_before, no_list, setting_record
from connectors.contract import AccessClass, Answer, Ask, JSONValue, Problem, ProblemKind, Reading, Stream
from connectors.text import storable
from connectors.values import Unreadable, ident, objects, text, thing

#: Purpose → path below ``/api``, and the largest page; None: the answer is all of it.
SETTINGS: Mapping[str, tuple[str, str | None]] = {
    "blocks": ("v1/blocks", "80"),
    "mutes": ("v1/mutes", "80"),
    "domain_blocks": ("v1/domain_blocks", "200"),
    "filters": ("v2/filters", None),
}
_WORDS = {"blocks": "blocked", "mutes": "muted", "domain_blocks": "blocked servers"}


def settings_ask(service: str, purpose: str, context: Mapping[str, JSONValue]) -> Ask:
    """First page of a list of settings, which only the account itself is shown."""
    path, size = SETTINGS[purpose]
    return Ask(
        url=f"{service}/api/{path}",
        stream=Stream.SETTINGS,
        purpose=purpose,
        parameters=() if size is None else (("limit", size),),
        access=AccessClass.SETTINGS,
        authorise="required",
        listing=purpose,
        context={**context, "signed_in": True},
    )


def read_settings(ask: Ask, answer: Answer, body: Sequence[JSONValue]) -> Reading:
    """One page of such a list; all of it is a record once its last page is there."""
    if ask.purpose == "filters":
        return _filters(body)
    if is_late(ask, answer.received_at):
        parts = links.web(ask.url)
        service = "" if parts is None else links.origin(parts)
        return Reading(next_page=settings_ask(service, ask.purpose, anew(ask).context))
    make = _server if ask.purpose == "domain_blocks" else _person
    known, unread, strange = listed_before(ask), [], set[str]()
    for number, value in enumerate(body):
        if make is _person:
            strange |= fields.unknown("account", value)
        try:
            known.append(make(value))
        except Unreadable as error:
            unread.append((f"/{number}", str(error)))
    reading = Reading(quarantine=tuple(unread), drift=drift.report(strange))
    problem = no_list(known, unread=bool(unread))
    if problem is not None:
        return replace(reading, quarantine=(*unread, ("", problem.detail)) if unread else (), problem=problem)
    return _went_on(ask, answer, known, reading)


def _went_on(ask: Ask, answer: Answer, known: list[str], reading: Reading) -> Reading:
    written = links.target(answer.headers, "next")
    if written is None:
        member = "servers" if ask.purpose == "domain_blocks" else "people"
        return replace(reading, records=(list_record(ask.purpose, _WORDS[ask.purpose], known, member=member),))
    try:
        url = urljoin(answer.url or ask.url, written)
        following = url if links.same_origin(url, ask.url) else None
    except ValueError:
        following = None
    if following is None:
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "the next page is on another server"))
    context = carried(ask, known, answer.received_at)
    return replace(reading, part=True, next_page=replace(ask, url=following, parameters=(), context=context))


def _person(value: JSONValue) -> str:
    """Somebody, by address and number: a display name says nothing of who it is."""
    author = author_of(value)
    return f"{author.handle} ({author.id})"


def _server(value: JSONValue) -> str:
    if not isinstance(value, str) or not value:
        raise Unreadable("no name of a server")
    return storable(value)


@dataclass(frozen=True, slots=True)
class _Filter:
    content: dict[str, JSONValue]
    words: str


def _filters(body: Sequence[JSONValue]) -> Reading:
    """All filters, as one record: the server gives all of them at once."""
    found: list[_Filter] = []
    unread: list[tuple[str, str]] = []
    strange = set[str]()
    for number, value in enumerate(body):
        strange |= fields.unknown("filter", value)
        try:
            found.append(_filter(value))
        except Unreadable as error:
            unread.append((f"/{number}", str(error)))
    if unread:
        why = "filters of which something cannot be read"
        problem = Problem(ProblemKind.CONTRACT, why)
        return Reading(quarantine=(*unread, ("", why)), drift=drift.report(strange), problem=problem)
    found.sort(key=lambda one: str(one.content["id"]))
    told = "; ".join(one.words for one in found) or "none"
    content = {"filters": [one.content for one in found]}
    record = setting_record("filters", content, f"filters: {told}", "list of filters")
    return Reading(records=(record,), drift=drift.report(strange))


def _filter(value: JSONValue) -> _Filter:
    one = thing(value, "not a filter")
    title = storable(text(one, "title"))
    keywords = sorted(_keyword(each) for each in objects(one, "keywords"))
    statuses = sorted(ident(each.get("status_id"), "a filtered status") for each in objects(one, "statuses"))
    places, action, ends = _texts(one.get("context")), storable(text(one, "filter_action")), one.get("expires_at")
    if ends is not None and not isinstance(ends, str):
        raise Unreadable("expires_at is not a time")
    content: dict[str, JSONValue] = {
        "id": ident(one.get("id"), "a filter"),
        "title": title,
        "context": places,
        "action": action,
        "expires_at": None if ends is None else storable(ends),
        "keywords": [{"keyword": word, "whole_word": whole} for word, whole in keywords],
        "statuses": statuses,
    }
    filtered = [word for word, _ in keywords] + [f"post {status}" for status in statuses]
    return _Filter(content, f"{title} ({action}): {', '.join(filtered) or 'nothing'}")


def _keyword(value: Mapping[str, JSONValue]) -> tuple[str, bool]:
    whole = value.get("whole_word")
    if not isinstance(whole, bool):
        raise Unreadable("whole_word is neither true nor false")
    return storable(text(value, "keyword")), whole


def _texts(value: JSONValue) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unreadable("context is not a list of texts")
    return sorted(storable(one) for one in value)
