"""Whether a credential stands in what runs have stored."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from typing import BinaryIO, cast

from sqlalchemy import Connection, select

from archiver.archive import Archive
from archiver.capture.models import Exchange, Segment
from archiver.capture.secret_forms import Secret, finder

_PIECE = 1 << 20
_OVERLAP = 1 << 14
"""Bytes that two pieces share, so that what stands across their border is found: more than any escaped token takes."""


def holds_secret(archive: Archive, connection: Connection, account_id: str, runs: Sequence[str]) -> str | None:
    """The segment of these runs in which the account's credential stands in any form; None where in none, or where it
    has no credential.

    Raises:
        StoreUnavailable: the store does not answer.
        MissingKey: what seals the credential is not there.
    """
    secrets = [one for held in archive.vault.all_held(account_id) for one in held.secrets]
    if not secrets:
        return None
    query = select(Segment.key, Segment.version_id).join(Exchange, Exchange.segment_id == Segment.id)
    for key, version_id in connection.execute(query.where(Exchange.run_id.in_(runs)).distinct()):
        with archive.store.open(key, version_id=version_id) as stored, gzip.open(stored) as unpacked:
            if stands_in(cast(BinaryIO, unpacked), *secrets):
                return str(key)
    return None


def stands_in(stream: BinaryIO, *secrets: Secret) -> bool:
    """Whether one of them stands in what a stream holds, in any form (:mod:`archiver.capture.secret_forms`)."""
    find = finder(secrets).find
    return any(find(piece) for piece in _pieces(stream))


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    before = b""
    while read := stream.read(_PIECE):
        yield before + read
        before = (before + read)[-_OVERLAP:]
