"""The store alone, with the key file, gives back the register and everything else that only the database knew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.engine import make_url

from archiver import ids
from archiver.accounts import service as accounts
from archiver.accounts.acts import state_set
from archiver.accounts.models import Account, Handle
from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.errors import MissingKey, UsageError
from archiver.evidence import service as evidence
from archiver.evidence.act import open_act, parse_key, seal_act
from archiver.evidence.act_reading import ActProblem, ActReader, FoundAct, logged_acts
from archiver.evidence.acts import Acts, store_acts
from archiver.evidence.models import ActFile
from archiver.operations.act_keys import renew_key
from archiver.people import service as people
from archiver.people.acting import of_machine
from archiver.people.models import AccountReserve
from archiver.people.roles import Access
from archiver.practice import faults
from archiver.records import digests
from archiver.records.digests import CONTENT, TableDigest
from archiver.records.stored import table
from archiver.release import choosing
from archiver.search import statements
from archiver.search.models import SearchStatement
from archiver.settings import Settings
from tests import backends
from tests.capture.house import NEW, House
from tests.servers.databases import Databases

ALL = (*CONTENT, table(Account), table(Handle), table(SearchStatement))


def _lived_in(house: House) -> str:
    """Accounts that are captured, fail, are paused and resumed, and a search that was frozen."""
    office, feed = house.office(), house.feed()
    works = house.mastodon(house.cast.works)
    for account in (office, feed, works):
        house.run(account)
    house.later(hours=1)
    accounts.pause(house.archive, works, "the office moved — until March")
    house.later(hours=1)
    accounts.pause(house.archive, feed, "by mistake")
    house.later(minutes=5)
    accounts.resume(house.archive, feed)
    house.later(hours=1)
    house.run(feed)
    house.city.say(house.cast.city, "The snowplough comes at six.")
    house.later(hours=1)
    house.run(office)
    choosing.by_query(house.archive, "snowplough")
    house.capture.flush(all=True)
    evidence.sign(house.archive.signed_log)
    return works


def _digests(house: House) -> dict[str, TableDigest]:
    with house.archive.database.read() as connection:
        return digests.digests(connection, ALL)


def _elsewhere(house: House, *, keys: bool = True) -> None:
    """Lose the machine: a new home has the store as it is now, and the keys where they were kept elsewhere."""
    old, new = house.home / "archive", house.home / "elsewhere"
    shutil.copytree(old / "store", new / "store")
    if keys:
        shutil.copytree(old / "keys", new / "keys")
    house.shut()
    house.settings = {**house.settings, "home": new, **backends.places(new)}
    house.open(empty_index=True)


@pytest.mark.law("R15", "R41")
def test_a_new_machine_with_store_and_keys_has_the_same_register_searches_and_content(house: House) -> None:
    works = _lived_in(house)
    before, states = _digests(house), house.rows(Account)
    assert before["search_statement"].rows == 1
    _elsewhere(house)
    report = rebuild(house.archive)
    assert (report.damaged, report.remarks, report.acts) == ([], [], 7)
    assert house.rows(Account) == states
    assert digests.differences(before, _digests(house)) == []
    assert house.account_state(works) == "paused"
    with house.archive.database.read() as connection:
        frozen = connection.execute(select(SearchStatement.id)).scalar_one()
        assert statements.load(connection, frozen).query == "snowplough"
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, _digests(house)) == [], "and once more in place"
    accounts.resume(house.archive, works)
    evidence.sign(house.archive.signed_log)
    assert [parse_key(one.key)[0] for one in house.archive.store.list("acts/")][-1] == 8  # type: ignore[index]


def test_states_that_runs_and_people_set_in_turn_come_back_as_they_were(house: House) -> None:
    """One account is gone, paused, resumed and not looked at since; another is gone while it is paused, and comes back
    after it was resumed. Whoever applied all acts first, or all last, would get one of them wrong."""
    one, other = house.office(), house.mastodon(house.cast.works)
    house.run(one), house.run(other)
    for account in (one, other):
        house.later(hours=1)
        if account == other:
            accounts.pause(house.archive, account, "moved")
        house.server.faults.add(faults.not_found, r"/accounts/\d+(/|$)", times=None)
        house.run(account, NEW)
        house.server.faults.clear()
        if account == one:
            assert house.account_state(one) == "gone"
            accounts.pause(house.archive, account, "looking into it")
        house.later(hours=1)
        accounts.resume(house.archive, account)
    house.later(hours=1)
    house.run(other)
    house.capture.flush(all=True)
    states, before = house.rows(Account), _digests(house)
    assert {row.state for row in states} == {"active"}
    _elsewhere(house)
    assert rebuild(house.archive).damaged == []
    assert house.rows(Account) == states
    assert digests.differences(before, _digests(house)) == []


# --- what may have become of the files -------------------------------------------------------------------------------


@pytest.fixture
def lost(house: House) -> House:
    """An archive without captures whose machine is lost; its store is there."""
    house.office(), house.feed()
    accounts.pause(house.archive, house.rows(Account)[0].id, "moved")
    evidence.sign(house.archive.signed_log)
    return house


def _files(house: House) -> list[Path]:
    return sorted((house.archive.settings.home / "store" / "acts").glob("[0-9]*"))


def test_a_missing_act_is_named_and_the_rest_is_restored(lost: House) -> None:
    _elsewhere(lost)
    gone = _files(lost)[2]
    gone.unlink()
    report = rebuild(lost.archive)
    assert report.damaged == [f"missing: acts/{gone.name}: the log names this act"]
    assert len(lost.rows(Account)) == 2
    assert {row.state for row in lost.rows(Account)} == {"active"}, "who paused it is lost, and that is said"


def test_an_account_that_its_segments_alone_tell_of_stays_kept_back(house: House) -> None:
    account = house.office()
    house.run(account)
    people.reserve(house.archive, of_machine(), account, [Access.LIBRARY_PATRON])
    house.capture.flush(all=True)
    evidence.sign(house.archive.signed_log)
    _elsewhere(house)
    _files(house)[0].unlink()  # (that registered it)
    assert "missing: acts/" in repr(rebuild(house.archive).damaged)
    assert [one.id for one in house.rows(Account)] == [account]
    assert [(one.account_id, one.access) for one in house.rows(AccountReserve)] == [(account, "library_patron")]


def _swapped(files: list[Path]) -> None:
    first, second = (path.read_bytes() for path in files[:2])
    _write(files[0], second)
    _write(files[1], first)


def _flipped(files: list[Path]) -> None:
    content = bytearray(files[0].read_bytes())
    content[-1] ^= 1
    _write(files[0], bytes(content))


def _cut(files: list[Path]) -> None:
    _write(files[0], files[0].read_bytes()[:-5])


def _renumbered(files: list[Path]) -> None:
    files[0].rename(files[0].with_name(files[1].name[:20] + files[0].name[20:]))


def _repeated(files: list[Path]) -> None:
    _write(files[0].with_name(f"{9:020d}{files[0].name[20:]}"), files[0].read_bytes())


def _repeated_as_the_next(files: list[Path]) -> None:
    _write(files[0].with_name(f"{4:020d}-at_{'a' * 32}"), files[0].read_bytes())


def _strayed(files: list[Path]) -> None:
    """Whoever may write to the store needs no key for this."""
    _write(files[0].with_name(f"{9:020d}{files[0].name[20:]}"), b"\0")


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        path.chmod(0o600)
    path.write_bytes(content)


HARMS = [_swapped, _flipped, _cut, _renumbered, _repeated, _repeated_as_the_next, _strayed]


@pytest.mark.parametrize("harm", HARMS)
def test_a_changed_moved_or_repeated_act_is_found(harm: Callable[[list[Path]], None], tmp_path: Path) -> None:
    archive, files = _small(tmp_path)
    harm(files)
    problems = _read(archive)[1]
    assert problems
    assert {one.word for one in problems} <= {"changed", "missing", "untracked"}
    archive.close()


@pytest.mark.parametrize("harm", HARMS)
def test_what_became_of_an_act_keeps_no_index_from_being_made_anew(
    harm: Callable[[list[Path]], None], lost: House
) -> None:
    _elsewhere(lost)
    harm(_files(lost))
    report = rebuild(lost.archive)
    assert report.damaged
    lost.shut()
    lost.open()
    assert rebuild(lost.archive).damaged == report.damaged, "and the same once more"


def test_an_act_that_somebody_with_the_key_forged_is_found(tmp_path: Path) -> None:
    archive, files = _small(tmp_path)
    key = f"acts/{files[0].name}"
    keys = archive.acts.key_file
    true = open_act(files[0].read_bytes(), archive.identity.id, key, keys.keys())
    forged = seal_act(replace(true.act, facts={**true.act.facts, "reason": "mine"}), *keys.first())
    _write(files[0], forged.content)
    acts, problems = _read(archive)
    assert [(one.word, one.key) for one in problems] == [("changed", key)]
    assert [one.sealed.act.number for one in acts] == [2, 3]
    archive.close()


def test_acts_whose_entries_were_lost_are_logged_again(lost: House) -> None:
    """The file is put before its entry, so a machine may be lost in between."""
    lost.later(hours=1)
    accounts.resume(lost.archive, lost.rows(Account)[0].id)
    store_acts(lost.archive.database, lost.archive.store)
    states = lost.rows(Account)
    _elsewhere(lost)
    report = rebuild(lost.archive)
    assert (report.damaged, report.acts) == ([], 4)
    assert [row.state for row in lost.rows(Account)] == [row.state for row in states]
    with lost.archive.database.read() as connection:
        assert sorted(one.number for one in logged_acts(connection).values()) == [1, 2, 3, 4]


def test_without_the_key_nothing_is_restored_in_silence(lost: House) -> None:
    _elsewhere(lost, keys=False)
    with pytest.raises(MissingKey, match=r"acts\.key.*--without-acts"):
        rebuild(lost.archive)
    assert lost.rows(Account) == []
    report = rebuild(lost.archive, without_acts=True)
    assert report.remarks[0].startswith("3 acts were passed over")


def test_what_was_guessed_without_the_key_never_becomes_an_act(lost: House) -> None:
    """The key is found after all: what people decided is in effect again."""
    states = lost.rows(Account)
    keys = lost.archive.settings.act_key_file
    _elsewhere(lost, keys=False)
    rebuild(lost.archive, without_acts=True)
    shutil.copytree(keys.parent, lost.archive.settings.act_key_file.parent, dirs_exist_ok=True)
    lost.shut()
    lost.open()
    with lost.archive.database.read() as connection:
        assert len(logged_acts(connection)) == 3, "nothing was said in their place"
    assert rebuild(lost.archive).damaged == []
    assert lost.rows(Account) == states


def test_an_act_done_in_a_database_that_was_set_back_gets_a_free_number(tmp_path: Path, databases: Databases) -> None:
    """The store's log has given its number to another meanwhile."""
    url = databases.new()
    archive, _ = _small(tmp_path, database_url=url)
    archive.close()
    before = databases.new(str(make_url(url).database))
    _pause(tmp_path, url, "first life")
    with Archive.open(Settings(home=tmp_path / "home", database_url=before)) as archive:
        with archive.database.write() as connection:
            for reason in ("second life", "and again"):
                archive.acts.record(connection, state_set(_account(0), "paused", reason), archive.clock.now())
        assert rebuild(archive).damaged == []
        evidence.sign(archive.signed_log)
        with archive.database.read() as connection:
            logged = logged_acts(connection)
        reader = ActReader(archive.store, archive.acts.key_file, archive.identity.id)
        said = [(one.sealed.act.number, one.sealed.act.facts["reason"]) for one in reader.read(logged)]
        assert said[3:] == [(4, "first life"), (5, "second life"), (6, "and again")]
        assert (reader.problems, rebuild(archive).damaged) == ([], [])
    with Archive.open(Settings(home=tmp_path / "home", database_url=databases.new()), empty_index=True) as archive:
        assert rebuild(archive).damaged == []


