"""Names of the fields that the X API v2 knows (OpenAPI 2.167, and what its older texts and answers call them), by kind
of object; others are drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors import drift
from connectors.contract import JSONValue

KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "answer": "data errors includes meta",
        "meta": "newest_id next_token oldest_id previous_token result_count",
        "includes": "media places polls posts topics tweets users",
        "post": "article article_title attachments author_id card_uri community_id context_annotations conversation_id"
        " created_at display_text_range edit_controls edit_history_post_ids edit_history_tweet_ids entities geo id"
        " in_reply_to_user_id lang matched_media_notes media_metadata non_public_metrics note_post note_tweet"
        " note_request_suggestions organic_metrics paid_partnership possibly_sensitive promoted_metrics public_metrics"
        " referenced_posts referenced_tweets reply_settings scopes source suggested_source_links"
        " suggested_source_links_with_counts text username withheld",
        "user": "affiliation confirmed_email connection_status created_at description entities id is_identity_verified"
        " location most_recent_post_id most_recent_tweet_id name parody pinned_post_id pinned_tweet_id"
        " profile_banner_url profile_image_url protected public_metrics receives_your_dm subscribes_to_you subscription"
        " subscription_type url username verified verified_followers_count verified_type withheld",
        "media": "alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url"
        " promoted_metrics public_metrics type url variants width",
        "poll": "duration_minutes end_datetime id options voting_status",
        "message": "attachments created_at dm_conversation_id entities event_type id participant_ids referenced_posts"
        " referenced_tweets sender_id text",
        "usage": "cap_reset_day daily_client_app_usage daily_project_usage project_cap project_id project_usage",
    }.items()
}


def unknown(kind: str, value: JSONValue) -> set[str]:
    """Names in ``value`` that the kind does not have, as ``kind.name``. Only plain words are repeated."""
    return drift.unknown(KNOWN[kind], kind, value)
