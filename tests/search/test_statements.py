from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from archiver.database import Database
from archiver.errors import IntegrityError, NotFound
from archiver.search import statements
from archiver.search.index import OutdatedIndex, SearchIndex
from archiver.search.models import SearchStatement
from archiver.search.register import KnownAccount, KnownAccounts
from archiver.search.tree import Register
from archiver.viewing import Viewer
from tests.search.examples import ALL, NOON, a_document, an_index, trial

_PARKS = KnownAccount("ac_parks", ("Parks",))


def _index(database: Database, *known: KnownAccount) -> SearchIndex:
    def register(_: Connection) -> Register:
        return KnownAccounts(known)

    return an_index(database, register=register)


@pytest.mark.law("R57")
def test_a_statement_holds_the_whole_search_and_is_read_back_as_it_was(database: Database) -> None:
    index = _index(database, _PARKS)
    with trial(database) as connection:
        index.put(connection, [a_document("water", id=f"rc_{n}", at=NOON + timedelta(days=n)) for n in range(120)])
        viewer = Viewer(access=frozenset({"public"}))
        made = statements.freeze(connection, index, "water account:parks", viewer=viewer, at=NOON, log_size=7)
        assert made.record_ids == tuple(f"rc_{n}" for n in reversed(range(120)))
        assert made.names == {"account:parks": ("ac_parks",)}
        assert made.reading == "the word “water” in any form and account “parks” (one account)"
        assert (made.records, made.log_size, made.zone) == (120, 7, "America/Chicago")
        assert statements.load(connection, made.id) == made


def test_the_hash_is_that_of_its_canonical_bytes(database: Database) -> None:
    with trial(database) as connection:
        _index(database).put(connection, [a_document("water", id="rc_1")])
        made = statements.freeze(connection, _index(database), "water", viewer=ALL, at=NOON)
        assert made.sha256 == hashlib.sha256(made.body).hexdigest()
        fields = json.loads(made.body)
        assert fields["record_ids"] == ["rc_1"]
        assert fields["viewer"] == {"access": None, "accounts": None}
        assert made.body == json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_records_of_one_second_stand_in_the_same_order_whatever_came_first(database: Database) -> None:
    records = [a_document("x", id=f"rc_{n}") for n in range(400)]
    lists = []
    for arrival in (records, records[::-1]):
        with trial(database) as connection:
            _index(database).put(connection, arrival)
            lists.append(_index(database).listing(connection, "x", viewer=ALL).record_ids)
    assert lists[0] == lists[1]


def test_reproducing_says_what_is_gone_and_what_is_new(database: Database) -> None:
    index = _index(database)
    with trial(database) as connection:
        index.put(connection, [a_document("water", id=f"rc_{n}", at=NOON + timedelta(days=n)) for n in range(3)])
        made = statements.freeze(connection, index, "water", viewer=ALL, at=NOON)
        again = statements.reproduce(connection, index, made)
        assert again.same
        assert again.record_ids == made.record_ids
        index.remove(connection, ["rc_1"])
        index.put(connection, [a_document("water", id="rc_9")])
        again = statements.reproduce(connection, index, made)
        assert (again.same, again.gone, again.new) == (False, ("rc_1",), ("rc_9",))


def test_names_are_understood_as_they_were_then(database: Database) -> None:
    with trial(database) as connection:
        _index(database).put(connection, [a_document("x", id="rc_1"), a_document("x", id="rc_2", account="ac_fire")])
        made = statements.freeze(connection, _index(database, _PARKS), "account:Parks", viewer=ALL, at=NOON)
        renamed = _index(database, KnownAccount("ac_fire", ("Parks",)))
        assert statements.reproduce(connection, renamed, made).same
        assert renamed.listing(connection, "account:Parks", viewer=ALL).record_ids == ("rc_2",)


def test_what_the_viewer_may_not_see_is_not_in_the_statement(database: Database) -> None:
    with trial(database) as connection:
        _index(database).put(connection, [a_document("x", id="rc_1"), a_document("x", id="rc_2", access="private")])
        viewer = Viewer(access=frozenset({"public"}))
        made = statements.freeze(connection, _index(database), "x", viewer=viewer, at=NOON)
        assert made.record_ids == ("rc_1",)
        assert statements.reproduce(connection, _index(database), made).same


def test_a_statement_that_does_not_exist_is_not_found(database: Database) -> None:
    with trial(database) as connection, pytest.raises(NotFound):
        statements.load(connection, "se_none")


@pytest.mark.parametrize("damage", ["body", "sha256", "both", "not json", "other"])
def test_a_changed_statement_is_refused(database: Database, damage: str) -> None:
    with trial(database) as connection:
        _index(database).put(connection, [a_document("x", id="rc_1")])
        made = statements.freeze(connection, _index(database), "x", viewer=ALL, at=NOON)
        other = statements.freeze(connection, _index(database), "x", viewer=ALL, at=NOON)
        changed = made.body.replace(b"rc_1", b"rc_2")
        damages: dict[str, dict[str, Any]] = {
            "body": {"body": changed},
            "sha256": {"sha256": "0" * 64},
            "both": {"body": changed + b" ", "sha256": hashlib.sha256(changed + b" ").hexdigest()},
            "not json": {"body": b"\xff", "sha256": hashlib.sha256(b"\xff").hexdigest()},
            "other": {"body": other.body, "sha256": other.sha256},
        }
        connection.execute(update(SearchStatement).where(SearchStatement.id == made.id).values(**damages[damage]))
        with pytest.raises(IntegrityError):
            statements.load(connection, made.id)


def test_nothing_is_frozen_from_an_index_of_another_analyser(database: Database) -> None:
    with trial(database) as connection:
        connection.exec_driver_sql("UPDATE search_indexed SET analyser = 'older'")
        with pytest.raises(OutdatedIndex):
            statements.freeze(connection, _index(database), "x", viewer=ALL, at=NOON)


def test_any_query_can_be_frozen(database: Database) -> None:
    with trial(database) as connection:
        _index(database).put(connection, [a_document("x", id="rc_1")])
        for text in ('"', "\0\ud800 x", "😀" * 30_000, "account:nobody"):
            made = statements.freeze(connection, _index(database), text, viewer=ALL, at=NOON)
            assert statements.load(connection, made.id) == made
            assert statements.reproduce(connection, _index(database), made).same
