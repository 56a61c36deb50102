"""Fixity: changed, missing, untracked and unreadable objects are told apart, and a pass can be taken up again."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.clock import SetClock
from archiver.storage.damage import Code
from archiver.storage.directory import DirectoryStore
from archiver.storage.protocol import ObjectStore, Stored, StoreUnavailable
from archiver.storage.segment_check import Checked, Known, check_segment, check_store
from tests.storage.samples import ACCOUNT, NOW, exchange, sha, write


@pytest.fixture
def directory(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store", SetClock(NOW))


def fill(store: ObjectStore, tmp_path: Path, segments: int = 5) -> dict[str, Known]:
    """Segments and a piece of the log; what the index knows of them."""
    known = {}
    for number in range(segments):
        closed, _, key = write(tmp_path / "s", exchange(b"[%d]" % number), segment=f"sg_{number}")
        store.put(key, closed.path, closed.sha256)
        known[key] = Known(closed.sha256, closed.size, closed.warc_records)
    delta = b"\x00\x02{}"
    store.put("log/delta/0-1", delta, sha(delta))
    known["log/delta/0-1"] = Known(sha(delta), len(delta))
    return known


def spoil(directory: DirectoryStore, tmp_path: Path, key: str, content: bytes) -> None:
    path = tmp_path / "store" / key
    path.chmod(0o644)
    path.write_bytes(content)


def content_of(tmp_path: Path, key: str) -> bytes:
    return (tmp_path / "store" / key).read_bytes()


def codes(found: Checked) -> set[Code]:
    return {finding.code for finding in found.findings}


# --- one segment -----------------------------------------------------------------------------------------------------


def test_a_good_segment_has_no_findings_whatever_is_known_of_it(store: ObjectStore, tmp_path: Path) -> None:
    for key, known in fill(store, tmp_path).items():
        if known.warc_records is None:
            continue
        assert check_segment(store, key) == []
        assert check_segment(store, key, sha256=known.sha256, size=known.size, warc_records=known.warc_records) == []


def test_each_thing_that_is_known_is_compared(store: ObjectStore, tmp_path: Path) -> None:
    key, known = next(iter(fill(store, tmp_path, 1).items()))
    for wrong, code in (
        ({"sha256": "0" * 64}, Code.SHA256),
        ({"size": known.size + 1}, Code.SIZE),
        ({"warc_records": 6}, Code.COUNT),
    ):
        (finding,) = check_segment(store, key, **wrong)
        assert (finding.code, finding.key) == (code, key)


def test_a_missing_segment_is_said_so(store: ObjectStore) -> None:
    (finding,) = check_segment(store, "segments/x")
    assert finding.code is Code.MISSING


def test_a_sound_segment_under_a_key_that_is_not_its_own_is_found(store: ObjectStore, tmp_path: Path) -> None:
    closed, _, key = write(tmp_path / "s", exchange())
    for other in (
        key.replace("/unassigned/", "/other-office/"),
        key.replace(ACCOUNT, "ac_other"),
        key.replace("/public/", "/private/"),
        key.replace("/2026-11/", "/2026-12/"),
        key.replace("/2026-11/", "/2026-11/of-2020/"),
        key.replace("/sg_", "/sg_x"),
    ):
        store.put(other, closed.path, closed.sha256)
        assert [finding.code for finding in check_segment(store, other)] == [Code.REFERENCE]
    wrong = key.replace(closed.sha256, "0" * 64)
    store.put(wrong, closed.path, closed.sha256)
    assert [finding.code for finding in check_segment(store, wrong)] == [Code.SHA256]


def test_a_finding_names_the_record_in_which_the_damage_is(directory: DirectoryStore, tmp_path: Path) -> None:
    closed, placed, key = write(tmp_path / "s", exchange(), exchange(b"[]"))
    directory.put(key, closed.path, closed.sha256)
    content = bytearray(content_of(tmp_path, key))
    content[placed[1].offset + 30] ^= 1
    spoil(directory, tmp_path, key, bytes(content))
    first, second = check_segment(directory, key)
    assert (first.code, first.offset) == (Code.GZIP, placed[1].offset)
    assert second.code is Code.SHA256
    assert key == first.key == second.key


# --- the whole store -------------------------------------------------------------------------------------------------


def test_a_store_as_it_should_be_is_intact_and_progress_is_shown(store: ObjectStore, tmp_path: Path) -> None:
    known = fill(store, tmp_path)
    found = list(check_store(store, known))
    assert [one.key for one in found] == sorted(known)
    assert {one.fixity for one in found} == {"intact"}
    assert [one.number for one in found] == [1, 2, 3, 4, 5, 6]
    assert {one.known for one in found} == {6}
    assert found[-1].bytes_read == sum(one.size for one in known.values())


def test_changed_missing_and_untracked_are_told_apart(directory: DirectoryStore, tmp_path: Path) -> None:
    known = fill(directory, tmp_path)
    log, changed, gone, cut, fine, swapped = sorted(known)
    spoil(directory, tmp_path, log, b"\x00\x02[]")
    spoil(directory, tmp_path, changed, content_of(tmp_path, changed)[:-1] + b"\x01")
    directory.delete(gone)
    spoil(directory, tmp_path, cut, content_of(tmp_path, cut)[:-500])
    spoil(directory, tmp_path, swapped, content_of(tmp_path, fine))
    directory.put("strange/object", b"x", sha(b"x"))
    found = {one.key: one for one in check_store(directory, known)}
    assert {key: one.fixity for key, one in found.items()} == {
        log: "changed",
        changed: "changed",
        gone: "missing",
        cut: "changed",
        fine: "intact",
        swapped: "changed",
        "strange/object": "untracked",
    }
    assert list(found) == sorted(found)
    assert Code.SHA256 in codes(found[log])
    assert codes(found[cut]) >= {Code.SHA256, Code.SIZE, Code.CUT_OFF}
    assert codes(found[swapped]) >= {Code.SHA256, Code.REFERENCE}


def test_of_a_hundred_tampered_objects_a_hundred_are_found(directory: DirectoryStore, tmp_path: Path) -> None:
    known = fill(directory, tmp_path, 110)
    dice = random.Random(2)
    tampered = set(dice.sample([key for key, one in known.items() if one.warc_records], 100))
    for number, key in enumerate(sorted(tampered)):
        content = bytearray(content_of(tmp_path, key))
        if number % 3 == 0:
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        elif number % 3 == 1:
            del content[dice.randrange(len(content)) :]
        else:
            content += dice.randbytes(3)
        spoil(directory, tmp_path, key, bytes(content))
    assert {one.key for one in check_store(directory, known) if one.fixity == "changed"} == tampered


def test_a_pass_is_taken_up_after_the_last_key(directory: DirectoryStore, tmp_path: Path) -> None:
    known = fill(directory, tmp_path)
    directory.put("strange/object", b"x", sha(b"x"))
    directory.delete(sorted(known)[3])
    whole = [(one.key, one.fixity) for one in check_store(directory, known)]
    for place, (key, _) in enumerate(whole):
        rest = [(one.key, one.fixity) for one in check_store(directory, known, after=key)]
        assert rest == whole[place + 1 :]


def test_a_pass_may_be_limited_to_a_prefix(directory: DirectoryStore, tmp_path: Path) -> None:
    known = fill(directory, tmp_path)
    assert [one.key for one in check_store(directory, known, prefix="log/")] == ["log/delta/0-1"]
    assert len(list(check_store(directory, known, prefix="segments/"))) == 5
    assert list(check_store(directory, known, prefix="nothing")) == []


class _Forgetful(DirectoryStore):
    """Lists late, as some stores do: what is there does not show yet."""

    def list(self, prefix: str = "", after: str = "") -> Iterator[Stored]:
        return iter(())


def test_a_list_that_is_behind_gives_no_false_alarm(tmp_path: Path) -> None:
    known = fill(DirectoryStore(tmp_path / "store"), tmp_path)
    assert {one.fixity for one in check_store(_Forgetful(tmp_path / "store"), known)} == {"intact"}


def test_an_object_that_cannot_be_read_is_a_finding_and_the_pass_goes_on(
    directory: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = fill(directory, tmp_path)
    bad = os.stat(tmp_path / "store" / sorted(known)[2]).st_ino  # noqa: PTH116
    real = os.preadv

    def fail(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        if os.fstat(descriptor).st_ino == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", fail)
    found = [one.fixity for one in check_store(directory, known)]
    assert found == ["intact", "intact", "unreadable", "intact", "intact", "intact"]
    with pytest.raises(StoreUnavailable):
        check_segment(directory, sorted(known)[2])


def test_a_store_that_does_not_answer_is_an_error_and_not_a_list_of_missing_objects(
    directory: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = fill(directory, tmp_path)

    def fail(_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "scandir", fail)
    with pytest.raises(StoreUnavailable):
        list(check_store(directory, known))
