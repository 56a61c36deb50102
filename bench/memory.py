"""Peak memory of capturing very many records: it must be flat.

``python -m bench.memory --records 200000`` captures them in a process of its own and prints its peak resident size,
that of its helping process added.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench import capture


def peak(records: int) -> dict[str, float]:
    """Peak resident memory in MiB of a fresh process that captures so many records, and of one that captures few."""
    return {
        "records": records,
        "peak_mib": _peak_of(records),
        "peak_mib_at_2000": _peak_of(2_000),
    }


def _peak_of(records: int) -> float:
    with capture.office(records) as url:
        command = [sys.executable, "-m", "bench.memory", "--capture", url]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@contextmanager
def helpers() -> Iterator[dict[str, float]]:
    """Peaks so far of the processes that this one started, by id, kept up to date while inside: one may end at any
    moment, and only a living one can be asked."""
    peaks: dict[str, float] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            for task in Path("/proc/self/task").iterdir():
                with suppress(OSError):
                    peaks.update((child, high_water(child)) for child in (task / "children").read_text().split())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peaks
    finally:
        over.set()
        watcher.join()


def high_water(process: str) -> float:
    """Peak resident size of a process in MiB. Not ``ru_maxrss``, which a child inherits from its parent."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--capture", metavar="URL", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.capture:
        with tempfile.TemporaryDirectory() as folder, helpers() as peaks:
            capture.ours(chosen.capture, Path(folder))
        print(high_water("self") + max(peaks.values(), default=0))
    else:
        json.dump(peak(chosen.records), sys.stdout, indent=2)
        print()


if __name__ == "__main__":
    main()
