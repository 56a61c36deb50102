"""Exports made to do harm, and exports that are damaged: one clear line, and nothing stored."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from archiver.errors import OutOfSpace, UsageError
from archiver.imports import containers, importing
from archiver.imports.blocks import blocks
from archiver.imports.containers import Unusable, open_container
from archiver.imports.importing import Importing
from archiver.records.import_models import ImportedFile
from connectors.contract import Answer, Ask, Stream
from connectors.exports.elements import Ending, NotAList, elements
from connectors.exports.x import XArchive
from tests.capture.rebuilding import check_rebuilt
from tests.imports.builders import MADE_AT, folder, tweet, x_files, ytd, zipped
from tests.imports.desk import Desk


def _zip(path: Path, fill: Callable[[zipfile.ZipFile], None]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as into:
        fill(into)
    return path


def _named(name: str) -> Callable[[Path], Path]:
    return lambda path: _zip(path, lambda into: into.writestr(zipfile.ZipInfo(name), b"x"))


def _twice(path: Path) -> Path:
    def fill(into: zipfile.ZipFile) -> None:
        into.writestr(zipfile.ZipInfo("data/tweets.js"), b"a")
        into.writestr(zipfile.ZipInfo("data/tweets.js"), b"b")

    return _zip(path, fill)


def _link(path: Path) -> Path:
    info = zipfile.ZipInfo("data/tweets.js")
    info.external_attr = 0o120777 << 16
    return _zip(path, lambda into: into.writestr(info, b"/etc/passwd"))


def _bomb(path: Path) -> Path:
    return _zip(path, lambda into: into.writestr("data/tweets.js", bytes(4 * 2**20)))


def _other_packing(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as into:
        into.writestr("data/tweets.js", bytes(2**20))
    return path


def _locked(path: Path) -> Path:
    _named("data/tweets.js")(path)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    return path


def _cut(path: Path) -> Path:
    content = _named("data/tweets.js")(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def _overlapping(path: Path) -> Path:
    """Two names for one stretch of bytes."""
    _zip(path, lambda into: into.writestr("data/a", os.urandom(4000)))
    content = path.read_bytes()
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    second = content[start:end].replace(b"data/a", b"data/b")
    directory = content[start:end] + second
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, len(directory), start, 0)
    path.write_bytes(content[:start] + directory + tail)
    return path


def _tar(path: Path, *infos: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as into:
        for info in infos:
            into.addfile(info, io.BytesIO(bytes(info.size)))
    return path


def _tar_link(path: Path) -> Path:
    info = tarfile.TarInfo("outbox.json")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return _tar(path, info)


def _tar_bomb(path: Path) -> Path:
    info = tarfile.TarInfo("outbox.json")
    info.size = 4 * 2**20
    return _tar(path, info)


def _tar_header(path: Path) -> Path:
    """A header that says that a gigabyte of headers follows."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 2**30
    with gzip.open(path, "wb") as into:
        into.write(info.tobuf(tarfile.USTAR_FORMAT))
        into.write(bytes(2**20))
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_named("../../etc/cron.d/x"), "leads out"),
        (_named("/etc/passwd"), "leads out"),
        (_named("C:\\x"), "leads out"),
        (_named("data//tweets.js"), "leads out"),
        (_twice, "two files of one name"),
        (_link, "link in place"),
        (_bomb, "fill the disk"),
        (_other_packing, "no platform packs"),
        (_locked, "need a password"),
        (_cut, "damaged or not whole"),
        (_overlapping, "lie over each other"),
        (_tar_link, "link in place"),
        (_tar_bomb, "fill the disk"),
        (_tar_header, "headers are larger"),
    ],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_container_made_to_do_harm_is_refused(
    make: Callable[[Path], Path], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "_RATIO_FROM", 2**20)
    container = open_container(make(tmp_path / "export"))
    with pytest.raises(Unusable, match=says) as refused:
        _look_through(container)
    assert "\n" not in str(refused.value)


