"""Certificates of bundles: one page to be signed, as PDF, HTML and text. Only verified facts get onto it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from textwrap import wrap
from typing import Any

import typst
from jinja2 import Environment

from archiver.archive import Archive
from archiver.errors import UsageError
from archiver.evidence import log
from archiver.evidence.log import NewEvent
from archiver.operations.typesetting import changed, in_latin
from archiver.release.bundle import BY_RELEASE
from archiver.release.certified import Certified, certified
from archiver.release.forms import Form, Page, page
from archiver.visible import visible

_HERE = Path(__file__).parent
_MOST_ROWS = 12
_WIDTH = 78


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files that were written."""

    pdf: Path
    html: Path
    text: Path
    sha256: str
    """Of the PDF, as the log has it."""


def certify(
    archive: Archive,
    folder: Path,
    form: Form,
    *,
    name: str = "",
    office: str = "",
    actor: tuple[str, str] = BY_RELEASE,
) -> Certificate:
    """Write a certificate for the bundle in ``folder`` beside it, and enter it into the log.

    Args:
        name, office: of whoever will sign; left open where empty.
        actor: who the log says made it, by kind and id.

    Raises:
        UsageError: there is no bundle, it is another archive's, or there is a certificate already.
        IntegrityError: the bundle does not verify.
        StoreUnavailable: try again later.
    """
    folder = folder.absolute()
    places = [folder.with_name(f"{folder.name}-certificate.{end}") for end in ("pdf", "html", "txt")]
    if taken := [one for one in places if one.exists() or one.is_symlink()]:
        raise UsageError(f"{taken[0]} is there already; move it away first")
    facts = certified(archive, folder)
    now = archive.clock.now()
    made, pdf = fitted(facts, form, name, office, now)
    digest = sha256(pdf).hexdigest()
    event = NewEvent(
        "evidence.certified",
        "bundle",
        facts.bundle,
        {"manifest": facts.manifest_sha256, "sha256": digest},
        *actor,
    )
    with archive.database.write() as connection:
        log.append(connection, [event], now)
    try:
        for place, content in zip(places, (pdf, as_html(made).encode(), as_text(made).encode()), strict=True):
            with place.open("xb") as file:
                file.write(content)
    except OSError as error:
        raise UsageError(f"cannot write {places[0]}: {error.strerror or error}") from None
    return Certificate(places[0], places[1], places[2], digest)


def fitted(facts: Certified, form: Form, name: str, office: str, at: datetime) -> tuple[Page, bytes]:
    """The page with as many records named as fit, and its PDF."""
    rows = min(_MOST_ROWS, len(facts.records))
    while True:
        made = page(facts, form, name=name, office=office, rows=rows)
        pdf, pages = as_pdf(made, at)
        if pages == 1 or rows == 0:
            return made, pdf
        rows -= 1


def as_pdf(made: Page, at: datetime) -> tuple[bytes, int]:
    """The page as PDF/UA-1, and how many sheets it takes. Data is handed over as JSON, and never read as markup.

    The fonts that come with Typst have Latin, Greek and Cyrillic; anything else then stands as
    code points.
    """
    try:
        return _compiled(_data(made), at)
    except typst.TypstError:
        return _compiled(changed(_data(made), in_latin), at)


def _compiled(data: dict[str, Any], at: datetime) -> tuple[bytes, int]:
    template = str(_HERE / "certificate.typ")
    compiler = typst.Compiler(template, ignore_system_fonts=True, sys_inputs={"page": json.dumps(data)})
    pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=at.replace(microsecond=0))
    pages = json.loads(compiler.query("<pages>", field="value", one=True))
    assert isinstance(pdf, bytes)
    return pdf, int(pages)


def as_html(made: Page) -> str:
    """The page for a browser."""
    template = Environment(autoescape=True).from_string((_HERE / "certificate.html").read_text())
    return template.render(page=_data(made))


def as_text(made: Page) -> str:
    """The page as plain text. The key stands on a line of its own, to be copied or read by ``verify.py``."""
    return "\n".join(_lines(_data(made))) + "\n"


def _lines(data: dict[str, Any]) -> Iterator[str]:
    yield from (data["title"].upper(), data["subtitle"], "")
    for section in data["sections"]:
        yield from _section(section)
    yield "DECLARATION OF THE PERSON WHO SIGNS"
    for paragraph in data["declaration"]:
        yield from (*wrap(paragraph, _WIDTH), "")
    date = "Date and seal" if data["seal"] else "Date"
    yield from ("", f"Signature ______________________________  {date} ____________________", "")
    yield f"Name and office: {data['signer'] or '_' * 50}"


def _section(section: dict[str, Any]) -> Iterator[str]:
    yield section["heading"].upper()
    for paragraph in section["paragraphs"]:
        yield from wrap(paragraph, _WIDTH)
    for name, value in section["rows"]:
        yield f"  {name}: {value}" if len(value) + len(name) < _WIDTH - 4 else f"  {name}:\n  {value}"
    for row in section["table"]:
        yield from (f"  {label}: {value}" for label, value in zip(section["head"], row, strict=True))
        yield ""
    if not section["table"]:
        yield ""


def _data(made: Page) -> dict[str, Any]:
    """Plain data, in which no character can steer anything."""
    signer = ", ".join(one for one in (made.name, made.office) if one)
    data: dict[str, Any] = changed(asdict(made) | {"signer": signer}, lambda text: visible(text).replace("\n", " "))
    return data
