"""Keys of entries that an export names by no id: made of what stays the same in every export of them. Pure.

``export/KIND/SECOND/DIGEST``: the kind of record, when it was written (seconds since 1970, UTC), and a digest of what
is stable in it (its words, the names of its files). No connector makes a key that begins with ``export/``, so such a
record is never one that was captured. Identical ones in one file are numbered in its order: the second ends with
``/2``. Exports of different days give the same entry the same key, as long as its words stayed as they were; an entry
whose words were changed between two exports is two records. What a function here gives for the same facts must never
change.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.contract import RecordKind

PREFIX: Final = "export/"
_TAG = b"cra/v1/export-entry\0"
_BYTES = 20
_NUMBER_AT_END = re.compile(r"(?:.*_)?([0-9]{8,25})")


def key_of(kind: RecordKind, at: datetime, *facts: str) -> str:
    """Key of the first of all entries with these facts. ``at``: when it was written; what is below a second counts
    not."""
    digest = hashlib.sha256(_TAG)
    for fact in facts:
        encoded = fact.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    named = b32encode(digest.digest()[:_BYTES]).decode().lower()
    return f"{PREFIX}{kind.value}/{int(at.timestamp())}/{named}"


@dataclass(slots=True)
class Keys:
    """Keys of the entries of one file, in its order."""

    _seen: Counter[str] = field(default_factory=Counter)

    def of(self, kind: RecordKind, at: datetime, *facts: str) -> str:
        """Key of the next entry with these facts."""
        key = key_of(kind, at, *facts)
        self._seen[key] += 1
        number = self._seen[key]
        return key if number == 1 else f"{key}/{number}"


def is_unnamed(key: str) -> bool:
    """Whether a record's key is made of its facts, and by no id of the platform."""
    return key.startswith(PREFIX)


def stable_name(file: str) -> str:
    """What of a file's name in an export stays the same: the long number at its end (``a_28819_n_1251667781858.jpg``),
    else all of it, without folders and the ending."""
    stem = file.rpartition("/")[2]
    stem = stem.rpartition(".")[0] or stem
    found = _NUMBER_AT_END.fullmatch(stem)
    return found[1] if found else stem
