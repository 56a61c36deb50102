"""Evidence made for somebody who is signed in: a bundle as a zip and its certificate, kept for them until they have
taken both, and no longer.

A folder of its own for each in ``hand-outs`` of the home: under a name that nobody asks for while it is made, under the
bundle's id once it is whole. Nothing of it is content of the archive; what is lost here is made anew.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from archiver import clock
from archiver.archive import Archive
from archiver.errors import Busy, NotFound, OutOfSpace, UsageError
from archiver.people.acting import Actor
from archiver.records import service
from archiver.records.seeing import only_public
from archiver.release import bundle, choosing
from archiver.release.certificate import Certificate, certify
from archiver.release.forms import Form
from archiver.storage.durable import disk_errors
from archiver.viewing import Viewer

#: How long it waits to be taken.
KEPT: Final = timedelta(hours=1)
#: Bytes of a record's files, at most: larger ones are handed out on the machine of the archive.
LARGEST: Final = 2 * 2**30
#: That wait for one person at once; the oldest gives way.
MOST: Final = 5
LONGEST_NAME: Final = 120
BUNDLE, CERTIFICATE = "bundle.zip", "certificate.pdf"
_ABOUT, _LOCK, _MAKING = "about.json", "lock", "making-"
_FULL = "there is not enough room on the disk of the archive"
_ROOM = 64 * 2**20
"""Bytes for proofs, readings and the certificate."""
_AT_ONCE = threading.BoundedSemaphore(2)
_PATIENCE = 120.0
"""Seconds that somebody waits for what they asked for twice."""
_asked: dict[tuple[str, ...], threading.Lock] = {}
_asking = threading.Lock()


@dataclass(frozen=True, slots=True)
class HandOut:
    """What waits for a person."""

    bundle: str
    record: str
    person: str
    form: str
    made_at: str
    public: bool
    """Made for somebody who saw of the account what everybody saw."""
    exchanges: int
    bundle_size: int
    bundle_sha256: str
    """Of the zip."""
    certificate_size: int
    certificate_sha256: str
    key: str
    """That verifies it, as it is published."""

    @property
    def ends_at(self) -> datetime:
        """When it is taken away."""
        return clock.from_text(self.made_at) + KEPT


def make(
    archive: Archive, actor: Actor, viewer: Viewer, record_id: str, form: Form, *, name: str = "", office: str = ""
) -> HandOut:
    """Make evidence of a record and its certificate. What ``viewer`` may not see does not get into it. Asked for twice
    at once by the same person, it is made once.

    Args:
        name, office: of whoever will sign the certificate; left open where empty.

    Raises:
        NotFound: no such record for this viewer, or nothing of it can be handed out.
        UsageError: a name is too long, or its files are too large to be taken from a page.
        Busy: others are at it.
        OutOfSpace: there is no room for it.
        IntegrityError, StoreUnavailable, MissingKey: see :func:`archiver.release.bundle.export`.
    """
    if actor.person_id is None:
        raise ValueError("what waits, waits for somebody")
    if max(len(name), len(office)) > LONGEST_NAME:
        raise UsageError(f"a name or an office has at most {LONGEST_NAME} characters")
    public = _checked(archive, viewer, record_id)
    wanted = (str(archive.settings.home), actor.person_id, record_id, form.value, name, office)
    with _one_at_a_time(wanted) as waited:
        if waited:
            found = of_record(archive, actor.person_id, viewer, record_id)
            if found and found[0].form == form.value:
                return found[0]
        sweep(archive)
        if not _AT_ONCE.acquire(blocking=False):
            raise Busy("evidence is being made for others just now: try again in a minute")
        try:
            return _made(archive, actor, viewer, record_id, form, (name, office), public)
        finally:
            _AT_ONCE.release()


def of_record(archive: Archive, person_id: str, viewer: Viewer, record_id: str) -> list[HandOut]:
    """What waits for a person of a record that they see, the newest first."""
    now = archive.clock.now()
    mine = [one for one in _all(archive) if (one.person, one.record) == (person_id, record_id) and one.ends_at > now]
    return sorted((one for one in mine if _open(archive, viewer, one)), key=lambda one: one.made_at, reverse=True)


def opened(
    archive: Archive, person_id: str, viewer: Viewer, record_id: str, bundle_id: str, name: str
) -> tuple[HandOut, IO[bytes]]:
    """One file of what waits, to be read and closed; it can be read to its end even where it is taken away meanwhile.

    Raises:
        NotFound: it does not wait for this person, or no longer.
    """
    found = next((one for one in of_record(archive, person_id, viewer, record_id) if one.bundle == bundle_id), None)
    if found is None or name not in (BUNDLE, CERTIFICATE):
        raise NotFound("that evidence does not wait for you, or no longer: make it anew from the record")
    try:
        return found, (archive.settings.hand_outs / found.bundle / name).open("rb")
    except OSError:
        raise NotFound("that evidence is no longer there: make it anew from the record") from None


def sweep(archive: Archive) -> None:
    """Take away what waited long enough, and what a process that ended left unfinished."""
    now, root = archive.clock.now(), archive.settings.hand_outs
    if not root.is_dir():
        return
    for one in _all(archive):
        if one.ends_at <= now:
            shutil.rmtree(root / one.bundle, ignore_errors=True)
    for folder in root.glob(f"{_MAKING}*"):
        with suppress(OSError), (folder / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def _checked(archive: Archive, viewer: Viewer, record_id: str) -> bool:
    """Whether it is for somebody who sees public things only; refused where it cannot be made here."""
    with archive.database.read() as connection:
        view = service.record(connection, record_id, viewer, occurrences=0)
    files = sum(one.size or 0 for one in view.media if one.state == "fetched") + sum(one.size for one in view.pictures)
    if not view.captured:
        raise NotFound("nothing of it was captured: there is nothing to prove")
    if files > LARGEST:
        raise UsageError(
            f"its files are larger than {LARGEST // 2**30} GiB: hand it out on the machine of the archive, with"
            f" `archiver evidence export {record_id}`"
        )
    disk = shutil.disk_usage(archive.settings.home)
    kept_free = disk.total * archive.settings.disk_reserve_percent / 100
    if disk.free - (2 * files + _ROOM) < kept_free:  # (once as files, once packed)
        raise OutOfSpace(_FULL)
    return only_public(viewer, view.account.id)


@contextmanager
def _one_at_a_time(wanted: tuple[str, ...]) -> Iterator[bool]:
    """Yields whether somebody else was making the same: then it is there now."""
    with _asking:
        lock = _asked.setdefault(wanted, threading.Lock())
    waited = not lock.acquire(blocking=False)
    if waited and not lock.acquire(timeout=_PATIENCE):
        raise Busy("it is being made already: look again in a minute")
    try:
        yield waited
    finally:
        lock.release()
        with _asking:
            if not lock.locked():
                _asked.pop(wanted, None)


def _made(
    archive: Archive, actor: Actor, viewer: Viewer, record_id: str, form: Form, signer: tuple[str, str], public: bool
) -> HandOut:
    name, office = signer
    with _folder(archive.settings.hand_outs) as working:
        with _in_words():
            chosen = choosing.by_ids([record_id])
            made = bundle.export(archive, chosen, working / "bundle", viewer=viewer, actor=actor.pair)
            paper = certify(archive, made.folder, form, name=name, office=office, actor=actor.pair)
        with disk_errors("write the evidence"):
            ready = working / "ready"
            ready.mkdir(mode=0o700)
            _pack(ready / BUNDLE, made.bundle, made.folder, paper)
            paper.pdf.rename(ready / CERTIFICATE)
            said = HandOut(
                bundle=made.bundle,
                record=record_id,
                person=str(actor.person_id),
                form=form.value,
                made_at=clock.to_text(archive.clock.now()),
                public=public,
                exchanges=made.exchanges,
                bundle_size=(ready / BUNDLE).stat().st_size,
                bundle_sha256=_digest(ready / BUNDLE),
                certificate_size=(ready / CERTIFICATE).stat().st_size,
                certificate_sha256=paper.sha256,
                key=made.key,
            )
            (ready / _ABOUT).write_text(json.dumps(asdict(said)))
            ready.rename(archive.settings.hand_outs / made.bundle)
    _give_way(archive, said.person)
    return said


@contextmanager
def _in_words() -> Iterator[None]:
    """What goes wrong with a folder of our own, which nobody named, is the disk's doing."""
    try:
        yield
    except UsageError as error:
        if isinstance(error.__context__, OSError):
            with disk_errors("write the evidence"):
                raise error.__context__ from None
        raise


