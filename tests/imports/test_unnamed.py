"""Entries of exports that have no id: brought in, shown beside what may be the same, and taken for nothing captured."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from archiver import cli
from archiver.capture.models import Gap
from archiver.errors import UsageError
from archiver.imports import planning
from archiver.imports.containers import Unusable
from archiver.operations import history
from archiver.operations.gap_imports import with_imports
from archiver.records import service
from archiver.records.import_models import ImportedFile, ImportedVersion
from archiver.records.service import Viewer as RecordViewer
from archiver.records.unseen import KNOWN_FROM_IMPORT
from archiver.records.views import RecordView
from archiver.release import bundle, choosing
from archiver.release.certificate import as_text
from archiver.release.certified import certified
from archiver.release.forms import Form
from archiver.release.forms import page as page_of
from archiver.web.app import create_app
from archiver.web.site import Site
from connectors.contract import AccessClass
from connectors.exports.unnamed import is_unnamed
from tests.capture.house import FULL, House
from tests.capture.rebuilding import check_rebuilt
from tests.facebook.page import page
from tests.imports.builders import zipped
from tests.imports.desk import CAPTURED, IMPORTED, Desk
from tests.imports.meta_builders import (
    PAGE,
    SECOND,
    facebook_files,
    fb_comment,
    fb_post,
    labels,
    picture,
    talk,
    tiktok_data,
)
from tests.imports.test_shown import _Opened
from tests.signed_in import everything
from tests.tiktok.account import account as on_tiktok

PICTURE = b"\x89PNG not really"
WORDS = "Main Street is closed on Monday."


@pytest.fixture
def office(new_house: Callable[..., House], tmp_path: Path) -> Desk:
    """The city's Page with one captured post and its comments."""
    house = new_house()
    found = page(house)
    found.talk(2)
    house.run(found.account, FULL)
    return Desk(house, tmp_path, found.account)


def written_at(desk: Desk) -> int:
    """When the captured post was written, in seconds."""
    (row,) = (one for one in desk.house.records().values() if one.kind == "post")
    return int(row.created_at.timestamp())


def bring(desk: Desk, files: dict[str, bytes], name: str = "facebook.zip") -> str:
    return desk.bring(zipped(desk.folder / name, files), confirmed=desk.row.handle).import_id


def only(desk: Desk, words: str) -> str:
    """Id of the one record that exports tell of with these words."""
    (found,) = {str(one.record_id) for one in desk.rows(ImportedVersion) if words in one.text}
    return found


def test_an_entry_is_a_record_of_its_own_and_what_may_be_the_same_is_a_suggestion(office: Desk) -> None:
    desk, at = office, written_at(office)
    before = desk.digests(CAPTURED)
    shown = picture(f"{PAGE}/posts/media/1_n_12516677818.jpg", description="A digger")
    posts = [fb_post(f"{WORDS.upper()}\n", at, shown), fb_post("Other words", at), fb_post(WORDS, at + 1)]
    bring(desk, facebook_files(posts, media={"posts/media/1_n_12516677818.jpg": PICTURE}))
    assert desk.digests(CAPTURED) == before
    (captured,) = (one for key, one in desk.house.records().items() if key.startswith("post/"))
    with desk.house.archive.database.read() as connection:
        same = service.record(connection, only(desk, WORDS.upper()))
        other = service.record(connection, only(desk, "Other words"))
        back = service.record(connection, captured.id)
        hidden = service.record(connection, same.id, RecordViewer(access=frozenset({"public"})))
    assert (same.unnamed, same.state, same.key.startswith("export/post/")) == (True, KNOWN_FROM_IMPORT, True)
    assert [(one.record_id, one.captured, one.same_words) for one in same.suggested] == [(captured.id, True, True)]
    assert [one.same_words for one in other.suggested] == [False]
    assert [(one.record_id, one.same_words) for one in back.suggested] == [(same.id, True), (other.id, False)]
    assert [(one.name, one.size) for one in same.imported[0].files] == [
        (f"{PAGE}/posts/media/1_n_12516677818.jpg", len(PICTURE))
    ]
    assert hidden.imported[0].files == same.imported[0].files
    assert desk.digests(CAPTURED) == before
    check_rebuilt(desk.house, anew=True)
    assert desk.search(f"state:imported {WORDS}")


def test_exports_of_different_days_tell_of_the_same_record(office: Desk) -> None:
    kept, gone = fb_post("The pool opens", SECOND), fb_post("Deleted since", SECOND - 5)
    bring(office, facebook_files([gone, kept, fb_post("Edited", SECOND + 9)]), "a.zip")
    newer = facebook_files([kept, fb_post("Edited since", SECOND + 9), fb_post("New", SECOND + 99)])
    bring(office, newer | {"more.json": b"{}"}, "b.zip")
    assert len({one.record_id for one in office.rows(ImportedVersion) if one.text == "The pool opens"}) == 1
    assert only(office, "Edited since") in {one.record_id for one in office.rows(ImportedVersion)}
    assert len({one.record_id for one in office.rows(ImportedVersion)}) == 5
    found = service_record(office, only(office, "The pool opens"))
    assert len(found.imported) == 2


