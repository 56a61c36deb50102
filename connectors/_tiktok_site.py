"""TikTok's one site, which has two APIs: one for apps that show what an account publishes (*Display*), and one for
businesses, which has comments too (*Accounts*). Pure."""

from __future__ import annotations

import re
from typing import Final

from connectors.contract import Claim
from connectors.sites import Site

_HOSTS = frozenset({"tiktok.com", "www.tiktok.com", "m.tiktok.com"})
_SITE, _PEER = "https://www.tiktok.com", "/tiktok"
DISPLAY: Final = Site(_SITE, _HOSTS, "https://open.tiktokapis.com", _PEER)
BUSINESS: Final = Site(_SITE, _HOSTS, "https://business-api.tiktok.com", _PEER)
MEDIA_HOSTS = ("tiktokcdn.com", "tiktokcdn-us.com", "tiktokcdn-eu.com")
"""Servers that pictures may come from."""
_PATH = re.compile(r"/@(?P<name>[\w.]{1,24})/?")
_ID = re.compile(r"(?:^|&)business_id=(?P<id>[A-Za-z0-9_-]{1,64})(?:&|$)")


def claimed(site: Site, platform: str, url: str, *, sure: bool) -> Claim | None:
    """``https://www.tiktok.com/@NAME``; on another host the same under ``/tiktok``, which may be a test peer. It may
    say by which id the business API knows the account (``?business_id=``), since that API tells nobody who asks.
    ``sure``: where nothing else is said, this API is meant."""
    address = site.address(url)
    match = None if address is None else _PATH.fullmatch(address.path)
    if address is None or match is None:
        return None
    given = _ID.search(address.query)
    claim = address.claim(platform, f"@{match['name'].lower()}")
    return Claim(
        claim.platform,
        claim.service,
        claim.handle,
        claim.url,
        "certain" if sure and claim.strength == "certain" else "possible",
        given["id"] if given else "",
    )
