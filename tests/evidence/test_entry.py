"""Entries as bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from archiver import canonical
from archiver.evidence.entry import LONGEST, Entry, read_entry, write_entry
from tests.evidence.samples import ACCOUNT, AT, ORIGIN, RUN

ID = "ev_" + "a2" * 16
ENTRY = Entry(ORIGIN, ID, AT, "account.paused", "person", "us_1", "account", ACCOUNT, 2, "0f" * 32, {})


def test_an_entry_is_the_canonical_json_of_the_format() -> None:
    expected = (
        '{"actor":{"id":"us_1","kind":"person"},"at":"2026-11-22T13:00:00.123456Z","data":{},"id":"' + ID + '",'
        '"log":"records.city.example/main","subject":{"id":"' + ACCOUNT + '","kind":"account","n":2,"prev":"'
        + "0f" * 32 + '"},"type":"account.paused","v":1}'
    )  # fmt: skip
    assert write_entry(ENTRY) == expected.encode()
    assert read_entry(expected.encode()) == ENTRY


@pytest.mark.parametrize(
    "change",
    [
        {"id": "ev_1"},
        {"type": "paused"},
        {"type": "account.Paused"},
        {"actor_kind": "Jane Doe"},
        {"actor_id": "jane@city.example"},
        {"subject_kind": "record"},
        {"subject_id": RUN},
        {"subject_id": "rc_" + "a" * 32},
        {"log": ""},
        {"number": -1},
        {"number": 1},
        {"number": 0},
        {"previous": None},
        {"previous": "0F" * 32},
        {"data": []},
        {"data": {"a": 1.5}},
        {"data": {"a": 2**53}},
        {"data": {"a": "\ud800"}},
        {"data": {"ä": 1}},
        {"at": AT.replace(tzinfo=None)},
    ],
    ids=str,
)
def test_what_is_no_entry_is_not_written(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        write_entry(replace(ENTRY, **change))


def test_an_entry_has_at_most_65535_bytes() -> None:
    room = LONGEST - len(write_entry(replace(ENTRY, data={"a": ""})))
    longest = write_entry(replace(ENTRY, data={"a": "x" * room}))
    assert len(longest) == LONGEST
    assert read_entry(longest).data == {"a": "x" * room}
    with pytest.raises(ValueError, match="at most 65535"):
        write_entry(replace(ENTRY, data={"a": "x" * (room + 1)}))
    with pytest.raises(ValueError, match="too long"):
        read_entry(longest.replace(b'"x', b'"xx'))


FIELDS = json.loads(write_entry(ENTRY))


@pytest.mark.parametrize("gone", FIELDS)
def test_an_entry_without_one_of_its_fields_is_refused(gone: str) -> None:
    with pytest.raises(ValueError):
        read_entry(canonical.encode({name: value for name, value in FIELDS.items() if name != gone}))


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("wrong", [None, True, 7, "", [], {}], ids=str)
def test_an_entry_with_a_field_of_another_kind_is_refused(name: str, wrong: Any) -> None:
    if (name, wrong) == ("data", {}):
        return
    with pytest.raises(ValueError):
        read_entry(canonical.encode(FIELDS | {name: wrong}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        json.dumps(FIELDS).encode(),
        canonical.encode(FIELDS) + b"\n",
        canonical.encode(FIELDS | {"v": 2}),
        canonical.encode(FIELDS | {"at": "2026-11-22T13:00:00Z"}),
        canonical.encode(FIELDS).replace(b'"data":{}', b'"data":{},"data":{}'),
        b"\xff",
        b"[" * 60_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_bytes_that_are_no_entry_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_entry(body)


def test_fields_types_and_subjects_of_a_later_version_are_passed_over() -> None:
    later = FIELDS | {"more": 1, "type": "hold.placed", "subject": FIELDS["subject"] | {"kind": "hold", "id": ID}}
    assert read_entry(canonical.encode(later)).type == "hold.placed"
