"""The words of posts and replies on Threads: asked for after an index, and read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from connectors._threads_asks import POST, REPLY
from connectors._threads_found import SAID, Found, number
from connectors._threads_records import audience
from connectors.contract import AccessClass, Ask, JSONValue, Reading
from connectors.values import Json, Unreadable


def words(found: Found, seen: Mapping[str, bool]) -> Iterator[Ask]:
    """Ask for the words of what a page of an index named: of all of it at once, if all of it is seen by the same."""
    what = str(found.ask.context.get("index"))
    if len(set(seen.values())) == 1 and not found.quarantine:
        yield found.asks.words_of_page(found.ask, list(seen), seen=next(iter(seen.values())))
        return
    for one, everybody in seen.items():
        yield from found.asks.words_of(found.ask, what, [one], seen=everybody)


def words_listed(found: Found, body: Json) -> Reading:
    """The words of a page of a list."""
    for place, entry in enumerate(found.entries(body)):
        _say(found, entry, f"/data/{place}")
    return _said(found)


def word(found: Found, body: Json) -> Reading:
    """The words of one thing."""
    _say(found, body, "")
    return _said(found)


def one_by_one(found: Found, things: Sequence[str], *, seen: bool) -> Iterator[Ask]:
    """The same words, of each thing by itself."""
    yield from found.asks.words_of(found.ask, str(found.ask.context.get("words")), things, seen=seen)


def _said(found: Found) -> Reading:
    """What was asked for as everybody sees it, and meanwhile is hidden, is asked for anew in private."""
    return replace(found.reading(), asks=tuple(one_by_one(found, found.withheld, seen=False)))


def _say(found: Found, entry: JSONValue, pointer: str) -> None:
    """Add something with its words, and who may answer it."""
    what = str(found.ask.context.get("words"))
    if what not in SAID:
        raise Unreadable("words of something this connector never asked for")
    record = found.add(what, entry, pointer, SAID[what])
    if record is None or not isinstance(entry, dict):
        return
    if found.ask.access is AccessClass.PUBLIC and not found.everybody_sees(what, entry):
        found.records.pop()
        found.withheld.append(number(record))
    elif what in (POST, REPLY):
        _say_who_may_answer(found, entry, pointer)


def _say_who_may_answer(found: Found, entry: JSONValue, pointer: str) -> None:
    try:
        setting = audience(entry, found.place(pointer))
    except Unreadable as error:
        found.quarantine.append((f"{pointer}/reply_audience", str(error)))
        return
    found.records += [] if setting is None else [setting]
