"""Scripted attacks by somebody with every right on database, store and machine (but not on what is kept elsewhere).

Each is found by what looks every minute (the *signer*: nothing is signed, and every page says so) or by ``archiver
verify``.
Elsewhere, or not at all:

* *disable a trigger*: the log does not rest on any; what a trigger would forbid is found by recomputing.
* *replace the key in a bundle*, and sign everything in it again: ``tests/release/test_mutations.py``. A key from the
  store, which the archive itself never believes, is tried below.
* *a delete marker or a newer version over an object* needs a store with versions: ``tests/release/test_bucket.py``,
  over every object there is. In a folder it is the removal or replacement of the file, which is tried below.
* *a lock that is shortened, weakened or bypassed, versions suspended*: what the store does is tried by
  ``tests/operations/test_probe.py``.
* *everything rewritten with the stolen key, time-stamps and all* leaves nothing inside to find it by; it is what
  checkpoints published elsewhere, witnesses and the authorities' own records are for. With time-stamps left in place
  it is found, which is tried below.
"""

from __future__ import annotations

import gzip
import re
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from archiver.archive import Archive
from archiver.capture.models import Coverage, Exchange, Run, Segment
from archiver.clock import SetClock
from archiver.errors import IntegrityError
from archiver.evidence import anchoring, log, log_keys, service, timestamps, tree
from archiver.evidence.anchoring import Stamping
from archiver.evidence.checkpoint import Checkpoint, read_unverified, sign_checkpoint
from archiver.evidence.deltas import require_current
from archiver.evidence.entry import read_entry
from archiver.evidence.models import LogCheckpoint, LogSigning
from archiver.evidence.notes import new_key
from archiver.evidence.signer import CheckpointRefused
from archiver.operations.verify import VerifyReport, verify
from archiver.release import stored
from archiver.settings import Settings
from archiver.storage.gzip_member import HEADER
from tests.capture.house import House
from tests.evidence.insider import Insider, edited
from tests.evidence.samples import exchange
from tests.servers import tsa

pytestmark = [
    pytest.mark.skipif(tsa.OPENSSL is None, reason="needs the openssl program"),
    pytest.mark.slow,
]
Attack = Callable[[Insider], object]


class Template:
    """A lived-in archive that is signed and stamped, to be copied for each attack."""

    def __init__(self, folder: Path) -> None:
        self.authority = tsa.Authority(folder / "tsa")
        self.roots = folder / "roots.pem"
        self.roots.write_bytes(self.authority.root.pem)
        house = House(folder)
        house.office("city-token-canary-0123456789")
        house.feed()
        house.run_due()
        archive = house.archive
        service.sign(archive.signed_log)
        self.old = folder / "old.sqlite3"
        with closing(sqlite3.connect(str(archive.database.url.database))) as connection:
            connection.execute("VACUUM INTO ?", (str(self.old),))
        self._stamp(archive)
        house.city.say(house.cast.city, "The library closes at five.")
        house.later(hours=1)
        house.run_due()
        house.later(minutes=6)
        house.run_due()  # quiet: its run record waits in the spool
        house.capture.flush(all=True)
        service.sign(archive.signed_log)
        self.clock, self.home = house.clock, folder / "archive"
        house.close()

    def _stamp(self, archive: Archive) -> None:
        def ask(url: str, request: bytes) -> bytes:
            note = archive.signed_log.signer.newest(archive.signed_log.keys.read())
            assert note is not None
            info = tsa.info(sha256(note.note).digest(), archive.clock.now(), tsa.nonce_of(request))
            return self.authority.forge(info, self.authority.signer)

        stamping = Stamping({"one": "http://one.example"}, [self.authority.root.certificate], timedelta(hours=1), ask)
        assert anchoring.stamp(archive.signed_log, stamping) == 1

    def copy(self, home: Path) -> Archive:
        shutil.copytree(self.home, home)
        settings = Settings(home=home, disk_reserve_percent=0.0, timestamp_roots=self.roots)
        return Archive.open(settings, kind="practice", clock=SetClock(self.clock.at))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("insider"))


