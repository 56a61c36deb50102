"""What only a folder can get wrong: crashes and disk errors between any two steps, links, left-over files."""

from __future__ import annotations

import errno
import os
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from archiver.clock import SetClock
from archiver.errors import IntegrityError, OutOfSpace, Refused
from archiver.storage.directory import DirectoryStore
from archiver.storage.protocol import Conflict, NoSuchObject, Stored, StoreUnavailable
from tests.storage.faults import count_calls, failing, killed
from tests.storage.samples import NOW, sha

KEY = "segments/unassigned/ac_x/public/2026-11/object"
CONTENT = b"the bytes that count" * 1000
PRESENT = Stored(KEY, len(CONTENT), sha(CONTENT))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def directory(root: Path) -> DirectoryStore:
    return DirectoryStore(root, SetClock(NOW))


def put(store: DirectoryStore, content: bytes = CONTENT) -> Stored:
    return store.put(KEY, content, sha(content))


def content_of(store: DirectoryStore) -> bytes:
    with store.open(KEY) as file:
        return file.read()


def temporaries(root: Path) -> list[Path]:
    return list((root / ".tmp").iterdir())


def test_an_object_is_a_read_only_file_with_its_digest_beside_it(directory: DirectoryStore, root: Path) -> None:
    put(directory)
    path = root / KEY
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o444
    assert path.stat().st_nlink == 1
    checked = subprocess.run(["sha256sum", "--check", ".object.sha256"], cwd=path.parent, capture_output=True)
    assert checked.returncode == 0
    assert temporaries(root) == []


def test_a_new_store_is_closed_to_other_users(directory: DirectoryStore, root: Path) -> None:
    assert root.stat().st_mode & 0o777 == 0o700


def test_the_file_and_every_new_folder_are_synced_before_success(directory: DirectoryStore, root: Path) -> None:
    synced: list[Path] = []
    with pytest.MonkeyPatch.context() as patch:
        real = os.fsync

        def watch(descriptor: int) -> None:
            synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
            real(descriptor)

        patch.setattr(os, "fsync", watch)
        put(directory)
    folders = [root, *((root / KEY).parents[level] for level in (4, 3, 2, 1, 0))]
    assert synced[0].parent == root / ".tmp", "the bytes first"
    assert [path for path in synced if path.parent != root / ".tmp"] == folders


def test_the_sync_of_the_file_comes_before_its_name(directory: DirectoryStore) -> None:
    calls = count_calls(lambda: put(directory), ("write", "fsync", "link"))
    assert calls.index("fsync") < calls.index("link")
    assert calls[-1] == "fsync"


def test_writes_may_be_as_short_as_the_system_likes(directory: DirectoryStore) -> None:
    with pytest.MonkeyPatch.context() as patch:
        real = os.write
        patch.setattr(os, "write", lambda fd, block: real(fd, bytes(block[:777])))
        put(directory)
    assert content_of(directory) == CONTENT


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_failing_disk_at_any_step_loses_nothing_and_a_second_try_succeeds(tmp_path: Path, code: int) -> None:
    steps = count_calls(lambda: put(DirectoryStore(tmp_path / "count")))
    assert {"write", "fsync", "link", "replace", "mkdir", "unlink"} <= set(steps)
    expected = StoreUnavailable if code == errno.EIO else OutOfSpace
    for number in range(1, len(steps) + 1):
        root = tmp_path / str(number)
        stores: list[DirectoryStore] = []

        def act(root: Path = root, stores: list[DirectoryStore] = stores) -> None:
            stores.append(DirectoryStore(root))
            put(stores[0])

        with pytest.raises(expected, match="cannot"):
            failing(number, code, act)
        other = DirectoryStore(root)
        if other.head(KEY) is not None:  # after the link: whole, though not yet acknowledged
            assert other.head(KEY) == PRESENT
            assert content_of(other) == CONTENT
        again = stores[0] if stores else other
        assert put(again) == PRESENT
        assert content_of(again) == CONTENT
        assert [found.key for found in again.list()] == [KEY]
        assert other.head(KEY) == PRESENT


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_an_object_that_is_there_survives_any_disk_error_of_a_second_put(tmp_path: Path, code: int) -> None:
    store = DirectoryStore(tmp_path / "store")
    put(store)
    for number in range(1, len(count_calls(lambda: put(store))) + 1):
        with pytest.raises((StoreUnavailable, OutOfSpace)):
            failing(number, code, lambda: put(store))
        assert content_of(store) == CONTENT
    for number in range(1, len(count_calls(lambda: put(store))) + 1):
        with pytest.raises((StoreUnavailable, OutOfSpace, Conflict)):
            failing(number, code, lambda: put(store, b"something else"))
        assert content_of(store) == CONTENT


def test_after_a_failed_sync_the_bytes_are_written_into_a_new_file(directory: DirectoryStore) -> None:
    opened: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        real = os.open

        def watch(path: str, flags: int, *rest: int, **named: int) -> int:
            if flags & os.O_CREAT:
                opened.append(str(path))
            return real(path, flags, *rest, **named)

        patch.setattr(os, "open", watch)
        with pytest.raises(StoreUnavailable):
            failing(1, errno.EIO, lambda: put(directory), ("fsync",))
        assert directory.head(KEY) is None
        put(directory)
    assert len(opened) == len(set(opened)) == 3, "two files of content, one of the digest, none used twice"


