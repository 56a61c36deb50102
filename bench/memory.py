"""Peak memory of capturing very many records: it must be flat.

``python -m bench.memory --records 200000`` captures them in a process of its own and prints its peak resident size.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--capture", metavar="URL", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.capture:
        with tempfile.TemporaryDirectory() as folder:
            capture.ours(chosen.capture, Path(folder))
        # Not ru_maxrss, which a child inherits from its parent.
        lines = Path("/proc/self/status").read_text().splitlines()
        print(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024)
    else:
        json.dump(peak(chosen.records), sys.stdout, indent=2)
        print()


if __name__ == "__main__":
    main()
