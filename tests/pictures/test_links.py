"""Where links lead is shown beside the words and found, and changes nothing that is stored."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import update

from archiver.capture.rebuild import rebuild
from archiver.practice.acts import Wording
from archiver.records.models import Picture
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.capture.house import House
from tests.signed_in import everything

HTML = '<p>Read <a href="https://plans.example.gov/bridge?a=1&amp;b=2">the plan</a></p>'


@pytest.mark.law("R19")
def test_a_link_is_found_and_shown_where_it_leads(house: House) -> None:
    office = house.office()
    post = house.city.say(house.cast.city, Wording("Read the plan", html=HTML))
    house.run(office)
    record = house.records()[f"status/{post}"]
    (version,) = house.versions(f"status/{post}")
    assert "example.gov" not in version.text

    def found() -> list[str]:
        with house.archive.database.read() as connection:
            page = house.archive.search.search(connection, "plans.example.gov has:link", viewer=Viewer())
        return [hit.record_id for hit in page.hits]

    assert found() == [record.id]
    house.empty_index()
    rebuild(house.archive)
    assert found() == [record.id]
    house.city.edit(post, Wording("Read it", html="<p>Read it</p>"))
    house.run(office)
    assert found() == [record.id]  # in a version before


def test_the_page_of_a_record_shows_its_picture_and_its_links(house: House) -> None:
    office = house.office()
    post = house.city.say(house.cast.city, Wording("Read the plan", html=HTML))
    house.run(office)
    record = house.records()[f"status/{post}"]
    site = PageServer(create_app(Site(house.archive)), bind(house.archive.settings.model_copy(update={"web_port": 0})))
    site.start()
    try:
        held = everything(house.archive)
        assert httpx.get(f"{site.url}records/{record.id}").status_code == 303  # to sign in
        page = httpx.get(f"{site.url}records/{record.id}", cookies=held)
        assert 'href="https://plans.example.gov/bridge?a=1&amp;b=2"' in page.text
        assert "drawn by the archiver: not a screenshot" in page.text
        (address,) = {part.split('"')[0] for part in page.text.split('src="')[1:] if "/pictures/" in part}
        with house.archive.database.write() as connection:
            connection.execute(update(Picture).values(content_type="text/html"))  # as a forged store might have it
        assert httpx.get(f"{site.url.rstrip('/')}{address}").status_code == 303
        picture = httpx.get(f"{site.url.rstrip('/')}{address}", cookies=held)
        assert picture.headers["content-type"] == "image/png"
        assert picture.headers["x-content-type-options"] == "nosniff"
        assert picture.content.startswith(b"\x89PNG")
        exchange = record.exchange_id  # an exchange, and no picture
        assert httpx.get(f"{site.url}pictures/{exchange}", cookies=held).status_code == 404
    finally:
        site.stop()
