"""Object Lock and legal hold of one version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from archiver import clock
from archiver.errors import Refused
from archiver.storage.lock_rules import mode_of
from archiver.storage.protocol import StoreUnavailable
from archiver.storage.s3_client import Api
from archiver.storage.s3_errors import Denied, Unsupported


def whole_second(at: datetime) -> datetime:
    """``at`` or the next whole second: S3 counts in these, and a lock must not end early."""
    at = at.astimezone(UTC)
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)


def lock_in(answer: dict[str, Any]) -> datetime | None:
    """Until when the object of a HEAD or GET is locked; None where nothing is said."""
    until = answer.get("ObjectLockRetainUntilDate")
    return until.astimezone(UTC) if isinstance(until, datetime) else None


def hold_in(answer: dict[str, Any]) -> bool:
    """Whether the object of a HEAD or GET is under legal hold."""
    return answer.get("ObjectLockLegalHoldStatus") == "ON"


class Locks:
    """Changes locks and holds, each confirmed by looking again."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def lengthen(self, key: str, until: datetime, now: datetime, answer: dict[str, Any]) -> None:
        """Lock until ``until``; ``answer`` is the HEAD of the version.

        Raises:
            Refused: past, earlier than now, or not possible there.
        """
        until, present = whole_second(until), lock_in(answer)
        if present == until:
            return
        if until <= now or (present and until < present):
            raise Refused(f"{key} cannot be locked until {clock.to_text(until)}: a lock is only ever lengthened")
        # An existing lock keeps its mode: changing it is a bypass, or a weakening.
        mode = answer.get("ObjectLockMode") or mode_of(key)
        self._put(key, answer, "put_object_retention", Retention={"Mode": mode, "RetainUntilDate": until})
        found = lock_in(self._look(key, answer))
        if found is None or found < until:
            raise StoreUnavailable(_ignored(key, self._api.place.name, "lock"))

    def set_hold(self, key: str, on: bool, answer: dict[str, Any]) -> None:
        """Put the version of the HEAD ``answer`` under legal hold or lift it.

        Raises:
            Refused: not possible there.
        """
        if hold_in(answer) == on:
            return
        self._put(key, answer, "put_object_legal_hold", LegalHold={"Status": "ON" if on else "OFF"})
        if hold_in(self._look(key, answer)) != on:
            raise StoreUnavailable(_ignored(key, self._api.place.name, "legal hold"))

    def _put(self, key: str, answer: dict[str, Any], operation: str, **what: Any) -> None:
        what_for = "lock" if "Retention" in what else "change the legal hold of"
        try:
            self._api.ask(operation, f"{what_for} {key}", key, **pin(answer), **what)
        except Unsupported as error:
            raise Refused(
                f"{key} cannot be locked or held: {self._api.place.name} has no Object Lock;"
                " it can only be switched on for a bucket with versioning"
            ) from error
        except Denied as error:
            raise Refused(str(error)) from error

    def _look(self, key: str, answer: dict[str, Any]) -> dict[str, Any]:
        return self._api.ask("head_object", f"look at {key}", key, **pin(answer))


def pin(answer: dict[str, Any]) -> dict[str, str]:
    """The argument that names the version of an answer, where there are versions."""
    version = answer.get("VersionId")
    return {"VersionId": str(version)} if version and version != "null" else {}


def _ignored(key: str, name: str, what: str) -> str:
    return (
        f"{name} accepted a {what} for {key} and does not have it: it enforces none."
        " Use another store, or set ARCHIVER_S3_LOCK_DAYS=0; `archiver storage probe` shows what it can do"
    )
