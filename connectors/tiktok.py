"""Accounts on TikTok with their comments, through the Accounts API of TikTok API for Business, with a token of the
account's owner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import BaseModel

from connectors import _limits, _tiktok_deliveries, _tiktok_grants, _tiktok_reading, _tiktok_subscribing, _versions
from connectors._tiktok_asks import YOUNG, Asks
from connectors._tiktok_comments import SORTED
from connectors._tiktok_site import BUSINESS, MEDIA_HOSTS, claimed
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
from connectors.deliveries import DELIVERY, Part, Receiving, Step
from connectors.settings import NoSettings


class TikTok:
    """Business accounts: videos, comments and replies, and which of these are hidden."""

    platform: ClassVar[str] = "tiktok"
    title: ClassVar[str] = "TikTok"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = NoSettings
    media_hosts: ClassVar[tuple[str, ...]] = MEDIA_HOSTS
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature(
            "access token of the account's owner, for the Accounts API", r"[\w.!*~+/=-]{20,2000}",
            speaks_for_owner=True, header="Access-Token",
        ),
    )  # fmt: skip
    set_up: ClassVar[SetUp] = _tiktok_grants.SET_UP
    receives: ClassVar[Receiving] = _tiktok_deliveries.RECEIVES
    api_version: ClassVar[ApiVersion] = _versions.TIKTOK
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.TIKTOK
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a video's caption or a comment that was seen. TikTok keeps no earlier ones, and gives no"
        " time of an edit.",
        deletions="A video or comment that is gone is no longer returned; TikTok does not say who deleted it.",
        hidden="Comments that are hidden, with when they were first and last seen so; not who hid them.",
        messages=None,
        comments="Comments and replies under the account's own videos, with who wrote them.",
        media="Covers of videos, pictures in comments, the account's picture. Not the videos themselves.",
        counts="Views, likes, comments, shares and favorites of videos, a day or two late; likes and replies of"
        " comments, as of capture.",
        history="Back to the account's first video.",
        limits=(
            "Videos and photo posts themselves are not given out: archive the city's own master files.",
            "An edit that was undone, and a comment that was deleted, between two looks was not seen.",
            "TikTok tells how many comments a video has a day or two late. A new comment under a video that is older"
            f" than {YOUNG.days} days is seen then, or when the video is looked at again; so is one under a video that"
            " is not among the newest 20.",
            "A comment that came while another went, an edit and what was hidden or shown again are seen when the"
            " video is looked at again, not at once.",
            f"Of a video with more than {SORTED} comments TikTok lists the rest in no lasting order: some may be"
            " missed, and that one of them is gone is not noticed by the list.",
            "What TikTok holds back by its own rules is not returned, to the owner either.",
            "TikTok does not say who sees a video. Videos and what stands under them are kept as private, though"
            " everybody may see them; through TikTok's Display API public videos are captured as public.",
            "A video that is made private, or for friends only, is not told from others; where TikTok no longer returns"
            " it then, it looks like one that was deleted.",
            "After a video is gone its comments cannot be looked at: they are said to be no longer returned with it.",
            "While the account shows no video, nothing is said of what is no longer returned; nor, while no comment is"
            " shown on any video, of comments.",
            "A video that is shown as an advertisement alone is among the others, and not marked as such.",
            "Direct messages are not captured: TikTok gives them out by an interface of its own (Business Messaging),"
            " to apps that it lets also send messages.",
            "Posts and comments of others that name the account are not captured, nor what TikTok would send of them"
            " (BRAND_MENTION).",
            "Live streams, stories, duets and stitches of others are not captured.",
            "Whether a video takes comments is not captured.",
            "What the account says of itself is captured only where the app has the permission user.info.profile.",
            "A token ends after a day. Where the account was connected by its owner it is renewed for a year.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.POST}),
                of=Extent.THREAD,
                says="Comments on the video and replies to them, as TikTok counted them a day or two before.",
                withheld="hidden, held back by TikTok, or deleted a short time ago",
            ),
            Counted(
                on=frozenset({RecordKind.COMMENT}),
                of=Extent.ANSWERS,
                says="Replies to the comment.",
                withheld="hidden, held back by TikTok, or deleted a short time ago",
            ),
            Counted(
                on=frozenset({RecordKind.PROFILE}),
                of=Extent.ACCOUNT,
                says="Public videos of the account; which these are it does not say.",
                private=True,
                kinds=frozenset({RecordKind.POST}),
            ),
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://www.tiktok.com/@NAME``, which may name the id that TikTok knows the account by to the city's app
        (``?business_id=``); on another host the same under ``/tiktok``, which may be a test peer."""
        return claimed(BUSINESS, self.platform, url, sure=True)

    def record_of(self, url: str) -> RecordAddress | None:
        """``https://www.tiktok.com/@name/video/ID``."""
        address = BUSINESS.address(url)
        match = (
            None
            if address is None
            else re.fullmatch(r"/@[\w.]{1,30}/(?:video|photo)/(?P<id>[0-9]{1,25})/?", address.path)
        )
        if address is None or match is None:
            return None
        return RecordAddress((f"video/{match['id']}",), service=address.service)

    def identify(self, claim: Claim) -> Ask:
        """Whether the account of the id that the address or the grant names goes by the name in the address."""
        site = claim.url.removesuffix(f"/{claim.handle}")
        asks = Asks(site, BUSINESS.api_of(claim.url), claim.platform_id, handle="", sweep="")
        return asks.identify(claim.handle)

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: videos since the last look, and comments on young ones, and where one of the newest has more or fewer.
        *watch*: the account, and the given videos with all comments. *full*: every video with all comments."""
        asks = Asks.begin(account, sweep)
        if sweep.kind is SweepKind.NEW:
            return (asks.videos(bookmark or {}, sweep.at),)
        lists = (asks.videos({}),) if sweep.kind is SweepKind.FULL else ()
        return (asks.profile(), *lists, *asks.known([ref.key for ref in sweep.threads]))

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known videos and comments by their numbers."""
        return self.look_beside(account, records, ())

    def look_beside(
        self, account: AccountRef, records: Sequence[RecordRef], beside: Sequence[RecordRef]
    ) -> Iterable[Ask]:
        """As :meth:`look`, with other videos for controls on which the archive knows comments: a video whose only
        comment is gone cannot vouch for itself, and the newest ones may have none."""
        return Asks.begin(account, None).looks(records, beside)

    def parts(self, body: bytes) -> Sequence[Part] | None:
        """Whose a delivery is."""
        return _tiktok_deliveries.parts(body)

    def delivered(self, account: AccountRef, body: bytes) -> Heard:
        """What a delivery names."""
        return _tiktok_deliveries.delivered(account, body)

    def registering(self, account: AccountRef, address: str) -> Step | str | None:
        """Enters the archive's address as callback of the city's app."""
        return _tiktok_subscribing.registering(account, address)

    def registered(self, account: AccountRef, address: str, step: Step, answer: Answer) -> Step | str | None:
        """What came of it."""
        return _tiktok_subscribing.registered(address, answer)

    def authorization(self, url: str) -> Authorization:
        """How the account's owner lets the archive read it."""
        return _tiktok_grants.business(url)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        if ask.purpose == DELIVERY:
            return _tiktok_deliveries.reading(ask, answer)
        return _tiktok_reading.read(ask, answer)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return BUSINESS.api_of(url)
