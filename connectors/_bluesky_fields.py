"""Names of the fields that the lexicons of Bluesky know (``app.bsky``, November 2026); others are drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors import drift
from connectors.contract import JSONValue

KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(("$type", *names.split()))
    for kind, names in {
        "record": "text entities facets reply embed langs labels tags createdAt via",
        "repost": "subject createdAt via",
        "post": "uri cid author record embed bookmarkCount replyCount repostCount likeCount quoteCount indexedAt viewer"
        " labels threadgate debug",
        "quoted": "uri cid author value labels replyCount repostCount likeCount quoteCount embeds indexedAt",
        "author": "did handle displayName pronouns avatar associated viewer labels createdAt verification status debug",
        "profile": "did handle displayName description pronouns website avatar banner followersCount followsCount"
        " postsCount associated joinedViaStarterPack indexedAt createdAt viewer labels pinnedPost verification status"
        " debug",
        "entry": "post reply reason feedContext reqId",
        "node": "post parent replies threadContext",
        "listed": "uri cid value",
    }.items()
}


def unknown(kind: str, value: JSONValue) -> set[str]:
    """Names in ``value`` that the kind does not have, as ``kind.name``. Only plain words are repeated."""
    return drift.unknown(KNOWN[kind], kind, value)
