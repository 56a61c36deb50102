"""What no run captures and nobody furnishes: rows for what is brought by hand, sent, and said of a department, so that
nobody's text is left out where every field is attacked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select

from archiver import ids
from archiver.accounts.models import ConnectLink
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.capture.models import Deposit, Exchange
from archiver.mail.models import Mail
from archiver.people.models import AddressChange, Passkey, Person
from archiver.records.import_models import Import, ImportedFile, ImportedVersion, ImportEnd
from archiver.records.models import Record
from connectors.exports.unnamed import PREFIX
from tests.browser.scenes import Place
from tests.register.town import Town

_AT: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
_SAID: Final = "said"


def fill(archive: Archive, place: Place) -> None:
    """All of it about the account and the record of a place."""
    _register(archive, place)
    with archive.database.write() as connection:
        spare = select(Exchange.id).where(Exchange.account_id == place.account).order_by(Exchange.id).limit(4)
        brought, by_hand, listed, _ = connection.scalars(spare).all()
        (record,) = connection.execute(select(Record.__table__).where(Record.id == place.record)).mappings()
        me = connection.scalars(select(Person.id).where(Person.id != place.person).order_by(Person.added_at)).all()[-1]
        link = connection.scalars(select(ConnectLink.id).where(ConnectLink.listing_id.is_not(None))).one()
        for model, values in _rows(place, dict(record), (me, link), (brought, by_hand, listed)):
            connection.execute(insert(model).values(**values))


def _register(archive: Archive, place: Place) -> None:
    town = Town(archive)
    parks = ids.department_id(place.authority, "parks")
    town.say(Thing.DEPARTMENT, parks, authority=place.authority, short="parks", name=_SAID)
    town.say(Thing.ATTESTATION, listing=place.listing, person=_SAID, position=_SAID, on="2026-03-01")
    town.say(Thing.EXEMPTION, listing=place.listing, rule=_SAID, reason=_SAID, approver=_SAID)
    fields = dict.fromkeys(
        ("handle", "decision", "owner_position", "operated_by", "not_captured", "series", "note", "purpose"), _SAID
    )
    town.change(place.listing, administrators=[_SAID, _SAID], **fields)
    town.person(place.authority, _SAID, position=_SAID, contact=_SAID)


def _rows(
    place: Place, record: dict[str, Any], of_whom: tuple[str, str], exchanges: tuple[str, str, str]
) -> list[tuple[type, dict[str, Any]]]:
    (me, link), (brought, by_hand, listed) = of_whom, exchanges
    of = {"account_id": place.account}
    said = {"record_id": place.record, "thread_id": record["thread_id"], "parent_id": record["parent_id"]}
    return [
        (Deposit, of | {"exchange_id": by_hand, "identity": "4" * 64, "about": "record", "record_id": place.record,
                        "access": "public", "name": _SAID, "deposited_by": _SAID, "as_of": "2026-03-01",
                        "reason": _SAID, "source": _SAID, "sha256": "2" * 64, "size": 5}),
        (Import, of | {"id": "im_rest", "format": "x", "name": _SAID, "sha256": "5" * 64, "size": 9, "source": _SAID,
                       "reason": _SAID, "brought_by": _SAID, "confirmed": _SAID, "made_at": _AT, "at": _AT}),
        (ImportEnd, of | {"import_id": "im_rest", "exchange_id": listed, "at": _AT, "counts": {"records": 1}}),
        (ImportedFile, of | {"exchange_id": brought, "import_id": "im_rest", "name": _SAID, "start": 0, "size": 9,
                             "sha256": "6" * 64, "access": "public", "use": "read", "url": _SAID}),
        (ImportedVersion, of | said | {
            "id": "iv_rest", "import_id": "im_rest", "exchange_id": brought, "position": 0, "place": "/0", "arrival": 1,
            "ordinal": 0, "brought_at": _AT, "stated_at": _AT, "key": f"{PREFIX}rest", "kind": record["kind"],
            "access": "public", "author_id": _SAID, "author_name": _SAID, "author_handle": _SAID, "url": _SAID,
            "word": _SAID, "created_at": _AT, "retrospective": False, "said_state": "visible", "scheme": 1,
            "content": {"body": _SAID}, "text": _SAID, "counts": {}, "media": [["image", _SAID, _SAID]]}),
        (Mail, {"id": "ml_rest", "purpose": "reconnect", "about": link, "recipient": _SAID, "name": _SAID,
                "made_at": _AT, "not_after": _AT + timedelta(days=7), "state": "dead", "next_at": _AT, "ended_at": _AT,
                "problem": "refused", "reason": _SAID}),
        (Passkey, {"id": "pk_rest", "credential": "rest", "person_id": me, "host": "localhost", "name": _SAID,
                   "public_key": b"x", "sign_count": 0, "made_at": _AT}),
        (AddressChange, {"id": "ad_rest", "person_id": place.person, "mail": _SAID, "asked_by": me, "made_at": _AT,
                         "ends_at": _AT + timedelta(days=3650)}),
    ]  # fmt: skip
