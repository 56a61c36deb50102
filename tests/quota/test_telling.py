"""What people are told of allowances: words, plots, the command and the pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from archiver import cli
from archiver.accounts.platforms import load_platforms
from archiver.operations import quota
from archiver.operations.quota import QuotaView, clock_time, in_time
from archiver.operations.quota_plot import HEIGHT, WIDTH, plot
from archiver.web.app import create_app
from archiver.web.site import Site
from connectors.allowances import allowances_of
from tests.capture.house import FULL, NEW, WATCH, House
from tests.quota.test_ledger import busy
from tests.signed_in import everything

Make = Callable[..., House]
NOW = datetime(2026, 3, 2, 20, 40, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("at", "said"),
    [(NOW + timedelta(hours=2), "16:40"), (NOW + timedelta(hours=12), "02:40 on 2026-03-03")],
)
def test_times_are_by_the_city_s_clocks(at: datetime, said: str) -> None:
    assert clock_time(at, NOW, CHICAGO) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(30, "30 seconds"), (300, "5 minutes"), (3600, "hour"), (4500, "75 minutes"), (10_000, "3 hours"),
     (86_400, "day"), (200_000, "2 days")],
)  # fmt: skip
def test_spans_are_said_in_round_words(seconds: int, said: str) -> None:
    assert in_time(timedelta(seconds=seconds)) == said


def view(use: dict[int, int], limit: int | None, pace: float, *, until: bool) -> QuotaView:
    """A day that began eight hours ago; use by quarter of an hour."""
    since = NOW - timedelta(hours=8)
    slots = tuple((since + timedelta(minutes=15) * at, count) for at, count in sorted(use.items()))
    return QuotaView(
        "youtube", "YouTube", "units", "", "the city's application", None, "", "units", sum(use.values()), limit, None,
        False, None, pace, None, quota.LASTS, "", (), since, NOW + timedelta(hours=16) if until else None, slots,
        timedelta(minutes=15), limit,
    )  # fmt: skip


@given(
    st.dictionaries(st.integers(0, 32), st.integers(0, 500)),
    st.none() | st.integers(1, 3000),
    st.floats(0, 5000),
    st.booleans(),
)
def test_a_plot_stays_in_its_box_and_goes_forward(
    use: dict[int, int], limit: int | None, pace: float, until: bool
) -> None:
    drawn = plot(view(use, limit, pace, until=until), NOW, CHICAGO)
    if not any(use.values()):
        assert drawn is None
        return
    assert drawn is not None
    for line in filter(None, (drawn.line, drawn.coming)):
        points = [tuple(map(float, point.split(","))) for point in line.split(" ")]
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
        assert points == sorted(points, key=lambda point: (point[0], -point[1])), "time goes on, and use only grows"
    assert drawn.limit_y is None or 0 <= drawn.limit_y <= HEIGHT


def test_every_declared_limit_can_be_kept_and_said() -> None:
    for platform, connector in load_platforms(()).connectors.items():
        declared = allowances_of(connector)
        assert len({one.name for one in declared}) == len(declared)
        for one in declared:
            assert re.fullmatch(r"[a-z]+", one.name), platform
            assert one.says.endswith(".")
            assert one.limit is None or one.limit > 0
            assert one.every > timedelta(0)
            assert ZoneInfo(one.zone)
        assert sum(one.told for one in declared) <= 1, "an answer tells of one allowance"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    return cli.run(arguments), capsys.readouterr().out


@pytest.fixture
def slow(make_house: Make, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house whose project has hardly any units left, and which the command line opens."""
    house = make_house(settings={"quotas": ("youtube.units=100",), "time_zone": "America/Chicago", "web_port": 0})
    monkeypatch.setattr("archiver.cli.quota.opened", lambda **_: _Left(house))
    return house


class _Left:
    """The archive of a house, left open."""

    def __init__(self, house: House) -> None:
        self.house = house

    def __enter__(self) -> object:
        return self.house.archive

    def __exit__(self, *_: object) -> None: ...


def test_the_command_says_what_is_used_and_what_was_chosen(slow: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "quota") == (0, "Nothing has been asked of a platform with a limit yet.\n")
    assert said(capsys, "quota", "--check")[0] == 0
    found = busy(slow)
    for sweep in (FULL, NEW, WATCH):
        slow.run(found.account, sweep)
    slow.capture.meter.flush(force=True)
    code, out = said(capsys, "quota", "youtube")
    assert code == 0
    assert "of 100 units" in out
    assert "at the usual pace." in out
    assert "Slower sweeps chosen" in out
    assert "CST" in out
    code, out = said(capsys, "quota", "--check", "--json")
    (told,) = json.loads(out)["quotas"]
    assert (code, told["state"], told["limit"]) == (1, "slower", 100)
    assert said(capsys, "quota", "nowhere")[0] == 3
    assert said(capsys, "quota", "x") == (0, "Nothing has been asked of a platform with a limit yet.\n")


def test_the_pages_show_it_without_a_script(slow: House) -> None:
    client = TestClient(create_app(Site(slow.archive)), base_url="http://127.0.0.1", cookies=everything(slow.archive))
    assert "Nothing has been asked there yet" in client.get("/platforms/youtube").text
    assert "documents no limit" in client.get("/platforms/feed").text
    found = busy(slow)
    for sweep in (FULL, NEW, WATCH):
        slow.run(found.account, sweep)
    slow.capture.meter.flush(force=True)
    page = client.get("/platforms/youtube").text
    assert re.search(r'<svg class="use"[^>]* role="img" aria-label="Units used', page)
    assert "slower sweeps chosen" in page
    assert "<script" not in page
    account = client.get(f"/accounts/{found.account}").text
    assert "Slower sweeps chosen: what is new is looked for every" in account
