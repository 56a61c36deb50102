"""Exchanging the key that seals acts and snapshots."""

from __future__ import annotations

from sqlalchemy import Connection

from archiver.accounts import acts as register
from archiver.archive import Archive
from archiver.errors import UsageError
from archiver.search import acts as searches


def renew_key(archive: Archive, *, lost: bool = False) -> int:
    """Let a new key seal from now on. How many acts said anew what still holds; none where the old key is there.

    Args:
        lost: the key file is gone for good. Whatever acts told is then recorded anew under the new key.

    Raises:
        UsageError: it was said to be lost, and is there.
        MissingKey, SettingsError: it was not said, and the file cannot be used.
    """
    acts, now = archive.acts, archive.clock.now()
    if not lost:
        acts.key_file.keys()
        acts.key_file.put_in_front()
        return 0
    if acts.key_file.exists:
        raise UsageError(f"the key file {acts.key_file.path} is there; leave out --lost")
    acts.key_file.put_in_front()

    def say_anew(connection: Connection) -> int:
        acts.restate(connection, now)
        said = register.record_all(connection, acts, now, anew=True)
        return said + searches.record_all(connection, acts, now, anew=True)

    return archive.database.act(say_anew)
