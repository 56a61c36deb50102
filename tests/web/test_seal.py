"""The city's name and seal: what is taken for one, what is refused, and where they stand."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pypdfium2
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from archiver.archive import Archive
from archiver.errors import SettingsError
from archiver.operations import doctor, seal
from archiver.practice.pictures import png
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.security import OF_A_FILE
from archiver.web.site import Site
from tests.signed_in import everything

SVG = (
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><!-- drawn here -->'
    '<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient></defs>'
    '<circle cx="5" cy="5" r="4" fill="url(#a)"/></svg>'
)
DRAWN = png(7, 40, 30)


def _svg(inside: str = "", attributes: str = "") -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</svg>'.encode()


def test_of_a_png_only_what_draws_it_is_kept() -> None:
    made = seal.made_safe(DRAWN + b"<script>alert(1)</script>")
    assert made.kind == "image/png"
    assert b"practice picture" in DRAWN
    assert b"practice picture" not in made.content
    assert b"script" not in made.content

    assert Image.open(io.BytesIO(made.content)).tobytes() == Image.open(io.BytesIO(DRAWN)).tobytes()


def test_an_svg_of_shapes_is_written_anew() -> None:
    made = seal.made_safe(SVG.encode())
    assert made.kind == "image/svg+xml"
    assert b"circle" in made.content
    assert b"drawn here" not in made.content
    assert seal.made_safe(made.content) == made


@pytest.mark.parametrize(
    "content",
    [
        _svg("<script>alert(1)</script>"),
        _svg("<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>"),
        _svg("<image href='https://evil.example/x.png'/>"),
        _svg("<use href='https://evil.example/x.svg#a'/>"),
        _svg("<a href='javascript:alert(1)'><path d='M0 0'/></a>"),
        _svg("<style>@import url(https://evil.example)</style>"),
        _svg("<path d='M0 0' fill='url(https://evil.example/x)'/>"),
        _svg("<path d='M0 0' fill='u\\72l(//evil.example/x)'/>"),
        _svg("<path d='M0 0' style='fill:url(//evil.example/x)'/>"),
        _svg("<path d='M0 0' onclick='alert(1)'/>"),
        _svg("<animate attributeName='x' onbegin='alert(1)'/>"),
        _svg(attributes="onload='alert(1)'"),
        _svg("<x:script xmlns:x='http://www.w3.org/2000/svg'>alert(1)</x:script>"),
        _svg("<html xmlns='http://www.w3.org/1999/xhtml'/>"),
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + _svg("<title>&b;</title>"),
        '<?xml version="1.0" encoding="utf-16"?>'.encode("utf-16") + _svg().decode().encode("utf-16-le"),
        b"<html><script>alert(1)</script></html>",
        b"<svg>",
        b"",
        b"GIF89a",
        b"\xff\xd8\xff\xe0",
        DRAWN[:-5],
        DRAWN[:60] + b"\0" + DRAWN[61:],
        b"\x89PNG\r\n\x1a\n",
        _svg("<title>" + "x" * seal.LARGEST + "</title>"),
        _svg("<g>" * 20_000 + "</g>" * 20_000),
    ],
)
def test_what_is_no_seal_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"PNG|SVG|larger"):
        seal.made_safe(content)


def test_a_png_that_says_it_is_enormous_is_refused() -> None:
    header = b"IHDR" + (100_000).to_bytes(4) + DRAWN[20:29]
    with pytest.raises(ValueError, match="4096"):
        seal.made_safe(DRAWN[:12] + header + zlib.crc32(header).to_bytes(4) + DRAWN[33:])


@given(st.binary(max_size=80))
def test_whatever_comes_is_refused_or_safe(content: bytes) -> None:
    for whole in (content, b"\x89PNG\r\n\x1a\n" + content, b"<svg xmlns='http://www.w3.org/2000/svg'>" + content):
        try:
            made = seal.made_safe(whole)
        except ValueError:
            continue
        assert b"<script" not in made.content


def _archive(home: Path, **given: object) -> Archive:
    return Archive.open(Settings(home=home, disk_reserve_percent=0, **given))  # type: ignore[arg-type]


def _client(archive: Archive) -> TestClient:
    return TestClient(create_app(Site(archive)), base_url="http://127.0.0.1", cookies=everything(archive))


def test_name_and_seal_stand_in_the_head_of_every_page(tmp_path: Path) -> None:
    file = tmp_path / "seal.svg"
    file.write_text(SVG)
    with _archive(tmp_path / "home", city_name="City of Larkmere", seal_file=file) as archive:
        inside, outside = _client(archive), TestClient(create_app(Site(archive)), base_url="http://127.0.0.1")
        for page in (outside.get("/sign-in").text, outside.get("/connect/none").text, inside.get("/accounts").text):
            assert "City of Larkmere: records archive</title>" in page
            assert '<img class="seal" src="/seal" alt=""' in page
        answer = outside.get("/seal")
        assert answer.status_code == 200, "also for who is not signed in"
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["content-security-policy"] == OF_A_FILE
        assert answer.headers["x-content-type-options"] == "nosniff"
        printed = pypdfium2.PdfDocument(inside.get("/register/master-list.pdf").content)
        assert "City of Larkmere: master list" in printed[0].get_textpage().get_text_range()


def test_without_one_there_is_none(tmp_path: Path) -> None:
    with _archive(tmp_path / "home") as archive:
        page = _client(archive).get("/accounts").text
        assert "Records archive</title>" in page
        assert "/seal" not in page
        assert _client(archive).get("/seal").status_code == 404


@pytest.mark.parametrize("content", [None, b"<svg onload='x'/>"])
def test_with_one_that_is_not_usable_nothing_starts(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "seal.svg"
    if content is not None:
        file.write_bytes(content)
    with _archive(tmp_path / "home", seal_file=file) as archive, pytest.raises(SettingsError, match="ARCHIVER_SEAL"):
        create_app(Site(archive))


def test_the_doctor_says_whether_the_seal_can_be_used(tmp_path: Path) -> None:
    file, home = tmp_path / "seal.svg", tmp_path / "home"
    file.write_text(SVG)

    def said(**given: object) -> list[tuple[bool, str]]:
        found = doctor.examine(Settings(home=home, **given))  # type: ignore[arg-type]
        return [(one.ok, one.found) for one in found if one.what == "seal"]

    assert said() == []
    assert said(seal_file=file) == [(True, f"{file} (image/svg+xml)")]
    file.write_text(SVG.replace("</svg>", "<script/></svg>"))
    for wrong in (file, tmp_path / "none.png"):
        ((ok, words),) = said(seal_file=wrong)
        assert not ok
        assert "ARCHIVER_SEAL_FILE names" in words
