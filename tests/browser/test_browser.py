"""The pages in a real browser: for everybody, in any width, with the keyboard, and whatever strangers wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pypdfium2
import pytest
from playwright.sync_api import Browser

from archiver.records.models import Record
from archiver.visible import parts
from tests.browser import axe, keyboard
from tests.browser.conftest import Reader
from tests.browser.keys import until
from tests.browser.payloads import payloads
from tests.browser.places import WIDER, ZOOMED, moved
from tests.browser.scenes import NOT_THERE, Scene
from tests.browser.serving import NARROW, WIDE, Served
from tests.browser.skeleton import unbroken

#: What no page holds; drawn are only charts of our own, and the code for an authenticator.
_CHARTS = ".month, .use, .bar, .square svg, .months svg"
_HELP = "[src$='/static/search.js']"
_DRAWN = f"script:not({_HELP}), iframe, img:not(.kept), video:not(.kept), svg:not({_CHARTS}), object, style"
_MOST = 100_000
"""Bytes until a page is first painted, uncompressed."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.law("R69")
def test_every_page_is_accessible_fits_weighs_little_and_breaks_no_policy(
    served: Served, reader: Callable[..., Reader]
) -> None:
    """Each with attacks wherever somebody can write, and each as it is while nothing has happened. In the dark only
    what colours change is looked at again. A keyboard is enough for all of it."""
    one: Reader = reader()
    found: dict[str, list[object]] = {}
    attacked = 0
    for address, scene in served.pages().items():
        one.sign_in() if scene.signed_in else one.sign_out()
        one.read(address)
        one.expect_calm()
        text = one.page.inner_text("body")
        attacked += "caught()" in text
        wrong = [*_wrong(one, scene, text), *keyboard.wrong(one.page), *_inaccessible(one)]
        if wrong:
            found[scene.name] = wrong
        one.trouble.clear()  # the checker adds styles of its own, which the policy of the page refuses
    assert found == {}
    assert attacked > 25, "the attacks are on the pages"


def _wrong(one: Reader, scene: Scene, text: str) -> Iterator[str]:
    """What no page may do, whatever is on it."""
    if one.status != (404 if scene.name in NOT_THERE else 200):
        yield f"answers with {one.status}"
    if any(steers for _, steers in parts(unbroken(text))):
        yield "holds what steers the words around it"
    if (weight := one.page.evaluate(_WEIGHT)) >= _MOST:
        yield f"weighs {weight}"
    if drawn := one.page.locator(_DRAWN).count():
        yield f"draws {drawn} things"
    if one.page.locator("h1").count() != 1:
        yield "has not one heading"


def _inaccessible(one: Reader) -> Iterator[object]:
    """What the checker finds, in both schemes and widths; and whether nothing is lost at four times the size."""
    for width in (WIDE, NARROW):
        one.page.set_viewport_size({"width": width, "height": 900})
        yield from axe.violations(one.page, axe.RULES)
    for width in (NARROW, ZOOMED):
        one.page.set_viewport_size({"width": width, "height": 900})
        if (wide := one.page.evaluate("document.documentElement.scrollWidth")) > width:
            yield f"is {wide} wide in a window of {width}", one.page.evaluate(WIDER)
    one.page.set_viewport_size({"width": WIDE, "height": 900})
    one.page.emulate_media(color_scheme="dark")
    yield from axe.violations(one.page, axe.COLOURS)
    one.page.emulate_media(color_scheme="light")


def test_nothing_a_stranger_wrote_runs_loads_or_turns_anything(served: Served, reader: Callable[..., Reader]) -> None:
    """Every record of the city; all other pages are read by the test before."""
    assert len(payloads()) >= 50
    one: Reader = reader()
    records = served.house.rows(Record, Record.kind == "comment")
    assert len(records) > len(payloads())
    tried = 0
    for row in records:
        one.read(f"{served.place.base}/records/{row.id}")
        one.expect_calm()
        text = one.page.inner_text("body")
        assert not [part for part, steers in parts(text) if steers], row.id
        tried += "caught()" in text
        assert one.page.locator(_DRAWN).count() == 0
        assert one.page.locator("h1").count() == 1
        assert one.page.locator("main h1").is_visible(), "a style of a stranger hides the page"
    assert tried > 40, "the attacks are on the pages"
    assert one.page.evaluate("typeof caught") == "function", "a script that ran would be noticed"


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_five_hundred_attacks_move_nothing_either(served: Served, reader: Callable[..., Reader]) -> None:
    """As they were captured and typed in: nothing runs or loads, and every page stands in each width."""
    assert len(payloads()) == len(set(payloads())) == 500
    one: Reader = reader()
    records = [f"{served.place.base}/records/{row.id}" for row in served.house.rows(Record)]
    signed_in = [address for address, scene in served.pages().items() if scene.signed_in]
    for address in (*signed_in, *records):
        one.read(address)
        one.expect_calm()
        assert not [part for part, steers in parts(one.page.inner_text("body")) if steers], address
        assert list(moved(one)) == [], address
        assert one.page.locator("h1").count() == 1, address


