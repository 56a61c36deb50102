"""Time-stamps by others in what is handed out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archiver.evidence import anchoring, service
from archiver.evidence.verifier import verify
from tests.capture.house import House
from tests.release import second
from tests.release.town import Town, manifest, talk, verified
from tests.servers.tsa import OPENSSL, Authority

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


@pytest.fixture
def stamped(new_house: Callable[..., House], authority: Authority) -> Town:
    """A thread whose log was stamped; then one more comment."""
    town = talk(new_house())
    town.house.clock.at = datetime.now(UTC)
    _stamp(town, authority, "one", "two")
    town.house.city.say(town.house.cast.residents[0], "canarylate", answering=town.post)
    town.house.run(town.account)
    return town


def _stamp(town: Town, authority: Authority, *names: str) -> None:
    log = town.house.archive.signed_log
    service.sign(log)
    services = {name: f"https://{name}.example/tsr" for name in names}
    given = anchoring.Stamping(
        services, [authority.root.certificate], timedelta(hours=1), lambda url, request: authority.reply(request)
    )
    assert anchoring.stamp(log, given) == len(names)


def test_what_was_stamped_existed_by_then_and_what_was_not_is_said_not_to(stamped: Town, authority: Authority) -> None:
    late = next(row.record_id for row in stamped.house.rows_of_versions() if row.text == "canarylate")
    early = stamped.record(stamped.comments[0]).id
    made = stamped.export(early, late)
    (stamp,) = manifest(made)["stamps"]
    assert [one["service"] for one in stamp["tokens"]] == ["one", "two"]
    roots = str(authority.folder / "root.pem")
    keys = [verify.read_key(made.key)]
    claims, ok = verify.verify(verify.Folder(str(made.folder)), keys, roots)
    assert ok
    assert [one["result"] for one in claims if one["claim"] == "time-stamp"] == ["PASS", "PASS"]
    said = [(one["subject"], one["detail"]) for one in claims if one["claim"] == "record"]
    assert any("existed not later than" in detail for record, detail in said if record == early)
    assert all("not time-stamped" in detail for record, detail in said if record == late)
    assert second.statements(second.load(made.folder), [made.key])


def test_a_stamp_is_not_checked_without_roots_and_fails_with_others(
    stamped: Town, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stamped.export(stamped.record(stamped.comments[0]).id)
    claims, ok = verified(made)
    assert ok
    assert {one["result"] for one in claims if one["claim"] == "time-stamp"} == {"NOT CHECKED"}
    other = Authority(tmp_path / "other")
    bag, keys = verify.Folder(str(made.folder)), [verify.read_key(made.key)]
    claims, ok = verify.verify(bag, keys, str(other.folder / "root.pem"))
    assert not ok
    assert {one["result"] for one in claims if one["claim"] == "time-stamp"} == {"FAIL"}
    monkeypatch.setenv("PATH", str(tmp_path))
    claims, ok = verify.verify(bag, keys, str(authority.folder / "root.pem"))
    assert not ok
    assert {one["result"] for one in claims if one["claim"] == "time-stamp"} == {"NOT CHECKED"}
