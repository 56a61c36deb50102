"""The inventory of a hand-over: what is archived of its accounts, counted and hashed, as JSON and as PDF (law R11).

``segments.txt`` lists every stored object of the accounts as ``sha256sum`` writes it; the JSON names its SHA-256, so
that the signed receipt covers every byte. What both say is in ``docs/register.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from archiver import canonical
from archiver.accounts.register import handover
from archiver.accounts.register.statements import Register
from archiver.archive import Archive
from archiver.capture.models import Exchange, Gap, Segment
from archiver.clock import to_text
from archiver.evidence import log
from archiver.evidence.register_facts import HandoverSays
from archiver.operations.typesetting import as_pdf
from archiver.records.models import Record
from archiver.visible import local_time, size

VERSION = 1


@dataclass(frozen=True, slots=True)
class Inventory:
    """The three files."""

    json: bytes
    pdf: bytes
    segments: bytes


def make(archive: Archive, register: Register, handover_id: str, says: HandoverSays) -> Inventory:
    """Count and list everything that is stored of the accounts of a hand-over now."""
    now = archive.clock.now()
    lines: list[str] = []
    with archive.database.read() as connection:
        told = [_account(connection, register, says, one, lines) for one in handover.staying(register, says)]
        head = log.head(connection)
    listed = "".join(sorted(set(lines))).encode()
    once = list({one["account"] or one["listing"]: one for one in told}.values())  # (an account may be listed twice)
    authority = register.authorities[says.authority]
    body: dict[str, Any] = {
        "v": VERSION,
        "archive": archive.identity.id,
        "handover": handover_id,
        "authority": {"id": says.authority, "short": authority.short, "name": authority.name},
        "outgoing": says.outgoing,
        "incoming": says.incoming,
        "cause": says.cause,
        "frozen_at": says.frozen_at,
        "made_at": to_text(now),
        "accounts": told,
        "totals": {name: sum(one[name] for one in once) for name in ("records", "exchanges", "segments", "bytes")},
        "segments_sha256": sha256(listed).hexdigest(),
        "log": {"size": head.size, "root": head.root.hex()},
    }
    content = canonical.encode(body)
    return Inventory(content, _pdf(archive, body, content, now), listed)


def _account(
    connection: Connection, register: Register, says: HandoverSays, listing_id: str, lines: list[str]
) -> dict[str, Any]:
    listing = register.listings[listing_id]
    account = listing.account or ""
    segments = connection.execute(
        select(Segment.key, Segment.sha256, Segment.size).where(Segment.account_id == account)
    ).all()
    lines += [f"{one.sha256}  {one.key}\n" for one in segments]
    kinds = connection.execute(
        select(Record.kind, func.count()).where(Record.account_id == account).group_by(Record.kind)
    ).all()
    gaps = select(func.count()).select_from(Gap).where(Gap.account_id == account, Gap.closed_at.is_(None))
    exchanges = select(func.count()).select_from(Exchange).where(Exchange.account_id == account)
    span = select(func.min(Record.first_seen_at), func.max(Record.last_seen_at)).where(Record.account_id == account)
    first, last = connection.execute(span).one()
    return {
        "listing": listing_id,
        "account": listing.account,
        "platform": listing.platform,
        "platform_id": listing.platform_id,
        "url": listing.url,
        "handle": listing.handle,
        "name": listing.name,
        "capacity": listing.capacity,
        "last_sweep": says.sweeps.get(account),
        "left_out": says.left_out.get(listing_id),
        "token": says.tokens.get(account),
        "kinds": {str(kind): int(count) for kind, count in kinds},
        "records": sum(int(count) for _, count in kinds),
        "exchanges": int(connection.execute(exchanges).scalar_one()),
        "segments": len(segments),
        "bytes": sum(int(one.size) for one in segments),
        "open_gaps": int(connection.execute(gaps).scalar_one()),
        "first_seen": to_text(first) if isinstance(first, datetime) else None,
        "last_seen": to_text(last) if isinstance(last, datetime) else None,
    }


def _pdf(archive: Archive, body: dict[str, Any], content: bytes, now: datetime) -> bytes:
    practice = "Practice: " if archive.practice else ""
    page = {
        "title": f"{practice}Inventory and receipt, {body['authority']['name']}",
        "facts": [
            ["Delivered by", body["outgoing"]],
            ["Received by", body["incoming"] or "the clerk, for the successor (Wis. Stat. 19.21(2))"],
            ["Because of", body["cause"]],
            ["Accounts settled", body["frozen_at"]],
            ["Made", local_time(now, archive.settings.zone)],
            ["Archive", body["archive"]],
            ["Hand-over", body["handover"]],
            ["Inventory as JSON, SHA-256", sha256(content).hexdigest()],
            ["List of stored objects, SHA-256", body["segments_sha256"]],
            ["Event log", f"{body['log']['size']} entries, root {body['log']['root']}"],
        ],
        "accounts": [_printed(one) for one in body["accounts"]],
        "totals": [f"{body['totals'][name]:,}" for name in ("records", "exchanges", "segments")]
        + [size(body["totals"]["bytes"])],
    }
    return as_pdf(Path(__file__).with_name("inventory.typ").read_bytes(), page)


def _printed(one: dict[str, Any]) -> list[str]:
    looked = one["left_out"] or ("looked at whole" if one["last_sweep"] else "not captured")
    gaps = f"; {one['open_gaps']} open gaps" if one["open_gaps"] else ""
    return [
        f"{one['name'] or one['handle'] or one['url']}\n{one['platform']}: {one['url']}",
        f"{one['records']:,}",
        f"{one['exchanges']:,}",
        f"{one['segments']:,}",
        size(one["bytes"]),
        f"{looked}{gaps}; token: {one['token'] or 'none'}",
    ]
