"""What comes and is no HTTP answer is evidence too: kept as it came, once a day, and never read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archiver.accounts import tokens
from archiver.capture.models import Exchange, Run, Segment
from archiver.capture.rebuild import rebuild
from archiver.capture.spool import read_frames
from archiver.capture.under_way import UnderWay
from archiver.operations.verify import verify
from archiver.storage.segment_reader import ReadExchange, read_segment
from connectors.contract import SweepKind
from tests.capture_review.script import Said, Stage, page
from tests.storage.checkers import fastwarc_verdicts, warcio_passes

NEW = SweepKind.NEW
GARBAGE = b"220 mail.example ESMTP ready\r\n\x00\xff\r\n\r\n"
NO_ANSWERS: dict[str, tuple[bytes, str, str]] = {
    "another protocol": (GARBAGE, "malformed_answer", "contract"),
    "half a head": (b"HTTP/1.1 200 OK\r\nX-Hal", "connection_lost", "transient"),
    "chunks that are none": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        "malformed_answer",
        "contract",
    ),
    "JSON without a head": (b'{"records": []}', "malformed_answer", "contract"),
}


def _stored(stage: Stage) -> list[ReadExchange]:
    found = []
    for segment in stage.rows(Segment):
        with stage.archive.store.open(segment.key) as stream:
            found += [one for one in read_segment(stream) if isinstance(one, ReadExchange)]
    return found


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_it_is_kept_as_it_came_with_what_was_asked(name: str, stage: Stage) -> None:
    sent, why, kind = NO_ANSWERS[name]
    stage.answers["/list"] = (0, {}, sent)
    stage.run(NEW)

    (kept,) = _stored(stage)
    assert (kept.response, kept.body, kept.status, kept.headers) == (sent, sent, 0, ())
    assert kept.request is not None
    assert kept.request.startswith(b"GET /list HTTP/1.1\r\n")
    assert kept.uri == f"{stage.origin}/list"
    facts = kept.facts
    assert (facts["source"], facts["status"], facts["no_answer"]) == ("asked", None, why)
    assert facts["problem"]["kind"] == kind
    (row,) = stage.rows(Exchange)
    assert (row.status, row.problem, row.uri) == (None, kind, f"{stage.origin}/list")
    assert not stage.records()
    (run,) = stage.rows(Run)
    assert run.outcome == "failed"


def test_it_is_kept_once_a_day(stage: Stage) -> None:
    stage.answers["/list"] = (0, {}, GARBAGE)
    stage.run(NEW)
    stage.run(NEW)
    assert len(stage.rows(Exchange)) == 1
    stage.clock.advance(timedelta(days=1))
    stage.run(NEW)
    assert len(stage.rows(Exchange)) == 2


def test_what_comes_well_at_a_later_try_is_kept_alone(stage: Stage) -> None:
    said = iter([(0, {}, b"HTTP/1.1 200 OK\r\nX-Hal"), page(("1", "one"))])
    stage.answers["/list"] = lambda: next(said)
    stage.run(NEW)
    assert [(row.problem, row.status) for row in stage.rows(Exchange)] == [(None, 200)]


def test_a_redirect_to_it_is_kept_before_it(stage: Stage) -> None:
    moved: Said = (302, {"Location": f"{stage.origin}/lost"}, b"")
    stage.answers |= {"/list": moved, "/lost": (0, {}, GARBAGE)}
    stage.run(NEW)
    rows = sorted(stage.rows(Exchange), key=lambda row: row.ordinal)
    assert [(row.purpose, row.status, row.problem) for row in rows] == [
        ("redirect", 302, None),
        ("list", None, "contract"),
    ]


def test_only_its_beginning_is_kept_where_it_is_long(stage: Stage) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    stage.answers["/list"] = (0, {}, head + b"200000\r\n" + b"x" * 0x200000 + b"no chunk\r\n")
    stage.run(NEW)
    (kept,) = _stored(stage)
    assert len(kept.response) == 2**20
    assert kept.response.startswith(head)
    assert kept.truncated == "length"


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_checkers_that_are_not_ours_read_it_and_so_does_verify(name: str, stage: Stage) -> None:
    stage.answers["/list"] = (0, {}, NO_ANSWERS[name][0])
    stage.run(NEW)
    for path in (stage.home / "store").glob("segments/**/*.warc.gz"):
        assert warcio_passes(path)
        types = [one[0] for one in fastwarc_verdicts(path)]
        assert len(types) == 5
        assert all(block and payload in (True, None) for _, block, payload in fastwarc_verdicts(path))
    assert verify(stage.archive).ok


def test_a_rebuild_repeats_it(stage: Stage) -> None:
    stage.answers["/list"] = (0, {}, GARBAGE)
    stage.run(NEW)
    before = stage.rows(Exchange), stage.rows(Run)
    rebuild(stage.archive)
    assert (stage.rows(Exchange), stage.rows(Run)) == before


def test_recovery_keeps_it_as_the_run_would_have(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends after it is on the disk and before anything is chosen."""

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    stage.answers["/list"] = (0, {}, GARBAGE)
    monkeypatch.setattr(UnderWay, "_finish", die)
    with pytest.raises(KeyboardInterrupt):
        stage.run(NEW)
    monkeypatch.undo()
    (frames,) = stage.capture.spool.folder.glob("rn_*.frames")
    with frames.open("rb") as file:
        assert [header.get("no_answer") for header, _, _ in read_frames(file)] == [None, "malformed_answer"]

    stage.capture.recovery.finish_own(stage.account)
    (kept,) = _stored(stage)
    assert kept.response == GARBAGE
    assert kept.facts["no_answer"] == "malformed_answer"
    (run,) = stage.rows(Run)
    assert run.counts["asked"] == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"ERR unknown user TOKEN\r\n",
        b"HTTP/1.1 200 OK\r\nX-Echo: TOKEN\r\nX-Hal",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nthe-token\r\nf\r\n-of-the-account\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX-Hal: the-token-of-the-acc",
    ],
    ids=["echoed", "in a head", "split across chunks", "begun"],
)
def test_no_secret_is_in_it(sent: bytes, stage: Stage) -> None:
    token = "the-token-of-the-account"
    tokens.keep(stage.archive, stage.account, token)
    stage.answers["/list"] = (0, {}, sent.replace(b"TOKEN", token.encode()))
    stage.run(NEW)
    (kept,) = _stored(stage)
    left = kept.response.replace(b"\r\nf\r\n", b"")
    assert b"the-token" not in left
    assert len(kept.response) == len(sent.replace(b"TOKEN", token.encode()))
    ranges = kept.facts["masked"]["response"]
    assert ranges
    for start, end, _ in ranges:
        assert kept.response[start:end] == b"*" * (end - start)
