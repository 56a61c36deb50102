"""``python -m bench``: every measurement in one go, written into ``docs/benchmarks.md``.

``--only`` takes some of them; what was measured before stays on the page, with its date. ``--short`` takes small
numbers, to see that everything runs; it does not write the page. The figures behind the page are beside it. Exit code
1: an aim is missed that a measurement holds itself to.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import accounts, capture, growth, memory, reading, search, search_page

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
FIGURES = PAGE.with_suffix(".json")

Lines = list[str]
Chosen = argparse.Namespace
"""``short``, ``kept`` and ``only``, as given."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="small numbers; prints only")
    parser.add_argument("--kept", type=Path, help="a folder to keep the archives of the search pages in, once filled")
    parser.add_argument("--only", nargs="+", choices=[*SECTIONS], default=[*SECTIONS], help="these alone")
    chosen = parser.parse_args()
    found = {} if chosen.short or not FIGURES.exists() else json.loads(FIGURES.read_text())
    for name in chosen.only:
        measure, _ = SECTIONS[name]
        found[name] = {"on": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "figures": measure(chosen)}
        if not chosen.short:
            FIGURES.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
            PAGE.write_text(page(found))
    print(page(found))
    missed = [said for name in chosen.only if name in MISSED for said in MISSED[name](found[name]["figures"])]
    if missed:
        raise SystemExit("; ".join(missed))


def machine() -> str:
    """What measured, in a few words."""
    version = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python {version}"


def page(found: dict[str, Any]) -> str:
    """The page for these figures."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Quote the ratios: both sides of each were measured in the same run; absolute times"
        ' belong to the machine that is named. `make bench ARGS="--only search"` measures one part anew.',
    ]
    for name, (_, lines_of) in SECTIONS.items():
        if (section := found.get(name)) is not None:
            said = f"Measured on {section['on']}: {section['machine']}{section.get('remark', '')}."
            lines += ["", *lines_of(section["figures"]), "", said]
    return "\n".join(lines) + "\n"


def _capture(chosen: Chosen) -> dict[str, Any]:
    return capture.measure(2_000 if chosen.short else 20_000, 1 if chosen.short else 3)


def capture_lines(found: dict[str, Any]) -> Lines:
    """Capture against recorders, and rebuild."""
    lines = [
        "## Capture and rebuild",
        "",
        f"{found['records']:,} records in {found['pages']:,} pages from the practice server, fsync, commitments, index"
        f" and search included; median of {found['rounds']} rounds.",
        "",
        "| | ms per page | speed of ours against it | aim |",
        "|---|---|---|---|",
    ]
    aims = {"recorder": "at least 0.4", "parts": "at least 0.4", "wget": "reported"}
    names = {
        "ours": "this archiver",
        "recorder": "`warcio.capture_http` with requests, which only records",
        "wget": "`wget --warc-file`, which only records",
        "parts": "sum of the unavoidable parts",
    }
    for name, cost in found["milliseconds_per_page"].items():
        ratio = found["speed_of_ours_against"].get(name, "")
        lines.append(f"| {names[name]} | {cost} | {ratio} | {aims.get(name, '')} |")
    parts = ", ".join(f"{name} {cost}" for name, cost in found["parts_ms_per_page"].items())
    rebuilt = found["rebuild"]["records_per_second"]
    processor = found.get("processor_ms_per_page", {})
    used = " and ".join(f"{cost} in {name}" for name, cost in processor.items())
    return [
        *lines,
        "",
        f"The parts, ms per page: {parts}.",
        "",
        *([f"Processor time of this archiver, ms per page: {used}.", ""] if used else []),
        f"A rebuild from the store alone reads {rebuilt:,} records a second; aim: at least 3,000.",
    ]


def memory_lines(found: dict[str, Any]) -> Lines:
    """Peaks."""
    return [
        "## Memory",
        "",
        "| records captured in one run | peak, MiB, helping process included | aim |",
        "|---|---|---|",
        f"| 2,000 | {found['peak_mib_at_2000']:.0f} | |",
        f"| {found['records']:,} | {found['peak_mib']:.0f} | under 300 |",
    ]


def _search(chosen: Chosen) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return search.run(Path(folder), 20_000 if chosen.short else 1_000_000, 40)


def _search_postgresql(chosen: Chosen) -> dict[str, Any]:
    return search.run_on_a_server(5_000 if chosen.short else 1_000_000, 40)


def _sqlite_lines(found: dict[str, Any]) -> Lines:
    return ["## Search on SQLite", "", *search_lines(found, f"SQLite {found['sqlite']}", "raw FTS5")]


def _postgresql_lines(found: dict[str, Any]) -> Lines:
    version = found["postgresql"]
    return [
        "## Search on PostgreSQL",
        "",
        *search_lines(found, f"PostgreSQL {version}", "a `tsvector` column with GIN"),
    ]


def _page(chosen: Chosen, *, postgresql: bool) -> dict[str, Any]:
    records, number = (5_000, 4) if chosen.short else (1_000_000, 30)
    home = None if chosen.kept is None else chosen.kept / f"{'postgresql' if postgresql else 'sqlite'}-{records}"
    found: dict[str, Any] = search_page.run(records, number, postgresql=postgresql, home=home)
    return found


def _page_lines(found: dict[str, Any]) -> Lines:
    where = f"SQLite {found['sqlite']}" if "sqlite" in found else f"PostgreSQL {found['postgresql']}"
    return [f"## The search page on {where.partition(' ')[0]}", "", *search_page.lines(found, where)]


def _reading(chosen: Chosen, *, postgresql: bool) -> dict[str, Any]:
    return reading.measure(20_000 if chosen.short else 1_000_000, postgresql=postgresql)


def search_lines(found: dict[str, Any], where: str, raw_name: str) -> Lines:
    """Search against the database's own, and against tantivy, in the same run."""
    put = found["records put per second"]
    beside = "tantivy" in put  # earlier runs had none
    lines = [
        f"{found['records']:,} records on {where}: match, first page and count, against {raw_name} doing the same on a"
        f" plain table of the same texts. Aim: at most 2. Written were {put['ours']:,} records a second, and"
        f" {put['raw']:,} into the plain one."
        + (
            f" Beside both, without an aim: tantivy {found['tantivy']}, a search library in Rust that runs in our own"
            " process and knows nothing of transactions, edits or who may see what."
            if beside
            else ""
        ),
        "",
        "| class | median hits | ours, ms | raw, ms | ratio | with marked excerpts |"
        + (" tantivy, ms | ratio to it | with marked excerpts |" if beside else ""),
        "|---|---|---|---|---|---|" + ("---|---|---|" if beside else ""),
    ]
    for name, one in found["classes"].items():
        ours, raw = one["ms"]["ours"][0], one["ms"]["raw"][0]
        columns = [name, f"{one['median hits']:,.0f}", ours, raw, one["ratio"], one["ratio rendered"]]
        if beside:
            columns += [one["ms"]["tantivy"][0], one["ratio to tantivy"], one["ratio rendered to tantivy"]]
        lines.append(f"| {' | '.join(map(str, columns))} |")
    return lines


