"""What has to hold on each of Meta's platforms: faults in the middle, allowances, credentials, months."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.errors import Refused, UsageError
from archiver.practice import faults
from archiver.practice.faults import Alter
from archiver.practice.graph_json import dump, error
from archiver.practice.messages import Request, Response
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.observed import Observed
from tests.capture.secrecy import nothing_left
from tests.graph.place import Place

GOOD = {"complete", "unchanged"}


def says(code: int, *, subcode: int | None = None, status: int = 400, passing: bool = False) -> Alter:
    """An error in Meta's form."""

    def alter(request: Request, response: Response) -> Response:
        body = dump(error(code, "No.", subcode=subcode, passing=passing))
        return replace(response, status=status, body=body)

    return alter


# What goes wrong in the middle.

_FAULTS: Mapping[str, tuple[Alter, set[str]]] = {
    "ambiguous": (says(100, subcode=33), {"partial", *GOOD}),
    "transient": (says(2, passing=True, status=500), GOOD),
    "parameter": (says(100), {"partial"}),
    "expired": (says(190, subcode=463, status=401), {"failed"}),
    "permission": (says(10, status=403), {"partial"}),
    "html": (faults.html_page(200), {"partial"}),
    "cut": (faults.cut_body(200), GOOD),
}


def in_the_middle(
    *usual: str, more: Mapping[str, tuple[Alter, set[str]]] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Every such fault and those of one platform alone, with the outcomes a run may have; ``usual``: not only in a long
    run."""
    every = {**_FAULTS, **(more or {})}
    given = [
        pytest.param(*one, id=name, marks=() if name in usual else pytest.mark.long) for name, one in every.items()
    ]
    return pytest.mark.parametrize(("alter", "outcomes"), given)


def is_no_deletion(found: Place, alter: Alter, outcomes: set[str], edge: str, *, answers: int = 3) -> None:
    """One answer about what was said under a post, or about posts, is altered: nothing is told as gone, and the next
    run is good."""
    house = found.house
    post, said = found.talk(answers)
    house.run(found.account, FULL)
    house.later(days=1)
    fault = house.server.faults.add(alter, edge, times=1)
    assert house.run(found.account, FULL).outcome in outcomes
    assert fault.hits == 1
    assert set(found.states(post, *said)) == {"visible"}
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(post, *said)) == {"visible"}


def outlasts(found: Place, alter: Alter, where: str, *, answers: int = 3, bad: bool = False) -> None:
    """A platform says for a while of everything, or of a part, that it is not there: nothing is told as gone. ``bad``:
    no run is a good one meanwhile."""
    house = found.house
    post, said = found.talk(answers)
    house.run(found.account, FULL)
    house.server.faults.add(alter, where, times=None)
    for _ in range(2):
        house.later(days=1)
        outcome = house.run(found.account, FULL).outcome
        assert not bad or outcome not in GOOD
    assert set(found.states(post, *said)) == {"visible"}
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(post, *said)) == {"visible"}


def comes_back_with_all(found: Place, alter: Alter, where: str, *, times: int | None = 1, good: bool = True) -> None:
    """A platform misbehaves while a list of many pages is read: nothing is told as gone, and in the end all of it is in
    the archive. ``good``: the run itself makes up for it."""
    house = found.house
    post, answers = found.talk(9)
    house.run(found.account, FULL)
    late = [house.city.say(found.cast.residents[0], f"late {n}", answering=post) for n in range(3)]
    house.later(days=1)
    fault = house.server.faults.add(alter, where, times=times)
    assert (house.run(found.account, FULL).outcome in GOOD) == good
    assert fault.hits
    assert set(found.states(post, *answers)) == {"visible"}
    house.server.faults.clear()
    for _ in range(2):
        house.later(days=1)
        assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(post, *answers, *late)) == {"visible"}
    assert not house.gaps(open_only=True)


def makes_suspicious(found: Place, alter: Alter, where: str) -> None:
    """A page of a list comes back empty (``alter``), though the platform counts as much as before: the run says so, and
    neither that all is well nor that anything is gone. What is on later pages is taken in all the same."""
    house = found.house
    for number in range(8):
        house.city.say(found.id, f"View {number}")
    fault = house.server.faults.add(alter, where, times=1)
    result = house.run(found.account, FULL)
    assert fault.hits
    assert result.outcome == "suspicious"
    assert "a page came back empty" in (result.reason or "")
    assert {gap.cause for gap in house.gaps(open_only=True)} == {"contract"}
    assert not result.counts.get("not_returned")
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    posts = [one.id for one in house.city.posts.values() if one.author == found.id and not one.is_reply]
    assert set(found.states(*posts)) == {"visible"}
    assert not house.gaps(open_only=True)


def meets_a_failed_page_again(found: Place, where: str) -> None:
    """A list that another answer led to breaks off at its third page. The next run goes on there, and comes to the same
    page when it reads the list from its beginning: no cursor in circles, and nothing is left to do."""
    house = found.house
    post, answers = found.talk(9)
    fault = house.server.faults.add(faults.server_error(503), where, times=None)
    assert house.run(found.account, FULL).outcome == "partial"
    assert fault.hits
    house.server.faults.clear()
    house.later(days=1)
    house.run(found.account, FULL)
    assert (house.runs()[-1].outcome, house.runs()[-1].reason) == ("complete", None)
    assert set(found.states(post, *answers)) == {"visible"}
    assert not house.gaps(open_only=True)


def tells_of_a_field(found: Place, more: Alter, where: str, *names: str) -> None:
    """A field that nobody knows is told of, and is no edit."""
    house = found.house
    post, answers = found.talk(2)
    house.run(found.account, FULL)
    house.server.faults.add(more, where, times=None)
    house.later(days=1)
    house.run(found.account, FULL)
    assert set(names) <= {name for run in house.runs() for name in run.drift}
    assert {house.records()[found.key_of(one)].versions for one in (post, *answers)} == {1}


def in_a_mood(after: bytes) -> Alter:
    """A field that nobody knows, in every thing of an answer in which these bytes stand."""

    def alter(request: Request, response: Response) -> Response:
        return replace(response, body=response.body.replace(after, after + b'"mood": "happy", '))

    return alter


def needs_a_person(found: Place, alter: Alter, where: str) -> None:
    """A token that is no longer taken in the middle of a run: the account needs signing in, nothing is told as gone,
    and with a token that is taken it goes on."""
    _signs_in_again(found, alter, where, found.house.server.faults.clear)


def ends_in_the_middle(found: Place, ended: set[str], where: str, told: str) -> None:
    """The same where the platform itself ends the token with the first such question, and says so in words that hold
    ``told``. ``ended``: its tokens that are none any more."""

    def end(request: Request, response: Response) -> Response:
        ended.add(found.token)
        return response

    _signs_in_again(found, end, where, ended.clear, told)


def _signs_in_again(found: Place, alter: Alter, where: str, mend: Callable[[], None], told: str = "") -> None:
    house = found.house
    post, answers = found.talk()
    house.run(found.account, FULL)
    house.later(days=1)
    house.server.faults.add(alter, where, times=None)
    result = house.run(found.account, FULL)
    assert result.outcome == "failed"
    assert told in (result.reason or "")
    assert house.account_state(found.account) == "sign_in_needed"
    assert set(found.states(post, *answers)) == {"visible"}
    house.server.faults.clear()
    mend()
    tokens.keep(house.archive, found.account, found.token)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(post, *answers)) == {"visible"}


def go_together(found: Place) -> None:
    """Several things deleted at once do not keep each other in doubt, with whichever a look at known ones begins."""
    house, city = found.house, found.house.city
    gone = [found.talk(1)[0] for _ in range(5)]
    kept = gone.pop(2)
    house.run(found.account, FULL)
    for one in gone:
        city.delete(one)
    house.later(days=1)
    assert house.run(found.account, WATCH).outcome in GOOD
    assert found.states(*gone, kept) == [*["not_returned"] * 4, "visible"]


def is_away(found: Place, away: set[int]) -> None:
    """An account that is put into ``away`` is not there: of what it said nothing is told as gone."""
    house = found.house
    post, answers = found.talk()
    house.run(found.account, FULL)
    away.add(found.id)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "failed"
    assert set(found.states(post, *answers)) == {"visible"}
    away.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD


def is_left_undecided(found: Place) -> None:
    """The only answer of somebody else: whether it is gone, or none may be read any more, nobody can tell."""
    house = found.house
    _, (one,) = found.talk(1)
    house.run(found.account, FULL)
    house.later(days=1)
    house.city.delete(one)
    assert house.run(found.account, FULL).outcome not in GOOD
    assert found.states(one) == ["visible"]


def loses_no_record(found: Place, withhold: Callable[[set[str]], None], permissions: set[str], *others: int) -> None:
    """Permissions are taken away and given back: nothing is told as gone, ``others`` neither."""
    house = found.house
    post, answers = found.talk()
    said = (*others, post, *answers, house.city.say(found.id, "our own answer", answering=answers[0]))
    house.run(found.account, FULL)
    withhold(permissions)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome not in GOOD
    house.run(found.account, WATCH)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome not in GOOD
    assert set(found.states(*said)) == {"visible"}
    withhold(set())
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(*said)) == {"visible"}


def goes_and_comes_back(found: Place, away: set[int]) -> None:
    """What people said who are put into ``away``: nobody says why it is not returned, so nothing more is said."""
    house = found.house
    _, answers = found.talk()
    house.run(found.account, FULL)
    away.add(found.cast.residents[0])
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(*answers) == ["not_returned", "visible", "visible"]
    away.clear()
    house.later(days=1)
    house.run(found.account, FULL)
    assert set(found.states(*answers)) == {"visible"}


def waits_until_access_is_regained(found: Place) -> None:
    """A spent allowance ends the run, and nothing is asked before the time the platform names."""
    house = found.house
    found.talk()
    found.server.used, found.server.regain = 100, 45
    assert house.run(found.account, FULL).outcome not in GOOD
    asked = len(house.server.log)
    house.later(minutes=20)
    house.run(found.account, NEW)
    assert len(house.server.log) == asked, "asked before access was regained"
    found.server.used, found.server.regain = 10, 0
    house.later(minutes=30)
    assert house.run(found.account, FULL).outcome == "complete"


# Credentials.


def is_not_added(found: Place, without: str, wrong: Mapping[str, str]) -> None:
    """Another account is not added without a credential, which is told in words that hold ``without``; nor with one of
    ``wrong``, whose values are in what is told of each."""
    house = found.house
    other = house.city.join("anotheraccount", "Another", home=found.home, official=True)
    address = found.server.account_url(other)
    with pytest.raises(UsageError, match=without):
        accounts.add(house.archive, address, found.home)
    for credential, told in wrong.items():
        with pytest.raises(Refused, match=told) as refused:
            accounts.add(house.archive, address, found.home, credential=credential)
        assert credential not in str(refused.value)
    with house.archive.database.read() as connection:
        assert [one.id for one in accounts.list_accounts(connection)] == [found.account]


#: How a platform repeats the token, beside the addresses of next pages that it is in.
in_every_form = pytest.mark.parametrize(
    "form", ["body", *(pytest.param(one, marks=pytest.mark.long) for one in ("escaped", "percent", "header"))]
)


def leaves_no_token(found: Place, form: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever sweeps are made, failed ones too: the token is in nothing that is kept or said, and in no address."""
    found.server.page = 2  # so that there are next pages, with the token in their addresses
    keeps_no_token(found, _echo(form, found.token), caplog)
    assert not any("access_token" in one.target for one in found.house.server.log)


def keeps_no_token(found: Place, echo: Alter, caplog: pytest.LogCaptureFixture) -> None:
    """The same where every answer is altered by ``echo``, which repeats the token."""
    caplog.set_level(logging.DEBUG)
    house = found.house
    found.talk(5)
    house.server.faults.add(echo, times=None)
    results: list[Any] = [house.run(found.account, sweep) for sweep in (FULL, NEW, WATCH)]
    house.server.faults.add(faults.server_error(503), times=2)
    house.later(days=1)
    found.talk(1)
    results.append(house.run(found.account, NEW))
    house.capture.flush(all=True)
    said = (caplog.text + "".join(map(str, results))).encode()
    assert any(one.authorised for one in house.server.log)
    nothing_left(house.home, said, found.token)


def _echo(form: str, token: str) -> Alter:
    if form != "header":
        return faults.echoed_token(form)
    return lambda request, response: response.with_header("X-Echo", f"Bearer {token}")


# Months.

Sizes = Mapping[str, int]
Check = Callable[[Observed, int], dict[str, int]]
SMALL: Sizes = {"posts": 3, "comments": 14, "edits": 6, "deletions": 3, "hides": 3, "likes": 2, "messages": 1}
USUAL: Sizes = {"posts": 6, "comments": 40, "edits": 12, "deletions": 8, "hides": 6, "likes": 8, "messages": 3}
LARGE: Sizes = {"posts": 60, "comments": 700, "edits": 120, "deletions": 70, "hides": 40, "likes": 100}


def months(small: int, depth: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Sizes and seed of a month, days between two looks, and whether all of them are full ones.

    Args:
        small: the seed of the small one, in which enough has to happen.
        depth: how deep people answer each other in it; one more in the others.
    """
    usual = {**USUAL, "depth": depth + 1}
    given = [
        pytest.param({**SMALL, "depth": depth}, small, 10, True, id="small"),
        pytest.param(usual, 6, 5, False, id="usual", marks=pytest.mark.long),
        pytest.param(usual, 6, 5, True, id="full looks only", marks=pytest.mark.long),
    ]
    return pytest.mark.parametrize(("sizes", "seed", "days", "full_only"), given)


def is_told(found: Place, check: Check, sizes: Sizes, days: int, *, full_only: bool) -> None:
    """A month is in the archive as it could be seen, and every run was a good one."""
    house: House = found.house
    found.server.page = 7
    found.play(timedelta(days=days), full_only=full_only, **sizes)
    told = check(house, found.id)
    assert told["edited"] > 2
    assert told["gone"] > 2
    assert told["hidden"] > 0
    assert {run.outcome for run in house.runs()} <= GOOD
    assert all(not run.drift for run in house.runs()), "a field that is not in Meta's lists"
