"""What people deposit by hand beside what was captured: what they have to say of it, and how it is stored. Pure.

A deposit is bytes that somebody brought, kept as they came, with who brought them, when, why and where from. Nobody
asked a platform for them: they prove that somebody brought them at that time, and nothing of what they show (law R17,
R63). So they are no record, no version of one, and no look at the account: nothing follows from them for states,
coverage or gaps.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Any, Final

from archiver.accounts.permission import Actor
from archiver.errors import UsageError
from archiver.wire.exchange import BodyFile, Network, WireExchange
from connectors.contract import AccessClass, Ask, Stream

#: Of a run: its trigger, and the kind of its sweep, for it looked at nothing. Of its exchanges: their purpose, and in
#: their facts the source ``deposited``.
DEPOSIT: Final = "deposit"
SOURCE: Final = "deposited"
_LONGEST: Final = {"by": 200, "reason": 2000, "source": 2000}
_LONGEST_NAME: Final = 255
_RECORD = re.compile("rc_[a-z2-7]{32}")
#: Media types that a file's name may give it in the archive. They are a label: what is inside is never trusted.
_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "eml": "message/rfc822",
    "gif": "image/gif",
    "htm": "text/html",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "md": "text/markdown",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
UNKNOWN_TYPE: Final = "application/octet-stream"


class About(StrEnum):
    """What a deposit is about."""

    MODERATION = "moderation"
    """How the account was moderated at a date: who was blocked, words that were filtered, roles, who may comment."""
    ACCOUNT = "account"
    """Anything else of the account: posts and comments that staff kept, an export."""
    RECORD = "record"
    """One record that was captured."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of the files they deposit."""

    about: About
    record: str | None
    """Id of the record, where it is about one."""
    by: str
    """Who brought them."""
    on: date
    """As of when they are: the day they were made, or on which the settings stood so."""
    reason: str
    source: str
    """Where they came from: who or what made them, and how."""
    public: bool = False
    """Everybody may see them on the platform; else they are kept apart from what is public."""

    @property
    def access(self) -> AccessClass:
        """Access class of the segment they are kept in."""
        if self.public:
            return AccessClass.PUBLIC
        return AccessClass.SETTINGS if self.about is About.MODERATION else AccessClass.PRIVATE


def said(
    about: str, *, by: str, on: date, reason: str, source: str, public: bool = False, today: date | None = None
) -> Said:
    """What somebody typed, checked. ``about`` is ``moderation``, ``account`` or the id of a record.

    Raises:
        UsageError: something is missing, too long, or says what cannot be.
    """
    for name, text in {"by": by, "reason": reason, "source": source}.items():
        if not text.strip():
            raise UsageError(f"a deposit says who brought it, why, and where it is from: --{name} is empty")
        if len(text) > _LONGEST[name]:
            raise UsageError(f"--{name} has at most {_LONGEST[name]:,} characters")
    if today is not None and on > today:
        raise UsageError(f"--date {on} is in the future: it is the day that the file shows")
    is_record = _RECORD.fullmatch(about) is not None
    if not is_record and about not in (About.MODERATION, About.ACCOUNT):
        raise UsageError("--about is moderation, account, or the id of a record (rc_…)")
    kind = About.RECORD if is_record else About(about)
    return Said(kind, about if is_record else None, by.strip(), on, reason.strip(), source.strip(), public)


def base_name(path: PurePath | str) -> str:
    """The name of a file without its folders, which may say more of the machine than was meant; at most 255
    characters."""
    return PurePath(path).name[-_LONGEST_NAME:] or "file"


def media_type(name: str) -> str:
    """What a file's name says it is; nothing of the kind is trusted."""
    return _TYPES.get(name.rpartition(".")[2].lower(), UNKNOWN_TYPE) if "." in name else UNKNOWN_TYPE


def origin(said: Said, actor: Actor, name: str) -> dict[str, Any]:
    """How the facts of a deposit tell who brought it, when, why and where from (WARC profile §2.3)."""
    told: dict[str, Any] = {
        "about": said.about.value,
        "actor": {"kind": actor.kind, "id": actor.id},
        "by": said.by,
        "name": name,
        "on": said.on.isoformat(),
        "reason": said.reason,
        "source": said.source,
    }
    return told | ({"record": said.record} if said.record is not None else {})


def ask(said: Said, sha256: str, number: int, of: int) -> Ask:
    """What was brought, in the shape of a question: nothing was asked.

    Args:
        sha256: of the file, hex.
        number: of the file among those brought together, from 1.
        of: how many those are; a run that has them all is whole.
    """
    return Ask(
        url=f"urn:x-cra:deposit:{sha256}",
        stream=Stream.SETTINGS if said.about is About.MODERATION else Stream.POSTS,
        purpose=DEPOSIT,
        access=said.access,
        authorise="never",
        context={"number": number, "of": of},
    )


def is_last(asked: Ask) -> bool:
    """Whether it is the last of the files that were brought together."""
    return asked.purpose == DEPOSIT and asked.context.get("number") == asked.context.get("of")


def wire(asked: Ask, file: BodyFile, origin: Mapping[str, Any], at: datetime) -> WireExchange:
    """The file as it is stored. The engine never looks inside."""
    kind = media_type(str(origin["name"]))
    return WireExchange(
        method="GET",
        url=asked.url,
        sent_at=at,
        received_at=at,
        status=0,
        headers=(("Content-Type", kind),),
        request=b"",
        response=b"",
        response_head=0,
        body=b"",
        body_sha256=file.sha256,
        body_size=file.size,
        network=Network(protocols=()),
        body_file=file,
        pushed=kind,
        deposited=dict(origin),
    )


def identity(about: str, record: str | None, sha256: str, on: str) -> str:
    """What makes two deposits of an account the same: the same bytes about the same thing. Settings are deposited
    month after month, and unchanged ones are news too: there the day counts as well. Hex."""
    day = on if about == About.MODERATION else ""
    return hashlib.sha256("\n".join((about, record or "", sha256, day)).encode()).hexdigest()


def row_of(facts: Mapping[str, Any], access: str) -> dict[str, Any] | None:
    """The deposit that an exchange's facts tell of, as the index has it, but for characters a database cannot hold;
    None where it is none."""
    if facts.get("source") != SOURCE:
        return None
    told = facts["origin"]
    return {
        "exchange_id": facts["exchange"],
        "account_id": facts["account"],
        "identity": identity(told["about"], told.get("record"), facts["body_sha256"], told["on"]),
        "about": told["about"],
        "record_id": told.get("record"),
        "access": access,
        "name": told["name"],
        "deposited_by": told["by"],
        "as_of": told["on"],
        "reason": told["reason"],
        "source": told["source"],
        "sha256": facts["body_sha256"],
        "size": facts["body_size"],
    }


def event_facts(facts: Mapping[str, Any], access: str) -> dict[str, Any]:
    """What the log says of a deposit: codes and ids, nothing that was said."""
    return {"account": facts["account"], "run": facts["run"], "about": facts["origin"]["about"], "access": access}
