"""How a segment, its key and its WARC records are named (``docs/warc-profile.md`` §1 and §2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256 as _sha256
from urllib.parse import quote

from archiver import ids
from archiver.storage.protocol import check_key
from connectors.contract import AccessClass, JSONValue

_LONGEST_URI = 16 * 1024
_UNSAFE = re.compile(r"[^\x21-\x7e]+")
_UNSAFE_BUT_SPACE = re.compile(r"[^\x20-\x7e]+")
_PART = r"[A-Za-z0-9_=-][A-Za-z0-9._=-]*"
_ACCESS = "|".join(AccessClass)
_MONTH = r"[0-9]{4}-(?:0[1-9]|1[0-2])"
_KEY = re.compile(
    rf"segments/(?P<authority>[a-z0-9][a-z0-9-]{{0,62}})/(?P<account>{_PART})/(?P<access>{_ACCESS})/(?P<month>{_MONTH})/"
    rf"(?:of-(?P<year>[0-9]{{4}})/)?(?P<segment>[A-Za-z0-9_]+)-(?P<sha256>[0-9a-f]{{64}})\.warc\.gz"
)


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """What holds for a whole segment; written into its first WARC record."""

    archive: str
    """Id of the archive (``av_…``)."""
    segment: str
    """``sg_…``"""
    authority: str
    """The office's name, or ``unassigned``."""
    access: str
    """One :class:`~connectors.contract.AccessClass`."""
    month: str
    """Of capture, UTC, ``YYYY-MM``."""
    record_year: int | None
    """Back-capture only: the year of the newest record inside."""
    account: Mapping[str, JSONValue]
    """What the account is: at least ``id``. JSON."""
    software: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SegmentKey:
    """What the key of a segment says."""

    authority: str
    account: str
    access: str
    month: str
    record_year: int | None
    segment: str
    sha256: str


def segment_key(info: SegmentInfo, sha256: str) -> str:
    """The key of a finished segment whose bytes have ``sha256`` (hex).

    Raises:
        ValueError: a part of it cannot stand in a key.
    """
    of_year = "" if info.record_year is None else f"of-{info.record_year:04d}/"
    account = str(info.account["id"])
    key = f"segments/{info.authority}/{account}/{info.access}/{info.month}/{of_year}{info.segment}-{sha256}.warc.gz"
    if parse_segment_key(check_key(key)) != SegmentKey(
        info.authority, account, info.access, info.month, info.record_year, info.segment, sha256
    ):
        raise ValueError(f"not a segment's key: {key!r}")
    return key


def parse_segment_key(key: str) -> SegmentKey | None:
    """What a key says, or None where it is no segment's."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    year = found["year"]
    return SegmentKey(
        found["authority"],
        found["account"],
        found["access"],
        found["month"],
        None if year is None else int(year),
        found["segment"],
        found["sha256"],
    )


def target_uri(url: str) -> str:
    """``url`` as it can stand in a WARC header: whatever is not printable ASCII is percent-encoded, so that no address
    can end the header. Of one over 16 KiB the beginning stands there, and a fragment ``#abridged:sha256:HEX`` that
    names the whole (the exchange facts keep it)."""
    safe = _UNSAFE.sub(_percent, url)
    if len(safe) > _LONGEST_URI:
        whole = _sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{safe[: _LONGEST_URI // 2]}#abridged:sha256:{whole}"
    return safe


def header_text(value: str) -> str:
    """``value`` without anything that could end a WARC header line; percent-encoded like an address."""
    return _UNSAFE_BUT_SPACE.sub(_percent, value.strip())[:_LONGEST_URI]


def _percent(found: re.Match[str]) -> str:
    return quote(found[0].encode("utf-8", "surrogatepass"), safe="")


def exchange_uri(exchange: str) -> str:
    """Target URI of the facts of an exchange."""
    return f"urn:x-cra:exchange:{exchange}"


def runs_uri(segment: str) -> str:
    """Target URI of the run records of a segment."""
    return f"urn:x-cra:runs:{segment}"


def info_record_id(segment: str) -> str:
    return ids.warc_record_id(segment, "warcinfo")


def runs_record_id(segment: str) -> str:
    return ids.warc_record_id(segment, "runs")


def exchange_record_id(exchange: str, kind: str) -> str:
    """``kind``: response, request, resource, conversion or metadata."""
    return ids.warc_record_id(exchange, kind)
