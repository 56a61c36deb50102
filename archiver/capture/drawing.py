"""Drawing pictures of an account's own posts (law R19), after a run is archived and apart from it.

What was captured is never put at risk by it: pictures are drawn while nobody is kept from the account, what fails is
said and tried again later, and a run of its own (trigger ``pictures``) stores them. It looks at nothing, so no gap and
no state follows from it. What was drawn and not stored when a process ended is drawn again.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from archiver import logs
from archiver.capture.aside import Aside
from archiver.capture.depicting import Depicted, depict
from archiver.capture.facts import PictureOf, Taken
from archiver.capture.reading import PICTURE
from archiver.capture.standing import DRAWING
from archiver.errors import Busy
from archiver.pictures import browser
from archiver.pictures.browser import Browser, Drawer, Drawers, Drawn, NoBrowser, NotDrawn
from archiver.pictures.page import PAGE
from archiver.records import pictures
from archiver.records.pictures import Undrawn
from archiver.wire.exchange import WireExchange
from connectors.contract import AccessClass, Ask, Stream

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)
_PICTURES_BYTES = 64 << 20
"""Of pictures that wait to be stored together."""
_SECONDS = 120
"""After which no further page is begun in one go."""
_STORED_AS = {AccessClass.PUBLIC: AccessClass.MEDIA, AccessClass.PRIVATE: AccessClass.PRIVATE_MEDIA}
"""As what a picture is stored, by the class of what it is drawn from: as files of the record are."""
_STARTS = 3
"""Browsers started in one go: each page that fails costs one."""


@dataclass(frozen=True, slots=True)
class Made:
    """One picture, and what it was drawn from."""

    of: PictureOf
    png: bytes
    uri: str
    """Of the exchange whose words it shows."""
    begun: datetime
    ended: datetime
    """When it was drawn; stored it is later."""
    access: AccessClass
    """Class of the segment that it is stored in."""


@dataclass(slots=True)
class Drawing:
    """Draws for one archive and one process. Safe for several threads."""

    archive: Archive
    aside: Aside
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
        except Exception as error:  # noqa: BLE001 - a program bug too must not become the run's failure
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
                shown = self._depicted(one)
                if shown is None:
                    continue
                if drawer is None:
                    if starts == _STARTS:
                        return
                    drawer, starts = self._start(), starts + 1
                try:
                    made = self._draw(one, shown, drawer)
                except NotDrawn as error:
                    self._failed(one, error)
                    drawer.close()
                    drawer = None
                    continue
                size += len(made.png)
                yield made
        finally:
            if drawer is not None:
                drawer.close()

    def _depicted(self, one: Undrawn) -> Depicted | None:
        """None: it cannot be read back. No browser is at fault, so none is started for it."""
        try:
            return depict(self.archive, one, plain=one.version_id in self._plain)
        except NotDrawn as error:
            self._failed(one, error)
            return None

    def _failed(self, one: Undrawn, error: NotDrawn) -> None:
        """Try it without its files the next time: they are what is hardest to draw. After that, not in this process."""
        _log.warning("pictures.not_drawn", record=one.record_id, version=one.version_id, reason=str(error))
        (self._passed_over if one.version_id in self._plain else self._plain).add(one.version_id)

    def _start(self) -> Drawer:
        started = self.drawers() if self.drawers is not None else self._chromium()
        self.why_not = None
        return started

    def _chromium(self) -> Drawer:
        return Browser.start(browser.find(self.archive.settings.pictures_browser))

    def _draw(self, one: Undrawn, shown: Depicted, drawer: Drawer) -> Made:
        begun = self.archive.clock.now()
        drawn = drawer.draw(shown.html)
        ended = self.archive.clock.now()
        of = _of(shown, one, drawn, drawer.version)
        return Made(of, drawn.png, shown.source.uri, begun, ended, _STORED_AS[one.access])

    # Storing

    def _store(self, account: Row[Any], made: Sequence[Made]) -> None:
        taken = (_taken(one, number) for number, one in enumerate(made))
        self.aside.store(account, DRAWING, made[0].begun, taken, lambda state: state.count("pictures", len(made)))


def _of(shown: Depicted, one: Undrawn, drawn: Drawn, drawn_by: str) -> PictureOf:
    return PictureOf(
        record=one.record_id,
        version=one.version_id,
        number=shown.version.number,
        drawn_from=(one.exchange_id, one.position),
        source="response" if shown.source.status else "resource",
        files=shown.files,
        page=PAGE,
        page_sha256=hashlib.sha256(shown.html.encode("utf-8", "surrogatepass")).hexdigest(),
        beside=shown.post.beside(),
        browser=drawn_by,
        width=drawn.width,
        height=drawn.height,
        whole=drawn.whole,
    )


def _taken(made: Made, ordinal: int) -> Taken:
    png = made.png
    wire = WireExchange(
        method="GET",
        url=made.uri,
        sent_at=made.begun,
        received_at=made.ended,
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
    ask = Ask(made.uri, Stream.MEDIA, PICTURE, access=made.access, authorise="never")
    return Taken(ordinal, ask, wire, picture=made.of)
