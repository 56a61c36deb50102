"""What Mastodon and Reddit answer, by what they were recorded to answer: Mastodon 4.7.3 in the tests of
``Mastodon.py``, Reddit in those of ``praw``.

A recorded thing tells which fields there are, of which types, and which of them everything of its kind has. Things are
known by their kind wherever they stand in an answer. That is written down in ``fields/``, and written anew with
``python -m tests.specified.learned``.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from archiver.practice.messages import Request, Response
from tests import recordings
from tests.specified.schema import faults, validator, written
from tests.specified.writing import FOLDER, read

Kind = Callable[[Any], str | None]
_HEAD = "# Learned from recorded answers by `python -m tests.specified.learned`, which says of which.\n"
_CONTEST = (b"con<TEST_SUBREDDIT>_mode", b"contest_mode")
"""What blotting out the name of a subreddit left of a field in which it stood."""


@dataclass
class Recorded:
    """One kind of thing: how many there were, and by field their number and types."""

    number: int = 0
    types: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    times: Counter[str] = field(default_factory=Counter)

    def add(self, thing: Mapping[str, Any]) -> None:
        self.number += 1
        for name, value in thing.items():
            self.types[name].add(type_of(value))
            self.times[name] += 1

    def written(self, needed: frozenset[str] | None = None) -> Mapping[str, str]:
        """In the short form of :mod:`tests.specified.schema`. What everything of the kind has must be there; where
        ``needed`` is given, as far as it names it."""
        must = {name for name in self.types if self.times[name] == self.number and (not needed or name in needed)}
        always = {name: "" if name in must else "~" for name in self.types}
        return {name + always[name]: " | ".join(sorted(self.types[name])) for name in sorted(self.types)}


def type_of(value: Any) -> str:
    """As JSON has it; whole numbers are numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def things_in(value: Any, kind: Kind) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Everything in a body that is of a kind, with it."""
    if isinstance(value, dict):
        name = kind(value)
        if name is not None:
            yield name, value["data"] if kind is reddit_kind else value
        for inner in value.values():
            yield from things_in(inner, kind)
    elif isinstance(value, list):
        for inner in value:
            yield from things_in(inner, kind)


def reddit_kind(value: Mapping[str, Any]) -> str | None:
    """``t1`` and the like."""
    return value["kind"] if {"kind", "data"} == value.keys() and isinstance(value["data"], dict) else None


_SIGNS: Mapping[str, frozenset[str]] = {
    "Status": frozenset(("content", "spoiler_text", "visibility")),
    "StatusEdit": frozenset(("content", "spoiler_text", "media_attachments")),
    "StatusSource": frozenset(("text", "spoiler_text")),
    "CredentialAccount": frozenset(("acct", "username", "source")),
    "Account": frozenset(("acct", "username", "note")),
    "Mention": frozenset(("acct", "username", "url")),
    "MediaAttachment": frozenset(("preview_url", "type", "meta")),
    "Notification": frozenset(("type", "account", "created_at")),
    "Conversation": frozenset(("accounts", "last_status", "unread")),
    "Filter": frozenset(("title", "context", "filter_action")),
    "FilterKeyword": frozenset(("keyword", "whole_word")),
    "Instance": frozenset(("domain", "source_url", "configuration")),
}


def mastodon_kind(value: Mapping[str, Any]) -> str | None:
    """Name of the entity, by what it alone has."""
    return next((name for name, signs in _SIGNS.items() if signs <= value.keys()), None)


def learned(bodies: Iterable[Any], kind: Kind) -> Mapping[str, Recorded]:
    """What there is in bodies, by kind."""
    found: dict[str, Recorded] = defaultdict(Recorded)
    for body in bodies:
        for name, thing in things_in(body, kind):
            found[name].add(thing)
    return found


def reddit() -> Mapping[str, Recorded]:
    """By kind, of things that recorded answers hold."""
    bodies = (one.body.replace(*_CONTEST) for one in recordings.reddit() if one.status == 200)
    return learned(map(_read, bodies), reddit_kind)


def mastodon() -> Mapping[str, Recorded]:
    """By entity."""
    bodies = (one.body for one in recordings.mastodon() if one.status == 200)
    return learned(map(_read, bodies), mastodon_kind)


KINDS: Mapping[str, Kind] = {"reddit": reddit_kind, "mastodon": mastodon_kind}
LEARNED: Mapping[str, tuple[Callable[[], Mapping[str, Recorded]], Sequence[str]]] = {
    "reddit": (reddit, ("t1", "t2", "t3", "t4", "t5", "more", "Listing", "UserList", "modaction", "wikipage")),
    "mastodon": (mastodon, tuple(_SIGNS)),
}
"""What is written down of each platform: which kinds."""
_NEEDED_OF_REDDIT = """
    id name author title selftext body created_utc edited score subreddit permalink parent_id link_id children after
    before dist count url is_self num_comments locked action mod details display_name
"""
_NEEDED: Mapping[str, frozenset[str]] = {"reddit": frozenset(_NEEDED_OF_REDDIT.split())}
"""Of Reddit's many fields those whose absence tells something; a practice that leaves out the others is none the
worse."""


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def text_of(name: str) -> str:
    """The file that is checked in for a platform, as it is learned anew."""
    told, kinds = LEARNED[name]
    known = told()
    things = {one: dict(known[one].written(_NEEDED.get(name))) for one in kinds if one in known}
    return _HEAD + yaml.safe_dump(things, width=120, sort_keys=False)


def wrong(name: str, request: Request, response: Response) -> Iterator[str]:
    """What of an answer nobody recorded anything like."""
    if response.status == 200 and "json" in (response.header("Content-Type") or ""):
        yield from faults_of(name, json.loads(response.body))


def faults_of(name: str, body: Any) -> Iterator[str]:
    """The same of a body."""
    for one, thing in things_in(body, KINDS[name]):
        if one in read(name):
            yield from (f"{one} {fault}" for fault in faults(_of(name, one), thing))
        else:
            yield f"{one} was never there"


@cache
def _of(name: str, thing: str) -> Any:
    return validator(written(read(name)[thing]), {})


if __name__ == "__main__":
    for platform in LEARNED:
        (FOLDER / f"{platform}.yaml").write_text(text_of(platform), encoding="utf-8")
