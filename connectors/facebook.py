"""Facebook Pages, through Meta's Graph API, with the Page's own access token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import parse_qs, parse_qsl

from pydantic import BaseModel, ConfigDict, Field

from connectors import _facebook_deliveries, _facebook_reading, _limits, _meta_grants, _versions
from connectors._facebook_asks import FACEBOOK, POST, Asks
from connectors._facebook_beside import OWN, VISITORS, kind_of_post
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
    State,
    Sweep,
    SweepKind,
)
from connectors.deliveries import DELIVERY, Part, Receiving, Subscribing

_NAME = r"[A-Za-z0-9.]{2,75}"
_ID = r"\d{3,25}"
_TAB = r"(?:/(?:about|posts|photos|videos|events|reviews|mentions|community|live|reels|followers)[\w/]*)?/?"
_PATH = re.compile(
    rf"/(?:pages/(?:category/[^/]+/(?:[^/]*-)?|[^/]+/)(?P<old>{_ID})|(?:people/[^/]+/|p/(?:[^/]*-)?)(?P<new>{_ID})"
    rf"|(?P<name>{_NAME})){_TAB}"
)
_PROFILE = "/profile.php"
#: The first step of addresses that are no Page.
_TAKEN_NAMES = """
ads business dialog events flx gaming groups hashtag help home.php l.php legal login login.php marketplace media
messages pages people permalink.php photo photo.php places plugins policies privacy profile.php public reel reels search
settings share sharer sharer.php stories story.php tr video video.php watch
"""
_TAKEN = frozenset(_TAKEN_NAMES.split())
_POST_PATH = re.compile(r"/(?P<name>[^/]{1,100})/(?:posts|videos|photos)/(?:[^/]{1,300}/)?(?P<id>[0-9]{1,30})/?")
_NUMBER = re.compile(r"[0-9]{1,30}")


class FacebookSettings(BaseModel):
    """Settings of one Facebook Page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    messages: bool = Field(
        default=True,
        title="Messages are captured",
        description="Conversations of people with the Page. Needs the permission pages_messaging.",
    )
    page_settings: bool = Field(
        default=True,
        title="Settings of the Page are captured",
        description="Who is blocked, who has a role, and the Page's settings. Needs pages_manage_metadata.",
    )
    live_videos: bool = Field(
        default=True,
        title="Live videos are captured",
        description="What is said of each broadcast; its film and comments are captured with its post in any case.",
    )


