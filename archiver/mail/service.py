"""The outbox: mail is asked for in the transaction of what asks for it, and sent afterwards, by whichever worker takes
it. Two never send the same at the same time. A worker that dies between the server's answer and the database may leave
a mail to be sent once more, under the same Message-ID; none is lost."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from archiver import ids, logs
from archiver.archive import Archive
from archiver.database import safe_text
from archiver.errors import ArchiverError, IntegrityError, MissingKey, NotFound, Refused
from archiver.evidence import log
from archiver.evidence.deltas import require_current, store_deltas
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Event
from archiver.faults import crash_point
from archiver.mail.lost import ENDINGS
from archiver.mail.message import Letter, message
from archiver.mail.models import Mail
from archiver.mail.transports import NotSent, Transport
from archiver.mail.trying import HOLDS, State, after
from archiver.visible import local_time

_log = logs.get(__name__)
_SERVICE: Final = ("service", "mail")
_PATIENCE: Final = timedelta(hours=1)
REMEMBERED: Final = timedelta(days=7)
_MOST: Final = 20
_SEEN: Final = select(
    *(Mail.id, Mail.purpose, Mail.about, Mail.recipient, Mail.name, Mail.made_at),
    *(Mail.state, Mail.attempts, Mail.next_at, Mail.ended_at, Mail.reason),
)
_DAY: Final = timedelta(days=1)
_OLDER: Final = "it had ended before the database was set back, as the log says"
_LATE: Final = "its time was over before it could be sent"


@dataclass(frozen=True, slots=True)
class MailView:
    """What is known of a mail; never what it says."""

    id: str
    purpose: str
    about: str
    recipient: str
    name: str
    made_at: datetime
    state: State
    attempts: int
    next_at: datetime
    ended_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail that is asked for."""

    purpose: str
    """A code."""
    about: str
    """Id of the link that it brings."""
    letter: Letter
    not_after: datetime


def ask(connection: Connection, archive: Archive, new: NewMail, actor: tuple[str, str]) -> str:
    """Put a mail into the outbox, in the caller's transaction; its id.

    Raises:
        Refused: as many as the settings allow were asked for within the last day.
        MissingKey: the key file is gone although something is sealed with it.
        ValueError: no usable address.
    """
    require_below_limits(connection, archive, new.letter.to)
    mail_id, now, letter = ids.new_id("ml"), archive.clock.now(), new.letter
    message(letter, archive.settings.mail_from, mail_id, now)  # what cannot be written is told to whoever asks
    text = json.dumps({"subject": safe_text(letter.subject), "text": safe_text(letter.text)})
    sealed, key_id = archive.vault.seal_text(connection, text, "mail", mail_id)
    connection.execute(
        insert(Mail).values(
            id=mail_id, purpose=new.purpose, about=new.about, recipient=letter.to, name=safe_text(letter.name),
            made_at=now, not_after=new.not_after, state=State.WAITING.value, next_at=now, attempts=0, sealed=sealed,
            key_id=key_id,
        )
    )  # fmt: skip
    facts = {"purpose": new.purpose, "connection": new.about}
    log.append(connection, [NewEvent(EventType.MAIL_ASKED.value, "mail", mail_id, facts, *actor)], now)
    return mail_id


def require_below_limits(connection: Connection, archive: Archive, to: str) -> None:
    """Refuse another mail where as many were asked for within a day as are allowed, to one address or to all. What was
    dropped before it was sent does not count.

    Raises:
        Refused: with when there may be another.
    """
    now, settings = archive.clock.now(), archive.settings
    lately = select(Mail.made_at).where(Mail.made_at > now - _DAY, Mail.state != State.DROPPED.value)
    theirs = lately.where(func.lower(Mail.recipient) == to.lower())
    limits = (
        (theirs, settings.mail_per_recipient, " to this address", "ARCHIVER_MAIL_PER_RECIPIENT"),
        (lately, settings.mail_per_day, "", "ARCHIVER_MAIL_PER_DAY"),
    )
    for query, most, to_whom, setting in limits:
        newest = query.order_by(Mail.made_at.desc()).limit(1).offset(most - 1)
        made_at = connection.execute(newest).scalar()
        if made_at is not None:
            again = local_time(made_at + _DAY, settings.zone)
            count = f"{most:,} mails" if most != 1 else "one mail"
            raise Refused(
                f"{count}{to_whom} in 24 hours is the most ({setting}), and that was reached: the next one can be asked"
                f" for {again}; nothing was sent"
            )


def drop(connection: Connection, archive: Archive, about: str, why: str) -> None:
    """Let mail about something that has ended not be sent, in the caller's transaction."""
    waiting = (Mail.about == about, Mail.state == State.WAITING.value)
    row: Any
    for row in connection.execute(select(Mail.id, Mail.purpose, Mail.attempts).where(*waiting).with_for_update()):
        if _end(connection, archive, row, State.DROPPED, (Mail.state == State.WAITING.value,), reason=why):
            _tell(connection, archive, EventType.MAIL_DROPPED, row, {})


