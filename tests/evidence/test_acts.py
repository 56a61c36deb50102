"""Acts: recorded with their entry, put before it, one file for one act, whatever happens in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from archiver import ids
from archiver.errors import IntegrityError, MissingKey
from archiver.evidence import act_types, acts, deltas
from archiver.evidence.act import Act, open_act, parse_key, seal_act
from archiver.evidence.act_reading import ActReader, logged_acts
from archiver.evidence.act_types import KINDS, ActKind
from archiver.evidence.acts import NewAct, store_acts
from archiver.evidence.models import ActFile, Event
from archiver.storage.protocol import StoreUnavailable
from tests.evidence.house import House
from tests.evidence.samples import ACCOUNT, AT

PAGE = Path(__file__).parents[2] / "docs" / "acts.md"
WORDS = "The mayor's office moved — até março"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "home")
    yield made
    made.close()


def _record(house: House, reason: str = WORDS) -> None:
    new = NewAct(ActKind.ACCOUNT_STATE_SET, ACCOUNT, {"state": "paused", "reason": reason})
    with house.archive.database.write() as connection:
        house.archive.acts.record(connection, new, house.clock.now())


def _rows(house: House) -> list[tuple[int, bool]]:
    with house.archive.database.read() as connection:
        rows = connection.execute(select(ActFile.number, ActFile.sealed).order_by(ActFile.number))
        return [(row.number, row.sealed is not None) for row in rows]


def test_an_act_and_its_entry_are_one_transaction_and_the_entry_tells_nothing(house: House) -> None:
    new = NewAct(ActKind.ACCOUNT_STATE_SET, ACCOUNT, {"state": "paused", "reason": None})

    def give_up() -> None:
        with house.archive.database.write() as connection:
            house.archive.acts.record(connection, new, AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        give_up()
    assert _rows(house) == []
    assert "act.recorded" not in house.types()
    _record(house)
    assert _rows(house) == [(1, True)]
    assert house.types()[-1] == "act.recorded"
    assert WORDS.encode() not in house.bodies()[-1]
    assert ACCOUNT.encode() not in house.bodies()[-1]


def test_files_come_before_the_entries_that_name_them(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    _record(house)
    put, order = house.archive.store.put, []

    def noting(key: str, *given: object, **named: object) -> object:
        order.append(key.split("/")[0])
        return put(key, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(type(house.archive.store), "put", lambda _self, *given, **named: noting(*given, **named))
    deltas.store_deltas(house.archive.database, house.archive.store)
    assert order == ["acts", "log"]
    assert _rows(house) == [(1, False)]


def test_a_store_that_is_away_keeps_log_and_act_back_and_later_has_both(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _record(house)
    before = house.keys("log/delta/")
    with monkeypatch.context() as away:

        def refuse(_self: object, key: str, *_given: object) -> None:
            if key.startswith("acts/"):
                raise StoreUnavailable("away")

        away.setattr(type(house.archive.store), "put", refuse)
        with pytest.raises(StoreUnavailable):
            deltas.store_deltas(house.archive.database, house.archive.store)
    assert house.keys("log/delta/") == before
    deltas.store_deltas(house.archive.database, house.archive.store)
    assert len(house.keys("acts/")) == 1


def test_a_process_killed_after_the_put_puts_the_same_bytes_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _record(house)

    def die(name: str) -> None:
        raise KeyboardInterrupt(name)

    with monkeypatch.context() as dying:
        dying.setattr(acts, "crash_point", die)
        with pytest.raises(KeyboardInterrupt):
            store_acts(house.archive.database, house.archive.store)
    assert _rows(house) == [(1, True)]
    content = house.file(house.keys("acts/")[0]).read_bytes()
    assert store_acts(house.archive.database, house.archive.store) == 1
    assert house.file(house.keys("acts/")[0]).read_bytes() == content
    assert store_acts(house.archive.database, house.archive.store) == 0


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """An archive on each kind of database."""
    given = {}
    if request.param == "postgresql":
        given = {"database_url": request.getfixturevalue("databases").new_with_tables()}
    made = House(tmp_path / "either", settings=given)
    yield made
    made.close()


def test_acts_recorded_at_once_are_numbered_without_a_gap(either: House) -> None:
    house = either

    def several() -> None:
        for number in range(5):
            _record(house, str(number))
            store_acts(house.archive.database, house.archive.store)

    threads = [threading.Thread(target=several) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.sign()
    assert [parse_key(key)[0] for key in house.keys("acts/")] == list(range(1, 16))  # type: ignore[index]
    with house.archive.database.read() as connection:
        logged = logged_acts(connection)
        assert len(connection.execute(select(Event.id).where(Event.type == "act.recorded")).all()) == 15
    reader = ActReader(house.archive.store, house.archive.acts.key_file, house.archive.identity.id)
    assert len(list(reader.read(logged))) == 15
    assert reader.problems == []


def test_a_lost_key_file_is_said_and_never_replaced_in_silence(house: House) -> None:
    _record(house)
    path = house.archive.settings.act_key_file
    assert path.stat().st_mode & 0o777 == 0o600
    path.unlink()
    with pytest.raises(MissingKey, match="put it back"):
        _record(house)
    assert not path.exists()


# --- the file --------------------------------------------------------------------------------------------------------

_KEY = bytes(range(32))
_ID = "0123456789abcdef"


def _act(reason: str | None = WORDS, number: int = 7) -> Act:
    facts = {"state": "paused", "reason": reason}
    archive, act = ids.derive("av", "one"), ids.derive("at", "one")
    return Act(
        archive, number, act, "account.state_set", 1, AT, "person", "operator", "account", ACCOUNT, facts
    )  # fmt: skip


@given(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=50), st.integers(1, 2**53 - 1))
def test_an_act_comes_back_with_its_commitment(reason: str | None, number: int) -> None:
    act = _act(reason, number)
    sealed = seal_act(act, _ID, _KEY)
    assert open_act(sealed.content, act.archive, act.key, {_ID: _KEY}) == sealed
    assert seal_act(act, _ID, _KEY).commitment != sealed.commitment, "salted"


@given(st.integers(0), st.integers(1, 255))
def test_any_changed_byte_or_other_place_is_refused(where: int, change: int) -> None:
    sealed = seal_act(_act(), _ID, _KEY)
    act, broken = sealed.act, bytearray(sealed.content)
    broken[where % len(broken)] ^= change
    for content, archive, key in (
        (bytes(broken), act.archive, act.key),
        (sealed.content[: where % len(broken)], act.archive, act.key),
        (sealed.content, ids.derive("av", "two"), act.key),
        (sealed.content, act.archive, _act(number=8).key),
    ):
        with pytest.raises(IntegrityError):
            open_act(content, archive, key, {_ID: _KEY})


@pytest.mark.parametrize(
    ("kind", "version", "subject", "facts"),
    [
        ("account.state_set", 2, "account", {"state": "paused", "reason": None}),
        ("account.forgotten", 1, "account", {}),
        ("account.state_set", 1, "search", {"state": "paused", "reason": None}),
        ("account.state_set", 1, "account", {"state": "paused"}),
        ("account.state_set", 1, "account", {"state": "paused", "reason": None, "token": "x"}),
    ],
)
def test_an_act_that_no_kind_allows_is_not_recorded(kind: str, version: int, subject: str, facts: object) -> None:
    with pytest.raises(ValueError, match="act"):
        act_types.check_facts(kind, version, subject, facts)  # type: ignore[arg-type]


def test_every_kind_is_documented_with_its_facts() -> None:
    rows = {line.split("`")[1]: line for line in PAGE.read_text().splitlines() if line.startswith("| `")}
    assert set(rows) == set(KINDS) == set(ActKind)
    for name, kind in KINDS.items():
        assert f"`{name}` {kind.version} | {kind.subject} |" in rows[name]
        assert all(f"`{field}`" in rows[name] for field in kind.facts.model_fields)
