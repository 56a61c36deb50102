"""What the answers of the YouTube Data API mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from connectors import _youtube_captions as captions
from connectors import _youtube_chat
from connectors import _youtube_fields as fields
from connectors._youtube_asks import AT_ONCE, HELD, Asks, with_page
from connectors._youtube_problems import COMMENTS_DISABLED, problem_of, said
from connectors._youtube_records import (
    OPEN,
    TURNED_OFF,
    channel_facts,
    channel_record,
    channel_setting,
    comment_record,
    ident,
    listed_video,
    part,
    setting_record,
    video_record,
)
from connectors.bodies import quarantined
from connectors.contract import Answer, Ask, Bookmark, JSONValue, Problem, ProblemKind, Reading, SeenRecord
from connectors.found import Finding
from connectors.values import Json, Unreadable, thing

_LONGEST_TOKEN = 4096
_CONTROL = "server"
#: Lists of comment threads: purposes of asks.
_THREADS = ("recent", "comments", "gate", "open", *HELD)
_KINDS: Mapping[str, str] = {
    "identify": "youtube#channelListResponse",
    "channel": "youtube#channelListResponse",
    _CONTROL: "youtube#i18nLanguageListResponse",
    "uploads": "youtube#playlistItemListResponse",
    captions.TURN: "youtube#playlistItemListResponse",
    captions.LIST: "youtube#captionListResponse",
    captions.LOOK: "youtube#captionListResponse",
    _youtube_chat.PURPOSE: "youtube#liveChatMessageListResponse",
    "videos": "youtube#videoListResponse",
    "replies": "youtube#commentListResponse",
    "look": "youtube#commentListResponse",
} | dict.fromkeys(_THREADS, "youtube#commentThreadListResponse")


@dataclass(slots=True)
class Found(Finding):
    """What one body holds, collected while it is read."""

    @property
    def asks(self) -> Asks:
        return Asks.of(self.ask)

    @property
    def video(self) -> str | None:
        """Id of the video that the question was about."""
        named = self.ask.context.get("video")
        return named if isinstance(named, str) else None

    def unknown(self, kind: str, value: JSONValue) -> Collection[str]:
        return fields.unknown(kind, value)

    def comment(self, value: JSONValue, place: str, video: str | None) -> SeenRecord | None:
        as_plain = "textFormat=plainText" in self.ask.url
        site = self.asks.site
        return self.add(
            "comment", value, place, lambda: comment_record(value, place, site, video=video, as_plain=as_plain)
        )


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    problem = problem_of(ask, answer)
    if problem is not None:
        return _of_problem(ask, answer, problem)
    if ask.purpose == captions.FILE:
        return captions.read_file(ask, answer, Asks.of(ask).site)
    try:
        body = answer.json
    except ValueError:
        return quarantined("the answer is not JSON", f"bytes=0-{len(answer.body)}")
    if not isinstance(body, dict) or ask.purpose not in _KINDS:
        return quarantined("not an object" if ask.purpose in _KINDS else "a question this connector never asked")
    if body.get("kind") != _KINDS[ask.purpose]:
        return quarantined("an answer of another kind than was asked for")
    return _read_body(ask, body)


def _of_problem(ask: Ask, answer: Answer, problem: Problem) -> Reading:
    """Errors that are part of the story of a list: comments that were turned off, comments that went between two
    pages."""
    video = Found(ask).video
    reasons, _ = said(answer)
    if COMMENTS_DISABLED in reasons and video is not None and ask.purpose in ("comments", "gate"):
        return Reading(records=(setting_record(video, TURNED_OFF),))
    if ask.purpose == _youtube_chat.PURPOSE:
        return _of_chat_problem(ask, reasons, problem)
    if ask.purpose == captions.TURN and "invalidPageToken" in reasons:  # the turns begin anew
        return Reading(bookmark=captions.turned(_known(ask, "turn"), None))
    if ask.purpose in ("gate", captions.LOOK) and problem.kind is ProblemKind.GONE:
        # Its comments, or captions, went with the video. They can only be seen under it.
        return Reading(problem=replace(problem, kind=ProblemKind.UNSUPPORTED))
    if ask.purpose == "replies" and reasons & {"commentNotFound", "commentThreadNotFound"}:
        return _onward(Found(ask), Reading(), pending=[], token=None)
    return Reading(problem=problem)


def _of_chat_problem(ask: Ask, reasons: frozenset[str], problem: Problem) -> Reading:
    """That a chat is over is no gap. A place that is no longer known is left for the newest that there is."""
    asks, video, chat = Asks.of(ask), Found(ask).video or "", str(ask.context.get("chat", ""))
    if reasons & _youtube_chat.ENDED:
        return Reading(bookmark=_youtube_chat.place_at(video, chat, None))
    if reasons & _youtube_chat.NO_PLACE and ask.parameters:
        return Reading(asks=(asks.chat(video, chat),))
    if problem.kind is ProblemKind.SIGN_IN_EXPIRED and not asks.owner:
        said = "YouTube shows this live chat to nobody who is not signed in"
        return Reading(problem=Problem(ProblemKind.PERMISSION, said))
    return Reading(problem=problem)


def _read_body(ask: Ask, body: Json) -> Reading:
    found = Found(ask)
    found.drift |= fields.unknown("chatList" if ask.purpose == _youtube_chat.PURPOSE else "list", body)
    items = body.get("items")
    if items is None and ask.purpose in ("identify", "channel"):
        items = []  # of a channel that is not there even the list is not
    if not isinstance(items, list):
        return quarantined("a list without its entries")
    if ask.purpose == _CONTROL:
        return Reading(present=(_CONTROL,) if items else ())
    if ask.purpose in ("identify", "channel"):
        return _channel(found, items)
    token = body.get("nextPageToken")
    if token is not None and (not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN):
        return replace(quarantined("a next page without a usable token"), records=tuple(found.records))
    if ask.purpose == _youtube_chat.PURPOSE:
        return _chat(found, items, token, ended=body.get("offlineAt") is not None)
    if ask.purpose == captions.TURN:
        return _turn(found, items, token)
    if ask.purpose in (captions.LIST, captions.LOOK):
        return _tracks(found, items)
    if ask.purpose == "uploads":
        return _uploads(found, items, token, body)
    if ask.purpose == "videos":
        return _videos(found, items)
    if ask.purpose in ("replies", "look"):
        return _comments(found, items, token)
    return _threads(found, items, token)


# The channel and its videos.


def _channel(found: Found, items: Sequence[JSONValue]) -> Reading:
    if not items:
        return Reading(problem=Problem(ProblemKind.GONE, "YouTube knows no such channel"))
    asks = found.asks
    record = found.add("channel", items[0], "/items/0", lambda: channel_record(items[0], "/items/0", asks.site))
    if record is None:
        return replace(found.reading(), problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    facts = channel_facts(items[0], asks.site)
    if found.ask.purpose == "channel" and isinstance(items[0], dict):
        found.records += channel_setting(items[0], "/items/0")
    playlist = _uploads_of(items[0])
    reading = replace(found.reading(), account=facts, bookmark={"uploads": playlist} if playlist else None)
    if asks.account and facts.platform_id != asks.account:
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "YouTube answered with another channel"))
    return reading


def _uploads_of(channel: JSONValue) -> str | None:
    try:
        lists = part(part(channel, "contentDetails"), "relatedPlaylists")
        return ident(lists.get("uploads"), "the list of uploads")
    except Unreadable:
        return None


def _uploads(found: Found, items: Sequence[JSONValue], token: str | None, body: Json) -> Reading:
    asks = found.asks
    for number, item in enumerate(items):
        place = f"/items/{number}"
        found.add("playlistItem", item, place, lambda item=item, place=place: listed_video(item, place, asks.site))  # type: ignore[misc]
    unread = found.ask.context.get("unread") is True or bool(found.quarantine)
    lately = _known(found.ask, "lately")
    return replace(
        found.reading(),
        asks=tuple(asks.videos([record.key for record in found.records], lately=lately or None)),
        next_page=None if token is None else with_page(found.ask, token, unread=unread),
        whole=token is None and not unread,
        counts=_total(body),
        bookmark=captions.looked(lately) if lately and token is None else None,
    )


def _known(ask: Ask, name: str) -> Json:
    """What the question carries under a name; nothing where it is no object."""
    known = ask.context.get(name)
    return known if isinstance(known, dict) else {}


def _total(body: Json) -> dict[str, int]:
    info = body.get("pageInfo")
    total = info.get("totalResults") if isinstance(info, dict) else None
    return {"uploads": total} if _is_count(total) else {}


def _videos(found: Found, items: Sequence[JSONValue]) -> Reading:
    asks = found.asks
    for number, item in enumerate(items):
        place = f"/items/{number}"
        found.add("video", item, place, lambda item=item, place=place: video_record(item, place, asks.site))  # type: ignore[misc]
    if found.ask.context.get("look"):
        return _looked(found)
    videos = [record.key.partition("/")[2] for record in found.records]
    chats = tuple(_live(found, items))
    # A full look lists the comments of every video, also of one that counts none: there may have been some.
    comments = tuple(map(asks.comments, videos)) if asks.full else ()
    lists = tuple(_captions_of(found))
    owed = {name: one for ask in lists for name, one in _list_owed(ask).items()}
    return replace(found.reading(), asks=(*chats, *comments, *lists), bookmark=owed or None)


def _captions_of(found: Found) -> Iterator[Ask]:
    """The lists of captions that a full sweep looks at."""
    lately = _known(found.ask, "lately")
    due = [one for one in found.records if one.key.startswith("video/") and captions.is_due(lately, one.created_at)]
    due.sort(key=lambda one: (one.created_at is not None, one.created_at), reverse=True)
    for record in due[: captions.LISTS]:
        yield _list_of(found, record.key.removeprefix("video/"), captions.since_last(lately, record.created_at), lately)


def _list_of(found: Found, video: str, since: str | None, known: Json) -> Ask:
    """The question for the captions of a video. ``known``: what the sweep knows, and what it is owed."""
    owed = known.get("owed")
    owed = captions.owed_for(owed, video) if isinstance(owed, dict) else {}
    return found.asks.captions(video, captions.since_of(video, since, owed), owed)


def _list_owed(ask: Ask) -> Bookmark:
    return captions.list_owed(str(ask.context["video"]), ask.context["since"])


def _live(found: Found, items: Sequence[JSONValue]) -> Iterator[Ask]:
    """The chats of videos that are live, but for those that are read on anyway."""
    asks, known = found.asks, {record.key for record in found.records}
    for number, item in enumerate(items):
        chat = _youtube_chat.chat_of(item)
        video = item.get("id") if isinstance(item, dict) else None
        if chat is None or f"video/{video}" not in known:
            continue
        found.records.append(_youtube_chat.root_record(str(video), f"/items/{number}", asks.site))
        if video not in asks.chats:
            yield asks.chat(str(video), chat)


def _looked(found: Found) -> Reading:
    """A direct look that holds something unreadable says of nothing that it is not there."""
    reading = found.reading()
    if found.quarantine and found.ask.context.get("look"):
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    return reading


def _chat(found: Found, items: Sequence[JSONValue], token: str | None, *, ended: bool) -> Reading:
    """A page of a live chat. There is a next one for as long as this one holds anything; where to go on is kept."""
    video, chat, site = found.video or "", str(found.ask.context.get("chat", "")), found.asks.site
    for number, item in enumerate(items):
        place = f"/items/{number}"
        found.note("liveChatMessage", item)
        try:
            record = _youtube_chat.message_record(item, place, site, video)
        except Unreadable as error:
            found.quarantine.append((place, str(error)))
            continue
        if record is not None:
            found.records.append(record)
    over = token is None or (ended and not items)
    return replace(
        found.reading(),
        next_page=with_page(found.ask, token) if token is not None and items else None,
        bookmark=_youtube_chat.place_at(video, chat, None if over else token),
    )


# Captions.


def _turn(found: Found, items: Sequence[JSONValue], token: str | None) -> Reading:
    """The video whose turn it is. That it is there the list of uploads says."""
    found.drift |= {name for item in items for name in fields.unknown("playlistItem", item)}
    turn = _known(found.ask, "turn")
    bookmark = captions.turned(turn, token)
    if not items:
        return replace(found.reading(), bookmark=bookmark)
    try:
        entry = thing(items[0], "not an entry of a list")
        video = ident(part(entry, "contentDetails").get("videoId"), "a listed video")
    except Unreadable as error:
        return replace(quarantined(str(error), "/items/0"), bookmark=bookmark)
    before = turn.get("before")
    ask = _list_of(found, video, before if isinstance(before, str) else None, turn)
    return replace(found.reading(), asks=(ask,), bookmark={**bookmark, **_list_owed(ask)})


def _tracks(found: Found, items: Sequence[JSONValue]) -> Reading:
    """The tracks of a video, and questions for the files of those that changed."""
    asks, video = found.asks, found.video or ""
    tracks: dict[str, tuple[SeenRecord, Json]] = {}
    for number, item in enumerate(items):
        place = f"/items/{number}"
        record = found.add(
            "caption", item, place,
            lambda item=item, place=place: captions.track_record(item, place, asks.site, video),  # type: ignore[misc]
        )  # fmt: skip
        if record is not None:
            tracks[record.key] = record, item
    if found.ask.purpose == captions.LOOK:
        return _looked(found)
    return _files_of(found, tracks)


def _files_of(found: Found, tracks: Mapping[str, tuple[SeenRecord, Json]]) -> Reading:
    """The same with questions for files. What is asked for is owed until it comes."""
    owed = _known(found.ask, "owed")
    mark: dict[str, JSONValue] = {**dict.fromkeys(owed), **captions.list_came(found.video or "")}
    following = []
    listed = ((key, item) for key, (_, item) in tracks.items())
    for key, asked, now in captions.wanted(listed, found.ask.context.get("since"), owed):
        mark[key] = asked
        if now:
            record, item = tracks[key]
            following.append(found.asks.file(key, item["id"], captions.said_of(record)))
    return replace(found.reading(), asks=tuple(following), whole=not found.quarantine, bookmark=mark)


# Comments.


def _threads(found: Found, items: Sequence[JSONValue], token: str | None) -> Reading:
    more = []
    for number, item in enumerate(items):
        if _thread(found, item, f"/items/{number}"):
            more.append(item["snippet"]["topLevelComment"]["id"])
    video, purpose = found.video, found.ask.purpose
    if video is not None:
        found.records.append(setting_record(video, OPEN))
    if purpose == "comments":
        return _onward(found, found.reading(), pending=more, token=token)
    if purpose in ("gate", "open"):
        return _opened(found)
    unread = found.ask.context.get("unread") is True or bool(found.quarantine)
    return replace(
        found.reading(),
        next_page=None if token is None else with_page(found.ask, token, unread=unread),
        whole=token is None and not unread and purpose in HELD,
    )


def _thread(found: Found, item: JSONValue, place: str) -> bool:
    """Read one thread; whether it has more replies than are shown with it."""
    try:
        thread = part({"item": item}, "item")
        snippet = part(thread, "snippet")
        replies = part(thread, "replies").get("comments", [])
        if not isinstance(replies, list):
            raise Unreadable("the replies are not a list")
    except Unreadable as error:
        found.quarantine.append((place, str(error)))
        return False
    found.drift |= fields.unknown("commentThread", item)
    named = snippet.get("videoId")
    video = found.video or (named if isinstance(named, str) and named else None)
    top = found.comment(snippet.get("topLevelComment"), f"{place}/snippet/topLevelComment", video)
    if top is not None:
        found.records[-1] = top = _counted(top, snippet)
    for number, reply in enumerate(replies):
        found.comment(reply, f"{place}/replies/comments/{number}", video)
    return top is not None and top.counts.get("replies", 0) > len(replies)


def _counted(top: SeenRecord, snippet: Json) -> SeenRecord:
    total = snippet.get("totalReplyCount")
    return replace(top, counts={**top.counts, "replies": total}) if _is_count(total) else top


def _opened(found: Found) -> Reading:
    """A video that takes comments: what is wanted of them is asked for now."""
    wanted = found.ask.context.get("then")
    keys = [key for key in wanted if isinstance(key, str)] if isinstance(wanted, list | tuple) else []
    some = [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]
    return replace(found.reading(), asks=tuple(found.asks.one_by_one(batch, found.video) for batch in some))


def _comments(found: Found, items: Sequence[JSONValue], token: str | None) -> Reading:
    for number, item in enumerate(items):
        found.comment(item, f"/items/{number}", found.video)
    if found.ask.purpose == "look":
        return _looked(found)
    return _onward(found, found.reading(), pending=[], token=token)


def _onward(found: Found, reading: Reading, *, pending: Sequence[str], token: str | None) -> Reading:
    """The same with the next page of the list of a video's comments: first all replies to comments that have more than
    are shown with them, then the next page of comments."""
    unread = found.ask.context.get("unread") is True or bool(reading.quarantine)
    following = next(_steps(found, pending, token, unread=unread), None)
    return replace(reading, next_page=following, whole=following is None and not unread)


def _steps(found: Found, pending: Sequence[str], token: str | None, *, unread: bool) -> Iterator[Ask]:
    video, asks, after = found.video or "", found.asks, token
    if found.ask.purpose == "replies":
        if token is not None:
            yield with_page(found.ask, token, unread=unread)
        left, then = found.ask.context.get("pending"), found.ask.context.get("after")
        pending = [one for one in left if isinstance(one, str)] if isinstance(left, list | tuple) else []
        after = then if isinstance(then, str) else None
    if pending:
        yield asks.replies(video, pending, after, unread=unread)
    if after is not None:
        yield asks.comments(video, after, unread=unread)


def _is_count(value: JSONValue) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
