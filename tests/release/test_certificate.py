"""The page that is signed: only what was verified, one sheet, whatever words are in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from archiver.errors import IntegrityError, UsageError
from archiver.evidence import service
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.models import Event
from archiver.evidence.verifier import verify
from archiver.operations.probe_record import probe_and_record
from archiver.operations.verify import verify as compare
from archiver.release.certificate import as_html, as_pdf, as_text, certify, fitted
from archiver.release.certified import Certified, CertifiedRecord, certified
from archiver.release.forms import Form, page
from tests.capture.house import House
from tests.release.town import Town, talk

AT = datetime(2026, 11, 22, 13, 0, 0, 123456, tzinfo=UTC)
KEY = "records.city.example/main+1a2b3c4d+" + "A" * 43 + "="


def facts(**given: object) -> Certified:
    record = CertifiedRecord("rc_" + "a" * 32, "https://city.example/1", "2026-03-01T12:00:00.000000Z", 7, None)
    plain: dict[str, object] = {
        "bundle": "bu_" + "a" * 32,
        "archive": "av_" + "a" * 32,
        "software": "records-archiver 0.1.0",
        "made_at": "2026-03-02T12:00:00.000000Z",
        "manifest_sha256": "0f" * 32,
        "counts": {"records": 1, "versions": 1, "exchanges": 2, "media": 0},
        "left_out": 0,
        "only_imported": 0,
        "whole": False,
        "practice": False,
        "log": "records.city.example/main",
        "size": 21,
        "root": "0f" * 32,
        "key": KEY,
        "records": (record,),
        "files": (),
        "pictures": 0,
        "states": (),
        "unstamped": 2,
        "probe": None,
        "immutable": False,
        "fixity": None,
        "failed": 0,
    }
    return Certified(**(plain | given))  # type: ignore[arg-type]


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(sheet.get_textpage().get_text_bounded() for sheet in document)
    finally:
        document.close()


@pytest.mark.law("R65")
@pytest.mark.parametrize("form", list(Form))
def test_a_certificate_says_what_was_verified(town: Town, form: Form) -> None:
    made = town.export(*(town.record(one).id for one in town.comments[:3]))
    written = certify(town.house.archive, made.folder, form, name="Jane Doe", office="City Clerk")
    told = [text_of(written.pdf.read_bytes()), written.html.read_text(), written.text.read_text()]
    for text in told:
        joined = "".join(text.split()).replace("\u200b", "").replace("\ufffe", "")
        assert made.manifest_sha256 in joined
        assert made.key in joined or made.key.replace("+", "&#43;") in joined
        assert all(town.record(one).id in joined for one in town.comments[:3])
        for said in ("made-up", "immutability not enforced by storage", "No time-stamp", "Who wrote it", "Jane Doe"):
            assert "".join(said.split()) in joined, said
    (row,) = town.house.rows(Event, Event.subject_id == made.bundle, Event.type == "evidence.certified")
    assert read_entry(row.body).data["sha256"] == written.sha256
    with pytest.raises(UsageError):
        certify(town.house.archive, made.folder, form)
    key = subprocess.run(
        [sys.executable, "-I", verify.__file__, str(made.folder), "--key", str(written.text)],
        capture_output=True,
        timeout=60,
    )
    assert key.returncode == 0


@pytest.mark.law("R65")
def test_nothing_is_certified_that_does_not_verify(town: Town) -> None:
    made = town.export(town.record(town.comments[0]).id)
    path = made.folder / "HOW-TO-VERIFY.txt"
    path.write_text(path.read_text() + "And trust me.\n")
    with pytest.raises(IntegrityError):
        certify(town.house.archive, made.folder, Form.COPY)
    with pytest.raises(UsageError):
        certify(town.house.archive, made.folder.parent / "nothing", Form.COPY)
    assert not list(made.folder.parent.glob(f"{made.folder.name}-certificate.*"))


def test_another_archives_bundle_is_not_certified(town: Town, new_house: Callable[..., House]) -> None:
    other = new_house(seed=2)
    other.run(other.office())
    service.sign(other.archive.signed_log)
    made = town.export(town.record(town.comments[0]).id)
    with pytest.raises(IntegrityError):
        certify(other.archive, made.folder, Form.COPY)


def test_what_the_log_says_of_storage_and_bytes_is_on_it(new_house: Callable[..., House]) -> None:
    town = talk(new_house())
    archive = town.house.archive
    compare(archive)
    probe_and_record(archive)
    made = town.export(town.record(town.comments[0]).id)
    told = as_text(page(certified(archive, made.folder), Form.COPY))
    assert "immutability not enforced by storage" in " ".join(told.split())
    assert "not shown: P1, P6, P7" in " ".join(told.split())
    assert "were last compared with their digests" in " ".join(told.split())


def test_a_storage_that_kept_everything_is_said_to() -> None:
    entry = Entry("x", "ev_a", AT, "storage.probed", "service", "x", "archive", "av_a", 0, None, {"passed": []})
    assert "kept what is stored from being changed" in " ".join(
        as_text(page(facts(probe=entry, immutable=True), Form.COPY)).split()
    )


HOSTILE = [
    '#eval("1") $x$ *bold* _it_ `raw` @ref <label> = heading // comment /* */ \\ [x] {y}',
    "</td><script>alert(1)</script>&amp;{{ 7*7 }}{% if x %}",
    "\u202egnirts \u0000 \x1b[31m \ud800",
    "x" * 3000,
    "東京 العربية 🙂",
]


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("form", list(Form))
def test_no_words_are_read_as_markup(words: str, form: Form) -> None:
    record = replace(facts().records[0], address=f"https://city.example/{words}")
    made = page(facts(records=(record,)), form, name=words[:200], office=words[:200])
    pdf, pages = as_pdf(made, AT)
    html, text = as_html(made), as_text(made)
    assert "<script>" not in html
    assert "49" not in html.replace("0f" * 32, "")
    assert not set(text) & {"\x1b", "\u202e", "\x00"}
    told = "".join(text_of(pdf).split()).replace("\u200b", "").replace("\ufffe", "")
    if words.startswith("#eval"):
        assert "".join(words.split()) in told
    assert pages >= 1


@pytest.mark.law("R69")
@pytest.mark.parametrize("form", list(Form))
def test_it_is_one_tagged_sheet_however_many_records(form: Form) -> None:
    one = facts().records[0]
    many = tuple(
        replace(one, id=f"rc_{number:032d}", address=f"https://city.example/{'a' * 300}") for number in range(500)
    )
    made, pdf = fitted(
        facts(records=many, counts={"records": 500, "versions": 1, "exchanges": 2, "media": 3}), form, "", "", AT
    )
    with pikepdf.open(BytesIO(pdf)) as document:
        assert len(document.pages) == 1
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "en-US"
        assert "/StructTreeRoot" in document.Root
        with document.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        assert not [name for name in ("Names", "OpenAction", "AA", "AcroForm") if f"/{name}" in document.Root]
    assert "more, each named in data/manifest.json" in as_text(made)


def test_the_same_facts_give_the_same_sheet() -> None:
    made = page(facts(), Form.FEDERAL)
    assert as_pdf(made, AT) == as_pdf(made, AT)
    assert as_pdf(made, AT) != as_pdf(made, AT + timedelta(days=1))


def test_what_is_stamped_and_what_not_is_said() -> None:
    stamped = replace(facts().records[0], stamped="existed not later than 2026-03-01T12:30:00 UTC, by the word of one")
    some = " ".join(as_text(page(facts(records=(stamped,), unstamped=1), Form.COPY)).split())
    assert "existed not later than 2026-03-01T12:30:00 UTC" in some
    assert "Not time-stamped yet: 1 of 2 answers." in some
    every = " ".join(as_text(page(facts(records=(stamped,), unstamped=0), Form.COPY)).split())
    assert "Not time-stamped yet" not in every


def test_a_copy_with_other_records_in_it_says_so(town: Town) -> None:
    made = town.export(town.record(town.comments[0]).id, whole=True)
    told = as_text(page(certified(town.house.archive, made.folder), Form.COPY))
    assert "records that are not named here" in " ".join(told.split())


def test_facts_come_from_what_was_verified(town: Town, tmp_path: Path) -> None:
    made = town.export(town.record(town.comments[0]).id)
    found = certified(town.house.archive, made.folder)
    assert found.key == made.key
    assert found.manifest_sha256 == made.manifest_sha256
    assert found.practice
    manifest = json.loads((made.folder / "data/manifest.json").read_bytes())
    assert found.counts == manifest["counts"]
