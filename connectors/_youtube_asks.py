"""The questions put to the YouTube Data API v3. Pure.

Every one of them is signed, by an API key or by a token of the channel's owner; which of the two decides what may be
seen. What is asked with a key is what strangers see, and public. What is asked as the owner may show what nobody else
sees (private videos, held comments), so all of it is kept as private.

What tells two questions apart stands in the URL, and only the page token beside it, so that what is known of one is not
taken for another. Each list costs one unit of quota a page; ``search.list`` is never used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from connectors import _youtube_captions as captions
from connectors import _youtube_chat
from connectors.contract import (
    AccessClass,
    AccountRef,
    Ask,
    JSONValue,
    RecordKind,
    RecordRef,
    Stream,
    Sweep,
    SweepKind,
)
from connectors.sites import Site

SITE = "https://www.youtube.com"
SERVER = "https://youtube.googleapis.com"
YOUTUBE = Site(SITE, frozenset({"youtube.com", "www.youtube.com", "m.youtube.com"}), SERVER, peer="/youtube")
AT_ONCE = 50
"""Most ids in one question; most entries of a page of uploads."""
_PAGE = "100"
_CHANNEL = "snippet,contentDetails,statistics,status,brandingSettings"
_VIDEO = "snippet,contentDetails,status,statistics,liveStreamingDetails,localizations,recordingDetails"
HELD: Mapping[str, str] = {"held": "heldForReview", "spam": "likelySpam"}
"""Lists that only the owner sees: purpose → moderation status."""


@dataclass(frozen=True, slots=True)
class Asks:
    """Builds the asks of one sweep of one channel. What it knows travels in the context of every ask."""

    site: str
    server: str
    account: str
    sweep: str
    owner: bool = False
    """Signed with a token of the channel's owner."""
    chats: tuple[str, ...] = ()
    """Videos whose live chat is read on where the last look left it."""

    @classmethod
    def begin(cls, account: AccountRef, sweep: Sweep | None) -> Asks:
        """For a sweep of an account; None: for direct looks."""
        site = account.url.partition("/channel/")[0]
        kind = sweep.kind.value if sweep else "look"
        return cls(site, YOUTUBE.api_of(account.url), account.platform_id, kind, account.authorised)

    @classmethod
    def of(cls, ask: Ask) -> Asks:
        """For what follows from an ask."""
        known = ask.context
        site, server, account, sweep = (str(known.get(name, "")) for name in ("site", "server", "account", "sweep"))
        chats = known.get("chats")
        read_on = tuple(one for one in chats if isinstance(one, str)) if isinstance(chats, list | tuple) else ()
        return cls(site, server, account, sweep, known.get("owner") is True, read_on)

    @property
    def full(self) -> bool:
        return self.sweep == SweepKind.FULL

    # The channel and its videos.

    def identify(self, selector: tuple[str, str]) -> Ask:
        """Whose channel an address is."""
        return self._ask("channels", "identify", Stream.PROFILE, (("part", _CHANNEL), selector))

    def channel(self) -> Ask:
        """The channel, directly, beside a list that has nothing to do with it as control."""
        control = self._ask("i18nLanguages", "server", Stream.PROFILE, (("part", "snippet"),))
        return replace(
            self._channel, context={**self._channel.context, "look": [f"channel/{self.account}"]}, control=control
        )

    @property
    def _channel(self) -> Ask:
        return self._ask("channels", "channel", Stream.PROFILE, (("part", _CHANNEL), ("id", self.account)))

    def uploads(self, playlist: str, lately: Mapping[str, JSONValue] | None = None) -> Ask:
        """Every video of the channel, newest first. ``lately``: of which a full sweep looks at the captions."""
        parameters = (("part", "snippet,contentDetails,status"), ("playlistId", playlist), ("maxResults", "50"))
        context = {} if lately is None else {"lately": dict(lately)}
        return self._ask("playlistItems", "uploads", Stream.POSTS, parameters, listing="uploads", context=context)

    def videos(self, keys: Sequence[str], *, look: bool = False, lately: JSONValue = None) -> Iterator[Ask]:
        """Videos by their keys, 50 at once; as direct looks beside the channel as control."""
        for some in _batches(keys):
            parameters = (("part", _VIDEO), ("id", ",".join(_ident(key) for key in some)))
            context: dict[str, JSONValue] = {"look": list(some)} if look else {}
            context |= {"lately": lately} if isinstance(lately, dict) else {}
            yield self._ask(
                "videos", "videos", Stream.POSTS, parameters, context=context, control=self._channel if look else None
            )

    # Captions, which only the owner is told of.

    def turn(self, playlist: str, turn: captions.Turn, at: str, owed: Mapping[str, JSONValue] | None = None) -> Ask:
        """Which video's captions are looked at next. ``owed``: what was asked for, and did not come."""
        parameters = (("part", "contentDetails"), ("playlistId", playlist), ("maxResults", "1"))
        known = {
            "turn": {"at": at, "began": turn.began, "before": turn.before} | ({"owed": dict(owed)} if owed else {})
        }
        ask = self._ask("playlistItems", captions.TURN, Stream.MEDIA, parameters, context=known)
        return ask if turn.token is None else with_page(ask, turn.token)

    def captions(self, video: str, since: JSONValue, owed: Mapping[str, JSONValue] | None = None) -> Ask:
        """The caption tracks of a video. ``since``: files of those that did not change since then are not asked for,
        but for those that are ``owed``."""
        parameters, known = (("part", "snippet"), ("videoId", video)), {"video": video, "since": since}
        known |= {"owed": dict(owed)} if owed else {}
        listing = captions.list_of(video)
        return self._ask("captions", captions.LIST, Stream.MEDIA, parameters, listing=listing, context=known)

    def tracks(self, video: str, keys: Sequence[str]) -> Iterator[Ask]:
        """Known tracks of a video directly, beside the video as control."""
        for some in _batches(keys):
            named = [parts[1] for key in some if (parts := captions.parts_of(key)) is not None]
            parameters = (("part", "snippet"), ("videoId", video), ("id", ",".join(named)))
            known = {"video": video, "look": list(some)}
            (control,) = self.videos([f"video/{video}"])
            yield self._ask("captions", captions.LOOK, Stream.MEDIA, parameters, context=known, control=control)

    def file(self, key: str, track: str, said: Mapping[str, JSONValue]) -> Ask:
        """What is said in a track."""
        path, known = f"captions/{quote(track, safe='')}", {"track": key, "said": dict(said)}
        return self._ask(path, captions.FILE, Stream.MEDIA, (("tfmt", "vtt"),), context=known)

    # Comments.

    def recent(self) -> Ask:
        """The newest threads of all videos of the channel together; a reply to an old one does not bring it up."""
        return self._threads("recent", (("allThreadsRelatedToChannelId", self.account),), _PAGE)

    def held(self, purpose: str) -> Ask:
        """Comments that wait for the owner's decision, or were taken for spam."""
        wanted = (("allThreadsRelatedToChannelId", self.account), ("moderationStatus", HELD[purpose]))
        return self._threads(purpose, wanted, _PAGE, listing=purpose)

    def comments(self, video: str, after: str | None = None, *, unread: bool = False) -> Ask:
        """All comments of one video; ``after``: from that page on."""
        context = {"video": video} | ({"unread": True} if unread else {})
        ask = self._threads("comments", (("videoId", video),), _PAGE, listing=_list_of(video), context=context)
        return ask if after is None else with_page(ask, after)

    def replies(self, video: str, pending: Sequence[str], after: str | None, *, unread: bool) -> Ask:
        """All replies to the first of ``pending`` comments, as a page of the list of comments of their video. It goes
        on with the others, and then with its page ``after``."""
        parameters = (
            ("part", "snippet"), ("parentId", pending[0]), ("maxResults", _PAGE), ("textFormat", "plainText"),
        )  # fmt: skip
        context: dict[str, JSONValue] = {"video": video, "pending": list(pending[1:]), "after": after}
        context |= {"unread": True} if unread else {}
        return self._ask("comments", "replies", Stream.COMMENTS, parameters, listing=_list_of(video), context=context)

    def one_by_one(self, keys: Sequence[str], video: str | None) -> Ask:
        """Known comments of one video, directly; beside the list of its comments as control, since comments that are
        turned off are not returned either. Of comments on no video the control is the channel."""
        ids = ",".join(_ident(key) for key in keys)
        parameters = (("part", "snippet"), ("id", ids), ("textFormat", "plainText"))
        control = self._channel if video is None else self._open(video, "open", {"video": video})
        context: dict[str, JSONValue] = {"look": list(keys)} | ({"video": video} if video else {})
        return self._ask("comments", "look", Stream.COMMENTS, parameters, context=context, control=control)

    def chat(self, video: str, chat: str, after: str | None = None) -> Ask:
        """What was written in a live chat, oldest first: the newest that YouTube has, or what came ``after`` a
        place."""
        parameters = (("part", "id,snippet,authorDetails"), ("liveChatId", chat), ("maxResults", "2000"))
        context = {"video": video, "chat": chat}
        ask = self._ask("liveChat/messages", _youtube_chat.PURPOSE, Stream.COMMENTS, parameters, context=context)
        return ask if after is None else with_page(ask, after)

    def gate(self, video: str, keys: Sequence[str]) -> Ask:
        """Whether a video takes comments; only then are known ones (``keys``) asked for."""
        return self._open(video, "gate", {"video": video, "then": list(keys)})

    def looks(self, records: Iterable[RecordRef]) -> Iterator[Ask]:
        """Ask directly for known records, each kind its own way."""
        comments: dict[str | None, list[str]] = {}
        tracks: dict[str, list[str]] = {}
        videos = []
        for ref in records:
            kind, _, identity = ref.key.partition("/")
            if ref.kind is RecordKind.PROFILE:
                yield self.channel()
            elif kind == "comments":
                comments.setdefault(f"video/{identity}", [])
            elif kind == "comment":
                comments.setdefault(ref.thread, []).append(ref.key)
            elif kind == "video":
                videos.append(ref.key)
            elif self.owner and (named := captions.parts_of(ref.key)) is not None:
                tracks.setdefault(named[0], []).append(ref.key)
        yield from self.videos(videos, look=True)
        for video, keys in tracks.items():
            yield from self.tracks(video, keys)
        for thread, keys in comments.items():
            yield from self._looks_under(thread, keys)

    def _looks_under(self, thread: str | None, keys: Sequence[str]) -> Iterator[Ask]:
        if thread is not None:
            yield self.gate(_ident(thread), keys)
            return
        for some in _batches(keys):
            yield self.one_by_one(some, None)

    def _open(self, video: str, purpose: str, context: Mapping[str, JSONValue]) -> Ask:
        return self._threads(purpose, (("videoId", video),), "1", context=context)

    def _threads(
        self, purpose: str, wanted: tuple[tuple[str, str], ...], size: str, *, listing: str | None = None,
        context: Mapping[str, JSONValue] | None = None,
    ) -> Ask:  # fmt: skip
        fixed = (("part", "snippet,replies"), ("maxResults", size), ("order", "time"), ("textFormat", "plainText"))
        return self._ask(
            "commentThreads", purpose, Stream.COMMENTS, (*fixed, *wanted), listing=listing, context=context or {}
        )

    def _ask(
        self, path: str, purpose: str, stream: Stream, parameters: tuple[tuple[str, str], ...], **more: Any
    ) -> Ask:
        context = {"site": self.site, "server": self.server, "account": self.account, "sweep": self.sweep}
        return Ask(
            url=f"{self.server}/youtube/v3/{path}?{urlencode(parameters)}",
            stream=stream,
            purpose=purpose,
            access=AccessClass.PRIVATE if self.owner else AccessClass.PUBLIC,
            authorise="required" if self.owner else "if_possible",
            listing=more.get("listing"),
            context=context
            | ({"owner": True} if self.owner else {})
            | ({"chats": list(self.chats)} if self.chats else {})
            | dict(more.get("context") or {}),
            control=more.get("control"),
        )


def with_page(ask: Ask, token: str, **context: JSONValue) -> Ask:
    """The page of the same list that a token names."""
    return replace(ask, parameters=(("pageToken", token),), context={**ask.context, **context})


def _list_of(video: str) -> str:
    return f"comments:video/{video}"


def _ident(key: str) -> str:
    return key.partition("/")[2]


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]
