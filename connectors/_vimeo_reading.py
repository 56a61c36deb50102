"""What the answers of Vimeo's API mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from connectors import _vimeo_records as records
from connectors._account_found import AccountFound, emptied, read_json, turned
from connectors._vimeo_asks import Asks
from connectors._vimeo_fields import KNOWN
from connectors.answers import NOT_MODIFIED, failure, moment, retry_after, unfamiliar, within_a_day
from connectors.bodies import quarantined
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, RateFacts, Reading, SeenRecord
from connectors.values import Json, Unreadable, number, objects, part, thing

_K = ProblemKind
_PAGE = re.compile(r"[0-9]{1,9}")
#: Under which name the question for a page of a list knows how many entries the pages before had.
_SHOWN: Mapping[str, str] = {"comments": "shown", "replies": "replies_shown"}


@dataclass(slots=True)
class Found(AccountFound):
    """What one body holds."""

    @property
    def asks(self) -> Asks:
        return Asks.of(self.ask)


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    rate, problem = _rate_of(answer), _problem_of(answer)
    if problem is not None:
        return replace(_of_problem(ask, problem, answer), rate=rate)
    reader = _READERS.get(ask.purpose)
    if reader is None:
        return replace(quarantined("a question this connector never asked"), rate=rate)
    found = Found(ask, at=answer.received_at, known=KNOWN)
    return replace(read_json(answer, lambda body: reader(found, thing(body, "not an object"))), rate=rate)


# What is wrong, and how much may be asked.


def _problem_of(answer: Answer) -> Problem | None:
    if answer.status == 304:
        return NOT_MODIFIED
    problem = failure(answer, signed_in=True)
    if problem is None or problem.kind is _K.TRANSIENT:
        return problem
    if problem.kind is _K.RATE:
        return Problem(_K.RATE, "Vimeo asks for a pause", retry_after(answer) or _reset(answer))
    told = _is_told(answer)
    if problem.kind in (_K.SIGN_IN_EXPIRED, _K.GONE) and not told:
        return unfamiliar(answer, "Vimeo")
    words = {
        _K.SIGN_IN_EXPIRED: "Vimeo does not accept the access token",
        _K.PERMISSION: "Vimeo does not let the token read this",
        _K.GONE: "Vimeo says that it is not there",
    }
    return replace(problem, detail=words.get(problem.kind, problem.detail))


def _is_told(answer: Answer) -> bool:
    """Whether an error is in Vimeo's form."""
    try:
        body: JSONValue = answer.json
    except ValueError:
        return False
    return isinstance(body, dict) and isinstance(body.get("error"), str)


def _of_problem(ask: Ask, problem: Problem, answer: Answer) -> Reading:
    if ask.purpose == "profile" and problem.kind is _K.GONE:
        return Reading(problem=Problem(_K.DEACTIVATED, "Vimeo no longer knows the account: it was deleted"))
    if ask.purpose == "replies" and problem.kind is _K.GONE:  # the comment went between two pages
        return _onward(Found(ask, at=answer.received_at, known=KNOWN), Reading(), [], None)
    if ask.purpose == "gate" and problem.kind is _K.GONE:
        # Comments are closed, or went with the video. They can only be seen under it.
        return Reading(problem=Problem(_K.UNSUPPORTED, "comments are seen only while they can be listed"))
    if ask.purpose == "open" and problem.kind is _K.GONE:
        return Reading()  # it went, or was made private, since the list showed it: direct looks say which
    if ask.purpose == "tracks" and problem.kind in (_K.GONE, _K.PERMISSION):
        return Reading()  # the video itself is looked at elsewhere
    return Reading(problem=problem)


def _rate_of(answer: Answer) -> RateFacts | None:
    limit, remaining = (_header(answer, name) for name in ("Limit", "Remaining"))
    reset = _reset(answer)
    return None if (limit, remaining, reset) == (None, None, None) else RateFacts(limit, remaining, reset)


def _reset(answer: Answer) -> datetime | None:
    """When more may be asked: a time as in ISO 8601, or the seconds since 1970."""
    seconds = _header(answer, "Reset")
    at = moment((answer.header("X-RateLimit-Reset") or "").strip())
    if seconds is not None and seconds < 253_402_300_799:
        at = datetime.fromtimestamp(seconds, UTC)
    return within_a_day(at, answer)


