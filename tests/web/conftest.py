"""An archive full of hostile text, served over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from archiver import ids
from archiver.accounts.models import Account
from archiver.accounts.register.models import RegisterStatement
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.capture.models import Coverage, Deposit, Due, Exchange, Gap, Run, Segment
from archiver.database import safe_text
from archiver.records.models import Medium, Occurrence, Record, RecordState, Version
from archiver.search.documents import Document, DocumentVersion
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.register.town import says
from tests.signed_in import everything

NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
#: What strangers write. Every one of them stands in every text column of some record.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</bdi></div></main><h1>Owned</h1>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}${7*7}",
    "\u202egpj.exe\u2066 turned \u2069",
    "zero\u200bwidth\ufeff\x07bell\x1b[2J",
    "&lt;b&gt; &amp;amp;",
    "<!-- --><style>*{display:none}</style>",
    "<a href='https://evil.example'>click</a>\r\nSet-Cookie: a=b",
    "\u0000nul and \ud800 half",
    "\ue000mark\ue001",
)


@dataclass(frozen=True, slots=True)
class Served:
    """A site that is served, and what its records are."""

    url: str
    archive: Archive
    records: list[str]
    cookies: dict[str, str]
    """Of somebody who sees everything."""


@pytest.fixture(scope="session")
def hostile_archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    settings = Settings(home=tmp_path_factory.mktemp("web") / "home", web_port=0, disk_reserve_percent=0)
    with Archive.open(settings) as archive:
        for number, text in enumerate(HOSTILE):
            _write(archive, number, safe_text(text))
        yield archive


@pytest.fixture(scope="session")
def served(hostile_archive: Archive) -> Iterator[Served]:
    pages = PageServer(create_app(Site(hostile_archive)), bind(hostile_archive.settings))
    pages.start()
    records = [f"rc_{number}" for number in range(len(HOSTILE))]
    yield Served(pages.url.rstrip("/"), hostile_archive, records, everything(hostile_archive))
    pages.stop()


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, follow_redirects=True, timeout=120, cookies=served.cookies) as client:
        yield client


@pytest.fixture
def empty_archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(Settings(home=tmp_path / "home", web_port=0, disk_reserve_percent=0)) as archive:
        yield archive


def _register(number: int, text: str) -> list[dict[str, object]]:
    """An authority, a person and an account of the register in whose every field this is written."""
    authority, listing = ids.authority_id(f"a{number}"), ids.derive("li", str(number))
    said: dict[str, tuple[Thing, dict[str, Any]]] = {
        authority: (Thing.AUTHORITY, {"short": f"a{number}", "name": text, "note": text}),
        ids.derive("cu", str(number)): (
            Thing.CUSTODIANSHIP,
            {"authority": authority, "person": text, "position": text, "role": "legal_custodian", "contact": text},
        ),
        listing: (
            Thing.LISTING,
            {"authority": authority, "url": text, "name": text, "handle": text, "owner": text, "owner_position": text,
             "administrators": [text], "purpose": text, "operated_by": text, "not_captured": text, "series": text,
             "note": text, "capacity": "mixed", "decision": text, "platform_id": text, "service": text},
        ),
        ids.derive("an", str(number)): (
            Thing.ATTESTATION,
            {"listing": listing, "person": text, "on": "2026-01-12"},
        ),
        ids.derive("xm", str(number)): (
            Thing.EXEMPTION,
            {"listing": listing, "rule": text, "reason": text, "approver": text},
        ),
        ids.derive("cy", str(number)): (
            Thing.CANDIDACY,
            {"authority": authority, "person": text, "office": text, "since": "2026-01-01", "until": "2026-11-03"},
        ),
    }  # fmt: skip
    return [
        {"act_id": f"at_{number}_{place}", "number": 100 * number + place, "thing": thing.value, "thing_id": thing_id,
         "effective": "0001-01-01", "void": False, "entered_at": NOW, "by": text, "why": text,
         "says": says(thing, **fields).model_dump()}
        for place, (thing_id, (thing, fields)) in enumerate(said.items())
    ]  # fmt: skip


def _write(archive: Archive, number: int, text: str) -> None:
    account, run, exchange, segment = f"ac_{number}", f"rn_{number}", f"ex_{number}", f"sg_{number}"
    record, version = f"rc_{number}", f"ve_{number}"
    rows: list[tuple[type, dict[str, object]]] = [
        (Account, {"id": account, "platform": "mastodon", "service": text, "platform_id": text, "handle": text,
                   "name": text, "url": text, "authority": "unassigned", "state": "active", "state_since": NOW,
                   "state_reason": text, "added_at": NOW}),
        (Due, {"account_id": account, "sweep": "new", "due_at": NOW, "failures": 2}),
        (Run, {"id": run, "account_id": account, "number": 1, "sweep": "new", "trigger": "schedule",
               "started_at": NOW, "finished_at": NOW + timedelta(seconds=3), "outcome": "partial", "reason": text,
               "settings_hash": "0", "connector_version": "1", "counts": {text[:20]: 3}, "bookmark_before": {},
               "bookmark_after": {}, "drift": [text]}),
        (Segment, {"id": segment, "key": f"segments/{segment}", "sha256": "0" * 64, "size": 1000, "warc_records": 4,
                   "authority": "unassigned", "account_id": account, "access": "public", "month": "2026-03",
                   "closed_at": NOW}),
        (Exchange, {"id": exchange, "segment_id": segment, "run_id": run, "ordinal": 0, "account_id": account,
                    "stream": "posts", "purpose": "statuses", "method": "GET", "uri": text, "status": 200,
                    "received_at": NOW, "offset": 10, "length": 20, "facts_offset": 30, "facts_length": 40,
                    "block_sha256": "1" * 64, "body_sha256": "2" * 64, "commitment": "3" * 64, "scheme": 1,
                    "reader": "1", "quarantine": []}),
        (Deposit, {"exchange_id": exchange, "account_id": account, "identity": "4" * 64, "about": "record",
                   "record_id": record, "access": "private", "name": text, "deposited_by": text, "as_of": "2026-03-01",
                   "reason": text, "source": text, "sha256": "2" * 64, "size": 5}),
        (Coverage, {"run_id": run, "listing": text.replace(":", "")[:50], "account_id": account, "stream": "posts",
                    "at": NOW, "complete": False, "seen": 3, "reason": text}),
        (Gap, {"account_id": account, "stream": "posts", "opened_by": run, "opened_at": NOW, "cause": text,
               "remedy": text}),
        (Record, {"id": record, "account_id": account, "key": text, "kind": "post", "access": "public",
                  "thread_id": record, "author_id": text, "author_name": text, "author_handle": text, "url": text,
                  "word": text, "counts": {}, "created_at": NOW, "first_seen_at": NOW, "last_seen_at": NOW,
                  "state": "not_returned", "version_id": version, "versions": 2, "exchange_id": exchange,
                  "position": 0}),
        *(
            (Version, {"id": f"{version}{end}", "record_id": record, "number": count, "content": {"body": said},
                       "text": said, "scheme": 1, "first_seen_at": NOW, "last_seen_at": NOW,
                       "exchange_id": exchange, "position": 0})
            for count, (end, said) in enumerate((("_old", f"before {text}"), ("", text)), 1)
        ),
        (RecordState, {"record_id": record, "number": 1, "state": "visible", "from_at": NOW, "last_at": NOW,
                       "evidence": [exchange]}),
        (Occurrence, {"exchange_id": exchange, "position": 0, "record_id": record, "place": text,
                      "observed_at": NOW, "retrospective": False, "arrival": 1, "ordinal": 0, "scheme": 1,
                      "state": "visible", "version_id": version}),
        (Medium, {"id": f"md_{number}", "record_id": record, "key": text, "kind": "image", "url": text,
                  "alt_text": text, "state": "refused", "reason": text, "content_type": text, "size": 5}),
    ]  # fmt: skip
    rows += [(RegisterStatement, row) for row in _register(number, text)]
    document = Document(
        record_id=record, account_id=account, platform="mastodon", kind="post", access="public", state="not_returned",
        created_at=NOW, first_seen_at=NOW, author_name=text, author_handle=text,
        versions=(DocumentVersion(f"{version}_old", f"before {text}", False), DocumentVersion(version, text, True)),
    )  # fmt: skip
    with archive.database.write() as connection:
        for table, values in rows:
            connection.execute(insert(table).values(**values))
        archive.search.put(connection, [document])
