"""Vimeo, through its API, with a token of the account's owner."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import BaseModel

from connectors import _limits, _versions, _vimeo_grants, _vimeo_reading
from connectors._vimeo_asks import ON_VIMEO, Asks
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
    Reading,
    RecordAddress,
    RecordKind,
    RecordRef,
    Signature,
    Sweep,
    SweepKind,
)
from connectors.settings import NoSettings

_PATH = re.compile(
    r"/(?P<name>[A-Za-z][A-Za-z0-9_-]{1,79})(?:/(?:videos|about|collections|albums)(?:/[^?#]{0,200})?)?/?"
)
#: First parts of addresses that are no accounts.
_PAGE_NAMES = """
about blog categories channels create enterprise event events features groups help home join log_in login manage
ondemand pricing privacy search settings showcase site_map staffpicks stock terms upgrade upload user watch
"""
_PAGES = frozenset(_PAGE_NAMES.split())


class Vimeo:
    """Accounts on Vimeo: videos, comments and replies."""

    platform: ClassVar[str] = "vimeo"
    title: ClassVar[str] = "Vimeo"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = NoSettings
    media_hosts: ClassVar[tuple[str, ...]] = ("vimeocdn.com", "vimeo.com")
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature("access token of the account's owner", r"[\w.~+/=-]{20,2000}", speaks_for_owner=True),
    )
    set_up: ClassVar[SetUp] = _vimeo_grants.SET_UP
    api_version: ClassVar[ApiVersion] = _versions.VIMEO
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.VIMEO
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a video or comment that was seen. Vimeo keeps no earlier ones, and gives no time of an"
        " edit.",
        deletions="A video or comment that is gone is no longer returned; Vimeo does not say who deleted it.",
        hidden=None,
        messages=None,
        comments="Comments on the account's videos, and replies to them.",
        media="The picture of each video, captions and subtitles, the account's picture. Not the videos themselves.",
        counts="Plays, likes and comments of videos, replies to comments, videos of the account, as of capture.",
        history="Back to the account's first video.",
        moderation="Who may comment on each video, as it was seen.",
        moderation_by_hand="Whom the account blocks, and which words its comments are filtered for.",
        limits=(
            "That a video is gone is told between full sweeps only beside another one that is looked at again, and is"
            " there.",
            "Videos are not downloaded: Vimeo gives their files to paying accounts alone. Archive the city's own master"
            " files.",
            "An edit that was undone, and a comment that was written and deleted, between two looks was not seen.",
            "A new reply, and an edit of a comment, is seen when the video is looked at again, not at once. So is a new"
            " comment on a video that is not among the newest 100.",
            "When a comment is deleted, its replies are no longer returned either.",
            "While a video cannot be seen, nothing is said of its comments.",
            "A change of who may see a video counts as an edit, since its owner makes it.",
            "Captions of a video are looked for once, when it is first seen, and on full sweeps.",
            "What the owner is shown is kept as private. A video that everybody sees, and its comments, are asked for"
            " by themselves besides, and kept as public; its captions are not.",
            "Showcases, channels, groups, live events and their chat, review notes and messages are not captured.",
            "Who liked a video is not captured, only how many.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.COMMENT}),
                of=Extent.ANSWERS,
                says="Replies to the comment.",
            ),
            Counted(
                on=frozenset({RecordKind.PROFILE}),
                of=Extent.ACCOUNT,
                says="Videos of the account, as whoever signed in sees them.",
                kinds=frozenset({RecordKind.POST}),
            ),
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://vimeo.com/NAME``, NAME chosen by the account's owner or ``user`` and its number; on another host
        the same under ``/vimeo``, which may be a test peer."""
        address = ON_VIMEO.address(url)
        match = None if address is None else _PATH.fullmatch(address.path)
        if address is None or match is None or match["name"].lower() in _PAGES:
            return None
        return address.claim(self.platform, match["name"])

    def record_of(self, url: str) -> RecordAddress | None:
        """``https://vimeo.com/ID``."""
        address = ON_VIMEO.address(url)
        match = (
            None
            if address is None
            else re.fullmatch(r"/(?:[^/]{1,80}/)?(?P<id>[0-9]{1,20})(?:/\w{1,40})?/?", address.path)
        )
        if address is None or match is None:
            return None
        return RecordAddress((f"video/{match['id']}",), service=address.service)

    def identify(self, claim: Claim) -> Ask:
        """Ask Vimeo whose account it is."""
        site, name = claim.url.removesuffix(f"/{claim.handle}"), claim.handle
        named = name.removeprefix("user") if re.fullmatch(r"user[0-9]+", name) else name
        return Asks(site, ON_VIMEO.api_of(claim.url), account="", named=named, sweep="").identify()

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: the newest videos, and comments where there are more or fewer. *watch*: the account, and the given
        videos with all comments. *full*: every video with all comments."""
        asks, known = Asks.begin(account, sweep), bookmark or {}
        watched = asks.watched(ref.key for ref in sweep.threads)
        if sweep.kind is SweepKind.WATCH:
            return (asks.profile(), *watched)
        if sweep.kind is SweepKind.FULL:
            return (asks.profile(), asks.videos(), *watched)
        videos = asks.videos(known.get("videos"))
        return (videos,) if "videos" in known else (asks.profile(), videos)

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known videos and comments by their numbers."""
        return Asks.begin(account, None).looks(records)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        return _vimeo_reading.read(ask, answer)

    def authorization(self, url: str) -> Authorization:
        """How the account's owner lets the archive read it."""
        return _vimeo_grants.vimeo(url)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return ON_VIMEO.api_of(url)
