"""What an export comes in: a ZIP, a TAR, a folder, or one file. Written by strangers, so nothing in it is trusted.

Everything is read in passes from front to back and in pieces; nothing is unpacked, no name in it becomes a path of
ours, and no archive inside an archive is opened. What is wrong with it is one sentence, and then nothing of it is
stored.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from archiver import canonical
from archiver.errors import UsageError
from archiver.visible import one_line

PIECE = 1 << 20
MOST_FILES = 200_000
_LONGEST_NAME = 1000
_RATIO = 300
"""Most bytes that one byte of a large file may unpack to. What platforms make stays far below; deflate alone cannot
give more than 1032."""
_RATIO_FROM = 64 * 2**20
_LARGEST = 2**42
_LONGEST_READ = 8 * 2**20
"""What a TAR's headers may make Python read at once."""


class Unusable(UsageError):  # noqa: N818 - named as the cause
    """The file cannot be brought in. Nothing of it was stored."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in it."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Whole:
    """The container itself, as it was given."""

    name: str
    size: int
    sha256: str
    """Hex. Of a folder, of the list of its files."""


class Container(Protocol):
    """Something with files in it."""

    path: Path

    def members(self) -> list[Member]:
        """Its files, in the order in which :meth:`walk` comes by them.

        Raises:
            Unusable: it is not what it seems, or holds what an export does not.
        """
        ...

    def walk(self, wanted: Callable[[str], bool]) -> Iterator[tuple[Member, IO[bytes]]]:
        """The wanted files, one after the other; each is read before the next is asked for.

        Raises:
            Unusable: it breaks off, or is damaged.
        """
        ...


def open_container(path: Path) -> Container:
    """What ``path`` is, by its content.

    Raises:
        Unusable: it is not there, or nothing that can be read.
    """
    try:
        kind = path.lstat().st_mode
        if stat.S_ISLNK(kind):
            kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            return _Folder(path)
        if not stat.S_ISREG(kind):
            raise Unusable(f"{path} is neither a file nor a folder")
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise Unusable(f"cannot read {path}: {error.strerror or error}") from None
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _Zip(path)
    if head[257:262] == b"ustar":
        return _Tar(path, packed=False)
    if head[:2] == b"\x1f\x8b" and _holds_tar(path):
        return _Tar(path, packed=True)
    return _Single(path)


def whole(container: Container, listed: list[tuple[Member, str]]) -> Whole:
    """The container's own size and digest. ``listed``: its files with their digests.

    Raises:
        Unusable: it cannot be read.
    """
    path = container.path
    if isinstance(container, _Folder):
        rows = [[member.name, member.size, digest] for member, digest in sorted(listed, key=lambda one: one[0].name)]
        # One line for each, since a canonical text of all of them may be long.
        digest = sha256(b"".join(canonical.encode(row) + b"\n" for row in rows)).hexdigest()
        return Whole(path.resolve().name, sum(member.size for member, _ in listed), digest)
    with readable(path), path.open("rb") as file:
        read = sha256()
        size = 0
        while piece := file.read(PIECE):
            read.update(piece)
            size += len(piece)
    return Whole(path.name, size, read.hexdigest())


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what reading a damaged file raises into a sentence.

    Raises:
        Unusable: it did.
    """
    try:
        yield
    except Unusable:
        raise
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise Unusable(f"{path.name} is damaged or not whole: {one_line(str(error), 100)}") from None
    except NotImplementedError as error:
        raise Unusable(f"{path.name} is packed in a way that is not known: {one_line(str(error), 100)}") from None
    except RuntimeError as error:  # zipfile's word for a file that needs a password
        raise Unusable(f"{path.name} cannot be read: {one_line(str(error), 100)}") from None
    except (ValueError, OverflowError, UnicodeError) as error:
        raise Unusable(f"{path.name} is not as it should be: {one_line(str(error), 100)}") from None
    except OSError as error:
        raise Unusable(f"cannot read {path}: {error.strerror or error}") from None


def checked_name(name: str, among: set[str]) -> str:
    """A name that stays inside.

    Raises:
        Unusable: it leads out, is not usable, or was there before.
    """
    parts = name.split("/")
    shown = one_line(name, 80)
    if not name or len(name) > _LONGEST_NAME or "\0" in name:
        raise Unusable(f"it holds a file whose name cannot be used: {shown!r}")
    if name.startswith("/") or "\\" in name or ":" in parts[0] or any(one in ("", ".", "..") for one in parts):
        raise Unusable(f"it holds a file whose name leads out of it: {shown!r}")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Unusable(f"it holds a file whose name is no text: {shown!r}") from None
    if name in among:
        raise Unusable(f"it holds two files of one name: {shown!r}")
    if len(among) >= MOST_FILES:
        raise Unusable(f"it holds more than {MOST_FILES:,} files")
    among.add(name)
    return name


def checked_size(total: int, packed: int) -> None:
    """Refuse what unpacks to more than an export does.

    Args:
        total: bytes unpacked, or said to be.
        packed: bytes that they come from.

    Raises:
        Unusable: it does.
    """
    if total > _LARGEST:
        raise Unusable("what is in it is larger than can be meant")
    if total > _RATIO_FROM and total > packed * _RATIO:
        raise Unusable("it unpacks to far more than an export does, as if made to fill the disk")


