"""Platforms' own exports of an account, one module each: what is in them, and what it means. Pure, like connectors:
bytes in, :class:`~connectors.contract.Reading` out, so that a rebuild reads stored bytes again and sees the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.exports.bluesky import BlueskyRepository
from connectors.exports.contract import Export
from connectors.exports.facebook import FacebookExport
from connectors.exports.instagram import InstagramExport
from connectors.exports.linkedin import LinkedInArchive
from connectors.exports.mastodon import MastodonArchive
from connectors.exports.tiktok import TikTokExport
from connectors.exports.warc import WarcFile
from connectors.exports.x import XArchive
from connectors.exports.youtube import YouTubeTakeout

#: Every kind of export that is known, by name. Names stand in stored facts and are never changed.
EXPORTS: Final[Mapping[str, Export]] = {
    one.name: one
    for one in (
        XArchive(),
        MastodonArchive(),
        BlueskyRepository(),
        YouTubeTakeout(),
        FacebookExport(),
        InstagramExport(),
        LinkedInArchive(),
        TikTokExport(),
        WarcFile(),
    )
}

_SAME = {"tiktok_display": "tiktok"}
"""Accounts of one platform that are read through another of its interfaces."""


def fits(export: Export, platform: str) -> bool:
    """Whether an export may be of an account of this platform."""
    return export.platform in (platform, _SAME.get(platform), "*")
