"""Pictures in evidence bundles: there, provable, and called what they are."""

from __future__ import annotations

import json

import pytest

from archiver.records.models import Picture
from archiver.release import bundle, choosing, wanted
from archiver.release.certificate import certify
from archiver.release.forms import Form
from tests.capture.house import House
from tests.release import second
from tests.release.town import manifest, verified


def test_a_bundle_with_pictures_passes_both_verifiers_and_calls_them_what_they_are(house: House) -> None:
    office = house.office()
    post = house.city.say(house.cast.city, "The bridge opens on Monday.")
    plain = house.city.say(house.cast.residents[0], "And who pays?", answering=post)
    house.run(office)
    own, other = (house.records()[f"status/{one}"].id for one in (post, plain))
    made = bundle.export(house.archive, choosing.by_ids([own, other]), house.home / "bundle")
    claims, ok = verified(made)
    assert ok
    (said,) = [one for one in claims if one["claim"] == "picture"]
    assert "the archive drew itself" in said["detail"]
    assert "no screenshot" in said["detail"]
    (row,) = [one for one in house.rows(Picture) if one.record_id == own]
    assert manifest(made)["format"] == "records-evidence/2"
    listed = {one["id"]: one["pictures"] for one in manifest(made)["records"]}
    assert listed[other] == []
    ((picture,),) = [listed[own]]
    assert picture["exchange"] == row.exchange_id
    file = made.folder / picture["file"]
    assert file.read_bytes().startswith(b"\x89PNG")
    reading = json.loads((made.folder / f"data/records/{own}/record.json").read_text())
    assert "Not captured" in reading["pictures"][0]["note"]
    proven = second.statements(second.load(made.folder), [made.key])
    assert ("picture", row.exchange_id, own, row.sha256) in proven
    written = certify(house.archive, made.folder, Form.COPY)
    assert "not screenshots of the platform" in " ".join(written.text.read_text().split())


def test_without_pictures_a_bundle_is_of_the_first_format(house: House) -> None:
    house.archive.settings.__dict__["pictures"] = False
    office = house.office()
    post = house.city.say(house.cast.city, "The bridge opens on Monday.")
    house.run(office)
    made = bundle.export(house.archive, choosing.by_ids([house.records()[f"status/{post}"].id]), house.home / "bundle")
    assert manifest(made)["format"] == "records-evidence/1"
    assert "pictures" not in manifest(made)["records"][0]


def test_a_picture_goes_only_with_the_words_it_shows(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    office = house.office()
    post = house.city.say(house.cast.city, "The bridge opens on Monday.")
    house.run(office)
    house.later(hours=1)
    house.city.edit(post, "The bridge opens on Tuesday.")
    house.run(office)
    own = house.records()[f"status/{post}"].id
    chosen = choosing.by_ids([own])
    assert verified(bundle.export(house.archive, chosen, house.home / "all", whole=True))[1]
    places = wanted._places
    monkeypatch.setattr(wanted, "_places", lambda *given: list(places(*given))[1:])  # as where one cannot be shown
    made = bundle.export(house.archive, chosen, house.home / "bundle")
    ((listed,), (place,)) = [manifest(made)["records"][0][one] for one in ("pictures", "occurrences")]
    drawn_from = {one.exchange_id: one.drawn_from for one in house.rows(Picture)}
    assert drawn_from[listed["exchange"]] == place["exchange"]
