"""People in a real browser: a passkey, and what a new custodian sees, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.people import links, service
from archiver.people.acting import SERVICE, of_machine, of_person
from archiver.people.permission import DEPARTMENT
from archiver.people.roles import Access, Role
from archiver.people.service import NewGrant
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.browser.keys import mouse_of, until
from tests.browser.serving import NARROW
from tests.people import scene
from tests.people.scene import CANARIES, account_of, departments, record_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
_WORDS = "copper kettle on the bridge"


@pytest.fixture
def hands() -> SetClock:
    return SetClock(datetime(2026, 11, 30, 12, tzinfo=UTC))


@pytest.fixture
def archive(tmp_path: Path, hands: SetClock) -> Iterator[Archive]:
    with Archive.open(Settings(home=tmp_path, web_port=0, disk_reserve_percent=0), clock=hands) as made:
        scene.fill(made)
        yield made


@pytest.fixture
def home(archive: Archive) -> Iterator[str]:
    """Address of the pages, by a name: passkeys are for names."""
    pages = PageServer(create_app(Site(archive)), bind(archive.settings))
    pages.start()
    yield pages.url.rstrip("/").replace("127.0.0.1", "localhost")
    pages.stop()


def set_up(archive: Archive, name: str, *roles: NewGrant) -> str:
    """Somebody with a password, and the secret of their codes."""
    who = service.add(archive, SERVICE, name)
    for role in roles:
        service.grant(archive, SERVICE, who.id, role)
    token = links.offer(archive, of_machine(), who.id).address.rpartition("/")[2]
    secret = links.look(archive, token).code_secret
    code = pyotp.TOTP(secret).at(archive.clock.now())
    links.use(archive, token, links.Answers(name, _WORDS, _WORDS, code), "a test")
    return secret


def sign_in(page: Page, archive: Archive, home: str, name: str, secret: str) -> None:
    page.goto(f"{home}/accounts")
    for label, value in (("^Name", name), ("^Password", _WORDS), ("^Code", pyotp.TOTP(secret).at(archive.clock.now()))):
        until(page, label)
        page.keyboard.type(value)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.law("R71")
def test_a_passkey_is_added_and_signs_in(
    archive: Archive, home: str, hands: SetClock, chromium: Browser, tmp_path: Path
) -> None:
    secret = set_up(archive, "Ada", NewGrant(Role.SYSTEM_ADMINISTRATOR))
    hands.advance(timedelta(seconds=60))
    with archive.database.read() as connection:
        (ada,) = service.people(connection)
    service.acknowledge(archive, of_person(ada.id), ada.id)
    context = chromium.new_context(viewport={"width": NARROW, "height": 900})
    page, trouble = context.new_page(), []
    page.on("console", lambda one: trouble.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True}})  # fmt: skip
    sign_in(page, archive, home, "Ada", secret)
    page.goto(f"{home}/me")
    until(page, "^Add a passkey")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[data-passkey] button:not([disabled])")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    until(page, "^Make the passkey")
    with page.expect_navigation(url=f"{home}/me"):
        page.keyboard.press("Enter")
    assert "for localhost; added" in page.inner_text("main")
    until(page, "^Sign out$")
    with page.expect_navigation(url=f"{home}/sign-in"):
        page.keyboard.press("Enter")
    until(page, "^With a passkey")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[data-passkey] button:not([disabled])")
    until(page, "^Use the passkey")
    with page.expect_navigation(url=f"{home}/accounts"):
        page.keyboard.press("Enter")
    hands.advance(timedelta(seconds=600))
    page.goto(f"{home}/people")
    page.goto(f"{home}/access-log")
    assert "not open to you" in page.inner_text("main")
    page.goto(f"{home}/sign-in/again?next=/people")
    until(page, "^With a passkey")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[data-passkey] button:not([disabled])")
    until(page, "^Use the passkey")
    with page.expect_navigation(url=f"{home}/people"):
        page.keyboard.press("Enter")
    # Without one, or where somebody stops it: words, and the way back.
    device.send("WebAuthn.disable")
    context.add_init_script("delete window.PublicKeyCredential")
    page.goto(f"{home}/sign-in/again?next=/people")
    until(page, "^With a passkey")
    page.keyboard.press("Enter")
    # Not wait_for_function: it asks again by eval, which the policy of our pages forbids.
    page.locator("#passkey-state", has_text="no passkeys").wait_for()
    assert [one for one in trouble if "403" not in one] == []
    context.close()


@pytest.mark.law("R4", "R71")
def test_a_new_custodian_sees_only_their_department_and_no_messages(
    archive: Archive, home: str, hands: SetClock, chromium: Browser
) -> None:
    part = departments(archive)["police"]
    role = NewGrant(Role.CUSTODIAN, DEPARTMENT, part, [Access.PUBLIC, Access.PRIVATE])
    secret = set_up(archive, "Jo", role)
    hands.advance(timedelta(seconds=60))
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page, seen = context.new_page(), {}
    mouse = mouse_of(page)
    sign_in(page, archive, home, "Jo", secret)
    assert page.url.endswith("/rules")
    until(page, "^I have read this")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    for entry, path in (("Coverage", "accounts"), ("Register", "register"), ("Changes", "changes"), ("Runs", "runs"),
                        ("Gaps", "gaps"), ("Search$", "search"), ("Evidence", "evidence"), ("Jo", "me")):  # fmt: skip
        until(page, f"^{entry}")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert f"/{path}" in page.url, entry
        seen[path] = page.inner_text("body")
        assert page.locator("nav a", has_text="People").count() == 0
    assert "The police" in seen["accounts"]
    assert "The police department (City)" in seen["me"]
    mine, closed = CANARIES["police"], {*CANARIES["library"].values(), CANARIES["police"]["message"]}

    def search(words: str) -> str:
        page.goto(f"{home}/accounts")
        until(page, "^Search the archive")
        page.keyboard.type(words)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        return page.inner_text("main")

    assert mine["public"] in search(mine["private"] + " OR " + mine["public"])
    for number, words in enumerate((*sorted(closed), "kind:message", f"account:{account_of('library')}")):
        seen[f"search {number}"] = search(words).replace(words, "")
        assert page.locator("main a[href*='/records/']").count() == 0, words
    seen["everything"] = search("kind:post OR kind:comment OR kind:message")
    for path in (f"accounts/{account_of('library')}", f"records/{record_of('library', 'public')}",
                 f"records/{record_of('police', 'message')}", "runs/rn_library", "nothing",
                 "access-log", "people"):  # fmt: skip
        answer = page.goto(f"{home}/{path}")
        assert answer is not None
        assert answer.status == (403 if path in ("access-log", "people") else 404), path
        seen[path] = page.inner_text("main")
    gone = {
        words for path, words in seen.items() if path.split("/")[0] in ("accounts", "records", "runs") and "/" in path
    }
    assert all("in this archive" in one or "no such" in one.lower() or "nothing" in one.lower() for one in gone), gone
    seen["list"] = context.request.get(f"{home}/register/master-list.csv").text()
    seen["state"] = context.request.get(f"{home}/healthz").text()
    seen["board"] = context.request.get(f"{home}/accounts").text()
    for path, words in seen.items():
        assert not {one for one in closed if one in words}, path
        assert "The library" not in words, path
    assert "The police" in seen["list"]
    assert mouse == []
    context.close()
