"""Bluesky, and any other service of the AT Protocol that shows ``app.bsky`` records. Public accounts need no
credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field

from connectors import _bluesky_reading, _limits, _versions
from connectors._bluesky_asks import SERVICE, SITE, Asks, sign_in, site_of
from connectors._bluesky_frames import heard
from connectors._bluesky_names import DID, HANDLE, POST, place_of, sha256_of
from connectors.allowances import Allowance
from connectors.authorization import ApiVersion
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
    SignIn,
    Sweep,
    SweepKind,
)
from connectors.links import origin, web

_PATH = re.compile(rf"/profile/(?P<actor>{HANDLE}|{DID})(?:/(?:post/[A-Za-z0-9._:~-]+|feed|lists))?/?")
#: What is said under these is not said to the account.
_ALONE = (RecordKind.SHARE, RecordKind.MENTION)
_POST_PATH = re.compile(rf"/profile/(?P<actor>{HANDLE}|{DID})/post/(?P<key>[A-Za-z0-9._:~-]{{1,512}})/?")


class BlueskySettings(BaseModel):
    """Settings of one Bluesky account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    directory: str = Field(
        default="https://plc.directory",
        pattern=r"^https?://[^/?#\s]+$",
        title="Directory of identities",
        description="Which server says where an account's repository is (did:plc). Another one for another network.",
    )
    every_thread: bool = Field(
        default=False,
        title="Full sweeps look into every thread",
        description=(
            "Also into threads whose posts count no answers now and in which none are known: answers that were"
            " written and removed between two looks. One question for every post the account ever made."
        ),
    )


