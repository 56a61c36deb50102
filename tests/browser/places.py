"""Whether a page stands as it is meant to, whatever is written on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.browser.conftest import Reader
from tests.browser.serving import NARROW, WIDE

ZOOMED: Final = WIDE // 4
"""Pixels that are left of a window at four times the size (WCAG 2.1, 1.4.10)."""
PAPER: Final = 688
"""Pixels between the margins of a sheet (A4, 14 mm on each side)."""

#: What reaches beyond the window, where something does.
WIDER = """() => [...document.querySelectorAll("main *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest("pre, .scroll, .sr"))
  .slice(0, 3).map(one => one.outerHTML.slice(0, 200))"""

#: Whether the first link of the head, or its title where it has none, is what somebody would hit who points at it.
_HEAD_IS_ON_TOP = """() => {
  const link = document.querySelector("header.top a") ?? document.querySelector("header.top .title");
  const at = link.getBoundingClientRect();
  return link.contains(document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2));
}"""


def moved(one: Reader) -> Iterator[object]:
    """Where the page is wider than the window, or its head cannot be reached, in any width; or wider than paper."""
    for width in (WIDE, NARROW, ZOOMED):
        yield from _wider(one, width, f"a window of {width}")
        if not one.page.evaluate(_HEAD_IS_ON_TOP):
            yield f"has no head in a window of {width}"
    one.page.emulate_media(media="print")
    yield from _wider(one, PAPER, "print")
    one.page.emulate_media(media="screen")


def _wider(one: Reader, width: int, where: str) -> Iterator[object]:
    one.page.set_viewport_size({"width": width, "height": 900})
    if (wide := one.page.evaluate("document.documentElement.scrollWidth")) > width:
        yield f"is {wide} wide in {where}", one.page.evaluate(WIDER)
