"""What follows from lists of roles: since when, who is lost, who is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.page_roles import rules
from archiver.page_roles.holding import Holder, holders
from archiver.page_roles.rules import Known, Misfit, RoleList, Told
from tests import effort
from tests.connectors.payloads import ODD

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLE = st.dictionaries(st.sampled_from("abcd"), st.booleans(), max_size=4)


def holder(name: str, *, administers: bool = True) -> Holder:
    return Holder(name, "", ("ADMIN",) if administers else ("EDITOR",), administers)


def listed(*versions: dict[str, bool]) -> RoleList:
    """A list that said this, day by day: who, and whether they administer."""
    told = tuple(
        Told(f"v{number}", START + number * DAY, START + number * DAY + DAY / 2,
             tuple(holder(name, administers=admin) for name, admin in sorted(people.items())))
        for number, people in enumerate(versions)
    )  # fmt: skip
    return RoleList("rc", "settings", "visible", told[-1].last_seen_at, told)


def test_every_platform_s_shape_tells_who_administers() -> None:
    def said(*people: Any) -> list[tuple[str, str, bool]]:
        return [(one.id, one.name, one.administers) for one in holders({"people": [*people]})]

    assert said("17 (ANALYZE, MODERATE)", "16 (MANAGE, MODERATE)", "18") == [
        ("16", "", True), ("17", "", False), ("18", "", False),
    ]  # fmt: skip
    role = {"person": "urn:li:person:a", "role": "ADMINISTRATOR", "state": "APPROVED"}
    assert said(role, role | {"person": "b", "role": "CONTENT_ADMINISTRATOR"}) == [
        ("b", "", False), ("urn:li:person:a", "", True),
    ]  # fmt: skip
    assert said(role | {"state": "REQUESTED"}, role | {"state": "REVOKED"}) == [], "nobody has what they asked for"
    both = holders({"people": [role | {"role": "CURATOR"}, role]})
    assert [(one.roles, one.administers) for one in both] == [(("ADMINISTRATOR", "CURATOR"), True)]
    some = {"id": "t2_1", "name": "ada", "permissions": ["all"], "since": "2020-01-01T00:00:00+00:00"}
    assert said(some, some | {"id": "t2_2", "name": "bob", "permissions": ["mail"]}) == [
        ("t2_1", "ada", True), ("t2_2", "bob", False),
    ]  # fmt: skip


@settings(max_examples=effort.examples(100), deadline=None)
@given(st.sampled_from(ODD), st.sampled_from(["people", "id", "role", "state", "permissions", "tasks", "name"]))
def test_odd_lists_tell_of_nobody_and_raise_nothing(odd: Any, where: str) -> None:
    person = {"id": "t2_1", "name": "ada", "permissions": ["all"]}
    content = {"people": odd} if where == "people" else {"people": [person | {where: odd}, odd]}
    for one in holders(content):
        assert isinstance(one.id, str)
        assert one.id


@settings(max_examples=effort.examples(200), deadline=None)
@given(st.lists(PEOPLE, min_size=1, max_size=6), st.integers(0, 5))
def test_lost_is_who_was_told_of_since_the_last_review_and_is_not_now(said: list[dict[str, bool]], place: int) -> None:
    one, now = listed(*said), said[-1]
    for start, reviewed in ((0, ()), (min(place, len(said) - 1), (f"v{place}",))):
        since = said[start if place < len(said) else 0 :]
        lost = {each.holder.id for each in rules.lost(one, reviewed)}
        gone = {name for people in since for name in people if name not in now}
        demoted = {name for people in since for name, admin in people.items() if admin and now.get(name) is False}
        assert lost == gone | demoted
    assert rules.lost(one, (f"v{len(said) - 1}",)) == (), "a review of what stands now explains everything before"
    assert [each.holder.id for each in rules.holdings(one)] == sorted(now)


def test_since_when_is_without_a_break() -> None:
    one = listed({"a": True}, {"a": True, "b": True}, {"b": True}, {"a": True, "b": True})
    assert {each.holder.id: each.seen_since for each in rules.holdings(one)} == {"a": START + 3 * DAY, "b": START + DAY}


@pytest.mark.law("R71")
def test_too_few_warns_until_somebody_looked_at_those_who_are_left() -> None:
    few = listed({"a": True, "b": True}, {"a": True}, {"a": True, "c": False})

    def found(one: RoleList, *reviewed: str) -> list[tuple[Misfit, bool]]:
        known = [Known("A"), Known("b"), Known("Ce (C)")]
        return [(each.misfit, each.warns) for each in rules.of_list(one, known, reviewed, START + 3 * DAY, 30)]

    assert found(few) == [(Misfit.LOST, True), (Misfit.FEW, True)]
    assert found(few, "v0") == [(Misfit.LOST, True), (Misfit.FEW, True)], "two, when it was reviewed"
    assert found(few, "v1") == [(Misfit.FEW, False)], "the same one, whoever else is there"
    assert [one.version for one in rules.too_few(few)] == ["v1", "v2"]
    back = listed({"a": True, "b": True}, {"a": True}, {"a": True, "b": True})
    assert found(back) == []


def test_a_list_that_is_not_seen_for_long_is_told_no_more() -> None:
    one = listed({"a": True, "b": True})
    assert not rules.is_untold(one, one.last_seen_at + 30 * DAY, 30)
    assert rules.is_untold(one, one.last_seen_at + 30 * DAY + timedelta(seconds=1), 30)
    assert not rules.is_untold(one, one.last_seen_at + 3000 * DAY, 0)
    gone = RoleList("rc", "settings", "not_returned", one.last_seen_at, one.told)
    assert rules.is_untold(gone, one.last_seen_at, 0)


@pytest.mark.parametrize(
    ("said", "is_known"),
    [
        ("Ada Brown (urn:li:person:abc)", True),
        ("abc", True),
        ("u/ADA", True),
        ("@ada", True),
        ("Ada", True),
        ("Ada Brown", False),
        ("", False),
        ("( )", False),
    ],
)
def test_the_register_names_somebody_by_name_or_id(said: str, is_known: bool) -> None:
    assert Known(said).is_(Holder("urn:li:person:abc", "ada", (), True)) is is_known
    assert not Known(said).is_(Holder("17", "", (), True))
