"""What is captured of an account, on its page: shown in plain words with who set it so, and changed by whoever may
change the account."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select, update

from archiver.accounts.events import log_event
from archiver.accounts.models import Account
from archiver.errors import Meanwhile, NotFound, Refused, UsageError, WrongField
from archiver.evidence.event_types import EventType
from archiver.evidence.models import ActFile, Event
from archiver.operations import account_settings
from archiver.people.acting import of_machine, of_person
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Role
from tests.capture.house import House
from tests.signed_in import pages, person


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def chosen(house: House, account: str) -> Any:
    with house.archive.database.read() as connection:
        return connection.execute(select(Account.settings).where(Account.id == account)).scalar_one()


def told(house: House) -> list[tuple[str, list[str]]]:
    """Who changed what, as the log tells it."""
    rows = sorted(house.rows(Event, Event.type == "account.changed"), key=lambda one: one.at)
    entries = [json.loads(one.body) for one in rows]
    return [(one["actor"]["id"], one["data"]["fields"]) for one in entries if "settings" in one["data"]["fields"]]


def acts(house: House) -> int:
    return len(house.rows(ActFile))


def send(browser: TestClient, account: str, *, sure: str = "yes", **said: str) -> Response:
    """The form as it is shown, with what somebody chose."""
    where = f"/accounts/{account}/settings"
    page = browser.get(where).text
    found = re.search(r'name="after" value="(\w+)"', page)
    assert found is not None
    fields = {f"set-{name}": value for name, value in said.items()}
    answer: Response = browser.post(where, data={"after": found[1], "sure": sure} | fields)
    return answer


def words(answer: Response) -> str:
    """What is read on a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", answer.text)).split())


def test_each_setting_is_shown_in_words_and_changed_under_the_name_of_who_did_it(house: House) -> None:
    account, who = house.office(), person(house.archive, Role.CUSTODIAN, name="Ada <b>Brown")
    where = f"/accounts/{account}/settings"
    with pages(house.archive, who) as browser:
        assert where in browser.get(f"/accounts/{account}").text, "reached from the account's page"
        assert "all as usual" in words(browser.get(f"/accounts/{account}"))
        before = words(browser.get(where))
        assert "The server shows nothing to strangers" in before
        assert "all of it is kept as private" in before
        assert before.count("Nobody has changed it.") == 3
        answer = send(browser, account, closed_server="yes", every_thread="no", moderation="yes")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{where}?done=1")
        assert chosen(house, account) == {"closed_server": True}
        assert told(house) == [(who.id, ["settings", "closed_server"])]
        after = browser.get(answer.headers["location"])
        assert "It is captured so from now on." in words(after)
        assert "by Ada &lt;b&gt;Brown" in after.text
        assert words(after).count("Changed last") == 1
        assert "The server shows nothing to strangers: yes" in words(browser.get(f"/accounts/{account}"))
        written = acts(house)
        assert send(browser, account, closed_server="no").status_code == 303
    assert (chosen(house, account), acts(house)) == ({}, written + 1), "as usual again, nothing is chosen any more"


def test_what_cannot_be_is_refused_in_plain_words_and_changes_nothing(house: House) -> None:
    account, who = house.office(), person(house.archive, Role.CUSTODIAN)
    written = acts(house)
    with pages(house.archive, who) as browser:
        for said, problem in (
            ({"closed_server": "perhaps"}, "“The server shows nothing to strangers” has to be yes or no"),
            ({"closed_server": "x" * 3000}, "has at most 2,000 characters"),
            ({"closed_server": "no"}, "Nothing is changed by that"),
            ({}, "Nothing is changed by that"),
            ({"closed_server": "yes", "sure": "no"}, "Confirm that"),
        ):
            answer = send(browser, account, **said)
            assert (answer.status_code, problem in words(answer)) == (400, True), (said, words(answer))
            assert "Input should" not in answer.text
        assert 'value="yes" checked' in send(browser, account, closed_server="yes", sure="").text, (
            "what was chosen stays"
        )
        twice = "after=x&sure=yes&set-moderation=no&set-moderation=yes"
        kind = {"content-type": "application/x-www-form-urlencoded"}
        assert browser.post(f"/accounts/{account}/settings", content=twice, headers=kind).status_code == 400
        assert (
            browser.post(f"/accounts/{account}/settings", data={"set-moderation": "no", "sure": "yes"}).status_code
            == 400
        )
    assert (chosen(house, account), told(house), acts(house)) == ({}, [], written)


