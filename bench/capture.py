"""Capturing 20,000 records in 500 pages, beside what one would use instead, in one run and from one server.

``python -m bench.capture [--records 20000] [--rounds 3]`` prints one JSON object. Compared are

* *ours*: a full sweep, fsync, commitments, index and search included;
* *recorder*: ``warcio.capture_http`` with requests, which only records;
* *wget*: ``wget --warc-file``, where installed;
* *parts*: what cannot be avoided, each measured alone on the very same pages: the bare exchanges, an fsync of each
  page, gzip and SHA-256, the commitment trees, and a raw ``executemany`` of the very same rows.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.capture.service import Capture
from archiver.evidence.commitment import commit_exchange
from archiver.settings import load_settings
from archiver.storage.gzip_member import member
from archiver.work import memory as work
from connectors.contract import SweepKind

_PAGE = 40
_TABLES = ("run", "segment", "exchange", "record", "version", "occurrence", "state", "event")


@contextlib.contextmanager
def office(records: int) -> Iterator[str]:
    """A server with that many records, in its own process; its account's address."""
    command = [sys.executable, "-m", "archiver.practice.big", "--records", str(records)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip().split()[-1]
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True, slots=True)
class Captured:
    seconds: float
    home: Path
    processor: dict[str, float]
    """Seconds of processor time, by process; far steadier than what passed where others use the machine too."""


def ours(url: str, home: Path) -> Captured:
    """One full sweep into a new archive."""
    origin = url.split("/@", maxsplit=1)[0]
    settings = load_settings(home=home, trusted_origins=(origin,), request_pause_seconds=0, run_requests=100_000)
    with Archive.open(settings, kind="practice") as archive:
        capture = Capture(archive)
        account = accounts.add(archive, url).account.id
        work.settle()
        before = _processor()
        started = time.perf_counter()
        result = capture.run(account, SweepKind.FULL, trigger="person")
        seconds = time.perf_counter() - started
        used = {name: seconds - before[name] for name, seconds in _processor().items()}
        capture.close()
        if result.outcome != "complete":
            raise SystemExit(f"the sweep ended {result.outcome}: {result.reason}")
    return Captured(seconds, home, used)


def _processor() -> dict[str, float]:
    """Seconds of processor time so far of this process, and of the helping one once it has ended."""
    found = {"its own process": resource.RUSAGE_SELF, "the helping process": resource.RUSAGE_CHILDREN}
    usage = {name: resource.getrusage(who) for name, who in found.items()}
    return {name: one.ru_utime + one.ru_stime for name, one in usage.items()}


def pages(url: str, records: int) -> list[str]:
    """The addresses of all pages, as a sweep asks for them."""
    found: list[str] = []
    client = httpx.Client()
    origin, handle = url.split("/@")
    account = client.get(f"{origin}/api/v1/accounts/lookup", params={"acct": handle}).json()["id"]
    address: str | None = f"{origin}/api/v1/accounts/{account}/statuses?limit={_PAGE}"
    while address and len(found) <= records:
        found.append(address)
        answer = client.get(address)
        address = answer.links.get("next", {}).get("url") if answer.json() else None
    return found


def recorder(addresses: list[str], folder: Path) -> float:
    """``warcio.capture_http`` with requests, in a process of its own, since it replaces library parts."""
    script = (
        "import sys, time, json\n"
        "from warcio.capture_http import capture_http\n"
        "import requests\n"
        "addresses = json.load(open(sys.argv[1]))\n"
        "started = time.perf_counter()\n"
        "with capture_http(sys.argv[2]):\n"
        "    session = requests.Session()\n"
        "    for address in addresses:\n"
        "        session.get(address).content\n"
        "print(time.perf_counter() - started)\n"
    )
    listed = folder / "addresses.json"
    listed.write_text(json.dumps(addresses))
    command = [sys.executable, "-c", script, str(listed), str(folder / "recorder.warc.gz")]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def wget(addresses: list[str], folder: Path) -> float | None:
    """``wget --warc-file`` for the same addresses."""
    program = shutil.which("wget")
    if program is None:
        return None
    listed = folder / "addresses.txt"
    listed.write_text("\n".join(addresses))
    command = [program, "-q", "--warc-file", str(folder / "wget"), "-O", os.devnull, "-i", str(listed)]
    started = time.perf_counter()
    subprocess.run(command, check=True, env={"PATH": os.environ["PATH"]})
    return time.perf_counter() - started


