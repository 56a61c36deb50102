"""*The first hour*, as ``docs/first-hour.md`` walks it: in a real browser, by keyboard, against a real service."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pypdfium2
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.keys import hand_in, mouse_of, press, take, until
from tests.browser.serving import WIDE
from tests.browser.story import Story, reload_until, story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PAGE = Path(__file__).parents[2] / "docs" / "first-hour.md"
WORDS = "copper kettle on the bridge"
HEAD = "Authority,Authority kind,Platform,Address,Name,Owner,Owner mail,Capacity"


def commands() -> list[str]:
    """What the page has somebody type, but for starting the service, which runs."""
    blocks = re.findall(r"```\n(.*?)```", PAGE.read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert lines.pop(0) == "archiver serve"
    return lines


@pytest.mark.law("R12", "R69")
def test_the_first_hour(tmp_path: Path, chromium: Browser, request: pytest.FixtureRequest) -> None:
    with story(tmp_path, request.config.getoption("--pictures")) as told:
        told.register_app()
        page = chromium.new_context(viewport={"width": WIDE, "height": 900}, accept_downloads=True).new_page()
        page.set_default_timeout(60_000)
        mouse = mouse_of(page)
        (verify,) = commands()
        _sign_in(told, page)
        _load(told, page, tmp_path / "accounts.csv")
        _read_the_board(told, page)
        _send(told, page)
        _capture(told, page)
        _find(told, page)
        bundle, key = _hand_out(told, page, tmp_path)
        said = _run(verify.replace("BUNDLE", str(bundle)).replace("KEY", key))
        assert "FAIL" not in said
        assert "PASS" in said
        _print(told, page, tmp_path / "list.pdf")
        assert mouse == []


def _sign_in(told: Story, page: Page) -> None:
    page.goto(told.first_link)
    secret = page.inner_text("p.mono").strip()
    code = pyotp.TOTP(secret.replace(" ", "")).at(datetime.now(UTC))
    for label, value in (("^Your name", "Jo Clerk"), ("^A password", WORDS), ("^The same", WORDS), ("^The six", code)):
        until(page, label)
        page.keyboard.type(value)
    until(page, "^We are a small office")
    page.keyboard.press("Space")
    press(page, "^Set and sign in")
    press(page, "^I have read this")
    assert page.url == f"{told.url}/accounts"
    assert "No account yet" in page.inner_text("main")


def _load(told: Story, page: Page, file: Path) -> None:
    news = told.server.mastodon.account_url(told.cast.city)
    lines = [
        HEAD,
        f"City Clerk,agency,mastodon,{news},City News,Ada Brown,ada@city.example,official",
        f"Mayor,elected,x,{told.account},Office of the Mayor,Bo Green,bo@city.example,official",
        f"Parks,agency,youtube,{told.server.base_url}/youtube/channel/UC{'a' * 22},Parks Channel,Cy Gray,,official",
        "Mayor,elected,,https://www.facebook.com/bo.green.private,Bo Green,Bo Green,,personal",
        "Mayor,elected,,no address,,,,official",
    ]
    file.write_text("\n".join(lines))
    press(page, "^Register$")
    press(page, "^Load a list")
    hand_in(page, "^The list, as CSV", file)
    press(page, "^Show what would come of it")
    assert "line 6" in page.inner_text("main")
    press(page, "^Load 4 accounts")
    assert "4 new" in page.inner_text("main")


def _read_the_board(told: Story, page: Page) -> None:
    press(page, "^Coverage$")
    rows = {row.locator("th").inner_text().split("\n")[0]: row.inner_text() for row in page.locator("tbody tr").all()}
    assert "needs owner" in rows["Office of the Mayor"]
    assert "awaiting platform" in rows["Parks Channel"]
    assert "not added yet" in rows["City News"]
    assert "never captured" in rows["Bo Green"]
    assert page.get_by_role("button", name="Send the owner a reconnect link").count() == 1
    told.look(page, "board-loaded")


def _send(told: Story, page: Page) -> None:
    press(page, "^Ask several owners at once")
    told.look(page, "owners")
    assert page.locator("input[name=owner]:checked").count() == 1
    press(page, "^Send the links to those chosen")
    told.look(page, "owners-asked")
    mail = told.mail(0)
    assert str(mail["To"]) == "Bo Green <bo@city.example>"
    assert "Jo Clerk asks you to connect this account" in mail.get_content()
    page.goto(f"{told.url}/accounts")
    reload_until(page, r"Link sent to Bo Green \(bo@city.example\)")


def _capture(told: Story, page: Page) -> None:
    page.goto(f"{told.url}/accounts")
    press(page, "^Add and capture it: City News")
    told.look(page, "account-add")
    shown = page.inner_text("main")
    assert "Mastodon: " in shown
    assert "City News, official" in shown
    until(page, "^Why ")
    page.keyboard.type("the first hour")
    press(page, "^Add and capture it")
    reload_until(page, r"(?s)Looked at.*The newest records.*All records of this account")
    told.look(page, "account-first")
    assert "by Jo Clerk" in page.inner_text("main")
    page.goto(f"{told.url}/accounts")
    assert "not added yet" not in page.locator("tbody tr", has_text="City News").first.inner_text()


def _run(line: str) -> str:
    program, *arguments = shlex.split(line)
    assert program == "python3"
    ran = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    return ran.stdout


def _find(told: Story, page: Page) -> None:
    until(page, "^Search the archive$")
    page.keyboard.type("city")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    press(page, "^(Post|Comment|Share|Profile) of")
    assert "Commitment in the log" in page.inner_text("main")


def _hand_out(told: Story, page: Page, folder: Path) -> tuple[Path, str]:
    """Make the bundle and the certificate, and take both: where it is unpacked, and the key that a stranger is told."""
    until(page, "^One-page certificate")
    page.keyboard.press("Enter")
    press(page, "^Make bundle and certificate")
    told.look(page, "evidence-made")
    key = page.locator("li code.mono").first.inner_text()
    (folder / "bundle.zip").write_bytes(take(page, "^Evidence bundle, with the certificate"))
    (folder / "certificate.pdf").write_bytes(take(page, "^Certificate alone"))
    assert len(pypdfium2.PdfDocument(folder / "certificate.pdf")) == 1
    with zipfile.ZipFile(folder / "bundle.zip") as file:
        file.extractall(folder)
        (top,) = {name.partition("/")[0] for name in file.namelist() if "/" in name}
    return folder / top, key


def _print(told: Story, page: Page, file: Path) -> None:
    press(page, "^Register$")
    file.write_bytes(take(page, "^PDF$"))
    text = "".join(one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(file))
    for words in ("City News", "Office of the Mayor", "Parks Channel", "not captured"):
        assert words in text
    assert "@city.example" not in text, "addresses of people are in no printed list"
    page.goto(f"{told.url}/register?only=uncaptured")
    shown = page.inner_text("main")
    assert "Parks Channel" in shown
    assert "City News" not in shown.partition("Authorities")[0].partition("Accounts")[2]
