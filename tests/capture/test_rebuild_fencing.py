"""A rebuild beside a process that captures: the index never holds what a run wrote into the middle of it."""

from __future__ import annotations

from typing import Any

import pytest

from archiver.capture import rebuild as rebuilding
from archiver.capture.committer import Committer
from archiver.capture.leases import StaleLease
from archiver.capture.models import Exchange, Run, Segment
from archiver.capture.rebuild import RebuildReport
from archiver.errors import Busy
from tests.capture.house import FULL, NEW, House
from tests.capture.rebuilding import check_rebuilt


def test_a_run_under_way_when_a_rebuild_begins_is_refused_and_adopted_after_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.office()
    house.run(account, FULL)
    house.city.say(house.cast.city, "Said while the index is made anew.")
    house.later(hours=1)
    commit = Committer.commit

    def begin_first(self: Committer, *given: Any, **named: Any) -> None:
        monkeypatch.setattr(Committer, "commit", commit)
        rebuilding._begin(house.archive, RebuildReport())
        commit(self, *given, **named)

    monkeypatch.setattr(Committer, "commit", begin_first)
    with pytest.raises(StaleLease):
        house.run(account, NEW)
    assert [house.rows(model) for model in (Run, Segment, Exchange)] == [[], [], []]
    with pytest.raises(Busy):
        house.run(account, NEW)
    rebuilding.rebuild(house.archive)
    house.capture.recovery.finish_own(account)
    house.run(account, NEW)
    assert any("Said while" in version.text for version in house.rows_of_versions())
    check_rebuilt(house, anew=True)


def test_no_lease_is_given_while_a_rebuild_is_under_way(house: House) -> None:
    account = house.office()
    house.run(account, FULL)
    rebuilding._begin(house.archive, RebuildReport())
    with pytest.raises(Busy), house.capture.leases.held(account):
        pass
    rebuilding.rebuild(house.archive)
    assert house.run(account, NEW).outcome == "unchanged"
