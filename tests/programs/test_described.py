"""Made-up questions to the served application, by Schemathesis, against the description: whoever asks whatever, the
answer is one that is described, and never a failure of ours."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tests.people.scene import account_of
from tests.programs.conftest import Served, serving
from tests.servers.databases import Databases

#: Things that there are, so that not every question ends at an id that nobody has.
_KNOWN = {
    "account_id": account_of("police"),
    "run_id": "rn_police",
    "record_id": "rc_police_hidden",
    "note_id": "nt_none",
}
_CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
           "response_headers_conformance", "negative_data_rejection")  # fmt: skip
_WHO = ("officer", "police", "search alone", "everything", "nobody", "auditor")
_PATIENCE = 300
"""Seconds that an answer may take: how fast answers are is measured elsewhere, and this machine may be busy."""
_NOT_ASKED = {"after"}
"""That a place in a list is one, no description can say: these are tried in ``test_answers.py``."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_five_hundred_questions(tmp_path: Path, database: str, databases: Databases) -> None:
    with serving(tmp_path / "home", _url(database, databases)) as served:
        answered = _ask(served, 500)
    assert sum(answered.values()) >= 500
    assert {200, 400, 401, 403, 404} <= set(answered)


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_twenty_thousand_questions(tmp_path: Path, database: str, databases: Databases) -> None:
    with serving(tmp_path / "home", _url(database, databases)) as served:
        answered = _ask(served, 20_000)
    print(f"\n{database}: {sum(answered.values())} questions, answered {dict(sorted(answered.items()))}")
    assert sum(answered.values()) >= 20_000


def _url(database: str, databases: Databases) -> str:
    return databases.new_with_tables() if database == "postgresql" else ""


def _ask(served: Served, total: int) -> Counter[int]:
    """At least so many questions, spread over operations and over who asks; how often each status was answered."""
    with served.client("officer") as client:
        schema = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json())
    schema.config.update(base_url=served.url)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    each = -(-total // (len(operations) * 2))
    answered: Counter[int] = Counter()
    wrong: list[Exception] = []  # of all operations: a long run that ends with its first finding hides the others
    with requests.Session() as session:
        for operation, mode in itertools.product(operations, GenerationMode):
            try:
                _ask_one(served, session, operation, mode, each, answered)
            except Exception as error:
                wrong.append(error)
    if wrong:
        raise ExceptionGroup(f"{len(wrong)} operations are not as described", wrong)
    return answered


def _ask_one(
    served: Served, session: requests.Session, operation: Any, mode: GenerationMode, each: int, answered: Counter[int]
) -> None:
    comers = itertools.cycle(_WHO)
    asked = itertools.count(1)

    @seed(2026)
    @settings(
        max_examples=each,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_cases(operation, mode, _KNOWN | served.known))
    def ask(case: Case[Any]) -> None:
        _one(served, session, case, next(comers), answered)
        next(asked)

    ask()
    while next(asked) <= each:  # (where there are not so many different questions)
        _one(served, session, operation.Case(path_parameters=_KNOWN | served.known), next(comers), answered)


def _cases(operation: Any, mode: GenerationMode, there: Mapping[str, str]) -> st.SearchStrategy[Case[Any]]:
    names = {one.name for one in operation.path_parameters}
    known = {name: value for name, value in there.items() if name in names}
    made = operation.as_strategy(generation_mode=mode)
    return made if not known else st.one_of(made, operation.as_strategy(generation_mode=mode, path_parameters=known))


def _one(served: Served, session: requests.Session, case: Case[Any], who: str, answered: Counter[int]) -> None:
    session.cookies.clear()
    response = case.call(session=session, headers=served.comers[who], timeout=_PATIENCE)
    answered[response.status_code] += 1
    case.validate_response(response, checks=list(_checks(who, case.method)))


def _checks(who: str, method: str) -> Iterator[Any]:
    reads = "everything" if method == "GET" else "officer"
    for name in _CHECKS:
        if name != "negative_data_rejection" or who == reads:  # (others are refused before it is read)
            yield schemathesis.checks.CHECKS.get_one(name)