def _look_through(container: containers.Container) -> None:
    container.members()
    for _, stream in container.walk(lambda _: True):
        stream.read(10)


def test_a_folder_with_a_link_or_a_pipe_is_refused(tmp_path: Path) -> None:
    linked = folder(tmp_path / "one", {"data/tweets.js": b"[]"})
    (linked / "data" / "more.js").symlink_to("/etc/passwd")
    with pytest.raises(Unusable, match="link in place"):
        open_container(linked).members()
    piped = folder(tmp_path / "two", {"data/tweets.js": b"[]"})
    os.mkfifo(piped / "pipe")
    with pytest.raises(Unusable, match="no file"):
        open_container(piped).members()
    with pytest.raises(Unusable, match="neither a file nor a folder"):
        open_container(piped / "pipe")


def test_folders_deeper_than_can_be_meant_are_refused(tmp_path: Path) -> None:
    open_folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d", dir_fd=open_folder)
        inside = os.open("d", os.O_RDONLY, dir_fd=open_folder)
        os.close(open_folder)
        open_folder = inside
    os.close(open_folder)
    with pytest.raises(Unusable, match="too deep"):
        open_container(tmp_path).members()


def test_a_folder_is_called_by_its_name_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder(tmp_path / "export", {"data/tweets.js": b"[]"}))
    assert containers.whole(open_container(Path()), []).name == "export"


def test_more_files_than_can_be_meant_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MOST_FILES", 3)
    path = zipped(tmp_path / "x.zip", {f"data/{number}.js": b"" for number in range(4)})
    with pytest.raises(Unusable, match="more than 3 files"):
        open_container(path).members()


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"notes.txt": b"hello"}, "no export that this version knows"),
        ({"data/manifest.js": b"window.__THAR_CONFIG = {"}, "does not say whose"),
        ({"data/account.js": b"\xff\xfe["}, "does not say whose"),
        ({"data/manifest.js": b"[" * 100_000}, "does not say whose"),
        (x_files("4242", "somebody_else"), "of another account"),
    ],
    ids=["other", "cut", "binary", "deep", "another"],
)
def test_what_is_not_the_accounts_own_export_is_refused(desk: Desk, files: dict[str, bytes], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        desk.bring(zipped(desk.folder / "x.zip", files))
    assert desk.imports() == []
    assert list(desk.house.segments()) == []


@pytest.mark.parametrize("missing", ["source", "reason", "by"])
def test_who_and_why_have_to_be_said(desk: Desk, missing: str) -> None:
    with pytest.raises(UsageError, match=f"--{missing} has to say something"):
        Importing(desk.house.capture, desk.wanted(desk.x_archive(), **{missing: "  "})).carry_out()


def test_where_there_is_no_room_nothing_is_begun(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(desk.house.capture.spool), "free_bytes", lambda _: (10, 10**9))
    with pytest.raises(OutOfSpace, match="nothing was stored"):
        desk.bring(desk.x_archive())
    assert desk.imports() == []


def test_a_file_that_changes_meanwhile_is_not_taken_for_the_one_that_was_looked_through(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = x_files(desk.row.platform_id, desk.row.handle, [tweet("1500000000000000001", "before")])
    path = folder(desk.folder / "export", files)
    began = importing.Importing._begin

    def changing(self: importing.Importing) -> None:
        began(self)
        later = files["data/tweets.js"].replace(b"before", b"behind")
        (path / "data" / "tweets.js").write_bytes(later)

    monkeypatch.setattr(importing.Importing, "_begin", changing)
    with pytest.raises(Unusable, match="changed while it was read"):
        desk.bring(path)
    assert desk.search("behind") == []


def test_what_cannot_be_understood_is_kept_and_told_and_the_rest_is_read(desk: Desk) -> None:
    files = x_files(desk.row.platform_id, desk.row.handle)
    good = tweet("1500000000000000001", "good words")
    broken = [{"tweet": {"id_str": "x"}}, good, {"tweet": {"id_str": "1500000000000000002"}}]
    files["data/tweets.js"] = ytd("tweets", broken) + b"\n"
    files["data/deleted-tweets.js"] = b'window.YTD.deleted_tweets.part0 = [ {"tweet": {"id_str": "15'
    files["data/direct-messages.js"] = b"\xff\xfe not a list"
    outcome = desk.bring(zipped(desk.folder / "x.zip", files))
    assert (outcome.records, outcome.not_understood) == (1, 4)
    assert [one.state for one in desk.search("good words")] == ["known_from_import"]


# Long lists.


@pytest.mark.parametrize("size", [1, 60, 10_000])
def test_blocks_of_a_list_are_the_file_and_hold_whole_elements(size: int) -> None:
    things = [{"tweet": {"id": number, "text": 'a "quoted" ] } \\ \u2603' * (number % 3)}} for number in range(50)]
    content = ytd("tweets", things)
    found = list(blocks(io.BytesIO(content), size))
    assert b"".join(body for _, body in found) == content
    assert [start for start, _ in found] == [
        sum(len(body) for _, body in found[:number]) for number in range(len(found))
    ]
    read = [one.value for number, (_, body) in enumerate(found) for one in elements(body, first=number == 0)]
    assert read == things


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"window.YTD.x.part0 = ",
        b'[{"a": 1}',
        b'[{"a": "',
        b"[1, 2]",
        b"[{}}]",
        b"[ {} ]" + b"x" * 3_000_000,
    ],
)
def test_what_is_no_list_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NotAList):
        list(blocks(io.BytesIO(content)))


