"""Checkpoints: made by the rules, covering what is stored, surviving crashes; keys made once, exchanged under both."""

from __future__ import annotations

import signal
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from archiver.errors import MissingKey, NotFound, SettingsError, UsageError, WrongStore
from archiver.evidence import checkpoint as checkpoints
from archiver.evidence import log, log_keys, proving, service, signing_state, tree
from archiver.evidence.entry import read_entry
from archiver.evidence.models import Event, LogCheckpoint, LogSigning, LogSubtree
from archiver.evidence.notes import new_key, open_note, read_verifier, text_of
from archiver.evidence.signer import CheckpointRefused
from tests import forking
from tests.evidence.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "home")
    yield made
    made.close()


def state(house: House) -> signing_state.Remembered:
    with house.archive.database.read() as connection:
        return signing_state.read(connection)


# --- checkpoints ---------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_the_signed_root_of_all_that_is_stored(house: House) -> None:
    house.act(3)
    signed = house.sign()
    bodies = house.bodies()
    assert signed.new
    assert signed.checkpoint.size == len(bodies) == 5  # the archive's beginning, three acts, the key
    assert signed.checkpoint.root == tree.root_of([tree.leaf_hash(body) for body in bodies])
    assert house.keys("log/") == [
        "log/checkpoint/00000000000000000005",
        "log/delta/00000000000000000000-00000000000000000005",
        f"log/keys/{house.signed_log.keys.read().current.id.hex()}",
    ]
    assert house.file(signed.checkpoint.key).read_bytes() == signed.note


def test_nothing_new_is_not_signed_again_and_new_things_are(house: House) -> None:
    first = house.sign()
    again = house.sign()
    assert (again.note, again.new) == (first.note, False)
    house.act()
    assert house.sign().checkpoint.size == first.checkpoint.size + 1
    assert len(house.keys(checkpoints.PREFIX)) == 2


def test_every_checkpoint_continues_the_one_before_and_shows_it(house: House) -> None:
    sizes = []
    for count in (1, 2, 300, 5, 700):
        house.act(count)
        sizes.append(house.sign().checkpoint.size)
    for first, second in pairwise(sizes):
        assert proving.consistency(house.signed_log, first, second)
    assert proving.consistency(house.signed_log, sizes[0], sizes[-1])


def test_what_is_remembered_is_no_more_than_a_convenience(house: House) -> None:
    house.act(600)
    house.sign()
    house.act(10)
    with house.archive.database.write() as connection:
        connection.execute(delete(LogSigning))
        connection.execute(delete(LogSubtree))
        connection.execute(delete(LogCheckpoint))
    signed = house.sign()
    assert signed.checkpoint.root == tree.root_of([tree.leaf_hash(body) for body in house.bodies()])
    with house.archive.database.read() as connection:
        assert len(connection.execute(select(LogSubtree)).all()) == 2


@pytest.mark.parametrize("spoilt", ["frontier", "size", "subtree"])
def test_what_is_remembered_wrongly_counts_for_nothing(house: House, spoilt: str) -> None:
    house.act(600)
    house.sign()
    house.act(300)
    with house.archive.database.write() as connection:
        if spoilt == "frontier":
            frontier = connection.execute(select(LogSigning.frontier)).scalar_one()
            connection.execute(update(LogSigning).values(frontier=bytes(len(frontier))))
        elif spoilt == "size":
            connection.execute(update(LogSigning).values(size=17, frontier=bytes(64)))
        else:
            connection.execute(update(LogSubtree).values(hash=bytes(32)))
    signed = house.sign()
    assert signed.checkpoint.root == tree.root_of([tree.leaf_hash(body) for body in house.bodies()])
    house.act(300)
    house.sign()
    assert proving.prove(house.signed_log, range(1200)).checkpoint.size == 1202


def test_a_checkpoint_found_in_the_store_after_a_crash_is_taken_in(house: House) -> None:
    house.act()
    house.sign()
    before = state(house)
    house.act()
    house.sign()
    with house.archive.database.write() as connection:
        connection.execute(delete(LogCheckpoint).where(LogCheckpoint.size > before.size))
        connection.execute(update(LogSigning).values(size=before.size, frontier=b"".join(before.frontier)))
    assert not house.sign().new
    assert state(house).size == before.size + 1


