"""Copies of the index in the store: true, without secrets, and no more than a quicker way to the same rows."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver import ids
from archiver.accounts import service as accounts
from archiver.accounts.acts import state_set
from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.capture.service import Capture
from archiver.clock import SetClock
from archiver.errors import Busy, IntegrityError, MissingKey, NotFound, Refused, WrongStore
from archiver.operations import snapshots
from archiver.records import digests
from archiver.sealed_file import SealingWriter, UnsealingReader
from archiver.settings import Settings
from tests.operations.conftest import TOKEN, Lived, digests_of
from tests.servers.databases import Databases

NewMachine = Callable[..., Archive]


def test_a_snapshot_and_what_came_after_it_give_the_same_rows(lived: Lived, new_machine: NewMachine) -> None:
    archive = new_machine()
    chosen, report = snapshots.restore(archive)
    assert chosen == lived.newest
    assert report.damaged == []
    assert 0 < report.segments < len(list(lived.house.segments())), "what is in the snapshot is not read again"
    assert digests.differences(lived.digests, digests_of(archive)) == []
    with archive.database.read() as connection:
        assert archive.search.check(connection).ok
        assert accounts.get(connection, lived.paused).state == "paused"
    with pytest.raises(Refused, match="not empty"):
        snapshots.restore(archive)
    assert digests.differences(lived.digests, digests_of(archive)) == []
    rebuild(archive)
    assert digests.differences(lived.digests, digests_of(archive)) == []
    capture = Capture(archive)
    account = next(one for one in _accounts(archive) if one != lived.paused)
    assert capture.run(account, lived.house.looks[-1][2], trigger="person").outcome in ("complete", "unchanged")
    capture.close()


def test_an_older_snapshot_does_too_and_onto_another_kind_of_database(
    lived: Lived, new_machine: NewMachine, databases: Databases
) -> None:
    archive = new_machine(database_url=databases.new())
    chosen, report = snapshots.restore(archive, lived.first.id)
    assert (chosen.id, report.damaged) == (lived.first.id, [])
    assert digests.differences(lived.digests, digests_of(archive)) == []


def test_a_restore_that_was_stopped_is_finished_by_a_rebuild(
    lived: Lived, new_machine: NewMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = new_machine()

    def stop(name: str) -> None:
        raise KeyboardInterrupt(name)

    with monkeypatch.context() as stopped:
        stopped.setattr(snapshots, "crash_point", stop)
        with pytest.raises(KeyboardInterrupt):
            snapshots.restore(archive)
    assert rebuild(archive).damaged == []
    assert digests.differences(lived.digests, digests_of(archive)) == []


def test_a_forged_snapshot_is_refused_and_another_can_be_named(
    lived: Lived, new_machine: NewMachine, tmp_path: Path
) -> None:
    archive = new_machine()
    newest = tmp_path / "elsewhere" / "store" / str(lived.newest.key)
    newest.chmod(0o600)
    newest.write_bytes((tmp_path / "elsewhere" / "store" / str(lived.first.key)).read_bytes())
    with pytest.raises(IntegrityError, match="not the snapshot that the log names"):
        snapshots.restore(archive)
    assert _accounts(archive) == []
    with pytest.raises(NotFound):
        snapshots.restore(archive, "sn_" + "a" * 32)
    assert snapshots.restore(archive, lived.first.id)[1].damaged == []
    assert digests.differences(lived.digests, digests_of(archive)) == []


def test_a_restore_that_failed_half_way_lets_nobody_act_and_can_be_tried_again(
    lived: Lived, new_machine: NewMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is there already, and the register is not."""
    archive = new_machine()

    def older(*_: object) -> None:
        raise WrongStore("it was made by another version")

    with monkeypatch.context() as failing:
        failing.setattr(snapshots, "_load", older)
        with pytest.raises(WrongStore):
            snapshots.restore(archive)
    with pytest.raises(Busy, match="index rebuild"), archive.database.write() as connection:
        archive.acts.record(connection, state_set(lived.paused, "active", None), archive.clock.now())
    chosen, report = snapshots.restore(archive)
    assert (chosen, report.damaged) == (lived.newest, [])
    assert digests.differences(lived.digests, digests_of(archive)) == []


def test_objects_that_the_log_does_not_name_are_no_snapshots(lived: Lived, new_machine: NewMachine) -> None:
    """Whoever may only write into the store cannot make the service remove the true ones."""
    archive = new_machine()
    rebuild(archive)
    names = [f"snapshots/99991231T23595{number}Z-{ids.new_id('sn')}" for number in range(9)]
    shadow = f"snapshots/20000101T000000Z-{lived.newest.id}"
    for name in (*names, shadow):
        archive.store.put(name, b"stray", sha256(b"stray").hexdigest())
    made = snapshots.make(archive)
    there = [one for one in snapshots.listed(archive.store, archive.identity.log_origin) if one.key is not None]
    assert [one.id for one in there] == [made.id, lived.newest.id]
    assert there[1].key == lived.newest.key


def test_a_log_that_was_cut_back_is_found(lived: Lived, new_machine: NewMachine, tmp_path: Path) -> None:
    archive = new_machine()
    deltas = sorted((tmp_path / "elsewhere" / "store" / "log" / "delta").glob("[0-9]*"))
    deltas[-1].unlink()
    with pytest.raises(IntegrityError, match="that were signed"):
        snapshots.restore(archive)
    assert _accounts(archive) == []


