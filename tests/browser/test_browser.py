"""The pages in a real browser: for everybody, in any width, with the keyboard, and whatever strangers wrote."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from archiver.records.models import Record
from archiver.visible import parts
from tests.browser.conftest import NARROW, WIDE, Reader, Served, pages_of
from tests.browser.payloads import payloads

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.law("R69")
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_page_is_accessible_fits_and_breaks_no_policy(
    served: Served, reader: Callable[..., Reader], width: int
) -> None:
    one: Reader = reader(width)
    found: dict[str, list[object]] = {}
    for name, address in pages_of(served).items():
        one.page.emulate_media(color_scheme="light")
        one.read(address)
        one.expect_calm()
        wide = one.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} scrolls sideways: {wide}"
        violations = _violations(one, _RULES)
        one.page.emulate_media(color_scheme="dark")
        violations += _violations(one, _COLOURS)
        if violations:
            found[name] = violations
        one.trouble.clear()  # the checker adds styles of its own, which the policy of the page refuses
    assert found == {}


def _violations(reader: Reader, rules: object) -> list[object]:
    answer = Axe().run(reader.page, options={"runOnly": rules, "resultTypes": ["violations"]})
    return [
        (rule["id"], rule["nodes"][0]["html"][:200], rule["nodes"][0]["failureSummary"])
        for rule in answer.response["violations"]
    ]


@pytest.mark.law("R69")
def test_zoomed_to_four_times_nothing_is_lost(served: Served, reader: Callable[..., Reader]) -> None:
    one: Reader = reader(WIDE // 4)
    for name, address in pages_of(served).items():
        one.read(address)
        assert one.page.evaluate("document.documentElement.scrollWidth") <= WIDE // 4, name


def test_nothing_a_stranger_wrote_runs_loads_or_turns_anything(served: Served, reader: Callable[..., Reader]) -> None:
    assert len(payloads()) >= 50
    one: Reader = reader()
    addresses = list(pages_of(served).values())
    addresses += [f"{served.practice}/records/{row.id}" for row in served.house.rows(Record, Record.kind == "comment")]
    assert len(addresses) > len(payloads())
    tried = 0
    for address in addresses:
        one.read(address)
        one.expect_calm()
        text = one.page.inner_text("body")
        assert not [part for part, steers in parts(text) if steers], address
        tried += "caught()" in text
        assert (
            one.page.evaluate("document.querySelectorAll('script, iframe, img, svg:not(.month), object, style').length")
            == 0
        )
        assert one.page.locator("h1").count() == 1
        assert one.page.locator("main h1").is_visible(), "a style of a stranger hides the page"
    assert tried > 40, "the attacks are on the pages"
    assert one.page.evaluate("typeof caught") == "function", "a script that ran would be noticed"


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_five_hundred_attacks_move_nothing_either(served: Served, reader: Callable[..., Reader], width: int) -> None:
    """In each width: nothing runs or loads, the page is no wider than the window, and its head can be reached."""
    assert len(payloads()) == len(set(payloads())) == 500
    one: Reader = reader(width)
    records = [f"{served.practice}/records/{row.id}" for row in served.house.rows(Record)]
    for address in (*pages_of(served).values(), *records):
        one.read(address)
        one.expect_calm()
        assert not [part for part, steers in parts(one.page.inner_text("body")) if steers], address
        wide = one.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (address, one.page.evaluate(_WIDER))
        assert one.page.evaluate(_HEAD_IS_ON_TOP), address
        assert one.page.locator("h1").count() == 1, address


#: What reaches beyond the window, where something does.
_WIDER = """() => [...document.querySelectorAll("main *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest("pre, .scroll, .sr"))
  .slice(0, 3).map(one => one.outerHTML.slice(0, 200))"""

#: Whether the first link of the head is what somebody would hit who points at it.
_HEAD_IS_ON_TOP = """() => {
  const link = document.querySelector("header.top a"), at = link.getBoundingClientRect();
  return link.contains(document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2));
}"""


def test_a_script_that_ran_would_be_noticed(served: Served, reader: Callable[..., Reader]) -> None:
    one: Reader = reader()
    one.read(f"{served.practice}/accounts")
    one.page.evaluate("caught()")
    one.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=//evil.example/x onerror=caught()>')")
    for _ in range(100):
        if any("policy: img-src" in what for what in one.trouble):
            break
        one.page.wait_for_timeout(50)
    else:
        pytest.fail("the policy lets the page ask elsewhere")
    assert one.trouble[0] == "a script of a stranger ran"
    assert "asked for http://evil.example/x" in one.trouble, "refused by the policy, and noticed"


@pytest.mark.law("R69")
def test_the_whole_way_with_the_keyboard_alone(served: Served, reader: Callable[..., Reader]) -> None:
    one: Reader = reader()
    one.read(f"{served.practice}/accounts")
    keys = _Keys(one)
    keys.press("Tab")
    assert keys.focused() == "Skip to the content"
    keys.press("Enter")
    assert one.page.evaluate("document.activeElement.id") == "main"
    one.read(f"{served.practice}/accounts")
    keys.until("Search the archive")
    one.page.keyboard.type("corrected kind:comment")
    with one.page.expect_navigation():
        keys.press("Enter")
    assert "search" in one.page.url
    keys.until("Comment of", exact=False)
    with one.page.expect_navigation():
        keys.press("Enter")
    record = one.page.url
    assert "/records/" in record
    keys.until("Versions")
    keys.press("Enter")
    assert one.page.url == f"{record}#versions"
    assert one.page.locator("#versions").evaluate("one => one.getBoundingClientRect().top") < 900
    keys.until("Answer of", exact=False)
    keys.press("Enter")
    one.page.go_back()  # Alt and the left arrow are the window's keys, and this browser has no window
    assert one.page.url == record
    one.page.go_back()
    assert "corrected" in one.page.input_value("#q")
    one.expect_calm()


class _Keys:
    """Somebody without a mouse."""

    def __init__(self, reader: Reader) -> None:
        self._page = reader.page

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def focused(self) -> str:
        """What a screen reader would say of what has the focus; it must be visible that it has it."""
        said: str = self._page.evaluate(
            "(() => { const one = document.activeElement;"
            " if (one === document.body) return '';"
            " if (getComputedStyle(one).outlineStyle === 'none') return 'no outline: ' + one.outerHTML;"
            " return (one.labels?.[0] ?? one).innerText.trim() })()"
        )
        assert not said.startswith("no outline"), said
        return said

    def until(self, words: str, *, exact: bool = True) -> None:
        for _ in range(60):
            self.press("Tab")
            said = self.focused()
            if said == words if exact else said.startswith(words):
                return
        pytest.fail(f"{words!r} is not reached with the Tab key")
