"""Deliveries and events of streams on the disk: safe before they are acknowledged, and until they are archived.

One file each, below the archive's home::

    deliveries/waiting/ACCOUNT/NAME    not archived yet: one frame of the spool (:mod:`archiver.capture.spool`)
    deliveries/taken/YYYY-MM-DD/NAME   archived that day; empty
    deliveries/aside/NAME              authentic, and nobody could tell whose it is

NAME is a digest of account and body. A file is made under its name or not at all, so the same delivery is taken once,
whoever sends it again and however often, for as long as its name is remembered. A restart changes nothing.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from archiver import logs
from archiver.capture import asks
from archiver.capture.spool import disk_errors, frame, read_frames, sync_folder
from archiver.clock import from_text, to_text
from archiver.errors import OutOfSpace
from archiver.faults import crash_point
from archiver.settings import Settings
from archiver.storage.durable import write_all
from archiver.wire.exchange import MaskedRange, Network
from connectors.contract import Ask

_log = logs.get(__name__)
REMEMBERED: Final = timedelta(days=8)
"""Platforms send again for up to 36 hours; whoever recorded one may do so later."""
_MOST_ASIDE: Final = 1000
_ABANDONED: Final = 3600.0
"""Seconds after which nobody is writing a file any more."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came for one account: a delivery, or an event of a stream."""

    account: str
    body: bytes
    """As it came, but for what is another account's."""
    media_type: str
    received_at: datetime
    ask: Ask
    headers: tuple[tuple[str, str], ...] = ()
    masked: tuple[MaskedRange, ...] = ()
    network: Network = field(default_factory=Network)
    whole: str = ""
    """SHA-256 of the whole body, hex; empty: it is the body."""

    @property
    def digest(self) -> str:
        """SHA-256 of what is stored of it, hex."""
        return sha256(self.body).hexdigest()

    @property
    def name(self) -> str:
        """What it is known by, so that it is taken once."""
        parts = (self.account, self.ask.access.value, self.whole or self.digest)
        return sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Waiting:
    """An arrival that is on the disk."""

    path: Path
    arrival: Arrival


def require_room(settings: Settings) -> None:
    """Refuse what would eat into the reserve of the disk.

    Raises:
        OutOfSpace: there is no more room than that.
    """
    usage = shutil.disk_usage(settings.home)
    if usage.free < usage.total * settings.disk_reserve_percent / 100:
        raise OutOfSpace("no room left for what platforms send: free some space; they send again for a while")


