"""Which accounts a name in a query stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sqlalchemy import Connection, select

from archiver.accounts.models import Account
from archiver.accounts.register.placing import Place, places
from archiver.clock import SystemClock
from archiver.search.analyser import fold
from archiver.search.tree import Register
from archiver.viewing import Viewer


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """One account, and everything it goes by."""

    id: str
    names: tuple[str, ...]
    departments: tuple[str, ...] = ()
    """Names of the authority and of the department whose it is."""
    series: str | None = None


class KnownAccounts:
    """A register made from a list. A name stands for every account that goes by it, without regard to case, diacritics
    and a sign ``@`` before it."""

    def __init__(self, accounts: Iterable[KnownAccount]) -> None:
        self._accounts: dict[str, set[str]] = {}
        self._departments: dict[str, set[str]] = {}
        self._series: dict[str, set[str]] = {}
        for account in accounts:
            for name in (account.id, *account.names):
                self._accounts.setdefault(_form(name), set()).add(account.id)
            for name in account.departments:
                self._departments.setdefault(_form(name), set()).add(account.id)
            if account.series:
                self._series.setdefault(_form(account.series), set()).add(account.id)

    def accounts(self, said: str) -> frozenset[str]:
        return frozenset(self._accounts.get(_form(said), ()))

    def departments(self, said: str) -> frozenset[str]:
        return frozenset(self._departments.get(_form(said), ()))

    def series(self, said: str) -> frozenset[str]:
        return frozenset(self._series.get(_form(said), ()))


def short_name(platform: str, handle: str) -> str:
    """What an account is called in a query: ``platform/handle``."""
    return f"{platform}/{handle.lstrip('@')}"


def _utc_day() -> str:
    return SystemClock().now().date().isoformat()


class RegisterInDatabase:
    """Reads the accounts when the first name is asked for. For one query, in one transaction. ``today``: the day of the
    city's calendar as of which the register is asked."""

    def __init__(self, connection: Connection, today: Callable[[], str] = _utc_day) -> None:
        self._connection = connection
        self._today = today

    def accounts(self, said: str) -> frozenset[str]:
        return self._known.accounts(said)

    def departments(self, said: str) -> frozenset[str]:
        return self._known.departments(said)

    def series(self, said: str) -> frozenset[str]:
        return self._known.series(said)

    @cached_property
    def places(self) -> dict[str, Place]:
        """Where each account stands in the register."""
        return places(self._connection, self._today())

    @cached_property
    def _known(self) -> KnownAccounts:
        table = Account.__table__
        columns = (table.c.id, table.c.handle, table.c.name, table.c.url, table.c.platform)
        return KnownAccounts(
            KnownAccount(id_, (handle, name, url, short_name(platform, handle)), *_place(self.places[id_]))
            for id_, handle, name, url, platform in self._connection.execute(select(*columns))
        )


class SeenRegister:
    """The accounts of which a viewer sees anything: how a query is read tells of no other."""

    def __init__(self, register: Register, viewer: Viewer) -> None:
        self._register = register
        self._viewer = viewer

    def accounts(self, said: str) -> frozenset[str]:
        return frozenset(filter(self._viewer.sees, self._register.accounts(said)))

    def departments(self, said: str) -> frozenset[str]:
        return frozenset(filter(self._viewer.sees, self._register.departments(said)))

    def series(self, said: str) -> frozenset[str]:
        return frozenset(filter(self._viewer.sees, self._register.series(said)))


def _place(place: Place) -> tuple[tuple[str, ...], str | None]:
    named = [one for one in (place.authority, place.department) if one is not None]
    return tuple({name: None for one in named for name in (one.id, one.name, one.short) if name}), place.series


@lru_cache(maxsize=16_384)
def _form(name: str) -> str:
    return fold(name).strip().removeprefix("@").removesuffix("/")
