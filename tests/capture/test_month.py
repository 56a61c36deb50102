"""A scripted month in the practice city, captured over a real socket, and what the archive says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from archiver.practice.acts import Wording
from archiver.practice.script import month
from archiver.practice.truth import TrueRecord, Truth
from tests.capture.house import FULL, START, House
from tests.capture.told import check_feed, check_mastodon

TOKEN = "tok-of-the-city-7d1f0a"


@pytest.mark.parametrize(("seed", "authorised"), [(3, False), pytest.param(1, True, marks=pytest.mark.long)])
def test_full_looks_at_a_month_tell_exactly_what_they_could_see(
    new_house: Callable[..., House], seed: int, authorised: bool
) -> None:
    house = new_house(seed=seed, capped=authorised)
    account = house.office(TOKEN if authorised else None)
    house.play(account, timedelta(days=2), {}, full_only=True)
    told = check_mastodon(house, house.cast.city, authorised=authorised)
    assert told["edited"] > 5
    assert told["gone"] > 5
    assert {run.outcome for run in house.runs()} <= {"complete", "unchanged"}


@pytest.mark.parametrize(("seed", "authorised"), [(5, True), pytest.param(6, False, marks=pytest.mark.long)])
def test_a_month_looked_at_as_it_is_due_is_told_as_it_was(
    new_house: Callable[..., House], seed: int, authorised: bool
) -> None:
    house = new_house(seed=seed, capped=authorised)
    account = house.office(TOKEN if authorised else None)
    house.play(account, timedelta(hours=24), {}, full_only=False)
    check_mastodon(house, house.cast.city, authorised=authorised)
    assert {run.outcome for run in house.runs()} <= {"complete", "unchanged"}


_LARGE = {"posts": 150, "comments": 900, "edits": 150, "deletions": 90, "hides": 30, "messages": 20, "mentions": 30}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "part"),
    [pytest.param(seed, part, marks=pytest.mark.long) for seed, part in ((11, 8), (11, 1), (12, 1))],
)
def test_a_large_month_looked_at_as_it_is_due_is_told_as_it_was(
    new_house: Callable[..., House], seed: int, part: int
) -> None:
    house = new_house(seed=seed)
    account = house.office(TOKEN)
    sizes = {name: size // part for name, size in _LARGE.items()}
    house.play(account, timedelta(hours=12), sizes, full_only=False)
    told = check_mastodon(house, house.cast.city, authorised=True)
    assert told["records"] > 400 // part


@pytest.mark.parametrize(("form", "newest"), [("feed/", 10), pytest.param("feed/atom/", 500, marks=pytest.mark.long)])
def test_full_looks_at_the_feeds_of_a_month_tell_what_they_showed(
    new_house: Callable[..., House], form: str, newest: int
) -> None:
    house = new_house(seed=7)
    house.server.feeds.newest = newest
    account = house.feed(form)
    looks: list[tuple[datetime, dict[int, Wording]]] = []
    due = START + timedelta(days=2)
    for step in month(house.city, house.cast, 7, home="web", shares=0, messages=0, mentions=0):
        if step.at >= due:
            due = step.at + timedelta(days=2)
            looks.append(shown(house, step.at, newest))
            assert house.run(account, FULL).outcome in ("complete", "unchanged")
    check_feed(house, looks)


def shown(house: House, at: datetime, newest: int) -> tuple[datetime, dict[int, Wording]]:
    """What the feed of the news office and the comment feeds of the posts in it show."""
    truth = Truth(house.city.journal)
    posts = [record for record in truth.said() if record.author == house.cast.news and record.kind == "post"]
    found: dict[int, Wording] = {}
    for post in _newest(truth, posts, at, newest):
        found |= {
            record.id: record.versions[-1][1]
            for record in [post, *_newest(truth, truth.thread(post.id)[1:], at, newest)]
        }
    return at, found


def _newest(truth: Truth, records: Sequence[TrueRecord], at: datetime, newest: int) -> list[TrueRecord]:
    standing = [record for record in records if truth.stands(record.id, at)]
    return sorted(standing, key=lambda record: record.id, reverse=True)[:newest]
