"""What the simulated server says about itself."""

from __future__ import annotations

from typing import Any

VERSION = "4.7.3"


def instance(base: str, people: int) -> dict[str, Any]:
    """``/api/v2/instance``, the parts a client looks at."""
    return {
        "domain": base.partition("://")[2],
        "title": "Practice city",
        "version": VERSION,
        "source_url": "https://github.com/mastodon/mastodon",
        "description": "A simulated server. Nobody here is real.",
        "usage": {"users": {"active_month": people}},
        "thumbnail": {"url": f"{base}/packs/images/preview.png", "description": ""},
        "icon": [],
        "languages": ["en"],
        "configuration": {
            "urls": {"streaming": base.replace("http", "ws", 1), "status": None, "about": f"{base}/about"},
            "accounts": {"max_pinned_statuses": 5, "max_profile_fields": 4},
            "statuses": {"max_characters": 500, "max_media_attachments": 4, "characters_reserved_per_url": 23},
            "timelines_access": {"live_feeds": {"local": "public", "remote": "public"}},
            "translation": {"enabled": False},
            "limited_federation": False,
        },
        "registrations": {"enabled": False, "approval_required": False, "reason_required": False, "message": None},
        "api_versions": {"mastodon": 11},
        "wrapstodon": None,
        "contact": {"email": "", "account": None},
        "rules": [],
    }


def old_instance(base: str, people: int, posts: int) -> dict[str, Any]:
    """``/api/v1/instance``, which every server with this API still answers."""
    return {
        "uri": base.partition("://")[2],
        "title": "Practice city",
        "short_description": "A simulated server. Nobody here is real.",
        "description": "A simulated server. Nobody here is real.",
        "email": "",
        "version": VERSION,
        "urls": {"streaming_api": base.replace("http", "ws", 1)},
        "stats": {"user_count": people, "status_count": posts, "domain_count": 1},
        "thumbnail": f"{base}/packs/images/preview.png",
        "languages": ["en"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "contact_account": None,
        "rules": [],
    }


def nodeinfo(people: int, posts: int) -> dict[str, Any]:
    """NodeInfo 2.0."""
    users = {"total": people, "activeMonth": people, "activeHalfyear": people}
    return {
        "version": "2.0",
        "software": {"name": "mastodon", "version": VERSION},
        "protocols": ["activitypub"],
        "services": {"outbound": [], "inbound": []},
        "usage": {"users": users, "localPosts": posts},
        "openRegistrations": False,
        "metadata": {"nodeName": "Practice city", "nodeDescription": "A simulated server. Nobody here is real."},
    }
