"""Pages to print, as PDF/UA-1. All words come as data; nothing of them is read as markup."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import typst

from archiver.visible import code_point, visible

#: What the fonts that come with Typst have for sure: Latin, Greek, Cyrillic and the usual signs.
_NO_LATIN: Final = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u024f\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ff\u0400-\u04ff"
    "\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033\u2039\u203a\u20ac\u27e8\u27e9]"
)


def as_pdf(source: bytes, page: Mapping[str, Any]) -> bytes:
    """A page as PDF. What no font here can show stands as code points: a page that nobody could read is no page
    (ISO 14289-1), and the text of a stranger must not keep a list from being printed."""
    told = changed(dict(page), visible)
    try:
        return _compiled(source, told)
    except typst.TypstError:
        return _compiled(source, changed(told, in_latin))


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """``value`` with every text in it changed."""
    if isinstance(value, dict):
        return {name: changed(one, change) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [changed(one, change) for one in value]
    return change(value) if isinstance(value, str) else value


def in_latin(text: str) -> str:
    """``text`` with everything that the fonts may not have as its code point."""
    return _NO_LATIN.sub(lambda match: f"⟨{code_point(match[0])}⟩", text)


def _compiled(source: bytes, page: Mapping[str, Any]) -> bytes:
    made: Any = typst.compile(source, sys_inputs={"page": json.dumps(page)}, pdf_standards="ua-1")
    return bytes(made)
