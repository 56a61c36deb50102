"""What is under way in the spools of this machine: stored, or logged, and not yet where it will be."""

from __future__ import annotations

import json
from pathlib import Path

from archiver.capture.spool import dead


def waiting_runs(home: Path) -> set[str]:
    """Runs whose record waits for its account's next segment (:mod:`archiver.capture.pending`)."""
    return {path.name.split(".")[1] for path in (home / "spool").glob("*/pending-*.*.frames")}


def segments(home: Path) -> set[str]:
    """Keys of segments that are put, and whose rows are about to be written (:mod:`archiver.capture.batch`)."""
    found: set[str] = set()
    for path in (home / "spool").glob("*/*.choice"):
        try:
            chosen = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue  # cleared meanwhile, or torn: recovery deals with it
        found |= {segment["key"] for segment in chosen.get("segments", ()) if isinstance(segment.get("key"), str)}
    return found


def is_anybody_at_it(home: Path) -> bool:
    """Whether a process of this machine that captures, such as a service, is alive."""
    spool = home / "spool"
    alive = {path.name for path in spool.iterdir() if path.is_dir()} if spool.is_dir() else set()
    return bool(alive - dead(spool))
