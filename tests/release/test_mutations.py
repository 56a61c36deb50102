"""No changed bundle is accepted, by either verifier; on what is good both say the same.

``make mutations`` makes ten thousand of them (``--mutations``); ``make test`` a seeded few hundred.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archiver.challenges import service as challenges
from archiver.evidence import anchoring, service
from archiver.evidence.challenge_facts import ChallengeSays
from archiver.evidence.notes import SignerKey, new_key
from archiver.evidence.register_facts import shaped
from archiver.evidence.verifier import verify
from archiver.people.acting import of_machine
from tests.capture.house import FULL, WATCH, House
from tests.release import second
from tests.release.mutating import (
    Changing,
    Files,
    canonical,
    first_accepts,
    fit_bag,
    fit_entry,
    fit_manifest,
    second_accepts,
)
from tests.release.town import Town, manifest, talk
from tests.servers.tsa import OPENSSL, Authority

KEY_NAME = "records.city.example/main"


class Bundles:
    """Good bundles of one log."""

    def __init__(self, town: Town, folders: list[Path]) -> None:
        self.folders = folders
        ring = town.house.archive.signed_log.keys.read()
        self.own: SignerKey = ring.signers[0]
        self.key = ring.current.text
        self.files = [second.load(folder) for folder in folders]
        self.stranger = new_key(self.own.name)

    def changing(self, which: int, seed: int) -> Changing:
        others = [files for number, files in enumerate(self.files) if number != which]
        return Changing(self.files[which], others, random.Random(seed), self.own, self.stranger)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundles]:
    """One comment; one that is no longer returned, time-stamped; three with an edit; one of a feed; one with the whole
    exchange; two, of which one was challenged (Wis. Stat. 19.70)."""
    home = tmp_path_factory.mktemp("bundles")
    house = House(home / "house")
    town = talk(house)
    gone = town.record(town.comments[1]).id
    house.city.delete(town.comments[1])
    house.city.edit(town.comments[0], "canarytext0 said otherwise")
    feed = house.feed()
    house.city.say(house.cast.news, "News of the bridge")
    house.run(feed)
    for sweep in (FULL, WATCH, FULL):
        house.later(hours=2)
        house.run(town.account, sweep)
    _stamp(house, home)
    news = next(row.record_id for row in house.rows_of_versions() if row.text.startswith("News of the bridge"))
    comments = [town.record(one).id for one in (town.comments[0], *town.comments[2:5])]
    made = [
        town.export(comments[1]),
        town.export(gone),
        town.export(*comments[:3]),
        town.export(news),
        town.export(comments[3], whole=True),
        town.export(*_challenged(town, comments[2:4])),
    ]
    assert len(manifest(made[1])["records"][0]["states"]) == 1
    assert OPENSSL is None or manifest(made[1])["stamps"]
    assert manifest(made[-1])["format"] == "records-evidence/3"
    yield Bundles(town, [one.folder for one in made])
    house.close()


def _challenged(town: Town, records: list[str]) -> list[str]:
    """After the other bundles were made: the first of these is challenged, denied, and disagreed with."""
    on = town.house.clock.now().date().isoformat()
    said = shaped(ChallengeSays, {
        "account": town.account, "record": records[0], "received_on": on, "individual": "Robin Doe",
        "authorized": "A lawyer", "disputed": "canarydisputed", "outcome": "denied", "decided_on": on,
        "decided_by": "The clerk", "correction": None, "reasons": "Nothing shows it.", "statement_on": on,
        "statement": "canarystatement </dd><script>alert(1)</script> \u202e \u0000",
    })  # fmt: skip
    challenges.state(town.house.archive, of_machine(), said)
    return records


def _stamp(house: House, home: Path) -> None:
    if OPENSSL is None:
        return
    house.clock.at = datetime.now(UTC)
    authority = Authority(home / "tsa")
    log = house.archive.signed_log
    service.sign(log)
    anchoring.stamp(
        log,
        anchoring.Stamping(
            {"one": "https://one.example/tsr"},
            [authority.root.certificate],
            timedelta(hours=1),
            lambda url, request: authority.reply(request),
        ),
    )


def test_both_say_the_same_of_what_is_good(bundles: Bundles) -> None:
    for folder, files in zip(bundles.folders, bundles.files, strict=True):
        claims, ok = verify.verify(verify.Folder(str(folder)), [verify.read_key(bundles.key)])
        assert ok
        said = second.statements(files, [bundles.key])
        told = [(one["claim"], one["subject"]) for one in claims if one["claim"] in ("record", "file", "state")]
        assert sorted(told) == sorted((kind, subject) for kind, subject, *_ in said)
        for kind, subject, _, what in said:
            assert any(what in one["detail"] for one in claims if (one["claim"], one["subject"]) == (kind, subject))


def test_no_changed_bundle_is_accepted_by_either(bundles: Bundles, mutations: int) -> None:
    kinds: dict[str, int] = {}
    for which in range(len(bundles.files)):
        changing = bundles.changing(which, seed=which)
        for number in range(mutations // len(bundles.files)):
            how, files = changing.changed()
            accepted = first_accepts(files, [bundles.key]), second_accepts(files, [bundles.key])
            assert accepted == (False, False), f"bundle {which}, change {number}: {how}"
        kinds |= {name: kinds.get(name, 0) + count for name, count in changing.kinds.items()}
    assert len(kinds) >= 13


@pytest.mark.law("R41", "R65")
@pytest.mark.parametrize("how", ["dropped", "altered", "added", "moved", "format", "all dropped"])
def test_what_was_said_under_19_70_cannot_be_dropped_altered_or_added(bundles: Bundles, how: str) -> None:
    """Whoever hands a copy on makes all its lists anew, as well as can be done without the key."""
    files = dict(bundles.files[-1])
    listed = json.loads(files["data/manifest.json"])
    paths = [one["file"] for one in listed["records"]]
    readings = {path: json.loads(files[path]) for path in paths}
    said, other = sorted(readings, key=lambda path: not readings[path]["challenges"])
    (one,) = readings[said]["challenges"]
    if how == "dropped":
        readings[said]["challenges"] = []
    elif how == "altered":
        one["statement"] = "I agree."
    elif how == "added":
        readings[other]["challenges"] = [one]
    elif how == "moved":
        readings[other]["challenges"], readings[said]["challenges"] = [one], []
    elif how == "all dropped":
        for reading in readings.values():
            del reading["challenges"]
        listed["format"] = "records-evidence/2"
    else:
        listed["format"] = "records-evidence/2"
    files |= {path: canonical(reading) for path, reading in readings.items()}
    files["data/manifest.json"] = canonical(listed)
    fit_manifest(files)
    for again in (fit_bag, fit_entry, fit_bag):
        again(files)
        assert (first_accepts(files, [bundles.key]), second_accepts(files, [bundles.key])) == (False, False)


def test_what_people_said_is_told_apart_from_what_is_proven(bundles: Bundles) -> None:
    claims, ok = verify.verify(verify.Folder(str(bundles.folders[-1])), [verify.read_key(bundles.key)])
    assert ok
    (one,) = [one for one in claims if one["claim"] == "challenge"]
    assert (one["result"], one["required"]) == (verify.NOT_CHECKED, False)
    assert "no part of what was captured" in one["detail"]


def test_no_changed_folder_is_accepted_by_the_verifier_by_itself(bundles: Bundles, tmp_path: Path) -> None:
    changing = bundles.changing(0, seed=7)
    for number in range(50):
        how, files = changing.changed()
        folder = tmp_path / str(number)
        if not _written(folder, files):
            continue
        done = subprocess.run(
            [sys.executable, "-I", verify.__file__, str(folder), "--key", bundles.key],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 1, f"change {number}: {how}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        assert "NOT VERIFIED" in done.stdout


def _written(folder: Path, files: Files) -> bool:
    for path, content in files.items():
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        except OSError:  # a file where a folder is needed: no bundle in any folder looks so
            return False
    return True


@pytest.mark.parametrize("what", ["link", "linked folder", "pipe", "hidden", "empty"])
def test_what_is_no_plain_file_is_refused(bundles: Bundles, tmp_path: Path, what: str) -> None:
    import os
    import shutil

    folder = tmp_path / "bundle"
    shutil.copytree(bundles.folders[0], folder)
    record = next(folder.glob("data/records/*/record.json"))
    if what == "link":
        shutil.move(record, tmp_path / "elsewhere")
        record.symlink_to(tmp_path / "elsewhere")
    elif what == "linked folder":
        shutil.move(folder / "data/log", tmp_path / "log")
        (folder / "data/log").symlink_to(tmp_path / "log")
    elif what == "pipe":
        os.mkfifo(folder / "data/pipe")
    elif what == "hidden":
        (folder / ".DS_Store").write_bytes(b"x")
    else:
        shutil.rmtree(folder)
        folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-I", verify.__file__, str(folder), "--key", bundles.key],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("point", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 1, 2**256 - 1])
def test_keys_of_no_use_sign_nothing(point: int) -> None:
    """Points of small order, and numbers that are no point: whatever OpenSSL says of them, ours says too."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = point.to_bytes(32, "little")
    for signature in (bytes(64), public + bytes(32), b"\x01" + bytes(63)):
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, b"text")
            theirs = True
        except (InvalidSignature, ValueError):
            theirs = False
        assert verify.signed_by(public, b"text", signature) <= theirs


def test_signatures_are_verified_as_openssl_does() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    rng = random.Random(3)
    for size in range(20):
        key, text = Ed25519PrivateKey.generate(), rng.randbytes(size * 7)
        public, signature = key.public_key().public_bytes_raw(), key.sign(text)
        assert verify.signed_by(public, text, signature)
        assert not verify.signed_by(public, text + b"x", signature)
        at = rng.randrange(512)
        wrong = bytearray(signature)
        wrong[at // 8] ^= 1 << at % 8
        assert not verify.signed_by(public, text, bytes(wrong))
        higher = int.from_bytes(signature[32:], "little") + verify.ORDER
        assert not verify.signed_by(public, text, signature[:32] + higher.to_bytes(32, "little"))
