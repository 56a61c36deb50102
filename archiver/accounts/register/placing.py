"""Where accounts stand in the register on a day: authority, department and record series, for lists and searches that
have to know it of all accounts at once and quickly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from archiver.accounts.models import Account
from archiver.accounts.register.models import RegisterStatement
from archiver.accounts.register.statements import Thing

_TABLE = RegisterStatement.__table__
_THINGS = (Thing.AUTHORITY.value, Thing.DEPARTMENT.value, Thing.LISTING.value)


@dataclass(frozen=True, slots=True)
class Named:
    """An authority or department. ``short`` is empty where it has none."""

    id: str
    name: str
    short: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one account stands. What the register does not say, or says twice and otherwise, is None."""

    authority: Named
    """Of what is captured now; one that the register does not know has its short name for a name and an id."""
    department: Named | None = None
    series: str | None = None
    """Code of its record series, as its listing has it."""


@dataclass(slots=True)
class _Listed:
    departments: set[str | None] = field(default_factory=set)
    series: set[str | None] = field(default_factory=set)


def places(connection: Connection, day: str) -> dict[str, Place]:
    """Every account by its id, as of a day of the city's calendar."""
    said = _said(connection, day)
    shorts = {one.says["short"]: _named(one) for one in said if one.thing == Thing.AUTHORITY.value}
    departments = {one.thing_id: _named(one) for one in said if one.thing == Thing.DEPARTMENT.value}
    listed: defaultdict[str, _Listed] = defaultdict(_Listed)
    for one in said:
        if one.thing == Thing.LISTING.value and one.account_id is not None:
            listed[one.account_id].departments.add(one.department_id)
            listed[one.account_id].series.add(one.says["series"])
    found = {}
    for account_id, short in connection.execute(select(Account.id, Account.authority)):
        mine = listed.get(account_id, _Listed())
        department = departments.get(_only(mine.departments) or "")
        found[account_id] = Place(shorts.get(short, Named(short, short, short)), department, _only(mine.series))
    return found


def names(places: Mapping[str, Place]) -> dict[str, set[str]]:
    """Every name, short name and id of an authority or department, and the accounts that are its."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for account_id, place in places.items():
        for one in (place.authority, place.department):
            for name in {one.id, one.name, one.short} - {""} if one else ():
                found[name].add(account_id)
    return found


def _said(connection: Connection, day: str) -> list[Any]:
    """What holds of each thing on the day: what begins last, and of that what was entered last. As
    :func:`archiver.accounts.register.statements.said_on`."""
    columns = (_TABLE.c.thing, _TABLE.c.thing_id, _TABLE.c.void, _TABLE.c.says)
    query = select(*columns, _TABLE.c.account_id, _TABLE.c.department_id)
    query = query.where(_TABLE.c.thing.in_(_THINGS), _TABLE.c.effective <= day)
    rows = connection.execute(query.order_by(_TABLE.c.effective, _TABLE.c.number))
    return [one for one in {row.thing_id: row for row in rows}.values() if not one.void]


def _named(row: Any) -> Named:
    return Named(row.thing_id, row.says["name"], row.says.get("short") or "")


def _only(values: set[str | None]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
