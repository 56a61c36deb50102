"""Accounts on Threads, through Meta's Threads API, with a token of the account itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from connectors import _limits, _meta_grants, _threads_deliveries, _threads_reading, _versions
from connectors._threads_asks import THREADS, Asks
from connectors.allowances import Allowance
from connectors.authorization import ApiVersion, Authorization, SetUp
from connectors.contract import (
    AccountRef,
    Answer,
    Ask,
    Bookmark,
    Capabilities,
    Claim,
    Heard,
    Reading,
    RecordRef,
    Signature,
    Sweep,
    SweepKind,
)
from connectors.deliveries import DELIVERY, Part, Receiving

_PATH = re.compile(r"/@(?P<name>[A-Za-z0-9._]{1,30})(?:/(?:replies|media|reposts))?/?")


class ThreadsSettings(BaseModel):
    """Settings of one account on Threads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_profile: bool = Field(
        default=True,
        title="The profile is public",
        description="Everybody sees what it publishes. Threads does not say whether a profile is private: switch this"
        " off where it is, and everything is kept as private.",
    )
    approvals: bool = Field(
        default=True,
        title="Replies that wait for approval are captured",
        description="One more question for each post. Off: only replies that are shown are captured.",
    )


class Threads:
    """Accounts on Threads: posts, replies at every level, mentions, and who may reply."""

    platform: ClassVar[str] = "threads"
    title: ClassVar[str] = "Threads"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = ThreadsSettings
    api_version: ClassVar[ApiVersion] = _versions.THREADS
    media_hosts: ClassVar[tuple[str, ...]] = ("cdninstagram.com", "fbcdn.net", "fbsbx.com", "giphy.com", "tenor.com")
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature("access token of the account", r"(?!EAA|IG)[^|\s]{20,}", speaks_for_owner=True),
    )
    set_up: ClassVar[SetUp] = _meta_grants.THREADS_SET_UP
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.THREADS
    receives: ClassVar[Receiving] = _threads_deliveries.RECEIVES
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a text, poll, link or description that was seen. Threads keeps no earlier ones, and gives"
        " no time of an edit.",
        deletions="A post or reply that is gone is no longer returned; Threads does not say why: it was deleted, or"
        " whoever wrote it left, closed the profile or blocked the account.",
        hidden="Replies that the account hides, and those of people it blocks or restricts where Threads still gives"
        " them, with when they were first and last seen so; not who hid them. Replies that wait for approval.",
        messages=None,
        comments="Replies at every level under posts of the account, replies of the account elsewhere, and posts and"
        " replies that name it.",
        media="Pictures, videos and moving pictures of posts and replies, in the size that Threads gives out.",
        counts="Votes in polls, as of capture. Likes, views and followers are not asked for.",
        history="Everything that Threads lists of the account: nothing says that it stops anywhere.",
        moderation="Who may reply to each post, and whether replies to it have to be approved, as it was seen.",
        moderation_by_hand="Whom the profile blocks, restricts or mutes, which words it hides, and who may mention it.",
        limits=(
            "An edit that was undone, and a reply that was deleted, between two looks was not seen, unless"
            " Threads sends what happens there.",
            "New replies under posts that are not among the newest 25, and replies that wait for approval, are seen"
            " when the post is looked at again, not at once.",
            "Nothing says who sees a reply of the account elsewhere where Threads leaves that out: it is kept as"
            " private.",
            "Of a repost or quote only the number of the other post is captured, not what it says.",
            "Of what others said elsewhere nothing is said once it is no longer returned.",
            "The long text that hangs on a reply is not captured, that of a post is.",
            "Whether replies have to be approved is seen only while one waits or was passed over; not who approved it.",
            "What answers a ghost post goes to messages, which Threads does not give out.",
            "That a reply is no longer returned is said only where one of somebody else can still be read by its"
            " number.",
            "Where a text is taken away altogether, Threads leaves it out, as it does what may not be read: the last"
            " words that were seen stand.",
            "Who liked, reposted, quoted, follows or is blocked is not captured.",
            "Whether the profile is private is not told; it is taken for public unless its settings say otherwise.",
            "A token ends after 60 days. Where the account was connected by its owner it is renewed in time.",
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://www.threads.com/@NAME`` and its tabs, also on threads.net; on another host the same under
        ``/threads``, which may be a test peer."""
        address = THREADS.address(url)
        match = None if address is None else _PATH.fullmatch(address.path)
        if address is None or match is None:
            return None
        name = match["name"].lower()
        return replace(address.claim(self.platform, f"@{name}"), handle=name)

    def identify(self, claim: Claim) -> Ask:
        """Ask which account the token speaks for: it must be this one."""
        site = claim.url.rpartition("/")[0]
        return Asks(site, THREADS.api_of(claim.url), account="", sweep="").identify(claim.handle)

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: the newest entries of every list, and replies where the newest one is another. *watch*: the profile,
        and the given posts with all replies. *full*: every list from end to end, and every reply."""
        asks = self._asks(account, sweep)
        if sweep.kind is SweepKind.WATCH:
            return (asks.profile(), *asks.watched(sweep.threads))
        known = bookmark or {}
        lists = asks.lists(known.get("newest"), known.get("mentioned"))
        if sweep.kind is SweepKind.NEW:
            return tuple(lists)
        return (asks.profile(), *lists, *asks.watched(sweep.threads))

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known posts and replies by their ids."""
        return self.look_beside(account, records, ())

    def look_beside(
        self, account: AccountRef, records: Sequence[RecordRef], beside: Sequence[RecordRef]
    ) -> Iterable[Ask]:
        """As :meth:`look`, with others for controls that the archive knows: no list is sure to show a reply."""
        return self._asks(account, None).looks(records, beside)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        if ask.purpose == DELIVERY:
            return _threads_deliveries.reading(ask, answer)
        return _threads_reading.read(ask, answer)

    def parts(self, body: bytes) -> Sequence[Part] | None:
        """Whose a delivery is."""
        return _threads_deliveries.parts(body)

    def delivered(self, account: AccountRef, body: bytes) -> Heard:
        """What a delivery names."""
        return _threads_deliveries.delivered(account, body)

    def authorization(self, url: str) -> Authorization:
        """How the account's owner lets the archive read it."""
        return _meta_grants.threads(url)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return THREADS.api_of(url)

    @staticmethod
    def _asks(account: AccountRef, sweep: Sweep | None) -> Asks:
        given = account.settings
        chosen = given if isinstance(given, ThreadsSettings) else ThreadsSettings()
        return Asks.begin(account, sweep, open=chosen.public_profile, approvals=chosen.approvals)
