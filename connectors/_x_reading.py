"""What the answers of the X API mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors import _x_fields as fields
from connectors._x_asks import KEPT, LISTED, MARGIN, SEARCHED, Asks, with_page
from connectors._x_people import message_record, user_facts, user_record
from connectors._x_posts import Around, Included, key_of, post_record, references, restricted
from connectors._x_problems import NOT_FOUND, NOT_OURS, Refusal, problem_of, rate_of, refusals
from connectors._x_values import Json, Unreadable, given_at, ident, is_count
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, Reading, RecordKind, SeenRecord

_K = ProblemKind
_LONGEST_TOKEN = 4096
_SURE = 9 / 10
"""Part of what X gives of a list at most, up to which it is taken as everything there is."""
_ASKED_FOR = ("", "id", "ids", "username", "event_id")
"""Parameters that name what a question is about; others name what an answer refers to."""
_USERS = ("identify", "profile", "me")
_LISTS = ("posts", "mentions", "conversation", "quotes", "messages")
_SINGLE = ("look", "versions", "message", "usage")


@dataclass(slots=True)
class Found:
    """What one body holds, collected while it is read."""

    ask: Ask
    body: Json
    received_at: datetime
    records: list[SeenRecord] = field(default_factory=list)
    quarantine: list[tuple[str, str]] = field(default_factory=list)
    drift: set[str] = field(default_factory=set)
    included: Included = field(default_factory=Included)

    @property
    def asks(self) -> Asks:
        return Asks.of(self.ask)

    @property
    def around(self) -> Around:
        context, asks = self.ask.context, self.asks
        key = context.get("key")
        return Around(
            asks.site,
            asks.account,
            thread=key if isinstance(key, str) else None,
            by=asks.account if self.ask.purpose == "posts" else None,
            kinds=_kinds(context),
        )

    @property
    def refusals(self) -> list[Refusal]:
        return list(refusals(self.body))

    @property
    def unread(self) -> bool:
        """Something of the list could not be read, on this page or one before."""
        return self.ask.context.get("unread") is True or bool(self.quarantine)

    def post(self, value: JSONValue, place: str, *, passed_on: bool | None = None) -> None:
        """Add one version of a post. ``passed_on``: of one that is only given beside what was asked for, whether it is
        there because the account passed it on."""
        around = self.around if passed_on is None else replace(self.around, by=None)
        self.drift |= fields.unknown("post", value)
        try:
            if not isinstance(value, dict):
                raise Unreadable("not a post")
            self.records.append(post_record(value, place, self.included, around, passed_on=passed_on is True))
        except Unreadable as error:
            self.quarantine.append((place, str(error)))

    def reading(self) -> Reading:
        return Reading(records=tuple(self.records), quarantine=tuple(self.quarantine), drift=fields.report(self.drift))


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    rate, problem = rate_of(answer), problem_of(ask, answer)
    if problem is not None:
        return replace(_of_problem(ask, problem, answer.received_at), rate=rate)
    try:
        body = answer.json
    except ValueError:
        return replace(_quarantined("the answer is not JSON", f"bytes=0-{len(answer.body)}"), rate=rate)
    if not isinstance(body, dict):
        return replace(_quarantined("not an object"), rate=rate)
    return replace(_read_body(Found(ask, body, answer.received_at)), rate=rate)


def _of_problem(ask: Ask, problem: Problem, at: datetime) -> Reading:
    if ask.purpose == "usage" and problem.kind not in (_K.RATE, _K.TRANSIENT, _K.SIGN_IN_EXPIRED):
        return Reading()  # then it is not known when the allowance is renewed; nothing of the account depends on it
    if ask.purpose == "profile" and problem.kind is _K.GONE:
        return Reading(problem=_away(suspended=False))
    if ask.purpose == "message" and problem.kind is _K.GONE and _is_out_of_reach(ask, at):
        return Reading(problem=Problem(_K.UNSUPPORTED, "messages are shown for thirty days"))
    return Reading(problem=problem)


def _read_body(found: Found) -> Reading:
    purpose, body = found.ask.purpose, found.body
    found.drift |= fields.unknown("answer", body) | fields.unknown("meta", body.get("meta"))
    errors = body.get("errors", [])
    if not isinstance(errors, list):
        return _quarantined("errors that are no list")
    if not errors and "data" not in body and "meta" not in body:
        return _quarantined("an answer without data")
    _include(found)
    if purpose in _USERS:
        return _user(found)
    if purpose in _LISTS:
        return _list(found)
    return {"look": _look, "versions": _versions, "message": _message, "usage": _usage}.get(purpose, _unasked)(found)


def _unasked(found: Found) -> Reading:
    return _quarantined("a question this connector never asked")


# What an answer gives beside its data.


def _include(found: Found) -> None:
    """Authors, files and polls by id, and which ids are edits of which."""
    given = found.body.get("includes")
    given = given if isinstance(given, dict) else {}
    found.drift |= fields.unknown("includes", given)
    for kind, name, named in (("user", "users", "id"), ("media", "media", "media_key"), ("poll", "polls", "id")):
        for one in _listed(given.get(name)):
            found.drift |= fields.unknown(kind, one)
            if isinstance(one, dict) and isinstance(one.get(named), str):
                getattr(found.included, name)[one[named]] = one
    for _, post in _included_posts(found):
        found.included.learn(post)
    data = found.body.get("data")
    for post in data if isinstance(data, list) else ():
        found.included.learn(post)


def _included_posts(found: Found) -> Iterator[tuple[str, JSONValue]]:
    given = found.body.get("includes")
    for name in ("posts", "tweets"):
        for number, post in enumerate(_listed(given.get(name)) if isinstance(given, dict) else ()):
            yield f"/includes/{name}/{number}", post


def _add_included(found: Found, data: Sequence[JSONValue]) -> None:
    """Read what an answer gives beside its posts, where it belongs to the account: other versions of what is listed,
    what is the account's own or answers it, what was said in the conversation that was asked for, and what the account
    itself answered, quoted or passed on. What strangers quote or answer among themselves is no record of the account,
    though the stored bytes hold it."""
    asks, key = found.asks, found.around.thread
    listed = {record.key for record in found.records}
    referred = _referred(found, data)
    for place, post in _included_posts(found):
        try:
            if not isinstance(post, dict):
                raise Unreadable("not a post")
            mine = asks.account in (post.get("author_id"), post.get("in_reply_to_user_id"))
            first = key_of(found.included.chain(post)[0])
            conversation = post.get("conversation_id")
        except Unreadable as error:
            found.quarantine.append((place, str(error)))
            continue
        in_thread = key is not None and isinstance(conversation, str) and key_of(conversation) == key
        if mine or in_thread or first in listed or first in referred:
            passed_on = first not in listed and referred.get(first, "replied_to") != "replied_to"
            found.post(post, place, passed_on=passed_on)


def _referred(found: Found, data: Sequence[JSONValue]) -> dict[str, str]:
    """Keys of posts that the account's own posts refer to, and how."""
    referred: dict[str, str] = {}
    for post in data:
        if isinstance(post, dict) and post.get("author_id", found.around.by) == found.asks.account:
            try:
                referred |= {key_of(found.included.first(one)): kind for kind, one in references(post).items()}
            except Unreadable:
                continue  # noted where the post itself is read
    return referred


