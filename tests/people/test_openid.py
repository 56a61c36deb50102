"""Signing in with the city's own sign-in, against a provider over a real socket that lies in every known way."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import OctKey

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.people import openid, service, sessions
from archiver.people.acting import SERVICE, of_person
from archiver.people.refusing import SignInFailed
from archiver.people.roles import Role
from archiver.people.service import NewGrant
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.people.conftest import opened
from tests.people.provider import CLIENT, SECRET, Provider, another_key, curve_key

SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def provider(hands: SetClock) -> Iterator[Provider]:
    made = Provider(hands.now)
    yield made
    made.close()


@pytest.fixture
def city(tmp_path: Path, hands: SetClock, provider: Provider) -> Iterator[Archive]:
    """An archive with the city's sign-in, and Jo among its people."""
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    given: dict[str, Any] = {"openid_issuer": provider.issuer, "openid_client": CLIENT, "openid_secret_file": secret}
    with opened(tmp_path / "home", hands, **given) as archive:
        jo = service.add(archive, SERVICE, "Jo", "jo@city.example")
        service.grant(archive, SERVICE, jo.id, NewGrant(Role.CUSTODIAN))
        service.acknowledge(archive, of_person(jo.id), jo.id)
        yield archive


@pytest.fixture
def browser(city: Archive) -> TestClient:
    return TestClient(create_app(Site(city)), base_url="http://127.0.0.1", follow_redirects=False)


def leave(browser: TestClient, **form: str) -> str:
    """Press the button; the address that the page leads to."""
    page = browser.post("/sign-in/openid", data={"next": "/accounts", **form}, headers=SAME)
    assert page.status_code == 200, page.text
    return str(page.text).partition('content="0; url=')[2].partition('"')[0].replace("&amp;", "&")


def come_back(browser: TestClient, brought: dict[str, str]) -> Any:
    return browser.get("/sign-in/return", params=brought, headers={"Sec-Fetch-Site": "cross-site"})


def test_somebody_signs_in_and_is_known_from_then_on_by_their_name_there(
    city: Archive, browser: TestClient, provider: Provider
) -> None:
    assert browser.get("/accounts").headers["location"] == "/sign-in?next=%2Faccounts"
    assert "the city" in browser.get("/sign-in").text
    address = leave(browser)
    for part in ("code_challenge_method=S256", "nonce=", "state=", "response_type=code", "scope=openid", "tenant=1"):
        assert part in address
    back = come_back(browser, provider.agree(address))
    assert (back.status_code, back.headers["location"]) == (303, "/accounts")
    cookie = back.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.get("/accounts").status_code == 200
    with city.database.read() as connection:
        jo = service.find(connection, "Jo")
    assert (jo.issuer, jo.subject) == (provider.issuer, "user-1")
    provider.mail = "jo.new@city.example"  # (who has a name there is known by it, whatever the address)
    assert come_back(browser, provider.agree(leave(browser))).status_code == 303
    provider.subject, provider.mail = "user-2", "jo@city.example"
    assert come_back(browser, provider.agree(leave(browser))).status_code == 401, "the address is somebody's already"


STRANGERS = [("jo@city.example", False), ("jo@city.example", "true"), ("eve@x.example", True), ("", True)]
STRANGERS += [("\u212aay@city.example", True), ("ka\u017fe@city.example", True)]
"""The sign of the Kelvin and the long s are a k and an s once their case is ignored."""


@pytest.mark.parametrize(("mail", "verified"), STRANGERS)
def test_who_is_not_among_the_people_does_not_come_in(
    city: Archive, browser: TestClient, provider: Provider, mail: str, verified: object
) -> None:
    for name in ("kay", "kase"):
        service.add(city, SERVICE, name, f"{name}@city.example")
    provider.mail, provider.verified = mail, verified
    back = come_back(browser, provider.agree(leave(browser)))
    assert back.status_code == 401
    assert "not among the people" in back.text
    assert browser.get("/accounts").status_code == 303


