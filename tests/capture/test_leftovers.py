"""What a process could not commit is finished in the order in which it was captured."""

from __future__ import annotations

import json
from pathlib import Path

from archiver.capture.leftovers import leftovers


def _left(folder: Path, run: str, number: int, batch: int, account: str = "ac_1") -> str:
    identity = {"run": run, "number": number, "account": account, "platform": "mastodon", "connector": "1"}
    choice = {"v": 1, "identity": identity, "at": "2026-03-01T12:00:00.000000Z", "segments": []}
    (folder / f"{run}.{batch}.choice").write_text(json.dumps(choice))
    return f"{run}.{batch}"


def test_runs_and_their_batches_come_in_order_of_their_numbers(tmp_path: Path) -> None:
    later = [_left(tmp_path, "rn_a", 2, batch) for batch in (1, 2, 9, 10, 11)]
    earlier = [_left(tmp_path, "rn_b", 1, batch) for batch in (2, 10)]
    other = _left(tmp_path, "rn_c", 1, 1, account="ac_0")
    assert [one.stem for one in leftovers(tmp_path, [])] == [other, *earlier, *later]
    assert [one.stem for one in leftovers(tmp_path, [], {*earlier, *later})] == [*earlier, *later]
    assert leftovers(tmp_path, [], set()) == []