def deliver(archive: Archive, transport: Transport, stop: threading.Event | None = None) -> int:
    """Try every mail whose time has come, until ``stop`` is set; how many left. Safe from any number of threads and
    processes. The log in the store says of each that it left before the next does; where it cannot, the rest waits."""
    if not _may_send(archive) or not _tell_store(archive):
        return 0
    sent = 0
    while not (stop and stop.is_set()) and (row := archive.database.act(partial(_take, archive=archive))) is not None:
        left = _try(archive, transport, row)
        sent += left
        if left and not _tell_store(archive):
            break
    return sent


def _may_send(archive: Archive) -> bool:
    """Whether there is something to send, and the database knows all that the log in the store does. One that was set
    back to an older copy may take for waiting what was sent long ago."""
    with archive.database.read() as connection:
        due = select(Mail.id).where(Mail.state == State.WAITING.value, Mail.next_at <= archive.clock.now()).limit(1)
        if connection.execute(due).first() is None:
            return False
    try:
        require_current(archive.database, archive.store)
    except ArchiverError as failure:
        _log.warning("mail.held_back", reason=str(failure))
        return False
    return True


def _tell_store(archive: Archive) -> bool:
    """Let the log in the store say at once what was sent, so that no older copy of the database sends it again. Whether
    it does."""
    try:
        store_deltas(archive.database, archive.store)
    except ArchiverError as failure:  # (signing puts it there later, and says what is wrong)
        _log.warning("mail.not_told", reason=str(failure))
        return False
    return True


def about(connection: Connection, subjects: Sequence[str]) -> dict[str, MailView]:
    """The newest mail about each of these."""
    found = {}
    for start in range(0, len(subjects), 500):
        query = _SEEN.where(Mail.about.in_(subjects[start : start + 500])).order_by(Mail.made_at, Mail.id)
        for row in connection.execute(query):
            found[row.about] = _view(row)
    return found


def late(connection: Connection, now: datetime) -> list[MailView]:
    """Mail that waits for longer than an hour, or was given up within the last week, newest first."""
    waits = (Mail.state == State.WAITING.value) & (Mail.made_at <= now - _PATIENCE)
    dead = (Mail.state == State.DEAD.value) & (Mail.ended_at > now - REMEMBERED)
    query = _SEEN.where(or_(waits, dead)).order_by(Mail.made_at.desc(), Mail.id).limit(_MOST)
    return [_view(row) for row in connection.execute(query)]


def outbox(connection: Connection, state: State | None = None, most: int = 100) -> list[MailView]:
    """What was asked for, newest first; only in one state, where that is given."""
    query = _SEEN.order_by(Mail.made_at.desc(), Mail.id).limit(most)
    return [
        _view(row) for row in connection.execute(query if state is None else query.where(Mail.state == state.value))
    ]


def again(archive: Archive, mail_id: str) -> MailView:
    """Let a mail that waits be tried at once.

    Raises:
        NotFound: there is none.
        Refused: it has ended, and what it said is kept nowhere any more; or somebody tries it just now.
    """

    def act(connection: Connection) -> MailView:
        row = connection.execute(_SEEN.where(Mail.id == mail_id)).one_or_none()
        if row is None:
            raise NotFound("there is no such mail in the outbox; `archiver mail list` shows them")
        now, known = archive.clock.now(), _view(row)
        if known.state is not State.WAITING:
            raise Refused(
                f"it has ended ({known.state.value}), and what it said is kept nowhere any more: make its link anew"
                " with the board's button, or `archiver account connect`"
            )
        free = (
            Mail.id == mail_id,
            Mail.state == State.WAITING.value,
            or_(Mail.claimed_until.is_(None), Mail.claimed_until <= now),
        )
        if connection.execute(update(Mail).where(*free).values(next_at=now)).rowcount != 1:
            raise Refused("it is being sent just now")
        return _view(connection.execute(_SEEN.where(Mail.id == mail_id)).one())

    return archive.database.act(act)


def _view(row: Any) -> MailView:
    return MailView(**{**row._mapping, "state": State(row.state)})


def _take(connection: Connection, *, archive: Archive) -> Row[Any] | None:
    """Take the mail that waits longest, for this worker alone."""
    now, claim = archive.clock.now(), secrets.token_hex(16)
    free = (
        Mail.state == State.WAITING.value,
        Mail.next_at <= now,
        or_(Mail.claimed_until.is_(None), Mail.claimed_until <= now),
    )
    _reconcile(connection, now, free)
    while True:
        first = select(Mail.id).where(*free).order_by(Mail.next_at, Mail.id).limit(1)
        mail_id = connection.execute(first).scalar()
        if mail_id is None:
            return None
        values = {"claim": claim, "claimed_until": now + HOLDS, "attempts": Mail.attempts + 1}
        # Asked once more in the change itself: of two that read the same, the database lets one change it.
        if connection.execute(update(Mail).where(Mail.id == mail_id, *free).values(**values)).rowcount == 1:
            return connection.execute(select(*Mail.__table__.columns).where(Mail.id == mail_id)).one()


