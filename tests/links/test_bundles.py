"""Where short links led is handed out with the record whose words name them: proven, changed by nobody, and without a
word of other records."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from sqlalchemy import update

from archiver.capture.models import Exchange, Segment
from archiver.evidence.verifier import verify
from archiver.records.stored import table
from archiver.release import bundle, choosing
from archiver.release.bundle import Exported
from tests.capture.house import House
from tests.links.test_following import TARGET, links, post
from tests.release import second
from tests.release.mutating import Files, first_accepts, fit_bag, fit_entry, fit_log, fit_manifest, second_accepts


def _captured(house: House) -> tuple[str, str, list[str]]:
    """A post that names a link of two hops, ids of it and of another one that names it too; and what of the other may
    be in no bundle of the first."""
    office, service = house.office(), house.server.short_links
    first = service.shorten(service.shorten(TARGET, status=302))
    number = post(house, first)
    other = house.city.say(house.cast.city, f"canarytext of another post {first}")
    house.run(office)
    assert [one.state for one in links(house, other)] == ["led"]
    records = house.records()
    mine, theirs = (records[f"status/{one}"].id for one in (number, other))
    return mine, theirs, ["canarytext", theirs, f"status/{other}"]


def _export(house: House, record: str, name: str = "bundle") -> Exported:
    return bundle.export(house.archive, choosing.by_ids([record]), house.home / name)


def _claims(made: Exported) -> tuple[list[dict[str, Any]], bool]:
    claims, ok = verify.verify(verify.Folder(str(made.folder)), [verify.read_key(made.key)])
    return claims, ok


def _reading(files: Files) -> tuple[str, Any]:
    (path,) = [one for one in files if one.endswith("record.json")]
    return path, json.loads(files[path])


@pytest.mark.law("R41")
def test_where_a_link_led_is_proven_and_no_word_of_others_is_there(house: House) -> None:
    record, _, others = _captured(house)
    made = _export(house, record)
    claims, ok = _claims(made)
    assert ok
    (said,) = [one for one in claims if one["claim"] == "link"]
    assert said["result"] == "PASS"
    assert TARGET in said["detail"]
    files = second.load(made.folder)
    assert ("link", record) in {one[:2] for one in second.statements(files, [made.key])}
    _, reading = _reading(files)
    (link,) = reading["versions"][0]["links"]
    assert (link["state"], link["target"], len(link["exchanges"])) == ("led", TARGET, 2)
    assert json.loads(files["data/manifest.json"])["format"] == "records-evidence/1"
    whole = b"".join(files.values())
    assert not [one for one in others if one.encode() in whole]
    _refuses_changes(house, made, files)


def _refuses_changes(house: House, made: Exported, good: Files) -> None:
    """Also of somebody who has the log's own key."""
    (signer,) = house.archive.signed_log.keys.read().signers
    wrong: list[dict[str, Any]] = [
        {"target": "https://elsewhere.example/"}, {"target": None}, {"state": "nowhere"},
        {"at": "2026-01-01T00:00:00.000000Z"},
        {"address": "https://127.0.0.1/s/other"}, {"index": 1}, {"exchanges": []}, {"run": None}, {"more": 1},
        {"reason": "none"}, {"run": "rn_x-0-public"},
    ]  # fmt: skip
    for change in wrong:
        files = dict(good)
        path, reading = _reading(files)
        reading["versions"][0]["links"][0] |= change
        files[path] = json.dumps(reading, sort_keys=True, indent=1).encode() + b"\n"
        fit_manifest(files)
        fit_entry(files)
        fit_log(files, [signer], random.Random(1))
        fit_bag(files)
        assert not first_accepts(files, [made.key]), change
        assert not second_accepts(files, [made.key]), change


def test_what_was_destroyed_of_a_link_is_told_and_not_proven(house: House) -> None:
    """Its answers are due one day like any other record's."""
    record, _, _ = _captured(house)
    (shown,) = {one.segment_id for one in house.rows(Exchange, Exchange.purpose == "link")}
    assert shown not in {one.segment_id for one in house.rows(Exchange, Exchange.purpose != "link")}
    with house.archive.database.write() as connection:
        segment = table(Segment)
        connection.execute(update(segment).where(segment.c.id == shown).values(state="disposed"))
    made = _export(house, record)
    claims, ok = _claims(made)
    assert ok
    (said,) = [one for one in claims if one["claim"] == "link"]
    assert said["result"] == "NOT CHECKED"
    _, reading = _reading(second.load(made.folder))
    (link,) = reading["versions"][0]["links"]
    assert (link["target"], link["run"], link["exchanges"]) == (TARGET, None, [])
