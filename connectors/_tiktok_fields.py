"""Names of the fields that TikTok's two APIs are documented to have, by kind of object; others are drift. Pure.

Sources: TikTok for Developers (*User object*, *Video object*, of November 2026) for the Display API; for the Accounts
API of TikTok API for Business, v1.3, its documentation as client libraries and their recorded answers repeat it, since
its own pages could not be read.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors import drift
from connectors.contract import JSONValue

VIDEO = (
    "id", "create_time", "title", "video_description", "duration", "height", "width", "cover_image_url", "share_url",
    "embed_link", "like_count", "comment_count", "share_count", "view_count",
)  # fmt: skip
"""What is asked of a video through the Display API."""
USER = (
    "open_id", "union_id", "display_name", "avatar_large_url", "username", "bio_description", "profile_deep_link",
    "is_verified", "follower_count", "following_count", "likes_count", "video_count",
)  # fmt: skip
ITEM = (
    "item_id", "create_time", "caption", "share_url", "embed_url", "thumbnail_url", "video_duration", "likes",
    "comments", "shares", "favorites", "video_views",
)  # fmt: skip
"""What is asked of a video through the Accounts API."""
ACCOUNT = (
    "username", "display_name", "profile_image", "followers_count", "following_count", "videos_count", "total_likes",
)  # fmt: skip
ABOUT = ("bio_description", "profile_deep_link", "is_verified")
"""What takes a permission of its own (``user.info.profile``), which TikTok does not give to every app."""

KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(names)
    for kind, names in {
        "body": ("data", "error"),
        "whose": ("user",),
        "list": ("videos", "cursor", "has_more"),
        "video": (*VIDEO, "embed_html"),
        "user": (*USER, "avatar_url", "avatar_url_100", "profile_web_link"),
        "answer": ("code", "message", "request_id", "data"),
        "items": ("videos", "cursor", "has_more"),
        "item": (*ITEM, "reach", "media_type", "is_ad"),
        "account": (*ACCOUNT, *ABOUT, "is_business_account", "metrics"),
        "comments": ("comments", "cursor", "has_more"),
        "comment": (
            "comment_id", "video_id", "user_id", "unique_identifier", "create_time", "text", "likes", "replies",
            "owner", "liked", "pinned", "status", "username", "display_name", "profile_image", "parent_comment_id",
            "reply_list", "image_url",
        ),
    }.items()
}  # fmt: skip


def unknown(kind: str, value: JSONValue) -> set[str]:
    """Names in ``value`` that the kind does not have, as ``kind.name``. Only plain words are repeated."""
    return drift.unknown(KNOWN[kind], kind, value)
