"""Sessions and API tokens: what a browser or program holds is random, here is only its hash. Both end at once when
their person may do nothing any more, and whenever somebody says so."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from archiver import ids
from archiver.archive import Archive
from archiver.clock import to_text
from archiver.database import safe_text
from archiver.errors import NotFound, UsageError
from archiver.evidence.event_types import EventType
from archiver.people import permission
from archiver.people.acting import Actor, of_person, tell
from archiver.people.actions import FOR_TOKENS, Action
from archiver.people.models import ApiToken, Person, Session
from archiver.visible import one_line

#: What a token begins with, so that people and programs that look for lost secrets know it.
TOKEN_PREFIX: Final = "cra_"  # noqa: S105
LONGEST_TOKEN: Final = timedelta(days=366)
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_TO_THE: Final = timedelta(minutes=1)
"""How exactly it is kept when a session or token was last used: writing it at every page would cost a transaction."""
_FORGET: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SessionView:
    """Somebody is signed in."""

    id: str
    person_id: str
    how: str
    browser: str
    made_at: datetime
    seen_at: datetime
    shown_at: datetime
    ends_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token for programs, without itself."""

    id: str
    person_id: str
    name: str
    scopes: tuple[str, ...]
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None
    ended_at: datetime | None

    def counts(self, at: datetime) -> bool:
        """Whether it can be used."""
        return self.ended_at is None and self.ends_at > at


def hashed(secret: str) -> str:
    """What is kept of a secret of 256 random bits."""
    return sha256(secret.encode()).hexdigest()


def begin(
    connection: Connection,
    archive: Archive,
    person_id: str,
    how: str,
    browser: str,
    before: str | None = None,
    shown_at: datetime | None = None,
) -> str:
    """Begin a session, under a new secret always; the one that the browser held ends. Its secret, told once.

    ``before``: the secret of the session that the browser holds. ``shown_at``: when it was shown who it is; None: now.
    """
    now, secret = archive.clock.now(), secrets.token_urlsafe(32)
    connection.execute(delete(Session).where(Session.ends_at < now - _FORGET))
    if before is not None and _SECRET.fullmatch(before):
        mine = (Session.secret_sha256 == hashed(before)) & Session.ended_at.is_(None)
        connection.execute(update(Session).where(mine).values(ended_at=now))
    row = {"id": ids.new_id("ss"), "secret_sha256": hashed(secret), "person_id": person_id, "how": how}
    row["browser"] = safe_text(one_line(browser, 200))
    ends = now + timedelta(hours=archive.settings.session_hours)
    connection.execute(insert(Session).values(**row, made_at=now, seen_at=now, shown_at=shown_at or now, ends_at=ends))
    tell(connection, archive, of_person(person_id), EventType.SESSION_BEGUN, ("person", person_id), {"how": how})
    return secret


def of_secret(archive: Archive, secret: str) -> SessionView | None:
    """The session that a browser holds, if it goes on; noted that it was used. None: it is over, or there is none."""
    if not _SECRET.fullmatch(secret):
        return None
    now = archive.clock.now()
    with archive.database.read() as connection:
        query = _sessions().join(Person, Person.id == Session.person_id)
        row = connection.execute(query.where(Session.secret_sha256 == hashed(secret), *_goes_on(archive, now))).first()
    if row is None:
        return None
    session = SessionView(**row._mapping)
    if now - session.seen_at >= _TO_THE:
        seen = update(Session).where(Session.id == session.id, Session.ended_at.is_(None)).values(seen_at=now)
        archive.database.act(lambda connection: connection.execute(seen).rowcount)
    return session


def whose(archive: Archive, secret: str) -> str | None:
    """Id of the person whose session a browser holds, also one that is over; None: it is not known any more."""
    if not _SECRET.fullmatch(secret):
        return None
    query = select(Session.person_id).where(Session.secret_sha256 == hashed(secret))
    with archive.database.read() as connection:
        found: str | None = connection.execute(query).scalar()
    return found


