"""Handing an office's accounts over to a successor, step by step (law R11). Every step is an act; whoever is
interrupted goes on where it stopped. The rules are in :mod:`archiver.accounts.register.handover`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from archiver import canonical, clock
from archiver.accounts import service as accounts
from archiver.accounts.models import Credential
from archiver.accounts.permission import Actor, Resource, require_permission
from archiver.accounts.register import contacts, handover, service
from archiver.accounts.register.handover import Cause, Step, Sweep, Token
from archiver.accounts.register.statements import Register, Thing
from archiver.archive import Archive
from archiver.capture import rounds
from archiver.capture.models import Run
from archiver.capture.outcomes import RunOutcome
from archiver.database import safe_text
from archiver.errors import NotFound, UsageError
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.evidence.register_facts import LARGEST_DOCUMENT, AuthorityKind, Capacity, HandoverSays, ListingSays
from archiver.operations import inventory
from archiver.operations.inventory import Inventory
from archiver.visible import one_line
from connectors.contract import SweepKind

_ABOUT_ACCOUNTS = (Step.SWEPT, Step.TRANSFERRED, Step.INVENTORIED)
_NOT_THEIRS = "it is not this authority's in the register any more"
GOOD = (RunOutcome.COMPLETE.value, RunOutcome.UNCHANGED.value)


def begin(archive: Archive, actor: Actor, authority_id: str, cause: Cause, outgoing: str, incoming: str | None) -> str:
    """Begin a hand-over of all accounts of an authority that are not personal or of a campaign; its id.

    Raises:
        UsageError: the authority is not known, or one is under way.
    """

    def act(connection: Connection) -> str:
        service.alone(connection)
        register = service.read(connection, service.today(archive))
        for says in register.handovers.values():
            if says.authority == authority_id and handover.next_step(says) is not None:
                raise UsageError("a hand-over of this authority is under way: finish or withdraw it first")
        handover_id = service.new_id(Thing.HANDOVER)
        empty: dict[str, Any] = dict.fromkeys(HandoverSays.model_fields)
        empty |= {"sweeps": {}, "left_out": {}, "tokens": {}, "receipt": []}
        empty |= {"step": Step.BEGUN.value, "listings": scope(register, authority_id)}
        about = {"authority": authority_id, "cause": cause.value, "outgoing": outgoing, "incoming": incoming}
        first = service.shape(Thing.HANDOVER, empty | about)
        service.state(connection, archive, actor, handover_id, Thing.HANDOVER, first)
        return handover_id

    return archive.database.act(act)


def find(register: Register, name: str) -> tuple[str, HandoverSays]:
    """A hand-over as a person names it: its id, or its authority's short name where one of it is under way.

    Raises:
        NotFound: there is none.
    """
    if name in register.handovers:
        return name, register.handovers[name]
    short = {one: says.short for one, says in register.authorities.items()}
    found = [(one, says) for one, says in register.handovers.items() if short.get(says.authority) == name.casefold()]
    going = [pair for pair in found if handover.next_step(pair[1]) is not None] or found
    if len(going) != 1:
        raise NotFound("there is no such hand-over; `archiver register handovers` shows them all")
    return going[0]


def freeze(archive: Archive, actor: Actor, handover_id: str) -> HandoverSays:
    """Settle which accounts it is about, as the register has them now, and of which moment."""

    def settled(connection: Connection, register: Register, says: HandoverSays) -> dict[str, Any]:
        return {"listings": scope(register, says.authority), "frozen_at": clock.to_text(archive.clock.now())}

    return _advance(archive, actor, handover_id, Step.FROZEN, settled)


def sweep(
    archive: Archive,
    actor: Actor,
    handover_id: str,
    capture: Callable[[str], object] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> HandoverSays:
    """Note the last full look at each account; where there is none yet, ``capture`` makes it.

    Args:
        capture: makes a full sweep of an account, by its id, with all it brought in the store.
        left_out: listing → why it cannot be looked at.

    Raises:
        UsageError: some account was not looked at whole; run it again.
    """
    register, says = _read(archive, actor, handover_id)
    left = {**says.left_out, **{one: safe_text(why) for one, why in (left_out or {}).items()}}
    unknown = sorted(set(left) - set(says.listings))
    if unknown:
        raise UsageError(f"not in this hand-over: {', '.join(unknown)}")
    _require(says, Step.SWEPT)
    missing = [one for listing, one in captured(register, says).items() if listing not in left]
    found = sweeps(archive, says, missing)
    if capture is not None:
        for account_id in missing:
            if account_id not in found:
                capture(account_id)
        found = sweeps(archive, says, missing)
    return _advance(archive, actor, handover_id, Step.SWEPT, lambda *_: {"sweeps": found, "left_out": left})


def transfer(
    archive: Archive,
    actor: Actor,
    handover_id: str,
    *,
    day: date,
    incoming: str | None,
    owner: str | None,
    position: str | None = None,
    forget: bool = False,
    keep: bool = False,
    why: str | None = None,
    shown: str | None = None,
) -> HandoverSays:
    """Change custodian, owner and tokens, in one transaction: where something is refused, all of it stays.

    Args:
        day: first day of the successor; the outgoing official was in office until the day before.
        incoming: who holds the office from then on; None: it is vacant.
        owner: who is responsible for the accounts from then on; None: nobody yet, which is shown.
        forget: forget tokens that were given before the accounts were settled; what was given since stays.
        keep: keep them, for the reason ``why``.
        shown: what :func:`what_changes` said when somebody was asked whether it is right; None: nobody was.

    Raises:
        UsageError: it is not any more what was shown; or tokens of before are still there, and it was not said what
            shall become of them.
    """
    _require(_read(archive, actor, handover_id)[1], Step.TRANSFERRED)
    if keep and not why:
        raise UsageError("say why the tokens are kept (--because)")
    if day == date.min:
        raise UsageError("the successor's first day cannot be that early")

    def changed(connection: Connection, register: Register, says: HandoverSays) -> dict[str, Any]:
        if shown is not None and shown != what_changes(connection, register, says, incoming, day):
            raise UsageError("somebody changed the register, or what is read with, meanwhile: look at it once more")
        old = sorted({one for one, state in tokens(connection, register, says).items() if state == Token.KEPT})
        if old and not forget and not keep:
            raise UsageError(
                f"still read with what was granted before: {', '.join(old)}. Let the successor connect them (`archiver"
                " account connect`), or say --forget-tokens, or --keep-tokens with the reason"
            )
        _change_custody(connection, archive, actor, register, says, incoming, day)
        for listing_id in handover.staying(register, says):
            listing = register.listings[listing_id]
            new = {"owner": owner, "owner_position": position, "owner_until": None}
            after = listing.model_copy(update=contacts.renewed(listing, new))
            service.state(connection, archive, actor, listing_id, Thing.LISTING, after, why="hand-over to a successor")
        for account_id, purpose in _old(connection, says, old) if forget else ():
            accounts.drop_credential(connection, archive, account_id, purpose, actor.pair)
        return {"incoming": incoming, "tokens": tokens(connection, register, says)}

    return _advance(archive, actor, handover_id, Step.TRANSFERRED, changed, why)


def what_changes(
    connection: Connection, register: Register, says: HandoverSays, incoming: str | None, day: date
) -> str:
    """What a change of custody would end, begin and touch as things are, in one line: another where it differs."""
    new = [] if incoming is None else handover.begun(register, says, incoming, day)
    told = {
        "ended": [[one, register.custodianships[one].model_dump()] for one in handover.ended(register, says, day)],
        "begun": [one.model_dump() for one in new],
        "accounts": handover.staying(register, says),
        "tokens": tokens(connection, register, says),
    }
    return sha256(canonical.encode(told)).hexdigest()


def take_inventory(archive: Archive, actor: Actor, handover_id: str) -> tuple[HandoverSays, Inventory]:
    """Count and list what is archived of the accounts, as JSON and PDF, which are kept with the register."""
    register, says = _read(archive, actor, handover_id)
    _require(says, Step.INVENTORIED)
    made = inventory.make(archive, register, handover_id, says)
    json_id = service.keep_document(archive, actor, "inventory.json", "application/json", made.json)
    if len(made.segments) in range(1, LARGEST_DOCUMENT + 1):
        service.keep_document(archive, actor, "segments.txt", "text/plain", made.segments)
    pdf_id = service.keep_document(archive, actor, "inventory.pdf", "application/pdf", made.pdf)
    kept = {"inventory": json_id, "inventory_pdf": pdf_id}
    return _advance(archive, actor, handover_id, Step.INVENTORIED, lambda *_: kept), made


def receipt(
    archive: Archive, actor: Actor, handover_id: str, document: str | Callable[[Connection], str], by: str, on: date
) -> HandoverSays:
    """Note the successor's signed receipt; of a vacant office, the clerk's on their behalf. Until it is filed another
    document can be added to it; none is taken away.

    Args:
        document: its id; or what keeps it in the same transaction, so that nothing is kept where this is refused.

    Raises:
        UsageError: it is of a day that has not come yet, or of one before the inventory that it receipts.
    """
    _require_past(archive, on)

    def given(connection: Connection, register: Register, says: HandoverSays) -> dict[str, Any]:
        made = _inventoried(archive, register, handover_id)
        if made is not None and on < made:
            raise UsageError(f"the inventory was made on {made.isoformat()}: a receipt of it is not of a day before")
        kept = document if isinstance(document, str) else document(connection)
        documents = list(dict.fromkeys([*says.receipt, kept]))
        return {"receipt": documents, "received_by": safe_text(by), "received_on": on.isoformat()}

    return _advance(archive, actor, handover_id, Step.RECEIPTED, given)


def file(archive: Archive, actor: Actor, handover_id: str, with_whom: str, on: date) -> HandoverSays:
    """Note that the receipt was filed with the clerk.

    Raises:
        UsageError: on a day that has not come yet.
    """
    _require_past(archive, on)
    given = {"filed_with": safe_text(with_whom), "filed_on": on.isoformat()}
    return _advance(archive, actor, handover_id, Step.FILED, lambda *_: given)


def withdraw(archive: Archive, actor: Actor, handover_id: str, why: str) -> HandoverSays:
    """End a hand-over that was begun by mistake. What changed in it stays changed."""
    return _advance(archive, actor, handover_id, Step.WITHDRAWN, lambda *_: {}, why)


def _advance(
    archive: Archive,
    actor: Actor,
    handover_id: str,
    to: Step,
    more: Callable[[Connection, Register, HandoverSays], dict[str, Any]],
    why: str | None = None,
) -> HandoverSays:
    """Go to a step with what it adds, in one transaction."""

    def act(connection: Connection) -> HandoverSays:
        service.alone(connection)
        register = service.read(connection, service.today(archive))
        _, says = find(register, handover_id)
        _require(says, to)
        after = says.model_copy(update={"step": to.value, **more(connection, register, says)})
        if to in _ABOUT_ACCOUNTS:
            after = after.model_copy(update={"left_out": _gone(register, after) | after.left_out})
        missing = handover.lacks(after, to, captured(register, after))
        if missing:
            raise UsageError(f"it cannot be {to} yet; missing: {', '.join(missing)}")
        service.state(connection, archive, actor, handover_id, Thing.HANDOVER, after, why=why)
        return after

    return archive.database.act(act)


def _gone(register: Register, says: HandoverSays) -> dict[str, str]:
    """Listing → why it is not handed over, of those that are not the authority's any more."""
    return dict.fromkeys(set(says.listings) - set(handover.staying(register, says)), _NOT_THEIRS)


