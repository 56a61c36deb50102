"""Mastodon, and any server that speaks its API. Public accounts need no credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from connectors import _limits, _mastodon_grants, _mastodon_reading, _mastodon_stream, _versions
from connectors._mastodon_asks import LISTS, Asks
from connectors._mastodon_statuses import key_of
from connectors.allowances import Allowance
from connectors.authorization import ApiVersion, Authorization, SetUp
from connectors.contract import (
    AccessClass,
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
    Sweep,
    SweepKind,
)
from connectors.links import origin, web

_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_])?"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?"
_ADDRESS = re.compile(rf"(?:@|acct:@?)(?P<name>{_NAME})@(?P<host>{_HOST})")
_PATH = re.compile(
    rf"/(?:(?:web|deck)/)?@(?P<name>{_NAME})(?:@(?P<host>{_HOST}))?(?:/(?:with_replies|media|featured|\d+))?/?"
)
_OLD_PATH = re.compile(rf"/users/(?P<name>{_NAME})(?:/statuses/\d+)?/?")
#: Their addresses look the same, and they have no such API.
_OTHER_NAMES = """
youtube.com m.youtube.com tiktok.com threads.net threads.com medium.com substack.com flipboard.com instagram.com
facebook.com x.com twitter.com linkedin.com bsky.app vimeo.com t.me telegram.me
"""
_OTHERS = frozenset(_OTHER_NAMES.split())
_MESSAGE = RecordKind.MESSAGE
#: What is said under these is not said to the account.
_ALONE = (RecordKind.SHARE, RecordKind.MENTION)
_STATUS = re.compile(
    rf"/(?:(?:web|deck)/)?@{_NAME}(?:@{_HOST})?/(?P<id>\d{{1,30}})/?|/users/{_NAME}/statuses/(?P<old>\d{{1,30}})/?"
)


class MastodonSettings(BaseModel):
    """Settings of one Mastodon account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    closed_server: bool = Field(
        default=False,
        title="The server shows nothing to strangers",
        description="Ask for everything signed in. Then all of it is kept as private, since strangers cannot see it.",
    )
    every_thread: bool = Field(
        default=False,
        title="Full sweeps look into every thread",
        description=(
            "Also into threads whose posts count no answers now and in which none are known: answers that were"
            " written and hidden between two looks. One question for every post the account ever made."
        ),
    )

    moderation: bool = Field(
        default=True,
        title="Moderation settings are captured",
        description="Whom the account blocks and mutes, and what it filters, where the account is signed in. Needs"
        " read:blocks, read:mutes and read:filters.",
    )


