"""Trials of a connector: a person acts on the (here: simulated) platform, and the archive has to see each of it."""

from __future__ import annotations

import gzip
import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.accounts.platforms import UNPROVEN
from archiver.archive import Archive
from archiver.capture.secret_forms import Secret
from archiver.errors import Busy, UsageError
from archiver.evidence.entry import read_entry
from archiver.evidence.models import Event
from archiver.operations import proving_record, proving_secrets
from archiver.operations.proving import Choice, Trial, Verdict, require_live
from archiver.operations.proving_record import LastTrial, last_trials, standing
from archiver.operations.proving_steps import REQUIRED, STEPS
from archiver.settings import Settings
from connectors.contract import Answer, Ask, Connector, Reading
from connectors.facebook import Facebook
from tests.capture.house import House
from tests.facebook.page import TOKEN, Page, page

PASSED, FAILED, SKIPPED = Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED
CODES = [step.code for step in STEPS]


@dataclass
class Somebody:
    """Does on the Page what is asked for, unless told otherwise; gives up when asked for the same thing twice."""

    page: Page
    skips: tuple[str, ...] = ()
    only_says: tuple[str, ...] = ()
    """Begins of requests that are answered without doing anything."""
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    post: int = 0
    comment: int = 0

    def ask(self, request: str) -> Choice:
        if request in self.asked:
            return Choice.GIVE_UP
        self.asked.append(request)
        if request.startswith(self.skips or ("-",)):
            return Choice.SKIP
        if not request.startswith(self.only_says or ("-",)):
            self._do(request)
        self.page.house.later(minutes=5)
        return Choice.DONE

    def tell(self, text: str) -> None:
        self.told.append(text)

    def _do(self, request: str) -> None:
        city, words = self.page.house.city, "".join(re.findall(r"words (\w+)", request))
        match request.split()[0], request:
            case "Publish", _:
                self.post = city.say(self.page.id, f"A trial of the archive: {words.upper()}.")
            case "Have", _:
                self.comment = city.say(self.page.cast.residents[0], f"I see {words}", answering=self.post)
            case "Edit", _:
                city.edit(self.post, f"Now it is {words}")
            case "Hide", _:
                city.hide(self.comment)
            case "Delete", _ if request.startswith("Delete the post"):
                city.delete(self.post)
            case "Delete", _:
                city.delete(self.comment)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def found(house: House) -> Page:
    """A Page on which people talk already: beside what is there, it can be said that something is not."""
    made = page(house)
    made.talk()
    return made


def a_trial(found: Page, somebody: Somebody) -> Trial:
    house = found.house
    with house.archive.database.read() as connection:
        account = accounts.get(connection, found.account)
    return Trial(house.archive, account, house.capture, somebody, house.patience)


def said_of(archive: Archive) -> proving_record.Standing:
    with archive.database.read() as connection:
        return standing(archive.platforms.connector("facebook"), last_trials(connection))


def test_what_a_person_does_there_is_seen_step_by_step_and_told_from_then_on(house: House, found: Page) -> None:
    assert said_of(house.archive) == proving_record.Standing(False)
    trial = a_trial(found, Somebody(found))
    assert trial.perform(STEPS) == dict.fromkeys(CODES, PASSED)
    connector = house.archive.platforms.connector("facebook")
    assert proving_record.enter(trial, connector).proves
    (event,) = [one for one in house.rows(Event) if one.type == "connector.tried"]
    facts = read_entry(event.body).data
    assert (event.subject_id, facts["passed"], facts["failed"]) == (found.account, sorted(CODES), [])
    assert facts["runs"] == [run.run_id for run in trial.runs]
    assert said_of(house.archive).proven
    assert "an edit is seen" in said_of(house.archive).said
    assert "Facebook" in proving_record.offered(house.archive)
    states = [state.state for state in house.states(found.key_of(trial.person.comment))]  # type: ignore[attr-defined]
    assert states == ["visible", "hidden_by_page", "not_returned"]


