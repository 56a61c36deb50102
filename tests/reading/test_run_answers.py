"""The stored answers of a run: all that came is found, whether it shows a record or not, and nobody sees of it what
they may not see."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, insert, select

from archiver.archive import Archive
from archiver.capture.models import Exchange
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role
from archiver.web import run_exchanges
from tests.desk.test_search_page import client_of
from tests.people.scene import CANARIES
from tests.signed_in import cookies, person

_RUN = "/runs/rn_police"
_LINK = re.compile(r'href="(/runs/rn_police/exchanges/[^"]+)"')


def _more(connection: Connection, name: str, ordinal: int, of: str = "public", **other: Any) -> None:
    row = dict(connection.execute(select(Exchange.__table__).where(Exchange.id == f"ex_police_{of}")).mappings().one())
    connection.execute(insert(Exchange).values(**row | {"id": f"ex_{name}", "ordinal": ordinal} | other))


@pytest.fixture
def answers(offices: Archive) -> Archive:
    """Beside the two of the scene: a refusal that everybody may see, one that the owner got, messages, a pushed one."""
    with offices.database.write() as connection:
        _more(connection, "refused", 2, status=401, uri="https://facebook.example/me", problem="signed out")
        _more(connection, "refused_in_private", 3, "private", status=403)
        _more(connection, "messages", 4, "private", stream="messages")
        _more(connection, "messages_in_public", 5, stream="messages")
        _more(connection, "pushed", 6, "private", method=None)
        _more(connection, "link", 7, purpose="link", uri="https://short.example/x")
    return offices


def _read(archive: Archive, *access: Access, role: Role = Role.CUSTODIAN) -> TestClient:
    who = person(archive, role, access=access, scope=AUTHORITY, scope_id="police")
    return client_of(archive, cookies(archive, who))


_OPEN = ["ex_police_public", "ex_refused"]
_EVERY = ["ex_police_public", "ex_police_private", "ex_refused", "ex_refused_in_private",
          "ex_messages", "ex_messages_in_public", "ex_pushed", "ex_link"]  # fmt: skip


@pytest.mark.law("R4", "R71")
@pytest.mark.parametrize(
    ("access", "seen"),
    [
        ((Access.PUBLIC,), _OPEN),
        # (the private one of the scene shows a message)
        ((Access.PUBLIC, Access.PRIVATE), ["ex_police_public", "ex_refused", "ex_refused_in_private"]),
        ((Access.PUBLIC, Access.PRIVATE, Access.MESSAGE), _EVERY),
    ],
)
def test_a_run_leads_to_its_answers_as_far_as_somebody_sees_them(
    answers: Archive, access: tuple[Access, ...], seen: list[str]
) -> None:
    with _read(answers, *access) as client:
        page = client.get(_RUN).text
        assert [one.rpartition("/")[2] for one in _LINK.findall(page)] == seen
        for one in _EVERY:
            for end in ("", "/raw"):
                there = client.get(f"{_RUN}/exchanges/{one}{end}")
                assert ("not there as it was written" in there.text) == (one in seen), (one, end)
                assert there.status_code == (200 if one in seen and not end else 404)
        refused = client.get(f"{_RUN}/exchanges/ex_refused").text
        for other in ("/runs/rn_library", "/runs/rn_none"):
            assert client.get(f"{other}/exchanges/ex_library_public").status_code == 404
            assert client.get(f"{other}/exchanges/ex_refused").status_code == 404
            assert client.get(f"{_RUN}?after=ex_library_public").status_code == 404
        assert client.get(f"{_RUN}?after=ex_messages").status_code == (200 if "ex_messages" in seen else 404)
    assert "signed out" in page
    assert "answered 401" in refused
    assert "none that you may see" in refused
    shown = int(re.findall(r'data-label="Records in it" class="count">(\d+)', page)[0])
    assert shown == 2, "the public record, and the one that was hidden later"
    for kind, word in CANARIES["police"].items():
        assert word not in page, kind


def test_who_reads_no_records_is_told_that_they_are_stored_and_no_more(answers: Archive) -> None:
    with _read(answers, role=Role.SYSTEM_ADMINISTRATOR) as client:
        page = client.get(_RUN)
        assert page.status_code == 200
        assert "shown to who may read records" in page.text
        assert not _LINK.findall(page.text)
        assert client.get(f"{_RUN}/exchanges/ex_refused").status_code == 403


def test_the_list_is_read_page_by_page(answers: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_exchanges, "_EACH", 3)
    found, address = [], _RUN
    with _read(answers, Access.PUBLIC, Access.PRIVATE, Access.MESSAGE) as client:
        while address:
            page = client.get(address).text
            found.append([one.rpartition("/")[2] for one in _LINK.findall(page)])
            address = next(iter(re.findall(r'href="([^"#]+)#answers" rel="next"', page)), "")
        last = client.get(f"{_RUN}?after=ex_link").text
    assert found == [_EVERY[:3], _EVERY[3:6], _EVERY[6:]]
    assert "No more of them." in last
