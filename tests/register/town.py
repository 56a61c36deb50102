"""What a test says of a register in a few words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from archiver import ids
from archiver.accounts.permission import Actor
from archiver.accounts.register import service
from archiver.accounts.register.service import Stated
from archiver.accounts.register.statements import SORTS, Register, Thing
from archiver.archive import Archive
from archiver.evidence.register_facts import ListingSays

CLERK = Actor("person", "Jo Clerk")
FIELDS: dict[Thing, dict[str, Any]] = {
    Thing.AUTHORITY: {"kind": "agency", "clerk": False, "since": None, "until": None, "note": None},
    Thing.DEPARTMENT: {"since": None, "until": None},
    Thing.CUSTODIANSHIP: {
        **dict.fromkeys(("department", "listing", "position", "contact", "since", "until", "ended")),
        "documents": [],
    },
    Thing.LISTING: dict.fromkeys(ListingSays.model_fields)
    | {"platform": "other", "service": "", "handle": "", "name": "", "capacity": "official", "capture": "service"}
    | {"administrators": [], "documents": []},
    Thing.ATTESTATION: {"position": None, "until": None, "documents": []},
    Thing.EXEMPTION: {"listing": None, "authority": None, "since": None, "until": None, "documents": []},
    Thing.CANDIDACY: {"note": None},
    Thing.NOTICE: dict.fromkeys(("offices", "put_up_on", "put_up_at", "taken_down_on")),
}


def says(thing: Thing, **fields: Any) -> Any:
    """What is said of a thing, with everything that is not given left open."""
    return SORTS[thing].says.model_validate(FIELDS[thing] | fields)


@dataclass(frozen=True)
class Town:
    """The register of an archive."""

    archive: Archive

    def say(self, thing: Thing, thing_id: str | None = None, /, **fields: Any) -> str:
        options = {name: fields.pop(name) for name in ("effective", "correct", "void", "why") if name in fields}
        return self.state(thing, thing_id, says(thing, **fields), **options).id

    def state(self, thing: Thing, thing_id: str | None, said: Any, actor: Actor = CLERK, **options: Any) -> Stated:
        wanted = thing_id or service.new_id(thing)
        with self.archive.database.write() as connection:
            return service.state(connection, self.archive, actor, wanted, thing, said, **options)

    def authority(self, short: str = "mayor", **fields: Any) -> str:
        named = {"short": short, "name": short.replace("-", " ").title()} | fields
        return self.say(Thing.AUTHORITY, ids.authority_id(short), **named)

    def person(self, authority: str, person: str, role: str = "legal_custodian", **fields: Any) -> str:
        return self.say(Thing.CUSTODIANSHIP, authority=authority, person=person, role=role, **fields)

    def listing(self, url: str = "https://social.example/@mayor", **fields: Any) -> str:
        return self.say(Thing.LISTING, url=url, **fields)

    def complete(self, listing: str, authority: str) -> None:
        """Everything that the register asks of an account."""
        self.change(listing, authority=authority, owner="Sam Owner", series="SM-01")
        self.say(Thing.ATTESTATION, listing=listing, person="Sam Owner", on=self.today.isoformat())

    def change(self, listing: str, **fields: Any) -> Stated:
        said = self.register.listings[listing].model_copy(update=fields)
        return self.state(Thing.LISTING, listing, said)

    @property
    def today(self) -> date:
        return service.today(self.archive)

    @property
    def register(self) -> Register:
        with self.archive.database.read() as connection:
            return service.read(connection, self.today)
