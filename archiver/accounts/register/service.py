"""The register's acts: saying something of a thing, keeping a document, reading it all. Every change is one transaction
with its act and its event, asked of the one guard."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, select, update

from archiver import ids
from archiver.accounts import acts as account_acts
from archiver.accounts.events import log_event
from archiver.accounts.forgetting import forget_all
from archiver.accounts.models import Account
from archiver.accounts.permission import SERVICE, Actor, Resource, require_permission
from archiver.accounts.register import acts
from archiver.accounts.register.addresses import check_change
from archiver.accounts.register.capacity import May, strictest
from archiver.accounts.register.checks import check, check_past, require_own_ids
from archiver.accounts.register.models import RegisterDocument, RegisterStatement
from archiver.accounts.register.statements import BEGINNING, SORTS, Register, Statement, Thing, changed, said_on
from archiver.archive import Archive
from archiver.database import safe_text, take_chains
from archiver.errors import NotFound, Refused, UsageError
from archiver.evidence import log
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import PERSON, NewAct
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent
from archiver.evidence.register_facts import LARGEST_DOCUMENT, AuthoritySays, Facts, ListingSays, shaped

CHANGE = "register.change"
_OTHERS: Final = ("merged_into", "appointed_by", "attached_to", "designated_by")
"""Fields that say something of another authority as well: what it gets, what it may do, or that it did."""
LONGEST_WHY = 2000
_BY_SERVICE = ("service", "register")


@dataclass(frozen=True, slots=True)
class Stated:
    """What came of saying something. ``change``: *new*, *changed*, *corrected*, *void*; *same*: nothing differs, and
    nothing was written."""

    id: str
    change: str
    fields: tuple[str, ...] = ()
    stopped: str | None = None
    """Account whose capture this ended."""


def read(connection: Connection, day: date, thing: Thing | None = None) -> Register:
    """The register, asked as of ``day``; only one kind of thing where that is enough."""
    query = select(RegisterStatement.__table__).order_by(RegisterStatement.number)
    if thing is not None:
        query = query.where(RegisterStatement.thing == thing.value)
    return Register(tuple(_statement(row) for row in connection.execute(query).mappings()), day)


def alone(connection: Connection) -> None:
    """Let nobody else decide by what the register says before this transaction ends. Taken before it is read."""
    take_chains(connection, ["register"])


def today(archive: Archive) -> date:
    """The day by the city's calendar."""
    return archive.clock.now().astimezone(archive.settings.zone).date()


def statements_of(connection: Connection, thing_id: str) -> list[Statement]:
    """Everything that was said of one thing, in the order of entering."""
    mine = select(RegisterStatement.__table__).where(RegisterStatement.thing_id == thing_id)
    return [_statement(row) for row in connection.execute(mine.order_by(RegisterStatement.number)).mappings()]


def listings_of(connection: Connection, account_id: str, day: date) -> list[ListingSays]:
    """How a captured account is listed on a day: once, if nobody listed it twice; not at all where it is not."""
    query = select(RegisterStatement.thing_id).where(RegisterStatement.account_id == account_id)
    found = []
    for thing_id in connection.execute(query.order_by(RegisterStatement.number)).scalars().unique():
        said = said_on(statements_of(connection, thing_id), day.isoformat())
        if said is None or said.void or not isinstance(said.says, ListingSays):
            continue
        if said.says.account == account_id:
            found.append(said.says)
    return found


def allowed(archive: Archive, connection: Connection, account_id: str) -> tuple[May, str]:
    """Whether an account may be captured, by how it is listed today; listed twice, the stricter counts."""
    return strictest(listings_of(connection, account_id, today(archive)))


def require_allowed(archive: Archive, account_id: str) -> None:
    """Refuse to capture what is never captured, and end its schedule with the reason; let what is captured be whose it
    is now. What changes on a day that comes is noticed here.

    Raises:
        Refused: it is a personal or a campaign account.
    """
    with archive.database.read() as connection:
        may, reason = allowed(archive, connection, account_id)
    if may is not May.NEVER:
        settle_owner(archive, account_id)
        return
    archive.database.act(lambda connection: _stop(connection, archive, account_id, reason))
    raise Refused(f"{reason} (law R5)")


