"""What platforms answer when a code becomes a token, whatever they answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archiver.accounts.grants import Grant, NotThere, at_pointer, complaint, error_code, not_granted, read_grant
from archiver.accounts.trades import App, Denied, renewed, temporary, trade_all
from archiver.capture.secret_forms import Secret
from archiver.errors import ArchiverError, UsageError
from connectors.authorization import ACCESS, CODE, STANDARD, Authorization, Chosen, Scope, Trade
from connectors.contract import Answer

AT = datetime(2026, 3, 2, tzinfo=UTC)
HOW = Authorization(
    "https://x.example/authorize",
    (Scope("read", "Posts."), Scope("messages", "Messages.", needed=False)),
    (Trade("https://x.example/token", (("code", CODE),)),),
    Trade("https://x.example/token", (("refresh_token", "{renewal}"),)),
    writing=r"write.*",
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(["access_token", "refresh_token", "expires_in", "scope", "data", "id"])
bodies = st.dictionaries(names, values, max_size=6)


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(body).encode(), AT)


class Says:
    """A platform that gives the same answers, one after the other, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.asked = list(answers), []  # type: ignore[var-annotated]

    def unrecorded(self, method: str, url: str, **what: Any) -> Answer:
        self.asked.append((method, url, what))
        return self.answers.pop(0)


@given(bodies, st.sampled_from([Chosen("/data", ("/id",)), None]))
def test_whatever_comes_is_a_grant_or_a_known_refusal(body: Any, chosen: Chosen | None) -> None:
    trade = Trade("https://x.example/token", gives={**STANDARD, "account": "/id", "ends": "/expires_in"}, chosen=chosen)
    try:
        grant = read_grant(trade, answer(body), Grant(), frozenset({"city"}))
    except (ValueError, UsageError):
        return
    if grant.expires_at is not None:
        assert grant.expires_at <= AT + timedelta(days=3650)
    complaint(HOW, grant, "1")
    not_granted(HOW, grant.scopes)


@given(st.binary(max_size=60) | bodies.map(lambda body: json.dumps(body).encode()), st.integers(100, 599))
@example(b"[" * 100_000, 200)
@example(b"", 200)
def test_no_answer_breaks_anything_and_no_error_repeats_it(body: bytes, status: int) -> None:
    says, told = Says(Answer(status, (), body, AT)), ""
    try:
        grant = trade_all(says, HOW.trades, {CODE: "a-code"}, App("client", Secret("a-secret")), ["city"])
    except ArchiverError as error:
        told = str(error)
    else:
        assert 200 <= status < 300
        assert isinstance(grant, Grant)
    assert not [secret for secret in ("a-code", "a-secret") if secret in told]


@given(
    st.sets(st.sampled_from(["read", "messages", "write", "write:posts", "other"])), st.sampled_from(["1", "2", None])
)
def test_what_is_taken_is_what_was_asked_for(scopes: set[str], account: str | None) -> None:
    found = complaint(HOW, Grant(Secret("a-token"), scopes=frozenset(scopes), account=account), "1")
    taken = account == "1" and "read" in scopes and not {"write", "write:posts"} & scopes
    assert (found is None) == taken


def test_the_one_account_is_chosen_and_no_other() -> None:
    trade = Trade("u", gives={"access": "/token", "account": "/id"}, chosen=Chosen("/data", ("/id", "/username")))
    body = {
        "data": [
            {"id": "7", "username": "other", "token": "token-of-7"},
            {"id": "8", "username": "City", "token": "token-of-8"},
        ]
    }
    grant = read_grant(trade, answer(body), Grant(), frozenset({"city"}))
    assert (grant.account, grant.access) == ("8", Secret("token-of-8"))
    with pytest.raises(NotThere):
        read_grant(trade, answer({"data": []}), Grant(), frozenset({"city"}))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": "invalid_grant"}, "invalid_grant"),
        ({"error": {"code": 190, "type": "OAuthException"}}, "code 190"),
        ({"error": "<script>alert(1)</script>"}, None),
        ({"error": "a" * 61}, None),
        ({"code": 40105, "message": "Access token is incorrect or has been revoked."}, "code 40105"),
        ({"code": 0, "message": "OK", "data": {"access_token": "x"}}, None),
        ({"code": "EXPIRED"}, None),
        ([], None),
    ],
)
def test_only_plain_names_of_errors_are_told(body: Any, code: str | None) -> None:
    assert error_code(answer(body, 400)) == code


@given(values, st.text(max_size=12).map(lambda text: f"/{text}"))
def test_a_pointer_into_anything_finds_something_or_nothing(value: Any, pointer: str) -> None:
    at_pointer(value, pointer)


def test_what_was_sent_back_is_never_taken_for_a_placeholder() -> None:
    """A code is a stranger's text: one that spells a placeholder must not be filled with a secret."""
    says = Says(answer({"access_token": "a-token"}), answer({"access_token": "another"}))
    trades = (*HOW.trades, Trade("https://x.example/second", (("code", CODE), ("token", ACCESS))))
    trade_all(says, trades, {CODE: "{access}{client_secret}"}, App("client", Secret("a-secret")), [])
    sent = says.asked[1][2]["body"].decode()
    assert "code=%7Baccess%7D%7Bclient_secret%7D" in sent
    assert "token=a-token" in sent


def test_what_renews_a_token_is_kept_where_no_other_comes() -> None:
    before = Grant(Secret("old-token"), Secret("old-renewal"), AT)
    assert HOW.renew is not None
    after = renewed(Says(answer({"access_token": "new-token", "expires_in": 7200})), HOW.renew, App("c", None), before)
    assert (after.access, after.renewal) == (Secret("new-token"), Secret("old-renewal"))
    assert after.expires_at == AT + timedelta(hours=2)
    with pytest.raises(Denied, match="no token"):
        renewed(Says(answer({"token_type": "bearer"})), HOW.renew, App("c", None), before)


@pytest.mark.parametrize("body", [b"a=b&" * 60, b"", b"oauth_token=t", b"\xff\x00=&&&="])
def test_an_answer_that_is_no_form_of_a_platform_is_refused_in_words(body: bytes) -> None:
    """An owner waits for the page."""
    trade = Trade("https://x.example/first", (), method="GET", signed=True, written=True)
    with pytest.raises(Denied, match="not known"):
        temporary(Says(Answer(200, (), body, AT)), trade, {}, App("client", Secret("a-secret")))