#: What the browser has to fetch before it paints, uncompressed.
_WEIGHT = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter(one => ["navigation", "link", "css", "script"].includes(one.initiatorType))
  .reduce((sum, one) => sum + one.decodedBodySize, 0)"""


def test_a_script_that_ran_would_be_noticed(served: Served, reader: Callable[..., Reader]) -> None:
    one: Reader = reader()
    one.read(f"{served.place.base}/accounts")
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


#: Pixels between the margins of a sheet of A4, the narrower of the two that offices print on. (The rules for small
#: screens are not for it.)
_SHEET = 687
#: What only a screen can do, and is to be seen.
_OF_THE_SCREEN = """() => [...document.querySelectorAll(
  "nav, form :is(input, select, textarea, button), summary, .screen")]
  .filter(one => one.checkVisibility() && !one.closest("details[open]")).map(one => one.outerHTML.slice(0, 120))"""
#: What reaches over the edge of the sheet, or of what holds it: nobody scrolls on paper.
_CUT = """() => [...document.querySelectorAll("html, main *")].filter(one => one.checkVisibility()
  && one.scrollWidth > one.clientWidth + 1 && !one.closest(".sr")
  && (one.localName === "html" || getComputedStyle(one).overflowX !== "visible"))
  .map(one => one.outerHTML.slice(0, 120))"""


def test_every_page_is_fit_to_be_printed(served: Served, reader: Callable[..., Reader]) -> None:
    """Whose it is, when it was made and for whom; nothing that only a screen can do, nothing cut; nothing of the desk's
    own marks, which never leave in an export."""
    one: Reader = reader(_SHEET)
    one.page.emulate_media(media="print")
    found: dict[str, list[object]] = {}
    whole = 0
    for address, scene in served.pages().items():
        if not scene.signed_in or scene.name in NOT_THERE:
            continue
        one.read(address)
        wrong = [*one.page.evaluate(_OF_THE_SCREEN), *one.page.evaluate(_CUT)]
        if one.page.locator("footer").count():  # (not on the pages of signing in)
            shown = ("p.printed:has-text('Page made 20')", "header.top .title", "footer")
            wrong += [f"does not show {each}" for each in shown if not one.page.locator(each).first.is_visible()]
            whole += 1
        if one.page.locator("#marks").count() and one.page.locator("#marks").is_visible():
            wrong.append("prints the marks of the desk")
        if wrong:
            found[scene.name] = wrong[:3]
    assert found == {}
    assert whole > 70


def test_sheets_are_numbered_and_lists_in_forms_are_printed(served: Served, reader: Callable[..., Reader]) -> None:
    one: Reader = reader()
    for path in ("changes", "search?q=script"):
        one.read(f"{served.place.base}/{path}")
        last = one.page.locator(".hits > li:last-child time").first.inner_text()
        sheets = pypdfium2.PdfDocument(one.page.pdf(format="Letter"))
        texts = [sheet.get_textpage().get_text_range() for sheet in sheets]
        assert len(texts) > 1
        assert all(f"{number} / {len(texts)}" in text for number, text in enumerate(texts, 1)), path
        assert last in "".join(texts[-2:]), "the end of the list is there"


def test_a_page_that_needs_a_mouse_would_be_noticed(chromium: Browser) -> None:
    """Each line does something that no page may do."""
    page = chromium.new_page()
    page.set_content(_NEEDS_A_MOUSE)
    found = [one if isinstance(one, str) else one[0] for one in keyboard.wrong(page)]  # type: ignore[index]
    assert found == [
        *("nothing leads over what is on every page", "cannot be opened", "jumps the queue", "is not reached"),
        *("is not reached", "does not show that one is there", "comes too late", "the key leads elsewhere"),
        "one does not come back",
    ]
    page.close()


_NEEDS_A_MOUSE = """<style>.no:focus { outline: none } div { display: flex; flex-direction: row-reverse }</style>
<header><nav><a href=a>a page</a></nav></header>
<main id=main tabindex=-1><p><a href=b tabindex=2>first of all</a></p><p><a href=c tabindex=-1>never</a></p>
<details><p>No word of what it is.</p></details><details><summary>More</summary>
<a href=d tabindex=-1>not even here</a></details>
<p><a href=e class=no>unseen</a></p><div><a href=f>right</a> <a href=g>left</a></div></main>"""


@pytest.mark.law("R69")
def test_the_whole_way_with_the_keyboard_alone(served: Served, reader: Callable[..., Reader]) -> None:
    one: Reader = reader()
    one.read(f"{served.place.base}/accounts")
    until(one.page, "^Skip to the content$", 1)
    one.page.keyboard.press("Enter")
    assert one.page.evaluate("document.activeElement.id") == "main"
    one.read(f"{served.place.base}/accounts")
    until(one.page, "^Search the archive$", 60)
    one.page.keyboard.type("corrected kind:comment")
    with one.page.expect_navigation():
        one.page.keyboard.press("Enter")
    assert "search" in one.page.url
    until(one.page, "^Comment of", 60)
    with one.page.expect_navigation():
        one.page.keyboard.press("Enter")
    record = one.page.url
    assert "/records/" in record
    until(one.page, "^Versions$", 60)
    one.page.keyboard.press("Enter")
    one.page.wait_for_url(f"{record}#versions")
    assert one.page.locator("#versions").evaluate("one => one.getBoundingClientRect().top") < 900
    until(one.page, "^Answer of", 60)
    one.page.keyboard.press("Enter")
    one.page.go_back()  # Alt and the left arrow are the window's keys, and this browser has no window
    assert one.page.url == record
    one.page.go_back()
    assert "corrected" in one.page.input_value("#q")
    one.expect_calm()
