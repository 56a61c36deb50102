"""Signing in with the city's own sign-in: OpenID Connect, the code flow with state, nonce and a challenge (RFC 7636).

What comes back counts only if it is from the issuer that is set, signed with a key that the issuer's own address gives,
with an algorithm of a fixed list, for this archive, for this very trip, and brought by the browser that began it.
Nobody comes into being by signing in: a person is here first, and is known by the issuer's name for them, the first
time by a mail address that the issuer vouches for.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import Connection, delete, insert, select

from archiver import logs
from archiver.accounts.links import base_url
from archiver.archive import Archive
from archiver.errors import SettingsError, Unreachable
from archiver.people import service, sessions
from archiver.people.acting import of_person
from archiver.people.models import Person, SignInTrip
from archiver.people.refusing import SignInFailed
from archiver.people.sessions import SessionView, hashed

_log = logs.get(__name__)
OPENID: Final = "openid"
RETURN_PATH: Final = "/sign-in/return"
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_TRIP: Final = timedelta(minutes=10)
_LEEWAY: Final = 60
"""Seconds by which the issuer's clock may be wrong."""
_SECONDS: Final = 10.0
_LARGEST: Final = 256 * 1024
_LARGEST_TOKEN: Final = 16 * 1024
_TRUSTED: Final = frozenset({"alg", "kid", "typ"})
"""Whatever else a token's head names (keys, addresses of keys, rules of its own) makes it no token of ours."""
_REFUSED: Final = "The city's sign-in did not say who you are in a way that counts. Try again from the beginning."


@dataclass(frozen=True, slots=True)
class Trip:
    """Somebody is on the way to the city's sign-in."""

    address: str
    browser: str
    """What the browser has to bring back."""


@dataclass(frozen=True, slots=True)
class Back:
    """Somebody came back and is who they say."""

    session: str
    next: str


@dataclass(frozen=True, slots=True)
class Provider:
    """What the issuer says of itself."""

    issuer: str
    authorize: str
    token: str
    keys: str


def begin(archive: Archive, base: str, next_page: str, *, again: bool = False) -> Trip:
    """Send somebody to the city's sign-in. ``again``: to show once more who it is, whatever that sign-in remembers.

    Raises:
        SettingsError: none is set.
        Unreachable: it does not answer, or not as one.
    """
    found = _provider(archive)
    state, browser, nonce = (secrets.token_urlsafe(32) for _ in range(3))
    verifier, now = generate_token(64), archive.clock.now()
    row = {"state_sha256": hashed(state), "browser_sha256": hashed(browser), "nonce": nonce, "verifier": verifier}

    def note(connection: Connection) -> None:
        connection.execute(delete(SignInTrip).where(SignInTrip.made_at < now - _TRIP))
        connection.execute(insert(SignInTrip).values(**row, next=next_page[:2000], again=again, made_at=now))

    archive.database.act(note)
    asked = {
        "nonce": nonce,
        "code_challenge": str(create_s256_code_challenge(verifier)),
        "code_challenge_method": "S256",
    }
    asked |= {"prompt": "login", "max_age": "0"} if again else {}
    address = prepare_grant_uri(
        found.authorize,
        client_id=archive.settings.openid_client,
        response_type="code",
        redirect_uri=return_url(archive, base),
        scope="openid profile email",
        state=state,
        **asked,
    )
    return Trip(address, browser)