def timed(work: Callable[[], None]) -> float:
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def parts(addresses: list[str], home: Path, folder: Path) -> dict[str, float]:
    """Seconds of each unavoidable part."""
    bodies: list[bytes] = []

    def exchange() -> None:
        with httpx.Client() as client:
            bodies.extend(client.get(address).content for address in addresses)

    def fsync() -> None:
        with (folder / "fsync").open("wb") as file:
            for body in bodies:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())

    def gzip() -> None:
        for body in bodies:
            sha256(body).hexdigest()
            member(body)

    def commitments() -> None:
        for body in bodies:
            commit_exchange(
                seed=bytes(32), facts=b"{}", request_sha256="0" * 64, response_sha256="0" * 64, body=body, cuts=()
            )

    found = {"exchange": timed(exchange), "fsync": timed(fsync), "gzip_sha256": timed(gzip)}
    found["commitments"] = timed(commitments)
    found["rows"] = rows(home / "index.sqlite3", folder / "rows.sqlite3", len(addresses))
    return found


def rows(index: Path, copy: Path, batches: int) -> float:
    """A raw ``executemany`` of the very same rows into the same tables, in as many transactions as ours took."""
    source = sqlite3.connect(index)
    schema = [row[0] for row in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL") if row[0]]
    tables = {name: source.execute(f"SELECT * FROM {name}").fetchall() for name in _TABLES}
    texts = source.execute("SELECT text FROM version").fetchall()
    source.close()
    target = sqlite3.connect(copy, isolation_level=None)
    target.execute("PRAGMA journal_mode=WAL")
    target.execute("PRAGMA synchronous=FULL")
    for statement in schema:
        if any(f" {name} " in statement.replace("(", " (") or f'"{name}"' in statement for name in _TABLES):
            with contextlib.suppress(sqlite3.OperationalError):
                target.execute(statement)
    target.execute("CREATE VIRTUAL TABLE plain USING fts5(text)")
    size = max(1, 200)
    pieces = max(1, batches // size)

    def insert() -> None:
        for piece in range(pieces):
            target.execute("BEGIN IMMEDIATE")
            for name, stored in tables.items():
                chosen = stored[piece::pieces]
                if chosen:
                    marks = ",".join("?" * len(chosen[0]))
                    target.executemany(f"INSERT INTO {name} VALUES ({marks})", chosen)
            target.executemany("INSERT INTO plain VALUES (?)", texts[piece::pieces])
            target.execute("COMMIT")

    return timed(insert)


def measure(records: int, rounds: int) -> dict[str, Any]:
    """Everything, ``rounds`` times; medians and their ratios."""
    folder = Path(tempfile.mkdtemp(prefix="bench-capture-"))
    seconds: dict[str, list[float]] = {}
    details: dict[str, list[float]] = {}
    processor: dict[str, list[float]] = {}
    try:
        with office(records) as url:
            addresses = pages(url, records)
            for number in range(rounds):
                here = folder / str(number)
                here.mkdir()
                captured = ours(url, here / "home")
                measured = {"ours": captured.seconds, "recorder": recorder(addresses, here)}
                fetched = wget(addresses, here)
                if fetched is not None:
                    measured["wget"] = fetched
                piece = parts(addresses, captured.home, here)
                measured["parts"] = sum(piece.values())
                for name, value in measured.items():
                    seconds.setdefault(name, []).append(value)
                for name, value in captured.processor.items():
                    processor.setdefault(name, []).append(value)
                for name, value in piece.items():
                    details.setdefault(name, []).append(value)
            rebuilt = rebuild_speed(url, captured.home, records)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    median = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "records": records,
        "pages": len(addresses),
        "rounds": rounds,
        "milliseconds_per_page": {name: round(1000 * value / len(addresses), 3) for name, value in median.items()},
        "parts_ms_per_page": _per_page(details, len(addresses)),
        "processor_ms_per_page": _per_page(processor, len(addresses)),
        "speed_of_ours_against": {
            name: round(statistics.median(other / own for other, own in zip(values, seconds["ours"], strict=True)), 3)
            for name, values in seconds.items()
            if name != "ours"
        },
        "rebuild": rebuilt,
    }


def _per_page(seconds: dict[str, list[float]], pages: int) -> dict[str, float]:
    return {name: round(1000 * statistics.median(values) / pages, 3) for name, values in seconds.items()}


def rebuild_speed(url: str, home: Path, records: int) -> dict[str, float]:
    """Records a second of a rebuild from the store alone."""
    for path in home.glob("index.sqlite3*"):
        path.unlink()
    origin = url.split("/@", maxsplit=1)[0]
    settings = load_settings(home=home, trusted_origins=(origin,))
    with Archive.open(settings, kind="practice", empty_index=True) as archive:
        started = time.perf_counter()
        report = rebuild(archive)
        seconds = time.perf_counter() - started
    if report.damaged or report.records < records:
        raise SystemExit(f"the rebuild is not whole: {report}")
    return {"records": report.records, "records_per_second": round(report.records / seconds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    json.dump(measure(chosen.records, chosen.rounds), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
