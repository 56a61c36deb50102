"""What stands beside captured records is seen by the same people in the same way: exports, deposits, the register, what
is used of platforms' allowances, and what an older search index cannot hold back."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from archiver.archive import Archive
from archiver.errors import NotFound
from archiver.operations import deposits, history
from archiver.operations.gap_imports import with_imports
from archiver.people import permission, service
from archiver.people.acting import SERVICE
from archiver.people.actions import Action
from archiver.people.permission import ACCOUNT, AUTHORITY
from archiver.people.roles import Access, Role, usual
from archiver.people.service import NewGrant, PersonView
from archiver.records import import_views, suggestions
from archiver.records import service as records
from archiver.search.index import UnmarkedIndex
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.people import beside
from tests.people.beside import LISTED, MESSAGE, PRIVATE, PUBLIC, WORDS, authority_of, imported
from tests.people.scene import CANARIES, NOW, OFFICES, account_of, record_of
from tests.signed_in import cookies, person

Listed = dict[str, tuple[str, str]]
POLICE = {"scope": AUTHORITY, "scope_id": "police"}
ALL = frozenset(Access)


@pytest.fixture
def listed(offices: Archive) -> Listed:
    """Ids of the register's listings."""
    return beside.fill(offices)


def client(archive: Archive, who: PersonView) -> TestClient:
    app = create_app(Site(archive))
    return TestClient(app, base_url="http://127.0.0.1", cookies=cookies(archive, who), follow_redirects=False)


def _pages(listed: Listed) -> Iterator[str]:
    """Every address at which something of it could be found."""
    yield from ("/accounts", "/runs", "/changes", "/search?q=canary*", "/search?q=state:imported", "/gaps?all=1")
    yield from ("/register", "/register?only=uncaptured", "/register?only=lacking", "/register/master-list.csv")
    yield from ("/platforms", "/platforms/facebook", "/api/v1/board", "/api/v1/changes", "/looks")
    for office in OFFICES:
        yield f"/looks?account={account_of(office)}&at=2026-03-01T12:40"
        yield from (f"/accounts/{account_of(office)}", f"/register/authorities/{authority_of(office)}")
        yield from (f"/register/accounts/{one}" for one in listed[office])
        yield from (f"/records/{record_of(office, kind)}" for kind in ("public", "private", "message"))
        yield from (f"/records/{imported(office, which)}" for which in ("imported", "kept", "letter"))
        yield from (f"/search?q={word}" for word in WORDS[office].values())
        yield from (f"/api/v1/search?q={word}&facets=true" for word in WORDS[office].values())


@pytest.mark.law("R4", "R71")
@pytest.mark.parametrize(
    ("role", "access", "where", "kinds"),
    [
        (Role.CUSTODIAN, [Access.PUBLIC], POLICE, (*PUBLIC, *LISTED)),
        (Role.CUSTODIAN, usual(Role.CUSTODIAN), POLICE, (*PUBLIC, *PRIVATE, *LISTED)),
        (Role.CUSTODIAN, ALL, {"scope": ACCOUNT, "scope_id": account_of("police")}, (*PUBLIC, *PRIVATE, *MESSAGE)),
        (Role.AUDITOR, None, POLICE, LISTED),
    ],
    ids=["public", "private", "messages of one account", "no records"],
)
def test_each_word_is_found_by_who_may_see_it_and_by_nobody_else(
    offices: Archive, listed: Listed, role: Role, access: Collection[Access] | None, where: dict[str, str],
    kinds: Collection[str],
) -> None:  # fmt: skip
    """Of the police alone; by every page, list, search, count and file."""
    who = person(offices, role, access=access, **where)
    open_ = {WORDS["police"][kind] for kind in kinds}
    every = {word for words in WORDS.values() for word in words.values()}
    closed = set(CANARIES["library"].values())
    if access == [Access.PUBLIC]:
        closed |= {CANARIES["police"][kind] for kind in ("private", "message", "edit")}
    found: set[str] = set()
    with client(offices, who) as browser:
        for path in _pages(listed):
            answer = browser.get(path)
            asked = path.partition("q=")[2].partition("&")[0]
            shown = {word for word in every if word in answer.text} - {asked}
            assert shown <= open_, (path, shown - open_)
            assert not [word for word in closed if word in answer.text], path
            assert "The library" not in answer.text, path
            assert "8642" not in answer.text, path
            found |= shown
            if path.startswith("/api/v1/search") and answer.status_code == 200:
                searched = {WORDS["police"][kind] for kind in kinds if kind in ("imported", "kept", "letter")}
                assert json.loads(answer.text)["total"] == int(asked in searched), path
    assert found == open_


