"""The Council's master list of accounts (law R12): what the register knows of each, whether it is captured, why not.

Accounts that are captured and not listed stand in it too, so that nothing is captured unseen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from archiver.accounts.models import Account, Handle
from archiver.accounts.register import custody, missing, service
from archiver.accounts.register.custody import Basis, Custody
from archiver.accounts.register.missing import Standing
from archiver.accounts.register.statements import Register
from archiver.accounts.service import AccountView, list_accounts
from archiver.archive import Archive
from archiver.capture.models import Run
from archiver.capture.outcomes import RunOutcome
from archiver.clock import to_text
from archiver.database import among
from archiver.evidence.register_facts import ListingSays
from archiver.operations import history
from archiver.operations.not_captured import NotCaptured, WhyNot

_GOOD = (RunOutcome.COMPLETE.value, RunOutcome.UNCHANGED.value)


@dataclass(frozen=True, slots=True)
class Entry:
    """One account of the list. ``listing`` is None where it is captured and not in the register; ``account`` where it
    is listed and was never captured."""

    id: str | None
    listing: ListingSays | None
    account: AccountView | None
    authority: str
    department: str
    custody: Custody
    standing: Standing
    not_captured: NotCaptured | None
    """Why it is not captured; None: it is."""
    last_capture: datetime | None
    handles: tuple[tuple[str, date], ...]
    """Handles before this one, with the day on which each was first seen."""
    exceptions: tuple[str, ...]

    @property
    def name(self) -> str:
        said = self.listing.name or self.listing.handle if self.listing is not None else ""
        known = self.account.name or self.account.handle if self.account is not None else ""
        return said or known or (self.listing.url if self.listing is not None else "")

    @property
    def is_captured(self) -> bool:
        return self.not_captured is None

    @property
    def captured(self) -> str:
        """*yes*, else why not, in words."""
        return "yes" if self.not_captured is None else self.not_captured.words


@dataclass(frozen=True, slots=True)
class MasterList:
    """The list, as of a day."""

    day: date
    at: datetime
    register: Register
    entries: tuple[Entry, ...]

    @property
    def uncaptured(self) -> list[Entry]:
        """Known accounts that are not captured."""
        return [one for one in self.entries if not one.is_captured]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of all accounts, read once."""

    last: dict[str, datetime]
    handles: dict[str, list[tuple[str, date]]]
    why_not: WhyNot


def master_list(archive: Archive, connection: Connection, day: date | None = None) -> MasterList:
    """Make the list. ``day``: what the register said of another day; what is captured is always of now."""
    register = service.read(connection, day or service.today(archive))
    accounts = {one.id: one for one in list_accounts(connection)}
    known = _Known(
        _last_captures(connection), _handles(connection, archive), WhyNot(archive, connection, register.today)
    )
    entries = []
    for listing_id, says in register.listings.items():
        account = accounts.pop(says.account, None) if says.account is not None else None
        entries.append(_entry(archive, register, listing_id, says, account, known))
    entries += [_entry(archive, register, None, None, one, known) for one in accounts.values()]
    entries.sort(
        key=lambda one: (_as_counted(one.authority), _as_counted(one.department), _as_counted(one.name), one.id or "")
    )
    return MasterList(register.day, archive.clock.now(), register, tuple(entries))


def _as_counted(name: str) -> str:
    """A name as people sort it: the 3rd district before the 10th."""
    return re.sub("[0-9]+", lambda number: number[0].zfill(12), name.casefold())


def rows(made: MasterList) -> list[dict[str, Any]]:
    """The list as values of its columns (:data:`archiver.accounts.register.columns.COLUMNS`)."""
    return [_row(made.register, one) for one in made.entries]


