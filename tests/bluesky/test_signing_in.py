"""Signing in with an app password at the vendor's own server: what it shows more, what is never stored, and what runs
out."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest

from archiver.accounts import tokens
from archiver.capture.masking import Secret
from archiver.capture.sessions import Tokens
from tests.bluesky.town import FULL, NEW, Town

pytestmark = pytest.mark.slow

#: With which the vendor's server signs its tokens in development.
_DEVELOPMENT_SECRET = b"jwt-secret"


def _signed_in(town: Town) -> str:
    """The account with an app password, its server known; the password."""
    password = town.office.app_password()
    tokens.keep(town.archive, town.account, password)
    town.run(NEW)
    return password


def test_a_mention_is_found_and_no_secret_is_stored(town: Town) -> None:
    ann = town.person("ann")
    password = _signed_in(town)
    facet = {
        "index": {"byteStart": 0, "byteEnd": 5},
        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": town.office.did}],
    }
    mention = ann.say("@city, the lamp is broken.", facets=[facet])
    run = town.run(NEW)
    assert (run.outcome, run.reason) == ("complete", None)
    assert town.records()[mention["uri"]].kind == "mention"
    assert town.records()[mention["uri"]].access == "public"
    session = _tokens(town)
    assert session.renewal is not None
    town.capture.flush(all=True)
    stored = b"".join(path.read_bytes() for path in town.home.rglob("*") if path.is_file() and "keys" not in path.name)
    unpacked = b"".join(_members(town))
    for secret in (password, session.access.value, session.renewal.value):
        assert secret.encode() not in stored
        assert secret.encode() not in unpacked


def test_a_token_that_has_run_out_is_renewed_in_the_same_run(town: Town) -> None:
    _signed_in(town)
    assert town.run(NEW).outcome in ("complete", "unchanged")
    before = _tokens(town)
    # (Two tokens of one second may be equal: only the one that has run out is told apart.)
    old = Secret(_expired(before.access.value))
    _set_tokens(town, Tokens(old, before.renewal))
    assert town.run(NEW).outcome == "unchanged"
    assert _tokens(town).access != old
    # Where what renews it has run out too, the password is traded again.
    now = _tokens(town)
    assert now.renewal is not None
    old = Secret(_expired(now.access.value))
    _set_tokens(town, Tokens(old, Secret(_expired(now.renewal.value))))
    assert town.run(NEW).outcome == "unchanged"
    assert _tokens(town).access != old


@pytest.mark.law("R63")
def test_a_password_that_was_taken_back_makes_the_account_say_so_and_what_is_public_is_captured(town: Town) -> None:
    _signed_in(town)
    town.run(NEW)
    town.office.revoke()
    _set_tokens(town, None)
    post = town.office.say("Still here.")
    run = town.run(NEW)
    assert (run.outcome, str(run.reason).partition(":")[0]) == ("failed", "sign_in_expired")
    assert town.state() == "sign_in_needed"
    assert {gap.cause for gap in town.gaps()} == {"sign_in_expired"}
    assert town.texts(post) == ["Still here."]
    tokens.keep(town.archive, town.account, town.office.app_password("again"))
    assert town.run(FULL).outcome in ("complete", "unchanged")
    assert town.state() == "active"
    assert not town.gaps()


def test_a_sign_in_that_is_refused_for_the_rate_is_a_gap_and_not_an_empty_success(town: Town) -> None:
    _signed_in(town)
    town.run(NEW)
    _set_tokens(town, None)
    wrong = {"identifier": town.office.did, "password": "not-the-password"}
    url = f"{town.network.pds}/xrpc/com.atproto.server.createSession"
    statuses = [httpx.post(url, json=wrong, timeout=60).status_code for _ in range(31)]
    assert statuses[-1] == 429
    post = town.office.say("Meanwhile.")
    run = town.run(NEW)
    assert run.outcome == "partial"
    assert town.state() == "active"
    assert {(gap.stream, gap.cause) for gap in town.gaps()} == {("messages", "rate")}
    assert town.texts(post) == ["Meanwhile."]


def _tokens(town: Town) -> Tokens:
    (found,) = town.capture.sessions._tokens.values()
    return found


def _set_tokens(town: Town, given: Tokens | None) -> None:
    town.capture.sessions.keep((town.account, town.network.pds), given)


def _expired(token: str) -> str:
    """The same token, run out an hour ago, signed by the server's own key."""
    head, claims, _ = token.split(".")
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(claims + "=="))
    said |= {"iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600}
    changed = f"{head}.{_encoded(json.dumps(said).encode())}"
    return f"{changed}.{_encoded(hmac.digest(_DEVELOPMENT_SECRET, changed.encode(), hashlib.sha256))}"


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _members(town: Town) -> list[bytes]:
    return [gzip.decompress(path.read_bytes()) for path in town.home.glob("store/segments/**/*.warc.gz")]