# Users.


def _user(found: Found) -> Reading:
    user, asks = found.body.get("data"), found.asks
    if user is None:
        return _no_user(found)
    found.drift |= fields.unknown("user", user)
    try:
        if not isinstance(user, dict):
            raise Unreadable("not a user")
        facts = user_facts(user, asks.site)
        if found.ask.purpose == "me":
            return _me(found, facts.platform_id)
        found.records.append(user_record(user, "/data", asks.site))
    except Unreadable as error:
        return _quarantined(str(error), "/data")
    reading = replace(found.reading(), account=facts)
    if asks.account and facts.platform_id != asks.account:
        return replace(reading, problem=Problem(_K.CONTRACT, "X answered with another account"))
    return reading


def _no_user(found: Found) -> Reading:
    """X says of an account that is not there no more than that, or that it is suspended."""
    about = [one for one in found.refusals if one.parameter in _ASKED_FOR]
    if any(one.suspended for one in about):
        return Reading(problem=_away(suspended=True))
    if any(one.kind == NOT_OURS for one in about):
        return Reading(problem=Problem(_K.PERMISSION, "X does not show us this account"))
    if not any(one.kind == NOT_FOUND for one in about):
        return _quarantined("an answer without data")
    if found.ask.purpose == "identify":
        return Reading(problem=Problem(_K.GONE, "X knows no such account"))
    return Reading(problem=_away(suspended=False))