def finish(
    archive: Archive,
    base: str,
    *,
    state: str,
    browser: str,
    code: str | None,
    agent: str,
    issuer: str | None = None,
    before: str = "",
    session: SessionView | None = None,
) -> Back:
    """Somebody came back from the city's sign-in. Each trip ends once.

    Args:
        issuer: who the answer says it is from (RFC 9207), where it does.
        before: the session that the browser holds; ``session``: the same, where it goes on.

    Raises:
        SignInFailed: what came back does not count, or nobody here is known by it.
        Unreachable: the city's sign-in does not answer.
    """
    trip = _ended(archive, state, browser)
    if code is None or (issuer is not None and issuer != archive.settings.openid_issuer):
        raise SignInFailed(_REFUSED)
    found = _provider(archive)
    try:
        claims = _claims(archive, found, _exchange(archive, found, code, trip["verifier"], base), trip)
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        _log.warning("openid.refused", reason=type(error).__name__)
        raise SignInFailed(_REFUSED) from None

    def enter(connection: Connection) -> str:
        person_id = _known(connection, archive, claims)
        if trip["again"] and session is not None:
            if person_id != session.person_id:
                raise SignInFailed("That was somebody else than who is signed in here. Sign out first.")
            return sessions.confirm(connection, archive, session, OPENID)
        shown_at = _shown_at(archive, claims)
        return sessions.begin(connection, archive, person_id, OPENID, agent, before, shown_at)

    return Back(archive.database.act(enter), trip["next"])


def return_url(archive: Archive, base: str) -> str:
    """What has to be registered at the city's sign-in."""
    return f"{base_url(archive)}{base}{RETURN_PATH}"


