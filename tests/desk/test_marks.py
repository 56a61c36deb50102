"""Tags, notes and selections: written by who may, seen where they may, and in nothing that leaves the desk."""

from __future__ import annotations

import base64
import html
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.desk import marks, selections
from archiver.desk.freezing import freeze
from archiver.errors import KEY_USED, Meanwhile, NotFound, Refused, UsageError
from archiver.evidence import service as evidence
from archiver.evidence.entry import read_entry
from archiver.evidence.models import Event
from archiver.operations import index_rows
from archiver.people import service, sessions
from archiver.people.acting import SERVICE, of_machine, of_person
from archiver.people.actions import FOR_TOKENS, Action
from archiver.people.permission import AUTHORITY
from archiver.people.roles import MAY, Access, Role, usual
from archiver.people.service import NewGrant
from archiver.records.models import Record
from archiver.release import bundle, choosing
from archiver.release.certificate import certify
from archiver.release.forms import Form
from archiver.search.statements import load
from archiver.viewing import Viewer
from archiver.web import selections as selection_pages
from archiver.web.app import _site_app
from archiver.web.door import routes
from archiver.web.site import Site
from tests.capture.house import House
from tests.desk.test_search_page import client_of
from tests.people.scene import account_of, record_of
from tests.signed_in import cookies, person

_POLICE, _LIBRARY = record_of("police", "public"), record_of("library", "public")


def _tags(archive: Archive, viewer: Viewer = Viewer.EVERYTHING) -> dict[str, int]:
    with archive.database.read() as connection:
        return dict(marks.known(connection, viewer))


def _events(archive: Archive) -> list[tuple[object, ...]]:
    with archive.database.read() as connection:
        rows = connection.execute(select(Event.body).where(Event.type == "records.marked")).scalars()
        found = [read_entry(body) for body in rows]
    return sorted((one.subject_id, one.actor_id, *one.data.values()) for one in found)


def test_a_tag_is_put_and_taken_and_each_act_has_its_event(offices: Archive) -> None:
    jo = person(offices, Role.CUSTODIAN, name="Jo")
    actor = of_person(jo.id)
    assert marks.tag(offices, actor, [_POLICE, _LIBRARY], "  For  Counsel\n ") == 2
    assert marks.tag(offices, actor, [_POLICE], "for counsel") == 0, "it is there"
    assert _tags(offices) == {"for counsel": 2}
    assert marks.untag(offices, actor, [_POLICE], "FOR COUNSEL") == 1
    assert marks.untag(offices, actor, [_POLICE], "for counsel") == 0
    noted = marks.note(offices, actor, _POLICE, " Ask the desk.\r\nTwice. ")
    with offices.database.read() as connection:
        (one,) = marks.of_record(connection, Viewer.EVERYTHING, jo.id, _POLICE, offices.clock.now()).notes
    assert (one.text, one.by, one.removable) == ("Ask the desk.\nTwice.", "Jo", True)
    marks.remove_note(offices, actor, _POLICE, noted)
    police, library = account_of("police"), account_of("library")
    assert _events(offices) == sorted(
        [
            *((one, jo.id, "added", 1, "tag") for one in (police, library)),
            (police, jo.id, "removed", 1, "tag"),
            *((police, jo.id, done, 1, "note") for done in ("added", "removed")),
        ]
    )


@pytest.mark.law("R4")
def test_who_may_not_is_refused_and_leaves_nothing(offices: Archive) -> None:
    police = {"scope": AUTHORITY, "scope_id": "police"}
    jo = of_person(person(offices, Role.CUSTODIAN, access={Access.PUBLIC}, **police).id)
    for record_id in (_LIBRARY, record_of("police", "private"), record_of("police", "message"), "rc_none"):
        for act in (marks.tag, marks.untag):
            with pytest.raises(NotFound):
                act(offices, jo, [_POLICE, record_id], "mine")
        with pytest.raises(NotFound):
            marks.note(offices, jo, record_id, "mine")
        with pytest.raises(NotFound):
            marks.remove_note(offices, jo, record_id, "nt_none")
    writer = of_person(person(offices, Role.CUSTODIAN, name="Writer").id)
    noted = marks.note(offices, writer, _POLICE, "theirs")
    before = _events(offices)
    with pytest.raises(Refused, match="only who wrote"):
        marks.remove_note(offices, jo, _POLICE, noted)
    for role in Role:
        if Action.RECORDS_MARK not in MAY[role]:
            other = of_person(person(offices, role, name=role.value).id)
            with pytest.raises(Refused):
                marks.tag(offices, other, [_POLICE], "mine")
            with pytest.raises(Refused):
                marks.note(offices, other, _POLICE, "mine")
    with pytest.raises(Refused):
        marks.tag(offices, of_machine(), [_POLICE], "mine")
    assert _tags(offices) == {}
    assert _events(offices) == before


