"""How a subreddit is moderated, and whom a user blocks, as records with versions (law R17)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archiver.operations import deposits_due
from archiver.practice.reddit_moderation import AUTOMODERATOR
from tests.capture.house import FULL, NEW, House
from tests.capture.rebuilding import check_rebuilt
from tests.graph.scenes import GOOD
from tests.reddit.place import Subreddit, User

SINCE = datetime(2026, 3, 1, tzinfo=UTC)


def texts(house: House, key: str) -> list[str]:
    return [row.text for row in house.versions(f"settings/{key}")]


@pytest.mark.law("R17")
def test_every_state_of_a_subreddit_s_moderation_is_a_version(house: House) -> None:
    found = Subreddit.open(house)
    chosen, (first, second, third) = found.server.moderation, found.cast.residents[:3]
    assert house.run(found.account, FULL).outcome == "complete"
    assert [texts(house, one) for one in ("banned", "muted", "contributors", "rules", "automoderator")] == [
        ["banned: nobody"], ["muted: nobody"], ["approved: nobody"], ["rules: none"], ["AutoModerator: no rules"],
    ]  # fmt: skip
    (moderators,) = texts(house, "moderators")
    assert moderators.endswith("(all)")
    assert "restrict_posting true" in texts(house, "community")[-1]
    house.city.block(found.id, first)
    chosen.notes[first], chosen.days[first] = "insults", 7
    chosen.muted[second], chosen.approved[third] = SINCE, SINCE
    chosen.rule("Be kind", "No insults.", "comment")
    chosen.pages[AUTOMODERATOR] = "type: comment\nbody: [crook]\naction: filter"
    house.later(hours=1)
    assert house.run(found.account, NEW).outcome in GOOD
    assert len(texts(house, "rules")) == 1, "settings are for full sweeps"
    house.run(found.account, FULL)
    names = [house.city.people[one].handle for one in (first, second, third)]
    assert texts(house, "banned")[-1] == f"banned: {names[0]} (insults, for a time)"
    assert [texts(house, one)[-1] for one in ("muted", "contributors")] == [
        f"muted: {names[1]}",
        f"approved: {names[2]}",
    ]
    assert texts(house, "rules")[-1] == "rules: 1. Be kind (comment)\nNo insults."
    assert "body: [crook]" in texts(house, "automoderator")[-1]
    chosen.days[first] = 6
    house.later(days=1)
    house.run(found.account, FULL)
    assert len(texts(house, "banned")) == 2, "that a ban is a day shorter is nobody's act"
    house.city.people[found.id].blocked.clear()
    chosen.pages.clear()
    house.later(days=1)
    house.run(found.account, FULL)
    assert texts(house, "banned")[-1] == "banned: nobody"
    assert texts(house, "automoderator")[-1] == "AutoModerator: no rules"
    settings = [
        row for key, row in house.records().items() if key.startswith("settings/") and key != "settings/community"
    ]
    assert len(settings) == 6
    assert {(row.kind, row.access, row.state) for row in settings} == {("settings", "settings", "visible")}
    with house.archive.database.read() as connection:
        (due,) = deposits_due.expected(connection, house.archive)
    assert not due.sign_in
    assert "that no program is shown" in due.said
    assert "crowd control" in due.said
    check_rebuilt(house)


@pytest.mark.law("R17")
def test_a_list_of_people_is_a_record_only_where_all_of_it_was_read(house: House) -> None:
    found = Subreddit.open(house)
    chosen, people = found.server.moderation, found.cast.residents
    found.server.page = 2
    chosen.muted.update(dict.fromkeys(people[:5], SINCE))
    house.run(found.account, FULL)
    (told,) = texts(house, "muted")
    assert all(house.city.people[one].handle in told for one in people[:5])
    assert len(house.exchanges("muted")) == 3


@pytest.mark.law("R17")
def test_what_a_moderator_may_not_see_is_a_gap_and_the_rest_is_read(house: House) -> None:
    found = Subreddit.open(house)
    found.server.without.add("wikiread")
    assert house.run(found.account, FULL).outcome == "partial"
    assert texts(house, "banned") == ["banned: nobody"]
    assert "settings/automoderator" not in house.records()
    assert {gap.stream for gap in house.gaps(open_only=True)} == {"settings"}
    found.server.without.clear()
    house.later(hours=3)
    assert house.run(found.account, FULL).outcome in GOOD
    assert texts(house, "automoderator") == ["AutoModerator: no rules"]
    assert house.gaps(open_only=True) == []


def test_who_does_not_moderate_asks_for_none_and_is_reminded_to_deposit_them(house: House) -> None:
    found = Subreddit.open(house)
    found.server.strangers.add(found.id)
    house.run(found.account, FULL)
    assert not {"settings/banned", "settings/automoderator"} & set(house.records())
    assert house.exchanges("banned") == []
    with house.archive.database.read() as connection:
        (due,) = deposits_due.expected(connection, house.archive)
    assert due.sign_in


@pytest.mark.law("R17")
def test_whom_a_user_blocks_is_a_record(house: House) -> None:
    found = User.open(house)
    house.run(found.account, FULL)
    house.city.block(found.id, found.cast.residents[0])
    house.later(hours=1)
    house.run(found.account, FULL)
    handle = house.city.people[found.cast.residents[0]].handle
    assert texts(house, "blocked") == ["blocked: nobody", f"blocked: {handle}"]
