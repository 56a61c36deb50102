"""A small archive in which every kind of access stands once, for two offices: what is public, what only an account's
owner saw, a message, and a public comment that was edited while it was hidden. Each text holds a word of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from archiver import ids
from archiver.accounts.models import Account
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.capture.models import Coverage, Due, Exchange, Gap, Run, Segment
from archiver.records.models import Medium, Occurrence, Record, RecordState, Version
from archiver.search.source import read_documents
from tests.register.town import Town

NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
OFFICES = ("police", "library")
#: Kinds of access, each a record of every office, by the end of its id.
KINDS = ("public", "private", "message", "hidden")
#: What stands in the texts: a word for each office and kind, and one for what was said while it was hidden.
_WORDS = ("larkspur foxglove hemlock primrose oleander", "marigold monkshood aconite bluebell datura")
CANARIES = {
    office: dict(zip((*KINDS, "edit"), words.split(), strict=True))
    for office, words in zip(OFFICES, _WORDS, strict=True)
}


def account_of(office: str) -> str:
    """The id of its account."""
    return ids.account_id("facebook", "https://facebook.example", office)


def record_of(office: str, kind: str) -> str:
    """The id of a record."""
    return f"rc_{office}_{kind}"


def departments(archive: Archive) -> dict[str, str]:
    """Make both offices departments of one authority, in the register; their ids there, by office."""
    town, found = Town(archive), {}
    authority = town.authority("city")
    for office in OFFICES:
        found[office] = ids.department_id(authority, office)
        town.say(Thing.DEPARTMENT, found[office], authority=authority, short=office, name=f"The {office} department")
        where = {"authority": authority, "department": found[office], "account": account_of(office)}
        known = {"platform": "facebook", "service": "https://facebook.example", "platform_id": office}
        town.listing(f"https://facebook.example/{office}", name=f"The {office}", **where, **known)
    return found


def fill(archive: Archive) -> None:
    """Write all of it, with its index."""
    with archive.database.write() as connection:
        for office in OFFICES:
            _office(connection, office)
        archive.search.put(connection, list(read_documents(connection)))


def _office(connection: Connection, office: str) -> None:
    account, run = account_of(office), f"rn_{office}"
    _add(connection, Account, id=account, platform="facebook", service="https://facebook.example", platform_id=office,
         handle=f"@{office}", name=f"The {office}", url=f"https://facebook.example/{office}", authority=office,
         state="active", state_since=NOW, added_at=NOW)  # fmt: skip
    _add(connection, Due, account_id=account, sweep="new", due_at=NOW, failures=0)
    _add(connection, Run, id=run, account_id=account, number=1, sweep="new", trigger="schedule", started_at=NOW,
         finished_at=NOW + timedelta(seconds=3), outcome="complete", settings_hash="0", connector_version="1",
         counts={"new": 4321}, bookmark_before={}, bookmark_after={}, drift=[])  # fmt: skip
    for access in ("public", "private"):
        _add(connection, Segment, id=f"sg_{office}_{access}", key=f"segments/{office}/{access}", sha256="0" * 64,
             size=1000, warc_records=4, authority=office, account_id=account, access=access, month="2026-03",
             closed_at=NOW)  # fmt: skip
        _exchange(connection, office, access, 0 if access == "public" else 1)
    _add(connection, Coverage, run_id=run, listing="posts", account_id=account, stream="posts", at=NOW, complete=True,
         seen=4321)  # fmt: skip
    _add(connection, Gap, account_id=account, stream="posts", opened_by=run, opened_at=NOW, cause="because",
         remedy="nothing")  # fmt: skip
    words = CANARIES[office]
    _record(connection, office, "public", "post", "public", [(words["public"], "public")])
    _record(connection, office, "private", "post", "private", [(words["private"], "private")])
    _record(connection, office, "message", "message", "private", [(words["message"], "private")])
    _record(
        connection, office, "hidden", "comment", "public", [(words["hidden"], "public"), (words["edit"], "private")]
    )


def _exchange(connection: Connection, office: str, access: str, ordinal: int) -> None:
    _add(connection, Exchange, id=f"ex_{office}_{access}", segment_id=f"sg_{office}_{access}", run_id=f"rn_{office}",
         ordinal=ordinal, account_id=account_of(office), stream="posts", purpose="posts", method="GET",
         uri=f"https://facebook.example/{office}/{access}", status=200, received_at=NOW, offset=10, length=20,
         facts_offset=30, facts_length=40, block_sha256="1" * 64, body_sha256="2" * 64, commitment="3" * 64, scheme=1,
         reader="1", quarantine=[])  # fmt: skip


def _record(connection: Connection, office: str, end: str, kind: str, access: str, said: list[tuple[str, str]]) -> None:
    """A record that said these words, each as an exchange of a class showed it; hidden from the second on."""
    record, author = record_of(office, end), f"writer of {said[0][0]}"
    last = said[-1][1]
    positions = {"public": 0, "private": 1, "message": 2, "hidden": 3}
    position = positions[end]
    shown = [NOW + timedelta(hours=number) for number, (_, seen) in enumerate(said, 1) if seen == "public"]
    public = {"public_first_at": min(shown, default=None), "public_last_at": max(shown, default=None)}
    _add(connection, Record, id=record, account_id=account_of(office), key=end, kind=kind, access=access,
         thread_id=record, author_id=author, author_name=author, author_handle=author, counts={},
         url="https://facebook.example/x", created_at=NOW, first_seen_at=NOW, last_seen_at=NOW, **public,
         state="hidden_by_page" if len(said) > 1 else "visible",
         version_id=f"ve_{office}_{end}_{len(said)}", versions=len(said), exchange_id=f"ex_{office}_{last}",
         position=position)  # fmt: skip
    for number, (words, seen) in enumerate(said, 1):
        version, exchange, at = f"ve_{office}_{end}_{number}", f"ex_{office}_{seen}", NOW + timedelta(hours=number)
        state = "visible" if number == 1 else "hidden_by_page"
        to_all = at if seen == "public" else None
        _add(connection, Version, id=version, record_id=record, number=number, content={"body": words}, text=words,
             scheme=1, first_seen_at=at, last_seen_at=at, exchange_id=exchange, position=position,
             public=to_all is not None, public_first_at=to_all, public_last_at=to_all)  # fmt: skip
        _add(connection, Occurrence, exchange_id=exchange, position=position, record_id=record, place=f"/{position}",
             observed_at=at, retrospective=False, arrival=number, ordinal=0, scheme=1, state=state,
             version_id=version)  # fmt: skip
        _add(connection, RecordState, record_id=record, number=number, state=state, from_at=at, last_at=at,
             evidence=[exchange], public_from_at=to_all, public_last_at=to_all)  # fmt: skip
    _add(connection, Medium, id=f"md_{office}_{end}", record_id=record, key=said[-1][0], kind="image",
         url=f"https://facebook.example/{said[-1][0]}.jpg", alt_text=said[-1][0], state="refused")  # fmt: skip


def _add(connection: Connection, model: type[Any], **values: Any) -> None:
    connection.execute(insert(model).values(**values))