def _away(*, suspended: bool) -> Problem:
    if suspended:
        return Problem(_K.TAKEN_DOWN, "X says that it has suspended the account")
    return Problem(_K.DEACTIVATED, "X no longer knows the account: it was deactivated or deleted, X does not say which")


def _me(found: Found, identity: str) -> Reading:
    """Messages are those of whoever the token belongs to."""
    if identity != found.asks.account:
        return Reading(
            problem=Problem(_K.PERMISSION, "the token belongs to another account: no messages are asked for")
        )
    follows = () if found.ask.context.get("look") or found.asks.sweep == "look" else (found.asks.messages(),)
    return replace(found.reading(), present=("me",), asks=follows)


# Lists.


def _list(found: Found) -> Reading:
    data = found.body.get("data")
    meta = found.body.get("meta")
    counted = meta.get("result_count") if isinstance(meta, dict) else None
    if data is None:
        if counted != 0:
            return _refused(found)
        data = []
    if not isinstance(data, list):
        return _quarantined("a list without its entries")
    token = meta.get("next_token") if isinstance(meta, dict) else None
    if token is not None and (not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN):
        return _quarantined("a next page without a usable token")
    if is_count(counted) and counted != len(data):
        found.quarantine.append(("/meta", "another number of entries than is said"))
    if found.ask.purpose == "messages":
        return _messages(found, data, token)
    for number, post in enumerate(data):
        found.post(post, f"/data/{number}")
    _add_included(found, data)
    return _paged(found, token, len(data))


def _refused(found: Found) -> Reading:
    """A list that is not given: X says why, about the user whose list it is."""
    about = [one for one in found.refusals if one.about in ("user", "") and one.parameter in _ASKED_FOR]
    if about and found.ask.purpose in ("posts", "mentions"):
        return _no_user(found)
    if found.ask.purpose == "quotes" and any(one.kind in (NOT_FOUND, NOT_OURS) for one in found.refusals):
        return Reading()  # the post itself is looked at elsewhere
    return _quarantined("a list without its entries")


def _paged(found: Found, token: str | None, size: int) -> Reading:
    """The same with what follows: the next page, threads to look into, where the next sweep begins."""
    context = found.ask.context
    before = context.get("listed")
    listed = size + (before if is_count(before) else 0)
    newest = context.get("newest") or _newest(found)
    reading = replace(found.reading(), asks=tuple(_following(found)))
    if token is not None:
        more: dict[str, JSONValue] = {"listed": listed, "unread": found.unread}
        more |= {"newest": newest} if newest else {}
        more |= {"oldest": oldest} if (oldest := _oldest(found)) else {}
        return replace(reading, next_page=with_page(found.ask, token, **more))
    whole, since = _reach(found, listed)
    if found.unread:
        whole, since = False, None
    begins = {found.ask.purpose: newest} if newest and found.ask.purpose in LISTED and not found.unread else None
    return replace(reading, whole=whole, since=since, bookmark=begins)


