"""What the answers of a Mastodon server mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors import _mastodon_beside as beside
from connectors import _mastodon_fields as fields
from connectors import drift
from connectors._mastodon_asks import BESIDE, EMPTIED, LISTS, OWNER, WITNESS, Asks, edits_after
from connectors._mastodon_pages import paged
from connectors._mastodon_problems import problem_of, rate_of
from connectors._mastodon_settings import SETTINGS, read_settings
from connectors._mastodon_statuses import (
    account_facts,
    follow_setting,
    key_of,
    profile_record,
    status_record,
    version_record,
)
from connectors.bodies import quarantined
from connectors.contract import (
    Answer,
    Ask,
    JSONValue,
    Problem,
    ProblemKind,
    Reading,
    RecordKind,
    SeenRecord,
)
from connectors.values import Unreadable, ident

#: What a server gives to strangers of one thread (Mastodon, ``Api::V1::StatusesController``), and to the signed in.
ANCESTORS, DESCENDANTS, DEPTH = 40, 60, 20
SIGNED_IN = 4096
_NESTED = 4
_CLOCKS_APART = timedelta(hours=1)
_DEEPER_LEVELS, _DEEPER_ASKS = 10, 40


@dataclass(slots=True)
class Found:
    """What one body holds, collected while it is read."""

    account: str
    records: list[SeenRecord] = field(default_factory=list)
    quarantine: list[tuple[str, str]] = field(default_factory=list)
    drift: set[str] = field(default_factory=set)

    def status(self, value: JSONValue, place: str, thread: str | None = None) -> SeenRecord | None:
        """Add a status and those that stand inside it; return the outer one's record, None where it is unreadable."""
        outer = self._one(value, place, thread, passed_on=False)
        around = (outer.thread or outer.key) if outer else None
        for inner, where in _inside(value, place):
            self._one(inner, where, around, passed_on=True)
        return outer

    def _one(self, value: JSONValue, place: str, thread: str | None, *, passed_on: bool) -> SeenRecord | None:
        if isinstance(value, dict):
            self.drift |= fields.unknown_in_status(value)
        try:
            own_thread = None if passed_on and _author_is(value, self.account) else thread
            record = status_record(value, place, self.account, thread=own_thread, passed_on=passed_on)
        except Unreadable as error:
            self.quarantine.append((place, str(error)))
            return None
        self.records.append(record)
        return record

    def unreadable(self, place: str, reason: str) -> None:
        self.quarantine.append((place, reason))

    def reading(self) -> Reading:
        return Reading(records=tuple(self.records), quarantine=tuple(self.quarantine), drift=drift.report(self.drift))


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    rate = rate_of(answer)
    problem = problem_of(ask, answer)
    if problem is not None:
        return Reading(problem=problem, rate=rate)
    try:
        body = answer.json
    except ValueError:
        return replace(_not_understood(answer, "the answer is not JSON"), rate=rate)
    return replace(_read_body(ask, answer, body), rate=rate)


def _read_body(ask: Ask, answer: Answer, body: JSONValue) -> Reading:
    if ask.purpose in LISTS:
        return _list(ask, answer, body) if isinstance(body, list) else _wrong("a list", body)
    if ask.purpose in SETTINGS:
        return read_settings(ask, answer, body) if isinstance(body, list) else _wrong("a list", body)
    if ask.purpose == WITNESS:
        return beside.witness(ask, body) if isinstance(body, list) else _wrong("a list", body)
    if ask.purpose == "history":
        return _history(ask, body) if isinstance(body, list) else _wrong("a list", body)
    if not isinstance(body, dict):
        return _wrong("an object", body)
    if ask.purpose == OWNER:
        return _owner(ask, body)
    if ask.purpose in ("account", "lookup"):
        return _account(ask, body)
    if ask.purpose == "status":
        return _status(ask, body)
    if ask.purpose == "context":
        return _context(ask, body)
    if ask.purpose in (BESIDE, EMPTIED):
        return beside.read(ask, body)
    if ask.purpose == "instance":
        return _instance(body)
    return _not_understood(answer, "a question this connector never asked")


# Single objects.


def _instance(body: Mapping[str, JSONValue]) -> Reading:
    """The server speaks of itself: it is not some empty answer of whatever stands before it."""
    named = any(isinstance(body.get(name), str) and body[name] for name in ("uri", "domain"))
    return Reading(present=("instance",) if named else ())


def _owner(ask: Ask, body: Mapping[str, JSONValue]) -> Reading:
    if not isinstance(body.get("id"), str):
        return _wrong("an account", body)
    if body["id"] != _account_id(ask):
        return Reading(problem=Problem(ProblemKind.REVOKED, "the token belongs to another account"))
    return Reading(present=(OWNER,))


