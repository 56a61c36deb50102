"""Putting together what a person says of one thing of the register, on the command line and on pages: what was said
before, with what they change of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.accounts.register import linking, naming, service
from archiver.accounts.register.linking import Name
from archiver.accounts.register.statements import Register, Thing
from archiver.archive import Archive
from archiver.errors import ArchiverError, NotFound, WrongField
from archiver.evidence.register_facts import CustodianshipSays, Facts, ListingSays
from archiver.visible import one_line

#: What is said of a thing that is new, where nobody says otherwise. Who or what it is about comes on top.
FRESH: Final[Mapping[Thing, Mapping[str, Any]]] = {
    Thing.AUTHORITY: {"kind": "agency", "clerk": False, "since": None, "until": None, "note": None},
    Thing.DEPARTMENT: {"since": None, "until": None},
    Thing.CUSTODIANSHIP: {
        **dict.fromkeys(("department", "listing", "position", "contact", "since", "until", "ended")),
        "documents": [],
    },
    Thing.ATTESTATION: {"position": None, "until": None, "documents": []},
    Thing.EXEMPTION: {**dict.fromkeys(("listing", "authority", "since", "until")), "documents": []},
    Thing.CANDIDACY: {"note": None},
    Thing.NOTICE: dict.fromkeys(("offices", "put_up_on", "put_up_at", "taken_down_on")),
}


def put_together(thing: Thing, before: Facts | None, fresh: Mapping[str, Any], given: Mapping[str, Any]) -> Facts:
    """What is said of a thing from now on: what holds, or what a new one begins with, and what is given.

    Raises:
        WrongField: a field is missing, or holds what it cannot.
    """
    says = {**(before.model_dump() if before is not None else fresh), **given}
    if thing in (Thing.AUTHORITY, Thing.DEPARTMENT) and not says.get("name"):
        raise WrongField("name", "is missing")
    return service.shape(thing, says)


def same_custodian(
    register: Register, place: Mapping[str, Any], *, at_any_time: bool = False
) -> tuple[str, CustodianshipSays] | None:
    """The entry of the same person in the same role, which is changed and not entered twice; the last one. One that has
    ended is another, unless it is ``at_any_time``."""
    same = [
        (one, says)
        for one, says in register.custodianships.items()
        if all(getattr(says, name) == value for name, value in place.items())
        and (says.until is None or says.until >= register.today or at_any_time)
    ]
    return same[-1] if same else None


def listing_named(
    archive: Archive, connection: Connection, register: Register, named: str, platform: str | None
) -> tuple[str, ListingSays | None, dict[str, Any]]:
    """The listing that a person names; a new one where it is an address or an account of the archive. Its id, what is
    said of it, and what a new one begins with.

    Raises:
        NotFound: it is neither.
    """
    try:
        known_id, before = naming.listing(register, named)
    except NotFound:
        fresh = _fresh(archive, connection, named, platform)
        listed = register.by_account.get(fresh["account"] or "")  # it goes by another name now than when it was listed
        if listed is None:
            return service.new_id(Thing.LISTING), None, fresh
        return listed, register.listings[listed], {}
    return known_id, before, {}


def _fresh(archive: Archive, connection: Connection, named: str, platform: str | None) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(ListingSays.model_fields)
    empty |= {"administrators": [], "documents": [], "capture": "service", "capacity": "unknown", "service": ""}
    try:
        found = accounts.find(connection, named)
    except NotFound:
        found = None
    if found is None:
        name = _claimed(archive, named, platform)
        found = linking.account_of(connection, name)
        if found is None:
            told = {"platform": name.platform, "service": name.service, "platform_id": name.platform_id}
            return empty | told | {"url": name.url, "handle": name.handle, "name": ""}
    whole = accounts.get(connection, found.id)
    told = {one: getattr(whole, one) for one in ("platform", "service", "platform_id", "url", "handle", "name")}
    return empty | told | {"account": whole.id, "capacity": "official"}


def _claimed(archive: Archive, url: str, platform: str | None) -> Name:
    if "." not in url:
        raise NotFound(f"the register has no account called {one_line(url, 80)!r}; a new one is entered by its address")
    try:
        _, claim = archive.platforms.claim(url, platform if platform in archive.platforms.connectors else None)
    except ArchiverError:
        return Name(platform or "other", "", None, "", url if "://" in url else f"https://{url}")
    return Name(claim.platform, claim.service, claim.platform_id or None, claim.handle, claim.url)
