"""An evidence bundle: records, and all that a stranger needs to check them, and not a byte of other records.

The form is ``docs/evidence-format.md`` §5. What is handed out is entered into the log before the bundle has its name,
and the finished bundle is verified as its reader will verify it before anybody sees it.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from archiver import __version__, canonical, clock, ids
from archiver.archive import Archive
from archiver.errors import IntegrityError, NotFound
from archiver.evidence import log, proving, service
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Event
from archiver.evidence.proving import LogProof
from archiver.evidence.verifier import verify as verifier
from archiver.faults import crash_point
from archiver.release import how_to_verify, places, stored, wanted
from archiver.release.bag import MARK, Bag
from archiver.release.choosing import Chosen
from archiver.release.places import NotAlone, Wanted
from archiver.release.stamps import stamps_for, tsa_roots
from archiver.release.stored import StoredExchange, StoredPart, Where
from archiver.release.wanted import WantedRecord
from archiver.viewing import Viewer

FORMAT, WITH_PICTURES, WITH_CHALLENGES = "records-evidence/1", "records-evidence/2", "records-evidence/3"
#: Who the log says handed something out where nobody is signed in: whoever may run commands on the machine.
BY_RELEASE = ("service", "release")
_TYPES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "application/pdf": ".pdf",
}

#: Told what is done, how far it came, and how far it has to go.
Watcher = Callable[[str, int, int], None]


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


@dataclass(slots=True)
class _Exchange:
    """What is wanted of one exchange."""

    positions: dict[int, str] = field(default_factory=dict)
    """To the id of the record."""
    media: dict[str, WantedRecord] = field(default_factory=dict)
    """Ids of files that came in it."""
    picture: WantedRecord | None = None
    """The record of which it is a picture that we drew."""
    evidence: list[WantedRecord] = field(default_factory=list)


@dataclass(slots=True)
class _Making:
    """One bundle that is being made."""

    archive: Archive
    bag: Bag
    whole: bool
    watch: Watcher
    viewer: Viewer = Viewer.EVERYTHING
    """Who hands it out: what they may not see does not get into it."""
    actor: tuple[str, str] = BY_RELEASE
    id: str = field(default_factory=lambda: ids.new_id("bu"))
    records: dict[str, WantedRecord] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    exchanges: dict[str, _Exchange] = field(default_factory=dict)
    listed: list[dict[str, Any]] = field(default_factory=list)
    """The exchanges, as the manifest has them."""
    parts: dict[str, StoredPart] = field(default_factory=dict)
    events: dict[str, str] = field(default_factory=dict)
    """Ids of entries, by the name they have in the bundle."""

    @property
    def with_pictures(self) -> bool:
        """Whether it names pictures that we drew: then it is of a later format."""
        return self.with_challenges or any(record.pictures for record in self.records.values())

    @property
    def with_challenges(self) -> bool:
        """Whether something was said about a record under Wis. Stat. 19.70: then it is of the third format."""
        return any(record.challenges for record in self.records.values())

    @property
    def format(self) -> str:
        """Which form it has."""
        return WITH_CHALLENGES if self.with_challenges else WITH_PICTURES if self.with_pictures else FORMAT

    # What is wanted.

    def take(self, record_ids: Iterable[str]) -> None:
        """Read the records, and note where they are stored."""
        with self.archive.database.read() as connection:
            for record_id in record_ids:
                try:
                    self.records[record_id] = wanted.read(connection, record_id, self.viewer)
                except NotFound:
                    self.left_out.append((record_id, "not_found"))
        for record in self.records.values():
            self._want(record)

    def _want(self, record: WantedRecord) -> None:
        for place in record.places:
            self._exchange(place.exchange).positions[place.position] = record.view.id
        for medium in record.files:
            assert medium.exchange_id is not None
            self._exchange(medium.exchange_id).media[medium.id] = record

        for picture in record.view.pictures:
            self._exchange(picture.exchange_id).picture = record

    def _exchange(self, exchange: str) -> _Exchange:
        return self.exchanges.setdefault(exchange, _Exchange())

    # Conclusions.

    def conclude(self) -> None:
        """Find the run records in which the states stand that no answer showed."""
        needed = {one for record in self.records.values() for state in record.concluded for one in state.evidence}
        if not needed:
            return
        with self.archive.database.read() as connection:
            found = stored.places(connection, sorted(needed))
        segments = {where.key: where.version for where in found.values()}
        parts = [part for key in sorted(segments) for part in stored.parts_in(self.archive, key, segments[key])]
        told = {
            (part.fields["account"], key, state, tuple(evidence)): (part, index, at)
            for part in parts
            for index, (key, state, at, evidence) in enumerate(part.states)
        }
        for record in self.records.values():
            for state in record.concluded:
                known = (record.view.account.id, record.view.key, state.state, tuple(state.evidence))
                if known in told and set(state.evidence) <= found.keys() and record.opens(told[known][0].access):
                    self._concluded(record, *told[known])

    def _concluded(self, record: WantedRecord, part: StoredPart, index: int, at: str) -> None:
        state, evidence = part.states[index][1], part.states[index][3]
        record.states.append({"state": state, "at": at, "run": part.name, "index": index, "evidence": evidence})
        self.parts[part.name] = part
        for exchange in evidence:
            self._exchange(exchange).evidence.append(record)

    # Exchanges.

    def show(self) -> None:
        """Write the proofs of all exchanges, and the files that came in them."""
        with self.archive.database.read() as connection:
            found = stored.places(connection, sorted(self.exchanges))
        for exchange in self.exchanges.keys() - found.keys():
            for position in list(self.exchanges[exchange].positions):
                self._drop(exchange, position, "not_in_the_log")
        holding = sorted(one for one in found if self.exchanges[one].positions)
        for number, exchange in enumerate(holding):
            self.watch("Proving", number, len(found))
            self._show(found[exchange])
        self._leave_out()
        for number, exchange in enumerate(sorted(found.keys() - set(holding)), len(holding)):
            self.watch("Proving", number, len(found))
            self._show(found[exchange])
        crash_point("bundle.shown")

    def _drop(self, exchange: str, position: int, why: str) -> None:
        """Go on without one place at which a record is stored."""
        record = self.records[self.exchanges[exchange].positions.pop(position)]
        record.places = [one for one in record.places if (one.exchange, one.position) != (exchange, position)]
        record.why = why

    def _leave_out(self) -> None:
        """Leave out the records of which nothing could be shown."""
        for record in [one for one in self.records.values() if not one.places]:
            del self.records[record.view.id]
            self.left_out.append((record.view.id, record.why))

    def _show(self, where: Where) -> None:
        asked = self.exchanges[where.exchange]
        asked.media = {one: record for one, record in asked.media.items() if record.view.id in self.records}
        asked.evidence = [one for one in asked.evidence if one.view.id in self.records]
        if asked.picture is not None and not self._shows_words_of(asked.picture, where.exchange):
            asked.picture = None
        if not (asked.positions or asked.media or asked.evidence or asked.picture):
            return
        opened = stored.open_exchange(self.archive, where)
        for position in list(asked.positions):
            try:
                places.record_paths(opened.value, opened.facts, position)
            except NotAlone as error:
                self._drop(where.exchange, position, str(error))
        self._copy_media(asked, opened)
        if asked.picture is not None:
            self._copy_picture(asked.picture, opened)
        picture = asked.picture is not None
        what = Wanted(frozenset(asked.positions), bool(asked.media), bool(asked.evidence), self.whole, picture)
        if what.any:
            self._write(where, asked, opened, what)

    def _shows_words_of(self, record: WantedRecord, picture: str) -> bool:
        """Whether the words that a picture was drawn from are shown: where they cannot be, it is not handed out."""
        places = {(one.exchange, one.position) for one in record.places}
        drawn = [(one.drawn_from, one.position) for one in record.view.pictures if one.exchange_id == picture]
        return record.view.id in self.records and any(one in places for one in drawn)

    def _write(self, where: Where, asked: _Exchange, opened: StoredExchange, what: Wanted) -> None:
        shown = places.paths(opened.value, opened.facts, what)
        url_shown = opened.facts.get("url") is not None and self._may_show_url(asked, opened, shown)
        if url_shown:
            shown.add(("facts", "url"))
        folder = f"data/exchanges/{where.exchange}"
        self.bag.put(f"{folder}.proof.json", places.as_ascii(opened.proof(shown)))
        self.bag.put(f"{folder}.entry", where.entry)
        if self.whole:
            self.bag.copy(f"{folder}.warc.gz", stored.raw(self.archive, where))
        self.events[where.exchange] = where.event
        self.listed.append(
            {"id": where.exchange, "segment": where.segment, "url_shown": url_shown, "whole": self.whole}
        )

    def _may_show_url(self, asked: _Exchange, opened: StoredExchange, shown: set[tuple[str | int, ...]]) -> bool:
        if self.whole:
            return True
        about = [self.records[one] for one in asked.positions.values()]
        about += [*asked.media.values(), *asked.evidence]
        below = {path[1:] for path in shown if path[0] == "body"}
        own, others = places.split(opened.value.get("body"), below)
        known = [text for record in about for text in _known(record)]
        listed = [str(key) for at, (key, _) in enumerate(opened.facts.get("records", ())) if at not in asked.positions]
        others += [word for key in listed for word in places.key_words(key)]
        return places.names_no_other(str(opened.facts["url"]), [*own, *known], others)

    def _copy_media(self, asked: _Exchange, opened: StoredExchange) -> None:
        for medium_id, record in list(asked.media.items()):
            named = opened.facts.get("medium") or {}
            if named.get("id") != medium_id or not opened.read.held or "truncated" in opened.facts:
                continue  # told in the record's reading, which then names no file
            kind = str(named.get("type")).partition(";")[0].strip().lower()
            path = f"data/records/{record.view.id}/{medium_id}{_TYPES.get(kind, '')}"
            if path not in self.bag.files:
                record.media[medium_id] = self.bag.put(path, opened.read.body).path

    def _copy_picture(self, record: WantedRecord, opened: StoredExchange) -> None:
        exchange = opened.where.exchange
        path = f"data/records/{record.view.id}/drawn-{exchange}.png"
        record.pictures[exchange] = self.bag.put(path, opened.read.body).path

    # The manifest.

    def write_records(self) -> Iterator[dict[str, Any]]:
        """Write the readings; the records as the manifest has them."""
        own = {medium_id: exchange for exchange, asked in self.exchanges.items() for medium_id in asked.media}
        for record_id in sorted(self.records):
            record = self.records[record_id]
            path = f"data/records/{record_id}/record.json"
            reading = wanted.reading(record, pictures=self.with_pictures, challenges=self.with_challenges)
            self.bag.put(path, json.dumps(reading, sort_keys=True, indent=1).encode() + b"\n")
            yield {
                "id": record_id,
                "file": path,
                "occurrences": [
                    {"exchange": one.exchange, "position": one.position, "version": one.version}
                    for one in record.places
                ],
                "media": [
                    {"id": medium_id, "file": file, "exchange": own[medium_id]}
                    for medium_id, file in sorted(record.media.items())
                ],
                "states": record.states,
            } | self._pictures(record)

    def _pictures(self, record: WantedRecord) -> dict[str, Any]:
        if not self.with_pictures:
            return {}
        shown = sorted(record.pictures.items())
        return {"pictures": [{"exchange": exchange, "file": file} for exchange, file in shown]}

    def write_parts(self) -> Iterator[dict[str, Any]]:
        """Write the proofs of run records; they as the manifest has them."""
        for name, part in sorted(self.parts.items()):
            indices = {state["index"] for one in self.records.values() for state in one.states if state["run"] == name}
            if not indices:
                continue
            self.bag.put(f"data/runs/{name}.proof.json", places.as_ascii(part.proof(indices)))
            self.bag.put(f"data/runs/{name}.entry", part.entry)
            self.events[name] = part.event
            yield {"name": name, "run": part.run, "part": part.part, "access": part.access}

    def manifest(self, chosen: Chosen, at: str) -> dict[str, Any]:
        """Write what is left to write; the whole manifest, but for the list of files."""
        records, runs = list(self.write_records()), list(self.write_parts())
        stamps = stamps_for(self.archive, self.events, self.bag)
        identity = self.archive.identity
        return {
            "format": self.format,
            "bundle": self.id,
            "salt": secrets.token_hex(32),
            "archive": identity.id,
            "kind": identity.kind,
            "log": identity.log_origin,
            "at": at,
            "software": f"records-archiver {__version__}",
            "chosen": chosen.as_json(self.left_out),
            "counts": {
                "records": len(records),
                "exchanges": len(self.listed),
                "versions": sum(len({one["version"] for one in record["occurrences"]}) for record in records),
                "media": sum(len(record["media"]) for record in records),
            },
            "records": records,
            "exchanges": sorted(self.listed, key=lambda one: str(one["id"])),
            "runs": runs,
            "stamps": [stamp.as_json() for stamp in stamps],
        }


def _known(record: WantedRecord) -> Iterator[str]:
    """What may stand in an address beside a record: itself, its account, the post it stands under."""
    view = record.view
    yield from (view.key, view.account.handle, view.account.name, view.account.url, view.url or "")
    yield from (medium.url for medium in view.media)
    yield record.thread_key or ""


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
        exported = _make(_Making(archive, bag, whole, watch, viewer, actor), chosen)
        _verify(archive, bag)
        crash_point("bundle.verified")
        bag.publish()
    except BaseException:
        bag.abandon()
        raise
    return exported


def _make(making: _Making, chosen: Chosen) -> Exported:
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


def _write_texts(making: _Making, keys: bytes) -> None:
    making.bag.put("verify.py", Path(verifier.__file__).read_bytes())
    making.bag.put("HOW-TO-VERIFY.txt", how_to_verify.text(whole=making.whole).encode())
    making.bag.put("keys/log.txt", keys)
    for name, roots in tsa_roots(making.archive):
        making.bag.put(f"keys/tsa-{name}.pem", roots)


def _write_log(making: _Making, stamped: list[int]) -> None:
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