def test_a_lost_key_is_replaced_and_all_is_said_anew(lost: House) -> None:
    states = lost.rows(Account)
    path = lost.archive.settings.act_key_file
    path.unlink()
    with pytest.raises(MissingKey, match="rotate-key --lost"):
        accounts.resume(lost.archive, states[0].id)
    assert lost.rows(Account) == states
    assert renew_key(lost.archive, lost=True) == 2
    with pytest.raises(UsageError, match="is there"):
        renew_key(lost.archive, lost=True)
    evidence.sign(lost.archive.signed_log)
    _elsewhere(lost)
    report = rebuild(lost.archive)
    assert (report.damaged, report.remarks) == ([], ["3 acts under a lost key were said anew by later ones"])
    assert lost.rows(Account) == states
    renew_key(lost.archive)
    accounts.resume(lost.archive, states[0].id)
    assert rebuild(lost.archive).damaged == [], "the keys before open what they sealed"


def test_a_lost_key_can_be_replaced_again_where_the_first_try_was_killed(lost: House) -> None:
    key_file = lost.archive.acts.key_file
    key_file.path.unlink()
    key_file.put_in_front()  # as far as it came: the file is there, nothing was said anew
    assert renew_key(lost.archive, lost=True) == 2
    evidence.sign(lost.archive.signed_log)
    _elsewhere(lost)
    assert rebuild(lost.archive).damaged == []


