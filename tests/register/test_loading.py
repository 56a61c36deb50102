"""A city's list: loaded line by line, exported, loaded again."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any
from xml.etree import ElementTree

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from archiver import ids
from archiver.accounts.models import Account
from archiver.accounts.permission import Actor, NotPermitted
from archiver.accounts.register import sheets
from archiver.accounts.register.columns import COLUMNS, cells_of, header_of, values_of
from archiver.accounts.register.loading import load, slug
from archiver.accounts.register.sheets import Line, Unreadable
from archiver.accounts.register.statements import Register, Thing
from archiver.archive import Archive
from archiver.errors import UsageError
from archiver.operations.master_list import MasterList, master_list, rows
from archiver.operations.master_list_files import written
from archiver.settings import Settings
from tests.capture.house import House
from tests.register.town import CLERK, Town

HOSTILE = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "'=1",
    "''@x",
    "＝1",
    "<script>alert(1)</script>",
    'a;b,c\t"d"',
    "line one\nline two",
    "\u202egpj.exe",
    "zero\u200bwidth",
    "Ñandú 🦤 شارع",
    '#import "x"; $x$',
    "{{7*7}}",
)


def _made(archive: Archive) -> MasterList:
    with archive.database.read() as connection:
        return master_list(archive, connection)


def _csv(archive: Archive) -> bytes:
    return written(archive, _made(archive), "csv")


def city_list(accounts: int = 300, authorities: int = 40) -> list[dict[str, str]]:
    """What a city might send: every capacity, every platform, hostile words."""
    found = []
    for number in range(accounts):
        office = number % authorities
        kind = ("elected", "agency", "committee")[office % 3]
        found.append(
            {
                "Authority": f"Office {office}",
                "Authority kind": kind,
                "Department": f"Desk {number % 7}" if kind == "agency" and number % 2 else "",
                "Address": (
                    f"https://www.facebook.com/city{number}", f"https://x.com/city{number}",
                    f"https://mastodon.example/@city{number}", f"https://videos.example/city/{number}",
                )[number % 4],
                "Capacity": ("official", "official", "mixed", "personal", "campaign")[number % 5],
                "Owner": f"Owner {number}" if number % 3 else "",
                "Legal custodian": f"Keeper {office}" if office % 2 else "",
                "Legal custodian since": "2024-04-16" if office % 2 else "",
                "Page administrators": "Ann; Bob; Ñandú",
                "Opened": "4/21/2015" if number % 2 else "2015-04-21",
                "Control attested by": "Ann" if number % 4 == 0 else "",
                "Control attested on": "2026-01-12" if number % 4 == 0 else "",
                "Note": HOSTILE[number % len(HOSTILE)],
            }
        )  # fmt: skip
    return found


def as_csv(found: list[dict[str, str]], delimiter: str = ",", encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(found[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue().encode(encoding)


def with_three_bad_lines() -> tuple[bytes, list[tuple[int, str, str]]]:
    """The city's list, and the line, column and letter of what is wrong in it."""
    found = city_list()
    found[10]["Note"] = "one line"
    found[20]["Capacity"] = "oficial"
    found[30]["Opened"] = "21.4.2015"
    found[40]["Address"] = "not an address"
    content = as_csv(found, ";")
    first = [number for number, _ in _lines(content)]
    return content, [(first[20], "Capacity", "E"), (first[30], "Opened", "J"), (first[40], "Address", "D")]