@contextmanager
def _folder(root: Path) -> Iterator[Path]:
    """A new folder that nobody asks for, and that is gone in the end; whoever finds it can tell whether it is still
    being written."""
    with disk_errors("write the evidence"):
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        working = root / f"{_MAKING}{secrets.token_hex(8)}"
        working.mkdir(mode=0o700)
        lock = os.open(working / f"{_LOCK}.new", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        with suppress(OSError):  # some network file systems lock nothing
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (working / f"{_LOCK}.new").rename(working / _LOCK)
        yield working
    finally:
        shutil.rmtree(working, ignore_errors=True)
        os.close(lock)


def _pack(place: Path, name: str, folder: Path, paper: Certificate) -> None:
    """Bundle and certificate beside each other, under the bundle's id. Every name in it is of our making."""
    with zipfile.ZipFile(place, "x", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed:
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            packed.write(file, f"{name}/{file.relative_to(folder).as_posix()}")
        for file in (paper.pdf, paper.html, paper.text):
            packed.write(file, f"{name}-certificate{file.suffix}")


def _digest(place: Path) -> str:
    with place.open("rb") as file:
        digest = sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _give_way(archive: Archive, person_id: str) -> None:
    """Keep the newest of a person's."""
    mine = sorted((one for one in _all(archive) if one.person == person_id), key=lambda one: one.made_at)
    for one in mine[:-MOST]:
        shutil.rmtree(archive.settings.hand_outs / one.bundle, ignore_errors=True)


def _all(archive: Archive) -> Iterator[HandOut]:
    """Everything that waits."""
    for place in archive.settings.hand_outs.glob("bu_*/about.json"):
        with suppress(OSError, ValueError, TypeError):
            yield HandOut(**json.loads(place.read_text()))


def _open(archive: Archive, viewer: Viewer, one: HandOut) -> bool:
    """Whether a person may still have what was made for them: their roles may have changed since."""
    try:
        with archive.database.read() as connection:
            view = service.record(connection, one.record, viewer, occurrences=0)
    except NotFound:
        return False
    return one.public or not only_public(viewer, view.account.id)
