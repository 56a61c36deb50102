"""The search page of a large archive: over a real socket, from request to last byte, by a published mix of queries.

``python -m bench.search_page --records 1000000`` fills an index (:mod:`bench.city`) and asks for the first page of each
query; of those with more hits than are counted at once also for the page that counts them all. ``--postgresql``: on a
server started for it. ``--home`` and ``--database-url`` take an archive that is filled already. Prints one JSON object:
milliseconds, median and 95th percentile, by class and over the whole mix; and processor time of this process, which
is that of the service and of the client together (a server of PostgreSQL is beside it and not in it).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from sqlalchemy import text
from sqlalchemy.engine import make_url

from archiver.archive import Archive
from archiver.people.roles import Role
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from bench import city
from bench.corpus import START, Corpus
from bench.memory import high_water
from tests.servers.databases import Databases
from tests.servers.postgresql import Server
from tests.signed_in import cookies, person

#: Milliseconds from request to last byte, and of the processor.
Took = tuple[float, float]
#: Classes of the mix, each as frequent as the others.
MIX = {
    "rare": "one word of 10 to 300 records",
    "common": "one word of 3 to 10 in a hundred records",
    "everywhere": "one word of more than 10 in a hundred",
    "two words": "a common word and one of about 1 in a hundred",
    "phrase": "three words that stand side by side in some record",
    "prefix": "the first four letters of a word of about 1 in a hundred, and `*`",
    "fields": "a common word, an account, a kind or a state",
    "field alone": "a state, a platform, or what was edited",
    "dates": "a common word within 30 days",
    "either, not": "one of two words and not a third",
}


def questions(records: int, number: int) -> dict[str, list[str]]:
    """Queries by class, chosen by how many posts have their words."""
    choose, corpus = random.Random(11), Corpus(records)
    weights = [1 / (rank + 3) for rank in range(len(corpus.words))]
    whole = sum(weights)
    #: How often a word is expected in a record of 24 words.
    share = {word: 1 - (1 - weight / whole) ** 24 for word, weight in zip(corpus.words, weights, strict=True)}

    def word(low: float, high: float) -> str:
        return choose.choice([one for one, part in share.items() if low <= part <= high])

    def rare() -> str:
        return word(10 / records, max(300 / records, 0.0006))

    def common() -> str:
        return word(0.03, 0.1)

    def middle() -> str:
        return word(0.006, 0.02)

    some = [post.text.lower().rstrip(".").split() for post, _ in zip(corpus.posts(), range(2_000), strict=False)]

    def phrase() -> str:
        said = choose.choice(some)
        at = choose.randrange(len(said) - 2)
        return f'"{" ".join(said[at : at + 3])}"'

    def fields() -> str:
        account = choose.randrange(city.ACCOUNTS)
        narrowed = (
            f"account:{city.PLATFORMS[account % len(city.PLATFORMS)]}/city{account}",
            "kind:comment",
            "state:gone",
        )
        return f"{common()} {choose.choice(narrowed)}"

    def dates() -> str:
        start = START + timedelta(days=choose.randrange(1700))
        return f"{common()} after:{start:%Y-%m-%d} before:{start + timedelta(days=30):%Y-%m-%d}"

    alone = [*(f"platform:{one}" for one in city.PLATFORMS), "has:edits", "state:hidden", "state:gone", "kind:post"]
    made: dict[str, Callable[[], str]] = {
        "rare": rare,
        "common": common,
        "everywhere": lambda: word(0.1, 1),
        "two words": lambda: f"{middle()} {common()}",
        "phrase": phrase,
        "prefix": lambda: f"{middle()[:4]}*",
        "fields": fields,
        "field alone": lambda: choose.choice(alone),
        "dates": dates,
        "either, not": lambda: f"({middle()} OR {common()}) -{common()}",
    }
    return {name: [make() for _ in range(number)] for name, make in made.items()}


def measure(archive: Archive, records: int, number: int) -> dict[str, Any]:
    """Fill an archive, if it is not, and time its pages."""
    city.fill(archive, records)
    pages = PageServer(create_app(Site(archive)), bind(archive.settings))
    pages.start()
    try:
        with httpx.Client(
            base_url=pages.url.rstrip("/"), cookies=cookies(archive, person(archive, Role.CUSTODIAN)), timeout=60
        ) as client:
            return {**_timed(client, questions(records, number)), "load": round(os.getloadavg()[0], 1)}
    finally:
        pages.stop()


def _timed(client: httpx.Client, asked: dict[str, list[str]]) -> dict[str, Any]:
    classes, every, whole, largest, memory = {}, list[Took](), list[Took](), 0, 0.0
    for name, queries in asked.items():
        times: list[Took] = []
        for query in queries:
            page, took = _asked(client, q=query)
            times.append(took)
            largest = max(largest, len(page.content))
            if "counts=all" in page.text:
                whole.append(_asked(client, q=query, counts="all")[1])
        classes[name] = _figures(times)
        every += times
        memory = memory or _peak_from_now_on()
    return {
        "classes": classes,
        "mix": _figures(every),
        "all counted": _figures(whole),
        "bytes": largest,
        "mib": {"after the first class": round(memory), "peak": round(high_water("self"))},
    }


def _peak_from_now_on() -> float:
    """What this process has now, in MiB; and its peak is counted anew, since filling took more."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return high_water("self")


