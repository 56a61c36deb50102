"""Every list of the desk is there as JSON and as CSV: by the route table, so that a page made later has both."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi.responses import HTMLResponse

from archiver import web
from archiver.web import door
from archiver.web.app import _site_app
from archiver.web.site import Site
from tests.browser.scenes import NO_PAGE
from tests.programs.conftest import Served

#: By the address of a page: the list under ``/api/v1`` that has its rows. Each has its sheet, the same with ``.csv``.
LISTS: Final = {
    "/accounts": "board",
    "/access-log": "access-log",
    "/captured": "captured/looks",
    "/challenges": "challenges",
    "/changes": "changes",
    "/frozen/{statement_id}": "frozen/{statement_id}/records",
    "/gaps": "gaps",
    "/looks": "looks",
    "/moderation": "moderation",
    "/official": "official",
    "/people": "people",
    "/platforms": "platforms",
    "/register": "register/accounts",
    "/register/candidacies": "register/candidacies",
    "/register/candidacies/{candidacy_id}": "register/candidacies/{candidacy_id}/posts",
    "/register/exceptions": "register/exceptions",
    "/register/handovers": "register/handovers",
    "/runs": "runs",
    "/saved": "saved",
    "/saved/{saved_id}": "saved/{saved_id}/new",
    "/search": "search",
    "/selections": "selections",
    "/selections/{selection_id}": "selections/{selection_id}/records",
    "/tags": "tags",
}
#: By the address of a page that is no list of its own: what tells programs the same, as JSON.
ALONE: Final = {
    "/accounts/{account_id}": "accounts/{account_id}",
    "/accounts/{account_id}/first": "captured/looks",
    "/accounts/{account_id}/settings": "accounts/{account_id}/settings",
    "/evidence": "evidence",
    "/me": "me",
    "/moderation/report": "moderation/report",
    "/moderation/{moderation_id}": "moderation/{moderation_id}",
    "/people/{person_id}": "people/{person_id}",
    "/platforms/{platform}": "platforms/{platform}",
    "/records/{record_id}": "records/{record_id}",
    "/records/{record_id}/versions": "records/{record_id}",
    "/register/authorities/{authority_id}": "register/authorities/{authority_id}",
    "/register/authorities/{authority_id}/notice": "register/authorities/{authority_id}",
    "/register/handovers/{handover_id}": "register/handovers/{handover_id}",
    "/runs/{run_id}": "runs/{run_id}",
    "/search/values": "search",
}
#: Pages that tell nothing which a program would take from them, and why.
NEITHER: Final = {
    "/": "it leads on",
    "/accounts/add": "a form; `POST accounts`",
    "/accounts/{account_id}/close": "a form; only whoever is signed in closes an account",
    "/accounts/{account_id}/deposit": "a form with a file, for whoever keeps it by hand",
    "/accounts/{account_id}/state": "a form; `POST accounts/{id}/pause`",
    "/connect/ended/{link}": "for an owner of an account, without a sign-in",
    "/connect/{token}": "for an owner of an account, without a sign-in",
    "/accounts/{account_id}/official": "a form; `official` lists what was decided",
    "/records/{record_id}/official": "a form; `official` lists what was decided",
    "/moderation/new": "a form; `POST moderation`",
    "/people/reserved": "who may let whom see the library's records is for people to look at",
    "/platforms/{platform}/application": "takes showing anew who it is; the platform says whether one is stored",
    "/reconnect": "asks owners by mail, which no token does",
    "/records/{record_id}/challenges/new": "a form; `challenges` lists what was entered",
    "/records/{record_id}/challenges/{challenge_id}": "a form; `challenges` lists what was entered",
    "/records/{record_id}/evidence": "takes showing anew who it is: it hands records out",
    "/records/{record_id}/exchanges/{exchange_id}": "it shows stored bytes, which have an address of their own",
    "/runs/{run_id}/exchanges/{exchange_id}": "it shows stored bytes, which have an address of their own",
    "/records/{record_id}/files/{medium_id}": "it shows a stored file, which has an address of its own",
    "/register/accounts/{listing_id}": "its columns are those of `register/accounts`",
    "/register/exceptions/{thing_id}": "takes showing anew who it is",
    "/register/handovers/new": "a form of the register, which no token changes",
    "/register/handovers/{handover_id}/inventory": "a document of the register, with files of its own",
    "/register/handovers/{handover_id}/transfer": "takes showing anew who it is",
    "/register/load": "a form of the register, which no token changes",
    "/register/say/{thing}/{thing_id}": "a form of the register, which no token changes",
    "/rules": "for people to take note of",
    "/register/page-roles": "who has a role at a platform is for people; they take it away as CSV",
    "/register/page-roles/{account_id}": "the same, of one account",
    "/search/help": "words on how to search",
    "/sign-in": "nobody is signed in",
    "/sign-in/again": "for sessions alone",
    "/sign-in/return": "it leads on",
    "/welcome/{token}": "nobody is signed in",
}


def _routes(served: Served) -> dict[str, bool]:
    """Everything that is read from, and whether it is a page."""
    found = door.routes(_site_app(Site(served.archive)))
    return {one.path: one.response_class is HTMLResponse for one in found if "GET" in (one.methods or ())}


def test_every_page_says_where_its_rows_are_for_programs(served: Served) -> None:
    pages = {path for path, is_page in _routes(served).items() if is_page} - set(NO_PAGE)
    said = [*LISTS, *ALONE, *NEITHER]
    assert len(said) == len(set(said))
    assert pages - set(said) == set(), "give it its list under /api/v1, or say here why it has none"
    assert set(said) - pages - set(NO_PAGE) == set(), "there is no such page any more"


def test_every_list_is_there_as_json_and_as_csv(served: Served) -> None:
    there = _routes(served)
    lacking = [one for one in LISTS.values() for end in ("", ".csv") if f"/api/v1/{one}{end}" not in there]
    assert lacking == []
    assert [one for one in ALONE.values() if f"/api/v1/{one}" not in there] == []


def test_every_list_for_programs_has_its_sheet(served: Served) -> None:
    with served.client("officer") as client:
        paths = client.get("/api/v1/openapi.json").json()["paths"]
    lists = [
        path for path, operations in paths.items()
        if {"limit", "after"} <= {one["name"] for one in operations.get("get", {}).get("parameters", [])}
        and not path.endswith("/counts")
    ]  # fmt: skip
    assert len(lists) > 20
    assert [one for one in lists if f"{one}.csv" not in paths] == [], "of the counts the account itself is a part"


def test_every_sheet_is_linked_from_a_page(served: Served) -> None:
    """A list that can be taken and that no page offers is found by nobody who reads no descriptions."""
    templates = "\n".join(one.read_text() for one in Path(web.__file__).with_name("templates").glob("*.html"))
    sheets = [path.removeprefix("/api/v1/") for path in _routes(served) if path.startswith("/api/v1/")]
    sheets = [path.removesuffix(".csv") for path in sheets if path.endswith(".csv") and "{" not in path]
    assert len(sheets) > 12
    linked = [one for one in sheets if f'as_sheet(site.base, "{one}"' in templates or f"/{one}.csv" in templates]
    assert sorted({*sheets} - {*linked}) == []
