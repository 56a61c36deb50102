"""Evidence taken from the pages: made once, for one person, of what they may see, and checked by a stranger."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import update

from archiver.capture.models import Exchange, Segment
from archiver.errors import UsageError
from archiver.evidence.models import Event
from archiver.people import service
from archiver.people.acting import SERVICE
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role
from archiver.people.service import NewGrant, PersonView
from archiver.records.models import Record, Version
from archiver.release import handing_out
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.capture.house import House
from tests.release.town import Town, talk
from tests.signed_in import cookies, person

_SAFE = {"Sec-Fetch-Site": "same-origin"}
_COPY = {"form": "copy", "name": "Jane Doe", "office": "City Clerk"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A thread of this module's own: what waits is counted."""
    house = House(tmp_path_factory.mktemp("own"))
    yield talk(house)
    house.close()


def client(house: House, who: PersonView) -> TestClient:
    app = create_app(Site(house.archive))
    sent = cookies(house.archive, who)
    return TestClient(app, base_url="http://127.0.0.1", cookies=sent, headers=_SAFE, follow_redirects=False)


def releaser(house: House, **given: object) -> PersonView:
    return person(house.archive, Role.RELEASER, name="Rae Leaser", **given)  # type: ignore[arg-type]


def told(house: House, kind: str, who: PersonView) -> list[dict[str, Any]]:
    """What the log says somebody did."""
    entries = (json.loads(one.body) for one in house.rows(Event, Event.type == kind))
    return [one for one in entries if one["actor"] == {"id": who.id, "kind": "person"}]


def links(page: Response) -> list[str]:
    return [
        part.partition('"')[0] for part in page.text.split('href="')[1:] if "/evidence/bu_" in part.partition('"')[0]
    ]


@pytest.mark.law("R15")
def test_bundle_and_certificate_are_taken_and_checked_by_the_verifier_alone(own: Town, tmp_path: Path) -> None:
    who = releaser(own.house)
    record = own.record(own.comments[0]).id
    with client(own.house, who) as browser:
        where = f"/records/{record}/evidence"
        assert "How a stranger" not in browser.get(where).text
        answer = browser.post(where, data=_COPY)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{where}#ready")
        page = browser.get(where)
        packed, paper = links(page)
        got, pdf = browser.get(packed), browser.get(paper)
    assert got.headers["content-type"] == "application/zip"
    assert got.headers["content-disposition"].startswith('attachment; filename="bu_')
    assert hashlib.sha256(got.content).hexdigest() in page.text
    assert pdf.content.startswith(b"%PDF-")
    (said,), (exported,) = (told(own.house, f"evidence.{kind}", who) for kind in ("certified", "exported"))
    assert hashlib.sha256(pdf.content).hexdigest() == said["data"]["sha256"]
    assert exported["subject"] == said["subject"]
    with zipfile.ZipFile(io.BytesIO(got.content)) as inside:
        inside.extractall(tmp_path)
        tops = {one.partition("/")[0] for one in inside.namelist()}
    name = said["subject"]["id"]
    assert tops == {name, *(f"{name}-certificate.{end}" for end in ("pdf", "html", "txt"))}
    assert (tmp_path / f"{name}-certificate.pdf").read_bytes() == pdf.content
    assert "Jane Doe, City Clerk" in (tmp_path / f"{name}-certificate.txt").read_text()
    (waiting,) = handing_out.of_record(own.house.archive, who.id, Viewer.EVERYTHING, record)
    for key in (waiting.key, f"{name}-certificate.txt"):
        asked = [sys.executable, "-I", f"{name}/verify.py", name, "--key", key]
        checked = subprocess.run(asked, capture_output=True, text=True, cwd=tmp_path, timeout=60)
        assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.law("R71")
