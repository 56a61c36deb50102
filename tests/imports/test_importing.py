"""An export that is brought in: what is stored, what is said of it, and that it changes nothing captured."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from archiver.accounts import service as service_of_accounts
from archiver.accounts.models import Account, Handle
from archiver.capture.models import Deposit, Due, Run, Standing, Watch
from archiver.capture.rebuild import rebuild
from archiver.errors import Refused
from archiver.evidence.models import Event
from archiver.operations.act_keys import renew_key
from archiver.operations.verify import verify
from archiver.records import service
from archiver.records.import_models import Import, ImportedFile, ImportedVersion
from archiver.records.models import Picture
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.records.views import RecordView
from archiver.viewing import Viewer
from connectors.contract import AccessClass, AccountFacts, Answer, Ask, State
from connectors.exports.contract import ImportReading
from connectors.exports.mastodon import MastodonArchive
from tests.capture.house import FULL, House
from tests.capture.rebuilding import check_rebuilt
from tests.imports.builders import (
    MADE_AT,
    boost,
    mastodon_files,
    message,
    note,
    snowflake,
    tarred,
    tweet,
    x_files,
    ytd,
    zipped,
)
from tests.imports.desk import CAPTURED, IMPORTED, Desk
from tests.register.town import Town

OLD = snowflake(MADE_AT - timedelta(days=20))
GONE = snowflake(MADE_AT - timedelta(days=15))
PICTURE = b"\x89PNG" + bytes(2_000_000)


def everything(desk: Desk) -> Path:
    return desk.x_archive(
        tweet(OLD, "The pool opens &amp; closes at noon"),
        deleted=[tweet(GONE, "Wrong day for the parade")],
        messages=[message("77", "5", "my street is flooded"), message("78", desk.row.platform_id, "we send somebody")],
        media={f"{OLD}-abc.png": PICTURE},
    )


@pytest.mark.law("R21")
def test_what_an_export_says_is_known_from_import_and_says_so(desk: Desk) -> None:
    outcome = desk.bring(everything(desk))
    assert (outcome.files, outcome.records, outcome.only_imported, outcome.not_understood) == (5, 4, 4, 0)
    assert outcome.left_out == {"no_record": 1, "personal": 2, "unknown": 1, "viewer": 1}
    found = desk.record(f"post/{OLD}")
    assert (found.state, found.versions, found.states, found.first_seen_at) == (KNOWN_FROM_IMPORT, (), (), None)
    assert found.text == "The pool opens & closes at noon"
    (said,) = found.imported
    assert said.words == "brought by import (Parks communications office, by J. Clerk, 2026-03-02), not captured"
    assert said.stated_at == MADE_AT
    deleted = desk.record(f"post/{GONE}")
    assert deleted.state == KNOWN_FROM_IMPORT
    assert deleted.imported[0].said_state == State.DELETED_BY_AUTHOR


def test_it_is_found_by_search_and_private_things_only_by_those_who_may(desk: Desk) -> None:
    desk.bring(everything(desk))
    (hit,) = desk.search("pool")
    assert (hit.state, hit.edited_away) == (KNOWN_FROM_IMPORT, False)
    assert [one.record_id for one in desk.search("state:imported pool")] == [hit.record_id]
    (flood,) = desk.search("flooded")
    assert flood.access == AccessClass.PRIVATE
    assert desk.search("flooded", Viewer(access=frozenset({"public"}))) == []
    with desk.house.archive.database.write() as connection:
        assert desk.house.archive.search.check(connection).ok


def test_of_an_account_that_only_followers_could_see_all_is_private(desk: Desk) -> None:
    row = desk.row
    turn = {"protectedHistory": {"protectedAt": "2020-01-01T00:00:00.000Z", "action": "Protect"}}
    files = x_files(row.platform_id, row.handle, [tweet(OLD, "The pool opens")], media={f"{OLD}-a.png": b"png"})
    files["data/protected-history.js"] = ytd("protected_history", [turn])
    desk.bring(zipped(desk.folder / "twitter.zip", files))
    assert {one.access for one in desk.rows(ImportedVersion)} == {"private"}
    assert {one.access for one in desk.rows(ImportedFile)} == {"private", "private-media"}
    assert desk.search("pool", Viewer(access=frozenset({"public"}))) == []
    check_rebuilt(desk.house)


def test_what_is_personal_is_not_stored_and_the_list_says_what_was_left_out(desk: Desk) -> None:
    desk.bring(everything(desk))
    files = {one.name: one for one in desk.rows(ImportedFile)}
    assert set(files) == {
        "", "data/manifest.js", "data/tweets.js", "data/deleted-tweets.js", "data/direct-messages.js",
        f"data/tweets_media/{OLD}-abc.png",
    }  # fmt: skip
    assert files["data/direct-messages.js"].access == files[""].access == AccessClass.PRIVATE
    assert files[f"data/tweets_media/{OLD}-abc.png"].record_id == desk.record(f"post/{OLD}").id
    stored = b"".join(_unpacked(path) for path in desk.house.segments())
    assert b"203.0.113.9" not in stored
    assert b"clerk@city.example" not in stored
    assert PICTURE in stored
    assert b'"name":"data/ip-audit.js"' in stored


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def test_bringing_it_again_says_that_it_is_there(desk: Desk) -> None:
    path = everything(desk)
    first = desk.bring(path)
    before = desk.digests([*CAPTURED, *IMPORTED])
    again = desk.bring(path, by="Somebody else")
    assert again.already
    assert again.import_id == first.import_id
    assert desk.digests([*CAPTURED, *IMPORTED]) == before
    assert [one.brought_by for one in desk.imports()] == ["J. Clerk"]


def test_a_dry_run_stores_nothing(desk: Desk) -> None:
    outcome = desk.bring(everything(desk), dry_run=True)
    assert (outcome.dry_run, outcome.files) == (True, 5)
    assert desk.imports() == []
    assert list(desk.house.segments()) == []


@pytest.mark.law("R5")
def test_the_export_of_a_campaign_s_account_is_refused(desk: Desk) -> None:
    row = desk.row
    told = {name: getattr(row, name) for name in ("platform", "service", "platform_id", "url")}
    Town(desk.house.archive).listing(account=desk.account, capacity="campaign", **told)
    with pytest.raises(Refused, match="campaign"):
        desk.bring(everything(desk))
    assert desk.rows(Import) == []


def test_exports_of_different_days_are_both_kept_and_no_edit(desk: Desk) -> None:
    desk.bring(desk.x_archive(tweet(OLD, "The pool opens at noon"), name="a.zip"))
    desk.bring(desk.x_archive(tweet(OLD, "The pool opens at one"), name="b.zip", made_at=MADE_AT + timedelta(days=9)))
    found = desk.record(f"post/{OLD}")
    assert [(one.text, one.stated_at) for one in found.imported] == [
        ("The pool opens at one", MADE_AT + timedelta(days=9)),
        ("The pool opens at noon", MADE_AT),
    ]
    assert [one.record_id for one in desk.search("noon")] == [one.record_id for one in desk.search("one pool")]
    assert desk.search("has:edit pool") == []
    check_rebuilt(desk.house)


def test_an_import_leaves_runs_that_looked_at_nothing_and_events_without_words(desk: Desk) -> None:
    desk.bring(everything(desk))
    runs = [one for one in desk.rows(Run) if one.trigger == "import"]
    assert {(one.sweep, one.outcome, one.bookmark_after == {}) for one in runs} == {("import", "complete", True)}
    events = [json.loads(one.body) for one in desk.rows(Event)]
    by_type = {one["type"]: one for one in events}
    assert by_type["import.begun"]["data"]["format"] == "x-archive"
    assert by_type["import.made"]["data"] | {"exchange": ""} == {
        "account": desk.account, "exchange": "", "files": 5, "left_out": 5, "records": 4,
    }  # fmt: skip
    assert by_type["run.finished"]["data"]["trigger"] == "import"
    told = json.dumps(events)
    assert "Clerk" not in told
    assert "Parks" not in told
    report = verify(desk.house.archive)
    assert report.ok, report.as_json()


def test_a_rebuild_says_the_same_from_the_store_alone(desk: Desk) -> None:
    desk.house.run(desk.account, FULL)
    desk.bring(everything(desk))
    check_rebuilt(desk.house)
    before = desk.digests([*CAPTURED, *IMPORTED]), [one.record_id for one in desk.search("pool")]
    desk.house.empty_index()
    assert rebuild(desk.house.archive).damaged == []
    assert (desk.digests([*CAPTURED, *IMPORTED]), [one.record_id for one in desk.search("pool")]) == before


def test_a_later_reader_makes_nothing_public_that_was_private(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    office.bring(office.mastodon_archive())
    before = office.digests(IMPORTED)
    read = MastodonArchive.read

    def careless(self: MastodonArchive, ask: Ask, answer: Answer) -> ImportReading:
        return replace(read(self, ask, answer), private=frozenset())

    monkeypatch.setattr(MastodonArchive, "read", careless)
    office.house.empty_index()
    assert rebuild(office.house.archive).damaged == []
    assert office.digests(IMPORTED) == before
    assert len(office.search("Only", Viewer(access=frozenset({"public"})))) < len(office.search("Only"))


def test_who_brought_it_is_said_anew_where_the_key_of_the_acts_was_lost(desk: Desk) -> None:
    desk.bring(everything(desk))
    before = desk.digests(IMPORTED)
    desk.house.archive.settings.act_key_file.unlink()
    assert renew_key(desk.house.archive, lost=True) == 2
    desk.house.empty_index()
    assert rebuild(desk.house.archive).damaged == []
    assert desk.digests(IMPORTED) == before


def test_without_the_acts_nobody_is_named_and_what_was_brought_is_still_there(desk: Desk) -> None:
    desk.bring(everything(desk))
    desk.house.empty_index()
    rebuild(desk.house.archive, without_acts=True)
    found = desk.record(f"post/{OLD}")
    assert found.imported[0].words == (
        "brought by import (source not known, by whom is not known, since its act is lost, 2026-03-02), not captured"
    )
    assert [one.state for one in desk.search("pool")] == [KNOWN_FROM_IMPORT]


# Beside what was captured.


def city_archive(desk: Desk, words: str = "Something else") -> Path:
    """An archive of the city's own account on Mastodon, with every status that was captured, said otherwise."""
    house, row = desk.house, desk.row
    user = row.handle.partition("@")[0]
    keys = sorted(key for key in house.records() if key.startswith("status/"))
    items = [note(row.service, user, key.removeprefix("status/"), f"{words} {key}") for key in keys]
    items += [
        note(row.service, user, "990001", "Only in the export"),
        note(row.service, user, "990002", "Only for us", to=f"{row.service}/users/{user}/followers"),
        boost(row.service, user, "990003", f"{row.service}/users/somebody/statuses/5"),
    ]
    files = mastodon_files(row.service, user, items, number=row.platform_id)
    return tarred(desk.folder / "archive.tar.gz", files)


