"""Ids are for ever: frozen vectors of every kind, and the rule they follow written down a second time."""

from __future__ import annotations

import hashlib
import re
import uuid
from base64 import b32encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver import ids

ACCOUNT = "ac_t7g7o2v6lh7ezp7kc5mlc7d33lkhcpwc"
RECORD = "rc_adudhn65ntymx6qo33tphssjtf3hhwzy"
RUN = "rn_" + "a2" * 16
CLERK = "au_mxhj3difcwiyqmyrsid5w2n53oc3p5nd"
EXCHANGE = "ex_tq6a7c62se42j2maj42i7af2b7b37dol"

#: Never to be changed: holds, redactions and releases point at such ids for decades.
VECTORS = [
    (ids.account_id("mastodon", "https://city.example", "1"), ACCOUNT),
    (ids.record_id(ACCOUNT, "status:113000000000000001"), RECORD),
    (ids.exchange_id(RUN, 0), EXCHANGE),
    (ids.exchange_id(RUN, 12), "ex_2pdcxo7jahvkcb7djuonmbzjbplnru4p"),
    (ids.version_id(RECORD, EXCHANGE, 3), "ve_zaiyo25ligxly7hlp57zrtmtyntqojgr"),
    (ids.medium_id(RECORD, "0"), "md_ob3dyoztgkrgrwhlottvrmdqbakq6wih"),
    (ids.authority_id("city-clerk"), CLERK),
    (ids.department_id(CLERK, "outreach"), "dp_givfueldfvtga5ar65sr7bwkcbdjuoch"),
    (ids.warc_record_id(EXCHANGE, "response"), "<urn:uuid:59865dd8-7a04-8851-81c9-220ffeda145c>"),
    (ids.warc_record_id(), "<urn:uuid:e66c8340-c282-88fe-9c8b-9b2a3de5a3dc>"),
    (ids.derive("xx"), "xx_5q7y6p6f3ri2hygzdzfs3ztmxb7ho5uo"),
    (ids.derive("xx", ""), "xx_uejrq7wslacu7pitr23mbexpo56skueu"),
    (ids.derive("xx", "\ud800", "é\0"), "xx_insv233upjk6tpiobo6b4xtovva2hk34"),
]

PARTS = st.lists(st.text(st.characters(exclude_categories=()), max_size=8), max_size=4)


def digest_by_the_rule(kind: str, parts: list[str]) -> bytes:
    content = f"cra/v1/{kind}".encode() + b"\x00"
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        content += len(encoded).to_bytes(4, "big") + encoded
    return hashlib.sha256(content).digest()


@pytest.mark.parametrize(("derived", "frozen"), VECTORS)
def test_an_id_is_what_it_always_was(derived: str, frozen: str) -> None:
    assert derived == frozen


@given(st.sampled_from(["ac", "rc", "ex", "ve", "md"]), PARTS)
def test_an_id_follows_the_rule(prefix: str, parts: list[str]) -> None:
    expected = b32encode(digest_by_the_rule(prefix, parts)[:20]).decode().lower()
    assert ids.derive(prefix, *parts) == f"{prefix}_{expected}"
    assert re.fullmatch(r"[a-z]{2}_[a-z2-7]{32}", ids.derive(prefix, *parts))


@given(PARTS, PARTS)
def test_no_two_lists_of_parts_share_an_id(first: list[str], second: list[str]) -> None:
    assert (ids.derive("rc", *first) == ids.derive("rc", *second)) == (first == second)
    assert (ids.warc_record_id(*first) == ids.warc_record_id(*second)) == (first == second)


def test_parts_that_only_differ_in_where_they_are_cut_are_kept_apart() -> None:
    cuts = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc")]
    assert len({ids.derive("rc", *parts) for parts in cuts}) == len(cuts)


def test_a_lone_surrogate_is_kept_apart_from_its_replacements() -> None:
    assert len({ids.record_id(ACCOUNT, key) for key in ("\ud800", "\udc00", "\ufffd", "?", "")}) == 5


def test_kinds_do_not_share_ids() -> None:
    assert len({ids.derive(kind, "a", "b")[3:] for kind in ("ac", "rc", "ex", "ve", "md")}) == 5


@given(PARTS)
def test_a_warc_record_id_is_a_uuid_of_version_8(parts: list[str]) -> None:
    text = ids.warc_record_id(*parts)
    assert re.fullmatch(r"<urn:uuid:[0-9a-f-]{36}>", text)
    found = uuid.UUID(text[10:-1])
    assert (found.version, found.variant) == (8, uuid.RFC_4122)
    raw = bytearray(digest_by_the_rule("warc", parts)[:16])
    raw[6], raw[8] = raw[6] & 0x0F | 0x80, raw[8] & 0x3F | 0x80
    assert found.bytes == bytes(raw)


def test_new_ids_are_random_and_of_the_same_form() -> None:
    made = {ids.new_id("rn") for _ in range(2000)}
    assert len(made) == 2000
    assert all(re.fullmatch(r"rn_[a-z2-7]{32}", one) for one in made)
    # Every one of the 32 places takes every letter: nothing of the 160 bits is fixed.
    assert all(len({one[3 + place] for one in made}) == 32 for place in range(32))
