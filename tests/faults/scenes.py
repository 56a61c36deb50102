"""Every named crash point that a capture passes, and what leads to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import archiver
from tests.faults.town import FULL, NEW, WATCH, Town

_PASSED = re.compile(r'crash_point\("([a-z_.]+)"\)')


#: Crash points that a capture into a folder does not pass.
ELSEWHERE = {
    "snapshot.loaded": "tests/operations/test_snapshots.py",
    **{f"renewal.{name}": "tests/connecting/test_renewing.py" for name in ("begun", "answered", "kept", "entered")},
    **{f"delivery.{name}": "tests/deliveries/test_killed.py" for name in ("written", "kept", "remembered")},
    "mail.sent": "tests/mail/test_outbox.py",
    "act.put": "tests/evidence/test_acts.py",
    "deposit.copied": "tests/deposits/test_deposit_commands.py",
    "deposit.spooled": "tests/deposits/test_deposit_commands.py",
    "key.made": "tests/evidence/test_signing.py",
    "checkpoint.put": "tests/evidence/test_signing.py",
    "key.rotating": "tests/evidence/test_signing.py",
    "store.parts": "only on the way into S3: tests/storage/test_s3_faults.py",
    "store.uploaded": "only on the way into S3: tests/storage/test_s3_faults.py",
    "sequencer.begun": "only on PostgreSQL; tests/faults/test_production.py and tests/evidence/test_sequencer.py",
    "sequencer.lengthened": "the same",
    "sequencer.placed": "the same",
    "sequencer.committed": "the same",
    "import.begun": "tests/imports/test_killed.py",
    "import.batch_stored": "tests/imports/test_killed.py",
    "bundle.logged": "tests/release/test_killed.py",
    "bundle.shown": "tests/release/test_killed.py",
    "bundle.verified": "tests/release/test_killed.py",
}


def points_passed() -> list[str]:
    """Every crash point in the source that a capture passes."""
    found = {
        name
        for path in Path(archiver.__file__).parent.rglob("*.py")
        for name in _PASSED.findall(path.read_text(encoding="utf-8"))
    }
    assert ELSEWHERE.keys() <= found
    return sorted(found - ELSEWHERE.keys())


POINTS = points_passed()
Scene = Callable[[Town, str], None]


# --- scenes: what leads to a crash point -----------------------------------------------------------------------------


def capturing(town: Town, point: str) -> None:
    town.live(8)
    assert town.killed(*town.everything(NEW, WATCH), arm=point)


def _quiet(town: Town, point: str) -> None:
    """Nothing is new: all that comes of it are run records."""
    assert town.killed(*town.everything(NEW), arm=point)


def _riding(town: Town, point: str) -> None:
    """Records of quiet runs wait; then something new comes, and they go with it."""
    quiet = [(town.office, NEW)] * 3
    assert not town.killed(*quiet, close=False)
    town.say("The bridge is open again")
    assert town.killed((town.office, NEW), arm=point)


def _recovering(town: Town, point: str) -> None:
    """Two die in a row: one in the middle of a run, one while it finishes what the first left."""
    for before in ("batch.choice_written", "spool.synced:2", "commit.put", "commit.done", "pending.added"):
        town.live(8)
        assert town.killed(*town.everything(FULL), *town.everything(NEW), arm=before)
        if town.killed(arm=point):
            return
    pytest.fail(f"no recovery came to {point}")


def _choosing_again(town: Town, point: str) -> None:
    for answers in (4, 2):  # where a full sweep asks less often
        town.live(8)
        if town.killed(*town.everything(FULL), arm=f"run.read:{answers}"):
            assert town.killed(arm=point)
            return
    pytest.fail("nothing was left to choose again")


def _adopting(town: Town, point: str) -> None:
    """Segments are in the store, and the spool no longer knows of them."""
    town.say("The library opens at nine")
    assert town.killed((town.office, NEW), arm="commit.begun")
    for path in town.spool.glob("*/rn_*"):
        path.unlink()
    assert town.killed(arm=point)


def _rebuilding(town: Town, point: str) -> None:
    assert town.killed(rebuild=True, arm=point)
    if point != "rebuild.ended":
        told = town.start((town.accounts[0], NEW)).wait()
        assert told is not None
        assert "index rebuild" in told.crash, "nobody captures into half an index"
        town.session(rebuild=True)


SCENES: dict[str, Scene] = {
    "pending.added": _quiet,
    "pending.clearing": _riding,
    "recovery.committed": _recovering,
    "recovery.drained": _recovering,
    "recovery.put": _recovering,
    "recovery.sealed": _choosing_again,
    "adoption.read": _adopting,
    "adoption.written": _adopting,
    "adoption.done": _adopting,
    "rebuild.begun": _rebuilding,
    "rebuild.applied": _rebuilding,
    "rebuild.ended": _rebuilding,
}