def settle_owner(archive: Archive, account_id: str) -> None:
    """Let what comes in of an account from now on be that authority's which the register names today. Where two entries
    name two, it stays with the one it has."""
    with archive.database.read() as connection:
        if _owner_now(connection, archive, account_id) is None:
            return

    def assign(connection: Connection) -> None:
        held = select(Account.id).where(Account.id == account_id).with_for_update(key_share=True)
        connection.execute(held)
        short = _owner_now(connection, archive, account_id)
        if short is not None:
            _assign(connection, archive, account_id, short)

    archive.database.act(assign)


def require_not_private(archive: Archive, connection: Connection, account_id: str) -> None:
    """Refuse to hold what a personal or a campaign account could be read with (law R6).

    Raises:
        Refused: the register lists it as one.
    """
    may, reason = allowed(archive, connection, account_id)
    if may is May.NEVER:
        raise Refused(f"{reason}, and nothing is kept that it could be read with (law R6)")


def new_id(thing: Thing) -> str:
    """A fresh id for what has no identity of its own."""
    return ids.new_id(SORTS[thing].prefix)


#: Of an authority, in words rather than as the pattern that it is checked by.
_SHORT_NAME: Final = "it takes lower-case letters, digits and hyphens, such as city-clerk"


def shape(thing: Thing, says: dict[str, Any]) -> Facts:
    """What is said of a thing, checked for its form.

    Raises:
        UsageError: a field is missing, or holds what it cannot.
    """
    return shaped(SORTS[thing].says, says, {"short": _SHORT_NAME, "owner_mail": "write it as name@city.example"})


def state(
    connection: Connection,
    archive: Archive,
    actor: Actor,
    thing_id: str,
    thing: Thing,
    says: Facts,
    *,
    effective: date | None = None,
    correct: bool = False,
    void: bool = False,
    why: str | None = None,
) -> Stated:
    """Say what a thing is, in the caller's transaction. Nothing is written where it says what holds already.

    Args:
        effective: day from which it holds. By default: of a new thing as long as there is anything to say of it, of a
            change today.
        correct: what holds on ``effective`` (today) was wrong from its beginning; this takes its place.
        void: the thing was entered by mistake.

    Raises:
        NotPermitted: the guard says no.
        UsageError: it contradicts itself, or names what is not there.
        Busy, MissingKey: as :meth:`archiver.evidence.acts.Acts.record`.
    """
    says = shape(thing, says.model_dump())
    day = effective or today(archive)
    take_chains(connection, [thing_id])  # (nobody says anything else of it after the guard was asked)
    _require(connection, archive, actor, thing_id, thing, says, day)
    if why is not None and len(why) > LONGEST_WHY:
        raise UsageError(f"a reason has at most {LONGEST_WHY:,} characters")
    before = statements_of(connection, thing_id)
    held = said_on(before, day.isoformat())
    require_own_ids(thing, thing_id, says)
    check(connection, thing, says)
    if not void:
        check_past(says, today(archive).isoformat())
    if isinstance(says, ListingSays) and held is not None and isinstance(held.says, ListingSays) and not void:
        check_change(connection, archive, held.says, says)
    differs = changed(held.says, says) if held is not None else ()
    if held is not None and not differs and held.void == void:
        return Stated(thing_id, "same")
    if not before:
        start = day.isoformat() if effective is not None else BEGINNING
    else:
        start = held.effective if correct and held is not None else day.isoformat()
    change = "void" if void else "new" if not before else "corrected" if correct else "changed"
    facts = {
        "effective": start,
        "by": safe_text(actor.name),
        "why": safe_text(why) if why else None,
        "void": void,
        "entered": None,
        "says": says.model_dump(),
    }
    _record(connection, archive, actor, SORTS[thing].kind, thing_id, facts, thing.value, change)
    who = PERSON if actor.kind == SERVICE else actor.pair
    stopped = _follow(connection, archive, thing_id, says, who) if isinstance(says, ListingSays) and not void else None
    return Stated(thing_id, change, differs, stopped)


