"""Live help in the query box: what is offered can be typed and means what it says, and tells of nothing that whoever
types does not see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from archiver.archive import Archive
from archiver.desk import marks
from archiver.people import access_log
from archiver.people.acting import of_person
from archiver.people.permission import DEPARTMENT
from archiver.people.roles import Access, Role
from archiver.search import query as queries
from archiver.search.tree import Value, leaves
from archiver.web.search_completing import MOST, Offer, begun, offers
from archiver.web.search_help import Field
from archiver.web.security import WITH_QUESTIONS
from tests.desk.test_search_page import client_of
from tests.people.scene import departments, record_of
from tests.signed_in import cookies, person

_DAY = date(2026, 11, 30)
_FIELDS = (
    Field.of("Accounts", "account", [("mastodon/city@a.example", "City News"), ("x/mayor", "Office of the Mayor")]),
    Field.of("Authorities", "department", [("city-clerk", "City Clerk")]),
    Field.of("Kinds", "kind", [("post", "post"), ("comment", "comment")]),
    Field.of("What became of it", "state", [("not_returned", "not returned"), ("hidden", "hidden")]),
)


@pytest.mark.parametrize(
    ("before", "word"),
    [
        ("", ""),
        ("water acc", "acc"),
        ("water ", ""),
        ("(state:hi", "state:hi"),
        ("a -kind:po", "-kind:po"),
        ('account:"City N', 'account:"City N'),
        ('"water main', ""),
        ('"water main" acc', "acc"),
        ('account:"City News" ki', "ki"),
    ],
)
def test_the_word_that_is_being_typed_is_known(before: str, word: str) -> None:
    assert begun(before) == word


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        ("acc", ["account:"]),
        ("account:", ["account:mastodon/city@a.example", "account:x/mayor"]),
        ("account:MAY", ["account:x/mayor"]),
        ('account:"office of', ["account:x/mayor"]),
        ("ACCOUNT:nobody", []),
        ("-state:", ["-state:not_returned", "-state:hidden"]),
        ("returned", ["state:not_returned"]),
        ("city", ["account:mastodon/city@a.example", "department:city-clerk"]),
        ("after:2026-1", ["after:2026-11-30", "after:2026-11"]),
        ("ta", []),
        ("tag:", []),
        ("author:jane", []),
        ("nosuch:", []),
    ],
)
def test_fields_then_values_are_offered(word: str, typed: list[str]) -> None:
    assert [one.typed for one in offers(word, _FIELDS, _DAY)] == typed


def test_tags_narrow_beside_the_query() -> None:
    tags = ["street closures", "streetlights", "water"]
    assert [one.typed for one in offers("ta", _FIELDS, _DAY, tags)] == ["tag:"]
    assert [*offers("tag:clos", _FIELDS, _DAY, tags)] == [Offer("street closures", "a tag of yours", tag=True)]
    assert [*offers("-tag:clos", _FIELDS, _DAY, tags)] == [], "a query cannot leave a tag out"


def test_what_would_steer_the_words_around_it_is_not_put_into_the_box() -> None:
    hostile = Field.of("Accounts", "account", [("x/\u202eabc", "Backwards"), ("x/plain", "Plain")])
    assert [one.typed for one in offers("account:", [hostile], _DAY)] == ["account:x/plain"]


@given(st.text(max_size=30), st.sampled_from([one.typed for field in _FIELDS[2:] for one in field.values]))
def test_whatever_stands_before_it_an_offer_is_read_as_what_it_says(before: str, typed: str) -> None:
    """As long as the word is one: in a phrase nothing is offered."""
    word = typed[:8]
    if begun(f"{before} {word}") != word:
        return
    assert typed in [one.typed for one in offers(word, _FIELDS, _DAY)]
    name, _, value = typed.partition(":")
    read = [one for one in leaves(queries.parse(f"{before} {typed} ").root) if isinstance(one, Value)]
    assert (name, value) in [(one.field, one.said) for one in read]


@pytest.fixture
def told(offices: Archive) -> Iterator[tuple[Archive, TestClient]]:
    """Two departments, each with a tag of its own; and somebody of the police."""
    made = departments(offices)
    for office, word in (("police", "river patrol"), ("library", "reading room")):
        own = {"scope": DEPARTMENT, "scope_id": made[office]}
        who = person(offices, Role.CUSTODIAN, name=office, access={Access.PUBLIC}, **own)
        marks.tag(offices, of_person(who.id), [record_of(office, "public")], word)
        if office == "police":
            held = cookies(offices, who)
    with client_of(offices, held) as client:
        yield offices, client


def _asked(client: TestClient, typed: str, rest: str = "") -> dict[str, Any]:
    answer = client.get("/search/completions", params={"q": typed, "rest": rest})
    assert answer.status_code == 200
    return dict(answer.json())


@contextmanager
def _asked_of(archive: Archive) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    said: list[str] = []

    def hear(_c: object, _u: object, statement: str, *_: object) -> None:
        said.append(statement.lower())

    event.listen(archive.database.engine, "before_cursor_execute", hear)
    yield said
    event.remove(archive.database.engine, "before_cursor_execute", hear)


@pytest.mark.law("R4", "R71")
def test_nothing_is_completed_that_somebody_does_not_see(told: tuple[Archive, TestClient]) -> None:
    archive, client = told
    seen = [_asked(client, typed) for typed in ("account:", "department:", "tag:", "poli", "platform:", "series:")]
    assert [[one["typed"] for one in answer["offers"]] for answer in seen] == [
        ["account:facebook/police"],
        ["department:city", "department:police"],
        ["river patrol"],
        ["account:facebook/police", "department:police"],
        ["platform:facebook"],
        [],
    ]
    for typed in ("lib", "The lib", "account:lib", "department:lib", "tag:read", "facebook/l", "account:facebook/l"):
        assert _asked(client, typed)["offers"] == [], typed
    for typed in ("account:facebook/library", "department:library"):
        reading = _asked(client, typed)["reading"]
        assert reading == _asked(client, typed.replace("library", "nowhere"))["reading"].replace("nowhere", "library")
        assert "no such account" in reading
    staff = person(archive, Role.COMMUNICATIONS, name="Kim", access={Access.PUBLIC})
    with client_of(archive, cookies(archive, staff)) as other:
        assert _asked(other, "tag:")["offers"] == [], "tags are for who may put them on records"
        assert _asked(other, "ta")["offers"] == []


def test_it_says_how_the_query_is_read_and_looks_at_no_record(told: tuple[Archive, TestClient]) -> None:
    archive, client = told
    with _asked_of(archive) as statements:
        answer = _asked(client, "water (state:hid", ") OR park*")
    assert answer["reading"] == queries.describe(queries.parse("water (state:hid) OR park*"))
    assert [one["typed"] for one in answer["offers"]] == ["state:hidden", "state:hidden_by_page"]
    assert statements, "it was heard"
    assert not [one for one in statements if "search_record" in one or "search_source" in one or " record" in one]
    assert _asked(client, "state:hid", "den")["offers"] == [], "in the middle of a word nothing is offered"
    assert len(_asked(client, "e")["offers"]) <= MOST


def test_no_key_that_is_pressed_is_written_down_but_a_refusal_is(told: tuple[Archive, TestClient]) -> None:
    archive, client = told

    def noted() -> list[tuple[str, int]]:
        with archive.database.read() as connection:
            lines = access_log.entries(connection, archive, limit=100)
        return [(one.action, one.status) for one in lines]

    _asked(client, "somebody types a name")
    assert noted() == []
    nobody = person(archive, Role.CIO, name="Cy")
    with client_of(archive, cookies(archive, nobody)) as other:
        assert other.get("/search/completions", params={"q": "a"}).status_code == 403
    assert noted() == [("records.search", 403)]
    with client_of(archive, {}) as other:
        assert other.get("/search/completions", params={"q": "a"}).status_code == 303
    client.get("/search", params={"q": "a name"})
    assert noted()[0] == ("records.search", 200), "what is searched for is"


def test_the_search_page_alone_runs_it_and_asks_only_here(told: tuple[Archive, TestClient]) -> None:
    _, client = told
    page = client.get("/search")
    assert page.headers["content-security-policy"] == WITH_QUESTIONS
    assert "connect-src 'self'" in WITH_QUESTIONS
    assert "default-src 'none'" in WITH_QUESTIONS
    assert page.text.count("<script") == 1
    assert client.get("/static/search.js").status_code == 200
    for path in ("/search/help", "/saved", "/accounts"):
        assert "script-src" not in client.get(path).headers["content-security-policy"]
