"""What doctor says of the database: a server that may lose what it acknowledged is not passed over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archiver.archive import Archive
from archiver.database import Database
from archiver.operations import doctor
from archiver.operations.database_check import CLOCK_TOLERANCE, _problems, look
from archiver.settings import Settings
from tests.servers.databases import Databases

_SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


def test_a_server_that_keeps_what_it_acknowledges_has_no_problem() -> None:
    assert list(_problems(False, _SAFE, timedelta(seconds=-3))) == []
    assert list(_problems(False, {**_SAFE, "synchronous_commit": "remote_apply"}, timedelta())) == []


@pytest.mark.parametrize("name", _SAFE)
def test_a_server_that_does_not_wait_for_its_disk_is_named(name: str) -> None:
    ((problem, remedy),) = _problems(False, {**_SAFE, name: "off"}, timedelta())
    assert name in problem
    assert f"{name} = on" in remedy


@pytest.mark.parametrize("sign", [1, -1])
def test_a_standby_and_a_clock_that_differs_are_named(sign: int) -> None:
    found = [problem for problem, _ in _problems(True, _SAFE, sign * (CLOCK_TOLERANCE + timedelta(seconds=5)))]
    assert "standby" in found[0]
    assert f"{65 * sign:+d} seconds" in found[1]


def test_the_server_is_asked_itself(databases: Databases) -> None:
    database = Database(databases.new())
    said = look(database)  # the tests' own server is fast, and not safe
    database.close()
    assert said.found.startswith("PostgreSQL 1")
    assert said.problem.startswith("fsync is off")


def test_doctor_examines_an_archive_on_postgresql(databases: Databases, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", database_url=databases.new())
    assert doctor.examine(settings)[-1].found.startswith("none yet"), "looking makes nothing"
    Archive.open(settings).close()
    findings = {one.what: one for one in doctor.examine(settings)}
    assert [name for name, one in findings.items() if not one.ok] == ["database"]
    assert "fsync" in findings["database"].remedy


def test_doctor_names_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", database_url="postgresql+psycopg://u:hunter2@127.0.0.1:1/x")
    last = doctor.examine(settings)[-1]
    assert (last.what, last.ok) == ("database", False)
    assert "x on 127.0.0.1:1 cannot be reached" in last.found
    assert "hunter2" not in str(last)
