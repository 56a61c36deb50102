"""When moderation settings are to be deposited: month after month, where a platform shows them to no program (law R17).
The rule is pure; who is reminded of it once is the event log's to know, so that nobody is reminded every day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, literal_column, select

from archiver import clock, logs
from archiver.accounts import service as accounts
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.capture.deposits import About
from archiver.capture.models import Deposit
from archiver.evidence import log
from archiver.evidence.entry import read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Event
from archiver.operations import invocation
from archiver.records.models import RebuildProgress, Record
from connectors.contract import AccessClass, Capabilities, RecordKind

_log = logs.get(__name__)
#: Accounts that a person stopped, or that are no more on their platform: nobody is reminded of them.
ENDED = frozenset({"paused", "closed", "gone", "taken_down", "deactivated"})
_DAY = timedelta(days=1)
_NOT_INSTALLED = Capabilities(
    edits=None, deletions=None, hidden=None, messages=None, comments=None, media=None, counts=None, history=None,
    moderation="Nothing is known of it.",
)  # fmt: skip
_ZONES = timedelta(hours=14)
"""By so much a day may begin earlier or later once the city's time zone is set anew."""


@dataclass(frozen=True, slots=True)
class DueDeposit:
    """An account whose moderation settings are to be deposited."""

    account_id: str
    account: str
    last: date | None
    """The day that the newest deposit shows; None: there is none."""
    due_at: datetime
    overdue: bool
    command: str
    """What to type."""
    sign_in: bool = False
    """They would be captured if the account were signed in with leave to see them."""
    left: str | None = None
    """Which of them are to be deposited, where others are captured; None: all."""

    @property
    def said(self) -> str:
        """What is to be said of it, one sentence without its end."""
        was = "were never deposited" if self.last is None else f"were last deposited as of {self.last}"
        if self.left is not None:
            return f"the moderation settings of {self.account} that no program is shown {was}: {self.left.rstrip('.')}"
        why = "only where the account is signed in, with leave to see them" if self.sign_in else "to no program"
        return f"the moderation settings of {self.account} {was}; its platform shows them {why}"


def due_at(last: date | None, added_at: datetime, days: int, zone: ZoneInfo) -> datetime:
    """When the next deposit is due: ``days`` after the day that the last one shows, by the city's clocks; after the
    account was registered, where there is none."""
    if last is None:
        return added_at + timedelta(days=days)
    return datetime.combine(last + (days + 1) * _DAY, time(), zone)


def is_expected(state: str, told: str | None, days: int, *, shown: bool = True, left: str | None = None) -> bool:
    """Whether deposits are expected of an account.

    Args:
        state: of the account, as the register has it.
        told: what its connector declares to see of moderation settings; None: nothing.
        days: as the setting has it; 0: never.
        shown: whether the platform shows us what is declared.
        left: which others no program is shown.
    """
    return days > 0 and (told is None or not shown or left is not None) and state not in ENDED


def expected(connection: Connection, archive: Archive, account_id: str | None = None) -> list[DueDeposit]:
    """Accounts of which deposits are expected, the longest due first."""
    days, zone, now = archive.settings.deposit_days, archive.settings.zone, archive.clock.now()
    known = accounts.list_accounts(connection) if account_id is None else [accounts.get(connection, account_id)]
    lately = now - max(timedelta(days=days), 2 * timedelta(seconds=archive.settings.sweep_full_seconds))
    captured = _captured(connection, lately)
    wanted = []
    for one in known:
        told = _declared(archive, one.platform)
        shown = not told.moderation_signed_in or one.id in captured
        if is_expected(one.state, told.moderation, days, shown=shown, left=told.moderation_by_hand):
            wanted.append((one, told, shown))
    last = _last(connection, [one.id for one, _, _ in wanted], now.astimezone(zone).date())
    found = []
    for one, told, shown in wanted:
        at = due_at(last.get(one.id), one.added_at, days, zone)
        due = DueDeposit(one.id, one.handle or one.name, last.get(one.id), at, at <= now, _command(archive, one))
        left = told.moderation_by_hand if shown and told.moderation is not None else None
        found.append(replace(due, sign_in=not shown, left=left))
    return sorted(found, key=lambda one: (one.due_at, one.account_id))


def overdue(connection: Connection, archive: Archive) -> list[DueDeposit]:
    """Those of :func:`expected` that are late."""
    return [one for one in expected(connection, archive) if one.overdue]


def remind(archive: Archive) -> int:
    """Say once of every deposit that is late, in the event log and in that of the service. Of how many."""
    with archive.database.read() as connection:
        if connection.execute(select(RebuildProgress.account_id).limit(1)).first() is not None:
            return 0  # what is not in the index yet would be taken for never deposited
        late = [one for one in overdue(connection, archive) if not _is_reminded(connection, one)]
    for one in late:
        archive.database.act(partial(_remind, archive=archive, one=one))
        _log.warning("deposit.due", account=one.account_id, since=clock.to_text(one.due_at), said=one.said)
    return len(late)


def _remind(connection: Connection, *, archive: Archive, one: DueDeposit) -> None:
    accounts.hold(connection, one.account_id)
    if not _is_reminded(connection, one) and one in expected(connection, archive, one.account_id):
        facts = {"about": About.MODERATION.value, "since": clock.to_text(one.due_at)}
        kind = EventType.DEPOSIT_DUE.value
        event = NewEvent(kind, "account", one.account_id, facts, "service", "reminder", chained=True)
        log.append(connection, [event], archive.clock.now())


def _is_reminded(connection: Connection, one: DueDeposit) -> bool:
    """Whether the log says of this very deposit that it is due, be it by clocks of another time zone."""
    query = select(Event.body).where(Event.subject_id == one.account_id, Event.type == EventType.DEPOSIT_DUE.value)
    told = (clock.from_text(read_entry(body).data["since"]) for body in connection.execute(query).scalars())
    return any(abs(since - one.due_at) <= _ZONES for since in told)


def _last(connection: Connection, account_ids: Collection[str], today: date) -> dict[str, date]:
    """The newest day that deposits show. One in the future is of a clock that went wrong: it would silence reminders
    for as long."""
    query = select(Deposit.account_id, func.max(Deposit.as_of)).where(
        Deposit.about == About.MODERATION.value, Deposit.as_of <= (today + _DAY).isoformat()
    )
    found = connection.execute(query.group_by(Deposit.account_id))
    return {account: date.fromisoformat(day) for account, day in found if account in account_ids}


def _captured(connection: Connection, since: datetime) -> frozenset[str]:
    """Accounts of which some list was seen since then that the platform shows to their owners alone. Where nobody is
    signed in any more, what was seen before is no reason not to bring what stands now."""
    settings = Record.kind == literal_column(f"'{RecordKind.SETTINGS.value}'")  # written out: there is an index of them
    owners = settings & (Record.access == AccessClass.SETTINGS.value)
    lately = select(Record.account_id).where(owners, Record.last_seen_at >= since)
    return frozenset(connection.execute(lately.distinct()).scalars())


def _declared(archive: Archive, platform: str) -> Capabilities:
    """What the connector declares; of one that is not installed nothing is expected."""
    connector = archive.platforms.connectors.get(platform)
    return _NOT_INSTALLED if connector is None else connector.capabilities


def _command(archive: Archive, account: AccountView) -> str:
    called = invocation.command(archive.settings.home.parent if archive.practice else archive.settings.home)
    where = " --practice" if archive.practice else ""
    return (
        f"{called} deposit FILE --account {account.id} --about moderation --by NAME --reason WHY --source WHERE-FROM"
        f"{where}"
    )
