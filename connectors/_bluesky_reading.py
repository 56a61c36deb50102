"""What the answers of the AT Protocol's servers mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from connectors import _bluesky_fields as fields
from connectors import _bluesky_frames as frames
from connectors import drift
from connectors._bluesky_asks import AT_ONCE, COLLECTIONS, SETTINGS, Asks, with_cursor
from connectors._bluesky_frames import taken_apart
from connectors._bluesky_names import is_handle
from connectors._bluesky_pages import paged
from connectors._bluesky_problems import problem_of, rate_of
from connectors._bluesky_records import account_facts, identity_record, own_record, post_view, profile_record
from connectors._bluesky_settings import read_settings
from connectors._bluesky_threads import read_thread
from connectors.answers import moment
from connectors.bodies import quarantined
from connectors.contract import Answer, Ask, Author, JSONValue, Problem, ProblemKind, Reading, RecordKind, SeenRecord
from connectors.links import origin, web
from connectors.values import Unreadable

Json = Mapping[str, JSONValue]

_PDS = ("#atproto_pds", "AtprotoPersonalDataServer")
_MOST_HANDLES = 10


@dataclass(slots=True)
class Found:
    """What one body holds, collected while it is read."""

    asks: Asks
    answer: Answer
    records: list[SeenRecord] = field(default_factory=list)
    quarantine: list[tuple[str, str]] = field(default_factory=list)
    drift: set[str] = field(default_factory=set)

    def view(
        self, value: JSONValue, place: str, *, thread: str | None = None, shared: bool = False, kind: str = "post"
    ) -> SeenRecord | None:
        """Add a post as the service shows it; None where it is unreadable."""
        if isinstance(value, dict):
            self.drift |= fields.unknown(kind, value) | fields.unknown("author", value.get("author"))
            self.drift |= fields.unknown("record", value.get("record", value.get("value")))
        asks = self.asks
        try:
            record = post_view(
                value, place, asks.account, asks.site, self.answer.received_at, thread=thread, shared=shared
            )
        except Unreadable as error:
            self.quarantine.append((place, str(error)))
            return None
        self.records.append(record)
        return record

    def quoted(self, value: JSONValue, place: str) -> None:
        """Add the post of somebody else that a post of the account quotes, if the service shows it: it may be deleted,
        blocked, or detached from the quote by its author."""
        embed = value.get("embed") if isinstance(value, dict) else None
        if not isinstance(embed, dict):
            return
        inner, where = embed.get("record"), f"{place}/embed/record"
        if isinstance(inner, dict) and isinstance(inner.get("record"), dict):  # beside pictures or a link
            inner, where = inner["record"], f"{where}/record"
        if isinstance(inner, dict) and inner.get("$type") == "app.bsky.embed.record#viewRecord":
            said = inner.get("value")
            if isinstance(said, dict) and said.get("$type") == "app.bsky.feed.post":
                self.view(inner, where, shared=True, kind="quoted")

    def reading(self) -> Reading:
        return Reading(records=tuple(self.records), quarantine=tuple(self.quarantine), drift=drift.report(self.drift))


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    if ask.purpose == "frame":
        return _frame(ask, answer)
    rate = rate_of(answer)
    problem = problem_of(ask, answer)
    if problem is not None:
        return Reading(problem=problem, rate=rate)
    try:
        body = answer.json
    except ValueError:
        place = f"bytes=0-{len(answer.body)}"
        return replace(quarantined("the answer is not JSON", place), rate=rate)
    if not isinstance(body, dict):
        return replace(quarantined("not an object"), rate=rate)
    if "error" in body:
        return replace(quarantined("an error in the form of a success"), rate=rate)
    return replace(_read_body(ask, answer, body), rate=rate)


def _read_body(ask: Ask, answer: Answer, body: Json) -> Reading:
    found = Found(Asks.of(ask), answer)
    match ask.purpose:
        case "profile":
            return _profile(ask, found, body)
        case "sign_in":
            return Reading(present=("session",))
        case "health":
            return Reading(present=("server",) if isinstance(body.get("version"), str) else ())
        case "identity" | "document":
            return _identity(ask, found, body)
        case "commit":
            return _commit(ask, found, body)
        case "record":
            return _own(ask, found, body, "", require=True)
        case "indexed":
            return _indexed(ask, body)
        case "feed":
            return _feed(ask, found, body)
        case "thread":
            return _thread(ask, found, body)
        case "quotes" | "shown":
            return _posts(ask, found, body)
        case "notifications":
            return _notifications(ask, found, body)
    if ask.purpose in SETTINGS:
        return read_settings(ask, answer, body)
    if ask.purpose in COLLECTIONS:
        return _records(ask, found, body)
    return quarantined("a question this connector never asked")


# --- who the account is ----------------------------------------------------------------------------------------------


def _profile(ask: Ask, found: Found, body: Json) -> Reading:
    found.drift |= fields.unknown("profile", body)
    try:
        facts = account_facts(body, found.asks.site)
        found.records.append(profile_record(body, "", found.asks.site))
    except Unreadable as error:
        return quarantined(str(error))
    reading = replace(found.reading(), account=facts)
    if found.asks.account and facts.platform_id != found.asks.account:
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "the service answered with another account"))
    return reading


def _identity(ask: Ask, found: Found, body: Json) -> Reading:
    asks = found.asks
    if body.get("id") != asks.account:
        return quarantined("the DID document of another account")
    pds = _server(body)
    if pds is None:
        return quarantined("a DID document that names no server")
    reading = Reading(records=(identity_record(asks.account, _handles(body), pds),))
    if ask.purpose == "document":
        return reading
    known = ask.context.get("known")
    kept = known if isinstance(known, Mapping) else {}
    notified = (asks.notifications(pds, kept),) if asks.authorised else ()
    return replace(reading, next_page=asks.commit(pds, kept), asks=notified, bookmark={"pds": pds})


def _server(body: Json) -> str | None:
    """Origin of the server that holds the repository."""
    services = body.get("service")
    for one in services if isinstance(services, list) else ():
        if not isinstance(one, dict) or one.get("type") != _PDS[1] or not str(one.get("id", "")).endswith(_PDS[0]):
            continue
        url = one.get("serviceEndpoint")
        parts = web(url) if isinstance(url, str) else None
        if parts is not None and parts.path in ("", "/") and not parts.query:
            return origin(parts)
    return None


def _handles(body: Json) -> list[str]:
    names = body.get("alsoKnownAs")
    known = [one.removeprefix("at://") for one in names if isinstance(one, str)] if isinstance(names, list) else []
    return [one for one in known if is_handle(one)][:_MOST_HANDLES]


# --- the account's own repository ------------------------------------------------------------------------------------


def _commit(ask: Ask, found: Found, body: Json) -> Reading:
    """Where the revision is the one that is known, nothing was changed, and the list is as it was."""
    revision = body.get("rev")
    if not isinstance(revision, str) or not 1 <= len(revision) <= 64:
        return quarantined("a revision that is none")
    asks, known = found.asks, ask.context.get("known")
    kept = known if isinstance(known, Mapping) else {}
    pds = origin_of(ask)
    changed = [one for one in COLLECTIONS if asks.full or kept.get(f"{one}.rev") != revision]
    pages = {one: asks.records(pds, one, revision, kept) for one in changed}
    settings = asks.settings(pds) if asks.full else ()
    return Reading(
        next_page=pages.pop("posts", None),
        asks=(*pages.values(), *settings),
        present=(f"identity/{asks.account}",),
    )


def _records(ask: Ask, found: Found, body: Json) -> Reading:
    listed = body.get("records")
    if not isinstance(listed, list):
        return quarantined("a list of records without its records")
    for number, value in enumerate(listed):
        _add_own(ask, found, value, f"/records/{number}")
    # (whoever takes back the only repost leaves an empty list)
    first = all(name != "cursor" for name, _ in ask.parameters)
    none = ask.purpose == "reposts" and first and not listed and not body.get("cursor")
    reading = replace(found.reading(), none=none)
    return paged(ask, answer=found.answer, cursor=body.get("cursor"), listed=listed, reading=reading)


def _own(ask: Ask, found: Found, body: Json, place: str, *, require: bool) -> Reading:
    _add_own(ask, found, body, place)
    reading = found.reading()
    if require and found.quarantine:
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    return reading


def _add_own(ask: Ask, found: Found, value: JSONValue, place: str, server: str = "") -> None:
    asks = found.asks
    if isinstance(value, dict):
        kind = "repost" if "/app.bsky.feed.repost/" in str(value.get("uri")) else "record"
        found.drift |= fields.unknown("listed", value) | fields.unknown(kind, value.get("value"))
    handle = asks.handle if is_handle(asks.handle) else None
    author = Author(asks.account, handle or asks.account, handle, f"{asks.site}/profile/{handle or asks.account}")
    try:
        held = server or origin_of(ask)
        record = own_record(value, place, author, asks.site, held, found.answer.received_at)
    except Unreadable as error:
        found.quarantine.append((place, str(error)))
    else:
        found.records.append(record)


def _indexed(ask: Ask, body: Json) -> Reading:
    """The service has a record: that it stands is all that was asked."""
    looked = ask.context.get("look")
    return Reading(present=tuple(one for one in looked if one == body.get("uri")) if isinstance(looked, list) else ())


def _frame(ask: Ask, answer: Answer) -> Reading:
    """A pushed frame: records as they were written, and what the server says of the account."""
    found, said = Found(Asks.of(ask), answer), ask.context.get("said")
    counts = said if isinstance(said, list) else []
    cuts: set[int] = set()
    since = moment(ask.context.get("since"))
    try:
        frame = taken_apart(answer.body)
        for one in frame.written(answer.body):
            value = {"uri": one.uri, "cid": one.cid, "value": one.value}
            _add_own(ask, found, value, f"bytes={one.start}-{one.end}", server=str(ask.context.get("pds", "")))
            cuts |= {one.start, one.end}
    except frames.Unreadable as error:
        return replace(quarantined(str(error), f"bytes=0-{len(answer.body)}"), since=since)
    # What is no news may be older than what was seen since: of that nothing is compared.
    records = [one if one.key in counts else replace(one, content={}, text="") for one in found.records]
    reading = replace(found.reading(), records=tuple(records), cuts=tuple(sorted(cuts)), since=since)
    return replace(reading, problem=frame.problem())


# --- what the service shows ------------------------------------------------------------------------------------------


def _feed(ask: Ask, found: Found, body: Json) -> Reading:
    entries = body.get("feed")
    if not isinstance(entries, list):
        return quarantined("a feed without its posts")
    outer: list[SeenRecord] = []
    for number, entry in enumerate(entries):
        place = f"/feed/{number}"
        if not isinstance(entry, dict):
            found.quarantine.append((place, "not an entry of a feed"))
            continue
        found.drift |= fields.unknown("entry", entry)
        post = entry.get("post")
        record = found.view(post, f"{place}/post", shared="reason" in entry)
        if record is not None and _is_own(record, found):
            found.quoted(post, f"{place}/post")
            outer.append(record)
    reading = replace(found.reading(), asks=tuple(_threads(found.asks, outer)))
    return _following(ask, reading, body)


def _threads(asks: Asks, records: Iterable[SeenRecord]) -> Iterator[Ask]:
    """Threads to look into because of what the feed showed: own first posts for their answers, own answers to others
    for what they answer. Own answers under own first posts are in the thread of the first."""
    for record in records:
        if record.kind is RecordKind.COMMENT:
            if not (record.thread or "").startswith(f"at://{asks.account}/"):
                yield asks.thread(record.key, above=True)
        elif record.counts.get("replies", 1) + record.counts.get("quotes", 1) or (asks.full and asks.every_thread):
            yield asks.thread(record.key, above=False)


def _thread(ask: Ask, found: Found, body: Json) -> Reading:
    thread = body.get("thread")
    key = str(ask.context.get("key", ""))
    if not isinstance(thread, dict):
        return quarantined("a thread that is none")
    walked = read_thread(thread, key, found.view)
    found.quarantine += walked.quarantine
    found.drift |= walked.drift
    level = ask.context.get("level")
    deeper = walked.deeper if isinstance(level, int) else ()
    asks = [found.asks.thread(one, above=False, level=int(level or 0) + 1) for one in deeper]
    if isinstance(level, int) and level >= _DEEPER_LEVELS:
        asks = []
    quoted = [one.key for one in found.records if _is_own(one, found) and one.counts.get("quotes", 0) > 0]
    asks += [found.asks.quotes(one) for one in dict.fromkeys(quoted)]
    return replace(found.reading(), asks=tuple(asks), whole=not walked.cut and not found.quarantine)


_DEEPER_LEVELS = 10


def _posts(ask: Ask, found: Found, body: Json) -> Reading:
    posts = body.get("posts")
    if not isinstance(posts, list):
        return quarantined("a list of posts without its posts")
    for number, post in enumerate(posts):
        found.view(post, f"/posts/{number}")
    reading = found.reading()
    if ask.purpose == "shown":
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "unreadable")) if found.quarantine else reading
    return _following(ask, reading, body)


def _notifications(ask: Ask, found: Found, body: Json) -> Reading:
    """What somebody said to the account is asked for in public; of the list itself nothing is kept."""
    listed = body.get("notifications")
    if not isinstance(listed, list):
        return quarantined("a list of notifications without them")
    since = moment(ask.context.get("since"))
    told = [(moment(one.get("indexedAt")), one.get("uri")) for one in listed if isinstance(one, dict)]
    news = [(at, uri) for at, uri in told if at is not None and (since is None or at > since)]
    keys = list(dict.fromkeys(uri for _, uri in news if isinstance(uri, str)))
    asks = tuple(found.asks.posts(keys[start : start + AT_ONCE]) for start in range(0, len(keys), AT_ONCE))
    newest = ask.context.get("newest") or max((at.isoformat() for at, _ in news), default=ask.context.get("since"))
    reading = replace(Reading(), asks=asks)
    cursor = body.get("cursor")
    if isinstance(cursor, str) and cursor and len(news) == len(listed):
        following = with_cursor(ask, cursor)
        return replace(reading, next_page=replace(following, context={**ask.context, "newest": newest}))
    return replace(reading, bookmark={"notifications.at": newest} if newest else None)


def _following(ask: Ask, reading: Reading, body: Json) -> Reading:
    """The next page, where there is one. An empty page with a cursor is not the end."""
    cursor = body.get("cursor")
    if cursor is None or cursor == "":
        return reading
    if not isinstance(cursor, str) or len(cursor) > 4096:
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "the next page has no usable cursor"))
    return replace(reading, next_page=with_cursor(ask, cursor))


# --- small parts -----------------------------------------------------------------------------------------------------


def origin_of(ask: Ask) -> str:
    """The server that was asked."""
    parts = web(ask.url)
    return "" if parts is None else origin(parts)


def _is_own(record: SeenRecord, found: Found) -> bool:
    return record.author is not None and record.author.id == found.asks.account