def test_what_a_killed_process_left_goes_after_a_day(lived: Lived, new_machine: NewMachine) -> None:
    archive = new_machine()
    left, recent = (archive.settings.home / f".snapshot-{name}" for name in ("left", "recent"))
    for folder in (left, recent):
        folder.mkdir()
        (folder / "snapshot").write_bytes(b"half")
    os.utime(left, (0, 0))
    snapshots.restore(archive)
    assert [one.name for one in archive.settings.home.glob(".snapshot-*")] == [".snapshot-recent"]


def test_without_the_key_nothing_is_restored(lived: Lived, new_machine: NewMachine) -> None:
    archive = new_machine()
    archive.settings.act_key_file.unlink()
    with pytest.raises(MissingKey, match="put it back"):
        snapshots.restore(archive)
    assert _accounts(archive) == []


def test_no_secret_is_in_a_snapshot_and_nothing_can_be_read_without_the_key(lived: Lived) -> None:
    archive = lived.house.archive
    assert lived.newest.key is not None
    with archive.store.open(lived.newest.key) as stream:
        sealed = stream.read()
    assert archive.identity.id.encode() not in sealed
    place = ("snapshot", archive.identity.id, lived.newest.id)
    content = gzip.decompress(UnsealingReader(io.BytesIO(sealed), archive.acts.key_file.keys(), *place).read())
    assert lived.paused.encode() in content
    assert b'"table":"act_file"' in content
    for secret in (TOKEN.encode(), b'"credential"', b'"lease"', archive.settings.key_file.read_bytes().split()[1]):
        assert secret not in content


def test_so_many_are_kept_and_the_log_remembers_all(lived: Lived) -> None:
    archive = lived.house.archive
    assert [one.id for one in snapshots.listed(archive.store, archive.identity.log_origin)] == [
        lived.newest.id,
        lived.first.id,
    ]
    settings = archive.settings.model_copy(update={"snapshot_keep": 1})
    from dataclasses import replace

    snapshots._remove_old(replace(archive, settings=settings, store=_Pretending(archive)))  # type: ignore[arg-type]
    assert _Pretending.removed == [lived.first.key]


class _Pretending:
    """A store that only notes what is to be removed: the others still need it."""

    removed: list[str] = []  # noqa: RUF012 - of the one test

    def __init__(self, archive: Archive) -> None:
        self.list = archive.store.list

    def delete(self, key: str) -> None:
        self.removed.append(key)


def test_they_are_due_by_the_settings(tmp_path: Path) -> None:
    clock = SetClock(lived_at := Archive.open(Settings(home=tmp_path / "home")).identity.created_at)
    with Archive.open(Settings(home=tmp_path / "home", snapshot_hours=2), clock=clock) as archive:
        assert not snapshots.is_due(archive)
        clock.at = lived_at + timedelta(hours=2)
        assert snapshots.is_due(archive)
        made = snapshots.make(archive)
        assert not snapshots.is_due(archive)
        clock.advance(timedelta(hours=3))
        assert snapshots.is_due(archive)
        assert made.key in {one.key for one in archive.store.list("snapshots/")}
    with Archive.open(Settings(home=tmp_path / "home", snapshot_hours=0), clock=clock) as archive:
        assert not snapshots.is_due(archive)


def _accounts(archive: Archive) -> list[str]:
    with archive.database.read() as connection:
        return [one.id for one in accounts.list_accounts(connection)]


# --- sealed files ----------------------------------------------------------------------------------------------------

_KEY, _ID = bytes(range(32)), "0123456789abcdef"


def _sealed(content: bytes) -> bytes:
    target = io.BytesIO()
    with SealingWriter(target, _ID, _KEY, "here") as writer:
        writer.write(content)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_a_sealed_file_comes_back_whatever_its_length(size: int) -> None:
    content = bytes(size)
    assert UnsealingReader(io.BytesIO(_sealed(content)), {_ID: _KEY}, "here").read() == content


@given(st.integers(0), st.integers(1, 255))
def test_a_changed_or_cut_sealed_file_does_not_open(where: int, change: int) -> None:
    sealed = _sealed(b"some words")
    broken = bytearray(sealed)
    broken[where % len(sealed)] ^= change
    for content in (bytes(broken), sealed[: where % len(sealed)], sealed + b"x"):
        with pytest.raises((IntegrityError, MissingKey)):
            UnsealingReader(io.BytesIO(content), {_ID: _KEY}, "here").read()
    with pytest.raises(IntegrityError):
        UnsealingReader(io.BytesIO(sealed), {_ID: _KEY}, "there")


def test_a_sealed_file_that_an_error_cut_short_does_not_open() -> None:
    target = io.BytesIO()
    with suppress(ZeroDivisionError), SealingWriter(target, _ID, _KEY, "here") as writer:
        writer.write(b"half")
        raise ZeroDivisionError
    with pytest.raises(IntegrityError, match="cut off"):
        UnsealingReader(io.BytesIO(target.getvalue()), {_ID: _KEY}, "here").read()


def test_pieces_of_a_sealed_file_cannot_be_left_out_or_exchanged() -> None:
    sealed = _sealed(bytes(1 << 20) + b"1" * (1 << 20) + b"2")
    head = len(sealed) - (4 + 16 + 1) - 2 * (4 + 16 + (1 << 20))
    one, two = sealed[head : head + 4 + 16 + (1 << 20)], sealed[head + 4 + 16 + (1 << 20) : -(4 + 16 + 1)]
    last = sealed[-(4 + 16 + 1) :]
    assert sealed == sealed[:head] + one + two + last
    for wrong in (two + one + last, one + last, one + two, last):
        with pytest.raises(IntegrityError):
            UnsealingReader(io.BytesIO(sealed[:head] + wrong), {_ID: _KEY}, "here").read()