@pytest.mark.law("R12")
def test_a_register_of_300_accounts_loads_but_for_three_lines_and_loads_again_unchanged(archive: Archive) -> None:
    content, wrong = with_three_bad_lines()
    told = load(archive, content, CLERK)
    assert [(one.line, one.column, one.letter) for one in told.wrong] == wrong
    assert [one.problem[:12] for one in told.wrong] == ["is none of: ", "is no day: w", "is no web ad"]
    assert (told.lines, told.count("new"), told.authorities) == (300, 297, 40)
    assert len(_made(archive).entries) == 297
    exported = _csv(archive)
    again = load(archive, exported, CLERK)
    assert (again.lines, again.count("same"), again.wrong, again.remarks) == (297, 297, [], [])
    assert _csv(archive) == exported
    same = load(archive, content, CLERK)
    assert (same.count("new"), same.count("changed"), same.count("same")) == (0, 0, 297)
    assert same.wrong == told.wrong


def _lines(content: bytes) -> list[tuple[int, Line]]:
    return [(one.number, one) for one in sheets.read(content).lines]


def test_numbered_offices_stand_in_the_order_of_their_numbers(archive: Archive) -> None:
    offices = [f"District {number}" for number in (10, 2, 1)]
    load(archive, as_csv([{"Authority": one, "Address": f"https://a.example/{one[9:]}"} for one in offices]), CLERK)
    assert [one.authority for one in _made(archive).entries] == ["District 1", "District 2", "District 10"]


@pytest.mark.law("R12", "R15")
def test_an_exported_list_makes_the_same_register_elsewhere(archive: Archive, tmp_path: Any) -> None:
    load(archive, as_csv(city_list(40, 12)), CLERK)
    with Archive.open(Settings(home=tmp_path / "other", disk_reserve_percent=0), clock=archive.clock) as other:
        bare = [{**row, "Register id": ""} for row in csv.DictReader(io.StringIO(_csv(archive).decode("utf-8-sig")))]
        told = load(other, as_csv(bare), CLERK)
        assert (told.count("new"), told.wrong) == (40, [])
        left, right = rows(_made(archive)), rows(_made(other))
        for row in (*left, *right):
            row.pop("id")
        assert left == right


def test_a_trial_says_what_would_come_of_it_and_keeps_nothing(archive: Archive) -> None:
    before = _csv(archive)
    told = load(archive, as_csv(city_list(6, 3)), CLERK, try_only=True)
    assert (told.count("new"), told.written) == (6, False)
    assert _csv(archive) == before
    assert Town(archive).register.statements == ()


