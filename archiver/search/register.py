"""Which accounts a name in a query stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from archiver.accounts.models import Account
from archiver.search.analyser import fold
from archiver.search.tree import Register
from archiver.viewing import Viewer


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """One account, and everything it goes by."""

    id: str
    names: tuple[str, ...]
    departments: tuple[str, ...] = ()


class KnownAccounts:
    """A register made from a list. A name stands for every account that goes by it, without regard to case, diacritics
    and a sign ``@`` before it."""

    def __init__(self, accounts: Iterable[KnownAccount]) -> None:
        self._accounts: dict[str, set[str]] = {}
        self._departments: dict[str, set[str]] = {}
        for account in accounts:
            for name in (account.id, *account.names):
                self._accounts.setdefault(_form(name), set()).add(account.id)
            for name in account.departments:
                self._departments.setdefault(_form(name), set()).add(account.id)

    def accounts(self, said: str) -> frozenset[str]:
        return frozenset(self._accounts.get(_form(said), ()))

    def departments(self, said: str) -> frozenset[str]:
        return frozenset(self._departments.get(_form(said), ()))


class RegisterInDatabase:
    """Reads the accounts when the first name is asked for. For one query, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: KnownAccounts | None = None

    def accounts(self, said: str) -> frozenset[str]:
        return self._register().accounts(said)

    def departments(self, said: str) -> frozenset[str]:
        return self._register().departments(said)

    def _register(self) -> KnownAccounts:
        if self._known is None:
            table = Account.__table__
            columns = (table.c.id, table.c.handle, table.c.name, table.c.url, table.c.platform, table.c.authority)
            self._known = KnownAccounts(
                KnownAccount(id_, (handle, name, url, f"{platform}/{handle.lstrip('@')}"), (authority,))
                for id_, handle, name, url, platform, authority in self._connection.execute(select(*columns))
            )
        return self._known


class SeenRegister:
    """The accounts of which a viewer sees anything: how a query is read tells of no other."""

    def __init__(self, register: Register, viewer: Viewer) -> None:
        self._register = register
        self._viewer = viewer

    def accounts(self, said: str) -> frozenset[str]:
        return frozenset(filter(self._viewer.sees, self._register.accounts(said)))

    def departments(self, said: str) -> frozenset[str]:
        return frozenset(filter(self._viewer.sees, self._register.departments(said)))


def _form(name: str) -> str:
    return fold(name).strip().removeprefix("@").removesuffix("/")
