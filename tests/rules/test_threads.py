"""The order in which a thread is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from archiver.records.threads import Line, Member, arrange

START = datetime(2026, 3, 1, tzinfo=UTC)


def member(name: str, parent: str | None = None, minute: int = 0) -> Member:
    return Member(name, parent, START + timedelta(minutes=minute))


def test_answers_stand_under_what_they_answer_oldest_first() -> None:
    members = [member("c", "post", 3), member("b", "a", 2), member("a", "post", 1), member("post"), member("d", "a", 4)]
    assert arrange("post", members, 9) == [
        Line("post", 0, False),
        Line("a", 1, False),
        Line("b", 2, False),
        Line("d", 2, False),
        Line("c", 1, False),
    ]


def test_a_missing_parent_keeps_its_place() -> None:
    members = [member("post"), member("b", "gone", 2), member("c", "gone", 3)]
    assert arrange("post", members, 9) == [
        Line("post", 0, False),
        Line("gone", 0, True),
        Line("b", 1, False),
        Line("c", 1, False),
    ]


def test_a_missing_first_record_is_shown_as_missing() -> None:
    assert arrange("post", [member("a", "post")], 9) == [Line("post", 0, True), Line("a", 1, False)]


def test_what_answers_nothing_stands_under_the_first_record() -> None:
    assert arrange("post", [member("post"), member("a")], 9)[1] == Line("a", 1, False)


def test_a_circle_is_cut_at_its_oldest_record() -> None:
    members = [member("post"), member("b", "a", 2), member("a", "b", 1), member("c", "c", 3)]
    assert [line.id for line in arrange("post", members, 9)] == ["post", "a", "b", "c"]


def test_a_chain_of_thousands_is_shown_no_deeper_than_the_bound() -> None:
    members = [member("0"), *(member(str(n), str(n - 1), n) for n in range(1, 5000))]
    lines = arrange("0", members, 12)
    assert [line.id for line in lines] == [str(n) for n in range(5000)]
    assert max(line.depth for line in lines) == 12


names = st.sampled_from("abcdefgh")


@given(st.lists(st.tuples(names, st.none() | names, st.integers(0, 5)), max_size=8))
def test_every_record_has_exactly_one_line_whatever_answers_what(drawn: list[tuple[str, str | None, int]]) -> None:
    members = {name: member(name, parent, minute) for name, parent, minute in drawn}
    lines = arrange("a", members.values(), 5)
    assert sorted(line.id for line in lines if not line.missing) == sorted(members)
    missing = [line.id for line in lines if line.missing]
    assert len(missing) == len(set(missing))
    assert not set(missing) & set(members)
