"""What is said of connections: on pages, by the doctor, in the log, and once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import httpx
import pytest
from sqlalchemy import select, update

from archiver.accounts.models import Account, Credential
from archiver.accounts.platforms import load_platforms
from archiver.accounts.standing import Connection
from archiver.evidence.models import Event
from archiver.operations import doctor
from archiver.operations.board import board
from archiver.operations.connections import connections, refilled, sunset, warn_of_ends
from archiver.operations.platform_states import platform_states
from archiver.people.practice import visitor
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from connectors._versions import CHECKED
from connectors.authorization import ApiVersion, Versioned
from connectors.flickr import Flickr
from tests.capture.house import House
from tests.connecting.consenting import Owner
from tests.linkedin.page import page

Make = Callable[[str], Owner]


def state_of(house: House, account: str) -> Connection:
    with house.archive.database.read() as connection:
        return connections(connection, house.archive, account)[account].standing.state


def types(house: House) -> list[str]:
    with house.archive.database.read() as connection:
        return list(connection.execute(select(Event.type)).scalars())


def test_an_end_is_warned_of_once_and_again_after_the_next_consent(house: House, owner: Make) -> None:
    one = owner("facebook")
    assert one.connect().connected
    assert state_of(house, one.account) is Connection.CONNECTED
    assert warn_of_ends(house.archive) == 0
    house.later(days=77)
    assert state_of(house, one.account) is Connection.EXPIRING
    assert [warn_of_ends(house.archive), warn_of_ends(house.archive)] == [1, 0]
    assert types(house).count("credential.ending") == 1
    assert one.connect().connected
    assert state_of(house, one.account) is Connection.CONNECTED
    house.later(days=77)
    assert warn_of_ends(house.archive) == 1


def test_the_end_of_one_is_warned_of_although_the_platform_withdrew_the_citys_access(house: House, owner: Make) -> None:
    one = owner("facebook")
    assert one.connect().connected
    with house.archive.database.write() as connection:
        connection.execute(update(Account).values(state="withdrawn"))
    house.later(days=77)
    assert warn_of_ends(house.archive) == 1


def test_what_was_made_up_for_is_said_after_connecting_again(house: House, owner: Make) -> None:
    one = owner("x")
    assert one.connect().connected
    house.run(one.account)
    with house.archive.database.read() as connection:
        assert refilled(connection, one.account) is None
    house.server.consent.revoke(one.cast.city)
    house.later(minutes=5)
    one.city.say(one.cast.city, "The library opens at ten.")
    assert house.run(one.account).outcome == "failed"
    assert state_of(house, one.account) is Connection.SIGN_IN_NEEDED
    assert "credential.state_changed" in types(house)
    house.later(hours=1)
    assert one.connect().connected
    with house.archive.database.read() as connection:
        found = refilled(connection, one.account)
    assert found is not None
    assert (len(found.filled), len(found.open) > 0) == (0, True)
    with house.archive.database.read() as connection:
        everybody = Viewer(access=frozenset({"public"}), messages=False, watched=False)
        rest = refilled(connection, one.account, everybody)
    assert rest is not None
    assert "messages" in {one.stream for one in found.open}
    assert rest.open == tuple(one for one in found.open if one.stream != "messages"), "nothing of messages"
    house.run(one.account)
    with house.archive.database.read() as connection:
        found = refilled(connection, one.account)
    assert found is not None
    assert (len(found.filled) > 0, found.open) == (True, ())


def test_pages_show_how_accounts_are_connected(
    house: House, owner: Make, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.delattr(Flickr, "authorization")  # as of a platform that takes a key and asks nobody
    one = owner("facebook")
    assert one.connect().connected
    house.later(days=80)
    one.link(second=True)
    bound = bind(house.archive.settings.model_copy(update={"web_port": 0}))
    server = PageServer(create_app(Site(house.archive, visitor=visitor(house.archive))), bound)
    server.start()
    try:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            account = client.get(f"/accounts/{one.account}").text
            listed = client.get("/accounts").text
            platforms, platform = client.get("/platforms").text, client.get("/platforms/facebook").text
            unasked = client.get("/platforms/flickr").text
            assert client.get("/platforms/nonsense").status_code == 404
    finally:
        server.stop()
    for words in ("consent ends soon", "Connect it again before it ends.", "second owner", "Withdraw it<"):
        assert words in account
    assert "consent ends on" in listed
    assert "not yet proven against the live platform" in platforms
    assert "none: owner&#39;s consent or API key, given with <code>--token</code>" in platforms
    assert "answers nobody without a credential (owner&#39;s consent or API key)" in unasked
    for words in ("City Attorney", "Return address", "pages_read_user_content", "stored", "answered until 2028-07-29"):
        assert words in platform


def test_the_doctor_names_who_has_to_sign_in(house: House, owner: Make) -> None:
    one = owner("facebook")
    assert one.connect().connected
    assert not [found for found in doctor._connections(house.archive) if "sign-in" in found.what]
    house.later(days=91)
    findings = [found for found in doctor._connections(house.archive) if "sign-in" in found.what]
    assert [(found.ok, found.remedy) for found in findings] == [(False, "Connect it again.")]


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 11, 29), None),
        (date(2028, 4, 29), None),
        (date(2028, 5, 1), "goes out of service on 2028-07-29"),
        (date(2028, 8, 1), "went out of service"),
    ],
)
def test_the_end_of_an_api_is_said_ninety_days_before(house: House, day: date, said: str | None) -> None:
    found = sunset(house.archive.connector("facebook"), day)
    assert found is None if said is None else said in (found or "")
    assert sunset(house.archive.connector("feed"), day) is None


def test_the_board_calls_an_account_red_whose_interface_has_ended(house: House) -> None:
    found = page(house)
    told = []
    for day in (date(2027, 5, 1), date(2027, 8, 16), date(2027, 8, 17)):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        house.clock.advance(noon - house.clock.now())
        with house.archive.database.read() as connection:
            (row,) = [one for one in board(house.archive, connection).rows if one.id == found.account]
        told.append([(why.colour.word, why.said) for why in row.reasons if why.code == "version"])
    assert told[0] == []
    assert told[1] == [("amber", "version 202608 of the API of LinkedIn goes out of service on 2027-08-16")]
    assert told[2] == [("red", "version 202608 of the API of LinkedIn went out of service on 2027-08-16")]
    states = {one.connector.platform: one for one in platform_states(house.archive)}
    assert not any(one.is_over(CHECKED) for one in states.values()), "what is spoken was answered when it was checked"


def test_of_every_interface_it_is_said_what_is_known_of_its_end_and_where_it_would_be_told() -> None:
    connectors = load_platforms(()).connectors
    versioned = {name: one.api_version for name, one in connectors.items() if isinstance(one, Versioned)}
    assert set(connectors) - set(versioned) == {"feed"}
    for version in versioned.values():
        assert version.ends is None or version.checked is not None
        assert version.source
        assert ("no end is known" if version.ends is None else str(version.ends)) in version.said
    assert ApiVersion("1", None).said == "no end is known"


def test_a_grant_from_before_a_permission_was_asked_for_has_to_be_given_again(house: House, owner: Make) -> None:
    """LinkedIn: comments took no permission of their own until the versions of August 2025 ended."""
    one = owner("linkedin")
    assert one.connect().connected
    assert state_of(house, one.account) is Connection.CONNECTED
    before = ["r_organization_social", "rw_organization_admin"]
    with house.archive.database.write() as connection:
        connection.execute(update(Credential).values(scopes=before))
    assert state_of(house, one.account) is Connection.PERMISSION_LOST
    house.server.consent.granted["linkedin"] = tuple(before)
    assert "r_organization_social_feed" in (one.connect().said or "")
    house.server.consent.granted.clear()
    assert one.connect().connected
    assert state_of(house, one.account) is Connection.CONNECTED


def test_a_lost_permission_is_told_from_a_lost_sign_in(house: House, owner: Make) -> None:
    one = owner("x")
    assert one.connect().connected
    house.server.x.limits.update(dict.fromkeys(house.server.x.limits, (0, 0)))
    house.later(minutes=5)
    house.run(one.account)
    assert state_of(house, one.account) is Connection.PERMISSION_LOST
