"""Flickr, through its API: with the city's key what everybody sees of an account, signed for its owner the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import BaseModel

from connectors import _flickr_grants, _flickr_reading, _limits, _versions
from connectors._flickr_asks import ON_FLICKR, Asks
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

_PATH = re.compile(r"/(?P<kind>photos|people)/(?P<name>[A-Za-z0-9_-]{1,60}|[0-9]{1,20}@N[0-9]{2})(?:/[^?#]{0,200})?/?")
#: Names under which no account stands.
_PAGES = frozenset({"tags", "upload", "organize", "friends", "me"})
_PHOTO = re.compile(r"/photos/[A-Za-z0-9_@-]{1,60}/(?P<id>[0-9]{1,20})(?:/[^?#]{0,200})?/?")


class Flickr:
    """Accounts on Flickr: photos and albums, with their comments."""

    platform: ClassVar[str] = "flickr"
    title: ClassVar[str] = "Flickr"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = NoSettings
    api_version: ClassVar[ApiVersion] = _versions.FLICKR
    media_hosts: ClassVar[tuple[str, ...]] = ("staticflickr.com",)
    signatures: ClassVar[tuple[Signature, ...]] = (
        Signature("API key", r"[0-9A-Za-z_-]{16,64}", speaks_for_owner=False, parameter="api_key"),
        Signature("owner's consent", r"oauth1(?::[^:\s]+){4}", True, parameter="api_key", oauth1=True),
    )
    set_up: ClassVar[SetUp] = _flickr_grants.SET_UP
    allowances: ClassVar[tuple[Allowance, ...]] = _limits.FLICKR
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="Every state of a photo, album or comment that was seen. Flickr keeps no earlier ones, and gives no time"
        " of an edit: the time of the last change also moves when somebody comments.",
        deletions="A photo, album or comment that is gone is no longer returned; Flickr does not say who deleted it."
        " With a key, a photo that was made private looks the same.",
        hidden=None,
        messages=None,
        comments="All comments on photos and albums that everybody sees; with the owner's consent also on others."
        " There are no answers to comments.",
        media="The largest file of each photo that its owner lets everybody have; of a video its picture.",
        counts="Views and comments of photos, photos and comments of albums, photos of the account, as of capture.",
        history="Back to the first photo that everybody sees; with the owner's consent, to the first of all.",
        moderation="Whether everybody may comment on a photo, as full sweeps saw it; with the owner's consent also who"
        " sees each photo, and who may comment on it and add tags.",
        moderation_by_hand="Whom the account blocks; without the owner's consent also who may comment and add tags"
        " where not everybody may.",
        limits=(
            "That a photo is gone is told between full sweeps only beside another one that is looked at again, and is"
            " there.",
            "With a key only what everybody sees. With the owner's consent also photos that are for friends, family or"
            " the owner, and their comments, all kept as private. FlickrMail, and whom the account blocks, Flickr shows"
            " to no program.",
            "Videos are not downloaded, only their pictures. The original of a photo is fetched only where everybody"
            " may download it.",
            "An edit that was undone, and a comment that was written and deleted, between two looks was not seen.",
            "A comment on a photo that is not among the newest 500 is seen when the photo is looked at again.",
            "Of a comment it is not told that it was edited: another wording is seen when the photo is looked at"
            " again.",
            "While a photo cannot be seen, nothing is said of its comments.",
            "Galleries, groups, notes on photos, people in them, places, and which photos an album holds are not"
            " captured.",
            "Titles and descriptions are compared as Flickr shows them; tags without their spelling and order.",
            "Who marked a photo as a favourite is not captured, nor how many.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.POST}),
                of=Extent.THREAD,
                says="Comments on the photo or album.",
            ),
            Counted(
                on=frozenset({RecordKind.PROFILE}),
                of=Extent.ACCOUNT,
                says="Photos and videos of the account that everybody sees; not albums.",
                kinds=frozenset({RecordKind.POST}),
                withheld="photos that are shown only to who is signed in and asked for them",
            ),
        ),
        proven=None,
    )

    def claim(self, url: str) -> Claim | None:
        """``https://www.flickr.com/photos/NAME`` or ``/people/NAME``, NAME chosen by its owner or the account's id; on
        another host the same under ``/flickr``, which may be a test peer."""
        address = ON_FLICKR.address(url)
        match = None if address is None else _PATH.fullmatch(address.path)
        if address is None or match is None or match["name"].lower() in _PAGES:
            return None
        return address.claim(self.platform, f"photos/{match['name']}")

    def record_of(self, url: str) -> RecordAddress | None:
        """``https://www.flickr.com/photos/NAME/ID``."""
        address = ON_FLICKR.address(url)
        match = None if address is None else _PHOTO.fullmatch(address.path)
        if address is None or match is None:
            return None
        return RecordAddress((f"photo/{match['id']}",), service=address.service)

    def identify(self, claim: Claim) -> Ask:
        """Ask Flickr whose account it is."""
        site = claim.url.removesuffix(f"/{claim.handle}")
        return Asks(site, ON_FLICKR.api_of(claim.url), account="", named=claim.handle, sweep="").identify()

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: the newest photos, and comments where something changed. *watch*: the account, and the given photos
        with all comments. *full*: all photos and albums with all comments."""
        asks, known = Asks.begin(account, sweep), bookmark or {}
        watched = asks.watched(ref.key for ref in sweep.threads)
        if sweep.kind is SweepKind.WATCH:
            return (asks.profile(), *watched)
        if sweep.kind is SweepKind.FULL:
            return (asks.profile(), asks.photos(), *asks.hidden(), asks.albums(), *watched)
        photos = (asks.photos(known.get("photos")), *asks.hidden(known.get("photos")))
        return photos if "photos" in known else (asks.profile(), *photos, asks.albums())

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for known photos and albums by their ids, and for comments with those on the same photo."""
        return Asks.begin(account, None).looks(records)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        return _flickr_reading.read(ask, answer)

    def authorization(self, url: str) -> Authorization:
        """How the account's owner lets the archive read it."""
        return _flickr_grants.flickr(url)

    def signed_server(self, url: str) -> str:
        """Where the API of an account at ``url`` is."""
        return ON_FLICKR.api_of(url)