def _require(says: HandoverSays, to: Step) -> None:
    problem = handover.refused(says, to)
    if problem is not None:
        raise UsageError(f"this hand-over cannot be {to} now: {problem}")


def _read(archive: Archive, actor: Actor, handover_id: str) -> tuple[Register, HandoverSays]:
    """The hand-over, for whoever may go on with it: before anything of a step is done."""
    with archive.database.read() as connection:
        register = service.read(connection, service.today(archive))
        says = find(register, handover_id)[1]
        resource = Resource(Thing.HANDOVER.value, handover_id, says.authority)
        require_permission(service.CHANGE, resource, actor, connection)
    return register, says


def _inventoried(archive: Archive, register: Register, handover_id: str) -> date | None:
    """The day, by the city's calendar, on which the inventory was made."""
    made = [
        one.entered_at.astimezone(archive.settings.zone).date()
        for one in register.history(handover_id)
        if isinstance(one.says, HandoverSays) and one.says.step == Step.INVENTORIED
    ]
    return made[-1] if made else None


def _require_past(archive: Archive, day: date) -> None:
    if day > service.today(archive):
        raise UsageError(f"{day.isoformat()} has not come yet")


def scope(register: Register, authority_id: str) -> list[str]:
    """Listings of an authority that are handed over: none of a person's own or of a campaign."""
    return sorted(
        one
        for one, says in register.listings.items()
        if says.authority == authority_id and says.capacity not in (Capacity.PERSONAL, Capacity.CAMPAIGN)
    )