def test_a_long_element_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archiver.imports.blocks._PIECE", 1000)
    looked: list[int] = []
    find = Ending.find

    def counted(self: Ending, data: bytes) -> int | None:
        looked.append(len(data) - self.position)
        return find(self, data)

    monkeypatch.setattr(Ending, "find", counted)
    content = b'[{"a": [' + b'["x"],' * 10_000 + b'"y"]}]'
    assert b"".join(body for _, body in blocks(io.BytesIO(content))) == content
    assert sum(looked) < 2 * len(content)


def test_a_list_of_nothing_that_can_be_read_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.exports.x._MOST_WRONG", 100)
    monkeypatch.setattr("connectors.exports.x._MOST_CUTS", 1000)
    answer = Answer(0, (), b"[" + b"{}," * 2500 + b"]", MADE_AT)
    found = XArchive().read(Ask(url="urn:x", stream=Stream.POSTS, purpose="posts", authorise="never"), answer)
    assert (len(found.quarantine), len(found.cuts)) == (100, 1000)


def test_an_element_of_too_many_parts_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.exports.elements.MOST_PARTS", 1000)
    (one,) = elements(b"[[" + b"[]," * 1001 + b"[]]]")
    assert one.wrong == "JSON of too many parts"


def test_a_name_for_an_account_has_to_be_confirmed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(XArchive, "is_of", lambda *_: None)
    path = desk.x_archive()
    with pytest.raises(UsageError, match="--confirm-account"):
        desk.bring(path)
    with pytest.raises(UsageError, match="--confirm-account"):
        desk.bring(path, confirmed="somebody")
    assert desk.imports() == []
    desk.bring(path, confirmed=desk.row.handle)
    assert [one.confirmed for one in desk.imports()] == [desk.row.handle]


def test_a_list_that_is_none_and_too_large_to_be_read_is_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archiver.imports.making.READ_WHOLE", 100)
    files = x_files(desk.row.platform_id, desk.row.handle)
    files["data/tweets.js"] = ytd("tweets", [tweet("1500000000000000001", "good words")]) + b"x" * 3_000_000
    outcome = desk.bring(zipped(desk.folder / "x.zip", files))
    assert outcome.records == 0
    (row,) = [one for one in desk.rows(ImportedFile) if one.name == "data/tweets.js"]
    assert (row.use, row.size) == ("kept", len(files["data/tweets.js"]))
    assert list(desk.house.capture.spool.folder.glob("rn_*")) == []
    check_rebuilt(desk.house)