@pytest.mark.faults
@pytest.mark.parametrize("point", ["key.made", "delta.put", "checkpoint.put", "key.rotating"])
def test_a_kill_anywhere_leaves_one_log_under_one_key(tmp_path: Path, point: str) -> None:
    house = House(tmp_path / "home")
    if point == "key.rotating":
        house.sign()
    house.act(5)
    house.close()
    command = ["evidence", "rotate-key" if point == "key.rotating" else "checkpoint"]
    assert forking.run_command(command, tmp_path / "home", point) == -signal.SIGKILL
    house.clock.at += timedelta(days=3650)  # the process told the time by the machine
    house.open()
    signed = house.sign()
    ring = house.signed_log.keys.read()
    assert not ring.rotating
    assert [open_note(signed.note, [key]).signed_by for key in ring.verifiers] == [(key,) for key in ring.verifiers]
    assert len(ring.verifiers) == (2 if point == "key.rotating" else 1)
    assert house.types().count("log.key_created") == 1
    assert house.types().count("log.key_rotated") == (1 if point == "key.rotating" else 0)
    assert signed.checkpoint.root == tree.root_of([tree.leaf_hash(body) for body in house.bodies()])
    house.close()


def test_many_at_once_sign_one_log(house: House) -> None:
    begin = threading.Barrier(4)

    def work() -> None:
        begin.wait()
        for _ in range(3):
            service.sign(house.signed_log)

    threads = [threading.Thread(target=work) for _ in range(4)]
    house.act(20)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    signed = house.sign()
    assert house.types().count("log.key_created") == 1
    assert signed.checkpoint.root == tree.root_of([tree.leaf_hash(body) for body in house.bodies()])


def test_a_silent_day_gives_a_heartbeat_and_no_other_day_does(house: House) -> None:
    house.sign()
    house.later(hours=23)
    assert not service.beat(house.signed_log)
    house.later(hours=2)
    assert service.beat(house.signed_log)
    assert not service.beat(house.signed_log)
    assert house.types()[-1] == "log.heartbeat"
    assert house.sign().new


def test_objects_of_the_log_are_locked_where_that_is_asked_for(tmp_path: Path) -> None:
    house = House(tmp_path / "home", settings={"log_lock_days": 3650})
    house.act(3)
    house.sign()
    for key in house.keys("log/"):
        assert house.archive.store.locked_until(key) is not None, key
    house.close()


# --- the clock -----------------------------------------------------------------------------------------------------


def test_a_clock_that_was_set_back_signs_nothing_until_a_person_says_it_is_right(house: House) -> None:
    house.act()
    house.sign()
    house.later(days=-3)
    house.act()
    with pytest.raises(CheckpointRefused, match="bears the time") as refused:
        house.sign()
    assert refused.value.problem == "clock"
    assert service.sign(house.signed_log, accept_clock=True) is not None
    house.later(minutes=1)
    house.act()
    assert house.sign().new, "the clock goes on from there"


def test_a_clock_behind_what_was_just_logged_signs_nothing(house: House) -> None:
    house.act()
    house.later(minutes=-2)
    with pytest.raises(CheckpointRefused, match="the clock says"):
        house.sign()
    house.later(minutes=3)
    assert house.sign().new


def test_acts_that_end_in_another_order_than_they_began_are_no_finding(house: House) -> None:
    house.sign()
    house.later(minutes=-20)
    house.act()
    house.later(minutes=20)
    house.act()
    assert house.sign().new


# --- keys ----------------------------------------------------------------------------------------------------------


def test_the_key_is_made_at_first_need_outside_the_store(house: House) -> None:
    keys = house.signed_log.keys
    assert not keys.exists
    house.sign()
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    ring = keys.read()
    public = house.file(log_keys.key_of(ring.current)).read_bytes()
    assert read_verifier(text_of(public).rstrip("\n")) == ring.current
    assert open_note(public, [ring.current]).signed_by == (ring.current,)
    seed = ring.signers[0].text.rsplit("+", 1)[1]
    for path in house.home.rglob("*"):
        if path.is_file() and path != keys.path:
            assert seed.encode() not in path.read_bytes(), path
    entry = next(read_entry(body) for body in house.bodies() if b"log.key_created" in body)
    assert entry.data == {"key": ring.current.id.hex(), "sha256": log_keys.digest_of(ring.current)}


def test_a_lost_key_is_never_replaced_in_silence(house: House) -> None:
    house.sign()
    keys = house.signed_log.keys
    keys.path.rename(keys.path.with_name("aside"))
    with pytest.raises(MissingKey):
        house.sign()
    assert state(house).problem == "key"
    assert house.types()[-1] == "log.checkpoint_refused"
    keys.path.with_name("aside").rename(keys.path)
    assert house.sign().new
    assert state(house).problem is None


def test_an_open_key_and_another_logs_key_are_refused(house: House) -> None:
    house.sign()
    keys = house.signed_log.keys
    keys.path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        house.sign()
    keys.path.chmod(0o600)
    keys.path.write_text(new_key("other.example/log").text + "\n")
    with pytest.raises(WrongStore, match="another log"):
        house.sign()
    for text in ("", "PRIVATE+KEY+x\n", "words\n"):
        keys.path.write_text(text)
        with pytest.raises(MissingKey):
            house.sign()


