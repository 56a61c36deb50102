"""What holds of every question, reading and declaration of a connector, whatever the platform. Pure; for tests.

Each ``check_…`` raises :class:`Broken` with one sentence that says what does not hold, or returns nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from connectors.contract import (
    AccessClass,
    Answer,
    Ask,
    Capabilities,
    Connector,
    Extent,
    JSONValue,
    Problem,
    Reading,
    RecordKind,
    SeenRecord,
    State,
    Stream,
)
from connectors.links import is_web, web
from connectors.text import storable

_SECRET_HEADERS = frozenset({"access-token", "authorization", "cookie", "proxy-authorization"})
_MEDIA = frozenset({"image", "video", "audio", "document", "caption"})
_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]+)")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class Broken(AssertionError):  # noqa: N818 - named as the cause
    """A connector does not keep to the contract."""


#: As many as the engine asks for one look.
_MOST_CONTROLS = 12


def require(holds: object, otherwise: str) -> None:
    """Raises :class:`Broken` where something does not hold."""
    if not holds:
        raise Broken(otherwise)


# Declarations.


def check_declarations(connector: Connector) -> None:
    """What a connector says of itself is complete, and in words for a custodian."""
    require(isinstance(connector, Connector), "it lacks a part of connectors.contract.Connector")
    require(_NAME.fullmatch(connector.platform), "platform is not a short name in small letters")
    require(connector.title.strip() and connector.version.strip(), "title or version is empty")
    require(isinstance(connector.scheme, int) and connector.scheme >= 1, "scheme is not a number from 1 on")
    require(all(host and host == host.lower() for host in connector.media_hosts), "a media host is not a host")
    connector.settings()  # an account is captured before anybody sets anything
    _check_capabilities(connector.capabilities)


def _check_capabilities(told: Capabilities) -> None:
    seen = [told.edits, told.deletions, told.hidden, told.messages, told.comments, told.media, told.counts]
    words = [one for one in (*seen, told.history, *told.limits, told.proven) if one is not None]
    require(all(one.strip() and "\n" not in one for one in words), "a capability is said in no words, or on two lines")
    require(all(one.endswith(".") for one in told.limits), "a limit is not a whole sentence")
    kinds = [kind for one in told.counted for kind in one.on]
    require(len(set(kinds)) == len(kinds), "two numbers are declared of one kind of record")
    for one in told.counted:
        require(one.on, "a number that stands on no kind of record")
        require(one.says.endswith(".") and "\n" not in one.says, "what a number counts is not said in one sentence")
        require(one.withheld is None or is_line(one.withheld), "what a number counts besides is said in no words")
        require((one.of is Extent.ACCOUNT) == (one.on == {RecordKind.PROFILE}), "only a profile counts for the account")
    require(told.limits, "no limits: no platform shows everything, and a custodian must know what is not seen")


# Questions.


def check_ask(ask: Ask, connector: Connector) -> None:
    """A question can be put, stored, and read again in ten years."""
    what = f"the question {ask.purpose!r}"
    require(ask.purpose.strip(), "a question without a purpose")
    secure = ask.url.replace("wss://", "https://", 1) if ask.url.startswith("wss://") else ask.url
    require(web(secure), f"{what}: its URL cannot be asked: {ask.url[:200]!r}")
    require(1 <= ask.scheme <= connector.scheme, f"{what}: a scheme that this connector does not have")
    require(same_as_json(ask.context), f"{what}: its context is not JSON, and would not come back the same")
    require(_SECRET_HEADERS.isdisjoint(name.lower() for name, _ in ask.headers), f"{what}: a header for secrets")
    private = ask.access in (AccessClass.PRIVATE, AccessClass.PRIVATE_MEDIA)
    require(not (private and ask.authorise == "never"), f"{what}: private, but asked as a stranger")
    alone = ask.authorise == "application"
    require(not (alone and ask.access is not AccessClass.PUBLIC), f"{what}: not public, but asked as no owner")
    require(ask.listing is None or _is_listing(ask.listing), f"{what}: the name of its list is none")
    _check_look(ask, what)
    require(_controls(ask) <= _MOST_CONTROLS, f"{what}: more controls than are ever asked")
    if ask.control is not None:
        check_ask(ask.control, connector)


def _controls(ask: Ask) -> int:
    """How many controls would be asked, one after the other, before nothing is said."""
    number, control = 0, ask.control
    while control is not None:
        number, control = number + 1, control.control
    return number


def _check_look(ask: Ask, what: str) -> None:
    looked = ask.context.get("look")
    if looked:
        require(isinstance(looked, list) and all(isinstance(key, str) for key in looked), f"{what}: look is no list")
        vouched = (
            ask.control is not None or ask.stream is Stream.PROFILE
        )  # of itself an account may say that it is away
        require(vouched, f"{what}: a direct look without a control says nothing")


def check_different(asks: Collection[Ask]) -> None:
    """No two questions of a sweep look the same: the second would be taken for a circle, and not be put."""
    told = [(ask.method, ask.url, ask.parameters, ask.body, ask.authorise) for ask in asks]
    twice = next((one for one in told if told.count(one) > 1), None)
    require(twice is None, f"a question is put twice: {twice and twice[1]!r}")


# Readings.


def check_reading(reading: Reading, ask: Ask, answer: Answer, connector: Connector) -> None:
    """A reading says nothing that its answer does not bear out, and nothing that cannot be stored."""
    what = f"the answer to {ask.purpose!r} (status {answer.status})"
    require(isinstance(reading, Reading), f"{what}: not a Reading")
    _check_records(reading.records, answer, what)
    _check_counted(reading.records, connector.capabilities, what)
    _check_whole(reading, ask, answer, what)
    _check_following(reading, ask, connector, what)
    _check_problem(reading.problem, what)
    require(all(is_line(reason) for _, reason in reading.quarantine), f"{what}: quarantined for no reason")
    # (of what is missing, the place where it should stand)
    nowhere = [place for place, _ in reading.quarantine if not (_is_place(place, answer) or place.startswith("/"))]
    require(not nowhere, f"{what}: quarantined at no place: {nowhere[:1]}")
    require(all(isinstance(key, str) and key for key in reading.present), f"{what}: present holds no keys")
    require(reading.bookmark is None or same_as_json(reading.bookmark), f"{what}: its bookmark is not JSON")
    require(all(is_line(name) for name in reading.drift), f"{what}: drift that is no name")
    require(_is_aware(reading.since), f"{what}: since has no time zone")
    require(list(reading.cuts) == sorted(set(reading.cuts)), f"{what}: cuts that do not ascend")
    require(all(0 <= cut <= len(answer.body) for cut in reading.cuts), f"{what}: a cut outside the body")
    _check_counts(reading.counts, what)
    if reading.account is not None:
        require(reading.account.platform_id and is_web(reading.account.url), f"{what}: an account of no id or address")


def _check_whole(reading: Reading, ask: Ask, answer: Answer, what: str) -> None:
    if not reading.whole:
        return
    require(ask.listing is not None, f"{what}: whole, but it is no list")
    require(reading.next_page is None, f"{what}: whole, though it goes on")
    require(reading.problem is None, f"{what}: whole, though something is wrong")
    require(not reading.quarantine, f"{what}: whole, though a part of it could not be read")
    require(answer.status != 304, f"{what}: not modified, and taken for a whole list")


def _check_following(reading: Reading, ask: Ask, connector: Connector, what: str) -> None:
    for one in reading.asks:
        check_ask(one, connector)
    following = reading.next_page
    if following is not None:
        check_ask(following, connector)
        require(following.listing == ask.listing, f"{what}: its next page is one of another list")
        told = [(one.url, one.parameters, one.body) for one in (ask, following)]
        require(told[0] != told[1], f"{what}: its next page is itself")


def _check_problem(problem: Problem | None, what: str) -> None:
    if problem is not None:
        require(is_line(problem.detail), f"{what}: a problem that is not told in one line")
        require(_is_aware(problem.retry_at), f"{what}: retry_at has no time zone")


def _check_records(records: Iterable[SeenRecord], answer: Answer, what: str) -> None:
    known = set[tuple[str, str]]()
    timed: dict[tuple[str, bool], bool] = {}
    for record in records:
        require((record.key, record.place) not in known, f"{what}: twice the same record at the same place")
        known.add((record.key, record.place))
        check_record(record, answer)
        if not record.retrospective:
            has_time = timed.setdefault((record.kind, bool(record.content)), record.as_of is not None)
            require(has_time == (record.as_of is not None), f"{what}: as_of for some of a kind, not for others")


def check_record(record: SeenRecord, answer: Answer) -> None:
    """One record can be stored, and stands where it says."""
    what = f"record {record.key[:100]!r}"
    require(record.key and storable(record.key) == record.key, f"{what}: its key cannot be stored")
    require(record.state is not State.NOT_RETURNED, f"{what}: only the engine says that something is not returned")
    require(record.key not in (record.thread, record.parent), f"{what}: it answers itself")
    require(_is_place(record.place, answer), f"{what}: it does not stand at {record.place[:200]!r}")
    require(same_as_json(record.content), f"{what}: its content is not JSON")
    require(_is_storable(record.content), f"{what}: its content cannot be stored")
    require(_is_storable(record.text), f"{what}: its text cannot be stored")
    require(_is_aware(record.created_at) and _is_aware(record.as_of), f"{what}: a time without a zone")
    require(record.url is None or is_web(record.url), f"{what}: its url is no web address")
    if record.author is not None:
        named = (record.author.name, record.author.id, record.author.handle)
        require(_is_storable(list(named)), f"{what}: its author cannot be stored")
    _check_counts(record.counts, what)
    keys = [medium.key for medium in record.media]
    require(len(set(keys)) == len(keys) and all(keys), f"{what}: two files with the same key, or one without")
    for medium in record.media:
        require(is_web(medium.url) and medium.kind in _MEDIA, f"{what}: a file of no address or kind")


def _check_counted(records: Iterable[SeenRecord], told: Capabilities, what: str) -> None:
    """A number that the archive is set against is one of which is said what it counts."""
    deep = {kind: one.of is Extent.THREAD for one in told.counted for kind in one.on}
    for record in records:
        if record.counted is not None:
            _check_counts({"counted": record.counted}, what)
            require(record.kind in deep, f"{what}: a number of a {record.kind.value}, and nothing says what it counts")
            require(record.counted_deep == deep.get(record.kind), f"{what}: it counts to another depth than is said")


def _check_counts(counts: Mapping[str, int], what: str) -> None:
    usable = all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in counts.values())
    require(usable, f"{what}: a count that is no number from 0 on")


# Small parts.


def same_as_json(value: JSONValue) -> bool:
    """Whether a value is JSON and comes back from it the same."""
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False, default=dict)) == value)
    except (TypeError, ValueError):
        return False


def _is_storable(value: JSONValue) -> bool:
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=dict)
    return storable(written) == written and "\\u0000" not in written


def is_line(words: str) -> bool:
    """Whether words can be shown in one line."""
    return bool(words.strip()) and len(words) <= 500 and len(words.splitlines()) == 1


def _is_aware(at: datetime | None) -> bool:
    return at is None or at.tzinfo is not None


def _is_listing(name: str) -> bool:
    kind, colon, key = name.partition(":")
    return bool(kind) and (not colon or bool(key))


def _is_place(place: str, answer: Answer) -> bool:
    """Whether a place is one of the body of an answer."""
    match = _RANGE.fullmatch(place)
    if match is not None:
        return int(match[1]) <= int(match[2]) <= len(answer.body)
    if place == "":
        return True
    try:
        value = answer.json
    except ValueError:
        return False
    return place.startswith("/") and all(_step(value, part) for value, part in _walk(value, place))


def _walk(value: JSONValue, pointer: str) -> Iterable[tuple[JSONValue, str]]:
    """Every step of a JSON pointer (RFC 6901), with the value that it starts from."""
    for part in pointer[1:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        yield value, name
        if isinstance(value, list):
            value = value[int(name)] if _step(value, name) else None
        else:
            value = value.get(name) if isinstance(value, dict) else None


def _step(value: JSONValue, name: str) -> bool:
    if isinstance(value, list):
        return name.isascii() and name.isdigit() and int(name) < len(value)
    return isinstance(value, dict) and name in value
