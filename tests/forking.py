"""Processes that tests start and kill. They are forked by a server that has imported and done what each would do again,
so that a start costs little; there is one such server for all tests of a process."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from archiver import cli, faults

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.sessions", "archiver.cli.app", "boto3", "psycopg", "tests.warm"])


def run_command(arguments: Sequence[str], home: Path, point: str) -> int | None:
    """Carry out a command of the program on the archive in ``home`` and die at a crash point, if it comes to that; how
    the process ended."""
    process = CONTEXT.Process(target=_command, args=(arguments, {"ARCHIVER_HOME": str(home)}, point))
    process.start()
    process.join()
    return process.exitcode


def _command(arguments: Sequence[str], environment: Mapping[str, str], point: str) -> None:
    os.environ.update(environment)
    faults.arm(point)
    cli.main(arguments)