def test_an_address_has_to_be_one_and_holds_no_secret(house: House) -> None:
    feed, who = house.feed(), person(house.archive, Role.CUSTODIAN)
    with pages(house.archive, who) as browser:
        for wrong, problem in (
            ("nonsense", "has to be an address like https://"),
            ("javascript:alert(1)", "has to be an address like https://"),
            ("https://news.example/comments?access_token=abcdefghijklmnop", "looks like a password or key"),
            ("https://news.example/\u202eevil", "one line of plain characters"),
        ):
            answer = send(browser, feed, comments_url=wrong)
            assert (answer.status_code, problem in words(answer)) == (400, True), wrong
        attack = 'https://news.example/"><script>alert(1)</script>'
        assert send(browser, feed, comments_url=attack).status_code == 303
        for page in (f"/accounts/{feed}/settings", f"/accounts/{feed}"):
            assert "<script>alert" not in browser.get(page).text
        assert chosen(house, feed) == {"comments_url": attack}
        assert send(browser, feed, comments_url="").status_code == 303
    assert chosen(house, feed) == {}


def test_what_was_changed_meanwhile_is_shown_first(house: House) -> None:
    account, who = house.office(), person(house.archive, Role.CUSTODIAN)
    where, archive = f"/accounts/{account}/settings", house.archive
    with pages(archive, who) as browser:
        found = re.search(r'name="after" value="(\w+)"', browser.get(where).text)
        assert found is not None
        stale = {"after": found[1], "sure": "yes", "set-closed_server": "no", "set-moderation": "no"}
        account_settings.change(archive, of_machine(), account, {"closed_server": "yes"})
        answer = browser.post(where, data=stale)
        assert (answer.status_code, "Somebody else changed a setting meanwhile" in words(answer)) == (400, True)
        assert "by command" in words(answer)
    with pytest.raises(Meanwhile):
        account_settings.change(archive, of_person(who.id), account, {"moderation": "no"}, after=found[1])
    assert chosen(house, account) == {"closed_server": True}


@pytest.mark.law("R71")
def test_nobody_changes_what_is_not_theirs(house: House) -> None:
    account, archive = house.office(), house.archive
    where = f"/accounts/{account}/settings"
    elsewhere = person(archive, Role.CUSTODIAN, scope=AUTHORITY, scope_id="somewhere-else")
    looks, none = person(archive, Role.AUDITOR, Role.CIO), person(archive)
    with pages(archive, person(archive, Role.CUSTODIAN)) as browser:
        found = re.search(r'name="after" value="(\w+)"', browser.get(where).text)
        assert found is not None
        said = {"after": found[1], "sure": "yes", "set-closed_server": "yes"}
        foreign = browser.post(
            where, data=said, headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://x.example"}
        )
        assert foreign.status_code == 403
        assert browser.get("/accounts/ac_none/settings").status_code == 404
        assert browser.post("/accounts/ac_none/settings", data=said).status_code == 404
    written = acts(house)
    for who, seen, changed in ((elsewhere, 404, 404), (looks, 200, 403), (none, 403, 403)):
        with pages(archive, who) as browser:
            assert (browser.get(where).status_code, browser.post(where, data=said).status_code) == (seen, changed)
            assert '<form method="post" action="/accounts' not in browser.get(where).text
        with pytest.raises(Refused):
            account_settings.change(archive, of_person(who.id), account, {"closed_server": "yes"})
    assert (chosen(house, account), told(house), acts(house)) == ({}, [], written)


def test_the_service_says_what_is_wrong_of_which_setting(house: House) -> None:
    account, actor = house.office(), of_machine()
    with pytest.raises(WrongField) as wrong:
        account_settings.change(house.archive, actor, account, {"closed_server": "yes", "moderation": "perhaps"})
    assert (wrong.value.field, wrong.value.problem) == ("moderation", "has to be yes or no")
    with pytest.raises(UsageError, match="those that it has: closed_server, every_thread, moderation"):
        account_settings.change(house.archive, actor, account, {"none": "yes"})
    with pytest.raises(NotFound):
        account_settings.change(house.archive, actor, "ac_none", {"none": "yes"})
    assert chosen(house, account) == {}


def test_what_a_newer_version_would_not_take_is_shown_all_the_same(house: House) -> None:
    account = house.feed()
    with house.archive.database.write() as connection:
        strange = {"comments_url": "<b>no address", "gone": 7}
        connection.execute(update(Account).where(Account.id == account).values(settings=strange))
    with pages(house.archive, person(house.archive, Role.CUSTODIAN)) as browser:
        page = browser.get(f"/accounts/{account}/settings")
        assert (page.status_code, "&lt;b&gt;no address" in page.text) == (200, True)
        assert "When it was changed last was not kept." in words(page)


def test_what_an_older_entry_of_the_log_does_not_tell_is_not_told(house: House) -> None:
    """It names no setting: which one was changed then is not known, of none."""
    account = house.office()
    with house.archive.database.write() as connection:
        old = {"fields": ["settings"]}
        log_event(connection, house.archive, EventType.ACCOUNT_CHANGED, account, old)
    account_settings.change(house.archive, of_machine(), account, {"moderation": "no"})
    with pages(house.archive, person(house.archive, Role.AUDITOR)) as browser:
        said = words(browser.get(f"/accounts/{account}/settings"))
    assert (said.count("Nobody has changed it"), said.count("was not kept"), said.count("by command")) == (0, 2, 1)
