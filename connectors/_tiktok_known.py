"""What every question to TikTok knows of the account that it is about, and the records that it names. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from connectors._tiktok_records import ACCOUNT, COMMENT, VIDEO
from connectors.contract import AccountRef, Ask, JSONValue, Sweep, SweepKind
from connectors.sites import Site

PAGE = 20
"""Most videos of a page; and as many are asked for by their numbers at once."""
OTHER_ACCOUNT = "the token is of another account than the one that was named"
_NAMES = ("site", "server", "account", "handle", "sweep")
_PREFIXES = (f"{VIDEO}/", f"{COMMENT}/", f"{ACCOUNT}/")


@dataclass(frozen=True, slots=True)
class Known:
    """Travels in the context of every question of one sweep of one account."""

    api: ClassVar[Site]

    site: str
    server: str
    account: str
    """What the API calls ``open_id`` or ``business_id``."""
    handle: str
    sweep: str

    @classmethod
    def begin(cls, account: AccountRef, sweep: Sweep | None) -> Self:
        """For a sweep of an account; None: for direct looks."""
        site, swept = account.url.rpartition("/")[0], sweep.kind.value if sweep else "look"
        return cls(site, cls.api.api_of(account.url), account.platform_id, account.handle, swept)

    @classmethod
    def of(cls, ask: Ask) -> Self:
        """For what follows from an ask."""
        return cls(*(str(ask.context.get(one, "")) for one in _NAMES))

    def context(self, more: Mapping[str, JSONValue] | None = None) -> dict[str, JSONValue]:
        """What a question has to know, and ``more``."""
        return {**{name: getattr(self, name) for name in _NAMES}, **(more or {})}

    @property
    def new(self) -> bool:
        return self.sweep == SweepKind.NEW


def keys_of(ask: Ask, name: str) -> list[str]:
    """Keys of the records that a question names."""
    given = ask.context.get(name)
    listed = given if isinstance(given, list | tuple) else ()
    return [one for one in listed if isinstance(one, str) and one.startswith(_PREFIXES)]


def videos_of(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Those keys that are of videos, as many at a time as are asked for at once."""
    return in_parts([key for key in keys if key.startswith(f"{VIDEO}/")], PAGE)


def in_parts(keys: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    """Some at a time."""
    for start in range(0, len(keys), most):
        yield keys[start : start + most]
