"""Platforms' own exports of an account, one module each: what is in them, and what it means. Pure, like connectors:
bytes in, :class:`~connectors.contract.Reading` out, so that a rebuild reads stored bytes again and sees the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.exports.bluesky import BlueskyRepository
from connectors.exports.contract import Export
from connectors.exports.mastodon import MastodonArchive
from connectors.exports.warc import WarcFile
from connectors.exports.x import XArchive
from connectors.exports.youtube import YouTubeTakeout

#: Every kind of export that is known, by name. Names stand in stored facts and are never changed.
EXPORTS: Final[Mapping[str, Export]] = {
    one.name: one for one in (XArchive(), MastodonArchive(), BlueskyRepository(), YouTubeTakeout(), WarcFile())
}