# --- ZIP -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Zip:
    path: Path

    def members(self) -> list[Member]:
        with readable(self.path), zipfile.ZipFile(self.path) as opened:
            infos = [one for one in opened.infolist() if not one.is_dir()]
            names: set[str] = set()
            packed = sum(one.compress_size for one in infos)
            if packed > self.path.stat().st_size:
                raise Unusable("its files lie over each other, as if made to fill the disk")
            for one in infos:
                self._check(one, names)
            checked_size(sum(one.file_size for one in infos), packed)
            return [Member(one.filename, one.file_size) for one in infos]

    @staticmethod
    def _check(one: zipfile.ZipInfo, names: set[str]) -> None:
        checked_name(one.filename, names)
        mode = one.external_attr >> 16
        if stat.S_ISLNK(mode) or (stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
            raise Unusable(f"it holds a link in place of a file: {one_line(one.filename, 80)!r}")
        if one.flag_bits & 0x1:
            raise Unusable("it holds files that need a password; ask for the export without one")
        if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Of the others, Python unpacks as much at once as a few bytes give: gigabytes.
            raise Unusable("it is packed in a way in which no platform packs exports")
        checked_size(one.file_size, max(one.compress_size, 1))

    def walk(self, wanted: Callable[[str], bool]) -> Iterator[tuple[Member, IO[bytes]]]:
        with readable(self.path), zipfile.ZipFile(self.path) as opened:
            for one in opened.infolist():
                if not one.is_dir() and wanted(one.filename):
                    with opened.open(one) as stream:
                        yield Member(one.filename, one.file_size), stream


# --- TAR -------------------------------------------------------------------------------------------------------------


class _Bounded(io.RawIOBase):
    """A stream that gives no more at once, and in all, than an export can need: a TAR's own headers say how much is to
    be read into memory."""

    def __init__(self, stream: BinaryIO, packed: int) -> None:
        super().__init__()
        self._stream, self._packed = stream, packed

    def read(self, size: int = -1, /) -> bytes:
        if size < 0 or size > _LONGEST_READ:
            raise Unusable("its headers are larger than an export's")
        checked_size(self._stream.tell(), self._packed)
        return self._stream.read(size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        position = self._stream.tell()
        if whence == 0 and offset > position:  # skipped in pieces, so that its size is looked at
            while position < offset and self.read(min(PIECE, offset - position)):
                position = self._stream.tell()
            return position
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()
        super().close()


def _holds_tar(path: Path) -> bool:
    try:
        with gzip.open(path) as stream:
            return stream.read(512)[257:262] == b"ustar"
    except (OSError, EOFError, zlib.error):
        return False


@dataclass(slots=True)
class _Tar:
    path: Path
    packed: bool

    def members(self) -> list[Member]:
        names: set[str] = set()
        return [Member(checked_name(one.name, names), one.size) for _, one in self._entries()]

    def walk(self, wanted: Callable[[str], bool]) -> Iterator[tuple[Member, IO[bytes]]]:
        for opened, one in self._entries():
            if wanted(one.name):
                stream = opened.extractfile(one)
                assert stream is not None
                with stream:
                    yield Member(one.name, one.size), stream

    def _entries(self) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
        with readable(self.path), closing(self._stream()) as stream:
            bounded = _Bounded(stream, self.path.stat().st_size)
            with tarfile.open(fileobj=bounded, mode="r:") as opened:
                while (one := opened.next()) is not None:
                    one.name = one.name.removeprefix("./")
                    if one.isdir():
                        continue
                    if not one.isreg() or one.issparse():
                        raise Unusable(f"it holds a link in place of a file: {one_line(one.name, 80)!r}")
                    if one.size < 0:
                        raise Unusable("it holds a file of no possible size")
                    yield opened, one

    def _stream(self) -> BinaryIO:
        return gzip.open(self.path) if self.packed else self.path.open("rb")  # type: ignore[return-value]


# --- a folder, a file ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Folder:
    path: Path

    def members(self) -> list[Member]:
        names: set[str] = set()
        return [Member(checked_name(name, names), size) for name, size in self._files(self.path, "")]

    def _files(self, folder: Path, before: str) -> Iterator[tuple[str, int]]:
        if len(before) > _LONGEST_NAME:
            raise Unusable(f"its folders are too deep: {one_line(before, 80)!r}")
        with readable(folder):
            entries = sorted(os.scandir(folder), key=lambda one: one.name)
        for one in entries:
            name = f"{before}{one.name}"
            if one.is_symlink():
                raise Unusable(f"it holds a link in place of a file: {one_line(name, 80)!r}")
            if one.is_dir():
                yield from self._files(Path(one.path), f"{name}/")
            elif one.is_file():
                yield name, one.stat().st_size
            else:
                raise Unusable(f"it holds something that is no file: {one_line(name, 80)!r}")

    def walk(self, wanted: Callable[[str], bool]) -> Iterator[tuple[Member, IO[bytes]]]:
        for name, size in self._files(self.path, ""):
            if wanted(name):
                with readable(self.path), _opened(self.path / name) as stream:
                    yield Member(name, size), stream


def _opened(path: Path) -> IO[bytes]:
    """A file that is none but itself, even if somebody put a link in its place meanwhile."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")


@dataclass(slots=True)
class _Single:
    path: Path

    def members(self) -> list[Member]:
        with readable(self.path):
            return [Member(checked_name(self.path.name, set()), self.path.stat().st_size)]

    def walk(self, wanted: Callable[[str], bool]) -> Iterator[tuple[Member, IO[bytes]]]:
        if wanted(self.path.name):
            with readable(self.path), self.path.open("rb") as stream:
                yield Member(self.path.name, self.path.stat().st_size), stream
