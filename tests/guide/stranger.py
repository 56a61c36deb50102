"""A process of its own in which somebody uses the archive with a connector that they installed.

Reads commands, one JSON list of arguments a line; answers each with ``[code, output, errors]``. It knows the archive
and its command line, and nothing of these tests.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import asdict

from archiver import cli
from archiver.archive import Archive
from archiver.records.digests import digests
from archiver.settings import load_settings


def answer(arguments: list[str]) -> tuple[int, str, str]:
    """What one command says. ``digests`` is none of the archive's own: what the index holds, by table."""
    if arguments == ["digests"]:
        with Archive.open(load_settings(), kind="real") as archive, archive.database.read() as connection:
            return 0, json.dumps({name: asdict(one) for name, one in digests(connection).items()}), ""
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        code = cli.run(arguments)
    return code, out.getvalue(), errors.getvalue()


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
