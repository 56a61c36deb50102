"""Deciding by command whether something is official: entered with its legal custodian, undone by a later decision, and
listed."""

from __future__ import annotations

import pytest

from archiver.practice.run import RunningPractice
from tests.cli.conftest import CommandLine, clean_settings

__all__ = ["clean_settings"]
_WHY = ("--reason", "a holiday picture", "--by", "Pat Lindgren")


@pytest.fixture
def record(archiver: CommandLine, trusting: str, city: RunningPractice) -> str:
    url = next(one.url for one in city.accounts if "/@" in one.url)
    assert archiver("account", "add", url).code == 0
    archiver("capture")
    found: str = archiver("search", "", "--json").json["hits"][0]["record"]
    return found


@pytest.mark.law("R8", "R20")
def test_it_is_decided_decided_anew_taken_back_and_listed(archiver: CommandLine, record: str) -> None:
    assert "Nothing was decided yet" in archiver("official", "list").out
    first = archiver("official", "decide", record, "personal", *_WHY, "--no-need", "--authority", "none")
    assert (first.code, "not official (personal)" in first.out) == (0, True), first.err
    (said,) = archiver("official", "list", "--json").json["decisions"]
    assert (said["record"], said["finding"], said["decided_by"]) == (record, "personal", "Pat Lindgren")
    assert (said["need"], said["evidence"], said["authority"]) == (False, None, "none")
    again = archiver("official", "decide", record, "official", *_WHY)
    assert (again.code, again.out) == (2, "")
    assert "Pat Lindgren: not official (personal) (a holiday picture)" in again.err
    assert "--anew" in again.err
    assert archiver("official", "decide", record, "official", *_WHY, "--anew").code == 0
    assert archiver("official", "list", "--finding", "personal", "--json").json["decisions"] == []
    account = said["account"]
    assert archiver("official", "decide", account, "campaign", *_WHY, "--on", "2026-01-02").code == 0
    listed = archiver("official", "list", "--account", account).out
    assert (record in listed, "2026-01-02" in listed, "campaign" in listed) == (True, True, True)
    assert archiver("official", "decide", record, "undecided", *_WHY, "--anew").code == 0
    assert archiver("official", "decide", record, "personal", *_WHY).code == 0, "nothing holds that it would replace"


def test_what_cannot_be_decided_is_refused_and_keeps_nothing(archiver: CommandLine, record: str) -> None:
    for words, code, problem in (
        ((record, "private", *_WHY), 2, "official, personal, campaign, undecided"),
        ((record, "personal", "--reason", " ", "--by", "Pat"), 2, "say why"),
        ((record, "personal", "--reason", "x", "--by", " "), 2, "which legal custodian"),
        ((record, "personal", "--reason", "x" * 5000, "--by", "Pat"), 2, "at most 4,000 characters"),
        ((record, "personal", "--reason", "x" * 30_000, "--by", "Pat"), 2, "say it shorter"),
        ((record, "personal", *_WHY, "--on", "soon"), 2, "--on takes a day"),
        ((record, "personal", *_WHY, "--on", "2999-01-01"), 2, "still to come"),
        ((record, "undecided", *_WHY), 2, "nothing was decided"),
        (("rc_none", "personal", *_WHY), 3, "no such record"),
        (("nobody", "personal", *_WHY), 3, "no account"),
        ((record, "personal", "--reason", "x"), 2, "--by"),
    ):
        said = archiver("official", "decide", *words)
        assert (said.code, said.out, problem in said.err) == (code, "", True), (words, said.err)
    assert archiver("official", "list", "--finding", "none").code == 2
    assert archiver("official", "list", "--json").json["decisions"] == []
