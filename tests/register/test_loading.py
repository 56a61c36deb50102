"""A city's list: loaded line by line, exported, loaded again."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any
from xml.etree import ElementTree

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.permission import Actor, NotPermitted
from archiver.accounts.register import sheets
from archiver.accounts.register.columns import COLUMNS, cells_of, header_of, values_of
from archiver.accounts.register.loading import load, slug
from archiver.accounts.register.sheets import Line, Unreadable
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


@pytest.mark.law("R9", "R12", "R13")
def test_a_register_of_300_accounts_loads_but_for_three_lines_and_loads_again_unchanged(archive: Archive) -> None:
    found = city_list()
    found[10]["Note"] = "one line"
    found[20]["Capacity"] = "oficial"
    found[30]["Opened"] = "21.4.2015"
    found[40]["Address"] = "not an address"
    content = as_csv(found, ";")
    first = [number for number, row in _lines(content)]
    told = load(archive, content, CLERK)
    wrong = [(one.line, one.column, one.letter) for one in told.wrong]
    assert wrong == [(first[20], "Capacity", "E"), (first[30], "Opened", "J"), (first[40], "Address", "D")]
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