def test_one_key_at_once_on_two_records_writes_one_note_and_says_no_to_the_other(
    offices: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, gate = of_person(person(offices, Role.CUSTODIAN).id), threading.Barrier(2)
    looked = marks._is_written

    def both(*asked: Any) -> bool:
        found = looked(*asked)
        with suppress(threading.BrokenBarrierError):
            gate.wait(0.5)  # as long as the other is let in beside it
        return found

    def write(record: str) -> str:
        try:
            return marks.note(offices, actor, record, "the same", "nt_once")
        except Meanwhile as failure:
            return str(failure)

    monkeypatch.setattr(marks, "_is_written", both)
    with ThreadPoolExecutor(2) as hands:
        assert sorted(hands.map(write, (_POLICE, _LIBRARY))) == sorted(("nt_once", KEY_USED))


@pytest.mark.parametrize("why", ["left", "lost the role", "has it for another office only"])
def test_a_note_of_somebody_who_marks_that_record_no_more_is_taken_away_by_who_does(offices: Archive, why: str) -> None:
    writer = person(offices, name="Writer")
    role = service.grant(offices, SERVICE, writer.id, NewGrant(Role.CUSTODIAN, access=usual(Role.CUSTODIAN)))
    noted = marks.note(offices, of_person(writer.id), _POLICE, "of somebody who is gone")
    jo = person(offices, Role.CUSTODIAN, name="Jo")

    def removable() -> list[bool]:
        with offices.database.read() as connection:
            now = offices.clock.now()
            found = marks.of_record(connection, Viewer.EVERYTHING, jo.id, _POLICE, now).notes
        return [one.removable for one in found]

    with pytest.raises(Refused, match="as long as they can"):
        marks.remove_note(offices, of_person(jo.id), _POLICE, noted)
    assert removable() == [False]
    if why == "left":
        service.end(offices, SERVICE, writer.id)
    else:
        service.revoke(offices, SERVICE, role.id)
    if why == "has it for another office only":
        elsewhere = NewGrant(Role.CUSTODIAN, AUTHORITY, "library", usual(Role.CUSTODIAN))
        service.grant(offices, SERVICE, writer.id, elsewhere)
    assert removable() == [True]
    other = person(offices, Role.CUSTODIAN, scope=AUTHORITY, scope_id="library")
    with pytest.raises(NotFound):
        marks.remove_note(offices, of_person(other.id), _POLICE, noted)
    marks.remove_note(offices, of_person(jo.id), _POLICE, noted)
    assert removable() == []
    assert {one[1:3] for one in _events(offices)} == {(jo.id, "removed"), (writer.id, "added")}


@pytest.mark.parametrize("word", ["", " \n ", "x" * 51])
def test_what_is_no_tag_is_said(offices: Archive, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    jo = of_person(person(offices, Role.CUSTODIAN).id)
    with pytest.raises(UsageError):
        marks.tag(offices, jo, [_POLICE], word)
    with pytest.raises(UsageError):
        marks.note(offices, jo, _POLICE, word * 41)
    with pytest.raises(UsageError):
        marks.tag(offices, jo, [], "nothing chosen")
    monkeypatch.setattr(marks, "MOST", 1)
    marks.tag(offices, jo, [_POLICE], "one")
    marks.note(offices, jo, _POLICE, "one")
    with pytest.raises(UsageError, match="at most 1"):
        marks.tag(offices, jo, [_POLICE], "two")
    with pytest.raises(UsageError, match="at most 1"):
        marks.note(offices, jo, _POLICE, "two")


@pytest.mark.law("R4", "R71")
def test_a_tag_of_piled_marks_is_taken_away_by_its_own_button(offices: Archive) -> None:
    jo, pile = person(offices, Role.CUSTODIAN, name="Jo"), "z" + "\u0301" * 30
    marks.tag(offices, of_person(jo.id), [_POLICE], pile)
    with client_of(offices, cookies(offices, jo)) as client:
        (sent,) = re.findall('name="tag" value="(.*?)"', client.get(f"/records/{_POLICE}").text)
        client.post(f"/records/{_POLICE}/tags", data={"do": "remove", "tag": html.unescape(sent)})
    assert _tags(offices) == {}


def test_tags_of_one_office_are_nothing_to_another(offices: Archive) -> None:
    chief = person(offices, Role.CUSTODIAN, name="Chief")
    for record_id, tag in ((_POLICE, "badge"), (_LIBRARY, "shelf"), (record_of("police", "private"), "hush")):
        marks.tag(offices, of_person(chief.id), [record_id], tag)
    marks.note(offices, of_person(chief.id), _POLICE, "badgenote")
    marks.note(offices, of_person(chief.id), _LIBRARY, "shelfnote")
    scoped = {"scope": AUTHORITY, "scope_id": "police"}
    custodian = person(offices, Role.CUSTODIAN, access={Access.PUBLIC}, **scoped)
    reader = person(offices, Role.COMMUNICATIONS, name="Reader")
    with client_of(offices, cookies(offices, custodian)) as client:
        listed, search = client.get("/tags").text, client.get("/search", params={"q": '-"nothing"'}).text
        record = client.get(f"/records/{_POLICE}").text
        assert re.findall(r'/search\?tag=(\w+)"', listed) == ["badge"]
        assert "badgenote" in record
        assert not any(word in listed + search + record for word in ("shelf", "hush"))
        found = client.get("/search", params={"tag": "Badge"}).text
        assert f"/records/{_POLICE}" in found
        assert "<strong>1</strong> record." in found
        for hidden in ("shelf", "hush", "none such", "x" * 60):
            assert "<strong>0</strong> records." in client.get("/search", params={"tag": hidden}).text
        assert "<strong>0</strong> records." in client.get("/search", params={"tag": "badge", "q": "nosuch"}).text
        assert client.post(f"/records/{_LIBRARY}/tags", data={"tag": "x"}).status_code == 404
        assert client.post("/search/tag", data={"record": [_POLICE, _LIBRARY], "tag": "x"}).status_code == 404
    with client_of(offices, cookies(offices, reader)) as client:
        pages = [client.get(one).text for one in ("/search?q=-%22nothing%22", f"/records/{_POLICE}")]
        assert not any(word in page for page in pages for word in ("badge", "Your tags", 'name="tag"'))
        assert "<strong>0</strong> records." in client.get("/search?tag=badge").text
        assert client.get("/tags").status_code == 403
        assert client.post(f"/records/{_POLICE}/notes", data={"text": "x"}).status_code == 403


def test_the_pages_write_and_take_away(offices: Archive) -> None:
    jo = person(offices, Role.CUSTODIAN, name="Jo")
    with client_of(offices, cookies(offices, jo)) as client:
        page = client.get("/search", params={"q": '-"nothing"'}).text
        hits = re.findall(r'form="choose" name="record" value="([^"]+)"', page)
        assert _POLICE in hits
        back = html.unescape(re.findall(r'name="back" value="([^"]+)"', page)[0])
        answer = client.post("/search/tag", data={"record": hits, "tag": "<b>all</b>", "back": back})
        assert answer.headers["location"] == f"/search?{back}&tagged={len(hits)}#done"
        assert _tags(offices) == {"<b>all</b>": len(hits)}
        again = client.get(answer.headers["location"]).text
        assert re.search(rf'role="status"[^>]* id="done"[^>]*>The tag is on the {len(hits)} chosen records', again)
        assert "&lt;b&gt;all&lt;/b&gt;" in again
        assert "<b>all" not in again
        assert client.post("/search/tag", data={"tag": "none"}).status_code == 400
        assert client.post(f"/records/{_POLICE}/tags", data={"tag": "<b>all</b>", "do": "remove"}).status_code == 303
        assert client.post(f"/records/{_POLICE}/notes", data={"text": "<i>mine</i>"}).status_code == 303
        record = client.get(f"/records/{_POLICE}").text
        assert "&lt;i&gt;mine" in record
        (remove,) = re.findall(r'action="(/records/[^"]+/notes/[^"]+/remove)"', record)
        assert client.post(remove).status_code == 303
        assert "mine" not in client.get(f"/records/{_POLICE}").text


@pytest.mark.parametrize(
    ("path", "sent", "field", "says"),
    [
        ("tag", {"tag": "<b>kept"}, "tag", "Choose at least one record"),
        ("tag", {"tag": " ", "record": [_POLICE]}, "tag", "A tag has 1 to 50 characters"),
        ("select", {"selection": "<b>kept", "do": "chosen"}, "selection", "Choose at least one record"),
        ("select", {"selection": "", "do": "chosen", "record": [_POLICE], "tag": "<b>kept"}, "selection", "Give the"),
    ],
)
def test_what_cannot_be_done_with_hits_is_said_at_the_field_and_nothing_typed_is_lost(
    offices: Archive, path: str, sent: dict[str, object], field: str, says: str
) -> None:
    jo = person(offices, Role.CUSTODIAN, name="Jo")
    back = {"back": "q=-%22nothing%22&order=relevance&counts=wrong"}
    with client_of(offices, cookies(offices, jo)) as client:
        answer = client.post(f"/search/{path}", data={**sent, **back})
        elsewhere = client.post(f"/search/{path}", data={**sent, "back": "q=nosuchword"})
        nowhere = client.post(f"/search/{path}", data=sent)
    assert [one.status_code for one in (answer, elsewhere, nowhere)] == [400, 400, 400]
    page = answer.text
    assert re.search(rf'id="not-done">(<bdi>)?{says}', page)
    assert re.search(rf'<input id="{field}"[^>]* aria-invalid="true" aria-describedby="not-done" autofocus>', page)
    assert page.count('aria-invalid="true"') == 1
    assert ('value="&lt;b&gt;kept"' in page) == ("<b>kept" in sent.values())
    assert re.findall(r'value="(rc_[^"]+)"[^>]* checked', page) == sent.get("record", [])
    assert '<option value="relevance" selected>' in page
    assert says in elsewhere.text, "also where the hits are gone"
    assert "That was not taken" in nowhere.text
    assert _tags(offices) == {}


# -- selections


def test_a_selection_takes_hits_and_whole_searches(offices: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    jo = person(offices, Role.CUSTODIAN, name="Jo", access={Access.PUBLIC})
    with client_of(offices, cookies(offices, jo)) as client:
        assert "Nothing is laid aside yet" in client.get("/selections").text
        sent = {"selection": "Rally <b>", "record": [_POLICE], "do": "chosen", "query": "larkspur"}
        laid = client.post("/search/select", data=sent).headers["location"]
        assert "It is laid aside here." in client.get(laid).text
        one = laid.removesuffix("?laid=aside")
        assert "It is laid aside" not in client.get(one).text
        again = client.post("/search/select", data=sent | {"selection": " rally  <B> "}).headers["location"]
        assert laid == again
        assert "<strong>1</strong> record in all" in client.get(one).text
        every = client.post("/search/select", data=sent | {"do": "all", "query": '-"nothing"'})
        assert every.headers["location"] == laid
        page = client.get(one).text
        frozen = re.findall(r"Statement <code>(se_\w+)</code>", page)
        assert len(frozen) == 1
        with offices.database.read() as connection:
            statement = load(connection, frozen[0])
        assert statement.viewer.access == frozenset({"public"})
        assert not any("private" in one or "message" in one for one in statement.record_ids)
        assert f"<strong>{len(statement.record_ids)}</strong> records in all" in page
        assert "Rally &lt;b&gt;" in page
        with monkeypatch.context() as patch:
            patch.setattr(selection_pages, "COUNTED", 1)
            most = len(statement.record_ids) + 1
            assert f"At most <strong>{most}</strong> records in all" in client.get(one).text
        assert client.post(f"{one}/leave-out", data={"of": [_POLICE, frozen[0]]}).status_code == 303
        assert "<strong>0</strong> records in all" in client.get(one).text
        wrongs: tuple[dict[str, object], ...] = (
            {"record": []},
            {"selection": ""},
            {"do": "all", "query": "nosuchword"},
            {"record": ["rc_none"]},
        )
        for wrong in wrongs:
            assert client.post("/search/select", data={**sent, **wrong}).status_code in (400, 404)
        assert client.post(f"{one}/remove").status_code == 303
        assert client.get(one).status_code == 404


@pytest.mark.law("R71")
def test_a_selection_is_its_owners_alone_and_shows_what_they_see_now(offices: Archive) -> None:
    jo, other = person(offices, Role.CUSTODIAN, name="Jo"), person(offices, Role.CUSTODIAN, name="Other")
    mine = selections.make(offices, of_person(jo.id), "Mine")
    selections.add(offices, of_person(jo.id), mine, [_POLICE, record_of("library", "private")])
    with client_of(offices, cookies(offices, other)) as client:
        assert "Mine" not in client.get("/selections").text
        for method, address in (("GET", ""), ("POST", "/leave-out"), ("POST", "/remove")):
            assert client.request(method, f"/selections/{mine}{address}").status_code == 404
    with offices.database.read() as connection:
        seen = selections.records(connection, mine, Viewer(access=frozenset({"public"})))
        assert selections.records(connection, mine, Viewer.EVERYTHING) != seen == [_POLICE]
    communications = of_person(person(offices, Role.COMMUNICATIONS).id)
    own = selections.make(offices, communications, "Own")
    with pytest.raises(Refused):
        selections.add_all(offices, communications, own, "larkspur")
    with pytest.raises(Refused):
        freeze(offices, communications, "larkspur")
    with pytest.raises(NotFound):
        selections.add(offices, communications, own, [record_of("police", "private")])
    for nobody in (of_machine(), of_person(person(offices, Role.CIO).id)):
        with pytest.raises(Refused):
            selections.make(offices, nobody, "x")


# -- never leaves


_CANARIES = ("canarytag", "canarynote", "canaryselection")


@pytest.fixture
def marked(house: House) -> tuple[House, str]:
    """A captured city, and a record of it that has everything on it."""
    account = house.office()
    house.city.say(house.cast.city, "Fireworks at the lake.")
    house.run(account)
    (record,) = house.rows(Record, Record.kind == "post")
    jo = of_person(person(house.archive, Role.CUSTODIAN, name="Jo").id)
    marks.tag(house.archive, jo, [record.id], "canarytag")
    marks.note(house.archive, jo, record.id, "canarynote")
    selection = selections.make(house.archive, jo, "canaryselection")
    selections.add(house.archive, jo, selection, [record.id])
    selections.add_all(house.archive, jo, selection, "fireworks")
    house.capture.flush(all=True)
    evidence.sign(house.archive.signed_log)
    return house, record.id


def _bytes(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            yield content
            for piece in re.findall(rb"[A-Za-z0-9+/]{16,}={0,2}", content):
                if len(piece) % 4 == 0:
                    yield base64.b64decode(piece)


@pytest.mark.law("R71")
def test_nothing_that_leaves_holds_a_word_of_them(marked: tuple[House, str]) -> None:
    house, record_id = marked
    archive = house.archive
    for name, chosen in (
        ("by id", choosing.by_ids([record_id])),
        ("by query", choosing.by_query(archive, "fireworks")),
    ):
        made = bundle.export(archive, chosen, house.home / name)
        certify(archive, made.folder, Form.BUSINESS, name="Jo", office="Clerk")
        for content in _bytes(made.folder):
            assert not any(word.encode() in content for word in _CANARIES)
    for content in _bytes(house.home / "store"):
        assert not any(word.encode() in content for word in _CANARIES)
    with archive.database.read() as connection:
        for body in connection.execute(select(Event.body)).scalars():
            assert not any(word.encode() in bytes(body) for word in _CANARIES)
        rows = [*connection.exec_driver_sql("SELECT terms.* FROM search_vocabulary AS terms")]
        assert not any("canary" in str(row) for row in rows)


@pytest.mark.law("R71")
def test_no_answer_to_a_program_but_their_own_holds_a_word_of_them(marked: tuple[House, str]) -> None:
    house, record_id = marked
    archive = house.archive
    owner = person(archive, *Role, name="Owner")
    _, secret = sessions.make_token(archive, of_person(owner.id), owner.id, "all", set(FOR_TOKENS), timedelta(days=1))
    values = {"record_id": record_id, "account_id": house.rows(Record, Record.id == record_id)[0].account_id}
    asked = 0
    with TestClient(client_of(archive, {}).app, base_url="http://127.0.0.1") as client:
        for route in routes(_site_app(Site(archive))):
            if "/api/" not in route.path or "GET" not in (route.methods or ()):
                continue
            path = re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], "none"), route.path)
            answer = client.get(
                path,
                params={"q": "fireworks"} if "search" in path else {},
                headers={"Authorization": f"Bearer {secret}"},
            )
            asked += answer.status_code == 200
            own = route.path.startswith(("/api/v1/tags", "/api/v1/records/{record_id}/marks"))
            assert own == any(word in answer.text for word in _CANARIES), path
    assert asked > 10


def test_a_rebuild_leaves_them_and_a_snapshot_takes_them(marked: tuple[House, str]) -> None:
    house, record_id = marked
    rebuild(house.archive)
    assert _tags(house.archive) == {"canarytag": 1}
    with house.archive.database.read() as connection:
        (note,) = marks.of_record(connection, Viewer.EVERYTHING, "", record_id, house.archive.clock.now()).notes
    assert (note.text, note.removable) == ("canarynote", False)
    taken = {one.name for one in index_rows.snapshot_tables()}
    assert taken >= {"record_tag", "record_note", "selection", "selection_record", "selection_statement"}
