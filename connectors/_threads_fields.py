"""Names of fields that are asked of Meta's Threads API (v1.0), and that are known. Pure.

Every one stands in Meta's own lists for the very question it is asked in: one that does not may make it refuse all.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors._graph_fields import SHARED

POLL_OPTIONS = ("option_a", "option_b", "option_c", "option_d")
_POLL = ",".join(
    [*POLL_OPTIONS, *(f"{name}_votes_percentage" for name in POLL_OPTIONS), "total_votes", "expiration_timestamp"]
)
_CHILD = "id,media_type,media_url,thumbnail_url,alt_text"
_SHOWN = (
    f"media_product_type,media_url,gif_url,permalink,username,text,shortcode,thumbnail_url,children{{{_CHILD}}},"
    f"is_quote_post,quoted_post,reposted_post,alt_text,link_attachment_url,poll_attachment{{{_POLL}}},topic_tag"
)
ACCOUNT = "id,username,name"
PROFILE = f"{ACCOUNT},threads_profile_picture_url,threads_biography,is_verified"
POST_INDEX = "id,timestamp,media_type,has_replies,ghost_post_status"
POST_WORDS = (
    f"{POST_INDEX},{_SHOWN},owner,is_spoiler_media,text_entities,text_attachment,ghost_post_expiration_timestamp,"
    "reply_audience,location_id,allowlisted_country_codes"
)
REPLY_INDEX = "id,timestamp,hide_status,is_reply,is_reply_owned_by_me,root_post,replied_to"
REPLY_WORDS = f"{REPLY_INDEX},media_type,has_replies,{_SHOWN},reply_audience"
PENDING = f"{REPLY_WORDS},reply_approval_status"
MENTION_INDEX = "id,timestamp,media_type,is_reply,root_post"
MENTION_WORDS = f"{MENTION_INDEX},has_replies,{_SHOWN}"
PEEK = "id"
ROOT = "id,owner"
"""``owner`` is given of the account's own posts alone."""
WITNESS = "id,hide_status,is_reply_owned_by_me"
ANSWERED = "id,has_replies"

INDEXES = {"post": POST_INDEX, "reply": REPLY_INDEX, "mention": MENTION_INDEX}
WORDS = {"post": POST_WORDS, "reply": REPLY_WORDS, "mention": MENTION_WORDS}

_MEDIA = (
    "alt_text children gif_url has_replies id is_quote_post is_verified link_attachment_url location location_id"
    " media_product_type media_type media_url owner permalink poll_attachment profile_picture_url quoted_post"
    " reposted_post shortcode text thumbnail_url timestamp topic_tag username"
)
_REPLY = f"{_MEDIA} hide_status is_reply is_reply_owned_by_me replied_to reply_approval_status reply_audience root_post"
KNOWN: Mapping[str, frozenset[str]] = SHARED | {
    kind: frozenset(names.split())
    for kind, names in {
        "account": "id is_eligible_for_geo_gating is_verified name recently_searched_keywords threads_biography"
        " threads_profile_picture_url username",
        "post": f"{_MEDIA} allowlisted_country_codes ghost_post_expiration_timestamp ghost_post_status is_reply"
        " is_spoiler_media reply_audience text_attachment text_entities",
        "reply": f"{_REPLY} is_spoiler_media text_attachment text_entities",
        "mention": f"{_MEDIA} is_reply is_spoiler_media replied_to root_post text_attachment text_entities",
    }.items()
}
