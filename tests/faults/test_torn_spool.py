"""Spool files that lost their end, or a bit: what is whole is finished, the rest is kept aside."""

from __future__ import annotations

import errno
import io
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from archiver.capture import asks
from archiver.capture.contents import understood
from archiver.capture.large_bodies import Spill
from archiver.capture.spool import FrameFile, keep_torn, read_frames
from archiver.errors import IntegrityError, OutOfSpace
from archiver.records.models import Medium
from tests.faults import checks
from tests.faults.calls import failing
from tests.faults.inside import Inside, inside
from tests.faults.town import FULL, NEW, Town

_HEADERS: list[tuple[dict[str, Any], list[bytes]]] = [
    ({"terms": {"run": "rn_one"}}, [b""]),
    ({"ask": 1}, [b"request", b"answer" * 40, b""]),
    ({"ask": 2}, [b"\0" * 99]),
]


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    folder = tmp_path / "spool" / "sp_dead"
    folder.mkdir(parents=True)
    file = FrameFile(folder / "rn_one.1.frames")
    for header, parts in _HEADERS:
        file.append(header, parts)
    file.close()
    return file.path


def _ends(content: bytes) -> list[int]:
    return [end for _, _, end in read_frames(io.BytesIO(content))]


def _kept(path: Path) -> tuple[list[object], bytes]:
    """The frames that are read after the rest was put aside, and that rest."""
    with path.open("rb") as stream:
        found = list(read_frames(stream))
    torn = keep_torn(path, found[-1][2] if found else 0)
    with path.open("rb") as stream:
        assert list(read_frames(stream)) == found, "what is whole stays as it was"
    assert path.stat().st_size == (found[-1][2] if found else 0)
    return [(header, parts) for header, parts, _ in found], b"" if torn is None else torn.read_bytes()


def test_a_file_cut_off_at_any_byte_keeps_every_whole_frame(frames: Path) -> None:
    whole = frames.read_bytes()
    ends = _ends(whole)
    assert len(ends) == len(_HEADERS)
    for size in range(len(whole) + 1):
        frames.write_bytes(whole[:size])
        found, torn = _kept(frames)
        count = sum(end <= size for end in ends)
        assert found == _HEADERS[:count]
        assert torn == whole[([0, *ends])[count] : size]


def test_a_bit_flipped_at_any_byte_keeps_every_frame_before_it(frames: Path) -> None:
    whole = frames.read_bytes()
    ends = _ends(whole)
    for at in range(len(whole)):
        for bit in (0x01, 0x80):
            spoilt = bytearray(whole)
            spoilt[at] ^= bit
            frames.write_bytes(spoilt)
            found, torn = _kept(frames)
            count = sum(end <= at for end in ends)
            assert found == _HEADERS[:count]
            assert torn == bytes(spoilt[([0, *ends])[count] :])


# --- recovery of such files ------------------------------------------------------------------------------------------


@pytest.fixture
def dead(town: Town) -> Path:
    """A frame file of a process that died after a few exchanges."""
    town.session(*town.everything(FULL))
    for number in range(3):
        town.say(f"News number {number}", picture=True)
    assert town.killed((town.accounts[1], NEW), arm="batch.segments_closed")
    return next(town.spool.glob("*/rn_*.frames"))


