"""Tokens never reach anything that is kept: segments, spool, index, log, messages."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from archiver.practice import faults
from archiver.practice.faults import Alter
from tests.capture.house import FULL, NEW, House
from tests.capture.secrecy import nothing_left

STATIC = "st4tic-c4nary-/+=token-0123456789abcdef"
ISSUED = "1ssued/c4nary+token=fedcba9876543210zz"


@pytest.mark.law("R71")
@pytest.mark.parametrize("form", ["body", "escaped", "percent", "cookie", "header", "link"])
def test_no_token_is_left_anywhere(house: House, form: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    account = house.office(STATIC)
    server = house.server.faults
    server.add(faults_of("echoed_token", form), times=None)
    server.add(faults_of("issued_secret", form), times=None)
    server.add(faults_of("odd_chunks", form), times=None)
    results = [house.run(account, FULL), house.run(account, NEW)]
    server.clear()
    server.add(faults_of("server_error", form), times=3)
    results.append(house.run(account, NEW))
    house.capture.flush(all=True)
    said = (caplog.text + "".join(f"{result}" for result in results)).encode()
    nothing_left(house.home, said, STATIC, ISSUED)


def faults_of(name: str, form: str) -> Alter:
    if name == "issued_secret" and form in ("body", "escaped", "percent"):
        # In a body a newly issued secret is known by the name of its field.
        return faults.unknown_field("access_token", ISSUED)
    made: dict[str, Callable[[], Alter]] = {
        "echoed_token": lambda: faults.echoed_token(form),
        "issued_secret": lambda: faults.issued_secret(ISSUED, form),
        "odd_chunks": faults.odd_chunks,
        "server_error": lambda: faults.server_error(503),
    }
    return made[name]()
