"""``archiver person``: everything an administrator of the machine needs, with what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.archive import Archive
from archiver.cli import main
from archiver.evidence.act import key_of, open_act
from archiver.evidence.models import ActFile
from archiver.people import service as people
from archiver.people.acting import of_person
from archiver.settings import load_settings

Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    monkeypatch.setenv("ARCHIVER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOGNAME", "ada")

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["archiver", "person", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return run


def test_a_person_from_beginning_to_end(say: Say) -> None:
    assert say("add", "Jo", "--mail", "jo@city.example")[0] == 0
    code, said = say("grant", "Jo", "custodian", "--authority", "police", "--access", "public", "--until", "2030-01-31")
    assert (code, "custodian of authority police, sees public, until" in said) == (0, True)
    (jo,) = json.loads(say("list", "--json")[1])
    assert jo["mail"] == "jo@city.example"
    assert "Jo <jo@city.example>" in say("list")[1]
    assert "/welcome/" in say("link", "jo@city.example")[1]
    told = json.loads(say("token", "make", "Jo", "by day", "--scope", "records.search", "--json")[1])
    assert told["token"].startswith("cra_")
    assert json.loads(say("token", "end", "Jo", told["id"], "--json")[1]) == {"ended": told["id"]}
    made = say("token", "make", "Jo", "nightly", "--scope", "records.search")[1]
    assert "cra_" in made
    token = made.split(",")[0]
    assert "nightly" in say("token", "list", "Jo")[1]
    assert say("token", "end", "Jo", token)[0] == 0
    assert "0 sessions ended" in say("end-sessions", "Jo")[1]
    assert json.loads(say("end-sessions", "Jo", "--json")[1]) == {"ended": 0}
    assert say("revoke", jo["roles"][0]["id"])[0] == 0
    assert say("end", "Jo")[0] == 0
    assert say("log")[0] == 0
    with Archive.open(load_settings()) as archive, archive.database.read() as connection:
        row = connection.execute(select(ActFile.number, ActFile.id, ActFile.sealed).limit(1)).one()
        act = open_act(row.sealed, archive.identity.id, key_of(row.number, row.id), archive.acts.key_file.keys()).act
    assert (act.actor_id, act.facts["by"]) == ("operator", "ada"), "the machine's user is kept in the act"


def test_where_both_administrators_are_new_the_machine_mends_an_address(say: Say) -> None:
    """Neither can agree to what the other asks, and who cannot come in cannot agree themselves."""
    for name in ("Ada", "Bo"):
        say("add", name, "--mail", f"{name}@city.exmaple")
        say("grant", name, "system_administrator")
    with Archive.open(load_settings()) as archive:
        with archive.database.read() as connection:
            ada, bo = (people.find(connection, name) for name in ("Ada", "Bo"))
        people.change(archive, of_person(ada.id), bo.id, mail="bo@city.example")
        with archive.database.read() as connection:
            assert people.find(connection, "Bo").mail == "bo@city.exmaple", "it is only asked for"
    assert "Bo has bo@city.example now." in say("change", "Bo", "--mail", "Bo@city.example")[1]
    assert json.loads(say("change", "bo@city.example", "--name", "Bo B.", "--json")[1])["name"] == "Bo B."
    assert "Bo B. has no mail address now." in say("change", "Bo B.", "--mail", "")[1]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("change", "Jo"), 2, "say what changes"),
        (("change", "Jo", "--mail", "jo"), 2, "a mail address looks like"),
        (("change", "Nobody", "--name", "Jo"), 3, "nobody is called"),
        (("grant", "Nobody", "custodian"), 3, "nobody is called"),
        (("grant", "Jo", "king"), 2, "the roles are"),
        (("grant", "Jo", "custodian", "--access", "all"), 2, "access classes are"),
        (("grant", "Jo", "communications", "--access", "private"), 2, "never opens private"),
        (("grant", "Jo", "custodian", "--account", "none"), 3, "no account is called"),
        (("grant", "Jo", "custodian", "--account", "a", "--authority", "b"), 2, "give it twice"),
        (("revoke", "gr_none"), 3, "no such role"),
        (("token", "make", "Jo", "n", "--scope", "people.change"), 2, "a token may be for"),
        (("reserve", "none"), 3, "no account is called"),
        (("add", ""), 2, "a name has"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(say: Say, words: tuple[str, ...], code: int, told: str) -> None:
    say("add", "Jo")
    assert say(*words)[0] == code
    assert told in say(*words)[1]
