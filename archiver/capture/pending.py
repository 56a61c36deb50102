"""Run records of runs that stored nothing. Their rows are in the index; the records wait here, fsynced, for the
account's next segment, so that a quiet poll does not make an object of its own.

One file for each run, written before its rows are: whether the rows followed is not known until the commit answered.
Until then the record is *unsettled* and goes into no segment, since a run that was refused must not be in the store.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from archiver.capture.parts import Part, part_from
from archiver.capture.spool import disk_errors, frame, keep_torn, read_frames, sync_folder, write_durably
from archiver.faults import crash_point

_PREFIX = "pending-"


@dataclass(slots=True)
class _Run:
    """The waiting records of one run."""

    parts: Sequence[Part]
    settled: bool = False


@dataclass(slots=True)
class Pending:
    """The waiting run records in one spool folder. Safe for threads."""

    folder: Path
    _runs: dict[str, dict[str, _Run]] = field(default_factory=dict)
    """By account and run, in the order they came."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, parts: Sequence[Part], *, settled: bool = False) -> None:
        """Keep the records of one run; on return they are on the disk. Adding them again changes nothing.

        Raises:
            SpoolError, OutOfSpace: they are not.
        """
        first = parts[0]
        with self._lock:
            if first.run in self._runs.get(first.account, {}):
                return
        write_durably(_path(self.folder, first), [frame({"part": part.fields}) for part in parts])
        with self._lock:
            self._runs.setdefault(first.account, {})[first.run] = _Run(tuple(parts), settled)
        crash_point("pending.added")

    def settle(self, parts: Sequence[Part]) -> None:
        """The rows of that run are there."""
        with self._lock:
            self._runs[parts[0].account][parts[0].run].settled = True

    def of(self, account: str) -> list[Part]:
        """What waits for an account's next segment, oldest first. It stays until :meth:`done`."""
        with self._lock:
            return [part for run in self._runs.get(account, {}).values() if run.settled for part in run.parts]

    def unsettled(self, account: str) -> list[Sequence[Part]]:
        """Records of runs of which it is not known whether their rows were written."""
        with self._lock:
            return [run.parts for run in self._runs.get(account, {}).values() if not run.settled]

    def done(self, parts: Sequence[Part]) -> None:
        """These are in a committed segment now, or were refused; those that do not wait here are passed over.

        Raises:
            SpoolError, OutOfSpace: the disk refuses; at worst one will be stored twice, which counts once.
        """
        with self._lock:
            known = {part.run: part for part in parts if part.run in self._runs.get(part.account, {})}
        forget(self.folder, list(known.values()))
        with self._lock:
            for part in known.values():
                runs = self._runs[part.account]
                del runs[part.run]
                if not runs:
                    del self._runs[part.account]

    def due(self, before: datetime | None) -> list[str]:
        """Accounts with records that wait for a segment, the oldest since a time or longer; None: since any time."""
        with self._lock:
            return [
                account
                for account, runs in self._runs.items()
                if any(run.settled and (before is None or run.parts[0].at <= before) for run in runs.values())
            ]

    def accounts(self) -> set[str]:
        """Accounts with unsettled records."""
        with self._lock:
            return {account for account, runs in self._runs.items() if any(not run.settled for run in runs.values())}


def _path(folder: Path, part: Part) -> Path:
    return folder / f"{_PREFIX}{part.account}.{part.run}.frames"


def forget(folder: Path, parts: Sequence[Part]) -> None:
    """Remove waiting records from a spool folder; what is not there is passed over.

    Raises:
        SpoolError, OutOfSpace: the disk refuses.
    """
    paths = {_path(folder, part) for part in parts}
    with disk_errors(folder):
        for path in sorted(paths):
            path.unlink(missing_ok=True)
            crash_point("pending.clearing")
        if paths:
            sync_folder(folder)


def left_behind(folder: Path) -> dict[str, list[Part]]:
    """The waiting records of a process that died, by run, in the order of the runs of each account. What is torn is
    kept aside.

    Raises:
        SpoolError, OutOfSpace: the disk does not give them back.
    """
    found = []
    with disk_errors(folder):
        for path in sorted(folder.glob(f"{_PREFIX}*.frames")):
            with path.open("rb") as file:
                frames = list(read_frames(file))
            keep_torn(path, frames[-1][2] if frames else 0)
            parts = [part_from(header["part"]) for header, _, _ in frames]
            if parts:
                found.append(parts)
            else:
                path.unlink()
        for path in folder.glob(f"{_PREFIX}*.tmp"):  # not acknowledged: the commit had not begun
            path.unlink()
    found.sort(key=lambda parts: (parts[0].account, parts[0].number))
    return {parts[0].run: parts for parts in found}
