"""Values in bodies are taken only where they are what was promised, and bodies are read without ever failing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import bodies, values
from connectors.contract import ProblemKind, Reading, RecordKind, SeenRecord
from connectors.hostile import ODD
from connectors.values import Json, Unreadable
from tests.connectors.reading import answer


@pytest.mark.parametrize(
    ("take", "good"),
    [
        (lambda one: values.thing(one, "no"), {"a": 1}),
        (lambda one: values.objects({"x": one}, "x"), [{"a": 1}, {}]),
        (lambda one: values.text({"x": one}, "x"), "words"),
        (lambda one: values.ident(one, "it"), "a_b-9"),
    ],
)
def test_what_is_promised_is_taken_as_it_is_and_nothing_else(take: Callable[[Any], Any], good: Any) -> None:
    assert take(good) == good
    refused = []
    for odd in ODD:
        try:
            taken = take(odd)
        except Unreadable as error:
            refused.append(str(error))
        else:
            assert taken == odd or taken == str(odd)
            assert type(odd) is type(good) or (isinstance(odd, int) and not isinstance(odd, bool))
    assert len(refused) > len(ODD) // 2
    assert not [words for words in refused if "x" * 20 in words], "it repeats nothing of what it found"


def test_a_list_that_is_left_out_is_not_one_that_is_empty() -> None:
    with pytest.raises(Unreadable):
        values.objects({}, "entries")
    assert values.part({}, "entries") == values.part({"entries": None}, "entries") == {}
    with pytest.raises(Unreadable, match="entries is not an object"):
        values.part({"entries": []}, "entries")


def test_missing_words_are_replaced_only_where_that_is_said() -> None:
    assert values.text({"about": None}, "about", "") == values.text({}, "about", "") == ""
    with pytest.raises(Unreadable, match="about is not text"):
        values.text({}, "about")
    with pytest.raises(Unreadable):
        values.text({"about": 5}, "about", "")


def test_times_are_in_utc_and_need_a_zone() -> None:
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert values.when({"at": "2026-11-01T13:00:00+01:00"}, "at") == at
    for wrong in ("2026-11-01T12:00:00", "yesterday", 5, None):
        with pytest.raises(Unreadable):
            values.when({"at": wrong}, "at")


def test_numbers_that_are_none_are_left_out() -> None:
    told = {"likes": 3, "reads": -1, "shares": True, "votes": "4", "views": 2**53}
    assert values.counts(told, {name: name for name in told} | {"gone": "missing"}) == {"likes": 3}
    assert values.ident(5, "it") == "5"
    with pytest.raises(Unreadable):
        values.ident(True, "it")


def _made(entry: Json, place: str) -> SeenRecord:
    return SeenRecord(values.ident(entry.get("id"), "an entry"), RecordKind.POST, place, {}, "")


def test_what_stands_beside_an_unreadable_entry_is_read() -> None:
    reading = bodies.each([{"id": 1}, {"id": None}, {"id": 3}], "/list", _made)
    assert [(record.key, record.place) for record in reading.records] == [("1", "/list/0"), ("3", "/list/2")]
    assert reading.quarantine == (("/list/1", "an entry has no usable id"),)
    assert reading.problem is None


@pytest.mark.parametrize(("body", "place"), [(b"{", "bytes=0-1"), (b"", "bytes=0-0"), (b"[]", ""), (b'{"a": 1}', "")])
def test_a_body_that_is_not_understood_is_quarantined_as_a_whole(body: bytes, place: str) -> None:
    def refuse(told: Json) -> Reading:
        raise Unreadable("not this")

    reading = bodies.read_object(answer(body), refuse)
    assert [where for where, _ in reading.quarantine] == [place]
    assert reading.problem is not None
    assert reading.problem.kind is ProblemKind.CONTRACT
    assert bodies.read_object(answer({"a": 1}), lambda told: Reading(counts={"a": told["a"]})).counts == {"a": 1}
