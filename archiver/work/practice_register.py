"""The register of the practice city, so that a newcomer sees register and board as they would be: made-up authorities,
people and accounts, with an attestation that has lapsed, an owner who has left and an account that is not captured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from archiver import ids
from archiver.accounts.permission import SERVICE, Actor
from archiver.accounts.register import saying, service
from archiver.accounts.register.statements import Thing
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.errors import WrongStore

_BY: Final = Actor(SERVICE, "practice")
_CLERK: Final = "practice-clerk"
_WORKS: Final = "works"
_WHY: Final = "made up, for practice"
_MAIL: Final = "practice.invalid"
"""No mail can be sent there (RFC 2606)."""


def fill(archive: Archive, authority: str, accounts: Sequence[AccountView]) -> bool:
    """Enter all of it, where nothing was ever entered; whether it was. ``authority``: short name of the one whose the
    accounts are.

    Raises:
        WrongStore: the archive is real.
    """
    if not archive.practice:
        raise WrongStore("nothing made up is entered into a real register")

    def do(connection: Connection) -> bool:
        service.alone(connection)
        if service.read(connection, service.today(archive)).statements:
            return False
        _Filling(connection, archive, authority).all(accounts)
        return True

    return archive.database.act(do)


class _Filling:
    """What is said, one thing after the other, in one transaction."""

    def __init__(self, connection: Connection, archive: Archive, authority: str) -> None:
        self._connection, self._archive = connection, archive
        self._day = service.today(archive)
        self._city, self._clerk = ids.authority_id(authority), ids.authority_id(_CLERK)
        self._works = ids.department_id(self._city, _WORKS)
        self._short = authority

    def all(self, accounts: Sequence[AccountView]) -> None:
        self._offices()
        self._people()
        listings = [self._captured(number, one) for number, one in enumerate(accounts)]
        self._others()
        self._attested(listings)
        about = {"authority": self._city, "rule": "series", "reason": "its series is being decided"}
        self._say(Thing.EXEMPTION, **about, approver="Rowan Practice, CIO", until=self._in(20))
        window = {"since": self._in(-30), "until": self._in(60)}
        self._say(Thing.CANDIDACY, authority=self._city, person="Imani Practice", office="Mayor of Larkmere", **window)

    def _offices(self) -> None:
        since = "2020-04-21"
        self._say(
            *(Thing.AUTHORITY, self._city), short=self._short, name="Practice: Mayor of Larkmere", kind="elected",
            since=since, note=_WHY,
        )  # fmt: skip
        self._say(
            *(Thing.AUTHORITY, self._clerk), short=_CLERK, name="Practice: City Clerk", kind="agency", clerk=True,
            since=since, note=_WHY,
        )  # fmt: skip
        self._say(Thing.DEPARTMENT, self._works, authority=self._city, short=_WORKS, name="Practice: Public Works")

    def _people(self) -> None:
        holder = {"authority": self._city, "role": "holder", "position": "Mayor", "since": "2024-04-16"}
        self._say(Thing.CUSTODIANSHIP, **holder, person="Imani Practice", trained_on=self._in(-200))
        deputy = {"authority": self._city, "role": "deputy", "position": "Records clerk", "since": "2024-05-01"}
        self._say(Thing.CUSTODIANSHIP, **deputy, person="Sol Practice")
        clerk = {"authority": self._clerk, "role": "legal_custodian", "position": "City Clerk", "since": "2022-01-03"}
        self._say(Thing.CUSTODIANSHIP, **clerk, person="Noor Practice", trained_on=self._in(-90))

    def _captured(self, number: int, account: AccountView) -> str:
        """An account that is captured. The owner of the last one has left."""
        owners = (("Sol Practice", None), ("Ines Practice", None), ("Theo Practice", self._in(-10)))
        owner, until = owners[number % len(owners)]
        return self._listing(
            account.url, platform=account.platform, service=account.service, platform_id=account.platform_id,
            account=account.id, handle=account.handle, name=account.name, authority=self._city,
            department=self._works if number == 1 else None, capacity="official", owner=owner, owner_until=until,
            owner_mail=f"{owner.split()[0].lower()}@{_MAIL}", series="PRACTICE-01", opened="2021-05-03",
        )  # fmt: skip

    def _others(self) -> None:
        """Accounts that are known, and not captured."""
        self._listing(
            f"https://video.{_MAIL}/larkmere-council", name="Practice: council meetings", authority=self._clerk,
            owner="Noor Practice", not_captured="the archive has no connector for it; films are deposited by hand",
        )  # fmt: skip
        self._listing(
            f"https://social.{_MAIL}/@imani", name="Practice: the mayor’s own page", authority=self._city,
            capacity="personal", capture="none", not_captured="a person’s own account",
        )  # fmt: skip

    def _attested(self, listings: Sequence[str]) -> None:
        """The second one's has lapsed."""
        for number, listing in enumerate(listings):
            on, until = (-430, -65) if number == 1 else (-100, 265)
            days = {"on": self._in(on), "until": self._in(until)}
            self._say(Thing.ATTESTATION, listing=listing, person="Imani Practice", position="Mayor", **days)

    def _listing(self, url: str, **says: Any) -> str:
        return self._say(Thing.LISTING, **{**_LISTED, "url": url, "note": _WHY} | says)

    def _in(self, days: int) -> str:
        return (self._day + timedelta(days=days)).isoformat()

    def _say(self, thing: Thing, known_id: str | None = None, **says: Any) -> str:
        thing_id = known_id or service.new_id(thing)
        whole = service.shape(thing, {**saying.FRESH.get(thing, {}), **says})
        beginning = date.fromisoformat("2020-01-01") if thing is not Thing.LISTING else None
        service.state(self._connection, self._archive, _BY, thing_id, thing, whole, effective=beginning, why=_WHY)
        return thing_id


_LISTED: Final[dict[str, Any]] = {
    **dict.fromkeys(("department", "platform_id", "account", "decision", "owner", "owner_position", "owner_until")),
    **dict.fromkeys(("purpose", "operated_by", "opened", "closed", "not_captured", "series")),
    "platform": "other",
    "service": f"https://{_MAIL}",
    "handle": "",
    "name": "",
    "capacity": "official",
    "administrators": [],
    "capture": "service",
    "documents": [],
}