def captured(register: Register, says: HandoverSays) -> dict[str, str]:
    """Listing → account, of those in a hand-over that are captured, and the authority's still."""
    known: dict[str, ListingSays] = register.listings
    found = {one: known[one].account for one in handover.staying(register, says)}
    return {one: account for one, account in found.items() if account is not None}


def sweeps(archive: Archive, says: HandoverSays, wanted: list[str]) -> dict[str, str]:
    """Account → the newest run that is the last look at it."""
    query = select(Run.id, Run.account_id, Run.sweep, Run.outcome, Run.started_at, Run.bookmark_before)
    query = query.where(Run.account_id.in_(wanted), Run.finished_at.is_not(None)).order_by(Run.number)
    with archive.database.read() as connection:
        rows = connection.execute(query).all()
    return {row.account_id: row.id for row in rows if handover.suits(says, look_of(row))}


def look_of(row: Any) -> Sweep:
    """A run as a look at all of an account: what earlier runs of its round looked at counts as of then."""
    began = rounds.begun(row.bookmark_before or {}, row.started_at).began
    return Sweep(row.id, row.sweep == SweepKind.FULL.value, row.outcome in GOOD, min(began, row.started_at))


def tokens(connection: Connection, register: Register, says: HandoverSays) -> dict[str, str]:
    """What each account is read with now: nothing, what was given since, or what was there before."""
    assert says.frozen_at is not None
    frozen, found = clock.from_text(says.frozen_at), {}
    given = connection.execute(select(Credential.account_id, Credential.added_at)).all()
    gone = select(Event.subject_id).where(Event.type == EventType.CREDENTIAL_REMOVED.value, Event.at >= frozen)
    removed = set(connection.execute(gone).scalars())
    for account_id in captured(register, says).values():
        times = [row.added_at for row in given if row.account_id == account_id]
        old = any(at < frozen for at in times)
        nothing = Token.REMOVED if account_id in removed else Token.NONE  # also by who did it before
        found[account_id] = (Token.KEPT if old else Token.REPLACED if times else nothing).value
    return found