class Mastodon:
    """Accounts on Mastodon servers, through the REST API (``/api/v1``)."""

    platform: ClassVar[str] = "mastodon"
    title: ClassVar[str] = "Mastodon"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = MastodonSettings
    api_version: ClassVar[ApiVersion] = _versions.MASTODON
    media_hosts: ClassVar[tuple[str, ...]] = ("*",)
    set_up: ClassVar[SetUp] = _mastodon_grants.SET_UP
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.MASTODON
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every edit, with the earlier versions that the server remembers.",
        deletions="A deleted post or reply is no longer returned; the server does not say who deleted it.",
        hidden=None,
        messages="Private mentions and posts to followers, where the account is signed in.",
        comments="Replies that the account's own server knows.",
        media="Original files with their descriptions.",
        counts="Replies, boosts, favourites, quotes and poll votes, as of capture.",
        history="Back to the account's first post, unless the account deletes old posts automatically.",
        moderation_signed_in=True,
        moderation="Whom the account blocks and mutes, which servers it blocks, and what it filters, where the account"
        " is signed in; every state that full sweeps saw.",
        limits=(
            "Replies from other servers that never reached the account's own server are not seen.",
            "Without signing in, a server shows at most 60 replies of a thread, 20 levels deep; deeper branches are"
            " asked for one by one, but replies beyond the first 60 to one and the same post stay unseen.",
            "Signed in, a server leaves out what people say whom the account blocked or muted: in a thread of more than"
            " 60 replies their later ones are shown to nobody who asks for the city.",
            "A reply to an old post is seen when its thread is looked at again, not at once.",
            "Replies by people whom the account's server blocks or limits may not be shown to strangers.",
            "What the people who run the server block or limit is not captured.",
            "A list of more than 5,000 blocked or muted people is not kept.",
            "Servers leave people whom they suspended out of the lists of whom the account blocks and mutes, as if they"
            " had been taken off.",
            "Who favourited or boosted a post is not captured, only how many.",
            "Changes of profile picture are kept as files, not as edits of the profile.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.POST, RecordKind.COMMENT}),
                of=Extent.ANSWERS,
                says="Public answers to the post itself, without answers to answers, as the account's own server knows"
                " them; none that was deleted.",
                withheld="by people whom the server limits or blocks, or who blocked the account",
            ),
            Counted(
                on=frozenset({RecordKind.PROFILE}),
                of=Extent.ACCOUNT,
                says="Posts, answers to others and boosts; not what was sent to single people.",
                kinds=frozenset({RecordKind.POST, RecordKind.COMMENT, RecordKind.SHARE}),
                withheld="posts to followers only, where the account is not signed in, and boosts of what is no longer"
                " there",
            ),
        ),
        proven="Recorded traffic of Mastodon 4.7.3, and a simulated server over a real socket.",
    )

    def claim(self, url: str) -> Claim | None:
        """``https://host/@name``, ``https://host/@name@other``, ``https://host/users/name`` or ``@name@host``.

        A remote view (``@name@other``) is asked of the server in the address, since where ``other`` has its API is not
        known without asking.
        """
        address = _ADDRESS.fullmatch(url.strip())
        if address is not None:
            return self._claimed(f"https://{address['host']}", address["name"], certain=True)
        parts = web(url.strip())
        if parts is None or (parts.hostname or "").removeprefix("www.") in _OTHERS:
            return None
        match = _PATH.fullmatch(parts.path) or _OLD_PATH.fullmatch(parts.path)
        if match is None or match["name"].lower().endswith((".rss", ".atom", ".json")):
            return None
        other = match.groupdict().get("host")
        handle = match["name"] if other is None else f"{match['name']}@{other.lower()}"
        return self._claimed(origin(parts), handle, certain=other is not None)

    def _claimed(self, service: str, handle: str, *, certain: bool) -> Claim | None:
        parts = web(service)
        if parts is None:
            return None
        server = origin(parts)
        return Claim(self.platform, server, handle, f"{server}/@{handle}", "certain" if certain else "possible")

    def record_of(self, url: str) -> RecordAddress | None:
        """``https://host/@name/ID``: the id is that of the server in the address."""
        parts = web(url.strip())
        match = None if parts is None else _STATUS.fullmatch(parts.path)
        if parts is None or match is None:
            return None
        return RecordAddress((key_of(match["id"] or match["old"]),), service=origin(parts))

    def identify(self, claim: Claim) -> Ask:
        """Ask the server whose handle it is."""
        return Asks(claim.service, account="", sweep="", at="").lookup(claim.handle)

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: what was posted since the bookmark, everything where there is none. *watch*: the profile and the given
        threads. *full*: every list from end to end. Whose token it is comes first: with that of somebody else nothing
        is asked signed in."""
        asks = self._asks(account, sweep)
        owner = (asks.owner(),) if account.authorised else ()
        return (*owner, *self._sought(account, asks, sweep, bookmark or {}))

    def _sought(self, account: AccountRef, asks: Asks, sweep: Sweep, known: Bookmark) -> Iterable[Ask]:
        if sweep.kind is SweepKind.WATCH:
            return (asks.profile(), *self._watched(account, asks, sweep.threads))
        lists = [
            ask
            for purpose, (_, _, private, _) in LISTS.items()
            if not private or (account.authorised and not (asks.closed and purpose == "statuses_signed_in"))
            for ask in asks.listing(purpose, known)
        ]
        if sweep.kind is SweepKind.FULL:
            settings = asks.settings() if account.authorised and self._chosen(account).moderation else ()
            return (asks.profile(), *lists, *settings, *self._watched(account, asks, sweep.threads))
        return lists if known else (asks.profile(), *lists)

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for each record by its id, as visible as it was: a public one as a stranger, a private one signed in."""
        return self.look_beside(account, records, ())

    def look_beside(
        self, account: AccountRef, records: Sequence[RecordRef], beside: Sequence[RecordRef]
    ) -> Iterable[Ask]:
        """As :meth:`look`, with other statuses for controls that the archive knows: the profile may well be shown, and
        every status said not to be there."""
        asks = self._asks(account, None)
        for ref in records:
            if ref.kind is RecordKind.PROFILE:
                yield asks.profile()
            elif ref.key.startswith("status/") and (ref.kind is not _MESSAGE or account.authorised):
                yield asks.status(ref, beside)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        if ask.purpose == _mastodon_stream.EVENT:
            return _mastodon_stream.reading(ask, answer)
        return _mastodon_reading.read(ask, answer)

    def stream(self, account: AccountRef) -> Ask | None:
        """What the account's server pushes to it; nothing to an account that is not signed in."""
        return _mastodon_stream.ask_of(self._asks(account, None)) if account.authorised else None

    def pushed(self, account: AccountRef, event: bytes) -> tuple[Heard, AccessClass]:
        """Its own posts, and what mentions it; what it reads of others is not kept."""
        return _mastodon_stream.heard(account.platform_id, event)

    def authorization(self, url: str) -> Authorization:
        """How the account's owner lets the archive read it."""
        return _mastodon_grants.mastodon(url)

    def _watched(self, account: AccountRef, asks: Asks, threads: Sequence[RecordRef]) -> Iterable[Ask]:
        for ref in threads:
            private = ref.kind is _MESSAGE
            if not ref.key.startswith("status/") or (private and not account.authorised):
                continue
            yield asks.status(ref)
            if ref.kind not in _ALONE:
                seen = None if ref.seen_at is None else ref.seen_at.isoformat()
                yield asks.thread(ref.key, private=private, edits_after=seen)

    def _asks(self, account: AccountRef, sweep: Sweep | None) -> Asks:
        return Asks.begin(account, sweep, **self._settings(account))

    @staticmethod
    def _chosen(account: AccountRef) -> MastodonSettings:
        given = account.settings
        return given if isinstance(given, MastodonSettings) else MastodonSettings()

    @classmethod
    def _settings(cls, account: AccountRef) -> dict[str, bool]:
        chosen = cls._chosen(account)
        return {"closed": chosen.closed_server, "every_thread": chosen.every_thread}
