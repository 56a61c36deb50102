"""Platforms that have one site and one API for all accounts; and the test peers that stand in for them, which have both
on one host. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote

from connectors.contract import Claim
from connectors.links import origin, web


@dataclass(frozen=True, slots=True)
class Address:
    """An address that may be of an account."""

    path: str
    """Without the folder of a test peer, and unescaped."""
    query: str
    base: str
    """What the account's own path is put behind."""
    service: str
    certain: bool

    def claim(self, platform: str, named: str) -> Claim:
        """That it is the account which goes by ``named``."""
        return Claim(platform, self.service, named, f"{self.base}/{named}", "certain" if self.certain else "possible")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a platform shows its accounts, and where it answers for them."""

    home: str
    """Origin of the site, as addresses in their normal form have it."""
    hosts: frozenset[str]
    """All hosts of the site."""
    api: str
    """Origin of the API."""
    peer: str
    """Folder under which a test peer on any other host shows its accounts."""

    def address(self, url: str) -> Address | None:
        """What ``url`` may be the address of; None where it is neither on the site nor in the folder of a test peer."""
        parts = web(url.strip())
        if parts is None:
            return None
        path = unquote(parts.path)
        if self._has(parts):
            return Address(path, parts.query, self.home, self.home, certain=True)
        if not path.startswith(f"{self.peer}/"):
            return None
        host = origin(parts)
        return Address(path.removeprefix(self.peer), parts.query, host + self.peer, host, certain=False)

    def api_of(self, url: str) -> str:
        """Origin of the API for an account at ``url``."""
        parts = web(url)
        return self.api if parts is None or self._has(parts) else origin(parts)

    def _has(self, parts: SplitResult) -> bool:
        return (parts.hostname or "").lower() in self.hosts and parts.port is None

    def pages_of(self, url: str) -> str:
        """What the paths of the site's own pages are put behind, for an account at ``url``."""
        parts = web(url)
        return self.home if parts is None or self._has(parts) else origin(parts) + self.peer
