"""The register: the master list of accounts, and the authorities."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import create_model

from archiver.accounts.register.columns import COLUMNS
from archiver.operations import register_page
from archiver.operations.master_list import MasterList, master_list, rows
from archiver.operations.register_seen import seen
from archiver.operations.wanted import Wanted
from archiver.people.actions import Action
from archiver.web.door import Here, needs
from archiver.web.narrowing import Narrowed
from archiver.web.programs import cursors
from archiver.web.programs.answers import After, Answer, Limit, Page, Text, clean
from archiver.web.programs.description import routes
from archiver.web.register import Sees

router = routes("register", "/register")
_LISTS: Final = frozenset({"administrators", "missing", "handles_before", "exceptions"})
_FIELDS: dict[str, Any] = {one.key: (list[Text] if one.key in _LISTS else Text | None, ...) for one in COLUMNS}
#: One line of the master list, with the columns of its files (``docs/register.md``).
Listing: Any = create_model(
    "Listing",
    __base__=Answer,
    __doc__="One line of the master list, with the columns of its files. `account`: its id where it was ever captured.",
    account=(str | None, ...),
    **_FIELDS,
)


class Authority(Answer):
    """One authority. ``custody``: by what its legal custodian is that."""

    id: str
    short: str
    name: Text
    kind: str
    custodian: Text
    custody: Text
    accounts: int
    lacking: int


@router.get("/accounts")
@needs(Action.CAPTURE_VIEW)
def listings(
    site: Here,
    sight: Sees,
    narrowed: Narrowed,
    only: Literal["all", "lacking", "uncaptured"] = "all",
    limit: Limit = 50,
    after: After = None,
) -> Page[Listing]:
    """The master list, by id: what the register knows of each account, whether it is captured, and why not."""
    place = cursors.read(after, "register", str)
    with site.archive.database.read() as connection:
        made = seen(master_list(site.archive, connection), sight)
    found = sorted(_keyed(made, only, narrowed), key=lambda one: one[0])
    part = cursors.page(
        [one for one in found if place is None or one[0] > str(place[0])],
        limit,
        lambda one: cursors.write("register", one[0]),
    )
    return Page[Listing](items=[one for _, one in part.items], next=part.next)


@router.get("/authorities")
@needs(Action.CAPTURE_VIEW)
def authorities(site: Here, sight: Sees, limit: Limit = 50, after: After = None) -> Page[Authority]:
    """Authorities all of which you see, by id."""
    place = cursors.read(after, "authorities", str)
    with site.archive.database.read() as connection:
        made = seen(master_list(site.archive, connection), sight)
    found = sorted(register_page.authorities(made, sight), key=lambda one: one.id)
    shown = [_authority(one) for one in found if place is None or one.id > str(place[0])]
    return cursors.page(shown, limit, lambda one: cursors.write("authorities", one.id))


def _keyed(made: MasterList, only: str, narrowed: Wanted) -> list[tuple[str, Any]]:
    """Lines that are wanted, each with what it is sorted by."""
    found = []
    for entry, values in zip(made.entries, rows(made), strict=True):
        if (only == "lacking" and not entry.standing.lacks) or (only == "uncaptured" and entry.is_captured):
            continue
        if not narrowed.keeps_entry(entry):
            continue
        account = entry.account.id if entry.account is not None else None
        found.append((entry.id or str(account), Listing(account=account, **_line(values))))
    return found


def _line(values: dict[str, Any]) -> dict[str, Any]:
    return {name: clean(list(values.get(name) or ())) if name in _LISTS else values.get(name) for name in _FIELDS}


def _authority(one: register_page.AuthorityRow) -> Authority:
    return Authority(
        id=one.id,
        short=one.says.short,
        name=one.says.name,
        kind=one.says.kind,
        custodian=one.custody.names,
        custody=one.by,
        accounts=one.accounts,
        lacking=one.lacking,
    )
