"""Names of the fields that the YouTube Data API v3 knows (discovery document, revision 20261104), by kind of object;
others are drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors import drift
from connectors.contract import JSONValue

KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "list": "etag eventId items kind nextPageToken pageInfo prevPageToken tokenPagination visitorId",
        "chatList": "activePollItem etag eventId items kind nextPageToken offlineAt pageInfo pollingIntervalMillis"
        " tokenPagination visitorId",
        "liveChatMessage": "authorDetails etag id kind snippet",
        "liveChatMessage.snippet": "authorChannelId displayMessage fanFundingEventDetails giftDetails"
        " giftMembershipReceivedDetails hasDisplayContent liveChatId memberMilestoneChatDetails"
        " membershipGiftingDetails messageDeletedDetails messageRetractedDetails newSponsorDetails pollDetails"
        " publishedAt superChatDetails superStickerDetails textMessageDetails type userBannedDetails",
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
        "caption": "etag id kind snippet",
        "caption.snippet": "audioTrackType failureReason isAutoSynced isCC isDraft isEasyReader isLarge language"
        " lastUpdated name status trackKind videoId",
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
    found = drift.unknown(KNOWN[kind], kind, value)
    for part in ("snippet", "status"):
        if f"{kind}.{part}" in KNOWN:
            found |= unknown(f"{kind}.{part}", value.get(part))
    return found