def test_what_is_not_seen_of_the_register_reads_like_what_is_not_there(offices: Archive, listed: Listed) -> None:
    alone = person(offices, Role.CUSTODIAN, scope=ACCOUNT, scope_id=account_of("police"))
    with client(offices, alone) as browser:
        assert browser.get(f"/register/accounts/{listed['police'][0]}").status_code == 200
        texts = set()
        for path in (
            f"/register/accounts/{listed['police'][1]}", f"/register/accounts/{listed['library'][0]}",
            "/register/accounts/li_none",
        ):  # fmt: skip
            answer = browser.get(path)
            assert answer.status_code == 404, path
            texts.add(re.sub(r"<time.*?</time>", "", answer.text))
        assert len(texts) == 1
        assert browser.get(f"/register/authorities/{authority_of('police')}").status_code == 404
        page = browser.get("/register").text
        assert f"/register/accounts/{listed['police'][0]}" in page
        assert "/register/authorities/" not in page
        assert "Hand-overs" not in page
        for form in ("xlsx", "pdf", "csv"):
            answer = browser.get(f"/register/master-list.{form}")
            assert answer.status_code == 200
            assert f"-part.{form}" in answer.headers["content-disposition"]
    reader = person(offices, Role.REVIEWER)
    with client(offices, reader) as browser:
        assert browser.get("/register").status_code == 403
        assert browser.get("/register/master-list.csv").status_code == 403


def test_whoever_sees_all_of_the_register_gets_all_of_the_master_list(offices: Archive, listed: Listed) -> None:
    with client(offices, person(offices, Role.RECORDS_OFFICER)) as browser:
        whole = browser.get("/register/master-list.csv")
    assert "-part" not in whole.headers["content-disposition"]
    assert all(one in whole.text for each in listed.values() for one in each)


def test_counts_and_lists_of_exports_and_deposits_are_of_what_is_seen(offices: Archive, listed: Listed) -> None:
    account = account_of("police")
    viewers = {
        "public": person(offices, Role.CUSTODIAN, access=[Access.PUBLIC], **POLICE),
        "private": person(offices, Role.CUSTODIAN, access=usual(Role.CUSTODIAN), **POLICE),
        "messages": person(offices, Role.CUSTODIAN, access=ALL, **POLICE),
    }
    told = {}
    with offices.database.read() as connection:
        for name, who in viewers.items():
            viewer = permission.viewer(connection, who.id, Action.CAPTURE_VIEW, offices.clock.now())
            told[name] = (
                import_views.count(connection, account, viewer),
                [one.records for one in import_views.imports(connection, account, viewer)],
                len(deposits.deposits(connection, account_id=account, viewer=viewer)),
                len(records.record(connection, record_of("police", "public"), viewer).imported),
            )
            assert import_views.imports(connection, account_of("library"), viewer) == []
            assert deposits.deposits(connection, account_id=account_of("library"), viewer=viewer) == []
            with pytest.raises(NotFound):
                records.thread(connection, imported("library", "imported"), viewer=viewer)
        assert deposits.deposits(connection, viewer=Viewer.NOTHING) == []
        assert len(deposits.deposits(connection)) == 8
    assert told["private"] == (2, [3], 3, 1)
    assert told["messages"] == (3, [4], 4, 1)
    assert (told["public"][1], told["public"][2], told["public"][3]) == ([], 1, 0)


