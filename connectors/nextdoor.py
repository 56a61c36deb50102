"""Public agencies on Nextdoor, through its Publish API, with a token of somebody who looks after the agency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import BaseModel

from connectors import _nextdoor_asks, _nextdoor_reading, _versions
from connectors._nextdoor_asks import NEXTDOOR, PERSON, Asks, claimed
from connectors.authorization import ApiVersion, Authorization, SetUp
from connectors.contract import (
    AccountRef,
    Answer,
    Ask,
    Bookmark,
    Capabilities,
    Claim,
    Reading,
    RecordRef,
    Signature,
    Sweep,
)
from connectors.settings import NoSettings


class Nextdoor:
    """Agencies: posts, and the comments on them, as far as Nextdoor returns them."""

    platform: ClassVar[str] = "nextdoor"
    title: ClassVar[str] = "Nextdoor"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = NoSettings
    api_version: ClassVar[ApiVersion] = _versions.NEXTDOOR
    media_hosts: ClassVar[tuple[str, ...]] = ("nextdoor.com",)
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature("access token of somebody who looks after the agency", r"[\w.~+/=-]{20,4000}", speaks_for_owner=True),
    )
    set_up: ClassVar[SetUp] = _nextdoor_asks.SET_UP
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a post or comment that was seen. Nextdoor keeps no earlier ones, and gives no time of an"
        " edit.",
        deletions=None,
        hidden=None,
        messages=None,
        comments="Comments and replies under posts of the agency that Nextdoor returns with them; with names only where"
        " it gives them.",
        media="Pictures and videos of posts, as far as they are on Nextdoor's own servers.",
        counts="Reactions to posts by kind, likes of comments where they are given, as of capture.",
        history="As many posts as Nextdoor returns: it does not say how far back that reaches.",
        limits=(
            "Nextdoor gives access to few. Where it does not, have staff keep posts and comments by hand and deposit"
            " them here (`archiver deposit FILE --about account`).",
            "That something was deleted is not said: there is no question for one post or comment, and what is not"
            " returned may only be older than what is. What was seen stays, with when it was last seen.",
            "Posts and comments that were older than what Nextdoor returned when the account was connected are not"
            " captured: deposit an export of them (`archiver deposit FILE --about account`).",
            "An edit that was undone, and a comment that was deleted, between two looks was not seen.",
            "Whether all comments on a post are returned is not documented, nor who of their writers is named.",
            "Messages to the agency, its inbox, polls, events and emergency alerts are not given out.",
            "Posts of neighbors that name the agency are not captured.",
            "Which neighborhoods a post was sent to is not captured. Nothing says who sees a post: all is kept as"
            " private.",
            "With the agency's profile Nextdoor tells that of the person who connected it, which is kept among what is"
            " private.",
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://nextdoor.com/agency-detail/STATE/CITY/NAME``; on another host the same under ``/nextdoor``, which
        may be a test peer."""
        return claimed(self.platform, url)

    def declined(self, url: str) -> str | None:
        """What belongs to a person or a neighborhood is not captured (law R5, R6)."""
        address = NEXTDOOR.address(url)
        if address is None or not PERSON.fullmatch(address.path):
            return None
        return (
            "this belongs to a person or a neighborhood on Nextdoor: only public agencies are captured"
            " (https://nextdoor.com/agency-detail/STATE/CITY/NAME)"
        )

    def identify(self, claim: Claim) -> Ask:
        """Whether the token's owner looks after the agency in the address."""
        site = claim.url.removesuffix(f"/{claim.handle}")
        return Asks(site, NEXTDOOR.api_of(claim.url), account="", handle="").identify(claim.handle)

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """The agency, then all that Nextdoor returns of it, whatever the sweep: there is no smaller question."""
        return (Asks.begin(account, sweep).profiles(),)

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Nothing: Nextdoor has no question for one post or comment."""
        return ()

    def authorization(self, url: str) -> Authorization:
        """How somebody who looks after the agency lets the archive read it."""
        return _nextdoor_asks.authorization(url)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        return _nextdoor_reading.read(ask, answer)

    def signed_server(self, url: str) -> str:
        """Where the API for an agency at ``url`` is."""
        return NEXTDOOR.api_of(url)
