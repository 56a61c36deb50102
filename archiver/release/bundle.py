"""An evidence bundle: records, and all that a stranger needs to check them, and not a byte of other records.

The form is ``docs/evidence-format.md`` §5. What is handed out is entered into the log before the bundle has its name,
and the finished bundle is verified as its reader will verify it before anybody sees it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from archiver import canonical, clock
from archiver.archive import Archive
from archiver.errors import IntegrityError, NotFound
from archiver.evidence import log, proving, service
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Event
from archiver.evidence.proving import LogProof
from archiver.evidence.verifier import verify as verifier
from archiver.faults import crash_point
from archiver.release import how_to_verify
from archiver.release.bag import MARK, Bag
from archiver.release.choosing import Chosen
from archiver.release.making import BY_RELEASE, Making
from archiver.release.showing import Watcher
from archiver.release.stamps import tsa_roots
from archiver.viewing import Viewer

__all__ = ["BY_RELEASE", "Exported", "export"]


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that is there."""

    bundle: str
    folder: Path
    manifest_sha256: str
    records: int
    exchanges: int
    files: int
    size: int
    left_out: tuple[tuple[str, str], ...]
    key: str
    """That verifies it, as it is to be published."""


def export(
    archive: Archive,
    chosen: Chosen,
    out: Path,
    *,
    whole: bool = False,
    watch: Watcher = lambda *_: None,
    viewer: Viewer = Viewer.EVERYTHING,
    actor: tuple[str, str] = BY_RELEASE,
) -> Exported:
    """Make a bundle of the records ``chosen`` in the folder ``out``.

    Args:
        whole: hand out the stored exchanges too, with whatever other records they hold.
        viewer: what whoever hands it out may see; the rest does not exist for the bundle.
        actor: who the log says handed it out, by kind and id.

    Raises:
        UsageError: ``out`` is not empty, or cannot be made.
        NotFound: none of the records can be handed out.
        IntegrityError: something stored is not what the log says; nothing is handed out.
        CheckpointRefused, MissingKey: the log cannot be signed.
        StoreUnavailable, OutOfSpace: try again later.
    """
    bag = Bag.begin(out)
    try:
        exported = _make(Making(archive, bag, whole, watch, viewer, actor), chosen)
        _verify(archive, bag)
        crash_point("bundle.verified")
        bag.publish()
    except BaseException:
        bag.abandon()
        raise
    return exported


def _make(making: Making, chosen: Chosen) -> Exported:
    archive, bag = making.archive, making.bag
    service.sign(archive.signed_log)  # every entry gets its place, and there is a key
    making.watch("Reading", 0, len(chosen.record_ids))
    making.take(chosen.record_ids)
    making.conclude()
    making.show()
    if not making.records:
        why = ", ".join(sorted({code.replace("_", " ") for _, code in making.left_out}))
        raise NotFound(f"none of the records can be handed out ({why})")
    keys = archive.signed_log.keys.read()
    _write_texts(making, "".join(f"{key.text}\n" for key in keys.verifiers).encode())
    now = archive.clock.now()
    manifest = making.manifest(chosen, clock.to_text(now))
    manifest["files"] = [
        {"path": one.path, "sha256": one.sha256, "size": one.size}
        for one in sorted(bag.files.values(), key=lambda one: one.path)
    ]
    written = bag.put("data/manifest.json", canonical.encode(manifest))
    whole = sum(one["whole"] for one in making.listed)
    event = NewEvent(
        "evidence.exported",
        "bundle",
        making.id,
        {"manifest": written.sha256, **manifest["counts"], "whole": whole},
        *making.actor,
    )
    with archive.database.write() as connection:
        log.append(connection, [event], now)
    crash_point("bundle.logged")
    _write_log(making, [one["size"] for one in manifest["stamps"]])
    bag.finish(_information(manifest))
    size = sum(one.size for one in bag.files.values())
    counts = manifest["counts"]
    return Exported(
        making.id,
        bag.out,
        written.sha256,
        counts["records"],
        counts["exchanges"],
        len(bag.files),
        size,
        tuple(making.left_out),
        keys.current.text,
    )


def _write_texts(making: Making, keys: bytes) -> None:
    making.bag.put("verify.py", Path(verifier.__file__).read_bytes())
    making.bag.put("HOW-TO-VERIFY.txt", how_to_verify.text(whole=making.whole).encode())
    making.bag.put("keys/log.txt", keys)
    for name, roots in tsa_roots(making.archive):
        making.bag.put(f"keys/tsa-{name}.pem", roots)


def _write_log(making: Making, stamped: list[int]) -> None:
    """Prove every entry, the bundle's own too, under one checkpoint."""
    here = making.archive.signed_log
    with here.database.read() as connection:
        own = connection.execute(select(Event.id, Event.body).where(Event.subject_id == making.id)).one()
    making.events[making.id] = own.id
    proof = proving.prove_events(here, making.events.values())
    making.bag.put(f"data/log/{making.id}.entry", own.body)
    making.bag.put("data/log/checkpoint", proof.note)
    for name, content in proof_files(proof, making.events, here):
        making.bag.put(f"data/log/{name}.tlog-proof", content)
    for size in stamped:
        path = proving.consistency(here, size, proof.checkpoint.size)
        making.bag.put(f"data/log/{size:020d}.consistency", _lines(path))


def proof_files(proof: LogProof, events: dict[str, str], here: Any) -> Iterator[tuple[str, bytes]]:
    """The proof file of each entry, by the name it has in the bundle."""
    by_place = {entry.position: entry for entry in proof.entries}
    with here.database.read() as connection:
        found = proving.positions_of(connection, events.values())
    for name, event in sorted(events.items()):
        yield name, proof.file(by_place[found[event]])


def _lines(path: Iterable[bytes]) -> bytes:
    return "".join(f"{b64encode(one).decode()}\n" for one in path).encode()


def _information(manifest: dict[str, Any]) -> str:
    return (
        f"Bag-Software-Agent: {manifest['software']}\nBagging-Date: {manifest['at'][:10]}\n"
        f"External-Identifier: {manifest['bundle']}\n"
    )


def _verify(archive: Archive, bag: Bag) -> None:
    """Nothing leaves that its reader would not accept."""
    keys = [verifier.read_key(key.text) for key in archive.signed_log.keys.read().verifiers]
    folder = verifier.Folder(str(bag.working))
    del folder.files[MARK]  # goes when everything is found to hold
    claims, ok = verifier.verify(folder, keys)
    if not ok:
        wrong = next((one for one in claims if one["result"] == verifier.FAIL), claims[-1])
        raise IntegrityError(
            f"the bundle does not verify ({wrong['claim']} {wrong['subject']}: {wrong['detail']});"
            " nothing was handed out"
        )
