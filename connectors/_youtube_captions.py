"""Captions of a channel's videos: which tracks there are, and what is said in them. Only the channel's owner is told.

Google counts fifty units for a list of tracks and two hundred for a file, so videos take turns: every few hours the
sweep for what is new comes to one more of them, from the newest to the oldest and then anew, and a full sweep looks at
those of the last days. A file is asked for where its track changed since the last turn.

Source: the discovery document (revision 20261104), the reference of ``captions.list`` and ``captions.download``, and
W3C WebVTT. What the parser here gives for stored bytes is part of the content projection and must never change, so it
is no library whose next release may read a file differently. Pure; linear time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors._youtube_records import ident, part
from connectors.answers import moment
from connectors.bodies import quarantined
from connectors.contract import Answer, Ask, Bookmark, JSONValue, Reading, RecordKind, SeenRecord
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, text, thing

TURN, LIST, LOOK, FILE = "turn", "captions", "tracks", "caption"
"""Purposes of asks: whose turn it is, the tracks of a video, known tracks directly, a file."""
_PLACE, _LOOKED = "captions", "captioned"
"""Members of the bookmark: how far the turns came; when the last full sweep began."""
EVERY = timedelta(hours=2)
"""Between two turns: twelve videos a day, which is 600 of the 10,000 units that Google grants, and 200 for a file."""
LATELY = timedelta(days=14)
"""A full sweep looks at videos so young: captions are made, and put right, in these days."""
LISTS, FILES = 10, 5
"""Most lists that follow from one page of videos in a full sweep, the newest first; most files that follow from one
list. The rest takes turns: the day's quota is for comments, too."""
TRIES = 3
"""How many looks ask for a file that YouTube does not hand out, before only a change is a reason to."""
_OWED = "captions/"
"""What members of the bookmark begin with that name a video whose list did not come; a file that did not is named by
the key of its track."""
_MOST_OWED = 200
_MARGIN = timedelta(hours=1)
"""Google's clock may be so far from ours."""
_LONGEST_TOKEN = 4096
_TRACK = re.compile(r"[A-Za-z0-9_.=-]{1,128}")
_SAID = ("language", "name", "trackKind", "audioTrackType")
_SET = ("isDraft", "isCC", "isEasyReader")
_KINDS = {"asr": "made by YouTube", "forced": "forced"}
_TAG = re.compile(r"<[^<>]*>")
_TIMES = re.compile(r"[ \t\f]*\d{1,9}(?::\d{1,2}){1,2}[.,]\d{1,3}[ \t\f]*-->")
_BY_YOUTUBE = "asr"


def key_of(video: str, track: str) -> str:
    return f"caption/{video}/{track}"


def parts_of(key: str) -> tuple[str, str] | None:
    """Video and track that a key names; None for one of another kind."""
    kind, _, rest = key.partition("/")
    video, _, track = rest.partition("/")
    return (video, track) if kind == "caption" and video and _TRACK.fullmatch(track) else None


def list_of(video: str) -> str:
    """Name of the list of a video's tracks: they are no part of the thread of its comments."""
    return f"captions:captions/{video}"


# Whose turn it is.


@dataclass(frozen=True, slots=True)
class Turn:
    """How far the turns came."""

    token: str | None
    """Page of the list of uploads, one video each; None: the newest."""
    began: str
    """When this round began."""
    before: str | None
    """The same of the round before: what changed before that was looked at then."""


def next_turn(bookmark: Bookmark, at: datetime) -> Turn | None:
    """Where the turns go on; None: not yet."""
    known = bookmark.get(_PLACE)
    known = known if isinstance(known, dict) else {}
    last = moment(known.get("at"))
    if last is not None and timedelta(0) <= at - last < EVERY:
        return None
    token, began, before = known.get("token"), known.get("began"), known.get("before")
    began = began if moment(began) else None
    if isinstance(token, str) and 0 < len(token) <= _LONGEST_TOKEN and began is not None:
        return Turn(token, began, before if moment(before) else None)
    return Turn(None, at.isoformat(), began)


