"""What programs change: with a token that is for it, once for each key, told to the log, and refused with words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from archiver.accounts.models import Account
from archiver.evidence.models import Event
from archiver.people.actions import FOR_TOKENS, HIGH_RISK, WRITES, Action
from archiver.web import door
from archiver.web.app import _site_app
from archiver.web.site import Site
from tests.people.scene import account_of, record_of
from tests.programs.conftest import Served, serving, token_of

POLICE, LIBRARY = account_of("police"), account_of("library")
RECORD = record_of("police", "private")


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("acts") / "home") as made:
        yield made


@pytest.fixture
def client(changed: Served) -> Iterator[httpx.Client]:
    with changed.client("officer") as opened:
        yield opened


def _events(served: Served) -> list[str]:
    with served.archive.database.read() as connection:
        return list(connection.execute(select(Event.type).order_by(Event.position)).scalars())


def _post(client: httpx.Client, path: str, said: Any = None, key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1/{path}", json=said, headers=headers)


def test_no_token_is_for_what_takes_showing_anew_who_it_is() -> None:
    assert not FOR_TOKENS & HIGH_RISK
    assert WRITES < FOR_TOKENS
    assert not FOR_TOKENS & {Action.REGISTER_CHANGE, Action.SEARCH_FREEZE}


def test_what_was_written_is_told_and_in_the_log(changed: Served, client: httpx.Client) -> None:
    before = len(_events(changed))
    assert _post(client, f"records/{RECORD}/tags", {"tag": "Potholes "}).json()["tags"] == ["potholes"]
    note = _post(client, f"records/{RECORD}/notes", {"text": "asked for twice"}, "note-0001")
    assert note.status_code == 201
    (shown,) = client.get(f"/api/v1/records/{RECORD}/marks").json()["notes"]
    assert (shown["id"], shown["text"], shown["by"]) == (note.json()["id"], "asked for twice", "officer")
    assert _events(changed)[before:] == ["records.marked"] * 2
    assert _post(client, f"records/{RECORD}/tags/remove", {"tag": "potholes"}).json()["tags"] == []
    assert _post(client, f"records/{RECORD}/notes/{shown['id']}/remove").status_code == 204
    assert client.get(f"/api/v1/records/{RECORD}/marks").json() == {"tags": [], "notes": []}


@pytest.mark.parametrize("what", ["note", "search", "statement"])
def test_the_same_key_does_it_once_and_does_nothing_else(changed: Served, client: httpx.Client, what: str) -> None:
    path, said, other = {
        "note": (f"records/{RECORD}/notes", {"text": "once"}, {"text": "twice"}),
        "search": ("saved", {"name": "once", "query": "x"}, {"name": "twice", "query": "x"}),
        "statement": ("moderation", _SAYS | {"matter": "M-8"}, _SAYS | {"matter": "M-9"}),
    }[what]
    first = _post(client, path, said, f"key-of-{what}")
    assert first.status_code == 201, first.text
    before = _events(changed)
    again = _post(client, path, said, f"key-of-{what}")
    assert (again.status_code, again.json()) == (201, first.json())
    refused = _post(client, path, other, f"key-of-{what}")
    assert (refused.status_code, "another" in refused.json()["detail"]) == (409, True)
    assert _events(changed) == before
    with changed.client("everything") as somebody:  # (a session; of another person)
        token = token_of(changed.archive, somebody.get("/api/v1/me").json()["person"])
    with httpx.Client(base_url=changed.url, headers={"Authorization": f"Bearer {token}"}) as theirs:
        mine = _post(theirs, path, said, f"key-of-{what}")
    assert mine.status_code == 201, "a key is its person's own"
    assert mine.json()["id"] != first.json()["id"]
    for key in ("", "short", "with space", "x" * 101):
        assert _post(client, path, said, key).status_code == 400, key


_SAYS: dict[str, Any] = {"account": POLICE, "done": "blocked", "actor": "staff", "against": "Robin"}


def test_a_statement_is_said_and_corrected_by_who_read_the_last(changed: Served, client: httpx.Client) -> None:
    first = _post(client, "moderation", _SAYS | {"at": "2026-11-29T18:00:00-06:00"}, "stated-01").json()
    assert (first["at"], first["by"], first["void"]) == ("2026-11-30T00:00:00.000000Z", "officer", False)
    path = f"moderation/{first['id']}"
    correction = {"after": first["act"], "why": "a typing error", "says": _SAYS | {"against": "Robyn"}}
    second = _post(client, path, correction)
    assert (second.status_code, second.json()["against"]) == (200, "Robyn")
    assert _post(client, path, correction).json()["act"] == second.json()["act"], "said again, it is said once"
    late = _post(client, path, correction | {"says": _SAYS | {"against": "Ruben"}})
    assert late.status_code == 409
    assert [one["field"] for one in late.json()["errors"]] == ["at", "against"]
    gone = _post(client, path, {"after": second.json()["act"], "says": None})
    assert gone.json()["void"] is True
    said = client.get(f"/api/v1/{path}").json()["said"]
    assert [one["against"] for one in said] == ["Robyn", "Robyn", "Robin"]


def test_a_selection_is_filled_and_emptied(client: httpx.Client) -> None:
    made = _post(client, "selections", {"name": "Request 12"}).json()
    assert _post(client, "selections", {"name": "request 12"}).json() == made
    path = f"selections/{made['id']}/records"
    for _ in range(2):
        assert _post(client, path, {"records": [RECORD]}).json()["records"] == 1
    both = {"records": [record_of("police", "hidden"), "rc_none"]}
    assert _post(client, path, both).status_code == 404, "all of them or none"
    assert [one["record"] for one in client.get(f"/api/v1/{path}").json()["items"]] == [RECORD]
    assert _post(client, f"{path}/remove", {"records": [RECORD]}).json()["records"] == 0
    assert _post(client, f"selections/{made['id']}/remove").status_code == 204
    assert client.get(f"/api/v1/selections/{made['id']}").status_code == 404


def test_a_search_is_saved_looked_at_and_taken_off(client: httpx.Client) -> None:
    one = _post(client, "saved", {"name": "mine", "query": "larkspur"}, "saved-001").json()
    until = client.get(f"/api/v1/saved/{one['id']}/new").json()["until"]
    assert _post(client, f"saved/{one['id']}/seen", {"until": until}).json()["looked_at"] == until
    taken = _post(client, "saved", {"name": "MINE", "query": "x"}, "saved-002")
    assert (taken.status_code, "choose another name" in taken.json()["detail"]) == (422, True)
    assert _post(client, f"saved/{one['id']}/remove").status_code == 204
    assert _post(client, f"saved/{one['id']}/remove").status_code == 404


def test_what_is_captured_of_an_account_is_changed_by_the_names_of_its_settings(
    changed: Served, client: httpx.Client
) -> None:
    path, before = f"accounts/{POLICE}/settings", len(_events(changed))
    for value in (False, "no"):
        after = _post(client, path, {"settings": {"messages": value}}).json()
        said = {one["name"]: (one["value"], one["usual"], one["by"]) for one in after["settings"]}
        assert said["messages"] == (False, True, "by officer")
        assert said["live_videos"] == (True, True, None)
        assert client.get(f"/api/v1/{path}").json() == after
    assert _events(changed)[before:].count("account.changed") == 1, "sent again, it is so already"
    refused = _post(client, path, {"settings": {"messages": "perhaps", "live_videos": False}})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "messages", "detail": "has to be yes or no"}]
    unknown = _post(client, path, {"settings": {"none": True}})
    assert (unknown.status_code, "live_videos" in unknown.json()["detail"]) == (422, True)
    assert _post(client, path, {"settings": {}}).status_code == 422
    assert _post(client, "accounts/ac_none/settings", {"settings": {"messages": True}}).status_code == 404
    assert client.get(f"/api/v1/{path}").json() == after
    usual = _post(client, path, {"settings": {"messages": None}}).json()["settings"][0]
    assert (usual["value"], usual["chosen"]) == (True, False)


def test_an_account_is_paused_resumed_and_looked_at(changed: Served, client: httpx.Client) -> None:
    path, before = f"accounts/{POLICE}", len(_events(changed))
    for _ in range(2):
        paused = _post(client, f"{path}/pause", {"reason": "moved"}).json()
        assert (paused["state"], paused["state_reason"]) == ("paused", "moved")
    assert _post(client, f"{path}/pause", {"reason": "another"}).status_code == 409
    assert "paused" in _post(client, f"{path}/look", {}).json()["detail"]
    assert _post(client, f"{path}/resume").json()["state"] == "active"
    asked = _post(client, f"{path}/look", {})
    assert asked.status_code == 202
    looked = client.get("/api/v1/captured/looks", params=asked.json()).json()
    assert (looked["waits"], looked["done"]) == (True, False)
    told = [one for one in _events(changed)[before:] if one != "act.recorded"]
    assert told == ["account.paused", "account.resumed", "capture.asked"]
    with changed.archive.database.write() as connection:
        table: Any = Account.__table__
        connection.execute(table.update().where(table.c.id == LIBRARY).values(state="closed"))
    assert _post(client, f"accounts/{LIBRARY}/pause", {"reason": "x"}).status_code == 409


def test_an_address_is_looked_at_where_its_account_is_known(client: httpx.Client) -> None:
    known = _post(client, "captured/look", {"url": "https://facebook.example/nobody/1"})
    assert (known.status_code, known.json()["errors"][0]["field"]) == (422, "url")
    for url in (
        "no address",
        "[",
        "https://[city",
        "//[a@b",
        "0",
        "https://0x7f.1/feed",
        "https://nowhere.example/x?access_token=EAAB" + "x" * 60,
    ):
        added = _post(client, "accounts", {"url": url, "official": True})
        assert (added.status_code, "EAAB" in added.text) == (422, False), added.text


@pytest.mark.parametrize(
    ("path", "said", "field"),
    [
        (f"accounts/{POLICE}/pause", {"reason": ""}, "reason"),
        (f"accounts/{POLICE}/pause", {"reason": " "}, "reason"),
        (f"accounts/{POLICE}/pause", {"reason": "x", "raeson": "x"}, "raeson"),
        (f"accounts/{POLICE}/pause", ["x"], "body"),
        (f"accounts/{POLICE}/pause", None, "body"),
        (f"records/{RECORD}/tags", {"tag": "x" * 51}, "tag"),
        (f"records/{RECORD}/tags", {"tag": 1}, "tag"),
        ("selections/sl_none/records", {"records": []}, "records"),
        ("selections/sl_none/records", {"records": ["x/y"]}, "records.0"),
        ("moderation", {**_SAYS, "done": "eaten"}, "done"),
        ("moderation", {**_SAYS, "records": [{"record": "rc_x"}]}, "records.0.record"),
        ("moderation", {**_SAYS, "at": "2026-11-29"}, "at"),
        ("moderation", {**_SAYS, "at": "0001-01-01T00:00:00+23:00"}, "at"),
        ("moderation", {**_SAYS, "words": "\0" * 20_001}, "words"),
        ("moderation/mo_x", {"after": "", "says": None}, "after"),
    ],
)
def test_a_field_that_cannot_be_is_named(client: httpx.Client, path: str, said: Any, field: str) -> None:
    answer = _post(client, path, said, "a-key-0001")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "application/json"}, b"{", 400),
        ({"content-type": "application/json"}, b"\xff", 400),
        ({"content-type": "application/json"}, b"[" * 15_000, 400),
        ({"content-type": "application/json"}, b'{"tag":"' + b"x" * 20_000 + b'"}', 413),
        ({"content-type": "application/json"}, b'{"tag":"\\ud800"}', 422),
        ({"content-type": "application/json"}, b'{"\\ud800":1,"tag":"x"}', 422),
        ({"content-type": "text/plain"}, b'{"tag":"x"}', 422),
        ({"content-type": "application/x-www-form-urlencoded"}, b"tag=x", 422),
    ],
)
def test_what_is_no_small_json_is_refused(
    client: httpx.Client, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = client.post(f"/api/v1/records/{RECORD}/tags", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_body_without_a_length_is_refused(client: httpx.Client) -> None:
    answer = client.post(f"/api/v1/records/{RECORD}/tags", content=iter([b'{"tag":"x"}']))
    assert answer.status_code == 413


def _acts(served: Served) -> list[tuple[str, Action]]:
    routes = door.routes(_site_app(Site(served.archive)))
    said = [(route.path, door.door_of(route.endpoint)) for route in routes if route.path.startswith("/api/")]
    return [(path, one.action) for path, one in said if one is not None and one.program and one.action is not None]


def test_every_act_takes_a_token_that_is_for_it_and_never_a_session(changed: Served) -> None:
    acts, archive = _acts(changed), changed.archive
    assert len(acts) > 15
    with changed.client("officer") as client:
        person_id = client.get("/api/v1/me").json()["person"]
    with archive.database.read() as connection:
        before = connection.execute(select(func.count()).select_from(Event)).scalar_one()
    lacking = {one: token_of(archive, person_id, *(FOR_TOKENS - {one})) for one in WRITES}
    (made,) = changed.comers["everything"].values()
    for path, action in acts:
        address = path.format_map(dict.fromkeys(("account_id", "record_id", "note_id", "saved_id", "selection_id",
                                                 "moderation_id"), "none"))  # fmt: skip
        for headers in (
            {"Cookie": made, "Sec-Fetch-Site": "same-origin"}, {"Cookie": made}, {}, {"Authorization": "Bearer x"},
            {"Cookie": made, "Authorization": "Basic eDp4"},
        ):  # fmt: skip
            answer = httpx.post(changed.url + address, headers=headers, json={}, timeout=30)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), (path, headers)
        sent = {"Authorization": f"Bearer {lacking[action]}", "Cookie": made, "Idempotency-Key": "a-key-0001"}
        refused = httpx.post(changed.url + address, headers=sent, json={}, timeout=30)
        assert (refused.status_code, "not for that" in refused.text) == (403, True), path
    with archive.database.read() as connection:
        after = connection.execute(select(func.count()).select_from(Event)).scalar_one()
    assert after - before == len(WRITES), "nothing but the tokens"


def test_a_token_is_told_where_it_ends(changed: Served, client: httpx.Client) -> None:
    for path in ("people", "access-log"):
        said = client.get(f"/api/v1/{path}")
        assert (said.status_code, "on the pages" in said.json()["detail"]) == (403, True)
    with changed.client("police") as narrow:
        for one in (record_of("library", "public"), RECORD):
            assert _post(narrow, f"records/{one}/tags", {"tag": "x"}).status_code == 404, "what it does not see"
        assert _post(narrow, f"accounts/{LIBRARY}/look", {}).status_code == 404
        assert _post(narrow, f"accounts/{LIBRARY}/pause", {"reason": "x"}).status_code == 404
        assert _post(narrow, "moderation", _SAYS | {"account": LIBRARY}, "a-key-0002").status_code == 404
