"""What a picture shows of one version of a post: read anew from the one stored answer it is drawn from, so that nothing
of another answer, of another version, or of what only some may see comes into it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from archiver import ids
from archiver.archive import Archive
from archiver.capture.codings import decoded_body
from archiver.capture.contents import exchange_from
from archiver.database import safe_text
from archiver.errors import ArchiverError
from archiver.pictures.browser import NotDrawn
from archiver.pictures.page import DRAWN_TYPES, File, Post, page
from archiver.records import links, pictures, service
from archiver.records.pictures import Undrawn
from archiver.records.sightings import instant
from archiver.records.views import MediumView, RecordView, VersionView
from archiver.storage.segment_reader import ReadExchange, read_exchange
from archiver.viewing import PUBLIC, Viewer
from connectors.contract import AccessClass, SeenRecord

_FILE_BYTES, _FILES_BYTES, _FILES = 8 << 20, 24 << 20, 10
_MOST_SAID = 2000
_OTHER = "kept, and not shown with this version"
#: Whose a picture is: one for everybody counts versions and says times as they could see them, not as an owner's token
#: did; one of what not everybody sees is for those who see all of it.
_SEERS = {AccessClass.PUBLIC: Viewer(access=frozenset({PUBLIC})), AccessClass.PRIVATE: Viewer.EVERYTHING}
#: Whose files may be in it.
_FILES_OF = {
    AccessClass.PUBLIC: frozenset({AccessClass.MEDIA}),
    AccessClass.PRIVATE: frozenset({AccessClass.MEDIA, AccessClass.PRIVATE_MEDIA}),
}


@dataclass(frozen=True, slots=True)
class Depicted:
    """One version, as it is drawn."""

    post: Post
    html: str
    version: VersionView
    source: ReadExchange
    """The answer that the words stand in."""
    files: tuple[tuple[str, str, str], ...]
    """Medium, exchange and SHA-256 of each file that is shown."""


def depict(archive: Archive, one: Undrawn, *, plain: bool) -> Depicted:
    """The page of one version; ``plain``: without its files.

    Raises:
        NotDrawn: it cannot be read back, or is another version by now.
    """
    with archive.database.read() as connection:
        record = service.record(connection, one.record_id, _SEERS[one.access], occurrences=1)
        unchanged = len(service.record(connection, one.record_id, occurrences=1).versions) == 1
    version = next((each for each in record.versions if each.id == one.version_id), None)
    if version is None:
        raise NotDrawn("it is another version by now")
    source = _read(archive, one.exchange_id, frozenset({one.access}))
    if source is None:
        raise NotDrawn("its words cannot be read back")
    seen = _seen(archive, one, source)
    files, shown = _Files(archive, plain, _FILES_OF[one.access]).of(record, seen, unchanged=unchanged)
    post = _post(record, version, seen, source, files)
    return Depicted(post, page(post), version, source, shown)


def _seen(archive: Archive, one: Undrawn, source: ReadExchange) -> SeenRecord:
    try:
        row = exchange_from(source, "", archive.platforms)
        seen = row.reading.records[one.position]
    except (ArchiverError, IndexError) as error:
        raise NotDrawn("its words are not found again") from error
    if ids.record_id(source.facts["account"], seen.key) != one.record_id:
        raise NotDrawn("another record stands there")
    return seen


def _read(archive: Archive, exchange: str, access: frozenset[AccessClass]) -> ReadExchange | None:
    """What is stored of these classes. Of no other: what only some may see never gets into a picture for everybody."""
    with archive.database.read() as connection:
        at = pictures.place(connection, exchange)
    if at is None or at.access not in {one.value for one in access}:
        return None
    place = (at.key, at.offset, at.length, at.facts_offset, at.facts_length, at.version_id)
    with suppress(ArchiverError):
        return read_exchange(archive.store, *place)
    return None


@dataclass(slots=True)
class _Files:
    """Takes the files of one post, as far as they may be shown."""

    archive: Archive
    plain: bool
    access: frozenset[AccessClass]
    left: int = _FILES_BYTES

    def of(
        self, record: RecordView, seen: SeenRecord, *, unchanged: bool
    ) -> tuple[list[File], tuple[tuple[str, str, str], ...]]:
        """Those that the answer names; and all of a post that never changed, as some platforms tell of files apart."""
        named = {ids.medium_id(record.id, ref.key): ref for ref in seen.media}
        files: list[File] = []
        shown: list[tuple[str, str, str]] = []
        for medium in record.media:
            ref = named.get(medium.id)
            if ref is not None:
                medium = replace(medium, kind=safe_text(ref.kind), alt_text=ref.alt_text)
            own = ref is not None or unchanged
            content = self._content(medium) if own and len(shown) < _FILES and not self.plain else None
            files.append(File(medium.kind, _said(medium.alt_text), _kind(medium), content, _why(medium, own=own)))
            if content is not None and medium.exchange_id and medium.sha256:
                shown.append((medium.id, medium.exchange_id, medium.sha256))
                self.left -= len(content)
        return files, tuple(shown)

    def _content(self, medium: MediumView) -> bytes | None:
        """The bytes of a picture that was fetched and is not too large."""
        small = medium.size is not None and medium.size <= min(self.left, _FILE_BYTES)
        if medium.exchange_id is None or _kind(medium) not in DRAWN_TYPES or not small:
            return None
        read = _read(self.archive, medium.exchange_id, self.access)
        if read is None or not read.held or hashlib.sha256(read.body).hexdigest() != medium.sha256:
            return None
        content = decoded_body(read.headers, read.body)
        return content if len(content) <= min(self.left, _FILE_BYTES) else None


def _said(text: str | None) -> str | None:
    """What strangers wrote beside the words, as far as it is looked at."""
    return None if text is None else safe_text(text[:_MOST_SAID])


def _kind(medium: MediumView) -> str:
    return (medium.content_type or "").partition(";")[0].strip().lower()


def _why(medium: MediumView, *, own: bool) -> str:
    if medium.state != "fetched":
        return medium.state.replace("_", " ")
    return "kept, not shown here" if own else _OTHER


def _post(
    record: RecordView, version: VersionView, seen: SeenRecord, source: ReadExchange, files: Sequence[File]
) -> Post:
    account, author, text = record.account, seen.author, safe_text(seen.text)
    name = None if author is None else author.name or author.handle
    return Post(
        platform=account.platform,
        account=account.name or account.handle,
        author=_said(name) or account.name or account.handle,
        handle=_said(author.handle) if author else None,
        kind=record.kind,
        text=text,
        url=_said(seen.url),
        created_at=instant(seen.created_at),
        first_seen_at=version.first_seen_at,
        received_at=source.received_at,
        version=version.number,
        record=record.id,
        links=links.unsaid(seen.content, text),
        files=files,
        counts=seen.counts,
    )
