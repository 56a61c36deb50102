"""Things of the register as a person names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from archiver.accounts.register.addresses import address
from archiver.accounts.register.statements import Register
from archiver.errors import NotFound, UsageError
from archiver.evidence.register_facts import AuthoritySays, DepartmentSays, ListingSays
from archiver.visible import one_line

_T = TypeVar("_T")


def authority(register: Register, name: str) -> tuple[str, AuthoritySays]:
    """An authority by its short name, name or id.

    Raises:
        NotFound: none matches.
        UsageError: several do.
    """
    wanted = name.strip().casefold()
    names = {one: {one, says.short, says.name.casefold()} for one, says in register.authorities.items()}
    return _one(register.authorities, names, wanted, "authority")


def department(register: Register, authority_id: str, name: str) -> tuple[str, DepartmentSays]:
    """A department of an authority by its short name, name or id. Raises as :func:`authority`."""
    wanted = name.strip().casefold()
    mine = {one: says for one, says in register.departments.items() if says.authority == authority_id}
    names = {one: {one, says.short, says.name.casefold()} for one, says in mine.items()}
    return _one(mine, names, wanted, "department of this authority")


def listing(register: Register, name: str) -> tuple[str, ListingSays]:
    """A listed account by its register id, its account's id, its address, handle or name. Raises as :func:`authority`.
    An address or id beats a handle, which several platforms may know."""
    wanted = name.strip().casefold()
    sure = {one: {one, says.account or one, address(says.url)} for one, says in register.listings.items()}
    if any({wanted, address(wanted)} & some for some in sure.values()):
        return _one(register.listings, sure, address(wanted) if "://" in wanted or "/" in wanted else wanted, "account")
    names = {
        one: {says.handle.casefold().lstrip("@"), says.name.casefold()} - {""}
        for one, says in register.listings.items()
    }
    return _one(register.listings, names, wanted.lstrip("@"), "account")


def _one(known: Mapping[str, _T], names: Mapping[str, Iterable[str]], wanted: str, what: str) -> tuple[str, _T]:
    found = [one for one, some in names.items() if wanted in some]
    if not found:
        raise NotFound(
            f"the register has no {what} called {one_line(wanted, 80)!r}; `archiver register show` lists all"
        )
    if len(found) > 1:
        raise UsageError(f"several match; name one by its id: {', '.join(sorted(found))}")
    return found[0], known[found[0]]