def _reach(found: Found, listed: int) -> tuple[bool, datetime | None]:
    """Whether a list that ends here was everything there is; else since when it is."""
    purpose, context = found.ask.purpose, found.ask.context
    after = context.get("after")
    if purpose in LISTED and isinstance(after, str):
        return False, given_at(after)
    if purpose in LISTED:
        if listed < LISTED[purpose] * _SURE:
            return True, None
        oldest = _oldest(found)
        return False, given_at(oldest) if oldest else None
    if purpose == "conversation":
        since = found.received_at - SEARCHED + MARGIN
        began = given_at(str(context.get("key", "")).partition("/")[2] or "0")
        return (True, None) if began is not None and began > since else (False, since)
    return False, found.received_at - KEPT + MARGIN if purpose == "messages" else None


def _newest(found: Found) -> str | None:
    identities = [one["id"] for one in _data(found) if isinstance(one.get("id"), str) and given_at_or_none(one["id"])]
    return max(identities, key=int, default=None)


def _oldest(found: Found) -> str | None:
    """Id of the oldest entry of this page and those before."""
    before = found.ask.context.get("oldest")
    identities = [one["id"] for one in _data(found) if isinstance(one.get("id"), str) and given_at_or_none(one["id"])]
    identities += [before] if isinstance(before, str) and before.isdigit() else []
    return min(identities, key=int, default=None)


def given_at_or_none(identity: str) -> datetime | None:
    """When an id was given; None where it is none."""
    try:
        return given_at(ident(identity, "a post"))
    except Unreadable:
        return None


def _data(found: Found) -> list[Json]:
    data = found.body.get("data")
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


# Threads and versions that follow.


def _following(found: Found) -> Iterator[Ask]:
    asks = found.asks
    if found.ask.purpose == "posts":
        since = found.received_at - SEARCHED
        own = [one for one in found.records if one.kind is RecordKind.POST and not one.retrospective]
        for record in own:
            if record.author is None or record.author.id != asks.account:
                continue
            recent = record.created_at is not None and record.created_at > since
            if recent and (record.counts.get("replies", 1) > 0 or asks.full):
                yield asks.conversation(record.key)
            if record.counts.get("quotes", 0) > 0:
                yield asks.quotes(record.key)
    yield from asks.versions(_unshown(found))


def _unshown(found: Found) -> list[str]:
    """Ids of versions of records in this answer that it names and does not show. What was asked for and refused is not
    asked for again."""
    shown = {record.content.get("version") for record in found.records}
    known = {record.key for record in found.records}
    refused = {one.identity for one in found.refusals}
    named = {one for chain in found.included.chains.values() if key_of(chain[0]) in known for one in chain}
    return sorted(named - shown - refused, key=int) if found.ask.purpose != "versions" else []


# Direct looks.


def _look(found: Found) -> Reading:
    """Known posts by their first ids. Each is there, or X says of it alone why not."""
    data = found.body.get("data", [])
    if not isinstance(data, list):
        return _quarantined("a list without its entries")
    for number, post in enumerate(data):
        found.post(post, f"/data/{number}")
    _add_included(found, data)
    present = _accounted_for(found, _looked_for(found.ask))
    reading = replace(found.reading(), present=tuple(present), asks=(*_quoted(found), *_unreached(found)))
    if any(place.startswith("/data") for place, _ in found.quarantine):
        # One of those that were asked for: which, cannot be told.
        return replace(reading, problem=Problem(_K.CONTRACT, found.quarantine[0][1]))
    return reading


def _unreached(found: Found) -> Iterator[Ask]:
    return found.asks.versions(_unshown(found))


def _quoted(found: Found) -> Iterator[Ask]:
    """On a watch, who quotes the account's own posts."""
    if found.asks.sweep == "watch":
        for record in found.records:
            if record.kind is RecordKind.POST and record.place.startswith("/data") and record.counts.get("quotes", 0):
                yield found.asks.quotes(record.key)


