"""What an answer of Nextdoor's Publish API means. Pure.

An answer holds all that Nextdoor returns: there are no pages, and nothing says how far back it reaches. So nothing
follows from what is not in it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors import drift
from connectors._nextdoor_asks import Asks, named_in
from connectors.answers import failure
from connectors.bodies import read_object
from connectors.contract import (
    AccountFacts,
    Answer,
    Ask,
    Author,
    JSONValue,
    MediaRef,
    Problem,
    ProblemKind,
    Reading,
    RecordKind,
    SeenRecord,
)
from connectors.found import Finding
from connectors.links import is_web
from connectors.text import tidy
from connectors.values import Json, Unreadable, given, ident, number, objects, text, thing

_K = ProblemKind
_LATEST = 253_402_300_799
"""Seconds; the last moment of the year 9999."""
_DEEPEST = 50
_NOT_THEIRS = "whoever the token is of does not look after this agency"
_FIELDS: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "profiles": "primary_profile_id profile_list",
        "profile": "account_creation_date agency_city agency_external_url agency_id agency_name agency_photo"
        " agency_state agency_url_at_nextdoor business_name city_name first_name id is_agency_profile"
        " is_business_profile is_neighbor_profile last_name neighborhood_name neighborhood_url profile_picture status"
        " verified",
        "list": "posts posts_length",
        "post": "author_id body comments creation_date_epoch_seconds embed_url id media reactions title url",
        "comment": "author_name body comments creation_date creation_date_epoch_seconds id like_count"
        " parent_comment_id",
    }.items()
}


@dataclass(slots=True)
class Found(Finding):
    """What one body holds."""

    def unknown(self, kind: str, value: JSONValue) -> Collection[str]:
        return drift.unknown(_FIELDS[kind], kind, value)


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    problem = problem_of(answer)
    if problem is not None:
        return Reading(problem=problem)
    reader = _READERS.get(ask.purpose, _never_asked)
    return read_object(answer, lambda body: reader(Found(ask), body))


def problem_of(answer: Answer) -> Problem | None:
    """What is wrong with an answer; None where it can be read. 400, 401, 403 and 500 are documented; of what is not
    there Nextdoor says nothing."""
    problem = failure(answer, signed_in=True)
    if answer.status == 304 or (problem is not None and problem.kind is _K.GONE):
        return Problem(_K.CONTRACT, f"status {answer.status}, which Nextdoor does not use")
    if problem is None or problem.kind in (_K.RATE, _K.TRANSIENT):
        return problem
    if not _is_json(answer):
        return Problem(_K.CONTRACT, f"status {answer.status}, but not in the form of Nextdoor")
    if problem.kind is _K.SIGN_IN_EXPIRED:
        return replace(problem, detail="Nextdoor does not accept the access token")
    return problem


def _is_json(answer: Answer) -> bool:
    try:
        return isinstance(answer.json, dict)
    except ValueError:
        return False


def _never_asked(found: Found, body: Json) -> Reading:
    raise Unreadable("a question this connector never asked")


# The agency.


def _identify(found: Found, body: Json) -> Reading:
    """The profile of the agency that was named."""
    found.note("profiles", body)
    named, site = found.ask.context.get("name"), Asks.of(found.ask).site
    for entry in _agencies(body):
        if named_in(text(entry, "agency_url_at_nextdoor", "")) == named:
            return Reading(account=_facts(entry, site, str(named)))
    return Reading(problem=Problem(_K.PERMISSION, _NOT_THEIRS))


def _profiles(found: Found, body: Json) -> Reading:
    """What the agency says of itself; then its posts."""
    found.note("profiles", body)
    asks = Asks.of(found.ask)
    for at, entry in enumerate(objects(body, "profile_list")):
        if not _is_agency(entry) or ident(entry.get("agency_id"), "an agency") != asks.account:
            continue
        pointer = f"/profile_list/{at}"
        found.add("profile", entry, pointer, lambda one=entry, place=pointer: _agency(one, place, asks))  # type: ignore[misc]
        posts = asks.posts(ident(entry.get("id"), "a profile"))
        return replace(found.reading(), asks=(posts,), account=_facts(entry, asks.site, asks.handle))
    return Reading(problem=Problem(_K.PERMISSION, _NOT_THEIRS))


def _agencies(body: Json) -> Iterator[Json]:
    return (one for one in objects(body, "profile_list") if _is_agency(one))


def _is_agency(profile: Json) -> bool:
    """Nextdoor writes such marks as text or as truth."""
    return profile.get("is_agency_profile") in (True, "true", "True")


def _facts(profile: Json, site: str, handle: str) -> AccountFacts:
    identity = ident(profile.get("agency_id"), "an agency")
    return AccountFacts(identity, handle, tidy(text(profile, "agency_name", "")) or handle, f"{site}/{handle}")


def _agency(profile: Json, place: str, asks: Asks) -> SeenRecord:
    names = ("agency_name", "agency_external_url", "agency_city", "agency_state")
    said = given(profile, *names)
    facts = _facts(profile, asks.site, asks.handle)
    return SeenRecord(
        key=f"agency/{facts.platform_id}",
        kind=RecordKind.PROFILE,
        place=place,
        content=said,
        text="\n\n".join(tidy(one) for one in said.values() if one),
        author=Author(facts.platform_id, facts.name, facts.handle, facts.url),
        url=facts.url,
        media=tuple(_files([{"is_photo": True, "url": profile.get("agency_photo")}])),
        word="agency",
    )


# Posts, and what was said under them.


def _posts(found: Found, body: Json) -> Reading:
    """All that Nextdoor returns of the agency."""
    found.note("list", body)
    for at, entry in enumerate(objects(body, "posts")):
        place = f"/posts/{at}"
        record = found.add("post", entry, place, lambda one=entry, where=place: _post(one, where, found.ask))  # type: ignore[misc]
        if record is not None and entry.get("comments") is not None:
            _comments(found, entry, place, record.key, None)
    return found.reading()


def _post(entry: Json, place: str, ask: Ask) -> SeenRecord:
    asks, address = Asks.of(ask), entry.get("url")
    listed = entry.get("media") is not None
    files, words = tuple(_files(objects(entry, "media") if listed else [])), given(entry, "title", "body")
    said: dict[str, JSONValue] = words | ({"media": [one.key for one in files]} if listed else {})
    return SeenRecord(
        key=f"post/{ident(entry.get('id'), 'a post')}",
        kind=RecordKind.POST,
        place=place,
        content=said,
        text="\n\n".join(filter(None, map(tidy, words.values()))),
        author=Author(asks.account, asks.handle, asks.handle, f"{asks.site}/{asks.handle}"),
        created_at=_seconds(entry),
        url=address.partition("?")[0] if isinstance(address, str) and is_web(address) else None,
        counts=_reactions(entry),
        media=files,
        word="post",
    )


def _comments(found: Found, holder: Json, place: str, post: str, above: str | None, depth: int = 0) -> None:
    """Add what was said under a post, or inside of a comment."""
    try:
        entries = objects(holder, "comments")
    except Unreadable as error:
        found.quarantine.append((f"{place}/comments", str(error)))
        return
    for at, entry in enumerate(entries):
        where = f"{place}/comments/{at}"
        record = found.add("comment", entry, where, lambda one=entry, one_at=where: _comment(one, one_at, post, above))  # type: ignore[misc]
        if record is not None and entry.get("comments") is not None and depth < _DEEPEST:
            _comments(found, entry, where, post, record.key, depth + 1)


def _comment(entry: Json, place: str, post: str, above: str | None) -> SeenRecord:
    """One comment. ``above``: of one that stands inside another."""
    told = entry.get("parent_comment_id")
    parent = f"comment/{ident(told, 'what is answered')}" if told not in (None, 0, "", "0") else above
    name = tidy(text(entry, "author_name", ""))
    said = given(entry, "body")
    likes = number(entry.get("like_count"))
    return SeenRecord(
        key=f"comment/{ident(entry.get('id'), 'a comment')}",
        kind=RecordKind.COMMENT,
        place=place,
        content=said,
        text=tidy(said.get("body", "")),
        author=Author(None, name) if name else None,
        created_at=_seconds(entry),
        parent=post if parent is None else parent,
        thread=post,
        counts={} if likes is None else {"likes": likes},
        word="comment" if parent is None else "reply",
    )


def _seconds(entry: Json) -> datetime:
    told = number(entry.get("creation_date_epoch_seconds"))
    if told is None or not 0 < told <= _LATEST:
        raise Unreadable("creation_date_epoch_seconds is not a time")
    return datetime.fromtimestamp(told, UTC)


def _reactions(entry: Json) -> dict[str, int]:
    """How often people reacted to a post, by kind; not those to comments. Sources disagree on what a kind is: its name
    (documentation), or its number (Nextdoor's own SDK). Either is taken."""
    listed = entry.get("reactions")
    mine = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    kinds = [one.get("type") for one in mine if one.get("comment_id") in (None, 0, "", "0")]
    return dict(Counter(name for one in kinds if (name := _kind(one)) is not None))


def _kind(told: JSONValue) -> str | None:
    if isinstance(told, int) and not isinstance(told, bool) and 0 <= told < 1000:
        return f"kind {told}"
    return told.lower() if isinstance(told, str) and told.isascii() and told.isalpha() else None


def _files(listed: list[Json]) -> Iterator[MediaRef]:
    """Files. An address may be signed anew: its path is what names it."""
    known = set()
    for one in listed:
        address = thing(one, "not a file").get("url")
        if not isinstance(address, str) or not is_web(address):
            continue
        key = f"file/{hashlib.sha256(urlsplit(address).path.encode()).hexdigest()[:16]}"
        if key not in known:
            known.add(key)
            yield MediaRef(key, address, "video" if one.get("is_video") is True else "image")


_READERS: Mapping[str, Callable[[Found, Json], Reading]] = {
    "identify": _identify,
    "profiles": _profiles,
    "posts": _posts,
}