def confirm(connection: Connection, archive: Archive, session: SessionView, how: str) -> str:
    """Somebody showed again who it is: the session goes on under another secret, which is told once."""
    now, secret = archive.clock.now(), secrets.token_urlsafe(32)
    mine = (Session.id == session.id) & Session.ended_at.is_(None)
    news = {"secret_sha256": hashed(secret), "shown_at": now, "seen_at": now}
    if connection.execute(update(Session).where(mine).values(**news)).rowcount != 1:
        raise NotFound("this session is over: sign in anew")
    actor, person = of_person(session.person_id), ("person", session.person_id)
    tell(connection, archive, actor, EventType.SESSION_CONFIRMED, person, {"how": how})
    return secret


def require_goes_on(connection: Connection, archive: Archive, session: SessionView) -> None:
    """Hold a session until the transaction ends: whoever ends it meanwhile comes after what is done in it, and undoes
    that too.

    Raises:
        NotFound: it is over.
    """
    mine = (Session.id == session.id) & Session.ended_at.is_(None)
    if connection.execute(update(Session).where(mine).values(seen_at=archive.clock.now())).rowcount != 1:
        raise NotFound("this session is over: sign in anew")


def is_fresh(archive: Archive, session: SessionView) -> bool:
    """Whether it was shown within the last minutes who it is, as high-risk acts ask for."""
    return archive.clock.now() - session.shown_at < timedelta(minutes=archive.settings.session_confirm_minutes)


def sessions(connection: Connection, archive: Archive, person_id: str) -> list[SessionView]:
    """The sessions of a person that go on, the newest first."""
    query = _sessions().join(Person, Person.id == Session.person_id).where(Session.person_id == person_id)
    query = query.where(*_goes_on(archive, archive.clock.now())).order_by(Session.made_at.desc(), Session.id)
    return [SessionView(**row._mapping) for row in connection.execute(query)]


def end_sessions(
    connection: Connection, archive: Archive, actor: Actor, person_id: str, why: str, session_id: str | None = None
) -> int:
    """End all sessions of a person, or one of them, at once. How many there were."""
    mine = (Session.person_id == person_id) & Session.ended_at.is_(None)
    mine = mine if session_id is None else mine & (Session.id == session_id)
    ended = connection.execute(update(Session).where(mine).values(ended_at=archive.clock.now())).rowcount
    if ended:
        facts = {"why": why, "count": ended}
        tell(connection, archive, actor, EventType.SESSION_ENDED, ("person", person_id), facts)
    return int(ended)


def make_token(
    archive: Archive,
    actor: Actor,
    person_id: str,
    name: str,
    scopes: Collection[Action],
    lasts: timedelta,
    session: SessionView | None = None,
) -> tuple[TokenView, str]:
    """Make a token with which programs do what its person may, as far as ``scopes`` go. The token, told once.

    ``session``: in which somebody asks for it; where it is ended meanwhile, no token outlives it.

    Raises:
        NotFound: there is no such person, or the session is over.
        UsageError: no name, no or unusable scopes, a time that is too long, or something that its person may nowhere.
    """
    if not scopes or not set(scopes) <= FOR_TOKENS:
        raise UsageError(f"a token may be for {', '.join(sorted(FOR_TOKENS))}")
    if not timedelta(0) < lasts <= LONGEST_TOKEN:
        raise UsageError(f"a token counts for 1 to {LONGEST_TOKEN.days} days")
    said = safe_text(one_line(name.strip()))
    if not said or len(said) > 100:
        raise UsageError("say in up to 100 characters what the token is for")
    now, secret, token_id = archive.clock.now(), TOKEN_PREFIX + secrets.token_urlsafe(32), ids.new_id("tk")
    row = {"id": token_id, "secret_sha256": hashed(secret), "person_id": person_id, "name": said}
    times = {"made_at": now, "ends_at": now + lasts, "used_at": None, "ended_at": None}

    def do(connection: Connection) -> TokenView:
        if session is not None:
            require_goes_on(connection, archive, session)
        alive = select(Person.id).where(Person.id == person_id, Person.ended_at.is_(None))
        if connection.execute(alive).first() is None:
            raise NotFound("there is nobody of that id who may sign in here")
        beyond = set(scopes) - permission.actions_of(connection, person_id, now)
        if beyond:
            raise UsageError(
                f"no role of theirs allows {', '.join(sorted(beyond))}, and a token does no more than its person may:"
                " leave it out, or have the role given first"
            )
        connection.execute(insert(ApiToken).values(**row, **times, scopes=sorted(one.value for one in set(scopes))))
        facts = {"person": person_id, "ends": to_text(now + lasts)}
        tell(connection, archive, actor, EventType.TOKEN_MADE, ("token", token_id), facts)
        return next(one for one in tokens(connection, person_id) if one.id == token_id)

    return archive.database.act(do), secret


