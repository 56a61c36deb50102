"""What the register refuses to be told: contradictions, unknown things, text that hides."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from archiver import ids
from archiver.accounts.register.contacts import wrong_mail
from archiver.accounts.register.models import RegisterDocument, RegisterStatement
from archiver.accounts.register.statements import Thing
from archiver.capture.masking import mask_text
from archiver.errors import UsageError, WrongField
from archiver.evidence.register_facts import (
    AuthorityKind,
    AuthoritySays,
    Capacity,
    Capturing,
    CustodianshipSays,
    DepartmentSays,
    ExemptionSays,
    Facts,
    ListingSays,
    NoticeSays,
    Role,
)

_NAMED = (
    *("name", "person", "rule", "reason", "approver", "office", "outgoing"),
    *("organization", "places", "methods", "costs"),
)
_REFERENCES = {
    **{name: name for name in ("authority", "department", "listing")},
    **dict.fromkeys(("merged_into", "appointed_by", "attached_to", "designated_by"), "authority"),
}
"""By field: what it names."""
_SPANS = (
    ("since", "until"),
    ("opened", "closed"),
    ("on", "until"),
    ("received_on", "filed_on"),
    ("put_up_on", "taken_down_on"),
)


def check(connection: Connection, thing: Thing, says: Facts) -> None:
    """Refuse what contradicts itself or names what is not there.

    Raises:
        UsageError: with what is wrong, and what to do.
    """
    fields = says.model_dump()
    for name, text in _texts(fields):
        problem = wrong_text(text)
        if problem is not None:
            raise WrongField(name, problem)
    for name in _NAMED:
        if name in fields and not fields[name] and thing is not Thing.LISTING:
            raise WrongField(name, "is missing")
    for first, last in _SPANS:
        if fields.get(first) and fields.get(last) and fields[first] > fields[last]:
            raise WrongField(last, f"({fields[last]}) is before {first} ({fields[first]})")
    _codes(says)
    _known(connection, fields)
    if isinstance(says, ListingSays):
        _listing(connection, says)
    elif isinstance(says, AuthoritySays):
        _authority(connection, says)
    elif isinstance(says, CustodianshipSays) and says.designated_by is not None:
        _designated(connection, says, says.designated_by)
    if isinstance(says, ExemptionSays) and says.listing is None and says.authority is None:
        raise UsageError("an exception is for an account or for an authority: name one")


def check_past(says: Facts, today: str) -> None:
    """Refuse as done what has not come yet. Not asked of what is restored: clocks differ.

    Raises:
        WrongField: with what is wrong.
    """
    if isinstance(says, CustodianshipSays) and says.trained_on is not None and says.trained_on > today:
        raise WrongField("trained_on", f"({says.trained_on}) has not come yet")
    if isinstance(says, NoticeSays):
        for name in ("put_up_on", "taken_down_on"):
            if (day := getattr(says, name)) is not None and day > today:
                raise WrongField(name, f"({day}) has not come yet")
        if says.taken_down_on is not None and says.put_up_on is None:
            raise WrongField("put_up_on", "is missing: it was taken down")


def wrong_text(text: str) -> str | None:
    """What is wrong with a text, to stand behind the name of its field; None where nothing is."""
    for character in text:
        if (ord(character) < 32 and character not in "\n\t") or 0x7F <= ord(character) < 0xA0:
            return f"has a character that cannot be seen (U+{ord(character):04X}); type it again without"
        if 0xD800 <= ord(character) < 0xE000:
            return "has half a character (a lone surrogate)"
    if text != text.strip():
        return "begins or ends with a space"
    return None


def wrong_address(url: str) -> str | None:
    """What is wrong with an account's address; None where nothing is."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        return "is no web address: give one like https://www.facebook.com/yourcity"
    if parts.username or parts.password or mask_text(url) != url:
        return "holds a password or key: give the public address"
    return None


