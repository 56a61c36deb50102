"""Whose store this is: ``archive.json``, written before anything else (``docs/warc-profile.md`` §1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, cast

from archiver import canonical, clock
from archiver.errors import WrongStore
from archiver.storage.protocol import Conflict, NoSuchObject, ObjectStore, open_first

KEY = "archive.json"
_FORMAT = 1
_LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """The archive a store belongs to."""

    id: str
    """``av_…``"""
    kind: Literal["real", "practice"]
    log_origin: str
    """Name of the event log, as it stands in every entry and checkpoint."""
    created_at: datetime


def read_identity(store: ObjectStore) -> Identity | None:
    """The store's identity, or None where the store is empty and may become ours.

    Raises:
        WrongStore: objects but no identity, an identity that cannot be read, or one of a newer version.
    """
    try:
        with open_first(store, KEY) as file:
            content = file.read(_LONGEST + 1)
    except NoSuchObject:
        _require_empty(store)
        return None
    return _parse(content, store.name)


def write_identity(store: ObjectStore, identity: Identity) -> None:
    """Make an empty store this archive's. Repeating it with the same identity is success.

    Raises:
        WrongStore: the store belongs to another archive, or holds objects of something else.
    """
    content = canonical.encode(
        {
            "format": _FORMAT,
            "id": identity.id,
            "kind": identity.kind,
            "log_origin": identity.log_origin,
            "created_at": clock.to_text(identity.created_at),
        }
    )
    if read_identity(store) not in (None, identity):
        raise WrongStore(f"{store.name} belongs to another archive; choose another store")
    try:
        store.put(KEY, content, sha256(content).hexdigest())
    except Conflict as error:
        if read_identity(store) != identity:  # else the same, with fields of a later version
            raise WrongStore(f"{store.name} was just taken by another archive; choose another store") from error


def _require_empty(store: ObjectStore) -> None:
    if (first := next(iter(store.list()), None)) is not None:
        raise WrongStore(
            f"{store.name} holds objects ({first.key} …) but no {KEY}, so it is not an archive's; "
            "choose an empty one, or restore the missing file"
        )


def _parse(content: bytes, name: str) -> Identity:
    try:
        fields = json.loads(content)
        if fields["format"] == _FORMAT:
            return _identity(fields)
        newer = isinstance(fields["format"], int) and fields["format"] > _FORMAT
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WrongStore(f"{KEY} in {name} cannot be read; restore it from a copy, or choose another store") from error
    if newer:
        raise WrongStore(f"{name} was written by a newer version (format {fields['format']}); use that version")
    raise WrongStore(f"{KEY} in {name} names no format this version knows; choose another store")


def _identity(fields: Mapping[str, Any]) -> Identity:
    """Fields this version does not know are passed over."""
    texts = [fields[name] for name in ("id", "kind", "log_origin", "created_at")]
    if not all(isinstance(text, str) for text in texts) or texts[1] not in ("real", "practice"):
        raise ValueError("not an identity")
    return Identity(texts[0], cast(Literal["real", "practice"], texts[1]), texts[2], clock.from_text(texts[3]))