class Bluesky:
    """Accounts of the AT Protocol: their own repository, and what the service shows around it."""

    platform: ClassVar[str] = "bluesky"
    title: ClassVar[str] = "Bluesky"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = BlueskySettings
    api_version: ClassVar[ApiVersion] = _versions.BLUESKY
    media_hosts: ClassVar[tuple[str, ...]] = ("*",)
    frame_type: ClassVar[str] = "application/cbor-seq"
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.BLUESKY
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a post that was seen; Bluesky keeps no earlier ones and gives no time of an edit.",
        deletions="A deleted or removed post or reply is no longer returned; the service does not say which it was.",
        hidden=None,
        messages=None,
        comments="Replies and quotes that the service shows.",
        media="The account's own files as uploaded, each checked against the digest that names it; pictures in replies"
        " as the service shows them.",
        counts="Replies, reposts, likes and quotes, as of capture.",
        history="Back to the account's first post.",
        moderation="Whom the account blocks, which lists of people it blocks, who may answer or quote which of its"
        " posts, and which answers it hides; every state that full sweeps saw.",
        moderation_by_hand="Whom and which words the account mutes.",
        limits=(
            "An edit that was undone before the next look was not seen, unless the service listens to the server's"
            " stream; of replies it is never seen.",
            "The time of a post is the one that its author's program gave it, never later than it was seen.",
            "Replies by people who block the account, or whom it blocks, are not shown, nor those to a post that the"
            " account lets nobody answer; what answers a reply that is not shown, or was deleted, is not shown either."
            " What was seen before is looked at by its address.",
            "Videos in replies are not captured, only that they were there.",
            "Mentions by people who do not reply are found only where the account is signed in.",
            "Whom and which words the account mutes is not captured: it is in no repository. Nor is a list of more"
            " than 5,000 entries.",
            "Direct messages are not captured.",
            "Who liked or reposted a post is not captured, only how many.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.POST, RecordKind.COMMENT}),
                of=Extent.ANSWERS,
                says="Answers to the post itself, without answers to answers.",
                withheld="by accounts that were switched off, taken down or blocked, or hidden by the service's rules",
            ),
            Counted(
                on=frozenset({RecordKind.PROFILE}),
                of=Extent.ACCOUNT,
                says="Posts and answers of the account, without reposts.",
                kinds=frozenset({RecordKind.POST, RecordKind.COMMENT}),
            ),
        ),
        proven="The vendor's own servers of November 2026, run for the tests.",
    )

    def claim(self, url: str) -> Claim | None:
        """``https://bsky.app/profile/NAME``, NAME a handle or a DID, be it of a post. The same path on another site is
        asked of that site itself."""
        parts = web(url.strip())
        match = _PATH.fullmatch(parts.path) if parts is not None else None
        if parts is None or match is None:
            return None
        site = origin(parts).replace("://www.", "://")
        actor = match["actor"]
        actor = actor if actor.startswith("did:") else actor.lower()
        return Claim(
            self.platform, SERVICE, actor, f"{site}/profile/{actor}", "certain" if site == SITE else "possible"
        )

    def record_of(self, url: str) -> RecordAddress | None:
        """``https://bsky.app/profile/DID/post/KEY``. A handle in it is taken for the account's."""
        parts = web(url.strip())
        match = None if parts is None else _POST_PATH.fullmatch(unquote(parts.path))
        if match is None:
            return None
        repository = match["actor"] if match["actor"].startswith("did:") else "{account}"
        return RecordAddress((f"at://{repository}/{POST}/{match['key']}",))

    def identify(self, claim: Claim) -> Ask:
        """Ask the service whose handle it is."""
        return Asks(site_of(claim.url), account="", handle="", directory="", sweep="", at="").profile(claim.handle)

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: the repository if its revision changed, and the newest of the feed. *watch*: the profile and the given
        threads. *full*: every list from end to end."""
        asks, known = self._asks(account, sweep), bookmark or {}
        if sweep.kind is SweepKind.WATCH:
            return (asks.profile(), *self._watched(asks, sweep.threads, known))
        lists = (asks.identity(known), asks.feed())
        if sweep.kind is SweepKind.FULL:
            return (asks.profile(), *lists, *self._watched(asks, sweep.threads, {}))
        return lists if known else (asks.profile(), *lists)

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask the service for known posts, 25 at once, with the profile as control."""
        return self._asks(account, None).looks(records)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        return _bluesky_reading.read(ask, answer)

    def digest(self, medium: str) -> str | None:
        """The account's own files are named by what they hash to."""
        return sha256_of(medium)

    def sign_in(self, account: AccountRef, bookmark: Bookmark) -> SignIn | None:
        """At the server that holds the repository, once it is known; the password is an app password."""
        pds = bookmark.get("pds")
        return sign_in(account, pds) if isinstance(pds, str) and web(pds) is not None else None

    def listen(self, account: AccountRef, bookmark: Bookmark, place: str | None) -> Ask | None:
        """The stream of the server that holds the repository."""
        pds = bookmark.get("pds")
        if not isinstance(pds, str) or web(pds) is None:
            return None
        return self._asks(account, None).stream(pds, place)

    def heard(self, account: AccountRef, frame: bytes) -> Heard:
        """Commits, and changes of identity and state, of this account alone."""
        return heard(account.platform_id, frame)

    @staticmethod
    def _watched(asks: Asks, threads: Sequence[RecordRef], known: Bookmark) -> Iterator[Ask]:
        """Threads, each with its first record as the account's own server has it now: the service may be behind."""
        pds = known.get("pds")
        for ref in threads:
            where = place_of(ref.key)
            if where is None or ref.kind in _ALONE:
                continue
            if where.did == asks.account and isinstance(pds, str) and web(pds) is not None:
                yield asks.record(pds, ref)
            yield asks.thread(ref.key, above=ref.kind is RecordKind.COMMENT)

    def _asks(self, account: AccountRef, sweep: Sweep | None) -> Asks:
        given = account.settings
        chosen = given if isinstance(given, BlueskySettings) else BlueskySettings()
        return Asks.begin(account, sweep, chosen.directory, every_thread=chosen.every_thread)
