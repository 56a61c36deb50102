"""Records handed out: whole, provable, and with not a byte of other records."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archiver.capture.models import Exchange, Segment
from archiver.errors import IntegrityError, NotFound, UsageError
from archiver.evidence.entry import read_entry
from archiver.evidence.models import Event
from archiver.evidence.verifier import verify
from archiver.records.models import Occurrence
from archiver.release import bundle, choosing
from tests.capture.house import FULL, WATCH, House
from tests.release.town import Town, contents, manifest, talk, verified


def canaries(town: Town, but: int) -> Iterator[str]:
    """Everything that tells of the comments other than number ``but``. That one's own words name what it answers."""
    city = town.house.city
    answered = city.posts[town.comments[but]].parent
    for number, comment in enumerate(town.comments):
        if number == but:
            continue
        person = city.posts[comment].author
        record = town.record(comment)
        media = [one for one in town.house.media() if one.record_id == record.id]
        assert media
        yield from (text for one in media for text in (one.id, one.sha256, one.url.rpartition("/")[2]))
        yield from (f"canarytext{number}", f"Number{number}", f"canarynote{number}", f"canaryalt{number}")
        if comment != answered:
            yield from (f"canaryhandle{number}", str(comment), str(person), record.id, str(record.url))


def channels(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file, its base64 parts decoded, and its name."""
    for name, content in contents(folder):
        yield name, content
        yield name, name.encode()
        for piece in re.findall(rb"[A-Za-z0-9+/_-]{16,}={0,2}", content):
            text = piece.replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
            yield name, base64.b64decode(text + b"=" * (-len(text) % 4)) if len(text) % 4 != 1 else b""
        if content[:2] == b"\x1f\x8b":
            yield name, zlib.decompressobj(31).decompress(content)


@pytest.mark.parametrize("number", [0, 2, 5])
def test_a_bundle_of_one_comment_holds_no_byte_of_its_pages_others(town: Town, number: int) -> None:
    made = town.export(town.record(town.comments[number]).id)
    claims, ok = verified(made)
    assert ok
    others = list(canaries(town, number))
    assert len(others) > 50
    found = {(one, name) for name, content in channels(made.folder) for one in others if one.encode() in content}
    assert not found
    whole = b"".join(content for _, content in contents(made.folder))
    assert f"canarytext{number} tall oak".encode() in whole
    assert {"exchange", "record", "file", "reading", "log"} <= {one["claim"] for one in claims}


def test_the_address_is_shown_where_it_names_no_other_record(town: Town) -> None:
    made = town.export(*(town.record(one).id for one in town.comments[:3]))
    shown = {one["id"]: one["url_shown"] for one in manifest(made)["exchanges"]}
    addresses = {row.id: row.uri for row in town.house.rows(Exchange)}
    context = [one for one in shown if "context" in addresses[one]]
    assert context
    assert all(shown[one] for one in context)


def test_a_bundle_is_a_bag_that_other_tools_accept(town: Town) -> None:
    bagit = pytest.importorskip("bagit")
    made = town.export(town.record(town.comments[1]).id)
    bagit.Bag(str(made.folder)).validate()


def test_what_was_handed_out_is_in_the_log_before_it_is_there(town: Town) -> None:
    made = town.export(town.record(town.comments[1]).id)
    (row,) = town.house.rows(Event, Event.subject_id == made.bundle)
    said = read_entry(row.body)
    assert said.type == "evidence.exported"
    assert said.data["manifest"] == made.manifest_sha256
    assert said.data["records"] == 1
    assert (made.folder / f"data/log/{made.bundle}.entry").read_bytes() == row.body


def test_a_folder_with_something_in_it_is_left_alone(town: Town, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/letter.txt").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    chosen = choosing.by_ids([town.record(town.comments[0]).id])
    for name in ("own", "own/letter.txt", "link", "no/such/folder"):
        with pytest.raises(UsageError):
            bundle.export(town.house.archive, chosen, tmp_path / name)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "own"]


def test_a_bundle_that_cannot_be_finished_is_not_there(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bundle, "_write_log", fail)
    with pytest.raises(KeyboardInterrupt):
        bundle.export(town.house.archive, choosing.by_ids([town.record(town.comments[0]).id]), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_is_stored_otherwise_than_logged_is_not_handed_out(new_house: Callable[..., House]) -> None:
    town = talk(new_house())
    record = town.record(town.comments[0])
    keys = {row.id: row.key for row in town.house.rows(Segment)}
    for row in town.house.rows(Exchange, Exchange.id == record.exchange_id):
        path = town.house.store / keys[row.segment_id]
        content = bytearray(path.read_bytes())
        content[row.offset + row.length // 2] ^= 1
        path.chmod(0o600)
        path.write_bytes(bytes(content))
    with pytest.raises(IntegrityError):
        town.export(record.id)
    assert not list(town.house.home.glob("bundle-*"))


def test_records_of_a_search_are_handed_out_with_the_search(town: Town) -> None:
    made = town.query("canarytext3 OR canarytext4")
    said = manifest(made)["chosen"]
    assert (said["by"], said["query"], said["asked"], made.records) == ("query", "canarytext3 OR canarytext4", 2, 2)
    assert verified(made)[1]
    frozen = [read_entry(row.body) for row in town.house.rows(Event, Event.type == "search.frozen")]
    assert said["statement"]["sha256"] in [one.data["sha256"] for one in frozen]
    with pytest.raises(NotFound):
        town.query("nobodyeversaidthis")


def test_what_is_not_there_is_said_to_be_left_out(town: Town) -> None:
    gone = "rc_" + "a" * 32
    made = town.export(town.record(town.comments[0]).id, gone)
    assert made.left_out == ((gone, "not_found"),)
    assert manifest(made)["chosen"]["left_out"] == [[gone, "not_found"]]
    assert verified(made)[1]
    with pytest.raises(NotFound):
        town.export(gone)


def test_whole_exchanges_are_handed_out_only_when_that_is_asked_for(town: Town) -> None:
    record = town.record(town.comments[0]).id
    assert not [name for name, _ in contents(town.export(record).folder) if name.endswith(".warc.gz")]
    made = town.export(record, whole=True)
    assert verified(made)[1]
    assert "OTHER records" in (made.folder / "HOW-TO-VERIFY.txt").read_text()
    whole = b"".join(content for name, content in channels(made.folder) if name.endswith(".warc.gz"))
    assert b"HTTP/1.1 200" in whole
    assert all(one["whole"] for one in manifest(made)["exchanges"])


def test_every_version_is_shown_where_it_was_seen(new_house: Callable[..., House]) -> None:
    town = talk(new_house())
    comment = town.comments[0]
    town.house.city.edit(comment, "canarytext0 said otherwise")
    town.house.later(hours=1)
    town.house.run(town.account, FULL)
    made = town.export(town.record(comment).id)
    assert manifest(made)["counts"]["versions"] == 2
    assert verified(made)[1]
    proofs = b"".join(content for name, content in contents(made.folder) if name.endswith(".proof.json"))
    assert b"tall oak 0" in proofs
    assert b"said otherwise" in proofs


def test_that_a_record_is_no_longer_returned_is_shown_with_its_evidence(new_house: Callable[..., House]) -> None:
    town = talk(new_house())
    comment = town.comments[1]
    record, others = town.record(comment).id, list(canaries(town, 1))
    town.house.city.delete(comment)
    for sweep in (FULL, WATCH, FULL):
        town.house.later(hours=2)
        town.house.run(town.account, sweep)
    assert town.record(comment).state == "not_returned"
    made = town.export(record)
    claims, ok = verified(made)
    assert ok
    (state,) = [one for one in claims if one["claim"] == "state"]
    assert state["detail"].startswith("not_returned")
    (said,) = manifest(made)["records"][0]["states"]
    shown = {one["id"] for one in manifest(made)["exchanges"]}
    assert len(said["evidence"]) == 2
    assert set(said["evidence"]) <= shown
    assert not {one for _, content in channels(made.folder) for one in others if one.encode() in content}


def test_an_entry_of_a_feed_is_shown_alone(new_house: Callable[..., House]) -> None:
    house = new_house()
    account = house.feed()
    for number in range(4):
        house.city.say(house.cast.news, f"canarynews{number} all of it")
    house.run(account)
    wanted = next(row for row in house.rows_of_versions() if "canarynews2" in row.text)
    made = Town(house, account, 0, []).export(wanted.record_id)
    assert verified(made)[1]
    found = b"".join(content for _, content in channels(made.folder))
    assert b"canarynews2" in found
    assert not [number for number in (0, 1, 3) if f"canarynews{number}".encode() in found]


def test_a_record_inside_another_one_is_hidden_in_it(new_house: Callable[..., House]) -> None:
    house = new_house()
    account = house.office("tok-of-the-city-7d1f0a")
    person = house.city.join("canaryperson", "Canary Person")
    said = house.city.say(person, "canaryshared words of somebody")
    house.city.share(house.cast.city, said)
    house.run(account)
    outer = next(row for row in house.rows(Occurrence) if row.place.endswith("/0") or row.place == "/0")
    made = Town(house, account, 0, []).export(outer.record_id)
    assert verified(made)[1]
    assert b"canaryshared" not in b"".join(
        content for name, content in contents(made.folder) if name.endswith(".proof.json")
    )


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``verify.py`` of a bundle, by itself."""
    return subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), *arguments], capture_output=True, text=True, timeout=120
    )