def check_token(token: str, keys: Mapping[str, Any], expected: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The claims of an ID token (OpenID Connect Core §3.1.3.7). Pure.

    ``expected``: ``issuer``, ``client``, ``nonce``, and ``since``: from when on it has to have been shown who it is, in
    seconds; None: whenever it was.

    Raises:
        JoseError, ValueError: it does not count.
    """
    if len(token) > _LARGEST_TOKEN:
        raise ValueError("longer than any ID token")
    found = jws.extract_compact(token.encode())
    header = found.headers()
    if set(header) - _TRUSTED or header.get("alg") not in ALGORITHMS:
        raise ValueError("its head says what is not taken from a stranger")
    usable = KeySet.import_key_set(
        {"keys": [one for one in keys["keys"] if one.get("kty") in ("RSA", "EC", "OKP") and one.get("use") != "enc"]}
    )
    if not jws.deserialize_compact(token, usable, algorithms=list(ALGORITHMS)).payload:
        raise ValueError("it says nothing")
    said: Any = json.loads(found.payload)
    options = {
        "iss": {"essential": True, "value": expected["issuer"]},
        "aud": {"essential": True, "value": expected["client"]},
        "sub": {"essential": True},
        "nonce": {"essential": True, "value": expected["nonce"]},
    }
    claims = CodeIDToken(said, header, options, {"nonce": expected["nonce"], "client_id": expected["client"]})
    claims.validate(now=int(now), leeway=_LEEWAY)
    if not isinstance(said["sub"], str) or not 0 < len(said["sub"]) <= 255:
        raise ValueError("no name of a subject")
    if said["iat"] > now + _LEEWAY or not hmac.compare_digest(str(said["nonce"]), expected["nonce"]):
        raise ValueError("not for this trip")
    if isinstance(said["aud"], list) and len(said["aud"]) > 1 and said.get("azp") != expected["client"]:
        raise ValueError("for several, and not for us")
    if expected["since"] is not None and not said["auth_time"] >= expected["since"] - _LEEWAY:
        raise ValueError("it was not shown anew who it is")
    return dict(said)


def _claims(archive: Archive, found: Provider, token: str, trip: Mapping[str, Any]) -> dict[str, Any]:
    expected = {
        "issuer": found.issuer,
        "client": archive.settings.openid_client,
        "nonce": trip["nonce"],
        # From when the trip began: the browser carries what asks for it (``prompt``), and can leave that away.
        "since": trip["made_at"].timestamp() if trip["again"] else None,
    }
    return check_token(token, _asked("GET", found.keys), expected, archive.clock.now().timestamp())


def _shown_at(archive: Archive, claims: Mapping[str, Any]) -> datetime:
    """When somebody last showed there who they are. A sign-in that remembers them may let them in here without asking;
    that is no showing, and where it does not tell when it asked, it counts as long ago."""
    now, said = archive.clock.now(), claims.get("auth_time")
    if isinstance(said, int | float) and 0 < said <= now.timestamp() + _LEEWAY:
        return min(now, datetime.fromtimestamp(said, UTC))
    return now - timedelta(hours=archive.settings.session_hours)


def _known(connection: Connection, archive: Archive, claims: Mapping[str, Any]) -> str:
    """Who it is here. By the issuer's name for them; the first time by their mail address."""
    issuer, subject = claims["iss"], claims["sub"]
    query = select(Person.id).where(Person.ended_at.is_(None))
    known = connection.execute(query.where(Person.issuer == issuer, Person.subject == subject)).scalar()
    if known is not None:
        return str(known)
    verified = claims.get("email_verified") is True or archive.settings.openid_mail_is_verified
    mail = claims.get("email")
    # Only plain letters: others can become an address that is somebody else's once their case is ignored (ſ → s).
    if verified and isinstance(mail, str) and mail.isascii() and mail.strip():
        free = (Person.mail == mail.strip().casefold(), Person.subject.is_(None))
        person_id = connection.execute(query.where(*free)).scalar()
        if person_id is not None:
            before = service.get(connection, person_id)
            service.set_values(
                connection, archive, of_person(person_id), before, {"issuer": issuer, "subject": subject}
            )
            return str(person_id)
    raise SignInFailed("You are not among the people of this archive. An administrator adds you by your mail address.")


def _ended(archive: Archive, state: str, browser: str) -> Mapping[str, Any]:
    """The trip that ends; it cannot end again, whatever comes of it."""
    now = archive.clock.now()
    mine = SignInTrip.state_sha256 == hashed(state)

    def take(connection: Connection) -> Mapping[str, Any] | None:
        row = connection.execute(select(*SignInTrip.__table__.columns).where(mine)).mappings().one_or_none()
        if row is None or not hmac.compare_digest(row["browser_sha256"], hashed(browser)):
            return None  # (a stranger who knows the state alone does not end it)
        gone = connection.execute(delete(SignInTrip).where(mine)).rowcount
        return dict(row) if gone and row["made_at"] > now - _TRIP else None

    trip = archive.database.act(take)
    if trip is None:
        raise SignInFailed(_REFUSED)
    return trip


def _provider(archive: Archive) -> Provider:
    issuer = archive.settings.openid_issuer
    if not issuer:
        raise SettingsError("no sign-in of the city is set: ARCHIVER_OPENID_ISSUER")
    said = _asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    values = [said.get(name) for name in names]
    secure = ("https://",) if issuer.startswith("https://") else ("https://", "http://127.0.0.1", "http://localhost")
    if values[0] != issuer or not all(isinstance(one, str) and one.startswith(secure) for one in values):
        raise Unreachable("the city's sign-in does not describe itself as the issuer that is set")
    return Provider(*(str(one) for one in values))


def _exchange(archive: Archive, found: Provider, code: str, verifier: str, base: str) -> str:
    """The ID token for a code."""
    settings = archive.settings
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": return_url(archive, base),
        "code_verifier": verifier,
        "client_id": settings.openid_client,
    }
    secret = _secret(archive)
    if secret:
        form["client_secret"] = secret
    answer = _asked("POST", found.token, form)
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise ValueError("no ID token")
    return token


def _secret(archive: Archive) -> str:
    path = archive.settings.openid_secret_file
    if not path.name:
        return ""
    try:
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path} is open to others: run chmod 600 {path}")
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"cannot read ARCHIVER_OPENID_SECRET_FILE: {error.strerror}") from None


def _asked(method: str, address: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A JSON object from the issuer; no redirects, no proxies that the environment names, and no more than fits."""
    try:
        with (
            httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(method, address, data=form, headers={"accept": "application/json"}) as answer,
        ):
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > _LARGEST:
                    raise ValueError("too long")
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        said: Any = json.loads(body)
        if not isinstance(said, dict):
            raise ValueError("no object")
    except (httpx.HTTPError, ValueError, RecursionError) as error:
        _log.warning("openid.unreachable", method=method, reason=type(error).__name__)
        if form is not None:
            raise SignInFailed(_REFUSED) from None
        raise Unreachable("the city's sign-in does not answer: try again in a moment") from None
    return said
