"""Professional accounts on Instagram, through Meta's Graph API, with the access token of the Page they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from connectors import _instagram_deliveries, _instagram_reading, _limits, _meta_grants, _versions
from connectors._instagram_asks import INSTAGRAM, Asks
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
    RecordKind,
    RecordRef,
    Signature,
    State,
    Sweep,
    SweepKind,
)
from connectors.deliveries import DELIVERY, Part, Receiving

_PATH = re.compile(
    r"/(?P<name>[A-Za-z0-9._]{1,30})(?:/(?:reels|tagged|feed|channel|guides|live|followers|following))?/?"
)
#: The first step of addresses that are no account.
_TAKEN_NAMES = """
about accounts api ar blog challenge data developer developers direct directory download emails explore graphql legal
lite locations nametag oauth p press privacy push qr reel reels s session settings share static stories terms topics tv
web
"""
_TAKEN = frozenset(_TAKEN_NAMES.split())


class InstagramSettings(BaseModel):
    """Settings of one account on Instagram."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    messages: bool = Field(
        default=True,
        title="Messages are captured",
        description="Conversations of people with the account. Needs the permission instagram_manage_messages.",
    )


class Instagram:
    """Professional accounts on Instagram: posts, stories, comments, tags and messages."""

    platform: ClassVar[str] = "instagram"
    title: ClassVar[str] = "Instagram"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = InstagramSettings
    media_hosts: ClassVar[tuple[str, ...]] = ("cdninstagram.com", "fbcdn.net", "fbsbx.com")
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature("access token of the linked Page", r"(?!IG)[^|\s]{20,}", speaks_for_owner=True),
    )
    set_up: ClassVar[SetUp] = _meta_grants.INSTAGRAM_SET_UP
    receives: ClassVar[Receiving] = _instagram_deliveries.RECEIVES
    api_version: ClassVar[ApiVersion] = _versions.GRAPH
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.INSTAGRAM
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a caption, comment or message that was seen. Instagram keeps no earlier ones, and gives"
        " no time of an edit.",
        deletions="A post or comment that is gone is no longer returned; Instagram does not say why: it was deleted or"
        " archived, the comment above it was deleted, or the account restricted who wrote it.",
        hidden="Comments that the account hides, with when they were first and last seen so; not who hid them.",
        messages="Messages between people and the account, as many of each conversation as Instagram gives.",
        comments="Comments under posts of the account, and what answers them.",
        media="Pictures and videos of posts and stories, in the size that Instagram gives out, and files of messages.",
        counts="Likes and comments, as of capture; followers and posts of the account.",
        history="The newest 10,000 posts; stories of the last day.",
        moderation="Whether each post takes comments, as it was seen.",
        moderation_by_hand="Whom the account blocks, restricts or mutes, which words it hides, and who may comment,"
        " mention, tag and write to it.",
        limits=(
            "An edit that was undone, and a comment that was deleted, between two looks was not seen, unless"
            " Instagram sends what happens there.",
            "A story that came and went between two looks was not seen; that a story is over says nothing.",
            "Comments under posts that are not among the newest 50, and new ones that make up for deleted ones, are"
            " seen when the post is looked at again, not at once.",
            "While a post takes no comments, nothing is said of those that are no longer returned under it.",
            "Comments of people whom the account restricts are seen only once they are approved.",
            "Live broadcasts and what is said in them are not captured.",
            "That somebody names the account with @ in a caption or comment elsewhere is not seen; only that it is"
            " tagged in a picture or video.",
            "Answers do not say who sees a post or story: all of them are taken for public, as professional accounts"
            " are.",
            "Of a conversation Instagram gives out only about the 20 newest messages.",
            "Videos with music that somebody else has rights in are given without the file.",
            "That a post or comment is no longer returned is said only while the token still shows another one.",
            "Where a text is taken away altogether, Instagram leaves it out, as it does what may not be read: the last"
            " words that were seen stand.",
            "An edit that only sets or takes away an @ in a caption is not told as one: Meta takes those signs away by"
            " itself where the token may see less. Every answer is kept as it came.",
            "Tokens of an Instagram login (graph.instagram.com) are not taken.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.POST}),
                of=Extent.THREAD,
                says="Comments on the post and answers to them.",
                states=frozenset({State.HIDDEN_BY_PAGE}),
                private=True,
                withheld="by people whom the account restricted, or held back by Instagram",
            ),
            Counted(
                on=frozenset({RecordKind.MESSAGE}),
                of=Extent.THREAD,
                says="Messages of the conversation.",
                withheld="deleted, or older than the newest 20, of which alone Instagram gives the words",
            ),
            Counted(
                on=frozenset({RecordKind.PROFILE}),
                of=Extent.ACCOUNT,
                says="Posts and reels of the account, without stories.",
                kinds=frozenset({RecordKind.POST}),
            ),
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://www.instagram.com/NAME`` and its tabs, on any host of Instagram; on another host the same under
        ``/instagram``, which may be a test peer."""
        address = INSTAGRAM.address(url)
        match = None if address is None else _PATH.fullmatch(address.path)
        if address is None or match is None or match["name"].lower() in _TAKEN:
            return None
        return address.claim(self.platform, match["name"].lower())

    def identify(self, claim: Claim) -> Ask:
        """Ask which account the token speaks for: it must be this one."""
        site = claim.url.removesuffix(f"/{claim.handle}")
        return Asks(site, INSTAGRAM.api_of(claim.url), account="", sweep="").identify(claim.handle)

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: the newest entries of every list, and comments where their number changed. *watch*: the profile,
        stories, and the given posts with all their comments. *full*: every list from end to end, and every comment."""
        known = bookmark or {}
        asks = self._asks(account, sweep, known)
        if sweep.kind is SweepKind.WATCH:
            return (asks.profile(), *asks.watched(sweep.threads), asks.stories())
        lists = asks.lists(sweep.at.isoformat(), known.get("comments"))
        if sweep.kind is SweepKind.NEW:
            return tuple(lists)
        return (asks.profile(), *lists, *asks.watched(sweep.threads))

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known posts and comments by their ids; of comments first whether their post takes any."""
        return self.look_beside(account, records, ())

    def look_beside(
        self, account: AccountRef, records: Sequence[RecordRef], beside: Sequence[RecordRef]
    ) -> Iterable[Ask]:
        """As :meth:`look`, with others for controls that the archive knows: no list is sure to show a comment."""
        return self._asks(account, None, {}).looks(records, beside)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        if ask.purpose == DELIVERY:
            return _instagram_deliveries.reading(ask, answer)
        return _instagram_reading.read(ask, answer)

    def parts(self, body: bytes) -> Sequence[Part] | None:
        """Whose a delivery is."""
        return _instagram_deliveries.parts(body, _instagram_deliveries.OBJECT)

    def delivered(self, account: AccountRef, body: bytes) -> Heard:
        """What a delivery names."""
        return _instagram_deliveries.delivered(account, body)

    def authorization(self, url: str) -> Authorization:
        """How the account's owner lets the archive read it."""
        return _meta_grants.instagram(url)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return INSTAGRAM.api_of(url)

    @staticmethod
    def _asks(account: AccountRef, sweep: Sweep | None, known: Bookmark) -> Asks:
        given = account.settings
        chosen = given if isinstance(given, InstagramSettings) else InstagramSettings()
        return Asks.begin(account, sweep, since=known.get("asked"), messages=chosen.messages)
