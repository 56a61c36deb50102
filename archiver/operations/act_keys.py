"""Exchanging the key that seals acts and snapshots."""

from __future__ import annotations

from sqlalchemy import Connection

from archiver.accounts import acts as register
from archiver.accounts.register import acts as listed
from archiver.archive import Archive
from archiver.challenges import acts as challenges
from archiver.desk import acts as desk
from archiver.errors import IntegrityError, UsageError
from archiver.evidence.act import UnknownKey, key_of, open_act
from archiver.evidence.act_reading import logged_acts, stored_act, waiting_acts
from archiver.moderation import acts as matters
from archiver.official import acts as official
from archiver.page_roles import acts as page_roles
from archiver.people import acts as people
from archiver.records import import_acts as imports
from archiver.search import acts as searches
from archiver.storage.protocol import NoSuchObject


def renew_key(archive: Archive, *, lost: bool = False) -> int:
    """Let a new key seal from now on. How many acts said anew what still holds; none where the old key is there.

    Args:
        lost: the key file is gone for good. Whatever acts told is then recorded anew under the new key.

    Raises:
        UsageError: it was said to be lost, and is there and opens what was sealed last.
        MissingKey, SettingsError: it was not said, and the file cannot be used.
    """
    acts, now = archive.acts, archive.clock.now()
    if not lost:
        acts.key_file.keys()
        acts.key_file.put_in_front()
        return 0
    if acts.key_file.exists and _opens_newest(archive):
        raise UsageError(f"the key file {acts.key_file.path} is there; leave out --lost")
    acts.key_file.put_in_front()

    def say_anew(connection: Connection) -> int:
        acts.restate(connection, now)
        said: int = sum(each.record_all(connection, acts, now, anew=True) for each in (register, searches, imports))
        stated = (people, listed, matters, desk, challenges, page_roles, official)
        said += sum(each.record_all(connection, acts, now) for each in stated)
        return said

    return archive.database.act(say_anew)


def _opens_newest(archive: Archive) -> bool:
    """Whether the key file opens the newest act that can be read. One that does not is an old copy, or was made by an
    earlier call that was killed before anything was said anew."""
    keys = archive.acts.key_file.keys()
    with archive.database.read() as connection:
        logged, waiting = logged_acts(connection), waiting_acts(connection)
    for one in sorted(logged.values(), key=lambda one: one.number, reverse=True):
        key = key_of(one.number, one.id)
        try:
            open_act(waiting.get(one.id) or stored_act(archive.store, key), archive.identity.id, key, keys)
        except UnknownKey:
            return False
        except (IntegrityError, NoSuchObject):
            continue  # damage says nothing of the key
        return True
    return True
