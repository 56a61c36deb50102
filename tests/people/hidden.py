"""What happens at one office and is nothing for whoever does not see it: records, and all that is done with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert

from archiver import ids
from archiver.accounts.models import ConnectLink
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.capture.models import Coverage, Deposit, Due, Gap, Run
from archiver.challenges import service as challenges
from archiver.desk import marks, saved, selections
from archiver.evidence.challenge_facts import ChallengeSays
from archiver.evidence.register_facts import shaped
from archiver.mail.models import Mail
from archiver.moderation import service as moderation
from archiver.people.acting import of_machine, of_person
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role
from archiver.people.service import PersonView
from archiver.records.import_models import Import, ImportedVersion, ImportEnd
from archiver.records.models import Medium, Picture
from archiver.search.source import read_documents
from tests.moderation.saying import says
from tests.moderation.written import record
from tests.people.beside import authority_of
from tests.people.scene import NOW, OFFICES, account_of
from tests.register.town import Town
from tests.signed_in import person

WORD = "wolfsbane"


def people(archive: Archive) -> dict[str, PersonView]:
    """By office, somebody of it alone, who sees all of it. Who there is, is no secret."""
    return {
        office: person(
            archive, Role.CUSTODIAN, access=frozenset(Access), scope=AUTHORITY, scope_id=office, name=f"Of {office}"
        )
        for office in OFFICES
    }


def records(
    archive: Archive, who: PersonView, office: str, name: str, *, kind: str = "comment", access: str = "public"
) -> list[str]:
    """Two records, one of them hidden later, with pictures, statements about them, and what somebody made of them."""
    with archive.database.write() as connection:
        made = [
            record(connection, office, f"{name}-seen", text=f"{WORD} {name}", kind=kind, access=access,
                   versions=(NOW, NOW + timedelta(hours=1))),
            record(connection, office, f"{name}-gone", text=f"{WORD} {name} gone", kind=kind, access=access,
                   states=(("visible", NOW), ("hidden_by_page", NOW + timedelta(hours=2)))),
        ]  # fmt: skip
        for one in made:
            _add(connection, Medium, id=f"md_{one}", record_id=one, key=one, kind="image", url="https://f.example/x",
                 alt_text=WORD, state="kept", exchange_id=f"ex_{office}_{access}", content_type="image/png", size=9,
                 sha256="7" * 64)  # fmt: skip
        _add(connection, Picture, exchange_id=ids.exchange_id(made[0], 2), record_id=made[0], position=0, whole=True,
             drawn_from=ids.exchange_id(made[0], 1), drawn_at=NOW, page="1", browser="1", width=9, height=9,
             content_type="image/png", sha256="7" * 64, size=9)  # fmt: skip
        _brought(connection, office, name, made[0], kind, access)
        archive.search.put(connection, list(read_documents(connection, made)))
    _said(archive, office, made)
    _desk(archive, who, made)
    return made


def addresses(office: str, name: str) -> list[str]:
    """Where one of these would be, with all that is of it."""
    one = ids.record_id(account_of(office), f"{name}-seen")
    exchange, page = ids.exchange_id(one, 1), f"/records/{one}"
    of_it = ("", "/versions", "/challenges/new", f"/exchanges/{exchange}", f"/exchanges/{exchange}/raw")
    files = (f"{page}/files/md_{one}{end}" for end in ("", "/raw", "/shown", "/captions"))
    programs = (
        f"/api/v1{page}",
        f"/api/v1{page}/thread",
        f"/moderation/new?of={one},state",
    )
    picture = f"/pictures/{ids.exchange_id(one, 2)}"
    return [*(page + end for end in of_it), *files, *programs, picture]


def addresses_of_a_look(office: str) -> list[str]:
    """Where its run would be."""
    return [f"{path}/rn_{office}_hidden" for path in ("/runs", "/api/v1/runs")]


def capture(archive: Archive, office: str) -> None:
    """A look at the account, and what it did not see; what the register says; an owner who was asked by mail."""
    account, run = account_of(office), f"rn_{office}_hidden"
    with archive.database.write() as connection:
        _add(connection, Run, id=run, account_id=account, number=2, sweep="new", trigger="schedule", started_at=NOW,
             finished_at=NOW + timedelta(seconds=9), outcome="partial", reason=WORD, settings_hash="0",
             connector_version="1", counts={"new": 99}, bookmark_before={}, bookmark_after={},
             drift=[WORD])  # fmt: skip
        _add(connection, Coverage, run_id=run, listing="posts", account_id=account, stream="posts", at=NOW,
             complete=False, seen=99, reason=WORD)  # fmt: skip
        _add(connection, Gap, account_id=account, stream="comments", opened_by=run, opened_at=NOW, cause=WORD,
             remedy=WORD)  # fmt: skip
        _add(connection, Due, account_id=account, sweep="watch", due_at=NOW, failures=7)
    _register(archive, office, account)


def _register(archive: Archive, office: str, account: str) -> None:
    town, authority = Town(archive), authority_of(office)
    listing = town.listing(
        f"https://x.example/{WORD}",
        platform="x",
        authority=authority,
        name=WORD,
        owner=WORD,
        owner_mail="w@city.example",
    )
    town.person(authority, WORD, position=WORD, contact=WORD)
    town.say(Thing.CANDIDACY, authority=authority, person=WORD, office=WORD, since="2026-01-01", until="2026-12-03")
    town.say(Thing.EXEMPTION, listing=listing, rule=WORD, reason=WORD, approver=WORD)
    town.say(Thing.ATTESTATION, listing=listing, person=WORD, on="2026-01-12")
    with archive.database.write() as connection:
        _add(connection, ConnectLink, id="cl_hidden", secret_sha256="8" * 64, account_id=account, platform="facebook",
             url="https://x.example", authority=office, purpose="read", made_at=NOW,
             ends_at=NOW + timedelta(days=999), listing_id=listing, owner=WORD)  # fmt: skip
        _add(connection, Mail, id="ml_hidden", purpose="reconnect", about="cl_hidden", recipient="w@city.example",
             name=WORD, made_at=NOW, not_after=NOW + timedelta(days=7), state="dead", next_at=NOW, ended_at=NOW,
             problem="refused", reason=WORD)  # fmt: skip


def _brought(connection: Connection, office: str, name: str, record_id: str, kind: str, access: str) -> None:
    account, exchange = account_of(office), ids.exchange_id(record_id, 1)
    _add(connection, Deposit, exchange_id=exchange, account_id=account, identity=name, about="record",
         record_id=record_id, access=access, name=WORD, deposited_by=WORD, as_of="2026-03-01", reason=WORD, source=WORD,
         sha256="5" * 64, size=9)  # fmt: skip
    if kind == "message":
        return  # (that an export was brought is shown where anything but messages is)
    brought = f"im_{office}_{name}"
    _add(connection, Import, id=brought, account_id=account, format="x", name=WORD, sha256="4" * 64, size=9,
         source=WORD, reason=WORD, brought_by=WORD, made_at=NOW, at=NOW)  # fmt: skip
    _add(connection, ImportEnd, import_id=brought, account_id=account, exchange_id=exchange, at=NOW,
         counts={"records": 77})  # fmt: skip
    _add(connection, ImportedVersion, id=f"iv_{record_id}", record_id=record_id, account_id=account, import_id=brought,
         exchange_id=exchange, position=0, place="/0", arrival=1, ordinal=0, brought_at=NOW, stated_at=NOW,
         key=record_id, kind=kind, access=access, thread_id=record_id, author_id=WORD, author_name=WORD,
         author_handle=WORD, url="https://f.example/y", created_at=NOW, retrospective=False, said_state="visible",
         scheme=1, content={"body": WORD}, text=WORD, counts={}, media=[])  # fmt: skip


def _said(archive: Archive, office: str, made: list[str]) -> None:
    account = account_of(office)
    statement = says(account, made[1], done="hidden", actor="staff", words=WORD, matter=WORD)
    moderation.state(archive, of_machine(), [statement])
    fields: dict[str, Any] = dict.fromkeys(ChallengeSays.model_fields)
    challenges.state(
        archive,
        of_machine(),
        shaped(ChallengeSays, fields | {"account": account, "record": made[0], "received_on": "2026-03-02",
                                        "individual": WORD, "disputed": WORD, "outcome": "open"}),
    )  # fmt: skip


def _desk(archive: Archive, who: PersonView, made: list[str]) -> None:
    actor = of_person(who.id)
    for tag in (WORD, "shared"):
        marks.tag(archive, actor, made, tag)
    marks.note(archive, actor, made[0], WORD)
    name = f"{WORD} {made[0]}"
    chosen = selections.make(archive, actor, name)
    selections.add(archive, actor, chosen, made)
    selections.add_all(archive, actor, chosen, WORD)
    saved.save(archive, actor, name, WORD)


def _add(connection: Connection, model: type[Any], **values: Any) -> None:
    connection.execute(insert(model).values(**values))
