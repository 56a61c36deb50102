"""Files brought by hand: kept as they came, with who, when, why and where from, and never taken for captured ones."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import shutil
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from sqlalchemy import select, update

from archiver.accounts import service as accounts
from archiver.accounts.permission import Actor, Deed, may
from archiver.capture import depositing
from archiver.capture.batch import Batch
from archiver.capture.deposits import Said, base_name, media_type, said
from archiver.capture.models import Deposit, Due, Exchange, Gap, Run, Standing
from archiver.capture.rebuild import rebuild
from archiver.errors import NotFound, OutOfSpace, Refused, UsageError
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.models import Event
from archiver.operations import deposits, history
from archiver.operations.days import days
from archiver.operations.verify import verify
from archiver.records import digests
from archiver.records.models import Record
from archiver.storage.segment_reader import read_exchange
from tests.capture.house import NEW, House
from tests.capture.rebuilding import check_rebuilt
from tests.faults.calls import Fail, failing
from tests.register.town import Town

BY, WHY, FROM = "Ann Clerk", "the platform shows them to no program", "screenshot of the settings page"
HOSTILE = {
    "nothing.csv": b"",
    "page.html": b"<script>alert(1)</script>",
    "picture.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "\u202egpj.exe\x1b[2J\n.json": b'{"a":' * 5000,
    "bytes \udcff.zip": b"PK\x03\x04" + bytes(range(256)) * 40,
    "WARC": b"WARC/1.1\r\nWARC-Type: response\r\n\r\n" * 3,
}


class _Disk(NamedTuple):
    total: int
    free: int


def of(about: str = "moderation", **more: Any) -> Said:
    told: dict[str, Any] = {"by": BY, "on": date(2026, 3, 1), "reason": WHY, "source": FROM}
    return said(about, **(told | more))


def file(folder: Path, content: bytes = b"blocked: nobody", name: str = "settings.txt") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def events(house: House, *kinds: str) -> list[Entry]:
    with house.archive.database.read() as connection:
        found = connection.execute(select(Event.body).where(Event.type.in_(kinds))).scalars()
        return [read_entry(body) for body in found]


def left_in_spool(house: House) -> list[str]:
    return sorted(path.name for path in house.capture.spool.folder.iterdir() if path.name.startswith("rn_"))


@pytest.mark.law("R17")
def test_a_file_is_kept_byte_by_byte_with_who_when_why_and_where_from(house: House, tmp_path: Path) -> None:
    account, content = house.feed(), os.urandom(3_000_000)
    (one,) = house.capture.deposit(account, [file(tmp_path, content)], of())
    assert (one.new, one.size, one.sha256) == (True, len(content), hashlib.sha256(content).hexdigest())
    (row,) = house.rows(Deposit)
    assert (row.deposited_by, row.as_of, row.reason, row.source) == (BY, "2026-03-01", WHY, FROM)
    assert (row.about, row.access, row.name) == ("moderation", "settings", "settings.txt")
    (exchange,) = house.rows(Exchange)
    assert (exchange.id, exchange.method, exchange.status) == (one.exchange, None, None)
    with house.archive.database.read() as connection:
        view = deposits.deposit(connection, one.exchange)
    place = (view.segment_key, exchange.offset, exchange.length, exchange.facts_offset, exchange.facts_length)
    stored = read_exchange(house.archive.store, *place)
    assert (stored.body, stored.request, stored.facts["source"]) == (content, None, "deposited")
    assert stored.facts["origin"] == {
        "about": "moderation", "actor": {"kind": "person", "id": "operator"}, "by": BY, "name": "settings.txt",
        "on": "2026-03-01", "reason": WHY, "source": FROM,
    }  # fmt: skip
    deposits.copy_out(house.archive, one.exchange, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    with pytest.raises(UsageError, match="there already"):
        deposits.copy_out(house.archive, one.exchange, tmp_path / "copy")


@pytest.mark.law("R5")
def test_what_is_the_city_s_business_on_an_account_that_is_never_captured_is_brought_by_hand(
    house: House, tmp_path: Path
) -> None:
    account, town = house.office(), Town(house.archive)
    with house.archive.database.read() as connection:
        url = accounts.get(connection, account).url
    town.listing(url=url, account=account, capacity="personal")
    with pytest.raises(Refused, match="R5"):
        house.run(account)
    asked = len(house.exchanges())
    (one,) = house.capture.deposit(account, [file(tmp_path, b"The street is closed.", "post.txt")], of("account"))
    assert (one.new, len(house.exchanges()), house.account_state(account)) == (True, asked + 1, "paused")
    with house.archive.database.read() as connection:
        view = deposits.deposit(connection, one.exchange)
    assert (view.account_id, view.access, view.by) == (account, "private", BY)
    assert house.records() == {}, "nothing of the account itself was looked at"


def test_the_log_tells_truly_that_it_was_brought_and_nothing_was_looked_at(house: House, tmp_path: Path) -> None:
    account = house.feed()
    house.capture.deposit(account, [file(tmp_path)], of())
    (run,) = house.rows(Run)
    (made,) = events(house, "deposit.made")
    assert made.data == {"account": account, "run": run.id, "about": "moderation", "access": "settings"}
    assert (made.actor_kind, made.actor_id) == ("person", "operator")
    (ended,) = events(house, "run.finished")
    assert (ended.data["sweep"], ended.data["outcome"]) == ("deposit", "complete")
    assert (run.trigger, run.sweep, run.counts) == ("deposit", "deposit", {"stored": 1, "deposited": 1})


def test_nothing_follows_from_it_for_records_gaps_states_and_what_was_looked_at(house: House, tmp_path: Path) -> None:
    account = house.office()
    house.run(account)
    house.later(days=3)
    house.run(account, NEW)  # after a pause: there is a gap
    models = (Record, Gap, Standing, Due)
    before = [[tuple(row) for row in house.rows(model)] for model in models]
    last = house.runs()[-1]
    house.later(hours=1)
    house.capture.deposit(account, [file(tmp_path)], of())
    assert [[tuple(row) for row in house.rows(model)] for model in models] == before
    now = house.clock.now()
    with house.archive.database.read() as connection:
        assert history.last_runs(connection, now)[account].id == last.id
        shown = days(connection, account, now, house.archive.settings.zone, [])
    assert sum(day.runs for day in shown) == len(house.runs()) - 1
    house.later(minutes=1)
    assert house.run(account, NEW).outcome == "unchanged", "the bookmark is where it was"


def test_the_store_alone_gives_it_back_and_it_verifies(house: House, tmp_path: Path) -> None:
    account = house.office()
    house.run(account)
    record = next(iter(house.rows(Record))).id
    house.capture.deposit(account, [file(tmp_path, name="a"), file(tmp_path, b"b", name="b")], of())
    house.capture.deposit(account, [file(tmp_path, b"c", name="c")], of(record, public=True))
    check_rebuilt(house)
    with house.archive.database.read() as connection:
        before = digests.digests(connection)
    assert before["deposit"].rows == 3
    made = len(events(house, "deposit.made"))
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    with house.archive.database.read() as connection:
        assert digests.differences(before, digests.digests(connection)) == []
        assert [one.name for one in deposits.deposits(connection, record_id=record)] == ["c"]
    assert len(events(house, "deposit.made")) == made == 3
    assert verify(house.archive).findings == []


def test_the_same_file_again_is_said_to_be_there_already(house: House, tmp_path: Path) -> None:
    account, other = house.feed(), house.office()
    first, second = file(tmp_path), file(tmp_path, name="the same under another name")
    one, again = house.capture.deposit(account, [first, second], of())
    assert (one.new, again.new, one.exchange) == (True, False, again.exchange)
    runs = len(house.runs())
    (known,) = house.capture.deposit(account, [second], of(reason="another reason"))
    assert (known.new, known.exchange) == (False, one.exchange)
    assert len(house.runs()) == runs
    assert left_in_spool(house) == []
    # Settings that are still the same a month later are news, and so is the same file with another account.
    assert house.capture.deposit(account, [first], of(on=date(2026, 3, 31)))[0].new
    assert house.capture.deposit(other, [first], of())[0].new
    assert house.capture.deposit(account, [first], of("account"))[0].new
    assert not house.capture.deposit(account, [first], of("account", on=date(2026, 2, 1)))[0].new


def test_hostile_files_are_kept_as_they_are(house: House, tmp_path: Path) -> None:
    account = house.feed()
    paths = [file(tmp_path, content, name) for name, content in HOSTILE.items()]
    done = house.capture.deposit(account, paths, of("account"))
    assert all(one.new for one in done)
    for number, (one, content) in enumerate(zip(done, HOSTILE.values(), strict=True)):
        deposits.copy_out(house.archive, one.exchange, tmp_path / f"copy {number}")
        assert (tmp_path / f"copy {number}").read_bytes() == content
    assert house.rows(Record) == []
    check_rebuilt(house)
    assert verify(house.archive).findings == []


@pytest.mark.parametrize(
    ("about", "more", "match"),
    [
        ("moderation", {"by": "  "}, "--by"),
        ("moderation", {"reason": ""}, "--reason"),
        ("moderation", {"source": ""}, "--source"),
        ("moderation", {"reason": "x" * 2001}, "at most 2,000"),
        ("everything", {}, "--about"),
        ("record", {}, "--about"),
        ("rc_x", {}, "--about"),
        ("account", {"on": date(2026, 3, 3), "today": date(2026, 3, 2)}, "future"),
    ],
)
def test_what_is_said_of_a_deposit_is_checked(about: str, more: dict[str, Any], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        of(about, **more)


def test_only_a_person_may_and_refusals_leave_nothing(house: House, tmp_path: Path) -> None:
    account = house.office()
    house.run(account)
    record = next(iter(house.rows(Record))).id
    other, runs = house.feed(), len(house.runs())
    assert may(Actor("person", "anybody"), Deed.DEPOSIT)
    with pytest.raises(Refused, match="only a person"):
        house.capture.deposit(account, [file(tmp_path)], of(), Actor("service", "capture"))
    with pytest.raises(NotFound, match="no such record"):
        house.capture.deposit(other, [file(tmp_path)], of(record))
    with pytest.raises(NotFound):
        house.capture.deposit("ac_none", [file(tmp_path)], of())
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "gone", tmp_path / "pipe", Path("/dev/zero"), Path("a\0b")):
        with pytest.raises(UsageError):
            house.capture.deposit(account, [file(tmp_path), path], of())
    with pytest.raises(UsageError, match="at least one"):
        house.capture.deposit(account, [], of())
    assert len(house.runs()) == runs
    assert house.rows(Deposit) == left_in_spool(house) == []
    assert events(house, "deposit.made") == []


def test_a_file_over_the_limit_is_refused_whole(new_house: Any, tmp_path: Path) -> None:
    house = new_house(settings={"deposit_bytes": 1000})
    account = house.feed()
    with pytest.raises(UsageError, match="ARCHIVER_DEPOSIT_BYTES"):
        house.capture.deposit(account, [file(tmp_path, b"x" * 1000), file(tmp_path, b"x" * 1001, "large")], of())
    assert house.rows(Deposit) == left_in_spool(house) == []
    assert house.capture.deposit(account, [file(tmp_path, b"x" * 1000)], of())[0].new


@pytest.mark.parametrize("also", [b" and more", b""])
def test_a_file_that_changes_while_it_is_read_is_refused(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, also: bytes
) -> None:
    account, path, copy = house.feed(), file(tmp_path), depositing._copied

    def changing(*given: Any) -> Any:
        path.write_bytes(path.read_bytes()[::-1] + also)
        return copy(*given)

    monkeypatch.setattr(depositing, "_copied", changing)
    with pytest.raises(UsageError, match="changed while"):
        house.capture.deposit(account, [path], of())
    assert house.rows(Deposit) == left_in_spool(house) == []


def test_a_file_that_would_leave_captures_no_room_is_refused(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, first, second = house.feed(), file(tmp_path, b"1" * 300, "1"), file(tmp_path, b"2" * 300, "2")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Disk(10_000, 899))
    with pytest.raises(OutOfSpace, match="kept free"):
        house.capture.deposit(account, [first, second], of())
    assert house.rows(Deposit) == left_in_spool(house) == []
    assert house.capture.deposit(account, [first], of())[0].new


def test_of_files_that_were_brought_together_none_is_kept_without_the_others(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, spool, calls = house.feed(), Batch.spool, []

    def once(self: Batch, *given: Any) -> None:
        calls.append(given)
        if len(calls) == 2:
            raise OutOfSpace("full")
        spool(self, *given)

    monkeypatch.setattr(Batch, "spool", once)
    with pytest.raises(OutOfSpace):
        house.capture.deposit(account, [file(tmp_path), file(tmp_path, b"2", "2")], of())
    assert left_in_spool(house) == []
    house.capture.recovery.finish_own(account)
    assert house.rows(Deposit) == house.rows(Run) == []


def test_what_is_said_of_a_private_record_is_not_public(house: House, tmp_path: Path) -> None:
    account = house.office()
    house.run(account)
    record = next(iter(house.rows(Record))).id
    with house.archive.database.write() as connection:
        connection.execute(update(Record).where(Record.id == record).values(access="private"))
    with pytest.raises(UsageError, match="not public"):
        house.capture.deposit(account, [file(tmp_path)], of(record, public=True))
    assert house.rows(Deposit) == []
    assert house.capture.deposit(account, [file(tmp_path)], of(record))[0].new


def test_a_deposit_outlives_the_connector_of_its_platform(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.feed()
    (one,) = house.capture.deposit(account, [file(tmp_path)], of())
    monkeypatch.delitem(cast(dict[str, Any], house.archive.platforms.connectors), "feed")
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    assert [row.exchange_id for row in house.rows(Deposit)] == [one.exchange]


def test_a_paused_account_takes_deposits(house: House, tmp_path: Path) -> None:
    account = house.feed()
    accounts.pause(house.archive, account, "moved")
    assert house.capture.deposit(account, [file(tmp_path)], of())[0].new
    assert house.account_state(account) == "paused"


def _once(number: int) -> Fail:
    return lambda _, count: errno.ENOSPC if count == number else None


def test_a_full_disk_at_any_step_leaves_nothing_half(house: House, tmp_path: Path) -> None:
    account = house.feed()
    house.run(account)
    with failing(house.home, lambda _, __: None) as made:
        house.capture.deposit(account, [file(tmp_path, b"without a fault")], of())
    for number in range(1, len(made) + 1, 5):
        content = b"before step %d" % number
        with failing(house.home, _once(number)) as calls:
            try:
                house.capture.deposit(account, [file(tmp_path, content)], of())
            except OutOfSpace:
                assert len(calls) >= number
        (one,) = house.capture.deposit(account, [file(tmp_path, content)], of())
        deposits.copy_out(house.archive, one.exchange, tmp_path / f"{number}")
        assert (tmp_path / f"{number}").read_bytes() == content
        house.capture.recovery.finish_own(account)
        assert left_in_spool(house) == []
    names = [row.sha256 for row in house.rows(Deposit)]
    assert len(names) == len(set(names))
    check_rebuilt(house)


def test_no_copy_is_left_where_there_is_no_room_for_it(house: House, tmp_path: Path) -> None:
    (one,) = house.capture.deposit(house.feed(), [file(tmp_path)], of())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5, before[1]))
    try:
        with pytest.raises(OutOfSpace):
            deposits.copy_out(house.archive, one.exchange, tmp_path / "copy")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (tmp_path / "copy").exists()


def test_names_say_nothing_of_the_machine_and_promise_nothing() -> None:
    assert base_name("/home/ann/settings.png") == "settings.png"
    assert base_name("/") == "file"
    assert len(base_name("x" * 300 + ".png")) == 255
    assert (media_type("a.PNG"), media_type("a.exe"), media_type("png")) == ("image/png",) + (
        "application/octet-stream",
    ) * 2
