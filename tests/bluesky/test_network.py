"""Against the vendor's own servers: people post, reply, edit, delete and are taken down, and all of it is found."""

from __future__ import annotations

import hashlib

import pytest

from archiver.practice.pictures import png
from tests.bluesky.town import FULL, NEW, WATCH, Town
from tests.capture.rebuilding import check_rebuilt
from tests.servers.bluesky.people import take_down, take_down_post

pytestmark = pytest.mark.slow


@pytest.mark.law("R2", "R3", "R16", "R18")
def test_every_post_reply_and_version_is_found(town: Town) -> None:
    city, ann, bob = town.office, town.person("ann"), town.person("bob")
    notice = city.say("The bridge is shut.")
    why = ann.answer("Why?", notice)
    ice = city.answer("Ice.", why, notice)
    never = bob.answer("Never again.", ice, notice)
    quote = bob.quote("Look at this.", notice)
    elsewhere = ann.say("Is the library open?")
    opened = city.answer("Until eight.", elsewhere)
    thanks = bob.answer("Good to know.", opened, elsewhere)
    passed_on = city.repost(quote)
    run = town.run(NEW)
    assert (run.outcome, run.reason) == ("complete", None)
    found = town.records()
    kinds = {one["uri"]: found[one["uri"]].kind for one in (notice, why, ice, never, quote, elsewhere, opened, thanks)}
    assert list(kinds.values()) == [
        *("post", "comment", "comment", "comment", "mention", "mention", "comment", "comment"),
    ]
    assert found[passed_on["uri"]].kind == "share"
    assert town.texts(never) == ["Never again."]
    assert found[never["uri"]].thread_id == found[notice["uri"]].id
    assert found[thanks["uri"]].thread_id == found[elsewhere["uri"]].id
    assert town.run(NEW).outcome == "unchanged"

    city.edit(notice, "The bridge is shut until Monday.")
    ann.edit(why, "Why, please?")
    bob.delete(never)
    town.run(WATCH)
    assert town.texts(notice) == ["The bridge is shut.", "The bridge is shut until Monday."]
    town.run(FULL)
    assert town.texts(why) == ["Why?", "Why, please?"]
    assert town.states(never)[-1] == "not_returned"
    assert town.texts(never) == ["Never again."]

    take_down_post(town.network, thanks)
    city.delete(ice)
    city.edit(notice, "The bridge is shut.")
    assert town.run(FULL).outcome == "complete"
    assert town.states(thanks)[-1] == town.states(ice)[-1] == "not_returned"
    assert len(town.texts(notice)) == 3
    take_down_post(town.network, thanks, applied=False)
    town.run(FULL)
    assert town.states(thanks) == ["visible", "not_returned", "visible"]
    assert town.states(elsewhere)[-1] == "visible"
    assert not town.gaps()
    check_rebuilt(town, anew=True)


def test_nothing_is_listed_where_the_revision_is_the_one_that_is_known(town: Town) -> None:
    town.office.say("One.")
    assert town.run(NEW).counts["exchanges"] > 0
    asked = town.run(NEW)
    assert asked.outcome == "unchanged"
    covered = town.coverage(asked)["posts"]
    assert (covered.complete, covered.seen) == (True, 1)  # the identity alone
    town.office.say("Two.")
    assert town.coverage(town.run(NEW))["posts"].seen == 3


def test_files_are_the_ones_that_the_records_name(town: Town) -> None:
    drawing = png(7, 64, 48)
    post = town.office.show("The new bridge.", drawing, "A bridge with two arches")
    town.run(NEW)
    (medium,) = [one for one in town.media() if one.record_id == town.records()[post["uri"]].id]
    assert (medium.state, medium.sha256) == ("fetched", hashlib.sha256(drawing).hexdigest())
    assert town.texts(post) == ["The new bridge.\n\nA bridge with two arches"]


@pytest.mark.law("R63")
@pytest.mark.parametrize("state", ["deactivated", "taken_down"])
def test_an_account_that_is_away_is_said_to_be_so_and_none_of_its_records_to_be_gone(town: Town, state: str) -> None:
    post = town.office.say("Here.")
    town.person("ann").answer("There.", post)
    town.run(FULL)
    town.office.deactivate() if state == "deactivated" else take_down(town.network, town.office)
    for sweep in (NEW, WATCH, FULL):
        run = town.run(sweep)
        assert (run.outcome, str(run.reason).partition(":")[0]) == ("failed", state)
        assert town.state() == state
    assert {gap.cause for gap in town.gaps() if gap.stream == "posts"} == {state}
    assert set(town.states(post)) == {"visible"}
    town.office.activate() if state == "deactivated" else take_down(town.network, town.office, applied=False)
    town.run(NEW)
    assert town.run(FULL).outcome in ("complete", "unchanged")
    assert town.state() == "active"
    assert not town.gaps()
