"""The stored exchanges of a bundle: proofs of what is wanted of each, and the files that came in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from archiver.archive import Archive
from archiver.faults import crash_point
from archiver.release import places, stored
from archiver.release.bag import Bag
from archiver.release.places import NotAlone, Wanted
from archiver.release.stored import StoredExchange, Where
from archiver.release.wanted import WantedRecord

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


@dataclass(slots=True)
class WantedExchange:
    """What is wanted of one exchange."""

    positions: dict[int, str] = field(default_factory=dict)
    """To the id of the record."""
    media: dict[str, WantedRecord] = field(default_factory=dict)
    """Ids of files that came in it."""
    picture: WantedRecord | None = None
    """The record of which it is a picture that we drew."""
    evidence: list[WantedRecord] = field(default_factory=list)
    links: list[WantedRecord] = field(default_factory=list)
    """Records in whose words the short link stands that it says something of."""


@dataclass(slots=True)
class Showing:
    """Shows what is wanted of exchanges, and not a byte of other records."""

    archive: Archive
    bag: Bag
    whole: bool
    watch: Watcher
    records: dict[str, WantedRecord]
    """Those of which nothing could be shown are taken out."""
    left_out: list[tuple[str, str]]
    exchanges: dict[str, WantedExchange]
    events: dict[str, str]
    """Ids of entries, by the name they have in the bundle."""
    listed: list[dict[str, Any]]
    """The exchanges, as the manifest has them."""

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
        asked.links = [one for one in asked.links if one.view.id in self.records]
        if asked.picture is not None and not self._shows_words_of(asked.picture, where.exchange):
            asked.picture = None
        if not (asked.positions or asked.media or asked.evidence or asked.picture or asked.links):
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
        what = Wanted(
            frozenset(asked.positions), bool(asked.media), bool(asked.evidence), self.whole, picture, bool(asked.links)
        )
        if what.any:
            self._write(where, asked, opened, what)

    def _shows_words_of(self, record: WantedRecord, picture: str) -> bool:
        """Whether the words that a picture was drawn from are shown: where they cannot be, it is not handed out."""
        places = {(one.exchange, one.position) for one in record.places}
        drawn = [(one.drawn_from, one.position) for one in record.view.pictures if one.exchange_id == picture]
        return record.view.id in self.records and any(one in places for one in drawn)

    def _write(self, where: Where, asked: WantedExchange, opened: StoredExchange, what: Wanted) -> None:
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

    def _may_show_url(self, asked: WantedExchange, opened: StoredExchange, shown: set[tuple[str | int, ...]]) -> bool:
        if self.whole or asked.links:
            return True
        about = [self.records[one] for one in asked.positions.values()]
        about += [*asked.media.values(), *asked.evidence]
        below = {path[1:] for path in shown if path[0] == "body"}
        own, others = places.split(opened.value.get("body"), below)
        known = [text for record in about for text in _known(record)]
        listed = [str(key) for at, (key, _) in enumerate(opened.facts.get("records", ())) if at not in asked.positions]
        others += [word for key in listed for word in places.key_words(key)]
        return places.names_no_other(str(opened.facts["url"]), [*own, *known], others)

    def _copy_media(self, asked: WantedExchange, opened: StoredExchange) -> None:
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


def _known(record: WantedRecord) -> Iterator[str]:
    """What may stand in an address beside a record: itself, its account, the post it stands under."""
    view = record.view
    yield from (view.key, view.account.handle, view.account.name, view.account.url, view.url or "")
    yield from (medium.url for medium in view.media)
    yield record.thread_key or ""
