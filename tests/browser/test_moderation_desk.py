"""Somebody finds a deleted comment, says who removed it and on which ground, and proves it: with the keyboard alone."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.browser import axe
from tests.browser.keys import mouse_of, press, until
from tests.capture.house import House
from tests.signed_in import everything

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture
def chromium() -> Iterator[Browser]:
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no browser: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def _fine(page: Page, width: int) -> None:
    """Nobody is kept out, in light and dark, and nothing stands beside the page."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert axe.violations(page, axe.RULES) == [], (page.url, scheme)


def _prove(page: Page, folder: Path, width: int) -> None:
    """From the record: the stored answer, taken as a file; then bundle and certificate, made and taken from the page,
    and checked by the verifier in the bundle alone, in a process of its own that knows nothing of this program."""
    press(page, "request and answer, as they came")
    assert "Buy my watches" in page.inner_text("main")
    until(page, ".warc.gz")
    with page.expect_download() as told:
        page.keyboard.press("Enter")
    stored = gzip.decompress(told.value.path().read_bytes())
    assert stored.startswith(b"WARC/1.1\r\n")
    assert b"Buy my watches" in stored
    page.go_back()
    until(page, "One-page certificate")
    page.keyboard.press("Enter")
    until(page, "Who will sign it")
    page.keyboard.type("Jane Doe")
    _fine(page, width)
    press(page, "Make bundle and certificate")
    assert "How a stranger checks it" in page.inner_text("main")
    _fine(page, width)
    taken = {one: _take(page, one, folder) for one in ("Evidence bundle", "Certificate alone")}
    assert taken["Certificate alone"].read_bytes().startswith(b"%PDF-")
    with zipfile.ZipFile(taken["Evidence bundle"]) as packed:
        packed.extractall(folder / "stranger")
    (certificate,) = (folder / "stranger").glob("*-certificate.pdf")
    assert certificate.read_bytes() == taken["Certificate alone"].read_bytes()
    name = certificate.name.removesuffix("-certificate.pdf")
    asked = [sys.executable, "-I", f"{name}/verify.py", name, "--key", page.inner_text("ol code >> nth=0")]
    checked = subprocess.run(asked, capture_output=True, text=True, cwd=folder / "stranger", timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "PASS" in checked.stdout
    assert "FAIL" not in checked.stdout
    assert any(
        b"Buy my watches" in one.read_bytes() for one in (folder / "stranger" / name).rglob("*") if one.is_file()
    )


def _take(page: Page, name: str, folder: Path) -> Path:
    """A file that the page hands out."""
    until(page, name)
    with page.expect_download() as told:
        page.keyboard.press("Enter")
    place = folder / told.value.suggested_filename
    told.value.save_as(place)
    return place


@pytest.mark.law("R16", "R22", "R69")
@pytest.mark.parametrize("width", [1280, pytest.param(390, marks=pytest.mark.long)])
def test_a_deleted_comment_is_found_explained_and_proven(chromium: Browser, tmp_path: Path, width: int) -> None:
    house = House(tmp_path / "house")
    pages = None
    try:
        city = house.city
        post = city.say(house.cast.city, "The pool is closed on Monday.")
        spam = city.say(house.cast.residents[0], "Buy my watches", answering=post)
        city.say(house.cast.residents[0], "When does it open?", answering=post)
        account = house.office()
        house.run(account)
        house.later(minutes=10)
        city.delete(spam, by="page")
        house.run(account)
        pages = PageServer(create_app(Site(house.archive)), bind(Settings(home=tmp_path / "other", web_port=0)))
        pages.start()
        home = pages.url.rstrip("/")
        context = chromium.new_context(viewport={"width": width, "height": 900})
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": n, "value": v, "url": home} for n, v in everything(house.archive).items()])
        page = context.new_page()
        mouse = mouse_of(page)
        page.goto(f"{home}/changes")
        until(page, "Only unexplained")
        page.keyboard.press("Space")
        press(page, "Show")
        assert "Buy my watches" in page.inner_text("main")
        _fine(page, width)
        press(page, "Say who did it, and why")
        until(page, "What is done")
        page.keyboard.type("deleted")
        until(page, "By whom")
        page.keyboard.type("somebody")
        until(page, "Ground of the policy")
        page.keyboard.type("Advertising")
        until(page, "Matter")
        page.keyboard.type("M-17")
        _fine(page, width)
        press(page, "Go on")
        assert "Is this right?" in page.inner_text("main")
        _fine(page, width)
        press(page, "Keep this statement")
        kept = page.inner_text("main")
        assert all(word in kept for word in ("M-17", "Advertising", "Somebody of the city", "the change seen"))
        _fine(page, width)
        press(page, "Comment of")
        _prove(page, tmp_path, width)
        page.goto(f"{home}/changes?unexplained=yes")
        assert "Nothing is unexplained" in page.inner_text("main")
        page.goto(f"{home}/captured")
        until(page, "Address of the post or comment")
        page.keyboard.type(f"{house.server.mastodon.account_url(house.cast.city)}/{post}")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "no permission to remove" in page.inner_text("main")
        _fine(page, width)
        page.goto(f"{home}/moderation/report")
        assert "Advertising" in page.inner_text("main")
        _fine(page, width)
        assert mouse == []
    finally:
        if pages is not None:
            pages.stop()
        house.close()
