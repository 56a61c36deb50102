"""Commitments: frozen vectors, the rules of what is committed node by node, equality with the reference."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.evidence import as_written, commitment
from archiver.evidence.as_written import NotJson, parse_body
from archiver.evidence.commitment import commit_exchange, commit_run_record
from tests.evidence import reference
from tests.evidence.strategies import BODIES, CUTS, DIGEST, JSON_TEXTS, OBJECTS, SEEDS

VECTORS = json.loads((Path(__file__).parent / "commitments.json").read_text())
SEED = bytes(range(32))


def body_kind(body: bytes) -> str:
    return list(commitment.exchange_value(b"{}", None, DIGEST, body))[-1]


def from_vector(vector: dict[str, Any]) -> dict[str, Any]:
    arguments = dict(vector["exchange"])
    return arguments | {
        "seed": bytes.fromhex(vector["seed"]),
        "facts": arguments["facts"].encode(),
        "body": None if arguments["body"] is None else bytes.fromhex(arguments["body"]),
    }


@pytest.mark.parametrize("vector", [one for one in VECTORS if "exchange" in one], ids=lambda one: one["name"])
def test_an_exchange_has_the_commitment_it_always_had(vector: dict[str, Any]) -> None:
    arguments = from_vector(vector)
    assert commit_exchange(**arguments) == vector["commitment"]
    assert reference.exchange(**arguments) == vector["commitment"]
    assert body_kind(arguments["body"]) == vector["last_member"] if arguments["body"] is not None else True


@pytest.mark.parametrize("vector", [one for one in VECTORS if "run_record" in one], ids=lambda one: one["name"])
def test_a_run_record_has_the_commitment_it_always_had(vector: dict[str, Any]) -> None:
    seed, fields = bytes.fromhex(vector["seed"]), vector["run_record"].encode()
    assert commit_run_record(seed, fields) == vector["commitment"]
    assert reference.run_record(seed, fields) == vector["commitment"]


def test_there_are_vectors_of_every_kind() -> None:
    assert len({one["name"] for one in VECTORS}) == len(VECTORS) >= 20
    assert {one.get("last_member") for one in VECTORS} == {"body", "slices", "body_sha256", None}


@given(SEEDS, OBJECTS, BODIES, CUTS)
def test_a_commitment_equals_that_of_the_reference(seed: bytes, facts: str, body: bytes, cuts: list[int]) -> None:
    arguments: dict[str, Any] = {"seed": seed, "facts": facts.encode(), "request_sha256": None}
    arguments |= {"response_sha256": DIGEST, "body": body, "cuts": cuts}
    assert commit_exchange(**arguments) == reference.exchange(**arguments)


@given(SEEDS, OBJECTS)
def test_a_commitment_of_a_run_record_equals_that_of_the_reference(seed: bytes, fields: str) -> None:
    assert commit_run_record(seed, fields.encode()) == reference.run_record(seed, fields.encode())


@given(SEEDS, JSON_TEXTS, JSON_TEXTS)
def test_different_values_have_different_commitments(seed: bytes, first: str, second: str) -> None:
    one, other = (as_written.write(parse_body(text.encode())) for text in (first, second))
    commitments = {commit_run_record(seed, b'{"a":' + text.encode() + b"}") for text in (first, second)}
    assert (len(commitments) == 1) == (one == other)


@given(JSON_TEXTS)
def test_writing_what_was_parsed_loses_nothing(text: str) -> None:
    value = as_written.parse(text.encode())
    assert as_written.parse(as_written.write(value).encode()) == value
    assert as_written.write(value).isascii()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\xef\xbb\xbf{}",
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'[{"x":{"":1,"":1}}]',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b'"\xed\xa0\x80"',
        b'"\xff"',
        '["é"]'.encode("latin-1"),
        "{}".encode("utf-16"),
        b"[1,]",
        b"[01]",
        b"[1.]",
        b"[+1]",
        b"[\xd9\xa1]",
        b'"a\nb"',
        b"'a'",
        b"{} {}",
        b"\x0c[]",
        b"[" * 65 + b"]" * 65,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 65 + b"1" + b"}" * 65,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_strict_json_is_committed_as_bytes(body: bytes) -> None:
    assert body_kind(body) == "slices"
    with pytest.raises(reference.NotEligible):
        reference.eligible(body)


@pytest.mark.parametrize(
    "body",
    [
        b"0",
        b"null",
        b'"\\ud800"',
        b" \n[1e400, -0, 1.0, 1E+2, 123456789012345678901234567890]\t",
        b"[" * 64 + b"]" * 64,
        b"[" + b"[]," * 3000 + b"[]]",
        b'{"a":{"a":1},"A":1}',
        '"\x7f \u2028 \U0001f600"'.encode(),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_strict_json_is_committed_node_by_node(body: bytes) -> None:
    assert body_kind(body) == "body"
    reference.eligible(body)


def test_the_limit_of_marks_counts_bytes_inside_strings_too() -> None:
    at_limit = b'["' + b",[{" * 133_333 + b'"]'
    assert sum(at_limit.count(mark) for mark in (b",", b"[", b"{")) == 400_000
    assert body_kind(at_limit) == "body"
    assert body_kind(at_limit.replace(b'"]', b',"]')) == "slices"


def test_the_limit_of_size_is_32_mib() -> None:
    limit = 32 * 1024 * 1024
    assert body_kind(b'"' + b"a" * (limit - 2) + b'"') == "body"
    assert body_kind(b'"' + b"a" * (limit - 1) + b'"') == "slices"


def test_a_stack_that_is_nearly_full_never_changes_a_commitment() -> None:
    body = b"[" * 60 + b"]" * 60

    def at_depth(depth: int) -> str:
        return body_kind(body) if depth == 0 else at_depth(depth - 1)

    for depth in range(0, sys.getrecursionlimit(), 7):
        try:
            kind = at_depth(depth)
        except RecursionError:
            continue
        assert kind == "body"


def test_white_space_and_escapes_are_not_bound_but_order_and_literals_are() -> None:
    def of(body: bytes) -> str:
        return commit_run_record(SEED, body)

    assert of(b'{"a":"\\u00e9","b":1}') == of('{ "a" : "é",\n"b":1 }'.encode())
    assert of(b'{"a":1,"b":1}') != of(b'{"b":1,"a":1}')
    assert len({of(b'{"a":' + literal + b"}") for literal in (b"1", b"1.0", b"1e0", b'"1"', b"true", b"[1]")}) == 6
    assert len({of(b'{"a":' + empty + b"}") for empty in (b"{}", b"[]", b"null", b'""', b"false")}) == 5


@given(st.binary(max_size=40), CUTS)
def test_slices_give_the_body_and_obey_ascending_cuts_inside_it(body: bytes, cuts: list[int]) -> None:
    pieces = commitment.slices(body, cuts)
    usable = commitment.usable_cuts(cuts, len(body))
    assert b"".join(pieces) == body
    assert len(pieces) == len(usable) + 1
    assert usable == sorted(set(usable))
    assert set(usable) <= set(cuts) & set(range(1, len(body)))
    assert body == b"" or all(pieces)


def test_at_most_100_000_cuts_are_obeyed() -> None:
    pieces = commitment.slices(bytes(150_000), range(150_000))
    assert len(pieces) == 100_001
    assert len(pieces[-1]) == 50_000


def test_cuts_of_a_json_body_are_passed_over() -> None:
    arguments: dict[str, Any] = {"seed": SEED, "facts": b"{}", "request_sha256": None}
    arguments |= {"response_sha256": DIGEST, "body": b"[1]"}
    assert commit_exchange(**arguments, cuts=[1]) == commit_exchange(**arguments)


@pytest.mark.parametrize("facts", [b"[]", b"1", b"", b"{", b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", b'{"a":NaN}'])
def test_facts_that_are_no_plain_object_are_refused(facts: bytes) -> None:
    with pytest.raises(ValueError):
        commit_exchange(seed=SEED, facts=facts, request_sha256=None, response_sha256=DIGEST, body=b"")
    with pytest.raises(ValueError):
        commit_run_record(SEED, facts)


@pytest.mark.parametrize(("body", "body_sha256"), [(None, None), (b"", DIGEST)])
def test_either_a_body_or_its_digest_is_committed(body: bytes | None, body_sha256: str | None) -> None:
    with pytest.raises(ValueError, match="either"):
        commit_exchange(
            seed=SEED,
            facts=b"{}",
            request_sha256=None,
            response_sha256=DIGEST,
            body=body,
            body_sha256=body_sha256,
        )


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit_run_record(bytes(size), b"{}")


def test_depth_counts_containers_inside_one_another() -> None:
    assert as_written.depth_within("scalar", 0)
    assert not as_written.depth_within([], 0)
    assert as_written.depth_within([{}, [1]], 2)
    assert not as_written.depth_within([{"a": [1]}], 2)


def test_a_text_over_the_stack_is_told_from_one_that_is_too_deep() -> None:
    with pytest.raises(NotJson, match="deep"):
        parse_body(b'{"a":"]]]\\"","b":' + b"[" * 30_000)
