"""Lists of people that are longer than the archive takes in (law R17)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors._mastodon_settings import settings_ask
from connectors._moderation import MOST
from connectors.bluesky import Bluesky
from connectors.contract import Ask, Connector, ProblemKind
from connectors.mastodon import Mastodon
from tests.connectors import test_bluesky_reading as of_bluesky
from tests.connectors import test_facebook_reading as of_facebook
from tests.connectors import test_x_reading as of_x
from tests.connectors.reading import answer

_SERVER = {"service": "https://town.example"}
_MANY = [f"number-{number}" for number in range(MOST)]
#: Who reads it, its question, the name of what was listed before, and one more page with one entry.
_LISTS: dict[str, tuple[Connector, Ask, str, Any]] = {
    "mastodon": (Mastodon(), settings_ask("https://town.example", "domain_blocks", _SERVER), "listed", ["x.example"]),
    "bluesky": (
        Bluesky(), next(of_bluesky.FULL.settings(of_bluesky.PDS)), "listed",
        {"records": [of_bluesky._SET["blocks"]]},
    ),
    "x": (of_x.CONNECTOR, of_x.ASKS.people("blocking"), "listed", {"data": [{"id": "9"}], "meta": {"result_count": 1}}),
    "facebook": (
        of_facebook.CONNECTOR, of_facebook.ask_for("blocked"), "people", of_facebook.page_of({"id": "9", "name": "A"}),
    ),
}  # fmt: skip


@pytest.mark.law("R17")
@pytest.mark.parametrize("platform", _LISTS)
def test_a_list_that_is_too_long_is_said_to_be_so_and_makes_no_record_of_a_part(platform: str) -> None:
    connector, ask, name, page = _LISTS[platform]
    as_many = replace(ask, context={**ask.context, name: _MANY[1:]})
    assert (
        len(connector.read(as_many, answer(page)).records[0].content["people" if platform != "mastodon" else "servers"])
        == MOST
    )
    more = replace(ask, context={**ask.context, name: _MANY})
    reading = connector.read(more, answer(page))
    assert reading.problem is not None
    assert (reading.problem.kind, reading.records, reading.next_page) == (ProblemKind.BEYOND, (), None)
    assert "5,000" in reading.problem.detail
    assert not reading.quarantine, "it was understood"