def turned(turn: Json, token: JSONValue) -> dict[str, JSONValue]:
    """The bookmark after a turn. ``token``: of the next video; None after the oldest."""
    usable = token if isinstance(token, str) and 0 < len(token) <= _LONGEST_TOKEN else None
    return {_PLACE: {"at": turn.get("at"), "token": usable, "began": turn.get("began"), "before": turn.get("before")}}


def lately(bookmark: Bookmark, at: datetime) -> Mapping[str, JSONValue]:
    """What a full sweep has to know of the one before."""
    owed = owed_of(bookmark)
    return {"at": at.isoformat(), "last": bookmark.get(_LOOKED)} | ({"owed": owed} if owed else {})


def looked(sweep: Json) -> Bookmark:
    """The bookmark after a full sweep."""
    return {_LOOKED: sweep.get("at")}


def is_due(sweep: Json, published: datetime | None) -> bool:
    """Whether a full sweep looks at the captions of a video."""
    at = moment(sweep.get("at"))
    return at is not None and published is not None and at - published <= LATELY


def since_last(sweep: Json, published: datetime | None) -> str | None:
    """Since when a full sweep asks for files: the last one, where it saw the video."""
    last = moment(sweep.get("last"))
    return None if last is None or published is None or published > last - EVERY else last.isoformat()


# What was asked for, and did not come: nothing else would lead to it again.


def owed_of(bookmark: Bookmark) -> dict[str, JSONValue]:
    """Members of the bookmark that name lists (since when files count) and files (how many looks asked for them)."""
    named = (one for one in sorted(bookmark) if one.startswith(_OWED) or parts_of(one) is not None)
    return {name: bookmark[name] for name, _ in zip(named, range(_MOST_OWED), strict=False)}


def owed_for(owed: Json, video: str) -> dict[str, JSONValue]:
    """What of it is of one video."""
    return {name: one for name, one in owed.items() if name.removeprefix(_OWED) == video or _video_of(name) == video}


def list_owed(video: str, since: str | None) -> Bookmark:
    """The bookmark once the list of a video is asked for."""
    return {f"{_OWED}{video}": {"since": since}}


def list_came(video: str) -> Bookmark:
    return {f"{_OWED}{video}": None}


def since_of(video: str, since: str | None, owed: Json) -> str | None:
    """Since when files of a video are asked for: longer ago, where its last list did not come. None: all of them."""
    waiting = owed.get(f"{_OWED}{video}")
    if not isinstance(waiting, dict):
        return since
    times = [moment(since), moment(waiting.get("since"))]
    return None if None in times else min(one for one in times if one is not None).isoformat()


def _video_of(name: str) -> str | None:
    named = parts_of(name)
    return named[0] if named is not None else None


def wanted(tracks: Iterable[tuple[str, Json]], since: JSONValue, owed: Json) -> Iterator[tuple[str, int, bool]]:
    """Which files of a list are wanted: key of the track, how many looks have asked for it with this one, and whether
    this one does. Those that were waited for longest come first."""
    found = []
    for key, track in tracks:
        before = owed.get(key)
        asked = before if isinstance(before, int) and not isinstance(before, bool) and before >= 0 else None
        state = part(track, "snippet").get("status")
        if state != "failed" and (is_changed(track, since) or (asked is not None and asked < TRIES)):
            found.append((key, asked or 0, state == "serving"))
    left = FILES
    for key, asked, served in sorted(found, key=lambda one: (one[1], one[0] not in owed)):
        ask = served and left > 0
        left -= ask
        yield key, asked + ask, ask


# What an answer says.


def track_record(value: JSONValue, place: str, site: str, video: str) -> SeenRecord:
    """A track of a video, without what is said in it.

    Raises:
        Unreadable: it lacks what every track has, or has it in another shape.
    """
    track = thing(value, "not a caption track")
    identity = _identity(track.get("id"))
    content = _content(thing(track.get("snippet"), "a caption track without its language"), video)
    return _record(identity, content, _label(content), place, site, video)


