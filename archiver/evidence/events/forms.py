"""What an event may say: ids, digests, counts and codes, each of a form that no sentence fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from archiver.evidence.events.names import EventType

#: Kinds of subjects with the prefix of their ids. Records are none: their ids could be guessed after their destruction.
SUBJECTS: Final[Mapping[str, str]] = {
    "account": "ac",
    "act": "at",
    "archive": "av",
    "bundle": "bu",
    "connection": "cl",
    "exchange": "ex",
    "grant": "gr",
    "person": "pe",
    "import": "im",
    "mail": "ml",
    "run": "rn",
    "search": "se",
    "segment": "sg",
    "token": "tk",
}
#: Prefixes of ids that are told and are no subject.
_TOLD = ("sn",)

_AUTHORITY = "[a-z0-9][a-z0-9-]{0,62}"
_DIGEST = "[0-9a-f]{64}"


_OF_A_RECORD = re.compile("(?:rc|ve|md)_[a-z2-7]{32}")


def _id(prefix: str) -> str:
    return f"{prefix}_[a-z2-7]{{32}}"


#: Every pattern a text in an entry may have, with the words that explain it. Codes are too short for an id, and no
#: sentence fits any.
PATTERNS: Final[Mapping[str, str]] = {
    **{f"^{_id(prefix)}$": f"id, `{prefix}_…`" for prefix in (*SUBJECTS.values(), *_TOLD)},
    f"^{_DIGEST}$": "SHA-256, hex",
    f"^cra-tree/1:{_DIGEST}$": "commitment with its scheme",
    "^[a-z][a-z0-9_-]{0,29}$": "code",
    f"^{_AUTHORITY}$": "short name of an authority, as in keys",
    "^[a-z][a-z0-9+.-]{0,15}://[A-Za-z0-9._:\\[\\]-]{1,255}$": "origin of a server",
    f"^segments/{_AUTHORITY}/{_id('ac')}/[a-z-]{{1,20}}/[0-9]{{4}}-[0-9]{{2}}/(of-[0-9]{{4}}/)?"
    f"{_id('sg')}-{_DIGEST}\\.warc\\.gz$": "key of a segment",
    f"^snapshots/[0-9]{{8}}T[0-9]{{6}}Z-{_id('sn')}$": "key of a snapshot",
    "^[A-Za-z0-9._~+/=-]{1,1024}$": "version id, as the store gave it",
    "^[0-9a-f]{8}$": "id of a key, hex",
    "^[0-9]{1,4}([.][0-9]{1,4}){0,3}([a-z]{1,4}[0-9]{0,4})?$": "version of a connector",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$": "time, UTC",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "day, by the city's calendar",
}
_BY_WORDS = {words: pattern for pattern, words in PATTERNS.items()}


def _text(words: str) -> StringConstraints:
    return StringConstraints(pattern=_BY_WORDS[words])


def _no_record_id(text: str) -> str:
    if _OF_A_RECORD.search(text):
        raise ValueError("the id of a record, version or medium")
    return text


AccountId = Annotated[str, _text("id, `ac_…`")]
PersonId = Annotated[str, _text("id, `pe_…`")]
ConnectionId = Annotated[str, _text("id, `cl_…`")]
RunId = Annotated[str, _text("id, `rn_…`")]
ExchangeId = Annotated[str, _text("id, `ex_…`")]
SegmentId = Annotated[str, _text("id, `sg_…`")]
SnapshotId = Annotated[str, _text("id, `sn_…`")]
Digest = Annotated[str, _text("SHA-256, hex")]
Commitment = Annotated[str, _text("commitment with its scheme")]
Code = Annotated[str, _text("code")]
Authority = Annotated[str, _text("short name of an authority, as in keys")]
Origin = Annotated[str, _text("origin of a server")]
SegmentKey = Annotated[str, _text("key of a segment")]
SnapshotKey = Annotated[str, _text("key of a snapshot")]
VersionId = Annotated[str, _text("version id, as the store gave it"), AfterValidator(_no_record_id)]
ConnectorVersion = Annotated[str, _text("version of a connector")]
KeyId = Annotated[str, _text("id of a key, hex")]
Time = Annotated[str, _text("time, UTC")]
Day = Annotated[str, _text("day, by the city's calendar")]
Count = Annotated[int, Field(ge=0, lt=2**53)]
Codes = Annotated[list[Code], Field(max_length=100)]
ByClass = Annotated[dict[Code, Commitment], Field(min_length=1, max_length=10)]


class Facts(BaseModel):
    """What an entry says in ``data``. Every field is always there."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NoFacts(Facts):
    """Type and subject say it all."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """One type of event: whom it is about, what it means, what it says."""

    name: EventType
    subject: str
    meaning: str
    facts: type[Facts]