def test_suggestions_and_gaps_tell_of_what_is_seen(offices: Archive, listed: Listed) -> None:
    account, hidden = account_of("police"), CANARIES["police"]
    told = {}
    for name, access in (("public", frozenset({Access.PUBLIC})), ("private", usual(Role.CUSTODIAN)), ("messages", ALL)):
        who = person(offices, Role.CUSTODIAN, access=access, scope=AUTHORITY, scope_id="police")
        with offices.database.read() as connection:
            viewer = permission.viewer(connection, who.id, Action.RECORDS_VIEW, offices.clock.now())
            words = suggestions.wordings(hidden["edit"], None)
            comments = suggestions.of_entry(connection, account, "comment", NOW, words, viewer)
            posts = suggestions.of_entry(connection, account, "post", NOW, frozenset(), viewer)
            entries = suggestions.of_captured(connection, account, "post", NOW, frozenset(), viewer)
            letters = suggestions.of_captured(connection, account, "message", NOW, frozenset(), viewer)
            (gap,) = with_imports(connection, history.gaps(connection, account, viewer=viewer), viewer)
            told[name] = (
                [(one.text, one.same_words) for one in comments],
                {one.text for one in posts},
                {one.record_id for one in entries},
                len(letters),
                [one.records for one in gap.imported],
            )
    public, private = {hidden["public"]}, {hidden["public"], hidden["private"]}
    imports = imported("police", "imported"), imported("police", "kept")
    assert told["public"] == ([(hidden["hidden"], False)], public, {imports[0]}, 0, [])
    assert told["private"] == ([(hidden["edit"], True)], private, {*imports}, 0, [2])
    assert told["messages"] == ([(hidden["edit"], True)], private, {*imports}, 1, [2])


def test_when_accounts_are_looked_at_next_is_told_of_what_is_seen(offices: Archive) -> None:
    who = person(offices, Role.CUSTODIAN, access=None, **POLICE)
    with offices.database.read() as connection:
        viewer = permission.viewer(connection, who.id, Action.CAPTURE_VIEW, offices.clock.now())
        assert set(history.due(connection)) == {account_of(office) for office in OFFICES}
        assert set(history.due(connection, viewer=viewer)) == {account_of("police")}
        assert history.due(connection, account_of("library"), viewer=viewer) == {}
        assert history.due(connection, viewer=Viewer.NOTHING) == {}


def test_an_index_that_cannot_hold_back_what_was_said_unseen_tells_public_readers_nothing(offices: Archive) -> None:
    reader = person(offices, Role.CUSTODIAN, access=[Access.PUBLIC])
    mixed = person(offices, Role.CUSTODIAN, scope=AUTHORITY, scope_id="police")
    service.grant(offices, SERVICE, mixed.id, NewGrant(Role.COMMUNICATIONS))
    whole = person(offices, Role.CUSTODIAN)
    with offices.database.write() as connection:
        connection.execute(text("UPDATE search_indexed SET marked = false"))  # as it is after the migration
    for who in (reader, mixed):
        with offices.database.read() as connection:
            viewer = permission.viewer(connection, who.id, Action.RECORDS_SEARCH, offices.clock.now())
            for ask in (
                offices.search.search,
                offices.search.count_exact,
                offices.search.facets,
                offices.search.listing,
            ):
                with pytest.raises(UnmarkedIndex):
                    ask(connection, "larkspur", viewer=viewer)
    with client(offices, reader) as browser:
        for path in ("/search?q=larkspur", "/api/v1/search?q=larkspur"):
            answer = browser.get(path)
            assert answer.status_code == 403
            assert "archiver index rebuild" in answer.text
        assert browser.get(f"/records/{record_of('police', 'public')}").status_code == 200, "the index is not asked"
    with client(offices, whole) as browser:
        assert browser.get("/api/v1/search?q=larkspur").json()["total"] == 1, "they are not kept waiting"
    with offices.database.write() as connection:
        offices.search.rebuild(connection)
    with client(offices, reader) as browser:
        assert browser.get("/api/v1/search?q=larkspur").json()["total"] == 1