def test_a_trip_ends_once_in_the_browser_that_began_it_and_in_time(
    city: Archive, browser: TestClient, provider: Provider, hands: SetClock
) -> None:
    brought = provider.agree(leave(browser))
    stranger = TestClient(browser.app, base_url="http://127.0.0.1", follow_redirects=False)
    assert come_back(stranger, brought).status_code == 401
    assert come_back(browser, {**brought, "state": "x" * 43}).status_code == 401
    assert come_back(browser, brought).status_code == 303, "a stranger's try does not end it"
    assert come_back(browser, brought).status_code == 401
    brought = provider.agree(leave(browser))
    hands.at += openid._TRIP
    assert come_back(browser, brought).status_code == 401
    assert (
        come_back(browser, {"state": provider.agree(leave(browser))["state"], "error": "access_denied"}).status_code
        == 401
    )
    mixed_up = provider.agree(leave(browser)) | {"iss": "https://other.example"}
    assert come_back(browser, mixed_up).status_code == 401


def _head(token: str, **more: Any) -> str:
    head, body, signature = token.split(".")
    known = json.loads(base64.urlsafe_b64decode(head + "=="))
    return ".".join(
        [base64.urlsafe_b64encode(json.dumps(known | more).encode()).rstrip(b"=").decode(), body, signature]
    )


Lie = Callable[[Provider, dict[str, Any]], str]


def _claim(**values: Any) -> Lie:
    return lambda one, claims: one.sign({**claims, **values})


def _without(name: str) -> Lie:
    return lambda one, claims: one.sign({key: value for key, value in claims.items() if key != name})


def _public_as_secret(one: Provider, claims: dict[str, Any]) -> str:
    pem = one.key.as_pem(private=False)
    return one.sign(claims, {"alg": "HS256"}, OctKey.import_key(pem))


def _none(one: Provider, claims: dict[str, Any]) -> str:
    body = one.sign(claims).split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg":"none","kid":"k1"}').rstrip(b"=").decode()
    return f"{head}.{body}."


LIES: dict[str, Lie] = {
    "alg none": _none,
    "HS256 under the public key": _public_as_secret,
    "another key of the same name": lambda one, claims: one.sign(claims, key=another_key()),
    "a key of another kind": lambda one, claims: one.sign(claims, {"alg": "ES256"}, curve_key()),
    "changed body": lambda one, claims: ".".join(
        [one.sign(claims).split(".")[0], one.sign({**claims, "sub": "x"}).split(".")[1], one.sign(claims).split(".")[2]]
    ),
    "no signature": lambda one, claims: one.sign(claims).rpartition(".")[0] + ".",
    "jwk in the head": lambda one, claims: one.sign(claims, {"jwk": one.key.as_dict(private=False)}),
    "jku in the head": lambda one, claims: one.sign(claims, {"jku": "https://evil.example/keys"}),
    "x5u in the head": lambda one, claims: one.sign(claims, {"x5u": "https://evil.example/c"}),
    "crit in the head": lambda one, claims: _head(one.sign(claims), crit=["b64"], b64=True),
    "unknown key id": lambda one, claims: one.sign(claims, {"kid": "k2"}),
    "for somebody else": _claim(aud="another"),
    "for several, said to be another's": _claim(aud=[CLIENT, "another"], azp="another"),
    "for several, said to be nobody's": _claim(aud=[CLIENT, "another"]),
    "from somebody else": _claim(iss="https://evil.example"),
    "from nearly the issuer": lambda one, claims: one.sign({**claims, "iss": f"{claims['iss']}/"}),
    "another trip's": _claim(nonce="x"),
    "no trip's": _without("nonce"),
    "over": _claim(exp=1),
    "never over": _without("exp"),
    "of nobody": _without("sub"),
    "of an empty name": _claim(sub=""),
    "of a name that is a number": _claim(sub=7),
    "from the future": _claim(iat=4_000_000_000),
    "without issuer": _without("iss"),
    "no token": lambda _, __: "x.y.z",
    "ten megabytes": lambda one, claims: one.sign({**claims, "more": "x" * 10_000_000}),
    "a list": lambda one, claims: "W10.W10.W10",
}


@pytest.mark.law("R71")
@pytest.mark.parametrize("lie", LIES)
def test_no_forged_token_counts_and_each_is_refused_at_once(browser: TestClient, provider: Provider, lie: str) -> None:
    provider.make = lambda claims: LIES[lie](provider, claims)
    brought = provider.agree(leave(browser))
    began = time.process_time()
    back = come_back(browser, brought)
    assert (back.status_code, "location" in back.headers) == (401, False)
    assert time.process_time() - began < 3.0
    assert browser.get("/accounts").status_code == 303
    provider.make = None
    assert come_back(browser, provider.agree(leave(browser))).status_code == 303, "the truth counts right after"