def growth_lines(found: dict[str, Any]) -> Lines:
    """What is stored when little changes."""
    return [
        "## Growth",
        "",
        "| | figure | aim |",
        "|---|---|---|",
        "| an unchanged poll every five minutes, bytes in the store (run record, its share of an hourly segment, log)"
        f" | {found['quiet_poll_bytes']:,} | at most 1,024 |",
        f"| the same, signed in, with messages | {found['signed_in_quiet_poll_bytes']:,} | at most 1,024 |",
        f"| answers stored by unchanged polls | {found['quiet_poll_exchanges']} | 0 |",
        f"| a thread of {found['replies']:,} replies with {found['changes']} changes in a week, stored against its"
        f" unique bytes | {found['thread_ratio']:.1f} times | at most 10 |",
    ]


#: What is measured, and how it is shown, in the order of the page.
SECTIONS: dict[str, tuple[Callable[[Chosen], dict[str, Any]], Callable[[dict[str, Any]], Lines]]] = {
    "capture": (_capture, capture_lines),
    "memory": (lambda chosen: memory.peak(5_000 if chosen.short else 200_000), memory_lines),
    "growth": (lambda chosen: growth.measure(short=chosen.short), growth_lines),
    "accounts": (lambda chosen: accounts.measure(short=chosen.short), accounts.lines),
    "search": (_search, _sqlite_lines),
    "search-postgresql": (_search_postgresql, _postgresql_lines),
    "search-page": (lambda chosen: _page(chosen, postgresql=False), _page_lines),
    "search-page-postgresql": (lambda chosen: _page(chosen, postgresql=True), _page_lines),
    "reading": (lambda chosen: _reading(chosen, postgresql=False), reading.lines),
    "reading-postgresql": (lambda chosen: _reading(chosen, postgresql=True), reading.lines),
}
MISSED: dict[str, Callable[[dict[str, Any]], Lines]] = {
    "accounts": accounts.missed,
    "reading": reading.missed,
    "reading-postgresql": reading.missed,
}
"""What of a measurement is not as it is aimed at, in words: the run then ends with exit code 1, the page written."""


if __name__ == "__main__":
    main()