def test_nobody_without_a_name_loads_a_list(archive: Archive) -> None:
    with pytest.raises(NotPermitted):
        load(archive, as_csv(city_list(3, 3)), Actor("person", ""))
    assert Town(archive).register.statements == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"Name,Owner\r\nA,B\r\n", "`Address`"),
        (b"Address,Address\r\nA,B\r\n", "twice"),
        (b"PK\x03\x04\x00\x00", "no text"),
        (b"\xef\xbb\xbfAddress\xff", "says it is utf-8-sig"),
        (b'Address,"Owner\r\nhttps://a.example/1,x', "first line"),
        (b"x" * (sheets.LARGEST + 1), "larger than"),
        (b"Address\n" + b"a\n" * (sheets.MOST_LINES + 1), "more than"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_list_is_refused_whole(archive: Archive, content: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load(archive, content, CLERK)


@pytest.mark.parametrize(
    ("line", "place", "words"),
    [
        ("Mayor,elected,,official,,", "Address", "is missing"),
        ("Mayor,elected,https://a.example/1,official,Ann,,more", None, "6 columns"),
        ('Mayor,elected,https://a.example/1,official,"An"n,', None, "quotation mark"),
        ("Mayor,king,https://a.example/1,official,,", "Authority kind", "elected, agency, committee"),
        ("Mayor,elected,https://u:p@a.example/1,official,,", "Address", "password"),
        ("Mayor,elected,https://a.example/1,official,be\x07ll,", "Owner", "U\\+0007"),
        (",,https://a.example/1,official,,Ann", "Legal custodian", "needs the authority"),
        ("!!!,agency,https://a.example/1,official,,", None, "short name"),
        ("Mayor,elected,https://a.example/known,official,,", "Address", "same account as line 2"),
    ],
)
def test_a_bad_line_says_where_and_what_and_leaves_the_others(
    archive: Archive, line: str, place: str | None, words: str
) -> None:
    head = "Authority,Authority kind,Address,Capacity,Owner,Legal custodian\r\n"
    good = "Mayor,elected,https://a.example/known,official,Ann,Bo\r\n"
    last = "Library,agency,https://a.example/last,official,Cy,Di\r\n"
    told = load(archive, f"{head}{good}{line}\r\n{last}".encode(), CLERK)
    assert [(one.line, one.column) for one in told.wrong] == [(3, place)]
    with pytest.raises(UsageError, match=words):
        raise UsageError(told.wrong[0].problem)
    assert [one.line for one in told.taken] == [2, 4]
    assert len(Town(archive).register.listings) == 2, "nothing of the bad line was kept"
    assert len(Town(archive).register.authorities) == 2


@pytest.mark.parametrize(
    ("second", "place", "words"),
    [
        ("Mayor,agency,,", "Authority kind", "line 2, which says 'elected'"),
        ("Mayors,elected,mayor,", "Authority", "line 2, which says 'Mayor'"),
        ("Mayor,,,Pres", "Department", "line 2, which says 'Press'"),
    ],
)
def test_lines_that_contradict_each_other_do_not_change_it_to_and_fro(
    archive: Archive, second: str, place: str, words: str
) -> None:
    """Else every load of the same list would leave two statements more."""
    head = "Authority,Authority kind,Authority short name,Department,Department short name,Address\r\n"
    lines = f"Mayor,elected,,Press,press,https://a.example/1\r\n{second},press,https://a.example/2\r\n"
    for change in ("new", "same"):
        told = load(archive, (head + lines).encode(), CLERK)
        assert [(one.line, one.column, words in one.problem) for one in told.wrong] == [(3, place, True)]
        assert [one.change for one in told.taken] == [change]


def test_what_a_line_that_was_not_taken_says_binds_no_other(archive: Archive) -> None:
    head = "Authority,Authority short name,Address,Legal custodian,Control attested by\r\n"
    bad, good = "Mayr,mayor,https://a.example/1,,Ann\r\n", "Mayor,mayor,https://a.example/2,,\r\n"
    told = load(archive, (head + bad + good).encode(), CLERK)
    assert [one.line for one in told.wrong] == [2]
    assert [one.line for one in told.taken] == [3]
    assert [one.partition(":")[0] for one in told.remarks] == ["line 3"], "nor is it remarked upon"
    (one,) = Town(archive).register.authorities.values()
    assert one.name == "Mayor"


def test_a_captured_account_that_goes_by_another_handle_now_is_not_listed_twice(archive: Archive) -> None:
    now, town = archive.clock.now(), Town(archive)
    platform = ("x", "https://x.com", "1")
    row = {"id": ids.account_id(*platform), "name": "n", "handle": "new", "url": "https://x.com/new"}
    row |= dict(zip(("platform", "service", "platform_id"), platform, strict=True))
    with archive.database.write() as connection:
        connection.execute(insert(Account).values(**row, state_since=now, added_at=now))
    listing = town.listing("https://x.com/old", platform="x", service="https://x.com", account=row["id"], handle="old")
    told = load(archive, b"Address,Owner\r\nhttps://x.com/new,Ann\r\n", CLERK)
    assert [(one.listing, one.change) for one in told.taken] == [(listing, "changed")]
    assert town.register.listings[listing].owner == "Ann"


def test_a_long_cell_is_told_by_its_column_and_lost_lines_by_their_numbers(archive: Archive) -> None:
    long = "x\n" * 2**19
    content = (
        f'Address,Note\r\nhttps://a.example/1,"{long}"\r\nhttps://a.example/2,"open\r\nhttps://a.example/3,"x"y\r\n'
    )
    told = load(archive, f"{content}https://a.example/4,\r\n".encode(), CLERK)
    after = 3 + 2**19
    assert [(one.line, one.column) for one in told.wrong] == [(2, "Note"), (after, None)]
    assert "longer than" in told.wrong[0].problem
    assert f"nothing was taken from here to line {after + 1}" in told.wrong[1].problem
    assert [one.line for one in told.taken] == [after + 2]


def test_two_loads_at_once_list_an_account_once(archive: Archive) -> None:
    content = as_csv(city_list(8, 3))
    with ThreadPoolExecutor(2) as both:
        told = list(both.map(lambda _: load(archive, content, CLERK), range(2)))
    assert sorted(one.count("new") for one in told) == [0, 8]
    assert len(Town(archive).register.listings) == 8


def test_a_register_that_grows_says_what_one_made_anew_says(archive: Archive) -> None:
    town = Town(archive)
    load(archive, as_csv(city_list(9, 4)), CLERK)
    for one, said in town.register.listings.items():
        town.state(Thing.LISTING, one, said, void=said.capacity == "campaign")
    whole = town.register
    for touched in (False, True):
        grown = Register((), whole.day)
        for statement in whole.statements:
            grown = grown.and_said(statement)
            if touched:
                _asked(grown)
        assert _asked(grown) == _asked(whole)
        assert grown.statements == whole.statements


def _asked(register: Register) -> list[Any]:
    names = [name for name, made in vars(Register).items() if isinstance(made, cached_property)]
    return [getattr(register, name) for name in names]


def test_a_line_changes_what_it_says_and_an_empty_cell_says_nothing(archive: Archive) -> None:
    head = "Address,Authority,Owner,Purpose\r\n"
    load(archive, f"{head}https://a.example/1,Mayor,Ann,News\r\n".encode(), CLERK)
    told = load(archive, f"{head}https://www.A.example/1/,,Bo,\r\n".encode(), CLERK)
    (one,) = told.taken
    assert (one.change, one.fields) == ("changed", ("service", "url", "owner"))
    (says,) = Town(archive).register.listings.values()
    assert (says.owner, says.purpose, says.authority is not None) == ("Bo", "News", True)


@pytest.mark.law("R10")
def test_another_custodian_than_the_authority_s_is_for_that_account_alone(archive: Archive) -> None:
    head = "Authority,Address,Legal custodian\r\n"
    lines = "Library,https://a.example/1,Ann\r\nLibrary,https://a.example/2,Bo\r\nLibrary,https://a.example/3,Ann\r\n"
    told = load(archive, (head + lines).encode(), CLERK)
    assert told.wrong == []
    assert "was taken for an agency" in told.remarks[0]
    assert [one.custody.names for one in _made(archive).entries] == ["Ann", "Bo", "Ann"]
    head = "Authority,Authority kind,Address,Legal custodian\r\n"
    held = load(
        archive, f"{head}Mayor,elected,https://a.example/4,Cy\r\nMayor,,https://a.example/5,Di\r\n".encode(), CLERK
    )
    assert [one.problem[:21] for one in held.wrong] == ["Cy holds this office:"]


def test_what_excel_writes_is_read(archive: Archive) -> None:
    found = [{"Address": "https://a.example/1", "Owner": "Ñandú “Bo”", "Opened": "4/1/2026"}]
    for number, (delimiter, encoding) in enumerate(
        [(",", "utf-8"), (";", "cp1252"), ("\t", "utf-16"), (",", "utf-8-sig")]
    ):
        found[0]["Address"] = f"https://a.example/{number}"
        told = load(archive, as_csv(found, delimiter, encoding), CLERK)
        assert told.wrong == []
        assert bool(told.remarks) == (encoding == "cp1252")
    assert {one.owner for one in Town(archive).register.listings.values()} == {"Ñandú “Bo”"}
    assert {one.opened for one in Town(archive).register.listings.values()} == {"2026-04-01"}


@pytest.mark.law("R5", "R12")
def test_a_listed_account_that_is_captured_is_joined_and_a_personal_one_stops(house: House) -> None:
    account = house.office()
    url = house.server.mastodon.account_url(house.cast.city)
    captured = _made(house.archive)
    assert [(one.id, one.standing.state.value, one.captured) for one in captured.entries] == [
        (None, "provisional", "yes")
    ]
    told = load(house.archive, f"Address,Authority\r\n{url},Mayor\r\n".encode(), CLERK)
    assert told.wrong == []
    (entry,) = _made(house.archive).entries
    assert entry.account is not None
    assert (entry.account.id, entry.listing and entry.listing.capacity) == (account, "official")
    told = load(house.archive, f"Address,Capacity\r\n{url},campaign\r\n".encode(), CLERK)
    assert [one.stopped for one in told.taken] == [account]
    assert "campaign" in _made(house.archive).entries[0].captured


# --- cells and files -------------------------------------------------------------------------------------------------

CELLS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
    st.sampled_from(HOSTILE),
    st.from_regex("'{0,3}[=+@-]?[a-z\"',;]{0,5}", fullmatch=True),
)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=4))
def test_every_cell_comes_back_and_none_is_ever_calculated(table: list[list[str]]) -> None:
    table = [[cell.strip() for cell in row] for row in table]
    content = sheets.write([["Address", "Note"], *table])
    plain = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋")) for row in plain for cell in row)
    assert [list(one.cells) for one in sheets.read(content).lines] == [row for row in table if any(row)]


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    try:
        sheet = sheets.read(content)
    except Unreadable:
        return
    header = header_of(sheet.header)
    for line in sheet.lines:
        values, wrong = values_of(line, header)
        assert isinstance(values, dict)
        assert all(one.problem for one in wrong)


