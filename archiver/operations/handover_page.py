"""What a page shows of a hand-over: how far it has come, the last look at each account, and what is missing before the
next step, in words (law R11)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, select

from archiver.accounts.models import Account
from archiver.accounts.register import handover, service
from archiver.accounts.register.handover import NEXT, Step, Token
from archiver.accounts.register.statements import Register
from archiver.archive import Archive
from archiver.capture.models import Segment
from archiver.clock import from_text
from archiver.errors import NotFound
from archiver.evidence.entry import read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.evidence.register_facts import Capacity, CustodianshipSays, HandoverSays, ListingSays
from archiver.operations import handovers, history
from archiver.operations.history import RunView
from archiver.operations.register_seen import ALL, Sight
from connectors.contract import SweepKind

STEPS: Final = (Step.BEGUN, *NEXT.values())
NO_SUCH: Final = "there is no such hand-over"


@dataclass(frozen=True, slots=True)
class Done:
    """A step, and who took it when; not taken yet where ``at`` is None."""

    step: Step
    at: datetime | None = None
    by: str = ""
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """The last look at one account. ``state``: *done*, *left out*, *not captured*, *under way*, *asked*, *failed* (the
    last one did not get to its end), *early* (it did, and began before the accounts were settled), *wanted* (nobody
    asked for it yet), *stopped* (its capture is paused or ended)."""

    listing: str
    says: ListingSays
    state: str
    run: RunView | None = None
    asked: datetime | None = None
    why: str = ""

    @property
    def name(self) -> str:
        return self.says.name or self.says.handle or self.says.url

    @property
    def lacks(self) -> bool:
        """Whether it keeps the hand-over from going on."""
        return self.state in ("under way", "asked", "failed", "early", "wanted", "stopped")


@dataclass(frozen=True, slots=True)
class HandoverPage:
    """All of one hand-over."""

    id: str
    says: HandoverSays
    authority: str
    short: str
    next: Step | None
    steps: tuple[Done, ...]
    looks: tuple[Look, ...]
    outside: tuple[ListingSays, ...]
    """Accounts of the authority that are not handed over: personal ones, and those of a campaign."""
    old_tokens: tuple[str, ...]
    """Listings of accounts that are still read with what was granted before it was settled which they are."""

    @property
    def lacking(self) -> list[Look]:
        return [one for one in self.looks if one.lacks]


@dataclass(frozen=True, slots=True)
class Custody:
    """Who has which role until the day before, and who from the day on."""

    ended: tuple[CustodianshipSays, ...]
    begun: tuple[CustodianshipSays, ...]


def of(register: Register, handover_id: str, sight: Sight = ALL) -> HandoverSays:
    """What holds of a hand-over, for whoever sees all of its authority.

    Raises:
        NotFound: there is none, or not for them.
    """
    says = register.handovers.get(handover_id)
    if says is None or not sight.sees_authority(register, says.authority):
        raise NotFound(NO_SUCH)
    return says


def page(
    archive: Archive, connection: Connection, handover_id: str, sight: Sight = ALL, dead: Collection[str] = ()
) -> HandoverPage:
    """One hand-over.

    Raises:
        NotFound: as :func:`of`.
    """
    register = service.read(connection, service.today(archive))
    says = of(register, handover_id, sight)
    authority = register.authorities.get(says.authority)
    mine = [one for one in register.listings.values() if one.authority == says.authority]
    following = handover.next_step(says)
    settled = says.listings if says.frozen_at is not None else handovers.scope(register, says.authority)
    if following in (Step.SWEPT, Step.TRANSFERRED, Step.INVENTORIED):
        settled = handover.staying(register, says)
    old = [] if following is not Step.TRANSFERRED else _read_with_old(connection, register, says)
    return HandoverPage(
        id=handover_id,
        says=says,
        authority=authority.name if authority is not None else says.authority,
        short=authority.short if authority is not None else "",
        next=following,
        steps=_steps(register, handover_id),
        looks=tuple(_looks(archive, connection, register, says, settled, dead)),
        outside=tuple(one for one in mine if one.capacity in (Capacity.PERSONAL, Capacity.CAMPAIGN)),
        old_tokens=tuple(old),
    )


def custody(register: Register, says: HandoverSays, incoming: str | None, day: date) -> Custody:
    """What a change of custody on a day would end and begin. Nothing is changed."""
    ended = tuple(register.custodianships[one] for one in handover.ended(register, says, day))
    begun = [] if incoming is None else handover.begun(register, says, incoming, day)
    return Custody(ended, tuple(begun))


def inventory_of(connection: Connection, says: HandoverSays) -> dict[str, Any]:
    """What its inventory says (``docs/register.md``), with ``sha256``, that of the JSON itself.

    Raises:
        NotFound: there is none yet.
    """
    if says.inventory is None:
        raise NotFound("there is no inventory yet")
    content: bytes = service.document(connection, says.inventory).content
    told: dict[str, Any] = json.loads(content)
    return told | {"sha256": sha256(content).hexdigest()}


def segments_of(connection: Connection, told: Mapping[str, Any]) -> bytes:
    """The list of stored objects that an inventory names by its SHA-256: as it was kept, or where it was too long for
    that made anew, if it comes out the same.

    Raises:
        NotFound: it cannot be made the same any more.
    """
    wanted = str(told["segments_sha256"])
    kept = service.document_with(connection, wanted)
    if kept is not None:
        return kept
    accounts = [one["account"] for one in told["accounts"] if one["account"]]
    until = from_text(told["made_at"])
    query = select(Segment.key, Segment.sha256).where(Segment.account_id.in_(accounts), Segment.closed_at <= until)
    made = "".join(sorted(f"{one.sha256}  {one.key}\n" for one in connection.execute(query))).encode()
    if sha256(made).hexdigest() != wanted:
        raise NotFound(
            "that list was too long to be kept here, and more is stored since: it is where it was written to"
        )
    return made


def _steps(register: Register, handover_id: str) -> tuple[Done, ...]:
    taken: dict[str, Done] = {}
    for one in register.history(handover_id):
        assert isinstance(one.says, HandoverSays)
        taken[one.says.step] = Done(Step(one.says.step), one.entered_at, one.by, one.why)
    steps = [taken.get(step, Done(step)) for step in STEPS]
    if Step.WITHDRAWN in taken:
        return (*(one for one in steps if one.at is not None), taken[Step.WITHDRAWN])
    return tuple(steps)


def _read_with_old(connection: Connection, register: Register, says: HandoverSays) -> list[str]:
    states = handovers.tokens(connection, register, says)
    accounts = handovers.captured(register, says)
    return [listing for listing, account in accounts.items() if states[account] == Token.KEPT]


def _looks(
    archive: Archive,
    connection: Connection,
    register: Register,
    says: HandoverSays,
    settled: Collection[str],
    dead: Collection[str],
) -> list[Look]:
    found, accounts = [], {one: register.listings[one].account for one in settled if one in register.listings}
    wanted = [one for one in accounts.values() if one is not None]
    good = says.sweeps or handovers.sweeps(archive, says, wanted)
    query = select(Account.id, Account.state).where(Account.id.in_(wanted))
    states = {row.id: row.state for row in connection.execute(query)}
    asked = _asked(connection, says, wanted)
    held = history.held(connection, archive.clock.now(), dead)
    for listing_id, account in accounts.items():
        listing = register.listings[listing_id]
        if listing_id in says.left_out:
            found.append(Look(listing_id, listing, "left out", why=says.left_out[listing_id]))
        elif account is None:
            found.append(Look(listing_id, listing, "not captured", why=listing.not_captured or ""))
        else:
            run = _run(archive, connection, says, account, good.get(account), dead)
            state = _state(account, run, good, asked, states, account in held and held[account].recovery_due_at is None)
            found.append(Look(listing_id, listing, state, run, asked.get(account)))
    return sorted(found, key=lambda one: (not one.lacks, one.name.casefold()))


def _state(
    account: str,
    run: RunView | None,
    good: Mapping[str, str],
    asked: Mapping[str, datetime],
    states: Mapping[str, str],
    held: bool,
) -> str:
    if account in good:
        return "done"
    if held or (run is not None and run.finished_at is None):
        return "under way"
    if account in asked and (run is None or run.started_at < asked[account]):
        return "stopped" if states.get(account) in ("paused", "closed") else "asked"
    if states.get(account) in ("paused", "closed"):
        return "stopped"
    if run is None:
        return "wanted"
    return "early" if run.outcome in handovers.GOOD else "failed"


def _run(
    archive: Archive,
    connection: Connection,
    says: HandoverSays,
    account: str,
    good: str | None,
    dead: Collection[str],
) -> RunView | None:
    """The run that counts; else the newest full one since the accounts were settled."""
    now = archive.clock.now()
    if good is not None:
        return history.run(connection, now, good, dead)
    if says.frozen_at is None:
        return None
    since = from_text(says.frozen_at)
    full = [one for one in history.runs(connection, now, account, limit=20, dead=dead) if one.sweep == SweepKind.FULL]
    return next((one for one in full if one.started_at >= since), None)


def _asked(connection: Connection, says: HandoverSays, accounts: Collection[str]) -> dict[str, datetime]:
    """When somebody last asked for a full look at each account, since they were settled."""
    if says.frozen_at is None or not accounts:
        return {}
    query = select(Event.subject_id, Event.at, Event.body).where(
        Event.type == EventType.CAPTURE_ASKED.value,
        Event.subject_id.in_(accounts),
        Event.at >= from_text(says.frozen_at),
    )
    rows = connection.execute(query.order_by(Event.at)).all()
    return {row.subject_id: row.at for row in rows if read_entry(row.body).data.get("sweep") == SweepKind.FULL.value}