def _reconcile(connection: Connection, now: datetime, free: tuple[Any, ...]) -> None:
    """End what the log says has ended: the row is of an older copy of the database than its log, which was made anew
    from the store. Nothing is told again."""
    ended = select(Event.type).where(Event.subject_id == Mail.id, Event.type.in_(ENDINGS)).exists()
    for mail_id in connection.execute(select(Mail.id).where(*free, ended)).scalars().all():
        types = set(connection.execute(select(Event.type).where(Event.subject_id == mail_id)).scalars())
        state = next(state for kind, state in ENDINGS.items() if kind in types)
        values: dict[str, Any] = dict.fromkeys(("sealed", "key_id", "claim", "claimed_until", "problem"))
        values |= {"state": state.value, "ended_at": now, "reason": None if state is State.SENT else _OLDER}
        connection.execute(update(Mail).where(Mail.id == mail_id).values(**values))
        _log.warning("mail.reconciled", mail=mail_id, state=state.value)


def _try(archive: Archive, transport: Transport, row: Row[Any]) -> bool:
    now = archive.clock.now()
    try:
        if row.not_after <= now:
            raise NotSent("late", _LATE, final=True)
        made = message(_letter(archive, row), archive.settings.mail_from, row.id, now)
        transport.send(made, row.recipient)
        crash_point("mail.sent")
    except NotSent as failure:
        archive.database.act(partial(_failed, archive=archive, row=row, failure=failure))
        return False
    archive.database.act(partial(_sent, archive=archive, row=row))
    return True


def _letter(archive: Archive, row: Row[Any]) -> Letter:
    try:
        said = json.loads(archive.vault.open_text(row.sealed, row.key_id, "mail", "mail", row.id))
    except MissingKey:
        raise NotSent("key", "the key that opens it is not in the key file") from None
    except IntegrityError:
        raise NotSent("key", "what it says does not open: it was changed or moved", final=True) from None
    return Letter(row.recipient, row.name, said["subject"], said["text"])


def _sent(connection: Connection, *, archive: Archive, row: Row[Any]) -> None:
    """Noted also of one that was dropped while the server took it: that it was not sent would not be true."""
    if any(
        _end(connection, archive, row, State.SENT, only) for only in (_mine(row), (Mail.state == State.DROPPED.value,))
    ):
        _tell(connection, archive, EventType.MAIL_SENT, row, {"attempts": row.attempts})
        _log.info("mail.sent", mail=row.id, purpose=row.purpose, attempts=row.attempts)


def _failed(connection: Connection, *, archive: Archive, row: Row[Any], failure: NotSent) -> None:
    again = None if failure.final else after(row.attempts, archive.clock.now())
    told = {"problem": failure.code, "reason": str(failure)}
    if again is not None and again < row.not_after:
        values = told | {"next_at": again, "claim": None, "claimed_until": None}
        connection.execute(update(Mail).where(Mail.id == row.id, *_mine(row)).values(**values))
        _log.warning("mail.not_sent", mail=row.id, problem=failure.code, attempts=row.attempts)
    elif _end(connection, archive, row, State.DEAD, _mine(row), **told):
        facts = {"attempts": row.attempts, "problem": failure.code}
        _tell(connection, archive, EventType.MAIL_FAILED, row, facts)
        _log.error("mail.given_up", mail=row.id, problem=failure.code, attempts=row.attempts)


def _mine(row: Row[Any]) -> tuple[Any, ...]:
    return (Mail.claim == row.claim, Mail.state == State.WAITING.value)


def _end(
    connection: Connection, archive: Archive, row: Row[Any], state: State, only: tuple[Any, ...], **more: Any
) -> bool:
    """Note how a mail ended, and forget what it says. Whether it was still there to end."""
    values: dict[str, Any] = dict.fromkeys(("sealed", "key_id", "claim", "claimed_until", "problem", "reason"))
    values |= {"state": state.value, "ended_at": archive.clock.now()} | more
    return connection.execute(update(Mail).where(Mail.id == row.id, *only).values(**values)).rowcount == 1


def _tell(connection: Connection, archive: Archive, kind: EventType, row: Row[Any], facts: dict[str, Any]) -> None:
    said = {"purpose": row.purpose, **facts}
    log.append(connection, [NewEvent(kind.value, "mail", row.id, said, *_SERVICE)], archive.clock.now())