def test_nobody_else_makes_or_takes_it(own: Town) -> None:
    record = own.record(own.comments[1]).id
    where = f"/records/{record}/evidence"
    with client(own.house, releaser(own.house)) as browser:
        browser.post(where, data=_COPY)
        packed, paper = links(browser.get(where))
    before = len(own.house.rows(Event, Event.type == "evidence.exported"))
    for who in (releaser(own.house), person(own.house.archive, Role.LEGAL_CUSTODIAN)):
        with client(own.house, who) as other:
            assert other.get(packed).status_code == other.get(paper).status_code == 404
            assert links(other.get(where)) == []
    with client(own.house, person(own.house.archive, Role.CUSTODIAN, Role.RECORDS_OFFICER, Role.REVIEWER)) as other:
        refused = other.post(where, data=_COPY)
        assert refused.status_code == 403
        assert "this takes one of these roles: legal custodian" in refused.text.lower()
        assert "Make bundle and certificate" not in other.get(f"/records/{record}").text
    elsewhere = releaser(own.house, scope=AUTHORITY, scope_id="somewhere-else")
    with client(own.house, elsewhere) as other:
        assert other.get(where).status_code == 404
        assert other.post(where, data=_COPY).status_code == 404
    assert len(own.house.rows(Event, Event.type == "evidence.exported")) == before


def test_it_is_asked_anew_who_it_is_and_what_was_typed_is_kept(own: Town) -> None:
    where = f"/records/{own.record(own.comments[2]).id}/evidence"
    with client(own.house, releaser(own.house)) as browser:
        own.house.later(minutes=6)
        answer = browser.post(where, data=_COPY)
        assert answer.status_code == 401
        assert "/sign-in/again" in answer.text
        assert "City Clerk" in answer.text
        assert browser.get(where).headers["location"].startswith("/sign-in/again")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Choose what the certificate is for"),
        ({"form": "<script>"}, "Choose what the certificate is for"),
        ({"form": "copy", "name": "x" * 121}, "at most 120 characters"),
    ],
)
def test_what_cannot_be_made_is_said(own: Town, typed: dict[str, str], words: str) -> None:
    with client(own.house, releaser(own.house)) as browser:
        answer = browser.post(f"/records/{own.record(own.comments[2]).id}/evidence", data=typed)
    assert answer.status_code == 400
    assert words in answer.text


