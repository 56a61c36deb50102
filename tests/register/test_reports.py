"""What is reported of the register, and what its manual says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import update

from archiver.accounts import service as accounts
from archiver.accounts.models import Account
from archiver.accounts.register import service
from archiver.accounts.register.columns import COLUMNS
from archiver.accounts.register.statements import SORTS, Thing
from archiver.archive import Archive
from archiver.capture.models import Run
from archiver.clock import to_text
from archiver.ids import department_id
from archiver.operations import candidacy_report, doctor
from archiver.operations.master_list import master_list, rows
from archiver.operations.master_list_files import written
from archiver.operations.register_seen import Sight, seen
from archiver.records.models import Record
from archiver.viewing import Viewer
from tests.capture.house import FULL, House, houses
from tests.register.town import Town

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.law("R7")
def test_what_was_published_during_a_candidacy_is_listed_by_the_city_s_calendar(house: House) -> None:
    account = house.office()
    for number in range(4):
        house.city.say(house.cast.city, f"Notice {number}.")
    house.run(account)
    town = Town(house.archive)
    mayor = town.authority("mayor", kind="elected")
    with house.archive.database.read() as connection:
        listing = town.listing(url=accounts.get(connection, account).url, account=account, authority=mayor)
    other = town.listing(url="https://a.example/other", authority=mayor)
    town.listing(url="https://a.example/campaign", authority=mayor, capacity="campaign")
    today = town.today.isoformat()
    for since, until in ((today, today), ("2020-01-01", "2020-12-31")):
        town.say(Thing.CANDIDACY, authority=mayor, person="Ada", office="Governor", since=since, until=until)
    hidden = house.rows(Record, Record.kind == "post")[0].id
    with house.archive.database.write() as connection:
        connection.execute(update(Record).where(Record.id == hidden).values(access="private"))
    with house.archive.database.read() as connection:
        register = service.read(connection, town.today)
        now, before = (
            candidacy_report.report(connection, register, one, house.archive.settings.zone, Viewer.EVERYTHING, limit=2)
            for one in sorted(register.candidacies.values(), key=lambda one: one.since, reverse=True)
        )
    assert (set(now.listings), now.not_captured) == ({listing, other}, (other,))
    assert (now.total, len(now.posts)) == (3, 2), "public ones only; the list is cut, the count is not"
    assert all("Notice" in one.text for one in now.posts)
    assert (before.total, before.posts) == (0, ())


@pytest.mark.law("R13")
def test_the_doctor_says_what_has_been_missing_for_too_long_and_stops_nothing(house: House) -> None:
    account = house.office()
    (amber,) = doctor._register(house.archive)
    assert (amber.ok, amber.found) == (True, "1 accounts captured provisionally")
    house.later(days=31)
    (red,) = doctor._register(house.archive)
    assert "it is not in the register" in red.found
    assert "archiver register missing" in red.remedy
    house.run(account)
    assert house.account_state(account) == "active"


def test_the_manual_names_every_column_and_every_field() -> None:
    page = (DOCS / "register.md").read_text()
    for column in COLUMNS:
        title = column.title if column.parse else f"*{column.title}*"
        assert f"| {title} | {column.about} |" in page
    rows = {line.split(" ")[1]: line for line in page.splitlines() if line.startswith("| ") and "_…`" in line}
    for thing, sort in SORTS.items():
        assert f"`{sort.prefix}_…`" in rows[thing.value]
        assert all(f"`{field}`" in rows[thing.value] for field in sort.says.model_fields), thing


@pytest.mark.law("R12")
def test_an_account_of_which_nothing_comes_any_more_is_not_called_captured(tmp_path: Path) -> None:
    late = datetime(2026, 3, 2, 3, tzinfo=UTC)
    with houses(tmp_path) as make:
        house = make(settings={"time_zone": "America/Chicago"})
        house.run(house.feed())
        with house.archive.database.write() as connection:
            state = {"state": "revoked", "state_since": late, "state_reason": "consent taken back"}
            connection.execute(update(Account).values(**state))
            connection.execute(update(Run).values(finished_at=late))
        with house.archive.database.read() as connection:
            made = master_list(house.archive, connection)
        printed = written(house.archive, made, "pdf")
    assert [one.captured for one in made.uncaptured] == ["not since 2026-03-01: consent taken back"]
    text = " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(printed))
    assert "last with success: 2026-03-01" in text, "by the city's day, which is not that of UTC"


@pytest.mark.law("R12", "R14")
def test_a_line_of_the_list_says_what_the_account_was_called_when_it_was_captured_and_what_is_excepted(
    house: House,
) -> None:
    account, town = house.office(), Town(house.archive)
    house.run(account)
    with house.archive.database.read() as connection:
        before = accounts.get(connection, account)
    mayor = town.authority("mayor", kind="elected")
    press = town.say(Thing.DEPARTMENT, department_id(mayor, "press"), authority=mayor, short="press", name="Press")
    town.person(mayor, "Ada", "holder", position="Mayor", since="2024-04-16")
    fields = {"owner": "Sam", "administrators": ["Ann", "Bo"], "purpose": "News", "opened": "2015-04-21"}
    listing = town.listing(url=before.url, account=account, authority=mayor, department=press, **fields)
    town.say(Thing.ATTESTATION, listing=listing, person="Sam", on="2026-02-02", until="2026-12-31")
    town.say(Thing.EXEMPTION, listing=listing, rule="series", reason="not adopted", approver="Cleo CIO")
    house.later(days=1)
    house.city.people[house.cast.city].handle = "larkmere_now"
    house.city.change_profile(house.cast.city, name="Larkmere now")
    house.run(account, FULL)
    with house.archive.database.read() as connection:
        (row,) = rows(master_list(house.archive, connection))
        now = accounts.get(connection, account)
    assert now.handle != before.handle
    wanted = fields | {
        "authority_name": "Mayor", "department_name": "Press", "custodian": "Ada", "custodian_position": "Mayor",
        "custodian_since": "2024-04-16", "custody": "Wis. Stat. 19.33(1)", "attested_by": "Sam",
        "attested_on": "2026-02-02", "attested_until": "2026-12-31", "captured": "yes", "capture": "service",
        "last_capture": to_text(house.runs()[-1].finished_at), "standing": "complete", "missing": [],
        "handles_before": [f"{before.handle} (2026-03-02)"], "exceptions": ["series: not adopted (Cleo CIO)"],
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    town.change(listing, owner=None)
    with house.archive.database.read() as connection:
        (row,) = rows(master_list(house.archive, connection))
    assert (row["standing"], row["missing"]) == ("provisional", ["no owner"])


@pytest.mark.law("R12")
def test_whoever_may_not_know_what_is_set_up_reads_the_same_of_every_account_that_waits(
    archive: Archive, town: Town
) -> None:
    for url, platform in (("https://x.com/lib", "x"), ("https://social.example/@lib", "mastodon")):
        town.listing(url, platform=platform)
    town.listing("https://a.example/campaign", capacity="campaign")
    with archive.database.read() as connection:
        made = master_list(archive, connection)
    everything, outside = (
        sorted(one.captured for one in seen(made, Sight(Viewer.EVERYTHING, None, set_up=told)).entries)
        for told in (True, False)
    )
    never = "the register lists it as a campaign account, and those are never captured"
    assert everything == [
        "awaiting platform: the City’s application at X is not set up yet",
        "not added yet: its address has to be added to the archive",
        never,
    ]
    assert outside == ["not added yet: whoever looks after the archive knows what it waits for"] * 2 + [never]
