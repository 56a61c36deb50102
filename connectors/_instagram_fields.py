"""Names of fields that are asked of the Instagram part of Meta's Graph API (v26.0), and that are known. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors._graph_fields import SHARED

_CHILD = "id,media_type,media_url,thumbnail_url"
LINKED = "id,instagram_business_account{id,username,name}"
"""Of the Page whose token it is: the account that it speaks for."""
PROFILE = "id,username,name,biography,website,followers_count,follows_count,media_count,profile_picture_url"
_SHOWN = "id,caption,media_type,media_product_type,media_url,thumbnail_url,permalink,shortcode,timestamp,username"
SPARE = ("is_shared_to_feed", "is_ai_generated")
"""May be left out where Meta refuses them."""
MEDIA = (
    f"{_SHOWN},owner{{id}},alt_text,like_count,comments_count,is_comment_enabled,children{{{_CHILD}}},{','.join(SPARE)}"
)
STORY = f"{_SHOWN},owner{{id}}"
TAGGED = f"{_SHOWN},like_count,comments_count,children{{{_CHILD}}}"
"""Of other people's media less is given."""
COUNTS = "id,comments_count,is_comment_enabled"
COMMENTS_ALLOWED = "id,is_comment_enabled"
COMMENT_INDEX = "id,timestamp,hidden,parent_id"
COMMENT_WORDS = f"{COMMENT_INDEX},text,username,from,user{{id}},like_count"
REPLIES = 50
"""Of one comment, as many as stand inside it in one answer."""


def with_replies(wanted: str) -> str:
    """The same of comments and of what answers them."""
    return f"{wanted},replies.limit({REPLIES}){{{wanted}}}"


BESIDE = "id,from,user{id},username"
OTHERS = f"id,comments.limit(10){{{BESIDE}}}"

KNOWN: Mapping[str, frozenset[str]] = SHARED | {
    kind: frozenset(names.split())
    for kind, names in {
        "linked": "id instagram_business_account",
        "profile": "biography followers_count follows_count has_profile_pic id ig_id is_published"
        " legacy_instagram_user_id media_count name profile_picture_url username website",
        "media": "alt_text boost_eligibility_info caption children comments comments_count copyright_check_information"
        " current_live_viewer_count has_poll has_slider id ig_id is_ai_generated is_comment_enabled"
        " is_shared_to_feed legacy_instagram_media_id like_count media_product_type media_type media_url owner"
        " permalink shortcode thumbnail_url timestamp username video_title view_count",
        "comment": "from hidden id legacy_instagram_comment_id like_count media parent_id replies text timestamp user"
        " username",
    }.items()
}
