"""What the questions of every sweep of one account know, on platforms that have one API for all accounts. Pure.

What tells two questions apart stands in the URL, and only the place in a list beside it, so that what is known of one
is not taken for another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, TypeVar
from urllib.parse import urlencode

from connectors.contract import AccessClass, AccountRef, Ask, JSONValue, Stream, Sweep, SweepKind
from connectors.sites import Site

_One = TypeVar("_One")
_KNOWN = ("site", "server", "account", "named", "sweep")


@dataclass(frozen=True, slots=True)
class AccountAsks:
    """Builds the asks of one sweep of one account. What it knows travels in the context of every ask. What is asked as
    the account's owner may show what nobody else sees, so all of it is kept as private."""

    on: ClassVar[Site]

    site: str
    """What the paths of accounts are put behind."""
    server: str
    account: str
    """Its id at the platform."""
    named: str
    """Its path on the site."""
    sweep: str
    owner: bool = False
    """Signed with a token of the account's owner."""
    apart: bool = False
    """What everybody sees can be asked for as the application alone."""

    @classmethod
    def begin(cls, account: AccountRef, sweep: Sweep | None) -> Self:
        """For a sweep of an account; None: for direct looks."""
        return cls(
            cls.on.pages_of(account.url),
            cls.on.api_of(account.url),
            account.platform_id,
            account.url.removeprefix(cls.on.pages_of(account.url)).strip("/"),
            sweep.kind.value if sweep else "look",
            account.authorised,
            account.as_application,
        )

    @classmethod
    def of(cls, ask: Ask) -> Self:
        """For what follows from an ask."""
        site, server, account, named, sweep = (str(ask.context.get(one, "")) for one in _KNOWN)
        owner, apart = (ask.context.get(one) is True for one in ("owner", "apart"))
        return cls(site, server, account, named, sweep, owner, apart)

    @property
    def full(self) -> bool:
        return self.sweep == SweepKind.FULL

    @property
    def new(self) -> bool:
        return self.sweep == SweepKind.NEW

    def ask(
        self, path: str, purpose: str, stream: Stream, parameters: Sequence[tuple[str, str]] = (), **more: Any
    ) -> Ask:
        """One question, signed. ``more``: as :class:`connectors.contract.Ask` has it; ``context`` is added to what is
        known."""
        query = f"?{urlencode(parameters, safe=',:')}" if parameters else ""
        known: dict[str, JSONValue] = {name: getattr(self, name) for name in _KNOWN}
        known |= {"owner": True} if self.owner else {}
        known |= {"apart": True} if self.apart else {}
        return Ask(
            url=f"{self.server}{path}{query}",
            stream=stream,
            purpose=purpose,
            access=AccessClass.PRIVATE if self.owner else AccessClass.PUBLIC,
            authorise="required" if self.owner else "if_possible",
            context=known | dict(more.pop("context", None) or {}),
            **more,
        )


def seen_by_everybody(ask: Ask) -> Ask:
    """The same asked as the application alone, so that the answer is what everybody sees. What is there is known
    without it, so a sweep is whole where the application is refused, which is a gap."""
    context = {**ask.context, "optional": True}
    return replace(ask, access=AccessClass.PUBLIC, authorise="application", context=context)


def with_page(ask: Ask, page: Sequence[tuple[str, str]], **context: JSONValue) -> Ask:
    """Another page of the same list."""
    return replace(ask, parameters=tuple(page), context={**ask.context, **context})


def looked_at(ask: Ask, keys: Sequence[str], control: Ask) -> Ask:
    """The same as a direct look at known records."""
    return replace(ask, context={**ask.context, "look": list(keys)}, control=control)


def ident(key: str) -> str:
    """What a key names, without its kind."""
    return key.partition("/")[2]


def batches(found: Sequence[_One], size: int) -> Iterator[Sequence[_One]]:
    """So many at once."""
    for start in range(0, len(found), size):
        yield found[start : start + size]
