from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.search.documents import seconds
from archiver.search.query import LONGEST, describe, matches, parse, whole
from archiver.search.register import KnownAccount, KnownAccounts
from archiver.search.tree import And, Dated, Everything, Not, Nothing, Or, Text
from tests.effort import bounded, examples
from tests.search.examples import a_document, documents, queries


def _answers(query: str, text: str, *earlier: str) -> bool:
    return matches(parse(query), a_document(text, *earlier))


# -- words, phrases, beginnings


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("water", "The WATERS rise"),
        ("running", "a run"),
        ("cafe", "Café"),
        ("café", "cafe"),
        ('"water main"', "a Water, main!"),
        ('"cafe main"', "Café main"),
        ('"café main"', "Café main"),
        ("“water main”", "water main"),
        ("C-SPAN", "on C-SPAN today"),
        ("C-SPAN", "on cspan today"),
        ("C-SPAN", "on C SPAN today"),
        ("cspan", "on C-SPAN today"),
        ("555-1234", "call 555-1234"),
        ("5551234", "call 555-1234"),
        ("555-1234", "call 5551234"),
        ("mayor's", "the mayor’s"),
        ("mayor", "the mayor’s"),
        ("obrien", "O'Brien"),
        ('"the mayor"', "the mayor's office"),
        ("park*", "parking"),
        ("café*", "the cafeteria"),
        ("cafe*", "the Cafétéria"),
        ("pa-rk*", "pa rkx"),
        ("#parkday", "at #ParkDay"),
        ("parkday", "at #ParkDay"),
        ("@mayor", "cc @Mayor@city.example"),
        ("@mayor@city.example", "cc @Mayor@city.example"),
        ("mayor", "cc @Mayor@city.example"),
        ("東京", "大東京タワー"),
        ('"東京 タワー"', "東京タワー"),
        ("👍", "great 👍🏽"),
        ('"👍🏽"', "great 👍🏽"),
        ("https://city.example/a?b=1", "see https://city.example/a?b=1 now"),
        ("the who", "who the"),
        ("a OR b", "b"),
        ("a b OR c", "c"),
        ("a (b OR c)", "c a"),
        ("a -b", "a c"),
        ("a NOT b", "a c"),
        ("-(a b)", "a"),
        ("-(a OR b) c", "c"),
        ("foo AND bar", "bar foo"),
        ("foo AND", "foo and"),
        ("OR foo", "foo or"),
        ("NEAR(a b)", "near a b"),
        ("foo(bar", "foo bar"),
        ("foo OR OR bar", "foo"),
        ('say "hello', "hello, say"),
        ("note:this", "note this"),
        ("has:nothing", "has nothing"),
        ("on:2024-02-30", "on 2024 02 30"),
        ("a*b", "a b"),
        ("'; DROP TABLE record;--", "drop the table: record"),
        ("a !!! b", "a b"),
        ("NOT NOT a", "a"),
        ("- a", "a"),
        ("--a", "a"),
        ("(((a", "a"),
        ("a)))", "a"),
    ],
)
def test_a_record_is_found(query: str, text: str) -> None:
    assert _answers(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("water", "watt"),
        ('"running"', "run"),
        ('"water main"', "main water"),
        ('"water main"', "water the main"),
        ('"café main"', "cafe main"),
        ('"👍🏽"', "great 👍"),
        ("C-SPAN", "span c"),
        ("#parkday", "parkday"),
        ("@mayor", "mayor"),
        ("@mayor", "jane@mayor"),
        ("@mayor@city.example", "@mayor"),
        ("park*", "spark"),
        ("東京", "京東"),
        ("a -b", "a b"),
        ("a NOT b", "b a"),
        ("-(a b)", "b a"),
        ("-(a OR b) c", "c b"),
        ("a (b OR c)", "b c"),
        ("foo AND", "foo"),
        ("!!!", "!!!"),
        ('""', '""'),
        ("*", "anything"),
        ("xwater", "water"),
        ("z", "y"),
    ],
)
def test_a_record_is_not_found(query: str, text: str) -> None:
    assert not _answers(query, text)


def test_an_empty_query_finds_everything_and_one_of_signs_alone_nothing() -> None:
    assert isinstance(parse(" \n").root, Everything)
    assert isinstance(parse('"*"').root, Nothing)


def test_a_phrase_never_reaches_from_one_version_into_the_next() -> None:
    assert not _answers('"water main"', "main street", "the water")
    assert not _answers('"water main"', "main café", "le café water")
    assert _answers("water main", "main street", "the water")


def test_not_means_in_no_version() -> None:
    assert not _answers("street -water", "main street", "the water")


# -- fields


