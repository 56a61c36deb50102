"""What a bucket holds, page by page.

Where the bucket keeps versions they are what is listed, and of each key the first counts: the archive writes a key
once, so whatever lies on top, a delete marker too, was put there by somebody else. (It is also the only list to be
trusted everywhere: SeaweedFS 4.48 lists the objects of a versioned bucket out of order and loses some between pages.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archiver.storage.protocol import Stored, StoreUnavailable, check_key
from archiver.storage.s3_client import Api

_PAGE = 1000
_NO_VERSION = "null"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a key, as listed."""

    key: str
    id: str
    size: int
    marker: bool
    """Whether it is a delete marker: nothing, that hides what is below it."""


def version_of(answer: dict[str, Any]) -> str | None:
    """The version id in an answer; None where the bucket keeps no versions."""
    found = answer.get("VersionId")
    return None if found in (None, "", _NO_VERSION) else str(found)


class Listing:
    """Lists of one bucket."""

    def __init__(self, api: Api, page: int = _PAGE) -> None:
        self._api = api
        self._page = page

    def objects(self, prefix: str, after: str) -> Iterator[Stored]:
        """Objects of a bucket without versions, in order of key."""
        arguments: dict[str, Any] = {"StartAfter": self._whole(after)} if after else {}
        previous = after
        for page in self._pages("list_objects_v2", prefix, arguments, ("ContinuationToken",)):
            for row in page.get("Contents", ()):
                key = self._own(row["Key"])
                if key is None or key <= after:
                    continue
                previous = self._in_order(previous, key)
                yield Stored(key, row["Size"], "")

    def firsts(self, prefix: str, after: str) -> Iterator[Stored]:
        """The first version of every key, in order of key."""
        first: Version | None = None
        for version in self._versions(prefix, after):
            if version.marker:
                continue
            if first is not None and version.key != first.key:
                yield _stored(first)
            first = version
        if first is not None:
            yield _stored(first)

    def of_key(self, key: str) -> list[Version]:
        """Every version and delete marker of exactly this key, newest first."""
        found = []
        for version in self._versions(key, ""):
            if version.key != key:  # longer keys come after it
                break
            found.append(version)
        return found

    def first(self, key: str) -> Stored | None:
        """The first version of a key, or None where there is none."""
        versions = [version for version in self.of_key(key) if not version.marker]
        return _stored(versions[-1]) if versions else None

    def strangers(self, prefix: str, after: str = "") -> Iterator[Version]:
        """What lies on top of the first versions: other versions and delete markers. The archive makes neither."""
        waiting: list[Version] = []
        for version in self._versions(prefix, after):
            if waiting and waiting[0].key != version.key:
                yield from _strange(waiting)
                waiting = []
            waiting.append(version)
        yield from _strange(waiting)

    def _versions(self, prefix: str, after: str) -> Iterator[Version]:
        """Versions and delete markers in order of key; those of one key newest first."""
        arguments: dict[str, Any] = {"KeyMarker": self._whole(after)} if after else {}
        previous = after
        for page in self._pages("list_object_versions", prefix, arguments, ("KeyMarker", "VersionIdMarker")):
            rows = [(row, False) for row in page.get("Versions", ())]
            rows += [(row, True) for row in page.get("DeleteMarkers", ())]
            for row, marker in sorted(rows, key=lambda pair: str(pair[0]["Key"])):  # stable: versions stay in order
                key = self._own(row["Key"])
                if key is None or key <= after:
                    continue
                previous = self._in_order(previous, key)
                yield Version(key, row.get("VersionId") or _NO_VERSION, row.get("Size", 0), marker)

    def _pages(
        self, operation: str, prefix: str, arguments: dict[str, Any], marks: tuple[str, ...]
    ) -> Iterator[dict[str, Any]]:
        seen: list[Any] = []
        while True:
            page = self._api.ask(
                operation, "list", Prefix=self._api.place.prefix + prefix, MaxKeys=self._page, **arguments
            )
            yield page
            if not page.get("IsTruncated"):
                return
            arguments = {mark: page[f"Next{mark}"] for mark in marks if page.get(f"Next{mark}")}
            if not arguments or arguments in seen:
                raise StoreUnavailable(f"{self._api.place.name} lists in circles; look at it, or use another store")
            seen = [arguments]

    def _whole(self, key: str) -> str:
        return self._api.place.prefix + key

    def _own(self, whole: str) -> str | None:
        """The archive's key, or None for what no key of an archive looks like."""
        key = whole.removeprefix(self._api.place.prefix)
        try:
            return check_key(key)
        except ValueError:
            return None

    def _in_order(self, previous: str, key: str) -> str:
        if key < previous:
            raise StoreUnavailable(
                f"{self._api.place.name} does not list in order of keys, so objects could be missed;"
                " use a bucket with versioning, or another store"
            )
        return key


def _stored(version: Version) -> Stored:
    return Stored(version.key, version.size, "", None if version.id == _NO_VERSION else version.id)


def _strange(of_one_key: list[Version]) -> Iterator[Version]:
    versions = [version for version in of_one_key if not version.marker]
    for version in of_one_key:
        if not versions or version is not versions[-1]:
            yield version
