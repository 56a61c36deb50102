"""Passkeys (WebAuthn): a key that a phone, computer or stick holds, and uses only after it has seen who holds it. With
one, who has a password here signs in without it, and everybody shows again who it is. They are bound to the name of
these pages, so that no other page gets anything of use.

A challenge is random, counts once, for one purpose, for some minutes; it is known by its hash. Nothing of the device is
asked for (no attestation), only that it checked its holder (user verification). In no store and no snapshot, like all
that somebody signs in with.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from archiver import ids, logs
from archiver.archive import Archive
from archiver.database import safe_text, take_chains
from archiver.errors import NotFound, UsageError
from archiver.evidence.event_types import EventType
from archiver.people import sessions
from archiver.people.acting import Actor, of_person, tell
from archiver.people.models import Passkey, PasskeyChallenge, Person, PersonFactor
from archiver.people.refusing import SignInFailed
from archiver.people.sessions import SessionView
from archiver.visible import one_line

_log = logs.get(__name__)
PASSKEY: Final = "passkey"
MOST: Final = 10
"""Of one person."""
_LASTS: Final = timedelta(minutes=5)
_LARGEST: Final = 12 * 1024
_REFUSED: Final = "That passkey does not count here. Try again, or use another way."
_REQUIRED: Final = UserVerificationRequirement.REQUIRED


class Purpose(StrEnum):
    """What a challenge is for."""

    ADD = "add"
    SIGN_IN = "sign_in"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Place:
    """The pages as a browser knows them: a passkey is for a name, an answer for an origin."""

    name: str
    """Of the host, without a port."""
    origin: str


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """A passkey of somebody."""

    id: str
    name: str
    host: str
    made_at: datetime
    used_at: datetime | None


def passkeys(connection: Connection, person_id: str) -> list[PasskeyView]:
    """The passkeys of a person, the oldest first."""
    columns = [getattr(Passkey, name) for name in PasskeyView.__dataclass_fields__]
    query = select(*columns).where(Passkey.person_id == person_id).order_by(Passkey.made_at, Passkey.id)
    return [PasskeyView(**row._mapping) for row in connection.execute(query)]


def ask_to_add(archive: Archive, session: SessionView, place: Place) -> str:
    """What the browser is to make a passkey for (``PublicKeyCredentialCreationOptions``, JSON).

    Raises:
        UsageError: this person has as many as somebody may have.
    """
    with archive.database.read() as connection:
        person = connection.execute(select(Person.name).where(Person.id == session.person_id)).scalar_one()
        held = _credentials(connection, Passkey.person_id == session.person_id)
    _require_room(len(held))
    challenge = _challenge(archive, Purpose.ADD, place, session)
    chosen = AuthenticatorSelectionCriteria(
        resident_key=ResidentKeyRequirement.REQUIRED, require_resident_key=True, user_verification=_REQUIRED
    )
    options = generate_registration_options(
        rp_id=place.name,
        rp_name="Records archive",
        user_name=person,
        user_id=sha256(session.person_id.encode()).digest(),
        challenge=challenge,
        authenticator_selection=chosen,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in held],
    )
    return options_to_json(options)


def add(archive: Archive, session: SessionView, place: Place, answer: str, name: str) -> None:
    """Keep the passkey that the browser made.

    Raises:
        UsageError: it does not count: the wrong challenge, name or page, or its holder was not checked.
    """
    said = safe_text(one_line(name.strip())) or "Passkey"
    try:
        challenge = _answered(archive, answer, Purpose.ADD, place, session)
        found = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.name,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (SignInFailed, WebAuthnException, ValueError, KeyError, TypeError, RecursionError) as error:
        _log.warning("passkey.not_added", reason=type(error).__name__)
        raise UsageError("the passkey was not made: try again from this page, within five minutes") from None
    key = bytes_to_base64url(found.credential_id)
    row = {"person_id": session.person_id, "host": place.name, "name": said[:100], "made_at": archive.clock.now()}
    row |= {"public_key": found.credential_public_key, "sign_count": found.sign_count, "used_at": None}

    def keep(connection: Connection) -> None:
        sessions.require_goes_on(connection, archive, session)
        if connection.execute(select(Passkey.id).where(Passkey.credential == key)).first() is not None:
            raise UsageError("this passkey is known already")
        take_chains(connection, [session.person_id])  # of several that are made at once, the last ones wait and see
        _require_room(len(_credentials(connection, Passkey.person_id == session.person_id)))
        connection.execute(insert(Passkey).values(id=ids.new_id("pk"), credential=key, **row))
        tell(connection, archive, of_person(session.person_id), EventType.PASSKEY_ADDED, ("person", session.person_id))

    archive.database.act(keep)


def ask(archive: Archive, place: Place, session: SessionView | None = None) -> str:
    """What the browser is to answer (``PublicKeyCredentialRequestOptions``, JSON). ``session``: to show again who it
    is; None: to sign in, with whatever passkey of these pages the device holds."""
    purpose = Purpose.SIGN_IN if session is None else Purpose.AGAIN
    with archive.database.read() as connection:
        mine = () if session is None else (Passkey.person_id == session.person_id, Passkey.host == place.name)
        held = _credentials(connection, *mine) if mine else []
    options = generate_authentication_options(
        rp_id=place.name,
        challenge=_challenge(archive, purpose, place, session),
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in held],
        user_verification=_REQUIRED,
    )
    return options_to_json(options)


def sign_in(archive: Archive, place: Place, answer: str, *, agent: str, before: str = "") -> str:
    """Sign in whoever's passkey answered. The secret of the session, told once.

    Only who also has a password here: who comes by the city's sign-in would otherwise still come in after the city let
    them go there.

    Raises:
        SignInFailed: the answer does not count.
    """
    has_password = select(PersonFactor.person_id).where(PersonFactor.person_id == Passkey.person_id).exists()
    row = _checked(archive, place, answer, Purpose.SIGN_IN, None, has_password)

    def begin(connection: Connection) -> str:
        _use(connection, archive, row)
        return sessions.begin(connection, archive, row.person_id, PASSKEY, agent, before)

    return archive.database.act(begin)


def confirm(archive: Archive, session: SessionView, place: Place, answer: str) -> str:
    """Somebody who is signed in shows again who it is; the secret under which the session goes on.

    Raises:
        SignInFailed, NotFound: the answer does not count, or the session is over.
    """
    row = _checked(archive, place, answer, Purpose.AGAIN, session, Passkey.person_id == session.person_id)

    def go_on(connection: Connection) -> str:
        _use(connection, archive, row)
        return sessions.confirm(connection, archive, session, PASSKEY)

    return archive.database.act(go_on)


def end(archive: Archive, actor: Actor, person_id: str, passkey_id: str) -> None:
    """Let a passkey of a person count no longer.

    Raises:
        NotFound: this person has no such passkey.
    """

    def do(connection: Connection) -> None:
        if not end_all(connection, archive, actor, person_id, passkey_id):
            raise NotFound("there is no such passkey")

    archive.database.act(do)


def end_all(
    connection: Connection, archive: Archive, actor: Actor, person_id: str, passkey_id: str | None = None
) -> int:
    """Let all passkeys of a person, or one of them, count no longer. How many there were."""
    mine: ColumnElement[bool] = Passkey.person_id == person_id
    mine = mine if passkey_id is None else mine & (Passkey.id == passkey_id)
    ended = int(connection.execute(delete(Passkey).where(mine)).rowcount)
    for _ in range(ended):
        tell(connection, archive, actor, EventType.PASSKEY_ENDED, ("person", person_id))
    return ended


def _challenge(archive: Archive, purpose: Purpose, place: Place, session: SessionView | None) -> bytes:
    now, challenge = archive.clock.now(), secrets.token_bytes(32)
    row = {"challenge_sha256": sha256(challenge).hexdigest(), "purpose": purpose.value, "host": place.name}

    def note(connection: Connection) -> None:
        connection.execute(delete(PasskeyChallenge).where(PasskeyChallenge.made_at < now - _LASTS))
        session_id = None if session is None else session.id
        connection.execute(insert(PasskeyChallenge).values(**row, session_id=session_id, made_at=now))

    archive.database.act(note)
    return challenge


def _answered(archive: Archive, answer: str, purpose: Purpose, place: Place, session: SessionView | None) -> bytes:
    """The challenge that an answer is to; it cannot be answered again, whatever comes of it.

    Raises:
        SignInFailed: it was none of ours, for something else, or its time is over.
        ValueError, KeyError, TypeError: no answer of a passkey.
    """
    if len(answer) > _LARGEST:
        raise ValueError("longer than any answer")
    client = json.loads(base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"]))
    challenge = base64url_to_bytes(str(client["challenge"]))
    now = archive.clock.now()
    mine = PasskeyChallenge.challenge_sha256 == sha256(challenge).hexdigest()

    def take(connection: Connection) -> bool:
        row = connection.execute(select(*PasskeyChallenge.__table__.columns).where(mine)).one_or_none()
        gone = connection.execute(delete(PasskeyChallenge).where(mine)).rowcount
        if row is None or not gone or row.made_at <= now - _LASTS:
            return False
        wanted = (purpose.value, place.name, None if session is None else session.id)
        return (row.purpose, row.host, row.session_id) == wanted

    if not archive.database.act(take):
        raise SignInFailed(_REFUSED)
    return challenge


def _checked(
    archive: Archive,
    place: Place,
    answer: str,
    purpose: Purpose,
    session: SessionView | None,
    whose: ColumnElement[bool],
) -> _Used:
    """The passkey that answered."""
    try:
        challenge = _answered(archive, answer, purpose, place, session)
        row = _known(archive, place, str(json.loads(answer)["id"]), whose)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        _log.warning("passkey.refused", reason=type(error).__name__)
        raise SignInFailed(_REFUSED) from None
    try:
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.name,
            expected_origin=place.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=0,  # compared below, where it is known that the passkey itself said it
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        _log.warning("passkey.refused", reason=type(error).__name__)
        _tell_refused(archive, row.person_id, "not_verified")
        raise SignInFailed(_REFUSED) from None
    if (found.new_sign_count or row.sign_count) and found.new_sign_count <= row.sign_count:
        _tell_refused(archive, row.person_id, "counter")
        raise SignInFailed(_REFUSED)
    return _Used(row.id, row.person_id, row.sign_count, found.new_sign_count)


@dataclass(frozen=True, slots=True)
class _Used:
    """A passkey that answered as it should, and how often it had been used before, as it counts."""

    id: str
    person_id: str
    before: int
    counted: int


def _known(archive: Archive, place: Place, credential: str, whose: ColumnElement[bool]) -> Any:
    now = archive.clock.now()
    query = select(Passkey.id, Passkey.person_id, Passkey.public_key, Passkey.sign_count)
    query = query.join(Person, Person.id == Passkey.person_id).where(whose, Passkey.host == place.name)
    alive = or_(Person.ended_at.is_(None), Person.ended_at > now)
    with archive.database.read() as connection:
        row = connection.execute(query.where(alive, Passkey.credential == credential)).one_or_none()
    if row is None:
        raise SignInFailed(_REFUSED)
    return row


def _use(connection: Connection, archive: Archive, used: _Used) -> None:
    """Note that a passkey was used; of two answers that count alike the second does not."""
    mine = (Passkey.id == used.id) & (Passkey.sign_count == used.before)
    news = {"sign_count": used.counted, "used_at": archive.clock.now()}
    if connection.execute(update(Passkey).where(mine).values(**news)).rowcount != 1:
        raise SignInFailed(_REFUSED)


def _tell_refused(archive: Archive, person_id: str, why: str) -> None:
    """A passkey that is known answered, and not as it should: a copy of it, or a page that is not ours."""
    said = {"why": why}
    actor = Actor("service", "people")
    archive.database.act(
        lambda connection: tell(connection, archive, actor, EventType.PASSKEY_REFUSED, ("person", person_id), said)
    )


def _require_room(held: int) -> None:
    if held >= MOST:
        raise UsageError(f"nobody has more than {MOST} passkeys: end one first")


def _credentials(connection: Connection, *conditions: ColumnElement[bool]) -> list[bytes]:
    return [
        base64url_to_bytes(one) for one in connection.execute(select(Passkey.credential).where(*conditions)).scalars()
    ]