class Facebook:
    """Pages of Facebook: posts, comments, reviews, stories, live videos, messages and settings."""

    platform: ClassVar[str] = "facebook"
    title: ClassVar[str] = "Facebook"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = FacebookSettings
    media_hosts: ClassVar[tuple[str, ...]] = ("fbcdn.net", "fbsbx.com")
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature("Page access token", r"[^|\s]{20,}", speaks_for_owner=True),
    )
    set_up: ClassVar[SetUp] = _meta_grants.FACEBOOK_SET_UP
    receives: ClassVar[Receiving] = _facebook_deliveries.RECEIVES
    api_version: ClassVar[ApiVersion] = _versions.GRAPH
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.FACEBOOK
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a post, comment or message that was seen. Facebook keeps no earlier ones, and gives no"
        " time of an edit.",
        deletions="A post or comment that was deleted is no longer returned; Facebook does not say who deleted it.",
        hidden="Comments and posts that are hidden on the Page, with when they were first and last seen so; not who hid"
        " them.",
        messages="Messages between people and the Page in Messenger, as many of each conversation as Facebook gives.",
        comments="Comments and replies at every level under posts on the Page, also by visitors.",
        media="Pictures and videos that are attached, in the size that Facebook gives out, and files of messages.",
        counts="Reactions by kind, shares, comments and replies, as of capture.",
        history="As far back as Facebook lists the Page's posts: of one year about 600.",
        moderation_signed_in=True,
        moderation="Who is blocked, who has a role, and the Page's settings, the strength of its profanity filter among"
        " them; every state that full sweeps saw.",
        moderation_by_hand="Which words the Page blocks, and who may comment on its posts.",
        limits=(
            "Whether somebody whose profile was closed stays in the list of whom the Page blocks, Facebook does not"
            " tell: who leaves it need not have been let in again.",
            "An edit that was undone, and a comment that was deleted, between two looks was not seen, unless"
            " Facebook sends what happens there.",
            "A comment under a post that is not among the newest 50 is seen when that post is looked at again, not at"
            " once.",
            "Of a conversation Facebook gives out only about the 20 newest messages.",
            "Where a text or an attachment is taken away altogether, Facebook leaves it out, as it does what may not be"
            " read: the last words that were seen stand.",
            "Words that Facebook does not say everybody sees are kept as private, among them all reviews and what is"
            " limited to some people, by place, age or language.",
            "Of a review, story, live video or message that is no longer listed nothing is said.",
            "What Facebook says of a live video (what it was called, for when it was planned, when it began, that it is"
            " over) is kept as private; the post that its film stands in is captured like any other, with the comments."
            " What is said to a live video that has no post, how many watched, and the film while it is on air, are not"
            " captured.",
            "Which Page paid for a post is not captured.",
            "That a post or comment was deleted is said only while the token still shows another one.",
            "Who reacted is not captured, only how many; nor who shared a post, and what was said there.",
            "Advertisements that stand in no list, events and groups are not captured.",
            "People who do not want to be known to apps are left without a name.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.POST, RecordKind.MENTION}),
                of=Extent.THREAD,
                says="Comments on the post and answers to them, those that the Page has hidden among them.",
                states=frozenset({State.HIDDEN_BY_PAGE}),
                private=True,
                withheld="by people whose settings keep it from the app, held back by Facebook, or deleted",
            ),
            Counted(
                on=frozenset({RecordKind.MESSAGE}),
                of=Extent.THREAD,
                says="Messages of the conversation.",
                withheld="deleted, or of a kind that Facebook gives to no app",
            ),
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://www.facebook.com/NAME``, ``/pages/…/ID``, ``/profile.php?id=ID``, ``/people/…/ID``, on any host of
        Facebook and any tab; on another host the same under ``/facebook``, which may be a test peer."""
        address = FACEBOOK.address(url)
        named = None if address is None else _named(address.path, address.query)
        return None if address is None or named is None else address.claim(self.platform, named)

    def record_of(self, url: str) -> RecordAddress | None:
        """``/NAME/posts/ID``, ``/permalink.php?story_fbid=ID&id=PAGE``, of a comment with ``&comment_id=ID``. Addresses
        with a *pfbid* do not say which post they name."""
        address = FACEBOOK.address(url)
        if address is None:
            return None
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        match = _POST_PATH.fullmatch(address.path)
        by_query = address.path.rstrip("/") in ("/permalink.php", "/story.php", "/photo", "/photo.php")
        post = match["id"] if match else asked.get("story_fbid", asked.get("fbid", "")) if by_query else ""
        comment = asked.get("reply_comment_id", asked.get("comment_id", ""))
        if not _NUMBER.fullmatch(post):
            return None
        under = (f"post/{{account}}_{post}",)
        if _NUMBER.fullmatch(comment):
            return RecordAddress((f"comment/{post}_{comment}",), under, address.service)
        return RecordAddress(under, service=address.service)

    def identify(self, claim: Claim) -> Ask:
        """Ask Facebook whose Page it is."""
        site = claim.url.removesuffix(f"/{claim.handle}")
        return Asks(site, FACEBOOK.api_of(claim.url), account="", sweep="").identify(claim.handle)

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """Whether the Page is published; the rest goes by what was last known of that. *new*: the newest entries of
        every list. *watch*: the Page, and the given posts with all their comments. *full*: every list from end to end,
        and every comment."""
        known = bookmark or {}
        asks = replace(self._asks(account, sweep), open=known.get("published") is True, since=_since(known))
        if sweep.kind is SweepKind.WATCH:
            return (asks.gate(then=False), asks.page(), *self._threads(asks, sweep.threads), asks.stories())
        at = sweep.at.isoformat()
        if "published" not in known:  # then nothing can be asked for as public yet
            return (asks.gate(then=True, at=at),)
        page = (asks.page(),) if sweep.kind is SweepKind.FULL else ()
        # The gate's bookmark says since when nothing need be looked into: so it comes after the lists that say what is.
        return (*page, *asks.lists(), *self._threads(asks, sweep.threads), asks.gate(then=False, at=at))

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known posts and comments by their ids, 50 at once; one by one where any of them is not there."""
        return self.look_beside(account, records, ())

    def look_beside(
        self, account: AccountRef, records: Sequence[RecordRef], beside: Sequence[RecordRef]
    ) -> Iterable[Ask]:
        """As :meth:`look`, with others for controls that the archive knows: no list is sure to show a comment."""
        return self._asks(account, None).looks(records, beside)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        if ask.purpose == DELIVERY:
            return _facebook_deliveries.reading(ask, answer)
        return _facebook_reading.read(ask, answer)

    def parts(self, body: bytes) -> Sequence[Part] | None:
        """Whose a delivery is."""
        return _facebook_deliveries.parts(body, _facebook_deliveries.OBJECT)

    def delivered(self, account: AccountRef, body: bytes) -> Heard:
        """What a delivery names."""
        return _facebook_deliveries.delivered(account, body)

    def subscribing(self, account: AccountRef) -> Subscribing:
        """Subscribes the Page to the city's app."""
        return _facebook_deliveries.subscribing(FACEBOOK.api_of(account.url), account)

    def authorization(self, url: str) -> Authorization:
        """How the account's owner lets the archive read it."""
        return _meta_grants.facebook(url)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return FACEBOOK.api_of(url)

    @staticmethod
    def _threads(asks: Asks, threads: Sequence[RecordRef]) -> Iterable[Ask]:
        """What stands elsewhere is not looked at here: there is no control for it but another such post."""
        posts = [ref for ref in threads if ref.key.startswith(f"{POST}/")]
        for kind in (OWN, VISITORS):
            idents = [ref.key.partition("/")[2] for ref in posts if kind_of_post(ref, asks.account) == kind]
            yield from asks.known(POST, idents, others=kind != OWN, comments=True)

    @staticmethod
    def _asks(account: AccountRef, sweep: Sweep | None) -> Asks:
        given = account.settings
        chosen = given if isinstance(given, FacebookSettings) else FacebookSettings()
        return Asks.begin(
            account, sweep, messages=chosen.messages, settings=chosen.page_settings, live=chosen.live_videos
        )


def _named(path: str, query: str) -> str | None:
    """The name or number of the Page that an address is of."""
    if path == _PROFILE:
        given = dict(parse_qsl(query)).get("id", "")
        return given if re.fullmatch(_ID, given) else None
    match = _PATH.fullmatch(path)
    if match is None or (match["name"] or "").lower() in _TAKEN:
        return None
    return match["old"] or match["new"] or match["name"]


def _since(bookmark: Bookmark) -> str:
    asked = bookmark.get("asked")
    return asked if isinstance(asked, str) else ""