def service_record(desk: Desk, record_id: str) -> RecordView:
    with desk.house.archive.database.read() as connection:
        return service.record(connection, record_id)


def test_messages_are_private_and_who_uploaded_is_not_stored(office: Desk) -> None:
    desk = office
    files = facebook_files(
        [fb_post("Look", SECOND, picture(f"{PAGE}/posts/media/a.jpg"))],
        comments=[fb_comment("Thank you – all")],
        messages=talk(("Jo Doe", "The cellar is flooded", SECOND * 1000)),
        media={"messages/inbox/jodoe_1234567890/photos/5.jpg": PICTURE},
    )
    bring(desk, files)
    access = {one.name: one.access for one in desk.rows(ImportedFile)}
    assert access[f"{PAGE}/messages/inbox/jodoe_1234567890/message_1.json"] == AccessClass.PRIVATE
    assert access[f"{PAGE}/messages/inbox/jodoe_1234567890/photos/5.jpg"] == AccessClass.PRIVATE_MEDIA
    assert access[f"{PAGE}/posts/profile_posts_1.json"] == AccessClass.PUBLIC
    assert {one.text: one.access for one in desk.rows(ImportedVersion)} == {
        "Look": "public", "Thank you – all": "public", "The cellar is flooded": "private",
    }  # fmt: skip
    stored = b"".join(gzip.decompress(path.read_bytes()) for path in desk.house.segments())
    for personal in (b"203.0.113.9", b"b1f3-phone", b"clerk@city.example"):
        assert personal not in stored
    assert b'"parts":[[0,' in stored
    check_rebuilt(desk.house)


def test_a_part_in_which_something_is_not_understood_is_private(office: Desk) -> None:
    bring(office, facebook_files([fb_post("Look"), {"timestamp": SECOND, "label_values": []}]))
    (one,) = (one for one in office.rows(ImportedFile) if one.name.endswith("profile_posts_1.json"))
    assert one.access == AccessClass.PRIVATE
    assert [row.access for row in office.rows(ImportedVersion)] == ["public"]
    check_rebuilt(office.house)


def test_whose_it_is_a_person_has_to_confirm(office: Desk) -> None:
    path = zipped(office.folder / "a.zip", facebook_files([]))
    with pytest.raises(UsageError, match="names the account only as City of Elm"):
        office.bring(path)
    mine = zipped(
        office.folder / "b.zip", facebook_files([fb_post("At home")], name="Jo Clerk", inside="your_facebook_activity")
    )
    with pytest.raises(UsageError, match=r"person's profile.*Jo Clerk's belongs with"):
        office.bring(mine)
    assert office.bring(mine, confirmed=office.row.handle).records == 1
    assert {one.access for one in office.rows(ImportedVersion)} == {"private"}
    assert {one.access for one in office.rows(ImportedFile)} == {"private"}


def test_what_cannot_be_read_says_what_to_ask_for(office: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unusable, match="HTML"):
        office.bring(zipped(office.folder / "a.zip", {f"{PAGE}/posts/profile_posts_1.html": b"<html>"}))
    monkeypatch.setattr(planning, "READ_WHOLE", 300)
    outcome = office.bring(
        zipped(office.folder / "b.zip", facebook_files([fb_post("x" * 400)])), confirmed=office.row.handle
    )
    assert outcome.left_out["too_large"] == 1
    assert f"{PAGE}/posts/profile_posts_1.json" not in {one.name for one in office.rows(ImportedFile)}


def test_of_tiktoks_file_the_rest_is_nowhere(new_house: Callable[..., House], tmp_path: Path) -> None:
    house = new_house()
    desk = Desk(house, tmp_path, on_tiktok(house).account)
    entry = {"Date": "2026-01-05 10:04:05", "Content": "Open?", "From": "jo"}
    data = tiktok_data(
        desk.row.handle.lstrip("@"),
        videos=[{"Date": "2026-01-05 10:04:05", "Title": "Pool", "Link": "https://www.tiktokv.com/share/video/73/",
                 "WhoCanView": "Everyone"}],
        messages={"Chat History with jo:": [entry]},
    )  # fmt: skip
    path = tmp_path / "user_data_tiktok.json"
    path.write_bytes(json.dumps(data).encode())
    outcome = desk.bring(path, confirmed=desk.row.handle)
    assert (outcome.files, outcome.records) == (1, 2)
    assert desk.bring(path, confirmed=desk.row.handle).already
    stored = b"".join(gzip.decompress(one.read_bytes()) for one in house.segments())
    for personal in (b"203.0.113.9", b"illness", b"clerk@city.example", b"555-0100"):
        assert personal not in stored
    assert {one.text: one.access for one in desk.rows(ImportedVersion)} == {"Pool": "public", "Open?": "private"}
    assert {one.access for one in desk.rows(ImportedFile) if one.start} == {"public", "private"}
    assert is_unnamed(next(one.key for one in desk.rows(ImportedVersion) if one.text == "Open?"))
    check_rebuilt(house, anew=True)


