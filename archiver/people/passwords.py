"""Signing in with a password and a code. Whoever it is, known or not, gets the same answer in the same time; only the
failures of the last minutes make it wait."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from archiver.archive import Archive
from archiver.database import take_chains
from archiver.people import factors, sessions
from archiver.people.links import PASSWORD
from archiver.people.models import KnownBrowser, Person, PersonFactor, SignInTry
from archiver.people.refusing import SignInFailed
from archiver.people.sessions import SessionView, hashed
from archiver.people.waiting import MOST_OF_ALL, WINDOW, wait

KNOWN_FOR: Final = timedelta(days=180)
_WRONG: Final = "That did not fit. Name, password and code have to be right together; each code counts once."
_WHEN_ALL_TRY: Final = timedelta(minutes=1)
#: Each comparison takes 48 MiB for a moment.
_AT_ONCE: Final = threading.BoundedSemaphore(4)


class TooManyTries(SignInFailed):
    """It has to wait; ``seconds`` until the next try."""

    def __init__(self, left: timedelta) -> None:
        self.seconds = max(1, round(left.total_seconds()))
        super().__init__(f"After several failures the next try has to wait: {self.seconds} seconds.")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Secrets for the browser, told once."""

    session: str
    browser: str
    """By which this browser is known from now on."""


def sign_in(
    archive: Archive, name: str, password: str, code: str, *, agent: str, before: str = "", known: str = ""
) -> SignedIn:
    """Sign somebody in by name or mail address. ``before``: the session the browser holds; ``known``: by what it is
    known.

    Raises:
        TooManyTries: not evaluated; a later try is.
        SignInFailed: not a name, password and code that belong together.
    """
    person_id = _checked(archive, name, password, code, known)

    def begin(connection: Connection) -> SignedIn:
        browser = secrets.token_urlsafe(32)
        ends = archive.clock.now() + KNOWN_FOR
        connection.execute(delete(KnownBrowser).where(KnownBrowser.ends_at < archive.clock.now()))
        connection.execute(
            insert(KnownBrowser).values(secret_sha256=hashed(browser), person_id=person_id, ends_at=ends)
        )
        session = sessions.begin(connection, archive, person_id, PASSWORD, agent, before)
        return SignedIn(session, browser)

    return archive.database.act(begin)


def confirm(archive: Archive, session: SessionView, password: str, code: str, known: str = "") -> str:
    """Somebody who is signed in shows again who it is; the secret under which the session goes on.

    Raises:
        TooManyTries, SignInFailed: as :func:`sign_in`.
        NotFound: the session is over.
    """
    if _checked(archive, session.person_id, password, code, known) != session.person_id:
        raise SignInFailed(_WRONG)  # (somebody else can be called as this id)
    return archive.database.act(lambda connection: sessions.confirm(connection, archive, session, PASSWORD))


def _checked(archive: Archive, name: str, password: str, code: str, known: str) -> str:
    """Who it is. Each try counts as a failure until it has succeeded, so that no number of tries at once is free."""
    key = _counted(archive, name, known)
    with archive.database.read() as connection:
        person_id, stored = _factor(connection, name)
    with _AT_ONCE:
        right = factors.password_matches(stored, password)

    def use(connection: Connection) -> bool:
        if not right or not factors.use_code(connection, archive.vault, person_id, code, archive.clock.now()):
            return False
        connection.execute(delete(SignInTry).where(SignInTry.key_sha256 == key))
        return True

    if not archive.database.act(use):
        raise SignInFailed(_WRONG)
    return person_id


def _counted(archive: Archive, name: str, known: str) -> str:
    """Count a try, by a browser that is known, else by the name that was given, whoever has it. What it is counted by.

    Raises:
        TooManyTries: it is not to be evaluated.
    """
    now = archive.clock.now()
    recent = SignInTry.at > now - WINDOW

    def count(connection: Connection) -> str:
        is_known = bool(known) and _is_known(connection, known, now)
        said = f"browser {known}" if is_known else f"name {name.strip().casefold()}"
        key = sha256(said.encode()).hexdigest()
        take_chains(connection, [key])
        mine = select(SignInTry.at).where(SignInTry.key_sha256 == key, recent)
        left = wait(list(connection.execute(mine).scalars()), now)
        total = connection.execute(select(func.count()).select_from(SignInTry).where(recent)).scalar_one()
        if total >= MOST_OF_ALL and not is_known:
            left = max(left, _WHEN_ALL_TRY)
        if left > timedelta(0):
            raise TooManyTries(left)
        connection.execute(delete(SignInTry).where(SignInTry.at <= now - WINDOW))
        connection.execute(insert(SignInTry).values(key_sha256=key, at=now))
        return key

    return archive.database.act(count)


def _is_known(connection: Connection, browser: str, now: datetime) -> bool:
    query = select(KnownBrowser.person_id).where(KnownBrowser.secret_sha256 == hashed(browser))
    return connection.execute(query.where(KnownBrowser.ends_at > now)).first() is not None


def _factor(connection: Connection, name: str) -> tuple[str, str | None]:
    """Person and stored password of a name; nothing where nobody, or more than one, is called so."""
    said = name.strip()
    query = select(Person.id, PersonFactor.password).join(PersonFactor, PersonFactor.person_id == Person.id)
    named = (Person.mail == said.casefold()) | (Person.name == said) | (Person.id == said)
    rows = connection.execute(query.where(named, Person.ended_at.is_(None)).limit(2)).all()
    return (rows[0].id, rows[0].password) if len(rows) == 1 else ("", None)