def _texts(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        yield from ((name, str(one)) for one in values if isinstance(one, str))


def _codes(says: Facts) -> None:
    known: list[tuple[str, str, type[StrEnum]]] = []
    if isinstance(says, AuthoritySays):
        known = [("kind", says.kind, AuthorityKind)]
    elif isinstance(says, CustodianshipSays):
        known = [("role", says.role, Role)]
    elif isinstance(says, ListingSays):
        known = [("capacity", says.capacity, Capacity), ("capture", says.capture, Capturing)]
    for name, value, codes in known:
        if value not in {one.value for one in codes}:
            raise WrongField(name, f"is one of {', '.join(one.value for one in codes)}")


def _known(connection: Connection, fields: dict[str, Any]) -> None:
    for name, thing in _REFERENCES.items():
        wanted = fields.get(name)
        if wanted is not None and not _is_there(connection, wanted):
            raise UsageError(f"there is no such {thing} in the register: {wanted}")
    for wanted in fields.get("documents", ()):
        query = select(RegisterDocument.id).where(RegisterDocument.id == wanted)
        if connection.execute(query).first() is None:
            raise UsageError(f"there is no such document in the register: {wanted}")
    authority, department = fields.get("authority"), fields.get("department")
    if department is not None:
        says = _newest(connection, department)
        if says is None or says["authority"] != authority:
            raise WrongField("department", "is one of another authority: name one of its own, or none")


def _authority(connection: Connection, says: AuthoritySays) -> None:
    """Contradictions between an authority and others (Wis. Stat. 19.33(5))."""
    own = ids.authority_id(says.short)
    for name in ("merged_into", "appointed_by", "attached_to"):
        if getattr(says, name) == own:
            raise WrongField(name, "is the authority itself")
    if (says.appointed_by or says.attached_to) and says.kind != AuthorityKind.AGENCY:
        name = "appointed_by" if says.appointed_by else "attached_to"
        raise WrongField(name, "is said of an agency only: others have their legal custodian by office (19.33(5))")
    if says.merged_into is None:
        return
    if says.until is None:
        raise WrongField("until", "is missing: an authority that was merged has a last day")
    at: str | None = says.merged_into
    passed = {own}
    while at is not None:
        if at in passed:
            raise WrongField("merged_into", "was itself merged into this one")
        passed.add(at)
        at = (_newest(connection, at) or {}).get("merged_into")


def _designated(connection: Connection, says: CustodianshipSays, by: str) -> None:
    """Only who appoints an agency, or administers it, designates for it (Wis. Stat. 19.33(5), (6))."""
    if says.role not in (Role.LEGAL_CUSTODIAN, Role.DEPUTY):
        raise WrongField("designated_by", "is said of a legal custodian or a deputy only")
    of = _newest(connection, says.authority) or {}
    other = of.get("attached_to") or of.get("appointed_by")
    if other != by:
        raise WrongField(
            "designated_by",
            "is not the authority that appoints this one, or to which it is attached for administrative purposes: say"
            " that of the authority first (19.33(5))",
        )


def _listing(connection: Connection, says: ListingSays) -> None:
    problem = wrong_address(says.url)
    if problem is not None:
        raise WrongField("url", problem)
    if says.owner_mail is not None and (problem := wrong_mail(says.owner_mail)) is not None:
        raise WrongField("owner_mail", problem)
    if any(";" in name or "\n" in name for name in says.administrators):
        raise UsageError("a page administrator's name has no semicolon and stands on one line")
    if says.account is not None and says.platform_id is not None:
        derived = ids.account_id(says.platform, says.service, says.platform_id)
        if derived != says.account:
            raise UsageError("the account's id does not follow from platform, server and the id on the platform")


def _is_there(connection: Connection, thing_id: str) -> bool:
    return _newest(connection, thing_id) is not None


def _newest(connection: Connection, thing_id: str) -> dict[str, Any] | None:
    query = select(RegisterStatement.says, RegisterStatement.void).where(RegisterStatement.thing_id == thing_id)
    row = connection.execute(query.order_by(RegisterStatement.number.desc()).limit(1)).one_or_none()
    return None if row is None or row.void else dict(row.says)


def require_own_ids(thing: Thing, thing_id: str, says: Facts) -> None:
    """An authority's and a department's ids follow from their short names, which therefore never change.

    Raises:
        UsageError: this is another one's short name.
    """
    derived = None
    if isinstance(says, AuthoritySays):
        derived = ids.authority_id(says.short)
    elif isinstance(says, DepartmentSays):
        derived = ids.department_id(says.authority, says.short)
    if derived is not None and derived != thing_id:
        raise UsageError(f"the short name of a {thing.value} stands in keys and ids and never changes: enter a new one")
