"""X (Twitter), through its API v2, with an app-only bearer token or a token of the account's owner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from connectors import _limits, _versions, _x_deliveries, _x_grants, _x_reading, _x_subscribing
from connectors._x_asks import LISTED, ON_X, Asks
from connectors._x_settings import due
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
from connectors.deliveries import DELIVERY, Part, Receiving, Step

_PATH = re.compile(
    r"/@?(?P<name>[A-Za-z0-9_]{1,15})(?:/(?:with_replies|media|likes|highlights|articles|status(?:es)?/\d{1,19}))?/?"
)
#: First parts of addresses that are no accounts.
_PAGE_NAMES = """
about compose download explore hashtag home i intent jobs login logout messages notifications privacy search settings
share signup tos who_to_follow
"""
_PAGES = frozenset(_PAGE_NAMES.split())
_POST = re.compile(
    r"/(?:i/web|i|[A-Za-z0-9_]{1,15})/status(?:es)?/(?P<id>[0-9]{1,19})(?:/(?:photo|video|analytics)/?[0-9]*)?/?"
)


class XSettings(BaseModel):
    """Settings of one account on X."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    moderation: bool = Field(
        default=True,
        title="Moderation settings are captured",
        description="Whom the account blocks and mutes, once a week, where it is read with its owner's token. Needs"
        " block.read and mute.read. X bills every user that it returns.",
    )


