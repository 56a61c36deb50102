"""What a certificate may say of a bundle: only what was verified, a moment before, as a stranger would verify it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from archiver.archive import Archive
from archiver.errors import IntegrityError, UsageError
from archiver.evidence import proving
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.evidence.verifier import verify as verifier
from archiver.operations.probe import IMMUTABILITY
from archiver.records.unseen import KNOWN_FROM_IMPORT

_PROBED, _PASSED, _FAILED = EventType.STORAGE_PROBED, EventType.FIXITY_PASSED, EventType.FIXITY_FAILED


@dataclass(frozen=True, slots=True)
class CertifiedRecord:
    """One record, and the first of its proven sightings."""

    id: str
    address: str | None
    """Of the answer; None where it may name other records."""
    received_at: str
    """By the archive's clock."""
    position: int
    """Of the exchange's entry in the log."""
    stamped: str | None
    """What a time-stamp shows of it."""


@dataclass(frozen=True, slots=True)
class Certified:
    """The verified facts."""

    bundle: str
    archive: str
    software: str
    made_at: str
    manifest_sha256: str
    counts: dict[str, int]
    left_out: int
    only_imported: int
    """Of them, records that are known only from exports that somebody brought in."""
    whole: bool
    """It holds whole stored exchanges."""
    practice: bool
    """Nothing of it is real."""
    log: str
    size: int
    root: str
    key: str
    records: tuple[CertifiedRecord, ...]
    files: tuple[tuple[str, str], ...]
    """Id and SHA-256 of each file of a record."""
    pictures: int
    """That the archive drew itself; no evidence of what the platform showed."""
    states: tuple[tuple[str, str], ...]
    """Id of the record, and what was concluded of it."""
    unstamped: int
    """How many of the exchanges no verified time-stamp covers."""
    probe: Entry | None
    """The latest trial of the storage, as the log has it."""
    immutable: bool
    """Whether it showed everything that keeps what is stored."""
    fixity: Entry | None
    """The latest complete check of all stored bytes that found nothing."""
    failed: int
    """Findings in the log about segments that hold what is certified."""
    challenged: int = 0
    """How many of the records come with what was said about them under Wis. Stat. 19.70."""


def certified(archive: Archive, folder: Path) -> Certified:
    """Verify the bundle in ``folder``, and say what holds.

    Raises:
        UsageError: there is no bundle, or it is another archive's.
        IntegrityError: something in it does not hold.
    """
    ring = archive.signed_log.keys.read()
    roots = archive.settings.timestamp_roots
    keys = [verifier.read_key(key.text) for key in ring.verifiers]
    try:
        bag = verifier.Folder(str(folder))
    except (OSError, verifier.Wrong) as error:
        raise UsageError(f"{folder} is not a bundle: {error}") from None
    checked = verifier.Verifier(bag, keys, str(roots) if roots.is_file() else None)
    claims = checked.run()
    if not checked.ok:
        wrong = next((one for one in claims if one["required"] and one["result"] != verifier.PASS), claims[-1])
        raise IntegrityError(f"{folder} does not verify ({wrong['claim']}: {wrong['detail']}); nothing is certified")
    if checked.manifest["archive"] != archive.identity.id:
        raise UsageError(f"{folder} is another archive's")
    return _facts(archive, checked, _signer(checked, claims, [key.text for key in ring.verifiers]))


def _signer(checked: Any, claims: Sequence[dict[str, Any]], keys: Sequence[str]) -> str:
    """The key under which the checkpoint was verified."""
    content = verifier.read(checked.bag, verifier.CHECKPOINT, verifier.MOST_NOTE)
    own = verifier.check_signature(content, [verifier.read_key(key) for key in keys])
    return next(key for key in keys if verifier.read_key(key)[1].hex() == own)


def _facts(archive: Archive, checked: Any, key: str) -> Certified:
    manifest = checked.manifest
    segments = {one["segment"] for one in manifest["exchanges"]}
    exchanges = [one["id"] for one in manifest["exchanges"]]
    return Certified(
        bundle=manifest["bundle"],
        archive=manifest["archive"],
        software=manifest["software"],
        made_at=manifest["at"],
        manifest_sha256=checked.digests[verifier.MANIFEST][0],
        counts=dict(manifest["counts"]),
        left_out=len(manifest["chosen"]["left_out"]),
        only_imported=sum(code == KNOWN_FROM_IMPORT for _, code in manifest["chosen"]["left_out"]),
        whole=any(one["whole"] for one in manifest["exchanges"]),
        practice=manifest["kind"] != "real",
        challenged=sum(_is_challenged(checked, one) for one in manifest["records"]),
        log=checked.log,
        size=checked.size,
        root=checked.root.hex(),
        key=key,
        records=tuple(_record(checked, one) for one in manifest["records"]),
        pictures=sum(len(one.get("pictures", ())) for one in manifest["records"]),
        files=tuple(
            (medium["id"], checked.digests[medium["file"]][0]) for one in manifest["records"] for medium in one["media"]
        ),
        states=tuple((one["id"], state["state"]) for one in manifest["records"] for state in one["states"]),
        unstamped=sum(one not in checked.times for one in exchanges),
        probe=(probe := _latest(archive, _PROBED)),
        immutable=probe is not None and set(probe.data["passed"]) >= IMMUTABILITY,
        fixity=_latest(archive, _PASSED),
        failed=_failures(archive, segments),
    )


def _is_challenged(checked: Any, one: dict[str, Any]) -> bool:
    reading = json.loads(verifier.read(checked.bag, one["file"], verifier.MOST_LIST))
    return bool(reading.get("challenges"))


def _record(checked: Any, one: dict[str, Any]) -> CertifiedRecord:
    seen = [(checked.shown[place["exchange"]], place["exchange"]) for place in one["occurrences"]]
    shown, exchange = min(seen, key=lambda pair: str(pair[0].get("facts", "received_at")))
    address = str(shown.get("facts", "url")) if shown.has("facts", "url") else None
    position = checked.logged[exchange][0]
    received_at = str(shown.get("facts", "received_at"))
    return CertifiedRecord(one["id"], address, received_at, position, checked.times.get(exchange))


def _latest(archive: Archive, kind: EventType) -> Entry | None:
    """The latest entry of a type, shown to be in the signed log."""
    with archive.database.read() as connection:
        newest = (Event.at.desc(), Event.position.desc().nulls_first())
        query = select(Event.id).where(Event.type == kind.value).order_by(*newest).limit(1)
        event = connection.execute(query).scalar()
    if event is None:
        return None
    (entry,) = proving.prove_events(archive.signed_log, [event]).entries
    return read_entry(entry.body)


def _failures(archive: Archive, segments: set[str]) -> int:
    with archive.database.read() as connection:
        query = select(Event.subject_id).where(Event.type == _FAILED.value)
        found = Counter(connection.execute(query).scalars())
    return sum(count for segment, count in found.items() if segment in segments)
