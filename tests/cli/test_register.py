"""The register as a person at the command line meets it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from archiver.archive import Archive
from archiver.settings import load_settings
from tests.cli.conftest import CommandLine
from tests.register.test_loading import with_three_bad_lines
from tests.register.town import Town

PAGE = "https://www.facebook.com/mayor"


@pytest.fixture
def say(archiver: CommandLine) -> CommandLine:
    """With an authority, its official, and one account."""
    for words in (
        ("authority", "mayor", "--name", "Mayor", "--kind", "elected", "--by", "Jo Clerk"),
        ("authority", "city-clerk", "--name", "City Clerk", "--clerk"),
        ("department", "city-clerk", "licenses", "--name", "Licenses"),
        ("custodian", "mayor", "Ada Brown", "--role", "holder", "--since", "2024-04-16", "--trained", "2024-05-02"),
        ("account", PAGE, "--authority", "mayor", "--capacity", "official", "--owner", "Sam", "--series", "SM-05"),
    ):
        said = archiver("register", *words)
        assert said.code == 0, said.err
    return archiver


@pytest.mark.law("R10", "R12", "R42")
def test_a_register_is_entered_changed_and_shown(say: CommandLine, tmp_path: Path) -> None:
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(b"%PDF signed")
    assert "Entered" in say("register", "attest", PAGE, "--person", "Ada Brown", "--document", str(letter)).out
    changed = say("register", "account", PAGE, "--owner", "Bo", "--because", "Sam left", "--by", "Jo Clerk")
    assert "Changed" in changed.out
    assert "(owner)" in changed.out
    assert "No change" in say("register", "account", PAGE, "--owner", "Bo").out
    told = say("register", "show", PAGE, "--history", "--json").json
    assert (told["owner"], told["custodian"], told["standing"], told["lacks"]) == ("Bo", "Ada Brown", "complete", [])
    assert [one["by"] for one in told["history"]][-1] == "Jo Clerk"
    assert told["history"][-1]["why"] == "Sam left"
    assert "Sam left" in say("register", "show", PAGE, "--history").out
    before = say("register", "show", "mayor", "--on", "2020-01-01", "--json").json
    assert (before["custody"], before["custodians"]) == ("nobody", [])
    shown = say("register", "show", "mayor", "--history").out
    assert "holder: Ada Brown since 2024-04-16, trained 2024-05-02" in shown
    ended = say(
        "register", "custodian", "mayor", "Ada Brown", "--role", "holder", "--until", "2026-01-31", "--ended", "term"
    )
    assert "Changed" in ended.out, "the same person is not entered twice"
    assert "nobody" in say("register", "show", "mayor").out
    with Archive.open(load_settings()) as archive:
        (attested,) = Town(archive).register.attestations.values()
    copy = tmp_path / "copy.pdf"
    assert say("register", "document", attested.documents[0], "--out", str(copy)).code == 0
    assert copy.read_bytes() == letter.read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("authority", "x"), 2, "name is missing"),
        (("authority", "x", "--name", "X", "--by", " "), 2, "--by takes"),
        (("authority", "Bad Short", "--name", "X"), 2, "short cannot be this: it takes lower-case"),
        (("account", "mayor-page"), 3, "entered by its address"),
        (("account", PAGE, "--capacity", "secret"), 2, "capacity is one of"),
        (("account", PAGE, "--opened", "4/1/2026"), 2, "--opened takes a day"),
        (("account", PAGE, "--authority", "nobody"), 3, "no authority called"),
        (("account", PAGE, "--department", "press"), 3, "no department"),
        (("custodian", "mayor", "Ada", "--role", "king"), 2, "role is one of"),
        (("attest", PAGE, "--person", "A", "--on", "2999-01-01"), 2, "not come yet"),
        (("attest", PAGE, "--person", "A", "--document", "/nowhere"), 3, "cannot read"),
        (("exception", "series", "--reason", "r", "--approver", "CIO"), 2, "name one"),
        (
            ("candidacy", "mayor", "A", "--office", "O", "--since", "2026-02-01", "--until", "2026-01-01"),
            2,
            "before since",
        ),
        (("export", "--format", "docx"), 2, "one of csv, xlsx, pdf"),
        (("show", "nobody"), 3, "no account called"),
        (("document", "do_x", "--out", "/tmp/x"), 3, "no such document"),
        (("load", "/nowhere.csv"), 3, "cannot read"),
        (("handover", "freeze", "mayor"), 3, "no such hand-over"),
        (("handover", "sweep", "mayor", "--leave-out", PAGE), 2, "--because"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_what_to_do(
    say: CommandLine, words: tuple[str, ...], code: int, told: str
) -> None:
    said = say("register", *words)
    assert said.code == code, said.err
    assert told in said.err
    assert said.err.count("\n") == 1


@pytest.mark.law("R12")
def test_a_list_is_tried_loaded_exported_and_loaded_again(say: CommandLine, tmp_path: Path) -> None:
    file, out = tmp_path / "city.csv", tmp_path / "list.csv"
    file.write_text("Address,Authority,Capacity\nhttps://x.com/lib,Library,official\nhttps://x.com/two,Library,wrong\n")
    tried = say("register", "load", str(file), "--dry-run")
    assert tried.code == 2
    assert "line 3, column C (Capacity): is none of: official" in tried.out
    assert "2 lines: would be 1 new" in tried.out
    loaded = say("register", "load", str(file), "--by", "Jo", "--json").json
    assert (loaded["new"], [one["line"] for one in loaded["wrong"]], loaded["written"]) == (1, [3], True)
    assert say("register", "export", "--out", str(out)).code == 0
    again = say("register", "load", str(out), "--json").json
    assert (again["new"], again["changed"], again["same"], again["wrong"]) == (0, 0, 2, [])
    read = list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig"))))
    missed = "awaiting platform: the City’s application at {} is not set up yet"
    assert [row["Captured"] for row in read] == [missed.format(one) for one in ("X", "Facebook")]
    missing = say("register", "missing").out
    assert "lib: incomplete: nobody is its legal custodian; no owner" in missing
    assert f"lib: not captured: {missed.format('X')}" in missing


@pytest.mark.law("R12")
def test_300_accounts_of_40_authorities_load_by_command_but_for_three_lines(say: CommandLine, tmp_path: Path) -> None:
    content, wrong = with_three_bad_lines()
    city, out = tmp_path / "city.csv", tmp_path / "out.csv"
    city.write_bytes(content)
    loaded = say("register", "load", str(city), "--by", "Jo", "--json")
    assert loaded.code == 2
    assert loaded.json["new"] == 297
    assert [(one["line"], one["column"], one["letter"]) for one in loaded.json["wrong"]] == wrong
    assert say("register", "export", "--out", str(out)).code == 0
    again = say("register", "load", str(out), "--json")
    told = again.json
    assert (again.code, told["same"], told["new"], told["changed"], told["wrong"]) == (0, told["lines"], 0, 0, [])
    assert told["lines"] >= 297, "and what was there before"
    once_more = tmp_path / "again.csv"
    assert say("register", "export", "--out", str(once_more)).code == 0
    assert once_more.read_bytes() == out.read_bytes()


def test_an_empty_register_says_how_to_begin(archiver: CommandLine) -> None:
    with Archive.open(load_settings()):
        pass
    for words in (("show",), ("missing",)):
        assert "archiver register load FILE" in archiver("register", *words).out
    assert "archiver register candidacy" in archiver("register", "candidacies").out
    assert "handover begin" in archiver("register", "handover", "list").out
    assert archiver("register", "export").out.startswith("\ufeffAuthority,")


@pytest.mark.law("R11")
def test_a_hand_over_of_an_office_without_captured_accounts_by_command(say: CommandLine, tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.pdf"
    receipt.write_bytes(b"%PDF receipt")
    steps = [
        ("begin", "mayor", "--outgoing", "Ada Brown", "--incoming", "Bo Green"),
        ("freeze", "mayor"),
        ("sweep", "mayor", "--no-capture"),
        ("transfer", "mayor", "--owner", "Bo Green"),
        ("inventory", "mayor", "--out", str(tmp_path / "inventory")),
        ("receipt", "mayor", "--document", str(receipt), "--received-by", "Bo Green"),
        ("file", "mayor"),
    ]
    for words in steps:
        said = say("register", "handover", *words, "--by", "Jo Clerk")
        assert said.code == 0, said.err
    assert sorted(path.name for path in (tmp_path / "inventory").iterdir()) == [
        "inventory.json", "inventory.pdf", "segments.txt"]  # fmt: skip
    (done,) = say("register", "handover", "list", "--json").json["handovers"]
    assert (done["step"], done["filed_with"], done["incoming"]) == ("filed", "City Clerk", "Bo Green")
    assert say("register", "show", "mayor", "--json").json["custodians"][-1]["person"] == "Bo Green"


def test_a_day_is_taken_away_by_an_empty_text_and_a_term_ended_before_its_end(say: CommandLine) -> None:
    for until in ("2090-05-01", ""):
        assert "(owner until)" in say("register", "account", PAGE, "--owner-until", until).out
    for until in ("2090-04-17", "2020-01-01"):
        role = ("--role", "holder", "--until", until, "--since", "2016-04-19")
        assert "Changed" in say("register", "custodian", "mayor", "Ada Brown", *role).out
    with Archive.open(load_settings()) as archive:
        register = Town(archive).register
    assert [one.owner_until for one in register.listings.values()] == [None]
    assert [one.until for one in register.custodianships.values()] == ["2020-01-01"], "nobody is entered twice"