@pytest.fixture
def insider(template: Template, tmp_path: Path) -> Iterator[Insider]:
    with template.copy(tmp_path / "home") as archive:
        yield Insider(archive)


def refused(insider: Insider) -> str | None:
    """What the signer says, if it signs nothing."""
    try:
        service.sign(insider.archive.signed_log)
    except CheckpointRefused as error:
        return error.problem
    return None


def found(insider: Insider) -> VerifyReport:
    return verify(insider.archive)


def lost(report: VerifyReport) -> set[str]:
    return {*report.words.values(), *(one.word for one in report.log_findings)}


def test_an_archive_that_nobody_touched_is_in_order(insider: Insider) -> None:
    assert refused(insider) is None
    report = found(insider)
    assert report.as_json()["findings"] == []
    assert report.log_problems == []
    assert report.remarks == []
    assert (report.checkpoints, report.time_stamps) == (len(insider.keys("log/checkpoint/")), 1)
    assert report.read == report.objects > 2
    assert "fixity.passed" in str(insider.bodies()[-1])
    assert refused(insider) is None


def position_of(insider: Insider, kind: str) -> int:
    """Of the last event of a type."""
    return max(at for at, body in enumerate(insider.bodies()) if read_entry(body).type == kind)


# --- rows of the log -----------------------------------------------------------------------------------------------


def edit_a_row(insider: Insider) -> None:
    position = position_of(insider, "exchange.archived")
    insider.change_row(position, body=edited(insider.bodies()[position]))


def edit_a_row_and_its_hash(insider: Insider) -> None:
    position = position_of(insider, "exchange.archived")
    body = edited(insider.bodies()[position])
    insider.change_row(position, body=body, leaf=tree.leaf_hash(body))


def delete_a_row(insider: Insider) -> None:
    insider.drop_row(3)


def insert_a_row(insider: Insider) -> None:
    insider.copy_row(3, id="ev_" + "a" * 32, position=None)


def reorder_rows(insider: Insider) -> None:
    for position, other in ((3, 10_000), (4, 3), (10_000, 4)):
        insider.change_row(position, position=other)


@pytest.mark.parametrize("attack", [edit_a_row, edit_a_row_and_its_hash, delete_a_row, insert_a_row, reorder_rows])
def test_changed_rows_of_the_log_are_found(insider: Insider, attack: Attack) -> None:
    attack(insider)
    report = found(insider)
    assert not report.ok
    assert report.log_findings


def test_a_database_recomputed_down_to_its_head_is_never_signed(insider: Insider) -> None:
    position = position_of(insider, "exchange.archived")
    insider.rewrite_database({position: edited(insider.bodies()[position])})
    assert refused(insider) == "database"
    assert "changed" in lost(found(insider))


def test_an_entry_dropped_before_it_was_stored_leaves_its_exchange_without_one(insider: Insider) -> None:
    """The outbox: what happened, and the entry that tells of it, in one transaction. The entry is then removed."""
    with insider.archive.database.write() as connection:
        row = connection.execute(select(Exchange.__table__).limit(1)).one()._asdict()
        connection.execute(insert(Exchange).values(**(row | {"id": "ex_" + "a" * 32})))
        log.append(connection, [exchange(1)], insider.archive.clock.now())
    insider.rewrite_database({}, size=len(insider.bodies()) - 1)
    assert refused(insider) is None, "nobody can sign what nobody knows of"
    report = found(insider)
    assert lost(report) == {"untracked"}
    assert "ex_" + "a" * 32 in report.log_problems[0]


# --- an older or another log ---------------------------------------------------------------------------------------


