"""Names of the fields that LinkedIn's Community Management API is documented to have (Microsoft Learn, version 202608
and the year before), by kind of object; others are drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors import drift
from connectors.contract import JSONValue

KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "list": "elements metadata paging",
        "list.paging": "count links start total",
        "batch": "errors results statuses",
        "post": "$URN adContext author commentary container content contentCallToActionLabel contentLandingPage"
        " createdAt distribution id isReshareDisabledByAuthor lastModifiedAt lifecycleState lifecycleStateInfo origin"
        " publishedAt reshareContext visibility",
        "post.content": "article carousel celebration media multiImage poll reference",
        "post.content.media": "altText id title",
        "post.content.multiImage": "altText images",
        "post.content.article": "description source thumbnail thumbnailAltText title",
        "post.content.poll": "options question settings uniqueVotersCount",
        "post.content.reference": "id",
        "post.content.carousel": "cards showEndCard",
        "post.content.celebration": "image recipient taggedEntities text type",
        "post.distribution": "feedDistribution targetEntities thirdPartyDistributionChannels",
        "post.lifecycleStateInfo": "contentStatus isEditedByAuthor reviewStatus",
        "post.reshareContext": "parent root",
        "post.adContext": "dscAdAccount dscAdType dscName dscStatus isDsc objective",
        "comment": "$URN actor agent commentUrn commentsSummary content created id lastModified likesSummary message"
        " object parentComment",
        "comment.message": "attributes text",
        "comment.created": "actor impersonator time",
        "comment.lastModified": "actor impersonator time",
        "comment.likesSummary": "aggregatedTotalLikes likedByCurrentUser selectedLikes totalLikes",
        "comment.commentsSummary": "aggregatedTotalComments commentsState selectedComments totalFirstLevelComments",
        "metadata": "$URN commentSummary commentsState entity reactionSummaries",
        "metadata.commentSummary": "count topLevelCount",
        "notification": "action decoratedGeneratedActivity decoratedSourcePost generatedActivity lastModifiedAt"
        " notificationId organizationalEntity sourcePost subscriber",
        "role": "created lastModified organization organizationTarget role roleAssignee state",
        "image": "altText aspectRatioHeight aspectRatioWidth downloadUrl downloadUrlExpiresAt id owner status",
        "video": "aspectRatioHeight aspectRatioWidth captions downloadUrl downloadUrlExpiresAt duration id owner"
        " processingFailureReason status thumbnail",
        "document": "downloadUrl downloadUrlExpiresAt id owner processingFailureReason status title",
        "organization": "$URN alternativeNames autoCreated coverPhoto coverPhotoV2 created defaultLocale deleted"
        " description entityStatus foundedOn groups id industries industriesV2 lastModified localizedDescription"
        " localizedName localizedSpecialties localizedWebsite locations logo logoV2 name organizationStatus"
        " organizationType overviewPhoto overviewPhotoV2 parentRelationship pinnedPost primaryOrganizationType"
        " schoolAttributes specialties staffCountRange vanityName versionTag website",
    }.items()
}


def unknown(kind: str, value: JSONValue) -> set[str]:
    """Names in ``value``, and in the parts of it that are listed, which the kind does not have, as ``kind.name``. Only
    plain words are repeated."""
    if not isinstance(value, dict):
        return set()
    found = drift.unknown(KNOWN[kind], kind, value)
    for name, part in value.items():
        if f"{kind}.{name}" in KNOWN:
            found |= unknown(f"{kind}.{name}", part)
    return found