def keep_document(archive: Archive, actor: Actor, name: str, kind: str, content: bytes) -> str:
    """Take in a document that statements can name; its id. The same content is kept once. Raises as
    :func:`take_document`."""
    return archive.database.act(lambda connection: take_document(connection, archive, actor, name, kind, content))


def take_document(connection: Connection, archive: Archive, actor: Actor, name: str, kind: str, content: bytes) -> str:
    """The same in the caller's transaction.

    Raises:
        NotPermitted: the guard says no.
        UsageError: it is empty, or too large.
    """
    require_permission(CHANGE, Resource("document"), actor, connection)
    if not 0 < len(content) <= LARGEST_DOCUMENT:
        raise UsageError(f"a document has between 1 byte and {LARGEST_DOCUMENT // 2**20} MiB: {safe_text(name)[:80]}")
    digest = sha256(content).hexdigest()
    same = select(RegisterDocument.id).where(RegisterDocument.sha256 == digest).limit(1)
    known = connection.execute(same).scalar()
    if known is not None:
        return str(known)
    facts = {
        "by": safe_text(actor.name),
        "entered": None,
        "name": safe_text(name)[:500],
        "type": kind,
        "size": len(content),
        "sha256": digest,
        "content": b64encode(content).decode(),
    }
    document_id = ids.new_id("do")
    _record(connection, archive, actor, ActKind.DOCUMENT_KEPT, document_id, facts, "document", "kept")
    return document_id


