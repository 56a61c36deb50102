"""What the owner of an account on Flickr lets the archive see, over a real socket: signed questions, what only the
owner sees, what is never kept, and what is not taken."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from archiver.accounts.links import LinkView
from archiver.capture import oauth1
from archiver.operations.verify import verify
from archiver.practice.flickr_api import FlickrApi
from archiver.practice.flickr_oauth import base_string
from connectors.contract import AccountRef, ProblemKind, SweepKind
from connectors.flickr import Flickr
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.capture.secrecy import nothing_left
from tests.connecting.consenting import Owner
from tests.connectors.reading import answer, sweep
from tests.graph.scenes import GOOD
from tests.graph.truth import public_words

CREDENTIALS = oauth1.Credentials("9a0554259914a86fb9e7eb014e4e5d52", "000005fab4534d05", "7215-a1b2", "a202d1f853ec51")


@pytest.fixture
def one(house: House) -> Owner:
    return Owner.of(house, "flickr")


def server(one: Owner) -> FlickrApi:
    return one.house.server.flickr


def photo(one: Owner, title: str, level: int = 1) -> tuple[int, int]:
    """A photo for everybody, friends (2), family (3), both (4) or its owner (5), with a comment."""
    one.house.later(minutes=1)
    number = one.city.say(one.cast.city, f"{title}\n\nTaken by the city. #{title.lower()}")
    if level == 5:
        server(one).private.add(number)
    elif level > 1:
        server(one).shared[number] = level
    return number, one.city.say(one.cast.residents[0], f"A comment on {title}", answering=number)


def key_of(number: int, comment: int | None = None) -> str:
    return f"photo/{number}" if comment is None else f"comment/{number}-{number}-{comment}"


@pytest.mark.law("R16", "R71")
def test_what_not_everybody_sees_is_seen_signed_and_private(
    house: House, one: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    names = {1: "everybody", 2: "friends", 3: "family", 4: "friends and family", 5: "the owner alone"}
    made = {level: photo(one, f"Photo{level}", level) for level in names}
    assert one.connect().connected
    for kind in (FULL, NEW, WATCH):
        assert house.run(one.account, kind).outcome in GOOD
        house.later(hours=2)
    records = house.records()
    for level, (number, comment) in made.items():
        access = "public" if level == 1 else "private"
        assert [records[key].access for key in (key_of(number), key_of(number, comment))] == [access] * 2
        assert house.versions(key_of(number))[-1].content["seen by"] == names[level]
    assert public_words(house) >= {key_of(*made[1])}
    assert not public_words(house) & {key_of(*both) for level, both in made.items() if level > 1}
    assert {row.versions for row in records.values()} == {1}
    # Strangers' questions go with the key alone, and say nothing of whose consent there is.
    rest = [line for line in house.server.log if line.target.startswith("/services/rest/")]
    assert [line for line in rest if ("api_key=" in line.target) == line.authorised] == []
    assert all(line.authorised for line in rest if "privacy_filter" in line.target)
    assert not any(line.authorised for line in rest if "getPublicPhotos" in line.target)
    # Nothing of the credential, and no signature or nonce, is anywhere.
    house.capture.flush(all=True)
    ((token, given),) = server(one).oauth.tokens.items()
    for secret in (token, given.secret, *server(one).oauth.clients.values()):
        nothing_left(house.home, caplog.text.encode(), secret)
    stored = b"".join(
        path.read_bytes() for path in house.home.rglob("*") if path.is_file() and not path.name.startswith("index.")
    )
    assert stored
    nonces = [nonce for _, _, nonce in server(one).oauth._nonces]
    assert not [one for one in (given.client, *nonces) if one.encode() in stored]
    assert all(not run.drift for run in house.runs())
    assert verify(house.archive).ok
    check_rebuilt(house, anew=True)


@pytest.mark.law("R16", "R18")
def test_a_photo_that_is_made_private_is_no_deletion_and_one_that_is_deleted_is(house: House, one: Owner) -> None:
    (shown, said), (gone, _), (kept, _) = (photo(one, title) for title in ("Bridge", "Snow", "Park"))
    assert one.connect().connected
    house.run(one.account, FULL)
    server(one).private.add(shown)
    one.city.delete(gone)
    house.later(days=1)
    assert house.run(one.account, FULL).outcome in GOOD
    records = house.records()
    states = [records[key].state for key in (key_of(shown), key_of(shown, said), key_of(gone), key_of(kept))]
    assert states == ["visible", "visible", "not_returned", "visible"]
    told = [version.content["seen by"] for version in house.versions(key_of(shown))]
    assert told == ["everybody", "the owner alone"]
    # What nobody else sees is not looked for where strangers look.
    server(one).private.discard(shown)
    house.later(days=1)
    assert house.run(one.account, WATCH).outcome in GOOD
    assert [version.content["seen by"] for version in house.versions(key_of(shown))][-1] == "everybody"


@pytest.mark.parametrize("granted", ["write", "delete"])
def test_a_grant_that_could_write_is_not_taken(one: Owner, granted: str) -> None:
    server(one).oauth.granted = granted
    view = one.connect()
    assert (view.connected, granted in (view.said or "")) == (False, True)
    server(one).oauth.granted = None
    assert one.connect().connected


def _finish(one: Owner, change: Callable[[dict[str, str]], dict[str, str]]) -> LinkView:
    begun = one.begin(one.link())
    return one.finish(change(one.agree(begun.address)), begun.browser)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda back: back | {"oauth_verifier": "0123456789abcdef"}, "the platform refused"),
        (lambda back: back | {"oauth_token": "7215-somebody-elses"}, "answers another question"),
        (lambda back: {"state": back["state"], "oauth_verifier": back["oauth_verifier"]}, "answers another question"),
    ],
    ids=["verifier", "another token", "no token"],
)
def test_what_answers_another_question_is_not_taken(
    one: Owner, change: Callable[[dict[str, str]], dict[str, str]], said: str
) -> None:
    view = _finish(one, change)
    assert (view.connected, said in (view.said or "")) == (False, True), view.said
    assert one.connect().connected


@pytest.mark.law("R71")
def test_what_was_taken_back_needs_a_person_and_what_is_public_is_asked_on(house: House, one: Owner) -> None:
    hidden, _ = photo(one, "Secret", 5)
    photo(one, "Bridge")
    assert one.connect().connected
    house.run(one.account, FULL)
    server(one).oauth.revoke(one.cast.city)
    late, _ = photo(one, "Late")
    house.later(days=1)
    house.run(one.account, FULL)
    assert house.account_state(one.account) == "sign_in_needed"
    assert house.records()[key_of(hidden)].state == "visible"
    assert one.connect().connected
    house.later(days=1)
    assert house.run(one.account, FULL).outcome in GOOD
    assert key_of(late) in house.records()
    assert house.account_state(one.account) == "active"


# Signatures.


def test_the_practice_checks_signatures_as_the_standard_has_them() -> None:
    """The example of RFC 5849 §3.4.1.1, with what its body holds in its query."""
    said = {
        "oauth_consumer_key": "9djdj82h48djs9d2", "oauth_token": "kkk9d7dh3k39sjv7", "oauth_timestamp": "137131201",
        "oauth_signature_method": "HMAC-SHA1", "oauth_nonce": "7d8f3e4a", "oauth_signature": "left out",
        "realm": "Example",
    }  # fmt: skip
    text = base_string("post", "HTTP://EXAMPLE.COM/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q", said)
    assert text == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D"
        "%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1"
        "%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def _signed(one: Owner, url: str, method: str = "GET") -> str:
    ((token, given),) = server(one).oauth.tokens.items()
    client = server(one).oauth.clients[given.client]
    return oauth1.authorization(method, url, oauth1.Credentials(given.client, client, token, given.secret))


def test_a_signature_counts_once_and_for_one_question_only(one: Owner) -> None:
    assert one.connect().connected
    ask = f"{one.house.server.base_url}/services/rest/?method=flickr.test.echo&format=json&nojsoncallback=1&a=%20b%2Bc~"
    header = _signed(one, ask)
    for url, head, stat in (
        (ask, header, "ok"),
        (ask, header, "fail"),
        (f"{ask}&d=e", _signed(one, ask), "fail"),
        (ask, _signed(one, ask, "POST"), "fail"),
        (ask, _signed(one, ask).replace("oauth_token=", "oauth_taken="), "fail"),
    ):
        assert httpx.get(url, headers={"Authorization": head}).json()["stat"] == stat


def test_a_credential_is_one_word_and_comes_back_as_it_was() -> None:
    odd = oauth1.Credentials("k:ey", "s%cret ö", "tok&en", "x=y")
    assert oauth1.Credentials.of(odd.text) == odd
    assert " " not in odd.text
    for other in ("", "oauth1:a:b:c", "oauth1:a:b::d", "a1b2c3d4a1b2c3d4", "oauth2:a:b:c:d"):
        assert oauth1.Credentials.of(other) is None
    header = oauth1.authorization("GET", "https://api.flickr.com/services/rest/?a=b", CREDENTIALS)
    again = oauth1.authorization("GET", "https://api.flickr.com/services/rest/?a=b", CREDENTIALS)
    assert header.startswith("OAuth ")
    assert header != again
    assert CREDENTIALS.client_secret not in header
    assert CREDENTIALS.token_secret not in header


# Reading alone.

ACCOUNT = AccountRef(
    "ac_1", "flickr", "https://www.flickr.com", "1203@N01", "city", "https://www.flickr.com/photos/1203@N01",
    authorised=True,
)  # fmt: skip


def _asks(kind: SweepKind = SweepKind.FULL) -> dict[str, Any]:
    return {ask.listing or ask.purpose: ask for ask in Flickr().begin(ACCOUNT, sweep(kind), None)}


def test_only_what_not_everybody_sees_is_asked_as_the_owner() -> None:
    told = {name: (str(ask.access), ask.authorise) for name, ask in _asks().items()}
    public, private = ("public", "if_possible"), ("private", "required")
    assert told == {"profile": public, "photos": public, "albums": public} | dict.fromkeys(
        ("photos of friends", "photos of family", "photos of friends and family", "photos of the owner"), private
    )
    wanted = dict(parse_qsl(_asks()["photos of family"].url.partition("?")[2]))
    assert (wanted["method"], wanted["privacy_filter"]) == ("flickr.people.getPhotos", "3")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b"oauth_problem=token_rejected", ProblemKind.SIGN_IN_EXPIRED),
        (401, b"oauth_problem=timestamp_refused&oauth_acceptable_timestamps=1-2", ProblemKind.TRANSIENT),
        (401, b"oauth_problem=nonce_used", ProblemKind.TRANSIENT),
        (200, json.dumps({"stat": "fail", "code": 98, "message": "Invalid auth token"}).encode(), "expired"),
        (200, json.dumps({"stat": "fail", "code": 99, "message": "x"}).encode(), ProblemKind.PERMISSION),
        (401, b"<html>", ProblemKind.CONTRACT),
    ],
)
def test_what_a_refusal_of_a_signature_means(status: int, body: bytes, kind: str) -> None:
    signed, plain = (
        Flickr().read(_asks()[name], answer(body, status)).problem for name in ("photos of family", "photos")
    )
    assert signed is not None
    assert plain is not None
    assert signed.kind == (ProblemKind.SIGN_IN_EXPIRED if kind == "expired" else kind)
    if kind == "expired":
        assert plain.kind is ProblemKind.PERMISSION


@pytest.mark.law("R16", "R18")
def test_a_list_whose_last_photo_is_shown_to_others_or_deleted_is_not_suspicious(house: House, one: Owner) -> None:
    """The list of photos for friends is empty then, and nothing more is wrong than before."""
    photo(one, "Park")
    (moved, said), (gone, _) = photo(one, "Bridge", 2), photo(one, "Snow", 3)
    assert one.connect().connected
    house.run(one.account, FULL)
    server(one).shared.pop(moved)
    one.city.delete(gone)
    for _ in range(2):
        house.later(days=1)
        assert house.run(one.account, FULL).outcome in GOOD
    records = house.records()
    states = [records[key].state for key in (key_of(moved), key_of(moved, said), key_of(gone))]
    assert states == ["visible", "visible", "not_returned"]