class Arrivals:
    """The folder. Safe for several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, arrival: Arrival) -> bool:
        """Make an arrival safe: on return it is on the disk. False: it was before, or is archived.

        Raises:
            SpoolError, OutOfSpace: it is not.
        """
        if self._was_taken(arrival.name):
            return False
        header: dict[str, Any] = {
            "v": 1,
            "account": arrival.account,
            "type": arrival.media_type,
            "at": to_text(arrival.received_at),
            "ask": asks.to_json(arrival.ask),
            "headers": arrival.headers,
            "masked": arrival.masked,
            "ip": arrival.network.ip,
            "protocols": arrival.network.protocols,
            "cipher": arrival.network.cipher,
            "whole": arrival.whole,
        }
        path = self._waiting / arrival.account / arrival.name
        made = _make(path, frame(header, [arrival.body]))
        crash_point("delivery.kept")
        if made and self._was_taken(arrival.name):
            # It was archived while we looked: its name is remembered before its file goes, and only then we made ours.
            with disk_errors(path):
                path.unlink(missing_ok=True)
            return False
        return made

    def keep_aside(self, body: bytes) -> bool:
        """Keep what nobody could tell the owner of, for somebody to look at. False: there is no room for more."""
        folder = self.folder / "aside"
        if folder.exists() and sum(1 for _ in folder.iterdir()) >= _MOST_ASIDE:
            return False
        _make(folder / sha256(body).hexdigest(), body)
        return True

    def accounts(self) -> list[str]:
        """Accounts for which something waits."""
        try:
            return sorted(one.name for one in self._waiting.iterdir() if any(one.iterdir()))
        except FileNotFoundError:
            return []

    def count(self, account: str) -> int:
        """How much waits for an account."""
        try:
            return sum(1 for one in (self._waiting / account).iterdir() if not one.name.startswith("."))
        except FileNotFoundError:
            return 0

    def oldest(self, account: str) -> datetime | None:
        """Since when something waits for an account, by the machine's clock.

        Raises:
            SpoolError, OutOfSpace: the disk does not say.
        """
        paths = self._in_order(account)
        with disk_errors(self._waiting), suppress(FileNotFoundError):
            return datetime.fromtimestamp(paths[0].stat().st_mtime, UTC) if paths else None
        return None

    def count_aside(self) -> int:
        """How much was kept aside for somebody to look at."""
        try:
            return sum(1 for one in (self.folder / "aside").iterdir() if not one.name.startswith("."))
        except FileNotFoundError:
            return 0

    def of(self, account: str, most: int, size: int) -> list[Waiting]:
        """What waits for an account, in the order in which it came: so many, or so many bytes, but one at least. What
        cannot be read is kept aside and told to the log.

        Raises:
            SpoolError, OutOfSpace: the disk does not give it back.
        """
        found: list[Waiting] = []
        held = 0
        for path in self._in_order(account):
            read = self._read(path)
            if read is None:
                continue
            held += len(read.arrival.body)
            if found and (len(found) >= most or held > size):
                break
            found.append(read)
        return found

    def done(self, taken: Iterable[Waiting], on: date) -> None:
        """These are archived: their names are remembered, themselves no longer kept.

        Raises:
            SpoolError, OutOfSpace: the disk refuses; they are archived once all the same.
        """
        folder = self.folder / "taken" / on.isoformat()
        taken = list(taken)
        with disk_errors(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for one in taken:
                os.close(os.open(folder / one.path.name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            sync_folder(folder)
            crash_point("delivery.remembered")
            for one in taken:
                one.path.unlink(missing_ok=True)

    def drop(self, waiting: Waiting) -> None:
        """It is of no account after all."""
        with disk_errors(waiting.path):
            waiting.path.unlink(missing_ok=True)

    def forget(self, today: date) -> None:
        """Forget what was archived long ago, and beginnings of files whose writers died: nobody was told that they
        were kept."""
        for beginning in self._waiting.glob("*/.*"):
            with disk_errors(beginning), suppress(FileNotFoundError):
                if datetime.now(UTC).timestamp() - beginning.stat().st_mtime > _ABANDONED:
                    beginning.unlink()
        with disk_errors(self.folder), suppress(FileNotFoundError):
            for folder in (self.folder / "taken").iterdir():
                if folder.name < (today - REMEMBERED).isoformat():
                    for path in folder.iterdir():
                        path.unlink(missing_ok=True)
                    folder.rmdir()

    @property
    def _waiting(self) -> Path:
        return self.folder / "waiting"

    def _was_taken(self, name: str) -> bool:
        try:
            return any((day / name).exists() for day in (self.folder / "taken").iterdir())
        except FileNotFoundError:
            return False

    def _in_order(self, account: str) -> list[Path]:
        folder = self._waiting / account
        with disk_errors(folder):
            try:
                # (the time of a file is that of the machine: good enough for an order that claims nothing)
                listed = [(one.stat().st_mtime_ns, one.name) for one in os.scandir(folder) if one.name[0] != "."]
            except FileNotFoundError:
                return []
        return [folder / name for _, name in sorted(listed)]

    def _read(self, path: Path) -> Waiting | None:
        with disk_errors(path), path.open("rb") as file:
            frames = list(read_frames(file))
        try:
            header, (body,), _ = frames[0]
            return Waiting(path, _arrival(header, body))
        except (IndexError, KeyError, TypeError, ValueError) as error:
            _log.error("delivery.unreadable", file=path.name, exc_info=error)
            aside = self.folder / "aside"
            with disk_errors(path):
                aside.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.rename(aside / path.name)
                sync_folder(aside)
            return None


def _arrival(header: dict[str, Any], body: bytes) -> Arrival:
    return Arrival(
        account=header["account"],
        body=body,
        media_type=header["type"],
        received_at=from_text(header["at"]),
        ask=asks.from_json(header["ask"]),
        headers=tuple((name, value) for name, value in header["headers"]),
        masked=tuple((start, end, what) for start, end, what in header["masked"]),
        network=Network(header["ip"], tuple(header["protocols"]), header["cipher"]),
        whole=header["whole"],
    )


def _make(path: Path, content: bytes) -> bool:
    """Make a file, whole and durably. False: one of that name is there."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with disk_errors(path):
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(path.parent.parent)
            sync_folder(path.parent.parent.parent)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            write_all(descriptor, content)
            crash_point("delivery.written")
            os.fsync(descriptor)
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
    return True