def test_gaps_say_what_exports_tell_of_their_time_and_stay(
    office: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office
    opened = desk.house.clock.now()
    view = history.GapView(
        account_id=desk.account,
        account="elm",
        name="Elm",
        stream="posts",
        span_from=opened - timedelta(days=9),
        opened_at=opened,
        opened_by=desk.house.runs()[0].id,
        cause="server",
        remedy="wait",
        closed_at=None,
        closed_by=None,
    )
    at = int((opened - timedelta(days=3)).timestamp())
    posts = [fb_post("Within", at), fb_post("Before", at - 30 * 86400)]
    imported = bring(desk, facebook_files(posts, comments=[fb_comment("Also within", at)]))
    gaps_before = desk.digests([*CAPTURED, *IMPORTED])
    with desk.house.archive.database.read() as connection:
        (told,) = with_imports(connection, [view])
        (never,) = with_imports(connection, [replace(view, span_from=None)])
        (other,) = with_imports(connection, [replace(view, stream="settings")])
    assert [(one.import_id, one.records, one.source) for one in told.imported] == [
        (imported, 1, "Parks communications office")
    ]
    assert [one.records for one in never.imported] == [2]
    assert other.imported == ()
    assert desk.digests([*CAPTURED, *IMPORTED]) == gaps_before
    assert all(one.closed_at is None for one in desk.rows(Gap))
    monkeypatch.setattr(history, "gaps", lambda *_, **__: [view])
    monkeypatch.setattr("archiver.cli.gaps.opened", lambda **_: _Opened(desk))
    assert cli.run(["gaps"]) == 0
    assert f"tells of 1 record of that time: {imported}" in " ".join(capsys.readouterr().out.split())
    held = everything(desk.house.archive)
    with TestClient(create_app(Site(desk.house.archive)), base_url="http://127.0.0.1", cookies=held) as client:
        shown = client.get("/gaps").text
    assert "Brought, not captured: the gap stays." in shown


def test_pages_commands_bundles_and_certificates_say_it(
    office: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office
    bring(desk, facebook_files([fb_post(f"<b>{WORDS}</b>", written_at(desk)), fb_post(WORDS, written_at(desk))]))
    record = only(desk, "<b>")
    captured = next(one.id for key, one in desk.house.records().items() if key.startswith("post/"))
    held = everything(desk.house.archive)
    with TestClient(create_app(Site(desk.house.archive)), base_url="http://127.0.0.1", cookies=held) as client:
        shown, other = (client.get(f"/records/{one}").text for one in (record, captured))
    assert "cannot be matched to a captured record by id" in shown
    assert "A captured record may be the same" in shown
    assert "An entry of an export that has no id may be the same" in other
    assert "<b>Main" not in shown + other
    monkeypatch.setattr("archiver.cli.show.opened", lambda **_: _Opened(desk))
    assert cli.run(["show", record]) == 0
    said = capsys.readouterr().out
    assert "cannot be matched to a captured record by id" in said
    assert captured in said
    archive = desk.house.archive
    out = desk.folder / "bundle"
    made = bundle.export(archive, choosing.by_ids([captured, record]), out)
    assert made.left_out == ((record, KNOWN_FROM_IMPORT),)
    assert "only exports that somebody brought in tell of it" in (out / "HOW-TO-VERIFY.txt").read_text()
    told = as_text(page_of(certified(archive, out), Form.COPY))
    assert "1 record asked for could not be put in" in told
    assert "only exports of the platform tell" in " ".join(told.split())


def test_entries_of_the_newer_form_are_brought_with_their_pictures_and_known_by_their_numbers(office: Desk) -> None:
    post = labels(
        {"label": "Message", "value": "Die Brücke – open"},
        {"label": "Media", "media": [picture("posts/media/a_12516677818.jpg")]},
        fbid="400000000000001",
    )
    files = facebook_files([post], media={"posts/media/a_12516677818.jpg": b"\x89PNG\r\n\x1a\n-not-really"})
    bring(office, files)
    again = facebook_files([labels({"label": "Message", "value": "Closed again"}, fbid="400000000000001")])
    bring(office, again, "again.zip")
    check_rebuilt(office.house)
    rows = office.rows(ImportedVersion)
    assert len({row.record_id for row in rows}) == 1
    assert {row.text.partition("\n")[0] for row in rows} == {"Die Brücke – open", "Closed again"}
