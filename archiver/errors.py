"""Every error a person may meet, one class per cause.

::

    ArchiverError                 exit 1   something went wrong; the message says what to do
    ├─ UsageError                 exit 2   what was typed or set is not usable
    │  ├─ Meanwhile               exit 2   it is not any more as whoever asks takes it to be
    │  ├─ SettingsError           exit 2
    │  ├─ WrongField              exit 2   one field of a form
    │  └─ UnknownAddress          exit 2   no connector knows this URL
    ├─ NotFound                   exit 3   no such account, record, run
    ├─ Unreachable                exit 4   a platform, database or store does not answer
    ├─ Refused                    exit 5   the platform answered, and said no
    ├─ WrongStore                 exit 6   this store or database is not this archive's, or from a newer version
    ├─ MissingKey                 exit 7   a key file is needed and is not there
    ├─ Busy                       exit 8   somebody else is at it; try again
    ├─ IntegrityError             exit 9   stored bytes are not what they were: stop and look
    └─ OutOfSpace                 exit 10  the disk is full or nearly so
"""

from __future__ import annotations

from typing import ClassVar, Final


class ArchiverError(Exception):
    """Base of all errors shown to people. ``str(error)`` is one line that says what to do."""

    exit_code: ClassVar[int] = 1


class UsageError(ArchiverError):
    """What was typed or set cannot be used."""

    exit_code = 2


class Meanwhile(UsageError):  # noqa: N818 - named as the cause, like its siblings
    """It is not any more as whoever asks takes it to be: somebody changed it, or the same key did something else."""


KEY_USED: Final = "this key was used for something else: make up another"


class SaidMeanwhile(Meanwhile):
    """Somebody else said it anew since it was read. ``fields``: what they changed; empty: they took it back, or only
    part of it is shown."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        super().__init__("somebody else said it anew while you wrote: look at what holds now, and say yours again")


class SettingsError(UsageError):
    """A setting is missing, unknown or unreadable."""


class WrongField(UsageError):  # noqa: N818 - named as the cause, like its siblings
    """One field of a form cannot be like this. ``problem`` stands behind the name of the field."""

    def __init__(self, field: str, problem: str) -> None:
        self.field, self.problem = field, problem
        super().__init__(f"{field.replace('_', ' ')} {problem}")


class UnknownAddress(UsageError):  # noqa: N818 - named as the cause, like its siblings
    """No connector recognises the address."""


class NotFound(ArchiverError):  # noqa: N818
    """What was asked for is not in this archive."""

    exit_code = 3


class Unreachable(ArchiverError):  # noqa: N818
    """A platform, the database or the store does not answer."""

    exit_code = 4


class Refused(ArchiverError):  # noqa: N818
    """The other side answered and refused."""

    exit_code = 5


class WrongStore(ArchiverError):  # noqa: N818
    """A store or database that belongs to another archive, or was written by a newer version."""

    exit_code = 6


class MissingKey(ArchiverError):  # noqa: N818
    """A key file is needed and is not there."""

    exit_code = 7


class Busy(ArchiverError):  # noqa: N818
    """Another process holds what this one needs."""

    exit_code = 8


class IntegrityError(ArchiverError):
    """Stored bytes differ from what was recorded when they were stored."""

    exit_code = 9


class OutOfSpace(ArchiverError):  # noqa: N818
    """The disk is full, or so nearly full that capturing would risk what is already there."""

    exit_code = 10
