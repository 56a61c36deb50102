"""By what it is told later whether a post was official (law R8), and that nobody decides before that what is kept
(law R1, R2, R20)."""

from __future__ import annotations

import pytest

from connectors.contract import RecordKind
from tests.capture.house import FULL, House
from tests.capture.rebuilding import check_rebuilt

PERSONAL = "Opinions are my own. This page is for my family only."


@pytest.mark.law("R8")
def test_what_a_page_says_of_itself_is_kept_with_every_day_on_which_it_said_so(house: House) -> None:
    account, city = house.office(), house.cast.city
    house.city.change_profile(city, name="City of Larkmere", note="The official account of the city.")
    house.run(account, FULL)
    house.later(days=1)
    house.city.change_profile(city, note=PERSONAL)
    house.run(account, FULL)
    (profile,) = (one for one in house.records().values() if one.kind == RecordKind.PROFILE)
    first, second = house.versions(profile.key)
    assert "The official account of the city." in first.text
    assert PERSONAL not in first.text
    assert PERSONAL in second.text
    assert first.first_seen_at < second.first_seen_at
    check_rebuilt(house)


@pytest.mark.law("R1", "R2", "R3", "R20")
def test_whatever_is_said_on_an_account_of_the_city_is_kept_and_nobody_sorts_it_first(house: House) -> None:
    account, city = house.office(), house.cast.city
    person = next(one for one in house.city.people if one != city)
    office = house.city.people[city].handle
    said = [
        house.city.say(city, "The library opens at nine."),
        house.city.say(city, "Happy birthday, Mum!"),
        house.city.say(city, "Vote for me on Tuesday."),
    ]
    received = [
        house.city.say(person, f"@{office} When is it closed?", answering=said[0]),
        house.city.say(person, f"@{office} Buy cheap watches: https://spam.example", answering=said[1]),
        house.city.say(person, f"@{office} :)", answering=said[2]),
    ]
    assert house.run(account, FULL).outcome == "complete"
    kept = " ".join(one.text or "" for one in house.rows_of_versions())
    assert [house.city.posts[one].wording.text for one in said + received if _bare(house, one) not in kept] == []


def _bare(house: House, post: int) -> str:
    return house.city.posts[post].wording.text.rpartition("@" + house.city.people[house.cast.city].handle)[2].strip()