class X:
    """Accounts on X: their posts with every edit, what the public answers, and messages."""

    platform: ClassVar[str] = "x"
    title: ClassVar[str] = "X"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = XSettings
    api_version: ClassVar[ApiVersion] = _versions.X
    media_hosts: ClassVar[tuple[str, ...]] = ("pbs.twimg.com", "video.twimg.com")
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature("app-only bearer token", r"A{20}.+", speaks_for_owner=False),
        Signature("access token of the owner", r".+", speaks_for_owner=True),
    )
    set_up: ClassVar[SetUp] = _x_grants.SET_UP
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.X
    receives: ClassVar[Receiving] = _x_deliveries.RECEIVES
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every version of a post: each edit has an id of its own, and X names and shows the earlier ones.",
        deletions="A deleted or removed post is no longer returned; X does not say who deleted it. Of a post whose"
        " author protects it or was suspended X says so: it is restricted, not gone.",
        hidden=None,
        messages="Direct messages of the last thirty days, where the account is read with its owner's token.",
        comments="Replies to the account's posts at any depth, if they are found within seven days after they were"
        " written; replies that name the account, its mentions, and quotes of its posts also later.",
        media="Pictures and videos of posts as X gives them, with descriptions; the profile's picture and banner.",
        counts="Replies, reposts, likes, quotes, bookmarks, views and votes, as of capture.",
        history="The newest 3,200 posts and 800 mentions.",
        moderation_signed_in=True,
        moderation="Who may reply to each post of the account, as it was seen; whom the account blocks and mutes, by"
        " their numbers, where it is read with its owner's token, once a week.",
        moderation_by_hand="Which words the account mutes, and who may mention it, tag it and write to it.",
        limits=(
            "Whether somebody who was suspended or left stays in the lists of whom the account blocks and mutes, X does"
            " not tell: who leaves them need not have been taken off.",
            "A search reaches back seven days. A reply that does not name the account, and was not found by then, is"
            " never found; one that is missing from a search is looked for directly only if it is younger than that.",
            "Replies that were written and deleted between two looks are not seen, unless X sends what happens there.",
            "In a conversation that somebody else began, only what the account answered, its answers, and what names"
            " it are captured.",
            "Of what somebody else wrote and the account passed on, versions from before it was seen are not asked for"
            " until the post itself is looked at: they may be missing.",
            "Replies that the account hid are not told from others.",
            "A list of more than 5,000 blocked or muted people is not captured.",
            "Encrypted messages (X Chat, /2/chat) are not captured: X itself cannot read them, and their interface asks"
            " for leave to write messages and for the account's own keys.",
            "Who liked or reposted a post is not captured, only how many.",
            "Of a long article only its address; pictures sent in messages are not fetched; polls without who voted.",
            "With the owner's token everything is kept as private, since it may show what nobody else sees. Such a"
            " token lasts two hours; where the account was connected by its owner it is renewed.",
            "A deactivated account and a deleted one look the same; nothing is concluded of their posts.",
            "X bills every post that it returns, and stops at a monthly allowance: then nothing is captured until it"
            " is renewed.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.POST, RecordKind.COMMENT}),
                of=Extent.ANSWERS,
                says="Answers to the post itself, without answers to answers.",
                states=frozenset({State.RESTRICTED}),
                withheld="by accounts that are protected, suspended or closed, or older than X's search reaches",
            ),
            Counted(
                on=frozenset({RecordKind.PROFILE}),
                of=Extent.ACCOUNT,
                says="Posts, answers, quotes and reposts of the account.",
                states=frozenset({State.RESTRICTED}),
                kinds=frozenset({RecordKind.POST, RecordKind.COMMENT, RecordKind.SHARE}),
                withheld="reposts of what is no longer there",
            ),
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://x.com/NAME`` or ``https://twitter.com/NAME``, on any tab of the profile or one of its posts; on
        another host the same under ``/x.com``, which may be a test peer."""
        address = ON_X.address(url)
        match = None if address is None else _PATH.fullmatch(address.path)
        if address is None or match is None or match["name"].lower() in _PAGES:
            return None
        return address.claim(self.platform, match["name"])

    def record_of(self, url: str) -> RecordAddress | None:
        """``https://x.com/NAME/status/ID``, with any name: the id alone counts."""
        address = ON_X.address(url)
        match = None if address is None else _POST.fullmatch(address.path)
        if address is None or match is None:
            return None
        return RecordAddress((f"post/{match['id']}",), service=address.service)

    def identify(self, claim: Claim) -> Ask:
        """Ask X whose name it is. Its number is the identity: names change, and are given to others."""
        site = claim.url.rpartition("/")[0]
        return Asks(site, ON_X.api_of(claim.url), account="", sweep="").identify(claim.handle)

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: posts and mentions after what is known, and the newest messages. *watch*: the profile, and the given
        posts with what is said under them. *full*: both lists as far as X gives them, and every known thread."""
        known = bookmark or {}
        asks = Asks.begin(account, sweep, known)
        if sweep.kind is SweepKind.WATCH:
            return (asks.profile(), *asks.watched(sweep.threads))
        lists = [asks.listing(purpose, known.get(purpose)) for purpose in LISTED]
        full = sweep.kind is SweepKind.FULL
        settings = due(known, sweep.at) if full and self._keeps_moderation(account) else ()
        lists += [asks.me(settings)] if asks.owner else []
        around = [asks.profile()] if asks.owner else [asks.profile(), asks.usage()]
        if full:
            return (*around, *lists, *asks.watched(sweep.threads))
        return lists if "posts" in known else (*around, *lists)

    @staticmethod
    def _keeps_moderation(account: AccountRef) -> bool:
        return account.settings.moderation if isinstance(account.settings, XSettings) else True

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known posts by their ids, 100 at once; for messages one by one, as the owner only."""
        return Asks.begin(account, None).looks(records)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        if ask.purpose == DELIVERY:
            return _x_deliveries.reading(ask, answer)
        return _x_reading.read(ask, answer)

    def parts(self, body: bytes) -> Sequence[Part] | None:
        """Whose a delivery is."""
        return _x_deliveries.parts(body)

    def delivered(self, account: AccountRef, body: bytes) -> Heard:
        """What a delivery names."""
        return _x_deliveries.delivered(account, body)

    def registering(self, account: AccountRef, address: str) -> Step | str | None:
        """Whether the archive's address is a webhook of the app."""
        return _x_subscribing.registering(account, address)

    def registered(self, account: AccountRef, address: str, step: Step, answer: Answer) -> Step | str | None:
        """What is asked next, until the account is subscribed."""
        return _x_subscribing.registered(account, address, step, answer)

    def authorization(self, url: str) -> Authorization:
        """How the account's owner lets the archive read it."""
        return _x_grants.x(url)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return ON_X.api_of(url)
