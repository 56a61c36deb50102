"""Somebody types a query with live help and goes through what is found, with the keyboard alone, and as a screen reader
tells it; and the same without a script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from archiver.desk import marks
from archiver.people.acting import of_person
from archiver.people.roles import Role
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.browser import axe, keyboard
from tests.browser.keys import mouse_of, until
from tests.browser.serving import NARROW
from tests.capture.house import House
from tests.signed_in import cookies, person

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Some hits, one of them with a tag; the address of the pages, and who Jo is there."""
    house = House(tmp_path_factory.mktemp("keys"))
    post = house.city.say(house.cast.city, "Fireworks at the lake.")
    for number in range(3):
        house.city.say(house.cast.residents[number], f"Fireworks, number {number}.", answering=post)
    house.run(house.office())
    jo = person(house.archive, Role.CUSTODIAN, name="Jo")
    some = next(one.id for one in house.records().values() if one.kind == "comment")
    marks.tag(house.archive, of_person(jo.id), [some], "Loud nights")
    pages = PageServer(create_app(Site(house.archive)), bind(Settings(home=house.archive.settings.home, web_port=0)))
    pages.start()
    yield pages.url.rstrip("/"), cookies(house.archive, jo)
    pages.stop()
    house.close()


def _page(chromium: Browser, desk: tuple[str, dict[str, str]], **how: object) -> tuple[Page, list[str]]:
    url, held = desk
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, **how)  # type: ignore[arg-type]
    context.set_default_timeout(60_000)
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in held.items()])
    page, trouble = context.new_page(), list[str]()
    page.on("console", lambda one: trouble.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    return page, trouble


@pytest.mark.law("R69")
def test_the_box_helps_who_types_and_tells_a_screen_reader(chromium: Browser, desk: tuple[str, dict[str, str]]) -> None:
    page, trouble = _page(chromium, desk)
    mouse = mouse_of(page)
    page.goto(f"{desk[0]}/search")
    box, offered = page.locator("#q"), page.locator("#q-offers [role=option]")
    assert page.get_by_role("combobox", name="Words").get_attribute("aria-expanded") == "false"
    page.keyboard.type("fireworks ki")
    expect(offered).to_have_count(1)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#q-told")).to_contain_text("1 suggestion, arrow down to choose. Read as: ")
    expect(page.locator("#q-read")).to_contain_text("the word “fireworks” in any form")
    assert box.get_attribute("aria-activedescendant") is None, "nothing is chosen before somebody chooses"
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == "q-offer-0"
    expect(offered.first).to_have_attribute("aria-selected", "true")
    assert [one[:2] for one in axe.violations(page, axe.RULES)] == []
    page.keyboard.press("Enter")
    expect(box).to_have_value("fireworks kind:")
    expect(offered.nth(1)).to_be_visible()
    page.keyboard.type("comm")
    expect(offered).to_have_count(1)
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert box.input_value() == "fireworks kind:comm", "nothing typed is lost"
    page.keyboard.press("ArrowDown")
    expect(offered).to_have_count(1)
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(box).to_have_value("fireworks kind:comment ")
    trouble_before = [one for one in trouble if "style" not in one]  # (the checker adds styles, which are refused)
    assert trouble_before == []
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "3 records" in page.inner_text("main")
    page.goto(f"{desk[0]}/search")
    page.keyboard.type("tag:lo")
    expect(offered).to_have_count(1)
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "tag=loud+nights" in page.url
    assert "1 record." in page.inner_text("main")
    page.set_viewport_size({"width": NARROW, "height": 800})
    page.goto(f"{desk[0]}/search")
    page.keyboard.type("kind:post sta")
    expect(page.locator("#q-read")).to_contain_text("sta")
    page.route("**/search/completions?*", lambda route: route.abort())
    page.keyboard.type("te:hidden")
    expect(page.locator("#q-read")).to_be_hidden()
    expect(offered).to_have_count(0)
    page.unroute("**/search/completions?*")
    page.goto(f"{desk[0]}/search")
    page.keyboard.type("account:")
    expect(offered.first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    assert mouse == []
    page.context.close()


@pytest.mark.law("R69")
def test_keys_lead_through_the_hits_and_can_be_switched_off(
    chromium: Browser, desk: tuple[str, dict[str, str]]
) -> None:
    page, trouble = _page(chromium, desk)
    mouse = mouse_of(page)
    page.goto(f"{desk[0]}/search?q=fireworks")
    hits = page.locator(".hits h2 a")
    assert hits.count() == 4
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        expect(hits.nth(place)).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator(".hits input").first).to_be_checked()
    page.keyboard.press("j")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" jk/x")
    assert page.input_value("#q") == "fireworks jk/x", "what is typed is typed"
    until(page, "^Keys$")
    page.keyboard.press("Enter")
    until(page, "^Use the single keys")
    page.keyboard.press("Space")
    page.reload()
    page.keyboard.press("j")
    expect(hits.first).not_to_be_focused()
    until(page, "^Keys$")
    page.keyboard.press("Enter")
    until(page, "^Use the single keys")
    page.keyboard.press("Space")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/records/" in page.url
    ways = page.get_by_role("navigation", name="Hits of the search")
    expect(ways.get_by_role("link")).to_have_text(["Back to this hit of the search", "Next hit"])
    second = ways.get_by_role("link", name="Next hit").get_attribute("href") or ""
    for key, words in (("j", "Previous hit"), ("k", "Next hit")):
        with page.expect_navigation():
            page.keyboard.press(key)
        expect(ways.get_by_role("link", name=words)).to_be_visible()
        assert (second in page.url) == (key == "j")
    assert [one[:2] for one in axe.violations(page, axe.RULES)] == []
    trouble[:] = [one for one in trouble if "style" not in one]  # (the checker adds styles, which are refused)
    with page.expect_navigation():
        page.keyboard.press("u")
    assert "#hit-rc_" in page.url
    expect(hits).to_have_count(4)
    assert [*keyboard.wrong(page)] == []
    assert trouble == []
    assert mouse == []
    page.context.close()


def test_without_a_script_the_same_is_reached(chromium: Browser, desk: tuple[str, dict[str, str]]) -> None:
    page, _ = _page(chromium, desk, java_script_enabled=False)
    page.goto(f"{desk[0]}/search?q=fireworks")
    assert not page.locator("#keys").is_visible(), "nothing is told of keys that do nothing"
    assert page.get_attribute("#q", "list") == "offered"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(".hits h2 a:focus").count():
            break
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/records/" in page.url
    page.context.close()
