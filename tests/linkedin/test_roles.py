"""Who has which role on a page, as a record with versions (law R17)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._linkedin_asks import ORGANIZATION, SITE, Asks
from connectors.contract import AccessClass, ProblemKind
from connectors.linkedin import LinkedIn
from tests import effort
from tests.capture.house import FULL, NEW, House
from tests.capture.rebuilding import check_rebuilt
from tests.connectors.payloads import ODD
from tests.connectors.reading import answer
from tests.graph.scenes import GOOD
from tests.linkedin.page import page

ASK = Asks(SITE, "https://api.linkedin.com", f"{ORGANIZATION}42", "city", "full").roles()
ROLE = {"organization": f"{ORGANIZATION}42", "roleAssignee": "urn:li:person:a", "role": "ADMINISTRATOR",
        "state": "APPROVED"}  # fmt: skip


def texts(house: House) -> list[str]:
    return [row.text for row in house.versions("settings/roles")]


@pytest.mark.law("R8", "R17")
def test_every_state_of_the_roles_is_a_version(house: House) -> None:
    found = page(house)
    house.run(found.account, FULL)
    assert texts(house) == ["roles: urn:li:person:adm1 ADMINISTRATOR (APPROVED)"]
    found.server.roles += [(f"w{number}", "CONTENT_ADMINISTRATOR", "APPROVED") for number in range(6)]
    found.server.page = 3
    house.later(hours=1)
    assert house.run(found.account, NEW).outcome in GOOD
    assert len(texts(house)) == 1, "settings are for full sweeps"
    house.run(found.account, FULL)
    assert texts(house)[-1].count("CONTENT_ADMINISTRATOR") == 6
    assert len(house.exchanges("roles")) == 4, "all pages that show them are evidence"
    del found.server.roles[1:]
    house.later(hours=1)
    house.run(found.account, FULL)
    assert texts(house)[-1] == texts(house)[0]
    record = house.records()["settings/roles"]
    assert (record.access, record.state) == (AccessClass.SETTINGS, "visible")
    check_rebuilt(house)


def test_what_is_no_list_of_all_is_no_record() -> None:
    read = LinkedIn().read
    (record,) = read(ASK, answer({"elements": [ROLE], "paging": {"start": 0, "count": 50, "links": []}})).records
    assert record.content == {"people": [{"person": "urn:li:person:a", "role": "ADMINISTRATOR", "state": "APPROVED"}]}
    nobody = read(ASK, answer({"elements": []}))
    assert nobody.records == ()
    assert nobody.problem is not None
    assert nobody.problem.kind is ProblemKind.PERMISSION, "whoever may ask has a role: it is not shown"
    for wrong in (
        ROLE | {"organization": f"{ORGANIZATION}43"},
        ROLE | {"role": None},
        {"role": "ADMINISTRATOR"},
        "words",
    ):
        reading = read(ASK, answer({"elements": [ROLE, wrong]}))
        assert reading.records == ()
        assert reading.problem is not None
        assert reading.quarantine
    more = read(ASK, answer({"elements": [ROLE], "paging": {"start": 0, "count": 50, "total": 2}}))
    assert (more.records, more.part) == ((), True)
    assert more.next_page is not None
    assert dict(more.next_page.parameters) == {"start": "1"}
    for ask in (more.next_page, ASK):  # held back, and not taken off
        fewer = read(ask, answer({"elements": [], "paging": {"start": 1, "count": 50, "total": 2}}))
        assert (fewer.records, fewer.next_page) == ((), None)
        assert fewer.problem is not None


@settings(max_examples=effort.examples(120), deadline=None)
@given(st.sampled_from(ODD), st.sampled_from([*ROLE, "elements", "paging", "links"]))
def test_odd_answers_make_no_record_of_less_than_all(odd: Any, where: str) -> None:
    body: dict[str, Any] = {"elements": [dict(ROLE), dict(ROLE) | {"roleAssignee": "urn:li:person:b"}], "paging": {}}
    if where in ROLE:
        body["elements"][1][where] = odd
    elif where == "links":
        body["paging"] = {"links": odd}
    else:
        body[where] = odd
    reading = LinkedIn().read(ASK, answer(body))
    people = [one for record in reading.records for one in record.content["people"]]
    assert not reading.records or len(people) == 2
