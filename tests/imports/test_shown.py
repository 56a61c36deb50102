"""What commands and pages say of imports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from archiver import cli
from archiver.accounts import service as accounts
from archiver.errors import NotFound
from archiver.release import bundle, choosing
from archiver.web.app import create_app
from archiver.web.site import Site
from connectors.contract import Answer, Ask
from tests.capture.house import House
from tests.imports.builders import MADE_AT, car, snowflake, tweet
from tests.imports.desk import Desk
from tests.signed_in import everything

HOSTILE = "<script>alert(1)</script> pool"


@pytest.fixture
def brought(desk: Desk) -> Desk:
    desk.house.run(desk.account)
    archive = desk.x_archive(tweet(snowflake(MADE_AT), HOSTILE), name="<b>evil.zip")
    desk.bring(archive, source="<i>Parks</i>")
    return desk


def test_pages_say_that_it_was_brought_and_not_captured(brought: Desk) -> None:
    record = brought.record(f"post/{snowflake(MADE_AT)}")
    held = everything(brought.house.archive)
    with TestClient(create_app(Site(brought.house.archive)), base_url="http://127.0.0.1", cookies=held) as client:
        page = client.get(f"/records/{record.id}").text
        account = client.get(f"/accounts/{brought.account}").text
        found = client.get("/search", params={"q": "pool"}).text
        assert client.get("/runs").status_code == 200
    assert "Nothing of it was captured." in page
    assert "by J. Clerk" in page
    assert "What was seen of it" not in page
    for shown in (page, account, found):
        assert "<script>alert" not in shown
        assert "<b>evil" not in shown
        assert "<i>Parks" not in shown
    assert "Brought by import" in account
    assert "brought by import, not captured" in found


def test_the_record_that_only_an_export_tells_of_is_left_out_of_bundles(brought: Desk) -> None:
    record = brought.record(f"post/{snowflake(MADE_AT)}")
    with pytest.raises(NotFound, match="known from import"):
        bundle.export(brought.house.archive, choosing.by_ids([record.id]), brought.folder / "bundle")


def test_at_the_command_line(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ARCHIVER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("archiver.cli.importing.opened", lambda **_: _Opened(desk))
    monkeypatch.setattr("archiver.cli.show.opened", lambda **_: _Opened(desk))
    monkeypatch.setattr("archiver.cli.search.opened", lambda **_: _Opened(desk))
    path = str(desk.x_archive(tweet(snowflake(MADE_AT), "The pool opens")))

    def say(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    who = ["--account", desk.account, "--source", "Parks", "--reason", "request 26-114", "--by", "J. Clerk"]
    assert "Nothing was brought in" in say("imports")[1]
    code, out, _ = say("import", path, *who, "--dry-run")
    assert code == 0
    assert "Would store 4 files" in out
    code, out, _ = say("import", path, *who)
    assert code == 0
    assert "It tells of 1 record; of 1 nothing was captured" in out
    assert "about a person" in out
    assert "brought in before" in say("import", path, *who)[1]
    listed = say("imports")[1]
    assert "given by Parks; brought by J. Clerk, because: request 26-114" in listed
    code, out, _ = say("search", "pool")
    assert "[brought by import, not captured]" in out
    shown = say("show", out.split()[-1])[1]
    assert "nothing of it was captured" in shown
    assert "brought by import (Parks, by J. Clerk, 2026-03-02), not captured" in shown
    code, _, err = say("import", str(tmp_path), *who)
    assert code == 2
    assert err.count("\n") == 1
    assert '"already": true' in say("import", path, *who, "--json")[1]


class _Opened:
    """The archive of a desk, in place of the one that the settings name; the process has its spool already."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __enter__(self) -> object:
        return self._desk.house.archive

    def __exit__(self, *_: object) -> None:
        return None


def test_a_repository_is_brought_in_whole(new_house: Callable[..., House], tmp_path: Path) -> None:
    house = new_house()
    did = "did:plc:abcdefghijklmnopqrstuvwx"
    body = car(
        did, {"app.bsky.feed.post/3kaaaaaaaaaa2": {"text": "From the tree", "createdAt": "2026-01-01T00:00:00Z"}}
    )
    path = tmp_path / "repo.car"
    path.write_bytes(body)
    desk = Desk(house, tmp_path, on_bluesky(house, did))
    assert desk.bring(path).records == 1
    assert [one.state for one in desk.search("tree")] == ["known_from_import"]


def on_bluesky(house: House, did: str) -> str:
    """An account on Bluesky that the register knows, though nobody can be asked."""

    def answer(_: Ask) -> Answer:
        body = json.dumps({"did": did, "handle": "elm.example.org", "displayName": "City of Elm"}).encode()
        return Answer(200, (("Content-Type", "application/json"),), body, house.clock.now())

    return accounts.add(house.archive, "https://bsky.app/profile/elm.example.org", fetch=answer).account.id
