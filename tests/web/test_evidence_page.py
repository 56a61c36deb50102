"""What the pages say of the signed log: the page about it, and the alarm at the head of every page."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from archiver.archive import Archive
from archiver.evidence import log, service
from archiver.evidence.log import NewEvent
from archiver.evidence.models import TimestampService
from archiver.evidence.signer import CheckpointRefused
from archiver.operations import doctor
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.evidence.insider import Insider
from tests.signed_in import everything


def page(archive: Archive, path: str) -> str:
    client = TestClient(create_app(Site(archive)), base_url="http://127.0.0.1", cookies=everything(archive))
    return str(client.get(path).text)


def test_the_page_says_what_is_signed_under_which_key_and_who_stamps(empty_archive: Archive) -> None:
    assert "Nothing was signed yet" in page(empty_archive, "/evidence")
    signed = service.sign(empty_archive.signed_log)
    assert signed is not None
    now = empty_archive.clock.now()
    with empty_archive.database.write() as connection:
        late = {"waiting_since": now, "tries": 3, "problem": "timed_out"}
        connection.execute(insert(TimestampService).values(name="one", due_at=now, **late))
    said = page(empty_archive, "/evidence")
    assert empty_archive.signed_log.keys.read().current.text in said
    assert f"of which {signed.checkpoint.size} are under the newest checkpoint" in said
    assert "timed_out, tried 3 times" in said
    assert "alarm" not in said


def test_every_page_the_doctor_and_the_state_say_that_the_log_is_not_in_order(empty_archive: Archive) -> None:
    service.sign(empty_archive.signed_log)
    insider = Insider(empty_archive)
    insider.remove(insider.keys("log/checkpoint/")[0])
    found = {one.what: one for one in doctor.examine(empty_archive.settings)}
    assert not found["log"].ok, "the doctor looks for itself"
    assert "archiver verify" in found["log"].remedy
    with pytest.raises(CheckpointRefused):
        service.sign(empty_archive.signed_log)
    for path in ("/accounts", "/search?q=x", "/evidence", "/nothing-here"):
        assert "a checkpoint is missing from the store" in page(empty_archive, path), path
    assert "a checkpoint is missing" not in page(empty_archive, "/healthz"), "no work runs in this process"


def test_every_page_says_that_the_store_does_not_keep_what_is_stored(empty_archive: Archive) -> None:
    assert "does not keep" not in page(empty_archive, "/accounts")
    facts = {"store": "directory", "effort": "short", "passed": [], "failed": ["p2-write-once"]}
    with empty_archive.database.write() as connection:
        event = NewEvent("storage.probed", "archive", empty_archive.identity.id, facts)
        log.append(connection, [event], empty_archive.clock.now())
    for path in ("/accounts", "/nothing-here"):
        assert "stored objects can be overwritten, so nothing is captured" in page(empty_archive, path), path
