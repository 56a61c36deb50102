"""Drawing pictures of an account's own posts (law R19), after a run is archived and apart from it.

What was captured is never put at risk by it: pictures are drawn while nobody is kept from the account, what fails is
said and tried again later, and a run of its own (trigger ``pictures``) stores them. It looks at nothing, so no gap and
no state follows from it. What was drawn and not stored when a process ended is drawn again.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from archiver import ids, logs
from archiver.capture.batch import Batch
from archiver.capture.codings import decoded_body
from archiver.capture.commit import exchange_row
from archiver.capture.commitments import Commitments
from archiver.capture.committer import Committer, Work
from archiver.capture.facts import PictureOf, RunIdentity, Taken
from archiver.capture.failures import named_failures
from archiver.capture.leases import Held, Leases
from archiver.capture.outcomes import RunOutcome
from archiver.capture.reading import PICTURE
from archiver.capture.run import RunState, RunTerms
from archiver.capture.spool import Spool
from archiver.capture.standing import DRAWING
from archiver.capture.terms import about, frozen_settings, said_before, segment_terms
from archiver.errors import ArchiverError, Busy
from archiver.evidence.deltas import store_deltas
from archiver.pictures import browser
from archiver.pictures.browser import Browser, Drawer, Drawers, Drawn, NoBrowser, NotDrawn
from archiver.pictures.page import DRAWN_TYPES, PAGE, File, Post, page
from archiver.records import links, pictures, service
from archiver.records.pictures import Undrawn
from archiver.records.views import MediumView, RecordView, VersionView
from archiver.storage.segment_reader import ReadExchange, read_exchange
from archiver.wire.exchange import WireExchange
from connectors.contract import AccessClass, Ask, Stream, SweepKind

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)
_FILE_BYTES, _FILES_BYTES, _FILES = 8 << 20, 24 << 20, 10
_PICTURES_BYTES = 64 << 20
"""Of pictures that wait to be stored together."""
_SECONDS = 120
"""After which no further page is begun in one go."""
_STARTS = 3
"""Browsers started in one go: each page that fails costs one."""
_OTHER_VERSION = "kept, and not shown with this version"


@dataclass(frozen=True, slots=True)
class Made:
    """One picture, and what it was drawn from."""

    of: PictureOf
    png: bytes
    uri: str
    """Of the exchange whose words it shows."""


@dataclass(slots=True)
class Drawing:
    """Draws for one archive and one process. Safe for several threads."""

    archive: Archive
    spool: Spool
    leases: Leases
    committer: Committer
    leave: Callable[[str, str], None]
    """Told account and batch where pictures could not be archived."""
    drawers: Drawers | None = None
    """Starts what draws; None: the installed Chromium."""
    why_not: str | None = None
    """Why nothing was drawn the last time, where that is so."""
    _one: threading.Lock = field(default_factory=threading.Lock)
    _passed_over: set[str] = field(default_factory=set)
    """Versions that could not be drawn; a later process tries again."""
    _plain: set[str] = field(default_factory=set)
    """Versions that could not be drawn with their files."""
    _done: set[str] = field(default_factory=set)
    """Accounts of which everything is drawn, until a run stores something."""

    def after_run(self, account: Row[Any], stop: threading.Event, *, stored: bool) -> None:
        """Draw what a run brought, where that is switched on. Nothing that goes wrong here concerns the run."""
        if stored:
            self._done.discard(account.id)
        if not self.archive.settings.pictures or stop.is_set() or account.id in self._done:
            return
        if not self._one.acquire(blocking=False):
            return  # one browser at a time; the next run of this account draws
        try:
            self.draw(account, stop)
        except NoBrowser as error:
            if self.why_not != str(error):
                _log.warning("pictures.no_browser", reason=str(error))
            self.why_not = str(error)
        except Busy:
            _log.info("pictures.postponed", account=account.id)
        except ArchiverError as error:
            _log.error("pictures.failed", account=account.id, exc_info=error)
        finally:
            self._one.release()

    def draw(self, account: Row[Any], stop: threading.Event) -> int:
        """Draw and store what has no picture, as much as one go may; how many.

        Raises:
            NoBrowser: there is nothing to draw with.
            Busy: somebody is at the account; what was drawn is drawn again.
            ArchiverError: it could not be read or stored.
        """
        most = self.archive.settings.pictures_run
        with self.archive.database.read() as connection:
            wanted = pictures.undrawn(connection, account.id, most, self._passed_over)
        made = list(self._draw_all(wanted, stop)) if wanted else []
        if len(wanted) < most and len(made) == len(wanted):
            self._done.add(account.id)
        else:
            self._done.discard(account.id)
        if made:
            try:
                self._store(account, made)
            except BaseException:
                self._done.discard(account.id)
                raise
        return len(made)

    # Drawing

    def _draw_all(self, wanted: Sequence[Undrawn], stop: threading.Event) -> Iterator[Made]:
        drawer, starts, size, until = None, 0, 0, time.monotonic() + _SECONDS
        try:
            for one in wanted:
                if stop.is_set() or size > _PICTURES_BYTES or time.monotonic() > until:
                    return
                if drawer is None:
                    if starts == _STARTS:
                        return
                    drawer, starts = self._start(), starts + 1
                try:
                    made = self._draw(one, drawer)
                except NotDrawn as error:
                    _log.warning("pictures.not_drawn", record=one.record_id, version=one.version_id, reason=str(error))
                    self._failed(one.version_id)
                    drawer.close()
                    drawer = None
                    continue
                size += len(made.png)
                yield made
        finally:
            if drawer is not None:
                drawer.close()

    def _failed(self, version: str) -> None:
        """Try it without its files the next time: they are what is hardest to draw. After that, not in this process."""
        (self._passed_over if version in self._plain else self._plain).add(version)

    def _start(self) -> Drawer:
        started = self.drawers() if self.drawers is not None else self._chromium()
        self.why_not = None
        return started

    def _chromium(self) -> Drawer:
        return Browser.start(browser.find(self.archive.settings.pictures_browser))

    def _draw(self, one: Undrawn, drawer: Drawer) -> Made:
        with self.archive.database.read() as connection:
            record = service.record(connection, one.record_id, occurrences=1)
            stored = pictures.place(connection, one.exchange_id)
        version = next((each for each in record.versions if each.id == one.version_id), None)
        if version is None or stored is None:
            raise NotDrawn("it is another version by now")
        source = self._read(one.exchange_id)
        if source is None:
            raise NotDrawn("its words cannot be read back")
        latest = version is record.versions[-1]
        files, shown = self._files(record, latest and one.version_id not in self._plain)
        html = page(_post(record, version, files, latest=latest))
        drawn = drawer.draw(html)
        return Made(_of(record, version, one, source, shown, html, drawn, drawer.version), drawn.png, source.uri)

    def _files(self, record: RecordView, latest: bool) -> tuple[list[File], list[tuple[str, str, str]]]:
        """The files of a post, and of those that are shown medium, exchange and SHA-256."""
        files: list[File] = []
        shown: list[tuple[str, str, str]] = []
        left = _FILES_BYTES
        for medium in record.media:
            content = self._file(medium, left) if latest and len(shown) < _FILES else None
            files.append(_file(medium, content, latest))
            if content is not None and medium.exchange_id and medium.sha256:
                shown.append((medium.id, medium.exchange_id, medium.sha256))
                left -= len(content)
        return files, shown

    def _file(self, medium: MediumView, most: int) -> bytes | None:
        """The bytes of a picture that was fetched and is not too large."""
        small = medium.size is not None and medium.size <= min(most, _FILE_BYTES)
        if medium.exchange_id is None or _kind(medium) not in DRAWN_TYPES or not small:
            return None
        read = self._read(medium.exchange_id)
        if read is None or not read.held or hashlib.sha256(read.body).hexdigest() != medium.sha256:
            return None
        return decoded_body(read.headers, read.body)

    def _read(self, exchange: str) -> ReadExchange | None:
        with self.archive.database.read() as connection:
            at = pictures.place(connection, exchange)
        if at is None:
            return None
        with suppress(ArchiverError):
            return read_exchange(
                self.archive.store, at.key, at.offset, at.length, at.facts_offset, at.facts_length, at.version_id
            )
        return None

    # Storing

    def _store(self, account: Row[Any], made: Sequence[Made]) -> None:
        with named_failures(self.spool.folder):
            with self.leases.held(account.id) as held:
                self._commit(account, held, made)
            store_deltas(self.archive.database, self.archive.store)

    def _commit(self, account: Row[Any], held: Held, made: Sequence[Made]) -> None:
        state = self._state(account, held)
        batch = state.batch
        try:
            state.store(_taken(one, number, self.archive.clock.now()) for number, one in enumerate(made))
            state.count("pictures", len(made))
            at = self.archive.clock.now()
            parts = state.parts(at, len(made), (RunOutcome.COMPLETE.value, None))
            finished = batch.seal(parts, at)
            stored = self.committer.put(self.spool.folder, finished)
            rows = [exchange_row(entry) for entry in batch.entries]
            work = Work(account.id, state.terms.identity.run, held.epoch, stored, rows, parts, at)
            self.committer.commit(held, work, release=True)
            batch.clear()
        except BaseException:
            batch.abandon()
            self.leave(account.id, batch.stem)
            raise

    def _state(self, account: Row[Any], held: Held) -> RunState:
        archive = self.archive
        connector = archive.platforms.connector(account.platform)
        identity = RunIdentity(ids.new_id("rn"), held.epoch, account.id, account.platform, connector.version)
        settings_hash, frozen = frozen_settings(archive, account)
        with archive.database.read() as connection:
            used, said = said_before(connection, account, settings_hash)
        terms = RunTerms(
            identity=identity,
            sweep=SweepKind.NEW,
            trigger=DRAWING,
            started_at=archive.clock.now(),
            every=archive.settings.sweep_new_seconds,
            settings_hash=settings_hash,
            frozen=None if used else frozen,
            about=None if said else about(account),
            segments=segment_terms(archive, account),
        )
        batch = Batch(self.spool.folder, identity, 1, terms.segments, Commitments(None))
        return RunState(terms, self.spool, batch, None)


def _kind(medium: MediumView) -> str:
    return (medium.content_type or "").partition(";")[0].strip().lower()


def _file(medium: MediumView, content: bytes | None, latest: bool) -> File:
    why = "kept, not shown here" if medium.state == "fetched" else medium.state.replace("_", " ")
    why = why if latest or medium.state != "fetched" else _OTHER_VERSION
    return File(medium.kind, medium.alt_text, _kind(medium), content, why)


def _post(record: RecordView, version: VersionView, files: Sequence[File], *, latest: bool) -> Post:
    account = record.account
    return Post(
        platform=account.platform,
        account=account.name or account.handle,
        author=record.author.name or record.author.handle or account.name or account.handle,
        handle=record.author.handle,
        kind=record.kind,
        text=version.text,
        url=record.url,
        created_at=record.created_at,
        first_seen_at=version.first_seen_at,
        version=version.number,
        record=record.id,
        links=links.unsaid(version.content, version.text),
        files=files,
        counts=record.counts if latest else {},
    )


def _of(
    record: RecordView,
    version: VersionView,
    one: Undrawn,
    source: ReadExchange,
    shown: Sequence[tuple[str, str, str]],
    html: str,
    drawn: Drawn,
    drawn_by: str,
) -> PictureOf:
    return PictureOf(
        record=record.id,
        version=version.id,
        number=version.number,
        drawn_from=(one.exchange_id, one.position),
        source="response" if source.status else "resource",
        files=tuple(shown),
        page=PAGE,
        page_sha256=hashlib.sha256(html.encode("utf-8", "surrogatepass")).hexdigest(),
        browser=drawn_by,
        width=drawn.width,
        height=drawn.height,
        whole=drawn.whole,
    )


def _taken(made: Made, ordinal: int, at: Any) -> Taken:
    png = made.png
    wire = WireExchange(
        method="GET",
        url=made.uri,
        sent_at=at,
        received_at=at,
        status=0,
        headers=(("Content-Type", "image/png"),),
        request=b"",
        response=png,
        response_head=0,
        body=png,
        body_sha256=hashlib.sha256(png).hexdigest(),
        body_size=len(png),
        pushed="image/png",
    )
    ask = Ask(made.uri, Stream.MEDIA, PICTURE, access=AccessClass.MEDIA, authorise="never")
    return Taken(ordinal, ask, wire, picture=made.of)