def _account(ask: Ask, body: Mapping[str, JSONValue]) -> Reading:
    found = Found(_account_id(ask))
    found.drift |= fields.unknown("account", body)
    try:
        facts = account_facts(body, Asks.of(ask).service)
        found.records.append(profile_record(body, ""))
        found.records += follow_setting(body, facts.platform_id)
    except Unreadable as error:
        return quarantined(str(error))
    reading = replace(found.reading(), account=facts)
    if found.account and facts.platform_id != found.account:
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "the server answered with another account"))
    return reading


def _status(ask: Ask, body: Mapping[str, JSONValue]) -> Reading:
    found = Found(_account_id(ask))
    thread = ask.context.get("thread")
    outer = found.status(body, "", thread if isinstance(thread, str) else None)
    if outer is None:
        return replace(found.reading(), problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    reading = replace(found.reading(), asks=tuple(_histories(ask, [outer])))
    if ask.context.get("look") not in (None, [outer.key]):
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "the server answered with another status"))
    return reading


def _history(ask: Ask, body: Sequence[JSONValue]) -> Reading:
    found = Found(_account_id(ask))
    about = ask.context.get("about")
    if not isinstance(about, Mapping) or "key" not in about or about.get("kind") not in set(RecordKind):
        return quarantined("a history of no known status")
    for number, version in enumerate(body):
        if isinstance(version, dict):
            found.drift |= fields.unknown_in_status(version, "version")
        try:
            found.records.append(version_record(version, f"/{number}", about))
        except Unreadable as error:
            found.unreadable(f"/{number}", str(error))
    return found.reading()


# Threads.


def _context(ask: Ask, body: Mapping[str, JSONValue]) -> Reading:
    found = Found(_account_id(ask))
    found.drift |= fields.unknown("context", body)
    above, below = body.get("ancestors"), body.get("descendants")
    if not isinstance(above, list) or not isinstance(below, list):
        return quarantined("a thread without its two lists")
    key = str(ask.context.get("key", ""))
    first = _first_of_thread(above, key, ask)
    seen = [found.status(value, f"/ancestors/{number}", first) for number, value in enumerate(above)]
    under = [found.status(value, f"/descendants/{number}", first) for number, value in enumerate(below)]
    seen += under
    cut = _is_cut(ask, len(above), key, [record for record in under if record])
    readable = [record for record in seen if record]
    return replace(
        found.reading(),
        asks=(*_histories(ask, readable), *(_more(ask, under) if cut else ())),
        whole=not cut and not found.quarantine,
    )


def _first_of_thread(above: Sequence[JSONValue], key: str, ask: Ask) -> str:
    """Key of the first record; the asked one where the server may have cut off what is above."""
    limit = SIGNED_IN if ask.context.get("signed_in") is True else ANCESTORS
    first = above[0] if above else None
    if isinstance(first, dict) and len(above) < limit:
        try:
            return key_of(ident(first.get("id"), "a status"))
        except Unreadable:
            return key
    return key


def _is_cut(ask: Ask, above: int, key: str, below: Sequence[SeenRecord]) -> bool:
    """Whether the server may have left something out because there was too much of it.

    It counts to its limit before it leaves out what is hidden, so a thread that was cut may show fewer. What the
    statuses count and the thread does not show may be such.
    """
    answers = len(below) + _not_shown(ask, key, below)
    if ask.context.get("signed_in") is True:
        return above >= SIGNED_IN or answers >= SIGNED_IN
    return above >= ANCESTORS or answers >= DESCENDANTS or _depth(key, below) >= DEPTH


def _not_shown(ask: Ask, key: str, below: Sequence[SeenRecord]) -> int:
    """How many answers the statuses of a thread count beyond those that it shows."""
    shown = _shown(below)
    missing = sum(max(0, one.counts.get("replies", 0) - shown.get(one.key, 0)) for one in below)
    counted = ask.context.get("replies")
    return missing + (max(0, counted - shown.get(key, 0)) if isinstance(counted, int) else 0)


def _depth(key: str, below: Sequence[SeenRecord]) -> int:
    """Levels of answers under ``key``. Takes the list in any order and with circles."""
    answers: dict[str | None, list[str]] = {}
    for record in below:
        answers.setdefault(record.parent, []).append(record.key)
    level, depth, known = [key], 0, {key}
    while level:
        level = [one for parent in level for one in answers.get(parent, ()) if one not in known]
        known.update(level)
        depth += bool(level)
    return depth


def _more(ask: Ask, below: Sequence[SeenRecord | None]) -> Iterator[Ask]:
    """Where a thread was cut: the same signed in, or else the branches that count more answers than were shown."""
    asks = Asks.of(ask)
    if ask.context.get("signed_in") is True:
        return
    if asks.authorised:
        yield asks.whole_thread(ask)
        return
    level = ask.context.get("level")
    if not isinstance(level, int) or level >= _DEEPER_LEVELS:
        return
    after = ask.context.get("edits_after")
    edits = after if isinstance(after, str) else None
    for one in _branches(str(ask.context.get("key")), [record for record in below if record])[:_DEEPER_ASKS]:
        replies = one.counts.get("replies")
        yield asks.thread(one.key, private=False, edits_after=edits, level=level + 1, replies=replies)


