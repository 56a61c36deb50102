"""Names of the fields that Mastodon 4.7.3 and its documentation know, by kind of object; others are drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors import drift
from connectors.contract import JSONValue

KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "status": "id created_at in_reply_to_id in_reply_to_account_id sensitive spoiler_text visibility language uri"
        " url replies_count reblogs_count favourites_count quotes_count edited_at favourited reblogged muted bookmarked"
        " pinned content text filtered reblog application account media_attachments mentions tags emojis"
        " tagged_collections quote card poll quote_approval",
        "version": "content spoiler_text sensitive created_at account media_attachments emojis poll quote",
        "account": "id username acct display_name locked bot discoverable indexable group created_at note url uri"
        " avatar avatar_static avatar_description header header_static header_description followers_count"
        " following_count statuses_count last_status_at hide_collections show_media show_media_replies show_featured"
        " noindex feature_approval emojis roles fields source role limited suspended memorial moved mute_expires_at",
        "field": "name value verified_at",
        "media": "id type url preview_url remote_url preview_remote_url text_url meta description blurhash",
        "poll": "id expires_at expired multiple votes_count voters_count voted own_votes options emojis",
        "option": "title votes_count",
        "quote": "state quoted_status quoted_status_id",
        "context": "ancestors descendants",
        "notification": "id type created_at group_key account status fallback collection filtered report event"
        " moderation_warning annual_report emoji emoji_url",
        "filter": "id title context expires_at filter_action keywords statuses",
        "conversation": "id unread accounts last_status",
    }.items()
}


def unknown(kind: str, value: JSONValue) -> set[str]:
    """Names in ``value`` that the kind does not have, as ``kind.name``. Only plain words are repeated."""
    return drift.unknown(KNOWN[kind], kind, value)


def unknown_in_status(value: Mapping[str, JSONValue], kind: str = "status") -> set[str]:
    """Unknown names in a status, or a version of one, and in its parts."""
    found = unknown(kind, value) | unknown("account", value.get("account")) | unknown("quote", value.get("quote"))
    for medium in _listed(value.get("media_attachments")):
        found |= unknown("media", medium)
    poll = value.get("poll")
    if isinstance(poll, dict):
        found |= unknown("poll", poll)
        for option in _listed(poll.get("options")):
            found |= unknown("option", option)
    return found


def _listed(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else []
