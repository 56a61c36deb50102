"""Which connectors are installed, and which of them an address belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from urllib.parse import urlsplit

from archiver import logs
from archiver.errors import SettingsError, UnknownAddress, UsageError
from archiver.visible import one_line
from connectors.contract import Claim, Connector, Declines, Signs

GROUP = "archiver.connectors"
UNPROVEN = "not yet proven against the live platform"
#: What a custodian is told that a platform shows: words, and the name in :class:`connectors.contract.Capabilities`.
CAPABILITIES = (
    ("Edits", "edits"),
    ("Deletions", "deletions"),
    ("Hidden comments", "hidden"),
    ("Messages", "messages"),
    ("Comments", "comments"),
    ("Pictures and files", "media"),
    ("Numbers", "counts"),
    ("First capture", "history"),
    ("Moderation settings", "moderation"),
    ("Moderation settings to deposit by hand", "deposited"),
)
#: The connectors that come with the program; found also where its entry points are not installed.
_OWN = (
    EntryPoint("mastodon", "connectors.mastodon:Mastodon", GROUP),
    EntryPoint("bluesky", "connectors.bluesky:Bluesky", GROUP),
    EntryPoint("youtube", "connectors.youtube:YouTube", GROUP),
    EntryPoint("facebook", "connectors.facebook:Facebook", GROUP),
    EntryPoint("instagram", "connectors.instagram:Instagram", GROUP),
    EntryPoint("threads", "connectors.threads:Threads", GROUP),
    EntryPoint("x", "connectors.x:X", GROUP),
    EntryPoint("linkedin", "connectors.linkedin:LinkedIn", GROUP),
    EntryPoint("reddit", "connectors.reddit:Reddit", GROUP),
    EntryPoint("nextdoor", "connectors.nextdoor:Nextdoor", GROUP),
    EntryPoint("tiktok", "connectors.tiktok:TikTok", GROUP),
    EntryPoint("tiktok_display", "connectors.tiktok_display:TikTokDisplay", GROUP),
    EntryPoint("flickr", "connectors.flickr:Flickr", GROUP),
    EntryPoint("vimeo", "connectors.vimeo:Vimeo", GROUP),
    EntryPoint("feed", "connectors.feed:Feed", GROUP),
)
_log = logs.get(__name__)


class Ambiguous(UsageError):  # noqa: N818 - named as the cause, like its siblings
    """Several platforms may be meant by an address."""


@dataclass(frozen=True, slots=True)
class Platforms:
    """The connectors of this installation by platform, and what was wrong with those that did not load."""

    connectors: Mapping[str, Connector]
    broken: Mapping[str, str]
    """Name of the entry point → kind of error. The others work all the same."""

    def offered(self, is_proven: Callable[[Connector], bool] | None = None) -> list[str]:
        """What is offered, as a person is told of it: with the mark of what was never tried against the live
        platform. ``is_proven``: whether a connector was; by default what it says of itself."""
        proven = is_proven or (lambda connector: connector.capabilities.proven is not None)
        return sorted(one.title if proven(one) else f"{one.title} ({UNPROVEN})" for one in self.connectors.values())

    def connector(self, platform: str) -> Connector:
        """The connector of a platform.

        Raises:
            SettingsError: none is installed.
        """
        found = self.connectors.get(platform)
        if found is None:
            raise SettingsError(f"no connector for {one_line(platform, 40)!r} is installed; there are: {self._names()}")
        return found

    def claim(self, url: str, platform: str | None = None) -> tuple[Connector, Claim]:
        """The one connector that an address belongs to; a certain claim beats possible ones. An address without a
        scheme, as people write it, is one of https.

        Raises:
            UnknownAddress: nobody claims it, or it is of a kind that is never captured.
            Ambiguous: several do, equally.
        """
        url = url.strip()
        _check_address(url)
        if "://" not in url:
            url = f"https://{url}"
        self._check_not_declined(url)
        if platform is not None:
            return self._claim_as(url, platform)
        best = self._best(url)
        if len(best) == 1:
            return best[0]
        if not best:
            raise UnknownAddress(
                f"no connector knows this address. Known platforms: {self._names()}; if it is one of them, give the"
                " address of the account's own page or feed, or say which with --platform"
            )
        names = ", ".join(sorted(claim.platform for _, claim in best))
        raise Ambiguous(f"this address may belong to any of: {names}. Say which with --platform")

    def possible(self, url: str) -> list[tuple[Connector, Claim]]:
        """Everything that an address may belong to, by name of the platform: one, several of which somebody has to
        choose, or none.

        Raises:
            UnknownAddress: it is no address, or of a kind that is never captured.
        """
        url = url.strip()
        _check_address(url)
        url = url if "://" in url else f"https://{url}"
        self._check_not_declined(url)
        return sorted(self._best(url), key=lambda pair: pair[1].platform)

    def _best(self, url: str) -> list[tuple[Connector, Claim]]:
        claims = [(one, claim) for one in self.connectors.values() if (claim := _claim(one, url)) is not None]
        return [pair for pair in claims if pair[1].strength == "certain"] or claims

    def _check_not_declined(self, url: str) -> None:
        for connector in self.connectors.values():
            reason = _declined(connector, url)
            if reason is not None:
                raise UnknownAddress(one_line(reason, 500))

    def _claim_as(self, url: str, platform: str) -> tuple[Connector, Claim]:
        if platform not in self.connectors:
            raise UsageError(f"unknown platform {one_line(platform, 40)!r}; known platforms: {self._names()}")
        connector = self.connectors[platform]
        claim = _claim(connector, url)
        if claim is None:
            raise UnknownAddress(f"this address does not look like an account on {connector.title}")
        return connector, claim

    def _names(self) -> str:
        return ", ".join(sorted(self.connectors)) or "none"


def load_platforms(points: Iterable[EntryPoint] | None = None) -> Platforms:
    """All connectors of the entry point group, and our own. One that cannot be loaded is reported, not fatal."""
    found = _installed() if points is None else points
    connectors: dict[str, Connector] = {}
    broken: dict[str, str] = {}
    for point in {(one.name, one.value): one for one in (*_OWN, *found)}.values():
        try:
            connector = point.load()()
            if not isinstance(connector, Connector):
                raise TypeError("does not fulfil connectors.contract.Connector")
        except Exception as error:  # noqa: BLE001 - a stranger's connector may fail in any way; the others must work
            broken[point.name] = type(error).__name__
            _log.warning("connector.broken", connector=point.name, exc_info=error)
        else:
            connectors.setdefault(connector.platform, connector)
    return Platforms(connectors, broken)


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """What this process can load; every distribution of its environment is asked."""
    return tuple(entry_points(group=GROUP))


def credential_of(connector: Connector) -> str | None:
    """What a platform calls the credential that it answers nobody without, for a person; None where it needs none."""
    if not isinstance(connector, Signs):
        return None
    return " or ".join(one.name for one in reversed(connector.signatures))


def _claim(connector: Connector, url: str) -> Claim | None:
    try:
        return connector.claim(url)
    except ValueError:
        return None


def _declined(connector: Connector, url: str) -> str | None:
    try:
        return connector.declined(url) if isinstance(connector, Declines) else None
    except ValueError:
        return None


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        usable = bool(parts.hostname) and parts.scheme in ("http", "https") and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        raise UnknownAddress("that is not a web address; give one like https://mastodon.example/@city")
    if parts.username or parts.password:
        raise UnknownAddress("the address holds a user name or password; give it without")
