"""One server for all workers of a test session, ended when the last of them has gone, however it went.

Every worker holds a shared lock on a file for its whole life; a keeper, which is a process of its own and the server's
parent, ends the server once it gets that lock for itself. So nothing is left behind, not even after ``kill -9``.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_FACTS = "facts.json"
#: Patterns of files that a server leaves in the machine's temporary folder, one a line.
LEFT_OVERS = "left-overs"
_POLL = 0.2


def session_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that all workers of this session share."""
    base = factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / name
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def shared(folder: Path, start: Callable[[Path], tuple[list[list[str]], dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Facts about the one server of ``folder``, which ``start`` prepares where it does not run yet: it gives the
    command lines to run and the facts to share, and is called with an empty folder for the server's data."""
    with (folder / "users").open("a") as users:
        with _alone(folder):
            fcntl.flock(users, fcntl.LOCK_SH)
            if not (folder / _FACTS).exists():
                _begin(folder, start)
            facts = json.loads((folder / _FACTS).read_text())
        yield facts


def _begin(folder: Path, start: Callable[[Path], tuple[list[list[str]], dict[str, Any]]]) -> None:
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    commands, facts = start(data)
    (folder / "commands.json").write_text(json.dumps(commands))
    subprocess.Popen(
        [sys.executable, "-m", "tests.servers.shared", str(folder)],
        cwd=Path(__file__).parents[2],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "keeper.log").open("a"),
    )
    (folder / _FACTS).write_text(json.dumps(facts))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "start").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep(folder: Path) -> None:
    """Run the commands until nobody uses them any more."""
    children = [_run(command, folder / "server.log") for command in json.loads((folder / "commands.json").read_text())]
    while True:
        time.sleep(_POLL)
        with _alone(folder), (folder / "users").open("a") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            (folder / _FACTS).unlink(missing_ok=True)
            for child in children:
                _end(child)
            shutil.rmtree(folder / "data", ignore_errors=True)
            _remove_left_overs(folder / LEFT_OVERS)
            return


def _remove_left_overs(listed: Path) -> None:
    for pattern in listed.read_text().split() if listed.exists() else ():
        for path in Path("/tmp").glob(pattern):
            path.unlink(missing_ok=True)


def _run(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _keep(Path(sys.argv[1]))
