"""Tokens of the city's applications themselves: how often a platform is asked for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from archiver.accounts import app_tokens, apps
from archiver.accounts.app_tokens import AppTokens
from archiver.clock import SetClock
from archiver.errors import Unreachable
from connectors.contract import Problem

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONNECTOR: Any = SimpleNamespace(platform="reddit")


class _Platform:
    """Gives a token each time, or does not answer."""

    def __init__(self) -> None:
        self.asked = 0
        self.lasts: timedelta | None = None
        self.away = False

    def trade(self, *_: Any) -> Any:
        self.asked += 1
        if self.away:
            raise Unreachable("it does not answer")
        ends = None if self.lasts is None else NOW + self.lasts
        return SimpleNamespace(access=f"token {self.asked}", expires_at=ends)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> _Platform:
    platform = _Platform()
    monkeypatch.setattr(app_tokens, "how_of", lambda *_: SimpleNamespace(application="how"))
    monkeypatch.setattr(apps, "app_for", lambda *_: "app")
    monkeypatch.setattr(app_tokens, "trade_all", platform.trade)
    return platform


@pytest.fixture
def tokens(clock: SetClock, platform: _Platform) -> AppTokens:
    archive: Any = SimpleNamespace(clock=clock)
    fetcher: Any = None
    return AppTokens(archive, fetcher)


def test_a_platform_that_does_not_answer_is_asked_again_after_a_while(
    tokens: AppTokens, platform: _Platform, clock: SetClock
) -> None:
    platform.away = True
    told = [tokens.token(CONNECTOR, "https://reddit.example") for _ in range(3)]
    assert all(isinstance(one, Problem) for one in told)
    assert platform.asked == 1
    platform.away, clock.at = False, NOW + timedelta(minutes=6)
    assert not isinstance(tokens.token(CONNECTOR, "https://reddit.example"), Problem)


def test_a_token_that_is_refused_at_once_is_not_replaced_for_every_question(
    tokens: AppTokens, platform: _Platform, clock: SetClock
) -> None:
    first: Any = tokens.token(CONNECTOR, "https://reddit.example")
    clock.at = NOW + timedelta(minutes=10)
    second: Any = tokens.token(CONNECTOR, "https://reddit.example", not_this=first)
    assert (first, second) == ("token 1", "token 2"), "one that worked for a while is replaced"
    for _ in range(3):
        assert isinstance(tokens.token(CONNECTOR, "https://reddit.example", not_this=second), Problem)
    assert platform.asked == 2


def test_a_token_that_ends_soon_is_used_for_several_questions(tokens: AppTokens, platform: _Platform) -> None:
    platform.lasts = timedelta(minutes=2)
    assert {str(tokens.token(CONNECTOR, "https://reddit.example")) for _ in range(3)} == {"token 1"}
