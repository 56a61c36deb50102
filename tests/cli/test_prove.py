"""``archiver prove``, as far as it goes where no live platform is."""

from __future__ import annotations

import io

import pytest

from archiver.accounts.platforms import UNPROVEN
from archiver.cli import prove
from archiver.operations import proving_steps
from archiver.operations.proving import Choice
from archiver.practice.run import RunningPractice
from tests.cli.conftest import CommandLine


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdin", stream)
    return stream


def test_wrong_input_gets_one_line_that_says_what_to_do(
    archiver: CommandLine, trusting: str, city: RunningPractice
) -> None:
    added = archiver("account", "add", city.accounts[0].url, "--json").json["account"]
    said = archiver("prove", "nonsense")
    assert (said.code, "no connector for" in said.err) == (2, True)
    said = archiver("prove", "facebook")
    assert (said.code, "no account on facebook is registered" in said.err) == (3, True)
    said = archiver("prove", "mastodon")
    assert (said.code, "is on a test server" in said.err) == (2, True)
    said = archiver("prove", "facebook", "--account", added["id"])
    assert (said.code, "is an account on mastodon, not on facebook" in said.err) == (2, True)
    assert all(text.count("\n") == 1 for text in (said.err,))


def test_a_person_is_asked_until_the_answer_is_one(answers: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    answers.write("what?\nS\n\n g \n")
    answers.seek(0)
    person = prove._AtTheTerminal(quiet=False)
    assert [person.ask("Hide that comment.") for _ in range(3)] == [Choice.SKIP, Choice.DONE, Choice.GIVE_UP]
    assert capsys.readouterr().err.count("Hide that comment.") == 3
    with pytest.raises(Exception, match="a person has to answer"):
        person.ask("Delete the post.")


def test_what_came_of_it_is_printed_and_is_the_exit_code(
    archiver: CommandLine,
    trusting: str,
    city: RunningPractice,
    answers: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    added = archiver("account", "add", city.accounts[0].url, "--json").json["account"]
    monkeypatch.setattr(prove, "require_live", lambda archive, account, affirmed: None)
    answers.write("s\n")  # there is nothing to publish with here
    answers.seek(0)
    said = archiver("prove", "mastodon", "--json")
    told = said.json
    assert said.code == 1
    assert told["proven"] is False
    assert told["steps"].keys() == {step.code for step in proving_steps.STEPS}
    assert (told["steps"]["read"], told["steps"]["post"]) == ("passed", "skipped")
    shown = archiver("account", "show", added["id"])
    assert UNPROVEN not in shown.out, "the servers of others were recorded, and nothing failed here"