def test_after_a_failed_sync_of_the_folder_the_name_is_written_anew(directory: DirectoryStore, root: Path) -> None:
    other = DirectoryStore(root.parent / "count")
    syncs = len(count_calls(lambda: put(other), ("fsync",)))
    with pytest.raises(StoreUnavailable):
        failing(syncs, errno.EIO, lambda: put(directory), ("fsync",))
    first = (root / KEY).stat().st_ino
    assert put(directory) == PRESENT
    assert (root / KEY).stat().st_ino != first
    second = (root / KEY).stat().st_ino
    assert put(directory) == PRESENT
    assert (root / KEY).stat().st_ino == second, "once it is safe it is left alone"


def test_what_the_disk_gives_back_is_compared_before_the_object_gets_its_name(directory: DirectoryStore) -> None:
    with pytest.MonkeyPatch.context() as patch:
        real = os.write
        patch.setattr(os, "write", lambda fd, block: real(fd, bytes(block).replace(b"count", b"c0unt")))
        with pytest.raises(IntegrityError, match="holds other bytes"):
            put(directory)
    assert directory.head(KEY) is None
    assert list(directory.list()) == []


# --- killed between any two steps ------------------------------------------------------------------------------------


def crash_everywhere(act: Callable[[], object], after: Callable[[], object], most: int = 60) -> int:
    """Kill ``act`` before each of its steps in turn, look with ``after`` each time; how many steps there were."""
    for number in range(1, most):
        came_so_far = killed(number, act)
        after()
        if not came_so_far:
            return number - 1
    raise AssertionError("more steps than expected")


@pytest.mark.faults
def test_a_kill_at_any_step_of_a_put_leaves_all_or_nothing(tmp_path: Path) -> None:
    names = iter(range(100))
    root = tmp_path / "0"

    def act() -> None:
        put(DirectoryStore(root))

    def after() -> None:
        nonlocal root
        store = DirectoryStore(root)
        assert store.head(KEY) in (None, PRESENT)
        assert [found.key for found in store.list()] in ([], [KEY])
        assert put(store) == PRESENT
        assert put(store) == store.head(KEY)
        assert content_of(store) == CONTENT
        for path in temporaries(root):
            os.utime(path, (0, 0))
        DirectoryStore(root)
        assert temporaries(root) == []
        assert [found.key for found in store.list()] == [KEY]
        root = tmp_path / str(1000 + next(names))

    assert crash_everywhere(act, after) > 20


@pytest.mark.faults
def test_a_kill_before_the_digest_is_noted_leaves_an_object_whose_digest_can_still_be_told(tmp_path: Path) -> None:
    unnoted = 0
    for number in range(1, 60):
        root = tmp_path / str(number)
        if not killed(number, lambda root=root: put(DirectoryStore(root))):  # type: ignore[misc]
            break
        path = root / KEY
        if path.exists() and not path.with_name(".object.sha256").exists():
            unnoted += 1
            assert DirectoryStore(root).head(KEY) == PRESENT
            with pytest.raises(Conflict):
                DirectoryStore(root).put(KEY, b"other", sha(b"other"))
    assert unnoted > 0