def test_what_cannot_be_done_there_is_left_out_and_named(house: House, found: Page) -> None:
    somebody = Somebody(found, skips=("Have somebody",))
    trial = a_trial(found, somebody)
    verdicts = trial.perform(STEPS)
    assert {code for code, verdict in verdicts.items() if verdict is SKIPPED} == {"comment", "hide", "delete_comment"}
    assert not any(request.startswith("Hide") for request in somebody.asked), "there is nothing to hide"
    proving_record.enter(trial, house.archive.platforms.connector("facebook"))
    told = said_of(house.archive)
    assert told.proven
    assert "Not shown: a comment by somebody else is seen under it; a hidden comment" in told.said


def test_what_the_archive_does_not_see_is_a_failure_and_takes_a_proof_back(house: House, found: Page) -> None:
    connector = house.archive.platforms.connector("facebook")
    first = a_trial(found, Somebody(found))
    first.perform(STEPS)
    proving_record.enter(first, connector)
    house.later(hours=1)
    somebody = Somebody(found, only_says=("Edit", "Hide"))
    trial = a_trial(found, somebody)
    verdicts = trial.perform(STEPS)
    assert {code for code, verdict in verdicts.items() if verdict is not PASSED} == {"edit", "hide"}
    assert verdicts["edit"] is verdicts["hide"] is FAILED
    assert any(text.startswith("not seen: the post does not have the words") for text in somebody.told)
    assert not proving_record.enter(trial, connector).proves
    told = said_of(house.archive)
    assert not told.proven
    assert "failed (an edit is seen" in told.said
    assert f"Facebook ({UNPROVEN})" in proving_record.offered(house.archive)


def test_without_a_post_there_is_nothing_to_prove(house: House, found: Page) -> None:
    trial = a_trial(found, Somebody(found, skips=("Publish",)))
    verdicts = trial.perform(STEPS)
    assert {code for code, verdict in verdicts.items() if verdict is PASSED} == {
        "read",
        "quiet",
        "understood",
        "secret",
    }
    assert not proving_record.enter(trial, house.archive.platforms.connector("facebook")).proves


def test_what_is_gone_is_only_proven_beside_what_is_there(house: House) -> None:
    found = page(house)
    verdicts = a_trial(found, Somebody(found)).perform(STEPS)
    assert verdicts["delete_comment"] is verdicts["delete_post"] is FAILED


class Restless(Facebook):
    """Takes what changes with every answer for something that was said."""

    _numbers = itertools.count()

    def read(self, ask: Ask, answer: Answer) -> Reading:
        reading = super().read(ask, answer)
        number = next(self._numbers)
        changed = [replace(one, content={**one.content, "n": number} if one.text else one.content)
                   for one in reading.records]  # fmt: skip
        return replace(reading, records=tuple(changed))


def test_a_connector_that_tells_of_edits_nobody_made_is_not_proven(house: House) -> None:
    found = page(house)
    house.city.say(found.id, "Leaves are collected on Tuesday.")
    house.use(Restless())
    somebody = Somebody(found, skips=("Publish",))
    verdicts = a_trial(found, somebody).perform(STEPS)
    assert verdicts["quiet"] is FAILED
    assert any("new versions" in text for text in somebody.told)


def test_a_run_that_is_refused_passes_nothing_and_is_told(house: House) -> None:
    found = page(house)
    house.server.graph.tokens.clear()
    somebody = Somebody(found)
    verdicts = a_trial(found, somebody).perform(STEPS[:1])
    assert verdicts == {"read": FAILED}
    assert any(text.startswith("not seen: the run ended ") for text in somebody.told)


