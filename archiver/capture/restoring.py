"""Acts in a rebuild: what no exchange tells of (register, people, frozen searches), from the files that do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from archiver.accounts import acts as register
from archiver.accounts.models import Account
from archiver.accounts.register import acts as listed
from archiver.capture import due
from archiver.capture.survey import LAST, Logged, Step
from archiver.challenges import acts as challenges
from archiver.database import Lock, take
from archiver.desk import acts as desk
from archiver.evidence import log
from archiver.evidence.act import Act
from archiver.evidence.act_reading import (
    ActReader,
    FoundAct,
    LoggedAct,
    logged_acts,
    overtaken_acts,
    waiting_acts,
)
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import recorded, row_of
from archiver.evidence.models import ActFile
from archiver.moderation import acts as matters
from archiver.official import acts as official
from archiver.page_roles import acts as page_roles
from archiver.people import acts as people
from archiver.records import import_acts as imports
from archiver.search import acts as searches

if TYPE_CHECKING:
    from archiver.archive import Archive

Turn = Step | FoundAct


@dataclass(slots=True)
class RestoredActs:
    """What came of reading the acts."""

    count: int = 0
    fresh: set[int] = field(default_factory=set)
    """Numbers of those that the index did not know before."""
    by_account: dict[str, list[FoundAct]] = field(default_factory=lambda: defaultdict(list))
    """Acts on accounts, which are applied in their place among the runs."""
    reserved: dict[str, Act] = field(default_factory=dict)
    """The last act that says who may look at an account. It holds too where the account is known by its segments only,
    and so is not there yet."""
    kept_back: dict[str, frozenset[str]] = field(default_factory=dict)
    """Where an act is lost: what the log says that accounts are kept by. Holds for accounts of segments alone too."""
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def restore_acts(
    archive: Archive, connection: Connection, *, anew: bool, without: bool, only_new: bool = False
) -> RestoredActs:
    """Enter every account that an act registered, and every frozen search, in the caller's transaction.

    Args:
        anew: a rebuild begins: accounts that are there are set back to how they were registered.
        without: their key is lost; none is read.
        only_new: what the index knows already is in effect; only the others are applied.

    Raises:
        MissingKey: there are acts, and their key file is not there.
    """
    restored, logged = RestoredActs(), logged_acts(connection)
    if without:
        restored.remarks.append(
            f"{len(logged)} acts were passed over: register and frozen searches are not as they were"
        )
        _keep_rows(connection, [], list(logged.values()))
        return restored
    before = set(connection.execute(select(ActFile.number).where(ActFile.kind.is_not(None))).scalars())
    known = before if only_new else set()
    connection.execute(delete(ActFile).where(ActFile.sealed.is_(None)))
    waiting = waiting_acts(connection)
    take(connection, Lock.ACTS)
    overtaken = overtaken_acts(connection, logged)
    for act_id in overtaken:
        del logged[act_id], waiting[act_id]
    reader = ActReader(archive.store, archive.acts.key_file, archive.identity.id, waiting)
    rows, untold = [], []
    for found in reader.read(logged):
        restored.count += 1
        if found.sealed.act.number not in before:
            restored.fresh.add(found.sealed.act.number)
        rows.append(row_of(found.sealed) | {"sealed": None, "version_id": found.version_id})
        if found.sealed.act.number not in known:
            _take_in(archive, connection, found, restored, anew)
        if found.position is None and found.sealed.act.id not in logged:
            untold.append(found)
    highest = max((row["number"] for row in rows), default=0)
    highest = max([highest, *(one.number for one in logged.values())])
    _make_room(connection, overtaken)
    for number, act_id in enumerate(overtaken, highest + 1):
        found = FoundAct(archive.acts.renumber(connection, act_id, number), None, None)
        restored.count += 1
        restored.fresh.add(number)
        _take_in(archive, connection, found, restored, anew)
    lost = [one.logged for one in reader.problems if one.logged is not None]
    _keep_rows(connection, rows, lost)
    _suspend(archive, connection, [one.number for one in lost if one.number not in before], restored)
    _tell(archive, connection, untold)
    restored.problems = [f"{one.word}: {one.key}: {one.detail}" for one in reader.problems]
    restored.remarks += reader.remarks
    return restored


def in_turn(steps: Sequence[Step], acts: Sequence[FoundAct], logged: Logged) -> Iterator[Turn]:
    """Steps and acts of one account in the order in which they happened, as the log has it. Pure."""
    left = sorted(acts, key=_position)
    for step in steps:
        position = step.position(logged)
        while left and _position(left[0]) < position:
            yield left.pop(0)
        yield step
    yield from left


def _position(act: FoundAct) -> int:
    return LAST if act.position is None else act.position


def _take_in(archive: Archive, connection: Connection, found: FoundAct, restored: RestoredActs, anew: bool) -> None:
    act = found.sealed.act
    if act.kind == ActKind.SEARCH_FROZEN:
        searches.apply(connection, act)
    elif act.kind in people.KINDS:
        people.apply(connection, act)
        if act.kind == ActKind.ACCOUNT_RESERVED:
            restored.reserved[act.subject_id] = act
    elif act.kind == ActKind.IMPORT_BEGUN:
        imports.apply(connection, act)
    elif act.kind in listed.KINDS:
        listed.apply(connection, act)
    elif act.kind == ActKind.CHALLENGE_STATED:
        challenges.apply(connection, act)
    elif act.kind == ActKind.ROLES_REVIEWED:
        page_roles.apply(connection, act)
    elif act.kind == ActKind.OFFICIAL_DECIDED:
        official.apply(connection, act)
    elif act.kind == ActKind.MODERATION_STATED:
        matters.apply(connection, act)
    elif act.kind == ActKind.SEARCH_SAVED:
        desk.apply(connection, act)
    elif act.kind == ActKind.ACCOUNT_REGISTERED:
        first = act.subject_id not in restored.by_account
        restored.by_account[act.subject_id].append(found)
        if register.enter(connection, act):
            due.register(connection, act.subject_id, archive.clock.now())
        elif anew and first:
            state: dict[str, Any] = {"state": "active", "state_since": Account.added_at, "state_reason": None}
            connection.execute(update(Account).where(Account.id == act.subject_id).values(**state))
    elif act.subject_kind == "account":
        restored.by_account[act.subject_id].append(found)


def _suspend(archive: Archive, connection: Connection, lost: Sequence[int], restored: RestoredActs) -> None:
    """What a lost act said of roles is not known, where the index did not know it either. Whoever is given one later is
    to see no more than before: what an account was kept by is asked of the log, which can only close here."""
    if lost:
        restored.kept_back = people.kept_back(connection)
        people.keep_back(connection, restored.kept_back)
    count = people.suspend(connection, max(lost), archive.clock.now()) if lost else 0
    if count:
        restored.remarks.append(
            f"roles that do not count any more, since an act that is lost may have taken them back: {count}. Give those"
            " that hold anew (`archiver person grant`), and look which accounts are kept back (`archiver person"
            " reserve`)"
        )


def _make_room(connection: Connection, overtaken: Sequence[str]) -> None:
    """Move rows whose numbers are others' out of the way, below all numbers."""
    if overtaken:
        mine = ActFile.id.in_(overtaken)
        connection.execute(update(ActFile).where(mine).values(number=-ActFile.number))


def _keep_rows(connection: Connection, rows: Sequence[dict[str, Any]], lost: Sequence[LoggedAct]) -> None:
    """What is known of the files; of one that was lost, no more than that the act was made."""
    known = set(connection.execute(select(ActFile.number)).scalars())
    gone = [
        {"number": one.number, "id": one.id, "kind": None, "subject_id": None, "commitment": one.commitment,
         "sha256": None, "sealed": None, "version_id": None}
        for one in lost
    ]  # fmt: skip
    new = {row["number"]: row for row in (*gone, *rows) if row["number"] not in known}  # what was read is kept
    if new:
        connection.execute(insert(ActFile), list(new.values()))


def _tell(archive: Archive, connection: Connection, untold: Sequence[FoundAct]) -> None:
    """Acts that were put, and whose entries were lost with the database, are logged now."""
    events = []
    for found in untold:
        act = found.sealed.act
        events.append(recorded(act.id, act.number, found.sealed.commitment, (act.actor_kind, act.actor_id)))
    log.append(connection, events, archive.clock.now())
