"""Loading a list of accounts, such as the city's own, into the register.

Every line is judged by itself. All that can be taken is taken in one transaction; what cannot is told with its line and
column and changes nothing, not even in part. Loading the same list again changes nothing; so does loading what was
exported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection

from archiver import ids
from archiver.accounts.permission import Actor, Resource, require_permission
from archiver.accounts.register import contacts, custody, linking, service
from archiver.accounts.register.columns import COLUMNS, Header, Wrong, header_of, values_of
from archiver.accounts.register.linking import Name
from archiver.accounts.register.sheets import Sheet, Unreadable, letter, read
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.errors import ArchiverError, UsageError
from archiver.evidence.register_facts import (
    AttestationSays,
    AuthorityKind,
    AuthoritySays,
    Capacity,
    Capturing,
    CustodianshipSays,
    DepartmentSays,
    ListingSays,
    Role,
)

_LISTED = frozenset(ListingSays.model_fields)
_NOT_LETTERS = re.compile("[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one line."""

    line: int
    listing: str
    change: str
    """*new*, *changed* or *same*."""
    fields: tuple[str, ...] = ()
    stopped: str | None = None


@dataclass(slots=True)
class Loaded:
    """What came of a list."""

    lines: int = 0
    taken: list[Taken] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    authorities: int = 0
    """That were not known before."""
    written: bool = True

    def count(self, change: str) -> int:
        return sum(one.change == change for one in self.taken)


class _OnlyTried(Exception):  # noqa: N818 - no error: it ends the transaction of a trial
    pass


def load(
    archive: Archive,
    content: bytes,
    actor: Actor,
    *,
    try_only: bool = False,
    why: str | None = None,
) -> Loaded:
    """Load a list.

    Args:
        try_only: say what would come of it; nothing is kept.

    Raises:
        NotPermitted: the guard says no.
        UsageError: the file is no list of accounts.
    """
    try:
        sheet = read(content)
    except Unreadable as error:
        raise UsageError(str(error)) from None
    header = header_of(sheet.header)
    _check_header(header)
    results: list[Loaded] = []

    def enter(connection: Connection) -> None:
        require_permission(service.CHANGE, Resource("register"), actor, connection)
        loader = _Loader(archive, connection, actor, why)
        results.append(loader.load(sheet, header))
        if try_only:
            raise _OnlyTried

    try:
        archive.database.act(enter)
    except _OnlyTried:
        results[-1].written = False
    return results[-1]


def _check_header(header: Header) -> None:
    known = {one.key for one in header.columns if one is not None}
    if header.twice:
        raise UsageError(f"the column {header.twice[0]!r} is there twice")
    if not known & {"url", "id"}:
        raise UsageError(
            "the first line has to name the columns, and one of them has to be `Address`;"
            " `archiver register export` writes a list with all of them"
        )