def test_a_new_key_is_vouched_for_by_the_old_one(house: House) -> None:
    first = house.sign()
    old = house.signed_log.keys.read().current
    new = service.rotate_key(house.signed_log)
    ring = house.signed_log.keys.read()
    assert ring.verifiers == (new, old)
    assert not ring.rotating
    assert len(ring.signers) == 1
    both = house.sign()
    assert open_note(both.note, [new]).signed_by == (new,)
    assert open_note(both.note, [old]).signed_by == (old,)
    assert open_note(house.file(log_keys.key_of(new)).read_bytes(), [old]).text == f"{new.text}\n"
    house.act()
    alone = house.sign()
    assert alone.note.count("— ".encode()) == 1
    assert proving.consistency(house.signed_log, first.checkpoint.size, alone.checkpoint.size), "old ones still verify"
    told = read_entry(next(body for body in house.bodies() if b"log.key_rotated" in body))
    assert told.data["previous"] == old.id.hex()
    assert told.data["reason"] == "planned"


def test_after_a_loss_a_new_key_signs_alone_and_the_log_says_so(house: House) -> None:
    house.act()
    first = house.sign()
    keys = house.signed_log.keys
    old = keys.read().current
    with pytest.raises(UsageError, match="--lost"):
        service.rotate_key(house.signed_log, lost=True)
    keys.path.unlink()
    with pytest.raises(MissingKey):
        service.rotate_key(house.signed_log)
    new = service.rotate_key(house.signed_log, lost=True)
    assert keys.read().verifiers == (new, old)
    told = read_entry(next(body for body in house.bodies() if b"log.key_rotated" in body))
    assert told.data["reason"] == "lost"
    house.act()
    assert proving.consistency(house.signed_log, first.checkpoint.size, house.sign().checkpoint.size)


# --- proofs --------------------------------------------------------------------------------------------------------


def test_every_entry_is_proven_to_whoever_has_the_public_key(house: House) -> None:
    house.act(700)
    proof = proving.prove(house.signed_log, range(702))
    key = house.signed_log.keys.read().current
    bodies = house.bodies()
    for entry in proof.entries:
        assert entry.body == bodies[entry.position]
        leaf = tree.leaf_hash(entry.body)
        found = checkpoints.verify_proof_file(proof.file(entry), leaf, house.archive.identity.log_origin, [key])
        assert found == proof.checkpoint


def test_a_proof_waits_for_a_checkpoint_that_covers_its_entries(house: House) -> None:
    house.act(3)
    size = house.sign().checkpoint.size
    assert proving.prove(house.signed_log, [0]).checkpoint.size == size, "what is covered needs no new one"
    house.act(2)
    with house.archive.database.read() as connection:
        newest = connection.execute(select(Event.id).order_by(Event.position.desc()).limit(1)).scalar_one()
    proof = proving.prove_events(house.signed_log, [newest])
    assert proof.checkpoint.size == size + 2
    assert proof.entries[0].position == size + 1
    assert proving.prove(house.signed_log, [0], under=size).checkpoint.size == size


def test_what_is_not_in_the_log_is_not_proven(house: House) -> None:
    house.act(3)
    size = house.sign().checkpoint.size
    for wanted in ([], [-1], [size]):
        with pytest.raises(NotFound):
            proving.prove(house.signed_log, wanted)
    with pytest.raises(NotFound):
        proving.prove(house.signed_log, [0], under=size + 1)
    with pytest.raises(NotFound):
        proving.prove_events(house.signed_log, ["ev_" + "a" * 32])


def test_events_are_found_by_their_subjects(house: House) -> None:
    house.act(3)
    house.sign()
    entries = [read_entry(body) for body in house.bodies()]
    with house.archive.database.read() as connection:
        found = proving.positions_about(connection, [entry.subject_id for entry in entries])
        assert found[entries[1].subject_id] == [1]
        assert found[house.archive.identity.id] == [0, 4]
        ids = {entry.id: at for at, entry in enumerate(entries)}
        assert proving.positions_of(connection, ids) == ids


def test_the_representation_of_the_log_is_whole_again_after_its_subtrees_were_lost(house: House) -> None:
    house.act(600)
    house.sign()
    with house.archive.database.write() as connection:
        connection.execute(delete(LogSubtree))
    assert len(proving.prove(house.signed_log, [0, 300, 599]).entries) == 3
    with house.archive.database.read() as connection:
        assert len(connection.execute(select(LogSubtree)).all()) == 2
        assert log.read_head(connection).size == 602