def _shown(below: Iterable[SeenRecord]) -> dict[str | None, int]:
    """How many direct answers to each status a thread shows."""
    shown: dict[str | None, int] = {}
    for record in below:
        shown[record.parent] = shown.get(record.parent, 0) + 1
    return shown


def _branches(key: str, below: Sequence[SeenRecord]) -> list[SeenRecord]:
    shown = _shown(below)
    return [one for one in below if one.key != key and one.counts.get("replies", 0) > shown.get(one.key, 0)]


# Lists.


def _list(ask: Ask, answer: Answer, body: Sequence[JSONValue]) -> Reading:
    found = Found(_account_id(ask))
    outer = [record for number, value in enumerate(body) if (record := _element(ask, found, value, number))]
    to_self = {key_of(str(one.get("id"))) for one in body if isinstance(one, dict) and _answers(one, found.account)}
    asks = (*_histories(ask, outer), *_threads(ask, [one for one in outer if one.key not in to_self]))
    return paged(ask, answer, body, replace(found.reading(), asks=asks))


def _element(ask: Ask, found: Found, value: JSONValue, number: int) -> SeenRecord | None:
    """The status that one element of a list is, or is about."""
    place = f"/{number}"
    inside = {"notifications": ("notification", "status"), "conversations": ("conversation", "last_status")}
    if ask.purpose not in inside:
        return found.status(value, place)
    kind, name = inside[ask.purpose]
    if not isinstance(value, dict):
        found.unreadable(place, f"not a {kind}")
        return None
    found.drift |= fields.unknown(kind, value)
    if value.get(name) is None:  # its status was deleted since
        return None
    return found.status(value[name], f"{place}/{name}")


def _threads(ask: Ask, records: Sequence[SeenRecord]) -> Iterator[Ask]:
    """Threads to look into because of what a list showed."""
    asks = Asks.of(ask)
    for record in records:
        private = record.kind is RecordKind.MESSAGE
        if private != (ask.purpose != "statuses") and not asks.closed:
            continue
        if ask.purpose != "notifications" and _wants_thread(asks, record):
            # With every edit in it: what is known of a thread is not known from its list.
            yield asks.thread(record.key, private=private, replies=record.counts.get("replies"))


def _wants_thread(asks: Asks, record: SeenRecord) -> bool:
    """Own answers to others: for what they answer. Own first posts, and own answers to what was deleted: for their
    answers; a full sweep may also look where no answer is counted now, since there may have been some. (Answers to
    oneself are in the thread of the first.)"""
    if record.kind is RecordKind.MESSAGE:
        return True
    if record.kind is RecordKind.COMMENT and record.parent is not None:
        return True
    if record.kind not in (RecordKind.POST, RecordKind.COMMENT):
        return False
    return record.counts.get("replies", 1) > 0 or (asks.full and asks.every_thread)


def _histories(ask: Ask, records: Sequence[SeenRecord]) -> Iterator[Ask]:
    """Edit histories of what was edited since it was last looked at."""
    asks, after = Asks.of(ask), edits_after(ask)
    for record in records:
        edited = record.as_of is not None and record.as_of != record.created_at
        if edited and record.kind is not RecordKind.SHARE and _is_news(record.as_of, after):
            yield asks.history(record, ask)


def _is_news(at: datetime | None, after: datetime | None) -> bool:
    return at is None or after is None or at > after - _CLOCKS_APART


# What was not understood.


def _wrong(expected: str, body: JSONValue) -> Reading:
    if isinstance(body, dict) and "error" in body:
        return quarantined("an error in the form of a success")
    return quarantined(f"not {expected}")


def _not_understood(answer: Answer, reason: str) -> Reading:
    return quarantined(reason, f"bytes=0-{len(answer.body)}")


# Small parts.


def _inside(value: JSONValue, place: str) -> Iterator[tuple[JSONValue, str]]:
    """Statuses inside a status: the one it shares, the one it quotes, and theirs."""
    for _ in range(_NESTED):
        if not isinstance(value, dict):
            return
        quoted = value.get("quote")
        if value.get("reblog") is not None:
            value, place = value["reblog"], f"{place}/reblog"
        elif isinstance(quoted, dict) and quoted.get("quoted_status") is not None:
            value, place = quoted["quoted_status"], f"{place}/quote/quoted_status"
        else:
            return
        yield value, place


def _answers(value: Mapping[str, JSONValue], account: str) -> bool:
    """Whether a status answers one of the account that is still there: servers blank its id when it is deleted."""
    return value.get("in_reply_to_account_id") == account and value.get("in_reply_to_id") is not None


def _author_is(value: JSONValue, account: str) -> bool:
    author = value.get("account") if isinstance(value, dict) else None
    return isinstance(author, dict) and author.get("id") == account


def _account_id(ask: Ask) -> str:
    return str(ask.context.get("account", ""))
