"""The page about recovery, followed to the letter: its blocks are run as they stand."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from archiver import cli
from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.practice.run import RunningPractice
from archiver.records.digests import CONTENT, TableDigest, differences, digests
from archiver.records.stored import table
from archiver.settings import load_settings
from tests.cli.conftest import CommandLine
from tests.servers.databases import Databases

PAGE = Path(__file__).parents[2] / "docs" / "recovery.md"


def _blocks() -> dict[str, list[str]]:
    """The blocks of the page, by their heading."""
    found: dict[str, list[str]] = {}
    for section in re.split(r"^#+ ", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
        if blocks:
            found[section.partition("\n")[0]] = blocks
    return found


BLOCKS = _blocks()
#: The command as a block calls it. It is carried out in the test's own process, since starting one takes seconds.
_PROGRAM = """#!{python} -IS
import json, os, socket, sys
here = socket.socket(socket.AF_UNIX)
here.connect({socket!r})
file = here.makefile("rw")
own = {{name: value for name, value in os.environ.items() if name.startswith("ARCHIVER_")}}
print(json.dumps([sys.argv[1:], own]), file=file, flush=True)
code, out, err = json.loads(file.readline())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


class _Commands(socketserver.UnixStreamServer):
    """Carries out commands, one after the other."""

    def __init__(self, path: str) -> None:
        super().__init__(path, _Command)


class _Command(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        arguments, environ = json.loads(self.rfile.readline())
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in [name for name in os.environ if name.startswith("ARCHIVER_")]:
                patch.delenv(name)
            for name, value in environ.items():
                patch.setenv(name, value)
            code = cli.run(arguments)
        self.wfile.write(json.dumps([code, out.getvalue(), err.getvalue()]).encode() + b"\n")


@dataclass
class Place:
    """An archive whose store is apart from its home, and copies of what is to be kept."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    followed: set[tuple[str, int]] = field(default_factory=set)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def follow(self, heading: str, block: int = 0, **more: str) -> str:
        """Run a block of the page; what it said."""
        self.followed.add((heading, block))
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", BLOCKS[heading][block]],
            env={**os.environ, **self.environ, **more},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, (heading, done.stdout, done.stderr)
        return done.stdout

    def digests(self, **settings: str) -> dict[str, TableDigest]:
        with Archive.open(load_settings(**settings), create=False) as archive, archive.database.read() as connection:
            return digests(connection, (*CONTENT, table(Account)))

    def lose_index(self) -> None:
        for path in self.home.glob("index.sqlite3*"):
            path.unlink()


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archiver: CommandLine, city: RunningPractice
) -> Iterator[Place]:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "archiver").write_text(_PROGRAM.format(python=sys.executable, socket=str(tmp_path / "s")))
    (programs / "archiver").chmod(0o755)
    made = Place(tmp_path)
    monkeypatch.setenv("ARCHIVER_STORE_URL", made.store.as_uri())
    monkeypatch.setenv("ARCHIVER_TRUSTED_ORIGINS", city.base_url)
    names = {"STORE": made.store, "COPY": tmp_path / "copy", "KEPT": tmp_path / "kept"}
    made.environ = {name: str(path) for name, path in names.items()}
    made.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    small = [one.url for one in city.accounts if one.platform == "feed"]
    account = archiver("account", "add", small[0], "--json").json["account"]["id"]
    assert archiver("capture").code == 0
    assert archiver("account", "pause", account, "--reason", "moved").code == 0
    assert archiver("index", "snapshot").code == 0
    assert archiver("evidence", "checkpoint").code == 0
    with _Commands(str(tmp_path / "s")) as commands:
        thread = threading.Thread(target=commands.serve_forever)
        thread.start()
        yield made
        commands.shutdown()
        thread.join()


def test_the_page_is_followed_from_one_loss_to_the_next(place: Place, databases: Databases) -> None:
    before = place.digests()
    place.follow("What to keep, and where")

    shutil.rmtree(place.home)
    assert "Everything that was read is what it was." in place.follow("A lost machine")
    assert differences(before, place.digests()) == []

    (place.home / "index.sqlite3").write_bytes(b"not a database any more")
    for path in place.home.glob("index.sqlite3-*"):
        path.unlink()
    assert "Everything that was read is what it was." in place.follow("A lost or damaged database")
    assert differences(before, place.digests()) == []

    (place.home / "keys" / "log.key").unlink()
    place.follow("Of the log")
    (place.home / "keys" / "acts.key").unlink()
    assert "1 acts said anew" in place.follow("Of the acts")
    shutil.copytree(place.store, place.folder / "copy")

    segment = max(place.store.glob("segments/**/*.warc.gz"))
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.chmod(0o600)
    segment.write_bytes(content)
    key = str(segment.relative_to(place.store))
    assert "Everything that was read is what it was." in place.follow("A damaged store", KEY=key)
    assert (place.home / "damaged").read_bytes() == content

    url = databases.new()
    assert "postgresql" in url
    assert "every one was compared" in place.follow("Another database", NEW=url)
    assert differences(before, place.digests(database_url=url)) == []

    (place.home / "keys" / "acts.key").unlink()
    place.lose_index()
    place.follow("Of the acts", 1)
    after = place.digests()
    assert differences({**before, "account": after["account"]}, after) == []
    assert place.followed == {(heading, number) for heading, blocks in BLOCKS.items() for number in range(len(blocks))}
