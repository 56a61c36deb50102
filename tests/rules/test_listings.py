"""How far lists were read that have one name."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from archiver.capture.listings import Listings
from connectors.contract import AccessClass, Ask, Problem, ProblemKind, Reading, Stream

EARLY, LATE = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
WHOLE, SINCE_EARLY, SINCE_LATE = Reading(whole=True), Reading(since=EARLY), Reading(since=LATE)
UNKNOWN = Reading()


def _ask(number: int) -> Ask:
    return Ask(
        "https://platform.example/posts", Stream.POSTS, "posts", parameters=(("part", str(number)),), listing="posts"
    )


@pytest.mark.parametrize(
    ("read", "whole", "since"),
    [
        ((WHOLE, WHOLE), True, None),
        ((WHOLE, UNKNOWN), False, None),
        ((WHOLE, SINCE_LATE), False, LATE),
        ((SINCE_EARLY, SINCE_LATE), False, LATE),
        ((UNKNOWN, SINCE_EARLY, WHOLE), False, None),
    ],
)
def test_lists_of_one_name_reach_as_far_as_each_of_them(
    read: tuple[Reading, ...], whole: bool, since: datetime | None
) -> None:
    for order in permutations(read):
        listings = Listings()
        for number, reading in enumerate(order):
            listings.of(_ask(number)).page(_ask(number), reading, not_modified=False)
        listing = listings.by_name["posts"]
        assert (listing.whole, listing.since, listing.ended) == (whole, since, True)
        assert listing.nominates == (whole or since is not None)


def test_a_list_that_was_not_modified_does_not_end_with_another_of_its_name() -> None:
    for order in permutations((True, False)):
        listings = Listings()
        for number, not_modified in enumerate(order):
            listings.of(_ask(number)).page(_ask(number), WHOLE, not_modified=not_modified)
        assert not listings.by_name["posts"].nominates


def test_a_page_that_two_ways_meet_at_is_no_circle() -> None:
    listings = Listings()
    listings.note(_ask(2), again=True)
    assert listings.asked(_ask(2))
    assert listings.circles(_ask(2), again=True)
    assert not listings.circles(_ask(2))
    listings.note(_ask(2))
    assert listings.circles(_ask(2))


def test_a_question_that_is_made_up_for_is_answered_also_where_it_says_that_something_is_gone() -> None:
    """Else the gap of the day on which nobody answered it would stay open for as long as something is looked for that
    is gone."""
    listings, look = Listings(), Ask("https://platform.example/posts/1", Stream.COMMENTS, "look_comment")
    listings.of(look).page(look, Reading(problem=Problem(ProblemKind.GONE, "it is not there")), not_modified=False)
    listings.make_up("look_comment (comments)", Stream.COMMENTS, AccessClass.PUBLIC)
    listing = listings.by_name["look_comment (comments)"]
    assert listing.complete
    assert listing.worth_telling
    assert listing.covered(LATE, EARLY).reason is None
