"""Whom an account blocks and mutes and what it filters, as records with versions (law R17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from archiver.accounts import tokens
from archiver.accounts.credentials import PURPOSES
from archiver.operations import deposits_due
from archiver.practice import faults
from archiver.practice.script import month
from connectors._moderation import MOST
from tests.capture.house import FULL, NEW, House
from tests.capture.rebuilding import check_rebuilt

TOKEN = "tok-of-the-city-7d1f0a"


def texts(house: House, key: str) -> list[str]:
    return [row.text for row in house.versions(f"settings/{key}")]


@pytest.mark.law("R17")
def test_every_state_of_the_lists_is_a_version_and_nobody_is_called_deleted(house: House) -> None:
    account, city = house.office(TOKEN), house.cast.city
    mine = house.server.mastodon.moderation[city]
    house.run(account, FULL)
    assert texts(house, "blocks") == ["blocked: nobody"]
    assert texts(house, "filters") == ["filters: none"]
    first, second = sorted(number for number in house.city.people if number != city)[:2]
    house.city.block(city, first)
    mine.mutes.add(second)
    mine.servers.append("spam.example")
    mine.filter("Insults", "fool", "crook")
    house.later(hours=1)
    assert house.run(account, NEW).outcome == "unchanged", "settings are for full sweeps"
    house.later(hours=1)
    assert house.run(account, FULL).outcome == "complete"
    handle = house.city.people[first].handle
    assert texts(house, "blocks") == ["blocked: nobody", f"blocked: {handle} ({first})"]
    assert texts(house, "domain_blocks")[-1] == "blocked servers: spam.example"
    assert texts(house, "filters")[-1] == "filters: Insults (hide): crook, fool"
    house.city.people[first].blocked.clear()
    house.city.people[city].blocked.clear()
    mine.filters.clear()
    house.later(hours=1)
    house.run(account, FULL)
    assert texts(house, "blocks") == ["blocked: nobody", f"blocked: {handle} ({first})", "blocked: nobody"]
    assert texts(house, "filters")[-1] == "filters: none"
    settings = [row for key, row in house.records().items() if key.startswith("settings/")]
    assert len(settings) == 4
    assert {(row.kind, row.access, row.state) for row in settings} == {("settings", "settings", "visible")}
    house.later(hours=1)
    assert house.run(account, FULL).outcome == "unchanged"
    with house.archive.database.read() as connection:
        assert deposits_due.expected(connection, house.archive) == [], "nobody has to bring what is captured"
    check_rebuilt(house)
    house.later(days=30)
    house.run(account, FULL)
    house.later(days=30)
    with house.archive.database.read() as connection:
        assert deposits_due.expected(connection, house.archive) == [], "it was seen unchanged a month ago"
    house.later(days=2)
    with house.archive.database.read() as connection:
        (due,) = deposits_due.overdue(connection, house.archive)
    assert due.sign_in, "what was captured once says nothing of today, where it is not shown any more"


def test_a_list_is_a_record_only_where_all_of_it_was_read(house: House) -> None:
    account, city = house.office(TOKEN), house.cast.city
    mine = house.server.mastodon.moderation[city]
    mine.servers.extend(f"server-{number:04}.example" for number in range(450))
    house.run(account, FULL)
    (told,) = texts(house, "domain_blocks")
    assert told.count("example") == 450
    assert len(house.exchanges("domain_blocks")) == 3, "the pages that show them are evidence, not the last one alone"
    house.later(hours=1)
    assert house.run(account, FULL).outcome == "unchanged"
    mine.servers.append("last.example")
    house.server.faults.add(faults.server_error(503), "/domain_blocks", after=2, times=None)
    house.later(hours=1)
    run = house.run(account, FULL)
    assert run.outcome == "partial"
    assert texts(house, "domain_blocks") == [told]
    assert {gap.stream for gap in house.gaps(open_only=True)} == {"settings"}
    house.server.faults.clear()
    house.later(hours=3)
    house.run(account, FULL)
    assert texts(house, "domain_blocks")[-1].count("example") == 451
    assert house.gaps(open_only=True) == []
    mine.servers.extend(f"more-{number}.example" for number in range(MOST))
    house.later(hours=1)
    assert house.run(account, FULL).outcome == "partial"
    assert len(texts(house, "domain_blocks")) == 2, "too many are not taken for all"
    (gap,) = house.gaps(open_only=True)
    assert (gap.stream, gap.cause) == ("settings", "beyond"), "it is said to be too long, and not that it is not known"
    del mine.servers[-MOST:]
    house.later(hours=3)
    assert house.run(account, FULL).outcome in ("complete", "unchanged")
    assert house.gaps(open_only=True) == []


def test_strangers_and_who_switched_it_off_ask_for_none(new_house: Callable[..., House]) -> None:
    house = new_house()
    account = house.office()
    house.run(account, FULL)
    assert not any(key.startswith("settings/") for key in house.records())
    assert house.exchanges("blocks") == house.exchanges("filters") == []


@pytest.mark.parametrize("seed", [5])
def test_the_settings_of_a_month_are_told_as_full_sweeps_saw_them(new_house: Callable[..., House], seed: int) -> None:
    house = new_house(seed=seed)
    account, city = house.office(TOKEN), house.cast.city
    mine, seen = house.server.mastodon.moderation[city], list[Any]()
    for number, step in enumerate(month(house.city, house.cast, seed, posts=10, comments=40)):
        if number % 7 == 0:
            mine.filter(f"Word {number}", f"w{number}")
        if number % 11 == 0 and mine.filters:
            mine.filters.pop(0)
        if number % 20 == 0:
            house.clock.at = max(step.at, house.clock.at)
            house.run(account, FULL)
            now = sorted((one["id"], one["title"]) for one in mine.filters)
            if not seen or seen[-1] != now:
                seen.append(now)
    told = [[(one["id"], one["title"]) for one in row.content["filters"]] for row in house.versions("settings/filters")]
    assert [sorted(one) for one in told] == seen
    assert len(seen) > 3


@pytest.mark.law("R17")
def test_whether_each_follower_is_approved_is_a_record_of_its_own(house: House) -> None:
    account, city = house.office(), house.cast.city
    house.run(account, FULL)
    house.server.mastodon.bodies.locked.add(city)
    house.city.people[city].revision += 1
    house.later(hours=1)
    house.run(account, FULL)
    told = [row.text for row in house.versions(f"follows/account/{city}")]
    assert told == ["followers: everybody may follow", "followers: each is approved"]
    with house.archive.database.read() as connection:
        assert deposits_due.expected(connection, house.archive)[0].sign_in, "that is no list of whom it blocks"


@pytest.mark.law("R5")
def test_nothing_is_asked_with_the_token_of_somebody_else(house: House) -> None:
    account, city = house.office(), house.cast.city
    first, second = sorted(number for number in house.city.people if number != city)[:2]
    house.city.block(first, second)
    house.city.say(first, f"Between us, @{house.city.people[second].handle}", visibility="direct")
    house.server.mastodon.grant(first, TOKEN)
    tokens.keep(house.archive, account, TOKEN)
    run = house.run(account, FULL)
    assert (run.outcome, run.reason) == ("failed", "revoked: the token belongs to another account")
    records = house.records()
    assert {row.access for row in records.values()} == {"public"}, "what everybody sees is captured all the same"
    assert not any(house.exchanges(one) for one in ("blocks", "filters", "conversations", "notifications"))
    house.server.mastodon.grant(city, "tok-of-the-city-7d1f0a")
    tokens.keep(house.archive, account, "tok-of-the-city-7d1f0a")
    house.later(hours=1)
    assert house.run(account, FULL).outcome == "complete"
    assert texts(house, "blocks") == ["blocked: nobody"]
    check_rebuilt(house)


@pytest.mark.law("R5")
def test_while_the_server_does_not_say_whose_token_it_is_nothing_is_asked_signed_in(house: House) -> None:
    account = house.office(TOKEN)
    house.server.mastodon.moderation[house.cast.city].filter("Swearing", "damn")
    down = house.server.faults.add(faults.server_error(), "verify_credentials", times=None)
    run = house.run(account, FULL)
    assert run.outcome == "partial"
    records = house.records()
    assert records
    assert {row.access for row in records.values()} == {"public"}
    assert not any(house.exchanges(one) for one in ("blocks", "filters", "conversations", "notifications"))
    assert {gap.stream for gap in house.gaps(open_only=True)} >= {"messages", "settings"}
    house.server.faults.remove(down)
    house.later(hours=1)
    assert house.run(account, FULL).outcome == "complete"
    assert texts(house, "filters") != []
    assert house.gaps(open_only=True) == []
    check_rebuilt(house)


@pytest.mark.law("R5")
def test_another_owners_token_is_not_taken_in_the_middle_of_a_run_before_anybody_said_whose_it_is(house: House) -> None:
    account, city = house.office(TOKEN), house.cast.city
    first, second = sorted(number for number in house.city.people if number != city)[:2]
    house.city.say(first, f"Between us, @{house.city.people[second].handle}", visibility="direct")
    house.city.say(second, f"To the city, @{house.city.people[city].handle}", visibility="direct")
    assert house.run(account, FULL).outcome == "complete"
    known = {key: row.state for key, row in house.records().items()}
    house.server.mastodon.grant(first, "tok-of-somebody-1f3c")
    with house.archive.database.write() as connection:
        house.archive.vault.store(connection, account, PURPOSES[1], "tok-of-somebody-1f3c", house.clock.now())
    house.server.faults.add(faults.expired_token, "conversations", times=1)
    house.later(hours=1)
    assert house.run(account, FULL).outcome == "failed"
    assert {key: row.state for key, row in house.records().items()} == known
    house.later(hours=1)
    house.run(account, FULL)
    assert {key: row.state for key, row in house.records().items()} == known, "nor by a later run"
