"""One kept file of a record, for people: captions and other text as text, pictures and films to be shown, anything as a
file. Nothing is ever handed out in a way that a browser would run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from archiver.archive import Archive
from archiver.capture.codings import Undecodable, decoded
from archiver.errors import Busy, IntegrityError, NotFound
from archiver.operations import shown_files
from archiver.records import finding, pictures, service
from archiver.records.pictures import StoredAt
from archiver.records.seeing import only_public
from archiver.records.stored import OPEN
from archiver.records.views import MediumView
from archiver.storage.protocol import NoSuchObject
from archiver.storage.segment_reader import read_exchange
from archiver.viewing import Viewer

SHOWN: Final = 48 * 2**10
"""Bytes that are shown as text."""
LARGEST: Final = 32 * 2**20
"""Bytes of a file that is handed out here."""
SMALL: Final = 2**20
"""Bytes of a file that is read whenever it is asked for: the pictures of a page."""
AT_ONCE: Final = 2
"""Larger files that are unpacked at a time. A film is stored whole, in one packed record whose digest is checked, so
that each part of it that a browser asks for takes all of it: memory would grow with how many wind films at once."""
IN_LINE: Final = 12
"""Larger files that are being asked for, before the next one is told to come again: fewer than there are threads, so
that pages are answered meanwhile."""
_PATIENCE: Final = 20.0
"""Seconds until a file's turn."""
PICTURES_AT_ONCE: Final = 4
"""Large pictures that are unpacked at a time. All of a page are asked for at once where it is printed, and a browser
asks for none a second time: they wait for each other, however many, and for no film."""
_turns, _line = threading.BoundedSemaphore(AT_ONCE), threading.BoundedSemaphore(IN_LINE)
_pictures = threading.BoundedSemaphore(PICTURES_AT_ONCE)
_TEXTS: Final = ("text/", "application/x-subrip", "application/ttml+xml", "application/json")
NO_SUCH: Final = "this record has no such file that is kept"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is kept, and where."""

    medium: MediumView
    at: StoredAt

    @property
    def is_text(self) -> bool:
        return is_text(self.medium)

    @property
    def offered(self) -> bool:
        """Whether it is small enough to be handed out here."""
        return self.weight <= LARGEST

    @property
    def weight(self) -> int:
        """Bytes: of what is stored, or of what it is unpacked, whichever is more."""
        return max(self.at.length, self.medium.size or 0)


def is_text(medium: MediumView) -> bool:
    """Whether a file is shown as text: captions, and what the server called text."""
    return medium.kind == "caption" or (medium.content_type or "").lower().startswith(_TEXTS)


def find(connection: Connection, viewer: Viewer, record_id: str, medium_id: str) -> KeptFile:
    """A kept file of a record.

    Raises:
        NotFound: there is none, or not for this viewer.
    """
    media = service.record(connection, record_id, viewer, occurrences=1).media
    medium = next((one for one in media if one.id == medium_id and one.exchange_id is not None), None)
    at = None if medium is None or medium.exchange_id is None else pictures.place(connection, medium.exchange_id)
    if medium is None or at is None or not _opens(viewer, connection, record_id, at):
        raise NotFound(NO_SUCH)
    return KeptFile(medium, at)


def _opens(viewer: Viewer, connection: Connection, record_id: str, at: StoredAt) -> bool:
    """Whether the segment that holds a file is open to a viewer, whatever record names it: who sees public things only
    gets none out of a segment of private ones."""
    account = finding.one(connection, record_id, viewer).account_id
    return not only_public(viewer, account) or at.access in OPEN


def content(archive: Archive, file: KeptFile) -> bytes:
    """The bytes that came.

    Raises:
        NotFound: it is not there as it was written, or is too large.
        Busy: many large files are asked for just now.
        StoreUnavailable: try again later.
    """
    if not file.offered:
        raise NotFound("that file is too large to be handed out here; `archiver evidence export` has it")
    if file.weight <= SMALL:
        return _unpacked(archive, file)
    is_picture = shown_files.is_picture(file.medium) and file.weight <= shown_files.LARGEST_PICTURE
    with _turn(_pictures) if is_picture else _in_line():
        return _unpacked(archive, file)


@contextmanager
def _in_line() -> Iterator[None]:
    if not _line.acquire(blocking=False):
        raise Busy("several films are being handed out just now: try again in a moment")
    try:
        with _turn(_turns):
            yield
    finally:
        _line.release()


@contextmanager
def _turn(turns: threading.BoundedSemaphore) -> Iterator[None]:
    if not turns.acquire(timeout=_PATIENCE):
        raise Busy("other files take long to be handed out just now: try again in a moment")
    try:
        yield
    finally:
        turns.release()


def _unpacked(archive: Archive, file: KeptFile) -> bytes:
    at = file.at
    try:
        place = (at.key, at.offset, at.length, at.facts_offset, at.facts_length, at.version_id)
        read = read_exchange(archive.store, *place)
    except (IntegrityError, NoSuchObject):
        raise NotFound("that file is not there as it was written; run `archiver verify`") from None
    try:
        return decoded(read.headers, read.body)
    except Undecodable:
        return read.body