@pytest.fixture
def office(new_house: Callable[..., House], tmp_path: Path) -> Desk:
    return Desk.on_mastodon(new_house(), tmp_path)


@pytest.mark.parametrize("state", ["active", "paused"])
def test_an_import_changes_nothing_captured(office: Desk, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    house = office.house
    house.run(office.account)
    if state != "active":
        service_of_accounts.pause(house.archive, office.account, "elections")
    beside = {name: office.rows(name) for name in (Account, Handle, Due, Watch, Standing, Picture, Deposit)}
    read = MastodonArchive.read

    def naming(self: MastodonArchive, ask: Ask, answer: Answer) -> ImportReading:
        named = AccountFacts(office.row.platform_id, "renamed", "Renamed", office.row.url)
        return replace(read(self, ask, answer), account=named)

    monkeypatch.setattr(MastodonArchive, "read", naming)
    before = office.digests(CAPTURED), [asdict(one) for one in _views(office)], _found(office)
    outcome = office.bring(city_archive(office))
    assert outcome.records > 8
    after = office.digests(CAPTURED), [asdict(one) for one in _views(office)], _found(office)
    assert after[0] == before[0]
    assert {name: office.rows(name) for name in beside} == beside
    for one in (*before[1], *after[1]):
        one.pop("imported")
    assert after[1] == before[1]
    assert after[2] == before[2] | {office.record(f"status/{key}").id for key in ("990001", "990002", "990003")}
    house.later(hours=1)
    if state == "active":
        assert house.run(office.account).outcome.value == "unchanged"
        check_rebuilt(house)


def _views(desk: Desk) -> list[RecordView]:
    return [desk.record(key) for key in sorted(desk.house.records())]


def _found(desk: Desk) -> set[str]:
    archive = desk.house.archive
    with archive.database.read() as connection:
        return set(archive.search.listing(connection, "", viewer=Viewer.EVERYTHING).record_ids)


def test_capturing_after_an_import_gives_what_capturing_alone_gives(
    new_house: Callable[..., House], tmp_path: Path
) -> None:
    first, second = (Desk.on_mastodon(new_house(), tmp_path) for _ in range(2))
    first.house.run(first.account)
    row = second.row
    user = row.handle.partition("@")[0]
    keys = [key.removeprefix("status/") for key in first.house.records() if key.startswith("status/")]
    notes = [note(row.service, user, key, "Other") for key in keys]
    second.bring(zipped(tmp_path / "m.zip", mastodon_files(row.service, user, notes, number=row.platform_id)))
    assert len(keys) > 5
    assert {one.state for one in _all(second, keys)} == {KNOWN_FROM_IMPORT}
    assert second.rows(ImportedVersion)
    second.house.run(second.account)
    told = [_told(desk) for desk in (first, second)]
    assert told[0] == told[1]
    assert all(one.captured and one.imported for one in _all(second, keys))
    check_rebuilt(second.house)


def _all(desk: Desk, keys: list[str]) -> list[RecordView]:
    return [desk.record(f"status/{key}") for key in keys]


def _told(desk: Desk) -> object:
    """Everything captured, without what is drawn by chance or differs by the port of a server."""
    port = desk.house.server.base_url.rpartition(":")[2]
    rows = {
        key: (row.kind, row.state, row.versions, row.counts, row.counted, row.differs, row.access)
        for key, row in desk.house.records().items()
    }
    texts = {key: [one.text.replace(port, "") for one in desk.house.versions(key)] for key in rows}
    return rows, texts


def test_an_imported_answer_stands_in_the_captured_thread(office: Desk) -> None:
    house, row = office.house, office.row
    house.run(office.account)
    key = next(key for key, one in house.records().items() if one.thread_id != one.id)
    user = row.handle.partition("@")[0]
    answered = f"{row.service}/users/{user}/statuses/{key.removeprefix('status/')}"
    items = [note(row.service, user, "990009", "And bring towels", inReplyTo=answered)]
    office.bring(zipped(office.folder / "t.zip", mastodon_files(row.service, user, items, number=row.platform_id)))
    with house.archive.database.read() as connection:
        thread = service.thread(connection, office.record(key).id)
        same = service.thread(connection, office.record("status/990009").id)
    assert [one.id for one in thread.lines] == [one.id for one in same.lines]
    said = {one.record.text: one.record.state for one in thread.lines if one.record is not None}
    assert said["And bring towels"] == KNOWN_FROM_IMPORT
    assert thread.whole
    public = Viewer(access=frozenset({"public"}), messages=False)
    with house.archive.database.read() as connection:
        short = service.thread(connection, office.record(key).id, most=1)
        rest = service.thread(connection, office.record(key).id, viewer=public, most=1)
    assert (short.total, short.whole) == (thread.total, False), "what is left out for its number is counted"
    assert rest.total == thread.total
    with house.archive.database.write() as connection:
        connection.execute(update(ImportedVersion).values(access="private"))
    with house.archive.database.read() as connection:
        rest = service.thread(connection, office.record(key).id, viewer=public, most=1)
    assert rest.total < thread.total, "what is closed is not"
