"""What is known of the fields of Meta's Graph API that several platforms share; everything else is drift. Pure."""

from __future__ import annotations

CONVERSATION = "id,updated_time,message_count,participants,link"
MESSAGE = (
    "id,created_time,from,to,message,sticker,shares{id,link,name},"
    "attachments{id,mime_type,name,size,image_data{url},video_data{url},file_url}"
)
SHARED: dict[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "list": "data paging summary",
        "conversation": "can_reply folder former_participants id is_owner is_subscribed link linked_group message_count"
        " messages name participants scoped_thread_key senders snippet unread_count updated_time wallpaper",
        "message": "attachments created_time from id message shares sticker tags to",
    }.items()
}
