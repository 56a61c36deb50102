"""Files that were deposited by hand: as pages and commands show them, and copied out again. They are told apart from
what was captured wherever they are shown."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, true

from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.capture.models import Deposit, Exchange, Segment
from archiver.errors import IntegrityError, NotFound, OutOfSpace, UsageError
from archiver.records.seeing import of_part
from archiver.records.stored import RECORD
from archiver.viewing import Viewer
from archiver.visible import one_line

#: Said of every deposit, on pages and by commands.
BY_HAND: Final = "deposited by hand, not captured by the archiver"
_PIECE = 2**20
_LONGEST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class DepositView:
    """One file. What people said of it is theirs: ``by``, ``as_of``, ``reason``, ``source``, ``name``."""

    id: str
    """Of the exchange it is stored as."""
    account_id: str
    account: str
    about: str
    record_id: str | None
    access: str
    name: str
    by: str
    as_of: str
    """The day that it shows, YYYY-MM-DD."""
    reason: str
    source: str
    sha256: str
    size: int
    deposited_at: datetime
    run_id: str
    segment_key: str
    segment_sha256: str
    offset: int
    length: int
    commitment: str


def deposits(
    connection: Connection,
    *,
    account_id: str | None = None,
    record_id: str | None = None,
    limit: int = 50,
    viewer: Viewer = Viewer.EVERYTHING,
) -> list[DepositView]:
    """Deposits with an account, or about one of its records, that the viewer sees; newest first. What is about a record
    is seen by whoever sees that too."""
    query = _query().order_by(Exchange.received_at.desc(), Exchange.ordinal.desc(), Deposit.exchange_id).limit(limit)
    if account_id is not None:
        query = query.where(Deposit.account_id == account_id)
    if record_id is not None:
        query = query.where(Deposit.record_id == record_id)
    if Viewer() not in viewer.parts:
        query = query.where(or_(*map(_seen_by, viewer.parts)))
    return [_view(row) for row in connection.execute(query)]


def deposits_from(
    connection: Connection,
    viewer: Viewer = Viewer.EVERYTHING,
    account_id: str | None = None,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> list[DepositView]:
    """Deposits that the viewer sees, newest first; ``after`` (time, id) is where the page before ended."""
    query = _query().order_by(Exchange.received_at.desc(), Deposit.exchange_id.desc()).limit(limit)
    if account_id is not None:
        query = query.where(Deposit.account_id == account_id)
    if after is not None:
        at, last = after
        earlier = (Exchange.received_at == at) & (Deposit.exchange_id < last)
        query = query.where((Exchange.received_at < at) | earlier)
    if Viewer() not in viewer.parts:
        query = query.where(or_(*map(_seen_by, viewer.parts)))
    return [_view(row) for row in connection.execute(query)]


def _seen_by(part: Viewer) -> ColumnElement[bool]:
    accounts = true() if part.accounts is None else Deposit.account_id.in_(sorted(part.accounts))
    access = true() if part.access is None else Deposit.access.in_(sorted(part.access))
    record = select(RECORD.c.id).where(RECORD.c.id == Deposit.record_id, of_part(part)).exists()
    return and_(accounts, access, or_(Deposit.record_id.is_(None), record))


def deposit(connection: Connection, deposit_id: str) -> DepositView:
    """One deposit.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_query().where(Deposit.exchange_id == deposit_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such deposit in this archive; `archiver deposits list` shows them with their ids")
    return _view(row)


def copy_out(archive: Archive, deposit_id: str, target: Path) -> DepositView:
    """Write the file as it was brought to ``target``, which must not be there yet; checked against its digest.

    Raises:
        NotFound: there is no such deposit.
        UsageError: the target is there, or cannot be written.
        IntegrityError: the stored bytes are not what they were; nothing is left at the target.
        StoreUnavailable, OutOfSpace: try again later; as above.
    """
    with archive.database.read() as connection:
        found = deposit(connection, deposit_id)
        version = connection.execute(select(Segment.version_id).where(Segment.key == found.segment_key)).scalar()
    shown = one_line(str(target), 200)
    try:
        file = target.open("xb")
    except FileExistsError:
        raise UsageError(f"{shown} is there already: name a file that is not") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {shown}: {getattr(error, 'strerror', None) or error}") from None
    try:
        with file:
            target.chmod(0o600)
            _write(archive, found, version, file)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):  # also of what was held back until it was closed
            raise OutOfSpace(f"cannot write the copy: {error.strerror}") from error
        raise
    return found


def _write(archive: Archive, found: DepositView, version: str | None, file: BinaryIO) -> None:
    digest, total = hashlib.sha256(), 0
    with archive.store.open(found.segment_key, found.offset, found.length, version) as stream:
        for piece in _block(stream, found.size):
            digest.update(piece)
            total += len(piece)
            file.write(piece)
    if (total, digest.hexdigest()) != (found.size, found.sha256):
        raise IntegrityError(f"the deposit {found.id} is not what it was when it was stored; run `archiver verify`")


def _block(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """The block of the one WARC record in a gzip member, in pieces: a deposit may be larger than memory."""
    unpacked, head = _unpacked(stream), b""
    for piece in unpacked:
        head += piece
        if b"\r\n\r\n" in head or len(head) > _LONGEST_HEAD:
            break
    left, rest = size, head.partition(b"\r\n\r\n")[2]
    while rest and left:
        yield rest[:left]
        left -= len(rest[:left])
        rest = next(unpacked, b"")


def _unpacked(stream: BinaryIO) -> Iterator[bytes]:
    """What is in a gzip member. What is damaged in it ends it: the digest tells."""
    inflate = zlib.decompressobj(31)
    try:
        while packed := stream.read(_PIECE):
            while packed:
                piece = inflate.decompress(packed, _PIECE)
                packed = inflate.unconsumed_tail
                if piece:
                    yield piece
    except zlib.error:
        return


def _query() -> Any:
    columns = (
        Deposit.__table__.c, Account.handle, Account.name.label("account_name"), Exchange.received_at, Exchange.run_id,
        Exchange.offset, Exchange.length, Exchange.commitment, Segment.key.label("segment_key"),
        Segment.sha256.label("segment_sha256"),
    )  # fmt: skip
    query = select(*columns[0], *columns[1:]).join(Exchange, Exchange.id == Deposit.exchange_id)
    return query.join(Segment, Segment.id == Exchange.segment_id).join(Account, Account.id == Deposit.account_id)


def _view(row: Row[Any]) -> DepositView:
    return DepositView(
        id=row.exchange_id,
        account_id=row.account_id,
        account=row.handle or row.account_name,
        about=row.about,
        record_id=row.record_id,
        access=row.access,
        name=row.name,
        by=row.deposited_by,
        as_of=row.as_of,
        reason=row.reason,
        source=row.source,
        sha256=row.sha256,
        size=row.size,
        deposited_at=row.received_at,
        run_id=row.run_id,
        segment_key=row.segment_key,
        segment_sha256=row.segment_sha256,
        offset=row.offset,
        length=row.length,
        commitment=row.commitment,
    )