def test_columns_are_named_as_spreadsheets_do_and_names_never_change() -> None:
    assert [sheets.letter(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
    assert [one.title for one in COLUMNS[:7]] == [
        "Authority", "Authority short name", "Authority kind", "Department", "Department short name", "Platform",
        "Address"]  # fmt: skip
    assert len({one.key for one in COLUMNS} | {one.title for one in COLUMNS}) == 2 * len(COLUMNS)
    assert cells_of({"administrators": ["A", "B"]}).count("A; B") == 1
    assert slug("Alderperson, 3rd District & Co.") == "alderperson-3rd-district-and-co"


@pytest.mark.law("R12", "R14")
def test_workbook_and_print_hold_every_account_as_text(archive: Archive) -> None:
    load(archive, as_csv(city_list(30, 6)), CLERK)
    made = _made(archive)
    with zipfile.ZipFile(io.BytesIO(written(archive, made, "xlsx"))) as book:
        pages = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        tree = ElementTree.fromstring(book.read(pages[0]))
    names = {one.tag.rpartition("}")[2] for one in tree.iter()}
    assert "f" not in names, "no formula"
    assert "hyperlink" not in names
    assert sum(one.tag.endswith("}row") for one in tree.iter()) == 31
    document = pypdfium2.PdfDocument(written(archive, made, "pdf"))
    text = " ".join(page.get_textpage().get_text_range() for page in document).replace("\n", " ")
    assert "30 accounts, 30 of them not captured" in text
    assert "Known accounts that are not captured, and why" in text
    assert "personal account, and those are never" in text
    assert "archiver " not in text, "a list for the Council names no command"
    words = re.sub(r"[\s\u200b]+", "", text)
    says = next(one.listing for one in made.entries if one.listing is not None and one.listing.administrators)
    asked = ("purpose", "series", "opened", "owner", "operated_by", "platform_id", "url")
    told = [*says.administrators, *(getattr(says, name) or "" for name in asked)]
    assert [one for one in told if re.sub(r"\s+", "", one) not in words] == []
