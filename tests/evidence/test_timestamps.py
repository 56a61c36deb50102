"""Time-stamps: OpenSSL's authority and verifier against ours, and what a service that fails may not hold up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete

from archiver.clock import SystemClock
from archiver.evidence import anchoring, timestamps
from archiver.evidence.anchoring import Stamping, Unanswered
from archiver.evidence.entry import read_entry
from archiver.evidence.models import Anchor, TimestampService
from archiver.evidence.timestamps import InvalidTimestamp, request_for, verify
from archiver.operations import doctor, health
from archiver.work.evidence import Evidence, asking, fetcher
from tests.evidence.house import House
from tests.servers import tsa
from tests.servers.tsa import Authority, Service

pytestmark = pytest.mark.skipif(tsa.OPENSSL is None, reason="needs the openssl program")

NOTE = b"records.city.example/main\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\nsigned\n"
IMPRINT = sha256(NOTE).digest()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa"))


def ours(authority: Authority, answer: bytes, nonce: int | None = None) -> bool:
    try:
        verify(answer, NOTE, [authority.root.certificate], nonce)
    except InvalidTimestamp:
        return False
    return True


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


# --- which count ---------------------------------------------------------------------------------------------------


def test_a_good_one_is_accepted_by_both_and_states_its_time(authority: Authority) -> None:
    request = request_for(NOTE)
    answer = authority.reply(request.body)
    assert authority.verified_by_openssl(answer, NOTE, now())
    time = verify(answer, NOTE, [authority.root.certificate], request.nonce)
    assert abs(time - datetime.now(UTC)) < timedelta(minutes=10)


def test_one_that_was_made_when_its_certificate_was_good_stays_good(authority: Authority) -> None:
    """The chain counts as of the time that the time-stamp states, not as of today."""
    expired = tsa.signer(authority.root, days=(-300, -100))
    at = now() - timedelta(days=200)
    answer = authority.forge(tsa.info(IMPRINT, at, 7), expired)
    assert authority.verified_by_openssl(answer, NOTE, at)
    assert verify(answer, NOTE, [authority.root.certificate], 7) == at


def bad(authority: Authority, what: str) -> bytes:
    good = authority.signer
    other = tsa.authority("Authority")
    return {
        "expired": lambda: authority.forge(tsa.info(IMPRINT, now(), 7), tsa.signer(authority.root, days=(-300, -100))),
        "wrong imprint": lambda: authority.forge(tsa.info(sha256(b"other").digest(), now(), 7), good),
        "other authority": lambda: authority.forge(tsa.info(IMPRINT, now(), 7), tsa.signer(other)),
        "not for time-stamping": lambda: authority.forge(
            tsa.info(IMPRINT, now(), 7), tsa.signer(authority.root, time_stamping=False)
        ),
        "injected certificate": lambda: authority.forge(
            tsa.info(IMPRINT, now(), 7), tsa.signer(authority.root, "Web", time_stamping=False), [good]
        ),
        "injected certificate of another authority": lambda: authority.forge(
            tsa.info(IMPRINT, now(), 7), tsa.signer(other), [good]
        ),
        "changed": lambda: _flipped(authority.forge(tsa.info(IMPRINT, now(), 7), good), IMPRINT),
    }[what]()


def _flipped(answer: bytes, within: bytes) -> bytes:
    """With a bit of the time changed, which stands a few bytes behind the imprint."""
    at = answer.index(within) + len(within) + 3 + 2 + 13
    return answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1 :]


BAD = [
    "expired",
    "wrong imprint",
    "other authority",
    "not for time-stamping",
    "injected certificate",
    "injected certificate of another authority",
    "changed",
]


@pytest.mark.parametrize("what", BAD)
def test_a_bad_one_is_refused_by_both(authority: Authority, what: str) -> None:
    answer = bad(authority, what)
    assert not authority.verified_by_openssl(answer, NOTE, now())
    assert not ours(authority, answer, 7)
    assert not ours(authority, answer)


def test_another_nonce_is_refused(authority: Authority) -> None:
    answer = authority.forge(tsa.info(IMPRINT, now(), 7), authority.signer)
    assert ours(authority, answer, 7)
    assert not ours(authority, answer, 8)
    assert not ours(authority, authority.forge(tsa.info(IMPRINT, now(), None), authority.signer), 7)


def test_a_refusal_and_junk_are_no_time_stamps(authority: Authority) -> None:
    good = authority.forge(tsa.info(IMPRINT, now(), 7), authority.signer)
    junk = [
        b"",
        b"junk",
        b"\x30\x05\x30\x03\x02\x01\x02",
        good[:-1],
        good + b"\0",
        b"\x30\x80" * 5000,
        b"x" * (1 << 21),
    ]
    for answer in [*junk, good.replace(b"\x30\x03\x02\x01\x00", b"\x30\x03\x02\x01\x02", 1)]:
        assert not ours(authority, answer, 7)
    with pytest.raises(InvalidTimestamp, match="no authority"):
        verify(good, NOTE, [])


def test_no_byte_of_a_good_one_may_change_its_meaning(authority: Authority) -> None:
    """Whatever is changed, either nobody accepts it or it still states the same time for the same bytes."""
    at = now()
    good = authority.forge(tsa.info(IMPRINT, at, 7), authority.signer)
    for place in range(0, len(good), 5):
        changed = good[:place] + bytes([good[place] ^ 0x41]) + good[place + 1 :]
        try:
            assert verify(changed, NOTE, [authority.root.certificate], 7) == at
        except InvalidTimestamp:
            continue


# --- having them ---------------------------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path, authority: Authority) -> Iterator[House]:
    made = House(tmp_path / "home")
    made.clock.at = SystemClock().now()
    yield made
    made.close()


def stamping(authority: Authority, ask: anchoring.Ask, *names: str) -> Stamping:
    services = {name: f"https://{name}.example/tsr" for name in names or ("one",)}
    return Stamping(services, [authority.root.certificate], timedelta(hours=1), ask)


def states(house: House) -> dict[str, anchoring.ServiceState]:
    with house.archive.database.read() as connection:
        return {one.name: one for one in anchoring.states(connection)}


def test_a_checkpoint_is_stamped_and_the_log_says_so(house: House, authority: Authority) -> None:
    house.act()
    signed = house.sign()
    given = stamping(authority, lambda url, request: authority.reply(request), "one", "two")
    assert anchoring.stamp(house.signed_log, given) == 2
    key = timestamps.key_of(signed.checkpoint.size, "one")
    answer = house.file(key).read_bytes()
    assert authority.verified_by_openssl(answer, signed.note, now())
    entry = read_entry(next(body for body in house.bodies() if b"anchor.received" in body))
    assert entry.data["sha256"] == sha256(answer).hexdigest()
    assert entry.data["checkpoint"] == sha256(signed.note).hexdigest()
    with house.archive.database.read() as connection:
        assert set(anchoring.anchors_of(connection, signed.checkpoint.size)) == {"one", "two"}
        assert anchoring.first_anchored(connection, 0) == signed.checkpoint.size
    assert states(house)["one"].size == signed.checkpoint.size


def test_it_is_asked_hourly_where_the_log_grew_by_more_than_time_stamps(house: House, authority: Authority) -> None:
    asked: list[str] = []

    def ask(url: str, request: bytes) -> bytes:
        asked.append(url)
        imprint = sha256(house.sign().note).digest()
        return authority.forge(tsa.info(imprint, house.clock.now(), tsa.nonce_of(request)), authority.signer)

    given = stamping(authority, ask)
    house.act()
    house.sign()
    assert anchoring.stamp(house.signed_log, given) == 1
    house.sign()
    assert anchoring.stamp(house.signed_log, given) == 0, "not within the hour"
    house.later(hours=1, minutes=1)
    assert anchoring.stamp(house.signed_log, given) == 0, "only its own time-stamp was entered since"
    house.act()
    house.later(hours=1, minutes=1)
    house.sign()
    assert anchoring.stamp(house.signed_log, given) == 1
    assert len(asked) == 2


def test_one_that_does_not_answer_delays_nothing_and_is_shown(house: House, authority: Authority) -> None:
    def ask(url: str, request: bytes) -> bytes:
        if "two" in url:
            raise Unanswered("timed_out")
        return authority.reply(request)

    given = stamping(authority, ask, "one", "two")
    house.act()
    first = house.sign()
    waits = []
    for _ in range(12):
        anchoring.stamp(house.signed_log, given)
        house.act()
        assert house.sign().checkpoint.size > first.checkpoint.size, "signing goes on"
        state = states(house)["two"]
        waits.append(state.due_at - house.clock.now())
        house.clock.at = max(house.clock.at, state.due_at)
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == timedelta(hours=6)
    state = states(house)["two"]
    assert (state.problem, state.tries, state.size) == ("timed_out", 12, None)
    lag = state.lag(house.clock.now())
    assert lag is not None
    assert lag > timedelta(hours=20)
    said = health.check(house.archive).as_json()
    assert said["status"] == "ok", "an outside service is no reason to restart ours"
    assert "timed_out" in said["details"]["time-stamps two"]


def test_a_service_that_is_late_for_a_day_is_a_finding_of_the_doctor(house: House, authority: Authority) -> None:
    root = house.home / "roots.pem"
    root.write_bytes(authority.root.pem)
    given = {"timestamp_services": ("one=https://one.example/tsr",), "timestamp_roots": root}
    house.settings |= given
    house.close()
    house.clock.at -= timedelta(days=2)
    house.open()
    house.sign()
    failing = stamping(authority, _refuse)
    anchoring.stamp(house.signed_log, failing)
    found = {one.what: one for one in doctor.examine(house.archive.settings)}
    assert not found["time-stamps one"].ok
    assert "refused" in found["time-stamps one"].found


def _refuse(url: str, request: bytes) -> bytes:
    raise Unanswered("refused")


def test_a_token_that_does_not_verify_is_not_kept(house: House, authority: Authority) -> None:
    house.sign()
    other = Authority(house.home / "other")
    given = stamping(authority, lambda url, request: other.reply(request))
    assert anchoring.stamp(house.signed_log, given) == 0
    assert house.keys(timestamps.PREFIX) == []
    assert states(house)["one"].problem == "does_not_verify"
    assert "anchor.received" not in house.types()


def test_a_service_whose_clock_is_far_from_ours_is_told(house: House, authority: Authority) -> None:
    house.sign()
    house.later(days=-1)
    given = stamping(authority, lambda url, request: authority.reply(request))
    with house.archive.database.write() as connection:
        connection.execute(delete(TimestampService))
    assert anchoring.stamp(house.signed_log, given) == 0
    assert states(house)["one"].problem == "clock_differs"


def test_one_that_was_stored_before_a_crash_is_taken_in(house: House, authority: Authority) -> None:
    house.sign()
    given = stamping(authority, lambda url, request: authority.reply(request))
    anchoring.stamp(house.signed_log, given)
    with house.archive.database.write() as connection:
        connection.execute(delete(Anchor))
        connection.execute(delete(TimestampService))
    assert anchoring.stamp(house.signed_log, stamping(authority, _refuse)) == 1


def test_the_service_asks_over_http_and_survives_whatever_answers(house: House, authority: Authority) -> None:
    answers = iter([(500, b"busy"), (200, b"<html>"), (200, b"")])

    def answer(request: bytes) -> tuple[int, bytes]:
        return next(answers, None) or (200, authority.reply(request))

    service = Service(answer)
    root = house.home / "roots.pem"
    root.write_bytes(authority.root.pem)
    house.settings |= {
        "timestamp_services": (f"local={service.origin}/tsr",),
        "timestamp_roots": root,
        "trusted_origins": (service.origin,),
    }
    house.close()
    house.clock.at -= timedelta(minutes=7)  # for as long as the tries that fail will take
    house.open()
    house.sign()
    evidence = Evidence(house.archive)
    problems = []
    for _ in range(4):
        evidence._stamp()
        problems.append(states(house)["local"].problem)
        house.clock.at = max(house.clock.at, states(house)["local"].due_at)
    evidence._fetcher.close()  # type: ignore[union-attr]
    service.stop()
    assert problems == ["refused", "does_not_verify", "does_not_verify", None]
    assert len(house.keys(timestamps.PREFIX)) == 1


def test_nobody_at_the_address_is_an_answer_too(house: House) -> None:
    settings = house.archive.settings.model_copy(update={"trusted_origins": ("http://127.0.0.1:9",)})
    with pytest.raises(Unanswered) as refused:
        asking(fetcher(settings))("http://127.0.0.1:9/tsr", b"request")
    assert refused.value.problem == "connect_failed"
