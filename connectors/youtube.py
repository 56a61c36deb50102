"""YouTube, through its Data API v3, with an API key or a token of the channel's owner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import parse_qs

from pydantic import BaseModel

from connectors import (
    _limits,
    _versions,
    _youtube_captions,
    _youtube_chat,
    _youtube_deliveries,
    _youtube_grants,
    _youtube_reading,
)
from connectors._youtube_asks import HELD, YOUTUBE, Asks
from connectors.allowances import Allowance
from connectors.authorization import ApiVersion, Authorization, SetUp
from connectors.contract import (
    AccountRef,
    Answer,
    Ask,
    Bookmark,
    Capabilities,
    Claim,
    Counted,
    Extent,
    Heard,
    Reading,
    RecordAddress,
    RecordKind,
    RecordRef,
    Signature,
    Sweep,
    SweepKind,
)
from connectors.deliveries import DELIVERY, Part, Receiving
from connectors.settings import NoSettings

_TAB = r"(?:/(?:featured|videos|shorts|streams|live|podcasts|playlists|community|posts|about|search))?/?"
_PATH = re.compile(rf"/(?:(?P<handle>@[\w.·-]{{1,60}})|channel/(?P<id>UC[\w-]{{22}})|user/(?P<user>\w{{1,60}})){_TAB}")
_VIDEO_PATH = re.compile(r"/(?:shorts|live|embed|v)/(?P<id>[\w-]{11})/?")
_VIDEO_ID = re.compile(r"[\w-]{11}")
_COMMENT_ID = re.compile(r"[\w.-]{10,80}")


class YouTube:
    """Channels of YouTube: videos, their comments and replies."""

    platform: ClassVar[str] = "youtube"
    title: ClassVar[str] = "YouTube"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = NoSettings
    api_version: ClassVar[ApiVersion] = _versions.YOUTUBE
    media_hosts: ClassVar[tuple[str, ...]] = ("ytimg.com", "ggpht.com", "googleusercontent.com")
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature("access token", r"ya29\..+", speaks_for_owner=True),
        Signature("API key", r".+", speaks_for_owner=False, parameter="key"),
    )
    set_up: ClassVar[SetUp] = _youtube_grants.SET_UP
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.YOUTUBE
    receives: ClassVar[Receiving] = _youtube_deliveries.RECEIVES
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a comment or video that was seen; YouTube keeps no earlier ones. It gives the time of a"
        " comment's last edit, none of a video's.",
        deletions="A deleted or removed video or comment is no longer returned; YouTube does not say who deleted it.",
        hidden="Comments held for review or taken for spam, where the channel is read with its owner's token. With a"
        " key, a comment that is held looks like one that was deleted.",
        messages=None,
        comments="Comments and replies under the channel's own videos, as far as YouTube gives them out; live chat"
        " while it is live.",
        media="The largest thumbnail of each video, the channel's picture and banner; as the channel's owner also"
        " captions, with what is said in them. Not the videos themselves.",
        counts="Views, likes, comments and replies, as of capture.",
        history="Back to the channel's first video.",
        moderation="Whether comments on the channel wait until its owner approves them, where YouTube says it; whether"
        " each video takes comments; as the channel's owner also which comments are held or taken for spam.",
        moderation_by_hand="Which words are blocked, whether links are, who is hidden from the channel, who may always"
        " comment, who moderates, and how comments are held by default.",
        limits=(
            "Videos are not downloaded: YouTube's terms forbid it. Archive the city's own master files.",
            "An edit that was undone, and a comment that was deleted, between two looks was not seen.",
            "A reply to an old comment is seen when its video is looked at again, not at once.",
            "While comments are turned off for a video, or after it was deleted, its comments cannot be looked at:"
            " nothing is said of them.",
            "Live chat is read while the broadcast is live, in every sweep; what was written and deleted between two of"
            " them was not seen, and what nobody read while it was live cannot be had later. Chat that only members see"
            " is not read.",
            "Posts of the community tab are not captured.",
            "Captions are seen only with the owner's token. Videos take turns, twelve a day, and the newest of"
            " the last two weeks come with every full look besides: what was changed and changed back between two of"
            " them was not seen. A file that YouTube does not hand out is a gap.",
            "Comments that the owner rejected are not listed.",
            "With the owner's token everything is kept as private, since it may show what nobody else sees.",
            "A token lasts an hour: then the channel needs signing in again.",
            "A thumbnail that is replaced under the same address is not fetched again.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.POST}),
                of=Extent.THREAD,
                says="Published comments on the video and answers to them; none that is held for review or taken for"
                " spam.",
                withheld="by accounts that YouTube closed, or withdrawn a short time ago",
            ),
            Counted(
                on=frozenset({RecordKind.PROFILE}),
                of=Extent.ACCOUNT,
                says="Public videos of the channel.",
                kinds=frozenset({RecordKind.POST}),
            ),
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://www.youtube.com/@handle``, ``/channel/UC…`` or ``/user/NAME``, on any tab of the channel; on
        another host the same under ``/youtube``, which may be a test peer."""
        address = YOUTUBE.address(url)
        match = None if address is None else _PATH.fullmatch(address.path)
        if address is None or match is None:
            return None
        named = match["handle"] or (f"channel/{match['id']}" if match["id"] else f"user/{match['user']}")
        return address.claim(self.platform, named)

    def record_of(self, url: str) -> RecordAddress | None:
        """``https://www.youtube.com/watch?v=ID``, of a comment with ``&lc=ID``; ``/shorts/ID`` and ``youtu.be/ID``."""
        short = url.strip().partition("://youtu.be/")[2]
        address = YOUTUBE.address(url) if not short else YOUTUBE.address(f"https://www.youtube.com/shorts/{short}")
        if address is None:
            return None
        match, asked = _VIDEO_PATH.fullmatch(address.path), parse_qs(address.query)
        video = match["id"] if match else asked.get("v", [""])[0] if address.path.rstrip("/") == "/watch" else ""
        if not _VIDEO_ID.fullmatch(video):
            return None
        comment = asked.get("lc", [""])[0]
        if _COMMENT_ID.fullmatch(comment):
            return RecordAddress((f"comment/{comment}",), (f"video/{video}",), address.service)
        return RecordAddress((f"video/{video}",), service=address.service)

    def identify(self, claim: Claim) -> Ask:
        """Ask YouTube whose channel it is."""
        kind, _, name = claim.handle.rpartition("/")
        selector = {"channel": "id", "user": "forUsername"}.get(kind, "forHandle")
        site = claim.url.removesuffix(f"/{claim.handle}")
        return Asks(site, YOUTUBE.api_of(claim.url), account="", sweep="").identify((selector, name))

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: the newest videos and the newest threads under all of them. *watch*: the channel, and the given videos
        with all their comments. *full*: every video with all its comments. Live chats are read on in each of them. As
        the owner, captions: of a video every few hours (*new*), and of those of the last days (*full*)."""
        known = bookmark or {}
        chats = tuple(_youtube_chat.places(known))
        asks = replace(Asks.begin(account, sweep), chats=tuple(video for video, _, _ in chats))
        begun = (*(asks.chat(*one) for one in chats), *self._begin(account, sweep, known, asks))
        turn = _youtube_captions.next_turn(known, sweep.at) if asks.owner and sweep.kind is SweepKind.NEW else None
        if turn is None or "uploads" not in known:
            return begun
        owed = _youtube_captions.owed_of(known)
        return (*begun, asks.turn(self._playlist(account, known), turn, sweep.at.isoformat(), owed))

    def _begin(self, account: AccountRef, sweep: Sweep, known: Bookmark, asks: Asks) -> Iterable[Ask]:
        if sweep.kind is SweepKind.WATCH:
            videos = [ref.key for ref in sweep.threads if ref.key.startswith("video/")]
            return (asks.channel(), *asks.videos(videos), *self._comments(asks, sweep.threads))
        lately = _youtube_captions.lately(known, sweep.at) if asks.owner and sweep.kind is SweepKind.FULL else None
        lists = (asks.uploads(self._playlist(account, known), lately), *self._held(asks))
        if sweep.kind is SweepKind.FULL:
            return (asks.channel(), *lists, *self._comments(asks, sweep.threads))
        news = (*lists, asks.recent())
        return news if "uploads" in known else (asks.channel(), *news)

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known videos and comments by their ids, 50 at once; for comments only where their video takes any."""
        return Asks.begin(account, None).looks(records)

    def in_turns(self, key: str) -> bool:
        """Captions: a list of them costs fifty units of the day's quota."""
        return _youtube_captions.parts_of(key) is not None

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        if ask.purpose == DELIVERY:
            return _youtube_deliveries.reading(ask, answer)
        return _youtube_reading.read(ask, answer)

    def parts(self, body: bytes) -> Sequence[Part] | None:
        """Whose a delivery is."""
        return _youtube_deliveries.parts(body)

    def delivered(self, account: AccountRef, body: bytes) -> Heard:
        """What a delivery names."""
        return _youtube_deliveries.delivered(account, body)

    def topic(self, account: AccountRef) -> tuple[str, str]:
        """The hub that has the channel's feed, and the feed."""
        return _youtube_deliveries.topic(account)

    def authorization(self, url: str) -> Authorization:
        """How the account's owner lets the archive read it."""
        return _youtube_grants.youtube(url)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return YOUTUBE.api_of(url)

    @staticmethod
    def _comments(asks: Asks, threads: Sequence[RecordRef]) -> Iterable[Ask]:
        return (asks.comments(ref.key.partition("/")[2]) for ref in threads if ref.key.startswith("video/"))

    @staticmethod
    def _held(asks: Asks) -> Iterable[Ask]:
        return (asks.held(purpose) for purpose in HELD) if asks.owner else ()

    @staticmethod
    def _playlist(account: AccountRef, known: Bookmark) -> str:
        """The list of uploads, as the channel last named it; until then by the rule that its id follows the channel's
        (``UC…`` becomes ``UU…``)."""
        named = known.get("uploads")
        return named if isinstance(named, str) else f"UU{account.platform_id[2:]}"