def _old(connection: Connection, says: HandoverSays, wanted: list[str]) -> list[tuple[str, str]]:
    """What accounts are still read with that was given before they were settled: account and purpose."""
    assert says.frozen_at is not None
    query = select(Credential.account_id, Credential.purpose).where(
        Credential.account_id.in_(wanted), Credential.added_at < clock.from_text(says.frozen_at)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _change_custody(
    connection: Connection,
    archive: Archive,
    actor: Actor,
    register: Register,
    says: HandoverSays,
    incoming: str | None,
    day: date,
) -> None:
    """End whose time is over, and begin the successor's. What nobody told otherwise stays as it was entered."""
    last = date.fromordinal(day.toordinal() - 1).isoformat()
    over = handover.ended(register, says, day)
    if not over and register.authorities[says.authority].kind == AuthorityKind.AGENCY:
        raise UsageError(
            f"the register knows of no role of {one_line(says.outgoing, 80)!r} in this agency to hand over:"
            " enter it first (`archiver register custodian`)"
        )
    for one in over:
        ended = register.custodianships[one].model_copy(update={"until": last, "ended": says.cause})
        service.state(connection, archive, actor, one, Thing.CUSTODIANSHIP, ended)
    begun = [] if incoming is None else handover.begun(register, says, incoming, day)
    for new in begun:
        service.state(connection, archive, actor, service.new_id(Thing.CUSTODIANSHIP), Thing.CUSTODIANSHIP, new)