@pytest.mark.slow
@pytest.mark.parametrize("spoil", ["cut", pytest.param("flip", marks=pytest.mark.long)])
def test_recovery_finishes_what_is_whole_and_keeps_the_rest_aside(town: Town, dead: Path, spoil: str) -> None:
    whole = dead.read_bytes()
    ends = _ends(whole)
    original = town.folder / "original"
    shutil.copytree(town.home, original)
    everything = list(town.spooled)
    assert len(ends) >= 4
    places = sorted(
        {0, 5, ends[0] - 1, ends[0], ends[1] - 1, ends[1], ends[1] + 3, ends[-1] - 1} | {(ends[-2] + ends[-1]) // 2}
    )
    for at in places:
        shutil.rmtree(town.home)
        shutil.copytree(original, town.home)
        content = bytearray(whole)
        if spoil == "flip":
            content[at] ^= 0x10
        else:
            del content[at:]
        dead.write_bytes(content)
        count = sum(end <= at for end in ends)
        town.spooled = [one for one in everything if one.taken.ordinal < count - 1]
        told = town.session()
        assert told.recovered is not None
        assert told.recovered.exchanges <= max(0, count - 1)
        rest = bytes(content[([0, *ends])[count] :])
        torn = [path.read_bytes() for path in town.spool.glob("*.torn")]
        assert torn == ([rest] if rest else [])
        assert len(told.recovered.torn) == len(torn)
        checks.check(town, rebuilt=at == places[-1])
    town.session(*town.everything(NEW))
    checks.check(town)


def test_a_damaged_choice_is_made_again_from_the_frames(town: Town) -> None:
    town.session(*town.everything(FULL))
    key = town.say("News of the day", picture=True)
    assert town.killed((town.accounts[1], NEW), arm="batch.choice_written")
    choice = next(town.spool.glob("*/*.choice"))
    choice.write_bytes(choice.read_bytes()[:-20])
    town.session()
    checks.check(town)
    assert key in checks.visible(town, town.accounts[1])


def test_a_damaged_choice_of_what_was_committed_is_not_made_again(new_town: object) -> None:
    """Also where its run had committed something before it."""
    town: Town = new_town(segment_bytes=2**16)  # type: ignore[operator]
    town.session(*town.everything(FULL))
    for number in range(12):
        town.say(random.Random(number).randbytes(8000).hex(), picture=True)
    assert town.killed((town.accounts[1], NEW), arm="commit.done:2", recover=False)
    (choice,) = town.spool.glob("*/rn_*.2.choice")
    choice.write_bytes(choice.read_bytes()[:-20])
    told = town.session()
    assert told.recovered is not None
    assert told.recovered.postponed == 0
    checks.check(town)
    assert town.left_in_spool() == []


def test_a_damaged_choice_without_frames_is_kept_for_a_person_to_look_at(town: Town) -> None:
    """Of a batch that held nothing but run records there is no second copy."""
    town.session(*town.everything(FULL))
    town.say("News of the day")
    assert town.killed((town.accounts[1], NEW), arm="batch.choice_written")
    (choice,) = town.spool.glob("*/*.choice")
    segments = [path.read_bytes() for path in town.spool.glob("*/*.warc.gz")]
    assert segments
    next(town.spool.glob("*/*.frames")).unlink()
    choice.write_bytes(choice.read_bytes()[:-20])
    told = town.session()
    kept = [path.read_bytes() for path in town.spool.glob("*.warc.gz.damaged")]
    assert sorted(kept) == sorted(segments)
    assert told.recovered is not None
    assert len(told.recovered.torn) == len(segments) + 1
    town.session()
    assert len(list(town.spool.glob("*.damaged"))) == len(segments) + 1


def test_what_only_a_missing_connector_can_read_keeps_nobody_else_from_being_finished(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.session(*town.everything(FULL))
    key = town.say("News of the day")
    town.live(40)
    office, feed = town.accounts[1], town.accounts[2]
    for account in (feed, office):
        assert town.killed((account, FULL), arm="batch.choice_written", recover=False)
    with monkeypatch.context() as patch, inside(town, recover=False) as here:
        patch.delitem(here.archive.platforms.connectors, "feed")
        report = here.capture.recover()
        assert (report.batches, report.postponed) == (1, 1)
        assert key in checks.visible(town, office)
    town.session()
    checks.check(town)


@pytest.mark.parametrize("field", ["ask", "connector", "records"])
def test_facts_of_an_unknown_form_are_an_integrity_finding(field: str) -> None:
    with pytest.raises(IntegrityError, match="cannot read"), understood("segments/of/somebody"):
        dict[str, int]()[field]
    with pytest.raises(IntegrityError, match="cannot read"), understood("segments/of/somebody"):
        asks.from_json({"method": 1})


def test_a_damaged_segment_in_the_spool_stops_nobody_and_is_not_stored(town: Town) -> None:
    town.session(*town.everything(FULL))
    town.say("News of the day")
    assert town.killed((town.accounts[1], NEW), arm="batch.choice_written")
    segment = next(town.spool.glob("*/*.warc.gz"))
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    told = town.session(*town.everything(NEW))
    assert told.recovered is not None
    assert told.recovered.postponed == 0
    checks.check(town)


# --- files of records ------------------------------------------------------------------------------------------------


@pytest.fixture
def in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every body of a file counts as too large for memory."""
    monkeypatch.setattr(Spill.move, "__defaults__", (100,))


def _stop_before_the_choice(here: Inside) -> None:
    with (
        failing(here.town.home, lambda name, _: errno.ENOSPC if name == "replace" else None),
        pytest.raises(OutOfSpace),
    ):
        here.run()
    here.town.note_spool()


@pytest.mark.usefixtures("in_files")
def test_a_file_of_a_record_is_finished_from_the_spool(town: Town) -> None:
    town.session(*town.everything(FULL))
    with inside(town) as here:
        here.say("Look at the square", picture=True)
        _stop_before_the_choice(here)
        assert list(town.spool.glob("*/*.body-*"))
        media = here.served("/media_attachments/")
        here.run()
        assert here.served("/media_attachments/") == media, "it is not fetched twice"
    checks.check(town)


@pytest.mark.usefixtures("in_files")
def test_a_file_of_a_record_that_is_gone_from_the_spool_is_fetched_again(town: Town) -> None:
    town.session(*town.everything(FULL))
    with inside(town) as here:
        here.say("Look at the square", picture=True)
        _stop_before_the_choice(here)
        for path in town.spool.glob("*/*.body-*"):
            path.unlink()
        town.spooled = [one for one in town.spooled if one.taken.wire.body_file is None]
        media = here.served("/media_attachments/")
        here.run()
        assert here.served("/media_attachments/") == media + 1
    checks.check(town)


@pytest.mark.usefixtures("in_files")
def test_a_file_that_was_too_large_is_said_to_be_so_after_a_crash_too(town: Town) -> None:
    town.session(*town.everything(FULL))
    with inside(town, media_bytes=200) as here:
        here.say("Look at the square", picture=True)
        _stop_before_the_choice(here)
        town.spooled = [one for one in town.spooled if one.taken.medium is None]
        media = here.served("/media_attachments/")
        here.run()
        assert here.served("/media_attachments/") == media
        table = Medium.__table__
        with here.archive.database.read() as connection:
            states = set(connection.execute(table.select().with_only_columns(table.c.state)).scalars())
        assert "too_large" in states
        assert "wanted" not in states
    checks.check(town)
