"""When a list of people is a record, and when it is none (law R17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors._mastodon_settings import settings_ask
from connectors._moderation import MOST
from connectors._reddit_asks import Asks as RedditAsks
from connectors.bluesky import Bluesky
from connectors.contract import Ask, Connector, ProblemKind
from connectors.linkedin import LinkedIn
from connectors.mastodon import Mastodon
from connectors.reddit import Reddit
from tests.connectors import test_bluesky_reading as of_bluesky
from tests.connectors import test_facebook_reading as of_facebook
from tests.connectors import test_reddit_reading as of_reddit
from tests.connectors import test_x_reading as of_x
from tests.connectors.reading import AT, answer
from tests.linkedin import test_roles as of_roles

_SERVER = {"service": "https://town.example"}
_MANY = [f"number-{number}" for number in range(MOST)]
_PERSON = {"id": "9", "name": "A"}
#: Who reads it, its question, and one more page with one entry.
_LISTS: dict[str, tuple[Connector, Ask, Any]] = {
    "mastodon": (Mastodon(), settings_ask("https://town.example", "domain_blocks", _SERVER), ["x.example"]),
    "bluesky": (
        Bluesky(), next(of_bluesky.FULL.settings(of_bluesky.PDS)), {"records": [of_bluesky._SET["blocks"]]},
    ),
    "x": (of_x.CONNECTOR, of_x.ASKS.people("blocking"), {"data": [{"id": "9"}], "meta": {"result_count": 1}}),
    "facebook": (of_facebook.CONNECTOR, of_facebook.ask_for("blocked"), of_facebook.page_of(_PERSON)),
    "reddit": (
        Reddit(), next(RedditAsks.begin(of_reddit.PLACE, None).of_moderators()),
        {"kind": "UserList", "data": {"children": [_PERSON | {"mod_permissions": ["all"]}]}},
    ),
    "linkedin": (LinkedIn(), of_roles.ASK, {"elements": [of_roles.ROLE]}),
}  # fmt: skip
#: What was listed before, where it is not an entry of any kind.
_ENTRIES = {
    "reddit": [f'{{"id": "{one}", "name": "A", "permissions": []}}' for one in _MANY],
    "linkedin": [f'{{"person": "{one}", "role": "A", "state": "B"}}' for one in _MANY],
}


def _after(ask: Ask, entries: list[str], since: timedelta = timedelta(0)) -> Ask:
    """The question for a page that comes behind these entries."""
    return replace(ask, context={**ask.context, "listed": entries, "listed_since": (AT - since).isoformat()})


@pytest.mark.law("R17")
@pytest.mark.parametrize("platform", _LISTS)
def test_a_list_that_is_too_long_is_said_to_be_so_and_makes_no_record_of_a_part(platform: str) -> None:
    connector, ask, page = _LISTS[platform]
    many = _ENTRIES.get(platform, _MANY)
    (record,) = connector.read(_after(ask, many[1:]), answer(page)).records
    assert len(record.content["people" if platform != "mastodon" else "servers"]) == MOST
    reading = connector.read(_after(ask, many), answer(page))
    assert reading.problem is not None
    assert (reading.problem.kind, reading.records, reading.next_page) == (ProblemKind.BEYOND, (), None)
    assert "5,000" in reading.problem.detail
    assert not reading.quarantine, "it was understood"


@pytest.mark.law("R16")
@pytest.mark.parametrize("platform", _LISTS)
def test_pages_of_different_times_make_no_list_and_it_is_read_from_its_beginning(platform: str) -> None:
    connector, ask, page = _LISTS[platform]
    before = _ENTRIES.get(platform, _MANY)[:1]
    in_time = connector.read(_after(ask, before, timedelta(minutes=59)), answer(page))
    assert len(in_time.records) == 1
    late = connector.read(_after(ask, before, timedelta(minutes=61)), answer(page))
    assert (late.records, late.problem) == ((), None)
    assert late.next_page is not None
    assert not {"listed", "listed_since"} & late.next_page.context.keys()
    (record,) = connector.read(late.next_page, answer(page)).records
    assert len(record.content["people" if platform != "mastodon" else "servers"]) == 1, "who was listed then is not"


_FACEBOOK, _REDDIT = of_facebook.ask_for("roles"), _LISTS["reddit"][1]


@pytest.mark.law("R16")
@pytest.mark.parametrize(
    ("connector", "ask", "page"),
    [
        (of_facebook.CONNECTOR, _FACEBOOK, of_facebook.page_of()),
        (LinkedIn(), of_roles.ASK, {"elements": [], "paging": {"total": 0}}),
        (Reddit(), _REDDIT, {"kind": "UserList", "data": {"children": []}}),
    ],
)
def test_roles_that_nobody_has_are_not_shown(connector: Connector, ask: Ask, page: Any) -> None:
    reading = connector.read(ask, answer(page))
    assert (reading.records, reading.next_page) == ((), None)
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.PERMISSION


@pytest.mark.law("R16")
@pytest.mark.parametrize(
    ("connector", "ask", "page"),
    [
        (of_facebook.CONNECTOR, _FACEBOOK, of_facebook.page_of({"id": "1", "tasks": ["MODERATE"]}, {"id": "2"})),
        (
            of_x.CONNECTOR, of_x.ASKS.people("blocking"),
            {"data": [{"id": "9"}], "meta": {"result_count": 1}, "errors": [{"title": "Not Found", "value": "8"}]},
        ),
    ],
)  # fmt: skip
def test_a_list_in_which_something_is_left_out_is_no_list(connector: Connector, ask: Ask, page: Any) -> None:
    reading = connector.read(ask, answer(page))
    assert reading.records == ()
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.CONTRACT


def test_somebody_whose_account_was_deleted_spoils_no_list() -> None:
    gone = {"id": "t2_9", "name": "[deleted]", "mod_permissions": ["all"]}
    (record,) = Reddit().read(_REDDIT, answer({"kind": "UserList", "data": {"children": [gone]}})).records
    assert record.text == "moderators: [deleted] (all)"


@pytest.mark.parametrize("setting", [{"setting": "PROFANITY_FILTER"}, {"setting": "blocked", "value": "on"}])
def test_a_setting_of_a_page_without_its_value_or_of_the_name_of_a_list_is_none(setting: Any) -> None:
    reading = of_facebook.CONNECTOR.read(of_facebook.ask_for("settings"), answer(of_facebook.page_of(setting)))
    assert reading.records == ()
    assert reading.quarantine