def of_token(archive: Archive, secret: str) -> TokenView | None:
    """The token that a program sent, if it counts; noted that it was used."""
    if not secret.startswith(TOKEN_PREFIX) or not _SECRET.fullmatch(secret.removeprefix(TOKEN_PREFIX)):
        return None
    now = archive.clock.now()
    query = _tokens().join(Person, Person.id == ApiToken.person_id)
    alive = or_(Person.ended_at.is_(None), Person.ended_at > now)
    conditions = (ApiToken.secret_sha256 == hashed(secret), ApiToken.ended_at.is_(None), ApiToken.ends_at > now, alive)
    with archive.database.read() as connection:
        row = connection.execute(query.where(*conditions)).first()
    if row is None:
        return None
    token = _token_view(row)
    if token.used_at is None or now - token.used_at >= _TO_THE:
        used = update(ApiToken).where(ApiToken.id == token.id).values(used_at=now)
        archive.database.act(lambda connection: connection.execute(used).rowcount)
    return token


def tokens(connection: Connection, person_id: str) -> list[TokenView]:
    """The tokens of a person, the newest first."""
    query = _tokens().where(ApiToken.person_id == person_id).order_by(ApiToken.made_at.desc(), ApiToken.id)
    return [_token_view(row) for row in connection.execute(query)]


def end_token(archive: Archive, actor: Actor, person_id: str, token_id: str) -> None:
    """Let a token of a person count no longer.

    Raises:
        NotFound: this person has no such token that counts.
    """

    def do(connection: Connection) -> None:
        if not end_tokens(connection, archive, actor, person_id, token_id):
            raise NotFound("there is no such token that counts")

    archive.database.act(do)


def end_tokens(
    connection: Connection, archive: Archive, actor: Actor, person_id: str, token_id: str | None = None
) -> int:
    """Let all tokens of a person, or one of them, count no longer. How many there were."""
    mine: ColumnElement[bool] = (ApiToken.person_id == person_id) & ApiToken.ended_at.is_(None)
    mine = mine if token_id is None else mine & (ApiToken.id == token_id)
    found = list(connection.execute(select(ApiToken.id).where(mine)).scalars())
    for one in found:
        connection.execute(update(ApiToken).where(ApiToken.id == one).values(ended_at=archive.clock.now()))
        tell(connection, archive, actor, EventType.TOKEN_ENDED, ("token", one))
    return len(found)


def _goes_on(archive: Archive, now: datetime) -> tuple[ColumnElement[bool], ...]:
    idle = now - timedelta(minutes=archive.settings.session_idle_minutes)
    alive = or_(Person.ended_at.is_(None), Person.ended_at > now)
    return Session.ended_at.is_(None), Session.ends_at > now, Session.seen_at > idle, alive


def _sessions() -> Any:
    return select(*[getattr(Session, name) for name in SessionView.__dataclass_fields__])


def _tokens() -> Any:
    return select(*[getattr(ApiToken, name) for name in TokenView.__dataclass_fields__])


def _token_view(row: Row[Any]) -> TokenView:
    values = dict(row._mapping)
    return TokenView(**values | {"scopes": tuple(values["scopes"])})