def test_the_verifier_by_itself_says_what_holds(town: Town, tmp_path: Path) -> None:
    made = town.export(town.record(town.comments[0]).id)
    folder = str(made.folder)
    done = run(made.folder, folder, "--key", made.key)
    assert done.returncode == 0, done.stdout
    assert "VERIFIED: all required claims pass." in done.stdout
    certificate = tmp_path / "certificate.txt"
    certificate.write_text(f"The key is\n  {made.key}\nand so on")
    told = json.loads(run(made.folder, folder, "--key", str(certificate), "--json").stdout)
    assert told["verified"]
    claims, _ = verified(made)
    assert told["claims"] == claims


def test_without_a_key_nothing_is_verified(town: Town) -> None:
    made = town.export(town.record(town.comments[0]).id)
    done = run(made.folder, str(made.folder))
    assert done.returncode == 1
    assert "NOT CHECKED checkpoint" in done.stdout
    assert "NOT VERIFIED" in done.stdout
    other = "records-archiver/x+" + verify.sha256(b"records-archiver/x\n\x01" + bytes(32))[:4].hex()
    other += "+" + base64.b64encode(b"\x01" + bytes(32)).decode()
    assert run(made.folder, str(made.folder), "--key", other).returncode == 1


@pytest.mark.parametrize(
    "arguments", [(), ("--key",), ("a", "b"), ("--nonsense",), ("no-such-folder",), (".", "--key", "no key")]
)
def test_wrong_use_is_told(town: Town, arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", verify.__file__, *arguments], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_the_verifier_needs_nothing_but_an_old_python() -> None:
    import ast

    tree = ast.parse(Path(verify.__file__).read_text(), feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported <= set(sys.stdlib_module_names)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    text = Path(verify.__file__).read_text()
    assert not re.search(r"\.removeprefix|\.removesuffix|strict=|\bmatch \w+:|\.bit_count", text)


def test_the_key_before_a_rotation_still_verifies(new_house: Callable[..., House]) -> None:
    from archiver.evidence import service

    town = talk(new_house())
    first = town.export(town.record(town.comments[0]).id)
    service.rotate_key(town.house.archive.signed_log)
    second = town.export(town.record(town.comments[0]).id)
    assert first.key != second.key
    assert verified(first, first.key)[1]
    assert verified(second, second.key)[1]
    assert not verified(second, first.key)[1]
    keys = (second.folder / "keys/log.txt").read_text().split()
    assert keys == [second.key, first.key]
