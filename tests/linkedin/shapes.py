"""Answers of LinkedIn in the shapes of its documentation, since nobody has recorded one, and what is asked for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors._linkedin_asks import PAGE, SITE, Asks
from connectors.contract import (
    AccountRef,
    Ask,
    RecordKind,
    RecordRef,
    SweepKind,
)
from connectors.linkedin import LinkedIn
from tests.connectors.reading import AT, answer, sweep

CONNECTOR = LinkedIn()
URN = "urn:li:organization:5515715"
ACCOUNT = AccountRef("ac_1", "linkedin", SITE, "5515715", "city", f"{SITE}/company/city")
SHARE, UGC = "urn:li:share:6844785523593134080", "urn:li:ugcPost:6856810298419044352"
KEY = "share/6844785523593134080"
ACTIVITY = "urn:li:activity:6631349431612559360"
COMMENT = f"urn:li:comment:({ACTIVITY},6636062862760562688)"
REPLY = f"urn:li:comment:({ACTIVITY},6636062862760562699)"
NOW = 1_792_000_000_000
Json = Any


def asks(kind: SweepKind | None = SweepKind.FULL) -> Asks:
    return Asks.begin(ACCOUNT, None if kind is None else sweep(kind))


def post(urn: str = SHARE, **more: Json) -> dict[str, Json]:
    """As in the documentation of the Posts API."""
    return {
        "id": urn,
        "author": URN,
        "commentary": "The bridge is open",
        "visibility": "PUBLIC",
        "lifecycleState": "PUBLISHED",
        "lifecycleStateInfo": {"isEditedByAuthor": False},
        "distribution": {"feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": []},
        "isReshareDisabledByAuthor": False,
        "createdAt": NOW - 31,
        "publishedAt": NOW,
        "lastModifiedAt": NOW + 1,
    } | more


def comment(urn: str = COMMENT, **more: Json) -> dict[str, Json]:
    """As in the documentation of the Comments API."""
    stamp = {"actor": "urn:li:person:2qXA98-mVk", "time": NOW + 5}
    return {
        "id": urn.rstrip(")").rpartition(",")[2],
        "commentUrn": urn,
        "actor": "urn:li:person:2qXA98-mVk",
        "object": ACTIVITY,
        "message": {"attributes": [], "text": "At last"},
        "created": stamp,
        "lastModified": {**stamp, "time": NOW + 6},
        "likesSummary": {
            "aggregatedTotalLikes": 2,
            "totalLikes": 2,
            "likedByCurrentUser": False,
            "selectedLikes": [],
        },
        "commentsSummary": {"aggregatedTotalComments": 0, "selectedComments": [], "totalFirstLevelComments": 0},
    } | more


def page(entries: Sequence[Json], *, following: int | None = None, **paging: Json) -> dict[str, Json]:
    href = f"/rest/x?count=10&start={following}"
    links = [] if following is None else [{"rel": "next", "type": "application/json", "href": href}]
    return {"elements": list(entries), "paging": {"start": 0, "count": PAGE, "links": links, **paging}}


def batch(results: Mapping[str, Json], **refused: int) -> dict[str, Json]:
    errors = {name: {"status": status, "message": "No."} for name, status in refused.items()}
    return {"results": dict(results), "statuses": dict(refused), "errors": errors}


def words(seen: bool = True) -> Ask:
    return next(asks().words([SHARE, UGC], seen=seen))


def comments(seen: bool = True) -> Ask:
    return asks().comments(KEY, seen=seen, at=AT.isoformat())


def talk(entries: Sequence[Json], **paging: Json) -> Any:
    return CONNECTOR.read(comments(), answer(page(entries, **paging)))


ORGANIZATION = {
    "id": 5515715,
    "$URN": URN,
    "vanityName": "city",
    "localizedName": "City",
    "localizedDescription": "Official.",
    "localizedWebsite": "https://city.example",
    "localizedSpecialties": ["Roads"],
    "logoV2": {"original": "urn:li:digitalmediaAsset:C4D", "cropped": "urn:li:digitalmediaAsset:C4E"},
}

REFS = [
    RecordRef(KEY, RecordKind.POST),
    RecordRef("comment/1", RecordKind.COMMENT, KEY, f"{SITE}/feed/update/{SHARE}/?commentUrn=x"),
    RecordRef("comment/6636062862760562699", RecordKind.COMMENT, KEY, None),
    RecordRef(f"comments/{KEY}", RecordKind.SETTINGS),
    RecordRef("organization/5515715", RecordKind.PROFILE),
]
GONE = answer({"status": 404, "code": "NOT_FOUND", "message": "Could not find entity"}, 404)
