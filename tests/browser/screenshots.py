"""Pictures of every page, wide and narrow, from the practice city: ``python -m tests.browser.screenshots``.

They are kept small: colours are reduced to a palette, and what is left is stored as lossless WebP. What is further down
than three screens is cut off, and the page of pictures says so.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import BrowserContext, Page

from archiver.operations import invocation
from tests.browser import larkmere
from tests.browser.scenes import Scene, scenes
from tests.browser.serving import NARROW, WIDE, Served, chromium, served_beside_nothing

DOCS: Final = Path(__file__).parents[2] / "docs"
FOLDER: Final = DOCS / "screenshots"
INDEX: Final = DOCS / "screenshots.md"
_COLOURS: Final = 96
_HEIGHTS: Final = {WIDE: 2400, NARROW: 2600}
"""Pixels of a page that are kept, at most."""
_EMPTY: Final = {"empty-coverage", "empty-search", "empty-changes"}
_HEAD: Final = """# What it looks like

Every page, 1280 and 390 pixels wide, made from the practice city by `make screenshots`; nobody and nothing on them is
real. Long pages are cut off further down. The same pages are walked by the tests: in light and dark, with a checker of
accessibility, and with attacks wherever somebody can write.
"""


def pictured() -> Iterator[Scene]:
    """Every page; of those of an empty archive a few."""
    yield from (one for one in scenes() if not one.empty or one.name in _EMPTY)


def file_of(scene: Scene, width: int) -> Path:
    return FOLDER / f"{scene.name}-{width}.webp"


def index() -> str:
    """The page of pictures."""
    parts = [_HEAD]
    for scene in pictured():
        wide, narrow = (file_of(scene, width).relative_to(DOCS).as_posix() for width in (WIDE, NARROW))
        said = scene.shows.replace("|", "\\|")
        parts.append(f"## {scene.name}\n\n{said} [1280]({wide}) · [390]({narrow})\n\n![{said}]({wide})\n")
    return "\n".join(parts)


def smaller(png: bytes, most: int) -> bytes:
    """The same picture in few colours, as lossless WebP."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, most)))
    reduced = picture.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    made = io.BytesIO()
    reduced.convert("RGB").save(made, "WEBP", lossless=True, quality=50, method=3)
    return made.getvalue()


def take(served: Served, page: Page, scene: Scene, width: int) -> None:
    page.goto(scene.address(served.place), wait_until="load")
    FOLDER.mkdir(exist_ok=True)
    file_of(scene, width).write_bytes(smaller(page.screenshot(full_page=True), _HEIGHTS[width]))


def _sign_in(context: BrowserContext, served: Served, scene: Scene) -> None:
    context.clear_cookies()
    if scene.signed_in:
        context.add_cookies([{"name": n, "value": v, "url": served.home} for n, v in served.cookies.items()])


def main(names: list[str]) -> None:
    """Take the pictures of the named scenes; of all where none is named, and write the page of pictures."""
    invocation.command = lambda home: "archiver"  # not where it is on the machine that makes the pictures
    chosen = [one for one in pictured() if not names or one.name in names]
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        if browser is None:
            sys.exit("no browser: apt-get install chromium")
        city = larkmere.house(Path(folder) / "house")
        with served_beside_nothing(city, Path(folder) / "real", larkmere.captured, larkmere.words) as served:
            for width in (WIDE, NARROW):
                context = browser.new_context(viewport={"width": width, "height": 800})
                context.set_default_timeout(60_000)
                page = context.new_page()
                for scene in chosen:
                    _sign_in(context, served, scene)
                    take(served, page, scene, width)
    if not names:
        kept = {file_of(one, width) for one in chosen for width in (WIDE, NARROW)}
        for stale in set(FOLDER.glob("*.webp")) - kept:
            stale.unlink()
        INDEX.write_text(index())


if __name__ == "__main__":
    main(sys.argv[1:])
