"""Names of fields that are asked of Facebook's Graph API (v26.0), and that are known; others are drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors._graph_fields import CONVERSATION, MESSAGE, SHARED

__all__ = ["CONVERSATION", "MESSAGE"]

IDENTITY = "id,name,username,link"
GATE = "id,is_published"
PAGE = (
    "id,name,username,link,about,description,category,website,emails,phone,single_line_address,general_info,mission,"
    "founded,impressum,verification_status,fan_count,followers_count,overall_star_rating,rating_count,"
    "picture.type(large){url},cover{id,source}"
)
_WHO_SEES_A_POST = "is_published,is_hidden,is_expired,timeline_visibility,privacy,targeting"
_REACTIONS = ("LIKE", "LOVE", "CARE", "HAHA", "WOW", "SAD", "ANGRY")
REACTIONS: Mapping[str, str] = {f"reactions_{name.lower()}": name for name in _REACTIONS}
_COUNTED = ",".join(
    f"reactions.type({kind}).limit(0).summary(total_count).as({alias})" for alias, kind in REACTIONS.items()
)
_ATTACHED = "media_type,type,title,description,media,target,url,unshimmed_url"
_ATTACHMENTS = f"attachments{{{_ATTACHED},subattachments.limit(100){{{_ATTACHED}}}}}"
_POST_LOOK = f"id,created_time,updated_time,{_WHO_SEES_A_POST},from{{id}}"
POST_INDEX = f"{_POST_LOOK},feed_targeting,admin_creator,application{{id,name}}"
"""With what only the Page is shown: who of the City published it, and with what; whose feeds it comes up in first."""
_POST_WORDS = (
    f"id,created_time,updated_time,{_WHO_SEES_A_POST},from{{id,name}},message,message_tags,story,status_type,"
    f"permalink_url,story_tags,call_to_action,parent_id,place{{id,name}},scheduled_publish_time,backdated_time,{_ATTACHMENTS},shares,"
    f"reactions.limit(0).summary(total_count),{_COUNTED},comments.filter(stream).limit(0).summary(total_count)"
)
COMMENT_INDEX = "id,created_time,is_hidden,is_private,parent{id,is_hidden,is_private}"
_COMMENT_WORDS = (
    f"{COMMENT_INDEX},from{{id,name}},message,message_tags,attachment,permalink_url,like_count,comment_count,"
    "live_broadcast_timestamp"
)
INDEX: Mapping[str, str] = {"post": POST_INDEX, "comment": COMMENT_INDEX}
LOOK: Mapping[str, str] = {"post": _POST_LOOK, "comment": COMMENT_INDEX}
"""Of a direct look: one that is refused for a field says nothing, so it asks for as few as it can."""
WORDS: Mapping[str, str] = {"post": _POST_WORDS, "comment": _COMMENT_WORDS}
OTHERS = "id,from{id},comments.filter(stream).limit(5){id,from{id}}"
BESIDE = "id,from{id}"
REVIEW = (
    "created_time,has_rating,has_review,rating,recommendation_type,review_text,reviewer{id,name},open_graph_story{id}"
)
STORY = "post_id,status,creation_time,media_type,media_id,url"
STORY_FILES: Mapping[str, str] = {"photo": "id,images", "video": "id,source"}
LIVE = (
    "id,status,title,description,creation_time,planned_start_time,broadcast_start_time,permalink_url,from{id,name},"
    "video{id},targeting"
)
SETTINGS: Mapping[str, str] = {"blocked": "id,name", "roles": "", "settings": "setting,value"}
"""Of roles what is given without asking: Meta's lists do not name its fields."""
SPARE = (
    "targeting", "feed_targeting", "admin_creator", "application", "backdated_time", "story_tags", "call_to_action",
    "live_broadcast_timestamp", "planned_start_time", "broadcast_start_time",
)  # fmt: skip
"""May be left out where Facebook refuses them: nothing else is known the less for it, but who sees a post."""

KNOWN: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "page": "about category cover description emails fan_count followers_count founded general_info id impressum"
        " is_published link mission name overall_star_rating phone picture rating_count single_line_address username"
        " verification_status website",
        "post": "actions admin_creator allowed_advertising_objectives application attachments backdated_time"
        " call_to_action can_reply_privately child_attachments comments comments_mirroring_domain coordinates"
        " created_time event expanded_height expanded_width feed_targeting from full_picture height icon id"
        " instagram_eligibility is_app_share is_eligible_for_dark_post is_eligible_for_promotion is_expired"
        " is_fb_live_videos is_hidden is_inline_created is_instagram_eligible is_live_clip is_popular is_published"
        " is_spherical message message_tags multi_share_end_card multi_share_optimized parent_id permalink_url picture"
        " place privacy promotable_id promotion_status properties reactions scheduled_publish_time shares status_type"
        " story story_tags subscribed target targeting timeline_visibility updated_time via video_buying_eligibility"
        f" was_fb_live_videos width {' '.join(REACTIONS)}",
        "comment": "admin_creator application attachment can_comment can_hide can_like can_remove can_reply_privately"
        " comment_count created_time from id is_hidden is_private like_count live_broadcast_timestamp message"
        " message_tags object parent permalink_url private_reply_conversation user_likes",
        "review": "created_time has_rating has_review open_graph_story rating recommendation_type review_text reviewer",
        "story": "creation_time id media_id media_type post_id status url",
        "story_file": "id images source",
        "live": "ad_break_config ad_break_failure_reason broadcast_start_time copyright creation_time dash_ingest_url"
        " dash_preview_url description embed_html from id ingest_streams is_manual_mode is_reference_only live_views"
        " permalink_url planned_start_time recommended_encoder_settings seconds_left secure_stream_url status"
        " stream_url targeting title total_views video",
        "setting": "setting value",
        "person": "id name role tasks",
    }.items()
} | SHARED