@pytest.mark.parametrize(
    "query",
    [
        "kind:comment", "kind:Comments", "kind:reply", "state:hidden", "state:hidden_by_page", "state:hidden-by-page",
        "has:edits", "has:media", "has:links", "platform:MASTODON", "series:gs-10", 'series:"GS-10"', "author:jane",
        'author:"doe jane"', "author:DOE", "author:@jane_doe", "author:jane_doe", "author:ja*", "author:a:17",
        "account:ac_parks", "-kind:post", 'author:"jane"',
    ],
)  # fmt: skip
def test_a_field_is_found(query: str) -> None:
    record = a_document(
        "see https://x.example", "before", kind="comment", state="hidden_by_page", flags=frozenset({"media"}),
        series="GS-10", author=("a:17", "Doe Jané", "@Jane_Doe"),
    )  # fmt: skip
    assert matches(parse(query), record)


@pytest.mark.parametrize(
    "query",
    [
        "kind:post", "state:visible", "has:comments", "platform:feed", "series:gs-1", "author:jan", "author:@jane",
        'author:"doe jane doe"', "author:17", "account:ac_park", "department:ac_parks", "-has:media", "author:city",
    ],
)  # fmt: skip
def test_a_field_is_not_found(query: str) -> None:
    record = a_document(
        "city", "before", kind="comment", state="hidden_by_page", flags=frozenset({"media"}),
        author=("a:17", "Doe Jané", "@Jane_Doe"),
    )  # fmt: skip
    assert not matches(parse(query), record)


def test_a_name_stands_for_every_account_that_goes_by_it() -> None:
    register = KnownAccounts(
        [
            KnownAccount("ac_parks", ("@Parks@city.example", "Parks", "https://city.example/@parks"), ("Recreation",)),
            KnownAccount("ac_fire", ("parks",), ("Safety",)),
        ]
    )
    record = a_document("x", account="ac_parks")
    for query in (
        "account:PARKS",
        "account:@parks@city.example",
        "account:https://city.example/@parks/",
        "department:recreation",
    ):
        assert matches(parse(query, register=register), record)
    assert not matches(parse("account:nobody", register=register), record)
    assert not matches(parse("department:safety", register=register), record)
    assert "2 accounts" in describe(parse("account:parks", register=register))
    assert "no such account" in describe(parse("account:nobody", register=register))


# -- dates


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("on:2024-05-01", "2024-05-01T05:00:00", "2024-05-02T04:59:59"),  # summer time in Chicago
        ("on:2024-01-15", "2024-01-15T06:00:00", "2024-01-16T05:59:59"),
        ("on:2024-03-10", "2024-03-10T06:00:00", "2024-03-11T04:59:59"),  # 23 hours
        ("on:2024-11-03", "2024-11-03T05:00:00", "2024-11-04T05:59:59"),  # 25 hours
        ("on:2024-02", "2024-02-01T06:00:00", "2024-03-01T05:59:59"),
        ("on:2023-12", "2023-12-01T06:00:00", "2024-01-01T05:59:59"),
        ("on:2023", "2023-01-01T06:00:00", "2024-01-01T05:59:59"),
        ("on:5/1/2024", "2024-05-01T05:00:00", "2024-05-02T04:59:59"),
        ("on:2024-05-01T14:30", "2024-05-01T19:30:00", "2024-05-01T19:30:59"),
        ("after:2024-05-01 before:2024-05-02", "2024-05-01T05:00:00", "2024-05-02T04:59:59"),
        ("after:2024 before:2025", "2024-01-01T06:00:00", "2025-01-01T05:59:59"),
    ],
)
def test_dates_are_those_of_the_citys_calendar(query: str, first: str, last: str) -> None:
    earliest, latest = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (first, last))
    inside = [earliest, latest, latest + timedelta(microseconds=999_999)]
    outside = [earliest - timedelta(microseconds=1), latest + timedelta(seconds=1)]
    asked = parse(query, zone="America/Chicago")
    assert all(matches(asked, a_document(at=moment)) for moment in inside)
    assert not any(matches(asked, a_document(at=moment)) for moment in outside)


def test_a_record_without_a_date_of_its_own_counts_from_when_it_was_first_seen() -> None:
    seen = datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert matches(parse("on:2024-05-01"), a_document(at=None, seen=seen))
    assert not matches(parse("on:2024-05-01"), a_document(at=datetime(2023, 1, 1, tzinfo=UTC), seen=seen))


