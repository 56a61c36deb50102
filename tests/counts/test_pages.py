"""The account's page, the record's page, the API and the command say the same of the platform's numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta

import httpx
import pytest
import typer

from archiver.cli import counts as counting
from archiver.people import service as people
from archiver.people.practice import visitor
from archiver.practice.faults import server_error
from archiver.records.models import Record
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.capture.house import FULL, START, WATCH, House
from tests.counts.asking import differing


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str, list[int]]]:
    """Four threads: one complete, one explained, two that were not read since their numbers were told."""
    house = House(tmp_path_factory.mktemp("counts"))
    yield _told(house)
    house.close()


def _told(house: House) -> tuple[House, str, list[int]]:
    city, cast = house.city, house.cast
    posts = [city.say(cast.city, f"Notice {n}.", at=START - timedelta(hours=9 - n)) for n in range(4)]
    for n, post in enumerate(posts):
        for m in range(2):
            city.say(cast.residents[m], f"Answer {m}.", answering=post, at=START - timedelta(hours=4, minutes=-n))
    house.clock.at = START
    office = house.office()
    house.run(office, FULL)
    house.later(hours=2)
    city.delete(city.posts[posts[1]].replies[0])
    for n, post in enumerate(posts[2:]):
        for m in range(n + 1):
            city.say(cast.residents[2], f"More {m}.", answering=post)
    faults = [house.server.faults.add(server_error(), where=f"/{one}/context", times=None) for one in posts[2:]]
    house.run(office, WATCH)
    for fault in faults:
        house.server.faults.remove(fault)
    return house, office, posts


@pytest.fixture(scope="module")
def client(told: tuple[House, str, list[int]]) -> Iterator[httpx.Client]:
    house, _, _ = told
    settings = house.archive.settings.model_copy(update={"web_port": 0})
    pages = PageServer(create_app(Site(house.archive, visitor=visitor(house.archive))), bind(settings))
    pages.start()
    with httpx.Client(base_url=pages.url.rstrip("/"), timeout=60) as opened:
        yield opened
    pages.stop()


@pytest.mark.law("R63")
def test_page_and_api_say_what_is_complete_explained_and_not(
    told: tuple[House, str, list[int]], client: httpx.Client
) -> None:
    house, office, _ = told
    api = client.get(f"/api/v1/accounts/{office}/counts").json()
    assert {name: api["threads"][name] for name in ("explained", "unexplained")} == {"explained": 1, "unexplained": 2}
    assert api["threads"]["complete"] >= 1
    assert [one["missing"] for one in api["unexplained"]] == [2, 1]
    assert api["published"]["state"] == "complete"
    assert {one["listing"]: one["since"] for one in api["goes_back"]}["statuses"] is None
    for one in (*api["unexplained"], api["published"]):
        assert sum(one["parts"].values()) + one["missing"] - one["surplus"] == one["platform"] - one["archived"]
    page = client.get(f"/accounts/{office}").text
    assert "2 not explained" in page
    assert "Notice 3." in page.partition('id="counts"')[2].partition('id="reach"')[0]
    assert page.index("Notice 3.") < page.index("Notice 2.")
    plot = page.partition('<div class="shares" aria-hidden="true">')[2].partition("</div>")[0]
    assert plot.count('class="bad"') > plot.count('class="warn"') > 0
    assert "with an explained difference, 2 with one that is not explained." in page
    assert "nothing is before it" in page
    _, first = differing(house, office, "mastodon")[0]
    record = client.get(f"/records/{first.record_id}").text
    assert "The platform counted 4 answers here" in record
    assert "2 counted by the platform and not in the archive" in record


def test_pages_of_threads_go_on_where_the_one_before_ended(
    told: tuple[House, str, list[int]], client: httpx.Client
) -> None:
    _, office, _ = told
    seen, after = [], None
    for _ in range(5):
        given = {"limit": 1} | ({} if after is None else {"after": after})
        page = client.get(f"/api/v1/accounts/{office}/counts", params=given).json()
        seen += [one["missing"] for one in page["unexplained"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [2, 1]
    for bad in ("x", "1", "-1,rc_1", "9" * 40 + ",rc_1", "1,"):
        assert client.get(f"/api/v1/accounts/{office}/counts", params={"after": bad}).status_code == 400, bad
        assert client.get(f"/accounts/{office}", params={"after": bad}).status_code == 400, bad
    assert client.get("/api/v1/accounts/ac_nobody/counts").status_code == 404


def test_the_gaps_page_says_how_far_back_each_account_goes(
    told: tuple[House, str, list[int]], client: httpx.Client
) -> None:
    page = client.get("/gaps").text
    assert "Before the first capture" in page
    assert "goes back to its beginning" in page


def test_the_command_ends_with_1_where_something_is_not_explained(
    told: tuple[House, str, list[int]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, office, _ = told
    monkeypatch.setattr(counting, "opened", lambda *, practice: nullcontext(house.archive))
    with pytest.raises(typer.Exit) as ended:
        counting.counts(office, limit=20, json=True, practice=True)
    assert ended.value.exit_code == 1
    (found,) = json.loads(capsys.readouterr().out)["accounts"]
    assert [one["missing"] for one in found["unexplained"]] == [2, 1]
    with pytest.raises(typer.Exit):
        counting.counts(None, limit=20, json=False, practice=True)
    assert "2 with one that is not explained" in capsys.readouterr().out
    house.later(hours=2)
    house.run(office, FULL)
    counting.counts(office, limit=20, json=False, practice=True)
    assert "0 with one that is not explained" in capsys.readouterr().out


def test_in_practice_a_record_is_handed_out_without_signing_in_and_nothing_else_that_takes_it(
    told: tuple[House, str, list[int]], client: httpx.Client
) -> None:
    house, ours = told[0], {"Sec-Fetch-Site": "same-origin"}
    record = house.rows(Record, Record.kind == "post")[0].id
    where = f"/records/{record}/evidence"
    assert client.get(where).status_code == 200
    made = client.post(where, data={"form": "copy", "name": "", "office": ""}, headers=ours)
    assert (made.status_code, made.headers["location"]) == (303, f"{where}#ready")
    bundle = re.findall(rf'href="({where}/[^"]+/bundle\.zip)"', client.get(where).text)
    assert client.get(bundle[0]).content.startswith(b"PK")
    assert client.get(f"/records/{record}/challenges/new").status_code == 200
    with house.archive.database.read() as connection:
        (who,) = people.people(connection)
    for path, status in (("/me/tokens", 401), ("/people", 403), (f"/people/{who.id}/roles", 403)):
        answer = client.post(path, data={"name": "x", "role": "auditor"}, headers=ours)
        assert answer.status_code == status, path
    assert client.get(where, headers={"X-Forwarded-For": "192.0.2.7"}).status_code in (303, 401)