def _asked(client: httpx.Client, **asked: str) -> tuple[httpx.Response, Took]:
    began, worked = time.perf_counter(), time.process_time()
    answer = client.get(f"/search?{urlencode(asked)}")
    took = ((time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000)
    if answer.status_code != 200:
        raise SystemExit(f"{asked}: {answer.status_code}")
    return answer, took


def _figures(times: list[Took]) -> dict[str, int]:
    if len(times) < 2:
        return {"asked": len(times)}
    whole, worked = zip(*times, strict=True)
    return {
        "asked": len(times),
        "median": round(statistics.median(whole)),
        "p95": round(_p95(whole)),
        "worst": round(max(whole)),
        "processor median": round(statistics.median(worked)),
        "processor p95": round(_p95(worked)),
    }


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[min(int(len(times) * 0.95), len(times) - 1)]


def lines(found: dict[str, Any], where: str) -> list[str]:
    """For the page of benchmarks."""
    made = [
        f"{found['records']:,} records of {city.ACCOUNTS} accounts on {where}: the whole page over HTTP, with facets"
        " and months, for a custodian who sees everything."
        f" {found['mix']['asked']} pages, as many of each class. Aims: 95 in a hundred under 300 ms; those that count"
        " all of more than 10,000 under 1,500 ms.",
        "",
        "| class | what is asked | median, ms | p95, ms | processor, median | processor, p95 |",
        "|---|---|---|---|---|---|",
    ]
    named = {**found["classes"], "**the mix**": found["mix"], "**all counted**": found["all counted"]}
    what = {**MIX, "**all counted**": "those of the mix with more than 10,000 hits, all of them counted"}
    for name, one in named.items():
        columns = (one.get(key, "") for key in ("median", "p95", "processor median", "processor p95"))
        made.append(f"| {name} | {what.get(name, 'all of these')} | {' | '.join(str(value) for value in columns)} |")
    return [
        *made,
        "",
        *([_memory(found["mib"])] if "mib" in found else []),
        f"The largest page has {found['bytes']:,} bytes. Load of the machine at the end: {found['load']}.",
    ]


def _memory(mib: dict[str, int]) -> str:
    return (
        f"Memory of the service and of who asks it, in one process: {mib['after the first class']} MiB after the first"
        f" class, and {mib['peak']} MiB at most in all that followed."
    )


@contextmanager
def opened(home: Path | None, url: str | None, *, postgresql: bool) -> Iterator[Archive]:
    """An archive to measure in: at ``home``, with the server's files beside it, where it is to be kept."""
    with tempfile.TemporaryDirectory() as folder:
        place = home or Path(folder) / "home"
        kept = None if home is None else home.with_name(f"{home.name}-postgresql")
        server = Server(options={"shared_buffers": "256MB"}, kept=kept) if postgresql and not url else None
        try:
            where = _database(server) if server is not None else url or ""
            settings = Settings(home=place, web_port=0, disk_reserve_percent=0, database_url=where)
            with Archive.open(settings) as archive:
                yield archive
        finally:
            if server is not None:
                server.close()


def _database(server: Server) -> str:
    """The one that is kept there, or a new one."""
    databases, noted = Databases(server.url), server.folder / "database"
    if not noted.exists():
        noted.write_text(str(make_url(databases.new()).database))
    return databases.url.set(database=noted.read_text()).render_as_string(hide_password=False)


def run(records: int, number: int, *, postgresql: bool, home: Path | None = None, url: str | None = None) -> Any:
    """Everything; the object that is printed."""
    with opened(home, url, postgresql=postgresql) as archive:
        found = measure(archive, records, number)
        with archive.database.read() as connection:
            of = "sqlite_version()" if archive.database.dialect == "sqlite" else "current_setting('server_version')"
            version = connection.execute(text(f"SELECT {of}")).scalar_one()
    return {"records": records, archive.database.dialect: version, **found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=30, help="per class")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--database-url")
    given = parser.parse_args()
    found = run(given.records, given.queries, postgresql=given.postgresql, home=given.home, url=given.database_url)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
