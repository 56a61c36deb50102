"""One act as bytes, sealed in a file (``docs/acts.md``). Pure, but for the random numbers of a seal."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from archiver import canonical, clock
from archiver.errors import IntegrityError
from archiver.evidence.act_types import check_facts
from archiver.evidence.commitment import SEED_SIZE, commit_act
from archiver.sealing import place_of, seal, unseal

PREFIX: Final = "acts/"
VERSION: Final = 1
#: Longest file that is read, bytes.
LARGEST: Final = 256 * 2**20
_HEAD: Final = b"cra-act/1 "
_ROOM: Final = 1024
"""For the first line and the seal."""
_KEY = re.compile(rf"{PREFIX}([0-9]{{20}})-(at_[a-z2-7]{{32}})")
_KEY_ID = re.compile(rb"[0-9a-f]{16}")


class UnknownKey(IntegrityError):  # noqa: N818 - named as the cause
    """The file was sealed with a key that is not among those given."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did."""

    archive: str
    number: int
    """Of the acts of this archive, from 1."""
    id: str
    kind: str
    version: int
    at: datetime
    actor_kind: str
    actor_id: str
    subject_kind: str
    subject_id: str
    facts: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Where its file is in the object store."""
        return key_of(self.number, self.id)

    @property
    def body(self) -> bytes:
        """The canonical bytes, which the log commits to.

        Raises:
            ValueError: outside the profile of canonical JSON.
        """
        return canonical.encode(
            {
                "v": VERSION,
                "archive": self.archive,
                "number": self.number,
                "id": self.id,
                "kind": self.kind,
                "version": self.version,
                "at": clock.to_text(self.at),
                "actor": {"kind": self.actor_kind, "id": self.actor_id},
                "subject": {"kind": self.subject_kind, "id": self.subject_id},
                "facts": self.facts,
            }
        )


@dataclass(frozen=True, slots=True)
class SealedAct:
    """An act as it goes into the store."""

    act: Act
    commitment: str
    content: bytes


def key_of(number: int, act_id: str) -> str:
    """Key of an act's file."""
    return f"{PREFIX}{number:020d}-{act_id}"


def parse_key(key: str) -> tuple[int, str] | None:
    """Number and id that a key names; None where it is no act's."""
    found = _KEY.fullmatch(key)
    return None if found is None else (int(found[1]), found[2])


def seal_act(act: Act, key_id: str, key: bytes) -> SealedAct:
    """The file of an act, under a new seed.

    Raises:
        ValueError: no such act, or it says what its kind does not allow, or too much.
    """
    check_facts(act.kind, act.version, act.subject_kind, act.facts)
    seed, body = os.urandom(SEED_SIZE), act.body
    content = canonical.encode({"act": canonical.decode(body), "seed": seed.hex()})
    if len(content) > LARGEST - _ROOM:
        raise ValueError(f"the act {act.kind} says more than a file of {LARGEST:,} bytes holds")
    sealed = seal(key, _place(act.archive, act.key, key_id), content)
    return SealedAct(act, commit_act(seed, body), _HEAD + key_id.encode("ascii") + b"\n" + sealed)


def open_act(content: bytes, archive: str, key: str, keys: Mapping[str, bytes]) -> SealedAct:
    """The act in the file under ``key``.

    Raises:
        UnknownKey: none of ``keys`` sealed it.
        IntegrityError: it is not what was sealed there, or says what this version does not know.
    """
    head, _, sealed = content.partition(b"\n")
    key_id = head.removeprefix(_HEAD)
    if not head.startswith(_HEAD) or not _KEY_ID.fullmatch(key_id):
        raise IntegrityError(f"{key} is no act's file, or one of a newer version")
    opens = keys.get(key_id.decode())
    if opens is None:
        raise UnknownKey(f"{key} was sealed with the key {key_id.decode()}, which is not in the key file")
    try:
        plain = unseal(opens, _place(archive, key, key_id.decode()), sealed)
    except IntegrityError:
        raise IntegrityError(f"{key} does not open: it was changed, or moved from another place") from None
    return _read(plain, archive, key, content)


def _read(plain: bytes, archive: str, key: str, content: bytes) -> SealedAct:
    try:
        fields = canonical.decode(plain)
        act = _act_from(fields["act"])
        seed, body = bytes.fromhex(fields["seed"]), canonical.encode(fields["act"])
        if (act.archive, act.key, act.body) != (archive, key, body):
            raise ValueError("it is another act's")
        check_facts(act.kind, act.version, act.subject_kind, act.facts)
        return SealedAct(act, commit_act(seed, body), content)
    except (ValueError, KeyError, TypeError) as error:
        said = error if isinstance(error, ValueError) else "a field is missing"
        raise IntegrityError(f"{key} cannot be read: {said}") from error


def _act_from(fields: Mapping[str, Any]) -> Act:
    if fields["v"] != VERSION:
        raise ValueError("an act of a version this program does not know")
    actor, subject = fields["actor"], fields["subject"]
    return Act(
        archive=fields["archive"],
        number=fields["number"],
        id=fields["id"],
        kind=fields["kind"],
        version=fields["version"],
        at=clock.from_text(fields["at"]),
        actor_kind=actor["kind"],
        actor_id=actor["id"],
        subject_kind=subject["kind"],
        subject_id=subject["id"],
        facts=fields["facts"],
    )


def _place(archive: str, key: str, key_id: str) -> bytes:
    return place_of("act", archive, key, key_id)
