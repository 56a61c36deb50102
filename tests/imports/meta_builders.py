"""Exports of Facebook, Instagram, LinkedIn and TikTok, small, in the form in which others who read them describe it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

PAGE = "this_profile's_activity_across_facebook"
SECOND = 1_767_607_445  # 2026-01-05 10:04:05 UTC


def mangled(value: Any) -> Any:
    """As Meta writes texts."""
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, list):
        return [mangled(one) for one in value]
    return {key: mangled(one) for key, one in value.items()} if isinstance(value, dict) else value


def meta(value: Any) -> bytes:
    """A file of Meta's."""
    return json.dumps(mangled(value), indent=1).encode()


def picture(uri: str, **more: Any) -> dict[str, Any]:
    """A picture that hangs on an entry, with what Meta says of who uploaded it."""
    exif = {"exif_data": [{"upload_ip": "203.0.113.9", "device_id": "b1f3-phone"}]}
    return {"uri": uri, "creation_timestamp": SECOND, "media_metadata": {"photo_metadata": exif}} | more


def fb_post(words: str, at: int = SECOND, *media: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """One post in Facebook's export."""
    hung = [{"data": [{"media": dict(one)} for one in media]}] if media else []
    data = [{"post": words}, {"update_timestamp": at}] if words else []
    return {"timestamp": at, "data": data, "title": "City of Elm updated its status.", "attachments": hung} | more


def labels(*values: Mapping[str, Any], at: int = SECOND, fbid: str = "", **more: Any) -> dict[str, Any]:
    """One entry in the newer form."""
    return (
        {"timestamp": at, "media": [], "label_values": [dict(one) for one in values]}
        | more
        | ({"fbid": fbid} if fbid else {})
    )


def fb_comment(words: str, at: int = SECOND, author: str = "City of Elm", **more: Any) -> dict[str, Any]:
    """One comment in Facebook's export."""
    said = {"timestamp": at, "comment": words, "author": author} | more
    return {"timestamp": at, "data": [{"comment": said}], "title": f"{author} replied to Jo Doe's comment."}


def talk(*messages: tuple[str, str, int]) -> dict[str, Any]:
    """A conversation: sender, words, milliseconds."""
    said = [{"sender_name": who, "content": words, "timestamp_ms": at} for who, words, at in messages]
    return {"participants": [], "messages": said, "title": "Jo Doe", "thread_path": "inbox/jodoe_1234567890"}


def facebook_files(
    posts: Iterable[Any],
    *,
    name: str = "City of Elm",
    comments: Iterable[Any] = (),
    messages: Mapping[str, Any] | None = None,
    media: Mapping[str, bytes] | None = None,
    inside: str = PAGE,
) -> dict[str, bytes]:
    """The files of an export of a Page; ``inside``: the folder, of another kind of export."""
    about = {"profile_v2": {"name": {"full_name": name}, "emails": {"emails": ["clerk@city.example"]}}}
    files = {
        "profile_information/profile_information.json": meta(about),
        f"{inside}/posts/profile_posts_1.json": meta(list(posts)),
        f"{inside}/comments_and_reactions/comments.json": meta({"comments_v2": list(comments)}),
        f"{inside}/comments_and_reactions/likes_and_reactions_1.json": b"[]",
        "security_and_login_information/account_activity.json": b'{"ip_address": "203.0.113.9"}',
        "some_new_thing.bin": b"?",
    }
    if messages is not None:
        files[f"{inside}/messages/inbox/jodoe_1234567890/message_1.json"] = meta(messages)
    return files | {f"{inside}/{name}": body for name, body in (media or {}).items()}


def instagram_files(handle: str, posts: Iterable[Any], *, private: bool = False, **more: Any) -> dict[str, bytes]:
    """The files of Instagram's export; ``more``: other files under ``your_instagram_activity/media``, by name."""
    told = {"Username": {"value": handle}, "Name": {"value": "Elm"}, "Private Account": {"value": str(private)}}
    files = {
        "personal_information/personal_information/personal_information.json": meta(
            {"profile_user": [{"string_map_data": told | {"Email": {"value": "clerk@city.example"}}}]}
        ),
        "your_instagram_activity/media/posts_1.json": meta(list(posts)),
    }
    return files | {f"your_instagram_activity/media/{name}.json": meta(body) for name, body in more.items()}


def tiktok_data(
    handle: str, *, videos: Any = None, comments: Any = None, messages: Any = None, old: bool = False
) -> Any:
    """TikTok's one file, with all that is in it beside."""
    seen = [{"Date": "2026-01-01 00:00:00", "Link": "https://www.tiktokv.com/share/video/99/"}]
    told = {"ProfileMap": {"userName": handle, "emailAddress": "clerk@city.example", "telephoneNumber": "555-0100"}}
    logins = [{"Date": "2026-01-01 00:00:00", "IP": "203.0.113.9"}]
    activity = {"Watch History": {"VideoList": seen}, "Login History": {"LoginHistoryList": logins}}
    activity["Searches"] = {"SearchList": [{"SearchTerm": "a secret illness"}]}
    if old:
        return {
            "Activity": activity,
            "Comment": {"Comments": {"CommentsList": comments}},
            "Direct Messages": {"Chat History": {"ChatHistory": messages}},
            "Profile": {"Profile Information": told},
            "Video": {"Videos": {"VideoList": videos}},
        }
    return {
        "Comment": {"Comments": {"App": 1, "CommentsList": comments}},
        "Direct Message": {"Direct Messages": {"ChatHistory": messages}},
        "Likes and Favorites": {"Like List": {"ItemFavoriteList": seen}},
        "Post": {"Posts": {"VideoList": videos}, "Recently Deleted Posts": {"PostList": None}},
        "Profile And Settings": {"Profile Info": told},
        "Your Activity": activity,
    }


SHARES = "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\r\n"
LINKEDIN = "https://www.linkedin.com/feed/update/urn%3Ali%3A"
