"""Pages to print hold any text, as text: 500 attacks in every cell, and what no font here can show as code points."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from archiver.operations import typesetting
from tests.browser.payloads import FEW, more

_HERE = Path(typesetting.__file__).parent
_ALL = (*FEW, *more(500 - len(FEW)))


def _list(words: tuple[str, ...]) -> dict[str, Any]:
    rows = [[[["", one], ["Series", one]]] * 6 for one in words]
    uncaptured = [[one] * 3 for one in words]
    return {"title": words[0], "subtitle": words[0], "counts": words[0], "head": ["A"] * 6, "rows": rows,
            "uncaptured": uncaptured}  # fmt: skip


def _inventory(words: tuple[str, ...]) -> dict[str, Any]:
    facts, accounts = [[one, one] for one in words], [[one] * 6 for one in words]
    return {"title": words[0], "facts": facts, "accounts": accounts, "totals": ["1", "2", "3", "4"]}


def _text(pdf: bytes) -> str:
    return "".join(one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(pdf))


@pytest.mark.law("R12")
@pytest.mark.parametrize("name", ["master_list", "inventory"])
def test_500_attacks_in_every_cell_are_printed(name: str) -> None:
    assert len(_ALL) == 500
    page = {"master_list": _list, "inventory": _inventory}[name](_ALL)
    pdf = typesetting.as_pdf((_HERE / f"{name}.typ").read_bytes(), page)
    text = _text(pdf)
    assert b"/URI" not in pdf, "no address of theirs becomes a link"
    assert "caught()" in text.replace("\u200b", ""), "markup is shown as it was written"


@pytest.mark.law("R69")
@pytest.mark.parametrize("name", ["master_list", "inventory"])
def test_a_printed_page_is_tagged_for_a_screen_reader(name: str) -> None:
    words = ("Office of the Mayor", "another")
    page = {"master_list": _list, "inventory": _inventory}[name](words)
    with pikepdf.open(BytesIO(typesetting.as_pdf((_HERE / f"{name}.typ").read_bytes(), page))) as document:
        assert document.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in document.Root
        assert str(document.Root.Lang).startswith("en")
        with document.open_metadata() as metadata:
            assert (metadata["pdfuaid:part"], words[0] in metadata["dc:title"]) == ("1", True)


def test_what_no_font_can_show_stands_as_its_code_point_and_the_rest_as_it_is() -> None:
    source = (_HERE / "master_list.typ").read_bytes()
    text = _text(typesetting.as_pdf(source, _list(("Mayor Ünsal Żak", "\uff1cscript\uff1e", "\U0010fffd"))))
    assert "Mayor Ünsal Żak" in text
    assert "U+FF1C" in text
    assert "U+10FFFD" in text