def said_of(record: SeenRecord) -> dict[str, JSONValue]:
    """What the question for a file has to carry, so that its answer is read as the whole of the record."""
    return {name: record.content[name] for name in (*_SAID, *_SET) if name in record.content}


def is_changed(value: Json, since: JSONValue) -> bool:
    """Whether a track changed since then, or nobody knows."""
    after, changed = moment(since), moment(part(value, "snippet").get("lastUpdated"))
    return after is None or changed is None or changed >= after - _MARGIN


def read_file(ask: Ask, answer: Answer, site: str) -> Reading:
    """What is said in a track. New times for the same words are no edit."""
    named = parts_of(str(ask.context.get("track", "")))
    everything = f"bytes=0-{len(answer.body)}"
    if named is None:
        return quarantined("a question this connector never asked", everything)
    try:
        content = _content(thing(ask.context.get("said"), "a caption track without its language"), named[0])
        words = words_of(answer.body, rolling=content.get("trackKind") == _BY_YOUTUBE)
    except Unreadable as error:
        return quarantined(str(error), everything)
    content["words"] = words
    record = _record(named[1], content, words or _label(content), everything, site, named[0])
    return Reading(records=(record,), bookmark={record.key: None})


def words_of(body: bytes, *, rolling: bool = False) -> str:
    """What is said in a WebVTT file, a line for each line of its cues.

    Args:
        rolling: captions that YouTube makes show a line twice, once while it is spoken and once above the next: it is
            taken once. What people write is taken as they wrote it: each of two *Aye* is a vote.

    Raises:
        Unreadable: it is no such file.
    """
    try:
        source = body.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable("captions that are not UTF-8") from error
    if not re.match(r"WEBVTT(?:[ \t\n]|\Z)", source):
        raise Unreadable("captions that are not WebVTT")
    lines: list[str] = []
    for line in _lines(source):
        if line and not (rolling and line in lines[-1:]):
            lines.append(line)
    return "\n".join(lines)


def _lines(source: str) -> Iterator[str]:
    """Lines of cues (WebVTT §6.1): a cue goes from a line with ``-->`` to an empty line, or to the next such line. A
    line of spaces is not empty."""
    inside = False
    for line in source.split("\n")[1:]:
        if "-->" in line:
            inside = _TIMES.match(line) is not None
        elif not line:
            inside = False
        elif inside:
            yield " ".join(tidy(html.unescape(_TAG.sub("", line))).split())


def _record(
    track: str, content: Mapping[str, JSONValue], words: str, place: str, site: str, video: str
) -> SeenRecord:  # fmt: skip
    return SeenRecord(
        key=key_of(video, track),
        kind=RecordKind.CAPTION,
        place=place,
        content=content,
        text=words,
        parent=f"video/{video}",
        url=f"{site}/watch?v={video}",
        word="automatic captions" if content.get("trackKind") == _BY_YOUTUBE else "captions",
    )


def _content(snippet: Json, video: str) -> dict[str, JSONValue]:
    content: dict[str, JSONValue] = {"video": video}
    for name in _SAID:
        if snippet.get(name) is not None:
            said = storable(text(snippet, name))
            # (the reference writes ASR, answers asr: another spelling is no edit)
            content[name] = said.lower() if name == "trackKind" else said
    return content | {name: snippet[name] for name in _SET if isinstance(snippet.get(name), bool)}


def _label(content: Mapping[str, JSONValue]) -> str:
    kind = str(content.get("trackKind", ""))
    told = [content.get("language"), content.get("name"), _KINDS.get(kind)]
    told.append("draft" if content.get("isDraft") is True else None)
    return f"Captions: {', '.join(str(one) for one in told if one)}"


def _identity(value: JSONValue) -> str:
    if isinstance(value, str) and _TRACK.fullmatch(value):
        return value
    return ident(value, "a caption track")
