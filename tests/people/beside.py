"""What stands beside captured records, for the two offices of :mod:`tests.people.scene`: what exports tell, what was
deposited by hand, and the register. Each text holds a word of its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert

from archiver import ids
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.capture.models import Deposit, Exchange
from archiver.clock import to_text
from archiver.evidence.register_facts import HandoverSays
from archiver.operations import handovers
from archiver.records.import_models import Import, ImportedVersion, ImportEnd
from archiver.search.source import read_documents
from connectors.exports.unnamed import PREFIX
from tests.people.scene import NOW, OFFICES, account_of, record_of
from tests.register.town import CLERK, Town

#: Seen by who sees what is public: a record that an export tells of, a deposit.
PUBLIC = ("imported", "deposited")
#: Seen by who sees what only an account's owner sees: an export's name and why it was
#: brought (who gave it is told with each record), what it says of a public record in private, a
#: record that one statement makes private, a deposit, a public deposit about a private record.
PRIVATE = ("export", "said", "kept", "brought", "about")
#: Seen by who was granted messages.
MESSAGE = ("letter", "attached")
#: Said by the register of an account that nobody captures.
LISTED = ("owner",)
_WORDS = (
    "alder birch cedar dogwood elm fir ginkgo hazel ironwood juniper",
    "kapok larch maple nutmeg oak poplar quince rowan sumac teak",
)
WORDS = {
    office: dict(zip((*PUBLIC, *PRIVATE, *MESSAGE, *LISTED), (f"{one}canary" for one in words.split()), strict=True))
    for office, words in zip(OFFICES, _WORDS, strict=True)
}


#: Records that only exports tell of: what everybody saw, what their owner saw, a message.
ONLY = ("imported", "kept", "letter")


def imported(office: str, which: str) -> str:
    """The id of a record that only exports tell of, one of :data:`ONLY`."""
    return f"rc_{office}_export_{which}"


def authority_of(office: str) -> str:
    """Its id in the register."""
    return ids.authority_id(office)


def department_of(office: str) -> str:
    """The id of the one department that it has, which its captured account is of."""
    return ids.department_id(authority_of(office), "patrol")


def handover_of(office: str) -> str:
    """The id of the hand-over of its accounts, of which there is an inventory."""
    return ids.derive("ho", "test", office)


def documents(archive: Archive) -> dict[str, str]:
    """By office: the inventory of its hand-over."""
    known = Town(archive).register.handovers
    return {office: known[handover_of(office)].inventory or "" for office in OFFICES if handover_of(office) in known}


def fill(archive: Archive) -> dict[str, tuple[str, str]]:
    """Write all of it, with its index. By office: the listing of its account, and that of one nobody captures."""
    with archive.database.write() as connection:
        for office in OFFICES:
            _exports(connection, office)
            _deposits(connection, office)
        only = [imported(office, which) for office in OFFICES for which in ONLY]
        archive.search.put(connection, list(read_documents(connection, only)))
    town, listed = Town(archive), {}
    for office in OFFICES:
        authority = town.authority(office)
        url = f"https://facebook.example/{office}"
        service = {"platform": "facebook", "service": "https://facebook.example", "platform_id": office}
        part = department_of(office)
        town.say(Thing.DEPARTMENT, part, authority=authority, short="patrol", name="Patrol")
        where = {"authority": authority, "department": part, "account": account_of(office)}
        captured = town.listing(url, name=f"The {office}", **where, **service)
        named, owner = f"The {office} beside", WORDS[office]["owner"]
        beside = town.listing(f"{url}/beside", authority=authority, name=named, owner=owner, capture="none")
        listed[office] = (captured, beside)
        _hand_over(town, office, [captured, beside])
    return listed


def _hand_over(town: Town, office: str, listings: list[str]) -> None:
    """One whose inventory is taken: from somebody whose name is closed elsewhere."""
    says = HandoverSays(
        authority=authority_of(office), step="transferred", cause="term", outgoing=WORDS[office]["owner"], incoming="B",
        listings=listings, frozen_at=to_text(NOW), sweeps={}, left_out={}, tokens={}, inventory=None,
        inventory_pdf=None, receipt=[], received_by=None, received_on=None, filed_on=None, filed_with=None,
    )  # fmt: skip
    town.state(Thing.HANDOVER, handover_of(office), says)
    handovers.take_inventory(town.archive, CLERK, handover_of(office))


def _exports(connection: Connection, office: str) -> None:
    words, account, brought = WORDS[office], account_of(office), f"im_{office}"
    _add(connection, Import, id=brought, account_id=account, format="x", name=words["export"], sha256="4" * 64, size=9,
         source="its owner", reason=words["export"], brought_by="Jo", made_at=NOW, at=NOW)  # fmt: skip
    for number, access in ((5, "public"), (6, "private")):
        _exchange(connection, office, f"export_{access}", access, number)
    _add(connection, ImportEnd, import_id=brought, account_id=account, exchange_id=f"ex_{office}_export_private",
         at=NOW, counts={"records": 8642})  # fmt: skip
    _said(connection, office, imported(office, "imported"), "post", "public", words["imported"], 0)
    # (of two statements about one record one was for its owner only: so is the record)
    _said(connection, office, imported(office, "kept"), "post", "public", words["kept"], 1)
    _said(connection, office, imported(office, "kept"), "post", "private", words["kept"], 2)
    _said(connection, office, imported(office, "letter"), "message", "private", words["letter"], 3)
    _said(connection, office, record_of(office, "public"), "post", "private", words["said"], 4)


def _said(connection: Connection, office: str, record: str, kind: str, access: str, words: str, position: int) -> None:
    thread = record_of(office, "public")  # so that they stand in a thread that everybody sees
    _add(connection, ImportedVersion, id=f"iv_{office}_{position}", record_id=record, account_id=account_of(office),
         import_id=f"im_{office}", exchange_id=f"ex_{office}_export_{access}", position=position, place=f"/{position}",
         arrival=1, ordinal=0, brought_at=NOW, stated_at=NOW, key=f"{PREFIX}{record}", kind=kind, access=access,
         thread_id=thread,
         author_id=words, author_name=words, author_handle=words, url="https://facebook.example/y", created_at=NOW,
         retrospective=False, said_state="visible", scheme=1, content={"body": words}, text=words, counts={},
         media=[])  # fmt: skip


def _deposits(connection: Connection, office: str) -> None:
    for number, (which, access, record) in enumerate(
        (
            ("deposited", "public", None),
            ("brought", "private", None),
            ("about", "public", record_of(office, "private")),
            ("attached", "private", record_of(office, "message")),
        ),
        7,
    ):
        words = WORDS[office][which]
        _exchange(connection, office, which, access, number)
        _add(connection, Deposit, exchange_id=f"ex_{office}_{which}", account_id=account_of(office), identity=which,
             about="record" if record else "account", record_id=record, access=access, name=f"{words}.png",
             deposited_by=words, as_of="2026-03-01", reason=words, source=words, sha256="5" * 64, size=9)  # fmt: skip


def _exchange(connection: Connection, office: str, end: str, access: str, ordinal: int) -> None:
    _add(connection, Exchange, id=f"ex_{office}_{end}", segment_id=f"sg_{office}_{access}", run_id=f"rn_{office}",
         ordinal=ordinal, account_id=account_of(office), stream="posts", purpose="posts", method="GET",
         uri=f"https://facebook.example/{office}/{end}", status=200, received_at=NOW, offset=10, length=20,
         facts_offset=30, facts_length=40, block_sha256="1" * 64, body_sha256="2" * 64, commitment="3" * 64, scheme=1,
         reader="1", quarantine=[])  # fmt: skip


def _add(connection: Connection, model: type[Any], **values: Any) -> None:
    connection.execute(insert(model).values(**values))