def _accounted_for(found: Found, wanted: Sequence[str]) -> Iterator[str]:
    """Keys of which this answer does not say that they are not there. Where X says that one is not ours to see, that is
    its state. What it passes over in silence, or refuses for a reason unknown here, is left open."""
    about = {one.identity: one for one in found.refusals if one.about != "user"}
    seen, chains = {record.key for record in found.records}, found.included.chains
    for key in wanted:
        identity = key.partition("/")[2]
        refusal = about.get(identity)
        if key in seen:
            continue
        if identity in chains:  # it is a version of another record, which is there
            yield key
        elif refusal is None:
            found.quarantine.append(("/errors", "something that was asked for is passed over in silence"))
            yield key
        elif refusal.kind == NOT_OURS or refusal.suspended:
            kind = found.around.kinds.get(key, RecordKind.COMMENT)
            found.records.append(restricted(key, RecordKind(kind), refusal.place))
        elif refusal.kind != NOT_FOUND:
            found.quarantine.append((refusal.place, "a reason why something is not shown that is not known here"))
            yield key


def _versions(found: Found) -> Reading:
    data = found.body.get("data", [])
    if not isinstance(data, list):
        return _quarantined("a list without its entries")
    for number, post in enumerate(data):
        found.post(post, f"/data/{number}")
    return found.reading()


# Messages, and the app's allowance.


def _messages(found: Found, data: Sequence[JSONValue], token: str | None) -> Reading:
    for number, event in enumerate(data):
        _add_message(found, event, f"/data/{number}")
    return _paged(found, token, len(data))


def _add_message(found: Found, event: JSONValue, place: str) -> None:
    found.drift |= fields.unknown("message", event)
    if isinstance(event, dict) and event.get("event_type") not in ("MessageCreate", None):
        return  # somebody joined or left
    try:
        if not isinstance(event, dict):
            raise Unreadable("not a message")
        found.records.append(message_record(event, place, found.included, found.asks.account))
    except Unreadable as error:
        found.quarantine.append((place, str(error)))


def _message(found: Found) -> Reading:
    event = found.body.get("data")
    if event is not None:
        _add_message(found, event, "/data")
        reading = found.reading()
        if found.quarantine:
            return replace(reading, problem=Problem(_K.CONTRACT, found.quarantine[0][1]))
        return reading
    if not any(one.kind == NOT_FOUND for one in found.refusals):
        return _quarantined("an answer without data")
    if _is_out_of_reach(found.ask, found.received_at):
        return Reading(problem=Problem(_K.UNSUPPORTED, "messages are shown for thirty days"))
    return Reading(problem=Problem(_K.GONE, "X says that the message is not there"))


def _is_out_of_reach(ask: Ask, at: datetime) -> bool:
    """Whether a message is too old to be shown, or may be."""
    identity = next(iter(_looked_for(ask)), "").partition("/")[2]
    sent = given_at_or_none(identity)
    return sent is None or sent < at - KEPT + MARGIN


def _usage(found: Found) -> Reading:
    usage = found.body.get("data")
    found.drift |= fields.unknown("usage", usage)
    day = usage.get("cap_reset_day") if isinstance(usage, dict) else None
    known = isinstance(day, int) and not isinstance(day, bool) and 1 <= day <= 31
    return replace(found.reading(), bookmark={"cap_day": day} if known else None)


# Small parts.


def _looked_for(ask: Ask) -> list[str]:
    looked = ask.context.get("look")
    return [key for key in looked if isinstance(key, str)] if isinstance(looked, list | tuple) else []


def _kinds(context: Mapping[str, JSONValue]) -> dict[str, str]:
    looked, kinds = context.get("look"), context.get("kinds")
    if not isinstance(looked, list | tuple) or not isinstance(kinds, list | tuple):
        return {}
    known = set(RecordKind)
    return {str(key): kind for key, kind in zip(looked, kinds, strict=False) if kind in known}


def _listed(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else []


def _quarantined(reason: str, place: str = "") -> Reading:
    return Reading(quarantine=((place, reason),), problem=Problem(_K.CONTRACT, reason))
