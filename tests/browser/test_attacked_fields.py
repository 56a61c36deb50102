"""Attacks in every field in which somebody's words stand, on every page and in every export: written over all that
happened in a city."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import httpx
import pytest

from archiver.records.models import Record
from archiver.web.site import Site
from tests import effort
from tests.browser import attacked, exports, rest, skeleton
from tests.browser.attacked import Attack, in_turn, together
from tests.browser.conftest import Reader
from tests.browser.payloads import FEW
from tests.browser.places import moved
from tests.browser.serving import Served

pytestmark = [pytest.mark.slow]
#: What is captured, which is written over afterwards: that there is much of it shows nothing more.
WRITTEN = FEW
_TURNS: Final = 29
"""Of the long run: so many texts are 500 attacks, and what has no end beside them."""


@pytest.fixture(scope="module")
def filled(served: Served) -> Served:
    """With rows of what nobody brings, sends and says there."""
    rest.fill(served.house.archive, served.place)
    return served


#: Fields that no page and no export shows here, and why; all others have to be shown, so that they are tried.
_NOWHERE = {
    "is in its act, and shown to nobody": "challenge_statement.why role_review_statement.why official_decision.why",
    "names to the service what it asks for": "platform_app.client quota.subject register_document.type",
    "is shown where a sign-in was refused, a look was cut off or a name was changed, and none was": (
        "credential.refused_why exchange.problem handle.handle handle.name handle.url occurrence.partial"
    ),
    "of an owner's link, is said by the register": "connect_link.owner connect_link.url",
    "is in the outbox, and in the list of those to ask while a link waits": "mail.recipient mail.name mail.reason",
    "is shown where a record was only brought, or names what was": (
        "import.confirmed imported_file.name imported_file.url imported_version.author_id imported_version.author_name "
        "imported_version.author_handle imported_version.url imported_version.word imported_version.content"
    ),
    "is shown where a short link was followed, and none was": "link.address link.target link.reason",
    "is kept for the register's reports": "CandidacySays.note CustodianshipSays.contact AttestationSays.position",
    "is shown while the log is not signed, and of a stored signature that it is there": "log_signing.detail",
    "is said in pieces, of which the text is one": "version.content record.author_id",
}


def test_every_text_column_says_whose_words_stand_in_it_and_every_route_where_it_is_asked(served: Served) -> None:
    """A new one fails here until it is named, and with that attacked by the tests below."""
    assert attacked.unknown() == []
    assert exports.unknown(Site(served.house.archive)) == []


@pytest.mark.prop
@pytest.mark.timeout(7200)
def test_attacks_in_every_field_at_once_make_nothing_of_any_page_or_export(filled: Served) -> None:
    """Each field holds every attack in turn, of which several stand in one text; the rows of a list hold others each.
    In the long run 500."""
    site, place = Site(filled.house.archive), filled.place
    pages = [one for one in filled.pages() if one.startswith(place.base)]
    pages += [f"{place.base}/records/{one}" for one in _others(filled)]
    files = list(exports.addresses(site, place))
    for turn in range(len(attacked.together())):
        marks = _marked(filled, turn)
        wrong: dict[str, list[str]] = {}
        shown: set[str] = set()
        for address, answer in _answers(filled, [*pages, *files]):
            found = list(exports.wrong(answer) if address in files else _wrong(answer))
            shown |= {mark for mark in marks.values() if mark in answer.text}
            if found:
                wrong[address] = found[:3]
        nowhere = {name for name, mark in marks.items() if mark not in shown}
        assert wrong == {}
        assert nowhere <= set(" ".join(_NOWHERE.values()).split()), "shown nowhere, and nothing says why"


def _marked(served: Served, turn: int) -> dict[str, str]:
    """Write them; in the first turn, by field, a word that stands in it alone."""
    attacks, marks = attacked.in_turn(attacked.together(), turn), dict[str, str]()

    def words(name: str, number: int, longest: int) -> str:
        text = attacks(name, number, longest)
        return text if turn else f"{marks.setdefault(name, f'zq{len(marks):03d}z')} {text}"

    with served.house.archive.database.write() as connection:
        Attack(words, frozenset({served.place.word, served.place.url}))(connection)
    return marks


def _others(served: Served) -> list[str]:
    """One record of each kind."""
    return sorted({one.kind: one.id for one in served.house.rows(Record)}.values())


def _answers(served: Served, addresses: list[str]) -> Iterator[tuple[str, httpx.Response]]:
    with httpx.Client(cookies=served.cookies, timeout=120) as client:
        for address in addresses:
            yield address, client.get(address)


def _wrong(answer: httpx.Response) -> Iterator[str]:
    if answer.status_code not in (200, 303, 404):
        yield f"answers with {answer.status_code}"
    if answer.status_code != 303:  # (who is signed in is led on from where somebody signs in)
        yield from skeleton.wrong(answer.text)


@pytest.mark.prop
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("turn", [0, *(pytest.param(turn, marks=pytest.mark.long) for turn in range(1, _TURNS))])
def test_attacks_and_words_without_end_in_every_field_move_nothing(
    turn: int, filled: Served, reader: Callable[..., Reader]
) -> None:
    """Nothing runs or loads, and every page stands in each width. In the long run 500 attacks, each in every field."""
    one: Reader = reader()
    texts = (_WORST, *together(), *_ENDLESS)
    assert not effort.long or len(texts) == _TURNS, "a text has no turn, or a turn has no text"
    with filled.house.archive.database.write() as connection:
        Attack(in_turn(texts, turn), frozenset({filled.place.word, filled.place.url}))(connection)
    found: dict[str, object] = {}
    for address in filled.pages():
        if address.startswith(filled.place.base):
            one.read(address)
            one.expect_calm()
            if wrong := list(moved(one)):
                found[address] = wrong
    assert found == {}


#: What no browser breaks by itself, or hangs beyond the end of a line; short ones first, because some fields are.
_WORST: Final = " ".join(
    (
        "a" + "\u3000" * 40,
        "\u0e49" * 60,
        "\u3000" * 200,
        "e" + "\u0301" * 200,
        "\u0915\u094d" * 120,
        "\U0001f3f3\ufe0f\u200d" * 80,
        "\u1100" * 200,
        "\u0600" * 100,
        "\U0001f1fa" * 101,
        "\u0645" * 200,
        "\u202f" * 100,
        "\u2800" * 100,
        "\u3164" * 20,
        "b",
    )
)
#: What would push, turn or cover what stands around it.
_ENDLESS: Final = (
    "W" * 2000,
    "\u0301" * 2000,
    "\u202e" * 300 + "<h1>" * 400,
    "a\u200b" * 1000,
    "\ufdfd" * 500,
    "\n" * 1000 + "x",
    "\u00a0\u2007\u202f\u1680\u2800" * 400,
    "a\u2060\ufeff" * 600,
    "\u3000" * 2000,
    "\u0915\u094d" * 1000,
    "\u0645" * 2000,
    "\U0001f1fa" * 1001,
)