def _entry(
    archive: Archive,
    register: Register,
    listing_id: str | None,
    says: ListingSays | None,
    account: AccountView | None,
    known: _Known,
) -> Entry:
    kept = custody.of_account(register, listing_id) if listing_id is not None else Custody(Basis.NOBODY)
    authority = register.authorities.get(says.authority) if says is not None and says.authority else None
    department = register.departments.get(says.department) if says is not None and says.department else None
    account_id = account.id if account is not None else ""
    running = account.added_at if account is not None and account.state not in ("paused", "closed") else None
    exceptions = register.excepted(listing_id) if listing_id is not None else []
    return Entry(
        id=listing_id,
        listing=says,
        account=account,
        authority=authority.name if authority is not None else account.authority if account is not None else "",
        department=department.name if department is not None else "",
        custody=kept,
        standing=missing.standing(register, listing_id, running, archive.settings.zone),
        not_captured=known.why_not.of(says, account),
        last_capture=known.last.get(account_id),
        handles=tuple(known.handles.get(account_id, [])[1:]),
        exceptions=tuple(f"{one.rule}: {one.reason} ({one.approver})" for one in exceptions),
    )


def _row(register: Register, one: Entry) -> dict[str, Any]:
    listing, account = one.listing, one.account
    values: dict[str, Any] = dict(listing.model_dump()) if listing is not None else _unlisted(account)
    authority = register.authorities.get(values.pop("authority", None) or "")
    department = register.departments.get(values.pop("department", None) or "")
    first = one.custody.custodians[0] if one.custody.custodians and not one.custody.is_vacant else None
    signed = [a for a in register.attested.get(one.id or "", ()) if a.on <= register.today]
    values |= {
        "id": one.id,
        "authority": authority.short if authority else None,
        "authority_name": authority.name if authority else None,
        "authority_kind": authority.kind if authority else None,
        "department": department.short if department else None,
        "department_name": department.name if department else None,
        "custodian": one.custody.names if first is not None else None,
        "custodian_position": first.position if first is not None else None,
        "custodian_since": first.since if first is not None else None,
        "custody": custody_words(one.custody),
        "attested_by": signed[0].person if signed else None,
        "attested_on": signed[0].on if signed else None,
        "attested_until": signed[0].until if signed else None,
        "captured": one.captured,
        "last_capture": to_text(one.last_capture) if one.last_capture else None,
        "standing": one.standing.state.value,
        "missing": one.standing.words,
        "handles_before": [f"{handle} ({day})" for handle, day in one.handles],
        "exceptions": list(one.exceptions),
    }
    return values


def custody_words(kept: Custody) -> str:
    """By what somebody has custody, in words; who keeps the records of a vacant office."""
    if kept.basis is Basis.NOBODY:
        return "nobody"
    if kept.basis is Basis.CLERK:
        return ", ".join(filter(None, (f"vacant: {kept.names} keeps it, Wis. Stat. {kept.basis.value}", kept.because)))
    return ", ".join(filter(None, (f"Wis. Stat. {kept.basis.value}", kept.because)))


def _unlisted(account: AccountView | None) -> dict[str, Any]:
    assert account is not None
    names = ("platform", "url", "platform_id", "handle", "name")
    return {name: getattr(account, name) for name in names}


def _last_captures(connection: Connection) -> dict[str, datetime]:
    """When each account was last looked at with success; what looked at nothing (deposits, imports) is left out."""
    newest = history.newest_runs(connection, Run.outcome.in_(_GOOD))
    query = select(Run.account_id, Run.finished_at).where(among(connection, Run.__table__.c.id, newest))
    return {row[0]: row[1] for row in connection.execute(query) if row[1] is not None}


def _handles(connection: Connection, archive: Archive) -> dict[str, list[tuple[str, date]]]:
    """Handles of each account, newest first."""
    query = select(Handle.account_id, Handle.handle, Handle.first_seen_at).order_by(Handle.first_seen_at.desc())
    found: dict[str, list[tuple[str, date]]] = {}
    for account_id, handle, seen in connection.execute(query.where(Handle.account_id == Account.id)):
        mine = found.setdefault(account_id, [])
        if not mine or mine[-1][0] != handle:
            mine.append((handle, seen.astimezone(archive.settings.zone).date()))
        else:
            mine[-1] = (handle, seen.astimezone(archive.settings.zone).date())
    return found
