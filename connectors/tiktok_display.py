"""What accounts publish on TikTok, through its Display API, with a token of the account's owner. It has no comments:
for these see :mod:`connectors.tiktok`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import BaseModel

from connectors import _limits, _tiktok_display, _tiktok_grants, _versions
from connectors._tiktok_display import Asks
from connectors._tiktok_site import DISPLAY, MEDIA_HOSTS, claimed
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
    RecordKind,
    RecordRef,
    Signature,
    Sweep,
    SweepKind,
)
from connectors.settings import NoSettings


class TikTokDisplay:
    """Any account: its public videos, without what is said under them."""

    platform: ClassVar[str] = "tiktok_display"
    title: ClassVar[str] = "TikTok, videos only"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = NoSettings
    media_hosts: ClassVar[tuple[str, ...]] = MEDIA_HOSTS
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature(
            "access token of the account's owner, for the Display API", r"act\.[\w.!*~+/=-]{16,2000}",
            speaks_for_owner=True,
        ),
    )  # fmt: skip
    set_up: ClassVar[SetUp] = _tiktok_grants.DISPLAY_SET_UP
    api_version: ClassVar[ApiVersion] = _versions.TIKTOK_DISPLAY
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.TIKTOK_DISPLAY
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a video's title and description that was seen. TikTok keeps no earlier ones, and gives no"
        " time of an edit.",
        deletions="A video that is gone is no longer returned; TikTok does not say who deleted it.",
        hidden=None,
        messages=None,
        comments=None,
        media="Covers of videos and the account's picture. Not the videos themselves.",
        counts="Views, likes, comments and shares of videos, as of capture.",
        history="Back to the account's first public video.",
        limits=(
            "Comments are not given out by this interface: connect the account as TikTok (a business account, with the"
            " city's app for TikTok API for Business), or keep them by hand.",
            "Videos and photo posts themselves are not given out: archive the city's own master files.",
            "An edit that was undone between two looks was not seen; an edit of an older video is seen by full sweeps.",
            "A video that is made private, or for friends only, looks like one that was deleted.",
            "While the account shows no video, it is said of none that it is no longer returned unless TikTok counts"
            " none either.",
            "Messages, live streams and stories are not captured.",
            "A token ends after two hours. Where the account was connected by its owner it is renewed for 180 days.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.PROFILE}),
                of=Extent.ACCOUNT,
                says="Public videos of the account.",
                kinds=frozenset({RecordKind.POST}),
            ),
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://www.tiktok.com/@NAME``, where it is said that this interface is meant (``--platform``); on another
        host the same under ``/tiktok``, which may be a test peer."""
        return claimed(DISPLAY, self.platform, url, sure=False)

    def identify(self, claim: Claim) -> Ask:
        """Whether the token is of the account that goes by the name in the address."""
        site = claim.url.removesuffix(f"/{claim.handle}")
        return Asks(site, DISPLAY.api_of(claim.url), account="", handle="", sweep="").identify(claim.handle)

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: videos since the last look. *watch*: the account, and the given videos. *full*: every video."""
        asks = Asks.begin(account, sweep)
        if sweep.kind is SweepKind.NEW:
            return (asks.videos(bookmark or {}),)
        lists = (asks.videos({}),) if sweep.kind is SweepKind.FULL else ()
        return (asks.profile(), *lists, *asks.known([ref.key for ref in sweep.threads]))

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known videos by their numbers."""
        return _tiktok_display.looks(account, records)

    def authorization(self, url: str) -> Authorization:
        """How the account's owner lets the archive read it."""
        return _tiktok_grants.display(url)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        return _tiktok_display.read(ask, answer)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return DISPLAY.api_of(url)