def test_a_look_waits_for_whoever_is_at_the_account(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    found, run, busy = page(house), house.capture.run, [Busy("a service is at it")] * 3

    def sometimes(*arguments: object, **more: object) -> object:
        if busy:
            raise busy.pop()
        return run(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(house.capture, "run", sometimes)
    somebody = Somebody(found)
    assert a_trial(found, somebody).perform(STEPS[:1]) == {"read": PASSED}
    assert somebody.told == ["somebody else looks at the account just now: waiting", f"passed: {STEPS[0].what}"]
    busy += [Busy("a service is at it")] * 100
    with pytest.raises(Busy):
        a_trial(found, somebody).perform(STEPS[:1])


def test_a_trial_that_is_stopped_gives_no_verdict_of_what_was_under_way(house: House) -> None:
    found = page(house)

    class Stops(Somebody):
        def ask(self, request: str) -> Choice:
            house.patience.set()
            return Choice.DONE

    assert a_trial(found, Stops(found)).perform(STEPS).keys() == {"read"}


# What is told.


@pytest.mark.parametrize(
    ("last", "proven", "said"),
    [
        ({}, False, UNPROVEN),
        ({"passed": REQUIRED}, True, "against the live platform, here"),
        ({"passed": REQUIRED - {"quiet"}}, False, UNPROVEN),
        ({"passed": REQUIRED, "failed": frozenset({"hide"})}, False, "failed (a hidden comment"),
        ({"passed": REQUIRED, "version": "0"}, False, "version 0 was, on 2026-11-02; this is 1"),
    ],
)
def test_only_a_whole_trial_of_this_very_version_proves_a_connector(
    last: dict[str, object], proven: bool, said: str
) -> None:
    connector: Connector = Facebook()
    whole = {"at": datetime(2026, 11, 2, tzinfo=UTC), "version": connector.version, "passed": frozenset[str](),
             "failed": frozenset[str]()}  # fmt: skip
    trials = {"facebook": LastTrial(**{**whole, **last})} if last else {}  # type: ignore[arg-type]
    told = standing(connector, trials)
    assert told.proven is proven
    assert said in told.said


# Where nothing can be proven.


def test_the_practice_city_and_test_servers_prove_nothing(house: House, real: Callable[[str], Archive]) -> None:
    found = page(house)
    with house.archive.database.read() as connection:
        account = accounts.get(connection, found.account)
    with pytest.raises(UsageError, match="practice city"):
        require_live(house.archive, account)
    archive = real(house.server.base_url)
    with pytest.raises(UsageError, match="is on a test server"):
        require_live(archive, account, affirmed=True)
    elsewhere = replace(account, service="https://peer.example", url="https://peer.example/facebook/city")
    with pytest.raises(UsageError, match="say so with --live"):
        require_live(archive, elsewhere)
    require_live(archive, elsewhere, affirmed=True)
    require_live(archive, replace(account, service="https://www.facebook.com", url="https://www.facebook.com/city"))


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Callable[[str], Archive]]:
    opened: list[Archive] = []

    def make(trusted: str) -> Archive:
        opened.append(Archive.open(Settings(home=tmp_path / "real", trusted_origins=(trusted,)), create=True))
        return opened[0]

    yield make
    for archive in opened:
        archive.close()


# Credentials in what is kept.


@pytest.mark.parametrize("form", [TOKEN, TOKEN.replace("/", "\\/"), TOKEN.replace("/", "%2F").replace("+", "%2B")])
@pytest.mark.parametrize("before", [0, proving_secrets._PIECE - 5, 2 * proving_secrets._PIECE - 20])
def test_a_secret_is_found_wherever_it_stands(form: str, before: int) -> None:
    data = b"x" * before + form.encode() + b"y" * 100
    with gzip.open(io.BytesIO(gzip.compress(data))) as stream:
        assert proving_secrets.stands_in(stream, Secret(TOKEN))  # type: ignore[arg-type]
    assert not proving_secrets.stands_in(io.BytesIO(data.replace(b"EAA", b"EAB")), Secret(TOKEN))


def test_what_is_stored_of_a_run_is_looked_through(house: House) -> None:
    found, archive = page(house), house.archive
    post = house.city.say(found.id, "Leaves are collected on Tuesday.")
    run = house.run(found.account)
    house.capture.flush(all=True)
    number = found.key_of(post).partition("/")[2]
    for token, expected in ((TOKEN, None), (number, "segments/")):  # the second is no token, and does stand there
        tokens.keep(archive, found.account, token)
        with archive.database.read() as connection:
            where = proving_secrets.holds_secret(archive, connection, found.account, [run.run_id])
        assert where is None if expected is None else (where or "").startswith(expected)
