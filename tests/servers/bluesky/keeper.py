"""Runs the network and what it needs until it is told to end, or any part of it ends: ``keeper INSTALLED DATA PORT…``.

A process of its own, so that :mod:`tests.servers.shared` can end it, and all of it ends together.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from tests.servers.bluesky import node, redis
from tests.servers.postgresql import Server

_POLL = 0.5


def main(installed: Path, data: Path, ports: dict[str, int]) -> None:
    """Start PostgreSQL, Redis and the network; end them all."""
    signal.signal(signal.SIGTERM, _end)
    database = Server()
    children: list[subprocess.Popen[bytes]] = []
    try:
        children.append(subprocess.Popen(_redis(ports["redis"])))
        children.append(_network(installed, data, database.url.replace("+psycopg", ""), ports))
        while all(child.poll() is None for child in children):
            time.sleep(_POLL)
    finally:
        for child in children:
            child.kill()
            child.wait()
        database.close()


def _redis(port: int) -> list[str]:
    program = redis()
    assert program is not None
    listen = ["--port", str(port), "--bind", "127.0.0.1"]
    return [program, *listen, "--save", "", "--appendonly", "no", "--loglevel", "warning"]


def _network(installed: Path, data: Path, database: str, ports: dict[str, int]) -> subprocess.Popen[bytes]:
    program = node(installed)
    assert program is not None
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "TMPDIR": str(data),
        "LOG_ENABLED": "false",
        "REDIS_HOST": f"127.0.0.1:{ports['redis']}",
        "NETWORK": json.dumps({**ports, "postgres": database}),
        "NODE_OPTIONS": "--disable-warning=ExperimentalWarning --disable-warning=DeprecationWarning",
    }
    return subprocess.Popen([program, "network.mjs"], cwd=installed, env=environment)


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    named = (word.partition("=") for word in sys.argv[3:])
    main(Path(sys.argv[1]), Path(sys.argv[2]), {name: int(port) for name, _, port in named})