@pytest.mark.faults
def test_a_kill_at_any_step_of_a_deletion_leaves_all_or_nothing_and_the_key_usable(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store")
    put(store)

    def after() -> None:
        assert store.head(KEY) in (None, PRESENT)
        store.delete(KEY)
        assert store.head(KEY) is None
        assert store.put(KEY, b"new", sha(b"new")) == store.head(KEY)
        store.delete(KEY)
        put(store)

    assert crash_everywhere(lambda: store.delete(KEY), after) >= 5


@pytest.mark.faults
def test_a_kill_at_any_step_of_a_lock_or_hold_leaves_the_old_or_the_new_one(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store", SetClock(NOW))
    put(store)
    store.lock(KEY, NOW + timedelta(days=1))
    known = ["2026-11-23T13:00:00.000120Z"]

    def lengthen() -> None:
        store.lock(KEY, NOW + timedelta(days=1 + len(known)))

    def still_locked() -> None:
        found = store.locked_until(KEY)
        assert found is not None
        assert found >= known[-1]
        known.append(found)
        with pytest.raises(Refused):
            store.delete(KEY)

    assert crash_everywhere(lengthen, still_locked) >= 4
    assert crash_everywhere(lambda: store.hold(KEY, True), lambda: store.hold(KEY, False)) >= 4
    store.hold(KEY, True)
    assert crash_everywhere(lambda: store.hold(KEY, False), lambda: store.hold(KEY, True)) >= 2


# --- what strangers may leave in the folder --------------------------------------------------------------------------


def test_listing_passes_over_links_devices_hidden_files_and_names_no_key_has(
    directory: DirectoryStore, root: Path, tmp_path: Path
) -> None:
    put(directory)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (root / "linked").symlink_to(outside)
    (root / "segments" / "file").symlink_to(outside / "secret")
    (root / "segments" / "loop").symlink_to(root)
    os.mkfifo(root / "fifo")
    (root / "with space").write_text("x")
    (root / ".hidden").write_text("x")
    (root / "ünicode").mkdir()
    (root / "ünicode" / "x").write_text("x")
    (root / os.fsdecode(b"bad\xff")).write_text("x")
    assert [found.key for found in directory.list()] == [KEY]


def test_no_act_follows_a_link(directory: DirectoryStore, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (root / "linked").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    for act in (
        lambda: directory.head("linked/secret"),
        lambda: directory.open("linked/secret"),
        lambda: directory.delete("linked/secret"),
        lambda: directory.put("linked/new", b"x", sha(b"x")),
        lambda: directory.hold("linked/secret", True),
    ):
        with pytest.raises(StoreUnavailable, match="symbolic link"):
            act()
    assert directory.head("file") is None
    with pytest.raises(NoSuchObject):
        directory.open("file")
    with pytest.raises(Conflict):
        directory.put("file", b"x", sha(b"x"))
    directory.delete("file")
    assert (outside / "secret").read_text() == "secret"
    assert sorted(path.name for path in outside.iterdir()) == ["secret"]


def test_a_key_cannot_be_an_object_and_lead_to_others(directory: DirectoryStore) -> None:
    directory.put("a/b", b"x", sha(b"x"))
    with pytest.raises(Conflict):
        directory.put("a", b"x", sha(b"x"))
    with pytest.raises(StoreUnavailable):
        directory.put("a/b/c", b"x", sha(b"x"))
    assert [found.key for found in directory.list()] == ["a/b"]


def test_the_root_itself_may_be_a_link_the_operator_made(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "store").symlink_to(tmp_path / "disk")
    put(DirectoryStore(tmp_path / "store"))
    assert (tmp_path / "disk" / KEY).exists()


def test_left_over_temporary_files_go_after_an_hour_and_not_before(root: Path) -> None:
    DirectoryStore(root)
    old, young = root / ".tmp" / "1-old", root / ".tmp" / "2-young"
    old.write_text("x")
    young.write_text("x")
    os.utime(old, (time.time() - 3700,) * 2)
    os.utime(young, (time.time() - 3000,) * 2)
    DirectoryStore(root)
    assert temporaries(root) == [young]


def test_a_lock_that_cannot_be_read_counts_as_locked(directory: DirectoryStore, root: Path) -> None:
    put(directory)
    (root / KEY).with_name(".object.lock").write_text("soon")
    with pytest.raises(IntegrityError, match="not to be deleted"):
        directory.delete(KEY)
    with pytest.raises(IntegrityError):
        directory.locked_until(KEY)
    assert content_of(directory) == CONTENT


def test_a_digest_note_that_cannot_be_read_is_made_up_for_from_the_bytes(directory: DirectoryStore, root: Path) -> None:
    put(directory)
    note = (root / KEY).with_name(".object.sha256")
    for content in (b"", b"zz", os.urandom(40)):
        note.unlink()
        note.write_bytes(content)
        assert directory.head(KEY) == PRESENT
    put(directory)
    assert note.read_text() == f"{sha(CONTENT)}  object\n"


def test_the_recorded_digest_is_kept_when_the_bytes_are_changed_behind_our_back(
    directory: DirectoryStore, root: Path
) -> None:
    put(directory)
    (root / KEY).chmod(0o644)
    (root / KEY).write_bytes(CONTENT.replace(b"count", b"c0unt"))
    assert directory.head(KEY) == PRESENT, "so that a comparison with the bytes shows the change"
    with pytest.raises(Conflict):
        put(directory)


def test_a_folder_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreUnavailable, match="cannot use the folder"):
            DirectoryStore(root)


def test_a_source_that_is_gone_is_said_so_and_leaves_nothing(directory: DirectoryStore, root: Path) -> None:
    with pytest.raises(StoreUnavailable, match="No such file"):
        directory.put(KEY, root / "nowhere", "0" * 64)
    assert temporaries(root) == []


def test_an_error_while_reading_comes_in_the_words_of_the_archive(directory: DirectoryStore) -> None:
    put(directory)
    with pytest.MonkeyPatch.context() as patch, directory.open(KEY) as file:

        def fail(*_: object) -> int:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        patch.setattr(os, "preadv", fail)
        with pytest.raises(StoreUnavailable, match="disk may be failing"):
            file.read()


def test_closing_gives_the_descriptor_back(directory: DirectoryStore) -> None:
    put(directory)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        with directory.open(KEY, 3, 5) as file:
            file.read(1)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_vanishes_while_listing_is_left_out(directory: DirectoryStore, root: Path) -> None:
    for name in ("a", "b", "c/d", "e"):
        directory.put(name, b"x", sha(b"x"))
    listing = directory.list()
    assert next(listing).key == "a"
    directory.delete("b")
    directory.delete("c/d")
    assert [found.key for found in listing] == ["e"]