def document(connection: Connection, document_id: str) -> Any:
    """A document's row, with its content.

    Raises:
        NotFound: there is none.
    """
    query = select(RegisterDocument.__table__).where(RegisterDocument.id == document_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such document in the register")
    return row


def document_with(connection: Connection, digest: str) -> bytes | None:
    """The content of a document by its SHA-256; None: nobody kept it."""
    query = select(RegisterDocument.content).where(RegisterDocument.sha256 == digest).limit(1)
    found: bytes | None = connection.execute(query).scalar()
    return found


def authority_of(thing_id: str, says: Facts) -> str | None:
    """Whose a thing is: the id of an authority."""
    return thing_id if isinstance(says, AuthoritySays) else getattr(says, "authority", None)


def _require(
    connection: Connection, archive: Archive, actor: Actor, thing_id: str, thing: Thing, says: Facts, day: date
) -> None:
    """Ask the guard for every authority that it concerns: whose the thing is, now and on the day from which it is said
    anew (one that nobody spoke of up to then: whose it is later), and whose the account is that it is about, as the
    register and the archive have it. Who is the clerk concerns everybody."""
    whose = _whose(connection, archive, thing_id, says)
    told = statements_of(connection, thing_id)
    held = [one for one in (said_on(told, today(archive).isoformat()), said_on(told, day.isoformat())) if one]
    for one in held or told:
        whose |= _whose(connection, archive, thing_id, one.says)
    if isinstance(says, AuthoritySays) and says.clerk != any(getattr(one.says, "clerk", False) for one in held):
        whose.add(None)
    for authority in sorted(whose, key=str):
        require_permission(CHANGE, Resource(thing.value, thing_id, authority), actor, connection)


def _whose(connection: Connection, archive: Archive, thing_id: str, says: Facts) -> set[str | None]:
    """Ids of the authorities; None: it is nobody's."""
    named, listing = authority_of(thing_id, says), getattr(says, "listing", None)
    found = {named} if named is not None or listing is None else set()
    found |= {other for name in _OTHERS if (other := getattr(says, name, None)) is not None}
    if listing is not None:
        about = said_on(statements_of(connection, listing), today(archive).isoformat())
        found.add(None if about is None else authority_of(listing, about.says))
    if isinstance(says, ListingSays) and says.account is not None:
        short = connection.execute(select(Account.authority).where(Account.id == says.account)).scalar()
        found |= set() if short is None else {ids.authority_id(short)}
    return found


def _record(
    connection: Connection,
    archive: Archive,
    actor: Actor,
    kind: ActKind,
    thing_id: str,
    facts: dict[str, Any],
    thing: str,
    change: str,
) -> None:
    now = archive.clock.now()
    who = _BY_SERVICE if actor.kind == SERVICE else actor.pair
    act = archive.acts.record(connection, NewAct(kind, thing_id, facts, who), now)
    acts.apply(connection, act)
    data = {"thing": thing, "change": change}
    log.append(connection, [NewEvent(EventType.REGISTER_CHANGED.value, "act", act.id, data, *who)], now)


def _follow(
    connection: Connection, archive: Archive, listing_id: str, says: ListingSays, who: tuple[str, str]
) -> str | None:
    """What a listing means for the account that is captured: whose it is from now on, and whether it goes on."""
    if says.account is None:
        return None
    query = select(Account.id).where(Account.id == says.account)
    row = connection.execute(query.with_for_update(key_share=True)).one_or_none()
    if row is None:
        return None
    current = said_on(statements_of(connection, listing_id), today(archive).isoformat())
    if current is None or not isinstance(current.says, ListingSays):
        return None  # it holds from a day that has not come yet
    short = _owner_now(connection, archive, row.id)
    if short is not None:
        _assign(connection, archive, row.id, short, who)
    may, reason = strictest([current.says])
    return _stop(connection, archive, row.id, reason, who) if may is May.NEVER else None


def _stop(
    connection: Connection, archive: Archive, account_id: str, reason: str, who: tuple[str, str] = PERSON
) -> str | None:
    """End the schedule of an account, with the reason, and forget its tokens: nothing is read with them any more (law
    R5). Its id, or None where it had no schedule any more."""
    query = select(Account.state).where(Account.id == account_id).with_for_update(key_share=True)
    state = connection.execute(query).scalar()
    forget_all(connection, archive, account_id, who)
    if state in (None, "paused", "closed"):
        return None
    now = archive.clock.now()
    values = {"state": "paused", "state_since": now, "state_reason": reason}
    connection.execute(update(Account).where(Account.id == account_id).values(**values))
    archive.acts.record(connection, replace(account_acts.state_set(account_id, "paused", reason), actor=who), now)
    log_event(connection, archive, EventType.ACCOUNT_PAUSED, account_id, {}, actor=who)
    return account_id


def _owner_now(connection: Connection, archive: Archive, account_id: str) -> str | None:
    """Short name of the authority that an account has to be given to; None where it has it, or it is not certain."""
    named = {one.authority for one in listings_of(connection, account_id, today(archive))}
    if len(named) != 1 or (authority_id := named.pop()) is None:
        return None
    told = [one.says for one in statements_of(connection, authority_id) if isinstance(one.says, AuthoritySays)]
    has = connection.execute(select(Account.authority).where(Account.id == account_id)).scalar()
    return None if not told or has is None or told[0].short == has else told[0].short


def _assign(
    connection: Connection, archive: Archive, account_id: str, short: str, who: tuple[str, str] = PERSON
) -> None:
    connection.execute(update(Account).where(Account.id == account_id).values(authority=short))
    act = NewAct(ActKind.ACCOUNT_ASSIGNED, account_id, {"authority": short}, who)
    archive.acts.record(connection, act, archive.clock.now())
    log_event(connection, archive, EventType.ACCOUNT_CHANGED, account_id, {"fields": ["authority"]}, actor=who)


def _statement(row: Any) -> Statement:
    thing = Thing(row["thing"])
    return Statement(
        row["act_id"],
        row["number"],
        thing,
        row["thing_id"],
        row["effective"],
        row["void"],
        row["entered_at"],
        row["by"],
        row["why"],
        SORTS[thing].says.model_validate(row["says"]),
    )
