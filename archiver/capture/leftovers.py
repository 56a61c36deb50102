"""Batches that were not finished, as their files in a spool folder tell it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from archiver import logs
from archiver.capture.batch import FinishedSegment, clear_files, stems, taken_from_frame
from archiver.capture.facts import RunIdentity, Taken
from archiver.capture.run import RunTerms, terms_from
from archiver.capture.spool import SpoolError, disk_errors, keep_damaged, keep_torn, read_frames
from archiver.clock import from_text

_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Leftover:
    """One batch that is still in the spool."""

    folder: Path
    stem: str
    identity: RunIdentity
    finished: Sequence[FinishedSegment] = ()
    """What its choice names. Empty: it got no further than its frames."""
    at: datetime | None = None
    """When those were closed."""
    terms: RunTerms | None = None
    """Of its run, where there is no choice."""

    @property
    def part(self) -> int:
        """Which batch of its run it is, from 1."""
        return _part(self.stem)

    @property
    def parts(self) -> list[int]:
        """All batches of its run that are in the folder."""
        return [_part(stem) for stem in stems(self.folder) if stem.partition(".")[0] == self.identity.run]

    def clear(self) -> None:
        """Remove its files: everything in them is archived.

        Raises:
            SpoolError, OutOfSpace: the disk refuses.
        """
        clear_files(self.folder, self.stem)

    def without_choice(self, torn: list[str]) -> Leftover | None:
        """The same batch by its frames alone: the disk spoilt the segments that its choice names. None where it has
        none.

        Raises:
            SpoolError, OutOfSpace: the disk does not give them back.
        """
        with disk_errors(self.folder):
            return _captured(self.folder, self.stem, torn)

    def spooled(self) -> Iterator[Taken]:
        """Its exchanges as they were captured, not yet read.

        Raises:
            SpoolError: they cannot be read, or were written by another version.
        """
        path = self.folder / f"{self.stem}.frames"
        with disk_errors(path), path.open("rb") as file:
            for header, parts, _ in read_frames(file):
                if "ask" in header:
                    try:
                        yield taken_from_frame(header, parts, self.folder)
                    except (KeyError, TypeError, ValueError) as error:
                        raise SpoolError(
                            f"{path} was written by another version; start that one to finish it"
                        ) from error


def leftovers(folder: Path, torn: list[str], only: Collection[str] | None = None) -> list[Leftover]:
    """What is left in a folder, of all batches or those of these names, in the order of the runs of each account. Torn
    tails are kept aside and named in ``torn``; files without a single exchange are removed.

    Raises:
        SpoolError, OutOfSpace: the disk does not give them back.
    """
    with disk_errors(folder):
        wanted = [stem for stem in stems(folder) if only is None or stem in only]
        found = [leftover(folder, stem, torn) for stem in wanted]
    return sorted((one for one in found if one is not None), key=_order)


def leftover(folder: Path, stem: str, torn: list[str]) -> Leftover | None:
    """One batch; None where nothing was kept of it (its files are gone then), or only a choice that cannot be read with
    the segments it named (these are moved aside, for a person to look at).

    Raises:
        SpoolError, OutOfSpace: the disk does not give it back.
    """
    with disk_errors(folder):
        found = _chosen(folder, stem) or _captured(folder, stem, torn)
        if found is None:
            torn += keep_damaged(folder, stem)
            clear_files(folder, stem)
    return found


def _part(stem: str) -> int:
    return int(stem.split(".")[1])


def _order(one: Leftover) -> tuple[str, int, int]:
    return one.identity.account, one.identity.number, one.part


def _chosen(folder: Path, stem: str) -> Leftover | None:
    path = folder / f"{stem}.choice"
    if not path.exists():
        return None
    try:
        choice: dict[str, Any] = json.loads(path.read_bytes())
        finished = [FinishedSegment(**one) for one in choice["segments"]]
        return Leftover(folder, stem, RunIdentity(**choice["identity"]), finished, from_text(choice["at"]))
    except (ValueError, KeyError, TypeError):
        # It was written whole, so the disk spoilt it. The exchanges it was made of are still there, if it had any.
        _log.error("spool.choice_damaged", file=path.name)
        return None


def _captured(folder: Path, stem: str, torn: list[str]) -> Leftover | None:
    """A batch without a choice; None where not one exchange was kept."""
    path = folder / f"{stem}.frames"
    if not path.exists():
        return None
    first, exchanges, end = None, 0, 0
    with path.open("rb") as file:
        for header, _, after in read_frames(file):
            first, end = first or header.get("terms"), after
            exchanges += "ask" in header
    kept = keep_torn(path, end)
    if kept is not None:
        torn.append(kept.name)
        _log.warning("spool.torn", file=kept.name)
    if first is None or not exchanges:
        return None
    terms = terms_from(first)
    return Leftover(folder, stem, terms.identity, terms=terms)