def test_an_older_database_is_never_signed(template: Template, tmp_path: Path) -> None:
    with template.copy(tmp_path / "home"):
        pass
    for path in (tmp_path / "home").glob("index.sqlite3*"):
        path.unlink()
    shutil.copy(template.old, tmp_path / "home" / "index.sqlite3")
    settings = Settings(home=tmp_path / "home", disk_reserve_percent=0.0, timestamp_roots=template.roots)
    with Archive.open(settings, kind="practice", clock=SetClock(template.clock.at)) as archive:
        insider = Insider(archive)
        before = insider.bodies()
        assert refused(insider) == "database"
        assert insider.bodies() == before, "an older database is not led further away"
        assert {"missing", "untracked"} <= lost(found(insider))
        with pytest.raises(Exception, match="older"):
            require_current(archive.database, archive.store)


def test_a_forked_log_is_never_signed(insider: Insider) -> None:
    """Database and deltas rewritten together, checkpoints and what is remembered of them left as they are."""
    position = position_of(insider, "exchange.archived")
    insider.rewrite_database({position: edited(insider.bodies()[position])})
    insider.rewrite_deltas(insider.bodies())
    with insider.archive.database.write() as connection:
        connection.execute(delete(LogSigning))
        connection.execute(delete(LogCheckpoint))
    assert refused(insider) == "forked"
    report = found(insider)
    assert any("not those it signs" in one for one in report.log_problems)


def test_a_log_that_was_cut_short_is_never_signed(insider: Insider) -> None:
    """The last delta and the last checkpoint gone, in the database too, as if they had never been."""
    last = insider.keys("log/checkpoint/")[-1]
    size = read_unverified(insider.read(insider.keys("log/checkpoint/")[0])).size
    insider.rewrite_database({}, size=size)
    for key in insider.keys("log/delta/"):
        if int(key.rsplit("-", 1)[1]) > size:
            insider.remove(key)
    assert refused(insider) in ("truncated", "database")
    assert "missing" in lost(found(insider)) or "changed" in lost(found(insider))
    insider.remove(last)
    assert refused(insider) == "no_checkpoint"


def test_a_replaced_delta_is_found(insider: Insider) -> None:
    bodies = insider.bodies()
    bodies[3] = bodies[4]
    insider.rewrite_deltas(bodies)
    assert "changed" in lost(found(insider))


# --- checkpoints and keys ------------------------------------------------------------------------------------------


def test_a_checkpoint_that_is_gone_is_told(insider: Insider) -> None:
    insider.remove(insider.keys("log/checkpoint/")[-1])
    assert refused(insider) == "no_checkpoint"
    assert "missing" in lost(found(insider))


def test_an_earlier_checkpoint_that_is_gone_is_found(insider: Insider) -> None:
    insider.remove(insider.keys("log/checkpoint/")[0])
    assert any("missing: log/checkpoint/" in one for one in found(insider).log_problems)


def test_a_checkpoint_signed_again_with_another_key_is_told(insider: Insider) -> None:
    key = insider.keys("log/checkpoint/")[-1]
    said = read_unverified(insider.read(key))
    insider.write(key, sign_checkpoint(said, [new_key(said.origin)]))
    with insider.archive.database.write() as connection:
        connection.execute(delete(LogCheckpoint))
    assert refused(insider) == "bad_checkpoint"
    assert "changed" in lost(found(insider))


def test_another_key_in_the_stores_folder_of_keys_is_not_believed(insider: Insider) -> None:
    mine = new_key(insider.archive.identity.log_origin)
    (public,) = insider.keys("log/keys/")
    insider.remove(public)
    log_keys.publish(insider.archive.store, log_keys.Keyring((mine,)))
    report = found(insider)
    assert {"missing", "untracked"} <= {one.word for one in report.log_findings if "keys" in (one.key or "")}


def test_another_key_in_the_key_file_does_not_get_far(insider: Insider) -> None:
    keys = insider.archive.signed_log.keys
    keys.replace(log_keys.Keyring((new_key(keys.origin),)))
    assert refused(insider) == "bad_checkpoint"
    assert "changed" in lost(found(insider))