def _full(*_: object, **__: object) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def _no_folder(*_: object) -> Any:
    try:
        _full()
    except OSError:
        raise UsageError("cannot make a folder beside /somewhere") from None


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("archiver.release.bag.Bag.begin", _no_folder),
        ("archiver.release.stored.open_exchange", _full),
        ("archiver.release.handing_out._pack", _full),
        ("archiver.release.handing_out.shutil.disk_usage", lambda _: type("Disk", (), {"total": 10**7, "free": 10**7})),
    ],
)
def test_a_full_disk_is_one_plain_line_and_leaves_nothing(
    own: Town, part: str, instead: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(own.house, releaser(own.house)) as browser, monkeypatch.context() as patch:
        patch.setattr(part, instead)
        answer = browser.post(f"/records/{own.record(own.comments[2]).id}/evidence", data=_COPY)
    assert answer.status_code == 503
    assert "not enough room on the disk" in answer.text
    assert str(own.house.home) not in answer.text
    root = own.house.archive.settings.hand_outs
    assert not root.is_dir() or not list(root.glob("making-*"))


def test_two_presses_at_once_make_one(own: Town) -> None:
    record, who = own.record(own.comments[3]).id, releaser(own.house)
    where = f"/records/{record}/evidence"
    with client(own.house, who) as browser:
        answers: list[int] = []
        press = [
            threading.Thread(target=lambda: answers.append(browser.post(where, data=_COPY).status_code))
            for _ in range(3)
        ]
        for one in press:
            one.start()
        for one in press:
            one.join()
        assert answers == [303, 303, 303]
        assert len(links(browser.get(where))) == 2, "one bundle, one certificate"
    assert len(told(own.house, "evidence.exported", who)) == 1


def test_it_waits_an_hour_and_what_a_dead_process_left_goes_too(own: Town) -> None:
    archive, who = own.house.archive, releaser(own.house)
    record = own.record(own.comments[4]).id
    with client(own.house, who) as browser:
        browser.post(f"/records/{record}/evidence", data=_COPY)
        packed, _ = links(browser.get(f"/records/{record}/evidence"))
    root = archive.settings.hand_outs
    left = root / "making-dead"
    left.mkdir()
    (left / "lock").touch()
    (left / "secret").write_text("what nobody was to get")
    with handing_out._folder(root) as living:
        handing_out.sweep(archive)
        assert not left.exists()
        assert living.is_dir(), "somebody is at it"
    assert (root / packed.split("/")[4]).is_dir()
    own.house.later(minutes=61)
    handing_out.sweep(archive)
    assert not list(root.iterdir())
    with client(own.house, who) as browser:
        assert browser.get(packed).status_code == 404


def test_the_oldest_gives_way(own: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_out, "MOST", 1)
    who, record = releaser(own.house), own.record(own.comments[5]).id
    with client(own.house, who) as browser:
        for _ in range(2):
            own.house.later(seconds=1)
            browser.post(f"/records/{record}/evidence", data=_COPY)
        assert len(links(browser.get(f"/records/{record}/evidence"))) == 2


def test_large_files_are_left_to_the_machine_of_the_archive(own: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing_out, "LARGEST", 1)
    with client(own.house, releaser(own.house)) as browser:
        answer = browser.post(f"/records/{own.record(own.comments[5]).id}/evidence", data=_COPY)
    assert answer.status_code == 400
    assert "archiver evidence export rc_" in answer.text


@pytest.mark.law("R4", "R71")
def test_what_somebody_may_not_read_is_in_no_bundle_of_theirs(tmp_path: Path) -> None:
    """A comment that was edited while only its page's owner saw it, a record that is private, and a library's."""
    house = House(tmp_path / "house")
    try:
        city, archive = house.city, house.archive
        account = house.office()
        post = city.say(house.cast.city, "Open house on Saturday")
        comment = city.say(house.cast.residents[0], "canaryfirst words", answering=post)
        other = city.say(house.cast.residents[1], "canaryclosed words", answering=post)
        house.run(account)
        house.later(minutes=10)
        city.edit(comment, "canarysecond words")
        house.run(account)
        record, closed = (house.records()[f"status/{one}"].id for one in (comment, other))
        newest = house.rows(Version, Version.record_id == record, Version.number == 2)[0].exchange_id
        kept = house.rows(Exchange, Exchange.id == newest)[0].segment_id
        with archive.database.write() as connection:
            connection.execute(update(Segment).where(Segment.id == kept).values(access="private"))
            alone = {"public": False, "public_first_at": None, "public_last_at": None}
            connection.execute(update(Version).where(Version.exchange_id == newest).values(alone))
            connection.execute(update(Record).where(Record.id == closed).values(access="private"))
        both = releaser(house, access=[Access.PUBLIC, Access.PRIVATE])
        public = releaser(house, access=[Access.PUBLIC])
        for who, secret in ((both, True), (public, False)):
            with client(house, who) as browser:
                browser.post(f"/records/{record}/evidence", data=_COPY)
                packed, _ = links(browser.get(f"/records/{record}/evidence"))
                with zipfile.ZipFile(io.BytesIO(browser.get(packed).content)) as inside:
                    content = b"".join(inside.read(one) for one in inside.namelist())
                assert b"canaryfirst" in content
                assert (b"canarysecond" in content) == secret
                assert (newest.encode() in content) == secret
                for method in ("GET", "POST"):
                    answer = browser.request(method, f"/records/{closed}/evidence", data=_COPY)
                    assert (answer.status_code == 404) != secret, method
        with archive.database.read() as connection:
            (held,) = service.grants(connection, both.id)
        service.revoke(archive, SERVICE, held.id)
        service.grant(archive, SERVICE, both.id, NewGrant(Role.RELEASER, access=frozenset({Access.PUBLIC})))
        with client(house, both) as browser:
            assert links(browser.get(f"/records/{record}/evidence")) == [], "what was made with more than they see now"
        service.reserve(archive, SERVICE, account, [Access.LIBRARY_PATRON])
        with client(house, public) as browser:
            assert browser.post(f"/records/{record}/evidence", data=_COPY).status_code == 404
    finally:
        house.close()