def test_a_second_begins_with_its_first_microsecond_before_1970_too() -> None:
    assert seconds(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert seconds(datetime(9998, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == 253370764799
    assert matches(parse("before:1970", zone="UTC"), a_document(at=datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)))


def test_another_city_has_other_days() -> None:
    record = a_document(at=datetime(2024, 5, 1, 2, tzinfo=UTC))
    assert matches(parse("on:2024-04-30", zone="America/Chicago"), record)
    assert matches(parse("on:2024-05-01", zone="Europe/Berlin"), record)


@pytest.mark.parametrize(
    "said", ["2024-00", "2024-13-01", "2024-2-30", "13/1/2024", "0000", "9999", "99999", "today", "٢٠٢٤"]
)
def test_what_is_no_date_is_ordinary_text(said: str) -> None:
    root = parse(f"before:{said}").root
    assert isinstance(root, Text)


# -- the tree and its reading


def test_and_binds_closer_than_or() -> None:
    a, b, c = Text("a"), Text("b"), Text("c")
    assert parse("a b OR c").root == Or((And((a, b)), c))
    assert parse("a (b OR c)").root == And((a, Or((b, c))))
    assert parse("-a").root == Not(a)
    assert parse("NOT (a OR -b)").root == Not(Or((a, Not(b))))


def test_the_reading_says_what_will_be_searched_for() -> None:
    assert describe(parse('water "main break" OR -park*')) == (
        "either (the word “water” in any form and exactly “main break”) or not a word that begins with “park”"
    )
    assert describe(parse("kind:comment before:2024")) == (
        "kind comment and dated before 2024 begins (America/Chicago)"
    )
    assert describe(parse("#Park @mayor C-SPAN x.y")) == (
        "the hashtag #Park and the name @mayor and “C-SPAN” side by side or as one word and “x.y” side by side"
    )
    assert "left out: “!!!”" in describe(parse("a !!!"))
    assert describe(parse("")) == "everything"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("street before:2026-11-31", ("“before:” wants a year, month, day or minute; “2026-11-31” is none",)),
        ("on:2026-13 AND -after:x", ("“on:” wants a year", "“after:” wants a year")),
        ("state:foo OR (kind:bar)", ("“state:” has no value “foo”, so it was searched", "“kind:” has no value “bar”")),
        ('author:"!!"', ("“author:” wants words of a name",)),
        ("department:nobody", ("no department or authority that you may see is called “nobody”",)),
        ('-account:"City News" x', ("no account that you may see is called “City News”",)),
        ("state:foo state:foo", ("“state:” has no value “foo”",)),
        (f"state:{'x' * 500}", (f"“state:” has no value “{'x' * 80}…”",)),
        (" ".join(f"state:no{n}" for n in range(50)), tuple(f"“state:” has no value “no{n}”" for n in range(10))),
    ],
)
def test_a_field_that_nothing_can_be_made_of_is_said_to_be_so(query: str, said: tuple[str, ...]) -> None:
    """No hits would otherwise look like no responsive records."""
    asked = parse(query, register=KnownAccounts([KnownAccount("ac_1", ("Parks",), ("Police",))]))
    assert [one[: len(wanted)] for one, wanted in zip(asked.not_understood, said, strict=True)] == [*said]
    assert whole(asked) == f"{describe(asked)}. Not understood: {'; '.join(asked.not_understood)}"


@pytest.mark.parametrize("query", ["on:2026-11-30", "state:gone", "account:parks", "department:police", "re:it", "a"])
def test_a_field_that_is_understood_is_not(query: str) -> None:
    asked = parse(query, register=KnownAccounts([KnownAccount("ac_1", ("Parks",), ("Police",))]))
    assert asked.not_understood == ()
    assert whole(asked) == describe(asked)


def test_a_query_that_is_too_long_says_what_was_left_out() -> None:
    asked = parse("a " * LONGEST)
    assert f"the last {LONGEST:,} characters" in describe(asked)


def test_parentheses_beyond_the_deepest_level_are_passed_over() -> None:
    assert parse("(" * 30 + "a b" + ")" * 30).root == And((Text("a"), Text("b")))


@settings(max_examples=examples(400))
@given(queries | st.text(), documents())
def test_any_text_is_a_query(text: str, record: object) -> None:
    asked = parse(text)
    assert isinstance(describe(asked), str)
    assert describe(asked) == describe(parse(text))
    describe(asked).encode()
    matches(asked, record)  # type: ignore[arg-type]


@given(queries)
def test_reading_twice_with_added_space_changes_nothing(text: str) -> None:
    assert parse(f"  {text}\n").root == parse(text).root


@pytest.mark.parametrize(
    "unit",
    ["(", ")", "()", "-", '"', '" ', "“ ", "a OR ", "NOT ", "-(", "a:", "on:1 ", "*", "\0", "#@", "é", "a-", "(a) "],
)
def test_a_hostile_query_is_read_quickly(unit: str) -> None:
    with bounded():
        asked = parse(unit * (1_000_000 // len(unit)))
        describe(asked)
        matches(asked, a_document("a"))


def test_dates_hold_whole_seconds() -> None:
    root = parse("on:2024").root
    assert isinstance(root, Dated)
    assert (root.start, root.end) == (1704088800, 1735711200)
