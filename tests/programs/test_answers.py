"""What programs are answered: pages of lists that neither repeat nor leave out, refusals as problems, and tokens."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, insert

from archiver.capture.models import Gap, Run
from archiver.clock import to_text
from archiver.web.places import BadPlace
from archiver.web.programs import cursors
from archiver.web.programs.answers import Moment, SaidDay
from tests.people.matrix import NOW
from tests.people.scene import account_of
from tests.programs.conftest import Served

LISTS = (
    "accounts", "board", "runs", "gaps", "gaps?closed=true", "deposits", "imports", "changes", "search?q=-nowhere",
    "register/accounts", "register/authorities", "people", "access-log", "moderation",
    "saved", "saved/{saved_id}/new", "selections", "selections/{selection_id}/records",
    "frozen/{statement_id}/records", "tags", "register/handovers", "platforms",
    "challenges", "official", "register/candidacies", "register/candidacies/{candidacy_id}/posts",
    "register/exceptions", "register/exceptions?stands=holds",
)  # fmt: skip
POLICE = account_of("police")
_NO_PLACES = (
    "[]", "{}", '["runs"]', '["runs","9999","\\ud800"]', "[" * 250, '["access-log",1e400]', '["access-log",true]',
    '["search","n9.1"]', '["accounts","\\u0000"]', '["changes","2026-03-01T00:00:00Z","\\u0000",0,0]',
)  # fmt: skip


def _encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def _address(path: str, **more: object) -> str:
    joined = "&".join(f"{name}={value}" for name, value in more.items() if value is not None)
    return f"/api/v1/{path}{'&' if '?' in path else '?'}{joined}"


def _walk(client: httpx.Client, path: str, limit: int) -> Iterator[list[dict[str, Any]]]:
    after = None
    while True:
        answer = client.get(_address(path, limit=limit, after=after))
        assert answer.status_code == 200, answer.text
        yield answer.json()["items"]
        after = answer.json()["next"]
        if after is None:
            return


@pytest.mark.parametrize("path", LISTS)
def test_pages_of_a_list_show_each_entry_once(served: Served, path: str) -> None:
    path = path.format_map(served.known)
    with served.client("everything") as client:
        if path == "access-log":  # (which grows with each look at it)
            whole = client.get(_address(path, limit=200)).json()["items"][:20]
            some = [one for page in _walk(client, path, 3) for one in page]
            assert [one["id"] for one in some] == sorted((one["id"] for one in some), reverse=True)
            assert {one["id"] for one in whole} <= {one["id"] for one in some}
            return
        whole = client.get(_address(path, limit=200)).json()["items"]
        pages = list(_walk(client, path, 1))
    assert len(whole) > 1, "there is something to page through"
    assert [one for page in pages for one in page] == whole
    assert all(len(page) == 1 for page in pages)


def test_what_comes_in_between_two_pages_moves_nothing(served: Served) -> None:
    newer = {"account_id": POLICE, "stream": "posts", "opened_by": "rn_between", "opened_at": NOW + timedelta(days=1)}
    run = {"number": 77, "sweep": "new", "trigger": "schedule", "started_at": NOW, "settings_hash": "0", "counts": {}}
    run |= {"connector_version": "1", "bookmark_before": {}, "bookmark_after": {}, "drift": [], "outcome": "complete"}
    run |= {"finished_at": NOW}
    with served.client("everything") as client:
        for path in ("gaps", "runs"):
            whole = client.get(_address(path)).json()["items"]
            first = client.get(_address(path, limit=1)).json()
            with served.archive.database.write() as connection:
                connection.execute(insert(Run).values(id="rn_between", account_id=POLICE, **run))
                connection.execute(insert(Gap).values(cause="new", remedy="", **newer))
            rest = client.get(_address(path, after=first["next"])).json()["items"]
            with served.archive.database.write() as connection:
                connection.execute(delete(Gap).where(Gap.opened_by == "rn_between"))
                connection.execute(delete(Run).where(Run.id == "rn_between"))
            assert [*first["items"], *rest] == whole


@pytest.mark.parametrize("path", LISTS)
def test_a_place_that_is_none_is_told_and_breaks_nothing(served: Served, path: str) -> None:
    huge = cursors.write("access-log", 2**61) if path != "access-log" else cursors.write("runs", NOW, "rn_x")
    path = path.format_map(served.known)
    said = ["x", "%00", "====", "null", "W10", huge, "é", "9" * 400, *map(_encoded, _NO_PLACES)]
    with served.client("everything") as client:
        for after in said:
            answer = client.get(_address(path, after=after))
            assert answer.status_code == 400, (after, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


@given(st.text(max_size=60).filter(lambda text: "\0" not in text), st.integers(0, 2**62 - 1), st.datetimes())
def test_a_place_is_read_as_it_was_written(text: str, number: int, at: Any) -> None:
    moment = at.replace(tzinfo=NOW.tzinfo)
    try:
        text.encode()
    except UnicodeEncodeError:
        with pytest.raises(BadPlace):
            cursors.read(cursors.write("x", text), "x", str)
        return
    written = cursors.write("list", text, number, moment)
    assert cursors.read(written, "list", str, int, type(moment)) == (text, number, moment)
    with pytest.raises(BadPlace):
        cursors.read(written, "other", str, int, type(moment))
    with pytest.raises(BadPlace):
        cursors.read(written, "list", int, int, type(moment))


@given(st.text(max_size=80))
def test_no_text_makes_a_place_fail_in_another_way(text: str) -> None:
    try:
        cursors.read(text, "list", str)
    except BadPlace:
        return


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("nobody", "accounts", 401),
        ("search alone", "accounts", 403),
        ("search alone", "me", 200),
        ("search alone", "search?q=x", 200),
        ("officer", "people", 403),
        ("auditor", "access-log", 403),
        ("auditor", "records/rc_police_public", 403),
        ("police", f"accounts/{account_of('library')}", 404),
        ("police", f"accounts/{POLICE}/counts", 403),
        ("officer", "records/rc_none", 404),
        ("officer", "nothing", 404),
        ("officer", "accounts?limit=0", 400),
        ("officer", "accounts?limit=201", 400),
        ("officer", "accounts?limt=1", 400),
        ("officer", "accounts?limit=1&limit=2", 400),
        ("officer", "accounts/%00", 400),
        ("officer", "runs?account=%00", 400),
        ("officer", "search", 400),
        ("officer", f"search?q={'x' * 2001}", 400),
        ("officer", f"looks?account={POLICE}&at=2026-03-01", 400),
        ("officer", f"looks?account={POLICE}&at=0001-01-01T00:00:00%2B23:00", 400),
        ("officer", f"looks?account={POLICE}&at=9999-12-31T23:59:59Z", 200),
    ],
)
def test_who_gets_what(served: Served, who: str, path: str, status: int) -> None:
    with served.client(who) as client:
        answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.text
    if status != 200:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert (problem["status"], problem["type"]) == (status, "about:blank")
        assert problem["title"]
        assert problem["detail"]
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


def test_nothing_is_changed_but_by_an_act(served: Served) -> None:
    with served.client("officer") as client:
        for method, path in (("POST", "runs"), *((one, "accounts") for one in ("PUT", "PATCH", "DELETE"))):
            answer = client.request(method, f"/api/v1/{path}")
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
            assert answer.headers["content-type"] == "application/problem+json"


def test_a_token_tells_whose_it_is(served: Served) -> None:
    with served.client("search alone") as client:
        said = client.get("/api/v1/me").json()
    assert (said["name"], said["by"], said["may"]) == ("officer", "token", ["records.search"])


def test_times_are_utc_and_end_with_a_zone(served: Served) -> None:
    with served.client("officer") as client:
        (first, *_) = client.get("/api/v1/runs").json()["items"]
        again = client.get("/api/v1/changes", params={"since": "2026-03-01T15:30:00-05:00"}).json()["items"]
    assert first["started_at"] == "2026-03-01T18:30:00.000000Z"
    assert again
    assert all(one["at"] >= to_text(NOW.replace(month=3, day=1, hour=20, minute=30)) for one in again)


@pytest.mark.parametrize("said", ["-1150", "1772400600", "1e3", " 1772400600", "2026"])
def test_a_number_is_no_moment(served: Served, said: str) -> None:
    with served.client("officer") as client:
        assert client.get("/api/v1/changes.csv", params={"since": said}).status_code == 400


@pytest.mark.parametrize("kind", [Moment, SaidDay])
@pytest.mark.parametrize("said", [0, 86_400, -1.5, True, "86400", "-0"])
def test_a_number_is_neither_moment_nor_day(kind: Any, said: object) -> None:
    with pytest.raises(ValidationError, match="such as 2026-05-01"):
        TypeAdapter(kind).validate_python(said)


def test_what_is_closed_is_in_no_answer(served: Served) -> None:
    """A custodian of the police who sees what is public, against one who sees everything."""
    with served.client("police") as few, served.client("officer") as many:
        for path in ("accounts", "runs", "gaps", "deposits", "imports", "changes", "board", "register/accounts"):
            seen, there = (len(one.get(f"/api/v1/{path}").json()["items"]) for one in (few, many))
            assert seen < there, path
            assert "library" not in few.get(f"/api/v1/{path}").text.casefold(), path
        (run,) = few.get("/api/v1/runs").json()["items"]
        assert run["counts"] == {}
        assert [one["text"] for one in few.get("/api/v1/records/rc_police_hidden").json()["versions"]] == ["primrose"]