def test_a_fork_signed_with_the_stolen_key_does_not_have_the_time_stamp(insider: Insider) -> None:
    keys = insider.archive.signed_log.keys.read()
    position = position_of(insider, "archive.created")
    bodies = insider.bodies()
    forged = bodies[position].replace(b'"format":1', b'"format":2')
    insider.rewrite_database({position: forged})
    bodies = insider.bodies()
    insider.rewrite_deltas(bodies)
    leaves = [tree.leaf_hash(body) for body in bodies]
    with insider.archive.database.write() as connection:
        connection.execute(delete(LogSigning))
        connection.execute(delete(LogCheckpoint))
    for key in insider.keys("log/checkpoint/"):
        size = read_unverified(insider.read(key)).size
        root = tree.root_of(leaves[:size])
        insider.write(key, sign_checkpoint(Checkpoint(keys.current.name, size, root), keys.signers))
    assert refused(insider) is None, "to the signer this is its own log"
    report = found(insider)
    assert any("not the one that was stamped" in one for one in report.log_problems)


# --- time ----------------------------------------------------------------------------------------------------------


def test_a_clock_that_was_set_back_is_told(insider: Insider) -> None:
    clock = insider.archive.clock
    assert isinstance(clock, SetClock)
    clock.advance(timedelta(days=-30))
    with insider.archive.database.write() as connection:
        log.append(connection, [exchange(1)], clock.now())
    assert refused(insider) == "clock"
    clock.advance(timedelta(days=30))
    assert refused(insider) == "clock", "setting it right again does not hide what was entered meanwhile"
    remarks = found(insider).remarks
    assert any("bears the time" in one for one in remarks)


def test_a_forged_time_stamp_is_found(insider: Insider, template: Template, tmp_path: Path) -> None:
    (key,) = insider.keys(timestamps.PREFIX)
    size = int(key.split("/")[2])
    note = insider.read(f"log/checkpoint/{size:020d}")
    other = tsa.Authority(tmp_path / "other")
    earlier = insider.archive.clock.now() - timedelta(days=30)
    forged = other.forge(tsa.info(sha256(note).digest(), earlier, 7), other.signer)
    insider.write(key, forged)
    assert any("not the time-stamp that the log names" in one for one in found(insider).log_problems)
    insider.write(timestamps.key_of(size, "two"), forged)
    assert any("untracked: log/anchor" in one for one in found(insider).log_problems)


def test_a_time_stamp_that_was_forged_from_the_beginning_does_not_verify(
    insider: Insider, template: Template, tmp_path: Path
) -> None:
    """As if our own process had been made to believe another authority."""
    other = tsa.Authority(tmp_path / "other")
    signed = service.sign(insider.archive.signed_log)
    assert signed is not None

    def ask(url: str, request: bytes) -> bytes:
        info = tsa.info(sha256(signed.note).digest(), insider.archive.clock.now(), tsa.nonce_of(request))
        return other.forge(info, other.signer)

    believed = Stamping({"two": "http://two.example"}, [other.root.certificate], timedelta(hours=1), ask)
    assert anchoring.stamp(insider.archive.signed_log, believed) == 1
    service.sign(insider.archive.signed_log)
    assert any("does not verify" in one for one in found(insider).log_problems)


# --- segments and index --------------------------------------------------------------------------------------------


def segments(insider: Insider) -> list[str]:
    return insider.keys("segments/")


