"""``python -m bench``: every measurement in one go, written into ``docs/benchmarks.md``.

``--short`` takes small numbers, to see that everything runs; it does not write the page.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import capture, growth, memory, search

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="small numbers; prints only")
    chosen = parser.parse_args()
    short = chosen.short
    found = {
        "capture": capture.measure(2_000 if short else 20_000, 1 if short else 3),
        "memory": memory.peak(5_000 if short else 200_000),
        "growth": growth.measure(short=short),
        "search": _search(20_000 if short else 1_000_000),
    }
    text = page(found)
    print(text)
    if not short:
        PAGE.write_text(text)
    sys.exit(0)


def page(found: dict[str, Any]) -> str:
    """The page for these figures."""
    taken = found["capture"]
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {platform.system()} {platform.machine()},"
        f" {os.cpu_count()} processors, Python {platform.python_version()}. Quote the ratios: both sides of each were"
        " measured in the same run; absolute times belong to this machine.",
        "",
        "## Capture",
        "",
        f"{taken['records']:,} records in {taken['pages']:,} pages from the practice server, fsync, commitments, index"
        f" and search included; median of {taken['rounds']} rounds.",
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
    for name, cost in taken["milliseconds_per_page"].items():
        ratio = taken["speed_of_ours_against"].get(name, "")
        lines.append(f"| {names[name]} | {cost} | {ratio} | {aims.get(name, '')} |")
    lines += [
        "",
        "The parts, ms per page: " + ", ".join(f"{k} {v}" for k, v in taken["parts_ms_per_page"].items()) + ".",
    ]
    rebuilt, used = taken["rebuild"], found["memory"]
    lines += [
        "",
        "## Rebuild and memory",
        "",
        "| | figure | aim |",
        "|---|---|---|",
        f"| rebuild from the store alone | {rebuilt['records_per_second']:,} records a second | at least 3,000 |",
        f"| peak memory at {used['records']:,} records | {used['peak_mib']:.0f} MiB | under 300 MiB |",
        f"| peak memory at 2,000 records | {used['peak_mib_at_2000']:.0f} MiB | |",
        "",
        *growth_lines(found["growth"]),
        "",
        *search_lines(found["search"]),
        "",
    ]
    return "\n".join(lines)


def _search(records: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return search.run(Path(folder), records, 40)


def search_lines(found: dict[str, Any]) -> list[str]:
    """Search against raw FTS5 in the same run."""
    lines = [
        "## Search",
        "",
        f"{found['records']:,} records on SQLite {found['sqlite']}: match, first page and count, against raw FTS5 doing"
        " the same on a plain table of the same texts. Aim: at most 2.",
        "",
        "| class | median hits | ours, ms | raw, ms | ratio | with marked excerpts |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in found["classes"].items():
        ours, raw = one["ms"]["ours"][0], one["ms"]["raw"][0]
        hits, ratio, rendered = one["median hits"], one["ratio"], one["ratio rendered"]
        lines.append(f"| {name} | {hits:,.0f} | {ours} | {raw} | {ratio} | {rendered} |")
    return lines


def growth_lines(found: dict[str, Any]) -> list[str]:
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


if __name__ == "__main__":
    main()
