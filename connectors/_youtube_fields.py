"""Names of the fields that the YouTube Data API v3 knows (discovery document, revision 20261104), by kind of object;
others are drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.contract import JSONValue

_LONGEST = 64
_MOST = 100

KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "list": "etag eventId items kind nextPageToken pageInfo prevPageToken tokenPagination visitorId",
        "channel": "auditDetails brandingSettings contentDetails contentOwnerDetails conversionPings etag id kind"
        " localizations snippet statistics status topicDetails",
        "channel.snippet": "country customUrl defaultLanguage description localized publishedAt thumbnails title",
        "playlistItem": "contentDetails etag id kind snippet status",
        "playlistItem.snippet": "channelId channelTitle description playlistId position publishedAt resourceId"
        " thumbnails title videoOwnerChannelId videoOwnerChannelTitle",
        "video": "ageGating brandPartner contentDetails etag fileDetails id kind liveStreamingDetails localizations"
        " monetizationDetails paidProductPlacementDetails player processingDetails projectDetails recordingDetails"
        " snippet statistics status suggestions topicDetails",
        "video.snippet": "categoryId channelId channelTitle defaultAudioLanguage defaultLanguage description"
        " liveBroadcastContent localized publishedAt tags thumbnails title",
        "video.status": "containsSyntheticMedia embeddable failureReason license madeForKids privacyStatus"
        " publicStatsViewable publishAt rejectionReason selfDeclaredMadeForKids uploadStatus",
        "commentThread": "etag id kind replies snippet",
        "commentThread.snippet": "canReply channelId isPublic topLevelComment totalReplyCount videoId",
        "comment": "etag id kind snippet",
        "comment.snippet": "authorChannelId authorChannelUrl authorDisplayName authorProfileImageUrl canRate channelId"
        " imageUrl likeCount moderationStatus parentId publishedAt textDisplay textOriginal updatedAt videoId"
        " viewerRating",
    }.items()
}


def unknown(kind: str, value: JSONValue) -> set[str]:
    """Names in ``value``, and in its snippet and status, that the kind does not have, as ``kind.name``. Only plain
    words are repeated."""
    if not isinstance(value, dict):
        return set()
    strange = value.keys() - KNOWN[kind]
    found = {f"{kind}.{name if _is_word(name) else '(not a plain name)'}" for name in strange}
    for part in ("snippet", "status"):
        if f"{kind}.{part}" in KNOWN:
            found |= unknown(f"{kind}.{part}", value.get(part))
    return found


def report(names: set[str]) -> tuple[str, ...]:
    """Drift as a reading gives it: in order, and not more than anybody reads."""
    return tuple(sorted(names)[:_MOST])


def _is_word(name: str) -> bool:
    return len(name) <= _LONGEST and name.isascii() and name.replace("_", "a").isalnum()
