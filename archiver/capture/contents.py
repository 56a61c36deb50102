"""What segments hold, read back as the index takes it: for recovery, adoption and rebuilds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, BinaryIO

from archiver.accounts.platforms import Platforms
from archiver.capture import asks
from archiver.capture.commit import IMPORTED, ExchangeRow
from archiver.capture.deposits import SOURCE
from archiver.capture.parts import Part, part_from
from archiver.capture.reading import EMPTY, Reads, understand
from archiver.errors import IntegrityError, SettingsError
from archiver.storage.protocol import ObjectStore
from archiver.storage.segment_reader import Read, ReadExchange, ReadInfo, ReadRunRecord, read_segment
from archiver.visible import one_line
from connectors.contract import Answer, Ask, Reading, SeenRecord
from connectors.exports import EXPORTS


@dataclass(slots=True)
class Contents:
    """Exchanges and run records of one or more segments."""

    exchanges: list[ExchangeRow] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    account: Mapping[str, object] | None = None
    """The account as the newest warcinfo has it."""
    warc_records: dict[str, int] = field(default_factory=dict)
    """How many WARC records each segment has."""

    def extend(self, other: Contents) -> None:
        """Add what other segments hold."""
        self.exchanges.extend(other.exchanges)
        self.parts.extend(other.parts)
        self.account = other.account or self.account
        self.warc_records.update(other.warc_records)


def read_contents(
    stream: BinaryIO,
    segment: str,
    platforms: Platforms,
    *,
    into: Contents,
    key: str = "",
    counts_as: Callable[[ReadExchange], bool] | None = None,
) -> None:
    """Read one segment, every digest checked, and understand its exchanges under the schemes they were asked with.
    ``counts_as`` says which exchanges count; None: all.

    Raises:
        IntegrityError: bytes are not what they were, a listed record is not found again, or facts are not such as this
            version knows.
        SettingsError: the connector of one of them is not installed.
    """
    counts = into.warc_records
    counts[segment] = 1  # the run records at the end, in however many lines
    for read in read_segment(stream, key=key or segment):
        counts[segment] += _warc_records(read)
        with understood(key or segment):
            if isinstance(read, ReadInfo):
                into.account = read.account
            elif isinstance(read, ReadRunRecord):
                into.parts.append(part_from(read.fields))
            elif counts_as is None or counts_as(read):
                into.exchanges.append(exchange_from(read, segment, platforms))


@contextmanager
def understood(name: str) -> Iterator[None]:
    """What is in a segment was written by us, or by nobody we know: one that holds something else must not stop the
    reading of the others.

    Raises:
        IntegrityError: what was read inside lacks a field, or has one of another kind.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        said = one_line(str(error), 80)
        raise IntegrityError(
            f"{name} holds what this version cannot read ({type(error).__name__}: {said}); a newer version may have"
            " written it"
        ) from error


def check_hash(store: ObjectStore, key: str, expected: str, version_id: str | None = None) -> None:
    """Prove an object against the SHA-256 (hex) that its key names.

    Raises:
        IntegrityError: it is another one.
    """
    digest = sha256()
    with store.open(key, version_id=version_id) as stream:
        while data := stream.read(1 << 20):
            digest.update(data)
    if digest.hexdigest() != expected:
        raise IntegrityError(f"{key} does not have the hash its key names")


def _warc_records(read: Read) -> int:
    if isinstance(read, ReadExchange):
        return 2 if read.request is None else 3
    return 1 if isinstance(read, ReadInfo) else 0


def exchange_from(read: ReadExchange, segment: str, platforms: Platforms) -> ExchangeRow:
    """One stored exchange, understood again."""
    facts = read.facts
    ask = asks.from_json(facts["ask"])
    connector = reader_of(facts, platforms)
    reading = understand(
        connector,
        ask,
        status=read.status,
        headers=read.headers,
        body=read.body,
        received_at=read.received_at,
        url=facts["url"] or read.uri,
        truncated=read.truncated,
        no_answer=facts.get("no_answer"),
    )
    listed = [(key, place) for key, place in facts.get("records", ())]
    return ExchangeRow(facts, ask, as_listed(reading, listed), segment, read.placed, read.response_sha256)


class _Nobody:
    """Of a deposit, which is never read: it is taken in wherever its account's connector is not installed."""

    def read(self, ask: Ask, answer: Answer) -> Reading:
        return EMPTY


def reader_of(facts: Mapping[str, Any], platforms: Platforms) -> Reads:
    """Who says what a stored exchange means: the connector; of what an import brought, the reader of its format.

    Raises:
        SettingsError: none that is installed.
    """
    if facts["source"] == SOURCE:
        return _Nobody()
    if facts["source"] != IMPORTED:
        return platforms.connector(facts["connector"]["platform"])
    name = facts["origin"]["format"]
    if name not in EXPORTS:
        raise SettingsError(f"this version does not read exports of the kind {one_line(str(name), 40)!r}")
    return EXPORTS[name]


def as_listed(reading: Reading, listed: Sequence[tuple[str, str]]) -> Reading:
    """``reading`` with its records exactly as the exchange facts list them: positions never move. What a newer reader
    sees beyond the list is not in the index until a run says so (WARC profile §2.3).

    Raises:
        IntegrityError: a listed record is not found again.
    """
    found: dict[tuple[str, str], SeenRecord] = {(one.key, one.place): one for one in reading.records}
    try:
        records = tuple(found[pair] for pair in listed)
    except KeyError as error:
        raise IntegrityError(f"the reader no longer finds the listed record {error.args[0]!r}") from None
    return reading if records == reading.records else replace(reading, records=records)