def _header(answer: Answer, name: str) -> int | None:
    value = (answer.header(f"X-RateLimit-{name}") or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 12 else None


# The account.


def _account(found: Found, body: Json) -> Reading:
    asks = found.asks
    facts = records.account_facts(body, asks.site)
    if asks.account and facts.platform_id != asks.account:
        return Reading(problem=Problem(_K.CONTRACT, "Vimeo answered with another account"))
    found.add("user", body, "", lambda: records.account_record(body, asks.site))
    return replace(found.reading(), account=facts)


def _server(found: Found, body: Json) -> Reading:
    return Reading(present=("server",))


def _emptied(found: Found, body: Json) -> Reading:
    """Control: whether the account itself counts no video, by another endpoint than those that show them. Its owner is
    told the number of all that the list shows."""
    none = body.get("uri") == found.asks.account and records.total(body, "videos") == 0
    return Reading(present=("emptied",) if none else ())


# Lists.


def _listed(found: Found, body: Json) -> tuple[list[Json], str | None, int | None]:
    """Entries of a page, the number of the next one, and how many entries there are in all.

    Raises:
        Unreadable: it is no list.
    """
    found.note("list", body)
    following = part(body, "paging").get("next")
    page: str | None = None
    if following is not None:
        page = _page_in(following) if isinstance(following, str) else ""
        if not _PAGE.fullmatch(page):
            raise Unreadable("a next page without a usable number")
    return objects(body, "data"), page, number(body.get("total"))


def _page_in(address: str) -> str:
    """Which page an address is of; empty where it says none or is no address."""
    try:
        return parse_qs(urlsplit(address).query).get("page", [""])[0]
    except ValueError:
        return ""


def _videos(found: Found, body: Json) -> Reading:
    """The newest videos. Comments are asked for where there are more or fewer than there were, on a full look wherever
    there are any; captions of what is new."""
    entries, page, total = _listed(found, body)
    for count, value in enumerate(entries):
        _video(found, value, f"/data/{count}")
    at, counts = found.newest, found.counts_of(_counted(found))
    page = None if found.reached else page
    reading = replace(found.reading(), asks=tuple(_following(found, entries)))
    following = None if page is None else (("page", page),)
    reading = turned(found, reading, following, total, len(entries), newest=at, counts=counts)
    if following is not None:
        return reading
    bookmark = {"videos": {"at": at, "counts": counts}} if reading.whole and at else None
    none = reading.whole and not entries and total == 0 and not found.ask.parameters
    return replace(reading, whole=reading.whole and not found.before, bookmark=bookmark, none=none)


def _video(found: Found, value: Json, place: str) -> SeenRecord | None:
    """A video as its owner is shown it. The picture of one that everybody sees is public, and comes with that."""
    site, shared = found.asks.site, records.everybody_sees(value)

    def make() -> SeenRecord:
        record = records.video_record(value, place, site)
        return replace(record, media=()) if shared else record

    record = found.add("video", value, place, make)
    setting = None if record is None else records.setting_record(value, record.key, place)
    found.records += [setting] if setting is not None else []
    return record


def _following(found: Found, entries: Sequence[Json]) -> Iterator[Ask]:
    asks, known = found.asks, found.before.get("counts")
    shared = {records.key_of(one.get("uri"), "videos", "video") for one in entries if records.everybody_sees(one)}
    before = known if isinstance(known, dict) and not asks.full else {}
    yield from (asks.open(one.key) for one in found.records if one.key in shared and one.key not in before)
    commented = found.changed(_counted(found), full=asks.full)
    yield from (_comments_on(asks, key, shared) for key in commented)
    videos = {one.key for one in found.records}
    for value in entries:
        named = records.key_of(value.get("uri"), "videos", "video")
        old = isinstance(known, dict) and named in known
        if named in videos and records.total(value, "texttracks") and not old:
            yield asks.tracks(str(named))


def _comments_on(asks: Asks, key: str, shared: Collection[str | None]) -> Ask:
    """The comments on a video; where everybody sees it, once it was asked whether they still do."""
    return asks.shared(key) if key in shared else asks.comments(key)


def _counted(found: Found) -> dict[str, int]:
    return {one.key: one.counts.get("replies", 0) for one in found.records if one.key.startswith("video/")}


# Comments, captions.


def _comments(found: Found, body: Json) -> Reading:
    """A page of comments or of replies to one. Replies are asked for where there are any, before the next page."""
    entries, page, total = _listed(found, body)
    above = found.ask.context.get("above")
    for count, value in enumerate(entries):
        _comment(found, value, f"/data/{count}", above if isinstance(above, str) else None)
    pending = [one.key.partition("/")[2] for one in found.records if one.counts.get("replies")]
    counted = "replies_total" if found.ask.purpose == "replies" else "total"
    before = found.ask.context.get(counted, total)
    suspicious, shown = emptied(found, len(entries), total, _SHOWN[found.ask.purpose])
    reading = replace(found.reading(), suspicious=suspicious)
    moved = before != total or suspicious is not None
    return _onward(found, reading, pending, page, total=total, shown=shown, moved=moved)


def _comment(found: Found, value: Json, place: str, above: str | None) -> None:
    site, video = found.asks.site, found.key
    found.add("comment", value, place, lambda: records.comment_record(value, place, site, video, above))


def _onward(
    found: Found, reading: Reading, pending: Sequence[str], page: str | None, *, total: int | None = None,
    shown: int = 0, moved: bool = False,
) -> Reading:  # fmt: skip
    """The same with the next page of the list of a video's comments: first all replies to comments that have any, then
    the next page of comments."""
    context, asks, key = found.ask.context, found.asks, found.key
    moved = moved or context.get("moved") is True
    known: dict[str, JSONValue] = {"unread": found.unread, "moved": moved}
    known |= {"open": True} if context.get("open") is True else {}
    if found.ask.purpose == "replies":
        pending, after, known["total"] = found.names("pending"), context.get("after"), context.get("total")
        known[_SHOWN["comments"]] = context.get(_SHOWN["comments"])
        if page is not None:
            one, above = [str(context.get("above", "")), *pending], str(after) if after else None
            ask = asks.replies(key, one, above, **known, replies_total=total, replies_shown=shown)
            return replace(reading, next_page=replace(ask, parameters=(("page", page),)))
        page = str(after) if after else None
    else:
        known |= {"total": total, _SHOWN["comments"]: shown}
    if pending:
        return replace(reading, next_page=asks.replies(key, pending, page, **known))
    if page is not None:
        return replace(reading, next_page=asks.comments(key, page, **known))
    return replace(reading, whole=not found.unread and not moved)


def _tracks(found: Found, body: Json) -> Reading:
    """Captions and subtitles. Their addresses expire, so they are known by their numbers."""
    entries, _, _ = _listed(found, body)
    for value in entries:
        found.note("track", value)
    media = tuple(records.track(value) for value in entries if records.is_track(value))
    if not media or not found.key:
        return found.reading()
    return replace(found.reading(), records=(records.sight(found.key, media),))


# Single things.


def _one_video(found: Found, body: Json) -> Reading:
    user = part(body, "user").get("uri")
    if user != found.asks.account:
        return Reading(problem=Problem(_K.CONTRACT, "Vimeo answered with a video of another account"))
    record = _video(found, body, "")
    reading = found.looked()
    if record is None or found.ask.context.get("lead") is not True:
        return reading
    shared, asks = {record.key} if records.everybody_sees(body) else set(), found.asks
    following = (asks.open(record.key),) if shared else ()
    return replace(reading, asks=(*following, _comments_on(asks, record.key, shared)))


def _open_video(found: Found, body: Json) -> Reading:
    """A video that everybody sees. Where not everybody does by now, nothing of it is told here: what the owner is shown
    tells it."""
    asks, shared = found.asks, records.everybody_sees(body)
    if shared and part(body, "user").get("uri") != asks.account:
        return Reading(problem=Problem(_K.CONTRACT, "Vimeo answered with a video of another account"))
    if shared:
        found.add("video", body, "", lambda: records.video_record(body, "", asks.site))
    return found.reading()


def _shared(found: Found, body: Json) -> Reading:
    """Whether everybody still sees a video. As what its comments are asked for."""
    if part(body, "user").get("uri") != found.asks.account:
        return Reading(problem=Problem(_K.CONTRACT, "Vimeo answered with a video of another account"))
    known: dict[str, JSONValue] = {"open": True} if records.everybody_sees(body) else {}
    return Reading(next_page=found.asks.comments(found.key, **known))


def _beside(found: Found, body: Json) -> Reading:
    """Videos that are there: now known ones are looked for."""
    entries, _, total = _listed(found, body)
    there = [key for value in entries if (key := records.key_of(value.get("uri"), "videos", "video")) is not None]
    lead: dict[str, JSONValue] = {"lead": True} if found.ask.context.get("lead") is True else {}
    none = not entries and total == 0
    return Reading(asks=tuple(found.asks.beside(found.names("for"), there, none=none, **lead)))


def _gate(found: Found, body: Json) -> Reading:
    """The comments on a video can be listed: what is wanted of them is asked for now."""
    _listed(found, body)
    return Reading(asks=tuple(found.asks.one_by_one(found.key, found.names("for"))))


def _one_comment(found: Found, body: Json) -> Reading:
    """A look at one comment. What it answers is told by lists alone."""
    _comment(found, body, "", None)
    found.records[:] = [replace(one, parent=None) for one in found.records]
    return found.looked()


_READERS: Mapping[str, Callable[[Found, Json], Reading]] = {
    **dict.fromkeys(("identify", "profile"), _account),
    "server": _server,
    "emptied": _emptied,
    "videos": _videos,
    **dict.fromkeys(("comments", "replies"), _comments),
    "tracks": _tracks,
    "video": _one_video,
    "open": _open_video,
    "shared": _shared,
    "beside": _beside,
    "gate": _gate,
    "comment": _one_comment,
}
