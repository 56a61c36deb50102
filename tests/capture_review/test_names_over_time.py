"""The register follows what an account calls itself, and run records say so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import delete

from archiver.accounts.models import Account, Handle
from archiver.capture.models import Due, Lease, Run
from archiver.capture.rebuild import _TABLES, rebuild
from archiver.evidence.models import Event
from connectors.contract import SweepKind
from tests.capture_review.script import Said, Stage, page

NEW = SweepKind.NEW


def _me(**told: str) -> Said:
    return 200, {}, json.dumps(told).encode()


@pytest.fixture
def renamed(stage: Stage) -> Stage:
    """An account that called itself something else twice."""
    stage.connector.asks_for_itself = True
    stage.answers["/list"] = page(("1", "one"))
    stage.run(NEW)
    for told in ({"handle": "townhall"}, {"handle": "townhall", "name": "The Town Hall"}):
        stage.answers["/me"] = _me(**told)
        stage.run(NEW)
        stage.run(NEW)
    stage.capture.flush(all=True)
    return stage


def _names(stage: Stage) -> list[tuple[str, str]]:
    rows = sorted(stage.rows(Handle), key=lambda row: row.first_seen_at)
    return [(row.handle, row.name) for row in rows]


def _changes(stage: Stage) -> list[Any]:
    with stage.archive.database.read() as connection:
        rows = connection.execute(Event.__table__.select().order_by(Event.position.nulls_last(), Event.arrival)).all()
    return [row for row in rows if row.type == "account.changed"]


def test_names_are_kept_over_time(renamed: Stage) -> None:
    assert _names(renamed) == [("somebody", "Somebody"), ("townhall", "Somebody"), ("townhall", "The Town Hall")]
    (account,) = renamed.rows(Account)
    assert (account.handle, account.name) == ("townhall", "The Town Hall")
    assert len(_changes(renamed)) == 2


def test_a_run_says_who_the_account_is_whenever_that_changed(renamed: Stage) -> None:
    runs = sorted(renamed.rows(Run), key=lambda run: run.number)
    said = [run.about and (run.about["handle"], run.about["name"]) for run in runs]
    assert said == [("somebody", "Somebody"), None, ("townhall", "Somebody"), None, ("townhall", "The Town Hall")]


def test_a_rebuild_beside_the_register_changes_nothing(renamed: Stage) -> None:
    before = renamed.rows(Handle), renamed.rows(Account), renamed.rows(Run)
    rebuild(renamed.archive)
    assert (renamed.rows(Handle), renamed.rows(Account), renamed.rows(Run)) == before
    assert len(_changes(renamed)) == 2


def test_a_rebuild_without_the_register_gives_the_names_again(renamed: Stage) -> None:
    before = _names(renamed), [row.handle for row in renamed.rows(Account)]
    with renamed.archive.database.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table in (Handle, Due, Lease, *_TABLES, Account):
            connection.execute(delete(table))
    rebuild(renamed.archive)
    assert (_names(renamed), [row.handle for row in renamed.rows(Account)]) == before


def test_another_account_under_the_handle_is_not_taken_for_it(stage: Stage) -> None:
    stage.connector.asks_for_itself = True
    stage.answers |= {"/list": page(("1", "one")), "/me": _me(id="2", handle="somebody", name="Somebody else")}
    stage.run(NEW)
    assert _names(stage) == [("somebody", "Somebody")]
    assert not _changes(stage)


def test_an_address_on_another_server_is_noted_and_not_taken_over(stage: Stage) -> None:
    stage.connector.asks_for_itself = True
    stage.answers |= {"/list": page(("1", "one")), "/me": _me(url="http://169.254.169.254/")}
    stage.run(NEW)
    assert [row.url for row in stage.rows(Account)] == [stage.origin]
    assert {row.url for row in stage.rows(Handle)} == {stage.origin, "http://169.254.169.254/"}