class _Loader:
    """One load in one transaction."""

    def __init__(self, archive: Archive, connection: Connection, actor: Actor, why: str | None) -> None:
        self.archive, self.connection, self.actor, self.why = archive, connection, actor, why
        self.day = service.today(archive)
        service.alone(connection)
        self.register = service.read(connection, self.day)
        self.captured, self.listed = linking.Captured(connection), linking.Names()
        for listing_id, says in self.register.listings.items():
            self.listed.add(listing_id, linking.name_of(says))
        self.seen: dict[str, int] = {}
        self.told: dict[tuple[str, str], tuple[str, int]] = {}

    def load(self, sheet: Sheet, header: Header) -> Loaded:
        told = Loaded(lines=len(sheet.lines))
        before = len(self.register.authorities)
        told.remarks += [f"the column {one!r} is not known and was passed over" for one in header.unknown]
        if sheet.encoding == "windows-1252":
            told.remarks.append("the file is not UTF-8 and was read as Windows-1252: look at accented letters")
        for line in sheet.lines:
            values, wrong = values_of(line, header)
            if wrong:
                told.wrong += wrong
                continue
            known, remarks, said = self.register, len(told.remarks), dict(self.told)
            try:
                with self.connection.begin_nested():
                    told.taken.append(self._take(line.number, values, told))
            except ArchiverError as error:
                if not isinstance(error, UsageError):
                    raise
                told.wrong.append(_placed(line.number, error, header))
                self.register, self.told = known, said
                del told.remarks[remarks:]
        told.authorities = len(self.register.authorities) - before
        return told

    def _take(self, number: int, values: dict[str, Any], told: Loaded) -> Taken:
        authority = self._authority(number, values, told)
        department = self._department(number, authority, values)
        known_id, name = self._known(values)
        if known_id is not None and known_id in self.seen:
            raise _CellError("url", f"is the same account as line {self.seen[known_id]}: take one of them out")
        listing_id = known_id or service.new_id(Thing.LISTING)
        before = self.register.listings.get(listing_id)
        says = self._listing(before, values, authority, department, name)
        listed = self._state(listing_id, Thing.LISTING, says)
        more = [*self._custodian(listing_id, says, values), *self._attestation(listing_id, values)]
        self.seen[listing_id] = number
        self.listed.add(listing_id, linking.name_of(says))
        change = listed.change if listed.change != "same" or not more else "changed"
        return Taken(number, listing_id, change, (*listed.fields, *more), listed.stopped)

    def _authority(self, number: int, values: dict[str, Any], told: Loaded) -> str | None:
        name, short = values.get("authority_name"), values.get("authority")
        if name is None and short is None:
            return None
        known = self.register.authorities
        found = {one for one, says in known.items() if says.name.casefold() == (name or "").casefold()}
        if short is None and len(found) > 1:
            raise _CellError("authority_name", "is the name of several authorities: give its short name")
        short = short or (known[found.pop()].short if found else slug(name or ""))
        authority_id = ids.authority_id(short)
        self._agree(number, authority_id, "authority_name", name)
        self._agree(number, authority_id, "authority_kind", values.get("authority_kind"))
        held = known.get(authority_id)
        if held is not None and name is not None and held.name != name:
            told.remarks.append(f"line {number}: {short} was called {held.name!r} and is called {name!r} from today on")
        kind = values.get("authority_kind") or (held.kind if held is not None else None)
        if held is None and kind is None:
            told.remarks.append(f"line {number}: {name or short} was taken for an agency; say so where it is elected")
        fields = {"kind": kind or AuthorityKind.AGENCY.value, "name": name or (held.name if held else short)}
        if held is None:
            told_of = AuthoritySays(short=short, clerk=False, since=None, until=None, note=None, **fields)
        else:
            told_of = held.model_copy(update=fields)
        self._state(authority_id, Thing.AUTHORITY, told_of)
        return authority_id

    def _department(self, number: int, authority: str | None, values: dict[str, Any]) -> str | None:
        name, short = values.get("department_name"), values.get("department")
        if name is None and short is None:
            return None
        if authority is None:
            raise _CellError("department_name", "needs its authority on the same line")
        known = {one: says for one, says in self.register.departments.items() if says.authority == authority}
        named = [says.short for says in known.values() if says.name.casefold() == (name or "").casefold()]
        short = short or (named[0] if named else slug(name or ""))
        department_id = ids.department_id(authority, short)
        self._agree(number, department_id, "department_name", name)
        held = known.get(department_id)
        if held is None:
            says = DepartmentSays(authority=authority, short=short, name=name or short, since=None, until=None)
        else:
            says = held.model_copy(update={"name": name or held.name})
        self._state(department_id, Thing.DEPARTMENT, says)
        return department_id

    def _agree(self, number: int, thing_id: str, key: str, said: str | None) -> None:
        """Refuse what an earlier line of the same list contradicts: each load would change it to and fro."""
        if said is None:
            return
        earlier, line = self.told.setdefault((thing_id, key), (said, number))
        if earlier.casefold() != said.casefold():
            raise _CellError(key, f"differs from line {line}, which says {earlier!r} of the same: two, or a slip?")

    def _known(self, values: dict[str, Any]) -> tuple[str | None, Name | None]:
        """Which listing a line is about, and how its account is known; None for a new one."""
        listing_id = values.get("id")
        if listing_id is not None and listing_id not in self.register.listings:
            raise _CellError("id", "is not in this register: leave it empty for a new account")
        name = self._named(values)
        if listing_id is not None:
            return listing_id, name
        if name is None:
            raise _CellError("url", "is missing")
        found = self.listed.find(name)
        if len(found) > 1:
            raise _CellError("url", f"fits several accounts of the register: give its register id ({', '.join(found)})")
        return (found[0] if found else self._renamed(name)), name

    def _renamed(self, name: Name) -> str | None:
        """The listing of a captured account that goes by another name now than when it was listed."""
        account = self.captured.of(name)
        return None if account is None else self.register.by_account.get(account.id)

    def _named(self, values: dict[str, Any]) -> Name | None:
        url = values.get("url")
        if url is None:
            return None
        platform, server, handle = values.get("platform"), "", values.get("handle", "")
        platform_id = values.get("platform_id")
        try:
            _, claim = self.archive.platforms.claim(url, platform if platform in self._installed else None)
        except ArchiverError:
            return Name(platform or "other", server, platform_id, handle, url)
        if platform is not None and claim.platform != platform:
            return Name(platform, server, platform_id, handle, url)
        return Name(
            claim.platform, claim.service, platform_id or claim.platform_id or None, handle or claim.handle, url
        )

    @property
    def _installed(self) -> Any:
        return self.archive.platforms.connectors

    def _listing(
        self,
        before: ListingSays | None,
        values: dict[str, Any],
        authority: str | None,
        department: str | None,
        name: Name | None,
    ) -> ListingSays:
        given = {key: value for key, value in values.items() if key in _LISTED - {"authority", "department"}}
        if authority is not None:
            given |= {"authority": authority, "department": department}
        if before is not None:
            if name is not None and before.account is None:
                given = {"platform": name.platform, "service": name.service} | given
                given |= self._joined(name, {"capacity": before.capacity} | given)
            return before.model_copy(update=contacts.renewed(before, given))
        assert name is not None
        found: dict[str, Any] = dict.fromkeys(_LISTED)
        found |= {"administrators": [], "documents": [], "name": "", "capture": Capturing.SERVICE.value}
        found |= {"platform": name.platform, "service": name.service, "handle": name.handle, "url": name.url}
        found |= {"platform_id": name.platform_id, "capacity": Capacity.UNKNOWN.value}
        return ListingSays(**found | given | self._joined(name, given))

    def _joined(self, name: Name, given: dict[str, Any]) -> dict[str, Any]:
        """What the archive knows of the account, where it has it. Whoever had it captured claimed it as official."""
        account = self.captured.of(name)
        if account is None:
            return {}
        found = {one: getattr(account, one) for one in ("platform", "service", "platform_id")}
        return found | {"account": account.id, "capacity": given.get("capacity", Capacity.OFFICIAL.value)}

    def _custodian(self, listing_id: str, listing: ListingSays, values: dict[str, Any]) -> list[str]:
        """Whom a line names as legal custodian: of the authority where it has none yet, else of this account."""
        person = values.get("custodian")
        if person is None:
            return []
        if listing.authority is None:
            raise _CellError("custodian", "needs the authority on the same line")
        now = custody.of_account(self.register, listing_id)
        if ", ".join(one.person for one in now.custodians).casefold() == person.casefold():
            return []
        whole = custody.of_authority(self.register, listing.authority)
        elected = self.register.authorities[listing.authority].kind != AuthorityKind.AGENCY
        if elected and whole.custodians and not whole.is_vacant:
            raise _CellError(
                "custodian", f"{whole.names} holds this office: end that first (`archiver register custodian`)"
            )
        says = CustodianshipSays(
            authority=listing.authority,
            department=None,
            listing=listing_id if whole.custodians and not whole.is_vacant else None,
            role=Role.HOLDER.value if elected else Role.LEGAL_CUSTODIAN.value,
            person=person,
            position=values.get("custodian_position"),
            contact=None,
            since=values.get("custodian_since"),
            until=None,
            ended=None,
            documents=[],
        )
        self._state(service.new_id(Thing.CUSTODIANSHIP), Thing.CUSTODIANSHIP, says)
        return ["custodian"]

    def _attestation(self, listing_id: str, values: dict[str, Any]) -> list[str]:
        person, on = values.get("attested_by"), values.get("attested_on")
        if person is None and on is None:
            return []
        if person is None or on is None:
            raise _CellError("attested_by", "and the day of the attestation belong together: give both")
        if date.fromisoformat(on) > self.day:
            raise _CellError("attested_on", "is a day that has not come yet")
        if any((one.person, one.on) == (person, on) for one in self.register.attested.get(listing_id, ())):
            return []
        until = values.get("attested_until")
        says = AttestationSays(listing=listing_id, person=person, position=None, on=on, until=until, documents=[])
        self._state(service.new_id(Thing.ATTESTATION), Thing.ATTESTATION, says)
        return ["attestation"]

    def _state(self, thing_id: str, thing: Thing, says: Any) -> service.Stated:
        stated = service.state(self.connection, self.archive, self.actor, thing_id, thing, says, why=self.why)
        if stated.change != "same":
            self.register = self.register.and_said(service.statements_of(self.connection, thing_id)[-1])
        return stated


class _CellError(UsageError):
    """What is wrong in one cell."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(problem)
        self.key = key


def _placed(line: int, error: UsageError, header: Header) -> Wrong:
    if not isinstance(error, _CellError):
        return Wrong(line, None, None, str(error))
    title = next(one.title for one in COLUMNS if one.key == error.key)
    place = next((at for at, one in enumerate(header.columns) if one is not None and one.key == error.key), None)
    return Wrong(line, title, None if place is None else letter(place), str(error))


def slug(name: str) -> str:
    """The short name of a new authority or department, from its name.

    Raises:
        UsageError: nothing of it can stand in a key.
    """
    short = _NOT_LETTERS.sub("-", name.casefold().replace("&", " and ")).strip("-")[:63].rstrip("-")
    if not short:
        raise UsageError(f"no short name can be made of {name[:80]!r}: give one")
    return short
