"""Whether the acts in the object store are those of the log, and whether they could be restored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from sqlalchemy import Connection, select

from archiver.archive import Archive
from archiver.errors import MissingKey, SettingsError
from archiver.evidence.act_reading import ActReader, logged_acts, waiting_acts
from archiver.evidence.models import ActFile
from archiver.evidence.stored_check import LogProblem, Word


@dataclass(slots=True)
class ActCheck:
    """What was found."""

    read: int = 0
    problems: list[LogProblem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def check(archive: Archive, connection: Connection) -> ActCheck:
    """Open every act in the store and compare it with the log, as a rebuild does. Changes nothing."""
    found = ActCheck()
    known_lost = set(connection.execute(select(ActFile.id).where(ActFile.kind.is_(None))).scalars())
    logged = logged_acts(connection)
    reader = ActReader(archive.store, archive.acts.key_file, archive.identity.id, waiting_acts(connection))
    try:
        found.read = sum(1 for _ in reader.read(logged))
    except (MissingKey, SettingsError) as error:
        found.problems.append(LogProblem("missing", str(error)))
        return found
    for one in reader.problems:
        if one.logged is not None and one.logged.id in known_lost:
            found.remarks.append(f"{one.key}: {one.detail}; it was lost before the index was last made anew")
        elif one.word != "untracked" or _still_untracked(archive, one.key):
            found.problems.append(LogProblem(cast(Word, one.word), one.detail, one.key))
    found.remarks += reader.remarks
    return found


def _still_untracked(archive: Archive, key: str) -> bool:
    """Whether an act is unknown also to what was recorded since our view of the database began."""
    with archive.database.read() as connection:
        return key.rpartition("-")[2] not in logged_acts(connection)
