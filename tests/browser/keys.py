"""Hands that use a keyboard alone, as somebody does who has no mouse or sees no pointer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

#: What a screen reader calls what has the focus, and whether it is seen that it has it.
_FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one), at = one.getBoundingClientRect();
  const said = one.labels?.length ? [...one.labels].map(label => label.textContent).join(" ")
    : one.getAttribute("aria-label") ?? one.textContent ?? "";
  const seen = style.outlineStyle !== "none" || style.boxShadow !== "none";
  return [one === document.body ? "" : said.trim(), seen || one === document.body || one.id === "main",
    at.bottom > 0 && at.top < innerHeight, one.outerHTML.slice(0, 200)];
}"""
_MOUSE = (
    "for (const kind of ['pointerdown', 'mousedown']) addEventListener(kind, e => e.isTrusted && mouse(kind), true)"
)


def mouse_of(page: Page) -> list[str]:
    """What is done with a mouse from now on; nothing, where a keyboard is enough."""
    used: list[str] = []
    page.expose_function("mouse", lambda kind: used.append(str(kind)))
    page.add_init_script(_MOUSE)
    return used


def focused(page: Page) -> str:
    """What has the focus is called; it is seen that it has it. (A busy machine draws, and scrolls, a moment later.)"""
    for _ in range(80):
        said, seen, inside, html = page.evaluate(_FOCUSED)
        if seen and (inside or not said):
            break
        page.wait_for_timeout(50)
    assert seen, f"nobody sees that this has the focus: {html}"
    assert inside or not said, f"the window does not follow the focus: {html}"
    return str(said)


def until(page: Page, words: str, most: int = 200, *, key: str = "Tab") -> None:
    """Press the tabulator until what has the focus is called so."""
    for _ in range(most):
        page.keyboard.press(key)
        if re.search(words, focused(page)):
            return
    pytest.fail(f"nothing called {words!r} gets the focus at {page.url}")


def press(page: Page, words: str, most: int = 200, *, key: str = "Enter") -> None:
    """Go to what is called so, and press it; the next page is there then."""
    until(page, words, most)
    with page.expect_navigation():
        page.keyboard.press(key)


def write(page: Page, label: str, words: str) -> None:
    """Go to the field of that label, and write these words in place of what stands there."""
    until(page, label)
    page.keyboard.press("Control+a")
    page.keyboard.type(words)


def tick(page: Page, label: str) -> None:
    """Go to a box and tick it."""
    until(page, label)
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.checked"), label


def choose(page: Page, label: str, words: str) -> None:
    """Go to one of several round boxes, of which the tabulator reaches one and the arrows reach the others."""
    until(page, label)
    for _ in range(20):
        if re.search(words, focused(page)):
            page.keyboard.press("Space")
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"no arrow leads to {words!r} at {page.url}")


def pick(page: Page, label: str, value: str) -> None:
    """Go to a list, and with the arrows to one of its values."""
    until(page, label)
    page.keyboard.press("Home")
    for _ in range(50):
        if page.evaluate("document.activeElement.value") == value:
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"no arrow leads to {value!r} at {page.url}")


def hand_in(page: Page, label: str, file: Path | Any) -> None:
    """Go to where one chooses a file. The window that opens then is the system's, and none of the page's."""
    until(page, label)
    chosen = page.locator("input[type=file]:focus")
    assert chosen.count() == 1, label
    chosen.set_input_files(file)


def take(page: Page, words: str) -> bytes:
    """Download what a link leads to."""
    until(page, words)
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    return Path(waiting.value.path()).read_bytes()
