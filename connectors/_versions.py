"""Which version of its API each platform is spoken to in, and what is known of its end: a day only where the
platform's own pages were read on it. A date that comes closer is warned of
(:class:`connectors.authorization.ApiVersion`). Pure."""

from __future__ import annotations

from datetime import date
from typing import Final

from connectors import _graph_server, _linkedin_asks, _threads_asks, _tiktok_asks, _tiktok_display, _vimeo_asks
from connectors.authorization import ApiVersion

CHECKED: Final = date(2026, 11, 30)


def _none(name: str, source: str, checked: date | None = None) -> ApiVersion:
    return ApiVersion(name, None, checked, f"it would be told in {source}")


GRAPH: Final = ApiVersion(
    _graph_server.VERSION, date(2028, 7, 29), CHECKED, "Meta promises a version for two years from its first day"
)
LINKEDIN: Final = ApiVersion(
    _linkedin_asks.VERSION, date(2027, 8, 16), CHECKED,
    "LinkedIn answers a version for a year: the one of August 2025 until 16 August 2026",
)  # fmt: skip
THREADS: Final = _none(_threads_asks.VERSION, "Meta's documentation of the Threads API, which has one version")
X: Final = _none("2", "X's documentation of the X API")
YOUTUBE: Final = _none("v3", "YouTube's revision history, six months before", CHECKED)
REDDIT: Final = _none("of oauth.reddit.com, without a number", "Reddit's documentation of its API")
FLICKR: Final = _none("of /services/rest, without a number", "Flickr's documentation of its API")
VIMEO: Final = _none(_vimeo_asks.VERSION, "Vimeo's documentation of its API")
TIKTOK: Final = _none(_tiktok_asks.VERSION, "TikTok's documentation of TikTok API for Business")
TIKTOK_DISPLAY: Final = _none(_tiktok_display.VERSION, "TikTok for Developers")
NEXTDOOR: Final = _none("v1", "Nextdoor's documentation of its partner API")
MASTODON: Final = _none("v1 and v2", "Mastodon's documentation, and each server runs a release of its own")
BLUESKY: Final = _none("app.bsky and com.atproto", "the lexicons of the AT Protocol")