def test_refusing_what_is_large_is_quick(provider: Provider, hands: SetClock) -> None:
    keys, claims = provider.keys(), provider.claims({"nonce": "n"})
    expected = {"issuer": provider.issuer, "client": CLIENT, "nonce": "n", "since": None}
    assert openid.check_token(provider.sign(claims), keys, expected, hands.at.timestamp())["sub"] == "user-1"
    huge = "x" * 10_000_000 + ".y.z"
    began = time.perf_counter()
    with pytest.raises(ValueError, match="longer"):
        openid.check_token(huge, keys, expected, hands.at.timestamp())
    assert time.perf_counter() - began < 0.1


def test_a_curve_s_key_counts_too(browser: TestClient, provider: Provider) -> None:
    provider.key, provider.algorithm = curve_key(), "ES256"
    assert come_back(browser, provider.agree(leave(browser))).status_code == 303


def test_a_sign_in_that_is_away_is_said_and_can_be_tried_again(browser: TestClient, provider: Provider) -> None:
    provider.down = True
    answer = browser.post("/sign-in/openid", data={"next": "/accounts"}, headers=SAME)
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)
    provider.down = False
    brought = provider.agree(leave(browser))
    provider.down = True
    assert come_back(browser, brought).status_code == 503
    provider.down = False
    assert come_back(browser, provider.agree(leave(browser))).status_code == 303


def test_showing_again_who_it_is_takes_the_same_person_and_a_new_sign_in(
    city: Archive, browser: TestClient, provider: Provider, hands: SetClock
) -> None:
    come_back(browser, provider.agree(leave(browser)))
    before = dict(browser.cookies)
    hands.at += openid._TRIP
    address = leave(browser, again="yes", next="/me")
    assert "prompt=login" in address
    assert "max_age=0" in address
    for age in (3600, 300):  # (not even what was shown shortly before it was asked for)
        provider.auth_age = age
        assert come_back(browser, provider.agree(address)).status_code == 401, "it remembered who it was"
        address = leave(browser, again="yes", next="/me")
    provider.auth_age = 0
    back = come_back(browser, provider.agree(leave(browser, again="yes", next="/me")))
    assert back.headers["location"] == "/me"
    assert dict(browser.cookies) != before
    assert browser.get("/me").status_code == 200
    other = service.add(city, SERVICE, "Eve", "eve@city.example")
    provider.subject, provider.mail = "user-9", "eve@city.example"
    assert come_back(browser, provider.agree(leave(browser, again="yes"))).status_code == 401
    with city.database.read() as connection:
        assert sessions.sessions(connection, city, other.id) == []


@pytest.mark.law("R71")
@pytest.mark.parametrize(("age", "asked_again"), [(0, False), (200, False), (301, True), (None, True), ("x", True)])
def test_being_remembered_there_shows_nobody_who_it_is(
    city: Archive, browser: TestClient, provider: Provider, age: Any, asked_again: bool
) -> None:
    with city.database.read() as connection:
        jo = service.find(connection, "Jo")
    service.grant(city, SERVICE, jo.id, NewGrant(Role.SYSTEM_ADMINISTRATOR))

    def tell(claims: dict[str, Any]) -> str:
        left = {name: value for name, value in claims.items() if name != "auth_time"}
        said = {"auth_time": claims["iat"] - age} if isinstance(age, int) else {"auth_time": age} if age else {}
        return provider.sign(left | said)

    provider.make = tell
    back = come_back(browser, provider.agree(leave(browser)))
    if age == "x":
        assert back.status_code == 401
        return
    assert back.status_code == 303
    answer = browser.post("/people", data={"name": "Bea"}, headers=SAME)
    if asked_again:
        assert (answer.status_code, "/sign-in/again" in answer.text) == (401, True), "what was typed is kept"
    else:
        assert answer.headers["location"].startswith("/people/pe_")


def test_where_none_is_set_there_is_none(archive: Archive) -> None:
    client = TestClient(create_app(Site(archive)), base_url="http://127.0.0.1")
    assert client.post("/sign-in/openid", headers=SAME).status_code == 400
    assert "openid" not in client.get("/sign-in").text
    with pytest.raises(SignInFailed):
        openid.finish(archive, "", state="x", browser="y", code="z", agent="")
