"""Keys of Mastodon 4.7.3 answers, as recorded from a real server, in its order."""

from __future__ import annotations


def _keys(text: str) -> list[str]:
    return text.split()


ACCOUNT = _keys(
    "id username acct display_name locked bot discoverable indexable group created_at note url uri avatar"
    " avatar_static avatar_description header header_static header_description followers_count following_count"
    " statuses_count last_status_at hide_collections show_media show_media_replies show_featured noindex"
    " feature_approval emojis roles fields"
)
STATUS_ANYBODY = _keys(
    "id created_at in_reply_to_id in_reply_to_account_id sensitive spoiler_text visibility language uri url"
    " replies_count reblogs_count favourites_count quotes_count edited_at content reblog application account"
    " media_attachments mentions tags emojis tagged_collections quote card poll quote_approval"
)
_BEFORE, _AFTER = STATUS_ANYBODY[:15], STATUS_ANYBODY[16:]
_RELATION = _keys("favourited reblogged muted bookmarked")
STATUS_SIGNED_IN = [*_BEFORE, *_RELATION, "content", "filtered", *_AFTER]
STATUS_OWN = [*_BEFORE, *_RELATION, "pinned", "content", "filtered", *_AFTER]
MEDIUM = _keys("id type url preview_url remote_url preview_remote_url text_url meta description blurhash")
EDIT = _keys("content spoiler_text sensitive created_at account media_attachments emojis")
NOTIFICATION = _keys("id type created_at group_key account status")
CONVERSATION = _keys("id unread accounts last_status")
HEADERS = _keys(
    "cache-control content-length content-type etag referrer-policy vary x-content-type-options x-frame-options"
    " x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset x-request-id x-runtime x-xss-protection"
)
