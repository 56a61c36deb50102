"""A bundle that is being made: which records are wanted, where their words and states are stored, and its manifest."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from archiver import __version__, clock, ids
from archiver.archive import Archive
from archiver.errors import NotFound
from archiver.records.followed import LinkView
from archiver.release import places, stored, wanted
from archiver.release.bag import Bag
from archiver.release.choosing import Chosen
from archiver.release.showing import Showing, WantedExchange, Watcher
from archiver.release.stamps import stamps_for
from archiver.release.stored import StoredPart
from archiver.release.wanted import WantedRecord
from archiver.viewing import Viewer

FORMAT, WITH_PICTURES, WITH_CHALLENGES = "records-evidence/1", "records-evidence/2", "records-evidence/3"
#: Who the log says handed something out where nobody is signed in: whoever may run commands on the machine.
BY_RELEASE = ("service", "release")


@dataclass(slots=True)
class Making:
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
    exchanges: dict[str, WantedExchange] = field(default_factory=dict)
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

    def _exchange(self, exchange: str) -> WantedExchange:
        return self.exchanges.setdefault(exchange, WantedExchange())

    # Conclusions.

    def conclude(self) -> None:
        """Find the run records in which the states stand that no answer showed."""
        needed = {one for record in self.records.values() for state in record.concluded for one in state.evidence}
        needed |= {one for record in self.records.values() for link in record.view.links for one in link.exchanges}
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
        looks = ((one, part, index) for part in parts for index, one in enumerate(part.links) if "address" in one)
        self._lead({one["id"]: (part, index) for one, part, index in looks}, found.keys())

    def _lead(self, told: Mapping[str, tuple[StoredPart, int]], found: Set[str]) -> None:
        """Find the run records that say where short links led, and the answers that show it."""
        for record in self.records.values():
            for link in record.view.links:
                part, index = told.get(link.id, (None, 0))
                if part is None or not set(link.exchanges) <= found or not _says(part.links[index], link):
                    continue  # (the reading says where it led, and no more is shown)
                record.links[link.id] = part.name, index
                self.parts[part.name] = part
                for exchange in link.exchanges:
                    self._exchange(exchange).links.append(record)

    def _concluded(self, record: WantedRecord, part: StoredPart, index: int, at: str) -> None:
        state, evidence = part.states[index][1], part.states[index][3]
        record.states.append({"state": state, "at": at, "run": part.name, "index": index, "evidence": evidence})
        self.parts[part.name] = part
        for exchange in evidence:
            self._exchange(exchange).evidence.append(record)

    # Exchanges.

    def show(self) -> None:
        """Write the proofs of all exchanges, and the files that came in them."""
        Showing(
            self.archive,
            self.bag,
            self.whole,
            self.watch,
            self.records,
            self.left_out,
            self.exchanges,
            self.events,
            self.listed,
        ).show()

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
            links = {at for one in self.records.values() for run, at in one.links.values() if run == name}
            if not indices and not links:
                continue
            self.bag.put(f"data/runs/{name}.proof.json", places.as_ascii(part.proof(indices, links)))
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


def _says(look: Mapping[str, Any], link: LinkView) -> bool:
    """Whether a run record says of a short link, to the letter, what the index does, and from which answers."""
    at = clock.to_text(link.at)
    told = (link.address, at, link.state, link.target, link.reason, list(link.exchanges))
    return bool(link.exchanges) and told == tuple(look.get(name) for name in wanted.LINK)