def change_a_byte(insider: Insider) -> None:
    key = segments(insider)[0]
    content = bytearray(insider.read(key))
    content[len(content) // 2] ^= 1
    insider.write(key, bytes(content))


def cut_it_short(insider: Insider) -> None:
    key = segments(insider)[0]
    insider.write(key, insider.read(key)[:-100])


def put_a_valid_other_one_in_its_place(insider: Insider) -> None:
    first, second, *_ = segments(insider)
    insider.write(first, insider.read(second))


def put_a_valid_other_one_in_its_place_and_into_the_index(insider: Insider) -> None:
    """Key, digest, size and count in the index made to fit; so would a segment with other seeds be put in."""
    first, second, *_ = segments(insider)
    content = insider.read(second)
    forged = first.rsplit("-", 1)[0] + f"-{sha256(content).hexdigest()}.warc.gz"
    insider.write(forged, content)
    insider.remove(first)
    with insider.archive.database.write() as connection:
        other = connection.execute(select(Segment).where(Segment.key == second).with_only_columns(
            Segment.size, Segment.warc_records)).one()  # fmt: skip
        connection.execute(
            update(Segment).where(Segment.key == first).values(
                key=forged, sha256=sha256(content).hexdigest(), size=other.size, warc_records=other.warc_records
            )
        )  # fmt: skip


def swap_the_seed(insider: Insider) -> None:
    """Another seed for the last exchange of a segment, so that its commitment could be to other words; every digest,
    the key and the index made to fit."""
    read = {key: list(members_of(insider.read(key))) for key in segments(insider)}
    places = [
        (key, number)
        for key, some in read.items()
        for number, one in enumerate(some)
        if b"urn:x-cra:exchange:" in one and b'"seed"' in one
    ]
    key, at = places[-1]  # of a run without exchanges there is a segment that holds none
    members, facts = read[key], [number for of, number in places if of == key]
    head, block = members[at].split(b"\r\n\r\n", 1)
    block = block.removesuffix(b"\r\n\r\n")
    digest = sha256(block).hexdigest().encode()
    assert digest in head
    changed = re.sub(rb'("seed": ?")(.)', lambda found: found[1] + (b"B" if found[2] == b"A" else b"A"), block)
    assert changed != block
    head = head.replace(digest, sha256(changed).hexdigest().encode())
    members[at] = head + b"\r\n\r\n" + changed + b"\r\n\r\n"
    pieces = [HEADER + gzip.compress(one)[len(HEADER) :] for one in members]
    content = b"".join(pieces)
    forged = key.rsplit("-", 1)[0] + f"-{sha256(content).hexdigest()}.warc.gz"
    insider.write(forged, content)
    insider.remove(key)
    with insider.archive.database.write() as connection:
        segment = connection.execute(select(Segment.id).where(Segment.key == key)).scalar_one()
        connection.execute(
            update(Segment)
            .where(Segment.key == key)
            .values(key=forged, sha256=sha256(content).hexdigest(), size=len(content))
        )
        rows = connection.execute(
            select(Exchange.id, Exchange.offset).where(Exchange.segment_id == segment).order_by(Exchange.offset)
        ).all()
        starts = [sum(map(len, pieces[:number])) for number in range(len(pieces))]
        answers = [number for number, one in enumerate(members) if re.search(rb"WARC-Type: (response|resource)", one)]
        for row, answer, fact in zip(rows, answers, facts, strict=True):
            connection.execute(
                update(Exchange)
                .where(Exchange.id == row.id)
                .values(
                    offset=starts[answer],
                    length=len(pieces[answer]),
                    facts_offset=starts[fact],
                    facts_length=len(pieces[fact]),
                )
            )


def members_of(content: bytes) -> Iterator[bytes]:
    """The WARC records of a segment."""
    while content:
        one = zlib.decompressobj(31)
        yield one.decompress(content)
        content = one.unused_data


def remove_it(insider: Insider) -> None:
    insider.remove(segments(insider)[0])


def remove_it_from_the_index_too(insider: Insider) -> None:
    key = segments(insider)[0]
    insider.remove(key)
    with insider.archive.database.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        name = connection.execute(select(Segment.id).where(Segment.key == key)).scalar_one()
        other = connection.execute(select(Segment.id).where(Segment.key != key).limit(1)).scalar_one()
        connection.execute(update(Exchange).where(Exchange.segment_id == name).values(segment_id=other))
        connection.execute(delete(Segment).where(Segment.id == name))


def plant_one(insider: Insider) -> None:
    key = segments(insider)[0]
    content = insider.read(key) + insider.read(key)
    insider.write(key.rsplit("-", 1)[0] + f"-{sha256(content).hexdigest()}.warc.gz", content)


def plant_something_else(insider: Insider) -> None:
    insider.write("records/secret.txt", b"not ours")


def plant_something_in_the_log(insider: Insider) -> None:
    insider.write("log/other/secret.txt", b"not ours")


@pytest.mark.parametrize(
    ("attack", "word"),
    [
        (change_a_byte, "changed"),
        (cut_it_short, "changed"),
        (put_a_valid_other_one_in_its_place, "changed"),
        (put_a_valid_other_one_in_its_place_and_into_the_index, "missing"),
        (swap_the_seed, "missing"),
        (remove_it, "missing"),
        (remove_it_from_the_index_too, "missing"),
        (plant_one, "untracked"),
        (plant_something_else, "untracked"),
        (plant_something_in_the_log, "untracked"),
    ],
)
def test_what_is_done_to_stored_objects_is_found(insider: Insider, attack: Attack, word: str) -> None:
    attack(insider)
    assert word in lost(found(insider))


def test_the_seed_of_an_exchange_changed_in_the_index_alone_is_found(insider: Insider) -> None:
    with insider.archive.database.write() as connection:
        connection.execute(update(Exchange).values(commitment="cra-tree/1:" + "0f" * 32))
    report = found(insider)
    assert lost(report) == {"changed"}
    assert "exchange" in report.log_problems[0]


def test_an_exchange_removed_from_the_index_is_found(insider: Insider) -> None:
    with closing(sqlite3.connect(str(insider.archive.database.url.database))) as connection, connection:
        connection.execute("DELETE FROM exchange WHERE id = (SELECT min(id) FROM exchange)")
    assert lost(found(insider)) == {"missing"}


def test_a_run_removed_from_the_index_is_found(insider: Insider) -> None:
    with insider.archive.database.write() as connection:
        used = select(Exchange.run_id)
        name = connection.execute(select(Run.id).where(Run.id.not_in(used)).limit(1)).scalar_one()
        connection.execute(delete(Coverage).where(Coverage.run_id == name))
        connection.execute(delete(Run).where(Run.id == name))
    assert any(name in one for one in found(insider).log_problems)


def test_a_run_record_removed_before_it_was_stored_is_found(insider: Insider) -> None:
    """It was committed to in the log, and waited in the spool for the account's next segment."""
    facts = {
        "account": "ac_" + "a" * 32,
        "number": 99,
        "part": 1,
        "commitments": {"public": "cra-tree/1:" + "0e" * 32},
    }
    name = "rn_" + "c" * 32
    with insider.archive.database.write() as connection:
        log.append(connection, [log.NewEvent("run.recorded", "run", name, facts)], insider.archive.clock.now())
    waiting = insider.archive.settings.home / "spool" / "sp_x" / f"pending-{facts['account']}.{name}.frames"
    waiting.parent.mkdir(parents=True)
    waiting.write_bytes(b"it waits")
    service.sign(insider.archive.signed_log)
    assert found(insider).ok
    waiting.unlink()
    report = found(insider)
    assert lost(report) == {"missing"}
    assert name in report.log_problems[0]


def test_an_exchange_with_another_seed_is_not_handed_out(insider: Insider) -> None:
    swap_the_seed(insider)
    with insider.archive.database.read() as connection:
        places = stored.places(connection, list(connection.execute(select(Exchange.id)).scalars()))
    wrong = []
    for where in places.values():
        try:
            stored.open_exchange(insider.archive, where)
        except IntegrityError as error:
            wrong.append(str(error))
    assert [one for one in wrong if "not what the log says" in one] == wrong
    assert len(wrong) == 1
