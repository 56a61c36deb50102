"""Foreign WARC files and WACZ packages: crawls of an account's public pages or answers, made by other programs. Pure.

Each of their records is stored as a block of its own and found by its address. Where it is an answer whose address and
shape a connector knows, records are read from it; everything else is kept and not read. None of it was captured by us.
Sources: WARC 1.1 (ISO 28500:2017), WACZ 1.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from io import BytesIO
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from connectors._bluesky_records import own_record
from connectors._mastodon_reading import read as read_mastodon
from connectors.contract import (
    AccessClass,
    AccountRef,
    Answer,
    Ask,
    Author,
    Reading,
    RecordKind,
    SeenRecord,
)
from connectors.exports.contract import Identity, ImportReading, Planned, Use, Why
from connectors.exports.elements import parse
from connectors.values import Unreadable, objects, thing

RECORD = "warc-record"
_FILE = re.compile(r"(?:archive/)?[^/]{1,255}\.warc(?:\.gz)?")
_MOST = 64 * 2**20
_LIST = re.compile(r"/api/v1/accounts/(\d{1,20})/statuses")
_ONE = re.compile(r"/api/v1/statuses/(\d{1,20})")
_OWN = "/xrpc/com.atproto.repo.listRecords"
_BSKY = "https://bsky.app"
_HEAD_ENDS = re.compile(rb"\r?\n\r?\n")


class WarcFile:
    """One or more WARC files, alone or in a WACZ package."""

    name: ClassVar[str] = "warc"
    platform: ClassVar[str] = "*"
    title: ClassVar[str] = "WARC or WACZ of another program"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1

    def root(self, names: Collection[str]) -> str | None:
        """A WACZ names itself; else all files are WARC files."""
        if "datapackage.json" in names and any(one.startswith("archive/") and _FILE.fullmatch(one) for one in names):
            return ""
        return "" if names and all(_FILE.fullmatch(one) for one in names) else None

    def telling(self, names: Collection[str]) -> list[str]:
        return [one for one in ("datapackage.json", "datapackage-digest.json") if one in names]

    def identity(self, files: Mapping[str, bytes]) -> Identity:
        """It is a crawl of addresses, and of no account: a person says whose they are."""
        return Identity("")

    def plan(self, name: str) -> Planned:
        if _FILE.fullmatch(name):
            # Whoever crawled may have been signed in: nobody can tell who else could see it.
            return Planned(Use.READ, RECORD, access=AccessClass.PRIVATE, warc=True)
        if name in ("datapackage.json", "datapackage-digest.json") or re.fullmatch(r"pages/[\w-]{1,80}\.jsonl", name):
            return Planned(Use.KEPT, "package", access=AccessClass.PRIVATE)
        if name.startswith("indexes/"):
            return Planned(Use.LEFT_OUT, why=Why.VIEWER)
        return Planned(Use.LEFT_OUT, why=Why.UNKNOWN)

    def is_of(self, identity: Identity, account: AccountRef) -> bool | None:
        return None

    def read(self, ask: Ask, answer: Answer) -> ImportReading:
        if ask.purpose != RECORD:
            return ImportReading()
        try:
            found = _answer(answer)
        except (ArchiveLoadFailed, ValueError, EOFError, OSError, KeyError, IndexError):
            return ImportReading(quarantine=(("", "no WARC record that can be read"),))
        if found is None or found.status != 200:
            return ImportReading()
        return _understood(ask, found, answer.body)


def _answer(answer: Answer) -> Answer | None:
    """The HTTP answer in a stored record; None where it holds none."""
    for record in ArchiveIterator(BytesIO(answer.body)):
        if record.rec_type != "response" or record.http_headers is None:
            return None
        body = record.content_stream().read(_MOST + 1)
        if len(body) > _MOST:
            return None
        headers = tuple((str(name), str(value)) for name, value in record.http_headers.headers)
        status = int(record.http_headers.get_statuscode())
        url = str(record.rec_headers.get_header("WARC-Target-URI") or "")
        return Answer(status, headers, body, answer.received_at, url)
    return None


def _understood(ask: Ask, found: Answer, block: bytes) -> ImportReading:
    """Records, where a connector knows the address and the shape. Their place is the body in the stored record."""
    platform = str(ask.context.get("platform", ""))
    try:
        parts = urlsplit(found.url)
        if platform == "mastodon":
            reading = _mastodon(ask, found, parts.netloc, parts.path)
        elif platform == "bluesky" and parts.path == _OWN:
            reading = _repository(ask, found, parse_qs(parts.query))
        else:
            return ImportReading()
    except ValueError:
        return ImportReading()
    start, end = _body(block)
    place = f"bytes={start}-{end}"
    records = {one.key: replace(one, place=place) for one in reversed(reading.records)}
    private = frozenset(key for key, one in records.items() if one.kind is RecordKind.MESSAGE)
    return ImportReading(tuple(reversed(records.values())), cuts=(start, end), private=private)


def _body(block: bytes) -> tuple[int, int]:
    """Where the body of the answer stands in a WARC record: behind its head and the answer's, before the line ends."""
    first = _HEAD_ENDS.search(block)
    second = _HEAD_ENDS.search(block, first.end()) if first else None
    return (second.end() if second else 0), len(block) - 4 * block.endswith(b"\r\n\r\n")


def _mastodon(ask: Ask, found: Answer, host: str, path: str) -> Reading:
    account = str(ask.context.get("account", ""))
    if host != urlsplit(str(ask.context.get("site", ""))).netloc:
        return Reading()
    listed, one = _LIST.fullmatch(path), _ONE.fullmatch(path)
    if not (one or (listed and listed[1] == account)):
        return Reading()
    inner = Ask(
        url=found.url,
        stream=ask.stream,
        purpose="status" if one else "statuses",
        scheme=1,
        context={"account": account, "at": "", "sweep": ""},
    )
    return replace(read_mastodon(inner, found), account=None)


def _repository(ask: Ask, found: Answer, query: Mapping[str, list[str]]) -> Reading:
    did = str(ask.context.get("account", ""))
    if query.get("repo") not in ([did], [str(ask.context.get("handle", ""))]):
        return Reading()
    handle = str(ask.context.get("handle", "")) or None
    author = Author(did, handle or did, handle, f"{_BSKY}/profile/{handle or did}")
    records: list[SeenRecord] = []
    for value in objects(thing(parse(found.body), "no object"), "records"):
        try:
            records.append(own_record(value, "", author, _BSKY, _BSKY, found.received_at))
        except Unreadable:
            continue
    return Reading(tuple(records))
