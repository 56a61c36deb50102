"""What a page owes to whoever uses it with a keyboard alone: everything can be reached, in the order in which it is
read, it is seen where one is, and one gets out again (WCAG 2.1: 2.1.1, 2.1.2, 2.4.1, 2.4.3, 2.4.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from playwright.sync_api import Page

_WALKED: Final = 12
"""Stops of a page without a script that are walked to with the key itself; what comes after is looked at without."""
_WALKED_WITH_SCRIPT: Final = 60

#: What one can do something with and what is there to be seen, in the order of the page, with all that folds opened:
#: what is wrong with each, and where the tabulator has to stop.
_LOOKED_AT: Final = """() => {
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [controls], [tabindex],"
    + " [contenteditable], [role=button], [role=link], [role=checkbox], [onclick]";
  const wrong = [], said = one => one.outerHTML.slice(0, 160);
  const found = () => [...document.querySelectorAll(all)].filter(one => one.id !== "main" && !one.disabled
    && one.checkVisibility({ visibilityProperty: true }));
  const stops = () => {
    const made = [];
    for (const one of found().filter(one => one.tabIndex >= 0)) {
      const chosen = one.type === "radio" && document.querySelector(`[type=radio][name="${one.name}"]:checked`);
      const beside = one.type === "radio" && made.some(stop => stop.type === "radio" && stop.name === one.name);
      if (chosen ? chosen === one : !beside) made.push(one);
    }
    return made;
  };
  const look = one => { const s = getComputedStyle(one); return [s.outlineStyle, s.outlineWidth, s.boxShadow].join(); };
  const closed = [...document.querySelectorAll("details:not([open])")];
  for (const one of document.querySelectorAll("details"))
    if (one.firstElementChild?.tagName !== "SUMMARY") wrong.push(["cannot be opened", said(one)]);
  for (const one of closed) one.open = true;
  const there = found(), leads = new Set(there.filter(one => one.tabIndex >= 0).map(one => one.getAttribute("href")));
  for (const one of there) {
    if (one.tabIndex > 0) wrong.push(["jumps the queue", said(one)]);
    if (one.tabIndex < 0 && one.getAttribute("role") !== "option" && !leads.has(one.getAttribute("href") ?? 0))
      wrong.push(["is not reached", said(one)]);
  }
  const opened = stops();
  document.activeElement.blur();
  for (const one of opened) {
    const before = look(one);
    one.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement !== one) wrong.push(["takes no focus", said(one)]);
    else if (look(one) === before) wrong.push(["does not show that one is there", said(one)]);
  }
  const places = opened.map(one => { const lines = [...one.getClientRects()]; return [lines[0], lines.at(-1)]; });
  for (let i = 1; i < opened.length; i++) {
    if (opened[i - 1].matches(".skip") || !places[i][0] || !places[i - 1][0]) continue;
    const [, last] = places[i - 1], [next] = places[i];
    const above = next.bottom <= last.top + 1 && next.left < last.right;
    const shared = Math.min(next.bottom, last.bottom) - Math.max(next.top, last.top);
    const before = shared > 0.6 * Math.min(next.height, last.height) && next.right <= last.left + 1;
    if (above || before) wrong.push(["comes too late", `${said(opened[i - 1])} → ${said(opened[i])}`]);
  }
  for (const one of closed) one.open = false;
  window.stops = stops();
  if (!window.noted) addEventListener("focusin", event => window.walked.push(event.target), true);
  window.noted = true;
  return [wrong, window.stops.length];
}"""
#: To the top of the page; first what takes the focus by itself has taken it.
_FROM_THE_TOP: Final = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex"); window.walked = [];
}"""
#: Where the key led, as places in the list of stops, each once; what scrolls is a stop of the browser's own.
_WALK: Final = """() => window.walked.filter((one, at) => one !== window.walked[at - 1] && one.id !== "main")
  .filter(one => window.stops.includes(one) || one.scrollHeight <= one.clientHeight)
  .map(one => window.stops.indexOf(one))"""


def wrong(page: Page) -> Iterator[object]:
    """What keeps somebody without a mouse from something, or in something."""
    yield from _skipping(page)
    found, stops = page.evaluate(_LOOKED_AT)
    yield from found
    steps = min(stops, _WALKED_WITH_SCRIPT if page.locator("script").count() else _WALKED)
    walked = _walked(page, steps)
    if walked[:steps] != list(range(steps)):
        yield "the key leads elsewhere", walked, steps
    if steps > 3:
        page.evaluate("window.stops[2].focus()")
        page.keyboard.press("Shift+Tab")
        if page.evaluate("window.stops.indexOf(document.activeElement)") != 1:
            yield "one does not come back"


def _skipping(page: Page) -> Iterator[object]:
    """Whether what is on every page can be left out."""
    if not page.locator("header nav").count():
        return
    page.evaluate(_FROM_THE_TOP)
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.matches('.skip')"):
        page.keyboard.press("Enter")
    if page.evaluate("document.activeElement.id") != "main":
        yield "nothing leads over what is on every page"


def _walked(page: Page, steps: int) -> list[int]:
    """Where the key leads from the top, as places in the list of stops. A field for a date is several stops."""
    page.evaluate(_FROM_THE_TOP)
    walked: list[int] = []
    for _ in range(8):
        for _ in range(max(steps - len(walked), 4)):
            page.keyboard.press("Tab")
        walked = page.evaluate(_WALK)
        if len(walked) >= steps:
            break
    return walked