def test_a_log_that_was_cut_back_is_told_by_a_rebuild_and_the_rest_is_there(lost: House) -> None:
    _elsewhere(lost)
    deltas = sorted((lost.archive.settings.home / "store" / "log" / "delta").glob("[0-9]*"))
    deltas[-1].unlink()
    report = rebuild(lost.archive)
    assert [one for one in report.damaged if "signed" in one]
    assert len(lost.rows(Account)) == 2


def test_what_was_done_before_acts_were_written_is_caught_up_with(house: House) -> None:
    """An archive of a version that wrote none: its register and searches become acts when it is next opened."""
    works = _lived_in(house)
    with house.archive.database.write() as connection:
        connection.execute(delete(ActFile))
    before = _digests(house)
    house.shut()
    house.open()
    with house.archive.database.read() as connection:
        kinds = list(connection.execute(select(ActFile.kind).order_by(ActFile.number)).scalars())
    assert kinds == ["account.registered"] * 3 + ["search.frozen"]
    assert house.account_state(works) == "paused"
    assert digests.differences(before, _digests(house)) == []
    house.shut()
    house.open()
    assert len(house.rows(ActFile)) == 4, "once"


def test_an_archive_from_before_acts_were_written_is_made_anew_from_its_store(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(Acts, "record", lambda *_: None)
        works = _lived_in(house)
    house.shut()
    house.open()
    evidence.sign(house.archive.signed_log)
    states, before_it = house.rows(Account), _digests(house)
    _elsewhere(house)
    report = rebuild(house.archive)
    assert (report.damaged, report.acts) == ([], 4)
    assert house.rows(Account) == states
    assert house.account_state(works) == "paused"
    assert digests.differences(before_it, _digests(house)) == []


def test_a_database_that_was_set_back_is_not_caught_up_with(tmp_path: Path) -> None:
    """Else its own entries would fork the log, and it could not even be rebuilt in place."""
    archive, _ = _small(tmp_path)
    archive.close()
    index = tmp_path / "home" / "index.sqlite3"
    before = index.read_bytes()
    with Archive.open(Settings(home=tmp_path / "home")) as archive:
        evidence.rotate_key(archive.signed_log)
    for path in index.parent.glob("index.sqlite3-*"):
        path.unlink()
    index.write_bytes(before)
    account = ids.account_id("feed", "https://city.example", "9")
    row = {"id": account, "platform": "feed", "service": "https://city.example", "platform_id": "9", "handle": "h"}
    with Archive.open(Settings(home=tmp_path / "home")) as archive:
        with archive.database.write() as connection:
            at = archive.clock.now()
            connection.execute(insert(Account).values(**row, name="n", url="u", state_since=at, added_at=at))
        size = len(list(archive.store.list("log/")))
    with Archive.open(Settings(home=tmp_path / "home")) as archive, archive.database.read() as connection:
        assert archive.has_untold(connection)
        assert len(logged_acts(connection)) == 3
        assert len(list(archive.store.list("log/"))) == size


# --- an archive without a city ---------------------------------------------------------------------------------------


def _account(number: int) -> str:
    return ids.account_id("feed", "https://city.example", str(number))


def _pause(home: Path, url: str, reason: str) -> None:
    with Archive.open(Settings(home=home / "home", database_url=url)) as archive:
        with archive.database.write() as connection:
            archive.acts.record(connection, state_set(_account(0), "paused", reason), archive.clock.now())
        evidence.sign(archive.signed_log)


def _small(home: Path, **given: Any) -> tuple[Archive, list[Path]]:
    """Three acts in a store."""
    archive = Archive.open(Settings(home=home / "home", **given))
    with archive.database.write() as connection:
        for number in range(3):
            act = state_set(_account(number), "paused", f"reason {number}")
            archive.acts.record(connection, act, archive.clock.now())
    evidence.sign(archive.signed_log)
    return archive, sorted((home / "home" / "store" / "acts").glob("[0-9]*"))


def _read(archive: Archive) -> tuple[list[FoundAct], list[ActProblem]]:
    reader = ActReader(archive.store, archive.acts.key_file, archive.identity.id)
    with archive.database.read() as connection:
        logged = logged_acts(connection)
    return list(reader.read(logged)), reader.problems
