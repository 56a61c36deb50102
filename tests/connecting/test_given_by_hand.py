"""Credentials that somebody gives by hand: whose they are is asked before they are kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.accounts.models import Account, Credential
from archiver.capture import oauth1
from archiver.errors import ArchiverError, Refused, Unreachable
from archiver.practice import faults
from archiver.practice.flickr_oauth import Given
from tests.capture.house import House
from tests.connecting.consenting import Owner

ASKED = {"youtube": "mine=true", "vimeo": "/me", "flickr": "checkToken"}
KEYS = {"youtube": "AIzaSyPracticeCanary-0123456789", "flickr": "f11ckrCanary0123456789abcdefABCD"}


def _youtube(one: Owner, person: int) -> str:
    token = f"ya29.given-by-hand-{person}"
    one.house.server.youtube.tokens[token] = person
    return token


def _vimeo(one: Owner, person: int) -> str:
    token = f"5cfa1e9bGivenByHand{person}"
    one.house.server.vimeo.tokens[token] = person
    return token


def _flickr(one: Owner, person: int, permission: str = "read") -> str:
    oauth, token = one.house.server.flickr.oauth, f"7215-{person}-{permission}"
    client, secret = next(iter(oauth.clients.items()))
    oauth.tokens[token] = Given(client, "a202d1f853ec51", person, permission)
    return oauth1.Credentials(client, secret, token, "a202d1f853ec51").text


MAKES: dict[str, Callable[[Owner, int], str]] = {"youtube": _youtube, "vimeo": _vimeo, "flickr": _flickr}


@pytest.fixture(params=MAKES)
def one(house: House, request: pytest.FixtureRequest) -> Owner:
    found = Owner.of(house, request.param)
    house.server.youtube.keys.add(KEYS["youtube"])
    house.server.flickr.keys.add(KEYS["flickr"])
    return found


def _kept(one: Owner, account: str | None = None) -> str | None:
    archive = one.house.archive
    with archive.database.read() as connection:
        rows = connection.execute(select(Credential.account_id)).scalars().all()
        assert account is not None or not connection.execute(select(Account.id)).all()
    assert set(rows) <= {account}
    found = archive.vault.token(account) if account else None
    return None if found is None else found.value


def _refused(one: Owner, credential: str, told: str, error: type[ArchiverError] = Refused) -> None:
    """Neither at first nor in place of another one."""
    for _ in range(2):
        with pytest.raises(error, match=told) as raised:
            accounts.add(one.house.archive, one.url, one.platform, credential=credential)
        assert credential not in str(raised.value)
    assert _kept(one) is None
    if error is Refused:
        good = MAKES[one.platform](one, one.cast.city)
        account = accounts.add(one.house.archive, one.url, one.platform, credential=good).account.id
        with pytest.raises(Refused, match=told) as raised:
            tokens.keep(one.house.archive, account, credential)
        assert credential not in str(raised.value)
        assert _kept(one, account) == good


@pytest.mark.law("R5", "R6")
def test_that_of_the_account_itself_is_kept_and_takes_the_place_of_another(one: Owner) -> None:
    archive, make = one.house.archive, MAKES[one.platform]
    first = make(one, one.cast.city)
    account = accounts.add(archive, one.url, one.platform, credential=first).account.id
    assert _kept(one, account) == first
    tokens.keep(archive, account, first)
    assert _kept(one, account) == first
    if one.platform in KEYS:  # what every stranger is shown with is nobody's, and nobody is asked
        asked = len(one.house.server.log)
        tokens.keep(archive, account, KEYS[one.platform])
        assert len(one.house.server.log) == asked
        assert _kept(one, account) == KEYS[one.platform]


@pytest.mark.law("R5", "R6")
def test_that_of_a_person_or_of_another_account_is_refused(one: Owner) -> None:
    _refused(one, MAKES[one.platform](one, one.cast.residents[0]), "of another account")


@pytest.mark.law("R5", "R6")
def test_that_of_a_person_without_an_account_there_is_refused(house: House) -> None:
    one = Owner.of(house, "youtube")
    _refused(one, _youtube(one, house.cast.residents[0]), "whose this credential is")


@pytest.mark.law("R5", "R6")
def test_one_that_could_write_is_refused(house: House) -> None:
    one = Owner.of(house, "flickr")
    _refused(one, _flickr(one, one.cast.city, "write"), "let the archive write")


def test_where_nobody_says_whose_it_is_it_is_not_kept(one: Owner) -> None:
    credential, where = MAKES[one.platform](one, one.cast.city), ASKED[one.platform]
    one.house.server.faults.add(faults.server_error(503), where, times=None)
    _refused(one, credential, "could not be asked", Unreachable)
